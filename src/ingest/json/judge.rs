//! Holds the scanner against serde_json: for tests, and for fuzzing.

use super::super::document::{Node, parse_tree};
use super::{Cursor, Fault, Index, Value, decode};

/// Levels that the tree of the comparison holds.
const COMPARED: usize = 60;

/// Says where the scanner and serde_json judge a text differently, or read it differently.
pub(in crate::ingest) fn judge(text: &[u8]) -> Result<(), &'static str> {
    let strict = std::str::from_utf8(text)
        .is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
    let mut index = Index::default();
    let ours = index.of(text).and_then(|()| {
        let mut cursor = Cursor::new(text, &index);
        cursor.skip_value()?;
        cursor.end()
    });
    match ours {
        // serde_json does not count levels of what it passes over.
        Err(Fault::TooDeep) => return Ok(()),
        Ok(()) if !strict => return Err("taken for JSON, which it is not"),
        Err(_) if strict => return Err("JSON, but refused"),
        Err(_) => return Ok(()),
        Ok(()) => {}
    }
    let mut mended = Vec::new();
    let is_container = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
    // Half surrogates are JSON, but no text: the tree has another character there, and names no fault.
    let has_values = serde_json::from_slice::<serde_json::Value>(text).is_ok();
    match parse_tree(text, 1, 0, &mut mended) {
        Ok(tree) if is_container && has_values && mended.is_empty() => {
            let mut cursor = Cursor::new(text, &index);
            same(&mut cursor, &tree, COMPARED).map_err(|fault| match fault {
                Some(_) => "refused on the second walk",
                None => "another key, text or number",
            })
        }
        // Numbers beyond 64 bits are JSON too, but no value.
        _ => Ok(()),
    }
}

/// Whether the next value is that of the tree; `Err(None)`: it is not.
fn same(cursor: &mut Cursor<'_>, tree: &Node, levels: usize) -> Result<(), Option<Fault>> {
    let is_same = match (cursor.value()?, tree) {
        (Value::Null, Node::Nothing) => true,
        (Value::Bool(ours), Node::Bool(theirs)) => ours == *theirs,
        (Value::Text(raw), Node::Text(text)) => decode(raw).is_some_and(|ours| ours == **text),
        (Value::Number(raw), Node::Number(number)) => std::str::from_utf8(raw)
            .ok()
            .and_then(|text| text.parse().ok())
            .is_some_and(|ours: f64| ours == *number),
        (value @ (Value::List | Value::Object), _) if levels == 0 => {
            cursor.skip(value)?;
            true
        }
        (Value::List, Node::List(items)) => {
            for item in items {
                if !cursor.item()? {
                    return Err(None);
                }
                same(cursor, item, levels - 1)?;
            }
            !cursor.item()?
        }
        (Value::Object, Node::Map(entries)) => {
            for (key, value) in entries {
                let ours = cursor.key()?.and_then(decode);
                if ours.as_deref() != Some(key) {
                    return Err(None);
                }
                same(cursor, value, levels - 1)?;
            }
            cursor.key()?.is_none()
        }
        _ => false,
    };
    if is_same { Ok(()) } else { Err(None) }
}
