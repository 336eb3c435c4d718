//! Tests that every flag in the documents of the repository is accepted by its command.

use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Parser};

use super::arguments::Arguments;
use super::hinted_flags::flags;

/// Other programs with flags in the documents. A program that is not listed fails the test, so that a misspelt
/// `k2-produce` is not taken for another program.
const OTHER_PROGRAMS: [&str; 13] = [
    "$generate",
    "cargo",
    "curl",
    "find",
    "grep",
    "kafka-delete-records.sh",
    "kaskade",
    "kcat",
    "mkdir",
    "sort",
    "zstd",
    "uniq",
    "wc",
];

/// A piece of a document that may name flags.
#[derive(Debug, PartialEq)]
enum Piece {
    /// A command as it is typed, or some flags of one.
    Typed(String),
    /// Text that is not code. It names only flags of k2-produce.
    Prose(String),
}

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            documents(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

fn pieces(document: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // A comment is for the test that runs the commands of the documents.
    let document = document.split("<!--").enumerate();
    let shown = document.map(|(index, part)| match index {
        0 => part,
        _ => part.split_once("-->").expect("a comment ends").1,
    });
    for (index, part) in shown.collect::<String>().split("```").enumerate() {
        if index % 2 == 0 {
            // A row of a table is a separate paragraph.
            for paragraph in part.replace("\n|", "\n\n|").replace("\r", "").split("\n\n") {
                spans(paragraph, &mut pieces);
            }
            continue;
        }
        let (language, block) = part.split_once('\n').expect("a block's first line ends");
        for line in block.replace("\\\n", " ").lines() {
            // In a console block, commands follow the prompt; the rest is output, as is JSON.
            match (line.strip_prefix("$ "), language) {
                (None, "console" | "json") => spans(line, &mut pieces),
                (typed, _) => commands(typed.unwrap_or(line), &mut pieces),
            }
        }
    }
    pieces
}

/// Text with code between backticks.
fn spans(text: &str, pieces: &mut Vec<Piece>) {
    for (index, span) in text.split('`').enumerate() {
        match index % 2 {
            0 => pieces.push(Piece::Prose(span.to_owned())),
            _ => commands(span, pieces),
        }
    }
}

/// The commands of a line, separately.
fn commands(line: &str, pieces: &mut Vec<Piece>) {
    // Of `csv\|jsonl`, in a table, one is enough.
    let words = line.split_whitespace();
    let words: Vec<&str> = words
        .map(|word| word.split("\\|").next().unwrap_or(word))
        .collect();
    // A comment, or a file for the output.
    let words = words
        .split(|word| ["#", ">"].contains(word))
        .next()
        .unwrap_or_default();
    for command in words.split(|word| ["|", "--"].contains(word)) {
        // `-t, --topic TOPIC` names one flag twice.
        match command.split_first() {
            Some((short, long)) if short.starts_with('-') && short.ends_with(',') => {
                pieces.push(Piece::Typed(short.trim_end_matches(',').to_owned()));
                pieces.push(Piece::Typed(long.join(" ")));
            }
            _ => pieces.push(Piece::Typed(command.join(" "))),
        }
    }
}

/// Why the flags of a piece are rejected, if they are.
fn fault(piece: &Piece) -> Option<String> {
    let typed = match piece {
        Piece::Prose(text) => {
            return flags(text)
                .iter()
                .find_map(|flag| refused_by_all(&[format!("--{flag}")]));
        }
        Piece::Typed(typed) => typed,
    };
    if flags(typed).is_empty() && !typed.split(' ').any(is_short_flag) {
        return None;
    }
    // `--key-schema[=SUBJECT]` is typed without brackets.
    let plain = typed.replace(['[', ']', '\''], "");
    let words: Vec<String> = plain
        .split(' ')
        .filter(|word| *word != "...")
        .map(str::to_owned)
        .collect();
    match words[0].as_str() {
        program if program.ends_with("k2-produce") => refused(&[], &words[1..]),
        program if OTHER_PROGRAMS.contains(&program) => None,
        flag if flag.starts_with('-') => refused_by_all(&words),
        // A variable is set to the output of another program.
        variable if variable.contains("=\"") => None,
        program => Some(format!("`{program}` is not known to the test")),
    }
}

/// `-t`.
fn is_short_flag(word: &str) -> bool {
    matches!(word.as_bytes(), [b'-', letter] if letter.is_ascii_alphabetic())
}

/// The words of every command, `[]` and `["schema", "show"]` for example.
fn command_paths(command: &Command, path: &[String], paths: &mut Vec<Vec<String>>) {
    paths.push(path.to_vec());
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name().to_owned();
        command_paths(subcommand, &[path, &[name]].concat(), paths);
    }
}

