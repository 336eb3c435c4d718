//! Draws and writes trades of version 2 (`fixtures/schemas/trade_v2.avsc`).
//!
//! In CSV, an array or a map is a cell that contains JSON, and an empty cell means the field's default. In JSON, decimals
//! are strings, and an empty `vendor_data` is omitted.

use crate::instruments::{Class, INSTRUMENTS, Instrument, ONE, SCALE};
use crate::market::{Execution, Listing};
use crate::random::Random;
use crate::text::{
    Precision, append_csv_cell, append_date, append_decimal, append_integer, append_json_text, append_padded,
    append_timestamp,
};

/// The header of the CSV, in the schema's order.
pub(crate) const HEADER: &str = "message_id,trade_id,symbol,exchange,asset_class,timestamp,price,\
    quantity,currency,side,trade_conditions,source_sequence,ingestion_timestamp,\
    platform_sequence,vendor_data";

const CONDITIONS: [&[&str]; 6] = [
    &["ODD_LOT"],
    &["OPENING"],
    &["BLOCK", "NEGOTIATED"],
    &["LATE"],
    &["XT", "CX"],
    &["AVERAGE_PRICE", "OUT_OF_SEQUENCE", "LATE"],
];

const NOTES: [&str; 4] = [
    "iceberg, refreshed",
    "maker \"vip-3\"",
    "Zürich desk",
    "self-trade prevention off",
];

/// A row.
pub(crate) struct Trade {
    instrument: &'static Instrument,
    message_id: u128,
    micros: u64,
    price: u64,
    quantity: u64,
    side: &'static str,
    conditions: &'static [&'static str],
    source_sequence: Option<u64>,
    ingestion_micros: u64,
    row: u64,
    note: Option<&'static str>,
    with_vendor_data: bool,
}

/// The listings of the market.
pub(crate) fn listings() -> Vec<Listing> {
    INSTRUMENTS.iter().map(|instrument| instrument.listing).collect()
}

impl Trade {
    /// Draws the fields that `execution`, row number `row` of the file, does not have.
    pub(crate) fn draw(execution: &Execution, row: u64, random: &mut Random) -> Self {
        let instrument = &INSTRUMENTS[execution.listing];
        let side = match (execution.bought, instrument.class) {
            _ if random.one_in(60) => "UNKNOWN",
            (true, _) => "BUY",
            (false, Class::Equity) if random.one_in(5) => "SELL_SHORT",
            (false, _) => "SELL",
        };
        let conditions: &[&str] = if random.one_in(9) {
            random.pick(&CONDITIONS)
        } else {
            &[]
        };
        Trade {
            instrument,
            message_id: random.bits(),
            micros: execution.micros,
            price: execution.price,
            quantity: draw_quantity(instrument, random),
            side,
            conditions,
            source_sequence: (!random.one_in(25)).then_some(48_211_000 + 3 * row),
            ingestion_micros: execution.micros + random.between(350, 65_000),
            row,
            note: random.one_in(15).then(|| random.pick(&NOTES)),
            with_vendor_data: execution.opens_sweep,
        }
    }

    /// Appends the row as a line of CSV; `scratch` is a buffer for the JSON of a cell before it is quoted.
    pub(crate) fn append_csv(&self, out: &mut Vec<u8>, scratch: &mut Vec<u8>) {
        self.append_message_id(out);
        out.push(b',');
        self.append_trade_id(out);
        for text in [
            self.instrument.symbol,
            self.instrument.exchange,
            self.instrument.class.symbol(),
        ] {
            out.push(b',');
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b',');
        append_timestamp(out, self.micros, Precision::Micros);
        out.push(b',');
        append_decimal(out, self.price, SCALE, self.price_digits());
        out.push(b',');
        append_decimal(out, self.quantity, SCALE, 0);
        for text in [self.instrument.currency, self.side] {
            out.push(b',');
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b',');
        if !self.conditions.is_empty() {
            self.append_json_cell(out, scratch, Trade::append_conditions);
        }
        out.push(b',');
        if let Some(sequence) = self.source_sequence {
            append_integer(out, sequence);
        }
        out.push(b',');
        append_timestamp(out, self.ingestion_micros, Precision::Micros);
        out.push(b',');
        append_integer(out, self.row);
        out.push(b',');
        if self.with_vendor_data {
            self.append_json_cell(out, scratch, Trade::append_vendor_data);
        }
        out.push(b'\n');
    }

