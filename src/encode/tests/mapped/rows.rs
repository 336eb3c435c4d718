//! Whole rows: a mapped row has the bytes of a row with the computed texts in its cells.

use super::*;

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
