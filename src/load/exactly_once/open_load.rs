//! A load whose checkpoints are known: what was loaded of each input, and the records that say so.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::checkpoint::{self, FileFacts, Fingerprint, InputCheckpoint, KeptExtent, KeptOfLoad};
use super::known_loads::LoadState;
use super::prefix_hash::{PrefixDigest, PrefixHash};
use super::protocol::{Attempt, Checkpoint, RunId, Seen};
use super::recorded::Recorded;
use super::written_offsets::{WrittenOffsets, with_delivered};
use crate::input::{Input, InputError};
use crate::kafka::{ConnectError, ConnectErrorKind, LogError, PartitionLog, ReadMessage};
use crate::load::delivered_offsets::DeliveredOffsets;
use crate::load::{Counts, Interrupts, LoadReport};
use crate::record::Position;

/// How a load is named, and when it commits.
#[derive(Debug, Clone)]
pub struct LoadSettings {
    /// The name of the load.
    pub name: String,
    /// When a transaction is committed.
    pub commit: Commit,
    /// What the load does with what earlier runs of the same name loaded.
    pub earlier_runs: EarlierRuns,
    /// The longest time that the brokers let a transaction be open: for so long an abandoned one can hide checkpoints.
    pub transaction_timeout: Duration,
    /// The names of the run's inputs in the load, in the order of the inputs.
    pub inputs: Vec<LoadInput>,
    /// What must not change.
    pub fingerprint: Fingerprint,
}

/// When a load commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// After this number of rows or this time, whichever comes first.
    Often {
        /// The number of rows.
        rows: u64,
        /// The time.
        interval: Duration,
    },
    /// Once, after the last row.
    Once,
}

/// What a load does with what earlier runs of the same name loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierRuns {
    /// It continues after their rows.
    Continue,
    /// It loads all rows of its inputs again; later runs continue it.
    Restart,
    /// It loads all rows. Its checkpoint only shows whether its own rows were committed.
    Ignore,
}

impl EarlierRuns {
    /// Whether later runs continue the load.
    pub fn is_exactly_once(self) -> bool {
        self != EarlierRuns::Ignore
    }
}

/// An input of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadInput {
    /// Its name in the load.
    pub name: String,
    /// The file, as it is.
    pub file: FileFacts,
    /// Where its first row starts.
    first_row: Position,
    /// The hash of what comes before.
    front: PrefixDigest,
}

impl LoadInput {
    /// An input that has this name in the load.
    pub fn new(name: String, input: &Input) -> LoadInput {
        LoadInput {
            name,
            file: FileFacts {
                path: input.name.to_string(),
                size: input.length,
            },
            first_row: input.first_row(),
            front: PrefixHash::of(input.front()).digest(),
        }
    }
}

/// A load, with the checkpoints that were read so far.
pub struct OpenLoad {
    pub(in crate::load) settings: LoadSettings,
    log: PartitionLog,
    partition: i32,
    run: RunId,
    recorded: Recorded,
    /// Whether the topic of the checkpoints did not exist at the last look.
    topic_is_gone: bool,
    /// Where the inputs of the run continue, as far as that was compared with the files.
    resumes: Vec<Option<Resume>>,
}

/// Where reading an input continues; what comes before was compared with what was loaded.
#[derive(Debug, Clone)]
pub(in crate::load) struct Resume {
    pub(in crate::load) position: Position,
    pub(in crate::load) hash: PrefixHash,
    /// Whether something follows the position.
    pub(in crate::load) has_more: bool,
}

/// What a commit records of an input.
#[derive(Debug)]
pub(in crate::load) struct Covered {
    /// The index of the input in the run.
    pub(in crate::load) index: usize,
    pub(in crate::load) position: Position,
    pub(in crate::load) digest: PrefixDigest,
    pub(in crate::load) is_complete: bool,
    /// The rows before the position, those of earlier runs included.
    pub(in crate::load) counts: Counts,
    pub(in crate::load) rejects: Option<KeptExtent>,
    /// Where the rows before the position are.
    pub(in crate::load) written: Vec<WrittenOffsets>,
}

/// Whether all inputs were compared with what was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// They begin with the rows that were loaded.
    All,
    /// The comparison was broken off.
    NotAll,
}

