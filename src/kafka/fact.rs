//! A fact that a broker may or may not provide.

/// A fact that was requested from a broker, or the reason why it is missing.
///
/// Only `Known` can stop a run. The others are reported once, and the run continues without that check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// The broker provided it.
    Known(T),
    /// The user is not authorized to read it.
    NotPermitted,
    /// The broker does not support the request, or its answer was not understood.
    NotSupported,
    /// The broker did not answer in time.
    NotAnswered,
}

impl<T> Fact<T> {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Fact::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Converts a known value; a value that `make` does not recognize becomes `NotSupported`.
    pub(super) fn then<U>(self, make: impl FnOnce(T) -> Option<U>) -> Fact<U> {
        match self {
            Fact::Known(value) => make(value).map_or(Fact::NotSupported, Fact::Known),
            Fact::NotPermitted => Fact::NotPermitted,
            Fact::NotSupported => Fact::NotSupported,
            Fact::NotAnswered => Fact::NotAnswered,
        }
    }
}
