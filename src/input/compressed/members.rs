//! The members of a gzip file (RFC 1952, section 2.2), one after the other.

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::bufread::GzDecoder;

/// Decompresses all members. Zeros after the last one are padding, such as that of blocks on a tape, and ignored as
/// gzip(1) ignores them.
pub(super) struct Members<R> {
    /// None after the last member.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(compressed: R) -> Members<R> {
        Members {
            member: Some(GzDecoder::new(compressed)),
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(room)?;
            if read > 0 || room.is_empty() {
                return Ok(read);
            }
            let rest = self.member.take().map(GzDecoder::into_inner);
            self.member = rest.map(next).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The member with which `rest` begins, if there is another one.
fn next<R: BufRead>(mut rest: R) -> io::Result<Option<GzDecoder<R>>> {
    let mut is_padded = false;
    loop {
        let bytes = rest.fill_buf()?;
        match bytes {
            [] => return Ok(None),
            [0, ..] => {
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                rest.consume(zeros);
                is_padded = true;
            }
            [0x1f] | [0x1f, 0x8b, ..] if !is_padded => return Ok(Some(GzDecoder::new(rest))),
            _ => {
                let what = "something else follows the last member";
                return Err(io::Error::new(ErrorKind::InvalidData, what));
            }
        }
    }
}
