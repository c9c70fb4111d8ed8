//! The keys, in words.

use crate::report::panes::Pane;

/// Keys and what they do, short enough for 60 columns.
const KEYS: [(&str, &str); 13] = [
    ("1 to 6", "overview trends compare advice sessions alerts"),
    ("up, down", "choose a row, or scroll what is open (k, j)"),
    ("PgUp, PgDn", "ten rows; Home and End: the first, the last"),
    ("Tab", "overview: advice, indicators, alerts in turn"),
    ("Enter", "everything that is known of what is chosen"),
    ("Esc", "one step back"),
    ("a", "alerts"),
    ("e", "export as Markdown into a new file here"),
    ("E", "the same as JSON"),
    ("r", "read again now"),
    ("?", "these keys"),
    ("Ctrl-Z", "stop for now; fg goes on"),
    ("q, Ctrl-C", "quit"),
];

/// What the screen means.
const SIGNS: [(&str, &str); 3] = [
    ("targets", "by configuration or profile: docs/score.md"),
    ("colour", "repeats words; NO_COLOR does without"),
    ("a dash", "is missing, never 0"),
];

/// All of it.
pub(super) fn pane() -> Pane {
    let line = |(key, what): &(&str, &str)| format!("  {key:<12}{what}");
    let mut lines: Vec<String> = KEYS.iter().map(line).collect();
    lines.extend(SIGNS.iter().map(line));
    Pane {
        title: "Keys".into(),
        remark: "any key goes back".into(),
        lines,
        ..Pane::default()
    }
}
