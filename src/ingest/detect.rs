//! Which format a file has, by its first bytes; and if none, what it seems to be.

use super::{Format, Head, Likelihood};

/// How many bytes of a file are looked at.
pub(super) const HEAD_SIZE: usize = 64 << 10;
/// The same of a file whose first line is longer and leaves its format open.
pub(super) const LONG_HEAD_SIZE: usize = 1 << 20;

/// Beginnings of gzip, zstd, bzip2, xz.
const PACKED: &[&[u8]] = &[b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"];
/// The beginning of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// What stands at byte 257 of a tar archive (POSIX.1), behind the name of its first file, which zeros fill up.
const TAR: (usize, &[u8]) = (257, b"ustar");
/// What a text of UTF-16 begins with, as PowerShell writes one for `>`.
const UTF_16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
/// What to do with a text of that encoding.
pub(super) const UTF_16: &str = "UTF-16: convert it to UTF-8";
/// Keys named for a document of unknown shape.
const NAMED_KEYS: usize = 4;
/// Characters of a key that are shown.
const SHOWN_KEY: usize = 24;

/// The format that claims the file: the first with `Yes`, else the first with `Maybe`.
pub(super) fn detect(
    formats: &[&'static dyn Format],
    head: &Head<'_>,
) -> Option<&'static dyn Format> {
    if head.bytes.is_empty() || is_archive(head.bytes) {
        return None;
    }
    let mut maybe = None;
    for format in formats {
        match format.detect(head) {
            Likelihood::Yes => return Some(*format),
            Likelihood::Maybe => maybe = maybe.or(Some(*format)),
            Likelihood::No => {}
        }
    }
    maybe
}

/// Whether a text, or its beginning, is written in 16-bit units.
pub(super) fn is_utf_16(bytes: &[u8]) -> bool {
    UTF_16_MARKS.iter().any(|mark| bytes.starts_with(mark))
}

/// What an unrecognised file seems to be. Names keys (shortened, escaped), never a value.
pub(super) fn why_not(head: &Head<'_>) -> String {
    let bytes = head.bytes.trim_ascii();
    if bytes.is_empty() {
        return "empty".into();
    }
    if is_archive(head.bytes) {
        return "an archive of files: unpack it first, they are read from their folder".into();
    }
    if PACKED.iter().any(|mark| bytes.starts_with(mark)) {
        return "packed, but not with gzip or zstd, or twice".into();
    }
    if [".gz", ".zst"].iter().any(|end| head.name.ends_with(end)) {
        return "neither gzip nor zstd, in spite of its name".into();
    }
    if is_utf_16(head.bytes) {
        return UTF_16.into();
    }
    if is_binary(bytes, head.is_whole) {
        return "binary".into();
    }
    match bytes[0] {
        b'[' => "JSON, but no known shape: a list".into(),
        b'{' => {
            let keys = top_level_keys(bytes);
            if keys.is_empty() {
                return "no known shape: no key that a format has".into();
            }
            format!("JSON, but no known shape: keys {}", keys.join(", "))
        }
        _ => "text, no records".into(),
    }
}

/// Whether these are several files in one, whose lines belong to none of them.
fn is_archive(bytes: &[u8]) -> bool {
    let (at, mark) = TAR;
    let is_tar = |(header, rest): (&[u8], &[u8])| header.contains(&0) && rest.starts_with(mark);
    bytes.starts_with(ZIP) || bytes.split_at_checked(at).is_some_and(is_tar)
}

fn is_binary(bytes: &[u8], is_whole: bool) -> bool {
    if bytes.contains(&0) {
        return true;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => false,
        // A character may be cut at the end of the head.
        Err(error) if error.error_len().is_none() => is_whole,
        // A few bytes of another encoding make no binary file.
        Err(_) => {
            bytes
                .utf8_chunks()
                .filter(|c| !c.invalid().is_empty())
                .count()
                * 10
                > bytes.len()
        }
    }
}

/// The first keys of an object, quoted, as far as they can be told.
fn top_level_keys(bytes: &[u8]) -> Vec<String> {
    let mut keys = Vec::new();
    let (mut depth, mut at) = (0_u32, 0);
    while at < bytes.len() && keys.len() <= NAMED_KEYS {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let Some(end) = end_of_string(bytes, at + 1) else {
                    break;
                };
                let is_key = bytes[end + 1..].trim_ascii_start().first() == Some(&b':');
                if depth == 1 && is_key {
                    keys.push(shown_key(&bytes[at + 1..end]));
                }
                at = end;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        at += 1;
    }
    if keys.len() > NAMED_KEYS {
        keys[NAMED_KEYS] = "…".into();
    }
    keys
}

fn end_of_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn shown_key(key: &[u8]) -> String {
    let text = String::from_utf8_lossy(key);
    let mut shown: String = text.chars().take(SHOWN_KEY).collect();
    if text.chars().nth(SHOWN_KEY).is_some() {
        shown.push('…');
    }
    format!("\"{}\"", shown.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(bytes: &[u8]) -> String {
        why_not(&Head {
            name: "x",
            bytes,
            is_whole: true,
        })
    }

    #[test]
    fn what_a_file_seems_to_be() {
        assert_eq!(why(b" \n"), "empty");
        assert_eq!(
            why(b"\xfd7zXZ\0"),
            "packed, but not with gzip or zstd, or twice"
        );
        let archive = "an archive of files: unpack it first, they are read from their folder";
        assert_eq!(why(b"PK\x03\x04"), archive);
        let mut tar = b"runs/a.jsonl".to_vec();
        tar.resize(257, 0);
        tar.extend(b"ustar\x0000");
        assert_eq!(why(&tar), archive);
        assert_eq!(why(b"\xff\xfe{\0}\0\n\0"), "UTF-16: convert it to UTF-8");
        assert_eq!(why(b"\xfe\xff\0{\0}"), "UTF-16: convert it to UTF-8");
        assert_eq!(why(b"\x7fELF\0\0"), "binary");
        assert_eq!(why(&[0xff; 40]), "binary");
        assert_eq!(
            why(b"caf\xe9 and more text in an old encoding"),
            "text, no records"
        );
        assert_eq!(why(b"notes"), "text, no records");
        assert_eq!(why(b"[1]"), "JSON, but no known shape: a list");
        assert_eq!(why(b"{}"), "no known shape: no key that a format has");
        assert_eq!(
            why(br#"{"a": {"x": "secret"}, "b\n": "secret", "c": [{"y": 1}], "d": 1, "e": 2}"#),
            r#"JSON, but no known shape: keys "a", "b\\n", "c", "d", …"#
        );
        assert_eq!(
            why(br#"{"a rather long key that goes on and on": "cut"#),
            r#"JSON, but no known shape: keys "a rather long key that g…""#
        );
    }
}
