//! Which columns probably hold which field, by their names alone.

use super::super::Source;
use super::leaves::Leaf;
use crate::mapping::folded;

/// The columns whose names are most like that of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidates {
    pub(super) sources: Vec<usize>,
    pub(super) likeness: Likeness,
    /// Whether there is one column, and it is as much like no other field.
    pub(super) is_certain: bool,
}

/// How alike two names are, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// One has all words of the other.
    Part,
    /// Words with the same meaning in trading.
    Meaning,
    /// The same letters without case, blanks and separators.
    Letters,
    Exact,
}

/// Words of market data with the same meaning, the first of which represents all.
const SYNONYMS: [&[&str]; 9] = [
    &["price", "px", "prc"],
    &[
        "quantity", "qty", "size", "sz", "amount", "volume", "vol", "shares",
    ],
    &["timestamp", "ts", "time", "datetime"],
    &["symbol", "sym", "ticker", "instrument", "ric"],
    &["exchange", "exch", "mic", "market"],
    &["currency", "ccy", "curr"],
    &["sequence", "seq"],
    &["number", "num", "no"],
    &["identifier", "id"],
];

/// The most likely columns for each field; a column with the name of a field is a candidate for no other field.
pub(super) fn candidates(leaves: &[Leaf], sources: &[Source]) -> Vec<Option<Candidates>> {
    let mut likenesses: Vec<Vec<Option<Likeness>>> = leaves
        .iter()
        .map(|leaf| {
            sources
                .iter()
                .map(|source| likeness(&leaf.path, &source.name))
                .collect()
        })
        .collect();
    // The most alike first: who has found its partner is not available to the others.
    for level in [
        Likeness::Exact,
        Likeness::Letters,
        Likeness::Meaning,
        Likeness::Part,
    ] {
        let pairs: Vec<(usize, usize)> = (0..leaves.len())
            .flat_map(|field| (0..sources.len()).map(move |source| (field, source)))
            .filter(|(field, source)| likenesses[*field][*source] == Some(level))
            .collect();
        for (field, source) in pairs {
            for (other, row) in likenesses.iter_mut().enumerate() {
                row[source] = row[source].filter(|likeness| other == field || *likeness >= level);
            }
            let row = &mut likenesses[field];
            for likeness in row.iter_mut() {
                *likeness = likeness.filter(|likeness| *likeness >= level);
            }
        }
    }
    let count = |source: usize| likenesses.iter().filter(|row| row[source].is_some()).count();
    let of_field = |row: &Vec<Option<Likeness>>| {
        let likeness = row.iter().flatten().max().copied()?;
        let found = row.iter().enumerate().filter(|(_, own)| **own == Some(likeness));
        let sources: Vec<usize> = found.map(|(source, _)| source).collect();
        Some(Candidates {
            is_certain: sources.len() == 1 && count(sources[0]) == 1,
            sources,
            likeness,
        })
    };
    likenesses.iter().map(of_field).collect()
}

fn likeness(field: &str, column: &str) -> Option<Likeness> {
    if field == column {
        return Some(Likeness::Exact);
    }
    let letters = folded(field);
    if letters.is_empty() || column.is_empty() {
        return None;
    }
    if letters == folded(column) {
        return Some(Likeness::Letters);
    }
    let (field, column) = (meanings(field), meanings(column));
    if field.is_empty() || column.is_empty() {
        return None;
    }
    if field == column {
        return Some(Likeness::Meaning);
    }
    let has_all = |one: &[String], other: &[String]| other.iter().all(|word| one.contains(word));
    (has_all(&field, &column) || has_all(&column, &field)).then_some(Likeness::Part)
}

/// What the words of a name mean: `TradePx` and `trade_price` are `trade`, `price`.
fn meanings(name: &str) -> Vec<String> {
    let meaning = |word: String| {
        let known = SYNONYMS.iter().find(|synonyms| synonyms.contains(&word.as_str()));
        known.map_or(word, |synonyms| synonyms[0].to_owned())
    };
    words(name).into_iter().map(meaning).collect()
}

/// The words of a name in lower case: `buyerID` and `Buyer_Id` are `buyer`, `id`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for character in name.chars() {
        if character.is_alphanumeric() {
            let begins_with_capital = character.is_uppercase() && previous.is_lowercase();
            if words.is_empty() || !previous.is_alphanumeric() || begins_with_capital {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(character.to_lowercase());
            }
        }
        previous = character;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_letters_and_by_meaning() {
        for (field, column, expected) in [
            ("price", "price", Some(Likeness::Exact)),
            ("buyer_id", "BuyerID", Some(Likeness::Letters)),
            (
                "exchange_timestamp",
                "Exchange Timestamp",
                Some(Likeness::Letters),
            ),
            ("price", "px", Some(Likeness::Meaning)),
            ("quantity", "Size", Some(Likeness::Meaning)),
            ("price", "Trade Price", Some(Likeness::Part)),
            ("symbol", "venue", None),
            ("symbol", "", None),
            ("symbol", "%", None),
        ] {
            assert_eq!(likeness(field, column), expected, "{field} {column}");
        }
    }
}
