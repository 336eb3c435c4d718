//! The fenced blocks of a document, and what the test does with each.
//!
//! - `sh`: commands, run as a script, which must end with status 0.
//! - `console`: commands after `$ `, each with the lines that it prints below it. A line `...` matches any number of
//!   lines. `$ cat FILE` creates a file that does not exist, with these lines.
//! - `json`, `toml` and `text`: no commands.
//!
//! Readers do not see an HTML comment directly above a block: `<!-- setup: COMMANDS -->` creates the files that the
//! block needs, `<!-- not run: REASON -->` gives the reason why its commands are not run.

use super::markdown::Document;

/// A fenced block.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// Its language, such as `sh`; empty if there is none.
    pub language: String,
    pub lines: Vec<String>,
    /// The comment above it; empty if there is none.
    comment: String,
}

/// What the test does with a block.
#[derive(Debug, PartialEq)]
pub(super) enum Use<'a> {
    /// Runs it as a script, after these commands.
    Script { setup: &'a str },
    /// Runs its commands and compares their output, after these commands.
    Console { setup: &'a str },
    /// Parses it as JSON.
    Json,
    /// Nothing, because it has no commands or gives a reason.
    Nothing,
}

impl Block {
    /// What the test does with it; an error if it is neither run nor has a reason.
    pub(super) fn purpose(&self) -> Result<Use<'_>, String> {
        let comment = self.comment.trim();
        let setup = match (comment.strip_prefix("setup:"), comment.strip_prefix("not run:")) {
            (_, Some("")) => return Err("it says `not run:` without a reason".to_owned()),
            (_, Some(_)) => return Ok(Use::Nothing),
            (Some(setup), None) => setup.trim(),
            (None, None) => "",
        };
        match self.language.as_str() {
            "sh" => Ok(Use::Script { setup }),
            "console" if self.lines.iter().any(|line| line.starts_with("$ ")) => Ok(Use::Console { setup }),
            "console" => {
                Err("a console without a command; begin it with the command that prints this".to_owned())
            }
            "json" => Ok(Use::Json),
            "text" | "toml" => Ok(Use::Nothing),
            "" => Err("a block without a language; `text` is one that is not run".to_owned()),
            other => Err(format!("nothing runs blocks in `{other}`")),
        }
    }
}

/// The fenced blocks of a document, in order.
pub(super) fn blocks(document: &Document) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut comment = String::new();
    let mut in_comment = false;
    for (number, line) in document.text.lines().enumerate() {
        if let Some(mut block) = open.take() {
            if line.trim_start().starts_with("```") {
                blocks.push(block);
            } else {
                block.lines.push(line.to_owned());
                open = Some(block);
            }
        } else if let Some(language) = line.trim_start().strip_prefix("```") {
            open = Some(Block {
                line: number + 1,
                language: language.trim().to_owned(),
                lines: Vec::new(),
                comment: std::mem::take(&mut comment),
            });
        } else if in_comment || line.starts_with("<!--") {
            if !in_comment {
                comment.clear();
            }
            comment.push_str(line.trim_start_matches("<!--").trim_end_matches("-->").trim());
            comment.push('\n');
            in_comment = !line.ends_with("-->");
        } else if !line.is_empty() {
            comment.clear();
        }
    }
    assert!(open.is_none(), "{}: a block does not end", document.name);
    blocks
}

#[cfg(test)]
fn only_block(text: &str) -> Block {
    let document = Document {
        name: "test.md".to_owned(),
        text: text.to_owned(),
    };
    let mut blocks = blocks(&document);
    assert_eq!(blocks.len(), 1, "{text}");
    blocks.remove(0)
}

#[test]
fn a_block_is_run_or_has_a_reason() {
    for (text, expected) in [
        ("```sh\nls\n```\n", Use::Script { setup: "" }),
        (
            "text\n\n<!-- setup: touch a -->\n```console\n$ ls\na\n```\n",
            Use::Console { setup: "touch a" },
        ),
        (
            "<!-- setup:\ntouch a\ntouch b\n-->\n```sh\nls\n```\n",
            Use::Script {
                setup: "touch a\ntouch b",
            },
        ),
        (
            "<!-- not run: it needs a moon -->\n```sh\nls\n```\n",
            Use::Nothing,
        ),
        (
            "<!-- setup: touch a -->\nother text\n```sh\nls\n```\n",
            Use::Script { setup: "" },
        ),
        ("```json\n{}\n```\n", Use::Json),
        ("```text\na -> b\n```\n", Use::Nothing),
    ] {
        assert_eq!(only_block(text).purpose(), Ok(expected), "{text}");
    }
    for text in [
        "```\nls\n```\n",
        "```bash\nls\n```\n",
        "```console\nerror: without a command\n```\n",
        "<!-- not run: -->\n```sh\nls\n```\n",
    ] {
        assert!(only_block(text).purpose().is_err(), "{text}");
    }
}
