//! The workload: everything known about a period, as mergeable rows.
//!
//! Records go in ([`fold`]), rows of units come out. Key of a row: unit × task × operation ×
//! dimensions × 15-minute UTC cell of the start. All measures are whole numbers, so that merging is
//! addition, minimum and maximum, and the result is the same whatever the order.

mod by_unit;
mod canonical;
mod choose;
mod document;
mod figure;
mod fold;
pub mod histogram;
mod kept;
mod labelled;
mod measure;
mod merge;
mod pieces;
mod reach;
mod samples;
mod select;
mod sequences;
mod streams;
mod unite;
mod wall_clock;
mod without;

pub use by_unit::{ByUnit, Units};
pub(crate) use figure::float;
pub use figure::{Figure, Tally, Total};
pub use fold::{FoldOptions, Segment, Trace, Traced, Watch, fold, fold_watched};
pub use pieces::{Earlier, Piece, Scope};
pub use reach::Reach;
pub use samples::{SampleSeries, Values};
pub use select::{Filter, GroupKey, Grouping};
pub use sequences::{Course, Ending, Reading, Sequences};
pub use streams::{Stream, StreamCall, StreamRequest};
pub use unite::{Succession, joined};
pub use wall_clock::{Busy, SubagentTime, ToolShare, WallClock, WallClockRules, WallPart};

use std::sync::Arc;

use crate::config::Declared;
use crate::metrics::{Metric, Unit};
use crate::prices::PriceTable;
use crate::record::{Aggregate, Catalog, DimsId, Event, Measured, Name, OperationKind};
use crate::units::{NANOS, Time};

/// Length of a row's cell: 15 minutes, in nanoseconds.
pub const CELL: i64 = 900 * NANOS;

/// Length of a sample's cell: 15 seconds, in nanoseconds.
pub const SAMPLE_CELL: i64 = 15 * NANOS;

/// Index of a unit of inference in [`Workload::units`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode,
)]
pub struct UnitId(pub u32);

impl UnitId {
    /// No unit: samples that name none.
    pub const NONE: UnitId = UnitId(u32::MAX);
}

/// A unit of inference: a session, a run, a session × task, a quarter of an hour.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, bitcode::Encode, bitcode::Decode,
)]
pub struct UnitOfInference {
    /// Name for people and for sorting: the session's id, `session/task`, the run, `host 12:15`.
    pub name: String,
}

/// Key of a row.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode,
)]
pub struct RowKey {
    /// Unit of inference.
    pub unit: UnitId,
    /// Task, for pairing.
    pub task: Name,
    /// What kind of operation.
    pub operation: OperationKind,
    /// Whether these operations are steps: `Step`s, and model requests that belong to none.
    pub is_step: bool,
    /// Dimensions.
    pub dims: DimsId,
    /// 15-minute cell of the start, counted from 1970.
    pub cell: i32,
}

/// Sums over the operations of one key.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Row {
    /// The key.
    pub key: RowKey,
    /// n by outcome, indexed by [`crate::record::OutcomeKind`].
    pub outcomes: [u32; 6],
    /// Times of outcomes ok, timeout and unknown; of preparations, only those that were no cache hit.
    pub time: Figure,
    /// What only some rows have.
    pub extra: Option<Box<Extra>>,
}

