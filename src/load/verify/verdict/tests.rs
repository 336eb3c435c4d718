//! Random edits of random sequences, compared with a quadratic model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::findings::Findings;
use super::*;
use crate::load::verify::lane::{Lane, Side, Skipped, Unit};

mod model;

/// A row or a message of a test: its content, its key, and its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    lane: u32,
    key: u64,
    content: u128,
}

impl Piece {
    fn unit(self, at: u64) -> Unit {
        Unit {
            // The key is a part of what is hashed.
            hash: (self.content << 8) | u128::from(self.key),
            key: self.key,
            at,
        }
    }
}

const LANES: usize = 3;

/// What is left over after the lanes were compared.
struct Compared {
    skipped: Vec<(u32, Skipped)>,
    /// The rows in their order, with their lanes.
    rows: Vec<(u32, Unit)>,
    pairs: Vec<u64>,
}

impl Compared {
    fn of(rows: &[Piece], messages: &[Vec<Piece>]) -> Compared {
        let mut skipped = Vec::new();
        let mut lanes: Vec<Lane> = (0..LANES).map(|_| Lane::default()).collect();
        for (row, at) in rows.iter().zip(0..) {
            match row.lane {
                ANY_LANE => skipped.push((
                    ANY_LANE,
                    Skipped {
                        side: Side::Expected,
                        unit: row.unit(at),
                        gap: 0,
                    },
                )),
                lane => lanes[lane as usize].push(Side::Expected, row.unit(at)),
            }
        }
        for ((number, lane), messages) in lanes.iter_mut().enumerate().zip(messages) {
            let mut skip = |unit| skipped.push((number as u32, unit));
            for (message, offset) in messages.iter().zip(0..) {
                lane.push(Side::Found, message.unit(offset));
                lane.settle(&mut skip);
            }
            (lane.expected_ended, lane.found_ended) = (true, true);
            lane.settle(&mut skip);
            assert!(lane.is_over());
        }
        Compared {
            skipped,
            rows: rows
                .iter()
                .zip(0..)
                .map(|(row, at)| (row.lane, row.unit(at)))
                .collect(),
            pairs: lanes.iter().map(Lane::pairs).collect(),
        }
    }

    /// What is found with room for so many records in memory.
    fn findings(&self, room: usize) -> Findings {
        let interrupts = Interrupts::default();
        let mut left_over = LeftOver::with_room_for(room);
        for (lane, skipped) in &self.skipped {
            left_over.add(*lane, *skipped).unwrap();
        }
        let pairs = self.pairs.clone();
        let mut joined = left_over.join(pairs, usize::MAX / 8, &interrupts).unwrap();
        if joined.needs_rows() {
            for (lane, unit) in &self.rows {
                joined.see(*lane, *unit).unwrap();
            }
        }
        let mut findings = joined.finish(&interrupts).unwrap();
        for gap in findings.take_gaps() {
            findings.settle(&gap, &aligned(gap.rows.len(), gap.messages.len(), &|_, _| 1));
        }
        findings.finish()
    }
}

/// What the comparison finds.
fn findings(rows: &[Piece], messages: &[Vec<Piece>]) -> Findings {
    Compared::of(rows, messages).findings(1000)
}

/// How often each content occurs.
fn counted(pieces: impl Iterator<Item = u128>) -> BTreeMap<u128, u64> {
    let mut counted = BTreeMap::new();
    for content in pieces {
        *counted.entry(content).or_default() += 1;
    }
    counted
}

