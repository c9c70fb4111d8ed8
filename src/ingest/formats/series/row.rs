//! A row of a series, from a line of CSV or a JSON object: names with texts and numbers.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::ingest::scalar::{Key, Scalar};

/// Names and values of one JSON object, in its order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'a>(pub(super) Vec<(Cow<'a, str>, Scalar<'a>)>);

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut row = Vec::new();
        while let Some((Key(key), value)) = entries.next_entry()? {
            row.push((key, value));
        }
        Ok(Row(row))
    }
}

/// The fields of a line of CSV (RFC 4180, with a comma; quoted fields hold no line breaks). `None`
/// where a quoted field is not closed, or something follows its end.
pub(super) fn fields(line: &str) -> Option<Vec<Cow<'_, str>>> {
    fields_between(line, ',')
}

/// The same with another mark between fields.
pub(in crate::ingest::formats) fn fields_between(
    line: &str,
    delimiter: char,
) -> Option<Vec<Cow<'_, str>>> {
    let is_blank = |c: char| c.is_whitespace() && c != delimiter;
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, behind) = match rest.trim_start_matches(is_blank).strip_prefix('"') {
            Some(quoted) => closed(quoted)?,
            None => match rest.find(delimiter) {
                Some(end) => (Cow::Borrowed(rest[..end].trim()), &rest[end..]),
                None => (Cow::Borrowed(rest.trim()), ""),
            },
        };
        fields.push(field);
        let behind = behind.trim_start_matches(is_blank);
        match behind.strip_prefix(delimiter) {
            Some(next) => rest = next,
            None if behind.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

/// A quoted field from behind its first quote, and what follows its last one.
fn closed(quoted: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut end = quoted.find('"')?;
    if !quoted[end + 1..].starts_with('"') {
        return Some((Cow::Borrowed(&quoted[..end]), &quoted[end + 1..]));
    }
    let mut field = String::new();
    let mut rest = quoted;
    while rest[end + 1..].starts_with('"') {
        field.push_str(&rest[..=end]);
        rest = &rest[end + 2..];
        end = rest.find('"')?;
    }
    field.push_str(&rest[..end]);
    Some((Cow::Owned(field), &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&[&str]>) {
        let expected = expected.map(|e| e.iter().map(|f| Cow::Borrowed(*f)).collect());
        assert_eq!(fields(line), expected, "{line}");
    }

    #[test]
    fn commas_and_quotes() {
        check("a,b", Some(&["a", "b"]));
        check("a, b ,", Some(&["a", "b", ""]));
        check(r#""a,b",c"#, Some(&["a,b", "c"]));
        check(r#""say ""no""",c"#, Some(&["say \"no\"", "c"]));
        check(r#""""""#, Some(&["\""]));
        check(r#""",x"#, Some(&["", "x"]));
        check(r#""a,x"#, None);
        check(r#""a"b,c"#, None);
        check("", Some(&[""]));
        let tabs = fields_between("a\t\t \"b\tc\" \td", '\t');
        assert_eq!(
            tabs,
            Some(["a", "", "b\tc", "d"].map(Cow::Borrowed).to_vec())
        );
    }
}
