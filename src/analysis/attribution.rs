//! Where wall-clock time went, over all units, with the interval of each share.

use crate::assessment::{
    Attribution, AttributionPart, BusyTime, Interval, SubagentParts, ToolTime,
};
use crate::metrics::Unit;
use crate::stats::clustered;
use crate::workload::{Busy, UnitId, WallClock, WallPart, Workload};

use super::describe::{LEVEL, interval};

/// The time of all units; `None` where no unit has a span.
pub(super) fn attribution(workload: &Workload) -> Option<Attribution> {
    let mut whole = WallClock::new(UnitId::NONE);
    workload
        .wall_clocks
        .iter()
        .for_each(|wall| whole.merge(wall));
    if whole.span() == 0 {
        return None;
    }
    let walls: Vec<&WallClock> = workload
        .wall_clocks
        .iter()
        .filter(|w| w.span() > 0)
        .collect();
    let spans: Vec<f64> = walls.iter().map(|w| seconds(w.span())).collect();
    let parts = WallPart::ALL
        .into_iter()
        .map(|part| AttributionPart {
            part: part.name().to_owned(),
            seconds: seconds(whole.parts[part as usize]),
            interval: (whole.parts[part as usize] > 0)
                .then(|| share_interval(&walls, &spans, part))
                .flatten(),
        })
        .collect();
    let mut tools: Vec<ToolTime> = whole
        .tools
        .iter()
        .filter(|t| t.shared > 0)
        .map(|t| ToolTime {
            tool: t
                .tool
                .is_some()
                .then(|| workload.catalog.text(t.tool).to_owned()),
            seconds: seconds(t.shared),
            alone_seconds: seconds(t.alone),
        })
        .collect();
    tools.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    Some(Attribution {
        wall_seconds: seconds(whole.span()),
        parts,
        units: walls.len() as u64,
        tools,
        subagents: SubagentParts {
            model_seconds: seconds(whole.subagents.model),
            tool_seconds: seconds(whole.subagents.tool),
        },
        model: busy(whole.model),
        tool: busy(whole.tool),
        tool_hides_approvals: whole.hides_approvals,
        empty: whole.empty,
    })
}

#[allow(clippy::cast_precision_loss)]
fn seconds(nanos: u128) -> f64 {
    // Nearly all fit into 64 bits, from which a float is found faster.
    let float = u64::try_from(nanos).map_or_else(|_| nanos as f64, |n| n as f64);
    float / Unit::Seconds.scale()
}

/// A share of time is no count of trials: its interval is that of a ratio of sums, cut at 0 and 1.
fn share_interval(walls: &[&WallClock], spans: &[f64], part: WallPart) -> Option<Interval> {
    let times = walls.iter().map(|w| seconds(w.parts[part as usize]));
    let times: Vec<f64> = times.collect();
    let mut estimate = clustered::ratio_of_sums(&times, spans, LEVEL)?;
    estimate.low = estimate.low.max(0.0);
    estimate.high = estimate.high.min(1.0);
    Some(interval("share", estimate, "jackknife over units"))
}

fn busy(busy: Busy) -> BusyTime {
    let (sum, union) = (seconds(busy.sum), seconds(busy.union));
    BusyTime {
        busy_seconds: sum,
        parallelism: (union > 0.0).then(|| sum / union),
    }
}
