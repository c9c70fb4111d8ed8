//! Where wall-clock time went: generated sessions against the truth that was written with them, and
//! native records with waits, worked out by hand.

use std::path::{Path, PathBuf};

use perfadvise::ingest::{Options, Target, formats, read_all};
use perfadvise::workload::{FoldOptions, WallPart, Workload, fold};
use serde_json::Value;

use super::super::formats::read_bytes;

pub(super) fn workload_of(path: &Path, only: Vec<(String, Vec<String>)>) -> Workload {
    let target = Target {
        path: path.into(),
        labels: Vec::new(),
    };
    let read = read_all(&[target], formats::ALL, &Options::default(), &|_, _| {}).unwrap();
    let options = FoldOptions {
        file_ranks: read.files.iter().map(|f| f.rank).collect(),
        file_formats: read
            .files
            .iter()
            .map(|f| f.format.unwrap_or_default())
            .collect(),
        only,
        ..FoldOptions::default()
    };
    fold(read.records, &options)
}

fn generated(tree: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/claude-code/generated")
        .join(tree)
}

/// Milliseconds of a part in the truth.
fn told(truth: &Value, part: &str) -> u128 {
    u128::from(truth[part].as_u64().unwrap())
}

const PARTS: [(WallPart, &str); 6] = [
    (WallPart::Retry, "retry"),
    (WallPart::Model, "model"),
    (WallPart::Tool, "tool"),
    (WallPart::Person, "person"),
    (WallPart::Away, "away"),
    (WallPart::Unexplained, "unexplained"),
];

/// The truth of a tree, and its workload.
fn hold_against_truth(tree: &Path) {
    let truth: Value =
        serde_json::from_slice(&std::fs::read(tree.join("truth.json")).unwrap()).unwrap();
    let truth = truth.pointer("/formats/claude").unwrap_or(&truth);
    let projects = [tree.join("projects"), tree.join("claude/projects")];
    let workload = workload_of(projects.iter().find(|p| p.exists()).unwrap(), Vec::new());
    let ms = 1_000_000;
    let walls = &workload.wall_clocks;
    for (part, name) in PARTS {
        let ours: u128 = walls.iter().map(|w| w.parts[part as usize]).sum();
        assert_eq!(ours, told(&truth["wall_ms"], name) * ms, "{name}");
    }
    let busy =
        |of: fn(&perfadvise::workload::WallClock) -> u128| walls.iter().map(of).sum::<u128>();
    let truth_of = |name| told(&truth["busy_ms"], name) * ms;
    assert_eq!(busy(|w| w.model.sum), truth_of("model_ms"));
    assert_eq!(busy(|w| w.tool.sum), truth_of("tool_ms"));
    let Some(sessions) = truth["wall_ms_by_session"].as_object() else {
        return;
    };
    // Sorted, since a resumed session may own the lines that it repeats.
    let mut theirs: Vec<[u128; 6]> = sessions
        .values()
        .map(|session| PARTS.map(|(_, name)| told(session, name) * ms))
        .collect();
    theirs.sort_unstable();
    let walls: Vec<_> = walls.iter().filter(|w| w.span() > 0).collect();
    let mut ours: Vec<[u128; 6]> = walls
        .iter()
        .map(|wall| PARTS.map(|(part, _)| wall.parts[part as usize]))
        .collect();
    ours.sort_unstable();
    assert_eq!(ours, theirs);
    for wall in walls {
        let tools: u128 = wall.tools.iter().map(|t| t.shared).sum();
        assert_eq!(tools, wall.parts[WallPart::Tool as usize]);
        assert!(wall.hides_approvals || wall.tools.is_empty());
    }
}

/// `truth.json` was written by the generator of the sessions, to the millisecond.
#[test]
fn generated_sessions_have_their_parts() {
    hold_against_truth(&generated("faults-2"));
    hold_against_truth(&generated("faults-4"));
}

