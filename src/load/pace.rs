//! `--rate` and `--replay`: when each message is due.
//!
//! A [`Schedule`] turns the messages of a run, in their order, into times since the first of them. A [`Pacer`] adds the
//! clock: it says how many messages of a batch are due, or how long to wait. Neither waits: `sink` does, because it
//! serves the client meanwhile.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How fast the messages of a run are handed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// So many messages in a time.
    Rate(Rate),
    /// As the times of a field say.
    Recorded(Recording),
}

/// Messages in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub messages: NonZeroU64,
    /// In which time.
    pub per: Duration,
}

/// How recorded times become times of the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recording {
    /// How much faster than recorded.
    pub speed: Speed,
    /// The longest recorded time between two rows; a longer one is shortened to it.
    pub max_gap: Option<Duration>,
}

/// A factor: at 10x an hour takes six minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

/// Why a text is not a rate or a speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAPace(&'static str);

/// The shortest time between two handovers: messages that are due within it go together, so that batches have more than
/// one record. A message is never early, and late by no more than this.
const TOGETHER: Duration = Duration::from_millis(5);

/// A rate is made up for if the run was late by no more than this, so that short waits do not lower it. After a longer
/// stall, the messages that were due meanwhile would exceed the rate.
const STALL: Duration = Duration::from_secs(1);

/// Rows that are earlier than a row before them by more than these microseconds are counted. Trades of several venues
/// are often out of order by less; more means that files which cover the same time were not merged.
const FAR_BACK: u64 = 1_000_000;

impl Speed {
    /// The recorded pace.
    pub const RECORDED: Speed = Speed(1.0);
}

impl fmt::Display for Speed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}x", self.0)
    }
}

impl fmt::Display for NotAPace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for NotAPace {}

impl FromStr for Speed {
    type Err = NotAPace;

    /// Reads `10x` or `0.5x`.
    fn from_str(text: &str) -> Result<Speed, NotAPace> {
        let factor = text.strip_suffix(['x', 'X']).unwrap_or(text);
        let is_plain = factor.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match factor.parse::<f64>() {
            Ok(factor) if is_plain && (0.001..=1_000_000.0).contains(&factor) => Ok(Speed(factor)),
            _ => Err(NotAPace(
                "expected a factor from 0.001x to 1000000x, such as 10x or 0.5x",
            )),
        }
    }
}

impl FromStr for Rate {
    type Err = NotAPace;

    /// Reads `5000/s`, `30/min` or `100/h`.
    fn from_str(text: &str) -> Result<Rate, NotAPace> {
        let expected = NotAPace("expected rows per second, minute or hour, such as 5000/s, 30/min or 100/h");
        let (messages, unit) = text.split_once('/').ok_or(expected)?;
        let seconds = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            _ => return Err(expected),
        };
        Ok(Rate {
            messages: messages.parse().map_err(|_| expected)?,
            per: Duration::from_secs(seconds),
        })
    }
}

/// When the messages of a run are due.
#[derive(Debug)]
struct Schedule {
    pace: Pace,
    /// Messages so far.
    messages: u64,
    /// The latest recorded time so far, in microseconds.
    latest: Option<i64>,
    /// The recorded time from the first message with one to that, without what gaps are shortened by; in microseconds.
    recorded: u64,
    /// Messages that are far earlier than one before them.
    far_back: u64,
}

impl Schedule {
    fn new(pace: Pace) -> Schedule {
        Schedule {
            pace,
            messages: 0,
            latest: None,
            recorded: 0,
            far_back: 0,
        }
    }

    /// When the next message is due, from when the first one was. `time` is its recorded time in microseconds.
    ///
    /// A message without a time, or with an earlier one than a message before it, is due with the message before it. So
    /// no message is due before an earlier one.
    fn due(&mut self, time: Option<i64>) -> Duration {
        let Recording { speed, max_gap } = match self.pace {
            Pace::Recorded(recording) => recording,
            Pace::Rate(Rate { messages, per }) => {
                let nanos = per.as_nanos() * u128::from(self.messages) / u128::from(messages.get());
                self.messages += 1;
                return Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
            }
        };
        if let Some(time) = time {
            let latest = *self.latest.get_or_insert(time);
            if time > latest {
                let gap = time.abs_diff(latest);
                let longest =
                    max_gap.map_or(u64::MAX, |gap| u64::try_from(gap.as_micros()).unwrap_or(u64::MAX));
                self.recorded = self.recorded.saturating_add(gap.min(longest));
                self.latest = Some(time);
            } else if latest.abs_diff(time) > FAR_BACK {
                self.far_back += 1;
            }
        }
        // A float has 53 bits: microseconds are exact for 285 years.
        Duration::from_nanos((self.recorded as f64 * 1e3 / speed.0) as u64)
    }
}

