//! The settings of a run, decided once: by a flag, else by the environment, else by a configuration file, else by a
//! default.
//!
//! No later stage looks at the command line. Files that a setting names are read when they are needed.

mod exactly_once;
mod kafka;
mod message;
mod output;
mod pace;
mod registry;
mod schema;
mod topics;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use exactly_once::TypedWithoutEffect;
pub(super) use exactly_once::{ExactlyOnceSettings, check_load_name};
pub(super) use kafka::KafkaSettings;
pub(super) use message::{KeySchemaSubject, KeySource, MessageSettings, TimestampSettings};
pub(super) use output::{OutputSettings, Verbosity};
pub(super) use pace::PaceSettings;
pub(super) use registry::RegistryAccess;
pub(super) use schema::{IfMissing, SchemaSource, SubjectSettings, UnappliedRules};
pub(super) use topics::Topics;

use super::arguments::{
    BadRowArguments, CheckArguments, DEFAULT_MAX_FAILURES, FittedArguments, InputArguments, Layer,
    MessageArguments, ProduceArguments, ShownErrors,
};
use super::config::Origin;
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::mapping_file;
use super::properties_file::Remark;
use crate::encode::{PartitionSource, RowContent};
use crate::escape::printable;
use crate::input::{DEFAULT_MAX_ROW_BYTES, Encoding};
use crate::kafka::ProducerSettings;
use crate::load::ErrorBudget;
use crate::mapping::{InputFacts, Mapping};
use crate::record::{Dialect, EnclosingValue, Format, JsonShape};
use crate::report::reject::Existing;
use crate::report::summary::RunKind;

/// Everything that is decided before a run or a check begins.
pub(super) struct Settings {
    pub(super) input: InputSettings,
    pub(super) mapping: Mapping,
    pub(super) topics: Topics,
    pub(super) registry: RegistryAccess,
    pub(super) subject: SubjectSettings,
    pub(super) schema: SchemaSource,
    pub(super) unapplied_rules: UnappliedRules,
    pub(super) message: MessageSettings,
    pub(super) pace: PaceSettings,
    pub(super) destination: Destination,
    /// Remarks about the properties file.
    pub(super) properties_remarks: Vec<Remark>,
    /// The maximum number of encoder threads; none means that of the cores.
    pub(super) threads: Option<u16>,
    /// `FILE:LINE` of the configuration file that names the brokers, if one does.
    pub(super) brokers_place: Option<String>,
    pub(super) bad_rows: BadRowSettings,
    /// None if rows are sent without transactions.
    pub(super) exactly_once: Option<ExactlyOnceSettings>,
    /// Whether nothing is sent if a topic of the load has a record.
    pub(super) if_empty: bool,
    pub(super) output: OutputSettings,
}

/// Which files are read, and how.
pub(super) struct InputSettings {
    pub(super) files: Vec<OsString>,
    /// The format of all files; if none, it follows from their names.
    pub(super) format: Option<Format>,
    pub(super) encoding: Encoding,
    pub(super) dialect: Dialect,
    /// Where rows are in JSON.
    pub(super) json: Arc<JsonShape>,
    /// The options that set the dialect.
    pub(super) csv_options: Vec<&'static str>,
    /// The keys of the mapping file that say how rows are written.
    pub(super) facts: Vec<&'static str>,
    /// Those of them that skip lines.
    pub(super) skipping_facts: Vec<&'static str>,
    /// Columns that are ignored on purpose.
    pub(super) ignored_columns: Vec<String>,
    pub(super) extra_columns: ExtraColumns,
    pub(super) empty_inputs: EmptyInputs,
    /// The maximum size of a row, in bytes.
    pub(super) max_row_bytes: usize,
    pub(super) limit: Option<u64>,
    /// The `FILE:LINE` to start at.
    pub(super) from: Option<OsString>,
}

/// What happens to columns that match no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExtraColumns {
    /// They are ignored with a warning.
    Ignore,
    /// The file is refused.
    Refuse,
}

/// What happens to inputs without rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EmptyInputs {
    /// They cause a warning.
    Warn,
    /// They fail the run.
    Refuse,
}

/// Where the rows go.
pub(super) enum Destination {
    /// Nowhere: they are read, validated and encoded.
    Nowhere {
        /// The producer settings of a dry run, which are checked too; none for `schema check`.
        producer: Option<Box<ProducerSettings>>,
    },
    /// To a topic.
    Kafka {
        producer: Box<ProducerSettings>,
        /// How many deliveries may fail.
        max_failures: u64,
    },
}

