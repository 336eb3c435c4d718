//! The steps before the first row: inputs, schema, header against schema, and the messages about them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::closed_streams;
use super::exit::Exit;
use super::failure::Failure;
use super::habits;
use super::header_mismatch::{self, FieldsFrom};
use super::messages;
use super::name_list::shortened;
use super::near_columns;
use super::settings::{ExtraColumns, InputSettings, Settings};
use super::unbound::{self, Unbound};
use crate::encode::{KeyChoice, MessagePlan, PlanSettings};
use crate::escape::printable;
use crate::input::{Archives, Encoding, FileId, Header, Identity, Input, Layout, ReadSettings};
use crate::kafka::{Fact, TimeSettings, TopicFacts};
use crate::load::PlannedInput;
use crate::mapping::{Binding, BindingError, InputFacts, Mapping, near_names};
use crate::record::{Format, LineColumn};
use crate::report::figures::{bytes, count_of};
use crate::report::summary::RunKind;
use crate::schema::{AvroSchema, Base, Logical, RegisteredSchema, TypeId};

/// Opens all inputs, so that every header is known before a row is sent.
pub(super) fn open(settings: &InputSettings) -> Result<Vec<Input>, Failure> {
    let standard_input = settings.files.iter().filter(|file| *file == "-").count();
    if standard_input > 1 {
        return Err(Failure::new(
            Exit::Usage,
            "`-` is given twice, but standard input can be read only once",
        ));
    }
    let read = ReadSettings {
        format: settings.format,
        dialect: settings.dialect.clone(),
        json: Arc::clone(&settings.json),
        encoding: settings.encoding,
        max_row_bytes: settings.max_row_bytes,
    };
    let archives = Archives::default();
    let mut inputs: Vec<Input> = Vec::new();
    for file in &settings.files {
        if let Some(why) = closed_streams::why_unreadable(Path::new(file)) {
            let name = printable(file.as_encoded_bytes(), 4096);
            return Err(Failure::new(Exit::Input, format!("{name}: {why}")));
        }
        let input = Input::open_among(file, &read, &archives).map_err(|error| {
            let failure = Failure::from(error);
            match habits::instead_of_file(file) {
                Some(hint) => failure.with_hint(Some(hint)),
                None => failure,
            }
        })?;
        inputs.push(input);
    }
    refuse_csv_settings(settings, &inputs)?;
    refuse_path_of_json(settings, &inputs)?;
    Ok(inputs)
}

/// Settings for CSV have no effect if no input is CSV, which is most likely a mistake.
fn refuse_csv_settings(settings: &InputSettings, inputs: &[Input]) -> Result<(), Failure> {
    if inputs.iter().any(|input| input.format() == Format::Csv) {
        return Ok(());
    }
    let of_map = |key: &&str| format!("`{key}` in `[input]`");
    let option = settings.csv_options.first().map(|option| format!("`{option}`"));
    let mut facts = settings.facts.iter();
    let fact = facts.find(|key| !InputFacts::is_of_json(key));
    match (option.or_else(|| fact.map(of_map)), inputs) {
        (Some(setting), [first, ..]) => {
            let format = match first.format() {
                Format::Json => "JSON",
                Format::Csv | Format::Jsonl => "JSONL",
            };
            let message = format!("{setting} applies to CSV, but {} is {format}", first.name);
            let hint = "omit it, or pass `--format csv` if the file is CSV";
            Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)))
        }
        _ => Ok(()),
    }
}

/// A path to rows has no effect if all inputs are CSV.
fn refuse_path_of_json(settings: &InputSettings, inputs: &[Input]) -> Result<(), Failure> {
    match (settings.json.path(), inputs) {
        (Some(_), [first, ..]) if inputs.iter().all(|input| input.format() == Format::Csv) => {
            let message = format!("`--json-root` applies to JSON, but {} is CSV", first.name);
            let hint = "omit it, or pass `--format json`";
            Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)))
        }
        _ => Ok(()),
    }
}

