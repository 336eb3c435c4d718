//! Transactions of a producer (KIP-98): librdkafka's calls, each with a time limit, and the meaning of their errors.
//!
//! A call is made in short slices, which librdkafka resumes, so that a signal is noticed in time.

use std::fmt;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::client::Client;
use super::codes::{self, text};
use super::transaction_timeout::TransactionTime;

/// What a transactional producer needs besides the settings of every producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionSettings {
    /// The `transactional.id`: brokers accept transactions only from the last producer that was initialised with it.
    pub id: String,
    /// The topic of the checkpoints, which are part of the transactions.
    pub checkpoint_topic: String,
    /// How long a transaction may take.
    pub time: TransactionTime,
}

/// Why a transaction cannot begin, continue or be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionError {
    /// What it means.
    pub kind: TransactionErrorKind,
    /// For people, with librdkafka's name of the error.
    pub message: String,
}

/// What an error means for the producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionErrorKind {
    /// The time is up; what the brokers did is unknown.
    TimedOut,
    /// Another producer was initialised with the same id, or the brokers ended the transaction by its time-out.
    Fenced,
    /// The brokers do not let transactions be open for so long.
    TimeRefused,
    /// The user lacks a right, or the brokers refuse a setting.
    Refused,
    /// The client was told to stop waiting.
    Cancelled,
    /// Anything else. A new producer may succeed.
    Other,
}

impl fmt::Display for TransactionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for TransactionError {}

/// The length of a slice of a call.
const SLICE: Duration = Duration::from_millis(100);

const FENCED: [Code; 4] = [
    Code::RD_KAFKA_RESP_ERR__FENCED,
    Code::RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
    Code::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
    Code::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
];

const REFUSED: [Code; 4] = [
    Code::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    Code::RD_KAFKA_RESP_ERR__NOT_CONFIGURED,
];

const TIME_REFUSED: i32 = codes::code(Code::RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT);

/// Whether the code of a delivery or of a call means that the producer was fenced.
pub(super) fn is_fenced(code: i32) -> bool {
    FENCED.iter().any(|known| codes::code(*known) == code)
}

/// The same of the name of a code.
pub(super) fn is_named_fenced(name: &str) -> bool {
    let mut names = FENCED.iter().map(|known| codes::code_name(codes::code(*known)));
    names.any(|known| known == name)
}

impl Client {
    /// Initialises the client's transactions: ends the transaction that an earlier producer with the same id left, and
    /// fences that producer.
    pub(super) fn init_transactions(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        let deadline = Instant::now() + timeout;
        // SAFETY: the handle is alive.
        self.call("initialised", deadline, |handle, slice| unsafe {
            sys::rd_kafka_init_transactions(handle, slice)
        })
    }

    /// Begins a transaction; sends nothing.
    pub(super) fn begin_transaction(&mut self) -> Result<(), TransactionError> {
        // SAFETY: the handle is alive.
        self.call("begun", Instant::now(), |handle, _| unsafe {
            sys::rd_kafka_begin_transaction(handle)
        })
    }

    /// Commits the transaction. All its messages must have been reported.
    pub(super) fn commit_transaction(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        let deadline = Instant::now() + timeout;
        // SAFETY: the handle is alive.
        self.call("committed", deadline, |handle, slice| unsafe {
            sys::rd_kafka_commit_transaction(handle, slice)
        })
    }

    /// Aborts the transaction; its messages that are still in flight are purged.
    pub(super) fn abort_transaction(&mut self, timeout: Duration) -> Result<(), TransactionError> {
        let deadline = Instant::now() + timeout;
        // SAFETY: the handle is alive.
        self.call("aborted", deadline, |handle, slice| unsafe {
            sys::rd_kafka_abort_transaction(handle, slice)
        })
    }

    fn call(
        &mut self,
        action: &str,
        deadline: Instant,
        call: impl Fn(*mut sys::rd_kafka_t, i32) -> *mut sys::rd_kafka_error_t,
    ) -> Result<(), TransactionError> {
        loop {
            let error = call(self.raw(), SLICE.as_millis() as i32);
            if error.is_null() {
                return Ok(());
            }
            // SAFETY: the error is ours until it is destroyed.
            let (code, is_retriable, words) = unsafe {
                let facts = (
                    codes::error_code(error),
                    sys::rd_kafka_error_is_retriable(error) != 0,
                    text(sys::rd_kafka_error_string(error)),
                );
                sys::rd_kafka_error_destroy(error);
                facts
            };
            self.poll(Duration::ZERO);
            let kind = match code {
                code if is_fenced(code) => TransactionErrorKind::Fenced,
                code if REFUSED.iter().any(|known| codes::code(*known) == code) => {
                    TransactionErrorKind::Refused
                }
                code if code == TIME_REFUSED => TransactionErrorKind::TimeRefused,
                _ if !is_retriable => TransactionErrorKind::Other,
                _ if self.inbox().broker_errors().authentication_error().is_some() => {
                    TransactionErrorKind::Refused
                }
                _ if self.is_over() => TransactionErrorKind::Cancelled,
                _ if Instant::now() >= deadline => TransactionErrorKind::TimedOut,
                code if code == codes::code(Code::RD_KAFKA_RESP_ERR__TIMED_OUT) => continue,
                _ => {
                    self.poll(SLICE / 2);
                    continue;
                }
            };
            let message = self.explain(action, kind, code, &words);
            return Err(TransactionError { kind, message });
        }
    }

    fn explain(&self, action: &str, kind: TransactionErrorKind, code: i32, words: &str) -> String {
        let errors = self.inbox().broker_errors();
        let cause = match kind {
            TransactionErrorKind::TimedOut => errors.last_error(),
            _ => errors.authentication_error(),
        };
        let cause = cause.map_or(String::new(), |error| {
            format!("; last broker error: {}", error.message)
        });
        let right = match code == codes::code(Code::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED) {
            true => format!(
                "; the user needs Write and Describe on the transactional id `{}`",
                self.config_value("transactional.id").unwrap_or_default()
            ),
            false => String::new(),
        };
        format!(
            "the transaction could not be {action}: {words} ({}){right}{cause}",
            codes::code_name(code)
        )
    }
}
