//! Hands the messages of one partition over to librdkafka, in as few calls as possible.
//!
//! librdkafka takes many messages with one call. With headers it does so too ([`header_lists`](super::header_lists)), but
//! messages with timestamps of their own are handed over one by one.

use std::ops::Range;

use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::client::Client;
use super::codes::{self, ErrorCode};
use super::header_lists::{Header, header_size};
use super::inbox::{Outcome, Report};
use super::message::Batch;
use super::partitioned_batch::{Form, Group};
use super::producer::Producer;
use super::produceva::put_arguments;

impl Producer {
    /// Hands messages over until the queue is full. Returns the place of the first one for which there was no room, or
    /// the end.
    pub(super) fn hand_over(&mut self, batch: &Batch<'_>, group: &Group, start: usize) -> usize {
        if self.client.inbox().waiting_bytes > self.max_waiting_bytes {
            return start;
        }
        let places = start..group.places.end;
        match self.partitioned.form() {
            Form::Plain => self.hand_over_together(group, places),
            Form::SameHeaders if self.headers.of(batch, 0).next().is_none() => {
                self.hand_over_together(group, places)
            }
            Form::SameHeaders => {
                let headers = self.headers.of(batch, 0);
                let size = header_sizes(headers.clone());
                self.client.inbox_mut().headers.set_usual(headers);
                self.hand_over_with_headers(batch, group, places, Some(size))
            }
            Form::Headers => {
                self.client.inbox_mut().headers.expect_others();
                self.hand_over_with_headers(batch, group, places, None)
            }
            Form::Timestamps => {
                self.client.inbox_mut().headers.expect_others();
                self.hand_over_singly(batch, group, places)
            }
        }
    }

    fn hand_over_together(&mut self, group: &Group, places: Range<usize>) -> usize {
        if self.client.inbox().uncounted_bytes > self.max_uncounted_bytes {
            return places.start;
        }
        let taken = self.produce(group, places.clone());
        let (keys, _) = self.partitioned.bytes_taken(places.clone());
        self.enter(group, places, taken, keys)
    }

    /// Enters that `taken` messages were taken, with these bytes that the client's queue does not count. Returns the place
    /// of the first one for which there was no room, or the end.
    fn enter(&mut self, group: &Group, places: Range<usize>, taken: usize, uncounted: usize) -> usize {
        let (keys, values) = self.partitioned.bytes_taken(places.clone());
        let inbox = self.client.inbox_mut();
        inbox.uncounted_bytes += uncounted;
        inbox.waiting_bytes += keys + values;
        match taken == places.len() {
            true => places.end,
            false => self.refuse_in(places, group.partition),
        }
    }

    /// The same for messages with headers. `same` is the size of the headers that all have.
    fn hand_over_with_headers(
        &mut self,
        batch: &Batch<'_>,
        group: &Group,
        places: Range<usize>,
        same: Option<usize>,
    ) -> usize {
        let mut start = places.start;
        while start < places.end {
            let end = self.end_of_batch(batch, start..places.end, same);
            let (reached, wanted) = if end > start {
                (self.hand_over_batch(batch, group, start..end, same), end)
            } else {
                // The queue is full, or the message is large: librdkafka decides whether it takes the message.
                let end = start + 1;
                (self.hand_over_singly(batch, group, start..end), end)
            };
            if reached < wanted {
                return reached;
            }
            start = reached;
        }
        start
    }

    /// The place of the first message that does not fit into the queue or may be too large for a batch; otherwise the end.
    fn end_of_batch(&self, batch: &Batch<'_>, places: Range<usize>, same: Option<usize>) -> usize {
        let mut waiting = self.client.inbox().uncounted_bytes;
        for place in places.clone() {
            let uncounted = self.uncounted(batch, place, same);
            // A message larger than the whole limit goes alone.
            if waiting > 0 && waiting + uncounted > self.max_uncounted_bytes {
                return place;
            }
            // librdkafka compares the size with its limit before the message has its headers.
            let (native, _) = self.partitioned.message(place);
            if native.len + uncounted > self.max_batched_bytes {
                return place;
            }
            waiting += uncounted;
        }
        places.end
    }

