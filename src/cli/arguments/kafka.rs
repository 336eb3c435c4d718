//! Flags for the connection to Kafka.

use std::path::PathBuf;

use clap::Args;

use super::property::PropertyParser;
use super::{NewTopicArguments, Secret, first_given};
use crate::cli::config::ConfiguredConnection;

/// The connection to Kafka, and the topic to create there.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct KafkaArguments {
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionArguments,
    #[command(flatten)]
    pub(in crate::cli) new_topic: NewTopicArguments,
}

/// The connection to Kafka.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ConnectionArguments {
    /// Brokers to connect to first, as HOST:PORT,... [env: K2_KAFKA_BOOTSTRAP_SERVERS]
    #[arg(short, long, value_name = "BROKERS", help_heading = "Kafka")]
    pub(in crate::cli) bootstrap_servers: Option<String>,
    /// File with properties of librdkafka, or the client.properties of a Java client
    ///
    /// Java's properties are translated if librdkafka has an equivalent (sasl.jaas.config, PEM stores, ...); a note
    /// lists those that are ignored. -b, -X and environment variables take precedence over the file.
    #[arg(
        short = 'F',
        long = "properties-file",
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) properties_file: Option<PathBuf>,
    /// A property of librdkafka; repeatable. Example: -X security.protocol=SASL_SSL
    ///
    /// Settings that contradict a guarantee, such as acks=1, are refused with the reason. Pass secrets in the
    /// environment: K2_KAFKA_SASL_PASSWORD and K2_KAFKA_SSL_KEY_PASSWORD.
    #[arg(short = 'X', value_name = "PROPERTY=VALUE", value_parser = PropertyParser, help_heading = "Kafka")]
    pub(in crate::cli) properties: Vec<(String, String)>,
    /// Properties with secrets; they have no flags.
    #[arg(skip)]
    pub(in crate::cli) secrets: Vec<(&'static str, Secret)>,
    /// What configuration files choose. Everything else takes precedence.
    #[arg(skip)]
    pub(in crate::cli) configured: ConfiguredConnection,
}

impl KafkaArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: KafkaArguments) -> KafkaArguments {
        KafkaArguments {
            connection: self.connection.over(lower.connection),
            new_topic: self.new_topic.over(lower.new_topic),
        }
    }
}

impl ConnectionArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: ConnectionArguments) -> ConnectionArguments {
        // The last value of a repeated property wins.
        let properties = [lower.properties, self.properties].concat();
        ConnectionArguments {
            bootstrap_servers: self.bootstrap_servers.or(lower.bootstrap_servers),
            properties_file: self.properties_file.or(lower.properties_file),
            properties,
            secrets: first_given(self.secrets, lower.secrets),
            configured: lower.configured,
        }
    }
}
