//! Where a row of CSV ends: a quoted field may hold line breaks (RFC 4180).
//!
//! A quote opens a field only where the field begins; anywhere else it is a character like any other (`3.5" disk`).
//! Where a field that was opened finds no end, its quote was no such quote: the row is its first line alone, and the
//! lines that were looked through for the end are rows of their own.

use std::collections::VecDeque;
use std::io;

use super::super::super::Input;

/// Lines that a row may have.
const MOST_LINES: usize = 10_000;
/// Bytes of such a row.
const MOST_BYTES: usize = 16 << 20;
/// Lines of a file that are looked through in vain; then a row ends with its line.
const MOST_IN_VAIN: usize = 1_000_000;

/// The rows of a file, one after another.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Lines that were looked at and belong to rows to come.
    ahead: VecDeque<(u64, Vec<u8>)>,
    in_vain: usize,
}

impl Rows {
    /// Puts the next row into `text`, and says on which line it begins. Between fields stands one of `delimiters`.
    pub(super) fn next(
        &mut self,
        input: &mut Input<'_>,
        delimiters: &[char],
        text: &mut Vec<u8>,
    ) -> io::Result<Option<u64>> {
        text.clear();
        let Some((first, line)) = self.line(input, 0)? else {
            return Ok(None);
        };
        text.extend_from_slice(line);
        let mut place = Place::Begin;
        place.go_on(text, delimiters);
        let is_object = text.trim_ascii_start().starts_with(b"{");
        let mut lines = 1;
        while place == Place::Quoted && !is_object && self.in_vain < MOST_IN_VAIN {
            let Some((_, line)) = self.line(input, lines)? else {
                break;
            };
            place.go_on(b"\n", delimiters);
            place.go_on(line, delimiters);
            text.push(b'\n');
            text.extend_from_slice(line);
            lines += 1;
            if lines > MOST_LINES || text.len() > MOST_BYTES {
                break;
            }
        }
        if lines > 1 && matches!(place, Place::Quoted | Place::Broken) {
            self.in_vain += lines;
            lines = 1;
            let end = memchr::memchr(b'\n', text);
            text.truncate(end.unwrap_or(text.len()));
        }
        self.ahead.drain(..lines.min(self.ahead.len()));
        Ok(Some(first))
    }

    /// The line that lies so far ahead.
    fn line(&mut self, input: &mut Input<'_>, ahead: usize) -> io::Result<Option<(u64, &[u8])>> {
        if ahead == self.ahead.len() {
            let Some((number, line)) = input.next_line()? else {
                return Ok(None);
            };
            self.ahead.push_back((number, line.to_vec()));
        }
        let line = self.ahead.get(ahead);
        Ok(line.map(|(number, line)| (*number, line.as_slice())))
    }
}

/// Where in a row its text has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// Before the first character of a field.
    Begin,
    /// In a field without quotes.
    Plain,
    /// Within quotes.
    Quoted,
    /// Behind the quotes of a field.
    Behind,
    /// Something follows the quotes of a field.
    Broken,
}

impl Place {
    /// Goes on over a line.
    fn go_on(&mut self, line: &[u8], delimiters: &[char]) {
        let mut bytes = line.iter().peekable();
        while let Some(byte) = bytes.next() {
            let is_delimiter = delimiters.contains(&char::from(*byte));
            *self = match (*self, byte) {
                (Place::Quoted, b'"') => match bytes.next_if_eq(&&b'"') {
                    Some(_) => Place::Quoted,
                    None => Place::Behind,
                },
                (Place::Quoted, _) => Place::Quoted,
                (Place::Broken, _) => return,
                (_, _) if is_delimiter => Place::Begin,
                (Place::Begin, b'"') => Place::Quoted,
                (Place::Begin | Place::Behind, byte) if byte.is_ascii_whitespace() => *self,
                (Place::Behind, _) => Place::Broken,
                (_, _) => Place::Plain,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(u64, &str)]) {
        let zone = jiff::tz::TimeZone::UTC;
        let mut input = Input::of_bytes(0, "x", text.as_bytes(), &zone);
        let (mut rows, mut row) = (Rows::default(), Vec::new());
        let mut found = Vec::new();
        while let Some(line) = rows.next(&mut input, &[','], &mut row).unwrap() {
            found.push((line, String::from_utf8(row.clone()).unwrap()));
        }
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, t)| (*n, (*t).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn line_breaks_in_quotes() {
        check("a,\"b\nc\",d\ne\n", &[(1, "a,\"b\nc\",d"), (3, "e")]);
        check(
            "\"a\n\"\"b\n\" ,c\nd",
            &[(1, "\"a\n\"\"b\n\" ,c"), (4, "d")],
        );
        check("\"a\n\nb\"\n", &[(1, "\"a\n\nb\"")]);
    }

    #[test]
    fn a_quote_within_a_field_opens_nothing() {
        check("a,3.5\" disk\nb,c\n", &[(1, "a,3.5\" disk"), (2, "b,c")]);
        check("a\"\nb\"\n", &[(1, "a\""), (2, "b\"")]);
    }

    #[test]
    fn a_field_without_an_end_costs_its_first_line() {
        check("a,\"b\nc\nd", &[(1, "a,\"b"), (2, "c"), (3, "d")]);
        // The quote of line 3 opens a field there, and ends none of line 1.
        check(
            "a,\"b\nc\nd,\"e\nf\"\ng",
            &[(1, "a,\"b"), (2, "c"), (3, "d,\"e\nf\""), (5, "g")],
        );
        check("{\"a\": \"b\n{}", &[(1, "{\"a\": \"b"), (2, "{}")]);
    }

    #[test]
    fn a_row_has_a_limit() {
        let text = format!("a,\"b\n{}c\"\n", "x\n".repeat(MOST_LINES));
        let zone = jiff::tz::TimeZone::UTC;
        let mut input = Input::of_bytes(0, "x", text.as_bytes(), &zone);
        let (mut rows, mut row) = (Rows::default(), Vec::new());
        let mut count = 0;
        while rows.next(&mut input, &[','], &mut row).unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, MOST_LINES + 2);
    }
}
