//! The whole pull request, as a team meets it: main is measured and saved, branches are judged, and what the
//! GitHub action and the GitLab snippet of `docs/ci.md` run is run here word for word.

use std::path::{Path, PathBuf};

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// A repository with `perfadvise.yaml`, the runs of main and a saved baseline of them.
struct Repository(tempfile::TempDir);

/// One run of the agents: twelve tasks, ten steps each.
#[derive(Clone, Copy)]
struct Run {
    tasks: usize,
    /// The times as a multiple of main's.
    factor: f64,
    /// The noise, as a share of the time.
    noise: f64,
    seed: u64,
}

const GOOD: Run = Run {
    tasks: 12,
    factor: 1.0,
    noise: 0.05,
    seed: 2,
};

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        std::fs::write(
            repository.path().join("perfadvise.yaml"),
            "gate:\n  response_time:\n    max_regression: 10%\n    max: 60s\n  success_rate: {level: warn}\n",
        )
        .unwrap();
        repository.record("runs/main", Run { seed: 1, ..GOOD });
        repository
            .perfadvise(&[
                "baseline",
                "save",
                "main",
                "runs/main",
                "--commit",
                "4f1c2ab",
            ])
            .code(0);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes what a run of the agents leaves behind.
    #[allow(clippy::cast_precision_loss)]
    fn record(&self, folder: &str, run: Run) {
        let mut lines = Vec::new();
        for task in 0..run.tasks {
            for step in 0..10_u64 {
                let x = (run.seed * 1_000_003 + task as u64 * 101 + step)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let share = ((x ^ (x >> 29)) >> 11) as f64 / (1_u64 << 53) as f64;
                let wobble = 1.0 + run.noise * (share - 0.5);
                let seconds = (1.0 + task as f64 % 5.0) * run.factor * wobble;
                lines.push(format!(
                    r#"{{"kind":"operation","operation":"step","time":"2026-03-02T{:02}:{:02}:00Z","duration":{seconds:.4},"outcome":"ok","session":"r{}-{task}","task":"t{task:02}"}}"#,
                    8 + task,
                    step,
                    run.seed,
                ));
            }
        }
        let folder = self.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("records.jsonl"), lines.join("\n")).unwrap();
    }

    fn perfadvise(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        program(self.path()).args(arguments).assert()
    }

    /// The gate's verdict on a branch against the saved main: exit code and document.
    fn gate(&self, further: &[&str]) -> (i32, Value) {
        let output = program(self.path())
            .args(["gate", "--baseline", "main", "runs/branch"])
            .args(["--format", "json"])
            .args(further)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), report)
    }

    /// A folder with the built program in it, for `PATH`.
    fn tools(&self) -> PathBuf {
        let bin = self.path().join("tools/perfadvise/bin");
        std::fs::create_dir_all(&bin).unwrap();
        let built = assert_cmd::cargo::cargo_bin("perfadvise");
        self.script(
            &bin.join("perfadvise"),
            &format!("exec \"{}\" \"$@\"\n", built.display()),
        );
        bin
    }

    fn script(&self, file: &Path, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(file, format!("#!/bin/sh\n{text}")).unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs lines of a workflow's shell as its runner does: stopping at the first that fails.
    fn shell(&self, lines: &str, environment: &[(&str, &str)]) -> assert_cmd::assert::Assert {
        let tools = self.tools();
        let path = std::env::var("PATH").unwrap();
        std::process::Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", lines])
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("RUNNER_TEMP", self.path().join("tools"))
            .envs(environment.iter().copied())
            .assert()
    }
}

