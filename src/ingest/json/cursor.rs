//! Walks an indexed text, value by value, and holds it against the grammar.

#![allow(clippy::inline_always)]

use super::{DEEPEST, Fault, Index, match_name};

/// A value, of which texts and numbers are still as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// The bytes between the quotes.
    Text(&'a [u8]),
    /// The digits of a number.
    Number(&'a [u8]),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// An object was entered: ask for its keys with [`Cursor::key`] until there is none.
    Object,
    /// A list was entered: ask for its items with [`Cursor::item`] until there is none.
    List,
}

impl<'a> Value<'a> {
    /// The bytes of a text.
    pub(crate) fn text(self) -> Option<&'a [u8]> {
        match self {
            Value::Text(raw) => Some(raw),
            _ => None,
        }
    }
}

/// A place in an indexed text. A copy looks ahead.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    positions: &'a [u32],
    /// The next position in the index.
    next: usize,
    /// Behind the last byte that was understood.
    at: usize,
    /// A container was just entered, so that no comma stands before what comes first.
    is_fresh: bool,
    depth: u32,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`, which `index` was made of.
    pub(crate) fn new(text: &'a [u8], index: &'a Index) -> Self {
        Self {
            text,
            positions: index.positions(),
            next: 0,
            at: 0,
            is_fresh: false,
            depth: 0,
        }
    }

    /// The next value. Of a container only the beginning is taken.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Fault> {
        match self.usual_text() {
            Some(text) => Ok(Value::Text(text)),
            None => self.any_value(),
        }
    }

    /// The next value where it is a text with no blanks before it. A quote here is outside of texts, so that it is the
    /// next mark of the index.
    #[inline(always)]
    fn usual_text(&mut self) -> Option<&'a [u8]> {
        if *self.text.get(self.at)? != b'"' {
            return None;
        }
        let close = *self.positions.get(self.next + 1)? as usize;
        let text = self.text.get(self.at + 1..close)?;
        self.next += 2;
        self.at = close + 1;
        Some(text)
    }

    /// The next value where it is a whole number that fits, with no blanks around it. Otherwise nothing is taken.
    #[inline]
    pub(crate) fn whole<T: TryFrom<u64>>(&mut self) -> Option<T> {
        let rest = self.text.get(self.at..)?;
        let (mut number, mut digits) = (0_u64, 0);
        let end = loop {
            let byte = *rest.get(digits)?;
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break byte;
            }
            number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
            digits += 1;
        };
        let is_number = digits == 1 || digits > 1 && rest[0] != b'0';
        if !is_number || !matches!(end, b',' | b'}' | b']') {
            return None;
        }
        let number = T::try_from(number).ok()?;
        self.at += digits;
        Some(number)
    }

    #[inline(never)]
    fn any_value(&mut self) -> Result<Value<'a>, Fault> {
        let place = self.place();
        if place > self.at && !self.is_blank(place) {
            return self.scalar(place);
        }
        match self.text.get(place) {
            Some(b'"') => Ok(Value::Text(self.string(place)?)),
            Some(b'{') => self.enter(place, Value::Object),
            Some(b'[') => self.enter(place, Value::List),
            Some(_) => Err(Fault::NotJson),
            None => Err(Fault::CutOff),
        }
    }

    /// The bytes of the next key of the object that was entered, as they were written; `None` at its
    /// end.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        match self.usual_key() {
            Some(key) => Ok(Some(key)),
            None => self.any_key(),
        }
    }

    /// The next key where there is one and no blanks stand around it. What stands here and behind the key is outside of
    /// texts: a comma, a quote or a colon is the next mark of the index.
    #[inline(always)]
    fn usual_key(&mut self) -> Option<&'a [u8]> {
        let here = self.text.get(self.at..)?;
        let comma = if self.is_fresh {
            (here.first() == Some(&b'"')).then_some(0)?
        } else {
            here.starts_with(b",\"").then_some(1)?
        };
        let close = *self.positions.get(self.next + comma + 1)? as usize;
        let key = self.text.get(self.at + comma + 1..close)?;
        if *self.text.get(close + 1)? != b':' {
            return None;
        }
        self.is_fresh = false;
        self.next += comma + 3;
        self.at = close + 2;
        Some(key)
    }

    #[inline(never)]
    fn any_key(&mut self) -> Result<Option<&'a [u8]>, Fault> {
        // What most calls are for: `has_more` would find it too, but later.
        if self.text.get(self.at) == Some(&b'}') {
            self.is_fresh = false;
            self.leave(self.at);
            return Ok(None);
        }
        if !self.has_more(b'}')? {
            return Ok(None);
        }
        let place = self.token()?;
        if self.text[place] != b'"' {
            return Err(Fault::NotJson);
        }
        let key = self.string(place)?;
        let place = self.token()?;
        if self.text[place] != b':' {
            return Err(Fault::NotJson);
        }
        self.pass(place);
        Ok(Some(key))
    }

    /// The texts of what comes next, if these pieces stand around them: what programs write again and again in one
    /// shape. Each piece ends with the quote before its text, and begins with the one behind the text before it; it
    /// comes with the number of marks in it. Otherwise nothing is taken.
    #[inline(always)]
    pub(crate) fn between<const TEXTS: usize>(
        &mut self,
        pieces: &[(&[u8], usize); TEXTS],
        (end, marks_in_end): (&[u8], usize),
    ) -> Option<[&'a [u8]; TEXTS]> {
        let mut texts = [b"".as_slice(); TEXTS];
        let (mut at, mut next) = (self.at, self.next);
        for ((piece, marks), text) in pieces.iter().zip(&mut texts) {
            if !self.text.get(at..)?.starts_with(piece) {
                return None;
            }
            let begin = at + piece.len();
            next += marks;
            at = *self.positions.get(next)? as usize;
            *text = self.text.get(begin..at)?;
        }
        if !self.text.get(at..)?.starts_with(end) {
            return None;
        }
        self.next = next + marks_in_end;
        self.at = at + end.len();
        self.is_fresh = false;
        Some(texts)
    }

    /// Whether the list that was entered has another item, which [`Cursor::value`] gives then.
    #[inline]
    pub(crate) fn item(&mut self) -> Result<bool, Fault> {
        self.has_more(b']')
    }

    /// Passes over what is left of a value, if it is a container that was entered.
    #[inline]
    pub(crate) fn skip(&mut self, value: Value<'a>) -> Result<(), Fault> {
        match value {
            Value::Object => self.skip_container(true),
            Value::List => self.skip_container(false),
            _ => Ok(()),
        }
    }

    /// Passes over the next value.
    #[inline]
    pub(crate) fn skip_value(&mut self) -> Result<(), Fault> {
        let value = self.value()?;
        self.skip(value)
    }

    /// Passes over what is left of a value that was just taken: it as it was written, of a text the bytes between
    /// the quotes.
    pub(crate) fn raw(&mut self, value: Value<'a>) -> Result<&'a [u8], Fault> {
        match value {
            Value::Text(raw) | Value::Number(raw) => Ok(raw),
            Value::Bool(_) | Value::Null => Ok(b""),
            Value::Object | Value::List => {
                let begin = self.at;
                self.skip(value)?;
                Ok(&self.text[begin..self.at])
            }
        }
    }

    /// How many bytes were understood.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// Makes sure that nothing follows.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        if self.next == self.positions.len() && self.is_blank(self.text.len()) {
            Ok(())
        } else {
            Err(Fault::NotJson)
        }
    }

    fn skip_container(&mut self, is_object: bool) -> Result<(), Fault> {
        // One bit a level: whether it is an object.
        let mut kinds = u128::from(is_object);
        let mut levels = 1;
        while levels > 0 {
            let has_value = if kinds & 1 == 1 {
                self.key()?.is_some()
            } else {
                self.item()?
            };
            if !has_value {
                levels -= 1;
                kinds >>= 1;
                continue;
            }
            let is_object = match self.value()? {
                Value::Object => true,
                Value::List => false,
                _ => continue,
            };
            levels += 1;
            kinds = kinds << 1 | u128::from(is_object);
        }
        Ok(())
    }

    #[inline]
    fn has_more(&mut self, close: u8) -> Result<bool, Fault> {
        let is_fresh = std::mem::take(&mut self.is_fresh);
        // With no blanks before it.
        match self.text.get(self.at) {
            Some(b',') if !is_fresh => {
                self.pass(self.at);
                return Ok(true);
            }
            Some(byte) if *byte == close => {
                self.leave(self.at);
                return Ok(false);
            }
            _ => {}
        }
        let place = self.place();
        let is_close = self.text.get(place) == Some(&close);
        // A number or a word alone in a list has no mark of its own before the bracket.
        if is_fresh && !(is_close && self.is_blank(place)) {
            return Ok(true);
        }
        self.token()?;
        if is_close {
            self.leave(place);
            return Ok(false);
        }
        self.pass(place);
        if self.text[place] == b',' {
            Ok(true)
        } else {
            Err(Fault::NotJson)
        }
    }

    fn enter(&mut self, place: usize, value: Value<'a>) -> Result<Value<'a>, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::TooDeep);
        }
        self.pass(place);
        self.is_fresh = true;
        Ok(value)
    }

    /// The string that begins at `place`.
    #[inline]
    fn string(&mut self, place: usize) -> Result<&'a [u8], Fault> {
        // The index holds both quotes of a string, since it refuses a text that ends within one.
        let close = *self.positions.get(self.next + 1).ok_or(Fault::CutOff)? as usize;
        self.next += 2;
        self.at = close + 1;
        Ok(&self.text[place + 1..close])
    }

    /// A number or a word, up to the mark at `place`.
    #[inline]
    fn scalar(&mut self, place: usize) -> Result<Value<'a>, Fault> {
        let raw = &self.text[self.at..place];
        self.at = place;
        if let Some(value) = plain(raw) {
            return Ok(value);
        }
        let raw = raw.trim_ascii();
        if let Some(value) = plain(raw) {
            return Ok(value);
        }
        if is_number(raw) {
            return Ok(Value::Number(raw));
        }
        let is_begun = matches!(raw.first(), Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n'));
        let is_cut = is_begun && place == self.text.len();
        Err(if is_cut {
            Fault::CutOff
        } else {
            Fault::NotJson
        })
    }

    /// The next mark; the end of the text if there is none.
    #[inline]
    fn place(&self) -> usize {
        self.positions
            .get(self.next)
            .map_or(self.text.len(), |p| *p as usize)
    }

    /// The next mark, before which only blanks stand.
    #[inline]
    fn token(&self) -> Result<usize, Fault> {
        let place = self.place();
        if place > self.at && !self.is_blank(place) {
            return Err(Fault::NotJson);
        }
        if place == self.text.len() {
            return Err(Fault::CutOff);
        }
        Ok(place)
    }

    /// Leaves the container that ends at `place`.
    #[inline]
    fn leave(&mut self, place: usize) {
        self.pass(place);
        self.depth -= 1;
    }

    #[inline]
    fn pass(&mut self, place: usize) {
        self.next += 1;
        self.at = place + 1;
    }

    #[inline]
    fn is_blank(&self, place: usize) -> bool {
        self.text[self.at..place]
            .iter()
            .all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
    }
}

/// A word, or a number of digits alone, of which the first is not 0.
#[inline]
fn plain(raw: &[u8]) -> Option<Value<'_>> {
    match_name!(raw, {
        b"true" => Some(Value::Bool(true)),
        b"false" => Some(Value::Bool(false)),
        b"null" => Some(Value::Null),
        _ => {
            let is_plain = raw.first() != Some(&b'0') && raw.iter().all(u8::is_ascii_digit);
            (is_plain && !raw.is_empty()).then_some(Value::Number(raw))
        },
    })
}

/// RFC 8259, section 6.
fn is_number(raw: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let text = raw.strip_prefix(b"-").unwrap_or(raw);
    let n = digits(text);
    if n == 0 || (n > 1 && text[0] == b'0') {
        return false;
    }
    let mut text = &text[n..];
    if let Some(fraction) = text.strip_prefix(b".") {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        text = &fraction[n..];
    }
    if let Some(exponent) = text.strip_prefix(b"e").or_else(|| text.strip_prefix(b"E")) {
        let exponent = exponent
            .strip_prefix(b"+")
            .or_else(|| exponent.strip_prefix(b"-"))
            .unwrap_or(exponent);
        let n = digits(exponent);
        return n > 0 && n == exponent.len();
    }
    text.is_empty()
}