fn is_in_order(rows: &[Piece], messages: &[Vec<Piece>]) -> bool {
    (0..LANES as u32).all(|lane| {
        (1..=3).all(|key| {
            let of = |pieces: &[Piece]| -> Vec<u128> {
                let all = pieces.iter().filter(|piece| piece.key == key);
                all.map(|piece| piece.content).collect()
            };
            let rows: Vec<Piece> = rows.iter().copied().filter(|row| row.lane == lane).collect();
            of(&rows) == of(&messages[lane as usize])
        })
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    // Few contents, so that some rows are equal. A key has one partition, and rows without a key have any.
    (0..4_u64, 0..40_u128, 0..LANES as u32).prop_map(|(key, content, lane)| Piece {
        key,
        content,
        lane: match key {
            NO_KEY => ANY_LANE - lane.min(1) * (ANY_LANE - lane),
            key => (key as u32) % LANES as u32,
        },
    })
}

/// An edit of the messages; the numbers choose the places.
#[derive(Debug, Clone)]
enum Edit {
    Delete(usize),
    Insert(usize, Piece),
    Double(usize, usize),
    Swap(usize, usize),
    Change(usize),
    ToLane(usize, u32),
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = 0..1_000_usize;
    prop_oneof![
        place.clone().prop_map(Edit::Delete),
        (place.clone(), piece()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (place.clone(), place.clone()).prop_map(|(from, to)| Edit::Double(from, to)),
        (place.clone(), place.clone()).prop_map(|(one, other)| Edit::Swap(one, other)),
        place.clone().prop_map(Edit::Change),
        (place, 0..LANES as u32).prop_map(|(at, lane)| Edit::ToLane(at, lane)),
    ]
}

fn edited(rows: &[Piece], edits: &[Edit]) -> Vec<Vec<Piece>> {
    let mut sent = rows.to_vec();
    for edit in edits {
        let length = sent.len();
        if length == 0 {
            break;
        }
        match edit {
            Edit::Delete(at) => drop(sent.remove(at % length)),
            Edit::Insert(at, piece) => sent.insert(at % length, *piece),
            Edit::Double(from, to) => sent.insert(to % length, sent[from % length]),
            Edit::Swap(one, other) => sent.swap(one % length, other % length),
            Edit::Change(at) => sent[at % length].content += 1_000,
            Edit::ToLane(at, lane) => sent[at % length].lane = *lane,
        }
    }
    let mut messages = vec![Vec::new(); LANES];
    for (index, piece) in sent.iter().enumerate() {
        let lane = match piece.lane {
            ANY_LANE => index % LANES,
            lane => lane as usize,
        };
        messages[lane].push(*piece);
    }
    messages
}

proptest! {
    #[test]
    fn what_is_found_does_not_depend_on_what_fits_into_memory(
        rows in prop::collection::vec(piece(), 0..60),
        edits in prop::collection::vec(edit(), 0..60),
    ) {
        let compared = Compared::of(&rows, &edited(&rows, &edits));
        let expected = model::findings(&compared.skipped, &compared.rows, &compared.pairs);
        for room in [1, 3, 1_000] {
            prop_assert_eq!(&compared.findings(room), &expected, "room for {}", room);
        }
    }

    #[test]
    fn random_edits_are_found_as_a_quadratic_model_finds_them(
        rows in prop::collection::vec(piece(), 0..60),
        edits in prop::collection::vec(edit(), 0..12),
    ) {
        let messages = edited(&rows, &edits);
        let found = findings(&rows, &messages);
        let count = |kind| found.count(kind);
        let content = |piece: &Piece| piece.unit(0).hash;
        let expected = counted(rows.iter().map(content));
        let present = counted(messages.iter().flatten().map(content));
        let times = |counted: &BTreeMap<u128, u64>, content: &u128| counted.get(content).copied().unwrap_or(0);
        // Whatever the order is, each content is there as often as in the files, or not.
        let missing: u64 = expected.iter().map(|(one, rows)| rows.saturating_sub(times(&present, one))).sum();
        let extra: u64 = present.iter().map(|(one, found)| found.saturating_sub(times(&expected, one))).sum();
        let doubled: u64 = present
            .iter()
            .filter(|(one, _)| expected.contains_key(*one))
            .map(|(one, found)| found.saturating_sub(times(&expected, one)))
            .sum();
        prop_assert_eq!(count(Kind::Missing) + count(Kind::Different), missing);
        prop_assert_eq!(count(Kind::Foreign) + count(Kind::Different) + count(Kind::Doubled), extra);
        prop_assert_eq!(count(Kind::Doubled), doubled);
        let paired = found.equal + count(Kind::OutOfOrder) + count(Kind::Elsewhere);
        prop_assert_eq!(paired + missing, rows.len() as u64);
        // In the right partition as often as possible.
        let in_place: u64 = (0..LANES as u32)
            .map(|lane| {
                let rows = counted(rows.iter().filter(|row| row.lane == lane).map(content));
                let found = counted(messages[lane as usize].iter().map(content));
                rows.iter().map(|(one, rows)| (*rows).min(times(&found, one))).sum::<u64>()
            })
            .sum();
        let of_any = rows.iter().filter(|row| row.lane == ANY_LANE).count() as u64;
        if of_any == 0 {
            prop_assert_eq!(found.equal + count(Kind::OutOfOrder), in_place);
        }
        if missing == 0 && extra == 0 && count(Kind::Elsewhere) == 0 {
            prop_assert_eq!(count(Kind::OutOfOrder) == 0, is_in_order(&rows, &messages));
        }
        for kind in Kind::ALL {
            prop_assert_eq!(found.first(kind).len() as u64, count(kind));
        }
        // Each row has one fate, and each message one meaning.
        let fates = [Kind::Missing, Kind::Different, Kind::OutOfOrder, Kind::Elsewhere];
        let mut seen: Vec<u64> = fates.iter().flat_map(|kind| found.first(*kind)).filter_map(|one| one.row).collect();
        let number = seen.len();
        seen.sort_unstable();
        seen.dedup();
        prop_assert_eq!(seen.len(), number);
    }
}

#[test]
fn rows_of_one_key_that_changed_places_are_out_of_order_and_those_of_different_keys_are_not() {
    let piece = |key, content| Piece {
        lane: 0,
        key,
        content,
    };
    let rows = [piece(1, 1), piece(2, 2), piece(1, 3)];
    let of = |messages: &[Piece]| findings(&rows, &[messages.to_vec(), vec![], vec![]]);
    let same_key = of(&[rows[2], rows[1], rows[0]]);
    assert_eq!((same_key.count(Kind::OutOfOrder), same_key.equal), (1, 2));
    let other_key = of(&[rows[1], rows[0], rows[2]]);
    assert_eq!((other_key.count(Kind::OutOfOrder), other_key.equal), (0, 3));
}

#[test]
fn messages_of_another_load_are_not_taken_for_changed_rows() {
    let piece = |content| Piece {
        lane: 0,
        key: 1,
        content,
    };
    let rows: Vec<Piece> = (0..3).map(piece).collect();
    let others = |number: u128| findings(&rows, &[(100..100 + number).map(piece).collect(), vec![], vec![]]);
    let found = others(5);
    assert_eq!((found.count(Kind::Missing), found.count(Kind::Foreign)), (3, 5));
    let found = others(3);
    assert_eq!(found.count(Kind::Different), 3, "as many: each row was changed");
}

#[test]
fn each_kind_is_found() {
    let piece = |lane, key, content| Piece { lane, key, content };
    let rows: Vec<Piece> = (0..6).map(|content| piece(0, 1, content)).collect();
    let messages = vec![
        vec![
            rows[0],
            piece(0, 1, 100),
            rows[2],
            rows[2],
            rows[3],
            piece(0, 2, 200),
        ],
        vec![piece(1, 1, 4)],
        vec![],
    ];
    let found = findings(&rows, &messages);
    for (kind, row, offset) in [
        (Kind::Missing, Some(5), None),
        (Kind::Different, Some(1), Some(1)),
        (Kind::Elsewhere, Some(4), Some(0)),
        (Kind::Doubled, Some(2), Some(3)),
        (Kind::Foreign, None, Some(5)),
    ] {
        let [first] = found.first(kind) else {
            panic!("{kind:?}: {:?}", found.first(kind));
        };
        assert_eq!((first.row, first.offset), (row, offset), "{kind:?}");
    }
    assert_eq!((found.equal, found.count(Kind::OutOfOrder)), (3, 0));
}

#[test]
fn only_the_first_of_each_kind_are_kept() {
    let rows: Vec<Piece> = (0..1_000)
        .map(|content| Piece {
            lane: 0,
            key: 1,
            content,
        })
        .collect();
    let mut findings = Findings::new(0, 3);
    for row in (0..rows.len() as u64).rev() {
        findings.add(
            Kind::Missing,
            Found {
                row: Some(row),
                lane: 0,
                offset: None,
            },
        );
    }
    let findings = findings.finish();
    let first: Vec<Option<u64>> = findings
        .first(Kind::Missing)
        .iter()
        .map(|found| found.row)
        .collect();
    assert_eq!(
        (findings.count(Kind::Missing), first),
        (1_000, vec![Some(0), Some(1), Some(2)])
    );
}
