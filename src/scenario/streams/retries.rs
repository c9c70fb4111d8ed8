//! Retries: fewer of them, and other waits before them.
//!
//! A request that needs more retries than it may have ends with the error after its last one. Another way to wait puts
//! what it would wait in place of each recorded wait, no less than the server asked for; attempts end as they did. Both
//! are one run: the waits after the last retry that is allowed fall away once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::calls::seconds;
use super::{BACKOFF, RETRIES, Run};
use crate::config::{Backoff, KnobValue};
use crate::metrics::Metric;
use crate::record::{EventKind, OutcomeKind};
use crate::scenario::replay::{
    Bench, Settings, Tail, Withheld, is_reproduced, reproduction, tail_of,
};
use crate::scenario::requests::parallel;
use crate::units::{NANOS, Time};
use crate::workload::{Filter, Pause, Stream, StreamRequest, UnitId, WallPart, Workload};

/// The part of reproductions that says how many retries a recorded wait comes before.
pub(super) const WITH_WAITS: &str = "with a wait";
/// The part of reproductions that says how long was waited before retries.
pub(super) const OF_WAITS: &str = "of waits before retries";

/// A request with the errors after which it was tried again, and the waits after them, each in order of time.
#[derive(Default)]
struct Tried<'a> {
    errors: Vec<Time>,
    waits: Vec<&'a Pause>,
}

/// By the numbers of the stream and of the request in it.
type AllTried<'a> = BTreeMap<(usize, usize), Tried<'a>>;

/// What is asked for.
struct Asked {
    limit: Option<usize>,
    backoff: Option<Backoff>,
}

/// A wait, now and then.
struct Wait<'a> {
    pause: &'a Pause,
    /// The request that it lies within; `None`: it is part of a step.
    within: Option<(usize, usize)>,
    /// Nanoseconds; `None`: it falls away.
    then: Option<i64>,
}

impl Wait<'_> {
    /// Nanoseconds that it is shorter by, as far as it is still there.
    fn less(&self) -> i64 {
        self.then.map_or(0, |then| self.pause.nanos - then)
    }
}

/// Runs the retries under their settings; `left` gets the requests as they would be.
pub(super) fn replay(
    bench: &Bench<'_>,
    settings: &Settings,
    left: &mut Cow<'_, [Stream]>,
    run: &mut Run,
) -> Result<(), Withheld> {
    let asked = Asked {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        limit: match settings.get(RETRIES) {
            Some(KnobValue::Number(limit)) => Some(*limit as usize),
            _ => None,
        },
        backoff: match settings.get(BACKOFF) {
            Some(KnobValue::Word(word)) => Backoff::parse(word),
            _ => None,
        },
    };
    let workload = bench.workload;
    let told = workload.figure(Metric::Retries, &Filter::default());
    if told.sum == 0 {
        return Err(Withheld::because("no retry was recorded"));
    }
    let measured = told.total(Metric::Retries.row().unit);
    let all = tried(workload);
    #[allow(clippy::cast_precision_loss)] // counts of records
    let retries = |statistic: &str, placed: usize| {
        reproduction(Metric::Retries, statistic, measured, placed as f64)
    };
    let waits = match asked.backoff {
        None => Vec::new(),
        Some(backoff) => {
            if workload.pauses.is_empty() {
                return Err(Withheld::because("no wait before a retry was recorded"));
            }
            let waits = waits(workload, &all, backoff, asked.limit);
            run.reproduced(retries(WITH_WAITS, waits.len()));
            reproduce(workload, &waits, run);
            waits
        }
    };
    if let Some(limit) = asked.limit {
        run.reproduced(retries("total", all.values().map(|t| t.errors.len()).sum()));
        give_up(workload, &all, limit, run);
    }
    if asked.backoff.is_some() {
        wait(workload, &waits, run);
    }
    requests(workload, &all, &waits, asked.limit, left, run);
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
    Ok(())
}

/// Requests that needed more retries end with an error: what a session waits less for, and what is no success any more.
fn give_up(workload: &Workload, all: &AllTried<'_>, limit: usize, run: &mut Run) {
    let (mut given_up, mut most) = (0_u64, 0);
    for ((stream, request), tried) in all {
        most = most.max(tried.errors.len());
        // The error after the last retry that is allowed: there it ends.
        let Some(end) = tried.errors.get(limit) else {
            continue;
        };
        given_up += 1;
        let stream = &workload.streams[*stream];
        let request = &stream.requests[*request];
        let took = request.duration().unwrap_or(0);
        run.add(Metric::ResponseTime, stream.unit, -1.0, -seconds(took));
        run.add(Metric::ModelTime, stream.unit, -1.0, -seconds(took));
        if request.outcome == OutcomeKind::Ok {
            run.add(Metric::SuccessRate, stream.unit, 0.0, -1.0);
        }
        let waited = took - (end.0 - request.start.0);
        if !stream.is_subagent {
            run.add(
                Metric::SessionTime,
                stream.unit,
                0.0,
                -seconds(waited.max(0)),
            );
        }
    }
    run.note(format!(
        "Requests that needed more than {limit} retries: {given_up}; they end with the error after the last one, and what a session does then is not known. The most that one needed were {most}: how requests with a higher limit would have ended is not recorded."
    ));
}

