//! Converts UTF-16 to UTF-8 as it is read, and back.
//!
//! A lone surrogate is not a character, but it must not be lost. It is encoded as three bytes by the rule of UTF-8
//! (this is known as WTF-8). These bytes are not valid UTF-8, so the row is rejected, and the conversion back is exact.

use super::encoding::ByteOrder;

/// Converts UTF-16 to UTF-8, in pieces of any size.
#[derive(Debug)]
pub(super) struct Utf16Decoder {
    order: ByteOrder,
    /// The first byte of a code unit, if the second one has not arrived yet.
    half: Option<u8>,
    /// A high surrogate, if the low one has not arrived yet.
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

    /// Appends to `text` the characters that `bytes` complete.
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

    /// The number of bytes consumed but not appended yet.
    pub(super) fn pending(&self) -> u64 {
        u64::from(self.half.is_some()) + 2 * u64::from(self.high.is_some())
    }

    /// Forgets the pending bytes: the next bytes come from another position.
    pub(super) fn forget_pending(&mut self) {
        (self.half, self.high) = (None, None);
    }

    /// Appends a lone surrogate at the end of the input. Returns false if the input ends in the middle of a code unit.
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

/// Appends a code point by the rule of UTF-8, surrogates included.
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

/// The UTF-16 bytes from which the decoder produced `text`.
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

/// The length of the result of [`encode`].
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
    fn both_byte_orders_are_decoded_in_pieces_cut_anywhere() {
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
    fn a_lone_surrogate_becomes_invalid_utf_8_and_is_restored() {
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
        fn any_code_units_are_restored_exactly(units: Vec<u16>) {
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
