//! Expressions of mappings that are drawn from the bytes, with rows for them, as CSV and as JSON: the field has the value
//! that this file computes in its own way, or the row is rejected. Where it does not know the value, nothing must panic.

use std::sync::Arc;

use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use k2_produce::mapping::{BindingError, MapFile, Mapping, Rules};
use k2_produce::schema::RegisteredSchema;
use num_bigint::BigInt;

use crate::random::Random;

const SCHEMA: &str =
    r#"{"type":"record","name":"T","fields":[{"name":"x","type":["null","string"],"default":null}]}"#;

const COLUMNS: [&str; 4] = ["a", "b", "Trade Price", "c"];

const TEXTS: [&str; 28] = [
    "",
    "BHP",
    "40.20",
    "-1",
    "007",
    "1e3",
    "1.50e1",
    "-0.0",
    "+.5",
    "5.",
    "99999999999999999999999999999999999999999",
    "1e-30",
    " x ",
    "\u{a0}\u{3000}y\t",
    "stra\u{df}e",
    "\u{3a3}\u{3a3}",
    "\u{130}\u{1f600}",
    "a,\"b\"",
    "{x}\\",
    "l1\nl2\r",
    "25/03/2014",
    "10:00:05.516",
    "35=AE|55=BHP|",
    "1.234,5",
    "(12)",
    "2014-03-10T10:00:00Z",
    "e",
    "36000.5",
];

/// What is known of the value of an expression.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Missing,
    /// The row is rejected, or the mapping.
    Fails,
    Unknown,
}

use Value::{Fails, Missing, Text, Unknown};

/// Draws expressions, with their values in one row.
struct Drawing<'a> {
    random: &'a mut Random,
    /// The cells of the row.
    cells: [Option<String>; 4],
}

pub(crate) fn run(data: &[u8]) {
    let mut random = Random::of(data);
    let mut cell = || {
        let mut text = random.one_of(&TEXTS).to_owned();
        if random.one_in(4) {
            text.push_str(random.one_of(&TEXTS));
        }
        (!random.one_in(6)).then_some(text)
    };
    let cells = [cell(), cell(), cell(), cell()];
    let mut drawing = Drawing {
        random: &mut random,
        cells: cells.clone(),
    };
    let (expression, value) = drawing.expression(0);
    let is_filtered = drawing.random.one_in(4);
    let condition = if is_filtered {
        drawing.condition(0)
    } else {
        "true".to_owned()
    };
    let map = format!(
        "[fields]\nx = {}\n[rows]\nwhere = {}\n[rules]\nignore-unknown = true\n",
        toml(&expression),
        toml(&condition)
    );
    let map = match MapFile::parse("x.toml", &map) {
        Ok(map) => map,
        Err(error) => panic!("{error}\n{map}"),
    };
    let mapping = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
    let names = COLUMNS.map(str::to_owned);
    for (rows, row) in [(Some(&names), csv(&cells)), (None, json(&cells))] {
        let found = encoded(&mapping, rows.map(|names| &names[..]), &row);
        let fits = match (&value, &found) {
            (_, None) => is_filtered,
            // An empty text is handled like an empty cell.
            (Text(text), _) if text.is_empty() => true,
            (Unknown, _) => true,
            (Text(text), Some(Ok(found))) => found.as_ref() == Some(text),
            (Missing, Some(Ok(found))) => found.is_none(),
            (Fails, Some(Err(_))) => true,
            (Text(_) | Missing, Some(Err(_))) => is_filtered,
            (Fails, Some(Ok(_))) => false,
        };
        assert!(
            fits,
            "{expression}\nof {row}\nexpected {value:?}\nfound {found:?}"
        );
    }
}

