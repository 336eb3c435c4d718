//! Sorts records that do not fit into memory: in runs, which are written to a temporary file and merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;
use std::ops::Range;
use std::rc::Rc;

use super::record::{Record, RecordFile};

/// Runs that are merged at once. If there are more, some are merged to longer ones first.
const FAN_IN: usize = 512;
/// Records of all runs that are in memory while they are merged: 8.4 MB.
const MERGED: usize = 128 << 10;
/// The most records of a run that are read at once.
const CHUNK: usize = 4096;

/// Records that are to be sorted by the order of `K`.
pub(super) struct Sorter<K> {
    key: fn(&Record) -> K,
    memory: Vec<Record>,
    room: usize,
    fan_in: usize,
    runs: Option<Runs>,
}

/// Sorted runs, one after the other in a file.
struct Runs {
    file: RecordFile,
    /// The end of each.
    ends: Vec<u64>,
}

impl Runs {
    fn create() -> io::Result<Runs> {
        Ok(Runs {
            file: RecordFile::create()?,
            ends: Vec::new(),
        })
    }

    fn ranges(&self) -> Vec<Range<u64>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| start..*end).collect()
    }
}

impl<K: Ord> Sorter<K> {
    /// A sorter with at most `room` records in memory.
    pub(super) fn new(room: usize, key: fn(&Record) -> K) -> Sorter<K> {
        Sorter {
            key,
            memory: Vec::new(),
            room: room.max(1),
            fan_in: FAN_IN,
            runs: None,
        }
    }

    /// The number of records.
    pub(super) fn len(&self) -> u64 {
        self.runs.as_ref().map_or(0, |runs| runs.file.len()) + self.memory.len() as u64
    }

    /// # Errors
    /// A temporary file cannot be created or written.
    pub(super) fn push(&mut self, record: Record) -> io::Result<()> {
        if self.memory.len() >= self.room {
            self.write_run()?;
        }
        self.memory.push(record);
        Ok(())
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.memory.sort_unstable_by_key(self.key);
        let runs = match &mut self.runs {
            Some(runs) => runs,
            none => none.insert(Runs::create()?),
        };
        runs.file.append(&self.memory)?;
        runs.ends.push(runs.file.len());
        self.memory.clear();
        Ok(())
    }

    /// The records in their order.
    ///
    /// # Errors
    /// A temporary file cannot be written or read.
    pub(super) fn sorted(mut self) -> io::Result<Sorted<K>> {
        if self.runs.is_some() {
            self.write_run()?;
        }
        let Some(mut runs) = self.runs.take() else {
            self.memory.sort_unstable_by_key(self.key);
            return Ok(Sorted::in_memory(self.key, self.memory));
        };
        self.memory = Vec::new();
        while runs.ends.len() > self.fan_in {
            runs = self.merged(runs)?;
        }
        let ranges = runs.ranges();
        Sorted::of_runs(self.key, &Rc::new(runs.file), &ranges)
    }

    /// Merges each [`FAN_IN`] runs to one.
    fn merged(&self, runs: Runs) -> io::Result<Runs> {
        let mut merged = Runs::create()?;
        let ranges = runs.ranges();
        let file = Rc::new(runs.file);
        for ranges in ranges.chunks(self.fan_in) {
            let mut sorted = Sorted::of_runs(self.key, &file, ranges)?;
            let mut chunk = Vec::with_capacity(CHUNK);
            while let Some(record) = sorted.next()? {
                chunk.push(record);
                if chunk.len() == CHUNK {
                    merged.file.append(&chunk)?;
                    chunk.clear();
                }
            }
            merged.file.append(&chunk)?;
            merged.ends.push(merged.file.len());
        }
        Ok(merged)
    }

    #[cfg(test)]
    fn with_fan_in(mut self, fan_in: usize) -> Sorter<K> {
        self.fan_in = fan_in;
        self
    }
}

/// Records in their order.
pub(super) struct Sorted<K> {
    key: fn(&Record) -> K,
    file: Option<Rc<RecordFile>>,
    chunk: u64,
    runs: Vec<Run>,
    /// The next record of each run that has one, by the number of the run.
    next: BinaryHeap<Reverse<(K, usize)>>,
}

/// A run that is being merged.
struct Run {
    records: Vec<Record>,
    /// The next one of `records`.
    at: usize,
    /// Those that are still in the file.
    rest: Range<u64>,
}

