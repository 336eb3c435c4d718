//! Compares the messages on a topic with those that a load of the inputs would send.
//!
//! The rows are read and encoded by the stages of a load. Instead of being sent, each message is hashed (`content`) and
//! compared in step with what its partition has (`lane`). What is left over is kept in memory or in temporary files
//! (`record`, `sorter`) and explained at the end (`verdict`); for that the inputs may be read again (`rows`).

mod content;
mod filter;
mod lane;
mod record;
mod rows;
mod sorter;
mod verdict;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Range;
use std::time::Duration;

pub use content::{Masked, MaskedFields};
pub use rows::ExpectedMessage;
pub use verdict::Kind;

use super::encoded_block::EncodedBlock;
use super::interrupt::Interrupts;
use super::worker::WorkerFailure;
use crate::escape::printable;
use crate::input::InputError;
use crate::kafka::{ConnectError, Extent, Message, MessageView, OpenTopic, RangeReader, ReadMessage};
use content::{ContentHash, key_hash};
use lane::{Lane, Side, Skipped, Unit, WINDOW};
pub(super) use rows::Repeated;
use verdict::{ANY_LANE, Findings, Found, Gap, LeftOver, aligned};

/// Units of each side that wait for those of the other one: enough to decide whatever the next units are.
const MOST_WAITING: usize = 2 * WINDOW;
/// Called while messages are waited for, with whether an open transaction hides them; returns whether to stop.
pub(super) type Wait<'w> = &'w mut dyn FnMut(bool) -> bool;
/// How much a row and a message of a topic differ, by the number of the topic; none if that cannot be told.
pub type Distance<'d> = &'d mut dyn FnMut(&ExpectedMessage, usize, &ReadMessage) -> Option<u64>;
/// How long to wait for messages before checking for signals.
const PATIENCE: Duration = Duration::from_millis(20);

/// What a comparison needs to know.
pub struct ComparisonSettings {
    /// By topic and partition: the ranges of offsets that are compared, in their order.
    pub ranges: Vec<Vec<Vec<Range<i64>>>>,
    /// The names of the headers that every message has, in order; before them come those that rows name themselves.
    pub headers: Vec<String>,
    /// Whether rows name headers themselves.
    pub own_headers: bool,
    /// By topic: whether the time of a message is compared.
    pub times: Vec<bool>,
    /// What is not compared.
    pub masked: Masked,
}

/// A comparison that is going on.
pub struct Comparison {
    reader: RangeReader,
    /// Those of all partitions of all topics; the number of a lane is that of its ranges in the reader.
    lanes: Vec<Lane>,
    /// The topic and the partition of each lane.
    places: Vec<(usize, i32)>,
    /// The first lane of each topic.
    first_lanes: Vec<usize>,
    headers: Vec<String>,
    own_headers: bool,
    times: Vec<bool>,
    content: ContentHash,
    left_over: LeftOver,
    /// The messages that were read.
    found: u64,
    /// The last row that was expected.
    last_row: Option<u64>,
    repeated: Option<Repeated>,
    /// Why the comparison cannot go on.
    failure: Option<ComparisonError>,
}

/// Why a comparison cannot go on.
#[derive(Debug)]
pub enum ComparisonError {
    /// The topic cannot be read.
    Topic(ConnectError),
    /// What differs cannot be written to a temporary file.
    Temporary(io::Error),
    /// An input cannot be read again.
    Input(InputError),
    /// A thread did not finish its work.
    Worker(WorkerFailure),
    /// By a signal.
    Interrupted,
}

impl fmt::Display for ComparisonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComparisonError::Topic(error) => error.fmt(formatter),
            ComparisonError::Temporary(_) => {
                let folder = std::env::temp_dir();
                let folder = printable(folder.as_os_str().as_encoded_bytes(), 4096);
                write!(
                    formatter,
                    "what differs cannot be kept in temporary files of the folder `{folder}`"
                )
            }
            ComparisonError::Input(error) => error.fmt(formatter),
            ComparisonError::Worker(failure) => failure.fmt(formatter),
            ComparisonError::Interrupted => formatter.write_str("ended by a signal"),
        }
    }
}

impl Error for ComparisonError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ComparisonError::Temporary(error) => Some(error),
            ComparisonError::Topic(error) => error.source(),
            ComparisonError::Input(error) => error.source(),
            ComparisonError::Worker(failure) => failure.source(),
            ComparisonError::Interrupted => None,
        }
    }
}