/// The value of the field; none if the row is filtered, an error if it or the mapping is rejected.
fn encoded(
    mapping: &Mapping,
    columns: Option<&[String]>,
    row: &str,
) -> Option<Result<Option<String>, String>> {
    let schema = RegisteredSchema::from_text("x-value", SCHEMA).expect("the schema is valid");
    let binding: Result<_, BindingError> = match columns {
        Some(columns) => mapping.bind_columns(columns, &schema),
        None => mapping.bind_keys(&schema),
    };
    let binding = match binding {
        Ok(binding) => binding,
        Err(error) => return Some(Err(error.to_string())),
    };
    let plan = match MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)) {
        Ok(plan) => plan,
        Err(error) => return Some(Err(error.to_string())),
    };
    let mut encoder = Encoder::new(Arc::new(plan));
    match encoder.admits_line(row.as_bytes()) {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => return Some(Err(error.to_string())),
    }
    let mut out = b"before".to_vec();
    Some(match encoder.encode_line(row.as_bytes(), &mut out) {
        Ok(message) => Ok(text_of(&out[message.value])),
        Err(error) => {
            assert_eq!(out, b"before", "a rejected row left bytes");
            Err(error.to_string())
        }
    })
}

/// The text in a datum of the schema, which apache-avro decodes.
fn text_of(mut datum: &[u8]) -> Option<String> {
    use apache_avro::types::Value as Avro;
    let schema = apache_avro::Schema::parse_str(SCHEMA).expect("the schema is valid");
    let reader = apache_avro::reader::datum::GenericDatumReader::builder(&schema)
        .build()
        .expect("a reader");
    let value = reader.read_value(&mut datum).expect("a datum");
    assert!(datum.is_empty(), "bytes are left");
    let Avro::Record(mut fields) = value else {
        panic!("not a record: {value:?}")
    };
    match fields.pop() {
        Some((_, Avro::Union(_, value))) => match *value {
            Avro::String(text) => Some(text),
            Avro::Null => None,
            other => panic!("neither text nor null: {other:?}"),
        },
        other => panic!("no union: {other:?}"),
    }
}

