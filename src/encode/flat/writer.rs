//! A buffer with room for a whole row, so that writing to it never allocates.

use std::ops::Range;

/// The number of bytes that a short text is copied in.
pub(super) const WORDS: usize = 16;

/// Writes Avro's binary encoding (Avro 1.12 specification, "Binary encoding") to a buffer.
pub(super) struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
}

/// Calls `write` with a writer that has `room` bytes at least, in `buffer`, whose content is lost. What it writes is
/// appended to `out`, unless it returns none.
#[inline(always)]
pub(super) fn append<T>(
    out: &mut Vec<u8>,
    buffer: &mut Vec<u8>,
    room: usize,
    write: impl FnOnce(&mut Writer<'_>) -> Option<T>,
) -> Option<T> {
    if buffer.len() < room {
        buffer.resize(room.next_power_of_two(), 0);
    }
    let mut writer = Writer { buffer, length: 0 };
    let done = write(&mut writer)?;
    out.extend_from_slice(&writer.buffer[..writer.length]);
    Some(done)
}

impl Writer<'_> {
    /// The number of bytes written.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// How many more bytes can be written.
    #[inline(always)]
    pub(super) fn room(&self) -> usize {
        self.buffer.len() - self.length
    }

    #[inline(always)]
    pub(super) fn put_byte(&mut self, byte: u8) {
        self.buffer[self.length] = byte;
        self.length += 1;
    }

    #[inline(always)]
    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        self.buffer[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// A variable-length zig-zag long.
    #[inline(always)]
    pub(super) fn put_long(&mut self, value: i64) {
        let value = ((value << 1) ^ (value >> 63)) as u64;
        if value < 1 << 56 {
            // One for each seven bits. Whether it is one is not asked, since that is hard to predict.
            let length = (70 - (value | 1).leading_zeros() as usize) / 7;
            let more = 0x8080_8080_8080_8080 & ((1 << (8 * (length - 1))) - 1);
            self.put_chunk((in_sevens(value) | more).to_le_bytes(), length);
        } else {
            self.put_longest(value);
        }
    }

    /// The length of a text.
    #[inline(always)]
    pub(super) fn put_length(&mut self, length: usize) {
        match length < 0x40 {
            true => self.put_byte(2 * length as u8),
            false => self.put_long(length as i64),
        }
    }

    #[cold]
    fn put_longest(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put_byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.put_byte(value as u8);
    }

    /// A decimal's unscaled value: minimal big-endian two's complement, with its length before it.
    #[inline(always)]
    pub(super) fn put_unscaled(&mut self, value: i64) {
        // All leading bits that repeat the sign, except for one.
        let repeated = (value ^ (value >> 63)).leading_zeros() as usize - 1;
        let length = 8 - repeated / 8;
        self.put_byte(2 * length as u8);
        self.put_chunk((value << (64 - 8 * length)).to_be_bytes(), length);
    }

    /// A part of `row`, copied as a whole number of words if the row has so many more bytes: what comes after the part is
    /// overwritten later.
    #[inline(always)]
    pub(super) fn put_part(&mut self, row: &[u8], part: Range<usize>) {
        match row[part.start..].first_chunk::<WORDS>() {
            Some(words) if part.len() <= WORDS => self.put_chunk(*words, part.len()),
            _ => self.put_slice(&row[part]),
        }
    }

    /// The first `length` bytes of `chunk`; the others are written too, and overwritten later.
    ///
    /// As an array it is written by one or two instructions, as a slice by a call.
    #[inline(always)]
    fn put_chunk<const SIZE: usize>(&mut self, chunk: [u8; SIZE], length: usize) {
        let room = self.buffer[self.length..].first_chunk_mut();
        *room.expect("there is room for the whole row") = chunk;
        self.length += length;
    }
}

/// Spreads the lowest 56 bits: seven in each byte.
#[inline(always)]
fn in_sevens(value: u64) -> u64 {
    let value = value & 0x0fff_ffff | (value & 0x00ff_ffff_f000_0000) << 4;
    let value = value & 0x0000_3fff_0000_3fff | (value & 0x0fff_c000_0fff_c000) << 2;
    value & 0x007f_007f_007f_007f | (value & 0x3f80_3f80_3f80_3f80) << 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::wire;
    use proptest::prelude::*;

    fn written(room: usize, put: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let (mut out, mut buffer) = (vec![0xaa; 7], vec![0xaa; 5]);
        let appended = append(&mut out, &mut buffer, room, |writer| {
            put(writer);
            Some(())
        });
        assert_eq!((appended, &out[..7]), (Some(()), &[0xaa; 7][..]));
        out.split_off(7)
    }

    #[test]
    fn a_row_that_is_given_up_leaves_nothing() {
        let mut out = vec![1];
        let appended = append(&mut out, &mut Vec::new(), 9, |writer| {
            writer.put_byte(2);
            None::<()>
        });
        assert_eq!((appended, out), (None, vec![1]));
    }

    proptest! {
        #[test]
        fn longs_are_those_of_the_other_writer(value: i64, shift in 0u32..64) {
            for value in [value >> shift, 1 << shift, -(1i64 << (shift % 63)), (1i64 << (shift % 63)) - 1] {
                let mut out = Vec::new();
                wire::put_long(value, &mut out);
                prop_assert_eq!(written(10, |writer| writer.put_long(value)), out, "{}", value);
            }
        }

        #[test]
        fn unscaled_values_are_minimal(value: i64, shift in 0u32..64) {
            for value in [value >> shift, 1 << (shift % 63), -(1i64 << (shift % 63))] {
                let minimal = num_bigint::BigInt::from(value).to_signed_bytes_be();
                let mut out = Vec::new();
                wire::put_bytes(&minimal, &mut out);
                prop_assert_eq!(written(9, |writer| writer.put_unscaled(value)), out, "{}", value);
            }
        }

        #[test]
        fn parts_are_copied_whole(row in proptest::collection::vec(any::<u8>(), 0..60), from in 0usize..60, to in 0usize..60) {
            let to = to.min(row.len());
            let from = from.min(to);
            let part = written(60 + WORDS, |writer| {
                writer.put_part(&row, from..to);
                writer.put_byte(1);
            });
            prop_assert_eq!(&part[..to - from], &row[from..to]);
            prop_assert_eq!(&part[to - from..], [1]);
        }
    }
}
