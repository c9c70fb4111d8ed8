//! What streams of model requests would cost, or take, under other settings.
//!
//! Pure functions on the streams of a workload. Each replay holds the tokens that a stream would have
//! needed anyway as they were, and changes only what the setting governs. In all of them a *context* is
//! fresh + read + written tokens, and what the previous request of the stream left in the provider's
//! cache is *expected* by the next one.

pub mod compaction;
pub mod lifetime;
pub mod model;
pub mod parallel;
pub mod prefix;
pub mod rates;
pub mod repeats;
pub mod replays;
pub mod result;
pub mod reuse;
pub mod tools;
