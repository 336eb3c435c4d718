//! What must hold: for each run, and for what is on the topic after the last one, as Java's consumer reads it.

use std::collections::HashMap;

use serde_json::Value;

use super::Violation;
use super::file::Expected;
use super::plan::Mode;
use super::runs::{Ended, Load};

/// The topic of the checkpoints by default.
const CHECKPOINTS: &str = "k2-produce-checkpoints";

fn holds(is_true: bool, problem: impl FnOnce() -> String) -> Result<(), Violation> {
    match is_true {
        true => Ok(()),
        false => Err(Violation(problem())),
    }
}

/// Checks how a run ended, and what it reports. `is_disturbed` if a fault can be a reason not to succeed.
pub(super) fn check_run(mode: Mode, run: &Ended, is_disturbed: bool) -> Result<(), Violation> {
    let of_run = |problem: String| format!("run {}: {problem}: {}", run.number, run.stderr);
    holds(!run.stderr.contains("panicked"), || {
        of_run("it panicked".to_owned())
    })?;
    if run.is_killed {
        return Ok(());
    }
    let by_signal = run.signal.map(|signal| 128 + signal);
    let is_plausible = match run.code() {
        Some(0 | 1) => true,
        Some(4 | 5) => is_disturbed,
        code => code.is_some() && code == by_signal,
    };
    holds(is_plausible, || of_run(format!("it ended with {}", run.status)))?;
    let Some(summary) = &run.summary else {
        return Err(Violation(of_run("there is no summary".to_owned())));
    };
    let code = run.code().map(Value::from);
    holds(code.as_ref() == summary.get("exit_status"), || {
        of_run(format!("{} is not the status in {summary}", run.status))
    })?;
    let fates = ["delivered", "rejected", "filtered", "failed", "unknown", "unsent"];
    let sum: u64 = fates.iter().map(|fate| run.count(&format!("/rows/{fate}"))).sum();
    holds(
        summary["balanced"] == true && sum == run.count("/rows/read"),
        || of_run(format!("the counts are not balanced: {summary}")),
    )?;
    if mode == Mode::ExactlyOnce {
        let before: u64 = ["delivered", "rejected", "filtered"]
            .iter()
            .map(|fate| run.count(&format!("/load/rows_before/{fate}")))
            .sum();
        holds(summary["load"].is_null() || before >= run.floor, || {
            of_run(format!("it begins after {before} rows, not {}", run.floor))
        })?;
        holds(
            run.count("/rows/unknown") == 0 || matches!(run.code(), Some(4 | 5 | 129 | 130 | 143)),
            || of_run("rows are unknown".to_owned()),
        )?;
    }
    Ok(())
}

/// Judges an exactly-once load that is complete. Returns how many offsets no committed row has.
pub(super) fn judge(load: &Load<'_>, complete: &Ended) -> Result<u64, Violation> {
    let rows = &load.rows;
    let mut times = vec![0_u32; rows.rows.len()];
    see_in_order(load, |number| times[number] += 1)?;
    for (number, (row, times)) in rows.rows.iter().zip(&times).enumerate() {
        let expected = u32::from(row.fate == Expected::Delivered);
        holds(*times == expected, || {
            format!("row {number} ({:?}) is on the topic {times} times", row.fate)
        })?;
    }
    let fates = [
        ("delivered", rows.count(Expected::Delivered)),
        ("rejected", rows.count(Expected::Rejected)),
        ("filtered", rows.count(Expected::Filtered)),
        ("read", rows.rows.len() as u64),
    ];
    for (fate, expected) in fates {
        let counted =
            complete.count(&format!("/rows/{fate}")) + complete.count(&format!("/load/rows_before/{fate}"));
        holds(counted == expected, || {
            format!(
                "run {} counts {counted} rows as {fate}, not {expected}: {:?}",
                complete.number, complete.summary
            )
        })?;
    }
    let status = i32::from(rows.count(Expected::Rejected) > 0);
    holds(complete.code() == Some(status), || {
        format!("it ended with {}, not {status}", complete.status)
    })?;
    judge_checkpoints(load, &fates)?;
    judge_rejects(load)?;
    Ok(load.cluster.records(&load.topic) - rows.count(Expected::Delivered))
}

