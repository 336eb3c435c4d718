//! `[rules]` and `[rules.FIELD]`: how values are read, with the names of the options of the command line.

use std::fmt::Display;
use std::str::FromStr;

use toml_edit::{Item, TableLike};

use super::error::{MapError, Source};
use super::{FieldRules, MapFile, unknown_key};
use crate::mapping::rules::{
    BytesEncoding, ClockChange, EpochUnit, EpochYears, IntegerDate, IntegerTime, JsonEncoding, Rounding,
    Rules, UnknownKeys, time_zone,
};

const KNOWN: [&str; 14] = [
    "bytes-encoding",
    "clock-change",
    "decimal-round",
    "epoch-unit",
    "epoch-years",
    "float-nearest",
    "ignore-unknown",
    "integer-date",
    "integer-time",
    "json-encoding",
    "missing-null",
    "null-tokens",
    "time-truncate",
    "tz",
];

/// Rules whose effect is on the row or on the fields that are absent, not on one value.
const OF_ALL: [&str; 2] = ["ignore-unknown", "missing-null"];

/// Reads `[rules]`: keys are rules for all fields, tables are those of one field.
pub(super) fn parse(source: &Source<'_>, table: &dyn TableLike, map: &mut MapFile) -> Result<(), MapError> {
    for (key, item) in table.iter() {
        match item.as_table_like() {
            Some(inner) => field(source, table, key, inner, key.to_owned(), map)?,
            None => set(source, table, key, item, &KNOWN, &mut map.rules)?,
        }
    }
    Ok(())
}

fn field(
    source: &Source<'_>,
    outer: &dyn TableLike,
    key: &str,
    table: &dyn TableLike,
    path: String,
    map: &mut MapFile,
) -> Result<(), MapError> {
    let known: Vec<&str> = KNOWN
        .into_iter()
        .filter(|name| !OF_ALL.contains(name))
        .chain(["omit-empty", "union-branch"])
        .collect();
    let mut rules = Rules::default();
    let mut union_branch = None;
    let mut found = false;
    for (name, item) in table.iter() {
        match item.as_table_like() {
            Some(inner) => field(source, table, name, inner, format!("{path}.{name}"), map)?,
            None if name == "omit-empty" => {
                if boolean(source, item)? {
                    let place = source.place(source.key_span(table, name));
                    map.omit_empty.push((path.clone(), place));
                }
            }
            None if name == "union-branch" => {
                let place = source.place(source.item_span(item));
                union_branch = Some((text(source, item)?.to_owned(), place));
                found = true;
            }
            None => {
                set(source, table, name, item, &known, &mut rules)?;
                found = true;
            }
        }
    }
    if found {
        map.field_rules.push(FieldRules {
            path,
            rules,
            union_branch,
            place: source.place(source.key_span(outer, key)),
        });
    }
    Ok(())
}

fn set(
    source: &Source<'_>,
    table: &dyn TableLike,
    key: &str,
    item: &Item,
    known: &[&str],
    rules: &mut Rules,
) -> Result<(), MapError> {
    if !known.contains(&key) {
        let span = source.key_span(table, key);
        return Err(match OF_ALL.contains(&key) {
            true => source.error(
                span,
                format!("`{key}` is a rule for all fields: write it in `[rules]`"),
            ),
            false => unknown_key(source, span, key, known),
        });
    }
    match key {
        "float-nearest" => rules.float_nearest = boolean(source, item)?,
        "time-truncate" => rules.time_truncate = boolean(source, item)?,
        "missing-null" => rules.missing_null = boolean(source, item)?,
        "ignore-unknown" => {
            rules.unknown_keys = match boolean(source, item)? {
                true => UnknownKeys::Drop,
                false => UnknownKeys::Reject,
            }
        }
        "null-tokens" => rules.null_tokens = texts(source, item)?,
        "tz" => {
            let name = text(source, item)?;
            rules.time_zone = Some(time_zone(name).map_err(|error| refused(source, item, &error))?);
        }
        "clock-change" => rules.clock_change = Some(choice::<ClockChange>(source, item)?),
        "epoch-unit" => rules.epoch_unit = Some(choice::<EpochUnit>(source, item)?),
        "epoch-years" => rules.epoch_years = choice::<EpochYears>(source, item)?,
        "integer-date" => rules.integer_date = Some(choice::<IntegerDate>(source, item)?),
        "integer-time" => rules.integer_time = Some(choice::<IntegerTime>(source, item)?),
        "decimal-round" => {
            let modes = [
                ("half-even", Rounding::HalfEven),
                ("half-up", Rounding::HalfUp),
                ("down", Rounding::Down),
            ];
            rules.decimal_round = Some(one_of(source, item, &modes)?);
        }
        "bytes-encoding" => {
            let encodings = [
                ("base64", BytesEncoding::Base64),
                ("hex", BytesEncoding::Hex),
                ("utf8", BytesEncoding::Utf8),
                ("latin1", BytesEncoding::Latin1),
            ];
            rules.bytes_encoding = Some(one_of(source, item, &encodings)?);
        }
        "json-encoding" => {
            let forms = [
                ("auto", JsonEncoding::Auto),
                ("plain", JsonEncoding::Plain),
                ("avro", JsonEncoding::Avro),
            ];
            rules.json_encoding = one_of(source, item, &forms)?;
        }
        _ => unreachable!("known keys have a meaning"),
    }
    Ok(())
}

fn boolean(source: &Source<'_>, item: &Item) -> Result<bool, MapError> {
    item.as_bool()
        .ok_or_else(|| source.error(source.item_span(item), "expected true or false"))
}

fn text<'a>(source: &Source<'_>, item: &'a Item) -> Result<&'a str, MapError> {
    item.as_str()
        .ok_or_else(|| source.error(source.item_span(item), "expected a text in quotes"))
}

fn texts(source: &Source<'_>, item: &Item) -> Result<Vec<Vec<u8>>, MapError> {
    let texts = item.as_array().map(|texts| {
        let texts = texts
            .iter()
            .map(|text| text.as_str().map(|text| text.as_bytes().to_vec()));
        texts.collect::<Option<Vec<_>>>()
    });
    texts.flatten().ok_or_else(|| {
        source.error(
            source.item_span(item),
            "expected a list of texts: [\"NA\", \"-\"]",
        )
    })
}

fn choice<T>(source: &Source<'_>, item: &Item) -> Result<T, MapError>
where
    T: FromStr,
    T::Err: Display,
{
    text(source, item)?
        .parse()
        .map_err(|error: T::Err| refused(source, item, &error))
}

fn one_of<T: Copy>(source: &Source<'_>, item: &Item, choices: &[(&str, T)]) -> Result<T, MapError> {
    let written = text(source, item)?;
    let found = choices.iter().find(|(name, _)| *name == written);
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        source.error(
            source.item_span(item),
            format!("expected one of {}", names.join(", ")),
        )
    })
}

fn refused(source: &Source<'_>, item: &Item, error: &dyn Display) -> MapError {
    source.error(source.item_span(item), error.to_string())
}
