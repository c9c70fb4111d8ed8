//! Requests within requests: a framework's span around a client library's. Only the innermost ones
//! are requests of a model; the outermost of those around them is a step, unless it stands in one. All
//! of them repeat the tokens below.

use hashbrown::HashMap;

use crate::record::{Flags, Operation, OperationKind, Tokens};

/// Longest chain of parents that is followed.
const DEEPEST: usize = 64;

/// Makes requests that have a request below them what they are.
pub(super) fn count_leaves_only(operations: &mut [Operation]) {
    if !operations.iter().any(|o| is_request(o) && o.parent != 0) {
        return;
    }
    for (index, kind) in kinds_around(operations) {
        let around = &mut operations[index];
        around.kind = kind;
        around.tokens = Tokens::default();
        around.cost = -1;
        around.flags = Flags(around.flags.0 & !Flags::HAS_TOKENS.0);
    }
}

/// The requests that have one below them, and what they are instead.
fn kinds_around(operations: &[Operation]) -> Vec<(usize, OperationKind)> {
    let by_id: HashMap<u64, usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, o)| o.id != 0)
        .map(|(index, o)| (o.id, index))
        .collect();
    // A span that is its own ancestor ends the chain, and so does one that was exported twice.
    let ancestors = |start: usize| -> Vec<usize> {
        let parent = |index: &usize| by_id.get(&operations[*index].parent).copied();
        std::iter::successors(parent(&start), parent)
            .take_while(|index| operations[*index].id != operations[start].id)
            .take(DEEPEST)
            .collect()
    };
    let mut is_around = vec![false; operations.len()];
    for (index, operation) in operations.iter().enumerate() {
        if is_request(operation) && operation.parent != 0 {
            for ancestor in ancestors(index) {
                is_around[ancestor] |= is_request(&operations[ancestor]);
            }
        }
    }
    (0..operations.len())
        .filter(|index| is_around[*index])
        .map(|index| {
            let is_inside = ancestors(index)
                .into_iter()
                .any(|a| is_around[a] || operations[a].kind == OperationKind::Step);
            let kind = if is_inside {
                OperationKind::Other
            } else {
                OperationKind::Step
            };
            (index, kind)
        })
        .collect()
}

fn is_request(operation: &Operation) -> bool {
    operation.kind == OperationKind::ModelRequest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;

    fn request(id: u64, parent: u64) -> Operation {
        let mut o = Operation::new(OperationKind::ModelRequest, Time(1), 0);
        (o.id, o.parent, o.flags) = (id, parent, Flags::HAS_TOKENS);
        o
    }

    fn kinds<const N: usize>(mut all: [Operation; N]) -> [(OperationKind, bool); N] {
        count_leaves_only(&mut all);
        all.map(|o| (o.kind, o.flags.has(Flags::HAS_TOKENS)))
    }

    #[test]
    fn requests_around_requests() {
        let mut http = request(3, 2);
        http.kind = OperationKind::Other;
        let leaf = (OperationKind::ModelRequest, true);
        let found = kinds([
            request(2, 1),
            http,
            request(4, 3),
            request(5, 4),
            request(6, 9),
            request(7, 7),
        ]);
        assert_eq!(found[0], (OperationKind::Step, false));
        assert_eq!(found[2], (OperationKind::Other, false));
        assert_eq!(found[3..], [leaf; 3]);
        let mut server = request(1, 0);
        server.kind = OperationKind::Step;
        let found = kinds([server, request(2, 1), request(4, 2)]);
        assert_eq!(found[1..], [(OperationKind::Other, false), leaf]);
    }
}
