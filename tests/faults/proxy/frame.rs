//! Frames of Kafka's protocol (<https://kafka.apache.org/protocol#protocol_common>): four bytes with the length, then a
//! request or a response. Only the beginning of each is interpreted.

use std::io::{self, ErrorKind, Read};

/// The largest frame that a broker accepts, in bytes (`socket.request.max.bytes`).
const MAX_LENGTH: i32 = 100 << 20;

/// The key of a request, which names its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Api(pub(crate) i16);

impl Api {
    pub(crate) const PRODUCE: Api = Api(0);
    pub(crate) const FETCH: Api = Api(1);
    pub(crate) const LIST_OFFSETS: Api = Api(2);
    pub(crate) const METADATA: Api = Api(3);
    pub(crate) const FIND_COORDINATOR: Api = Api(10);
    pub(crate) const INIT_PRODUCER_ID: Api = Api(22);
    pub(crate) const ADD_PARTITIONS_TO_TXN: Api = Api(24);
    pub(crate) const END_TXN: Api = Api(26);
}

/// The beginning of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestHead {
    pub api: Api,
    pub version: i16,
    /// The response has the same number.
    pub correlation: i32,
}

/// Reads the next frame, including its length; none if the stream ends before it.
pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut frame = vec![0; 4];
    let mut filled = 0;
    while filled < 4 {
        match from.read(&mut frame[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = number(&frame, 0);
    if !(4..=MAX_LENGTH).contains(&length) {
        let message = format!("a frame of {length} bytes is not one of Kafka's protocol");
        return Err(io::Error::new(ErrorKind::InvalidData, message));
    }
    frame.resize(4 + length as usize, 0);
    from.read_exact(&mut frame[4..])?;
    Ok(Some(frame))
}

/// The beginning of the request in a frame; none if the frame is too short for one.
pub(crate) fn request_head(frame: &[u8]) -> Option<RequestHead> {
    let short = |at: usize| i16::from_be_bytes([frame[at], frame[at + 1]]);
    (frame.len() >= 12).then(|| RequestHead {
        api: Api(short(4)),
        version: short(6),
        correlation: number(frame, 8),
    })
}

/// The number of the request that the response in a frame answers.
pub(crate) fn answered(frame: &[u8]) -> i32 {
    number(frame, 4)
}

fn number(frame: &[u8], at: usize) -> i32 {
    i32::from_be_bytes(frame[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metadata, version 12, number 7, for the client `k2`.
    const METADATA: &[u8] = b"\0\0\0\x0c\0\x03\0\x0c\0\0\0\x07\0\x02k2";

    /// Returns one byte per call.
    struct Slowly<'a>(&'a [u8]);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = into.len().min(1);
            self.0.read(&mut into[..length])
        }
    }

    #[test]
    fn frames_are_read_one_after_the_other_however_they_arrive() {
        let both = [METADATA, b"\0\0\0\x04\0\0\0\x09"].concat();
        let (mut at_once, mut slowly) = (&both[..], Slowly(&both));
        for expected in [METADATA, b"\0\0\0\x04\0\0\0\x09"] {
            assert_eq!(read(&mut at_once).unwrap().unwrap(), expected);
            assert_eq!(read(&mut slowly).unwrap().unwrap(), expected);
        }
        assert!(read(&mut at_once).unwrap().is_none() && read(&mut slowly).unwrap().is_none());
    }

    #[test]
    fn the_kind_and_the_number_of_a_request_are_read() {
        let expected = RequestHead {
            api: Api::METADATA,
            version: 12,
            correlation: 7,
        };
        assert_eq!(request_head(METADATA), Some(expected));
        assert_eq!(request_head(&METADATA[..11]), None);
        assert_eq!(answered(b"\0\0\0\x05\xff\xff\xff\xfe!"), -2);
    }

    #[test]
    fn a_stream_that_ends_within_a_frame_is_an_error() {
        for length in 1..METADATA.len() {
            let error = read(&mut &METADATA[..length]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{length}");
        }
    }

    #[test]
    fn an_impossible_length_is_an_error() {
        for length in [-1, 0, 3, MAX_LENGTH + 1, i32::MAX] {
            let error = read(&mut &length.to_be_bytes()[..]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{length}");
        }
    }
}
