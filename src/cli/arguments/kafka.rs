//! Flags that say where Kafka is and how it is spoken to.

use clap::Args;

use super::{NewTopicArguments, Secret, first_given, name_and_value};

/// Where Kafka is and how it is spoken to.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct KafkaArguments {
    /// Brokers to connect to first, as HOST:PORT,...
    #[arg(
        short,
        long,
        value_name = "BROKERS",
        env = "K2_KAFKA_BOOTSTRAP_SERVERS",
        hide_env_values = true
    )]
    #[arg(help_heading = "Kafka")]
    pub(in crate::cli) bootstrap_servers: Option<String>,
    /// Any property of librdkafka; repeatable. Example: -X security.protocol=SASL_SSL
    ///
    /// What contradicts a promise, such as acks=1, is refused with the reason. Secrets are better given by the
    /// environment: K2_KAFKA_SASL_PASSWORD and K2_KAFKA_SSL_KEY_PASSWORD.
    #[arg(short = 'X', value_name = "PROPERTY=VALUE", value_parser = name_and_value, help_heading = "Kafka")]
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
            properties,
            new_topic: self.new_topic.over(lower.new_topic),
            secrets: first_given(self.secrets, lower.secrets),
        }
    }
}
