//! librdkafka's callbacks: reports, errors, statistics and log lines become entries of the [`Inbox`].
//!
//! Each runs within a call that borrows the client mutably; see `client`.

use std::ffi::{c_char, c_int, c_void};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::codes::{self, ErrorCode};
use super::inbox::{Inbox, Outcome, Report};
use super::row_tag::RowTag;

/// The `Inbox` that a callback's opaque points to.
///
/// # Safety
/// `opaque` is the one set in `Client::new`, and the callback runs within a call that borrows the client mutably.
unsafe fn inbox_at<'a>(opaque: *mut c_void) -> &'a mut Inbox {
    // SAFETY: by the contract above.
    unsafe { &mut *opaque.cast::<Inbox>() }
}

pub(super) unsafe extern "C" fn on_report(
    _: *mut sys::rd_kafka_t,
    message: *const sys::rd_kafka_message_t,
    opaque: *mut c_void,
) {
    // SAFETY: librdkafka gives a live message, which it destroys after this callback, and the opaque of `Client::new`, within
    // `poll` or `flush`.
    let (headers, message, inbox) = unsafe {
        let inbox = inbox_at(opaque);
        (inbox.headers.take_back(message), &*message, inbox)
    };
    let outcome = match codes::message_code(message) {
        0 => Outcome::Delivered,
        // SAFETY: the message is alive during the callback.
        code => undelivered(ErrorCode::new(code), unsafe {
            sys::rd_kafka_message_status(message)
        }),
    };
    inbox.waiting_bytes = inbox.waiting_bytes.saturating_sub(message.len + message.key_len);
    inbox.uncounted_bytes = inbox.uncounted_bytes.saturating_sub(message.key_len + headers);
    inbox.push(Report {
        tag: RowTag::from_pointer(message._private),
        offset: message.offset,
        partition: message.partition,
        outcome,
    });
}

/// Has the client call [`on_send`]. `opaque` is the client's inbox.
pub(super) unsafe extern "C" fn on_new(
    handle: *mut sys::rd_kafka_t,
    _: *const sys::rd_kafka_conf_t,
    opaque: *mut c_void,
    _: *mut c_char,
    _: usize,
) -> Code {
    // SAFETY: `rd_kafka_new` calls this on the thread of `Client::create`, which does not use the inbox meanwhile, with the
    // opaque set there and the handle that it is creating. It copies the name.
    unsafe {
        inbox_at(opaque).has_interceptor = true;
        sys::rd_kafka_interceptor_add_on_send(handle, c"headers".as_ptr(), Some(on_send), opaque)
    }
}

/// Gives a message that librdkafka is taking its headers; see [`header_lists`](super::header_lists).
unsafe extern "C" fn on_send(
    _: *mut sys::rd_kafka_t,
    message: *mut sys::rd_kafka_message_t,
    opaque: *mut c_void,
) -> Code {
    // SAFETY: `opaque` is the client's inbox, and this runs within `Client::produce` or `Client::produce_one`, on the same
    // thread; the message is the one that is being taken.
    unsafe { inbox_at(opaque).headers.give(message) };
    Code::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// The outcome of a message, from its error code and status.
///
/// Only the code is kept, never rd_kafka_message_produce_errstr: a broker's message about a single record
/// (INVALID_RECORD) is freed before the report is served (librdkafka 2.12, rd_kafka_handle_Produce), and for other
/// errors it is null.
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

/// The code and message of the error that is reported as a bare `_FATAL`.
fn fatal_error(handle: *mut sys::rd_kafka_t) -> (String, String) {
    let mut words = [0 as c_char; 512];
    // SAFETY: the handle is alive in its own callback; `words` has the given length and becomes a C string. The code is
    // one of librdkafka's own, so the enum has it.
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

/// Accepts or rejects a certificate as OpenSSL did, and writes down what is wrong with it, which librdkafka does not
/// report otherwise. librdkafka logs the text, so it arrives in the inbox through [`on_log`].
///
/// Runs on librdkafka's own threads, so it uses only its arguments.
pub(super) unsafe extern "C" fn on_certificate(
    _: *mut sys::rd_kafka_t,
    _broker_name: *const c_char,
    _broker_id: i32,
    x509_error: *mut c_int,
    _depth: c_int,
    _certificate: *const c_char,
    _size: usize,
    words: *mut c_char,
    words_size: usize,
    _: *mut c_void,
) -> c_int {
    // SAFETY: librdkafka gives a valid pointer to the number, and room for `words_size` bytes.
    let (error, words) = unsafe {
        (
            *x509_error,
            std::slice::from_raw_parts_mut(words.cast::<u8>(), words_size),
        )
    };
    if error == 0 {
        return 1;
    }
    let fault = certificate_fault(error);
    let length = fault.len().min(words_size.saturating_sub(1));
    words[..length].copy_from_slice(&fault.as_bytes()[..length]);
    if let Some(end) = words.get_mut(length) {
        *end = 0;
    }
    0
}

/// The meaning of OpenSSL's error number for a certificate (openssl/x509_vfy.h).
fn certificate_fault(error: c_int) -> String {
    let known = match error {
        9 => "it is not valid yet",
        10 => "it has expired",
        18 => "it is self-signed and not among the trusted certificates",
        19 => "a CA that signed it is not among the trusted certificates",
        20 | 21 => "the CA that signed it is not among the trusted certificates",
        23 => "it was revoked",
        26 => "it is not valid for servers",
        62 => "it is for another host name",
        64 => "it is for another IP address",
        _ => return format!("verification failed (OpenSSL error {error})"),
    };
    known.to_owned()
}

pub(super) unsafe extern "C" fn on_log(
    handle: *const sys::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    line: *const c_char,
) {
    const WARNING: c_int = 4;
    const INFORMATION: c_int = 6;
    // SAFETY: librdkafka gives C strings and a live handle with the opaque of `Client::new`; logs wait in the queue
    // that `poll` serves.
    let (facility, line, inbox) = unsafe {
        (
            codes::text(facility),
            codes::text(line),
            inbox_at(sys::rd_kafka_opaque(handle)),
        )
    };
    if level <= INFORMATION {
        inbox.errors.note_log(&facility, &line);
    }
    if level > WARNING {
        // Unless the user set `debug` or `log_level`, there are no such lines, or nobody receives them.
        inbox.log(&facility, &line);
    }
}
