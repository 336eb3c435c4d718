//! Faults at random moments. Each round loads random files while faults occur, runs the load again until it is complete,
//! and has Java's consumer judge what is on the topic. Every fault is counted only if it really occurred.
//!
//! `make chaos` sets the variables:
//!
//! - `K2_TEST_CHAOS_SEED`: the seed of the first round; that of each further round is one higher, so a round is repeated
//!   with its own seed and one round
//! - `K2_TEST_CHAOS_ROUNDS`, or `K2_TEST_CHAOS_KILLS` and `K2_TEST_CHAOS_FAULTS`: how many rounds, or as many as are needed
//!   for so many kills of a load and so many faults of brokers and network
//! - `K2_TEST_CHAOS_SECONDS`: no round begins after this time
//!
//! A round that violates what must hold is kept in `target/tmp/chaos`.

mod events;
mod evidence;
mod file;
mod plan;
mod round;
mod runs;
mod tally;
mod verdict;

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::kafka::cluster;
use plan::Plan;
use tally::Tally;

/// Something that must hold did not.
#[derive(Debug)]
struct Violation(String);

/// When no further round begins.
struct Goals {
    rounds: u64,
    kills: u64,
    faults: u64,
    time: Duration,
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(format!("K2_TEST_CHAOS_{name}")).ok();
    let value = value.filter(|value| !value.is_empty())?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("K2_TEST_CHAOS_{name} is not a number: `{value}`")))
}

impl Goals {
    /// Without variables a few rounds, which take about a minute.
    fn from_environment() -> Goals {
        let (kills, faults) = (variable("KILLS"), variable("FAULTS"));
        let default_rounds = if kills.or(faults).is_some() { u64::MAX } else { 4 };
        Goals {
            rounds: variable("ROUNDS").unwrap_or(default_rounds),
            kills: kills.unwrap_or(0),
            faults: faults.unwrap_or(0),
            time: Duration::from_secs(variable("SECONDS").unwrap_or(1_800)),
        }
    }

    fn are_reached(&self, tally: &Tally) -> bool {
        let are_counted = self.rounds == u64::MAX;
        let are_enough = tally.kills() >= self.kills && tally.broker_and_network_faults() >= self.faults;
        tally.rounds >= self.rounds || are_counted && are_enough
    }
}

/// Bypasses the test harness, which captures the output of a test that passes.
fn print(text: &str) {
    _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

#[test]
fn loads_have_each_row_once_whatever_fails_and_when() {
    let goals = Goals::from_environment();
    let seed = variable("SEED").unwrap_or(300);
    let cluster = cluster();
    let mut tally = Tally::default();
    let begun = Instant::now();
    print(&format!("chaos: the first round has the seed {seed}"));
    while !goals.are_reached(&tally) && begun.elapsed() < goals.time {
        let plan = Plan::new(seed + tally.rounds);
        let round = Instant::now();
        if let Err(evidence) = round::play(&plan, &cluster, &mut tally) {
            panic!("{tally}\nchaos: {evidence}");
        }
        print(&format!(
            "chaos: seed {} {:?}: {} runs, {} kills, {} faults so far, {:.0} s",
            plan.seed,
            plan.mode,
            tally.runs,
            tally.kills(),
            tally.broker_and_network_faults(),
            round.elapsed().as_secs_f64()
        ));
    }
    print(&format!(
        "chaos: seeds {seed} to {}, {:.0} s\n{tally}; 0 rows lost, doubled or out of order, 0 false counts",
        seed + tally.rounds - 1,
        begun.elapsed().as_secs_f64()
    ));
    assert!(tally.kills() + tally.broker_and_network_faults() > 0, "{tally}");
}
