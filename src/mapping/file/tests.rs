use super::*;
use crate::mapping::Mapping;
use crate::record::HeaderRow;
use crate::schema::RegisteredSchema;

fn parse(text: &str) -> MapFile {
    MapFile::parse("m.toml", text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

#[test]
fn fields_rules_and_facts_are_read_in_any_notation_of_toml() {
    let map = parse(
        r#"
[input]
columns = ["Date", "Price"]
delimiter = ";"

[fields]
symbol = '"BHP"'
"price" = "Price * 2"
sequence = 7
vendor_data = { qualifiers = "Q", "a.b" = 'upper(V)' }
legs = ["A", "B"]
instrument.symbol = "Sym"

[fields.quote]
bid = '''Bid'''

[rules]
tz = "Australia/Sydney"
null-tokens = ["NA"]
[rules.price]
decimal-round = "half-even"
[rules.quote.bid]
float-nearest = true

[translations.side]
buy = "BUY"
1 = "SELL"
"#,
    );
    let paths: Vec<String> = map.fields.iter().map(|entry| entry.path.join("/")).collect();
    let expected = [
        "symbol",
        "price",
        "sequence",
        "vendor_data/qualifiers",
        "vendor_data/a.b",
        "legs",
        "instrument/symbol",
        "quote/bid",
    ];
    assert_eq!(paths, expected);
    let dialect = map.input.dialect(None, &[]).unwrap();
    let names = ["Date".to_owned(), "Price".to_owned()];
    assert_eq!(dialect.header, HeaderRow::Given(names.into()));
    assert_eq!(dialect.rows.delimiter().as_deref(), Some(&b";"[..]));
    assert!(map.rules.time_zone.is_some());
    assert_eq!(map.rules.null_tokens, [b"NA".to_vec()]);
    let ruled: Vec<&str> = map.field_rules.iter().map(|rules| rules.path.as_str()).collect();
    assert_eq!(ruled, ["price", "quote.bid"]);
    assert_eq!(map.translations["side"].len(), 2);
    assert!(matches!(&map.fields[5].value, EntryValue::Items(items) if items.len() == 2));
}

#[test]
fn an_entry_of_the_command_line_replaces_that_of_the_file() {
    let mut map = parse("[fields]\nprice = \"Price\"\nquote = { bid = \"B\", ask = \"A\" }\n");
    map.set("price=Price * 2").unwrap();
    map.set("quote.bid = Bid").unwrap();
    let shown: Vec<(String, String)> = map
        .fields
        .iter()
        .map(|entry| match &entry.value {
            EntryValue::Expression(written) => (entry.path.join("."), written.text.clone()),
            EntryValue::Items(_) => unreachable!(),
        })
        .collect();
    let pair = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    assert_eq!(
        shown,
        [
            pair("quote.ask", "A"),
            pair("price", "Price * 2"),
            pair("quote.bid", " Bid")
        ]
    );
    let error = map.set("price").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--set`: expected FIELD=EXPRESSION\n   | price\n   | ^^^^^"
    );
    let error = map.set("price=upper(").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--set`: expected a value, found the end\n   | price=upper(\n   |             ^"
    );
}

#[test]
fn an_error_shows_its_line_with_a_caret() {
    for (text, error, hint) in [
        (
            "[fields]\nprice = \"upper(Price\"\n",
            "m.toml:2:21: expected `)`, found the end\n 2 | price = \"upper(Price\"\n   |                     ^",
            None,
        ),
        (
            "[fields]\nprice = 'a / b'\n",
            "m.toml:2:12: `/` is not part of an expression\n 2 | price = 'a / b'\n   |            ^",
            Some("there is no division, because its result may not be exact"),
        ),
        (
            "[fields]\nprice = \"a \\\\ b\"\n",
            "m.toml:2:9: `\\` is not part of an expression\n 2 | price = \"a \\\\ b\"\n   |         ^^^^^^^^",
            Some("a value within a text cannot contain a text; join them with `concat(...)`"),
        ),
        (
            "[field]\n",
            "m.toml:1:2: `field` has no meaning here; known are input, rows, message, fields, rules, translations, lookups\n 1 | [field]\n   |  ^^^^^",
            Some("did you mean `fields`?"),
        ),
        (
            "[rules.price]\nmissing-null = true\n",
            "m.toml:2:1: `missing-null` is a rule for all fields: write it in `[rules]`\n 2 | missing-null = true\n   | ^^^^^^^^^^^^",
            None,
        ),
        (
            "[rules]\nepoch-unit = \"min\"\n",
            "m.toml:2:14: `min` is not one of s, ms, us, ns\n 2 | epoch-unit = \"min\"\n   |              ^^^^^",
            None,
        ),
        (
            "[fields]\nday = 2014-03-10\n",
            "m.toml:2:7: expected an expression in quotes\n 2 | day = 2014-03-10\n   |       ^^^^^^^^^^",
            Some("a date or a time is written as a text: '\"2014-03-10\"'"),
        ),
    ] {
        let found = MapFile::parse("m.toml", text).unwrap_err();
        assert_eq!(found.to_string(), error);
        assert_eq!(found.hint(), hint, "{text}");
    }
    let error = MapFile::parse("m.toml", "[fields]\na = \"b\"\na = \"c\"\n").unwrap_err();
    assert!(
        error.to_string().starts_with("m.toml:3:1: duplicate key"),
        "{error}"
    );
    let long = format!("[fields]\nprice = \"{} /\"\n", "a + ".repeat(100));
    let error = MapFile::parse("m.toml", &long).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[1].len() < 110, "{error}");
    assert_eq!(lines[1].as_bytes()[lines[2].len() - 1], b'/', "{error}");
}

/// The error of a mapping for a schema with a text `x`.
fn unbound(text: &str) -> String {
    let schema = r#"{"type":"record","name":"T","fields":[{"name":"x","type":"string"}]}"#;
    let schema = RegisteredSchema::from_text("t", schema).unwrap();
    let mapping = Mapping::default().with_map(Arc::new(parse(text)));
    mapping
        .bind_columns(&["a".to_owned()], &schema)
        .unwrap_err()
        .to_string()
}

#[test]
fn an_error_in_an_expression_with_escapes_shows_the_whole_expression() {
    for expression in [
        r#""a + -(\"ΣΣ\")""#,
        r#""\u0061 + -(\"Σ\")""#,
        r#""capture(a, \"\u03a3(\")""#,
    ] {
        let error = unbound(&format!("[fields]\nx = {expression}\n"));
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines[0].starts_with("m.toml:2:5: "), "{error}");
        let carets = "^".repeat(expression.chars().count());
        assert_eq!(lines[2], format!("   |     {carets}"), "{error}");
    }
    let error = unbound("[fields]\nx = 'a + -(\"ΣΣ\")'\n");
    assert!(error.starts_with("m.toml:2:10: "), "{error}");
}

