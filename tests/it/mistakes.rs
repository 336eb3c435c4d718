//! The most common mistakes, each as a session that a reader can judge: the files, the command, its complete output.
//!
//! A session is a file in `mistakes/`: a sentence, then steps. `$ cat NAME` lists a file, and any other step is
//! run; its standard error and its status follow. Parts that differ between runs are replaced: times, speeds and the
//! addresses of Kafka and the registry.

use std::path::{Path, PathBuf};

use crate::support::stack::stack;
use crate::support::{TestEnv, closed_registry, done, fixture, unique};
use crate::transcript::without_time;

/// The topic in the text of sessions; each session uses a separate one.
const TOPIC: &str = "market.trades.raw";

/// A step: the command after `$ `, and the lines below it.
struct Step {
    command: String,
    lines: Vec<String>,
}

/// The broker and the registry of a session.
enum Services {
    /// No broker and no registry.
    None,
    /// The real ones, with a topic and the schema of trades under its subject.
    Stack,
    /// The same, with this compatibility rule for the next version of the subject.
    Rule(&'static str),
    /// No broker, and a registry at this address that requires other credentials.
    Closed(String),
}

fn session(name: &str) {
    play(name, &Services::None);
}

fn session_on_stack(name: &str) {
    play(name, &Services::Stack);
}

/// Runs the session and compares its output with the file.
#[track_caller]
fn play(name: &str, services: &Services) {
    let path = sessions().join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (title, steps) = parse(&text);
    let env = TestEnv::new();
    for schema in ["trade.avsc", "trade_v2.avsc"] {
        std::fs::copy(fixture(&format!("schemas/{schema}")), env.path(schema)).unwrap();
    }
    let topic = match services {
        Services::None | Services::Closed(_) => unique(TOPIC),
        Services::Stack => stack().topic(
            &format!("{name}-in-a-session-of-mistakes"),
            3,
            "schemas/trade.avsc",
        ),
        // The name is short, so that it is not suggested for the subject of another session.
        Services::Rule(_) => stack().topic("judged", 3, "schemas/trade.avsc"),
    };
    if let Services::Rule(rule) = services {
        stack().set_compatibility(&format!("{topic}-value"), rule);
    }
    let mut played = format!("{title}\n");
    for step in steps {
        played.push_str(&format!("\n$ {}\n", step.command));
        match step.command.strip_prefix("cat ") {
            Some(file) => {
                let content = step.lines.join("\n") + "\n";
                env.write(file, &content);
                played.push_str(&content);
            }
            None => played.push_str(&run(&env, &step.command, &topic, services)),
        }
    }
    if played != text {
        let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.txt"));
        std::fs::write(&actual, &played).unwrap();
        panic!(
            "{} differs from this session:\n{played}\nIf the new one is better for readers: cp {} {}",
            path.display(),
            actual.display(),
            path.display()
        );
    }
}

fn sessions() -> PathBuf {
    crate::support::repository("tests/it/mistakes")
}

fn parse(text: &str) -> (String, Vec<Step>) {
    let mut parts = text.split("\n$ ");
    let title = parts.next().unwrap_or_default().trim_end().to_owned();
    let steps = parts.map(|part| {
        let mut lines = part.trim_end().lines();
        Step {
            command: lines.next().unwrap_or_default().to_owned(),
            lines: lines.map(str::to_owned).collect(),
        }
    });
    (title, steps.collect())
}

/// Runs a command and returns its messages, with a status other than 0 on a separate line.
fn run(env: &TestEnv, command: &str, topic: &str, services: &Services) -> String {
    let words = command
        .strip_prefix("k2-produce")
        .expect("a step runs k2-produce");
    let words = words.replace(TOPIC, topic);
    // A quoted word has no blank in it.
    let arguments: Vec<&str> = words
        .split_whitespace()
        .map(|word| word.trim_matches('\''))
        .collect();
    let (done, addresses) = match services {
        Services::None => (env.run(&arguments), ("127.0.0.1:1", "http://127.0.0.1:1")),
        Services::Stack | Services::Rule(_) => (
            env.run_on_stack(&arguments),
            (stack().bootstrap_servers.as_str(), stack().registry_url.as_str()),
        ),
        Services::Closed(url) => {
            let mut command = env.command();
            let with_password = url.replace("http://", "http://alice:old-password@");
            command.env("K2_KAFKA_SCHEMA_REGISTRY_URL", with_password);
            (done(command.args(&arguments)), ("127.0.0.1:1", url.as_str()))
        }
    };
    let said = done
        .stderr
        .replace(topic, TOPIC)
        .replace(addresses.1, "http://localhost:8081")
        .replace(addresses.0, "localhost:9092");
    let said: String = said.lines().map(|line| without_time(line) + "\n").collect();
    match done.status {
        0 => said,
        status => format!("{said}[status {status}]\n"),
    }
}

#[test]
fn every_session_is_run() {
    let tests = include_str!("mistakes.rs");
    for entry in std::fs::read_dir(sessions()).unwrap() {
        let name = entry
            .unwrap()
            .path()
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        assert!(tests.contains(&format!("(\"{name}\"")), "{name}.txt is not run");
    }
}

#[test]
fn wrong_decimal() {
    session("wrong_decimal");
}

#[test]
fn wrong_case_enum() {
    session("wrong_case_enum");
}

#[test]
fn missing_column() {
    session("missing_column");
}

#[test]
fn extra_column() {
    session("extra_column");
}

#[test]
fn near_column() {
    session("near_column");
}

#[test]
fn seconds_for_millis() {
    session("seconds_for_millis");
}

#[test]
fn mixed_units() {
    session("mixed_units");
}

#[test]
fn no_zone() {
    session("no_zone");
}

#[test]
fn empty_required() {
    session("empty_required");
}

#[test]
fn thousands_separator() {
    session("thousands_separator");
}

#[test]
fn quoted_number() {
    session("quoted_number");
}

#[test]
fn header_missing() {
    session("header_missing");
}

#[test]
fn wrong_delimiter() {
    session("wrong_delimiter");
}

#[test]
fn jsonl_as_csv() {
    session("jsonl_as_csv");
}

#[test]
fn csv_as_jsonl() {
    session("csv_as_jsonl");
}

#[test]
fn array_as_jsonl() {
    session("array_as_jsonl");
}

#[test]
fn key_field_missing() {
    session("key_field_missing");
}

#[test]
fn unknown_flag_value() {
    session("unknown_flag_value");
}

#[test]
fn many_bad_rows() {
    session("many_bad_rows");
}

#[test]
fn missing_value() {
    session("missing_value");
}

#[test]
fn other_tools_flags() {
    session("other_tools_flags");
}

#[test]
fn wrong_subject() {
    session_on_stack("wrong_subject");
}

#[test]
fn wrong_id() {
    play("wrong_id", &Services::Rule("NONE"));
}

#[test]
fn wrong_auth() {
    play("wrong_auth", &Services::Closed(closed_registry()));
}

#[test]
fn incompatible_schema() {
    play("incompatible_schema", &Services::Rule("BACKWARD"));
}

#[test]
fn union_mismatch() {
    session("union_mismatch");
}
