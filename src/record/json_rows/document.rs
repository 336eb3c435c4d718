//! The line that holds a row with what is needed of the values around it, in the form of the input.

use super::{EnclosingStep, JsonShape, Member, RowStep};

/// A row and what is around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document<'a> {
    /// The keys on the way to the row, one for each step that is a key, with their quotes.
    pub(crate) keys: &'a [Vec<u8>],
    /// The parts of the values around the row, as [`JsonShape::members`] lists them; none if they are absent.
    pub(crate) members: &'a [Option<Vec<u8>>],
    pub(crate) row: &'a [u8],
    /// Whether the last step of the path is the row itself instead of an item of an array.
    pub(crate) is_itself: bool,
}

impl Document<'_> {
    /// Appends the line.
    pub(crate) fn append_to(&self, line: &mut Vec<u8>, shape: &JsonShape) {
        if shape.path.is_none() {
            // An array on a line of its own would be read as an array of rows.
            let brackets = self.row.starts_with(b"[");
            line.extend_from_slice(if brackets { b"[" } else { b"" });
            append_on_one_line(self.row, line);
            line.extend_from_slice(if brackets { b"]\n" } else { b"\n" });
            return;
        }
        let steps = shape.steps();
        let steps = &steps[..steps.len() - usize::from(self.is_itself)];
        let mut keys = self.keys.iter();
        for (level, step) in steps.iter().enumerate() {
            match step {
                RowStep::Key(_) | RowStep::AnyKey => {
                    line.push(b'{');
                    for (name, value) in self.members_at(shape, level) {
                        if let EnclosingStep::Name(name) = name {
                            append_key(name, line);
                            append_on_one_line(value, line);
                            line.push(b',');
                        }
                    }
                    append_on_one_line(keys.next().expect("each object has a key"), line);
                    line.push(b':');
                }
                RowStep::AnyItem | RowStep::Rows => line.push(b'['),
                RowStep::Item(item) => {
                    line.push(b'[');
                    for before in 0..*item {
                        append_on_one_line(self.item(shape, level, before), line);
                        line.push(b',');
                    }
                }
            }
        }
        append_on_one_line(self.row, line);
        for (level, step) in steps.iter().enumerate().rev() {
            match step {
                RowStep::Key(_) | RowStep::AnyKey => line.push(b'}'),
                RowStep::AnyItem | RowStep::Rows => line.push(b']'),
                RowStep::Item(item) => {
                    let last = self.members_at(shape, level).filter_map(|(step, _)| match step {
                        EnclosingStep::Index(index) => Some(*index),
                        EnclosingStep::Name(_) => None,
                    });
                    for after in item + 1..=last.max().unwrap_or(0) {
                        line.push(b',');
                        append_on_one_line(self.item(shape, level, after), line);
                    }
                    line.push(b']');
                }
            }
        }
        line.push(b'\n');
    }

    /// The members at `level` that are there.
    fn members_at<'a>(
        &'a self,
        shape: &'a JsonShape,
        level: usize,
    ) -> impl Iterator<Item = (&'a EnclosingStep, &'a [u8])> {
        let all = shape.members.iter().zip(self.members);
        all.filter(move |(member, _)| member.level == level)
            .filter_map(|(Member { step, .. }, value)| Some((step, value.as_deref()?)))
    }

    /// An item next to the row's branch of an array; null unless it is kept.
    fn item<'a>(&'a self, shape: &'a JsonShape, level: usize, index: usize) -> &'a [u8] {
        let mut members = self.members_at(shape, level);
        let found = members.find(|(step, _)| **step == EnclosingStep::Index(index));
        found.map_or(b"null", |(_, value)| value)
    }
}

fn append_key(name: &str, line: &mut Vec<u8>) {
    let name = serde_json::to_string(name).expect("a text is JSON");
    line.extend_from_slice(name.as_bytes());
    line.push(b':');
}

/// Appends JSON without line feeds. Outside of strings, which cannot have any, a carriage return is white space too, so
/// it takes the place of each, and the lines of the row can still be counted.
fn append_on_one_line(json: &[u8], line: &mut Vec<u8>) {
    if memchr::memchr2(b'\n', b'\r', json).is_none() {
        line.extend_from_slice(json);
        return;
    }
    line.extend(json.iter().map(|byte| match byte {
        b'\n' => b'\r',
        b'\r' => b' ',
        other => *other,
    }));
}
