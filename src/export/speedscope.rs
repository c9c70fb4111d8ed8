//! Speedscope's own file format: a profile for the wall-clock time of each session, and one for each lane.
//!
//! Format: `file-format-schema.json` of speedscope. Frames are shared by all profiles and stand behind them, so that
//! they need not be known before the last session. Nanoseconds since the session's start.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::record::{Catalog, Dimension};
use crate::report::visible;
use crate::units::Time;
use crate::workload::Trace;

use super::perfetto::running;
use super::tracks::{lanes, title};
use super::{Exporter, part_name, shown};

/// Writes profiles.
#[derive(Debug, Default)]
pub(super) struct Speedscope {
    frames: Vec<String>,
    numbers: HashMap<String, usize>,
    profiles: usize,
}

/// Something with a name from a moment up to another, and how many enclose it.
struct Frame {
    start: i64,
    end: i64,
    number: usize,
    depth: usize,
}

impl Exporter for Speedscope {
    fn open(&mut self, _: Time, out: &mut dyn Write) -> io::Result<()> {
        let exporter = concat!("perfadvise ", env!("CARGO_PKG_VERSION"));
        write!(
            out,
            "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"{exporter}\",\"profiles\":["
        )
    }

    fn trace(
        &mut self,
        catalog: &Catalog,
        trace: &Trace<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let project = shown(catalog, trace.dimension(catalog, Dimension::Project), "");
        let session = visible(trace.name, true);
        let name = match project.as_str() {
            "" => session,
            project => format!("{project} {session}"),
        };
        let start = earliest(trace);
        let mut frames = Vec::new();
        for part in trace.segments.chunk_by(|a, b| a.part == b.part) {
            let (Some(first), Some(last)) = (part.first(), part.last()) else {
                continue;
            };
            let number = self.number(part_name(first.part));
            frames.push(Frame {
                start: first.start,
                end: last.end,
                number,
                depth: 0,
            });
            for segment in part.iter().filter(|s| !s.running.is_empty()) {
                let number = self.number(&running(catalog, segment));
                frames.push(Frame {
                    start: segment.start,
                    end: segment.end,
                    number,
                    depth: 1,
                });
            }
        }
        self.profile(out, &format!("{name}: wall clock"), start, &frames)?;
        for lane in lanes(catalog, trace) {
            let spans = lane
                .spans
                .iter()
                .filter_map(|o| Some((o.start.0, o.end()?.0, title(catalog, o))));
            let frames: Vec<Frame> = spans
                .map(|(start, end, title)| Frame {
                    start,
                    end,
                    number: self.number(&title),
                    depth: 0,
                })
                .collect();
            self.profile(out, &format!("{name}: {}", lane.name), start, &frames)?;
        }
        Ok(())
    }

    fn close(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let frames: Vec<Value> = self
            .frames
            .iter()
            .map(|name| json!({"name": name}))
            .collect();
        writeln!(out, "\n],\"shared\":{}}}", json!({"frames": frames}))
    }
}

impl Speedscope {
    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.frames.len();
        self.frames.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// Frames in order of their starts, each in the one before it or behind it; none without one.
    fn profile(
        &mut self,
        out: &mut dyn Write,
        name: &str,
        begin: i64,
        frames: &[Frame],
    ) -> io::Result<()> {
        if frames.is_empty() {
            return Ok(());
        }
        let mut events = Vec::with_capacity(frames.len() * 2);
        let mut open: Vec<&Frame> = Vec::new();
        let event = |kind, at: i64, frame: usize| json!({"type": kind, "frame": frame, "at": at.saturating_sub(begin)});
        for frame in frames {
            while open.len() > frame.depth {
                let ended = open.pop();
                events.extend(ended.map(|f| event("C", f.end, f.number)));
            }
            events.push(event("O", frame.start, frame.number));
            open.push(frame);
        }
        events.extend(open.into_iter().rev().map(|f| event("C", f.end, f.number)));
        let end = frames.iter().map(|f| f.end).max().unwrap_or(begin);
        let profile = json!({
            "type": "evented",
            "name": name,
            "unit": "nanoseconds",
            "startValue": 0,
            "endValue": end.saturating_sub(begin),
            "events": events,
        });
        self.profiles += 1;
        let comma = if self.profiles == 1 { "\n" } else { ",\n" };
        write!(out, "{comma}{profile}")
    }
}

/// The first moment of a session.
fn earliest(trace: &Trace<'_>) -> i64 {
    let first = trace.operations.first().map(|t| t.operation.start.0);
    let span = trace.segments.first().map(|s| s.start);
    first.into_iter().chain(span).min().unwrap_or(0)
}
