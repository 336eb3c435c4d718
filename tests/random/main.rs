//! Random runs of the real binary: a random schema, random files (good rows, bad rows, hostile bytes) and random flags.
//!
//! Each run must end within a limit of time and memory and without a panic, and its report must be true ([`verdict`]).
//! `K2_TEST_RUNS` sets the number of runs and `K2_TEST_SEED` repeats them; both are printed. The folder of a failed run
//! is kept, with its files, its command and its output.

#[path = "../judges/pairs/mod.rs"]
#[allow(dead_code, unused_imports, reason = "`judges` uses the rest")]
mod pairs;
#[path = "../judges/random.rs"]
mod random;

mod arguments;
mod flags;
mod hostile;
mod input;
mod odd;
mod process;
mod run;
mod sandbox;
mod verdict;
mod worker;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use random::number;
use worker::{Tally, Worker};

/// The sandbox's topic.
const TOPIC: &str = "t";

#[test]
fn every_run_ends_and_its_report_is_true() {
    let runs = number("K2_TEST_RUNS").unwrap_or(300);
    let seed = number("K2_TEST_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    // Bypasses the test harness, which captures the output of a test that passes.
    let print = |text: String| _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
    print(format!("random: {runs} runs, K2_TEST_SEED={seed}"));
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let work = || {
            let mut worker = Worker::new(seed);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= runs {
                    return worker.tally();
                }
                worker.run(number);
            }
        };
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running
            .into_iter()
            .map(|worker| worker.join().expect("the worker does not panic"))
            .collect()
    });
    let tally = tallies.into_iter().fold(Tally::default(), Tally::and);
    print(format!(
        "random: {runs} runs in {:.0} s: {} exited with 0, {} with 1 (rejected rows); at most {} KiB and {:.1} s",
        begun.elapsed().as_secs_f64(),
        tally.statuses[0],
        tally.statuses[1],
        tally.peak_kib,
        tally.longest.as_secs_f64(),
    ));
    let findings: Vec<_> = tally
        .findings
        .iter()
        .map(|(place, why)| format!("{}: {why}", place.display()))
        .collect();
    assert!(
        findings.is_empty(),
        "K2_TEST_SEED={seed}\n{}",
        findings.join("\n")
    );
    if runs >= 300 {
        // If only few runs read rows, the random choices are useless.
        assert!(
            tally.statuses[0] > runs / 10 && tally.statuses[1] > runs / 50,
            "{tally:?}"
        );
    }
}

fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_k2-produce")
}

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
