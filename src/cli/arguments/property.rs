//! The value of `-X PROPERTY=VALUE`. Errors do not show its text, because it may contain a password.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Reads `PROPERTY=VALUE`.
#[derive(Debug, Clone, Copy)]
pub(super) struct PropertyParser;

impl TypedValueParser for PropertyParser {
    type Value = (String, String);

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<(String, String), Error> {
        let property = value
            .to_str()
            .and_then(|text| text.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
        property.filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            let message = "a value of `-X` is not of the form PROPERTY=VALUE\n";
            Error::raw(ErrorKind::InvalidValue, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::arguments::Arguments;

    fn typed(property: &str) -> Result<Vec<(String, String)>, String> {
        let words = ["k2-produce", "--topic", "t", "t.csv", "-X", property];
        let typed = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        Ok(typed.produce.kafka.connection.properties)
    }

    #[test]
    fn a_property_is_a_name_and_a_value() {
        let pair = |name: &str, value: &str| Ok(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(typed("client.id=a=b"), pair("client.id", "a=b"));
        assert_eq!(typed(" client.id = a"), pair("client.id", " a"));
        assert_eq!(typed("client.id="), pair("client.id", ""));
    }

    #[test]
    fn errors_never_show_the_text_of_a_property() {
        for property in ["sasl.password:hunter2", "hunter2", "=hunter2", " =hunter2"] {
            let message = typed(property).unwrap_err();
            assert!(
                message.contains("`-X`") && !message.contains("hunter2"),
                "{message}"
            );
        }
    }
}
