//! The options of the command line that a drafted mapping has to repeat, because its entries were tried with them.

use super::text::quoted;
use crate::mapping::Rules;
use crate::mapping::rules::{BytesEncoding, JsonEncoding, Rounding, UnknownKeys};

/// The lines of `[rules]` for the rules that were chosen.
pub(super) fn rules(rules: &Rules) -> String {
    let strict = Rules::default();
    let Rules {
        json_encoding,
        decimal_round,
        float_nearest,
        time_truncate,
        time_zone,
        clock_change,
        epoch_unit,
        epoch_years,
        integer_date,
        integer_time,
        bytes_encoding,
        union_branch: _,
        null_tokens,
        missing_null,
        unknown_keys,
    } = rules;
    let text = |value: &dyn ToString| Some(quoted(&value.to_string()));
    let flag = |is_set: bool| is_set.then(|| "true".to_owned());
    let tokens: Vec<String> = null_tokens
        .iter()
        .map(|token| quoted(&String::from_utf8_lossy(token)))
        .collect();
    let given = [
        ("tz", time_zone.as_ref().and_then(|zone| text(&zone.name()))),
        ("clock-change", clock_change.and_then(|change| text(&change))),
        ("epoch-unit", epoch_unit.and_then(|unit| text(&unit))),
        (
            "epoch-years",
            (*epoch_years != strict.epoch_years)
                .then(|| text(epoch_years))
                .flatten(),
        ),
        ("integer-date", integer_date.and_then(|meaning| text(&meaning))),
        ("integer-time", integer_time.and_then(|meaning| text(&meaning))),
        ("time-truncate", flag(*time_truncate)),
        (
            "decimal-round",
            decimal_round.and_then(|mode| {
                text(&match mode {
                    Rounding::HalfEven => "half-even",
                    Rounding::HalfUp => "half-up",
                    Rounding::Down => "down",
                })
            }),
        ),
        ("float-nearest", flag(*float_nearest)),
        (
            "bytes-encoding",
            bytes_encoding.and_then(|encoding| {
                text(&match encoding {
                    BytesEncoding::Base64 => "base64",
                    BytesEncoding::Hex => "hex",
                    BytesEncoding::Utf8 => "utf8",
                    BytesEncoding::Latin1 => "latin1",
                })
            }),
        ),
        (
            "null-tokens",
            (!tokens.is_empty()).then(|| format!("[{}]", tokens.join(", "))),
        ),
        ("missing-null", flag(*missing_null)),
        ("ignore-unknown", flag(*unknown_keys == UnknownKeys::Drop)),
        (
            "json-encoding",
            match json_encoding {
                JsonEncoding::Auto => None,
                JsonEncoding::Plain => text(&"plain"),
                JsonEncoding::Avro => text(&"avro"),
            },
        ),
    ];
    let lines = given
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} = {}  # as given\n", value?)));
    lines.collect()
}
