//! Checks the SASL properties before any broker is contacted. Otherwise librdkafka waits for a token until the
//! time-out, and reports build options if it lacks a mechanism. Later it chooses the hint for a failed authentication.

use super::config_error::ConfigError;
use super::hint::Hint;

/// The mechanisms with a user name and a password.
const WITH_PASSWORD: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// What brokers answer to a handshake of SASL on a listener without it.
const NO_SASL: &str = "Request not valid in current SASL state";

/// Whether the properties, by their canonical names, are enough to authenticate.
pub(super) fn check<'a>(property: impl Fn(&str) -> Option<&'a str>) -> Result<(), ConfigError> {
    let protocol = property("security.protocol").unwrap_or_default().trim();
    if !protocol.to_ascii_lowercase().starts_with("sasl") {
        return Ok(());
    }
    let mechanism = property("sasl.mechanisms").unwrap_or_default().trim();
    if mechanism.is_empty() {
        return Err(ConfigError::NoMechanism);
    }
    let mechanism = mechanism.to_owned();
    if WITH_PASSWORD.contains(&mechanism.as_str()) {
        let is_missing = |name: &&str| property(name).is_none_or(str::is_empty);
        let missing: Vec<&str> = ["sasl.username", "sasl.password"]
            .into_iter()
            .filter(is_missing)
            .collect();
        return match missing.is_empty() {
            true => Ok(()),
            false => Err(ConfigError::NoCredentials { mechanism, missing }),
        };
    }
    // Tokens can come from an OIDC provider, if librdkafka was built with a client for it.
    let asks_provider = property("sasl.oauthbearer.method").is_some_and(|method| method == "oidc");
    match mechanism == "OAUTHBEARER" && asks_provider {
        true => Ok(()),
        false => Err(ConfigError::Mechanism { mechanism }),
    }
}

/// Why SASL failed, in librdkafka's words unless these mislead.
pub(super) fn reason(words: &str) -> &str {
    match words.contains(NO_SASL) {
        true => "this listener does not use SASL",
        false => words,
    }
}

/// What helps after SASL failed for this reason, in librdkafka's words; none if it was not SASL.
pub(super) fn hint(reason: &str) -> Option<Hint> {
    if reason.contains(NO_SASL) {
        return Some(Hint::NoSasl);
    }
    if reason.contains("supported mechanisms") {
        return Some(Hint::ChooseMechanism);
    }
    let is_refused = ["SASL authentication error", "SASL SCRAM authentication failed"]
        .iter()
        .any(|start| reason.starts_with(start));
    is_refused.then_some(Hint::CheckCredentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_properties_are_found_before_a_broker_is_contacted() {
        let checked = |properties: &'static [(&str, &str)]| {
            check(|name| {
                let found = properties.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| *value)
            })
        };
        assert_eq!(
            checked(&[("sasl.mechanisms", "OAUTHBEARER")]),
            Ok(()),
            "the protocol is not SASL"
        );
        assert_eq!(checked(&[("security.protocol", "ssl")]), Ok(()));
        assert_eq!(
            checked(&[("security.protocol", "SASL_SSL")]),
            Err(ConfigError::NoMechanism)
        );
        let no_credentials = |mechanism: &str, missing: &[&'static str]| {
            Err(ConfigError::NoCredentials {
                mechanism: mechanism.to_owned(),
                missing: missing.to_vec(),
            })
        };
        assert_eq!(
            checked(&[
                ("security.protocol", "sasl_plaintext"),
                ("sasl.mechanisms", "PLAIN")
            ]),
            no_credentials("PLAIN", &["sasl.username", "sasl.password"])
        );
        assert_eq!(
            checked(&[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanisms", "SCRAM-SHA-512"),
                ("sasl.username", "me"),
                ("sasl.password", "")
            ]),
            no_credentials("SCRAM-SHA-512", &["sasl.password"])
        );
        assert_eq!(
            checked(&[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanisms", "PLAIN"),
                ("sasl.username", "me"),
                ("sasl.password", "secret")
            ]),
            Ok(())
        );
        for mechanism in [
            &[
                ("security.protocol", "SASL_SSL"),
                ("sasl.mechanisms", "OAUTHBEARER"),
            ],
            &[("security.protocol", "SASL_SSL"), ("sasl.mechanisms", "GSSAPI")],
        ] {
            assert!(matches!(checked(mechanism), Err(ConfigError::Mechanism { .. })));
        }
    }
}
