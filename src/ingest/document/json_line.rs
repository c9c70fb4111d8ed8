//! One line of JSON lines, read into borrowed types.

use std::borrow::Cow;

use serde::Deserialize;

use super::mend;
use crate::ingest::scalar;
use crate::place::{Problem, ProblemKind};

/// Faults of a line: which, and why.
pub(in crate::ingest) type LineFaults = Vec<(ProblemKind, &'static str)>;

/// Reads line `number`, which `take` parses and takes, and lists its faults. Invalid UTF-8, half surrogates and numbers that
/// are not finite cost what they hit, as in documents; a line that is no JSON is skipped.
pub(in crate::ingest) fn json_line(
    line: &[u8],
    (file, number): (u32, u64),
    problems: &mut Vec<Problem>,
    mut take: impl FnMut(&[u8]) -> serde_json::Result<LineFaults>,
) {
    let mut tell = |kind, reason: &'static str| {
        problems.push(Problem {
            file,
            line: Some(number),
            kind,
            reason: reason.into(),
        });
    };
    let mut result = take(line);
    let mut spare = Vec::new();
    if result.is_err()
        && let Some(mended) = mend::mend_values(line, &mut spare)
    {
        result = take(&spare);
        if result.is_ok() {
            for fault in mended {
                tell(fault.kind, fault.reason);
            }
        }
    }
    match result {
        Ok(faults) => {
            for (kind, reason) in faults {
                tell(kind, reason);
            }
        }
        Err(error) if error.is_eof() => tell(ProblemKind::Skipped, mend::CUT_OFF),
        Err(_) => tell(ProblemKind::Skipped, "not JSON"),
    }
}

/// Reads line `number` for a reader that says itself why a line is skipped. `spare` holds the mended text where mending
/// was needed; what was mended is listed.
///
/// # Errors
/// Why the line is no JSON object.
pub(in crate::ingest) fn parse_line<'a, T: Deserialize<'a>>(
    line: &'a [u8],
    spare: &'a mut Vec<u8>,
    (file, number): (u32, u64),
    problems: &mut Vec<Problem>,
) -> Result<T, Cow<'static, str>> {
    let fault = match std::str::from_utf8(line) {
        Err(_) => mend::INVALID_UTF8.into(),
        Ok(text) => match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) => scalar::reason(text, &error),
        },
    };
    let mended = mend::mend_values(line, spare).ok_or(fault)?;
    let text = String::from_utf8_lossy(spare);
    let value = serde_json::from_slice(spare).map_err(|error| scalar::reason(&text, &error))?;
    problems.extend(mended.into_iter().map(|fault| Problem {
        file,
        line: Some(number),
        kind: fault.kind,
        reason: fault.reason.into(),
    }));
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::Field;
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Record<'a> {
        #[serde(borrow)]
        id: Field<'a>,
    }

    #[test]
    fn a_damaged_line_costs_itself() {
        let (mut problems, mut ids) = (Vec::new(), Vec::new());
        let lines: [&[u8]; 6] = [
            b"{\"id\":\"a\"}",
            b"{\"id\":\"b",
            b"warning: none",
            b"{\"id\":\"\xff\"}",
            b"{\"id\":1}",
            b"{\"id\":\"c\",\"x\":NaN}",
        ];
        for (line, number) in lines.into_iter().zip(1..) {
            json_line(line, (7, number), &mut problems, |line| {
                let record: Record<'_> = serde_json::from_slice(line)?;
                ids.push(record.id.text().map(str::to_owned));
                let is_number = record.id.number().is_ok();
                Ok(Vec::from_iter(
                    is_number.then_some((ProblemKind::Value, "a number")),
                ))
            });
        }
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(ids, [told("a"), told("\u{fffd}"), None, told("c")]);
        let problems: Vec<_> = problems
            .iter()
            .map(|p| (p.file, p.line, &*p.reason))
            .collect();
        assert_eq!(
            problems,
            [
                (7, Some(2), "cut off in the middle of a value"),
                (7, Some(3), "not JSON"),
                (7, Some(4), "invalid UTF-8"),
                (7, Some(5), "a number"),
                (7, Some(6), "not a finite number"),
            ]
        );
    }

    /// 2¹⁰²⁴ and above are no numbers of 64 bits.
    #[test]
    fn a_value_that_cannot_be_read_costs_itself() {
        for (line, id, expected) in [
            (&b"{\"id\":\"a\"}"[..], Ok("a"), None),
            (
                b"{\"id\":\"a\",\"x\":NaN}",
                Ok("a"),
                Some("not a finite number"),
            ),
            (b"{\"id\":1e999}", Ok(""), Some("not a finite number")),
            (
                b"{\"id\":\"a\xff\"}",
                Ok("a\u{fffd}"),
                Some("invalid UTF-8"),
            ),
            (b"{\"id\":\"a\\ud800\"}", Ok("a\u{fffd}"), None),
            (
                b"{\"id\":\"a\"",
                Err("cut off in the middle of a value"),
                None,
            ),
            (b"warning: none", Err("not a JSON object"), None),
            (b"{\"id\" 1}", Err("not JSON (column 7)"), None),
            (b"\xff", Err("invalid UTF-8"), None),
        ] {
            let (mut spare, mut problems) = (Vec::new(), Vec::new());
            let record = parse_line::<Record<'_>>(line, &mut spare, (7, 3), &mut problems);
            let read = record.as_ref().map(|r| r.id.text().unwrap_or_default());
            assert_eq!(read.map_err(|reason| &**reason), id);
            let problem = problems.first();
            assert_eq!(problem.map(|p| &*p.reason), expected);
            assert!(problem.is_none_or(|p| (p.file, p.line) == (7, Some(3))));
        }
    }
}
