//! Binding headers and keys to schemas.

use super::*;

const TRADE: &str = r#"{"type":"record","name":"Trade","fields":[
    {"name":"symbol","type":"string"},
    {"name":"volume","type":"long"},
    {"name":"exchange","type":"string","default":"ASX"}]}"#;

fn schema(text: &str) -> &'static RegisteredSchema {
    Box::leak(Box::new(RegisteredSchema::from_text("t-value", text).unwrap()))
}

fn bind_to(text: &str, names: &[&str], mapping: &Mapping) -> Result<Binding<'static>, BindingError> {
    let header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    mapping.bind_columns(&header, schema(text))
}

fn bind_names(names: &[&str]) -> Result<Binding<'static>, BindingError> {
    bind_to(TRADE, names, &Mapping::default())
}

/// The expressions of the root's fields, with those of nested records in brackets.
fn expressions(binding: &Binding<'_>) -> String {
    fn write(sources: &[FieldSource]) -> String {
        let one = |source: &FieldSource| match &source.expression {
            Expression::Column(column) => format!("column {column}"),
            Expression::Key(key) => format!("key {key}"),
            Expression::Record(sources) => format!("[{}]", write(sources)),
            other => format!("{other:?}").to_lowercase(),
        };
        sources.iter().map(one).collect::<Vec<_>>().join(", ")
    }
    match binding.root() {
        RootSource::Fields(sources) => write(sources),
        RootSource::Value(source) => write(std::slice::from_ref(source)),
    }
}

#[test]
fn columns_are_bound_to_fields_of_the_same_name() {
    let binding = bind_names(&["volume", "note", "symbol"]).unwrap();
    assert_eq!(expressions(&binding), "column 2, column 0, default");
    assert_eq!(binding.ignored(), ["note"]);
    assert_eq!(binding.defaulted(), ["exchange"]);
}

/// A terminal must not act on what a file's header holds.
#[test]
fn names_of_a_header_are_shown_without_control_characters() {
    let error = bind_names(&["sym\u{1b}bol", "volume"]).unwrap_err().to_string();
    assert!(error.contains(r"did you mean `sym\x1bbol`?"), "{error}");
    let error = bind_names(&["a\u{1b}", "a\u{1b}"]).unwrap_err().to_string();
    assert_eq!(error, r"the header names `a\x1b` twice, in columns 1 and 2");
}

#[test]
fn a_near_miss_is_suggested_and_not_bound() {
    let error = bind_names(&["Symbol", "vol ume"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "  field     type    from\n  \
           symbol    string  -  no column `symbol`; did you mean `Symbol`?\n  \
           volume    long    -  no column `volume`; did you mean `vol ume`?\n  \
           exchange  string  (its default)"
    );
}

#[test]
fn a_near_miss_of_a_field_that_gets_its_default_is_suggested_too() {
    let error = bind_names(&["symbol", "Volume", "EXCHANGE", "exchange-"])
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with(
            "volume    long    -  no column `volume`; did you mean `Volume`?\n  \
             exchange  string  (its default); did you mean `EXCHANGE`?"
        ),
        "{error}"
    );
}

#[test]
fn a_column_bound_to_another_field_is_not_suggested() {
    let text = TRADE.replace("volume", "Symbol");
    let error = bind_to(&text, &["symbol"], &Mapping::default()).unwrap_err();
    assert!(
        error.to_string().contains("Symbol    long    -  no column\n"),
        "{error}"
    );
}

#[test]
fn columns_that_the_mapping_ignores_are_not_bound_and_not_reported() {
    let ignoring =
        |names: &[&str]| Mapping::default().with_ignored_columns(names.iter().map(|name| (*name).to_owned()));
    let names = ["note", "exchange", "note", "symbol", "volume", "x"];
    let binding = bind_to(TRADE, &names, &ignoring(&["note", "exchange"])).unwrap();
    assert_eq!(expressions(&binding), "column 3, column 4, default");
    assert_eq!(
        (binding.ignored(), binding.defaulted()),
        (&["x".to_owned()][..], &["exchange".to_owned()][..])
    );
    let error = bind_to(TRADE, &["Symbol", "volume"], &ignoring(&["Symbol"])).unwrap_err();
    assert!(
        error.to_string().contains("symbol    string  -  no column\n"),
        "{error}"
    );
    let binding = bind_to("\"long\"", &["note", "value"], &ignoring(&["note"])).unwrap();
    assert_eq!(expressions(&binding), "column 1");
}

#[test]
fn a_duplicate_name_is_an_error() {
    let error = bind_names(&["symbol", "volume", "symbol"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the header names `symbol` twice, in columns 1 and 3"
    );
}

const NESTED: &str = r#"{"type":"record","name":"Quote","fields":[
    {"name":"id","type":"long"},
    {"name":"leg","type":["null",{"type":"record","name":"Leg","fields":[
        {"name":"price","type":"double"},
        {"name":"venue","type":"string","default":"X"},
        {"name":"next","type":["null","Leg"],"default":null}]}]}]}"#;

