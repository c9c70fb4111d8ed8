//! Requests within requests: a framework's span around a client library's. Only the innermost ones that tell
//! tokens are requests of a model. The outermost of those around them is a step, unless it stands in one, and
//! all of them repeat the tokens below; what stands within a request and tells none is a part of it. A tool
//! that is called may ask a model on its own: what it asks is no part of the request that called it.
//!
//! The spans of a trace may lie in several files, so that only all of them tell which are innermost.

use crate::record::{Flags, Operation, OperationKind, Tokens};

use super::index::FREE;
use super::join::ancestors;

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
    let is_attempt = attempts(operations, parents);
    // An attempt stays one, whatever it is made of.
    let of_attempt = marked(&|inner, outer| is_attempt[outer].then_some(inner));
    let is_repeated = marked(&|inner, outer| (is_attempt[outer] && tells(outer)).then_some(inner));
    let repeats = marked(&|inner, outer| (!is_attempt[outer] && tells(inner)).then_some(outer));
    let is_part =
        marked(&|inner, outer| (!tells(inner) && tells(outer) && !repeats[outer]).then_some(inner));
    // Where none of them tells, the innermost counts.
    let is_around = marked(&|inner, outer| {
        let is_outer = repeats[outer] || !is_part[inner] && !tells(outer);
        (is_outer && !is_attempt[outer]).then_some(outer)
    });
    let kind = |at: usize| {
        let is_step =
            |above: usize| is_around[above] || operations[above].kind == OperationKind::Step;
        if is_part[at] || of_attempt[at] {
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
        let operation = &mut operations[at];
        operation.kind = kind;
        if is_repeated[at] {
            operation.tokens = Tokens::default();
            operation.cost = -1;
            operation.flags = Flags(operation.flags.0 & !Flags::HAS_TOKENS.0);
        }
    }
}

/// For each operation whether it is one of several attempts, each of which names the one before it.
fn attempts(operations: &[Operation], parents: &[u32]) -> Vec<bool> {
    let mut are = vec![false; operations.len()];
    for (at, operation) in operations.iter().enumerate() {
        let before = ancestors(at, parents).next();
        let Some(before) = before.filter(|_| is_request(operation)) else {
            continue;
        };
        if is_request(&operations[before]) && is_beside(&operations[before], operation) {
            are[at] = true;
            are[before] = true;
        }
    }
    are
}

/// Whether an operation that names another one began after it, so that it is not within it: a later attempt.
fn is_beside(named: &Operation, operation: &Operation) -> bool {
    match named.end() {
        Some(end) => operation.start >= end,
        None => named.attempt < operation.attempt,
    }
}

/// Each request that stands within another one, with that one.
fn pairs(operations: &[Operation], parents: &[u32]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (inner, operation) in operations.iter().enumerate() {
        if parents[inner] == FREE || !is_request(operation) {
            continue;
        }
        // What stands around an attempt stands around the attempts after it.
        let mut first = operation;
        for outer in ancestors(inner, parents) {
            let above = &operations[outer];
            match above.kind {
                OperationKind::ToolCall => break,
                OperationKind::ModelRequest if !is_beside(above, first) => {
                    pairs.push((inner, outer));
                    first = above;
                }
                OperationKind::ModelRequest => first = above,
                _ => {}
            }
        }
    }
    pairs
}

fn is_request(operation: &Operation) -> bool {
    operation.kind == OperationKind::ModelRequest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;

    /// From 1 to 9.
    fn span(kind: OperationKind) -> Operation {
        let mut o = Operation::new(kind, Time(1), 0);
        o.duration = 8;
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
    fn what_tools_ask_stands_alone() {
        use OperationKind::{ModelRequest as Request, ToolCall};
        let request = span(Request);
        let found = kinds([
            (request, None),
            (span(ToolCall), Some(0)),
            (request, Some(1)),
        ]);
        assert_eq!(found, [Request, ToolCall, Request]);
    }

    /// The second one begins at 10, when the first one has ended, or where nobody tells its end is numbered.
    #[test]
    fn attempts_are_beside_each_other() {
        use OperationKind::{ModelRequest as Request, Other, Step};
        let first = span(Request);
        let mut second = first;
        second.start = Time(10);
        assert_eq!(kinds([(first, None), (second, Some(0))]), [Request; 2]);
        let (mut endless, mut numbered) = (first, first);
        endless.duration = -1;
        numbered.attempt = 2;
        assert_eq!(kinds([(endless, None), (numbered, Some(0))]), [Request; 2]);
        // One around both is a step.
        let mut outer = first;
        outer.duration = 20;
        let found = kinds([(outer, None), (first, Some(0)), (second, Some(1))]);
        assert_eq!(found, [Step, Request, Request]);
        // What an attempt is made of repeats its tokens, whichever of them it is.
        for around in [0, 1] {
            let inner = if around == 0 { first } else { second };
            let mut all = [first, second, inner];
            settle(&mut all, &[FREE, 0, around]);
            assert_eq!(all.map(|o| o.kind), [Request, Request, Other]);
            assert_eq!(
                all.map(|o| o.flags.has(Flags::HAS_TOKENS)),
                [true, true, false]
            );
        }
    }
}
