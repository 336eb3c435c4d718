//! Hints about rows and plans.

use crate::cli::shell;
use crate::encode::Hint;

pub(in crate::cli) fn words(hint: &Hint) -> String {
    let fixed = match hint {
        Hint::NullToken(text) => {
            let flag = shell::flag("--null-token", text.as_ref());
            return format!("if it stands for a missing value, say so with `{flag}`");
        }
        Hint::Advice(advice) => advice,
        Hint::OtherEpochUnit { fits, wanted } => {
            let (fit, wanted) = (fits.plural(), wanted.plural());
            return format!(
                "looks like {fit}; the schema wants {wanted}; `--epoch-unit {fits}` reads all such numbers as {fit}"
            );
        }
        Hint::DeclareEpochUnit(unit) => {
            return format!("if it really is that time, say so with `--epoch-unit {unit}`");
        }
        Hint::NearKeyField(field) => return format!("did you mean `--key {field}`?"),
        Hint::MissingNull => "take absent keys for null with `--missing-null`",
        Hint::DropUnknownKeys => "drop such keys, and count them, with `--ignore-unknown`",
        Hint::NameBranches => "name the branches, and say `--json-encoding avro`",
        Hint::BareValues => "`--json-encoding auto` takes bare values too",
        Hint::DeclareJsonForm => "say which is meant with `--json-encoding plain` or `--json-encoding avro`",
        Hint::BytesEncoding => {
            "name it with `--bytes-encoding`: base64, hex, utf8 or latin1 (Avro's own JSON form)"
        }
        Hint::DecimalRound => "round such numbers with `--decimal-round half-even`, or half-up or down",
        Hint::TimeTruncate => "cut such digits off with `--time-truncate`",
        Hint::TimeZone => {
            "write it with a zone, such as `2014-03-10T10:00:05.516Z`, or name the zone of all such times with \
             `--tz`, such as `--tz Australia/Sydney`"
        }
        Hint::EpochSeconds => {
            "looks like seconds with a fraction; `--epoch-unit s` reads all such numbers as seconds"
        }
        Hint::FileEncoding => "name the encoding that the file is in, for example `--encoding windows-1252`",
        Hint::OtherFileEncoding => {
            "name the encoding that the file is in with `--encoding`; without it, it is UTF-8"
        }
        Hint::OtherKey => "name another field with `--key`, or send null keys with `--no-key`",
        Hint::KeyField => "name one of them with `--key`, or send null keys with `--no-key`",
        Hint::KeyValueField => "name the field with `--key`",
        Hint::KeyValueColumn => "name a column with `--key`",
        Hint::TimestampField => {
            "`--timestamp-field` wants a field of type timestamp-millis, -micros or -nanos"
        }
        Hint::NoTimestampField => "without `--timestamp-field` messages have the time at which they are sent",
        Hint::SendExpired => {
            "`--allow-expired` sends such rows all the same; without `--timestamp-field` messages have the time at \
             which they are sent"
        }
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::rules::EpochUnit;
    use crate::schema::TimeUnit;

    #[test]
    fn hints_name_the_values_that_would_help() {
        let other = |fits, wanted| words(&Hint::OtherEpochUnit { fits, wanted });
        assert_eq!(
            other(EpochUnit::Subsecond(TimeUnit::Micros), TimeUnit::Millis),
            "looks like microseconds; the schema wants milliseconds; `--epoch-unit us` reads all such numbers as microseconds"
        );
        assert_eq!(
            other(EpochUnit::Seconds, TimeUnit::Micros),
            "looks like seconds; the schema wants microseconds; `--epoch-unit s` reads all such numbers as seconds"
        );
        assert_eq!(
            words(&Hint::DeclareEpochUnit(EpochUnit::Subsecond(TimeUnit::Nanos))),
            "if it really is that time, say so with `--epoch-unit ns`"
        );
        assert_eq!(
            words(&Hint::NearKeyField("leg.venue".to_owned())),
            "did you mean `--key leg.venue`?"
        );
        assert_eq!(words(&Hint::near("f")), "did you mean `f`?");
        assert_eq!(
            words(&Hint::NullToken("(null)".to_owned())),
            "if it stands for a missing value, say so with `--null-token '(null)'`"
        );
        assert_eq!(
            words(&Hint::MissingNull),
            "take absent keys for null with `--missing-null`"
        );
    }
}
