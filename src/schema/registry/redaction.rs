//! Hides credentials in a server's text before the text is shown.
//!
//! A registry, or a proxy before it, may repeat the `Authorization` header of a request in its response. Each
//! credential is hidden in all forms in which it is sent, and so is everything after the name of the header.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::credentials::RegistryCredentials;

const HIDDEN: &str = "***";
const HEADER: &str = "authorization";

/// The secrets of all credentials of a client. `Debug` does not show them.
#[derive(Clone, Default)]
pub(super) struct Redaction(Arc<[String]>);

impl std::fmt::Debug for Redaction {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Redaction(..)")
    }
}

impl Redaction {
    pub(super) fn of<'a>(credentials: impl Iterator<Item = &'a RegistryCredentials>) -> Self {
        let mut forms: Vec<String> = credentials.flat_map(forms).collect();
        forms.retain(|form| !form.is_empty());
        // A secret may be part of another form: the longest is replaced first.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms.into())
    }

    /// `text` with `***` in place of every secret.
    pub(super) fn hidden_in(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in self.0.iter() {
            shown = shown.replace(secret.as_str(), HIDDEN);
        }
        without_header_values(&shown)
    }
}

fn forms(credentials: &RegistryCredentials) -> Vec<String> {
    let (secret, pair) = match credentials {
        RegistryCredentials::Token(token) => (token, None),
        RegistryCredentials::Basic { user, password } => (password, Some(format!("{user}:{password}"))),
    };
    let mut forms = vec![
        secret.clone(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
    ];
    for text in pair.iter().chain((!secret.is_empty()).then_some(secret)) {
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            forms.push(engine.encode(text));
        }
    }
    forms
}

/// `text` with `***` in place of what follows `Authorization:` up to the end of the line or the quotation.
fn without_header_values(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find_header(rest) {
        let (before, after) = rest.split_at(at + HEADER.len());
        shown.push_str(before);
        let value = after.trim_start_matches([' ', '\t', '"', '\'', ':', '=', '\\']);
        let separator = &after[..after.len() - value.len()];
        shown.push_str(separator);
        rest = value;
        if separator.contains([':', '=']) {
            let end = value.find(['\r', '\n', '"', '\'', '<', '\\', ',', ';', '}']);
            rest = &value[end.unwrap_or(value.len())..];
            shown.push_str(HIDDEN);
        }
    }
    shown + rest
}

/// Where the header's name begins, in upper or lower case.
fn find_header(text: &str) -> Option<usize> {
    // Only ASCII changes, so the positions remain valid.
    text.to_ascii_lowercase().find(HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(user: &str, password: &str) -> Redaction {
        let credentials = RegistryCredentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        Redaction::of(std::iter::once(&credentials))
    }

    #[test]
    fn every_form_in_which_credentials_are_sent_is_hidden() {
        let redaction = basic("alice", "p/ss wörd");
        for (text, shown) in [
            ("no", "no"),
            ("user alice: p/ss wörd is wrong", "user alice: *** is wrong"),
            ("?password=p%2Fss%20w%C3%B6rd&a=b", "?password=***&a=b"),
            // `alice:p/ss wörd`, and the password alone.
            ("got Basic YWxpY2U6cC9zcyB3w7ZyZA==", "got Basic ***"),
            ("got YWxpY2U6cC9zcyB3w7ZyZA", "got ***"),
            ("got cC9zcyB3w7ZyZA==.", "got ***."),
        ] {
            assert_eq!(redaction.hidden_in(text), shown);
        }
        let token = RegistryCredentials::Token("abc.DEF-1".to_owned());
        let redaction = Redaction::of(std::iter::once(&token));
        assert_eq!(redaction.hidden_in("Bearer abc.DEF-1, abc"), "Bearer ***, abc");
        assert_eq!(format!("{redaction:?}"), "Redaction(..)");
        // An empty password is in every text.
        assert_eq!(basic("key", "").hidden_in("text"), "text");
    }

    #[test]
    fn everything_after_the_name_of_the_header_is_hidden() {
        let none = Redaction::default();
        for (text, shown) in [
            ("Authorization failed for you", "Authorization failed for you"),
            (
                "Proxy-Authorization: Basic c2Vj\r\nHost: h",
                "Proxy-Authorization: ***\r\nHost: h",
            ),
            (
                r#"{"authorization": "Bearer abc", "host": "h"}"#,
                r#"{"authorization": "***", "host": "h"}"#,
            ),
            ("AUTHORIZATION=Basic c2Vj", "AUTHORIZATION=***"),
            (
                "ä authorization: a; Authorization: b",
                "ä authorization: ***; Authorization: ***",
            ),
            ("authorization", "authorization"),
        ] {
            assert_eq!(none.hidden_in(text), shown);
        }
    }
}
