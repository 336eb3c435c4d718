//! The registry's subjects, each with its latest version.

use serde_json::{Value, json};

use super::{print, print_json};
use crate::cli::arguments::ListArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::cli::settings::RegistryAccess;
use crate::report::figures::count_of;
use crate::schema::{RegistryErrorKind, SchemaVersion, SubjectVersion, printable};
use crate::table::{Alignment, Table};

pub(super) fn list(arguments: ListArguments, environment: &Environment) -> Result<Exit, Failure> {
    let registry = RegistryAccess::decide(arguments.registry.over(environment.layer().registry), environment);
    let client = registry.client()?;
    let filter = arguments.filter.as_deref().unwrap_or("");
    let mut names = client.subjects()?;
    names.retain(|name| name.contains(filter));
    names.sort();
    let mut latest = Vec::with_capacity(names.len());
    for name in &names {
        match client.subject_version(name, SchemaVersion::Latest) {
            Ok(stored) => latest.push(stored),
            // It was deleted in the meantime, or all of its versions are deleted.
            Err(error)
                if matches!(
                    error.kind(),
                    RegistryErrorKind::SubjectMissing | RegistryErrorKind::VersionMissing
                ) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if arguments.json {
        print_json(&as_json(&latest))?;
    } else {
        print(&as_table(&latest))?;
        let count = count_of(latest.len() as u64, "subject", "subjects");
        let holding = match filter {
            "" => String::new(),
            filter => format!(" with `{}`", printable(filter, 200)),
        };
        messages::line(&format!("{count}{holding} in {}", client.address()));
    }
    Ok(Exit::Success)
}

fn as_json(latest: &[SubjectVersion]) -> Value {
    latest
        .iter()
        .map(|stored| {
            json!({ "subject": stored.subject, "version": stored.version, "id": stored.id.get(), "type": stored.kind })
        })
        .collect()
}

fn as_table(latest: &[SubjectVersion]) -> String {
    let right = Alignment::Right;
    let mut table = Table::new([Alignment::Left, right, right, Alignment::Left]);
    table.push(["subject", "version", "id", "type"].map(str::to_owned));
    for stored in latest {
        let version = stored
            .version
            .map_or_else(String::new, |version| version.to_string());
        table.push([
            printable(&stored.subject, 300),
            version,
            stored.id.to_string(),
            printable(&stored.kind, 40),
        ]);
    }
    table.to_string()
}
