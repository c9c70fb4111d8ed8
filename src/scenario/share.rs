//! Bounds: what a change could save at most, as a share of what was measured.

use super::outcome::{Change, Relief};
use crate::metrics::Metric;
use crate::record::{Dimension, Name, OperationKind};
use crate::workload::{Filter, Workload};

/// Upper end of the band in which a budget fits.
const BUDGET_FITS: f64 = 0.95;

/// None of a tool's failed calls is made any more: their time falls away from the steps. `None` where
/// failed calls took no time that was recorded, or calls are not part of the steps.
#[must_use]
pub fn failed_tool_time(workload: &Workload, tools: &[Name]) -> Option<Change> {
    let mut seconds = 0.0;
    for row in &workload.rows {
        let tool = workload.catalog.dimension(row.key.dims, Dimension::Tool);
        if row.key.operation == OperationKind::ToolCall
            && tools.contains(&tool)
            && let Some(figures) = row.extra.as_deref().and_then(|e| e.figures.as_deref())
        {
            seconds += figures.error_time.total(Metric::ErrorTime.row().unit);
        }
    }
    (seconds > 0.0 && has_steps(workload)).then(|| relief(Metric::ResponseTime, -seconds, 0.0))
}

/// Files that were considered and not used cost no preparation time any more, `slope` seconds each.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn unused_files(workload: &Workload, slope: f64) -> Option<Change> {
    let unused: u64 = workload
        .rows
        .iter()
        .filter_map(|r| r.extra.as_deref())
        .map(|e| {
            e.files_considered_of_known
                .saturating_sub(e.files_used_of_known)
        })
        .sum();
    let unit = Metric::ContextPreparationTime.row().unit;
    let all = workload
        .figure(Metric::ContextPreparationTime, &Filter::default())
        .total(unit);
    let seconds = (slope * unused as f64).min(all);
    (seconds > 0.0).then(|| {
        let mut metrics = vec![Metric::ContextPreparationTime];
        if has_steps(workload) {
            metrics.push(Metric::ResponseTime);
        }
        let relief = |metric| Relief::whole(metric, -seconds, 0.0);
        Change {
            reliefs: metrics.into_iter().map(relief).collect(),
            ..Change::default()
        }
    })
}

/// Budgets of these agents shrink to what they use, up to the upper end of the band; `None` where none
/// of them is too large.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn budget_band(workload: &Workload, agents: &[Name]) -> Option<Change> {
    let mut shrunk = 0.0;
    for agent in agents {
        let (mut used, mut budget) = (0, 0);
        for row in &workload.rows {
            if workload.catalog.dimension(row.key.dims, Dimension::Agent) == *agent
                && let Some(extra) = &row.extra
            {
                used += extra.budget_used;
                budget += extra.budget;
            }
        }
        shrunk += (budget as f64 - used as f64 / BUDGET_FITS).max(0.0);
    }
    (shrunk > 0.0).then(|| relief(Metric::TokenEfficiency, 0.0, -shrunk))
}

/// Whether steps are recorded as such, with preparations and tool calls inside; a model request that
/// stands for a step has neither.
fn has_steps(workload: &Workload) -> bool {
    workload
        .rows
        .iter()
        .any(|r| r.key.operation == OperationKind::Step)
}

fn relief(metric: Metric, sum: f64, n: f64) -> Change {
    Change {
        reliefs: vec![Relief::whole(metric, sum, n)],
        ..Change::default()
    }
}
