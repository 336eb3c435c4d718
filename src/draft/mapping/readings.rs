//! The ways in which the value of a field may be written in a file.

use super::super::Source;
use super::leaves::Leaf;
use super::text::{entry, quoted};
use crate::mapping::functions::DateFormat;
use crate::schema::{AvroSchema, Base, Logical};

/// Formats of dates. [`Trial`](super::trial::Trial) finds which of them give different days.
const DATES: [&str; 10] = [
    "%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y",
    "%d %b %Y",
];

/// The same with years of two digits, which say no century.
const SHORT_DATES: [&str; 8] = [
    "%y-%m-%d", "%y%m%d", "%y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%d-%b-%y",
];

/// Why a reading of years of two digits is not chosen.
const NO_CENTURY: &str = "the years have two digits, so name the first year that they mean: pivot";

/// The first year that two digits are taken for until a person decides.
const PIVOT: i16 = 1970;

/// Formats of times of day.
const TIMES: [&str; 4] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S%.f %p", "%H%M%S%.f"];

/// What separates a date from a time of day in one value.
const BETWEEN: [&str; 4] = [" ", "T", "-", ""];

/// The values that decide whether a format is tried on all rows.
const FIRST_VALUES: usize = 5;

/// Notations of numbers, as arguments of `number`, and in words.
const NUMBERS: [(&str, &str); 5] = [
    ("decimal = \",\"", "numbers with a decimal comma"),
    ("thousands = \",\"", "numbers with commas between thousands"),
    (
        "decimal = \",\", thousands = \".\"",
        "numbers with a decimal comma and points between thousands",
    ),
    (
        "thousands = \",\", negative = \"parentheses\"",
        "numbers, the negative ones in parentheses",
    ),
    (
        "negative = \"trailing-minus\"",
        "numbers, the negative ones with the minus sign at the end",
    ),
];

/// The most different values that are translated to symbols of an enum.
const MAX_TRANSLATIONS: usize = 20;

/// What different exchanges call the sides of a trade.
const SIDES: [&[&str]; 2] = [&["BUY", "B", "BID"], &["SELL", "S", "ASK"]];

/// A way to read the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) expression: String,
    /// The rule for this field that says what its numbers mean.
    pub(super) rule: Option<Rule>,
    /// Whether the value is a time that has no zone.
    pub(super) needs_zone: bool,
    /// What the values look like; none if the encoder reads them without a function.
    pub(super) looks_like: Option<String>,
    /// Why it is not chosen even if no other reading suits.
    pub(super) doubt: Option<&'static str>,
}

/// A rule in `[rules.FIELD]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
}

impl Reading {
    fn of(expression: &str) -> Reading {
        Reading {
            expression: expression.to_owned(),
            rule: None,
            needs_zone: false,
            looks_like: None,
            doubt: None,
        }
    }

    /// The numbers of this column as a rule reads them.
    fn by_rule(expression: &str, name: &'static str, value: &'static str, looks_like: &str) -> Reading {
        Reading {
            rule: Some(Rule { name, value }),
            looks_like: Some(looks_like.to_owned()),
            ..Reading::of(expression)
        }
    }

    fn function(expression: String, looks_like: impl Into<String>) -> Reading {
        Reading {
            looks_like: Some(looks_like.into()),
            ..Reading::of(&expression)
        }
    }

    /// The lines of a mapping that has only this reading.
    pub(super) fn lines(&self, path: &str) -> String {
        let mut lines = format!("fields.{}", entry(path, &self.expression));
        if let Some(Rule { name, value }) = self.rule {
            let path = super::text::key(path);
            lines.push_str(&format!("rules.{path}.{name} = {}\n", quoted(value)));
        }
        if self.needs_zone {
            lines.push_str("rules.tz = \"UTC\"\n");
        }
        lines
    }
}

