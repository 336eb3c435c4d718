//! Configuration files: `k2-produce.toml` in the working directory and in the user's configuration directory.
//!
//! [`Config::read`] decides which choices of the files are in force, given the options and variables that replace them.
//! `keys` lists what a file may have, `file` reads one, `mask` hides secrets in what errors show, `credentials` ensures
//! that a file in the working directory never decides where a credential of the user is sent.

mod credentials;
mod file;
mod given;
mod keys;
mod mask;
mod property;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{CommandFactory, FromArgMatches};

pub(super) use credentials::{Origin, SetProperty, refused_property};
pub(super) use file::Choice;
use file::{ConfigFile, Section};
pub(super) use given::Given;
pub(super) use keys::PROPERTIES;
pub(super) use keys::group;
use value::SecretSource;

use super::arguments::{Arguments, Layer, Secret, VariableCredentials};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use crate::escape::printable;
use crate::mapping::{MapError, Place};
use crate::schema::{RegistryCredentials, RegistryWarning};

/// The name of a configuration file.
pub(super) const FILE_NAME: &str = "k2-produce.toml";

/// Who wrote a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// The user, in the file of the configuration directory.
    User,
    /// Whoever made the working directory.
    WorkingDirectory,
}

/// The choices of the configuration files that are in force.
#[derive(Debug, Clone, Default)]
pub(super) struct Config {
    /// Options.
    choices: Vec<Choice>,
    registry_credentials: VariableCredentials,
    /// The places of the secrets for the registry, by key.
    secret_places: Vec<(&'static str, Place, Author)>,
    properties: Vec<ConfiguredProperty>,
    registry_refusal: Option<MapError>,
    /// The profile that was asked for.
    pub(super) profile: Option<String>,
    /// The files that were read.
    pub(super) files: Vec<PathBuf>,
    /// Files with secrets that every user of the machine can read.
    pub(super) open_files: Vec<PathBuf>,
}

/// The connection to Kafka, as configuration files choose it.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfiguredConnection {
    pub(super) bootstrap_servers: Option<Choice>,
    pub(super) properties_file: Option<Choice>,
    /// Properties; of those with the same name the last one counts.
    pub(super) properties: Vec<ConfiguredProperty>,
}

/// A property of librdkafka in a configuration file.
#[derive(Debug, Clone)]
pub(super) struct ConfiguredProperty {
    pub(super) name: String,
    pub(super) value: Secret,
    pub(super) place: Place,
    pub(super) author: Author,
}

/// Where configuration files are looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct ConfigPlaces {
    /// In the working directory.
    pub(super) working: Option<PathBuf>,
    /// In the user's configuration directory.
    pub(super) user: Option<PathBuf>,
    /// The user's folder, for paths that begin with `~/`.
    pub(super) home: Option<PathBuf>,
}

impl Config {
    /// Reads the files, and chooses from them what neither an option nor a variable decides.
    ///
    /// # Errors
    /// A file cannot be used, or no file has the profile.
    pub(super) fn read(
        places: &ConfigPlaces,
        profile: Option<String>,
        given: &Given,
        environment: &Environment,
    ) -> Result<Config, Failure> {
        let files = [
            (places.working.as_deref(), Author::WorkingDirectory),
            (places.user.as_deref(), Author::User),
        ];
        let mut read = Vec::new();
        for (path, author) in files {
            let Some(path) = path else {
                continue;
            };
            // In the configuration directory itself, the user's file is in the working directory too.
            if author == Author::WorkingDirectory
                && places.user.as_deref().is_some_and(|user| are_same(path, user))
            {
                continue;
            }
            read.extend(file::read(path, author, places)?);
        }
        if let Some(profile) = &profile
            && !read.iter().any(|file| file.profiles.contains_key(profile))
        {
            return Err(no_profile(profile, &read, places));
        }
        let topic = given.topic();
        let mut sections = Vec::new();
        for file in &read {
            let of_topic = topic.and_then(|topic| file.topics.get(topic));
            let of_profile = profile.as_ref().and_then(|profile| file.profiles.get(profile));
            sections.extend(of_topic.into_iter().chain(of_profile).chain([&file.defaults]));
        }
        let mut config = Config::in_force(&sections, given, environment)?;
        config.confirm(&sections);
        config.registry_refusal = config.registry_fault(given, environment);
        config.profile = profile;
        config.files = read.iter().map(|file| file.path.clone()).collect();
        Ok(config)
    }

