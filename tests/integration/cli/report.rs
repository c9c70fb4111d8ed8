//! `report`, through the built program, on three invented weeks with a known step.
//!
//! 20 sessions a day of 5 steps each, from Monday 2 to Sunday 22 March 2026. Times are 2 s on the mean
//! with a fixed pattern around it; from Thursday 19 March 12:00 on they are half as long again, and at
//! that time the cache got smaller. One step in 50 fails, always.
//!
//! By hand: of the last week's 700 steps those after the change are 10 sessions of Thursday and 60 of
//! Friday to Sunday, 70 of 140: the mean rises to (70 × 2 + 70 × 3) ÷ 140 = 2.5 s. 14 steps fail, and a
//! target of 95 % allows 35: 40 % of the budget.

use std::fmt::Write as _;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

const NOW: &str = "2026-03-23T08:00:00Z";

fn weeks(folder: &Path) {
    let mut text = String::new();
    let mut number = 0;
    for day in 2..=22 {
        for session in 0..20 {
            // 20 sessions from 02:15 on, 65 minutes apart: ten begin before noon.
            let minute = 135 + 65 * session;
            let is_slow = day > 19 || (day == 19 && minute >= 720);
            for step in 0..5 {
                number += 1;
                // −0.4, −0.2, 0, 0.2, 0.4 in an order that drifts from session to session.
                let noise = f64::from((step * 2 + session + day) % 5 - 2) * 0.2;
                let seconds = (2.0 + noise) * if is_slow { 1.5 } else { 1.0 };
                let outcome = if number % 50 == 0 { "error" } else { "ok" };
                let (hour, minute) = (minute / 60, minute % 60);
                writeln!(
                    text,
                    r#"{{"kind":"operation","operation":"step","time":"2026-03-{day:02}T{hour:02}:{minute:02}:{:02}Z","duration":{seconds},"outcome":"{outcome}","session":"s{day}-{session}","interface":"one"}}"#,
                    step * 5
                )
                .unwrap();
            }
        }
    }
    text.push_str(r#"{"kind":"event","event":"config_change","time":"2026-03-19T11:58:00Z","knob":"context.cache_size","from":100,"to":50}"#);
    text.push('\n');
    std::fs::write(folder.join("runs.jsonl"), text).unwrap();
}

fn report(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = program(folder)
        .args(["report"])
        .args(arguments)
        .args(["--now", NOW])
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let (_, out, err) = report(folder, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"))
}

fn row<'a>(document: &'a Value, metric: &str, statistic: &str) -> &'a Value {
    let rows = document["summary"]["rows"].as_array().unwrap();
    rows.iter()
        .find(|r| r["metric"] == metric && r["statistic"] == statistic)
        .unwrap()
}

#[test]
fn the_week_with_the_step_is_slower_and_says_since_when_and_with_what() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let document = json(folder.path(), &["weekly", "runs.jsonl"]);
    let summary = &document["summary"];
    assert_eq!(summary["kind"], "weekly");
    assert_eq!(summary["days"]["iso_week"], "2026-W12");
    assert_eq!(summary["days"]["first"], "2026-03-16");
    assert_eq!(summary["days"]["last"], "2026-03-22");
    assert_eq!(summary["is_over"], true);
    assert_eq!(summary["chosen"], Value::Null);
    assert_eq!(summary["coverage"].as_array().unwrap().len(), 7);
    assert_eq!(summary["previous"]["days"]["iso_week"], "2026-W11");
    assert_eq!(summary["previous"]["days_with_records"], 7);
    assert_eq!(summary["earlier"], Value::Null);

    let response = row(&document, "response_time", "mean");
    // Of the times of failed steps nothing is in the mean, so that it is near 2.5 and 2.0.
    assert!((response["value"].as_f64().unwrap() - 2.5).abs() < 0.02);
    assert!((response["previous"].as_f64().unwrap() - 2.0).abs() < 0.02);
    assert_eq!(response["change"], "worse");
    assert_eq!(row(&document, "success_rate", "mean")["change"], "same");
    let score = &summary["previous"]["score"];
    assert!(score["to"].as_f64() < score["from"].as_f64());
    // Of five failures a day more hangs than of times far below the target.
    assert_eq!(score["beyond_noise"], false);
    assert!(score["low"].as_f64() < Some(0.0) && score["high"].as_f64() > Some(0.0));
    assert_eq!(summary["changed"], serde_json::json!(["response_time"]));

    let budget = &summary["error_budget"];
    assert_eq!(budget["requests"], 700);
    assert_eq!(budget["failures"], 14);
    assert!((budget["used"].as_f64().unwrap() - 0.4).abs() < 1e-9);

    let of_period: Vec<&Value> = document["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["dimension"] == "period")
        .collect();
    assert!(!of_period.is_empty());
    for c in of_period {
        assert_eq!(
            (c["base"].as_str(), c["candidate"].as_str()),
            (Some("previous"), Some("current"))
        );
    }

    let (code, page, _) = report(folder.path(), &["weekly", "runs.jsonl"]);
    assert_eq!(code, 0);
    assert!(page.contains("Slower than in week 11."), "{page}");
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("0.4 points below week 11, within noise"),
        "{page}"
    );
    assert!(
        page.contains("context.cache_size was set from 100 to 50"),
        "{page}"
    );
    assert!(page.contains("40 % used, 14 failures of the 35"), "{page}");
    assert!(
        page.contains("140 sessions, 701 records; 7 of 7 days recorded."),
        "{page}"
    );
    assert!(
        words.contains("No change beyond noise since week 11: success rate, error rate."),
        "{page}"
    );
}

