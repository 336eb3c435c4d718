//! The stocks and the calendar of version 1: a week in March 2014 on the ASX.

use crate::calendar::Calendar;
use crate::market::Listing;

/// Starts at 10:00 Sydney time on Monday, 10 March 2014. Each day is busy at the open and towards 16:00; the closing
/// auction is at 16:10.
pub(crate) const CALENDAR: Calendar = Calendar {
    first_day: 1_394_406_000_000_000,
    curve: &[
        (0, 0),
        (600, 160),
        (3_600, 340),
        (10_800, 550),
        (18_000, 740),
        (21_600, 930),
        (22_200, 930),
        (22_230, 1_000),
    ],
    auction: 930,
};

/// Prices are integers in units of 10^-6.
pub(crate) const SCALE: usize = 6;

/// A stock.
pub(crate) struct Stock {
    pub(crate) symbol: &'static str,
    pub(crate) company_id: u64,
    pub(crate) listing: Listing,
}

const fn stock(symbol: &'static str, company_id: u64, start: u64, tick: u64, weight: u64) -> Stock {
    Stock {
        symbol,
        company_id,
        listing: Listing {
            start,
            tick,
            stride: 1,
            weight,
            hours: 24,
        },
    }
}

/// All stocks; an execution refers to one by its index.
pub(crate) const STOCKS: [Stock; 16] = [
    stock("BHP", 7078, 36_150_000, 10_000, 20),
    stock("CBA", 7019, 76_840_000, 10_000, 16),
    stock("NAB", 7334, 35_420_000, 10_000, 13),
    stock("WBC", 7531, 34_280_000, 10_000, 13),
    stock("ANZ", 6919, 32_660_000, 10_000, 12),
    stock("RIO", 7458, 63_790_000, 10_000, 10),
    stock("TLS", 7489, 5_080_000, 10_000, 12),
    stock("CSL", 7106, 70_030_000, 10_000, 7),
    stock("FMG", 9153, 5_210_000, 10_000, 11),
    stock("QAN", 7441, 1_105_000, 5_000, 6),
    stock("DVN", 7181, 1_040_000, 5_000, 3),
    stock("LYC", 8214, 240_000, 5_000, 4),
    stock("PEN", 8860, 31_000, 1_000, 2),
    stock("NAB.PH", 31_402, 101_350_000, 10_000, 2),
    stock("XJO 5400C", 41_077, 84_500_000, 500_000, 1),
    stock("SPN", 11_958, 1_215_000, 5_000, 2),
];
