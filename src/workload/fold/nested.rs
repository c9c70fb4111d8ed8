//! Requests within requests: a framework's span around a client library's. Only the innermost ones that tell
//! tokens are requests of a model. The outermost of those around them is a step, unless it stands in one, and
//! all of them repeat the tokens below; what stands within a request and tells none is a part of it. A tool
//! that is called may ask a model on its own: what it asks is no part of the request that called it.
//!
//! The spans of a trace may lie in several files, so that only all of them tell which are innermost.

use crate::record::{Flags, Operation, OperationKind};

use super::index::FREE;

/// Longest chain of parents that is followed.
const DEEPEST: usize = 64;

/// Makes requests that stand around or within others what they are. `parents` are those of [`super::join::parents`].
pub(super) fn settle(operations: &mut [Operation], parents: &[u32]) {
    let pairs = pairs(operations, parents);
    if pairs.is_empty() {
        return;
    }
    let tells = |at: usize| operations[at].flags.has(Flags::HAS_TOKENS) || operations[at].cost >= 0;
    let marked = |is_it: &dyn Fn(usize, usize) -> Option<usize>| {
        let mut marked = vec![false; operations.len()];
        let found = pairs
            .iter()
            .filter_map(|(inner, outer)| is_it(*inner, *outer));
        found.for_each(|at| marked[at] = true);
        marked
    };
    let repeats = marked(&|inner, outer| tells(inner).then_some(outer));
    let is_part =
        marked(&|inner, outer| (!tells(inner) && tells(outer) && !repeats[outer]).then_some(inner));
    // Where none of them tells, the innermost counts.
    let is_around = marked(&|inner, outer| {
        (repeats[outer] || !is_part[inner] && !tells(outer)).then_some(outer)
    });
    let kind = |at: usize| {
        let is_step =
            |above: usize| is_around[above] || operations[above].kind == OperationKind::Step;
        if is_part[at] {
            Some(OperationKind::Other)
        } else if !is_around[at] {
            None
        } else if ancestors(at, parents).any(is_step) {
            Some(OperationKind::Other)
        } else {
            Some(OperationKind::Step)
        }
    };
    let changed = (0..operations.len()).filter_map(|at| Some((at, kind(at)?)));
    let kinds: Vec<(usize, OperationKind)> = changed.collect();
    for (at, kind) in kinds {
        operations[at].kind = kind;
    }
}

/// Each request that stands within another one, with that one.
fn pairs(operations: &[Operation], parents: &[u32]) -> Vec<(usize, usize)> {
    let is_request = |at: usize| operations[at].kind == OperationKind::ModelRequest;
    let mut pairs = Vec::new();
    for (inner, operation) in operations.iter().enumerate() {
        if parents[inner] == FREE || !is_request(inner) {
            continue;
        }
        for outer in ancestors(inner, parents) {
            if operations[outer].kind == OperationKind::ToolCall {
                break;
            }
            // A later attempt names the one before it.
            if is_request(outer) && operations[outer].attempt >= operation.attempt {
                pairs.push((inner, outer));
            }
        }
    }
    pairs
}

/// The parent, its parent, …
fn ancestors(at: usize, parents: &[u32]) -> impl Iterator<Item = usize> + '_ {
    let parent = move |at: &usize| {
        let parent = *parents.get(*at)?;
        (parent != FREE).then_some(parent as usize)
    };
    std::iter::successors(parent(&at), parent).take(DEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;

    fn span(kind: OperationKind) -> Operation {
        let mut o = Operation::new(kind, Time(1), 0);
        o.flags = Flags::HAS_TOKENS;
        o
    }

    /// The kinds of these spans, each of which may name the number of its parent.
    fn kinds<const N: usize>(spans: [(Operation, Option<u32>); N]) -> [OperationKind; N] {
        let mut operations = spans.map(|(operation, _)| operation);
        settle(
            &mut operations,
            &spans.map(|(_, parent)| parent.unwrap_or(FREE)),
        );
        operations.map(|o| o.kind)
    }

    #[test]
    fn requests_around_requests() {
        use OperationKind::{ModelRequest as Request, Other, Step};
        let request = span(Request);
        let found = kinds([
            (request, None),
            (span(Other), Some(0)),
            (request, Some(1)),
            (request, Some(2)),
            (request, None),
        ]);
        assert_eq!(found, [Step, Other, Other, Request, Request]);
        // Within what is a step already.
        let found = kinds([(span(Step), None), (request, Some(0)), (request, Some(1))]);
        assert_eq!(found, [Step, Other, Request]);
    }

    /// Parts that tell no tokens: the request is what tells them.
    #[test]
    fn a_request_with_parts() {
        use OperationKind::{ModelRequest as Request, Other, Step};
        let told = span(Request);
        let mut untold = told;
        untold.flags = Flags::default();
        let found = kinds([(told, None), (untold, Some(0)), (untold, Some(1))]);
        assert_eq!(found, [Request, Other, Other]);
        // Around one that tells them, too; and where none does, the innermost counts.
        let found = kinds([(untold, None), (told, Some(0)), (untold, Some(1))]);
        assert_eq!(found, [Step, Request, Other]);
        assert_eq!(kinds([(untold, None), (untold, Some(0))]), [Step, Request]);
        // A cost tells as much as tokens.
        let mut paid = untold;
        paid.cost = 5;
        assert_eq!(kinds([(told, None), (paid, Some(0))]), [Step, Request]);
    }

    #[test]
    fn attempts_and_what_tools_ask_stand_alone() {
        use OperationKind::{ModelRequest as Request, ToolCall};
        let request = span(Request);
        let mut second = request;
        second.attempt = 2;
        assert_eq!(kinds([(request, None), (second, Some(0))]), [Request; 2]);
        let found = kinds([
            (request, None),
            (span(ToolCall), Some(0)),
            (request, Some(1)),
        ]);
        assert_eq!(found, [Request, ToolCall, Request]);
    }
}
