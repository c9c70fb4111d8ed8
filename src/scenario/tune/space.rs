//! A space of combinations, searched: as a whole where it is small enough, else from its corners inwards.
//!
//! Of a large space first every single value is tried, and every pair of values of two knobs, so that knobs which pay only
//! together are seen. A value that gains neither alone nor in a pair is set aside. What is left is searched as a whole if it
//! is small enough now; else by coordinate ascent from several starts, where a step turns one knob, or two that pay only
//! together. This finds a best that no such step makes better; there may be a better one elsewhere. The simulations that are
//! left go to all combinations of the values that stand in the best so far: among these are those that give up some of the
//! goal for something else.
//!
//! What a combination is worth may be seen in several ways (with and without a loss of accuracy): what pays in one of them is
//! kept, and there are ascents in each.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Of each knob which value; `None`: the present one.
pub(super) type Choice = Vec<Option<usize>>;

/// A value of a knob, by their indices.
type Value = (usize, usize);

/// The share of the simulations, in hundredths, that single values and pairs may take.
const PAIRS: usize = 60;

/// Ascents, at most.
const STARTS: usize = 5;

/// Pairs that pay only together which a step of an ascent tries, at most.
const TOGETHER: usize = 40;

/// Smaller differences are those of rounding.
const ROUNDING: f64 = 1e-9;

/// What a combination is worth: less breach of limits before more gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Worth {
    /// By how much limits are broken, each as a share of the limit, added up; 0: none is.
    pub(super) breach: f64,
    /// What is gained by the goal.
    pub(super) gain: f64,
}

impl Worth {
    fn is_better_than(self, other: Self) -> bool {
        self.against(other) == Ordering::Greater
    }

    fn against(self, other: Self) -> Ordering {
        let apart = |a: f64, b: f64| {
            // Infinite breaches are alike, too.
            if a == b || (a - b).abs() <= ROUNDING {
                Ordering::Equal
            } else {
                a.total_cmp(&b)
            }
        };
        apart(other.breach, self.breach).then(apart(self.gain, other.gain))
    }
}

/// What was simulated.
pub(super) struct Searched<P> {
    /// The combinations, the present first.
    pub(super) points: Vec<P>,
    /// How many there are; saturates.
    pub(super) possible: u64,
    /// Knobs of which no value gains anything, alone or in a pair, where the space was not searched as a whole.
    pub(super) set_aside: Vec<usize>,
}

/// Searches the combinations of knobs with so many values beside the present one, at most `most` of them. `simulate` gives
/// them in their order, `judge` says what one is worth in each view.
pub(super) fn search<P, const VIEWS: usize>(
    values: &[usize],
    most: usize,
    simulate: impl FnMut(&[Choice]) -> Vec<P>,
    judge: impl Fn(&P) -> [Worth; VIEWS],
) -> Searched<P> {
    let mut visited = Visited {
        most,
        simulate,
        judge,
        places: BTreeMap::new(),
        points: Vec::new(),
        worths: Vec::new(),
    };
    let all: Vec<Vec<usize>> = values.iter().map(|n| (0..*n).collect()).collect();
    let possible = size(&all);
    let mut set_aside = Vec::new();
    if possible <= most as u64 {
        visited.visit(combinations(&all));
    } else {
        set_aside = visited.in_rounds(&all);
    }
    Searched {
        points: visited.points,
        possible,
        set_aside,
    }
}

/// How many combinations there are; saturates.
fn size(values: &[Vec<usize>]) -> u64 {
    let sizes = values.iter().map(|own| own.len() as u64 + 1);
    sizes.fold(1, u64::saturating_mul)
}

/// All combinations, the present first.
fn combinations(values: &[Vec<usize>]) -> Vec<Choice> {
    let mut choices: Vec<Choice> = vec![Vec::new()];
    for own in values {
        let options = || std::iter::once(None).chain(own.iter().copied().map(Some));
        let longer = |before: &Choice| {
            let before = before.clone();
            options().map(move |option| {
                let mut choice = before.clone();
                choice.push(option);
                choice
            })
        };
        choices = choices.iter().flat_map(longer).collect();
    }
    choices
}

/// What has been simulated so far.
struct Visited<P, S, W, const VIEWS: usize> {
    most: usize,
    simulate: S,
    judge: W,
    places: BTreeMap<Choice, usize>,
    points: Vec<P>,
    worths: Vec<[Worth; VIEWS]>,
}

/// What pays in one view.
#[derive(Default)]
struct Paying {
    /// Values that gain, alone or in a pair.
    values: BTreeSet<Value>,
    /// Pairs that pay only together, the best first.
    together: Vec<(Value, Value)>,
}

