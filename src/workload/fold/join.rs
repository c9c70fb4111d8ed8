//! Steps: what belongs to which request of a caller.
//!
//! A step is an operation written as such; or a chain of attempts without one; or the preparation,
//! attempts, waits and tool calls that name the same parent where that parent itself is missing (cut
//! off, or never written). Whatever belongs to a step inherits the dimensions and the identity that it
//! lacks.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use crate::record::{
    Catalog, Dimension, DimsId, IdentityId, Operation, OperationKind, OutcomeKind, Records,
};

use crate::threads;

use super::FoldOptions;
use super::dedupe::order;
use super::index::{FREE, Quick, number};
use super::repeats::{Table, by_part, find};
use super::united::{united_dims, united_identity};

/// Longest chain of parents that is followed.
const DEEPEST: usize = 64;

/// What the join found out about an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Role {
    /// It is a step.
    pub(super) is_step: bool,
    /// A step with at least one recorded attempt.
    pub(super) has_attempts: bool,
    /// Something that belongs to it counts tokens, so its own would count them twice.
    pub(super) tokens_below: bool,
    /// Something that belongs to it tells its cost.
    pub(super) cost_below: bool,
    /// It ran within a tool call.
    pub(super) in_tool: bool,
}

impl Role {
    fn unite(&mut self, other: Role) {
        self.is_step |= other.is_step;
        self.has_attempts |= other.has_attempts;
        self.tokens_below |= other.tokens_below;
        self.cost_below |= other.cost_below;
        self.in_tool |= other.in_tool;
    }
}

/// A role as it is kept for each operation: a bit for each of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed(u8);

impl From<Role> for Packed {
    fn from(role: Role) -> Self {
        let fields = [
            role.is_step,
            role.has_attempts,
            role.tokens_below,
            role.cost_below,
            role.in_tool,
        ];
        let bits = (0..).zip(fields).map(|(at, is)| u8::from(is) << at);
        Self(bits.sum())
    }
}

impl Packed {
    /// The role.
    pub(super) fn role(self) -> Role {
        let is = |at: u8| self.0 >> at & 1 == 1;
        Role {
            is_step: is(0),
            has_attempts: is(1),
            tokens_below: is(2),
            cost_below: is(3),
            in_tool: is(4),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Role)) {
        let mut role = self.role();
        change(&mut role);
        *self = role.into();
    }
}

/// How operations hang together.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// For each operation its role.
    pub(super) roles: Vec<Packed>,
    /// For each operation the one whose start decides its unit: its step, or itself.
    pub(super) roots: Vec<u32>,
    /// Steps that no record holds: chains of attempts, and groups whose parent is missing.
    pub(super) formed: Vec<Operation>,
    /// For each of these its root.
    pub(super) formed_of: Vec<u32>,
    /// Attempts that began before the attempt before them.
    pub(super) out_of_order: u64,
    /// What there is.
    pub(super) census: Census,
    /// Where anything waits for an approval, for each operation the number of its parent.
    pub(super) parents: Vec<u32>,
}

/// Which kinds of operations there are, so that nobody goes through all of them for one that is not among them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Census {
    /// A bit for each kind.
    kinds: u32,
    /// Any tells of a context cache.
    pub(super) has_lookups: bool,
}

impl Census {
    /// Whether any is of this kind.
    pub(super) fn has(self, kind: OperationKind) -> bool {
        self.kinds & 1 << kind as u32 != 0
    }

    fn note(&mut self, operation: &Operation) {
        self.kinds |= 1 << operation.kind as u32;
        self.has_lookups |= operation.cache > 0;
    }

    fn unite(&mut self, other: Census) {
        self.kinds |= other.kinds;
        self.has_lookups |= other.has_lookups;
    }
}

/// Fewer operations are not worth a thread.
const WORTH_A_THREAD: usize = 1 << 13;

/// Joins operations into steps. Dimensions and identities of `records.operations` are completed.
/// `parents` are those of [`parents`].
pub(super) fn join(
    records: &mut Records,
    options: &FoldOptions,
    parents: Option<Vec<u32>>,
) -> Joined {
    if let Some(parents) = &parents {
        inherit(records, parents);
    }
    let nothing_has_a_parent = Vec::new();
    let tree = Tree {
        operations: &records.operations,
        parents: parents.as_deref().unwrap_or(&nothing_has_a_parent),
    };
    let mut joined = Joined::default();
    let mut groups = Groups::default();
    let mut above = Vec::new();
    let places = threads::ranges(records.operations.len(), WORTH_A_THREAD, |range| {
        let mut places = Places {
            roles: Vec::with_capacity(range.len()),
            roots: Vec::with_capacity(range.len()),
            ..Places::default()
        };
        range.for_each(|index| places.add(&tree, index));
        places
    });
    for mut places in places {
        append(&mut joined.roles, places.roles);
        append(&mut joined.roots, places.roots);
        joined.census.unite(places.census);
        above.append(&mut places.above);
        groups.chained.append(&mut places.groups.chained);
        groups.orphans.append(&mut places.groups.orphans);
    }
    for (index, role) in above {
        joined.roles[index as usize].change(|own| own.unite(role));
    }
    groups.form(records, options, &mut joined);
    if joined.census.has(OperationKind::Task) {
        spare_tasks(records, &mut joined);
    }
    if joined.census.has(OperationKind::WaitApproval) {
        joined.parents = parents.unwrap_or_default();
    }
    joined
}

