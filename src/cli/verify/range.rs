//! Which offsets are compared: those of a load, those of a time, or all.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde_json::Value as Json;

use crate::cli::arguments::VerifyArguments;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::load_names::{file_name, path_name};
use crate::cli::loads::{Checkpoints, recreated, refuse_recreated};
use crate::cli::messages;
use crate::escape::printable;
use crate::input::Input;
use crate::kafka::RangeReader;
use crate::load::{InputCheckpoint, KnownLoad};

/// By topic and partition: ranges of offsets in their order, none of them empty, and apart from each other.
pub(super) type Ranges = Vec<Vec<Vec<Range<i64>>>>;

/// The offsets that are compared. `checkpoints` are read only if they are needed.
///
/// # Errors
/// The summary or the checkpoints cannot be used, or the brokers do not answer.
pub(super) fn ranges<'i>(
    typed: &VerifyArguments,
    reader: &mut RangeReader,
    inputs: impl Iterator<Item = &'i Input>,
    checkpoints: impl FnOnce() -> Result<Checkpoints, Failure>,
) -> Result<Ranges, Failure> {
    if let Some(path) = &typed.load_summary {
        return Ok(existing(of_summary(path, reader)?, reader));
    }
    if let Some(name) = &typed.load_checkpoints {
        let checkpoints = checkpoints()?;
        let (load, _) = checkpoints.find(name)?;
        let wanted = of_checkpoints(name, load, inputs, reader)?;
        return Ok(existing(wanted, reader));
    }
    let mut spans = reader.spans().to_vec();
    if let Some(time) = typed.since {
        let offsets = reader.offsets_since(time)?.concat();
        for (range, since) in spans.iter_mut().flatten().zip(offsets) {
            range.start = if since < 0 {
                range.end
            } else {
                since.max(range.start)
            };
        }
    }
    if let Some(time) = typed.until {
        let offsets = reader.offsets_since(time)?.concat();
        for (range, until) in spans.iter_mut().flatten().zip(offsets) {
            range.end = if until < 0 {
                range.end
            } else {
                until.max(range.start)
            };
        }
    }
    let of_partition = |span| joined(Some(span));
    let of_topic = |spans: Vec<Range<i64>>| spans.into_iter().map(of_partition).collect();
    Ok(spans.into_iter().map(of_topic).collect())
}

