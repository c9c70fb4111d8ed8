//! The visualizer's bodies of `/health` (JSON) and `/metrics` (Prometheus text).
//!
//! A `/health` body is one check that was answered, and went well if it says `healthy`; its time has
//! no zone and is the machine's local one (`naive_timezone` tells which). `/metrics` has no time at
//! all: its gauges are aggregates of one reading. The state of the workflow is a code there and not
//! a measure, other services' metrics are not ours.

use serde::Deserialize;

use crate::ingest::document::{Faults, Field, Origin, Reported, keys, parse};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::Metric;
use crate::place::{Problem, ProblemKind};
use crate::record::{Flags, IdentityId, Measured, Records, Sample, Statistic};

/// The gauges of `/metrics` that are measures.
const GAUGES: &[&str] = &["tdd_active_cycles", "visualizer_connected_clients"];
const STATE: &str = "workflow_current_state";

/// Reader of the visualizer's bodies.
#[derive(Debug)]
pub(super) struct Visualizer;

impl Format for Visualizer {
    fn name(&self) -> &'static str {
        "visualizer"
    }

    fn about(&self) -> &'static str {
        "the workflow visualizer's /health and /metrics bodies: whether it answers, its gauges"
    }

    fn plural(&self) -> &'static str {
        "visualizer bodies"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |key: &[u8]| keys.contains(&key);
        let is_health = has(b"status") && has(b"timestamp") && has(b"connected_clients");
        if is_health || keys.is_empty() && is_metrics(head.bytes) {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let text = input.document()?;
        if text.trim_ascii_start().starts_with(b"{") {
            health(text, &origin, records, problems)
        } else {
            metrics(text, &origin, records, problems);
            Ok(())
        }
    }
}

/// Whether a text in Prometheus' format is the visualizer's.
pub(super) fn is_metrics(bytes: &[u8]) -> bool {
    bytes
        .split(|b| *b == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok())
        .map(|line| line.strip_prefix("# HELP ").unwrap_or(line))
        .filter_map(|line| line.split([' ', '{']).next())
        .any(|name| name == STATE || GAUGES.contains(&name))
}

#[derive(Debug, Deserialize)]
struct Health<'a> {
    #[serde(borrow, default)]
    status: Field<'a>,
    #[serde(borrow, default)]
    timestamp: Field<'a>,
}

fn health(
    text: &[u8],
    origin: &Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let mut spare = Vec::new();
    let health: Health<'_> = parse(text, &mut spare, 1, origin.file, problems)?;
    let mut faults = Faults::new(origin.file, text, &[], problems);
    let time = health.timestamp.text().and_then(|t| origin.time(t));
    let (Some(time), Some(status)) = (time, health.status.text()) else {
        let (key, reason) = match time {
            None => ("timestamp", "a check without a time that can be read"),
            Some(_) => ("status", "a check without a status"),
        };
        faults.skipped(0, &[key], reason);
        return Ok(());
    };
    let is_well = status.eq_ignore_ascii_case("healthy");
    let dims = origin.dims(records, &[]);
    records.samples.push(Sample {
        key: origin.key("visualizer health", time),
        time,
        value: if is_well { 1.0 } else { 0.0 },
        metric: Measured::Known(Metric::Uptime),
        dims,
        identity: IdentityId(0),
        file: origin.file,
        flags: Flags::LEADS,
    });
    Ok(())
}

fn metrics(text: &[u8], origin: &Origin<'_>, records: &mut Records, problems: &mut Vec<Problem>) {
    let mut reported = Reported::default();
    for (line, number) in text.split(|b| *b == b'\n').zip(1..) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let mut fault = |reason: &'static str| {
            problems.push(Problem {
                file: origin.file,
                line: Some(number),
                kind: ProblemKind::Value,
                reason: reason.into(),
            });
        };
        let Ok(line) = std::str::from_utf8(line) else {
            fault("invalid UTF-8");
            continue;
        };
        let (name, rest) = line.split_once([' ', '{']).unwrap_or((line, ""));
        let Some(gauge) = GAUGES.iter().find(|gauge| **gauge == name) else {
            records.ignored += 1;
            continue;
        };
        // Labels could hold spaces; behind them come the value and perhaps a time.
        let value = rest.rsplit_once('}').map_or(rest, |(_, value)| value);
        let value = value.split_whitespace().next().unwrap_or_default();
        match value.parse::<f64>() {
            Ok(value) if value.is_finite() && value >= 0.0 => {
                let metric = Measured::Custom(records.catalog.name(gauge));
                reported.add_measured(metric, Statistic::Mean, value, Some(1));
            }
            Ok(value) if !value.is_finite() => fault("not a finite number"),
            _ => fault("a gauge without a number"),
        }
    }
    reported.finish(origin, &[], None, records);
}
