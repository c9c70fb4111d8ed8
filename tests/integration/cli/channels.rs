//! Channels of alerts, against real servers on this machine: ports are the system's choice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use super::program;

/// What somebody posted: headers and body.
type Posted = Arc<Mutex<Vec<(String, String)>>>;

/// An HTTP server that gives these answers, one after another, the last one again and again; an empty one hangs.
fn http(answers: Vec<&'static str>) -> (String, Posted) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let posted = Posted::default();
    let seen = Arc::clone(&posted);
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let answer = *answers.get(n).or(answers.last()).unwrap();
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap() == 0 {
                        return;
                    }
                }
                let length = head
                    .lines()
                    .find_map(|l| {
                        l.to_ascii_lowercase()
                            .strip_prefix("content-length:")
                            .map(|n| n.trim().parse().unwrap())
                    })
                    .unwrap_or(0);
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                seen.lock()
                    .unwrap()
                    .push((head, String::from_utf8(body).unwrap()));
                if answer.is_empty() {
                    std::thread::sleep(Duration::from_secs(30));
                }
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    (format!("http://{address}/hook-secret"), posted)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BUSY: &str =
    "HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const GONE: &str = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A mail server without encryption; what it was told, line by line.
fn smtp(greeting: &'static str, answer_to_data: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut say = |text: &str| stream.write_all(format!("{text}\r\n").as_bytes()).is_ok();
            if !say(greeting) {
                continue;
            }
            let reader = BufReader::new(stream.try_clone().unwrap());
            let mut is_data = false;
            for line in reader.lines() {
                let Ok(line) = line else { break };
                seen.lock().unwrap().push(line.clone());
                let answer = match line.split(' ').next().unwrap_or("") {
                    "." if is_data => {
                        is_data = false;
                        answer_to_data
                    }
                    _ if is_data => continue,
                    "DATA" => {
                        is_data = true;
                        "354 go on"
                    }
                    "QUIT" => "221 bye",
                    _ => "250 ok",
                };
                let mut stream = stream.try_clone().unwrap();
                if stream
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .is_err()
                {
                    break;
                }
            }
        }
    });
    (port, told)
}

/// A folder with slow steps, an alert on them that is told each minute, and these channels.
fn folder(channels: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".perfadvise")).unwrap();
    let lines: Vec<String> = (0..30)
        .map(|minute| {
            format!(
                r#"{{"kind":"operation","operation":"step","time":"2026-03-16T12:{minute:02}:00Z","duration":9,"outcome":"ok","session":"s"}}"#
            )
        })
        .collect();
    std::fs::write(folder.path().join("steps.jsonl"), lines.join("\n")).unwrap();
    std::fs::write(
        folder.path().join("alerts_config.yaml"),
        format!(
            "alerts:\n  response_time: {{threshold: 5s, cooldown: 1min, severity: critical}}\nnotification_channels:\n{channels}"
        ),
    )
    .unwrap();
    folder
}

/// A look at 12:MM:30, whose own words are returned.
fn send(folder: &Path, second: u32) -> String {
    let now = format!("2026-03-16T12:{:02}:{:02}Z", second / 60, second % 60);
    let mut command = program(folder);
    command.args(["alerts", "check", "steps.jsonl", "--send", "--now", &now]);
    command.args(["--config", "alerts_config.yaml"]);
    let output = command.env("TOKEN", "geheim").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap()
}

