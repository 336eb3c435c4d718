//! Several URLs: which one is used, when the next one is tried, and which credentials it gets.

use std::net::TcpListener;
use std::time::Instant;

use super::*;

fn nobody() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{free}")
}

#[test]
fn the_next_url_is_used_if_one_does_not_respond_or_is_failing() {
    let failing = Scripted::start(vec![json("503 Busy", "{}")]);
    let good = Scripted::start(vec![latest(), latest()]);
    let urls = format!("{},{}, {}", nobody(), failing.url, good.url);
    let client = client(&urls);
    let start = Instant::now();
    assert_eq!(
        client.version("t-value", SchemaVersion::Latest).unwrap().version,
        Some(3)
    );
    assert!(
        start.elapsed() < Duration::from_millis(400),
        "nothing is waited for while there is another URL"
    );
    assert_eq!(client.address(), good.url);
    // From then on, the URL that responded is used first.
    client.version("t-value", SchemaVersion::Latest).unwrap();
    assert_eq!((failing.requests().len(), good.requests().len()), (1, 2));
}

#[test]
fn the_next_url_is_used_if_one_hangs() {
    let silent = Scripted::start(vec![Reply::Silence]);
    let good = Scripted::start(vec![latest()]);
    client(&format!("{},{}", silent.url, good.url))
        .version("t-value", SchemaVersion::Latest)
        .unwrap();
    assert_eq!(silent.requests().len(), 1);
}

#[test]
fn after_a_refusal_the_next_url_is_not_used() {
    let other = Scripted::start(vec![latest()]);
    for status in ["401 Unauthorized", "404 Not Found", "422 Unprocessable"] {
        let first = Scripted::start(vec![json(status, r#"{"error_code":42202,"message":"no"}"#)]);
        client(&format!("{},{}", first.url, other.url))
            .version("t-value", SchemaVersion::Latest)
            .unwrap_err();
    }
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[test]
fn if_no_url_responds_each_is_named_with_its_reason() {
    let failing = Scripted::start(vec![json("503 Busy", "{}"), json("503 Busy", "{}")]);
    let (first, last) = (nobody(), nobody());
    let error = client(&format!("{first},{},{last}", failing.url))
        .version("t-value", SchemaVersion::Latest)
        .unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Unreachable);
    let message = error.to_string();
    assert!(message.starts_with("no registry answered at "), "{message}");
    for said in [
        format!("no registry answered at {first} (connection refused)"),
        format!("{} answered 50", failing.url),
        format!("no registry answered at {last} (connection refused)"),
    ] {
        assert!(message.contains(&said), "{said}: {message}");
    }
}

#[test]
fn credentials_of_a_url_are_sent_only_to_its_host() {
    let first = Scripted::start(vec![json("503 Busy", "{}")]);
    let second = Scripted::start(vec![latest()]);
    let urls = format!(
        "{},{}",
        first.url.replace("http://", "http://alice:sec,ret@"),
        second.url
    );
    let client = client(&urls);
    client.version("t-value", SchemaVersion::Latest).unwrap();
    assert!(
        first.requests()[0].contains("authorization: Basic YWxpY2U6c2VjLHJldA=="),
        "{:?}",
        first.requests()
    );
    assert!(!second.requests()[0].to_lowercase().contains("authorization"));
    let shown = format!("{client:?} {:?}", settings(&urls));
    assert!(!shown.contains("alice") && !shown.contains("sec,ret"), "{shown}");
}
