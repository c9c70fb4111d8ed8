//! How long a model took to its first token, where an input tells when that came.

use crate::record::{Flags, Measured, Operation, Records, Sample};
use crate::units::{NANOS, Time};

/// Under which name; seconds.
pub(super) const NAME: &str = "time_to_first_token";

/// Notes the first token `at` of `request`, unless the request began after it.
#[allow(clippy::cast_precision_loss)]
pub(super) fn first_token(records: &mut Records, request: &Operation, at: Time) {
    if at < request.start {
        return;
    }
    let metric = Measured::Custom(records.catalog.name(NAME));
    records.samples.push(Sample {
        key: request.key,
        time: request.start,
        value: (at.0 - request.start.0) as f64 / NANOS as f64,
        metric,
        dims: request.dims,
        identity: request.identity,
        file: request.file,
        flags: Flags::default(),
    });
}