    /// What is in force of `sections`; earlier ones win.
    fn in_force(sections: &[&Section], given: &Given, environment: &Environment) -> Result<Config, Failure> {
        let mut config = Config::default();
        // What decided each choice first: 0 for options and variables, then the sections.
        let mut decided: BTreeMap<&str, usize> = BTreeMap::new();
        let of_options = given.options().iter().map(|option| option.name.as_str());
        for name in of_options.chain(environment.decided_options().map(|name| name as &str)) {
            decided.insert(group(name), 0);
        }
        // Rows that are whole messages need none of these, which describe the values of other rows.
        if given
            .option("format")
            .is_some_and(|format| format.values == ["envelope"])
        {
            decided.extend(["map", "set", "topics", "json-root", "columns"].map(|name| (name, 0)));
        }
        let of_options = given.option(PROPERTIES).map_or(&[][..], |option| &option.values);
        let of_options = of_options.iter().map(String::as_str);
        let mut set: BTreeSet<&str> = of_options
            .chain(environment.decided_properties().map(|name| name as &str))
            .map(crate::kafka::canonical_property)
            .collect();
        for (index, section) in sections.iter().enumerate() {
            let mut is_first = |name| *decided.entry(group(name)).or_insert(index + 1) == index + 1;
            config.choices.extend(
                section
                    .choices
                    .iter()
                    .filter(|choice| is_first(choice.name))
                    .cloned(),
            );
            for choice in section.secrets.iter().filter(|choice| is_first(choice.name)) {
                let secret = resolved(&choice.source, choice.name, &choice.place, environment)?;
                config.note_open_file(&choice.source);
                let origin = format!("`{}`", choice.name);
                let at = |error: crate::schema::RegistryError| {
                    MapError::at(choice.place.clone(), error.to_string())
                };
                match choice.name {
                    "registry-token" => {
                        RegistryCredentials::token(&secret.0, &origin).map_err(at)?;
                        config.registry_credentials.token = Some(secret);
                    }
                    _ => {
                        RegistryCredentials::user_info(&secret.0, &origin).map_err(at)?;
                        config.registry_credentials.user_info = Some(secret);
                    }
                }
                config
                    .secret_places
                    .push((choice.name, choice.place.clone(), choice.author));
            }
            for property in &section.properties {
                if set.insert(crate::kafka::canonical_property(&property.name)) {
                    let value = resolved(&property.source, &property.name, &property.place, environment)?;
                    property::check(&property.name, &value.0, &property.place)?;
                    config.note_open_file(&property.source);
                    config.properties.push(property.with_value(value));
                }
            }
        }
        Ok(config)
    }

    /// What the working directory's file and the user's file say alike counts as said by the user. Of several values in
    /// the user's file only the one that would be in force alone counts: the others may be for other credentials.
    fn confirm(&mut self, sections: &[&Section]) {
        for choice in &mut self.choices {
            let mut choices = sections.iter().flat_map(|section| &section.choices);
            let of_user = choices.find(|other| other.author == Author::User && other.name == choice.name);
            if of_user.is_some_and(|other| other.covers(choice)) {
                choice.author = Author::User;
            }
        }
        let own = crate::kafka::canonical_property;
        for property in &mut self.properties {
            let mut properties = sections.iter().flat_map(|section| &section.properties);
            let of_user = properties
                .find(|other| other.author == Author::User && own(&other.name) == own(&property.name));
            let says_the_same = of_user.is_some_and(
                |other| matches!(&other.source, SecretSource::Literal(value) if *value == property.value),
            );
            if says_the_same {
                property.author = Author::User;
            }
        }
    }

