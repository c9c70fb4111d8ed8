//! Lines of a page on a screen: their colour codes become styles of cells.

use anstyle::AnsiColor;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Writes a line at a place, at most `columns` wide. Of colour codes it knows those that a page is painted with.
pub(super) fn line(buffer: &mut Buffer, (x, y): (u16, u16), columns: u16, text: &str) {
    let end = x.saturating_add(columns);
    let mut at = x;
    let mut style = Style::reset();
    let mut rest = text;
    while !rest.is_empty() && at < end {
        let (plain, behind) = match rest.find("\u{1b}[") {
            Some(code) => (&rest[..code], &rest[code..]),
            None => (rest, ""),
        };
        let plain = plain.replace('\u{a0}', " ");
        (at, _) = buffer.set_stringn(at, y, plain, usize::from(end - at), style);
        rest = match behind.split_once('m') {
            Some((code, rest)) => {
                style = styled(style, code.trim_start_matches("\u{1b}["));
                rest
            }
            None => "",
        };
    }
}

/// A style after a code: the sixteen colours of any terminal, bold, and back to nothing.
fn styled(style: Style, code: &str) -> Style {
    match code {
        "1" => style.add_modifier(Modifier::BOLD),
        "31" => style.fg(Color::Red),
        "32" => style.fg(Color::Green),
        "36" => style.fg(Color::Cyan),
        "90" => style.fg(Color::DarkGray),
        _ => Style::reset(),
    }
}

/// A buffer as text with the colour codes of its styles; no line ends in spaces.
pub(super) fn text(buffer: &Buffer) -> String {
    let area = buffer.area();
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut before = anstyle::Style::new();
        let mut columns = 0;
        for x in area.left()..area.right() {
            // The second half of a wide character is no character.
            if columns > x {
                continue;
            }
            let cell = &buffer[(x, y)];
            let now = code_of(cell.style());
            if now != before {
                line.push_str(&format!("{before:#}{now}"));
                before = now;
            }
            line.push_str(cell.symbol());
            columns = x + u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        }
        let line = format!("{line}{before:#}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The code of a style: nothing where it is plain.
fn code_of(style: Style) -> anstyle::Style {
    let colour = match style.fg {
        Some(Color::Red) => Some(AnsiColor::Red),
        Some(Color::Green) => Some(AnsiColor::Green),
        Some(Color::Cyan) => Some(AnsiColor::Cyan),
        Some(Color::DarkGray) => Some(AnsiColor::BrightBlack),
        _ => None,
    };
    let code = anstyle::Style::new().fg_color(colour.map(Into::into));
    match style.add_modifier.contains(Modifier::BOLD) {
        true => code.bold(),
        false => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn colours_take_no_cells() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        line(
            &mut buffer,
            (1, 0),
            9,
            "a\u{1b}[1m\u{1b}[31mbad\u{1b}[0m 2\u{a0}s  cut off here",
        );
        let text: String = buffer.content().iter().map(|c| c.symbol()).collect();
        assert_eq!(text, " abad 2 s   ");
        let style = |x: u16| buffer[(x, 0)].style();
        assert_eq!(style(2).fg, Some(Color::Red));
        assert!(style(2).add_modifier.contains(Modifier::BOLD));
        assert_eq!(style(1).fg, Some(Color::Reset));
        assert_eq!(style(5).fg, Some(Color::Reset));
        assert!(!style(5).add_modifier.contains(Modifier::BOLD));
    }

    #[test]
    fn a_wide_character_is_not_cut_in_two() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        line(&mut buffer, (0, 0), 3, "测试");
        assert_eq!(buffer[(0, 0)].symbol(), "测");
        assert_eq!(buffer[(2, 0)].symbol(), " ");
    }
}