fn log(folder: &Path) -> Vec<(String, String, u64)> {
    let mut command = program(folder);
    command.args(["alerts", "log", "--format", "json"]);
    let output = command.output().unwrap();
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                text(&r["channel"]),
                text(&r["state"]),
                r["attempts"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn row(channel: &str, state: &str, attempts: u64) -> (String, String, u64) {
    (channel.into(), state.into(), attempts)
}

#[test]
fn a_webhook_gets_json_once() {
    let (url, posted) = http(vec![OK]);
    let folder = folder(&format!(
        "- {{type: webhook, url: \"{url}\", authorization_env: TOKEN}}\n"
    ));
    let first = send(folder.path(), 330);
    send(folder.path(), 340);
    let posted = posted.lock().unwrap();
    assert_eq!(posted.len(), 1, "{posted:?}");
    let (head, body) = &posted[0];
    assert!(
        head.to_lowercase().contains("authorization: geheim"),
        "{head}"
    );
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&body["kind"], &body["severity"]),
        (&"firing".into(), &"critical".into())
    );
    assert_eq!(body["title"], "[critical] response_time");
    assert_eq!(body["notice"]["value"], 9.0);
    let id = body["id"].as_str().unwrap();
    assert!(
        head.to_lowercase()
            .contains(&format!("idempotency-key: {id}")),
        "{head}"
    );
    assert!(
        !first.contains("hook-secret") && !first.contains("geheim"),
        "{first}"
    );
    assert_eq!(log(folder.path()), [row("webhook", "delivered", 1)]);
}

#[test]
fn slacks_shape_is_a_text() {
    let (url, posted) = http(vec![OK]);
    let folder = folder(&format!(
        "- {{type: webhook, url: \"{url}\", format: slack, template: \"{{{{ notice.value_text }}}} <&> {{{{ title }}}}\"}}\n"
    ));
    send(folder.path(), 330);
    let posted = posted.lock().unwrap();
    let body: Value = serde_json::from_str(&posted[0].1).unwrap();
    let expected = "*[critical] response_time*\n9.00 s &lt;&amp;&gt; [critical] response_time";
    assert_eq!(body, serde_json::json!({"text": expected}));
}

/// 429 with two minutes: not before; then 500: ten seconds doubled; then it arrives, and what waited behind it, in order.
#[test]
fn what_fails_is_tried_again_in_its_time() {
    let (url, posted) = http(vec![BUSY, BROKEN, OK]);
    let folder = folder(&format!("- {{type: webhook, url: \"{url}\"}}\n"));
    assert!(send(folder.path(), 330).contains("429"));
    send(folder.path(), 440);
    assert_eq!(posted.lock().unwrap().len(), 1);
    assert!(send(folder.path(), 450).contains("500"));
    send(folder.path(), 465);
    assert_eq!(posted.lock().unwrap().len(), 2);
    send(folder.path(), 471);
    let kinds: Vec<Value> = posted
        .lock()
        .unwrap()
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["kind"].clone())
        .collect();
    assert_eq!(kinds[..3], ["firing", "firing", "firing"]);
    assert!(
        kinds[3..].iter().all(|k| k == "reminder") && kinds.len() > 3,
        "{kinds:?}"
    );
    assert!(
        log(folder.path())
            .iter()
            .all(|(_, state, _)| state == "delivered")
    );
}

/// The one that hangs costs its time and no more, is doubtful, and is not sent again; the others have theirs.
#[test]
fn a_broken_channel_holds_up_no_other() {
    let (hangs, hung) = http(vec![""]);
    let (gone, _) = http(vec![GONE]);
    let (fine, posted) = http(vec![OK]);
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let folder = folder(&format!(
        "- {{type: webhook, name: hangs, url: \"{hangs}\", timeout: 0.5}}\n\
         - {{type: webhook, name: gone, url: \"{gone}\"}}\n\
         - {{type: webhook, name: nobody, url: \"http://{nobody}/\"}}\n\
         - {{type: webhook, name: unset, url_env: NOT_SET}}\n\
         - {{type: email, recipients: [a@example.org]}}\n\
         - {{type: webhook, name: fine, url: \"{fine}\"}}\n"
    ));
    let begin = Instant::now();
    let told = send(folder.path(), 330);
    assert!(begin.elapsed() < Duration::from_secs(10));
    for reason in ["410", "NOT_SET", "no server is named", "nobody listens"] {
        assert!(told.contains(reason), "{reason}: {told}");
    }
    assert_eq!(posted.lock().unwrap().len(), 1);
    send(folder.path(), 345);
    assert_eq!(hung.lock().unwrap().len(), 1);
    let mut log = log(folder.path());
    log.sort();
    assert_eq!(
        log,
        [
            row("email", "refused", 1),
            row("fine", "delivered", 1),
            row("gone", "refused", 1),
            row("hangs", "doubtful", 1),
            row("nobody", "due", 2),
            row("unset", "refused", 1),
        ]
    );
}

