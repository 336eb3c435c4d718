//! The environment of the process: arguments, environment variables, the terminal, and the configuration files that the
//! variables lead to. Nothing else in the crate reads variables.

#![cfg_attr(
    not(test),
    expect(clippy::disallowed_methods, reason = "this is the only place that reads it")
)]

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::arguments::{ConfigFileArguments, Layer, Secret, VariableCredentials};
use super::config::{Config, ConfigPlaces, FILE_NAME, Given};
use super::failure::Failure;

/// The brokers to connect to first.
pub(super) const BOOTSTRAP_SERVERS: &str = "K2_KAFKA_BOOTSTRAP_SERVERS";
/// The variable that `-r` reads too.
pub(super) const REGISTRY_URL: &str = "K2_KAFKA_SCHEMA_REGISTRY_URL";
/// A bearer token for the registry.
pub(super) const REGISTRY_TOKEN: &str = "K2_KAFKA_SCHEMA_REGISTRY_TOKEN";
/// `USER:PASSWORD` for the registry.
pub(super) const REGISTRY_USER_INFO: &str = "K2_KAFKA_SCHEMA_REGISTRY_USER_INFO";

/// The profile of the configuration files.
const PROFILE: &str = "K2_KAFKA_PROFILE";
/// Set to anything, it has the effect of `--no-config`.
const NO_CONFIG: &str = "K2_KAFKA_NO_CONFIG";

/// Secrets of librdkafka's configuration: (property, variable).
pub(super) const KAFKA_SECRETS: [(&str, &str); 2] = [
    ("sasl.password", "K2_KAFKA_SASL_PASSWORD"),
    ("ssl.key.password", "K2_KAFKA_SSL_KEY_PASSWORD"),
];

/// Variables that name a proxy to HTTP clients.
const PROXIES: [&str; 6] = [
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
];

/// The environment of the process.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    /// The address of the registry, from [`REGISTRY_URL`].
    pub(super) registry_url: Option<OsString>,
    /// The brokers, from [`BOOTSTRAP_SERVERS`]; none if it is empty.
    pub(super) bootstrap_servers: Option<String>,
    pub(super) registry_credentials: VariableCredentials,
    pub(super) kafka_secrets: Vec<(&'static str, Secret)>,
    /// Whether a variable sets a proxy.
    pub(super) names_proxy: bool,
    /// Whether standard error is a terminal on which a line can be redrawn.
    pub(super) can_redraw: bool,
    /// Whether a person can be asked: standard input and standard error are terminals.
    pub(super) can_ask: bool,
    /// The profile of the configuration files, from [`PROFILE`].
    pub(super) profile: Option<String>,
    ignores_config: bool,
    /// Where configuration files are looked for.
    pub(super) config_places: ConfigPlaces,
    /// What configuration files choose; nothing before [`Environment::with_config`].
    pub(super) config: Config,
}

impl Environment {
    /// Reads the environment once for the whole process.
    pub(super) fn of_process() -> Environment {
        let secret = |(property, name)| Some((property, Secret(not_empty(name)?.into_string().ok()?)));
        Environment {
            registry_url: variable(REGISTRY_URL),
            bootstrap_servers: not_empty(BOOTSTRAP_SERVERS)
                .map(|servers| servers.to_string_lossy().into_owned()),
            registry_credentials: VariableCredentials {
                token: secret_text(REGISTRY_TOKEN),
                user_info: secret_text(REGISTRY_USER_INFO),
            },
            kafka_secrets: KAFKA_SECRETS.into_iter().filter_map(secret).collect(),
            names_proxy: PROXIES.iter().any(|name| not_empty(name).is_some()),
            can_redraw: io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb"),
            can_ask: io::stdin().is_terminal() && io::stderr().is_terminal(),
            profile: not_empty(PROFILE).map(|name| name.to_string_lossy().into_owned()),
            ignores_config: not_empty(NO_CONFIG).is_some(),
            config_places: config_places(),
            config: Config::default(),
        }
    }

    /// The environment with the choices of the configuration files that `given` options leave open.
    ///
    /// # Errors
    /// A file cannot be used, or no file has the profile.
    pub(super) fn with_config(
        self,
        arguments: &ConfigFileArguments,
        given: &Given,
    ) -> Result<Environment, Failure> {
        if arguments.no_config || (self.ignores_config && arguments.profile.is_none()) {
            return Ok(self);
        }
        let profile = arguments.profile.clone().or(self.profile.clone());
        let config = Config::read(&self.config_places, profile, given, &self)?;
        Ok(Environment { config, ..self })
    }

    /// The same without some options of the configuration files.
    pub(super) fn without_configured(&self, names: &[&str]) -> Environment {
        Environment {
            config: self.config.without(names),
            ..self.clone()
        }
    }

    /// The value of a variable that a configuration file names; none if it is empty.
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        secret_text(name)
    }

    /// The variable with a credential for the registry, if there is one.
    pub(super) fn registry_secret(&self) -> Option<&'static str> {
        let VariableCredentials { token, user_info } = &self.registry_credentials;
        let of_token = token.as_ref().map(|_| REGISTRY_TOKEN);
        of_token.or(user_info.as_ref().map(|_| REGISTRY_USER_INFO))
    }

    /// The options that variables decide.
    pub(super) fn decided_options(&self) -> impl Iterator<Item = &'static str> {
        let brokers = self.bootstrap_servers.as_ref().map(|_| "bootstrap-servers");
        brokers
            .into_iter()
            .chain(self.registry_secret().map(|_| "registry-token-file"))
    }

    /// The properties of librdkafka that variables decide.
    pub(super) fn decided_properties(&self) -> impl Iterator<Item = &'static str> {
        self.kafka_secrets.iter().map(|(property, _)| *property)
    }

    /// The choices that come only from variables, above those of the configuration files.
    pub(super) fn layer(&self) -> Layer {
        let mut layer = Layer::default();
        layer.registry.credentials = self.registry_credentials.clone();
        layer.kafka.connection.secrets.clone_from(&self.kafka_secrets);
        layer.over(self.config.layer())
    }
}

/// The arguments of the process, starting with its name.
pub(super) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// In the working directory, and where the XDG Base Directory Specification says. Command-line programs use that on macOS
/// too.
fn config_places() -> ConfigPlaces {
    let home = not_empty("HOME").map(PathBuf::from);
    // The specification ignores relative paths.
    let folder = not_empty("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.is_absolute());
    let folder = folder.or(home.as_ref().map(|home| home.join(".config")));
    ConfigPlaces {
        working: Some(Path::new(FILE_NAME).to_owned()),
        user: folder.map(|folder| folder.join("k2-produce").join(FILE_NAME)),
        home,
    }
}

fn secret_text(name: &str) -> Option<Secret> {
    Some(Secret(not_empty(name)?.to_string_lossy().into_owned()))
}

fn not_empty(name: &str) -> Option<OsString> {
    variable(name).filter(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
