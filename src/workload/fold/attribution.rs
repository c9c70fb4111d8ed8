//! Where the wall-clock time of each unit went, from its operations and prompts.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::record::{
    Dimension, Event, EventKind, Flags, IdentityId, Name, Operation, OperationKind, Records,
};
use crate::threads;
use crate::units::Time;
use crate::workload::{UnitId, WallClock};

use super::FoldOptions;
use super::approvals::add_waiting;
use super::grouped::Grouped;
use super::join::{Packed, Role};
use super::selection::Selection;
use super::sweep::{Class, Interval, Lines};
use super::trace::{Watch, traced};
use super::units::{Units, UnitsOf, is_agent_log};

/// The operations of a fold with what is known of each.
pub(super) struct Joined<'a> {
    pub(super) operations: &'a [Operation],
    pub(super) roles: &'a [Packed],
    /// Where anything waits for an approval, the number of each one's parent.
    pub(super) parents: &'a [u32],
    /// `None`: not selected.
    pub(super) units: &'a UnitsOf,
}

/// Takes the time of each unit apart. Units that no session, run or unit names have no span of their
/// own, and where a selection leaves out a part of a unit's operations the rest would look unexplained:
/// these are left out. `watch` is shown each unit as it is done.
pub(super) fn attribute(
    joined: &Joined<'_>,
    records: &Records,
    options: &FoldOptions,
    selection: &Selection,
    units: &Units,
    watch: Option<&mut Watch<'_>>,
) -> Vec<WallClock> {
    let unit_of = |identity, file| {
        units
            .find(&records.catalog, identity, is_log(options, file))
            .map(|u| u.0 as usize)
    };
    let mut is_swept = units.are_named();
    for (identity, file) in cut(joined, records, selection) {
        if let Some(unit) = unit_of(identity, file) {
            is_swept[unit] = false;
        }
    }

    let unit_at = |index: usize| joined.units.get(index).map(|u| u.0 as usize);
    let by_unit = Grouped::new(is_swept.len(), joined.operations.len(), unit_at);
    let mut prompts: Vec<(usize, i64)> = records
        .events
        .iter()
        .filter(|e| is_prompt(e, records, selection))
        .filter_map(|e| Some((unit_of(e.identity, e.file)?, e.time.0)))
        .collect();
    prompts.sort_unstable();

    let sweeping = Sweeping {
        joined,
        records,
        options,
        by_unit: &by_unit,
        prompts: &prompts,
    };
    let wanted: Vec<usize> = (0..is_swept.len()).filter(|unit| is_swept[*unit]).collect();
    let Some(watch) = watch else {
        return sweeping.all(&wanted);
    };
    let mut lines = Lines::default();
    let mut swept = Vec::new();
    for unit in wanted {
        lines.segments = Some(Vec::new());
        let Some(wall) = sweeping.one(unit, &mut lines) else {
            continue;
        };
        if let Some(segments) = lines.segments.take() {
            let prompts = sweeping.prompts_of(unit).map(Time).collect();
            let indexes = by_unit.of(unit).iter().map(|n| *n as usize);
            let name = units.name(&records.catalog, wall.unit);
            let trace = traced(name, joined, indexes, prompts, (&wall, segments));
            watch(&records.catalog, &trace);
        }
        swept.push(wall);
    }
    swept
}

/// Units that a thread takes at once.
const TAKEN: usize = 32;

/// What the units are swept from.
struct Sweeping<'a> {
    joined: &'a Joined<'a>,
    records: &'a Records,
    options: &'a FoldOptions,
    by_unit: &'a Grouped,
    /// Unit and time, in order.
    prompts: &'a [(usize, i64)],
}

