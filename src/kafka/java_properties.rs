//! Translates a file of client properties, librdkafka's or Java's, to librdkafka's properties.
//!
//! A property with the same meaning under another name is translated. One without a meaning here is left out, and its
//! name is reported. One that affects trust or identity and cannot be translated is an error that says what to do.

use super::config_error::ConfigError;
use super::properties::java_counterpart;

/// A property in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileProperty {
    /// The line where it begins, counted from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The result of translating a file.
#[derive(Default, PartialEq, Eq)]
pub struct Translation {
    /// librdkafka's properties, in the order of the file.
    pub properties: Vec<FileProperty>,
    /// The names of Java properties that have no meaning here.
    pub left_out: Vec<String>,
}

/// Properties of Java clients and serializers that have no meaning for this producer.
const WITHOUT_MEANING: &[&str] = &[
    "key.serializer",
    "value.serializer",
    "key.deserializer",
    "value.deserializer",
    "max.block.ms",
    "interceptor.classes",
    "metric.reporters",
    "auto.include.jmx.reporter",
    "partitioner.ignore.keys",
    "partitioner.adaptive.partitioning.enable",
    "partitioner.availability.timeout.ms",
    "security.providers",
    "ssl.protocol",
    "ssl.provider",
    "ssl.enabled.protocols",
    "ssl.keymanager.algorithm",
    "ssl.trustmanager.algorithm",
    "ssl.secure.random.implementation",
    "ssl.engine.factory.class",
    "sasl.client.callback.handler.class",
    "auto.register.schemas",
    "use.latest.version",
    "avro.remove.java.properties",
    "default.api.timeout.ms",
];

/// Prefixes of such names.
const PREFIXES_WITHOUT_MEANING: &[&str] = &[
    "metrics.",
    "schema.registry.",
    "basic.auth.",
    "bearer.auth.",
    "confluent.",
    "sasl.login.",
];

/// Translates a file's properties. If a name is repeated the last one counts, as in Java.
///
/// # Errors
/// The line of the first property that cannot be used, and why.
pub fn translate(given: &[FileProperty]) -> Result<Translation, (usize, ConfigError)> {
    let mut translation = Translation::default();
    for property in given {
        let FileProperty { line, name, value } = property;
        let unusable = |instead| {
            let name = name.clone();
            Err((*line, ConfigError::OfJava { name, instead }))
        };
        let mut put = |name: &str, value: &str| {
            translation.properties.push(FileProperty {
                line: *line,
                name: name.to_owned(),
                value: value.to_owned(),
            });
        };
        match name.as_str() {
            "sasl.jaas.config" => match credentials(value) {
                Some((username, password)) => {
                    put("sasl.username", &username);
                    put("sasl.password", &password);
                }
                None => {
                    return unusable(
                        "only the name and password of a PlainLoginModule or ScramLoginModule can be used",
                    );
                }
            },
            "ssl.truststore.location" if is_pem(given, "ssl.truststore.type") => {
                put("ssl.ca.location", value)
            }
            "ssl.truststore.certificates" => put("ssl.ca.pem", value),
            // Handled with the location of the store; PEM has no password.
            "ssl.truststore.password" | "ssl.truststore.type" | "ssl.keystore.type" => {}
            "ssl.keystore.location" if is_pem(given, "ssl.keystore.type") => {
                put("ssl.certificate.location", value);
                put("ssl.key.location", value);
            }
            "ssl.keystore.location" if is_java_keystore(given, value) => {
                return unusable(
                    "only a PKCS#12 keystore can be read; convert it with `keytool -importkeystore -deststoretype PKCS12` \
                     and set `ssl.keystore.location` and `ssl.keystore.type=PKCS12`",
                );
            }
            "ssl.keystore.password" if is_pem(given, "ssl.keystore.type") => {}
            "ssl.keystore.certificate.chain" => put("ssl.certificate.pem", value),
            "ssl.keystore.key" => put("ssl.key.pem", value),
            // In Java an empty value turns the host check off.
            "ssl.endpoint.identification.algorithm" if value.is_empty() => put(name, "none"),
            "max.request.size" => put("message.max.bytes", value),
            "buffer.memory" => match value.parse::<u64>() {
                Ok(bytes) => put("queue.buffering.max.kbytes", &(bytes / 1024).max(1).to_string()),
                Err(_) => return unusable("expected a number of bytes"),
            },
            // -1 means the operating system's default, which is the default here.
            "send.buffer.bytes" | "receive.buffer.bytes" if value == "-1" => {}
            "send.buffer.bytes" => put("socket.send.buffer.bytes", value),
            "receive.buffer.bytes" => put("socket.receive.buffer.bytes", value),
            _ if WITHOUT_MEANING.contains(&name.as_str())
                || PREFIXES_WITHOUT_MEANING
                    .iter()
                    .any(|prefix| name.starts_with(prefix)) =>
            {
                translation.left_out.push(name.clone());
            }
            _ => match java_counterpart(name) {
                Some(instead) => return unusable(instead),
                None => put(name, value),
            },
        }
    }
    Ok(translation)
}

/// The value of a property; the last one counts.
fn value_of<'a>(given: &'a [FileProperty], name: &str) -> Option<&'a str> {
    let found = given.iter().rev().find(|property| property.name == name);
    found.map(|property| property.value.as_str())
}

fn is_pem(given: &[FileProperty], store_type: &str) -> bool {
    value_of(given, store_type).is_some_and(|kind| kind.eq_ignore_ascii_case("PEM"))
}

