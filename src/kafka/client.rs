//! The border to librdkafka: a producer from its start to its end.
//!
//! Producing is here; `callbacks` takes the reports in, `admin` and `ask` put questions about topics.
//!
//! Threads: every callback set here is run by `rd_kafka_poll` or `rd_kafka_flush`, never by librdkafka's own
//! threads (logs too, by `log.queue`). Both need `&mut Client`, so a callback cannot meet a borrow of the
//! `Inbox` that it changes.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::callbacks::{on_certificate, on_error, on_log, on_report, on_statistics};
use super::codes::{self, text};
use super::config::LogHandler;
use super::error::{ConnectError, ConnectErrorKind};
use super::inbox::Inbox;
use super::properties;
use crate::bounded_end;

/// Before 2.12 there are faults that lose rows silently.
const OLDEST: c_int = 0x020c_0000;

/// The version of the librdkafka that is linked.
pub fn librdkafka_version() -> String {
    // SAFETY: it returns a static string.
    unsafe { text(sys::rd_kafka_version_str()) }
}

/// Refuses a librdkafka that is too old.
pub(super) fn check_version() -> Result<(), ConnectError> {
    // SAFETY: it reads a constant.
    if unsafe { sys::rd_kafka_version() } >= OLDEST {
        return Ok(());
    }
    let message = format!(
        "librdkafka {} is too old: 2.12 is the oldest that keeps every row",
        librdkafka_version()
    );
    Err(ConnectError::new(ConnectErrorKind::Library, message))
}

/// How far a flush came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// Every message that the client had taken has its report.
    All,
    /// Some have none yet.
    TimeUp,
}

/// One librdkafka producer, with the inbox that its callbacks fill.
pub(super) struct Client {
    handle: NonNull<sys::rd_kafka_t>,
    /// The topic that messages go to, once it is opened.
    topic: Option<NonNull<sys::rd_kafka_topic_t>>,
    /// Owned; a pointer and no box, because the callbacks come to it by another way than through `self`.
    inbox: NonNull<Inbox>,
    /// Says whether nobody waits for answers any more.
    is_over: Option<Box<dyn Fn() -> bool + Send>>,
}

// SAFETY: librdkafka's handles may be used from any thread, and `inbox` is only touched through `self`: by its
// borrows, or by callbacks within calls that borrow `self` mutably.
unsafe impl Send for Client {}

impl Client {
    /// A producer of this configuration. It connects by itself, in the background.
    pub(super) fn new(config: &ClientConfig, log: LogHandler) -> Result<Client, ConnectError> {
        let failed = |text: String| ConnectError::new(ConnectErrorKind::Config, text);
        let native = config.create_native_config().map_err(|error| match error {
            // Without the value: it may be a secret.
            KafkaError::ClientConfig(_, _, name, _) => {
                failed(format!("librdkafka does not take this `{name}`"))
            }
            _ => failed("a client property cannot hold a NUL".to_owned()),
        })?;
        let inbox = NonNull::from(Box::leak(Box::new(Inbox::new(log))));
        let mut words = [0 as c_char; 512];
        // SAFETY: `conf` is a copy of our own, given to the producer, which owns it from then on, or destroyed if
        // there is none. `inbox` lives until after the producer's end.
        let handle = unsafe {
            let conf = sys::rd_kafka_conf_dup(native.ptr());
            sys::rd_kafka_conf_set_opaque(conf, inbox.as_ptr().cast());
            sys::rd_kafka_conf_set_dr_msg_cb(conf, Some(on_report));
            sys::rd_kafka_conf_set_error_cb(conf, Some(on_error));
            sys::rd_kafka_conf_set_stats_cb(conf, Some(on_statistics));
            sys::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            sys::rd_kafka_conf_set_ssl_cert_verify_cb(conf, Some(on_certificate));
            let producer = sys::rd_kafka_type_t::RD_KAFKA_PRODUCER;
            let handle = sys::rd_kafka_new(producer, conf, words.as_mut_ptr(), words.len());
            if handle.is_null() {
                sys::rd_kafka_conf_destroy(conf);
            }
            handle
        };
        let Some(handle) = NonNull::new(handle) else {
            // SAFETY: no producer was made, so this is the only pointer to it; `words` is a C string.
            let words = unsafe {
                drop(Box::from_raw(inbox.as_ptr()));
                text(words.as_ptr())
            };
            return Err(failed(words));
        };
        // SAFETY: the handle is alive; null sends logs to the queue that `poll` serves.
        unsafe { sys::rd_kafka_set_log_queue(handle.as_ptr(), ptr::null_mut()) };
        Ok(Client {
            handle,
            topic: None,
            inbox,
            is_over: None,
        })
    }

