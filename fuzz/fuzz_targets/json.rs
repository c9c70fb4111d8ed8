//! The structural scanner against serde_json: the same texts are JSON, with the same keys, texts and
//! numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = perfadvise::ingest::fuzzing::json(bytes) {
        panic!("{difference}");
    }
});
