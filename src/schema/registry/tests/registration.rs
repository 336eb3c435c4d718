//! Sending a schema: whether it is registered, and whether it is compatible with earlier ones.

use super::*;
use crate::schema::AvroSchema;

fn server_and_client(reply: Reply) -> (Scripted, RegistryClient) {
    let server = Scripted::start(vec![reply]);
    let client = client(&server.url);
    (server, client)
}

#[test]
fn a_schema_is_looked_up_with_its_references() {
    let (server, client) = server_and_client(json(
        "200 OK",
        r#"{"subject":"t-value","version":2,"id":9,"schema":"{}"}"#,
    ));
    let reference: SchemaReference = "com.k2.Price=price:4".parse().unwrap();
    let found = client.lookup("t-value", SCHEMA, &[reference]).unwrap();
    let expected = Registration {
        version: 2,
        id: SchemaId::new(9),
    };
    assert_eq!(found, Some(expected));
    let request = &server.requests()[0];
    assert!(
        request.starts_with("POST /subjects/t-value HTTP/1.1\r\n"),
        "{request}"
    );
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let references = serde_json::json!([{ "name": "com.k2.Price", "subject": "price", "version": 4 }]);
    assert_eq!(
        body,
        serde_json::json!({ "schema": SCHEMA, "references": references })
    );
}

#[test]
fn a_missing_schema_or_subject_is_not_an_error_of_a_lookup() {
    for code in [40401, 40403, 40404, 40406] {
        let body = format!(r#"{{"error_code":{code},"message":"no"}}"#);
        let (_server, client) = server_and_client(json("404 Not Found", &body));
        assert_eq!(client.lookup("t-value", SCHEMA, &[]), Ok(None));
    }
    let (_server, client) = server_and_client(json("404 Not Found", "{}"));
    let error = client.lookup("t-value", SCHEMA, &[]).unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::NotARegistry);
}

#[test]
fn verdicts_have_the_registrys_reasons() {
    for (status, body, verdict, messages) in [
        ("200 OK", r#"{"is_compatible":true}"#, Verdict::Compatible, vec![]),
        (
            "200 OK",
            r#"{"is_compatible":true,"reason":null,"messages":[]}"#,
            Verdict::Compatible,
            vec![],
        ),
        (
            "200 OK",
            r#"{"is_compatible":false,"messages":["reader field 'w' has no default","\u001b[31m"]}"#,
            Verdict::Incompatible,
            vec!["reader field 'w' has no default", r"\x1b[31m"],
        ),
        (
            "200 OK",
            r#"{"is_compatible":false,"reason":"w at /fields/1"}"#,
            Verdict::Incompatible,
            vec!["w at /fields/1"],
        ),
        (
            "200 OK",
            r#"{"is_compatible":false}"#,
            Verdict::Incompatible,
            vec![],
        ),
        (
            "404 Not Found",
            r#"{"error_code":40401,"message":"no"}"#,
            Verdict::FirstVersion,
            vec![],
        ),
        (
            "404 Not Found",
            r#"{"error_code":40402,"message":"no"}"#,
            Verdict::FirstVersion,
            vec![],
        ),
        (
            "422 Unprocessable",
            r#"{"error_code":42201,"message":"cannot"}"#,
            Verdict::Unknown,
            vec!["422, 42201: `cannot`"],
        ),
        ("404 Not Found", "", Verdict::Unknown, vec!["404"]),
    ] {
        let server = Scripted::start(vec![json(status, body), json("200 OK", "[1]")]);
        let client = client(&server.url);
        let found = client.compatible("t/v", SCHEMA, &[]).unwrap();
        assert_eq!(
            (found.verdict, found.messages),
            (verdict, messages.into_iter().map(str::to_string).collect())
        );
        let line = "POST /compatibility/subjects/t%2Fv/versions/latest?verbose=true HTTP/1.1\r\n";
        assert!(server.requests()[0].starts_with(line));
    }
    let (_server, client) = server_and_client(json("200 OK", "{}"));
    let error = client.compatible("t", SCHEMA, &[]).unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::Malformed);
}

#[test]
fn a_subject_without_versions_has_nothing_to_compare_with() {
    for versions in [
        json("404 Not Found", r#"{"error_code":40401,"message":"no"}"#),
        json("200 OK", "[]"),
    ] {
        let yes = json("200 OK", r#"{"is_compatible":true}"#);
        let server = Scripted::start(vec![yes, versions]);
        let found = client(&server.url).compatible("t-value", SCHEMA, &[]).unwrap();
        assert_eq!(found.verdict, Verdict::FirstVersion);
    }
}

#[test]
fn a_reason_that_a_registry_does_not_give_is_found_in_the_schemas() {
    let with = |field: &str| SCHEMA.replace(r#""fields":["#, &format!(r#""fields":[{field},"#));
    let avro = |text: &str| AvroSchema::parse(text, &[]).unwrap();
    let reasons = |candidate: &str, level: &str, script: Vec<Reply>| {
        let server = Scripted::start(script);
        client(&server.url)
            .reasons_against("t-value", &avro(candidate), level)
            .unwrap()
    };
    let price = with(r#"{"name":"price","type":"long"}"#);
    let missing = "price: the reader expects it, but the writer does not have it and it has no default";
    for (candidate, level, expected) in [
        (
            &price[..],
            "BACKWARD",
            vec![format!("it cannot read data written with version 3: {missing}")],
        ),
        (&price, "FORWARD", vec![]),
        (
            &price,
            "FULL",
            vec![format!("it cannot read data written with version 3: {missing}")],
        ),
        (&price, "NONE", vec![]),
        (
            r#"{"type":"record","name":"Trade","fields":[]}"#,
            "FORWARD",
            vec![
                "version 3 cannot read data written with it: symbol: the reader expects it, but the writer does not have it \
                 and it has no default"
                    .to_owned(),
            ],
        ),
    ] {
        assert_eq!(reasons(candidate, level, vec![latest()]), expected, "{level}");
    }
    // With a transitive rule the cause may be an older version.
    let first = json(
        "200 OK",
        &format!(
            r#"{{"subject":"t-value","version":1,"id":1,"schema":{}}}"#,
            Value::from(SCHEMA)
        ),
    );
    let third = latest_with("", &price);
    let script = vec![json("200 OK", "[1,3]"), third, first];
    assert_eq!(
        reasons(&price, "BACKWARD_TRANSITIVE", script),
        [format!("it cannot read data written with version 1: {missing}")]
    );
}

#[test]
fn a_subject_has_its_own_rule_or_the_registrys() {
    let server = Scripted::start(vec![json("200 OK", r#"{"compatibilityLevel":"FULL"}"#)]);
    assert_eq!(
        client(&server.url).compatibility_level("t-value").as_deref(),
        Some("FULL")
    );
    assert!(server.requests()[0].starts_with("GET /config/t-value?defaultToGlobal=true "));
    let server = Scripted::start(vec![
        json("404 Not Found", r#"{"error_code":40408,"message":"no"}"#),
        json("200 OK", r#"{"compatibility":"BACKWARD"}"#),
    ]);
    assert_eq!(
        client(&server.url).compatibility_level("t-value").as_deref(),
        Some("BACKWARD")
    );
}
