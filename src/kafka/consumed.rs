//! What librdkafka returns for a partition that is being consumed.

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::client::Client;
use super::codes::{code, code_name, code_words, is_temporary, message_code};
use super::error::{ConnectError, ConnectErrorKind};
use super::topic_reader::{ReadMessage, copy_of};

/// The next event of a partition.
pub(super) enum Consumed {
    /// Nothing in time, or a temporary error.
    Nothing,
    Message(ReadMessage),
    /// Nothing more can be read now; with the offset to read next.
    End(i64),
    /// An error with this code.
    Refused(i32),
}

/// Waits up to `millis` milliseconds for the next event of a partition of the client's first topic, which was started.
pub(super) fn next(client: &Client, partition: i32, millis: i32) -> Consumed {
    // SAFETY: the topic is open and the partition started. The message is ours until it is destroyed, and what is read
    // from it is copied before that.
    unsafe {
        let native = sys::rd_kafka_consume(client.raw_topic(0), partition, millis);
        if native.is_null() {
            return Consumed::Nothing;
        }
        let consumed = match message_code(&*native) {
            0 => Consumed::Message(copy_of(&*native)),
            found if found == code(Code::RD_KAFKA_RESP_ERR__PARTITION_EOF) => Consumed::End((*native).offset),
            found if is_temporary(found) => Consumed::Nothing,
            found => Consumed::Refused(found),
        };
        sys::rd_kafka_message_destroy(native);
        consumed
    }
}

/// The error for a partition that cannot be read because of an error with this code.
pub(super) fn refused(topic: &str, partition: i32, found: i32) -> ConnectError {
    const MISSING: [Code; 3] = [
        Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        Code::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        Code::RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
    ];
    let kind = match found {
        found if found == code(Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) => {
            ConnectErrorKind::Authorization
        }
        found if MISSING.iter().any(|missing| code(*missing) == found) => ConnectErrorKind::MissingTopic,
        _ => ConnectErrorKind::Broker,
    };
    let message = format!(
        "partition {partition} of topic `{topic}` cannot be read: {} ({})",
        code_words(found),
        code_name(found)
    );
    ConnectError::new(kind, message)
}
