//! In which line a value of a JSON document stands. Asked only after a fault was found, so that
//! reading itself keeps no positions. Works on faulty text too.

use super::mend::count_lines;

/// Finds values in the elements of one list (or the one object) of a document. Elements are asked
/// for in order, so that all faults together cost one pass.
#[derive(Debug)]
pub(super) struct Locator<'a> {
    text: &'a [u8],
    /// Start of the element, its index and its line.
    at: usize,
    index: usize,
    line: u64,
    is_list: bool,
}

impl<'a> Locator<'a> {
    /// The elements of the list under `list` (keys from the outermost object inwards); if there is
    /// no list, the value there is the only element.
    pub(super) fn new(text: &'a [u8], list: &[&str]) -> Option<Self> {
        let mut at = skip_space(text, 0);
        for key in list {
            at = member(text, at, key)?;
        }
        let is_list = text.get(at) == Some(&b'[');
        if is_list {
            at = skip_space(text, at + 1);
        }
        Some(Self {
            text,
            at,
            index: 0,
            line: 1 + count_lines(text.get(..at)?),
            is_list,
        })
    }

    /// The line of a value in an element, from 1; of the element itself if `keys` is empty.
    pub(super) fn line(&mut self, index: usize, keys: &[&str]) -> Option<u64> {
        if !self.is_list && index > 0 || index < self.index {
            return None;
        }
        while self.index < index {
            let end = skip_space(self.text, end_of_value(self.text, self.at)?);
            if self.text.get(end) != Some(&b',') {
                return None;
            }
            let next = skip_space(self.text, end + 1);
            self.line += count_lines(self.text.get(self.at..next)?);
            (self.at, self.index) = (next, self.index + 1);
        }
        let mut at = self.at;
        for key in keys {
            at = member(self.text, at, key)?;
        }
        Some(self.line + count_lines(self.text.get(self.at..at)?))
    }
}

/// Start of the value of `key` in the object that starts at `at`.
fn member(text: &[u8], at: usize, key: &str) -> Option<usize> {
    if text.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = skip_space(text, at + 1);
    loop {
        if text.get(at) != Some(&b'"') {
            return None;
        }
        let end = end_of_string(text, at)?;
        let is_it = &text[at + 1..end - 1] == key.as_bytes();
        let colon = skip_space(text, end);
        if text.get(colon) != Some(&b':') {
            return None;
        }
        let value = skip_space(text, colon + 1);
        if is_it {
            return Some(value);
        }
        let next = skip_space(text, end_of_value(text, value)?);
        if text.get(next) != Some(&b',') {
            return None;
        }
        at = skip_space(text, next + 1);
    }
}

pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// Behind the string that starts at `at`.
pub(super) fn end_of_string(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Behind the value that starts at `at`.
pub(super) fn end_of_value(text: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_u64;
    let mut at = at;
    loop {
        match text.get(at)? {
            b'"' => at = end_of_string(text, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            b',' if depth == 0 => return Some(at),
            _ => at += 1,
        }
        if depth == 0 && matches!(text.get(at - 1)?, b'"' | b'}' | b']') {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &[u8] = br#"{
 "x": {"list": [0]}, "s": "a \" }",
 "list": [
  {"a": 1,
   "b": {"c": [1, {"d": 2}],
    "e": NaN}},
  7, "x, }", [1,
  2],
  {"a": 1,
   "b": {"e": "#;

    #[test]
    fn lines_of_values() {
        let mut locator = Locator::new(TEXT, &["list"]).unwrap();
        assert_eq!(locator.line(0, &[]), Some(4));
        assert_eq!(locator.line(0, &["b", "e"]), Some(6));
        assert_eq!(locator.line(0, &["z"]), None);
        assert_eq!(locator.line(3, &[]), Some(7));
        assert_eq!(locator.line(4, &["b"]), Some(10));
        assert_eq!(locator.line(4, &["c"]), None);
        assert_eq!(locator.line(5, &[]), None);
        let mut whole = Locator::new(TEXT, &[]).unwrap();
        assert_eq!(whole.line(0, &["s"]), Some(2));
        assert_eq!(whole.line(1, &[]), None);
        assert!(Locator::new(b"", &["list"]).is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in proptest::collection::vec(
            proptest::sample::select(b"{}[]\",:a\\ \n1".to_vec()), 0..60)) {
            for list in [&[][..], &["a"]] {
                if let Some(mut locator) = Locator::new(&text, list) {
                    for index in 0..3 {
                        let line = locator.line(index, &["a"]);
                        let all = 1 + count_lines(&text);
                        proptest::prop_assert!(line.is_none_or(|line| line <= all));
                    }
                }
            }
        }
    }
}
