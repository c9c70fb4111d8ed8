//! A workload as bytes and back, exactly but for its prices: for the same build only, and much faster
//! than a document.

use super::{
    Aggregate, Catalog, Counts, Event, Lookup, Pause, Repeat, Row, SampleSeries, Sequences,
    StepRun, Stream, UnitId, UnitOfInference, WallClock, Workload,
};
use crate::record::{Dims, Identity, Interned};
use crate::units::Time;

/// What there are few of.
#[derive(bitcode::Encode, bitcode::Decode)]
struct Rest {
    names: Vec<String>,
    dims: Vec<Dims>,
    identities: Vec<Identity>,
    counts: Counts,
    repeats: Vec<Repeat>,
    period: Option<(Time, Time)>,
}

impl Workload {
    /// As sections of bytes, for [`Workload::of_sections`].
    #[must_use]
    pub fn to_sections(&self) -> Vec<Vec<u8>> {
        let catalog = &self.catalog;
        let rest = Rest {
            names: catalog.names.values().to_vec(),
            dims: catalog.dims.values().to_vec(),
            identities: catalog.identities.values().to_vec(),
            counts: self.counts.clone(),
            repeats: self.repeats.clone(),
            period: self.period,
        };
        vec![
            bitcode::encode(&rest),
            bitcode::encode(&self.units),
            bitcode::encode(&self.rows),
            bitcode::encode(&self.samples),
            bitcode::encode(&self.lookups),
            bitcode::encode(&self.steps),
            bitcode::encode(&self.pauses),
            bitcode::encode(&self.events),
            bitcode::encode(&self.event_units),
            bitcode::encode(&self.aggregates),
            bitcode::encode(&self.wall_clocks),
            bitcode::encode(&self.streams),
            bitcode::encode(&self.sequences),
        ]
    }

    /// The workload of these sections; they come one after another. `None`: they are none of a
    /// workload.
    #[must_use]
    pub fn of_sections(mut sections: impl Iterator<Item = Option<Vec<u8>>>) -> Option<Self> {
        let mut section = || sections.next().flatten();
        let rest: Rest = bitcode::decode(&section()?).ok()?;
        let units: Vec<UnitOfInference> = bitcode::decode(&section()?).ok()?;
        let rows: Vec<Row> = bitcode::decode(&section()?).ok()?;
        let samples: Vec<SampleSeries> = bitcode::decode(&section()?).ok()?;
        let lookups: Vec<Lookup> = bitcode::decode(&section()?).ok()?;
        let steps: Vec<StepRun> = bitcode::decode(&section()?).ok()?;
        let pauses: Vec<Pause> = bitcode::decode(&section()?).ok()?;
        let events: Vec<Event> = bitcode::decode(&section()?).ok()?;
        let event_units: Vec<UnitId> = bitcode::decode(&section()?).ok()?;
        let aggregates: Vec<Aggregate> = bitcode::decode(&section()?).ok()?;
        let wall_clocks: Vec<WallClock> = bitcode::decode(&section()?).ok()?;
        let streams: Vec<Stream> = bitcode::decode(&section()?).ok()?;
        let sequences: Sequences = bitcode::decode(&section()?).ok()?;
        Some(Self {
            catalog: Catalog {
                names: Interned::of(rest.names),
                dims: Interned::of(rest.dims),
                identities: Interned::of(rest.identities),
            },
            units,
            rows,
            samples,
            lookups,
            steps,
            pauses,
            events,
            event_units,
            aggregates,
            wall_clocks,
            streams,
            sequences,
            counts: rest.counts,
            repeats: rest.repeats,
            period: rest.period,
            courses: Vec::new(),
            prices: None,
            declared: Default::default(),
        })
    }
}
