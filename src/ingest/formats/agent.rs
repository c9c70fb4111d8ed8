//! What the logs of agents share, whatever their shape: whose a record is, how counts, money and times are
//! written, and where faults go.

use super::super::document::{Field, Origin, is_identifier};
use crate::place::ProblemKind;
use crate::record::{
    Dimension, Event, EventKind, Flags, Identity, Name, Operation, OperationKind, Records, hash128,
};
use crate::units::Time;

/// The records of one session while they are made.
pub(super) struct Log<'r, 'z> {
    pub(super) records: &'r mut Records,
    pub(super) origin: Origin<'z>,
    /// The client that writes the log.
    interface: &'static str,
    pub(super) whose: Whose,
    /// Faults of what is read, until its line is known.
    pub(super) faults: Vec<(ProblemKind, &'static str)>,
}

/// Whose records are made.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose {
    /// The root session.
    pub(super) session: String,
    /// The task of a benchmark, by which runs are paired.
    pub(super) task: String,
    pub(super) project: String,
    pub(super) agent: String,
    pub(super) is_subagent: bool,
}

/// What a record is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum About<'a> {
    /// A request of a model: its name, and that of its provider.
    Request(&'a str, &'a str),
    /// A call of a tool.
    Tool(&'a str),
    /// Anything else.
    Other,
}

impl<'r, 'z> Log<'r, 'z> {
    pub(super) fn new(
        records: &'r mut Records,
        origin: Origin<'z>,
        interface: &'static str,
        whose: Whose,
    ) -> Self {
        Self {
            records,
            origin,
            interface,
            whose,
            faults: Vec::new(),
        }
    }

    /// An operation from `start` to `end`, where that is known.
    pub(super) fn operation(
        &mut self,
        kind: OperationKind,
        start: Time,
        end: Option<Time>,
        about: About<'_>,
    ) -> Operation {
        let mut operation = Operation::new(kind, start, self.origin.file);
        operation.duration = end.map_or(-1, |end| between(start, end));
        operation.dims = self.dims(about);
        operation.identity = self.identity();
        operation.flags = self.flags();
        operation
    }

    /// An operation of which no time is known.
    pub(super) fn timeless(&mut self, kind: OperationKind, about: About<'_>) -> Operation {
        let mut operation = self.operation(kind, Time::EARLIEST, None, about);
        operation.flags = operation.flags.with(Flags::TIMELESS);
        operation
    }

    /// Adds an event; `id` tells its copies.
    pub(super) fn event(&mut self, kind: EventKind, time: Time, id: &str) -> &mut Event {
        let event = Event {
            key: self.key("event", id),
            time,
            duration: -1,
            kind,
            subject: Name::NONE,
            from: Name::NONE,
            to: Name::NONE,
            dims: self.dims(About::Other),
            identity: self.identity(),
            file: self.origin.file,
            flags: self.flags().with(Flags::LEADS),
        };
        let events = &mut self.records.events;
        events.push(event);
        let last = events.len() - 1;
        &mut events[last]
    }

    /// A key for deduplication by an id that is unique within a session; none without one.
    pub(super) fn key(&self, what: &str, id: &str) -> u128 {
        if id.is_empty() {
            return 0;
        }
        hash128(
            [self.interface, what, &self.whose.session, id]
                .join("\0")
                .as_bytes(),
        )
    }

    /// Notes that a value was left out.
    pub(super) fn wrong(&mut self, reason: &'static str) {
        self.faults.push((ProblemKind::Value, reason));
    }

    /// Notes that what is read was skipped.
    pub(super) fn skipped(&mut self, reason: &'static str) {
        self.faults.push((ProblemKind::Skipped, reason));
    }

    /// A count of tokens, if it is one.
    pub(super) fn count(&mut self, field: &Field<'_>) -> Option<u32> {
        match field.number() {
            Ok(Some(n)) if (0.0..=f64::from(u32::MAX)).contains(&n) && n.fract() == 0.0 => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
                Some(n as u32)
            }
            Ok(None) => None,
            _ => {
                self.wrong("a count of tokens is no whole number");
                None
            }
        }
    }

    /// US dollars in 10⁻⁹; −1 where they are not known. Clients write 0 where they have no price.
    pub(super) fn cost(&mut self, field: &Field<'_>) -> i64 {
        match field.number() {
            #[allow(clippy::cast_possible_truncation)] // checked
            Ok(Some(cost)) if cost > 0.0 && cost < 1e9 => (cost * 1e9).round() as i64,
            Ok(None | Some(0.0)) => -1,
            _ => {
                self.wrong("a cost is no amount");
                -1
            }
        }
    }

    fn dims(&mut self, about: About<'_>) -> crate::record::DimsId {
        let word = |text: &str| {
            if is_identifier(text) {
                text.to_owned()
            } else {
                String::new()
            }
        };
        let (model, provider, tool) = match about {
            About::Request(model, provider) => (word(model), word(provider), String::new()),
            About::Tool(tool) => (String::new(), String::new(), word(tool)),
            About::Other => (String::new(), String::new(), String::new()),
        };
        let own = [
            (Dimension::Interface, self.interface),
            (Dimension::Agent, &self.whose.agent),
            (Dimension::Project, &self.whose.project),
            (Dimension::Model, &model),
            (Dimension::Provider, &provider),
            (Dimension::Tool, &tool),
        ];
        self.origin.dims(self.records, &own)
    }

    fn identity(&mut self) -> crate::record::IdentityId {
        let catalog = &mut self.records.catalog;
        let session = catalog.name(&self.whose.session);
        let task = catalog.name(&self.whose.task);
        catalog.identity(Identity {
            session,
            task,
            ..Identity::default()
        })
    }

    fn flags(&self) -> Flags {
        if self.whose.is_subagent {
            Flags::SUBAGENT
        } else {
            Flags::default()
        }
    }
}

/// Milliseconds since 1970 as a time between 2000 and 2100.
pub(super) fn millis(field: &Field<'_>) -> Option<Time> {
    let Ok(Some(millis)) = field.number() else {
        return None;
    };
    // Whole milliseconds exactly: nanoseconds since 1970 are more than a float holds.
    #[allow(clippy::cast_possible_truncation)] // saturates; such a time is not plausible
    let (whole, rest) = (millis.trunc() as i64, (millis.fract() * 1e6).round() as i64);
    let time = Time(whole.saturating_mul(1_000_000).saturating_add(rest));
    time.is_plausible().then_some(time)
}

/// A text, or an empty one.
pub(super) fn text<'f>(field: &'f Field<'_>) -> &'f str {
    field.text().unwrap_or_default()
}

/// The folders of a path above the file, the nearest first.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit(std::path::is_separator).skip(1)
}

/// From `start` to `end` as an operation's duration: a clock that went back is told apart from what is not
/// known.
fn between(start: Time, end: Time) -> i64 {
    match end.0 - start.0 {
        -1 => -2,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_exact() {
        let of = |millis| super::millis(&Field::Number(millis)).map(|time| time.0);
        assert_eq!(of(1_772_438_407_250.0), Some(1_772_438_407_250_000_000));
        assert_eq!(of(1_772_438_407_250.5), Some(1_772_438_407_250_500_000));
        for no_time in [-1.0, 1e300, f64::NAN, 1_772_438_407.0] {
            assert_eq!(of(no_time), None);
        }
    }
}
