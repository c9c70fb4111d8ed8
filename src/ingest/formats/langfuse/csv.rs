//! The table of the user interface (RFC 4180): texts in quotes may hold line breaks.

use std::borrow::Cow;

use super::super::super::document::Field;
use super::observation::Observation;

/// The names of the first line.
pub(super) fn columns(bytes: &[u8]) -> Vec<String> {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    match std::str::from_utf8(line) {
        Ok(line) if line.contains(',') => {
            let mut names = Vec::new();
            let mut rest = Some(line.trim_end());
            while let Some(text) = rest {
                let Some((name, _, behind)) = field(text) else {
                    return Vec::new();
                };
                names.push(name.into_owned());
                rest = behind.strip_prefix(',');
            }
            names
        }
        _ => Vec::new(),
    }
}

/// The bytes as text, and the lines with what is no UTF-8, which is replaced.
pub(super) fn text(bytes: &[u8]) -> (Cow<'_, str>, Vec<u64>) {
    let mut lines: Vec<u64> = Vec::new();
    let mut line = 1;
    for chunk in bytes.utf8_chunks() {
        line += memchr::memchr_iter(b'\n', chunk.valid().as_bytes()).count() as u64;
        if !chunk.invalid().is_empty() && lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    (String::from_utf8_lossy(bytes), lines)
}

/// Calls `each` with the line on which a row begins, and the row.
pub(super) fn rows<'a>(
    text: &'a str,
    mut each: impl FnMut(u64, Result<Observation<'a>, &'static str>),
) {
    let names = columns(text.as_bytes());
    let Some((_, mut rest)) = text.split_once('\n') else {
        return;
    };
    let mut line = 2;
    while !rest.is_empty() {
        let mut row = Observation::default();
        let (begin, mut count) = (line, 0);
        loop {
            let Some((value, breaks, behind)) = field(rest) else {
                return each(begin, Err("cut off in the middle of a value"));
            };
            line += breaks;
            if let Some(name) = names.get(count) {
                set(&mut row, name, value);
            }
            count += 1;
            rest = behind;
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => break,
            }
        }
        let is_blank = count == 1;
        let (end, next) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = next;
        line += 1;
        if !end.trim().is_empty() {
            each(begin, Err("something follows a quoted field"));
            continue;
        }
        if is_blank {
            continue;
        }
        if count == names.len() {
            each(begin, Ok(row));
        } else {
            each(begin, Err("another number of fields than in the header"));
        }
    }
}

fn set<'a>(row: &mut Observation<'a>, name: &str, value: Cow<'a, str>) {
    if let Some(map) = row.map(name) {
        if value.trim_start().starts_with('{') {
            *map = serde_json::from_str(&value).unwrap_or_default();
        }
    } else if let Some(place) = row.place(name)
        && !value.is_empty()
        && value != "null"
    {
        *place = Field::Text(value);
    }
}

/// The first field, how many line breaks it holds, and what follows it.
fn field(text: &str) -> Option<(Cow<'_, str>, u64, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let value = text[..end].trim_end_matches('\r');
        return Some((Cow::Borrowed(value), 0, &text[end..]));
    };
    let mut end = 0;
    let mut has_quotes = false;
    loop {
        end += quoted[end..].find('"')?;
        if !quoted[end + 1..].starts_with('"') {
            break;
        }
        has_quotes = true;
        end += 2;
    }
    let value = &quoted[..end];
    let breaks = memchr::memchr_iter(b'\n', value.as_bytes()).count() as u64;
    let value = if has_quotes {
        Cow::Owned(value.replace("\"\"", "\""))
    } else {
        Cow::Borrowed(value)
    };
    Some((value, breaks, &quoted[end + 1..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn texts_hold_commas_quotes_and_line_breaks() {
        let text =
            "id,name,output,startTime\n1,\"a \"\"b\"\", c\",\"two\nlines\",x\r\n\n2,,,y\n3,\"cut";
        let mut read = Vec::new();
        rows(text, |line, row| {
            read.push((
                line,
                row.map(|o| {
                    [&o.id, &o.name, &o.start].map(|f| f.text().unwrap_or_default().to_owned())
                }),
            ));
        });
        assert_eq!(
            read[0],
            (2, Ok(["1", "a \"b\", c", "x"].map(str::to_owned)))
        );
        assert_eq!(read[1], (5, Ok(["2", "", "y"].map(str::to_owned))));
        assert_eq!(read[2], (6, Err("cut off in the middle of a value")));
    }

    #[test]
    fn the_names_of_columns() {
        assert_eq!(columns(b"\"a\",b, c\nx"), ["a", "b", " c"]);
        assert!(columns(b"one").is_empty() && columns(b"\"a,b").is_empty());
    }
}
