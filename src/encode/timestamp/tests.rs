//! Timestamps from texts and numbers.

use super::*;
use crate::mapping::rules::EpochUnit;
use RowErrorKind::{NoZone, NotATimestamp, OutOfRange, TimePrecision, TimeUnit as Unit, Zone, ZoneGapOrFold};

fn instant(text: &[u8], unit: TimeUnit) -> Encoded<i64> {
    timestamp(text, Clock::Zoned, unit, &Rules::default())
}

fn read(text: &str, clock: Clock, rules: &Rules) -> Result<i64, RowErrorKind> {
    timestamp(text.as_bytes(), clock, TimeUnit::Millis, rules).map_err(|fault| fault.kind)
}

fn millis(text: &str) -> Result<i64, RowErrorKind> {
    instant(text.as_bytes(), TimeUnit::Millis).map_err(|fault| fault.kind)
}

#[test]
fn texts_and_integers() {
    let table = [
        ("1970-01-01T00:00:00Z", Ok(0)),
        ("1969-12-31T23:59:59.999Z", Ok(-1)),
        ("2014-03-10T10:00:05.516Z", Ok(1_394_445_605_516)),
        ("2014-03-10 10:00:05.516Z", Ok(1_394_445_605_516)),
        ("2014-03-10t21:00:05.516+11:00", Ok(1_394_445_605_516)),
        ("2014-03-10T10:00:05.5160000z", Ok(1_394_445_605_516)),
        ("2014-03-10T10:00:05.5-00:00", Ok(1_394_445_605_500)),
        ("0000-01-01T00:00:00Z", Ok(-62_167_219_200_000)),
        ("9999-12-31T23:59:59.999Z", Ok(253_402_300_799_999)),
        ("2000-02-29T00:00:00Z", Ok(951_782_400_000)),
        ("1394445605516", Ok(1_394_445_605_516)),
        ("1.394445605516e12", Ok(1_394_445_605_516)),
        ("631152000000", Ok(631_152_000_000)),
        ("631151999999", Err(Unit)),
        ("4133980799999", Ok(4_133_980_799_999)),
        ("4133980800000", Err(Unit)),
        ("1394445605", Err(Unit)),
        ("1394445605516000", Err(Unit)),
        ("2014-03-10T10:00:05.5161Z", Err(TimePrecision)),
        ("2014-03-10T10:00:05.516", Err(NoZone)),
        ("2014-03-10T24:00:00Z", Err(NotATimestamp)),
        ("2014-03-10T10:00:60Z", Err(NotATimestamp)),
        ("2014-02-29T10:00:00Z", Err(NotATimestamp)),
        ("1900-02-29T10:00:00Z", Err(NotATimestamp)),
        ("2014-13-01T10:00:00Z", Err(NotATimestamp)),
        ("2014-03-10T10:00:05.Z", Err(NotATimestamp)),
        ("2014-03-10T10:00:05+24:00", Err(NotATimestamp)),
        ("2014-03-10", Err(NotATimestamp)),
        ("10/03/2014 10:00", Err(NotATimestamp)),
        ("", Err(NotATimestamp)),
    ];
    for (text, expected) in table {
        assert_eq!(millis(text), expected, "{text}");
    }
}

#[test]
fn a_wrong_unit_is_named() {
    let hint = |text: &str, unit| instant(text.as_bytes(), unit).unwrap_err().hint.unwrap();
    for (text, wanted, fits) in [
        (
            "1394445605516000",
            TimeUnit::Millis,
            EpochUnit::Subsecond(TimeUnit::Micros),
        ),
        ("1394445605", TimeUnit::Micros, EpochUnit::Seconds),
    ] {
        assert_eq!(hint(text, wanted), Hint::OtherEpochUnit { fits });
    }
    let fault = instant(b"5", TimeUnit::Millis).unwrap_err();
    assert_eq!(
        fault.reason,
        "read as milliseconds (timestamp-millis), it is outside 1990-2100"
    );
    let years = Hint::EpochYears {
        years: "1970-2100".parse().unwrap(),
        read: "as milliseconds it would be 1970-01-01T00:00:00.005Z".to_owned(),
    };
    assert_eq!(fault.hint, Some(years));
    // Not a four-digit year in any unit.
    assert_eq!(
        instant(b"-9223372036854775808", TimeUnit::Millis)
            .unwrap_err()
            .hint,
        None
    );
}

