//! Writes any number of realistic trades; the same seed gives the same trades.
//!
//! ```text
//! cargo run --release --example generate_trades -- --rows 1000000 --output trades.csv
//! ```
//!
//! It generated the fixtures in `fixtures/trades`; the test below compares them.

mod calendar;
mod instruments;
mod market;
mod random;
mod stocks;
mod text;
mod trade;
mod trade_v2;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use market::Market;
use random::Random;

/// Rows are written in pieces of about this many bytes.
const PIECE: usize = 1 << 18;

/// Writes generated trades to stdout or a file.
#[derive(Parser)]
struct Arguments {
    /// Number of rows
    #[arg(long, default_value_t = 1_000)]
    rows: u64,
    /// Schema of the rows, from fixtures/schemas
    #[arg(long, value_enum, default_value_t = Schema::Trade)]
    schema: Schema,
    /// Format of the rows
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Seed; the same seed and number of rows give the same file
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Write to this file instead of stdout
    #[arg(long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Schema {
    Trade,
    TradeV2,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let written = match &arguments.output {
        Some(path) => File::create(path).and_then(|file| generate(&arguments, file)),
        None => generate(&arguments, io::stdout().lock()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        // The reader, such as `head`, has closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(arguments: &Arguments, out: impl Write) -> io::Result<()> {
    let &Arguments {
        rows, schema, format, ..
    } = arguments;
    let mut random = Random::new(arguments.seed);
    match schema {
        Schema::Trade => {
            let mut market = Market::new(trade::listings(), stocks::CALENDAR, rows);
            write_rows(arguments, trade::HEADER, out, |row, piece| {
                let execution = market.trade(&mut random);
                let trade = trade::Trade::draw(&execution, row, &mut random);
                match format {
                    Format::Csv => trade.append_csv(piece),
                    Format::Jsonl => trade.append_json(piece),
                }
            })
        }
        Schema::TradeV2 => {
            let mut market = Market::new(trade_v2::listings(), instruments::CALENDAR, rows);
            let mut scratch = Vec::new();
            write_rows(arguments, trade_v2::HEADER, out, |row, piece| {
                let execution = market.trade(&mut random);
                let trade = trade_v2::Trade::draw(&execution, row, &mut random);
                match format {
                    Format::Csv => trade.append_csv(piece, &mut scratch),
                    Format::Jsonl => trade.append_json(piece),
                }
            })
        }
    }
}

/// Calls `append_row` with the numbers 1, 2, 3, ... and writes what it appends.
fn write_rows(
    arguments: &Arguments,
    header: &str,
    mut out: impl Write,
    mut append_row: impl FnMut(u64, &mut Vec<u8>),
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE + 4_096);
    if arguments.format == Format::Csv {
        writeln!(piece, "{header}")?;
    }
    for row in 1..=arguments.rows {
        append_row(row, &mut piece);
        if piece.len() >= PIECE {
            out.write_all(&piece)?;
            piece.clear();
        }
    }
    out.write_all(&piece)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(schema: Schema, format: Format, rows: u64, seed: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let arguments = Arguments {
            rows,
            schema,
            format,
            seed,
            output: None,
        };
        generate(&arguments, &mut out).unwrap();
        out
    }

    #[test]
    fn the_fixtures_are_what_the_generator_writes() {
        for (name, schema, format, rows) in [
            ("trades.csv", Schema::Trade, Format::Csv, 3_000),
            ("trades.jsonl", Schema::Trade, Format::Jsonl, 1_500),
            ("trades_v2.csv", Schema::TradeV2, Format::Csv, 1_000),
            ("trades_v2.jsonl", Schema::TradeV2, Format::Jsonl, 1_000),
        ] {
            let path = format!("{}/fixtures/trades/{name}", env!("CARGO_MANIFEST_DIR"));
            let fixture = std::fs::read(&path).unwrap();
            assert!(generated(schema, format, rows, 11) == fixture, "{name} differs");
        }
    }

    #[test]
    fn another_seed_gives_other_trades() {
        let one = generated(Schema::Trade, Format::Csv, 100, 1);
        assert_eq!(one, generated(Schema::Trade, Format::Csv, 100, 1));
        assert_ne!(one, generated(Schema::Trade, Format::Csv, 100, 2));
    }
}
