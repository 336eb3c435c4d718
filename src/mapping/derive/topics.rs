//! The topics that `topic` in `[message]` can give. They are known before a row is read, so that each can be checked.

use std::collections::BTreeSet;

use super::compile::{Compiler, InputNames, RawRows};
use super::node::Node;
use super::room::{Parts, Room, Value};
use crate::mapping::file::{MapError, MapFile, Place};

/// The most topics that an expression may give. Each is looked up before the first row, and its offsets are read.
const MAX_TOPICS: usize = 1_000;

/// The topics that an expression can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PossibleTopics {
    /// In alphabetical order, or in the order in which they are listed.
    pub(crate) names: Vec<String>,
    /// The place of the expression, or of the list.
    pub(crate) place: Place,
    /// Whether it gives the same topic for every row.
    pub(crate) is_constant: bool,
}

/// The texts that an expression can give.
type Texts = BTreeSet<Vec<u8>>;

/// Why the texts that an expression can give are not known.
enum Unbounded {
    /// They depend on the row.
    ByRow,
    /// There are more than [`MAX_TOPICS`].
    TooMany,
}

/// The topics of `map`; none if it has no `topic`. `listed` are those of the command line, which win over `topics`.
///
/// # Errors
/// The expression cannot be compiled, or the topics that it gives depend on the row and are not listed.
pub(crate) fn possible_topics(map: &MapFile, listed: &[String]) -> Result<Option<PossibleTopics>, MapError> {
    let Some(written) = &map.message.topic else {
        return Ok(None);
    };
    let names = InputNames::unknown();
    let node = Compiler::new(map, RawRows::Unknown, &names).written(written)?;
    let is_constant = node.is_constant();
    let of_map = map.message.topics.as_ref();
    let (listed, place) = match of_map.filter(|_| listed.is_empty()) {
        Some((of_map, place)) => (&of_map[..], place),
        None => (listed, &written.place),
    };
    let refused = |message: String, hint: &str| {
        Err(MapError::at(written.place.clone(), message).with_hint(hint.to_owned()))
    };
    if !listed.is_empty() {
        if let Ok(texts) = texts(&node)
            && !listed.iter().any(|name| texts.contains(name.as_bytes()))
        {
            return refused(
                "none of the topics that this gives is listed".to_owned(),
                &format!("the listed topics are {}", listed.join(", ")),
            );
        }
        let mut seen = BTreeSet::new();
        let names = listed.iter().filter(|name| seen.insert(*name));
        return Ok(Some(PossibleTopics {
            names: names.cloned().collect(),
            place: place.clone(),
            is_constant: false,
        }));
    }
    match texts(&node) {
        Err(Unbounded::ByRow) => refused(
            "the topics that this gives are not known before the rows are read".to_owned(),
            "translate or look up the values that it is made from, or list the topics with `--topics`",
        ),
        Err(Unbounded::TooMany) => refused(
            "this gives more than 1,000 topics".to_owned(),
            "list the topics of these rows with `--topics`",
        ),
        Ok(texts) => {
            let names: Vec<String> = texts
                .into_iter()
                .filter_map(|text| String::from_utf8(text).ok())
                .filter(|text| !text.is_empty())
                .collect();
            match names.is_empty() {
                true => refused(
                    "this gives no topic for any row".to_owned(),
                    "write the name of a topic",
                ),
                false => Ok(Some(PossibleTopics {
                    names,
                    place: written.place.clone(),
                    is_constant,
                })),
            }
        }
    }
}

/// The texts that `node` can give. It may give none of them for a row, which then has no topic.
fn texts(node: &Node) -> Result<Texts, Unbounded> {
    let found = match node {
        Node::Constant(text) => Texts::from([text.to_vec()]),
        Node::Null => Texts::new(),
        Node::Concat(parts) => {
            let mut whole = Texts::from([Vec::new()]);
            for part in parts {
                let part = texts(part)?;
                if whole.len().saturating_mul(part.len()) > MAX_TOPICS {
                    return Err(Unbounded::TooMany);
                }
                let joined = whole
                    .iter()
                    .flat_map(|start| part.iter().map(move |end| [&start[..], &end[..]].concat()));
                whole = joined.collect();
            }
            whole
        }
        Node::First(parts) => united(parts.iter())?,
        Node::Call(function, argument) => {
            let arguments = texts(argument)?.into_iter();
            // A text that the function refuses makes an error of the row.
            let results = arguments.filter_map(|text| {
                let argument = Box::new(Node::Constant(text.into()));
                result(Node::Call(function.clone(), argument))
            });
            results.collect()
        }
        Node::KeyValue(pair, argument) => {
            let arguments = texts(argument)?.into_iter();
            let results = arguments.filter_map(|text| {
                let argument = Box::new(Node::Constant(text.into()));
                result(Node::KeyValue(pair.clone(), argument))
            });
            results.collect()
        }
        Node::Translate { table, otherwise, .. } => united(table.values().chain(otherwise.as_deref()))?,
        Node::Lookup {
            table,
            column,
            otherwise,
            ..
        } => {
            let mut all = united(otherwise.as_deref().into_iter())?;
            for text in table.texts(*column) {
                if all.len() > MAX_TOPICS {
                    break;
                }
                if !all.contains(text) {
                    all.insert(text.to_vec());
                }
            }
            all
        }
        _ => return Err(Unbounded::ByRow),
    };
    match found.len() > MAX_TOPICS {
        true => Err(Unbounded::TooMany),
        false => Ok(found),
    }
}

