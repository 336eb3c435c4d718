//! What is known of the rows that were looked at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use super::Inferred;
use super::names::is_legal;
use super::values::Values;
use super::write;
use crate::mapping::BindingError;
use crate::record::csv::{Cell, Split};
use crate::record::json::{self, Kind, Node};
use crate::record::{Extent, RowFormat};

/// The most nested objects and arrays: each may take three levels of the schema, which has 64.
const MAX_DEPTH: usize = 20;

/// Objects with more different keys than this are maps: their keys are data, and would fill the memory.
const MAX_KEYS: usize = 500;

/// The types that branches of inferred unions may have, besides records. An object with only such a key looks like the
/// wrapper of a branch in Avro's JSON encoding.
const TYPES: [&str; 9] = [
    "null", "boolean", "int", "long", "double", "bytes", "string", "array", "map",
];

/// Why a row cannot be read, whatever the schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowFault {
    /// It has another number of cells than the header.
    CellCount {
        found: usize,
        expected: usize,
    },
    /// Text follows a closing quote.
    Stray,
    NotUtf8,
    NotAnObject,
    NotJson(&'static str),
    DuplicateKey,
    TooDeep,
}

impl fmt::Display for RowFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowFault::CellCount { found, expected } => {
                write!(
                    formatter,
                    "the row has {found} cells, but there are {expected} columns"
                )
            }
            RowFault::Stray => formatter.write_str("text follows a closing quote"),
            RowFault::NotUtf8 => formatter.write_str("the row is not UTF-8"),
            RowFault::NotAnObject => formatter.write_str("the row is not a JSON object"),
            RowFault::NotJson(what) => write!(formatter, "the row is not JSON: {what}"),
            RowFault::DuplicateKey => formatter.write_str("an object has the same key twice"),
            RowFault::TooDeep => write!(formatter, "the row is nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

/// The rows so far.
pub(crate) struct Survey {
    pub(super) rows: u64,
    pub(super) kind: Rows,
    cells: Vec<Cell>,
    nodes: Vec<Node>,
}

/// What is known of the rows.
pub(super) enum Rows {
    /// Of CSV: the values of each column.
    Columns {
        names: Vec<String>,
        columns: Vec<Shape>,
        format: RowFormat,
    },
    /// Of JSON.
    Objects(Object),
}

/// The values of a column, of a key, or of the items of arrays.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// How many values there are, null among them.
    pub(super) count: u64,
    /// How many are null, or empty cells.
    pub(super) nulls: u64,
    pub(super) booleans: u64,
    /// Cells, and strings of JSON.
    pub(super) texts: Values,
    /// Numbers of JSON.
    pub(super) numbers: Values,
    pub(super) arrays: u64,
    pub(super) items: Option<Box<Shape>>,
    pub(super) object: Option<Box<Object>>,
}

/// Objects of JSON.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    pub(super) count: u64,
    pub(super) fields: Vec<(String, Shape)>,
    places: HashMap<String, usize>,
    /// Names of types that are the only key of an object.
    pub(super) only_keys: BTreeSet<&'static str>,
    /// The values, if the keys are not names of fields.
    pub(super) values: Option<Box<Shape>>,
}

impl Survey {
    /// No row yet, in these columns.
    ///
    /// # Errors
    /// A name that occurs twice: no load accepts such a header.
    pub(crate) fn of_columns(names: Vec<String>, format: RowFormat) -> Result<Survey, BindingError> {
        if let Some(error) = repeated(&names) {
            return Err(error);
        }
        let columns = vec![Shape::default(); names.len()];
        Ok(Survey::of(Rows::Columns {
            names,
            columns,
            format,
        }))
    }

    /// No row of JSON yet.
    pub(crate) fn of_objects() -> Survey {
        Survey::of(Rows::Objects(Object::default()))
    }

