//! The history as the library keeps it.

use std::path::{Path, PathBuf};

use perfadvise::metrics::Metric;
use perfadvise::store::Place;
use perfadvise::store::history::{About, History, HistoryError, Recorded, VERSION};
use perfadvise::units::Time;
use perfadvise::workload::{Filter, FoldOptions, Piece, fold, joined};
use rusqlite::Connection;

use crate::formats::read_bytes;

/// Made by `record` of `fixtures/native-records/workload.jsonl` when version 1 of the tables was new:
/// `cd fixtures/native-records && perfadvise record workload.jsonl --now 2026-11-26T00:00:00Z --store DIR`.
fn first_version() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/history-1.db")
}

/// A folder with this file as its history.
fn place_of(file: &Path) -> (tempfile::TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    std::fs::copy(file, place.history()).unwrap();
    (folder, place)
}

fn about(now: i64) -> About<'static> {
    About {
        now: Time(now),
        prices: None,
        is_orchestrator: false,
    }
}

/// A session of `n` steps of that many seconds each.
fn session(name: &str, n: u32) -> Vec<Piece> {
    let lines: Vec<String> = (0..n)
        .map(|i| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{i:02}:00Z","duration":{n},"outcome":"ok","session":"{name}"}}"#
            )
        })
        .collect();
    let records = read_bytes("native-records", lines.join("\n").as_bytes()).0;
    fold(records, &FoldOptions::default()).pieces()
}

fn steps(history: &History) -> u64 {
    let pieces = history.load(None, None).unwrap().pieces;
    let workload = joined(pieces, Vec::new());
    workload.figure(Metric::ResponseTime, &Filter::default()).n
}

#[test]
fn a_database_of_version_1_reads_for_ever() {
    let (_folder, place) = place_of(&first_version());
    let history = History::open(&place).unwrap().unwrap();
    let truth = include_str!("../../fixtures/native-records/workload.truth.json");
    let truth: serde_json::Value = serde_json::from_str(truth).unwrap();
    let truth = &truth["figures"]["response_time"];
    let workload = joined(history.load(None, None).unwrap().pieces, Vec::new());
    let figure = workload.figure(Metric::ResponseTime, &Filter::default());
    assert_eq!(figure.n, truth["n"].as_u64().unwrap());
    let mean = figure.mean(Metric::ResponseTime.row().unit).unwrap();
    assert!((mean - truth["mean"].as_f64().unwrap()).abs() < 1e-6);
    // What is written today of a piece is, byte for byte, what was written then.
    let database = Connection::open(place.history()).unwrap();
    let mut digests = database
        .prepare("SELECT digest FROM pieces ORDER BY scope, name")
        .unwrap();
    let digests = digests
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let pieces = history.load(None, None).unwrap().pieces;
    assert!(pieces.len() > 20);
    for (piece, digest) in pieces.iter().zip(digests) {
        let text = serde_json::to_vec(&piece.workload).unwrap();
        let today = format!("{:032x}", perfadvise::record::hash128(&text));
        assert_eq!(today, digest.unwrap(), "{:?}", piece.scope);
    }
    let version: i64 = Connection::open(place.history())
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, VERSION);
}

#[test]
fn twice_changes_nothing_and_more_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    assert!(History::open(&place).unwrap().is_none());
    let mut history = History::create(&place).unwrap();
    let mut record = |pieces: &[Piece], now| history.record(pieces, about(now), false).unwrap();
    assert_eq!(record(&session("a", 3), 1).added, 1);
    let dump = || {
        let mut text = Vec::new();
        let history = History::open(&place).unwrap().unwrap();
        history.export(&mut text).unwrap();
        text.extend(format!("{:?}", history.units()).bytes());
        text
    };
    let before = dump();
    let again = record(&session("a", 3), 2);
    assert_eq!(
        again,
        Recorded {
            unchanged: 1,
            ..Recorded::default()
        }
    );
    assert_eq!(dump(), before);
    assert_eq!(record(&session("a", 5), 3).changed, 1);
    assert_eq!(record(&session("a", 4), 4).fuller_here, 1);
    assert_eq!(record(&session("b", 2), 5).added, 1);
    drop(before);
    let mut history = History::open(&place).unwrap().unwrap();
    assert_eq!(steps(&history), 7);
    assert_eq!(
        history
            .record(&session("a", 4), about(6), true)
            .unwrap()
            .changed,
        1
    );
    assert_eq!(steps(&history), 6);
}

