//! The line of a row -> the parts of the row: the row is found in the values around it, and gets those that are used.

use std::ops::Range;

use super::{EnclosingStep, Framing, JsonShape, RowStep, Start};
use crate::record::json::{self, Kind, Node, unescape};

/// Memory for the parts of a row.
#[derive(Debug, Default)]
pub(crate) struct RowMemory {
    /// The parts of the line.
    pub(crate) line: Vec<Node>,
    /// The parts of the row.
    pub(crate) nodes: Vec<Node>,
    /// The bytes of the line, and the names that the row gets.
    pub(crate) text: Vec<u8>,
    /// The levels of the path: the node of each, and the node of its key.
    levels: Vec<(usize, Option<usize>)>,
    /// A key without escapes.
    key: Vec<u8>,
}

/// Why a line has no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShapeFault {
    /// Nothing is at the path.
    NoRow,
    /// The row is an array of another length than its names.
    ValueCount {
        /// The values that it has.
        found: usize,
        /// The row in the line.
        row: Node,
    },
}

impl JsonShape {
    /// Whether rows get names, so that they are not ranges of their line alone.
    pub(crate) fn adds_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Finds the row in `line`, of which `memory` has the parts.
    ///
    /// # Errors
    /// The line has no such row.
    pub(crate) fn find_row(
        &self,
        framing: Framing,
        line: &[u8],
        memory: &mut RowMemory,
    ) -> Result<(), ShapeFault> {
        let at = self.descend(framing, memory).ok_or(ShapeFault::NoRow)?;
        let RowMemory {
            line: all,
            nodes,
            text,
            levels,
            key,
        } = memory;
        nodes.clear();
        let row = all[at];
        let has_names = row.kind == Kind::Array && !self.columns.is_empty();
        if !self.adds_names() || !(has_names || row.kind == Kind::Object) {
            copy(all, at, nodes);
            return Ok(());
        }
        text.clear();
        text.extend_from_slice(line);
        text.extend_from_slice(&self.names);
        let mut names = line.len();
        let mut name = |length: usize| {
            names += length;
            Node {
                kind: Kind::String,
                start: (names - length) as u32,
                end: names as u32,
                next: 0,
            }
        };
        nodes.push(Node {
            kind: Kind::Object,
            ..row
        });
        for (value, start) in &self.enclosing {
            let named = name(value.name.len());
            let found = match start {
                Start::Key(number) => levels.iter().filter_map(|(_, key)| *key).nth(*number),
                Start::Level(level) => find(line, all, levels[*level].0, &value.steps, key),
            };
            if let Some(found) = found {
                push_leaf(named, nodes);
                match start {
                    Start::Key(_) => push_leaf(all[found], nodes),
                    Start::Level(_) => copy(all, found, nodes),
                }
            }
        }
        if has_names {
            let mut item = at + 1;
            let mut found = 0;
            while item < row.next as usize {
                if let Some(column) = self.columns.get(found) {
                    let named = name(column.len());
                    if !column.is_empty() {
                        push_leaf(named, nodes);
                        copy(all, item, nodes);
                    }
                }
                found += 1;
                item = all[item].next as usize;
            }
            if found != self.columns.len() {
                return Err(ShapeFault::ValueCount { found, row });
            }
        } else {
            let mut key = at + 1;
            while key < row.next as usize {
                push_leaf(all[key], nodes);
                copy(all, key + 1, nodes);
                key = all[key + 1].next as usize;
            }
        }
        nodes[0].next = nodes.len() as u32;
        Ok(())
    }

    /// Where the row is in the line that it was copied to; the whole line without a path.
    #[cold]
    pub(crate) fn range_of_row(&self, line: &[u8]) -> Option<Range<usize>> {
        let mut memory = RowMemory::default();
        if self.path.is_none() {
            return Some(0..line.len());
        }
        json::parse(line, &mut memory.line).ok()?;
        let at = self.descend(Framing::Values, &mut memory)?;
        let row = memory.line[at];
        Some(row.start as usize..row.end as usize)
    }

    /// The row in `line` as JSON of its own, with the names that it gets; none if there is none.
    #[cold]
    pub(crate) fn plain(&self, framing: Framing, line: &[u8]) -> Option<Vec<u8>> {
        let mut memory = RowMemory::default();
        json::parse(line, &mut memory.line).ok()?;
        self.find_row(framing, line, &mut memory).ok()?;
        let bytes = match self.adds_names() {
            true => &memory.text[..],
            false => line,
        };
        let nodes = &memory.nodes;
        let raw = |node: Node| &bytes[node.start as usize..node.end as usize];
        if nodes[0].kind != Kind::Object {
            return Some(raw(nodes[0]).to_vec());
        }
        let mut plain = vec![b'{'];
        let mut key = 1;
        while key < nodes.len() {
            if key > 1 {
                plain.push(b',');
            }
            match nodes[key].kind {
                Kind::String => {
                    plain.extend(serde_json::to_vec(&String::from_utf8_lossy(raw(nodes[key]))).ok()?)
                }
                _ => quote(raw(nodes[key]), &mut plain),
            }
            plain.push(b':');
            let value = nodes[key + 1];
            match value.kind {
                Kind::String | Kind::EscapedString => quote(raw(value), &mut plain),
                _ => plain.extend_from_slice(raw(value)),
            }
            key = value.next as usize;
        }
        plain.push(b'}');
        Some(plain)
    }

