//! Loads with all rows in one transaction: readers of committed messages see all of them or none.
//!
//! The transaction is committed only after the last row was delivered and everything was checked that a run can check.
//! Whatever stops the run before that aborts it.

use std::time::{Duration, Instant};

use super::transactions::Transactions;
use super::{Publisher, Taken};
use crate::kafka::ConnectErrorKind;
use crate::load::exactly_once::{Commit, Ending, Event, Fault, OpenLoad};
use crate::load::outcome::Abort;
use crate::load::stages::Stages;
use crate::load::stop::{LoadStop, OutOfTime, Stop};

/// How long an abort may take before it is left to the brokers.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time for the transaction.
#[derive(Debug, Clone, Copy)]
struct TimeLimit {
    /// The time after which the brokers abort it.
    timeout: Duration,
}

impl TimeLimit {
    /// The time in which all rows must be delivered: less than the timeout, since the commit takes time too.
    fn for_rows(self) -> Duration {
        self.timeout - (self.timeout / 10).min(Duration::from_secs(30))
    }

    /// The time that all rows will take, if that is certainly too long. `share` of the rows were delivered in `elapsed`.
    fn too_long(self, elapsed: Duration, share: Option<f64>) -> Option<Duration> {
        let first_estimate = Duration::from_secs(10).min(self.timeout / 4);
        let share = share.filter(|share| *share > 0.0 && elapsed >= first_estimate)?;
        let expected = elapsed.as_secs_f64() / share;
        // The rate may still grow.
        let limit = 1.5 * self.for_rows().as_secs_f64();
        (expected > limit).then(|| Duration::from_secs_f64(expected.min(1e9)))
    }
}

