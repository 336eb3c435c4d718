//! Flags that say where Kafka is and how it is spoken to.

use std::path::PathBuf;

use clap::Args;

use super::property::PropertyParser;
use super::{NewTopicArguments, Secret, first_given};

/// Where Kafka is and how it is spoken to.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct KafkaArguments {
    /// Brokers to connect to first, as HOST:PORT,... [env: K2_KAFKA_BOOTSTRAP_SERVERS]
    #[arg(short, long, value_name = "BROKERS", help_heading = "Kafka")]
    pub(in crate::cli) bootstrap_servers: Option<String>,
    /// File of client properties: librdkafka's, or a client.properties of Java's clients
    ///
    /// Names of Java's that mean the same are translated (sasl.jaas.config, PEM stores, ...), others are named. -b and
    /// -X override the file, and so do the environment's variables.
    #[arg(
        short = 'F',
        long = "properties-file",
        value_name = "FILE",
        hide_short_help = true,
        help_heading = "Kafka"
    )]
    pub(in crate::cli) properties_file: Option<PathBuf>,
    /// Any property of librdkafka; repeatable. Example: -X security.protocol=SASL_SSL
    ///
    /// What contradicts a promise, such as acks=1, is refused with the reason. Secrets are better given by the
    /// environment: K2_KAFKA_SASL_PASSWORD and K2_KAFKA_SSL_KEY_PASSWORD.
    #[arg(short = 'X', value_name = "PROPERTY=VALUE", value_parser = PropertyParser, help_heading = "Kafka")]
    pub(in crate::cli) properties: Vec<(String, String)>,
    #[command(flatten)]
    pub(in crate::cli) new_topic: NewTopicArguments,
    /// Properties that hold secrets; they have no flags.
    #[arg(skip)]
    pub(in crate::cli) secrets: Vec<(&'static str, Secret)>,
}

impl KafkaArguments {
    /// These choices, and those of `lower` where there are none.
    pub(in crate::cli) fn over(self, lower: KafkaArguments) -> KafkaArguments {
        // A property that is given again counts in its last form.
        let properties = [lower.properties, self.properties].concat();
        KafkaArguments {
            bootstrap_servers: self.bootstrap_servers.or(lower.bootstrap_servers),
            properties_file: self.properties_file.or(lower.properties_file),
            properties,
            new_topic: self.new_topic.over(lower.new_topic),
            secrets: first_given(self.secrets, lower.secrets),
        }
    }
}
