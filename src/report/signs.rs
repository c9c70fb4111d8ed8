//! The two sets of characters a page may be drawn with.

/// Characters of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signs {
    /// Between parts of a heading.
    pub(super) dot: &'static str,
    /// A missing value, and between two days.
    pub(super) dash: &'static str,
    /// In front of negative numbers.
    pub(super) minus: &'static str,
    /// From one value to another.
    pub(super) arrow: &'static str,
    /// In front of a factor.
    pub(super) times: &'static str,
    /// At most.
    pub(super) at_most: &'static str,
    /// At least.
    pub(super) at_least: &'static str,
    /// A target that is met.
    pub(super) met: &'static str,
    /// A target that is missed.
    pub(super) missed: &'static str,
    /// Something was cut off here.
    pub(super) ellipsis: &'static str,
    /// The line of a section's heading.
    pub(super) rule: &'static str,
    /// A bar up to the interval.
    pub(super) bar: &'static str,
    /// A bar within the interval.
    pub(super) band: &'static str,
    /// The target in a bar.
    pub(super) target: &'static str,
    /// A bar's empty end.
    pub(super) track: &'static str,
    /// The value lies beyond the scale.
    pub(super) beyond: &'static str,
    /// A bar of a list.
    pub(super) square: &'static str,
    /// Heights of a column in a chart, from the lowest to the full one.
    pub(super) heights: &'static [&'static str],
    /// Axis without a tick, with one, corner, floor.
    pub(super) axis: [&'static str; 4],
    /// Target line of a chart.
    pub(super) target_line: &'static str,
    /// A change in a chart.
    pub(super) change: &'static str,
    /// Points at a change from below.
    pub(super) pointer: &'static str,
    /// In front of what is chosen.
    pub(super) chosen: &'static str,
    /// Plus or minus.
    pub(super) plus_minus: &'static str,
    /// Standard normal distribution function, sigma, division, multiplication dot in formulas.
    pub(super) formula: [&'static str; 4],
}

/// With the full set of characters.
pub(super) const UNICODE: Signs = Signs {
    dot: "·",
    dash: "–",
    minus: "−",
    arrow: "→",
    times: "×",
    at_most: "≤",
    at_least: "≥",
    met: "✓",
    missed: "✗",
    ellipsis: "…",
    rule: "─",
    bar: "█",
    band: "▓",
    target: "┃",
    track: "·",
    beyond: "»",
    square: "■",
    heights: &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    axis: ["│", "┤", "└", "─"],
    target_line: "┄",
    change: "┊",
    pointer: "↑",
    chosen: "▸",
    plus_minus: "±",
    formula: ["Φ", "σ", "/", "·"],
};

/// For terminals without UTF-8.
pub(super) const ASCII: Signs = Signs {
    dot: "|",
    dash: "-",
    minus: "-",
    arrow: "->",
    times: "x",
    at_most: "<=",
    at_least: ">=",
    met: " ",
    missed: "!",
    ellipsis: "...",
    rule: "-",
    bar: "#",
    band: "+",
    target: "|",
    track: ".",
    beyond: ">",
    square: "#",
    heights: &["_", "=", "#"],
    axis: ["|", "+", "+", "-"],
    target_line: "-",
    change: ":",
    pointer: "^",
    chosen: ">",
    plus_minus: "+/-",
    formula: ["Phi", "sigma", "/", "*"],
};
