//! What a change of configuration would give, computed on the measured workload.
//!
//! [`measured`] replaces steps by like steps of the other variant, which was observed too; [`replay`]
//! runs recorded sequences again under other settings, once it has shown that it reproduces the present;
//! [`strategy`] replaces a share of them. [`share`] and [`ahead`] give bounds. [`outcome`] puts several changes into one simulation.
//!
//! A mechanism of replay is a folder or file with a [`replay::Mechanism`], and a row in
//! [`replay::MECHANISMS`]: [`context`] is the context cache and the slots of steps, [`streams`]
//! the requests and tool calls of agents.

pub mod ahead;
pub mod caches;
pub mod context;
pub mod effects;
mod gathered;
mod groups;
pub mod knobs;
mod like;
pub mod measured;
pub mod outcome;
mod points;
pub mod present;
pub mod replay;
pub mod requests;
pub mod servers;
pub mod share;
pub mod strategy;
pub mod streams;
pub mod tune;
pub mod turn;
pub mod whatif;
