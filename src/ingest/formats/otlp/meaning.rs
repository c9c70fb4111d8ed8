//! Which metric of the registry a data point measures.

use super::metric::{Metric as Head, Point};
use crate::metrics::{self, Metric, Unit};

/// The metric of the registry that a point measures, if it measures the whole of one.
pub(super) fn known(head: &Head<'_>, point: &Point<'_>) -> Option<Metric> {
    let part = |names: [&[u8]; 2]| {
        names
            .into_iter()
            .map(|name| point.attribute(name))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    match head.name {
        b"claude_code.cost.usage" => return Some(Metric::Cost),
        b"claude_code.token.usage" => {
            return match point.attribute(b"type") {
                b"input" => Some(Metric::InputTokens),
                b"output" => Some(Metric::OutputTokens),
                b"cacheRead" => Some(Metric::CacheReadTokens),
                b"cacheCreation" => Some(Metric::CacheWriteTokens),
                _ => None,
            };
        }
        b"gen_ai.client.operation.duration" => {
            return match point.attribute(b"gen_ai.operation.name") {
                b"chat" | b"text_completion" | b"generate_content" => Some(Metric::ModelTime),
                b"execute_tool" => Some(Metric::ToolTime),
                _ => None,
            };
        }
        b"system.network.io" => {
            return match part([b"network.io.direction", b"direction"]) {
                b"transmit" => Some(Metric::NetworkSent),
                b"receive" => Some(Metric::NetworkReceived),
                _ => None,
            };
        }
        _ => {}
    }
    let metric = metrics::ALL.iter().copied().find(|metric| {
        metric.row().component == metrics::Component::System
            && metric
                .row()
                .otel
                .is_some_and(|name| name.as_bytes() == head.name)
    })?;
    let is_whole = match metric {
        Metric::CpuUtilization => {
            part([b"cpu.mode", b"state"]).is_empty()
                && part([b"cpu.logical_number", b"cpu"]).is_empty()
        }
        Metric::MemoryUtilization => {
            matches!(part([b"system.memory.state", b"state"]), b"used" | b"")
        }
        Metric::DiskUtilization => {
            matches!(part([b"system.filesystem.state", b"state"]), b"used" | b"")
        }
        Metric::ActiveProcesses => part([b"process.state", b"status"]).is_empty(),
        _ => true,
    };
    is_whole.then_some(metric)
}

/// How many of a metric's unit one of the source's is; `None` where they do not fit.
pub(super) fn scale(unit: &[u8], into: Unit) -> Option<f64> {
    match (into, unit) {
        (Unit::Seconds, b"ms") => Some(1e-3),
        (Unit::Seconds, b"us") => Some(1e-6),
        (Unit::Seconds, b"ns") => Some(1e-9),
        (Unit::Seconds, b"s" | b"") => Some(1.0),
        (Unit::Seconds, _) => None,
        (Unit::Bytes, b"By" | b"") => Some(1.0),
        (Unit::Bytes, b"KiBy") => Some(1024.0),
        (Unit::Bytes, b"MiBy") => Some(1_048_576.0),
        (Unit::Bytes, _) => None,
        (Unit::Ratio, b"%") => Some(0.01),
        _ => Some(1.0),
    }
}
