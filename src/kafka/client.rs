//! A librdkafka client, from creation to destruction.
//!
//! This file produces messages and `topic_reader` consumes them; `callbacks` receives reports, and `admin` and `ask`
//! request facts about topics.
//!
//! Threads: except for `on_certificate`, which does not touch the `Inbox`, callbacks run in `rd_kafka_poll` or
//! `rd_kafka_flush`, never on librdkafka's own threads (logs too, because of `log.queue`); `on_new` runs in `rd_kafka_new`,
//! and `on_send` in the functions that produce. All but `rd_kafka_new` need `&mut Client`, so the `Inbox` is never borrowed
//! while a callback changes it.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::callbacks::{on_certificate, on_error, on_log, on_new, on_report, on_statistics};
use super::codes::{self, text};
use super::config::{LogHandler, ProducerSettings};
use super::error::{ConnectError, ConnectErrorKind};
use super::inbox::Inbox;
use super::properties;
use super::tls;
use crate::bounded_end;

/// Versions before 2.12 have bugs that lose rows silently.
const OLDEST: c_int = 0x020c_0000;

/// The version of the linked librdkafka.
pub fn librdkafka_version() -> String {
    // SAFETY: it returns a static string.
    unsafe { text(sys::rd_kafka_version_str()) }
}

/// Rejects a librdkafka that is too old.
pub(super) fn check_version() -> Result<(), ConnectError> {
    // SAFETY: it reads a constant.
    if unsafe { sys::rd_kafka_version() } >= OLDEST {
        return Ok(());
    }
    let message = format!(
        "librdkafka {} is too old: versions before 2.12 can lose rows",
        librdkafka_version()
    );
    Err(ConnectError::new(ConnectErrorKind::Library, message))
}

/// How a flush ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// Every message that the client took has been reported.
    All,
    /// Some have not been reported yet.
    TimeUp,
}

/// What a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Producer(Interceptor),
    Consumer,
}

/// Whether librdkafka calls an interceptor for each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interceptor {
    None,
    /// Messages get their headers.
    Headers,
}

/// A librdkafka client and the inbox that its callbacks fill.
pub(super) struct Client {
    handle: NonNull<sys::rd_kafka_t>,
    /// The topics that messages go to or come from, in the order in which they were opened.
    topics: Vec<NonNull<sys::rd_kafka_topic_t>>,
    /// Owned. It is a pointer and not a box because callbacks access it without going through `self`.
    inbox: NonNull<Inbox>,
    /// Whether a broker has answered.
    pub(super) has_broker: bool,
    /// Whether answers are no longer needed.
    is_over: Option<Box<dyn Fn() -> bool + Send>>,
}

// SAFETY: librdkafka's handles may be used from any thread, and `inbox` is only touched through `self`: by its
// borrows, or by callbacks within calls that borrow `self` mutably.
unsafe impl Send for Client {}

impl Client {
    /// Creates a producer with this configuration. It connects in the background.
    pub(super) fn new(
        settings: &ProducerSettings,
        config: &ClientConfig,
        log: LogHandler,
    ) -> Result<Client, ConnectError> {
        let interceptor = match settings.own_headers || !settings.headers.is_empty() {
            true => Interceptor::Headers,
            false => Interceptor::None,
        };
        Client::create(Kind::Producer(interceptor), config, log)
    }

    /// Creates a consumer without a group. It connects in the background.
    pub(super) fn consumer(config: &ClientConfig, log: LogHandler) -> Result<Client, ConnectError> {
        Client::create(Kind::Consumer, config, log)
    }