/// Adds what follows; the first part is taken as it is.
fn append<T>(all: &mut Vec<T>, mut part: Vec<T>) {
    if all.is_empty() {
        *all = part;
    } else {
        all.append(&mut part);
    }
}

/// For each operation the number of its parent ([`FREE`]: none is known); `None` where no operation names one.
pub(super) fn parents(records: &Records, options: &FoldOptions) -> Option<Vec<u32>> {
    let operations = &records.operations;
    if operations.iter().all(|o| o.parent == 0) {
        return None;
    }
    let id_of = |at: usize| Some(operations[at].id).filter(|id| *id != 0);
    // Of two operations with one id, the earlier is the parent.
    let earlier = |first: u32, this: u32| {
        let operation = |at: u32| &operations[at as usize];
        let ranks = &options.file_ranks;
        match order(operation(this), operation(first), records, ranks) {
            Ordering::Less => this,
            _ => first,
        }
    };
    let id = |at: u32| operations[at as usize].id;
    let is_same = |first: u32, this: u32| id(first) == id(this);
    let tables = by_part(operations.len(), id_of, |part| {
        Table::of(part, is_same, earlier)
    });
    let parent = |at: usize| match operations[at].parent {
        0 => FREE,
        named => find(&tables, named, |found| id(found) == named)
            .filter(|parent| *parent as usize != at)
            .unwrap_or(FREE),
    };
    let found = |range: Range<usize>| range.map(parent).collect::<Vec<u32>>();
    let found = threads::ranges(operations.len(), WORTH_A_THREAD, found);
    drop(tables);
    let mut parents = found.concat();
    cut_circles(&mut parents);
    Some(parents)
}

/// Operations that are their own ancestors have no parent: none of them comes first.
fn cut_circles(parents: &mut [u32]) {
    // On which walk an operation was met first; 0: on none yet.
    let mut walks = vec![0_u32; parents.len()];
    for start in 0..parents.len() {
        let walk = number(start) + 1;
        let mut at = start;
        while walks[at] == 0 && parents[at] != FREE {
            walks[at] = walk;
            at = parents[at] as usize;
        }
        if walks[at] != walk || parents[at] == FREE {
            continue;
        }
        // This walk came back to where it had been: from here on it is a circle.
        while parents[at] != FREE {
            at = std::mem::replace(&mut parents[at], FREE) as usize;
        }
    }
}

fn parent(index: usize, parents: &[u32]) -> Option<usize> {
    let parent = parents.get(index).filter(|p| **p != FREE);
    parent.map(|p| *p as usize)
}

/// The parent, its parent, …
pub(super) fn ancestors(index: usize, parents: &[u32]) -> impl Iterator<Item = usize> + '_ {
    std::iter::successors(parent(index, parents), |i| parent(*i, parents)).take(DEEPEST)
}

/// Operations with their parents.
struct Tree<'a> {
    operations: &'a [Operation],
    parents: &'a [u32],
}

impl Tree<'_> {
    fn parent(&self, index: usize) -> Option<usize> {
        parent(index, self.parents)
    }

    /// The parent, its parent, …
    fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        ancestors(index, self.parents)
    }

    /// The first attempt of the chain that ends with this one.
    fn first_attempt(&self, index: usize) -> usize {
        let mut first = index;
        for parent in self.ancestors(index) {
            let (a, b) = (&self.operations[parent], &self.operations[first]);
            if a.kind != OperationKind::ModelRequest || a.attempt >= b.attempt {
                break;
            }
            first = parent;
        }
        first
    }
}

/// Where the operations of a range belong.
#[derive(Default)]
struct Places {
    roles: Vec<Packed>,
    roots: Vec<u32>,
    /// What they add to the roles of operations above them.
    above: Vec<(u32, Role)>,
    groups: Groups,
    census: Census,
}

