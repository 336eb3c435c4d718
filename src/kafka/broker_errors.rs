//! Errors that librdkafka reports about brokers, as opposed to single messages.
//!
//! They explain why no broker answers at the start, and why messages time out later.

use std::time::{Duration, Instant};

use super::tls;
use super::transactions::is_named_fenced;

/// An error of a broker or of the connection to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerError {
    /// librdkafka's name for the error, such as `_TRANSPORT`.
    pub code: String,
    /// What happened, without the broker's name and the age of the connection.
    pub message: String,
    /// The `host:port` of the connection, if the error belongs to one.
    pub address: Option<String>,
}

impl BrokerError {
    fn new(code: &str, reason: &str) -> BrokerError {
        BrokerError {
            code: code.to_owned(),
            message: plain(reason),
            address: address(reason),
        }
    }

    /// Whether another producer with the same transactional id was initialised, or the brokers ended the transaction.
    pub fn is_fenced(&self) -> bool {
        is_named_fenced(&self.code)
    }
}

/// The errors so far, and the conclusions from them.
#[derive(Debug, Default)]
pub struct BrokerErrors {
    last: Option<BrokerError>,
    fatal: Option<BrokerError>,
    authentication_error: Option<BrokerError>,
    all_down_since: Option<Instant>,
    warnings: Vec<String>,
    certificate_fault: Option<String>,
    refused_certificate: Option<&'static str>,
    /// When a connection was first closed right after its start, and how often that happened since the last answer.
    closed_after_start: Option<(Instant, u32)>,
}

/// How long all brokers must be down before the client gives up. A broker that is starting needs a moment.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a listener that requires SASL does with a client without it.
pub(super) const CLOSED_AFTER_START: &str = "each connection was closed after its first request";

/// The connection was closed before the first response, which is what a TLS listener does with a client without TLS.
const CLOSED: &str = "connection closed before the first response";

impl BrokerErrors {
    /// Records an error as librdkafka reports it.
    pub(super) fn note(&mut self, code: &str, reason: &str) {
        if code == "_ALL_BROKERS_DOWN" {
            // It gives the number of brokers, not the reason; the reason was reported before it.
            self.all_down_since.get_or_insert_with(Instant::now);
            return;
        }
        let error = BrokerError::new(code, reason);
        if matches!(code, "_AUTHENTICATION" | "_SSL" | "SASL_AUTHENTICATION_FAILED") {
            self.authentication_error = Some(error.clone());
        }
        if let Some(alert) = tls::refusal(reason) {
            self.refused_certificate = Some(alert);
            self.authentication_error = Some(error.clone());
        }
        self.last = Some(error);
    }

    /// Records an error after which librdkafka sends nothing more.
    pub(super) fn note_fatal(&mut self, code: &str, reason: &str) {
        self.fatal = Some(BrokerError::new(code, reason));
    }

    /// Records a line of the log.
    pub(super) fn note_log(&mut self, facility: &str, line: &str) {
        // Drops the name of librdkafka's thread, `[thrd:app]: `.
        let text = line.split_once("]: ").map_or(line, |(_, text)| text);
        if facility == "SSLCERTVRFY" {
            self.certificate_fault = certificate_fault(text);
        } else if facility == "CONFWARN" && !self.warnings.iter().any(|known| known == text) {
            self.warnings.push(text.to_owned());
        } else if facility == "FAIL" && text.contains(" in state APIVERSION_QUERY") {
            // There is no error for it, and librdkafka means to name the usual cause but does not.
            let mut error = BrokerError::new("_TRANSPORT", text);
            error.message = CLOSED.to_owned();
            self.last = Some(error);
        } else if facility == "FAIL" && text.contains("Disconnected") && text.contains(" in state UP") {
            let (since, count) = self.closed_after_start.unwrap_or((Instant::now(), 0));
            self.closed_after_start = Some((since, count + 1));
        }
    }

    /// Records that a broker has answered a request.
    pub(super) fn note_answer(&mut self) {
        self.closed_after_start = None;
    }

