//! What is new in a workload that is looked at time and again.
//!
//! In: the workload of each look. Out: for each unit and each sampled metric the difference from what was told
//! before. A unit that vanished (its file was deleted, or a disk is away) and comes back is no news; one that holds
//! less than before (its file was written anew) is told from there on.

use std::collections::{BTreeMap, HashMap};

use crate::assessment::{SampleNews, UnitNews};
use crate::metrics::{Kind, Metric, Unit};
use crate::record::Measured;
use crate::workload::{Total, Workload};

/// What is summed up of a unit, in the order of [`Sums`].
const OF_UNITS: [Metric; 9] = [
    Metric::SuccessRate,
    Metric::ResponseTime,
    Metric::ToolSuccessRate,
    Metric::InputTokens,
    Metric::OutputTokens,
    Metric::CacheReadTokens,
    Metric::CacheWriteTokens,
    Metric::Cost,
    Metric::ComputedCost,
];

/// Those, and how many steps there are: not of every one is its outcome known.
type Sums = [Total; OF_UNITS.len() + 1];

/// What was told so far.
#[derive(Debug, Default)]
pub struct Told {
    units: HashMap<String, Sums>,
    samples: BTreeMap<String, Total>,
}

impl Told {
    /// What is new, which counts as told from now on: units with most steps first, metrics by name.
    pub fn take(&mut self, workload: &Workload) -> (Vec<UnitNews>, Vec<SampleNews>) {
        let mut news = Vec::new();
        for (unit, sums) in by_unit(workload) {
            let before = self.units.insert(unit.clone(), sums);
            news.extend(of_unit(unit, before, &sums));
        }
        news.sort_by(|a, b| b.steps.cmp(&a.steps).then_with(|| a.unit.cmp(&b.unit)));
        let mut samples = Vec::new();
        for (metric, (unit, total)) in by_metric(workload) {
            let before = self.samples.insert(metric.clone(), total);
            let new = since(before.unwrap_or_default(), total);
            if new.n > 0 {
                samples.push(SampleNews {
                    metric,
                    unit,
                    n: new.n,
                    mean: new.mean(unit),
                });
            }
        }
        (news, samples)
    }
}

fn by_unit(workload: &Workload) -> BTreeMap<String, Sums> {
    let mut all: Vec<Sums> = vec![Sums::default(); workload.units.len()];
    for row in &workload.rows {
        if let Some(sums) = all.get_mut(row.key.unit.0 as usize) {
            for (sum, metric) in sums.iter_mut().zip(OF_UNITS) {
                sum.merge(row.total(metric));
            }
            if row.key.is_step {
                let n = row.outcomes.iter().map(|n| u64::from(*n)).sum();
                sums[OF_UNITS.len()].merge(Total { n, sum: 0 });
            }
        }
    }
    let names = workload.units.iter().map(|unit| unit.name.clone());
    names.zip(all).collect()
}

/// n and sum of each sampled metric, with its unit. Totals (bytes since the last sample) have no mean worth telling.
fn by_metric(workload: &Workload) -> BTreeMap<String, (Unit, Total)> {
    let mut all: BTreeMap<String, (Unit, Total)> = BTreeMap::new();
    for series in &workload.samples {
        let name = match series.metric {
            Measured::Known(metric) if metric.row().kind == Kind::Total => continue,
            Measured::Known(metric) => metric.name(),
            Measured::Custom(name) => workload.catalog.text(name),
        };
        let unit = Workload::unit_of(series.metric);
        let (_, total) = all
            .entry(name.to_owned())
            .or_insert((unit, Total::default()));
        for (_, values) in &series.cells {
            total.merge(values.total());
        }
    }
    all
}

/// What came to it; what there is now where it became less.
fn since(before: Total, now: Total) -> Total {
    if now.n < before.n {
        return Total::default();
    }
    Total {
        n: now.n - before.n,
        sum: now.sum - before.sum,
    }
}

fn of_unit(unit: String, before: Option<Sums>, now: &Sums) -> Option<UnitNews> {
    let is_new = before.is_none();
    let before = before.unwrap_or_default();
    let mut new = Sums::default();
    for ((new, before), now) in new.iter_mut().zip(before).zip(now) {
        *new = since(before, *now);
    }
    let [
        told,
        time,
        tools,
        input,
        output,
        read,
        written,
        cost,
        computed,
        steps,
    ] = new;
    let tokens = [input, output, read, written]
        .iter()
        .map(|t| t.sum.max(0))
        .sum::<i128>();
    let money = |total: Total| (total.n > 0).then(|| total.total(Unit::Usd));
    let succeeded = told.sum / 1_000_000_000;
    let news = UnitNews {
        unit,
        is_new,
        steps: steps.n,
        failures: u64::try_from(i128::from(told.n) - succeeded).unwrap_or(0),
        response_time: time.mean(Unit::Seconds),
        tool_calls: tools.n,
        tokens: u64::try_from(tokens).unwrap_or(u64::MAX),
        cost: money(cost),
        computed_cost: money(computed),
    };
    let is_empty = news.steps == 0 && news.tool_calls == 0 && news.tokens == 0;
    (!is_empty).then_some(news)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(n: u64, sum: i128) -> Total {
        Total { n, sum }
    }

    /// 5 steps, 4 of them ok, 10 s in all; then 8, 6 and 22 s: 3 new ones, of which 1 failed, of 4 s.
    #[test]
    fn only_the_difference_is_news() {
        let sums = |n: u64, ok: i128, seconds: i128, tokens: i128| {
            let mut sums = Sums::default();
            sums[0] = total(n, ok * 1_000_000_000);
            sums[1] = total(n, seconds * 1_000_000_000);
            sums[3] = total(n, tokens);
            // Of one more nobody says how it ended.
            sums[9] = total(n + 1, 0);
            sums
        };
        let first = of_unit("a".into(), None, &sums(5, 4, 10, 100)).expect("news");
        assert!(first.is_new);
        assert_eq!((first.steps, first.failures, first.tokens), (6, 1, 100));
        let before = Some(sums(5, 4, 10, 100));
        let second = of_unit("a".into(), before, &sums(8, 6, 22, 160)).expect("news");
        assert_eq!((second.steps, second.failures, second.tokens), (3, 1, 60));
        assert_eq!(second.response_time, Some(4.0));
        assert_eq!(second.cost, None);
        // The very same, and less than before.
        assert_eq!(of_unit("a".into(), before, &sums(5, 4, 10, 100)), None);
        assert_eq!(of_unit("a".into(), before, &sums(2, 2, 4, 40)), None);
    }
}
