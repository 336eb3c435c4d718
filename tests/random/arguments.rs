//! The flags and files of a run that reads rows.

use std::path::Path;

use crate::flags;
use crate::input::{self, DrawnFile, Encoding, Quality};
use crate::pairs::schema::Shape;
use crate::pairs::{BytesEncoding, Case, EpochUnit, JsonForm, Manner};
use crate::random::Random;

/// The file of rejected rows, in the run's folder.
pub(crate) const REJECTS: &str = "bad";
/// The file of metrics, in the run's folder.
pub(crate) const METRICS: &str = "metrics.prom";

/// Draws flags and files.
pub(crate) struct Drawing<'a> {
    random: &'a mut Random,
    folder: &'a Path,
    /// Whether, with the choices so far, every row of every file must be accepted.
    pub is_good: bool,
    /// The command and the flags that say how rows are read.
    reading: Vec<String>,
    /// The other flags, and the files.
    others: Vec<String>,
    /// The arguments that read the rejects file in the same way as the files.
    pub reload: Option<Vec<String>>,
    /// The file on standard input.
    pub stdin: Option<String>,
    /// The number of rows of all files, if it is certain.
    pub rows: Option<u64>,
}

impl<'a> Drawing<'a> {
    pub(crate) fn new(random: &'a mut Random, folder: &'a Path, is_good: bool) -> Drawing<'a> {
        Drawing {
            random,
            folder,
            is_good,
            reading: Vec::new(),
            others: Vec::new(),
            reload: None,
            stdin: None,
            rows: Some(0),
        }
    }

    /// Adds arguments to the command and the flags that say how rows are read.
    pub(crate) fn read(&mut self, arguments: &[&str]) {
        self.reading.extend(owned(arguments));
    }

    fn push(&mut self, arguments: &[&str]) {
        self.others.extend(owned(arguments));
    }

    /// All arguments.
    pub(crate) fn arguments(&self) -> Vec<String> {
        [&self.reading[..], &self.others].concat()
    }

    /// Draws files with values of the schema, and the flags to read them.
    pub(crate) fn values_and_files(&mut self, case: &Case) {
        let manner = match self.random.one_in(3) {
            // Avro's own form determines how bytes and times are written.
            true => Manner {
                form: JsonForm::Avro,
                ..Manner::STRICT
            },
            false => Manner {
                bytes: self.random.one_of(&BytesEncoding::ALL),
                form: JsonForm::Either,
                epoch: self.random.one_in(4).then(|| self.random.one_of(&EpochUnit::ALL)),
            },
        };
        self.is_good &= self.random.one_in(3);
        self.reading.extend(flags::of_manner(manner));
        self.reading.extend(flags::harmless(self.random));
        if self.is_good {
            self.read(&["--no-key"]);
        } else {
            let harmful = flags::harmful(self.random, &field_names(case));
            self.reading.extend(harmful);
            if self.random.one_in(6) {
                self.reading.push(flags::any(self.random));
                self.rows = None;
            }
        }
        self.outcome_flags();
        let quality = match self.is_good {
            true => Quality::Good,
            false => self.random.one_of(&Quality::ALL),
        };
        self.files(case, manner, quality);
    }

    /// Draws what happens to rejected rows and what is reported.
    fn outcome_flags(&mut self) {
        match self.random.u32(..5) {
            0 => self.push(&["--rejects", REJECTS]),
            1 | 2 => {
                let budget = self.random.one_of(&["100%", "3", "50%", "0.1%", "1000000"]);
                self.push(&["--max-errors", budget]);
            }
            _ => {}
        }
        if !self.random.one_in(5) {
            self.push(&["--summary", "json"]);
        }
        if self.random.one_in(8) {
            self.push(&["--metrics-file", METRICS]);
        }
    }

    fn files(&mut self, case: &Case, manner: Manner, quality: Quality) {
        let mut encoding = Encoding::Utf8;
        if self.reading.iter().any(|flag| flag.starts_with("--encoding")) {
            // The encoding also determines where rows end.
            self.rows = None;
        } else if self.random.one_in(15) {
            encoding = Encoding::Utf16le;
            self.read(&["--encoding", "utf-16le"]);
        }
        let mut names = Vec::new();
        let mut formats = Vec::new();
        for number in 1..=self.random.one_of(&[1, 1, 1, 2, 3]) {
            let file = input::draw(self.random, case, manner, quality, encoding);
            self.rows = self.rows.zip(file.rows).map(|(before, more)| before + more);
            self.is_good &= file.all_good;
            names.push(self.file(&file, number));
            formats.push(file.is_csv);
        }
        let is_of_one_format = formats.iter().all(|format| *format == formats[0]);
        if self.stdin.is_some() && !is_of_one_format {
            // The declared format of standard input applies to the other files too.
            self.is_good = false;
            self.rows = None;
        }
        if self.others.iter().any(|argument| argument == REJECTS) {
            // The rejects file has only one header.
            self.is_good &= names.len() == 1;
            let extension = extension(formats[0]);
            let again = [
                "--max-errors",
                "100%",
                "--summary",
                "json",
                "--format",
                extension,
                "--",
                REJECTS,
            ];
            let mut reading = self.reading.clone();
            // It requires `--rejects`, which is omitted.
            reading.retain(|flag| flag != "--rejects-overwrite");
            // The reload has its own.
            reading.retain(|flag| !flag.starts_with("--max-errors=") && !flag.starts_with("--summary="));
            self.reload = is_of_one_format.then(|| [reading, owned(&again)].concat());
        }
        if self.random.one_in(12) {
            self.omit_rows(&names);
        }
        if !self.is_good && self.random.one_in(12) {
            self.others.push(flags::refused(self.random));
        }
        self.push(&["--"]);
        self.others.extend(names);
    }

    /// Writes a file and returns its argument: its name, or `-` for standard input.
    fn file(&mut self, file: &DrawnFile, number: u32) -> String {
        let extension = extension(file.is_csv);
        let name = match self.random.u32(..20) {
            0 => format!("a b'{number}\u{1b}[2J$(id).{extension}"),
            1 => format!("-{number}.{extension}"),
            _ => format!("{number}.{extension}"),
        };
        write(self.folder, &name, &file.bytes);
        if number == 1 && self.random.one_in(8) {
            self.stdin = Some(name);
            self.push(&["--format", extension]);
            return "-".to_owned();
        }
        if !self.is_good && self.random.one_in(30) {
            self.rows = None;
            return self
                .random
                .one_of(&[".", "no such.csv", "schema.avsc", "/dev/null"])
                .to_owned();
        }
        name
    }

    /// Adds a flag that reads only some of the rows.
    fn omit_rows(&mut self, names: &[String]) {
        if self.random.bool() {
            let limit = self.random.u64(1..10);
            self.push(&["--limit", &limit.to_string()]);
            self.rows = self.rows.map(|rows| rows.min(limit));
        } else {
            let from = &names[self.random.usize(..names.len())];
            let line = self.random.u32(..12);
            self.push(&[&format!("--from={from}:{line}")]);
            self.rows = None;
            self.is_good = false;
        }
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

fn extension(is_csv: bool) -> &'static str {
    if is_csv { "csv" } else { "jsonl" }
}

/// Writes a file into the folder of a run.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).expect("the folder is writable");
}

/// The names of the fields of the root.
fn field_names(case: &Case) -> Vec<String> {
    match &case.schema.named[0].shape {
        Shape::Record(fields) => fields.iter().map(|field| field.name.clone()).collect(),
        other => unreachable!("the root is a record, not {other:?}"),
    }
}
