//! What it means for a topic that messages have no key, or that only the latest of a key is kept.

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::settings::KeySource;
use crate::kafka::{Fact, TopicFacts};
use crate::load::PlannedInput;
use crate::report::figures::count_of;

/// Whether messages have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    All,
    /// None, because `--no-key` asks for that.
    NoneWanted,
    /// None, because the schema has no field that is taken for the key by default.
    NoneFound,
}

impl Keys {
    fn of(planned: &[PlannedInput], source: &KeySource) -> Keys {
        // One schema and one choice serve all inputs.
        let has_key = planned
            .iter()
            .all(|planned| planned.plan.describe_key().is_some());
        match (has_key, source) {
            (true, _) => Keys::All,
            (false, KeySource::None) => Keys::NoneWanted,
            (false, _) => Keys::NoneFound,
        }
    }
}

/// Says once what the choice of a key means for the order of rows and for a compacted topic.
///
/// # Errors
/// The topic is compacted and messages have no key: brokers would refuse each of them.
pub(super) fn check(
    planned: &[PlannedInput],
    source: &KeySource,
    topic: Option<&TopicFacts>,
) -> Result<(), Failure> {
    let keys = Keys::of(planned, source);
    if let Some(topic) = topic {
        refuse_on_compacted(keys, topic)?;
    }
    if let Some(warning) = warning(keys, topic) {
        messages::line(&format!("warning: {warning}"));
    }
    Ok(())
}

fn refuse_on_compacted(keys: Keys, topic: &TopicFacts) -> Result<(), Failure> {
    let hint = match keys {
        Keys::All => return Ok(()),
        Keys::NoneFound => "the schema has no field `symbol`; name the field of the key with `--key FIELD`",
        Keys::NoneWanted => "omit `--no-key`, or name the field of the key with `--key FIELD`",
    };
    if topic.compacted != Fact::Known(true) {
        return Ok(());
    }
    let message = format!(
        "topic `{}` is compacted (its `cleanup.policy`), so brokers refuse messages without a key, and the rows have \
         none",
        topic.name
    );
    Err(Failure::new(Exit::Usage, message).with_hint(Some(hint)))
}

fn warning(keys: Keys, topic: Option<&TopicFacts>) -> Option<String> {
    match (keys, topic) {
        (Keys::All, Some(topic)) if topic.compacted == Fact::Known(true) => Some(format!(
            "topic `{}` is compacted (its `cleanup.policy`): of the rows with one key it keeps only the last",
            topic.name
        )),
        (Keys::All | Keys::NoneWanted, _) => None,
        // One partition keeps the order of all rows.
        (Keys::NoneFound, Some(topic)) if topic.partitions == 1 => None,
        (Keys::NoneFound, topic) => {
            let partitions = topic.map_or("the topic's partitions".to_owned(), |topic| {
                count_of(u64::from(topic.partitions), "partition", "partitions")
            });
            Some(format!(
                "the schema has no field `symbol`, so messages have no key: the order of rows is not kept across \
                 {partitions}, not per instrument either; name the field of the key with `--key FIELD`, or accept this \
                 with `--no-key`"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(partitions: u32, compacted: Fact<bool>) -> TopicFacts {
        TopicFacts {
            partitions,
            compacted,
            ..TopicFacts::unknown("trades")
        }
    }

    #[test]
    fn null_keys_are_refused_where_the_topic_is_known_to_be_compacted() {
        for (keys, compacted, fits) in [
            (Keys::All, Fact::Known(true), true),
            (Keys::NoneFound, Fact::Known(true), false),
            (Keys::NoneWanted, Fact::Known(true), false),
            (Keys::NoneWanted, Fact::Known(false), true),
            (Keys::NoneWanted, Fact::NotPermitted, true),
        ] {
            let done = refuse_on_compacted(keys, &topic(3, compacted.clone()));
            assert_eq!(done.is_ok(), fits, "{keys:?} {compacted:?}");
        }
    }

    #[test]
    fn what_is_lost_without_a_key_or_by_compaction_is_said_where_it_is_lost() {
        let plain = |partitions| topic(partitions, Fact::Known(false));
        for (keys, topic, said) in [
            (Keys::All, Some(plain(3)), None),
            (Keys::All, None, None),
            (
                Keys::All,
                Some(topic(3, Fact::Known(true))),
                Some("keeps only the last"),
            ),
            (
                Keys::NoneFound,
                Some(plain(3)),
                Some("not kept across 3 partitions"),
            ),
            (Keys::NoneFound, Some(plain(1)), None),
            (
                Keys::NoneFound,
                None,
                Some("not kept across the topic's partitions"),
            ),
            (Keys::NoneWanted, Some(plain(3)), None),
        ] {
            let warning = warning(keys, topic.as_ref());
            assert_eq!(
                warning.is_some(),
                said.is_some(),
                "{keys:?} {topic:?} {warning:?}"
            );
            assert!(warning.unwrap_or_default().contains(said.unwrap_or_default()));
        }
    }
}
