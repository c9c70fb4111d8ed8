//! Records: what a reader makes of bytes. Operations, samples, events, aggregates.
//!
//! Records are compact (strings interned in a [`Catalog`], whole nanoseconds) and never hold
//! prompts, replies or tool output: only names, numbers, times and outcomes; of repeated work
//! 64-bit hashes that are compared for equality and never shown.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::metrics::Metric;
use crate::units::Time;

/// An interned string of a [`Catalog`]. `Name::NONE` is the empty string: not known.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Name(pub u32);

impl Name {
    /// The empty string: not known.
    pub const NONE: Name = Name(0);

    /// Whether this is a known, non-empty name.
    #[must_use]
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// What a record is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The agent interface (claude_code, anthropic_api, mock, …).
    Interface,
    /// The context mode (FANCY, SIMPLE).
    Mode,
    /// What for: testing, development, review, …
    Purpose,
    /// The model.
    Model,
    /// The model's provider.
    Provider,
    /// The tool.
    Tool,
    /// The agent, or kind of subagent.
    Agent,
    /// The project.
    Project,
    /// The machine.
    Host,
    /// The process of a sample.
    Process,
    /// A label given by the user, or an unknown string key of a native record.
    Label(Name),
}

/// The fixed dimensions with their names, in order.
pub const DIMENSIONS: &[(&str, Dimension)] = &[
    ("interface", Dimension::Interface),
    ("mode", Dimension::Mode),
    ("purpose", Dimension::Purpose),
    ("model", Dimension::Model),
    ("provider", Dimension::Provider),
    ("tool", Dimension::Tool),
    ("agent", Dimension::Agent),
    ("project", Dimension::Project),
    ("host", Dimension::Host),
    ("process", Dimension::Process),
];

/// The values of a record's dimensions, sorted by dimension; absent dimensions are not in it.
pub type Dims = Vec<(Dimension, Name)>;

/// An interned [`Dims`] of a [`Catalog`]; 0 is the empty one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct DimsId(pub u32);

/// Where a record belongs for inference: the raw names, from which the fold forms units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Identity {
    /// Session; for agent logs the root session.
    pub session: Name,
    /// Task.
    pub task: Name,
    /// Run: names a repetition.
    pub run: Name,
    /// Unit of inference as the input itself names it (a `unit` column).
    pub unit: Name,
}

/// An interned [`Identity`] of a [`Catalog`]; 0 is the unknown one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct IdentityId(pub u32);

/// Values stored once and named by a small number; 0 is the default value.
#[derive(Debug, Clone)]
pub struct Interned<T> {
    values: Vec<T>,
    index: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash + Default> Default for Interned<T> {
    fn default() -> Self {
        Self {
            values: vec![T::default()],
            index: HashMap::from([(T::default(), 0)]),
        }
    }
}

impl<T: Clone + Eq + Hash + Default> Interned<T> {
    /// The number of `value`, which is stored if it is new.
    pub fn intern<Q>(&mut self, value: &Q) -> u32
    where
        T: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = T> + ?Sized,
    {
        if let Some(id) = self.index.get(value) {
            return *id;
        }
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.to_owned());
        self.index.insert(value.to_owned(), id);
        id
    }

    /// The number of `value`, if it is stored.
    pub fn find<Q>(&self, value: &Q) -> Option<u32>
    where
        T: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.index.get(value).copied()
    }

    /// The value of that number.
    #[must_use]
    pub fn get(&self, id: u32) -> &T {
        &self.values[id as usize]
    }

    /// All values, in order of their numbers.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }
}

/// The strings, dimension sets and identities that records refer to.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Strings.
    pub names: Interned<String>,
    /// Dimension sets.
    pub dims: Interned<Dims>,
    /// Identities.
    pub identities: Interned<Identity>,
}

impl Catalog {
    /// Interns a string.
    pub fn name(&mut self, text: &str) -> Name {
        Name(self.names.intern(text))
    }

