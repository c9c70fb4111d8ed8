//! The skeleton of a document: what stands between its scalars, byte for byte.
//!
//! Documents that one program writes mostly differ in their scalars alone. Where what stands between them is known from
//! one that was parsed, the next ones need no parser: it is compared, and only scalars are looked at. A document that
//! is in the least different is none of this skeleton.

use std::borrow::Cow;
use std::ops::Range;

use super::Field;
use super::locate::{end_of_string, skip_space};

/// Documents beyond this many bytes are not looked through for a skeleton.
const LARGEST: usize = 1 << 20;

/// How deep containers may lie in each other.
const DEEPEST: usize = 32;

/// A step on the way to a scalar, from the outside to the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) enum Step {
    /// The value under a key of an object.
    Key(String),
    /// An item of a list.
    Item,
}

/// A text with holes for scalars: one more piece than there are holes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Skeleton(Vec<Box<[u8]>>);

/// A document whose records are the items of one list, all with one skeleton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ingest) struct Sheet {
    head: Skeleton,
    item: Skeleton,
    between: Box<[u8]>,
    tail: Skeleton,
    /// Where the scalars outside of the list stand.
    pub(in crate::ingest) outer: Vec<Vec<Step>>,
    /// Where those of an item stand, seen from the item.
    pub(in crate::ingest) inner: Vec<Vec<Step>>,
}

impl Skeleton {
    /// Of a part of a text with scalars at these places.
    fn of(text: &[u8], part: Range<usize>, holes: impl Iterator<Item = Range<usize>>) -> Self {
        let mut pieces = Vec::new();
        let mut at = part.start;
        for hole in holes {
            pieces.push(text[at..hole.start].into());
            at = hole.end;
        }
        pieces.push(text[at..part.end].into());
        Self(pieces)
    }

    /// The scalars of the text from `at` on, and where it ends.
    fn fill<'t>(&self, text: &'t [u8], mut at: usize, holes: &mut Vec<Field<'t>>) -> Option<usize> {
        let (last, pieces) = self.0.split_last()?;
        for piece in pieces {
            at = pass(text, at, piece)?;
            let (scalar, end) = scalar(text, at)?;
            holes.push(scalar);
            at = end;
        }
        pass(text, at, last)
    }
}

impl Sheet {
    /// Of a document that was parsed, whose records are the items of the list under `key`. `None` where there are
    /// fewer than two, or the text is none that a skeleton would fit.
    pub(in crate::ingest) fn of(text: &[u8], key: &str) -> Option<Self> {
        if text.len() > LARGEST {
            return None;
        }
        let mut walk = Walk {
            text,
            key,
            path: Vec::new(),
            scalars: Vec::new(),
            items: Vec::new(),
        };
        walk.value(0)?;
        let (first, second, last) = (
            walk.items.first()?.clone(),
            walk.items.get(1)?.clone(),
            walk.items.last()?.clone(),
        );
        let within = |part: Range<usize>| {
            let is_within = move |place: &&(Range<usize>, Vec<Step>)| {
                part.start <= place.0.start && place.0.end <= part.end
            };
            walk.scalars.iter().filter(is_within)
        };
        let skeleton = |part: Range<usize>| {
            let holes = within(part.clone()).map(|(place, _)| place.clone());
            Skeleton::of(text, part, holes)
        };
        let (before, behind) = (0..first.start, last.end..text.len());
        let outside = within(before.clone()).chain(within(behind.clone()));
        Some(Self {
            outer: outside.map(|(_, path)| path.clone()).collect(),
            // Behind the key of the list and the item.
            inner: within(first.clone())
                .map(|(_, path)| path.get(2..).unwrap_or_default().to_vec())
                .collect(),
            head: skeleton(before),
            between: text[first.end..second.start].into(),
            item: skeleton(first),
            tail: skeleton(behind),
        })
    }

    /// Shows `each` the scalars of one item after the other, and gives those outside of the list. `None` where the
    /// document has another skeleton, or `each` does not want it.
    pub(in crate::ingest) fn read<'t>(
        &self,
        text: &'t [u8],
        mut each: impl FnMut(&mut Vec<Field<'t>>) -> Option<()>,
    ) -> Option<Vec<Field<'t>>> {
        let mut outside = Vec::with_capacity(self.outer.len());
        let mut holes = Vec::with_capacity(self.inner.len());
        let mut at = self.head.fill(text, 0, &mut outside)?;
        loop {
            holes.clear();
            at = self.item.fill(text, at, &mut holes)?;
            each(&mut holes)?;
            match pass(text, at, &self.between) {
                Some(next) => at = next,
                None => break,
            }
        }
        let end = self.tail.fill(text, at, &mut outside)?;
        text[end..].trim_ascii().is_empty().then_some(outside)
    }
}

