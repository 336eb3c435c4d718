//! Requests for subjects and schemas, and the schemas in good responses.

use super::*;
use crate::schema::SchemaErrorKind;

#[test]
fn the_latest_version_is_fetched_with_its_numbers() {
    let (server, answer) = ask(vec![latest()]);
    let schema = answer.unwrap();
    assert_eq!(
        (schema.subject.as_str(), schema.version, schema.id),
        ("t-value", Some(3), Some(SchemaId::new(17)))
    );
    assert_eq!((schema.name(), schema.record_name()), ("com.k2.Trade", "Trade"));
    assert_eq!(schema.text, SCHEMA);
    let requests = server.requests();
    assert!(
        requests[0].starts_with("GET /subjects/t-value/versions/latest HTTP/1.1\r\n"),
        "{requests:?}"
    );
    let accept = "accept: application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json";
    assert!(requests[0].contains(accept), "{requests:?}");
    assert!(!requests[0].to_lowercase().contains("authorization"));
}

#[test]
fn the_base_path_is_kept_and_the_subject_is_one_segment() {
    let server = Scripted::start(vec![latest()]);
    client(&format!("{}/apis/ccompat/v7/", server.url))
        .version("a/b:c d-ü", SchemaVersion::Latest)
        .unwrap();
    let requests = server.requests();
    let line = "GET /apis/ccompat/v7/subjects/a%2Fb%3Ac%20d-%C3%BC/versions/latest HTTP/1.1\r\n";
    assert!(requests[0].starts_with(line), "{requests:?}");
}

#[test]
fn a_subject_that_would_change_the_path_is_not_requested() {
    let server = Scripted::start(vec![]);
    for subject in ["", ".", ".."] {
        let error = client(&server.url)
            .version(subject, SchemaVersion::Latest)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{subject}` cannot be a subject's name")
        );
    }
    assert!(server.requests().is_empty());
}

#[test]
fn other_schema_languages_are_refused_by_name() {
    for kind in ["PROTOBUF", "JSON"] {
        let (got, message, _) = fault(latest_with(&format!(r#","schemaType":"{kind}""#), "syntax"));
        assert_eq!(got, RegistryErrorKind::NotAvro);
        assert_eq!(
            message,
            format!("subject `t-value` is a {kind} schema; k2-produce writes Avro")
        );
    }
    let (_server, answer) = ask(vec![latest_with(
        r#","schemaType":"AVRO","references":[]"#,
        SCHEMA,
    )]);
    answer.unwrap();
    let (_server, answer) = ask(vec![latest_with(
        r#","schemaType":null,"references":null"#,
        SCHEMA,
    )]);
    answer.unwrap();
}

#[test]
fn a_registered_schema_that_cannot_be_used_is_named_with_its_version() {
    let beginning = "subject `t-value` version 3 (id 17) cannot be used";
    for (schema, kind, reason) in [
        (
            "{".repeat(100_000),
            SchemaErrorKind::TooDeep,
            "nested more than 127 levels of JSON deep",
        ),
        (
            "{\"type\":".to_string(),
            SchemaErrorKind::NotJson,
            "not JSON: EOF while parsing",
        ),
        (
            "\"strin\"".to_string(),
            SchemaErrorKind::UndefinedType,
            "not an Avro schema: `strin` is neither",
        ),
    ] {
        let (got, message, _) = fault(latest_with("", &schema));
        assert_eq!(got, RegistryErrorKind::Schema(kind));
        assert!(
            message.starts_with(&format!("{beginning}: {reason}")),
            "{message}"
        );
    }
    // This is the depth of the response itself, not of the schema text in it.
    let (kind, _, _) = fault(json("200 OK", &"[".repeat(100_000)));
    assert_eq!(kind, RegistryErrorKind::Malformed);
}

#[test]
fn subjects_are_listed_and_schemas_registered() {
    let server = Scripted::start(vec![
        json("200 OK", r#"{"id":5}"#),
        json("200 OK", r#"["a","b/c"]"#),
        json("200 OK", "{}"),
    ]);
    let client = client(&server.url);
    assert_eq!(client.register("t-value", SCHEMA, &[]).unwrap(), SchemaId::new(5));
    assert_eq!(client.subjects().unwrap(), ["a", "b/c"]);
    assert!(
        client
            .subjects()
            .unwrap_err()
            .to_string()
            .ends_with("the list of subjects is not a list of names")
    );
    let request = &server.requests()[0];
    assert!(
        request.starts_with("POST /subjects/t-value/versions HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("content-type: application/vnd.schemaregistry.v1+json\r\n"),
        "{request}"
    );
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body, serde_json::json!({ "schema": SCHEMA }));
}

#[test]
fn a_version_is_requested_by_its_number_and_checked() {
    let server = Scripted::start(vec![latest(), latest(), json("200 OK", "[1,2,3]")]);
    let client = client(&server.url);
    let schema = client.version("t-value", SchemaVersion::Number(3)).unwrap();
    assert_eq!(schema.version, Some(3));
    let error = client.version("t-value", SchemaVersion::Number(2)).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("an invalid response: requested version 2, but got version 3")
    );
    assert_eq!(
        client.list_versions("t-value", RetryPolicy::Standard).unwrap(),
        [1, 2, 3]
    );
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /subjects/t-value/versions/3 HTTP/1.1\r\n"));
    assert!(requests[2].starts_with("GET /subjects/t-value/versions HTTP/1.1\r\n"));
}

#[test]
fn a_missing_version_is_reported_with_existing_ones() {
    let missing = || {
        json(
            "404 Not Found",
            r#"{"error_code":40402,"message":"Version not found."}"#,
        )
    };
    let many: Vec<u32> = (1..=12).collect();
    let server = Scripted::start(vec![missing(), json("200 OK", &Value::from(many).to_string())]);
    let error = client(&server.url)
        .version("t-value", SchemaVersion::Number(13))
        .unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::VersionMissing);
    assert_eq!(
        error.to_string(),
        format!(
            "subject `t-value` has no version 13 in the registry at {} (40402)",
            server.url
        )
    );
    assert_eq!(error.hint(), Some(&Hint::VersionMissing((1..=12).collect())));
}

#[test]
fn the_context_of_a_subject_is_part_of_its_segment() {
    let server = Scripted::start(vec![latest()]);
    client(&format!("{}/contexts/.a", server.url))
        .version(":.ctx:market/t-value", SchemaVersion::Latest)
        .unwrap();
    let requests = server.requests();
    let line = "GET /contexts/.a/subjects/%3A.ctx%3Amarket%2Ft-value/versions/latest HTTP/1.1\r\n";
    assert!(requests[0].starts_with(line), "{requests:?}");
}
