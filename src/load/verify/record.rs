//! What is left over of a comparison, kept in memory or, if there is much of it, in temporary files.
//!
//! Records that have to be compared with each other are in the same bucket, so one bucket at a time is enough.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

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

const SIZE: usize = 56;
const BUCKETS: usize = 64;
/// Records in memory before they are written to files: 17 MB.
const IN_MEMORY: usize = 300_000;
const BUFFER: usize = 16 << 10;

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

/// Records in buckets.
pub(super) struct Buckets {
    /// What records in the same bucket have in common.
    common: fn(&Record) -> u64,
    memory: Vec<Record>,
    in_memory: usize,
    files: Vec<BufWriter<File>>,
    length: u64,
}

impl Buckets {
    /// Records with an equal `common` number are in the same bucket.
    pub(super) fn new(common: fn(&Record) -> u64) -> Buckets {
        Buckets {
            common,
            memory: Vec::new(),
            in_memory: IN_MEMORY,
            files: Vec::new(),
            length: 0,
        }
    }

    /// The number of records.
    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// # Errors
    /// A temporary file cannot be created or written.
    pub(super) fn push(&mut self, record: Record) -> io::Result<()> {
        self.length += 1;
        if self.files.is_empty() {
            if self.memory.len() < self.in_memory {
                self.memory.push(record);
                return Ok(());
            }
            for _ in 0..BUCKETS {
                let file = tempfile::tempfile()?;
                self.files.push(BufWriter::with_capacity(BUFFER, file));
            }
            for record in std::mem::take(&mut self.memory) {
                self.write(&record)?;
            }
        }
        self.write(&record)
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        // Multiplied so that numbers that are not hashes are spread too.
        let spread = (self.common)(record).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.files[(spread >> 58) as usize].write_all(&record.bytes())
    }

    /// Passes the records of each bucket to `see`.
    ///
    /// # Errors
    /// A temporary file cannot be written or read, or those of `see`.
    pub(super) fn each(self, see: &mut dyn FnMut(Vec<Record>) -> io::Result<()>) -> io::Result<()> {
        if !self.memory.is_empty() {
            return see(self.memory);
        }
        for writer in self.files {
            let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
            let length = file.stream_position()? as usize;
            file.seek(SeekFrom::Start(0))?;
            let mut reader = BufReader::with_capacity(BUFFER, file);
            let mut records = Vec::with_capacity(length / SIZE);
            let mut bytes = [0; SIZE];
            for _ in 0..length / SIZE {
                reader.read_exact(&mut bytes)?;
                records.push(Record::of(&bytes));
            }
            if !records.is_empty() {
                see(records)?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn with_room_for(mut self, records: usize) -> Buckets {
        self.in_memory = records;
        self
    }
}

/// Which numbers may have been added: never forgets one, and seldom claims to know one that was not added.
pub(super) struct Filter {
    bits: Vec<u64>,
}

impl Filter {
    /// For about this many numbers.
    pub(super) fn for_numbers(count: u64) -> Filter {
        const BITS_PER_NUMBER: u64 = 16;
        /// 16 MB.
        const MOST_WORDS: u64 = 2 << 20;
        let words = (count * BITS_PER_NUMBER / 64)
            .clamp(64, MOST_WORDS)
            .next_power_of_two();
        Filter {
            bits: vec![0; words.min(MOST_WORDS) as usize],
        }
    }

    pub(super) fn add(&mut self, number: u64) {
        for (word, bit) in self.places(number) {
            self.bits[word] |= bit;
        }
    }

    pub(super) fn may_have(&self, number: u64) -> bool {
        self.places(number)
            .iter()
            .all(|(word, bit)| self.bits[*word] & bit != 0)
    }

    fn places(&self, number: u64) -> [(usize, u64); 3] {
        let step = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        [0_u64, 1, 2].map(|index| {
            let place = number.wrapping_add(step.wrapping_mul(index)) ^ (step >> 29);
            let place = place.wrapping_mul(0xd6e8_feb8_6659_fd93);
            let word = (place >> 6) as usize & (self.bits.len() - 1);
            (word, 1 << (place >> 58))
        })
    }
}

/// A set of numbers of rows.
#[derive(Default)]
pub(super) struct Rows {
    chunks: std::collections::HashMap<u64, Box<[u64; 1024]>>,
}

impl Rows {
    pub(super) fn insert(&mut self, row: u64) {
        let chunk = self
            .chunks
            .entry(row >> 16)
            .or_insert_with(|| Box::new([0; 1024]));
        chunk[(row >> 6) as usize & 1023] |= 1 << (row & 63);
    }

    pub(super) fn contains(&self, row: u64) -> bool {
        let chunk = self.chunks.get(&(row >> 16));
        chunk.is_some_and(|chunk| chunk[(row >> 6) as usize & 1023] & (1 << (row & 63)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_with_the_same_number_come_together_whether_in_memory_or_in_files() {
        for room in [0, 10, 100_000] {
            let mut buckets = Buckets::new(|record| record.key).with_room_for(room);
            for number in 0..5_000_u64 {
                let record = Record {
                    hash: u128::from(number) << 70,
                    key: number % 7,
                    gap: number,
                    at: u64::MAX - number,
                    content: number * 3,
                    lane: 3,
                    kind: number as u32,
                };
                buckets.push(record).unwrap();
            }
            assert_eq!(buckets.len(), 5_000);
            let (mut seen, mut keys) = (Vec::new(), Vec::new());
            buckets
                .each(&mut |records| {
                    let mut of_bucket: Vec<u64> = records.iter().map(|record| record.key).collect();
                    of_bucket.sort_unstable();
                    of_bucket.dedup();
                    keys.extend(of_bucket);
                    assert!(
                        records
                            .iter()
                            .all(|record| record.at == u64::MAX - record.gap
                                && record.content == 3 * record.gap)
                    );
                    seen.extend(records.iter().map(|record| record.gap));
                    Ok(())
                })
                .unwrap();
            seen.sort_unstable();
            keys.sort_unstable();
            assert_eq!(seen, (0..5_000).collect::<Vec<_>>());
            assert_eq!(keys, (0..7).collect::<Vec<_>>(), "a key is in one bucket only");
        }
    }

    #[test]
    fn a_filter_forgets_nothing_and_seldom_errs() {
        let mut filter = Filter::for_numbers(10_000);
        let mixed = |number: u64| number.wrapping_mul(0xa076_1d64_78bd_642f);
        (0..10_000).for_each(|number| filter.add(mixed(number)));
        assert!((0..10_000).all(|number| filter.may_have(mixed(number))));
        let errs = (10_000..20_000)
            .filter(|number| filter.may_have(mixed(*number)))
            .count();
        assert!(errs < 500, "{errs}");
    }

    #[test]
    fn rows_are_remembered() {
        let mut rows = Rows::default();
        for row in [0, 63, 64, 65_535, 65_536, (7 << 40) | 12] {
            assert!(!rows.contains(row));
            rows.insert(row);
            assert!(rows.contains(row));
        }
        assert!(!rows.contains(1) && !rows.contains(12));
    }
}
