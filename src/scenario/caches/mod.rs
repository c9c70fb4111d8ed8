//! Caches of prepared things: what a recorded sequence of requests would have found in them.
//!
//! Keys and times in, hits out. No domain words, no I/O, no randomness. [`stack`] answers for all sizes
//! at once; [`cache`] runs one cache through a sequence, with other orders of eviction, a time to live,
//! sizes that change, restarts and preloading; [`sample`] thins out very long sequences.

pub mod cache;
pub mod sample;
pub mod stack;
