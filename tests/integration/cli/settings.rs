//! What the configuration says of the gate and of comparisons, through the built program: tolerances, limits,
//! levels, directions of metrics of one's own, and the ranking that names a winner.

use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};

/// Steps of `tasks` tasks, each the time of `main` times `factor` within one percent; `extra` is written into
/// each step.
#[allow(clippy::cast_precision_loss)]
fn steps(folder: &Path, tasks: usize, factor: f64, extra: impl Fn(usize) -> String) {
    let lines: Vec<String> = (0..tasks)
        .map(|i| {
            let wobble = 1.0 + (i * 7 % 5) as f64 / 500.0;
            let seconds = (2.0 + i as f64 * 0.25) * factor * wobble;
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{:02}:{:02}Z","duration":{seconds:.4},"outcome":"ok","session":"s{i}","task":"t{i}"{}}}"#,
                i / 60,
                i % 60,
                extra(i)
            )
        })
        .collect();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("r.jsonl"), lines.join("\n")).unwrap();
}

fn no_more(_: usize) -> String {
    String::new()
}

/// Twelve tasks, a tenth slower in the branch.
fn a_tenth_slower() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    steps(&folder.path().join("main"), 12, 1.0, no_more);
    steps(&folder.path().join("branch"), 12, 1.1, no_more);
    folder
}

fn configure(folder: &Path, text: &str) {
    std::fs::write(folder.join("perfadvise.yaml"), text).unwrap();
}

fn output(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = program(folder).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let code = output.status.code().unwrap();
    assert!(code != 2, "{}", String::from_utf8_lossy(&output.stderr));
    (code, text)
}

fn json(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> = [arguments, &["--format", "json"]].concat();
    let (code, text) = output(folder, &arguments);
    (code, serde_json::from_str(&text).unwrap())
}

const GATE: [&str; 6] = [
    "gate",
    "--baseline",
    "main",
    "branch",
    "--metric",
    "response_time",
];

#[test]
fn a_tolerance_of_the_file_counts_and_an_option_goes_before_it() {
    let folder = a_tenth_slower();
    let (code, report) = json(folder.path(), &GATE);
    assert_eq!((code, &report["verdict"]), (1, &"regression".into()));
    assert_eq!(report["checks"][0]["tolerance"], 0.05);
    assert_eq!(report["checks"][0]["set_at"], Value::Null);
    configure(
        folder.path(),
        "gate:\n  response_time:\n    max_regression: 20%\n",
    );
    let (code, report) = json(folder.path(), &GATE);
    assert_eq!((code, &report["verdict"]), (0, &"pass".into()));
    let check = &report["checks"][0];
    assert_eq!(check["tolerance"], 0.2);
    assert_eq!(
        check["set_at"],
        serde_json::json!({"file": "perfadvise.yaml", "line": 3})
    );
    let strict = [&GATE[..], &["--max-regression", "response_time=3%"]].concat();
    let (code, report) = json(folder.path(), &strict);
    assert_eq!((code, &report["checks"][0]["tolerance"]), (1, &0.03.into()));
    // The environment goes before the file.
    let code = program(folder.path())
        .args(GATE)
        .env("PERFADVISE_GATE_RESPONSE_TIME_MAX_REGRESSION", "2%")
        .output()
        .unwrap()
        .status
        .code();
    assert_eq!(code, Some(1));
}

#[test]
fn a_level_decides_what_a_verdict_weighs() {
    let folder = a_tenth_slower();
    let gate = ["gate", "--baseline", "main", "branch"];
    let time = |report: &Value| {
        let checks = report["checks"].as_array().unwrap().clone();
        checks
            .into_iter()
            .find(|c| c["metric"] == "response_time" && c["statistic"] == "mean")
    };
    configure(folder.path(), "gate:\n  response_time: {level: warn}\n");
    let (code, report) = json(folder.path(), &gate);
    let check = time(&report).unwrap();
    assert_eq!(
        (&check["verdict"], &check["level"]),
        (&"regression".into(), &"warn".into())
    );
    assert_ne!(code, 1);
    configure(folder.path(), "gate:\n  response_time: {level: off}\n");
    let (code, report) = json(folder.path(), &gate);
    assert_eq!(time(&report), None);
    assert_ne!(code, 1);
    // Named on the command line it is judged all the same.
    assert_eq!(json(folder.path(), &GATE).0, 1);
    configure(folder.path(), "gate:\n  response_time: {level: loud}\n");
    program(folder.path())
        .args(gate)
        .assert()
        .code(2)
        .stderr(contains("perfadvise.yaml:2:").and(contains("off, warn, error")));
}

