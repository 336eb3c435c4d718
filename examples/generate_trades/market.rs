//! The simulated market: the time, instrument and price of each trade.
//!
//! Prices move by ticks. Trades come in sweeps, when one large order meets several resting ones. All numbers are
//! integers, so that a seed gives the same trades on every machine. [`crate::trade`] and [`crate::trade_v2`] write the
//! trades; [`crate::calendar`] knows how busy each hour is.

use crate::calendar::{Calendar, MICROS};
use crate::random::Random;

/// A file has at least this many rows per day, and at most this many days.
const MIN_ROWS_A_DAY: u64 = 1_000;
const MAX_DAYS: u64 = 5;

/// A traded instrument.
#[derive(Clone, Copy)]
pub(crate) struct Listing {
    /// The price before the first trade, in units of the schema's scale.
    pub(crate) start: u64,
    /// The smallest step of the price, in the same units.
    pub(crate) tick: u64,
    /// The largest move from one trade to the next, in ticks.
    pub(crate) stride: u64,
    /// How often it trades, relative to the others.
    pub(crate) weight: u64,
    /// The number of hours at the start of the calendar's day in which it trades, if not all day.
    pub(crate) hours: u64,
}

/// A trade, with the fields that every schema has.
pub(crate) struct Execution {
    /// The index of the traded listing.
    pub(crate) listing: usize,
    /// The time, in microseconds since 1970.
    pub(crate) micros: u64,
    /// The price, in units of the schema's scale.
    pub(crate) price: u64,
    /// Whether the buyer was the aggressor.
    pub(crate) bought: bool,
    /// Whether this is the first trade of its sweep.
    pub(crate) opens_sweep: bool,
    /// Whether it is part of the closing auction.
    pub(crate) auction: bool,
}

/// The state of the market after the trades so far.
pub(crate) struct Market {
    listings: Vec<Listing>,
    calendar: Calendar,
    rows_a_day: u64,
    prices: Vec<u64>,
    row: u64,
    micros: u64,
    auction: bool,
    sweep: Sweep,
}

/// The remaining trades of one large order.
struct Sweep {
    left: u64,
    listing: usize,
    bought: bool,
}

impl Market {
    /// Opens the market for `rows` trades.
    pub(crate) fn new(listings: Vec<Listing>, calendar: Calendar, rows: u64) -> Self {
        Market {
            prices: listings.iter().map(|listing| listing.start).collect(),
            listings,
            rows_a_day: rows.div_ceil(MAX_DAYS).max(MIN_ROWS_A_DAY),
            micros: calendar.first_day,
            calendar,
            row: 0,
            auction: false,
            sweep: Sweep {
                left: 0,
                listing: 0,
                bought: true,
            },
        }
    }

    /// The next trade; times never decrease.
    pub(crate) fn trade(&mut self, random: &mut Random) -> Execution {
        let of_day = self.row % self.rows_a_day;
        let auction = self.calendar.in_auction(of_day, self.rows_a_day);
        // An order ends at the end of the day and at the start of the closing auction.
        let opens_sweep = self.sweep.left == 0 || of_day == 0 || auction != self.auction;
        self.auction = auction;
        if of_day == 0 {
            self.open_day(random);
        }
        if opens_sweep {
            self.open_sweep(of_day, random);
        } else {
            self.go_on_with_sweep(random);
        }
        self.sweep.left -= 1;
        self.row += 1;
        Execution {
            listing: self.sweep.listing,
            micros: self.micros,
            price: self.prices[self.sweep.listing],
            bought: self.sweep.bought,
            opens_sweep,
            auction,
        }
    }

    /// Moves every price overnight.
    fn open_day(&mut self, random: &mut Random) {
        self.micros = self.micros.max(self.calendar.start_of(self.day()));
        for listing in 0..self.listings.len() {
            let Listing { start, tick, .. } = self.listings[listing];
            let up = random.one_in(2);
            let ticks = random.below(start / tick / 60 + 2);
            self.move_price(listing, up, ticks);
        }
    }

    /// Draws a large order: its time, instrument and direction.
    fn open_sweep(&mut self, of_day: u64, random: &mut Random) {
        let day = self.day();
        let (earliest, latest) = self.calendar.slot(day, of_day, self.rows_a_day);
        self.micros = self.micros.max(random.between(earliest, latest));
        let hour = (self.micros - self.calendar.start_of(day)) / (3_600 * MICROS);
        let listing = self.pick_listing(hour, random);
        let bought = random.one_in(2);
        self.sweep = Sweep {
            left: sweep_length(random),
            listing,
            bought,
        };
        if random.one_in(2) {
            self.step(listing, bought, random);
        }
        if random.one_in(12) {
            let homewards = self.prices[listing] < self.listings[listing].start;
            self.step(listing, homewards, random);
        }
    }