/// Warns of files that are given twice: of the first few by their names.
pub(super) fn warn_of_repeated(inputs: &[Input]) {
    /// The most warnings with names.
    const SHOWN: u64 = 20;
    let mut seen: HashMap<FileId, &Input> = HashMap::new();
    let mut repeated = 0;
    for input in inputs {
        let file = input.identity.as_ref().map(Identity::file);
        let Some(same) = file.and_then(|file| seen.insert(file, input)) else {
            continue;
        };
        repeated += 1;
        if repeated <= SHOWN {
            messages::line(&format!(
                "warning: `{}` is the same file as `{}`; its rows are read twice",
                input.name, same.name
            ));
        }
    }
    if repeated > SHOWN {
        let more = count_of(repeated - SHOWN, "more file is", "more files are");
        messages::line(&format!("warning: {more} given twice"));
    }
}

/// Binds each input to the schema, with one plan per distinct header. Prints which columns and fields have no match.
pub(super) fn plan(
    settings: &Settings,
    inputs: Vec<Input>,
    schema: &RegisteredSchema,
    plan_settings: &PlanSettings,
    first: LineColumn,
) -> Result<(Vec<PlannedInput>, Unbound), Failure> {
    let mut unbound = Unbound::default();
    let mut plans: HashMap<PlanFor, Arc<MessagePlan>> = HashMap::new();
    let mapping = mapping(settings, plan_settings);
    let mut planned = Vec::new();
    for (index, mut input) in inputs.into_iter().enumerate() {
        refuse_array(&mut input, schema)?;
        let plan_for = PlanFor::of(&input, &mapping);
        let plan = match plans.get(&plan_for) {
            Some(plan) => Arc::clone(plan),
            None => {
                let mapping = mapping.clone().for_input(plan_for.path.as_deref());
                let Fit {
                    binding,
                    plan,
                    unused,
                } = fit(settings, &input, &mapping, schema, plan_settings)?;
                unbound::print(&input, &binding, &plan, &unused, settings.output.verbosity);
                unbound.add(&binding, &plan, &unused);
                plans.insert(plan_for, Arc::clone(&plan));
                plan
            }
        };
        let first = if index == 0 { first } else { 1.into() };
        planned.push(PlannedInput { input, plan, first });
    }
    Ok((planned, unbound))
}

/// The mapping, which knows the schema of keys.
pub(super) fn mapping(settings: &Settings, plan_settings: &PlanSettings) -> Mapping {
    let of_key = match &plan_settings.key {
        KeyChoice::Avro { schema, .. } => Some(Arc::new(schema.avro.clone())),
        KeyChoice::None | KeyChoice::Default | KeyChoice::Text(_) => None,
    };
    settings.mapping.clone().with_key_schema(of_key)
}

/// An input that fits the schema.
pub(super) struct Fit<'s> {
    pub(super) binding: Binding<'s>,
    pub(super) plan: Arc<MessagePlan>,
    /// The columns that are read by neither a field nor the key.
    unused: Vec<String>,
}

/// Binds an input to the schema and compiles the plan for it; refuses columns that were most likely meant for a field.
pub(super) fn fit<'s>(
    settings: &Settings,
    input: &Input,
    mapping: &Mapping,
    schema: &'s RegisteredSchema,
    plan_settings: &PlanSettings,
) -> Result<Fit<'s>, Failure> {
    let binding = match &input.layout {
        Layout::Csv { header, .. } => {
            let from = match mapping.has_expressions() || !settings.input.facts.is_empty() {
                true => FieldsFrom::Mapping,
                false => FieldsFrom::Columns,
            };
            binding(input, header, schema, mapping, from)?
        }
        Layout::Json { .. } => mapping.bind_keys(schema)?,
    };
    let plan = Arc::new(MessagePlan::compile(&binding, plan_settings)?);
    let unused = unused_columns(&binding, &plan);
    near_columns::check(input, &binding, &plan, &unused)?;
    if settings.input.extra_columns == ExtraColumns::Refuse && !unused.is_empty() {
        let what = describe_schema(schema);
        return Err(header_mismatch::extra_columns(input, &unused, &what));
    }
    Ok(Fit {
        binding,
        plan,
        unused,
    })
}

