//! The text of the progress line, shortened to the width of the terminal.

use super::speed::Speed;
use crate::load::{Phase, Snapshot};
use crate::report::figures::{bytes, count, rate, time_left};

/// One figure of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) text: String,
    /// If there is not enough room, those with the highest rank are omitted.
    rank: u8,
}

fn figure(rank: u8, text: String) -> Figure {
    Figure { text, rank }
}

/// All figures, in the order in which they are shown.
pub(crate) fn figures(snapshot: &Snapshot, speed: &Speed) -> Vec<Figure> {
    let counts = &snapshot.counts;
    let mut figures = Vec::with_capacity(12);
    match snapshot.phase {
        Phase::Reading => {
            if let Some(done) = done(snapshot) {
                figures.push(figure(0, format!("{:.0}%", (done * 100.0).floor())));
            }
            let read = bytes(snapshot.bytes_read);
            figures.push(match snapshot.bytes_total {
                Some(total) => figure(5, format!("{read} of {}", bytes(total))),
                None => figure(5, read),
            });
        }
        Phase::Finishing | Phase::Interrupted => figures.push(figure(0, "finishing".to_owned())),
    }
    // A fate with rows is more important than one without.
    let rank = |rows: u64, none: u8| if rows > 0 { 2 } else { none };
    let good = match (snapshot.dry_run, snapshot.compared) {
        (true, _) => format!("{} fit", count(counts.unsent)),
        (false, true) => format!("{} compared", count(counts.unsent)),
        (false, false) => format!("{} delivered", count(counts.delivered)),
    };
    let sends = !snapshot.dry_run && !snapshot.compared;
    let rank_of_good = match snapshot.phase {
        Phase::Interrupted => 3,
        Phase::Reading | Phase::Finishing => 1,
    };
    figures.push(figure(rank_of_good, good));
    let rejected = format!("{} rejected", count(counts.rejected));
    figures.push(figure(rank(counts.rejected, 6), rejected));
    if sends {
        let failed = format!("{} failed", count(counts.failed));
        figures.push(figure(rank(counts.failed, 7), failed));
    }
    if counts.filtered > 0 {
        figures.push(figure(4, format!("{} filtered", count(counts.filtered))));
    }
    if counts.unknown > 0 {
        figures.push(figure(2, format!("{} unknown", count(counts.unknown))));
    }
    let in_flight = format!("{} in flight", count(counts.in_flight()));
    match snapshot.phase {
        Phase::Reading => {
            figures.push(figure(4, format!("{} rows/s", rate(speed.rows_per_second()))));
            if let Some(seconds) = seconds_left(snapshot, speed) {
                figures.push(figure(3, format!("{} left", time_left(seconds))));
            }
            figures.push(figure(
                8,
                format!("{}/s", bytes(speed.bytes_per_second().round() as u64)),
            ));
            if sends {
                figures.push(figure(9, in_flight));
            }
        }
        Phase::Finishing if snapshot.compared => {}
        Phase::Finishing => figures.push(figure(1, in_flight)),
        Phase::Interrupted => {
            figures.push(figure(1, in_flight));
            figures.push(figure(1, "a second signal stops now".to_owned()));
        }
    }
    figures
}

/// How much of the run is done, from 0 to 1: it ends at the end of its inputs or at the row given by `--limit`.
pub(crate) fn done(snapshot: &Snapshot) -> Option<f64> {
    let of_bytes = share(snapshot.bytes_read, snapshot.bytes_total);
    let of_rows = share(snapshot.counts.read, snapshot.rows_limit);
    let done = of_bytes.into_iter().chain(of_rows).reduce(f64::max)?;
    // An input may grow while it is read.
    Some(done.min(1.0))
}

fn share(done: u64, total: Option<u64>) -> Option<f64> {
    let total = total.filter(|total| *total > 0)?;
    Some(done as f64 / total as f64)
}

/// Seconds until the end of the inputs, or until the limit of rows.
fn seconds_left(snapshot: &Snapshot, speed: &Speed) -> Option<f64> {
    let left = |done: u64, total: Option<u64>, per_second: f64| {
        Some(total?.saturating_sub(done) as f64 / per_second).filter(|_| per_second > 0.0)
    };
    let (rows_per_second, bytes_per_second) = match snapshot.paced {
        true => speed.averages(),
        false => (speed.rows_per_second(), speed.bytes_per_second()),
    };
    let of_bytes = left(snapshot.bytes_read, snapshot.bytes_total, bytes_per_second);
    let of_rows = left(snapshot.counts.read, snapshot.rows_limit, rows_per_second);
    of_bytes.into_iter().chain(of_rows).reduce(f64::min)
}

