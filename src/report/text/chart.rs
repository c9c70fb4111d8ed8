//! A series as columns over time: from 0, with the target as a line and changes marked.

use jiff::tz::TimeZone;

use super::super::escape::width;
use super::super::pen::{Pen, Tone, right};
use super::super::times;
use super::super::words;
use super::axis::Axis;
use crate::assessment::{OrderedBy, SeriesPoint, Trend};
use crate::units::Time;

/// Something that happened, to be pointed at from below.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// When.
    pub(super) time: Time,
    /// What; empty: no arrow points at it.
    pub(super) label: String,
    /// Whether a line is drawn through the chart.
    pub(super) is_change: bool,
}

/// One column of the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bar {
    from: Time,
    value: Option<f64>,
}

/// Where the columns stand.
#[derive(Debug, Clone, Copy)]
struct Grid {
    /// Characters from one bar to the next.
    pitch: usize,
    /// Characters of a bar.
    bar: usize,
    /// Characters of the whole plot.
    total: usize,
}

impl Grid {
    fn new(bars: usize, room: usize) -> Self {
        let pitch = (room / bars.max(1)).clamp(1, 10);
        let bar = if pitch >= 3 { pitch - 1 } else { pitch };
        Self {
            pitch,
            bar,
            total: (bars * pitch).saturating_sub(pitch - bar),
        }
    }

    /// The bar at a character, or `None` between two bars.
    fn bar_at(&self, column: usize) -> Option<usize> {
        (column % self.pitch < self.bar).then_some(column / self.pitch)
    }
}

/// The chart in about `rows` rows plus axis, labels and marks. Empty without two values.
pub(super) fn draw(trend: &Trend, rows: usize, marks: &[Mark], pen: &Pen<'_>) -> Vec<String> {
    let values = trend.series.iter().filter_map(|p| finite(p.value));
    let largest = values
        .clone()
        .chain(finite(trend.target))
        .fold(0.0, f64::max);
    if values.count() < 2 || largest <= 0.0 {
        return Vec::new();
    }
    let axis = Axis::new(trend.unit, largest, rows, pen.signs);
    let label_columns = axis.label_columns();
    let room = pen.width().saturating_sub(label_columns + 5);
    let bars = bars(&trend.series, room);
    let grid = Grid::new(bars.len(), room);
    let changes: Vec<usize> = marks
        .iter()
        .filter(|m| m.is_change)
        .filter_map(|m| bar_of(&bars, m.time))
        .collect();

    let lead = |label: &str, axis: &str| format!("  {} {axis}", right(label, label_columns));
    let mut lines: Vec<String> = (0..axis.rows())
        .rev()
        .map(|row| {
            let label = axis.label(row + 1).unwrap_or_default();
            let tick = pen.signs.axis[usize::from(!label.is_empty())];
            let cells = row_cells(row, &axis, &bars, grid, &changes, trend.target, pen);
            format!("{}{cells}", lead(&label, tick))
        })
        .collect();
    lines.push(format!(
        "{}{}",
        lead("", pen.signs.axis[2]),
        pen.signs.axis[3].repeat(grid.total)
    ));
    let margin = " ".repeat(label_columns + 4);
    lines.push(format!(
        "{margin}{}",
        if trend.ordered_by == OrderedBy::Index {
            index_labels(&bars, grid)
        } else {
            time_labels(&bars, grid, &pen.style.zone)
        }
    ));
    for mark in marks.iter().filter(|m| !m.label.is_empty()) {
        if let Some(bar) = bar_of(&bars, mark.time) {
            let column = (bar * grid.pitch).saturating_sub(usize::from(mark.is_change && bar > 0));
            lines.push(format!(
                "{margin}{}",
                pointer(column, &mark.label, room, pen)
            ));
        }
    }
    lines
}

/// The course in a line, with times below: a column for each bar, from 0 to the largest. Empty without two values.
pub(in super::super) fn strip(trend: &Trend, name: &str, pen: &Pen<'_>) -> Vec<String> {
    let values = trend.series.iter().filter_map(|p| finite(p.value));
    let largest = values.clone().fold(0.0, f64::max);
    if values.count() < 2 || largest <= 0.0 {
        return Vec::new();
    }
    let room = pen.width().saturating_sub(width(name) + 1);
    let bars = bars(&trend.series, room);
    let grid = Grid::new(bars.len(), room);
    let heights = pen.signs.heights;
    let drawn: String = (0..grid.total)
        .map(|column| {
            let value = grid.bar_at(column).and_then(|bar| bars[bar].value);
            value.map_or(" ", |v| heights[step_of(v / largest, heights.len())])
        })
        .collect();
    let labels = if trend.ordered_by == OrderedBy::Index {
        index_labels(&bars, grid)
    } else {
        time_labels(&bars, grid, &pen.style.zone)
    };
    vec![
        format!("{name} {}", pen.paint(Tone::Bar, drawn.trim_end())),
        format!("{}{labels}", " ".repeat(width(name) + 1)),
    ]
}

