//! What the configured alerts would have done: how often they would have fired, and for how long.
//!
//! A limit is held against the mean of each window: 15 seconds of samples, a quarter of an hour of everything else.

use super::gather::number;
use super::{Fact, Facts};
use crate::advise::Observed;
use crate::advise::rule::Subject;
use crate::config::{Alert, Side};
use crate::metrics::{Direction, Metric};
use crate::workload::{CELL, Filter, Grouping, SAMPLE_CELL, Workload};

/// Nanoseconds of an hour.
const HOUR: f64 = 3_600e9;

pub(super) fn gather(case: Observed<'_>, facts: &mut Facts) {
    for alert in &case.config.alerts {
        let (Some(metric), Some(threshold)) = (alert.metric, alert.threshold) else {
            continue;
        };
        let Some(is_above) = is_above(alert, metric) else {
            continue;
        };
        let (windows, length) = windows(case.workload, metric);
        if windows.is_empty() {
            continue;
        }
        let fires: Vec<Vec<bool>> = windows
            .iter()
            .map(|series| {
                series
                    .iter()
                    .map(|v| {
                        if is_above {
                            *v > threshold
                        } else {
                            *v < threshold
                        }
                    })
                    .collect()
            })
            .collect();
        let n: usize = fires.iter().map(Vec::len).sum();
        let firing = fires.iter().flatten().filter(|f| **f).count();
        let begun: usize = fires.iter().map(|series| begun(series)).sum();
        let hours = number(n as u64) * length / HOUR;
        let mut add = |fact: &str, value: Fact| {
            facts.add_of(
                Subject::Alert,
                &alert.name,
                fact,
                value.named(alert.name.clone()),
            )
        };
        add(
            "alert.firing_share",
            Fact::of(number(firing as u64) / number(n as u64)).count("n", n as u64),
        );
        if hours >= 1.0 {
            add(
                "alert.cycles",
                Fact::of(number(begun as u64) / hours).count("n", n as u64),
            );
        }
    }
}

/// Whether values above the limit are the bad ones; `None`: nobody says which side is.
fn is_above(alert: &Alert, metric: Metric) -> Option<bool> {
    match (alert.side, metric.row().direction) {
        (Some(Side::Above), _) | (None, Direction::Lower) => Some(true),
        (Some(Side::Below), _) | (None, Direction::Higher) => Some(false),
        (None, Direction::Neither) => None,
    }
}

/// Means of windows in order, by series, and the length of a window in nanoseconds.
fn windows(workload: &Workload, metric: Metric) -> (Vec<Vec<f64>>, f64) {
    let unit = metric.row().unit;
    let sampled: Vec<Vec<f64>> = workload
        .cells(metric.into(), &Filter::default())
        .into_iter()
        .map(|cells| {
            cells
                .iter()
                .filter_map(|(_, values)| values.total().mean(unit))
                .collect()
        })
        .collect();
    if !sampled.is_empty() {
        return (sampled, SAMPLE_CELL as f64);
    }
    let groups = workload.totals(metric.into(), &Filter::default(), Grouping::Window(CELL));
    let means: Vec<f64> = groups
        .iter()
        .filter_map(|(_, total)| total.mean(unit))
        .collect();
    let series = if means.is_empty() {
        Vec::new()
    } else {
        vec![means]
    };
    (series, CELL as f64)
}

/// How often it begins to fire.
fn begun(fires: &[bool]) -> usize {
    let starts = usize::from(fires.first() == Some(&true));
    starts + fires.windows(2).filter(|w| !w[0] && w[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_beginning_counts_once() {
        for (fires, expected) in [
            (&[][..], 0),
            (&[false, false], 0),
            (&[true, true], 1),
            (&[false, true, true, false, true], 2),
            (&[true, false, true], 2),
        ] {
            assert_eq!(begun(fires), expected, "{fires:?}");
        }
    }
}