    fn create(kind: Kind, config: &ClientConfig, log: LogHandler) -> Result<Client, ConnectError> {
        let failed = |text: String| ConnectError::new(ConnectErrorKind::Config, text);
        let native = config.create_native_config().map_err(|error| match error {
            // The value is not shown, since it may be a secret.
            KafkaError::ClientConfig(_, _, name, _) => {
                failed(format!("librdkafka does not accept this value of `{name}`"))
            }
            _ => failed("a client property cannot contain a NUL".to_owned()),
        })?;
        let inbox = NonNull::from(Box::leak(Box::new(Inbox::new(log))));
        let mut words = [0 as c_char; 512];
        // SAFETY: `conf` is our copy. The client takes ownership of it; if none is created it is destroyed here.
        // `inbox` outlives the client.
        let handle = unsafe {
            let conf = sys::rd_kafka_conf_dup(native.ptr());
            sys::rd_kafka_conf_set_opaque(conf, inbox.as_ptr().cast());
            if let Kind::Producer(_) = kind {
                sys::rd_kafka_conf_set_dr_msg_cb(conf, Some(on_report));
            }
            if kind == Kind::Producer(Interceptor::Headers) {
                let name = c"headers".as_ptr();
                sys::rd_kafka_conf_interceptor_add_on_new(conf, name, Some(on_new), inbox.as_ptr().cast());
            }
            sys::rd_kafka_conf_set_error_cb(conf, Some(on_error));
            sys::rd_kafka_conf_set_stats_cb(conf, Some(on_statistics));
            sys::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            sys::rd_kafka_conf_set_ssl_cert_verify_cb(conf, Some(on_certificate));
            let native_kind = match kind {
                Kind::Producer(_) => sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
                Kind::Consumer => sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
            };
            let handle = sys::rd_kafka_new(native_kind, conf, words.as_mut_ptr(), words.len());
            // `rd_kafka_new` copies the configuration, then calls `on_new`. If it fails after that, it frees the
            // interceptors of its copy, and those of `conf` are the same: to destroy it would free them twice
            // (rdkafka.c, `fail:`; librdkafka 2.12). The few kilobytes are left to the end of the process.
            let is_freed_in_part = (*inbox.as_ptr()).has_interceptor;
            if handle.is_null() && !is_freed_in_part {
                sys::rd_kafka_conf_destroy(conf);
            }
            handle
        };
        let Some(handle) = NonNull::new(handle) else {
            // SAFETY: no client was created, so this is the only pointer to `inbox`; `words` is a C string.
            let words = unsafe {
                drop(Box::from_raw(inbox.as_ptr()));
                text(words.as_ptr())
            };
            return Err(tls::not_created(words, |name| config.get(name)));
        };
        // SAFETY: the handle is alive; null sends logs to the queue that `poll` serves.
        unsafe { sys::rd_kafka_set_log_queue(handle.as_ptr(), ptr::null_mut()) };
        Ok(Client {
            handle,
            topics: Vec::new(),
            inbox,
            has_broker: false,
            is_over: None,
        })
    }

    /// Continues the statistics of `earlier`, which is destroyed in the background: nobody waits for its messages.
    pub(super) fn replace(&mut self, mut earlier: Client) {
        self.is_over = earlier.is_over.take();
        let (inbox, from) = (self.inbox_mut(), &mut earlier.inbox_mut().statistics);
        inbox.statistics = std::mem::take(from);
        inbox.statistics.begin_client();
        bounded_end::in_background("kafka-end", move || drop(earlier));
    }

    /// Records that a broker has answered.
    pub(super) fn note_broker(&mut self) {
        self.has_broker = true;
        self.inbox_mut().errors.note_answer();
    }

    /// Sets how detailed the log is, as syslog levels (4 for warnings and errors).
    pub(super) fn set_log_level(&mut self, level: c_int) {
        // SAFETY: the handle is alive.
        unsafe { sys::rd_kafka_set_log_level(self.handle.as_ptr(), level) };
    }

    /// Opens a topic to produce to or to consume.
    pub(super) fn open_topic(&mut self, name: &str) -> Result<(), ConnectError> {
        let failed = || {
            ConnectError::new(
                ConnectErrorKind::Config,
                format!("`{name}` is not a valid topic name"),
            )
        };
        let name = CString::new(name).map_err(|_| failed())?;
        // SAFETY: handle and name are alive; null selects the topic settings of the configuration.
        let topic = unsafe { sys::rd_kafka_topic_new(self.handle.as_ptr(), name.as_ptr(), ptr::null_mut()) };
        self.topics.push(NonNull::new(topic).ok_or_else(failed)?);
        Ok(())
    }

    /// From now on requests are abandoned, as unanswered, as soon as `is_over` returns true.
    pub(super) fn stop_asking_when(&mut self, is_over: Box<dyn Fn() -> bool + Send>) {
        self.is_over = Some(is_over);
    }

