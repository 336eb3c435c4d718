//! Credentials that are not in a URL, and the warnings before they are sent over the network.

use super::super::scripted::reply;
use super::*;

fn with(url: &str, credentials: RegistryCredentials) -> RegistrySettings {
    RegistrySettings {
        credentials: Some(credentials),
        ..settings(url)
    }
}

fn token() -> RegistryCredentials {
    RegistryCredentials::token("abc.def", "`T`").unwrap()
}

#[test]
fn a_token_is_sent_to_every_url_without_credentials() {
    let first = Scripted::start(vec![json("500 Error", "{}")]);
    let second = Scripted::start(vec![latest()]);
    let urls = format!(
        "{},{}",
        first.url,
        second.url.replace("http://", "http://alice:pw@")
    );
    RegistryClient::new(&with(&urls, token()))
        .unwrap()
        .version("t-value", SchemaVersion::Latest)
        .unwrap();
    assert!(first.requests()[0].contains("authorization: Bearer abc.def\r\n"));
    assert!(second.requests()[0].contains("authorization: Basic YWxpY2U6cHc=\r\n"));
}

#[test]
fn a_user_from_a_file_is_sent_as_basic_auth() {
    let server = Scripted::start(vec![latest()]);
    let user = RegistryCredentials::user_info("alice:pw", "`F`").unwrap();
    RegistryClient::new(&with(&server.url, user))
        .unwrap()
        .version("t-value", SchemaVersion::Latest)
        .unwrap();
    assert!(server.requests()[0].contains("authorization: Basic YWxpY2U6cHc=\r\n"));
}

#[test]
fn a_refused_token_is_reported_without_being_shown() {
    let server = Scripted::start(vec![reply("401 Unauthorized", "X: y", "")]);
    let client = RegistryClient::new(&with(&server.url, token())).unwrap();
    let error = client.version("t-value", SchemaVersion::Latest).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the registry at {} refused the token (401)", server.url)
    );
    assert_eq!(error.hint(), Some(&Hint::TokenRefused));
    assert!(!format!("{error:?} {client:?} {:?}", with(&server.url, token())).contains("abc.def"));
}

#[test]
fn a_token_is_not_sent_to_the_target_of_a_redirect() {
    let other = Scripted::start(vec![latest()]);
    let location = format!("Location: {}/subjects", other.url);
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let server = Scripted::start(vec![reply(status, &location, "")]);
        let client = RegistryClient::new(&with(&server.url, token())).unwrap();
        let error = client.register("t-value", SCHEMA, &[]).unwrap_err();
        assert_eq!(error.kind(), RegistryErrorKind::Redirected);
    }
    assert!(other.requests().is_empty());
}

#[test]
fn credentials_in_plain_text_cause_a_warning_except_on_loopback() {
    let warnings = |url: &str| RegistryClient::new(&with(url, token())).unwrap().warnings();
    assert_eq!(
        warnings("http://registry.example:8081"),
        [RegistryWarning::PlainCredentials {
            address: "http://registry.example:8081".to_owned()
        }]
    );
    assert!(warnings("https://registry.example,http://localhost:8081").is_empty());
    assert!(client("http://registry.example").warnings().is_empty());
    assert_eq!(client("http://u:p@registry.example").warnings().len(), 1);
}

/// The parts of a request that a server, or a proxy before it, repeats are shown without the credentials.
#[test]
fn credentials_that_a_server_repeats_are_not_shown() {
    let secret = "s3cret/pass";
    let encoded = "YWxpY2U6czNjcmV0L3Bhc3M=";
    let sent = format!("Authorization: Basic {encoded}");
    let user = || RegistryCredentials::user_info(&format!("alice:{secret}"), "`F`").unwrap();
    let fault = |status: &str| {
        json(
            status,
            &format!(r#"{{"error_code":40101,"message":"got {sent}"}}"#),
        )
    };
    let page = |status: &str| {
        reply(
            status,
            "Content-Type: text/html",
            &format!("<p>{secret} {encoded}</p>"),
        )
    };
    for reply in [
        fault("401 Unauthorized"),
        page("401 Unauthorized"),
        fault("403 Forbidden"),
        fault("404 Not Found"),
        json(
            "404 Not Found",
            &format!(r#"{{"error_code":40404,"message":"{secret}"}}"#),
        ),
        fault("422 Unprocessable"),
        page("500 Error"),
        page("200 OK"),
        reply("200 OK", &format!("Content-Type: text/{secret}"), "x"),
        reply(
            "302 Found",
            &format!("Location: http://login/{encoded}/x?{secret}"),
            "",
        ),
    ] {
        let server = Scripted::start(vec![reply]);
        let client = RegistryClient::new(&RegistrySettings {
            // There is no second attempt.
            first_pause: Duration::from_secs(9),
            ..with(&server.url, user())
        })
        .unwrap();
        let error = client.version("t-value", SchemaVersion::Latest).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains(secret) && !said.contains(encoded), "{said}");
        assert!(said.contains("***") || said.contains("404"), "{said}");
    }
    let verdict = format!(r#"{{"is_compatible":false,"messages":["{sent}"]}}"#);
    let server = Scripted::start(vec![json("200 OK", &verdict)]);
    let client = RegistryClient::new(&with(&server.url, user())).unwrap();
    let found = client.compatible("t-value", SCHEMA, &[]).unwrap();
    assert_eq!(found.messages, ["Authorization: ***"]);
}
