//! Where the wall-clock time of a unit went: sums that add up to its span, and what was busy.
//!
//! Nanoseconds. The sums are formed in the fold, from the intervals of all operations of a unit; of
//! units that were folded apart they are added.

use crate::record::Name;
use crate::units::NANOS;

use super::UnitId;

/// What a moment of a unit's span is given to: the first of these that covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum WallPart {
    /// A wait before a retry.
    Retry,
    /// A model request.
    Model,
    /// A wait for a free slot.
    Queue,
    /// Preparation of a context.
    ContextPreparation,
    /// A tool call; a subagent is the call that started it.
    Tool,
    /// A wait for a person: for a prompt or an approval.
    Person,
    /// A long wait for a prompt.
    Away,
    /// Nothing that was recorded: work of the client, hooks, lost lines.
    Unexplained,
}

impl WallPart {
    /// All of them, in order.
    pub const ALL: [WallPart; 8] = [
        WallPart::Retry,
        WallPart::Model,
        WallPart::Queue,
        WallPart::ContextPreparation,
        WallPart::Tool,
        WallPart::Person,
        WallPart::Away,
        WallPart::Unexplained,
    ];

    /// Name as outputs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WallPart::Retry => "retry",
            WallPart::Model => "model",
            WallPart::Queue => "queue",
            WallPart::ContextPreparation => "context_preparation",
            WallPart::Tool => "tool",
            WallPart::Person => "person",
            WallPart::Away => "away",
            WallPart::Unexplained => "unexplained",
        }
    }
}

/// What is asked of who takes wall-clock time apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallClockRules {
    /// Who has not answered for longer, in nanoseconds, was away.
    pub away: i64,
    /// Where a request and a tool call of the main conversation run at once the time is the tool's, not
    /// the model's.
    pub is_tool_first: bool,
}

impl Default for WallClockRules {
    /// Half an hour, and the model first: the next request waits for both, and the reply causes the tool.
    fn default() -> Self {
        Self {
            away: 30 * 60 * NANOS,
            is_tool_first: false,
        }
    }
}

/// The wall-clock time of a unit, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct WallClock {
    /// The unit.
    pub unit: UnitId,
    /// Nanoseconds of each [`WallPart`], indexed by it; together the span.
    pub parts: [u128; WallPart::ALL.len()],
    /// The same nanoseconds as the part of the tools, by tool, sorted.
    pub tools: Vec<ToolShare>,
    /// Of the part of the tools, what subagents did meanwhile.
    pub subagents: SubagentTime,
    /// Model requests, those of subagents among them.
    pub model: Busy,
    /// Tool calls, those of subagents among them.
    pub tool: Busy,
    /// Operations without a length, which cover nothing.
    pub empty: u64,
    /// Whether a wait for a permission would be in the time of its tool, since the log does not tell it
    /// apart.
    pub hides_approvals: bool,
}

/// The part of one tool in the time of all tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct ToolShare {
    /// The tool; none where it has no name.
    pub tool: Name,
    /// Nanoseconds, of which several tools that ran at once have equal shares.
    pub shared: u128,
    /// Of these, when no other tool ran.
    pub alone: u128,
}

/// What subagents did in the time of the calls that started them, by the same rules, in nanoseconds. The
/// rest of such a call is told by none of their lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct SubagentTime {
    /// At least one of them waited for a model.
    pub model: u128,
    /// At least one of them ran a tool, and none waited for a model.
    pub tool: u128,
}

/// How long something was done, overlaps counted fully, and how long it was done at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Busy {
    /// Sum of all lengths in nanoseconds; it may exceed the span.
    pub sum: u128,
    /// Nanoseconds in which at least one ran.
    pub union: u128,
}

impl WallClock {
    /// Nothing yet, of that unit.
    #[must_use]
    pub fn new(unit: UnitId) -> Self {
        Self {
            unit,
            parts: [0; WallPart::ALL.len()],
            tools: Vec::new(),
            subagents: SubagentTime::default(),
            model: Busy::default(),
            tool: Busy::default(),
            empty: 0,
            hides_approvals: false,
        }
    }

    /// The span: all parts together.
    #[must_use]
    pub fn span(&self) -> u128 {
        self.parts.iter().sum()
    }

    /// Adds another one.
    pub fn merge(&mut self, other: &WallClock) {
        for (mine, others) in self.parts.iter_mut().zip(other.parts) {
            *mine += others;
        }
        self.tools.extend_from_slice(&other.tools);
        self.settle();
        for (mine, others) in [(&mut self.model, other.model), (&mut self.tool, other.tool)] {
            mine.sum += others.sum;
            mine.union += others.union;
        }
        self.subagents.model += other.subagents.model;
        self.subagents.tool += other.subagents.tool;
        self.empty += other.empty;
        self.hides_approvals |= other.hides_approvals;
    }

    /// Sorts the tools; those of one name are one.
    pub(super) fn settle(&mut self) {
        self.tools.sort_by_key(|t| t.tool);
        self.tools.dedup_by(|later, earlier| {
            let is_same = later.tool == earlier.tool;
            if is_same {
                earlier.shared += later.shared;
                earlier.alone += later.alone;
            }
            is_same
        });
        self.tools.shrink_to_fit();
    }
}