/// Refuses a file that is one JSON array, if the rows cannot be arrays.
pub(super) fn refuse_array(input: &mut Input, schema: &RegisteredSchema) -> Result<(), Failure> {
    let error = input.one_array();
    match error.filter(|_| !takes_arrays(&schema.avro, schema.avro.root())) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// What a plan depends on.
#[derive(PartialEq, Eq, Hash)]
struct PlanFor {
    header: Option<Vec<String>>,
    /// The file; none if no expression uses its name, and for standard input.
    path: Option<PathBuf>,
}

impl PlanFor {
    fn of(input: &Input, mapping: &Mapping) -> PlanFor {
        PlanFor {
            header: input.header().map(|header| header.names.clone()),
            path: match mapping.uses_file_name() {
                true => input.location.path(),
                false => None,
            },
        }
    }
}

/// The fields of the schema bound to the columns of an input.
fn binding<'s>(
    input: &Input,
    header: &Header,
    schema: &'s RegisteredSchema,
    mapping: &Mapping,
    from: FieldsFrom,
) -> Result<Binding<'s>, Failure> {
    let what = describe_schema(schema);
    let binding = mapping
        .bind_columns(&header.names, schema)
        .map_err(|error| match error {
            BindingError::NotARecord { .. } | BindingError::Map(_) => Failure::from(error),
            error => header_mismatch::failure(input, header, schema, &error, (&what, from)),
        })?;
    let left_out = mapping.ignored_columns();
    let taken = header.names.iter().filter(|name| !left_out.contains(*name));
    if !mapping.has_expressions()
        && binding.ignored().len() == taken.count()
        && near_names(binding.ignored(), binding.absent()).is_empty()
    {
        return Err(header_mismatch::no_matching_column(input, header, schema, &what));
    }
    Ok(binding)
}

/// Whether a JSON array can be a value of the type.
fn takes_arrays(schema: &AvroSchema, id: TypeId) -> bool {
    let found = schema.get(id);
    match &found.base {
        Base::Array(_) => true,
        Base::Union(branches) => branches.iter().any(|branch| takes_arrays(schema, *branch)),
        _ => found.logical == Some(Logical::Duration),
    }
}

/// The columns that are read by neither a field nor the key.
fn unused_columns(binding: &Binding<'_>, plan: &MessagePlan) -> Vec<String> {
    let header = binding.header().unwrap_or_default();
    // Columns after those of the header are computed.
    let of_key = plan.key_columns().into_iter();
    let of_key: Vec<&String> = of_key.filter_map(|column| header.get(column)).collect();
    let unused = binding.ignored().iter().filter(|name| !of_key.contains(name));
    unused.cloned().collect()
}

/// `Trade (market.trades.raw-value version 1)`.
pub(super) fn describe_schema(schema: &RegisteredSchema) -> String {
    match schema.version {
        Some(version) => format!("{} ({} version {version})", schema.record_name(), schema.subject),
        None => format!("{} ({})", schema.record_name(), schema.subject),
    }
}