impl<K: Ord> Sorted<K> {
    fn in_memory(key: fn(&Record) -> K, records: Vec<Record>) -> Sorted<K> {
        let first = records.first().map(|record| Reverse((key(record), 0)));
        Sorted {
            key,
            file: None,
            chunk: 0,
            runs: vec![Run {
                records,
                at: 0,
                rest: 0..0,
            }],
            next: first.into_iter().collect(),
        }
    }

    fn of_runs(key: fn(&Record) -> K, file: &Rc<RecordFile>, ranges: &[Range<u64>]) -> io::Result<Sorted<K>> {
        let mut sorted = Sorted {
            key,
            file: Some(Rc::clone(file)),
            chunk: (MERGED / ranges.len().max(1)).clamp(1, CHUNK) as u64,
            runs: Vec::new(),
            next: BinaryHeap::new(),
        };
        for (number, range) in ranges.iter().enumerate() {
            let mut run = Run {
                records: Vec::new(),
                at: 0,
                rest: range.clone(),
            };
            run.fill(file, sorted.chunk)?;
            let first = run.records.first().map(|record| Reverse((key(record), number)));
            sorted.next.extend(first);
            sorted.runs.push(run);
        }
        Ok(sorted)
    }

    /// The next record.
    pub(super) fn peek(&self) -> Option<&Record> {
        let Reverse((_, number)) = self.next.peek()?;
        let run = &self.runs[*number];
        Some(&run.records[run.at])
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(mut next) = self.next.peek_mut() else {
            return Ok(None);
        };
        let run = &mut self.runs[next.0.1];
        let record = run.records[run.at];
        run.at += 1;
        if let (true, Some(file)) = (run.at == run.records.len(), &self.file) {
            run.fill(file, self.chunk)?;
        }
        match run.records.get(run.at) {
            Some(record) => next.0.0 = (self.key)(record),
            None => drop(PeekMut::pop(next)),
        }
        Ok(Some(record))
    }

    /// Takes the next record if it is such a one.
    ///
    /// # Errors
    /// As for [`Sorted::next`].
    pub(super) fn next_if(&mut self, is_such: impl Fn(&Record) -> bool) -> io::Result<Option<Record>> {
        match self.peek() {
            Some(record) if is_such(record) => self.next(),
            _ => Ok(None),
        }
    }
}

impl Run {
    fn fill(&mut self, file: &RecordFile, most: u64) -> io::Result<()> {
        let end = self.rest.end.min(self.rest.start + most);
        file.read(self.rest.start..end, &mut self.records)?;
        self.rest.start = end;
        self.at = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: u64, at: u64) -> Record {
        Record {
            hash: 0,
            key,
            gap: 0,
            at,
            content: 0,
            lane: 0,
            kind: 0,
        }
    }

    #[test]
    fn records_are_sorted_whether_in_memory_or_in_files() {
        for (room, fan_in) in [
            (100_000, 512),
            (10_000, 512),
            (3_000, 2),
            (1_000, 4),
            (7, 512),
            (1, 3),
        ] {
            let mut sorter = Sorter::new(room, |record| (record.key, record.at)).with_fan_in(fan_in);
            let keys = |at: u64| at.wrapping_mul(0xa076_1d64_78bd_642f) % 97;
            (0..10_000).for_each(|at| sorter.push(record(keys(at), at)).unwrap());
            assert_eq!(sorter.len(), 10_000);
            let mut expected: Vec<Record> = (0..10_000).map(|at| record(keys(at), at)).collect();
            expected.sort_by_key(|record| (record.key, record.at));
            let mut sorted = sorter.sorted().unwrap();
            let mut seen = Vec::new();
            while let Some(record) = sorted.peek().copied() {
                assert_eq!(sorted.next_if(|record| record.key == 97).unwrap(), None);
                assert_eq!(sorted.next().unwrap(), Some(record));
                seen.push(record);
            }
            assert_eq!(sorted.next().unwrap(), None);
            assert!(seen == expected, "room for {room}, {fan_in} runs at once");
        }
    }

    #[test]
    fn nothing_is_sorted_too() {
        let sorter: Sorter<u64> = Sorter::new(10, |record| record.key);
        assert_eq!(sorter.sorted().unwrap().next().unwrap(), None);
    }
}
