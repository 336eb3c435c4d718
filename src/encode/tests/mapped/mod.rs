//! Fields that a mapping computes. Here is what the tests share.

mod blame;
mod composed;
mod functions;
mod lookups;
mod missing;
mod refused;
mod rows;
mod unions;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::mapping::MapFile;
use crate::schema::RegisteredSchema;

const SCHEMA: &str = r#"{"type": "record", "name": "T", "fields": [
    {"name": "symbol", "type": "string"},
    {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 6}},
    {"name": "side", "type": {"type": "enum", "name": "Side", "symbols": ["BUY", "SELL"]}},
    {"name": "venue", "type": ["null", "string"], "default": null},
    {"name": "quantity", "type": "long", "default": 0},
    {"name": "data", "type": {"type": "map", "values": "string"}, "default": {}},
    {"name": "flags", "type": {"type": "array", "items": "int"}, "default": []}]}"#;

const GOOD: &str = r#"
[fields]
symbol = "Sym"
time = 'datetime("%d/%m/%Y %H:%M:%S%.f", Date, Time)'
price = "Price"
side = 'translate(Side, {"B": "BUY", "S": "SELL"})'

[rules]
tz = "Australia/Sydney"
"#;

fn schema() -> RegisteredSchema {
    RegisteredSchema::from_text("t-value", SCHEMA).unwrap()
}

fn mapping(map: &str) -> Mapping {
    mapping_of(map).for_input(Some(Path::new("in/2014-03-10_7078.csv")))
}

fn encoder(mapping: &Mapping, header: Option<&str>) -> Encoder {
    let settings = PlanSettings::new(KeyChoice::None);
    Encoder::new(mapped_plan(mapping, &schema(), header, &settings).unwrap())
}

fn encode(encoder: &mut Encoder, row: &str) -> Vec<u8> {
    let mut out = Vec::new();
    match encoder.encode_line(row.as_bytes(), &mut out) {
        Ok(_) => out,
        Err(error) => panic!("{row}: {error}"),
    }
}

/// The bytes of a JSON row that has the values themselves.
fn expected(row: &str) -> Vec<u8> {
    encode(&mut encoder(&Mapping::default(), None), row)
}

/// What the expression makes of a row with the column `x`, as the text of the field `symbol`.
fn computed(expression: &str, cell: &str) -> Result<String, String> {
    let mut map = MapFile::parse("m.toml", GOOD).unwrap();
    map.set(&format!("symbol={expression}"))
        .map_err(|error| error.to_string())?;
    let mapping = Mapping::by_name(Rules::default())
        .with_map(Arc::new(map))
        .for_input(Some(Path::new("in/2014-03-10_7078.csv")));
    let schema = schema();
    let header = ["x", "Date", "Time", "Price", "Side"].map(str::to_owned);
    let binding = mapping
        .bind_columns(&header, &schema)
        .map_err(|error| error.to_string())?;
    let plan = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::None)).unwrap();
    let mut out = Vec::new();
    let row = format!("{cell},10/03/2014,10:00:05,1,B");
    Encoder::new(Arc::new(plan))
        .encode_line(row.as_bytes(), &mut out)
        .map_err(|error| error.to_string())?;
    let length = usize::from(out[0] / 2);
    Ok(String::from_utf8(out[1..=length].to_vec()).unwrap())
}
