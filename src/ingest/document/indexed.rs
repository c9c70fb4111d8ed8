//! Documents through the project's own index of JSON: the quick way for those without a fault.
//!
//! What is odd in any way (escapes in keys, half surrogates, types that need to look ahead) is refused
//! here and read the usual way, which decides; so both give the same.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::ingest::json::{Cursor, Fault, Index, Value, decode};

/// Above this many bytes the index of a document would take too much memory.
const LARGEST: usize = 16 << 20;

/// The document; `None` where it must be read the usual way.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], index: &'a mut Index) -> Option<T> {
    if bytes.len() > LARGEST {
        return None;
    }
    index.of(bytes).ok()?;
    let mut reader = Reader {
        cursor: Cursor::new(bytes, index),
        open: 0,
    };
    let value = T::deserialize(&mut reader).ok()?;
    reader.cursor.end().ok()?;
    Some(value)
}

/// The document must be read the usual way.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Refused
    }
}

impl From<Fault> for Refused {
    fn from(_: Fault) -> Self {
        Refused
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// Containers that were entered and whose end was not seen.
    open: u32,
}

impl<'a> Reader<'a> {
    /// Has a container read, which must be read to its end.
    fn whole<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        let before = self.open;
        self.open += 1;
        let result = read(self)?;
        if self.open == before {
            Ok(result)
        } else {
            Err(Refused)
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.cursor.value()? {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(raw) => number(raw, visitor),
            Value::Text(raw) => match decode(raw).ok_or(Refused)? {
                std::borrow::Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                std::borrow::Cow::Owned(text) => visitor.visit_string(text),
            },
            Value::Object => self.whole(|reader| visitor.visit_map(Entries(reader))),
            Value::List => self.whole(|reader| visitor.visit_seq(Items(reader))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.cursor.skip_value()?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        Err(Refused)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The entries of the object that was entered.
struct Entries<'r, 'a>(&'r mut Reader<'a>);

impl<'a> MapAccess<'a> for Entries<'_, 'a> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Refused> {
        let Some(raw) = self.0.cursor.key()? else {
            self.0.open -= 1;
            return Ok(None);
        };
        if raw.contains(&b'\\') {
            return Err(Refused);
        }
        let text = std::str::from_utf8(raw).map_err(|_| Refused)?;
        seed.deserialize(BorrowedStrDeserializer::new(text))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        seed.deserialize(&mut *self.0)
    }
}

/// The items of the list that was entered.
struct Items<'r, 'a>(&'r mut Reader<'a>);

impl<'a> SeqAccess<'a> for Items<'_, 'a> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        if !self.0.cursor.item()? {
            self.0.open -= 1;
            return Ok(None);
        }
        seed.deserialize(&mut *self.0).map(Some)
    }
}

/// A number. Few digits make a quotient of two whole numbers that a double holds, so that it is
/// rounded once and rightly; all others are left to serde_json.
fn number<'a, V: Visitor<'a>>(raw: &'a [u8], visitor: V) -> Result<V::Value, Refused> {
    #[allow(clippy::cast_precision_loss)]
    match few_digits(raw) {
        Some((digits, None)) => visitor.visit_u64(digits),
        Some((digits, Some(divisor))) => visitor.visit_f64(digits as f64 / divisor),
        None => serde_json::Deserializer::from_slice(raw)
            .deserialize_any(visitor)
            .map_err(|_| Refused),
    }
}

/// The digits of a number without sign and exponent, and the power of ten that its fraction is
/// divided by. `None` for other numbers and for more than 15 digits.
fn few_digits(raw: &[u8]) -> Option<(u64, Option<f64>)> {
    let (mut digits, mut divisor) = (0_u64, None);
    if raw.len() > 15 {
        return None;
    }
    for byte in raw {
        match (byte, &mut divisor) {
            (b'0'..=b'9', divisor) => {
                digits = digits * 10 + u64::from(byte - b'0');
                if let Some(divisor) = divisor {
                    *divisor *= 10.0;
                }
            }
            (b'.', divisor @ None) => *divisor = Some(1.0),
            _ => return None,
        }
    }
    Some((digits, divisor))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Field, Listed, Shaped};
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Outer<'a> {
        #[serde(borrow, default)]
        a: Field<'a>,
        #[serde(borrow, default)]
        b: Listed<Shaped<Inner<'a>>>,
        #[serde(borrow, default)]
        c: Shaped<Inner<'a>>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Inner<'a> {
        #[serde(borrow, default)]
        x: Field<'a>,
    }

    /// What this way reads, and what serde_json reads.
    fn both(text: &str) -> (Option<Outer<'_>>, Option<Outer<'_>>) {
        let index = Box::leak(Box::default());
        (
            parse(text.as_bytes(), index),
            serde_json::from_slice(text.as_bytes()).ok(),
        )
    }

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            "{}",
            r#"{"a": 1, "b": [{"x": "y"}, null, 3, {}], "c": {"x": [1, {"x": 2}]}}"#,
            " {\n \"a\" : -0.5e3 , \"unknown\" : [ [ ] , { } , \"\\u00e9\" ] }\n",
            r#"{"a": "\u00e9\n\"", "b": [], "c": []}"#,
            r#"{"a": true, "b": {}, "c": "text"}"#,
        ] {
            let (ours, theirs) = both(text);
            assert!(theirs.is_some(), "{text}");
            assert_eq!(ours, theirs, "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_serde_json() {
        for text in [
            "",
            "{",
            "[]",
            "3",
            r#"{"a": 1, "a": 2}"#,
            r#"{"a": 1} x"#,
            r#"{"a": 1e999}"#,
            r#"{"a": "\ud800"}"#,
            r#"{"\u0061": 1}"#,
            r#"{"a": 01}"#,
            r#"{"a": NaN}"#,
            r#"{"a": 1,}"#,
            r#"[1, [{"x": 1}], {"x": 2}]"#,
        ] {
            let (ours, theirs) = both(text);
            assert!(ours.is_none() || ours == theirs, "{text}: {ours:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn numbers_are_the_same(whole in 0_u64..1 << 62, shift in 0_u32..62, places in 0_usize..18, sign: bool) {
            let digits = (whole >> shift).to_string();
            let cut = digits.len().saturating_sub(places).max(1);
            let (before, after) = digits.split_at(cut);
            let point = if after.is_empty() { "" } else { "." };
            let sign = if sign { "-" } else { "" };
            let text = format!("{{\"a\": {sign}{before}{point}{after}}}");
            let (ours, theirs) = both(&text);
            proptest::prop_assert!(ours.is_some());
            proptest::prop_assert_eq!(ours, theirs);
        }
    }
}
