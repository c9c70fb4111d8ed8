//! A real terminal: a private server of tmux with one screen, keys that are typed, and what is seen.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Between two looks at the screen.
const TICK: Duration = Duration::from_millis(50);

/// A program in a terminal. The server ends with it.
pub(super) struct Session {
    folder: PathBuf,
}

impl Session {
    /// Starts the built program in a terminal of so many columns and rows. `None` without tmux, which is said loudly,
    /// and is a failure where everything must be tested.
    pub(super) fn start(
        folder: &Path,
        (columns, rows): (u16, u16),
        arguments: &[String],
    ) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(
                std::env::var_os("CI").is_none(),
                "tmux is not installed, and without it the dashboard is not tested in a terminal"
            );
            // Not captured, so that it is seen.
            let mut err = std::io::stderr();
            let _ = writeln!(
                err,
                "\n!! SKIPPED: the dashboard was not tested in a terminal: tmux is not installed\n"
            );
            return None;
        }
        let session = Self {
            folder: folder.to_owned(),
        };
        let program = cargo_bin("perfadvise");
        let words: Vec<String> = std::iter::once(program.display().to_string())
            .chain(arguments.iter().cloned())
            .map(|word| format!("'{word}'"))
            .collect();
        // The number is the program's own, since it takes the place of the shell.
        let script = format!(
            "stty -a > before\n\
             echo 'before the dashboard'\n\
             sh -c 'echo $$ > number; exec \"$@\"' sh {}\n\
             echo \"exit $?\"\n\
             stty -a > after.part; mv after.part after\n\
             exec sleep 600\n",
            words.join(" ")
        );
        std::fs::write(folder.join("script"), script).unwrap();
        let (columns, rows) = (columns.to_string(), rows.to_string());
        session.tmux(&[
            "new-session",
            "-d",
            "-x",
            &columns,
            "-y",
            &rows,
            "sh script",
        ]);
        Some(session)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let output = Command::new("tmux")
            .args(["-S", "tmux", "-f", "/dev/null", "-u"])
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.folder)
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    /// Types keys by tmux's names.
    pub(super) fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
            // An escape that is followed at once by another key is a sequence of a terminal.
            if *key == "Escape" {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// What is on the screen.
    fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The same with its colours, as codes.
    pub(super) fn painted(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p", "-e"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until something is so on the screen.
    fn wait(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{what}, but the screen is\n{screen}"
            );
            std::thread::sleep(TICK);
        }
    }

    /// Waits until a text is seen.
    pub(super) fn shows(&self, text: &str) {
        self.wait(&format!("{text:?} is expected"), |screen| {
            screen.contains(text)
        });
    }

    /// Waits until a text is not seen any more.
    pub(super) fn hides(&self, text: &str) {
        self.wait(&format!("{text:?} is not expected"), |screen| {
            !screen.contains(text)
        });
    }

    /// Gives the terminal another size.
    pub(super) fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.tmux(&["resize-window", "-x", &columns, "-y", &rows]);
    }

    /// Sends a signal to the program.
    pub(super) fn signal(&self, name: &str) {
        let number = std::fs::read_to_string(self.folder.join("number")).unwrap();
        let status = Command::new("kill")
            .args(["-s", name, number.trim()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Takes the terminal away, as somebody does who closes its window, and waits until the program has ended.
    pub(super) fn vanishes(&self) {
        self.tmux(&["kill-server"]);
        let number = std::fs::read_to_string(self.folder.join("number")).unwrap();
        let is_there = || {
            let asked = Command::new("kill").args(["-0", number.trim()]).output();
            asked.unwrap().status.success()
        };
        let begin = Instant::now();
        while is_there() {
            assert!(
                begin.elapsed() < PATIENCE,
                "it goes on without its terminal"
            );
            std::thread::sleep(TICK);
        }
    }

    /// Waits until the program has ended with this code, and holds the terminal against what it was before.
    pub(super) fn ends(&self, code: &str) {
        self.shows(code);
        let begin = Instant::now();
        while !self.folder.join("after").exists() {
            assert!(begin.elapsed() < PATIENCE, "no terminal to hold against");
            std::thread::sleep(TICK);
        }
        let settings = |name: &str| {
            let all = std::fs::read_to_string(self.folder.join(name)).unwrap();
            // The size may be another one.
            all.lines()
                .filter(|l| !l.contains("rows"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(settings("before"), settings("after"));
        let flags = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(String::from_utf8_lossy(&flags.stdout).trim(), "0 1");
        // The main screen is as it was.
        let screen = self.screen();
        let mut lines = screen.lines();
        assert_eq!(lines.next(), Some("before the dashboard"), "{screen}");
        assert_eq!(lines.next(), Some(code), "{screen}");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = Command::new("tmux")
            .args(["-S", "tmux", "kill-server"])
            .current_dir(&self.folder)
            .env_remove("TMUX")
            .output();
    }
}
