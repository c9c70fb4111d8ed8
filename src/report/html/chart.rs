//! Drawings as SVG: bars of indicators, the score's losses, a series with its target and changes.
//!
//! All texts in them are made safe here; a reader without eyes gets title and description.

use std::fmt::Write as _;

use super::super::pen::Pen;
use super::super::{times, words};
use crate::assessment::{Indicator, OrderedBy, Score, Trend};

/// Text that HTML and SVG take for nothing but text.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A value on its scale with interval and target; nothing without a value.
pub(super) fn bullet(i: &Indicator) -> String {
    const WIDTH: f64 = 150.0;
    let Some(value) = i.value.filter(|_| i.scale_high > i.scale_low) else {
        return String::new();
    };
    let at = |v: f64| {
        let share = (v - i.scale_low) / (i.scale_high - i.scale_low);
        share.clamp(0.0, 1.0) * (WIDTH - 8.0) + 4.0
    };
    let x = at(value);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} 14\" width=\"{WIDTH}\" height=\"14\" aria-hidden=\"true\">\
         <rect class=\"track\" x=\"4\" y=\"5\" width=\"{:.1}\" height=\"4\"/>\
         <rect class=\"value\" x=\"4\" y=\"5\" width=\"{:.1}\" height=\"4\"/>",
        WIDTH - 8.0,
        x - 4.0
    );
    if let Some(interval) = &i.interval {
        let (low, high) = (at(interval.low), at(interval.high));
        let _ = write!(
            svg,
            "<line class=\"span\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"7\" y2=\"7\"/>"
        );
    }
    if let Some(target) = &i.target {
        let x = at(target.value);
        let _ = write!(
            svg,
            "<line class=\"target\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"1\" y2=\"13\"/>"
        );
    }
    let _ = write!(
        svg,
        "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"7\" r=\"3.5\"/></svg>"
    );
    svg
}

/// 100 points: what was kept and what each part lost.
pub(super) fn score(score: &Score, losses: &str) -> String {
    const WIDTH: f64 = 860.0;
    let Some(value) = score.value else {
        return String::new();
    };
    let scale = WIDTH / 100.0;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} 18\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"kept\" x=\"0\" y=\"0\" width=\"{:.1}\" height=\"18\"/>",
        escaped(&format!("{value:.1} of 100 points kept. {losses}")),
        value * scale
    );
    let mut x = value * scale;
    for part in &score.parts {
        let Some(lost) = part.points_lost.filter(|lost| *lost > 0.05) else {
            continue;
        };
        let _ = write!(
            svg,
            "<rect class=\"lost\" x=\"{x:.1}\" y=\"0\" width=\"{:.1}\" height=\"18\"><title>{}</title></rect>",
            lost * scale,
            escaped(&format!("{}: {lost:.1} points lost", part.title))
        );
        x += lost * scale;
    }
    svg.push_str("</svg>");
    svg
}

/// Room of a chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Width, in units of the drawing.
    pub(super) width: f64,
    /// Height.
    pub(super) height: f64,
}