    /// Whether answers are no longer needed.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.as_ref().is_some_and(|is_over| is_over())
    }

    /// Where the client's TLS certificate is from, if it has one: the file, or the property that contains it.
    pub(super) fn certificate(&self) -> Option<String> {
        let value = |name: &str| self.config_value(name).filter(|value| !value.is_empty());
        let file = ["ssl.certificate.location", "ssl.keystore.location"]
            .into_iter()
            .find_map(value);
        file.or_else(|| value("ssl.certificate.pem").map(|_| "ssl.certificate.pem".to_owned()))
    }

    /// The raw handle, for `admin` and `ask`.
    pub(super) fn raw(&self) -> *mut sys::rd_kafka_t {
        self.handle.as_ptr()
    }

    /// The topics that are open.
    pub(super) fn topics(&self) -> impl Iterator<Item = *mut sys::rd_kafka_topic_t> {
        self.topics.iter().map(|topic| topic.as_ptr())
    }

    /// The topic that was opened as number `index`, from 0, for messages that go one by one.
    pub(super) fn raw_topic(&self, index: usize) -> *mut sys::rd_kafka_topic_t {
        self.topics[index].as_ptr()
    }

    pub(super) fn inbox(&self) -> &Inbox {
        // SAFETY: it lives as long as `self`, and every change needs `&mut self`.
        unsafe { self.inbox.as_ref() }
    }

    pub(super) fn inbox_mut(&mut self) -> &mut Inbox {
        // SAFETY: it lives as long as `self`, and `self` is borrowed mutably.
        unsafe { self.inbox.as_mut() }
    }

    /// Serves all pending reports, errors, log lines and statistics; if there are none, waits for the first up to
    /// `timeout`.
    pub(super) fn poll(&mut self, timeout: Duration) {
        // SAFETY: the handle is alive, and `inbox` is not borrowed.
        unsafe { sys::rd_kafka_poll(self.handle.as_ptr(), milliseconds(timeout)) };
    }

    /// Sends incomplete batches, and serves reports until all have arrived or the time is up.
    pub(super) fn flush(&mut self, timeout: Duration) -> Flushed {
        // SAFETY: as for `poll`.
        match unsafe { sys::rd_kafka_flush(self.handle.as_ptr(), milliseconds(timeout)) } {
            Code::RD_KAFKA_RESP_ERR_NO_ERROR => Flushed::All,
            _ => Flushed::TimeUp,
        }
    }

    /// Abandons every message that has no report yet. They are reported as usual.
    pub(super) fn purge(&mut self) {
        // SAFETY: the handle is alive.
        unsafe {
            sys::rd_kafka_purge(
                self.handle.as_ptr(),
                sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_INFLIGHT,
            )
        };
    }

    /// Hands messages over to the topic that was opened as number `topic`, and stores a result code in each. Returns how many were taken.
    ///
    /// After a message that finds the queue full, librdkafka takes none of the later ones either
    /// (rd_kafka_produce_batch, `all_err`), so the order is kept.
    ///
    /// # Safety
    /// The payload and key pointers of `messages` are valid for their lengths. The data is copied.
    pub(super) unsafe fn produce(
        &mut self,
        topic: usize,
        partition: i32,
        messages: &mut [sys::rd_kafka_message_t],
    ) -> usize {
        let count = c_int::try_from(messages.len()).expect("a batch has fewer than 2^31 messages");
        // SAFETY: topic and messages are alive; so is the data they point to, by the contract above. `inbox`, which `on_send`
        // uses, is not borrowed.
        let taken = unsafe {
            sys::rd_kafka_produce_batch(
                self.raw_topic(topic),
                partition,
                sys::RD_KAFKA_MSG_F_COPY,
                messages.as_mut_ptr(),
                count,
            )
        };
        usize::try_from(taken).unwrap_or(0)
    }

    /// Hands over one message, given as arguments of `rd_kafka_produceva`. Returns the result code, 0 if it was taken.
    ///
    /// # Safety
    /// Every pointer in `arguments` is valid for its length. The data is copied.
    pub(super) unsafe fn produce_one(&mut self, arguments: &[sys::rd_kafka_vu_t]) -> i32 {
        // SAFETY: the handle is alive, and so are the arguments, by the contract above; the error belongs to us until
        // it is destroyed. `inbox`, which `on_send` uses, is not borrowed.
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

    /// The value of a property in this client; none if it is unknown, unset or secret.
    pub(super) fn config_value(&self, name: &str) -> Option<String> {
        if properties::is_secret(properties::own_name(name)) {
            return None;
        }
        let name = CString::new(name).ok()?;
        let mut value = vec![0_u8; 1024];
        let mut size = value.len();
        // SAFETY: the configuration belongs to the client and is only read; `value` has room for `size` bytes.
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
    /// Destroys the client without waiting for messages: they are purged.
    fn drop(&mut self) {
        struct Remains(NonNull<sys::rd_kafka_t>, NonNull<Inbox>);
        // SAFETY: both pointers move to the one thread that frees them; nothing else uses them any more.
        unsafe impl Send for Remains {}
        impl Remains {
            fn end(self) {
                // SAFETY: this is the last use of both. The client goes first, because until then it may run
                // callbacks.
                unsafe {
                    sys::rd_kafka_destroy_flags(self.0.as_ptr(), 0);
                    drop(Box::from_raw(self.1.as_ptr()));
                }
            }
        }

        // SAFETY: the topics were opened by this client and are not used any more; the handle is alive.
        unsafe {
            let flags = sys::RD_KAFKA_PURGE_F_QUEUE
                | sys::RD_KAFKA_PURGE_F_INFLIGHT
                | sys::RD_KAFKA_PURGE_F_NON_BLOCKING;
            sys::rd_kafka_purge(self.handle.as_ptr(), flags);
            for topic in self.topics.drain(..) {
                sys::rd_kafka_topic_destroy(topic.as_ptr());
            }
        }
        // If no thread can be started, the memory is left to the operating system.
        let remains = Remains(self.handle, self.inbox);
        bounded_end::end("kafka-end", move || remains.end());
    }
}

fn milliseconds(duration: Duration) -> c_int {
    c_int::try_from(duration.as_millis()).unwrap_or(c_int::MAX)
}
