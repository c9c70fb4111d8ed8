//! Merging: files, processes and shards are folded apart and added up.

use crate::record::{Dimension, DimsId, Identity, IdentityId, Name};

use super::canonical::{Reference, canonicalise, each_reference, span};
use super::sequences::settle;
use super::{Counts, Extra, Figures, Row, UnitId, Workload};

impl Workload {
    /// Everything of two workloads: as if their records had been folded together, provided that no
    /// record is in both, no step is cut in two, and switches of mode and interface are where the
    /// samples of their host are. Of a unit that is cut in two the wall-clock times of both parts are
    /// added.
    #[must_use]
    pub fn merge(mut self, other: Workload) -> Workload {
        self.take_in(other);
        canonicalise(&mut self);
        settle(&mut self);
        self
    }

    /// Takes over everything of another workload, unsorted.
    pub(super) fn take_in(&mut self, mut other: Workload) {
        adopt(self, &mut other);
        self.units.append(&mut other.units);
        self.rows.append(&mut other.rows);
        self.samples.append(&mut other.samples);
        self.lookups.append(&mut other.lookups);
        self.steps.append(&mut other.steps);
        self.pauses.append(&mut other.pauses);
        self.events.append(&mut other.events);
        self.aggregates.append(&mut other.aggregates);
        self.wall_clocks.append(&mut other.wall_clocks);
        self.streams.append(&mut other.streams);
        self.reaches.append(&mut other.reaches);
        let (mine, others) = (&mut self.sequences, &mut other.sequences);
        mine.sample_times.append(&mut others.sample_times);
        mine.readings.append(&mut others.readings);
        mine.endings.append(&mut others.endings);
        mine.sessions.append(&mut others.sessions);
        self.counts.add(&other.counts);
        self.period = span(self.period, other.period);
        self.prices = self.prices.take().or(other.prices);
    }
}

/// Renumbers `other` so that its references hold in the catalog and after the units of `workload`.
fn adopt(workload: &mut Workload, other: &mut Workload) {
    let catalog = &mut workload.catalog;
    let theirs = std::mem::take(&mut other.catalog);
    let names: Vec<Name> = theirs
        .names
        .values()
        .iter()
        .map(|text| catalog.name(text))
        .collect();
    let name = |n: Name| names[n.0 as usize];
    let dims: Vec<DimsId> = theirs
        .dims
        .values()
        .iter()
        .map(|set| {
            let set = set
                .iter()
                .map(|(dimension, value)| {
                    let dimension = match *dimension {
                        Dimension::Label(label) => Dimension::Label(name(label)),
                        fixed => fixed,
                    };
                    (dimension, name(*value))
                })
                .collect();
            catalog.dims(set)
        })
        .collect();
    let identities: Vec<IdentityId> = theirs
        .identities
        .values()
        .iter()
        .map(|i| {
            catalog.identity(Identity {
                session: name(i.session),
                task: name(i.task),
                run: name(i.run),
                unit: name(i.unit),
                attendance: i.attendance,
            })
        })
        .collect();
    let before = super::fold::number(workload.units.len());
    each_reference(other, |reference| match reference {
        Reference::Name(n) => *n = name(*n),
        Reference::Dims(d) => *d = dims[d.0 as usize],
        Reference::Identity(i) => *i = identities[i.0 as usize],
        Reference::Unit(u) => {
            if *u != UnitId::NONE {
                u.0 += before;
            }
        }
    });
}

impl Counts {
    /// Adds what is additive; the rest follows from the sequences.
    fn add(&mut self, other: &Counts) {
        self.records += other.records;
        self.duplicates += other.duplicates;
        self.operations += other.operations;
        self.samples += other.samples;
        self.events += other.events;
        self.aggregates += other.aggregates;
        self.process_starts += other.process_starts;
        self.clock_faults += other.clock_faults;
        self.from_rows |= other.from_rows;
    }
}

impl Row {
    /// Adds a row of the same key.
    pub(super) fn merge(&mut self, other: &mut Row) {
        for (mine, others) in self.outcomes.iter_mut().zip(other.outcomes) {
            *mine = mine.saturating_add(others);
        }
        self.time.merge(&other.time);
        if let Some(others) = other.extra.take() {
            match &mut self.extra {
                Some(mine) => mine.merge(&others),
                None => self.extra = Some(others),
            }
        }
    }
}

impl Extra {
    fn merge(&mut self, other: &Extra) {
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
        } = other;
        self.with_tokens += with_tokens;
        self.fresh += fresh;
        self.cache_read += cache_read;
        self.cache_write += cache_write;
        self.cache_write_1h += cache_write_1h;
        self.output += output;
        self.reasoning += reasoning;
        self.lower_bounds += lower_bounds;
        self.budget_used += budget_used;
        self.budget += budget;
        self.cost += cost;
        self.with_cost += with_cost;
        self.cost_tokens += cost_tokens;
        self.cost_with_tokens += cost_with_tokens;
        self.computed_cost += computed_cost;
        self.priced += priced;
        self.priced_at_least += priced_at_least;
        self.unpriced += unpriced;
        self.cache_hits += cache_hits;
        self.cache_lookups += cache_lookups;
        self.retries += retries;
        self.files_used_of_known += files_used_of_known;
        self.files_considered_of_known += files_considered_of_known;
        self.bare_steps += bare_steps;
        self.bare_rate_limited += bare_rate_limited;
        if let Some(others) = figures {
            self.figures.get_or_insert_default().merge(others);
        }
    }
}

impl Figures {
    fn merge(&mut self, other: &Figures) {
        let Figures {
            error_time,
            accuracy,
            memory,
            files_used,
            files_considered,
        } = other;
        self.error_time.merge(error_time);
        self.accuracy.merge(accuracy);
        self.memory.merge(memory);
        self.files_used.merge(files_used);
        self.files_considered.merge(files_considered);
    }
}
