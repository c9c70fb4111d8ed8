//! What was promised of a change, and what came of it, metric by metric.

use std::collections::{BTreeMap, BTreeSet};

use super::LEVEL;
use crate::assessment::{Control, Projection, Span};
use crate::metrics::Metric;
use crate::record::{DIMENSIONS, Dimension, OperationKind};
use crate::scenario::measured::{self, BeforeAndSince, Contrast};
use crate::scenario::{knobs, outcome};
use crate::workload::{Figure, Filter, Row, Workload};

/// The label that tells before from since; nobody's own.
const SIDE: &str = "side of a change";
const BEFORE: &str = "before";
const SINCE: &str = "since";

/// Fewest units of a control before and since.
const LEAST_CONTROL: u64 = 10;

/// A change of configuration, and what was promised of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise<'a> {
    /// The knobs that are turned; none: no knob.
    pub(super) knobs: &'a [&'a str],
    /// Only records with these values are concerned; empty: all.
    pub(super) of: &'a BTreeMap<String, String>,
    /// What was projected.
    pub(super) projection: Option<&'a Projection>,
}

/// What came of it, in one metric.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    /// Units of inference before and since that tell of it.
    pub(super) units: [u64; 2],
    /// Mean of the whole baseline.
    pub(super) before: Option<f64>,
    /// The change of that mean.
    pub(super) realised: Option<Span>,
    /// How much of what is concerned had like work since.
    pub(super) matched: Option<f64>,
    /// What was taken off.
    pub(super) control: Option<Control>,
}

impl Promise<'_> {
    /// The projected change of the mean.
    pub(super) fn projected(&self, metric: Metric, base: &Workload) -> Option<Span> {
        let effects = &self.projection?.effects;
        let effect = effects
            .iter()
            .find(|e| e.metric == metric.name() && e.statistic != "p95")?;
        // Of totals the mean of a record is compared.
        #[allow(clippy::cast_precision_loss)]
        let n = match effect.statistic.as_str() {
            "mean" => 1.0,
            _ => base.figure(metric, &Filter::default()).n as f64,
        };
        let change = |end: f64| (end - effect.from) / n;
        Some(Span {
            estimate: change(effect.to),
            low: effect.low.map(change),
            high: effect.high.map(change),
            level: outcome::LEVEL,
        })
    }

    /// What happened, where `base` is what was measured before and `since` what was measured after.
    pub(super) fn held(&self, metric: Metric, base: &Workload, since: &Workload) -> Held {
        let both = base
            .labelled(SIDE, BEFORE)
            .merge(since.labelled(SIDE, SINCE));
        let sides = self.sides(&both);
        let mut held = Held {
            units: units(&both, metric, &sides.touched),
            before: base
                .figure(metric, &Filter::default())
                .mean(metric.row().unit),
            ..Held::default()
        };
        let parts = self.parts();
        let Some(realised) = measured::since(&both, metric, &parts, &sides, LEAST_CONTROL) else {
            return held;
        };
        held.matched = Some(realised.contrast.matched);
        held.realised = of_the_mean(&both, metric, &sides, &realised.contrast);
        held.control = realised.control.map(|(contrast, units)| Control {
            what: self.untouched(),
            units,
            is_factor: contrast.is_factor,
            change: span(&contrast),
        });
        held
    }

    /// The parts of a step that the change governs. Waits too, where the projection tells of them: then
    /// they are in what was promised.
    fn parts(&self) -> Vec<OperationKind> {
        let mut parts: BTreeSet<OperationKind> = BTreeSet::new();
        for knob in self.knobs {
            let own = knobs::governs(knob);
            if own.is_empty() {
                return Vec::new();
            }
            parts.extend(own);
        }
        let mut effects = self.projection.iter().flat_map(|p| &p.effects);
        if !parts.is_empty() && effects.any(|e| e.metric == Metric::QueueTime.name()) {
            parts.insert(OperationKind::WaitQueue);
        }
        parts.into_iter().collect()
    }

    fn sides(&self, both: &Workload) -> BeforeAndSince {
        let catalog = &both.catalog;
        let find = |text: &str| catalog.names.find(text).map(crate::record::Name);
        let names = [find(BEFORE), find(SINCE)];
        let label = find(SIDE).map(Dimension::Label);
        let within = self.within();
        let mut sides = BeforeAndSince {
            changing: self.changing(),
            ..BeforeAndSince::default()
        };
        for set in catalog.dims.values() {
            let value =
                |dimension: Dimension| set.iter().find(|(d, _)| *d == dimension).map(|d| d.1);
            let side = label
                .and_then(value)
                .and_then(|own| names.iter().position(|name| *name == Some(own)));
            let is_of = |(dimension, text): &(Dimension, &str)| {
                value(*dimension).map(|name| catalog.text(name) == *text)
            };
            let is_touched = within.iter().all(|w| is_of(w) == Some(true));
            // What does not say which it is may have been touched.
            let is_other = within.iter().any(|w| is_of(w) == Some(false));
            sides.touched.push(side.filter(|_| is_touched));
            sides.control.push(side.filter(|_| is_other));
        }
        sides
    }

    /// The dimensions that it changes.
    fn changing(&self) -> Vec<Dimension> {
        let changing = self.knobs.iter();
        changing.filter_map(|k| knobs::changes(k)).collect()
    }

    /// What it concerns. Of a dimension that it changes nothing can be asked: since then the value is another.
    fn within(&self) -> Vec<(Dimension, &str)> {
        let changing = self.changing();
        let named = |key: &str| DIMENSIONS.iter().find(|(name, _)| *name == key);
        self.of
            .iter()
            .filter_map(|(key, value)| Some((named(key)?.1, value.as_str())))
            .filter(|(dimension, _)| !changing.contains(dimension))
            .collect()
    }

    /// What it does not concern, in words.
    fn untouched(&self) -> String {
        let name = |dimension| {
            DIMENSIONS
                .iter()
                .find(|(_, d)| *d == dimension)
                .map_or("", |d| d.0)
        };
        let within = self.within().into_iter();
        let others =
            within.map(|(dimension, value)| format!("{} other than {value}", name(dimension)));
        others.collect::<Vec<_>>().join(" or ")
    }
}

