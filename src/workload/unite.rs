//! Two states of one part that belongs to no unit, in one: nothing counts twice, and nothing is lost.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::record::{Dimension, DimsId, Measured, Name};

use super::canonical::canonicalise;
use super::{Piece, SampleSeries, Scope, UnitId, Workload};

/// What is sampled in a cell, whatever mode and interface were thought to be in force.
type Place = (Measured, DimsId, UnitId, Name, i64);

impl Piece {
    /// What this piece becomes when another state of it comes in: of a unit the newer state, of
    /// anything else both together. `None`: of a unit more is known here, as when a part of its log
    /// is gone, and nobody forces the newer state.
    #[must_use]
    pub fn succeeded_by(self, newer: &Piece, is_forced: bool) -> Option<Piece> {
        match self.scope {
            Scope::Unit(_) if newer.weight() < self.weight() && !is_forced => None,
            Scope::Unit(_) => Some(newer.clone()),
            Scope::Day(_) | Scope::Timeless => Some(Piece {
                workload: self.workload.united(newer.workload.clone()),
                scope: self.scope,
            }),
        }
    }
}

/// Pieces that were kept with those that came in later.
#[must_use]
pub fn joined(kept: Vec<Piece>, newer: Vec<Piece>) -> Workload {
    let mut all: BTreeMap<Scope, Piece> = BTreeMap::new();
    for piece in kept.into_iter().chain(newer) {
        let next = match all.remove(&piece.scope) {
            None => piece,
            Some(known) => known.clone().succeeded_by(&piece, false).unwrap_or(known),
        };
        all.insert(next.scope.clone(), next);
    }
    Workload::of_pieces(all.into_values().map(|piece| piece.workload))
}

impl Workload {
    /// This and a later state of the same part. Of a cell that both sampled the fuller state counts,
    /// of equally full ones the later; events, aggregates and readings that both tell count once.
    #[must_use]
    pub fn united(mut self, newer: Workload) -> Workload {
        let samples = self.samples.len();
        let events = self.events.len();
        let aggregates = self.aggregates.len();
        let readings = self.sequences.readings.len();
        let endings = self.sequences.endings.len();
        self.take_in(newer);
        let (older, newer) = self.samples.split_at(samples);
        let counts = [older, newer].map(<[SampleSeries]>::to_vec);
        self.samples = self.fuller(counts);

        keep_newer(&mut self.events, events, |e| {
            let told = (e.time, e.kind, e.subject, e.from, e.to, e.dims, e.identity);
            (e.key, (e.key == 0).then_some((told, e.duration)))
        });
        keep_newer(&mut self.aggregates, aggregates, |a| {
            let own = (a.key == 0).then_some((a.value.to_bits(), a.n, a.time));
            (a.key, a.metric, a.statistic, a.dims, own)
        });
        keep_newer(&mut self.sequences.readings, readings, |r| {
            (r.metric, r.series, r.time)
        });
        let (older, newer) = self.sequences.endings.split_at_mut(endings);
        for ending in older {
            // The canonical form adds up the failures of an interface.
            if let Some(other) = newer.iter().find(|e| e.interface == ending.interface) {
                let own = ending.failures.len();
                ending.failures.extend(&other.failures);
                keep_newer(&mut ending.failures, own, |time| *time);
                let left = ending.failures.len() - other.failures.len();
                ending.failures.truncate(left);
            }
        }
        canonicalise(&mut self);
        // Counted anew, and what follows from the sequences with it.
        Workload::of_pieces([self])
    }

    /// The cells of two states of series: of each place the fuller one.
    fn fuller(&mut self, states: [Vec<SampleSeries>; 2]) -> Vec<SampleSeries> {
        let mut sources: HashMap<DimsId, DimsId> = HashMap::new();
        for series in states.iter().flatten() {
            let mut set = self.catalog.dims.get(series.dims.0).clone();
            set.retain(|(d, _)| !matches!(d, Dimension::Mode | Dimension::Interface));
            let source = self.catalog.dims(set);
            sources.insert(series.dims, source);
        }
        let place = |s: &SampleSeries, cell: i64| -> Place {
            (s.metric, sources[&s.dims], s.unit, s.task, cell)
        };
        let mut weights: HashMap<Place, [u64; 2]> = HashMap::new();
        for (state, which) in states.iter().zip(0..) {
            for series in state {
                for (cell, values) in &series.cells {
                    weights.entry(place(series, *cell)).or_default()[which as usize] += values.n();
                }
            }
        }
        let mut kept = Vec::new();
        for (state, which) in states.into_iter().zip([0, 1]) {
            for mut series in state {
                let cells = std::mem::take(&mut series.cells);
                let stays = |cell: i64| {
                    let [old, new] = weights[&place(&series, cell)];
                    if which == 0 { old > new } else { new >= old }
                };
                let cells: Vec<_> = cells.into_iter().filter(|(cell, _)| stays(*cell)).collect();
                if !cells.is_empty() {
                    series.cells = cells;
                    kept.push(series);
                }
            }
        }
        kept
    }
}

/// Keeps what the newer state tells, from number `newer` on, and of the older one what that does not: what
/// stands in either twice is two, and in both twice is two as well.
fn keep_newer<T, K: Hash + Eq>(all: &mut Vec<T>, newer: usize, key: impl Fn(&T) -> K) {
    let mut told: HashMap<K, usize> = HashMap::new();
    for item in &all[newer..] {
        *told.entry(key(item)).or_default() += 1;
    }
    let mut older = newer;
    all.retain(|item| {
        if older == 0 {
            return true;
        }
        older -= 1;
        match told.get_mut(&key(item)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    });
}
