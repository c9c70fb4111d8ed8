//! Reads of what was read before, answered by the copy in the context: what streams still send and call.

use std::collections::BTreeMap;

use super::calls::{main, of_tools, seconds};
use super::{COMPACTION, Run, share};
use crate::config::KnobValue;
use crate::metrics::Metric;
use crate::scenario::replay::{Bench, Settings, Withheld, is_reproduced};
use crate::scenario::requests::compaction::Plan;
use crate::scenario::requests::parallel;
use crate::scenario::requests::rates::Pricing;
use crate::scenario::requests::repeats::{Kinds, repeated};
use crate::scenario::requests::reuse::reused;
use crate::workload::{Stream, UnitId, Workload};

/// The streams as they would be, in the order of the workload's. The time of the answered calls falls away here; what
/// the tokens come to is for who runs them.
pub(super) fn replay(
    bench: &Bench<'_>,
    settings: &Settings,
    run: &mut Run,
) -> Result<Vec<Stream>, Withheld> {
    let workload = bench.workload;
    let calls = || workload.streams.iter().flat_map(|s| &s.calls);
    if calls().all(|c| c.arguments == 0) {
        return Err(Withheld::because(
            "no call tells its arguments, so that nobody knows which read the same again",
        ));
    }
    let kinds = Kinds::of(workload);
    let pricing = Pricing::of(workload);
    let plan = match settings.get(COMPACTION) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        Some(KnobValue::Number(at)) => Some(Plan::at(*at as u64)),
        _ => None,
    };
    let mut told = Told::default();
    let mut then = Vec::with_capacity(workload.streams.len());
    for stream in &workload.streams {
        if !stream.is_serial() {
            then.push(stream.clone());
            continue;
        }
        let own = reused(stream, &kinds, plan, |r| pricing.rates(r).is_some());
        told.note(stream, &own.answered, &own.stream);
        then.push(own.stream);
    }
    told.tell(workload, run);
    run.bound();
    Ok(then)
}

/// Whether anything was read again.
#[must_use]
pub fn any(workload: &Workload) -> bool {
    let kinds = Kinds::of(workload);
    let mut streams = workload.streams.iter().filter(|s| s.is_serial());
    streams.any(|s| !repeated(s, &kinds, &[]).is_empty())
}

/// What answered calls come to.
#[derive(Default)]
struct Told {
    calls: u64,
    tokens: u64,
    /// Seconds of the calls of each unit.
    took: BTreeMap<UnitId, f64>,
    /// Nanoseconds of main conversations in which nothing else ran.
    alone: BTreeMap<UnitId, i64>,
}

impl Told {
    fn note(&mut self, stream: &Stream, answered: &[usize], then: &Stream) {
        self.calls += answered.len() as u64;
        let sent = |s: &Stream| -> u64 { s.requests.iter().map(|r| r.context()).sum() };
        self.tokens += sent(stream) - sent(then);
        let took = answered
            .iter()
            .filter_map(|at| stream.calls[*at].duration());
        *self.took.entry(stream.unit).or_default() += took.map(seconds).sum::<f64>();
        if stream.is_subagent {
            return;
        }
        let alone = self.alone.entry(stream.unit).or_default();
        for request in 0..stream.requests.len() {
            let spans = |s: &Stream| -> Vec<(i64, i64)> {
                let calls = s.calls_of(request).iter();
                calls.map(|c| (c.start.0, c.end().0)).collect()
            };
            let (now, left) = (spans(stream), spans(then));
            if now.len() > left.len() {
                *alone = alone.saturating_add(parallel::union(&now) - parallel::union(&left));
            }
        }
    }

    fn tell(&self, workload: &Workload, run: &mut Run) {
        for (unit, took) in &self.took {
            run.add(Metric::ToolTime, *unit, 0.0, -took);
        }
        let main = main(workload, &workload.streams);
        let row = of_tools(workload, &main);
        if is_reproduced(&row) {
            let units: Vec<UnitId> = main.iter().map(|s| s.unit).collect();
            for (unit, nanos) in self.alone.iter().filter(|(unit, _)| units.contains(unit)) {
                run.add(Metric::SessionTime, *unit, 0.0, -seconds(*nanos));
            }
            run.reproduced(row);
        } else if self.alone.values().any(|nanos| *nanos > 0) {
            run.note(format!(
                "The time of sessions is left as it is: of the time of their tools the calls that are known give {}.",
                share(row.replayed, row.measured)
            ));
        }
        run.note(match self.calls {
            0 => "No call read what the same call had read before.".to_owned(),
            n => format!(
                "Reads of what was read before: {n}; the copy in the context answers them, and of all contexts {} tokens are not sent. What points to that copy is not counted, and what somebody else changed in between would be missed.",
                self.tokens
            ),
        });
    }
}
