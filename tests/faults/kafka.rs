//! The Kafkas that tests share, and break.
//!
//! Tests run in the order of their names. Modules that use the same Kafka should be neighbours: each change starts
//! another one.

use std::ops::Deref;

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

/// One broker with listeners that require TLS and a password, and with rights. The user `loader` has the password
/// `correct`. The witnesses use a listener without both, and may do everything.
pub(crate) struct Secured {
    stack: OwnStack,
    /// The CA that signed the certificates of the listeners, as PEM.
    pub authority: Vec<u8>,
    /// Another CA.
    pub other_authority: Vec<u8>,
    _certificates: TempDir,
}

/// The listeners, with the host and the validity in days of their certificates.
const LISTENERS: [(&str, &str, i64); 3] = [
    ("SECURED", "127.0.0.1", 10),
    ("EXPIRED", "127.0.0.1", 0),
    ("ELSEWHERE", "kafka.example", 10),
];

pub(crate) fn secured() -> Shared<Secured> {
    shared(|| {
        let certificates = tempfile::tempdir().expect("a temporary folder");
        let authority = pair(For::Authority, None, 10);
        let mut options = vec![
            "--kafka-set=authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
                .to_owned(),
            "--kafka-set=super.users=User:ANONYMOUS".to_owned(),
            "--kafka-set=sasl.enabled.mechanisms=SCRAM-SHA-512".to_owned(),
        ];
        for (name, host, days) in LISTENERS {
            let Pair { certificate, key } = pair(For::Host(host), Some(&authority), days);
            let store = certificates.path().join(name);
            let pem = [
                key.private_key_to_pem_pkcs8().unwrap(),
                certificate.to_pem().unwrap(),
            ];
            std::fs::write(&store, pem.concat()).expect("the folder is writable");
            let set = format!("--kafka-set=listener.name.{}", name.to_lowercase());
            options.push(format!("--kafka-listener={name}:SASL_SSL"));
            options.push(format!("{set}.ssl.keystore.type=PEM"));
            options.push(format!("{set}.ssl.keystore.location={}", store.display()));
            options.push(format!(
                "{set}.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ));
        }
        let options: Vec<&str> = options
            .iter()
            .flat_map(|option| option.split_once('='))
            .flat_map(|(name, value)| [name, value])
            .collect();
        let stack = OwnStack::start_with(&options);
        stack.witness(&["add-user", "--user", "loader", "--password", "correct"]);
        Secured {
            stack,
            authority: authority.certificate.to_pem().unwrap(),
            other_authority: pair(For::Authority, None, 10).certificate.to_pem().unwrap(),
            _certificates: certificates,
        }
    })
}

impl Deref for Secured {
    type Target = OwnStack;

    fn deref(&self) -> &OwnStack {
        &self.stack
    }
}