    /// The names of the columns of rows that are arrays.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The node of the row. On the way to it, the last entry of an object is the one with the row.
    fn descend(&self, framing: Framing, memory: &mut RowMemory) -> Option<usize> {
        let RowMemory { line, levels, .. } = memory;
        levels.clear();
        let mut at = 0;
        let steps = match (&self.path, framing) {
            (Some(path), _) => &path.steps[..],
            (None, Framing::Lines) => &[],
            // A row that is an array is in brackets.
            (None, Framing::Values) if line[0].kind == Kind::Array => &[RowStep::Rows],
            (None, Framing::Values) => &[],
        };
        for step in steps {
            let node = line[at];
            let (level, end) = (at, node.next as usize);
            let mut key = None;
            match (step, node.kind) {
                (RowStep::Key(_) | RowStep::AnyKey, Kind::Object) => {
                    let mut entry = at + 1;
                    while entry < end {
                        key = Some(entry);
                        entry = line[entry + 1].next as usize;
                    }
                    at = key? + 1;
                }
                (RowStep::AnyItem | RowStep::Rows, Kind::Array) => at = (at + 1 < end).then_some(at + 1)?,
                (RowStep::Item(item), Kind::Array) => {
                    at += 1;
                    for _ in 0..*item {
                        at = line.get(at)?.next as usize;
                    }
                    if at >= end {
                        return None;
                    }
                }
                (RowStep::Rows, Kind::Object) => {}
                _ => return None,
            }
            levels.push((level, key.filter(|_| *step == RowStep::AnyKey)));
        }
        Some(at)
    }
}

/// The node at `steps` within `at`.
fn find(
    line: &[u8],
    all: &[Node],
    mut at: usize,
    steps: &[EnclosingStep],
    unescaped: &mut Vec<u8>,
) -> Option<usize> {
    for step in steps {
        let node = all[at];
        let end = node.next as usize;
        let mut next = at + 1;
        at = match (step, node.kind) {
            (EnclosingStep::Name(name), Kind::Object) => loop {
                if next >= end {
                    return None;
                }
                let key = all[next];
                let mut raw = &line[key.start as usize..key.end as usize];
                if key.kind == Kind::EscapedString {
                    unescaped.clear();
                    unescape(raw, unescaped);
                    raw = unescaped;
                }
                if raw == name.as_bytes() {
                    break next + 1;
                }
                next = all[next + 1].next as usize;
            },
            (EnclosingStep::Index(index), Kind::Array) => {
                for _ in 0..*index {
                    next = all.get(next)?.next as usize;
                }
                (next < end).then_some(next)?
            }
            _ => return None,
        };
    }
    Some(at)
}

fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn push_leaf(node: Node, nodes: &mut Vec<Node>) {
    let next = nodes.len() as u32 + 1;
    nodes.push(Node { next, ..node });
}

/// Appends the node at `at` with its content.
fn copy(all: &[Node], at: usize, nodes: &mut Vec<Node>) {
    let start = nodes.len();
    let within = &all[at..all[at].next as usize];
    nodes.extend(within.iter().map(|node| Node {
        next: (node.next as usize - at + start) as u32,
        ..*node
    }));
}

#[cfg(test)]
mod tests {
    use super::super::{Enclosing, EnclosingValue};
    use super::*;

    /// The row in `line` as an object of texts: names and raw values in turn.
    fn row(shape: &JsonShape, line: &str) -> Result<Vec<String>, ShapeFault> {
        row_of(Framing::Values, shape, line)
    }

    fn row_of(framing: Framing, shape: &JsonShape, line: &str) -> Result<Vec<String>, ShapeFault> {
        let mut memory = RowMemory::default();
        json::parse(line.as_bytes(), &mut memory.line).unwrap();
        shape.find_row(framing, line.as_bytes(), &mut memory)?;
        let text = match shape.adds_names() {
            true => &memory.text[..],
            false => line.as_bytes(),
        };
        let nodes = &memory.nodes;
        assert_eq!(nodes[0].next as usize, nodes.len());
        let mut at = 1;
        let mut parts = Vec::new();
        while at < nodes.len() {
            let range = nodes[at].start as usize..nodes[at].end as usize;
            parts.push(String::from_utf8(text[range].to_vec()).unwrap());
            at = nodes[at].next as usize;
        }
        Ok(parts)
    }

