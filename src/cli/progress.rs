//! A progress bar on standard error: only on a terminal, only after 0.3 s, never with `--quiet`.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Colour, Globals};

/// Time before anything is shown: short runs stay silent.
const PATIENCE: Duration = Duration::from_millis(300);

/// A bar that appears when reading takes long.
#[derive(Debug)]
pub(super) struct Progress {
    is_wanted: bool,
    started: Instant,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// A bar as `--progress` and `--quiet` want it.
    pub(super) fn new(globals: &Globals) -> Self {
        let is_wanted = match globals.progress {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => !globals.quiet && std::io::stderr().is_terminal(),
        };
        Self {
            is_wanted,
            started: Instant::now(),
            bar: OnceLock::new(),
        }
    }

    /// Shows that `done` of `total` bytes are read.
    pub(super) fn show(&self, done: u64, total: u64) {
        if !self.is_wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template(
                "  reading    {bar:40} {percent:>4} %   {decimal_bytes} of {decimal_total_bytes}   {decimal_bytes_per_sec}   {eta} left",
            ) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar
        });
        bar.set_length(total);
        bar.set_position(done);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
