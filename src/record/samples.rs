//! Samples in columns: what all samples of a snapshot share is held once, and of a value that is its own its number
//! alone.

use crate::units::Time;

use super::shapes::{Kind, ShapeId, Shapes};
use super::{DimsId, Flags, IdentityId, Measured, Sample};

/// Samples in the order in which they were pushed.
#[derive(Debug, Clone, Default, bitcode::Encode, bitcode::Decode)]
pub struct Samples {
    snapshots: Vec<Snapshot>,
    values: Vec<f64>,
    shapes: Shapes,
}

/// What the samples of one moment of one source share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub struct Snapshot {
    /// Key for deduplication, its two halves (0, 0: none).
    key: (u64, u64),
    /// When.
    pub time: Time,
    /// Session, task, run.
    pub identity: IdentityId,
    /// File it came from.
    pub file: u32,
    /// What its values are, of which there is at least one: [`Samples::kinds`].
    pub shape: ShapeId,
    /// Number of its first value.
    first: u32,
}

impl Snapshot {
    fn of(sample: &Sample, first: u32) -> Self {
        Self {
            key: halves(sample.key),
            time: sample.time,
            identity: sample.identity,
            file: sample.file,
            shape: ShapeId(0),
            first,
        }
    }

    /// Key for deduplication (0: none).
    #[must_use]
    pub fn key(&self) -> u128 {
        u128::from(self.key.0) << 64 | u128::from(self.key.1)
    }

    /// Whether a sample is of the same moment, source and file.
    fn is_of(&self, sample: &Sample) -> bool {
        let shared = (
            halves(sample.key),
            sample.time,
            sample.identity,
            sample.file,
        );
        shared == (self.key, self.time, self.identity, self.file)
    }

    fn sample(&self, kind: Kind, value: f64) -> Sample {
        Sample {
            key: self.key(),
            time: self.time,
            value,
            metric: kind.metric,
            dims: kind.dims,
            identity: self.identity,
            file: self.file,
            flags: kind.flags,
        }
    }
}

impl Samples {
    /// Adds a sample. One that leads begins a snapshot; others belong to the one before if they share its key, time,
    /// identity and file.
    pub fn push(&mut self, sample: Sample) {
        let begins = sample.flags.has(Flags::LEADS)
            || self
                .snapshots
                .last()
                .is_none_or(|last| !last.is_of(&sample));
        if begins {
            // Above four thousand million values memory has ended long ago.
            let first = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            self.snapshots.push(Snapshot::of(&sample, first));
        }
        let kind = Kind {
            metric: sample.metric,
            dims: sample.dims,
            flags: sample.flags,
        };
        self.add(kind, sample.value);
    }

    /// Adds a value to the last snapshot; without any it is left out.
    pub fn add(&mut self, kind: Kind, value: f64) {
        if let Some(last) = self.snapshots.last_mut() {
            last.shape = self.shapes.after(last.shape, kind);
            self.values.push(value);
        }
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many samples fit without another place in memory.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.values.capacity()
    }

    /// Makes room for more samples, in snapshots as large as those that are there.
    pub fn reserve(&mut self, more: usize) {
        self.values.reserve(more);
        let each = self.values.len() / self.snapshots.len().max(1);
        self.snapshots.reserve(more / each.max(1));
    }

