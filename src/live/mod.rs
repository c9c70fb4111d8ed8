//! What goes on now: the machine is sampled, and what was seen is written down.
//!
//! [`Probe`] looks at the machine, processes and addresses; [`monitor()`] does so on a [`Schedule`]
//! and hands each [`Snapshot`] to [`Reports`] and [`Records`]; [`status()`] reads back what is stored. [`Statsd`]
//! listens to what programs say of themselves.

mod check;
mod monitor;
mod page;
mod probe;
mod processes;
mod records;
mod reports;
mod schedule;
mod snapshot;
mod space;
mod spool;
mod statsd;
mod status;
mod summary;

pub use check::{Check, Checked, TIME_LIMIT};
pub use monitor::{Ended, Notice, Options, Stop, monitor};
pub use page::{About, Page};
pub use probe::{Probe, ProbeError};
pub use processes::{ProcessUse, Watched};
pub use records::Records;
pub use reports::{Kept, Reports};
pub use schedule::Schedule;
pub use snapshot::{Disk, Network, Snapshot};
pub use statsd::{Address, AddressError, Heard, Statsd};
pub use status::{StatusError, no_data, status};
