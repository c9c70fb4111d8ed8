//! The folder itself: damaged, foreign, full, shared, shown and cleared.

use std::fs;
use std::path::Path;

use super::{cache_in, kept, made};
use crate::cli::{fixture, program};

const INPUT: &str = "claude-code";

/// Runs the program on a fixture with the cache in `folder`: its output; nothing else is said.
fn run(home: &Path, folder: &Path, more: &[&str]) -> String {
    let output = program(home)
        .args(["analyze", "--cache-from", "0", "--cache-dir"])
        .arg(folder)
        .args(more)
        .arg(fixture(INPUT))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_program_says_the_same_with_and_without() {
    let home = tempfile::tempdir().unwrap();
    for format in ["text", "json", "jsonl", "yaml", "markdown", "csv"] {
        let folder = home.path().join(format);
        let expected = run(home.path(), &folder, &["--no-cache", "--format", format]);
        assert!(!folder.exists());
        for _ in 0..2 {
            assert_eq!(run(home.path(), &folder, &["--format", format]), expected);
            assert_eq!(kept(&super::cache_in(&folder), "").len(), 2);
        }
    }
}

#[test]
fn what_is_damaged_or_foreign_is_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let cache = cache_in(home.path());
    let input = fixture(INPUT);
    let expected = made(&input, Some(&cache), 1);
    let damages: [fn(&mut Vec<u8>); 6] = [
        |bytes| bytes.clear(),
        |bytes| bytes.truncate(bytes.len() / 2),
        // The name of the build that wrote it.
        |bytes| bytes[10] ^= 1,
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes| *bytes = b"something else entirely".to_vec(),
        |bytes| bytes.iter_mut().for_each(|byte| *byte = !*byte),
    ];
    for (number, damage) in damages.iter().enumerate() {
        for name in ["records", "workload"] {
            let path = &kept(&cache, name)[0];
            let mut bytes = fs::read(path).unwrap();
            damage(&mut bytes);
            fs::write(path, bytes).unwrap();
        }
        for run in ["damaged", "made anew"] {
            assert_eq!(made(&input, Some(&cache), 1), expected, "{number}, {run}");
        }
        assert!(cache.open(stem(&kept(&cache, "workload")[0])).is_some());
    }
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

#[test]
fn a_disk_that_refuses_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let expected = run(home.path(), home.path(), &["--no-cache"]);
    // A file where a folder should be; below one; no room at all.
    fs::write(home.path().join("file"), "").unwrap();
    for folder in ["file", "file/below"] {
        let folder = home.path().join(folder);
        assert_eq!(run(home.path(), &folder, &[]), expected);
    }
    let folder = home.path().join("tiny");
    for _ in 0..2 {
        let found = run(home.path(), &folder, &["--cache-size", "1"]);
        assert_eq!(found, expected);
        assert_eq!(cache_in(&folder).usage().files, 0);
    }
}

#[test]
fn programs_that_run_at_once_do_not_disturb_each_other() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("shared");
    let expected = run(home.path(), &folder, &["--no-cache"]);
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(run(home.path(), &folder, &[]), expected));
            }
        });
        let cache = cache_in(&folder);
        assert_eq!((kept(&cache, "").len(), cache.usage().files), (2, 2));
        fs::remove_file(&kept(&cache, "workload")[0]).unwrap();
    }
}

#[test]
fn small_inputs_and_standard_input_are_not_kept() {
    let home = tempfile::tempdir().unwrap();
    let path = fixture(INPUT);
    program(home.path())
        .arg("analyze")
        .arg(&path)
        .assert()
        .success();
    let line =
        r#"{"kind":"operation","operation":"step","time":"2026-11-23T17:20:32Z","duration":2.3}"#;
    program(home.path())
        .args(["analyze", "--cache-from", "0", "-"])
        .write_stdin(line)
        .assert()
        .success();
    assert_eq!(
        kept(&cache_in(&home.path().join(".cache/perfadvise")), "work").len(),
        0
    );
    let kept = cache_in(&home.path().join(".cache/perfadvise")).usage();
    assert_eq!(kept.files, 0);
}

#[test]
fn it_is_shown_and_cleared() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("kept");
    let verb = |verb: &str| {
        let output = program(home.path())
            .args(["cache", verb, "--cache-dir"])
            .arg(&folder)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let place = folder.display();
    assert_eq!(
        verb("show"),
        format!(
            "folder  {place}\nholds   0 B in 0 files\nat most 1 GiB; inputs below 16 MiB are not kept\n"
        )
    );
    run(home.path(), &folder, &[]);
    assert!(verb("show").contains(" in 2 files\n"));
    assert!(verb("clear").starts_with("removed "));
    assert_eq!(cache_in(&folder).usage().files, 0);
    // Without a home there is no place for one, which only matters to who asks.
    let mut homeless = program(home.path());
    homeless.env_remove("HOME").args(["cache", "show"]);
    let output = homeless.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// What is kept belongs to the user alone.
#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("kept");
    run(home.path(), &folder, &[]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for path in kept(&cache_in(&folder), "") {
        assert_eq!(mode(&path), 0o600);
    }
}