impl Sweeping<'_> {
    /// The time of one unit.
    fn one(&self, unit: usize, lines: &mut Lines) -> Option<WallClock> {
        let is_watched = lines.segments.is_some();
        let (mut empty, mut hides_approvals) = (0, false);
        for index in self.by_unit.of(unit) {
            let operation = &self.joined.operations[*index as usize];
            let role = self.joined.roles[*index as usize].role();
            let Some(class) = class_of(operation, role) else {
                continue;
            };
            match interval(operation, class, self.records, is_watched) {
                Some(interval) => lines.intervals.push(interval),
                None => empty += 1,
            }
            hides_approvals |= class == Class::Tool && is_log(self.options, operation.file);
        }
        if !self.joined.parents.is_empty() {
            add_waiting(self.joined, self.by_unit.of(unit), self.records, lines);
        }
        lines.prompts.extend(self.prompts_of(unit));
        let text = |name: Name| self.records.catalog.text(name);
        let id = UnitId(super::number(unit));
        let mut wall = lines.sweep(id, self.options.wall_clock, text)?;
        wall.empty = empty;
        wall.hides_approvals = hides_approvals;
        Some(wall)
    }

    /// The times of many units, in no order, by several threads.
    fn all(&self, units: &[usize]) -> Vec<WallClock> {
        let pieces: Vec<&[usize]> = units.chunks(TAKEN).collect();
        let next = AtomicUsize::new(0);
        let threads = threads::count().min(pieces.len()).max(1);
        // They are large: a list that grows would be copied again and again.
        let room = units.len().div_ceil(threads) + TAKEN;
        let work = || {
            let (mut lines, mut swept) = (Lines::default(), Vec::with_capacity(room));
            while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                swept.extend(piece.iter().filter_map(|unit| self.one(*unit, &mut lines)));
            }
            swept
        };
        let mut swept = threads::each(threads, work).into_iter();
        let mut all = swept.next().unwrap_or_default();
        swept.for_each(|mut more| all.append(&mut more));
        all
    }

    fn prompts_of(&self, unit: usize) -> impl Iterator<Item = i64> + '_ {
        let from = self.prompts.partition_point(|(u, _)| *u < unit);
        let own = self.prompts[from..].iter();
        own.take_while(move |(u, _)| *u == unit)
            .map(|(_, time)| *time)
    }
}

fn is_log(options: &FoldOptions, file: u32) -> bool {
    let format = options.file_formats.get(file as usize);
    format.is_some_and(|f| is_agent_log(f))
}

/// Whose operations a selection leaves out in part: of these identities, at least one.
fn cut(
    joined: &Joined<'_>,
    records: &Records,
    selection: &Selection,
) -> HashSet<(IdentityId, u32)> {
    joined
        .operations
        .iter()
        .zip(joined.units.iter())
        .filter(|(o, unit)| unit.is_none() && selection.holds_at(Some(o.start)))
        .filter(|(o, _)| !selection.holds_for(&records.catalog, o.dims, o.identity))
        .map(|(o, _)| (o.identity, o.file))
        .collect()
}

/// Prompts have no dimensions of requests or calls: whose operations a selection leaves out is not taken apart.
fn is_prompt(event: &Event, records: &Records, selection: &Selection) -> bool {
    event.kind == EventKind::Prompt
        && !event.flags.has(Flags::TIMELESS)
        && !event.flags.has(Flags::SUBAGENT)
        && selection.holds_at(Some(event.time))
        && selection.holds_of(&records.catalog, event.identity)
}

/// What an operation covers; `None` for what encloses others, or belongs to a subagent and is neither
/// request nor tool.
pub(super) fn class_of(operation: &Operation, role: Role) -> Option<Class> {
    use OperationKind as Op;
    let is_of_subagent = operation.flags.has(Flags::SUBAGENT) || role.in_tool;
    let class = match operation.kind {
        Op::ModelRequest if is_of_subagent => Class::SubagentModel,
        Op::ToolCall if is_of_subagent => Class::SubagentTool,
        // Within a tool of the main conversation, too.
        Op::WaitApproval if !operation.flags.has(Flags::SUBAGENT) => Class::Approval,
        _ if is_of_subagent => return None,
        Op::ModelRequest => Class::Model,
        Op::ToolCall => Class::Tool,
        Op::ContextPreparation => Class::ContextPreparation,
        Op::WaitQueue => Class::Queue,
        Op::WaitBackoff => Class::Retry,
        Op::WaitApproval | Op::Step | Op::Task | Op::Other => return None,
    };
    (!operation.flags.has(Flags::TIMELESS)).then_some(class)
}

/// `None` without a length.
fn interval(
    operation: &Operation,
    class: Class,
    records: &Records,
    is_watched: bool,
) -> Option<Interval> {
    let end = operation.end()?;
    let named = |dimension| records.catalog.dimension(operation.dims, dimension);
    (end > operation.start).then(|| Interval {
        start: operation.start.0,
        end: end.0,
        class,
        name: match class {
            Class::Tool => named(Dimension::Tool),
            Class::Model if is_watched => named(Dimension::Model),
            _ => Name::NONE,
        },
    })
}
