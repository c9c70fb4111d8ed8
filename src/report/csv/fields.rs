//! Fields of CSV, and lines of them.

use crate::report::escape::visible;

/// A word as JSON has it.
pub(super) fn key(word: impl serde::Serialize) -> String {
    let value = serde_json::to_value(word).ok();
    let text = value.as_ref().and_then(serde_json::Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// A number as a field; what is none, or not known, is empty.
pub(super) fn number(value: Option<f64>) -> String {
    match value {
        Some(v) if v.is_finite() => v.to_string(),
        _ => String::new(),
    }
}

/// A text as a field: nothing invisible, no formula, quoted where needed.
pub(super) fn word(text: &str) -> String {
    let text = visible(text, true);
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    let text = if is_formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Puts a line of fields behind the others.
pub(super) fn push(out: &mut String, fields: impl Iterator<Item = String>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&field);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_fields_quoted() {
        assert_eq!(word("FANCY"), "FANCY");
        assert_eq!(word("=1+1"), "\"'=1+1\"");
        assert_eq!(word("@cmd"), "\"'@cmd\"");
        assert_eq!(word("-2"), "\"'-2\"");
        assert_eq!(word("a,b"), "\"a,b\"");
        assert_eq!(word("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(word("two\nlines"), "two\\nlines");
    }

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(number(Some(-0.5)), "-0.5");
        assert_eq!(number(None), "");
        assert_eq!(number(Some(f64::NAN)), "");
    }
}
