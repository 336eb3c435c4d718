//! An answer that a broker may give, refuse, or not have.

/// Something a broker may know, may refuse to say, or may not know how to say.
///
/// Only `Known` can stop a run: the others are said once, and the run goes on without that guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// The broker said so.
    Known(T),
    /// The user lacks the right to know.
    NotPermitted,
    /// The broker cannot tell.
    NotSupported,
    /// The broker did not answer this time.
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

    /// What `make` makes of the value; where that is nothing, the broker's word is none that we know.
    pub(super) fn then<U>(self, make: impl FnOnce(T) -> Option<U>) -> Fact<U> {
        match self {
            Fact::Known(value) => make(value).map_or(Fact::NotSupported, Fact::Known),
            Fact::NotPermitted => Fact::NotPermitted,
            Fact::NotSupported => Fact::NotSupported,
            Fact::NotAnswered => Fact::NotAnswered,
        }
    }
}
