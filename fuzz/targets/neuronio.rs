//! `apical_fuzz::neuronio` under cargo-fuzz.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| apical_fuzz::neuronio(bytes));