fn verdict(report: &Value, metric: &str) -> String {
    let checks = report["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|c| c["metric"] == metric && c["kind"] == "regression");
    check.unwrap()["verdict"].as_str().unwrap().to_owned()
}

#[test]
fn a_good_branch_may_be_merged() {
    let repository = Repository::new();
    repository.record("runs/branch", GOOD);
    let (code, report) = repository.gate(&["--off", "response_time.p95"]);
    assert_eq!((code, &report["verdict"]), (0, &"pass".into()), "{report}");
    assert_eq!(verdict(&report, "response_time"), "pass");
    assert!(
        report["baseline"]["label"]
            .as_str()
            .unwrap()
            .contains("main@4f1c2ab")
    );
}

#[test]
fn a_regressed_branch_stops_the_build_until_it_is_accepted() {
    let repository = Repository::new();
    let slow = Run {
        factor: 1.3,
        ..GOOD
    };
    repository.record("runs/branch", slow);
    let (code, report) = repository.gate(&[]);
    assert_eq!((code, &report["verdict"]), (1, &"regression".into()));
    assert_eq!(report["events"].as_array().unwrap().len(), 1);
    let page = [
        "gate",
        "--baseline",
        "main",
        "runs/branch",
        "--width",
        "160",
    ];
    repository
        .perfadvise(&page)
        .code(1)
        .stdout(contains("regression").and(contains("Wilcoxon signed rank")));
    let accept = [
        "baseline",
        "accept",
        "main",
        "runs/branch",
        "--reason",
        "smaller hosts",
    ];
    repository.perfadvise(&accept).code(0);
    let (code, _) = repository.gate(&["--off", "response_time.p95"]);
    assert_eq!(code, 0);
    repository
        .perfadvise(&["baseline", "show", "main"])
        .code(0)
        .stdout(contains("smaller hosts"));
}

#[test]
fn a_noisy_branch_is_neither_and_says_what_decides() {
    let repository = Repository::new();
    let noisy = Run {
        factor: 1.08,
        noise: 1.9,
        ..GOOD
    };
    repository.record("runs/branch", noisy);
    let only = [
        "--metric",
        "response_time",
        "--max-regression",
        "response_time=5%",
    ];
    let (code, report) = repository.gate(&only);
    assert_eq!((code, &report["verdict"]), (0, &"inconclusive".into()));
    let check = &report["checks"][0];
    assert!(check["detectable"].as_f64().unwrap() > 1.05, "{check}");
    assert!(check["n_needed"].as_u64().unwrap() > 12, "{check}");
    let strict = [&only[..], &["--fail-on", "inconclusive"]].concat();
    assert_eq!(repository.gate(&strict).0, 3);
    let page = [
        "gate",
        "--baseline",
        "main",
        "runs/branch",
        "--width",
        "160",
    ];
    repository
        .perfadvise(&[&page[..], &only].concat())
        .code(0)
        .stdout(contains("12 pairs can show ×").and(contains("to decide at ×1.05 takes some")));
}

#[test]
fn a_branch_of_three_tasks_is_too_small() {
    let repository = Repository::new();
    repository.record("runs/branch", Run { tasks: 3, ..GOOD });
    let (code, report) = repository.gate(&[]);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
    assert_eq!(report["checks"][0]["reason"], "too-few");
    repository
        .perfadvise(&["gate", "--baseline", "main", "runs/branch"])
        .code(3)
        .stdout(contains("3 of the baseline's 12 tasks"));
}

#[test]
fn an_empty_or_unreadable_branch_never_passes() {
    let repository = Repository::new();
    let branch = repository.path().join("runs/branch");
    std::fs::create_dir_all(&branch).unwrap();
    let (code, report) = repository.gate(&[]);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
    std::fs::write(branch.join("records.jsonl"), "{\"kind\":\"operation\",\n").unwrap();
    let (code, report) = repository.gate(&[]);
    assert_eq!((code, &report["verdict"]), (3, &"insufficient".into()));
}

#[test]
fn without_a_baseline_nothing_is_judged() {
    let repository = Repository::new();
    repository.record("runs/branch", GOOD);
    repository
        .perfadvise(&["gate", "--baseline", "release", "runs/branch"])
        .code(2)
        .stderr(contains("release").and(contains("help:")));
    repository
        .perfadvise(&["gate", "runs/branch"])
        .code(2)
        .stderr(contains("--baseline"));
    // One from elsewhere is refused, unless somebody says that it will do.
    let elsewhere = [
        "gate",
        "--baseline",
        "main",
        "runs/branch",
        "--environment",
        "gpu=a100",
    ];
    repository
        .perfadvise(&elsewhere)
        .code(2)
        .stderr(contains("of another environment"));
}

/// The lines of the step that judges, and the inputs that it takes, from the action itself.
#[test]
fn the_github_action_judges_as_the_program_does() {
    let action = file("action.yml");
    let action: Value = serde_yaml::from_str(&action).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let judge = steps.iter().find(|s| s["name"] == "Judge").unwrap();
    let lines = judge["run"].as_str().unwrap();
    for (name, value) in judge["env"].as_object().unwrap() {
        let input = value.as_str().unwrap();
        let input = input
            .trim_start_matches("${{ inputs.")
            .trim_end_matches(" }}");
        assert!(action["inputs"][input].is_object(), "{name} takes {input}");
    }
    let page = file("docs/ci.md");
    let example: Value = serde_yaml::from_str(block(&page, "## GitHub")).unwrap();
    let uses = example["jobs"]["performance"]["steps"][2].clone();
    for name in uses["with"].as_object().unwrap().keys() {
        assert!(action["inputs"][name].is_object(), "no input {name}");
    }
    let arguments = uses["with"]["arguments"].as_str().unwrap();
    let repository = Repository::new();
    let summary = repository.path().join("summary.md");
    let judge = |base: &str, arguments: &str| {
        let environment = [
            ("BASELINE", base),
            ("CANDIDATE", "runs/branch"),
            ("ARGUMENTS", arguments),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ];
        repository.shell(lines, &environment)
    };
    repository.record("runs/branch", GOOD);
    judge("runs/main", "--metric response_time").code(0);
    judge("main", "--metric response_time").code(0);
    repository.record(
        "runs/branch",
        Run {
            factor: 1.3,
            ..GOOD
        },
    );
    judge("runs/main", arguments)
        .code(1)
        .stdout(contains("::error file=perfadvise.yaml").or(contains("::error title=perfadvise")));
    let summary = std::fs::read_to_string(&summary).unwrap();
    assert!(summary.contains("| Response time |"), "{summary}");
    judge("runs/nowhere", "").code(2);
}

/// The lines of the job, but for the installation and the agents, whose place a stand-in takes.
#[test]
fn the_gitlab_job_judges_as_the_program_does() {
    let page = file("docs/ci.md");
    let job: Value = serde_yaml::from_str(block(&page, "## GitLab")).unwrap();
    let job = &job["performance"];
    let lines: Vec<&str> = job["script"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .filter(|line| !line.starts_with("cargo install"))
        .collect();
    let repository = Repository::new();
    let agents = repository.path().join("run-the-agents");
    repository.script(&agents, "test \"$1 $2\" = \"--record runs/branch\"\n");
    for (run, code) in [
        (GOOD, None),
        (
            Run {
                factor: 1.3,
                ..GOOD
            },
            Some(1),
        ),
    ] {
        repository.record("runs/branch", run);
        let done = repository.shell(&lines.join("\n"), &[]);
        let found = done.get_output().status.code();
        match code {
            // Good or not yet decided (p95): the build goes on.
            None => assert_eq!(found, Some(0)),
            code => assert_eq!(found, code),
        }
        let report = job["artifacts"]["reports"]["junit"].as_str().unwrap();
        let report = std::fs::read_to_string(repository.path().join(report)).unwrap();
        assert_eq!(report.contains("<failure"), code.is_some(), "{report}");
    }
}

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The first block of YAML below a heading.
fn block<'a>(page: &'a str, heading: &str) -> &'a str {
    let section = page.split_once(heading).unwrap().1;
    let block = section.split_once("```yaml\n").unwrap().1;
    block.split_once("```").unwrap().0
}
