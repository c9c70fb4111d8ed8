//! What `docs/scheduling.md` shows, tried as it stands there.

use std::path::Path;
use std::process::Command;

use super::fixture;

const DOCS: &str = include_str!("../../../docs/scheduling.md");

/// The text of the block with that mark.
fn block(mark: &str) -> String {
    let from = DOCS.split(&format!("```{mark}\n")).nth(1).unwrap();
    from.split("```").next().unwrap().to_owned()
}

/// A text of the documentation, of a machine with these folders.
fn here(text: &str, folder: &Path) -> String {
    text.replace(
        "/usr/local/bin/perfadvise",
        env!("CARGO_BIN_EXE_perfadvise"),
    )
    .replace("/srv/agents", folder.to_str().unwrap())
}

/// A folder as the documentation has it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("summaries")).unwrap();
    let reports = folder.path().join("reports");
    copy(&fixture("demo"), &reports);
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

/// As cron starts it: its own short environment, `/bin/sh`, and a `%` that is not escaped ends the command.
#[test]
fn the_lines_of_cron_run() {
    let folder = folder();
    let lines = block("crontab");
    for (line, file) in lines
        .lines()
        .zip(["summaries/week-", "summaries/yesterday.html"])
    {
        let fields: Vec<&str> = line.split_whitespace().take(5).collect();
        assert!(
            fields.iter().all(|f| *f == "*" || f.parse::<u8>().is_ok()),
            "{line}"
        );
        let command = line.split_once("  ").unwrap().1;
        let unescaped = command.replace("\\%", "");
        assert!(!unescaped.contains('%'), "{command}");
        let status = Command::new("/bin/sh")
            .args(["-c", &here(&command.replace("\\%", "%"), folder.path())])
            .env_clear()
            .env("HOME", folder.path())
            .env("LOGNAME", "agent")
            .env("SHELL", "/bin/sh")
            .env("PATH", "/usr/bin:/bin")
            .status()
            .unwrap();
        assert!(status.success(), "{line}");
        let written = std::fs::read_dir(folder.path().join("summaries")).unwrap();
        let mut names =
            written.map(|e| format!("summaries/{}", e.unwrap().file_name().to_string_lossy()));
        assert!(names.any(|name| name.starts_with(file)), "{line}");
    }
}

/// The command of the service runs, and systemd finds nothing to say about the units.
#[test]
#[allow(clippy::print_stderr)] // A step that was left out is told.
fn the_units_of_systemd_hold() {
    let folder = folder();
    let service = here(&block("systemd-service"), folder.path());
    let timer = block("systemd-timer");
    let command = service
        .lines()
        .find_map(|l| l.strip_prefix("ExecStart="))
        .unwrap();
    let mut words = command.split_whitespace();
    let status = Command::new(words.next().unwrap())
        .args(words)
        .env_clear()
        .env("PERFADVISE_CACHE_DIR", folder.path().join("cache"))
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(folder.path().join("summaries/latest.md").exists());

    let units = [
        ("perfadvise-weekly.service", &service),
        ("perfadvise-weekly.timer", &timer),
    ];
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no"]);
    for (name, text) in units {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        verify.arg(path);
    }
    match verify.output() {
        Ok(output) => {
            // What it says of units that are not ours is not about ours.
            let told = String::from_utf8_lossy(&output.stderr);
            let ours: Vec<&str> = told
                .lines()
                .filter(|l| l.contains("perfadvise-weekly"))
                .collect();
            assert!(ours.is_empty(), "{ours:#?}");
        }
        Err(_) => eprintln!("SKIPPED: there is no systemd-analyze here"),
    }
}

/// Both jobs are YAML of the shape that their services document, and every command in them is one that there is.
#[test]
fn the_jobs_are_what_their_services_take() {
    let github: serde_json::Value = serde_yaml::from_str(&block("github")).unwrap();
    let job = &github["jobs"]["weekly"];
    assert!(job["runs-on"].is_string());
    for step in job["steps"].as_array().unwrap() {
        assert!(step["uses"].is_string() ^ step["run"].is_string(), "{step}");
    }
    assert!(github["on"]["schedule"][0]["cron"].is_string());
    let gitlab: serde_json::Value = serde_yaml::from_str(&block("gitlab")).unwrap();
    let job = &gitlab["weekly-report"];
    assert!(
        job["script"]
            .as_array()
            .unwrap()
            .iter()
            .all(serde_json::Value::is_string)
    );
    let folder = folder();
    for text in [block("github"), block("gitlab")] {
        for line in text.lines() {
            let Some((_, command)) = line.split_once("perfadvise report ") else {
                continue;
            };
            let command = format!("{} report {command}", env!("CARGO_BIN_EXE_perfadvise"));
            let status = Command::new("/bin/sh")
                .args(["-c", &command])
                .current_dir(folder.path())
                .env_clear()
                .env("HOME", folder.path())
                .env("PATH", "/usr/bin:/bin")
                .env("GITHUB_STEP_SUMMARY", folder.path().join("step.md"))
                .status()
                .unwrap();
            assert!(status.success(), "{command}");
        }
    }
    for file in ["step.md", "weekly.html", "weekly.md"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}
