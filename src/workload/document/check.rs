//! What a document must hold so that no question to the workload can go astray.

use crate::record::Measured;
use crate::units::Time;
use crate::workload::canonical::{Reference, each_reference};
use crate::workload::{
    CELL, Counts, Extra, Figure, Figures, Row, SAMPLE_CELL, Stream, StreamRequest, UnitId, Values,
    WallClock, WallPart, Workload,
};

/// Times lie within this many nanoseconds of 1970 (146 years), so that their differences hold.
const FARTHEST: i64 = 1 << 62;

/// Everything that is counted together is at most this, so that sums of two workloads hold.
const MOST: u64 = 1 << 62;

/// Requests of a stream are numbered in 32 bits, also after a merge.
const MOST_REQUESTS: u64 = 1 << 30;

/// Money, in 10⁻⁹ US dollars, is at most this together.
const MOST_MONEY: u128 = 1 << 100;

/// Says what is wrong with a workload as it was read.
pub(super) fn check(workload: &mut Workload) -> Result<(), String> {
    references(workload)?;
    times(workload)?;
    let mut sums = Sums::default();
    let units = workload.units.len();
    let is_unit = |unit: UnitId| (unit.0 as usize) < units;
    for row in &workload.rows {
        if !is_unit(row.key.unit) {
            return Err("a row has no unit".into());
        }
        if !is_near(i64::from(row.key.cell), CELL) {
            return Err("a row's cell is too far from 1970".into());
        }
        sums.row(row)?;
    }
    if !workload.lookups.iter().all(|l| is_unit(l.unit)) {
        return Err("a lookup has no unit".into());
    }
    if !workload.steps.iter().all(|s| is_unit(s.unit)) {
        return Err("a step has no unit".into());
    }
    if !workload.pauses.iter().all(|p| is_unit(p.unit)) {
        return Err("a wait before a retry has no unit".into());
    }
    for series in &workload.samples {
        if series.metric == Measured::Custom(crate::record::Name::NONE) || series.cells.is_empty() {
            return Err("a series of samples has no metric or no cell".into());
        }
        for (cell, values) in &series.cells {
            if !is_near(*cell, SAMPLE_CELL) {
                return Err("a sample's cell is too far from 1970".into());
            }
            match values {
                Values::One(_) => sums.count(1),
                Values::Several(figure) if figure.n == 0 => {
                    return Err("a cell of samples is empty".into());
                }
                Values::Several(figure) => sums.figure(figure)?,
            }
        }
    }
    for wall in &workload.wall_clocks {
        if !is_unit(wall.unit) {
            return Err("a wall-clock time has no unit".into());
        }
        wall_clock(wall)?;
        sums.count(wall.empty);
    }
    for stream in &workload.streams {
        if !is_unit(stream.unit) {
            return Err("a stream has no unit".into());
        }
        sums.stream(stream)?;
    }
    sums.counts(&workload.counts);
    if sums.total > MOST || sums.money > MOST_MONEY {
        return Err("counts are too large to be added up".into());
    }
    Ok(())
}

/// Every number that names something names something that is there.
fn references(workload: &mut Workload) -> Result<(), String> {
    let names = workload.catalog.names.values().len();
    let dims = workload.catalog.dims.values().len();
    let identities = workload.catalog.identities.values().len();
    let units = workload.units.len();
    let mut lost = None;
    each_reference(workload, |reference| {
        let (what, number, all) = match reference {
            Reference::Name(n) => ("name", n.0, names),
            Reference::Dims(d) => ("set of dimensions", d.0, dims),
            Reference::Identity(i) => ("identity", i.0, identities),
            Reference::Unit(u) if *u == UnitId::NONE => return,
            Reference::Unit(u) => ("unit", u.0, units),
        };
        if number as usize >= all {
            lost = lost.or(Some((what, number)));
        }
    });
    match lost {
        Some((what, number)) => Err(format!("there is no {what} {number}")),
        None => Ok(()),
    }
}

/// Longer than anything that a fold of 100 years could hold, and small enough to be added up.
const LONGEST: u128 = 1 << 100;

fn wall_clock(wall: &WallClock) -> Result<(), String> {
    let busy = [wall.model, wall.tool];
    let is_short = wall
        .parts
        .iter()
        .chain(wall.tools.iter().map(|t| &t.shared))
        .chain(busy.iter().map(|b| &b.sum))
        .all(|nanos| *nanos <= LONGEST);
    if !is_short {
        return Err("a wall-clock time is too long to be added up".into());
    }
    let tools: u128 = wall.tools.iter().map(|t| t.shared).sum();
    let subagents = wall.subagents.model.saturating_add(wall.subagents.tool);
    let is_whole = tools == wall.parts[WallPart::Tool as usize]
        && subagents <= tools
        && wall.tools.iter().all(|t| t.alone <= t.shared)
        && busy.iter().all(|b| b.union <= b.sum);
    if !is_whole {
        return Err("the parts of a wall-clock time do not fit together".into());
    }
    Ok(())
}

