//! A proposal for the configuration, from the names of a table's columns. Units are left open: a name that
//! ends in `_ms` may be right or wrong, and only people know.

use std::fmt::Write as _;

use super::super::super::time;
use super::row::{Cell, Row, Shape};

/// Columns that are looked at.
const MOST_COLUMNS: usize = 64;
/// The longest name of a column that is shown, in characters.
const LONGEST: usize = 64;

const TIMES: &[&str] = &[
    "time",
    "timestamp",
    "ts",
    "start",
    "started",
    "date",
    "datetime",
    "created",
];
const ENDS: &[&str] = &["end", "ended", "finished", "completed"];
const DURATIONS: &[&str] = &["duration", "latency", "elapsed", "took", "runtime"];
const OUTCOMES: &[&str] = &["outcome", "status", "success", "state"];
const COSTS: &[&str] = &["cost", "price", "spend"];
const ACCURACIES: &[&str] = &["accuracy", "score"];
const DIMENSIONS: &[&str] = &[
    "interface",
    "mode",
    "purpose",
    "model",
    "provider",
    "tool",
    "agent",
    "project",
    "host",
    "process",
];

/// A mapping for a table that begins like this, to be pasted into `perfadvise.yaml`; `None` where it is no
/// table, or has no column that could be measured. `file` is the name of the file.
pub(in crate::ingest) fn propose(head: &[u8], file: &str) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next()?;
    let shape = Shape::of(first);
    let sample = match &shape {
        Shape::Json => first,
        // Without a header the first line holds values, which are nobody's business.
        Shape::Csv { names, .. } if names.len() < 2 || !names.iter().all(|n| is_header(n)) => {
            return None;
        }
        // A line that was cut by the end of the head makes no row.
        Shape::Csv { .. } => lines.next()?,
    };
    let row = shape.row(sample.as_bytes(), (0, 0), &mut Vec::new()).ok()?;
    let mut columns: Vec<String> = match &row {
        Row::Json(value) => names_of(value),
        Row::Csv(..) => shape.names().to_vec(),
    };
    columns.retain(|name| !name.trim().is_empty() && name.chars().count() <= LONGEST);
    columns.truncate(MOST_COLUMNS);
    let table = Table {
        row: &row,
        left: columns,
    };
    table.mapping(file)
}

/// Whether a text can be the name of a column: a few words, no number, no sentence.
fn is_header(name: &str) -> bool {
    const MOST_WORDS: usize = 4;
    let is_plain = |c: char| c.is_alphanumeric() || " _-./%()#:".contains(c);
    name.chars().all(is_plain)
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && name.split_whitespace().count() <= MOST_WORDS
        && name.chars().count() <= LONGEST
}

/// Keys with a value of their own, those of objects in objects with points between them.
fn names_of(value: &serde_json::Value) -> Vec<String> {
    let mut names = Vec::new();
    let Some(object) = value.as_object() else {
        return names;
    };
    for (key, value) in object {
        match value.as_object() {
            Some(inner) => names.extend(inner.keys().map(|inner| format!("{key}.{inner}"))),
            None => names.push(key.clone()),
        }
    }
    names
}

struct Table<'r> {
    row: &'r Row<'r>,
    /// Columns that have no meaning yet.
    left: Vec<String>,
}

