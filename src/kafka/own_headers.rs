//! Headers that a message has of its own, besides those that all messages of a run have.
//!
//! In a batch they take the place of the value of one header, packed one after the other: the length of the name, the
//! name and a NUL, then the length of the value plus one, or 0 for null, and the value. Lengths have four bytes,
//! little-endian.

use std::ffi::CStr;

const LENGTH: usize = 4;

/// Appends a header to those that are packed at the end of `packed`.
///
/// # Panics
/// The name contains a NUL, or a part is longer than 4 GiB.
pub fn pack_header(name: &[u8], value: Option<&[u8]>, packed: &mut Vec<u8>) {
    let length = |length: usize| {
        u32::try_from(length)
            .expect("a header has less than 4 GiB")
            .to_le_bytes()
    };
    assert!(
        !name.contains(&0),
        "librdkafka takes the names of headers as C strings"
    );
    packed.extend_from_slice(&length(name.len()));
    packed.extend_from_slice(name);
    packed.push(0);
    match value {
        None => packed.extend_from_slice(&length(0)),
        Some(value) => {
            packed.extend_from_slice(&length(value.len() + 1));
            packed.extend_from_slice(value);
        }
    }
}

/// The names and values of packed headers.
pub fn packed_headers(packed: &[u8]) -> impl Iterator<Item = (&CStr, Option<&[u8]>)> + Clone {
    let mut rest = packed;
    std::iter::from_fn(move || {
        let name = take(&mut rest, 1)?;
        let name = CStr::from_bytes_with_nul(name).expect("a name ends with its only NUL");
        let length = take_length(&mut rest)?;
        let value = length.checked_sub(1).map(|length| {
            let (value, after) = rest.split_at(length);
            rest = after;
            value
        });
        Some((name, value))
    })
}

/// Takes a length, and as many bytes and `more`.
fn take<'p>(rest: &mut &'p [u8], more: usize) -> Option<&'p [u8]> {
    let length = take_length(rest)?;
    let (bytes, after) = rest.split_at_checked(length + more)?;
    *rest = after;
    Some(bytes)
}

fn take_length(rest: &mut &[u8]) -> Option<usize> {
    let (length, after) = rest.split_first_chunk::<LENGTH>()?;
    *rest = after;
    Some(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_headers_keep_their_order_and_null() {
        let headers: [(&[u8], Option<&[u8]>); 4] = [
            (b"a", Some(b"1")),
            (b"a", None),
            (b"", Some(b"")),
            (b"b", Some(b"\0\xff")),
        ];
        let mut packed = Vec::new();
        for (name, value) in headers {
            pack_header(name, value, &mut packed);
        }
        let unpacked: Vec<(&[u8], Option<&[u8]>)> = packed_headers(&packed)
            .map(|(name, value)| (name.to_bytes(), value))
            .collect();
        assert_eq!(unpacked, headers);
        assert_eq!(packed_headers(b"").count(), 0);
    }
}
