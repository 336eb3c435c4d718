//! Date formats, compared with jiff's `strtime` and Python's `strptime`: a text that was written in a format is read,
//! and what is read, from such a text or from one with a typing error, has the value that the other library reads.
//!
//! Not the reverse: more is rejected here than there.

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::civil::{DateTime, date};
use jiff::fmt::strtime::{self, BrokenDownTime};
use k2_produce::mapping::functions::DateFormat;

use crate::random::{Random, number};
use crate::repository;

const DATES: [&str; 12] = [
    "%d/%m/%Y",
    "%Y-%m-%d",
    "%Y%m%d",
    "%d-%b-%Y",
    "%d%b%y",
    "%d %B %Y",
    "%m/%d/%y",
    "%y%m%d",
    "%Y %j",
    "%Y%j",
    "%a, %d %b %Y",
    "%A %d.%m.%Y",
];
const TIMES: [&str; 9] = [
    "%H:%M:%S",
    "%H%M%S",
    "%I:%M:%S %p",
    "%I%p",
    "%H:%M",
    "%H",
    "%H:%M:%S.%f",
    "%H%M%S%f",
    "%H.%M.%S,%f",
];
const BETWEEN: [&str; 4] = [" ", "T", "_", " at "];

/// A text and its format.
struct Case {
    format: String,
    text: String,
    /// Whether the text is as jiff wrote it.
    is_whole: bool,
}

/// The first year of `%y` in jiff and in Python (POSIX).
const PIVOT: i16 = 1969;

fn case(random: &mut Random) -> Case {
    let (day, time) = (random.one_of(&DATES), random.one_of(&TIMES));
    let format = match random.u8(..8) {
        0 => day.to_owned(),
        1 => time.to_owned(),
        kind => {
            let zone = if kind == 2 && !time.ends_with("%f") {
                "%z"
            } else {
                ""
            };
            format!("{day}{}{time}{zone}", random.one_of(&BETWEEN))
        }
    };
    let text = match format.contains("%z") {
        true => {
            let offset = jiff::tz::Offset::from_seconds(random.i32(-1439..=1439) * 60).unwrap();
            let zoned = offset.to_time_zone().to_zoned_datetime(moment(random)).unwrap();
            strtime::format(&format, &zoned).unwrap()
        }
        false => strtime::format(format.replace("%f", "%6f"), moment(random)).unwrap(),
    };
    match random.one_in(2) {
        true => Case {
            format,
            text: with_error(text, random),
            is_whole: false,
        },
        false => Case {
            format,
            text,
            is_whole: true,
        },
    }
}

/// A moment within the years that `%y` can mean, to the microsecond.
fn moment(random: &mut Random) -> DateTime {
    let midnight = date(1969, 1, 1).at(0, 0, 0, 0);
    let seconds = random.i64(0..100 * 365 * 86_400);
    midnight + jiff::SignedDuration::new(seconds, random.i32(0..1_000_000) * 1000)
}

/// The text with one character more, less or different, or without its leading zeros.
fn with_error(mut text: String, random: &mut Random) -> String {
    let at = random.usize(..text.len());
    let other = char::from(random.one_of(b"0123456789/-:. ,TZ+apMx"));
    match random.u8(..4) {
        0 => text.insert(at, other),
        1 => _ = text.remove(at),
        2 => text.replace_range(at..=at, &other.to_string()),
        _ => {
            let mut digits = false;
            let zeros: Vec<bool> = text
                .bytes()
                .map(|byte| byte == b'0' && !std::mem::replace(&mut digits, byte.is_ascii_digit()))
                .collect();
            let mut zeros = zeros.into_iter();
            text.retain(|_| !zeros.next().unwrap());
        }
    }
    text
}