    /// All samples.
    pub fn iter(&self) -> impl Iterator<Item = Sample> + '_ {
        let mut kinds: (ShapeId, Vec<Kind>) = (ShapeId(0), Vec::new());
        self.snapshots().flat_map(move |(snapshot, values)| {
            if kinds.0 != snapshot.shape {
                kinds = (snapshot.shape, self.kinds(snapshot.shape));
            }
            let each = kinds.1.iter().zip(values);
            let samples = each.map(|(kind, value)| snapshot.sample(*kind, *value));
            samples.collect::<Vec<_>>()
        })
    }

    /// The times of the snapshots whose first value has number `from` or a later one.
    pub fn times_since(&self, from: usize) -> impl Iterator<Item = Time> + '_ {
        let is_before = |s: &Snapshot| (s.first as usize) < from;
        let begin = self.snapshots.partition_point(is_before);
        self.snapshots[begin..].iter().map(|s| s.time)
    }

    /// Snapshots, each with its values, of which there is at least one.
    pub fn snapshots(&self) -> impl ExactSizeIterator<Item = (&Snapshot, &[f64])> {
        (0..self.snapshots.len()).map(|n| (&self.snapshots[n], &self.values[self.range(n)]))
    }

    /// The snapshot of a number.
    ///
    /// # Panics
    /// There are not as many.
    #[must_use]
    pub fn snapshot(&self, number: u32) -> &Snapshot {
        &self.snapshots[number as usize]
    }

    /// What the values of the snapshots of a shape are, one after the other.
    #[must_use]
    pub fn kinds(&self, shape: ShapeId) -> Vec<Kind> {
        self.shapes.kinds(shape)
    }

    /// What the first value of the snapshots of a shape is.
    #[must_use]
    pub fn first_kind(&self, shape: ShapeId) -> Option<Kind> {
        self.shapes.first(shape)
    }

    /// The time of a snapshot, and of its values the one at `offset`.
    ///
    /// # Panics
    /// There are not as many.
    #[must_use]
    pub fn at(&self, snapshot: u32, offset: u32) -> (Time, f64) {
        let snapshot = &self.snapshots[snapshot as usize];
        (
            snapshot.time,
            self.values[(snapshot.first + offset) as usize],
        )
    }

    /// Keeps the samples for which `keep`, which is asked once of each, says yes.
    pub fn retain(&mut self, mut keep: impl FnMut(&Sample) -> bool) {
        let kept: Vec<bool> = self.iter().map(|s| keep(&s)).collect();
        if kept.contains(&false) {
            *self = self
                .iter()
                .zip(kept)
                .filter(|(_, kept)| *kept)
                .map(|(sample, _)| sample)
                .collect();
        }
    }

    /// Shows `change` the identity of each snapshot.
    pub fn each_identity(&mut self, mut change: impl FnMut(&mut IdentityId)) {
        self.snapshots
            .iter_mut()
            .for_each(|s| change(&mut s.identity));
    }

    /// Keeps the snapshots of which `is_dropped` says no.
    pub fn drop_snapshots(&mut self, is_dropped: &[bool]) {
        let (mut snapshots, mut values) = (Vec::new(), Vec::new());
        for ((snapshot, own), dropped) in self.snapshots().zip(is_dropped) {
            if !dropped {
                let first = u32::try_from(values.len()).unwrap_or(u32::MAX);
                snapshots.push(Snapshot { first, ..*snapshot });
                values.extend_from_slice(own);
            }
        }
        (self.snapshots, self.values) = (snapshots, values);
    }

    /// All samples belong to this file.
    pub fn set_file(&mut self, file: u32) {
        self.snapshots.iter_mut().for_each(|s| s.file = file);
    }

    /// Whether snapshots, their shapes and their values belong together, and `is_sound` holds for each identity and
    /// each kind: what was decoded may be anything.
    #[must_use]
    pub fn is_sound(
        &self,
        identity: impl Fn(IdentityId) -> bool,
        kind: impl Fn(&Kind) -> bool,
    ) -> bool {
        let Some(lengths) = self.shapes.lengths(kind) else {
            return false;
        };
        let mut next = 0;
        for snapshot in &self.snapshots {
            let length = lengths.get(snapshot.shape.0 as usize).copied();
            let Some(length) = length.filter(|length| *length > 0) else {
                return false;
            };
            if snapshot.first as usize != next || !identity(snapshot.identity) {
                return false;
            }
            next += length;
        }
        next == self.values.len()
    }

    /// Takes over all samples of `other`, with what refers to a catalog renumbered.
    pub(super) fn append(
        &mut self,
        other: Samples,
        identity: impl Fn(IdentityId) -> IdentityId,
        dims: impl Fn(DimsId) -> DimsId,
        metric: impl Fn(Measured) -> Measured,
    ) {
        let offset = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let shapes = self.shapes.append(&other.shapes, dims, metric);
        self.snapshots
            .extend(other.snapshots.into_iter().map(|s| Snapshot {
                identity: identity(s.identity),
                first: s.first + offset,
                shape: shapes[s.shape.0 as usize],
                ..s
            }));
        self.values.extend_from_slice(&other.values);
    }

    fn range(&self, snapshot: usize) -> std::ops::Range<usize> {
        let end = self
            .snapshots
            .get(snapshot + 1)
            .map_or(self.values.len(), |next| next.first as usize);
        self.snapshots[snapshot].first as usize..end
    }
}

