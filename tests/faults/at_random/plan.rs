//! What a round does, made from its seed: the file, the options of the load, and the faults of each run.

use std::time::Duration;

use fastrand::Rng;

use super::file::FileSpec;
use crate::proxy::{Api, Conditions, Delay, Fault, Turn};

/// A round.
#[derive(Debug)]
pub(super) struct Plan {
    pub seed: u64,
    pub mode: Mode,
    pub file: FileSpec,
    pub partitions: u32,
    /// Options of the load.
    pub options: Vec<String>,
    /// The faults during each run of the load, in the order in which they are brought about. Further runs have none.
    pub runs: Vec<Vec<Planned>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The same command is run until the load is complete.
    ExactlyOnce,
    /// One run, without transactions.
    Plain,
}

#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub at: Moment,
    pub event: Event,
}

/// When something happens during a run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    AfterStart(Duration),
    /// A time after so many requests of a kind have passed the proxies.
    AfterRequests(Api, u64, Duration),
}

#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The process is killed.
    Kill,
    /// The process gets a signal that asks it to stop.
    Stop(i32),
    /// The process is stopped (SIGSTOP) for a while.
    Pause(Duration),
    /// The same command is started a second time.
    SecondRun,
    /// A broker is killed, and started again after a while.
    KillBroker(usize, Duration),
    /// A broker is stopped (SIGSTOP) for a while.
    FreezeBroker(usize, Duration),
    MoveLeader(Led),
    /// A request, or its response, does not arrive as it should. Held requests are delivered after a while.
    Request(Api, Turn, Fault, Duration),
    /// The network is slow for a while.
    Network(Conditions, Duration),
    /// Nothing passes for a while.
    BlackHole(Duration),
}

/// What gets another leader.
#[derive(Debug, Clone, Copy)]
pub(super) enum Led {
    /// A partition of the topic.
    Partition(u32),
    /// The partition of `__transaction_state` whose leader coordinates the transactions of the load.
    Coordinator,
}

impl Plan {
    /// Without transactions, all rows that are not delivered are kept, so the fate of each is known.
    pub(super) fn keeps_rejects(&self) -> bool {
        self.mode == Mode::Plain || self.file.keeps_rejects
    }

    pub(super) fn new(seed: u64) -> Plan {
        let mut random = Rng::with_seed(seed);
        let mode = match random.u8(..8) {
            0 => Mode::Plain,
            _ => Mode::ExactlyOnce,
        };
        let file = FileSpec::new(&mut random);
        let partitions = random.u32(1..=6);
        let runs = match mode {
            Mode::ExactlyOnce => (0..random.usize(8..=20))
                .map(|_| exactly_once_events(&mut random, partitions))
                .collect(),
            Mode::Plain => vec![plain_events(&mut random)],
        };
        Plan {
            seed,
            mode,
            options: options(&mut random, mode, file.rows),
            file,
            partitions,
            runs,
        }
    }
}

fn options(random: &mut Rng, mode: Mode, rows: u64) -> Vec<String> {
    let socket = random.u32(1_500..4_000);
    let mut options = vec!["-X".to_owned(), format!("socket.timeout.ms={socket}")];
    if mode == Mode::ExactlyOnce {
        let timeout = [6_000, 15_000, 60_000][random.usize(..3)];
        let interval = random.u32(100..timeout / 3);
        let commit_rows = (rows / random.u64(20..80)).max(1);
        options.extend([
            "--exactly-once".to_owned(),
            format!("--commit-rows={commit_rows}"),
            format!("--commit-interval={interval}ms"),
            "-X".to_owned(),
            format!("transaction.timeout.ms={timeout}"),
        ]);
    }
    if random.bool() {
        let compression = ["none", "lz4", "zstd", "gzip"][random.usize(..4)];
        options.extend(["-X".to_owned(), format!("compression.type={compression}")]);
    }
    options
}

/// At least one event, and often a kill after it.
fn exactly_once_events(random: &mut Rng, partitions: u32) -> Vec<Planned> {
    let mut events = Vec::new();
    if random.u8(..100) < 55 {
        events.push(match random.u8(..100) {
            0..40 => request(random),
            40..52 => network(random),
            52..60 => Event::BlackHole(millis(random, 300..5_000)),
            60..70 => Event::Pause(pause(random)),
            70..80 => Event::SecondRun,
            80..85 => Event::KillBroker(random.usize(1..=3), millis(random, 0..3_000)),
            85..90 => Event::FreezeBroker(random.usize(1..=3), millis(random, 1_000..7_000)),
            90..96 => Event::MoveLeader(match random.bool() {
                true => Led::Partition(random.u32(..partitions)),
                false => Led::Coordinator,
            }),
            _ => Event::Stop([libc::SIGINT, libc::SIGTERM, libc::SIGHUP][random.usize(..3)]),
        });
    }
    if events.is_empty() || random.u8(..100) < 90 {
        events.push(Event::Kill);
    }
    planned(random, events)
}