#[test]
fn years_are_offered_only_if_the_number_is_plausible_as_a_time() {
    let hint = |text: &str| instant(text.as_bytes(), TimeUnit::Millis).unwrap_err().hint;
    for (text, said) in [
        (
            "20261124100000",
            "as milliseconds it would be 2612-01-19T18:01:40Z; looks like yyyymmddhhmmss: write \
             `2026-11-24T10:00:00Z`, if it is in UTC",
        ),
        (
            "20261124",
            "as milliseconds it would be 1970-01-01T05:37:41.124Z; looks like yyyymmdd: write it with a time of \
             day, such as `2026-11-24T00:00:00Z`",
        ),
        (
            "46350",
            "as milliseconds it would be 1970-01-01T00:00:46.35Z; as a spreadsheet day it is 2026-11-24: \
             write it with a time of day, such as `2026-11-24T00:00:00Z`",
        ),
        (
            "46350.5",
            "as a spreadsheet day it is 2026-11-24: write `2026-11-24T12:00:00Z`, if it is in UTC",
        ),
        (
            "20261324100000",
            "as milliseconds it would be 2612-01-22T01:35:00Z",
        ),
    ] {
        assert_eq!(hint(text), Some(said.into()), "{text}");
    }
    assert!(matches!(hint("5000000000000"), Some(Hint::EpochYears { .. })));
}

#[test]
fn the_hint_of_a_text_is_the_whole_time() {
    for (text, said) in [
        (
            "2026-11-24",
            "write it with a time of day, such as `2026-11-24T00:00:00Z`",
        ),
        (
            "2026-11-24T10:00Z",
            "write it with seconds: `2026-11-24T10:00:00Z`",
        ),
        ("2026-11-24T10:00:00,5Z", "write `2026-11-24T10:00:00.5Z`"),
    ] {
        let fault = instant(text.as_bytes(), TimeUnit::Millis).unwrap_err();
        assert_eq!(fault.hint, Some(said.into()), "{text}");
    }
}

#[test]
fn finer_units_keep_finer_digits() {
    let text = b"2014-03-10T10:00:05.123456789Z";
    assert_eq!(instant(text, TimeUnit::Nanos), Ok(1_394_445_605_123_456_789));
    assert_eq!(instant(text, TimeUnit::Micros).unwrap_err().kind, TimePrecision);
    assert_eq!(
        instant(b"1677-09-21T00:12:43.145224192Z", TimeUnit::Nanos),
        Ok(i64::MIN)
    );
    assert_eq!(
        instant(b"2262-04-11T23:47:16.854775807Z", TimeUnit::Nanos),
        Ok(i64::MAX)
    );
    assert_eq!(
        instant(b"9999-01-01T00:00:00Z", TimeUnit::Nanos)
            .unwrap_err()
            .kind,
        RowErrorKind::OutOfRange
    );
}

#[test]
fn a_declared_zone_is_used_for_texts_without_one() {
    let rules = Rules {
        time_zone: Some(crate::mapping::rules::time_zone("Australia/Sydney").unwrap()),
        ..Rules::default()
    };
    let table = [
        ("2014-03-10T21:00:05.516", Ok(1_394_445_605_516)),
        ("2014-07-10 20:00:05", Ok(1_404_986_405_000)),
        ("2014-03-10T10:00:05.516Z", Ok(1_394_445_605_516)),
        ("2014-03-10T10:00:05.516+01:00", Ok(1_394_442_005_516)),
        // Clocks go forward over 02:00-03:00, and back over 02:00-03:00.
        ("2014-10-05T02:30:00", Err(ZoneGapOrFold)),
        ("2014-10-05T01:59:59.999", Ok(1_412_438_399_999)),
        ("2014-10-05T03:00:00", Ok(1_412_438_400_000)),
        ("2014-04-06T02:30:00", Err(ZoneGapOrFold)),
        ("2014-04-06T01:59:59", Ok(1_396_709_999_000)),
        ("2014-04-06T03:00:00", Ok(1_396_717_200_000)),
    ];
    for (text, expected) in table {
        assert_eq!(read(text, Clock::Zoned, &rules), expected, "{text}");
    }
}

