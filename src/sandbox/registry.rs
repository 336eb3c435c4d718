//! The sandbox's registry: the part of Confluent's HTTP API that a producer needs, on the loopback interface.
//!
//! Handles requests and responses; `subjects` stores the schemas. There are no references, no compatibility level
//! except `NONE`, no deletion and no authentication.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

use super::broker::Broker;
use super::subjects::Subjects;
use super::{SandboxError, topics};

const CONTENT_TYPE: &[u8] = b"application/vnd.schemaregistry.v1+json";
const MAX_BODY_BYTES: u64 = 1024 * 1024;
/// More than one, so that a client that sends its body slowly does not block the others.
const THREADS: usize = 4;

/// A registry that runs until it is dropped.
pub(super) struct Registry {
    server: Arc<Server>,
    address: SocketAddr,
    subjects: Arc<Mutex<Subjects>>,
}

impl Registry {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// On request it creates topics on `broker`, since mock clusters do not support that through Kafka's protocol.
    pub(super) fn start(broker: Weak<Broker>) -> Result<Self, SandboxError> {
        let server = Server::http((Ipv4Addr::LOCALHOST, 0)).map_err(|source| SandboxError::Start {
            what: "the registry cannot listen",
            source,
        })?;
        let address = server
            .server_addr()
            .to_ip()
            .expect("the server is bound to an IP address");
        let server = Arc::new(server);
        let subjects = Arc::new(Mutex::default());
        for _ in 0..THREADS {
            let (server, subjects, broker) = (Arc::clone(&server), Arc::clone(&subjects), broker.clone());
            thread::spawn(move || {
                for request in server.incoming_requests() {
                    respond(request, &subjects, &broker);
                }
            });
        }
        Ok(Self {
            server,
            address,
            subjects,
        })
    }

    /// The base URL, without a trailing slash.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The registered schemas.
    pub(super) fn subjects(&self) -> MutexGuard<'_, Subjects> {
        lock(&self.subjects)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // Each call wakes one thread. The threads are not joined, since one may be waiting for a client's body.
        for _ in 0..THREADS {
            self.server.unblock();
        }
    }
}

fn lock(subjects: &Mutex<Subjects>) -> MutexGuard<'_, Subjects> {
    subjects.lock().unwrap_or_else(PoisonError::into_inner)
}

fn respond(mut request: Request, subjects: &Mutex<Subjects>, broker: &Weak<Broker>) {
    let answer = match read_body(&mut request) {
        Ok(_) if *request.method() == Method::Put => create_topic(request.url(), broker),
        Ok(body) => answer(&mut lock(subjects), request.method(), request.url(), &body),
        Err(error) => error,
    };
    let header = Header::from_bytes(&b"Content-Type"[..], CONTENT_TYPE).expect("it is plain ASCII");
    let response = Response::from_string(answer.body.to_string())
        .with_status_code(answer.status)
        .with_header(header)
        .with_chunked_threshold(usize::MAX);
    // The client may have disconnected, which does not matter.
    let _ = request.respond(response);
}

fn read_body(request: &mut Request) -> Result<Vec<u8>, Answer> {
    let mut body = Vec::new();
    if let Err(error) = request
        .as_reader()
        .take(MAX_BODY_BYTES + 1)
        .read_to_end(&mut body)
    {
        return Err(Answer::error(
            400,
            400,
            format!("the body cannot be read: {error}"),
        ));
    }
    if body.len() as u64 > MAX_BODY_BYTES {
        return Err(Answer::error(
            413,
            413,
            "the body is larger than 1 MiB".to_owned(),
        ));
    }
    Ok(body)
}

/// An HTTP status and its JSON body.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    fn error(status: u16, error_code: u32, message: String) -> Self {
        Self {
            status,
            body: json!({ "error_code": error_code, "message": message }),
        }
    }
}

fn answer(subjects: &mut Subjects, method: &Method, url: &str, body: &[u8]) -> Answer {
    let path = url.split('?').next().unwrap_or_default();
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(percent_decoded)
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        (Method::Get, []) => Answer::ok(json!({})),
        (Method::Get, ["config"] | ["config", _]) => Answer::ok(json!({ "compatibilityLevel": "NONE" })),
        (Method::Get, ["subjects"]) => Answer::ok(json!(subjects.names())),
        (Method::Get, ["subjects", subject, "versions"]) => match subjects.versions(subject) {
            Some(ids) => Answer::ok(json!((1..=ids.len()).collect::<Vec<_>>())),
            None => no_subject(subject),
        },
        (Method::Get, ["subjects", subject, "versions", version]) => get_version(subjects, subject, version),
        (Method::Post, ["subjects", subject, "versions"]) => register(subjects, subject, body),
        (Method::Post, ["subjects", subject]) => look_up(subjects, subject, body),
        (Method::Post, ["compatibility", "subjects", subject, "versions", _]) => {
            compare(subjects, subject, body)
        }
        (Method::Get, ["schemas", "ids", id]) => get_schema(subjects, id),
        (Method::Get, ["schemas", "ids", id, "versions"]) => get_owners(subjects, id),
        (Method::Get | Method::Post, _) => {
            Answer::error(404, 404, format!("the sandbox's registry has no path {path}"))
        }
        _ => Answer::error(
            405,
            405,
            format!("the sandbox's registry does not support {method}"),
        ),
    }
}

