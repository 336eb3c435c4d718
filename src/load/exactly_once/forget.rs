//! Removes the checkpoints of a load, so that the next run begins with its first row.
//!
//! The tombstones are written in a transaction of the load, so a run that is at work is fenced: it cannot commit any
//! more, and what it has not committed is never seen. As in a load, the log decides what was committed, never the result
//! of the commit.

use std::thread;
use std::time::{Duration, Instant};

use super::known_loads::{KnownLoads, LoadExtent};
use super::open_load::LookError;
use crate::kafka::{Outcome, PartitionLog, Producer, Report, RowTag, TransactionError, TransactionErrorKind};

/// How long the brokers may take to initialise or to commit a transaction.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is tried again: a run that is at work may fence this producer in turn.
const ATTEMPTS: u32 = 6;

/// Why a load could not be forgotten.
#[derive(Debug)]
pub enum ForgetError {
    /// The checkpoints cannot be read. What was committed is unknown.
    Look(LookError),
    /// The tombstones could not be committed.
    Transaction(TransactionError),
}

/// Writes a tombstone for every checkpoint of a load, and returns what they recorded at last. `producer` has the transactional id of the load, and no topics;
/// `log` and `loads` are those of the topic of the checkpoints.
///
/// # Errors
/// The load was not forgotten, or that is unknown.
pub fn forget(
    name: &str,
    loads: &mut KnownLoads,
    log: &mut PartitionLog,
    producer: &mut Producer,
    transaction_timeout: Duration,
    waiting: &mut dyn FnMut(),
) -> Result<LoadExtent, ForgetError> {
    let mut attempt = 1;
    let mut removed = LoadExtent {
        inputs: 0,
        delivered: 0,
    };
    loop {
        let mut fencing = Fencing {
            loads,
            log,
            producer,
            transaction_timeout,
        };
        let written = fencing.attempt(name, &mut removed, waiting)?;
        let error = match written {
            Ok(()) if loads.get(name).is_none() => return Ok(removed),
            // A commit that succeeded is on the log, unless somebody else wrote a checkpoint after it.
            Ok(()) => TransactionError {
                kind: TransactionErrorKind::Fenced,
                message: "another run of the load is at work".to_owned(),
            },
            Err(error) => error,
        };
        if error.kind == TransactionErrorKind::Refused || attempt == ATTEMPTS {
            return Err(ForgetError::Transaction(error));
        }
        thread::sleep(Duration::from_millis(50) * attempt);
        attempt += 1;
    }
}

/// What an attempt works with.
struct Fencing<'a> {
    loads: &'a mut KnownLoads,
    log: &'a mut PartitionLog,
    producer: &'a mut Producer,
    transaction_timeout: Duration,
}

impl Fencing<'_> {
    /// The outer error is one of reading. `removed` is what was recorded before the tombstones.
    fn attempt(
        &mut self,
        name: &str,
        removed: &mut LoadExtent,
        waiting: &mut dyn FnMut(),
    ) -> Result<Result<(), TransactionError>, ForgetError> {
        if let Err(error) = self.producer.renew(PATIENCE) {
            return Ok(Err(error));
        }
        // From here on no other run can commit without fencing this producer.
        self.look(waiting)?;
        if let Some(load) = self.loads.get(name) {
            *removed = load.extent();
        }
        let written = write(self.producer, &self.loads.keys(name));
        self.look(waiting)?;
        match self.loads.get(name) {
            None => Ok(Ok(())),
            Some(_) => Ok(written),
        }
    }

    fn look(&mut self, waiting: &mut dyn FnMut()) -> Result<(), ForgetError> {
        let looked = self.loads.look(self.log, self.transaction_timeout, waiting);
        looked.map_err(ForgetError::Look)
    }
}

/// Writes and commits the tombstones.
fn write(producer: &mut Producer, keys: &[(i32, Vec<u8>)]) -> Result<(), TransactionError> {
    if keys.is_empty() {
        return Ok(());
    }
    let failed = |message: String| TransactionError {
        kind: TransactionErrorKind::Other,
        message,
    };
    producer.begin_transaction()?;
    let deadline = Instant::now() + PATIENCE;
    let (mut sent, mut delivered) = (0, 0);
    let mut reports: Vec<Report> = Vec::new();
    while delivered < keys.len() {
        while let Some((partition, key)) = keys.get(sent) {
            if producer.send_checkpoint(*partition, key, None, RowTag::CHECKPOINT) != 0 {
                // The queue is full; any other reason lasts until the time is up.
                break;
            }
            sent += 1;
        }
        producer.flush(Duration::from_millis(100));
        producer.inbox().take_reports(&mut reports);
        for report in &reports {
            if report.outcome != Outcome::Delivered {
                let why = producer.inbox().explain(report).map(|error| error.message);
                return Err(failed(why.unwrap_or_default()));
            }
            delivered += 1;
        }
        if Instant::now() >= deadline {
            return Err(failed("the tombstones were not acknowledged in time".to_owned()));
        }
    }
    producer.commit_transaction(PATIENCE)
}