/// What is read, in Python's form: all parts, with six fractional digits; none if the text is rejected.
fn ours(case: &Case) -> Option<String> {
    let format = DateFormat::compile(&case.format, Some(PIVOT)).unwrap();
    let mut iso = Vec::new();
    format.append(case.text.as_bytes(), &mut iso).ok()?;
    let iso = String::from_utf8(iso).unwrap();
    let (date, time) = match iso.split_once('T') {
        Some((date, time)) => (date, time),
        None if iso.contains(':') => ("1900-01-01", &iso[..]),
        None => (&iso[..], "00:00:00"),
    };
    let (clock, rest) = time.split_at(8);
    let digits = rest.strip_prefix('.').map_or(0, |rest| {
        rest.find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len())
    });
    let (fraction, offset) = match digits {
        0 => ("", rest),
        _ => rest[1..].split_at(digits),
    };
    let offset = match offset {
        "Z" | "-00:00" => "+00:00",
        offset => offset,
    };
    Some(format!("{date}T{clock}.{fraction:0<6}{offset}"))
}

fn of_jiff(case: &Case) -> Option<String> {
    let read = BrokenDownTime::parse(&case.format, &case.text);
    // For jiff, an offset with a colon has another directive.
    let with_colon = || BrokenDownTime::parse(case.format.replace("%z", "%:z"), &case.text);
    let read = read.or_else(|_| with_colon()).ok()?;
    let has_date = case.format.contains("%Y") || case.format.contains("%y");
    let day = if has_date {
        read.to_date().ok()?
    } else {
        date(1900, 1, 1)
    };
    let time = match case.format.contains(['H', 'I']) {
        true => read.to_time().ok()?,
        false => jiff::civil::Time::midnight(),
    };
    let offset = match read.offset() {
        Some(offset) => strtime::format(
            "%:z",
            &offset
                .to_time_zone()
                .to_zoned_datetime(day.to_datetime(time))
                .ok()?,
        )
        .unwrap(),
        None => String::new(),
    };
    Some(format!("{day}T{time:.6}{offset}"))
}

fn of_python(cases: &[Case]) -> Vec<Option<String>> {
    let mut python = Command::new(repository("tests/stack/python"))
        .arg(repository("tests/judges/date_formats.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = python.stdin.take().unwrap();
    let lines: String = cases
        .iter()
        .map(|case| format!("{}\t{}\n", case.format, case.text))
        .collect();
    // Writes and reads concurrently: a pipe holds 64 KiB, so otherwise each side could wait for the other.
    let writer = std::thread::spawn(move || questions.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers = answers.lines().map(|line| (line != "-").then(|| line.to_owned()));
    answers.collect()
}

#[test]
fn texts_have_the_values_that_jiff_and_python_read() {
    let seed = number("K2_TEST_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let mut random = Random::with_seed(seed);
    let cases: Vec<Case> = (0..20_000).map(|_| case(&mut random)).collect();
    let python = of_python(&cases);
    assert_eq!(python.len(), cases.len());
    let mut compared = 0;
    let mut differences = Vec::new();
    for (case, python) in cases.iter().zip(python) {
        let Case {
            format,
            text,
            is_whole,
        } = case;
        let Some(ours) = ours(case) else {
            if *is_whole {
                differences.push(format!("`{format}` rejects `{text}`"));
            }
            continue;
        };
        // Python has no year 0 and reads up to six fractional digits.
        if ours.starts_with("0000") || has_seventh_digit(&ours) || has_short_name(case) {
            continue;
        }
        for (judge, theirs) in [("Python", python), ("jiff", of_jiff(case))] {
            if theirs.as_ref() != Some(&ours) {
                differences.push(format!(
                    "`{format}` reads `{text}` as {ours}, {judge} as {theirs:?}"
                ));
            }
        }
        compared += 1;
    }
    let first = &differences[..differences.len().min(20)];
    assert!(
        differences.is_empty(),
        "K2_TEST_SEED={seed}: {} differences\n{}",
        differences.len(),
        first.join("\n")
    );
    assert!(compared > cases.len() / 2, "only {compared} texts were read");
}

/// Whether there are more than six fractional digits.
fn has_seventh_digit(iso: &str) -> bool {
    iso.as_bytes().get(26).is_some_and(u8::is_ascii_digit)
}

/// Whether June or July has lost its last letter: in POSIX, `%B` reads the abbreviated name too.
fn has_short_name(case: &Case) -> bool {
    case.format.contains("%B") && ["Jun ", "Jul "].iter().any(|name| case.text.contains(name))
}