    /// Forgets the conclusions from earlier errors, for a new attempt.
    pub(super) fn start_afresh(&mut self) {
        self.authentication_error = None;
        self.certificate_fault = None;
        self.refused_certificate = None;
        self.closed_after_start = None;
        self.all_down_since = None;
    }

    /// Forgets all errors but a fatal one: messages are sent only from now on.
    pub(super) fn begin_messages(&mut self) {
        self.start_afresh();
        self.last = None;
    }

    /// Why authentication with a broker failed, if it did.
    pub(super) fn authentication_error(&self) -> Option<&BrokerError> {
        self.authentication_error.as_ref()
    }

    /// What is wrong with a broker's certificate, if that is why TLS failed.
    pub(super) fn certificate_fault(&self) -> Option<&str> {
        self.certificate_fault.as_deref()
    }

    /// Why a broker refused the client's certificate, or the lack of one, if it did: the name of its TLS alert.
    pub(super) fn refused_certificate(&self) -> Option<&'static str> {
        self.refused_certificate
    }

    /// Whether connections were closed after their first request, again and again, for long enough to give up.
    pub(super) fn closed_after_start(&self) -> bool {
        self.closed_after_start
            .is_some_and(|(since, count)| count > 1 && since.elapsed() >= PATIENCE)
    }

    /// Whether every broker has refused connections, or its name could not be resolved, for long enough to give up.
    pub(super) fn all_unreachable(&self) -> bool {
        let down_long_enough = self
            .all_down_since
            .is_some_and(|since| since.elapsed() >= PATIENCE);
        let is_conclusive = self.last.as_ref().is_some_and(|last| {
            last.code == "_RESOLVE"
                || ["refused", "security.protocol", "SSL handshake", CLOSED]
                    .iter()
                    .any(|sign| last.message.contains(sign))
        });
        down_long_enough && is_conclusive
    }

    /// The last error of a broker.
    pub fn last_error(&self) -> Option<&BrokerError> {
        self.last.as_ref()
    }

    /// The error after which nothing more can be sent, if there was one.
    pub fn fatal_error(&self) -> Option<&BrokerError> {
        self.fatal.as_ref()
    }

    /// librdkafka's warnings about its configuration.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The subject of a certificate and the fault that `on_certificate` wrote, taken from librdkafka's log line:
/// `ssl://kafka:9093/1: Certificate (subject=/CN=kafka, issuer=/CN=ca) verification callback failed: it has expired`.
fn certificate_fault(line: &str) -> Option<String> {
    let (before, fault) = line.split_once(" verification callback failed: ")?;
    let (_, names) = before.split_once("(subject=")?;
    let (subject, _) = names.rsplit_once(", issuer=")?;
    Some(lower_case(&format!(
        "certificate of `{subject}` was rejected: {fault}"
    )))
}

/// The reason alone: `host:9092/bootstrap: Connect to ipv4#.. failed: Connection refused (after 0ms in state CONNECT)`
/// becomes `connection refused`.
fn plain(reason: &str) -> String {
    let mut text = reason.trim();
    if let Some(start) = text.rfind(" (after ") {
        text = &text[..start];
    }
    // `GroupCoordinator: ` and `sasl_ssl://host:9092/bootstrap: ` name the connection; the error follows.
    while let Some((connection, rest)) = text.split_once(": ") {
        if connection.contains(' ') || !(connection.contains(':') || connection.contains('/')) {
            break;
        }
        text = rest;
    }
    if text.starts_with("Connect to ")
        && let Some((_, why)) = text.split_once(" failed: ")
    {
        text = why;
    }
    lower_case(text)
}

/// The address before the reason: `host:9092` from `ssl://host:9092/bootstrap: ...`.
fn address(reason: &str) -> Option<String> {
    let (connection, _) = reason.split_once(": ")?;
    let (server, _) = connection.rsplit_once('/')?;
    let server = server.rsplit_once("//").map_or(server, |(_, server)| server);
    (server.contains(':') && !server.contains(' ')).then(|| server.to_owned())
}

