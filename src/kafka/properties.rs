//! What we know of librdkafka's properties: other names, secrets, and those that are not to be touched.
//!
//! The values themselves are librdkafka's to judge.

use std::ffi::CStr;
use std::fmt;

use rdkafka_sys as sys;

/// Names that librdkafka takes for another property: (alias, the property's own name).
///
/// Settings are kept under the own name, so that a property given by either name replaces our default.
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

/// Properties whose value is a secret, or may hold one.
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

/// Properties that hold a pointer, beside the callbacks.
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

/// Properties without a default that people use; librdkafka's own list leaves them out.
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

/// Why a property is not to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The brokers have a setting of their own.
    HasItsOwnSetting,
    /// It would break a promise, or run code.
    Because(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Refusal::HasItsOwnSetting => "the brokers have a setting of their own",
            Refusal::Because(reason) => reason,
        })
    }
}

/// The property's own name, where `name` may be an alias.
pub(super) fn own_name(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, own)| own)
}

/// Properties of Java's clients that librdkafka lacks, and what stands for them here.
const OF_JAVA: &[(&str, &str)] = &[
    (
        "sasl.jaas.config",
        "set `sasl.username` and `sasl.password` to the name and password in it",
    ),
    (
        "ssl.truststore.location",
        "set `ssl.ca.location` to a file of the CA certificates in PEM (`keytool -exportcert -rfc` makes one)",
    ),
    (
        "ssl.truststore.password",
        "certificates in PEM, in `ssl.ca.location`, need no password",
    ),
    (
        "ssl.truststore.certificates",
        "set `ssl.ca.pem` to the certificates",
    ),
    (
        "ssl.truststore.type",
        "certificates in PEM go into `ssl.ca.location`",
    ),
    (
        "ssl.keystore.type",
        "a keystore in `ssl.keystore.location` is always PKCS#12; PEM goes into `ssl.certificate.location` and \
         `ssl.key.location`",
    ),
    (
        "ssl.keystore.certificate.chain",
        "set `ssl.certificate.pem` to the certificates",
    ),
    ("ssl.keystore.key", "set `ssl.key.pem` to the key"),
    (
        "max.request.size",
        "set `message.max.bytes`; by itself it is as large as the topic takes",
    ),
    ("buffer.memory", "set `queue.buffering.max.kbytes`, in KiB"),
    ("send.buffer.bytes", "set `socket.send.buffer.bytes`"),
    ("receive.buffer.bytes", "set `socket.receive.buffer.bytes`"),
    (
        "partitioner.class",
        "set `partitioner`; by itself it is `murmur2_random`, Java's default",
    ),
];

/// What stands for a property of Java's clients that librdkafka lacks.
pub(super) fn java_counterpart(name: &str) -> Option<&'static str> {
    let known = OF_JAVA.iter().find(|(java, _)| *java == name);
    known.map(|(_, instead)| *instead)
}

/// Whether the value of the property may be a secret, so that it is not shown in an error either: wrong values may be
/// secrets that were given to the wrong property.
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

/// Whether the value of the property must not be shown to anyone.
pub fn is_secret_property(name: &str) -> bool {
    is_secret(own_name(name))
}

/// Whether the value of the property, by its own name, must not be shown to anyone.
pub(super) fn is_secret(own: &str) -> bool {
    SECRETS.contains(&own)
}

/// Whether the property's value names a file that librdkafka reads.
pub fn names_file(name: &str) -> bool {
    name.ends_with(".location") || name.ends_with(".file") || name == "sasl.kerberos.keytab"
}

/// Why `own` = `value` is not to be set, if it is not.
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
        "message.send.max.retries" if number == Some(0) => "without retries a passing fault loses rows",
        "max.in.flight.requests.per.connection" if number.is_some_and(|number| number > 5) => {
            "beyond 5 requests in flight Kafka cannot keep the order of retries"
        }
        "delivery.report.only.error" if is_true => "every row's delivery is counted by its report",
        "allow.auto.create.topics" if is_true => "a mistyped topic name would create a topic",
        "transactional.id" | "enable.gapless.guarantee" => "it is reserved for the tool's own use",
        "queuing.strategy" => "any other order than the file's would break the order per key",
        "metadata.broker.list" => return Some(Refusal::HasItsOwnSetting),
        "enable.sasl.oauthbearer.unsecure.jwt" => "tokens without a signature prove nothing",
        "plugin.library.paths" | "ssl.engine.location" | "ssl.engine.id" | "ssl.providers" => {
            "it would load code into the process"
        }
        "sasl.kerberos.kinit.cmd" => "it would run a command",
        "test.mock.num.brokers" | "test.mock.broker.rtt" => {
            "rows would go to a broker inside this process and be gone with it"
        }
        "log.queue" | "enabled_events" => "it is the tool's own to set",
        "builtin.features" | "enable_sasl_queue" | "enable.sparse.connections" => {
            "it is internal to librdkafka"
        }
        _ if own.starts_with("internal.") || own.starts_with("client.software.") => {
            "it is internal to librdkafka"
        }
        _ if OBJECTS.contains(&own) || own.ends_with("_cb") || own.starts_with("ut_") => {
            "it is no value but an object of the program"
        }
        _ => return None,
    };
    Some(Refusal::Because(reason))
}

/// The property names to suggest for a mistyped one.
pub(super) fn all_names() -> Vec<String> {
    let mut names: Vec<String> = ALIASES.iter().map(|(alias, _)| alias.to_string()).collect();
    names.extend(WITHOUT_DEFAULT.iter().map(|name| name.to_string()));
    // SAFETY: both configurations are fresh and ours; a dump is an array of `count` C strings, name and value in
    // turn, that stays valid until it is freed with that count. Values may be null; only names are read.
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
    fn refuses_what_breaks_a_promise_or_runs_code() {
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
                "{name}={value} is let through"
            );
        }
    }

    #[test]
    fn lets_through_what_keeps_the_promises() {
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
    fn every_name_here_is_one_of_librdkafkas() {
        use rdkafka::config::ClientConfig;
        use rdkafka::error::KafkaError;
        use rdkafka::types::RDKafkaConfRes;

        let names = ALIASES.iter().flat_map(|(alias, own)| [*alias, *own]);
        for name in names
            .chain(SECRETS.iter().copied())
            .chain(WITHOUT_DEFAULT.iter().copied())
        {
            // A value may be wrong, the name may not.
            if let Err(KafkaError::ClientConfig(result, ..)) =
                ClientConfig::new().set(name, "x").create_native_config()
            {
                assert_ne!(result, RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, "{name}");
            }
        }
    }
}
