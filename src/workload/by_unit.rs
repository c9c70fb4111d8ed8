//! A value of each unit: a map for keys that come in order, as the rows and streams of a workload do.

use super::UnitId;

/// Values by unit, sorted. What comes in order of its unit is added at the end, without a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByUnit<T>(Vec<(UnitId, T)>);

/// Units, each once.
pub type Units = ByUnit<()>;

impl<T> Default for ByUnit<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByUnit<T> {
    /// The value of a unit; the default one where it has none yet. One that comes before others is put between them, which
    /// takes the longer the more they are.
    pub fn entry(&mut self, unit: UnitId) -> &mut T
    where
        T: Default,
    {
        let end = self.0.len();
        let last = self.0.last().map(|(last, _)| *last);
        let at = match last {
            Some(last) if last == unit => end - 1,
            Some(last) if last > unit => match self.place(unit) {
                Ok(at) => at,
                Err(at) => {
                    self.0.insert(at, (unit, T::default()));
                    at
                }
            },
            _ => {
                self.0.push((unit, T::default()));
                end
            }
        };
        &mut self.0[at].1
    }

    /// Whether a unit has a value.
    #[must_use]
    pub fn contains(&self, unit: UnitId) -> bool {
        self.place(unit).is_ok()
    }

    /// How many units have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The units, in order.
    pub fn units(&self) -> impl ExactSizeIterator<Item = UnitId> {
        self.0.iter().map(|(unit, _)| *unit)
    }

    /// The values, in order of their units.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values by a function that is asked for one unit after another: such that come in order are found
    /// without a search.
    pub fn finder<'a>(&'a self) -> impl FnMut(UnitId) -> Option<&'a T> {
        let mut at = 0;
        move |unit| {
            let is_it = |at: usize| self.0.get(at).is_some_and(|(u, _)| *u == unit);
            if !is_it(at) {
                at = if is_it(at + 1) {
                    at + 1
                } else {
                    self.place(unit).ok()?
                };
            }
            Some(&self.0[at].1)
        }
    }

    fn place(&self, unit: UnitId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&unit, |(u, _)| *u)
    }
}

impl<T> FromIterator<(UnitId, T)> for ByUnit<T> {
    /// Of equal units the last value counts.
    fn from_iter<I: IntoIterator<Item = (UnitId, T)>>(values: I) -> Self {
        let mut all: Vec<(UnitId, T)> = values.into_iter().collect();
        all.sort_by_key(|(unit, _)| *unit);
        all.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        Self(all)
    }
}

impl FromIterator<UnitId> for Units {
    fn from_iter<I: IntoIterator<Item = UnitId>>(units: I) -> Self {
        let mut all = Self::default();
        all.extend(units);
        all
    }
}

impl Extend<UnitId> for Units {
    fn extend<I: IntoIterator<Item = UnitId>>(&mut self, units: I) {
        for unit in units {
            if self.0.last() != Some(&(unit, ())) {
                self.0.push((unit, ()));
            }
        }
        if !self.0.is_sorted() {
            self.0.sort_unstable();
            self.0.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Against a map of the standard library.
        #[test]
        fn is_a_map(keys in prop::collection::vec(0_u32..60, 0..90), is_sorted: bool) {
            let mut keys: Vec<UnitId> = keys.into_iter().map(UnitId).collect();
            if is_sorted {
                keys.sort_unstable();
            }
            let (mut ours, mut theirs) = (ByUnit::<usize>::default(), BTreeMap::<UnitId, usize>::new());
            for (at, key) in keys.iter().enumerate() {
                *ours.entry(*key) += at;
                *theirs.entry(*key).or_default() += at;
            }
            prop_assert_eq!(ours.units().collect::<Vec<_>>(), theirs.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(ours.values().collect::<Vec<_>>(), theirs.values().collect::<Vec<_>>());
            let units: Units = keys.iter().copied().collect();
            prop_assert_eq!(units.units().collect::<Vec<_>>(), theirs.keys().copied().collect::<Vec<_>>());
            let pairs = || keys.iter().copied().zip(0_usize..);
            let (last, expected): (ByUnit<usize>, BTreeMap<UnitId, usize>) = (pairs().collect(), pairs().collect());
            prop_assert_eq!(last.values().collect::<Vec<_>>(), expected.values().collect::<Vec<_>>());
            let mut find = ours.finder();
            for key in keys.iter().chain([&UnitId(60)]) {
                prop_assert_eq!(ours.contains(*key), theirs.contains_key(key));
                prop_assert_eq!(find(*key), theirs.get(key));
            }
        }
    }
}