#[test]
fn a_week_like_the_one_before_did_not_change() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let (code, page, _) = report(
        folder.path(),
        &["weekly", "runs.jsonl", "--ending", "2026-03-15"],
    );
    assert_eq!(code, 0);
    assert!(
        page.contains("No key indicator changed beyond noise since week 10."),
        "{page}"
    );
    assert!(!page.contains("worse"), "{page}");
}

#[test]
fn any_days_are_compared_with_as_many_before() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let arguments = ["runs.jsonl", "--from", "2026-03-20", "--to", "2026-03-22"];
    let document = json(folder.path(), &arguments);
    assert_eq!(document["summary"]["kind"], "custom");
    assert_eq!(
        document["summary"]["previous"]["days"]["first"],
        "2026-03-17"
    );
    assert_eq!(document["summary"]["error_budget"]["requests"], 300);
    let aliases = ["runs.jsonl", "--start", "2026-03-20", "--end", "2026-03-22"];
    assert_eq!(
        json(folder.path(), &aliases)["summary"],
        document["summary"]
    );
}

#[test]
fn days_begin_where_the_zone_says() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    // In Honolulu (UTC − 10) the day of 15 March ends at 10:00 UTC on the 16th: of the 20 sessions of
    // that day 8 begin before (02:15, 03:20 … 09:50), and as many less of the day itself.
    let document = json(
        folder.path(),
        &[
            "daily",
            "runs.jsonl",
            "--ending",
            "2026-03-15",
            "--timezone",
            "Pacific/Honolulu",
        ],
    );
    assert_eq!(document["summary"]["days"]["from"], "2026-03-15T10:00:00Z");
    assert_eq!(document["summary"]["days"]["to"], "2026-03-16T10:00:00Z");
    assert_eq!(document["summary"]["error_budget"]["requests"], 100);
    // The same weekday a week earlier is there.
    assert_eq!(
        document["summary"]["earlier"]["days"]["first"],
        "2026-03-08"
    );
}

/// A zone that the environment names wrongly is not taken for UTC.
#[test]
fn the_local_zone_is_known_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let daily = |zone: &str| {
        let arguments = ["report", "daily", "runs.jsonl", "--ending", "2026-03-15"];
        let mut command = program(folder.path());
        command
            .env("TZ", zone)
            .args(arguments)
            .args(["--timezone", "local"]);
        command.assert()
    };
    daily("Pacific/Honolulu").code(0);
    let refused = daily("Nope/Zone").code(2);
    let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        told.contains("the time zone that TZ names is not known"),
        "{told}"
    );
}

#[test]
fn what_is_missing_is_said_and_not_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let (code, page, _) = report(
        folder.path(),
        &["monthly", "runs.jsonl", "--ending", "2026-03-01"],
    );
    assert_eq!(code, 0);
    assert!(
        page.contains("Nothing is known of the month before"),
        "{page}"
    );
    assert!(page.contains("The period is not over"), "{page}");
    assert!(
        page.contains("No record on Sun 1 Mar, Mon 23 Mar"),
        "{page}"
    );
    assert!(page.contains("21 of 31 days recorded"), "{page}");
}

#[test]
fn the_newest_period_with_records_where_the_last_one_has_none() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let output = program(folder.path())
        .args(["report", "weekly", "runs.jsonl"])
        .args(["--now", "2026-06-01T08:00:00Z"])
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("week 12"), "{page}");
    let why = "2026-05-25 to 2026-05-31, has no record; this is the newest with one.";
    assert!(words.contains(why), "{page}");
}

