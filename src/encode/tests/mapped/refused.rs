//! Mappings that cannot work, and the places that their errors show.

use super::*;

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
            "symbol = 'capture(Sym, \"$(.*)x\")'",
            "3:25",
            "the pattern matches no text",
        ),
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
