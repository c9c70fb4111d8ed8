//! Facts of the context cache and of file filters.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::number;
use super::{Fact, Facts};
use crate::advise::Observed;
use crate::metrics::Metric;
use crate::record::{Dimension, EventKind, Name, OperationKind};
use crate::scenario::context::{lifetimes, sizes};
use crate::stats::trend::theil_sen;
use crate::units::Time;
use crate::workload::{Filter, GroupKey, Grouping, UnitId, Workload};

/// The size of the context cache that suffices.
const SUFFICIENT: &str = "context_cache.sufficient_size";

/// Pairs of files and times that a slope is fitted to, at most.
const MOST_PAIRS: usize = 400;

pub(super) fn gather(case: Observed<'_>, facts: &mut Facts) {
    cache(case.workload, facts);
    sizes(case, facts);
    files(case.workload, facts);
}

fn cache(workload: &Workload, facts: &mut Facts) {
    let lookups = &workload.lookups;
    if lookups.is_empty() {
        return;
    }
    let starts: Vec<Time> = workload
        .events
        .iter()
        .filter(|e| e.kind == EventKind::ProcessStart)
        .map(|e| e.time)
        .collect();
    let mut seen: BTreeMap<Name, BTreeSet<u64>> = BTreeMap::new();
    let mut next_start: BTreeMap<Name, usize> = BTreeMap::new();
    let (mut misses, mut compulsory, mut reasked, mut working_set) = (0_u64, 0_u64, 0_u64, 0_usize);
    let mut keys_of: BTreeMap<u64, BTreeSet<UnitId>> = BTreeMap::new();
    let mut units = BTreeSet::new();
    let mut last_of: BTreeMap<UnitId, u64> = BTreeMap::new();
    let mut followed: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut predicted, mut with_predecessor) = (0_u64, 0_u64);
    for lookup in lookups {
        let known = seen.entry(lookup.host).or_default();
        let start = next_start.entry(lookup.host).or_default();
        while starts.get(*start).is_some_and(|t| *t <= lookup.time) {
            known.clear();
            *start += 1;
        }
        let is_new = known.insert(lookup.key);
        working_set = working_set.max(known.len());
        if !lookup.hit {
            misses += 1;
            compulsory += u64::from(is_new);
            reasked += u64::from(!is_new);
        }
        if lookup.unit != UnitId::NONE {
            keys_of.entry(lookup.key).or_default().insert(lookup.unit);
            units.insert(lookup.unit);
            if let Some(before) = last_of.insert(lookup.unit, lookup.key) {
                with_predecessor += 1;
                predicted += u64::from(followed.insert(before, lookup.key) == Some(lookup.key));
            }
        }
    }
    let unit_count = units.len() as u64;
    let with_units = |fact: Fact| fact.count("units", unit_count);
    if misses > 0 {
        let share = number(compulsory) / number(misses);
        facts.add(
            "context_cache.compulsory_share",
            with_units(Fact::of(share).count("n", misses)),
        );
    }
    let n = lookups.len() as u64;
    facts.add(
        "context_cache.reasked_share",
        with_units(Fact::of(number(reasked) / number(n)).count("n", n)),
    );
    facts.add(
        "context_cache.working_set",
        with_units(Fact::default().count("value", working_set as u64)),
    );
    if unit_count > 0 {
        let common = keys_of
            .values()
            .filter(|units| 2 * units.len() as u64 >= unit_count)
            .count();
        facts.add(
            "context_cache.common_keys",
            with_units(Fact::default().count("value", common as u64)),
        );
    }
    if with_predecessor > 0 {
        let share = number(predicted) / number(with_predecessor);
        facts.add(
            "context_cache.predictable_share",
            with_units(Fact::of(share).count("n", with_predecessor)),
        );
    }
}

/// What sizes of the cache would give, where the replay reproduces the present.
fn sizes(case: Observed<'_>, facts: &mut Facts) {
    if case.workload.lookups.is_empty() {
        return;
    }
    match sizes::sizes(case.workload, case.config, None) {
        Ok(sizes) => {
            facts.add(SUFFICIENT, Fact::default().count("value", sizes.sufficient));
            facts.add(
                "context_cache.room",
                Fact::of(sizes.unlimited - sizes.measured),
            );
        }
        Err(withheld) => {
            facts.withheld.insert(SUFFICIENT.into(), withheld.reason);
        }
    }
    if let Ok(Some(lifetimes)) = lifetimes::lifetimes(case.workload, case.config) {
        facts.add("context_cache.lifetime_room", Fact::of(lifetimes.room));
        facts.add(
            "context_cache.sufficient_lifetime",
            Fact::default().with_some("value", lifetimes.sufficient),
        );
    }
}

/// Slopes of preparation time and accuracy on the files considered, over quarters of an hour of a unit;
/// of the most used mode only, since modes differ in both.
fn files(workload: &Workload, facts: &mut Facts) {
    let mut considered: Vec<f64> = Vec::new();
    let mut seconds: Vec<f64> = Vec::new();
    let mut units = BTreeSet::new();
    let time = Metric::ContextPreparationTime.row().unit;
    let count = Metric::FilesConsidered.row().unit;
    let mode = workload.values_of(Dimension::Mode).first().map(|(m, _)| *m);
    let is_of_mode =
        |dims| mode.is_none_or(|m| workload.catalog.dimension(dims, Dimension::Mode) == m);
    for row in workload
        .rows
        .iter()
        .filter(|r| r.key.operation == OperationKind::ContextPreparation && is_of_mode(r.key.dims))
    {
        let Some(figures) = row.extra.as_deref().and_then(|e| e.figures.as_deref()) else {
            continue;
        };
        let files = figures.files_considered.mean(count);
        if let (Some(files), Some(took)) = (files, row.time.mean(time)) {
            considered.push(files);
            seconds.push(took);
            units.insert(row.key.unit);
        }
    }
    let step = considered.len() / MOST_PAIRS + 1;
    let thin = |values: &[f64]| values.iter().copied().step_by(step).collect::<Vec<f64>>();
    if let Some(slope) = theil_sen(&thin(&considered), &thin(&seconds), 0.95) {
        facts.add(
            "file_filter.slope",
            Fact::of(slope.estimate)
                .with("low", slope.low)
                .with("high", slope.high)
                .count("n", considered.len() as u64)
                .count("units", units.len() as u64),
        );
    }
    let filter = mode.map_or_else(Filter::default, |m| Filter::of(Dimension::Mode, m));
    let by_task = |metric: Metric| -> BTreeMap<GroupKey, f64> {
        workload
            .group(
                crate::record::Measured::Known(metric),
                &filter,
                Grouping::Task,
            )
            .into_iter()
            .filter_map(|(key, figure)| figure.mean(metric.row().unit).map(|mean| (key, mean)))
            .collect()
    };
    let (files, accuracy) = (by_task(Metric::FilesConsidered), by_task(Metric::Accuracy));
    let pairs: Vec<(f64, f64)> = files
        .iter()
        .filter_map(|(task, files)| accuracy.get(task).map(|a| (*files, *a)))
        .collect();
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    if let Some(slope) = theil_sen(&x, &y, 0.95) {
        facts.add(
            "file_filter.accuracy_slope",
            Fact::of(slope.estimate)
                .with("low", slope.low)
                .with("high", slope.high)
                .count("n", pairs.len() as u64),
        );
    }
}
