//! The trading days of a market and how busy each hour is.

/// Microseconds in a second.
pub(crate) const MICROS: u64 = 1_000_000;
const DAY: u64 = 86_400 * MICROS;

/// When a market trades.
pub(crate) struct Calendar {
    /// The start of the first day, in microseconds since 1970.
    ///
    /// A file covers at most five days, so a market that is closed on weekends starts on a Monday.
    pub(crate) first_day: u64,
    /// The distribution of a day's trades: (seconds since its start, per mille traded by then).
    pub(crate) curve: &'static [(u64, u64)],
    /// The share of a day's trades (per mille) after which the closing auction starts.
    pub(crate) auction: u64,
}

impl Calendar {
    /// The start of day number `day`, counted from 0.
    pub(crate) fn start_of(&self, day: u64) -> u64 {
        self.first_day + day * DAY
    }

    /// The earliest and the latest time of trade number `number` of the `trades` on `day`.
    pub(crate) fn slot(&self, day: u64, number: u64, trades: u64) -> (u64, u64) {
        let share = number * 1_000 * MICROS / trades;
        let next_share = (number + 1) * 1_000 * MICROS / trades;
        for pair in self.curve.windows(2) {
            let [(from, before), (to, after)] = pair.try_into().expect("a window of two");
            let (before, after) = (before * MICROS, after * MICROS);
            if share >= after {
                continue;
            }
            let start = self.start_of(day) + from * MICROS;
            let time_of = |share: u64| start + (to - from) * MICROS * (share - before) / (after - before);
            // A slot ends with its section of the curve, because nothing trades during a pause.
            return (time_of(share), time_of(next_share.min(after)));
        }
        unreachable!("the curve ends at 1,000 per mille")
    }

    /// Whether trade number `number` of the day's `trades` belongs to the closing auction.
    pub(crate) fn in_auction(&self, number: u64, trades: u64) -> bool {
        number * 1_000 >= self.auction * trades
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_follows_its_curve() {
        let curve = &[(0, 0), (10, 400), (100, 900), (200, 900), (201, 1_000)];
        let calendar = Calendar {
            first_day: DAY,
            curve,
            auction: 900,
        };
        for (number, earliest, latest) in [
            (0, 0, 0),
            (39, 9, 10),
            (40, 10, 11),
            (89, 98, 100),
            (90, 200, 200),
        ] {
            let (from, to) = calendar.slot(1, number, 100);
            let seconds = |time: u64| (time - calendar.start_of(1)) / MICROS;
            assert_eq!((seconds(from), seconds(to)), (earliest, latest), "trade {number}");
        }
        assert!(!calendar.in_auction(89, 100));
        assert!(calendar.in_auction(90, 100));
    }
}
