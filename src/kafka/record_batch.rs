//! The size of a batch with one record, which a broker compares with `max.message.bytes`.
//!
//! The layout is Kafka's record batch, version 2 (<https://kafka.apache.org/documentation/#recordbatch>).

/// The size of a batch header in bytes.
pub(super) const BATCH_HEADER: usize = 61;
/// The most bytes that a batch's only record has besides key, value and headers: its attributes, two deltas of 0, and
/// four varints.
pub(super) const LARGEST_RECORD_OVERHEAD: usize = 3 + 4 * 5;

/// The bytes of a message.
pub struct MessageBytes<'a> {
    /// Its key, if it has one.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: &'a [u8],
    /// The names and values of its headers; `None` is null.
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

impl MessageBytes<'_> {
    /// The size of key, value and headers, including their lengths as librdkafka counts them.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len) + 2 * 5);
        self.key.map_or(0, <[u8]>::len) + self.value.len() + headers.sum::<usize>()
    }

    /// The encoded record of a batch that contains only this message.
    pub(super) fn record(&self) -> Vec<u8> {
        // Attributes, timestamp delta, offset delta.
        let mut body = vec![0; 3];
        put_bytes(&mut body, self.key);
        put_bytes(&mut body, Some(self.value));
        put_varint(&mut body, self.headers.len() as i64);
        for (name, value) in &self.headers {
            put_bytes(&mut body, Some(name.as_bytes()));
            put_bytes(&mut body, *value);
        }
        let mut record = Vec::with_capacity(body.len() + 5);
        put_varint(&mut record, body.len() as i64);
        record.append(&mut body);
        record
    }
}

/// Appends the length and the bytes; null is a length of -1.
fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    put_varint(out, bytes.map_or(-1, |bytes| bytes.len() as i64));
    out.extend_from_slice(bytes.unwrap_or_default());
}

/// Appends a signed varint: zigzag, seven bits per byte, lowest first.
fn put_varint(out: &mut Vec<u8>, number: i64) {
    let mut bits = ((number << 1) ^ (number >> 63)) as u64;
    while bits >= 0x80 {
        out.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_laid_out_as_kafka_says() {
        let plain = MessageBytes {
            key: None,
            value: b"ab",
            headers: Vec::new(),
        };
        assert_eq!(plain.record(), [0x10, 0, 0, 0, 1, 4, b'a', b'b', 0]);
        let with_headers = MessageBytes {
            key: Some(b"k"),
            value: &[7; 100],
            headers: vec![("h", Some(b"v")), ("n", None)],
        };
        let mut expected = vec![0, 0, 0, 2, b'k', 0xc8, 1];
        expected.extend([7; 100]);
        expected.extend([4, 2, b'h', 2, b'v', 2, b'n', 1]);
        let mut record = vec![(expected.len() as u8) << 1 | 0x80, (expected.len() >> 6) as u8];
        record.append(&mut expected);
        assert_eq!(with_headers.record(), record);
        assert!(with_headers.record().len() <= with_headers.size() + LARGEST_RECORD_OVERHEAD);
    }
}
