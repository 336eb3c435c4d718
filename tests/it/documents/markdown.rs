//! The part of Markdown that the documents use: fenced blocks, comments, headings and links.

use std::path::PathBuf;

use crate::support::repository;

/// A document of the repository.
pub(super) struct Document {
    /// Its path from the root of the repository: `docs/kafka.md`.
    pub name: String,
    pub text: String,
}

impl Document {
    pub(super) fn path(&self) -> PathBuf {
        repository(&self.name)
    }
}

/// The Markdown files of a folder of the repository, `""` for its root, by name.
pub(super) fn documents(folder: &str) -> Vec<Document> {
    let entries = std::fs::read_dir(repository(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    let documents = names.into_iter().map(|name| {
        let name = match folder {
            "" => name,
            folder => format!("{folder}/{name}"),
        };
        let text = std::fs::read_to_string(repository(&name)).unwrap();
        Document { name, text }
    });
    documents.collect()
}

/// A document without fenced blocks, comments and code spans, line by line: the parts that may contain links.
pub(super) fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut fenced = false;
    for line in without_comments(text).lines() {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        if !fenced && !is_fence {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    without_code(&prose)
}

/// The text with only the line ends of its comments.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        let (comment, after) = comment.split_once("-->").expect("a comment ends");
        kept.push_str(before);
        kept.extend(comment.chars().filter(|character| *character == '\n'));
        rest = after;
    }
    kept + rest
}

/// The text with empty code spans.
fn without_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let kept = parts.map(|(index, part)| match index % 2 {
        0 => part.to_owned(),
        _ => "\n".repeat(part.matches('\n').count()),
    });
    kept.collect::<Vec<_>>().join("`")
}

/// The anchors of a document's headings, as GitHub derives them: lower case, `-` for blanks, no punctuation, and a
/// number if an earlier heading has the same text.
pub(super) fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let Some(heading) = line[level..].strip_prefix(' ').filter(|_| !fenced && level > 0) else {
            continue;
        };
        let anchor = anchor(heading);
        let earlier = anchors.iter().filter(|earlier| **earlier == anchor).count();
        anchors.push(match earlier {
            0 => anchor,
            // The first one has no number.
            earlier => format!("{anchor}-{earlier}"),
        });
    }
    anchors
}

fn anchor(heading: &str) -> String {
    // Only the text of a link is shown.
    let mut shown = String::new();
    let mut rest = heading;
    while let Some((before, after)) = rest.split_once("](") {
        shown.push_str(before);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    shown.push_str(rest);
    let kept = shown.trim().chars().filter_map(|character| match character {
        ' ' => Some('-'),
        '-' | '_' => Some(character),
        _ if character.is_alphanumeric() => Some(character),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

/// The targets of the links and images of a document, each with its line.
pub(super) fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let prose = prose(text);
    for (opening, closing) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')] {
        for (at, _) in prose.match_indices(opening) {
            let target = &prose[at + opening.len()..];
            let target = target.split(closing).next().unwrap_or(target);
            // `(file "a title")`.
            let target = target.split_whitespace().next().unwrap_or_default();
            links.push((1 + prose[..at].matches('\n').count(), target.to_owned()));
        }
    }
    // `[name]: target`.
    for (number, line) in prose.lines().enumerate() {
        if let Some((_, target)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            links.push((number + 1, target.trim().to_owned()));
        }
    }
    links.sort();
    links
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# The code, and which way\n```sh\n# a comment\n```\n## `--header NAME=VALUE`\n## Exit status\n\
                ## Exit status\n### See [kafka](kafka.md) & more_of_it\n#no heading\n";
    let expected = [
        "the-code-and-which-way",
        "--header-namevalue",
        "exit-status",
        "exit-status-1",
        "see-kafka--more_of_it",
    ];
    assert_eq!(anchors(text), expected);
}

#[test]
fn links_are_found_outside_of_code_and_comments() {
    let text = "[a](a.md) and ![b](b.svg \"title\")\n`[no](no.md)` <!-- [no](no.md)\n-->\n```\n[no](no.md)\n```\n\
                <img src=\"c.svg\">\n[d]: d.md#e\n";
    let expected = [(1, "a.md"), (1, "b.svg"), (7, "c.svg"), (8, "d.md#e")];
    let expected = expected.map(|(line, target)| (line, target.to_owned()));
    assert_eq!(links(text), expected);
}
