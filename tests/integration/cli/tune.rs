//! `tune` and `recommend explain`, through the built program.

use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::{Value, json};

use super::{fixture, program};

fn replay() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/replay")
}

fn tuned(options: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path())
        .args(["tune", "--format", "json"])
        .args(options)
        .arg(replay())
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    serde_json::from_slice(&output).unwrap()
}

fn figure(setting: &Value, metric: &str) -> f64 {
    let values = setting["values"].as_array().unwrap();
    let found = values.iter().find(|v| v["metric"] == metric).unwrap();
    found["value"].as_f64().unwrap()
}

/// Larger caches take more memory than is allowed, nineteen twentieths of the time.
#[test]
fn memory_may_be_limited() {
    let kept = tuned(&["--limit", "memory_usage=230MB"]);
    assert!(kept["constraints"][0]["left_out"].as_u64().unwrap() > 0);
    let front = kept["front"].as_array().unwrap();
    assert!(!front.is_empty());
    for setting in front {
        let peak = setting["values"]
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["metric"] == "memory_usage" && v["statistic"] == "p95");
        assert!(
            peak.unwrap()["value"].as_f64().unwrap() <= 230e6,
            "{setting}"
        );
    }
}

#[test]
fn the_front_keeps_to_floors_and_none_of_it_is_beaten() {
    let free = tuned(&[]);
    let kept = tuned(&["--floor", "accuracy=0.9"]);
    let front = kept["front"].as_array().unwrap();
    assert!(front.iter().all(|s| figure(s, "accuracy") >= 0.9));
    assert!(kept["constraints"][0]["left_out"].as_u64().unwrap() > 0);
    for answer in [&free, &kept] {
        assert!(answer["simulated"].as_u64().unwrap() <= 2_000);
    }
    let suggested = kept["suggested"].as_u64().unwrap();
    assert!((1..=front.len() as u64).contains(&suggested));
    let now = kept["now"]["score"].as_f64().unwrap();
    for setting in front {
        assert!(setting["score"].as_f64().unwrap() > now, "{setting}");
        assert!(!setting["changes"].as_array().unwrap().is_empty());
    }
    // No setting of the front is at least as good in score, time, accuracy, cost and memory with fewer changes.
    for a in front {
        let beaten = front.iter().any(|b| {
            let lower = |m: &str| figure(b, m) <= figure(a, m);
            // What is a bound beats only bounds.
            b != a
                && (a["at_most"] == true || b["at_most"] == false)
                && b["score"].as_f64() >= a["score"].as_f64()
                && lower("response_time")
                && lower("cost")
                && lower("memory_usage")
                && figure(b, "accuracy") >= figure(a, "accuracy")
                && b["changes"].as_array().unwrap().len() < a["changes"].as_array().unwrap().len()
        });
        assert!(!beaten, "{a}");
    }
}

#[test]
fn a_setting_of_the_front_is_what_whatif_says_of_it() {
    let answer = tuned(&["--goal", "response_time", "--budget", "cost=10000"]);
    let setting = &answer["front"][0];
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["whatif", "--format", "json"]).arg(replay());
    for change in setting["changes"].as_array().unwrap() {
        let value = change["to"].to_string();
        let knob = change["knob"].as_str().unwrap();
        command.args(["--set", &format!("{knob}={}", value.trim_matches('"'))]);
    }
    let output = command.assert().success().get_output().stdout.clone();
    let whatif: Value = serde_json::from_slice(&output).unwrap();
    let score = whatif["score"]["to"].as_f64().unwrap();
    assert!((score - setting["score"].as_f64().unwrap()).abs() < 1e-9);
}

/// Forty contexts in turn, one a minute, eight hours long: in a cache of 20 that keeps them for 30 minutes none is there
/// when it is asked for again. A larger one holds it too briefly, a longer time to live holds too few: only both together
/// help. By what knobs gain alone, these two would be the first to go: SIMPLE spares a tenth of a second.
fn in_turn(folder: &Path) {
    in_turn_with(folder, &json!({}));
}

