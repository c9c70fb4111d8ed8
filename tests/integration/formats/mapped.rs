//! Tables that no format knows, by mappings of the configuration. Expected values are worked out by hand from
//! `fixtures/mapped/`.

use std::path::Path;

use perfadvise::config::{self, Config, ConfigError};
use perfadvise::ingest::{Format, Ingested, Input, Options, Target, formats, read_all};
use perfadvise::metrics::Metric;
use perfadvise::record::{Dimension, Flags, OperationKind, OutcomeKind, Records};
use proptest::prelude::*;

use super::{bytes_of, dimension};
use crate::cli::program;

fn configuration() -> Config {
    let (config, warnings) = config::check(Path::new("fixtures/mapped/perfadvise.yaml")).unwrap();
    assert_eq!(warnings, []);
    config
}

fn ingested(path: &str) -> Ingested {
    let options = Options {
        mappings: configuration().mappings,
        ..Options::default()
    };
    let target = Target {
        path: Path::new("fixtures/mapped").join(path),
        labels: Vec::new(),
    };
    let read = read_all(&[target], formats::ALL, &options, &|_, _| {}).unwrap();
    assert_eq!(read.files[0].format, Some("mapped"));
    read
}

fn names(records: &Records, index: usize) -> [String; 2] {
    let identity = records.operations[index].identity;
    let identity = records.catalog.identities.get(identity.0);
    [identity.session, identity.task].map(|name| records.catalog.text(name).to_owned())
}

#[test]
fn milliseconds_percent_cents_and_cached_tokens_inside_of_input() {
    let read = ingested("chat.csv");
    assert_eq!(read.problems, []);
    let records = &read.records;
    let [first, second, third] = records.operations[..] else {
        panic!("{}", records.operations.len())
    };
    // Berlin is one hour ahead of UTC in March, two in July.
    assert_eq!(first.start.to_string(), "2026-03-02T08:00:00Z");
    assert_eq!(second.start.to_string(), "2026-07-02T07:00:00Z");
    assert_eq!(first.kind, OperationKind::ModelRequest);
    let durations = [first, second, third].map(|o| o.duration);
    assert_eq!(durations, [1_500_000_000, 250_500_000, 9_000_000_000]);
    let outcomes = [first, second, third].map(|o| o.outcome);
    assert_eq!(
        outcomes,
        [OutcomeKind::Ok, OutcomeKind::Ok, OutcomeKind::Timeout]
    );
    let tokens =
        |o: perfadvise::record::Operation| (o.tokens.fresh, o.tokens.cache_read, o.tokens.output);
    assert_eq!(tokens(first), (200, 800, 50));
    assert_eq!(tokens(second), (400, 0, 20));
    assert_eq!(tokens(third), (200, 100, 0));
    // 2.5 cents; nothing where nothing stands.
    assert_eq!(
        [first, second, third].map(|o| o.cost),
        [25_000_000, 5_000_000, -1]
    );
    let accuracies = [first, second, third].map(|o| records.details_of(&o).accuracy);
    assert_eq!(accuracies, [Some(970_000_000), Some(805_000_000), None]);
    assert_eq!(names(records, 0), ["c1", ""]);
    assert_eq!(dimension(records, &first, Dimension::Model), "small");
    assert_eq!(dimension(records, &first, Dimension::Agent), "helper");
    // A label of a sentence is none.
    assert_eq!(records.ignored, 1);
    assert_eq!(records.catalog.names.find("MARKER"), None);
}

#[test]
fn seconds_nested_keys_and_cached_tokens_beside_input() {
    let read = ingested("calls.jsonl");
    assert_eq!(read.problems, []);
    let records = &read.records;
    let [first, second] = records.operations[..] else {
        panic!("{}", records.operations.len())
    };
    assert_eq!(first.start.to_string(), "2026-03-02T08:00:00Z");
    assert_eq!(
        (first.duration, second.duration),
        (2_500_000_000, 1_000_000_000)
    );
    // No column tells how they ended.
    assert_eq!(first.outcome, OutcomeKind::Unknown);
    let tokens =
        |o: perfadvise::record::Operation| (o.tokens.fresh, o.tokens.cache_read, o.tokens.output);
    assert_eq!(tokens(first), (100, 900, 7));
    assert_eq!(tokens(second), (50, 0, 3));
    assert_eq!((first.cache, second.cache), (2, 1));
    assert_eq!(names(records, 0), ["", "17"]);
    assert_eq!(dimension(records, &second, Dimension::Mode), "SIMPLE");
    assert_eq!(records.catalog.names.find("MARKER"), None);
}

