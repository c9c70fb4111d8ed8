//! A line of the text: a sample, or a comment that means something.

use std::borrow::Cow;

/// A line that means something.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line<'a> {
    /// `# TYPE name type`
    Type(Cow<'a, str>, &'a str),
    /// `# UNIT name unit`
    Unit(Cow<'a, str>, &'a str),
    /// `# EOF`
    End,
    /// A value of a series.
    Sample(Sample<'a>),
    /// Blank, a help text, any other comment.
    Nothing,
}

/// A value of a series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Finite or not.
    pub(super) value: f64,
    /// As written: milliseconds, in OpenMetrics seconds.
    pub(super) time: Option<f64>,
}

/// Reads a line.
///
/// # Errors
/// Why it is none of the format.
pub(super) fn read(line: &str) -> Result<Line<'_>, &'static str> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(Line::Nothing);
    }
    match line.strip_prefix('#') {
        Some(comment) => Ok(comment_of(comment)),
        None => sample(line).map(Line::Sample),
    }
}

fn comment_of(comment: &str) -> Line<'_> {
    let comment = comment.trim_start();
    if comment == "EOF" {
        return Line::End;
    }
    let Some((what, rest)) = comment.split_once([' ', '\t']) else {
        return Line::Nothing;
    };
    if !matches!(what, "TYPE" | "UNIT") {
        return Line::Nothing;
    }
    let rest = rest.trim_start();
    let (name, rest) = match rest.strip_prefix('"') {
        Some(quoted) => match closed(quoted) {
            Some(parts) => parts,
            None => return Line::Nothing,
        },
        None => match rest.split_once([' ', '\t']) {
            Some((name, rest)) => (Cow::Borrowed(name), rest),
            None => return Line::Nothing,
        },
    };
    if what == "TYPE" {
        Line::Type(name, rest.trim())
    } else {
        Line::Unit(name, rest.trim())
    }
}

fn sample(line: &str) -> Result<Sample<'_>, &'static str> {
    let end = line
        .find(['{', ' ', '\t'])
        .ok_or("a series without a value")?;
    let mut name = Cow::Borrowed(&line[..end]);
    let mut labels = Vec::new();
    let mut rest = line[end..].trim_start();
    if let Some(mut inside) = rest.strip_prefix('{') {
        loop {
            inside = inside.trim_start();
            if let Some(behind) = inside.strip_prefix('}') {
                rest = behind;
                break;
            }
            let key;
            (key, inside) = match inside.strip_prefix('"') {
                Some(quoted) => closed(quoted).ok_or(OPEN)?,
                None => {
                    let end = inside.find(['=', ',', '}']).ok_or(OPEN)?;
                    (Cow::Borrowed(inside[..end].trim()), &inside[end..])
                }
            };
            inside = inside.trim_start();
            match inside.strip_prefix('=') {
                Some(value) => {
                    let quoted = value.trim_start().strip_prefix('"').ok_or(OPEN)?;
                    let (value, behind) = closed(quoted).ok_or(OPEN)?;
                    labels.push((key, value));
                    inside = behind;
                }
                // A name that is no word stands among the labels.
                None if name.is_empty() => name = key,
                None => return Err(OPEN),
            }
            inside = inside.trim_start();
            inside = match inside.strip_prefix(',') {
                Some(next) => next,
                None if inside.starts_with('}') => inside,
                None => return Err(OPEN),
            };
        }
    }
    if name.is_empty() {
        return Err("a value without the name of a metric");
    }
    let mut words = rest.split_whitespace();
    let value = words.next().ok_or("a series without a value")?;
    let value = number(value).ok_or("the value is not a number")?;
    let time = match words.next() {
        // An example of what was counted follows.
        None | Some("#") => None,
        Some(time) => Some(number(time).ok_or("the time is not a number")?),
    };
    match words.next() {
        None | Some("#") => {}
        Some(_) if rest.contains(" # ") => {}
        Some(_) => return Err("something follows the time"),
    }
    Ok(Sample {
        name,
        labels,
        value,
        time,
    })
}

const OPEN: &str = "labels that are not `{name=\"value\",…}`";

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => text.parse().ok(),
    }
}

/// A quoted text from behind its first quote, and what follows its last one.
fn closed(quoted: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut text = String::new();
    let mut from = 0;
    loop {
        let at = from + quoted[from..].find(['"', '\\'])?;
        if quoted[at..].starts_with('"') {
            let behind = &quoted[at + 1..];
            if text.is_empty() {
                return Some((Cow::Borrowed(&quoted[..at]), behind));
            }
            text.push_str(&quoted[from..at]);
            return Some((Cow::Owned(text), behind));
        }
        text.push_str(&quoted[from..at]);
        let escaped = quoted[at + 1..].chars().next()?;
        text.push(if escaped == 'n' { '\n' } else { escaped });
        from = at + 1 + escaped.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample_of(line: &str) -> Sample<'_> {
        match read(line) {
            Ok(Line::Sample(sample)) => sample,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn samples() {
        let sample =
            sample_of(r#"http_requests_total{method="post",code="200",} 1027 1395066363000"#);
        assert_eq!(sample.name, "http_requests_total");
        assert_eq!(sample.labels.len(), 2);
        assert_eq!(
            (sample.value, sample.time),
            (1027.0, Some(1_395_066_363_000.0))
        );
        let sample =
            sample_of(r#"msdos{path="C:\\DIR\\F.TXT",error="Cannot \"x\"\n"} 1.458255915e9"#);
        assert_eq!(sample.labels[0].1, r"C:\DIR\F.TXT");
        assert_eq!(sample.labels[1].1, "Cannot \"x\"\n");
        let sample = sample_of(r#"{"my.metric", "a b"="c"} 1 1.5"#);
        assert_eq!((&*sample.name, sample.time), ("my.metric", Some(1.5)));
        assert_eq!(sample.labels, [("a b".into(), "c".into())]);
        assert!(sample_of("x NaN").value.is_nan());
        assert_eq!(sample_of("x +Inf").value, f64::INFINITY);
        let example = sample_of(r#"b_bucket{le="0.1"} 8 # {id="7"} 0.67 1.5"#);
        assert_eq!((example.value, example.time), (8.0, None));
        assert_eq!(sample_of(r#"b 8 2.5 # {id="7"} 0.67"#).time, Some(2.5));
    }

    #[test]
    fn comments() {
        assert_eq!(
            read("# TYPE a counter"),
            Ok(Line::Type("a".into(), "counter"))
        );
        assert_eq!(
            read("# UNIT a seconds"),
            Ok(Line::Unit("a".into(), "seconds"))
        );
        assert_eq!(read("# EOF"), Ok(Line::End));
        assert_eq!(read("# HELP a what"), Ok(Line::Nothing));
        assert_eq!(read("# any TYPE"), Ok(Line::Nothing));
        assert_eq!(read("#TYPE"), Ok(Line::Nothing));
        assert_eq!(read(" "), Ok(Line::Nothing));
    }

    #[test]
    fn faults() {
        for line in [
            "a",
            "a{",
            "a{b",
            "a{b=1} 1",
            "a{b=\"c} 1",
            "a b",
            "a 1 b",
            "a 1 2 3",
            "{} 1",
            "a{\"x\"} 1",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
