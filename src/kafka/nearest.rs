//! The names nearest to a mistyped one.
//!
//! For error messages alone: a near name is suggested, never taken.

/// How many single-letter edits (insert, delete, replace) lie between two names, letter case aside.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.to_lowercase().chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = previous[column] + usize::from(letter != *other);
            current.push(replaced.min(previous[column + 1] + 1).min(current[column] + 1));
        }
        previous = current;
    }
    previous[right.len()]
}

/// Up to `limit` of `names`, the nearest to `name` first.
pub(super) fn nearest(name: &str, names: &[String], limit: usize) -> Vec<String> {
    let mut ranked: Vec<(usize, &String)> =
        names.iter().map(|other| (distance(name, other), other)).collect();
    ranked.sort();
    ranked
        .into_iter()
        .take(limit)
        .map(|(_, other)| other.clone())
        .collect()
}

/// The one of `names` that `name` probably meant: at most a third of its letters differ.
pub(super) fn near_miss(name: &str, names: &[String]) -> Option<String> {
    let candidate = nearest(name, names, 1).pop()?;
    (distance(name, &candidate) <= name.chars().count() / 3).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn puts_the_nearest_first() {
        let topics = names(&["orders", "market.quotes.raw", "market.trades.clean"]);
        assert_eq!(
            nearest("market.trades.raw", &topics, 2),
            names(&["market.quotes.raw", "market.trades.clean"])
        );
    }

    #[test]
    fn suggests_a_near_miss_only() {
        let properties = names(&["linger.ms", "acks"]);
        assert_eq!(near_miss("Linger.sm", &properties).as_deref(), Some("linger.ms"));
        assert_eq!(near_miss("colour", &properties), None);
    }
}
