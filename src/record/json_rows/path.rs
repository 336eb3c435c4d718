//! `--json-root`: the path to the rows in JSON values, such as `result.trades` or `events[*].trades[*]`.

use std::fmt;
use std::str::FromStr;

/// The most steps of a path.
const MAX_STEPS: usize = 64;

/// The path to the rows.
///
/// ```
/// use k2_produce::record::RowPath;
///
/// let path: RowPath = "result.*[*]".parse()?;
/// assert_eq!(path.to_string(), "result.*[*]");
/// assert!("result..trades".parse::<RowPath>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPath {
    /// The path as it is written.
    text: String,
    /// The last step is never a name: it is one of those with which every match is a row.
    pub(super) steps: Vec<RowStep>,
}

/// A step on the way to the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RowStep {
    /// The value of this key of an object.
    Key(String),
    /// `*`: the value of every key of an object.
    AnyKey,
    /// `[*]`: every item of an array.
    AnyItem,
    /// `[0]`: this item of an array.
    Item(usize),
    /// The end of a path without a wildcard there: every item of an array, or an object itself.
    Rows,
}

impl FromStr for RowPath {
    type Err = String;

    fn from_str(text: &str) -> Result<RowPath, String> {
        let mut steps = Vec::new();
        // `$` is the whole value in JSONPath (RFC 9535).
        let mut rest = match text.strip_prefix('$') {
            Some(rest) => rest.strip_prefix('.').unwrap_or(rest),
            None => text,
        };
        let mut is_first = true;
        while !rest.is_empty() {
            rest = match rest.strip_prefix('[') {
                Some(inner) => {
                    let (inner, rest) = inner.split_once(']').ok_or("`[` has no closing `]`")?;
                    steps.push(item(inner)?);
                    rest
                }
                None => {
                    let name = match is_first {
                        true => rest,
                        false => rest
                            .strip_prefix('.')
                            .ok_or_else(|| format!("expected `.` or `[` before `{rest}`"))?,
                    };
                    let (step, rest) = key(name)?;
                    steps.push(step);
                    rest
                }
            };
            is_first = false;
        }
        if steps.is_empty() || steps.len() > MAX_STEPS {
            return Err(format!(
                "expected the path to the rows, such as `result.trades` or `events[*].trades[*]`, of at most {MAX_STEPS} steps"
            ));
        }
        if let Some(RowStep::Key(_) | RowStep::Item(_)) = steps.last() {
            steps.push(RowStep::Rows);
        }
        Ok(RowPath {
            text: text.to_owned(),
            steps,
        })
    }
}

/// What is between brackets.
fn item(inner: &str) -> Result<RowStep, String> {
    match inner {
        "*" => Ok(RowStep::AnyItem),
        number => number
            .parse()
            .map(RowStep::Item)
            .map_err(|_| format!("`[{number}]`: expected `[*]` or the number of an item, from 0")),
    }
}

/// The key at the start of `text`, and what follows it.
fn key(text: &str) -> Result<(RowStep, &str), String> {
    if let Some(quoted) = text.strip_prefix('`') {
        let (name, rest) = quoted.split_once('`').ok_or("the name has no closing `` ` ``")?;
        return Ok((RowStep::Key(name.to_owned()), rest));
    }
    let (name, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    match name {
        "" => Err("a name is missing".to_owned()),
        "*" => Ok((RowStep::AnyKey, rest)),
        name => Ok((RowStep::Key(name.to_owned()), rest)),
    }
}

impl fmt::Display for RowPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_with_a_step_that_makes_rows() {
        use RowStep::{AnyItem, AnyKey, Item, Key, Rows};
        let key = |name: &str| Key(name.to_owned());
        let table = [
            ("trades", vec![key("trades"), Rows]),
            ("$.result.trades", vec![key("result"), key("trades"), Rows]),
            (
                "events[*].trades[*]",
                vec![key("events"), AnyItem, key("trades"), AnyItem],
            ),
            ("result.*[*]", vec![key("result"), AnyKey, AnyItem]),
            ("trades.*", vec![key("trades"), AnyKey]),
            ("[1][*]", vec![Item(1), AnyItem]),
            ("data[0]", vec![key("data"), Item(0), Rows]),
            ("`a.b`.c", vec![key("a.b"), key("c"), Rows]),
            ("$[*]", vec![AnyItem]),
        ];
        for (text, steps) in table {
            assert_eq!(
                text.parse::<RowPath>().map(|path| path.steps),
                Ok(steps),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "$", "a..b", "a.", "a[", "a[x]", "a[-1]", "`a", "a[0]b", ".a"] {
            assert!(text.parse::<RowPath>().is_err(), "{text}");
        }
        let many = vec!["a"; MAX_STEPS + 1].join(".");
        assert!(many.parse::<RowPath>().is_err());
    }
}
