//! Hints about the registry and its schemas.

use crate::schema::{Hint, KnownSubjects};

/// The command that shows a hint, because commands have different flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Reader {
    /// A run.
    Run,
    /// A command that also accepts a schema file: `schema show` and `schema check`.
    SchemaFile,
    /// Any other command, which is about the registry alone.
    Registry,
}

impl Reader {
    /// The flags that make the registry unnecessary.
    fn without_registry(self) -> Option<&'static str> {
        match self {
            Reader::Run => Some("`--schema-file FILE --dry-run`"),
            Reader::SchemaFile => Some("`--schema-file FILE`"),
            Reader::Registry => None,
        }
    }

    /// The flags or the command that register a schema.
    fn register(self) -> &'static str {
        match self {
            Reader::Run => "`--schema-file FILE --register`",
            Reader::SchemaFile | Reader::Registry => "`k2-produce schema register FILE`",
        }
    }

    /// `advice`, plus the way to work without the registry.
    fn or_without(self, advice: &str) -> String {
        match self.without_registry() {
            Some(flags) => format!("{advice}, or work without the registry: {flags}"),
            None => advice.to_owned(),
        }
    }

    fn other_subject(self) -> String {
        self.or_without("name another with `--subject`")
    }
}

/// The forms that other users of the machine cannot see.
const HOW_TO_PASS_CREDENTIALS: &str = "in a file with `--registry-user-file FILE` (USER:PASSWORD) or \
                                       `--registry-token-file FILE`, or in the environment as \
                                       `K2_KAFKA_SCHEMA_REGISTRY_USER_INFO` or `K2_KAFKA_SCHEMA_REGISTRY_TOKEN`";

pub(in crate::cli) fn words(hint: &Hint, reader: Reader) -> String {
    let fixed = match hint {
        Hint::Unreachable { environment_proxy } => return unreachable(*environment_proxy, reader),
        Hint::TimedOut => return reader.or_without("try again, or wait longer with `--registry-timeout`"),
        Hint::Failing => return reader.or_without("try again later"),
        Hint::CredentialsMissing => return format!("pass them {HOW_TO_PASS_CREDENTIALS}"),
        Hint::CredentialsNotAllowed => {
            return format!(
                "these credentials are valid but not authorized; pass others {HOW_TO_PASS_CREDENTIALS}"
            );
        }
        Hint::CredentialsRefused => {
            return format!("check the user and the password; pass them {HOW_TO_PASS_CREDENTIALS}");
        }
        Hint::SubjectMissing(known) => return subject_missing(known, reader),
        Hint::VersionMissing(versions) => return version_missing(versions, reader),
        Hint::Deleted => {
            return format!(
                "a deleted schema can be registered again with {}; or {}",
                reader.register(),
                reader.other_subject()
            );
        }
        Hint::IdOfSubject { subject, version } => {
            return format!(
                "it is version {version} of `{subject}`: name that subject with `--subject`, or omit one of the two \
                 flags"
            );
        }
        Hint::OtherSubject => return reader.other_subject(),
        Hint::UrlForm => {
            "write it as `-r http://localhost:8081`; a path may follow, as in `-r http://localhost:8081/apis/ccompat/v7`"
        }
        Hint::UrlWithoutPath => "some registries need a path in `-r`: Apicurio's is `/apis/ccompat/v7`",
        Hint::UrlPath => {
            "check host and path of `-r`: Apicurio's path is `/apis/ccompat/v7`, Confluent's registry has none"
        }
        Hint::Redirected => "if that is the registry, point `-r` there",
        Hint::PlainHttp => "the server seems to speak plain HTTP: try `-r http://...`",
        Hint::PerhapsHttps => "if the server requires TLS, use `-r https://...`",
        Hint::OtherHost => {
            "the certificate is for another host: use a host name from the certificate in `-r`"
        }
        Hint::CaMissing => "name the CA that signed the registry's certificate: `--registry-ca FILE`",
        Hint::OtherCa => {
            "the CA of `--registry-ca` did not sign the registry's certificate: name the one that did"
        }
        Hint::CertificateTime => {
            "the registry's certificate must be renewed, or this machine's clock is wrong"
        }
        Hint::ClientCertificateMissing => {
            "the registry may require a client certificate: `--registry-cert FILE --registry-key FILE`"
        }
        Hint::ClientCertificateRefused => "the registry does not accept the certificate of `--registry-cert`",
        Hint::CaFormat => {
            "convert a DER certificate to PEM with `openssl x509 -inform der -in FILE -out ca.pem`, and name that \
             file with `--registry-ca`"
        }
        Hint::KeyFormat => {
            "convert it with `openssl pkcs8 -topk8 -nocrypt -in FILE -out key.pem`, and name that file with \
             `--registry-key`"
        }
        Hint::TokenRefused => {
            "it may have expired: check `--registry-token-file` or `K2_KAFKA_SCHEMA_REGISTRY_TOKEN`"
        }
        Hint::SecretForFileName => {
            "`--registry-user-file` and `--registry-token-file` expect the name of a file with the secret, so that \
             other users of this machine cannot see it"
        }
        Hint::SubjectName => "name one with `--subject`",
        Hint::IdMissing => {
            "schema ids differ between registries: check that `-r` names the right one, or use `--subject` instead \
             of `--schema-id`"
        }
        Hint::IdOfNoSubject => "omit `--subject` or `--schema-id`",
        Hint::NotAvro => "name a subject with an Avro schema: `--subject SUBJECT`",
        Hint::Incompatible => "give new fields a default, or register under another subject with `--subject`",
        Hint::ReadOnly => "the registry or the subject is in read-only or import mode; ask its administrator",
    };
    fixed.to_owned()
}

