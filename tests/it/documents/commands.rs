//! The commands of README.md and docs/*.md work as documented, with a real Kafka and a real registry.
//!
//! Each block is run in a separate folder with the repository's `fixtures`, `trades.csv`, `trades.jsonl` and
//! `trade.avsc`, with a separate topic in place of `market.trades.raw`. `localhost:9092` and `http://localhost:8081`
//! are the addresses that the documents use for the Kafka and the registry.

use std::process::Command;

use super::blocks::{Block, Use, blocks};
use super::markdown::{Document, documents};
use crate::support::stack::stack;
use crate::support::{Done, TestEnv, done, fixture, repository};
use crate::transcript::{is_progress, without_id, without_time};

/// The topic that the documents name.
const TOPIC: &str = "market.trades.raw";

/// The address in the documents, and the real address; the first one found in a text counts.
fn addresses() -> [(&'static str, &'static str); 4] {
    let (kafka, registry) = (stack().bootstrap_servers.as_str(), stack().registry_url.as_str());
    [
        ("http://127.0.0.1:.../apis/ccompat/v7", registry),
        ("127.0.0.1:...", kafka),
        ("http://localhost:8081", registry),
        ("localhost:9092", kafka),
    ]
}

/// The environment of a block.
struct Place {
    env: TestEnv,
    topic: String,
}

impl Place {
    fn new() -> Place {
        let env = TestEnv::new();
        std::os::unix::fs::symlink(repository("fixtures"), env.path("fixtures")).unwrap();
        for file in ["trades/trades.csv", "trades/trades.jsonl", "schemas/trade.avsc"] {
            let name = file.rsplit('/').next().unwrap_or(file);
            std::fs::copy(fixture(file), env.path(name)).unwrap();
        }
        let topic = stack().topic("documented", 3, "schemas/trade.avsc");
        // The default rule of other registries. Apicurio has none.
        stack().set_compatibility(&format!("{topic}-value"), "BACKWARD");
        Place { env, topic }
    }

    /// Runs a script with standard error on standard output, as on a terminal.
    fn run(&self, script: &str) -> Done {
        let mut script = script.replace(TOPIC, &self.topic);
        for (documented, actual) in addresses() {
            script = script.replace(documented, actual);
        }
        let programs = repository(env!("CARGO_BIN_EXE_k2-produce"));
        let programs = programs.parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{0}:{0}/examples:{path}", programs.display());
        // No command of a document may wait for Ctrl-C.
        let mut command = Command::new("timeout");
        command
            .args(["120", "bash", "-c", &format!("exec 2>&1\n{script}")])
            .current_dir(self.env.path(""))
            .env_clear()
            .env("PATH", path)
            .env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack().bootstrap_servers)
            .env("K2_KAFKA_SCHEMA_REGISTRY_URL", &stack().registry_url)
            .stdin(std::process::Stdio::null());
        done(&mut command)
    }

    /// The output as documents write it, line by line.
    fn as_documented(&self, printed: &str) -> Vec<String> {
        let mut printed = printed.replace(&self.topic, TOPIC);
        for (documented, actual) in addresses().iter().rev() {
            printed = printed.replace(actual, documented);
        }
        let lines = printed.lines().filter(|line| !is_progress(line));
        lines.map(normalised).collect()
    }
}

/// A line without the parts that differ between runs.
fn normalised(line: &str) -> String {
    without_id(&without_time(line)).trim_end().to_owned()
}

/// A command of a console, and the lines below it.
struct Step<'a> {
    command: String,
    printed: Vec<&'a str>,
}

/// The steps of a console; a command that ends with `\` continues in the next line.
fn steps(lines: &[String]) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                command: command.to_owned(),
                printed: Vec::new(),
            }),
            (None, Some(step)) if step.command.ends_with('\\') => {
                step.command.push('\n');
                step.command.push_str(line);
            }
            (None, Some(step)) => step.printed.push(line),
            (None, None) => panic!("`{line}` is printed before there is a command"),
        }
    }
    steps
}

