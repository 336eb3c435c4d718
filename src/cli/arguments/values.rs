//! Flags that relax the strict reading of values.

use clap::{Args, ValueEnum};

use super::first_given;
use crate::mapping::rules::{
    BytesEncoding, ClockChange, EpochUnit, EpochYears, IntegerDate, IntegerTime, JsonEncoding, Rounding,
    Rules, UnknownChoice, UnknownKeys, Zone, time_zone,
};

/// How values may be read less strictly.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ValueArguments {
    /// Round decimals to the schema's scale: half-even, half-up or down
    ///
    /// By default a row with more digits than the schema allows is rejected.
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        hide_possible_values = true,
        help_heading = "Values"
    )]
    decimal_round: Option<RoundingArgument>,
    /// Use the nearest float or double for a number that would lose digits, instead of rejecting the row
    ///
    /// The text that a program writes for a float or a double is always accepted: all of its digits, the shortest form
    /// that round-trips, or the digits of `%.17g` (float: `%.9g`). A number outside the range of the type is always
    /// rejected.
    #[arg(long, hide_short_help = true, help_heading = "Values")]
    float_nearest: bool,
    /// Drop digits finer than the unit of a time, instead of rejecting the row
    #[arg(long, hide_short_help = true, help_heading = "Values")]
    time_truncate: bool,
    /// IANA time zone for timestamps without a zone, such as Australia/Sydney
    ///
    /// By default such a row is rejected. With a zone, a local time that does not exist or is ambiguous because of a
    /// clock change is still rejected, unless `--clock-change` is given. The zone database is built in.
    #[arg(long, value_name = "ZONE", value_parser = zone, help_heading = "Values")]
    tz: Option<Zone>,
    /// What a local time means that a clock change skips or repeats: earlier or later
    ///
    /// By default such a row is rejected. A time that occurs twice is the earlier or the later of the two; a time that
    /// does not exist is moved back or forward by the length of the change.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "WHICH",
        value_parser = str::parse::<ClockChange>,
        help_heading = "Values"
    )]
    clock_change: Option<ClockChange>,
    /// Unit of numeric timestamps: s, ms, us or ns
    ///
    /// The default is the unit of the schema. With this option a number may have a fraction, such as 1394445605.516
    /// with `--epoch-unit s`. With or without this option the time must be within `--epoch-years`.
    #[arg(long, value_name = "UNIT", value_parser = str::parse::<EpochUnit>, help_heading = "Values")]
    epoch_unit: Option<EpochUnit>,
    /// Range of years, in UTC, in which numeric timestamps must be
    ///
    /// A number outside them is probably in another unit, and its row is rejected. Example: --epoch-years 1970-2100
    #[arg(
        long,
        hide_short_help = true,
        value_name = "FROM-TO",
        value_parser = str::parse::<EpochYears>,
        help_heading = "Values"
    )]
    epoch_years: Option<EpochYears>,
    /// How to read an integer as a date: days, yyyymmdd, yymmdd or excel
    ///
    /// By default a row with such an integer is rejected. `days` counts from 1970-01-01, `excel` is the serial number
    /// of a spreadsheet (44442 is 2021-09-03); in `yymmdd` the years 69-99 are 1969-1999 and 00-68 are 2000-2068.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "MEANING",
        value_parser = str::parse::<IntegerDate>,
        help_heading = "Values"
    )]
    integer_date: Option<IntegerDate>,
    /// How to read a number as a time of day: unit or hhmmss
    ///
    /// By default a row with such a number is rejected. `unit` counts from midnight in the unit of the schema, such as
    /// milliseconds for time-millis. With `hhmmss` a fraction of a second is allowed: 93003.516 is 09:30:03.516.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "MEANING",
        value_parser = str::parse::<IntegerTime>,
        help_heading = "Values"
    )]
    integer_time: Option<IntegerTime>,
    /// How text represents values of type bytes or fixed
    ///
    /// By default a row with such a value is rejected, because text alone does not determine the bytes.
    #[arg(
        long,
        hide_short_help = true,
        value_enum,
        value_name = "ENCODING",
        help_heading = "Values"
    )]
    bytes_encoding: Option<BytesArgument>,
    /// Text of a CSV cell that means null; repeatable. Example: --null-token NA --null-token '\N'
    ///
    /// An unquoted cell with this text is null if the field is nullable, and otherwise the default of the field; a
    /// quoted cell is text.
    #[arg(
        long = "null-token",
        hide_short_help = true,
        value_name = "TEXT",
        help_heading = "Values"
    )]
    null_tokens: Vec<String>,
    /// Read a nullable field without a default as null if its column or JSON key is absent
    #[arg(long, hide_short_help = true, help_heading = "Values")]
    missing_null: bool,
    /// Drop and count JSON keys that match no field, instead of rejecting the row
    #[arg(long, hide_short_help = true, help_heading = "Values")]
    ignore_unknown: bool,
    /// Form of JSON values: plain, Avro's own with {"branch": value} for unions, or auto: decided for each value
    ///
    /// With `avro` every value is read as its base type, as Java's JSON encoder writes it: dates and times as integers
    /// in the unit of the schema; bytes, decimals and durations as strings with one character per byte.
    #[arg(
        long,
        hide_short_help = true,
        value_enum,
        value_name = "FORM",
        help_heading = "Values"
    )]
    json_encoding: Option<JsonArgument>,
}

