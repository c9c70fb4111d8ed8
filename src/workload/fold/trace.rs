//! The course of one unit: which moment went to which part, and each operation by itself. It lives only while
//! it is shown; a workload keeps the sums alone.

use crate::record::{Catalog, Dimension, Flags, Name, Operation};
use crate::units::Time;
use crate::workload::{WallClock, WallPart};

use super::attribution::Joined;
use super::sweep::{CLASSES, Class, Interval};

/// Whoever is shown each unit.
pub type Watch<'a> = dyn FnMut(&Catalog, &Trace<'_>) + 'a;

/// The course of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<'a> {
    /// The unit's name.
    pub name: &'a str,
    /// Its wall-clock time taken apart: the sums of `segments`.
    pub wall: &'a WallClock,
    /// Its span without gaps, in order.
    pub segments: Vec<Segment>,
    /// Its operations, in order of their starts.
    pub operations: Vec<Traced>,
    /// When a person asked, in order.
    pub prompts: Vec<Time>,
}

/// Moments that went to the same part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The first moment, in nanoseconds since 1970.
    pub start: i64,
    /// The moment behind the last one.
    pub end: i64,
    /// Whose they are.
    pub part: WallPart,
    /// What ran: of the model's part models, of the tools' tools, each with how many at once, in order.
    pub running: Vec<(Name, u32)>,
    /// What a subagent did meanwhile, in the part of the tools: model or tool.
    pub subagents: Option<WallPart>,
}

impl Segment {
    /// Nanoseconds.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.end.abs_diff(self.start)
    }
}

/// An operation of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traced {
    /// The operation.
    pub operation: Operation,
    /// Whether it ran in a subagent.
    pub in_subagent: bool,
}

/// Puts the trace of a unit together.
pub(super) fn traced<'a>(
    name: &'a str,
    joined: &Joined<'_>,
    indexes: impl Iterator<Item = usize>,
    prompts: Vec<Time>,
    (wall, segments): (&'a WallClock, Vec<Segment>),
) -> Trace<'a> {
    let mut operations: Vec<Traced> = indexes
        .map(|index| Traced {
            operation: joined.operations[index],
            in_subagent: joined.operations[index].flags.has(Flags::SUBAGENT)
                || joined.roles[index].role().in_tool,
        })
        .filter(|t| !t.operation.flags.has(Flags::TIMELESS))
        .collect();
    // Of those that begin at once the longest comes first, since it may enclose the others.
    operations.sort_by_key(|t| (t.operation.start, -t.operation.duration.max(0)));
    Trace {
        name,
        wall,
        segments,
        operations,
        prompts,
    }
}

impl Trace<'_> {
    /// The value of a dimension of the first operation that has one; none where no operation does.
    #[must_use]
    pub fn dimension(&self, catalog: &Catalog, dimension: Dimension) -> Name {
        self.operations
            .iter()
            .map(|t| catalog.dimension(t.operation.dims, dimension))
            .find(|name| name.is_some())
            .unwrap_or(Name::NONE)
    }
}

/// What a sweep notes of the moments that it passes.
pub(super) struct Course {
    segments: Vec<Segment>,
    models: Vec<(Name, i32)>,
    tools: Vec<(Name, i32)>,
}

impl Course {
    /// With segments of earlier use, of which only the memory is used again.
    pub(super) fn new(mut segments: Vec<Segment>) -> Self {
        segments.clear();
        Self {
            segments,
            models: Vec::new(),
            tools: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<Segment> {
        self.segments
    }

    /// These moments went to `part`.
    pub(super) fn pass(&mut self, start: i64, end: i64, part: WallPart, live: &[i32; CLASSES]) {
        let running = match part {
            WallPart::Model => self.models.as_slice(),
            WallPart::Tool => self.tools.as_slice(),
            _ => &[],
        };
        let running = running.iter();
        let running = running.map(|(name, n)| (*name, n.max(&0).unsigned_abs()));
        let is_live = |class: Class| live[class as usize] > 0;
        let subagents = match part {
            WallPart::Tool if is_live(Class::SubagentModel) => Some(WallPart::Model),
            WallPart::Tool if is_live(Class::SubagentTool) => Some(WallPart::Tool),
            _ => None,
        };
        match self.segments.last_mut() {
            Some(last)
                if last.end == start
                    && last.part == part
                    && running.clone().eq(last.running.iter().copied())
                    && last.subagents == subagents =>
            {
                last.end = end;
            }
            _ => self.segments.push(Segment {
                start,
                end,
                part,
                running: running.collect(),
                subagents,
            }),
        }
    }

    /// An interval begins (+1) or ends (−1).
    pub(super) fn step(&mut self, interval: Interval, by: i32) {
        let (running, by) = match interval.class {
            Class::Model => (&mut self.models, by),
            Class::Tool => (&mut self.tools, by),
            Class::Waiting => (&mut self.tools, -by),
            _ => return,
        };
        match running.binary_search_by_key(&interval.name, |(name, _)| *name) {
            Ok(at) => {
                running[at].1 += by;
                if running[at].1 == 0 {
                    running.remove(at);
                }
            }
            Err(at) => running.insert(at, (interval.name, by)),
        }
    }
}
