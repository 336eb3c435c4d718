//! Random files: their rows, and what must become of each.

use std::io::Write;
use std::path::Path;

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

pub(super) const SCHEMA: &str = r#"{"type":"record","name":"Row","fields":[{"name":"number","type":"long"},
{"name":"symbol","type":"string"},{"name":"text","type":"string"},{"name":"quantity","type":"int"}]}"#;

/// Names other columns, and filters rows.
const MAPPING: &str = r#"[fields]
number = "No"
symbol = "Ticker"
text = "Note"
quantity = "Qty"

[rows]
where = 'Ticker != "SKIP"'
"#;

/// What a file is made from.
#[derive(Debug)]
pub(super) struct FileSpec {
    seed: u64,
    pub rows: u64,
    /// How many files the rows are in.
    parts: u64,
    keys: u32,
    /// The length of a row's text, in bytes.
    text: (usize, usize),
    format: Format,
    is_compressed: bool,
    is_mapped: bool,
    /// One of so many rows is bad; none if 0.
    bad: u64,
    /// Whether some values contain line breaks.
    has_breaks: bool,
    /// Whether rejected rows are kept. Runs that keep them do not take over from each other.
    pub keeps_rejects: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Jsonl,
}

/// The rows of a round, in the order of its files. Row number N is at index N.
pub(super) struct Rows {
    pub rows: Vec<Row>,
    pub files: Vec<String>,
    /// The option that names the mapping.
    pub mapping: Option<&'static str>,
    header: &'static str,
}

#[derive(Debug)]
pub(super) struct Row {
    pub symbol: String,
    pub text: String,
    pub quantity: u32,
    pub fate: Expected,
    /// The file, as an index, and the line where it starts.
    pub place: (usize, u64),
    /// As in the file, with its line end.
    raw: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Delivered,
    Rejected,
    Filtered,
}

impl FileSpec {
    pub(super) fn new(random: &mut Rng) -> FileSpec {
        let longest = [20, 100, 100, 600][random.usize(..4)];
        let bad = match random.bool() {
            true => 0,
            false => random.u64(20..2_000),
        };
        FileSpec {
            seed: random.u64(..),
            rows: random.u64(3_000..=40_000),
            parts: [1, 1, 1, 2, 3][random.usize(..5)],
            keys: [1, 7, 50, 5_000][random.usize(..4)],
            text: (random.usize(1..20), longest),
            format: match random.bool() {
                true => Format::Csv,
                false => Format::Jsonl,
            },
            is_compressed: random.u8(..3) == 0,
            is_mapped: random.u8(..3) == 0,
            bad,
            keeps_rejects: bad > 0 || random.bool(),
            has_breaks: random.u8(..3) == 0,
        }
    }

    /// Writes the files, and a mapping for them, into a folder.
    pub(super) fn write(&self, folder: &Path) -> Rows {
        let mut random = Rng::with_seed(self.seed);
        let extension = match self.format {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        };
        let suffix = if self.is_compressed { ".gz" } else { "" };
        let header = match (self.format, self.is_mapped) {
            (Format::Jsonl, _) => "",
            (Format::Csv, true) => "No,Ticker,Note,Qty\n",
            (Format::Csv, false) => "number,symbol,text,quantity\n",
        };
        let mut written = Rows {
            rows: Vec::new(),
            files: Vec::new(),
            mapping: self.is_mapped.then_some("map.toml"),
            header,
        };
        std::fs::write(folder.join("map.toml"), MAPPING).unwrap();
        for part in 0..self.parts {
            let (first, end) = (self.rows * part / self.parts, self.rows * (part + 1) / self.parts);
            let mut content = header.to_owned();
            let mut line = 1 + header.lines().count() as u64;
            for number in first..end {
                let row = self.row(number, (part as usize, line), &mut random);
                line += row.raw.matches('\n').count() as u64;
                content.push_str(&row.raw);
                written.rows.push(row);
            }
            let name = format!("rows-{part}.{extension}{suffix}");
            let mut file = std::fs::File::create(folder.join(&name)).unwrap();
            if self.is_compressed {
                let mut encoder = GzEncoder::new(file, Compression::fast());
                encoder.write_all(content.as_bytes()).unwrap();
                encoder.finish().unwrap();
            } else {
                file.write_all(content.as_bytes()).unwrap();
            }
            written.files.push(name);
        }
        written
    }

    fn row(&self, number: u64, place: (usize, u64), random: &mut Rng) -> Row {
        let is_bad = self.bad > 0 && random.u64(..self.bad) == 0;
        let is_filtered = self.is_mapped && random.u8(..20) == 0;
        let symbol = match is_filtered {
            true => "SKIP".to_owned(),
            false => format!("S{}", random.u32(..self.keys)),
        };
        let length = random.usize(self.text.0..=self.text.1);
        let mut text: String = (0..length).map(|_| random.alphanumeric()).collect();
        if self.has_breaks && random.u8(..10) == 0 {
            text.push_str(", \"a\"\nb");
        }
        let quantity = random.u32(..1_000_000);
        let written_quantity = if is_bad { json!("many") } else { json!(quantity) };
        let raw = match self.format {
            Format::Csv => {
                let quantity = written_quantity.to_string();
                let quantity = quantity.trim_matches('"');
                let text = match text.contains('"') {
                    true => format!("\"{}\"", text.replace('"', "\"\"")),
                    false => text.clone(),
                };
                format!("{number},{symbol},{text},{quantity}\n")
            }
            Format::Jsonl => {
                let names = match self.is_mapped {
                    true => ["No", "Ticker", "Note", "Qty"],
                    false => ["number", "symbol", "text", "quantity"],
                };
                let values = [json!(number), json!(symbol), json!(text), written_quantity];
                let object: serde_json::Map<_, _> =
                    names.map(str::to_owned).into_iter().zip(values).collect();
                format!("{}\n", json!(object))
            }
        };
        let fate = match (is_filtered, is_bad) {
            (true, _) => Expected::Filtered,
            (false, true) => Expected::Rejected,
            (false, false) => Expected::Delivered,
        };
        Row {
            symbol,
            text,
            quantity,
            fate,
            place,
            raw,
        }
    }
}

impl Rows {
    pub(super) fn count(&self, fate: Expected) -> u64 {
        self.rows.iter().filter(|row| row.fate == fate).count() as u64
    }

    /// The rejects file of a load that is complete.
    pub(super) fn rejects(&self) -> String {
        let bad = self.rows.iter().filter(|row| row.fate == Expected::Rejected);
        self.header.to_owned() + &bad.map(|row| &*row.raw).collect::<String>()
    }
}
