//! Hints about Kafka.

use crate::cli::environment::KAFKA_SECRETS;
use crate::cli::shell;
use crate::kafka::{ConfigError, Hint, Refusal};

/// The hint in words.
pub(in crate::cli) fn words(hint: &Hint) -> String {
    match hint {
        Hint::CreateOrPickTopic { near, similar } => {
            let create = "create it with `--create-topic 3` (partitions)";
            if !similar.is_empty() {
                return format!("did you mean `{}`? If not, {create}", similar.join("`, `"));
            }
            match near.is_empty() {
                true => create.to_owned(),
                false => format!(
                    "{create}, or name one of these with `--topic`: {}",
                    near.join(", ")
                ),
            }
        }
        Hint::PickTopic { near, similar } => match (similar.is_empty(), near.is_empty()) {
            (false, _) => format!("did you mean `{}`?", similar.join("`, `")),
            (true, false) => format!("name one of these with `--topic`: {}", near.join(", ")),
            (true, true) => "these brokers have no topics".to_owned(),
        },
        Hint::GrantOrChangeUser { rights } => {
            format!("the user needs {rights}; `-X sasl.username` names another user")
        }
        Hint::StartSandbox { topic } => {
            let topic = shell::flag("--topic", topic.as_ref());
            format!("`k2-produce sandbox {topic} --schema-file trade.avsc` starts a local broker to try k2-produce \
                     with")
        }
        Hint::CreateElsewhere { topic, partitions } => {
            let path = format!("/topics/{topic}?partitions={partitions}");
            format!(
                "in a sandbox, create it with `curl -X PUT \"$K2_KAFKA_SCHEMA_REGISTRY_URL\"{}`; elsewhere, with \
                 the tools of the cluster",
                shell::word(path.as_ref())
            )
        }
        Hint::TrustedAuthority => {
            "`-X ssl.ca.location=FILE` names the CA certificates to trust (PEM)".to_owned()
        }
        Hint::CertificateFormat { property } => format!(
            "convert a DER certificate to PEM with `openssl x509 -inform der -in FILE -out FILE.pem`, and name that file \
             with `-X {property}`"
        ),
        Hint::CertificateHost => {
            "name the brokers with `-b` as in their certificates; clients are then referred to the addresses in \
             `advertised.listeners` of the brokers"
                .to_owned()
        }
        Hint::CertificateTime => {
            "the brokers (`-b`) need a new certificate, unless the clock of this machine is wrong".to_owned()
        }
        Hint::NameClientCertificate => {
            "`-X ssl.certificate.location=FILE` names the certificate, `-X ssl.key.location=FILE` its key (PEM)"
                .to_owned()
        }
        Hint::OtherClientCertificate => {
            "it must be valid now, and signed by a CA that the brokers trust; `-X ssl.certificate.location=FILE` \
             names another one"
                .to_owned()
        }
        Hint::KeyPassword => {
            "the password of a key (`ssl.key.password`) is read from `K2_KAFKA_SSL_KEY_PASSWORD`".to_owned()
        }
        Hint::NoSasl => "`-X security.protocol=PLAINTEXT`, or SSL, connects without SASL; or name the port of another \
                         listener with `-b`"
            .to_owned(),
        Hint::CheckCredentials => "check the user (`-X sasl.username`), the password (`K2_KAFKA_SASL_PASSWORD`), or the \
                                   file of `-F` that contains them"
            .to_owned(),
        Hint::ChooseMechanism => "name one of the brokers' mechanisms with `-X sasl.mechanism`".to_owned(),
        Hint::NameBrokers => {
            "name the brokers with `-b host:port`, and pass `-X security.protocol=...` if they require TLS or SASL"
                .to_owned()
        }
    }
}

/// The error in a setting, named by its flag.
pub(in crate::cli) fn config_error(error: &ConfigError) -> String {
    match error {
        ConfigError::NoBroker
        | ConfigError::Broker { .. }
        | ConfigError::NoMechanism
        | ConfigError::Mechanism { .. }
        | ConfigError::NoCredentials { .. }
        | ConfigError::HalfCertificate { .. } => error.to_string(),
        ConfigError::OfJava { .. } => format!("`-X`: {error}"),
        ConfigError::Refused {
            name,
            reason: Refusal::HasItsOwnSetting,
        } => format!("`-X {name}` is refused: set the brokers with `-b`"),
        ConfigError::Refused { name, reason } => format!("`-X {name}` is refused: {reason}"),
        ConfigError::Unknown { name, .. } => {
            format!("`-X {name}`: librdkafka has no property with that name")
        }
        ConfigError::Nul { name } => format!("`-X {name}`: a name or value cannot contain a NUL"),
        ConfigError::Value { name, value, reason } => format!("`-X {name}={value}`: {reason}"),
        ConfigError::SecretValue { name } => format!("`-X {name}`: librdkafka does not accept this value"),
    }
}

