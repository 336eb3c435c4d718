//! Properties of librdkafka in a configuration file.

use std::ops::Range;

use toml_edit::{Item, TableLike};

use crate::cli::hints;
use crate::kafka;
use crate::mapping::{MapError, Place};

/// A property in a table: its name, its value and where its name is.
pub(super) struct Written<'a> {
    pub(super) name: String,
    pub(super) item: &'a Item,
    pub(super) span: Range<usize>,
}

/// The properties in the table. `security.protocol` without quotes is, in TOML, a table within a table.
pub(super) fn read<'a>(table: &'a dyn TableLike, prefix: &str) -> Vec<Written<'a>> {
    let mut properties = Vec::new();
    for (key, item) in table.iter() {
        let name = format!("{prefix}{key}");
        let span = table.key(key).and_then(toml_edit::Key::span).unwrap_or(0..0);
        match item.as_table_like() {
            Some(inner) if !kafka::is_secret_property(&name) => {
                properties.extend(read(inner, &format!("{name}.")));
            }
            _ => properties.push(Written { name, item, span }),
        }
    }
    properties
}

/// Whether librdkafka accepts the value.
///
/// # Errors
/// Why not, with the place.
pub(super) fn check(name: &str, value: &str, place: &Place) -> Result<(), MapError> {
    kafka::check_property(name, value).map_err(|error| {
        let hint = match error {
            kafka::ConfigError::Refused {
                reason: kafka::Refusal::HasItsOwnSetting,
                ..
            } => Some("the key for the brokers is `bootstrap-servers`".to_owned()),
            _ => hints::kafka::of_config_error(&error),
        };
        let error = MapError::at(place.clone(), error.to_string());
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })
}

/// What a file in the working directory may set about the connection, besides the brokers. Whatever is not listed may
/// name files or servers of an attacker, or identities of this machine.
const CONNECTION: [&str; 11] = [
    "security.protocol",
    "sasl.mechanisms",
    "sasl.username",
    "sasl.password",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.endpoint.identification.algorithm",
    "enable.ssl.certificate.verification",
    "broker.address.family",
    "client.dns.lookup",
    "socket.keepalive.enable",
];

/// Properties that affect only speed and memory, by prefix.
const TUNING: [&str; 19] = [
    "batch.",
    "client.id",
    "client.rack",
    "compression.",
    "connections.max.idle.ms",
    "enable.idempotence",
    "max.in.flight",
    "message.",
    "metadata.max.age.ms",
    "partitioner",
    "queue.buffering.",
    "reconnect.backoff.",
    "request.required.acks",
    "request.timeout.ms",
    "retry.",
    "socket.connection.setup.timeout.ms",
    "socket.timeout.ms",
    "statistics.interval.ms",
    "sticky.partitioning.",
];

/// Whether a file in the working directory may set the property.
pub(super) fn is_allowed_in_working_directory(name: &str) -> bool {
    CONNECTION.contains(&kafka::canonical_property(name)) || !affects_credentials(name)
}

/// Whether the property is unknown, or refused in every file and on the command line.
pub(super) fn is_refused_anywhere(name: &str) -> bool {
    matches!(
        kafka::check_property(name, ""),
        Err(kafka::ConfigError::Unknown { .. }
            | kafka::ConfigError::Refused { .. }
            | kafka::ConfigError::OfJava { .. })
    )
}

/// Whether the property can affect where or how credentials are sent.
pub(in crate::cli) fn affects_credentials(name: &str) -> bool {
    let own = kafka::canonical_property(name);
    !TUNING.iter().any(|prefix| own.starts_with(prefix))
}

/// Whether the property is a credential, or names a file with one.
pub(in crate::cli) fn is_credential(name: &str) -> bool {
    let own = kafka::canonical_property(name);
    let is_public = own.starts_with("ssl.ca.") || own.starts_with("ssl.crl.") || own.starts_with("https.ca.");
    kafka::is_secret_property(own)
        || (kafka::names_file(own) && !is_public && own != "ssl.certificate.location")
        || own == "sasl.oauthbearer.metadata.authentication.type"
}
