//! Means and extremes of the snapshots so far, as the orchestrator's monitor sums them up.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::Snapshot;

/// As many snapshots are looked back on.
const KEPT: usize = 1_000;

/// The newest values of a run, percent.
#[derive(Debug, Default)]
pub(super) struct Summary {
    cpu: VecDeque<f64>,
    memory: VecDeque<f64>,
    disk: VecDeque<f64>,
}

impl Summary {
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        let all = [
            (&mut self.cpu, Some(snapshot.cpu)),
            (&mut self.memory, snapshot.memory),
            (&mut self.disk, snapshot.disk.map(|d| d.used)),
        ];
        for (values, value) in all {
            if let Some(value) = value {
                values.push_back(value * 100.0);
            }
            if values.len() > KEPT {
                values.pop_front();
            }
        }
    }

    /// Of snapshots as a report has them.
    pub(super) fn of(snapshots: &[Value]) -> Self {
        let values = |key: &str| {
            let all = snapshots.iter().rev().take(KEPT).rev();
            all.filter_map(|s| s[key].as_f64()).collect()
        };
        Self {
            cpu: values("cpu_usage"),
            memory: values("memory_usage"),
            disk: values("disk_usage"),
        }
    }

    /// In the shape of the orchestrator's reports. Alerts are judged elsewhere, so their number is null.
    pub(super) fn json(&self) -> Value {
        let mut cpu = spread(&self.cpu);
        if let (Some(cpu), Some(p95)) = (cpu.as_object_mut(), p95(&self.cpu)) {
            cpu.insert("p95".into(), p95.into());
        }
        json!({
            "cpu_usage": cpu,
            "memory_usage": spread(&self.memory),
            "disk_usage": spread(&self.disk),
            "alerts_triggered": null,
            "workflow_states": {},
        })
    }
}

#[allow(clippy::cast_precision_loss)]
fn spread(values: &VecDeque<f64>) -> Value {
    if values.is_empty() {
        return Value::Null;
    }
    json!({
        "avg": values.iter().sum::<f64>() / values.len() as f64,
        "max": values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "min": values.iter().copied().fold(f64::INFINITY, f64::min),
    })
}

/// The last of the twenty-quantiles (position 0.95·(n + 1), between neighbours in proportion), as
/// Python's `statistics.quantiles(values, n=20)` has it; of fewer than twenty values the largest.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn p95(values: &VecDeque<f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.len() < 20 {
        return sorted.last().copied();
    }
    let place = 0.95 * (sorted.len() as f64 + 1.0);
    let below = (place as usize).clamp(1, sorted.len() - 1);
    let (low, high) = (sorted[below - 1], sorted[below]);
    Some(low + (high - low) * (place - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: Python 3.11, `statistics.quantiles(range(1, n + 1), n=20)[18]`.
    #[test]
    fn the_last_of_the_twenty_quantiles() {
        for (n, expected) in [(20, 19.95), (21, 20.9), (100, 95.95), (1_000, 950.95)] {
            let values: VecDeque<f64> = (1..=n).map(f64::from).collect();
            let ours = p95(&values).unwrap_or(f64::NAN);
            assert!((ours - expected).abs() < 1e-9, "{n}: {ours}");
        }
        assert_eq!(p95(&VecDeque::from([3.0, 9.0, 1.0])), Some(9.0));
        assert_eq!(p95(&VecDeque::new()), None);
    }
}
