//! Trace events in JSON: a process for each session, a thread for each lane.
//!
//! Format: "Trace Event Format" of the Chromium project (complete events `X`, instants `i`, metadata `M`), which
//! Perfetto's viewer and `chrome://tracing` open. Times are microseconds since the earliest record, so that a double
//! holds their nanoseconds; when that was stands in `otherData`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::record::{Catalog, Dimension, Flags, Operation, OutcomeKind};
use crate::report::visible;
use crate::units::Time;
use crate::workload::{Segment, Trace};

use super::tracks::{Lane, lanes, title};
use super::{Exporter, part_name, shown, unnamed};

/// The thread with the wall-clock time.
const WALL_CLOCK: u32 = 1;

/// Writes trace events.
#[derive(Debug)]
pub(super) struct Perfetto {
    begin: Time,
    /// Processes so far.
    processes: u32,
    is_first: bool,
}

impl Default for Perfetto {
    fn default() -> Self {
        Self {
            begin: Time(0),
            processes: 0,
            is_first: true,
        }
    }
}

/// An event. Fields that it does not have are left out.
#[derive(Debug, Serialize)]
struct Event<'a> {
    ph: &'static str,
    name: &'a str,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    /// Of an instant: how far it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
}

impl Exporter for Perfetto {
    fn open(&mut self, begin: Time, out: &mut dyn Write) -> io::Result<()> {
        self.begin = begin;
        let other = json!({
            "producer": concat!("perfadvise ", env!("CARGO_PKG_VERSION")),
            "begin": begin,
        });
        write!(
            out,
            "{{\"displayTimeUnit\":\"ms\",\"otherData\":{other},\"traceEvents\":["
        )
    }

    fn trace(
        &mut self,
        catalog: &Catalog,
        trace: &Trace<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.processes += 1;
        let project = shown(catalog, trace.dimension(catalog, Dimension::Project), "");
        let session = visible(trace.name, true);
        self.meta(
            out,
            0,
            "process_name",
            json!({"name": format!("session {session}")}),
        )?;
        if !project.is_empty() {
            self.meta(out, 0, "process_labels", json!({"labels": project}))?;
        }
        self.meta(
            out,
            0,
            "process_sort_index",
            json!({"sort_index": self.processes}),
        )?;
        self.thread(out, WALL_CLOCK, "wall clock")?;
        self.wall_clock(catalog, trace, out)?;
        for (thread, lane) in (WALL_CLOCK + 1..).zip(lanes(catalog, trace)) {
            self.thread(out, thread, &lane.name)?;
            self.lane(catalog, &lane, thread, out)?;
        }
        Ok(())
    }

    fn close(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n]}}")
    }
}

impl Perfetto {
    fn write(&mut self, out: &mut dyn Write, event: &Event<'_>) -> io::Result<()> {
        let comma = if self.is_first { "\n" } else { ",\n" };
        self.is_first = false;
        out.write_all(comma.as_bytes())?;
        serde_json::to_writer(out, event).map_err(io::Error::from)
    }

    fn meta(&mut self, out: &mut dyn Write, tid: u32, name: &str, args: Value) -> io::Result<()> {
        let Value::Object(args) = args else {
            return Ok(());
        };
        let event = Event {
            ph: "M",
            name,
            pid: self.processes,
            tid,
            cat: "",
            ts: None,
            dur: None,
            s: None,
            args,
        };
        self.write(out, &event)
    }

    fn thread(&mut self, out: &mut dyn Write, tid: u32, name: &str) -> io::Result<()> {
        self.meta(out, tid, "thread_name", json!({"name": name}))?;
        self.meta(out, tid, "thread_sort_index", json!({"sort_index": tid}))
    }

