//! Calls that were made before: the same tool with the same arguments, while nothing can have changed that they
//! look at.
//!
//! What a call may have changed is told by its name: tools that only read, look or take notes change nothing, a
//! change of a file that failed neither. After a compaction everything may be asked for again.

use std::collections::{HashMap, HashSet};

use super::prefix::has_shrunk;
use super::tools::{EDITS, LOOKS, NOTES, READS, named};
use crate::record::{Name, OutcomeKind};
use crate::workload::{Stream, StreamCall, Workload};

/// Times that a call may fail before it fails again for nothing.
const TRIED: u32 = 2;

/// The names of a workload's tools by what they do.
#[derive(Debug)]
pub struct Kinds {
    reads: Vec<Name>,
    looks: Vec<Name>,
    notes: Vec<Name>,
    edits: Vec<Name>,
}

impl Kinds {
    /// Of all names of a workload.
    #[must_use]
    pub fn of(workload: &Workload) -> Self {
        Self {
            reads: named(workload, READS),
            looks: named(workload, LOOKS),
            notes: named(workload, NOTES),
            edits: named(workload, EDITS),
        }
    }

    /// Only these, which read.
    #[cfg(test)]
    pub(super) fn of_names(reads: &[Name]) -> Self {
        Self {
            reads: reads.to_vec(),
            looks: Vec::new(),
            notes: Vec::new(),
            edits: Vec::new(),
        }
    }

    fn changes_nothing(&self, tool: Name) -> bool {
        [&self.reads, &self.looks, &self.notes]
            .into_iter()
            .any(|kind| kind.contains(&tool))
    }
}

/// Calls that read what the same call had given before, both well: indexes into the calls of the stream. Contexts
/// are compacted where they were, and before each of the `compacted` requests, which are in order.
#[must_use]
pub fn repeated(stream: &Stream, kinds: &Kinds, compacted: &[usize]) -> Vec<usize> {
    let mut seen: HashSet<(Name, u32)> = HashSet::new();
    let mut found = Vec::new();
    walk(stream, compacted, |index, call, is_new_context| {
        if is_new_context || !kinds.changes_nothing(call.tool) {
            seen.clear();
        }
        let is_told = call.arguments != 0 && call.outcome == OutcomeKind::Ok;
        if is_told && kinds.reads.contains(&call.tool) && !seen.insert((call.tool, call.arguments))
        {
            found.push(index);
        }
    });
    found
}

/// Calls that fail as the same call had failed twice before, without anything written between: indexes into the
/// calls of the stream.
#[must_use]
pub fn failing_again(stream: &Stream, kinds: &Kinds) -> Vec<usize> {
    let mut failed: HashMap<(Name, u32), u32> = HashMap::new();
    let mut found = Vec::new();
    walk(stream, &[], |index, call, is_new_context| {
        if is_new_context {
            failed.clear();
        }
        let has_failed = matches!(call.outcome, OutcomeKind::Error | OutcomeKind::Timeout);
        let key = (call.tool, call.arguments);
        if !kinds.changes_nothing(call.tool) {
            if !has_failed {
                failed.clear();
            } else if !kinds.edits.contains(&call.tool) {
                failed.retain(|other, _| *other == key);
            }
        }
        if has_failed && call.arguments != 0 {
            let times = failed.entry(key).or_default();
            *times += 1;
            if *times > TRIED {
                found.push(index);
            }
        }
    });
    found
}

