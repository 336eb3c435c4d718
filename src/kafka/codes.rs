//! librdkafka's error codes and strings, read safely whatever a broker sends.
//!
//! What a code means for a message or a run is decided by the caller.

use std::ffi::{CStr, c_char, c_int};

use rdkafka_sys::bindings as sys;

// Declared again to return numbers: a broker may send a code that the generated enum lacks, and an enum with such a
// value is undefined behaviour.
unsafe extern "C" {
    fn rd_kafka_event_error(event: *mut sys::rd_kafka_event_t) -> c_int;
    fn rd_kafka_error_code(error: *const sys::rd_kafka_error_t) -> c_int;
    fn rd_kafka_ConfigResource_error(resource: *const sys::rd_kafka_ConfigResource_t) -> c_int;
    fn rd_kafka_topic_result_error(topic: *const sys::rd_kafka_topic_result_t) -> c_int;
    fn rd_kafka_err2name(code: c_int) -> *const c_char;
    fn rd_kafka_err2str(code: c_int) -> *const c_char;
}

/// An error code of the Kafka protocol or of librdkafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(i16);

pub(super) const MSG_TIMED_OUT: ErrorCode =
    ErrorCode::known(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
pub(super) const MSG_SIZE_TOO_LARGE: ErrorCode =
    ErrorCode::known(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
pub(super) const UNKNOWN_PARTITION: ErrorCode =
    ErrorCode::known(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
pub(super) const FATAL: ErrorCode = ErrorCode::known(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__FATAL);
pub(super) const PURGE_QUEUE: ErrorCode =
    ErrorCode::known(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PURGE_QUEUE);

/// Errors that pass by themselves: a connection was lost, or the leader of a partition is another one or about to be.
pub(super) const TEMPORARY: [sys::rd_kafka_resp_err_t; 13] = {
    use sys::rd_kafka_resp_err_t as Code;
    [
        Code::RD_KAFKA_RESP_ERR__TRANSPORT,
        Code::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        Code::RD_KAFKA_RESP_ERR__TIMED_OUT,
        Code::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        Code::RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        Code::RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        Code::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        Code::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        Code::RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
        Code::RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
        Code::RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
        Code::RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        Code::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
    ]
};

/// Whether an error passes by itself.
pub(super) fn is_temporary(found: i32) -> bool {
    TEMPORARY.iter().any(|known| code(*known) == found)
}

impl ErrorCode {
    /// Creates a code from librdkafka's number. Codes have 16 bits in the protocol.
    pub(super) fn new(code: i32) -> ErrorCode {
        let unknown = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN as i16;
        ErrorCode(i16::try_from(code).unwrap_or(unknown))
    }

    const fn known(constant: sys::rd_kafka_resp_err_t) -> ErrorCode {
        ErrorCode(constant as i16)
    }

    /// Whether another producer with the same transactional id was initialised, or the brokers ended the transaction.
    pub fn is_fenced(self) -> bool {
        super::transactions::is_fenced(self.0.into())
    }

    /// Whether another attempt with the same messages will end in the same way.
    pub fn is_lasting(self) -> bool {
        use sys::rd_kafka_resp_err_t as Code;
        const LASTING: [Code; 8] = [
            Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
            Code::RD_KAFKA_RESP_ERR_INVALID_RECORD,
            Code::RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            Code::RD_KAFKA_RESP_ERR_INVALID_MSG,
            Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            Code::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            Code::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        ];
        LASTING.iter().any(|known| *known as i16 == self.0)
    }

    /// Whether the message, or its batch, is larger than the brokers or the client allow.
    pub fn is_too_large(self) -> bool {
        self == MSG_SIZE_TOO_LARGE
    }

    /// Whether the client refuses everything because of an earlier error.
    pub fn is_consequence(self) -> bool {
        use sys::rd_kafka_resp_err_t as Code;
        const CONSEQUENCES: [Code; 4] = [
            Code::RD_KAFKA_RESP_ERR__FATAL,
            Code::RD_KAFKA_RESP_ERR__STATE,
            Code::RD_KAFKA_RESP_ERR__PURGE_QUEUE,
            Code::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
        ];
        CONSEQUENCES.iter().any(|known| *known as i16 == self.0)
    }

    /// librdkafka's name for the code, such as `_MSG_TIMED_OUT`.
    pub fn name(self) -> String {
        code_name(self.0.into())
    }

    /// librdkafka's description of the code.
    pub fn words(self) -> String {
        code_words(self.0.into())
    }
}

/// Copies a C string; null becomes an empty string.
///
/// # Safety
/// `pointer` is null or a C string.
pub(super) unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: by the contract above.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// librdkafka's name for an error code.
pub(super) fn code_name(code: i32) -> String {
    // SAFETY: any number is allowed; the string is static, or valid until this thread's next call.
    unsafe { text(rd_kafka_err2name(code)) }
}

/// librdkafka's description of an error code.
pub(super) fn code_words(code: i32) -> String {
    // SAFETY: as for `code_name`.
    unsafe { text(rd_kafka_err2str(code)) }
}

/// The error code in a message, read as a number because the generated enum may lack it.
pub(super) fn message_code(message: &sys::rd_kafka_message_t) -> i32 {
    // SAFETY: the field is a C enum with the size and alignment of `int`.
    unsafe { (&raw const message.err).cast::<i32>().read() }
}

/// The code of a C enum constant.
pub(super) const fn code(constant: sys::rd_kafka_resp_err_t) -> i32 {
    constant as i32
}

/// The code of an event that carries an answer.
///
/// # Safety
/// `event` is a live event.
pub(super) unsafe fn event_code(event: *mut sys::rd_kafka_event_t) -> i32 {
    // SAFETY: by the contract above.
    unsafe { rd_kafka_event_error(event) }
}

/// The code of an error object; 0 for null.
///
/// # Safety
/// `error` is null or a live error object.
pub(super) unsafe fn error_code(error: *const sys::rd_kafka_error_t) -> i32 {
    // SAFETY: by the contract above; the function accepts null.
    unsafe { rd_kafka_error_code(error) }
}

/// The code of a configuration resource in an answer.
///
/// # Safety
/// `resource` is alive.
pub(super) unsafe fn resource_code(resource: *const sys::rd_kafka_ConfigResource_t) -> i32 {
    // SAFETY: by the contract above.
    unsafe { rd_kafka_ConfigResource_error(resource) }
}

/// The code for one topic in an answer about several.
///
/// # Safety
/// `topic` is alive.
pub(super) unsafe fn topic_code(topic: *const sys::rd_kafka_topic_result_t) -> i32 {
    // SAFETY: by the contract above.
    unsafe { rd_kafka_topic_result_error(topic) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_fails_after_a_fatal_error_does_not_tell_the_cause() {
        let consequence = |code| ErrorCode::new(code).is_consequence();
        assert!(consequence(FATAL.0.into()));
        assert!(!consequence(MSG_SIZE_TOO_LARGE.0.into()));
    }

    #[test]
    fn an_unknown_code_still_has_a_name() {
        assert_eq!(code_name(29), "TOPIC_AUTHORIZATION_FAILED");
        assert!(code_name(31_999).contains("31999"), "{}", code_name(31_999));
        assert!(code_words(31_999).contains("31999"), "{}", code_words(31_999));
    }
}
