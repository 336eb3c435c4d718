//! Finds names that are similar to a mistyped or missing one.
//!
//! For messages only: a similar name is suggested, never used.

/// The number of single-letter edits (insert, delete, replace) between two names.
fn edit_distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// Up to `limit` of `names`, the nearest to `name` first, ignoring case.
pub(crate) fn nearest(name: &str, names: &[String], limit: usize) -> Vec<String> {
    let ranked = names
        .iter()
        .map(|other| (distance_without_case(name, other), other));
    first_of(ranked.collect(), limit)
}

/// The one of `names` that was probably meant by `name`: at most a third of its letters differ, ignoring case.
pub(crate) fn near_miss(name: &str, names: &[String]) -> Option<String> {
    near_miss_within(name, names, usize::MAX)
}

/// Like [`near_miss`], but with at most `edits` different letters.
pub(crate) fn near_miss_within(name: &str, names: &[String], edits: usize) -> Option<String> {
    let candidate = nearest(name, names, 1).pop()?;
    let limit = edits.min(name.chars().count() / 3);
    (distance_without_case(name, &candidate) <= limit).then_some(candidate)
}

/// Up to three of `names` that share at least half of the letters with `name`, the nearest first.
pub(crate) fn similar(name: &str, names: &[String]) -> Vec<String> {
    let name: Vec<char> = name.chars().collect();
    let mut near = Vec::new();
    for other in names {
        let letters: Vec<char> = other.chars().collect();
        let length = name.len().max(letters.len());
        // The difference in length is a lower bound of the distance, which avoids computing it for most of a long list.
        if name.len().abs_diff(letters.len()) > length / 2 || length > 300 {
            continue;
        }
        let distance = edit_distance(&name, &letters);
        if distance <= length / 2 {
            near.push((distance, other));
        }
    }
    first_of(near, 3)
}

fn distance_without_case(left: &str, right: &str) -> usize {
    let letters = |name: &str| name.to_lowercase().chars().collect::<Vec<char>>();
    edit_distance(&letters(left), &letters(right))
}

fn first_of(mut ranked: Vec<(usize, &String)>, limit: usize) -> Vec<String> {
    ranked.sort();
    let first = ranked.into_iter().take(limit);
    first.map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn the_distance_is_the_number_of_edits() {
        let distance = |from: &str, to: &str| {
            edit_distance(&from.chars().collect::<Vec<_>>(), &to.chars().collect::<Vec<_>>())
        };
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn the_nearest_name_comes_first() {
        let topics = names(&["orders", "market.quotes.raw", "market.trades.clean"]);
        assert_eq!(
            nearest("market.trades.raw", &topics, 2),
            names(&["market.quotes.raw", "market.trades.clean"])
        );
    }

    #[test]
    fn only_a_near_miss_is_suggested() {
        let properties = names(&["linger.ms", "acks"]);
        assert_eq!(near_miss("Linger.sm", &properties).as_deref(), Some("linger.ms"));
        assert_eq!(near_miss("colour", &properties), None);
    }

    #[test]
    fn the_nearest_three_come_first() {
        let subjects = names(&[
            "orders",
            "market.trades.clean-value",
            "market.trade.raw-value",
            "market.trades.other-key",
            "market.quotes.raw-value",
            "x",
        ]);
        let expected = [
            "market.trade.raw-value",
            "market.quotes.raw-value",
            "market.trades.clean-value",
        ];
        assert_eq!(similar("market.trades.raw-value", &subjects), expected);
        assert!(similar("zzz", &subjects).is_empty());
    }
}
