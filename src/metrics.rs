//! The metric registry: a row each.
//!
//! A metric has a name, a unit and a direction; [`Unit::scale`] gives the whole number
//! that a fold keeps for it (nanoseconds, ratio × 10⁹, money in 10⁻⁹ units), so that sums are exact
//! and the same whatever the order. Adding a metric is adding a row.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The unit of a metric's value in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A ratio, 0 to 1.
    Ratio,
    /// A plain whole number.
    Count,
    /// A plain number with a fraction.
    Number,
    /// A quotient of two like quantities: 0.68 is ×0.68.
    Factor,
    /// US dollars.
    Usd,
    /// Not known: a metric that an input named and the registry does not have.
    Unknown,
}

impl Unit {
    /// Whole numbers per one of this unit, as a fold keeps them.
    #[must_use]
    pub fn scale(self) -> f64 {
        match self {
            Unit::Seconds | Unit::Ratio | Unit::Usd | Unit::Number | Unit::Factor => 1e9,
            Unit::Bytes | Unit::Count => 1.0,
            Unit::Unknown => 1e6,
        }
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Lower is better.
    Lower,
    /// Higher is better.
    Higher,
    /// Neither: a change is only different.
    Neither,
}

/// Which part of the system a metric describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// The request as its caller sees it.
    Application,
    /// Context preparation and its cache.
    Context,
    /// Models: time, tokens, money.
    Model,
    /// Tools.
    Tools,
    /// The machine.
    System,
    /// The workflow: switches, states, checks.
    Workflow,
}

/// How values of a metric come about, which decides how they are summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A value per record; mean and quantiles mean something.
    Value,
    /// A quotient of sums (hits ÷ lookups): only the pooled value means something.
    Share,
    /// A sum over records; the total means something.
    Total,
}

/// What the registry knows of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Name in JSON, configuration and rules.
    pub name: &'static str,
    /// Name for people, with a capital.
    pub title: &'static str,
    /// Unit of the value in JSON.
    pub unit: Unit,
    /// Which way is better.
    pub direction: Direction,
    /// Value, share or total.
    pub kind: Kind,
    /// The component it belongs to.
    pub component: Component,
    /// Name in OpenTelemetry's conventions, where there is one.
    pub otel: Option<&'static str>,
    /// What exactly it is, in a sentence.
    pub meaning: &'static str,
}

macro_rules! registry {
    ($(#[doc = $doc:literal] $id:ident $name:literal $title:literal $unit:ident $direction:ident $kind:ident $component:ident $otel:expr;)*) => {
        /// A metric of the registry.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode,
        )]
        #[repr(u8)]
        pub enum Metric { $(#[doc = $doc] $id),* }

        /// All metrics, in the order in which they are listed.
        pub const ALL: &[Metric] = &[$(Metric::$id),*];

        impl Metric {
            /// Everything known about the metric.
            #[must_use]
            pub fn row(self) -> &'static Row {
                match self { $(Metric::$id => const { &Row {
                    name: $name, title: $title, unit: Unit::$unit, direction: Direction::$direction,
                    kind: Kind::$kind, component: Component::$component, otel: $otel,
                    meaning: $doc.trim_ascii(),
                } }),* }
            }
        }
    };
}