#[test]
fn a_row_of_samples() {
    let read = ingested("load.csv");
    assert_eq!(read.problems, []);
    let samples = &read.records.samples;
    let values = |metric: Metric| -> Vec<f64> {
        let own = samples.iter().filter(|s| s.metric == metric.into());
        own.map(|s| s.value).collect()
    };
    assert_eq!(values(Metric::CpuUtilization), [0.5, 0.755]);
    // MiB are 2²⁰ bytes.
    assert_eq!(values(Metric::MemoryUsage), [2_097_152.0, 4_194_304.0]);
    // An empty cell is nothing, not 0.
    assert_eq!(samples.len(), 5);
    assert_eq!(
        samples.iter().next().unwrap().time.to_string(),
        "2026-03-02T08:00:00Z"
    );
    let leads = samples.iter().filter(|s| s.flags.has(Flags::LEADS));
    assert_eq!(leads.count(), 2);
}

fn faults(path: &str) -> (usize, Vec<(u64, String)>) {
    let read = ingested(path);
    let faults = read.problems.iter();
    let faults = faults.map(|p| (p.line.unwrap_or(0), p.reason.clone().into_owned()));
    (read.records.operations.len(), faults.collect())
}

#[test]
fn faults_name_the_line_and_the_column() {
    let (rows, found) = faults("broken/chat.csv");
    let expected = [
        (2, "`started` is no time between 2000 and 2100"),
        (3, "`elapsed` is negative"),
        (3, "`score` is too large: is its unit right?"),
        (
            3,
            "input tokens are fewer than those that a cache read and wrote",
        ),
        (4, "`cents` is not a number"),
        (4, "`elapsed` is not a number"),
        (4, "`prompt tokens` is no whole number"),
        (4, "`status` has a word that the mapping does not name"),
        (5, "4 fields where the header has 13"),
        (6, "`elapsed` is too large: is its unit right?"),
        (
            7,
            "a quoted field that is not closed, or goes on behind its quote",
        ),
        (8, "`started` is missing"),
    ];
    assert_eq!(
        found,
        expected.map(|(line, reason)| (line, reason.to_owned()))
    );
    assert_eq!(rows, 4);
    let (rows, found) = faults("broken/calls.jsonl");
    let expected = [
        (1, "`finish` lies before the start"),
        (2, "a line that is no JSON object"),
        (3, "`begin` is no time between 2000 and 2100"),
        (4, "cut off in the middle of a value"),
        (5, "`hit` is neither true nor false"),
        (6, "invalid UTF-8"),
        (7, "`begin` is missing"),
    ];
    assert_eq!(
        found,
        expected.map(|(line, reason)| (line, reason.to_owned()))
    );
    assert_eq!(rows, 2);
    let (_, found) = faults("broken/load.csv");
    let reason = "the header has no column `waiting`, which the mapping `load` names";
    assert_eq!(found, [(1, reason.to_owned())]);
}

/// A table of its own text, by a mapping of `fixtures/mapped/`.
fn of_text(name: &str, text: &[u8]) -> (Ingested, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let options = Options {
        mappings: configuration().mappings,
        ..Options::default()
    };
    let target = Target {
        path,
        labels: Vec::new(),
    };
    let read = read_all(&[target], formats::ALL, &options, &|_, _| {}).unwrap();
    let reasons = read.problems.iter().map(|p| p.reason.clone().into_owned());
    let reasons = reasons.collect();
    (read, reasons)
}

#[test]
fn a_value_of_a_line_costs_itself() {
    let (read, reasons) = of_text(
        "calls.jsonl",
        b"{\"begin\": 1772438400, \"x\": NaN}\n{\"begin\": 1772438401, \"y\": \"\xff\"}\n",
    );
    assert_eq!(read.records.operations.len(), 2);
    assert_eq!(reasons, ["not a finite number", "invalid UTF-8"]);
}

#[test]
fn a_table_of_utf_16_is_named_so() {
    let text = "started;elapsed\n".encode_utf16();
    let text = [0xfeff].into_iter().chain(text).flat_map(u16::to_le_bytes);
    let (read, reasons) = of_text("chat.csv", &text.collect::<Vec<u8>>());
    assert!(read.records.operations.is_empty());
    assert_eq!(reasons, ["UTF-16: convert it to UTF-8"]);
}

