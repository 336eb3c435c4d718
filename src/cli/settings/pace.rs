//! How fast the rows of a run are sent.

use crate::cli::arguments::PaceArguments;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::load::{Pace, Rate, Recording, Speed};
use crate::report::figures::count_of;

/// How fast rows are sent; by default as fast as the brokers take them.
#[derive(Debug, Default)]
pub(in crate::cli) struct PaceSettings {
    pub(in crate::cli) pace: Option<Pace>,
    /// The field with the times of a replay.
    pub(in crate::cli) field: Option<String>,
}

impl PaceSettings {
    /// The pace in words; none if rows are sent as fast as possible.
    pub(in crate::cli) fn describe(&self) -> Option<String> {
        Some(match (self.pace?, &self.field) {
            (Pace::Recorded(Recording { speed, .. }), Some(field)) => format!("replays {field} at {speed}"),
            (Pace::Recorded(_), None) => return None,
            (Pace::Rate(Rate { messages, per }), _) => {
                let unit = match per.as_secs() {
                    1 => "second",
                    60 => "minute",
                    _ => "hour",
                };
                format!("{} per {unit}", count_of(messages.get(), "row", "rows"))
            }
        })
    }

    pub(super) fn decide(chosen: PaceArguments) -> Result<PaceSettings, Failure> {
        let pace = match (chosen.rate, &chosen.replay) {
            (Some(rate), _) => Some(Pace::Rate(rate)),
            (None, Some(_)) => Some(Pace::Recorded(Recording {
                speed: chosen.speed.unwrap_or(Speed::RECORDED),
                max_gap: chosen.max_gap,
            })),
            (None, None) => None,
        };
        if !matches!(pace, Some(Pace::Recorded(_))) {
            let given = [
                ("--speed", chosen.speed.is_some()),
                ("--max-gap", chosen.max_gap.is_some()),
            ];
            if let Some((flag, _)) = given.iter().find(|(_, is_given)| *is_given) {
                let message = format!("`{flag}` is for a replay");
                let hint = "name the field with the recorded times with `--replay FIELD`, or omit it";
                return Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)));
            }
        }
        Ok(PaceSettings {
            pace,
            field: chosen.replay,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::arguments::Arguments;

    fn decided(flags: &str) -> Result<PaceSettings, String> {
        let typed = format!("k2-produce --topic t {flags} t.csv");
        let typed = Arguments::try_parse_from(typed.split_whitespace());
        let typed = typed.map_err(|error| error.to_string())?;
        PaceSettings::decide(typed.produce.pace).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_rate_and_a_replay_exclude_each_other() {
        let described = |flags| decided(flags).unwrap().describe();
        assert_eq!(
            described("--rate 5000/min").as_deref(),
            Some("5,000 rows per minute")
        );
        assert_eq!(
            described("--replay at.time").as_deref(),
            Some("replays at.time at 1x")
        );
        assert_eq!(described(""), None);
        let replay = decided("--replay time --speed 10x --max-gap 5s").unwrap();
        assert!(matches!(
            replay.pace,
            Some(Pace::Recorded(Recording { max_gap: Some(_), .. }))
        ));
        assert_eq!(replay.describe().as_deref(), Some("replays time at 10x"));
        for (flags, reason) in [
            ("--rate 5/s --replay time", "cannot be used with"),
            ("--rate 5/s --speed 2x", "cannot be used with"),
            ("--rate 5/s --max-gap 1s", "cannot be used with"),
            ("--speed 2x", "`--speed` is for a replay"),
            ("--max-gap 1s", "`--max-gap` is for a replay"),
            ("--rate 5", "expected rows per second, minute or hour"),
        ] {
            let error = decided(flags).expect_err(flags);
            assert!(error.contains(reason), "{flags}: {error}");
        }
    }
}
