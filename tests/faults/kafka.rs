//! The Kafkas that tests share, and break.
//!
//! Tests run in the order of their names. Modules that use the same Kafka should be neighbours: each change starts
//! another one.

use std::ops::Deref;
use std::path::Path;

use openssl::pkcs12::Pkcs12;
use openssl::symm::Cipher;
use tempfile::TempDir;

use crate::certificates::{For, Pair, pair};
use crate::proxy::Proxy;
use crate::support::stack::{OwnStack, Shared, shared};

/// One broker behind a proxy. The binary connects through the proxy, the witnesses directly.
pub(crate) struct Proxied {
    stack: OwnStack,
    pub proxy: Proxy,
}

/// The broker behind a proxy, with all its faults removed.
pub(crate) fn proxied() -> Shared<Proxied> {
    let proxied = shared(|| {
        let proxy = Proxy::new();
        let listener = format!("PROXIED:PLAINTEXT:{}", proxy.port());
        let mut stack = OwnStack::start_with(&["--kafka-listener", &listener]);
        proxy.serve(stack.listener("PROXIED"));
        stack.bootstrap_servers = format!("127.0.0.1:{}", proxy.port());
        Proxied { stack, proxy }
    });
    proxied.proxy.reset();
    proxied
}

impl Deref for Proxied {
    type Target = OwnStack;

    fn deref(&self) -> &OwnStack {
        &self.stack
    }
}

/// Three brokers, each with a listener behind a proxy. The binary connects directly unless it gets the addresses of
/// [`Cluster::through_proxies`].
pub(crate) struct Cluster {
    stack: OwnStack,
    pub proxies: Vec<Proxy>,
}

/// The three brokers, with all faults of the proxies removed.
pub(crate) fn cluster() -> Shared<Cluster> {
    let cluster = shared(|| {
        let proxies: Vec<Proxy> = (0..3).map(|_| Proxy::new()).collect();
        let ports: Vec<String> = proxies.iter().map(|proxy| proxy.port().to_string()).collect();
        let listener = format!("PROXIED:PLAINTEXT:{}", ports.join(","));
        let mut options = vec!["--brokers", "3", "--kafka-listener", &listener];
        for setting in [
            // A broker that was killed loses its partitions after this time.
            "broker.session.timeout.ms=3000",
            "broker.heartbeat.interval.ms=500",
            // A transaction can be committed while one broker does not run.
            "transaction.state.log.replication.factor=3",
            "transaction.state.log.min.isr=2",
        ] {
            options.extend(["--kafka-set", setting]);
        }
        let stack = OwnStack::start_with(&options);
        for (proxy, broker) in proxies.iter().zip(stack.listener("PROXIED").split(',')) {
            proxy.serve(broker);
        }
        Cluster { stack, proxies }
    });
    for proxy in &cluster.proxies {
        proxy.reset();
    }
    cluster
}

impl Cluster {
    /// The addresses of the proxies, for the binary.
    pub(crate) fn through_proxies(&self) -> String {
        let addresses = self
            .proxies
            .iter()
            .map(|proxy| format!("127.0.0.1:{}", proxy.port()));
        addresses.collect::<Vec<_>>().join(",")
    }
}

impl Deref for Cluster {
    type Target = OwnStack;

    fn deref(&self) -> &OwnStack {
        &self.stack
    }
}

/// One broker with listeners that require TLS, a password or a client certificate, and with rights. The user `loader` has
/// the password `correct`. The witnesses use a listener without all that, and may do everything.
pub(crate) struct Secured {
    stack: OwnStack,
    /// The CA that signed the certificates of the listeners, as PEM.
    pub authority: Vec<u8>,
    certificates: TempDir,
}

/// A user who may do everything, with the password `Kfk/p+ss%w0rd-right`.
pub(crate) const AUDITOR: &str = "auditor";

/// A listener: its name, protocol and SASL mechanisms, and the host and the validity in days of its certificate.
struct Listener(
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    i64,
);

const SHA_512: &[&str] = &["SCRAM-SHA-512"];
const ALL: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
const LISTENERS: [Listener; 6] = [
    Listener("SECURED", "SASL_SSL", SHA_512, "127.0.0.1", 10),
    Listener("EXPIRED", "SASL_SSL", SHA_512, "127.0.0.1", 0),
    Listener("ELSEWHERE", "SASL_SSL", SHA_512, "kafka.example", 10),
    Listener("PASSWORDS", "SASL_SSL", ALL, "127.0.0.1", 10),
    Listener("WITHOUT_TLS", "SASL_PLAINTEXT", ALL, "", 0),
    Listener("CERTIFICATES", "SSL", &[], "127.0.0.1", 10),
];