fn pass(text: &[u8], at: usize, piece: &[u8]) -> Option<usize> {
    text[at..].starts_with(piece).then(|| at + piece.len())
}

/// The scalar that begins at `at`, and where it ends. Texts with an escape are none.
fn scalar(text: &[u8], at: usize) -> Option<(Field<'_>, usize)> {
    match text.get(at)? {
        b'"' => {
            let begin = at + 1;
            let end = begin + memchr::memchr(b'"', &text[begin..])?;
            let raw = &text[begin..end];
            // All of them, which takes less than to stop at the first.
            let is_plain = |plain: bool, b: &u8| plain & (*b != b'\\') & (*b >= b' ');
            if !raw.iter().fold(true, is_plain) {
                return None;
            }
            let text = std::str::from_utf8(raw).ok()?;
            Some((Field::Text(Cow::Borrowed(text)), end + 1))
        }
        b't' => Some((Field::Bool(true), pass(text, at, b"true")?)),
        b'f' => Some((Field::Bool(false), pass(text, at, b"false")?)),
        b'n' => Some((Field::Nothing, pass(text, at, b"null")?)),
        _ => number(text, at),
    }
}

/// Powers of ten that a float holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// So many digits are a whole number of 64 bits.
const MOST_DIGITS: usize = 18;

/// The number that begins at `at` (RFC 8259, section 6), and where it ends. Whole numbers of more than 18 digits are
/// none.
#[allow(clippy::cast_precision_loss)] // as a parser rounds them
fn number(text: &[u8], at: usize) -> Option<(Field<'_>, usize)> {
    let is_negative = text[at] == b'-';
    let begin = at + usize::from(is_negative);
    let mut digits = Digits {
        text,
        at: begin,
        value: 0,
    };
    let whole = digits.take();
    if whole == 0 || (whole > 1 && text[begin] == b'0') {
        return None;
    }
    let signed = |value: f64| if is_negative { -value } else { value };
    let mut fraction = 0;
    if text.get(digits.at) == Some(&b'.') {
        digits.at += 1;
        fraction = digits.take();
        if fraction == 0 {
            return None;
        }
    }
    let is_short = whole + fraction <= MOST_DIGITS;
    let value = digits.value;
    if matches!(text.get(digits.at), Some(b'e' | b'E')) {
        digits.at += 1;
        digits.at += usize::from(matches!(text.get(digits.at), Some(b'+' | b'-')));
        if digits.take() == 0 {
            return None;
        }
    } else if fraction == 0 {
        // Minus nothing is no whole number to a parser.
        return (is_short && !(is_negative && value == 0))
            .then(|| (Field::Whole(signed(value as f64)), digits.at));
    } else if is_short && value <= 1 << f64::MANTISSA_DIGITS {
        // A quotient of two floats that are exact is rounded once.
        let value = signed(value as f64 / TENS[fraction]);
        return Some((Field::Number(value), digits.at));
    }
    let raw = std::str::from_utf8(&text[at..digits.at]).ok()?;
    let value: f64 = raw.parse().ok()?;
    value
        .is_finite()
        .then_some((Field::Number(value), digits.at))
}

/// Digits one after the other.
struct Digits<'t> {
    text: &'t [u8],
    at: usize,
    /// The number that they are, as long as it is one of 64 bits.
    value: u64,
}

impl Digits<'_> {
    /// How many there are.
    fn take(&mut self) -> usize {
        let begin = self.at;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            self.value = (self.value.wrapping_mul(10)).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - begin
    }
}

/// Looks for the scalars of a text that was parsed.
struct Walk<'t> {
    text: &'t [u8],
    /// The key of the list whose items are records.
    key: &'t str,
    path: Vec<Step>,
    scalars: Vec<(Range<usize>, Vec<Step>)>,
    items: Vec<Range<usize>>,
}

