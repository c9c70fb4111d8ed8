//! The page of the demonstration: short, and with all of its sections.

#[cfg(unix)]
use std::process::Command;

use perfadvise::report::{ALL, Style};

use super::of;
use crate::cli::{fixture, program};

/// The page of the demonstration.
fn page(width: usize, full: bool) -> String {
    drawn(&Style {
        width,
        full,
        command: format!(
            "analyze{} fixtures/demo/",
            if full { " --full" } else { "" }
        ),
        ..Style::default()
    })
}

fn drawn(style: &Style) -> String {
    let text = ALL.iter().find(|o| o.name == "text").unwrap();
    (text.render)(of("demo"), style)
}

#[test]
fn the_page_is_short() {
    for (width, most) in [
        (60, 78),
        (76, 78),
        (80, 78),
        (91, 78),
        (100, 72),
        (140, 72),
        (200, 72),
    ] {
        for unicode in [true, false] {
            let style = Style {
                width,
                unicode,
                command: "analyze fixtures/demo/".into(),
                ..Style::default()
            };
            let lines = drawn(&style).lines().count();
            assert!(
                lines <= most,
                "{lines} lines at {width}, unicode: {unicode}"
            );
        }
    }
}

#[test]
fn a_short_page_has_every_section() {
    for width in [60, 100] {
        let page = page(width, false);
        for part in [
            "Slower in the second half.",
            "  Read     45 files",
            "  Left out 2 faulty records, 1 unknown file",
            "── Key indicators ──",
            "── Score ──",
            "── Trend ──",
            "── Context modes and interfaces ──",
            "── Resources and time ──",
            "  Time       126 min",
            "── Recommendations ──",
            "  To know        TIME003",
            "  Not evaluated  17 of 60 rules",
            "  Skipped        …/2026-11-04.jsonl:1178",
            "notes.txt",
            "  Everything: perfadvise analyze --full fixtures/demo/",
        ] {
            assert!(page.contains(part), "{part:?} is missing at {width}");
        }
    }
}

#[test]
fn what_a_short_page_drops_stands_on_the_full_one() {
    let page = page(100, true);
    for part in [
        "no interval: 3 of the 6 uncorrelated windows it needs",
        "inconclusive",
        "42.3 %", // p95 of the disk
        "preparation, SIMPLE ÷ FANCY (SIMPLE v FANCY) ×0.090 (0.073 to 0.111)",
        "limit ×0.8, n = 139",
        "DATA003 interval-too-coarse: samples are too far apart",
    ] {
        assert!(page.contains(part), "{part:?} is missing");
    }
}

/// Operations, samples and events are the records: the start of the monitor, which its reports tell
/// in their heads, is none (4,806 + 666 + 68 + 2, counted in the files).
#[test]
fn what_the_records_hold_adds_up() {
    let page = page(100, false);
    let line = "  Records  5,542: 4,806 operations, 666 samples, 68 events, 2 summaries";
    assert!(page.lines().any(|l| l == line), "{page}");
}

/// Worked out by `tests/reference/demo/memory.py`: 66,081,250 and 5,744,643 bytes.
#[test]
fn modes_have_their_memory() {
    for width in [60, 100] {
        let page = page(width, false);
        let of = |mode: &str, memory: &str| {
            page.lines()
                .any(|l| l.trim_start().starts_with(mode) && l.contains(memory))
        };
        assert!(
            of("FANCY ", "66.1 MB*") && of("SIMPLE ", "5.74 MB*"),
            "{page}"
        );
        assert!(page.contains("* as"), "{page}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_on_the_page_can_be_pasted() {
    let home = tempfile::tempdir().unwrap();
    let folder = "my reports & it's $HOME";
    std::fs::create_dir(home.path().join(folder)).unwrap();
    std::fs::copy(
        fixture("native-records/workload.jsonl"),
        home.path().join(folder).join("a.jsonl"),
    )
    .unwrap();
    let output = program(home.path())
        .args(["analyze", "--width", "100", folder])
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = page.split_once("Everything: perfadvise ").unwrap();
    let pasted = rest.lines().next().unwrap();
    let pasted = pasted.split("      ").next().unwrap();
    assert_eq!(pasted, r"analyze --full 'my reports & it'\''s $HOME'");

    let binary = assert_cmd::cargo::cargo_bin("perfadvise");
    let shell = Command::new("sh")
        .args(["-c", &format!("'{}' {pasted}", binary.display())])
        .current_dir(home.path())
        .output()
        .unwrap();
    assert_eq!(shell.status.code(), Some(0), "{shell:?}");
    assert!(shell.stdout.len() > page.len());
}
