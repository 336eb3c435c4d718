//! The size of a batch after librdkafka compresses it with lz4. This calls librdkafka's own copy of the lz4 library
//! with the settings that it uses (rd_kafka_lz4_compress), so the result is exact. `rdkafka-sys` links that library but
//! has no bindings for it.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr;

/// LZ4F_frameInfo_t.
#[repr(C)]
#[derive(Default)]
struct FrameInfo {
    block_size: c_int,
    block_mode: c_int,
    content_checksum: c_int,
    frame_type: c_int,
    content_size: u64,
    dictionary: c_uint,
    block_checksum: c_int,
}

/// LZ4F_preferences_t.
#[repr(C)]
#[derive(Default)]
struct Preferences {
    frame: FrameInfo,
    level: c_int,
    auto_flush: c_uint,
    favor_decompression: c_uint,
    reserved: [c_uint; 3],
}

const VERSION: c_uint = 100;
const BLOCKS_INDEPENDENT: c_int = 1;

unsafe extern "C" {
    fn LZ4F_createCompressionContext(context: *mut *mut c_void, version: c_uint) -> usize;
    fn LZ4F_freeCompressionContext(context: *mut c_void) -> usize;
    fn LZ4F_compressBound(length: usize, preferences: *const Preferences) -> usize;
    fn LZ4F_compressBegin(
        context: *mut c_void,
        out: *mut u8,
        room: usize,
        preferences: *const Preferences,
    ) -> usize;
    fn LZ4F_compressUpdate(
        context: *mut c_void,
        out: *mut u8,
        room: usize,
        bytes: *const u8,
        length: usize,
        options: *const c_void,
    ) -> usize;
    fn LZ4F_compressEnd(context: *mut c_void, out: *mut u8, room: usize, options: *const c_void) -> usize;
    fn LZ4F_isError(code: usize) -> c_uint;
}

/// The compressed length of `bytes`; none if lz4 fails.
pub(super) fn compressed_length(bytes: &[u8], level: i32) -> Option<usize> {
    let preferences = Preferences {
        frame: FrameInfo {
            block_mode: BLOCKS_INDEPENDENT,
            ..FrameInfo::default()
        },
        level,
        ..Preferences::default()
    };
    // SAFETY: `out` has room for the result of compressBound and the frame header; each call gets the room that is
    // left, and the context is freed once.
    unsafe {
        let mut out = vec![0_u8; LZ4F_compressBound(bytes.len(), ptr::null()) + 1000];
        let mut context = ptr::null_mut();
        if LZ4F_isError(LZ4F_createCompressionContext(&mut context, VERSION)) != 0 {
            return None;
        }
        let mut length = 0;
        let mut append = |write: &dyn Fn(*mut u8, usize) -> usize| {
            let written = write(out.as_mut_ptr().add(length), out.len() - length);
            let done = LZ4F_isError(written) == 0;
            length += if done { written } else { 0 };
            done
        };
        let done = append(&|out, room| LZ4F_compressBegin(context, out, room, &preferences))
            && append(&|out, room| {
                LZ4F_compressUpdate(context, out, room, bytes.as_ptr(), bytes.len(), ptr::null())
            })
            && append(&|out, room| LZ4F_compressEnd(context, out, room, ptr::null()));
        LZ4F_freeCompressionContext(context);
        done.then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_bytes_shrink_and_random_bytes_do_not() {
        let repeated = compressed_length(&[b'x'; 5_000], 0).unwrap();
        assert!((30..100).contains(&repeated), "{repeated}");
        let mut random = fastrand::Rng::with_seed(7);
        let noise: Vec<u8> = (0..5_000).map(|_| random.u8(..)).collect();
        let kept = compressed_length(&noise, 0).unwrap();
        assert!((5_000..5_100).contains(&kept), "{kept}");
        assert_eq!(compressed_length(&[], 0), Some(11), "a frame without blocks");
    }
}
