//! Responses that are errors, each with its message.

use super::super::scripted::reply;
use super::*;

#[test]
fn credentials_of_the_url_are_sent_as_basic_auth_and_shown_nowhere() {
    let server = Scripted::start(vec![reply("401 Unauthorized", "Content-Type: text/plain", "no")]);
    let url = server.url.replace("http://", "http://alice:s%2Fecret@");
    let client = client(&url);
    let error = client.version("t-value", SchemaVersion::Latest).unwrap_err();
    assert!(
        server.requests()[0].contains("authorization: Basic YWxpY2U6cy9lY3JldA=="),
        "{:?}",
        server.requests()
    );
    assert_eq!(
        error.to_string(),
        format!(
            "the registry at {} refused the credentials (401: `no`)",
            server.url
        )
    );
    let shown = format!(
        "{client:?} {error:?} {:?} {:?}",
        RegistrySettings::new(url),
        error.hint()
    );
    assert!(!shown.contains("alice") && !shown.contains("ecret"), "{shown}");
}

#[test]
fn missing_credentials_are_reported() {
    let (kind, message, hint) = fault(json(
        "401 Unauthorized",
        r#"{"error_code":40101,"message":"Unauthorized"}"#,
    ));
    assert_eq!(kind, RegistryErrorKind::Unauthorized);
    assert_eq!(
        message,
        "the registry at URL requires credentials, but none were given (401, 40101: `Unauthorized`)"
    );
    assert_eq!(hint, Some(Hint::CredentialsMissing));
    assert_eq!(
        fault(json("403 Forbidden", "{}")).0,
        RegistryErrorKind::Unauthorized
    );
}

#[test]
fn a_missing_subject_is_reported_with_existing_ones() {
    let missing = || {
        json(
            "404 Not Found",
            r#"{"error_code":40401,"message":"Subject 't-value' not found."}"#,
        )
    };
    let (server, answer) = ask(vec![
        missing(),
        json("200 OK", r#"["t-key","tt-value","orders"]"#),
    ]);
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::SubjectMissing);
    assert_eq!(
        error.to_string(),
        format!(
            "subject `t-value` is not in the registry at {} (40401)",
            server.url
        )
    );
    let nearest = KnownSubjects::Nearest(vec!["tt-value".to_owned()]);
    assert_eq!(error.hint(), Some(&Hint::SubjectMissing(nearest)));

    let (_server, answer) = ask(vec![missing(), json("200 OK", "[]")]);
    assert_eq!(
        answer.unwrap_err().hint(),
        Some(&Hint::SubjectMissing(KnownSubjects::None))
    );
    let (_server, answer) = ask(vec![missing(), Reply::Silence]);
    assert_eq!(
        answer.unwrap_err().hint(),
        Some(&Hint::SubjectMissing(KnownSubjects::Unknown))
    );
}

#[test]
fn one_404_is_not_like_another() {
    for (body, kind, message) in [
        (
            r#"{"error_code":40402,"message":"Version not found."}"#,
            RegistryErrorKind::VersionMissing,
            "subject `t-value` has no latest version in the registry at URL (40402)",
        ),
        (
            r#"{"error_code":40403,"message":"Schema not found."}"#,
            RegistryErrorKind::SchemaMissing,
            "the schema of subject `t-value` is not in the registry at URL (40403)",
        ),
        (
            r#"{"error_code":40404,"message":"Subject 't-value' was soft deleted."}"#,
            RegistryErrorKind::SubjectMissing,
            "the latest version of subject `t-value` was deleted in the registry at URL (404, 40404: `Subject 't-value' was soft deleted.`)",
        ),
        (
            r#"{"error_code":404,"message":"RESTEASY003210: Could not find resource for full path"}"#,
            RegistryErrorKind::NotARegistry,
            "no schema registry at URL: it responds with 404 but no registry error code",
        ),
        (
            r#"{"status":404,"error":"Not Found"}"#,
            RegistryErrorKind::NotARegistry,
            "no schema registry at URL: it responds with 404 but no registry error code",
        ),
    ] {
        let (got, text, _) = fault(json("404 Not Found", body));
        assert_eq!((got, text.as_str()), (kind, message));
    }
    let (_, _, hint) = fault(reply(
        "404 Not Found",
        "Content-Type: text/html",
        "<html>nginx</html>",
    ));
    assert_eq!(hint, Some(Hint::UrlWithoutPath));
}