impl From<ConnectError> for ComparisonError {
    fn from(error: ConnectError) -> ComparisonError {
        ComparisonError::Topic(error)
    }
}

impl From<io::Error> for ComparisonError {
    fn from(error: io::Error) -> ComparisonError {
        ComparisonError::Temporary(error)
    }
}

/// The result of a comparison.
pub struct Verdict {
    /// Rows with an equal message at their place.
    pub equal: u64,
    /// The messages that were compared.
    pub messages: u64,
    /// Each kind, how often it was found, and the first ones.
    pub kinds: Vec<(Kind, u64, Vec<Difference>)>,
}

impl Verdict {
    /// How often a kind was found.
    pub fn count(&self, kind: Kind) -> u64 {
        let found = self.kinds.iter().find(|(found, ..)| *found == kind);
        found.map_or(0, |(_, count, _)| *count)
    }
}

/// A difference, with what is on both sides.
pub struct Difference {
    /// What the row becomes.
    pub expected: Option<ExpectedMessage>,
    /// The topic of the message, by its number, and the message.
    pub found: Option<(usize, ReadMessage)>,
}

impl Comparison {
    /// Starts reading the topics.
    ///
    /// # Errors
    /// A partition cannot be read.
    pub fn start(mut reader: RangeReader, settings: ComparisonSettings) -> Result<Comparison, ConnectError> {
        let (mut lanes, mut places, mut first_lanes) = (Vec::new(), Vec::new(), Vec::new());
        for (topic, partitions) in settings.ranges.into_iter().enumerate() {
            first_lanes.push(lanes.len());
            for (ranges, partition) in partitions.into_iter().zip(0..) {
                reader.start(topic, partition, ranges)?;
                lanes.push(Lane::default());
                places.push((topic, partition));
            }
        }
        Ok(Comparison {
            reader,
            lanes,
            places,
            first_lanes,
            headers: settings.headers,
            own_headers: settings.own_headers,
            times: settings.times,
            content: ContentHash::new(settings.masked),
            left_over: LeftOver::default(),
            found: 0,
            last_row: None,
            repeated: None,
            failure: None,
        })
    }

    /// The topics as they were when their reader connected.
    pub(super) fn topics(&self) -> &[OpenTopic] {
        self.reader.topics()
    }

    /// Remembers how the rows are read.
    pub(super) fn repeat_with(&mut self, repeated: Repeated) {
        self.repeated = Some(repeated);
    }

    /// Why the comparison could not go on, if so.
    pub fn take_failure(&mut self) -> Option<ComparisonError> {
        self.failure.take()
    }

    /// Compares the messages of a block. Returns whether the comparison can go on.
    pub(super) fn expect(&mut self, encoded: &EncodedBlock, wait: Wait<'_>) -> bool {
        let done = self.compare(encoded, wait);
        self.note(done)
    }

    /// Compares what remains, after the last block.
    pub(super) fn drain(&mut self, wait: Wait<'_>) -> bool {
        let done = self.compare_rest(wait);
        self.note(done)
    }

