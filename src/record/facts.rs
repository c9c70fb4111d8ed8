//! The four kinds of records: operations, samples, events, aggregates.

use serde::{Deserialize, Serialize};

use crate::metrics::Metric;
use crate::units::Time;

use super::{DimsId, IdentityId, Name};

/// What an operation is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum OperationKind {
    /// A request as its caller sees it.
    Step,
    /// A single model request; one without a step is a step of its own.
    ModelRequest,
    /// A tool call.
    ToolCall,
    /// Preparation of a context.
    ContextPreparation,
    /// A task, of several steps.
    Task,
    /// A wait for a free slot.
    WaitQueue,
    /// A wait before a retry.
    WaitBackoff,
    /// A wait for a person's approval.
    WaitApproval,
    /// Anything else that has a duration and an outcome.
    Other,
}

impl OperationKind {
    /// Name as native records write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OperationKind::Step => "step",
            OperationKind::ModelRequest => "model_request",
            OperationKind::ToolCall => "tool_call",
            OperationKind::ContextPreparation => "context_preparation",
            OperationKind::Task => "task",
            OperationKind::WaitQueue => "wait (queue)",
            OperationKind::WaitBackoff => "wait (backoff)",
            OperationKind::WaitApproval => "wait (approval)",
            OperationKind::Other => "other",
        }
    }
}

/// How an operation ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    bitcode::Encode,
    bitcode::Decode,
)]
#[repr(u8)]
pub enum OutcomeKind {
    /// Well.
    #[default]
    Ok,
    /// With an error.
    Error,
    /// It ran into its time limit.
    Timeout,
    /// It was refused for its rate.
    RateLimited,
    /// Somebody cancelled it.
    Cancelled,
    /// The source does not say: counts for no rate, and its time as ok.
    Unknown,
}

/// Why a reply ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    bitcode::Encode,
    bitcode::Decode,
)]
#[repr(u8)]
pub enum Stop {
    /// The source does not say.
    #[default]
    Unknown,
    /// By itself: it was complete, or asked for a tool.
    Complete,
    /// It reached the largest number of tokens that it may have.
    Limit,
}

/// Tokens of a model request, disjoint: fresh + read + write is the whole input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Tokens {
    /// Input that no cache saw.
    pub fresh: u32,
    /// Input read from the provider's cache.
    pub cache_read: u32,
    /// Input written to the provider's cache, all lifetimes.
    pub cache_write: u32,
    /// The part of `cache_write` with the one-hour lifetime.
    pub cache_write_1h: u32,
    /// Output, reasoning included.
    pub output: u32,
    /// The part of `output` that is reasoning.
    pub reasoning: u32,
}

impl Tokens {
    /// Fresh + read + written.
    #[must_use]
    pub fn input(self) -> u64 {
        u64::from(self.fresh) + u64::from(self.cache_read) + u64::from(self.cache_write)
    }
}

/// Marks on a record about its quality.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// `output` is a lower bound: the log stopped before the final count.
    pub const OUTPUT_IS_LOWER_BOUND: Flags = Flags(1);
    /// Tokens are known (a zero is a measured zero).
    pub const HAS_TOKENS: Flags = Flags(2);
    /// It has no duration of its own: killed or unanswered; the duration is where the log ended.
    pub const UNANSWERED: Flags = Flags(4);
    /// It is the first record that came from its line or snapshot; only those are counted as records.
    pub const LEADS: Flags = Flags(8);
    /// It ran in a subagent.
    pub const SUBAGENT: Flags = Flags(16);
    /// A sample of a counter that counts on since some beginning (a boot): only differences mean
    /// something, which the fold forms.
    pub const CUMULATIVE: Flags = Flags(32);
    /// Its time only orders it among its like (a series with an index): it belongs to no period.
    pub const TIMELESS: Flags = Flags(64);
    /// An event told it when it had ended; where a span tells it too, the span knows more.
    pub const LOGGED: Flags = Flags(128);

    /// Whether all marks of `other` are set.
    #[must_use]
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those.
    #[must_use]
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// Numbers that only some operations have; `NaN`-free, absent where not known.
#[derive(Debug, Clone, Copy, PartialEq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Details {
    /// Accuracy of the result, 0 to 1, × 10⁹.
    pub accuracy: Option<u32>,
    /// Files used.
    pub files_used: Option<u32>,
    /// Files considered.
    pub files_considered: Option<u32>,
    /// Memory of the process in bytes.
    pub memory: Option<u64>,
    /// Tokens budgeted.
    pub tokens_budget: Option<u32>,
    /// Hash of the context cache's key.
    pub cache_key: Option<u64>,
    /// Of a wait before a retry: milliseconds that the server asked to wait.
    pub retry_after: Option<u32>,
}

