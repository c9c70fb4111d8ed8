//! A space of combinations, searched: as a whole where it is small enough, else from its corners inwards.
//!
//! Of a large space first every single value is tried, and every pair of values of two knobs, so that knobs which pay only
//! together are seen. A value that gains neither alone nor in a pair is set aside. What is left is searched as a whole if it
//! is small enough now; else by coordinate ascent from several starts, where a step turns one knob, or two that pay only
//! together. This finds a best that no such step makes better; there may be a better one elsewhere.

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
/// them in their order.
pub(super) fn search<P>(
    values: &[usize],
    most: usize,
    simulate: impl FnMut(&[Choice]) -> Vec<P>,
    worth: impl Fn(&P) -> Worth,
) -> Searched<P> {
    let mut visited = Visited {
        most,
        simulate,
        worth,
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
struct Visited<P, S, W> {
    most: usize,
    simulate: S,
    worth: W,
    places: BTreeMap<Choice, usize>,
    points: Vec<P>,
    worths: Vec<Worth>,
}

impl<P, S: FnMut(&[Choice]) -> Vec<P>, W: Fn(&P) -> Worth> Visited<P, S, W> {
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
            self.worths.push((self.worth)(&point));
            self.points.push(point);
        }
    }

    fn left(&self) -> usize {
        self.most.saturating_sub(self.points.len())
    }

    fn worth_of(&self, choice: &Choice) -> Option<Worth> {
        Some(self.worths[*self.places.get(choice)?])
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
        let single = |value: Value| with(&present, &[value]);
        self.visit(values.iter().map(|value| single(*value)).collect());
        let pairs = self.pairs(&values, &present);
        let choices = pairs.iter().map(|(a, b)| with(&present, &[*a, *b]));
        self.visit(choices.collect());
        let Some(now) = self.worth_of(&present) else {
            return Vec::new();
        };
        let gains = |choice: &Choice| {
            let worth = self.worth_of(choice);
            worth.filter(|worth| worth.is_better_than(now))
        };
        let mut kept: BTreeSet<Value> = values
            .iter()
            .copied()
            .filter(|value| gains(&single(*value)).is_some())
            .collect();
        let mut together: Vec<((Value, Value), Worth)> = Vec::new();
        for (a, b) in pairs {
            let Some(worth) = gains(&with(&present, &[a, b])) else {
                continue;
            };
            let adds = |to: Value| {
                let alone = self.worth_of(&single(to));
                alone.is_none_or(|alone| worth.is_better_than(alone))
            };
            if adds(a) && adds(b) {
                let pays_alone =
                    [a, b].map(|value| gains(&single(value)).is_some()) == [true, true];
                kept.extend([a, b]);
                if !pays_alone {
                    together.push(((a, b), worth));
                }
            }
        }
        let left: Vec<Vec<usize>> = (0..all.len())
            .map(|knob| {
                let own = kept.range((knob, 0)..(knob + 1, 0));
                own.map(|(_, value)| *value).collect()
            })
            .collect();
        if size(&left) <= self.left() as u64 {
            self.visit(combinations(&left));
        } else {
            together.sort_by(|(_, a), (_, b)| b.against(*a));
            let together = together.into_iter().take(TOGETHER);
            let mut steps: Vec<Vec<Value>> = kept.iter().map(|value| vec![*value]).collect();
            steps.extend(together.map(|((a, b), _)| vec![a, b]));
            for start in self.starts(&left, &present) {
                self.ascend(start, &steps);
            }
        }
        let is_idle = |knob: &usize| left[*knob].is_empty();
        (0..all.len()).filter(is_idle).collect()
    }

    /// All pairs of values of two knobs; where these are too many, of each knob only of the values that are best alone.
    fn pairs(&self, values: &[Value], present: &Choice) -> Vec<(Value, Value)> {
        let alone = |value: &Value| self.worth_of(&with(present, &[*value]));
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
    fn starts(&mut self, left: &[Vec<usize>], present: &Choice) -> Vec<Choice> {
        let mut greedy = present.clone();
        for (knob, own) in left.iter().enumerate() {
            let alone = |value: &usize| self.worth_of(&with(present, &[(knob, *value)]));
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
            let now = self.worth_of(present);
            greedy[knob] = best
                .filter(|(_, worth)| now.is_none_or(|now| worth.is_better_than(now)))
                .map(|(value, _)| value);
        }
        self.visit(vec![greedy.clone()]);
        let mut best: Vec<(&Choice, usize)> = self.places.iter().map(|(c, at)| (c, *at)).collect();
        best.sort_by(|a, b| {
            let (first, second) = (self.worths[a.1], self.worths[b.1]);
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
    fn ascend(&mut self, from: Choice, steps: &[Vec<Value>]) {
        let mut here = from;
        while self.left() > 0
            && let Some(worth) = self.worth_of(&here)
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
                .filter_map(|choice| Some((self.worth_of(&choice)?, choice)))
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
