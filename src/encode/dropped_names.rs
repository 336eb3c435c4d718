//! Which JSON keys were left out: the first few names, for the report.

use crate::escape::printable;
use crate::mapping::folded;

/// The most names that are remembered.
const MAX_NAMES: usize = 20;

/// The most characters of a name that are shown.
const SHOWN: usize = 60;

/// A JSON key that no field has and that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedKey {
    /// Its name, made safe to show and cut.
    pub name: String,
    /// The field that it was most likely meant for: one of nearly its name whose own key is absent from the object.
    pub near: Option<String>,
}

/// The first names of dropped keys, each once.
#[derive(Default)]
pub(super) struct DroppedNames {
    names: Vec<DroppedKey>,
    /// How many were given out.
    given: usize,
}

impl DroppedNames {
    /// Remembers the key `name` of an object whose fields have the names `fields`; `is_there` says whether it has such
    /// a key.
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

    /// Forgets what a rejected row added: nothing of it was dropped.
    #[cold]
    pub(super) fn take_back(&mut self) {
        self.names.truncate(self.given);
    }

    /// The names that are new since the last call.
    #[cold]
    pub(super) fn take_new(&mut self) -> Vec<DroppedKey> {
        let new = self.names[self.given..].to_vec();
        self.given = self.names.len();
        new
    }
}
