//! Settings -> librdkafka's configuration: our defaults, the user's properties, and the check of both.
//!
//! `properties` knows which properties are not allowed, are secret or have an alias. This file never prints the value
//! of a secret one.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::config_error::ConfigError;
use super::new_topic::NewTopic;
use super::preset::Preset;
use super::properties::{all_names, is_secret, java_counterpart, may_hold_secret, own_name, refusal};
use super::transactions::TransactionSettings;
use super::{sasl, servers, tls};
use crate::nearest::near_miss;

/// How to connect to Kafka, as set by the user.
#[derive(Clone)]
pub struct ProducerSettings {
    /// The bootstrap brokers: `host:port`, separated by commas.
    pub bootstrap_servers: String,
    /// The topics to publish to, each once; at least one.
    pub topics: Vec<String>,
    /// librdkafka properties in the order given; if a name is repeated the last one counts.
    pub properties: Vec<(String, String)>,
    /// Properties from a file; all others override them.
    pub file_properties: Vec<(String, String)>,
    /// Secret properties from another source; `properties` override them.
    pub secrets: Vec<(&'static str, String)>,
    /// The names of the headers that every message has, in order.
    pub headers: Vec<String>,
    /// Whether each message also has headers of its own, before those: a batch has them packed, in place of the value of
    /// a first header.
    pub own_headers: bool,
    /// How to create a topic that is missing; if none, a missing topic is an error.
    pub create_topic: Option<NewTopic>,
    /// How rows are written in transactions; none if they are written without.
    pub transactions: Option<TransactionSettings>,
    /// The time limit for connecting.
    pub connect_timeout: Duration,
    /// What the default properties are good for.
    pub preset: Preset,
    /// Whether to collect librdkafka's statistics (retries, delivery times).
    pub statistics: bool,
    /// Receives the lines of librdkafka's log that `debug` or `log_level` enable.
    pub log: LogHandler,
}

/// Receives a line of librdkafka's log and its facility.
pub type LogHandler = fn(facility: &str, line: &str);

// Not derived, so that a password in `properties` never gets into a log.
impl fmt::Debug for ProducerSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.properties.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("ProducerSettings")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("topics", &self.topics)
            .field("properties", &names)
            .finish_non_exhaustive()
    }
}

/// Warnings and errors.
pub(super) const DEFAULT_LOG_LEVEL: &str = "4";

/// Default values, by the canonical names of the properties.
///
/// The queue of 64 MiB limits the use of memory.
const DEFAULTS: &[(&str, &str)] = &[
    ("enable.idempotence", "true"),
    ("request.required.acks", "all"),
    ("compression.codec", "lz4"),
    ("batch.size", "32768"),
    ("queue.buffering.max.ms", "10"),
    ("queue.buffering.max.messages", "50000"),
    ("queue.buffering.max.kbytes", "65536"),
    ("partitioner", "murmur2_random"),
    ("allow.auto.create.topics", "false"),
    ("socket.keepalive.enable", "true"),
    ("client.id", "k2-produce"),
    // Brokers may request metrics from clients. A load is over before they are useful, and its end would be delayed.
    ("enable.metrics.push", "false"),
    ("log_level", DEFAULT_LOG_LEVEL),
    // Log lines wait in the queue that `poll` serves, so that their callback runs on the caller's thread too.
    ("log.queue", "true"),
];

/// A warning about a property that is accepted. `name` is the name as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigWarning {
    /// The property is a secret, and other users of the machine may see it on the command line.
    SecretInProperties {
        /// The property.
        name: String,
        /// The canonical name of the property.
        property: String,
    },
    /// The broker's certificate is not checked.
    NoCertificateCheck {
        /// The property.
        name: String,
    },
    /// Every user of the machine can read the client's key, which is not encrypted.
    OpenKey {
        /// The file with the key.
        path: String,
    },
    /// The host name in the broker's certificate is not checked.
    NoHostCheck {
        /// The property.
        name: String,
    },
}

impl ProducerSettings {
    /// Settings with default values, for one topic.
    pub fn new(bootstrap_servers: impl Into<String>, topic: impl Into<String>) -> ProducerSettings {
        ProducerSettings {
            bootstrap_servers: bootstrap_servers.into(),
            topics: vec![topic.into()],
            properties: Vec::new(),
            file_properties: Vec::new(),
            secrets: Vec::new(),
            headers: Vec::new(),
            own_headers: false,
            create_topic: None,
            transactions: None,
            connect_timeout: Duration::from_secs(10),
            preset: Preset::default(),
            statistics: false,
            log: |_, _| (),
        }
    }

    /// The properties that a load sets by default, by their canonical names.
    pub fn defaults(&self) -> BTreeMap<&'static str, &'static str> {
        DEFAULTS.iter().chain(self.preset.properties()).copied().collect()
    }

