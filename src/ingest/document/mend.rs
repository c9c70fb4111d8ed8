//! Makes faulty JSON readable where what is meant is beyond doubt, and says what it did.

use serde::de::IgnoredAny;

use super::Mended;
use crate::place::ProblemKind;

/// What is said of a document that ends too early.
pub(super) const CUT_OFF: &str = "cut off in the middle of a value";
/// Why bytes were replaced.
pub(super) const INVALID_UTF8: &str = "invalid UTF-8";

const NOT_FINITE: &str = "not a finite number";
/// The deepest container whose elements are kept.
const DEEPEST: usize = 4;
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Writes a readable version of `bytes` into `out`; `None` if there is none.
///
/// Numbers that are not finite become `null`. A document that is cut off, or is no JSON from some
/// point on, is closed behind the last complete element of the container at depth `records_at`.
pub(super) fn mend(bytes: &[u8], records_at: usize, out: &mut Vec<u8>) -> Option<Vec<Mended>> {
    let (text, mut faults) = as_utf8(bytes);
    let mut pass = Pass::new(&text, records_at);
    let is_closed = pass.run(text.len());
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&pass.out) {
        // Also a document that ends well may break in the middle.
        let cut = if error.is_eof() {
            text.len()
        } else {
            offset(&pass, error.line(), error.column())
        };
        let reason = if is_closed || !error.is_eof() {
            "not JSON from here on"
        } else {
            CUT_OFF
        };
        pass.faults.retain(|f| f.line <= error.line() as u64);
        pass.close_before(cut, reason, error.line() as u64)?;
    }
    faults.append(&mut pass.faults);
    faults.sort_by_key(|f| f.line);
    *out = pass.out;
    Some(faults)
}

/// Writes a readable version of a text that ends well but holds values that cannot be read; `None` if that is not what is
/// wrong with it.
pub(super) fn mend_values(bytes: &[u8], out: &mut Vec<u8>) -> Option<Vec<Mended>> {
    let (text, mut faults) = as_utf8(bytes);
    let mut pass = Pass::new(&text, 1);
    pass.run(text.len());
    serde_json::from_slice::<IgnoredAny>(&pass.out).ok()?;
    faults.append(&mut pass.faults);
    *out = pass.out;
    Some(faults)
}

/// The text with what is no UTF-8 replaced, one fault for each line.
pub(super) fn as_utf8(bytes: &[u8]) -> (std::borrow::Cow<'_, [u8]>, Vec<Mended>) {
    if std::str::from_utf8(bytes).is_ok() {
        return (bytes.into(), Vec::new());
    }
    let mut faults: Vec<Mended> = Vec::new();
    let mut line = 1;
    for chunk in bytes.utf8_chunks() {
        line += count_lines(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() && faults.last().is_none_or(|f| f.line != line) {
            faults.push(Mended {
                line,
                kind: ProblemKind::Value,
                reason: INVALID_UTF8,
            });
        }
    }
    let text = String::from_utf8_lossy(bytes).into_owned().into_bytes();
    (text.into(), faults)
}

/// The number of line breaks.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Where in the output an error of the parser lies.
fn offset(pass: &Pass<'_>, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        n => memchr::memchr_iter(b'\n', &pass.out)
            .nth(n - 2)
            .map_or(pass.out.len(), |at| at + 1),
    };
    start + column.saturating_sub(1)
}

/// One pass over a document that copies it.
struct Pass<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    out: Vec<u8>,
    /// Closing brackets of the containers that are open.
    open: Vec<u8>,
    records_at: usize,
    /// Ends in `out` of complete elements at that depth, and what was open there.
    complete: Vec<(usize, [u8; DEEPEST])>,
    faults: Vec<Mended>,
}

