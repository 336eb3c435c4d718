//! Tests of the registry as a client sees it: requests over HTTP, answers and error codes.

use std::time::Duration;

use super::*;

const TEXT: &str = r#"{"type":"record","name":"T","fields":[{"name":"a","type":"int"}]}"#;

fn started() -> Registry {
    let registry = Registry::start(Weak::new()).unwrap();
    registry.subjects().register("t-value", TEXT).unwrap();
    registry
}

fn client() -> reqwest::blocking::Client {
    reqwest::blocking::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

fn get(registry: &Registry, path: &str) -> (u16, Value) {
    let response = client().get(format!("{}{path}", registry.url())).send().unwrap();
    assert_eq!(response.headers()["content-type"].as_bytes(), CONTENT_TYPE);
    (
        response.status().as_u16(),
        serde_json::from_str(&response.text().unwrap()).unwrap(),
    )
}

fn post(registry: &Registry, path: &str, body: String) -> (u16, Value) {
    let response = client()
        .post(format!("{}{path}", registry.url()))
        .body(body)
        .send()
        .unwrap();
    (
        response.status().as_u16(),
        serde_json::from_str(&response.text().unwrap()).unwrap(),
    )
}

#[test]
fn a_registered_schema_is_found_on_every_path() {
    let registry = started();
    let version = json!({ "subject": "t-value", "version": 1, "id": 1, "schema": TEXT });
    for (path, expected) in [
        ("/", json!({})),
        ("/config", json!({ "compatibilityLevel": "NONE" })),
        ("/subjects", json!(["t-value"])),
        ("/subjects/t-value/versions", json!([1])),
        ("/subjects/t-value/versions/latest", version.clone()),
        ("/subjects/t-value/versions/1", version.clone()),
        ("/subjects/%74%2Dvalue/versions/1?normalize=false", version),
        ("/schemas/ids/1", json!({ "schema": TEXT })),
        (
            "/schemas/ids/1/versions",
            json!([{ "subject": "t-value", "version": 1 }]),
        ),
        (
            "/config/t-value?defaultToGlobal=true",
            json!({ "compatibilityLevel": "NONE" }),
        ),
    ] {
        assert_eq!(get(&registry, path), (200, expected), "{path}");
    }
}

#[test]
fn errors_have_the_codes_of_the_confluent_registry() {
    let registry = started();
    for (path, status, code) in [
        ("/subjects/u-value/versions", 404, 40401),
        ("/subjects/u-value/versions/latest", 404, 40401),
        ("/subjects/t-value/versions/2", 404, 40402),
        ("/subjects/t-value/versions/0", 422, 42202),
        ("/subjects/t-value/versions/one", 422, 42202),
        ("/schemas/ids/2", 404, 40403),
        ("/schemas/ids/x", 404, 40403),
        ("/schemas/ids/2/versions", 404, 40403),
        ("/nowhere", 404, 404),
    ] {
        let (got, body) = get(&registry, path);
        assert_eq!(
            (got, &body["error_code"]),
            (status, &json!(code)),
            "{path}: {body}"
        );
    }
}

#[test]
fn registering_returns_the_id_and_adds_a_version() {
    let registry = started();
    let path = "/subjects/a%2Fb/versions";
    let body = |schema: &str| json!({ "schema": schema }).to_string();
    assert_eq!(post(&registry, path, body(TEXT)), (200, json!({ "id": 1 })));
    assert_eq!(
        post(&registry, path, body(r#""long""#)),
        (200, json!({ "id": 2 }))
    );
    assert_eq!(get(&registry, path), (200, json!([1, 2])));
    assert_eq!(registry.subjects().names(), ["a/b", "t-value"]);

    for (body, status, code) in [
        (body(r#"{"type":"nothing"}"#), 422, 42201),
        (
            json!({ "schema": "\"long\"", "schemaType": "PROTOBUF" }).to_string(),
            422,
            42201,
        ),
        (
            json!({ "schema": "\"long\"", "references": [{}] }).to_string(),
            422,
            42201,
        ),
        (json!({}).to_string(), 422, 42201),
        ("no json".to_owned(), 400, 400),
        (" ".repeat(MAX_BODY_BYTES as usize + 1), 413, 413),
    ] {
        let (got, answer) = post(&registry, path, body);
        assert_eq!((got, &answer["error_code"]), (status, &json!(code)), "{answer}");
    }
}

#[test]
fn a_schema_is_looked_up_and_compared() {
    let registry = started();
    let body = |schema: &str| json!({ "schema": schema }).to_string();
    let spaced = TEXT.replace(',', ", ");
    assert_eq!(
        post(&registry, "/subjects/t-value", body(&spaced)),
        (
            200,
            json!({ "subject": "t-value", "version": 1, "id": 1, "schema": spaced })
        )
    );
    let compatible = json!({ "is_compatible": true, "messages": [] });
    let path = "/compatibility/subjects/t-value/versions/latest?verbose=true";
    assert_eq!(post(&registry, path, body(r#""long""#)), (200, compatible));
    for (path, schema, status, code) in [
        ("/subjects/t-value", "\"long\"", 404, 40403),
        ("/subjects/u-value", TEXT, 404, 40401),
        (
            "/compatibility/subjects/u-value/versions/latest",
            TEXT,
            404,
            40401,
        ),
    ] {
        let (got, answer) = post(&registry, path, body(schema));
        assert_eq!(
            (got, &answer["error_code"]),
            (status, &json!(code)),
            "{path}: {answer}"
        );
    }
    assert_eq!(post(&registry, "/subjects/t-value", "{}".to_owned()).0, 422);
}

#[test]
fn other_methods_are_rejected() {
    let registry = started();
    let response = client()
        .delete(format!("{}/subjects/t-value", registry.url()))
        .send()
        .unwrap();
    assert_eq!(response.status().as_u16(), 405);
}

#[test]
fn a_dropped_registry_no_longer_listens() {
    let registry = started();
    let address = registry.address;
    drop(registry);
    let gone = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(20));
        std::net::TcpStream::connect(address).is_err()
    });
    assert!(gone);
}

#[test]
fn percent_escapes_are_decoded_and_others_left() {
    for (segment, expected) in [
        ("a%2Fb", "a/b"),
        ("%c3%a4", "ä"),
        ("100%", "100%"),
        ("%+1", "%+1"),
        ("", ""),
    ] {
        assert_eq!(percent_decoded(segment), expected);
    }
}
