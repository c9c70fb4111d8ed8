//! What ends a run with exit 2: what is wrong, and what to do.

use std::io::{self, Write};

use super::Globals;

/// A fault that ends the run.
#[derive(Debug)]
pub struct Failure {
    message: String,
    help: Option<String>,
    /// Already laid out over several lines, with its own `error:` and `help:`.
    is_rendered: bool,
    is_closed_pipe: bool,
}

impl Failure {
    /// A fault in words: what is wrong and where.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            is_rendered: false,
            is_closed_pipe: false,
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same fault, and where it is.
    #[must_use]
    pub(super) fn within(mut self, place: &str) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// A fault whose whole text is already laid out (an error in a file, with a caret).
    #[must_use]
    pub fn rendered(text: impl Into<String>) -> Self {
        Self {
            message: text.into(),
            help: None,
            is_rendered: true,
            is_closed_pipe: false,
        }
    }

    /// Whether the reader of our output has gone, which is no error.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        self.is_closed_pipe
    }

    /// What is wrong and what to do, in a line.
    pub(super) fn text(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; {help}", self.message),
            None => self.message.clone(),
        }
    }

    pub(super) fn print(&self, globals: &Globals) {
        let mut err = anstream::AutoStream::new(io::stderr(), globals.colour_choice(&io::stderr()));
        // Nothing can be done when standard error is closed.
        let _ = if self.is_rendered {
            writeln!(err, "{}", self.message.trim_end())
        } else {
            let red = anstyle::AnsiColor::Red.on_default().bold();
            writeln!(err, "{red}error:{red:#} {}", self.message)
        };
        if let Some(help) = &self.help {
            let _ = writeln!(err, "  help: {help}");
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let is_closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self {
            message: format!("the output could not be written: {error}"),
            help: None,
            is_rendered: false,
            is_closed_pipe,
        }
    }
}
