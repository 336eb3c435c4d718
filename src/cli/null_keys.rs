//! The consequences of messages without a key, and of a compacted topic.

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::settings::KeySource;
use crate::kafka::{Fact, NewTopic, TopicFacts};
use crate::load::PlannedInput;
use crate::report::figures::count_of;
use crate::schema::RegisteredSchema;

/// Whether messages have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    All,
    /// None, because of `--no-key`.
    NoneWanted(Root),
    /// None, because the schema has no field `symbol`, the default key.
    NoneFound(Root),
}

/// Whether a field could be the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// Each row is a record.
    Records,
    /// Rows are of another type, such as a string or an array, and have no fields.
    Other,
}

impl Keys {
    /// Whether the messages of these inputs have keys, and if not, why.
    pub(super) fn of(planned: &[PlannedInput], source: &KeySource, schema: &RegisteredSchema) -> Keys {
        // All inputs have the same schema and the same choice of key.
        let has_key = planned
            .iter()
            .all(|planned| planned.plan.describe_key().is_some());
        let root = match schema.avro.row_records().is_empty() {
            true => Root::Other,
            false => Root::Records,
        };
        match (has_key, source) {
            (true, _) => Keys::All,
            (false, KeySource::None) => Keys::NoneWanted(root),
            (false, _) => Keys::NoneFound(root),
        }
    }
}

/// Refuses to create a topic that would be compacted for messages without a key.
///
/// An existing topic is checked by [`check`]; this request contradicts itself in any case.
///
/// # Errors
/// The topic to create would be compacted, and messages have no key.
pub(super) fn refuse_on_new(keys: Keys, asked: &NewTopic) -> Result<(), Failure> {
    let is_compacted = |(name, value): &(String, String)| {
        name == "cleanup.policy" && value.split(',').any(|policy| policy.trim() == "compact")
    };
    match (keys, asked.settings.iter().any(is_compacted)) {
        (Keys::All, _) | (_, false) => Ok(()),
        (_, true) => Err(refusal(
            keys,
            "the topic to create would be compacted (its `cleanup.policy`)",
        )),
    }
}

/// Warns once of what the choice of the key means for the order of rows and for a compacted topic.
///
/// # Errors
/// A topic is compacted and messages have no key, so brokers would refuse each of them.
pub(super) fn check(keys: Keys, topics: &[&TopicFacts]) -> Result<(), Failure> {
    for topic in topics {
        refuse_on_compacted(keys, topic)?;
    }
    for warning in warnings(keys, topics) {
        messages::line(&format!("warning: {warning}"));
    }
    Ok(())
}

/// Of what is true of several topics alike, only one is spoken of.
fn warnings(keys: Keys, topics: &[&TopicFacts]) -> Vec<String> {
    match (keys, topics) {
        (Keys::All, _) => topics
            .iter()
            .filter_map(|topic| warning(keys, Some(topic)))
            .collect(),
        (_, []) => warning(keys, None).into_iter().collect(),
        _ => {
            let most = topics.iter().max_by_key(|topic| topic.partitions);
            warning(keys, most.copied()).into_iter().collect()
        }
    }
}

fn refuse_on_compacted(keys: Keys, topic: &TopicFacts) -> Result<(), Failure> {
    if keys == Keys::All || topic.compacted != Fact::Known(true) {
        return Ok(());
    }
    let topic = format!("topic `{}` is compacted (its `cleanup.policy`)", topic.name);
    Err(refusal(keys, &topic))
}

/// The failure for messages without a key; `compacted` says which topic is compacted.
fn refusal(keys: Keys, compacted: &str) -> Failure {
    let message = format!("{compacted}, so brokers refuse messages without a key, and the rows have none");
    Failure::new(Exit::Usage, message).with_hint(hint(keys))
}

/// How to give the rows a key.
fn hint(keys: Keys) -> Option<&'static str> {
    match keys {
        Keys::All => None,
        Keys::NoneFound(Root::Records) => {
            Some("the schema has no field `symbol`; name the field of the key with `--key FIELD`")
        }
        Keys::NoneWanted(Root::Records) => {
            Some("omit `--no-key`, or name the field of the key with `--key FIELD`")
        }
        Keys::NoneFound(Root::Other) | Keys::NoneWanted(Root::Other) => Some(
            "the schema's root is not a record, so no field can be the key; use a topic with `cleanup.policy=delete`",
        ),
    }
}