/// The readings of `source` that may suit a field: the one without a function first.
pub(super) fn of(avro: &AvroSchema, leaf: &Leaf, source: &Source) -> Vec<Reading> {
    let inner = avro.get(leaf.inner(avro));
    let name = source.expression.as_str();
    let mut readings = vec![Reading::of(name)];
    match (inner.logical, &inner.base) {
        (Some(Logical::Timestamp(_)), _) => {
            readings.push(Reading {
                needs_zone: true,
                ..Reading::of(name)
            });
            for (unit, words) in [
                ("s", "seconds"),
                ("ms", "milliseconds"),
                ("us", "microseconds"),
                ("ns", "nanoseconds"),
            ] {
                let looks_like = format!("{words} since 1970");
                readings.push(Reading::by_rule(name, "epoch-unit", unit, &looks_like));
            }
            readings.extend(date_times(source).into_iter().map(|reading| Reading {
                needs_zone: true,
                ..reading
            }));
        }
        (Some(Logical::LocalTimestamp(_)), _) => readings.extend(date_times(source)),
        (Some(Logical::Date), _) => {
            let mut dates = datetimes(DATES.map(str::to_owned), &[source]);
            if dates.is_empty() {
                dates = datetimes(SHORT_DATES.map(str::to_owned), &[source]);
                for (meaning, words) in [
                    ("excel", "days as Excel counts them"),
                    ("days", "days since 1970"),
                ] {
                    dates.push(Reading::by_rule(name, "integer-date", meaning, words));
                }
            }
            readings.extend(dates);
        }
        (Some(Logical::TimeOfDay(_)), _) => {
            let mut times = datetimes(TIMES.map(str::to_owned), &[source]);
            if times.is_empty() {
                for (meaning, words) in [
                    ("hhmmss", "hours, minutes and seconds"),
                    ("unit", "the time since midnight in the field's unit"),
                ] {
                    times.push(Reading::by_rule(name, "integer-time", meaning, words));
                }
            }
            readings.extend(times);
        }
        (Some(Logical::Decimal { .. } | Logical::BigDecimal), _)
        | (None, Base::Int | Base::Long | Base::Float | Base::Double) => {
            for (notation, words) in NUMBERS {
                readings.push(Reading::function(format!("number({name}, {notation})"), words));
            }
        }
        (None, Base::Enum { symbols, .. }) => readings.extend(translation(source, symbols)),
        _ => {}
    }
    readings
}

/// The readings of two columns with a date and a time of day.
pub(super) fn of_two(avro: &AvroSchema, leaf: &Leaf, date: &Source, time: &Source) -> Vec<Reading> {
    let needs_zone = matches!(avro.get(leaf.inner(avro)).logical, Some(Logical::Timestamp(_)));
    let with = |dates: &[&str]| {
        let formats = dates
            .iter()
            .flat_map(|date| TIMES.iter().map(move |time| format!("{date} {time}")));
        datetimes(formats.collect::<Vec<_>>(), &[date, time])
    };
    let readings = with(&DATES);
    let readings = match readings.is_empty() {
        true => with(&SHORT_DATES),
        false => readings,
    };
    readings
        .into_iter()
        .map(|reading| Reading {
            needs_zone,
            ..reading
        })
        .collect()
}

fn date_times(source: &Source) -> Vec<Reading> {
    let with = |dates: &[&str]| {
        let formats = dates.iter().flat_map(|date| {
            TIMES.iter().flat_map(move |time| {
                BETWEEN
                    .iter()
                    .map(move |between| format!("{date}{between}{time}"))
            })
        });
        datetimes(formats.collect::<Vec<_>>(), &[source])
    };
    let readings = with(&DATES);
    match readings.is_empty() {
        true => with(&SHORT_DATES),
        false => readings,
    }
}

/// The formats that one of the first values follows; with several columns, their values are joined with a blank.
fn datetimes(formats: impl IntoIterator<Item = String>, sources: &[&Source]) -> Vec<Reading> {
    let columns: Vec<Vec<&str>> = sources
        .iter()
        .map(|source| source.present().take(FIRST_VALUES).collect())
        .collect();
    let joined = |row: usize| {
        columns
            .iter()
            .map(|values| values.get(row).copied())
            .collect::<Option<Vec<_>>>()
    };
    let values: Vec<String> = (0..FIRST_VALUES)
        .filter_map(joined)
        .map(|values| values.join(" "))
        .collect();
    let names: Vec<&str> = sources.iter().map(|source| source.expression.as_str()).collect();
    let names = names.join(", ");
    let formats = formats.into_iter().filter_map(|text| {
        let is_short = text.contains("%y");
        let format = DateFormat::compile(&text, is_short.then_some(PIVOT)).ok()?;
        let follows = |value: &String| format.append(value.as_bytes(), &mut Vec::new()).is_ok();
        let pivot = match is_short {
            true => format!(", pivot = {PIVOT}"),
            false => String::new(),
        };
        let expression = format!("datetime(\"{text}\", {names}{pivot})");
        values.iter().any(follows).then(|| Reading {
            doubt: is_short.then_some(NO_CENTURY),
            ..Reading::function(expression, in_letters(&text))
        })
    });
    formats.collect()
}

