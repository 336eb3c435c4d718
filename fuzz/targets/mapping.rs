//! See `fuzz/src/mapping.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| k2_produce_fuzz::run("mapping", data));
