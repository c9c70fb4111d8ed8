//! Samples in columns: what all samples of a snapshot share is held once.

use crate::units::Time;

use super::{DimsId, Flags, IdentityId, Measured, Sample};

/// Samples in the order in which they were pushed.
#[derive(Debug, Clone, PartialEq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Samples {
    snapshots: Vec<Snapshot>,
    values: Vec<Value>,
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
    /// Number of its first value.
    first: u32,
}

/// What a sample has of its own.
#[derive(Debug, Clone, Copy, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct Value {
    /// As [`Sample::value`].
    pub value: f64,
    /// What.
    pub metric: Measured,
    /// Dimensions.
    pub dims: DimsId,
    /// Marks.
    pub flags: Flags,
}

impl Snapshot {
    fn of(sample: &Sample, first: u32) -> Self {
        Self {
            key: halves(sample.key),
            time: sample.time,
            identity: sample.identity,
            file: sample.file,
            first,
        }
    }

    /// Key for deduplication (0: none).
    #[must_use]
    pub fn key(&self) -> u128 {
        u128::from(self.key.0) << 64 | u128::from(self.key.1)
    }

    fn sample(&self, value: &Value) -> Sample {
        Sample {
            key: self.key(),
            time: self.time,
            value: value.value,
            metric: value.metric,
            dims: value.dims,
            identity: self.identity,
            file: self.file,
            flags: value.flags,
        }
    }
}

impl Samples {
    /// Adds a sample. One that leads begins a snapshot; others belong to the one before if they share its key, time,
    /// identity and file.
    pub fn push(&mut self, sample: Sample) {
        // Above four thousand million values memory has ended long ago.
        let first = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let begins = sample.flags.has(Flags::LEADS)
            || self.snapshots.last().is_none_or(|last| {
                let own = Snapshot::of(&sample, last.first);
                *last != own
            });
        if begins {
            self.snapshots.push(Snapshot::of(&sample, first));
        }
        self.values.push(Value {
            value: sample.value,
            metric: sample.metric,
            dims: sample.dims,
            flags: sample.flags,
        });
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
        self.snapshots()
            .flat_map(|(snapshot, values)| values.iter().map(|v| snapshot.sample(v)))
    }

    /// The samples from number `from` on.
    pub fn since(&self, from: usize) -> impl Iterator<Item = Sample> + '_ {
        let begins = self
            .snapshots
            .partition_point(|s| (s.first as usize) <= from)
            .saturating_sub(1);
        (begins..self.snapshots.len())
            .flat_map(move |n| self.numbered(n))
            .filter(move |(at, _)| *at >= from)
            .map(|(_, sample)| sample)
    }

    /// Snapshots, each with its values, of which there is at least one.
    pub fn snapshots(&self) -> impl ExactSizeIterator<Item = (&Snapshot, &[Value])> {
        (0..self.snapshots.len()).map(|n| (&self.snapshots[n], &self.values[self.range(n)]))
    }

    /// The time of a snapshot and one of its values, by their numbers.
    ///
    /// # Panics
    /// There are not as many.
    #[must_use]
    pub fn at(&self, snapshot: u32, value: u32) -> (Time, &Value) {
        let snapshot = &self.snapshots[snapshot as usize];
        (snapshot.time, &self.values[value as usize])
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
        let mut kept = Samples::default();
        for ((snapshot, values), dropped) in self.snapshots().zip(is_dropped) {
            if !dropped {
                let first = u32::try_from(kept.values.len()).unwrap_or(u32::MAX);
                kept.snapshots.push(Snapshot { first, ..*snapshot });
                kept.values.extend_from_slice(values);
            }
        }
        *self = kept;
    }

    /// All samples belong to this file.
    pub fn set_file(&mut self, file: u32) {
        self.snapshots.iter_mut().for_each(|s| s.file = file);
    }

    /// Whether `snapshots` and `values` belong together, and `is_sound` holds for each sample: what was decoded may be
    /// anything.
    #[must_use]
    pub fn is_sound(&self, is_sound: impl Fn(&Sample) -> bool) -> bool {
        let starts = self.snapshots.iter().map(|s| s.first as usize);
        let is_begun = self.snapshots.is_empty() == self.values.is_empty();
        is_begun
            && starts.clone().next().is_none_or(|first| first == 0)
            && starts.clone().zip(starts.skip(1)).all(|(a, b)| a < b)
            && self
                .snapshots
                .last()
                .is_none_or(|last| (last.first as usize) < self.values.len())
            && self.iter().all(|s| is_sound(&s))
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
        self.snapshots
            .extend(other.snapshots.into_iter().map(|s| Snapshot {
                identity: identity(s.identity),
                first: s.first + offset,
                ..s
            }));
        self.values.extend(other.values.into_iter().map(|v| Value {
            dims: dims(v.dims),
            metric: metric(v.metric),
            ..v
        }));
    }

    fn range(&self, snapshot: usize) -> std::ops::Range<usize> {
        let end = self
            .snapshots
            .get(snapshot + 1)
            .map_or(self.values.len(), |next| next.first as usize);
        self.snapshots[snapshot].first as usize..end
    }

    fn numbered(&self, snapshot: usize) -> impl Iterator<Item = (usize, Sample)> + '_ {
        self.range(snapshot)
            .map(move |at| (at, self.snapshots[snapshot].sample(&self.values[at])))
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
            let rest: Vec<Sample> = samples.since(at).collect();
            prop_assert_eq!(&rest, &all.get(at..).unwrap_or_default());
            prop_assert!(samples.is_sound(|_| true));
            let values: usize = samples.snapshots().map(|(_, values)| values.len()).sum();
            prop_assert_eq!(values, all.len());

            let mut doubled = samples.clone();
            doubled.append(samples.clone(), |i| i, |d| d, |m| m);
            prop_assert!(doubled.is_sound(|_| true));
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
        assert!(samples.is_sound(|s| s.time == Time(2)));
    }

    #[test]
    fn what_does_not_belong_together_is_told() {
        let one = sample()
            .new_tree(&mut Default::default())
            .unwrap()
            .current();
        let mut samples: Samples = [one, one].into_iter().collect();
        samples.values.clear();
        assert!(!samples.is_sound(|_| true));
    }
}
