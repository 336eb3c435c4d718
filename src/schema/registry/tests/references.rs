//! The references of a schema: order, contexts, circles and limits.

use super::*;

/// The response for a version of a subject with these references: `(name, subject, version)`.
fn version_of(subject: &str, version: u32, text: &str, references: &[(&str, &str, i64)]) -> Reply {
    let references: Vec<Value> = references
        .iter()
        .map(|(name, subject, version)| {
            serde_json::json!({ "name": name, "subject": subject, "version": version })
        })
        .collect();
    let body = serde_json::json!({ "subject": subject, "version": version, "id": version, "schema": text,
                                   "references": references });
    json("200 OK", &body.to_string())
}

/// Resolves these references of `subject`; returns the texts or the error, and the requested paths.
fn resolve(
    subject: &str,
    references: &[&str],
    script: Vec<Reply>,
) -> (Result<Vec<String>, RegistryError>, Vec<String>) {
    let server = Scripted::start(script);
    let references: Vec<SchemaReference> = references.iter().map(|text| text.parse().unwrap()).collect();
    let answer = client(&server.url).resolve("the schema", subject, &references);
    let paths = server
        .requests()
        .iter()
        .map(|request| request.split(' ').nth(1).unwrap().to_string())
        .collect();
    (answer, paths)
}

#[test]
fn each_text_occurs_once_and_after_its_references() {
    let (answer, paths) = resolve(
        "t-value",
        &["A=a:1", "B=b:2"],
        vec![
            version_of("a", 1, "A", &[("C", "c", 1), ("D", "d", -1)]),
            version_of("c", 1, "C", &[]),
            version_of("d", 7, "D", &[("C", "c", 1)]),
            version_of("c", 1, "C", &[]),
            version_of("b", 2, "B", &[("D", "d", 7)]),
            version_of("d", 7, "D", &[("C", "c", 1)]),
        ],
    );
    assert_eq!(answer.unwrap(), ["C", "D", "A", "B"]);
    assert_eq!(paths[2], "/subjects/d/versions/latest");
    assert_eq!(paths[5], "/subjects/d/versions/7");
}

#[test]
fn a_circle_is_named() {
    let (answer, _) = resolve(
        "t-value",
        &["A=a:1"],
        vec![
            version_of("a", 1, "A", &[("B", "b", 2)]),
            version_of("b", 2, "B", &[("A", "a", 1)]),
            version_of("a", 1, "A", &[("B", "b", 2)]),
        ],
    );
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::References);
    assert_eq!(
        error.to_string(),
        "circular references: `a` version 1 -> `b` version 2 -> `a` version 1"
    );
}

#[test]
fn a_name_that_means_two_schemas_is_an_error() {
    let (answer, _) = resolve(
        "t-value",
        &["A=a:1", "B=b:1"],
        vec![
            version_of("a", 1, "A", &[("P", "p", 1)]),
            version_of("p", 1, "P1", &[]),
            version_of("b", 1, "B", &[("P", "p", 2)]),
            version_of("p", 2, "P2", &[]),
        ],
    );
    assert_eq!(
        answer.unwrap_err().to_string(),
        "subject `b` version 1 (id 1) refers to `P` as subject `p` version 2, but another schema on the way refers to it as \
         subject `p` version 1"
    );
}

#[test]
fn a_missing_reference_is_reported_with_the_path_to_it() {
    let (answer, _) = resolve(
        "t-value",
        &["A=a:1"],
        vec![
            version_of("a", 1, "A", &[("B", "b", 2)]),
            json("404 Not Found", r#"{"error_code":40401,"message":"no"}"#),
        ],
    );
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::SubjectMissing);
    let start = "subject `a` version 1 (id 1) refers to `B` (subject `b` version 2): subject `b` is not in the registry";
    assert!(error.to_string().starts_with(start), "{error}");
}

#[test]
fn depth_number_and_size_are_bounded() {
    // Each refers to the next one, endlessly.
    let chain = (1..100).map(|level| {
        let next = format!("s{}", level + 1);
        version_of(&format!("s{level}"), 1, "S", &[(&next, &next, 1)])
    });
    let (answer, paths) = resolve("t-value", &["s1=s1:1"], chain.collect());
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), RegistryErrorKind::References);
    assert!(
        error
            .to_string()
            .ends_with("at most 64 schemas, 16 levels deep, 4 MiB in all"),
        "{error}"
    );
    assert_eq!(paths.len(), 17);

    let many: Vec<String> = (0..65).map(|number| format!("s{number}=s{number}:1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let leaves = (0..65).map(|number| version_of(&format!("s{number}"), 1, "S", &[]));
    let (answer, paths) = resolve("t-value", &many, leaves.collect());
    assert_eq!(answer.unwrap_err().kind(), RegistryErrorKind::References);
    assert_eq!(paths.len(), 64);

    let large = "x".repeat(3 << 20);
    let (answer, _) = resolve(
        "t-value",
        &["A=a:1", "B=b:1"],
        vec![version_of("a", 1, &large, &[]), version_of("b", 1, &large, &[])],
    );
    assert_eq!(answer.unwrap_err().kind(), RegistryErrorKind::References);
}

#[test]
fn a_reference_is_looked_up_in_the_context_of_its_schema() {
    let (answer, paths) = resolve(
        ":.ctx:t-value",
        &["A=a:1"],
        vec![
            version_of(":.ctx:a", 1, "A", &[("B", ":.other:b", 1)]),
            version_of(":.other:b", 1, "B", &[]),
        ],
    );
    assert_eq!(answer.unwrap(), ["B", "A"]);
    assert_eq!(
        paths,
        [
            "/subjects/%3A.ctx%3Aa/versions/1",
            "/subjects/%3A.other%3Ab/versions/1"
        ]
    );
    // A registry without contexts has the subject under the unchanged name.
    let (answer, paths) = resolve(
        ":.ctx:t-value",
        &["A=a:1"],
        vec![
            json("404 Not Found", r#"{"error_code":40401,"message":"no"}"#),
            json("200 OK", "[]"),
            version_of("a", 1, "A", &[]),
        ],
    );
    assert_eq!(answer.unwrap(), ["A"]);
    assert_eq!(paths.last().unwrap(), "/subjects/a/versions/1");
}

#[test]
fn incomplete_references_are_a_broken_response() {
    for references in [
        r#"[{"name":"A","version":1}]"#,
        r#"[{"name":"A","subject":"a","version":0}]"#,
        "{}",
    ] {
        let (kind, message, _) = fault(latest_with(&format!(r#","references":{references}"#), SCHEMA));
        assert_eq!(kind, RegistryErrorKind::Malformed);
        assert!(
            message.ends_with("its `references` lack a name, a subject or a version"),
            "{message}"
        );
    }
}
