//! The functions that expressions can call.

use std::sync::Arc;

use uuid::Uuid;

use super::arguments::Arguments;
use super::compile::{Compiler, RawRows};
use super::expression::{Compiled, constant};
use super::node::{Function, Node, Translations, UuidVersion};
use crate::mapping::expression::{Call, Expr, ExprKind, ExpressionError, Spanned};
use crate::mapping::functions::{Capture, DateFormat, KeyValue, Negative, NumberFormat, TimeShift};
use crate::mapping::rules::EpochUnit;
use crate::nearest::near_miss;

/// The functions, with what they take.
pub(super) const FUNCTIONS: [(&str, &str); 26] = [
    ("capture", "capture(VALUE, \"PATTERN\")"),
    ("column", "column(NUMBER)"),
    ("concat", "concat(VALUE, ...)"),
    ("datetime", "datetime(\"FORMAT\", VALUE, ..., pivot = YEAR)"),
    ("file_name", "file_name()"),
    ("file_path", "file_path()"),
    ("first", "first(VALUE, VALUE, ...)"),
    ("implied", "implied(VALUE, PLACES)"),
    ("key_value", "key_value(VALUE, \"KEY\", \"SEPARATOR\")"),
    ("line_number", "line_number()"),
    ("lookup", "lookup(NAME, COLUMN, KEY, ..., default = VALUE)"),
    ("lower", "lower(VALUE)"),
    ("now", "now()"),
    (
        "number",
        "number(VALUE, decimal = \",\", thousands = \".\", negative = \"parentheses\")",
    ),
    ("replace", "replace(VALUE, \"TEXT\", \"TEXT\")"),
    ("row_number", "row_number()"),
    ("seconds_of_day", "seconds_of_day(VALUE, unit = \"s\")"),
    ("shifted", "shifted(VALUE, \"TIME\")"),
    ("split", "split(VALUE, \"SEPARATOR\")"),
    ("substring", "substring(VALUE, START, LENGTH)"),
    (
        "translate",
        "translate(VALUE, {\"TEXT\": VALUE, ...}, default = VALUE)",
    ),
    ("trim", "trim(VALUE)"),
    ("upper", "upper(VALUE)"),
    ("uuid4", "uuid4()"),
    ("uuid5", "uuid5(\"NAMESPACE\", VALUE, ...)"),
    ("uuid7", "uuid7()"),
];

fn unknown_function(name: &str, place: &Spanned<String>) -> ExpressionError {
    let known: Vec<String> = FUNCTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let error = ExpressionError::at(place.span.clone(), format!("there is no function `{name}`"));
    match near_miss(name, &known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("the functions are {}", known.join(", "))),
    }
}

