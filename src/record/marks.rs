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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