    fn of(kind: Rows) -> Survey {
        Survey {
            rows: 0,
            kind,
            cells: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Adds a row without its line terminator.
    ///
    /// # Errors
    /// It cannot be read; nothing is then added.
    pub(crate) fn add(&mut self, row: &[u8]) -> Result<(), RowFault> {
        if std::str::from_utf8(row).is_err() {
            return Err(RowFault::NotUtf8);
        }
        match &mut self.kind {
            Rows::Columns { columns, format, .. } => {
                let split = format.split_row(row, Extent::Whole, &mut self.cells);
                match split {
                    Split::Row(end) if end.stray.is_none() => {}
                    _ => return Err(RowFault::Stray),
                }
                let (found, expected) = (self.cells.len(), columns.len());
                if found != expected {
                    return Err(RowFault::CellCount { found, expected });
                }
                for (column, cell) in columns.iter_mut().zip(&self.cells) {
                    column.add_cell(&cell.text(row));
                }
            }
            Rows::Objects(object) => {
                json::parse(row, &mut self.nodes).map_err(|fault| RowFault::NotJson(fault.what))?;
                if self.nodes[0].kind != Kind::Object {
                    return Err(RowFault::NotAnObject);
                }
                if has_duplicate_key(row, &self.nodes) {
                    return Err(RowFault::DuplicateKey);
                }
                if depth(&self.nodes) > MAX_DEPTH {
                    return Err(RowFault::TooDeep);
                }
                object.add(row, &self.nodes, 0, Level::Row);
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// The schema for all rows so far, with a record of this full name.
    pub(crate) fn schema(&self, name: &str) -> Inferred {
        write::schema(self, name)
    }
}

/// The first name that occurs twice.
fn repeated(names: &[String]) -> Option<BindingError> {
    let mut known = HashMap::new();
    for (column, name) in names.iter().enumerate() {
        if let Some(first) = known.insert(name, column) {
            return Some(BindingError::Duplicate {
                name: name.clone(),
                columns: (first + 1, column + 1),
            });
        }
    }
    None
}

/// Whether an object is a row, whose keys are always fields, or within one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Row,
    Within,
}

impl Shape {
    fn add_cell(&mut self, text: &[u8]) {
        self.count += 1;
        match text.is_empty() {
            true => self.nulls += 1,
            false => self.texts.add(text),
        }
    }

    fn add(&mut self, row: &[u8], nodes: &[Node], at: usize) {
        self.count += 1;
        let node = nodes[at];
        match node.kind {
            Kind::Null => self.nulls += 1,
            Kind::True | Kind::False => self.booleans += 1,
            Kind::Number => self.numbers.add(&row[node.start as usize..node.end as usize]),
            Kind::String | Kind::EscapedString => self.texts.add(&text(row, node)),
            Kind::Array => {
                self.arrays += 1;
                let items = self.items.get_or_insert_default();
                let mut item = at + 1;
                while item < node.next as usize {
                    items.add(row, nodes, item);
                    item = nodes[item].next as usize;
                }
            }
            Kind::Object => self
                .object
                .get_or_insert_default()
                .add(row, nodes, at, Level::Within),
        }
    }

    /// Adds what is known of other values.
    fn merge(&mut self, other: Shape) {
        self.count += other.count;
        self.nulls += other.nulls;
        self.booleans += other.booleans;
        self.texts.merge(other.texts);
        self.numbers.merge(other.numbers);
        self.arrays += other.arrays;
        match (&mut self.items, other.items) {
            (Some(items), Some(others)) => items.merge(*others),
            (items, others) => *items = items.take().or(others),
        }
        match (&mut self.object, other.object) {
            (Some(object), Some(others)) => object.merge(*others),
            (object, others) => *object = object.take().or(others),
        }
    }
}

impl Object {
    fn add(&mut self, row: &[u8], nodes: &[Node], at: usize, level: Level) {
        self.count += 1;
        let mut key = at + 1;
        if key < nodes[at].next as usize && nodes[key + 1].next == nodes[at].next {
            let name = text(row, nodes[key]);
            self.only_keys
                .extend(TYPES.iter().find(|known| known.as_bytes() == name));
        }
        while key < nodes[at].next as usize {
            let name = String::from_utf8_lossy(&text(row, nodes[key])).into_owned();
            self.shape(&name, level).add(row, nodes, key + 1);
            key = nodes[key + 1].next as usize;
        }
    }

    /// The values of a key.
    fn shape(&mut self, name: &str, level: Level) -> &mut Shape {
        let is_new = self.values.is_none() && !self.places.contains_key(name);
        if is_new && level == Level::Within && (!is_legal(name) || self.fields.len() == MAX_KEYS) {
            self.values = Some(Box::new(self.all_values()));
        }
        if let Some(values) = &mut self.values {
            return values;
        }
        let next = self.fields.len();
        let place = *self.places.entry(name.to_owned()).or_insert(next);
        if place == next {
            self.fields.push((name.to_owned(), Shape::default()));
        }
        &mut self.fields[place].1
    }

    /// The values of all keys, which are then no longer known by their keys.
    fn all_values(&mut self) -> Shape {
        let mut values = Shape::default();
        self.places.clear();
        for (_, shape) in self.fields.drain(..) {
            values.merge(shape);
        }
        values
    }

    fn merge(&mut self, mut other: Object) {
        self.count += other.count;
        self.only_keys.append(&mut other.only_keys);
        let has_many = self.fields.len() + other.fields.len() > MAX_KEYS;
        if self.values.is_some() || other.values.is_some() || has_many {
            let mut values = self
                .values
                .take()
                .map_or_else(|| self.all_values(), |values| *values);
            values.merge(
                other
                    .values
                    .take()
                    .map_or_else(|| other.all_values(), |values| *values),
            );
            self.values = Some(Box::new(values));
            return;
        }
        for (name, shape) in other.fields {
            self.shape(&name, Level::Within).merge(shape);
        }
    }
}

fn text(row: &[u8], node: Node) -> Vec<u8> {
    let raw = &row[node.start as usize..node.end as usize];
    let mut text = Vec::new();
    match node.kind {
        Kind::EscapedString => json::unescape(raw, &mut text),
        _ => text.extend_from_slice(raw),
    }
    text
}

/// How many levels of objects and arrays a value has.
fn depth(nodes: &[Node]) -> usize {
    let (mut deepest, mut open) = (0, Vec::new());
    for (index, node) in nodes.iter().enumerate() {
        while open.last().is_some_and(|end| *end <= index) {
            open.pop();
        }
        if matches!(node.kind, Kind::Array | Kind::Object) {
            open.push(node.next as usize);
            deepest = deepest.max(open.len());
        }
    }
    deepest
}

/// Whether an object has the same key twice, which no load accepts.
fn has_duplicate_key(row: &[u8], nodes: &[Node]) -> bool {
    let objects = (0..nodes.len()).filter(|at| nodes[*at].kind == Kind::Object);
    for at in objects {
        let mut known = HashSet::new();
        let mut key = at + 1;
        while key < nodes[at].next as usize {
            if !known.insert(text(row, nodes[key])) {
                return true;
            }
            key = nodes[key + 1].next as usize;
        }
    }
    false
}
