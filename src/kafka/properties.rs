//! What is known about librdkafka's properties: aliases, secrets, and properties that must not be set.
//!
//! librdkafka checks the values themselves.

use std::ffi::CStr;
use std::fmt;

use rdkafka_sys as sys;

/// Aliases of librdkafka's properties: (alias, canonical name).
///
/// Settings are stored under the canonical name, so that a property given by either name replaces our default.
const ALIASES: &[(&str, &str)] = &[
    ("acks", "request.required.acks"),
    ("bootstrap.servers", "metadata.broker.list"),
    ("compression.type", "compression.codec"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("linger.ms", "queue.buffering.max.ms"),
    ("max.in.flight", "max.in.flight.requests.per.connection"),
    ("retries", "message.send.max.retries"),
    ("sasl.mechanism", "sasl.mechanisms"),
    (
        "sasl.oauthbearer.client.credentials.client.id",
        "sasl.oauthbearer.client.id",
    ),
    (
        "sasl.oauthbearer.client.credentials.client.secret",
        "sasl.oauthbearer.client.secret",
    ),
];

/// Properties with a value that is a secret or may contain one.
const SECRETS: &[&str] = &[
    "sasl.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
];

/// Properties that hold a pointer, besides the callbacks.
const OBJECTS: &[&str] = &[
    "default_topic_conf",
    "interceptors",
    "msg_order_cmp",
    "opaque",
    "ssl_ca",
    "ssl_certificate",
    "ssl_engine_callback_data",
    "ssl_key",
];

/// Common properties without a default, which librdkafka's own list leaves out.
const WITHOUT_DEFAULT: &[&str] = &[
    "broker.address.family",
    "client.rack",
    "debug",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
];

/// Why a property must not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It names the brokers, which have a separate setting.
    HasItsOwnSetting,
    /// It would break a guarantee or run code.
    Because(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Refusal::HasItsOwnSetting => "the brokers have a separate setting",
            Refusal::Because(reason) => reason,
        })
    }
}

/// The property's canonical name; `name` may be an alias.
pub(super) fn own_name(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, own)| own)
}

/// Properties of Java clients that librdkafka lacks, and what to use instead.
const OF_JAVA: &[(&str, &str)] = &[
    (
        "sasl.jaas.config",
        "set `sasl.username` and `sasl.password` to the name and password in it",
    ),
    (
        "ssl.truststore.location",
        "set `ssl.ca.location` to a PEM file of the CA certificates (`keytool -exportcert -rfc` writes one)",
    ),
    (
        "ssl.truststore.password",
        "PEM certificates in `ssl.ca.location` need no password",
    ),
    (
        "ssl.truststore.certificates",
        "set `ssl.ca.pem` to the certificates",
    ),
    (
        "ssl.truststore.type",
        "set `ssl.ca.location` to a PEM file of the CA certificates",
    ),
    (
        "ssl.keystore.type",
        "`ssl.keystore.location` is always a PKCS#12 keystore; for PEM set `ssl.certificate.location` and \
         `ssl.key.location`",
    ),
    (
        "ssl.keystore.certificate.chain",
        "set `ssl.certificate.pem` to the certificates",
    ),
    ("ssl.keystore.key", "set `ssl.key.pem` to the key"),
    (
        "max.request.size",
        "set `message.max.bytes`; by default it follows the topic's limit",
    ),
    ("buffer.memory", "set `queue.buffering.max.kbytes`, in KiB"),
    ("send.buffer.bytes", "set `socket.send.buffer.bytes`"),
    ("receive.buffer.bytes", "set `socket.receive.buffer.bytes`"),
    (
        "partitioner.class",
        "set `partitioner`; the default is `murmur2_random`, as in Java",
    ),
];

/// What to use instead of a property of Java clients that librdkafka lacks.
pub(super) fn java_counterpart(name: &str) -> Option<&'static str> {
    let known = OF_JAVA.iter().find(|(java, _)| *java == name);
    known.map(|(_, instead)| *instead)
}

