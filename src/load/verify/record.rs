//! What is left over of a comparison: records in the order in which they were written, in memory or, if they are many, in a
//! temporary file.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Records that a tape or a sorter keeps in memory: 6.4 MB.
pub(super) const ROOM: usize = 100_000;
/// Records that are written or read at once.
const CHUNK: usize = 1024;
const SIZE: usize = 56;

/// A record of fixed size, whose fields mean what the step that writes it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) hash: u128,
    pub(super) key: u64,
    pub(super) gap: u64,
    pub(super) at: u64,
    pub(super) content: u64,
    pub(super) lane: u32,
    pub(super) kind: u32,
}

impl Record {
    fn bytes(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..16].copy_from_slice(&self.hash.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.key.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.gap.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.at.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.content.to_le_bytes());
        bytes[48..52].copy_from_slice(&self.lane.to_le_bytes());
        bytes[52..].copy_from_slice(&self.kind.to_le_bytes());
        bytes
    }

    fn of(bytes: &[u8; SIZE]) -> Record {
        fn part<const N: usize>(bytes: &[u8; SIZE], at: usize) -> [u8; N] {
            let mut part = [0; N];
            part.copy_from_slice(&bytes[at..at + N]);
            part
        }
        Record {
            hash: u128::from_le_bytes(part(bytes, 0)),
            key: u64::from_le_bytes(part(bytes, 16)),
            gap: u64::from_le_bytes(part(bytes, 24)),
            at: u64::from_le_bytes(part(bytes, 32)),
            content: u64::from_le_bytes(part(bytes, 40)),
            lane: u32::from_le_bytes(part(bytes, 48)),
            kind: u32::from_le_bytes(part(bytes, 52)),
        }
    }
}

/// A temporary file of records. It has no name in its folder, so it is gone when the process ends, however it ends.
pub(super) struct RecordFile {
    file: File,
    length: u64,
}

impl RecordFile {
    /// # Errors
    /// The file cannot be created in the folder for temporary files.
    pub(super) fn create() -> io::Result<RecordFile> {
        let file = tempfile::tempfile()?;
        Ok(RecordFile { file, length: 0 })
    }

    /// The number of its records.
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// # Errors
    /// The file cannot be written.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(records.len().min(CHUNK) * SIZE);
        for part in records.chunks(CHUNK) {
            bytes.clear();
            part.iter()
                .for_each(|record| bytes.extend_from_slice(&record.bytes()));
            self.file.write_all_at(&bytes, self.length * SIZE as u64)?;
            self.length += part.len() as u64;
        }
        Ok(())
    }

    /// Replaces what is in `records` by those of `range`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(&self, range: Range<u64>, records: &mut Vec<Record>) -> io::Result<()> {
        records.clear();
        let mut bytes = vec![0; (range.end - range.start) as usize * SIZE];
        self.file.read_exact_at(&mut bytes, range.start * SIZE as u64)?;
        let (parts, _) = bytes.as_chunks::<SIZE>();
        records.extend(parts.iter().map(Record::of));
        Ok(())
    }
}

/// Records in the order in which they were written.
pub(super) struct Tape {
    /// The last ones.
    memory: Vec<Record>,
    room: usize,
    file: Option<RecordFile>,
}

impl Tape {
    /// A tape with at most `room` records in memory.
    pub(super) fn new(room: usize) -> Tape {
        Tape {
            memory: Vec::new(),
            room,
            file: None,
        }
    }

    /// The number of records.
    pub(super) fn len(&self) -> u64 {
        self.in_file() + self.memory.len() as u64
    }

    fn in_file(&self) -> u64 {
        self.file.as_ref().map_or(0, RecordFile::len)
    }

    /// # Errors
    /// A temporary file cannot be created or written.
    pub(super) fn push(&mut self, record: Record) -> io::Result<()> {
        if self.memory.len() >= self.room {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(RecordFile::create()?),
            };
            file.append(&self.memory)?;
            self.memory.clear();
        }
        self.memory.push(record);
        Ok(())
    }

    /// Removes all records.
    pub(super) fn clear(&mut self) {
        self.memory.clear();
        self.file = None;
    }

    pub(super) fn reader(&self) -> TapeReader<'_> {
        TapeReader {
            tape: self,
            chunk: Vec::new(),
            first: 0,
        }
    }
}

/// Reads a tape forwards or backwards.
pub(super) struct TapeReader<'t> {
    tape: &'t Tape,
    chunk: Vec<Record>,
    /// The index of the first record in `chunk`.
    first: u64,
}

impl TapeReader<'_> {
    /// The record with this index, which must exist.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub(super) fn get(&mut self, index: u64) -> io::Result<Record> {
        let in_file = self.tape.in_file();
        let file = match &self.tape.file {
            Some(file) if index < in_file => file,
            _ => return Ok(self.tape.memory[(index - in_file) as usize]),
        };
        if !(self.first..self.first + self.chunk.len() as u64).contains(&index) {
            self.first = index - index % CHUNK as u64;
            let end = (self.first + CHUNK as u64).min(in_file);
            file.read(self.first..end, &mut self.chunk)?;
        }
        Ok(self.chunk[(index - self.first) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u64) -> Record {
        Record {
            hash: u128::from(number) << 70,
            key: number % 7,
            gap: number,
            at: u64::MAX - number,
            content: number * 3,
            lane: 3,
            kind: number as u32,
        }
    }

    #[test]
    fn a_tape_is_read_forwards_and_backwards_whether_in_memory_or_in_a_file() {
        for room in [0, 1, 10, 2_000, 100_000] {
            let mut tape = Tape::new(room);
            for round in 0..2 {
                (0..5_000).for_each(|number| tape.push(record(number + round)).unwrap());
                assert_eq!(tape.len(), 5_000);
                let mut reader = tape.reader();
                for index in (0..5_000).chain((0..5_000).rev()) {
                    assert_eq!(reader.get(index).unwrap(), record(index + round));
                }
                tape.clear();
                assert_eq!(tape.len(), 0);
            }
        }
    }
}
