//! The program as a user runs it: standard output, standard error, exit codes.

mod actions;
mod alerts;
mod apply;
mod backtest;
mod baseline;
mod channels;
mod claims;
mod compare;
#[cfg(unix)] // Its terminal is tmux.
mod dashboard;
mod doctor;
#[cfg(unix)] // Signals, and limits set by a shell.
mod faults;
mod gate;
mod history;
mod inputs;
mod judged;
mod late;
mod lists;
mod metric;
mod monitor;
mod outputs;
#[cfg(unix)] // Its workflows are run by a shell.
mod pull_request;
mod report;
#[cfg(unix)] // Its commands are run by a shell.
mod scheduling;
mod settings;
mod streams;
mod tail;
mod template;
mod trend;
mod tune;
#[cfg(unix)] // Signals and pipes.
mod watching;
mod whatif;
mod whatif_models;
mod whatif_reads;
mod whatif_retries;
mod whatif_strategy;
mod whatif_streams;

use assert_cmd::Command;

/// The built program with a neutral environment, in a folder of the test's own.
pub(crate) fn program(folder: &std::path::Path) -> Command {
    let mut command = Command::cargo_bin("perfadvise").unwrap();
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("LC_ALL", "C.UTF-8")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A file of the repository.
pub(crate) fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}
