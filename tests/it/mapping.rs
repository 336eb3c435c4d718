//! Vendors' files loaded with a mapping: the records are those of the same rows in the schema's own columns.

use serde_json::Value;

use crate::support::TestEnv;
use crate::support::stack::stack;

const ASX: &str = r#"
[input]
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

fn values(topic: &str) -> Vec<Value> {
    let records = stack().dump(topic);
    records.iter().map(|record| record["value"].clone()).collect()
}

/// Rows of a vendor's file, and the same trades in the schema's columns.
fn asx_trades(count: u32) -> (String, String) {
    let mut vendor = String::new();
    let header =
        "symbol,company_id,exchange_timestamp,price,volume,qualifiers,venue,buyer_id,ingestion_timestamp\n";
    let mut own = header.to_owned();
    for number in 0..count {
        let (minute, second, milli) = (number / 60 % 60, number % 60, number * 7 % 1000);
        let price = format!("{}.{:02}", 40 + number % 3, number % 100);
        let buyer = if number % 4 == 0 {
            number.to_string()
        } else {
            String::new()
        };
        let venue = if number % 2 == 0 { "A" } else { "B" };
        let (volume, qualifiers) = (number + 1, number % 9);
        vendor.push_str(&format!(
            "10/03/2014,10:{minute:02}:{second:02}.{milli:03},{price},{volume},{qualifiers},{venue},{buyer}\n"
        ));
        own.push_str(&format!(
            "BHP,7078,2014-03-10T10:{minute:02}:{second:02}.{milli:03}+11:00,{price},{volume},{qualifiers},{venue},\
             {buyer},2026-11-26T00:00:00Z\n"
        ));
    }
    (vendor, own)
}

#[test]
fn a_mapped_file_has_the_records_of_its_trades() {
    let env = TestEnv::new();
    let (vendor, own) = asx_trades(2_000);
    env.write("7078.csv", vendor);
    env.write("own.csv", own);
    env.write("asx.toml", ASX);
    let topics = ["mapped", "own"].map(|name| stack().topic(name, 1, "schemas/trade.avsc"));
    env.run_on_stack(&["--topic", &topics[0], "--map", "asx.toml", "7078.csv"])
        .expect(0)
        .says("2,000 rows: 2,000 delivered");
    env.run_on_stack(&["--topic", &topics[1], "own.csv"]).expect(0);
    let mapped = values(&topics[0]);
    assert_eq!(mapped.len(), 2_000);
    assert_eq!(mapped, values(&topics[1]));
}

#[test]
fn json_rows_are_mapped_by_the_same_expressions() {
    let env = TestEnv::new();
    let (vendor, own) = asx_trades(50);
    env.write("own.csv", own);
    let names = [
        "Date",
        "Time",
        "Price",
        "Volume",
        "Qualifiers",
        "Venue",
        "BuyerID",
    ];
    let rows = vendor.lines().map(|line| {
        let pairs = names.iter().zip(line.split(','));
        let pairs = pairs.map(|(name, cell)| match (*name, cell) {
            (_, "") => format!("\"{name}\": null"),
            ("Price" | "Volume" | "Qualifiers", number) => format!("\"{name}\": {number}"),
            (_, text) => format!("\"{name}\": \"{text}\""),
        });
        format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(", "))
    });
    env.write("7078.jsonl", rows.collect::<String>());
    let fields = ASX
        .split_once("[fields]")
        .unwrap()
        .1
        .replace("\\.csv", "\\.jsonl");
    env.write("asx.toml", format!("[fields]{fields}"));
    let topics = ["mapped", "own"].map(|name| stack().topic(name, 1, "schemas/trade.avsc"));
    env.run_on_stack(&["--topic", &topics[0], "--map", "asx.toml", "7078.jsonl"])
        .expect(0);
    env.run_on_stack(&["--topic", &topics[1], "own.csv"]).expect(0);
    assert_eq!(values(&topics[0]), values(&topics[1]));
}

