//! A value that must not be shown: it has no flag, and `Debug` omits it.

use std::fmt;

/// A password or a token.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::cli) struct Secret(pub(in crate::cli) String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}