fn refused(text: &str) -> Vec<(u64, u64, String)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perfadvise.yaml");
    std::fs::write(&path, text).unwrap();
    let Err(ConfigError::Faulty { faults, .. }) = config::check(&path) else {
        panic!("{text} is fine")
    };
    let of = |f: &config::Fault| {
        (
            f.place.line.unwrap(),
            f.place.column.unwrap(),
            format!("{}; {}", f.message, f.expected.clone().unwrap_or_default()),
        )
    };
    faults.iter().map(of).collect()
}

#[test]
fn a_mapping_is_checked_where_it_stands() {
    let begin = "mappings:\n  a:\n    files: \"*.csv\"\n    record: task\n";
    for (rest, line, column, message) in [
        (
            "    duration: {column: took}\n",
            5,
            5,
            "duration has no unit; expected a unit: s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: {column: took, unit: }\n",
            5,
            34,
            "unit must be a unit, found nothing; expected s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: {column: took, unit: percent}\n",
            5,
            36,
            "unit must be a unit, found \"percent\"; expected s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: {column: took, unit: 5ms}\n",
            5,
            36,
            "unit must be a unit, found \"5ms\"; expected s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: {column: took, unit: 0s}\n",
            5,
            36,
            "unit must be a unit, found \"0s\"; expected s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: {column: took, unit: e3s}\n",
            5,
            36,
            "unit must be a unit, found \"e3s\"; expected s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: {column: took, unit: .5s}\n",
            5,
            36,
            "unit must be a unit, found \".5s\"; expected s, ms, us or ns; no unit is guessed",
        ),
        (
            "    duration: took\n",
            5,
            15,
            "duration must be a column with its unit, found \"took\"; expected a column and its unit (s, ms, us or ns)",
        ),
        (
            "    time: {column: at, unit: seconds}\n",
            5,
            30,
            "unit must be a unit, found \"seconds\"; expected text, or since 1970 s, ms, us or ns; no unit is guessed",
        ),
        (
            "    timezone: Mars/Base\n",
            5,
            15,
            "timezone must be a time zone, found \"Mars/Base\"; expected a name of the IANA database, such as Europe/Berlin",
        ),
        (
            "    outcome: {column: status, ok: []}\n",
            5,
            5,
            "outcome needs a column and the words for ok, error, …; expected the words of the column that mean success or failure",
        ),
        (
            "    tokens: {input: in, cache_read: read}\n",
            5,
            5,
            "tokens has no input_includes_cache; expected whether input contains what a cache read or wrote",
        ),
        (
            "    end: finish\n",
            2,
            3,
            "the mapping has no time; expected time: the column of the start",
        ),
    ] {
        let found = refused(&format!("{begin}{rest}"));
        assert_eq!(found, [(line, column, message.to_owned())], "{rest}");
    }
    let found = refused("mappings:\n  a: {files: \"[\", record: job}\n");
    assert_eq!(found.len(), 2);
    assert_eq!(
        refused("mappings:\n  a: {record: task}\n")[0].2,
        "the mapping has no files; expected files: a pattern of paths"
    );
    let found = refused(
        "mappings:\n  a: {files: x, record: sample, values: {cpu_utilization: {column: c, unit: ms}}}\n",
    );
    assert!(found[0].2.contains("fraction or percent"), "{found:?}");
    let found = refused(
        "mappings:\n  a: {files: x, record: sample, values: {memory_usage: {column: c, unit: 0kB}}}\n",
    );
    assert!(found[0].2.contains("B, kB, MB"), "{found:?}");
}

