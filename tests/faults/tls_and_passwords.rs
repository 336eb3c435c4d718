//! A broker that requires TLS and a password or a client certificate: what is right loads, and whatever is wrong is one
//! error within ten seconds that names the setting.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::kafka::{Secured, secured};
use crate::support::{TestEnv, done, fixture};

/// How a client connects.
struct Client {
    listener: &'static str,
    /// Properties; `FILE(name)` is the path of a file of [`Secured::file`].
    properties: Vec<String>,
    /// The variable of the password or of the key's password, and its value.
    secret: Option<(&'static str, &'static str)>,
}

const PASSWORD: &str = "K2_KAFKA_SASL_PASSWORD";
const KEY_PASSWORD: &str = "K2_KAFKA_SSL_KEY_PASSWORD";

impl Client {
    fn new(listener: &'static str, properties: &[&str]) -> Client {
        Client {
            listener,
            properties: properties.iter().map(|property| (*property).to_owned()).collect(),
            secret: None,
        }
    }

    /// A user with a password, over TLS.
    fn user(listener: &'static str, mechanism: &str, user: &str, password: &'static str) -> Client {
        let (mechanism, user) = (
            format!("sasl.mechanism={mechanism}"),
            format!("sasl.username={user}"),
        );
        let properties = [
            "security.protocol=SASL_SSL",
            "ssl.ca.location=FILE(ca.pem)",
            &mechanism,
            &user,
        ];
        Client::new(listener, &properties).with((PASSWORD, password))
    }

    /// A client with these properties of its certificate.
    fn certificate(properties: &[&str]) -> Client {
        let tls = ["security.protocol=SSL", "ssl.ca.location=FILE(ca.pem)"];
        Client::new("CERTIFICATES", &[&tls, properties].concat())
    }

    fn with(mut self, secret: (&'static str, &'static str)) -> Client {
        self.secret = Some(secret);
        self
    }

    /// The same with another value of a property.
    fn but(mut self, property: &str) -> Client {
        let name = property.split('=').next().unwrap_or_default();
        self.properties
            .retain(|known| known.split('=').next() != Some(name));
        self.properties.push(property.to_owned());
        self
    }

    /// The load of a file by this client.
    fn load(&self, env: &TestEnv, kafka: &Secured, topic: &str) -> Command {
        let brokers = match self.listener {
            "" => &kafka.bootstrap_servers,
            name => kafka.listener(name),
        };
        let mut command = env.command_on(kafka);
        command.args(["-b", brokers, "--topic", topic, "--summary", "json"]);
        for property in &self.properties {
            let property = match property.split_once("FILE(") {
                Some((name, file)) => format!("{name}{}", kafka.file(file.trim_end_matches(')'))),
                None => property.clone(),
            };
            command.args(["-X", &property]);
        }
        command.envs(self.secret);
        command.arg(fixture("trades/trades_v2.jsonl"));
        command
    }
}

/// A topic that both the user and the owner of the certificate may write to.
fn topic(kafka: &Secured) -> String {
    let topic = kafka.topic("secured", 1, "schemas/trade_v2.avsc");
    for user in ["loader", "CN=a client of the tests"] {
        for operation in ["Write", "DescribeConfigs"] {
            let right = ["--user", user, "--topic", &topic, "--operation", operation];
            kafka.witness(&[&["allow"], &right[..]].concat());
        }
    }
    topic
}

