//! The flags that say where the registry is, who asks it, and which schema is meant: the same for a run and for
//! `k2-produce schema`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use crate::schema::{
    ClientIdentity, ProxyUse, RegistryClient, RegistryCredentials, RegistryError, RegistrySettings,
    RegistryTls, SchemaReference, SchemaVersion, SubjectNameStrategy,
};

const URL_VARIABLE: &str = "K2_KAFKA_SCHEMA_REGISTRY_URL";
const TOKEN_VARIABLE: &str = "K2_KAFKA_SCHEMA_REGISTRY_TOKEN";
const USER_VARIABLE: &str = "K2_KAFKA_SCHEMA_REGISTRY_USER_INFO";

/// Where the registry is, and who asks it.
#[derive(Debug, Args)]
pub(super) struct RegistryArguments {
    /// Schema registry's address, its path included (Apicurio's is /apis/ccompat/v7)
    ///
    /// Several addresses of one registry, parted by commas, are tried in turn. User and password may stand in an
    /// address; better is K2_KAFKA_SCHEMA_REGISTRY_USER_INFO=USER:PASSWORD or K2_KAFKA_SCHEMA_REGISTRY_TOKEN in
    /// the environment, or a file.
    #[arg(
        short = 'r',
        long = "schema-registry-url",
        value_name = "URL",
        env = "K2_KAFKA_SCHEMA_REGISTRY_URL",
        hide_env_values = true
    )]
    #[arg(default_value = "http://localhost:8081", help_heading = "Schema")]
    pub(super) url: String,
    /// File that holds USER:PASSWORD for the registry
    #[arg(
        long = "registry-user-file",
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) user_file: Option<PathBuf>,
    /// File that holds a bearer token for the registry
    #[arg(
        long = "registry-token-file",
        value_name = "FILE",
        conflicts_with = "user_file",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) token_file: Option<PathBuf>,
    /// CA certificates (PEM) to trust for the registry, in place of the system's
    #[arg(
        long = "registry-ca",
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) ca: Option<PathBuf>,
    /// Our certificate (PEM), where the registry wants one
    #[arg(
        long = "registry-cert",
        value_name = "FILE",
        requires = "key_file",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) certificate: Option<PathBuf>,
    /// The key of that certificate (PEM, PKCS#8, not encrypted)
    #[arg(
        id = "key_file",
        long = "registry-key",
        value_name = "FILE",
        requires = "certificate",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) key: Option<PathBuf>,
    /// Ask the registry without the proxy that the environment names
    #[arg(long = "registry-no-proxy", hide_short_help = true, help_heading = "Schema")]
    pub(super) no_proxy: bool,
}

/// Which schema is meant.
#[derive(Debug, Args)]
pub(super) struct SubjectArguments {
    /// Subject of the schema; without it TOPIC-value
    ///
    /// A subject in a context is written :.CONTEXT:SUBJECT; a context alone, :.CONTEXT:, goes before the subject
    /// that --subject-strategy makes.
    #[arg(long, value_name = "SUBJECT", help_heading = "Schema")]
    pub(super) subject: Option<String>,
    /// How the subject is named without --subject: after the topic, the record, or both
    #[arg(
        long,
        value_enum,
        value_name = "STRATEGY",
        default_value = "topic",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) subject_strategy: StrategyArgument,
    /// Version of the subject: a number, or `latest`
    #[arg(
        long,
        value_name = "N|latest",
        default_value = "latest",
        conflicts_with_all = ["schema_id", "schema_file"],
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) schema_version: SchemaVersion,
    /// The registry's id of the schema; with --subject it must be one of that subject's
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "schema_file",
        // Registries count ids in 31 bits, and some take a larger number for a path that they do not have.
        value_parser = clap::value_parser!(u32).range(..=i64::from(i32::MAX)),
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) schema_id: Option<u32>,
    /// What the schema file refers to, repeatable: --schema-reference com.k2.Price=price-value:3
    #[arg(
        long = "schema-reference",
        value_name = "NAME=SUBJECT:VERSION",
        hide_short_help = true,
        help_heading = "Schema"
    )]
    pub(super) schema_references: Vec<SchemaReference>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StrategyArgument {
    /// TOPIC-value
    Topic,
    /// The record's full name
    Record,
    /// TOPIC- and the record's full name
    TopicRecord,
}

impl From<StrategyArgument> for SubjectNameStrategy {
    fn from(argument: StrategyArgument) -> SubjectNameStrategy {
        match argument {
            StrategyArgument::Topic => SubjectNameStrategy::Topic,
            StrategyArgument::Record => SubjectNameStrategy::Record,
            StrategyArgument::TopicRecord => SubjectNameStrategy::TopicRecord,
        }
    }
}

impl RegistryArguments {
    /// The client, with the warnings that its settings deserve said.
    pub(super) fn client(&self) -> Result<RegistryClient, Failure> {
        let settings = self.settings()?;
        let client = RegistryClient::new(&settings)?;
        let from_environment = std::env::var(URL_VARIABLE).is_ok_and(|url| url == self.url);
        if settings.url_has_credentials() && !from_environment {
            messages::line(&format!(
                "warning: others on this machine can see the credentials in `-r`: put the address in `{URL_VARIABLE}`, or \
                 them in a file for `--registry-user-file`"
            ));
        }
        for warning in client.warnings() {
            messages::line(&format!("warning: {warning}"));
        }
        Ok(client)
    }

    fn settings(&self) -> Result<RegistrySettings, Failure> {
        let mut settings = RegistrySettings::new(self.url.as_str());
        settings.credentials = self.credentials()?;
        settings.tls = RegistryTls {
            ca: self.ca.clone(),
            identity: self
                .certificate
                .clone()
                .zip(self.key.clone())
                .map(|(certificate, key)| ClientIdentity { certificate, key }),
        };
        if self.no_proxy {
            settings.proxy = ProxyUse::None;
        }
        Ok(settings)
    }

    /// A file that is named goes before the environment.
    fn credentials(&self) -> Result<Option<RegistryCredentials>, Failure> {
        if let Some(file) = &self.token_file {
            return Ok(Some(RegistryCredentials::from_token_file(file)?));
        }
        if let Some(file) = &self.user_file {
            return Ok(Some(RegistryCredentials::from_user_file(file)?));
        }
        let token = variable(TOKEN_VARIABLE, RegistryCredentials::token)?;
        let user = variable(USER_VARIABLE, RegistryCredentials::user_info)?;
        if token.is_some() && user.is_some() {
            let message = format!("`{TOKEN_VARIABLE}` and `{USER_VARIABLE}` are both set, and one is sent");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("unset the one that is not meant")));
        }
        Ok(token.or(user))
    }
}

/// Credentials from the environment; a variable that is empty is not set.
fn variable(
    name: &str,
    parse: fn(&str, &str) -> Result<RegistryCredentials, RegistryError>,
) -> Result<Option<RegistryCredentials>, Failure> {
    match std::env::var_os(name).filter(|value| !value.is_empty()) {
        Some(value) => {
            let source = format!("`{name}`");
            Ok(Some(parse(&value.to_string_lossy(), &source)?))
        }
        None => Ok(None),
    }
}