/// Why the checkpoints cannot be used.
#[derive(Debug)]
pub enum LookError {
    /// The end of the partition cannot be reached: an open transaction hides it.
    Hidden,
    /// The brokers do not answer, or refuse.
    Refused(ConnectError),
    /// A checkpoint cannot be read.
    Unreadable(String),
}

impl fmt::Display for LookError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LookError::Hidden => formatter.write_str("the checkpoints are hidden by an open transaction"),
            LookError::Refused(error) => error.fmt(formatter),
            LookError::Unreadable(reason) => write!(formatter, "a checkpoint cannot be read: {reason}"),
        }
    }
}

impl std::error::Error for LookError {}

impl From<LogError> for LookError {
    fn from(error: LogError) -> LookError {
        match error {
            LogError::Hidden => LookError::Hidden,
            LogError::Refused(error) => LookError::Refused(error),
        }
    }
}

/// How long the open transaction of another producer can hide checkpoints.
pub(super) fn patience(transaction_timeout: Duration) -> Duration {
    // A transaction whose producer is gone ends at the latest when the brokers look for such.
    const SWEEP: Duration = Duration::from_secs(15);
    transaction_timeout + SWEEP
}

/// The name of a file without the ending of a compressed one.
fn uncompressed_name(name: &str) -> &str {
    let endings = [".gz", ".zst", ".xz", ".bz2", ".lz4"];
    let stripped = endings.iter().find_map(|ending| name.strip_suffix(ending));
    stripped.unwrap_or(name)
}