/// Whether the first values of a column are dates, written with separators.
pub(super) fn is_date(source: &Source) -> bool {
    follow_one_of(
        source,
        DATES
            .iter()
            .chain(&SHORT_DATES)
            .filter(|format| format.contains(['-', '/', '.', ' '])),
    )
}

/// Whether they are times of day, written with separators.
pub(super) fn is_time(source: &Source) -> bool {
    follow_one_of(source, TIMES.iter().filter(|format| format.contains(':')))
}

/// Whether every point in its values may separate thousands, as in `1.000`, and there is one.
pub(super) fn may_have_thousands(source: &Source) -> bool {
    let mut with_points = source.present().filter(|value| value.contains('.')).peekable();
    with_points.peek().is_some()
        && with_points.all(|value| {
            let mut groups = value.trim_start_matches(['-', '+']).split('.');
            let first = groups.next().unwrap_or_default();
            let is_group = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
            (1..=3).contains(&first.len())
                && is_group(first)
                && !first.starts_with('0')
                && groups.all(|group| group.len() == 3 && is_group(group))
        })
}

/// Whether all first values follow the same one of these formats.
fn follow_one_of<'f>(source: &Source, mut formats: impl Iterator<Item = &'f &'f str>) -> bool {
    let values: Vec<&str> = source.present().take(FIRST_VALUES).collect();
    let follow = |format: DateFormat| {
        values
            .iter()
            .all(|value| format.append(value.as_bytes(), &mut Vec::new()).is_ok())
    };
    !values.is_empty() && formats.any(|text| DateFormat::compile(text, Some(PIVOT)).is_ok_and(follow))
}

/// A format as people write it: `dd/mm/yyyy`.
fn in_letters(format: &str) -> String {
    let mut letters = format.to_owned();
    for (directive, written) in [
        ("%Y", "yyyy"),
        ("%y", "yy"),
        ("%m", "mm"),
        ("%d", "dd"),
        ("%b", "mmm"),
        ("%H", "hh"),
        ("%I", "hh"),
        ("%M", "mm"),
        ("%S", "ss"),
        ("%.f", ""),
        ("%p", "AM/PM"),
    ] {
        letters = letters.replace(directive, written);
    }
    letters
}

/// Symbols that differ only in case from the values, and the sides of trades under other names.
fn translation(source: &Source, symbols: &[String]) -> Option<Reading> {
    let mut values: Vec<&str> = source.present().collect();
    values.sort_unstable();
    values.dedup();
    if values.is_empty() || values.len() > MAX_TRANSLATIONS {
        return None;
    }
    let side = |name: &str| {
        SIDES
            .iter()
            .position(|names| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    };
    let mut table = Vec::new();
    for value in &values {
        let same = symbols.iter().find(|symbol| symbol.eq_ignore_ascii_case(value));
        let same_side = || {
            let wanted = side(value)?;
            symbols.iter().find(|symbol| side(symbol) == Some(wanted))
        };
        let symbol = same.or_else(same_side)?;
        // The quotes and braces of other values would need escapes.
        if !value
            .chars()
            .all(|character| character.is_alphanumeric() || "_- .".contains(character))
        {
            return None;
        }
        table.push(format!("\"{value}\": \"{symbol}\""));
    }
    let expression = format!("translate({}, {{{}}})", source.expression, table.join(", "));
    Some(Reading::function(
        expression,
        format!("names of symbols: {}", values.join(", ")),
    ))
}