/// Sums that only some rows have.
#[derive(Debug, Clone, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Extra {
    /// Records with tokens.
    pub with_tokens: u64,
    /// Fresh input tokens.
    pub fresh: u64,
    /// Tokens read from the provider's cache.
    pub cache_read: u64,
    /// Tokens written to the provider's cache.
    pub cache_write: u64,
    /// Of these, with the one-hour lifetime.
    pub cache_write_1h: u64,
    /// Output tokens.
    pub output: u64,
    /// Reasoning tokens.
    pub reasoning: u64,
    /// Requests whose output is a lower bound.
    pub lower_bounds: u64,
    /// Tokens used where a budget is known.
    pub budget_used: u64,
    /// Tokens budgeted.
    pub budget: u64,
    /// Reported cost in 10⁻⁹ US dollars.
    pub cost: i128,
    /// Records with a reported cost.
    pub with_cost: u64,
    /// Tokens of all kinds of records with a reported cost.
    pub cost_tokens: u64,
    /// Reported cost of records with tokens, in 10⁻⁹ US dollars.
    pub cost_with_tokens: i128,
    /// Cost by a table of prices, in 10⁻⁹ US dollars: a list-price equivalent, apart from what was
    /// reported.
    pub computed_cost: i128,
    /// Requests with a computed cost.
    pub priced: u64,
    /// Of these, sums of requests some of which may have cost more, for their length.
    pub priced_at_least: u64,
    /// Requests with tokens whose model has no price.
    pub unpriced: u64,
    /// Hits of the context cache.
    pub cache_hits: u64,
    /// Lookups of the context cache.
    pub cache_lookups: u64,
    /// Retries (attempts after the first).
    pub retries: u64,
    /// Files used, of operations that tell both numbers.
    pub files_used_of_known: u64,
    /// Files considered, of operations that tell both numbers.
    pub files_considered_of_known: u64,
    /// Steps without a recorded attempt.
    pub bare_steps: u64,
    /// Of these, how many were refused for their rate.
    pub bare_rate_limited: u64,
    /// Figures that only few rows have.
    pub figures: Option<Box<Figures>>,
}

/// Figures that only few rows have.
#[derive(Debug, Clone, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Figures {
    /// Times of the other outcomes.
    pub error_time: Figure,
    /// Accuracy × 10⁹.
    pub accuracy: Figure,
    /// Memory of the process in bytes.
    pub memory: Figure,
    /// Files used.
    pub files_used: Figure,
    /// Files considered.
    pub files_considered: Figure,
}

/// One lookup of a context cache, in order of time, for facts about the working set and replays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Lookup {
    /// When.
    pub time: Time,
    /// Host whose cache was asked.
    pub host: Name,
    /// Hash of the key.
    pub key: u64,
    /// Whether it was a hit.
    pub hit: bool,
    /// How long the preparation took, in nanoseconds; negative: not known.
    pub took: i64,
    /// The [`StepRun::id`] of the step it belongs to; 0: not known.
    pub step: u64,
    /// Dimensions.
    pub dims: DimsId,
    /// Unit of inference it belongs to.
    pub unit: UnitId,
}

/// One step in order of time, for replays of what steps wait for; kept where there are lookups of a
/// context cache or waits for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct StepRun {
    /// When it began: its caller's request.
    pub start: Time,
    /// How long it took in nanoseconds; negative: not known.
    pub duration: i64,
    /// Of that, waiting for a free slot.
    pub queue: i64,
    /// Hash of its id, which lookups name; 0: none.
    pub id: u64,
    /// Session, whose next step begins when this one has ended and its caller has thought.
    pub session: Name,
    /// Host whose slots it needs.
    pub host: Name,
    /// Dimensions.
    pub dims: DimsId,
    /// Unit of inference it belongs to.
    pub unit: UnitId,
    /// Whether its time is a response time (by its outcome).
    pub counts: bool,
}

/// What the fold counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Counts {
    /// Records kept, after deduplication (a snapshot or line of input is one).
    pub records: u64,
    /// Records dropped since an equal one was there.
    pub duplicates: u64,
    /// Kept operations.
    pub operations: u64,
    /// Kept samples (a snapshot counts once).
    pub samples: u64,
    /// Kept events.
    pub events: u64,
    /// Kept aggregates.
    pub aggregates: u64,
    /// Process starts seen.
    pub process_starts: u64,
    /// Sessions seen.
    pub sessions: u64,
    /// Intervals between samples of one source longer than three times their median.
    pub gaps: u64,
    /// Longest such gap in nanoseconds.
    pub longest_gap: i64,
    /// Median interval between the samples of one source in nanoseconds; 0 without samples.
    pub sample_interval: i64,
    /// Operations that end before they start, or out of order; their durations are withheld.
    pub clock_faults: u64,
    /// Steps by hour of failure and others are not kept; steps in three consecutive failures without
    /// a success since, by interface: the interfaces that are down at the end of the period.
    pub interfaces_down: Vec<(Name, u32)>,
    /// Whether these were counted from rows that were kept: duplicates and faults of the clock are
    /// then not known.
    pub from_rows: bool,
}

/// Where something is known from about a session, the best first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bitcode::Encode, bitcode::Decode,
)]
pub enum Source {
    /// Spans of OTLP.
    Spans,
    /// Events of OTLP.
    Events,
    /// The agent's own log.
    Log,
    /// What a headless run printed.
    Result,
    /// Counters of OTLP.
    Metrics,
}

