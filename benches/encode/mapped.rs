//! A vendor's rows with a mapping, compared with the same trades in the schema's own columns.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k2_produce::encode::{Encoder, KeyChoice, MessagePlan, PlanSettings};
use k2_produce::mapping::rules::Rules;
use k2_produce::mapping::{MapFile, Mapping};
use k2_produce::schema::RegisteredSchema;

/// Number of alternating measurements of each; the median of their ratios is reported.
const ROUNDS: usize = 11;
/// The shortest duration of one measurement.
const MINIMUM: Duration = Duration::from_millis(300);
/// Rows, as in the file that the mapping was first written for.
const ROWS: u32 = 91_630;

const MAPPING: &str = r#"
[fields]
symbol = '"BHP"'
company_id = "7078"
exchange = '"ASX"'
exchange_timestamp = 'datetime("%m/%d/%Y %H:%M:%S%.f", Date, Time)'
price = "Price"
volume = "Volume"
qualifiers = "Qualifiers"
venue = "Venue"
buyer_id = "BuyerID"
ingestion_timestamp = '"2014-03-10T00:00:00Z"'

[rules]
tz = "Australia/Sydney"
"#;

const COLUMNS: &str = "Date,Time,Price,Volume,Qualifiers,Venue,BuyerID";

const OWN_COLUMNS: &str = "symbol,company_id,exchange,exchange_timestamp,price,volume,qualifiers,venue,buyer_id,ingestion_timestamp";

/// Prints a table row for docs/benchmarks.md.
pub(crate) fn compare() {
    let schema = include_str!("../../fixtures/schemas/trade.avsc");
    let schema = RegisteredSchema::from_text("bench-value", schema).expect("the fixture is a schema");
    let map = MapFile::parse("asx.toml", MAPPING).expect("the mapping is correct");
    let mapped = Mapping::by_name(Rules::default()).with_map(Arc::new(map));
    let mapped = plan(&mapped, COLUMNS, &schema);
    let own = plan(&Mapping::default(), OWN_COLUMNS, &schema);
    let (vendor_rows, own_rows) = rows();
    for (vendor, own_row) in vendor_rows.iter().zip(&own_rows) {
        assert_eq!(datum(&mapped, vendor), datum(&own, own_row), "{vendor}");
    }
    let (mut mapped_rates, mut own_rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (with, without) = (rate(&mapped, &vendor_rows), rate(&own, &own_rows));
        mapped_rates.push(with);
        own_rates.push(without);
        ratios.push(with / without);
    }
    println!("| rows | with a mapping, rows/s | own columns, rows/s | ratio |");
    println!("|---|---|---|---|");
    println!(
        "| ASX trades | {:.0} | {:.0} | {:.2} |",
        crate::median(mapped_rates),
        crate::median(own_rates),
        crate::median(ratios)
    );
}

fn plan(mapping: &Mapping, columns: &str, schema: &RegisteredSchema) -> Arc<MessagePlan> {
    let columns: Vec<String> = columns.split(',').map(str::to_owned).collect();
    let binding = mapping.bind_columns(&columns, schema).expect("the columns fit");
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None));
    Arc::new(plan.expect("the columns fit"))
}

/// The vendor's rows, and the same trades in the schema's own columns.
fn rows() -> (Vec<String>, Vec<String>) {
    let row = |number: u32| {
        let (hour, minute, second) = (10 + number / 20_000, number / 60 % 60, number % 60);
        let time = format!("{hour:02}:{minute:02}:{second:02}.{:03}", number * 7 % 1000);
        let rest = format!(
            "{}.{:02},{},{}",
            40 + number % 3,
            number % 100,
            number % 5_000 + 1,
            number % 9
        );
        let buyer = if number.is_multiple_of(4) {
            number.to_string()
        } else {
            String::new()
        };
        let vendor = format!("03/10/2014,{time},{rest},A,{buyer}");
        let own = format!("BHP,7078,ASX,2014-03-10T{time}+11:00,{rest},A,{buyer},2014-03-10T00:00:00Z");
        (vendor, own)
    };
    (0..ROWS).map(row).unzip()
}

fn datum(plan: &Arc<MessagePlan>, row: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let message = Encoder::new(Arc::clone(plan)).encode_str(row, &mut out);
    message.expect("the row fits");
    out
}

/// Rows per second.
fn rate(plan: &Arc<MessagePlan>, rows: &[String]) -> f64 {
    let mut encoder = Encoder::new(Arc::clone(plan));
    let mut out = Vec::new();
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < MINIMUM {
        for row in rows {
            out.clear();
            encoder.encode_str(row, &mut out).expect("the row fits");
            black_box(&out);
        }
        count += rows.len();
    }
    count as f64 / begun.elapsed().as_secs_f64()
}
