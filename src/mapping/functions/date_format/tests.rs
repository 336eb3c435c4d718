use proptest::prelude::*;

use super::*;

fn iso(format: &str, text: &str) -> Result<String, String> {
    let mut out = b"kept".to_vec();
    let format = DateFormat::compile(format, Some(1970)).unwrap_or_else(|error| panic!("{format}: {error}"));
    let result = format.append(text.as_bytes(), &mut out);
    let out = String::from_utf8(out).unwrap();
    let appended = out.strip_prefix("kept").unwrap().to_owned();
    match result {
        Ok(()) => Ok(appended),
        Err(fault) => {
            assert_eq!(appended, "", "a fault leaves the buffer as it was");
            Err(fault.reason)
        }
    }
}

#[test]
fn texts_become_iso_8601() {
    let table = [
        ("%d/%m/%Y", "10/03/2014", "2014-03-10"),
        ("%d/%m/%Y", "1/3/2014", "2014-03-01"),
        ("%H:%M:%S%.f", "10:00:05.516", "10:00:05.516"),
        ("%H:%M:%S%.f", "10:00:05", "10:00:05"),
        ("%H:%M", "9:05", "09:05:00"),
        ("%Y%m%d %H", "20140310 10", "2014-03-10T10:00:00"),
        (
            "%d/%m/%Y %H:%M:%S%.f",
            "03/10/2014 10:00:05.516000000000",
            "2014-10-03T10:00:05.516000000000",
        ),
        (
            "%Y%m%d%H%M%S%f",
            "20140310093000123456789",
            "2014-03-10T09:30:00.123456789",
        ),
        ("%H%M%S%f", "093000123456789", "09:30:00.123456789"),
        (
            "%m/%d/%y %I:%M:%S %p",
            "3/10/14 12:00:05 am",
            "2014-03-10T00:00:05",
        ),
        ("%D %I:%M %p", "3/10/69 12:00 PM", "2069-03-10T12:00:00"),
        ("%d-%b-%y", "10-MAR-70", "1970-03-10"),
        ("%d %B %Y", "10 mar 2014", "2014-03-10"),
        (
            "%a, %d %b %Y %T %z",
            "Mon, 10 March 2014 10:00:05 +1000",
            "2014-03-10T10:00:05+10:00",
        ),
        ("%A %e %B %Y", "monday 10 march 2014", "2014-03-10"),
        ("%b %e %Y", "Mar  3 2014", "2014-03-03"),
        ("%b %e %Y", "Mar 3 2014", "2014-03-03"),
        ("%F%T%z", "2014-03-1010:00:05Z", "2014-03-10T10:00:05Z"),
        (
            "%FT%T%z",
            "2014-03-10T10:00:05-09:30",
            "2014-03-10T10:00:05-09:30",
        ),
        ("%Y.%j", "2016.366", "2016-12-31"),
        ("%Y.%j", "2014.69", "2014-03-10"),
        ("%Y年%m月%d日", "2014年3月10日", "2014-03-10"),
        ("%%%F", "%2016-02-29", "2016-02-29"),
        ("%H:%M:%S,%f", "23:59:59,999", "23:59:59.999"),
    ];
    for (format, text, expected) in table {
        assert_eq!(iso(format, text).as_deref(), Ok(expected), "{format} {text}");
    }
}

