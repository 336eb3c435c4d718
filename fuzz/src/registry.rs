//! Any responses in place of those of a schema registry, on loopback: each request ends, with few requests, and no error
//! has the credentials in it, even if a response repeats them.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use k2_produce::schema::{
    RegisteredSchema, RegistryClient, RegistryCredentials, RegistryError, RegistrySettings, SchemaId,
    SchemaReference, SchemaVersion,
};

use crate::random::Random;

const SUBJECT: &str = "t-value";
const PASSWORD: &str = "Pa55-of-the-loader";
/// `loader` and the password as the header has them.
const BASIC: &str = "bG9hZGVyOlBhNTUtb2YtdGhlLWxvYWRlcg==";
/// More requests than the limits for references and attempts allow.
const MAX_REQUESTS: usize = 64 * 3 + 16;

const SCHEMA: &str = r#"{"type":"record","name":"T","fields":[{"name":"a","type":"string"}]}"#;

/// Bodies of responses. U+0001 stands for the password, U+0002 for what the header has.
const BODIES: [&str; 16] = [
    r#"{"subject":"t-value","version":1,"id":7,"schema":"{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"a\",\"type\":\"string\"}]}"}"#,
    r#"{"subject":"t-value","version":2,"id":8,"schemaType":"AVRO","schema":"{\"type\":\"record\",\"name\":\"T\",\"fields\":[{\"name\":\"a\",\"type\":\"k2.P\"}]}","references":[{"name":"k2.P","subject":"p","version":1}]}"#,
    r#"{"subject":"p","version":1,"id":9,"schema":"{\"type\":\"fixed\",\"name\":\"k2.P\",\"size\":2}"}"#,
    r#"{"subject":"p","version":1,"id":9,"schema":"\"string\"","references":[{"name":"k2.Q","subject":"q","version":-1},{"name":"k2.R","subject":"r","version":3}]}"#,
    r#"{"schema":"\"long\"","maxId":9,"schemaType":"PROTOBUF"}"#,
    r#"[{"subject":"t-value","version":1},{"subject":"u-value","version":4}]"#,
    r#"["t-key","tt-value","orders"]"#,
    "[1,2,3]",
    r#"{"error_code":40401,"message":"Subject 't-value' not found: "}"#,
    r#"{"error_code":40403,"message":"Schema not found"}"#,
    r#"{"error_code":42201,"message":"Invalid schema "}"#,
    r#"{"is_compatible":false,"messages":["{errorType:'X', description:''}"]}"#,
    r#"{"compatibilityLevel":"FULL_TRANSITIVE"}"#,
    r#"{"id":7}"#,
    "<html><body>Sign in: \u{1}</body></html>",
    "",
];

const STATUSES: [&str; 16] = [
    "200 OK",
    "200 OK",
    "200 OK",
    "200 OK",
    "204 No Content",
    "301 Moved",
    "400 Bad",
    "401 No",
    "403 No",
    "404 Not Found",
    "409 Conflict",
    "422 No",
    "429 Slow",
    "500 Down",
    "503 Down",
    "999 What",
];

const HEADERS: [&str; 10] = [
    "Content-Type: application/vnd.schemaregistry.v1+json\r\n",
    "Content-Type: application/json\r\n",
    "Content-Type: text/html\r\n",
    "",
    "Location: https://\u{1}@elsewhere/\r\n",
    "Retry-After: 1\r\n",
    "Retry-After: 99999999999999999999\r\n",
    "Content-Encoding: gzip\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5000000\r\n",
];

/// The responses to come, and the number of requests.
#[derive(Default)]
struct Script {
    responses: VecDeque<Vec<u8>>,
    requests: usize,
}

static SCRIPT: Mutex<Option<Script>> = Mutex::new(None);
static CLIENT: OnceLock<RegistryClient> = OnceLock::new();
/// Tests of one process share the server.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) fn run(data: &[u8]) {
    let _turn = TURN.lock();
    let client = CLIENT.get_or_init(start);
    let mut random = Random::of(data);
    let question = random.u8(..9);
    let mut script = Script::default();
    while script.responses.len() < 12 && !random.is_at_end() {
        script.responses.push_back(response(&mut random));
    }
    *SCRIPT.lock().expect("no thread panics") = Some(script);
    if let Err(error) = ask(client, question) {
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(!shown.contains(PASSWORD) && !shown.contains(BASIC), "{shown}");
        crate::assert_message(&error.to_string());
        let is_plain = |character: char| !character.is_control();
        assert!(error.to_string().chars().all(is_plain), "{error:?}");
    }
    let requests = SCRIPT
        .lock()
        .expect("no thread panics")
        .take()
        .map_or(0, |script| script.requests);
    assert!(requests <= MAX_REQUESTS, "{requests} requests");
}

