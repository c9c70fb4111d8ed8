//! Baselines as the library reads them.

use std::io::Read;
use std::path::{Path, PathBuf};

use perfadvise::metrics::Metric;
use perfadvise::store::{self, Place, StoreError};
use perfadvise::workload::Filter;

/// Made by `baseline save` of `fixtures/native-records/workload.jsonl` and `baseline accept` when
/// version 1 of the document was new.
fn first_version() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/baseline-1.json.gz")
}

#[test]
fn a_file_of_version_1_reads_for_ever() {
    let place = Place::at(Path::new("nowhere"));
    let path = first_version();
    let baseline = store::load(path.to_str().unwrap(), &place).unwrap();
    let truth = include_str!("../../fixtures/native-records/workload.truth.json");
    let truth: serde_json::Value = serde_json::from_str(truth).unwrap();
    let truth = &truth["figures"]["response_time"];
    let figure = baseline
        .workload
        .figure(Metric::ResponseTime, &Filter::default());
    assert_eq!(figure.n, truth["n"].as_u64().unwrap());
    let mean = figure.mean(Metric::ResponseTime.row().unit).unwrap();
    assert!((mean - truth["mean"].as_f64().unwrap()).abs() < 1e-6);
    let meta = &baseline.meta;
    assert_eq!(meta.title(), "main@4f1c2ab");
    assert_eq!(meta.runs[0].inputs[0], "records.jsonl");
    assert_eq!(meta.knobs["context.cache_size"].to_string(), "100");
    assert_eq!(
        meta.accepted("response_time").unwrap().reason,
        "smaller hosts"
    );
    assert!(meta.accepted("success_rate").is_none());
    assert!(store::is_baseline(&path));
}

/// What is written today is, byte for byte, what was written then.
#[test]
fn the_document_has_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let baseline = store::load(first_version().to_str().unwrap(), &place).unwrap();
    let again = store::save(&baseline, &place).unwrap();
    let unpacked = |path: &Path| {
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    assert!(unpacked(&again) == unpacked(&first_version()));
}

#[test]
fn records_and_folders_are_no_baselines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in ["fixtures/native-records/workload.jsonl", "fixtures", "no"] {
        assert!(!store::is_baseline(&root.join(path)));
    }
    let records = root.join("fixtures/native-records/workload.jsonl");
    let place = Place::at(Path::new("nowhere"));
    let error = store::load(records.to_str().unwrap(), &place).unwrap_err();
    assert!(matches!(error, StoreError::Broken { .. }), "{error}");
    let error = store::load("main", &place).unwrap_err();
    assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
}
