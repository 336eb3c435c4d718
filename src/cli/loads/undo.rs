//! How the rows of a load can be removed from its topics. Nothing is removed here.
//!
//! Brokers delete records only from the start of a partition up to an offset. So the rows of a load can be deleted if no
//! record of others is before the last of them, which reading them shows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Checkpoints, refuse_recreated, shown_name};
use crate::cli::exactly_once::waiting_note;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::kafka::{Acknowledged, Extent, Fact, ProducerSettings, RangeReader};
use crate::load::KnownLoad;
use crate::report::figures::count_of;

/// How long to wait for messages before looking whether they are hidden.
const PATIENCE: Duration = Duration::from_millis(100);

/// The rows of a load on one partition.
struct Written {
    topic: usize,
    partition: i32,
    rows: Acknowledged,
}

/// Prints the offsets before which the brokers can delete everything, in the form that `kafka-delete-records` reads.
///
/// # Errors
/// Others have records there, or it is not known where the rows are.
pub(super) fn undo(name: &str, load: &KnownLoad, checkpoints: &Checkpoints) -> Result<Exit, Failure> {
    let (topics, written) = written(name, load)?;
    if written.is_empty() {
        let message = format!("load {} has no rows on any topic", shown_name(name));
        return Err(Failure::new(Exit::Usage, message));
    }
    let settings = ProducerSettings {
        topics,
        ..checkpoints.settings.clone()
    };
    let mut reader = RangeReader::connect(&settings)?;
    for checkpoint in load
        .inputs
        .values()
        .filter_map(|known| known.recorded.as_ref().ok())
    {
        refuse_recreated(checkpoint, &reader)?;
    }
    let mut waiting = waiting_note();
    let mut reasons = Vec::new();
    for written in &written {
        reasons.extend(obstacle(written, &mut reader, &mut waiting)?);
    }
    if !reasons.is_empty() {
        for reason in &reasons {
            messages::line(reason);
        }
        let message = format!(
            "the rows of load {} cannot be deleted by offset",
            shown_name(name)
        );
        let hint = "brokers delete only everything before an offset; where rows have keys, tombstones on a compacted topic \
                    remove them (docs/exactly-once.md)";
        return Err(Failure::new(Exit::Rejected, message).with_hint(Some(hint)));
    }
    messages::unless_enough(messages::standard_output_json(&plan(&settings.topics, &written)))?;
    let rows: u64 = written.iter().map(|written| written.rows.messages()).sum();
    messages::line(&format!(
        "before these offsets there is nothing but the {} of load {}",
        count_of(rows, "row", "rows"),
        shown_name(name)
    ));
    messages::line(&format!(
        "hint: `kafka-delete-records.sh` of Kafka deletes them on {}, with this output as its offset file; then \
         `k2-produce loads forget` lets the load begin again",
        settings.bootstrap_servers
    ));
    Ok(Exit::Success)
}

/// The topics, and where the rows of all inputs are on them.
fn written(name: &str, load: &KnownLoad) -> Result<(Vec<String>, Vec<Written>), Failure> {
    let refused = |why: String| Failure::new(Exit::Usage, format!("load {}: {why}", shown_name(name)));
    let mut sums: BTreeMap<(&str, i32), Acknowledged> = BTreeMap::new();
    for (input, known) in &load.inputs {
        let input = shown_name(input);
        let checkpoint = known
            .recorded
            .as_ref()
            .map_err(|reason| refused(format!("a checkpoint of {input} cannot be read: {reason}")))?;
        if !checkpoint.knows_all_offsets() {
            return Err(refused(format!("the offsets of {input} are not all known")));
        }
        for written in &checkpoint.written {
            let sum = sums.entry((&written.topic, written.partition)).or_default();
            sum.add(&written.rows);
        }
    }
    let mut topics: Vec<String> = Vec::new();
    let mut written = Vec::new();
    for ((topic, partition), rows) in sums {
        if topics.last().is_none_or(|last| last != topic) {
            topics.push(topic.to_owned());
        }
        written.push(Written {
            topic: topics.len() - 1,
            partition,
            rows,
        });
    }
    Ok((topics, written))
}

/// Why the rows on a partition cannot be deleted by offset, if so.
fn obstacle(
    written: &Written,
    reader: &mut RangeReader,
    waiting: &mut dyn FnMut(),
) -> Result<Option<String>, Failure> {
    let Written {
        topic,
        partition,
        rows,
    } = written;
    let Some(offsets) = rows.offsets() else {
        return Ok(None);
    };
    let facts = &reader.topics()[*topic].facts;
    let place = format!("{}:{partition}", shown_name(&facts.name));
    if facts.compacted == Fact::Known(true) {
        return Ok(Some(format!("{place}: the topic is compacted")));
    }
    let span = usize::try_from(*partition)
        .ok()
        .and_then(|partition| reader.spans()[*topic].get(partition).cloned());
    let after = *offsets.end() + 1;
    let Some(span) = span.filter(|span| after <= span.end) else {
        return Ok(Some(format!("{place}: the offsets up to {after} do not exist")));
    };
    if span.start > *offsets.start() {
        return Ok(Some(format!("{place}: the first rows were deleted already")));
    }
    let range = reader.start(*topic, *partition, Some(span.start..after))?;
    let mut found: u64 = 0;
    while reader.read(range, PATIENCE, &mut |_| found += 1)? == Extent::More {
        if reader.is_hidden(range) {
            waiting();
        }
    }
    Ok(match found.cmp(&rows.messages()) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => Some(format!(
            "{place}: of {}, {found} are there",
            count_of(rows.messages(), "row", "rows")
        )),
        std::cmp::Ordering::Greater => Some(format!(
            "{place}: {} of others before offset {after}",
            count_of(found - rows.messages(), "record", "records")
        )),
    })
}

/// The file that `kafka-delete-records` reads.
fn plan(topics: &[String], written: &[Written]) -> Value {
    let partitions = written.iter().filter_map(|written| {
        let offsets = written.rows.offsets()?;
        Some(json!({
            "topic": topics[written.topic],
            "partition": written.partition,
            "offset": *offsets.end() + 1,
        }))
    });
    json!({ "version": 1, "partitions": partitions.collect::<Vec<_>>() })
}
