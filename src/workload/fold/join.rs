//! Steps: what belongs to which request of a caller.
//!
//! A step is an operation written as such; or a chain of attempts without one; or the preparation,
//! attempts, waits and tool calls that name the same parent where that parent itself is missing (cut
//! off, or never written). Whatever belongs to a step inherits the dimensions and the identity that it
//! lacks.

use std::collections::HashMap;

use crate::record::{
    Dimension, DimsId, IdentityId, Name, Operation, OperationKind, OutcomeKind, Records,
};

use super::FoldOptions;
use super::dedupe::order;
use super::index::{FREE, Index, Quick, number};

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

/// How operations hang together.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// For each operation its role.
    pub(super) roles: Vec<Role>,
    /// For each operation the one whose start decides its unit: its step, or itself.
    pub(super) roots: Vec<u32>,
    /// Steps that no record holds: chains of attempts, and groups whose parent is missing.
    pub(super) formed: Vec<Operation>,
    /// For each of these its root.
    pub(super) formed_of: Vec<u32>,
    /// Attempts that began before the attempt before them.
    pub(super) out_of_order: u64,
}

/// Joins operations into steps. Dimensions and identities of `records.operations` are completed.
pub(super) fn join(records: &mut Records, options: &FoldOptions) -> Joined {
    let parents = parents(records, options);
    if let Some(parents) = &parents {
        inherit(records, parents);
    }
    let mut joined = Joined {
        roles: vec![Role::default(); records.operations.len()],
        roots: (0..).take(records.operations.len()).collect(),
        ..Joined::default()
    };
    let nothing_has_a_parent = Vec::new();
    let tree = Tree {
        operations: &records.operations,
        parents: parents.as_deref().unwrap_or(&nothing_has_a_parent),
    };
    let mut groups = Groups::default();
    for index in 0..records.operations.len() {
        place(&tree, index, &mut joined, &mut groups);
    }
    groups.form(records, options, &mut joined);
    spare_tasks(records, &mut joined);
    joined
}

/// For each operation the number of its parent; `None` where no operation names one.
fn parents(records: &Records, options: &FoldOptions) -> Option<Vec<u32>> {
    let operations = &records.operations;
    if operations.iter().all(|o| o.parent == 0) {
        return None;
    }
    let mut by_id = Index::for_keys(operations.iter().filter(|o| o.id != 0).count());
    for (index, operation) in (0..).zip(operations) {
        if operation.id == 0 {
            continue;
        }
        let slot = by_id.slot(operation.id, |n| operations[n as usize].id == operation.id);
        // Of two operations with one id, the earlier is the parent.
        let is_first = *slot == FREE
            || order(
                operation,
                &operations[*slot as usize],
                records,
                &options.file_ranks,
            )
            .is_lt();
        if is_first {
            *slot = index;
        }
    }
    let parent = |(index, o): (u32, &Operation)| match o.parent {
        0 => FREE,
        id => by_id
            .find(id, |n| operations[n as usize].id == id)
            .filter(|p| *p != index)
            .unwrap_or(FREE),
    };
    let mut parents: Vec<u32> = (0..).zip(operations).map(parent).collect();
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

/// Operations with their parents.
struct Tree<'a> {
    operations: &'a [Operation],
    parents: &'a [u32],
}

impl Tree<'_> {
    fn parent(&self, index: usize) -> Option<usize> {
        self.parents
            .get(index)
            .filter(|p| **p != FREE)
            .map(|p| *p as usize)
    }

    /// The parent, its parent, …
    fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.parent(index), |i| self.parent(*i)).take(DEEPEST)
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

/// Finds the step of one operation.
fn place(tree: &Tree<'_>, index: usize, joined: &mut Joined, groups: &mut Groups) {
    use OperationKind as Op;
    let operation = &tree.operations[index];
    let has_tokens = operation.flags.has(crate::record::Flags::HAS_TOKENS);
    let has_cost = operation.cost >= 0;
    let mut step = None;
    for ancestor in tree.ancestors(index) {
        let kind = tree.operations[ancestor].kind;
        if step.is_none() && kind == Op::Step {
            step = Some(ancestor);
        }
        joined.roles[index].in_tool |= kind == Op::ToolCall;
        // Attempts, tools and preparations have tokens of their own; what encloses them repeats theirs.
        if matches!(kind, Op::Step | Op::Task | Op::Other) {
            let role = &mut joined.roles[ancestor];
            role.tokens_below |= has_tokens;
            role.cost_below |= has_cost;
        }
    }
    if operation.kind == Op::Step {
        joined.roles[index].is_step = true;
        return;
    }
    if let Some(step) = step {
        joined.roots[index] = number(step);
        if operation.kind == Op::ModelRequest {
            joined.roles[step].has_attempts = true;
        }
        return;
    }
    let top = if operation.kind == Op::ModelRequest {
        let first = tree.first_attempt(index);
        joined.roles[index].is_step = true;
        if first != index {
            groups.chained.push((number(first), number(index)));
            joined.roots[index] = number(first);
        }
        first
    } else {
        let request = tree
            .ancestors(index)
            .find(|a| tree.operations[*a].kind == Op::ModelRequest);
        if let Some(request) = request {
            joined.roots[index] = number(tree.first_attempt(request));
            return;
        }
        index
    };
    let named = tree.operations[top].parent;
    if named != 0 && tree.parent(top).is_none() && top == index && is_part(operation.kind) {
        groups.orphans.push((named, number(index)));
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
                let role = &mut joined.roles[member as usize];
                role.is_step = false;
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
        step.dims = united_dims(records, step.dims, other.dims);
        step.identity = united_identity(records, step.identity, other.identity);
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
            let (own, above) = (
                records.operations[child],
                records.operations[parents[child] as usize],
            );
            if own.dims != above.dims {
                let dims = match known.get(&(own.dims, above.dims)) {
                    Some(dims) => *dims,
                    None => {
                        let dims = united_dims(records, own.dims, above.dims);
                        known.insert((own.dims, above.dims), dims);
                        dims
                    }
                };
                records.operations[child].dims = dims;
            }
            if own.identity != above.identity {
                records.operations[child].identity =
                    united_identity(records, own.identity, above.identity);
            }
        }
    }
}

/// These dimensions, and of others what is missing. A tool or a process is one operation's own.
fn united_dims(records: &mut Records, own: DimsId, others: DimsId) -> DimsId {
    let catalog = &mut records.catalog;
    let mut dims = catalog.dims.get(own.0).clone();
    let before = dims.len();
    for (dimension, value) in catalog.dims.get(others.0) {
        let is_own = matches!(dimension, Dimension::Tool | Dimension::Process);
        if !is_own && !dims[..before].iter().any(|(d, _)| d == dimension) {
            dims.push((*dimension, *value));
        }
    }
    if dims.len() == before {
        own
    } else {
        catalog.dims(dims)
    }
}

fn united_identity(records: &mut Records, own: IdentityId, other: IdentityId) -> IdentityId {
    if own == other {
        return own;
    }
    let catalog = &mut records.catalog;
    let (mut a, b) = (
        *catalog.identities.get(own.0),
        *catalog.identities.get(other.0),
    );
    let or = |a: Name, b: Name| if a.is_some() { a } else { b };
    a.session = or(a.session, b.session);
    a.task = or(a.task, b.task);
    a.run = or(a.run, b.run);
    a.unit = or(a.unit, b.unit);
    catalog.identity(a)
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
            role.tokens_below |= told.0;
            role.cost_below |= told.1;
        }
    }
}