/// Handles `PUT /topics/NAME?partitions=N`; three partitions by default.
fn create_topic(url: &str, broker: &Weak<Broker>) -> Answer {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let Some(name) = path.strip_prefix("/topics/").map(percent_decoded) else {
        return Answer::error(404, 404, format!("the sandbox's registry has no path {path}"));
    };
    let partitions = query.split('&').find_map(|pair| pair.strip_prefix("partitions="));
    let Ok(partitions) = partitions.map_or(Ok(3), str::parse) else {
        return Answer::error(422, 422, "`partitions` must be a number".to_owned());
    };
    let Some(broker) = broker.upgrade() else {
        return Answer::error(503, 503, "the sandbox is shutting down".to_owned());
    };
    let made = topics::check(&name, partitions).and_then(|()| broker.create_topic(&name, partitions));
    match made {
        Ok(()) => Answer::ok(json!({ "topic": name, "partitions": partitions })),
        Err(error @ SandboxError::TopicExists(_)) => Answer::error(409, 409, error.to_string()),
        Err(error) => Answer::error(422, 422, error.to_string()),
    }
}

fn get_version(subjects: &Subjects, subject: &str, version: &str) -> Answer {
    let Some(ids) = subjects.versions(subject) else {
        return no_subject(subject);
    };
    let number = match version {
        "latest" | "-1" => ids.len(),
        _ => match version.parse::<u32>() {
            Ok(number) if number > 0 => number as usize,
            _ => {
                return Answer::error(
                    422,
                    42202,
                    format!("The specified version '{version}' is not valid"),
                );
            }
        },
    };
    let Some(&id) = ids.get(number - 1) else {
        return Answer::error(404, 40402, format!("Version {number} not found."));
    };
    let schema = subjects.schema(id).expect("every version has the id of a schema");
    Answer::ok(json!({ "subject": subject, "version": number, "id": id, "schema": schema.text }))
}

fn get_schema(subjects: &Subjects, id: &str) -> Answer {
    match id.parse().ok().and_then(|id| subjects.schema(id)) {
        Some(schema) => Answer::ok(json!({ "schema": schema.text })),
        None => Answer::error(404, 40403, format!("Schema {id} not found")),
    }
}

fn get_owners(subjects: &Subjects, id: &str) -> Answer {
    let owners = id.parse().map(|id| subjects.owners(id)).unwrap_or_default();
    if owners.is_empty() {
        return Answer::error(404, 40403, format!("Schema {id} not found"));
    }
    let owners = owners.iter();
    Answer::ok(
        owners
            .map(|(subject, version)| json!({ "subject": subject, "version": version }))
            .collect(),
    )
}

fn look_up(subjects: &Subjects, subject: &str, body: &[u8]) -> Answer {
    let text = match posted_schema(body) {
        Ok(text) => text,
        Err(answer) => return answer,
    };
    if subjects.versions(subject).is_none() {
        return no_subject(subject);
    }
    match subjects.find(subject, &text) {
        Some((version, id)) => {
            Answer::ok(json!({ "subject": subject, "version": version, "id": id, "schema": text }))
        }
        None => Answer::error(404, 40403, "Schema not found".to_owned()),
    }
}

/// The compatibility level is `NONE`, so every schema is compatible with the earlier ones.
fn compare(subjects: &Subjects, subject: &str, body: &[u8]) -> Answer {
    match posted_schema(body) {
        Err(answer) => answer,
        Ok(_) if subjects.versions(subject).is_none() => no_subject(subject),
        Ok(_) => Answer::ok(json!({ "is_compatible": true, "messages": [] })),
    }
}

fn register(subjects: &mut Subjects, subject: &str, body: &[u8]) -> Answer {
    let text = match posted_schema(body) {
        Ok(text) => text,
        Err(answer) => return answer,
    };
    match subjects.register(subject, &text) {
        Ok(id) => Answer::ok(json!({ "id": id })),
        Err(reason) => Answer::error(422, 42201, format!("Invalid schema: {reason}")),
    }
}

/// The text of the schema in a request body, or the answer if there is none.
fn posted_schema(body: &[u8]) -> Result<String, Answer> {
    let request: Value = serde_json::from_slice(body)
        .map_err(|error| Answer::error(400, 400, format!("the body is not JSON: {error}")))?;
    let invalid = |why: String| Err(Answer::error(422, 42201, why));
    if let Some(kind) = request["schemaType"].as_str()
        && kind != "AVRO"
    {
        return invalid(format!("the sandbox's registry does not support {kind} schemas"));
    }
    if request["references"]
        .as_array()
        .is_some_and(|references| !references.is_empty())
    {
        return invalid("the sandbox's registry does not support references".to_owned());
    }
    match request["schema"].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => invalid("the body has no string `schema`".to_owned()),
    }
}

fn no_subject(subject: &str) -> Answer {
    Answer::error(404, 40401, format!("Subject '{subject}' not found."))
}

/// Decodes percent escapes such as `%2F`; anything else is left unchanged.
fn percent_decoded(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let digits = escape.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests;