impl Walk<'_> {
    /// Walks the value that begins at `at` or behind the blanks there. Where it ends.
    fn value(&mut self, at: usize) -> Option<usize> {
        let begin = skip_space(self.text, at);
        match self.text.get(begin)? {
            b'{' | b'[' if self.path.len() == DEEPEST => None,
            b'{' => self.object(begin + 1),
            b'[' => self.list(begin + 1),
            _ => {
                let (_, end) = scalar(self.text, begin)?;
                self.scalars.push((begin..end, self.path.clone()));
                Some(end)
            }
        }
    }

    fn object(&mut self, mut at: usize) -> Option<usize> {
        loop {
            let begin = skip_space(self.text, at);
            if self.text.get(begin) == Some(&b'}') {
                return Some(begin + 1);
            }
            let end = end_of_string(self.text, begin)?;
            let key = std::str::from_utf8(self.text.get(begin + 1..end - 1)?).ok()?;
            if key.contains('\\') {
                return None;
            }
            self.path.push(Step::Key(key.to_owned()));
            let colon = skip_space(self.text, end);
            let end = self.value(colon + 1)?;
            self.path.pop();
            at = self.behind_comma(end, b'}')?;
        }
    }

    fn list(&mut self, mut at: usize) -> Option<usize> {
        let is_of_records = matches!(self.path.as_slice(), [Step::Key(key)] if key == self.key);
        self.path.push(Step::Item);
        loop {
            let begin = skip_space(self.text, at);
            if self.text.get(begin) == Some(&b']') {
                self.path.pop();
                return Some(begin + 1);
            }
            let end = self.value(begin)?;
            if is_of_records {
                self.items.push(begin..end);
            }
            at = self.behind_comma(end, b']')?;
        }
    }

    /// Behind the comma that follows, or at the bracket that closes the container.
    fn behind_comma(&self, at: usize, close: u8) -> Option<usize> {
        let next = skip_space(self.text, at);
        match self.text.get(next)? {
            b',' => Some(next + 1),
            other if *other == close => Some(next),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = r#"{"at": 1.5, "list": [
  {"a": 1, "b": {"c": [true, null]}, "d": "x"},
  {"a": -2.25, "b": {"c": [false, 7e3]}, "d": "ü"}
], "end": []}
"#;

    fn read<'t>(sheet: &Sheet, text: &'t str) -> Option<(Vec<Field<'t>>, Vec<Vec<Field<'t>>>)> {
        let mut items = Vec::new();
        let outside = sheet.read(text.as_bytes(), |holes| {
            items.push(std::mem::take(holes));
            Some(())
        })?;
        Some((outside, items))
    }

    #[test]
    fn scalars_of_a_document_with_the_same_skeleton() {
        let sheet = Sheet::of(TEXT.as_bytes(), "list").unwrap();
        let key = |key: &str| Step::Key(key.into());
        assert_eq!(sheet.outer, [[key("at")]]);
        let of_list = vec![key("b"), key("c"), Step::Item];
        assert_eq!(
            sheet.inner,
            [vec![key("a")], of_list.clone(), of_list, vec![key("d")]]
        );
        let (outside, items) = read(&sheet, TEXT).unwrap();
        assert_eq!(outside, [Field::Number(1.5)]);
        let text = |text| Field::Text(Cow::Borrowed(text));
        assert_eq!(
            items,
            [
                vec![
                    Field::Whole(1.0),
                    Field::Bool(true),
                    Field::Nothing,
                    text("x")
                ],
                vec![
                    Field::Number(-2.25),
                    Field::Bool(false),
                    Field::Number(7e3),
                    text("ü")
                ],
            ]
        );
    }

    #[test]
    fn any_other_document_is_none_of_it() {
        let sheet = Sheet::of(TEXT.as_bytes(), "list").unwrap();
        for (from, to) in [
            ("\"a\": 1", "\"a\": \"1\\n\""),
            ("\"a\": 1", "\"a\": 01"),
            ("\"a\": 1", "\"a\":1"),
            ("\"a\": 1", "\"A\": 1"),
            ("\"a\": 1", "\"a\": {}"),
            ("\"end\": []", "\"end\": [1]"),
            ("7e3", "7e999"),
            ("7e3", "7e"),
            ("7e3", "NaN"),
            ("[]}\n", "[]}\n{"),
            ("[]}\n", "[]"),
        ] {
            assert!(TEXT.contains(from));
            assert_eq!(read(&sheet, &TEXT.replace(from, to)), None, "{to}");
        }
        for short in ["{}", r#"{"list": [{"a": 1}]}"#, "[1, 2]", ""] {
            assert_eq!(Sheet::of(short.as_bytes(), "list"), None);
        }
    }

    proptest! {
        /// What a skeleton takes for a number is what the parser takes for it, to the last bit.
        #[test]
        fn numbers_are_those_of_the_parser(
            text in prop_oneof![
                "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
                "[-+.eE0-9]{1,8}",
                any::<f64>().prop_map(|n| n.to_string()),
                (0_u32..100_000, 1_usize..9).prop_map(|(n, d)| format!("{}.{n:0d$}", n / 7)),
            ]
        ) {
            let whole = number(text.as_bytes(), 0).filter(|(_, end)| *end == text.len());
            if let Some((ours, _)) = whole {
                let theirs: Field<'_> = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(ours, theirs);
            }
        }
    }
}
