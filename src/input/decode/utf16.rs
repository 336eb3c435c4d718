//! UTF-16 to UTF-8 as it is read, and back.
//!
//! A surrogate without its other half is no character, yet it must not be lost: it becomes the three bytes that
//! UTF-8's rule would give it, which are not UTF-8 and so reject their row (the form is known as WTF-8). That makes
//! the way back exact.

use super::encoding::ByteOrder;

/// Turns UTF-16 into UTF-8, in pieces of any size.
#[derive(Debug)]
pub(super) struct Utf16Decoder {
    order: ByteOrder,
    /// The first byte of a unit whose second one is not there yet.
    half: Option<u8>,
    /// A high surrogate whose low one is not there yet.
    high: Option<u16>,
}

impl Utf16Decoder {
    pub(super) fn new(order: ByteOrder) -> Utf16Decoder {
        Utf16Decoder {
            order,
            half: None,
            high: None,
        }
    }

    /// Appends to `text` what `bytes` complete.
    pub(super) fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        let mut bytes = bytes.iter().copied();
        while let Some(first) = self.half.take().or_else(|| bytes.next()) {
            let Some(second) = bytes.next() else {
                self.half = Some(first);
                return;
            };
            self.unit(self.order.unit([first, second]), text);
        }
    }

    /// How many bytes were taken in that nothing has been appended for yet.
    pub(super) fn pending(&self) -> u64 {
        u64::from(self.half.is_some()) + 2 * u64::from(self.high.is_some())
    }

    /// Forgets them: the bytes that follow come from another place.
    pub(super) fn forget_pending(&mut self) {
        (self.half, self.high) = (None, None);
    }

    /// Appends what the end of the input completes; false where it ends within a unit.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) -> bool {
        if let Some(high) = self.high.take() {
            push(u32::from(high), text);
        }
        self.half.is_none()
    }

    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let (high, low) = (u32::from(high) - 0xd800, u32::from(unit) - 0xdc00);
                push(0x10000 + (high << 10) + low, text);
                return;
            }
            (Some(lone), _) => push(u32::from(lone), text),
            (None, _) => {}
        }
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => push(u32::from(unit), text),
        }
    }
}

impl ByteOrder {
    fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        }
    }

    fn bytes(self, unit: u16) -> [u8; 2] {
        match self {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        }
    }
}

/// Appends a code point after UTF-8's rule, surrogates included.
fn push(code: u32, text: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => text.extend_from_slice(&[
            0xe0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3f) as u8,
            0x80 | (code & 0x3f) as u8,
        ]),
    }
}

/// The bytes of UTF-16 that `text`, which a decoder made, came from.
pub(super) fn encode(text: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * text.len());
    let mut rest = text.iter().copied();
    while let Some(lead) = rest.next() {
        let (length, first) = match lead {
            0..=0x7f => (0, lead),
            0x80..=0xdf => (1, lead & 0x1f),
            0xe0..=0xef => (2, lead & 0x0f),
            0xf0.. => (3, lead & 0x07),
        };
        let code = rest
            .by_ref()
            .take(length)
            .fold(u32::from(first), |code, byte| code << 6 | u32::from(byte & 0x3f));
        match char::from_u32(code) {
            Some(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    bytes.extend_from_slice(&order.bytes(*unit));
                }
            }
            None => bytes.extend_from_slice(&order.bytes(code as u16)),
        }
    }
    bytes
}

/// The length of [`encode`]'s result.
pub(super) fn encoded_length(text: &[u8]) -> u64 {
    let units = |byte: &u8| u64::from(byte & 0xc0 != 0x80) + u64::from(*byte >= 0xf0);
    2 * text.iter().map(units).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(pieces: &[&[u8]], order: ByteOrder) -> (Vec<u8>, bool) {
        let mut decoder = Utf16Decoder::new(order);
        let mut text = Vec::new();
        for piece in pieces {
            decoder.decode(piece, &mut text);
        }
        let whole = decoder.finish(&mut text);
        (text, whole)
    }

    #[test]
    fn both_orders_and_pairs_that_are_cut_anywhere() {
        let little = b"a\0\xac\x20\x3d\xd8\x00\xde";
        let big = b"\0a\x20\xac\xd8\x3d\xde\x00";
        for cut in 0..=little.len() {
            let (front, back) = little.split_at(cut);
            assert_eq!(
                decode(&[front, back], ByteOrder::Little),
                ("a€\u{1f600}".into(), true)
            );
            let (front, back) = big.split_at(cut);
            assert_eq!(
                decode(&[front, back], ByteOrder::Big),
                ("a€\u{1f600}".into(), true)
            );
        }
        assert_eq!(decode(&[b"a\0b"], ByteOrder::Little), (b"a".to_vec(), false));
    }

    #[test]
    fn a_lone_surrogate_is_no_utf_8_and_comes_back() {
        for bytes in [
            b"\x3d\xd8a\0".as_slice(),
            b"\x00\xdea\0",
            b"\x3d\xd8\x3d\xd8\x00\xde",
            b"a\0\x3d\xd8",
        ] {
            let (text, whole) = decode(&[bytes], ByteOrder::Little);
            assert!(whole && std::str::from_utf8(&text).is_err(), "{bytes:x?}");
            assert_eq!(encode(&text, ByteOrder::Little), bytes);
        }
    }

    proptest! {
        #[test]
        fn any_units_come_back_as_they_were(units: Vec<u16>) {
            for order in [ByteOrder::Little, ByteOrder::Big] {
                let bytes: Vec<u8> = units.iter().flat_map(|unit| order.bytes(*unit)).collect();
                let (text, whole) = decode(&[&bytes], order);
                prop_assert!(whole);
                prop_assert_eq!(encoded_length(&text), bytes.len() as u64);
                prop_assert_eq!(encode(&text, order), bytes);
                if let Ok(expected) = String::from_utf16(&units) {
                    prop_assert_eq!(text, expected.into_bytes());
                }
            }
        }
    }
}
