//! Secrets are in no output of a command and in no file that it writes, whether they are right or wrong, in none of the forms
//! in which they are sent, whatever they come from, and with the most detailed log.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::kafka::{AUDITOR, Secured, secured};
use crate::support::{Done, TestEnv, done, fixture, unique};

/// The right and the wrong secret of Kafka, and the registry's password and token. Each occurs nowhere else.
const RIGHT: &str = "Kfk/p+ss%w0rd-right";
const WRONG: &str = "Kfk/p+ss%w0rd-wrong";
const REGISTRY: &str = "Rgy/p+ss%w0rd";
const TOKEN: &str = "Tkn/t+ken.x";
const REGISTRY_USER: &str = "alice";

/// The forms in which a secret could be shown, with the secret itself.
fn forms() -> Vec<(&'static str, String)> {
    let mut forms = Vec::new();
    for (secret, user) in [
        (RIGHT, AUDITOR),
        (WRONG, AUDITOR),
        (REGISTRY, REGISTRY_USER),
        (TOKEN, ""),
    ] {
        forms.push((secret, secret.to_owned()));
        forms.push((secret, utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()));
        // Alone, as in HTTP's basic authentication, and as in SASL PLAIN.
        for text in [
            secret.to_owned(),
            format!("{user}:{secret}"),
            format!("\0{user}\0{secret}"),
        ] {
            for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                forms.push((secret, engine.encode(&text)));
            }
        }
    }
    forms
}

/// The secrets that occur in a text in any form.
fn secrets_in(text: &str) -> Vec<&'static str> {
    let found = forms().into_iter().filter(|(_, form)| text.contains(form));
    found.map(|(secret, _)| secret).collect()
}

/// A registry that answers each request with status 401 and the request.
fn registry_that_repeats_requests() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), [0; 4096]);
            let length = stream.read(&mut head).unwrap_or(0);
            let request = String::from_utf8_lossy(&head[..length]).into_owned();
            let body = serde_json::json!({ "error_code": 40101, "message": request }).to_string();
            let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close";
            _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    format!("http://{address}")
}

/// Where the secrets come from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Environment,
    Address,
    Files,
    JavaFile,
    Profile,
    Options,
}

