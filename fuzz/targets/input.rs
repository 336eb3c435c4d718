//! See `fuzz/src/input.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| k2_produce_fuzz::run("input", data));
