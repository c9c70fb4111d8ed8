//! Sums of a metric by unit of inference, in columns: there may be a hundred thousand windows of samples, of many
//! metrics at once.

use std::borrow::Cow;

use crate::metrics::Unit;
use crate::workload::{Total, UnitId, Values, float};

/// What a sum over a unit of inference belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A unit that the records name.
    Unit(UnitId),
    /// A window of samples, by its beginning in nanoseconds.
    Window(i64),
}

/// The sum over one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum {
    /// The float nearest to the sum, in the metric's unit × its scale.
    pub(super) sum: f64,
    /// Values, or the denominator of a share.
    pub(super) n: f64,
}

impl Sum {
    /// Sum in the metric's unit.
    pub(super) fn total(self, unit: Unit) -> f64 {
        self.sum / unit.scale()
    }

    /// Mean in the metric's unit (of a share: the pooled ratio).
    pub(super) fn mean(self, unit: Unit) -> f64 {
        self.sum / self.n / unit.scale()
    }
}

impl From<Total> for Sum {
    #[allow(clippy::cast_precision_loss)]
    fn from(total: Total) -> Self {
        Self {
            sum: float(total.sum),
            n: total.n as f64,
        }
    }
}

impl From<&Values> for Sum {
    #[allow(clippy::cast_precision_loss)] // as of a total
    fn from(values: &Values) -> Self {
        match values {
            Values::One(value) => Self {
                sum: *value as f64,
                n: 1.0,
            },
            Values::Several(figure) => Total {
                n: figure.n,
                sum: figure.sum,
            }
            .into(),
        }
    }
}

/// Sums by unit; none is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct UnitSums {
    /// Units that the records name, sorted.
    named: Vec<UnitId>,
    /// Beginnings of windows of samples in nanoseconds, sorted.
    windows: Vec<i64>,
    /// The sums of the named units, then of the windows.
    sums: Vec<f64>,
    /// And the n behind each; none while all are 1.
    ns: Option<Vec<f64>>,
}

impl UnitSums {
    /// How many units there are.
    pub(super) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Whether there are windows of samples alone.
    pub(super) fn are_windows(&self) -> bool {
        self.named.is_empty() && !self.windows.is_empty()
    }

    /// Beginnings of the windows of samples, in nanoseconds.
    pub(super) fn windows(&self) -> &[i64] {
        &self.windows
    }

    /// Makes room for as many windows.
    pub(super) fn reserve(&mut self, windows: usize) {
        self.windows.reserve_exact(windows);
        self.sums.reserve_exact(windows);
    }

    /// Adds the sum of a unit behind all that are there, unless it is empty. Named units come in their order, then
    /// windows in theirs.
    pub(super) fn push(&mut self, owner: Owner, sum: impl Into<Sum>) {
        let Sum { sum, n } = sum.into();
        if n <= 0.0 {
            return;
        }
        match owner {
            Owner::Unit(unit) => self.named.push(unit),
            Owner::Window(begin) => self.windows.push(begin),
        }
        self.note(sum, n);
    }

    fn note(&mut self, sum: f64, n: f64) {
        if n != 1.0 && self.ns.is_none() {
            self.ns = Some(vec![1.0; self.sums.len()]);
        }
        self.sums.push(sum);
        if let Some(ns) = &mut self.ns {
            ns.push(n);
        }
    }

    /// All sums, without whose they are.
    pub(super) fn sums(&self) -> impl Iterator<Item = Sum> + '_ {
        (0..self.sums.len()).map(|at| self.at(at))
    }

    fn at(&self, at: usize) -> Sum {
        Sum {
            sum: self.sums[at],
            n: self.ns.as_ref().map_or(1.0, |ns| ns[at]),
        }
    }

    /// All sums in the metric's unit.
    pub(super) fn totals(&self, unit: Unit) -> Vec<f64> {
        self.sums().map(|sum| sum.total(unit)).collect()
    }

    /// All means in the metric's unit, of shares the ratios.
    pub(super) fn means(&self, unit: Unit) -> Vec<f64> {
        self.sums().map(|sum| sum.mean(unit)).collect()
    }

    /// The n behind each sum.
    pub(super) fn ns(&self) -> Cow<'_, [f64]> {
        match &self.ns {
            Some(ns) => Cow::Borrowed(ns),
            None => Cow::Owned(vec![1.0; self.sums.len()]),
        }
    }

    /// All sums, in the order of their owners.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Owner, Sum)> + '_ {
        let named = self.named.iter().copied().map(Owner::Unit);
        let windows = self.windows.iter().copied().map(Owner::Window);
        named.chain(windows).zip(self.sums())
    }

    /// The sum of a unit.
    pub(super) fn of(&self, owner: Owner) -> Option<Sum> {
        let at = match owner {
            Owner::Unit(unit) => self.named.binary_search(&unit).ok()?,
            Owner::Window(begin) => self.named.len() + self.windows.binary_search(&begin).ok()?,
        };
        Some(self.at(at))
    }

    /// Whether both may hold sums of the same unit.
    pub(super) fn meets(&self, other: &UnitSums) -> bool {
        fn is_apart<T: Ord>(a: &[T], b: &[T]) -> bool {
            let is_before = |a: &[T], b: &[T]| a.last().zip(b.first()).is_none_or(|(a, b)| a < b);
            is_before(a, b) || is_before(b, a)
        }
        !(is_apart(&self.named, &other.named) && is_apart(&self.windows, &other.windows))
    }

    /// Without the units that `others` holds with more behind them, or, where `gives_way`, with as many.
    pub(super) fn without_larger(&self, others: &UnitSums, gives_way: bool) -> UnitSums {
        let mut rest = UnitSums::default();
        for (owner, Sum { sum, n }) in self.iter() {
            let is_larger = |other: Sum| other.n > n || gives_way && other.n >= n;
            if others.of(owner).is_some_and(is_larger) {
                continue;
            }
            match owner {
                Owner::Unit(unit) => rest.named.push(unit),
                Owner::Window(begin) => rest.windows.push(begin),
            }
            rest.note(sum, n);
        }
        rest
    }
}
