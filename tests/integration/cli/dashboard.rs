//! `dashboard` as somebody uses it: a frame as text, and keys in a real terminal (tmux).

mod terminal;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use predicates::str::contains;
use serde_json::Value;

use super::{fixture, program};
use terminal::Session;

const NOW: &str = "2026-11-09T00:00:00Z";

/// `dashboard` on the demonstration, as words of a command line.
fn of_demo(more: &[&str]) -> Vec<String> {
    let demo = fixture("demo").display().to_string();
    ["dashboard", &demo, "--now", NOW, "--refresh", "500ms"]
        .into_iter()
        .chain(more.iter().copied())
        .map(str::to_owned)
        .collect()
}

#[test]
fn one_frame_as_text() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(of_demo(&["--once", "--width", "120", "-o", "frame.txt"]))
        .assert()
        .success();
    let frame = std::fs::read_to_string(folder.path().join("frame.txt")).unwrap();
    assert_eq!(frame.lines().count(), 36);
    assert!(frame.starts_with("perfadvise dashboard · overview"));
    assert!(frame.contains("▸ HIGH   CTX003 cache-too-small"), "{frame}");
    // The alerts of the demonstration are quiet, and its configuration is found beside it.
    assert!(frame.contains("none fires"), "{frame}");
    assert!(frame.lines().all(|l| l.chars().count() <= 120));
    program(folder.path())
        .args(of_demo(&[
            "--once", "--width", "60", "--height", "20", "--ascii", "--page", "5",
        ]))
        .assert()
        .success()
        .stdout(contains("session"))
        .stdout(predicates::function::function(|text: &str| text.is_ascii()));
}

/// The page of the documentation shows what the program shows; `BLESS=1` writes it anew.
#[test]
fn the_documentation_shows_a_real_frame() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path())
        .current_dir(root)
        .args([
            "dashboard",
            "--once",
            "fixtures/demo",
            "--now",
            NOW,
            "--no-cache",
        ])
        .args(["--store", &folder.path().display().to_string()])
        .output()
        .unwrap();
    let frame = String::from_utf8(output.stdout).unwrap();
    let path = root.join("docs/dashboard.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- frame -->\n```text\n", "```\n<!-- /frame -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (shown, after) = rest.split_once(end).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{frame}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, frame, "BLESS=1 writes it anew");
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |arguments: &[&str], words: &str| {
        program(folder.path())
            .arg("dashboard")
            .args(arguments)
            .assert()
            .code(2)
            .stderr(contains(words));
    };
    fails(&["."], "--once prints one frame as text");
    fails(&[".", "-o", "x"], "--output goes with --once");
    fails(&["none", "--once"], "does not exist");
    fails(
        &[".", "--once", "--format", "yaml"],
        "perfadvise analyze --format yaml",
    );
    fails(&[".", "--once", "--refresh", "1ms"], "too short");
    fails(&[".", "--once", "--record"], "records nothing");
    fails(&["-"], "--once prints one frame as text");
    fails(&["--once", "--server", "127.0.0.1:1"], "an address of HTTP");
    fails(
        &["--once", "--server", "http://a:b@127.0.0.1:1/"],
        "PERFADVISE_SERVER_TOKEN",
    );
    fails(
        &["--once", "--server", "http://127.0.0.1:1/"],
        "nobody listens there",
    );
    fails(
        &[".", "--once", "--server", "http://127.0.0.1:1/"],
        "cannot be used with",
    );
    assert!(!folder.path().join("x").exists());
    program(folder.path())
        .args(["dashboard", ".", "--once"])
        .assert()
        .code(3)
        .stdout(contains("No record yet."))
        .stdout(contains("No samples: start perfadvise monitor"));
}

#[test]
fn this_machine_beside_the_inputs() {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path())
        .args(["dashboard", ".", "--machine", "--once"])
        .assert()
        .code(3)
        .stdout(contains("this machine"))
        .stdout(contains("pid "))
        .stdout(contains("Load"));
}

