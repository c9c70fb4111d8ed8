//! Results of k6: the stream of points (`--out json`), and the summary at the end (`--summary-export`,
//! `handleSummary` as JSON, or the machine-readable one).
//!
//! Times are milliseconds and become seconds. A request is a step: `http_req_duration` is its response
//! time, `http_req_failed` how it ended; an iteration is a task. Everything else keeps its name.

mod listed;
mod names;
mod stream;
mod summary;

use super::super::document::{Origin, keys};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::Problem;
use crate::record::Records;

/// The format.
#[derive(Debug)]
pub(super) struct K6;

impl Format for K6 {
    fn name(&self) -> &'static str {
        "k6"
    }

    fn about(&self) -> &'static str {
        "results of k6, a load test: its stream of points (--out json) or its summary as JSON"
    }

    fn plural(&self) -> &'static str {
        "k6 results"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        if is_stream(head.bytes) || is_summary(head.bytes) {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        if is_summary(input.peek()?) {
            let bytes = input.document()?;
            return summary::read(bytes, &origin, records, problems);
        }
        let mut stream = stream::Stream::new(&origin);
        while let Some((number, line)) = input.next_line()? {
            stream.line(number, line, records, problems);
        }
        Ok(())
    }
}

/// Whether the first line describes a metric, or is a point of one.
fn is_stream(bytes: &[u8]) -> bool {
    let lines = bytes.split(|b| *b == b'\n');
    let first = lines.map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    let first = first.unwrap_or_default();
    let keys = keys(first);
    let has = |key: &[u8]| keys.contains(&key);
    let is_kind = |kind: &[u8]| memchr::memmem::find(first, kind).is_some();
    has(b"type")
        && has(b"data")
        && has(b"metric")
        && (is_kind(b"\"Metric\"") || is_kind(b"\"Point\""))
}

fn is_summary(bytes: &[u8]) -> bool {
    let keys = keys(bytes);
    // Metrics that every run has.
    let has = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
    let is_run =
        has(b"\"iteration_duration\"") || has(b"\"http_req_duration\"") || has(b"\"vus_max\"");
    if listed::is_listed(bytes) {
        return is_run && has(b"\"k6Version\"");
    }
    keys.contains(&b"metrics".as_slice())
        && is_run
        && (has(b"\"iterations\"")
            || has(b"\"http_reqs\"")
            || keys.contains(&b"root_group".as_slice()))
}
