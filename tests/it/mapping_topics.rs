//! `topic` in `[message]` of a mapping file: the rows of one run go to several topics. Python's client judges what is on
//! them.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::stack::stack;
use crate::support::{TestEnv, done, repository};

const HEADER: &str =
    "symbol,company_id,exchange,exchange_timestamp,price,volume,qualifiers,venue,ingestion_timestamp\n";

fn row(symbol: &str, exchange: &str) -> String {
    format!("{symbol},7078,{exchange},2014-03-10T00:00:00Z,40.20,1,0,A,2026-11-26T00:00:00Z\n")
}

/// The partitions and keys of the messages of a topic, in the order of its partitions.
fn keys(topic: &str) -> Vec<(u64, String)> {
    let raw = done(
        Command::new(repository("tests/stack/python"))
            .arg(repository("tests/judges/raw_messages.py"))
            .args([&stack().bootstrap_servers, topic]),
    )
    .expect(0)
    .json();
    let text = |hexadecimal: &str| {
        let bytes = hexadecimal.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        String::from_utf8(bytes.map(byte).collect()).unwrap()
    };
    let messages = raw.as_array().unwrap().iter();
    messages
        .map(|message| {
            let key = message["key"].as_str().unwrap();
            (message["partition"].as_u64().unwrap(), text(key))
        })
        .collect()
}

fn map(asx: &str, nyse: &str) -> String {
    format!(
        "[fields]\nexchange = 'upper(exchange)'\n\n[message]\ntopic = 'translate(exchange, topics)'\n\n\
         [translations.topics]\nasx = \"{asx}\"\nnyse = \"{nyse}\"\n"
    )
}

#[test]
fn rows_go_to_the_topics_that_the_mapping_chooses() {
    let env = TestEnv::new();
    let asx = stack().topic("asx", 1, "schemas/trade.avsc");
    let nyse = stack().topic("nyse", 3, "schemas/trade.avsc");
    env.write("map.toml", map(&asx, &nyse));
    let rows = [
        row("BHP", "asx"),
        row("IBM", "nyse"),
        row("SAP", "xetra"),
        row("CBA", "asx"),
        row("GE", "nyse"),
        row("BHP", "asx"),
    ];
    env.write("t.csv", HEADER.to_owned() + &rows.concat());
    let load = ["--map", "map.toml", "t.csv"];
    let dry = env
        .run_on_stack(&[&load[..], &["--dry-run", "--max-errors", "1"]].concat())
        .expect(1);
    let dry = dry.says("dry run: 6 rows: 5 fit, 1 rejected");
    dry.says(&format!("     3  {asx}"))
        .says(&format!("     2  {nyse}"));

    // Headers make messages go one by one; both ways of handing over are tried.
    for (loads, more) in [(1, &[][..]), (2, &["--provenance"])] {
        let options = ["--max-errors", "1", "--summary", "json"];
        let ended = env.run_on_stack(&[&load[..], &options, more].concat()).expect(1);
        let ended = ended.says("6 rows: 5 delivered, 1 rejected");
        let ended = ended.says(&format!("2 topics ({asx}, {nyse}), 4 partitions"));
        let ended = ended.says(&format!("     3  {asx}"));
        let summary = ended.json();
        assert_eq!(summary["topic"], Value::Null);
        let rows = |delivered: u64| json!({"delivered": delivered, "failed": 0, "unknown": 0, "unsent": 0, "tombstones": 0});
        let topics = summary["topics"].as_array().unwrap();
        let found: Vec<_> = topics
            .iter()
            .map(|topic| (&topic["name"], &topic["rows"]))
            .collect();
        assert_eq!(found, [(&json!(asx), &rows(3)), (&json!(nyse), &rows(2))]);
        let grown = |topic: &Value| -> i64 {
            let partitions = topic["partitions"].as_array().unwrap().iter();
            let grown = |partition: &Value| {
                partition["offset_after"].as_i64().unwrap() - partition["offset_before"].as_i64().unwrap()
            };
            partitions.map(grown).sum()
        };
        assert_eq!(topics.iter().map(grown).collect::<Vec<_>>(), [3, 2]);
        let on_asx = keys(&asx);
        let of_one_load = ["BHP", "CBA", "BHP"].map(|key| (0, key.to_owned()));
        assert_eq!(on_asx, vec![of_one_load; loads].concat());
        assert_eq!(keys(&nyse).len(), 2 * loads);
    }

    // An option wins. A key has the same partition on every topic with as many partitions.
    let single = stack().topic("single", 3, "schemas/trade.avsc");
    env.run_on_stack(&[&load[..], &["--topic", &single]].concat())
        .expect(0);
    let mut on_nyse = keys(&nyse);
    assert_eq!((keys(&asx).len(), on_nyse.len(), keys(&single).len()), (6, 4, 6));
    on_nyse.dedup();
    assert_eq!(on_nyse.len(), 2);
    assert!(on_nyse.iter().all(|message| keys(&single).contains(message)));
}