/// Something with a duration and an outcome.
#[derive(Debug, Clone, Copy, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct Operation {
    /// Key for deduplication over all inputs (0: none): equal keys are one operation, of which the
    /// earliest (start, then file) of the best source counts, with the largest of each token count. How it
    /// ended tells the copy that saw most of it.
    pub key: u128,
    /// Start.
    pub start: Time,
    /// Duration in nanoseconds; negative: not known. A reader that sees an end before the start gives
    /// the difference, if it is below −1: it counts as a clock fault.
    pub duration: i64,
    /// Hash of its own id within its source (0: none), which children name as `parent`.
    pub id: u64,
    /// Hash of the operation it belongs to (0: none).
    pub parent: u64,
    /// Cost as reported, in 10⁻⁹ US dollars; negative: not known.
    pub cost: i64,
    /// Tokens; measured where `flags` say so.
    pub tokens: Tokens,
    /// Dimensions.
    pub dims: DimsId,
    /// Session, task, run.
    pub identity: IdentityId,
    /// Index into [`super::Records::details`] plus 1; 0: none.
    pub details: u32,
    /// File it came from.
    pub file: u32,
    /// Of a tool call: hash of its arguments, compared for equality and never shown (0: not known).
    pub arguments: u32,
    /// Of a tool call: tokens of its result, estimated as a quarter of its characters (0: none, or not
    /// known).
    pub result: u32,
    /// What it is.
    pub kind: OperationKind,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Of a model request: why its reply ended.
    pub stop: Stop,
    /// Attempt, from 1.
    pub attempt: u8,
    /// Context cache: 0 not known, 1 miss, 2 hit.
    pub cache: u8,
    /// Marks.
    pub flags: Flags,
}

impl Operation {
    /// An operation of `kind` at `start`, with nothing else known and the outcome ok.
    #[must_use]
    pub fn new(kind: OperationKind, start: Time, file: u32) -> Self {
        Self {
            key: 0,
            start,
            duration: -1,
            id: 0,
            parent: 0,
            cost: -1,
            tokens: Tokens::default(),
            dims: DimsId(0),
            identity: IdentityId(0),
            details: 0,
            file,
            arguments: 0,
            result: 0,
            kind,
            outcome: OutcomeKind::Ok,
            stop: Stop::Unknown,
            attempt: 1,
            cache: 0,
            flags: Flags::default(),
        }
    }

    /// End, where the duration is known.
    #[must_use]
    pub fn end(&self) -> Option<Time> {
        (self.duration >= 0).then(|| Time(self.start.0.saturating_add(self.duration)))
    }
}

/// What a sample measures: a metric of the registry, or one that only the input knows.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// A metric of the registry, in its unit.
    Known(Metric),
    /// A metric that only the input names.
    Custom(Name),
}

impl From<Metric> for Measured {
    fn from(metric: Metric) -> Self {
        Measured::Known(metric)
    }
}

/// A measure at a time.
#[derive(Debug, Clone, Copy, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct Sample {
    /// Key for deduplication (0: none). All samples of one snapshot share it.
    pub key: u128,
    /// When.
    pub time: Time,
    /// The value in the metric's unit: seconds, bytes, ratio. Finite.
    pub value: f64,
    /// What.
    pub metric: Measured,
    /// Dimensions, with the host and the process.
    pub dims: DimsId,
    /// Unit and task, where the source names them (series).
    pub identity: IdentityId,
    /// File it came from.
    pub file: u32,
    /// Marks.
    pub flags: Flags,
}

/// What kind of event.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A knob of the configuration changed.
    ConfigChange,
    /// The context mode changed.
    ModeSwitch,
    /// The interface changed.
    InterfaceSwitch,
    /// The workflow's state changed.
    Transition,
    /// A monitored process (or the monitor) started: counters and caches begin anew.
    ProcessStart,
    /// An alert fired or ended.
    Alert,
    /// A version was deployed.
    Deployment,
    /// A person's prompt.
    Prompt,
    /// A request was retried after a failed attempt.
    Retry,
    /// A context was compacted.
    Compaction,
    /// A subagent was started.
    Subagent,
    /// Any other, by name.
    Other(Name),
}

/// A state change.
#[derive(Debug, Clone, Copy, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct Event {
    /// Key for deduplication (0: none).
    pub key: u128,
    /// When.
    pub time: Time,
    /// How long the change took, in nanoseconds; negative: not known.
    pub duration: i64,
    /// What kind.
    pub kind: EventKind,
    /// The knob, state machine or thing that changed.
    pub subject: Name,
    /// Value before, as text.
    pub from: Name,
    /// Value after, as text.
    pub to: Name,
    /// Dimensions.
    pub dims: DimsId,
    /// Session, task, run.
    pub identity: IdentityId,
    /// File it came from.
    pub file: u32,
    /// Marks.
    pub flags: Flags,
}

/// Which statistic an aggregate is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Mean (of a ratio: the ratio).
    Mean,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// 95th percentile.
    P95,
    /// A sum or count.
    Total,
}

/// A number that arrived already summarised. It is shown as reported, and never averaged.
#[derive(Debug, Clone, Copy, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct Aggregate {
    /// Key for deduplication (0: none).
    pub key: u128,
    /// The value in the metric's unit.
    pub value: f64,
    /// How many values are behind it, where known.
    pub n: Option<u64>,
    /// When it was taken, where known.
    pub time: Option<Time>,
    /// What.
    pub metric: Measured,
    /// Which statistic.
    pub statistic: Statistic,
    /// Dimensions (mode, interface).
    pub dims: DimsId,
    /// File it came from.
    pub file: u32,
    /// Marks.
    pub flags: Flags,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What must be kept per operation stays under 120 bytes, so that a gigabyte of logs stays small.
    #[test]
    fn an_operation_is_compact() {
        assert!(size_of::<Operation>() <= 120, "{}", size_of::<Operation>());
    }
}
