//! `k2-produce map init`: what it drafts loads as it is, or says what is missing. No test needs a broker or a registry.

use std::path::{Path, PathBuf};

use crate::support::{Done, TestEnv, fixture, repository};

/// Every file with rows in the fixtures and the recipes, with the schema of its topic.
fn files() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for name in [
        "trades.csv",
        "trades.jsonl",
        "trades_bad.csv",
        "trades_crlf.csv",
        "broken_quote.csv",
    ] {
        files.push((
            PathBuf::from(fixture(&format!("trades/{name}"))),
            fixture("schemas/trade.avsc"),
        ));
    }
    for name in ["trades_v2.csv", "trades_v2.jsonl"] {
        files.push((
            PathBuf::from(fixture(&format!("trades/{name}"))),
            fixture("schemas/trade_v2.avsc"),
        ));
    }
    for (name, schema) in [
        ("asx/trades/7078.csv", "trade.avsc"),
        ("asx/quotes/7078.csv", "quote_v2.avsc"),
        ("binance/BTCUSDT-trades-2024-12-31.csv", "trade_v2.avsc"),
        ("binance/BTCUSDT-trades-2025-01-02.csv", "trade_v2.avsc"),
        ("binance/ETHUSDT-trades-2025-01-02.csv", "trade_v2.avsc"),
        ("databento/trades.csv", "trade_v2.avsc"),
        (
            "lobster/messages/AAPL_2012-06-21_34200000_57600000_message_10.csv",
            "trade_v2.avsc",
        ),
        ("polygon/2023-03-28.csv", "trade_v2.avsc"),
        ("taq/daily/EQY_US_ALL_TRADE_20180730.psv", "trade_v2.avsc"),
        ("tardis/trades.csv", "trade_v2.avsc"),
        ("truefx/EURUSD-2016-05.csv", "quote_v2.avsc"),
    ] {
        let file = repository("docs/recipes").join(name);
        files.push((file, fixture(&format!("schemas/{schema}"))));
    }
    files
}

/// `--format csv` for files whose names do not say it.
fn format_of(file: &Path) -> &'static [&'static str] {
    match file.extension().and_then(|end| end.to_str()) {
        Some("psv") => &["--format", "csv"],
        _ => &[],
    }
}

/// Drafts a mapping into `draft.toml`.
fn draft(env: &TestEnv, schema: &str, arguments: &[&str]) -> Done {
    let first = ["map", "init", "--schema-file", schema, "--output", "draft.toml"];
    env.run(&[&first, arguments].concat())
}

/// `12 of the first 1,000 rows fit`: the two numbers.
fn fitting(done: &Done) -> (u64, u64) {
    let line = done
        .stderr
        .lines()
        .find(|line| line.contains(" of the first "))
        .unwrap_or_else(|| panic!("{}", done.stderr));
    let numbers: Vec<u64> = line
        .split(' ')
        .filter_map(|word| word.replace(',', "").parse().ok())
        .collect();
    (numbers[0], numbers[1])
}

