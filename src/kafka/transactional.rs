//! What a producer does for loads in transactions, besides the transactions themselves.

use std::time::Duration;

use super::first_record::{self, FoundRecord};
use super::limits::fit;
use super::partition_log::LogError;
use super::producer::Producer;
use super::transactions::{TransactionError, TransactionErrorKind};

/// The most messages in a batch.
pub(super) const BATCH_MESSAGES: &str = "batch.num.messages";

impl Producer {
    /// The time after which the brokers abort a transaction; none without transactions.
    pub fn transaction_timeout(&self) -> Option<Duration> {
        self.transaction_timeout.map(|timeout| timeout.time)
    }

    /// The same, unless it is a guess that the brokers may refuse.
    pub fn known_transaction_timeout(&self) -> Option<Duration> {
        let timeout = self.transaction_timeout.filter(|timeout| !timeout.is_guess);
        timeout.map(|timeout| timeout.time)
    }

    /// [`Producer::renew`]; a timeout of transactions that was a guess is shortened until the brokers allow it.
    ///
    /// # Errors
    /// As for [`Producer::renew`].
    pub fn initialise_transactions(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        loop {
            let renewed = self.renew(timeout);
            let is_too_long =
                matches!(&renewed, Err(error) if error.kind == TransactionErrorKind::TimeRefused);
            let chosen = self.transaction_timeout.as_mut().filter(|_| is_too_long);
            if !chosen.is_some_and(|timeout| timeout.shorten(&mut self.config)) {
                return renewed;
            }
            self.standby = None;
        }
    }

    /// A committed record on one of the topics; none if they are empty for readers of committed messages. `waiting` is
    /// called while open transactions of other producers may have records.
    ///
    /// # Errors
    /// The brokers do not answer or refuse, or the open transactions do not end.
    pub fn first_record(
        &self,
        is_over: &(impl Fn() -> bool + Clone + Send + 'static),
        waiting: &mut dyn FnMut(),
    ) -> Result<Option<FoundRecord>, LogError> {
        // That of a transaction for as long as brokers let it be open by default, and until they look for such.
        const PATIENCE: Duration = Duration::from_secs(15 * 60 + 15);
        let patience = self
            .transaction_timeout()
            .map_or(PATIENCE, |timeout| timeout.max(PATIENCE));
        for topic in &self.settings.topics {
            let is_over = Box::new(is_over.clone());
            let found = first_record::first_record(&self.settings, topic, patience, is_over, waiting)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Reads the size limits of the topics again, for the next client; returns whether one is lower than before.
    pub fn look_at_limits(&mut self) -> bool {
        let mut limits = Vec::new();
        let mut is_lower = false;
        for (index, known) in self.limits.clone().into_iter().enumerate() {
            let now = self.topic_now(index).ok();
            let now = now.and_then(|now| now.max_message_bytes.known().copied());
            is_lower |= now.is_some_and(|now| known.is_none_or(|known| now < known));
            limits.push(now.or(known));
        }
        let size_limits = fit(&mut self.config, &limits);
        for (topic, size_limit) in self.topics.iter_mut().zip(size_limits) {
            topic.size_limit = size_limit;
        }
        self.limits = limits;
        self.standby = None;
        is_lower
    }

    /// Has the next client send each message in a batch of its own.
    pub fn send_one_by_one(&mut self) {
        self.config.set(BATCH_MESSAGES, "1");
        self.standby = None;
    }

    /// Has the next client fill its batches, as usual.
    pub fn fill_batches(&mut self) {
        match &self.batch_messages {
            Some(messages) => self.config.set(BATCH_MESSAGES, messages),
            None => self.config.remove(BATCH_MESSAGES),
        };
        self.standby = None;
    }

    /// Aborts the transaction.
    ///
    /// # Errors
    /// The brokers abort it later, after its timeout.
    pub fn abort_transaction(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        self.client.abort_transaction(timeout)
    }
}
