//! The commit of a transaction: what it covers, its checkpoint, and the wait for the reports.

use std::time::Instant;

use super::Publisher;
use super::transactions::{PATIENCE, Transactions};
use crate::kafka::{RowTag, TransactionErrorKind};
use crate::load::accounts::Accounts;
use crate::load::exactly_once::{Checkpoint, Covered, Event, Fault, Then};
use crate::load::file_outcome::ReadExtent;
use crate::load::observer::Kept;
use crate::load::stages::InputNumber;
use crate::load::stop::Stop;

impl Publisher<'_> {
    /// How far the inputs are covered by what was handed over since the last savepoint.
    pub(super) fn covered(&mut self, transactions: &Transactions<'_>, then: Then) -> Vec<Covered> {
        let load = &*transactions.load;
        let files = &self.accounts.files;
        let is_complete = |index: usize| files[index].read == ReadExtent::Complete;
        let mut covered: Vec<Covered> = Vec::new();
        for reached in &self.reached {
            covered.push(Covered {
                position: reached.position,
                digest: reached.hash.digest(),
                is_complete: is_complete(reached.index),
                rejects: self
                    .accounts
                    .observer
                    .kept_extent(InputNumber::new(reached.index)),
                ..load.as_it_is(reached.index)
            });
        }
        if then == Then::End {
            // Inputs of which it was not known at their last checkpoints that no row follows.
            for index in 0..files.len() {
                let is_new = load.of_input(index).is_none_or(|input| !input.is_complete);
                if is_complete(index) && is_new && self.reached.iter().all(|reached| reached.index != index) {
                    covered.push(Covered {
                        is_complete: true,
                        ..load.as_it_is(index)
                    });
                }
            }
        }
        covered
    }

    /// Waits for all reports, adds the checkpoint and commits.
    pub(super) fn commit(
        &mut self,
        transactions: &mut Transactions<'_>,
        checkpoint: &Checkpoint<u64>,
    ) -> Event<u64> {
        if let Err(fault) = self.begin(transactions) {
            return Event::Committed(Err(fault));
        }
        if transactions.attempted.is_empty() {
            transactions.attempted = transactions.load.opening();
        }
        if let Err(event) =
            self.await_reports(transactions, None, |accounts| accounts.ledger.in_flight() == 0)
        {
            return event;
        }
        // The counts of delivered rows are known only now.
        let stopped_at = match &self.accounts.stop {
            Some(Stop::Row {
                at, kept: Kept::No, ..
            }) => Some(at.input.index()),
            _ => None,
        };
        for covered in &mut transactions.attempted {
            let mut counts = transactions.before[covered.index];
            counts.add_all(&self.accounts.ledger.counts_of(InputNumber::new(covered.index)));
            // The row that stopped the run is rejected in this run only: the next one reads it again.
            if stopped_at == Some(covered.index) {
                counts.read -= 1;
                counts.rejected -= 1;
            }
            covered.counts = counts;
            let written = self.accounts.ledger.written(InputNumber::new(covered.index));
            covered.written = transactions.load.written_with(covered.index, written);
        }
        let records = transactions.load.records(checkpoint, &transactions.attempted);
        let partition = transactions.load.partition();
        let mut waiting = 0;
        for (key, value) in &records {
            match self
                .sink
                .producer()
                .send_checkpoint(partition, key, Some(value), RowTag::CHECKPOINT)
            {
                0 => waiting += 1,
                code => {
                    transactions.fault = Some(format!("the checkpoint could not be sent (error {code})"));
                    return Event::Committed(Err(Fault::Passing));
                }
            }
        }
        let deadline = Instant::now() + PATIENCE;
        self.accounts.checkpoints_reported = 0;
        let are_reported = |accounts: &Accounts<'_>| accounts.checkpoints_reported >= waiting;
        if let Err(event) = self.await_reports(transactions, Some(deadline), are_reported) {
            return event;
        }
        let committed = self.sink.producer().commit_transaction(PATIENCE);
        transactions.begun = None;
        match committed {
            Ok(()) => Event::Committed(Ok(())),
            Err(error) if error.kind == TransactionErrorKind::Cancelled => Event::Cancelled,
            Err(error) => Event::Committed(Err(transactions.note(&error))),
        }
    }

    /// Has everything sent, and waits for reports until `is_done`; otherwise returns why the commit is not tried.
    fn await_reports(
        &mut self,
        transactions: &mut Transactions<'_>,
        deadline: Option<Instant>,
        is_done: impl Fn(&Accounts<'_>) -> bool,
    ) -> Result<(), Event<u64>> {
        while !is_done(&self.accounts) {
            self.sink.flush_briefly();
            self.serve();
            if self.accounts.is_cut_off() {
                return Err(Event::Cancelled);
            }
            if let Some(fault) = self.broken(transactions) {
                return Err(Event::Committed(Err(fault)));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Event::Committed(Err(Fault::Passing)));
            }
        }
        Ok(())
    }
}
