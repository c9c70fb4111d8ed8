//! Values of OTLP/JSON as exporters write them: whole numbers as texts or numbers, ids in hex, names
//! in camelCase or snake_case.

use super::super::super::json::{Cursor, Fault, Value};
use crate::record::hash128;
use crate::units::Time;

/// The value of an attribute or a field, still as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Any<'a> {
    /// Not there.
    #[default]
    Nothing,
    /// A text: the bytes between the quotes.
    Text(&'a [u8]),
    /// A number, whether it was written as one or as a text.
    Number(&'a [u8]),
    /// Yes or no.
    Bool(bool),
    /// A list, an object, bytes.
    Other,
}

impl<'a> Any<'a> {
    /// A field that is no `AnyValue`; a list or an object is passed over.
    pub(super) fn field(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let value = cursor.value()?;
        cursor.skip(value)?;
        Ok(Self::of(value))
    }

    /// The `AnyValue` of an attribute or a body: `{"intValue": "7"}`.
    pub(super) fn wrapped(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let value = cursor.value()?;
        if value != Value::Object {
            cursor.skip(value)?;
            return Ok(Self::of(value));
        }
        let mut any = Any::Nothing;
        while let Some(key) = cursor.key()? {
            let inner = Self::field(cursor)?;
            any = match (key, inner) {
                (b"intValue" | b"int_value" | b"doubleValue" | b"double_value", Any::Text(raw)) => {
                    Any::Number(raw)
                }
                (b"arrayValue" | b"array_value" | b"kvlistValue" | b"kvlist_value", _) => {
                    Any::Other
                }
                (b"bytesValue" | b"bytes_value", _) => Any::Other,
                _ => inner,
            };
        }
        Ok(any)
    }

    fn of(value: Value<'a>) -> Self {
        match value {
            Value::Text(raw) => Any::Text(raw),
            Value::Number(raw) => Any::Number(raw),
            Value::Bool(is) => Any::Bool(is),
            Value::Null => Any::Nothing,
            Value::Object | Value::List => Any::Other,
        }
    }

    /// Whether there is one.
    pub(super) fn is_some(self) -> bool {
        self != Any::Nothing
    }

    /// The bytes of a text; none of anything else.
    pub(super) fn text(self) -> &'a [u8] {
        match self {
            Any::Text(raw) => raw,
            _ => b"",
        }
    }

    /// A finite number, also where it was written as a text.
    pub(super) fn number(self) -> Option<f64> {
        match self {
            Any::Text(raw) | Any::Number(raw) => std::str::from_utf8(raw)
                .ok()?
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite()),
            _ => None,
        }
    }

    /// A whole number that is not negative, also where it was written as a text or as `7.0`.
    pub(super) fn whole(self) -> Option<u64> {
        let (Any::Text(raw) | Any::Number(raw)) = self else {
            return None;
        };
        let digits = raw.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            (digit < 10).then(|| number.checked_mul(10)?.checked_add(u64::from(digit)))?
        });
        match digits {
            Some(number) if !raw.is_empty() => Some(number),
            _ => self
                .number()
                .filter(|n| n.fract() == 0.0 && (0.0..1e18).contains(n))
                .map(|n| n as u64),
        }
    }

    /// Yes or no, also where it was written as a text.
    pub(super) fn is_yes(self) -> Option<bool> {
        match self {
            Any::Bool(is) => Some(is),
            Any::Text(b"true") => Some(true),
            Any::Text(b"false") => Some(false),
            _ => None,
        }
    }

    /// A time in nanoseconds since 1970.
    ///
    /// # Errors
    /// It is none between 2000 and 2100.
    pub(super) fn time(self) -> Result<Option<Time>, ()> {
        match self.whole() {
            Some(0) => Ok(None),
            Some(nanos) => i64::try_from(nanos)
                .ok()
                .map(Time)
                .filter(|time| time.is_plausible())
                .map_or(Err(()), |time| Ok(Some(time))),
            None if self.is_some() => Err(()),
            None => Ok(None),
        }
    }

    /// A trace or span id as a number; 0 where there is none. What is not hex is hashed.
    pub(super) fn id(self) -> u128 {
        let raw = self.text();
        if raw.is_empty() {
            return 0;
        }
        if raw.len() > 32 {
            return hash128(raw);
        }
        let hex = raw.iter().try_fold(0_u128, |id, digit| {
            let digit = char::from(*digit).to_digit(16)?;
            Some(id << 4 | u128::from(digit))
        });
        hex.unwrap_or_else(|| hash128(raw))
    }
}

/// Calls `each` with the attributes of a list.
pub(super) fn attributes<'a>(
    cursor: &mut Cursor<'a>,
    mut each: impl FnMut(&'a [u8], Any<'a>),
) -> Result<(), Fault> {
    list(cursor, |cursor| {
        let (mut name, mut value) = (b"".as_slice(), Any::Nothing);
        while let Some(key) = cursor.key()? {
            match key {
                b"key" => name = Any::field(cursor)?.text(),
                b"value" => value = Any::wrapped(cursor)?,
                _ => cursor.skip_value()?,
            }
        }
        each(name, value);
        Ok(())
    })
}

/// Calls `item` for each object of a list, with the object entered: it asks for all of its keys.
pub(super) fn list<'a>(
    cursor: &mut Cursor<'a>,
    mut item: impl FnMut(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let value = cursor.value()?;
    if value != Value::List {
        return cursor.skip(value);
    }
    while cursor.item()? {
        let value = cursor.value()?;
        if value == Value::Object {
            item(cursor)?;
        } else {
            cursor.skip(value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_many_ways() {
        for (any, whole) in [
            (Any::Text(b"7"), Some(7)),
            (Any::Number(b"18446744073709551615"), Some(u64::MAX)),
            (Any::Number(b"7.0"), Some(7)),
            (Any::Number(b"-7"), None),
            (Any::Number(b"7.5"), None),
            (Any::Text(b""), None),
            (Any::Text(b"NaN"), None),
            (Any::Bool(true), None),
        ] {
            assert_eq!(any.whole(), whole, "{any:?}");
        }
        assert_eq!(Any::Text(b"NaN").number(), None);
        assert_eq!(Any::Text(b"1e3").number(), Some(1000.0));
    }

    #[test]
    fn ids_are_hex_in_either_case() {
        assert_eq!(Any::Text(b"EEE19B7EC3C1B174").id(), 0xeee1_9b7e_c3c1_b174);
        assert_eq!(
            Any::Text(b"5B8EFFF798038103D269B633813FC60C").id(),
            Any::Text(b"5b8efff798038103d269b633813fc60c").id()
        );
        assert_eq!(Any::Nothing.id(), 0);
        assert_ne!(Any::Text(b"7Gw==").id(), 0);
    }

    #[test]
    fn a_time_lies_between_2000_and_2100() {
        let time = |raw| Any::Text(raw).time();
        assert_eq!(
            time(b"1544712660000000000"),
            Ok(Some(Time(1_544_712_660_000_000_000)))
        );
        assert_eq!(time(b"0"), Ok(None));
        assert_eq!(time(b"1544712660"), Err(()));
        assert_eq!(time(b"soon"), Err(()));
        assert_eq!(Any::Nothing.time(), Ok(None));
    }
}
