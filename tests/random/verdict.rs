//! Checks that every run must pass, regardless of its input.

use std::fs;

use serde_json::Value as Json;

use crate::arguments::{METRICS, REJECTS};
use crate::process::{End, Ended};
use crate::run::{Run, Task};

/// The memory limit of a run, in KiB.
const MOST_KIB: u64 = 128 * 1024;
const FATES: [&str; 6] = ["delivered", "rejected", "filtered", "failed", "unknown", "unsent"];

/// What a command printed.
pub(crate) struct Printed {
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

/// Why a check failed.
type Finding = String;

macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}

/// Checks any command, including a failed one.
pub(crate) fn of_command(run: &Run, ended: &Ended, printed: &Printed) -> Result<(), Finding> {
    let err = String::from_utf8_lossy(&printed.err);
    ensure!(!err.contains("panicked"), "it panicked");
    ensure!(ended.peak_kib <= MOST_KIB, "memory: {} KiB", ended.peak_kib);
    match ended.end {
        End::TimeOut => return Err("it did not end within the time limit".to_owned()),
        // The signal may arrive before the handler is installed.
        End::Signal(number) => ensure!(
            run.interruption
                .is_some_and(|sent| sent.signal.as_raw() == number),
            "ended by signal {number}"
        ),
        End::Status(130 | 143) => ensure!(run.interruption.is_some(), "ended as if by a signal"),
        End::Status(status) => {
            ensure!((0..=5).contains(&status), "status {status}");
            ensure!(
                !(2..=5).contains(&status) || err.contains("error"),
                "status {status} without an error"
            );
        }
    }
    ensure!(
        std::str::from_utf8(&printed.err).is_ok(),
        "standard error is not UTF-8"
    );
    ensure!(
        std::str::from_utf8(&printed.out).is_ok(),
        "standard output is not UTF-8"
    );
    for printed in [err, String::from_utf8_lossy(&printed.out)] {
        if let Some(character) = printed.chars().find(|&character| acts_on_a_terminal(character)) {
            return Err(format!("it prints {character:?} unescaped"));
        }
    }
    Ok(())
}

/// Checks a run that reads rows.
pub(crate) fn of_run(run: &Run, ended: &Ended, printed: &Printed) -> Result<(), Finding> {
    let End::Status(status) = ended.end else {
        return Ok(());
    };
    if run.all_good && run.interruption.is_none() {
        ensure!(status == 0, "status {status}, though every row fits");
    }
    if run.has_summary {
        // No summary is written if the arguments are invalid.
        if printed.out.is_empty() {
            ensure!(status == 2, "status {status} without a summary");
        } else {
            let summary: Json = serde_json::from_slice(&printed.out)
                .map_err(|error| format!("the summary is not JSON: {error}"))?;
            sums(run, status, &summary)?;
            rejects(run, &summary)?;
        }
    }
    metrics(run, status)
}

/// Checks that the summary adds up and agrees with the exit status and with what is known about the files.
fn sums(run: &Run, status: i32, summary: &Json) -> Result<(), Finding> {
    ensure!(
        summary["exit_status"] == status,
        "status {status}, but the summary says {}",
        summary["exit_status"]
    );
    ensure!(summary["balanced"] == true, "not balanced");
    let rows = &summary["rows"];
    let count = |rows: &Json, fate: &str| rows[fate].as_u64().ok_or(format!("no `{fate}`"));
    let read = count(rows, "read")?;
    let mut fates = 0;
    for fate in FATES {
        fates += count(rows, fate)?;
    }
    ensure!(read == fates, "{read} read, but {fates} have a fate");
    let files = summary["files"].as_array().ok_or("no `files`")?;
    for fate in FATES.into_iter().chain(["read"]) {
        let mut of_files = 0;
        for file in files {
            of_files += count(&file["rows"], fate)?;
        }
        ensure!(
            of_files == count(rows, fate)?,
            "the files' `{fate}` add up to {of_files}"
        );
    }
    let done = match run.task {
        Task::Publish => count(rows, "delivered")?,
        _ => count(rows, "unsent")?,
    };
    let (rejected, lost) = (
        count(rows, "rejected")?,
        count(rows, "failed")? + count(rows, "unknown")?,
    );
    // A requested end is not a failure.
    let is_stopped = summary["stopped"]
        .as_str()
        .is_some_and(|why| !why.starts_with("by `--limit`"));
    match status {
        0 => ensure!(done == read && !is_stopped, "status 0, but {done} of {read} rows"),
        1 => ensure!(
            rejected > 0 && done + rejected == read && !is_stopped,
            "status 1, but {done} rows and {rejected} rejected of {read}"
        ),
        3 => ensure!(is_stopped || rejected > 0, "status 3 without a reason"),
        5 => ensure!(lost > 0, "status 5, but no row failed"),
        _ => {}
    }
    ensure!(
        lost == 0 || status == 5,
        "status {status}, but {lost} rows failed or are unknown"
    );
    if let Some(rows) = run.rows {
        ensure!(read <= rows, "{read} rows read of {rows}");
        ensure!(
            status > 1 || read == rows,
            "status {status}, but only {read} of {rows} rows read"
        );
    }
    arrived(summary, count(rows, "delivered")?)
}