/// The same, where steps in FANCY tell more.
fn in_turn_with(folder: &Path, of_fancy: &Value) {
    let mut records = String::new();
    for step in 0..480 {
        let (session, id) = (step / 12, format!("s{step}"));
        let (mode, prepares) = [("FANCY", 4.0), ("SIMPLE", 3.9)][session % 2];
        let purpose = ["testing", "review", "design", "coding", "writing"][session / 2 % 5];
        let interface = ["a", "b"][session / 10 % 2];
        let begin = 1_793_600_000 + step as i64 * 60;
        let mut add = |operation: &str, second: f64, duration: f64, more: Value| {
            #[allow(clippy::cast_possible_truncation)]
            let time = jiff::Timestamp::from_millisecond(begin * 1000 + (second * 1000.0) as i64);
            let mut line = json!({
                "kind": "operation", "operation": operation, "time": time.unwrap().to_string(),
                "duration": duration, "outcome": "ok", "session": format!("session {session}"),
                "mode": mode, "purpose": purpose, "interface": interface, "host": "h",
            });
            let keys = line.as_object_mut().unwrap();
            keys.extend(more.as_object().unwrap().clone());
            records.push_str(&format!("{line}\n"));
        };
        let mut whole = json!({"id": id});
        if mode == "FANCY" {
            let more = of_fancy.as_object().unwrap().clone();
            whole.as_object_mut().unwrap().extend(more);
        }
        add("step", 0.0, prepares + 2.0, whole);
        let lookup =
            json!({"parent": id, "cache_key": format!("c{}", step % 40), "cache_hit": false});
        add("context_preparation", 0.0, prepares, lookup);
        add("model_request", prepares, 2.0, json!({"parent": id}));
    }
    std::fs::write(folder.join("records.jsonl"), records).unwrap();
    let config =
        "context:\n  cache_size: 20\n  cache_ttl: 30min\n  background_optimization: false\n";
    std::fs::write(folder.join("perfadvise.yaml"), config).unwrap();
}

fn asked(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = program(folder);
    command.args(arguments).args(["--format", "json"]);
    let output = command.arg("records.jsonl").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn two_knobs_that_pay_only_together_are_found_among_many() {
    let folder = tempfile::tempdir().unwrap();
    in_turn(folder.path());
    for alone in ["context.cache_size=40", "context.cache_ttl=8h"] {
        let answer = asked(folder.path(), &["whatif", "--set", alone]);
        for effect in answer["projection"]["effects"].as_array().unwrap() {
            let number = |end: &str| effect[end].as_f64().unwrap();
            let moved = (number("to") - number("from")).abs();
            assert!(moved < 1e-9, "{alone}: {effect}");
        }
    }
    let answer = asked(folder.path(), &["tune", "--goal", "response_time"]);
    let number = |key: &str| answer[key].as_u64().unwrap();
    let tried = answer["tried"].as_array().unwrap();
    let sizes = tried
        .iter()
        .map(|k| k["values"].as_array().unwrap().len() as u64 + 1);
    assert_eq!(number("possible"), sizes.product::<u64>());
    assert!(number("possible") > 2_000 && number("simulated") <= 2_000);
    let at = usize::try_from(number("suggested") - 1).unwrap();
    let suggested = &answer["front"][at];
    assert_eq!(
        suggested["changes"],
        json!([
            {"knob": "context.cache_size", "from": 20, "to": 40},
            {"knob": "context.cache_ttl", "from": 1800, "to": 28800},
        ]),
        "{answer:#}"
    );
    // Of twelve rounds all but the first find their contexts; a hit takes no time here, since none was recorded.
    assert!((figure(suggested, "cache_hit_rate") - 440.0 / 480.0).abs() < 1e-9);
    // The first forty steps are 24 of FANCY and 16 of SIMPLE.
    let response = 2.0 + (24.0 * 4.0 + 16.0 * 3.9) / 480.0;
    assert!((figure(suggested, "response_time") - response).abs() < 1e-6);
    // Preparing beside the work gains at most so much: it is shown as that, and not suggested.
    assert_eq!(suggested["at_most"], false);
    let bounds = answer["front"].as_array().unwrap().iter();
    let of_background = |s: &&Value| s.to_string().contains("background_optimization");
    let bounds: Vec<&Value> = bounds.filter(of_background).collect();
    assert!(!bounds.is_empty());
    assert!(bounds.iter().all(|s| s["at_most"] == true));
    program(folder.path())
        .args([
            "tune",
            "--goal",
            "response_time",
            "--width",
            "60",
            "records.jsonl",
        ])
        .assert()
        .success()
        .stdout(
            contains("Not every setting was simulated")
                .and(contains("gain at most"))
                .and(contains("perfadvise whatif records.jsonl")),
        );
}

/// Prepared in the background, at most what the cache leaves is spared: beside a cache that holds everything only the first
/// requests miss, and nobody knows them beforehand.
#[test]
fn preparing_in_the_background_spares_only_what_the_cache_leaves() {
    let folder = tempfile::tempdir().unwrap();
    in_turn(folder.path());
    let response = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", *set]);
        let arguments: Vec<&str> = ["whatif"].into_iter().chain(sets).collect();
        let answer = asked(folder.path(), &arguments);
        let effects = answer["projection"]["effects"].as_array().unwrap();
        let mean = effects
            .iter()
            .find(|e| e["metric"] == "response_time" && e["statistic"] == "mean")
            .unwrap();
        let at_most = answer["projection"]["at_most"].as_bool().unwrap();
        (mean["to"].as_f64().unwrap(), mean["low"].as_f64(), at_most)
    };
    let background = "context.background_optimization=true";
    let cache = ["context.cache_size=40", "context.cache_ttl=8h"];
    let (alone, interval, at_most) = response(&[background]);
    assert!(alone < 5.95 && interval.is_none() && at_most);
    let (with_cache, ..) = response(&cache);
    let (both, _, at_most) = response(&[cache[0], cache[1], background]);
    assert!(
        (both - with_cache).abs() < 1e-9 && at_most,
        "{both} {with_cache}"
    );
}

