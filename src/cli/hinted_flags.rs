//! Tests that every flag in a message or a hint is known to the parser.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Command, CommandFactory, Parser};

use super::arguments::Arguments;

/// A string literal in the sources, and its file.
struct Literal {
    file: PathBuf,
    text: String,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The string literals of Rust source text, with the escapes that messages use decoded.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let before = &rest[..at];
        rest = &rest[at..];
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with('"') && before.ends_with('r')
            || before.ends_with("r#") && rest.starts_with('"')
        {
            let close = if before.ends_with('#') { "\"#" } else { "\"" };
            let end = 1 + rest[1..].find(close).expect("a raw literal ends");
            found.push(rest[1..end].to_owned());
            rest = &rest[end + close.len()..];
        } else if rest.starts_with('"') {
            let (text, length) = plain_literal(&rest[1..]);
            found.push(text);
            rest = &rest[1 + length..];
        } else if let Some(character) = ["'\"'", "'\\\"'", "'\\''"]
            .iter()
            .find(|quoted| rest.starts_with(**quoted))
        {
            rest = &rest[character.len()..];
        } else {
            rest = &rest[1..];
        }
    }
    found
}

/// The text up to the closing quote, and its length in the source including that quote.
fn plain_literal(source: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = source.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, at + 1),
            '\\' => match characters.next().expect("an escape has a second character").1 {
                'n' => text.push('\n'),
                '\n' => while characters.next_if(|(_, next)| next.is_whitespace()).is_some() {},
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    panic!("a literal ends");
}

fn all_literals() -> Vec<Literal> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut all = Vec::new();
    // Tests run other programs too. The checkout itself may be in a folder called `tests`.
    let of_tests = |file: &PathBuf| {
        let file = Path::new("/").join(file.strip_prefix(&root).expect("a file of src"));
        let file = file.to_string_lossy();
        file.contains("/tests/") || file.ends_with("/tests.rs") || file.ends_with("ed_flags.rs")
    };
    for file in files.into_iter().filter(|file| !of_tests(file)) {
        let source = std::fs::read_to_string(&file).unwrap();
        for text in literals(&source) {
            all.push(Literal {
                file: file.clone(),
                text,
            });
        }
    }
    all
}

/// The flags in a text: `--` and letters after something that is not part of a word.
pub(super) fn flags(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("--") {
        let inside = text[..at].ends_with(|before: char| before == '-' || before.is_alphanumeric());
        let name = &text[at + 2..];
        let length = name
            .find(|character: char| {
                !(character.is_ascii_lowercase() || character == '-' || character.is_ascii_digit())
            })
            .unwrap_or(name.len());
        let name = &name[..length];
        if !inside && name.starts_with(|first: char| first.is_ascii_lowercase()) {
            found.push(name);
        }
    }
    found
}

fn known_flags(command: &Command, known: &mut BTreeSet<String>) {
    let flags = command.get_arguments().filter_map(|argument| argument.get_long());
    known.extend(flags.map(str::to_owned));
    known.extend(["help", "version"].map(str::to_owned));
    for subcommand in command.get_subcommands() {
        known_flags(subcommand, known);
    }
}

#[test]
fn every_flag_that_is_named_anywhere_is_known() {
    let mut known = BTreeSet::new();
    known_flags(&Arguments::command(), &mut known);
    let mut met = BTreeSet::new();
    for Literal { file, text } in all_literals() {
        // These are flags of other tools, for which the file names replacements.
        let names_other_tools = file.ends_with("habits.rs") || file.ends_with("parsing.rs");
        if names_other_tools && text.starts_with('-') {
            continue;
        }
        for flag in flags(&text) {
            assert!(
                known.contains(flag),
                "{}: `--{flag}` is not a flag: {text}",
                file.display()
            );
            met.insert(flag.to_owned());
        }
    }
    for flag in [
        "rejects",
        "from",
        "max-errors",
        "encoding",
        "strict-columns",
        "no-key",
    ] {
        assert!(met.contains(flag), "the search no longer finds `--{flag}`");
    }
}

#[test]
fn the_help_names_no_other_flags() {
    let mut known = BTreeSet::new();
    let mut command = Arguments::command();
    known_flags(&command, &mut known);
    let mut pages = vec![command.render_long_help().to_string()];
    pages.extend(
        command
            .get_subcommands_mut()
            .map(|subcommand| subcommand.render_long_help().to_string()),
    );
    for page in &pages {
        let unknown: Vec<&str> = flags(page)
            .into_iter()
            .filter(|flag| !known.contains(*flag))
            .collect();
        assert_eq!(unknown, [""; 0]);
    }
}

/// Examples between backticks, such as `--format csv`; those with placeholders or ellipses cannot be typed.
fn typed_examples(text: &str) -> Vec<&str> {
    let spans = text.split('`').skip(1).step_by(2);
    let complete = |span: &&str| !span.contains(['{', '}', '<', '\n']) && !span.contains("...");
    spans
        .filter(|span| span.starts_with("--"))
        .filter(complete)
        .collect()
}

#[test]
fn commands_in_hints_are_accepted_by_the_parser() {
    let mut tried = 0;
    for Literal { file, text } in all_literals() {
        for example in typed_examples(&text) {
            let words = example.split(' ').filter(|word| !word.is_empty());
            // A flag alone may need a value, which the text need not give.
            let given = ["k2-produce", "--topic", "t", "t.csv"].into_iter().chain(words);
            let Err(error) = Arguments::try_parse_from(given) else {
                tried += 1;
                continue;
            };
            let without_value = matches!(
                error.kind(),
                ErrorKind::InvalidValue | ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict
            ) && !example.contains(' ');
            let needs_company = error.kind() == ErrorKind::MissingRequiredArgument;
            let of_a_subcommand = subcommand_takes(example);
            assert!(
                without_value || needs_company || of_a_subcommand,
                "{}: `{example}`: {error}",
                file.display()
            );
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried}");
}

/// Whether a subcommand has the flag that `example` begins with.
fn subcommand_takes(example: &str) -> bool {
    let flag = flags(example).first().copied().unwrap_or_default();
    let command = Arguments::command();
    command.get_subcommands().any(|subcommand| {
        let mut known = BTreeSet::new();
        known_flags(subcommand, &mut known);
        known.contains(flag)
    })
}

#[test]
fn literals_are_found_in_source_text() {
    let source =
        "let a = \"x `--a`\"; // \"--b\"\nlet c = '\"'; let d = r#\"\"--d\"\"#; \"e\\\n   \\\"--e\\\"\"";
    assert_eq!(literals(source), ["x `--a`", "\"--d\"", "e\"--e\""]);
    assert_eq!(flags("a--b `--c-d` --e=1 ---f --"), ["c-d", "e"]);
    assert_eq!(
        typed_examples("`--format csv`, `-x`, `--a {b}` and `--c ...`"),
        ["--format csv"]
    );
}
