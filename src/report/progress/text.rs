//! The words of the progress line, the one that matters most first.

use super::speed::Speed;
use crate::load::Snapshot;
use crate::report::figures::{bytes, count, rate, time_left};

/// What there is to say, in the order in which it is shown.
///
/// On a narrow terminal the last is the first to go, so the order is also one of weight.
pub(crate) fn figures(snapshot: &Snapshot, speed: &Speed) -> Vec<String> {
    let counts = &snapshot.counts;
    let per_second = speed.bytes_per_second();
    let read = bytes(snapshot.bytes_read);
    let mut figures = Vec::with_capacity(9);
    figures.push(match snapshot.bytes_total {
        Some(total) => format!("{read} of {}", bytes(total)),
        None => read,
    });
    figures.push(format!("{} delivered", count(counts.delivered)));
    figures.push(format!("{} rejected", count(counts.rejected)));
    figures.push(format!("{} failed", count(counts.failed)));
    if counts.unknown > 0 {
        figures.push(format!("{} unknown", count(counts.unknown)));
    }
    figures.push(format!("{} rows/s", rate(speed.rows_per_second())));
    if let Some(total) = snapshot.bytes_total
        && per_second > 0.0
    {
        let left = total.saturating_sub(snapshot.bytes_read) as f64 / per_second;
        figures.push(format!("{} left", time_left(left)));
    }
    figures.push(format!("{}/s", bytes(per_second.round() as u64)));
    figures.push(format!("{} in flight", count(counts.in_flight())));
    figures
}

/// As many of the figures, from the first on, as `columns` have room for.
pub(crate) fn figures_that_fit(figures: &[String], columns: usize) -> String {
    let mut text = String::new();
    // All that is written here is ASCII: a byte is a column.
    for figure in figures {
        let gap = if text.is_empty() { "" } else { "  " };
        if text.len() + gap.len() + figure.len() > columns {
            break;
        }
        text.push_str(gap);
        text.push_str(figure);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::load::Counts;

    #[test]
    fn the_first_figures_are_the_last_to_go() {
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
        };
        speed.observe(start + Duration::from_secs(1), 730_112, 64_300_000);
        let all = figures(&snapshot, &speed);
        assert_eq!(
            all.join("  "),
            "64.3 MB of 88.1 MB  730,112 delivered  0 rejected  1 failed  388 unknown  730k rows/s  0.4 s left  \
             64.3 MB/s  11 in flight"
        );
        assert_eq!(figures_that_fit(&all, 200), all.join("  "));
        assert_eq!(
            figures_that_fit(&all, 50),
            "64.3 MB of 88.1 MB  730,112 delivered  0 rejected"
        );
        assert_eq!(
            figures_that_fit(&all, 49),
            "64.3 MB of 88.1 MB  730,112 delivered  0 rejected"
        );
        assert_eq!(
            figures_that_fit(&all, 48),
            "64.3 MB of 88.1 MB  730,112 delivered"
        );
        assert_eq!(figures_that_fit(&all, 10), "");
    }
}