#[test]
fn listed_topics_bound_an_expression_that_depends_on_the_row() {
    let env = TestEnv::new();
    let topic = stack().topic("listed", 1, "schemas/trade.avsc");
    env.write(
        "map.toml",
        "[message]\ntopic = 'exchange'\n[fields]\nexchange = '\"ASX\"'\n",
    );
    env.write(
        "t.csv",
        HEADER.to_owned() + &row("BHP", &topic) + &row("CBA", "elsewhere"),
    );
    env.run_on_stack(&["--map", "map.toml", "t.csv"])
        .expect(2)
        .says("map.toml:2:10: the topics that this gives are not known before the rows are read")
        .says("list the topics with `--topics`");
    env.run_on_stack(&["--map", "map.toml", "--topics", &topic, "t.csv"])
        .expect(3)
        .says("`elsewhere`")
        .says(&format!("not a topic of this run; its topics are {topic}"));
    assert_eq!(keys(&topic), [(0, "BHP".to_owned())]);
    env.run_on_stack(&["--map", "map.toml", "--topics", "a,b", "--topic", &topic, "t.csv"])
        .expect(2);
    env.run_on_stack(&["--map", "map.toml", "--topics", "a, b c", "t.csv"])
        .expect(2)
        .says("`--topics`: `b c` cannot be the name of a topic");
    // What is wrong with a row because of its topic names the topic.
    let other = stack().topic("three", 3, "schemas/trade.avsc");
    let both = format!("{topic},{other}");
    env.write(
        "map.toml",
        "[message]\ntopic = 'exchange'\npartition = 'volume'\n[fields]\nexchange = '\"ASX\"'\n",
    );
    env.write(
        "p.csv",
        HEADER.to_owned() + &row("BHP", &other) + &row("CBA", &topic),
    );
    env.run_on_stack(&["--map", "map.toml", "--topics", &both, "p.csv"])
        .expect(3)
        .says(&format!("the topic has no partition 1; it has 1, from 0 to 0; computed by `volume`; the topic is `{topic}`"))
        .says("everything before p.csv:3 is on the topics (1 row)");
    env.write("map.toml", "[fields]\nexchange = '\"ASX\"'\n");
    env.run_on_stack(&["--map", "map.toml", "--topics", &topic, "t.csv"])
        .expect(2)
        .says("`--topics` lists the topics that a mapping may choose");
    env.run_on_stack(&["--map", "map.toml", "t.csv"])
        .expect(2)
        .says("no topic is given");
}

#[test]
fn every_topic_and_its_schema_is_looked_at_before_the_first_row() {
    let env = TestEnv::new();
    let topic = stack().topic("there", 1, "schemas/trade.avsc");
    let other = stack().topic("other", 1, "schemas/quote_v2.avsc");
    env.write("t.csv", HEADER.to_owned() + &row("BHP", "asx"));
    let load = ["--map", "map.toml", "t.csv"];
    env.write("map.toml", map(&topic, "k2.no.such.topic"));
    env.run_on_stack(&load)
        .expect(2)
        .says("map.toml:5:10: topic `k2.no.such.topic` does not exist")
        .says("^^^^^");
    env.write("map.toml", map(&topic, "not a topic"));
    env.run_on_stack(&load)
        .expect(2)
        .says("map.toml:5:10: `not a topic` cannot be the name of a topic");
    env.write("map.toml", map(&topic, &other));
    env.run_on_stack(&load)
        .expect(2)
        .says("map.toml:5:10: the subjects")
        .says("have different schemas, and the rows of a run have one");
    assert_eq!(keys(&topic), []);
    // With one subject for all, the schemas of the topics do not matter.
    let subject = format!("{topic}-value");
    env.run_on_stack(&[&load[..], &["--subject", &subject]].concat())
        .expect(0);
    assert_eq!(keys(&topic), [(0, "BHP".to_owned())]);
}
