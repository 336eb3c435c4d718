//! A schema for people: its fields in words, and an example of a file that fits.

use serde_json::{Value, json};

use super::example::{BYTES_FLAG, NoExample, cells, example, needs_bytes_flag};
use super::fields::{Field, fields, record_doc};
use super::{print, print_json};
use crate::cli::arguments::{Layer, ShowArguments};
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::schema_warnings;
use crate::cli::settings::{RegistryAccess, SubjectSettings, Verbosity};
use crate::cli::writer_schema::SchemaRequest;
use crate::escape;
use crate::schema::{DataContract, RegisteredSchema, printable};
use crate::table::{Alignment, Table};

pub(super) fn show(arguments: ShowArguments, environment: &Environment) -> Result<Exit, Failure> {
    let typed = Layer {
        topic: arguments.topic,
        schema_file: arguments.schema_file,
        registry: arguments.registry,
        subject: arguments.subject,
        ..Layer::default()
    };
    let chosen = typed.over(environment.layer());
    let registry = RegistryAccess::decide(chosen.registry, environment);
    let subject = SubjectSettings::decide(chosen.topic, chosen.subject);
    subject.require_schema(chosen.schema_file.as_deref())?;
    let request = SchemaRequest {
        registry: &registry,
        subject: &subject,
        verbosity: Verbosity::Normal,
    };
    let (schema, rule) = match &chosen.schema_file {
        Some(file) => (request.in_file(file)?, None),
        None => {
            let client = registry.client()?;
            let schema = request.registered(&client)?;
            let rule = client.compatibility_level(&schema.subject);
            (schema, rule)
        }
    };
    schema_warnings::print_all(&schema);
    match arguments.json {
        true => print_json(&as_json(&schema, rule.as_deref()))?,
        false => print(&as_text(&schema, rule.as_deref()))?,
    }
    Ok(Exit::Success)
}

fn as_text(schema: &RegisteredSchema, rule: Option<&str>) -> String {
    let mut text = title(schema, rule) + "\n\n";
    let fields = fields(&schema.avro);
    let flag = match needs_bytes_flag(&schema.avro) {
        true => format!(" with `{BYTES_FLAG}`"),
        false => String::new(),
    };
    let example = example(&schema.avro);
    let line = match &example {
        Ok(example) => {
            let example = escape::json(&example.to_string()).into_owned();
            format!("a line of JSONL that fits{flag}:\n{example}\n")
        }
        Err(NoExample::TooLarge) => {
            "no example: a value of this schema would be larger than 64 KiB\n".to_owned()
        }
        Err(NoExample::NoValue) => "no example: no value of this schema can be written\n".to_owned(),
    };
    if schema.avro.row_fields().is_none() {
        let root = schema.avro.describe(schema.avro.root());
        return text
            + &format!(
                "the root type is {root}, not a record: each line of JSONL is one such value, and a CSV file has \
                 one column for it\n\n{line}"
            );
    }
    text.push_str(&table(&fields));
    text.push_str(&contract(&schema.contract));
    let Ok(example) = example else {
        return text + "\n" + &line;
    };
    text.push_str(&format!(
        "\na CSV file that fits{flag}, with columns in any order"
    ));
    if fields.iter().any(|field| field.is_top && field.default.is_some()) {
        text.push_str("; columns of fields with a default may be omitted");
    }
    text.push_str(&format!(":\n{}\n", csv(&cells(&schema.avro, &example))));
    text + &line
}

/// Subject, version, id and compatibility level on the first line; the record and its doc on the second.
fn title(schema: &RegisteredSchema, rule: Option<&str>) -> String {
    let mut title = printable(&schema.subject, 300);
    if let Some(version) = schema.version {
        title.push_str(&format!(" version {version}"));
    }
    if let Some(id) = schema.id {
        title.push_str(&format!(" (id {id})"));
    }
    if let Some(rule) = rule {
        title.push_str(&format!(", compatibility {rule}"));
    }
    let name = match schema.avro.root_fields() {
        Some(_) => format!("record {}", printable(schema.name(), 200)),
        None => schema.avro.describe(schema.avro.root()).to_string(),
    };
    title.push_str(&format!("\n{name}"));
    if let Some(doc) = record_doc(schema) {
        title.push_str(&format!(": {doc}"));
    }
    title
}

