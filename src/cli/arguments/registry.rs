//! Flags for the address of the registry and the credentials.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Secret;
use super::pace::time_above_0;
use crate::mapping::MapError;

/// The address of the registry, and the credentials.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct RegistryArguments {
    /// Address of the schema registry, including its path if it has one (Apicurio: /apis/ccompat/v7)
    ///
    /// Several addresses of one registry, separated by commas, are tried in order. An address may contain user and
    /// password, but K2_KAFKA_SCHEMA_REGISTRY_USER_INFO=USER:PASSWORD or K2_KAFKA_SCHEMA_REGISTRY_TOKEN in the
    /// environment, or a file, is safer.
    #[arg(
        short = 'r',
        long = "schema-registry-url",
        value_name = "URL",
        env = "K2_KAFKA_SCHEMA_REGISTRY_URL",
        hide_env_values = true
    )]
    #[arg(help_heading = "Schema")]
    pub(in crate::cli) url: Option<String>,
    /// File with USER:PASSWORD for the registry
    #[arg(
        long = "registry-user-file",
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) user_file: Option<PathBuf>,
    /// File with a bearer token for the registry
    #[arg(
        long = "registry-token-file",
        value_name = "FILE",
        conflicts_with = "user_file",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// CA certificates (PEM) to trust for the registry instead of the system's
    #[arg(
        long = "registry-ca",
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) ca: Option<PathBuf>,
    /// Client certificate (PEM) for the registry
    #[arg(
        long = "registry-cert",
        value_name = "FILE",
        requires = "key_file",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) certificate: Option<PathBuf>,
    /// Key of the client certificate (PEM, PKCS#8, not encrypted)
    #[arg(
        id = "key_file",
        long = "registry-key",
        value_name = "FILE",
        requires = "certificate",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Wait this long for a response of the registry, such as 500ms or 1min [default: 10s]
    #[arg(
        long = "registry-timeout",
        value_name = "TIME",
        value_parser = time_above_0,
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(in crate::cli) timeout: Option<Duration>,
    /// Ignore the proxy set in the environment for the registry
    #[arg(long = "registry-no-proxy", hide_short_help = true, help_heading = "Schema")]
    pub(in crate::cli) no_proxy: bool,
    /// Credentials, which have no flags.
    #[arg(skip)]
    pub(in crate::cli) credentials: VariableCredentials,
    /// Why no credential may be sent, if a configuration file does not allow it.
    #[arg(skip)]
    pub(in crate::cli) refusal: Option<MapError>,
}

impl RegistryArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: RegistryArguments) -> RegistryArguments {
        let (certificate, key) = match self.certificate.is_some() {
            true => (self.certificate, self.key),
            false => (lower.certificate, lower.key),
        };
        let has_credentials = self.user_file.is_some()
            || self.token_file.is_some()
            || self.credentials.token.is_some()
            || self.credentials.user_info.is_some();
        let (user_file, token_file, credentials) = match has_credentials {
            true => (self.user_file, self.token_file, self.credentials),
            false => (lower.user_file, lower.token_file, lower.credentials),
        };
        RegistryArguments {
            url: self.url.or(lower.url),
            user_file,
            token_file,
            ca: self.ca.or(lower.ca),
            certificate,
            key,
            timeout: self.timeout.or(lower.timeout),
            no_proxy: self.no_proxy || lower.no_proxy,
            credentials,
            refusal: self.refusal.or(lower.refusal),
        }
    }
}

/// Credentials from environment variables or configuration files.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct VariableCredentials {
    /// A bearer token.
    pub(in crate::cli) token: Option<Secret>,
    /// `USER:PASSWORD`.
    pub(in crate::cli) user_info: Option<Secret>,
}
