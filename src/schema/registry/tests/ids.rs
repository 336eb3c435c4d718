//! Fetching a schema by its id, and finding its subject.

use super::*;

fn schema() -> Reply {
    json("200 OK", &serde_json::json!({ "schema": SCHEMA }).to_string())
}

fn by_id(script: Vec<Reply>, subject: Option<&str>) -> (Scripted, Result<RegisteredSchema, RegistryError>) {
    let server = Scripted::start(script);
    let answer = client(&server.url).by_id(SchemaId::new(17), subject, "t-value");
    (server, answer)
}

#[test]
fn a_schema_is_fetched_by_id_with_its_subject_and_version() {
    let owners = r#"[{"subject":"a-value","version":1},{"subject":"t-value","version":4}]"#;
    let (server, answer) = by_id(vec![schema(), json("200 OK", owners)], None);
    let found = answer.unwrap();
    assert_eq!(
        (found.subject.as_str(), found.version, found.id),
        ("t-value", Some(4), Some(SchemaId::new(17)))
    );
    assert_eq!(found.text, SCHEMA);
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /schemas/ids/17 HTTP/1.1\r\n"));
    assert!(requests[1].starts_with("GET /schemas/ids/17/versions HTTP/1.1\r\n"));

    // It is the first of its subjects if the subject of the run is not among them.
    let (_, answer) = by_id(
        vec![schema(), json("200 OK", r#"[{"subject":"a","version":2}]"#)],
        None,
    );
    let found = answer.unwrap();
    assert_eq!((found.subject.as_str(), found.version), ("a", Some(2)));
}

#[test]
fn an_id_must_belong_to_the_given_subject() {
    let owners = || json("200 OK", r#"[{"subject":"a-value","version":1}]"#);
    let (server, answer) = by_id(vec![schema(), owners()], Some("a-value"));
    assert_eq!(answer.unwrap().version, Some(1));
    // An id is unique only within a context, so the request includes the subject.
    assert!(server.requests()[0].starts_with("GET /schemas/ids/17?subject=a-value HTTP/1.1\r\n"));

    let (server, answer) = by_id(vec![schema(), owners()], Some("t-value"));
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::SchemaElsewhere);
    assert_eq!(
        error.to_string(),
        format!(
            "schema id 17 is not one of subject `t-value` in the registry at {}",
            server.url
        )
    );
    let subject = "a-value".to_owned();
    assert_eq!(error.hint(), Some(&Hint::IdOfSubject { subject, version: 1 }));
}

#[test]
fn if_the_subjects_of_an_id_are_not_reported_the_subject_is_asked_for_the_schema() {
    let unknown = || {
        json(
            "404 Not Found",
            r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#,
        )
    };
    let here = || {
        json(
            "200 OK",
            r#"{"subject":"t-value","version":3,"id":17,"schema":"{}"}"#,
        )
    };
    let (server, answer) = by_id(vec![schema(), unknown(), here()], Some("t-value"));
    assert_eq!(answer.unwrap().version, Some(3));
    assert!(server.requests()[2].starts_with("POST /subjects/t-value HTTP/1.1\r\n"));

    let elsewhere = json("404 Not Found", r#"{"error_code":40403,"message":"no"}"#);
    let (_, answer) = by_id(vec![schema(), unknown(), elsewhere], Some("t-value"));
    assert_eq!(answer.unwrap_err().kind(), RegistryErrorKind::SchemaElsewhere);

    let (_, answer) = by_id(vec![schema(), unknown()], None);
    let found = answer.unwrap();
    assert_eq!((found.subject.as_str(), found.version), ("", None));
}

#[test]
fn a_missing_id_or_one_that_is_not_avro_is_reported() {
    let (server, answer) = by_id(
        vec![json(
            "404 Not Found",
            r#"{"error_code":40403,"message":"Schema 17 not found"}"#,
        )],
        None,
    );
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::SchemaMissing);
    assert_eq!(
        error.to_string(),
        format!(
            "no schema has the id 17 in the registry at {} (40403)",
            server.url
        )
    );
    let (_, answer) = by_id(
        vec![json("200 OK", r#"{"schemaType":"PROTOBUF","schema":"syntax"}"#)],
        None,
    );
    let error = answer.unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema id 17 is a PROTOBUF schema; k2-produce writes Avro"
    );
}
