//! The subject of a topic's schema: the three strategies of the registry's clients, and the context before it.

use std::fmt;

/// How the name of a subject is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubjectNameStrategy {
    /// `TOPIC-value`.
    #[default]
    Topic,
    /// The record's full name.
    Record,
    /// `TOPIC-` and the record's full name.
    TopicRecord,
}

/// The strategy derives the subject from the record, but no record is known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectError;

impl fmt::Display for SubjectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the subject is named after the record, but the record is not known")
    }
}

impl std::error::Error for SubjectError {}

impl SubjectNameStrategy {
    /// The subject for values of `topic` with the record `record` (a full name).
    ///
    /// `context` precedes it: empty, or such as `:.ctx:`.
    pub fn subject(self, context: &str, topic: &str, record: Option<&str>) -> Result<String, SubjectError> {
        let name = match (self, record) {
            (Self::Topic, _) => topic_name_subject(topic),
            (Self::Record, Some(record)) => record.to_string(),
            (Self::TopicRecord, Some(record)) => format!("{topic}-{record}"),
            (_, None) => return Err(SubjectError),
        };
        Ok(format!("{context}{name}"))
    }
}

/// The subject of a topic's values by the TopicNameStrategy, the default of the registry's clients.
fn topic_name_subject(topic: &str) -> String {
    format!("{topic}-value")
}

/// The subject of a topic's keys by the TopicNameStrategy.
pub fn topic_name_key_subject(topic: &str) -> String {
    format!("{topic}-key")
}

/// Whether a subject is only a context, `:.ctx:`, to be completed by the strategy.
pub(crate) fn is_bare_context(subject: &str) -> bool {
    subject
        .strip_prefix(":.")
        .is_some_and(|rest| rest.find(':').is_some_and(|end| end + 1 == rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_by_strategy_and_context() {
        let record = Some("com.k2.Trade");
        for (strategy, context, expected) in [
            (SubjectNameStrategy::Topic, "", "market.trades-value"),
            (SubjectNameStrategy::Record, "", "com.k2.Trade"),
            (SubjectNameStrategy::TopicRecord, "", "market.trades-com.k2.Trade"),
            (SubjectNameStrategy::Topic, ":.ctx:", ":.ctx:market.trades-value"),
            (SubjectNameStrategy::Record, ":.ctx:", ":.ctx:com.k2.Trade"),
        ] {
            assert_eq!(
                strategy.subject(context, "market.trades", record).as_deref(),
                Ok(expected)
            );
        }
        assert_eq!(
            SubjectNameStrategy::Topic.subject("", "t", None).as_deref(),
            Ok("t-value")
        );
        assert_eq!(
            SubjectNameStrategy::Record.subject("", "t", None),
            Err(SubjectError)
        );
        assert_eq!(
            SubjectNameStrategy::TopicRecord.subject("", "t", None),
            Err(SubjectError)
        );
    }

    #[test]
    fn a_context_alone_is_distinguished_from_a_subject_in_it() {
        for (subject, bare) in [
            (":.ctx:", true),
            (":.:", true),
            (":.ctx:a", false),
            (":.ctx", false),
            ("a:", false),
            ("", false),
        ] {
            assert_eq!(is_bare_context(subject), bare, "{subject}");
        }
    }
}
