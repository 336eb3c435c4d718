//! The recipes of docs/recipes: their commands load their files as documented, and the records, read in Python by
//! confluent-kafka and fastavro, are those that Python's own modules read from the files.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::stack::stack;
use crate::support::{TestEnv, done, repository};

/// The topics that the recipes name, and the schema of each.
const TOPICS: [(&str, &str); 3] = [
    ("market.trades.raw", "schemas/trade.avsc"),
    ("market.trades.v2", "schemas/trade_v2.avsc"),
    ("market.quotes.v2", "schemas/quote_v2.avsc"),
];

/// The files that a recipe loads onto one topic, in this order, each with its kind for the witness.
type Loads = &'static [(&'static str, &'static [(&'static str, &'static str)])];

const RECIPES: [(&str, Loads); 15] = [
    (
        "asx",
        &[
            ("market.trades.raw", &[("asx-trades", "trades/7078.csv")]),
            ("market.quotes.v2", &[("asx-quotes", "quotes/7078.csv")]),
        ],
    ),
    ("tardis", &[("market.trades.v2", &[("tardis", "trades.csv")])]),
    (
        "binance",
        &[(
            "market.trades.v2",
            &[
                ("binance-spot-ms", "BTCUSDT-trades-2024-12-31.csv"),
                ("binance-spot-us", "BTCUSDT-trades-2025-01-02.csv"),
                ("binance-futures", "ETHUSDT-trades-2025-01-02.csv"),
            ],
        )],
    ),
    (
        "truefx",
        &[("market.quotes.v2", &[("truefx", "EURUSD-2016-05.csv")])],
    ),
    (
        "lobster",
        &[(
            "market.trades.v2",
            &[(
                "lobster",
                "messages/AAPL_2012-06-21_34200000_57600000_message_10.csv",
            )],
        )],
    ),
    (
        "polygon",
        &[("market.trades.v2", &[("polygon", "2023-03-28.csv")])],
    ),
    (
        "databento",
        &[("market.trades.v2", &[("databento", "trades.csv")])],
    ),
    (
        "taq",
        &[(
            "market.trades.v2",
            &[("taq", "daily/EQY_US_ALL_TRADE_20180730.psv")],
        )],
    ),
    ("kraken", &[("market.trades.v2", &[("kraken", "trades.json")])]),
    (
        "binance-rest",
        &[("market.trades.v2", &[("binance-rest", "BNBBTC.json")])],
    ),
    (
        "coinbase",
        &[("market.trades.v2", &[("coinbase", "messages.jsonl")])],
    ),
    ("bybit", &[("market.trades.v2", &[("bybit", "messages.jsonl")])]),
    ("okx", &[("market.trades.v2", &[("okx", "messages.jsonl")])]),
    ("deribit", &[("market.trades.v2", &[("deribit", "trades.json")])]),
    (
        "fix",
        &[(
            "market.trades.v2",
            &[("fix", "session.log"), ("fix-soh", "session-soh.log")],
        )],
    ),
];

/// A copy of a recipe's folder, with topics of its own.
struct Recipe {
    env: TestEnv,
    script: String,
    topics: Vec<(&'static str, String)>,
    loads: Loads,
}

impl Recipe {
    fn new(name: &str) -> Recipe {
        let (_, loads) = RECIPES.iter().find(|(known, _)| *known == name).unwrap();
        let env = TestEnv::new();
        copy_folder(&repository("docs/recipes").join(name), &env.path(""));
        let readme = env.read("README.md");
        let mut script = readme.split("```sh\n").nth(1).expect("commands").to_owned();
        script.truncate(script.find("```").expect("the block ends"));
        let topics = loads.iter().map(|(topic, _)| {
            let (_, schema) = TOPICS.iter().find(|(known, _)| known == topic).unwrap();
            (*topic, stack().topic("recipe", 1, schema))
        });
        let topics: Vec<_> = topics.collect();
        for (documented, actual) in &topics {
            assert!(script.contains(documented), "{name} does not load {documented}");
            script = script.replace(documented, actual);
        }
        Recipe {
            env,
            script,
            topics,
            loads,
        }
    }

    /// Runs the commands of the recipe.
    #[track_caller]
    fn load(&self) {
        let program = Path::new(env!("CARGO_BIN_EXE_k2-produce")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        done(
            Command::new("bash")
                .args(["-euo", "pipefail", "-c", &self.script])
                .current_dir(self.env.path(""))
                .env_clear()
                .env("PATH", format!("{}:{path}", program.display()))
                .env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack().bootstrap_servers)
                .env("K2_KAFKA_SCHEMA_REGISTRY_URL", &stack().registry_url),
        )
        .expect(0);
    }