    /// Opens the topic to produce to.
    pub(super) fn open_topic(&mut self, name: &str) -> Result<(), ConnectError> {
        let failed = || {
            ConnectError::new(
                ConnectErrorKind::Config,
                format!("`{name}` cannot be a topic's name"),
            )
        };
        let name = CString::new(name).map_err(|_| failed())?;
        // SAFETY: handle and name are alive; null takes the configuration's own topic settings.
        let topic = unsafe { sys::rd_kafka_topic_new(self.handle.as_ptr(), name.as_ptr(), ptr::null_mut()) };
        self.topic = Some(NonNull::new(topic).ok_or_else(failed)?);
        Ok(())
    }

    /// From now on questions are given up, as unanswered, once `is_over` says so.
    pub(super) fn stop_asking_when(&mut self, is_over: Box<dyn Fn() -> bool + Send>) {
        self.is_over = Some(is_over);
    }

    /// Whether nobody waits for answers any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.as_ref().is_some_and(|is_over| is_over())
    }

    /// The raw handle, for `admin`.
    pub(super) fn raw(&self) -> *mut sys::rd_kafka_t {
        self.handle.as_ptr()
    }

    /// The opened topic, or null, for `admin` and for messages that go one by one.
    pub(super) fn raw_topic(&self) -> *mut sys::rd_kafka_topic_t {
        self.topic.map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    pub(super) fn inbox(&self) -> &Inbox {
        // SAFETY: alive as long as `self`; what changes it needs `&mut self`.
        unsafe { self.inbox.as_ref() }
    }

    pub(super) fn inbox_mut(&mut self) -> &mut Inbox {
        // SAFETY: alive as long as `self`, and `self` is borrowed mutably.
        unsafe { self.inbox.as_mut() }
    }

    /// Serves every report, error, log line and statistic that waits; waits for the first up to `timeout`.
    pub(super) fn poll(&mut self, timeout: Duration) {
        // SAFETY: the handle is alive, and no borrow of `inbox` is.
        unsafe { sys::rd_kafka_poll(self.handle.as_ptr(), milliseconds(timeout)) };
    }

    /// Sends what waits for its batch to fill, and serves reports until none is due or the time is up.
    pub(super) fn flush(&mut self, timeout: Duration) -> Flushed {
        // SAFETY: as for `poll`.
        match unsafe { sys::rd_kafka_flush(self.handle.as_ptr(), milliseconds(timeout)) } {
            Code::RD_KAFKA_RESP_ERR_NO_ERROR => Flushed::All,
            _ => Flushed::TimeUp,
        }
    }

    /// Gives up every message that is still here; their reports come as usual.
    pub(super) fn purge(&mut self) {
        // SAFETY: the handle is alive.
        unsafe {
            sys::rd_kafka_purge(
                self.handle.as_ptr(),
                sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_INFLIGHT,
            )
        };
    }

    /// Hands messages to the opened topic; each then carries its code. Returns how many were taken.
    ///
    /// Once the queue is full librdkafka takes none of the later ones either (rd_kafka_produce_batch, `all_err`), so
    /// the order holds.
    ///
    /// # Safety
    /// The payload and key pointers of `messages` are valid for their lengths; they are copied.
    pub(super) unsafe fn produce(
        &mut self,
        partition: i32,
        messages: &mut [sys::rd_kafka_message_t],
    ) -> usize {
        let count = c_int::try_from(messages.len()).expect("a batch has fewer than 2^31 messages");
        // SAFETY: topic and messages are alive; what they point to is, by the contract above.
        let taken = unsafe {
            sys::rd_kafka_produce_batch(
                self.raw_topic(),
                partition,
                sys::RD_KAFKA_MSG_F_COPY,
                messages.as_mut_ptr(),
                count,
            )
        };
        usize::try_from(taken).unwrap_or(0)
    }

    /// Hands one message over, given as arguments for `rd_kafka_produceva`; returns the code: 0 if it was taken.
    ///
    /// # Safety
    /// Every pointer in `arguments` is valid for its length; what it points to is copied.
    pub(super) unsafe fn produce_one(&mut self, arguments: &[sys::rd_kafka_vu_t]) -> i32 {
        // SAFETY: the handle is alive and the arguments are, by the contract above; an error is ours until it is
        // destroyed.
        unsafe {
            let error = sys::rd_kafka_produceva(self.handle.as_ptr(), arguments.as_ptr(), arguments.len());
            if error.is_null() {
                return 0;
            }
            let code = codes::error_code(error);
            sys::rd_kafka_error_destroy(error);
            code
        }
    }

    /// The value that a property has in this client; none for one that is unknown, unset or secret.
    pub(super) fn config_value(&self, name: &str) -> Option<String> {
        if properties::is_secret(properties::own_name(name)) {
            return None;
        }
        let name = CString::new(name).ok()?;
        let mut value = vec![0_u8; 1024];
        let mut size = value.len();
        // SAFETY: the configuration is the client's own and is only read; `value` has room for `size` bytes.
        let result = unsafe {
            let conf = sys::rd_kafka_conf(self.handle.as_ptr());
            sys::rd_kafka_conf_get(conf, name.as_ptr(), value.as_mut_ptr().cast(), &mut size)
        };
        if result != sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
            return None;
        }
        CStr::from_bytes_until_nul(&value)
            .ok()
            .map(|value| value.to_string_lossy().into_owned())
    }
}