/// Prints the two lines with source and destination.
pub(super) fn print_what_goes_where(
    inputs: &[PlannedInput],
    schema: &RegisteredSchema,
    topics: Option<(Vec<&TopicFacts>, String, String)>,
    kind: RunKind,
    pace: Option<String>,
) {
    let files = match inputs {
        [planned] => planned.input.name.to_string(),
        several => format!("{} files", several.len()),
    };
    let length: Option<u64> = inputs.iter().map(|planned| planned.input.length).sum();
    let encoding = inputs
        .first()
        .map(|planned| planned.input.encoding)
        .filter(|encoding| *encoding != Encoding::Utf8);
    let remarks = [length.map(bytes), encoding.map(|encoding| encoding.to_string())];
    let remarks: Vec<String> = remarks.into_iter().flatten().collect();
    let files = match remarks.is_empty() {
        true => files,
        false => format!("{files} ({})", remarks.join(", ")),
    };
    let key = match inputs.first().and_then(|planned| planned.plan.describe_key()) {
        Some(key) => format!("key {key}"),
        None => "no key".to_owned(),
    };
    let id = match (schema.version, schema.id) {
        (Some(version), Some(id)) => format!(" version {version} (id {id})"),
        (None, Some(id)) => format!(" (id {id})"),
        _ => String::new(),
    };
    let schema = format!("{}, {}{id}; {key}", schema.record_name(), schema.subject);
    match topics {
        Some((topics, servers, producer)) => {
            let partitions = topics.iter().map(|topic| u64::from(topic.partitions)).sum();
            let partitions = count_of(partitions, "partition", "partitions");
            let names = shortened(topics.iter().map(|topic| topic.name.clone()));
            let names = match topics.len() {
                1 => names,
                several => format!("{several} topics ({names})"),
            };
            messages::line(&format!("{files} -> {names}, {partitions}, {servers}"));
            let pace = pace.map(|pace| format!("; {pace}")).unwrap_or_default();
            messages::line(&format!("{schema}{pace}; {producer}"));
            print_once(&topics, guards);
        }
        None => {
            messages::line(&format!("{files} -> nothing ({})", kind.name()));
            messages::line(&schema);
        }
    }
}

/// Prints each line once, and of which topics it is true if there are several.
fn print_once<Lines: IntoIterator<Item = String>>(
    topics: &[&TopicFacts],
    about: impl Fn(&TopicFacts) -> Lines,
) {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for topic in topics {
        for line in about(topic) {
            match lines.iter_mut().find(|(known, _)| *known == line) {
                Some((_, names)) => names.push(topic.name.clone()),
                None => lines.push((line, vec![topic.name.clone()])),
            }
        }
    }
    for (line, names) in lines {
        match topics.len() {
            1 => messages::line(&line),
            _ => messages::line(&format!("{line} ({})", shortened(names.into_iter()))),
        }
    }
}

/// Which facts about the topic are unavailable, and what acks=all means there.
fn guards(topic: &TopicFacts) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(unknown("the id", &topic.topic_id));
    // Brokers that support idempotent producers report their settings. One that does not is an emulation, such as that
    // of the sandbox, and the user cannot change that: a row that is too large for it fails with its error.
    if topic.max_message_bytes != Fact::NotSupported {
        lines.extend(unknown("`max.message.bytes`", &topic.max_message_bytes));
    }
    let minimum = topic.min_insync_replicas.known().copied().unwrap_or(1);
    if topic.replication_factor > 1 && minimum <= 1 {
        lines.push("note: `min.insync.replicas` is 1, so acks=all may mean a single copy".to_owned());
    }
    lines
}

fn unknown<T>(what: &str, fact: &Fact<T>) -> Option<String> {
    let why = match fact {
        Fact::Known(_) => return None,
        Fact::NotPermitted => "not permitted (DescribeConfigs)",
        Fact::NotSupported => "not supported by the broker",
        Fact::NotAnswered => "the broker did not answer",
    };
    Some(format!(
        "note: {what} of the topic cannot be read: {why}; continuing without it"
    ))
}

/// Prints once what the settings of the topics mean for times from `field`.
pub(super) fn print_times(topics: &[&TopicFacts], field: &str) {
    print_once(topics, |topic| about_times(&topic.times, field));
}

fn about_times(times: &TimeSettings, field: &str) -> Option<String> {
    if times.append_time == Fact::Known(true) {
        return Some(format!(
            "warning: the topic's `message.timestamp.type` is LogAppendTime, so brokers replace the time of \
             `{field}` with their own"
        ));
    }
    let unknown = times.unknown();
    if unknown.is_empty() {
        return None;
    }
    let why = match times.retention {
        Fact::NotPermitted => "not permitted (DescribeConfigs)",
        _ => "not supported by the broker",
    };
    let names: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
    Some(format!(
        "note: {} of the topic cannot be read: {why}; the age of rows is not checked",
        names.join(", ")
    ))
}
