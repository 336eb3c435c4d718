//! The fate of every row, and the raw rows of everything that is in flight.
//!
//! It is the only owner of these numbers. A row is entered when it is counted as read, and has exactly one fate after
//! its report. Clients may be replaced: a report is identified by the number sent with its message,
//! so several clients can serve one ledger, and rows without a report can be sent again by another one.

use std::collections::VecDeque;

use super::counts::{Counts, Fate, Imbalance};
use super::delivered_offsets::{DeliveredOffsets, note};
use super::marked_block::MarkedBlock;
use super::row_set::RowSet;
use super::stages::InputNumber;
use crate::kafka::{Acknowledged, Message, Outcome, Report, RowTag};
use crate::record::Position;

/// The accounts of a run.
#[derive(Debug)]
pub(super) struct Ledger {
    counts: Counts,
    files: Vec<Counts>,
    /// The number of the first of `held`.
    first: u64,
    /// Blocks in the order of their numbers.
    held: VecDeque<HeldBlock>,
    /// The approximate memory of these blocks.
    held_bytes: u64,
    /// Blocks in which all rows have a fate, but that are held until the next [`Ledger::release`].
    done: Vec<u64>,
    in_flight: u64,
    /// Whether a block is being handed over, so that `taken` does not yet count all accepted messages.
    handing_over: bool,
    /// Messages that clients accepted, and reports for them: two independent counts.
    taken: u64,
    reported: u64,
    /// Rows with a report that is no longer awaited.
    given_up: u64,
    /// The last row in the order of reading that was delivered.
    last_delivered: Option<RowTag>,
    /// By topic, in the order of the run's topics.
    topics: Vec<TopicAccount>,
    /// What each input delivered since the last savepoint; empty unless rows are written in transactions.
    written: Vec<DeliveredOffsets>,
}

/// The messages for one topic.
#[derive(Debug, Clone, Default)]
struct TopicAccount {
    /// Those that were read and have a fate, by fate. Rows that become no message belong to no topic.
    counts: Counts,
    /// Those delivered to each partition.
    acknowledged: Vec<Acknowledged>,
}

/// The accounts at a time when no row was in flight.
#[derive(Debug, Clone)]
pub(super) struct LedgerSavepoint {
    counts: Counts,
    files: Vec<Counts>,
    taken: u64,
    reported: u64,
    given_up: u64,
    last_delivered: Option<RowTag>,
    topics: Vec<TopicAccount>,
}

#[derive(Debug)]
struct HeldBlock {
    input: InputNumber,
    marked: MarkedBlock,
    /// Rows without a fate yet.
    open: RowSet,
    /// The number of these rows.
    left: u32,
}

/// A row that was not, or may not have been, delivered.
#[derive(Debug, Clone, Copy)]
pub(super) struct UndeliveredRow<'a> {
    pub(super) input: InputNumber,
    pub(super) position: Position,
    pub(super) fate: Fate,
    /// With its line terminator.
    pub(super) bytes: &'a [u8],
    pub(super) tag: RowTag,
}

impl HeldBlock {
    /// Its approximate memory.
    fn size(&self) -> u64 {
        let MarkedBlock {
            block,
            rows,
            tombstones,
            topics,
            ..
        } = &self.marked;
        let lists = size_of_val(&rows[..]) + size_of_val(&tombstones[..]) + size_of_val(&topics[..]);
        let origins = block
            .origins
            .as_ref()
            .map_or(0, |origins| size_of_val(&origins.rows[..]));
        (block.bytes.capacity() + lists + origins + size_of::<HeldBlock>()) as u64
    }

    /// Drops the rows; returns the memory that they used.
    fn let_go(&mut self) -> u64 {
        let size = self.size();
        self.marked.block.bytes = Vec::new();
        self.marked.block.origins = None;
        self.marked.rows = Vec::new();
        self.marked.tombstones = Vec::new();
        self.marked.topics = Vec::new();
        self.open = RowSet::below(0);
        size
    }
}

impl Ledger {
    /// The accounts of a run with these numbers of inputs and of topics.
    pub(super) fn new(inputs: usize, topics: usize) -> Ledger {
        Ledger {
            counts: Counts::default(),
            files: vec![Counts::default(); inputs],
            first: 0,
            held: VecDeque::new(),
            held_bytes: 0,
            done: Vec::new(),
            in_flight: 0,
            handing_over: false,
            taken: 0,
            reported: 0,
            given_up: 0,
            last_delivered: None,
            topics: vec![TopicAccount::default(); topics.max(1)],
            written: Vec::new(),
        }
    }