    /// The configuration for librdkafka, with the name and value of every property checked.
    pub fn client_config(&self) -> Result<ClientConfig, ConfigError> {
        servers::check(&self.bootstrap_servers)?;
        let defaults = self.defaults().into_iter();
        let mut chosen: BTreeMap<&str, String> =
            defaults.map(|(name, value)| (name, value.to_owned())).collect();
        if self.statistics {
            // Short, so that even a load of one second has figures; one report costs far less than a millisecond.
            chosen.insert("statistics.interval.ms", "250".to_owned());
        }
        for (name, value) in &self.file_properties {
            check_property(name, value)?;
            chosen.insert(own_name(name), value.clone());
        }
        chosen.extend(self.secrets.iter().cloned());
        for (name, value) in &self.properties {
            check_property(name, value)?;
            chosen.insert(own_name(name), value.clone());
        }
        if !["ssl.ca.location", "ssl.ca.pem", "ssl.ca.certificate.stores"]
            .iter()
            .any(|name| chosen.contains_key(name))
        {
            // OpenSSL is compiled in and has no default path; `probe` finds the system's certificates.
            chosen.insert("ssl.ca.location", "probe".to_owned());
        }
        if !["reconnect.backoff.ms", "reconnect.backoff.max.ms"]
            .iter()
            .any(|name| chosen.contains_key(name))
        {
            // As Java's clients do; with librdkafka's 10 s a run goes on late after a broker has come back.
            chosen.insert("reconnect.backoff.max.ms", "1000".to_owned());
        }
        sasl::check(|name| chosen.get(name).map(String::as_str))?;
        tls::check(|name| chosen.get(name).map(String::as_str))?;
        chosen.insert("metadata.broker.list", self.bootstrap_servers.clone());

        let mut config = ClientConfig::new();
        for (name, value) in chosen {
            config.set(name, value);
        }
        Ok(config)
    }

    /// The names of the properties that are not defaults, as they were given.
    pub(crate) fn chosen_properties(&self) -> impl Iterator<Item = &str> {
        let chosen = self.file_properties.iter().chain(&self.properties);
        chosen.map(|(name, _)| name.as_str())
    }

    /// Warnings about properties that are accepted.
    pub fn warnings(&self) -> Vec<ConfigWarning> {
        let secrets = self
            .properties
            .iter()
            .filter(|(name, _)| is_secret(own_name(name)))
            .map(|(name, _)| ConfigWarning::SecretInProperties {
                name: name.clone(),
                property: own_name(name).to_owned(),
            });
        let all = self.file_properties.iter().chain(&self.properties);
        let last = |name: &str| {
            let mut given = all.clone().rev();
            given
                .find(|(given, _)| own_name(given) == name)
                .map(|(_, value)| value.as_str())
        };
        let open_key = tls::open_key(last).map(|path| ConfigWarning::OpenKey {
            path: path.to_owned(),
        });
        let unchecked = all.clone().filter_map(|(name, value)| {
            let value = value.trim().to_ascii_lowercase();
            let name = name.clone();
            match own_name(&name) {
                "enable.ssl.certificate.verification" if matches!(value.as_str(), "false" | "f" | "0") => {
                    Some(ConfigWarning::NoCertificateCheck { name })
                }
                "ssl.endpoint.identification.algorithm" if value == "none" => {
                    Some(ConfigWarning::NoHostCheck { name })
                }
                _ => None,
            }
        });
        secrets.chain(unchecked).chain(open_key).collect()
    }
}

