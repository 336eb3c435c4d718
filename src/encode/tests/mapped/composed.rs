//! Maps, arrays and records that are put together from parts.

use super::*;

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
