//! An exhaustive search: the protocol is driven through every order of events that a model of the brokers allows, within
//! bounds.
//!
//! The model has one transactional id with its coordinator, the rows, the checkpoints and up to two processes at a time,
//! each with the protocol that the program has. `step` has what can happen, `properties` what must hold in each state.
//! Without one of its guards the protocol violates a property, which shows that the model contains the fault that the
//! guard is for.
//!
//! `K2_TEST_SEARCH` sets the number of faults with two processes (1); with 2 the search takes minutes.
//! `--nocapture` shows the figures, and the traces of the violations.

mod brokers;
mod checkpoints;
mod dead_ends;
mod explore;
mod fingerprint;
mod guards;
mod possible;
mod properties;
mod requests;
mod rules;
mod run;
mod simplify;
mod step;
mod trace;
mod world;

use explore::search;
use properties::Violation;
use rules::{Guard, Rules};

/// A process that is killed, the next one, and one after that.
const ONE_PROCESS: Rules = Rules {
    rows: 2,
    runs: 3,
    processes: 1,
    fruitless: u32::MAX,
    faults: 2,
    atomic: false,
    omitted: None,
};

/// Two runs at the same time, or one after the other.
const TWO_PROCESSES: Rules = Rules {
    runs: 2,
    processes: 2,
    faults: 0,
    ..ONE_PROCESS
};

/// A single fault.
const ONE_FAULT: Rules = Rules {
    faults: 1,
    ..ONE_PROCESS
};

#[test]
fn one_process_after_the_other_loads_each_row_once() {
    holds(&ONE_PROCESS);
}

#[test]
fn two_processes_load_each_row_once_and_do_not_both_fail() {
    holds(&Rules {
        fruitless: 2,
        ..TWO_PROCESSES
    });
    // Until runs give up.
    holds(&Rules {
        rows: 1,
        ..TWO_PROCESSES
    });
}

#[test]
fn two_processes_load_each_row_once_despite_a_fault() {
    let two_processes = Rules {
        fruitless: 2,
        ..TWO_PROCESSES
    };
    match std::env::var("K2_TEST_SEARCH") {
        Ok(faults) => holds(&Rules {
            faults: faults.parse().expect("K2_TEST_SEARCH is a number of faults"),
            ..two_processes
        }),
        Err(_) => holds(&Rules {
            rows: 1,
            faults: 1,
            ..two_processes
        }),
    }
}

#[test]
fn an_atomic_load_has_all_rows_or_none() {
    let one_process = Rules {
        atomic: true,
        ..ONE_PROCESS
    };
    holds(&one_process);
    holds(&Rules {
        runs: 2,
        omitted: Some(Guard::Verification),
        ..one_process
    });
    let two_processes = Rules {
        fruitless: 2,
        atomic: true,
        ..TWO_PROCESSES
    };
    holds(&two_processes);
    let faults = std::env::var("K2_TEST_SEARCH").map_or(0, |faults| faults.parse().expect("a number"));
    if faults > 0 {
        holds(&Rules {
            faults,
            ..two_processes
        });
    }
}

#[test]
fn a_commit_before_the_last_row_shows_a_part_of_an_atomic_load() {
    let rules = Rules {
        faults: 0,
        atomic: true,
        ..ONE_PROCESS
    };
    fails(rules, Guard::OneCommit, Violation::RowsInPart);
}

#[test]
fn brokers_need_not_verify_transactions() {
    let omitted = Some(Guard::Verification);
    holds(&Rules {
        runs: 2,
        omitted,
        ..ONE_PROCESS
    });
    holds(&Rules {
        fruitless: 2,
        omitted,
        ..TWO_PROCESSES
    });
}

#[test]
fn a_late_commit_ends_the_next_transaction_of_the_same_producer() {
    fails(ONE_FAULT, Guard::NewProducer, Violation::CheckpointDiffers);
}

#[test]
fn the_result_of_a_commit_is_not_what_was_committed() {
    fails(
        TWO_PROCESSES,
        Guard::ReadingAfterCommit,
        Violation::RowsAreNoPrefix,
    );
}

#[test]
fn a_checkpoint_read_before_the_initialisation_is_outdated() {
    fails(
        TWO_PROCESSES,
        Guard::InitialisingFirst,
        Violation::CheckpointDiffers,
    );
}

#[test]
fn the_last_stable_offset_hides_a_checkpoint() {
    fails(ONE_FAULT, Guard::HighWatermark, Violation::RowsAreNoPrefix);
}

#[test]
fn a_compacted_log_has_its_last_checkpoint_after_the_high_watermark() {
    let rules = Rules {
        rows: 1,
        fruitless: 2,
        faults: 1,
        ..TWO_PROCESSES
    };
    fails(rules, Guard::LaterRecords, Violation::Inconsistent);
}

#[test]
fn runs_of_one_identity_do_not_understand_the_checkpoints() {
    fails(TWO_PROCESSES, Guard::OwnIdentity, Violation::Inconsistent);
}

fn holds(rules: &Rules) {
    match search(rules) {
        Ok(figures) => println!("{rules}:\n{figures}"),
        Err(trace) => panic!("{rules}:\n{trace}"),
    }
}

fn fails(rules: Rules, omitted: Guard, violation: Violation) {
    let rules = Rules {
        omitted: Some(omitted),
        ..rules
    };
    let trace = search(&rules).expect_err("a property does not hold without the guard");
    println!("{rules}:\n{trace}");
    assert_eq!(trace.violation, violation);
}
