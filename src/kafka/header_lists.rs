//! librdkafka's lists of headers for the messages of a batch.
//!
//! `rd_kafka_produce_batch` has no argument for headers, but it calls an interceptor (`on_send`) for each message that it
//! takes, and the interceptor gives the message its list. One call for many messages costs less than one for each. Making
//! a list takes an allocation for each header and two more, so where all messages have the same headers, the lists of
//! reported messages are used again.
//!
//! librdkafka's documentation does not allow an interceptor to change a message, so this relies on what version 2.12
//! does:
//!
//! - `rd_kafka_msg_new0` calls `on_send` on the thread that produces, as its last step. The message is in no queue yet, so
//!   no other thread knows it. A message that is refused for its size or for want of room does not get that far.
//! - A message owns its list (`rd_kafka_message_set_headers`), and `rd_kafka_msg_destroy` frees it. That is the end of
//!   every message: after its report, if the partitioner refuses it after `on_send`, and if the client is destroyed
//!   before it was reported.
//! - Only the broker's thread reads the list, when it copies it into a request. A message is destroyed as soon as its
//!   report has been served, so by then nothing refers to the list, also after a purge or a time-out in flight.
//!
//! Whatever another version does, no message goes without its headers: [`HeaderLists::end`] tells how many were given.
//!
//! There is no way to give a message a timestamp: `rd_kafka_message_t` does not have it, and no function sets it.

use std::ffi::{CStr, CString};
use std::mem;
use std::ptr::{self, NonNull};

use rdkafka_sys::bindings as sys;
use rdkafka_sys::bindings::rd_kafka_resp_err_t as Code;

use super::row_tag::RowTag;

type List = NonNull<sys::rd_kafka_headers_t>;

/// The name and the value of a header; none is null.
pub(super) type Header<'h> = (&'h CStr, Option<&'h [u8]>);

/// The lists of one client.
#[derive(Debug, Default)]
pub(super) struct HeaderLists {
    next: Next,
    /// Lists that were made for messages, in their order.
    made: Vec<(RowTag, List)>,
    /// How many of those were passed by.
    passed: usize,
    /// How many messages were given a list since the handover began.
    given: usize,
    /// The headers of the last messages that had all the same.
    usual: Vec<(CString, Option<Vec<u8>>)>,
    /// Their size; see [`header_size`].
    usual_size: usize,
    /// Whether some message of this client may have other headers than the usual ones.
    has_others: bool,
    /// Lists with the usual headers that no message has.
    free: Vec<List>,
}

/// What the messages get that librdkafka takes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing: they have no headers, or were given them as arguments.
    #[default]
    Nothing,
    /// A list with the usual headers.
    Usual,
    /// The list that was made for them.
    Made,
}

/// The approximate memory that a header takes up in librdkafka, in bytes: name and value with a NUL each, and their
/// entry.
pub(super) fn header_size((name, value): Header<'_>) -> usize {
    const ENTRY: usize = 64;
    name.count_bytes() + value.map_or(0, <[u8]>::len) + ENTRY
}

