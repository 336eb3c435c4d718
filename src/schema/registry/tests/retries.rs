//! Slow, failing and endless servers: retries, timeouts and limits.

use std::time::Instant;

use super::super::scripted::reply;
use super::*;

#[test]
fn a_request_to_a_failing_registry_is_retried() {
    let (server, answer) = ask(vec![json("500 Error", "{}"), json("503 Busy", "{}"), latest()]);
    assert_eq!(answer.unwrap().version, Some(3));
    assert_eq!(server.requests().len(), 3);

    let trouble = || {
        json(
            "500 Error",
            r#"{"error_code":50001,"message":"backend \u001b[31mstore"}"#,
        )
    };
    let (server, answer) = ask(vec![trouble(), trouble(), trouble(), latest()]);
    let error = answer.unwrap_err();
    assert_eq!(server.requests().len(), 3);
    assert_eq!(error.kind(), RegistryErrorKind::Failing);
    let message = r"is failing after 3 tries (500, 50001: `backend \x1b[31mstore`)";
    assert_eq!(
        error.to_string(),
        format!("the registry at {} {message}", server.url)
    );
}

#[test]
fn a_connection_that_ends_without_a_complete_response_is_retried() {
    let closed = || Reply::Bytes(String::new());
    let cut = || {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999";
        Reply::Bytes(format!("{head}\r\n\r\n{{\"id\":"))
    };
    let within_the_head = Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Ty".to_string());
    for (first, second) in [
        (closed(), closed()),
        (Reply::Reset, Reply::Reset),
        (within_the_head, cut()),
    ] {
        let (server, answer) = ask(vec![first, second, latest()]);
        assert_eq!(answer.unwrap().version, Some(3));
        assert_eq!(server.requests().len(), 3);
    }
    let (server, answer) = ask(vec![closed(), Reply::Reset, closed(), latest()]);
    let error = answer.unwrap_err();
    assert_eq!(server.requests().len(), 3);
    assert_eq!(error.kind(), RegistryErrorKind::Unreachable);
    assert_eq!(
        error.to_string(),
        format!(
            "no registry answered at {} (the connection was closed without a response)",
            server.url
        )
    );
    let (server, answer) = ask(vec![cut(), cut(), cut(), latest()]);
    let error = answer.unwrap_err();
    assert_eq!(
        (server.requests().len(), error.kind()),
        (3, RegistryErrorKind::Malformed)
    );
    assert!(error.to_string().ends_with("it ended after 6 bytes"), "{error}");

    // A registration may be sent twice: the schema is registered once.
    let server = Scripted::start(vec![closed(), json("200 OK", r#"{"id":7}"#)]);
    let id = client(&server.url).register("t-value", SCHEMA, &[]).unwrap();
    assert_eq!((id.get(), server.requests().len()), (7, 2));
}

#[test]
fn a_wait_that_the_server_requests_is_respected() {
    let start = Instant::now();
    let (server, answer) = ask(vec![
        reply("429 Too Many Requests", "Retry-After: 1", ""),
        latest(),
    ]);
    answer.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1) && server.requests().len() == 2);
}

#[test]
fn a_wait_beyond_the_deadline_is_not_started() {
    let start = Instant::now();
    let (kind, message, _) = fault(reply("429 Too Many Requests", "Retry-After: 86400", ""));
    assert_eq!(
        (kind, message.as_str()),
        (
            RegistryErrorKind::Failing,
            "the registry at URL is rate-limiting requests (429)"
        )
    );
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_server_that_never_responds_is_a_timeout() {
    let start = Instant::now();
    let (kind, message, _) = fault(Reply::Silence);
    assert_eq!(kind, RegistryErrorKind::TimedOut);
    assert_eq!(
        message,
        "the registry at URL took too long: no response within 0.4 s"
    );
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_server_that_sends_single_bytes_is_a_timeout() {
    let start = Instant::now();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{";
    let (kind, message, _) = fault(Reply::Drip(head.to_string()));
    assert_eq!(kind, RegistryErrorKind::TimedOut);
    assert!(
        message.starts_with("the registry at URL took too long: the response was not complete in time"),
        "{message}"
    );
    assert!(start.elapsed() < Duration::from_secs(2));
    // The same for the head, to which the timeout of the body does not apply.
    let (kind, _, _) = fault(Reply::Drip("HTTP/1.1 200 OK\r\nX-Slow:".to_string()));
    assert_eq!(kind, RegistryErrorKind::TimedOut);
}

#[test]
fn an_endless_response_is_not_read_to_its_end() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{";
    let (kind, message, _) = fault(Reply::Flood(head.to_string()));
    assert_eq!(kind, RegistryErrorKind::Malformed);
    assert_eq!(
        message,
        "the registry at URL sent an invalid response: larger than 4 MiB"
    );
}

#[test]
fn an_endless_head_is_not_read_to_its_end() {
    let start = Instant::now();
    for head in ["HTTP/1.1 200 OK\r\nX-Padding: ", "HTTP/1.1 200 "] {
        let (kind, message, _) = fault(Reply::Flood(head.to_owned()));
        assert_eq!(kind, RegistryErrorKind::Malformed, "{message}");
    }
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// Compression is not requested. A response that is compressed all the same is not decompressed, whatever its size would be.
#[test]
fn a_compressed_response_is_not_decompressed() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
    let (kind, message, _) = fault(Reply::Bytes(format!("{head}\u{1f}\u{8}\u{0}")));
    assert_eq!(kind, RegistryErrorKind::Malformed);
    assert!(message.contains("not JSON"), "{message}");
}