fn ask(client: &RegistryClient, question: u8) -> Result<(), RegistryError> {
    let reference = || "k2.P=p:1".parse::<SchemaReference>().expect("a reference");
    match question {
        0 => client
            .version(SUBJECT, SchemaVersion::Latest)
            .map(|schema| assert_usable(&schema)),
        1 => client
            .version(SUBJECT, SchemaVersion::Number(1))
            .map(|schema| assert_usable(&schema)),
        2 => client
            .by_id(SchemaId::new(7), Some(SUBJECT), SUBJECT)
            .map(|schema| assert_usable(&schema)),
        3 => client
            .by_id(SchemaId::new(7), None, SUBJECT)
            .map(|schema| assert_usable(&schema)),
        4 => client.subjects().map(drop),
        5 => client.compatible(SUBJECT, SCHEMA, &[]).map(drop),
        6 => {
            let schema = RegisteredSchema::from_text(SUBJECT, SCHEMA).expect("the schema is valid");
            client
                .reasons_against(SUBJECT, &schema.avro, "FULL_TRANSITIVE")
                .map(drop)
        }
        7 => client.resolve("the schema", SUBJECT, &[reference()]).map(drop),
        _ => client.register(SUBJECT, SCHEMA, &[]).map(drop),
    }
}

/// A schema of the registry is valid together with its references.
fn assert_usable(schema: &RegisteredSchema) {
    assert!(!schema.avro.types().is_empty() && schema.text.len() <= 4 << 20);
}

fn response(random: &mut Random) -> Vec<u8> {
    let body = random.one_of(&BODIES).as_bytes().to_vec();
    let mut body = if random.bool() {
        random.changed(&body)
    } else {
        body
    };
    if random.one_in(8) {
        body.extend_from_slice(b"\x01\x02");
    }
    let body = with_credentials(&body);
    let mut response = format!(
        "HTTP/1.1 {}\r\n{}",
        random.one_of(&STATUSES),
        random.one_of(&HEADERS)
    );
    if random.one_in(4) {
        response.push_str(random.one_of(&HEADERS));
    }
    if !response.contains("Content-Length") && !response.contains("chunked") {
        response.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    if response.contains("chunked") {
        response.push_str(&format!("\r\n{:x}\r\n", body.len()));
    } else {
        response.push_str("\r\n");
    }
    let response = [&with_credentials(response.as_bytes())[..], &body].concat();
    if random.one_in(8) {
        random.changed(&response)
    } else {
        response
    }
}

fn with_credentials(bytes: &[u8]) -> Vec<u8> {
    let replaced = bytes.iter().flat_map(|byte| match byte {
        1 => PASSWORD.as_bytes().to_vec(),
        2 => BASIC.as_bytes().to_vec(),
        other => vec![*other],
    });
    replaced.collect()
}

fn start() -> RegistryClient {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream);
        }
    });
    let settings = RegistrySettings {
        credentials: Some(RegistryCredentials::Basic {
            user: "loader".to_owned(),
            password: PASSWORD.to_owned(),
        }),
        // A response that asks for a pause ends the attempts, so that nothing waits here.
        total_timeout: Duration::from_millis(800),
        first_pause: Duration::ZERO,
        ..RegistrySettings::new(url)
    };
    RegistryClient::new(&settings).expect("the settings are valid")
}

fn answer(mut stream: TcpStream) {
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    while !is_complete(&request) {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&piece[..count]),
        }
    }
    let mut script = SCRIPT.lock().expect("no thread panics");
    let Some(script) = script.as_mut() else { return };
    script.requests += 1;
    let response = script.responses.pop_front();
    let response = response.unwrap_or_else(|| b"HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n".to_vec());
    _ = stream.write_all(&response);
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        body.len() >= length.unwrap_or(0)
    })
}
