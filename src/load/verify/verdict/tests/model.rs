//! The comparison of what is left over, in memory, with whole vectors and all rows in step.

use std::collections::BTreeMap;

use super::super::findings::{Findings, Found, Kind};
use super::super::{ANY_LANE, NO_KEY};
use crate::load::verify::lane::{Side, Skipped, Unit};

/// A row or a message that is left over.
#[derive(Debug, Clone, Copy)]
struct Piece {
    unit: Unit,
    lane: u32,
    gap: u64,
}

impl Piece {
    fn found(&self) -> Found {
        Found {
            row: None,
            lane: self.lane,
            offset: Some(self.unit.at),
        }
    }

    fn missing(&self) -> Found {
        Found {
            row: Some(self.unit.at),
            lane: self.lane,
            offset: None,
        }
    }

    fn pair(row: &Piece, message: &Piece) -> Found {
        Found {
            row: Some(row.unit.at),
            ..message.found()
        }
    }
}

/// A pair of which the order is compared. Places are numbers of pairs in step, and then rows or offsets.
#[derive(Debug, Clone, Copy)]
struct Pair {
    hash: u128,
    row: (u64, u64),
    message: (u64, u64),
    is_in_step: bool,
}

type Groups<K, T> = BTreeMap<K, Vec<T>>;

/// What is left over as `skipped`, of `rows` in their order with their lanes.
pub(super) fn findings(skipped: &[(u32, Skipped)], rows: &[(u32, Unit)], pairs: &[u64]) -> Findings {
    let mut findings = Findings::new(pairs.iter().sum(), usize::MAX / 8);
    let (mut of_rows, mut of_messages): (Groups<u128, Piece>, Groups<u128, Piece>) = Default::default();
    for (lane, Skipped { side, unit, gap }) in skipped {
        let side = match side {
            Side::Expected => &mut of_rows,
            Side::Found => &mut of_messages,
        };
        side.entry(unit.hash).or_default().push(Piece {
            unit: *unit,
            lane: *lane,
            gap: *gap,
        });
    }
    let mut moved: Groups<(u64, u32, bool), Pair> = BTreeMap::new();
    let mut places: Groups<(u32, u64, u64), (Side, Piece)> = BTreeMap::new();
    let mut hashes: Vec<u128> = of_rows.keys().chain(of_messages.keys()).copied().collect();
    hashes.sort_unstable();
    hashes.dedup();
    for hash in hashes {
        let by_place = |pieces: Option<Vec<Piece>>| {
            let mut pieces = pieces.unwrap_or_default();
            pieces.sort_by_key(|piece| (piece.lane, piece.unit.at));
            pieces
        };
        let (mut rows_left, mut messages_left) = (
            by_place(of_rows.remove(&hash)),
            by_place(of_messages.remove(&hash)),
        );
        let mut paired: Vec<(Piece, Piece, bool)> = Vec::new();
        rows_left.retain(|row| {
            let counterpart = messages_left.iter().position(|message| message.lane == row.lane);
            let message = counterpart.map(|index| messages_left.remove(index));
            paired.extend(message.map(|message| (*row, message, false)));
            message.is_none()
        });
        let count = rows_left.len().min(messages_left.len());
        for (row, message) in rows_left.drain(..count).zip(messages_left.drain(..count)) {
            match row.lane {
                ANY_LANE => paired.push((row, message, true)),
                _ => findings.add(Kind::Elsewhere, Piece::pair(&row, &message)),
            }
        }
        for (row, message, is_anywhere) in paired {
            if row.unit.key == NO_KEY {
                findings.equal += 1;
                continue;
            }
            let group = moved.entry((row.unit.key, message.lane, is_anywhere));
            group.or_default().push(Pair {
                hash,
                row: (row.gap, row.unit.at),
                message: (message.gap, message.unit.at),
                is_in_step: false,
            });
        }
        for row in rows_left {
            match row.lane {
                ANY_LANE => findings.add(Kind::Missing, row.missing()),
                _ => {
                    let place = places.entry((row.lane, row.gap, row.unit.key));
                    place.or_default().push((Side::Expected, row));
                }
            }
        }
        for message in messages_left {
            match rows
                .iter()
                .filter(|(_, row)| row.hash == hash)
                .min_by_key(|(lane, row)| (*lane, row.at))
            {
                Some((_, row)) => findings.add(
                    Kind::Doubled,
                    Found {
                        row: Some(row.at),
                        ..message.found()
                    },
                ),
                None => {
                    let place = places.entry((message.lane, message.gap, message.unit.key));
                    place.or_default().push((Side::Found, message));
                }
            }
        }
    }
    add_rows_in_step(skipped, rows, &mut moved);
    for ((_, lane, _), pairs) in moved {
        order(lane, pairs, &mut findings);
    }
    for ((lane, ..), pieces) in places {
        let of_side = |side| {
            let mut of_side: Vec<Piece> = pieces
                .iter()
                .filter(|(other, _)| *other == side)
                .map(|(_, piece)| *piece)
                .collect();
            of_side.sort_by_key(|piece| piece.unit.at);
            of_side
        };
        let (mut of_rows, mut of_messages) = (of_side(Side::Expected), of_side(Side::Found));
        let count = match pairs[lane as usize] > 0 || of_rows.len() == of_messages.len() {
            true => of_rows.len().min(of_messages.len()),
            false => 0,
        };
        for (row, message) in of_rows.drain(..count).zip(of_messages.drain(..count)) {
            findings.add(Kind::Different, Piece::pair(&row, &message));
        }
        of_rows
            .iter()
            .for_each(|row| findings.add(Kind::Missing, row.missing()));
        of_messages
            .iter()
            .for_each(|message| findings.add(Kind::Foreign, message.found()));
    }
    findings.finish()
}

