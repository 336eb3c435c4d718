//! The address of the registry, and the credentials.

use std::cell::Cell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cli::arguments::{DEFAULT_REGISTRY_URL, RegistryArguments, Secret, VariableCredentials};
use crate::cli::environment::{Environment, REGISTRY_TOKEN, REGISTRY_URL, REGISTRY_USER_INFO};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{messages, warnings};
use crate::mapping::MapError;
use crate::schema::{
    ClientIdentity, ProxyUse, RegistryClient, RegistryCredentials, RegistryError, RegistrySettings,
    RegistryTls, RegistryWarning,
};

/// Access to the registry. Nothing is read or requested before [`RegistryAccess::client`].
pub(in crate::cli) struct RegistryAccess {
    settings: RegistrySettings,
    credentials: CredentialSource,
    /// Whether the address was given on the command line, where other users of the machine can see it.
    url_is_typed: bool,
    /// Why no credential may be sent, if so.
    refusal: Option<MapError>,
    /// A run creates one client for its keys and one for its values; their warnings are the same.
    has_warned: Cell<bool>,
}

/// Where the credentials come from.
enum CredentialSource {
    TokenFile(PathBuf),
    UserFile(PathBuf),
    Variables(VariableCredentials),
}

impl RegistryAccess {
    pub(in crate::cli) fn decide(chosen: RegistryArguments, environment: &Environment) -> RegistryAccess {
        let url = chosen.url.unwrap_or_else(|| DEFAULT_REGISTRY_URL.to_owned());
        let of_config = environment.config.choice("schema-registry-url");
        let url_is_typed = environment.registry_url.as_deref() != Some(OsStr::new(&url))
            && of_config.is_none_or(|choice| choice.words[0] != url);
        let mut settings = RegistrySettings::new(url);
        settings.tls = RegistryTls {
            ca: chosen.ca,
            identity: chosen
                .certificate
                .zip(chosen.key)
                .map(|(certificate, key)| ClientIdentity { certificate, key }),
        };
        if let Some(timeout) = chosen.timeout {
            settings = settings.with_request_timeout(timeout);
        }
        settings.environment_names_proxy = environment.names_proxy;
        if chosen.no_proxy {
            settings.proxy = ProxyUse::None;
        }
        RegistryAccess {
            settings,
            credentials: match (chosen.token_file, chosen.user_file) {
                (Some(file), _) => CredentialSource::TokenFile(file),
                (None, Some(file)) => CredentialSource::UserFile(file),
                (None, None) => CredentialSource::Variables(chosen.credentials),
            },
            url_is_typed,
            refusal: chosen.refusal,
            has_warned: Cell::new(false),
        }
    }

    /// Creates the client, and prints the warnings about its settings.
    ///
    /// # Errors
    /// A setting is wrong, or the working directory would decide where a credential of the user is sent.
    pub(in crate::cli) fn client(&self) -> Result<RegistryClient, Failure> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone().into());
        }
        let mut settings = self.settings.clone();
        settings.credentials = self.credentials.read()?;
        let client = RegistryClient::new(&settings)?;
        if !self.has_warned.replace(true) {
            self.warn(&client);
        }
        Ok(client)
    }

    fn warn(&self, client: &RegistryClient) {
        if self.settings.url_has_credentials() && self.url_is_typed {
            messages::line(&format!(
                "warning: other users of this machine can see the credentials in `-r`: put the address in \
                 `{REGISTRY_URL}`, or the credentials in a file for `--registry-user-file`"
            ));
        }
        let file = self.credentials.file().and_then(RegistryWarning::of_secret_file);
        for warning in client.warnings().into_iter().chain(file) {
            messages::line(&format!("warning: {}", warnings::of_registry(&warning)));
        }
    }
}

impl CredentialSource {
    fn file(&self) -> Option<&Path> {
        match self {
            CredentialSource::TokenFile(file) | CredentialSource::UserFile(file) => Some(file),
            CredentialSource::Variables(_) => None,
        }
    }

    fn read(&self) -> Result<Option<RegistryCredentials>, Failure> {
        let VariableCredentials { token, user_info } = match self {
            CredentialSource::TokenFile(file) => {
                return Ok(Some(RegistryCredentials::from_token_file(file)?));
            }
            CredentialSource::UserFile(file) => return Ok(Some(RegistryCredentials::from_user_file(file)?)),
            CredentialSource::Variables(variables) => variables,
        };
        let token = parsed(token.as_ref(), REGISTRY_TOKEN, RegistryCredentials::token)?;
        let user = parsed(
            user_info.as_ref(),
            REGISTRY_USER_INFO,
            RegistryCredentials::user_info,
        )?;
        if token.is_some() && user.is_some() {
            let message = format!(
                "`{REGISTRY_TOKEN}` and `{REGISTRY_USER_INFO}` are both set, but only one can be sent"
            );
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("unset one of them")));
        }
        Ok(token.or(user))
    }
}

fn parsed(
    value: Option<&Secret>,
    name: &str,
    parse: fn(&str, &str) -> Result<RegistryCredentials, RegistryError>,
) -> Result<Option<RegistryCredentials>, Failure> {
    let Some(Secret(value)) = value else {
        return Ok(None);
    };
    Ok(Some(parse(value, &format!("`{name}`"))?))
}
