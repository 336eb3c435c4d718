//! Hints about rows and plans.

use crate::cli::shell;
use crate::encode::Hint;
use crate::mapping::rules::EpochUnit;

pub(in crate::cli) fn words(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::NullToken(text) => {
            let flag = shell::flag("--null-token", text.as_ref());
            return format!("if it means a missing value, pass `{flag}`");
        }
        Hint::Advice(advice) => advice,
        Hint::OtherEpochUnit { fits } => return other_epoch_unit(*fits),
        Hint::EpochYears { years, read } => {
            return format!(
                "{read}; if it really is that time, allow such years in the whole run with `--epoch-years {years}`"
            );
        }
        Hint::IntegerDate(readings) => {
            let readings = readings
                .iter()
                .map(|(reading, day)| declared("--integer-date", reading, day));
            return undeclared(readings.collect(), "dates as `2014-03-10`");
        }
        Hint::IntegerTime { readings, written } => {
            let readings = readings
                .iter()
                .map(|(reading, time)| declared("--integer-time", reading, time));
            let text = match written {
                Some(written) => format!("it as `{written}` if it is in hours and minutes"),
                None => "times of day as `10:00:05.516`".to_owned(),
            };
            return undeclared(readings.collect(), &text);
        }
        Hint::NearKeyField(field) => {
            return format!("did you mean `{}`?", shell::flag("--key", field.as_ref()));
        }
        Hint::MissingNull => "`--missing-null` reads every absent key of a nullable field as null",
        Hint::DropUnknownKeys => "`--ignore-unknown` drops and counts every key that matches no field",
        Hint::NameBranches => {
            "name the branch of every union value in the file, and pass `--json-encoding avro`"
        }
        Hint::BareValues => {
            "without `--json-encoding avro` plain values are accepted too, including numbers and times as text"
        }
        Hint::DeclareJsonForm => {
            "declare the form of the whole file with `--json-encoding plain` or `--json-encoding avro`"
        }
        Hint::BareOrAvro => {
            "write it without the wrapper if it is text; if the whole file is in Avro's own JSON form, pass \
             `--json-encoding avro`"
        }
        Hint::BytesEncoding => {
            "name the text form of all bytes in this run with `--bytes-encoding`: base64, hex, utf8 or latin1 (Avro's \
             own JSON form)"
        }
        Hint::AvroKeys => "if the keys are Avro, pass `--key-schema`",
        Hint::OtherPartitions => {
            "`--ignore-partition` chooses the partition by the key, whatever the file says"
        }
        Hint::DecimalRound => {
            "round every such number in this run with `--decimal-round half-even` (or `half-up`, `down`)"
        }
        Hint::FloatNearest => {
            "use a decimal or a string to keep all digits, or use the nearest value for every such number of the \
             run with `--float-nearest`"
        }
        Hint::KeyColumns => {
            "every field of the key's record that has no default needs a column with the same name; `--missing-null` \
             reads nullable ones without a column as null"
        }
        Hint::KeyEntries => {
            "every field of the key's record that has no default needs an entry, or a column with its name; \
             `--missing-null` reads nullable ones without either as null"
        }
        Hint::DefaultOrFloatNearest => {
            "correct the default in the schema, or use the nearest value for every such number in this run with \
             `--float-nearest`"
        }
        Hint::ColumnOrFloatNearest => {
            "add a column for it to the file, or use the nearest value for every such number in this run with \
             `--float-nearest`"
        }
        Hint::TimeTruncate => "drop such digits from every time in this run with `--time-truncate`",
        Hint::ClockChange => {
            "write such times with their offset, or read them as the earlier or the later time with `--clock-change`"
        }
        Hint::TimeZone => {
            "end it with `Z` for UTC or with an offset such as `+11:00`, or set the zone of all such times in this run \
             with `--tz`, such as `--tz Australia/Sydney`"
        }
        Hint::EpochSeconds => {
            "looks like seconds with a fraction; `--epoch-unit s` reads every numeric timestamp in this run as \
             seconds"
        }
        Hint::FileEncoding => "name the encoding of the file, for example `--encoding windows-1252`",
        Hint::OtherFileEncoding => "name the encoding of the file with `--encoding`; the default is UTF-8",
        Hint::OtherKey => "name another field with `--key`, or send null keys with `--no-key`",
        Hint::KeyOfNoRecord => {
            "make Avro keys from the JSON keys of each row with `--key-schema`, or send null keys with `--no-key`"
        }
        Hint::KeyField => "name one of them with `--key`, or send null keys with `--no-key`",
        Hint::TombstoneKey => "name the field of the key with `--key FIELD`",
        Hint::KeyValueField => "name the field with `--key`",
        Hint::KeyValueColumn => "name a column with `--key`",
        Hint::TimestampField => {
            "`--timestamp-field` requires a field of type timestamp-millis, -micros or -nanos"
        }
        Hint::NoTimestampField => "without `--timestamp-field` messages have the time at which they are sent",
        Hint::SendExpired => {
            "`--allow-expired` sends such rows anyway; without `--timestamp-field` and the mapping's `timestamp`, \
             messages have the time at which they are sent"
        }
    };
    fixed.to_owned()
}

