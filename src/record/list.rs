//! What readers produced: records with the catalog that they refer to.

use super::{
    Aggregate, Catalog, Details, Dimension, DimsId, Event, EventKind, Flags, Identity, IdentityId,
    Measured, Name, Operation, Samples,
};
use crate::units::Time;

/// What one or more readers produced.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Strings, dimension sets, identities.
    pub catalog: Catalog,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Details of some operations.
    pub details: Vec<Details>,
    /// Samples.
    pub samples: Samples,
    /// Events.
    pub events: Vec<Event>,
    /// Aggregates.
    pub aggregates: Vec<Aggregate>,
    /// Sessions that some record of a trace names, by the hash of the trace's id as text: records of the trace
    /// that name none may stand in another part or file, with the trace itself as their session.
    pub links: Vec<(u64, Name)>,
    /// Input that carries nothing for us and was passed over on purpose (keys, lines), counted.
    pub ignored: u64,
}

impl Records {
    /// Stores details and returns what [`Operation::details`] wants: their index plus 1.
    pub fn add_details(&mut self, details: Details) -> u32 {
        if details == Details::default() {
            return 0;
        }
        self.details.push(details);
        u32::try_from(self.details.len()).unwrap_or(0)
    }

    /// The details of an operation.
    #[must_use]
    pub fn details_of(&self, operation: &Operation) -> Details {
        match operation.details {
            0 => Details::default(),
            index => self.details[index as usize - 1],
        }
    }

    /// Whether there is nothing in it, not even a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
            && self.samples.is_empty()
            && self.events.is_empty()
            && self.aggregates.is_empty()
            && self.details.is_empty()
            && self.links.is_empty()
            && self.ignored == 0
            && self.catalog.names.values().len() == 1
    }

    /// The earliest and the latest start of an operation or sample, else of an event or aggregate;
    /// `None` where none has a time.
    #[must_use]
    pub fn span(&self) -> Option<(Time, Time)> {
        let timed = |flags: Flags| !flags.has(Flags::TIMELESS);
        let operations = self.operations.iter().filter(|o| timed(o.flags));
        let samples = self.samples.iter().filter(|s| timed(s.flags));
        let events = self.events.iter().filter(|e| timed(e.flags));
        let aggregates = self.aggregates.iter().filter_map(|a| a.time);
        ends(operations.map(|o| o.start).chain(samples.map(|s| s.time)))
            .or_else(|| ends(events.map(|e| e.time).chain(aggregates)))
    }

    /// Takes over all records of `other`, whose names, dimensions, identities and details are
    /// renumbered.
    pub fn append(&mut self, other: Records) {
        let texts = other.catalog.names.into_values().into_iter();
        let names: Vec<Name> = texts
            .map(|text| Name(self.catalog.names.take(text)))
            .collect();
        let name = |n: Name| names[n.0 as usize];
        let dims: Vec<DimsId> = other
            .catalog
            .dims
            .values()
            .iter()
            .map(|set| {
                let set = set
                    .iter()
                    .map(|(dimension, value)| {
                        let dimension = match *dimension {
                            Dimension::Label(label) => Dimension::Label(name(label)),
                            fixed => fixed,
                        };
                        (dimension, name(*value))
                    })
                    .collect();
                self.catalog.dims(set)
            })
            .collect();
        let identities: Vec<IdentityId> = other
            .catalog
            .identities
            .values()
            .iter()
            .map(|i| {
                self.catalog.identity(Identity {
                    session: name(i.session),
                    task: name(i.task),
                    run: name(i.run),
                    unit: name(i.unit),
                    attendance: i.attendance,
                })
            })
            .collect();
        let offset = u32::try_from(self.details.len()).unwrap_or(u32::MAX);
        let measured = |m: Measured| match m {
            Measured::Custom(n) => Measured::Custom(name(n)),
            known => known,
        };
        self.details.extend(other.details);
        self.operations
            .extend(other.operations.into_iter().map(|mut o| {
                o.dims = dims[o.dims.0 as usize];
                o.identity = identities[o.identity.0 as usize];
                if o.details > 0 {
                    o.details += offset;
                }
                o
            }));
        self.samples.append(
            other.samples,
            |i| identities[i.0 as usize],
            |d| dims[d.0 as usize],
            measured,
        );
        self.events.extend(other.events.into_iter().map(|mut e| {
            e.dims = dims[e.dims.0 as usize];
            e.identity = identities[e.identity.0 as usize];
            e.subject = name(e.subject);
            e.from = name(e.from);
            e.to = name(e.to);
            if let EventKind::Other(n) = e.kind {
                e.kind = EventKind::Other(name(n));
            }
            e
        }));
        self.aggregates
            .extend(other.aggregates.into_iter().map(|mut a| {
                a.dims = dims[a.dims.0 as usize];
                a.metric = measured(a.metric);
                a
            }));
        self.links
            .extend(other.links.into_iter().map(|(trace, n)| (trace, name(n))));
        self.ignored += other.ignored;
    }
}

/// The smallest and the largest.
fn ends(times: impl Iterator<Item = Time>) -> Option<(Time, Time)> {
    times.fold(None, |ends, time| match ends {
        None => Some((time, time)),
        Some((first, last)) => Some((first.min(time), last.max(time))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::OperationKind;
    use crate::units::Time;

    #[test]
    fn appending_renumbers() {
        let mut a = Records::default();
        let mut b = Records::default();
        a.catalog.name("x");
        let mode = b.catalog.name("FANCY");
        let dims = b.catalog.dims(vec![(Dimension::Mode, mode)]);
        let mut o = Operation::new(OperationKind::Step, Time(1), 0);
        o.dims = dims;
        o.details = b.add_details(Details {
            memory: Some(3),
            ..Details::default()
        });
        b.operations.push(o);
        a.add_details(Details {
            memory: Some(2),
            ..Details::default()
        });
        a.append(b);
        let o = a.operations[0];
        assert_eq!(
            a.catalog.text(a.catalog.dimension(o.dims, Dimension::Mode)),
            "FANCY"
        );
        assert_eq!(a.details_of(&o).memory, Some(3));
    }
}
