//! The rule for credentials: whoever gives a credential also says where it goes.
//!
//! A file in the working directory may have come with a download. It never decides where or how a credential is sent
//! that the user gave by an option, by a variable, in the user's own configuration file or in a file that one of these
//! names, unless the user's own configuration file says the same. Brokers and registry are separate hosts and are judged
//! separately.

use super::property::{affects_credentials, is_credential};
use super::{Author, Choice, Config, Given};
use crate::cli::arguments::Secret;
use crate::cli::environment::Environment;
use crate::mapping::{MapError, Place};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Origin {
    CommandLine,
    Variable(String),
    /// A place in a configuration file.
    Config(Place, Author),
    /// `FILE:LINE` in a properties file, which only the user can name.
    Properties(String),
    Default,
}

impl Origin {
    /// The origin of a configured choice.
    pub(in crate::cli) fn of(choice: &Choice) -> Origin {
        Origin::Config(choice.place.clone(), choice.author)
    }

    /// The place, if the working directory chose it.
    fn in_working_directory(&self) -> Option<&Place> {
        match self {
            Origin::Config(place, Author::WorkingDirectory) => Some(place),
            _ => None,
        }
    }

    /// In words, after `is from`.
    pub(in crate::cli) fn words(&self) -> String {
        match self {
            Origin::CommandLine => "command line".to_owned(),
            Origin::Variable(name) => name.clone(),
            Origin::Config(place, _) => place.file_and_line(),
            Origin::Properties(at) => at.clone(),
            Origin::Default => "default".to_owned(),
        }
    }
}

/// A property of librdkafka with its origin.
#[derive(Debug, Clone)]
pub(in crate::cli) struct SetProperty {
    pub(in crate::cli) name: String,
    pub(in crate::cli) value: Secret,
    pub(in crate::cli) origin: Origin,
}

/// Why the credentials for Kafka must not be used, if so. `servers` is the origin of the brokers; of `properties` with the
/// same name the last one counts.
pub(in crate::cli) fn refused_property(servers: &Origin, properties: &[SetProperty]) -> Option<MapError> {
    let own = |property: &SetProperty| crate::kafka::canonical_property(&property.name).to_owned();
    let in_force = |(index, property): &(usize, &SetProperty)| {
        !properties[index + 1..]
            .iter()
            .any(|later| own(later) == own(property))
    };
    let in_force = || {
        properties
            .iter()
            .enumerate()
            .filter(in_force)
            .map(|(_, property)| property)
    };
    let credential = in_force()
        .find(|property| is_credential(&property.name) && property.origin.in_working_directory().is_none())?;
    let of_credential = format!("`{}` from {}", credential.name, credential.origin.words());
    if let Some(place) = servers.in_working_directory() {
        return Some(refusal(
            place,
            "bootstrap-servers",
            &of_credential,
            "-b HOST:PORT",
        ));
    }
    let harmless = ["sasl.username", "sasl.password"];
    let mut others = in_force().filter(|property| {
        affects_credentials(&property.name) && !harmless.contains(&property.name.as_str())
    });
    others.find_map(|property| {
        let place = property.origin.in_working_directory()?;
        let option = format!("-X {}=...", property.name);
        Some(refusal(place, &property.name, &of_credential, &option))
    })
}

impl Config {
    /// Why the credentials for the registry must not be used, if so.
    pub(super) fn registry_fault(&self, given: &Given, environment: &Environment) -> Option<MapError> {
        let of_credential = self.registry_credential(given, environment)?;
        let about = ["schema-registry-url", "registry-ca", "registry-no-proxy"];
        let found = about.iter().find_map(|name| {
            let choice = self.choice(name)?;
            (choice.author == Author::WorkingDirectory).then_some(choice)
        })?;
        let option = match found.name {
            "schema-registry-url" => "-r URL".to_owned(),
            other => format!("--{other}"),
        };
        Some(refusal(&found.place, found.name, &of_credential, &option))
    }

    /// A credential for the registry that the working directory did not give, and its origin.
    fn registry_credential(&self, given: &Given, environment: &Environment) -> Option<String> {
        let options = ["registry-user-file", "registry-token-file", "registry-key"];
        let typed = options.iter().find(|name| given.option(name).is_some());
        if let Some(name) = typed {
            return Some(format!("`--{name}` from {}", Origin::CommandLine.words()));
        }
        if let Some(variable) = environment.registry_secret() {
            return Some(format!("`{variable}` from the environment"));
        }
        if let Some(choice) = options.iter().find_map(|name| self.choice(name)) {
            return Some(format!("`{}` from {}", choice.name, choice.place.file_and_line()));
        }
        let of_user = |(_, _, author): &&(&str, Place, Author)| *author == Author::User;
        if let Some((name, place, _)) = self.secret_places.iter().find(of_user) {
            return Some(format!("`{name}` from {}", place.file_and_line()));
        }
        // An address may contain a password.
        let has_password = |url: &str| url.contains('@');
        if let Some(option) = given.option("schema-registry-url") {
            let is_one = option.values.iter().any(|url| has_password(url));
            return is_one.then(|| "the password in `-r`".to_owned());
        }
        let url = self.choice("schema-registry-url")?;
        let is_one = url.author == Author::User && has_password(&url.words[0]);
        is_one.then(|| {
            format!(
                "the password in `{}` from {}",
                url.name,
                url.place.file_and_line()
            )
        })
    }
}

fn refusal(place: &Place, name: &str, of_credential: &str, option: &str) -> MapError {
    let message = format!(
        "`{name}` in the working directory would decide where or how a credential is sent ({of_credential}), so nothing is \
         sent"
    );
    MapError::at(place.clone(), message).with_hint(format!(
        "pass `{option}`, or give `{name}` the same value in your own configuration file; `--no-config` ignores the files"
    ))
}