/// Runs loads that must each fail within ten seconds, with this status and with one error that says this, and send nothing.
fn expect_refusals(cases: &[(&str, Client, i32, &[&str])]) {
    let (env, kafka) = (TestEnv::new(), secured());
    let topic = topic(&kafka);
    let mut faults = Vec::new();
    for (what, client, status, words) in cases {
        let started = Instant::now();
        let done = done(&mut client.load(&env, &kafka, &topic));
        let elapsed = started.elapsed();
        println!("{what}: {elapsed:.1?}\n{}", done.stderr);
        let errors = done.stderr.lines().filter(|line| line.starts_with("error:"));
        // Lines are wrapped.
        let said = done.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_one = errors.count() == 1 && elapsed < Duration::from_secs(10);
        if done.status != *status || !is_one || words.iter().any(|word| !said.contains(word)) {
            faults.push(format!(
                "{what}: status {} after {elapsed:.1?}; expected {status}, {words:?}\n{}",
                done.status, done.stderr
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(kafka.dump(&topic).len(), 0);
}

#[test]
fn each_way_to_authenticate_loads() {
    let (env, kafka) = (TestEnv::new(), secured());
    let topic = topic(&kafka);
    let mut clients = Vec::new();
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let user = || Client::user("PASSWORDS", mechanism, "loader", "correct");
        clients.push(user());
        clients.push(Client {
            listener: "WITHOUT_TLS",
            ..user().but("security.protocol=SASL_PLAINTEXT")
        });
    }
    let certificate = "ssl.certificate.location=FILE(client.pem)";
    clients.push(Client::certificate(&[
        certificate,
        "ssl.key.location=FILE(client.key)",
    ]));
    clients.push(
        Client::certificate(&[certificate, "ssl.key.location=FILE(encrypted.key)"])
            .with((KEY_PASSWORD, "correct")),
    );
    clients.push(Client::certificate(&[
        "ssl.keystore.location=FILE(client.p12)",
        "ssl.keystore.password=correct",
    ]));
    for client in &clients {
        let loaded = done(&mut client.load(&env, &kafka, &topic)).expect(0);
        assert_eq!(
            loaded.json()["rows"]["delivered"],
            1_000,
            "{:?}",
            client.properties
        );
    }
    assert_eq!(kafka.dump(&topic).len(), 1_000 * clients.len());
}

#[test]
fn a_wrong_password_user_or_mechanism_is_an_error_that_names_the_setting() {
    let mut cases: Vec<(&str, Client, i32, &[&str])> = Vec::new();
    let check: &[&str] = &[
        "authentication with",
        "`-X sasl.username`",
        "K2_KAFKA_SASL_PASSWORD",
    ];
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        cases.push((
            "wrong password",
            Client::user("PASSWORDS", mechanism, "loader", "wrong"),
            4,
            check,
        ));
        cases.push((
            "unknown user",
            Client::user("PASSWORDS", mechanism, "nobody", "correct"),
            4,
            check,
        ));
    }
    cases.push((
        "mechanism not offered",
        Client::user("SECURED", "PLAIN", "loader", "correct"),
        4,
        &["PLAIN", "SCRAM-SHA-512", "`-X sasl.mechanism`"],
    ));
    cases.push((
        "mechanism not supported",
        Client::user("SECURED", "GSSAPI", "loader", "correct"),
        2,
        &["`sasl.mechanism=GSSAPI` is not supported", "SCRAM-SHA-512"],
    ));
    cases.push((
        "no password",
        Client {
            secret: None,
            ..Client::user("SECURED", "SCRAM-SHA-512", "loader", "")
        },
        2,
        &["`sasl.password`, which is not set", "K2_KAFKA_SASL_PASSWORD"],
    ));
    expect_refusals(&cases);
}

#[test]
fn a_certificate_of_a_broker_that_is_not_trusted_is_an_error_with_the_reason() {
    let user = |listener| Client::user(listener, "SCRAM-SHA-512", "loader", "correct");
    expect_refusals(&[
        (
            "expired",
            user("EXPIRED"),
            4,
            &["it has expired", "the brokers (`-b`) need a new certificate"],
        ),
        (
            "other host",
            user("ELSEWHERE"),
            4,
            &["it is for another", "name the brokers with `-b`"],
        ),
        (
            "unknown CA",
            user("SECURED").but("ssl.ca.location=FILE(other-ca.pem)"),
            4,
            &["is not among the trusted", "`-X ssl.ca.location=FILE`"],
        ),
        (
            "missing file",
            user("SECURED").but("ssl.ca.location=FILE(missing.pem)"),
            2,
            &[
                "`ssl.ca.location`: `",
                "missing.pem` cannot be read: No such file",
            ],
        ),
        (
            "no certificate in the file",
            user("SECURED").but("ssl.ca.location=FILE(client.key)"),
            2,
            &["`ssl.ca.location`: `", "client.key` has no PEM certificate"],
        ),
    ]);
}

#[test]
fn a_client_certificate_that_is_missing_or_wrong_is_an_error_that_names_the_setting() {
    let of = |name: &str| {
        let (certificate, key) = (
            format!("ssl.certificate.location=FILE({name}.pem)"),
            format!("ssl.key.location=FILE({name}.key)"),
        );
        Client::certificate(&[&certificate, &key])
    };
    let encrypted = || of("client").but("ssl.key.location=FILE(encrypted.key)");
    let key: &[&str] = &[
        "`ssl.key.location`: `",
        "encrypted.key`",
        "password is missing or wrong",
        KEY_PASSWORD,
    ];
    let other: &[&str] = &[
        "do not accept the client certificate in",
        "`-X ssl.certificate.location=FILE`",
    ];
    expect_refusals(&[
        (
            "none",
            Client::certificate(&[]),
            4,
            &[
                "require a client certificate",
                "`-X ssl.certificate.location=FILE`",
                "`-X ssl.key.location=FILE`",
            ],
        ),
        ("of another CA", of("stranger"), 4, other),
        ("expired", of("expired"), 4, other),
        (
            "another key",
            of("client").but("ssl.key.location=FILE(stranger.key)"),
            2,
            &[
                "`ssl.key.location`: the key in",
                "stranger.key` is not that of the certificate in",
                "client.pem`",
            ],
        ),
        (
            "without its key",
            Client::certificate(&["ssl.certificate.location=FILE(client.pem)"]),
            2,
            &[
                "`ssl.certificate.location` is set, but `ssl.key.location` is not",
                "`-X ssl.key.location=FILE`",
            ],
        ),
        (
            "a key alone",
            Client::certificate(&["ssl.key.location=FILE(client.key)"]),
            2,
            &["`ssl.key.location` is set, but `ssl.certificate.location` is not"],
        ),
        (
            "wrong password of the key",
            encrypted().with((KEY_PASSWORD, "wrong")),
            2,
            key,
        ),
        ("no password of the key", encrypted(), 2, key),
        (
            "wrong password of the store",
            Client::certificate(&[
                "ssl.keystore.location=FILE(client.p12)",
                "ssl.keystore.password=wrong",
            ]),
            2,
            &["client.p12` is missing or wrong (`ssl.keystore.password`)"],
        ),
        (
            "missing file",
            of("missing"),
            2,
            &[
                "`ssl.certificate.location`: `",
                "missing.pem` cannot be read: No such file",
            ],
        ),
    ]);
}

#[test]
fn a_protocol_that_is_not_that_of_the_listener_is_an_error_that_names_the_property() {
    let user = |listener| Client::user(listener, "PLAIN", "loader", "correct");
    let tls = || Client::new("", &["security.protocol=SSL", "ssl.ca.location=FILE(ca.pem)"]);
    let closed: &[&str] = &["connection closed before the first response", "security.protocol"];
    let later: &[&str] = &[
        "each connection was closed after its first request",
        "security.protocol",
    ];
    let not_tls: &[&str] = &["connecting to a PLAINTEXT broker listener?", "security.protocol"];
    expect_refusals(&[
        ("neither to both", Client::new("PASSWORDS", &[]), 4, closed),
        ("neither to TLS", Client::new("CERTIFICATES", &[]), 4, closed),
        ("neither to SASL", Client::new("WITHOUT_TLS", &[]), 4, later),
        (
            "SASL to both",
            user("PASSWORDS").but("security.protocol=SASL_PLAINTEXT"),
            4,
            closed,
        ),
        (
            "TLS to both",
            Client {
                listener: "PASSWORDS",
                ..tls()
            },
            4,
            later,
        ),
        ("both to SASL", user("WITHOUT_TLS"), 4, not_tls),
        ("TLS to neither", tls(), 4, not_tls),
        (
            "SASL to neither",
            user("").but("security.protocol=SASL_PLAINTEXT"),
            4,
            &[
                "this listener does not use SASL",
                "`-X security.protocol=PLAINTEXT`",
            ],
        ),
    ]);
}