/// Which of so many steps, from 0, shows a share.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn step_of(share: f64, steps: usize) -> usize {
    ((share.clamp(0.0, 1.0) * steps as f64).ceil() as usize)
        .saturating_sub(1)
        .min(steps - 1)
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

/// One bar for each point, or for as many neighbouring points as are needed to fit.
fn bars(series: &[SeriesPoint], room: usize) -> Vec<Bar> {
    let together = series.len().div_ceil(room.max(1)).max(1);
    series
        .chunks(together)
        .map(|points| Bar {
            from: points[0].from,
            value: pooled(points),
        })
        .collect()
}

/// The mean over all records of some neighbouring points.
#[allow(clippy::cast_precision_loss)]
fn pooled(points: &[SeriesPoint]) -> Option<f64> {
    let known = points
        .iter()
        .filter_map(|p| finite(p.value).map(|v| (v, p.n.max(1) as f64)));
    let (sum, n) = known.fold((0.0, 0.0), |(sum, n), (v, w)| (sum + v * w, n + w));
    (n > 0.0).then(|| sum / n)
}

fn bar_of(bars: &[Bar], time: Time) -> Option<usize> {
    bars.iter().rposition(|b| b.from <= time)
}

fn row_cells(
    row: usize,
    axis: &Axis,
    bars: &[Bar],
    grid: Grid,
    changes: &[usize],
    target: Option<f64>,
    pen: &Pen<'_>,
) -> String {
    let signs = pen.signs;
    let is_target_row = finite(target).is_some_and(|t| axis.row_of(t) == Some(row));
    let mut out = String::new();
    let mut run = String::new();
    for column in 0..grid.total {
        let height = grid
            .bar_at(column)
            .and_then(|bar| bars[bar].value)
            .map_or(0, |v| axis.eighths(v, row, signs.heights.len()));
        if height > 0 {
            run.push_str(signs.heights[height - 1]);
            continue;
        }
        out.push_str(&pen.paint(Tone::Bar, &std::mem::take(&mut run)));
        let next = (column + 1) / grid.pitch;
        let is_change = grid.bar_at(column).is_none() && changes.contains(&next);
        if is_change {
            out.push_str(signs.change);
        } else if is_target_row {
            out.push_str(&pen.paint(Tone::Faint, signs.target_line));
        } else {
            out.push(' ');
        }
    }
    out.push_str(&pen.paint(Tone::Bar, &run));
    out.trim_end().to_owned()
}

/// Indices below the axis, as many as have room.
fn index_labels(bars: &[Bar], grid: Grid) -> String {
    let mut out = String::new();
    for (i, bar) in bars.iter().enumerate() {
        let column = i * grid.pitch;
        let label = times::index(bar.from).to_string();
        let is_free = i == 0 || column >= width(&out) + 6;
        if is_free && column + width(&label) <= grid.total.max(8) + 2 {
            out.push_str(&" ".repeat(column - width(&out)));
            out.push_str(&label);
        }
    }
    out
}

/// Days, hours or minutes below the axis, each where it begins, as many as have room.
fn time_labels(bars: &[Bar], grid: Grid, zone: &TimeZone) -> String {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
        return String::new();
    };
    let seconds = last.from.since(first.from).0;
    let (boundary, pattern) = match seconds {
        s if s < 300.0 => ("%F %H:%M:%S", "%H:%M:%S"),
        s if s < 36.0 * 3600.0 => ("%F %H:%M", "%H:%M"),
        s if s < 21.0 * 86_400.0 => ("%F", "%a %-d"),
        s if s < 400.0 * 86_400.0 => ("%F", "%-d %b"),
        _ => ("%Y-%m", "%b %Y"),
    };
    let mut out = String::new();
    let mut before = String::new();
    for (i, bar) in bars.iter().enumerate() {
        let key = times::worded(bar.from, zone, boundary);
        let is_new = key != before;
        before = key;
        let column = i * grid.pitch;
        let is_free = out.is_empty() && i == 0 || column >= width(&out) + 3;
        let label = times::worded(bar.from, zone, pattern);
        if is_new && is_free && column + width(&label) <= grid.total.max(8) + 2 {
            out.push_str(&" ".repeat(column - width(&out)));
            out.push_str(&label);
        }
    }
    out
}

/// An arrow below a column with its label on the side that has more room.
fn pointer(column: usize, label: &str, room: usize, pen: &Pen<'_>) -> String {
    let sign = pen.signs.pointer;
    let cut = |columns: usize| {
        super::super::escape::shorten(&words::glued(label), columns, pen.signs.ellipsis)
    };
    let behind = room.saturating_sub(column + 2);
    let before = column.saturating_sub(1);
    if width(label) <= behind || behind >= before {
        format!("{}{sign} {}", " ".repeat(column), cut(behind))
    } else {
        format!("{} {sign}", right(&cut(before), before))
    }
}
