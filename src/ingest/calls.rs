//! What is kept of the arguments and the result of a tool call: whether two calls asked for the same, and how
//! much a call gave. The texts themselves are not kept.

use super::json::{Cursor, Fault, Value};
use crate::record::mix;

/// Bytes of a text for each token, roughly, of English and of code.
const BYTES_PER_TOKEN: usize = 4;

/// A hash of arguments as they were written, for equality only. Never 0.
pub(super) fn arguments(raw: &[u8]) -> u32 {
    let hash = mix(raw);
    #[allow(clippy::cast_possible_truncation)] // both halves are mixed
    let folded = (hash ^ (hash >> 32)) as u32;
    folded.max(1)
}

/// Estimated tokens of a text of so many bytes.
pub(super) fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(u32::MAX)
}

/// Estimated tokens of a result: a text, or a list of blocks of which those with a `text` count.
pub(super) fn result<'a>(cursor: &mut Cursor<'a>, value: Value<'a>) -> Result<u32, Fault> {
    let mut bytes = 0;
    match value {
        Value::Text(text) => bytes = text.len(),
        Value::List => {
            while cursor.item()? {
                let block = cursor.value()?;
                if block != Value::Object {
                    cursor.skip(block)?;
                    continue;
                }
                while let Some(key) = cursor.key()? {
                    let value = cursor.value()?;
                    if key == b"text" {
                        bytes += value.text().unwrap_or_default().len();
                    }
                    cursor.skip(value)?;
                }
            }
        }
        other => cursor.skip(other)?,
    }
    Ok(tokens(bytes))
}
