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

/// What names neither session nor run belongs to no span.
#[test]
fn a_host_has_no_span() {
    let workload = native(&[
        r#"{"kind":"operation","operation":"model_request","time":"2026-03-02T08:00:00Z","duration":3,"host":"a"}"#,
    ]);
    assert_eq!(workload.units.len(), 1);
    assert_eq!(workload.wall_clocks, []);
}
