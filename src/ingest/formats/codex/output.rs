//! What the client writes about a tool call into the text that the tool gave: its time and its exit
//! code. Nothing else of that text is looked at.

/// Where the client's own lines stand in a text: before the tool's output begins.
const HEAD: usize = 512;

/// Time in nanoseconds and success of a call, as far as the client tells them. `raw` is the text as it
/// stands between its quotes.
pub(super) fn told(raw: &[u8]) -> (Option<i64>, Option<bool>) {
    // Either a JSON object as a text, with its metadata before or behind the output …
    if raw.starts_with(b"{\\\"") {
        let seconds = behind_last(raw, b"\\\"duration_seconds\\\":").and_then(number);
        let code = behind_last(raw, b"\\\"exit_code\\\":").and_then(number);
        return (seconds.and_then(nanos), code.map(|c| c == 0.0));
    }
    // … or lines of words before it.
    let head = &raw[..raw.len().min(HEAD)];
    let begin = |words: &[u8]| {
        let line = [b"\\n", words].concat();
        let first = head.starts_with(words).then_some(0);
        first.or_else(|| memchr::memmem::find(head, &line).map(|at| at + 2))
    };
    let head = &head[..begin(b"Output:").unwrap_or(head.len())];
    let after = |words: &[u8]| {
        let at = begin(words).filter(|at| *at < head.len())?;
        Some(&head[at + words.len()..])
    };
    let seconds = after(b"Wall time: ").and_then(number);
    let code = after(b"Process exited with code ")
        .or_else(|| after(b"Exit code: "))
        .and_then(number);
    (seconds.and_then(nanos), code.map(|c| c == 0.0))
}

fn behind_last<'a>(raw: &'a [u8], words: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::rfind(raw, words)?;
    Some(raw[at + words.len()..].trim_ascii_start())
}

fn number(text: &[u8]) -> Option<f64> {
    let end = text
        .iter()
        .position(|b| !b.is_ascii_digit() && !matches!(b, b'.' | b'-'))
        .unwrap_or(text.len());
    std::str::from_utf8(&text[..end]).ok()?.parse().ok()
}

fn nanos(seconds: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation)] // a day at most
    (0.0..=86_400.0)
        .contains(&seconds)
        .then(|| (seconds * 1e9).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_exit_code_as_clients_write_them() {
        let seconds = |s: f64| nanos(s);
        for (raw, expected) in [
            (
                r"Chunk ID: 1\nWall time: 0.0512 seconds\nProcess exited with code 0\nOutput:\nx",
                (seconds(0.0512), Some(true)),
            ),
            (
                r"Wall time: 12 seconds\nProcess exited with code 2\nOutput:\n",
                (seconds(12.0), Some(false)),
            ),
            (
                r"Exit code: 1\nWall time: 0.3 seconds\nOutput:\nx",
                (seconds(0.3), Some(false)),
            ),
            (
                r"Wall time: 10.0 seconds\nProcess running with session ID 7\nOutput:\n",
                (seconds(10.0), None),
            ),
            (
                r#"{\"output\":\"x\",\"metadata\":{\"exit_code\":1,\"duration_seconds\":0.4}}"#,
                (seconds(0.4), Some(false)),
            ),
            (r"Output:\nWall time: 3 seconds", (None, None)),
            (r"x\nOutput:\nWall time: 3 seconds", (None, None)),
            (r"the Wall time: 3 seconds", (None, None)),
            ("Plan updated", (None, None)),
            ("", (None, None)),
        ] {
            assert_eq!(told(raw.as_bytes()), expected, "{raw}");
        }
    }
}