/// What happens to bad rows.
pub(super) struct BadRowSettings {
    /// How many may be rejected.
    pub(super) budget: ErrorBudget,
    /// Whether the budget was chosen, or is the default.
    pub(super) budget_is_chosen: bool,
    /// How many are printed.
    pub(super) shown: u64,
    /// The file or the folder in which they are kept.
    pub(super) rejects: Option<PathBuf>,
    /// What happens to existing files.
    pub(super) existing: Existing,
}

/// Bad rows that are printed by default: as many as a person reads.
const SHOWN_ON_TERMINAL: u64 = 20;
/// The same for a file or a log, which is read later and must not grow without limit.
const SHOWN_ELSEWHERE: u64 = 1_000;

/// The purpose of `Settings`.
enum Task {
    Load { register: bool },
    DryRun,
    Check,
    Verify,
}

impl Settings {
    /// The settings of a run.
    pub(super) fn of_run(typed: ProduceArguments, environment: &Environment) -> Result<Settings, Failure> {
        let task = match typed.dry_run {
            true => Task::DryRun,
            false => Task::Load {
                register: typed.register,
            },
        };
        let files = typed.inputs.files.clone();
        Settings::decide(task, files, Layer::from(typed), environment)
    }

    /// The settings of a check, which sends nothing and reports every bad row.
    pub(super) fn of_check(typed: CheckArguments, environment: &Environment) -> Result<Settings, Failure> {
        let files = typed.inputs.files.clone();
        Settings::decide(Task::Check, files, Layer::from(typed), environment)
    }

    /// The settings of a comparison of a topic with the rows that a load would send.
    pub(super) fn of_verify(typed: ProduceArguments, environment: &Environment) -> Result<Settings, Failure> {
        let files = typed.inputs.files.clone();
        Settings::decide(Task::Verify, files, Layer::from(typed), environment)
    }

    /// The settings of a command about a mapping, which sends nothing.
    pub(super) fn of_mapping(
        typed: FittedArguments,
        message: MessageArguments,
        files: Vec<OsString>,
        environment: &Environment,
    ) -> Result<Settings, Failure> {
        let typed = Layer {
            message,
            ..Layer::from(typed)
        };
        refuse_envelopes(&typed.input)?;
        Settings::decide(Task::Check, files, typed, environment)
    }

