//! The slopes between all pairs of points, of which only few are formed where there are many.

use super::{number, ranks};

/// Longest series whose slopes are all formed.
const ALL_SLOPES: usize = 300;

/// Slopes that are drawn to begin a search with.
const DRAWN: usize = 16_384;
/// And for each point, at most.
const DRAWN_EACH: usize = 8;

/// Steps after which a search stops in any case; 200 halvings are more than any pair of doubles needs.
const MOST_STEPS: usize = 200;

/// The slopes between all pairs of points with different x.
pub(super) struct Slopes {
    /// Points by x, then y.
    points: Vec<(f64, f64)>,
    pairs: usize,
    /// All slopes, where they are formed.
    formed: Option<Vec<f64>>,
    /// Some slopes, ascending, where they are not: they begin the search.
    sample: Vec<f64>,
    /// Pairs with equal x and equal y, which every count finds.
    doubles: usize,
    /// Places of the slopes that are 0, of which rounded values have very many.
    flat: std::ops::Range<usize>,
}

/// Slopes between two bounds: above `low`, and at most `high`.
#[derive(Clone, Copy)]
struct Bracket {
    low: f64,
    high: f64,
    /// Slopes at most `low`.
    below: usize,
    /// Slopes at most `high`.
    above: usize,
}

impl Bracket {
    fn size(self) -> usize {
        self.above - self.below
    }
}

impl Slopes {
    /// `None` without a pair.
    pub(super) fn new(x: &[f64], y: &[f64]) -> Option<Self> {
        let n = x.len();
        let mut points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let ties = |values: &[f64]| -> usize {
            ranks::tie_sizes(values)
                .iter()
                .map(|t| t * (t - 1) / 2)
                .sum()
        };
        let pairs = (n * n.saturating_sub(1) / 2).checked_sub(ties(x))?;
        if pairs == 0 {
            return None;
        }
        let mut slopes = Self {
            points,
            pairs,
            formed: None,
            sample: Vec::new(),
            doubles: 0,
            flat: 0..0,
        };
        if n <= ALL_SLOPES {
            slopes.formed = Some(slopes.form());
        } else {
            slopes.prepare();
        }
        Some(slopes)
    }

    /// What a search needs.
    fn prepare(&mut self) {
        self.sample = self.draw();
        self.doubles = self
            .points
            .chunk_by(|a, b| a == b)
            .map(|group| group.len() * (group.len() - 1) / 2)
            .sum();
        self.flat = count_falling(&self.heights(0.0))..self.at_most(0.0);
    }

    /// How many there are.
    pub(super) fn pairs(&self) -> usize {
        self.pairs
    }

    /// The median slope.
    pub(super) fn median(&mut self) -> f64 {
        let (lower, upper) = self.between((self.pairs - 1) / 2, self.pairs / 2);
        lower + (upper - lower) / 2.0
    }

    /// The slope at `place` (0 for the smallest).
    pub(super) fn at(&mut self, place: usize) -> f64 {
        self.between(place, place).0
    }

    fn form(&self) -> Vec<f64> {
        let mut all = Vec::with_capacity(self.pairs);
        for (i, a) in self.points.iter().enumerate() {
            for b in &self.points[i + 1..] {
                if b.0 > a.0 {
                    all.push(slope(*a, *b));
                }
            }
        }
        all
    }

