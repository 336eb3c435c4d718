//! Checks of topic names and numbers of partitions.

use super::SandboxError;

const MAX_PARTITIONS: i32 = 1000;

/// Checks that a topic can have this name and this number of partitions.
pub(super) fn check(topic: &str, partitions: i32) -> Result<(), SandboxError> {
    if !is_topic_name(topic) {
        return Err(SandboxError::Topic(topic.to_owned()));
    }
    match (1..=MAX_PARTITIONS).contains(&partitions) {
        true => Ok(()),
        false => Err(SandboxError::Partitions(partitions)),
    }
}

/// Kafka's rule for topic names.
fn is_topic_name(topic: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=249).contains(&topic.len()) && topic != "." && topic != ".." && topic.bytes().all(is_legal)
}