    /// Draws the match with the next resting order: within milliseconds, sometimes a tick further away.
    fn go_on_with_sweep(&mut self, random: &mut Random) {
        let average_gap = 6 * 3_600 * MICROS / self.rows_a_day;
        self.micros += match random.below(4) {
            0 | 1 => 0,
            2 => random.below(900.min(average_gap) + 1),
            _ => random.below(18_000.min(average_gap) + 1),
        };
        if random.one_in(4) {
            self.step(self.sweep.listing, self.sweep.bought, random);
        }
    }

    fn pick_listing(&self, hour: u64, random: &mut Random) -> usize {
        let open = |listing: &&Listing| hour < listing.hours;
        let total = self
            .listings
            .iter()
            .filter(open)
            .map(|listing| listing.weight)
            .sum();
        let mut ticket = random.below(total);
        for (number, listing) in self.listings.iter().enumerate() {
            if !open(&listing) {
                continue;
            }
            if ticket < listing.weight {
                return number;
            }
            ticket -= listing.weight;
        }
        unreachable!("the ticket is below the sum of the weights")
    }

    /// Moves a price at random; the price of the auction is fixed.
    fn step(&mut self, listing: usize, up: bool, random: &mut Random) {
        if self.auction {
            return;
        }
        let ticks = random.between(1, self.listings[listing].stride);
        self.move_price(listing, up, ticks);
    }

    /// Moves a price by `ticks`, unless it would leave the range from half to double its initial value.
    fn move_price(&mut self, listing: usize, up: bool, ticks: u64) {
        let Listing { start, tick, .. } = self.listings[listing];
        let (price, distance) = (&mut self.prices[listing], ticks * tick);
        if up && *price + distance <= 2 * start {
            *price += distance;
        } else if !up && *price >= start / 2 + distance {
            *price -= distance;
        }
    }

    fn day(&self) -> u64 {
        self.row / self.rows_a_day
    }
}

/// Most orders meet one or two others, a few meet dozens.
fn sweep_length(random: &mut Random) -> u64 {
    match random.below(100) {
        0..45 => 1,
        45..65 => 2,
        65..80 => random.between(3, 4),
        80..95 => random.between(5, 12),
        _ => random.between(13, 40),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400 * MICROS;

    fn market(rows: u64) -> Market {
        let listing = Listing {
            start: 4_000,
            tick: 10,
            stride: 2,
            weight: 1,
            hours: 24,
        };
        let early = Listing { hours: 1, ..listing };
        let curve = &[(0, 0), (600, 200), (20_000, 900), (20_600, 900), (20_610, 1_000)];
        Market::new(
            vec![listing, early],
            Calendar {
                first_day: DAY,
                curve,
                auction: 900,
            },
            rows,
        )
    }

    #[test]
    fn times_never_decrease_and_days_are_full() {
        let mut random = Random::new(1);
        let mut market = market(10_000);
        let trades: Vec<Execution> = (0..10_000).map(|_| market.trade(&mut random)).collect();
        assert!(trades.windows(2).all(|pair| pair[0].micros <= pair[1].micros));
        assert_eq!(trades[1_999].micros / DAY, 1);
        assert_eq!(trades[2_000].micros / DAY, 2);
        assert_eq!(trades[9_999].micros / DAY, 5);
    }

    #[test]
    fn prices_move_by_ticks_and_are_fixed_in_the_auction() {
        let mut random = Random::new(2);
        let mut market = market(5_000);
        for _ in 0..5_000 {
            let trade = market.trade(&mut random);
            assert_eq!(trade.price % 10, 0);
            assert!((2_000..=8_000).contains(&trade.price));
            assert_eq!(
                trade.auction,
                trade.micros % DAY >= 20_000 * MICROS,
                "{}",
                trade.micros
            );
        }
    }

    #[test]
    fn a_listing_trades_only_in_its_hours() {
        let mut random = Random::new(3);
        let mut market = market(5_000);
        let trades: Vec<Execution> = (0..5_000).map(|_| market.trade(&mut random)).collect();
        let late = trades.iter().filter(|trade| trade.micros % DAY > 3_700 * MICROS);
        assert!(late.clone().count() > 100);
        assert_eq!(late.filter(|trade| trade.listing == 1).count(), 0);
    }
}
