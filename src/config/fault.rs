//! What can be wrong with a configuration: faults end the run, warnings do not.
//!
//! Both know their place; a fault brings the lines around it, in which whatever may be a secret is
//! masked. Turning them into text is the command line's business.

use crate::place::Place;

use super::tree::Span;

/// Lines shown before a fault; one is shown behind it.
const LINES_BEFORE: usize = 2;

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands: file (or name of an environment variable or option), line, column.
    pub place: Place,
    /// What is wrong: `cache_size must be a whole number, found "fifty"`.
    pub message: String,
    /// Length of the value in characters, from the column of the place.
    pub length: u64,
    /// What was expected, to be written under the value.
    pub expected: Option<String>,
    /// The lines around it with their numbers, secrets masked; empty without a file.
    pub excerpt: Vec<(u64, String)>,
    /// What to do.
    pub help: Option<String>,
    /// Why the file is read at all.
    pub note: Option<String>,
}

/// What a warning is about, as a stable name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    /// A key that is not known; it is ignored.
    UnknownKey,
    /// A ratio written as a percentage without its sign; it was divided by 100.
    ThresholdInWrongUnit,
    /// An alert or target that can never do anything.
    WithoutEffect,
}

impl WarningKind {
    /// `unknown-key`, `threshold-in-wrong-unit`, `without-effect`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WarningKind::UnknownKey => "unknown-key",
            WarningKind::ThresholdInWrongUnit => "threshold-in-wrong-unit",
            WarningKind::WithoutEffect => "without-effect",
        }
    }
}

/// Something that is probably not what the user meant, and is worked around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// Where it stands.
    pub place: Place,
    /// What is odd, and what was done about it.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that cannot be read.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// The file, as the user gave it.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Values that cannot be used.
    #[error("{}", first_message(faults))]
    Faulty {
        /// All of them, in the order of the files.
        faults: Vec<Fault>,
        /// What else is odd in the files.
        warnings: Vec<Warning>,
    },
}

impl ConfigError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            ConfigError::Unreadable { .. } => {
                Some("check the path; `perfadvise config show` names the files in use".to_owned())
            }
            ConfigError::Faulty { faults, .. } => faults.first().and_then(|f| f.help.clone()),
        }
    }
}

fn first_message(faults: &[Fault]) -> String {
    faults
        .first()
        .map_or_else(String::new, |f| format!("{}: {}", f.place, f.message))
}

/// The lines around a span, the secret ones masked.
pub(super) fn excerpt(text: &str, span: Span) -> Vec<(u64, String)> {
    let Some(index) = usize::try_from(span.line)
        .ok()
        .and_then(|l| l.checked_sub(1))
    else {
        return Vec::new();
    };
    (1..)
        .zip(text.lines())
        .skip(index.saturating_sub(LINES_BEFORE))
        .take(index.min(LINES_BEFORE) + 2)
        .map(|(number, line)| (number, masked(line)))
        .collect()
}

/// A line with its value hidden where that may be a secret: addresses often carry tokens.
fn masked(line: &str) -> String {
    const SECRET: &[&str] = &[
        "url",
        "token",
        "secret",
        "password",
        "key",
        "webhook",
        "recipient",
    ];
    let name = line
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_named = SECRET.iter().any(|s| name.contains(s)) && line.contains(':');
    if is_named || line.contains("://") || line.contains('@') {
        let end = line
            .find(':')
            .map_or_else(|| line.len() - line.trim_start().len(), |i| i + 1);
        format!("{} …", &line[..end])
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        assert_eq!(
            masked("    url: \"https://hooks.example/T0/abc\""),
            "    url: …"
        );
        assert_eq!(masked("  - https://user:pw@example"), "  - https: …");
        assert_eq!(masked("  api_token: abc"), "  api_token: …");
        assert_eq!(masked("  cache_size: 50"), "  cache_size: 50");
    }

    #[test]
    fn lines_around_a_fault() {
        let span = |line| Span {
            line,
            column: 1,
            length: 1,
        };
        let text = "a\nb\nc\nd";
        let numbers = |line| {
            excerpt(text, span(line))
                .iter()
                .map(|l| l.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), [1, 2]);
        assert_eq!(numbers(3), [1, 2, 3, 4]);
        assert_eq!(numbers(4), [2, 3, 4]);
        assert!(numbers(0).is_empty());
    }
}
