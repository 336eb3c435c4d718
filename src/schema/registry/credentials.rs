//! The credentials for the registry: a user with a password, or a token. They are never shown.

use std::fmt;
use std::path::Path;

use super::error::{RegistryError, RegistryErrorKind};
use super::hint::Hint;
use super::secret_file::{self, Unreadable};
use crate::schema::printable::printable;

/// The content of the `Authorization` header. `Debug` shows only its kind.
#[derive(Clone, PartialEq, Eq)]
pub enum RegistryCredentials {
    /// Basic authentication.
    Basic {
        /// The user, or an API key.
        user: String,
        /// The password, or the key's secret.
        password: String,
    },
    /// A bearer token.
    Token(String),
}

impl fmt::Debug for RegistryCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Basic { .. } => "Basic(..)",
            Self::Token(_) => "Token(..)",
        })
    }
}

impl RegistryCredentials {
    /// User and password as `USER:PASSWORD`. `source` is their origin, for errors.
    pub fn user_info(text: &str, source: &str) -> Result<Self, RegistryError> {
        let text = one_line(text, source)?;
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() => Ok(Self::Basic {
                user: user.to_string(),
                password: password.to_string(),
            }),
            _ => Err(fault(source, "it is not `USER:PASSWORD`")),
        }
    }

    /// A bearer token. `source` is its origin, for errors.
    pub fn token(text: &str, source: &str) -> Result<Self, RegistryError> {
        let text = one_line(text, source)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(fault(
                source,
                "a token consists of printable ASCII characters without blanks",
            ));
        }
        Ok(Self::Token(text.to_string()))
    }

    /// User and password from a file that contains `USER:PASSWORD`.
    pub fn from_user_file(path: &Path) -> Result<Self, RegistryError> {
        let source = in_backticks(path);
        Self::user_info(&read(path, &source)?, &source)
    }

    /// A bearer token from a file that contains nothing else.
    pub fn from_token_file(path: &Path) -> Result<Self, RegistryError> {
        let source = in_backticks(path);
        Self::token(&read(path, &source)?, &source)
    }
}

fn in_backticks(path: &Path) -> String {
    format!("`{}`", printable(&path.display().to_string(), 300))
}

fn read(path: &Path, source: &str) -> Result<String, RegistryError> {
    secret_file::read(path).map_err(|why| match why {
        Unreadable::SecretForName => RegistryError::new(
            RegistryErrorKind::Settings,
            "the file given for the registry's credentials does not exist; its name is not shown, because it may be \
             the secret itself"
                .to_owned(),
        )
        .with_hint(Hint::SecretForFileName),
        Unreadable::System(error) => fault(source, &format!("it cannot be read: {error}")).because(error),
        Unreadable::TooLarge => fault(source, "it is larger than 64 KiB"),
        Unreadable::NotText => fault(source, "it is not UTF-8 text"),
    })
}

/// The text without the line end that editors add.
fn one_line<'a>(text: &'a str, source: &str) -> Result<&'a str, RegistryError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(fault(source, "it is empty"));
    }
    if text.contains(char::is_control) {
        return Err(fault(source, "it contains more than one line"));
    }
    Ok(text)
}

fn fault(source: &str, why: &str) -> RegistryError {
    let message = format!("{source} does not contain valid credentials for the registry: {why}");
    RegistryError::new(RegistryErrorKind::Settings, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn a_file_is_read_without_its_line_end() {
        let token = file("abc.DEF-_~+/=\r\n");
        assert_eq!(
            RegistryCredentials::from_token_file(token.path()),
            Ok(RegistryCredentials::Token("abc.DEF-_~+/=".to_string()))
        );
        let user = file("alice:p:ä ss\n");
        let expected = RegistryCredentials::Basic {
            user: "alice".to_string(),
            password: "p:ä ss".to_string(),
        };
        assert_eq!(RegistryCredentials::from_user_file(user.path()), Ok(expected));
    }

    #[test]
    fn invalid_credentials_are_reported_without_being_shown() {
        for (error, why) in [
            (RegistryCredentials::token("", "`T`"), "it is empty"),
            (
                RegistryCredentials::token("sec\nret", "`T`"),
                "it contains more than one line",
            ),
            (
                RegistryCredentials::token("sec ret", "`T`"),
                "a token consists of printable ASCII characters without blanks",
            ),
            (
                RegistryCredentials::user_info("secret", "`T`"),
                "it is not `USER:PASSWORD`",
            ),
            (
                RegistryCredentials::user_info(":secret", "`T`"),
                "it is not `USER:PASSWORD`",
            ),
        ] {
            let error = error.unwrap_err();
            assert_eq!(error.kind(), RegistryErrorKind::Settings);
            assert_eq!(
                error.to_string(),
                format!("`T` does not contain valid credentials for the registry: {why}")
            );
        }
        let missing = RegistryCredentials::from_token_file(Path::new("/nowhere/token")).unwrap_err();
        assert!(
            missing.to_string().starts_with(
                "`/nowhere/token` does not contain valid credentials for the registry: it cannot be read"
            ),
            "{missing}"
        );
        assert!(std::error::Error::source(&missing).is_some());
        let secret = RegistryCredentials::from_user_file(Path::new("alice:s3cret")).unwrap_err();
        assert!(!format!("{secret} {secret:?}").contains("s3cret"), "{secret:?}");
        assert_eq!(secret.hint(), Some(&Hint::SecretForFileName));
        let long = file(&"x".repeat(secret_file::MAX_BYTES as usize + 1));
        assert!(RegistryCredentials::from_token_file(long.path()).is_err());
        let shown = format!("{:?}", RegistryCredentials::token("secret", "").unwrap());
        assert_eq!(shown, "Token(..)");
    }
}
