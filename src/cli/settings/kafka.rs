//! The connection to Kafka, from a flag, else the environment, else a properties file, else a default.

use super::Topics;
use crate::cli::arguments::{
    ConnectionArguments, DEFAULT_BOOTSTRAP_SERVERS, KafkaArguments, NewTopicArguments, Secret,
};
use crate::cli::environment::{BOOTSTRAP_SERVERS, Environment};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::properties_file::{self, Remark};
use crate::cli::{hints, messages};
use crate::kafka::{self, NewTopic, ProducerSettings};

/// The connection to Kafka.
pub(in crate::cli) struct KafkaSettings {
    pub(in crate::cli) producer: ProducerSettings,
    /// Remarks about the properties file.
    pub(in crate::cli) remarks: Vec<Remark>,
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
    pub(in crate::cli) fn connection(
        chosen: ConnectionArguments,
        topics: &[String],
        environment: &Environment,
    ) -> Result<KafkaSettings, Failure> {
        let file = match &chosen.properties_file {
            Some(path) => Some(properties_file::read(path)?),
            None => None,
        };
        let (of_file, properties, remarks) = match file {
            Some(file) => (file.bootstrap_servers, file.properties, file.remarks),
            None => (None, Vec::new(), Vec::new()),
        };
        let typed = chosen
            .bootstrap_servers
            .map(|servers| (servers, "`-b`".to_owned()));
        let variable = environment.bootstrap_servers.clone();
        let variable = variable.map(|servers| (servers, format!("`{BOOTSTRAP_SERVERS}`")));
        let servers = match typed.or(variable).or(of_file) {
            Some((servers, origin)) => checked(servers, &origin)?,
            None => DEFAULT_BOOTSTRAP_SERVERS.to_owned(),
        };
        let mut producer = ProducerSettings::new(servers, "");
        producer.topics = topics.to_vec();
        producer.properties = chosen.properties;
        producer.file_properties = properties;
        let secrets = chosen.secrets.into_iter();
        producer.secrets = secrets
            .map(|(property, Secret(value))| (property, value))
            .collect();
        producer.log = messages::client_log;
        Ok(KafkaSettings { producer, remarks })
    }
}

/// The brokers, if they are valid; an error names their origin.
fn checked(servers: String, origin: &str) -> Result<String, Failure> {
    match kafka::check_bootstrap_servers(&servers) {
        Ok(()) => Ok(servers),
        Err(error) => {
            let hint = hints::kafka::of_config_error(&error);
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
