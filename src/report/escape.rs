//! Text from inputs made safe to show: nothing invisible, nothing that moves the cursor.
//!
//! File names, labels and values of configuration come from outside. Control characters, terminal
//! escapes, characters that reorder a line and invisible ones are written as `\u{1b}`; a long text
//! is cut with an ellipsis.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` with everything invisible or active made visible. Without `unicode` everything beyond
/// ASCII is written out, too.
pub(crate) fn visible(text: &str, unicode: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut may_combine = false;
    for c in text.chars() {
        let is_mark = is_combining(c);
        let shown = if is_mark {
            may_combine && unicode
        } else {
            is_plain(c) && (unicode || c.is_ascii())
        };
        if shown {
            out.push(c);
        } else {
            push_escape(&mut out, c);
        }
        // One accent on a letter is a way to write it; a pile of them is not.
        may_combine = shown && !is_mark && c != ' ';
    }
    out
}

fn push_escape(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Writing to a string cannot fail.
        _ => drop(write!(out, "\\u{{{:x}}}", u32::from(c))),
    }
}

/// The common accents; all other marks without a width are escaped.
fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether a character stands for itself: it has a width, and neither reorders nor hides others.
fn is_plain(c: char) -> bool {
    let is_special = matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{1f1e6}'..='\u{1f1ff}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}'
        | '\u{f0000}'..='\u{10ffff}');
    !c.is_control() && !is_special && c.width().is_some_and(|w| w > 0)
}

/// Columns that a text takes, without colour codes.
pub(super) fn width(text: &str) -> usize {
    if text.contains('\u{1b}') {
        without_colour(text).width()
    } else {
        text.width()
    }
}

/// The text without the colour codes of a page (`ESC [ … m`).
pub(super) fn without_colour(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let code = &rest[at..];
        rest = code.find('m').map_or("", |end| &code[end + 1..]);
    }
    out.push_str(rest);
    out
}

/// `text` cut to `columns`, ending in `ellipsis` if anything was cut. Not for coloured text.
pub(super) fn shorten(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(ellipsis.width());
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if out.width() > room {
            out.pop();
            break;
        }
    }
    if columns >= ellipsis.width() {
        out.push_str(ellipsis);
    }
    out
}

/// Like [`shorten`], but keeps the end: of a path that is the telling part. Cuts behind a `/` where
/// the last name fits.
pub(super) fn shorten_front(text: &str, columns: usize, ellipsis: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(ellipsis.width());
    let fits = |&i: &usize| text[i..].width() <= room;
    let start = text
        .match_indices('/')
        .map(|(i, _)| i)
        .find(fits)
        .filter(|&i| i + 1 < text.len())
        .or_else(|| text.char_indices().map(|(i, _)| i).find(fits))
        .unwrap_or(text.len());
    format!("{ellipsis}{}", &text[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_characters_become_visible() {
        assert_eq!(
            visible("a\u{1b}[31mred\u{7}", true),
            "a\\u{1b}[31mred\\u{7}"
        );
        assert_eq!(visible("x\u{202e}gpj.exe", true), "x\\u{202e}gpj.exe");
        assert_eq!(visible("two\nlines\tand", true), "two\\nlines\\tand");
        assert_eq!(visible("\u{9b}31m", true), "\\u{9b}31m");
        assert_eq!(visible("zero\u{200b}width", true), "zero\\u{200b}width");
    }

    #[test]
    fn letters_stay() {
        assert_eq!(visible("Größe 测试 e\u{301}", true), "Größe 测试 e\u{301}");
        assert_eq!(visible("Größe", false), "Gr\\u{f6}\\u{df}e");
        assert_eq!(
            visible("e\u{301}\u{301}\u{301}", true),
            "e\u{301}\\u{301}\\u{301}"
        );
    }

    #[test]
    fn cut_to_columns() {
        assert_eq!(shorten("cache-too-small", 8, "…"), "cache-t…");
        assert_eq!(shorten("测试测试", 5, "…"), "测试…");
        assert_eq!(shorten("short", 5, "…"), "short");
        assert_eq!(
            shorten_front("a/very/long/path.json", 18, "…"),
            "…/long/path.json"
        );
        assert_eq!(shorten("abc", 0, "…"), "");
    }

    #[test]
    fn colour_takes_no_columns() {
        assert_eq!(width("\u{1b}[1mbold\u{1b}[0m"), 4);
        assert_eq!(width("plain"), 5);
    }
}
