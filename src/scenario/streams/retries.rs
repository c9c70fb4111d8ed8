//! Fewer retries: a request that needed more of them ends with the error after its last one.

use std::collections::BTreeMap;

use super::Run;
use super::calls::seconds;
use crate::metrics::Metric;
use crate::record::{EventKind, OutcomeKind};
use crate::scenario::replay::{Bench, Withheld, reproduction};
use crate::units::Time;
use crate::workload::{Filter, Stream, UnitId, Workload};

/// Requests of each stream with the times of the errors after which they were tried again.
struct Retried<'a> {
    stream: &'a Stream,
    request: usize,
    errors: Vec<Time>,
}

pub(super) fn replay(bench: &Bench<'_>, limit: f64, run: &mut Run) -> Result<(), Withheld> {
    let workload = bench.workload;
    let told = workload.figure(Metric::Retries, &Filter::default());
    if told.sum == 0 {
        return Err(Withheld::because("no retry was recorded"));
    }
    let retried = retried(workload);
    let placed: usize = retried.iter().map(|r| r.errors.len()).sum();
    #[allow(clippy::cast_precision_loss)] // counts of records
    let (placed, measured) = (placed as f64, told.total(Metric::Retries.row().unit));
    run.reproduced(reproduction(Metric::Retries, "total", measured, placed));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
    let limit = limit as usize;
    let (mut given_up, mut most) = (0_u64, 0);
    for r in &retried {
        most = most.max(r.errors.len());
        let request = &r.stream.requests[r.request];
        // The error after the last retry that is allowed: there it ends.
        let Some(end) = r.errors.get(limit) else {
            continue;
        };
        given_up += 1;
        let (unit, took) = (r.stream.unit, request.duration().unwrap_or(0));
        run.add(Metric::ResponseTime, unit, -1.0, -seconds(took));
        run.add(Metric::ModelTime, unit, -1.0, -seconds(took));
        if request.outcome == OutcomeKind::Ok {
            run.add(Metric::SuccessRate, unit, 0.0, -1.0);
        }
        let waited = took - (end.0 - request.start.0);
        if !r.stream.is_subagent {
            run.add(Metric::SessionTime, unit, 0.0, -seconds(waited.max(0)));
        }
    }
    for metric in [
        Metric::ResponseTime,
        Metric::ModelTime,
        Metric::SuccessRate,
        Metric::SessionTime,
    ] {
        for stream in &workload.streams {
            run.add(metric, stream.unit, 0.0, 0.0);
        }
    }
    run.replayed.is_assumed = true;
    run.note(format!(
        "Requests that needed more than {limit} retries: {given_up}; they end with the error after the last one, and what a session does then is not known. The most that one needed were {most}: how requests with a higher limit would have ended is not recorded."
    ));
    Ok(())
}

/// Of each request that was tried again its unit, and the errors before its last attempt.
#[must_use]
pub fn of_requests(workload: &Workload) -> Vec<(UnitId, usize)> {
    retried(workload)
        .iter()
        .map(|r| (r.stream.unit, r.errors.len()))
        .collect()
}

/// Requests that errors lie within. An error that may be of several streams at once counts for none.
fn retried(workload: &Workload) -> Vec<Retried<'_>> {
    let mut by_unit: BTreeMap<UnitId, Vec<&Stream>> = BTreeMap::new();
    for stream in &workload.streams {
        by_unit.entry(stream.unit).or_default().push(stream);
    }
    let mut found: BTreeMap<(UnitId, usize, usize), Vec<Time>> = BTreeMap::new();
    for (index, event) in workload.events.iter().enumerate() {
        if event.kind != EventKind::Retry {
            continue;
        }
        let unit = workload.event_units.get(index).copied();
        let Some((unit, streams)) = unit.and_then(|u| by_unit.get_key_value(&u)) else {
            continue;
        };
        let mut places = streams
            .iter()
            .enumerate()
            .filter_map(|(at, stream)| Some((at, at_work(stream, event.time)?)));
        if let (Some((stream, request)), None) = (places.next(), places.next()) {
            let errors = found.entry((*unit, stream, request)).or_default();
            errors.push(event.time);
        }
    }
    found
        .into_iter()
        .filter_map(|((unit, stream, request), errors)| {
            Some(Retried {
                stream: by_unit.get(&unit)?.get(stream)?,
                request,
                errors,
            })
        })
        .collect()
}

/// The request of a stream that runs at a time.
fn at_work(stream: &Stream, time: Time) -> Option<usize> {
    let after = stream.requests.partition_point(|r| r.start <= time);
    let request = after.checked_sub(1)?;
    (time <= stream.requests[request].end()).then_some(request)
}