fn unreachable(environment_proxy: bool, reader: Reader) -> String {
    let mut text = "point `-r` at a running registry".to_owned();
    if let Some(flags) = reader.without_registry() {
        text.push_str(&format!(", or work without one: {flags}"));
    }
    if environment_proxy {
        text.push_str("; the proxy set in the environment is used (`--registry-no-proxy` ignores it)");
    }
    text
}

fn subject_missing(known: &KnownSubjects, reader: Reader) -> String {
    let beginning = match known {
        KnownSubjects::None => "the registry has no subjects yet; ".to_owned(),
        KnownSubjects::Nearest(names) if !names.is_empty() => {
            format!("did you mean `{}`? ", names.join("`, `"))
        }
        KnownSubjects::Nearest(_) | KnownSubjects::Unknown => String::new(),
    };
    let register = format!("{beginning}register a schema with {}", reader.register());
    match reader.without_registry() {
        Some(flags) => format!(
            "{register}, name another subject with `--subject`, or work without the registry: {flags}"
        ),
        None => format!("{register}, or name another subject with `--subject`"),
    }
}

/// Lists only the latest ten versions.
fn version_missing(versions: &[u32], reader: Reader) -> String {
    if versions.is_empty() {
        return reader.other_subject();
    }
    let latest = &versions[versions.len().saturating_sub(10)..];
    let more = if versions.len() > latest.len() {
        "..., "
    } else {
        ""
    };
    let latest: Vec<String> = latest.iter().map(u32::to_string).collect();
    format!("it has {more}{}; {}", latest.join(", "), reader.other_subject())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_subject_comes_with_similar_ones() {
        let rest = "register a schema with `--schema-file FILE --register`, name another subject with `--subject`, or \
                    work without the registry: `--schema-file FILE --dry-run`";
        let names = |names: &[&str]| KnownSubjects::Nearest(names.iter().map(|&name| name.into()).collect());
        for (known, beginning) in [
            (KnownSubjects::Unknown, ""),
            (KnownSubjects::None, "the registry has no subjects yet; "),
            (names(&[]), ""),
            (names(&["tt-value"]), "did you mean `tt-value`? "),
            (names(&["a", "b"]), "did you mean `a`, `b`? "),
        ] {
            assert_eq!(
                words(&Hint::SubjectMissing(known), Reader::Run),
                format!("{beginning}{rest}")
            );
        }
    }

    /// Hints name only flags that the command accepts.
    #[test]
    fn a_hint_names_the_flags_of_its_command() {
        let unreachable = Hint::Unreachable {
            environment_proxy: false,
        };
        let missing = Hint::SubjectMissing(KnownSubjects::Unknown);
        for (hint, reader, text) in [
            (
                &unreachable,
                Reader::SchemaFile,
                "point `-r` at a running registry, or work without one: `--schema-file FILE`",
            ),
            (&unreachable, Reader::Registry, "point `-r` at a running registry"),
            (
                &missing,
                Reader::SchemaFile,
                "register a schema with `k2-produce schema register FILE`, name another subject with `--subject`, or \
                 work without the registry: `--schema-file FILE`",
            ),
            (
                &missing,
                Reader::Registry,
                "register a schema with `k2-produce schema register FILE`, or name another subject with `--subject`",
            ),
            (
                &Hint::OtherSubject,
                Reader::SchemaFile,
                "name another with `--subject`, or work without the registry: `--schema-file FILE`",
            ),
            (
                &Hint::TimedOut,
                Reader::Registry,
                "try again, or wait longer with `--registry-timeout`",
            ),
        ] {
            assert_eq!(words(hint, reader), text);
        }
    }

    #[test]
    fn a_missing_version_comes_with_the_latest_ten() {
        let rest =
            "name another with `--subject`, or work without the registry: `--schema-file FILE --dry-run`";
        for (versions, beginning) in [
            (vec![], ""),
            (vec![1, 3], "it has 1, 3; "),
            (
                (1..=12).collect(),
                "it has ..., 3, 4, 5, 6, 7, 8, 9, 10, 11, 12; ",
            ),
        ] {
            assert_eq!(
                words(&Hint::VersionMissing(versions), Reader::Run),
                format!("{beginning}{rest}")
            );
        }
    }

    #[test]
    fn hints_name_their_flags() {
        for (hint, text) in [
            (
                Hint::CredentialsMissing,
                "pass them in a file with `--registry-user-file FILE` (USER:PASSWORD) or `--registry-token-file FILE`, \
                 or in the environment as `K2_KAFKA_SCHEMA_REGISTRY_USER_INFO` or `K2_KAFKA_SCHEMA_REGISTRY_TOKEN`",
            ),
            (
                Hint::TokenRefused,
                "it may have expired: check `--registry-token-file` or `K2_KAFKA_SCHEMA_REGISTRY_TOKEN`",
            ),
            (
                Hint::UrlWithoutPath,
                "some registries need a path in `-r`: Apicurio's is `/apis/ccompat/v7`",
            ),
            (
                Hint::PlainHttp,
                "the server seems to speak plain HTTP: try `-r http://...`",
            ),
            (Hint::Redirected, "if that is the registry, point `-r` there"),
            (
                Hint::CaMissing,
                "name the CA that signed the registry's certificate: `--registry-ca FILE`",
            ),
            (
                Hint::OtherHost,
                "the certificate is for another host: use a host name from the certificate in `-r`",
            ),
            (
                Hint::CertificateTime,
                "the registry's certificate must be renewed, or this machine's clock is wrong",
            ),
            (
                Hint::ClientCertificateMissing,
                "the registry may require a client certificate: `--registry-cert FILE --registry-key FILE`",
            ),
            (
                Hint::ClientCertificateRefused,
                "the registry does not accept the certificate of `--registry-cert`",
            ),
            (
                Hint::CaFormat,
                "convert a DER certificate to PEM with `openssl x509 -inform der -in FILE -out ca.pem`, and name \
                 that file with `--registry-ca`",
            ),
            (
                Hint::KeyFormat,
                "convert it with `openssl pkcs8 -topk8 -nocrypt -in FILE -out key.pem`, and name that file with \
                 `--registry-key`",
            ),
            (
                Hint::IdOfSubject {
                    subject: "a-value".into(),
                    version: 1,
                },
                "it is version 1 of `a-value`: name that subject with `--subject`, or omit one of the two flags",
            ),
            (
                Hint::Unreachable {
                    environment_proxy: false,
                },
                "point `-r` at a running registry, or work without one: `--schema-file FILE --dry-run`",
            ),
            (
                Hint::Unreachable {
                    environment_proxy: true,
                },
                "point `-r` at a running registry, or work without one: `--schema-file FILE --dry-run`; the proxy \
                 set in the environment is used (`--registry-no-proxy` ignores it)",
            ),
        ] {
            assert_eq!(words(&hint, Reader::Run), text);
        }
    }
}
