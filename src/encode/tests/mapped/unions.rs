//! The branch that a mapping names for the values of a union.

use super::*;

#[test]
fn a_rule_names_the_branch_of_a_union() {
    let schema =
        r#"{"type": "record", "name": "T", "fields": [{"name": "id", "type": ["null", "long", "string"]}]}"#;
    let schema = RegisteredSchema::from_text("t-value", schema).unwrap();
    let bound = |map: &str| {
        let map = MapFile::parse("m.toml", map).unwrap_or_else(|error| panic!("{error}"));
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        let binding = mapping.bind_columns(&["id".to_owned()], &schema);
        binding.map(|binding| {
            let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
            Encoder::new(Arc::new(plan))
        })
    };
    let mut own = bound("[fields]\nid = \"id\"\n").unwrap();
    let mut named = bound("[fields]\nid = \"id\"\n[rules.id]\nunion-branch = \"string\"\n").unwrap();
    // Avro 1.12, "Complex Types": the index of the branch, then the value.
    assert_eq!(encode(&mut own, "7"), [2, 14]);
    assert_eq!(encode(&mut named, "7"), [4, 2, b'7']);
    assert_eq!(encode(&mut named, ""), [0]);
    for (branch, message) in [
        ("double", "m.toml:2:16: the union of `id` has no branch `double`"),
        ("null.x", "m.toml:2:16: the union of `id` has no branch `null.x`"),
        ("null", "m.toml:2:16: `id` cannot be null in every row"),
    ] {
        let error = bound(&format!("[rules.id]\nunion-branch = \"{branch}\"\n"))
            .err()
            .unwrap();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[test]
fn the_named_branch_of_a_union_takes_all_values_whatever_its_type() {
    let schema = r#"{"type": "record", "name": "T", "fields": [{"name": "id", "type": ["null", "long", "string",
        {"type": "array", "items": ["long", "string"]}, {"type": "map", "values": "long"},
        {"type": "record", "name": "A", "fields": [{"name": "x", "type": "int"}]},
        {"type": "record", "name": "B", "fields": [{"name": "x", "type": "long"}]}]}]}"#;
    let schema = RegisteredSchema::from_text("t-value", schema).unwrap();
    let encoded = |branch: &str, row: &str| {
        let map = format!("[fields]\nid = \"id\"\n[rules.id]\nunion-branch = \"{branch}\"\n");
        let map = MapFile::parse("m.toml", &map).unwrap_or_else(|error| panic!("{error}"));
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        let binding = match row.starts_with("{\"id\"") {
            true => mapping.bind_keys(&schema),
            false => mapping.bind_columns(&["id".to_owned()], &schema),
        };
        let plan = MessagePlan::compile(&binding.unwrap(), &PlanSettings::new(KeyChoice::None)).unwrap();
        let mut out = Vec::new();
        let encoded = Encoder::new(Arc::new(plan)).encode_line(row.as_bytes(), &mut out);
        encoded.map(|_| out).map_err(|error| error.kind)
    };
    // Avro 1.12, "Complex Types": the index of the branch, then the value; arrays and maps in blocks, which 0 ends.
    for (branch, row, bytes) in [
        ("string", "\"\"", &[4, 0][..]),
        ("long", "\"\"", &[0]),
        ("map", "\"\"", &[0]),
        ("string", r#"{"id": ""}"#, &[4, 0]),
        ("map", r#"{"id": {"x": 1}}"#, &[8, 2, 2, b'x', 2, 0]),
        ("A", r#"{"id": {"x": 1}}"#, &[10, 2]),
        ("B", r#"{"id": {"x": 1}}"#, &[12, 2]),
        ("B", r#""{""x"": 1}""#, &[12, 2]),
        ("map", r#""{""x"": 1}""#, &[8, 2, 2, b'x', 2, 0]),
        ("array", "[1]", &[6, 2, 0, 2, 0]),
        // The rule is for the union of the field, not for one within it.
        ("array", r#"{"id": [1, "2"]}"#, &[6, 4, 0, 2, 2, 2, b'2', 0]),
        ("string", "[1]", &[4, 6, b'[', b'1', b']']),
        ("array", r#"{"id": {"string": "a"}}"#, &[4, 2, b'a']),
        ("array", r#"{"id": null}"#, &[0]),
    ] {
        assert_eq!(encoded(branch, row).as_deref(), Ok(bytes), "{branch} {row}");
    }
    for (branch, row, kind) in [
        ("map", "7", RowErrorKind::WrongType),
        ("map", "abc", RowErrorKind::Json),
        ("long", r#"{"id": ""}"#, RowErrorKind::NotANumber),
        ("A", r#"{"id": [1]}"#, RowErrorKind::WrongType),
        ("string", r#"{"id": {"y": 1}}"#, RowErrorKind::WrongType),
    ] {
        assert_eq!(encoded(branch, row), Err(kind), "{branch} {row}");
    }
}