#[test]
fn what_is_drafted_loads_or_says_what_is_missing() {
    let mut loaded = Vec::new();
    for (file, schema) in files() {
        let env = TestEnv::new();
        let path = file.to_str().unwrap();
        let (name, format) = (file.file_name().unwrap().to_str().unwrap(), format_of(&file));
        let drafted = draft(&env, &schema, &[format, &[path]].concat());
        if name == "broken_quote.csv" {
            // Its rows cannot be read, with or without a mapping.
            drafted.expect(3).says("broken_quote.csv:");
            continue;
        }
        let text = env.read("draft.toml");
        let map = ["--map", "draft.toml", "--schema-file", &schema, path];
        let checked = env.run(&[&["map", "check"], format, &map].concat());
        let run = [
            "--topic",
            "t",
            "--dry-run",
            "--max-errors",
            "100%",
            "--limit",
            "1000",
        ];
        let dry_run = env.run(&[&run, format, &map].concat());
        if drafted.stderr.contains("cannot be used yet") {
            assert_eq!(drafted.status, 1, "{name}: {}", drafted.stderr);
            let (_, missing) = drafted.stderr.split_once("requires a source for ").unwrap();
            for field in missing.lines().next().unwrap().split('`').skip(1).step_by(2) {
                let commented = text
                    .lines()
                    .any(|line| line.starts_with(&format!("# {field}")) && line.contains("required: "));
                assert!(commented, "{name}: {field}\n{text}");
            }
            // Without any entry, the columns of the file fit no field.
            assert!(matches!(checked.status, 2 | 3), "{name}: {}", checked.stderr);
            assert_eq!(dry_run.status, checked.status, "{name}: {}", dry_run.stderr);
            continue;
        }
        assert_eq!(checked.status, 0, "{name}: {}\n{text}", checked.stderr);
        let (good, of) = fitting(&drafted);
        assert_eq!(drafted.status, i32::from(good < of), "{name}: {}", drafted.stderr);
        if good == of {
            assert_eq!(dry_run.status, 0, "{name}: {}\n{text}", dry_run.stderr);
            loaded.push(name.to_owned());
        } else {
            assert_ne!(dry_run.status, 0, "{name}: {}\n{text}", dry_run.stderr);
        }
    }
    let fixtures = [
        "trades.csv",
        "trades.jsonl",
        "trades_crlf.csv",
        "trades_v2.csv",
        "trades_v2.jsonl",
    ];
    assert_eq!(loaded, fixtures);
}

const VENDOR: &str = "Ticker;Company ID;Date;Time;Trade Price;Volume;Qualifiers;Venue
BHP;7078;13/03/2014;10:00:05.516;40,20;1597;0;A
CBA;7019;14/03/2014;10:00:06;71,05;12;0;B
";

#[test]
fn a_vendor_s_file_loads_once_its_draft_is_completed() {
    let env = TestEnv::new();
    env.write("vendor.csv", VENDOR);
    let schema = fixture("schemas/trade.avsc");
    draft(&env, &schema, &["vendor.csv"])
        .expect(1)
        .says("draft.toml cannot be used yet: Trade requires a source for `ingestion_timestamp`")
        .says("to be decided: `rules.tz`; see the comments that offer it");
    // As an editor would: the offers are commented lines.
    let draft = env.read("draft.toml");
    let completed = draft
        .replace("# ingestion_timestamp =", "ingestion_timestamp =")
        .replace("# tz =", "tz =");
    env.write("vendor.toml", completed);
    let arguments = ["--map", "vendor.toml", "vendor.csv"];
    env.dry_run(&arguments).expect(0).says("2 rows: 2 fit");
    let explained = env
        .run(&[&["map", "explain", "--schema-file", &schema], &arguments[..]].concat())
        .expect(0);
    for part in [
        "\"symbol\":\"BHP\"",
        "\"exchange_timestamp\":\"2014-03-12T23:00:05.516Z\"",
        "\"price\":\"40.200000\"",
    ] {
        assert!(explained.stdout.contains(part), "{part}\n{}", explained.stdout);
    }
}