/// Of SIMPLE no accuracy was measured: nobody knows whether a floor would hold, which everything else keeps.
#[test]
fn what_nobody_knows_to_hold_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    in_turn_with(folder.path(), &json!({"accuracy": 0.95}));
    let goal = ["tune", "--goal", "response_time", "--floor"];
    let kept = asked(folder.path(), &[&goal[..], &["accuracy=0.9"]].concat());
    assert_eq!(kept["constraints"][0]["now"], 0.95);
    assert!(kept["constraints"][0]["left_out"].as_u64().unwrap() > 0);
    let front = kept["front"].as_array().unwrap();
    assert!(!front.is_empty());
    let is_simple = |s: &&Value| s["changes"].to_string().contains("SIMPLE");
    assert_eq!(front.iter().filter(is_simple).count(), 0, "{kept:#}");
    let why = kept["why"].as_str().unwrap();
    assert!(why.contains("no loss of accuracy"), "{why}");
}

/// The suggested setting stands in the table, however long the front is.
#[test]
fn the_suggested_setting_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path())
        .args(["tune", "--goal", "response_time", "--width", "60"])
        .arg(replay())
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let (_, behind) = page.split_once("Suggested: ").unwrap();
    let (number, _) = behind.split_once(',').unwrap();
    let rows = page
        .lines()
        .filter(|l| l.starts_with(&format!("  {number} ")));
    assert_eq!(rows.count(), 2, "{page}");
    assert!(page.lines().all(|l| l.chars().count() <= 60), "{page}");
}

/// Without a single knob that gains, and where the goal or a limit is of something that nobody measured, the page says so.
#[test]
fn what_was_not_measured_is_said() {
    let folder = tempfile::tempdir().unwrap();
    in_turn(folder.path());
    let page = |options: &[&str], code: i32, says: &str| {
        let mut command = program(folder.path());
        command.arg("tune").args(options).arg("records.jsonl");
        command.assert().code(code).stdout(contains(says));
    };
    page(
        &["--goal", "accuracy"],
        3,
        "Nothing was measured of accuracy, the goal.",
    );
    page(
        &["--goal", "response_time", "--floor", "accuracy=0.9"],
        0,
        "Nothing was measured of accuracy: --floor accuracy=90 % leaves nothing out.",
    );
    let answer = asked(folder.path(), &["tune", "--goal", "response_time"]);
    let why = answer["why"].as_str().unwrap();
    assert!(!why.contains("accuracy"), "{why}");
}

#[test]
fn faults_are_named_and_what_cannot_be_tried_is_3() {
    let folder = tempfile::tempdir().unwrap();
    for (options, says) in [
        (["--floor", "acuracy=0.9"], "did you mean accuracy?"),
        (["--floor", "accuracy=high"], "0.9 or 90%"),
        (["--limit", "accuracy"], "METRIC=VALUE"),
        (["--goal", "nothing_of_the_kind"], "there is no metric"),
        (
            ["--goal", "files_used"],
            "neither more nor less of it is better",
        ),
        (["--floor", "accuracy=90"], "0.9 or 90%"),
        (["--budget", "response_time=3s"], "--limit response_time"),
    ] {
        program(folder.path())
            .arg("tune")
            .args(options)
            .arg(replay())
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(says));
    }
    program(folder.path())
        .arg("tune")
        .arg(fixture("monitor-report"))
        .assert()
        .code(3);
}

#[test]
fn an_explanation_shows_values_sizes_and_the_error_of_the_replay() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["recommend", "explain", "CTX003"])
        .arg(fixture("demo"))
        .assert()
        .success()
        .stdout(
            contains("performance_config.yaml:4")
                .and(contains("stack distance"))
                .and(contains("allowed"))
                .and(contains("first requests")),
        );
    // A rule that is silent says why, by name too.
    program(folder.path())
        .args(["recommend", "explain", "cpu-saturated", "--format", "json"])
        .arg(fixture("demo"))
        .assert()
        .success()
        .stdout(contains("\"state\": \"silent\"").and(contains("\"holds\": false")));
    program(folder.path())
        .args(["recommend", "explain", "CTX03"])
        .assert()
        .code(2)
        .stderr(contains("did you mean CTX003?"));
}
