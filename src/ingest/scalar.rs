//! Values of JSON objects whose keys decide what they mean: read once, judged later.
//!
//! Whatever a value is, reading it succeeds; whether its type is right is said by whoever knows what
//! it should be. So one wrong value never hides which one it was, and no message quotes the input.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value, as far as records hold any.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Scalar<'a> {
    /// Absent, or `null`: not known.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that 64 bits hold.
    Whole(i64),
    /// Any other number; finite.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array or an object: its content is passed over.
    Composite,
}

impl Scalar<'_> {
    /// The number, if it is one.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Scalar::Whole(n) => Some(*n as f64),
            Scalar::Number(n) => Some(*n),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `IgnoredAny`, which does not count how deep arrays and objects are nested.
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Whole(value))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Scalar::Number(value as f64), Scalar::Whole))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(Scalar::Composite)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<Key<'de>, Scalar<'de>>()?.is_some() {}
        Ok(Scalar::Composite)
    }
}

/// A key of an object, borrowed where it holds no escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(value.to_owned())))
    }
}

/// Why a line is no JSON object that can be read, in words that quote nothing of it.
pub(crate) fn reason(line: &str, error: &serde_json::Error) -> Cow<'static, str> {
    use serde_json::error::Category;
    if !line.trim_start().starts_with('{') {
        return "not a JSON object".into();
    }
    match error.classify() {
        Category::Eof => "cut off in the middle of a value".into(),
        // The only data error of a value that takes anything is none at all; depth and size of
        // numbers count as syntax.
        Category::Io | Category::Data | Category::Syntax => {
            let text = error.to_string();
            if text.starts_with("recursion limit") {
                "nested deeper than 128 levels".into()
            } else if text.starts_with("number out of range") {
                format!("a number is too large (column {})", error.column()).into()
            } else if text.starts_with("trailing characters") {
                format!("something follows the object (column {})", error.column()).into()
            } else {
                format!("not JSON (column {})", error.column()).into()
            }
        }
    }
}
