//! A program: the user's own, with the message as JSON on its standard input, or the desktop's `notify-send`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Message, Outcome, program};
use crate::assessment::Severity;

/// Exit code by which a program asks to be tried again (`EX_TEMPFAIL` of sysexits.h).
const TRY_AGAIN: i32 = 75;

/// Runs the user's program.
pub(super) fn run(words: &[String], timeout: f64, message: &Message) -> Outcome {
    let text = serde_json::to_string(message).unwrap_or_default();
    run_with(words, timeout, &text)
}

/// Runs a program with this on its standard input.
pub(super) fn run_with(words: &[String], timeout: f64, input: &str) -> Outcome {
    let Some((name, arguments)) = words.split_first() else {
        return Outcome::Refused("no program is named".to_owned());
    };
    let mut command = Command::new(name);
    command.args(arguments);
    finish(command, timeout, input)
}

/// Tells the desktop.
pub(super) fn desktop(timeout: f64, message: &Message) -> Outcome {
    let urgency = match message.severity {
        Some(Severity::Critical) => "critical",
        _ => "normal",
    };
    let mut command = Command::new("notify-send");
    command
        .args(["-a", "perfadvise", "-u", urgency, "--"])
        .args([&message.title, &message.text]);
    finish(command, timeout, "")
}

fn finish(mut command: Command, timeout: f64, input: &str) -> Outcome {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = match program::start(&mut command) {
        Ok(child) => child,
        Err(error) => return Outcome::Refused(format!("the program cannot be started: {error}")),
    };
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_owned();
        // A program that reads nothing must not hold us up.
        std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
    match program::wait(&mut child, Duration::from_secs_f64(timeout)) {
        Some(status) if status.success() => Outcome::Delivered,
        Some(status) if status.code() == Some(TRY_AGAIN) => Outcome::Failed {
            reason: "the program asks to be tried again".to_owned(),
            after: None,
        },
        Some(status) => Outcome::Refused(format!("the program ended with {status}")),
        None => Outcome::Doubtful("the program did not end in time".to_owned()),
    }
}
