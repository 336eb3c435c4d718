//! Fields that a mapping computes: a mapped row has the bytes of a row with the computed texts in its cells.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::mapping::MapFile;
use crate::schema::RegisteredSchema;

const SCHEMA: &str = r#"{"type": "record", "name": "T", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}},
    {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL"]}},
    {"name": "venue", "type": ["null", "string"], "default": null},
    {"name": "quantity", "type": "long", "default": 0},
    {"name": "data", "type": {"type": "map", "values": "string"}, "default": {}},
    {"name": "flags", "type": {"type": "array", "items": "int"}, "default": []}]}"#;

const GOOD: &str = r#"
[fields]
symbol = "Sym"
time = 'datetime("%d/%m/%Y %H:%M:%S%.f", Date, Time)'
price = "Price"
side = 'translate(Side, {"B": "BUY", "S": "SELL"})'

[rules]
tz = "Australia/Sydney"
"#;

fn schema() -> RegisteredSchema {
    RegisteredSchema::from_text("t-value", SCHEMA).unwrap()
}

fn mapping(map: &str) -> Mapping {
    let map = MapFile::parse("m.toml", map).unwrap_or_else(|error| panic!("{error}"));
    Mapping::by_name(Rules::default())
        .with_map(Arc::new(map))
        .for_input(Some(Path::new("in/2014-03-10_7078.csv")))
}

fn encoder(mapping: &Mapping, header: Option<&str>) -> Encoder {
    let schema = schema();
    let names: Vec<String> = header.unwrap_or_default().split(',').map(str::to_owned).collect();
    let binding = match header {
        Some(_) => mapping.bind_columns(&names, &schema),
        None => mapping.bind_keys(&schema),
    };
    let binding = binding.unwrap_or_else(|error| panic!("{error}"));
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    Encoder::new(Arc::new(plan))
}

fn encode(encoder: &mut Encoder, row: &str) -> Vec<u8> {
    let mut out = Vec::new();
    match encoder.encode_line(row.as_bytes(), &mut out) {
        Ok(_) => out,
        Err(error) => panic!("{row}: {error}"),
    }
}

/// The bytes of a JSON row that has the values themselves.
fn expected(row: &str) -> Vec<u8> {
    encode(&mut encoder(&Mapping::default(), None), row)
}

/// What the expression makes of a row with the column `x`, as the text of the field `symbol`.
fn computed(expression: &str, cell: &str) -> Result<String, String> {
    let mut map = MapFile::parse("m.toml", GOOD).unwrap();
    map.set(&format!("symbol={expression}"))
        .map_err(|error| error.to_string())?;
    let mapping = Mapping::by_name(Rules::default())
        .with_map(Arc::new(map))
        .for_input(Some(Path::new("in/2014-03-10_7078.csv")));
    let schema = schema();
    let header = ["x", "Date", "Time", "Price", "Side"].map(str::to_owned);
    let binding = mapping
        .bind_columns(&header, &schema)
        .map_err(|error| error.to_string())?;
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    let mut out = Vec::new();
    let row = format!("{cell},10/03/2014,10:00:05,1,B");
    Encoder::new(Arc::new(plan))
        .encode_line(row.as_bytes(), &mut out)
        .map_err(|error| error.to_string())?;
    let length = usize::from(out[0] / 2);
    Ok(String::from_utf8(out[1..=length].to_vec()).unwrap())
}

#[test]
fn a_mapped_row_has_the_bytes_of_its_values() {
    let mut csv = encoder(&mapping(GOOD), Some("Sym,Date,Time,Price,Side,venue"));
    let wanted = expected(
        r#"{"symbol": "BHP", "time": "2014-03-10T10:00:05.516+11:00", "price": "40.20", "side": "SELL", "venue": "A",
            "quantity": 0, "data": {}, "flags": []}"#
            .replace('\n', " ")
            .as_str(),
    );
    assert_eq!(encode(&mut csv, "BHP,10/03/2014,10:00:05.516,40.20,S,A"), wanted);
    assert_eq!(
        encode(&mut csv, "\"BHP\",10/03/2014,\"10:00:05.516\",4.02e1,S,A"),
        wanted
    );
    let mut json = encoder(&mapping(GOOD), None);
    let row = r#"{"Sym": "BHP", "Date": "10/03/2014", "Time": "10:00:05.516", "Price": 40.20, "Side": "S", "venue": "A"}"#;
    assert_eq!(encode(&mut json, row), wanted);
    // Other fields come from their keys, or have their defaults.
    let row = r#"{"Sym": "B\u0048P", "Date": "10/03/2014", "Time": "10:00:05.516", "Price": "40.20", "Side": "S", "venue": "A", "quantity": 0, "flags": []}"#;
    assert_eq!(encode(&mut json, row), wanted);
}