fn other_epoch_unit(fits: EpochUnit) -> String {
    let fit = fits.plural();
    format!(
        "looks like {fit}: read every numeric timestamp in this run as {fit} with `--epoch-unit {fits}`, or correct \
         the file if it mixes units"
    )
}

/// One way to declare the meaning of numbers, with the value that this number would have.
fn declared(flag: &str, reading: &dyn std::fmt::Display, value: &str) -> String {
    format!("`{flag} {reading}` ({value})")
}

fn undeclared(readings: Vec<String>, text: &str) -> String {
    match readings.is_empty() {
        true => format!("write {text}"),
        false => format!(
            "declare what every such number in this run means, with {}; or write {text}",
            readings.join(" or ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::rules::{IntegerDate, IntegerTime};

    #[test]
    fn hints_name_the_values_that_would_help() {
        let other = Hint::OtherEpochUnit {
            fits: EpochUnit::Seconds,
        };
        let expected = "looks like seconds: read every numeric timestamp in this run as seconds with \
                        `--epoch-unit s`, or correct the file if it mixes units";
        assert_eq!(words(&other), expected);
        assert_eq!(
            words(&Hint::EpochYears {
                years: "1970-2100".parse().unwrap(),
                read: "as milliseconds it would be 1970-01-01T00:00:05Z".to_owned(),
            }),
            "as milliseconds it would be 1970-01-01T00:00:05Z; if it really is that time, allow such years in the whole run with `--epoch-years 1970-2100`"
        );
        let readings = vec![
            (IntegerDate::Excel, "2021-09-03".to_owned()),
            (IntegerDate::Days, "2091-09-05".to_owned()),
        ];
        assert_eq!(
            words(&Hint::IntegerDate(readings)),
            "declare what every such number in this run means, with `--integer-date excel` (2021-09-03) or \
             `--integer-date days` (2091-09-05); or write dates as `2014-03-10`"
        );
        assert_eq!(
            words(&Hint::IntegerTime {
                readings: Vec::new(),
                written: None
            }),
            "write times of day as `10:00:05.516`"
        );
        assert_eq!(
            words(&Hint::IntegerTime {
                readings: vec![(IntegerTime::Hhmmss, "00:14:00".to_owned())],
                written: Some("14:00".to_owned())
            }),
            "declare what every such number in this run means, with `--integer-time hhmmss` (00:14:00); or write it as \
             `14:00` if it is in hours and minutes"
        );
        assert_eq!(
            words(&Hint::NearKeyField("leg.venue".to_owned())),
            "did you mean `--key leg.venue`?"
        );
        assert_eq!(
            words(&Hint::NearKeyField("Last Price".to_owned())),
            "did you mean `--key 'Last Price'`?"
        );
        assert_eq!(words(&Hint::near("f")), "did you mean `f`?");
        assert_eq!(
            words(&Hint::NullToken("(null)".to_owned())),
            "if it means a missing value, pass `--null-token '(null)'`"
        );
        assert_eq!(
            words(&Hint::MissingNull),
            "`--missing-null` reads every absent key of a nullable field as null"
        );
    }
}
