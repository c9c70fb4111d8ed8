//! Rows of a table: CSV with a header, or JSON objects.

use std::borrow::Cow;

use serde_json::Value;

use super::super::super::ReadError;
use super::super::super::document::parse_line;
use super::super::native::values::Reason;
use super::super::series::row::fields_between;
use crate::place::Problem;

/// What may stand between fields.
pub(super) const DELIMITERS: &[char] = &[',', ';', '\t', '|'];

/// How the rows of a file are written.
#[derive(Debug)]
pub(super) enum Shape {
    /// An object each.
    Json,
    /// Fields in the order of a header.
    Csv { delimiter: char, names: Vec<String> },
}

impl Shape {
    /// By the first line.
    pub(super) fn of(line: &str) -> Self {
        if line.trim_start().starts_with('{') {
            return Shape::Json;
        }
        let (mut best, mut names) = (',', Vec::new());
        for delimiter in DELIMITERS {
            let fields = fields_between(line, *delimiter).unwrap_or_default();
            if fields.len() > names.len() {
                best = *delimiter;
                names = fields.into_iter().map(Cow::into_owned).collect();
            }
        }
        Shape::Csv {
            delimiter: best,
            names,
        }
    }

    /// What stands between fields; nothing where rows are objects.
    pub(super) fn delimiters(&self) -> &[char] {
        match self {
            Shape::Json => &[],
            Shape::Csv { delimiter, .. } => std::slice::from_ref(delimiter),
        }
    }

    /// The names of the header.
    pub(super) fn names(&self) -> &[String] {
        match self {
            Shape::Json => &[],
            Shape::Csv { names, .. } => names,
        }
    }

    /// Whether all columns are there that a mapping names.
    pub(super) fn check(
        &self,
        columns: &[&str],
        mapping: &str,
        line: u64,
    ) -> Result<(), ReadError> {
        let Shape::Csv { names, .. } = self else {
            return Ok(());
        };
        match columns
            .iter()
            .find(|c| !names.iter().any(|name| name == *c))
        {
            None => Ok(()),
            Some(column) => Err(ReadError::Malformed {
                line: Some(line),
                reason: format!(
                    "the header has no column `{column}`, which the mapping `{mapping}` names"
                ),
            }),
        }
    }

    /// The row that begins on line `number` of a file. What was mended in it is listed.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn row<'t>(
        &'t self,
        text: &'t [u8],
        (file, number): (u32, u64),
        problems: &mut Vec<Problem>,
    ) -> Result<Row<'t>, Reason> {
        match self {
            Shape::Json => {
                let mut spare = Vec::new();
                match parse_line(text, &mut spare, (file, number), problems)? {
                    value @ Value::Object(_) => Ok(Row::Json(value)),
                    _ => Err("a line that is no JSON object".into()),
                }
            }
            Shape::Csv { delimiter, names } => {
                let text = std::str::from_utf8(text).map_err(|_| "invalid UTF-8")?;
                let fields = fields_between(text, *delimiter)
                    .ok_or("a quoted field that is not closed, or goes on behind its quote")?;
                if fields.len() == names.len() {
                    return Ok(Row::Csv(names, fields));
                }
                let reason = format!(
                    "{} fields where the header has {}",
                    fields.len(),
                    names.len()
                );
                Err(reason.into())
            }
        }
    }
}

/// A row.
#[derive(Debug)]
pub(super) enum Row<'t> {
    Json(Value),
    Csv(&'t [String], Vec<Cow<'t, str>>),
}

impl Row<'_> {
    /// The value in a column; of JSON under a key, or under keys with points between them.
    pub(super) fn get(&self, column: &str) -> Cell<'_> {
        match self {
            Row::Csv(names, fields) => {
                let at = names.iter().position(|name| name == column);
                match at.and_then(|at| fields.get(at)) {
                    Some(field) if !field.is_empty() => Cell::Text(field),
                    _ => Cell::Nothing,
                }
            }
            Row::Json(value) => {
                let found = value.get(column).or_else(|| {
                    let keys = column.split('.');
                    keys.into_iter()
                        .try_fold(value, |value, key| value.get(key))
                });
                found.map_or(Cell::Nothing, Cell::of)
            }
        }
    }
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'t> {
    /// Not there, or empty.
    Nothing,
    Text(&'t str),
    Whole(i64),
    Number(f64),
    Bool(bool),
    Other,
}

impl<'t> Cell<'t> {
    pub(super) fn of(value: &'t Value) -> Self {
        match value {
            Value::Null => Cell::Nothing,
            Value::Bool(is) => Cell::Bool(*is),
            Value::String(text) if text.is_empty() => Cell::Nothing,
            Value::String(text) => Cell::Text(text),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Cell::Whole(whole),
                (None, Some(number)) => Cell::Number(number),
                (None, None) => Cell::Other,
            },
            Value::Array(_) | Value::Object(_) => Cell::Other,
        }
    }

    pub(super) fn text(self) -> Option<&'t str> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A finite number, in CSV also one that is written as text.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Cell::Whole(number) => Some(number as f64),
            Cell::Number(number) => Some(number),
            Cell::Text(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        }
    }

    /// A time since 1970 in nanoseconds, exact where it is whole.
    pub(super) fn nanos(self, seconds: f64) -> Option<i64> {
        let whole = match self {
            Cell::Whole(number) => Some(number),
            Cell::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        if let Some(whole) = whole {
            return whole.checked_mul((seconds * 1e9).round() as i64);
        }
        let nanos = self.number()? * seconds * 1e9;
        (nanos.abs() < 9e18).then_some(nanos.round() as i64)
    }

    /// A name: a text, or a number as one.
    pub(super) fn word(self) -> Option<Cow<'t, str>> {
        match self {
            Cell::Text(text) => Some(Cow::Borrowed(text)),
            Cell::Whole(number) => Some(number.to_string().into()),
            Cell::Number(number) => Some(number.to_string().into()),
            Cell::Bool(is) => Some(is.to_string().into()),
            Cell::Nothing | Cell::Other => None,
        }
    }
}