/// The hint for a wrong setting, if there is one.
pub(in crate::cli) fn of_config_error(error: &ConfigError) -> Option<String> {
    match error {
        ConfigError::Unknown { near, .. } => near.as_ref().map(|near| format!("did you mean `{near}`?")),
        ConfigError::NoBroker | ConfigError::Broker { .. } => {
            Some("name them as `-b kafka-1:9092,kafka-2:9092`".to_owned())
        }
        ConfigError::NoMechanism | ConfigError::Mechanism { .. } => {
            Some("`-X sasl.mechanism=SCRAM-SHA-512`, or PLAIN or SCRAM-SHA-256".to_owned())
        }
        ConfigError::NoCredentials { missing, .. } => {
            let (user, password) = (
                "`-X sasl.username=NAME`",
                format!(
                    "the password in the environment variable `{}`",
                    KAFKA_SECRETS[0].1
                ),
            );
            Some(match missing[..] {
                ["sasl.username"] => user.to_owned(),
                ["sasl.password"] => format!("set {password}"),
                _ => format!("{user}, and {password}"),
            })
        }
        ConfigError::HalfCertificate { missing, .. } => {
            Some(format!("`-X {missing}=FILE` names the file (PEM)"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_topics_and_the_sandbox_are_named_ready_to_type() {
        let near = ["market.trades.raw", "market.quotes.raw"]
            .map(str::to_owned)
            .to_vec();
        let mut similar = Vec::new();
        let hint = words(&Hint::CreateOrPickTopic {
            near: near.clone(),
            similar: similar.clone(),
        });
        assert!(hint.ends_with("market.trades.raw, market.quotes.raw"), "{hint}");
        similar.push("market.trades.raw".to_owned());
        let hint = words(&Hint::CreateOrPickTopic { near, similar });
        assert_eq!(
            hint,
            "did you mean `market.trades.raw`? If not, create it with `--create-topic 3` (partitions)"
        );
        let hint = words(&Hint::CreateElsewhere {
            topic: "quotes".to_owned(),
            partitions: std::num::NonZeroU16::new(2).unwrap(),
        });
        assert!(
            hint.contains("`curl -X PUT \"$K2_KAFKA_SCHEMA_REGISTRY_URL\"'/topics/quotes?partitions=2'`"),
            "{hint}"
        );
        let topic = "market.trades.raw".to_owned();
        let hint = words(&Hint::StartSandbox { topic });
        assert!(
            hint.starts_with("`k2-produce sandbox --topic market.trades.raw"),
            "{hint}"
        );
    }

    #[test]
    fn an_error_in_a_property_names_its_flag() {
        use crate::kafka::ProducerSettings;
        let cases = [
            (
                ("acks", "1"),
                "`-X acks` is refused: a row counts as delivered once all in-sync replicas have it (acks=all)",
                None,
            ),
            (
                ("bootstrap.servers", "b:9092"),
                "`-X bootstrap.servers` is refused: set the brokers with `-b`",
                None,
            ),
            (
                ("liger.ms", "1"),
                "`-X liger.ms`: librdkafka has no property with that name",
                Some("did you mean `linger.ms`?"),
            ),
            (
                ("linger.ms", "soon"),
                "`-X linger.ms=soon`: Invalid value for configuration property \"queue.buffering.max.ms\"",
                None,
            ),
            (
                (
                    "security.protocol",
                    "SASL_SSL,sasl.mechanism=PLAIN,sasl.username=u",
                ),
                "`sasl.mechanism=PLAIN` needs `sasl.password`, which is not set",
                Some("set the password in the environment variable `K2_KAFKA_SASL_PASSWORD`"),
            ),
            (
                ("security.protocol", "SASL_SSL,sasl.mechanism=PLAIN"),
                "`sasl.mechanism=PLAIN` needs `sasl.username` and `sasl.password`, which are not set",
                Some(
                    "`-X sasl.username=NAME`, and the password in the environment variable `K2_KAFKA_SASL_PASSWORD`",
                ),
            ),
            (
                ("client.id", "a\0b"),
                "`-X client.id`: a name or value cannot contain a NUL",
                None,
            ),
        ];
        for ((name, value), message, hint) in cases {
            let mut settings = ProducerSettings::new("b:9092", "t");
            let given = format!("{name}={value}");
            let given = given.split(',').filter_map(|one| one.split_once('='));
            settings.properties = given
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let Err(error) = settings.client_config() else {
                panic!("{name}={value} is accepted")
            };
            let found = (config_error(&error), of_config_error(&error));
            assert_eq!((found.0.as_str(), found.1.as_deref()), (message, hint));
        }
    }
}
