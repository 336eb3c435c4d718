//! Warnings about choices that are accepted but risky, with a better flag or variable.

use super::environment::KAFKA_SECRETS;
use crate::escape::printable;
use crate::kafka::ConfigWarning;
use crate::schema::RegistryWarning;

/// The warning about a property of librdkafka.
pub(super) fn of_property(warning: &ConfigWarning) -> String {
    match warning {
        ConfigWarning::SecretInProperties { name, property } => {
            let instead = KAFKA_SECRETS.iter().find(|(secret, _)| secret == property);
            let instead = match instead {
                Some((_, variable)) => format!("; set the environment variable `{variable}` instead"),
                None => String::new(),
            };
            format!("`-X {name}` shows a secret to everyone who can list processes{instead}")
        }
        ConfigWarning::NoCertificateCheck { name } => {
            format!("`{name}=false`: anyone between here and the broker can read and change the rows")
        }
        ConfigWarning::OpenKey { path } => format!(
            "other users of this machine can read the key in `{}`: restrict it with `chmod go-r`",
            printable(path.as_bytes(), 300)
        ),
        ConfigWarning::NoHostCheck { name } => {
            format!("`{name}=none`: any host with a valid certificate can pass for the broker")
        }
    }
}

/// The warning about the registry's settings.
pub(super) fn of_registry(warning: &RegistryWarning) -> String {
    match warning {
        RegistryWarning::PlainCredentials { address } => {
            format!("the credentials for {address} are sent unencrypted: use `https://`")
        }
        RegistryWarning::UnusedTls => {
            "`--registry-ca` and `--registry-cert` have no effect: no URL of the registry is `https://`"
                .to_owned()
        }
        RegistryWarning::ReadableByAll { path } => {
            format!(
                "other users of this machine can read the secret in `{path}`: restrict it with `chmod go-r`"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_warnings_name_the_setting() {
        let address = "http://registry.example:8081".to_owned();
        assert_eq!(
            of_registry(&RegistryWarning::PlainCredentials { address }),
            "the credentials for http://registry.example:8081 are sent unencrypted: use `https://`"
        );
    }

    #[test]
    fn a_secret_on_the_command_line_is_better_put_in_a_variable() {
        let secret = |name: &str, property: &str| {
            of_property(&ConfigWarning::SecretInProperties {
                name: name.to_owned(),
                property: property.to_owned(),
            })
        };
        assert_eq!(
            secret("sasl.password", "sasl.password"),
            "`-X sasl.password` shows a secret to everyone who can list processes; set the environment variable `K2_KAFKA_SASL_PASSWORD` instead"
        );
        assert_eq!(
            secret("ssl.key.pem", "ssl.key.pem"),
            "`-X ssl.key.pem` shows a secret to everyone who can list processes"
        );
    }
}