#[test]
fn pages_choices_and_details() {
    let folder = tempfile::tempdir().unwrap();
    let Some(session) = Session::start(folder.path(), (120, 36), &of_demo(&[])) else {
        return;
    };
    session.shows("perfadvise dashboard · overview");
    session.shows("▸ HIGH   CTX003");
    for (key, title) in [
        ("2", "── Trends"),
        ("3", "── Comparisons"),
        ("4", "── Advice"),
        ("5", "── Sessions"),
        ("6", "── Alerts"),
    ] {
        session.keys(&[key]);
        session.shows(title);
    }
    // Down chooses the next one, whose details stand below; Enter has them alone; Esc goes back.
    session.keys(&["4", "Down"]);
    session.shows("▸ HIGH    AGENT002");
    session.shows("── AGENT002 pool-misfits-cores");
    session.keys(&["Enter"]);
    session.hides("── Advice");
    session.shows("recommend explain AGENT002");
    session.keys(&["Escape"]);
    session.shows("── Advice");
    session.keys(&["Escape"]);
    session.shows("dashboard · overview");
    session.keys(&["?"]);
    session.shows("── Keys");
    session.keys(&["Escape", "a"]);
    session.shows("dashboard · alerts");
    session.keys(&["Escape", "Tab", "Down", "Enter"]);
    session.shows("── Response time, p95");
    session.keys(&["q"]);
    session.ends("exit 0");
}

#[test]
fn a_file_for_each_export() {
    let folder = tempfile::tempdir().unwrap();
    let Some(session) = Session::start(folder.path(), (120, 36), &of_demo(&[])) else {
        return;
    };
    session.shows("dashboard · overview");
    session.keys(&["E"]);
    session.shows("exported: perfadvise-20261109-000000.json");
    session.keys(&["e"]);
    session.shows("exported: perfadvise-20261109-000000.md");
    session.keys(&["E"]);
    session.shows("exported: perfadvise-20261109-000000_1.json");
    session.keys(&["C-c"]);
    session.ends("exit 0");
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let exported: Value = serde_json::from_slice(&read("perfadvise-20261109-000000.json")).unwrap();
    let analysed = program(folder.path())
        .args(["analyze", "--format", "json", "--now", NOW])
        .arg(fixture("demo"))
        .output()
        .unwrap();
    let analysed: Value = serde_json::from_slice(&analysed.stdout).unwrap();
    assert_eq!(exported["score"], analysed["score"]);
    // A last line that is cut off is no fault yet for who follows: its writer may be about to go on.
    for kept in ["records", "formats", "units"] {
        assert_eq!(exported["provenance"][kept], analysed["provenance"][kept]);
    }
    let markdown = String::from_utf8(read("perfadvise-20261109-000000.md")).unwrap();
    assert!(markdown.contains("CTX003") && !markdown.contains('\u{1b}'));
}

#[test]
fn colour_as_it_is_asked_for() {
    for (colour, is_painted) in [("never", false), ("always", true)] {
        let folder = tempfile::tempdir().unwrap();
        let Some(session) =
            Session::start(folder.path(), (120, 36), &of_demo(&["--color", colour]))
        else {
            return;
        };
        session.shows("dashboard · overview");
        let screen = session.painted();
        assert_eq!(screen.contains("\u{1b}["), is_painted, "{screen}");
        session.keys(&["q"]);
        session.ends("exit 0");
    }
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let Some(session) = Session::start(folder.path(), (120, 36), &of_demo(&[])) else {
        return;
    };
    session.shows("── Newest sessions");
    session.resize(60, 20);
    session.shows("1–6 pages");
    session.hides("── Newest sessions");
    session.resize(50, 15);
    session.shows("needs 60 columns and 20 rows");
    session.resize(120, 36);
    session.shows("── Newest sessions");
    session.keys(&["q"]);
    session.ends("exit 0");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let Some(session) = Session::start(folder.path(), (100, 30), &of_demo(&[])) else {
            return;
        };
        session.shows("dashboard · overview");
        session.signal(signal);
        session.ends("exit 0");
    }
}

#[test]
fn it_ends_with_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let Some(session) = Session::start(folder.path(), (100, 30), &of_demo(&[])) else {
        return;
    };
    session.shows("dashboard · overview");
    session.vanishes();
}

#[test]
fn stopped_and_continued() {
    let folder = tempfile::tempdir().unwrap();
    let Some(session) = Session::start(folder.path(), (100, 30), &of_demo(&[])) else {
        return;
    };
    session.shows("dashboard · overview");
    session.keys(&["C-z"]);
    session.shows("before the dashboard");
    session.signal("CONT");
    session.shows("dashboard · overview");
    session.keys(&["3"]);
    session.shows("── Comparisons");
    session.keys(&["q"]);
    session.ends("exit 0");
}