/// `PERFADVISE_TREE=…`: a larger tree of the generator.
#[test]
#[ignore = "needs a generated tree"]
fn a_large_tree_has_its_parts() {
    hold_against_truth(Path::new(&std::env::var_os("PERFADVISE_TREE").unwrap()));
}

/// Requests without their tools would leave time unexplained that is not.
#[test]
fn a_selection_within_sessions_has_no_span() {
    let all = workload_of(&generated("faults-2").join("projects"), Vec::new());
    let tool = ("tool".to_owned(), vec!["Bash".to_owned()]);
    let bash = workload_of(&generated("faults-2").join("projects"), vec![tool]);
    assert!(!bash.rows.is_empty());
    assert_eq!(bash.wall_clocks, []);
    let session = all.units[0].name.clone();
    let only = vec![("session".to_owned(), vec![session])];
    let one = workload_of(&generated("faults-2").join("projects"), only);
    assert_eq!(one.wall_clocks.len(), 1);
    assert_eq!(one.wall_clocks[0].parts, all.wall_clocks[0].parts);
}

fn native(lines: &[&str]) -> Workload {
    let (records, problems) = read_bytes("native-records", lines.join("\n").as_bytes());
    assert_eq!(problems, []);
    fold(records, &FoldOptions::default())
}

/// One step with every wait, then a person who answers 20 s after its end; seconds by hand.
#[test]
fn native_waits_have_their_parts() {
    let workload = native(&[
        r#"{"kind":"event","event":"prompt","time":"2026-03-02T08:00:00Z","session":"s"}"#,
        r#"{"kind":"operation","operation":"step","time":"2026-03-02T08:00:01Z","duration":39,"id":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"wait","reason":"queue","time":"2026-03-02T08:00:01Z","duration":4,"parent":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"context_preparation","time":"2026-03-02T08:00:05Z","duration":2,"parent":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"model_request","time":"2026-03-02T08:00:07Z","duration":3,"attempt":1,"outcome":"error","parent":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"wait","reason":"backoff","time":"2026-03-02T08:00:10Z","duration":5,"parent":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"model_request","time":"2026-03-02T08:00:15Z","duration":10,"attempt":2,"parent":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"wait","reason":"approval","time":"2026-03-02T08:00:25Z","duration":6,"parent":"1","session":"s"}"#,
        r#"{"kind":"operation","operation":"tool_call","tool":"Bash","time":"2026-03-02T08:00:31Z","duration":9,"parent":"1","session":"s"}"#,
        r#"{"kind":"event","event":"prompt","time":"2026-03-02T08:01:00Z","session":"s"}"#,
        r#"{"kind":"operation","operation":"model_request","time":"2026-03-02T08:01:00Z","duration":1,"session":"s"}"#,
    ]);
    let [wall] = &workload.wall_clocks[..] else {
        panic!("{:?}", workload.wall_clocks);
    };
    let seconds: Vec<u128> = wall.parts.iter().map(|p| p / 1_000_000_000).collect();
    // Retry, model, queue, preparation, tool, person, away, unexplained.
    assert_eq!(seconds, [5, 14, 4, 2, 9, 26, 0, 1]);
    assert!(!wall.hides_approvals);
}

/// A native operation of the session: seconds from its start on.
fn operation(kind: &str, second: u32, duration: u32, more: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        r#"{{"kind":"operation","operation":"{kind}","time":"2026-03-02T08:{minute:02}:{second:02}Z","duration":{duration},"session":"s",{more}}}"#
    )
}

/// Seconds of the only unit's parts, and of each tool what it got and what it ran alone.
fn taken_apart(lines: &[String]) -> (Vec<u128>, Vec<(String, u128, u128)>) {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let workload = native(&lines);
    let wall = &workload.wall_clocks[0];
    let seconds = |nanos: u128| nanos / 1_000_000_000;
    let tools = wall.tools.iter().map(|t| {
        let name = workload.catalog.text(t.tool).to_owned();
        (name, seconds(t.shared), seconds(t.alone))
    });
    let mut tools: Vec<_> = tools.collect();
    tools.sort();
    (wall.parts.iter().map(|p| seconds(*p)).collect(), tools)
}

