//! What tools of known agents do, by their names: change files, only read, or look at a job.

use crate::record::Name;
use crate::workload::Workload;

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
