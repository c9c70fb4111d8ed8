//! What the first bytes of a file tell about its shape, for detection.

use super::locate::{end_of_string, end_of_value, skip_space};

/// Keys of the outermost object as far as `bytes` shows them, at most `MOST`; none if it is no
/// object.
pub(in crate::ingest) fn keys(bytes: &[u8]) -> Vec<&[u8]> {
    keys_until(bytes, |_| false)
}

/// The same up to a key that is enough.
pub(in crate::ingest) fn keys_until<'b>(
    bytes: &'b [u8],
    mut is_enough: impl FnMut(&'b [u8]) -> bool,
) -> Vec<&'b [u8]> {
    let mut keys = Vec::new();
    for (key, _) in members(bytes) {
        keys.push(key);
        if is_enough(key) {
            break;
        }
    }
    keys
}

/// The same keys, each with the text from its value on, of which the end may be missing.
pub(in crate::ingest) fn members(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    const MOST: usize = 64;
    let open = skip_space(bytes, 0);
    let is_object = bytes.get(open) == Some(&b'{');
    let mut at = is_object.then(|| skip_space(bytes, open + 1));
    std::iter::from_fn(move || {
        let begin = at.take()?;
        if bytes.get(begin) != Some(&b'"') {
            return None;
        }
        let end = end_of_string(bytes, begin)?;
        let colon = skip_space(bytes, end);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let value = skip_space(bytes, colon + 1);
        at = end_of_value(bytes, value)
            .map(|end| skip_space(bytes, end))
            .filter(|next| bytes.get(*next) == Some(&b','))
            .map(|next| skip_space(bytes, next + 1));
        Some((&bytes[begin + 1..end - 1], &bytes[value..]))
    })
    .take(MOST)
}

/// The outermost object of a text, or the first of a list; whether it is complete does not matter.
pub(in crate::ingest) fn object_in(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start();
    let object = bytes
        .strip_prefix(b"[")
        .map_or(bytes, <[u8]>::trim_ascii_start);
    object.starts_with(b"{").then_some(object)
}

/// Whether a line begins a document that goes on in the next one.
pub(in crate::ingest) fn goes_on(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    matches!(line.first(), Some(b'{' | b'[')) && matches!(line.last(), Some(b'{' | b'[' | b','))
}

/// The first line that says something: neither blank nor a comment nor the mark of a document.
pub(in crate::ingest) fn first_line(bytes: &[u8]) -> Option<&str> {
    bytes
        .split(|b| *b == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok())
        .map(str::trim_end)
        .find(|line| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with('#') && line != "---"
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_outermost_object() {
        let text = br#" {"a": {"x": "}"}, "b" : [1, {"y": 2}], "c": "\"," , "d": tru"#;
        assert_eq!(keys(text), [&b"a"[..], b"b", b"c", b"d"]);
        assert!(keys(b"[1]").is_empty() && keys(b"").is_empty() && keys(b"{}").is_empty());
    }

    #[test]
    fn values_that_are_cut_off_have_a_beginning() {
        let of = |text| members(text).collect::<Vec<_>>();
        let cut = br#"{"a": 1, "b": "cut \"x\": 1, "#;
        let (a, b) = (&cut[6..], &cut[14..]);
        assert_eq!(of(cut), [(&b"a"[..], a), (b"b", b)]);
        assert_eq!(of(br#"{"a":"#), [(&b"a"[..], &b""[..])]);
        assert_eq!(of(br#"{"a"#), []);
    }

    #[test]
    fn the_first_line_that_says_something() {
        assert_eq!(first_line(b"---\n# x\n\n  a: 1\nb: 2"), Some("  a: 1"));
        assert_eq!(first_line(b"\n \n"), None);
    }
}