#[test]
fn a_refusal_is_final_and_has_the_registrys_message() {
    let (kind, message, _) = fault(json(
        "422 Unprocessable",
        r#"{"error_code":42201,"message":"Invalid schema"}"#,
    ));
    assert_eq!(kind, RegistryErrorKind::Refused);
    assert_eq!(
        message,
        "the registry at URL refused the request (422, 42201: `Invalid schema`)"
    );
    let long = format!(r#"{{"error_code":409,"message":"{}"}}"#, "x".repeat(900));
    let (_, message, _) = fault(json("409 Conflict", &long));
    assert_eq!(
        message,
        format!(
            "the registry at URL refused the request (409, 409: `{}…`)",
            "x".repeat(499)
        )
    );
}

#[test]
fn a_broken_response_is_named() {
    let broken = |what: &str| format!("the registry at URL sent an invalid response: {what}");
    for (reply, what) in [
        (
            json("200 OK", r#"{"id": 1, "sch"#),
            "its JSON is truncated after 14 bytes",
        ),
        (
            json("200 OK", "{'id': 1}"),
            "not JSON: key must be a string at line 1 column 2",
        ),
        (json("200 OK", ""), "its JSON is truncated after 0 bytes"),
        (
            json("200 OK", r#"{"id": 1, "schema": "{}"}"#),
            "it has no `version`",
        ),
        (
            json("200 OK", r#"{"version": 1, "schema": "{}"}"#),
            "it has no `id`",
        ),
        (
            json("200 OK", r#"{"version": 1, "id": -1, "schema": "{}"}"#),
            "it has no `id`",
        ),
        (
            json("200 OK", r#"{"version": 1, "id": 4294967296, "schema": "{}"}"#),
            "it has no `id`",
        ),
        (
            json("200 OK", r#"{"version": 1, "id": 1, "schema": {}}"#),
            "it has no `schema`",
        ),
        (json("200 OK", "[]"), "it has no `version`"),
    ] {
        let (kind, message, _) = fault(reply);
        assert_eq!((kind, message), (RegistryErrorKind::Malformed, broken(what)));
    }
    let (kind, message, _) = fault(Reply::Bytes("SSH-2.0-OpenSSH_9.6\r\n".to_string()));
    assert_eq!(kind, RegistryErrorKind::Malformed);
    assert!(message.starts_with(&broken("no HTTP response (")), "{message}");
}

#[test]
fn the_first_words_of_a_page_instead_of_json_are_shown() {
    let page = "<html>\n <head><title>Sign \u{1b}in</title>";
    let (kind, message, _) = fault(reply("200 OK", "Content-Type: text/html; charset=utf-8", page));
    assert_eq!(kind, RegistryErrorKind::NotARegistry);
    let shown = r"`text/html; charset=utf-8`, not JSON: `<html> <head><title>Sign \x1bin</title>`";
    assert_eq!(
        message,
        format!("no schema registry at URL: it answered with {shown}")
    );
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    let other = Scripted::start(vec![latest()]);
    let location = format!(
        "Location: {}/subjects\t<",
        other.url.replace("http://", "http://bob:pw@")
    );
    let server = Scripted::start(vec![reply("302 Found", &location, "")]);
    let error = client(&server.url.replace("http://", "http://alice:secret@"))
        .version("t-value", SchemaVersion::Latest)
        .unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Redirected);
    let shown = format!(
        "{} redirects to {}/subjects\\t< (302)",
        server.url,
        other.url.replace("//", "//***@")
    );
    assert!(error.to_string().starts_with(&shown), "{error}");
    assert_eq!(error.hint(), Some(&Hint::Redirected));
    assert_eq!(server.requests().len(), 1);
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[test]
fn refusals_of_a_schema_have_separate_messages() {
    let mut words = Vec::new();
    for (status, body) in [
        (
            "409 Conflict",
            r#"{"error_code":409,"message":"reader field w has no default"}"#,
        ),
        (
            "422 Unprocessable",
            r#"{"error_code":42201,"message":"Invalid schema"}"#,
        ),
        (
            "422 Unprocessable",
            r#"{"error_code":42205,"message":"Subject t-value is in read-only mode"}"#,
        ),
    ] {
        let server = Scripted::start(vec![json(status, body)]);
        let error = client(&server.url).register("t-value", SCHEMA, &[]).unwrap_err();
        assert_eq!(server.requests().len(), 1, "a refusal is final");
        words.push((error.kind(), error.to_string().replace(&server.url, "URL")));
    }
    let expected = [
        (
            RegistryErrorKind::Incompatible,
            "the registry at URL rejects the schema: it is incompatible with earlier versions of `t-value` \
             (409, 409: `reader field w has no default`)",
        ),
        (
            RegistryErrorKind::Refused,
            "the registry at URL rejects the schema as invalid (422, 42201: `Invalid schema`)",
        ),
        (
            RegistryErrorKind::Refused,
            "the registry at URL does not accept changes to `t-value` now (422, 42205: `Subject t-value is in read-only mode`)",
        ),
    ];
    assert_eq!(words, expected.map(|(kind, text)| (kind, text.to_string())));
}
