//! Values of OTLP/JSON as exporters write them: whole numbers as texts or numbers, ids in hex, names
//! in camelCase or snake_case.

use super::super::super::json::{Cursor, Fault, Value, match_name};
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
            any = Self::field(cursor)?.of_kind(key);
        }
        Ok(any)
    }

    /// What stands under a key of an `AnyValue`.
    #[inline]
    fn of_kind(self, key: &[u8]) -> Self {
        match_name!(key, {
            b"stringValue" => self,
            b"intValue" | b"int_value" | b"doubleValue" | b"double_value" => match self {
                Any::Text(raw) => Any::Number(raw),
                other => other,
            },
            b"arrayValue" | b"array_value" | b"kvlistValue" | b"kvlist_value" => Any::Other,
            b"bytesValue" | b"bytes_value" => Any::Other,
            _ => self,
        })
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
        match digits(raw) {
            Some(number) => Some(number),
            None => self
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
        hex(raw).unwrap_or_else(|| hash128(raw))
    }
}

/// A number of nothing but digits.
fn digits(raw: &[u8]) -> Option<u64> {
    // Fewer never overflow.
    if raw.is_empty() || raw.len() > 19 {
        let is_plain = raw.first().is_some_and(u8::is_ascii_digit);
        let text = std::str::from_utf8(raw).ok().filter(|_| is_plain);
        return text?.parse().ok();
    }
    let (mut number, mut is_wrong) = (0_u64, false);
    for byte in raw {
        let digit = byte.wrapping_sub(b'0');
        is_wrong |= digit > 9;
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    (!is_wrong).then_some(number)
}

/// What a byte is as a hexadecimal digit; [`NO_DIGIT`]: none.
const DIGITS: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let (lower, upper) = (b"0123456789abcdef", b"0123456789ABCDEF");
        values[lower[value as usize] as usize] = value;
        values[upper[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Marks a byte that is no digit: higher than each of them, in a bit that none has.
const NO_DIGIT: u8 = 16;

/// A number of at most 32 hexadecimal digits.
fn hex(raw: &[u8]) -> Option<u128> {
    let (upper, lower) = raw.split_at(raw.len().saturating_sub(16));
    let (mut seen, mut halves) = (0, [0_u64; 2]);
    for (half, part) in halves.iter_mut().zip([upper, lower]) {
        for byte in part {
            let digit = DIGITS[*byte as usize];
            seen |= digit;
            *half = *half << 4 | u64::from(digit & 15);
        }
    }
    (seen < NO_DIGIT).then_some(u128::from(halves[0]) << 64 | u128::from(halves[1]))
}

/// Calls `each` with the attributes of a list.
pub(super) fn attributes<'a>(
    cursor: &mut Cursor<'a>,
    mut each: impl FnMut(&'a [u8], Any<'a>),
) -> Result<(), Fault> {
    let value = cursor.value()?;
    if value != Value::List {
        return cursor.skip(value);
    }
    while cursor.item()? {
        if let Some((name, value)) = usual(cursor) {
            each(name, value);
            continue;
        }
        let value = cursor.value()?;
        if value != Value::Object {
            cursor.skip(value)?;
            continue;
        }
        let (mut name, mut value) = (b"".as_slice(), Any::Nothing);
        while let Some(key) = cursor.key()? {
            match_name!(key, {
                b"key" => name = Any::field(cursor)?.text(),
                b"value" => value = Any::wrapped(cursor)?,
                _ => cursor.skip_value()?,
            })
        }
        each(name, value);
    }
    Ok(())
}

/// The next attribute where it is written as nearly all are: `{"key":"k","value":{"stringValue":"v"}}`, without
/// blanks and with its value in quotes.
#[inline]
fn usual<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a [u8], Any<'a>)> {
    const PIECES: [(&[u8], usize); 3] =
        [(br#"{"key":""#, 5), (br#"","value":{""#, 7), (br#"":""#, 3)];
    let [name, kind, text] = cursor.between(&PIECES, (br#""}}"#, 3))?;
    Some((name, Any::Text(text).of_kind(kind)))
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
    use super::super::super::super::json::Index;
    use super::*;

    #[test]
    fn numbers_are_written_in_many_ways() {
        for (any, whole) in [
            (Any::Text(b"7"), Some(7)),
            (Any::Number(b"18446744073709551615"), Some(u64::MAX)),
            (
                Any::Number(b"9999999999999999999"),
                Some(9_999_999_999_999_999_999),
            ),
            (Any::Number(b"18446744073709551616"), None),
            (Any::Text(b"00000000000000000000007"), Some(7)),
            (Any::Text(b"+7"), Some(7)),
            (Any::Text(b"1:"), None),
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
    fn the_usual_shape_of_an_attribute_is_read_as_any_other() {
        let read = |text: &str| -> Option<Vec<(String, String)>> {
            let mut index = Index::default();
            index.of(text.as_bytes()).ok()?;
            let mut cursor = Cursor::new(text.as_bytes(), &index);
            let mut found = Vec::new();
            attributes(&mut cursor, |key, value| {
                found.push((String::from_utf8_lossy(key).into(), format!("{value:?}")));
            })
            .ok()?;
            cursor.end().ok()?;
            Some(found)
        };
        // What stands between the marks of the usual shape, and what makes it another one.
        let usual =
            r#"[{"key":"a\"b","value":{"stringValue":"x"}},{"key":"n","value":{"intValue":"7"}}]"#;
        let spaced = usual.replace("},{", "}, {").replace(":{", ": {");
        assert_eq!(read(usual), read(&spaced));
        assert_eq!(read(usual).map(|all| all.len()), Some(2));
        for text in [
            r#"[{"value":"key","key":{"stringValue":"x"}}]"#,
            r#"[{"key":"a","value":{"intValue":7}}]"#,
            r#"[{"value":{"stringValue":"x"},"key":"a"}]"#,
            r#"[{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}]"#,
            r#"[{"key":"a","value":{"bytesValue":"eA=="}}]"#,
            r#"[{"key":"a","other":{"stringValue":"x"}}]"#,
            "[]",
        ] {
            let spaced = text.replace("\":", "\" :");
            assert_eq!(read(text), read(&spaced), "{text}");
            assert!(read(text).is_some(), "{text}");
        }
        for broken in [
            r#"[{"key":"a","value":{"stringValue":"x"}}"#,
            r#"[{"key":"a","value":{"stringValue":"x"}}{"key":"a","value":{"stringValue":"x"}}]"#,
            r#"[{"key":"a","value":{"stringValue":"x"}]}"#,
            r#"[{"key":"a" "value":{"stringValue":"x"}}]"#,
            r#"[{"key":"a","value":{"stringValue" 1:"x"}}]"#,
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn ids_are_hex_in_either_case() {
        assert_eq!(Any::Text(b"EEE19B7EC3C1B174").id(), 0xeee1_9b7e_c3c1_b174);
        assert_eq!(
            Any::Text(b"5B8EFFF798038103D269B633813FC60C").id(),
            Any::Text(b"5b8efff798038103d269b633813fc60c").id()
        );
        assert_eq!(Any::Nothing.id(), 0);
        assert_eq!(Any::Text(b"1aF").id(), 0x1af);
        assert_eq!(
            Any::Text(b"0000000000000001000000000000000f").id(),
            (1 << 64) + 15
        );
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
