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
    const MOST: usize = 64;
    let mut keys = Vec::new();
    let mut at = skip_space(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return keys;
    }
    at = skip_space(bytes, at + 1);
    while keys.len() < MOST && bytes.get(at) == Some(&b'"') {
        let Some(end) = end_of_string(bytes, at) else {
            break;
        };
        let colon = skip_space(bytes, end);
        if bytes.get(colon) != Some(&b':') {
            break;
        }
        let key = &bytes[at + 1..end - 1];
        keys.push(key);
        if is_enough(key) {
            break;
        }
        let Some(end) = end_of_value(bytes, skip_space(bytes, colon + 1)) else {
            break;
        };
        let next = skip_space(bytes, end);
        if bytes.get(next) != Some(&b',') {
            break;
        }
        at = skip_space(bytes, next + 1);
    }
    keys
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
    fn the_first_line_that_says_something() {
        assert_eq!(first_line(b"---\n# x\n\n  a: 1\nb: 2"), Some("  a: 1"));
        assert_eq!(first_line(b"\n \n"), None);
    }
}