    fn note(&mut self, done: Result<(), ComparisonError>) -> bool {
        match done {
            Ok(()) => true,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                false
            }
        }
    }

    fn compare(&mut self, encoded: &EncodedBlock, wait: Wait<'_>) -> Result<(), ComparisonError> {
        for (index, message) in encoded.messages.iter().enumerate() {
            let (lane, unit) = self.unit(encoded, index, message);
            self.last_row = Some(unit.at);
            match lane {
                ANY_LANE => self.left_over.add(
                    ANY_LANE,
                    Skipped {
                        side: Side::Expected,
                        unit,
                        gap: 0,
                    },
                )?,
                lane => self.lanes[lane as usize].push(Side::Expected, unit),
            }
        }
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].waiting(Side::Expected) > 0 {
                self.advance(lane, Duration::ZERO)?;
            }
            while self.lanes[lane].waiting(Side::Expected) >= MOST_WAITING {
                if wait(self.reader.is_hidden(lane)) {
                    return Ok(());
                }
                self.advance(lane, PATIENCE)?;
            }
        }
        Ok(())
    }

    fn compare_rest(&mut self, wait: Wait<'_>) -> Result<(), ComparisonError> {
        self.lanes.iter_mut().for_each(|lane| lane.expected_ended = true);
        loop {
            let mut open = (0..self.lanes.len()).filter(|lane| !self.lanes[*lane].is_over());
            if wait(open.any(|lane| self.reader.is_hidden(lane))) {
                return Err(ComparisonError::Interrupted);
            }
            let before = self.found;
            let mut waiting = None;
            for lane in 0..self.lanes.len() {
                if !self.lanes[lane].is_over() {
                    self.advance(lane, Duration::ZERO)?;
                    waiting = waiting.or(Some(lane).filter(|lane| !self.lanes[*lane].is_over()));
                }
            }
            match waiting {
                None => return Ok(()),
                Some(lane) if self.found == before => self.advance(lane, PATIENCE)?,
                Some(_) => {}
            }
        }
    }

    /// Reads what has arrived for a lane, unless enough waits there, and compares it.
    fn advance(&mut self, number: usize, patience: Duration) -> Result<(), ComparisonError> {
        let Comparison {
            reader,
            lanes,
            places,
            times,
            content,
            left_over,
            found,
            ..
        } = self;
        let lane = &mut lanes[number];
        if !lane.found_ended && lane.waiting(Side::Found) < WINDOW {
            let compares_time = times[places[number].0];
            let extent = reader.read(number, patience, &mut |message| {
                *found += 1;
                lane.push(Side::Found, found_unit(content, message, compares_time));
            })?;
            lane.found_ended = extent == Extent::Over;
        }
        let mut kept = Ok(());
        lane.settle(&mut |skipped| {
            if kept.is_ok() {
                kept = left_over.add(number as u32, skipped);
            }
        });
        Ok(kept?)
    }

    /// The lane and the unit of an expected message.
    fn unit(&mut self, encoded: &EncodedBlock, index: usize, message: &Message) -> (u32, Unit) {
        let topic = encoded.marked.topic_of(message.row);
        let bytes = |range: &Option<Range<u32>>| {
            let range = range.as_ref()?;
            Some(&encoded.arena[range.start as usize..range.end as usize])
        };
        let key = bytes(&message.key);
        let time = message.timestamp.map(Into::into).filter(|_| self.times[topic]);
        self.content.begin(key, bytes(&message.payload), time);
        rows::headers(encoded, index, self.own_headers, &self.headers, |name, value| {
            self.content.header(name, value);
        });
        let unit = Unit {
            hash: self.content.finish(),
            key: key_hash(key),
            at: rows::number(encoded, message.row),
        };
        let lane = match u32::try_from(message.partition) {
            Ok(partition) => self.first_lanes[topic] as u32 + partition,
            Err(_) => ANY_LANE,
        };
        (lane, unit)
    }

    /// Explains what differs, with the first `shown` of each kind. The inputs are read again if anything is left over. Of
    /// the rows and messages between the same neighbours, those with the least distance are one difference.
    ///
    /// # Errors
    /// The inputs or the topic cannot be read again, or a temporary file cannot be used.
    pub fn verdict(
        mut self,
        shown: usize,
        distance: Distance<'_>,
        interrupts: &Interrupts,
    ) -> Result<Verdict, ComparisonError> {
        let pairs = self.lanes.iter().map(Lane::pairs).collect();
        let left_over = std::mem::take(&mut self.left_over);
        let mut joined = left_over.join(pairs, shown, interrupts)?;
        if joined.needs_rows() {
            let mut repeated = self.repeated.take().ok_or(ComparisonError::Interrupted)?;
            let mut failed = Ok(());
            repeated.each(self.last_row, interrupts, &mut |encoded| {
                for (index, message) in encoded.messages.iter().enumerate() {
                    let (lane, unit) = self.unit(encoded, index, message);
                    failed = joined.see(lane, unit);
                    if failed.is_err() {
                        return false;
                    }
                }
                true
            })?;
            failed?;
            self.repeated = Some(repeated);
        }
        let mut findings = joined.finish(interrupts)?;
        let gaps = findings.take_gaps();
        let mut rows: Vec<u64> = Kind::ALL
            .iter()
            .flat_map(|kind| findings.first(*kind))
            .filter_map(|found| found.row)
            .chain(gaps.iter().flat_map(|gap| gap.rows.iter().copied()))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let rows = self.rows(&rows, interrupts)?;
        let findings = self.settled(findings, gaps, &rows, distance, interrupts)?;
        let mut kinds = Vec::new();
        for kind in Kind::ALL {
            let first = findings.first(kind).iter();
            let first: Result<Vec<Difference>, ComparisonError> =
                first.map(|found| self.difference(found, &rows)).collect();
            kinds.push((kind, findings.count(kind), first?));
        }
        Ok(Verdict {
            equal: findings.equal,
            messages: self.found,
            kinds,
        })
    }

    /// Pairs the rows and messages of gaps so that they differ as little as possible.
    fn settled(
        &mut self,
        mut findings: Findings,
        gaps: Vec<Gap>,
        rows: &HashMap<u64, ExpectedMessage>,
        distance: Distance<'_>,
        interrupts: &Interrupts,
    ) -> Result<Findings, ComparisonError> {
        for gap in gaps {
            if interrupts.count() > 0 {
                return Err(ComparisonError::Interrupted);
            }
            // If something cannot be told, nothing is nearer than the others, and they are paired by position.
            let distances = self.distances(&gap, rows, distance)?.unwrap_or_default();
            let of_pair = |row: usize, message: usize| {
                let of_message = distances.get(message);
                of_message.map_or(0, |of_message| of_message[row])
            };
            findings.settle(&gap, &aligned(gap.rows.len(), gap.messages.len(), &of_pair));
        }
        Ok(findings.finish())
    }

    /// The distances of each message of a gap from each row; none if one cannot be told.
    fn distances(
        &mut self,
        gap: &Gap,
        rows: &HashMap<u64, ExpectedMessage>,
        distance: Distance<'_>,
    ) -> Result<Option<Vec<Vec<u64>>>, ComparisonError> {
        let mut distances = Vec::with_capacity(gap.messages.len());
        for offset in &gap.messages {
            let Some((topic, message)) = self.message(gap.lane, *offset)? else {
                return Ok(None);
            };
            let of_rows = gap
                .rows
                .iter()
                .map(|row| distance(rows.get(row)?, topic, &message));
            match of_rows.collect() {
                Some(of_rows) => distances.push(of_rows),
                None => return Ok(None),
            }
        }
        Ok(Some(distances))
    }

    /// The topic of a message, by its number, and the message; none if it does not exist any more.
    fn message(&mut self, lane: u32, offset: u64) -> Result<Option<(usize, ReadMessage)>, ConnectError> {
        let (topic, partition) = self.places[lane as usize];
        let message = self.reader.message(topic, partition, offset as i64)?;
        Ok(message.map(|message| (topic, message)))
    }

    fn difference(
        &mut self,
        found: &Found,
        rows: &HashMap<u64, ExpectedMessage>,
    ) -> Result<Difference, ComparisonError> {
        let message = match found.offset {
            Some(offset) => self.message(found.lane, offset)?,
            None => None,
        };
        Ok(Difference {
            expected: found.row.and_then(|row| rows.get(&row).cloned()),
            found: message,
        })
    }

    /// What these rows become, by their numbers.
    fn rows(
        &mut self,
        wanted: &[u64],
        interrupts: &Interrupts,
    ) -> Result<HashMap<u64, ExpectedMessage>, ComparisonError> {
        let mut rows = HashMap::new();
        let Some(last) = wanted.last() else {
            return Ok(rows);
        };
        let repeated = self.repeated.as_mut().ok_or(ComparisonError::Interrupted)?;
        repeated.each(Some(*last), interrupts, &mut |encoded| {
            for (index, message) in encoded.messages.iter().enumerate() {
                let number = rows::number(encoded, message.row);
                if wanted.binary_search(&number).is_ok() {
                    let row = rows::expected(encoded, index, self.own_headers, &self.headers);
                    rows.insert(number, row);
                }
            }
            rows.len() < wanted.len()
        })?;
        Ok(rows)
    }
}

fn found_unit(content: &mut ContentHash, message: &MessageView<'_>, compares_time: bool) -> Unit {
    let key = message.key();
    let time = compares_time.then(|| message.time());
    content.begin(key, message.value(), time);
    message.headers(|name, value| content.header(name, value));
    Unit {
        hash: content.finish(),
        key: key_hash(key),
        at: message.offset() as u64,
    }
}
