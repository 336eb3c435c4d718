//! A hash of everything in an input before a position.
//!
//! It shows whether an input still begins with the rows that were loaded. XXH3 with 128 bits detects every change that
//! happens by accident; it is no protection against somebody who wants two files to look alike.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

/// The hash of the decoded bytes so far.
#[derive(Clone)]
pub(crate) struct PrefixHash(Xxh3);

/// The value of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PrefixDigest(u128);

impl PrefixHash {
    /// The hash of what comes before the first row.
    pub(crate) fn of(front: &[u8]) -> PrefixHash {
        let mut hash = PrefixHash(Xxh3::new());
        hash.add(front);
        hash
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The same with more bytes.
    pub(crate) fn with(&self, bytes: &[u8]) -> PrefixHash {
        let mut hash = self.clone();
        hash.add(bytes);
        hash
    }

    pub(crate) fn digest(&self) -> PrefixDigest {
        PrefixDigest(self.0.digest128())
    }
}

// The state is long and tells nothing.
impl fmt::Debug for PrefixHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrefixHash({})", self.digest())
    }
}

impl fmt::Display for PrefixDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl PrefixDigest {
    /// Reads what `Display` writes.
    pub(crate) fn parse(text: &str) -> Option<PrefixDigest> {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok().map(PrefixDigest))?
    }
}

/// A hash of texts, in hexadecimal.
pub fn digest_of(parts: &[Vec<u8>]) -> String {
    let mut hash = PrefixHash::of(&[]);
    for part in parts {
        hash.add(&(part.len() as u64).to_le_bytes());
        hash.add(part);
    }
    hash.digest().to_string()
}

/// The hashes before and after a block.
#[derive(Debug, Clone)]
pub(crate) struct BlockHashes {
    pub(crate) before: PrefixHash,
    pub(crate) after: PrefixHash,
}

impl BlockHashes {
    /// Separates the hashes of a block into those of its first bytes, and those of the rest.
    pub(crate) fn split(&mut self, front: &[u8]) -> BlockHashes {
        let middle = self.before.with(front);
        let after = std::mem::replace(&mut self.after, middle.clone());
        BlockHashes {
            before: middle,
            after,
        }
    }
}
