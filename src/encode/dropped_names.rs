//! The first few names of dropped JSON keys, for the report.

use crate::escape::printable;
use crate::mapping::folded;

/// Maximum number of names remembered.
const MAX_NAMES: usize = 20;

/// Maximum number of characters shown of a name.
const SHOWN: usize = 60;

/// A dropped JSON key, which matches no field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedKey {
    /// Its name, escaped for display and truncated.
    pub name: String,
    /// The field that was most likely meant: one with a similar name that is absent from the object.
    pub near: Option<String>,
}

/// The first names of dropped keys, without duplicates.
#[derive(Default)]
pub(super) struct DroppedNames {
    names: Vec<DroppedKey>,
    /// The number of names already returned.
    given: usize,
}

impl DroppedNames {
    /// Remembers the key `name` of an object with these `fields`; `is_there` says whether the object has such a key.
    #[cold]
    pub(super) fn add(&mut self, name: &[u8], fields: &[&str], is_there: impl Fn(&str) -> bool) {
        if self.names.len() >= MAX_NAMES {
            return;
        }
        let shown = printable(name, SHOWN).into_owned();
        if self.names.iter().any(|key| key.name == shown) {
            return;
        }
        let wanted = folded(&String::from_utf8_lossy(name));
        let mut near = fields
            .iter()
            .filter(|field| !wanted.is_empty() && folded(field) == wanted);
        let near = near.find(|field| !is_there(field));
        self.names.push(DroppedKey {
            name: shown,
            near: near.map(|field| (*field).to_owned()),
        });
    }

    /// Forgets the names added by a rejected row: none of its keys was dropped.
    #[cold]
    pub(super) fn take_back(&mut self) {
        self.names.truncate(self.given);
    }

    /// The names added since the last call.
    #[cold]
    pub(super) fn take_new(&mut self) -> Vec<DroppedKey> {
        let new = self.names[self.given..].to_vec();
        self.given = self.names.len();
        new
    }
}
