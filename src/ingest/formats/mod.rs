//! The registry of formats: a row each.

mod agent;
mod benchmark;
mod claude_code;
mod cline;
mod codex;
mod context_managers;
mod context_monitor;
mod criterion;
mod gemini;
mod hyperfine;
mod interface_performance;
mod interface_status;
mod k6;
mod langfuse;
mod langsmith;
mod mapped;
mod mode_block;
mod monitor_report;
mod monitor_status;
mod native;
mod oha;
mod opencode;
mod otlp;
mod prometheus;
mod series;
mod swe_agent;
mod tau2;
mod tau_bench;
mod visualizer;
mod workflow_history;

use super::Format;
use crate::config::mapping::Mapping;

pub(super) use mapped::propose;
pub(crate) use native::{fault_of_tag, fault_of_value};

/// All formats, in the order in which they are asked.
#[rustfmt::skip] // a row a line, sorted by name
pub const ALL: &[&'static dyn Format] = &[
    &monitor_report::MonitorReport,
    &claude_code::ClaudeCode,
    &claude_code::ClaudeResults,
    &codex::Codex,
    &codex::CodexResults,
    &gemini::GeminiCli,
    &gemini::GeminiResults,
    &cline::Cline,
    &opencode::OpenCode,
    &opencode::OpenCodeResults,
    &otlp::Otlp,
    &langfuse::Langfuse,
    &langsmith::LangSmith,
    &swe_agent::SweAgent,
    &tau_bench::TauBench,
    &tau2::Tau2,
    &monitor_status::MonitorStatus,
    &context_monitor::ContextMonitor,
    &context_managers::ContextManagers,
    &mode_block::ModeBlock,
    &interface_performance::InterfacePerformance,
    &interface_status::InterfaceStatus,
    &visualizer::Visualizer,
    &workflow_history::WorkflowHistory,
    &hyperfine::Hyperfine,
    &criterion::Criterion,
    &k6::K6,
    &oha::Oha,
    &prometheus::Prometheus,
    &native::NativeRecords,
    &series::PlainSeries,
    &mapped::Mapped(None),
];

/// The format of that name.
#[must_use]
pub fn named(name: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|f| f.name() == name)
}

/// The format of tables that are read by this mapping.
#[must_use]
pub fn mapped(mapping: &Mapping) -> impl Format + '_ {
    mapped::Mapped(Some(mapping))
}