/// What `formats explain` proposes can be pasted: what it leaves open is a fault that says so, and filled in it reads the
/// file.
#[test]
fn a_proposal_can_be_pasted_and_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(
        at("runs.csv"),
        "started_at,latency_ms,prompt_tokens,cached_tokens,status,model,note\n2026-03-02T08:00:00Z,12.5,100,40,fine,m,MARKER of a secret\n",
    )
    .unwrap();
    let explain = || {
        let output = program(folder.path())
            .args(["formats", "explain", "runs.csv"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    let told = explain();
    assert!(
        told.contains("units are not guessed") && !told.contains("MARKER"),
        "{told}"
    );
    let proposal = told[told.find("mappings:").unwrap()..].to_owned();
    std::fs::write(at("perfadvise.yaml"), &proposal).unwrap();
    let told = explain();
    assert!(
        told.contains("no unit is guessed") && told.contains("input_includes_cache"),
        "{told}"
    );
    let filled = proposal
        .replace("column: latency_ms, unit: ", "column: latency_ms, unit: ms")
        .replace("ok: [], error: []", "ok: [fine]")
        .replace("input_includes_cache:", "input_includes_cache: true");
    std::fs::write(at("perfadvise.yaml"), &filled).unwrap();
    let told = explain();
    assert!(
        told.contains("operations  model_request 1"),
        "{told}\n{filled}"
    );
    let output = program(folder.path())
        .args(["analyze", "runs.csv", "--format", "json"])
        .output()
        .unwrap();
    let page: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(page["provenance"]["formats"]["mapped"], 1);
    let time = page["metrics"].as_array().unwrap().iter();
    let time = time.clone().find(|m| m["metric"] == "model_time").unwrap();
    assert_eq!(time["mean"], 0.0125);
}

fn read(mapping: &str, bytes: &[u8]) -> (Records, Vec<perfadvise::place::Problem>) {
    let config = configuration();
    let mapping = config.mappings.iter().find(|m| m.name == mapping).unwrap();
    let zone = jiff::tz::TimeZone::UTC;
    let mut input = Input::of_bytes(0, "x", bytes, &zone);
    let (mut records, mut problems) = (Records::default(), Vec::new());
    let format = formats::mapped(mapping);
    let _ = format.read(&mut input, &mut records, &mut problems);
    (records, problems)
}

/// A proposal comes from the bytes that were read: of a stream, which gives them once, of what was unpacked, and
/// without a byte order mark.
#[test]
fn a_mapping_is_proposed_for_whatever_can_be_read() {
    const TABLE: &[u8] = b"latency_ms,status\n12.5,fine\n";
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let explain = |name: &str| {
        let mut command = program(folder.path());
        let limit = std::time::Duration::from_secs(60);
        let command = command.args(["formats", "explain", name]).timeout(limit);
        let output = command.write_stdin(TABLE).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    std::fs::write(at("marked.csv"), [b"\xef\xbb\xbf", TABLE].concat()).unwrap();
    let packed = std::fs::File::create(at("runs.csv.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, TABLE).unwrap();
    packed.finish().unwrap();
    for (name, files) in [
        ("marked.csv", "files: \"**/marked.csv\""),
        ("runs.csv.gz", "files: \"**/runs.csv.gz\""),
        ("-", "files: \"**/-\""),
    ] {
        let told = explain(name);
        let is_proposed = told.contains("column: latency_ms") && told.contains(files);
        assert!(is_proposed, "{name}: {told}");
    }
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status();
    if made.is_ok_and(|status| status.success()) {
        let pipe = at("pipe");
        let writer = std::thread::spawn(move || std::fs::write(pipe, TABLE));
        let told = explain("pipe");
        assert!(told.contains("column: latency_ms"), "{told}");
        writer.join().unwrap().unwrap();
    }
}

/// RFC 4180: a quote opens a field only where the field begins.
#[test]
fn a_stray_quote_costs_at_most_its_own_row() {
    let (records, problems) = read(
        "load",
        b"at,cpu,memory,waiting,machine\n1772438400000,50,2,1,3.5\" disk\n1772438460000,50,2,1,\"b\n1772438520000,50,2,1,c\n",
    );
    let reasons: Vec<(Option<u64>, &str)> = problems.iter().map(|p| (p.line, &*p.reason)).collect();
    let reason = "a quoted field that is not closed, or goes on behind its quote";
    assert_eq!(reasons, [(Some(3), reason)]);
    let leads = records.samples.iter().filter(|s| s.flags.has(Flags::LEADS));
    assert_eq!(leads.count(), 2);
}

#[test]
fn tokens_that_are_not_told_are_no_zeros() {
    let header = "id;started;elapsed;status;prompt tokens;completion tokens;cached;cents;score;chat;model;bot;tier";
    let row = |tokens: &str| {
        let text = format!("{header}\na1;2026-03-02 09:00:00;10;done;{tokens};1;97;c1;m;b;gold\n");
        let (records, problems) = read("chat", text.as_bytes());
        assert_eq!(problems, []);
        let o = records.operations[0];
        let flags = [Flags::HAS_TOKENS, Flags::OUTPUT_IS_LOWER_BOUND].map(|f| o.flags.has(f));
        (
            [o.tokens.fresh, o.tokens.cache_read, o.tokens.output],
            flags,
        )
    };
    assert_eq!(row("100;7;40"), ([60, 40, 7], [true, false]));
    assert_eq!(row("0;0;0"), ([0, 0, 0], [true, false]));
    // There were more than are told.
    assert_eq!(row("100;;40"), ([60, 40, 0], [true, true]));
    assert_eq!(row(";7;"), ([0, 0, 7], [true, true]));
    assert_eq!(row(";7;40"), ([0, 40, 7], [true, true]));
    assert_eq!(row(";;40"), ([0, 0, 0], [false, false]));
}

#[test]
fn reasoning_is_a_part_of_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perfadvise.yaml");
    let text =
        "mappings: {a: {files: x, record: task, tokens: {input: i, output: o, reasoning: r}}}\n";
    std::fs::write(&path, text).unwrap();
    let (config, _) = config::check(&path).unwrap();
    let zone = jiff::tz::TimeZone::UTC;
    let mut input = Input::of_bytes(0, "x", b"i,o,r\n1,50,20\n1,50,80\n1,,30\n", &zone);
    let (mut records, mut problems) = (Records::default(), Vec::new());
    let format = formats::mapped(&config.mappings[0]);
    format
        .read(&mut input, &mut records, &mut problems)
        .unwrap();
    let tokens = records
        .operations
        .iter()
        .map(|o| (o.tokens.output, o.tokens.reasoning));
    assert_eq!(tokens.collect::<Vec<_>>(), [(50, 20), (50, 0), (30, 30)]);
    let reasons: Vec<(Option<u64>, &str)> = problems.iter().map(|p| (p.line, &*p.reason)).collect();
    let reason = "more tokens of reasoning than of output, which contains them";
    assert_eq!(reasons, [(Some(3), reason)]);
}

/// What was kept of a file by one mapping counts for no other.
#[test]
fn another_mapping_reads_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("load.csv");
    std::fs::copy("fixtures/mapped/load.csv", &path).unwrap();
    let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(an_hour_ago).unwrap();
    let cache = crate::cache::cache_in(&folder.path().join("cache"));
    let mut mappings = configuration().mappings;
    let read = |mappings: &[config::mapping::Mapping]| {
        let options = Options {
            mappings: mappings.to_vec(),
            cache: Some(cache.clone()),
            ..Options::default()
        };
        let target = Target {
            path: path.clone(),
            labels: Vec::new(),
        };
        let read = read_all(&[target], formats::ALL, &options, &|_, _| {}).unwrap();
        let samples = read.records.samples.iter();
        let own = samples.filter(|s| s.metric == Metric::MemoryUsage.into());
        own.map(|s| s.value).collect::<Vec<f64>>()
    };
    for _ in 0..2 {
        assert_eq!(read(&mappings), [2_097_152.0, 4_194_304.0]);
    }
    let load = mappings.iter_mut().find(|m| m.name == "load").unwrap();
    for (_, column) in &mut load.values {
        column.scale = 0.5;
    }
    assert_eq!(read(&mappings), [1.0, 2.0]);
}

const FILES: &[(&str, &str)] = &[
    ("chat", "chat.csv"),
    ("calls", "calls.jsonl"),
    ("load", "load.csv"),
];

#[test]
fn a_table_may_end_anywhere() {
    for (mapping, file) in FILES {
        let bytes = bytes_of(&format!("mapped/{file}"));
        let whole = read(mapping, &bytes).0;
        for end in 0..bytes.len() {
            let (records, problems) = read(mapping, &bytes[..end]);
            assert!(
                records.operations.len() <= whole.operations.len(),
                "{file} {end}"
            );
            let lines = bytes[..end].iter().filter(|b| **b == b'\n').count() as u64 + 1;
            let are_there = problems
                .iter()
                .all(|p| p.line.is_none_or(|l| l >= 1 && l <= lines));
            assert!(are_there, "{file} {end} {problems:?}");
        }
    }
}

proptest! {
    #[test]
    fn damaged_tables_are_read(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        for (mapping, file) in FILES {
            let mut bytes = bytes_of(&format!("mapped/{file}"));
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()));
            let (records, _) = read(mapping, &bytes);
            prop_assert!(records.samples.iter().all(|s| s.value.is_finite()));
        }
    }
}