    fn decide(
        task: Task,
        files: Vec<OsString>,
        typed: Layer,
        environment: &Environment,
    ) -> Result<Settings, Failure> {
        let typed_once = TypedWithoutEffect::of(&typed.exactly_once);
        let mut chosen = typed.over(environment.layer());
        if matches!(task, Task::Verify) {
            leave_out_sending(&mut chosen);
        }
        if let Some(flag) = chosen.values.against_avro_json() {
            let message =
                format!("`{flag}` contradicts `--json-encoding avro`, which sets the form of every value");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("pass only one of them")));
        }
        let content = content(&chosen)?;
        let mut map = mapping_file::read(&chosen.mapping)?;
        if let Some(choice) = environment.config.choice("map") {
            mapping_file::check_lookups(&map, choice)?;
        }
        let mapping = exactly_once::mapping(&chosen, &map);
        let output = OutputSettings::decide(chosen.output, environment)?;
        let message = MessageSettings::decide(chosen.message, &mut map, content)?;
        let pace = PaceSettings::decide(chosen.pace)?;
        let is_paced = pace.pace.is_some();
        let topics = Topics::decide(chosen.topic, &chosen.mapping.topics, &mut map)?;
        let subject = SubjectSettings::decide(topics.names.first().cloned(), chosen.subject);
        match task {
            Task::Check => subject.require_schema(chosen.schema_file.as_deref())?,
            Task::DryRun | Task::Load { .. } | Task::Verify if topics.names.is_empty() => {
                let hint = "name it with `--topic`, or with `topic` in `[message]` of the mapping file";
                return Err(Failure::new(Exit::Usage, "no topic is given").with_hint(Some(hint)));
            }
            Task::DryRun | Task::Load { .. } | Task::Verify => {}
        }
        let if_empty = chosen.exactly_once.if_empty;
        let exactly_once = match task {
            Task::Load { .. } => {
                let contradiction = [
                    ("--from", chosen.input.from.is_some()),
                    ("--rate` or `--replay", is_paced),
                ];
                let contradiction = contradiction.iter().find(|(_, is_given)| *is_given);
                let flag = contradiction.map(|(flag, _)| *flag);
                typed_once.refuse(&chosen.exactly_once)?;
                ExactlyOnceSettings::decide(chosen.exactly_once, mapping, &topics.names, flag, &files)?
            }
            Task::DryRun | Task::Check | Task::Verify => None,
        };
        let bad_rows = BadRowSettings::decide(&task, chosen.bad_rows, environment);
        let schema = match (chosen.schema_file, &task) {
            (None, _) => SchemaSource::Registry,
            (Some(file), Task::DryRun | Task::Check) => SchemaSource::File(file),
            (Some(file), Task::Load { register: true }) => {
                SchemaSource::RegisteredFile(file, IfMissing::Register)
            }
            (Some(file), Task::Load { register: false } | Task::Verify) => {
                SchemaSource::RegisteredFile(file, IfMissing::Refuse)
            }
        };
        let (mut properties_remarks, mut brokers_place) = (Vec::new(), None);
        let destination = match task {
            Task::Check => Destination::Nowhere { producer: None },
            Task::DryRun | Task::Load { .. } | Task::Verify => {
                let KafkaSettings {
                    mut producer,
                    remarks,
                    servers_origin,
                    ..
                } = KafkaSettings::decide(chosen.kafka, &topics, environment)?;
                properties_remarks = remarks;
                brokers_place = match servers_origin {
                    Origin::Config(place, _) => Some(place.file_and_line()),
                    _ => None,
                };
                producer.preset = chosen.speed.preset.unwrap_or_default();
                producer.statistics = output.metrics_file.is_some();
                producer.own_headers = content != RowContent::Value;
                producer.headers = message.headers.iter().map(|header| header.name.clone()).collect();
                let producer = Box::new(producer);
                match task {
                    Task::Load { .. } | Task::Verify => Destination::Kafka {
                        producer,
                        max_failures: chosen.max_failures.unwrap_or(DEFAULT_MAX_FAILURES),
                    },
                    _ => Destination::Nowhere {
                        producer: Some(producer),
                    },
                }
            }
        };
        let mut input = InputSettings::decide(files, chosen.input, map.input(), map.enclosing_values())?;
        // A default has no effect on files of another format.
        if environment.config.choice("delimiter").is_some() {
            input.csv_options.clear();
        }
        let mapping = Mapping::by_name(chosen.values.rules())
            .with_ignored_columns(input.ignored_columns.iter().cloned())
            .with_map(Arc::new(map));
        Ok(Settings {
            input,
            mapping,
            registry: RegistryAccess::decide(chosen.registry, environment),
            subject,
            topics,
            schema,
            unapplied_rules: match chosen.ignore_rules {
                true => UnappliedRules::Ignore,
                false => UnappliedRules::Refuse,
            },
            message,
            pace,
            destination,
            threads: chosen.speed.threads,
            properties_remarks,
            brokers_place,
            bad_rows,
            exactly_once,
            if_empty,
            output,
        })
    }

    /// Whether nothing is sent.
    pub(super) fn is_dry_run(&self) -> bool {
        self.kind() != RunKind::Load
    }

    /// What the run does with the rows.
    pub(super) fn kind(&self) -> RunKind {
        match self.destination {
            Destination::Kafka { .. } => RunKind::Load,
            Destination::Nowhere { producer: Some(_) } => RunKind::DryRun,
            Destination::Nowhere { producer: None } => RunKind::Check,
        }
    }
}

impl InputSettings {
    /// The settings of a command that reads a file without a schema.
    pub(super) fn of_file(
        file: OsString,
        typed: InputArguments,
        environment: &Environment,
    ) -> Result<InputSettings, Failure> {
        let no_effect = [
            ("--from", typed.from.is_some()),
            ("--limit", typed.limit.is_some()),
            ("--fail-on-empty", typed.fail_on_empty),
            ("--strict-columns", typed.strict_columns),
            ("--ignore-column", !typed.ignore_columns.is_empty()),
        ];
        if let Some((flag, _)) = no_effect.iter().find(|(_, is_given)| *is_given) {
            let message = format!("`{flag}` has no effect on this command, which reads all rows and columns");
            return Err(Failure::new(Exit::Usage, message).with_hint(Some("omit it")));
        }
        let chosen = typed.over(environment.layer().input);
        refuse_envelopes(&chosen)?;
        InputSettings::decide(vec![file], chosen, &InputFacts::default(), Vec::new())
    }

