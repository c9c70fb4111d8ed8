//! Packed inputs: all members and frames, and what is left of cut-off, damaged and hostile ones.

use std::io::Write as _;
use std::path::Path;

use perfadvise::ingest::{Ingested, Options, Target, formats, read_all};
use perfadvise::place::ProblemKind;

const PLAIN: &str = "fixtures/claude-code/real/hello-world-script.jsonl";
const GZIP: &str = "fixtures/packed/two-members.jsonl.gz";
const ZSTD: &str = "fixtures/packed/two-frames.jsonl.zst";
const GZIP_CUT_OFF: &str = "gzip data cut off: what stands before is used";
const ZSTD_CUT_OFF: &str = "zstd data cut off: what stands before is used";

fn read(path: &Path) -> Ingested {
    let target = Target {
        path: path.into(),
        labels: Vec::new(),
    };
    read_all(&[target], formats::ALL, &Options::default(), &|_, _| {}).unwrap()
}

fn read_as(name: &str, bytes: &[u8]) -> Ingested {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path)
}

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

fn faults(ingested: &Ingested) -> Vec<(Option<u64>, ProblemKind, &str)> {
    ingested
        .problems
        .iter()
        .map(|p| (p.line, p.kind, p.reason.as_ref()))
        .collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Lines of a format that gives each an event, numbered.
fn lines(n: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for i in 0..n {
        writeln!(
            text,
            r#"{{"kind":"operation","operation":"step","time":"2026-11-02T03:15:11Z","duration":1.5,"id":"{i:09}"}}"#
        )
        .unwrap();
    }
    text
}

#[test]
fn every_member_and_frame_is_read_as_the_plain_file_is() {
    let plain = read(Path::new(PLAIN));
    for path in [GZIP, ZSTD] {
        // Under another name too: the content says what it is.
        for packed in [
            read(Path::new(path)),
            read_as("hello-world-script.jsonl", &bytes(path)),
        ] {
            assert_eq!(packed.records.operations, plain.records.operations);
            assert_eq!(packed.records.events, plain.records.events);
            assert_eq!(packed.records.ignored, plain.records.ignored);
            assert_eq!(packed.problems, plain.problems);
            assert_eq!(packed.files[0].format, Some("claude-code"));
            assert_eq!(packed.files[0].bytes, bytes(path).len() as u64);
        }
    }
}

#[test]
fn a_document_that_is_known_by_its_name_is_known_packed() {
    let name = "performance_report_20261123_172050.json";
    let text = bytes(&format!("fixtures/monitor-report/steady/{name}"));
    let packed = read_as(&format!("{name}.gz"), &gzip(&text));
    assert_eq!(packed.files[0].format, Some("monitor-report"));
    let plain = read_as(name, &text);
    assert_eq!(packed.records.samples, plain.records.samples);
    assert!(!plain.records.samples.is_empty());
}

#[test]
fn of_a_cut_off_stream_what_stands_before_is_used() {
    let text = lines(20_000);
    let whole = gzip(&text);
    let read = read_as("a.gz", &whole[..whole.len() / 2]);
    let n = read.records.operations.len();
    assert!((5_000..15_000).contains(&n), "{n}");
    // The last line is cut, and the stream is.
    let last = Some(n as u64 + 1);
    assert_eq!(
        faults(&read),
        [
            (
                last,
                ProblemKind::Skipped,
                "cut off in the middle of a value"
            ),
            (last, ProblemKind::Unreadable, GZIP_CUT_OFF),
        ]
    );
    // Only the checksum is missing.
    let read = read_as("a.gz", &whole[..whole.len() - 3]);
    assert_eq!(read.records.operations.len(), 20_000);
    assert_eq!(
        faults(&read),
        [(Some(20_000), ProblemKind::Unreadable, GZIP_CUT_OFF)]
    );
}

#[test]
fn a_frame_that_is_cut_off_gives_the_blocks_before() {
    let text = lines(20_000);
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let whole = ruzstd::encoding::compress_to_vec(text.as_slice(), level);
    assert_eq!(read_as("a.zst", &whole).records.operations.len(), 20_000);
    let read = read_as("a.zst", &whole[..whole.len() / 2]);
    let n = read.records.operations.len();
    assert!((5_000..15_000).contains(&n), "{n}");
    assert_eq!(
        read.problems.last().map(|p| p.reason.as_ref()),
        Some(ZSTD_CUT_OFF)
    );
    // Within the second of two frames: the first is whole.
    let two = bytes(ZSTD);
    let read = read_as("a.jsonl.zst", &two[..two.len() - 9]);
    assert_eq!(
        faults(&read),
        [(Some(4), ProblemKind::Unreadable, ZSTD_CUT_OFF)]
    );
}

#[test]
fn a_damaged_stream_is_named_and_what_stands_before_is_used() {
    for (path, reason) in [
        (GZIP, "gzip data damaged: what stands before is used"),
        (ZSTD, "zstd data damaged: what stands before is used"),
    ] {
        let mut damaged = bytes(path);
        damaged.extend(b"what follows belongs to no member");
        let read = read_as("a.jsonl", &damaged);
        assert_eq!(read.files[0].format, Some("claude-code"));
        assert_eq!(
            read.records.operations.len(),
            self::read(Path::new(PLAIN)).records.operations.len()
        );
        assert_eq!(read.problems.len(), 1, "{path}");
        assert_eq!(read.problems[0].reason, reason);
    }
    // A checksum that does not fit: the text was read, but cannot be trusted.
    let text = lines(3);
    let mut damaged = gzip(&text);
    let at = damaged.len() - 8;
    damaged[at] ^= 1;
    let read = read_as("a.gz", &damaged);
    assert_eq!(read.records.operations.len(), 3);
    assert_eq!(read.problems.len(), 1);
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let mut damaged = ruzstd::encoding::compress_to_vec(text.as_slice(), level);
    *damaged.last_mut().unwrap() ^= 1;
    let read = read_as("a.zst", &damaged);
    assert_eq!(read.records.operations.len(), 3);
    assert_eq!(
        read.problems[0].reason,
        "zstd data damaged: what stands before is used"
    );
}

/// gzip itself ignores zeros behind a member.
#[test]
fn zeros_behind_a_member_are_no_damage() {
    let text = lines(3);
    let padded = [&gzip(&text)[..], &[0; 1000]].concat();
    let two = [&padded[..], &gzip(&text)].concat();
    for (bytes, records) in [(&padded, 3), (&two, 6)] {
        let read = read_as("a.jsonl.gz", bytes);
        assert_eq!(faults(&read), []);
        assert_eq!(read.records.operations.len(), records);
        assert_eq!(read.files[0].bytes, bytes.len() as u64);
    }
    let garbage = [&padded[..], b"garbage"].concat();
    let read = read_as("a.jsonl.gz", &garbage);
    assert_eq!(read.records.operations.len(), 3);
    assert_eq!(read.problems.len(), 1);
}

/// The lines of the files in it belong to none of them.
#[test]
fn an_archive_of_files_is_not_read() {
    let mut tar = b"runs/a.jsonl".to_vec();
    tar.resize(257, 0);
    tar.extend_from_slice(b"ustar\x0000");
    tar.resize(512, 0);
    tar.extend_from_slice(&lines(3));
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    for bytes in [tar.clone(), gzip(&tar), b"PK\x03\x04".to_vec()] {
        let read = read_as("a.jsonl", &bytes);
        assert!(read.records.is_empty());
        assert_eq!(read.files[0].format, None);
        assert_eq!(
            read.files[0].why_not.as_deref(),
            Some("an archive of files: unpack it first, they are read from their folder")
        );
    }
}

#[test]
fn names_decide_nothing() {
    let text = lines(2);
    assert_eq!(read_as("a.jsonl.gz", &text).records.operations.len(), 2);
    let why = |name: &str, bytes: &[u8]| read_as(name, bytes).files[0].why_not.clone().unwrap();
    assert_eq!(
        why("a.gz", b"notes"),
        "neither gzip nor zstd, in spite of its name"
    );
    assert_eq!(why("a.gz", &gzip(b"notes")), "text, no records");
    assert_eq!(why("a.gz", &gzip(b"")), "empty");
    assert_eq!(why("a", b"\x1f\x8b\x08\0\0"), GZIP_CUT_OFF);
    assert_eq!(why("a", b"\x28\xb5\x2f\xfd\0"), ZSTD_CUT_OFF);
    assert_eq!(
        why("a", &gzip(&gzip(&text))),
        "packed, but not with gzip or zstd, or twice"
    );
}

/// A frame whose blocks repeat one byte: 4 bytes for each 128 KiB.
fn bomb(first: &[u8], blocks: u32) -> Vec<u8> {
    let header = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
    let block = |size: usize, kind: u32, is_last: bool| {
        let word = u32::try_from(size).unwrap() << 3 | kind << 1 | u32::from(is_last);
        word.to_le_bytes()[..3].to_vec()
    };
    let mut frame = header.to_vec();
    frame.extend(block(first.len(), 0, false));
    frame.extend(first);
    for i in 1..=blocks {
        frame.extend(block(128 << 10, 1, i == blocks));
        frame.push(b'x');
    }
    frame
}

#[test]
fn what_unpacks_to_an_absurd_size_is_left() {
    let read = read_as("a.zst", &bomb(&lines(2), 80_000));
    assert_eq!(read.records.operations.len(), 2);
    assert_eq!(
        read.problems.last().map(|p| p.reason.as_ref()),
        Some("zstd data that unpacks to more than 250 times its size: the rest is not read")
    );
    // A few of them are no danger.
    let read = read_as("a.zst", &bomb(&lines(2), 8));
    assert_eq!(read.records.operations.len(), 2);
    assert_eq!(read.problems[0].reason, "not a JSON object");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    /// Whatever happens to a packed file: no panic, and at most its records.
    #[test]
    fn no_damage_panics(is_zstd: bool, at: usize, byte: u8, is_cut: bool) {
        let mut damaged = bytes(if is_zstd { ZSTD } else { GZIP });
        let at = at % damaged.len();
        if is_cut {
            damaged.truncate(at);
        } else {
            damaged[at] = byte;
        }
        read_as("a", &damaged);
    }
}
