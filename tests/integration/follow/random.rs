//! Trees that are written in random steps, cut at random bytes, and looked at between.

use std::fs;
use std::io::Write;
use std::path::Path;

use perfadvise::config::Config;
use perfadvise::pipeline::{Following, Manner, Material, Request, read};
use proptest::prelude::*;

use super::{request, step};
use crate::cache::changes::{rollout, turns};

/// What happens to one of the files.
#[derive(Debug, Clone)]
enum Step {
    /// Somebody writes on, so many bytes.
    Write(usize, usize),
    /// It is cut to a share of its length.
    Cut(usize, u8),
    /// Another one is moved to its place, that long.
    Replace(usize, usize),
    /// It is deleted.
    Delete(usize),
    /// It is renamed, as logs are rotated.
    Rotate(usize),
    /// Somebody looks.
    Look,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let file = 0_usize..4;
    let one = prop_oneof![
        8 => (file.clone(), 1_usize..2_500).prop_map(|(f, n)| Step::Write(f, n)),
        1 => (file.clone(), any::<u8>()).prop_map(|(f, n)| Step::Cut(f, n)),
        1 => (file.clone(), 1_usize..4_000).prop_map(|(f, n)| Step::Replace(f, n)),
        1 => file.clone().prop_map(Step::Delete),
        1 => file.prop_map(Step::Rotate),
        5 => Just(Step::Look),
    ];
    proptest::collection::vec(one, 1..25)
}

/// What is written to each file, from its beginning to its end.
fn texts() -> [String; 4] {
    [
        (0..80).map(|n| step(n, &format!("n{}", n % 3))).collect(),
        turns("s1", 0, 12, 30),
        rollout(0, 12, 30),
        (0..40)
            .map(|n| format!("2026-03-02T10:{n:02}:00Z,response_time,{}\n", n % 5))
            .fold("timestamp,metric,value\n".to_owned(), |all, line| {
                all + &line
            }),
    ]
}

const NAMES: [&str; 4] = [
    "native.jsonl",
    "session.jsonl",
    "rollout.jsonl",
    "series.csv",
];

/// Writes a step, `written` being how much of each text its file has had.
fn take(step: &Step, root: &Path, texts: &[String; 4], written: &mut [usize; 4]) {
    let path = |file: usize| root.join(NAMES[file]);
    match *step {
        Step::Write(file, bytes) => {
            let text = texts[file].as_bytes();
            let from = written[file].min(text.len());
            let to = (from + bytes).min(text.len());
            let mut out = fs::File::options()
                .create(true)
                .append(true)
                .open(path(file))
                .unwrap();
            out.write_all(&text[from..to]).unwrap();
            written[file] = to;
        }
        Step::Cut(file, share) => {
            let Ok(out) = fs::File::options().write(true).open(path(file)) else {
                return;
            };
            let length = out.metadata().unwrap().len() * u64::from(share) / 256;
            out.set_len(length).unwrap();
        }
        Step::Replace(file, bytes) => {
            let text = texts[file].as_bytes();
            let to = bytes.min(text.len());
            fs::write(root.join("new"), &text[..to]).unwrap();
            fs::rename(root.join("new"), path(file)).unwrap();
            written[file] = to;
        }
        Step::Delete(file) => {
            // It may not be there.
            let _ = fs::remove_file(path(file));
            written[file] = 0;
        }
        Step::Rotate(file) => {
            let _ = fs::rename(path(file), root.join(format!("{}.1", NAMES[file])));
            written[file] = 0;
        }
        Step::Look => {}
    }
}

/// What was read and folded, as text; without the faults of lines that are not ended yet.
fn told(material: &Material, root: &Path) -> String {
    let mut provenance = serde_json::to_value(&material.provenance).unwrap();
    let is_unfinished = |name: &str| {
        let bytes = fs::read(root.join(name)).unwrap_or_default();
        bytes.last().is_some_and(|last| *last != b'\n')
    };
    let names = NAMES
        .iter()
        .flat_map(|n| [(*n).to_owned(), format!("{n}.1")]);
    if names.into_iter().any(|name| is_unfinished(&name)) {
        for key in ["problems", "problems_total", "skipped"] {
            provenance[key].take();
        }
    }
    let workload = serde_json::to_string(&material.workload).unwrap();
    format!("{workload}\n{provenance:#}")
}

fn compared(following: &mut Following, request: &Request, root: &Path, last: &mut String) {
    let found = following
        .look(request, Config::default(), Manner::default(), &|_, _| {})
        .unwrap();
    let expected = read(request, Config::default(), &|_, _| {}).unwrap();
    if let Some(found) = found {
        *last = told(&found, root);
    }
    // Where nothing is said to have changed, what was told before still holds.
    assert_eq!(*last, told(&expected, root));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn each_look_is_what_reading_anew_gives(steps in steps()) {
        let texts = texts();
        let root = tempfile::tempdir().unwrap();
        let request = request(root.path());
        let (mut following, mut written) = (Following::default(), [0; 4]);
        let mut last = String::new();
        for step in &steps {
            take(step, root.path(), &texts, &mut written);
            if matches!(step, Step::Look) {
                compared(&mut following, &request, root.path(), &mut last);
            }
        }
        compared(&mut following, &request, root.path(), &mut last);
    }
}