impl OpenLoad {
    /// Reads the checkpoints of a load. `waiting` is called while an open transaction hides them.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn open(
        settings: LoadSettings,
        mut log: PartitionLog,
        partition: i32,
        interrupts: &Interrupts,
        waiting: &mut dyn FnMut(),
    ) -> Result<OpenLoad, LookError> {
        let signals = interrupts.clone();
        log.stop_waiting_when(Box::new(move || signals.count() > 1));
        let run = uuid::Uuid::new_v4().as_u64_pair().0;
        let names = settings.inputs.iter().map(|input| input.name.clone());
        let mut load = OpenLoad {
            recorded: Recorded::of(&settings.name, run, settings.earlier_runs, names.collect()),
            settings,
            log,
            partition,
            run,
            topic_is_gone: false,
            resumes: Vec::new(),
        };
        load.resumes.resize(load.settings.inputs.len(), None);
        load.look(None, waiting)?;
        Ok(load)
    }

    /// The run's number.
    pub(in crate::load) fn run(&self) -> RunId {
        self.run
    }

    /// The partition of its checkpoints.
    pub(in crate::load) fn partition(&self) -> i32 {
        self.partition
    }

    /// The last checkpoint of an input of the run, by its index.
    pub fn of_input(&self, index: usize) -> Option<&InputCheckpoint> {
        self.recorded.inputs.get(&self.settings.inputs[index].name)
    }

    /// The name of the load.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What must not change.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.settings.fingerprint
    }

    /// Sets the registered ids of the value's and the key's schema.
    pub fn set_schema_ids(&mut self, ids: Vec<u32>) {
        self.settings.fingerprint.schema_ids = ids;
    }

    /// The inputs of the run that have checkpoints, with their names.
    pub fn inputs_of_run(&self) -> impl Iterator<Item = (&str, &InputCheckpoint)> {
        let inputs = self.settings.inputs.iter();
        inputs.filter_map(|input| Some((input.name.as_str(), self.recorded.inputs.get(&input.name)?)))
    }

    /// The inputs of the run that have checkpoints and rows that are not covered by them.
    pub fn unfinished_inputs(&self) -> impl Iterator<Item = &InputCheckpoint> {
        let inputs = 0..self.settings.inputs.len();
        inputs.filter_map(|index| self.of_input(index).filter(|_| !self.is_done(index)))
    }

    /// When the last checkpoint of an input of the run was written, in milliseconds since 1970.
    pub fn last_time(&self) -> Option<i64> {
        self.inputs_of_run().map(|(_, input)| input.time).max()
    }

    /// The input that is partly loaded, and the line of its next row.
    pub fn next_place(&self) -> Option<(&str, u64)> {
        let mut partial = self.inputs_of_run().filter(|(_, input)| !input.is_complete);
        partial.next().map(|(name, input)| (name, input.position.line))
    }

    /// The rows of the run's inputs that earlier runs loaded, by fate.
    pub fn counts_before(&self) -> Counts {
        let mut sum = Counts::default();
        for input in (0..self.settings.inputs.len()).filter_map(|index| self.of_input(index)) {
            sum.add_all(&input.counts);
        }
        sum
    }

    /// The same of those inputs that have rows which are not loaded.
    pub(in crate::load) fn counts_of_unfinished(&self) -> Counts {
        let mut sum = Counts::default();
        self.unfinished_inputs()
            .for_each(|input| sum.add_all(&input.counts));
        sum
    }

    /// Whether every input of the run is complete, and has not grown since.
    pub fn has_nothing_to_do(&self) -> bool {
        let mut inputs = 0..self.settings.inputs.len();
        inputs.all(|index| self.is_done(index))
    }

    /// Whether an input of the run is complete, and has not grown since.
    fn is_done(&self, index: usize) -> bool {
        let is_complete = self.of_input(index).is_some_and(|input| input.is_complete);
        let resume = self.resumes[index].as_ref();
        is_complete && resume.is_some_and(|resume| !resume.has_more)
    }

    /// What the checkpoints say about the inputs of the run.
    pub(in crate::load) fn state(&self) -> LoadState {
        if self.recorded.is_forgotten || self.topic_is_gone {
            return LoadState::Forgotten;
        }
        let mut inputs = 0..self.settings.inputs.len();
        let is_complete = |index: usize| {
            let input = self.of_input(index).filter(|input| input.is_complete);
            // Those that this run has completed may not be compared with the file any more.
            input.is_some_and(|input| input.run == self.run || self.is_done(index))
        };
        match inputs.all(is_complete) {
            true => LoadState::Complete,
            false => LoadState::Partial,
        }
    }

    /// The load as it is before the run changes it.
    pub fn report_before_run(&self) -> LoadReport {
        LoadReport {
            before: self.counts_before(),
            state: Some(self.state()),
            rejected_before: self.rejected_in_last_run(),
            ..LoadReport::of(
                &self.settings.name,
                self.settings.commit,
                self.settings.earlier_runs,
            )
        }
    }

    /// The rejected rows of those inputs of the run that the last one of their runs has read.
    pub(in crate::load) fn rejected_in_last_run(&self) -> u64 {
        let last = self.inputs_of_run().max_by_key(|(_, input)| input.number);
        let last = last.map(|(_, input)| input.run);
        let read = self.inputs_of_run().filter(|(_, input)| Some(input.run) == last);
        read.map(|(_, input)| input.counts.rejected).sum()
    }

    /// Reads what was committed since the last look.
    pub(in crate::load) fn look(
        &mut self,
        attempted: Option<&Checkpoint<u64>>,
        waiting: &mut dyn FnMut(),
    ) -> Result<Seen<u64>, LookError> {
        let OpenLoad {
            settings,
            log,
            recorded,
            ..
        } = self;
        let mut attempt = Attempt::NotFound;
        let mut see = |record: ReadMessage| {
            attempt = recorded.see(&record, attempted).unwrap_or(attempt);
        };
        let read = log.read_to_end(patience(settings.transaction_timeout), &mut see, waiting);
        let is_gone = |error: &LogError| matches!(error, LogError::Refused(error) if error.kind() == ConnectErrorKind::MissingTopic);
        self.topic_is_gone = read.as_ref().is_err_and(is_gone);
        read?;
        if let Some(reason) = self.recorded.unreadable() {
            return Err(LookError::Unreadable(reason.to_owned()));
        }
        self.recorded.leave_out_earlier_runs();
        // Records of a commit follow each other, so the last one that was read is of the last commit.
        let last = self.recorded.last.map(|(run, number)| Checkpoint {
            run,
            number,
            position: self.rows(),
        });
        Ok(Seen { last, attempt })
    }

    /// Whether later runs continue the load; otherwise its checkpoints only decide what was committed.
    pub fn is_exactly_once(&self) -> bool {
        self.settings.earlier_runs.is_exactly_once()
    }

    /// What earlier runs kept in the rejects files.
    pub fn kept(&self) -> KeptOfLoad {
        let of_run = 0..self.settings.inputs.len();
        let of_inputs: Vec<_> = of_run.map(|index| self.of_input(index)?.rejects).collect();
        let mut unfinished = self.unfinished_inputs().filter_map(|input| input.rejects);
        let with_kept = self
            .recorded
            .inputs
            .values()
            .filter(|input| input.rejects.is_some());
        KeptOfLoad {
            is_needed: unfinished.any(|kept| kept.rows > 0),
            last: with_kept
                .max_by_key(|input| input.number)
                .and_then(|input| input.rejects),
            of_inputs,
        }
    }

    /// Whether there is a checkpoint of the load.
    pub fn is_known(&self) -> bool {
        !self.recorded.inputs.is_empty()
    }

    /// Whether the run continues what earlier runs began.
    pub fn has_begun(&self) -> bool {
        self.recorded.last.is_some() && self.recorded.restarted.is_empty()
    }

    /// What the first commit of a run records: the input that it continues, or those that it loads again.
    pub(in crate::load) fn opening(&self) -> Vec<Covered> {
        if !self.recorded.restarted.is_empty() {
            let restarted = self.recorded.restarted.iter();
            return restarted.map(|index| self.as_it_is(*index)).collect();
        }
        let mut inputs = 0..self.settings.inputs.len();
        let next = inputs.find(|index| !self.is_done(*index)).unwrap_or(0);
        vec![Covered {
            // Not if the file has grown.
            is_complete: self.is_done(next),
            ..self.as_it_is(next)
        }]
    }

    /// An input at its last checkpoint, or at its first row.
    pub(in crate::load) fn as_it_is(&self, index: usize) -> Covered {
        let LoadInput { first_row, front, .. } = &self.settings.inputs[index];
        match self.of_input(index) {
            Some(input) => Covered {
                index,
                position: input.position,
                digest: input.digest,
                is_complete: input.is_complete,
                counts: input.counts,
                rejects: input.rejects,
                written: input.written.clone(),
            },
            None => Covered {
                index,
                position: *first_row,
                digest: *front,
                is_complete: false,
                counts: Counts::default(),
                rejects: None,
                written: Vec::new(),
            },
        }
    }

    /// Where the rows of an input are, if those that were `delivered` since its last checkpoint are covered too.
    pub(in crate::load) fn written_with(
        &self,
        index: usize,
        delivered: &DeliveredOffsets,
    ) -> Vec<WrittenOffsets> {
        let before = self.of_input(index).map_or(&[][..], |input| &input.written);
        with_delivered(before, &self.settings.fingerprint.topics, delivered)
    }

    /// The rows of all inputs of the load that are covered.
    pub(in crate::load) fn rows(&self) -> u64 {
        self.recorded
            .inputs
            .values()
            .map(|input| input.position.row)
            .sum()
    }

    /// The rows of all inputs of the load, if those of some inputs are `covered` now.
    pub(in crate::load) fn rows_with(&self, covered: &[Covered]) -> u64 {
        let now = |index: usize| self.of_input(index).map_or(0, |input| input.position.row);
        let more = covered
            .iter()
            .map(|covered| covered.position.row - now(covered.index));
        self.rows() + more.sum::<u64>()
    }

    /// Compares what was loaded of the run's inputs with the files, unless that was done before. `goes_on` is asked
    /// again and again whether to continue.
    ///
    /// # Errors
    /// A file does not begin with the rows that were loaded, or cannot be read.
    pub fn verify<'i>(
        &mut self,
        inputs: impl Iterator<Item = &'i Input>,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Verified, InputError> {
        let (by_size, by_name) = self.names_of_others();
        for (index, input) in inputs.enumerate() {
            let Some((position, digest)) = self.of_input(index).map(|found| (found.position, found.digest))
            else {
                self.resumes[index] = None;
                let names = input.length.and_then(|length| by_size.get(&length));
                let name = uncompressed_name(&self.settings.inputs[index].name);
                let names = names.into_iter().chain(by_name.get(name)).flatten();
                if let Some(twin) = self.twin_of(input, names, goes_on) {
                    return Err(input.loaded_as(twin));
                }
                continue;
            };
            let known = self.resumes[index].as_ref();
            if known.is_some_and(|known| known.hash.digest() == digest) {
                continue;
            }
            match prefix(input, &position, goes_on)? {
                Some(resume) if resume.hash.digest() == digest => self.resumes[index] = Some(resume),
                Some(_) => return Err(input.differs_before(&position)),
                None => return Ok(Verified::NotAll),
            }
        }
        Ok(Verified::All)
    }

    /// The names of the inputs with rows of the load that the run does not have, by their lengths, and by their names
    /// without that of a compression. Those that it has are other files, even if they have the same text.
    fn names_of_others(&self) -> (HashMap<u64, Vec<String>>, HashMap<String, Vec<String>>) {
        let mut by_size: HashMap<u64, Vec<String>> = HashMap::new();
        let mut by_name: HashMap<String, Vec<String>> = HashMap::new();
        let of_run: HashSet<&str> = self.settings.inputs.iter().map(|input| &*input.name).collect();
        for (name, input) in self
            .recorded
            .inputs
            .iter()
            .filter(|(name, _)| !of_run.contains(name.as_str()))
        {
            if input.position.row > 0 {
                let same_name = by_name.entry(uncompressed_name(name).to_owned()).or_default();
                same_name.push(name.clone());
                if let Some(size) = input.file.size {
                    by_size.entry(size).or_default().push(name.clone());
                }
            }
        }
        (by_size, by_name)
    }

    /// The one of these inputs of the load that has the same text.
    fn twin_of<'n>(
        &self,
        input: &Input,
        mut names: impl Iterator<Item = &'n String>,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<&'n String> {
        names.find(|name| {
            let known = &self.recorded.inputs[*name];
            // An input that ends before the position, or has no row there, is another one.
            let found = prefix(input, &known.position, goes_on).ok().flatten();
            found.is_some_and(|resume| resume.hash.digest() == known.digest)
        })
    }

    /// Where reading the inputs of the run continues.
    pub(in crate::load) fn resumes(&self) -> Vec<Option<Resume>> {
        self.resumes.clone()
    }

    /// Records where an input continues.
    pub(in crate::load) fn note_reached(&mut self, index: usize, resume: Resume) {
        self.resumes[index] = Some(resume);
    }

    /// The records of a commit: key and value of each.
    pub(in crate::load) fn records(
        &self,
        commit: &Checkpoint<u64>,
        covered: &[Covered],
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let time = now.map_or(0, |now| now.as_millis() as i64);
        let record = |covered: &Covered| {
            let LoadInput { name, file, .. } = &self.settings.inputs[covered.index];
            let record = InputCheckpoint {
                run: commit.run,
                number: commit.number,
                position: covered.position,
                digest: covered.digest,
                is_complete: covered.is_complete,
                counts: covered.counts,
                time,
                fingerprint: self.settings.fingerprint.clone(),
                file: file.clone(),
                rejects: covered.rejects,
                written: covered.written.clone(),
            };
            let load = &self.settings.name;
            (checkpoint::key(load, name), record.value(load, name))
        };
        covered.iter().map(record).collect()
    }
}