/// Whether librdkafka cannot read the keystore: it reads only PKCS#12.
fn is_java_keystore(given: &[FileProperty], path: &str) -> bool {
    match value_of(given, "ssl.keystore.type") {
        Some(kind) => !kind.eq_ignore_ascii_case("PKCS12"),
        None => path.to_ascii_lowercase().ends_with(".jks"),
    }
}

/// The name and password from `... PlainLoginModule required username="me" password="secret";`.
fn credentials(jaas: &str) -> Option<(String, String)> {
    let (module, options) = jaas.trim().split_once(char::is_whitespace)?;
    let has_password = ["PlainLoginModule", "ScramLoginModule"]
        .iter()
        .any(|known| module.rsplit('.').next() == Some(known));
    let option = |name| option(options, name);
    has_password.then(|| Some((option("username")?, option("password")?)))?
}

/// The value of an option of a login module, with or without quotes.
fn option(options: &str, wanted: &str) -> Option<String> {
    let mut rest = options.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|at: char| at == '=' || at.is_whitespace())?;
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let Some(after) = rest.strip_prefix('=') else {
            // A flag such as `required`.
            continue;
        };
        let (value, after) = option_value(after.trim_start())?;
        if name == wanted {
            return Some(value);
        }
        rest = after.trim_start();
    }
    None
}

/// A value and the text after it.
fn option_value(text: &str) -> Option<(String, &str)> {
    let Some(quote) = text.chars().next().filter(|first| ['"', '\''].contains(first)) else {
        let end = text
            .find(|at: char| at == ';' || at.is_whitespace())
            .unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = text[1..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            _ if character == quote => return Some((value, &text[1 + at + 1..])),
            _ => value.push(character),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names with values.
    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn translated(given: Pairs<'_>) -> Result<Translation, String> {
        let given: Vec<FileProperty> = given
            .iter()
            .zip(1..)
            .map(|((name, value), line)| FileProperty {
                line,
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        translate(&given).map_err(|(line, error)| format!("{line}: {error}"))
    }

    /// The translated properties, as `name=value`.
    fn properties(given: Pairs<'_>) -> Vec<String> {
        let translation = translated(given).unwrap();
        let properties = translation.properties.iter();
        properties
            .map(|one| format!("{}={}", one.name, one.value))
            .collect()
    }

    #[test]
    fn names_with_the_same_meaning_are_translated() {
        let plain = r#"org.apache.kafka.common.security.plain.PlainLoginModule required username="me" password="a \"b\\;=";"#;
        let scram =
            "org.apache.kafka.common.security.scram.ScramLoginModule  required\n password='x y' username=me;";
        let cases: [(Pairs<'_>, &[&str]); 9] = [
            (&[("linger.ms", "5")], &["linger.ms=5"]),
            (
                &[("sasl.jaas.config", plain)],
                &["sasl.username=me", r#"sasl.password=a "b\;="#],
            ),
            (
                &[("sasl.jaas.config", scram)],
                &["sasl.username=me", "sasl.password=x y"],
            ),
            (
                &[
                    ("ssl.truststore.type", "PEM"),
                    ("ssl.truststore.location", "ca.pem"),
                    ("ssl.truststore.password", "x"),
                ],
                &["ssl.ca.location=ca.pem"],
            ),
            (
                &[("ssl.keystore.location", "me.pem"), ("ssl.keystore.type", "pem")],
                &["ssl.certificate.location=me.pem", "ssl.key.location=me.pem"],
            ),
            (
                &[
                    ("ssl.keystore.location", "me.p12"),
                    ("ssl.keystore.password", "x"),
                ],
                &["ssl.keystore.location=me.p12", "ssl.keystore.password=x"],
            ),
            (
                &[("ssl.endpoint.identification.algorithm", "")],
                &["ssl.endpoint.identification.algorithm=none"],
            ),
            (
                &[("buffer.memory", "33554432"), ("max.request.size", "1000000")],
                &["queue.buffering.max.kbytes=32768", "message.max.bytes=1000000"],
            ),
            (
                &[("send.buffer.bytes", "-1"), ("receive.buffer.bytes", "65536")],
                &["socket.receive.buffer.bytes=65536"],
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(properties(given), expected);
        }
    }

    #[test]
    fn properties_without_meaning_are_reported_by_name() {
        let given = [
            (
                "key.serializer",
                "org.apache.kafka.common.serialization.StringSerializer",
            ),
            ("schema.registry.url", "http://localhost:8081"),
            ("client.id", "x"),
        ];
        assert_eq!(properties(&given), ["client.id=x"]);
        let left_out = translated(&given).unwrap().left_out;
        assert_eq!(left_out, ["key.serializer", "schema.registry.url"]);
    }

    #[test]
    fn unusable_properties_are_errors_without_their_values() {
        for given in [
            &[("client.id", "x"), ("ssl.truststore.location", "secret.jks")][..],
            &[("ssl.keystore.location", "secret.jks")],
            &[("ssl.keystore.location", "secret"), ("ssl.keystore.type", "JKS")],
            &[(
                "sasl.jaas.config",
                "com.sun.security.auth.module.Krb5LoginModule required secret=1;",
            )],
            &[(
                "sasl.jaas.config",
                r#"a.PlainLoginModule required username="me" password="secret"#,
            )],
            &[("partitioner.class", "org.example.Secret")],
            &[("buffer.memory", "secret")],
        ] {
            let message = translated(given).err().expect("it cannot be used");
            assert!(!message.to_lowercase().contains("secret"), "{message}");
        }
    }
}
