//! One layer of choices, all optional: the command line, the environment or the configuration files.

use std::path::PathBuf;

use super::{
    BadRowArguments, CheckArguments, ConfigShowArguments, ExactlyOnceArguments, FittedArguments,
    InputArguments, KafkaArguments, MappingArguments, MessageArguments, OutputArguments, PaceArguments,
    ProduceArguments, RegistryArguments, SpeedArguments, SubjectArguments, ValueArguments,
};

/// Choices of one origin.
#[derive(Debug, Default)]
pub(in crate::cli) struct Layer {
    pub(in crate::cli) topic: Option<String>,
    pub(in crate::cli) schema_file: Option<PathBuf>,
    pub(in crate::cli) ignore_rules: bool,
    pub(in crate::cli) input: InputArguments,
    pub(in crate::cli) mapping: MappingArguments,
    pub(in crate::cli) values: ValueArguments,
    pub(in crate::cli) registry: RegistryArguments,
    pub(in crate::cli) subject: SubjectArguments,
    pub(in crate::cli) kafka: KafkaArguments,
    pub(in crate::cli) message: MessageArguments,
    pub(in crate::cli) pace: PaceArguments,
    pub(in crate::cli) speed: SpeedArguments,
    pub(in crate::cli) bad_rows: BadRowArguments,
    pub(in crate::cli) max_failures: Option<u64>,
    pub(in crate::cli) exactly_once: ExactlyOnceArguments,
    pub(in crate::cli) output: OutputArguments,
}

impl From<ProduceArguments> for Layer {
    fn from(typed: ProduceArguments) -> Layer {
        Layer {
            topic: typed.topic,
            schema_file: typed.schema_file,
            ignore_rules: typed.ignore_rules,
            input: typed.input,
            mapping: typed.mapping,
            values: typed.values,
            registry: typed.registry,
            subject: typed.subject,
            kafka: typed.kafka,
            message: typed.message,
            pace: typed.pace,
            speed: typed.speed,
            bad_rows: typed.bad_rows,
            max_failures: typed.max_failures,
            exactly_once: typed.exactly_once,
            output: typed.output,
        }
    }
}

impl From<CheckArguments> for Layer {
    fn from(typed: CheckArguments) -> Layer {
        Layer {
            topic: typed.topic,
            schema_file: typed.schema_file,
            ignore_rules: typed.ignore_rules,
            input: typed.input,
            mapping: typed.mapping,
            values: typed.values,
            registry: typed.registry,
            subject: typed.subject,
            message: typed.message,
            bad_rows: typed.bad_rows,
            output: typed.output,
            ..Layer::default()
        }
    }
}

impl From<ConfigShowArguments> for Layer {
    fn from(typed: ConfigShowArguments) -> Layer {
        Layer {
            topic: typed.topic,
            schema_file: typed.schema_file,
            ignore_rules: typed.ignore_rules,
            input: typed.input,
            mapping: typed.mapping,
            values: typed.values,
            registry: typed.registry,
            subject: typed.subject,
            kafka: KafkaArguments {
                connection: typed.connection,
                ..KafkaArguments::default()
            },
            message: typed.message,
            pace: typed.pace,
            speed: typed.speed,
            bad_rows: typed.bad_rows,
            max_failures: typed.max_failures,
            output: typed.output,
            ..Layer::default()
        }
    }
}

impl From<FittedArguments> for Layer {
    fn from(typed: FittedArguments) -> Layer {
        Layer {
            topic: typed.topic,
            schema_file: typed.schema_file,
            input: typed.input,
            mapping: typed.mapping,
            values: typed.values,
            registry: typed.registry,
            subject: typed.subject,
            // A contract applies to rows that are sent.
            ignore_rules: true,
            ..Layer::default()
        }
    }
}

impl Layer {
    /// These choices, with those of `lower` where none was made. Choices that exclude each other are taken from the
    /// same layer.
    pub(in crate::cli) fn over(self, lower: Layer) -> Layer {
        let (subject, schema_file) = match self.names_schema() {
            true => (self.subject, self.schema_file),
            false => (lower.subject, lower.schema_file),
        };
        Layer {
            topic: self.topic.or(lower.topic),
            schema_file,
            ignore_rules: self.ignore_rules || lower.ignore_rules,
            input: self.input.over(lower.input),
            mapping: self.mapping.over(lower.mapping),
            values: self.values.over(lower.values),
            registry: self.registry.over(lower.registry),
            subject,
            kafka: self.kafka.over(lower.kafka),
            message: self.message.over(lower.message),
            pace: self.pace.over(lower.pace),
            speed: self.speed.over(lower.speed),
            bad_rows: self.bad_rows.over(lower.bad_rows),
            max_failures: self.max_failures.or(lower.max_failures),
            exactly_once: self.exactly_once.over(lower.exactly_once),
            output: self.output.over(lower.output),
        }
    }

    /// Whether anything other than the topic chooses the schema.
    pub(in crate::cli) fn names_schema(&self) -> bool {
        self.schema_file.is_some() || self.subject.is_chosen()
    }
}