registry! {
    /// Time of a step from its caller's view, with waits, attempts and nested tools; outcomes ok and timeout.
    ResponseTime "response_time" "Response time" Seconds Lower Value Application None;
    /// Steps whose final outcome was ok ÷ all steps.
    SuccessRate "success_rate" "Success rate" Ratio Higher Share Application None;
    /// Steps that ended in error or rate_limited ÷ all steps.
    ErrorRate "error_rate" "Error rate" Ratio Lower Share Application None;
    /// Steps that ended in timeout ÷ all steps.
    TimeoutRate "timeout_rate" "Time-out rate" Ratio Lower Share Application None;
    /// Time of steps with outcome error, rate_limited or cancelled: failing fast never looks fast.
    ErrorTime "error_time" "Time of failures" Seconds Lower Value Application None;
    /// Time of a task; outcomes ok and timeout.
    TaskTime "task_time" "Task time" Seconds Lower Value Application None;
    /// Tasks that ended ok ÷ all tasks.
    TaskSuccessRate "task_success_rate" "Task success rate" Ratio Higher Share Application None;
    /// Recorded accuracy of results.
    Accuracy "accuracy" "Accuracy" Ratio Higher Value Application None;
    /// Time of context preparations that were no cache hit.
    ContextPreparationTime "context_preparation_time" "Preparation time" Seconds Lower Value Context None;
    /// Hits ÷ lookups of the context cache.
    CacheHitRate "cache_hit_rate" "Cache hit rate" Ratio Higher Share Context None;
    /// Tokens used ÷ tokens budgeted (fresh + read + written over the budget).
    TokenEfficiency "token_efficiency" "Token efficiency" Ratio Higher Share Context None;
    /// Files used ÷ files considered by a preparation.
    FileUseRate "file_use_rate" "Files used" Ratio Higher Share Context None;
    /// Files that preparations used.
    FilesUsed "files_used" "Files used" Count Neither Value Context None;
    /// Files that preparations considered.
    FilesConsidered "files_considered" "Files considered" Count Neither Value Context None;
    /// Time of a single model request; outcomes ok and timeout.
    ModelTime "model_time" "Model time" Seconds Lower Value Model Some("gen_ai.client.operation.duration");
    /// Single model requests that ended ok ÷ all.
    AttemptSuccessRate "attempt_success_rate" "Attempt success rate" Ratio Higher Share Model None;
    /// Single model requests that were refused for their rate.
    RateLimitHits "rate_limit_hits" "Rate-limit hits" Count Lower Total Model None;
    /// Retries after a first attempt.
    Retries "retries" "Retries" Count Lower Total Model None;
    /// Tokens read from the provider's cache ÷ (fresh + read + written).
    PromptCacheHitRate "prompt_cache_hit_rate" "Prompt cache hit rate" Ratio Higher Share Model None;
    /// Fresh input tokens, without what was read from or written to a cache.
    InputTokens "input_tokens" "Input tokens" Count Lower Total Model Some("gen_ai.usage.input_tokens");
    /// Output tokens, reasoning included.
    OutputTokens "output_tokens" "Output tokens" Count Lower Total Model Some("gen_ai.usage.output_tokens");
    /// Tokens read from the provider's cache.
    CacheReadTokens "cache_read_tokens" "Cache read tokens" Count Neither Total Model Some("gen_ai.usage.cache_read.input_tokens");
    /// Tokens written to the provider's cache.
    CacheWriteTokens "cache_write_tokens" "Cache write tokens" Count Lower Total Model Some("gen_ai.usage.cache_creation.input_tokens");
    /// Reasoning tokens, a part of the output tokens.
    ReasoningTokens "reasoning_tokens" "Reasoning tokens" Count Neither Total Model None;
    /// Money as the input reported it.
    Cost "cost" "Cost" Usd Lower Total Model None;
    /// List-price equivalent of the tokens, by a dated table of prices; apart from what was reported.
    ComputedCost "computed_cost" "Cost at list prices" Usd Lower Total Model None;
    /// Reported cost ÷ thousand tokens of all kinds.
    CostPer1kTokens "cost_per_1k_tokens" "Cost per 1k tokens" Usd Lower Share Model None;
    /// Time of a tool call; outcomes ok and timeout.
    ToolTime "tool_time" "Tool time" Seconds Lower Value Tools None;
    /// Tool calls that ended ok ÷ all.
    ToolSuccessRate "tool_success_rate" "Tool success rate" Ratio Higher Share Tools None;
    /// Waiting for a free slot.
    QueueTime "queue_time" "Queue time" Seconds Lower Value Application None;
    /// Waiting before a retry.
    BackoffTime "backoff_time" "Back-off time" Seconds Lower Value Model None;
    /// Waiting for a person's approval.
    ApprovalTime "approval_time" "Approval time" Seconds Lower Value Application None;
    /// CPU of the machine in use.
    CpuUtilization "cpu_utilization" "CPU" Ratio Lower Value System Some("system.cpu.utilization");
    /// Memory of the machine in use.
    MemoryUtilization "memory_utilization" "Memory" Ratio Lower Value System Some("system.memory.utilization");
    /// Disk of the machine in use.
    DiskUtilization "disk_utilization" "Disk" Ratio Lower Value System Some("system.filesystem.utilization");
    /// Memory of a process.
    MemoryUsage "memory_usage" "Process memory" Bytes Lower Value System Some("process.memory.usage");
    /// CPU of a process, 1 = one core.
    ProcessCpu "process_cpu" "Process CPU" Ratio Lower Value System Some("process.cpu.utilization");
    /// Load average over one minute, not divided by cores.
    SystemLoad "system_load" "Load (1 min)" Number Lower Value System None;
    /// Processes on the machine.
    ActiveProcesses "active_processes" "Processes" Count Neither Value System Some("system.process.count");
    /// Bytes sent between two samples.
    NetworkSent "network_sent" "Network sent" Bytes Neither Total System Some("system.network.io");
    /// Bytes received between two samples.
    NetworkReceived "network_received" "Network received" Bytes Neither Total System Some("system.network.io");
    /// Time of an HTTP check, such as the monitor's visualizer response.
    CheckTime "check_time" "Check time" Seconds Lower Value Workflow None;
    /// Successful ÷ attempted checks.
    Uptime "uptime" "Uptime" Ratio Higher Share Workflow None;
    /// Overhead of a change of interface or mode, from events.
    SwitchTime "switch_time" "Switch time" Seconds Lower Value Workflow None;
    /// Duration of a workflow state, from events.
    TransitionTime "transition_time" "Time in a workflow state" Seconds Neither Value Workflow None;
    /// Wall-clock time of a session, without the waits of a person who was away.
    SessionTime "session_time" "Session time" Seconds Lower Value Application None;
}

