//! Files that grow, shrink, move and change under the program's eyes.

use std::fs;
use std::path::{Path, PathBuf};

use perfadvise::cache::Cache;
use perfadvise::ingest::{Format, Head, Input, Likelihood, Options, ReadError, Target, read_all};
use perfadvise::place::Problem;
use perfadvise::record::{Operation, OperationKind, Records, hash64};
use perfadvise::units::Time;

use super::{age, cache_in, made};

/// Longer than what a file needs to be gone on with.
const LONG: usize = 1_200_000;

fn stamp(second: usize) -> String {
    format!("2026-03-02T10:{:02}:{:02}.000Z", second / 60, second % 60)
}

/// Turns of a session log: a prompt, a request of two lines with a call, its result. The last call has
/// no result yet.
pub(crate) fn turns(session: &str, from: usize, to: usize, padding: usize) -> String {
    let mut text = String::new();
    let common = format!(r#""sessionId":"{session}","cwd":"/home/dev/app","isSidechain":false"#);
    for n in from..to {
        let at = |second: usize| stamp(n * 10 + second);
        let filler = "word ".repeat(padding / 5);
        if n > 0 {
            text += &format!(
                "{{\"type\":\"user\",{common},\"uuid\":\"r{n}\",\"message\":{{\"role\":\"user\",\"content\":[{{\"tool_use_id\":\"t{session}{}\",\"type\":\"tool_result\",\"content\":\"{filler}\"}}]}},\"timestamp\":\"{}\"}}\n",
                n - 1,
                at(0),
            );
        }
        text += &format!(
            "{{\"type\":\"user\",{common},\"uuid\":\"p{n}\",\"message\":{{\"role\":\"user\",\"content\":\"go on\"}},\"timestamp\":\"{}\"}}\n",
            at(2),
        );
        for (second, output, block, stop) in [
            (4, 1, r#"{"type":"text","text":"a"}"#.to_owned(), "null"),
            (
                6,
                50 + n,
                format!(r#"{{"type":"tool_use","id":"t{session}{n}","name":"Bash","input":{{}}}}"#),
                "\"tool_use\"",
            ),
        ] {
            text += &format!(
                "{{\"type\":\"assistant\",{common},\"uuid\":\"a{n}{second}\",\"message\":{{\"id\":\"m{session}{n}\",\"role\":\"assistant\",\"model\":\"claude-opus-4-5\",\"content\":[{block}],\"stop_reason\":{stop},\"usage\":{{\"input_tokens\":3,\"cache_read_input_tokens\":900,\"output_tokens\":{output}}}}},\"timestamp\":\"{}\"}}\n",
                at(second),
            );
        }
    }
    text
}

/// A rollout of Codex whose last call has no output yet.
pub(crate) fn rollout(from: usize, to: usize, padding: usize) -> String {
    let mut text = String::new();
    if from == 0 {
        text += &format!(
            "{{\"timestamp\":\"{}\",\"type\":\"session_meta\",\"payload\":{{\"id\":\"c1\",\"timestamp\":\"{}\",\"cwd\":\"/home/dev/app\"}}}}\n",
            stamp(0),
            stamp(0),
        );
    }
    for n in from..to {
        let mut line = |second: usize, kind: &str, payload: String| {
            let time = stamp(n * 10 + second);
            text += &format!(
                "{{\"timestamp\":\"{time}\",\"type\":\"{kind}\",\"payload\":{payload}}}\n"
            );
        };
        if n > 0 {
            let output = format!(
                r#"{{"type":"function_call_output","call_id":"k{}","output":"{}"}}"#,
                n - 1,
                "word ".repeat(padding / 5),
            );
            line(0, "response_item", output);
            line(1, "event_msg", r#"{"type":"task_complete"}"#.into());
        }
        line(
            1,
            "event_msg",
            format!(r#"{{"type":"task_started","turn_id":"u{n}"}}"#),
        );
        line(
            1,
            "turn_context",
            r#"{"model":"gpt-5.3-codex","cwd":"/home/dev/app"}"#.into(),
        );
        line(
            2,
            "event_msg",
            r#"{"type":"user_message","message":"go on"}"#.into(),
        );
        line(
            5,
            "response_item",
            format!(
                r#"{{"type":"function_call","name":"shell","call_id":"k{n}","arguments":"x"}}"#
            ),
        );
        let use_of = |k: usize| {
            format!(
                r#"{{"input_tokens":{},"cached_input_tokens":{},"output_tokens":{},"reasoning_output_tokens":0,"total_tokens":{}}}"#,
                100 * k,
                10 * k,
                7 * k,
                107 * k,
            )
        };
        let counts = format!(
            r#"{{"type":"token_count","info":{{"total_token_usage":{},"last_token_usage":{}}}}}"#,
            use_of(n + 1),
            use_of(1),
        );
        line(6, "event_msg", counts);
    }
    text
}

fn native(from: usize, to: usize) -> String {
    (from..to)
        .map(|n| {
            format!(
                "{{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"{}\",\"duration\":{}.5,\"session\":\"n{}\"}}\n",
                stamp(n),
                n % 7,
                n % 3,
            )
        })
        .collect()
}

/// A folder with its cache; each change is compared with reading everything anew.
struct Tree {
    root: tempfile::TempDir,
    home: tempfile::TempDir,
    /// Minutes by which the next file is older than now; each has another time.
    age: u64,
}

impl Tree {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
            age: 1_000,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn cache(&self) -> Cache {
        cache_in(self.home.path())
    }

    fn write(&mut self, name: &str, text: &str) {
        // In place, as who rewrites a file does: the same inode.
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        self.settle(&path);
    }

    fn append(&mut self, name: &str, text: &str) {
        use std::io::Write;
        let path = self.path(name);
        let mut file = fs::File::options().append(true).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        drop(file);
        self.settle(&path);
    }

    fn settle(&mut self, path: &Path) {
        self.age -= 1;
        age(path, self.age);
    }

    /// With and without what was kept, twice.
    fn check(&self, what: &str) {
        let expected = made(self.root.path(), None, 2);
        for run in ["changed", "same"] {
            let found = made(self.root.path(), Some(&self.cache()), 2);
            assert_eq!(found, expected, "{what}, {run}");
        }
    }
}

#[test]
fn a_tree_that_changes_is_told_as_it_is() {
    let mut tree = Tree::new();
    tree.write("long.jsonl", &turns("a", 0, 3, LONG));
    tree.write("short.jsonl", &turns("b", 0, 3, 10));
    tree.write("rollout-x.jsonl", &rollout(0, 3, LONG));
    tree.write("native.jsonl", &native(0, 50));
    tree.write("notes.txt", "no records here");
    tree.check("new");

    tree.append("long.jsonl", &turns("a", 3, 5, 10));
    tree.append("rollout-x.jsonl", &rollout(3, 5, 10));
    tree.append("short.jsonl", &turns("b", 3, 4, 10));
    tree.append("native.jsonl", &native(50, 60));
    tree.check("appended");

    tree.append("long.jsonl", &turns("a", 5, 6, 10));
    tree.append("rollout-x.jsonl", "garbage\n");
    tree.check("appended again");

    // A line that is written in two steps.
    let text = turns("a", 6, 7, 10);
    let (first, second) = text.split_at(text.len() - 30);
    tree.append("long.jsonl", first);
    tree.check("half a line");
    tree.append("long.jsonl", second);
    tree.check("the other half");

    fs::rename(tree.path("long.jsonl"), tree.path("long.1.jsonl")).unwrap();
    tree.write("long.jsonl", &turns("c", 0, 2, LONG));
    tree.check("rotated");

    let text = turns("c", 0, 1, LONG);
    tree.write("long.jsonl", &text);
    tree.check("truncated");

    tree.write("short.jsonl", &turns("d", 0, 4, 10));
    tree.check("rewritten in the same size");

    // Longer than before, but another text.
    tree.write("long.jsonl", &turns("e", 0, 4, LONG));
    tree.check("rewritten longer");

    fs::remove_file(tree.path("native.jsonl")).unwrap();
    tree.write("more.jsonl", &native(7, 20));
    tree.check("one gone, one come");

    fs::remove_file(tree.path("more.jsonl")).unwrap();
    fs::remove_file(tree.path("notes.txt")).unwrap();
    tree.check("fewer");
}

/// What was read before is not read again: a change that leaves no mark is not seen.
#[test]
fn a_file_that_grew_is_read_from_where_it_ended() {
    for (name, parts) in [
        ("a.jsonl", [turns("a", 0, 3, LONG), turns("a", 3, 4, 10)]),
        ("rollout-x.jsonl", [rollout(0, 3, LONG), rollout(3, 4, 10)]),
    ] {
        let mut tree = Tree::new();
        tree.write(name, &parts[0]);
        let before = made(tree.root.path(), Some(&tree.cache()), 1);
        let hidden = parts[0].replace(&stamp(12), &stamp(13));
        assert_ne!(hidden, parts[0]);
        tree.write(name, &(hidden + &parts[1]));
        let seen = made(tree.root.path(), None, 1);
        let gone_on = made(tree.root.path(), Some(&tree.cache()), 1);
        assert_ne!(gone_on, before, "{name}");
        assert_ne!(gone_on, seen, "{name}");
        tree.write(name, &parts.concat());
        assert_eq!(gone_on, made(tree.root.path(), None, 1), "{name}");
    }
}

/// Who has just written may write again within the same tick of the clock.
#[test]
fn a_file_that_was_just_written_is_not_trusted() {
    let tree = Tree::new();
    fs::write(tree.path("a.jsonl"), native(0, 5)).unwrap();
    made(tree.root.path(), Some(&tree.cache()), 1);
    assert_eq!(super::kept(&tree.cache(), "workload").len(), 0);
}

/// One operation for each line.
#[derive(Debug)]
struct LongLines;

impl Format for LongLines {
    fn name(&self) -> &'static str {
        "long-lines"
    }

    fn about(&self) -> &'static str {
        "lines"
    }

    fn plural(&self) -> &'static str {
        "lines"
    }

    fn is_splittable(&self, _: &Head<'_>) -> bool {
        true
    }

    fn detect(&self, _: &Head<'_>) -> Likelihood {
        Likelihood::Yes
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        _: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let file = input.file;
        while let Some((_, line)) = input.next_line()? {
            let mut operation = Operation::new(OperationKind::Other, Time(1), file);
            operation.id = hash64(line);
            operation.duration = i64::try_from(line.len()).unwrap_or(0);
            records.operations.push(operation);
        }
        Ok(())
    }
}

#[test]
fn of_a_file_in_parts_only_the_last_is_read_again() {
    const MIB: usize = 1 << 20;
    let mut tree = Tree::new();
    let read = |tree: &Tree, cache: Option<Cache>| {
        let target = Target {
            path: tree.path("a"),
            labels: Vec::new(),
        };
        let options = Options {
            cache,
            ..Options::default()
        };
        let read = read_all(&[target], &[&LongLines], &options, &|_, _| {}).unwrap();
        assert_eq!(
            read.files[0].bytes,
            fs::metadata(tree.path("a")).unwrap().len()
        );
        read.records.operations
    };
    // Lines of 3 MiB, so that one lies across each border of two parts; the last one is not ended.
    let line = |c: char| String::from(c).repeat(3 * MIB - 1);
    let text: String = ('a'..='l').map(|c| line(c) + "\n").collect::<String>() + "tail";
    tree.write("a", &text);
    assert_eq!(read(&tree, Some(tree.cache())), read(&tree, None));
    assert_eq!(read(&tree, Some(tree.cache())), read(&tree, None));
    // A byte in the first part changes behind the back of the mark; one in the last part does not hide.
    let mut bytes = text.clone().into_bytes();
    (bytes[5 * MIB], bytes[34 * MIB]) = (b'?', b'?');
    tree.write("a", &(String::from_utf8(bytes).unwrap() + " of it\nend\n"));
    let found = read(&tree, Some(tree.cache()));
    let mut bytes = text.into_bytes();
    bytes[34 * MIB] = b'?';
    tree.write("a", &(String::from_utf8(bytes).unwrap() + " of it\nend\n"));
    assert_eq!(found, read(&tree, None));
}

/// What is written to a database stands in the log beside it first, whatever the database is called.
#[test]
fn a_log_beside_a_database_is_a_change() {
    let home = tempfile::tempdir().unwrap();
    let cache = cache_in(&home.path().join("cache"));
    let path = home.path().join("copy.sqlite");
    fs::copy("fixtures/opencode/open/opencode.db", &path).unwrap();
    age(&path, 2);
    let before = made(&path, Some(&cache), 1);
    assert_eq!(made(&path, Some(&cache), 1), before);
    let log = home.path().join("copy.sqlite-wal");
    fs::copy("fixtures/opencode/open/opencode.db-wal", &log).unwrap();
    let after = made(&path, Some(&cache), 1);
    assert_ne!(after, before);
    assert_eq!(after, made(&path, None, 1));
}

/// A file of one zone without a name, which is so many hours ahead of UTC (RFC 9636).
fn zone_file(hours: i32) -> Vec<u8> {
    let mut block = b"TZif2".to_vec();
    block.extend([0; 15]);
    // No leap seconds and no changes, one kind of time, four bytes of its name.
    block.extend([0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat());
    block.extend((hours * 3600).to_be_bytes());
    block.extend(b"\0\0ABC\0");
    [&block[..], &block, format!("\nABC-{hours}\n").as_bytes()].concat()
}

/// Two zones without a name are not the same.
#[cfg(unix)]
#[test]
fn a_zone_without_a_name_is_told_by_its_clock() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        fs::write(&path, bytes).unwrap();
        age(&path, 2);
        path
    };
    let step =
        br#"{"kind":"operation","operation":"step","time":"2026-11-02T07:00:00","duration":2}"#;
    write("in.jsonl", step);
    write("in.csv", b"started,took\n2026-11-02T07:00:00,2\n");
    write("naive.yaml", b"naive_timezone: local\n");
    let mapping = "mappings:\n  steps:\n    files: \"*.csv\"\n    record: step\n    \
        time: {column: started, unit: text}\n    timezone: local\n    \
        duration: {column: took, unit: s}\n";
    write("mapped.yaml", mapping.as_bytes());
    let zones = [(1, "06"), (9, "22")].map(|(hours, begin)| {
        let path = write(&format!("zone{hours}"), &zone_file(hours));
        (path, begin)
    });
    for (config, input) in [("naive.yaml", "in.jsonl"), ("mapped.yaml", "in.csv")] {
        for (zone, begin) in &zones {
            let output = crate::cli::program(home.path())
                .env("TZ", zone)
                .args(["analyze", input, "--config", config, "--format", "json"])
                .args(["--cache-from", "0", "--cache-dir", "cache"])
                .output()
                .unwrap();
            let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let from = json["period"]["from"].as_str().unwrap();
            assert_eq!(&from[11..13], *begin, "{input} {from}");
        }
    }
}
