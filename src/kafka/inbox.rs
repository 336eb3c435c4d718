//! The events of a client since the last call: delivery reports, broker errors, statistics.
//!
//! This file holds only events. The caller keeps track of rows and counts, so a client can be dropped and replaced
//! while the counts continue. A report is a push of 24 bytes into reused memory: delivery, the hot path, allocates
//! nothing.

use super::broker_errors::BrokerErrors;
use super::codes::{self, ErrorCode};
use super::config::LogHandler;
use super::header_lists::HeaderLists;
use super::row_tag::RowTag;
use super::statistics::Statistics;

/// The final state of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged by all in-sync replicas.
    Delivered,
    /// Not on the topic.
    Failed(ErrorCode),
    /// Possibly on the topic: it had been sent to the broker when the connection broke or the time ran out.
    Unknown(ErrorCode),
    /// Purged before it was sent.
    Unsent(ErrorCode),
    /// Never taken by the client, for a reason that waiting does not change. It gets no delivery report.
    Refused(ErrorCode),
}

/// The result for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The row of the message.
    pub tag: RowTag,
    /// Its offset; valid only if it was delivered.
    pub offset: i64,
    /// Its partition; -1 if none was chosen yet.
    pub partition: i32,
    /// The outcome.
    pub outcome: Outcome,
}

const _: () = assert!(
    size_of::<Report>() == 24,
    "a million of them pass through the cache per second"
);

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryError {
    /// librdkafka's name for the error: `_MSG_TIMED_OUT`, `TOPIC_AUTHORIZATION_FAILED`, ...
    pub code: String,
    /// librdkafka's description; for a time-out, with the last broker error.
    pub message: String,
}

/// The events of one client.
#[derive(Debug)]
pub struct Inbox {
    reports: Vec<Report>,
    pub(super) errors: BrokerErrors,
    pub(super) statistics: Statistics,
    /// Bytes of keys and headers in flight, which librdkafka's own queue limit does not count.
    pub(super) uncounted_bytes: usize,
    /// Bytes of keys and values in flight.
    pub(super) waiting_bytes: usize,
    /// The headers of the messages in flight, if they have any.
    pub(super) headers: HeaderLists,
    /// Whether librdkafka has added the interceptor that gives messages their headers to the client.
    pub(super) has_interceptor: bool,
    log: LogHandler,
}

impl Inbox {
    pub(super) fn new(log: LogHandler) -> Inbox {
        Inbox {
            reports: Vec::new(),
            errors: BrokerErrors::default(),
            statistics: Statistics::default(),
            uncounted_bytes: 0,
            waiting_bytes: 0,
            headers: HeaderLists::default(),
            has_interceptor: false,
            log,
        }
    }

    /// Replaces the contents of `reports` with the reports since the last call; its memory is reused.
    pub fn take_reports(&mut self, reports: &mut Vec<Report>) {
        reports.clear();
        std::mem::swap(&mut self.reports, reports);
    }

    /// Broker errors, including the fatal one.
    pub fn broker_errors(&self) -> &BrokerErrors {
        &self.errors
    }

    /// Retries and delivery times, if statistics are on.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Why the message of a report was not delivered, given what is known about the brokers now; none if it was
    /// delivered.
    pub fn explain(&self, report: &Report) -> Option<DeliveryError> {
        let (code, message) = match report.outcome {
            Outcome::Delivered => return None,
            Outcome::Refused(code) => (code, self.refusal(code, report.partition)),
            Outcome::Failed(code) | Outcome::Unknown(code) | Outcome::Unsent(code) => {
                (code, self.words(code))
            }
        };
        Some(DeliveryError {
            code: code.name(),
            message,
        })
    }

    fn refusal(&self, code: ErrorCode, partition: i32) -> String {
        match self.errors.fatal_error() {
            Some(fatal) if code == codes::FATAL => fatal.message.clone(),
            _ if code == codes::UNKNOWN_PARTITION => format!("the topic has no partition {partition}"),
            _ => code.words(),
        }
    }

    fn words(&self, code: ErrorCode) -> String {
        if code == codes::MSG_SIZE_TOO_LARGE {
            return format!(
                "{} (compressed, it exceeds the topic's `max.message.bytes`)",
                code.words()
            );
        }
        match self.errors.last_error() {
            _ if code != codes::MSG_TIMED_OUT => code.words(),
            Some(cause) => format!("{} (last broker error: {})", code.words(), cause.message),
            None => format!(
                "{} (the brokers did not answer and reported no error)",
                code.words()
            ),
        }
    }

    pub(super) fn push(&mut self, report: Report) {
        self.reports.push(report);
    }

    /// How many reports have not been taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.reports.len()
    }

    /// Passes on a line of librdkafka's log that the user asked for.
    pub(super) fn log(&self, facility: &str, line: &str) {
        (self.log)(facility, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(row: u32, outcome: Outcome) -> Report {
        Report {
            tag: RowTag::new(3, row),
            offset: -1,
            partition: 9,
            outcome,
        }
    }

    #[test]
    fn reports_are_taken_once_in_their_order() {
        let mut inbox = Inbox::new(|_, _| ());
        let reports = [0, 1].map(|row| report(row, Outcome::Delivered));
        reports.iter().for_each(|report| inbox.push(*report));
        let mut taken = vec![report(7, Outcome::Delivered)];
        inbox.take_reports(&mut taken);
        assert_eq!(taken, reports);
        inbox.take_reports(&mut taken);
        assert_eq!(taken, []);
    }

    #[test]
    fn a_time_out_names_the_last_broker_error() {
        let mut inbox = Inbox::new(|_, _| ());
        inbox.errors.note(
            "_TRANSPORT",
            "broker:9092/1: Disconnected (after 5ms in state UP)",
        );
        let timed_out = inbox
            .explain(&report(0, Outcome::Failed(codes::MSG_TIMED_OUT)))
            .unwrap();
        assert_eq!(
            (timed_out.code.as_str(), timed_out.message.as_str()),
            (
                "_MSG_TIMED_OUT",
                "Local: Message timed out (last broker error: disconnected)"
            )
        );
    }

    #[test]
    fn a_time_out_without_an_error_says_that_nobody_answered() {
        let inbox = Inbox::new(|_, _| ());
        let timed_out = inbox.explain(&report(0, Outcome::Unknown(codes::MSG_TIMED_OUT)));
        let message = timed_out.unwrap().message;
        assert!(
            message.ends_with("(the brokers did not answer and reported no error)"),
            "{message}"
        );
    }

    #[test]
    fn a_refused_message_is_explained_beyond_the_bare_code() {
        let mut inbox = Inbox::new(|_, _| ());
        inbox
            .errors
            .note_fatal("OUT_OF_ORDER_SEQUENCE_NUMBER", "Broker: lost.");
        let message = |code| inbox.explain(&report(0, Outcome::Refused(code))).unwrap().message;
        assert_eq!(message(codes::FATAL), "broker: lost");
        assert_eq!(message(codes::UNKNOWN_PARTITION), "the topic has no partition 9");
    }
}