    /// The string of a name.
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        self.names.get(name.0)
    }

    /// Interns a dimension set; sorts it and drops unknown values first. Of a dimension that
    /// stands in it twice the first value counts.
    pub fn dims(&mut self, mut dims: Dims) -> DimsId {
        dims.retain(|(_, value)| value.is_some());
        dims.sort_by_key(|(dimension, _)| *dimension);
        dims.dedup_by_key(|(dimension, _)| *dimension);
        DimsId(self.dims.intern(&dims))
    }

    /// The value of a dimension in a set; `Name::NONE` where it is absent.
    #[must_use]
    pub fn dimension(&self, dims: DimsId, dimension: Dimension) -> Name {
        self.dims
            .get(dims.0)
            .iter()
            .find(|(d, _)| *d == dimension)
            .map_or(Name::NONE, |(_, v)| *v)
    }

    /// Interns an identity.
    pub fn identity(&mut self, identity: Identity) -> IdentityId {
        IdentityId(self.identities.intern(&identity))
    }

    /// The dimension of that name: a fixed one, else a label.
    pub fn dimension_named(&mut self, name: &str) -> Dimension {
        DIMENSIONS
            .iter()
            .find(|(n, _)| *n == name)
            .map_or_else(|| Dimension::Label(self.name(name)), |(_, d)| *d)
    }

    /// The name of a dimension.
    #[must_use]
    pub fn dimension_name(&self, dimension: Dimension) -> &str {
        match dimension {
            Dimension::Label(name) => self.text(name),
            fixed => DIMENSIONS
                .iter()
                .find(|(_, d)| *d == fixed)
                .map_or("", |(n, _)| n),
        }
    }
}

/// What an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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

/// Tokens of a model request, disjoint: fresh + read + write is the whole input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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
}

/// Something with a duration and an outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operation {
    /// Key for deduplication over all inputs (0: none): equal keys are one operation, of which the
    /// earliest (start, then file) counts, with the largest of each token count.
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
    /// Index into [`Records::details`] plus 1; 0: none.
    pub details: u32,
    /// File it came from.
    pub file: u32,
    /// What it is.
    pub kind: OperationKind,
    /// How it ended.
    pub outcome: OutcomeKind,
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
            kind,
            outcome: OutcomeKind::Ok,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq)]
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

/// What one or more readers produced.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Strings, dimension sets, identities.
    pub catalog: Catalog,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Details of some operations.
    pub details: Vec<Details>,
    /// Samples.
    pub samples: Vec<Sample>,
    /// Events.
    pub events: Vec<Event>,
    /// Aggregates.
    pub aggregates: Vec<Aggregate>,
    /// Input that carries nothing for us and was passed over on purpose (keys, lines), counted.
    pub ignored: u64,
}

impl Records {
    /// Stores details and returns what [`Operation::details`] wants: their index plus 1.
    pub fn add_details(&mut self, details: Details) -> u32 {
        if details == Details::default() {
            return 0;
        }
        self.details.push(details);
        u32::try_from(self.details.len()).unwrap_or(0)
    }

    /// The details of an operation.
    #[must_use]
    pub fn details_of(&self, operation: &Operation) -> Details {
        match operation.details {
            0 => Details::default(),
            index => self.details[index as usize - 1],
        }
    }

