//! Which rows and messages of a gap belong together, if there are more of one than of the other.

/// Pairs each of the fewer ones with one of the others, in their order, so that the sum of the distances is the least. Of
/// several such alignments, it is the one that pairs the first with the first.
pub(in crate::load::verify) fn aligned(
    rows: usize,
    messages: usize,
    distance: &dyn Fn(usize, usize) -> u64,
) -> Vec<(usize, usize)> {
    let in_rows = rows <= messages;
    let (few, many) = (rows.min(messages), rows.max(messages));
    let pair = |one: usize, other: usize| if in_rows { (one, other) } else { (other, one) };
    // The least sum for the first of the few, each with one of the first of the many.
    let mut least = vec![vec![u64::MAX; many + 1]; few + 1];
    least[0].fill(0);
    for one in 1..=few {
        for other in one..=many {
            let (row, message) = pair(one - 1, other - 1);
            let paired = least[one - 1][other - 1].saturating_add(distance(row, message));
            least[one][other] = paired.min(least[one][other - 1]);
        }
    }
    let mut pairs = Vec::with_capacity(few);
    let mut end = many;
    for one in (1..=few).rev() {
        while end > one && least[one][end - 1] == least[one][end] {
            end -= 1;
        }
        end -= 1;
        pairs.push(pair(one - 1, end));
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The least sum, by trying everything.
    fn least(distances: &[Vec<u64>], row: usize, message: usize) -> u64 {
        let (rows, messages) = (distances.len() - row, distances[0].len() - message);
        if rows == 0 || messages == 0 {
            return 0;
        }
        let paired = distances[row][message] + least(distances, row + 1, message + 1);
        match rows.cmp(&messages) {
            std::cmp::Ordering::Equal => paired,
            std::cmp::Ordering::Less => paired.min(least(distances, row, message + 1)),
            std::cmp::Ordering::Greater => paired.min(least(distances, row + 1, message)),
        }
    }

    #[test]
    fn what_is_most_alike_is_paired_and_what_is_equally_alike_by_position() {
        let seven_or_one = |row, message| if row == 1 && message == 0 { 1 } else { 7 };
        assert_eq!(aligned(2, 1, &seven_or_one), [(1, 0)]);
        assert_eq!(
            aligned(1, 2, &|row, message| seven_or_one(message, row)),
            [(0, 1)]
        );
        assert_eq!(aligned(2, 4, &|_, _| 3), [(0, 0), (1, 1)]);
        assert_eq!(aligned(4, 2, &|_, _| 3), [(0, 0), (1, 1)]);
        assert_eq!(aligned(0, 2, &|_, _| 3), []);
    }

    proptest! {
        #[test]
        fn no_other_alignment_is_better(
            distances in (1..6_usize, 1..6_usize).prop_flat_map(|(rows, messages)| {
                prop::collection::vec(prop::collection::vec(0..9_u64, messages), rows)
            }),
        ) {
            let (rows, messages) = (distances.len(), distances[0].len());
            let pairs = aligned(rows, messages, &|row, message| distances[row][message]);
            prop_assert_eq!(pairs.len(), rows.min(messages));
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            let sum: u64 = pairs.iter().map(|(row, message)| distances[*row][*message]).sum();
            prop_assert_eq!(sum, least(&distances, 0, 0));
        }
    }
}