    /// From now on keeps what each input delivers since the last savepoint.
    pub(super) fn keep_written(&mut self) {
        self.written.resize(self.files.len(), DeliveredOffsets::default());
    }

    /// What an input delivered since the last savepoint.
    pub(super) fn written(&self, input: InputNumber) -> &DeliveredOffsets {
        &self.written[input.index()]
    }

    /// Rows by fate over all inputs.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Rows by fate of one input.
    pub(super) fn counts_of(&self, input: InputNumber) -> Counts {
        self.files[input.index()]
    }

    /// Rows without a fate yet.
    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// The approximate memory of the held blocks.
    pub(super) fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// The last row in the order of reading that was delivered.
    pub(super) fn last_delivered(&self) -> Option<RowTag> {
        self.last_delivered
    }

    /// The messages delivered to each partition of a topic, by its number.
    pub(super) fn acknowledged(&self, topic: usize) -> &[Acknowledged] {
        &self.topics[topic].acknowledged
    }

    /// The messages for each topic, by fate.
    pub(super) fn counts_by_topic(&self) -> Vec<Counts> {
        self.topics.iter().map(|topic| topic.counts).collect()
    }

    /// Checks, at the end, that every row has exactly one fate, and every accepted message one report.
    ///
    /// # Errors
    /// A row or a report is missing, or there is one too many.
    pub(super) fn balance(&self) -> Result<(), Imbalance> {
        self.counts.balance()?;
        if self.handing_over {
            // A panic interrupted it: the number of accepted messages is unknown.
            return Ok(());
        }
        let (taken, reported) = (self.taken, self.reported);
        // If rows were given up, it is unknown how many of them had been accepted.
        let missing = taken.saturating_sub(reported);
        if reported > taken + self.given_up || missing > self.given_up {
            return Err(Imbalance::Reports { taken, reported });
        }
        Ok(())
    }

    /// Enters rows that are read and have their fate immediately.
    pub(super) fn enter(&mut self, input: InputNumber, fate: Fate, rows: u64) {
        for counts in [&mut self.counts, &mut self.files[input.index()]] {
            counts.read += rows;
            counts.add(fate, rows);
        }
    }

    /// Enters the messages of a dry run.
    pub(super) fn enter_unsent(&mut self, input: InputNumber, marked: &MarkedBlock, messages: &[Message]) {
        let is_tombstone = |message: &&Message| message.payload.is_none();
        let tombstones = messages.iter().filter(is_tombstone).count() as u64;
        self.enter(input, Fate::Unsent, messages.len() as u64);
        for counts in [&mut self.counts, &mut self.files[input.index()]] {
            counts.tombstones += tombstones;
        }
        if let [only] = &mut self.topics[..] {
            only.counts.read += messages.len() as u64;
            only.counts.add(Fate::Unsent, messages.len() as u64);
            only.counts.tombstones += tombstones;
            return;
        }
        for message in messages {
            let counts = &mut self.topics[marked.topic_of(message.row)].counts;
            counts.read += 1;
            counts.add(Fate::Unsent, 1);
            counts.tombstones += u64::from(message.payload.is_none());
        }
    }

    /// Enters the rows of `messages`, which are in flight from now on; returns the number for their tags.
    pub(super) fn hold(&mut self, input: InputNumber, marked: MarkedBlock, messages: &[Message]) -> u64 {
        let mut open = RowSet::below(marked.rows.len());
        for message in messages {
            open.insert(message.row);
        }
        let rows = messages.len() as u64;
        self.counts.read += rows;
        self.files[input.index()].read += rows;
        self.in_flight += rows;
        self.handing_over = true;
        let held = HeldBlock {
            input,
            marked,
            open,
            left: messages.len() as u32,
        };
        let number = self.first + self.held.len() as u64;
        if held.left == 0 {
            self.done.push(number);
        }
        self.held_bytes += held.size();
        self.held.push_back(held);
        number
    }

    /// Records how many messages a client accepted.
    pub(super) fn note_taken(&mut self, messages: u64) {
        self.taken += messages;
        self.handing_over = false;
    }