impl HeaderLists {
    /// Sets the headers that [`HeaderLists::give_usual`] gives.
    pub(super) fn set_usual<'h>(&mut self, headers: impl Iterator<Item = Header<'h>> + Clone) {
        if self.are_usual(headers.clone()) {
            return;
        }
        self.has_others |= !self.usual.is_empty();
        self.free.drain(..).for_each(destroy);
        self.usual_size = headers.clone().map(header_size).sum();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.map(<[u8]>::to_vec)));
        self.usual = headers.collect();
    }

    /// How many lists are free.
    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        self.free.len()
    }

    fn are_usual<'h>(&self, mut headers: impl Iterator<Item = Header<'h>>) -> bool {
        self.usual().all(|usual| headers.next() == Some(usual)) && headers.next().is_none()
    }

    fn usual(&self) -> impl ExactSizeIterator<Item = Header<'_>> {
        let usual = self.usual.iter();
        usual.map(|(name, value)| (name.as_c_str(), value.as_deref()))
    }

    /// Messages may have other headers than the usual ones from now on.
    pub(super) fn expect_others(&mut self) {
        self.has_others = true;
    }

    /// The messages that are handed over next, at most `count`, get the usual headers.
    ///
    /// Missing lists are made now, many at a time: between the messages they would keep the memory of freed messages
    /// apart, which took half of the time of a load.
    pub(super) fn give_usual(&mut self, count: usize) {
        const AT_LEAST: usize = 1024;
        if self.free.len() < count {
            let more = (count - self.free.len()).max(AT_LEAST);
            let lists: Vec<List> = (0..more).map(|_| new_list(self.usual())).collect();
            self.free.extend(lists);
        }
        self.next = Next::Usual;
    }

    /// The messages that are handed over next, in the order of these calls, get these headers.
    ///
    /// [`HeaderLists::expect_others`] must have been called.
    pub(super) fn make<'h>(&mut self, tag: RowTag, headers: impl Iterator<Item = Header<'h>>) {
        debug_assert!(self.has_others);
        self.next = Next::Made;
        self.made.push((tag, new_list(headers)));
    }

    /// Gives a message that librdkafka is taking its headers.
    ///
    /// # Safety
    /// `message` is the one for which librdkafka calls `on_send`.
    #[inline]
    pub(super) unsafe fn give(&mut self, message: *mut sys::rd_kafka_message_t) {
        let list = match self.next {
            Next::Nothing => return,
            Next::Usual => self.free.pop().unwrap_or_else(|| new_list(self.usual())),
            Next::Made => {
                // SAFETY: by the contract above.
                let tag = RowTag::from_pointer(unsafe { (*message)._private });
                match self.take_made(tag) {
                    Some(list) => list,
                    None => return,
                }
            }
        };
        self.given += 1;
        // SAFETY: by the contract above, no other thread knows the message. The list is ours, and the message owns it from
        // now on.
        unsafe { sys::rd_kafka_message_set_headers(message, list.as_ptr()) };
    }

    /// The list that was made for this message. Those for earlier ones, which librdkafka did not take, are dropped.
    fn take_made(&mut self, tag: RowTag) -> Option<List> {
        while let Some((of, list)) = self.made.get(self.passed).copied() {
            self.passed += 1;
            if of == tag {
                return Some(list);
            }
            destroy(list);
        }
        None
    }

    /// Ends a handover. Returns how many messages were given headers.
    pub(super) fn end(&mut self) -> usize {
        self.next = Next::Nothing;
        let passed = mem::take(&mut self.passed);
        for (_, list) in self.made.drain(..).skip(passed) {
            destroy(list);
        }
        mem::take(&mut self.given)
    }

    /// Returns the approximate memory of a message's headers in bytes, and takes their list away if it can be used again.
    ///
    /// # Safety
    /// `message` is the one that librdkafka is reporting: it is destroyed next.
    #[inline]
    pub(super) unsafe fn take_back(&mut self, message: *const sys::rd_kafka_message_t) -> usize {
        if self.has_others {
            // SAFETY: by the contract above.
            return unsafe { self.take_back_known(message) };
        }
        // SAFETY: by the contract above. All lists have the usual headers.
        match unsafe { detach(message) } {
            Some(list) => {
                self.free.push(list);
                self.usual_size
            }
            None => 0,
        }
    }

    /// The same for a message whose headers need not be the usual ones.
    ///
    /// # Safety
    /// As for [`HeaderLists::take_back`].
    unsafe fn take_back_known(&mut self, message: *const sys::rd_kafka_message_t) -> usize {
        let mut list = ptr::null_mut();
        // SAFETY: by the contract above; the list belongs to the message, which is alive while its headers are compared.
        unsafe {
            if sys::rd_kafka_message_headers(message, &mut list) != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return 0;
            }
            if !self.usual.is_empty() && self.are_usual(headers_of(list)) {
                self.free.extend(detach(message));
                return self.usual_size;
            }
            headers_of(list).map(header_size).sum()
        }
    }
}

impl Drop for HeaderLists {
    fn drop(&mut self) {
        self.end();
        self.free.drain(..).for_each(destroy);
    }
}

/// Takes the list of a message away, if it has one.
///
/// # Safety
/// The message is alive, belongs to a producer, and is in no queue.
unsafe fn detach(message: *const sys::rd_kafka_message_t) -> Option<List> {
    let mut list = ptr::null_mut();
    // SAFETY: by the contract above.
    match unsafe { sys::rd_kafka_message_detach_headers(message.cast_mut(), &mut list) } {
        Code::RD_KAFKA_RESP_ERR_NO_ERROR => NonNull::new(list),
        _ => None,
    }
}

/// # Safety
/// The list is alive and unchanged while the headers are used.
unsafe fn headers_of<'h>(list: *const sys::rd_kafka_headers_t) -> impl Iterator<Item = Header<'h>> {
    (0..).map_while(move |index| {
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        // SAFETY: by the contract above. librdkafka ends names with a NUL, and a value that is not null has `size` bytes.
        unsafe {
            match sys::rd_kafka_header_get_all(list, index, &mut name, &mut value, &mut size) {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => {
                    let value =
                        (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast::<u8>(), size));
                    Some((CStr::from_ptr(name), value))
                }
                _ => None,
            }
        }
    })
}

fn new_list<'h>(headers: impl Iterator<Item = Header<'h>>) -> List {
    // SAFETY: the list is ours; names and values are alive, and copied with their lengths. The pointer of an empty slice is
    // never null, so an empty value does not become null.
    unsafe {
        let list = sys::rd_kafka_headers_new(headers.size_hint().0);
        for (name, value) in headers {
            let (start, size) = value.map_or((ptr::null(), 0), |value| (value.as_ptr(), value.len()));
            let length = name.count_bytes() as isize;
            sys::rd_kafka_header_add(list, name.as_ptr(), length, start.cast(), size as isize);
        }
        NonNull::new(list).expect("librdkafka ends the process if there is no memory")
    }
}

fn destroy(list: List) {
    // SAFETY: no message has the list, and nothing else uses it any more.
    unsafe { sys::rd_kafka_headers_destroy(list.as_ptr()) };
}
