//! The client with a scripted server: good responses, every kind of bad one, and none.

mod credentials;
mod endpoints;
mod faults;
mod ids;
mod look_up;
mod network;
mod references;
mod registration;
mod retries;
mod subjects;
mod tls;

use std::time::Duration;

use super::scripted::{Reply, Scripted, json};
use super::*;

const SCHEMA: &str =
    r#"{"type":"record","name":"Trade","namespace":"com.k2","fields":[{"name":"symbol","type":"string"}]}"#;

/// The response to a request for `latest`, with these additional members.
fn latest_with(more: &str, schema: &str) -> Reply {
    let text = Value::from(schema);
    json(
        "200 OK",
        &format!(r#"{{"subject":"t-value","version":3,"id":17,"schema":{text}{more}}}"#),
    )
}

fn latest() -> Reply {
    latest_with("", SCHEMA)
}

fn settings(url: &str) -> RegistrySettings {
    RegistrySettings {
        connect_timeout: Duration::from_millis(500),
        request_timeout: Duration::from_millis(400),
        total_timeout: Duration::from_millis(1500),
        first_pause: Duration::from_millis(10),
        ..RegistrySettings::new(url)
    }
}

fn client(url: &str) -> RegistryClient {
    RegistryClient::new(&settings(url)).unwrap()
}

/// Requests the latest version of `t-value` from a server with this script.
fn ask(script: Vec<Reply>) -> (Scripted, Result<RegisteredSchema, RegistryError>) {
    let server = Scripted::start(script);
    let answer = client(&server.url).version("t-value", SchemaVersion::Latest);
    (server, answer)
}

/// The error to a single reply, with the server's URL as `URL`.
fn fault(reply: Reply) -> (RegistryErrorKind, String, Option<Hint>) {
    let (server, answer) = ask(vec![reply]);
    let error = answer.unwrap_err();
    assert_eq!(server.requests().len(), 1, "{error}");
    (
        error.kind(),
        error.to_string().replace(&server.url, "URL"),
        error.hint().cloned(),
    )
}