#[test]
fn a_time_at_a_clock_change_is_the_earlier_or_the_later() {
    for (text, earlier, later) in [
        // Repeated: at +11:00, then at +10:00.
        (
            "2014-04-06T02:30:00",
            "2014-04-05T15:30:00Z",
            "2014-04-05T16:30:00Z",
        ),
        // Skipped: an hour back, or an hour forward.
        (
            "2014-10-05T02:30:00",
            "2014-10-05T01:30:00+10:00",
            "2014-10-05T03:30:00+11:00",
        ),
        (
            "2014-10-05T04:30:00",
            "2014-10-05T04:30:00+11:00",
            "2014-10-05T04:30:00+11:00",
        ),
    ] {
        for (chosen, instant) in [(ClockChange::Earlier, earlier), (ClockChange::Later, later)] {
            let rules = Rules {
                time_zone: Some(crate::mapping::rules::time_zone("Australia/Sydney").unwrap()),
                clock_change: Some(chosen),
                ..Rules::default()
            };
            let wanted = read(instant, Clock::Zoned, &rules);
            assert_eq!(read(text, Clock::Zoned, &rules), wanted, "{text} {chosen}");
            assert!(wanted.is_ok());
        }
    }
}

#[test]
fn local_times_have_no_zone() {
    let table = [
        ("2014-03-10T10:00:05.516", Ok(1_394_445_605_516)),
        ("2014-03-10 10:00:05", Ok(1_394_445_605_000)),
        ("1394445605516", Ok(1_394_445_605_516)),
        ("2014-03-10T10:00:05.516Z", Err(Zone)),
        ("2014-03-10T10:00:05+11:00", Err(Zone)),
        ("2014-03-10T10:00:05 AEST", Err(NotATimestamp)),
        ("2014-03-10T10:00:05.5161", Err(TimePrecision)),
        ("2014-02-30T10:00:05", Err(NotATimestamp)),
    ];
    for (text, expected) in table {
        assert_eq!(read(text, Clock::Local, &Rules::default()), expected, "{text}");
    }
}

#[test]
fn a_declared_unit_is_exact_and_keeps_the_years() {
    let rules = |unit| Rules {
        epoch_unit: Some(unit),
        ..Rules::default()
    };
    let millis = EpochUnit::Subsecond(TimeUnit::Millis);
    let micros = EpochUnit::Subsecond(TimeUnit::Micros);
    let table = [
        ("1394445605", EpochUnit::Seconds, Ok(1_394_445_605_000)),
        ("1394445605.516", EpochUnit::Seconds, Ok(1_394_445_605_516)),
        ("1394445605.5160000", EpochUnit::Seconds, Ok(1_394_445_605_516)),
        ("1394445605.5161", EpochUnit::Seconds, Err(TimePrecision)),
        ("1.394445605e9", EpochUnit::Seconds, Ok(1_394_445_605_000)),
        ("-0.001", EpochUnit::Seconds, Err(Unit)),
        ("5", millis, Err(Unit)),
        ("631151999.999", EpochUnit::Seconds, Err(Unit)),
        ("631152000", EpochUnit::Seconds, Ok(631_152_000_000)),
        ("-9223372036854775808", millis, Err(Unit)),
        ("9223372036854775807", EpochUnit::Seconds, Err(OutOfRange)),
        ("1394445605516000", micros, Ok(1_394_445_605_516)),
        ("1394445605516001", micros, Err(TimePrecision)),
        // Milliseconds and seconds in a file of microseconds are times in 1970; the second is also too fine.
        ("1735603200000", micros, Err(Unit)),
        ("1735603201", micros, Err(Unit)),
        (
            "1394445605516000000",
            EpochUnit::Subsecond(TimeUnit::Nanos),
            Ok(1_394_445_605_516),
        ),
        (
            "2014-03-10T10:00:05.516Z",
            EpochUnit::Seconds,
            Ok(1_394_445_605_516),
        ),
        ("1970-01-01T00:00:00Z", EpochUnit::Seconds, Ok(0)),
        ("x", EpochUnit::Seconds, Err(NotATimestamp)),
    ];
    for (text, unit, expected) in table {
        assert_eq!(read(text, Clock::Zoned, &rules(unit)), expected, "{text}");
    }
}

