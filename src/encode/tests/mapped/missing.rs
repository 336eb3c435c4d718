//! Missing values: empty cells, null tokens and JSON nulls, in expressions and in conditions.

use super::*;

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
