//! The size of a batch of one record: what a broker compares with `max.message.bytes`.
//!
//! The layout is Kafka's record batch, version 2 (<https://kafka.apache.org/documentation/#recordbatch>).

/// The header of a batch.
pub(super) const BATCH_HEADER: usize = 61;
/// The most that a record of a batch of one has besides key, value and headers: its attributes, the two deltas, which
/// are 0, and four varints.
pub(super) const LARGEST_RECORD_OVERHEAD: usize = 3 + 4 * 5;

/// A message's bytes.
pub struct MessageBytes<'a> {
    /// Its key, if it has one.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: &'a [u8],
    /// The names and values of its headers; no value is null.
    pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
}

impl MessageBytes<'_> {
    /// Key, value and headers together, lengths included as librdkafka reckons them.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len) + 2 * 5);
        self.key.map_or(0, <[u8]>::len) + self.value.len() + headers.sum::<usize>()
    }

    /// The record of a batch that holds nothing else.
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

/// The length and the bytes; a length of -1 is null.
fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    put_varint(out, bytes.map_or(-1, |bytes| bytes.len() as i64));
    out.extend_from_slice(bytes.unwrap_or_default());
}

/// A signed varint: zigzag, seven bits a byte, the lowest first.
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
        let dressed = MessageBytes {
            key: Some(b"k"),
            value: &[7; 100],
            headers: vec![("h", Some(b"v")), ("n", None)],
        };
        let mut expected = vec![0, 0, 0, 2, b'k', 0xc8, 1];
        expected.extend([7; 100]);
        expected.extend([4, 2, b'h', 2, b'v', 2, b'n', 1]);
        let mut record = vec![(expected.len() as u8) << 1 | 0x80, (expected.len() >> 6) as u8];
        record.append(&mut expected);
        assert_eq!(dressed.record(), record);
        assert!(dressed.record().len() <= dressed.size() + LARGEST_RECORD_OVERHEAD);
    }
}
