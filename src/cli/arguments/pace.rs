//! Flags for the pace of a run.

use std::time::Duration;

use clap::Args;

use crate::load::{Rate, Speed};

/// How fast rows are sent.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct PaceArguments {
    /// Send at most so many rows per second, minute or hour. Example: --rate 5000/s
    ///
    /// The rows are spread evenly. Time that is lost because of a slow input or broker is not made up, except for waits
    /// of less than a second. This and the other options for the pace have no effect with --dry-run.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N/UNIT",
        value_parser = str::parse::<Rate>,
        conflicts_with = "replay",
        help_heading = "Pace"
    )]
    pub(in crate::cli) rate: Option<Rate>,
    /// Send rows as far apart in time as the values of this field, a timestamp
    ///
    /// Rows are sent in the order of the files. A row that is earlier than one before it, or has no time, is sent with
    /// the row before it. No row is sent early.
    #[arg(long, hide_short_help = true, value_name = "FIELD", help_heading = "Pace")]
    pub(in crate::cli) replay: Option<String>,
    /// Replay faster or slower than recorded: 10x, 0.5x
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FACTOR",
        value_parser = str::parse::<Speed>,
        conflicts_with = "rate",
        help_heading = "Pace"
    )]
    pub(in crate::cli) speed: Option<Speed>,
    /// Shorten longer times between rows of a replay to this one: 5s, 500ms, 2min, 1h
    ///
    /// It is a recorded time: with --speed 10x, the wait is a tenth of it.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "TIME",
        value_parser = time,
        conflicts_with = "rate",
        help_heading = "Pace"
    )]
    pub(in crate::cli) max_gap: Option<Duration>,
}

impl PaceArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: PaceArguments) -> PaceArguments {
        if self.rate.is_some() {
            return self;
        }
        let (rate, replay) = match self.replay {
            None => (lower.rate, lower.replay),
            replay => (None, replay),
        };
        PaceArguments {
            rate,
            replay,
            speed: self.speed.or(lower.speed),
            max_gap: self.max_gap.or(lower.max_gap),
        }
    }
}

/// Reads a whole number with its unit.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let expected = || "expected a time, such as 500ms, 5s, 2min or 1h".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(expected()),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    let total = number.checked_mul(milliseconds).ok_or_else(expected)?;
    Ok(Duration::from_millis(total))
}

/// The same, but not 0.
pub(super) fn time_above_0(text: &str) -> Result<Duration, String> {
    match time(text)? {
        Duration::ZERO => Err("expected a time above 0, such as 500ms or 10s".to_owned()),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("2min", 120_000),
            ("1h", 3_600_000),
            ("0s", 0),
        ] {
            assert_eq!(time(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in [
            "5",
            "s",
            "",
            "-5s",
            "1.5s",
            "5 s",
            "5m",
            "99999999999999999999s",
            "9999999999999999999h",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
        assert!(time_above_0("0ms").is_err() && time_above_0("0").is_err());
        assert_eq!(time_above_0("1ms"), Ok(Duration::from_millis(1)));
    }
}
