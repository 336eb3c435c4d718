use super::*;
use crate::draft::Source;
use crate::mapping::rules::Rules;
use crate::record::{Delimiters, RowFormat};

const TRADE: &str = r#"{"type": "record", "name": "Trade", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}},
    {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL"]}},
    {"name": "venue", "type": ["null", "string"], "default": null}]}"#;

fn drafted(header: &[&str], rows: &[&str], names: ColumnNames) -> Draft {
    drafted_with(Rules::default(), header, rows, names)
}

fn drafted_with(rules: Rules, header: &[&str], rows: &[&str], names: ColumnNames) -> Draft {
    let schema = RegisteredSchema::from_text("t-value", TRADE).unwrap();
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.split(';').collect()).collect();
    let sources = header.iter().enumerate().map(|(column, name)| Source {
        name: (*name).to_owned(),
        expression: format!("`{name}`"),
        values: cells.iter().map(|cells| Some(cells[column].to_owned())).collect(),
    });
    let sample = Sample {
        header: Some(header.iter().map(|name| (*name).to_owned()).collect()),
        format: RowFormat::Csv(Delimiters::new(b';', b'"').unwrap()),
        rows: rows.iter().map(|row| row.as_bytes().to_vec()).collect(),
        sources: sources.collect(),
    };
    let facts = FileFacts {
        name: "x.csv".to_owned(),
        delimiter: Some(";".to_owned()),
        names,
        json_root: None,
        json_columns: Vec::new(),
        options: Vec::new(),
    };
    draft(&facts, &sample, &schema, &Mapping::by_name(rules)).unwrap()
}

/// The draft of a file with a header, which must contain each of these lines.
fn with_lines(header: &[&str], rows: &[&str], lines: &[&str]) -> Draft {
    let draft = drafted(header, rows, ColumnNames::File);
    for line in lines {
        assert!(draft.text.contains(line), "{line}\n{}", draft.text);
    }
    draft
}

#[test]
fn a_vendor_s_columns_get_entries_with_their_evidence() {
    let header = ["Ticker", "Date", "Time", "Px", "Side", "Fee"];
    let rows = [
        "BHP;13/10/2014;10:00:05.5;40.2;B;1",
        "CBA;14/10/2014;10:00:06;7;s;2",
    ];
    let lines = [
        "\n[input]\ndelimiter = \";\"\n",
        "\nsymbol = \"`Ticker`\"  # 2 of 2 values fit string; paired by name only\n",
        "\ntime = 'datetime(\"%d/%m/%Y %H:%M:%S%.f\", `Date`, `Time`)'  # 2 of 2 values look like dd/mm/yyyy hh:mm:ss\n",
        "\nprice = \"`Px`\"  # 2 of 2 values fit decimal(18, 6); paired by name only\n",
        "\nside = 'translate(`Side`, {\"B\": \"BUY\", \"s\": \"SELL\"})'  # 2 of 2 values look like names of symbols: B, s\n",
        "\n# venue =   # string or null, by default null; no column\n",
        "\n#   `Fee`: 2 values: integers, such as 1\n",
        "\n# tz = \"Australia/Sydney\"  # required: the times have no zone, so name theirs\n",
    ];
    let draft = with_lines(&header, &rows, &lines);
    assert_eq!(
        (draft.missing, draft.undecided),
        (Vec::new(), vec!["rules.tz".to_owned()])
    );
    assert_eq!(draft.fitting, Some(0));
}

#[test]
fn a_zone_that_is_given_is_in_the_draft() {
    let rules = Rules {
        time_zone: Some(crate::mapping::rules::time_zone("Australia/Sydney").unwrap()),
        ..Rules::default()
    };
    let row = "BHP;2014-03-10 10:00:05;40.2;BUY";
    let draft = drafted_with(
        rules,
        &["symbol", "time", "price", "side"],
        &[row],
        ColumnNames::File,
    );
    assert!(
        draft
            .text
            .contains("\n[rules]\ntz = \"Australia/Sydney\"  # as given\n"),
        "{}",
        draft.text
    );
    assert_eq!((draft.undecided, draft.fitting), (Vec::new(), Some(1)));
}