/// Killed while it waits for an answer, and started again: the server has heard it once.
#[test]
fn killed_while_sending() {
    let (url, posted) = http(vec!["", OK]);
    let folder = folder(&format!(
        "- {{type: webhook, url: \"{url}\", timeout: 30}}\n"
    ));
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("perfadvise"));
    let mut child = command
        .current_dir(folder.path())
        .args([
            "alerts",
            "check",
            "steps.jsonl",
            "--send",
            "--now",
            "2026-03-16T12:05:30Z",
        ])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while posted.lock().unwrap().is_empty() && begin.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    send(folder.path(), 340);
    assert_eq!(posted.lock().unwrap().len(), 1);
    assert_eq!(log(folder.path()), [row("webhook", "doubtful", 1)]);
    send(folder.path(), 400);
    assert_eq!(posted.lock().unwrap().len(), 2);
}

#[test]
fn two_at_once_are_one_too_many() {
    let (url, _) = http(vec![""]);
    let folder = folder(&format!(
        "- {{type: webhook, url: \"{url}\", timeout: 3}}\n"
    ));
    let path = folder.path().to_owned();
    let first = std::thread::spawn(move || send(&path, 330));
    let lock = folder.path().join(".perfadvise/alerts.lock");
    let begin = Instant::now();
    while log_is_empty(folder.path()) && begin.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(lock.exists());
    program(folder.path())
        .args(["alerts", "check", "steps.jsonl", "--send"])
        .assert()
        .code(2)
        .stderr(contains("another perfadvise"));
    first.join().unwrap();
}

fn log_is_empty(folder: &Path) -> bool {
    let database = folder.join(".perfadvise/history.db");
    !database.exists() || log(folder).is_empty()
}