impl Table<'_> {
    /// Takes the first column one of whose words is among these.
    fn take(&mut self, words: &[&str]) -> Option<String> {
        let at = words.iter().find_map(|word| {
            self.left
                .iter()
                .position(|name| words_of(name).iter().any(|own| own == word))
        })?;
        Some(self.left.remove(at))
    }

    /// Takes the first column that has all of these words.
    fn take_all(&mut self, words: &[&str]) -> Option<String> {
        let at = self.left.iter().position(|name| {
            let own = words_of(name);
            words.iter().all(|word| own.iter().any(|o| o == word))
        })?;
        Some(self.left.remove(at))
    }

    fn is_number(&self, column: &str) -> bool {
        matches!(self.row.get(column), Cell::Whole(_) | Cell::Number(_))
            || self.row.get(column).number().is_some()
    }

    fn mapping(mut self, file: &str) -> Option<String> {
        let mut tokens = Vec::new();
        for (kind, words) in [
            ("cache_read", &["cache", "read"][..]),
            ("cache_read", &["cached"]),
            ("cache_write", &["cache", "write"]),
            ("cache_write", &["cache", "creation"]),
            ("reasoning", &["reasoning", "tokens"]),
            ("input", &["input", "tokens"]),
            ("input", &["prompt", "tokens"]),
            ("output", &["output", "tokens"]),
            ("output", &["completion", "tokens"]),
        ] {
            let is_new = !tokens.iter().any(|(known, _)| *known == kind);
            if is_new && let Some(column) = self.take_all(words) {
                tokens.push((kind, column));
            }
        }
        let duration = self
            .take(DURATIONS)
            .or_else(|| self.take_all(&["response", "time"]));
        let end = self.take(ENDS);
        let start = self.take(TIMES);
        let end = end.filter(|_| duration.is_none() && start.is_some());
        let cost = self.take(COSTS);
        let accuracy = self.take(ACCURACIES);
        let outcome = self.take(OUTCOMES);
        let is_operation = duration.is_some() || end.is_some() || !tokens.is_empty();
        let mut out = String::from("mappings:\n");
        let _ = writeln!(out, "  {}:", quoted(stem(file)));
        let _ = writeln!(out, "    files: {}", quoted(&format!("**/{file}")));
        if is_operation {
            let record = if tokens.is_empty() {
                "task"
            } else {
                "model_request"
            };
            let _ = writeln!(
                out,
                "    record: {record}  # or step, model_request, tool_call, context_preparation, task, sample"
            );
        } else {
            out.push_str("    record: sample\n");
        }
        if let Some(column) = start {
            let is_text = self
                .row
                .get(&column)
                .text()
                .is_some_and(|text| time::parse(text, &jiff::tz::TimeZone::UTC).is_some());
            let (unit, comment) = if is_text {
                ("text", "")
            } else {
                ("", "  # fill in: text, or since 1970 s, ms, us or ns")
            };
            line(&mut out, "time", &column, unit, comment);
            out.push_str(
                "    timezone:  # of times that name none, such as Europe/Berlin; empty: UTC\n",
            );
        }
        if let Some(column) = end {
            let _ = writeln!(out, "    end: {}", quoted(&column));
        }
        if is_operation {
            if let Some(column) = duration {
                line(
                    &mut out,
                    "duration",
                    &column,
                    "",
                    "  # fill in: s, ms, us or ns",
                );
            }
            if let Some(column) = outcome {
                let _ = writeln!(
                    out,
                    "    outcome: {{column: {}, ok: [], error: []}}  # fill in the words for each; also timeout, rate_limited, cancelled",
                    quoted(&column)
                );
            }
            if !tokens.is_empty() {
                let has_cache = tokens.iter().any(|(kind, _)| kind.starts_with("cache"));
                out.push_str("    tokens:\n");
                for (kind, column) in tokens {
                    let _ = writeln!(out, "      {kind}: {}", quoted(&column));
                }
                if has_cache {
                    out.push_str("      input_includes_cache:  # fill in: true or false\n");
                }
            }
            if let Some(column) = cost {
                line(&mut out, "cost", &column, "", "  # fill in: usd or cents");
            }
            if let Some(column) = accuracy {
                line(
                    &mut out,
                    "accuracy",
                    &column,
                    "",
                    "  # fill in: fraction or percent",
                );
            }
        }
        for (key, words) in [
            ("session", &["session", "conversation", "thread"][..]),
            ("task", &["task", "instance", "ticket"]),
            ("run", &["run", "trial", "repetition"]),
        ] {
            if let Some(column) = self.take(words) {
                let _ = writeln!(out, "    {key}: {}", quoted(&column));
            }
        }
        let mut dimensions = String::new();
        for dimension in DIMENSIONS {
            if let Some(column) = self.take(&[dimension]) {
                let _ = writeln!(dimensions, "      {dimension}: {}", quoted(&column));
            }
        }
        if !dimensions.is_empty() {
            let _ = write!(out, "    dimensions:\n{dimensions}");
        }
        if !is_operation {
            let left = std::mem::take(&mut self.left);
            let numbers: Vec<&String> = left
                .iter()
                .filter(|column| self.is_number(column))
                .collect();
            if numbers.is_empty() {
                return None;
            }
            out.push_str("    values:  # a name of perfadvise metrics list, or any other with the unit none\n");
            for column in numbers {
                let column = quoted(column);
                let _ = writeln!(
                    out,
                    "      {column}: {{column: {column}, unit: }}  # fill in"
                );
            }
        }
        Some(out)
    }
}

fn line(out: &mut String, key: &str, column: &str, unit: &str, comment: &str) {
    let _ = writeln!(
        out,
        "    {key}: {{column: {}, unit: {unit}}}{comment}",
        quoted(column)
    );
}

/// The words of a name: `prompt_tokens`, `promptTokens`, `usage.prompt-tokens`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let is_break = !c.is_alphanumeric() || c.is_uppercase() && was_lower;
        if is_break {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn stem(file: &str) -> &str {
    file.split('.')
        // Standard input has no name.
        .find(|part| !part.is_empty() && *part != "-")
        .unwrap_or("table")
}

/// A name as YAML wants it.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        && !matches!(
            &*name.to_ascii_lowercase(),
            "y" | "n" | "yes" | "no" | "true" | "false" | "on" | "off" | "null"
        );
    if is_plain {
        return name.to_owned();
    }
    // JSON's strings are YAML's.
    serde_json::to_string(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(text: &str) -> Option<String> {
        propose(text.as_bytes(), "runs.csv")
    }

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(words_of("promptTokens"), ["prompt", "tokens"]);
        assert_eq!(
            words_of("usage.prompt-tokens"),
            ["usage", "prompt", "tokens"]
        );
        assert_eq!(words_of("LATENCY_MS"), ["latency", "ms"]);
        assert!(words_of("").is_empty());
    }

    #[test]
    fn no_value_is_ever_shown() {
        for text in [
            "a,b\nmy secret,words\n",
            "Dear all, this is a long sentence of words\nand more, of them\n",
            "2026-03-02,7\n2026-03-03,8\n",
            "7;8\n9;10\n",
            "",
            "{",
        ] {
            let proposal = of(text).unwrap_or_default();
            assert!(!proposal.contains("secret"), "{proposal}");
        }
        assert_eq!(of("my secret words of somebody,7\nx,8\n"), None);
        let proposal = of("latency,note\n7,secret\n").unwrap();
        assert!(!proposal.contains("secret"), "{proposal}");
    }

    #[test]
    fn no_unit_is_ever_guessed() {
        let proposal = of("time,latency_ms,cost_usd,accuracy_percent\n7,8,9,10\n").unwrap();
        assert_eq!(proposal.matches("unit: }").count(), 4, "{proposal}");
        // A time that is written out has none.
        let proposal = of("time,latency_ms\n2026-03-02T08:00:00Z,8\n").unwrap();
        assert!(
            proposal.contains("{column: time, unit: text}"),
            "{proposal}"
        );
    }
}