impl Publisher<'_> {
    /// Hands all rows over, and waits until they are delivered.
    ///
    /// # Errors
    /// They are not, or must not be committed: the event that says why.
    pub(super) fn send_all(
        &mut self,
        transactions: &mut Transactions<'_>,
        stages: &mut Stages,
    ) -> Result<(), Event<u64>> {
        let begun = transactions.begun.unwrap_or_else(Instant::now);
        let limit = TimeLimit {
            timeout: self
                .sink
                .producer()
                .transaction_timeout()
                .unwrap_or(Duration::MAX),
        };
        self.accounts.commit_before = begun.checked_add(limit.for_rows());
        let sent = self.send_within(transactions, stages, begun, limit);
        self.accounts.commit_before = None;
        sent?;
        self.check_before_commit();
        let too_many_errors = self.has_too_many_errors();
        match self.accounts.stop.is_some() || too_many_errors {
            true => Err(Event::Abandoned),
            false => Ok(()),
        }
    }

    fn send_within(
        &mut self,
        transactions: &mut Transactions<'_>,
        stages: &mut Stages,
        begun: Instant,
        limit: TimeLimit,
    ) -> Result<(), Event<u64>> {
        let mut is_read = false;
        let mut arrived = begun;
        loop {
            if is_read {
                self.accounts.note_signals();
                if self.accounts.stop.is_some() || self.accounts.ledger.in_flight() == 0 {
                    return Ok(());
                }
                self.sink.flush_briefly();
                self.serve();
            } else {
                let taken = self.take_next(stages);
                if taken != Taken::Nothing {
                    transactions.has_taken = true;
                    arrived = Instant::now();
                }
                is_read = taken == Taken::Over;
            }
            if self.accounts.is_cut_off() {
                return Err(Event::Cancelled);
            }
            if self.accounts.stop.is_none() {
                self.accounts.stop = self.out_of_time(begun.elapsed(), arrived.elapsed(), limit);
            }
            if self.accounts.stop.is_some() {
                return Ok(());
            }
            if let Some(fault) = self.broken(transactions) {
                return Err(Event::SendFailed(fault));
            }
        }
    }

    fn out_of_time(&self, elapsed: Duration, idle: Duration, limit: TimeLimit) -> Option<Stop> {
        let expected = limit.too_long(elapsed, self.share_delivered());
        if expected.is_none() && elapsed < limit.for_rows() {
            return None;
        }
        let share = self.share_delivered().filter(|share| *share > 0.0);
        let counts = self.accounts.ledger.counts();
        Some(Stop::Load(LoadStop::OutOfTime(OutOfTime {
            timeout: limit.timeout,
            elapsed,
            idle,
            rows: counts.read - counts.in_flight(),
            expected: expected.or(share.map(|share| elapsed.div_f64(share))),
        })))
    }

    /// The share of the rows that were read and delivered, if the size of the inputs is known.
    fn share_delivered(&self) -> Option<f64> {
        let counts = self.accounts.ledger.counts();
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        let of_bytes = self
            .figures
            .bytes_total
            .map(|total| share(self.figures.stored_bytes_read, total));
        let of_limit = self.limit.map(|limit| share(counts.read, limit));
        let read = match (of_bytes, of_limit) {
            (Some(bytes), Some(limit)) => bytes.max(limit),
            (bytes, limit) => bytes.or(limit)?,
        };
        Some(read * (1.0 - share(counts.in_flight(), counts.read)))
    }

    /// Checks what could change until now: after the commit it would be too late.
    fn check_before_commit(&mut self) {
        self.accounts.note_signals();
        if self.accounts.stop.is_some() {
            return;
        }
        let topics = self
            .sink
            .look_again(&self.accounts.ledger, self.accounts.interrupts());
        for topic in topics {
            let message = match &topic.facts {
                Err(error) if error.kind() == ConnectErrorKind::MissingTopic => Some(error.to_string()),
                _ => {
                    let loss = topic.changes.iter().find(|change| change.is_loss());
                    loss.map(|loss| format!("{}: {loss}", topic.name))
                }
            };
            if let Some(message) = message {
                self.accounts.stop = Some(Stop::Load(LoadStop::TopicChanged { message }));
                return;
            }
        }
        self.accounts.note_signals();
    }

    /// Aborts the transaction; all rows in it are unsent.
    pub(super) fn abort(&mut self, transactions: &mut Transactions<'_>) -> Event<u64> {
        self.give_up_rows(transactions);
        let is_open = transactions.begun.take().is_some();
        if !is_open {
            return Event::Done;
        }
        transactions.aborted = Some(Abort::Done);
        if let Err(error) = self.sink.producer().abort_transaction(PATIENCE) {
            // Those of a fenced producer were aborted by the brokers.
            if transactions.note(&error) != Fault::Fenced {
                let timeout = self.sink.producer().transaction_timeout();
                transactions.aborted = Some(Abort::Later(timeout.unwrap_or_default()));
            }
        }
        Event::Done
    }

    /// Ends a transaction that a load leaves although nothing was committed in it; returns how it ends, if all rows are in
    /// it.
    pub(super) fn leave_transaction(&mut self, ending: &Ending, load: &OpenLoad) -> Option<Abort> {
        // After a second signal the run does not wait for the brokers.
        let may_wait = matches!(ending, Ending::Failed { .. });
        let producer = self.sink.producer();
        let is_aborted = may_wait && producer.abort_transaction(PATIENCE).is_ok();
        let timeout = producer.transaction_timeout().unwrap_or_default();
        (load.settings.commit == Commit::Once).then_some(match is_aborted {
            true => Abort::Done,
            false => Abort::Later(timeout),
        })
    }

    /// Makes all rows unsent that were handed over.
    pub(super) fn give_up_rows(&mut self, transactions: &Transactions<'_>) {
        self.reached.clear();
        self.accounts.abort(&transactions.savepoint.accounts);
    }

    /// Takes the place of a rewind if an input can be read only once: the rows go on if none was received yet.
    pub(super) fn go_on_without_rewind(&mut self, transactions: &mut Transactions<'_>) -> Event<u64> {
        self.accounts.broken = None;
        if !transactions.has_taken {
            return Event::Done;
        }
        self.give_up_rows(transactions);
        // The brokers aborted the transaction when the next producer was initialised.
        transactions.aborted = Some(Abort::Done);
        self.accounts.note_signals();
        let message = transactions.fault.clone().unwrap_or_default();
        self.accounts.stop.get_or_insert(Stop::Load(LoadStop::Failed {
            // A row that was refused once will be refused again.
            is_lasting: !self.accounts.refused.is_empty(),
            message: format!("{message}; the rows cannot be read a second time"),
        }));
        Event::Abandoned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn rows_have_less_time_than_the_transaction() {
        for (timeout, for_rows) in [(900, 870), (60, 54), (5, 4)] {
            let limit = TimeLimit {
                timeout: timeout * SECOND,
            };
            assert_eq!(limit.for_rows().as_secs(), for_rows);
        }
    }

    #[test]
    fn a_load_that_cannot_fit_is_noticed_early_and_one_that_may_is_not() {
        let limit = TimeLimit { timeout: 60 * SECOND };
        let expected = |seconds, share| limit.too_long(seconds * SECOND, share).map(|time| time.as_secs());
        // Too early, and unknown.
        assert_eq!(expected(9, Some(0.01)), None);
        assert_eq!(expected(50, None), None);
        assert_eq!(expected(50, Some(0.0)), None);
        // 200 s, and 80 s, which may become less.
        assert_eq!(expected(10, Some(0.05)), Some(200));
        assert_eq!(expected(10, Some(0.125)), None);
    }
}
