//! What a change of configuration would give, computed on the measured workload.
//!
//! [`measured`] replaces steps by like steps of the other variant, which was observed too; [`share`]
//! gives a bound. Replays of recorded sequences are not among them yet.

pub mod knobs;
pub mod measured;
pub mod outcome;
pub mod share;
