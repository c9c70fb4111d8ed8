//! Whether the requests of a group tell a total whole. What is not told is no 0, and what is known only as a lower bound
//! decides nothing but that there is at least as much.

use std::collections::BTreeMap;

use crate::metrics::Metric;
use crate::record::{Measured, OperationKind, OutcomeKind};
use crate::workload::{Extra, UnitId};

use super::sides::Group;

/// Up to this share of the requests may lack a number or have only a lower bound of it: that moves a total by about as
/// much, a fifth of the usual tolerance.
const UNTOLD: f64 = 0.01;

/// Requests by what they tell of a metric.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    whole: u64,
    missing: u64,
    bounds: u64,
}

/// Why a total of this group proves nothing but that it is at least so large; `None` where it is told whole, or is none.
pub(super) fn gap(group: &Group<'_>) -> Option<String> {
    let Measured::Known(metric) = group.spread.traits.measured else {
        return None;
    };
    let told = told(group, metric)?;
    #[allow(clippy::cast_precision_loss)]
    let all = (told.whole + told.missing) as f64;
    #[allow(clippy::cast_precision_loss)]
    let is_much = |n: u64| n as f64 > UNTOLD * all;
    let label = group.label;
    // Of a part of an input requests are compared, of which each tells its own.
    if group.has_totals() && is_much(told.missing) {
        let lack = match metric {
            Metric::ComputedCost => "have no known price",
            _ => "do not tell it",
        };
        let (n, all) = (told.missing, told.whole + told.missing);
        return Some(format!("{n} of {all} requests of {label} {lack}"));
    }
    is_much(told.bounds).then(|| {
        let n = told.bounds;
        format!("{n} of {all} requests of {label} tell only a lower bound of it")
    })
}

fn told(group: &Group<'_>, metric: Metric) -> Option<Told> {
    let of_extra: fn(&Extra) -> Told = match metric {
        Metric::OutputTokens | Metric::ReasoningTokens => |e| Told {
            whole: e.with_tokens,
            missing: 0,
            bounds: e.lower_bounds,
        },
        Metric::InputTokens | Metric::CacheReadTokens | Metric::CacheWriteTokens => |e| Told {
            whole: e.with_tokens,
            ..Told::default()
        },
        Metric::Cost => |e| Told {
            whole: e.with_cost,
            missing: e.with_tokens.saturating_sub(e.with_cost),
            bounds: 0,
        },
        Metric::ComputedCost => |e| Told {
            whole: e.priced,
            missing: e.unpriced,
            bounds: e.lower_bounds + e.priced_at_least,
        },
        _ => return None,
    };
    let mut units: BTreeMap<UnitId, OfUnit> = BTreeMap::new();
    for row in group.rows() {
        let is_request = row.key.operation == OperationKind::ModelRequest;
        // What else has tokens, such as a preparation of a context, tells nothing of requests.
        if !is_request && !is_sum(row.key.operation) {
            continue;
        }
        let unit = units.entry(row.key.unit).or_default();
        if let Some(extra) = row.extra.as_deref() {
            let of_row = of_extra(extra);
            unit.told.whole += of_row.whole;
            unit.told.missing += of_row.missing;
            unit.told.bounds += of_row.bounds;
            unit.has_sums |= of_row.whole + of_row.missing > 0 && !is_request;
        }
        if is_request {
            // Those that went well; a failed one has no tokens.
            let n = |outcome| u64::from(row.outcomes[outcome as usize]);
            unit.requests += n(OutcomeKind::Ok) + n(OutcomeKind::Unknown);
        }
    }
    let mut told = Told::default();
    for unit in units.into_values() {
        let seen = unit.told.whole + unit.told.missing;
        // Sums of a task or a run tell of all its requests.
        let unseen = if unit.has_sums {
            0
        } else {
            unit.requests.saturating_sub(seen)
        };
        told.whole += unit.told.whole;
        told.missing += unit.told.missing + unseen;
        told.bounds += unit.told.bounds;
    }
    Some(told)
}

/// What the rows of one unit tell.
#[derive(Debug, Default)]
struct OfUnit {
    told: Told,
    requests: u64,
    has_sums: bool,
}

/// Whether an operation tells what several requests used together.
fn is_sum(kind: OperationKind) -> bool {
    matches!(
        kind,
        OperationKind::Task | OperationKind::Step | OperationKind::Other
    )
}