#[test]
fn a_dotted_path_names_a_field_within_a_record() {
    let binding = bind_to(
        NESTED,
        &["leg.next.price", "id", "leg.price", "leg.size"],
        &Mapping::default(),
    )
    .unwrap();
    assert_eq!(
        expressions(&binding),
        "column 1, [column 2, default, [column 0, default, default]]"
    );
    assert_eq!(binding.ignored(), ["leg.size"]);
    assert_eq!(
        binding.defaulted(),
        ["leg.venue", "leg.next.venue", "leg.next.next"]
    );
}

#[test]
fn a_field_within_an_absent_record_is_near_to_a_column() {
    let text = NESTED.replace(
        "\"Leg\"],\"default\":null}]}]",
        "\"Leg\"],\"default\":null}]}],\"default\":null",
    );
    let absent = |column: &str| -> Vec<String> {
        let binding = bind_to(&text, &["id", column], &Mapping::default()).unwrap();
        binding.absent().cloned().collect()
    };
    assert_eq!(absent("leg_price"), ["leg", "leg.price"]);
    assert_eq!(absent("Leg.Price"), ["leg", "leg.price"]);
    assert_eq!(absent("leg_next_next_venue"), ["leg", "leg.next.next.venue"]);
    assert_eq!(absent("leg_size"), ["leg"]);
    assert_eq!(absent(&format!("leg{}", "_next".repeat(100_000))), ["leg"]);
}

#[test]
fn a_column_whose_field_is_read_from_another_is_known() {
    let header = ["id", "leg.next.price", "leg.size", "legq", "leg", "number"];
    let binding = bind_to(NESTED, &header, &Mapping::default().with_name("id", "number")).unwrap();
    assert_eq!(binding.ignored(), ["id", "leg.next.price", "leg.size", "legq"]);
    let read = |column: &str, field: &str, from: &str| ReadElsewhere {
        column: column.to_owned(),
        field: field.to_owned(),
        from: from.to_owned(),
    };
    assert_eq!(
        binding.read_elsewhere(),
        [read("id", "id", "number"), read("leg.next.price", "leg", "leg")]
    );
}

/// Comparing each field with each column would take minutes.
#[test]
fn many_columns_and_many_fields_are_bound_by_their_names() {
    let fields: Vec<String> = (0..10_000)
        .map(|number| format!(r#"{{"name":"f{number}","type":"int"}}"#))
        .collect();
    let text = format!(
        r#"{{"type":"record","name":"R","fields":[{}]}}"#,
        fields.join(",")
    );
    let schema = schema(&text);
    let names =
        |prefix: &str| -> Vec<String> { (0..100_000).map(|number| format!("{prefix}{number}")).collect() };
    assert_eq!(
        Mapping::default()
            .bind_columns(&names("f"), schema)
            .unwrap()
            .ignored()
            .len(),
        90_000
    );
    let error = Mapping::default()
        .bind_columns(&names("F"), schema)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no column `f9999`; did you mean `F9999`?"));
}

#[test]
fn a_nullable_field_may_be_absent_only_if_the_rules_say_so() {
    let error = bind_to(NESTED, &["id"], &Mapping::default()).unwrap_err();
    assert!(matches!(error, BindingError::Unbound { nullable: true, .. }));
    assert!(
        error
            .to_string()
            .ends_with("-  no column, and none such as `leg.price`"),
        "{error}"
    );
    let rules = Rules {
        missing_null: true,
        ..Rules::default()
    };
    let binding = bind_to(NESTED, &["id"], &Mapping::by_name(rules)).unwrap();
    assert_eq!(expressions(&binding), "column 0, null");
    assert_eq!(binding.nulled(), ["leg"]);
}

#[test]
fn a_mapping_names_other_columns_and_keys() {
    let mapping = Mapping::default()
        .with_name("leg.price", "px")
        .with_name("id", "number");
    let binding = bind_to(NESTED, &["px", "number", "id"], &mapping).unwrap();
    assert_eq!(expressions(&binding), "column 1, [column 0, default, default]");
    assert_eq!(binding.ignored(), ["id"]);
    let mapping = Mapping::default().with_name("id", "number");
    let binding = mapping.bind_keys(schema(NESTED)).unwrap();
    assert_eq!(expressions(&binding), "key number, key leg");
}

#[test]
fn a_mapping_of_a_field_that_does_not_exist_is_an_error() {
    let mapping = Mapping::default().with_rules("volumes", Rules::default());
    let unknown = BindingError::UnknownField("volumes".to_owned());
    assert_eq!(
        bind_to(TRADE, &["symbol", "volume"], &mapping).unwrap_err(),
        unknown
    );
    assert_eq!(mapping.bind_keys(schema(TRADE)).unwrap_err(), unknown);
    assert_eq!(mapping.bind_keys(schema("\"long\"")).unwrap_err(), unknown);
}
