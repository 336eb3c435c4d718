use super::*;

/// A type, its name in a union, and values of it in JSON.
type Branch = (&'static str, &'static str, &'static [&'static str]);

const BRANCHES: [Branch; 24] = [
    ("\"boolean\"", "boolean", &["true"]),
    ("\"int\"", "int", &["7"]),
    (
        r#"{"type":"int","logicalType":"date"}"#,
        "int",
        &["\"2014-03-10\""],
    ),
    (
        r#"{"type":"int","logicalType":"time-millis"}"#,
        "int",
        &["\"10:00:05.516\""],
    ),
    ("\"long\"", "long", &["7", "9007199254740993"]),
    (
        r#"{"type":"long","logicalType":"timestamp-micros"}"#,
        "long",
        &["\"2014-03-10T10:00:05.516001Z\""],
    ),
    (
        r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#,
        "long",
        &["\"2014-03-10T10:00:05.516000001\""],
    ),
    (
        "\"float\"",
        "float",
        &["7", "0.1", "\"NaN\"", "\"-Infinity\"", "-0.0"],
    ),
    (
        "\"double\"",
        "double",
        &["7", "0.1", "1e300", "5e-324", "\"NaN\"", "\"Infinity\"", "-0.0"],
    ),
    (
        "\"string\"",
        "string",
        &[
            "\"7\"",
            "\"true\"",
            "\"2014-03-10\"",
            "\"BUY\"",
            "\"AP8=\"",
            "\"é\\u001b\"",
            "\"\"",
        ],
    ),
    (
        r#"{"type":"string","logicalType":"uuid"}"#,
        "string",
        &["\"123e4567-e89b-12d3-a456-426614174000\""],
    ),
    ("\"bytes\"", "bytes", &["\"AP8=\"", "\"\""]),
    (
        r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
        "bytes",
        &["12.30", "-0.01", "0", "7"],
    ),
    (
        r#"{"type":"bytes","logicalType":"big-decimal"}"#,
        "bytes",
        &["40.20", "5e3", "7"],
    ),
    (r#"{"type":"fixed","name":"F","size":2}"#, "F", &["\"AP8=\""]),
    (
        r#"{"type":"fixed","name":"FD","size":4,"logicalType":"decimal","precision":9,"scale":2}"#,
        "FD",
        &["12.30"],
    ),
    (
        r#"{"type":"fixed","name":"FU","size":16,"logicalType":"uuid"}"#,
        "FU",
        &["\"123e4567-e89b-12d3-a456-426614174000\""],
    ),
    (
        r#"{"type":"fixed","name":"D","size":12,"logicalType":"duration"}"#,
        "D",
        &["[1,2,3004]", "[0,0,0]"],
    ),
    (
        r#"{"type":"enum","name":"E","symbols":["BUY","SELL"]}"#,
        "E",
        &["\"BUY\""],
    ),
    (r#"{"type":"array","items":"int"}"#, "array", &["[]", "[1,2,3]"]),
    (
        r#"{"type":"map","values":"string"}"#,
        "map",
        &[
            "{}",
            r#"{"a":"b"}"#,
            r#"{"string":"b"}"#,
            r#"{"map":"b"}"#,
            r#"{"One":"b"}"#,
        ],
    ),
    (
        r#"{"type":"map","values":"long"}"#,
        "map",
        &[r#"{"a":1}"#, r#"{"int":1}"#],
    ),
    (
        r#"{"type":"record","name":"One","namespace":"k2","fields":[{"name":"a","type":"int"}]}"#,
        "k2.One",
        &[r#"{"a":7}"#],
    ),
    (
        r#"{"type":"record","name":"Two","namespace":"k2","fields":[{"name":"map","type":"int"}]}"#,
        "k2.Two",
        &[r#"{"map":7}"#],
    ),
];

/// The datum of a value of this type alone.
fn datum(schema: &str, json: &str) -> Vec<u8> {
    let schema = RegisteredSchema::from_text("t-value", schema).unwrap();
    let mut out = Vec::new();
    encoder(&schema)
        .unwrap()
        .encode_line(json.as_bytes(), &mut out)
        .unwrap();
    out
}

/// How many values of the branches there are, and those that a union of them does not read in any form.
fn unread(branches: &[&Branch]) -> (usize, Vec<String>) {
    let types: Vec<&str> = branches.iter().map(|(schema, ..)| *schema).collect();
    let union = format!("[\"null\",{}]", types.join(","));
    let schema = format!(r#"{{"type":"record","name":"R","fields":[{{"name":"u","type":{union}}}]}}"#);
    let registered = RegisteredSchema::from_text("t-value", &schema).unwrap();
    let schema = DatumSchema::parse(&schema, &[]).unwrap();
    let mut again = encoder(&registered).unwrap();
    let mut values = LoadableValues::default();
    let (mut count, mut unread) = (0, Vec::new());
    for (index, (of_branch, _, texts)) in branches.iter().enumerate() {
        for text in *texts {
            count += 1;
            let sent = [vec![(index as u8 + 1) << 1], datum(of_branch, text)].concat();
            let usual = schema.json(&sent, Form::Loadable(Wrappers::WhereNeeded)).unwrap();
            match values.json(SchemaId::new(1), (&registered, &schema), &sent, &usual) {
                Ok(json) => {
                    let mut read = Vec::new();
                    again.encode_line(json.to_string().as_bytes(), &mut read).unwrap();
                    assert_eq!(read, sent, "{union}: {json}");
                }
                Err(reason) => unread.push(format!("{union}: {usual}: {reason}")),
            }
        }
    }
    (count, unread)
}

#[test]
fn shown_values_of_unions_are_read_as_the_same_bytes() {
    let (mut count, mut rejected) = (0, Vec::new());
    let has_distinct_names = |branches: &[&Branch]| {
        let names: Vec<&str> = branches.iter().map(|(_, name, _)| *name).collect();
        (1..names.len()).all(|index| !names[..index].contains(&names[index]))
    };
    let mut add = |branches: &[&Branch]| {
        if has_distinct_names(branches) {
            let (values, unread) = unread(branches);
            count += values;
            rejected.extend(unread);
        }
    };
    for (first, a) in BRANCHES.iter().enumerate() {
        add(&[a]);
        for (second, b) in BRANCHES[first..].iter().enumerate() {
            add(&[a, b]);
            add(&[b, a]);
            BRANCHES[first + second..].iter().for_each(|c| add(&[a, b, c]));
        }
    }
    assert!(count > 5_000, "{count}");
    // Only a union with a map or several records can be ambiguous in every form.
    let is_explained = |reason: &String| reason.contains("\"map\"");
    assert!(rejected.iter().all(is_explained), "{}", rejected.join("\n"));
    assert!(
        rejected.len() * 100 < count,
        "{} of {count}:\n{}",
        rejected.len(),
        rejected.join("\n")
    );
}
