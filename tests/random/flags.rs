//! Random flags: those that a file needs, and others that may stop a run but must not break it.

use std::process::Command;
use std::sync::LazyLock;

use crate::binary;
use crate::hostile;
use crate::pairs::{BytesEncoding, EpochUnit, JsonForm, Manner};
use crate::random::Random;

/// The flags that are needed to read a file of this manner correctly.
pub(crate) fn of_manner(manner: Manner) -> Vec<String> {
    let bytes = match manner.bytes {
        BytesEncoding::Latin1 => "latin1",
        BytesEncoding::Base64 => "base64",
        BytesEncoding::Hex => "hex",
        BytesEncoding::Utf8 => "utf8",
    };
    let form = match manner.form {
        JsonForm::Either => "auto",
        JsonForm::Plain => "plain",
        JsonForm::Avro => "avro",
    };
    let unit = manner.epoch.map(|unit| match unit {
        EpochUnit::Seconds => "s",
        EpochUnit::Millis => "ms",
        EpochUnit::Micros => "us",
        EpochUnit::Nanos => "ns",
    });
    let mut flags = vec![
        format!("--bytes-encoding={bytes}"),
        format!("--json-encoding={form}"),
        "--integer-date=days".to_owned(),
        "--integer-time=unit".to_owned(),
    ];
    flags.extend(unit.map(|unit| format!("--epoch-unit={unit}")));
    flags
}

/// Flags that do not affect rows that fit the schema.
pub(crate) fn harmless(random: &mut Random) -> Vec<String> {
    const FLAGS: [&str; 7] = [
        "--time-truncate",
        "--tz=Australia/Sydney",
        "--decimal-round=half-even",
        "--provenance",
        "--header=source=random runs",
        "--label=exchange=asx",
        "--quiet",
    ];
    let chosen = FLAGS.into_iter().filter(|_| random.one_in(6));
    chosen.map(str::to_owned).collect()
}

/// Flags that may reject rows or read them differently. `fields` are the names of the schema's fields.
pub(crate) fn harmful(random: &mut Random, fields: &[String]) -> Vec<String> {
    let field = |random: &mut Random| match random.u32(..4) {
        0 => random.one_of(&["no such", "a.b.c.d"]).to_owned(),
        _ => fields[random.usize(..fields.len())].clone(),
    };
    let mut flags = Vec::new();
    for _ in 0..random.usize(..3) {
        flags.push(match random.u32(..12) {
            0 | 1 => format!("--key={}", field(random)),
            2 => format!("--key={{{}}}.{{{}}}", field(random), field(random)),
            3 => format!("--header=k={{{}}}", field(random)),
            4 => format!("--timestamp-field={}", field(random)),
            5 | 6 => format!(
                "--null-token={}",
                random.one_of(&["NA", "\\N", "0", "null", "\u{202e}"])
            ),
            7 => "--strict-columns".to_owned(),
            // A record that accepts any key, or needs none, makes unions ambiguous.
            8 | 9 => "--ignore-unknown".to_owned(),
            10 => "--missing-null".to_owned(),
            _ => format!(
                "--encoding={}",
                random.one_of(&["latin1", "gbk", "utf-16be", "shift_jis"])
            ),
        });
    }
    let has_times = flags.iter().any(|flag| flag.starts_with("--timestamp-field"));
    if has_times && random.bool() {
        flags.push("--allow-expired".to_owned());
    }
    flags
}

/// An invalid flag or value.
pub(crate) fn refused(random: &mut Random) -> String {
    random
        .one_of(&[
            "--no-such-flag",
            "--key={",
            "--key=",
            "--header=k={",
            "--null-token",
            "--tz=Mars/Base",
            "--epoch-unit=min",
            "--bytes-encoding=rot13",
            "--label=topic=t",
            "--label=é=1",
            "--max-errors=101%",
            "--max-errors=-1",
            "--from=1.csv",
            "--from=no.csv:2",
            "--limit=x",
            "--format=xml",
            "-X=acks=1",
            "-X=no.such=1",
            "--no-such-\u{1b}[2J",
            "--tz=\u{1b}[2J",
            "--key={\u{202e}",
        ])
        .to_owned()
}

/// Any flag in the help, with any value. New flags are drawn without being listed here.
pub(crate) fn any(random: &mut Random) -> String {
    /// Flags that select another broker or registry, end the run before it starts, write to files that are not checked,
    /// or are drawn elsewhere with meaningful values.
    const EXCLUDED: [&str; 9] = [
        "--bootstrap-servers",
        "--schema-registry-url",
        "--help",
        "--version",
        "--summary",
        "--rejects",
        "--metrics-file",
        "--limit",
        "--from",
    ];
    static FLAGS: LazyLock<Vec<(String, bool)>> = LazyLock::new(|| {
        let help = Command::new(binary())
            .arg("--help")
            .output()
            .expect("the binary starts")
            .stdout;
        let help = String::from_utf8(help).expect("the help is UTF-8");
        let lines = help.lines().map(str::trim_start);
        let flags = lines.filter_map(|line| line.get(line.find("--")?..).filter(|_| line.starts_with('-')));
        let flags = flags.map(|flag| {
            let name = flag
                .split([' ', '['])
                .next()
                .expect("the name of a flag")
                .to_owned();
            (name, flag.contains(['<', '[']))
        });
        flags.filter(|(name, _)| !EXCLUDED.contains(&&**name)).collect()
    });
    let (name, has_value) = &FLAGS[random.usize(..FLAGS.len())];
    match has_value {
        true => format!("{name}={}", hostile::value(random)),
        false => name.clone(),
    }
}
