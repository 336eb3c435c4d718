//! Creating a topic, which is done only on request.

use std::ffi::{CString, c_char};
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;

use super::ask::{AskError, ask};
use super::client::Client;
use super::codes::{self, text};

/// How to create a topic that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// The number of partitions.
    pub partitions: NonZeroU16,
    /// The number of replicas per partition; none means the brokers' `default.replication.factor`.
    pub replication_factor: Option<NonZeroU16>,
    /// The topic's settings by name, such as `retention.ms`; the others have the brokers' defaults.
    pub settings: Vec<(String, String)>,
}

/// Asks the cluster's controller to create the topic, and waits until it has done so.
pub(super) fn create(
    client: &mut Client,
    name: &str,
    new: &NewTopic,
    deadline: Instant,
) -> Result<(), AskError> {
    let name = c_string(name)?;
    let settings: Vec<(CString, CString)> = new
        .settings
        .iter()
        .map(|(name, value)| Ok((c_string(name)?, c_string(value)?)))
        .collect::<Result<_, AskError>>()?;
    let replication_factor = new
        .replication_factor
        .map_or(-1, |factor| i32::from(factor.get()));
    let patience = deadline
        .saturating_duration_since(Instant::now())
        .min(MAX_PATIENCE);
    ask(
        client,
        sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS,
        // The controller must create it.
        None,
        deadline,
        // SAFETY: client, options and queue are alive; the request copies the topic and its settings. Null is returned
        // only for numbers out of range, which these types exclude.
        |handle, options, queue| unsafe {
            let patience = patience.as_millis() as i32;
            sys::rd_kafka_AdminOptions_set_operation_timeout(options, patience, std::ptr::null_mut(), 0);
            let mut words = [0 as c_char; 512];
            let topic = sys::rd_kafka_NewTopic_new(
                name.as_ptr(),
                i32::from(new.partitions.get()),
                replication_factor,
                words.as_mut_ptr(),
                words.len(),
            );
            for (name, value) in &settings {
                sys::rd_kafka_NewTopic_set_config(topic, name.as_ptr(), value.as_ptr());
            }
            sys::rd_kafka_CreateTopics(handle, [topic].as_mut_ptr(), 1, options, queue);
            sys::rd_kafka_NewTopic_destroy(topic);
        },
        // SAFETY: the event is alive and of the requested kind, and everything read from it lives as long.
        |event| unsafe {
            let mut count = 0;
            let result = sys::rd_kafka_event_CreateTopics_result(event);
            let topics = sys::rd_kafka_CreateTopics_result_topics(result, &mut count);
            if count != 1 {
                return Err(AskError::NoAnswer);
            }
            match codes::topic_code(*topics) {
                0 => Ok(()),
                code => Err(AskError::Refused(
                    code,
                    text(sys::rd_kafka_topic_result_error_string(*topics)),
                )),
            }
        },
    )
}

/// librdkafka's time-outs are milliseconds in an `int`, so they are bounded.
const MAX_PATIENCE: Duration = Duration::from_secs(3600);

fn c_string(text: &str) -> Result<CString, AskError> {
    let invalid = codes::code(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_INVALID_CONFIG);
    CString::new(text)
        .map_err(|_| AskError::Refused(invalid, "a name or value cannot contain a NUL".to_owned()))
}
