//! Settings -> librdkafka's configuration: our defaults, the user's `-X`, and what is refused.
//!
//! Which properties are refused, secret or known by two names is in `properties`; this file never prints a
//! value of a secret one.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::config_error::ConfigError;
use super::new_topic::NewTopic;
use super::properties::{all_names, is_secret, java_counterpart, may_hold_secret, own_name, refusal};
use super::{sasl, servers};
use crate::nearest::near_miss;

/// How to reach Kafka, as the user gave it.
#[derive(Clone)]
pub struct ProducerSettings {
    /// The brokers to ask first, `host:port` with commas between.
    pub bootstrap_servers: String,
    /// The topic to publish to.
    pub topic: String,
    /// librdkafka's properties in the order given; the last of a name counts.
    pub properties: Vec<(String, String)>,
    /// Properties that come from a file; all the others override them.
    pub file_properties: Vec<(String, String)>,
    /// Properties that hold secrets and that did not come with `properties`, which override them.
    pub secrets: Vec<(&'static str, String)>,
    /// The names of the headers that every message has, in their order.
    pub headers: Vec<String>,
    /// What the topic is to be like where it is missing; none leaves it missing, which is an error.
    pub create_topic: Option<NewTopic>,
    /// How long the first contact may take.
    pub connect_timeout: Duration,
    /// Whether librdkafka's statistics are wanted (retries, times to delivery).
    pub statistics: bool,
    /// Takes the lines of librdkafka's log that `debug` or `log_level` asked for.
    pub log: LogHandler,
}

/// Takes a line of librdkafka's log, with the facility that it comes from.
pub type LogHandler = fn(facility: &str, line: &str);

// By hand, so that no password in `properties` gets into a log.
impl fmt::Debug for ProducerSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.properties.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("ProducerSettings")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("topic", &self.topic)
            .field("properties", &names)
            .finish_non_exhaustive()
    }
}

/// What applies unless the user says otherwise, by the properties' own names.
///
/// A queue of 64 MB bounds the memory.
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
    // Brokers may ask clients for their metrics; a load is over before they are of use, and its end would wait.
    ("enable.metrics.push", "false"),
    ("log_level", "4"),
    // Logs wait in the queue that `poll` serves, so that their callback runs on the caller's thread too.
    ("log.queue", "true"),
];

/// What the user should know of a property that is taken all the same. `name` is as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigWarning {
    /// A secret among the properties, which other users of the machine may see there.
    SecretInProperties {
        /// The property.
        name: String,
        /// The property by its own name, whatever alias it was given by.
        property: String,
    },
    /// The broker's certificate is not checked.
    NoCertificateCheck {
        /// The property.
        name: String,
    },
    /// The host in the broker's certificate is not checked.
    NoHostCheck {
        /// The property.
        name: String,
    },
}

impl ProducerSettings {
    /// Settings with librdkafka's and our own defaults.
    pub fn new(bootstrap_servers: impl Into<String>, topic: impl Into<String>) -> ProducerSettings {
        ProducerSettings {
            bootstrap_servers: bootstrap_servers.into(),
            topic: topic.into(),
            properties: Vec::new(),
            file_properties: Vec::new(),
            secrets: Vec::new(),
            headers: Vec::new(),
            create_topic: None,
            connect_timeout: Duration::from_secs(10),
            statistics: false,
            log: |_, _| (),
        }
    }

    /// The configuration for librdkafka, every property checked by name and value.
    pub fn client_config(&self) -> Result<ClientConfig, ConfigError> {
        servers::check(&self.bootstrap_servers)?;
        let mut chosen: BTreeMap<&str, String> = DEFAULTS
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        if self.statistics {
            // Short, so that a load of a second has figures at all; one costs far less than a millisecond.
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
            // OpenSSL is compiled in and knows no path of its own; `probe` finds the system's certificates.
            chosen.insert("ssl.ca.location", "probe".to_owned());
        }
        sasl::check(|name| chosen.get(name).map(String::as_str))?;
        chosen.insert("metadata.broker.list", self.bootstrap_servers.clone());

        let mut config = ClientConfig::new();
        for (name, value) in chosen {
            config.set(name, value);
        }
        Ok(config)
    }

    /// What the user should know about the properties given, though they are taken.
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
        let unchecked = all.filter_map(|(name, value)| {
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
        secrets.chain(unchecked).collect()
    }
}

/// Whether the property may be set to the value, and librdkafka takes it.
///
/// # Errors
/// Why not.
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
    fn the_last_of_a_name_counts() {
        let config = config(&[("linger.ms", "50"), ("queue.buffering.max.ms", "7")]).unwrap();
        assert_eq!(
            config.create_native_config().unwrap().get("linger.ms").unwrap(),
            "7"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (
                ("acks", "1"),
                "`acks` is refused: a row counts as delivered once all in-sync replicas have it (acks=all)",
            ),
            (
                ("liger.ms", "1"),
                "`liger.ms`: librdkafka has no property of that name",
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
    fn checks_left_out_draw_a_warning() {
        let given = settings(&[
            ("enable.ssl.certificate.verification", "false"),
            ("linger.ms", "1"),
        ]);
        assert_eq!(given.warnings().len(), 1);
    }

    #[test]
    fn certificates_are_looked_for_unless_a_place_is_given() {
        assert_eq!(config(&[]).unwrap().get("ssl.ca.location"), Some("probe"));
        assert_eq!(
            config(&[("ssl.ca.location", "ca.pem")])
                .unwrap()
                .get("ssl.ca.location"),
            Some("ca.pem")
        );
    }
}