/// Checks that the property may be set to the value, and that librdkafka accepts it.
///
/// # Errors
/// The reason, if not.
pub fn check_property(name: &str, value: &str) -> Result<(), ConfigError> {
    if let Some(reason) = refusal(own_name(name), value) {
        let name = name.to_owned();
        return Err(ConfigError::Refused { name, reason });
    }
    if let Some(instead) = java_counterpart(name) {
        let name = name.to_owned();
        return Err(ConfigError::OfJava { name, instead });
    }
    let (result, text) = match ClientConfig::new().set(name, value).create_native_config() {
        Ok(_) => return Ok(()),
        Err(KafkaError::ClientConfig(result, text, ..)) => (result, text),
        Err(_) => {
            return Err(ConfigError::Nul {
                name: name.to_owned(),
            });
        }
    };
    let name = name.to_owned();
    Err(match result {
        RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN => ConfigError::Unknown {
            near: near_miss(&name, &all_names()),
            name,
        },
        _ if may_hold_secret(own_name(&name)) => ConfigError::SecretValue { name },
        _ => ConfigError::Value {
            name,
            value: value.to_owned(),
            reason: text.trim_end_matches('.').to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::canonical_property;

    fn settings(properties: &[(&str, &str)]) -> ProducerSettings {
        let mut settings = ProducerSettings::new("localhost:9092", "trades");
        settings.properties = properties
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        settings
    }

    fn config(properties: &[(&str, &str)]) -> Result<ClientConfig, ConfigError> {
        settings(properties).client_config()
    }

    #[test]
    fn a_property_given_by_its_alias_replaces_the_default() {
        let config = config(&[("linger.ms", "50"), ("compression.type", "zstd"), ("acks", "-1")]).unwrap();
        assert_eq!(config.get("queue.buffering.max.ms"), Some("50"));
        assert_eq!(config.get("linger.ms"), None);
        assert_eq!(config.get("compression.codec"), Some("zstd"));
        assert_eq!(config.create_native_config().unwrap().get("acks").unwrap(), "-1");
    }

    #[test]
    fn a_preset_changes_defaults_and_is_overridden_by_properties() {
        let size = |preset, properties: &[(&str, &str)]| {
            let settings = ProducerSettings {
                preset,
                ..settings(properties)
            };
            let config = settings.client_config().unwrap();
            config.get("batch.size").unwrap().to_owned()
        };
        assert_eq!(size(Preset::Standard, &[]), "32768");
        assert_eq!(size(Preset::Latency, &[]), "32768");
        assert_eq!(size(Preset::Throughput, &[]), "524288");
        assert_eq!(size(Preset::Throughput, &[("batch.size", "1000")]), "1000");
        for preset in [Preset::Throughput, Preset::Latency] {
            for (name, value) in preset.properties() {
                assert_eq!(canonical_property(name), *name);
                check_property(name, value).unwrap();
                assert_ne!(
                    settings(&[]).defaults().get(name),
                    Some(value),
                    "{name} is not changed"
                );
            }
        }
    }

    #[test]
    fn the_last_value_of_a_repeated_property_counts() {
        let config = config(&[("linger.ms", "50"), ("queue.buffering.max.ms", "7")]).unwrap();
        assert_eq!(
            config.create_native_config().unwrap().get("linger.ms").unwrap(),
            "7"
        );
    }

    #[test]
    fn wrong_properties_are_reported() {
        let cases = [
            (
                ("acks", "1"),
                "`acks` is refused: a row counts as delivered once all in-sync replicas have it (acks=all)",
            ),
            (
                ("liger.ms", "1"),
                "`liger.ms`: librdkafka has no property with that name",
            ),
            (
                ("linger.ms", "soon"),
                "`linger.ms=soon`: Invalid value for configuration property \"queue.buffering.max.ms\"",
            ),
            (
                ("compression.type", "rar"),
                "`compression.type=rar`: Invalid value \"rar\" for configuration property \"compression.codec\"",
            ),
        ];
        for ((name, value), message) in cases {
            assert_eq!(config(&[(name, value)]).expect_err(name).to_string(), message);
        }
        let unknown = ConfigError::Unknown {
            name: "liger.ms".to_owned(),
            near: Some("linger.ms".to_owned()),
        };
        assert_eq!(config(&[("liger.ms", "1")]).unwrap_err(), unknown);
    }

    #[test]
    fn secrets_apply_unless_a_property_overrides_them_and_are_never_shown() {
        let hunter = || vec![("sasl.password", "hunter2".to_owned())];
        let mut secret = settings(&[]);
        secret.secrets = hunter();
        assert_eq!(
            secret.client_config().unwrap().get("sasl.password"),
            Some("hunter2")
        );
        assert!(!format!("{secret:?}").contains("hunter2"));

        let mut given = settings(&[("sasl.password", "swordfish")]);
        given.secrets = hunter();
        assert!(!format!("{given:?}").contains("swordfish"));
        assert_eq!(
            given.client_config().unwrap().get("sasl.password"),
            Some("swordfish")
        );
        let property = "sasl.password".to_owned();
        let name = property.clone();
        assert_eq!(
            given.warnings(),
            [ConfigWarning::SecretInProperties { name, property }]
        );
    }

    #[test]
    fn a_client_reconnects_within_a_second_unless_the_user_decides() {
        for (properties, longest) in [
            (&[][..], "1000"),
            (&[("reconnect.backoff.max.ms", "5000")], "5000"),
            // librdkafka refuses a time that is longer than the longest.
            (&[("reconnect.backoff.ms", "2000")], "10000"),
        ] {
            let native = config(properties).unwrap().create_native_config().unwrap();
            assert_eq!(native.get("reconnect.backoff.max.ms").unwrap(), longest);
        }
    }

    #[test]
    fn disabled_checks_are_warned_about() {
        let given = settings(&[
            ("enable.ssl.certificate.verification", "false"),
            ("linger.ms", "1"),
        ]);
        assert_eq!(given.warnings().len(), 1);
    }

    #[test]
    fn a_key_that_every_user_can_read_is_warned_about_wherever_it_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let key = tempfile::NamedTempFile::new().unwrap();
        let path = key.path().to_str().unwrap().to_owned();
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, mode).unwrap();
        let typed = settings(&[("ssl.key.location", &path)]);
        let mut of_file = settings(&[]);
        of_file.file_properties.clone_from(&typed.properties);
        for given in [&typed, &of_file] {
            let path = path.clone();
            assert_eq!(given.warnings(), [ConfigWarning::OpenKey { path }]);
        }
        of_file.properties = vec![("ssl.key.location".to_owned(), "/dev/null".to_owned())];
        assert_eq!(of_file.warnings(), [], "the other file is not used");
    }

    #[test]
    fn the_systems_certificates_are_used_unless_others_are_given() {
        assert_eq!(config(&[]).unwrap().get("ssl.ca.location"), Some("probe"));
        assert_eq!(
            config(&[("ssl.ca.location", "ca.pem")])
                .unwrap()
                .get("ssl.ca.location"),
            Some("ca.pem")
        );
    }
}