/// What to do with the messages of a batch that are not handed over yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Those before this one are the first of the run. They are due as soon as the client can send messages, and the
    /// clock starts with them.
    First(usize),
    /// Those before this one are due.
    Due(usize),
    /// None is due for this time.
    Wait(Duration),
}

/// Keeps the pace of a run.
#[derive(Debug)]
pub(super) struct Pacer {
    schedule: Schedule,
    /// When the clock started; none before the first message.
    start: Option<Instant>,
    last_handover: Option<Instant>,
    /// When the messages of the batch are due, since the start.
    dues: Vec<Duration>,
}

impl Pacer {
    pub(super) fn new(pace: Pace) -> Pacer {
        Pacer {
            schedule: Schedule::new(pace),
            start: None,
            last_handover: None,
            dues: Vec::new(),
        }
    }

    /// The messages so far that are earlier than one before them by more than a second.
    pub(super) fn far_back(&self) -> u64 {
        self.schedule.far_back
    }

    /// Begins a batch of `messages` with these recorded times in microseconds: one each, or none at all.
    pub(super) fn begin(&mut self, messages: usize, times: &[Option<i64>]) {
        let times = times.iter().copied().chain(std::iter::repeat(None));
        let schedule = &mut self.schedule;
        self.dues.clear();
        self.dues
            .extend(times.take(messages).map(|time| schedule.due(time)));
    }

    /// The first messages are handed over `now`; the others are due from `start`, which may be a little later.
    pub(super) fn start(&mut self, now: Instant, start: Instant) {
        self.start = Some(start);
        self.last_handover = Some(now);
    }

