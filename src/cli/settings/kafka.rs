//! The connection to Kafka, from a flag, else the environment, else a properties file, else a configuration file, else a
//! default.

use std::path::Path;

use super::Topics;
use crate::cli::arguments::{
    ConnectionArguments, DEFAULT_BOOTSTRAP_SERVERS, KafkaArguments, NewTopicArguments, Secret,
};
use crate::cli::config::{self, ConfiguredConnection, Origin, SetProperty};
use crate::cli::environment::{BOOTSTRAP_SERVERS, Environment, KAFKA_SECRETS};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::properties_file::{self, PropertiesFile, Remark};
use crate::cli::{hints, messages};
use crate::kafka::{self, NewTopic, ProducerSettings};
use crate::mapping::MapError;

/// The connection to Kafka.
pub(in crate::cli) struct KafkaSettings {
    pub(in crate::cli) producer: ProducerSettings,
    /// Remarks about the properties file.
    pub(in crate::cli) remarks: Vec<Remark>,
    /// Where the brokers come from.
    pub(in crate::cli) servers_origin: Origin,
    /// The properties that are set; of those with the same name the last one counts.
    pub(in crate::cli) properties: Vec<SetProperty>,
}

impl KafkaSettings {
    /// Decides the settings. The properties file is read here, because they depend on it.
    pub(super) fn decide(
        chosen: KafkaArguments,
        topics: &Topics,
        environment: &Environment,
    ) -> Result<KafkaSettings, Failure> {
        let mut settings = KafkaSettings::connection(chosen.connection, &topics.names, environment)?;
        settings.producer.create_topic = new_topic(chosen.new_topic);
        Ok(settings)
    }

    /// The settings of a command that creates no topic.
    ///
    /// # Errors
    /// A value is wrong, or the working directory would decide where a credential of the user is sent.
    pub(in crate::cli) fn connection(
        chosen: ConnectionArguments,
        topics: &[String],
        environment: &Environment,
    ) -> Result<KafkaSettings, Failure> {
        let settings = KafkaSettings::unchecked(chosen, topics, environment)?;
        match settings.refusal() {
            Some(refusal) => Err(refusal.into()),
            None => Ok(settings),
        }
    }

    /// The same, whatever decides where credentials are sent.
    pub(in crate::cli) fn unchecked(
        chosen: ConnectionArguments,
        topics: &[String],
        environment: &Environment,
    ) -> Result<KafkaSettings, Failure> {
        let ConfiguredConnection {
            bootstrap_servers: configured_servers,
            properties_file: configured_file,
            properties: configured,
        } = chosen.configured;
        let mut remarks = Vec::new();
        let mut properties = Vec::new();
        let mut servers_of_files = Vec::new();
        let typed_file = chosen.properties_file;
        let configured_file = configured_file.filter(|_| typed_file.is_none());
        if let Some(choice) = configured_file {
            let place = choice.place.file_and_line();
            let file = properties_file::read(Path::new(&choice.words[0]))
                .map_err(|failure| failure.with_origin(format!("the file is named in {place}")))?;
            servers_of_files.extend(add_file(file, &mut properties, &mut remarks));
        }
        if let Some(choice) = configured_servers {
            servers_of_files.push((choice.words[0].clone(), Origin::of(&choice)));
        }
        properties.extend(configured.into_iter().map(|property| SetProperty {
            name: property.name,
            value: property.value,
            origin: Origin::Config(property.place, property.author),
        }));
        if let Some(path) = &typed_file {
            servers_of_files.extend(add_file(
                properties_file::read(path)?,
                &mut properties,
                &mut remarks,
            ));
        }
        let file_properties = properties
            .iter()
            .map(|property| (property.name.clone(), property.value.0.clone()));
        let file_properties = file_properties.collect();
        properties.extend(chosen.secrets.iter().map(|(property, secret)| SetProperty {
            name: (*property).to_owned(),
            value: secret.clone(),
            origin: Origin::Variable(variable_of(property).to_owned()),
        }));
        properties.extend(chosen.properties.iter().map(|(name, value)| SetProperty {
            name: name.clone(),
            value: Secret(value.clone()),
            origin: Origin::CommandLine,
        }));
        let typed = chosen
            .bootstrap_servers
            .map(|servers| (servers, Origin::CommandLine));
        let variable = environment.bootstrap_servers.clone();
        let variable = variable.map(|servers| (servers, Origin::Variable(BOOTSTRAP_SERVERS.to_owned())));
        let (servers, servers_origin) = match typed.or(variable).or(servers_of_files.pop()) {
            Some((servers, origin)) => (checked(servers, &origin)?, origin),
            None => (DEFAULT_BOOTSTRAP_SERVERS.to_owned(), Origin::Default),
        };
        let mut producer = ProducerSettings::new(servers, "");
        producer.topics = topics.to_vec();
        producer.properties = chosen.properties;
        producer.file_properties = file_properties;
        let secrets = chosen.secrets.into_iter();
        producer.secrets = secrets
            .map(|(property, Secret(value))| (property, value))
            .collect();
        producer.log = messages::client_log;
        Ok(KafkaSettings {
            producer,
            remarks,
            servers_origin,
            properties,
        })
    }

    /// Why the credentials must not be used, if so.
    pub(in crate::cli) fn refusal(&self) -> Option<MapError> {
        config::refused_property(&self.servers_origin, &self.properties)
    }
}

/// Adds the properties and remarks of a properties file; returns its brokers.
fn add_file(
    file: PropertiesFile,
    properties: &mut Vec<SetProperty>,
    remarks: &mut Vec<Remark>,
) -> Option<(String, Origin)> {
    remarks.extend(file.remarks);
    properties.extend(file.properties.into_iter().map(|property| SetProperty {
        name: property.name,
        value: Secret(property.value),
        origin: Origin::Properties(format!("{}:{}", file.name, property.line)),
    }));
    let (servers, at) = file.bootstrap_servers?;
    Some((servers, Origin::Properties(at)))
}

/// The variable that sets a secret property.
fn variable_of(property: &str) -> &'static str {
    let known = KAFKA_SECRETS.iter().find(|(known, _)| *known == property);
    known.map_or("", |(_, variable)| variable)
}

/// The brokers, if they are valid; an error names their origin.
fn checked(servers: String, origin: &Origin) -> Result<String, Failure> {
    match kafka::check_bootstrap_servers(&servers) {
        Ok(()) => Ok(servers),
        Err(error) => {
            let hint = hints::kafka::of_config_error(&error);
            let origin = match origin {
                Origin::CommandLine => "`-b`".to_owned(),
                Origin::Variable(name) => format!("`{name}`"),
                other => other.words(),
            };
            Err(Failure::new(Exit::Usage, format!("{origin}: {error}")).with_hint(hint))
        }
    }
}

fn new_topic(chosen: NewTopicArguments) -> Option<NewTopic> {
    Some(NewTopic {
        partitions: chosen.partitions?,
        replication_factor: chosen.replication_factor,
        settings: chosen.settings,
    })
}
