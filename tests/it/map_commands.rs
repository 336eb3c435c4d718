//! `k2-produce map`: checking and explaining mapping files. No test needs a broker or a registry.

use crate::support::{Done, TestEnv, fixture};

const MAP: &str = r#"[input]
columns = ["Date", "Time", "Price", "Volume", "Qualifiers", "Venue", "BuyerID"]

[fields]
symbol = '"BHP"'
company_id = 'capture(file_name(), "(\d+)\.csv")'
exchange_timestamp = 'datetime("%d/%m/%Y %H:%M:%S%.f", Date, Time)'
price = "Price"
volume = "Volume"
qualifiers = "Qualifiers"
venue = "Venue"
buyer_id = "BuyerID"
ingestion_timestamp = '"2026-11-26T00:00:00Z"'

[rules]
tz = "Australia/Sydney"
"#;

fn map(env: &TestEnv, command: &str, arguments: &[&str]) -> Done {
    let schema = fixture("schemas/trade.avsc");
    env.run(&[&["map", command, "--schema-file", &schema], arguments].concat())
}

#[test]
fn a_mapping_is_checked_with_and_without_a_file() {
    let env = TestEnv::new();
    env.write("asx.toml", MAP);
    env.write("7078.csv", "10/03/2014,10:00:05.516,40.20,1597,0,A,\n");
    let checked = map(&env, "check", &["--map", "asx.toml"]).expect(0);
    assert!(
        checked.stdout.starts_with("the mapping (9 entries) fits Trade ("),
        "{}",
        checked.stdout
    );
    let checked = map(&env, "check", &["--map", "asx.toml", "7078.csv"]).expect(0);
    assert!(checked.stdout.ends_with(" and 7078.csv\n"), "{}", checked.stdout);
    // Columns of a file that is not there may have any name, or a number.
    env.write(
        "any.toml",
        "[fields]\nvenue = 'column(3)'\nsymbol = 'trade.sym'\n",
    );
    map(&env, "check", &["--map", "any.toml"]).expect(0);
}

#[test]
fn a_wrong_mapping_is_refused_with_its_line() {
    let env = TestEnv::new();
    for (from, to, message) in [
        (
            "price =",
            "prize =",
            "error: m.toml:8:1: the schema has no field `prize`",
        ),
        (
            "\"Venue\"\nbuyer",
            "\"Vanue\"\nbuyer",
            "error: m.toml:11:10: there is no column `Vanue`",
        ),
        ("datetime(\"%d", "datetime(\"%q", "error: m.toml:7:"),
        ("capture(", "captcha(", "error: m.toml:6:15: "),
    ] {
        env.write("m.toml", MAP.replace(from, to));
        map(&env, "check", &["--map", "m.toml"])
            .expect(2)
            .says(message)
            .says("^");
    }
}

#[test]
fn each_field_of_the_first_rows_is_explained() {
    let env = TestEnv::new();
    env.write("asx.toml", MAP);
    let rows =
        "10/03/2014,10:00:05.516,40.20,1597,0,A,\n13/13/2014,10:00:05.516,40.2012345,10,5,\u{1b}B,77\n";
    env.write("7078.csv", rows);
    let explained = map(&env, "explain", &["--map", "asx.toml", "--rows", "1", "7078.csv"]).expect(0);
    for line in [
        "7078.csv:1\n",
        "\n  company_id           7078                     capture(file_name(), \"(\\d+)\\.csv\")\n",
        "\n  exchange             -                        its default\n",
        "\n  buyer_id             (empty)                  BuyerID\n",
        "\n  record: {\"symbol\":\"BHP\",\"company_id\":7078,\"exchange\":\"ASX\",",
        "\"exchange_timestamp\":\"2014-03-09T23:00:05.516Z\",\"price\":\"40.200000\"",
    ] {
        assert!(explained.stdout.contains(line), "{line}\n{}", explained.stdout);
    }
    let explained = map(&env, "explain", &["--map", "asx.toml", "7078.csv"]).expect(1);
    for part in [
        "\n\n7078.csv:2\n",
        "  error\n",
        "\\x1bB",
        "\n  error: `13/13/2014 10:00:05.516` does not fit `exchange_timestamp`",
    ] {
        assert!(explained.stdout.contains(part), "{part}\n{}", explained.stdout);
    }
    assert!(!explained.stdout.contains('\u{1b}'));
}

