//! Why a request got no response, found in the HTTP library's chain of causes.

use std::error::Error;
use std::io;

/// Whether reading a body ended because of the timeout.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    error.kind() == io::ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

/// Why there is no connection, briefly.
pub(super) fn connection_reason(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut looks_up_the_host = false;
    while let Some(current) = cause {
        looks_up_the_host |= current.to_string().starts_with("dns error");
        match current.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return "connection refused".to_string(),
            Some(io::ErrorKind::ConnectionReset) => return "connection reset".to_string(),
            Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
                return "no route to the host".to_string();
            }
            _ => {}
        }
        cause = current.source();
    }
    if looks_up_the_host {
        return "no such host name".to_string();
    }
    deepest_reason(error)
}

/// Whether the connection was made, and ended before a response came.
pub(super) fn is_closed(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        let kind = current.downcast_ref::<io::Error>().map(io::Error::kind);
        let is_end = matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        );
        // It is an error of hyper with a type that is not public here.
        if is_end || current.to_string() == "connection closed before message completed" {
            return true;
        }
        cause = current.source();
    }
    false
}

/// The fault that TLS found, if TLS failed: a certificate, a name, a version.
pub(super) fn tls_reason(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        let text = current.to_string();
        // The first error of OpenSSL: later ones have less detail about why a certificate was refused.
        if text.starts_with("error:") && text.contains("SSL routines") {
            return Some(without_places(&text));
        }
        cause = current.source();
    }
    None
}

/// OpenSSL's `error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:
/// ssl/statem/statem_clnt.c:2103: (hostname mismatch)` without the number and the places in its source.
fn without_places(text: &str) -> String {
    let reason = text
        .split(':')
        .nth(4)
        .filter(|_| text.starts_with("error:"))
        .unwrap_or(text);
    let detail = text
        .rsplit_once('(')
        .and_then(|(_, detail)| detail.strip_suffix(')'))
        .filter(|detail| text.starts_with("error:") && !detail.is_empty());
    match detail {
        Some(detail) => format!("{reason}: {detail}"),
        None => reason.to_string(),
    }
}

/// The last cause in the chain: the earlier ones only state that something failed.
pub(super) fn deepest_reason(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match error.source() {
        Some(_) => deepest.to_string(),
        // Otherwise the error would show the URL.
        None => "the request could not be sent".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssls_reasons_are_kept_without_source_positions() {
        let verify = "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:\
                      ssl/statem/statem_clnt.c:2103: (hostname mismatch)";
        assert_eq!(
            without_places(verify),
            "certificate verify failed: hostname mismatch"
        );
        let alert = "error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:ssl/record/rec_layer_s3.c:918:SSL alert number 116";
        assert_eq!(without_places(alert), "tlsv13 alert certificate required");
        assert_eq!(without_places("something else"), "something else");
    }
}