/// Checks that the topic grew by the number of delivered messages. No other run writes to this sandbox at the same time.
fn arrived(summary: &Json, delivered: u64) -> Result<(), Finding> {
    let Some(partitions) = summary["topic"]["partitions"].as_array() else {
        return Ok(());
    };
    let mut grown = 0;
    for partition in partitions {
        let (Some(before), Some(after)) = (
            partition["offset_before"].as_u64(),
            partition["offset_after"].as_u64(),
        ) else {
            return Ok(());
        };
        grown += after - before;
    }
    ensure!(
        grown == delivered,
        "{delivered} delivered, but the topic grew by {grown}"
    );
    Ok(())
}

/// Checks that the rejects file and its reasons have as many rows as the summary says.
fn rejects(run: &Run, summary: &Json) -> Result<(), Finding> {
    let kept = summary["rejects"]["rows"].as_u64().unwrap_or_default();
    let reasons = reasons(run)?;
    ensure!(reasons == kept, "{kept} rows kept, but {reasons} reasons");
    ensure!(
        run.folder.join(REJECTS).exists() == (kept > 0),
        "{kept} rows kept, but the rejects file is missing or unexpected"
    );
    Ok(())
}

/// The number of reasons for the rejects file.
fn reasons(run: &Run) -> Result<u64, Finding> {
    let reasons = fs::read(run.folder.join(format!("{REJECTS}.errors.jsonl"))).unwrap_or_default();
    let mut count = 0;
    for line in reasons
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        serde_json::from_slice::<Json>(line)
            .map_err(|error| format!("the rejects' reasons are not JSON: {error}"))?;
        count += 1;
    }
    Ok(count)
}

/// Checks that the rejects file, read in the same way as the files, has the same rows and that all are rejected again.
pub(crate) fn of_reload(run: &Run, printed: &Printed) -> Result<(), Finding> {
    let kept = reasons(run)?;
    let summary: Json = serde_json::from_slice(&printed.out)
        .map_err(|error| format!("the rejects file cannot be loaded: {error}"))?;
    // Without the good rows before it, a rejected row may be the first one and make the file as a whole look wrong.
    const LOOKS_WRONG: [&str; 2] = [
        "the first line is not JSON; it looks like CSV",
        "an object spans several lines, but JSONL has one object per line",
    ];
    let errors = summary["errors"].as_array().ok_or("no `errors`")?;
    let mut errors = errors.iter().filter_map(Json::as_str);
    if errors.any(|error| LOOKS_WRONG.iter().any(|end| error.ends_with(end))) {
        return Ok(());
    }
    let rows = &summary["rows"];
    ensure!(
        rows["read"] == kept && rows["rejected"] == kept,
        "{kept} rows were kept, but the rejects file has {}, of which {} are rejected",
        rows["read"],
        rows["rejected"]
    );
    Ok(())
}

/// Checks that every line of the metrics file is a comment or a sample.
fn metrics(run: &Run, status: i32) -> Result<(), Finding> {
    if !run.arguments().iter().any(|argument| argument == METRICS) {
        return Ok(());
    }
    let Ok(text) = fs::read_to_string(run.folder.join(METRICS)) else {
        ensure!(status > 1, "no metrics file");
        return Ok(());
    };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().unwrap_or_default();
        ensure!(value.parse::<f64>().is_ok(), "metrics: `{line}`");
    }
    Ok(())
}

/// Whether a terminal interprets the character, or it changes the direction of text.
fn acts_on_a_terminal(character: char) -> bool {
    let is_bidirectional =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (character.is_control() && character != '\n') || is_bidirectional
}