    /// Appends the row as a line of JSON.
    pub(crate) fn append_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"message_id":""#);
        self.append_message_id(out);
        out.extend_from_slice(br#"","trade_id":""#);
        self.append_trade_id(out);
        out.extend_from_slice(br#"","symbol":"#);
        append_json_text(out, self.instrument.symbol);
        out.extend_from_slice(br#","exchange":"#);
        append_json_text(out, self.instrument.exchange);
        out.extend_from_slice(br#","asset_class":"#);
        append_json_text(out, self.instrument.class.symbol());
        out.extend_from_slice(br#","timestamp":""#);
        append_timestamp(out, self.micros, Precision::Micros);
        out.extend_from_slice(br#"","price":""#);
        append_decimal(out, self.price, SCALE, self.price_digits());
        out.extend_from_slice(br#"","quantity":""#);
        append_decimal(out, self.quantity, SCALE, 0);
        out.extend_from_slice(br#"","currency":"#);
        append_json_text(out, self.instrument.currency);
        out.extend_from_slice(br#","side":"#);
        append_json_text(out, self.side);
        out.extend_from_slice(br#","trade_conditions":"#);
        self.append_conditions(out);
        out.extend_from_slice(br#","source_sequence":"#);
        match self.source_sequence {
            Some(sequence) => append_integer(out, sequence),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(br#","ingestion_timestamp":""#);
        append_timestamp(out, self.ingestion_micros, Precision::Micros);
        out.extend_from_slice(br#"","platform_sequence":"#);
        append_integer(out, self.row);
        if self.with_vendor_data {
            out.extend_from_slice(br#","vendor_data":"#);
            self.append_vendor_data(out);
        }
        out.extend_from_slice(b"}\n");
    }

    fn append_json_cell(&self, out: &mut Vec<u8>, scratch: &mut Vec<u8>, append: fn(&Trade, &mut Vec<u8>)) {
        scratch.clear();
        append(self, scratch);
        append_csv_cell(
            out,
            std::str::from_utf8(scratch).expect("the generator writes UTF-8"),
        );
    }

    fn append_conditions(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (number, condition) in self.conditions.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            append_json_text(out, condition);
        }
        out.push(b']');
    }

    fn append_vendor_data(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"feed":"l3","batch":""#);
        append_integer(out, self.row / 64);
        out.push(b'"');
        if let Some(note) = self.note {
            out.extend_from_slice(br#","note":"#);
            append_json_text(out, note);
        }
        out.push(b'}');
    }

    /// A random UUID (version 4): 8-4-4-4-12 hexadecimal digits.
    fn append_message_id(&self, out: &mut Vec<u8>) {
        let version_and_variant = 0x4 << 76 | 0x2 << 62;
        let uuid = self.message_id & !(0xF << 76 | 0x3 << 62) | version_and_variant;
        for digit in 0..32 {
            if matches!(digit, 8 | 12 | 16 | 20) {
                out.push(b'-');
            }
            out.push(b"0123456789abcdef"[(uuid >> (124 - 4 * digit)) as usize & 0xF]);
        }
    }

    fn append_trade_id(&self, out: &mut Vec<u8>) {
        match self.instrument.class {
            Class::Crypto => append_integer(out, 3_581_027_000 + self.row),
            Class::Equity => {
                out.extend_from_slice(b"ASX-");
                append_date(out, self.micros / 86_400_000_000, b"");
                out.push(b'-');
                append_padded(out, self.row, 8);
            }
        }
    }

    /// The number of fraction digits of the tick.
    fn price_digits(&self) -> usize {
        SCALE - self.instrument.listing.tick.ilog10() as usize
    }
}

/// Shares trade in whole numbers, often hundreds; coins in fractions down to the last digit.
fn draw_quantity(instrument: &Instrument, random: &mut Random) -> u64 {
    let large = if random.one_in(40) {
        random.between(10, 90)
    } else {
        1
    };
    match instrument.class {
        Class::Equity if random.one_in(3) => large * random.between(1, 99) * ONE,
        Class::Equity => large * 100 * random.between(1, 12) * ONE,
        Class::Crypto if random.one_in(4) => large * instrument.quantity,
        Class::Crypto => large * random.between(instrument.quantity / 50 + 1, 4 * instrument.quantity),
    }
}