impl ValueArguments {
    /// These choices, with those of `lower` where none was made.
    pub(in crate::cli) fn over(self, lower: ValueArguments) -> ValueArguments {
        ValueArguments {
            decimal_round: self.decimal_round.or(lower.decimal_round),
            float_nearest: self.float_nearest || lower.float_nearest,
            time_truncate: self.time_truncate || lower.time_truncate,
            tz: self.tz.or(lower.tz),
            clock_change: self.clock_change.or(lower.clock_change),
            epoch_unit: self.epoch_unit.or(lower.epoch_unit),
            epoch_years: self.epoch_years.or(lower.epoch_years),
            integer_date: self.integer_date.or(lower.integer_date),
            integer_time: self.integer_time.or(lower.integer_time),
            bytes_encoding: self.bytes_encoding.or(lower.bytes_encoding),
            null_tokens: first_given(self.null_tokens, lower.null_tokens),
            missing_null: self.missing_null || lower.missing_null,
            ignore_unknown: self.ignore_unknown || lower.ignore_unknown,
            json_encoding: self.json_encoding.or(lower.json_encoding),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoundingArgument {
    /// To nearest, ties to even
    HalfEven,
    /// To nearest, ties away from zero
    HalfUp,
    /// Towards zero
    Down,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BytesArgument {
    /// RFC 4648, with or without padding
    Base64,
    /// Two digits per byte
    Hex,
    /// The bytes of the text in UTF-8
    Utf8,
    /// One character up to U+00FF per byte: Avro's own JSON form
    Latin1,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum JsonArgument {
    #[default]
    Auto,
    Plain,
    Avro,
}

impl ValueArguments {
    /// The flag that contradicts Avro's own JSON form, if that form is declared too.
    pub(in crate::cli) fn against_avro_json(&self) -> Option<String> {
        if !matches!(self.json_encoding, Some(JsonArgument::Avro)) {
            return None;
        }
        let bytes = self.bytes_encoding.and_then(|encoding| match encoding {
            BytesArgument::Base64 => Some("base64"),
            BytesArgument::Hex => Some("hex"),
            BytesArgument::Utf8 => Some("utf8"),
            BytesArgument::Latin1 => None,
        });
        let date = self.integer_date.filter(|date| *date != IntegerDate::Days);
        let time = self.integer_time.filter(|time| *time != IntegerTime::Unit);
        let unit = self.epoch_unit.map(|unit| format!("--epoch-unit {unit}"));
        unit.or(bytes.map(|encoding| format!("--bytes-encoding {encoding}")))
            .or(date.map(|date| format!("--integer-date {date}")))
            .or(time.map(|time| format!("--integer-time {time}")))
    }

    /// The rules that these flags set.
    pub(in crate::cli) fn rules(&self) -> Rules {
        Rules {
            json_encoding: match self.json_encoding.unwrap_or_default() {
                JsonArgument::Auto => JsonEncoding::Auto,
                JsonArgument::Plain => JsonEncoding::Plain,
                JsonArgument::Avro => JsonEncoding::Avro,
            },
            decimal_round: self.decimal_round.map(|mode| match mode {
                RoundingArgument::HalfEven => Rounding::HalfEven,
                RoundingArgument::HalfUp => Rounding::HalfUp,
                RoundingArgument::Down => Rounding::Down,
            }),
            float_nearest: self.float_nearest,
            time_truncate: self.time_truncate,
            time_zone: self.tz.clone(),
            clock_change: self.clock_change,
            epoch_unit: self.epoch_unit,
            epoch_years: self.epoch_years.clone().unwrap_or_default(),
            integer_date: self.integer_date,
            integer_time: self.integer_time,
            bytes_encoding: self.bytes_encoding.map(|encoding| match encoding {
                BytesArgument::Base64 => BytesEncoding::Base64,
                BytesArgument::Hex => BytesEncoding::Hex,
                BytesArgument::Utf8 => BytesEncoding::Utf8,
                BytesArgument::Latin1 => BytesEncoding::Latin1,
            }),
            null_tokens: self
                .null_tokens
                .iter()
                .map(|token| token.clone().into_bytes())
                .collect(),
            missing_null: self.missing_null,
            unknown_keys: if self.ignore_unknown {
                UnknownKeys::Drop
            } else {
                UnknownKeys::Reject
            },
        }
    }
}

fn zone(name: &str) -> Result<Zone, UnknownChoice> {
    time_zone(name)
}
