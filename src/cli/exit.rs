//! The exit statuses of the process.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every row is delivered; in a dry run, every row fits.
    Success,
    /// Some rows were rejected, no more than allowed.
    Rejected,
    /// Wrong usage, settings or schema file.
    Usage,
    /// An input could not be read to the end, or a thread of k2-produce panicked; a row stopped the run, or more rows
    /// were rejected than allowed.
    Input,
    /// Kafka or the registry could not be reached or refused, or lacks the topic, the subject or the schema.
    Unavailable,
    /// Delivery failed or is unknown for some rows, or the topic changed during the run.
    Delivery,
    /// Ended by a signal with this number, after flushing all messages.
    Signal(i32),
    /// The status of the sandbox's command.
    Command(i32),
}

impl Exit {
    /// The status as a number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Rejected => 1,
            Exit::Usage => 2,
            Exit::Input => 3,
            Exit::Unavailable => 4,
            Exit::Delivery => 5,
            Exit::Signal(signal) => 128 + signal as u8,
            Exit::Command(status) => status as u8,
        }
    }

    /// The more severe of two: 5 before 4 before 3 before 129, 130 and 143 before 1; wrong usage comes before all.
    pub fn graver(self, other: Exit) -> Exit {
        if other.gravity() > self.gravity() {
            other
        } else {
            self
        }
    }

    fn gravity(self) -> u8 {
        match self {
            Exit::Success | Exit::Command(_) => 0,
            Exit::Rejected => 1,
            Exit::Signal(_) => 2,
            Exit::Input => 3,
            Exit::Unavailable => 4,
            Exit::Delivery => 5,
            Exit::Usage => 6,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_severe_status_wins() {
        let order = [
            Exit::Success,
            Exit::Rejected,
            Exit::Signal(2),
            Exit::Input,
            Exit::Unavailable,
            Exit::Delivery,
        ];
        for pair in order.windows(2) {
            assert_eq!(pair[0].graver(pair[1]), pair[1]);
            assert_eq!(pair[1].graver(pair[0]), pair[1]);
        }
        assert_eq!((Exit::Signal(2).code(), Exit::Signal(15).code()), (130, 143));
    }
}