/// Whether the value of the property may be a secret, and so must not be shown in an error either. A wrong value may be
/// a secret that was given to the wrong property.
pub(super) fn may_hold_secret(own: &str) -> bool {
    const SIGNS: [&str; 10] = [
        "password",
        "passphrase",
        "secret",
        "token",
        "credential",
        "jaas",
        "oauthbearer",
        "pem",
        "key",
        "username",
    ];
    let name = own.to_ascii_lowercase();
    is_secret(own) || SIGNS.iter().any(|sign| name.contains(sign))
}

/// The canonical name of a property, which may be given by an alias.
pub fn canonical_property(name: &str) -> &str {
    own_name(name)
}

/// Whether the value of the property must never be shown.
pub fn is_secret_property(name: &str) -> bool {
    is_secret(own_name(name))
}

/// Whether the value of the property, given by its canonical name, must never be shown.
pub(super) fn is_secret(own: &str) -> bool {
    SECRETS.contains(&own)
}

/// Whether the property's value names a file that librdkafka reads.
pub fn names_file(name: &str) -> bool {
    name.ends_with(".location") || name.ends_with(".file") || name == "sasl.kerberos.keytab"
}

/// Why `own` must not be set to `value`, if so.
pub(super) fn refusal(own: &str, value: &str) -> Option<Refusal> {
    let value = value.trim().to_ascii_lowercase();
    let is_true = matches!(value.as_str(), "true" | "t" | "1");
    let is_false = matches!(value.as_str(), "false" | "f" | "0");
    let number = value.parse::<i64>().ok();
    let reason = match own {
        "request.required.acks" if value != "all" && value != "-1" => {
            "a row counts as delivered once all in-sync replicas have it (acks=all)"
        }
        "enable.idempotence" if is_false => "without it a retry can send a row twice or out of order",
        "message.send.max.retries" if number == Some(0) => "without retries a temporary fault loses rows",
        "max.in.flight.requests.per.connection" if number.is_some_and(|number| number > 5) => {
            "with more than 5 requests in flight Kafka cannot keep the order of retries"
        }
        "delivery.report.only.error" if is_true => "deliveries are counted from their reports",
        "allow.auto.create.topics" if is_true => "a mistyped topic name would create a topic",
        "transactional.id" | "enable.gapless.guarantee" => "it is reserved for k2-produce",
        "queuing.strategy" => "any order other than the file's would break the order per key",
        "metadata.broker.list" => return Some(Refusal::HasItsOwnSetting),
        "enable.sasl.oauthbearer.unsecure.jwt" => "unsigned tokens prove nothing",
        "plugin.library.paths" | "ssl.engine.location" | "ssl.engine.id" | "ssl.providers" => {
            "it would load code into the process"
        }
        "sasl.kerberos.kinit.cmd" => "it would run a command",
        "test.mock.num.brokers" | "test.mock.broker.rtt" => {
            "rows would go to a broker inside this process and be lost when it exits"
        }
        "log.queue" | "enabled_events" => "it is set by k2-produce",
        "builtin.features" | "enable_sasl_queue" | "enable.sparse.connections" => {
            "it is internal to librdkafka"
        }
        _ if own.starts_with("internal.") || own.starts_with("client.software.") => {
            "it is internal to librdkafka"
        }
        _ if OBJECTS.contains(&own) || own.ends_with("_cb") || own.starts_with("ut_") => {
            "it is an object of the program, not a value"
        }
        _ => return None,
    };
    Some(Refusal::Because(reason))
}