/// All figures, for a log.
pub(crate) fn line(figures: &[Figure]) -> String {
    let texts: Vec<&str> = figures.iter().map(|figure| figure.text.as_str()).collect();
    texts.join("  ")
}

/// The figures of the lowest ranks that fit in `columns`.
pub(crate) fn line_that_fits(figures: &[Figure], columns: usize) -> String {
    let highest = figures.iter().map(|figure| figure.rank).max().unwrap_or(0);
    let up_to = |rank: u8| {
        let kept = figures.iter().filter(|figure| figure.rank <= rank);
        line(&kept.cloned().collect::<Vec<_>>())
    };
    // The text is ASCII: a byte is a column.
    (0..=highest)
        .map(up_to)
        .take_while(|line| line.len() <= columns)
        .last()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::load::Counts;

    fn after_a_second() -> (Snapshot, Speed) {
        let start = Instant::now();
        let mut speed = Speed::new(start);
        let snapshot = Snapshot {
            bytes_read: 64_300_000,
            bytes_total: Some(88_100_000),
            counts: Counts {
                read: 730_512,
                delivered: 730_112,
                failed: 1,
                unknown: 388,
                ..Counts::default()
            },
            ..Snapshot::default()
        };
        speed.observe(start + Duration::from_secs(1), 730_112, 64_300_000);
        (snapshot, speed)
    }

    #[test]
    fn the_most_important_figures_are_omitted_last() {
        let (snapshot, speed) = after_a_second();
        let all = figures(&snapshot, &speed);
        assert_eq!(
            line(&all),
            "72%  64.3 MB of 88.1 MB  730,112 delivered  0 rejected  1 failed  388 unknown  730k rows/s  0.4 s left  \
             64.3 MB/s  11 in flight"
        );
        for (columns, shown) in [
            (200, line(&all)),
            (
                75,
                "72%  730,112 delivered  1 failed  388 unknown  730k rows/s  0.4 s left".to_owned(),
            ),
            (
                60,
                "72%  730,112 delivered  1 failed  388 unknown  0.4 s left".to_owned(),
            ),
            (50, "72%  730,112 delivered  1 failed  388 unknown".to_owned()),
            (25, "72%  730,112 delivered".to_owned()),
            (3, "72%".to_owned()),
            (2, String::new()),
        ] {
            assert_eq!(line_that_fits(&all, columns), shown, "{columns} columns");
        }
    }

    #[test]
    fn a_limit_of_rows_counts_as_the_end() {
        let (mut snapshot, speed) = after_a_second();
        snapshot.rows_limit = Some(1_000_000);
        let text = line(&figures(&snapshot, &speed));
        assert!(text.starts_with("73%") && text.contains("0.4 s left"), "{text}");
        snapshot.rows_limit = Some(803_123);
        let text = line(&figures(&snapshot, &speed));
        assert!(text.starts_with("90%") && text.contains("0.1 s left"), "{text}");
        snapshot.bytes_total = None;
        snapshot.rows_limit = Some(1_460_624);
        let text = line(&figures(&snapshot, &speed));
        assert!(text.starts_with("50%") && text.contains("1.0 s left"), "{text}");
        snapshot.rows_limit = None;
        let text = line(&figures(&snapshot, &speed));
        assert!(text.starts_with("64.3 MB  ") && !text.contains("left"), "{text}");
    }

    #[test]
    fn a_dry_run_delivers_nothing() {
        let (mut snapshot, speed) = after_a_second();
        snapshot.dry_run = true;
        snapshot.counts = Counts {
            read: 1_000,
            unsent: 999,
            rejected: 1,
            ..Counts::default()
        };
        let text = line(&figures(&snapshot, &speed));
        assert!(text.contains("  999 fit  1 rejected  730k rows/s"), "{text}");
        assert!(
            !text.contains("delivered") && !text.contains("in flight"),
            "{text}"
        );
    }

    #[test]
    fn a_run_that_ends_shows_what_it_waits_for() {
        let (mut snapshot, speed) = after_a_second();
        snapshot.phase = Phase::Finishing;
        assert_eq!(
            line(&figures(&snapshot, &speed)),
            "finishing  730,112 delivered  0 rejected  1 failed  388 unknown  11 in flight"
        );
        snapshot.phase = Phase::Interrupted;
        let text = line_that_fits(&figures(&snapshot, &speed), 100);
        assert!(
            text.ends_with("11 in flight  a second signal stops now"),
            "{text}"
        );
    }
}
