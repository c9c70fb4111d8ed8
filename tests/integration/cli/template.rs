//! `--template` of `analyze` and `report`.

use predicates::prelude::*;
use predicates::str::{contains, is_empty};

use super::{fixture, program};

/// A folder with a template of that name.
fn with_template(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

/// The example of the documentation, and what it gives for the demonstration.
#[test]
fn the_example_of_the_documentation_is_filled() {
    let docs = include_str!("../../../docs/reports.md");
    let block = |language: &str| {
        let from = docs.split(&format!("```{language}\n")).nth(1).unwrap();
        from.split("```").next().unwrap().to_owned()
    };
    let folder = with_template("brief.md", &block("jinja"));
    program(folder.path())
        .args([
            "report",
            "weekly",
            "--ending",
            "2026-11-08",
            "--template",
            "brief.md",
        ])
        .arg(fixture("demo"))
        .assert()
        .code(0)
        .stdout(block("markdown"));
}

#[test]
fn names_from_input_are_escaped_in_a_page() {
    let folder = with_template(
        "page.html",
        "{% for m in metrics %}{{ m.dims }}{% endfor %}",
    );
    let records = (0..12)
        .map(|n| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-11-23T10:00:{n:02}Z","duration":1,"outcome":"ok","session":"s{n}","mode":"<script>alert(1)</script>"}}"#
            )
        })
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(folder.path().join("records.jsonl"), records).unwrap();
    program(folder.path())
        .args(["analyze", "records.jsonl", "--template", "page.html"])
        .assert()
        .code(0)
        .stdout(contains("&lt;script&gt;").and(contains("<script>").not()));
}

#[test]
fn a_fault_has_file_line_and_column_and_nothing_is_written() {
    let folder = with_template("brief.txt", "Score\n{{ score.valu }}\n");
    program(folder.path())
        .args(["analyze", "--template", "brief.txt"])
        .arg(fixture("demo"))
        .assert()
        .code(2)
        .stdout(is_empty())
        .stderr(contains("brief.txt:2:4: there is no score.valu").and(contains("score has ")));
    std::fs::write(folder.path().join("broken.txt"), "one\n{% if score %}\n").unwrap();
    // A slip is told before anything is read.
    program(folder.path())
        .args(["analyze", "--template", "broken.txt", "nowhere"])
        .assert()
        .code(2)
        .stderr(contains("broken.txt:").and(contains("nowhere").not()));
    program(folder.path())
        .args(["analyze", "--template", "none.txt"])
        .assert()
        .code(2)
        .stderr(contains("none.txt").and(contains("help:")));
}

#[test]
fn a_format_beside_it_is_refused() {
    let folder = with_template("brief.txt", "");
    program(folder.path())
        .args(["analyze", "--format", "json", "--template", "brief.txt"])
        .arg(fixture("demo"))
        .assert()
        .code(2)
        .stderr(contains("leave out one of them"));
}

#[test]
fn without_a_record_it_is_3() {
    let folder = with_template("brief.txt", "{{ score.value | amount('number') }}");
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    program(folder.path())
        .args(["analyze", "reports", "--template", "brief.txt"])
        .assert()
        .code(3)
        .stdout(is_empty())
        .stderr(contains("not filled"));
}