#[test]
fn reasons_say_what_was_expected_where() {
    let table = [
        (
            "%d/%m/%Y",
            "03/13/2014",
            "`13` at position 4 is not a month (01-12)",
        ),
        (
            "%d/%m/%Y",
            "00/12/2014",
            "`00` at position 1 is not a day (01-31)",
        ),
        ("%d/%m/%Y", "29/02/2015", "there is no such day: 2015-02-29"),
        ("%d/%m/%Y", "31/04/2015", "there is no such day: 2015-04-31"),
        ("%d/%m/%Y", "10-03-2014", "expected `/` at position 3, found `-`"),
        (
            "%d/%m/%Y",
            "10/03/14",
            "expected a year of four digits at position 7, found `14`",
        ),
        (
            "%d/%m/%Y",
            "10/03/20144",
            "`4` at position 11 follows the end of the format",
        ),
        ("%d/%m/%Y", "10/03", "expected `/`, but the text ends"),
        ("%d/%m/%Y", "", "expected a day (01-31), but the text ends"),
        (
            "%d/%m/%Y",
            " 1/03/2014",
            "expected a day (01-31) at position 1, found ` `",
        ),
        (
            "%Y年%m",
            "",
            "a date needs the day (`%d`), which the format lacks",
        ),
        (
            "%Y年%m月%d",
            "2014年13月1",
            "`13` at position 6 is not a month (01-12)",
        ),
        (
            "%Y年%m月%d",
            "2014年12日1",
            "expected `月` at position 8, found `日`",
        ),
        (
            "%H:%M:%S",
            "24:00:00",
            "`24` at position 1 is not an hour (00-23)",
        ),
        (
            "%H:%M:%S",
            "23:59:60",
            "`60` at position 7 is not a second (00-59)",
        ),
        ("%H%M%S", "93000", "`93` at position 1 is not an hour (00-23)"),
        (
            "%H%M%S",
            "12345",
            "expected a second (00-59) of two digits at position 5, found `5`",
        ),
        (
            "%H:%M:%S%.f",
            "10:00:05.",
            "expected a point with digits at position 9, found `.`",
        ),
        (
            "%H:%M:%S%.f",
            "10:00:05,5",
            "`,5` at position 9 follows the end of the format",
        ),
        (
            "%H:%M:%S.%f",
            "10:00:05.",
            "expected fractional digits, but the text ends",
        ),
        (
            "%I:%M %p",
            "13:00 PM",
            "`13` at position 1 is not an hour (01-12)",
        ),
        (
            "%I:%M %p",
            "01:00 XM",
            "expected AM or PM at position 7, found `XM`",
        ),
        (
            "%d %b %Y",
            "10 Mrz 2014",
            "`Mrz` at position 4 is not the English name of a month",
        ),
        (
            "%a %F",
            "Tue 2014-03-10",
            "`Tue` at position 1 is not the day of the week: 2014-03-10 is a Monday",
        ),
        ("%Y %j", "2014 366", "there is no such day: 2014 has no day 366"),
        (
            "%Y %j",
            "2014 367",
            "`367` at position 6 is not a day of the year (001-366)",
        ),
        (
            "%F %T%z",
            "2014-03-10 10:00:05+2400",
            "`+2400` at position 20 is not an offset such as `+1000`, `+10:00` or `Z`",
        ),
        (
            "%F %T%z",
            "2014-03-10 10:00:05 AEDT",
            "expected an offset such as `+1000`, `+10:00` or `Z` at position 20, found ` `",
        ),
        (
            "%b %e %Y",
            "Mar  0 2014",
            "expected a day (1-31) at position 5, found ` 0`",
        ),
    ];
    for (format, text, expected) in table {
        match DateFormat::compile(format, Some(1970)) {
            Ok(_) => assert_eq!(iso(format, text), Err(expected.to_owned()), "{format} {text}"),
            Err(error) => assert_eq!(error.message, expected, "{format}"),
        }
    }
}