#[test]
fn no_text_makes_it_panic() {
    use proptest::prelude::*;
    proptest!(|(text in "(\\[(fields|rules|input)\\]\n)?([a-c.]{1,3} = [\"'{\\[]?[a-c (){}=\\\\1.]{0,9}[\"'}\\]]?\n){0,3}|.{0,40}")| {
        if let Err(error) = MapFile::parse("m.toml", &text) {
            let _ = error.to_string();
        }
        if let Err(error) = MapFile::default().set(&text) {
            let _ = error.to_string();
        }
    });
}

#[test]
fn an_option_replaces_entries_of_the_file_but_not_parts_of_other_options() {
    let mut map = parse("[fields]\ninst.n = \"a\"\ninst.m = \"b\"\n");
    map.set("inst=w").unwrap();
    map.set("inst=v").unwrap();
    assert_eq!(map.fields.len(), 1);
    let error = map.set("inst.n=a").unwrap_err().to_string();
    assert!(
        error.starts_with("`--set`: `inst.n` and `inst` of another `--set` exclude each other"),
        "{error}"
    );
    let mut map = parse("[fields]\ninst = \"w\"\n");
    map.set("inst.n=a").unwrap();
    map.set("inst.m=b").unwrap();
    assert_eq!(map.fields.len(), 2);
}

#[test]
fn no_path_exhausts_the_stack() {
    let deep = |count: usize| "m.".repeat(count) + "m";
    let long = "the path of a field has at most 64 names";
    for text in [format!("{}=1", deep(64)), format!("{}=1", deep(100_000))] {
        let error = MapFile::default().set(&text).unwrap_err();
        assert!(error.to_string().contains(long), "{error}");
    }
    assert!(MapFile::default().set(&format!("{}=1", deep(63))).is_ok());
    let error = MapFile::parse("m.toml", &format!("[fields]\n{} = 1", deep(64))).unwrap_err();
    assert!(error.to_string().contains(long), "{error}");
    let inline = format!("{} = {{ ", deep(70)).repeat(70) + &"}".repeat(70);
    for text in [
        deep(100_000),
        inline,
        "[".repeat(100_000),
        "a = [".to_owned() + &"[".repeat(100_000),
    ] {
        let text = format!("[fields]\n{text}");
        assert!(MapFile::parse("m.toml", &text).is_err());
    }
}