fn table(fields: &[Field]) -> String {
    let mut table = Table::new([Alignment::Left; 4]).indented(2);
    table.push(["field", "type", "default", ""].map(str::to_owned));
    for field in fields {
        let default = field.default.as_ref().map_or("-".to_owned(), Value::to_string);
        table.push([
            field.path.clone(),
            field.words.clone(),
            printable(&default, 60),
            field.remark.clone(),
        ]);
    }
    table.to_string()
}

/// The rules and tags of the schema's data contract, if it has any.
fn contract(contract: &DataContract) -> String {
    let mut text = String::new();
    if !contract.rules.is_empty() {
        let mut table = Table::new([Alignment::Left; 4]).indented(2);
        for rule in &contract.rules {
            let mut remarks = Vec::new();
            if !rule.tags.is_empty() {
                remarks.push(format!("fields tagged {}", rule.tags.join(", ")));
            }
            if rule.is_disabled {
                remarks.push("disabled".to_owned());
            }
            if let Some(list) = &rule.unknown_list {
                remarks.push(format!("in the unknown list {list}"));
            }
            let cells = [&rule.name, &rule.rule_type, &rule.mode, &remarks.join("; ")];
            table.push(cells.map(|cell| printable(cell, 200)));
        }
        text.push_str(&format!("\nrules, which k2-produce does not apply:\n{table}"));
    }
    if !contract.tags.is_empty() {
        let mut table = Table::new([Alignment::Left; 2]).indented(2);
        for field in &contract.tags {
            table.push([&field.path, &field.tags.join(", ")].map(|cell| printable(cell, 200)));
        }
        text.push_str(&format!("\ntags:\n{table}"));
    }
    text
}

fn contract_json(contract: &DataContract) -> (Value, Value) {
    let rules = contract.rules.iter().map(|rule| {
        let mut json = json!({ "name": rule.name, "type": rule.rule_type, "mode": rule.mode, "tags": rule.tags,
                "disabled": rule.is_disabled });
        if let Some(list) = &rule.unknown_list {
            json["unknown_list"] = list.as_str().into();
        }
        json
    });
    let tags = contract
        .tags
        .iter()
        .map(|field| (field.path.clone(), json!(field.tags)));
    (rules.collect(), Value::Object(tags.collect()))
}

/// Header and row.
fn csv(cells: &[(String, String)]) -> String {
    let header: Vec<String> = cells.iter().map(|(name, _)| cell(name)).collect();
    let row: Vec<String> = cells
        .iter()
        .map(|(_, text)| cell(&printable(text, usize::MAX)))
        .collect();
    format!("{}\n{}\n", header.join(","), row.join(","))
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn as_json(schema: &RegisteredSchema, rule: Option<&str>) -> Value {
    let fields: Vec<Value> = fields(&schema.avro)
        .into_iter()
        .map(|field| {
            let mut json = json!({ "path": field.path, "type": field.words });
            if let Some(default) = field.default {
                json["default"] = default;
            }
            json
        })
        .collect();
    let (rules, tags) = contract_json(&schema.contract);
    json!({
        "subject": schema.subject,
        "version": schema.version,
        "id": schema.id.map(|id| id.get()),
        "compatibility": rule,
        "record": schema.name(),
        "fields": fields,
        "rules": rules,
        "tags": tags,
        "example": example(&schema.avro).ok(),
        "warnings": schema_warnings::all(&schema.avro),
        "example_needs": needs_bytes_flag(&schema.avro).then_some(BYTES_FLAG),
        "schema": serde_json::from_str(&schema.text).unwrap_or(Value::Null),
    })
}
