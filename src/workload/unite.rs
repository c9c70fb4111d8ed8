//! Two states of one part, in one: nothing counts twice, and nothing is lost.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::record::{Dimension, DimsId, Measured, Name};
use crate::units::Time;

use super::canonical::canonicalise;
use super::pieces::weight;
use super::{Earlier, Piece, Reach, SampleSeries, Scope, UnitId, Workload};

/// What is sampled in a cell, whatever mode and interface were thought to be in force.
type Place = (Measured, DimsId, UnitId, Name, i64);

/// What becomes of a piece when another state of it comes in.
#[derive(Debug)]
pub enum Succession {
    /// It becomes this one.
    By(Box<Piece>),
    /// Of the unit more is known already, as when a part of its log is gone: it stays.
    Fuller,
    /// The unit's newer state lost records that are known here, and has others. Some may be in both, and which cannot
    /// be told: it stays.
    Torn,
}

impl Succession {
    fn by(piece: Piece) -> Self {
        Self::By(Box::new(piece))
    }
}

impl Piece {
    /// What this piece becomes when another state of it comes in. What belongs to no unit becomes both together. A
    /// unit becomes
    ///
    /// - the newer state, where that reaches as far back and forth and is as full: later lines of a log correct earlier
    ///   ones;
    /// - both together, where one ends before the other begins: a log was rotated in between. When the later log has
    ///   grown, its newer state takes the place of its older one.
    ///
    /// With `is_forced` a unit becomes the newer state, whatever is lost.
    #[must_use]
    pub fn succeeded_by(self, newer: &Piece, is_forced: bool) -> Succession {
        let is_unit = matches!(self.scope, Scope::Unit(_));
        if !is_unit {
            return Succession::by(self.and(newer, None));
        }
        if is_forced {
            return Succession::by(newer.clone());
        }
        let is_lighter = newer.weight() < self.weight();
        let by_weight = |newer: &Piece| match is_lighter {
            true => Succession::Fuller,
            false => Succession::by(newer.clone()),
        };
        let Some(((first, last), (newer_first, newer_last))) = self.reach.zip(newer.reach) else {
            return by_weight(newer);
        };
        if newer_first > last {
            return Succession::by(self.followed_by(newer));
        }
        if newer_last < first {
            return Succession::by(newer.clone().followed_by(&self));
        }
        if newer_first <= first && newer_last >= last {
            return by_weight(newer);
        }
        match self.earlier {
            Some(earlier) if earlier.is_continued_by(newer, &self.workload, last) => {
                Succession::by(earlier.piece.followed_by(newer))
            }
            _ if is_lighter && newer_first >= first && newer_last <= last => Succession::Fuller,
            _ => Succession::Torn,
        }
    }

    /// This and what came after it was complete.
    fn followed_by(self, later: &Piece) -> Piece {
        let earlier = later.reach.map(|(then, _)| Earlier {
            piece: Piece {
                earlier: None,
                ..self.clone()
            },
            then,
        });
        self.and(later, earlier.map(Box::new))
    }

    /// Its workload, which knows again from when to when its unit reaches.
    fn into_workload(mut self) -> Workload {
        if let (Scope::Unit(name), Some((first, last))) = (&self.scope, self.reach) {
            let at = self.workload.units.iter().position(|u| u.name == *name);
            let unit = at.map(|at| UnitId(super::fold::number(at)));
            let reach = unit.map(|unit| Reach { unit, first, last });
            self.workload.reaches = reach.into_iter().collect();
        }
        self.workload
    }

    fn and(self, other: &Piece, earlier: Option<Box<Earlier>>) -> Piece {
        let reaches = self.reach.zip(other.reach);
        Piece {
            workload: self.workload.united(other.workload.clone()),
            scope: self.scope,
            reach: reaches.map(|(a, b)| (a.0.min(b.0), a.1.max(b.1))),
            earlier,
        }
    }
}

impl Earlier {
    /// Whether a newer state is one of the last part of `whole`, which ends at `last`, and of nothing before it.
    fn is_continued_by(&self, newer: &Piece, whole: &Workload, last: Time) -> bool {
        let Some((end, (first, newer_last))) =
            self.piece.reach.map(|(_, end)| end).zip(newer.reach)
        else {
            return false;
        };
        let part = weight(whole).saturating_sub(self.piece.weight());
        first > end && first <= self.then && newer_last >= last && newer.weight() >= part
    }
}

/// Pieces that were kept with those that came in later.
#[must_use]
pub fn joined(kept: Vec<Piece>, newer: Vec<Piece>) -> Workload {
    let mut all: BTreeMap<Scope, Piece> = BTreeMap::new();
    for piece in kept.into_iter().chain(newer) {
        let next = match all.remove(&piece.scope) {
            None => piece,
            Some(known) => match known.clone().succeeded_by(&piece, false) {
                Succession::By(next) => *next,
                // Nothing is lost by a look: the fuller one tells more.
                Succession::Torn if piece.weight() > known.weight() => piece,
                Succession::Torn | Succession::Fuller => known,
            },
        };
        all.insert(next.scope.clone(), next);
    }
    Workload::of_pieces(all.into_values().map(Piece::into_workload))
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
