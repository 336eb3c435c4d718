//! Faults before a registry can respond: no connection, no TLS, a proxy.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use super::*;

#[test]
fn a_missing_registry_is_reported() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = client(&format!("http://{free}"))
        .version("t-value", SchemaVersion::Latest)
        .unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Unreachable);
    assert_eq!(
        error.to_string(),
        format!("no registry answered at http://{free} (connection refused)")
    );
    assert_eq!(
        error.hint(),
        Some(&Hint::Unreachable {
            environment_proxy: false
        })
    );
}

#[test]
fn a_registry_that_starts_between_two_attempts_is_found() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asker = std::thread::spawn(move || {
        let settings = RegistrySettings {
            first_pause: Duration::from_secs(1),
            ..RegistrySettings::new(format!("http://{free}"))
        };
        RegistryClient::new(&settings).unwrap().subjects()
    });
    std::thread::sleep(Duration::from_millis(100));
    let server = Scripted::start_at(TcpListener::bind(free).unwrap(), vec![json("200 OK", r#"["a"]"#)]);
    assert_eq!(asker.join().unwrap().unwrap(), ["a"]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn https_to_a_plain_server_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = client(&url)
        .version("t-value", SchemaVersion::Latest)
        .unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Unreachable);
    assert_eq!(error.hint(), Some(&Hint::PlainHttp), "{error}");
}

/// Runs one of these tests in a process with a proxy in its environment.
fn run_behind_proxy(test: &str, proxy: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("schema::registry::tests::{test}")]);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, proxy);
    }
    command
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env("K2_TEST_BEHIND_PROXY", "1");
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[test]
fn loopback_is_reached_without_the_environments_proxy() {
    let proxy = Scripted::start(vec![]);
    run_behind_proxy(
        "subjects::the_latest_version_is_fetched_with_its_numbers",
        &proxy.url,
    );
    assert!(proxy.requests().is_empty(), "{:?}", proxy.requests());
}

#[test]
fn other_hosts_are_reached_through_the_environments_proxy() {
    let proxy = Scripted::start(vec![latest()]);
    run_behind_proxy("network::another_host_responds_through_a_proxy", &proxy.url);
    let requests = proxy.requests();
    assert!(
        requests[0].starts_with("GET http://registry.invalid/subjects/t-value/versions/latest "),
        "{requests:?}"
    );
}

#[test]
fn the_environments_proxy_can_be_ignored() {
    let proxy = Scripted::start(vec![latest()]);
    run_behind_proxy("network::no_host_responds_without_the_proxy", &proxy.url);
    assert!(proxy.requests().is_empty(), "{:?}", proxy.requests());
}

/// See the test below.
#[test]
fn no_host_responds_without_the_proxy() {
    if std::env::var_os("K2_TEST_BEHIND_PROXY").is_some() {
        let settings = RegistrySettings {
            proxy: ProxyUse::None,
            ..settings("http://registry.invalid")
        };
        let error = RegistryClient::new(&settings)
            .unwrap()
            .version("t-value", SchemaVersion::Latest)
            .unwrap_err();
        assert!(error.to_string().contains("no such host name"), "{error}");
    }
}

/// It does nothing outside of the process that the test above starts: no name is looked up without a proxy.
#[test]
fn another_host_responds_through_a_proxy() {
    if std::env::var_os("K2_TEST_BEHIND_PROXY").is_some() {
        client("http://registry.invalid")
            .version("t-value", SchemaVersion::Latest)
            .unwrap();
    }
}