#[test]
fn bad_rows_of_a_mapped_file_are_shown_kept_and_loaded_as_they_are_in_the_file() {
    let env = TestEnv::new();
    let topic = stack().topic("mapped", 1, "schemas/trade.avsc");
    let (vendor, _) = asx_trades(4);
    let mut lines: Vec<String> = vendor.lines().map(str::to_owned).collect();
    let good = lines.clone();
    lines[1] = good[1].replace("10/03/2014", "10/13/2014");
    lines[3] = good[3].replace(",4,", ",4x,");
    env.write("7078.csv", lines.join("\n") + "\n");
    env.write("asx.toml", ASX);
    let load = ["--topic", &topic, "--map", "asx.toml"];
    let done = env.run_on_stack(
        &[
            &load[..],
            &["--max-errors", "100%", "--show-errors", "all", "7078.csv"],
        ]
        .concat(),
    );
    done.expect(1)
        .says("error: 7078.csv:2: `10/13/2014 10:00:01.007` does not fit `exchange_timestamp` (column 1): ")
        .says(" 2 | 10/13/2014,10:00:01.007,41.01,2,1,B,\n   | ^^^^^^^^^^\n")
        .says("error: 7078.csv:4: `4x` does not fit `volume` (column 4): expected an integer (long)\n")
        .says("4 rows: 2 delivered, 2 rejected");
    let topic = stack().topic("mapped", 1, "schemas/trade.avsc");
    let load = ["--topic", &topic, "--map", "asx.toml"];
    env.run_on_stack(&[&load[..], &["--rejects", "bad/", "7078.csv"]].concat())
        .expect(1);
    assert_eq!(env.read("bad/7078.csv"), format!("{}\n{}\n", lines[1], lines[3]));
    env.write("bad/7078.csv", format!("{}\n{}\n", good[1], good[3]));
    env.run_on_stack(&[&load[..], &["bad/7078.csv"]].concat())
        .expect(0);
    assert_eq!(values(&topic).len(), 4);
}

#[test]
fn a_mapping_that_cannot_be_used_ends_the_run_before_the_first_row() {
    let env = TestEnv::new();
    env.write("7078.csv", asx_trades(1).0);
    for (text, said) in [
        ("[fields\n", "error: asx.toml:1:8: "),
        (
            "[fields]\nprise = \"Price\"\n",
            "error: asx.toml:2:1: the schema has no field `prise`\n 2 | prise = \"Price\"\n   | ^^^^^\nhint: did you mean `price`?\n",
        ),
        (
            "[input]\ndelimiter = \"pipe\"\n",
            "error: asx.toml:2:13: expected one ASCII character",
        ),
        (
            "[rules]\ntz = \"Sydney\"\n",
            "error: asx.toml:2:6: `Sydney` is not a time zone in the IANA database",
        ),
    ] {
        env.write("asx.toml", text);
        env.dry_run(&["--map", "asx.toml", "7078.csv"])
            .expect(2)
            .says(said);
    }
    env.write("asx.toml", ASX);
    env.dry_run(&["--map", "asx.toml", "--rejects", "bad.csv", "7078.csv"])
        .expect(2)
        .says("error: the mapping uses the name of the file, which the rows in a rejects file would lose\n");
    env.dry_run(&["--map", "gone.toml", "7078.csv"])
        .expect(2)
        .says("error: gone.toml: the mapping file cannot be read: ");
    env.write("asx.toml", [b'[', 0xff]);
    env.dry_run(&["--map", "asx.toml", "7078.csv"])
        .expect(2)
        .says("error: asx.toml: the mapping file is not UTF-8");
    env.dry_run(&["--map", "asx.toml", "--rejects", "asx.toml", "7078.csv"])
        .expect(2)
        .says("`--rejects asx.toml` is the same file as `--map asx.toml`");
}