/// A series from 0 on, with its target, its changes and a value at each point.
pub(super) fn series(trend: &Trend, size: Size, name: &str, pen: &Pen<'_>) -> String {
    let (left, right, top, bottom) = (64.0, 12.0, 18.0, 26.0);
    let values: Vec<(usize, f64)> = trend
        .series
        .iter()
        .enumerate()
        .filter_map(|(at, point)| Some((at, point.value?)))
        .collect();
    let highest = values
        .iter()
        .map(|(_, v)| *v)
        .chain(trend.target)
        .fold(0.0, f64::max);
    if values.len() < 2 || highest <= 0.0 || !highest.is_finite() {
        return String::new();
    }
    let step = nice(highest / 4.0);
    let ticks = (highest * 1.05 / step).ceil().clamp(1.0, 12.0);
    let ceiling = step * ticks;
    #[allow(clippy::cast_precision_loss)]
    let last = (trend.series.len() - 1).max(1) as f64;
    #[allow(clippy::cast_precision_loss)]
    let x = |at: usize| left + (size.width - left - right) * at as f64 / last;
    let y = |v: f64| {
        size.height - bottom - (size.height - top - bottom) * (v / ceiling).clamp(0.0, 1.0)
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        size.width,
        size.height,
        escaped(&format!(
            "{name}: {} values from {} to {}; the table below has each",
            values.len(),
            words::amount(trend.unit, values[0].1, pen.signs),
            words::amount(trend.unit, values[values.len() - 1].1, pen.signs)
        ))
    );
    let right_edge = size.width - right;
    for change in &trend.change_points {
        let index = |i: u64| {
            usize::try_from(i)
                .unwrap_or(usize::MAX)
                .min(trend.series.len() - 1)
        };
        let (first, at, end) = (
            index(change.range[0]),
            index(change.index),
            index(change.range[1]),
        );
        let _ = write!(
            svg,
            "<rect class=\"range\" x=\"{:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{:.1}\"/>\
             <line class=\"when\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{top}\" y2=\"{:.1}\"/>",
            x(first),
            (x(end) - x(first)).max(0.0),
            size.height - top - bottom,
            x(at),
            x(at),
            size.height - bottom
        );
    }
    let mut tick = 0.0;
    while tick <= ticks {
        let v = step * tick;
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{left}\" x2=\"{right_edge}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text class=\"axis\" x=\"{1}\" y=\"{2:.1}\" text-anchor=\"end\">{3}</text>",
            y(v),
            left - 8.0,
            y(v) + 4.0,
            escaped(&words::round_amount(trend.unit, v, pen.signs))
        );
        tick += 1.0;
    }
    if let Some(target) = trend.target {
        let _ = write!(
            svg,
            "<line class=\"aim\" x1=\"{left}\" x2=\"{right_edge}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text class=\"axis\" x=\"{right_edge}\" y=\"{1:.1}\" text-anchor=\"end\">{2}</text>",
            y(target),
            y(target) - 4.0,
            escaped(&format!(
                "target {}",
                words::round_amount(trend.unit, target, pen.signs)
            ))
        );
    }
    let path: Vec<String> = values
        .iter()
        .map(|(at, v)| format!("{:.1},{:.1}", x(*at), y(*v)))
        .collect();
    let _ = write!(
        svg,
        "<polyline class=\"curve\" points=\"{}\"/>",
        path.join(" ")
    );
    let radius = if values.len() > 120 { 1.8 } else { 3.2 };
    for (at, v) in &values {
        let is_late = trend
            .change_points
            .first()
            .is_some_and(|change| u64::try_from(*at).is_ok_and(|at| at >= change.index));
        let _ = write!(
            svg,
            "<circle class=\"{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\"><title>{}</title></circle>",
            if is_late { "late" } else { "dot" },
            x(*at),
            y(*v),
            escaped(&format!(
                "{}: {}",
                place(trend, *at, pen),
                words::amount(trend.unit, *v, pen.signs)
            ))
        );
    }
    for at in labelled(trend.series.len(), if size.width < 500.0 { 3 } else { 7 }) {
        let anchor = if at + 1 == trend.series.len() {
            "end"
        } else {
            "start"
        };
        let _ = write!(
            svg,
            "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            x(at),
            size.height - 8.0,
            escaped(&short_place(trend, at, pen))
        );
    }
    svg.push_str("</svg>");
    svg
}

/// What a point of a series is called: its time, or its index.
pub(super) fn place(trend: &Trend, at: usize, pen: &Pen<'_>) -> String {
    trend
        .series
        .get(at)
        .map_or_else(String::new, |point| match trend.ordered_by {
            OrderedBy::Time => times::moment(point.from, &pen.style.zone),
            OrderedBy::Index => times::index(point.from).to_string(),
        })
}

fn short_place(trend: &Trend, at: usize, pen: &Pen<'_>) -> String {
    match (trend.ordered_by, trend.series.get(at)) {
        (OrderedBy::Time, Some(point)) if trend.step_seconds < 86_400.0 => {
            times::worded(point.from, &pen.style.zone, "%a %H:%M")
        }
        (OrderedBy::Time, Some(point)) => times::worded(point.from, &pen.style.zone, "%-d %b"),
        _ => place(trend, at, pen),
    }
}

/// Points that get a label below the axis, about as many as wanted.
fn labelled(points: usize, wanted: usize) -> Vec<usize> {
    let step = points.div_ceil(wanted).max(1);
    (0..points).step_by(step).collect()
}

/// 1, 2 or 5 times a power of ten, at least `wanted`.
fn nice(wanted: f64) -> f64 {
    let power = 10_f64.powf(wanted.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = steps.into_iter().find(|s| s * power >= wanted * 0.999);
    step.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_an_axis() {
        for (wanted, step) in [
            (0.7, 1.0),
            (1.3, 2.0),
            (0.021, 0.05),
            (60.0, 100.0),
            (2.0, 2.0),
        ] {
            assert!((nice(wanted) - step).abs() < 1e-9, "{wanted}");
        }
        assert_eq!(labelled(28, 7), [0, 4, 8, 12, 16, 20, 24]);
        assert_eq!(labelled(2, 7), [0, 1]);
    }

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escaped("<b a='x'>&\""),
            "&lt;b a=&#39;x&#39;&gt;&amp;&quot;"
        );
    }
}