#[test]
fn mail_goes_to_a_server() {
    let (port, told) = smtp("220 here", "250 taken");
    let folder = folder(&format!(
        "- {{type: email, host: 127.0.0.1, port: {port}, tls: none, from: perf@example.org, recipients: [a@example.org, b@example.org]}}\n"
    ));
    send(folder.path(), 330);
    assert_eq!(log(folder.path()), [row("email", "delivered", 1)]);
    let told = told.lock().unwrap().join("\n");
    for part in [
        "MAIL FROM:<perf@example.org>",
        "RCPT TO:<a@example.org>",
        "RCPT TO:<b@example.org>",
        "Subject: [critical] response_time",
        "@perfadvise.invalid>",
        "response_time fires: 9.00 s, limit > 5 s.",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_mail_server_that_fails_or_refuses() {
    let (busy, _) = smtp("421 later", "250 ok");
    let (full, _) = smtp("220 here", "452 no room");
    let (never, _) = smtp("220 here", "550 not you");
    let mail = |name: &str, port: u16| {
        format!(
            "- {{type: email, name: {name}, host: 127.0.0.1, port: {port}, tls: none, recipients: [a@example.org]}}\n"
        )
    };
    let folder = folder(&(mail("busy", busy) + &mail("full", full) + &mail("never", never)));
    let told = send(folder.path(), 330);
    assert!(!told.contains("example.org"), "{told}");
    let mut log = log(folder.path());
    log.sort();
    assert_eq!(
        log,
        [
            row("busy", "due", 1),
            row("full", "due", 1),
            row("never", "refused", 1)
        ]
    );
}

/// A server that offers no encryption gets neither a message nor a password.
#[test]
fn no_password_goes_unencrypted() {
    let (port, told) = smtp("220 here", "250 ok");
    let channel = format!(
        "- {{type: email, host: 127.0.0.1, port: {port}, user: u, password_env: TOKEN, recipients: [a@example.org]}}\n"
    );
    let folder = folder(&channel);
    send(folder.path(), 330);
    let told = told.lock().unwrap().join("\n");
    assert!(!told.contains("AUTH") && !told.contains("DATA"), "{told}");
    let config = folder.path().join("alerts_config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    for (wrong, why) in [
        (
            text.replace("password_env: TOKEN", "password: geheim"),
            "a password does not stand",
        ),
        (
            text.replace("user: u", "user: u, tls: none"),
            "not sent without encryption",
        ),
    ] {
        std::fs::write(&config, wrong).unwrap();
        program(folder.path())
            .args(["alerts", "list"])
            .assert()
            .code(2)
            .stderr(contains(why).and(contains("geheim").not()));
    }
}

#[cfg(unix)]
#[test]
fn a_program_and_a_file() {
    let folder = folder(
        "- {type: command, command: [sh, -c, 'cat > got.json']}\n\
         - {type: command, name: later, command: [sh, -c, 'exit 75']}\n\
         - {type: command, name: slow, command: [sleep, '60'], timeout: 0.3}\n\
         - {type: file, path: told.jsonl}\n",
    );
    send(folder.path(), 330);
    let got = std::fs::read_to_string(folder.path().join("got.json")).unwrap();
    let told = std::fs::read_to_string(folder.path().join("told.jsonl")).unwrap();
    assert_eq!(got, told.trim_end());
    let mut log = log(folder.path());
    log.sort();
    assert_eq!(
        log,
        [
            row("command", "delivered", 1),
            row("file", "delivered", 1),
            row("later", "due", 1),
            row("slow", "doubtful", 1),
        ]
    );
    // A file that merely lies there starts no program.
    program(folder.path())
        .args(["alerts", "test"])
        .assert()
        .stdout(contains("command").not().and(contains("file")))
        .stderr(contains("is not run"));
}

/// The desktop's program, as a stand-in that notes its arguments.
#[cfg(unix)]
#[test]
fn the_desktop_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("- {type: desktop}\n");
    let tried = |path: &str| {
        let mut command = program(folder.path());
        command.args(["alerts", "check", "steps.jsonl", "--send"]);
        command.args(["--now", "2026-03-16T12:05:30Z"]);
        command.env("PATH", path).assert().code(1)
    };
    // Where there is none it is refused, and says so.
    tried("/nowhere").stderr(contains("desktop: the program cannot be started"));
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let path = bin.join("notify-send");
    std::fs::write(
        &path,
        "#!/bin/sh\nprintf '<%s>' \"$@\" >> told\nexit $ENDS\n",
    )
    .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let test = |ends: &str| {
        let mut command = program(folder.path());
        command.args(["alerts", "test"]).env("ENDS", ends);
        command
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .assert()
    };
    test("0").code(0).stdout(contains("ok"));
    let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
    assert_eq!(
        told,
        "<-a><perfadvise><-u><normal><--><[test] perfadvise><This tries the channel; nothing is wrong.>"
    );
    test("3")
        .code(1)
        .stdout(contains("the program ended with exit status: 3"));
    // A firing is critical, and its title cannot be taken for an option.
    std::fs::remove_file(folder.path().join("told")).unwrap();
    let mut command = program(folder.path());
    command.args([
        "alerts",
        "check",
        "steps.jsonl",
        "--send",
        "--now",
        "2026-03-16T12:07:30Z",
    ]);
    command
        .env("ENDS", "0")
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command.assert().code(1);
    let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
    assert!(
        told.starts_with("<-a><perfadvise><-u><critical><--><[critical, still] response_time>"),
        "{told}"
    );
}

#[test]
fn channels_are_tried() {
    let (fine, posted) = http(vec![OK]);
    let (gone, _) = http(vec![GONE]);
    let folder = folder(&format!(
        "- {{type: webhook, name: fine, url: \"{fine}\"}}\n- {{type: webhook, name: gone, url: \"{gone}\"}}\n"
    ));
    program(folder.path())
        .args(["alerts", "test"])
        .assert()
        .code(1)
        .stdout(contains("ok      fine").and(contains("FAILED  gone")));
    assert!(posted.lock().unwrap()[0].1.contains("nothing is wrong"));
}

#[test]
fn a_report_is_sent_once() {
    let (url, posted) = http(vec![OK]);
    let folder = folder(&format!("- {{type: webhook, url: \"{url}\"}}\n"));
    for _ in 0..2 {
        program(folder.path())
            .args([
                "report",
                "daily",
                "steps.jsonl",
                "--ending",
                "2026-03-16",
                "--send",
            ])
            .args(["--now", "2026-03-17T06:00:00Z"])
            .assert()
            .code(0);
    }
    let posted = posted.lock().unwrap();
    assert_eq!(posted.len(), 1);
    let body: Value = serde_json::from_str(&posted[0].1).unwrap();
    assert_eq!(body["kind"], "report");
    assert!(body["text"].as_str().unwrap().contains("9.00 s"), "{body}");
}

/// The certificate of `localhost` that the mail servers here have. It and its key are for these tests alone; made by
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
/// -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE`.
const CERTIFICATE: &[u8] = include_bytes!("tls/localhost-test.pem");
const KEY: &[u8] = include_bytes!("tls/localhost-test-key.pem");

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn line(stream: &mut dyn Stream) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).ok()? == 1 {
        match byte[0] {
            b'\n' => {
                return String::from_utf8(line)
                    .ok()
                    .map(|l| l.trim_end().to_owned());
            }
            other => line.push(other),
        }
    }
    None
}