/// Whether a row tells of a metric.
fn tells(row: &Row, metric: Metric) -> bool {
    row.add_to(metric, &mut Figure::default())
}

/// Units on either side.
fn units(both: &Workload, metric: Metric, sides: &[Option<usize>]) -> [u64; 2] {
    let mut units: [BTreeSet<_>; 2] = Default::default();
    for row in &both.rows {
        if let Some(side) = sides[row.key.dims.0 as usize].filter(|_| tells(row, metric)) {
            units[side].insert(row.key.unit);
        }
    }
    units.map(|side| side.len() as u64)
}

/// The effect on what was touched as a change of the mean of the whole baseline.
#[allow(clippy::cast_precision_loss)]
fn of_the_mean(
    both: &Workload,
    metric: Metric,
    sides: &BeforeAndSince,
    contrast: &Contrast,
) -> Option<Span> {
    let unit = metric.row().unit;
    let (mut all, mut touched) = (Figure::default(), Figure::default());
    let before = crate::record::Name(both.catalog.names.find(BEFORE)?);
    let label = Dimension::Label(crate::record::Name(both.catalog.names.find(SIDE)?));
    for row in &both.rows {
        let dims = both.catalog.dims.get(row.key.dims.0);
        if dims.contains(&(label, before)) {
            row.add_to(metric, &mut all);
            if sides.touched[row.key.dims.0 as usize].is_some() {
                row.add_to(metric, &mut touched);
            }
        }
    }
    let change = |effect: f64| {
        let sum = if contrast.is_factor {
            (effect - 1.0) * touched.total(unit)
        } else {
            effect * touched.n as f64
        };
        sum / all.n as f64
    };
    let estimate = change(contrast.effect);
    let ends = contrast.interval(LEVEL);
    estimate.is_finite().then(|| Span {
        estimate,
        low: ends.map(|(low, _)| change(low)),
        high: ends.map(|(_, high)| change(high)),
        level: LEVEL,
    })
}

fn span(contrast: &Contrast) -> Span {
    let ends = contrast.interval(LEVEL);
    Span {
        estimate: contrast.effect,
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        level: LEVEL,
    }
}