#[test]
fn functions_make_texts() {
    for (expression, cell, text) in [
        ("x", "BHP", "BHP"),
        // As Python's `uuid.uuid5(uuid.NAMESPACE_URL, "BHP\x1fB")`.
        (
            "uuid5(\"url\", x, Side)",
            "BHP",
            "61f9221c-adb3-5332-a75f-f716cf60c78e",
        ),
        (
            "uuid5(\"6ba7b811-9dad-11d1-80b4-00c04fd430c8\", x, Side)",
            "BHP",
            "61f9221c-adb3-5332-a75f-f716cf60c78e",
        ),
        ("column(1)", "BHP", "BHP"),
        ("\"ASX\"", "", "ASX"),
        ("\"{x}-{Side}\\{\\}\"", "BHP", "BHP-B{}"),
        ("concat(upper(x), \"-\", lower(Side))", "bhp", "BHP-b"),
        ("trim(x)", "\"  BHP \"", "BHP"),
        ("x", "\"a \"\"q\"\"\"", "a \"q\""),
        ("upper(x)", "\"a \"\"q\"\"\"", "A \"Q\""),
        ("replace(x, \".\", \"\")", "B.H.P", "BHP"),
        ("substring(x, 1, 2)", "BHPX", "HP"),
        ("substring(x, 2)", "BHPX", "PX"),
        ("first(x, \"none\")", "", "none"),
        ("first(x, \"none\")", "\"\"", "none"),
        ("first(x, \"none\")", "a", "a"),
        ("capture(file_name(), \"_(\\d+)\\.csv\")", "", "7078"),
        ("file_path()", "", "in/2014-03-10_7078.csv"),
        ("x * 2 + 1", "40.20", "81.40"),
        ("-x", "5", "-5"),
        ("2 - -x", "0.1", "2.1"),
        ("implied(x, 4)", "402000", "40.2000"),
        (
            "number(x, decimal = \",\", thousands = \".\")",
            "\"1.234,5\"",
            "1234.5",
        ),
        ("number(x, negative = \"parentheses\")", "(12)", "-12"),
        ("seconds_of_day(x)", "34200.189607670", "09:30:00.189607670"),
        ("datetime(\"%y%m%d\", x, pivot = 1970)", "140310", "2014-03-10"),
        (
            "translate(x, {\"B\": \"BUY\", 1: \"BUY\"}, default = x)",
            "1",
            "BUY",
        ),
        ("translate(x, {\"B\": \"BUY\"}, default = \"?\")", "q", "?"),
        ("translate(x, {\"B\": upper(Side)}, default = \"?\")", "B", "B"),
    ] {
        assert_eq!(
            computed(expression, cell),
            Ok(text.to_owned()),
            "{expression} {cell}"
        );
    }
}

