//! The paths of JSON rows that a mapping uses, found in one walk over a row.

use super::fault::{DerivationFault, DerivationFaultKind};
use crate::mapping::expression::{PathStep, SourcePath};
use crate::record::json::{Kind, Node, unescape};

/// The paths that are used, by their steps.
#[derive(Debug, Clone, Default)]
pub(super) struct PathTree {
    root: Branch,
    /// The number of slots.
    pub(super) slots: usize,
}

#[derive(Debug, Clone, Default)]
struct Branch {
    /// The slot of the value itself, if it is used.
    slot: Option<usize>,
    names: Vec<(String, Branch)>,
    items: Vec<(usize, Branch)>,
}

impl PathTree {
    /// The slot for the value at `path`.
    pub(super) fn slot(&mut self, path: &SourcePath) -> usize {
        let branch = self.root.at(path);
        *branch.slot.get_or_insert_with(|| {
            self.slots += 1;
            self.slots - 1
        })
    }

    /// Accepts a value at `path`, which is not read.
    pub(super) fn accept(&mut self, path: &SourcePath) {
        self.root.at(path);
    }
}

impl Branch {
    fn at(&mut self, path: &SourcePath) -> &mut Branch {
        let mut branch = self;
        for step in &path.steps {
            branch = match step {
                PathStep::Name(name) => child(&mut branch.names, name),
                PathStep::Index(index) => child(&mut branch.items, index),
                PathStep::Around(_) => {
                    unreachable!("the row has such a value under the name of its whole path")
                }
            };
        }
        branch
    }
}

fn child<'b, K: Clone + PartialEq<Q>, Q: ?Sized + ToOwned<Owned = K>>(
    children: &'b mut Vec<(K, Branch)>,
    key: &Q,
) -> &'b mut Branch {
    let index = children.iter().position(|(known, _)| known == key);
    let index = index.unwrap_or_else(|| {
        children.push((key.to_owned(), Branch::default()));
        children.len() - 1
    });
    &mut children[index].1
}

/// A walk over one row.
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) nodes: &'a [Node],
    pub(super) slots: &'a mut [Option<u32>],
    /// The text of a key with escapes.
    pub(super) key: &'a mut Vec<u8>,
    pub(super) drops_unknown: bool,
    /// The number of keys that were dropped.
    pub(super) dropped: u64,
}

impl Walk<'_> {
    /// Fills the slots.
    ///
    /// # Errors
    /// An unknown or a duplicate key in an object whose keys the mapping uses.
    pub(super) fn run(&mut self, tree: &PathTree) -> Result<(), Box<DerivationFault>> {
        let found = self.nodes[0];
        if found.kind != Kind::Object && !tree.root.names.is_empty() {
            return Err(Box::new(DerivationFault {
                kind: DerivationFaultKind::NotAnObject,
                field: None,
                value: None,
                reason: "expected a JSON object with a key for each field".to_owned(),
                span: Some(0..self.bytes.len()),
                column: None,
            }));
        }
        self.value(&tree.root, 0)
    }

    fn value(&mut self, branch: &Branch, at: usize) -> Result<(), Box<DerivationFault>> {
        let node = self.nodes[at];
        if let Some(slot) = branch.slot {
            self.slots[slot] = Some(at as u32);
        }
        match node.kind {
            Kind::Object if !branch.names.is_empty() => self.object(branch, at),
            Kind::Array if !branch.items.is_empty() => {
                let mut item = at + 1;
                let mut index = 0;
                while item < node.next as usize {
                    if let Some((_, branch)) = branch.items.iter().find(|(wanted, _)| *wanted == index) {
                        self.value(branch, item)?;
                    }
                    item = self.nodes[item].next as usize;
                    index += 1;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn object(&mut self, branch: &Branch, at: usize) -> Result<(), Box<DerivationFault>> {
        let end = self.nodes[at].next as usize;
        let mut key = at + 1;
        let mut seen = Seen::default();
        while key < end {
            let node = self.nodes[key];
            let raw = &self.bytes[node.start as usize..node.end as usize];
            let name = match node.kind {
                Kind::EscapedString => {
                    self.key.clear();
                    unescape(raw, self.key);
                    &self.key[..]
                }
                _ => raw,
            };
            let child = branch
                .names
                .iter()
                .position(|(known, _)| known.as_bytes() == name);
            match child {
                Some(index) if seen.insert(index) => {
                    self.value(&branch.names[index].1, key + 1)?;
                }
                Some(_) => return Err(self.fault(DerivationFaultKind::DuplicateKey, node)),
                // The whole object is used too, so its other keys are.
                None if branch.slot.is_some() => {}
                None if self.drops_unknown => self.dropped += 1,
                None => return Err(self.fault(DerivationFaultKind::UnknownKey, node)),
            }
            key = self.nodes[key + 1].next as usize;
        }
        Ok(())
    }

    #[cold]
    fn fault(&self, kind: DerivationFaultKind, key: Node) -> Box<DerivationFault> {
        let span = key.start as usize..key.end as usize;
        let reason = match kind {
            DerivationFaultKind::DuplicateKey => "the key occurs twice in its object",
            _ => "neither the mapping nor the schema uses a key of this name",
        };
        Box::new(DerivationFault {
            kind,
            field: None,
            value: Some(self.bytes[span.clone()].to_vec()),
            reason: reason.to_owned(),
            span: Some(span),
            column: None,
        })
    }
}

/// The keys of an object that were found, by their index.
#[derive(Default)]
struct Seen {
    first: u128,
    /// Those beyond the first 128.
    more: Vec<usize>,
}

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, index: usize) -> bool {
        if index < 128 {
            let bit = 1u128 << index;
            let is_new = self.first & bit == 0;
            self.first |= bit;
            return is_new;
        }
        let is_new = !self.more.contains(&index);
        if is_new {
            self.more.push(index);
        }
        is_new
    }
}