#[test]
fn a_limit_of_the_file_is_judged_by_the_end_of_the_interval() {
    let folder = a_tenth_slower();
    // The mean is 3.4 s times 1.1.
    for (limit, verdict, code) in [("60s", "pass", 0), ("1s", "regression", 1)] {
        let text = format!("gate:\n  response_time:\n    max_regression: 50%\n    max: {limit}\n");
        configure(folder.path(), &text);
        let (found, report) = json(folder.path(), &GATE);
        let checks = report["checks"].as_array().unwrap();
        let max = checks.iter().find(|c| c["kind"] == "max").unwrap();
        assert_eq!((&max["verdict"], found), (&verdict.into(), code), "{limit}");
        assert_eq!(max["set_at"]["line"], 4);
    }
    // Near the limit it is open, and says what decides.
    let text = "gate:\n  response_time: {max_regression: 50%, max: 4s}\n";
    configure(folder.path(), text);
    let wide = [&GATE[..], &["--width", "200"]].concat();
    let (code, text) = output(folder.path(), &wide);
    assert_eq!(code, 0);
    assert!(text.contains("12 units place it within 0.69"), "{text}");
}

#[test]
fn sarif_and_annotations_point_at_the_line_of_the_tolerance() {
    let folder = a_tenth_slower();
    configure(
        folder.path(),
        "# ours\ngate:\n  success_rate: {level: off}\n  response_time:\n    max_regression: 4%\n",
    );
    let sarif = [&GATE[..], &["--format", "sarif"]].concat();
    let (code, text) = output(folder.path(), &sarif);
    assert_eq!(code, 1);
    let document: Value = serde_json::from_str(&text).unwrap();
    let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "perfadvise.yaml");
    assert_eq!(place["region"]["startLine"], 5);
    let github = [&GATE[..], &["--format", "github"]].concat();
    let (_, text) = output(folder.path(), &github);
    assert!(
        text.starts_with("::error file=perfadvise.yaml,line=5,title="),
        "{text}"
    );
}