    /// From `start` up to `end`, in nanoseconds; an instant without an end.
    fn slice(&self, start: i64, end: Option<i64>) -> Event<'static> {
        Event {
            ph: if end.is_some() { "X" } else { "i" },
            name: "",
            pid: self.processes,
            tid: WALL_CLOCK,
            cat: "wall clock",
            ts: Some(micros(start.abs_diff(self.begin.0))),
            dur: end.map(|end| micros(end.abs_diff(start))),
            s: end.is_none().then_some("t"),
            args: Map::new(),
        }
    }

    /// The parts one after another, what ran below them, and the prompts.
    fn wall_clock(
        &mut self,
        catalog: &Catalog,
        trace: &Trace<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for part in trace.segments.chunk_by(|a, b| a.part == b.part) {
            let (Some(first), Some(last)) = (part.first(), part.last()) else {
                continue;
            };
            let mut slice = self.slice(first.start, Some(last.end));
            slice.name = part_name(first.part);
            slice.args.insert("start".into(), json!(Time(first.start)));
            self.write(out, &slice)?;
            for segment in part.iter().filter(|s| !s.running.is_empty()) {
                let name = running(catalog, segment);
                let mut slice = self.slice(segment.start, Some(segment.end));
                slice.name = &name;
                if let Some(subagents) = segment.subagents {
                    slice
                        .args
                        .insert("subagents".into(), json!(part_name(subagents)));
                }
                self.write(out, &slice)?;
            }
        }
        for prompt in &trace.prompts {
            let mut instant = self.slice(prompt.0, None);
            instant.name = "prompt";
            instant.args.insert("start".into(), json!(prompt));
            self.write(out, &instant)?;
        }
        Ok(())
    }

    fn lane(
        &mut self,
        catalog: &Catalog,
        lane: &Lane,
        tid: u32,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        for operation in lane.spans.iter().chain(&lane.moments) {
            let name = title(catalog, operation);
            let slice = Event {
                name: &name,
                tid,
                cat: lane.kind.name(),
                args: told(catalog, operation),
                ..self.slice(operation.start.0, operation.end().map(|end| end.0))
            };
            self.write(out, &slice)?;
        }
        Ok(())
    }
}

/// Nanoseconds as microseconds.
fn micros(nanos: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // exact for a hundred days, then to a part in 10¹⁵
    let nanos = nanos as f64;
    nanos / 1e3
}

/// What ran at once: `Bash, 2 × Read`.
pub(super) fn running(catalog: &Catalog, segment: &Segment) -> String {
    let names = segment.running.iter().map(|(name, calls)| {
        let name = shown(catalog, *name, unnamed(segment.part));
        match calls {
            1 => name,
            n => format!("{n} × {name}"),
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

/// The numbers of an operation.
fn told(catalog: &Catalog, operation: &Operation) -> Map<String, Value> {
    let mut args = Map::new();
    let mut tell = |key: &str, value: Value| {
        args.insert(key.to_owned(), value);
    };
    tell("start", json!(operation.start));
    tell("outcome", json!(outcome(operation.outcome)));
    if operation.flags.has(Flags::UNANSWERED) {
        tell("end", json!("not told: up to where the log ended"));
    }
    if operation.attempt > 1 {
        tell("attempt", json!(operation.attempt));
    }
    if operation.flags.has(Flags::HAS_TOKENS) {
        let tokens = operation.tokens;
        tell("input_tokens", json!(tokens.fresh));
        tell("cache_read_tokens", json!(tokens.cache_read));
        tell("cache_write_tokens", json!(tokens.cache_write));
        tell("output_tokens", json!(tokens.output));
    }
    if let Ok(nano) = u64::try_from(operation.cost) {
        tell("cost_usd", json!(micros(nano) / 1e6));
    }
    for (key, dimension) in [
        ("mode", Dimension::Mode),
        ("interface", Dimension::Interface),
    ] {
        let value = catalog.dimension(operation.dims, dimension);
        if value.is_some() {
            tell(key, json!(shown(catalog, value, "")));
        }
    }
    args
}

fn outcome(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::Ok => "ok",
        OutcomeKind::Error => "error",
        OutcomeKind::Timeout => "timeout",
        OutcomeKind::RateLimited => "rate_limited",
        OutcomeKind::Cancelled => "cancelled",
        OutcomeKind::Unknown => "not told",
    }
}