#[test]
fn a_point_that_may_separate_thousands_is_not_chosen() {
    let price = |values: [&str; 2]| {
        let rows = values.map(|value| format!("BHP;2014-03-10T10:00:05Z;{value};BUY"));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        drafted(&["symbol", "time", "price", "side"], &rows, ColumnNames::File).text
    };
    for in_doubt in [["1.000", "12.000"], ["40.125", "7"]] {
        let text = price(in_doubt);
        assert!(
            text.contains("\n# price: required: decimal(18, 6); choose"),
            "{text}"
        );
        assert!(text.contains("# price = \"`price`\"  # "), "{text}");
        assert!(text.contains("thousands = \".\""), "{text}");
    }
    for certain in [["1.000", "12.00"], ["0.125", "1.000"], ["1", "2"]] {
        let text = price(certain);
        assert!(text.contains("\nprice = \"`price`\"  # 2 of 2 values"), "{text}");
    }
}

#[test]
fn dates_and_numbers_with_two_readings_are_not_chosen() {
    let lines = [
        "# time: required: timestamp-micros; choose, the values can be read in several ways:\n",
        "\n# time = 'datetime(\"%d/%m/%Y %H:%M:%S%.f\", `time`)'  # 1 of 1 value looks like dd/mm/yyyy hh:mm:ss\n",
        "\n# time = 'datetime(\"%m/%d/%Y %H:%M:%S%.f\", `time`)'  # 1 of 1 value looks like mm/dd/yyyy hh:mm:ss\n",
        "\n# price = 'number(`Price`, decimal = \",\")'  # 1 of 1 value looks like numbers with a decimal comma\n",
        "\n# price = 'number(`Price`, thousands = \",\")'  # ",
        "\n# side =   # required: enum",
    ];
    let draft = with_lines(
        &["symbol", "time", "Price", "bid"],
        &["BHP;03/04/2014 10:00:05;1,234;1"],
        &lines,
    );
    assert_eq!(draft.missing, ["time", "price", "side"]);
    assert_eq!(draft.fitting, None);
}

#[test]
fn a_date_that_can_be_read_in_one_way_is_chosen() {
    let rows = ["BHP;03/04/2014 10:00:05;1;BUY", "BHP;13/04/2014 10:00:05;1;BUY"];
    let draft = with_lines(
        &["symbol", "time", "price", "side"],
        &rows,
        &["\ntime = 'datetime(\"%d/%m/%Y %H:%M:%S%.f\", `time`)'  # 2 of 2 values"],
    );
    assert_eq!(draft.missing, Vec::<String>::new());
}

#[test]
fn the_unit_of_numbers_is_offered_and_not_chosen() {
    let draft = with_lines(
        &["symbol", "ts", "price", "side"],
        &["BHP;1394445605516;1;BUY"],
        &[
            "\ntime = \"`ts`\"  # 1 of 1 value looks like milliseconds since 1970; paired by name only\n",
            "\n# time.epoch-unit = \"ms\"  # required: 1 of 1 value",
        ],
    );
    assert_eq!(draft.undecided, ["rules.time.epoch-unit"]);
    assert_eq!(draft.fitting, Some(0));
}

#[test]
fn a_column_that_may_belong_to_two_fields_is_not_chosen() {
    let header = ["symbol", "time", "Trade Price", "Quote Price", "side"];
    let draft = with_lines(
        &header,
        &["BHP;2014-03-10T10:00:05Z;1;2;BUY"],
        &["# price: required: decimal(18, 6); choose, several columns or fields have such a name:\n"],
    );
    assert_eq!(draft.missing, ["price"]);
}

#[test]
fn columns_without_names_are_offered_by_their_values() {
    let rows = ["BHP;2014-03-10T10:00:05Z;1;BUY"];
    let draft = drafted(
        &["column1", "column2", "column3", "column4"],
        &rows,
        ColumnNames::Invented,
    );
    for line in [
        "columns = [\"column1\", \"column2\", \"column3\", \"column4\"]\n",
        "# time: required: timestamp-micros; choose, the only column with such values:\n# time = \"`column2`\"  # ",
        "\n# side = \"`column4`\"  # 1 of 1 value fits",
    ] {
        assert!(draft.text.contains(line), "{line}\n{}", draft.text);
    }
    assert_eq!(draft.missing, ["symbol", "time", "price", "side"]);
}