#[test]
fn show_names_the_origin_and_the_schema_knows_the_section() {
    let folder = tempfile::tempdir().unwrap();
    configure(
        folder.path(),
        "gate:\n  response_time.p95: {max_regression: 15%}\n  success_rate: {min: 95%, level: warn}\n  fps: {min: 30}\ndirection:\n  fps: higher\nranking: [accuracy, fps]\n",
    );
    let (_, text) = output(folder.path(), &["config", "show"]);
    for (key, value, origin) in [
        (
            "gate.response_time.p95.max_regression",
            "15",
            "perfadvise.yaml:2:",
        ),
        ("gate.response_time.mean.max_regression", "5", "default"),
        ("gate.success_rate.mean.min", "95", "perfadvise.yaml:3:"),
        ("gate.success_rate.mean.level", "warn", "perfadvise.yaml:3:"),
        ("gate.fps.mean.min", "30", "perfadvise.yaml:4:"),
        ("direction.fps", "higher", "perfadvise.yaml:6:"),
        ("ranking", "accuracy, fps", "perfadvise.yaml:7:"),
    ] {
        let line = text.lines().find(|l| l.starts_with(&format!("{key} ")));
        let line = line.unwrap_or_else(|| panic!("no {key} in\n{text}"));
        assert!(line.contains(value) && line.contains(origin), "{line}");
    }
    let (_, schema) = output(folder.path(), &["config", "schema", "config"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let gate = &schema["properties"]["gate"];
    let time = &gate["properties"]["response_time"]["properties"];
    for settings in [time, &time["p95"]["properties"]] {
        assert_eq!(
            settings["level"]["enum"],
            serde_json::json!(["off", "warn", "error"])
        );
        assert!(settings["max_regression"].is_object() && settings["max"].is_object());
    }
    assert!(gate["additionalProperties"]["properties"]["min"].is_object());
    assert_eq!(
        schema["properties"]["direction"]["additionalProperties"]["enum"],
        serde_json::json!(["higher", "lower"])
    );
    assert_eq!(schema["properties"]["ranking"]["type"], "array");
}

#[test]
fn a_slip_in_the_section_is_named() {
    let folder = a_tenth_slower();
    let check = |text: &str| {
        configure(folder.path(), text);
        program(folder.path()).args(["config", "check"]).assert()
    };
    check("gate:\n  response_time: {max_regresion: 5%}\n")
        .code(0)
        .stderr(contains("did you mean \"max_regression\"?"));
    check("gate:\n  respons_time: {max_regression: 5%}\n")
        .code(0)
        .stderr(contains("did you mean \"response_time\"?"));
    check("gate:\n  response_time: {max_regression: much}\n")
        .code(2)
        .stderr(contains("perfadvise.yaml:2:").and(contains("10%")));
    // A metric that nothing has was named, so that it cannot pass.
    configure(
        folder.path(),
        "gate:\n  respons_time: {max_regression: 5%}\n  response_time: {max_regression: 50%}\n",
    );
    let (code, report) = json(folder.path(), &["gate", "--baseline", "main", "branch"]);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
}

/// A plain series that only the input knows.
#[allow(clippy::cast_precision_loss)]
fn series(file: &Path, factor: f64) {
    let rows: Vec<String> = (0..40)
        .map(|i| {
            let value = 60.0 * factor * (1.0 + (i * 13 % 7) as f64 / 200.0);
            format!("{i},{value:.4},fps,u{}", i / 2)
        })
        .collect();
    let text = format!("index,value,metric,unit\n{}\n", rows.join("\n"));
    std::fs::write(file, text).unwrap();
}

/// Half as many more frames a second: without a direction any change is one, with `higher` it is good, with
/// `lower` bad.
#[test]
fn a_direction_makes_a_metric_of_ones_own_better_or_worse() {
    let folder = tempfile::tempdir().unwrap();
    series(&folder.path().join("main.csv"), 1.0);
    series(&folder.path().join("branch.csv"), 1.5);
    let gate = ["gate", "--baseline", "main.csv", "branch.csv"];
    let compare = ["compare", "main.csv", "branch.csv"];
    for (direction, code, verdict, word) in [
        (None, 1, "regression", "different"),
        (Some("higher"), 0, "pass", "better"),
        (Some("lower"), 1, "regression", "worse"),
    ] {
        if let Some(direction) = direction {
            configure(folder.path(), &format!("direction: {{fps: {direction}}}\n"));
        }
        let (found, report) = json(folder.path(), &gate);
        let check = &report["checks"][0];
        assert_eq!(
            (found, &check["verdict"], &check["metric"]),
            (code, &verdict.into(), &"fps".into()),
            "{direction:?}"
        );
        let (_, document) = json(folder.path(), &compare);
        let row = &document["comparisons"][0];
        assert_eq!(row["verdict"], word, "{direction:?}");
        // The trend of the same series, upwards, takes its word from it too.
        let rising: Vec<String> = (0..40).map(|i| format!("{i},{},fps", 60 + i)).collect();
        let rising = format!("index,value,metric\n{}\n", rising.join("\n"));
        std::fs::write(folder.path().join("rising.csv"), rising).unwrap();
        let (_, document) = json(folder.path(), &["trend", "rising.csv"]);
        assert_eq!(
            document["trends"][0]["is_better"],
            direction.map_or(Value::Null, |d| (d == "higher").into())
        );
        assert_eq!(row["direction"], direction.unwrap_or("neither"));
    }
}

/// Twice as fast, 13 points less accurate.
fn a_trade() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let accuracy = |level: f64| {
        #[allow(clippy::cast_precision_loss)]
        move |i: usize| format!(r#","accuracy":{}"#, level + (i % 3) as f64 / 100.0)
    };
    steps(&folder.path().join("FANCY"), 12, 1.0, accuracy(0.94));
    steps(&folder.path().join("SIMPLE"), 12, 0.5, accuracy(0.81));
    folder
}

#[test]
fn a_trade_has_no_winner_unless_the_metrics_are_ranked() {
    let folder = a_trade();
    let compare = ["compare", "FANCY", "SIMPLE", "--width", "200"];
    let (_, text) = output(folder.path(), &compare);
    assert!(
        text.contains("A trade: SIMPLE responds 2.00× faster [2.00, 2.00]; accuracy is 13.0 points lower [13.0, 13.0]."),
        "{text}"
    );
    assert!(
        text.contains("No winner, since the metrics disagree."),
        "{text}"
    );
    let (_, document) = json(folder.path(), &compare);
    let decision = &document["decisions"][0];
    assert_eq!(
        (&decision["winner"], &decision["is_trade"]),
        (&Value::Null, &true.into())
    );
    // Twelve pairs of successes prove no rate to 5 points: what ranks first is open.
    for (ranking, winner, by, sentence) in [
        (
            "[accuracy, response_time]",
            "FANCY".into(),
            "accuracy",
            "FANCY wins, since the configuration ranks accuracy higher.",
        ),
        (
            "[response_time, accuracy]",
            "SIMPLE".into(),
            "response_time",
            "SIMPLE wins, since the configuration ranks response time higher.",
        ),
        (
            "[success_rate, response_time]",
            Value::Null,
            "success_rate",
            "No winner, since success rate, which the configuration ranks higher, is open.",
        ),
    ] {
        configure(folder.path(), &format!("ranking: {ranking}\n"));
        let (_, document) = json(folder.path(), &compare);
        let decision = &document["decisions"][0];
        assert_eq!(
            (&decision["winner"], &decision["by"]),
            (&winner, &by.into()),
            "{ranking}"
        );
        let (_, text) = output(folder.path(), &compare);
        assert!(text.contains(sentence), "{text}");
    }
}

/// A rule is off up to a day, by the newest record and not by the clock, and only with a reason.
#[test]
fn a_rule_is_off_for_a_while_and_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("perfadvise.yaml");
    let analysed = |settings: &str| {
        std::fs::write(
            &file,
            format!("rules:\n  tune:\n    CTX001: {{{settings}}}\n"),
        )
        .unwrap();
        program(folder.path())
            .args(["analyze", "--config", "perfadvise.yaml", "--format", "json"])
            .arg(fixture("demo"))
            .output()
            .unwrap()
    };
    // The newest record of the demonstration is from Monday 9 November 2026.
    for (until, state) in [("2026-11-09", "off"), ("2026-11-08", "recommended")] {
        let output = analysed(&format!("off_until: {until}, reason: a trial runs"));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["rules"]["states"]["CTX001"], state, "{until}");
        let silenced = document["rules"]["silenced"].as_array().unwrap();
        assert_eq!(silenced.len(), usize::from(state == "off"));
        if let Some(rule) = silenced.first() {
            assert_eq!(rule["reason"], "a trial runs");
            assert_eq!(rule["until"], until);
        }
    }
    for (settings, told) in [
        ("off_until: 2026-11-09", "goes with a reason"),
        ("off_until: soon, reason: x", "must be a day"),
    ] {
        let output = analysed(settings);
        assert_eq!(output.status.code(), Some(2), "{settings}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            error.contains(told) && error.contains("perfadvise.yaml:3"),
            "{error}"
        );
    }
}