impl Places {
    /// Finds the step of one operation.
    fn add(&mut self, tree: &Tree<'_>, index: usize) {
        use OperationKind as Op;
        let operation = &tree.operations[index];
        self.census.note(operation);
        let tokens_below = operation.flags.has(crate::record::Flags::HAS_TOKENS);
        let cost_below = operation.cost >= 0;
        let mut role = Role::default();
        let mut step = None;
        for ancestor in tree.ancestors(index) {
            let kind = tree.operations[ancestor].kind;
            if step.is_none() && kind == Op::Step {
                step = Some(ancestor);
            }
            role.in_tool |= kind == Op::ToolCall;
            // Attempts, tools and preparations have tokens of their own; what encloses them repeats theirs.
            if matches!(kind, Op::Step | Op::Task | Op::Other) && (tokens_below || cost_below) {
                let told = Role {
                    tokens_below,
                    cost_below,
                    ..Role::default()
                };
                self.above.push((number(ancestor), told));
            }
        }
        role.is_step =
            operation.kind == Op::Step || step.is_none() && operation.kind == Op::ModelRequest;
        let root = match step {
            _ if operation.kind == Op::Step => index,
            Some(step) => {
                if operation.kind == Op::ModelRequest {
                    let told = Role {
                        has_attempts: true,
                        ..Role::default()
                    };
                    self.above.push((number(step), told));
                }
                step
            }
            None => self.without_step(tree, index),
        };
        self.roles.push(role.into());
        self.roots.push(number(root));
    }

    /// The root of an operation above which no step stands.
    fn without_step(&mut self, tree: &Tree<'_>, index: usize) -> usize {
        let operation = &tree.operations[index];
        let is_request = |at: &usize| tree.operations[*at].kind == OperationKind::ModelRequest;
        if is_request(&index) {
            let first = tree.first_attempt(index);
            if first != index {
                self.groups.chained.push((number(first), number(index)));
                return first;
            }
        } else if let Some(request) = tree.ancestors(index).find(is_request) {
            return tree.first_attempt(request);
        }
        let named = operation.parent;
        if named != 0 && tree.parent(index).is_none() && is_part(operation.kind) {
            self.groups.orphans.push((named, number(index)));
        }
        index
    }
}

/// Whether this kind of operation is a part of a step.
fn is_part(kind: OperationKind) -> bool {
    use OperationKind as Op;
    !matches!(kind, Op::Step | Op::Task | Op::Other)
}

/// Operations that form steps which no record holds.
#[derive(Default)]
struct Groups {
    /// First attempt, and a later one of its chain.
    chained: Vec<(u32, u32)>,
    /// A parent's id that no operation has, and one that names it.
    orphans: Vec<(u64, u32)>,
}

impl Groups {
    fn form(mut self, records: &mut Records, options: &FoldOptions, joined: &mut Joined) {
        self.chained.sort_unstable();
        self.orphans.sort_unstable();
        let chain_of = |first: u32| {
            let from = self.chained.partition_point(|(f, _)| *f < first);
            self.chained[from..]
                .iter()
                .take_while(move |(f, _)| *f == first)
                .map(|(_, later)| *later)
        };
        let mut is_formed: Vec<u32> = Vec::new();
        let mut steps = Vec::new();
        for group in self.orphans.chunk_by(|a, b| a.0 == b.0) {
            let mut firsts = group
                .iter()
                .map(|(_, i)| *i)
                .filter(|i| records.operations[*i as usize].kind == OperationKind::ModelRequest);
            // A parent of several chains is a turn, a session, a task: no step.
            if let (Some(first), None) = (firsts.next(), firsts.next()) {
                let mut members: Vec<u32> = group.iter().map(|(_, i)| *i).collect();
                members.extend(chain_of(first));
                if members.len() > 1 {
                    is_formed.push(first);
                    steps.push((first, members));
                }
            }
        }
        is_formed.sort_unstable();
        for chain in self.chained.chunk_by(|a, b| a.0 == b.0) {
            let first = chain[0].0;
            if is_formed.binary_search(&first).is_err() {
                let members = std::iter::once(first).chain(chain_of(first)).collect();
                steps.push((first, members));
            }
        }
        for (first, mut members) in steps {
            members.sort_by(|a, b| {
                let operation = |i: &u32| &records.operations[*i as usize];
                order(operation(a), operation(b), records, &options.file_ranks)
            });
            let step = form(records, first, &members, joined);
            for member in members {
                joined.roles[member as usize].change(|role| role.is_step = false);
                joined.roots[member as usize] = first;
            }
            joined.formed.push(step);
            joined.formed_of.push(first);
        }
    }
}