impl Drop for Client {
    /// Ends the producer without waiting for messages: they are purged.
    fn drop(&mut self) {
        struct Remains(NonNull<sys::rd_kafka_t>, NonNull<Inbox>);
        // SAFETY: both pointers are moved to the one thread that ends them; nothing else has them any more.
        unsafe impl Send for Remains {}
        impl Remains {
            fn end(self) {
                // SAFETY: the last use of both. The producer goes first, because until then it may call back.
                unsafe {
                    sys::rd_kafka_destroy_flags(self.0.as_ptr(), 0);
                    drop(Box::from_raw(self.1.as_ptr()));
                }
            }
        }

        // SAFETY: the topic was opened here and is not used any more; the handle is alive.
        unsafe {
            let flags = sys::RD_KAFKA_PURGE_F_QUEUE
                | sys::RD_KAFKA_PURGE_F_INFLIGHT
                | sys::RD_KAFKA_PURGE_F_NON_BLOCKING;
            sys::rd_kafka_purge(self.handle.as_ptr(), flags);
            if let Some(topic) = self.topic {
                sys::rd_kafka_topic_destroy(topic.as_ptr());
            }
        }
        // Where no thread can be had the memory is left to the operating system.
        let remains = Remains(self.handle, self.inbox);
        bounded_end::end("kafka-end", move || remains.end());
    }
}

fn milliseconds(duration: Duration) -> c_int {
    c_int::try_from(duration.as_millis()).unwrap_or(c_int::MAX)
}
