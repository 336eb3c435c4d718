//! Avro's binary building blocks and the registry's header.
//!
//! Sources: Avro 1.12 specification, "Binary encoding"; Confluent wire format (magic byte 0, schema id).

/// The registry's header: magic byte 0 and the schema's id, big-endian.
pub(crate) fn registry_header(id: u32) -> [u8; 5] {
    let [a, b, c, d] = id.to_be_bytes();
    [0, a, b, c, d]
}

/// Appends `value` as Avro's variable-length zig-zag long; an int is written the same way.
#[inline]
pub(crate) fn put_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    if rest < 0x80 {
        out.push(rest as u8);
        return;
    }
    let mut bytes = [0; 10];
    let mut length = 0;
    while rest >= 0x80 {
        bytes[length] = rest as u8 | 0x80;
        rest >>= 7;
        length += 1;
    }
    bytes[length] = rest as u8;
    out.extend_from_slice(&bytes[..=length]);
}

/// Appends `bytes` with their length before them: a string or bytes.
#[inline]
pub(crate) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

/// Reads a long written by [`put_long`] from the start of `bytes`; returns the value and its length in bytes.
pub(crate) fn take_long(bytes: &[u8]) -> (i64, usize) {
    checked_long(bytes).expect("a complete long ends with a byte below 0x80")
}

/// The same for untrusted bytes; none if they do not start with a long.
pub(crate) fn checked_long(bytes: &[u8]) -> Option<(i64, usize)> {
    const MAX_BYTES: usize = 10;
    let mut rest = 0u64;
    for (index, byte) in bytes.iter().take(MAX_BYTES).enumerate() {
        rest |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(((rest >> 1) as i64 ^ -((rest & 1) as i64), index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs_match_the_specification() {
        let table: &[(i64, &[u8])] = &[
            (0, &[0x00]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (-2, &[0x03]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (
                i64::MAX,
                &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
            (
                i64::MIN,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
        ];
        for (value, bytes) in table {
            let mut out = Vec::new();
            put_long(*value, &mut out);
            assert_eq!(out, *bytes, "{value}");
            assert_eq!(take_long(&out), (*value, out.len()));
        }
    }
}
