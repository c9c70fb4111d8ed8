//! What may happen to a tree, case by case.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use perfadvise::config::Config;
use perfadvise::pipeline::{Following, Manner, Request};

use super::{anew, look, request, step};

/// A folder that is followed; each look is compared with reading everything anew.
struct Followed {
    root: tempfile::TempDir,
    request: Request,
    following: Following,
}

impl Followed {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        Self {
            request: request(root.path()),
            root,
            following: Following::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    /// Looks, and says how many bytes were read for it; `None`: nothing changed.
    fn look(&mut self, what: &str) -> Option<u64> {
        let before = self.following.fetched();
        let found = look(&mut self.following, &self.request)?;
        assert_eq!(found, anew(&self.request), "{what}");
        Some(self.following.fetched() - before)
    }
}

fn append(path: &Path, text: &str) {
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn only_what_was_added_is_read() {
    let mut tree = Followed::new();
    let begin: String = (0..1_000).map(|n| step(n, "a")).collect();
    tree.append("a.jsonl", &begin);
    tree.append("b.jsonl", &step(5, "b"));
    assert_eq!(
        tree.look("first"),
        Some((begin.len() + step(5, "b").len()) as u64)
    );
    assert_eq!(tree.look("same"), None);
    let more = step(1_001, "a");
    tree.append("a.jsonl", &more);
    assert_eq!(tree.look("grown"), Some(more.len() as u64));
    assert_eq!(tree.look("same again"), None);
    // Twice without a look between.
    tree.append("a.jsonl", &more);
    tree.append("a.jsonl", &step(1_002, "c"));
    assert_eq!(tree.look("twice"), Some(2 * more.len() as u64));
}

/// A file that is read in parts, of which only the last one grows. A line that is longer than a part leaves one without
/// any.
#[test]
fn of_a_large_file_only_what_was_added_is_read() {
    let mut tree = Followed::new();
    let begin: String = (0..100).map(|n| step(n, "a")).collect();
    let filler = "x".repeat(33 << 20);
    let long = format!(
        "{{\"kind\":\"event\",\"event\":\"noted\",\"time\":\"2026-03-02T11:00:00Z\",\"note\":\"{filler}\"}}\n"
    );
    tree.append("a.jsonl", &(begin.clone() + &long + &begin));
    look(&mut tree.following, &tree.request).unwrap();
    for n in 0..3 {
        let before = tree.following.fetched();
        let more = step(3_001 + n, "b");
        tree.append("a.jsonl", &more);
        let found = look(&mut tree.following, &tree.request).unwrap();
        assert_eq!(tree.following.fetched() - before, more.len() as u64);
        if n == 2 {
            // Not with assert_eq, which would print both.
            assert!(found == anew(&tree.request), "another page");
        }
    }
}

#[test]
fn files_that_come_go_and_are_renamed() {
    let mut tree = Followed::new();
    tree.append("a.jsonl", &step(1, "a"));
    tree.look("first").unwrap();
    tree.append("b.jsonl", &step(2, "b"));
    tree.look("a new one").unwrap();
    fs::create_dir(tree.path("sub")).unwrap();
    assert_eq!(tree.look("an empty folder"), None);
    tree.append("sub/c.jsonl", &step(3, "c"));
    tree.look("a new one in a new folder").unwrap();
    // As logs are rotated.
    fs::rename(tree.path("a.jsonl"), tree.path("a.jsonl.1")).unwrap();
    tree.append("a.jsonl", &step(4, "a"));
    tree.look("rotated").unwrap();
    fs::remove_file(tree.path("b.jsonl")).unwrap();
    tree.look("one is gone").unwrap();
    assert_eq!(tree.look("nothing"), None);
}

#[test]
fn what_is_cut_or_replaced_is_read_anew() {
    let mut tree = Followed::new();
    let text: String = (0..50).map(|n| step(n, "a")).collect();
    tree.append("a.jsonl", &text);
    tree.look("first").unwrap();
    fs::write(tree.path("a.jsonl"), step(7, "b")).unwrap();
    tree.look("cut and written again").unwrap();
    let other: String = (0..60).map(|n| step(n, "c")).collect();
    tree.append("new", &other);
    fs::rename(tree.path("new"), tree.path("a.jsonl")).unwrap();
    tree.look("replaced by a longer one").unwrap();
    fs::write(tree.path("a.jsonl"), "").unwrap();
    tree.look("emptied").unwrap();
    tree.append("a.jsonl", &text);
    tree.look("and filled").unwrap();
}

#[test]
fn the_beginning_of_a_line_waits_for_its_end() {
    let mut tree = Followed::new();
    let line = step(1, "a");
    let (first, rest) = line.split_at(40);
    tree.append("a.jsonl", &step(0, "a"));
    tree.append("a.jsonl", first);
    let found = look(&mut tree.following, &tree.request).unwrap();
    let value: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(value["provenance"]["records"], 1);
    assert_eq!(
        value["provenance"]["problems_total"], 0,
        "it is no fault yet"
    );
    tree.append("a.jsonl", rest);
    // The beginning is read again with the end of it.
    assert_eq!(tree.look("the end of it"), Some(line.len() as u64));
    // All of a line, but for its line break.
    tree.append("a.jsonl", step(2, "a").trim_end());
    tree.look("all but its line break").unwrap();
    tree.append("a.jsonl", "\n");
    tree.look("its line break").unwrap();
    // What is no record with its line break is a fault.
    tree.append("a.jsonl", "{\"kind\":\"operation\"");
    look(&mut tree.following, &tree.request).unwrap();
    tree.append("a.jsonl", "\n");
    tree.look("half a line that was ended").unwrap();
}

#[test]
fn a_folder_that_vanishes_comes_back() {
    let mut tree = Followed::new();
    let folder = tree.path("logs");
    fs::create_dir(&folder).unwrap();
    tree.request = request(&folder);
    tree.append("logs/a.jsonl", &step(1, "a"));
    tree.look("first").unwrap();
    fs::rename(&folder, tree.path("away")).unwrap();
    let found = look(&mut tree.following, &tree.request).unwrap();
    let value: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(value["provenance"]["records"], 0);
    let why = &value["provenance"]["problems"][0]["reason"];
    assert_eq!(why, "cannot be read: it does not exist");
    assert_eq!(tree.look("still away"), None);
    fs::rename(tree.path("away"), &folder).unwrap();
    tree.look("back").unwrap();
}

/// A link that leads to itself cannot be opened by anybody, whatever his rights are.
#[cfg(unix)]
#[test]
fn what_cannot_be_read_keeps_nobody_from_the_rest() {
    let mut tree = Followed::new();
    tree.append("a.jsonl", &step(1, "a"));
    std::os::unix::fs::symlink("b.jsonl", tree.path("b.jsonl")).unwrap();
    let found = look(&mut tree.following, &tree.request).unwrap();
    assert_eq!(found, anew(&tree.request));
    assert!(found.contains("b.jsonl"), "{found}");
    assert_eq!(tree.look("still refused"), None);
    tree.append("a.jsonl", &step(3, "a"));
    tree.look("the other one has grown").unwrap();
    fs::remove_file(tree.path("b.jsonl")).unwrap();
    tree.append("b.jsonl", &step(2, "b"));
    tree.look("granted").unwrap();
}

/// Each fixture arrives in a few pieces, file by file, cut wherever it falls.
#[test]
fn every_format_arrives_in_pieces() {
    for entry in fs::read_dir("fixtures").unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Broken configuration files, each of which ends a run.
        if !entry.file_type().unwrap().is_dir() || name == "config" {
            continue;
        }
        let mut files = Vec::new();
        collect(&entry.path(), &mut files);
        let mut tree = Followed::new();
        for cut in [0.4, 0.8, 1.0] {
            for file in &files {
                let bytes = fs::read(file).unwrap();
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let part = (bytes.len() as f64 * cut) as usize;
                let place = tree.path(file.strip_prefix(entry.path()).unwrap().to_str().unwrap());
                fs::create_dir_all(place.parent().unwrap()).unwrap();
                let known = fs::metadata(&place).map_or(0, |m| m.len()) as usize;
                let mut out = fs::File::options()
                    .create(true)
                    .append(true)
                    .open(&place)
                    .unwrap();
                out.write_all(&bytes[known..part]).unwrap();
            }
            if cut < 1.0 {
                // A configuration of which half is there ends a look, and no later one.
                let _ = tree.following.look(
                    &tree.request,
                    Config::default(),
                    Manner::default(),
                    &|_, _| {},
                );
            }
        }
        let found = look(&mut tree.following, &tree.request).unwrap();
        let expected = anew(&tree.request);
        assert!(
            same_but_for_last_lines(&found, &expected),
            "{name}\n{found}\n{expected}"
        );
    }
}

/// Whether both say the same; a file that ends within a line has a fault less where it is followed.
fn same_but_for_last_lines(followed: &str, anew: &str) -> bool {
    let without = |text: &str| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        let told = &mut value["provenance"];
        for key in ["problems", "problems_total", "skipped"] {
            told[key].take();
        }
        value
    };
    followed == anew || without(followed) == without(anew)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else {
            into.push(path);
        }
    }
    into.sort();
}