#[test]
fn a_number_not_in_the_declared_unit_is_reported() {
    let rules = Rules {
        epoch_unit: Some(EpochUnit::Subsecond(TimeUnit::Micros)),
        ..Rules::default()
    };
    let fault = timestamp(b"1735603200000", Clock::Zoned, TimeUnit::Millis, &rules).unwrap_err();
    assert_eq!(
        fault.reason,
        "read as microseconds (the epoch unit that was set), it is outside 1990-2100"
    );
    let hint = Hint::OtherEpochUnit {
        fits: EpochUnit::Subsecond(TimeUnit::Millis),
    };
    assert_eq!(fault.hint, Some(hint));
}

#[test]
fn a_number_out_of_range_in_the_declared_unit_has_a_hint_about_another_unit() {
    let rules = Rules {
        epoch_unit: Some(EpochUnit::Seconds),
        epoch_years: "1990-2400".parse().unwrap(),
        ..Rules::default()
    };
    let millis = Hint::OtherEpochUnit {
        fits: EpochUnit::Subsecond(TimeUnit::Millis),
    };
    for (text, hint) in [
        ("1735603200000", Some(millis.clone())),
        ("1735603200000.5", Some(millis)),
        // In the year 2286, which is out of range for nanoseconds: the unit is right.
        ("10000000000", None),
    ] {
        let fault = timestamp(text.as_bytes(), Clock::Zoned, TimeUnit::Nanos, &rules).unwrap_err();
        assert_eq!(fault.reason, "outside the range of timestamp-nanos", "{text}");
        assert_eq!(fault.hint, hint, "{text}");
    }
}

#[test]
fn the_years_are_widened_only_on_purpose() {
    let rules = |unit| Rules {
        epoch_unit: unit,
        epoch_years: "1960-2262".parse().unwrap(),
        ..Rules::default()
    };
    for unit in [None, Some(EpochUnit::Subsecond(TimeUnit::Millis))] {
        for (text, expected) in [
            ("0", Ok(0)),
            ("-1", Ok(-1)),
            ("9000000000000", Ok(9_000_000_000_000)),
            ("-315619200001", Err(Unit)),
            ("9246182400000", Err(Unit)),
        ] {
            assert_eq!(read(text, Clock::Zoned, &rules(unit)), expected, "{text}");
        }
    }
}

#[test]
fn truncation_goes_towards_the_past() {
    let rules = Rules {
        time_truncate: true,
        epoch_years: "1960-2100".parse().unwrap(),
        epoch_unit: Some(EpochUnit::Subsecond(TimeUnit::Micros)),
        ..Rules::default()
    };
    for (text, expected) in [
        ("2014-03-10T10:00:05.516999Z", 1_394_445_605_516),
        ("1969-12-31T23:59:59.9999Z", -1),
        ("-1", -1),
        ("-1001", -2),
        ("1999", 1),
    ] {
        assert_eq!(read(text, Clock::Zoned, &rules), Ok(expected), "{text}");
    }
}

#[test]
fn a_calendar_library_finds_the_same_instants() {
    use proptest::prelude::*;
    proptest!(|(seconds in -62_167_219_200i64..253_402_300_799, nanos in 0i32..1_000_000_000)| {
        let time = jiff::Timestamp::new(seconds, nanos / 1_000 * 1_000).unwrap();
        prop_assert_eq!(instant(time.to_string().as_bytes(), TimeUnit::Micros), Ok(time.as_microsecond()));
    });
}
