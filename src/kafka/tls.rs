//! TLS: checks the properties before any broker is contacted, and finds the words for what went wrong.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::config_error::ConfigError;
use super::error::{ConnectError, ConnectErrorKind};
use super::hint::Hint;

/// The certificate and the key of a client, each with its two properties.
const CERTIFICATE: [&str; 2] = ["ssl.certificate.location", "ssl.certificate.pem"];
const KEY: [&str; 2] = ["ssl.key.location", "ssl.key.pem"];

/// Whether the properties, by their canonical names, name both parts of a client certificate or none of them. With one
/// part, librdkafka connects without a certificate.
pub(super) fn check<'a>(property: impl Fn(&str) -> Option<&'a str>) -> Result<(), ConfigError> {
    let protocol = property("security.protocol").unwrap_or_default();
    let is_set = |name: &&&str| property(name).is_some_and(|value| !value.is_empty());
    if !protocol.trim().to_ascii_lowercase().ends_with("ssl") {
        return Ok(());
    }
    let half = |given: &'static str, missing| Err(ConfigError::HalfCertificate { given, missing });
    match (CERTIFICATE.iter().find(is_set), KEY.iter().find(is_set)) {
        (Some(certificate), None) => half(certificate, KEY[0]),
        (None, Some(key)) => half(key, CERTIFICATE[0]),
        _ => Ok(()),
    }
}

/// The error for a client that could not be created, for `words` of librdkafka. These have the property of the file but
/// not its name, and OpenSSL's routines in place of the reason.
pub(super) fn not_created<'a>(words: String, property: impl Fn(&str) -> Option<&'a str>) -> ConnectError {
    let of = |message: String| ConnectError::new(ConnectErrorKind::Config, message);
    let value = |name: &str| property(name).unwrap_or_default();
    let (certificate, key) = (value(CERTIFICATE[0]), value(KEY[0]));
    if words.contains("key values mismatch") && !key.is_empty() {
        return of(format!(
            "`{}`: the key in `{key}` is not that of the certificate in `{certificate}`",
            KEY[0]
        ));
    }
    let names = ["ssl.ca.location", CERTIFICATE[0], KEY[0], "ssl.keystore.location"];
    let named = names.into_iter().find(|name| words.contains(name));
    let Some(name) = named.filter(|_| !words.contains("mandatory")) else {
        return of(words);
    };
    let file = value(name);
    if let Err(error) = File::open(file) {
        return of(format!("`{name}`: `{file}` cannot be read: {error}"));
    }
    match name {
        _ if name == KEY[0] => of(format!(
            "`{name}`: `{file}` has no PEM key, or its password is missing or wrong"
        ))
        .with_hint(Hint::KeyPassword),
        "ssl.keystore.location" if words.contains("mac verify failure") => of(format!(
            "`{name}`: the password of `{file}` is missing or wrong (`ssl.keystore.password`)"
        )),
        "ssl.keystore.location" => of(format!("`{name}`: `{file}` is not a PKCS#12 file")),
        _ => {
            let error = of(format!("`{name}`: `{file}` has no PEM certificate"));
            match is_der(Path::new(file)) {
                true => error.with_hint(Hint::CertificateFormat { property: name }),
                false => error,
            }
        }
    }
}

/// Whether the file begins as a DER certificate does: with a sequence that has a length of two bytes.
fn is_der(file: &Path) -> bool {
    let mut start = [0; 2];
    File::open(file).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && start == [0x30, 0x82]
}

/// The file of the client's key, if every user of this machine can read it and it is not encrypted.
pub(super) fn open_key<'a>(property: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    const OTHERS_READ: u32 = 0o004;
    let file = property(KEY[0])?;
    let metadata = fs::metadata(file).ok()?;
    let is_open = metadata.is_file() && metadata.permissions().mode() & OTHERS_READ != 0;
    let is_plain = |text: String| !text.contains("ENCRYPTED");
    (is_open && fs::read_to_string(file).is_ok_and(is_plain)).then_some(file)
}

/// What a broker says about the client's certificate, from librdkafka's words about the connection: the name of the alert
/// (RFC 8446, section 6). Brokers send `bad_certificate` also if there was none.
pub(super) fn refusal(words: &str) -> Option<&'static str> {
    let (_, alert) = words.split_once("SSL alert number ")?;
    let number = alert.split(|letter: char| !letter.is_ascii_digit()).next()?;
    Some(match number {
        "42" => "bad certificate",
        "43" => "unsupported certificate",
        "44" => "certificate revoked",
        "45" => "certificate expired",
        "46" => "certificate unknown",
        "48" => "unknown CA",
        "49" => "access denied",
        "116" => "certificate required",
        _ => return None,
    })
}