impl PartialEq for Samples {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Extend<Sample> for Samples {
    fn extend<I: IntoIterator<Item = Sample>>(&mut self, samples: I) {
        samples.into_iter().for_each(|s| self.push(s));
    }
}

impl FromIterator<Sample> for Samples {
    fn from_iter<I: IntoIterator<Item = Sample>>(samples: I) -> Self {
        let mut all = Self::default();
        all.extend(samples);
        all
    }
}

fn halves(key: u128) -> (u64, u64) {
    ((key >> 64) as u64, key as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Metric;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    fn sample() -> impl Strategy<Value = Sample> {
        let shared = (0_u128..3, 0_i64..3, 0_u32..2, 0_u32..2);
        (shared, -1.0..1.0, 0_u32..3, any::<bool>()).prop_map(
            |((key, time, identity, file), value, dims, leads)| Sample {
                key: key << 80 | key,
                time: Time(time),
                value,
                metric: Metric::CpuUtilization.into(),
                dims: DimsId(dims),
                identity: IdentityId(identity),
                file,
                flags: if leads {
                    Flags::LEADS
                } else {
                    Flags::default()
                },
            },
        )
    }

    proptest! {
        #[test]
        fn what_was_pushed_comes_back(all in prop::collection::vec(sample(), 0..40), at in 0_usize..40) {
            let samples: Samples = all.iter().copied().collect();
            prop_assert_eq!(samples.len(), all.len());
            prop_assert_eq!(samples.iter().collect::<Vec<_>>(), all.clone());
            let times: Vec<Time> = samples.times_since(at).collect();
            let rest = all.get(at..).unwrap_or_default();
            prop_assert!(times.iter().all(|t| rest.iter().any(|s| s.time == *t)));
            prop_assert!(samples.is_sound(|_| true, |_| true));
            let values: usize = samples.snapshots().map(|(_, values)| values.len()).sum();
            prop_assert_eq!(values, all.len());

            let mut doubled = samples.clone();
            doubled.append(samples.clone(), |i| i, |d| d, |m| m);
            prop_assert!(doubled.is_sound(|_| true, |_| true));
            prop_assert_eq!(doubled.iter().collect::<Vec<_>>(), [all.clone(), all.clone()].concat());

            let mut kept = samples;
            kept.retain(|s| s.dims.0 != 1);
            let expected: Vec<Sample> = all.into_iter().filter(|s| s.dims.0 != 1).collect();
            prop_assert_eq!(kept.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_snapshot_is_dropped_as_a_whole() {
        let of = |time, leads| Sample {
            key: 1,
            time: Time(time),
            value: 0.5,
            metric: Metric::CpuUtilization.into(),
            dims: DimsId(0),
            identity: IdentityId(0),
            file: 0,
            flags: if leads {
                Flags::LEADS
            } else {
                Flags::default()
            },
        };
        let mut samples: Samples = [of(1, true), of(1, false), of(2, true)]
            .into_iter()
            .collect();
        samples.drop_snapshots(&[true, false]);
        assert_eq!(samples.iter().collect::<Vec<_>>(), [of(2, true)]);
        assert!(samples.is_sound(|_| true, |_| true));
    }

    #[test]
    fn what_does_not_belong_together_is_told() {
        let one = sample()
            .new_tree(&mut Default::default())
            .unwrap()
            .current();
        let mut samples: Samples = [one, one].into_iter().collect();
        samples.values.clear();
        assert!(!samples.is_sound(|_| true, |_| true));
    }
}