/// What a command gets to connect to Kafka and to the registry.
#[derive(Default)]
struct Connection {
    kafka: Vec<String>,
    registry: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> String {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

impl Source {
    /// The connection of the user with this password, from the files in the folder `given` and the variables.
    fn connection(self, env: &TestEnv, kafka: &Secured, registry: &str, password: &str) -> Connection {
        let brokers = kafka.listener("PASSWORDS").to_owned();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let given = |name: &str, text: &str| write_private(&env.path("given").join(name), text);
        let ca = kafka.file("ca.pem");
        let properties = format!(
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username={AUDITOR}\nssl.ca.location={ca}\n"
        );
        let user_info = format!("{REGISTRY_USER}:{REGISTRY}");
        let encoded = utf8_percent_encode(REGISTRY, NON_ALPHANUMERIC);
        let with_password = registry.replace("http://", &format!("http://{REGISTRY_USER}:{encoded}@"));
        let mut connection = Connection::default();
        let options = |properties: &str| {
            properties
                .lines()
                .flat_map(|line| owned(&["-X", line]))
                .collect::<Vec<_>>()
        };
        match self {
            Source::Environment | Source::Address => {
                connection.kafka = [owned(&["-b", &brokers]), options(&properties)].concat();
                connection
                    .variables
                    .push(("K2_KAFKA_SASL_PASSWORD", password.to_owned()));
                connection.variables.push(match self {
                    Source::Address => ("K2_KAFKA_SCHEMA_REGISTRY_URL", with_password),
                    _ => ("K2_KAFKA_SCHEMA_REGISTRY_USER_INFO", user_info),
                });
            }
            Source::Files => {
                let file = given(
                    "client.properties",
                    &format!("{properties}sasl.password={password}\n"),
                );
                connection.kafka = owned(&["-b", &brokers, "-F", &file]);
                connection.registry = owned(&["--registry-user-file", &given("user", &user_info)]);
            }
            Source::JavaFile => {
                let jaas = format!(
                    "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
                     username=\"{AUDITOR}\" password=\"{password}\";\n"
                );
                let java = format!(
                    "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nssl.truststore.type=PEM\n\
                     ssl.truststore.location={ca}\n{jaas}"
                );
                connection.kafka = owned(&["-b", &brokers, "-F", &given("java.properties", &java)]);
                connection.registry = owned(&["--registry-token-file", &given("token", TOKEN)]);
            }
            Source::Profile => {
                let file = given("token", TOKEN);
                let settings = format!(
                    "[profiles.p]\nbootstrap-servers = \"{brokers}\"\nschema-registry-url = \"{registry}\"\n\
                     registry-token = {{ file = \"{file}\" }}\n[profiles.p.properties]\nsecurity.protocol = \"SASL_SSL\"\n\
                     sasl.mechanism = \"PLAIN\"\nsasl.username = \"{AUDITOR}\"\nssl.ca.location = \"{ca}\"\n\
                     sasl.password = \"{password}\"\nssl.key.password = {{ env = \"KEY\" }}\n"
                );
                write_private(&env.path("home/.config/k2-produce/k2-produce.toml"), &settings);
                connection.kafka = owned(&["--profile", "p"]);
                connection.variables.push(("KEY", WRONG.to_owned()));
            }
            Source::Options => {
                connection.kafka = [owned(&["-b", &brokers]), options(&properties)].concat();
                connection
                    .kafka
                    .extend(owned(&["-X", &format!("sasl.password={password}")]));
                connection.registry = owned(&["-r", &with_password]);
            }
        }
        connection
    }
}

impl Connection {
    /// Runs a command with both connections and checks all that it has printed and written.
    fn run(&self, env: &TestEnv, kafka: &Secured, registry: &str, arguments: &[&str]) -> Done {
        let mut command: Command = env.command_on(kafka);
        command
            .env_remove("K2_KAFKA_BOOTSTRAP_SERVERS")
            .env_remove("K2_KAFKA_SCHEMA_REGISTRY_URL");
        let names_registry = self.registry.iter().any(|argument| argument == "-r")
            || self.kafka.iter().any(|argument| argument == "--profile");
        if !names_registry {
            command.env("K2_KAFKA_SCHEMA_REGISTRY_URL", registry);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .env("HOME", env.path("home"))
            .args(arguments)
            .args(&self.kafka)
            .args(&self.registry);
        let done = done(&mut command);
        let mut texts = vec![
            ("standard output".to_owned(), done.stdout.clone()),
            ("standard error".to_owned(), done.stderr.clone()),
        ];
        for entry in std::fs::read_dir(env.path("")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                texts.push((
                    path.display().to_string(),
                    String::from_utf8_lossy(&bytes).into_owned(),
                ));
            }
        }
        for (place, text) in texts {
            let secrets = secrets_in(&text);
            assert!(
                secrets.is_empty(),
                "{arguments:?}: {secrets:?} in {place}:\n{text}"
            );
        }
        done
    }
}

const SOURCES: [Source; 6] = [
    Source::Environment,
    Source::Address,
    Source::Files,
    Source::JavaFile,
    Source::Profile,
    Source::Options,
];
const DETAILED: [&str; 4] = ["-X", "debug=all", "-X", "log_level=7"];

/// A topic, and a folder with a file that has a bad row.
fn prepared(kafka: &Secured) -> (TestEnv, String) {
    let env = TestEnv::new();
    let trades = std::fs::read_to_string(fixture("trades/trades_v2.jsonl")).unwrap();
    let rows: Vec<&str> = trades.lines().take(20).collect();
    env.write("trades.jsonl", format!("{}\n{{\"symbol\":1}}\n", rows.join("\n")));
    (env, kafka.topic("secrets", 1, "schemas/trade_v2.avsc"))
}

const OUTPUTS: [&str; 10] = [
    "--summary",
    "json",
    "--metrics-file",
    "metrics.prom",
    "--rejects",
    "rejects.jsonl",
    "--rejects-overwrite",
    "--max-errors",
    "100%",
    "trades.jsonl",
];

#[test]
fn right_secrets_are_in_no_output_and_no_file() {
    let kafka = secured();
    let mut log = String::new();
    for source in SOURCES {
        let (env, topic) = prepared(&kafka);
        let registry = &kafka.registry_url;
        let connection = source.connection(&env, &kafka, registry, RIGHT);
        let run = |arguments: &[&str]| connection.run(&env, &kafka, registry, arguments);
        let topic = ["--topic", &topic];
        let load = [&topic[..], &OUTPUTS].concat();
        run(&load).expect(1);
        run(&[&load[..], &["--quiet"]].concat()).expect(1);
        log += &run(&[&load[..], &DETAILED].concat()).expect(1).stderr;
        let shown = run(&[&["config", "show"], &topic[..]].concat()).expect(0);
        assert!(shown.stdout.contains("(secret)"), "{source:?}: {}", shown.stdout);
        log += &shown.stdout;
        run(&[&["config", "show", "--json"], &topic[..]].concat()).expect(0);
        if matches!(source, Source::Files) {
            let name = unique("load");
            let exactly_once = [&load[..], &DETAILED, &["--exactly-once", "--load-name", &name]].concat();
            run(&exactly_once).expect(1);
            run(&[&["show"], &topic[..], &DETAILED].concat()).expect(0);
            let verify = [&["verify"], &topic[..], &DETAILED, &["trades.jsonl"]].concat();
            assert!(run(&verify).status < 4);
        }
    }
    // The log is detailed, and what is not secret is shown.
    assert!(
        log.contains(AUDITOR) && log.contains("SASL") && log.contains("CONNECTED"),
        "{log}"
    );
    assert!(log.len() > 100_000, "{}", log.len());
}

#[test]
fn wrong_secrets_are_in_no_output_and_no_file() {
    let kafka = secured();
    for source in SOURCES {
        let (env, topic) = prepared(&kafka);
        let load = [&["--topic", &topic][..], &OUTPUTS, &DETAILED].concat();
        let registry = &kafka.registry_url;
        let connection = source.connection(&env, &kafka, registry, WRONG);
        let done = connection.run(&env, &kafka, registry, &load).expect(4);
        assert!(
            done.stderr.contains("authentication with"),
            "{source:?}: {}",
            done.stderr
        );
        let registry = registry_that_repeats_requests();
        let connection = source.connection(&env, &kafka, &registry, RIGHT);
        let done = connection.run(&env, &kafka, &registry, &load).expect(4);
        assert!(
            done.stderr.contains("(401, 40101: "),
            "{source:?}: {}",
            done.stderr
        );
        assert!(done.stderr.contains("***"), "{source:?}: {}", done.stderr);
    }
}

/// Otherwise the other tests would prove nothing.
#[test]
fn a_secret_is_found_in_each_form() {
    let basic = STANDARD.encode(format!("{REGISTRY_USER}:{REGISTRY}"));
    let plain = STANDARD_NO_PAD.encode(format!("\0{AUDITOR}\0{RIGHT}"));
    for (text, secret) in [
        (format!("x{WRONG}x"), WRONG),
        (format!("Authorization: Basic {basic}"), REGISTRY),
        (format!("sent {plain}"), RIGHT),
        ("http://alice:Rgy%2Fp%2Bss%25w0rd@host".to_owned(), REGISTRY),
        (URL_SAFE.encode(TOKEN), TOKEN),
    ] {
        assert!(secrets_in(&text).contains(&secret), "{text}");
    }
    assert!(secrets_in("Kfk/p+ss").is_empty());
}
