//! One test program for everything that is tested from outside.
#![allow(clippy::unwrap_used)]

mod advise;
mod analysis;
mod architecture;
mod cache;
mod claims;
mod cli;
mod config;
mod export;
mod follow;
mod formats;
mod history;
mod ingest;
mod packed;
mod prices;
mod reports;
mod scenario;
mod store;
mod whole;
mod workload;
