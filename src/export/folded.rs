//! Folded stacks, as flame graphs are drawn from: `project;session;part;name nanoseconds`, one a line.
//!
//! They are the wall-clock time of each session, so that all lines add up to it. Where several tools (or models)
//! ran at once each call has an equal share, and whose a subagent was cannot be told: it stands below a tool
//! only where that ran alone.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::record::{Catalog, Dimension};
use crate::units::Time;
use crate::workload::{Segment, Trace, WallPart};

use super::{Exporter, part_name, shown, unnamed};
use crate::report::visible;

/// Writes folded stacks.
pub(super) struct Folded;

impl Exporter for Folded {
    fn open(&mut self, _: Time, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn trace(
        &mut self,
        catalog: &Catalog,
        trace: &Trace<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let project = shown(catalog, trace.dimension(catalog, Dimension::Project), "");
        let session = visible(trace.name, true);
        let root = match project.as_str() {
            "" => frame(&session),
            project => format!("{};{}", frame(project), frame(&session)),
        };
        for (stack, length) in stacks(catalog, &trace.segments) {
            writeln!(out, "{root};{stack} {length}")?;
        }
        Ok(())
    }

    fn close(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Nanoseconds by stack below the session.
fn stacks(catalog: &Catalog, segments: &[Segment]) -> BTreeMap<String, u64> {
    let mut stacks = BTreeMap::new();
    for segment in segments {
        let part = part_name(segment.part);
        if segment.running.is_empty() {
            *stacks.entry(part.to_owned()).or_default() += segment.length();
        }
        let below = match (segment.running.as_slice(), segment.subagents) {
            ([_], Some(WallPart::Model)) => ";subagent: model",
            ([_], Some(_)) => ";subagent: tools",
            _ => "",
        };
        for (name, length) in shares(segment) {
            let name = frame(&shown(catalog, name, unnamed(segment.part)));
            *stacks.entry(format!("{part};{name}{below}")).or_default() += length;
        }
    }
    stacks
}

/// Equal shares for all that ran; what cannot be divided goes to some, so that nothing is lost.
fn shares(segment: &Segment) -> impl Iterator<Item = (crate::record::Name, u64)> {
    let length = u128::from(segment.length());
    let calls = |running: &[(_, u32)]| running.iter().map(|(_, n)| u128::from(*n)).sum::<u128>();
    let all = calls(&segment.running).max(1);
    let (mut before, mut given) = (0, 0);
    segment.running.iter().map(move |(name, calls)| {
        before += u128::from(*calls);
        let up_to = length * before / all;
        let share = up_to - given;
        given = up_to;
        (*name, u64::try_from(share).unwrap_or(u64::MAX))
    })
}

/// A name within a stack, where a semicolon parts frames; a number behind a space at the end is a count.
fn frame(name: &str) -> String {
    match name.trim() {
        "" => "-".to_owned(),
        name => name.replace(';', "\\u{3b}"),
    }
}
