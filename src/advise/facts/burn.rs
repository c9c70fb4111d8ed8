//! How fast the error budget burned: failures ÷ what the target of the success rate allows, over a long window and a
//! short one at its end.
//!
//! Source: "The Site Reliability Workbook", chapter 5, table 5-8. Records are kept by quarters of an hour, so that
//! the shortest window is one, not five minutes.

use super::gather::number;
use super::{Fact, Facts};
use crate::advise::Observed;
use crate::config::TargetStatistic;
use crate::metrics::{Metric, Unit};
use crate::units::Time;
use crate::workload::{CELL, Filter, GroupKey, Grouping};

/// Fact, quarters of an hour of the long window and of the short one.
const WINDOWS: [(&str, i64, i64); 3] = [
    ("burn.hour", 4, 1),
    ("burn.six_hours", 24, 2),
    ("burn.three_days", 288, 24),
];

/// Fewest requests in the short window.
const LEAST_REQUESTS: u64 = 10;

/// Fewest failures in it.
const LEAST_FAILURES: f64 = 3.0;

/// A quarter of an hour: requests and failures.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quarter {
    number: i64,
    requests: u64,
    failures: f64,
}

pub(super) fn gather(case: Observed<'_>, facts: &mut Facts) {
    let target = case
        .config
        .target(Metric::SuccessRate, TargetStatistic::Mean)
        .map(|t| t.value)
        .or_else(|| facts.all.get(Metric::SuccessRate.name())?.number("target"));
    let Some(allowed) = target.map(|t| 1.0 - t).filter(|a| *a > 0.0) else {
        return;
    };
    let groups = case.workload.group(
        Metric::SuccessRate.into(),
        &Filter::default(),
        Grouping::Window(CELL),
    );
    let quarters: Vec<Quarter> = groups
        .iter()
        .filter_map(|(key, figure)| {
            let GroupKey::Window(Time(start)) = key else {
                return None;
            };
            Some(Quarter {
                number: start.div_euclid(CELL),
                requests: figure.n,
                failures: number(figure.n) - figure.total(Unit::Ratio),
            })
        })
        .collect();
    for (name, long, short) in WINDOWS {
        if let Some((burn, n)) = fastest(&quarters, long, short, allowed) {
            facts.add(name, Fact::of(burn).count("n", n));
        }
    }
}

/// The fastest burn that both windows show, and the requests of its long window; 0 where no short window has failures
/// enough. `None` without records over the long window, or without a short window with requests enough.
fn fastest(quarters: &[Quarter], long: i64, short: i64, allowed: f64) -> Option<(f64, u64)> {
    let (first, last) = (quarters.first()?.number, quarters.last()?.number);
    if last - first + 1 < long {
        return None;
    }
    let mut most: Option<(f64, u64)> = None;
    let is_whole = |quarter: &Quarter| quarter.number - long + 1 >= first;
    for (at, quarter) in quarters.iter().enumerate().filter(|(_, q)| is_whole(q)) {
        let sum = |length: i64| {
            let window = quarters[..=at].iter().rev();
            let window = window.take_while(|q| q.number > quarter.number - length);
            window.fold((0, 0.0), |(n, failures), q| {
                (n + q.requests, failures + q.failures)
            })
        };
        let (requests, failures) = sum(short);
        if requests < LEAST_REQUESTS {
            continue;
        }
        let (all, all_failures) = sum(long);
        let burn = if failures < LEAST_FAILURES {
            0.0
        } else {
            (failures / number(requests)).min(all_failures / number(all)) / allowed
        };
        if most.is_none_or(|(so_far, _)| burn > so_far) {
            most = Some((burn, all));
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarters(failures: &[u64]) -> Vec<Quarter> {
        (0..)
            .zip(failures)
            .map(|(number, failures)| Quarter {
                number,
                requests: 20,
                failures: super::number(*failures),
            })
            .collect()
    }

    /// A burn, up to the rounding of doubles.
    fn is(found: Option<(f64, u64)>, burn: f64, n: u64) {
        let (value, of) = found.expect("a burn");
        assert!((value - burn).abs() < 1e-9 && of == n, "{value} {of}");
    }

    /// By hand, with 5 % allowed: 20 requests a quarter; the last has 12 failures. Short window: 12 ÷ 20 = 60 %, 12 times
    /// what is allowed. Long one of 4 quarters, with the three quiet ones before it: 12 ÷ 80 = 15 %, 3 times.
    #[test]
    fn both_windows_have_to_burn() {
        let burst = quarters(&[0, 0, 0, 12]);
        is(fastest(&burst, 4, 1, 0.05), 3.0, 80);
        // Long enough, both say the same.
        let lasting = quarters(&[12, 12, 12, 12]);
        is(fastest(&lasting, 4, 1, 0.05), 12.0, 80);
    }

    #[test]
    fn few_failures_are_no_burn_and_few_requests_none_to_know() {
        assert_eq!(
            fastest(&quarters(&[2, 2, 2, 2]), 4, 1, 0.05),
            Some((0.0, 80))
        );
        assert!(fastest(&quarters(&[3, 3, 3, 3]), 4, 1, 0.05).is_some_and(|(b, _)| b > 0.0));
        let mut rare = quarters(&[9, 9, 9, 9]);
        for quarter in &mut rare {
            quarter.requests = 9;
        }
        assert_eq!(fastest(&rare, 4, 1, 0.05), None);
    }

    #[test]
    fn records_have_to_reach_over_the_long_window() {
        assert_eq!(fastest(&quarters(&[9, 9, 9]), 4, 1, 0.05), None);
        assert_eq!(fastest(&[], 4, 1, 0.05), None);
        let mut apart = quarters(&[9, 9]);
        apart[1].number = 3;
        // The quarters between have no request, and count for none.
        is(fastest(&apart, 4, 1, 0.05), 9.0, 40);
    }
}