    /// Whether there is nothing in it, not even a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
            && self.samples.is_empty()
            && self.events.is_empty()
            && self.aggregates.is_empty()
            && self.details.is_empty()
            && self.ignored == 0
            && self.catalog.names.values().len() == 1
    }

    /// Takes over all records of `other`, whose names, dimensions, identities and details are
    /// renumbered.
    pub fn append(&mut self, other: Records) {
        let names: Vec<Name> = other
            .catalog
            .names
            .values()
            .iter()
            .map(|text| self.catalog.name(text))
            .collect();
        let name = |n: Name| names[n.0 as usize];
        let dims: Vec<DimsId> = other
            .catalog
            .dims
            .values()
            .iter()
            .map(|set| {
                let set = set
                    .iter()
                    .map(|(dimension, value)| {
                        let dimension = match *dimension {
                            Dimension::Label(label) => Dimension::Label(name(label)),
                            fixed => fixed,
                        };
                        (dimension, name(*value))
                    })
                    .collect();
                self.catalog.dims(set)
            })
            .collect();
        let identities: Vec<IdentityId> = other
            .catalog
            .identities
            .values()
            .iter()
            .map(|i| {
                self.catalog.identity(Identity {
                    session: name(i.session),
                    task: name(i.task),
                    run: name(i.run),
                    unit: name(i.unit),
                })
            })
            .collect();
        let offset = u32::try_from(self.details.len()).unwrap_or(u32::MAX);
        let measured = |m: Measured| match m {
            Measured::Custom(n) => Measured::Custom(name(n)),
            known => known,
        };
        self.details.extend(other.details);
        self.operations
            .extend(other.operations.into_iter().map(|mut o| {
                o.dims = dims[o.dims.0 as usize];
                o.identity = identities[o.identity.0 as usize];
                if o.details > 0 {
                    o.details += offset;
                }
                o
            }));
        self.samples.extend(other.samples.into_iter().map(|mut s| {
            s.dims = dims[s.dims.0 as usize];
            s.identity = identities[s.identity.0 as usize];
            s.metric = measured(s.metric);
            s
        }));
        self.events.extend(other.events.into_iter().map(|mut e| {
            e.dims = dims[e.dims.0 as usize];
            e.identity = identities[e.identity.0 as usize];
            e.subject = name(e.subject);
            e.from = name(e.from);
            e.to = name(e.to);
            if let EventKind::Other(n) = e.kind {
                e.kind = EventKind::Other(name(n));
            }
            e
        }));
        self.aggregates
            .extend(other.aggregates.into_iter().map(|mut a| {
                a.dims = dims[a.dims.0 as usize];
                a.metric = measured(a.metric);
                a
            }));
        self.ignored += other.ignored;
    }
}

/// A 64-bit hash of bytes, the same on every machine and in every version (FNV-1a with a final
/// mix), for ids and cache keys that are compared for equality only. Never 0.
#[must_use]
pub fn hash64(bytes: &[u8]) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64;
    for b in bytes {
        h = (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    h ^= h >> 32;
    h = h.wrapping_mul(0xd6e8_feb8_6659_fd93);
    h ^= h >> 32;
    h.max(1)
}

/// A 128-bit key of bytes for deduplication: two differently seeded [`hash64`]. Never 0.
#[must_use]
pub fn hash128(bytes: &[u8]) -> u128 {
    let mut h = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for b in bytes {
        h = (h ^ u128::from(*b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    h.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What must be kept per operation stays under 120 bytes (docs/design.md, "Fold").
    #[test]
    fn an_operation_is_compact() {
        assert!(size_of::<Operation>() <= 120, "{}", size_of::<Operation>());
    }

    /// Vectors of the FNV authors for FNV-1a with 128 bits.
    #[test]
    fn hash128_is_fnv1a() {
        assert_eq!(hash128(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(
            hash128(b"foobar"),
            0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18
        );
    }

    #[test]
    fn appending_renumbers() {
        let mut a = Records::default();
        let mut b = Records::default();
        a.catalog.name("x");
        let mode = b.catalog.name("FANCY");
        let dims = b.catalog.dims(vec![(Dimension::Mode, mode)]);
        let mut o = Operation::new(OperationKind::Step, Time(1), 0);
        o.dims = dims;
        o.details = b.add_details(Details {
            memory: Some(3),
            ..Details::default()
        });
        b.operations.push(o);
        a.add_details(Details {
            memory: Some(2),
            ..Details::default()
        });
        a.append(b);
        let o = a.operations[0];
        assert_eq!(
            a.catalog.text(a.catalog.dimension(o.dims, Dimension::Mode)),
            "FANCY"
        );
        assert_eq!(a.details_of(&o).memory, Some(3));
    }
}