    /// `facts` are those of the mapping file, which uses the values `enclosing` around the rows.
    fn decide(
        files: Vec<OsString>,
        chosen: InputArguments,
        facts: &InputFacts,
        enclosing: Vec<EnclosingValue>,
    ) -> Result<InputSettings, Failure> {
        let columns: Vec<String> = chosen.columns.iter().map(|name| name.trim().to_owned()).collect();
        if let Some(name) = repeated(&columns) {
            let message = format!("`--columns`: `{}` is given twice", printable(name.as_bytes(), 60));
            return Err(Failure::new(Exit::Usage, message));
        }
        let dialect = facts.dialect(chosen.delimiter.as_ref(), &columns)?;
        let names = match columns.is_empty() {
            true => facts.columns().unwrap_or_default(),
            false => columns,
        };
        let path = chosen.json_root.or_else(|| facts.json_root().cloned());
        let json = JsonShape::new(path, names, enclosing);
        let json = json.map_err(|message| Failure::new(Exit::Usage, message))?;
        Ok(InputSettings {
            files,
            ignored_columns: chosen.ignore_columns,
            format: chosen.format.map(Into::into),
            encoding: chosen.encoding.unwrap_or(Encoding::Utf8),
            dialect,
            json: Arc::new(json),
            csv_options: chosen.delimiter.map(|_| "--delimiter").into_iter().collect(),
            facts: facts.keys(),
            skipping_facts: facts.skipping_keys(),
            extra_columns: match chosen.strict_columns {
                true => ExtraColumns::Refuse,
                false => ExtraColumns::Ignore,
            },
            empty_inputs: match chosen.fail_on_empty {
                true => EmptyInputs::Refuse,
                false => EmptyInputs::Warn,
            },
            max_row_bytes: chosen
                .max_row_bytes
                .map_or(DEFAULT_MAX_ROW_BYTES, |bytes| bytes as usize),
            limit: chosen.limit,
            from: chosen.from,
        })
    }
}

/// Leaves out the choices about sending, which do not change what rows become.
fn leave_out_sending(chosen: &mut Layer) {
    chosen.kafka.new_topic = Default::default();
    chosen.pace = Default::default();
    chosen.exactly_once = Default::default();
    chosen.max_failures = None;
    chosen.bad_rows = BadRowArguments {
        show_errors: chosen.bad_rows.show_errors,
        ..BadRowArguments::default()
    };
    chosen.output.summary = None;
    chosen.output.metrics_file = None;
}

/// What rows hold. An envelope is a line, and needs no source for the parts of its message.
fn content(chosen: &Layer) -> Result<RowContent, Failure> {
    if !chosen.input.has_envelopes() {
        return Ok(RowContent::Value);
    }
    let refused = [
        ("--map", chosen.mapping.map.is_some()),
        ("--set", !chosen.mapping.set.is_empty()),
        ("--json-root", chosen.input.json_root.is_some()),
        ("--columns", !chosen.input.columns.is_empty()),
    ];
    match refused.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => {
            let message =
                format!("`{flag}` cannot be used with `--format envelope`, in which rows are whole messages");
            Err(Failure::new(Exit::Usage, message).with_hint(Some("omit one of them")))
        }
        None => Ok(RowContent::Envelope(PartitionSource::Envelope)),
    }
}

/// A command about the values of rows does not read whole messages.
fn refuse_envelopes(input: &InputArguments) -> Result<(), Failure> {
    match input.has_envelopes() {
        true => Err(Failure::new(
            Exit::Usage,
            "`--format envelope` is for loads and `schema check`",
        )),
        false => Ok(()),
    }
}

/// A name that occurs twice.
fn repeated(names: &[String]) -> Option<&String> {
    let mut seen = HashSet::new();
    names.iter().find(|name| !name.is_empty() && !seen.insert(*name))
}

impl BadRowSettings {
    fn decide(task: &Task, chosen: BadRowArguments, environment: &Environment) -> BadRowSettings {
        let BadRowArguments {
            max_errors,
            show_errors,
            rejects,
            rejects_overwrite,
        } = chosen;
        // A check reports every bad row.
        let chosen =
            max_errors.or(matches!(task, Task::Check | Task::Verify).then_some(ErrorBudget::Unlimited));
        // Without a rejects file, the message is the only place that has the value and the reason.
        // A run that stops at the first bad row prints that row at its end.
        let stops_at_first = matches!(chosen, None | Some(ErrorBudget::Rows(0)));
        let is_silent = rejects.is_some() || stops_at_first || matches!(task, Task::Verify);
        let shown = match (is_silent, environment.can_redraw) {
            (true, _) => 0,
            (false, true) => SHOWN_ON_TERMINAL,
            (false, false) => SHOWN_ELSEWHERE,
        };
        BadRowSettings {
            budget: chosen.unwrap_or(match rejects {
                Some(_) => ErrorBudget::Unlimited,
                None => ErrorBudget::Rows(0),
            }),
            budget_is_chosen: chosen.is_some(),
            shown: show_errors.map_or(shown, |ShownErrors(shown)| shown),
            rejects,
            existing: match rejects_overwrite {
                true => Existing::Replace,
                false => Existing::Refuse,
            },
        }
    }
}

#[cfg(test)]
mod tests;