fn united<'n>(nodes: impl Iterator<Item = &'n Node>) -> Result<Texts, Unbounded> {
    let mut all = Texts::new();
    for node in nodes {
        all.append(&mut texts(node)?);
    }
    Ok(all)
}

/// The text of a node that is the same for every row; none if it has no value.
fn result(mut node: Node) -> Option<Vec<u8>> {
    let mut room = Room::default();
    let parts = Parts {
        cells: &[],
        nodes: &[],
        slots: &[],
        null_tokens: &[],
    };
    match room.value(&mut node, parts) {
        Ok(Value::Text { start, end }) => Some(room.bytes[start..end].to_vec()),
        Ok(Value::Null) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(message: &str, more: &str, listed: &[&str]) -> Result<Vec<String>, String> {
        let map = MapFile::parse("m.toml", &format!("[message]\n{message}\n{more}")).unwrap();
        let listed: Vec<String> = listed.iter().map(|name| (*name).to_owned()).collect();
        match possible_topics(&map, &listed) {
            Ok(topics) => Ok(topics.map_or(Vec::new(), |topics| topics.names)),
            Err(error) => Err(format!("{error} / {}", error.hint().unwrap_or_default())),
        }
    }

    #[test]
    fn the_topics_of_an_expression_are_those_that_its_parts_can_give() {
        for (topic, expected) in [
            ("'\"t\"'", &["t"][..]),
            (
                "'concat(\"t.\", translate(x, {\"N\": \"nyse\", \"A\": \"asx\"}))'",
                &["t.asx", "t.nyse"],
            ),
            (
                "'concat(\"t.\", translate(x, venues, default = \"other\"), \".\", translate(y, {\"1\": \"buy\", \"2\": \"sell\"}))'",
                &["t.arca.buy", "t.arca.sell", "t.other.buy", "t.other.sell"],
            ),
            (
                "'lower(replace(translate(x, {\"N\": \"NEW YORK\"}), \" \", \"-\"))'",
                &["new-york"],
            ),
            ("'first(translate(x, venues), \"t\")'", &["arca", "t"]),
            ("'\"t.{translate(x, venues)}\"'", &["t.arca"]),
            ("'concat(\"a\", \".b\")'", &["a.b"]),
            // What the pattern does not match has no topic.
            (
                "'capture(translate(x, {\"1\": \"a-1\", \"2\": \"b\"}), \"a-(.*)\")'",
                &["1"],
            ),
        ] {
            let found = topics(
                &format!("topic = {topic}"),
                "[translations.venues]\nP = \"arca\"",
                &[],
            );
            assert_eq!(
                found,
                Ok(expected.iter().map(|name| (*name).to_owned()).collect()),
                "{topic}"
            );
        }
        assert_eq!(topics("key-field = \"x\"", "", &[]), Ok(Vec::new()));
    }

    #[test]
    fn topics_that_depend_on_the_row_are_listed() {
        for topic in [
            "exchange",
            "\"t.{exchange}\"",
            "column(3)",
            "file_name()",
            "uuid4()",
        ] {
            let topic = format!("topic = '{topic}'");
            let error = topics(&topic, "", &[]).unwrap_err();
            assert!(error.contains("m.toml:2:"), "{error}");
            assert!(error.contains("not known before the rows are read"), "{error}");
            assert!(error.contains("--topics"), "{error}");
            assert_eq!(
                topics(&topic, "", &["b", "a", "b"]),
                Ok(["b", "a"].map(str::to_owned).to_vec())
            );
            let listed = format!("{topic}\ntopics = [\"c\"]");
            assert_eq!(topics(&listed, "", &[]), Ok(vec!["c".to_owned()]));
            assert_eq!(topics(&listed, "", &["b"]), Ok(vec!["b".to_owned()]));
        }
        for topic in ["\"zz\"", "null", "translate(x, {\"1\": \"b\"})"] {
            let error = topics(&format!("topic = '{topic}'"), "", &["a", "c"]).unwrap_err();
            assert!(
                error.contains("none of the topics that this gives is listed"),
                "{error}"
            );
        }
        let empty = topics("topic = 'null'", "", &[]).unwrap_err();
        assert!(empty.contains("no topic for any row"), "{empty}");
    }

    #[test]
    fn too_many_topics_are_refused() {
        let entries: Vec<String> = (0..40)
            .map(|value| format!("\"{value}\" = \"{value}\""))
            .collect();
        let more = format!("[translations.t]\n{}", entries.join("\n"));
        let error = topics("topic = '\"{translate(x, t)}-{translate(y, t)}\"'", &more, &[]).unwrap_err();
        assert!(error.contains("more than 1,000 topics"), "{error}");
        assert_eq!(topics("topic = 'translate(x, t)'", &more, &[]).unwrap().len(), 40);
    }
}
