//! A reader, whichever the variable FORMAT names: no input makes it panic, a fault lies on a line that
//! there is, every number is finite, and what was read can be folded.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use perfadvise::config;
use perfadvise::ingest::{Format, Head, Input, formats};
use perfadvise::record::Records;
use perfadvise::workload::{FoldOptions, fold};

static FORMAT: LazyLock<&'static dyn Format> = LazyLock::new(|| {
    let name = std::env::var("FORMAT").expect("FORMAT names a format, such as otlp");
    if let Some(mapping) = name.strip_prefix("mapped-") {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../fixtures/mapped/perfadvise.yaml"
        );
        let (config, _) = config::check(Path::new(path)).expect("the fixture is a configuration");
        let found = config.mappings.into_iter().find(|m| m.name == mapping);
        let mapping = Box::leak(Box::new(
            found.expect("the fixture has a mapping of that name"),
        ));
        return Box::leak(Box::new(formats::mapped(mapping)));
    }
    formats::named(&name).expect("FORMAT names a format of `perfadvise formats list`")
});

fuzz_target!(|bytes: &[u8]| {
    let head = Head {
        name: "x",
        bytes: &bytes[..bytes.len().min(64 << 10)],
        is_whole: true,
    };
    FORMAT.detect(&head);
    let zone = jiff::tz::TimeZone::UTC;
    let mut input = Input::of_bytes(0, "x", bytes, &zone);
    let (mut records, mut problems) = (Records::default(), Vec::new());
    let _ = FORMAT.read(&mut input, &mut records, &mut problems);
    let lines = bytes.iter().filter(|b| **b == b'\n').count() as u64 + 1;
    for problem in &problems {
        assert!(
            problem.line.is_none_or(|line| (1..=lines).contains(&line)),
            "{problem:?} of {lines} lines"
        );
    }
    assert!(records.samples.iter().all(|s| s.value.is_finite()));
    assert!(records.aggregates.iter().all(|a| a.value.is_finite()));
    let options = FoldOptions {
        file_formats: vec![FORMAT.name()],
        ..FoldOptions::default()
    };
    let _ = fold(records, &options);
});
