//! Draws and writes trades of version 1 (`fixtures/schemas/trade.avsc`).
//!
//! Prices are written as their venues would: with two or three digits on the lit book, without trailing zeros on the
//! second market, with half ticks in the dark book, and with six digits in a crossing.

use crate::market::{Execution, Listing};
use crate::random::Random;
use crate::stocks::{SCALE, STOCKS, Stock};
use crate::text::{
    Precision, append_csv_cell, append_decimal, append_integer, append_json_text, append_timestamp,
};

/// The header of the CSV, in the schema's order.
pub(crate) const HEADER: &str = "symbol,company_id,exchange,exchange_timestamp,price,volume,\
    qualifiers,venue,buyer_id,ingestion_timestamp,sequence_number";

const BUYERS: [&str; 6] = [
    "Müller & Söhne",
    "Société Générale",
    "日興",
    "Łódź Capital",
    "Ngāi Tahu Hldgs",
    "O'Brien Bros",
];

/// The buyer, if the file has one.
enum Buyer {
    Unknown,
    Broker(u64),
    Client(u64),
    Named(&'static str),
}

/// A row.
pub(crate) struct Trade {
    stock: &'static Stock,
    exchange_micros: u64,
    price: u64,
    price_digits: usize,
    volume: u64,
    qualifiers: u64,
    venue: &'static str,
    buyer: Buyer,
    ingestion_micros: u64,
    sequence_number: Option<u64>,
}

/// The listings of the market.
pub(crate) fn listings() -> Vec<Listing> {
    STOCKS.iter().map(|stock| stock.listing).collect()
}

impl Trade {
    /// Draws the fields that `execution`, row number `row` of the file, does not have.
    pub(crate) fn draw(execution: &Execution, row: u64, random: &mut Random) -> Self {
        let stock = &STOCKS[execution.listing];
        let tick = stock.listing.tick;
        let book_digits = if tick < 10_000 { 3 } else { 2 };
        let (venue, price, price_digits) = match random.below(1_000) {
            _ if execution.auction => ("A", execution.price, book_digits),
            0..720 => ("A", execution.price, book_digits),
            720..910 => ("C", execution.price, 1),
            910..985 => ("P", execution.price + tick / 2, book_digits),
            985..992 => ("ASX, Sydney", execution.price, book_digits),
            992..998 => ("X", execution.price + random.below(tick), 6),
            _ => (
                "\"special\" crossing, off-market",
                execution.price + random.below(tick),
                6,
            ),
        };
        let crossing = price_digits == 6;
        let latency = match random.below(200) {
            0 => random.between(200_000, 2_500_000),
            _ => random.between(900, 42_000),
        };
        Trade {
            stock,
            exchange_micros: execution.micros,
            price,
            price_digits,
            volume: draw_volume(stock, crossing, random),
            qualifiers: draw_qualifiers(execution, crossing, random),
            venue,
            buyer: draw_buyer(random),
            ingestion_micros: execution.micros + latency,
            sequence_number: (!crossing).then_some(row),
        }
    }

    /// Appends the row as a line of CSV.
    pub(crate) fn append_csv(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.stock.symbol.as_bytes());
        out.push(b',');
        append_integer(out, self.stock.company_id);
        out.extend_from_slice(b",ASX,");
        append_timestamp(out, self.exchange_micros, Precision::Millis);
        out.push(b',');
        append_decimal(out, self.price, SCALE, self.price_digits);
        out.push(b',');
        append_integer(out, self.volume);
        out.push(b',');
        append_integer(out, self.qualifiers);
        out.push(b',');
        append_csv_cell(out, self.venue);
        out.push(b',');
        match self.buyer {
            Buyer::Unknown => {}
            Buyer::Named(name) => append_csv_cell(out, name),
            Buyer::Broker(_) | Buyer::Client(_) => self.append_buyer_code(out),
        }
        out.push(b',');
        append_timestamp(out, self.ingestion_micros, Precision::Millis);
        out.push(b',');
        if let Some(number) = self.sequence_number {
            append_integer(out, number);
        }
        out.push(b'\n');
    }

    /// Appends the row as a line of JSON; the price is a number with all digits of its scale.
    pub(crate) fn append_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"symbol":"#);
        append_json_text(out, self.stock.symbol);
        out.extend_from_slice(br#","company_id":"#);
        append_integer(out, self.stock.company_id);
        out.extend_from_slice(br#","exchange":"ASX","exchange_timestamp":""#);
        append_timestamp(out, self.exchange_micros, Precision::Millis);
        out.extend_from_slice(br#"","price":"#);
        append_decimal(out, self.price, SCALE, SCALE);
        out.extend_from_slice(br#","volume":"#);
        append_integer(out, self.volume);
        out.extend_from_slice(br#","qualifiers":"#);
        append_integer(out, self.qualifiers);
        out.extend_from_slice(br#","venue":"#);
        append_json_text(out, self.venue);
        out.extend_from_slice(br#","buyer_id":"#);
        match self.buyer {
            Buyer::Unknown => out.extend_from_slice(b"null"),
            Buyer::Named(name) => append_json_text(out, name),
            Buyer::Broker(_) | Buyer::Client(_) => {
                out.push(b'"');
                self.append_buyer_code(out);
                out.push(b'"');
            }
        }
        out.extend_from_slice(br#","ingestion_timestamp":""#);
        append_timestamp(out, self.ingestion_micros, Precision::Millis);
        out.extend_from_slice(br#"","sequence_number":"#);
        match self.sequence_number {
            Some(number) => append_integer(out, number),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b"}\n");
    }

    fn append_buyer_code(&self, out: &mut Vec<u8>) {
        match self.buyer {
            Buyer::Broker(number) => {
                out.extend_from_slice(b"B");
                append_integer(out, number);
            }
            Buyer::Client(number) => {
                out.extend_from_slice(b"MSDI-CLIENT-");
                append_integer(out, number);
            }
            Buyer::Unknown | Buyer::Named(_) => {}
        }
    }
}

fn draw_volume(stock: &Stock, crossing: bool, random: &mut Random) -> u64 {
    // Some of these stocks cost only cents.
    let cheap = stock.listing.start < 2_000_000;
    let volume = match random.below(100) {
        0..30 => random.between(1, 99),
        30..60 => 100 * random.between(1, 10),
        60..85 => random.between(100, 2_500),
        85..99 => 100 * random.between(10, 300),
        _ => random.between(50_000, 2_000_000),
    };
    match (crossing, cheap) {
        // A transfer of most of a company, which does not fit in 32 bits.
        (true, true) if random.one_in(8) => random.between(4_000_000_000, 9_000_000_000),
        (true, true) => volume * 1_000,
        (true, false) => volume * 20,
        (false, true) => volume * 25,
        (false, false) => volume,
    }
}

fn draw_qualifiers(execution: &Execution, crossing: bool, random: &mut Random) -> u64 {
    let auction = if execution.auction { 1 << 4 } else { 0 };
    let off_market = if crossing { 1 << 10 } else { 0 };
    let rest = match random.below(100) {
        0..70 => 0,
        70..85 => 1,
        85..99 => random.between(2, 7),
        _ => 1 << random.between(16, 30),
    };
    auction | off_market | rest
}

fn draw_buyer(random: &mut Random) -> Buyer {
    match random.below(200) {
        0..100 => Buyer::Unknown,
        100..180 => Buyer::Broker(random.between(101, 3_999)),
        180..196 => Buyer::Client(random.between(1, 9_999)),
        _ => Buyer::Named(random.pick(&BUYERS)),
    }
}
