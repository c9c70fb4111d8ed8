//! The result of oha (`--output-format json`, earlier `-j`): a load test over HTTP, summed up.
//!
//! Times are seconds. Everything arrives summarised, without a time of day. Oha counts any response as a success;
//! here one with a status from 400 on is an error. Requests that the end of the test cut off are no
//! requests.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::document::{Faults, Field, Origin, Reported, Shaped, keys, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::native::values::check_sample;
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Measured, Records, Statistic};

/// The format.
#[derive(Debug)]
pub(super) struct Oha;

/// Time of all responses, where some of them were errors.
const ALL_RESPONSES: &str = "request_duration";
/// What oha calls the requests that the end of the test cut off.
const CUT_OFF: &str = "aborted due to deadline";
const TIMEOUT: &str = "timeout";

impl Format for Oha {
    fn name(&self) -> &'static str {
        "oha"
    }

    fn about(&self) -> &'static str {
        "results of oha, a load test over HTTP: response times and how requests ended, summed up"
    }

    fn plural(&self) -> &'static str {
        "oha results"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |key: &[u8]| keys.contains(&key);
        if has(b"summary") && has(b"responseTimeHistogram") && has(b"latencyPercentiles") {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let bytes = input.document()?;
        let mut spare = Vec::new();
        let result: Outcome<'_> = parse(bytes, &mut spare, 1, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, bytes, &[], problems);
        let mut reported = Reported::default();
        let ends = Ends::of(&result, &mut faults);
        ends.report(&mut reported);
        let summary = result.summary.get().cloned().unwrap_or_default();
        let percentiles = result.percentiles.get().cloned().unwrap_or_default();
        // Failing fast never looks fast.
        let metric = match &ends {
            Ends::Known(known) if known.error_responses == 0 => Metric::ResponseTime.into(),
            _ => Measured::Custom(records.catalog.name(ALL_RESPONSES)),
        };
        for (statistic, field, keys) in [
            (Statistic::Mean, &summary.average, ["summary", "average"]),
            (Statistic::Min, &summary.fastest, ["summary", "fastest"]),
            (Statistic::Max, &summary.slowest, ["summary", "slowest"]),
            (
                Statistic::P95,
                &percentiles.p95,
                ["latencyPercentiles", "p95"],
            ),
        ] {
            match field.number() {
                // Without a response oha says 0 or nothing.
                Ok(Some(_)) if ends.responses() == Some(0) => {}
                Ok(Some(seconds)) if check_sample(Some(Metric::ResponseTime), seconds).is_ok() => {
                    reported.add_measured(metric, statistic, seconds, ends.responses());
                }
                Ok(None) => {}
                _ => faults.value(0, &keys, "a time that is no number of seconds"),
            }
        }
        match summary.rate.number() {
            Ok(Some(rate)) if (0.0..1e12).contains(&rate) => {
                let metric = Measured::Custom(records.catalog.name("requests_per_second"));
                reported.add_measured(metric, Statistic::Mean, rate, None);
            }
            Ok(None) => {}
            _ => faults.value(
                0,
                &["summary", "requestsPerSec"],
                "a rate that is no number",
            ),
        }
        reported.finish(&origin, &[], None, records);
        Ok(())
    }
}

/// How the requests ended.
enum Ends {
    /// A distribution is missing or faulty.
    Unknown,
    Known(Counts),
}

#[derive(Default)]
struct Counts {
    ok: u64,
    error_responses: u64,
    errors: u64,
    timeouts: u64,
}

impl Ends {
    fn of(result: &Outcome<'_>, faults: &mut Faults<'_>) -> Self {
        let (Some(statuses), Some(errors)) = (result.statuses.get(), result.errors.get()) else {
            return Ends::Unknown;
        };
        let mut counts = Counts::default();
        let mut is_faulty = false;
        for (status, field) in statuses {
            match (status.parse::<u16>(), count(field)) {
                (Ok(100..400), Some(n)) => counts.ok = counts.ok.saturating_add(n),
                (Ok(_), Some(n)) => {
                    counts.error_responses = counts.error_responses.saturating_add(n);
                }
                _ => is_faulty = true,
            }
        }
        for (reason, field) in errors {
            match (&**reason, count(field)) {
                (CUT_OFF, Some(_)) => {}
                (TIMEOUT, Some(n)) => counts.timeouts = counts.timeouts.saturating_add(n),
                (_, Some(n)) => counts.errors = counts.errors.saturating_add(n),
                _ => is_faulty = true,
            }
        }
        if is_faulty {
            faults.value(
                0,
                &["statusCodeDistribution"],
                "a number of requests is no count",
            );
            return Ends::Unknown;
        }
        Ends::Known(counts)
    }

    fn responses(&self) -> Option<u64> {
        match self {
            Ends::Unknown => None,
            Ends::Known(counts) => Some(counts.ok.saturating_add(counts.error_responses)),
        }
    }

    fn report(&self, reported: &mut Reported) {
        let Ends::Known(counts) = self else { return };
        let errors = counts.errors.saturating_add(counts.error_responses);
        let all = counts
            .ok
            .saturating_add(errors)
            .saturating_add(counts.timeouts);
        if all == 0 {
            return;
        }
        for (metric, n) in [
            (Metric::SuccessRate, counts.ok),
            (Metric::ErrorRate, errors),
            (Metric::TimeoutRate, counts.timeouts),
        ] {
            #[allow(clippy::cast_precision_loss)]
            let share = n as f64 / all as f64;
            reported.add(metric, Statistic::Mean, share, Some(all));
        }
    }
}

fn count(field: &Field<'_>) -> Option<u64> {
    match field.number() {
        Ok(Some(n)) if n.fract() == 0.0 && (0.0..1e15).contains(&n) => Some(n as u64),
        _ => None,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow)]
    summary: Shaped<Summary<'a>>,
    #[serde(borrow, rename = "latencyPercentiles")]
    percentiles: Shaped<Percentiles<'a>>,
    #[serde(borrow, rename = "statusCodeDistribution")]
    statuses: Shaped<BTreeMap<String, Field<'a>>>,
    #[serde(borrow, rename = "errorDistribution")]
    errors: Shaped<BTreeMap<String, Field<'a>>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Summary<'a> {
    #[serde(borrow)]
    average: Field<'a>,
    #[serde(borrow)]
    fastest: Field<'a>,
    #[serde(borrow)]
    slowest: Field<'a>,
    #[serde(borrow, rename = "requestsPerSec")]
    rate: Field<'a>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Percentiles<'a> {
    #[serde(borrow)]
    p95: Field<'a>,
}