#[test]
fn ambiguous_formats_are_refused_where_the_fault_is() {
    let table = [
        (
            "",
            0,
            "the format has no date and no time of day; directives begin with `%`, as in `%d/%m/%Y`",
        ),
        (
            "dd/MM/yyyy",
            0,
            "the format has no date and no time of day; directives begin with `%`, as in `%d/%m/%Y`",
        ),
        ("%Y-%m-%d %", 9, "`%` at the end: write `%%` for a percent sign"),
        ("%Y-%m-%d %d", 9, "the format has the day (`%d`) twice"),
        ("%F %e", 3, "the format has the day (`%d`) twice"),
        ("%Y-%m %b-%d", 6, "the format has the month (`%m` or `%b`) twice"),
        ("%H %I %p", 3, "the format has the hour (`%H`) twice"),
        ("%Y-%m", 0, "a date needs the day (`%d`), which the format lacks"),
        (
            "%H:%M %d/%m",
            6,
            "a date needs the year (`%Y`), which the format lacks",
        ),
        ("%a %H", 0, "a date needs the year (`%Y`), which the format lacks"),
        ("%j", 0, "a date needs the year (`%Y`), which the format lacks"),
        (
            "%Y %j %m",
            6,
            "the day of the year is a whole date with the year: omit the month and the day",
        ),
        (
            "%M:%S",
            0,
            "the minute (`%M`) needs the hour (`%H`), which the format lacks",
        ),
        (
            "%H:%S",
            3,
            "the second (`%S`) needs the minute (`%M`), which the format lacks",
        ),
        (
            "%H:%M.%f",
            6,
            "the fraction (`%f`) needs the second (`%S`), which the format lacks",
        ),
        ("%I:%M", 0, "`%I` needs `%p` (AM or PM); hours 00-23 are `%H`"),
        ("%H:%M %p", 6, "`%p` belongs to `%I` (hours 01-12), not to `%H`"),
        (
            "%F %p",
            3,
            "AM or PM (`%p`) needs the hour (`%H`), which the format lacks",
        ),
        ("%F %z", 3, "`%z` needs a date and a time of day"),
        ("%T %z", 3, "`%z` needs a date and a time of day"),
        (
            "%H%M%S%f%Y%m%d",
            6,
            "a fraction includes all digits that follow: no number can come directly after it",
        ),
        (
            "%T%.f%F",
            2,
            "a fraction includes all digits that follow: no number can come directly after it",
        ),
        (
            "%F %Z",
            3,
            "unknown directive `%Z`: abbreviations of zones are ambiguous; `%z` reads an offset, and the field may \
             declare its zone",
        ),
        (
            "%s",
            0,
            "unknown directive `%s`: a number of seconds is not a date; the field may declare the unit of numbers",
        ),
        ("%J", 0, "unknown directive `%J`: did you mean `%j`?"),
        ("%q", 0, "unknown directive `%q`"),
        ("é%é", 2, "unknown directive `%é`: write `%%` for a percent sign"),
        (
            "%T%3f",
            2,
            "unknown directive `%3`: fractional digits are `%f`, or `%.f` with the point, however many there are",
        ),
        (
            "%-d",
            0,
            "`%-d` is not supported: write `%d`, which reads numbers with and without leading zeros and names in any \
             letter case",
        ),
    ];
    for (format, offset, message) in table {
        let message = message.to_owned();
        let error = FormatError { offset, message };
        assert_eq!(DateFormat::compile(format, Some(1970)), Err(error), "{format}");
    }
}

#[test]
fn two_digits_of_a_year_need_their_hundred() {
    let error = DateFormat::compile("%d/%m/%y", None).unwrap_err();
    assert_eq!(error.offset, 6);
    assert_eq!(
        error.message,
        "two digits of a year have several meanings: declare the first year that `%y` can mean"
    );
    assert!(DateFormat::compile("%y", Some(-1)).is_err());
    assert!(DateFormat::compile("%y", Some(9901)).is_err());
    let table = [
        (1970, "70", "1970-01-01"),
        (1970, "69", "2069-01-01"),
        (1970, "00", "2000-01-01"),
        (2000, "00", "2000-01-01"),
        (2000, "99", "2099-01-01"),
        (0, "07", "0007-01-01"),
        (9900, "99", "9999-01-01"),
        (1999, "98", "2098-01-01"),
    ];
    for (pivot, text, expected) in table {
        let format = DateFormat::compile("%y-%m-%d", Some(pivot)).unwrap();
        let mut out = Vec::new();
        format
            .append(format!("{text}-01-01").as_bytes(), &mut out)
            .unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{pivot} {text}");
    }
}

