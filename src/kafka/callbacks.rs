//! librdkafka's callbacks: reports, errors, statistics and log lines become entries of the [`Inbox`].
//!
//! Each is run within a call that borrows the client mutably; see `client`.

use std::ffi::{c_char, c_int, c_void};

use rdkafka_sys::bindings as sys;

use super::codes::{self, ErrorCode};
use super::inbox::{Inbox, Outcome, Report};
use super::row_tag::RowTag;

/// The `Inbox` that a callback's opaque points to.
///
/// # Safety
/// `opaque` is the one given in `Client::new`, and the callback is run by a call that borrows the client mutably.
unsafe fn inbox_at<'a>(opaque: *mut c_void) -> &'a mut Inbox {
    // SAFETY: by the contract above.
    unsafe { &mut *opaque.cast::<Inbox>() }
}

pub(super) unsafe extern "C" fn on_report(
    _: *mut sys::rd_kafka_t,
    message: *const sys::rd_kafka_message_t,
    opaque: *mut c_void,
) {
    // SAFETY: librdkafka gives a live message and the opaque of `Client::new`, within `poll` or `flush`.
    let (message, inbox) = unsafe { (&*message, inbox_at(opaque)) };
    let outcome = match codes::message_code(message) {
        0 => Outcome::Delivered,
        // SAFETY: the message is alive during the callback.
        code => undelivered(ErrorCode::new(code), unsafe {
            sys::rd_kafka_message_status(message)
        }),
    };
    inbox.push(Report {
        tag: RowTag::from_pointer(message._private),
        offset: message.offset,
        partition: message.partition,
        outcome,
    });
}

/// What a message's error and status say of its fate.
///
/// Only the code is kept, never rd_kafka_message_produce_errstr: what a broker says about single records
/// (INVALID_RECORD) is freed before its report is served (librdkafka 2.12, rd_kafka_handle_Produce), and what it
/// gives for other errors is null.
#[cold]
fn undelivered(code: ErrorCode, status: sys::rd_kafka_msg_status_t) -> Outcome {
    use sys::rd_kafka_msg_status_t as Status;
    match status {
        Status::RD_KAFKA_MSG_STATUS_PERSISTED => Outcome::Delivered,
        Status::RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED => Outcome::Unknown(code),
        Status::RD_KAFKA_MSG_STATUS_NOT_PERSISTED if code == codes::PURGE_QUEUE => Outcome::Unsent(code),
        Status::RD_KAFKA_MSG_STATUS_NOT_PERSISTED => Outcome::Failed(code),
    }
}

pub(super) unsafe extern "C" fn on_error(
    handle: *mut sys::rd_kafka_t,
    code: c_int,
    reason: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: librdkafka gives a C string and the opaque of `Client::new`, within `poll` or `flush`.
    let (reason, inbox) = unsafe { (codes::text(reason), inbox_at(opaque)) };
    if code != codes::code(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__FATAL) {
        inbox.errors.note(&codes::code_name(code), &reason);
        return;
    }
    let (name, words) = fatal_error(handle);
    inbox.errors.note_fatal(&name, &words);
}

/// The code and words of the error that is reported as a bare `_FATAL`.
fn fatal_error(handle: *mut sys::rd_kafka_t) -> (String, String) {
    let mut words = [0 as c_char; 512];
    // SAFETY: the handle is alive in its own callback; `words` has the length given and becomes a C string. The code
    // is one of librdkafka's own, which the enum has.
    unsafe {
        let code = sys::rd_kafka_fatal_error(handle, words.as_mut_ptr(), words.len());
        (codes::code_name(codes::code(code)), codes::text(words.as_ptr()))
    }
}

pub(super) unsafe extern "C" fn on_statistics(
    _: *mut sys::rd_kafka_t,
    json: *mut c_char,
    length: usize,
    opaque: *mut c_void,
) -> c_int {
    // SAFETY: librdkafka gives `length` bytes and the opaque of `Client::new`, within `poll` or `flush`.
    let (json, inbox) = unsafe {
        (
            std::slice::from_raw_parts(json.cast::<u8>(), length),
            inbox_at(opaque),
        )
    };
    inbox.statistics.take_in(json);
    0
}

pub(super) unsafe extern "C" fn on_log(
    handle: *const sys::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    line: *const c_char,
) {
    const WARNING: c_int = 4;
    // SAFETY: librdkafka gives C strings and a live handle, whose opaque is that of `Client::new`; logs wait in the
    // queue that `poll` serves.
    let (facility, line, inbox) = unsafe {
        (
            codes::text(facility),
            codes::text(line),
            inbox_at(sys::rd_kafka_opaque(handle)),
        )
    };
    if level <= WARNING {
        inbox.errors.note_log(&facility, &line);
    } else {
        // Only what the user asked for by `debug` or `log_level` comes this far.
        inbox.log(&facility, &line);
    }
}