#[test]
fn a_value_that_cannot_be_computed_is_shown_with_its_column() {
    let mut csv = encoder(&mapping(GOOD), Some("Sym,Date,Time,Price,Side,venue"));
    let error = |row: &str, encoder: &mut Encoder| {
        let mut out = b"x".to_vec();
        let error = encoder.encode_line(row.as_bytes(), &mut out).unwrap_err();
        assert_eq!(out, b"x");
        error
    };
    let found = error("BHP,10/13/2014,10:00:05.516,40.20,S,A", &mut csv);
    assert_eq!(
        (found.kind, found.column, found.span.clone()),
        (RowErrorKind::NotComputed, Some(2), Some(4..14))
    );
    assert!(
        found
            .to_string()
            .starts_with("`10/13/2014 10:00:05.516` does not fit `time` (column 2): "),
        "{found}"
    );
    let found = error("BHP,10/03/2014,10:00:05.516,40.20,s,A", &mut csv);
    assert_eq!(
        (found.kind, found.column, found.span.clone()),
        (RowErrorKind::NoTranslation, Some(5), Some(34..35))
    );
    let found = error("BHP,10/03/2014,10:00:05.5161237,40.20,S,A", &mut csv);
    assert_eq!(found.kind, RowErrorKind::TimePrecision);
    assert_eq!((found.column, found.span.clone()), (Some(2), Some(4..14)));
    assert!(
        found
            .to_string()
            .ends_with("; computed by `datetime(\"%d/%m/%Y %H:%M:%S%.f\", Date, Time)`"),
        "{found}"
    );
    // A column that is passed through keeps its own place.
    let found = error("BHP,10/03/2014,10:00:05,4x,S,A", &mut csv);
    assert_eq!(
        (found.kind, found.column, found.span.clone()),
        (RowErrorKind::NotANumber, Some(4), Some(24..26))
    );
    assert_eq!(
        found.to_string(),
        "`4x` does not fit `price` (column 4): expected a number (decimal(18, 6))"
    );
    let found = error("BHP,10/03/2014", &mut csv);
    assert_eq!(
        (found.kind, found.to_string().as_str()),
        (RowErrorKind::CellCount, "expected 6 cells, found 2")
    );
    let mut json = encoder(&mapping(GOOD), None);
    let found = error(
        r#"{"Sym": {"a": 1}, "Date": "1", "Time": "2", "Price": 1, "Side": "S", "other": 1}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.value.as_deref()),
        (RowErrorKind::UnknownKey, Some(&b"other"[..]))
    );
    let found = error(
        r#"{"Sym": {"a": 1}, "Date": "10/03/2014", "Time": "10:00:00", "Price": 1, "Side": "S"}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.field.as_deref()),
        (RowErrorKind::WrongType, Some("symbol"))
    );
    let found = error(
        r#"{"Date": "10/03/2014", "Time": "10:00:00", "Price": 1, "Side": "S"}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.field.as_deref()),
        (RowErrorKind::Missing, Some("symbol"))
    );
    let found = error(
        r#"{"Sym": "a", "Date": "10/03/2014", "Time": [], "Price": 1, "Side": "S"}"#,
        &mut json,
    );
    assert_eq!(
        (found.kind, found.field.as_deref()),
        (RowErrorKind::WrongType, Some("time"))
    );
    let found = error("[]", &mut json);
    assert_eq!(found.kind, RowErrorKind::NotAnObject);
    let found = error(r#"{"Sym": "a", "Sym": "b"}"#, &mut json);
    assert_eq!(found.kind, RowErrorKind::DuplicateKey);
}

#[test]
fn the_cell_that_is_to_blame_is_the_one_that_is_shown() {
    let mut csv = encoder(&mapping(GOOD), Some("Sym,Date,Time,Price,Side,venue"));
    let mut blamed = |row: &str| {
        let error = csv.encode_line(row.as_bytes(), &mut Vec::new()).unwrap_err();
        error.column.unwrap()
    };
    assert_eq!(blamed("BHP,10/13/2014,10:00:05,1,S,A"), 2);
    assert_eq!(blamed("BHP,10/03/2014,10:61:05,1,S,A"), 3);
    assert_eq!(blamed("BHP,10/03/2014,10:00:05x,1,S,A"), 3);
    assert_eq!(blamed("BHP,10/03/2014x,10:00:05,1,S,A"), 2);
    for (expression, row, column) in [
        ("Price * Side", "BHP,10/03/2014,10:00:05,x,1,A", 4),
        ("Price * Side", "BHP,10/03/2014,10:00:05,1,x,A", 5),
        ("2 * Side", "BHP,10/03/2014,10:00:05,1,x,A", 5),
        ("first(Price, Side)", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("first(Price, Side)", "BHP,10/03/2014,10:00:05,x,,A", 4),
        ("first(Price, Side) + 0", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("1 + first(Price, Side) + 0", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("Price + 1 + Side + 1", "BHP,10/03/2014,10:00:05,1,x,A", 5),
        ("number(first(Price, Side))", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("trim(first(Price, Side))", "BHP,10/03/2014,10:00:05,,x,A", 5),
        ("-first(Price, Side)", "BHP,10/03/2014,10:00:05,,x,A", 5),
        (
            r#"translate(Price, {"": Side})"#,
            "BHP,10/03/2014,10:00:05,,x,A",
            5,
        ),
        (
            r#"translate(Price, {}, default = Side)"#,
            "BHP,10/03/2014,10:00:05,1,x,A",
            5,
        ),
        (
            r#"translate(first(Price, Side), {})"#,
            "BHP,10/03/2014,10:00:05,,x,A",
            5,
        ),
        (
            r#"datetime("%F", first(Price, Side))"#,
            "BHP,10/03/2014,10:00:05,,x,A",
            5,
        ),
    ] {
        let map = GOOD.replace("price = \"Price\"", &format!("price = '{expression}'"));
        let map = map.replace("translate(Side, {\"B\": \"BUY\", \"S\": \"SELL\"})", "\"BUY\"");
        let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
        let error = csv.encode_line(row.as_bytes(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.column, Some(column), "{expression} {row}");
    }
}

#[test]
fn the_column_of_a_condition_that_is_to_blame_is_shown() {
    let row = "BHP,10/03/2014,10:00:05,1,B,A";
    for (condition, column) in [
        ("Price < Sym", 1),
        ("Sym < Price", 1),
        ("Price == 1 and Sym == 1", 1),
        ("Price == 2 or Sym == \"B\" or Side > 1", 5),
        ("not (Price == 1 and Side != 1)", 5),
        ("Price > \"2014-03-10\"", 4),
        ("first(null, Side) > Price", 5),
        ("Price + Side == 1", 5),
        ("Price == 1 and number(Sym) != null", 1),
    ] {
        let map = format!("{GOOD}\n[rows]\nwhere = '{condition}'");
        let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
        let error = csv.admits_line(row.as_bytes()).unwrap_err();
        assert_eq!(error.column, Some(column), "{condition}: {error}");
    }
}

#[test]
fn missing_values_in_conditions_are_those_of_the_fields() {
    let admits = |map: &str, condition: &str, row: &str| {
        let map = format!("{GOOD}\n{map}\n[rows]\nwhere = '{condition}'");
        let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
        csv.admits_line(row.as_bytes()).map_err(|error| error.to_string())
    };
    // A quoted empty cell is an empty text, and no number or date.
    let row = "BHP,10/03/2014,10:00:05,\"\",B,A";
    for (condition, holds) in [
        ("Price > 1", false),
        ("Price <= 1", false),
        ("Price == 1", false),
        ("Price != 1", false),
        ("Price < \"2014-03-10\"", false),
        ("Price == \"\"", true),
        ("Price != \"x\"", true),
        ("Price != null", true),
    ] {
        assert_eq!(admits("", condition, row), Ok(holds), "{condition}");
    }
    // The tokens of a field count for the column that it is made from alone.
    let row = "BHP,10/03/2014,10:00:05,-,B,n/a";
    for (map, condition, holds) in [
        ("price.null-tokens = [\"-\"]", "Price > 1", Ok(false)),
        ("price.null-tokens = [\"-\"]", "Price == null", Ok(true)),
        ("price.null-tokens = [\"-\"]", "column(4) == null", Ok(true)),
        ("price.null-tokens = [\"-\"]", "venue == null", Ok(false)),
        ("venue.null-tokens = [\"n/a\"]", "venue == null", Ok(true)),
        ("null-tokens = [\"n/a\"]", "venue == null", Ok(true)),
        ("side.null-tokens = [\"B\"]", "Side == null", Ok(true)),
        ("time.null-tokens = [\"-\"]", "Price == null", Ok(false)),
    ] {
        assert_eq!(admits(map, condition, row), holds, "{map} {condition}");
    }
    assert!(admits("", "Price > 1", row).is_err());
}

#[test]
fn a_key_or_column_with_the_name_of_a_field_with_an_entry_is_accepted() {
    let map = GOOD.replace("\n[rules]", "venue = '\"ASX\"'\ndata.a = '\"x\"'\n\n[rules]");
    let row = r#"{"Sym": "BHP", "Date": "10/03/2014", "Time": "10:00:05", "Price": 1, "Side": "B""#;
    let mut json = encoder(&mapping(&map), None);
    let wanted = encode(&mut json, &format!("{row}}}"));
    for more in [
        r#""venue": "other""#,
        r#""symbol": {"x": 1}"#,
        r#""data": {"a": 7, "b": []}"#,
    ] {
        assert_eq!(encode(&mut json, &format!("{row}, {more}}}")), wanted, "{more}");
    }
    let unknown = json.encode_line(format!("{row}, \"venu\": 1}}").as_bytes(), &mut Vec::new());
    assert_eq!(unknown.unwrap_err().kind, RowErrorKind::UnknownKey);
    let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
    assert_eq!(encode(&mut csv, "BHP,10/03/2014,10:00:05,1,B,other"), wanted);
}

/// Lists that a program wrote.
#[test]
fn a_chain_of_any_length_is_compiled_and_evaluated() {
    let header = Some("Sym,Date,Time,Price,Side,venue");
    let row = "BHP,10/03/2014,10:00:05,1,B,A";
    let sum = "Price + ".repeat(30_000) + "0";
    let condition = "Sym == \"A\" or ".repeat(30_000) + "Sym == \"BHP\"";
    let map = format!(
        "{}\n[rows]\nwhere = '{condition}'",
        GOOD.replace("price = \"Price\"", &format!("price = '{sum}'"))
    );
    let mut csv = encoder(&mapping(&map), header);
    assert!(csv.admits_line(row.as_bytes()).unwrap());
    assert!(!csv.admits_line(row.replace("BHP", "CBA").as_bytes()).unwrap());
    let with_price = row.replace(",1,", ",30000,");
    assert_eq!(
        encode(&mut csv, row),
        encode(&mut encoder(&mapping(GOOD), header), &with_price)
    );
}

/// Files that quote every cell write missing values as `""`.
#[test]
fn a_quoted_empty_cell_is_missing_where_a_function_needs_a_text() {
    for expression in [
        "implied(x, 2)",
        "x * 2",
        "-x",
        "number(x, decimal = \",\")",
        "seconds_of_day(x)",
        "datetime(\"%Y-%m-%d\", x)",
        "datetime(\"%d/%m/%Y %H:%M:%S\", Date, x)",
        "capture(x, \"a\")",
        "substring(x, 1)",
        "translate(x, {\"B\": \"BUY\"})",
        "translate(x, {\"B\": \"BUY\"}, default = \"SELL\")",
    ] {
        for cell in ["", "\"\""] {
            assert_eq!(
                computed(&format!("first({expression}, \"missing\")"), cell).as_deref(),
                Ok("missing"),
                "{expression} {cell}"
            );
        }
    }
    for cell in ["", "\"\""] {
        let expression = "translate(x, {\"\": \"none\", \"B\": \"BUY\"})";
        assert_eq!(computed(expression, cell).as_deref(), Ok("none"));
        assert_eq!(computed("concat(\"a\", upper(x))", "\"\"").as_deref(), Ok("a"));
    }
}

#[test]
fn a_json_null_stays_one_and_a_template_makes_a_text() {
    let map = GOOD.replace("symbol = \"Sym\"", "symbol = 'upper(Sym)'");
    let mut json = encoder(&mapping(&map), None);
    let row = r#"{"Sym": null, "Date": "10/03/2014", "Time": "10:00:00", "Price": 1, "Side": "S"}"#;
    let mut alone = encoder(&mapping(GOOD), None);
    let kinds = [&mut json, &mut alone].map(|encoder| {
        let error = encoder.encode_line(row.as_bytes(), &mut Vec::new()).unwrap_err();
        error.kind
    });
    assert_eq!(kinds[0], kinds[1]);
    // A number is not a string, but its text is.
    let map = GOOD.replace("symbol = \"Sym\"", "symbol = '\"{Sym}\"'");
    let row = r#"{"Sym": 7, "Date": "10/03/2014", "Time": "10:00:00", "Price": 1, "Side": "S"}"#;
    let wanted = encode(&mut alone, &row.replace("7,", "\"7\","));
    assert_eq!(encode(&mut encoder(&mapping(&map), None), row), wanted);
    assert!(alone.encode_line(row.as_bytes(), &mut Vec::new()).is_err());
}

#[test]
fn null_tokens_of_one_field_count_in_its_expression() {
    let map = GOOD
        .replace("price = \"Price\"", "price = \"first(Price, Side * 1)\"")
        .replace("translate(Side, {\"B\": \"BUY\", \"S\": \"SELL\"})", "\"BUY\"");
    let map = format!("{map}\n[rules.price]\nnull-tokens = [\"-\"]\n");
    let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
    let mut plain = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,venue"));
    assert_eq!(
        encode(&mut csv, "BHP,10/03/2014,10:00:05,-,5,A"),
        encode(&mut plain, "BHP,10/03/2014,10:00:05,5,6,A")
    );
}

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

#[test]
fn a_map_with_omitted_values_can_be_replaced() {
    let text = GOOD.replace(
        "\n[rules]",
        "data = { a = \"Sym\", b = 'Empty' }\n\n[rules]\ndata.omit-empty = true",
    );
    let header = ["Sym", "Date", "Time", "Price", "Side", "Empty"].map(str::to_owned);
    let bound = |entry: &str| {
        let mut map = MapFile::parse("m.toml", &text).unwrap();
        map.set(entry).unwrap();
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        mapping.bind_columns(&header, &schema()).map(|_| ())
    };
    assert_eq!(bound("data=Empty"), Ok(()));
    assert_eq!(bound("data.a=Empty"), Ok(()));
    assert_eq!(bound("symbol=Empty"), Ok(()));
}

#[test]
fn maps_arrays_and_nested_values_are_put_together() {
    let map = GOOD.replace(
        "\n[rules]",
        "data = { a = \"Sym\", \"b c\" = 'upper(Extra)', d = 'Empty' }\nflags = [\"F\", '2', 'F + 1']\n\n[rules]\ndata.omit-empty = true",
    );
    let header = "Sym,Date,Time,Price,Side,Extra,F,Empty";
    let wanted = r#"{"symbol": "BHP", "time": "2014-03-10T10:00:05+11:00", "price": "1", "side": "BUY", "venue": null,
        "quantity": 0, "data": {"a": "BHP", "b c": "\"X\n"}, "flags": [7, 2, 8]}"#;
    let wanted = expected(&wanted.replace("\n    ", " "));
    let mut csv = encoder(&mapping(&map), Some(header));
    let row = "BHP,10/03/2014,10:00:05,1,B,\"\"\"x\n\",7,";
    assert_eq!(encode(&mut csv, row), wanted);
    let mut json = encoder(&mapping(&map), None);
    let row = r#"{"Sym": "BHP", "Date": "10/03/2014", "Time": "10:00:05", "Price": 1, "Side": "B", "Extra": "\"x\n", "F": 7, "Empty": ""}"#;
    assert_eq!(encode(&mut json, row), wanted);
    let map = GOOD.replace("\n[rules]", "flags = 'split(F, \"|\")'\n\n[rules]");
    let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side,F"));
    let wanted = r#"{"symbol": "BHP", "time": "2014-03-10T10:00:05+11:00", "price": "1", "side": "BUY", "flags": [12, 37]}"#;
    assert_eq!(
        encode(&mut csv, "BHP,10/03/2014,10:00:05,1,B,12|37"),
        expected(wanted)
    );
    let map = r#"
        [fields]
        symbol = "trade.sym"
        time = "trade.t[0]"
        price = "trade.`p x`"
        side = '"BUY"'
        data = "trade.extra"
    "#;
    let mut json = encoder(&mapping(map), None);
    let row =
        r#"{"trade": {"t": ["2014-03-10T10:00:05+11:00", 2], "sym": "BHP", "p x": 1, "extra": {"k": "v"}}}"#;
    let wanted = r#"{"symbol": "BHP", "time": "2014-03-10T10:00:05+11:00", "price": "1", "side": "BUY", "data": {"k": "v"}}"#;
    assert_eq!(encode(&mut json, row), expected(wanted));
    let mut out = Vec::new();
    let row = r#"{"trade": {"t": ["2014-03-10T10:00:05+11:00", 2], "sym": "BHP", "p x": 1, "extra": {}, "new": 1}}"#;
    let error = json.encode_line(row.as_bytes(), &mut out).unwrap_err();
    assert_eq!(
        (error.kind, error.value.as_deref()),
        (RowErrorKind::UnknownKey, Some(&b"new"[..]))
    );
}

#[test]
fn a_mapping_that_cannot_work_is_refused_with_its_place() {
    let refused = |map: &str, header: Option<&str>| {
        let map = MapFile::parse("m.toml", map).unwrap_or_else(|error| panic!("{error}"));
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        let schema = schema();
        let names: Vec<String> = header.unwrap_or_default().split(',').map(str::to_owned).collect();
        let bound = match header {
            Some(_) => mapping.bind_columns(&names, &schema),
            None => mapping.bind_keys(&schema),
        };
        bound.unwrap_err().to_string()
    };
    let header = Some("Sym,Date,Time,Price,Side,venue");
    let ambiguous = refused(
        &GOOD.replace("price = \"Price\"", "price = \"Price-Side\""),
        Some("Sym,Date,Time,Price,Side,Price-Side"),
    );
    assert!(
        ambiguous.starts_with("m.toml:5:10: `Price-Side` is also the name of a column"),
        "{ambiguous}"
    );
    for (from, to, place, message) in [
        (
            "symbol = \"Sym\"",
            "symbl = \"Sym\"",
            "3:1",
            "the schema has no field `symbl`",
        ),
        (
            "symbol = \"Sym\"",
            "symbol.x = \"Sym\"",
            "3:8",
            "`symbol` is string, which has no parts",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"Simbol\"",
            "3:11",
            "there is no column `Simbol`",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = [\"Sym\"]",
            "3:1",
            "`symbol` is string, which is not made from a list",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"upr(Sym)\"",
            "3:11",
            "there is no function `upr`",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"upper()\"",
            "3:11",
            "`upper` lacks a value",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"upper(Sym, Sym)\"",
            "3:22",
            "`upper` takes no more than 1",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"upper(Sym, x = 1)\"",
            "3:22",
            "`upper` has no argument `x`",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"column(9)\"",
            "3:11",
            "there is no column 9; the file has 6",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = \"Sym == 1\"",
            "3:11",
            "`==` is a condition, not a value",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = 'datetime(\"%d\", \"x\")'",
            "3:21",
            "",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = 'datetime(\"%Y-%m-%d\", \"x\")'",
            "3:11",
            "this has no value: `x`: ",
        ),
        ("symbol = \"Sym\"", "symbol = 'capture(Sym, \"(\")'", "3:25", ""),
        (
            "symbol = \"Sym\"",
            "symbol = 'translate(Sym, sides)'",
            "3:26",
            "the mapping has no `[translations.sides]`",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = 'translate(Sym, {a: 1, a: 2})'",
            "3:33",
            "`a` is translated twice",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = 'file_name()'",
            "3:11",
            "standard input has no file name",
        ),
        (
            "symbol = \"Sym\"",
            "symbol = '{a: b}'",
            "3:11",
            "a table of translations is the second argument of `translate`",
        ),
        (
            "[rules]",
            "[rules.price]\nomit-empty = true\n[rules]",
            "9:1",
            "`price` is not a map that is made from parts, so it has no empty values to omit",
        ),
        (
            "[rules]",
            "[rules.prise]\ndecimal-round = \"down\"\n[rules]",
            "8:8",
            "the schema has no field `prise`",
        ),
        (
            "price = \"Price\"",
            "data.a = \"Price\"\ndata = 'Price'",
            "6:1",
            "",
        ),
    ] {
        let map = GOOD.replace(from, to);
        if from.starts_with("price") {
            assert!(MapFile::parse("m.toml", &map).is_err(), "{map}");
            continue;
        }
        let error = refused(&map, header);
        assert!(
            error.starts_with(&format!("m.toml:{place}: {message}")),
            "{to}: {error}"
        );
        assert!(error.ends_with('^'), "{error}");
    }
    assert!(refused(&GOOD.replace("\"Sym\"", "\"column(1)\""), None).contains("JSON rows have no columns"));
}

#[test]
fn values_are_looked_up_in_another_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("c.csv"),
        "id,venue,symbol\n7078,A,BHP\n7019,B,CBA\n1,A,\n",
    )
    .unwrap();
    let lookups = |key: &str| format!("\n[lookups.company]\nfile = \"c.csv\"\nkey = {key}\n");
    let encoder_of = |expression: &str, key: &str| {
        let text = GOOD.replace("symbol = \"Sym\"", &format!("symbol = '{expression}'")) + &lookups(key);
        let mut map = MapFile::parse("m.toml", &text).unwrap_or_else(|error| panic!("{error}"));
        map.read_lookups(folder.path()).unwrap();
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        let schema = schema();
        let header = ["Sym", "Date", "Time", "Price", "Side", "venue"].map(str::to_owned);
        let binding = mapping
            .bind_columns(&header, &schema)
            .map_err(|error| error.to_string())?;
        let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
        Ok::<_, String>(Encoder::new(Arc::new(plan)))
    };
    let symbol = |expression: &str, key: &str, id: &str| {
        let mut out = Vec::new();
        let row = format!("{id},10/03/2014,10:00:05,1,B,A");
        encoder_of(expression, key)?
            .encode_line(row.as_bytes(), &mut out)
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(String::from_utf8(out[1..=usize::from(out[0] / 2)].to_vec()).unwrap())
    };
    assert_eq!(
        symbol("lookup(company, symbol, Sym)", "\"id\"", "7078"),
        Ok("BHP".to_owned())
    );
    assert_eq!(
        symbol(
            "lookup(company, symbol, Sym, venue)",
            "[\"id\", \"venue\"]",
            "7078"
        ),
        Ok("BHP".to_owned())
    );
    assert_eq!(
        symbol("lookup(company, symbol, Sym, default = \"?\")", "\"id\"", "7"),
        Ok("?".to_owned())
    );
    let error = symbol("lookup(company, symbol, Sym)", "\"id\"", "7").unwrap_err();
    assert_eq!(
        error,
        "`7` does not fit `symbol` (column 1): `c.csv` has no row with this key"
    );
    // The same for every row.
    assert_eq!(
        symbol("lookup(company, symbol, \"7\")", "\"id\"", "7078")
            .unwrap_err()
            .lines()
            .next(),
        Some("m.toml:3:11: this has no value: `7`: `c.csv` has no row with this key")
    );
    // An empty cell of the other file is like an empty cell of the row.
    assert_eq!(
        symbol("lookup(company, symbol, Sym)", "\"id\"", "1"),
        Ok(String::new())
    );
    for (expression, message) in [
        (
            "lookup(companies, symbol, Sym)",
            "m.toml:3:18: the mapping has no `[lookups.companies]`",
        ),
        (
            "lookup(company, symbl, Sym)",
            "m.toml:3:27: c.csv has no column `symbl`",
        ),
        (
            "lookup(company, symbol)",
            "m.toml:3:11: the key of `company` has 1 values, not 0",
        ),
    ] {
        let error = symbol(expression, "\"id\"", "7").unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
    let mut gone = MapFile::parse("m.toml", &lookups("\"id\"").replace("c.csv", "gone.csv")).unwrap();
    let error = gone.read_lookups(folder.path()).unwrap_err().to_string();
    assert!(
        error.starts_with("m.toml:3:8: ") && error.contains("gone.csv: cannot be read"),
        "{error}"
    );
}

#[test]
fn the_clock_and_new_uuids_differ_from_row_to_row() {
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let before = jiff::Timestamp::now().as_millisecond();
    let now = computed("now()", "").unwrap();
    assert_eq!(now.len(), "2026-11-26T03:25:59.123Z".len(), "{now}");
    assert!((before..=jiff::Timestamp::now().as_millisecond()).contains(&time(&now).as_millisecond()));
    for (expression, version) in [("uuid4()", 4), ("uuid7()", 7)] {
        let [one, other] = [(); 2].map(|()| computed(expression, "").unwrap());
        assert_ne!(one, other);
        assert_eq!(uuid::Uuid::parse_str(&one).unwrap().get_version_num(), version);
    }
}

#[test]
fn whatever_bytes_are_in_a_row_it_is_encoded_or_rejected() {
    use proptest::prelude::*;
    let map = GOOD.replace(
        "symbol = \"Sym\"",
        r#"symbol = 'concat(upper(first(Sym, Side, "x")), "{Price}", substring(Date, 1, 2))'
quantity = 'number(Extra, decimal = ",", thousands = ".", negative = "parentheses") * 2 - implied(Price, 2)'
data = { a = 'translate(Side, {"B": capture(Sym, "(.)$")}, default = Extra)', "b" = 'replace(Sym, "a", "\"")' }
flags = 'split(Extra, "|")'"#,
    );
    let header = "Sym,Date,Time,Price,Side,Extra";
    let (csv, json) = (mapping(&map), mapping(&map));
    let csv = std::cell::RefCell::new(encoder(&csv, Some(header)));
    let json = std::cell::RefCell::new(encoder(&json, None));
    let keys = ["Sym", "Date", "Time", "Price", "Side", "Extra", "venue", "new"];
    let cell = || {
        prop_oneof![
            "[A-Za-z\"|,.()0-9 é-]{0,12}",
            Just("10/03/2014".to_owned()),
            Just("10:00:05.516".to_owned()),
            Just("1.234,50".to_owned()),
            Just("B".to_owned()),
            "[0-9]{1,40}",
        ]
    };
    let value = prop_oneof![
        cell().prop_map(|text| serde_json::Value::String(text).to_string()),
        Just("null".to_owned()),
        Just("1e3".to_owned()),
        Just("[1]".to_owned()),
        Just("{\"a\": null}".to_owned()),
    ];
    proptest!(|(
        cells in proptest::collection::vec(cell(), 5..7),
        bytes in proptest::collection::vec(any::<u8>(), 0..30),
        pairs in proptest::collection::vec((0..keys.len(), value), 0..9),
    )| {
        let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        let row = quoted.collect::<Vec<_>>().join(",");
        let pairs = pairs.iter().map(|(key, value)| format!("\"{}\": {value}", keys[*key]));
        let object = format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "));
        for (encoder, row) in [
            (&csv, row.as_bytes()),
            (&csv, cells.join(",").as_bytes()),
            (&csv, &bytes),
            (&json, object.as_bytes()),
            (&json, &bytes),
        ] {
            let mut out = b"before".to_vec();
            match encoder.borrow_mut().encode_line(row, &mut out) {
                Ok(message) => prop_assert_eq!(message.value.start, 6),
                Err(error) => {
                    prop_assert_eq!(&out, b"before");
                    prop_assert!(error.all().all(|error| error.span.as_ref().is_none_or(|span| span.end <= row.len())), "{:?}", error);
                }
            }
        }
    });
}

#[test]
fn null_tokens_are_missing_values_in_cells_and_texts_elsewhere() {
    let map = GOOD.replace(
        "\n[rules]",
        "venue = \"concat(Side, '-')\"\ndata = { a = \"lower(Sym)\" }\n\n[rules]\nnull-tokens = [\"NA\", \"B-\"]\ndata.omit-empty = true",
    );
    let map = map.replace("'-'", "\\\"-\\\"");
    let mut csv = encoder(&mapping(&map), Some("Sym,Date,Time,Price,Side"));
    let wanted = r#"{"symbol": "NA", "time": "2014-03-10T10:00:05+11:00", "price": "1", "side": "BUY", "venue": "B-", "data": {"a": "na"}}"#;
    assert_eq!(
        encode(&mut csv, "\"NA\",10/03/2014,10:00:05,1,B"),
        expected(wanted)
    );
    let mut out = Vec::new();
    assert!(csv.encode_line(b"NA,10/03/2014,10:00:05,1,B", &mut out).is_err());
    assert!(csv.encode_line(b"x,NA,10:00:05,1,B", &mut out).is_err());
}

#[test]
fn a_column_with_the_whole_field_is_not_dropped_without_a_word() {
    let schema = RegisteredSchema::from_text(
        "t-value",
        r#"{"type": "record", "name": "T", "fields": [
            {"name": "mp", "type": {"type": "map", "values": "string"}},
            {"name": "inst", "type": {"type": "record", "name": "I", "fields": [
                {"name": "sym", "type": "string", "default": ""}, {"name": "n", "type": "int", "default": 0}]}}]}"#,
    )
    .unwrap();
    let header = ["a", "mp", "inst"].map(str::to_owned);
    for (entry, column) in [("inst.n=a", "inst"), ("mp.k=a", "mp")] {
        let mut map = MapFile::default();
        map.set(entry).unwrap();
        let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
        let error = mapping.bind_columns(&header, &schema).unwrap_err().to_string();
        let said = format!("the column `{column}` of the file holds the whole field too");
        assert!(error.starts_with(&format!("`--set`: {said}")), "{error}");
        let ignoring = mapping.with_ignored_columns([column.to_owned()]);
        assert!(ignoring.bind_columns(&header, &schema).is_ok(), "{entry}");
    }
}
