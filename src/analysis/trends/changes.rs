//! Where a metric changed its level, judged over all series of a run together.

use crate::assessment::{ChangePoint, SeriesPoint};
use crate::stats::change::{self, Change, Tolerance};
use crate::stats::multiplicity;
use crate::units::Time;
use crate::workload::SAMPLE_CELL;

use super::causes::Causes;
use super::series::Series;
use super::{ALPHA, bic, number, off_line};

/// The values of a series and the changes of level in it.
pub(super) struct Changes {
    /// Values, without the steps that have none.
    pub(super) values: Vec<f64>,
    /// Records of each.
    pub(super) records: Vec<u64>,
    /// What a level may differ by without being told.
    pub(super) tolerance: Tolerance,
    /// Length of a step in nanoseconds; 0: each value is a point.
    pub(super) step: i64,
    /// Index of each value in the series that is shown, and when it begins.
    places: Vec<(u64, Time)>,
    is_timeless: bool,
    /// `None`: too few values for a verdict.
    found: Option<Vec<Change>>,
}

impl Changes {
    /// The changes of one series, before it is judged together with others. None are told where a straight line
    /// fits better than the levels between them (by BIC): that is a drift, and a slope tells it.
    pub(super) fn of(
        shown: &[SeriesPoint],
        series: &Series,
        tolerance: Tolerance,
        is_timeless: bool,
    ) -> Self {
        let known = || {
            let points = (0_u64..).zip(shown);
            points.filter_map(|(index, point)| {
                Some((index, point, point.value.filter(|v| v.is_finite())?))
            })
        };
        let values: Vec<f64> = known().map(|(_, _, value)| value).collect();
        let found = change::changes(&values, tolerance).map(|found| {
            if is_drift(&values, &found) {
                Vec::new()
            } else {
                found
            }
        });
        Self {
            records: known().map(|(_, point, _)| point.n).collect(),
            places: known()
                .map(|(index, point, _)| (index, point.from))
                .collect(),
            values,
            tolerance,
            step: series.step,
            is_timeless,
            found,
        }
    }

    /// Whether there are enough values for a verdict.
    pub(super) fn is_judged(&self) -> bool {
        self.found.is_some()
    }

    /// The values since the last change.
    pub(super) fn latest_level(&self) -> std::ops::Range<usize> {
        let last = self.found.iter().flatten().last();
        last.map_or(0, |change| change.at)..self.values.len()
    }

    /// In which time something must have happened to have been the beginning of the new level: after the last value
    /// that is surely of the old one began, before the last that may be the first of the new one ended. `None` where
    /// only an index orders the values.
    fn spell(&self, change: &Change) -> Option<(Time, Time)> {
        if self.is_timeless {
            return None;
        }
        let (_, from) = self.places.get(change.earliest.saturating_sub(1))?;
        let (_, to) = self.places.get(change.latest)?;
        // A value's own time is known to 15 seconds.
        Some((*from, Time(to.0 + self.step.max(SAMPLE_CELL))))
    }

    /// The times in which events are looked for.
    pub(super) fn spells(&self) -> impl Iterator<Item = (Time, Time)> {
        let all = self.found.iter().flatten();
        all.filter_map(|change| self.spell(change))
    }

    /// What is told of the changes.
    pub(super) fn points(&self, causes: &Causes) -> Vec<ChangePoint> {
        let index = |at: usize| self.places.get(at).map_or(0, |(index, _)| *index);
        let all = self.found.iter().flatten();
        all.map(|change| ChangePoint {
            index: index(change.at),
            time: self
                .places
                .get(change.at)
                .filter(|_| !self.is_timeless)
                .map(|(_, from)| *from),
            range: [index(change.earliest), index(change.latest)],
            before: change.before,
            after: change.after,
            ratio: (change.before > 0.0).then(|| change.after / change.before),
            p: change.p,
            with: self
                .spell(change)
                .map_or_else(Vec::new, |spell| causes.within(spell)),
        })
        .collect()
    }
}

/// Leaves only changes whose p, adjusted by Benjamini and Hochberg's method over all series that were judged, is
/// below 0.05. A series without a change counts as one test that found nothing.
pub(super) fn judge_together(all: &mut [Changes]) {
    let mut p = Vec::new();
    for found in all.iter().filter_map(|c| c.found.as_ref()) {
        if found.is_empty() {
            p.push(1.0);
        }
        p.extend(found.iter().map(|change| change.p));
    }
    let mut adjusted = multiplicity::benjamini_hochberg(&p).into_iter();
    for Changes { values, found, .. } in all {
        let Some(found) = found else { continue };
        if found.is_empty() {
            adjusted.next();
        }
        for change in found.iter_mut() {
            change.p = adjusted.next().unwrap_or(1.0);
        }
        let before = found.len();
        found.retain(|change| change.p < ALPHA);
        if found.len() < before {
            measure(values, found);
        }
    }
}

/// The levels beside changes some of whose neighbours are gone.
fn measure(values: &[f64], found: &mut [Change]) {
    let mean = |part: &[f64]| part.iter().sum::<f64>() / number(part.len());
    let places: Vec<usize> = found.iter().map(|change| change.at).collect();
    for (at, change) in found.iter_mut().enumerate() {
        let from = at.checked_sub(1).map_or(0, |before| places[before]);
        let to = places.get(at + 1).copied().unwrap_or(values.len());
        change.before = mean(&values[from..change.at]);
        change.after = mean(&values[change.at..to]);
    }
}

/// Whether a straight line fits better than levels: it has two parameters, these a level each and their
/// places.
fn is_drift(values: &[f64], found: &[Change]) -> bool {
    if found.is_empty() {
        return false;
    }
    let mut left = 0.0;
    let mut from = 0;
    for to in found.iter().map(|change| change.at).chain([values.len()]) {
        let level = &values[from..to];
        let mean = level.iter().sum::<f64>() / number(level.len());
        left += level.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        from = to;
    }
    let n = number(values.len());
    bic(off_line(values), n, 2.0) < bic(left, n, number(2 * found.len() + 1))
}