fn times(workload: &Workload) -> Result<(), String> {
    let near = |time: &Time| time.0 > -FARTHEST && time.0 < FARTHEST;
    let sequences = &workload.sequences;
    let period = workload.period.map(|(from, to)| [from, to]);
    let is_short = |nanos: i64| nanos < FARTHEST;
    let is_near = workload
        .lookups
        .iter()
        .all(|l| near(&l.time) && is_short(l.took))
        && workload
            .steps
            .iter()
            .all(|s| near(&s.start) && is_short(s.duration) && (0..FARTHEST).contains(&s.queue))
        && workload
            .pauses
            .iter()
            .all(|p| near(&p.time) && (0..FARTHEST).contains(&p.nanos))
        && workload.events.iter().all(|e| near(&e.time))
        && workload
            .aggregates
            .iter()
            .all(|a| a.time.as_ref().is_none_or(near))
        && sequences.readings.iter().all(|r| near(&r.time))
        && sequences
            .sample_times
            .iter()
            .all(|(_, times)| times.iter().all(near))
        && sequences
            .endings
            .iter()
            .all(|e| e.last_success.iter().chain(&e.failures).all(near))
        && workload.streams.iter().all(|s| {
            s.requests.iter().all(|r| near(&r.start)) && s.calls.iter().all(|c| near(&c.start))
        })
        && period.iter().flatten().all(near);
    if !is_near {
        return Err("a time is too far from 1970".into());
    }
    if workload.period.is_some_and(|(from, to)| from > to) {
        return Err("the period ends before it begins".into());
    }
    if workload
        .events
        .iter()
        .any(|e| e.duration.unsigned_abs() > FARTHEST.unsigned_abs() / 2)
    {
        return Err("an event lasts too long".into());
    }
    Ok(())
}

/// Whether the cell of this number and length begins near enough to 1970.
fn is_near(cell: i64, length: i64) -> bool {
    cell.unsigned_abs() < FARTHEST.unsigned_abs() / length.unsigned_abs()
}

/// What everything adds up to.
#[derive(Default)]
struct Sums {
    total: u64,
    money: u128,
}

impl Sums {
    fn count(&mut self, n: u64) {
        self.total = self.total.saturating_add(n);
    }

    fn figure(&mut self, figure: &Figure) -> Result<(), String> {
        self.count(figure.n);
        if figure.n == 0 {
            return match *figure == Figure::default() {
                true => Ok(()),
                false => Err("a figure of no value has a sum".into()),
            };
        }
        // 64 bits times 64 bits fit into 128.
        let n = i128::from(figure.n.min(MOST));
        let is_between = n * i128::from(figure.min) <= figure.sum
            && figure.sum <= n * i128::from(figure.max)
            && figure.min <= figure.max;
        if !is_between || figure.histogram.count() > figure.n {
            return Err("a figure's sum, extremes and histogram do not fit together".into());
        }
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), String> {
        row.outcomes.iter().for_each(|n| self.count(u64::from(*n)));
        self.figure(&row.time)?;
        match &row.extra {
            Some(extra) => self.extra(extra),
            None => Ok(()),
        }
    }

    fn extra(&mut self, extra: &Extra) -> Result<(), String> {
        // Taken apart by name, so that a field that is added cannot be forgotten here.
        let Extra {
            with_tokens,
            fresh,
            cache_read,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
            lower_bounds,
            budget_used,
            budget,
            cost,
            with_cost,
            cost_tokens,
            cost_with_tokens,
            computed_cost,
            priced,
            priced_at_least,
            unpriced,
            cache_hits,
            cache_lookups,
            retries,
            files_used_of_known,
            files_considered_of_known,
            bare_steps,
            bare_rate_limited,
            figures,
        } = extra;
        for n in [
            with_tokens,
            fresh,
            cache_read,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
            lower_bounds,
            budget_used,
            budget,
            with_cost,
            cost_tokens,
            priced,
            priced_at_least,
            unpriced,
            cache_hits,
            cache_lookups,
            retries,
            files_used_of_known,
            files_considered_of_known,
            bare_steps,
            bare_rate_limited,
        ] {
            self.count(*n);
        }
        for money in [cost, cost_with_tokens, computed_cost] {
            self.money = self.money.saturating_add(money.unsigned_abs());
        }
        if cache_hits > cache_lookups || bare_rate_limited > bare_steps {
            return Err("a part of a row is larger than its whole".into());
        }
        if let Some(figures) = figures {
            let Figures {
                error_time,
                accuracy,
                memory,
                files_used,
                files_considered,
            } = &**figures;
            for figure in [error_time, accuracy, memory, files_used, files_considered] {
                self.figure(figure)?;
            }
        }
        Ok(())
    }

    fn stream(&mut self, stream: &Stream) -> Result<(), String> {
        let known = stream.requests.len() as u64;
        if known > MOST_REQUESTS || stream.calls.iter().any(|c| u64::from(c.request) >= known) {
            return Err("a tool call of a stream belongs to no request".into());
        }
        let is_part = |r: &StreamRequest| r.cache_write_1h <= r.cache_write;
        if !stream.requests.iter().all(is_part) {
            return Err("a part of a request is larger than its whole".into());
        }
        for request in &stream.requests {
            self.count(request.context());
            self.count(u64::from(request.output));
        }
        self.count(stream.calls.len() as u64);
        Ok(())
    }

    fn counts(&mut self, counts: &Counts) {
        for n in [
            counts.records,
            counts.duplicates,
            counts.operations,
            counts.samples,
            counts.events,
            counts.aggregates,
            counts.process_starts,
            counts.clock_faults,
        ] {
            self.count(n);
        }
    }
}