#[test]
fn a_period_without_a_record_is_not_enough() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let arguments = ["weekly", "runs.jsonl", "--ending", "2026-01-04"];
    let (code, page, _) = report(folder.path(), &arguments);
    assert_eq!(code, 3);
    assert!(page.contains("No record in this period"), "{page}");
    assert!(
        page.contains("The records run from 2026-03-02 to 2026-03-22"),
        "{page}"
    );
    let document = json(folder.path(), &arguments);
    assert_eq!(document["provenance"]["records"], 0);
}

#[test]
fn a_session_in_two_weeks_is_compared_where_most_of_it_is() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let mut text = std::fs::read_to_string(folder.path().join("runs.jsonl")).unwrap();
    for (day, hour) in [(15, 23), (16, 0), (16, 1)] {
        writeln!(
            text,
            r#"{{"kind":"operation","operation":"step","time":"2026-03-{day}T{hour:02}:30:00Z","duration":2,"outcome":"ok","session":"night","interface":"one"}}"#
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("runs.jsonl"), text).unwrap();
    let document = json(folder.path(), &["weekly", "runs.jsonl"]);
    assert_eq!(
        document["summary"]["previous"]["straddling"],
        serde_json::json!([1, 0])
    );
    let comparison = document["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["dimension"] == "period" && c["metric"] == "success_rate")
        .unwrap();
    assert_eq!(comparison["units"], serde_json::json!([140, 141]));
}

#[test]
fn every_format_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let of = |format| report(folder.path(), &["weekly", "runs.jsonl", "--format", format]);
    let (_, markdown, _) = of("markdown");
    assert!(
        markdown.starts_with("# Executive summary: week 12\n"),
        "{markdown}"
    );
    assert!(
        markdown.contains("**Slower than in week 11.**"),
        "{markdown}"
    );
    assert!(markdown.contains("### Key indicators"), "{markdown}");
    let (_, csv, _) = of("csv");
    assert!(
        csv.starts_with("metric,statistic,unit,value,previous,"),
        "{csv}"
    );
    assert!(csv.lines().all(|line| !line.is_empty()));
    let (_, lines, _) = of("jsonl");
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["section"], "summary");
    let (_, yaml, _) = of("yaml");
    assert!(yaml.contains("iso_week: 2026-W12"), "{yaml}");
    let (_, html, _) = of("html");
    assert!(html.starts_with("<!doctype html>") && html.len() < 500_000);
    let words = html.replace('\u{a0}', " ");
    assert!(words.contains("<h1>Slower than in week 11</h1>"), "{html}");
    let (code, _, err) = of("sarif");
    assert_eq!(code, 2);
    assert!(err.contains("a report is not written as sarif"), "{err}");
    let (_, brief, _) = report(
        folder.path(),
        &["weekly", "runs.jsonl", "--format", "markdown", "--brief"],
    );
    assert!(brief.len() < 4_000, "{}", brief.len());
    assert!(!brief.contains("### Key indicators"), "{brief}");
    let (_, full, _) = report(folder.path(), &["weekly", "runs.jsonl", "--full"]);
    assert!(
        full.contains("All metrics since the period before"),
        "{full}"
    );
}

#[test]
fn pages_fit_any_width() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    for width in ["60", "100"] {
        let arguments = ["weekly", "runs.jsonl", "--full", "--width", width];
        let (_, page, _) = report(folder.path(), &arguments);
        let widest = page.lines().map(|l| l.chars().count()).max().unwrap();
        assert!(widest <= width.parse().unwrap(), "{width}: {page}");
        let (_, ascii, _) = report(folder.path(), &[&arguments[..], &["--ascii"]].concat());
        assert!(ascii.is_ascii(), "{ascii}");
    }
}

#[test]
fn mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    weeks(folder.path());
    let run = |arguments: &[&str]| {
        let mut command = program(folder.path());
        command.arg("report").args(arguments).args(["--now", NOW]);
        command.assert().code(2)
    };
    run(&["runs.jsonl"]).stderr(contains("which period?"));
    run(&["weeky", "runs.jsonl"]).stderr(contains("did you mean report weekly?"));
    run(&["weekly", "runs.jsonl", "--from", "2026-03-01"])
        .stderr(contains("a weekly report has its own days"));
    run(&["runs.jsonl", "--from", "2026-03-07", "--to", "2026-03-01"])
        .stderr(contains("2026-03-01 comes before 2026-03-07"));
    run(&["weekly", "nowhere"]).stderr(
        contains("nowhere")
            .and(contains("help"))
            .or(contains("nowhere")),
    );
    run(&["weekly", "runs.jsonl", "--ending", "soon"])
        .stderr(contains("soon").not().or(contains("time")));
}

#[test]
fn the_schema_holds_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["report", "--json-schema"])
        .assert()
        .success()
        .stdout(contains("PeriodSummary"));
}