/// All waits whose retry is known, with what they would be.
fn waits<'w>(
    workload: &'w Workload,
    all: &AllTried<'w>,
    backoff: Backoff,
    limit: Option<usize>,
) -> Vec<Wait<'w>> {
    let then = |pause: &Pause, retry: u32| {
        #[allow(clippy::cast_possible_truncation)] // saturates
        let own = (backoff.wait(retry) * NANOS as f64).round() as i64;
        own.max(i64::from(pause.asked) * 1_000_000)
    };
    let of_steps = workload.pauses.iter().filter(|p| p.retry > 0);
    let mut found: Vec<Wait<'w>> = of_steps
        .map(|pause| Wait {
            pause,
            within: None,
            then: Some(then(pause, pause.retry)),
        })
        .collect();
    for (place, tried) in all {
        let end = limit.and_then(|limit| tried.errors.get(limit));
        for (retry, pause) in (1..).zip(&tried.waits) {
            let is_made = end.is_none_or(|end| pause.time < *end);
            found.push(Wait {
                pause,
                within: Some(*place),
                then: is_made.then(|| then(pause, retry)),
            });
        }
    }
    found
}

/// How long main conversations waited before retries, against that part of the wall-clock time.
fn reproduce(workload: &Workload, waits: &[Wait<'_>], run: &mut Run) {
    let timed: BTreeMap<UnitId, u128> = workload
        .wall_clocks
        .iter()
        .map(|w| (w.unit, w.parts[WallPart::Retry as usize]))
        .collect();
    if timed.is_empty() {
        return;
    }
    let spans = by_unit(waits, |w| Some(w.pause.nanos));
    let own = spans.iter().filter(|(unit, _)| timed.contains_key(unit));
    let replayed: i64 = own.map(|(_, spans)| parallel::union(spans)).sum();
    let measured: u128 = timed.values().sum();
    #[allow(clippy::cast_precision_loss)]
    let measured = measured as f64 / NANOS as f64;
    // Of subagents alone nothing is part of it.
    if measured > 0.0 || replayed > 0 {
        run.reproduced(reproduction(
            Metric::SessionTime,
            OF_WAITS,
            measured,
            seconds(replayed),
        ));
    }
}

/// Start and end of the waits of the main conversation of each unit, of those that have a length.
fn by_unit(
    waits: &[Wait<'_>],
    nanos: impl Fn(&Wait<'_>) -> Option<i64>,
) -> BTreeMap<UnitId, Vec<(i64, i64)>> {
    let mut all: BTreeMap<UnitId, Vec<(i64, i64)>> = BTreeMap::new();
    for wait in waits.iter().filter(|w| !w.pause.is_subagent) {
        if let Some(nanos) = nanos(wait) {
            let start = wait.pause.time.0;
            let span = (start, start.saturating_add(nanos));
            all.entry(wait.pause.unit).or_default().push(span);
        }
    }
    all
}

/// What other waits do to themselves, to the steps that they are part of, and to sessions.
fn wait(workload: &Workload, waits: &[Wait<'_>], run: &mut Run) {
    let (mut now, mut then) = (0_i64, 0_i64);
    let mut is_asked = false;
    for wait in waits {
        let pause = wait.pause;
        let (n, sum) = match wait.then {
            Some(_) => (0.0, -seconds(wait.less())),
            None => (-1.0, -seconds(pause.nanos)),
        };
        run.add(Metric::BackoffTime, pause.unit, n, sum);
        if pause.counts {
            let less = -seconds(wait.less());
            run.add_of(Metric::ResponseTime, pause.dims, pause.unit, 0.0, less);
        }
        now = now.saturating_add(pause.nanos);
        then = then.saturating_add(wait.then.unwrap_or(0));
        is_asked |= pause.asked > 0;
    }
    // Where both end at the limit, `give_up` knows of what falls away.
    let before = by_unit(waits, |w| w.then.map(|_| w.pause.nanos));
    let after = by_unit(waits, |w| w.then);
    for clock in &workload.wall_clocks {
        let union = |all: &BTreeMap<UnitId, Vec<(i64, i64)>>| {
            all.get(&clock.unit).map_or(0, |s| parallel::union(s))
        };
        let saved = union(&before) - union(&after);
        run.add(Metric::SessionTime, clock.unit, 0.0, -seconds(saved));
    }
    run.bound();
    run.note(format!(
        "Waits before retries: {}, of {:.1} s in all; they would be {:.1} s. Attempts are taken to end as they did: a sooner one may meet the same fault, a later one might have been spared a further retry. Without chance in the waits, many clients try again at once.",
        waits.len(),
        seconds(now),
        seconds(then),
    ));
    run.note(if is_asked {
        "Where the server asked for a wait, none is shorter."
    } else {
        "How long the server asked to wait is not recorded; it may forbid shorter waits."
    });
}

/// The requests of streams with other waits, or ended by an error: what they take, and their 95th percentile.
fn requests(
    workload: &Workload,
    all: &AllTried<'_>,
    waits: &[Wait<'_>],
    limit: Option<usize>,
    left: &mut Cow<'_, [Stream]>,
    run: &mut Run,
) {
    let mut less: BTreeMap<(usize, usize), i64> = BTreeMap::new();
    for wait in waits {
        if let Some(place) = wait.within {
            *less.entry(place).or_default() += wait.less();
        }
    }
    let mut is_ended = false;
    for (place, tried) in all {
        let unit = workload.streams[place.0].unit;
        let was = &workload.streams[place.0].requests[place.1];
        let Some(took) = was.duration() else {
            continue;
        };
        let shorter = less.get(place).copied().unwrap_or(0);
        let request = |left: &mut Cow<'_, [Stream]>, nanos: i64, outcome: OutcomeKind| {
            let request = &mut left.to_mut()[place.0].requests[place.1];
            *request = request.lasting(nanos.max(0));
            request.outcome = outcome;
        };
        if let Some(end) = limit.and_then(|limit| tried.errors.get(limit)) {
            let nanos = end.0 - was.start.0 - shorter;
            request(left, nanos, OutcomeKind::Error);
            is_ended = true;
        } else if shorter != 0 {
            request(left, took - shorter, was.outcome);
            if is_time(was.outcome) {
                run.add(Metric::ResponseTime, unit, 0.0, -seconds(shorter));
                run.add(Metric::ModelTime, unit, 0.0, -seconds(shorter));
            }
        }
    }
    if !is_ended {
        run.replayed.tail = tail(workload, left);
    }
}

/// The 95th percentile of requests, where they are what response times are of.
fn tail(workload: &Workload, left: &[Stream]) -> Option<Tail> {
    let of = |streams: &[Stream]| -> Vec<Option<i64>> {
        let requests = streams.iter().flat_map(|s| &s.requests);
        requests.map(StreamRequest::duration).collect()
    };
    let all = workload.streams.iter();
    let all = all.flat_map(|s| s.requests.iter().map(|r| (s.unit, r.outcome)));
    let values: Vec<(UnitId, i64, i64)> = all
        .zip(of(&workload.streams).into_iter().zip(of(left)))
        .filter(|((_, outcome), _)| is_time(*outcome))
        .filter_map(|((unit, _), (now, then))| Some((unit, now?, then?)))
        .collect();
    let replayed: f64 = values.iter().map(|v| seconds(v.1)).sum();
    let told = workload.figure(Metric::ResponseTime, &Filter::default());
    let measured = told.total(Metric::ResponseTime.row().unit);
    let row = reproduction(Metric::ResponseTime, "total", measured, replayed);
    is_reproduced(&row).then(|| tail_of(&values)).flatten()
}

/// Whether the time of what ended so is counted as such.
fn is_time(outcome: OutcomeKind) -> bool {
    matches!(
        outcome,
        OutcomeKind::Ok | OutcomeKind::Timeout | OutcomeKind::Unknown
    )
}

/// Of each request that was tried again its unit, and the errors before its last attempt.
#[must_use]
pub fn of_requests(workload: &Workload) -> Vec<(UnitId, usize)> {
    tried(workload)
        .iter()
        .filter(|(_, tried)| !tried.errors.is_empty())
        .map(|((stream, _), tried)| (workload.streams[*stream].unit, tried.errors.len()))
        .collect()
}

/// Requests that errors and waits lie within. What may be of several streams at once counts for none.
fn tried(workload: &Workload) -> AllTried<'_> {
    let mut by_unit: BTreeMap<UnitId, Vec<usize>> = BTreeMap::new();
    for (index, stream) in workload.streams.iter().enumerate() {
        by_unit.entry(stream.unit).or_default().push(index);
    }
    let place = |unit: UnitId, time: Time| {
        let streams = by_unit.get(&unit)?.iter();
        let mut places =
            streams.filter_map(|index| Some((*index, at_work(&workload.streams[*index], time)?)));
        places.next().filter(|_| places.next().is_none())
    };
    let mut found = AllTried::new();
    for (index, event) in workload.events.iter().enumerate() {
        let unit = workload.event_units.get(index).copied();
        if event.kind == EventKind::Retry
            && let Some(place) = unit.and_then(|unit| place(unit, event.time))
        {
            found.entry(place).or_default().errors.push(event.time);
        }
    }
    for pause in workload.pauses.iter().filter(|p| p.retry == 0) {
        if let Some(place) = place(pause.unit, pause.time) {
            found.entry(place).or_default().waits.push(pause);
        }
    }
    found
}

/// The request of a stream that runs at a time.
fn at_work(stream: &Stream, time: Time) -> Option<usize> {
    let after = stream.requests.partition_point(|r| r.start <= time);
    let request = after.checked_sub(1)?;
    (time <= stream.requests[request].end()).then_some(request)
}
