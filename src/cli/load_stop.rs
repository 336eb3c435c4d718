//! Why a load in transactions ended early, what is on the topic, and how to go on, in words.

use super::messages::ErrorLog;
use crate::escape::printable;
use crate::load::{Abort, EarlierRuns, LoadReport, LoadState, LoadStop, OutOfTime, RunOutcome, Stop};
use crate::report::figures::{count_of, duration, rate};

/// Prints why a load cannot continue.
pub(super) fn print_stop(stop: &LoadStop, done: &RunOutcome, log: &mut ErrorLog) {
    let name = done.load.as_ref().map_or("", |load| &load.name);
    let name = printable(name.as_bytes(), 200);
    match stop {
        LoadStop::Superseded => {
            let hint = match is_continued(done) {
                true => "run a load once at a time; the other run continues where this one ended",
                false => {
                    "the other run may commit the same rows: look before you run this again; `--exactly-once` does not \
                     repeat what was committed; loads of different rows at the same time need different `--load-name`s"
                }
            };
            log.error(
                &format!("another run of load {name} has taken over; this one has stopped"),
                Some(hint),
            );
        }
        LoadStop::Failed { message, is_lasting } => {
            let hint = match (is_continued(done), is_lasting) {
                (true, true) => format!("fix the cause; {}", next_run(done)),
                (true, false) => next_run(done).to_owned(),
                (false, true) => "fix the cause, then run the same command again".to_owned(),
                (false, false) => "run the same command again".to_owned(),
            };
            // What was committed must not be loaded a second time.
            let hint = (is_continued(done) || done.counts.unknown == 0).then_some(&*hint);
            log.error(&format!("rows could not be committed: {message}"), hint);
        }
        LoadStop::OutOfTime(out) if out.is_idle() => log.error(
            &out_of_time(out),
            Some("look at the program that writes the rows; or write them to a file first, then load that"),
        ),
        LoadStop::OutOfTime(out) => log.error(&out_of_time(out), Some(SMALLER_TRANSACTIONS)),
        LoadStop::TopicChanged { message } => {
            log.error(
                &format!("nothing was committed, because the topic changed: {message}"),
                None,
            );
        }
        LoadStop::Inconsistent if is_forgotten(done) => log.error(
            &format!("the checkpoints of load {name} were removed while this run was at work"),
            Some(
                "it was forgotten (`k2-produce loads forget`); the rows that were committed are on the topic",
            ),
        ),
        LoadStop::Inconsistent => log.error(
            &format!("the checkpoints of load {name} are not those that this run wrote"),
            Some("somebody else writes to the topic of the checkpoints: find out who"),
        ),
    }
}

const SMALLER_TRANSACTIONS: &str = "load fewer rows at once, load without `--atomic` (`--exactly-once` commits again and again), \
     or have the brokers' `transaction.max.timeout.ms` raised";

fn is_forgotten(done: &RunOutcome) -> bool {
    let load = done.load.as_ref();
    load.is_some_and(|load| load.state == Some(LoadState::Forgotten))
}

/// How an exactly-once load that ended early is continued.
fn next_run(done: &RunOutcome) -> &'static str {
    match &done.load {
        _ if is_forgotten(done) => "its checkpoints are gone, so the same command sends all rows again",
        // Its first commit has recorded that it begins with the first row.
        Some(load) if load.earlier_runs == EarlierRuns::Restart && load.commits > 0 => {
            "the same command without `--restart` continues the load, and with it sends all rows again"
        }
        Some(load) if load.earlier_runs == EarlierRuns::Restart => {
            "the same command begins with the first row again"
        }
        _ if matches!(done.stop, Some(Stop::Load(LoadStop::Inconsistent))) => {
            "look at its checkpoints before you run it again (`k2-produce loads show`)"
        }
        _ => "the same command continues the load",
    }
}

/// Whether a signal arrived when all rows had been committed.
pub(super) fn is_complete_despite_signal(done: &RunOutcome) -> bool {
    let is_complete = done.load.as_ref().is_some_and(LoadReport::is_complete);
    is_complete && matches!(done.stop, Some(Stop::Interrupted))
}