impl Metric {
    /// The metric of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Metric> {
        ALL.iter().copied().find(|m| m.row().name == name)
    }

    /// Name in JSON, configuration and rules.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

/// What `monitor --records` tells of beside the registry: it is no slip, and nobody has to declare it.
pub const OF_MONITOR: [&str; 4] = [
    "core_utilization",
    "swap_utilization",
    "disk_read_rate",
    "disk_write_rate",
];

/// Why a metric of the user's own cannot have this name; `None`: it can.
#[must_use]
pub fn fault_of_name(name: &str) -> Option<&'static str> {
    /// It has to fit a line of a page.
    const LONGEST: usize = 64;
    let is_spelt = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
        && !name.ends_with('.')
        && !name.contains("..");
    if !is_spelt {
        Some("a name has letters, digits, _ and . and begins with a letter")
    } else if name.len() > LONGEST {
        Some("a name has at most 64 characters")
    } else if name.ends_with(".mean") || name.ends_with(".p95") {
        Some("a name does not end in .mean or .p95, which name its statistics")
    } else {
        None
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        Metric::named(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("there is no metric {name:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (i, m) in ALL.iter().enumerate() {
            assert_eq!(Metric::named(m.name()), Some(*m));
            assert!(
                ALL[..i].iter().all(|other| other.name() != m.name()),
                "{} twice",
                m.name()
            );
            assert!(
                m.row().meaning.ends_with('.'),
                "{} has no sentence",
                m.name()
            );
        }
    }

    #[test]
    fn every_metric_is_documented() {
        let page = include_str!("../docs/metrics.md");
        for metric in ALL {
            let heading = format!("\n## `{}`\n", metric.name());
            let (_, section) = page
                .split_once(&heading)
                .unwrap_or_else(|| panic!("{} has no section in docs/metrics.md", metric.name()));
            let section = section.split("\n## ").next().unwrap_or_default();
            assert!(
                section.contains(metric.row().meaning) && section.contains(metric.row().title),
                "the section of {} does not say what it is",
                metric.name()
            );
        }
    }
}
