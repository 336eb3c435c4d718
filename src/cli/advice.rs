//! Which option would shorten a run most.

use super::settings::{Destination, Settings};
use crate::kafka::Preset;
use crate::load::{RunOutcome, Stop, TimeShares};
use crate::report::summary::SECONDS_OF_A_LONGER_RUN;

/// A share of the time below which it is not worth an option.
const SMALL: f64 = 0.25;

/// The option that would shorten a run like this one most, with what it can gain at most: the time that was waited for.
pub(super) fn on_time(done: &RunOutcome, settings: &Settings) -> Option<String> {
    let is_whole = matches!(done.stop, None | Some(Stop::Limit));
    if done.elapsed.as_secs_f64() < SECONDS_OF_A_LONGER_RUN || !is_whole {
        return None;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    advice(
        &done.time,
        Choices {
            may_use_preset: may_use_preset(settings),
            threads: settings.threads.map_or(cores, usize::from),
            cores,
            is_atomic: done.load.as_ref().is_some_and(|load| load.is_atomic()),
        },
    )
}

/// What the options of the run were.
#[derive(Debug, Clone, Copy)]
struct Choices {
    /// Whether the batches are those of the standard preset.
    may_use_preset: bool,
    /// The most encoder threads.
    threads: usize,
    cores: usize,
    is_atomic: bool,
}

/// The properties that decide how large batches are. With those that a user has chosen, another preset may be slower.
const OF_BATCHES: [&str; 5] = [
    "batch.size",
    "batch.num.messages",
    "queue.buffering.max.ms",
    "queue.buffering.max.messages",
    "queue.buffering.max.kbytes",
];

fn may_use_preset(settings: &Settings) -> bool {
    match &settings.destination {
        Destination::Nowhere { .. } => false,
        Destination::Kafka { producer, .. } => {
            let is_chosen = producer
                .chosen_properties()
                .any(|name| OF_BATCHES.contains(&crate::kafka::canonical_property(name)));
            producer.preset == Preset::Standard && !is_chosen
        }
    }
}

fn advice(time: &TimeShares, choices: Choices) -> Option<String> {
    let sending = time.client + time.brokers;
    let of_sending = choices.may_use_preset.then(|| {
        (
            sending,
            "`--preset throughput` sends larger batches".to_owned(),
            f64::INFINITY,
        )
    });
    let of_encoding = (choices.threads < choices.cores).then(|| {
        let cores = choices.cores;
        let words = format!("`--threads {cores}` encodes on all cores");
        (time.encoding, words, cores as f64 / choices.threads as f64)
    });
    let of_commits = (!choices.is_atomic).then(|| {
        let words = "`--commit-interval` and `--commit-rows` with larger values commit less often";
        (time.commits, words.to_owned(), f64::INFINITY)
    });
    let options = [of_sending, of_encoding, of_commits].into_iter().flatten();
    let (share, words, most) = options
        .filter(|(share, ..)| *share >= SMALL)
        .max_by(|(one, ..), (other, ..)| one.total_cmp(other))?;
    // A run that did nothing but wait would gain without limit, which nobody would believe.
    let gain = (1.0 / (1.0 - share).max(0.01)).min(10.0).min(most);
    Some(format!("{words}: at most {gain:.1} times as fast"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICES: Choices = Choices {
        may_use_preset: true,
        threads: 2,
        cores: 4,
        is_atomic: false,
    };

    fn time(encoding: f64, client: f64, brokers: f64, commits: f64) -> TimeShares {
        TimeShares {
            encoding,
            client,
            brokers,
            commits,
            publishing: 1.0 - encoding - client - brokers - commits,
            ..TimeShares::default()
        }
    }

    #[test]
    fn the_largest_wait_that_an_option_can_shorten_decides() {
        for (time, words) in [
            (
                time(0.1, 0.3, 0.2, 0.0),
                Some("`--preset throughput` sends larger batches: at most 2.0 times as fast"),
            ),
            (
                time(0.6, 0.2, 0.1, 0.0),
                Some("`--threads 4` encodes on all cores: at most 2.0 times as fast"),
            ),
            (
                time(0.1, 0.0, 0.1, 0.5),
                Some(
                    "`--commit-interval` and `--commit-rows` with larger values commit less often: at most 2.0 times as fast",
                ),
            ),
            (time(0.2, 0.1, 0.1, 0.2), None),
        ] {
            assert_eq!(advice(&time, CHOICES).as_deref(), words);
        }
    }

    #[test]
    fn an_option_that_is_in_force_already_is_not_proposed() {
        let in_force = Choices {
            may_use_preset: false,
            threads: 4,
            is_atomic: true,
            ..CHOICES
        };
        for time in [
            time(0.0, 0.5, 0.4, 0.0),
            time(0.9, 0.0, 0.0, 0.0),
            time(0.0, 0.0, 0.0, 0.9),
        ] {
            assert_eq!(advice(&time, in_force), None);
        }
    }
}
