//! Change points in words: how much, when, and what happened there.

use super::pen::Pen;
use super::times;
use super::words;
use crate::assessment::{ChangePoint, OrderedBy, SeriesPoint, Trend, TrendDirection};

/// The change that goes with the word for a trend: the largest in its direction.
pub(super) fn telling(trend: &Trend) -> Option<&ChangePoint> {
    let sign = match trend.direction {
        TrendDirection::Rising => 1.0,
        TrendDirection::Falling => -1.0,
        TrendDirection::Stable | TrendDirection::Insufficient => return None,
    };
    let along = |change: &ChangePoint| sign * (change.after - change.before);
    trend
        .change_points
        .iter()
        .filter(|change| along(change) > 0.0)
        .max_by(|a, b| along(a).total_cmp(&along(b)))
}

/// `2.43 s → 2.99 s (×1.23), p < 0.001`.
pub(super) fn amount(trend: &Trend, change: &ChangePoint, pen: &Pen<'_>) -> String {
    let s = pen.signs;
    format!(
        "{} {} {} ({}), {}",
        words::amount(trend.unit, change.before, s),
        s.arrow,
        words::amount(trend.unit, change.after, s),
        words::change(trend.unit, change.before, change.after, s),
        words::p(change.p, s),
    )
}

/// `at Thu 19 Nov 18:00`, `between Thu 12:00 and Fri 00:00 (best: Thu 18:00)`, `at index 40 (38 to 41)`.
pub(super) fn when(trend: &Trend, change: &ChangePoint, pen: &Pen<'_>) -> Option<String> {
    let point = |index: u64| trend.series.get(usize::try_from(index).ok()?);
    let [first, last] = change.range.map(point);
    let (first, best, last) = (first?, point(change.index)?, last?);
    let is_certain = change.range[0] == change.range[1];
    if trend.ordered_by == OrderedBy::Index {
        let at = |point: &SeriesPoint| times::index(point.from);
        return Some(if is_certain {
            format!("at index {}", at(best))
        } else {
            format!("at index {} ({} to {})", at(best), at(first), at(last))
        });
    }
    let at = |point: &SeriesPoint| times::moment(point.from, &pen.style.zone);
    Some(if is_certain {
        format!("at {}", at(best))
    } else {
        format!(
            "between {} and {} (best: {})",
            at(first),
            at(last),
            at(best)
        )
    })
}

/// The same without the best place in the range.
pub(super) fn range(trend: &Trend, change: &ChangePoint, pen: &Pen<'_>) -> Option<String> {
    let when = when(trend, change, pen)?;
    let range = when.split_once(" (best").map(|(range, _)| range.to_owned());
    Some(range.unwrap_or(when))
}

/// `config_change context.cache_size 120 → 3`, with what came with it; empty where nothing did.
pub(super) fn with(change: &ChangePoint, most: usize, pen: &Pen<'_>) -> String {
    let named = change.with.iter().take(most);
    let named: Vec<String> = named
        .map(|text| {
            let text = text.strip_prefix("config_change ").unwrap_or(text);
            // An arrow between two values is ours; whatever else is not ASCII is written out.
            let parts = text.split('\u{2192}').map(|part| pen.name(part.trim(), 50));
            let parts: Vec<String> = parts.collect();
            words::glued(parts.join(&format!(" {} ", pen.signs.arrow)).trim())
        })
        .collect();
    match change.with.len().saturating_sub(most) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
