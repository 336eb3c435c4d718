//! The environment of the process: arguments, environment variables and the terminal. Nothing else in the crate reads
//! them.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, reason = "this is the only place that reads it")
)]

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use super::arguments::{Layer, Secret, VariableCredentials};

/// The brokers to connect to first.
pub(super) const BOOTSTRAP_SERVERS: &str = "K2_KAFKA_BOOTSTRAP_SERVERS";
/// The variable that `-r` reads too.
pub(super) const REGISTRY_URL: &str = "K2_KAFKA_SCHEMA_REGISTRY_URL";
/// A bearer token for the registry.
pub(super) const REGISTRY_TOKEN: &str = "K2_KAFKA_SCHEMA_REGISTRY_TOKEN";
/// `USER:PASSWORD` for the registry.
pub(super) const REGISTRY_USER_INFO: &str = "K2_KAFKA_SCHEMA_REGISTRY_USER_INFO";

/// Secrets of librdkafka's configuration: (property, variable).
pub(super) const KAFKA_SECRETS: [(&str, &str); 2] = [
    ("sasl.password", "K2_KAFKA_SASL_PASSWORD"),
    ("ssl.key.password", "K2_KAFKA_SSL_KEY_PASSWORD"),
];

/// Variables that name a proxy to HTTP clients.
const PROXIES: [&str; 6] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
];

/// The environment of the process.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// The address of the registry, from [`REGISTRY_URL`].
    pub(super) registry_url: Option<OsString>,
    /// The brokers, from [`BOOTSTRAP_SERVERS`]; none if it is empty.
    pub(super) bootstrap_servers: Option<String>,
    registry_credentials: VariableCredentials,
    kafka_secrets: Vec<(&'static str, Secret)>,
    /// Whether a variable sets a proxy.
    pub(super) names_proxy: bool,
    /// Whether standard error is a terminal on which a line can be redrawn.
    pub(super) can_redraw: bool,
}

impl Environment {
    /// Reads the environment once for the whole process.
    pub(super) fn of_process() -> Environment {
        let secret = |(property, name)| Some((property, Secret(not_empty(name)?.into_string().ok()?)));
        Environment {
            registry_url: variable(REGISTRY_URL),
            bootstrap_servers: not_empty(BOOTSTRAP_SERVERS)
                .map(|servers| servers.to_string_lossy().into_owned()),
            registry_credentials: VariableCredentials {
                token: secret_text(REGISTRY_TOKEN),
                user_info: secret_text(REGISTRY_USER_INFO),
            },
            kafka_secrets: KAFKA_SECRETS.into_iter().filter_map(secret).collect(),
            names_proxy: PROXIES.iter().any(|name| not_empty(name).is_some()),
            can_redraw: io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    /// The choices that come only from variables.
    pub(super) fn layer(&self) -> Layer {
        let mut layer = Layer::default();
        layer.registry.credentials = self.registry_credentials.clone();
        layer.kafka.connection.secrets.clone_from(&self.kafka_secrets);
        layer
    }
}

/// The arguments of the process, starting with its name.
pub(super) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

fn secret_text(name: &str) -> Option<Secret> {
    Some(Secret(not_empty(name)?.to_string_lossy().into_owned()))
}

fn not_empty(name: &str) -> Option<OsString> {
    variable(name).filter(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