fn add_rows_in_step(
    skipped: &[(u32, Skipped)],
    rows: &[(u32, Unit)],
    moved: &mut Groups<(u64, u32, bool), Pair>,
) {
    let mut numbers: BTreeMap<u32, u64> = BTreeMap::new();
    for (lane, unit) in rows {
        let is_skipped =
            |(_, other): &(u32, Skipped)| other.side == Side::Expected && other.unit.at == unit.at;
        if *lane == ANY_LANE || skipped.iter().any(is_skipped) {
            continue;
        }
        let number = numbers.entry(*lane).or_default();
        let place = (*number, u64::MAX);
        *number += 1;
        if unit.key != NO_KEY {
            moved.entry((unit.key, *lane, false)).or_default().push(Pair {
                hash: unit.hash,
                row: place,
                message: place,
                is_in_step: true,
            });
        }
    }
}

/// Every pair is compared with every other one.
fn order(lane: u32, mut pairs: Vec<Pair>, findings: &mut Findings) {
    // Among rows with the same content, the first row belongs to the first message.
    pairs.sort_by_key(|pair| pair.row);
    let was: Vec<Pair> = pairs.clone();
    let mut messages: Groups<u128, (u64, u64)> = BTreeMap::new();
    for pair in &pairs {
        messages.entry(pair.hash).or_default().push(pair.message);
    }
    for places in messages.values_mut() {
        places.sort_unstable_by(|one, other| other.cmp(one));
    }
    for pair in &mut pairs {
        pair.message = messages
            .get_mut(&pair.hash)
            .and_then(Vec::pop)
            .expect("each row has a message");
    }
    for (index, (pair, was)) in pairs.iter().zip(&was).enumerate() {
        if pair.is_in_step && pair.message == was.message {
            continue;
        }
        let is_moved = pairs[..index].iter().any(|before| before.message > pair.message)
            || pairs[index + 1..]
                .iter()
                .any(|after| after.message < pair.message);
        match (is_moved, pair.is_in_step) {
            (false, true) => {}
            (false, false) => findings.equal += 1,
            (true, is_in_step) => {
                findings.equal -= u64::from(is_in_step);
                let known = |number: u64| Some(number).filter(|number| *number != u64::MAX);
                findings.add(
                    Kind::OutOfOrder,
                    Found {
                        row: known(pair.row.1),
                        lane,
                        offset: known(pair.message.1),
                    },
                );
            }
        }
    }
}