#[test]
fn what_is_written_meanwhile_appears() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("logs/a.jsonl");
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    let line = |n: usize| {
        format!(
            "{{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-11-23T08:{n:02}:00Z\",\
             \"duration\":2.5,\"outcome\":\"ok\",\"session\":\"s{n}\",\"interface\":\"claude_code\"}}\n"
        )
    };
    let lines = |n: usize| (0..n).map(line).collect::<String>();
    std::fs::write(&log, lines(12)).unwrap();
    let arguments = ["dashboard", "logs", "--refresh", "200ms"].map(str::to_owned);
    let Some(session) = Session::start(folder.path(), (120, 36), &arguments) else {
        return;
    };
    session.shows("12 in all");
    std::fs::write(&log, lines(15)).unwrap();
    session.shows("15 in all");
    // What cannot be read is told, and what was known stays; then it goes on.
    std::fs::rename(folder.path().join("logs"), folder.path().join("gone")).unwrap();
    session.shows("not read again: ");
    session.shows("15 in all");
    std::fs::rename(folder.path().join("gone"), folder.path().join("logs")).unwrap();
    session.hides("not read again: ");
    session.keys(&["q"]);
    session.ends("exit 0");
}

#[test]
fn a_monitor_is_watched_as_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let monitor = |count: &str| {
        program(folder.path())
            .args([
                "monitor",
                "--interval",
                "200ms",
                "--count",
                count,
                "--quiet",
            ])
            .assert()
            .success();
    };
    monitor("3");
    let arguments = ["dashboard", "--refresh", "200ms"].map(str::to_owned);
    let Some(session) = Session::start(folder.path(), (120, 36), &arguments) else {
        return;
    };
    session.shows("── Resources");
    session.shows("3 samples");
    monitor("2");
    session.shows("5 samples");
    session.keys(&["q"]);
    session.ends("exit 0");
}

/// A server of HTTP that gives a file as it is then, to those with the token; where there is none, it is out of order.
fn server(file: PathBuf, token: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let is_known = token.is_none_or(|t| head.contains(&format!("Bearer {t}\r\n")));
            let (status, body) = match std::fs::read(&file) {
                _ if !is_known => ("401 Unauthorized", Vec::new()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("503 Service Unavailable", Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    format!("http://{address}/dashboard.json")
}

/// Writes what a server gives.
fn offer(folder: &Path, arguments: &[String]) {
    program(folder)
        .args(arguments)
        .args(["--once", "--format", "json", "-o", "part.json"])
        .assert()
        .success();
    std::fs::rename(folder.join("part.json"), folder.join("dashboard.json")).unwrap();
}

#[test]
fn a_server_shows_what_another_machine_reads() {
    let folder = tempfile::tempdir().unwrap();
    offer(folder.path(), &of_demo(&[]));
    let url = server(folder.path().join("dashboard.json"), Some("t0ken"));
    let elsewhere = tempfile::tempdir().unwrap();
    let remote = |page: &str, token: &str| {
        program(elsewhere.path())
            .env("PERFADVISE_SERVER_TOKEN", token)
            .args(["dashboard", "--server", &url, "--now", NOW])
            .args(["--once", "--page", page])
            .output()
            .unwrap()
    };
    for page in ["1", "2", "3", "4", "5", "6"] {
        let here = program(folder.path())
            .args(of_demo(&["--once", "--page", page]))
            .output()
            .unwrap();
        let there = remote(page, "t0ken");
        assert!(there.status.success(), "{there:?}");
        assert_eq!(
            String::from_utf8_lossy(&there.stdout),
            String::from_utf8_lossy(&here.stdout)
        );
    }
    let refused = remote("1", "another");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("401") && !told.contains("another"), "{told}");
    // What is no such document is told with its place.
    std::fs::write(folder.path().join("dashboard.json"), "{}").unwrap();
    let other = remote("1", "t0ken");
    let told = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(
        told.contains("no document of a dashboard (line 1"),
        "{told}"
    );
}

#[test]
fn a_server_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("dashboard.json");
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    let lines = |n: usize| {
        let line = |n: usize| {
            format!(
                "{{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-11-23T08:{n:02}:00Z\",\
                 \"duration\":2.5,\"outcome\":\"ok\",\"session\":\"s{n}\"}}\n"
            )
        };
        std::fs::write(
            folder.path().join("logs/a.jsonl"),
            (0..n).map(line).collect::<String>(),
        )
        .unwrap();
        offer(folder.path(), &["dashboard", "logs"].map(str::to_owned));
    };
    lines(12);
    let url = server(document.clone(), None);
    let arguments = ["dashboard", "--server", &url, "--refresh", "200ms"].map(str::to_owned);
    let Some(session) = Session::start(folder.path(), (120, 36), &arguments) else {
        return;
    };
    session.shows("12 in all");
    lines(15);
    session.shows("15 in all");
    std::fs::remove_file(&document).unwrap();
    session.shows("not read again: ");
    session.shows("15 in all");
    lines(16);
    session.shows("16 in all");
    session.hides("not read again: ");
    session.keys(&["q"]);
    session.ends("exit 0");
}