    /// Slopes of pairs drawn by a fixed generator; which ones does not matter for the result, only for
    /// the time it takes.
    fn draw(&self) -> Vec<f64> {
        let n = self.points.len();
        let wanted = DRAWN.min(DRAWN_EACH * n);
        let mut drawn: Vec<f64> = Vec::with_capacity(wanted);
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..wanted {
            let mut index = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(state >> 33).unwrap_or(0) % n
            };
            let (a, b) = (self.points[index()], self.points[index()]);
            if a.0 != b.0 {
                drawn.push(slope(a, b));
            }
        }
        drawn.sort_by(f64::total_cmp);
        drawn
    }

    /// The slopes at two places, the same or neighbours.
    ///
    /// A bracket around both is narrowed until so few slopes lie in it that they can be formed.
    /// Source: Dillencourt, Mount & Netanyahu 1992, International Journal of Computational Geometry &
    /// Applications 2(1), "A randomized algorithm for slope selection".
    fn between(&mut self, first: usize, last: usize) -> (f64, f64) {
        if let Some(all) = &mut self.formed {
            return two_smallest(all, first, last);
        }
        if self.flat.contains(&first) && self.flat.contains(&last) {
            return (0.0, 0.0);
        }
        let fewest = 4 * self.points.len();
        let (bracket, is_narrow) = self.narrow(first, last, fewest);
        if is_narrow {
            let mut listed = self.list(bracket);
            // Both from the same numbers, so that they agree.
            if listed.len() == bracket.size() {
                return two_smallest(&mut listed, first - bracket.below, last - bracket.below);
            }
        }
        // More slopes than can be formed, and hardly a number between the bounds: all are the same.
        if first == last {
            let drawn = self.sample.partition_point(|t| *t <= bracket.low);
            let drawn = self.sample.get(drawn).filter(|t| **t <= bracket.high);
            let slope = drawn.copied().unwrap_or(bracket.high);
            (slope, slope)
        } else {
            (self.at(first), self.at(last))
        }
    }

    /// A bracket around two places, and whether no more than `fewest` slopes lie in it.
    fn narrow(&self, first: usize, last: usize, fewest: usize) -> (Bracket, bool) {
        let mut bracket = self.begin(first, last);
        let scale = self
            .sample
            .iter()
            .fold(0.0_f64, |most, t| most.max(t.abs()))
            .max(f64::MIN_POSITIVE);
        for step in 0..MOST_STEPS {
            let Bracket {
                low, high, below, ..
            } = bracket;
            if bracket.size() <= fewest {
                return (bracket, true);
            }
            if high - low <= 1e-13 * low.abs().max(high.abs()).max(1e-6 * scale) {
                break;
            }
            // A little beside the places, now on the one side, now on the other, by the counts at the
            // bounds; every third step halves, so that ties cannot stall it.
            let aim = match step % 3 {
                0 => number(last + 1 - below) + number(fewest) / 4.0,
                1 => number(first - below) - number(fewest) / 4.0,
                _ => number(bracket.size()) / 2.0,
            };
            let share = if step % 3 == 2 {
                0.5
            } else {
                aim / number(bracket.size())
            };
            let middle = low + (high - low) * share.clamp(1e-6, 1.0 - 1e-6);
            if middle <= low || middle >= high {
                break;
            }
            let count = self.at_most(middle);
            if count > last {
                (bracket.high, bracket.above) = (middle, count);
            } else if count <= first {
                (bracket.low, bracket.below) = (middle, count);
            } else {
                // Between the two places: they are `middle` or below, and above.
                break;
            }
        }
        (bracket, bracket.size() <= fewest)
    }

    /// A bracket by the sample: about where the places should lie in it, and ever wider until they do.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn begin(&self, first: usize, last: usize) -> Bracket {
        let mut bracket = self.all();
        let drawn = number(self.sample.len());
        let share = number(first) / number(self.pairs);
        let deviation = (drawn * share * (1.0 - share)).sqrt();
        for width in [3.0, 12.0, 48.0].map(|times| times * deviation + 2.0) {
            let at = drawn * share - width;
            if let Some(t) = self.sample.get(at as usize).filter(|_| at >= 0.0) {
                let count = self.at_most(*t);
                if count <= first {
                    (bracket.low, bracket.below) = (*t, count);
                    break;
                }
            }
        }
        for width in [3.0, 12.0, 48.0].map(|times| times * deviation + 2.0) {
            if let Some(t) = self.sample.get((drawn * share + width) as usize) {
                let count = self.at_most(*t);
                if count > last {
                    (bracket.high, bracket.above) = (*t, count);
                    break;
                }
            }
        }
        bracket
    }

    /// A bracket around all slopes. Each is a mean of slopes between neighbours.
    fn all(&self) -> Bracket {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        let columns: Vec<&[(f64, f64)]> = self.points.chunk_by(|a, b| a.0 == b.0).collect();
        for pair in columns.windows(2) {
            // Within a column y rises.
            let [Some((bottom, top)), Some((next_bottom, next_top))] =
                [pair[0], pair[1]].map(|c| c.first().zip(c.last()))
            else {
                continue;
            };
            least = least.min(slope(*top, *next_bottom));
            most = most.max(slope(*bottom, *next_top));
        }
        // Clear of the least one and the last, also where numbers are rounded.
        let margin =
            1e-9 * (most - least) + 1e-12 * least.abs().max(most.abs()) + f64::MIN_POSITIVE;
        Bracket {
            low: least - margin,
            high: most + margin,
            below: 0,
            above: self.pairs,
        }
    }

    /// How many slopes are at most `t`: with z = y − t·x these are the pairs in which z does not rise.
    fn at_most(&self, t: f64) -> usize {
        // Reversed, so that what rises falls.
        let mut z = self.heights(t);
        z.reverse();
        let n = z.len();
        let rising = count_falling(&z);
        // Of pairs with equal x, sorted by y, z rises with y; only doubles don't, and they are no slopes.
        n * (n - 1) / 2 - rising - self.doubles
    }

    /// z = y − t·x of each point.
    fn heights(&self, t: f64) -> Vec<f64> {
        // Counted from the first point on, so that a large x (a date) costs no digits.
        let origin = self.points.first().map_or(0.0, |p| p.0);
        let height = |p: &(f64, f64)| p.1 - t * (p.0 - origin);
        self.points.iter().map(height).collect()
    }

    /// The slopes within a bracket: of the pairs in which z rises for its low end and does not for its
    /// high one.
    fn list(&self, bracket: Bracket) -> Vec<f64> {
        let low = self.heights(bracket.low);
        let high = self.heights(bracket.high);
        let mut order: Vec<usize> = (0..low.len()).collect();
        // Equal heights at the low end must not count as crossed, whatever they are at the high end.
        order.sort_by(|a, b| {
            low[*a]
                .total_cmp(&low[*b])
                .then(high[*a].total_cmp(&high[*b]))
        });
        let mut crossing = Crossing {
            slopes: self,
            low: &low,
            high: &high,
            most: bracket.size(),
            found: Vec::with_capacity(bracket.size()),
        };
        let mut buffer = order.clone();
        crossing.sort(&mut order, &mut buffer);
        crossing.found
    }
}

