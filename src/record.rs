//! Records: what a reader makes of bytes. Operations, samples, events, aggregates.
//!
//! Records are compact (strings interned in a [`Catalog`], whole nanoseconds) and never hold
//! prompts, replies or tool output: only names, numbers, times and outcomes; of repeated work
//! 64-bit hashes that are compared for equality and never shown.

mod catalog;
mod facts;
mod hash;
mod list;
mod samples;
mod shapes;

pub use catalog::{
    Attendance, Catalog, DIMENSIONS, Dimension, Dims, DimsId, Identity, IdentityId, Interned, Name,
};
pub use facts::{
    Aggregate, Details, Event, EventKind, Flags, Measured, Operation, OperationKind, OutcomeKind,
    Sample, Statistic, Stop, Tokens,
};
pub use hash::{Hash128, hash64, hash128, mix, mix128};
pub use list::Records;
pub use samples::{Samples, Snapshot};
pub use shapes::{Kind, ShapeId};
