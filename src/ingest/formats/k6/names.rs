//! What k6 calls what it measures, and which of its tags are labels.

use std::borrow::Cow;

use super::super::super::content::{is_about_people, is_label};
use super::super::super::document::Field;

/// Time of a request without its connection.
pub(super) const REQUEST: &str = "http_req_duration";
/// Whether a request failed.
pub(super) const FAILED: &str = "http_req_failed";
/// Time of an iteration.
pub(super) const ITERATION: &str = "iteration_duration";
/// Counters that count what the times above are of.
pub(super) const REPEATED: &[&str] = &["http_reqs", "iterations"];
/// The tag that says whether a response was as expected.
pub(super) const EXPECTED: &str = "expected_response";

/// Built-in metrics of milliseconds, where nothing says so.
const TIMES: &[&str] = &[
    REQUEST,
    ITERATION,
    "http_req_blocked",
    "http_req_connecting",
    "http_req_tls_handshaking",
    "http_req_sending",
    "http_req_waiting",
    "http_req_receiving",
    "group_duration",
    "grpc_req_duration",
    "ws_connecting",
    "ws_session_duration",
    "ws_ping",
    "browser_http_req_duration",
    "browser_web_vital_fcp",
    "browser_web_vital_fid",
    "browser_web_vital_inp",
    "browser_web_vital_lcp",
    "browser_web_vital_ttfb",
];

/// Built-in metrics that are no times.
const OTHERS: &[&str] = &[
    FAILED,
    "checks",
    "data_received",
    "data_sent",
    "dropped_iterations",
    "http_reqs",
    "iterations",
    "vus",
    "vus_max",
    "ws_msgs_received",
    "ws_msgs_sent",
    "ws_sessions",
    "browser_data_received",
    "browser_data_sent",
    "browser_http_req_failed",
    "browser_web_vital_cls",
];

/// Whether a metric is one of times: as `contains` says, else by its name. `None`: nobody knows.
pub(super) fn is_time(name: &str, contains: Option<&str>) -> Option<bool> {
    match contains {
        Some(contains) => Some(contains == "time"),
        None if TIMES.contains(&name) => Some(true),
        None if OTHERS.contains(&name) => Some(false),
        None => None,
    }
}

/// Tags that are no labels: addresses, numbers of users and iterations, texts of errors, and what
/// outcomes already tell.
const NO_LABELS: &[&str] = &[
    "url",
    "ip",
    "vu",
    "iter",
    "error",
    "error_code",
    EXPECTED,
    "proto",
    "subproto",
    "tls_version",
    "ocsp_status",
];

/// The tag as a label, if it can be one.
pub(super) fn label<'t>(key: &str, value: &'t Field<'_>) -> Option<Cow<'t, str>> {
    let value = match value {
        Field::Text(text) => Cow::Borrowed(&**text),
        _ => return None,
    };
    let is_address = value.contains("://") || value.contains('?');
    let is_free = !NO_LABELS.contains(&key) && !is_about_people(key) && !is_address;
    (is_free && !value.is_empty() && is_label(key, &value)).then_some(value)
}