impl<P, S: FnMut(&[Choice]) -> Vec<P>, W: Fn(&P) -> [Worth; VIEWS], const VIEWS: usize>
    Visited<P, S, W, VIEWS>
{
    /// Simulates those that were not yet, as many as may be.
    fn visit(&mut self, choices: Vec<Choice>) {
        let mut new: Vec<Choice> = Vec::new();
        let mut seen: BTreeSet<&Choice> = BTreeSet::new();
        for choice in &choices {
            let is_full = self.points.len() + new.len() >= self.most;
            if !is_full && !self.places.contains_key(choice) && seen.insert(choice) {
                new.push(choice.clone());
            }
        }
        for (choice, point) in new.iter().zip((self.simulate)(&new)) {
            self.places.insert(choice.clone(), self.points.len());
            self.worths.push((self.judge)(&point));
            self.points.push(point);
        }
    }

    fn left(&self) -> usize {
        self.most.saturating_sub(self.points.len())
    }

    fn worth_of(&self, choice: &Choice, view: usize) -> Option<Worth> {
        Some(self.worths[*self.places.get(choice)?][view])
    }

    /// Single values, pairs, then what they leave; the knobs that were set aside.
    fn in_rounds(&mut self, all: &[Vec<usize>]) -> Vec<usize> {
        let present: Choice = vec![None; all.len()];
        let values: Vec<Value> = all
            .iter()
            .enumerate()
            .flat_map(|(knob, own)| own.iter().map(move |value| (knob, *value)))
            .collect();
        self.visit(vec![present.clone()]);
        let singles = values.iter().map(|value| with(&present, &[*value]));
        self.visit(singles.collect());
        let pairs = self.pairs(&values, &present);
        let choices = pairs.iter().map(|(a, b)| with(&present, &[*a, *b]));
        self.visit(choices.collect());
        let paying: Vec<Paying> = (0..VIEWS)
            .map(|view| self.paying(&values, &pairs, &present, view))
            .collect();
        let kept: BTreeSet<Value> = paying.iter().flat_map(|p| &p.values).copied().collect();
        let left: Vec<Vec<usize>> = (0..all.len())
            .map(|knob| {
                let own = kept.range((knob, 0)..(knob + 1, 0));
                own.map(|(_, value)| *value).collect()
            })
            .collect();
        if size(&left) <= self.left() as u64 {
            self.visit(combinations(&left));
        } else {
            self.climb(&left, &paying, &present);
            self.visit(combinations(&self.promising(&left)));
        }
        let is_idle = |knob: &usize| left[*knob].is_empty();
        (0..all.len()).filter(is_idle).collect()
    }

    /// What of values and pairs is better than the present.
    fn paying(
        &self,
        values: &[Value],
        pairs: &[(Value, Value)],
        present: &Choice,
        view: usize,
    ) -> Paying {
        let Some(now) = self.worth_of(present, view) else {
            return Paying::default();
        };
        let alone = |value: Value| self.worth_of(&with(present, &[value]), view);
        let pays = |worth: Option<Worth>| worth.filter(|worth| worth.is_better_than(now));
        let single = values.iter().copied();
        let mut paying = Paying {
            values: single.filter(|v| pays(alone(*v)).is_some()).collect(),
            together: Vec::new(),
        };
        let mut together: Vec<((Value, Value), Worth)> = Vec::new();
        for (a, b) in pairs.iter().copied() {
            let both = self.worth_of(&with(present, &[a, b]), view);
            let Some(worth) = pays(both) else { continue };
            let [first, second] = [alone(a), alone(b)];
            let adds = |to: Option<Worth>| to.is_none_or(|to| worth.is_better_than(to));
            if adds(first) && adds(second) {
                paying.values.extend([a, b]);
                if pays(first).is_none() || pays(second).is_none() {
                    together.push(((a, b), worth));
                }
            }
        }
        together.sort_by(|(_, a), (_, b)| b.against(*a));
        paying.together = together.into_iter().map(|(pair, _)| pair).collect();
        paying
    }

    /// Ascents in each view, by turns, so that no view has all of the simulations.
    fn climb(&mut self, left: &[Vec<usize>], paying: &[Paying], present: &Choice) {
        let starts: Vec<Vec<Choice>> = (0..VIEWS)
            .map(|view| self.starts(left, present, view))
            .collect();
        let one = left.iter().enumerate();
        let one = one.flat_map(|(knob, own)| own.iter().map(move |value| vec![(knob, *value)]));
        let one: Vec<Vec<Value>> = one.collect();
        for at in 0..STARTS {
            for (view, (starts, paying)) in starts.iter().zip(paying).enumerate() {
                let Some(start) = starts.get(at) else {
                    continue;
                };
                let two = paying.together.iter().take(TOGETHER);
                let mut steps = one.clone();
                steps.extend(two.map(|(a, b)| vec![*a, *b]));
                self.ascend(start.clone(), &steps, view);
            }
        }
    }

    /// Values that stand in the best combinations of any view, so few that all their combinations may still be simulated.
    fn promising(&self, left: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let mut best: BTreeMap<Value, usize> = BTreeMap::new();
        for view in 0..VIEWS {
            let mut order: Vec<(&Choice, Worth)> = self
                .places
                .iter()
                .map(|(choice, at)| (choice, self.worths[*at][view]))
                .collect();
            order.sort_by(|(_, a), (_, b)| b.against(*a));
            for (rank, (choice, _)) in order.into_iter().enumerate() {
                let values = choice.iter().enumerate();
                for value in values.filter_map(|(knob, value)| Some((knob, (*value)?))) {
                    let own = best.entry(value).or_insert(rank);
                    *own = rank.min(*own);
                }
            }
        }
        let mut worst_first: Vec<(usize, Value)> = left
            .iter()
            .enumerate()
            .flat_map(|(knob, own)| own.iter().map(move |value| (knob, *value)))
            .map(|value| (best.get(&value).copied().unwrap_or(usize::MAX), value))
            .collect();
        worst_first.sort_unstable_by(|a, b| b.cmp(a));
        let mut few = left.to_vec();
        for (_, (knob, value)) in worst_first {
            if size(&few) <= self.left() as u64 {
                break;
            }
            few[knob].retain(|own| *own != value);
        }
        few
    }

    /// All pairs of values of two knobs; where these are too many, of each knob only of the values that are best alone.
    fn pairs(&self, values: &[Value], present: &Choice) -> Vec<(Value, Value)> {
        let alone = |value: &Value| self.worth_of(&with(present, &[*value]), 0);
        let mut ranks: BTreeMap<Value, usize> = BTreeMap::new();
        let mut by_knob: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
        for value in values {
            by_knob.entry(value.0).or_default().push(*value);
        }
        for own in by_knob.values_mut() {
            own.sort_by(|a, b| match (alone(a), alone(b)) {
                (Some(a), Some(b)) => b.against(a),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            ranks.extend(own.iter().enumerate().map(|(rank, value)| (*value, rank)));
        }
        let room = (self.most * PAIRS / 100).saturating_sub(self.points.len());
        let of_the_best = |most: usize| -> Vec<(Value, Value)> {
            let best: Vec<Value> = values
                .iter()
                .copied()
                .filter(|value| ranks[value] < most)
                .collect();
            let mut pairs = Vec::new();
            for (at, a) in best.iter().enumerate() {
                let others = best[at + 1..].iter().filter(|b| b.0 != a.0);
                pairs.extend(others.map(|b| (*a, *b)));
            }
            pairs
        };
        let longest = by_knob.values().map(Vec::len).max().unwrap_or(0);
        let fitting = (1..=longest).rev().map(of_the_best);
        let mut fitting = fitting.skip_while(|pairs| pairs.len() > room);
        fitting.next().unwrap_or_else(|| {
            let mut few = of_the_best(1);
            few.truncate(room);
            few
        })
    }

    /// Where ascents begin: each knob at the value that is best alone, and the best combinations so far that turn
    /// different knobs.
    fn starts(&mut self, left: &[Vec<usize>], present: &Choice, view: usize) -> Vec<Choice> {
        let mut greedy = present.clone();
        for (knob, own) in left.iter().enumerate() {
            let alone = |value: &usize| self.worth_of(&with(present, &[(knob, *value)]), view);
            let best = own
                .iter()
                .filter_map(|value| Some((*value, alone(value)?)))
                .reduce(|best, next| {
                    if next.1.is_better_than(best.1) {
                        next
                    } else {
                        best
                    }
                });
            let now = self.worth_of(present, view);
            greedy[knob] = best
                .filter(|(_, worth)| now.is_none_or(|now| worth.is_better_than(now)))
                .map(|(value, _)| value);
        }
        self.visit(vec![greedy.clone()]);
        let mut best: Vec<(&Choice, usize)> = self.places.iter().map(|(c, at)| (c, *at)).collect();
        best.sort_by(|a, b| {
            let (first, second) = (self.worths[a.1][view], self.worths[b.1][view]);
            second.against(first).then(a.1.cmp(&b.1))
        });
        let knobs = |choice: &Choice| -> Vec<bool> { choice.iter().map(Option::is_some).collect() };
        let mut turned = BTreeSet::from([knobs(&greedy)]);
        let mut starts = vec![greedy];
        for (choice, _) in best {
            if starts.len() < STARTS && turned.insert(knobs(choice)) {
                starts.push(choice.clone());
            }
        }
        starts
    }

    /// Goes the best step as long as one makes it better.
    fn ascend(&mut self, from: Choice, steps: &[Vec<Value>], view: usize) {
        let mut here = from;
        while self.left() > 0
            && let Some(worth) = self.worth_of(&here, view)
        {
            let back = (0..here.len())
                .filter(|knob| here[*knob].is_some())
                .map(|knob| {
                    let mut choice = here.clone();
                    choice[knob] = None;
                    choice
                });
            let mut next: Vec<Choice> = back.collect();
            next.extend(steps.iter().map(|values| with(&here, values)));
            self.visit(next.clone());
            let best = next
                .into_iter()
                .filter_map(|choice| Some((self.worth_of(&choice, view)?, choice)))
                .reduce(|best, other| {
                    if other.0.is_better_than(best.0) {
                        other
                    } else {
                        best
                    }
                });
            match best {
                Some((better, choice)) if better.is_better_than(worth) => here = choice,
                _ => break,
            }
        }
    }
}

/// A combination with these values in place of those of their knobs.
fn with(choice: &Choice, values: &[Value]) -> Choice {
    let mut choice = choice.clone();
    for (knob, value) in values {
        choice[*knob] = Some(*value);
    }
    choice
}

#[cfg(test)]
mod tests;
