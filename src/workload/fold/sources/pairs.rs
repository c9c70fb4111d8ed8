//! The same operation told by two sources that share no id: by when it ended.
//!
//! Both are of one session, kind and tool, ran at the same time and ended within [`APART`] of each other. Each
//! is taken once, those that ended closest together first, so that of requests side by side each finds its
//! own. What has no partner was told by one source alone.

use std::cmp::Reverse;

use crate::record::Name;
use crate::units::NANOS;

/// Two sources see the end of the same thing at most so far apart, in nanoseconds.
const APART: i64 = 5 * NANOS;
/// Their clocks and what they call the beginning may differ by so much.
const SLACK: i64 = NANOS;

/// When something ran, and what it produced.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ran {
    pub(super) start: i64,
    pub(super) end: i64,
    /// Tokens of output, which both sources know; 0 where not known.
    pub(super) output: u32,
    /// The tool; none where not known.
    pub(super) tool: Name,
}

/// For each of `others` its number among `better`, if it is there too.
pub(super) fn pairs(better: &[Ran], others: &[Ran]) -> Vec<Option<usize>> {
    let mut by_end: Vec<usize> = (0..better.len()).collect();
    by_end.sort_by_key(|n| (better[*n].end, better[*n].start));
    let mut candidates = Vec::new();
    for (other, ran) in others.iter().enumerate() {
        let from = by_end.partition_point(|n| better[*n].end < ran.end.saturating_sub(APART));
        let near = by_end[from..]
            .iter()
            .take_while(|n| better[**n].end <= ran.end.saturating_add(APART));
        for n in near.filter(|n| may_be_same(&better[**n], ran)) {
            let is_same_size = better[*n].output == ran.output;
            let apart = (
                better[*n].end.abs_diff(ran.end),
                better[*n].start.abs_diff(ran.start),
            );
            candidates.push((Reverse(is_same_size), apart, other, *n));
        }
    }
    candidates.sort_unstable();
    let mut partner = vec![None; others.len()];
    let mut is_taken = vec![false; better.len()];
    for (_, _, other, n) in candidates {
        if partner[other].is_none() && !is_taken[n] {
            partner[other] = Some(n);
            is_taken[n] = true;
        }
    }
    partner
}

fn may_be_same(a: &Ran, b: &Ran) -> bool {
    if a.tool.is_some() && b.tool.is_some() && a.tool != b.tool {
        return false;
    }
    a.start.saturating_sub(SLACK) <= b.end && b.start.saturating_sub(SLACK) <= a.end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(start: i64, end: i64, output: u32) -> Ran {
        Ran {
            start: start * NANOS,
            end: end * NANOS,
            output,
            tool: Name::NONE,
        }
    }

    #[test]
    fn each_finds_its_own() {
        // Two side by side, one after another; the third of the others is told nowhere else.
        let better = [ran(0, 10, 5), ran(2, 11, 7), ran(12, 15, 5)];
        let others = [ran(12, 15, 5), ran(1, 10, 7), ran(30, 33, 5), ran(0, 11, 5)];
        assert_eq!(pairs(&better, &others), [Some(2), Some(1), None, Some(0)]);
    }

    #[test]
    fn one_alone_is_taken_once() {
        let better = [ran(0, 10, 5)];
        assert_eq!(
            pairs(&better, &[ran(0, 12, 0), ran(0, 10, 0)]),
            [None, Some(0)]
        );
        // One after the other, and one that ended much later, are not the same.
        assert_eq!(pairs(&better, &[ran(12, 14, 5)]), [None]);
        assert_eq!(pairs(&better, &[ran(0, 16, 5)]), [None]);
        // Nor are two tools.
        let tool = |tool| Ran {
            tool: Name(tool),
            ..ran(0, 10, 0)
        };
        assert_eq!(pairs(&[tool(1)], &[tool(2), tool(1)]), [None, Some(0)]);
        assert_eq!(pairs(&[tool(1)], &[tool(0)]), [Some(0)]);
    }
}
