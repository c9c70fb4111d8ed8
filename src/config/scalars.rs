//! A node of the tree as a value of a type, or what was expected instead.

use crate::metrics::Unit;
use crate::units::{Quantity, parse_bytes, parse_quantity, parse_ratio, parse_seconds};

use super::keys::{Key, Type};
use super::tree::{Node, Value};
use super::{Backoff, KnobValue};

/// Most characters of a word.
const LONGEST_WORD: usize = 256;
/// Most characters of a value that an error repeats.
const LONGEST_ECHO: usize = 40;

/// What would have been right.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expected {
    /// After "must be": `a whole number`.
    pub(super) what: String,
    /// Under the value: `expected 1 or more contexts, such as 100`.
    pub(super) label: String,
    /// A value to write instead.
    pub(super) write: String,
}

/// A value, and whether it was a percentage without its sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read<T> {
    pub(super) value: T,
    pub(super) was_percent: bool,
}

impl<T> Read<T> {
    fn plain(value: T) -> Self {
        Self {
            value,
            was_percent: false,
        }
    }
}

/// The value of a key.
pub(super) fn read(key: &Key, node: &Node) -> Result<Read<KnobValue>, Expected> {
    let refuse = |what: &str, label: String| {
        Err(Expected {
            what: what.to_owned(),
            label,
            write: in_words(node).unwrap_or_else(|| key.example.to_owned()),
        })
    };
    let example = key.example;
    let number = |n: f64| Ok(Read::plain(KnobValue::Number(n)));
    match key.kind {
        Type::Count { least, of } => match whole(node) {
            #[allow(clippy::cast_precision_loss)]
            Some(n) if n >= least => number(n as f64),
            _ => refuse(
                "a whole number",
                format!("expected {least} or more {of}, such as {example}"),
            ),
        },
        Type::Duration => match amount(node, parse_seconds) {
            Some(seconds) => number(seconds),
            None => refuse(
                "a duration",
                format!("expected seconds or a text with a unit, such as {example} or 300ms"),
            ),
        },
        Type::Backoff => {
            let found = match &node.value {
                Value::Number(n) => Backoff::parse(&n.to_string()),
                Value::Text(t) => Backoff::parse(t),
                _ => None,
            };
            match found {
                Some(backoff) => Ok(Read::plain(KnobValue::Word(backoff.to_string()))),
                None => refuse(
                    "waits before retries",
                    format!("expected none, constant:2s or exponential:1s, such as {example}"),
                ),
            }
        }
        Type::Bytes => match amount(node, parse_bytes) {
            Some(bytes) => number(bytes),
            None => refuse(
                "an amount of bytes",
                format!("expected a number with a unit, such as {example} or 1GiB"),
            ),
        },
        Type::Ratio => match share(node) {
            Some(ratio) => Ok(Read {
                value: KnobValue::Number(ratio.value),
                was_percent: ratio.was_percent,
            }),
            None => refuse(
                "a ratio",
                format!("expected a share from 0 to 1, such as {example} or 0.8"),
            ),
        },
        Type::Number => match &node.value {
            Value::Number(n) if *n >= 0.0 => number(*n),
            _ => refuse("a number", format!("expected a number, such as {example}")),
        },
        Type::Bool => match yes_or_no(node) {
            Some(b) => Ok(Read::plain(KnobValue::Bool(b))),
            None => refuse("true or false", "expected true or false".to_owned()),
        },
        Type::OneOf(words) => {
            let found = match &node.value {
                Value::Text(t) => words.iter().find(|w| w.eq_ignore_ascii_case(t.trim())),
                _ => None,
            };
            match found {
                Some(w) => Ok(Read::plain(KnobValue::Word((*w).to_owned()))),
                None => refuse(
                    &format!("one of {}", words.join(", ")),
                    format!("expected {}", either(words)),
                ),
            }
        }
        Type::Word | Type::Words => match word(node) {
            Some(w) => Ok(Read::plain(KnobValue::Word(w))),
            None => refuse("a word", format!("expected a word, such as {example}")),
        },
    }
}