/// Talks to a client; true where it asks for encryption and none is there yet.
fn converse(stream: &mut dyn Stream, is_encrypted: bool, seen: &Mutex<Vec<String>>) -> bool {
    let mut is_data = false;
    while let Some(line) = line(stream) {
        seen.lock()
            .unwrap()
            .push(format!("{}{line}", if is_encrypted { "tls " } else { "" }));
        let answer = match line.split(' ').next().unwrap_or("") {
            "." if is_data => {
                is_data = false;
                "250 taken"
            }
            _ if is_data => continue,
            "EHLO" if is_encrypted => "250-here\r\n250 AUTH PLAIN",
            "EHLO" => "250-here\r\n250 STARTTLS",
            "STARTTLS" => {
                stream.write_all(b"220 go on\r\n").unwrap();
                return true;
            }
            "AUTH" => "235 welcome",
            "DATA" => {
                is_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if stream
            .write_all(format!("{answer}\r\n").as_bytes())
            .is_err()
            || stream.flush().is_err()
        {
            break;
        }
    }
    false
}

/// A mail server with encryption, from the beginning or after STARTTLS.
fn smtp_tls(is_implicit: bool) -> (u16, Arc<Mutex<Vec<String>>>) {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if !is_implicit {
                let _ = stream.write_all(b"220 here\r\n");
                if !converse(&mut stream, false, &seen) {
                    continue;
                }
            }
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            if is_implicit && stream.write_all(b"220 here\r\n").is_err() {
                continue;
            }
            converse(&mut stream, true, &seen);
        }
    });
    (port, told)
}

/// With its certificate named, mail and password go encrypted; without, nothing goes.
#[test]
fn mail_goes_encrypted() {
    for (is_implicit, word) in [(true, "implicit"), (false, "starttls")] {
        let (port, told) = smtp_tls(is_implicit);
        let mail = |name: &str, more: &str| {
            format!(
                "- {{type: email, name: {name}, host: localhost, port: {port}, tls: {word}, user: u, password_env: TOKEN, recipients: [a@example.org]{more}}}\n"
            )
        };
        let folder = folder(&(mail("known", ", ca_file: ca.pem") + &mail("strange", "")));
        std::fs::write(folder.path().join("ca.pem"), CERTIFICATE).unwrap();
        send(folder.path(), 330);
        let mut log = log(folder.path());
        log.sort();
        assert_eq!(
            log,
            [row("known", "delivered", 1), row("strange", "due", 1)],
            "{word}"
        );
        let told = told.lock().unwrap();
        let plain: Vec<&String> = told.iter().filter(|l| !l.starts_with("tls ")).collect();
        let is_greeting = |l: &&String| l.starts_with("EHLO") || *l == "STARTTLS";
        assert!(plain.iter().all(is_greeting), "{plain:?}");
        // AUTH PLAIN of RFC 4616: base64 of NUL, user, NUL, password.
        assert!(
            told.contains(&"tls AUTH PLAIN AHUAZ2VoZWlt".to_owned()),
            "{told:?}"
        );
        assert!(
            told.iter()
                .any(|l| l.starts_with("tls response_time fires")),
            "{told:?}"
        );
    }
}
