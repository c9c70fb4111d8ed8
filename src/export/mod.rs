//! The course of sessions for the viewers that people use: Perfetto, speedscope, flame graphs.
//!
//! In: one [`Trace`] after another. Out: text, written as they come, so that no more than one session is held. Names
//! come from inputs: what is invisible or active in them is written out (`\u{1b}`). Nothing that anybody wrote
//! to a model, or that one answered, is in a trace.

mod folded;
mod perfetto;
mod speedscope;
mod tracks;

use std::io::{self, Write};

use crate::record::{Catalog, Name};
use crate::report::visible;
use crate::units::Time;
use crate::workload::{Trace, WallPart};

/// Writes traces in one format.
pub trait Exporter {
    /// What stands before the first trace; `begin` is the earliest moment of all.
    ///
    /// # Errors
    /// As `out`.
    fn open(&mut self, begin: Time, out: &mut dyn Write) -> io::Result<()>;

    /// One session.
    ///
    /// # Errors
    /// As `out`.
    fn trace(
        &mut self,
        catalog: &Catalog,
        trace: &Trace<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()>;

    /// What stands behind the last trace.
    ///
    /// # Errors
    /// As `out`.
    fn close(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// The formats: name, and who reads it.
pub const ALL: &[(&str, &str)] = &[
    (
        "perfetto",
        "trace events in JSON, for ui.perfetto.dev and chrome://tracing",
    ),
    ("speedscope", "profiles in JSON, for speedscope.app"),
    (
        "folded",
        "stacks with nanoseconds, one a line, for flame graphs",
    ),
];

/// The exporter of a format; `None`: there is no such format.
#[must_use]
pub fn exporter(format: &str) -> Option<Box<dyn Exporter>> {
    match format {
        "perfetto" => Some(Box::new(perfetto::Perfetto::default())),
        "speedscope" => Some(Box::new(speedscope::Speedscope::default())),
        "folded" => Some(Box::new(folded::Folded)),
        _ => None,
    }
}

/// A name as viewers show it.
fn shown(catalog: &Catalog, name: Name, unnamed: &str) -> String {
    match catalog.text(name) {
        "" => unnamed.to_owned(),
        text => visible(text, true),
    }
}

/// A part as viewers show it.
fn part_name(part: WallPart) -> &'static str {
    match part {
        WallPart::Retry => "wait before a retry",
        WallPart::Model => "model",
        WallPart::Queue => "wait in a queue",
        WallPart::ContextPreparation => "context preparation",
        WallPart::Tool => "tools",
        WallPart::Person => "wait for a person",
        WallPart::Away => "away",
        WallPart::Unexplained => "unexplained",
    }
}

/// What a name is missing of.
fn unnamed(part: WallPart) -> &'static str {
    match part {
        WallPart::Model => "model without a name",
        _ => "tool without a name",
    }
}