#[test]
fn a_date_and_a_time_without_names_are_offered_together() {
    let rows = ["03/04/2014;10:00:05.516;40.20;X"];
    let draft = drafted(
        &["column1", "column2", "column3", "column4"],
        &rows,
        ColumnNames::Invented,
    );
    for line in [
        "\n# time = 'datetime(\"%d/%m/%Y %H:%M:%S%.f\", `column1`, `column2`)'  # 1 of 1 value looks like dd/mm/yyyy",
        "\n# time = 'datetime(\"%m/%d/%Y %H:%M:%S%.f\", `column1`, `column2`)'  # 1 of 1 value looks like mm/dd/yyyy",
        "\n#   `column3`: 1 value: decimal numbers, such as 40.20\n",
        "\n#   `column4`: 1 value: texts, such as X\n",
    ] {
        assert!(draft.text.contains(line), "{line}\n{}", draft.text);
    }
}

#[test]
fn rows_that_do_not_fit_are_counted() {
    let header = ["symbol", "time", "price", "side"];
    let draft = with_lines(
        &header,
        &["BHP;2014-03-10T10:00:05Z;1;BUY", "BHP;2014-03-10T10:00:05Z;x;BUY"],
        &[
            "\nprice = \"`price`\"  # 1 of 2 values fit decimal(18, 6), but not `x`: expected a number (decimal(18, 6))\n",
        ],
    );
    assert_eq!((draft.missing, draft.fitting), (Vec::new(), Some(1)));
}

#[test]
fn texts_of_the_file_are_quoted_as_toml_requires() {
    for text in [
        "Price",
        "a \"b\"",
        "it's",
        "it's \"b\"",
        "tab\there",
        "back\\slash",
        "\u{202e}x",
    ] {
        let document = format!("value = {}", text::quoted(text));
        let parsed: toml_edit::Document<String> = document.parse().unwrap();
        assert_eq!(parsed["value"].as_str(), Some(text), "{document}");
        assert!(document.chars().all(crate::escape::is_plain), "{document}");
    }
}