impl Compiler<'_> {
    pub(super) fn call(&mut self, call: &Call, expression: &Expr) -> Compiled {
        let name = call.function.value.as_str();
        let arguments = Arguments { call, expression };
        match name {
            "column" => {
                let number = arguments.number(0, "the number of a column, from 1")?;
                arguments.no_more(1, &[])?;
                let header = match self.rows {
                    RawRows::Columns(header) => header,
                    RawRows::Unknown => return Ok(self.column(0)),
                    RawRows::Json => {
                        return Err(arguments
                            .error("JSON rows have no columns")
                            .with_hint("write the path of the key"));
                    }
                };
                match usize::try_from(number)
                    .ok()
                    .and_then(|number| number.checked_sub(1))
                {
                    Some(column) if column < header.len() => Ok(self.column(column)),
                    _ => Err(arguments.error(format!(
                        "there is no column {number}; the file has {}",
                        header.len()
                    ))),
                }
            }
            "concat" => Ok(Node::Concat(self.all(&arguments, 1)?)),
            "first" => Ok(Node::First(self.all(&arguments, 2)?)),
            "upper" => self.function(&arguments, Function::Upper),
            "lower" => self.function(&arguments, Function::Lower),
            "trim" => self.function(&arguments, Function::Trim),
            "replace" => {
                let from = arguments.text(1, "the text to replace")?.to_owned();
                let to = arguments.text(2, "the text to replace it with")?.to_owned();
                if from.is_empty() {
                    return Err(ExpressionError::at(
                        call.arguments[1].span.clone(),
                        "the text to replace is empty",
                    ));
                }
                arguments.no_more(3, &[])?;
                self.first_argument(&arguments, Function::Replace { from, to })
            }
            "substring" => {
                let start = arguments.size(1, "where the text starts, from 0")?;
                let length = match call.arguments.len() > 2 {
                    true => Some(arguments.size(2, "the number of characters")?),
                    false => None,
                };
                arguments.no_more(3, &[])?;
                self.first_argument(&arguments, Function::Substring { start, length })
            }
            "capture" => {
                let pattern = arguments.text(1, "a pattern, such as \"(\\d+)\\.csv\"")?;
                arguments.no_more(2, &[])?;
                let capture = Capture::compile(pattern).map_err(|error| arguments.format_error(1, error))?;
                self.first_argument(&arguments, Function::Capture(Box::new(capture)))
            }
            "key_value" => {
                let key = arguments.text(1, "the key")?;
                let separator = arguments.text(2, "the text between the pairs")?;
                for (text, argument) in [(key, 1), (separator, 2)] {
                    if text.is_empty() {
                        let what = ["the key", "the separator"][argument - 1];
                        let span = call.arguments[argument].span.clone();
                        return Err(ExpressionError::at(span, format!("{what} is empty")));
                    }
                }
                arguments.no_more(3, &[])?;
                let pair = Box::new(KeyValue::new(key, separator));
                let argument = arguments.get(0, "a value")?;
                Ok(Node::KeyValue(pair, Box::new(self.expression(argument)?)))
            }
            "split" => {
                let separator = arguments.text(1, "the text between the parts")?.to_owned();
                if separator.is_empty() {
                    return Err(ExpressionError::at(
                        call.arguments[1].span.clone(),
                        "the separator is empty",
                    ));
                }
                arguments.no_more(2, &[])?;
                self.first_argument(&arguments, Function::Split(separator))
            }
            "implied" => {
                let places = arguments.size(1, "the number of decimal places")?;
                let places = u8::try_from(places).map_err(|_| {
                    let span = call.arguments[1].span.clone();
                    ExpressionError::at(span, "expected at most 255 decimal places")
                })?;
                arguments.no_more(2, &[])?;
                self.first_argument(&arguments, Function::Implied(places))
            }
            "number" => {
                arguments.no_more(1, &["decimal", "thousands", "negative"])?;
                let format = number_format(&arguments)?;
                self.first_argument(&arguments, Function::Number(format))
            }
            "seconds_of_day" => {
                arguments.no_more(1, &["unit"])?;
                let unit = match arguments.named_text("unit", "one of \"s\", \"ms\", \"us\", \"ns\"")? {
                    None => EpochUnit::Seconds,
                    Some((text, span)) => text
                        .parse()
                        .map_err(|error| ExpressionError::at(span, format!("{error}")))?,
                };
                self.first_argument(&arguments, Function::SecondsOfDay(unit))
            }
            "shifted" => {
                let expected = "the time that becomes the start of the run, such as \"2014-03-10T10:00:00Z\"";
                let first = arguments.text(1, expected)?;
                arguments.no_more(2, &[])?;
                let shift = TimeShift::new(first, self.map.start.0)
                    .map_err(|fault| ExpressionError::at(call.arguments[1].span.clone(), fault.reason))?;
                self.first_argument(&arguments, Function::Shifted(shift))
            }
            "datetime" => {
                let format = arguments.text(0, "a format, such as \"%d/%m/%Y\"")?;
                let pivot = match arguments.named("pivot") {
                    None => None,
                    Some(pivot) => Some(arguments.year(pivot)?),
                };
                arguments.known_names(&["pivot"])?;
                let format =
                    DateFormat::compile(format, pivot).map_err(|error| arguments.format_error(0, error))?;
                if call.arguments.len() < 2 {
                    return Err(arguments.error("`datetime` needs a format and at least one value to read"));
                }
                let sources = call.arguments[1..]
                    .iter()
                    .map(|argument| self.expression(argument));
                Ok(Node::DateTime(format, sources.collect::<Result<_, _>>()?))
            }
            "translate" => self.translate(&arguments),
            "lookup" => self.lookup(&arguments),
            "line_number" => arguments.no_more(0, &[]).map(|()| Node::LineNumber),
            "row_number" => {
                arguments.no_more(0, &[])?;
                self.counts_rows = true;
                Ok(Node::RowNumber)
            }
            "now" => arguments.no_more(0, &[]).map(|()| Node::Now),
            "uuid4" => arguments.no_more(0, &[]).map(|()| Node::NewUuid(UuidVersion::V4)),
            "uuid7" => arguments.no_more(0, &[]).map(|()| Node::NewUuid(UuidVersion::V7)),
            "uuid5" => self.named_uuid(&arguments),
            "file_name" => self.name_of_file(&arguments, self.names.file_name.as_deref()),
            "file_path" => self.name_of_file(&arguments, self.names.file_path.as_deref()),
            unknown => Err(unknown_function(unknown, &call.function)),
        }
    }

    fn name_of_file(&self, arguments: &Arguments<'_>, name: Option<&str>) -> Compiled {
        arguments.no_more(0, &[])?;
        match name {
            // Any source that is not a constant: the mapping is only compiled.
            None if self.names.is_unknown => Ok(Node::Column(0)),
            Some(name) => Ok(constant(name)),
            None => Err(arguments.error("standard input has no file name")),
        }
    }

    fn all(&mut self, arguments: &Arguments<'_>, least: usize) -> Compiled<Vec<Node>> {
        arguments.known_names(&[])?;
        let given = &arguments.call.arguments;
        if given.len() < least {
            let name = &arguments.call.function.value;
            let message = format!("`{name}` needs at least {least} values");
            return Err(arguments.error(message));
        }
        given.iter().map(|argument| self.expression(argument)).collect()
    }

    fn function(&mut self, arguments: &Arguments<'_>, function: Function) -> Compiled {
        arguments.no_more(1, &[])?;
        self.first_argument(arguments, function)
    }

    fn first_argument(&mut self, arguments: &Arguments<'_>, function: Function) -> Compiled {
        let argument = arguments.get(0, "a value")?;
        Ok(Node::Call(function, Box::new(self.expression(argument)?)))
    }

    /// `lookup(NAME, COLUMN, KEY, ...)`.
    fn lookup(&mut self, arguments: &Arguments<'_>) -> Compiled {
        arguments.known_names(&["default"])?;
        let name = arguments.name(0, "the name of a lookup")?;
        let Some(lookup) = self.map.lookups.get(&name.value) else {
            let known: Vec<String> = self.map.lookups.keys().cloned().collect();
            let message = format!("the mapping has no `[lookups.{}]`", name.value);
            let error = ExpressionError::at(name.span, message);
            return Err(match near_miss(&name.value, &known) {
                Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                None => error,
            });
        };
        let table = Arc::clone(&lookup.table);
        let wanted = arguments.name(1, "the name of a column of the other file")?;
        let Some(column) = table.column(&wanted.value) else {
            let message = format!("{} has no column `{}`", lookup.file, wanted.value);
            let hint = format!("its columns are {}", table.columns().join(", "));
            return Err(ExpressionError::at(wanted.span, message).with_hint(hint));
        };
        let given = &arguments.call.arguments[2..];
        if given.len() != table.key_columns() {
            let keys = table.key_columns();
            let message = format!(
                "the key of `{}` has {keys} values, not {}",
                name.value,
                given.len()
            );
            return Err(arguments.error(message));
        }
        let keys = given.iter().map(|argument| self.expression(argument));
        let keys = keys.collect::<Result<_, _>>()?;
        let otherwise = match arguments.named("default") {
            Some(otherwise) => Some(Box::new(self.expression(otherwise)?)),
            None => None,
        };
        Ok(Node::Lookup {
            table,
            column,
            keys,
            otherwise,
        })
    }

    /// `uuid5("NAMESPACE", VALUE, ...)`.
    fn named_uuid(&mut self, arguments: &Arguments<'_>) -> Compiled {
        arguments.known_names(&[])?;
        let text = arguments.text(0, "a namespace: a UUID, or one of dns, url, oid, x500")?;
        let namespace = match text {
            "dns" => Uuid::NAMESPACE_DNS,
            "url" => Uuid::NAMESPACE_URL,
            "oid" => Uuid::NAMESPACE_OID,
            "x500" => Uuid::NAMESPACE_X500,
            other => Uuid::try_parse(other).map_err(|_| {
                let span = arguments.call.arguments[0].span.clone();
                ExpressionError::at(span, "expected a UUID, or one of dns, url, oid, x500")
            })?,
        };
        if arguments.call.arguments.len() < 2 {
            return Err(arguments.error("`uuid5` needs a namespace and at least one value"));
        }
        let values = arguments.call.arguments[1..].iter();
        let values = values.map(|argument| self.expression(argument));
        Ok(Node::NamedUuid(namespace, values.collect::<Result<_, _>>()?))
    }

    fn translate(&mut self, arguments: &Arguments<'_>) -> Compiled {
        arguments.no_more(2, &["default"])?;
        let text = self.expression(arguments.get(0, "a value")?)?;
        let table = arguments.get(1, "a table, such as {\"B\": \"BUY\"}")?;
        let mut entries: Vec<(Box<[u8]>, Node)> = Vec::new();
        match &table.value {
            ExprKind::Table(written) => {
                for (name, value) in written {
                    if entries.iter().any(|(known, _)| **known == *name.value.as_bytes()) {
                        let message = format!("`{}` is translated twice", name.value);
                        return Err(ExpressionError::at(name.span.clone(), message));
                    }
                    entries.push((name.value.as_bytes().into(), self.expression(value)?));
                }
            }
            ExprKind::Source(path) => {
                let name = path.to_string();
                let Some(written) = self.map.translations.get(&name) else {
                    let known: Vec<String> = self.map.translations.keys().cloned().collect();
                    let error = ExpressionError::at(
                        table.span.clone(),
                        format!("the mapping has no `[translations.{name}]`"),
                    );
                    return Err(match near_miss(&name, &known) {
                        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
                        None => error,
                    });
                };
                for (text, value) in written {
                    let value = self.expression(&value.value)?;
                    entries.push((text.as_bytes().into(), value));
                }
            }
            _ => {
                return Err(ExpressionError::at(
                    table.span.clone(),
                    "expected a table, such as {\"B\": \"BUY\"}, or the name of one in `[translations]`",
                ));
            }
        }
        let otherwise = match arguments.named("default") {
            Some(otherwise) => Some(Box::new(self.expression(otherwise)?)),
            None => None,
        };
        Ok(Node::Translate {
            text: Box::new(text),
            table: Translations::new(entries),
            otherwise,
        })
    }
}

fn number_format(arguments: &Arguments<'_>) -> Compiled<NumberFormat> {
    let one = |name: &str| -> Compiled<Option<char>> {
        let Some((text, span)) = arguments.named_text(name, "one character")? else {
            return Ok(None);
        };
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(Some(character)),
            _ => Err(ExpressionError::at(span, "expected one character")),
        }
    };
    let negative = match arguments.named_text("negative", "\"parentheses\" or \"trailing-minus\"")? {
        None => Negative::Minus,
        Some(("parentheses", _)) => Negative::Parentheses,
        Some(("trailing-minus", _)) => Negative::TrailingMinus,
        Some((_, span)) => {
            return Err(ExpressionError::at(
                span,
                "expected \"parentheses\" or \"trailing-minus\"",
            ));
        }
    };
    NumberFormat::new(one("decimal")?.unwrap_or('.'), one("thousands")?, negative)
        .map_err(|error| arguments.error(error.to_string()))
}