fn is_continued(done: &RunOutcome) -> bool {
    let load = done.load.as_ref();
    load.is_none_or(|load| load.earlier_runs.is_exactly_once())
}

fn out_of_time(out: &OutOfTime) -> String {
    let seconds = out.elapsed.as_secs_f64();
    if out.is_idle() {
        let arrived = match out.rows {
            0 => "no row arrived".to_owned(),
            rows => format!(
                "no row arrived for {}, after {}",
                duration(out.idle.as_secs_f64()),
                count_of(rows, "row", "rows")
            ),
        };
        return format!(
            "{arrived}, and the brokers abort a transaction after {} (`transaction.timeout.ms`)",
            duration(out.timeout.as_secs_f64())
        );
    }
    let expected = out.expected.map_or(String::new(), |expected| {
        format!(", so all would take about {}", duration(expected.as_secs_f64()))
    });
    format!(
        "the rows do not fit into one transaction: {} delivered in {} ({} rows/s){expected}, and the brokers abort a \
         transaction after {} (`transaction.timeout.ms`)",
        count_of(out.rows, "row was", "rows were"),
        duration(seconds),
        rate(out.rows as f64 / seconds.max(0.001)),
        duration(out.timeout.as_secs_f64())
    )
}

/// What is on the topic after a load in one transaction that ended early.
fn describe_atomic_stop(why: &str, load: &LoadReport, done: &RunOutcome) -> String {
    let is_continued = load.earlier_runs.is_exactly_once();
    if done.counts.unknown > 0 {
        let rows = count_of(done.counts.unknown, "row was", "rows were");
        let next = match is_continued {
            true => "the same command finds out",
            false => "look at the topic before you load again",
        };
        return format!("{why}; it is unknown whether {rows} committed, all or none; {next}");
    }
    if done.counts.delivered > 0 {
        let rows = count_of(done.counts.delivered, "row is", "rows are");
        return format!("{why}; {rows} committed");
    }
    let wait = match &load.aborted {
        Some(Abort::Later(timeout)) => format!(
            "; readers of committed messages wait until the brokers abort the transaction, at most {}, or until the same \
             command is run again",
            duration(timeout.as_secs_f64())
        ),
        Some(Abort::Done) | None => String::new(),
    };
    let next = match done.stop {
        Some(Stop::Interrupted) => "the same command loads all rows",
        Some(Stop::Load(LoadStop::Superseded)) if !is_continued => {
            return format!("{why}; no row of this run is committed{wait}");
        }
        _ => "fix the cause, then run the same command again",
    };
    format!("{why}; no row is committed{wait}; {next}")
}

/// What is on the topic after a load in transactions that ended early.
pub(super) fn describe_stop(why: &str, load: &LoadReport, done: &RunOutcome) -> String {
    if is_complete_despite_signal(done) {
        return format!("{why}, after the last commit: the load is complete");
    }
    if load.is_atomic() {
        return describe_atomic_stop(why, load, done);
    }
    let all = load.before.delivered + done.counts.delivered;
    let rows = count_of(all, "row is", "rows are");
    let doubt = match done.counts.unknown {
        0 => String::new(),
        unknown => format!(
            ", and it is unknown whether {} more were committed",
            count_of(unknown, "row", "rows")
        ),
    };
    format!("{why}; {rows} committed{doubt}; {}", next_run(done))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rows_that_do_not_arrive_are_not_rows_that_do_not_fit() {
        let say = |rows, idle| {
            out_of_time(&OutOfTime {
                timeout: Duration::from_secs(60),
                elapsed: Duration::from_secs(54),
                rows,
                idle: Duration::from_secs(idle),
                expected: None,
            })
        };
        assert!(
            say(5_400, 1)
                .starts_with("the rows do not fit into one transaction: 5,400 rows were delivered in 54")
        );
        let abort = "and the brokers abort a transaction after 1 min 00 s (`transaction.timeout.ms`)";
        assert_eq!(
            say(7, 50),
            format!("no row arrived for 50.0 s, after 7 rows, {abort}")
        );
        assert_eq!(say(0, 54), format!("no row arrived, {abort}"));
    }
}
