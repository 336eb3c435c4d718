//! Everything that is recorded of a load.

use serde_json::{Value, json};

use super::undo::undo;
use super::{Checkpoints, as_json, position, print, rows, shown_name, shown_place, shown_rows, shown_time};
use crate::cli::arguments::ShowLoadArguments;
use crate::cli::environment::Environment;
use crate::cli::exactly_once::transactional_id;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::load::{InputCheckpoint, KnownInput, KnownLoad, LoadState, WrittenOffsets};
use crate::report::figures::{count, count_of};
use crate::table::{Alignment, Table};

pub(super) fn show(typed: ShowLoadArguments, environment: &Environment) -> Result<Exit, Failure> {
    let checkpoints = Checkpoints::read(typed.checkpoints, environment)?;
    let name = &typed.name;
    let (load, state) = checkpoints.find(name)?;
    if typed.undo {
        return undo(name, load, &checkpoints);
    }
    if typed.json {
        let details = details(name, load, state);
        messages::unless_enough(messages::standard_output_json(&details))?;
    } else {
        print(&as_text(name, load, state))?;
    }
    Ok(Exit::Success)
}

fn details(name: &str, load: &KnownLoad, state: LoadState) -> Value {
    let mut value = as_json(name, load, state);
    value["transactional_id"] = json!(transactional_id(name));
    let inputs = load.inputs.iter().map(|(name, input)| input_as_json(name, input));
    value["inputs"] = inputs.collect();
    value
}

fn input_as_json(name: &str, input: &KnownInput) -> Value {
    let checkpoint = match &input.recorded {
        Ok(checkpoint) => checkpoint,
        Err(reason) => return json!({ "name": name, "state": "unreadable", "reason": reason }),
    };
    let fingerprint = &checkpoint.fingerprint;
    let topics = fingerprint
        .topics
        .iter()
        .map(|(name, id, partitions)| json!({ "name": name, "id": id, "partitions": partitions }));
    json!({
        "name": name,
        "state": word(checkpoint),
        "file": { "path": checkpoint.file.path, "size": checkpoint.file.size },
        "position": position(checkpoint),
        "xxh3_128": checkpoint.digest(),
        "rows": rows(&checkpoint.counts),
        "rejects": checkpoint.rejects.map(|kept| json!({
            "rows": kept.rows,
            "rows_bytes": kept.rows_bytes,
            "errors_bytes": kept.errors_bytes,
        })),
        "offsets": checkpoint.written.iter().map(WrittenOffsets::to_json).collect::<Vec<_>>(),
        "offsets_complete": checkpoint.knows_all_offsets(),
        "commit": checkpoint.number(),
        "run": checkpoint.run(),
        "time_ms": checkpoint.time,
        "time": shown_time(checkpoint.time),
        "mapping": fingerprint.mapping,
        "schema_ids": fingerprint.schema_ids,
        "cluster": fingerprint.cluster,
        "topics": topics.collect::<Vec<_>>(),
    })
}

fn word(checkpoint: &InputCheckpoint) -> &'static str {
    match checkpoint.is_complete {
        true => LoadState::Complete.word(),
        false => LoadState::Partial.word(),
    }
}

fn as_text(name: &str, load: &KnownLoad, state: LoadState) -> String {
    let mut table = facts();
    let mut fact = |name: &str, value: String| table.push([name.to_owned(), value]);
    let (complete, known) = (load.complete_inputs() as u64, load.inputs.len() as u64);
    fact(
        "inputs",
        format!("{} of {} complete", count(complete), count(known)),
    );
    fact("rows", shown_rows(&load.counts()));
    if let Some((input, checkpoint)) = load.partial_input()
        && state != LoadState::Atomic
    {
        fact("next row", shown_place(input, checkpoint));
    }
    if let Some(last) = load.last_checkpoint() {
        fact("last commit", shown_time(last.time));
    }
    fact("transactional.id", shown_name(&transactional_id(name)));
    let mut text = format!("load {}: {}\n{table}", shown_name(name), state.word());
    for (name, input) in &load.inputs {
        text.push_str(&match &input.recorded {
            Ok(checkpoint) => input_as_text(name, checkpoint),
            Err(reason) => format!(
                "\n{}: a checkpoint that cannot be read: {reason}\n",
                shown_name(name)
            ),
        });
    }
    text
}

fn input_as_text(name: &str, checkpoint: &InputCheckpoint) -> String {
    let mut table = facts();
    let mut fact = |name: &str, value: String| table.push([name.to_owned(), value]);
    let (file, at, fingerprint) = (&checkpoint.file, &checkpoint.position, &checkpoint.fingerprint);
    let size = file.size.map_or(String::new(), |size| {
        format!(", {}", count_of(size, "byte", "bytes"))
    });
    fact("file", format!("{}{size}", shown_name(&file.path)));
    fact("rows", shown_rows(&checkpoint.counts));
    let column = at
        .column
        .map_or(String::new(), |column| format!(", column {column}"));
    fact(
        "position",
        format!(
            "line {}{column}, byte {} of the decoded text, after {}",
            count(at.line),
            count(at.decoded_byte),
            count_of(at.row, "row", "rows")
        ),
    );
    fact("hash before it", format!("{} (XXH3-128)", checkpoint.digest()));
    if let Some(kept) = &checkpoint.rejects {
        fact(
            "rejects file",
            format!(
                "{}, {}; reasons {}",
                count_of(kept.rows, "row", "rows"),
                count_of(kept.rows_bytes, "byte", "bytes"),
                count_of(kept.errors_bytes, "byte", "bytes")
            ),
        );
    }
    for (topic, id, partitions) in &fingerprint.topics {
        let id = id
            .as_ref()
            .map_or(String::new(), |id| format!(" (id {})", shown_name(id)));
        let partitions = count_of(u64::from(*partitions), "partition", "partitions");
        fact("topic", format!("{}{id}, {partitions}", shown_name(topic)));
    }
    for written in &checkpoint.written {
        if let Some(offsets) = written.rows.offsets() {
            fact(
                "offsets",
                format!(
                    "{}:{}: {} from {} to {}",
                    shown_name(&written.topic),
                    written.partition,
                    count_of(written.rows.messages(), "row", "rows"),
                    offsets.start(),
                    offsets.end()
                ),
            );
        }
    }
    if !checkpoint.knows_all_offsets() {
        fact("offsets", "not known of all rows".to_owned());
    }
    let cluster = fingerprint.cluster.as_deref().unwrap_or("-");
    fact("cluster", shown_name(cluster));
    let ids: Vec<String> = fingerprint.schema_ids.iter().map(u32::to_string).collect();
    fact("schema id", ids.join(", "));
    fact("mapping", format!("{} (hash)", shown_name(&fingerprint.mapping)));
    fact(
        "written",
        format!(
            "{}, commit {} of the load, by run {}",
            shown_time(checkpoint.time),
            checkpoint.number(),
            checkpoint.run()
        ),
    );
    format!("\n{}: {}\n{table}", shown_name(name), word(checkpoint))
}

fn facts() -> Table<2> {
    Table::new([Alignment::Left; 2]).indented(2)
}
