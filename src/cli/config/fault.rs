//! Faults of a configuration as text: the place, the lines around it, a caret, what to do.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::cli::{Failure, Globals};
use crate::config::{ConfigError, Fault, Warning};

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Characters of a line that are shown.
const LONGEST_LINE: usize = 160;

/// An error as the failure of a run; `closing` says what was not done.
pub(in crate::cli) fn failure(error: &ConfigError, closing: Option<&str>) -> Failure {
    Failure::rendered(text(error, closing))
}

/// Prints warnings on standard error, unless told to be quiet.
pub(in crate::cli) fn warn(warnings: &[Warning], globals: &Globals) {
    if globals.quiet || warnings.is_empty() {
        return;
    }
    let mut err = anstream::AutoStream::new(io::stderr(), globals.colour_choice(&io::stderr()));
    for warning in warnings {
        // Nothing can be done when standard error is closed.
        let _ = err.write_all(warning_text(warning).as_bytes());
    }
}

/// The whole text of an error, with its colours.
pub(super) fn text(error: &ConfigError, closing: Option<&str>) -> String {
    let mut text = String::new();
    match error {
        ConfigError::Unreadable { .. } => {
            let _ = writeln!(text, "{RED}error:{RED:#} {error}");
            if let Some(help) = error.help() {
                let _ = writeln!(text, "  help: {help}");
            }
        }
        ConfigError::Faulty { faults, warnings } => {
            let parts: Vec<String> = faults
                .iter()
                .map(fault_text)
                .chain(warnings.iter().map(warning_text))
                .collect();
            text = parts.join("\n");
        }
    }
    if let Some(closing) = closing {
        let _ = write!(text, "\n{closing}\n");
    }
    text
}

fn fault_text(fault: &Fault) -> String {
    let mut text = format!("{RED}error:{RED:#} {}: {}\n", fault.place, fault.message);
    if !fault.excerpt.is_empty() {
        text.push('\n');
        for (number, line) in &fault.excerpt {
            let _ = writeln!(text, "{number:>4} | {}", printable(line));
            if Some(*number) == fault.place.line {
                text.push_str(&caret(fault, line));
            }
        }
        text.push('\n');
    }
    if let Some(expected) = fault.expected.as_ref().filter(|_| fault.excerpt.is_empty()) {
        let _ = writeln!(text, "  {expected}");
    }
    if let Some(help) = &fault.help {
        let _ = writeln!(text, "  help: {help}");
    }
    if let Some(note) = &fault.note {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

/// The line under a line: carets below the value, then what was expected.
fn caret(fault: &Fault, line: &str) -> String {
    let column = fault.place.column.and_then(|c| usize::try_from(c).ok());
    let expected = fault.expected.as_deref().unwrap_or_default();
    let length = line.chars().count();
    match column {
        Some(column) if (1..=length.min(LONGEST_LINE)).contains(&column) => {
            let before: String = line.chars().take(column - 1).collect();
            let rest = length + 1 - column;
            let value: String = line
                .chars()
                .skip(column - 1)
                .take(usize::try_from(fault.length).unwrap_or(rest).clamp(1, rest))
                .collect();
            let indent = " ".repeat(printable(&before).width());
            let carets = "^".repeat(printable(&value).width().max(1));
            format!("     | {indent}{RED}{carets} {expected}{RED:#}")
                .trim_end()
                .to_owned()
                + "\n"
        }
        _ if expected.is_empty() => String::new(),
        _ => format!("     = {expected}\n"),
    }
}

fn warning_text(warning: &Warning) -> String {
    let mut text = format!(
        "{YELLOW}warning:{YELLOW:#} {}: {}\n",
        warning.place, warning.message
    );
    if let Some(help) = &warning.help {
        let _ = writeln!(text, "  help: {help}");
    }
    text
}

/// A line of a file without anything that could steer a terminal.
fn printable(line: &str) -> String {
    line.chars()
        .take(LONGEST_LINE)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