/// Lower-cases the first letter, unless the first word is an acronym; control characters become spaces.
fn lower_case(text: &str) -> String {
    let mut letters = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let Some(first) = letters.next() else {
        return String::new();
    };
    let rest: String = letters.collect();
    let rest = rest.trim_end_matches(['.', ':', ' ']);
    if rest.starts_with(|letter: char| letter.is_lowercase()) {
        format!("{}{rest}", first.to_lowercase())
    } else {
        format!("{first}{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fenced_producer_is_known_by_each_code_that_means_it() {
        let is_fenced = |code| BrokerError::new(code, "").is_fenced();
        for code in [
            "_FENCED",
            "PRODUCER_FENCED",
            "INVALID_PRODUCER_EPOCH",
            "INVALID_PRODUCER_ID_MAPPING",
        ] {
            assert!(is_fenced(code), "{code}");
        }
        assert!(!is_fenced("OUT_OF_ORDER_SEQUENCE_NUMBER"));
    }

    #[test]
    fn only_the_reason_is_kept() {
        let cases = [
            (
                "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
                "connection refused",
            ),
            (
                "ssl://localhost:9093/bootstrap: SSL handshake failed: certificate verify failed (after 3ms in state SSL_HANDSHAKE)",
                "SSL handshake failed: certificate verify failed",
            ),
            (
                "nowhere:9092/bootstrap: Failed to resolve 'nowhere:9092': Name or service not known (after 1ms in state CONNECT)",
                "failed to resolve 'nowhere:9092': Name or service not known",
            ),
            ("Fatal \u{1b}[31m text.", "fatal  [31m text"),
        ];
        for (reason, expected) in cases {
            assert_eq!(plain(reason), expected);
        }
    }

    #[test]
    fn the_address_is_taken_from_the_reason() {
        assert_eq!(
            address("sasl_ssl://kafka:29092/1: Disconnected").as_deref(),
            Some("kafka:29092")
        );
        assert_eq!(
            address("127.0.0.1:1/bootstrap: Connect failed").as_deref(),
            Some("127.0.0.1:1")
        );
        assert_eq!(address("2/2 brokers are down"), None);
    }

    #[test]
    fn a_certificate_fault_is_taken_from_the_log() {
        let mut errors = BrokerErrors::default();
        errors.note_log(
            "SSLCERTVRFY",
            "[thrd:ssl://k:9093/bootstrap]: ssl://k:9093/bootstrap: Certificate (subject=/O=x, y/CN=k, issuer=/CN=ca) \
             verification callback failed: it has expired",
        );
        assert_eq!(
            errors.certificate_fault(),
            Some("certificate of `/O=x, y/CN=k` was rejected: it has expired")
        );
        errors.start_afresh();
        assert_eq!(errors.certificate_fault(), None);
    }

    #[test]
    fn a_connection_that_is_closed_before_the_first_response_is_a_reason() {
        let mut errors = BrokerErrors::default();
        errors.note_log(
            "FAIL",
            "[thrd:k:9093/bootstrap]: k:9093/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN \
             (after 3ms in state UP)",
        );
        assert_eq!(errors.last_error(), None);
        errors.note_log(
            "FAIL",
            "[thrd:k:9093/bootstrap]: k:9093/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN \
             (after 3ms in state APIVERSION_QUERY)",
        );
        let expected = BrokerError {
            code: "_TRANSPORT".to_owned(),
            message: CLOSED.to_owned(),
            address: Some("k:9093".to_owned()),
        };
        assert_eq!(errors.last_error(), Some(&expected));
    }

    #[test]
    fn all_brokers_down_is_not_reported_as_the_reason() {
        let mut errors = BrokerErrors::default();
        errors.note("_TRANSPORT", "a:1/1: Connect to x failed: Connection refused");
        errors.note("_ALL_BROKERS_DOWN", "1/1 brokers are down");
        assert_eq!(errors.last_error().unwrap().message, "connection refused");
        assert!(
            !errors.all_unreachable(),
            "a broker that is starting needs a moment"
        );
    }
}