/// The draft for a record with this field, of a column with the same name.
fn one_field(kind: &str, value: &str, rules: Rules) -> Draft {
    let text = format!(r#"{{"type": "record", "name": "R", "fields": [{{"name": "f", "type": {kind}}}]}}"#);
    let schema = RegisteredSchema::from_text("t-value", &text).unwrap();
    let sample = Sample {
        header: Some(vec!["f".to_owned()]),
        format: RowFormat::Csv(Delimiters::RFC_4180),
        rows: vec![value.as_bytes().to_vec()],
        sources: vec![Source {
            name: "f".to_owned(),
            expression: "f".to_owned(),
            values: vec![Some(value.to_owned())],
        }],
    };
    let facts = FileFacts {
        name: "x.csv".to_owned(),
        delimiter: None,
        names: ColumnNames::File,
        json_root: None,
        json_columns: Vec::new(),
        options: vec!["--encoding gbk".to_owned()],
    };
    draft(&facts, &sample, &schema, &Mapping::by_name(rules)).unwrap()
}

const DATE: &str = r#"{"type": "int", "logicalType": "date"}"#;

#[test]
fn a_column_with_values_that_cannot_be_read_is_not_called_absent() {
    for (kind, value, line) in [
        (
            "\"long\"",
            "x",
            "\n# f = \"f\"  # required: long; 0 of 1 value fits long, such as x: expected an integer (long)\n",
        ),
        (
            DATE,
            "soon",
            "\n# f = \"f\"  # required: date; 0 of 1 value fits date, such as soon: expected ",
        ),
    ] {
        let draft = one_field(kind, value, Rules::default());
        assert!(draft.text.contains(line), "{line}\n{}", draft.text);
        assert!(
            !draft.text.contains("no column") && !draft.text.contains("Not used"),
            "{}",
            draft.text
        );
        assert_eq!(draft.missing, ["f"]);
    }
    let optional = one_field("[\"null\", \"long\"], \"default\": null", "x", Rules::default());
    assert_eq!(
        (optional.undecided, optional.fitting),
        (vec!["f".to_owned()], Some(0))
    );
}

#[test]
fn years_of_two_digits_are_offered_with_a_pivot_and_not_chosen() {
    let time = r#"{"type": "long", "logicalType": "timestamp-millis"}"#;
    for (kind, value, lines) in [
        (
            DATE,
            "31.12.14",
            &[
                "# f: required: date; choose, the years have two digits, so name the first year that they mean: pivot:\n\
               # f = 'datetime(\"%d.%m.%y\", f, pivot = 1970)'  # 1 of 1 value looks like dd.mm.yy\n",
            ][..],
        ),
        (
            DATE,
            "13/04/14",
            &[
                "\n# f = 'datetime(\"%d/%m/%y\", f, pivot = 1970)'",
                "\n# f = 'datetime(\"%y/%m/%d\", f, pivot = 1970)'",
            ],
        ),
        (
            time,
            "31/12/14 10:00",
            &["\n# f = 'datetime(\"%d/%m/%y %H:%M\", f, pivot = 1970)'"],
        ),
    ] {
        let draft = one_field(kind, value, Rules::default());
        for line in lines {
            assert!(draft.text.contains(line), "{line}\n{}", draft.text);
        }
        assert_eq!(draft.missing, ["f"], "{value}");
    }
}

#[test]
fn the_meaning_of_numbers_for_dates_and_times_of_day_is_offered() {
    let time = r#"{"type": "int", "logicalType": "time-millis"}"#;
    for (kind, value, lines) in [
        (
            DATE,
            "44442",
            &[
                "\n# f = \"f\"  # 1 of 1 value looks like days as Excel counts them\n",
                "\n# f.integer-date = \"excel\"  # required: 1 of 1 value looks like days as Excel counts them\n",
                "\n# f.integer-date = \"days\"  # required: 1 of 1 value looks like days since 1970\n",
            ][..],
        ),
        (
            time,
            "93003",
            &[
                "\n# f.integer-time = \"hhmmss\"  # required: 1 of 1 value looks like hours, minutes and seconds\n",
            ],
        ),
        // What a format reads is not in doubt.
        (
            DATE,
            "20140310",
            &["\nf = 'datetime(\"%Y%m%d\", f)'  # 1 of 1 value looks like yyyymmdd\n"],
        ),
    ] {
        let draft = one_field(kind, value, Rules::default());
        for line in lines {
            assert!(draft.text.contains(line), "{line}\n{}", draft.text);
        }
    }
}

#[test]
fn a_draft_repeats_the_options_that_it_was_tried_with() {
    use crate::mapping::rules::*;
    let rules = Rules {
        json_encoding: JsonEncoding::Plain,
        decimal_round: Some(Rounding::HalfEven),
        float_nearest: true,
        time_truncate: true,
        time_zone: Some(time_zone("Australia/Sydney").unwrap()),
        clock_change: Some(ClockChange::Earlier),
        epoch_unit: Some(EpochUnit::Seconds),
        epoch_years: "1970-2100".parse().unwrap(),
        integer_date: Some(IntegerDate::Excel),
        integer_time: Some(IntegerTime::Hhmmss),
        bytes_encoding: Some(BytesEncoding::Hex),
        union_branch: None,
        null_tokens: vec![b"NA".to_vec(), br"\N".to_vec()],
        missing_null: true,
        unknown_keys: UnknownKeys::Drop,
    };
    let draft = one_field(DATE, "44442", rules);
    assert_eq!((draft.missing, draft.fitting), (Vec::new(), Some(1)));
    let expected = "
[rules]
tz = \"Australia/Sydney\"  # as given
clock-change = \"earlier\"  # as given
epoch-unit = \"s\"  # as given
epoch-years = \"1970-2100\"  # as given
integer-date = \"excel\"  # as given
integer-time = \"hhmmss\"  # as given
time-truncate = true  # as given
decimal-round = \"half-even\"  # as given
float-nearest = true  # as given
bytes-encoding = \"hex\"  # as given
null-tokens = [\"NA\", '\\N']  # as given
missing-null = true  # as given
ignore-unknown = true  # as given
json-encoding = \"plain\"  # as given
";
    assert!(draft.text.ends_with(expected), "{}", draft.text);
    let options = "\n# The file is read with these options too: --encoding gbk\n";
    assert!(draft.text.contains(options), "{}", draft.text);
}
