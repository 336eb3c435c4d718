//! Messages about a topic that `--create-topic` creates if it does not exist.

use super::messages;
use super::settings::Verbosity;
use crate::escape::printable;
use crate::kafka::{NewTopic, TopicFacts, TopicOrigin};
use crate::report::figures::count_of;

/// Prints that the topic was created, or how it differs from what was requested.
pub(super) fn print(asked: &NewTopic, origin: TopicOrigin, topic: &TopicFacts, verbosity: Verbosity) {
    match origin {
        TopicOrigin::Created if verbosity == Verbosity::Quiet => {}
        TopicOrigin::Created => messages::line(&format!(
            "created topic `{}`: {}, {}",
            topic.name,
            count_of(u64::from(topic.partitions), "partition", "partitions"),
            count_of(u64::from(topic.replication_factor), "replica", "replicas"),
        )),
        TopicOrigin::Found => {
            let differences = differences(asked, topic);
            if !differences.is_empty() {
                messages::line(&format!(
                    "warning: topic `{}` exists and is not changed: {}",
                    topic.name,
                    differences.join("; ")
                ));
            }
        }
    }
}

/// How the topic differs, as far as its settings are known.
fn differences(asked: &NewTopic, topic: &TopicFacts) -> Vec<String> {
    let mut differences = Vec::new();
    if u32::from(asked.partitions.get()) != topic.partitions {
        let partitions = count_of(u64::from(topic.partitions), "partition", "partitions");
        differences.push(format!("it has {partitions}, not {}", asked.partitions));
    }
    if let Some(factor) = asked.replication_factor
        && u32::from(factor.get()) != topic.replication_factor
    {
        let replicas = count_of(u64::from(topic.replication_factor), "replica", "replicas");
        differences.push(format!("it has {replicas}, not {factor}"));
    }
    for ((name, wanted), (_, now)) in asked.settings.iter().zip(&topic.asked_settings) {
        if let Some(now) = now.known().filter(|now| *now != wanted) {
            let [name, now, wanted] = [name, now, wanted].map(|text| printable(text.as_bytes(), 200));
            differences.push(format!("its `{name}` is `{now}`, not `{wanted}`"));
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;
    use crate::kafka::Fact;

    #[test]
    fn a_topic_is_compared_with_what_was_requested() {
        let number = |number| NonZeroU16::new(number).unwrap();
        let mut asked = NewTopic {
            partitions: number(3),
            replication_factor: None,
            settings: Vec::new(),
        };
        let mut topic = TopicFacts::unknown("trades");
        (topic.partitions, topic.replication_factor) = (3, 1);
        assert_eq!(differences(&asked, &topic), [""; 0]);
        asked.partitions = number(6);
        asked.replication_factor = Some(number(3));
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        asked.settings = vec![
            setting("retention.ms", "-1"),
            setting("segment.ms", "1"),
            setting("cleanup.policy", "delete"),
        ];
        topic.asked_settings = vec![
            ("retention.ms".to_owned(), Fact::Known("604800000".to_owned())),
            ("segment.ms".to_owned(), Fact::NotPermitted),
            ("cleanup.policy".to_owned(), Fact::Known("delete".to_owned())),
        ];
        assert_eq!(
            differences(&asked, &topic),
            [
                "it has 3 partitions, not 6",
                "it has 1 replica, not 3",
                "its `retention.ms` is `604800000`, not `-1`"
            ]
        );
    }
}
