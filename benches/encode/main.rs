//! Rows per second from the bytes of a file to Avro's bytes, on one core: this encoder, compared with encoding through
//! apache-avro's values (csv or serde_json -> `Value` -> `resolve` -> bytes), on the same rows in the same run.
//!
//! Before anything is measured, both must produce the same datum for every row. Prints a table for docs/benchmarks.md.

mod mapped;
mod values;

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use k2_produce::mapping::Mapping;
use k2_produce::record::Format;
use k2_produce::schema::RegisteredSchema;

use values::ByValues;

/// Number of alternating measurements of each; the median is reported.
const ROUNDS: usize = 5;
/// The shortest duration of one measurement.
const MINIMUM: Duration = Duration::from_millis(600);

fn main() {
    println!("| rows | k2-produce, rows/s | through apache-avro's values, rows/s | ratio |");
    println!("|---|---|---|---|");
    for (schema, file, format) in [
        ("trade", "trades.csv", Format::Csv),
        ("trade", "trades.jsonl", Format::Jsonl),
        ("trade_v2", "trades_v2.csv", Format::Csv),
        ("trade_v2", "trades_v2.jsonl", Format::Jsonl),
    ] {
        let rows = Rows::read(schema, file, format);
        let (ours, theirs) = (rows.ours(), rows.by_values());
        let judge = ByValues::new(&rows.schema.text);
        for (row, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            // apache-avro's maps have no order of entries.
            let is_same = ours == theirs || judge.decode(ours) == judge.decode(theirs);
            assert!(is_same, "{file}, row {}: the data differ", row + 1);
        }
        assert_eq!(
            (ours.len(), theirs.len()),
            (rows.lines.len(), rows.lines.len()),
            "{file}"
        );
        let (mut fast, mut slow) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            fast.push(rows.rate(|rows| {
                rows.encode(&mut |datum| {
                    black_box(datum);
                })
            }));
            slow.push(rows.rate(|rows| {
                rows.encode_by_values(&mut |datum| {
                    black_box(datum);
                })
            }));
        }
        let (fast, slow) = (median(fast), median(slow));
        println!("| {file} | {fast:.0} | {slow:.0} | {:.1} |", fast / slow);
    }
    println!();
    mapped::compare();
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// A file's rows in memory, and its schema.
struct Rows {
    text: String,
    schema: RegisteredSchema,
    plan: Arc<MessagePlan>,
    format: Format,
    /// The range of each row in the text; no cell of these fixtures contains a line terminator.
    lines: Vec<Range<usize>>,
}

impl Rows {
    fn read(schema: &str, file: &str, format: Format) -> Rows {
        let read =
            |path: String| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
        let schema = read(format!("{fixtures}/schemas/{schema}.avsc"));
        let schema = RegisteredSchema::from_text("bench-value", &schema).expect("the fixture is a schema");
        let text = read(format!("{fixtures}/trades/{file}"));
        let (header, binding) = match format {
            Format::Jsonl | Format::Json => (0, Mapping::default().bind_keys(&schema)),
            Format::Csv => {
                let (line, _) = text.split_once('\n').expect("a header");
                let names: Vec<String> = line.split(',').map(str::to_owned).collect();
                (line.len() + 1, Mapping::default().bind_columns(&names, &schema))
            }
        };
        let settings = PlanSettings::new(KeyChoice::None);
        let plan = MessagePlan::compile(&binding.expect("the fixture fits"), &settings);
        let plan = plan.expect("the fixture fits");
        let at = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
        let lines = text[header..]
            .split_inclusive('\n')
            .map(|line| at(line)..at(line) + line.len());
        Rows {
            lines: lines.collect(),
            plan: Arc::new(plan),
            text,
            schema,
            format,
        }
    }

    fn ours(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        self.encode(&mut |datum| all.push(datum.to_vec()));
        all
    }

    fn by_values(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        self.encode_by_values(&mut |datum| all.push(datum.to_vec()));
        all
    }

    /// Rows per second.
    fn rate(&self, encode: impl Fn(&Rows)) -> f64 {
        let begun = Instant::now();
        let mut rows = 0;
        while begun.elapsed() < MINIMUM {
            encode(self);
            rows += self.lines.len();
        }
        rows as f64 / begun.elapsed().as_secs_f64()
    }

    fn encode(&self, each: &mut dyn FnMut(&[u8])) {
        let mut encoder = Encoder::new(Arc::clone(&self.plan));
        let mut out = Vec::new();
        for line in &self.lines {
            out.clear();
            let message = encoder
                .encode_str(&self.text[line.clone()], &mut out)
                .expect("the fixture fits");
            each(&out[message.value]);
        }
    }

    fn encode_by_values(&self, each: &mut dyn FnMut(&[u8])) {
        let by_values = ByValues::new(&self.schema.text);
        let writer = by_values.writer();
        let mut out = Vec::new();
        match self.format {
            Format::Csv => {
                let mut reader = csv::Reader::from_reader(self.text.as_bytes());
                let header = reader.headers().expect("a header").clone();
                let mut record = csv::StringRecord::new();
                while reader.read_record(&mut record).expect("the fixture is CSV") {
                    let value = by_values.of_cells(&header, &record);
                    by_values.write(&writer, value, &mut out);
                    each(&out);
                }
            }
            Format::Jsonl | Format::Json => {
                for line in self.text.lines() {
                    let json = serde_json::from_str(line).expect("the fixture is JSON");
                    by_values.write(&writer, by_values.of_json(&json), &mut out);
                    each(&out);
                }
            }
        }
    }
}