/// Lists pairs that are in one order at the low end of a bracket and in the other, or level, at the high end.
struct Crossing<'a> {
    slopes: &'a Slopes,
    low: &'a [f64],
    high: &'a [f64],
    most: usize,
    found: Vec<f64>,
}

impl Crossing<'_> {
    /// Sorts points, in order of their low heights, by their high ones.
    fn sort(&mut self, order: &mut [usize], buffer: &mut [usize]) {
        let n = order.len();
        if n < 2 {
            return;
        }
        let half = n / 2;
        let (left, right) = order.split_at_mut(half);
        let (left_buffer, right_buffer) = buffer.split_at_mut(half);
        self.sort(left, left_buffer);
        self.sort(right, right_buffer);
        let (mut i, mut j) = (0, 0);
        for slot in buffer.iter_mut() {
            let is_left =
                j == right.len() || i < left.len() && self.high[left[i]] < self.high[right[j]];
            if is_left {
                *slot = left[i];
                i += 1;
            } else {
                for before in &left[i..] {
                    self.note(*before, right[j]);
                }
                *slot = right[j];
                j += 1;
            }
        }
        order.copy_from_slice(buffer);
    }

    fn note(&mut self, before: usize, after: usize) {
        let (a, b) = (self.slopes.points[before], self.slopes.points[after]);
        if self.low[before] < self.low[after] && a.0 != b.0 && self.found.len() <= self.most {
            self.found.push(slope(a, b));
        }
    }
}

fn slope(a: (f64, f64), b: (f64, f64)) -> f64 {
    (b.1 - a.1) / (b.0 - a.0)
}

/// The values at two places, the same or neighbours, of the order.
fn two_smallest(all: &mut [f64], first: usize, last: usize) -> (f64, f64) {
    let (before, upper, _) = all.select_nth_unstable_by(last, f64::total_cmp);
    let upper = *upper;
    if first == last {
        return (upper, upper);
    }
    let lower = before.iter().copied().max_by(f64::total_cmp);
    (lower.unwrap_or(upper), upper)
}

/// Pairs i < j with values[i] > values[j], by merge sort.
pub(super) fn count_falling(values: &[f64]) -> usize {
    let mut sorted = values.to_vec();
    let mut buffer = values.to_vec();
    count_and_sort(&mut sorted, &mut buffer)
}