/// What names no rule, or nothing that a rule has, does nothing: it is said, and everything else counts. Rules may be called
/// by their name, too.
#[test]
fn rules_and_settings_that_there_are_not_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("perfadvise.yaml");
    let said = |rules: &str| {
        std::fs::write(&file, format!("rules:\n{rules}\n")).unwrap();
        let mut command = program(folder.path());
        command
            .args(["recommend", "--format", "json"])
            .arg(fixture("demo"));
        let output = command.output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let state = document["rules"]["states"]["CTX003"].as_str().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (errors, state.to_owned())
    };
    for (rules, says, state) in [
        ("  off: [CTX03]", "did you mean CTX003?", "recommended"),
        ("  off: [cache-too-small]", "", "off"),
        (
            "  tune: {CTX03: {min_units: 5}}",
            "did you mean CTX003?",
            "recommended",
        ),
        ("  tune: {ctx003: {min_units: 100000}}", "", "not_evaluated"),
        (
            "  tune: {cache-too-small: {off_until: 2026-12-31, reason: a trial}}",
            "",
            "off",
        ),
        (
            "  tune: {CTX003: {off_untill: 2026-12-31, reason: a trial}}",
            "did you mean \"off_until\"?",
            "recommended",
        ),
        (
            "  tune: {CTX003: {reason: a trial}}",
            "switches nothing off",
            "recommended",
        ),
    ] {
        let (errors, found) = said(rules);
        assert_eq!(found, state, "{rules}: {errors}");
        assert_eq!(errors.is_empty(), says.is_empty(), "{rules}: {errors}");
        assert!(errors.contains(says), "{rules}: {errors}");
        if !says.is_empty() {
            assert!(errors.contains("perfadvise.yaml:2:"), "{rules}: {errors}");
        }
    }
    std::fs::write(&file, "rules: {off: [CTX03]}\n").unwrap();
    program(folder.path())
        .args(["config", "check", "perfadvise.yaml"])
        .assert()
        .success()
        .stdout(contains("1 warning"))
        .stderr(contains("there is no rule \"CTX03\""));
    for arguments in [
        &["rules", "explain", "CTX03"][..],
        &["recommend", "dismiss", "CTX03", "--reason", "x"],
        &["recommend", "claim", "CTX03"],
        &["apply", "CTX03"],
    ] {
        let mut command = program(folder.path());
        command.args(arguments);
        if arguments.contains(&"claim") || arguments.contains(&"apply") {
            command.arg(fixture("demo"));
        }
        command
            .assert()
            .code(2)
            .stderr(contains("there is no rule \"CTX03\"").and(contains("did you mean CTX003?")));
    }
}
