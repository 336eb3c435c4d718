//! Sending a request to a broker: which one, how long to wait, and when to give up.
//!
//! The requests themselves are in `admin`.

use std::ptr;
use std::time::{Duration, Instant};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::admin;
use super::client::Client;
use super::codes::{self, TEMPORARY, text};

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AskError {
    /// The time is up, or no broker is reachable.
    NoAnswer,
    /// A broker is reachable, but authentication failed.
    AuthenticationFailed,
    /// The answer is an error with this code and message.
    Refused(i32, String),
}

impl AskError {
    pub(super) fn is(&self, codes: &[Code]) -> bool {
        matches!(self, AskError::Refused(code, _) if codes.iter().any(|known| codes::code(*known) == *code))
    }
}

/// The id of a reachable broker, for requests that any broker can answer.
///
/// By default librdkafka sends them to the cluster's controller, and waits for one even if none is known.
pub(super) fn any_broker(client: &mut Client, deadline: Instant) -> Result<i32, AskError> {
    if !client.has_broker {
        admin::approach(client);
    }
    loop {
        let mut metadata = ptr::null();
        // SAFETY: the handle is alive; the metadata is ours until it is destroyed, and its array has the length given
        // with it.
        unsafe {
            sys::rd_kafka_metadata(client.raw(), 0, ptr::null_mut(), &mut metadata, 200);
            if !metadata.is_null() {
                let brokers =
                    std::slice::from_raw_parts((*metadata).brokers, (*metadata).broker_cnt as usize);
                let answered = brokers
                    .iter()
                    .find(|broker| broker.id == (*metadata).orig_broker_id);
                let broker = answered.or(brokers.first()).map(|broker| broker.id);
                sys::rd_kafka_metadata_destroy(metadata);
                if let Some(broker) = broker {
                    client.note_broker();
                    return Ok(broker);
                }
            }
        }
        client.poll(Duration::from_millis(20));
        give_up(client, deadline)?;
    }
}

/// Returns an error if there is a reason to stop waiting.
fn give_up(client: &Client, deadline: Instant) -> Result<(), AskError> {
    let errors = client.inbox().broker_errors();
    if errors.authentication_error().is_some() {
        return Err(AskError::AuthenticationFailed);
    }
    if errors.all_unreachable()
        || errors.closed_after_start()
        || client.is_over()
        || Instant::now() >= deadline
    {
        return Err(AskError::NoAnswer);
    }
    Ok(())
}

/// Sends a request and serves the client's callbacks until the answer arrives. Sends it again after a temporary error.
pub(super) fn ask<T>(
    client: &mut Client,
    kind: sys::rd_kafka_admin_op_t,
    broker: Option<i32>,
    deadline: Instant,
    request: impl Fn(*mut sys::rd_kafka_t, *mut sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
    read: impl Fn(*mut sys::rd_kafka_event_t) -> Result<T, AskError>,
) -> Result<T, AskError> {
    loop {
        match ask_once(client, kind, broker, deadline, &request, &read) {
            Err(error) if error.is(&TEMPORARY) && Instant::now() < deadline => {
                client.poll(Duration::from_millis(100));
                // Learns the leaders of the client's topics again. If that fails, so will the request.
                _ = any_broker(client, deadline);
            }
            answer => return answer,
        }
    }
}

fn ask_once<T>(
    client: &mut Client,
    kind: sys::rd_kafka_admin_op_t,
    broker: Option<i32>,
    deadline: Instant,
    request: &impl Fn(*mut sys::rd_kafka_t, *mut sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
    read: &impl Fn(*mut sys::rd_kafka_event_t) -> Result<T, AskError>,
) -> Result<T, AskError> {
    // Longer than the deadline, so that this function and not librdkafka decides when the time is up.
    let patience = deadline.saturating_duration_since(Instant::now()) + Duration::from_secs(1);
    // SAFETY: the client outlives the queue and the options, which are ours; requests copy the options.
    let queue = unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client.raw(), kind);
        let queue = sys::rd_kafka_queue_new(client.raw());
        let patience = patience.as_millis().min(3_600_000) as i32;
        sys::rd_kafka_AdminOptions_set_request_timeout(options, patience, ptr::null_mut(), 0);
        if let Some(broker) = broker {
            sys::rd_kafka_AdminOptions_set_broker(options, broker, ptr::null_mut(), 0);
        }
        request(client.raw(), options, queue);
        sys::rd_kafka_AdminOptions_destroy(options);
        queue
    };
    let answer = loop {
        client.poll(Duration::ZERO);
        // SAFETY: the queue is alive.
        let event = unsafe { sys::rd_kafka_queue_poll(queue, 20) };
        if !event.is_null() {
            // SAFETY: the event is ours until it is destroyed.
            break unsafe {
                let answer = match codes::event_code(event) {
                    0 => read(event),
                    code => Err(AskError::Refused(
                        code,
                        text(sys::rd_kafka_event_error_string(event)),
                    )),
                };
                sys::rd_kafka_event_destroy(event);
                answer
            };
        }
        if let Err(error) = give_up(client, deadline) {
            break Err(error);
        }
    };
    // SAFETY: this is the last use of the queue; a later answer is dropped with it.
    unsafe { sys::rd_kafka_queue_destroy(queue) };
    answer
}
