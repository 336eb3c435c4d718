//! The instruments of version 2: coins trade around the clock, shares in the first hours of the day.

use crate::calendar::Calendar;
use crate::market::Listing;

/// Midnight UTC on Tuesday, 14 May 2024; busiest when New York opens.
pub(crate) const CALENDAR: Calendar = Calendar {
    first_day: 1_715_644_800_000_000,
    curve: &[
        (0, 0),
        (900, 40),
        (21_600, 280),
        (48_600, 480),
        (50_400, 590),
        (72_000, 850),
        (86_390, 1_000),
    ],
    auction: 1_000,
};

/// Prices and quantities are integers in units of 10^-8.
pub(crate) const SCALE: usize = 8;
/// One whole unit of a price or quantity.
pub(crate) const ONE: u64 = 100_000_000;
const CENT: u64 = ONE / 100;

/// An instrument.
pub(crate) struct Instrument {
    pub(crate) symbol: &'static str,
    pub(crate) exchange: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) class: Class,
    /// A typical quantity, in units of the scale.
    pub(crate) quantity: u64,
    pub(crate) listing: Listing,
}

/// The asset classes that the generator knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Equity,
    Crypto,
}

impl Class {
    /// Its symbol in the schema's enum.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Class::Equity => "EQUITY",
            Class::Crypto => "CRYPTO",
        }
    }
}

/// All instruments; an execution refers to one by its index.
pub(crate) const INSTRUMENTS: [Instrument; 13] = [
    crypto(
        ["BTC-USD", "COINBASE", "USD"],
        6_189_000 * CENT,
        [CENT, 900],
        1_250_000,
        30,
    ),
    crypto(
        ["BTCUSDT", "BINANCE", "USDT"],
        6_190_250 * CENT,
        [CENT, 900],
        900_000,
        34,
    ),
    crypto(
        ["ETH-USD", "COINBASE", "USD"],
        291_136 * CENT,
        [CENT, 60],
        18_000_000,
        20,
    ),
    crypto(
        ["SOL-USD", "COINBASE", "USD"],
        14_322 * CENT,
        [CENT, 8],
        250_000_000,
        12,
    ),
    crypto(["XRP-EUR", "KRAKEN", "EUR"], 46_531_000, [1_000, 9], 90 * ONE, 6),
    crypto(
        ["DOGEUSDT", "BINANCE", "USDT"],
        14_512_000,
        [1_000, 6],
        2_100 * ONE,
        7,
    ),
    crypto(["ADA/BTC", "KRAKEN", "BTC"], 712, [1, 2], 400 * ONE, 4),
    crypto(["SHIBUSDT", "BINANCE", "USDT"], 2_307, [1, 3], 1_900_000 * ONE, 4),
    equity("BHP", 4_308 * CENT, 30),
    equity("CBA", 11_941 * CENT, 20),
    equity("CSL", 27_956 * CENT, 10),
    equity("MQG", 19_023 * CENT, 8),
    equity("BRK.A X", 125 * CENT, 2),
];

const fn crypto(
    [symbol, exchange, currency]: [&'static str; 3],
    start: u64,
    [tick, stride]: [u64; 2],
    quantity: u64,
    weight: u64,
) -> Instrument {
    let listing = Listing {
        start,
        tick,
        stride,
        weight,
        hours: 24,
    };
    Instrument {
        symbol,
        exchange,
        currency,
        class: Class::Crypto,
        quantity,
        listing,
    }
}

const fn equity(symbol: &'static str, start: u64, weight: u64) -> Instrument {
    let listing = Listing {
        start,
        tick: CENT,
        stride: 2,
        weight,
        hours: 6,
    };
    Instrument {
        symbol,
        exchange: "ASX",
        currency: "AUD",
        class: Class::Equity,
        quantity: 300 * ONE,
        listing,
    }
}