/// The error for brokers that refuse the client's certificate, or the lack of one.
pub(super) fn refused(servers: &str, alert: &str, certificate: Option<&str>) -> ConnectError {
    let (message, hint) = match certificate {
        None => (
            format!("the brokers at {servers} require a client certificate, and none is set ({alert})"),
            Hint::NameClientCertificate,
        ),
        Some(certificate) => (
            format!(
                "the brokers at {servers} do not accept the client certificate in `{certificate}` ({alert})"
            ),
            Hint::OtherClientCertificate,
        ),
    };
    ConnectError::new(ConnectErrorKind::Authentication, message).with_hint(hint)
}

/// The error for a broker's certificate that was rejected because of `fault`.
pub(super) fn untrusted(servers: &str, fault: &str) -> ConnectError {
    let message = format!("the TLS connection to {servers} failed: the {fault}");
    let hint = if fault.contains("expired") || fault.contains("not valid yet") {
        Hint::CertificateTime
    } else if fault.contains("is for another") {
        Hint::CertificateHost
    } else {
        Hint::TrustedAuthority
    };
    ConnectError::new(ConnectErrorKind::Authentication, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(properties: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<&'a str> {
        move |name| {
            let found = properties.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| *value)
        }
    }

    #[test]
    fn half_of_a_client_certificate_is_an_error() {
        let (protocol, both) = (("security.protocol", "SASL_SSL"), (CERTIFICATE[0], KEY[1]));
        assert_eq!(check(of(&[protocol])), Ok(()));
        assert_eq!(check(of(&[protocol, (both.0, "a"), (both.1, "b")])), Ok(()));
        assert_eq!(check(of(&[(both.0, "a")])), Ok(()), "TLS is not used");
        for (given, missing) in [(CERTIFICATE[0], KEY[0]), (KEY[1], CERTIFICATE[0])] {
            assert_eq!(
                check(of(&[protocol, (given, "a")])),
                Err(ConfigError::HalfCertificate { given, missing })
            );
        }
    }

    #[test]
    fn a_key_that_every_user_can_read_is_open_unless_it_is_encrypted() {
        let key = tempfile::NamedTempFile::new().unwrap();
        let path = key.path().to_str().unwrap();
        for (mode, text, is_open) in [
            (0o644, "-----BEGIN PRIVATE KEY-----", true),
            (0o640, "-----BEGIN PRIVATE KEY-----", false),
            (0o644, "-----BEGIN ENCRYPTED PRIVATE KEY-----", false),
            (0o644, "Proc-Type: 4,ENCRYPTED", false),
        ] {
            fs::write(path, text).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(
                open_key(of(&[(KEY[0], path)])).is_some(),
                is_open,
                "{mode:o} {text}"
            );
        }
        assert_eq!(open_key(of(&[])), None);
    }

    #[test]
    fn only_alerts_about_certificates_are_a_refusal() {
        let words = "Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number 42 (after 3ms)";
        assert_eq!(refusal(words), Some("bad certificate"));
        assert_eq!(refusal("SSL alert number 116"), Some("certificate required"));
        assert_eq!(refusal("SSL alert number 40"), None, "no common cipher");
        assert_eq!(refusal("Connection refused"), None);
    }

    #[test]
    fn the_file_and_the_reason_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pem");
        std::fs::write(&file, "").unwrap();
        let (file, missing) = (file.to_str().unwrap(), folder.path().join("missing"));
        let missing = missing.to_str().unwrap();
        let words = |words: &str, properties: &[(&str, &str)]| {
            not_created(words.to_owned(), of(properties)).to_string()
        };
        assert_eq!(
            words(
                "ssl.ca.location failed: error:05880002:x509",
                &[("ssl.ca.location", missing)]
            ),
            format!("`ssl.ca.location`: `{missing}` cannot be read: No such file or directory (os error 2)")
        );
        assert_eq!(
            words(
                "ssl.ca.location failed: error:05880002:x509",
                &[("ssl.ca.location", file)]
            ),
            format!("`ssl.ca.location`: `{file}` has no PEM certificate")
        );
        let der = folder.path().join("a.der");
        for (start, hint) in [
            (
                &[0x30, 0x82, 3, 0][..],
                Some(&Hint::CertificateFormat {
                    property: "ssl.ca.location",
                }),
            ),
            (b"no", None),
        ] {
            std::fs::write(&der, start).unwrap();
            let properties = [("ssl.ca.location", der.to_str().unwrap())];
            let error = not_created("ssl.ca.location failed".to_owned(), of(&properties));
            assert_eq!(error.hint(), hint);
        }
        let pair = [(CERTIFICATE[0], file), (KEY[0], "other.key")];
        assert_eq!(
            words(
                "ssl.key.location failed: error:05800074:x509::key values mismatch",
                &pair
            ),
            format!("`ssl.key.location`: the key in `other.key` is not that of the certificate in `{file}`")
        );
        let other = "`ssl.keystore.password` is mandatory when `ssl.keystore.location` is set";
        assert_eq!(words(other, &pair), other);
    }
}
