//! Searches of 64 bytes at once, by vector instructions where the processor has them: one bit for each byte that
//! matches. For text in which matches are so close together that a search for each would cost more than the bytes.

use wide::u8x16;

/// The number of bytes that are searched at once.
pub(super) const WINDOW: usize = 64;

/// The number of bytes in a vector.
const LANES: usize = 16;

/// What a window has: the lowest bit is that of its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// The bytes equal to the delimiter.
    pub(super) delimiters: u64,
    /// The bytes that are not part of a plain cell: quotes, CR and LF.
    pub(super) stops: u64,
}

impl Marks {
    /// The marks of the window at `at`, which may be longer than the rest of `bytes`.
    #[inline(always)]
    pub(super) fn of(bytes: &[u8], at: usize, delimiter: u8, quote: u8) -> Marks {
        match bytes[at..].first_chunk::<WINDOW>() {
            Some(window) => Marks::of_window(window, delimiter, quote),
            None => Marks::of_rest(&bytes[at..], delimiter, quote),
        }
    }

    /// The same without the delimiters after the first stop.
    #[inline(always)]
    pub(super) fn before_stop(self) -> Marks {
        let Marks { delimiters, stops } = self;
        Marks {
            delimiters: delimiters & (stops.wrapping_sub(1) & !stops),
            stops,
        }
    }

    #[inline(always)]
    fn of_window(window: &[u8; WINDOW], delimiter: u8, quote: u8) -> Marks {
        let delimiter = u8x16::splat(delimiter);
        let (quote, feed, carriage) = (u8x16::splat(quote), u8x16::splat(b'\n'), u8x16::splat(b'\r'));
        let mut marks = Marks {
            delimiters: 0,
            stops: 0,
        };
        for (index, lanes) in window.as_chunks::<LANES>().0.iter().enumerate() {
            let lanes = u8x16::from(*lanes);
            let stops = lanes.simd_eq(quote) | lanes.simd_eq(feed) | lanes.simd_eq(carriage);
            marks.delimiters |= u64::from(lanes.simd_eq(delimiter).to_bitmask()) << (index * LANES);
            marks.stops |= u64::from(stops.to_bitmask()) << (index * LANES);
        }
        marks
    }

    #[cold]
    fn of_rest(rest: &[u8], delimiter: u8, quote: u8) -> Marks {
        let mut window = [0; WINDOW];
        window[..rest.len()].copy_from_slice(rest);
        let marks = Marks::of_window(&window, delimiter, quote);
        let within = (1 << rest.len()) - 1;
        Marks {
            delimiters: marks.delimiters & within,
            stops: marks.stops & within,
        }
    }
}

/// The offset of the first byte at or after `from` that a string of JSON cannot contain as it is: a quote, a backslash or
/// a control character (RFC 8259, section 7). If there is none, the offset of the rest of fewer than 16 bytes, which has
/// not been searched.
#[inline(always)]
pub(super) fn find_end_of_bare_text(text: &[u8], from: usize) -> usize {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    let last_control = u8x16::splat(0x1f);
    let mut at = from;
    for lanes in text[from..].as_chunks::<LANES>().0 {
        let lanes = u8x16::from(*lanes);
        let ends = lanes.simd_eq(quote) | lanes.simd_eq(backslash) | lanes.min(last_control).simd_eq(lanes);
        let ends = ends.to_bitmask();
        if ends != 0 {
            return at + ends.trailing_zeros() as usize;
        }
        at += LANES;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_byte_that_ends_bare_text_is_found(
            text in proptest::collection::vec(
                prop_oneof![10 => b' '..=b'~', 1 => any::<u8>(), 1 => proptest::sample::select(b"\x1f\x20\"\\!#[]".to_vec())],
                0..60,
            ),
            from in 0usize..60,
        ) {
            let from = from.min(text.len());
            let found = find_end_of_bare_text(&text, from);
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
            match text[from..].iter().position(ends) {
                Some(end) if from + end < from + (text.len() - from) / LANES * LANES => prop_assert_eq!(found, from + end),
                _ => prop_assert_eq!(found, from + (text.len() - from) / LANES * LANES),
            }
        }

        #[test]
        fn each_matching_byte_is_marked_and_no_other(
            // Many bytes that match, and that differ from those by one bit.
            bytes in proptest::collection::vec(
                prop_oneof![proptest::sample::select(b",\"\n\r-#\x0b\x0c\xac\0".to_vec()), any::<u8>()],
                0..150,
            ),
            at in 0usize..150,
            delimiter in proptest::sample::select(b",;\t\0".to_vec()),
        ) {
            let at = at.min(bytes.len());
            let marks = Marks::of(&bytes, at, delimiter, b'"');
            for index in 0..WINDOW {
                let byte = bytes.get(at + index).copied();
                let is = |marks: u64| marks >> index & 1 == 1;
                prop_assert_eq!(is(marks.delimiters), byte == Some(delimiter), "{:?} at {}", &bytes, index);
                let stops = byte.is_some_and(|byte| matches!(byte, b'"' | b'\n' | b'\r'));
                prop_assert_eq!(is(marks.stops), stops, "{:?} at {}", &bytes, index);
            }
        }
    }
}
