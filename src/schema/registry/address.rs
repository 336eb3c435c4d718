//! The base URL of the registry: checked once, with the credentials removed before anything can print them.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;

use super::credentials::RegistryCredentials;
use super::error::RegistryError;
use crate::schema::printable::printable;

/// The characters that a path segment may contain unescaped; all others are escaped, including slashes and colons.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The address of the registry. `Display` and `Debug` show no credentials, because the URL no longer contains them.
#[derive(Debug)]
pub(super) struct Address {
    base: Url,
    /// The credentials of the URL, or those for every URL without credentials.
    pub(super) credentials: Option<RegistryCredentials>,
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, RegistryError> {
        let fault = |why: &str| RegistryError::address(&redacted(text), why);
        let mut base = Url::parse(text).map_err(|error| fault(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(fault("it must start with `http://` or `https://`"));
        }
        // A `/`, `?` or `#` in a password ends the host part, and the rest of the password would be treated as a path,
        // sent as plain text and shown in messages.
        if base.path().contains('@') {
            return Err(fault("its path contains `@`; in a password, write `/` as `%2F`"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(fault(
                "it must not contain `?` or `#`; in a password, write them as `%3F` and `%23`",
            ));
        }
        let credentials = take_credentials(&mut base);
        Ok(Self { base, credentials })
    }

    /// The URL of a path below the base, with each segment escaped separately.
    pub(super) fn url_of(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut text = self.to_string();
        for segment in segments {
            text.push('/');
            text.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let mut url = Url::parse(&text).expect("a parsed base with escaped segments is a URL");
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Loopback is never reached through a proxy.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.base.host_str().unwrap_or("");
        let name = host.trim_end_matches('.');
        if name == "localhost" || name.ends_with(".localhost") {
            return true;
        }
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.to_canonical().is_loopback())
    }

    pub(super) fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Whether the base has only a host, without the path that some registries require.
    pub(super) fn has_no_path(&self) -> bool {
        self.base.path().trim_end_matches('/').is_empty()
    }
}

fn take_credentials(base: &mut Url) -> Option<RegistryCredentials> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = decoded(base.username());
    let password = decoded(base.password().unwrap_or(""));
    // Neither can fail for a URL that has a host, and http and https have one.
    let _ = base.set_username("");
    let _ = base.set_password(None);
    (!user.is_empty() || !password.is_empty()).then_some(RegistryCredentials::Basic { user, password })
}

/// The URLs of a list separated by commas. A comma in a password separates nothing: no scheme follows it.
pub(super) fn several(text: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(',') {
        let rest = text[at + 1..].trim_start();
        if rest.starts_with("http://") || rest.starts_with("https://") {
            urls.push(&text[start..at]);
            start = at + 1;
        }
    }
    urls.push(&text[start..]);
    urls.into_iter()
        .map(|url| url.trim().trim_end_matches(','))
        .collect()
}

/// A URL that may not even parse, safe for a message: anything that may be a password or a token is omitted.
pub(super) fn redacted(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    // A password may contain `?` or `#`, and a query `@`: everything before the last and after the first is omitted.
    let host = rest.rfind('@').map_or(0, |at| at + 1);
    let query = rest.find(['?', '#']).unwrap_or(rest.len());
    let shown = match rest.get(host..query) {
        Some(shown) => format!(
            "{scheme}{}{shown}{}",
            if host > 0 { "***@" } else { "" },
            if query < rest.len() { "?***" } else { "" }
        ),
        None => format!("{scheme}***"),
    };
    printable(&shown, 200)
}

/// The `Location` of a redirect, safe for a message.
pub(super) fn location_in_words(location: Option<String>) -> String {
    match location {
        Some(location) => redacted(&location),
        None => "nowhere".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn a_base_may_have_a_path_and_a_slash() {
        for (base, url) in [
            ("http://localhost:8081", "http://localhost:8081/subjects"),
            ("http://localhost:8081/", "http://localhost:8081/subjects"),
            (
                "https://r.example/apis/ccompat/v7",
                "https://r.example/apis/ccompat/v7/subjects",
            ),
            (
                "https://r.example/apis/ccompat/v7//",
                "https://r.example/apis/ccompat/v7/subjects",
            ),
        ] {
            assert_eq!(address(base).url_of(&["subjects"], &[]).as_str(), url);
        }
    }

    #[test]
    fn a_subject_is_one_segment_whatever_it_contains() {
        let url = address("http://h:1").url_of(&["subjects", ":.ctx:a/b c?#%é", "versions"], &[]);
        assert_eq!(
            url.as_str(),
            "http://h:1/subjects/%3A.ctx%3Aa%2Fb%20c%3F%23%25%C3%A9/versions"
        );
    }

    #[test]
    fn credentials_are_removed_and_never_shown() {
        let address = address("https://alice:p%40ss%2Fw%C3%A4rd@r.example/base");
        let expected = RegistryCredentials::Basic {
            user: "alice".to_string(),
            password: "p@ss/wärd".to_string(),
        };
        assert_eq!(address.credentials.as_ref(), Some(&expected));
        assert_eq!(address.to_string(), "https://r.example/base");
        let shown = format!("{address} {address:?} {}", address.url_of(&["subjects"], &[]));
        assert!(
            !shown.contains("alice") && !shown.contains("p%40") && !shown.contains("p@"),
            "{shown}"
        );
    }

    #[test]
    fn an_invalid_base_url_is_refused_without_showing_the_password() {
        for (text, reason) in [
            ("localhost:8081", "must start with `http://`"),
            ("ftp://h", "must start with `http://`"),
            ("alice:secret@h:8081", "must start with `http://`"),
            ("registry", "relative URL without a base"),
            ("http://", "empty host"),
            ("http://alice:se#cret@h:8081", "invalid port"),
            ("http://alice:12/secret@h:8081", "its path contains `@`"),
            ("http://alice:12?secret@h:8081", "must not contain `?` or `#`"),
            ("http://alice:12#secret@h:8081", "must not contain `?` or `#`"),
            ("http://h:8081?token=secret", "must not contain `?` or `#`"),
            ("http://h:8081/#secret", "must not contain `?` or `#`"),
            ("h:8081?apikey=secret", "must start with `http://`"),
            ("https://h:8081?token=a@secret", "must not contain `?` or `#`"),
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("secret") && !error.contains("cret@"), "{error}");
        }
    }

    #[test]
    fn several_urls_are_separated_by_commas_before_a_scheme() {
        for (text, urls) in [
            ("http://a:1", vec!["http://a:1"]),
            (
                "http://a:1,https://b/x, http://c,",
                vec!["http://a:1", "https://b/x", "http://c"],
            ),
            (
                "http://u:p,w@a:1,http://v:,@b:2",
                vec!["http://u:p,w@a:1", "http://v:,@b:2"],
            ),
            ("a:1,b:2", vec!["a:1,b:2"]),
        ] {
            assert_eq!(several(text), urls);
        }
    }

    #[test]
    fn a_query_is_escaped_too() {
        let url = address("http://h:1/x").url_of(&["schemas"], &[("subject", ":.ctx:a/b&c=d")]);
        assert_eq!(
            url.as_str(),
            "http://h:1/x/schemas?subject=%3A.ctx%3Aa%2Fb%26c%3Dd"
        );
    }

    #[test]
    fn loopback_is_recognised_in_all_its_spellings() {
        for text in [
            "http://localhost",
            "http://LocalHost.:1",
            "http://a.localhost",
            "http://127.9.9.9",
            "http://[::1]:8081",
            "http://[::ffff:127.0.0.1]",
            "http://2130706433",
            "http://u:p@127.0.0.1/x",
        ] {
            assert!(address(text).is_loopback(), "{text}");
        }
        for text in [
            "http://localhost.example",
            "http://10.0.0.1",
            "http://[::2]",
            "http://127.example",
        ] {
            assert!(!address(text).is_loopback(), "{text}");
        }
    }
}