/// The property names to suggest for a mistyped one.
pub(super) fn all_names() -> Vec<String> {
    let mut names: Vec<String> = ALIASES.iter().map(|(alias, _)| alias.to_string()).collect();
    names.extend(WITHOUT_DEFAULT.iter().map(|name| name.to_string()));
    // SAFETY: both configurations are new and ours; a dump is an array of `count` C strings, alternately names and
    // values, that stays valid until it is freed with that count. Values may be null; only names are read.
    unsafe {
        let (client, topic) = (
            sys::bindings::rd_kafka_conf_new(),
            sys::bindings::rd_kafka_topic_conf_new(),
        );
        let (mut client_count, mut topic_count) = (0, 0);
        let dumps = [
            (
                sys::bindings::rd_kafka_conf_dump(client, &mut client_count),
                client_count,
            ),
            (
                sys::bindings::rd_kafka_topic_conf_dump(topic, &mut topic_count),
                topic_count,
            ),
        ];
        for (dump, count) in dumps {
            for index in (0..count).step_by(2) {
                names.push(CStr::from_ptr(*dump.add(index)).to_string_lossy().into_owned());
            }
            sys::bindings::rd_kafka_conf_dump_free(dump, count);
        }
        sys::bindings::rd_kafka_conf_destroy(client);
        sys::bindings::rd_kafka_topic_conf_destroy(topic);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_that_break_a_guarantee_or_run_code_are_rejected() {
        let refused = [
            ("acks", "1"),
            ("request.required.acks", "0"),
            ("enable.idempotence", "False"),
            ("retries", "0"),
            ("message.send.max.retries", "0"),
            ("max.in.flight", "6"),
            ("max.in.flight.requests.per.connection", "100"),
            ("transactional.id", "x"),
            ("enable.gapless.guarantee", "true"),
            ("queuing.strategy", "lifo"),
            ("delivery.report.only.error", "true"),
            ("allow.auto.create.topics", "true"),
            ("bootstrap.servers", "elsewhere:9092"),
            ("metadata.broker.list", "elsewhere:9092"),
            ("dr_cb", "x"),
            ("dr_msg_cb", "x"),
            ("ut_handle_ProduceResponse", "x"),
            ("opaque", "x"),
            ("enable.sasl.oauthbearer.unsecure.jwt", "true"),
            ("plugin.library.paths", "evil.so"),
            ("ssl.engine.location", "evil.so"),
            ("ssl.providers", "evil"),
            ("sasl.kerberos.kinit.cmd", "evil"),
            ("test.mock.num.brokers", "3"),
            ("internal.termination.signal", "15"),
            ("client.software.name", "x"),
            ("enable_sasl_queue", "true"),
            ("enable.sparse.connections", "false"),
            ("builtin.features", "gzip"),
        ];
        for (name, value) in refused {
            assert!(
                refusal(own_name(name), value).is_some(),
                "{name}={value} is accepted"
            );
        }
    }

    #[test]
    fn properties_that_keep_the_guarantees_are_accepted() {
        let allowed = [
            ("acks", "all"),
            ("acks", "-1"),
            ("enable.idempotence", "true"),
            ("retries", "3"),
            ("max.in.flight", "1"),
            ("linger.ms", "100"),
            ("log_level", "7"),
            ("sasl.password", "x"),
        ];
        for (name, value) in allowed {
            assert_eq!(refusal(own_name(name), value), None, "{name}={value}");
        }
    }

    #[test]
    fn every_name_in_the_tables_is_known_to_librdkafka() {
        use rdkafka::config::ClientConfig;
        use rdkafka::error::KafkaError;
        use rdkafka::types::RDKafkaConfRes;

        let names = ALIASES.iter().flat_map(|(alias, own)| [*alias, *own]);
        for name in names
            .chain(SECRETS.iter().copied())
            .chain(WITHOUT_DEFAULT.iter().copied())
        {
            // The value may be wrong, but not the name.
            if let Err(KafkaError::ClientConfig(result, ..)) =
                ClientConfig::new().set(name, "x").create_native_config()
            {
                assert_ne!(result, RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, "{name}");
            }
        }
    }
}