/// All calls in their order, and of each whether the context was compacted since the one before it.
fn walk(stream: &Stream, compacted: &[usize], mut visit: impl FnMut(usize, &StreamCall, bool)) {
    let mut at = 0;
    for (index, call) in stream.calls.iter().enumerate() {
        let request = call.request as usize;
        let since = stream.requests.get(at..=request).unwrap_or_default();
        let is_new_context = since.windows(2).any(|pair| has_shrunk(&pair[0], &pair[1]))
            || compacted.iter().any(|c| (at + 1..=request).contains(c));
        at = request;
        visit(index, call, is_new_context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;
    use crate::workload::{StreamRequest, UnitId};

    const READ: Name = Name(1);
    const SHELL: Name = Name(2);
    const EDIT: Name = Name(3);
    const NOTE: Name = Name(4);

    fn kinds() -> Kinds {
        Kinds {
            reads: vec![READ],
            looks: Vec::new(),
            notes: vec![NOTE],
            edits: vec![EDIT],
        }
    }

    /// A call in each of as many requests, all of 1,000 tokens but those in `small`.
    fn stream(calls: &[(Name, u32, OutcomeKind)], small: &[usize]) -> Stream {
        let mut all = Stream {
            unit: UnitId(0),
            session: Name::NONE,
            agent: Name::NONE,
            is_subagent: false,
            attendance: crate::record::Attendance::Unknown,
            provider: Name::NONE,
            is_cut: false,
            requests: Vec::new(),
            calls: Vec::new(),
        };
        for (at, (tool, arguments, outcome)) in calls.iter().enumerate() {
            let start = Time(i64::try_from(at).unwrap_or(0));
            let mut request = StreamRequest::new(start, Name::NONE, OutcomeKind::Ok);
            request.fresh = if small.contains(&at) { 700 } else { 1_000 };
            all.requests.push(request);
            let mut call = StreamCall::new(u32::try_from(at).unwrap_or(0), start, *tool, *outcome);
            call.arguments = *arguments;
            all.calls.push(call);
        }
        all
    }

    use OutcomeKind::{Error, Ok};

    const NONE: [usize; 0] = [];

    #[test]
    fn a_read_is_repeated_until_something_may_have_changed() {
        let again =
            |calls: &[(Name, u32, OutcomeKind)]| repeated(&stream(calls, &[]), &kinds(), &[]);
        assert_eq!(again(&[(READ, 7, Ok), (NOTE, 1, Ok), (READ, 7, Ok)]), [2]);
        assert_eq!(again(&[(READ, 7, Ok), (READ, 8, Ok), (READ, 7, Ok)]), [2]);
        for between in [SHELL, EDIT, Name(9)] {
            assert_eq!(
                again(&[(READ, 7, Ok), (between, 1, Ok), (READ, 7, Ok)]),
                NONE
            );
        }
        // Arguments that are not told, a failure, another tool.
        assert_eq!(again(&[(READ, 0, Ok), (READ, 0, Ok)]), NONE);
        assert_eq!(again(&[(READ, 7, Error), (READ, 7, Ok)]), NONE);
        assert_eq!(again(&[(SHELL, 7, Ok), (SHELL, 7, Ok)]), NONE);
        let compacted = stream(&[(READ, 7, Ok), (READ, 8, Ok), (READ, 7, Ok)], &[2]);
        assert_eq!(repeated(&compacted, &kinds(), &[]), NONE);
        // A compaction that would be made: before the second call's request, or not until after it.
        let read_twice = stream(&[(READ, 7, Ok), (READ, 8, Ok), (READ, 7, Ok)], &[]);
        for (before, expected) in [(0, &[2][..]), (1, &[]), (2, &[]), (3, &[2])] {
            assert_eq!(repeated(&read_twice, &kinds(), &[before]), expected);
        }
    }

    #[test]
    fn a_call_may_fail_twice() {
        let again =
            |calls: &[(Name, u32, OutcomeKind)]| failing_again(&stream(calls, &[]), &kinds());
        let failing = (SHELL, 7, Error);
        assert_eq!(again(&[failing, failing]), NONE);
        assert_eq!(again(&[failing, failing, failing, failing]), [2, 3]);
        assert_eq!(again(&[failing, failing, (READ, 1, Ok), failing]), [3]);
        // What another call may have changed is a new beginning, what failed to change a file is none.
        assert_eq!(again(&[failing, failing, (EDIT, 1, Ok), failing]), NONE);
        assert_eq!(again(&[failing, failing, (SHELL, 8, Error), failing]), NONE);
        assert_eq!(again(&[failing, failing, (EDIT, 1, Error), failing]), [3]);
        let edit = (EDIT, 5, Error);
        assert_eq!(again(&[edit, edit, (SHELL, 8, Error), edit]), NONE);
    }
}
