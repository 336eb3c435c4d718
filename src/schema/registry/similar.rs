//! Subjects that look like the one that is missing.

/// Up to three of `names` that are nearest to `wanted`, the nearest first; none that is quite another word.
pub(super) fn similar(wanted: &str, names: &[String]) -> Vec<String> {
    let wanted: Vec<char> = wanted.chars().collect();
    let mut near = Vec::new();
    for name in names {
        let letters: Vec<char> = name.chars().collect();
        let length = wanted.len().max(letters.len());
        // A difference in length is a distance already; it spares the table for most of a long listing.
        if wanted.len().abs_diff(letters.len()) > length / 2 || length > 300 {
            continue;
        }
        let distance = edit_distance(&wanted, &letters);
        if distance <= length / 2 {
            near.push((distance, name));
        }
    }
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

/// How many letters must be changed, put in or taken out to make `from` into `to`.
fn edit_distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..to.len() {
            let changed = diagonal + usize::from(*letter != to[column]);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let distance = |from: &str, to: &str| {
            edit_distance(&from.chars().collect::<Vec<_>>(), &to.chars().collect::<Vec<_>>())
        };
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn the_nearest_three_come_first() {
        let names: Vec<String> = [
            "orders",
            "market.trades.clean-value",
            "market.trade.raw-value",
            "market.trades.other-key",
            "market.quotes.raw-value",
            "x",
        ]
        .map(str::to_string)
        .into();
        let expected = [
            "market.trade.raw-value",
            "market.quotes.raw-value",
            "market.trades.clean-value",
        ];
        assert_eq!(similar("market.trades.raw-value", &names), expected);
        assert!(similar("zzz", &names).is_empty());
    }
}