/// Any sequence of directives, literal text and other characters.
fn format() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "%[YmdeHMS]",
        3 => "%[ybBaAjIpfzFTD%]",
        2 => "%\\.f",
        3 => "[-/:. T]",
        1 => "\\PC{0,2}",
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_format_and_any_bytes_have_a_result_or_a_reason(
        format in format(),
        pivot in any::<Option<i16>>(),
        text in "[0-9]{0,14}|[-0-9/:. TZ+apm]{0,20}|\\PC{0,10}",
        bytes in any::<Vec<u8>>(),
    ) {
        match DateFormat::compile(&format, pivot.map(|pivot| pivot % 9900)) {
            Ok(compiled) => {
                let mut out = Vec::new();
                let steps = DateFormat { layout: None, ..compiled.clone() };
                for text in [text.as_bytes(), &bytes] {
                    let mut by_steps = Vec::new();
                    let is_same = compiled.append(text, &mut out) == steps.append(text, &mut by_steps);
                    prop_assert!(is_same && out == by_steps, "{:?} {:?}", out, by_steps);
                    out.clear();
                    match compiled.append(text, &mut out) {
                        Ok(()) => prop_assert!(out.is_ascii() && out.len() >= 8, "{:?}", out),
                        Err(fault) => prop_assert!(out.is_empty() && !fault.reason.is_empty()),
                    }
                    out.clear();
                }
            }
            Err(error) => prop_assert!(format.is_char_boundary(error.offset), "{}", error.offset),
        }
    }

    #[test]
    fn a_text_of_fixed_width_is_read_as_step_by_step(
        format in prop::sample::select(vec![
            "%d/%m/%Y %H:%M:%S%.f", "%Y%m%d", "%H%M%S%f", "%m-%d-%Y", "%H.%M", "%Y%m%dT%H", "%H:%M:%S.%f",
        ]),
        (year, month, day) in ("20[012][0-9]", 0u8..14, 0u8..33),
        (hour, minute, second) in (0u8..26, 0u8..62, 0u8..62),
        fraction in "[0-9]{0,10}",
        (at, other) in (0usize..24, "[0-9:./ T-]?"),
    ) {
        let two = |number: u8| format!("{number:02}");
        let mut text = format.replace("%Y", &year).replace("%m", &two(month)).replace("%d", &two(day));
        text = text.replace("%H", &two(hour)).replace("%M", &two(minute)).replace("%S", &two(second));
        text = text.replace("%.f", &format!(".{fraction}")).replace("%f", &fraction);
        if at < text.len() {
            text.replace_range(at..=at, &other);
        }
        let compiled = DateFormat::compile(format, None).unwrap();
        prop_assert!(compiled.layout.is_some());
        let steps = DateFormat { layout: None, ..compiled.clone() };
        let (mut out, mut by_steps) = (Vec::new(), Vec::new());
        prop_assert_eq!(compiled.append(text.as_bytes(), &mut out), steps.append(text.as_bytes(), &mut by_steps));
        prop_assert_eq!(out, by_steps);
    }

    /// The digits of the text are those of the result, so none is dropped or moved.
    #[test]
    fn every_digit_of_the_text_is_in_the_result(
        (year, month, day) in ("[0-9]{4}", 1u8..=12, 1u8..=28),
        (hour, minute, second) in (0u8..24, 0u8..60, 0u8..60),
        fraction in "[0-9]{1,25}",
    ) {
        let time = format!("{hour:02}:{minute:02}:{second:02}.{fraction}");
        let expected = format!("{year}-{month:02}-{day:02}T{time}");
        prop_assert_eq!(iso("%d/%m/%Y %H:%M:%S%.f", &format!("{day}/{month}/{year} {time}")), Ok(expected.clone()));
        let compact: String = expected.chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(iso("%Y%m%d%H%M%S%f", &compact), Ok(expected));
    }
}
