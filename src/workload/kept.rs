//! A workload as bytes and back, exactly but for its prices: for the same build only, and much faster
//! than a document.

use super::{Catalog, Counts, Reach, Repeat, Workload};
use crate::record::{Dims, Identity, Interned};
use crate::threads;
use crate::units::Time;

/// What there are few of.
#[derive(bitcode::Encode, bitcode::Decode)]
struct Rest {
    names: Vec<String>,
    dims: Vec<Dims>,
    identities: Vec<Identity>,
    counts: Counts,
    repeats: Vec<Repeat>,
    reaches: Vec<Reach>,
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
            reaches: self.reaches.clone(),
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

    /// The workload of these sections, which are asked for by number, the first half beside the other. `None`: they are
    /// none of a workload.
    #[must_use]
    pub fn of_sections(section: impl Fn(usize) -> Option<Vec<u8>> + Sync) -> Option<Self> {
        fn decoded<T: bitcode::DecodeOwned>(bytes: Option<Vec<u8>>) -> Option<T> {
            bitcode::decode(&bytes?).ok()
        }
        let first = || {
            let rest: Rest = decoded(section(0))?;
            Some(Self {
                catalog: Catalog {
                    names: Interned::of(rest.names),
                    dims: Interned::of(rest.dims),
                    identities: Interned::of(rest.identities),
                },
                units: decoded(section(1))?,
                rows: decoded(section(2))?,
                samples: decoded(section(3))?,
                lookups: decoded(section(4))?,
                steps: decoded(section(5))?,
                pauses: decoded(section(6))?,
                counts: rest.counts,
                repeats: rest.repeats,
                reaches: rest.reaches,
                period: rest.period,
                ..Self::default()
            })
        };
        let other = || {
            let events = decoded(section(7))?;
            let event_units = decoded(section(8))?;
            let aggregates = decoded(section(9))?;
            let wall_clocks = decoded(section(10))?;
            let streams = decoded(section(11))?;
            let sequences = decoded(section(12))?;
            Some(move |first| Self {
                events,
                event_units,
                aggregates,
                wall_clocks,
                streams,
                sequences,
                ..first
            })
        };
        let (first, other) = threads::both(first, other);
        Some(other?(first?))
    }
}
