//! A version of a subject: a number, or the latest.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A requested version of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaVersion {
    /// The latest version at the time of the request.
    Latest,
    /// The version with this number.
    Number(u32),
}

impl SchemaVersion {
    /// The version in a reference, where -1 is the latest.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        match value.as_i64()? {
            -1 => Some(Self::Latest),
            number => Some(Self::Number(
                u32::try_from(number).ok().filter(|number| *number > 0)?,
            )),
        }
    }

    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Latest => Value::from(-1),
            Self::Number(number) => Value::from(number),
        }
    }
}

/// The form in URLs.
impl fmt::Display for SchemaVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => formatter.write_str("latest"),
            Self::Number(number) => number.fmt(formatter),
        }
    }
}

impl FromStr for SchemaVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "latest" => Ok(Self::Latest),
            _ => match text.parse() {
                Ok(number) if number > 0 => Ok(Self::Number(number)),
                _ => Err("expected a number from 1, or `latest`".to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        assert_eq!("latest".parse(), Ok(SchemaVersion::Latest));
        assert_eq!("12".parse(), Ok(SchemaVersion::Number(12)));
        for text in ["0", "-1", "", "Latest", "1.0", "4294967296"] {
            assert!(text.parse::<SchemaVersion>().is_err(), "{text}");
        }
        let json = |value: i64| SchemaVersion::from_json(&Value::from(value));
        assert_eq!(json(-1), Some(SchemaVersion::Latest));
        assert_eq!(json(3), Some(SchemaVersion::Number(3)));
        assert_eq!((json(0), json(-2), json(1 << 32)), (None, None, None));
    }
}