/// Flags without a command may belong to any command.
fn refused_by_all(words: &[String]) -> Option<String> {
    let mut paths = Vec::new();
    command_paths(&Arguments::command(), &[], &mut paths);
    let mut refusals = paths.iter().map(|path| refused(path, words));
    let first = refusals.next().expect("there is a command")?;
    refusals.all(|refusal| refusal.is_some()).then_some(first)
}

fn refused(path: &[String], words: &[String]) -> Option<String> {
    let program = ["k2-produce".to_owned()];
    let given = program.iter().chain(path).chain(words);
    let error = Arguments::try_parse_from(given).err()?;
    let accepted = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        // The document shows only part of a command.
        ErrorKind::MissingRequiredArgument => true,
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) => is_placeholder(value),
            _ => true,
        },
        _ => false,
    };
    (!accepted).then(|| error.to_string())
}

/// Whether a value is a placeholder: `FILE`, `N%`, or empty.
fn is_placeholder(value: &str) -> bool {
    !value.contains(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit())
}

#[test]
fn every_flag_in_the_documents_is_accepted_by_its_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    documents(root, &mut files);
    let (mut faults, mut named) = (Vec::new(), 0);
    for file in &files {
        for piece in pieces(&std::fs::read_to_string(file).unwrap()) {
            let (Piece::Typed(text) | Piece::Prose(text)) = &piece;
            named += flags(text).len();
            if let Some(fault) = fault(&piece) {
                faults.push(format!("{}: `{text}`: {fault}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(files.len() > 10 && named > 120, "{named} flags in {files:?}");
}

#[test]
fn commands_in_a_document_are_distinguished_from_prose_and_output() {
    let document = "Pass `--limit N` or\n`--tz ZONE`.\n\n\
                    | `--format csv\\|jsonl` | a --limit |\n\
                    | `sort --unique` |\n\n\
                    ```sh\nk2-produce sandbox --topic t -- k2-produce \\\n  --limit 3 | sort --unique # --not\n```\n\
                    ```console\n$ k2-produce --quiet\nhint: see `--dry-run`\n```\n";
    let found: Vec<String> = pieces(document)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Typed(text) if !flags(&text).is_empty() => Some(text),
            Piece::Prose(text) if !flags(&text).is_empty() => Some(format!("prose {}", text.trim())),
            _ => None,
        })
        .collect();
    let expected = [
        "--limit N",
        "--tz ZONE",
        "--format csv",
        "prose | a --limit |",
        "sort --unique",
        "k2-produce sandbox --topic t",
        "k2-produce --limit 3",
        "sort --unique",
        "k2-produce --quiet",
        "--dry-run",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_flag_must_belong_to_the_command_that_it_follows() {
    let typed = |text: &str| fault(&Piece::Typed(text.to_owned()));
    for text in [
        "k2-produce --topic TOPIC --limit N FILE",
        "--max-errors N%",
        "--key-schema[=SUBJECT]",
        "--show 3",
        "k2-produce schema list --json",
        "target/debug/k2-produce --version",
        "-b HOST:PORT",
        "sort --print",
        "ls",
    ] {
        assert_eq!(typed(text), None, "{text}");
    }
    for text in [
        "--print",
        "-z",
        "k2-produce --print",
        "k2-produce --topic t --json t.csv",
        "k2-produce schema list --dry-run",
        "k2-produce --limit many t.csv",
        "--format xml",
        "k2produce --topic t",
    ] {
        assert!(typed(text).is_some(), "{text}");
    }
    assert!(fault(&Piece::Prose("what --print does".to_owned())).is_some());
}