impl Source {
    /// Name in outputs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Source::Spans => "spans",
            Source::Events => "events",
            Source::Log => "log",
            Source::Result => "result",
            Source::Metrics => "metrics",
        }
    }
}

/// Records that were dropped since a better source tells the same of the same session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Repeat {
    /// Which one counts.
    pub kept: Source,
    /// Which one was dropped.
    pub left_out: Source,
    /// In how many sessions.
    pub sessions: u64,
    /// How many records.
    pub records: u64,
}

/// A wait before a retry, as a replay needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Pause {
    /// Start.
    pub time: Time,
    /// Duration in nanoseconds.
    pub nanos: i64,
    /// Milliseconds that the server asked to wait; 0: it did not, or nobody tells.
    pub asked: u32,
    /// Which retry of its step follows, from 1; 0: it names no step, and lies within a request of its stream.
    pub retry: u32,
    /// Dimensions of its step, else its own.
    pub dims: DimsId,
    /// Unit of inference.
    pub unit: UnitId,
    /// Whether it is of a subagent, or within a tool call: nobody waits for it alone.
    pub is_subagent: bool,
    /// Whether the time of its step counts as response time.
    pub counts: bool,
}

/// Everything known about a period.
#[derive(Debug, Clone, Default)]
pub struct Workload {
    /// Strings, dimension sets, identities; names are sorted, so that order by number is order by text.
    pub catalog: Catalog,
    /// Units, sorted by name.
    pub units: Vec<UnitOfInference>,
    /// Rows, sorted by key.
    pub rows: Vec<Row>,
    /// Sampled series, sorted by metric, dimensions, unit, task.
    pub samples: Vec<SampleSeries>,
    /// Lookups of context caches in order of time.
    pub lookups: Vec<Lookup>,
    /// Steps in order of time, where there is something to replay.
    pub steps: Vec<StepRun>,
    /// Waits before retries in order of time.
    pub pauses: Vec<Pause>,
    /// Events in order of time.
    pub events: Vec<Event>,
    /// For each event its unit; `UnitId::NONE` where none. May be shorter than `events`.
    pub event_units: Vec<UnitId>,
    /// Numbers that arrived already summarised, deduplicated.
    pub aggregates: Vec<Aggregate>,
    /// Where the wall-clock time of units went, sorted by unit; not of every unit is it known.
    pub wall_clocks: Vec<WallClock>,
    /// The requests of each agent of each session in order, sorted by unit; not every source tells of them.
    pub streams: Vec<Stream>,
    /// From when to when the operations of each unit reach, sorted by unit; known only where it was folded.
    pub reaches: Vec<Reach>,
    /// What was in order, for counts that depend on it.
    pub sequences: Sequences,
    /// How steps ended, by interface; only of a fold in cells of one's own.
    pub courses: Vec<Course>,
    /// Counts for the provenance.
    pub counts: Counts,
    /// What was dropped since a better source tells of the same session; known only where it was folded.
    pub repeats: Vec<Repeat>,
    /// From the earliest start to the latest end; `None` without a time.
    pub period: Option<(Time, Time)>,
    /// The prices by which costs were computed; `None`: of a stored workload, which does not keep them.
    pub prices: Option<Arc<PriceTable>>,
    /// The user's own metrics: what their numbers mean. As prices, they belong to a run, and nothing keeps them.
    pub declared: Arc<Declared>,
}

impl Workload {
    /// Whether there is nothing to say anything about.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.samples.is_empty()
            && self.aggregates.is_empty()
            && self.events.is_empty()
    }

    /// The sum of `metric` over everything that `filter` lets through.
    #[must_use]
    pub fn figure(&self, metric: Metric, filter: &Filter) -> Figure {
        self.whole(Measured::Known(metric), filter)
    }

    /// The unit in whose scale the numbers of what is measured are kept. Of metrics that the registry does not
    /// have it is the same for all, whatever they are declared to be: so that a declaration may come later.
    #[must_use]
    pub fn unit_of(measured: Measured) -> Unit {
        match measured {
            Measured::Known(metric) => metric.row().unit,
            Measured::Custom(_) => Unit::Unknown,
        }
    }
}