/// A target or limit in the unit of a metric.
pub(super) fn in_unit(unit: Unit, node: &Node) -> Result<Read<f64>, Expected> {
    let (found, what, label, write) = match unit {
        Unit::Seconds => (
            amount(node, parse_seconds).map(Read::plain),
            "a duration",
            "expected seconds or a text with a unit, such as 3s or 300ms",
            "3s",
        ),
        Unit::Bytes => (
            amount(node, parse_bytes).map(Read::plain),
            "an amount of bytes",
            "expected a number with a unit, such as 245MB or 1GiB",
            "1GB",
        ),
        Unit::Ratio => (
            share(node),
            "a ratio",
            "expected a share from 0 to 1, such as 0.95 or 95%",
            "0.95",
        ),
        Unit::Count | Unit::Number | Unit::Factor | Unit::Usd | Unit::Unknown => (
            match &node.value {
                Value::Number(n) if *n >= 0.0 => Some(Read::plain(*n)),
                _ => None,
            },
            "a number",
            "expected a number that is not negative",
            "10",
        ),
    };
    found.ok_or_else(|| Expected {
        what: what.to_owned(),
        label: label.to_owned(),
        write: in_words(node).unwrap_or_else(|| write.to_owned()),
    })
}

/// The kind that a value with a unit has by itself; numbers have none.
pub(super) fn quantity(node: &Node) -> Option<Quantity> {
    match &node.value {
        Value::Text(t) => parse_quantity(t).ok(),
        Value::Number(n) => Some(Quantity::Number(*n)),
        _ => None,
    }
}

/// A word without line breaks and other control characters.
pub(super) fn word(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(t) => {
            let t = t.trim();
            let is_word =
                !t.is_empty() && t.chars().count() <= LONGEST_WORD && !t.contains(char::is_control);
            is_word.then(|| t.to_owned())
        }
        _ => None,
    }
}

/// What stands there, for an error: a short text in quotes, a number, the kind of anything else.
pub(super) fn found(node: &Node) -> String {
    match &node.value {
        Value::Nothing => "nothing".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Text(t) => {
            let mut echo: String = t
                .chars()
                .take(LONGEST_ECHO)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            if t.chars().count() > LONGEST_ECHO {
                echo.push('…');
            }
            format!("\"{echo}\"")
        }
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a section".to_owned(),
    }
}

fn whole(node: &Node) -> Option<u64> {
    /// The largest whole number below which all are exact.
    const MOST: f64 = 9_007_199_254_740_992.0;
    match &node.value {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to fit.
        Value::Number(n) if *n >= 0.0 && n.fract() == 0.0 && *n < MOST => Some(*n as u64),
        #[allow(clippy::cast_precision_loss)]
        Value::Text(t) => t.trim().parse::<u64>().ok().filter(|n| (*n as f64) < MOST),
        _ => None,
    }
}

/// A number in the unit itself, or a text with a unit.
fn amount<E>(node: &Node, parse: impl Fn(&str) -> Result<f64, E>) -> Option<f64> {
    match &node.value {
        Value::Number(n) if *n >= 0.0 => Some(*n),
        Value::Text(t) => match parse_quantity(t) {
            Ok(Quantity::Number(n)) => Some(n),
            _ => parse(t).ok(),
        },
        _ => None,
    }
}

/// A share of the whole. Numbers above 1 up to 100 are percentages whose sign was forgotten.
fn share(node: &Node) -> Option<Read<f64>> {
    let (value, has_unit) = match &node.value {
        Value::Number(n) => (*n, false),
        Value::Text(t) => (
            parse_ratio(t).ok()?,
            t.contains(['%', '/']) || t.contains("percent"),
        ),
        _ => return None,
    };
    if (0.0..=1.0).contains(&value) {
        Some(Read::plain(value))
    } else if !has_unit && value > 1.0 && value <= 100.0 {
        Some(Read {
            value: value / 100.0,
            was_percent: true,
        })
    } else {
        None
    }
}

fn yes_or_no(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Bool(b) => Some(*b),
        // YAML 1.1 took these for booleans, and many writers still do.
        Value::Text(t) => match t.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The number that a number word names: the best guess at what was meant.
fn in_words(node: &Node) -> Option<String> {
    const WORDS: &[(&str, u32)] = &[
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("eight", 8),
        ("ten", 10),
        ("twenty", 20),
        ("fifty", 50),
        ("hundred", 100),
        ("thousand", 1000),
    ];
    let Value::Text(text) = &node.value else {
        return None;
    };
    WORDS
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, n)| n.to_string())
}