    /// What the witness says of each topic, onto which the recipe was loaded `runs` times.
    fn verdicts(&self, runs: u32, ingested: &str) -> Vec<Value> {
        let verdicts = self
            .loads
            .iter()
            .zip(&self.topics)
            .map(|((_, files), (_, topic))| {
                let inputs = files
                    .iter()
                    .map(|(kind, file)| format!("{kind}={}", self.env.path(file).display()));
                done(
                    Command::new(repository("tests/stack/python"))
                        .arg(repository("tests/judges/vendor_rows.py"))
                        .args([&stack().bootstrap_servers, &stack().registry_url, topic])
                        .args([&runs.to_string(), ingested])
                        .args(inputs),
                )
                .expect(0)
                .json()
            });
        verdicts.collect()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

/// The files of a folder and its folders, relative to it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn the_records_of_each_recipe_are_those_of_its_files() {
    for (name, _) in RECIPES {
        let recipe = Recipe::new(name);
        recipe.load();
        for verdict in recipe.verdicts(1, "now") {
            assert_eq!(verdict["mismatches"], 0, "{name}: {verdict}");
            assert!(verdict["records"].as_u64() >= Some(8), "{name}: {verdict}");
        }
    }
}

#[test]
fn two_runs_of_a_recipe_write_the_same_bytes() {
    const INGESTED: &str = "2026-01-02T03:04:05.678901+00:00";
    for name in ["tardis", "binance", "lobster"] {
        let mut recipe = Recipe::new(name);
        let mut ingested = "now";
        // Without the clock.
        if name != "tardis" {
            let fixed = format!("--set 'ingestion_timestamp=\"{INGESTED}\"' --map ");
            recipe.script = recipe.script.replace("--map ", &fixed);
            ingested = INGESTED;
        }
        recipe.load();
        recipe.load();
        for verdict in recipe.verdicts(2, ingested) {
            assert_eq!(verdict["mismatches"], 0, "{name}: {verdict}");
        }
    }
}

/// Rows as in the recipe of the ASX, on five days: trades, and quotes of which some have one side only.
fn asx_days(rows: u64) -> (String, String) {
    let (mut trades, mut quotes) = (String::new(), String::new());
    let mut state = 7078_u64;
    // Knuth's MMIX generator; its upper bits are good enough.
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let per_day = rows.div_ceil(5);
    for number in 0..rows {
        let day = 10 + number / per_day;
        let milli = 36_000_000 + number % per_day * 22_000_000 / per_day;
        let (hour, minute) = (milli / 3_600_000, milli / 60_000 % 60);
        let time = format!(
            "03/{day}/2014,{hour}:{minute:02}:{:02}.{:03}",
            milli / 1000 % 60,
            milli % 1000
        );
        let price = format!("{}.{:03}", 36 + random(4), random(200) * 5);
        let (volume, qualifiers, venue) = (1 + random(40_000), random(32), ["A", "B", "C", "X"]);
        let venue = venue[random(4) as usize];
        let buyer = match random(3) {
            0 => random(2000).to_string(),
            _ => String::new(),
        };
        writeln!(trades, "{time},{price},{volume},{qualifiers},{venue},{buyer}").unwrap();
        let (bid, ask) = match random(50) {
            0 => (",".to_owned(), format!("{price},{volume}")),
            1 => (format!("{price},{volume}"), ",".to_owned()),
            _ => (
                format!("{price},{volume}"),
                format!("{price}5,{}", 1 + random(900)),
            ),
        };
        writeln!(quotes, "{time},{bid},{ask}").unwrap();
    }
    (trades, quotes)
}

#[test]
fn a_week_of_the_asx_is_read_back_as_it_is_in_the_files() {
    const ROWS: u64 = 91_630;
    let recipe = Recipe::new("asx");
    let (trades, quotes) = asx_days(ROWS);
    recipe.env.write("trades/7078.csv", trades);
    recipe.env.write("quotes/7078.csv", quotes);
    recipe.load();
    for verdict in recipe.verdicts(1, "now") {
        assert_eq!(verdict["records"], ROWS, "{verdict}");
        assert_eq!(verdict["mismatches"], 0, "{verdict}");
    }
}

#[test]
fn a_record_that_is_not_that_of_its_row_is_found() {
    let recipe = Recipe::new("truefx");
    recipe.load();
    let rows = recipe.env.read("EURUSD-2016-05.csv");
    recipe
        .env
        .write("EURUSD-2016-05.csv", rows.replace("1.14601", "1.14602"));
    let verdict = &recipe.verdicts(1, "now")[0];
    assert_eq!(verdict["mismatches"], 1, "{verdict}");
}

#[test]
fn every_file_of_the_recipes_is_used_and_every_recipe_is_in_the_index() {
    let folder = repository("docs/recipes");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let mut folders = BTreeSet::new();
    for file in files(&folder) {
        let text = file.to_str().unwrap();
        let Some((name, within)) = text.split_once('/') else {
            assert_eq!(text, "README.md");
            continue;
        };
        folders.insert(name.to_owned());
        let (_, loads) = RECIPES
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{name} is not loaded by a test"));
        let is_loaded = loads
            .iter()
            .any(|(_, files)| files.iter().any(|(_, file)| *file == within));
        let mut named = String::new();
        for other in files(&folder.join(name)) {
            if other.to_str() != Some(within)
                && other.extension().is_some_and(|end| end == "toml" || end == "md")
            {
                named += &std::fs::read_to_string(folder.join(name).join(other)).unwrap();
            }
        }
        assert!(
            is_loaded || within == "README.md" || named.contains(within),
            "{text} is not used"
        );
    }
    assert_eq!(folders.len(), RECIPES.len());
    for name in folders {
        assert!(
            index.contains(&format!("({name}/README.md)")),
            "the index does not link {name}"
        );
    }
}