impl Listener {
    /// The options of `tests/stack/run` for it; `folder` has the CA of its clients, and gets its certificate.
    fn options(&self, authority: &Pair, folder: &Path) -> Vec<String> {
        let Listener(name, protocol, mechanisms, host, days) = *self;
        let mut settings = Vec::new();
        if protocol.ends_with("SSL") {
            let Pair { certificate, key } = pair(For::Host(host), Some(authority), days);
            let store = folder.join(name);
            let pem = [
                key.private_key_to_pem_pkcs8().unwrap(),
                certificate.to_pem().unwrap(),
            ];
            std::fs::write(&store, pem.concat()).expect("the folder is writable");
            settings.push("ssl.keystore.type=PEM".to_owned());
            settings.push(format!("ssl.keystore.location={}", store.display()));
        }
        if protocol == "SSL" {
            let store = folder.join("ca.pem");
            settings.push("ssl.client.auth=required".to_owned());
            settings.push("ssl.truststore.type=PEM".to_owned());
            settings.push(format!("ssl.truststore.location={}", store.display()));
        } else {
            settings.push(format!("sasl.enabled.mechanisms={}", mechanisms.join(",")));
        }
        for mechanism in mechanisms {
            let module = match *mechanism {
                "PLAIN" => {
                    r#"plain.PlainLoginModule required user_loader="correct" user_auditor="Kfk/p+ss%w0rd-right""#
                }
                _ => "scram.ScramLoginModule required",
            };
            settings.push(format!(
                "{}.sasl.jaas.config=org.apache.kafka.common.security.{module};",
                mechanism.to_lowercase()
            ));
        }
        let set = format!("listener.name.{}", name.to_lowercase());
        let settings = settings
            .into_iter()
            .map(|setting| format!("--kafka-set={set}.{setting}"));
        let listener = format!("--kafka-listener={name}:{protocol}");
        std::iter::once(listener).chain(settings).collect()
    }
}

/// Writes the files of clients: `ca.pem`, `other-ca.pem`; with certificate and key, `client`, `stranger` (of the other CA)
/// and `expired`; with the password `correct`, `encrypted.key` and `client.p12`.
fn write_client_files(authority: &Pair, folder: &Path) {
    let write = |name: &str, content: Vec<u8>| {
        std::fs::write(folder.join(name), content).expect("the folder is writable");
    };
    let other = pair(For::Authority, None, 10);
    write("ca.pem", authority.certificate.to_pem().unwrap());
    write("other-ca.pem", other.certificate.to_pem().unwrap());
    for (name, issuer, days) in [
        ("client", authority, 10),
        ("stranger", &other, 10),
        ("expired", authority, 0),
    ] {
        let Pair { certificate, key } = pair(For::Client, Some(issuer), days);
        write(&format!("{name}.pem"), certificate.to_pem().unwrap());
        write(&format!("{name}.key"), key.private_key_to_pem_pkcs8().unwrap());
        if name == "client" {
            let encrypted = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"correct");
            write("encrypted.key", encrypted.unwrap());
            let store = Pkcs12::builder().pkey(&key).cert(&certificate).build2("correct");
            write("client.p12", store.unwrap().to_der().unwrap());
        }
    }
}

pub(crate) fn secured() -> Shared<Secured> {
    shared(|| {
        let certificates = tempfile::tempdir().expect("a temporary folder");
        let authority = pair(For::Authority, None, 10);
        let mut options = vec![
            "--kafka-set=authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
                .to_owned(),
            "--kafka-set=super.users=User:ANONYMOUS;User:auditor".to_owned(),
        ];
        write_client_files(&authority, certificates.path());
        for listener in &LISTENERS {
            options.extend(listener.options(&authority, certificates.path()));
        }
        let options: Vec<&str> = options
            .iter()
            .flat_map(|option| option.split_once('='))
            .flat_map(|(name, value)| [name, value])
            .collect();
        let stack = OwnStack::start_with(&options);
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let user = [
                "--user",
                "loader",
                "--password",
                "correct",
                "--mechanism",
                mechanism,
            ];
            stack.witness(&[&["add-user"], &user[..]].concat());
        }
        Secured {
            stack,
            authority: authority.certificate.to_pem().unwrap(),
            certificates,
        }
    })
}

impl Secured {
    /// A file of a client.
    pub(crate) fn file(&self, name: &str) -> String {
        self.certificates.path().join(name).display().to_string()
    }
}

impl Deref for Secured {
    type Target = OwnStack;

    fn deref(&self) -> &OwnStack {
        &self.stack
    }
}