impl<'a> Pass<'a> {
    fn new(text: &'a [u8], records_at: usize) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            out: Vec::with_capacity(text.len() + 16),
            open: Vec::new(),
            records_at: records_at.min(DEEPEST),
            complete: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Copies up to `end`; whether the document is closed there.
    fn run(&mut self, end: usize) -> bool {
        while self.at < end {
            let byte = self.text[self.at];
            match byte {
                b'"' => self.string(),
                b'{' | b'[' => {
                    self.open.push(if byte == b'{' { b'}' } else { b']' });
                    self.copy(1);
                }
                b'}' | b']' => {
                    self.copy(1);
                    if self.close() {
                        return true;
                    }
                }
                b'N' | b'I' | b'-' | b'0'..=b'9' => self.number(),
                _ => self.copy(1),
            }
        }
        false
    }

    fn copy(&mut self, n: usize) {
        let copied = &self.text[self.at..self.at + n];
        self.line += count_lines(copied);
        self.out.extend_from_slice(copied);
        self.at += n;
    }

    fn string(&mut self) {
        self.copy(1);
        while self.at < self.text.len() {
            match self.text[self.at] {
                b'"' => return self.copy(1),
                b'\\' if self.text[self.at + 1..].starts_with(b"u") => self.escape(),
                b'\\' => self.copy(2.min(self.text.len() - self.at)),
                _ => self.copy(1),
            }
        }
    }

    /// A `\u` escape; half a surrogate pair, as cut texts have it, is replaced.
    fn escape(&mut self) {
        let rest = &self.text[self.at..];
        let first = code_unit(rest);
        let second = rest.get(6..).and_then(code_unit);
        match (first, second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => self.copy(12),
            (Some(0xd800..=0xdfff), _) => {
                self.out.extend_from_slice(REPLACEMENT);
                self.at += 6;
            }
            _ => self.copy(2),
        }
    }

    /// A number, or a word that stands for one.
    fn number(&mut self) {
        let rest = &self.text[self.at..];
        let word = [&b"NaN"[..], b"Infinity", b"-Infinity"]
            .into_iter()
            .find(|word| rest.starts_with(word));
        let length = word.map_or_else(|| number_length(rest), <[u8]>::len);
        let is_finite = word.is_none()
            && std::str::from_utf8(&rest[..length])
                .ok()
                .and_then(|text| text.parse::<f64>().ok())
                .is_none_or(f64::is_finite);
        if is_finite {
            return self.copy(length);
        }
        self.at += length;
        self.out.extend_from_slice(b"null");
        self.fault(ProblemKind::Value, NOT_FINITE);
    }

    /// Notes that a container ended; whether it was the outermost.
    fn close(&mut self) -> bool {
        self.open.pop();
        if self.open.len() == self.records_at {
            let mut open = [0; DEEPEST];
            open[..self.open.len()].copy_from_slice(&self.open);
            self.complete.push((self.out.len(), open));
        }
        if !self.open.is_empty() {
            return false;
        }
        if !self.text[self.at..].trim_ascii().is_empty() {
            self.fault(ProblemKind::Skipped, "text behind the end of the document");
        }
        true
    }

    /// Cuts the output behind the last element that ends before `cut`, and closes it.
    fn close_before(&mut self, cut: usize, reason: &'static str, line: u64) -> Option<()> {
        let n = self.complete.partition_point(|(end, _)| *end <= cut);
        let (end, open) = *self.complete[..n].last()?;
        self.out.truncate(end);
        self.out.extend(open.iter().rev().filter(|b| **b != 0));
        self.faults.push(Mended {
            line,
            kind: ProblemKind::Skipped,
            reason,
        });
        Some(())
    }

    fn fault(&mut self, kind: ProblemKind, reason: &'static str) {
        self.faults.push(Mended {
            line: self.line,
            kind,
            reason,
        });
    }
}

fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// How long the number is; at least 1, so that a stray letter is passed over.
fn number_length(text: &[u8]) -> usize {
    text.iter()
        .take_while(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
        .count()
        .max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mended(text: &[u8], records_at: usize) -> Option<(String, Vec<(u64, &'static str)>)> {
        let mut out = Vec::new();
        let faults = mend(text, records_at, &mut out)?;
        let faults = faults.into_iter().map(|f| (f.line, f.reason)).collect();
        Some((String::from_utf8(out).unwrap(), faults))
    }

    #[test]
    fn what_is_meant_is_kept_and_the_rest_is_named() {
        for (text, expected, faults) in [
            (
                &b"[NaN,\n-Infinity, 1e999, \"NaN\"]"[..],
                "[null,\nnull, null, \"NaN\"]",
                vec![(1, NOT_FINITE), (2, NOT_FINITE), (2, NOT_FINITE)],
            ),
            (
                b"{\"a\": \"x\xff\xffy\"}",
                "{\"a\": \"x\u{fffd}\u{fffd}y\"}",
                vec![(1, "invalid UTF-8")],
            ),
            (
                br#"["\ud83d", "\ud83d\ude00"]"#,
                "[\"\u{fffd}\", \"\\ud83d\\ude00\"]",
                vec![],
            ),
            (
                b"{} \n x",
                "{}",
                vec![(1, "text behind the end of the document")],
            ),
            (
                b"{\"l\": [{\"a\": [1]},\n{\"a\": [2]}, {\"a\": [3",
                "{\"l\": [{\"a\": [1]},\n{\"a\": [2]}]}",
                vec![(2, CUT_OFF)],
            ),
            (
                b"{\"l\": [{\"a\": 1},\n{\"a\": ?}, {\"a\": 3}]}",
                "{\"l\": [{\"a\": 1}]}",
                vec![(2, "not JSON from here on")],
            ),
        ] {
            assert_eq!(
                mended(text, 2),
                Some((expected.to_owned(), faults)),
                "{text:?}"
            );
        }
        assert_eq!(mended(b"[{\"a\": 1}, {\"a", 1).unwrap().0, "[{\"a\": 1}]");
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        for text in [
            &b"{\"l\": [{\"a\": 1"[..],
            b"\x00\x01\xff",
            b"{\"l\": {",
            b"",
            b"\"\\",
            b"[\"\\u",
        ] {
            assert_eq!(mended(text, 2), None, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_mended_is_json(text in "[\\[\\]{}\",:aN\\\\u1 \\n]{0,40}", depth in 1_usize..3) {
            if let Some((out, _)) = mended(text.as_bytes(), depth) {
                proptest::prop_assert!(serde_json::from_str::<IgnoredAny>(&out).is_ok());
            }
        }
    }
}
