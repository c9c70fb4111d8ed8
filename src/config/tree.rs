//! YAML text to a tree in which every key and value knows its place.
//!
//! Hostile text is refused, never obeyed: at most 20,000 nodes and 16 levels, few aliases, no infinite
//! numbers, no duplicate keys, one document. A JSON document is read too, YAML being a superset.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Location, Spanned};

use crate::place::yaml_fault;

/// Nodes that a configuration file may have.
const MOST_NODES: usize = 20_000;
/// Levels that it may be nested.
const MOST_LEVELS: usize = 16;

/// Where a key or a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    /// Line from 1; 0: not known.
    pub(super) line: u64,
    /// Column from 1, in characters.
    pub(super) column: u64,
    /// Length in characters.
    pub(super) length: u64,
}

impl From<Location> for Span {
    fn from(at: Location) -> Self {
        Self {
            line: at.line(),
            column: at.column(),
            length: at.span().len(),
        }
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Nothing,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) node: Node,
}

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeError {
    pub(super) message: String,
    pub(super) span: Span,
}

/// Reads a document; `None` where it is empty.
pub(super) fn read(text: &str) -> Result<Option<Node>, TreeError> {
    let refuse = |message: &str| TreeError {
        message: message.to_owned(),
        span: Span::default(),
    };
    if text.len() as u64 > super::MOST_BYTES {
        return Err(refuse("the file is larger than 1 MiB"));
    }
    let is_blank = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(is_blank) {
        return Ok(None);
    }
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_nodes: MOST_NODES,
            max_depth: MOST_LEVELS,
            max_events: MOST_NODES * 4,
        },
        with_snippet: false,
        strict_booleans: true,
    };
    let spanned: Spanned<Value> =
        serde_yaml::from_str_with_options(text, options).map_err(|error| TreeError {
            message: in_words(&error),
            span: error.location().map(Span::from).unwrap_or_default(),
        })?;
    let node = Node::from(spanned);
    // Aliases repeat what they name: the tree may be larger than its text.
    if count(&node) > MOST_NODES {
        return Err(refuse("it has more than 20,000 values"));
    }
    Ok(match node.value {
        Value::Nothing => None,
        _ => Some(node),
    })
}

/// The parser's message.
fn in_words(error: &serde_yaml::Error) -> String {
    let text = yaml_fault(error);
    if text.contains("finite") {
        return "a number must be finite".to_owned();
    }
    text
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|e| 1 + count(&e.node)).sum(),
        _ => 0,
    }
}

impl From<Spanned<Value>> for Node {
    fn from(s: Spanned<Value>) -> Self {
        Self {
            value: s.value,
            span: s.referenced.into(),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    #[allow(clippy::cast_precision_loss)] // Numbers of a configuration are far below 2^53.
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v as f64))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v as f64))
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        if v.is_finite() {
            Ok(Value::Number(v))
        } else {
            Err(E::custom("a number must be finite"))
        }
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::Text(v.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(item.into());
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some((key, node)) = entries.next_entry::<Spanned<String>, Spanned<Value>>()? {
            map.push(Entry {
                key: key.value,
                span: key.referenced.into(),
                node: node.into(),
            });
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        match read(text).unwrap().unwrap().value {
            Value::Map(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    fn span(line: u64, column: u64, length: u64) -> Span {
        Span {
            line,
            column,
            length,
        }
    }

    #[test]
    fn keys_and_values_know_their_place() {
        let root = entries(
            "# comment\ncontext:\n  cache_size: fifty\n  preload: true\n  quoted: \"3.0\"\n",
        );
        let Value::Map(inner) = &root[0].node.value else {
            panic!()
        };
        assert_eq!(root[0].span, span(2, 1, 7));
        assert_eq!(inner[0].span, span(3, 3, 10));
        assert_eq!(inner[0].node.span, span(3, 15, 5));
        assert_eq!(inner[1].node.value, Value::Bool(true));
        assert_eq!(inner[2].node.value, Value::Text("3.0".into()));
        assert_eq!(inner[2].node.span, span(5, 11, 5));
    }

    #[test]
    fn faults_speak_to_those_who_wrote_the_file() {
        let many = format!("a: [{}]", "1,".repeat(30_000));
        for (text, expected) in [
            (
                "a: 1\na: 2\n",
                "duplicate mapping key `a` is not allowed here",
            ),
            (
                "a: 1\n---\nb: 2\n",
                "only single YAML document expected but multiple found",
            ),
            ("a: .inf\n", "a number must be finite"),
            (&many, "it is larger or deeper than such a file may be"),
        ] {
            assert_eq!(read(text).unwrap_err().message, expected);
        }
    }

    #[test]
    fn nothing_is_fine() {
        for text in ["", "# only a comment\n", "---\n", "~", "\u{feff}"] {
            assert_eq!(read(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn what_looks_like_a_word_is_one() {
        let root = entries("a: yes\nb: 12abc\nc: 3\nd: 2.5\ne: null\nf: off\n1: x\n");
        assert_eq!(root[0].node.value, Value::Text("yes".into()));
        assert_eq!(root[1].node.value, Value::Text("12abc".into()));
        assert_eq!(root[2].node.value, Value::Number(3.0));
        assert_eq!(root[3].node.value, Value::Number(2.5));
        assert_eq!(root[4].node.value, Value::Nothing);
        assert_eq!(root[6].key, "1");
    }

    #[test]
    fn hostile_text_is_refused() {
        use std::fmt::Write;
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let below = format!("*a{}", level - 1);
            writeln!(bomb, "a{level}: &a{level} [{}]", vec![below; 10].join(", ")).unwrap();
        }
        let many = "- 1\n".repeat(20_001);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for text in [
            bomb.as_str(),
            &many,
            &deep,
            "a: .nan",
            "a: .inf",
            "a: 1\na: 2",
            "a: 1\n---\nb: 2",
            "a: [1, 2",
            "a: \"cut",
            "a:\n\tb: 1\n",
            "a: *nowhere",
            "a: 1e999",
        ] {
            let error = read(text);
            assert!(
                error.is_err(),
                "{:?}: {error:?}",
                &text[..text.len().min(40)]
            );
        }
    }

    #[test]
    fn a_fault_has_a_place() {
        let error = read("a: 1\nb: .nan\n").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.span.line),
            ("a number must be finite", 2)
        );
        let error = read("a: 1\na: 2\n").unwrap_err();
        assert_eq!(error.span.line, 2, "{error:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-z:\\-\\[\\]{}&*!|>'\"%@`,?# \n\t.0-9~<]{0,80}") {
            let _ = read(&text);
        }
    }
}