fn count_and_sort(values: &mut [f64], buffer: &mut [f64]) -> usize {
    let n = values.len();
    if n <= 16 {
        return count_by_insertion(values);
    }
    let (left_buffer, right_buffer) = buffer.split_at_mut(n / 2);
    let (left, right) = values.split_at_mut(n / 2);
    let mut falling = count_and_sort(left, left_buffer) + count_and_sort(right, right_buffer);
    let (mut i, mut j) = (0, 0);
    for slot in buffer.iter_mut() {
        let (l, r) = (values.get(n / 2 + j), values[..n / 2].get(i));
        match (r, l) {
            (Some(first), Some(second)) if second < first => {
                *slot = *second;
                falling += n / 2 - i;
                j += 1;
            }
            (Some(first), _) => {
                *slot = *first;
                i += 1;
            }
            (None, Some(second)) => {
                *slot = *second;
                j += 1;
            }
            (None, None) => break,
        }
    }
    values.copy_from_slice(buffer);
    falling
}

fn count_by_insertion(values: &mut [f64]) -> usize {
    let mut falling = 0;
    for end in 1..values.len() {
        let mut at = end;
        while at > 0 && values[at - 1] > values[at] {
            values.swap(at - 1, at);
            at -= 1;
        }
        falling += end - at;
    }
    falling
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::trend::theil_sen;
    use super::*;
    use proptest::prelude::*;

    /// Against all slopes formed and sorted.
    fn agree(x: &[f64], y: &[f64]) {
        let mut slopes = Slopes::new(x, y).unwrap();
        slopes.formed = None;
        slopes.prepare();
        let mut all = slopes.form();
        assert_eq!(all.len(), slopes.pairs);
        all.sort_by(f64::total_cmp);
        let last = all.len() - 1;
        for place in [0, 17, all.len() / 3, all.len() / 2, last * 99 / 100, last] {
            let place = place.min(last);
            let (ours, formed) = (slopes.at(place), all[place]);
            assert!(
                (ours - formed).abs() <= 1e-12 * formed.abs().max(1e-3),
                "{place}: {ours} {formed}"
            );
        }
        let median = f64::midpoint(all[all.len() / 2], all[last / 2]);
        assert!((slopes.median() - median).abs() <= 1e-12 * median.abs().max(1e-3));
    }

    #[test]
    fn long_series_agree_with_all_slopes_formed() {
        let n = 1_700_usize;
        let noise = |i: usize| number(i * 7_919 % 10_007) / 10_007.0;
        let made: [fn(usize, f64) -> f64; 5] = [
            |i, noise| number(i) * 0.01 + noise,
            // Many equal values, so that slopes are tied.
            |i, noise| (number(i) * 0.01 + noise * 101.0).floor(),
            |_, noise| (noise * 3.0).floor(),
            |i, _| number(i) * 2.0,
            |_, _| 5.0,
        ];
        for y in made {
            let y: Vec<f64> = (0..n).map(|i| y(i, noise(i))).collect();
            let x: Vec<f64> = (0..n).map(number).collect();
            agree(&x, &y);
            // Two points at each time, as large as dates are.
            let x: Vec<f64> = (0..n).map(|i| 20_000.0 + number(i / 2) / 96.0).collect();
            agree(&x, &y);
            assert!(theil_sen(&x, &y, 0.95).is_some());
        }
    }

    proptest! {
        #[test]
        fn short_series_agree_with_all_slopes_formed(
            points in proptest::collection::vec((-9_i32..9, -9_i32..9), 2..40),
        ) {
            let x: Vec<f64> = points.iter().map(|p| f64::from(p.0)).collect();
            let y: Vec<f64> = points.iter().map(|p| f64::from(p.1) * 0.1).collect();
            if x.iter().any(|v| *v != x[0]) {
                agree(&x, &y);
            }
        }

        #[test]
        fn falling_pairs_are_counted(values in proptest::collection::vec(-5_i32..5, 0..90)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let one_by_one = (0..values.len())
                .flat_map(|i| (i + 1..values.len()).map(move |j| (i, j)))
                .filter(|(i, j)| values[*i] > values[*j])
                .count();
            prop_assert_eq!(count_falling(&values), one_by_one);
        }
    }
}