/// Whether lines match those of a document, in which `...` matches any number of lines.
fn fits(documented: &[String], printed: &[String]) -> bool {
    match documented.split_first() {
        None => printed.is_empty(),
        Some((elided, rest)) if elided.trim() == "..." => {
            (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..]))
        }
        Some((line, rest)) => printed.first() == Some(line) && fits(rest, &printed[1..]),
    }
}

fn run_script(block: &Block, setup: &str) -> Result<(), String> {
    let place = Place::new();
    let script = format!("set -euo pipefail\n{setup}\n{}", block.lines.join("\n"));
    let done = place.run(&script);
    match done.status {
        0 => Ok(()),
        status => Err(format!("ends with status {status}:\n{}", done.stdout)),
    }
}

fn run_console(block: &Block, setup: &str) -> Result<(), String> {
    /// Separates the outputs of the commands. No command prints it.
    const END: char = '\u{1e}';
    let place = Place::new();
    let done = place.run(&format!("set -e\n{setup}"));
    if done.status != 0 {
        return Err(format!(
            "the setup ends with status {}:\n{}",
            done.status, done.stdout
        ));
    }
    let mut steps = steps(&block.lines);
    let is_new_file = |step: &Step<'_>| {
        let file = step.command.strip_prefix("cat ");
        file.filter(|file| !place.env.path(file).exists())
            .map(str::to_owned)
    };
    for step in &steps {
        if let Some(file) = is_new_file(step) {
            place.env.write(&file, step.printed.join("\n") + "\n");
        }
    }
    // All commands run in one shell, because a command may need the result of the previous one, such as its status.
    let commands = steps
        .iter()
        .map(|step| format!("{}\nstatus=$?; printf '\\036'; (exit $status)\n", step.command));
    let done = place.run(&commands.collect::<String>());
    let printed: Vec<&str> = done.stdout.split(END).collect();
    if printed.len() != steps.len() + 1 {
        return Err(format!("not all commands were run:\n{}", done.stdout));
    }
    for (step, printed) in steps.drain(..).zip(printed) {
        let documented: Vec<String> = step.printed.iter().map(|line| normalised(line)).collect();
        let printed = place.as_documented(printed);
        if !fits(&documented, &printed) {
            return Err(format!("`{}` prints\n{}", step.command, printed.join("\n")));
        }
    }
    Ok(())
}

/// Tests a block.
fn prove(block: &Block) -> Result<(), String> {
    match block.purpose()? {
        Use::Script { setup } => run_script(block, setup),
        Use::Console { setup } => run_console(block, setup),
        Use::Json => match serde_json::from_str::<serde_json::Value>(&block.lines.join("\n")) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("it is not JSON: {error}")),
        },
        Use::Nothing => Ok(()),
    }
}

#[test]
fn the_commands_of_the_documents_work_as_documented() {
    // The changelog has no commands to follow.
    let root = documents("")
        .into_iter()
        .filter(|document| document.name != "CHANGELOG.md");
    let documents: Vec<Document> = root.chain(documents("docs")).collect();
    let (mut faults, mut count) = (Vec::new(), 0);
    for document in &documents {
        for block in blocks(document) {
            count += 1;
            if let Err(fault) = prove(&block) {
                faults.push(format!("{}:{}: {fault}", document.name, block.line));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(count > 5, "{count} blocks were found, which cannot be all");
}

#[test]
fn a_console_is_compared_with_the_output_of_its_commands() {
    let text = "```console\n$ cat made.txt\na\nb\n$ head -n 1 made.txt; false\na\n$ echo $? \\\n  two\n1 two\n```\n\
                ```console\n$ seq 9\n1\n...\n9\n```\n```console\n$ seq 3\n1\n3\n```\n```console\n$ seq 1\n```\n\
                ```sh\nfalse\ntrue\n```\n```json\n{\n```\n";
    let document = Document {
        name: "test.md".to_owned(),
        text: text.to_owned(),
    };
    let proven: Vec<bool> = blocks(&document)
        .iter()
        .map(|block| prove(block).is_ok())
        .collect();
    assert_eq!(proven, [true, true, false, false, false, false]);
}