/// The hash of an input before a position, and the position with its offset in the file; none if `goes_on` says so.
fn prefix(
    input: &Input,
    position: &Position,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<Resume>, InputError> {
    let mut hash = PrefixHash::of(input.front());
    let first = input.first_row();
    let mut reader = input.reader_at(&first)?;
    if position.row == 0 {
        return Ok(Some(Resume {
            position: first,
            hash,
            has_more: reader.next_block()?.is_some(),
        }));
    }
    while let Some(block) = reader.next_block()? {
        if !goes_on() {
            return Ok(None);
        }
        let Some(length) = block.bytes_before(position) else {
            hash.add(&block.bytes);
            continue;
        };
        // A last row without a line terminator may have become longer.
        let (before, after) = block.bytes.split_at(length);
        let is_line_end = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
        if block.origins.is_none() && !is_line_end(before.last()) && !is_line_end(after.first()) {
            return Err(input.differs_before(position));
        }
        hash.add(&block.bytes[..length]);
        let raw_byte = block.raw_byte_at(length);
        let has_more = length < block.bytes.len() || reader.next_block()?.is_some();
        return Ok(Some(Resume {
            position: Position {
                raw_byte,
                ..*position
            },
            hash,
            has_more,
        }));
    }
    // It ends before the position.
    Err(input.differs_before(position))
}
