//! A small document as a tree: JSON or YAML, for the blocks that people paste and services return.
//! Never for what comes in large numbers.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{mend, parse};
use crate::ingest::ReadError;
use crate::place::{Problem, ProblemKind};

/// The largest document that is held as a tree.
const LARGEST: usize = 4 << 20;
/// The deepest nesting of a tree.
const DEEPEST: usize = 64;
/// The most values of a YAML document, aliases resolved.
const MOST_NODES: usize = 20_000;

/// A value of a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::ingest) enum Node {
    /// `null`, or not there.
    #[default]
    Nothing,
    /// Yes or no.
    Bool(bool),
    /// A number, finite or not.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object, in the order of the document.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The entries of an object; of anything else none.
    pub(in crate::ingest) fn entries(&self) -> &[(String, Node)] {
        match self {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of a key; of a key that stands there twice, the last one.
    pub(in crate::ingest) fn get(&self, key: &str) -> &Node {
        self.entries()
            .iter()
            .rfind(|(k, _)| k == key)
            .map_or(&Node::Nothing, |(_, value)| value)
    }

    /// The text, if it is one.
    pub(in crate::ingest) fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number; `None` where there is none.
    ///
    /// # Errors
    /// Something else stands there, or the number is not finite.
    pub(in crate::ingest) fn number(&self) -> Result<Option<f64>, &'static str> {
        match self {
            Node::Nothing => Ok(None),
            Node::Number(value) if value.is_finite() => Ok(Some(*value)),
            Node::Number(_) => Err("is not a finite number"),
            _ => Err("is not a number"),
        }
    }
}

/// Reads a JSON or YAML document, whichever it is. `records_at`: see [`parse`].
///
/// # Errors
/// It is neither, or larger than 4 MiB.
pub(in crate::ingest) fn parse_tree(
    bytes: &[u8],
    records_at: usize,
    file: u32,
    problems: &mut Vec<Problem>,
) -> Result<Node, ReadError> {
    if bytes.len() > LARGEST {
        return Err(ReadError::Malformed {
            line: None,
            reason: "larger than 4 MiB: too much for a summary".into(),
        });
    }
    if is_json(bytes) {
        let mut spare = Vec::new();
        return parse::<Deep>(bytes, &mut spare, records_at, file, problems).map(|deep| deep.0);
    }
    let (text, faults) = mend::as_utf8(bytes);
    problems.extend(faults.into_iter().map(|fault| Problem {
        file,
        line: Some(fault.line),
        kind: ProblemKind::Value,
        reason: fault.reason.into(),
    }));
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_nodes: MOST_NODES },
        // `n`, `yes` and `off` are words here.
        strict_booleans: true,
        // One number that is none costs that number.
        non_finite_float_policy: serde_yaml::NonFiniteFloatPolicy::PassThrough,
    };
    serde_yaml::from_slice_with_options::<Deep>(&text, options)
        .map(|deep| deep.0)
        .map_err(|error| ReadError::Malformed {
            line: error.location().map(|location| location.line()),
            reason: "not YAML, or nested too deeply".into(),
        })
}

/// Whether a document is JSON by its first byte.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// A tree of at most [`DEEPEST`] levels; deeper ones are empty.
struct Deep(Node);

impl<'de> Deserialize<'de> for Deep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Level(DEEPEST)).map(Deep)
    }
}

/// How many more levels there may be.
#[derive(Clone, Copy)]
struct Level(usize);

impl<'de> serde::de::DeserializeSeed<'de> for Level {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        #[allow(clippy::cast_precision_loss)]
        Ok(Node::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        #[allow(clippy::cast_precision_loss)]
        Ok(Node::Number(value as f64))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        // What is nested deeper than anything of ours is passed over.
        let Some(left) = self.0.checked_sub(1) else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::List(list));
        };
        while let Some(element) = seq.next_element_seed(Level(left))? {
            list.push(element);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        let Some(left) = self.0.checked_sub(1) else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Map(entries));
        };
        while let Some(key) = map.next_key::<String>()? {
            entries.push((key, map.next_value_seed(Level(left))?));
        }
        Ok(Node::Map(entries))
    }
}

/// The line, from 1, in which a YAML document has the value under these keys: each key is looked for
/// behind the one before.
pub(super) fn yaml_line(text: &[u8], keys: &[&str]) -> Option<u64> {
    let mut lines = text.split(|b| *b == b'\n').zip(1_u64..);
    let mut found = None;
    for key in keys {
        found = Some(lines.by_ref().find_map(|(line, number)| {
            let line = line.trim_ascii_start();
            let line = line.strip_prefix(b"- ").unwrap_or(line).trim_ascii_start();
            let rest = line
                .strip_prefix(b"\"")
                .or_else(|| line.strip_prefix(b"'"))
                .unwrap_or(line)
                .strip_prefix(key.as_bytes())?;
            let rest = rest
                .strip_prefix(b"\"")
                .or_else(|| rest.strip_prefix(b"'"))
                .unwrap_or(rest);
            rest.trim_ascii_start().starts_with(b":").then_some(number)
        })?);
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tree(text: &str) -> Result<Node, String> {
        parse_tree(text.as_bytes(), 2, 0, &mut Vec::new()).map_err(|e| e.to_string())
    }

    #[test]
    fn json_and_yaml_are_the_same_tree() {
        let json =
            tree(r#"{"a b": {"t": "2.3s", "n": 0.95, "w": 12, "r": "23/150", "l": [null, true]}}"#);
        let yaml = tree("a b:\n  t: 2.3s\n  n: 0.95\n  w: 12\n  r: 23/150\n  l: [null, true]\n");
        assert_eq!(json, yaml);
        let block = json.unwrap();
        let block = block.get("a b");
        assert_eq!(block.get("t").text(), Some("2.3s"));
        assert_eq!(block.get("r").text(), Some("23/150"));
        assert_eq!(block.get("n").number(), Ok(Some(0.95)));
        assert_eq!(block.get("w").number(), Ok(Some(12.0)));
        assert_eq!(block.get("x").number(), Ok(None));
        assert!(block.get("t").number().is_err());
        assert!(tree("a: .nan").unwrap().get("a").number().is_err());
    }

    #[test]
    fn too_much_is_refused() {
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(tree(&deep).is_ok() && tree(&deep.repeat(100)).is_ok());
        let deep = "[".repeat(100_000);
        assert!(tree(&deep).is_err() && tree(&format!("a: {deep}")).is_err());
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            let list = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb += &format!("a{i}: &a{i} [{list}]\n");
        }
        assert!(tree(&bomb).is_err());
        assert!(tree(&" ".repeat(LARGEST + 1)).is_err());
    }

    #[test]
    fn lines_of_yaml() {
        let text = b"# x\nA Mode:\n  t: 1\nB Mode:\n  s: 2\n  \"t\": 3\n";
        assert_eq!(yaml_line(text, &["A Mode", "t"]), Some(3));
        assert_eq!(yaml_line(text, &["B Mode", "t"]), Some(6));
        assert_eq!(yaml_line(text, &["B Mode", "u"]), None);
    }
}
