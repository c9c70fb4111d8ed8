//! Facts of wall-clock time: what is not attributed, and what tools took alone.

use std::collections::BTreeMap;

use super::{Fact, Facts};
use crate::advise::rule::Subject;
use crate::metrics::{Metric, Unit};
use crate::record::{Dimension, Measured, Name};
use crate::stats::clustered;
use crate::workload::{Filter, GroupKey, Grouping, WallClock, WallPart, Workload};

/// Confidence of facts.
const LEVEL: f64 = 0.95;

pub(super) fn gather(workload: &Workload, facts: &mut Facts) {
    // Away is nobody's time: it would hide everything else.
    let spans: Vec<f64> = workload.wall_clocks.iter().map(present).collect();
    let all: f64 = spans.iter().sum();
    if all <= 0.0 {
        return;
    }
    let unexplained: Vec<f64> = workload
        .wall_clocks
        .iter()
        .map(|w| seconds(w.parts[WallPart::Unexplained as usize]))
        .collect();
    let interval = clustered::share(&unexplained, &spans, LEVEL);
    facts.add(
        "wall.unexplained_share",
        Fact::of(unexplained.iter().sum::<f64>() / all)
            .with_some("low", interval.map(|i| i.low))
            .with_some("high", interval.map(|i| i.high))
            .count("units", workload.wall_clocks.len() as u64),
    );
    tools(workload, all, facts);
}

/// The span of a unit without the time in which nobody was there.
fn present(wall: &WallClock) -> f64 {
    seconds(wall.span() - wall.parts[WallPart::Away as usize])
}

fn seconds(nanos: u128) -> f64 {
    nanos as f64 / 1e9
}

fn tools(workload: &Workload, all: f64, facts: &mut Facts) {
    let mut alone: BTreeMap<Name, (f64, u64)> = BTreeMap::new();
    for share in workload.wall_clocks.iter().flat_map(|w| &w.tools) {
        let of_tool = alone.entry(share.tool).or_default();
        of_tool.0 += seconds(share.alone);
        of_tool.1 += 1;
    }
    let times = workload.group(
        Measured::Known(Metric::ToolTime),
        &Filter::default(),
        Grouping::Dimension(Dimension::Tool),
    );
    for (key, figure) in times {
        let GroupKey::Value(tool) = key else {
            continue;
        };
        let Some((time, units)) = alone.get(&tool) else {
            continue;
        };
        let name = workload.catalog.text(tool).to_owned();
        let mut add = |fact: &str, value: Fact| facts.add_of(Subject::Tool, &name, fact, value);
        add(
            "tool.alone_share",
            Fact::of(time / all)
                .count("n", figure.n)
                .count("units", *units)
                .named(name.clone()),
        );
        let (median, p95) = (
            figure.quantile(0.5, Unit::Seconds),
            figure.quantile(0.95, Unit::Seconds),
        );
        if let (Some(median), Some(p95)) = (median.filter(|m| *m > 0.0), p95) {
            add(
                "tool.tail",
                Fact::of(p95 / median)
                    .count("n", figure.n)
                    .count("units", *units)
                    .named(name.clone()),
            );
        }
    }
}