/// Brokers are not changed: librdkafka can write rows twice if a leader changes without transactions
/// (<https://github.com/confluentinc/librdkafka/issues/4953>).
fn plain_events(random: &mut Rng) -> Vec<Planned> {
    let event = match random.u8(..6) {
        0 => Event::Kill,
        1 => Event::Stop([libc::SIGINT, libc::SIGTERM][random.usize(..2)]),
        2 => Event::Pause(millis(random, 200..3_000)),
        3 => network(random),
        4 => Event::BlackHole(millis(random, 300..5_000)),
        _ => {
            let fault = NOT_HELD[random.usize(..NOT_HELD.len())];
            Event::Request(Api::PRODUCE, turn(random), fault, Duration::ZERO)
        }
    };
    planned(random, vec![event])
}

fn planned(random: &mut Rng, events: Vec<Event>) -> Vec<Planned> {
    let events = events.into_iter().map(|event| Planned {
        at: moment(random),
        event,
    });
    events.collect()
}

fn moment(random: &mut Rng) -> Moment {
    match random.u8(..10) {
        0..3 => Moment::AfterStart(millis(random, 0..700)),
        3..7 => Moment::AfterRequests(Api::END_TXN, random.u64(1..5), millis(random, 0..120)),
        7..9 => Moment::AfterRequests(Api::PRODUCE, random.u64(1..12), millis(random, 0..40)),
        _ => Moment::AfterRequests(Api::INIT_PRODUCER_ID, random.u64(1..4), millis(random, 0..40)),
    }
}

const NOT_HELD: [Fault; 5] = [
    Fault::CutBefore,
    Fault::CutWithin,
    Fault::CutAfter,
    Fault::CutAtResponse,
    Fault::SwallowResponse,
];

/// The kinds of requests that a load sends; those that matter more are there more often.
const APIS: [Api; 12] = [
    Api::PRODUCE,
    Api::PRODUCE,
    Api::PRODUCE,
    Api::END_TXN,
    Api::END_TXN,
    Api::END_TXN,
    Api::ADD_PARTITIONS_TO_TXN,
    Api::INIT_PRODUCER_ID,
    Api::FIND_COORDINATOR,
    Api::FETCH,
    Api::LIST_OFFSETS,
    Api::METADATA,
];

fn request(random: &mut Rng) -> Event {
    let wait = millis(random, 500..6_000);
    if random.u8(..4) == 0 {
        let held = [Api::END_TXN, Api::END_TXN, Api::PRODUCE][random.usize(..3)];
        return Event::Request(held, Turn::Nth(random.u64(2..5)), Fault::Hold, wait);
    }
    let fault = NOT_HELD[random.usize(..NOT_HELD.len())];
    Event::Request(APIS[random.usize(..APIS.len())], turn(random), fault, wait)
}

fn turn(random: &mut Rng) -> Turn {
    match random.bool() {
        true => Turn::Nth(random.u64(1..5)),
        false => Turn::Every(random.u64(3..9)),
    }
}

fn network(random: &mut Rng) -> Event {
    let mut conditions = Conditions::default();
    match random.u8(..3) {
        0 => {
            conditions.delay = Some(Delay {
                least: millis(random, 2..60),
                jitter: millis(random, 1..80),
            });
        }
        1 => conditions.bytes_per_second = Some(random.u32(100_000..1_500_000)),
        _ => conditions.slice = Some(random.usize(1..200)),
    }
    Event::Network(conditions, millis(random, 500..4_000))
}

/// Sometimes beyond a transaction's time-out; the brokers look for such every 10 s.
fn pause(random: &mut Rng) -> Duration {
    match random.u8(..8) {
        0 => millis(random, 14_000..19_000),
        _ => millis(random, 200..5_000),
    }
}

fn millis(random: &mut Rng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(random.u64(range))
}

impl Event {
    /// What it is counted as.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Event::Kill => "load killed",
            Event::Stop(_) => "load stopped by INT, TERM or HUP",
            Event::Pause(time) if *time > Duration::from_secs(10) => "load frozen for 14 to 19 s",
            Event::Pause(_) => "load frozen for up to 5 s",
            Event::SecondRun => "second run of the load at the same time, one of the two stopped",
            Event::KillBroker(..) => "broker killed and started again",
            Event::FreezeBroker(..) => "broker frozen",
            Event::MoveLeader(Led::Partition(_)) => "leader of a partition moved",
            Event::MoveLeader(Led::Coordinator) => "transaction coordinator moved",
            Event::Request(_, _, fault, _) => match fault {
                Fault::CutBefore => "connection cut before a request",
                Fault::CutWithin => "connection cut within a request",
                Fault::CutAfter => "connection cut after a request",
                Fault::CutAtResponse => "connection cut before a response",
                Fault::SwallowResponse => "response swallowed",
                Fault::Hold => "request held, delivered late",
            },
            Event::Network(conditions, _) if conditions.delay.is_some() => "network delayed",
            Event::Network(conditions, _) if conditions.slice.is_some() => "network in small pieces",
            Event::Network(..) => "network slow",
            Event::BlackHole(_) => "network interrupted",
        }
    }

    /// Whether a run can end without success because of it.
    pub(super) fn can_fail(&self) -> bool {
        !matches!(self, Event::Kill)
    }
}