    /// What to do `now` if the messages before `first` were handed over and more are left.
    pub(super) fn next(&mut self, first: usize, now: Instant) -> Next {
        let first_due = self.dues[first];
        let Some(start) = self.start else {
            return Next::First(first + self.dues[first..].partition_point(Duration::is_zero));
        };
        let due = start + first_due;
        let at = self.last_handover.map_or(due, |last| due.max(last + TOGETHER));
        if at > now {
            return Next::Wait(at - now);
        }
        let is_rate = matches!(self.schedule.pace, Pace::Rate(_));
        let start = match is_rate && now - due > STALL {
            true => now - first_due,
            false => start,
        };
        self.start = Some(start);
        self.last_handover = Some(now);
        let elapsed = now - start;
        Next::Due(first + self.dues[first..].partition_point(|due| *due <= elapsed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: i64 = 1_000;
    const S: i64 = 1_000 * MS;

    fn recorded(speed: &str, max_gap: Option<u64>) -> Pace {
        Pace::Recorded(Recording {
            speed: speed.parse().unwrap(),
            max_gap: max_gap.map(Duration::from_secs),
        })
    }

    fn dues(pace: Pace, times: &[Option<i64>]) -> Vec<u128> {
        let mut schedule = Schedule::new(pace);
        times.iter().map(|time| schedule.due(*time).as_millis()).collect()
    }

    #[test]
    fn rows_are_due_as_far_apart_as_they_were_recorded() {
        let times = [7 * S, 8 * S, 8 * S, 8 * S + 500 * MS, 3_600 * S].map(Some);
        assert_eq!(
            dues(recorded("1x", None), &times),
            [0, 1_000, 1_000, 1_500, 3_593_000]
        );
        assert_eq!(dues(recorded("10x", None), &times), [0, 100, 100, 150, 359_300]);
        assert_eq!(
            dues(recorded("0.5x", None), &times),
            [0, 2_000, 2_000, 3_000, 7_186_000]
        );
        let extremes = [Some(i64::MIN), Some(i64::MAX), None];
        assert_eq!(dues(recorded("1000000x", None), &extremes)[1], 18_446_744_073);
        assert_eq!(
            dues(recorded("0.001x", None), &extremes)[2],
            u128::from(u64::MAX) / 1_000_000
        );
    }

    #[test]
    fn a_longer_gap_is_shortened_before_the_speed_applies() {
        let times = [0, 4 * S, 3_600 * S, 3_601 * S].map(Some);
        assert_eq!(dues(recorded("1x", Some(5)), &times), [0, 4_000, 9_000, 10_000]);
        assert_eq!(dues(recorded("10x", Some(5)), &times), [0, 400, 900, 1_000]);
    }

    #[test]
    fn rows_that_go_back_in_time_or_have_none_are_due_with_the_row_before() {
        let times = [
            None,
            Some(10 * S),
            Some(12 * S),
            Some(9 * S),
            None,
            Some(11 * S),
            Some(13 * S),
        ];
        let due = dues(recorded("1x", None), &times);
        assert_eq!(due, [0, 0, 2_000, 2_000, 2_000, 2_000, 3_000]);
        let mut pacer = Pacer::new(recorded("1x", None));
        pacer.begin(7, &times);
        assert_eq!(
            pacer.far_back(),
            1,
            "another one is a second earlier, and not more"
        );
    }

    #[test]
    fn a_rate_spreads_rows_evenly() {
        let due = dues(Pace::Rate("4/s".parse().unwrap()), &[None; 5]);
        assert_eq!(due, [0, 250, 500, 750, 1_000]);
        let mut schedule = Schedule::new(Pace::Rate("3/min".parse().unwrap()));
        let due = (0..=3_000_000).map(|_| schedule.due(None)).last();
        assert_eq!(due, Some(Duration::from_secs(60_000_000)));
    }

    #[test]
    fn due_messages_go_together_and_none_is_early() {
        let mut pacer = Pacer::new(recorded("1x", None));
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let wait = |milliseconds| Next::Wait(Duration::from_millis(milliseconds));
        pacer.begin(6, &[0, 0, 2 * MS, 4 * MS, 100 * MS, 101 * MS].map(Some));
        assert_eq!(pacer.next(0, start), Next::First(2));
        pacer.start(start, start);
        assert_eq!(pacer.next(2, start), wait(5), "the next two go together");
        assert_eq!(pacer.next(2, at(5)), Next::Due(4));
        assert_eq!(pacer.next(4, at(6)), wait(94));
        assert_eq!(pacer.next(4, at(100)), Next::Due(5));
        // The next batch continues the schedule, and is late.
        pacer.begin(1, &[Some(102 * MS)]);
        assert_eq!(pacer.next(0, at(9_000)), Next::Due(1));
    }

    #[test]
    fn a_short_delay_of_a_rate_is_made_up_and_a_stall_is_not() {
        let mut pacer = Pacer::new(Pace::Rate("10/s".parse().unwrap()));
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        pacer.begin(100, &[]);
        assert_eq!(pacer.next(0, start), Next::First(1));
        pacer.start(start, start);
        assert_eq!(pacer.next(1, at(950)), Next::Due(10));
        assert_eq!(pacer.next(10, at(60_000)), Next::Due(11));
        assert_eq!(pacer.next(11, at(60_000)), Next::Wait(Duration::from_millis(100)));
    }

    #[test]
    fn a_pace_is_written_with_its_unit() {
        let rate = |messages, seconds| {
            Ok(Rate {
                messages: NonZeroU64::new(messages).unwrap(),
                per: Duration::from_secs(seconds),
            })
        };
        assert_eq!("5000/s".parse(), rate(5_000, 1));
        assert_eq!("30/min".parse(), rate(30, 60));
        assert_eq!("1/h".parse(), rate(1, 3_600));
        for text in [
            "5000",
            "0/s",
            "-1/s",
            "1.5/s",
            "/s",
            "5/d",
            "5/",
            "5 /s",
            "99999999999999999999/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        for (text, speed) in [
            ("10x", 10.0),
            ("0.5x", 0.5),
            ("10", 10.0),
            ("1000000X", 1e6),
            (".5x", 0.5),
        ] {
            assert_eq!(text.parse(), Ok(Speed(speed)), "{text}");
        }
        for text in [
            "0x", "-1x", "x", "", "nan", "inf", "1e3x", "0.0001x", "2000000x", "max", "10 x",
        ] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_row_is_due_before_an_earlier_one(
            times in proptest::collection::vec(proptest::option::of(any::<i64>()), 0..50),
            speed in 0.001f64..1e6,
            max_gap in proptest::option::of(0u64..100),
        ) {
            let speed = Speed(speed);
            let max_gap = max_gap.map(Duration::from_secs);
            let due = dues(Pace::Recorded(Recording { speed, max_gap }), &times);
            prop_assert!(due.is_sorted());
        }
    }
}