/// Passes the number of each row on the topic to `see`. Each must have the content of the row in the file, and those of a
/// partition their order.
fn see_in_order(load: &Load<'_>, mut see: impl FnMut(usize)) -> Result<(), Violation> {
    let mut last: HashMap<u64, usize> = HashMap::new();
    let mut partitions: HashMap<String, u64> = HashMap::new();
    let mut first = Ok(());
    load.cluster.see_each(&load.topic, |record| {
        let checked = (|| {
            let value = &record["value"];
            let number = value["number"].as_u64().map(|number| number as usize);
            let row = number.and_then(|number| load.rows.rows.get(number));
            let (Some(number), Some(row)) = (number, row) else {
                return Err(Violation(format!("no row of the file: {record}")));
            };
            let is_same = value["symbol"] == row.symbol
                && value["text"] == row.text
                && value["quantity"] == row.quantity
                && record["key"] == row.symbol;
            holds(is_same, || format!("row {number} differs: {record}, {row:?}"))?;
            let partition = record["partition"].as_u64().unwrap_or(u64::MAX);
            let before = last.insert(partition, number);
            holds(before < Some(number), || {
                format!("row {number} follows row {before:?} in partition {partition}: {record}")
            })?;
            let of_key = *partitions.entry(row.symbol.clone()).or_insert(partition);
            holds(of_key == partition, || {
                format!("key {} is in two partitions: {record}", row.symbol)
            })?;
            see(number);
            Ok(())
        })();
        if first.is_ok() {
            first = checked;
        }
    });
    first
}

/// The last checkpoint of each input says that it is complete, and their counts are those of the files.
fn judge_checkpoints(load: &Load<'_>, fates: &[(&str, u64)]) -> Result<(), Violation> {
    let mut last: HashMap<String, Value> = HashMap::new();
    load.cluster.see_each(CHECKPOINTS, |record| {
        let key = record["key"].as_str().unwrap_or_default();
        if key.starts_with(&format!("[\"{}\",", load.topic)) {
            last.insert(key.to_owned(), from_hex(&record["raw"]));
        }
    });
    holds(last.len() == load.rows.files.len(), || {
        format!("checkpoints: {last:?}")
    })?;
    for (fate, expected) in fates {
        let sum: u64 = last
            .values()
            .filter_map(|checkpoint| checkpoint["rows"][fate].as_u64())
            .sum();
        holds(sum == *expected, || {
            format!("the checkpoints have {sum} rows as {fate}, not {expected}: {last:?}")
        })?;
    }
    let are_complete = last.values().all(|checkpoint| checkpoint["state"] == "complete");
    holds(are_complete, || format!("checkpoints: {last:?}"))
}

/// The JSON in bytes that the witness printed as hexadecimal digits.
fn from_hex(text: &Value) -> Value {
    let digits = text.as_str().unwrap_or_default();
    let bytes: Option<Vec<u8>> = (0..digits.len() / 2)
        .map(|index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok())
        .collect();
    serde_json::from_slice(&bytes.unwrap_or_default()).unwrap_or(Value::Null)
}

/// The rejects file has the bad rows as they are in the files, and the reasons name their places.
fn judge_rejects(load: &Load<'_>) -> Result<(), Violation> {
    let read = |name: &str| std::fs::read_to_string(load.env.path(name)).unwrap_or_default();
    let bad = || load.rows.rows.iter().filter(|row| row.fate == Expected::Rejected);
    let expected = match bad().next() {
        Some(_) => load.rows.rejects(),
        None => String::new(),
    };
    holds(read("bad") == expected, || {
        "the rejects file differs from the bad rows".to_owned()
    })?;
    let places = read("bad.errors.jsonl")
        .lines()
        .map(|line| {
            let reason: Value = serde_json::from_str(line).unwrap_or_default();
            (
                reason["file"].clone(),
                reason["line"].clone(),
                reason["fate"].clone(),
            )
        })
        .collect::<Vec<_>>();
    let expected = bad().map(|row| {
        let (file, line) = row.place;
        (
            Value::from(&*load.rows.files[file]),
            Value::from(line),
            Value::from("rejected"),
        )
    });
    holds(places.iter().cloned().eq(expected), || {
        format!("the reasons differ from the bad rows: {places:?}")
    })
}

