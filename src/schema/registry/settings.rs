//! The settings of the client: the address of the registry, the credentials, TLS and time limits.

use std::fmt;
use std::time::Duration;

use super::address;
use super::credentials::RegistryCredentials;
use super::tls::RegistryTls;

/// The address of the registry, and its time limits.
#[derive(Clone)]
pub struct RegistrySettings {
    /// The base URL, with a path and credentials if the registry needs them; several
    /// of one registry, separated by commas, are tried in turn.
    pub url: String,
    /// Credentials for every URL that contains none.
    pub credentials: Option<RegistryCredentials>,
    /// Trusted CAs and the client certificate.
    pub tls: RegistryTls,
    /// Whether the environment's proxy is used.
    pub proxy: ProxyUse,
    /// Whether the environment names a proxy, for the message if there is no response.
    pub environment_names_proxy: bool,
    /// The time limit for the connection.
    pub connect_timeout: Duration,
    /// The time limit for one request and its response.
    pub request_timeout: Duration,
    /// The time limit for all attempts of a request, including the pauses between them.
    pub total_timeout: Duration,
    /// The pause before the second attempt; it is doubled before the third.
    pub first_pause: Duration,
}

/// Whether requests go through a proxy. Those to loopback never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyUse {
    /// According to `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    FromEnvironment,
    /// Never.
    None,
}

impl RegistrySettings {
    /// The settings for a registry at this URL, with the default timeouts.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            credentials: None,
            tls: RegistryTls::default(),
            proxy: ProxyUse::FromEnvironment,
            environment_names_proxy: false,
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(15),
            first_pause: Duration::from_millis(300),
        }
    }

    /// The same with this time limit for one request. The limit for all attempts of a request remains longer by half.
    #[must_use]
    pub fn with_request_timeout(self, timeout: Duration) -> Self {
        Self {
            request_timeout: timeout,
            total_timeout: timeout.saturating_add(timeout / 2),
            ..self
        }
    }

    /// Whether a URL contains credentials.
    pub fn url_has_credentials(&self) -> bool {
        address::several(&self.url).iter().any(|url| url.contains('@'))
    }
}

/// URLs, separated by commas, without the credentials that they may contain.
pub(crate) fn without_credentials(urls: &str) -> String {
    let urls: Vec<String> = address::several(urls)
        .into_iter()
        .map(address::redacted)
        .collect();
    urls.join(",")
}

impl fmt::Debug for RegistrySettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<String> = address::several(&self.url)
            .into_iter()
            .map(address::redacted)
            .collect();
        formatter
            .debug_struct("RegistrySettings")
            .field("url", &urls.join(","))
            .field("credentials", &self.credentials)
            .field("tls", &self.tls)
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("total_timeout", &self.total_timeout)
            .finish_non_exhaustive()
    }
}