    fn hand_over_batch(
        &mut self,
        batch: &Batch<'_>,
        group: &Group,
        places: Range<usize>,
        same: Option<usize>,
    ) -> usize {
        let lists = &mut self.client.inbox_mut().headers;
        match same {
            Some(_) => lists.give_usual(places.len()),
            None => places.clone().for_each(|place| {
                let (_, index) = self.partitioned.message(place);
                lists.make(self.partitioned.tag(place), self.headers.of(batch, index));
            }),
        }
        let taken = self.produce(group, places.clone());
        let given = self.client.inbox_mut().headers.end();
        assert!(
            given >= taken,
            "librdkafka asks for the headers of each message that it takes"
        );
        let uncounted = places.clone().filter(|place| self.partitioned.code(*place) == 0);
        let uncounted = uncounted.map(|place| self.uncounted(batch, place, same)).sum();
        self.enter(group, places, taken, uncounted)
    }

    /// Hands messages over with one call. Returns how many were taken.
    fn produce(&mut self, group: &Group, places: Range<usize>) -> usize {
        let messages = self.partitioned.messages(places);
        // SAFETY: the layout was made for the batch that `send` still borrows, and its pointers point into that batch's
        // arena.
        let taken = unsafe { self.client.produce(group.topic, group.partition, messages) };
        self.taken += taken as u64;
        taken
    }

    /// Reports the messages that librdkafka refused in a batch. Returns the place of the first one for which there was no
    /// room, or the end.
    #[cold]
    fn refuse_in(&mut self, places: Range<usize>, partition: i32) -> usize {
        for place in places.clone() {
            let code = self.partitioned.code(place);
            if code == codes::code(Code::RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                return place;
            }
            if code != 0 {
                self.refuse(place, partition, code);
            }
        }
        places.end
    }

    /// Hands messages over one by one.
    ///
    /// Stops at the first message that does not fit into the queue, so that no later one of its partition can overtake it.
    fn hand_over_singly(&mut self, batch: &Batch<'_>, group: &Group, places: Range<usize>) -> usize {
        let mut end = places.end;
        let mut taken = 0;
        let mut arguments = Vec::new();
        for place in places {
            let uncounted = self.uncounted(batch, place, None);
            let waiting = self.client.inbox().uncounted_bytes;
            // A message larger than the whole limit goes alone.
            if waiting > 0 && waiting + uncounted > self.max_uncounted_bytes {
                end = place;
                break;
            }
            let (native, index) = self.partitioned.message(place);
            let topic = self.client.raw_topic(group.topic);
            put_arguments(&mut arguments, topic, native, batch, index, &self.headers);
            // SAFETY: the arguments point to the names, the layout and the arena of `batch`, which are all alive.
            let code = unsafe { self.client.produce_one(&arguments) };
            if code == codes::code(Code::RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                end = place;
                break;
            }
            match code {
                0 => {
                    taken += 1;
                    let size = native.len + native.key_len;
                    let inbox = self.client.inbox_mut();
                    inbox.uncounted_bytes += uncounted;
                    inbox.waiting_bytes += size;
                }
                code => self.refuse(place, group.partition, code),
            }
        }
        self.taken += taken;
        end
    }

    /// The memory of a message that librdkafka's own limit does not count, in bytes. `same` is the size of its headers, if
    /// it is known.
    #[inline]
    fn uncounted(&self, batch: &Batch<'_>, place: usize, same: Option<usize>) -> usize {
        let (native, index) = self.partitioned.message(place);
        native.key_len + same.unwrap_or_else(|| header_sizes(self.headers.of(batch, index)))
    }

    fn refuse(&mut self, place: usize, partition: i32, code: i32) {
        let report = Report {
            tag: self.partitioned.tag(place),
            offset: -1,
            partition,
            outcome: Outcome::Refused(ErrorCode::new(code)),
        };
        self.client.inbox_mut().push(report);
    }
}

fn header_sizes<'h>(headers: impl Iterator<Item = Header<'h>>) -> usize {
    headers.map(header_size).sum()
}

/// The size of the largest message with headers that the client is certain to take in a batch.
pub(super) fn batched_bytes(client: &Client) -> usize {
    // More than librdkafka counts for a message besides key, value and headers (RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD).
    const OVERHEAD: usize = 64;
    let size = client.config_value("message.max.bytes");
    let size = size.and_then(|size| size.parse::<usize>().ok());
    size.map_or(0, |size| size.saturating_sub(OVERHEAD))
}
