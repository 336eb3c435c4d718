//! Why a request got no answer, dug out of the HTTP library's chain of causes.

use std::error::Error;
use std::io;

/// Whether reading a body ended because the time was up.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    error.kind() == io::ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout)
}

/// Why there is no connection, in few words.
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

/// The last cause in the chain: the ones before only say that something failed.
pub(super) fn deepest_reason(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match error.source() {
        Some(_) => deepest.to_string(),
        // On its own the error would show the URL.
        None => "the request could not be made".to_string(),
    }
}