fn csv(cells: &[Option<String>]) -> String {
    let cell = |cell: &Option<String>| match cell {
        Some(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        None => String::new(),
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",")
}

fn json(cells: &[Option<String>]) -> String {
    let members = COLUMNS.iter().zip(cells).filter_map(|(name, cell)| {
        let text = serde_json::to_string(cell.as_ref()?).expect("a text is JSON");
        Some(format!("{name:?}:{text}"))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn toml(expression: &str) -> String {
    serde_json::to_string(expression).expect("a text is JSON")
}

impl Drawing<'_> {
    fn text(&mut self) -> String {
        self.random.one_of(&TEXTS).to_owned()
    }

    /// A constant text, and the same in quotes.
    fn constant(&mut self) -> (String, String) {
        let text = self.text();
        (quoted(&text), text)
    }

    fn expression(&mut self, depth: usize) -> (String, Value) {
        let kind = if depth >= 5 {
            self.random.u8(..3)
        } else {
            self.random.u8(..26)
        };
        match kind {
            0 | 1 => self.column(),
            2 => {
                let (written, text) = self.constant();
                (written, Text(text))
            }
            3 => {
                let number =
                    self.random
                        .one_of(&["0", "5", "40.20", "1e3", "0.001", "12345678901234567890123"]);
                (number.to_owned(), Text(number.to_owned()))
            }
            4 => self.call("upper", depth, |text| Text(text.to_uppercase())),
            5 => self.call("lower", depth, |text| Text(text.to_lowercase())),
            6 => self.call("trim", depth, |text| Text(text.trim().to_owned())),
            7 => self.replace(depth),
            8 => self.substring(depth),
            9 => {
                let ((left, first), (right, second)) =
                    (self.expression(depth + 1), self.expression(depth + 1));
                let value = both(first, second, |left, right| Text(left + &right));
                (format!("concat({left}, {right})"), value)
            }
            10 | 11 => {
                let ((left, first), (right, second)) =
                    (self.expression(depth + 1), self.expression(depth + 1));
                (format!("first({left}, {right})"), first_of(first, second))
            }
            12..=16 => self.arithmetic(depth),
            17 => {
                let (inner, value) = self.expression(depth + 1);
                let value = match inner.starts_with(|character: char| character.is_ascii_digit()) {
                    // It becomes a constant with these digits.
                    true => Unknown,
                    false => number(value, |number| Some(number.negated())),
                };
                (format!("-({inner})"), value)
            }
            _ => (self.other(depth), Unknown),
        }
    }

    fn column(&mut self) -> (String, Value) {
        let index = self.random.usize(..COLUMNS.len());
        let name = match COLUMNS[index] {
            name if name.contains(' ') => format!("`{name}`"),
            name => name.to_owned(),
        };
        let value = self.cells[index].clone().map_or(Missing, Text);
        (name, value)
    }

    fn call(&mut self, name: &str, depth: usize, of: impl Fn(&str) -> Value) -> (String, Value) {
        let (inner, value) = self.expression(depth + 1);
        let value = match value {
            Text(text) => of(&text),
            other => other,
        };
        (format!("{name}({inner})"), value)
    }

    fn replace(&mut self, depth: usize) -> (String, Value) {
        let from = self.random.one_of(&["B", "0", " ", "\u{3a3}", "\"", "xx", "\n"]);
        let new = self.text();
        let (inner, value) = self.expression(depth + 1);
        let value = match value {
            Text(text) => Text(text.replace(from, &new)),
            other => other,
        };
        (
            format!("replace({inner}, {}, {})", parameter(from), parameter(&new)),
            value,
        )
    }

    fn substring(&mut self, depth: usize) -> (String, Value) {
        let (start, length) = (self.random.usize(..4), self.random.usize(..4));
        let (inner, value) = self.expression(depth + 1);
        let value = match value {
            // An empty text is a missing one here.
            Text(text) if text.is_empty() => Missing,
            Text(text) => {
                let part: String = text.chars().skip(start).take(length).collect();
                if text.chars().count() >= start + length {
                    Text(part)
                } else {
                    Fails
                }
            }
            other => other,
        };
        (format!("substring({inner}, {start}, {length})"), value)
    }

    fn arithmetic(&mut self, depth: usize) -> (String, Value) {
        let ((left, first), (right, second)) = (self.expression(depth + 1), self.expression(depth + 1));
        let operator = self.random.one_of(&['+', '-', '*']);
        let (first, second) = (number(first, Some), number(second, Some));
        let value = both(first, second, |left, right| {
            let (Some(left), Some(right)) = (Number::parse(&left), Number::parse(&right)) else {
                return Unknown;
            };
            Text(left.combined(operator, right).to_string())
        });
        (format!("({left}) {operator} ({right})"), value)
    }

    /// A function whose value is not computed here.
    fn other(&mut self, depth: usize) -> String {
        let (inner, _) = self.expression(depth + 1);
        let (constant, _) = self.constant();
        match self.random.u8(..16) {
            0 => format!("number({inner}, decimal = \",\", thousands = \".\")"),
            1 => format!("number({inner}, negative = \"parentheses\")"),
            2 => format!("implied({inner}, {})", self.random.u32(..30)),
            3 => format!("datetime(\"%d/%m/%Y\", {inner})"),
            4 => format!("datetime(\"%H:%M:%S%.f\", {inner})"),
            5 => format!("datetime(\"%Y-%m-%dT%H:%M:%S%.f%z\", {inner})"),
            6 => format!("capture({inner}, \"([0-9]+)[.,]?\")"),
            7 => format!("key_value({inner}, \"55\", \"|\")"),
            8 => format!("split({inner}, \"|\")"),
            9 => format!("translate({inner}, {{\"BHP\": \"x\", {constant}: b}}, default = {inner})"),
            10 => format!("seconds_of_day({inner})"),
            11 => format!("shifted({inner}, \"2014-03-10T10:00:00Z\")"),
            12 => format!("uuid5(\"dns\", {inner}, a)"),
            13 => format!("concat({inner}, line_number(), row_number())"),
            14 => "\"x{a}{`Trade Price`}\\{y\\}\"".to_owned(),
            _ => format!("translate({inner}, {{\"\": {constant}}}, default = null)"),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let comparison = |drawing: &mut Self| {
            let operator = drawing.random.one_of(&["==", "!=", "<", "<=", ">", ">="]);
            format!(
                "{} {operator} {}",
                drawing.expression(3).0,
                drawing.expression(3).0
            )
        };
        match if depth >= 3 { 0 } else { self.random.u8(..6) } {
            0 | 1 => comparison(self),
            2 => format!(
                "({}) and ({})",
                self.condition(depth + 1),
                self.condition(depth + 1)
            ),
            3 => format!(
                "({}) or ({})",
                self.condition(depth + 1),
                self.condition(depth + 1)
            ),
            4 => format!("not ({})", self.condition(depth + 1)),
            _ => format!("{} == null", self.column().0),
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '{' | '}') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

/// A text in quotes that is a parameter of a function: braces are themselves.
fn parameter(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The value of two parts that are both needed.
fn both(left: Value, right: Value, of: impl Fn(String, String) -> Value) -> Value {
    match (left, right) {
        (Text(left), Text(right)) => of(left, right),
        (Missing, Text(_) | Missing) | (Text(_), Missing) => Missing,
        (Fails, Text(_)) | (Text(_), Fails) | (Fails, Fails) => Fails,
        _ => Unknown,
    }
}

fn first_of(first: Value, second: Value) -> Value {
    let is_empty = |value: &Value| matches!(value, Missing) || *value == Text(String::new());
    match (first, second) {
        (Fails, _) => Fails,
        // A constant without a value is refused, even if it would not be needed.
        (Unknown, _) | (_, Unknown | Fails) => Unknown,
        (first, _) if !is_empty(&first) => first,
        (_, second) if !is_empty(&second) => second,
        _ => Unknown,
    }
}

/// A value that must be a number; an empty text is a missing one.
fn number(value: Value, of: impl Fn(Number) -> Option<Number>) -> Value {
    match value {
        Text(text) if text.is_empty() => Missing,
        Text(text) if has_many_digits(&text) => Unknown,
        Text(text) => match Number::parse(&text) {
            Some(number) => of(number).map_or(Unknown, |number| Text(number.to_string())),
            None => Fails,
        },
        other => other,
    }
}

/// Whether it may be beyond the limit for operands, 1,000 digits before and after the decimal point.
fn has_many_digits(text: &str) -> bool {
    let exponent = text.split_once(['e', 'E']).map_or("0", |(_, exponent)| exponent);
    let is_small = exponent
        .parse::<i64>()
        .is_ok_and(|exponent| exponent.abs() <= 400);
    text.len() > 500 || (!is_small && exponent.bytes().any(|byte| byte.is_ascii_digit()))
}

/// A decimal: an integer, and how many of its digits are after the decimal point.
struct Number {
    unscaled: BigInt,
    scale: usize,
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => {
                let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                let is_number = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
                (digits, exponent.parse::<i64>().ok().filter(|_| is_number)?)
            }
            None => (text, 0),
        };
        let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let unscaled: BigInt = all.parse().ok()?;
        let unscaled = if digits.starts_with('-') {
            -unscaled
        } else {
            unscaled
        };
        let scale = fraction.len() as i64 - exponent;
        Some(match usize::try_from(scale) {
            Ok(scale) => Number { unscaled, scale },
            Err(_) => Number {
                unscaled: unscaled * BigInt::from(10).pow(scale.unsigned_abs() as u32),
                scale: 0,
            },
        })
    }

    fn negated(self) -> Number {
        Number {
            unscaled: -self.unscaled,
            ..self
        }
    }

    fn at_scale(&self, scale: usize) -> BigInt {
        &self.unscaled * BigInt::from(10).pow((scale - self.scale) as u32)
    }

    fn combined(self, operator: char, other: Number) -> Number {
        let scale = self.scale.max(other.scale);
        match operator {
            '+' => Number {
                unscaled: self.at_scale(scale) + other.at_scale(scale),
                scale,
            },
            '-' => Number {
                unscaled: self.at_scale(scale) - other.at_scale(scale),
                scale,
            },
            _ => Number {
                unscaled: self.unscaled * other.unscaled,
                scale: self.scale + other.scale,
            },
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.unscaled.magnitude().to_string();
        let digits = format!("{digits:0>width$}", width = self.scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        let minus = if self.unscaled < BigInt::ZERO { "-" } else { "" };
        let point = if self.scale > 0 { "." } else { "" };
        write!(formatter, "{minus}{whole}{point}{fraction}")
    }
}
