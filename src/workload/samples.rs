//! Sampled series: what a metric was, in cells of 15 seconds.

use crate::record::{DimsId, Measured, Name};

use super::measure::Part;
use super::{Figure, SAMPLE_CELL, Total, UnitId};
use crate::units::Time;

/// Samples of one metric, host and dimension set.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct SampleSeries {
    /// What is measured.
    pub metric: Measured,
    /// Dimensions, with host and process, and the mode and interface in force.
    pub dims: DimsId,
    /// Unit that the source names (series); [`UnitId::NONE`] where none.
    pub unit: UnitId,
    /// Task, for pairing.
    pub task: Name,
    /// 15-second cells, counted from 1970 and in order, with what was sampled in each.
    pub cells: Vec<(i64, Values)>,
}

/// The values of a cell, of which there is mostly one.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub enum Values {
    /// One value: the metric's unit × its scale.
    One(i64),
    /// Several, summed up.
    Several(Box<Figure>),
}

/// What tells one series from another.
pub(super) type SeriesKey = (Measured, DimsId, UnitId, Name);

impl SampleSeries {
    fn new((metric, dims, unit, task): SeriesKey, room: usize) -> Self {
        Self {
            metric,
            dims,
            unit,
            task,
            cells: Vec::with_capacity(room),
        }
    }

    pub(super) fn key(&self) -> SeriesKey {
        (self.metric, self.dims, self.unit, self.task)
    }

    /// The cells by windows of this many nanoseconds (a multiple of 15 seconds): the beginning of each with the sum of
    /// what was sampled in it.
    pub fn windows(&self, length: i64) -> impl Iterator<Item = (Time, Figure)> + '_ {
        let cells = (length / SAMPLE_CELL).max(1);
        let begin = move |cell: &(i64, Values)| cell.0.div_euclid(cells);
        let windows = self.cells.chunk_by(move |a, b| begin(a) == begin(b));
        windows.map(move |window| {
            let from = begin(&window[0]).saturating_mul(length);
            (Time(from), sum_of(window))
        })
    }

    /// Puts the cells in order and adds up those that are the same.
    pub(super) fn settle(&mut self) {
        let cells = &mut self.cells;
        if !cells.windows(2).all(|w| w[0].0 < w[1].0) {
            cells.sort_by_key(|(cell, _)| *cell);
            cells.dedup_by(|later, earlier| {
                let is_same = later.0 == earlier.0;
                if is_same {
                    earlier.1.merge(&later.1);
                }
                is_same
            });
        }
        cells.shrink_to_fit();
    }
}

/// The sum of some cells.
fn sum_of(cells: &[(i64, Values)]) -> Figure {
    let alone = cells.iter().filter_map(|(_, values)| match values {
        Values::One(value) => Some(*value),
        Values::Several(_) => None,
    });
    let mut sum = Figure::of_values(alone);
    for (_, values) in cells {
        if let Values::Several(figure) = values {
            sum.merge(figure);
        }
    }
    sum
}

impl Values {
    /// How many.
    #[must_use]
    pub fn n(&self) -> u64 {
        match self {
            Values::One(_) => 1,
            Values::Several(figure) => figure.n,
        }
    }

    /// Their exact sum.
    #[must_use]
    pub fn sum(&self) -> i128 {
        match self {
            Values::One(value) => i128::from(*value),
            Values::Several(figure) => figure.sum,
        }
    }

    /// The smallest.
    #[must_use]
    pub fn min(&self) -> i64 {
        match self {
            Values::One(value) => *value,
            Values::Several(figure) => figure.min,
        }
    }

    /// n and sum.
    #[must_use]
    pub fn total(&self) -> Total {
        self.part().total()
    }

    /// How many lie in buckets of a histogram above that of `value`.
    #[must_use]
    pub fn above(&self, value: i64) -> u64 {
        self.part().above(value)
    }

    /// How many a histogram counts: those that are not negative.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.part().counted()
    }

    /// Adds them to a figure.
    pub fn add_to(&self, figure: &mut Figure) {
        self.part().add_to(figure);
    }

    pub(super) fn part(&self) -> Part<'_> {
        match self {
            Values::One(value) => Part::Value(*value),
            Values::Several(figure) => Part::Figure(figure),
        }
    }

    fn merge(&mut self, other: &Values) {
        let mut sum = match self {
            Values::One(value) => {
                let mut figure = Figure::default();
                figure.add(*value);
                Box::new(figure)
            }
            Values::Several(figure) => std::mem::take(figure),
        };
        other.add_to(&mut sum);
        *self = Values::Several(sum);
    }
}

/// Adds a value to the series of this key, which is among the last ones if it is there at all: only
/// those from number `from` on are looked at. A new one gets room for so many cells.
pub(super) fn add_value(
    all: &mut Vec<SampleSeries>,
    from: usize,
    room: usize,
    key: SeriesKey,
    cell: i64,
    value: i64,
) {
    let known = all[from..].iter().rposition(|s| s.key() == key);
    let at = known.map_or(all.len(), |at| from + at);
    if known.is_none() {
        all.push(SampleSeries::new(key, room.max(1)));
    }
    let cells = &mut all[at].cells;
    match cells.last_mut() {
        Some((last, values)) if *last == cell => values.merge(&Values::One(value)),
        _ => cells.push((cell, Values::One(value))),
    }
}
