//! `k2-produce config show`: the settings that a load would have, and where each comes from. Nothing is contacted, and no
//! secret is printed.

use std::path::Path;

use clap::{Arg, CommandFactory};
use serde_json::{Value, json};

use super::arguments::{
    Arguments, ConfigArguments, ConfigCommand, ConfigShowArguments, Layer, shown_defaults,
};
use super::config::{Config, Given, Origin, PROPERTIES, group};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::hints::schema::Reader;
use super::messages;
use super::produce::{check_properties, print_remarks};
use super::settings::{KafkaSettings, Verbosity};
use crate::escape::printable;
use crate::kafka;
use crate::schema::without_credentials;
use crate::table::{Alignment, Table};

pub(super) fn run(arguments: ConfigArguments, given: &Given, environment: &Environment) -> Exit {
    let ConfigCommand::Show(arguments) = arguments.command;
    Failure::end(show(*arguments, given, environment), Reader::Run)
}

/// A setting in force.
struct Setting {
    name: String,
    /// The value; none if it is a secret.
    value: Option<String>,
    origin: Origin,
}

fn show(arguments: ConfigShowArguments, given: &Given, environment: &Environment) -> Result<Exit, Failure> {
    let is_json = arguments.json;
    let (text, json, kafka) = shown(arguments, given, environment)?;
    let printed = match is_json {
        true => messages::standard_output_json(&json),
        false => messages::standard_output(&text),
    };
    messages::unless_enough(printed)?;
    print_remarks(&kafka.remarks, Verbosity::Normal);
    check_properties(&kafka.producer)?;
    let of_registry = environment.config.registry_refusal().cloned();
    match kafka.refusal().or(of_registry) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(Exit::Success),
    }
}

/// The settings as text and as JSON, and those of the connection to Kafka.
pub(super) fn shown(
    arguments: ConfigShowArguments,
    given: &Given,
    environment: &Environment,
) -> Result<(String, Value, KafkaSettings), Failure> {
    let topic = arguments.topic.clone();
    let chosen = Layer::from(arguments).over(environment.layer());
    let (preset, connection) = (chosen.speed.preset.unwrap_or_default(), chosen.kafka.connection);
    let topics: Vec<String> = topic.into_iter().collect();
    let mut kafka = KafkaSettings::unchecked(connection, &topics, environment)?;
    kafka.producer.preset = preset;
    let mut settings = options(given, environment);
    settings.extend(connection_settings(&kafka));
    Ok((as_text(&settings), as_json(&settings, &environment.config), kafka))
}

/// The settings that have options, except those of the connection to Kafka, in the order of the help.
fn options(given: &Given, environment: &Environment) -> Vec<Setting> {
    let config = &environment.config;
    let mut settings = Vec::new();
    let command = shown_defaults(Arguments::command());
    let is_decided = |name: &str| {
        let others = command.get_arguments().filter_map(Arg::get_long);
        let mut of_group = others.filter(|other| group(other) == group(name));
        of_group.any(|other| given.option(other).is_some() || config.choice(other).is_some())
    };
    for option in command.get_arguments() {
        let Some(name) = option.get_long() else {
            continue;
        };
        if [
            "bootstrap-servers",
            "properties-file",
            PROPERTIES,
            "profile",
            "no-config",
        ]
        .contains(&name)
        {
            continue;
        }
        let (words, origin) = if let Some(typed) = given.option(name) {
            let origin = match &typed.variable {
                Some(variable) => Origin::Variable(variable.clone()),
                None => Origin::CommandLine,
            };
            (typed.values.clone(), origin)
        } else if let Some(choice) = config.choice(name) {
            (choice.words.clone(), Origin::of(choice))
        } else if option.get_action().takes_values() && !is_decided(name) {
            let defaults = option.get_default_values().iter();
            let words = defaults.map(|word| word.to_string_lossy().into_owned()).collect();
            (words, Origin::Default)
        } else {
            continue;
        };
        // A list has a setting for each of its values.
        settings.extend(words.into_iter().map(|word| Setting {
            name: name.to_owned(),
            value: Some(match name {
                "schema-registry-url" => without_credentials(&word),
                _ => word,
            }),
            origin: origin.clone(),
        }));
    }
    let of_variable = environment.registry_secret();
    settings.extend(of_variable.map(|variable| Setting {
        name: secret_name(variable).to_owned(),
        value: None,
        origin: Origin::Variable(variable.to_owned()),
    }));
    settings.extend(
        config
            .secret_places()
            .iter()
            .map(|(name, place, author)| Setting {
                name: (*name).to_owned(),
                value: None,
                origin: Origin::Config(place.clone(), *author),
            }),
    );
    settings
}

/// The key of a secret that a variable sets.
fn secret_name(variable: &str) -> &'static str {
    match variable.ends_with("TOKEN") {
        true => "registry-token",
        false => "registry-user-info",
    }
}

/// The brokers, and the properties of librdkafka.
fn connection_settings(kafka: &KafkaSettings) -> Vec<Setting> {
    let mut settings = vec![Setting {
        name: "bootstrap-servers".to_owned(),
        value: Some(kafka.producer.bootstrap_servers.clone()),
        origin: kafka.servers_origin.clone(),
    }];
    let own = |name: &str| kafka::canonical_property(name).to_owned();
    let mut properties: Vec<Setting> = Vec::new();
    for (name, value) in kafka.producer.defaults() {
        properties.push(Setting {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            origin: Origin::Default,
        });
    }
    for property in &kafka.properties {
        properties.retain(|earlier| own(&earlier.name) != own(&property.name));
        let is_secret = kafka::is_secret_property(&property.name);
        properties.push(Setting {
            name: property.name.clone(),
            value: (!is_secret).then(|| match property.value.0.contains("://") {
                true => without_credentials(&property.value.0),
                false => property.value.0.clone(),
            }),
            origin: property.origin.clone(),
        });
    }
    properties.sort_by(|one, other| one.name.cmp(&other.name));
    settings.extend(properties);
    settings
}

fn as_text(settings: &[Setting]) -> String {
    let mut table = Table::new([Alignment::Left; 3]);
    table.push(["setting", "value", "from"].map(str::to_owned));
    for setting in settings {
        let value = match setting.value.as_deref() {
            None => "(secret)".to_owned(),
            Some("") => "\"\"".to_owned(),
            Some(value) => printable(value.as_bytes(), 200).into_owned(),
        };
        table.push([setting.name.clone(), value, setting.origin.words()]);
    }
    table.to_string()
}

fn as_json(settings: &[Setting], config: &Config) -> Value {
    let settings: Vec<Value> = settings
        .iter()
        .map(|setting| {
            let mut shown =
                json!({ "name": setting.name, "value": setting.value, "secret": setting.value.is_none() });
            let (origin, detail) = match &setting.origin {
                Origin::CommandLine => ("command line", None),
                Origin::Variable(name) => ("variable", Some(("variable", json!(name)))),
                Origin::Config(..) | Origin::Properties(_) => {
                    ("file", Some(("place", json!(setting.origin.words()))))
                }
                Origin::Default => ("default", None),
            };
            shown["origin"] = json!(origin);
            if let Some((key, value)) = detail {
                shown[key] = value;
            }
            shown
        })
        .collect();
    let files: Vec<String> = config.files.iter().map(|file| shown_path(file)).collect();
    json!({ "profile": config.profile, "files": files, "settings": settings })
}

fn shown_path(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes(), 4096).into_owned()
}