/// The step of these members: from the first start to the last end, with the last attempt's outcome.
fn form(records: &mut Records, first: u32, members: &[u32], joined: &mut Joined) -> Operation {
    let operation = |i: u32| records.operations[i as usize];
    let mut attempts: Vec<Operation> = members
        .iter()
        .map(|i| operation(*i))
        .filter(|o| o.kind == OperationKind::ModelRequest)
        .collect();
    // Stable: equal numbers stay in order of their start.
    attempts.sort_by_key(|o| o.attempt);
    let is_out_of_order = attempts.windows(2).any(|w| w[1].start < w[0].start);
    joined.out_of_order += u64::from(is_out_of_order);
    let start = members.iter().map(|i| operation(*i).start).min();
    let end = members.iter().filter_map(|i| operation(*i).end()).max();
    let last = attempts.last().copied();
    let mut step = operation(first);
    step.kind = OperationKind::Step;
    step.start = start.unwrap_or(step.start);
    step.outcome = last.map_or(OutcomeKind::Unknown, |o| o.outcome);
    step.attempt = 1;
    step.cache = 0;
    step.cost = -1;
    step.details = 0;
    step.tokens = crate::record::Tokens::default();
    step.flags = crate::record::Flags::default();
    step.duration = match (end, last.and_then(|o| o.end())) {
        (Some(end), Some(_)) if !is_out_of_order => end.0.saturating_sub(step.start.0),
        _ => -1,
    };
    for member in members {
        let other = records.operations[*member as usize];
        let catalog = &mut records.catalog;
        step.dims = inherited_dims(catalog, step.dims, other.dims);
        step.identity = united_identity(catalog, step.identity, other.identity);
    }
    step
}

/// Completes dimensions and identities from parents, nearest first.
fn inherit(records: &mut Records, parents: &[u32]) {
    let mut is_done = vec![false; parents.len()];
    let mut path = Vec::new();
    let mut known: HashMap<(DimsId, DimsId), DimsId, Quick> = HashMap::default();
    for index in 0..parents.len() {
        let mut at = index;
        while !is_done[at] {
            // Marked at once, so that a circle of parents ends.
            is_done[at] = true;
            path.push(at);
            if parents[at] == FREE {
                break;
            }
            at = parents[at] as usize;
        }
        while let Some(child) = path.pop() {
            if parents[child] == FREE {
                continue;
            }
            let told = |at: usize| {
                let operation = &records.operations[at];
                (operation.dims, operation.identity)
            };
            let ((dims, identity), above) = (told(child), told(parents[child] as usize));
            if dims != above.0 {
                let united = match known.get(&(dims, above.0)) {
                    Some(united) => *united,
                    None => {
                        let united = inherited_dims(&mut records.catalog, dims, above.0);
                        known.insert((dims, above.0), united);
                        united
                    }
                };
                records.operations[child].dims = united;
            }
            if identity != above.1 {
                let united = united_identity(&mut records.catalog, identity, above.1);
                records.operations[child].identity = united;
            }
        }
    }
}

/// These dimensions, and of those above what is missing. A tool or a process is one operation's own.
fn inherited_dims(catalog: &mut Catalog, own: DimsId, above: DimsId) -> DimsId {
    let is_inherited = |d: Dimension| !matches!(d, Dimension::Tool | Dimension::Process);
    united_dims(catalog, own, above, is_inherited)
}

/// A task that no step names as its parent repeats the tokens and the cost of what has its identity.
fn spare_tasks(records: &Records, joined: &mut Joined) {
    let is_task = |o: &Operation| o.kind == OperationKind::Task;
    let tells = |o: &Operation| o.flags.has(crate::record::Flags::HAS_TOKENS) || o.cost >= 0;
    if !records.operations.iter().any(|o| is_task(o) && tells(o)) {
        return;
    }
    let mut told = vec![(false, false); records.catalog.identities.values().len()];
    for operation in records.operations.iter().filter(|o| !is_task(o)) {
        let told = &mut told[operation.identity.0 as usize];
        told.0 |= operation.flags.has(crate::record::Flags::HAS_TOKENS);
        told.1 |= operation.cost >= 0;
    }
    for (operation, role) in records.operations.iter().zip(&mut joined.roles) {
        if is_task(operation) && operation.identity != IdentityId::default() {
            let told = told[operation.identity.0 as usize];
            role.change(|role| {
                role.tokens_below |= told.0;
                role.cost_below |= told.1;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_role_is_the_same_role() {
        for bits in 0..32 {
            let role = Packed(bits).role();
            assert_eq!(Packed::from(role), Packed(bits));
        }
        let role = Role {
            in_tool: true,
            ..Role::default()
        };
        assert_eq!(Packed::from(role).role(), role);
    }
}
