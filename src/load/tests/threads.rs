//! The number of encoder threads, and the order of what they do.

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::good_rows::planned;
use super::*;
use crate::load::batch::BatchSettings;
use crate::load::stages::{Stages, Unit};
use crate::load::waited::Waited;

/// What the publishing thread saw.
struct Seen {
    /// The first line of each block, in the order of receipt.
    lines: Vec<u64>,
    encoders: usize,
}

/// Has at most `encoders` threads encode a file of `rows` rows. They need `encoding` for a block, the first one of all
/// three times as long, and the publishing thread needs `publishing`.
fn seen(rows: u64, encoders: usize, encoding: Duration, publishing: Duration) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let inputs = vec![planned(folder.path(), "t.csv", rows)];
    let plans: Arc<[InputPlan]> = inputs.iter().map(InputPlan::of).collect();
    let settings = BatchSettings {
        topics: Arc::default(),
        times: None,
    };
    let threads: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let mut stages = Stages::start(
        encoders,
        move |dealer| stages::read(inputs, dealer),
        || {
            let mut encode = stages::encoder(Arc::clone(&plans), settings.clone());
            let threads = Arc::clone(&threads);
            move |input, block: Block| {
                let is_new = threads.lock().unwrap().insert(thread::current().id());
                thread::sleep(if is_new { encoding * 3 } else { encoding });
                encode(input, block)
            }
        },
    )
    .unwrap();
    let mut lines = Vec::new();
    loop {
        match stages.next(Duration::from_secs(10), &mut Waited::default()) {
            Some(Unit::Encoded { encoded, .. }) => lines.push(encoded.marked.block.start.line),
            Some(Unit::End) => break,
            _ => panic!("the file is read to its end"),
        }
        thread::sleep(publishing);
    }
    let encoders = threads.lock().unwrap().len();
    Seen { lines, encoders }
}

#[test]
fn more_encoders_are_started_while_the_publishing_thread_waits_for_rows_and_keep_their_order() {
    let slow = Duration::from_millis(5);
    let seen = seen(80_000, 4, slow, Duration::ZERO);
    assert!(seen.lines.len() > 20, "{}", seen.lines.len());
    assert!(seen.lines.is_sorted(), "{:?}", seen.lines);
    assert_eq!(seen.encoders, 4);
}

#[test]
fn one_encoder_is_enough_if_it_keeps_up_with_the_publishing_thread() {
    let seen = seen(40_000, 4, Duration::ZERO, Duration::from_millis(100));
    assert!(seen.lines.is_sorted(), "{:?}", seen.lines);
    assert!(seen.encoders <= 2, "{}", seen.encoders);
}

#[test]
fn there_are_no_more_encoders_than_allowed() {
    assert_eq!(
        seen(40_000, 1, Duration::from_millis(2), Duration::ZERO).encoders,
        1
    );
}