    fn shape(path: &str, columns: &[&str], enclosing: &[(&str, Enclosing, &[EnclosingStep])]) -> JsonShape {
        let values = enclosing.iter().map(|(name, of, steps)| EnclosingValue {
            of: *of,
            steps: steps.to_vec(),
            name: (*name).to_owned(),
        });
        let path = (!path.is_empty()).then(|| path.parse().unwrap());
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        JsonShape::new(path, columns, values.collect()).unwrap()
    }

    fn name(name: &str) -> EnclosingStep {
        EnclosingStep::Name(name.to_owned())
    }

    #[test]
    fn the_values_of_an_array_get_names_and_those_without_are_ignored() {
        let kraken = shape(
            "result.*[*]",
            &["price", "", "time"],
            &[("$key", Enclosing::Key, &[])],
        );
        assert_eq!(
            row(&kraken, r#"{"result":{"XBTUSD":[["30243.4","0.34",[1]]]}}"#).unwrap(),
            ["$key", "XBTUSD", "price", "30243.4", "time", "[1]"]
        );
        assert!(matches!(
            row(&kraken, r#"{"result":{"XBTUSD":[["30243.4"]]}}"#),
            Err(ShapeFault::ValueCount { found: 1, .. })
        ));
        let lines = shape("", &["a", "b"], &[]);
        let in_lines = |line| row_of(Framing::Lines, &lines, line);
        assert_eq!(in_lines("[1,2]").unwrap(), ["a", "1", "b", "2"]);
        assert!(in_lines("[[1,2]]").is_err());
        assert_eq!(row(&lines, "[[1,2]]").unwrap(), ["a", "1", "b", "2"]);
        assert_eq!(row(&lines, r#"{"a":1}"#).unwrap(), ["a", "1"]);
    }

    #[test]
    fn values_around_a_row_are_added_under_their_names() {
        let coinbase = shape(
            "events[*].trades[*]",
            &[],
            &[
                ("$root.time", Enclosing::Root, &[name("time")]),
                ("$parent.type", Enclosing::Parent, &[name("type")]),
                ("$root.absent", Enclosing::Root, &[name("absent")]),
            ],
        );
        assert_eq!(
            row(
                &coinbase,
                r#"{"time":"t","events":[{"type":{"a":1},"trades":[{"p":[2]}]}]}"#
            )
            .unwrap(),
            ["$root.time", "t", "$parent.type", r#"{"a":1}"#, "p", "[2]"]
        );
        let array = shape(
            "[1][*]",
            &["p"],
            &[("$root[3]", Enclosing::Root, &[EnclosingStep::Index(3)])],
        );
        assert_eq!(
            row(&array, r#"[null,[["5"]],null,"XBT/USD"]"#).unwrap(),
            ["$root[3]", "XBT/USD", "p", "5"]
        );
        let deep = shape(
            "data",
            &[],
            &[("$root.arg.id", Enclosing::Root, &[name("arg"), name("id")])],
        );
        assert_eq!(
            row(&deep, r#"{"arg":{"x":1,"i\u0064":"BTC"},"data":{"p":1}}"#).unwrap(),
            ["$root.arg.id", "BTC", "p", "1"]
        );
    }

    #[test]
    fn a_line_without_a_row_has_none() {
        let shape = shape("result.trades", &[], &[]);
        for line in ["[]", "{}", r#"{"result":1}"#, r#"{"result":{"trades":[]}}"#, "1"] {
            assert_eq!(row(&shape, line), Err(ShapeFault::NoRow), "{line}");
        }
    }

    #[test]
    fn what_a_path_does_not_have_is_refused() {
        let refused = |path: &str, of: Enclosing, steps: &[EnclosingStep]| {
            let value = EnclosingValue {
                of,
                steps: steps.to_vec(),
                name: "$x".to_owned(),
            };
            let path = (!path.is_empty()).then(|| path.parse().unwrap());
            JsonShape::new(path, Vec::new(), vec![value]).is_err()
        };
        let index = EnclosingStep::Index;
        assert!(refused("", Enclosing::Root, &[name("time")]));
        assert!(refused("trades", Enclosing::Key, &[]));
        assert!(refused("result.*", Enclosing::Key, &[index(1)]));
        assert!(refused("result.trades", Enclosing::Root, &[name("result")]));
        assert!(refused("result.trades", Enclosing::Root, &[]));
        assert!(refused("[*].trades", Enclosing::Root, &[index(0)]));
        assert!(!refused("[*].trades", Enclosing::Parent, &[name("time")]));
        assert!(!refused("*.*[*]", Enclosing::Key, &[index(0)]));
    }
}