fn warning(keys: Keys, topic: Option<&TopicFacts>) -> Option<String> {
    match (keys, topic) {
        (Keys::All, Some(topic)) if topic.compacted == Fact::Known(true) => Some(format!(
            "topic `{}` is compacted (its `cleanup.policy`): of the rows with the same key it keeps only the last",
            topic.name
        )),
        (Keys::All | Keys::NoneWanted(_), _) => None,
        // One partition keeps the order of all rows.
        (Keys::NoneFound(_), Some(topic)) if topic.partitions == 1 => None,
        (Keys::NoneFound(root), topic) => {
            let partitions = topic.map_or("the topic's partitions".to_owned(), |topic| {
                count_of(u64::from(topic.partitions), "partition", "partitions")
            });
            Some(match root {
                Root::Records => format!(
                    "the schema has no field `symbol`, so messages have no key: the order of rows is not kept across \
                     {partitions}, even for rows of the same instrument; name the field of the key with `--key FIELD`, or accept \
                     this with `--no-key`"
                ),
                Root::Other => format!(
                    "the schema's root is not a record, so messages have no key: the order of rows is not kept across \
                     {partitions}; accept this with `--no-key`"
                ),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;
    use std::sync::Arc;

    use super::*;
    use crate::encode::{KeyChoice, MessagePlan, PlanSettings};
    use crate::input::{Input, ReadSettings};
    use crate::mapping::Mapping;

    const RECORD: &str = r#"{"type": "record", "name": "R", "fields": [{"name": "n", "type": "long"}]}"#;

    /// An input of JSONL without a key.
    fn planned(schema: &RegisteredSchema) -> PlannedInput {
        let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
        let binding = Mapping::default().bind_keys(schema).unwrap();
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default)).unwrap();
        PlannedInput {
            input: Input::open(file.path().as_os_str(), &ReadSettings::default()).unwrap(),
            plan: Arc::new(plan),
            first: 1.into(),
        }
    }

    fn topic(partitions: u32, compacted: Fact<bool>) -> TopicFacts {
        TopicFacts {
            partitions,
            compacted,
            ..TopicFacts::unknown("trades")
        }
    }

    #[test]
    fn null_keys_are_refused_if_the_topic_is_known_to_be_compacted() {
        for (keys, compacted, fits) in [
            (Keys::All, Fact::Known(true), true),
            (Keys::NoneFound(Root::Records), Fact::Known(true), false),
            (Keys::NoneWanted(Root::Records), Fact::Known(true), false),
            (Keys::NoneWanted(Root::Records), Fact::Known(false), true),
            (Keys::NoneWanted(Root::Records), Fact::NotPermitted, true),
        ] {
            let done = refuse_on_compacted(keys, &topic(3, compacted.clone()));
            assert_eq!(done.is_ok(), fits, "{keys:?} {compacted:?}");
        }
    }

    #[test]
    fn a_warning_names_what_is_lost_without_a_key_or_by_compaction() {
        let plain = |partitions| topic(partitions, Fact::Known(false));
        for (keys, topic, expected) in [
            (Keys::All, Some(plain(3)), None),
            (Keys::All, None, None),
            (
                Keys::All,
                Some(topic(3, Fact::Known(true))),
                Some("keeps only the last"),
            ),
            (
                Keys::NoneFound(Root::Records),
                Some(plain(3)),
                Some("not kept across 3 partitions"),
            ),
            (Keys::NoneFound(Root::Records), Some(plain(1)), None),
            (
                Keys::NoneFound(Root::Records),
                None,
                Some("not kept across the topic's partitions"),
            ),
            (Keys::NoneWanted(Root::Records), Some(plain(3)), None),
        ] {
            let warning = warning(keys, topic.as_ref());
            assert_eq!(
                warning.is_some(),
                expected.is_some(),
                "{keys:?} {topic:?} {warning:?}"
            );
            assert!(warning.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
    }

    #[test]
    fn a_compacted_topic_is_not_created_for_messages_without_a_key() {
        for (keys, policy, fits) in [
            (Keys::NoneWanted(Root::Records), "compact", false),
            (Keys::NoneFound(Root::Records), "delete, compact", false),
            (Keys::NoneFound(Root::Other), "compact,delete", false),
            (Keys::NoneWanted(Root::Records), "delete", true),
            (Keys::All, "compact", true),
        ] {
            let asked = NewTopic {
                partitions: NonZeroU16::MIN,
                replication_factor: None,
                settings: vec![("cleanup.policy".to_owned(), policy.to_owned())],
            };
            assert_eq!(refuse_on_new(keys, &asked).is_ok(), fits, "{keys:?} {policy}");
        }
    }

    #[test]
    fn a_hint_names_the_key_option_only_if_rows_have_fields() {
        for (root, has_fields) in [
            (r#""string""#, false),
            (r#"{"type": "array", "items": "long"}"#, false),
            (RECORD, true),
            (&format!(r#"["null", {RECORD}]"#), true),
        ] {
            let schema = RegisteredSchema::from_text("t-value", root).unwrap();
            for source in [KeySource::Default, KeySource::None] {
                let keys = Keys::of(&[planned(&schema)], &source, &schema);
                let names_key = |text: &str| text.contains("`--key FIELD`");
                assert_eq!(hint(keys).is_some_and(names_key), has_fields, "{root}");
                let warning = warning(keys, None);
                assert_eq!(warning.is_some(), matches!(source, KeySource::Default));
                assert!(
                    warning.is_none_or(|warning| names_key(&warning) == has_fields),
                    "{root}"
                );
            }
        }
    }
}
