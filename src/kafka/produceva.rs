//! A message as the arguments of `rd_kafka_produceva`, with its headers and its timestamp.
//!
//! `rd_kafka_produce_batch` supports no timestamps, so such messages are handed over one by one.

use std::ffi::{CStr, CString, c_void};

use rdkafka_sys::bindings as sys;
use sys::rd_kafka_vtype_t as Kind;
use sys::{rd_kafka_vu_s__bindgen_ty_1 as Value, rd_kafka_vu_t as Argument};

use super::message::Batch;
use super::own_headers::packed_headers;

/// The headers of the messages of a run.
pub(super) struct Headers {
    /// Whether each message has headers of its own.
    pub(super) own: bool,
    /// The names of those that all messages have.
    pub(super) names: Vec<CString>,
}

impl Headers {
    /// How many values a batch has for each message.
    pub(super) fn count(&self) -> usize {
        usize::from(self.own) + self.names.len()
    }

    /// The names and values of the headers of the message at `index`.
    pub(super) fn of<'b>(
        &'b self,
        batch: &Batch<'b>,
        index: usize,
    ) -> impl Iterator<Item = (&'b CStr, Option<&'b [u8]>)> + Clone {
        let mut values = batch.headers_of(index, self.count());
        let packed = self.own.then(|| values.next().flatten()).flatten();
        let named = self.names.iter().map(CString::as_c_str).zip(values);
        packed_headers(packed.unwrap_or_default()).chain(named)
    }
}

/// Replaces the contents of `arguments` with the arguments for one message.
///
/// `native` is the message in librdkafka's layout, and `index` its index in `batch`. The arguments point to all of these and into the batch's arena.
pub(super) fn put_arguments(
    arguments: &mut Vec<Argument>,
    topic: *mut sys::rd_kafka_topic_t,
    native: &sys::rd_kafka_message_t,
    batch: &Batch<'_>,
    index: usize,
    headers: &Headers,
) {
    let timestamp = batch.messages[index].timestamp;
    let memory = |ptr: *mut c_void, size: usize| Value {
        mem: sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size },
    };
    arguments.clear();
    let mut put = |vtype: Kind, u: Value| arguments.push(Argument { vtype, u });
    put(Kind::RD_KAFKA_VTYPE_RKT, Value { rkt: topic });
    put(
        Kind::RD_KAFKA_VTYPE_PARTITION,
        Value {
            i32_: native.partition,
        },
    );
    put(
        Kind::RD_KAFKA_VTYPE_MSGFLAGS,
        Value {
            i: sys::RD_KAFKA_MSG_F_COPY,
        },
    );
    put(Kind::RD_KAFKA_VTYPE_OPAQUE, Value { ptr: native._private });
    put(Kind::RD_KAFKA_VTYPE_VALUE, memory(native.payload, native.len));
    put(Kind::RD_KAFKA_VTYPE_KEY, memory(native.key, native.key_len));
    if let Some(timestamp) = timestamp {
        put(
            Kind::RD_KAFKA_VTYPE_TIMESTAMP,
            Value {
                i64_: timestamp.get(),
            },
        );
    }
    for (name, value) in headers.of(batch, index) {
        let header = sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_2 {
            name: name.as_ptr(),
            // The pointer of an empty slice is never null, so an empty value does not become null.
            val: value.map_or(std::ptr::null(), |value| value.as_ptr().cast()),
            size: value.map_or(0, |value| value.len() as isize),
        };
        put(Kind::RD_KAFKA_VTYPE_HEADER, Value { header });
    }
}