#[test]
fn rows_without_a_mapping_are_explained_too() {
    for file in ["trades.csv", "trades.jsonl", "trades_crlf.csv"] {
        let env = TestEnv::new();
        let path = fixture(&format!("trades/{file}"));
        let explained = map(&env, "explain", &[&path]).expect(0);
        assert_eq!(
            explained.stdout.matches("\n  record: {\"symbol\":").count(),
            3,
            "{}",
            explained.stdout
        );
    }
}

#[test]
fn what_a_load_refuses_is_refused_with_the_same_words() {
    let env = TestEnv::new();
    env.write(
        "day.avsc",
        r#"{"type":"record","name":"Day","fields":[{"name":"symbol","type":"string"},
            {"name":"trade_date","type":["null","string"],"default":null}]}"#,
    );
    env.write("near.csv", "Sym,TradeDate\nBHP,x\n");
    env.write("extra.csv", "Sym,trade_date,other\nBHP,x,y\n");
    env.write("map.toml", "[fields]\nsymbol = \"Sym\"\n");
    env.write("array.jsonl", "[{\"Sym\": \"BHP\"}]\n");
    let common = ["--map", "map.toml", "--schema-file", "day.avsc"];
    for arguments in [
        &["near.csv"][..],
        &["--strict-columns", "extra.csv"],
        &["--key", "simbol", "extra.csv"],
        &["array.jsonl"],
    ] {
        let errors = [&["schema", "check"][..], &["map", "explain"], &["map", "check"]].map(|command| {
            let done = env.run(&[command, &common, arguments].concat());
            (done.status, done.stderr)
        });
        assert_ne!(errors[0].0, 0, "{}", errors[0].1);
        assert_eq!(errors[0], errors[1]);
        assert_eq!(errors[0], errors[2]);
    }
}

#[test]
fn the_key_and_the_headers_of_a_row_are_shown() {
    let env = TestEnv::new();
    env.write("asx.toml", MAP);
    env.write("7078.csv", "10/03/2014,10:00:05.516,40.20,1597,0,A,\n");
    let arguments = [
        "--map",
        "asx.toml",
        "7078.csv",
        "--header",
        "of={exchange}/{venue}",
        "--header",
        "x=\u{1b}",
    ];
    let explained = map(&env, "explain", &arguments).expect(0);
    let end = "\n  key: BHP\n  header of: ASX/A\n  header x: \\x1b\n";
    assert!(explained.stdout.ends_with(end), "{}", explained.stdout);
    let explained = map(
        &env,
        "explain",
        &[&arguments[..3], &["--key", "{symbol}-{company_id}"]].concat(),
    );
    assert!(
        explained.stdout.ends_with("\n  key: BHP-7078\n"),
        "{}",
        explained.stdout
    );
    let explained = map(&env, "explain", &[&arguments[..3], &["--no-key"]].concat());
    assert!(!explained.stdout.contains("key: "), "{}", explained.stdout);
}

#[test]
fn options_without_an_effect_on_a_mapping_are_refused() {
    let env = TestEnv::new();
    env.write("x.csv", "symbol\nBHP\n");
    for option in [["--from", "x.csv:2"], ["--limit", "1"]] {
        map(&env, "explain", &[&option[..], &["x.csv"]].concat())
            .expect(2)
            .says("selects the rows of a load");
    }
    for option in ["--provenance", "--allow-expired", "--fail-on-empty"] {
        for command in ["explain", "check"] {
            map(&env, command, &[option, "x.csv"])
                .expect(2)
                .says(&format!("`{option}` has no effect on a mapping"));
        }
    }
}
