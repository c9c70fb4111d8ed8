//! What a page is written with: its characters, colours and columns.

use anstyle::{AnsiColor, Style as Ansi};

use super::Style;
use super::escape::{shorten, shorten_front, visible, width};
use super::signs::{ASCII, Signs, UNICODE};
use super::words::GLUE;

/// Why a piece of text has a colour. Colour only repeats what the words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Met, better.
    Good,
    /// Missed, worse, high.
    Bad,
    /// The verdict, names of findings.
    Bold,
    /// Bars.
    Bar,
    /// Rules and scales.
    Faint,
}

/// Characters, colours and columns of one page, or of a part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen<'a> {
    /// How the page is drawn.
    pub(super) style: &'a Style,
    /// Its characters.
    pub(super) signs: &'static Signs,
    columns: usize,
}

impl<'a> Pen<'a> {
    /// A pen for a style; what is narrower than 60 columns is drawn as 60.
    pub(crate) fn new(style: &'a Style) -> Self {
        let signs = if style.unicode { &UNICODE } else { &ASCII };
        Self {
            style,
            signs,
            columns: style.width.clamp(60, 200),
        }
    }

    /// The same for a part of the page that is so wide.
    pub(crate) fn within(self, columns: usize) -> Self {
        Self { columns, ..self }
    }

    /// Columns of the page.
    pub(crate) fn width(&self) -> usize {
        self.columns
    }

    /// Whether the page is too narrow for everything.
    pub(crate) fn is_narrow(&self) -> bool {
        self.width() < 76
    }

    /// Whether a page says least: not wide, and not in full.
    pub(super) fn is_terse(&self) -> bool {
        self.width() < 92 && !self.style.full
    }

    /// A text from an input, made safe.
    pub(crate) fn text(&self, text: &str) -> String {
        visible(text, self.style.unicode)
    }

    /// A name from an input, made safe and cut to `columns`.
    pub(super) fn name(&self, text: &str, columns: usize) -> String {
        shorten(&self.text(text), columns, self.signs.ellipsis)
    }

    /// A path from an input, made safe and cut at the front to `columns`.
    pub(super) fn path(&self, text: &str, columns: usize) -> String {
        shorten_front(&self.text(text), columns, self.signs.ellipsis)
    }

    /// Coloured, if the page has colour.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.style.colour || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Bold => Ansi::new().bold(),
            Tone::Bar => AnsiColor::Cyan.on_default(),
            Tone::Faint => AnsiColor::BrightBlack.on_default(),
        };
        format!("{style}{text}{style:#}")
    }

    /// The heading of a section: title left, a remark right, a rule between.
    pub(crate) fn section(&self, title: &str, remark: &str) -> String {
        let rule = self.signs.rule;
        let room = self.width().saturating_sub(12 + width(title));
        let remark = shorten(remark, room, self.signs.ellipsis);
        let (head, tail) = if remark.is_empty() {
            (format!("{rule}{rule} {title} "), String::new())
        } else {
            (
                format!("{rule}{rule} {title} "),
                format!(" {remark} {rule}{rule}"),
            )
        };
        let fill = self.width().saturating_sub(width(&head) + width(&tail));
        let faint = |text: &str| self.paint(Tone::Faint, text);
        format!(
            "{} {} {}{}",
            faint(&format!("{rule}{rule}")),
            self.paint(Tone::Bold, title),
            faint(&rule.repeat(fill)),
            faint(&tail)
        )
    }

    /// A line across.
    pub(crate) fn rule(&self) -> String {
        self.paint(Tone::Faint, &self.signs.rule.repeat(self.width()))
    }

    /// Breaks a text at spaces; the first line begins with `first`, the others with as many spaces.
    pub(crate) fn paragraph(&self, first: &str, text: &str) -> Vec<String> {
        let indent = width(first);
        let room = self.width().saturating_sub(indent).max(10);
        let blank = " ".repeat(indent);
        wrap(text, room)
            .into_iter()
            .enumerate()
            .map(|(i, line)| {
                let lead = if i == 0 { first } else { &blank };
                format!("{lead}{line}")
            })
            .collect()
    }

    /// Left and right text on one line, or on two where they do not fit.
    pub(super) fn spread(&self, left: &str, right: &str) -> Vec<String> {
        let used = width(left) + width(right);
        if used + 2 <= self.width() {
            vec![format!("{left}{}{right}", " ".repeat(self.width() - used))]
        } else {
            // Spaces within a line that fits stay as they are.
            let fitted = |text: &str| match width(text) > self.width() {
                true => wrap(text, self.width().max(10)),
                false => vec![text.to_owned()],
            };
            [fitted(left), fitted(right)].concat()
        }
    }

    /// The lines as one text: no line is wider than the page, none ends in spaces.
    pub(crate) fn finish(&self, lines: &[String]) -> String {
        let mut out = String::new();
        for line in lines {
            let line = line.replace(GLUE, " ");
            let line = line.trim_end();
            if width(line) > self.width() {
                let plain = super::escape::without_colour(line);
                out.push_str(&shorten(&plain, self.width(), self.signs.ellipsis));
            } else {
                out.push_str(line);
            }
            out.push('\n');
        }
        out
    }
}

/// Breaks a text at spaces into lines of at most `room` columns; a word that is longer is broken.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let mut word = word.to_owned();
        if !line.is_empty() && width(&line) + 1 + width(&word) > room {
            lines.push(std::mem::take(&mut line));
        }
        while width(&word) > room && !word.contains('\u{1b}') {
            // What belongs together comes apart before a word does.
            let mut glued = word.match_indices(GLUE).map(|(at, _)| at);
            let fitting = glued.rfind(|at| *at > 0 && width(&word[..*at]) <= room);
            let (head, behind) = match fitting {
                Some(at) => (word[..at].to_owned(), at + GLUE.len_utf8()),
                None => {
                    let head = shorten(&word, room, "");
                    let end = head.len();
                    (head, end)
                }
            };
            if head.is_empty() {
                break;
            }
            word = word[behind..].to_owned();
            lines.push(head);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `text` with spaces behind it up to `columns`.
pub(super) fn left(text: &str, columns: usize) -> String {
    let blank = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(blank))
}

/// `text` with spaces in front of it up to `columns`.
pub(super) fn right(text: &str, columns: usize) -> String {
    let blank = columns.saturating_sub(width(text));
    format!("{}{text}", " ".repeat(blank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_breaks_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("2.70\u{a0}s then", 6), ["2.70\u{a0}s", "then"]);
        assert_eq!(
            wrap("a rate\u{a0}=\u{a0}0.251 now", 9),
            ["a", "rate\u{a0}=", "0.251 now"]
        );
        assert!(wrap("", 10).is_empty());
    }

    #[test]
    fn a_section_fills_the_width() {
        for unicode in [true, false] {
            let style = Style {
                unicode,
                width: 60,
                ..Style::default()
            };
            let pen = Pen::new(&style);
            assert_eq!(width(&pen.section("Score", "model 1")), 60);
            assert_eq!(width(&pen.section("Score", "")), 60);
            assert!(width(&pen.section("Score", &"long ".repeat(30))) <= 60);
        }
    }
}
