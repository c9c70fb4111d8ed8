//! Sums that count on: what a headless run of Codex tells of tokens is that of its thread since the beginning, also
//! when the thread was resumed.
//!
//! No time orders these runs, but sums only grow: in their order each used what it has more than the one before. One
//! that has less of anything was of a counter that began anew.

use std::collections::BTreeMap;

use crate::record::{Catalog, Flags, Name, Operation, OperationKind, Tokens};

use super::super::FoldOptions;

/// The format whose sums count on.
const COUNTS_ON: &str = "codex-results";

/// Makes of sums what each run used itself.
pub(in super::super) fn differences(
    operations: &mut [Operation],
    catalog: &Catalog,
    options: &FoldOptions,
) {
    if !options.file_formats.contains(&COUNTS_ON) {
        return;
    }
    let mut threads: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (n, operation) in operations.iter().enumerate() {
        let format = options.file_formats.get(operation.file as usize);
        let is_sum =
            operation.kind == OperationKind::Other && operation.flags.has(Flags::HAS_TOKENS);
        let thread = catalog.identities.get(operation.identity.0).session;
        if is_sum && format == Some(&COUNTS_ON) && thread.is_some() {
            threads.entry(thread).or_default().push(n);
        }
    }
    for mut sums in threads.into_values() {
        let size = |n: usize| {
            let t = operations[n].tokens;
            let all = [t.fresh, t.cache_read, t.cache_write, t.output].map(u64::from);
            (all.iter().sum::<u64>(), operations[n].key)
        };
        sums.sort_unstable_by_key(|n| size(*n));
        let mut before = Tokens::default();
        for n in sums {
            let now = operations[n].tokens;
            if let Some(more) = more(now, before) {
                operations[n].tokens = more;
            }
            before = now;
        }
    }
}

/// What `now` has more than `before`, if it has less of nothing.
fn more(now: Tokens, before: Tokens) -> Option<Tokens> {
    Some(Tokens {
        fresh: now.fresh.checked_sub(before.fresh)?,
        cache_read: now.cache_read.checked_sub(before.cache_read)?,
        cache_write: now.cache_write.checked_sub(before.cache_write)?,
        output: now.output.checked_sub(before.output)?,
        reasoning: now.reasoning.checked_sub(before.reasoning)?,
        ..now
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_everything_or_a_beginning() {
        let tokens = |fresh, cache_read, output| Tokens {
            fresh,
            cache_read,
            output,
            ..Tokens::default()
        };
        let (first, second) = (tokens(10, 0, 3), tokens(12, 90, 8));
        assert_eq!(more(second, first), Some(tokens(2, 90, 5)));
        assert_eq!(more(first, first), Some(Tokens::default()));
        assert_eq!(more(tokens(200, 0, 2), first), None);
    }
}
