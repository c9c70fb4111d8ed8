//! What tools of known agents do, by their names: change files, only read, or look at a job.

use crate::record::Name;
use crate::units::NANOS;
use crate::workload::{Stream, StreamCall, Workload};

/// Calls that change a file on this machine: unattended they take about two seconds.
pub const EDITS: &[&str] = &[
    "Edit",
    "MultiEdit",
    "Write",
    "NotebookEdit",
    "apply_patch",
    "edit",
    "write",
    "patch",
    "write_file",
    "replace",
    "edit_file",
    "create_file",
    "write_to_file",
    "apply_diff",
    "replace_in_file",
    "str_replace_editor",
    "str_replace_based_edit_tool",
];
/// Calls that only read.
pub const READS: &[&str] = &[
    "Read",
    "Grep",
    "Glob",
    "LS",
    "NotebookRead",
    "WebFetch",
    "WebSearch",
    "read",
    "grep",
    "glob",
    "list",
    "read_file",
    "read_many_files",
    "list_dir",
    "list_directory",
    "list_files",
    "grep_files",
    "search_files",
    "search_file_content",
    "file_search",
    "codebase_search",
    "web_fetch",
    "google_web_search",
    "view_image",
];
/// Calls that take notes of the agent's own, and change nothing else.
pub const NOTES: &[&str] = &[
    "TodoWrite",
    "TodoRead",
    "todowrite",
    "todoread",
    "update_plan",
];
/// Calls that only wait for a job or look at it.
pub const LOOKS: &[&str] = &[
    "BashOutput",
    "TaskOutput",
    "AgentOutputTool",
    "wait",
    "wait_agent",
];

/// The names of a workload that are among these words: a name is compared faster than a text, once for
/// each call.
#[must_use]
pub fn named(workload: &Workload, words: &[&str]) -> Vec<Name> {
    let names = (0..).zip(workload.catalog.names.values());
    names
        .filter(|(_, text)| words.contains(&text.as_ref()))
        .map(|(number, _)| Name(number))
        .collect()
}

/// Estimated tokens from which on a result is large.
pub const LARGE: u32 = 10_000;

/// Beyond this a call that changes a file waits for somebody, in nanoseconds.
const APPROVED_WITHIN: i64 = 10 * NANOS;
/// Replies with a single call that only reads, one after another, from which on they could be one.
const RUN: usize = 3;

/// Nanoseconds that a call which changes a file took beyond what it takes unattended.
#[must_use]
pub fn waited(call: &StreamCall, edits: &[Name]) -> i64 {
    if !edits.contains(&call.tool) {
        return 0;
    }
    call.duration().map_or(0, |d| (d - APPROVED_WITHIN).max(0))
}

/// The waits for an approval of a stream: from when to when each lasted, in nanoseconds.
#[must_use]
pub fn waits(stream: &Stream, edits: &[Name]) -> Vec<(i64, i64)> {
    stream
        .calls
        .iter()
        .filter_map(|c| {
            let wait = waited(c, edits);
            (wait > 0).then(|| (c.end().0 - wait, c.end().0))
        })
        .collect()
}

/// Runs of at least three requests whose replies each made one call that only reads.
#[must_use]
pub fn single_reads(stream: &Stream, reads: &[Name]) -> Vec<std::ops::Range<usize>> {
    runs(
        stream,
        |calls| matches!(calls, [one] if reads.contains(&one.tool)),
    )
    .into_iter()
    .filter(|run| run.len() >= RUN)
    .collect()
}

/// Runs of requests whose replies only wait for a job or look at it.
#[must_use]
pub fn looking(stream: &Stream, looks: &[Name]) -> Vec<std::ops::Range<usize>> {
    let is_look = |c: &StreamCall| looks.contains(&c.tool);
    runs(stream, |calls| {
        !calls.is_empty() && calls.iter().all(is_look)
    })
}

/// Runs of requests whose replies' calls are of a kind.
fn runs(stream: &Stream, is_in: impl Fn(&[StreamCall]) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, (_, calls)) in stream.replies().enumerate() {
        if is_in(calls) {
            match all.last_mut().filter(|run| run.end == index) {
                Some(run) => run.end += 1,
                None => all.push(index..index + 1),
            }
        }
    }
    all
}