/// Two requests at once: the first one, from 0 to 10, takes nothing from the second one's wait.
#[test]
fn a_native_wait_is_as_long_as_it_was() {
    let lines = [
        operation("model_request", 0, 10, r#""id":"a""#),
        operation(
            "model_request",
            0,
            2,
            r#""id":"b","outcome":"rate_limited""#,
        ),
        operation("wait", 2, 18, r#""reason":"backoff","parent":"b""#),
        operation("model_request", 20, 5, r#""parent":"b","attempt":2"#),
    ];
    // Retry, model, queue, preparation, tool, person, away, unexplained.
    assert_eq!(taken_apart(&lines).0, [18, 7, 0, 0, 0, 0, 0, 0]);
    assert_eq!(taken_apart(&lines[1..]).0, [18, 7, 0, 0, 0, 0, 0, 0]);
}

/// Bash from 5 to 105, of which it waits from 5 to 95; Read from 5 to 65.
#[test]
fn a_call_that_waits_has_no_share() {
    let lines = [
        operation("model_request", 0, 5, r#""id":"m""#),
        operation(
            "tool_call",
            5,
            100,
            r#""id":"t","parent":"m","tool":"Bash""#,
        ),
        operation("wait", 5, 90, r#""reason":"approval","parent":"t""#),
        operation("tool_call", 5, 60, r#""parent":"m","tool":"Read""#),
    ];
    let (parts, tools) = taken_apart(&lines);
    assert_eq!(parts, [0, 5, 0, 0, 70, 30, 0, 0]);
    let expected = [("Bash".to_owned(), 10, 10), ("Read".to_owned(), 60, 60)];
    assert_eq!(tools, expected);
}

/// A call of 100 in which two others run from 5 to 65; one or both of them wait until 60.
#[test]
fn a_call_waits_while_everything_in_it_does() {
    let task = operation("tool_call", 0, 100, r#""id":"t","tool":"Task""#);
    let beside = operation("tool_call", 0, 100, r#""tool":"Grep""#);
    let inner = ["a", "b"].map(|id| {
        let more = format!(r#""id":"{id}","parent":"t","tool":"Read""#);
        operation("tool_call", 5, 60, &more)
    });
    let waits = ["a", "b"].map(|id| {
        let more = format!(r#""reason":"approval","parent":"{id}""#);
        operation("wait", 5, 55, &more)
    });
    let one = [std::slice::from_ref(&task), &inner, &waits[..1]].concat();
    assert_eq!(taken_apart(&one).0, [0, 0, 0, 0, 100, 0, 0, 0]);
    let both = [&[task][..], &inner, &waits].concat();
    assert_eq!(taken_apart(&both).0, [0, 0, 0, 0, 45, 55, 0, 0]);
    // A request in it goes on from 10 to 30.
    let request = operation("model_request", 10, 20, r#""parent":"t""#);
    let asking = [&both[..], &[request]].concat();
    assert_eq!(taken_apart(&asking).0, [0, 0, 0, 0, 65, 35, 0, 0]);
    let (parts, tools) = taken_apart(&[&both[..], &[beside]].concat());
    assert_eq!(parts, [0, 0, 0, 0, 100, 0, 0, 0]);
    // From 5 to 60 Grep runs alone, else each has its half.
    let expected = [("Grep".to_owned(), 77, 55), ("Task".to_owned(), 22, 0)];
    assert_eq!(tools, expected);
}

/// What names neither session nor run belongs to no span.
#[test]
fn a_host_has_no_span() {
    let workload = native(&[
        r#"{"kind":"operation","operation":"model_request","time":"2026-03-02T08:00:00Z","duration":3,"host":"a"}"#,
    ]);
    assert_eq!(workload.units.len(), 1);
    assert_eq!(workload.wall_clocks, []);
}