/// A load that is complete sends nothing when it is run again, and ends as before.
pub(super) fn judge_repetition(load: &mut Load<'_>, complete: &Ended) -> Result<(), Violation> {
    let before = load.cluster.records(&load.topic);
    let run = load.start(complete.settled());
    let again = load.end(run)?;
    check_run(Mode::ExactlyOnce, &again, false)?;
    let records = load.cluster.records(&load.topic);
    let is_same = again.code() == complete.code() && again.count("/rows/read") == 0 && records == before;
    holds(is_same, || {
        format!("run again, the complete load is not left alone: {again:?}")
    })
}

/// Judges a load without transactions: each delivered row is on the topic once, each unknown one at most once, and no
/// other; those of a key without gaps. After a kill only the order and the gaps can be judged.
pub(super) fn judge_plain(load: &Load<'_>, run: &Ended) -> Result<(), Violation> {
    let rows = &load.rows.rows;
    let mut times = vec![0_u32; rows.len()];
    see_in_order(load, |number| times[number] += 1)?;
    let mut is_over: HashMap<&str, usize> = HashMap::new();
    let good = || {
        let all = rows.iter().zip(&times).enumerate();
        all.filter(|(_, (row, _))| row.fate == Expected::Delivered)
    };
    for (number, (row, times)) in good() {
        holds(*times <= 1, || {
            format!("row {number} is on the topic {times} times")
        })?;
        match times {
            0 => _ = is_over.entry(&*row.symbol).or_insert(number),
            _ => holds(!is_over.contains_key(&*row.symbol), || {
                format!(
                    "row {number} is on the topic, and row {} of its key is not",
                    is_over[&*row.symbol]
                )
            })?,
        }
    }
    if run.is_killed {
        return Ok(());
    }
    let kept = kept_fates(load);
    let read = run.count("/rows/read") as usize;
    let mut delivered = 0;
    for (number, (row, times)) in good() {
        let fate = kept.get(&row.place).map_or("delivered", String::as_str);
        let (least, most) = match fate {
            _ if number >= read => (0, 0),
            "delivered" => (1, 1),
            "unknown" => (0, 1),
            _ => (0, 0),
        };
        delivered += u64::from(number < read && fate == "delivered");
        holds((least..=most).contains(times), || {
            format!(
                "row {number} is {fate} and {times} times on the topic: {:?}",
                run.summary
            )
        })?;
    }
    holds(delivered == run.count("/rows/delivered"), || {
        format!("{delivered} rows were delivered: {:?}", run.summary)
    })?;
    for fate in ["rejected", "failed", "unknown", "unsent"] {
        let kept = kept.values().filter(|kept| *kept == fate).count() as u64;
        holds(kept == run.count(&format!("/rows/{fate}")), || {
            format!("{kept} rows are kept as {fate}: {:?}", run.summary)
        })?;
    }
    Ok(())
}

/// The fates of the rows in the rejects file, by file and line.
fn kept_fates(load: &Load<'_>) -> HashMap<(usize, u64), String> {
    let reasons = std::fs::read_to_string(load.env.path("bad.errors.jsonl")).unwrap_or_default();
    let reasons = reasons
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reasons
        .filter_map(|reason| {
            let file = load.rows.files.iter().position(|file| reason["file"] == **file)?;
            let line = reason["line"].as_u64()?;
            Some(((file, line), reason["fate"].as_str()?.to_owned()))
        })
        .collect()
}