#[test]
fn keys_of_json_rows_are_mapped_by_their_paths() {
    let env = TestEnv::new();
    let row = r#"{"sym":"BHP","company id":7078,"t":{"exchange_timestamp":"2014-03-10T10:00:05Z"},"px":"40.2","vol":1,"qualifiers":0,"venue":"A","ingestion_timestamp":"2014-03-10T10:00:06Z","fee":1}"#;
    env.write("vendor.jsonl", format!("{row}\n"));
    draft(&env, &fixture("schemas/trade.avsc"), &["vendor.jsonl"]);
    let text = env.read("draft.toml");
    for line in [
        "\nsymbol = \"sym\"  # 1 of 1 value fits string; paired by name only\n",
        "\ncompany_id = \"`company id`\"  # 1 of 1 value fits int\n",
        "\n#   fee: 1 value: integers, such as 1\n",
        "\nignore-unknown = true  # drops the values that are not used\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn a_file_or_a_schema_of_any_size_ends_in_time() {
    let env = TestEnv::new();
    let names: Vec<String> = (0..100_000).map(|number| format!("c{number}")).collect();
    env.write("wide.csv", format!("{}\n", names.join(",")));
    let schema = fixture("schemas/trade.avsc");
    draft(&env, &schema, &["wide.csv"])
        .expect(2)
        .says("the file has 100,000 columns, and mappings are drafted for up to 500");
    let fields: Vec<String> = (0..501)
        .map(|number| format!(r#"{{"name":"c{number}","type":"long"}}"#))
        .collect();
    env.write(
        "wide.avsc",
        format!(
            r#"{{"type":"record","name":"W","fields":[{}]}}"#,
            fields.join(",")
        ),
    );
    draft(&env, "wide.avsc", &["wide.csv"])
        .expect(2)
        .says("the schema has 501 fields, and");
    // As many as are allowed, and keys that are data.
    env.write(
        "500.avsc",
        format!(
            r#"{{"type":"record","name":"W","fields":[{}]}}"#,
            fields[..500].join(",")
        ),
    );
    env.write(
        "500.csv",
        format!("{}\n{}\n", names[..500].join(","), vec!["1"; 500].join(",")),
    );
    draft(&env, "500.avsc", &["500.csv"])
        .expect(0)
        .says("1 of the first 1 row fits");
    let keys: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
    env.write(
        "keys.jsonl",
        format!("{{\"symbol\":\"BHP\",\"keys\":{{{}}}}}\n", keys.join(",")),
    );
    let drafted = env.run(&[
        "map",
        "init",
        "--schema-file",
        &schema,
        "--max-row-bytes",
        "100000000",
        "keys.jsonl",
    ]);
    assert!(
        drafted.stdout.contains("\nsymbol = \"symbol\""),
        "{}",
        drafted.stdout
    );
}

#[test]
fn options_say_what_is_otherwise_recognized() {
    let env = TestEnv::new();
    env.write("vendor.csv", VENDOR.replace(';', "|"));
    let schema = fixture("schemas/trade.avsc");
    let drafted = env.run(&[
        "map",
        "init",
        "--schema-file",
        &schema,
        "--delimiter",
        "|",
        "--tz",
        "UTC",
        "vendor.csv",
    ]);
    assert!(
        drafted.stdout.contains("[input]\ndelimiter = \"|\"\n"),
        "{}",
        drafted.stdout
    );
    let zone = "\ntz = \"UTC\"  # as given\n";
    assert!(drafted.stdout.contains(zone), "{}", drafted.stdout);
    env.write("draft.toml", "");
    draft(&env, &schema, &["vendor.csv"])
        .expect(2)
        .says("draft.toml: exists, and is not overwritten");
    env.run(&[
        "map",
        "init",
        "--schema-file",
        &schema,
        "--map",
        "draft.toml",
        "vendor.csv",
    ])
    .expect(2)
    .says("`map init` writes a mapping and does not read one");
    env.write("long.avsc", "\"long\"");
    env.run(&["map", "init", "--schema-file", "long.avsc", "vendor.csv"])
        .expect(2)
        .says("the root type is long, not a record");
}

const SECONDS: &str =
    "symbol;company_id;exchange_timestamp;price;volume;qualifiers;venue;ingestion_timestamp;Fee
BHP;7078;1394445605.5;40,20;NA;0;A;1394445606;1
";

#[test]
fn a_draft_loads_without_the_options_that_it_was_made_with() {
    let env = TestEnv::new();
    let rows =
        SECONDS.replace("NA", "1597").replace("40,20", "40.20000001") + "CBA;12;NA;1;1;0;B;1394445606;2\n";
    env.write("seconds.csv", rows);
    let schema = fixture("schemas/trade.avsc");
    let options = [
        "--epoch-unit",
        "s",
        "--decimal-round",
        "half-even",
        "--null-token",
        "NA",
        "--delimiter",
        ";",
        "--ignore-column",
        "Fee",
        "seconds.csv",
    ];
    draft(&env, &schema, &options)
        .expect(1)
        .says("1 of the first 2 rows fit with draft.toml");
    let text = env.read("draft.toml");
    let needed = "\n# The file is read with these options too: --ignore-column Fee\n";
    assert!(text.contains(needed), "{text}");
    env.dry_run(&["--map", "draft.toml", "--max-errors", "1", "seconds.csv"])
        .expect(1)
        .says("2 rows: 1 fit, 1 rejected");
}

#[test]
fn columns_whose_names_are_not_in_the_file_are_named_by_an_option_or_the_draft() {
    let env = TestEnv::new();
    env.write("bare.csv", "BHP,2014-03-10,x\nCBA,2014-03-11,y\n");
    env.write(
        "day.avsc",
        r#"{"type":"record","name":"Day","fields":[{"name":"symbol","type":"string"},
            {"name":"day","type":{"type":"int","logicalType":"date"}},{"name":"price","type":"double"}]}"#,
    );
    draft(&env, "day.avsc", &["bare.csv"]).expect(1).says(
        "hint: the file has no header; if you name its columns with `--columns NAME,...`, they are paired",
    );
    let unfinished = [
        "map",
        "check",
        "--schema-file",
        "day.avsc",
        "--map",
        "draft.toml",
        "bare.csv",
    ];
    let refused = env.run(&unfinished).expect(3);
    assert!(!refused.stderr.contains("--columns"), "{}", refused.stderr);
    refused.says("hint: each field without a default needs an entry in the mapping's `[fields]`");
    let named = env.run(&[
        "map",
        "init",
        "--schema-file",
        "day.avsc",
        "--columns",
        "symbol,day,price",
        "bare.csv",
    ]);
    assert_eq!(named.status, 1, "{}", named.stderr);
    for line in [
        "\nday = \"day\"  # 2 of 2 values fit date\n",
        "\n# price = \"price\"  # required: double; 0 of 2 values fit double, such as x: ",
    ] {
        assert!(named.stdout.contains(line), "{line}\n{}", named.stdout);
    }
}

#[test]
fn a_log_of_keys_and_values_is_refused_with_what_to_write() {
    let env = TestEnv::new();
    for (log, separator, quotes) in [
        ("session.log", "|", "'"),
        ("session-soh.log", "\\u0001", "\"\"\""),
    ] {
        let log = repository(&format!("docs/recipes/fix/{log}"));
        draft(
            &env,
            &fixture("schemas/trade_v2.avsc"),
            &["--format", "csv", log.to_str().unwrap()],
        )
        .expect(2)
        .says("its lines are keys with values, such as `9=60`, so it has no columns")
        .says(&format!(
            "each line is one column, and `{quotes}key_value(Line, \"9\", \"{separator}\"){quotes}` is a value in it"
        ));
    }
}

#[test]
fn a_draft_for_json_has_the_path_to_the_rows_and_the_names_of_their_values() {
    let env = TestEnv::new();
    env.write(
        "t.avsc",
        r#"{"type":"record","name":"T","fields":[{"name":"price","type":"double"},{"name":"size","type":"long"}]}"#,
    );
    env.write("t.json", r#"{"data":{"rows":[[40.2,7],[40.3,8]]}}"#);
    let options = ["--json-root", "data.rows[*]", "--columns", "price,size", "t.json"];
    draft(&env, "t.avsc", &options).expect(0);
    let text = env.read("draft.toml");
    let input = "[input]\njson-root = \"data.rows[*]\"\ncolumns = [\"price\", \"size\"]\n";
    assert!(
        text.contains(input) && !text.contains("with these options"),
        "{text}"
    );
    let load = [
        "--topic",
        "t",
        "--dry-run",
        "--schema-file",
        "t.avsc",
        "--map",
        "draft.toml",
        "t.json",
    ];
    env.run(&load).expect(0).says("2 rows: 2 fit");
}
