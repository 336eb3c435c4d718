//! Reads a file as the libraries do that others build on, and does nothing else: the cost below which a program that
//! uses them cannot get. For comparisons with k2-produce's dry run.
//!
//!     read_alone csv FILE      rust-csv's ByteRecord
//!     read_alone json FILE     serde_json's Value, line by line

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(format), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: read_alone csv|json FILE".into());
    };
    let rows = match format.as_str() {
        "csv" => cells(&path)?,
        "json" => values(&path)?,
        other => return Err(format!("unknown format {other}").into()),
    };
    println!("{rows}");
    Ok(())
}

/// The number of rows after the header.
fn cells(path: &str) -> Result<u64, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record)? {
        rows += 1;
        std::hint::black_box(&record);
    }
    Ok(rows)
}

fn values(path: &str) -> Result<u64, Box<dyn Error>> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = String::new();
    let mut rows = 0;
    while reader.read_line(&mut line)? > 0 {
        std::hint::black_box(serde_json::from_str::<serde_json::Value>(&line)?);
        rows += 1;
        line.clear();
    }
    Ok(rows)
}