#[test]
fn what_is_no_history_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    std::fs::write(place.history(), "notes about something else").unwrap();
    let foreign = History::open(&place).unwrap_err();
    assert!(matches!(foreign, HistoryError::Foreign { .. }), "{foreign}");
    assert!(foreign.to_string().contains("no database"), "{foreign}");
    assert!(foreign.help().contains("--store"));
    // Neither way of opening touches it.
    History::create(&place).unwrap_err();
    assert_eq!(
        std::fs::read(place.history()).unwrap(),
        b"notes about something else"
    );

    std::fs::remove_file(place.history()).unwrap();
    let other = Connection::open(place.history()).unwrap();
    other
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    drop(other);
    let foreign = History::create(&place).unwrap_err();
    assert!(foreign.to_string().contains("another program"), "{foreign}");

    let (_newer, place) = place_of(&first_version());
    let newer = Connection::open(place.history()).unwrap();
    newer.execute_batch("PRAGMA user_version = 999").unwrap();
    drop(newer);
    let error = History::open(&place).unwrap_err();
    assert!(
        matches!(error, HistoryError::Newer { version: 999, .. }),
        "{error}"
    );
    assert!(error.help().contains("newer"), "{}", error.help());
}

#[test]
fn what_is_damaged_is_named() {
    let (_folder, place) = place_of(&first_version());
    let database = Connection::open(place.history()).unwrap();
    let update = "UPDATE pieces SET body = x'1f8b00' WHERE scope = 'unit'";
    assert!(database.execute(update, []).unwrap() > 0);
    let error = History::open(&place)
        .unwrap()
        .unwrap()
        .load(None, None)
        .unwrap_err();
    assert!(matches!(error, HistoryError::Damaged { .. }), "{error}");

    // Every byte of a page changed, one page after the other: an error or an answer, no panic.
    let bytes = std::fs::read(first_version()).unwrap();
    for page in 0..bytes.len() / 4096 {
        let mut bytes = bytes.clone();
        bytes[page * 4096 + 16..(page + 1) * 4096]
            .iter_mut()
            .for_each(|b| *b ^= 0x5a);
        std::fs::write(place.history(), &bytes).unwrap();
        if let Ok(Some(mut history)) = History::open(&place) {
            let _ = history.load(None, None);
            let _ = history.days();
            let _ = history.record(&session("a", 3), about(0), false);
        }
    }
}

/// A piece in a form of the future is left out, counted, and replaced when its log is recorded again.
#[test]
fn another_form_is_recorded_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let mut history = History::create(&place).unwrap();
    history.record(&session("a", 3), about(1), false).unwrap();
    let database = Connection::open(place.history()).unwrap();
    database
        .execute("UPDATE pieces SET form = 7, body = x'00'", [])
        .unwrap();
    assert_eq!(history.held().unwrap().unreadable, 1);
    let loaded = history.load(None, None).unwrap();
    assert_eq!((loaded.unreadable, loaded.pieces.len()), (1, 0));
    assert_eq!(
        history
            .record(&session("a", 3), about(2), false)
            .unwrap()
            .changed,
        1
    );
    assert_eq!(steps(&history), 3);
}

/// A program that was killed in the middle of a change leaves its journal behind: the files are taken
/// while a change is half written, as a kill would leave them.
#[test]
fn a_kill_in_the_middle_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let mut history = History::create(&place).unwrap();
    for name in ["a", "b", "c"] {
        history.record(&session(name, 3), about(1), false).unwrap();
    }
    let writer = Connection::open(place.history()).unwrap();
    // A cache of one page, so that what is not committed goes to the disk.
    writer
        .execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; UPDATE pieces SET body = zeroblob(9000)")
        .unwrap();
    let journal = folder.path().join("history.db-journal");
    assert!(std::fs::metadata(&journal).unwrap().len() > 512);
    let killed = tempfile::tempdir().unwrap();
    let left = Place::at(killed.path());
    std::fs::copy(place.history(), left.history()).unwrap();
    std::fs::copy(&journal, killed.path().join("history.db-journal")).unwrap();
    drop(writer);
    // Without the journal it would be broken.
    let zeros = std::fs::read(left.history()).unwrap();
    assert!(zeros.windows(5000).any(|w| w.iter().all(|b| *b == 0)));
    assert_eq!(steps(&History::open(&left).unwrap().unwrap()), 9);
    assert!(!killed.path().join("history.db-journal").exists());
}

#[test]
fn pruning_takes_what_is_old() {
    let (_folder, place) = place_of(&first_version());
    let mut history = History::open(&place).unwrap().unwrap();
    let held = history.held().unwrap();
    let middle = Time(held.from.unwrap().0.midpoint(held.to.unwrap().0));
    let would = history.prune(middle, true).unwrap();
    assert_eq!(history.held().unwrap(), held);
    assert!(would > 0);
    assert_eq!(history.prune(middle, false).unwrap(), would);
    let rest = history.held().unwrap();
    assert!(rest.units > 0 && rest.units < held.units);
    assert_eq!(history.prune(middle, false).unwrap(), 0);
    let days = history.days().unwrap();
    assert_eq!(days.iter().map(|d| d.units).sum::<u64>(), rest.units);
}
