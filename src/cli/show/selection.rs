//! Which messages are shown: where reading starts, and how many.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroU64;

use super::Printer;
use crate::cli::arguments::PartitionStart;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::kafka::{ReadFrom, ReadMessage, TopicReader};

/// The messages to show.
pub(super) struct Selection {
    /// The last ones only.
    pub(super) last: Option<NonZeroU64>,
    /// Those since this time, in milliseconds since 1970.
    pub(super) from: Option<u64>,
    pub(super) partition: Option<PartitionStart>,
    pub(super) limit: Option<u64>,
}

impl Selection {
    /// Two places to start at contradict each other.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let has_offset = self.partition.is_some_and(|start| start.offset.is_some());
        let other = [("--last", self.last.is_some()), ("--from", self.from.is_some())];
        match other.iter().find(|(_, is_given)| *is_given && has_offset) {
            Some((flag, _)) => {
                let message = format!("`{flag}` contradicts the offset in `--partition`");
                Err(Failure::new(Exit::Usage, message)
                    .with_hint(Some("pass only the number of the partition: `--partition 0`")))
            }
            None => Ok(()),
        }
    }

    /// Reads the messages and prints them. The inner result is that of writing.
    pub(super) fn read(
        &self,
        reader: &mut TopicReader,
        printer: &mut Printer<'_>,
    ) -> Result<io::Result<()>, Failure> {
        let only = self.partition.map(|start| start.partition);
        if let Some(partition) = only.filter(|partition| *partition as usize >= reader.spans().len()) {
            let message = format!(
                "there is no partition {partition}: the topic has {}, numbered from 0",
                reader.spans().len()
            );
            return Err(Failure::new(Exit::Unavailable, message));
        }
        if let Some(last) = self.last {
            let messages = last_messages(last, only, reader, printer)?;
            return print_all(messages.iter().take(self.most()), printer);
        }
        let from = match (self.from, self.partition.and_then(|start| start.offset)) {
            (Some(time), _) => ReadFrom::Since(time),
            (None, Some(offset)) => ReadFrom::Offset(offset),
            (None, None) => ReadFrom::First,
        };
        reader.start(from, only)?;
        let mut left = self.most();
        while left > 0
            && let Some(message) = reader.next_message()?
        {
            if !printer.wants(&message)? {
                continue;
            }
            left -= 1;
            let written = printer.print(&message)?;
            if written.is_err() {
                return Ok(written);
            }
        }
        Ok(Ok(()))
    }

    fn most(&self) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }
}

fn print_all<'m>(
    messages: impl Iterator<Item = &'m ReadMessage>,
    printer: &mut Printer<'_>,
) -> Result<io::Result<()>, Failure> {
    for message in messages {
        let written = printer.print(message)?;
        if written.is_err() {
            return Ok(written);
        }
    }
    Ok(Ok(()))
}

/// The last messages of the topic, or of one partition.
///
/// Each partition is read from as many offsets before its end. Markers of transactions and messages that are deleted or
/// have another key take up offsets too, so fewer may be found; then reading starts again, further back.
fn last_messages(
    last: NonZeroU64,
    only: Option<i32>,
    reader: &mut TopicReader,
    printer: &mut Printer<'_>,
) -> Result<VecDeque<ReadMessage>, Failure> {
    let wanted = usize::try_from(last.get()).unwrap_or(usize::MAX);
    let spans = reader.spans().to_vec();
    let mut window = last.get();
    loop {
        reader.start(ReadFrom::Last(window), only)?;
        let mut found = vec![0; spans.len()];
        let mut messages = VecDeque::new();
        while let Some(message) = reader.next_message()? {
            if printer.wants(&message)? {
                found[message.partition as usize] += 1;
                if messages.len() == wanted {
                    messages.pop_front();
                }
                messages.push_back(message);
            }
        }
        let is_complete = spans
            .iter()
            .zip(&found)
            .zip(0..)
            .all(|((span, found), partition)| {
                let is_read_whole = span.end.saturating_sub_unsigned(window) <= span.start;
                only.is_some_and(|only| only != partition) || *found >= last.get() || is_read_whole
            });
        if is_complete {
            return Ok(messages);
        }
        window = window.saturating_mul(16);
    }
}