    /// Enters a report; returns the row unless it was delivered or already has a fate.
    #[inline]
    pub(super) fn settle(&mut self, report: &Report) -> Option<UndeliveredRow<'_>> {
        let fate = match report.outcome {
            Outcome::Delivered => Fate::Delivered,
            Outcome::Failed(_) | Outcome::Refused(_) => Fate::Failed,
            Outcome::Unknown(_) => Fate::Unknown,
            Outcome::Unsent(_) => Fate::Unsent,
        };
        self.reported += u64::from(!matches!(report.outcome, Outcome::Refused(_)));
        let (block, row) = (report.tag.block(), report.tag.row());
        if fate == Fate::Delivered {
            self.last_delivered = self.last_delivered.max(Some(report.tag));
            self.note_offset(block, row, report.partition, report.offset);
            self.close(block, row, fate);
            return None;
        }
        self.close(block, row, fate).then(|| self.row(block, row, fate))
    }

    /// Enters a row of a held block that no client accepted: it is unsent.
    pub(super) fn return_unsent(&mut self, block: u64, row: u32) -> UndeliveredRow<'_> {
        self.close(block, row, Fate::Unsent);
        self.row(block, row, Fate::Unsent)
    }

    /// The rows in flight, as block number and row: those to send again after their client is closed.
    pub(super) fn rows_in_flight(&self) -> impl Iterator<Item = (u64, u32)> {
        let numbered = (self.first..).zip(&self.held);
        numbered.flat_map(|(number, held)| held.open.rows().map(move |row| (number, row)))
    }

    /// Stops waiting for the report of a row: its fate is unknown.
    pub(super) fn give_up(&mut self, block: u64, row: u32) -> UndeliveredRow<'_> {
        self.given_up += u64::from(self.close(block, row, Fate::Unknown));
        self.row(block, row, Fate::Unknown)
    }

    /// Drops the blocks in which all rows have a fate. If an earlier block has rows without a fate, a stub remains,
    /// which keeps the number of the block.
    pub(super) fn release(&mut self) {
        for number in std::mem::take(&mut self.done) {
            let index = (number - self.first) as usize;
            self.held_bytes -= self.held[index].let_go();
        }
        while self.held.front().is_some_and(|held| held.left == 0) {
            self.held.pop_front();
            self.first += 1;
        }
    }

    /// The accounts while no row is in flight.
    pub(super) fn savepoint(&mut self) -> LedgerSavepoint {
        debug_assert_eq!(
            self.in_flight, 0,
            "a transaction is settled after its last report"
        );
        self.forget_written();
        LedgerSavepoint {
            counts: self.counts,
            files: self.files.clone(),
            taken: self.taken,
            reported: self.reported,
            given_up: self.given_up,
            last_delivered: self.last_delivered,
            topics: self.topics.clone(),
        }
    }

    /// Makes the accounts what they were. The reports of later rows must not be entered any more.
    pub(super) fn roll_back(&mut self, savepoint: &LedgerSavepoint) {
        self.counts = savepoint.counts;
        self.files.clone_from(&savepoint.files);
        self.taken = savepoint.taken;
        self.reported = savepoint.reported;
        self.given_up = savepoint.given_up;
        self.last_delivered = savepoint.last_delivered;
        self.topics.clone_from(&savepoint.topics);
        self.forget_written();
        // Numbers of blocks are never used again.
        self.first += self.held.len() as u64;
        self.held.clear();
        self.held_bytes = 0;
        self.done.clear();
        self.in_flight = 0;
        self.handing_over = false;
    }

    fn forget_written(&mut self) {
        self.written.iter_mut().for_each(DeliveredOffsets::clear);
    }

    /// The held block with this number.
    fn held(&self, block: u64) -> Option<&HeldBlock> {
        self.held
            .get(usize::try_from(block.checked_sub(self.first)?).ok()?)
    }

    /// The raw rows of the held block with this number.
    #[cfg(test)]
    pub(super) fn block(&self, block: u64) -> &crate::input::Block {
        &self.held(block).expect("the block is held").marked.block
    }

    /// Sets the fate of a row; returns whether it had none.
    #[inline]
    fn close(&mut self, block: u64, row: u32, fate: Fate) -> bool {
        let index = block.wrapping_sub(self.first) as usize;
        let Some(held) = self.held.get_mut(index) else {
            return false;
        };
        if !held.open.remove(row) {
            return false;
        }
        held.left -= 1;
        if held.left == 0 {
            self.done.push(block);
        }
        self.in_flight -= 1;
        let tombstones = match fate {
            Fate::Delivered => u64::from(held.marked.tombstones.binary_search(&row).is_ok()),
            _ => 0,
        };
        let of_topic = &mut self.topics[held.marked.topic_of(row)].counts;
        of_topic.read += 1;
        for counts in [&mut self.counts, &mut self.files[held.input.index()], of_topic] {
            counts.add(fate, 1);
            counts.tombstones += tombstones;
        }
        true
    }

    /// The index of the topic of a row that is held.
    #[inline]
    fn topic_of(&self, block: u64, row: u32) -> usize {
        match self.topics.len() {
            1 => 0,
            _ => self.held(block).map_or(0, |held| held.marked.topic_of(row)),
        }
    }

    fn row(&self, block: u64, row: u32, fate: Fate) -> UndeliveredRow<'_> {
        let held = self
            .held(block)
            .expect("a block is held until its last row has a fate");
        UndeliveredRow {
            input: held.input,
            position: held.marked.position(row),
            fate,
            bytes: held.marked.whole_row(row),
            tag: RowTag::new(block, row),
        }
    }

    #[inline]
    fn note_offset(&mut self, block: u64, row: u32, partition: i32, offset: i64) {
        let Ok(partition) = usize::try_from(partition) else {
            return;
        };
        if offset < 0 {
            // Delivered by an attempt with a lost answer: its offset is unknown.
            return;
        }
        let topic = self.topic_of(block, row);
        note(&mut self.topics[topic].acknowledged, partition, offset);
        if !self.written.is_empty()
            && let Some(held) = self.held(block)
        {
            let input = held.input.index();
            self.written[input].note(topic, partition, offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Block, Encoding};
    use crate::load::marked_block::RowMark;
    use crate::record::{LineStart, RowFormat};

    const INPUTS: [InputNumber; 2] = [InputNumber::new(0), InputNumber::new(1)];

    /// Holds a block of rows of two bytes each.
    fn hold(ledger: &mut Ledger, input: InputNumber, rows: u32) -> u64 {
        hold_for(ledger, input, rows, Vec::new())
    }

    /// Holds rows that go to these topics.
    fn hold_for(ledger: &mut Ledger, input: InputNumber, rows: u32, topics: Vec<u16>) -> u64 {
        let mut marked = MarkedBlock::new(Block {
            start: LineStart::FIRST,
            rows_before: 0,
            format: RowFormat::Jsonl,
            encoding: Encoding::Utf8,
            compressed_bytes: None,
            origins: None,
            bytes: b"1\n".repeat(rows as usize),
        });
        let message = |row| Message {
            row,
            partition: 0,
            key: None,
            payload: Some(0..0),
            timestamp: None,
        };
        marked.rows = (0..rows)
            .map(|row| RowMark {
                start: 2 * row,
                content_end: 2 * row + 1,
                end: 2 * row + 2,
                line: row,
            })
            .collect();
        marked.topics = topics;
        let messages: Vec<Message> = (0..rows).map(message).collect();
        let block = ledger.hold(input, marked, &messages);
        ledger.note_taken(rows.into());
        block
    }

    fn report(block: u64, row: u32, outcome: Outcome) -> Report {
        Report {
            tag: RowTag::new(block, row),
            offset: i64::from(row) + 40,
            partition: 1,
            outcome,
        }
    }

    fn delivered(ledger: &mut Ledger, block: u64, row: u32) {
        assert!(ledger.settle(&report(block, row, Outcome::Delivered)).is_none());
        ledger.release();
    }

    #[test]
    fn blocks_are_held_until_their_last_report_in_any_order_of_reports() {
        let mut ledger = Ledger::new(1, 1);
        let (first, second) = (hold(&mut ledger, INPUTS[0], 1), hold(&mut ledger, INPUTS[0], 2));
        delivered(&mut ledger, second, 0);
        assert!(ledger.held(first).is_some() && ledger.held(second).is_some());
        delivered(&mut ledger, first, 0);
        assert!(ledger.held(first).is_none() && ledger.held(second).is_some());
        let third = hold(&mut ledger, INPUTS[0], 1);
        delivered(&mut ledger, second, 1);
        assert!(ledger.held(second).is_none() && ledger.held(third).is_some());
        delivered(&mut ledger, third, 0);
        assert_eq!((ledger.in_flight(), ledger.held.len()), (0, 0));
        let messages = ledger.acknowledged(0).iter().map(Acknowledged::messages);
        assert_eq!(messages.collect::<Vec<_>>(), [0, 4]);
        assert_eq!(ledger.balance(), Ok(()));
    }

    #[test]
    fn only_blocks_with_open_rows_use_memory() {
        let mut ledger = Ledger::new(1, 1);
        let stuck = hold(&mut ledger, INPUTS[0], 2);
        let held = ledger.held_bytes();
        for _ in 0..3 {
            let block = hold(&mut ledger, INPUTS[0], 1);
            assert!(ledger.held_bytes() > held);
            delivered(&mut ledger, block, 0);
            assert_eq!(ledger.held_bytes(), held);
        }
        assert_eq!(ledger.give_up(stuck, 0).bytes, b"1\n");
        delivered(&mut ledger, stuck, 1);
        assert_eq!((ledger.held_bytes(), ledger.held.len()), (0, 0));
        assert_eq!(ledger.balance(), Ok(()));
    }

    #[test]
    fn after_a_panic_during_a_hand_over_no_report_is_one_too_many() {
        let mut ledger = Ledger::new(1, 1);
        let delivered_before = hold(&mut ledger, INPUTS[0], 1);
        delivered(&mut ledger, delivered_before, 0);
        let cut_off = hold(&mut ledger, INPUTS[0], 3);
        // The client's answer never reached the accounts.
        (ledger.taken, ledger.handing_over) = (1, true);
        delivered(&mut ledger, cut_off, 0);
        delivered(&mut ledger, cut_off, 1);
        assert!(ledger.balance().is_err(), "a row is open");
        ledger.give_up(cut_off, 2);
        assert_eq!(ledger.balance(), Ok(()));
    }

    #[test]
    fn a_row_has_one_fate_and_a_second_report_is_noticed() {
        let mut ledger = Ledger::new(1, 1);
        let block = hold(&mut ledger, INPUTS[0], 2);
        delivered(&mut ledger, block, 0);
        delivered(&mut ledger, block, 0);
        assert_eq!((ledger.counts().delivered, ledger.in_flight()), (1, 1));
        delivered(&mut ledger, block, 1);
        delivered(&mut ledger, block, 1);
        assert_eq!(ledger.counts().balance(), Ok(()));
        let imbalance = Imbalance::Reports {
            taken: 2,
            reported: 4,
        };
        assert_eq!(ledger.balance(), Err(imbalance));
    }

    #[test]
    fn rows_that_no_client_accepts_are_unsent_and_the_first_of_them_is_known() {
        let mut ledger = Ledger::new(1, 1);
        let block = hold(&mut ledger, INPUTS[0], 4);
        delivered(&mut ledger, block, 0);
        let first = ledger.return_unsent(block, 1).position;
        ledger.return_unsent(block, 3);
        assert_eq!((first.row, first.line), (1, 2));
        assert_eq!((ledger.counts().unsent, ledger.in_flight()), (2, 1));
    }

    #[test]
    fn a_row_without_a_report_is_unknown_in_the_counts_of_its_file() {
        let mut ledger = Ledger::new(2, 1);
        let blocks = INPUTS.map(|input| hold(&mut ledger, input, 2));
        delivered(&mut ledger, blocks[0], 1);
        let left: Vec<_> = ledger.rows_in_flight().collect();
        assert_eq!(left, [(blocks[0], 0), (blocks[1], 0), (blocks[1], 1)]);
        for (block, row) in left {
            let undelivered = ledger.give_up(block, row);
            assert_eq!(
                (undelivered.fate, undelivered.bytes),
                (Fate::Unknown, &b"1\n"[..])
            );
        }
        ledger.release();
        let unknown = INPUTS.map(|input| ledger.counts_of(input).unknown);
        assert_eq!(
            (unknown, ledger.counts().unknown, ledger.held.len()),
            ([1, 2], 3, 0)
        );
        assert_eq!(ledger.balance(), Ok(()));
    }

    #[test]
    fn rows_are_counted_by_topic() {
        let mut ledger = Ledger::new(1, 3);
        let block = hold_for(&mut ledger, INPUTS[0], 4, vec![2, 0, 2]);
        for row in [0, 1, 2] {
            delivered(&mut ledger, block, row);
        }
        ledger.give_up(block, 3);
        ledger.release();
        let counts = ledger.counts_by_topic();
        let fates: Vec<_> = counts
            .iter()
            .map(|counts| (counts.read, counts.delivered, counts.unknown))
            .collect();
        assert_eq!(fates, [(2, 1, 1), (0, 0, 0), (2, 2, 0)]);
        let acknowledged = |topic| {
            ledger
                .acknowledged(topic)
                .iter()
                .map(Acknowledged::messages)
                .sum::<u64>()
        };
        assert_eq!([0, 1, 2].map(acknowledged), [1, 0, 2]);
        assert_eq!(ledger.balance(), Ok(()));
    }

    #[test]
    fn a_missing_report_is_noticed() {
        let mut ledger = Ledger::new(1, 1);
        let block = hold(&mut ledger, INPUTS[0], 1);
        assert_eq!(ledger.counts().in_flight(), 1);
        assert!(ledger.balance().is_err());
        delivered(&mut ledger, block, 0);
        ledger.note_taken(1);
        let imbalance = Imbalance::Reports {
            taken: 2,
            reported: 1,
        };
        assert_eq!(ledger.balance(), Err(imbalance));
    }
}