/// The ranges in their order, without empty ones; those without an offset in between are one.
fn joined(ranges: impl IntoIterator<Item = Range<i64>>) -> Vec<Range<i64>> {
    let ranges = ranges.into_iter().filter(|range| !range.is_empty());
    let mut ranges: Vec<Range<i64>> = ranges.collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<i64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The offsets that still exist, with a warning about those that do not.
fn existing(mut wanted: Ranges, reader: &RangeReader) -> Ranges {
    let (mut deleted, mut cut) = (0, 0);
    for (ranges, span) in wanted.iter_mut().flatten().zip(reader.spans().concat()) {
        *ranges = joined(std::mem::take(ranges));
        for range in ranges.iter_mut() {
            deleted += (span.start - range.start).clamp(0, range.end - range.start);
            cut += (range.end - span.end.max(range.start)).max(0);
            range.start = range.start.max(span.start);
            range.end = range.end.min(span.end).max(range.start);
        }
        ranges.retain(|range| !range.is_empty());
    }
    if deleted > 0 {
        messages::line(&format!(
            "warning: {deleted} of the offsets that the load wrote were deleted from the topic, for example by its retention"
        ));
    }
    if cut > 0 {
        messages::line(&format!(
            "warning: {cut} of the offsets that the load wrote are not on the topic any more"
        ));
    }
    wanted
}

fn of_summary(path: &Path, reader: &RangeReader) -> Result<Ranges, Failure> {
    let shown = printable(path.as_os_str().as_encoded_bytes(), 4096);
    let refused = |why: String| {
        Failure::new(Exit::Usage, format!("`--load-summary {shown}`: {why}")).with_hint(Some(
            "pass the output of a load with `--summary json`, or omit the option to compare the whole topic",
        ))
    };
    let text = fs::read(path).map_err(|error| refused(error.to_string()))?;
    let summary: Json = serde_json::from_slice(&text)
        .map_err(|error| refused(format!("it is not the summary of a load: {error}")))?;
    let before = &summary["load"]["rows_before"]["read"];
    if before.as_u64().is_some_and(|rows| rows > 0) {
        let why =
            "it is that of a run that continued a load, and does not have the offsets of the earlier runs";
        return Err(refused(why.to_owned()));
    }
    let mut wanted = Vec::new();
    for (topic, spans) in reader.topics().iter().zip(reader.spans()) {
        let name = &topic.facts.name;
        let topics = summary["topics"].as_array().into_iter().flatten();
        let of_load = topics.into_iter().find(|found| found["name"] == **name);
        let of_load = of_load.ok_or_else(|| refused(format!("it has no topic `{name}`")))?;
        if let (Some(id), Some(now)) = (of_load["id"].as_str(), topic.facts.topic_id.known())
            && id != now
        {
            return Err(recreated(name));
        }
        let mut ranges = nothing(spans);
        for partition in of_load["partitions"].as_array().into_iter().flatten() {
            let number = |key: &str| partition[key].as_i64();
            let (Some(index), Some(before), Some(after)) = (
                number("partition"),
                number("offset_before"),
                number("offset_after"),
            ) else {
                return Err(refused(format!("it does not have the offsets of topic `{name}`")));
            };
            let range = usize::try_from(index)
                .ok()
                .and_then(|index| ranges.get_mut(index));
            let range = range.ok_or_else(|| refused(format!("topic `{name}` has no partition {index}")))?;
            *range = joined(Some(before..after));
        }
        wanted.push(ranges);
    }
    Ok(wanted)
}

/// What the checkpoints of a load say of these inputs.
fn of_checkpoints<'i>(
    name: &str,
    load: &KnownLoad,
    inputs: impl Iterator<Item = &'i Input>,
    reader: &RangeReader,
) -> Result<Ranges, Failure> {
    let shown = printable(name.as_bytes(), 200);
    let refused = |why: String| {
        Failure::new(Exit::Usage, format!("`--load-checkpoints {shown}`: {why}")).with_hint(Some(
            "`k2-produce loads show` prints what is recorded of a load; omit the option to compare the whole topic",
        ))
    };
    let mut wanted: Ranges = reader.spans().iter().map(|spans| nothing(spans)).collect();
    for input in inputs {
        let checkpoint = checkpoint_of(load, input).map_err(&refused)?;
        if !checkpoint.knows_all_offsets() {
            return Err(refused(format!(
                "it does not have the offsets of all rows of {}",
                input.name
            )));
        }
        refuse_recreated(checkpoint, reader)?;
        for written in &checkpoint.written {
            let Some(offsets) = written.rows.offsets() else {
                continue;
            };
            let topic = reader
                .topics()
                .iter()
                .position(|topic| topic.facts.name == written.topic);
            let ranges = topic.and_then(|topic| {
                let partition = usize::try_from(written.partition).ok()?;
                wanted[topic].get_mut(partition)
            });
            let ranges = ranges.ok_or_else(|| {
                let topic = printable(written.topic.as_bytes(), 250);
                refused(format!(
                    "rows of {} are on partition {} of topic `{topic}`, which is not compared",
                    input.name, written.partition
                ))
            })?;
            ranges.push(*offsets.start()..*offsets.end() + 1);
        }
    }
    Ok(wanted)
}

/// The last checkpoint of an input, which has the name of its path, or that of its file in the load of a single file.
fn checkpoint_of<'l>(load: &'l KnownLoad, input: &Input) -> Result<&'l InputCheckpoint, String> {
    let names = [path_name(input), file_name(input)];
    let known = names.iter().find_map(|name| load.inputs.get(name));
    let known = known.ok_or_else(|| format!("it has not loaded {}", input.name))?;
    known
        .recorded
        .as_ref()
        .map_err(|reason| format!("a checkpoint cannot be read: {reason}"))
}

/// No offset of any partition.
fn nothing(spans: &[Range<i64>]) -> Vec<Vec<Range<i64>>> {
    vec![Vec::new(); spans.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_in_their_order_and_apart_from_each_other() {
        type Pairs<'p> = &'p [(i64, i64)];
        let cases: [(Pairs<'_>, Pairs<'_>); 5] = [
            (&[], &[]),
            (&[(5, 5), (7, 3)], &[]),
            (&[(10, 20), (0, 5)], &[(0, 5), (10, 20)]),
            (&[(0, 5), (5, 7), (8, 9)], &[(0, 7), (8, 9)]),
            (&[(0, 10), (3, 5), (9, 12)], &[(0, 12)]),
        ];
        for (given, expected) in cases {
            let of = |pairs: Pairs<'_>| -> Vec<Range<i64>> {
                pairs.iter().map(|(start, end)| *start..*end).collect()
            };
            assert_eq!(joined(of(given)), of(expected));
        }
    }
}