    /// The choice of an option, if a file made it.
    pub(super) fn choice(&self, name: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.name == name)
    }

    /// Where the secrets for the registry are set, by key.
    pub(super) fn secret_places(&self) -> &[(&'static str, Place, Author)] {
        &self.secret_places
    }

    /// Why no credential may be sent to the registry, if so.
    pub(super) fn registry_refusal(&self) -> Option<&MapError> {
        self.registry_refusal.as_ref()
    }

    fn note_open_file(&mut self, source: &SecretSource) {
        if let SecretSource::File(path) = source
            && RegistryWarning::of_secret_file(path).is_some()
        {
            self.open_files.push(path.clone());
        }
    }

    /// The same without the choices of some options.
    pub(super) fn without(&self, names: &[&str]) -> Config {
        let mut config = self.clone();
        config.choices.retain(|choice| !names.contains(&choice.name));
        config
    }

    /// The choices as a layer below the command line and the environment.
    pub(super) fn layer(&self) -> Layer {
        let connection = ["bootstrap-servers", "properties-file"];
        let mut choices = self
            .choices
            .iter()
            .filter(|choice| !connection.contains(&choice.name))
            .peekable();
        let mut layer = Layer::default();
        if choices.peek().is_some() {
            let command = Arguments::command();
            let mut typed = Vec::new();
            for choice in choices {
                let option = value::option(&command, choice.name).expect("a choice is an option");
                typed.extend(value::as_options(choice.name, option, &choice.words));
            }
            let parsed =
                file::parsed(&command, typed).and_then(|matches| Arguments::from_arg_matches(&matches));
            layer = Layer::from(
                parsed
                    .expect("each table was parsed, and exclusive choices are of one table")
                    .produce,
            );
            // The parser has read the variable.
            if self.choice("schema-registry-url").is_none() {
                layer.registry.url = None;
            }
        }
        layer.registry.credentials = self.registry_credentials.clone();
        layer.registry.refusal.clone_from(&self.registry_refusal);
        layer.kafka.connection.configured = ConfiguredConnection {
            bootstrap_servers: self.choice("bootstrap-servers").cloned(),
            properties_file: self.choice("properties-file").cloned(),
            properties: self.properties.clone(),
        };
        layer
    }

    /// The places of the options and servers that a message names, if files chose them.
    pub(super) fn places_of_options_in(&self, message: &str) -> Option<String> {
        let named = self.choices.iter().filter(|choice| {
            let name = choice.name;
            let is_address = ["bootstrap-servers", "schema-registry-url"].contains(&name);
            message.contains(&format!("`--{name}`"))
                || message.contains(&format!("`--{name} "))
                || (is_address && message.contains(&choice.words[0]))
        });
        let places: Vec<String> = named
            .map(|choice| format!("`--{}` is set in {}", choice.name, choice.place.file_and_line()))
            .collect();
        (!places.is_empty()).then(|| places.join(", "))
    }
}

/// The value of a secret.
fn resolved(
    source: &SecretSource,
    name: &str,
    place: &Place,
    environment: &Environment,
) -> Result<Secret, Failure> {
    let at = |why: String| MapError::at(place.clone(), format!("`{name}`: {why}"));
    match source {
        SecretSource::Literal(secret) => Ok(secret.clone()),
        SecretSource::Variable(variable) => environment.secret(variable).ok_or_else(|| {
            let variable = printable(variable.as_bytes(), 100);
            at(format!("the environment variable `{variable}` is not set")).into()
        }),
        SecretSource::File(path) => {
            let shown = printable(path.as_os_str().as_encoded_bytes(), 300);
            let text = std::fs::read_to_string(path)
                .map_err(|error| at(format!("`{shown}` cannot be read: {error}")))?;
            let text = text.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                return Err(at(format!("`{shown}` is empty")).into());
            }
            // Only keys in PEM have several lines.
            if text.contains(['\r', '\n']) && !name.ends_with(".pem") {
                return Err(at(format!("`{shown}` has more than one line")).into());
            }
            Ok(Secret(text.to_owned()))
        }
    }
}

fn are_same(one: &Path, other: &Path) -> bool {
    match (std::fs::canonicalize(one), std::fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The failure because no file has a profile.
fn no_profile(profile: &str, read: &[ConfigFile], places: &ConfigPlaces) -> Failure {
    let shown = |text: &str| printable(text.as_bytes(), 100).into_owned();
    let message = format!("there is no profile `{}`", shown(profile));
    let names: BTreeSet<&String> = read.iter().flat_map(|file| file.profiles.keys()).collect();
    let hint = match (names.is_empty(), read.is_empty()) {
        (false, _) => {
            let names: Vec<String> = names
                .into_iter()
                .map(|name| format!("`{}`", shown(name)))
                .collect();
            format!("the profiles are {}", names.join(", "))
        }
        (true, false) => {
            let files: Vec<String> = read
                .iter()
                .map(|file| shown(&file.path.to_string_lossy()))
                .collect();
            format!(
                "add a table `[profiles.{}]` to {}",
                shown(profile),
                files.join(" or ")
            )
        }
        (true, true) => {
            let files = places.working.iter().chain(&places.user);
            let files: Vec<String> = files.map(|file| shown(&file.to_string_lossy())).collect();
            format!("there is no configuration file: {}", files.join(" or "))
        }
    };
    Failure::new(Exit::Usage, message).with_hint(Some(hint))
}

#[cfg(test)]
mod tests;
