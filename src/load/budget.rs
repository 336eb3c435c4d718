//! The number of bad rows that a run may have.

use std::str::FromStr;

/// `--max-errors`: how many rows may be rejected before the run stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ErrorBudget {
    /// This many rows.
    Rows(u64),
    /// This share of the rows read so far, in percent; checked from row 1,000 on and at the end.
    Percent(f64),
    /// Any number.
    Unlimited,
}

/// A share of fewer rows is not meaningful.
const ROWS_FOR_A_SHARE: u64 = 1_000;

impl ErrorBudget {
    /// Whether `rejected` of `read` rows are too many, during the run.
    pub(super) fn exceeded(self, rejected: u64, read: u64) -> bool {
        match self {
            ErrorBudget::Percent(_) if read < ROWS_FOR_A_SHARE => false,
            _ => self.exceeded_at_end(rejected, read),
        }
    }

    /// Whether `rejected` of `read` rows are too many, after all rows are read.
    pub(super) fn exceeded_at_end(self, rejected: u64, read: u64) -> bool {
        match self {
            ErrorBudget::Rows(limit) => rejected > limit,
            ErrorBudget::Percent(percent) => rejected as f64 * 100.0 > percent * read as f64,
            ErrorBudget::Unlimited => false,
        }
    }
}

impl FromStr for ErrorBudget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither a number of rows nor a percentage such as `0.5%`");
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                if (0.0..=100.0).contains(&percent) {
                    Ok(ErrorBudget::Percent(percent))
                } else {
                    Err(wrong())
                }
            }
            None => text.parse().map(ErrorBudget::Rows).map_err(|_| wrong()),
        }
    }
}

impl std::fmt::Display for ErrorBudget {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ErrorBudget::Rows(rows) => write!(formatter, "{rows}"),
            ErrorBudget::Percent(percent) => write!(formatter, "{percent}%"),
            ErrorBudget::Unlimited => formatter.write_str("any number"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_rows_or_a_share_of_them() {
        assert_eq!("5".parse(), Ok(ErrorBudget::Rows(5)));
        assert_eq!("0.5%".parse(), Ok(ErrorBudget::Percent(0.5)));
        for text in ["", "-1", "five", "101%", "%"] {
            assert!(text.parse::<ErrorBudget>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_is_judged_from_row_1000_on_and_at_the_end() {
        let budget = ErrorBudget::Percent(1.0);
        assert!(!budget.exceeded(500, 999));
        assert!(!budget.exceeded(10, 1_000));
        assert!(budget.exceeded(11, 1_000));
        assert!(budget.exceeded_at_end(1, 99));
        assert!(ErrorBudget::Rows(0).exceeded(1, 1));
        assert!(!ErrorBudget::Unlimited.exceeded_at_end(7, 7));
    }
}
