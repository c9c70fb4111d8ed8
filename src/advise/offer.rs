//! From rules that speak to a ranked list: projected, weighed, one finding for one cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evidence;
use super::facts::{Facts, catalogue};
use super::project::Projected;
use super::rule::{Mechanism, Rule, Status, Subject};
use super::{Case, project, rank, settle};
use crate::assessment::{
    AloneAndCombined, Change, Class, CombinedProjection, Effect, Limit, Priority, Projection,
    ProjectionKind, Recommendation, TargetVerdict,
};
use crate::config::{KnobValue, TargetStatistic};
use crate::metrics::{Direction, Metric};
use crate::record::{Dimension, Name};
use crate::scenario::knobs;
use crate::scenario::measured::Likeness;
use crate::scenario::outcome::{self, Outcome, simulate};
use crate::threads;

/// From this many points on a change is offered, whatever its share of the metric.
const LEAST_POINTS: f64 = 0.5;

/// The knob that says how much memory the workflow may use.
const MOST_MEMORY: &str = "resources.max_memory_usage";

/// Things of one rule that are shown in one recommendation, at most.
const SHOWN_SUBJECTS: usize = 5;

/// A rule that speaks, with what of.
#[derive(Debug, Clone)]
pub(super) struct Speaking<'a> {
    pub(super) rule: &'a Rule,
    pub(super) subjects: Vec<String>,
    /// What it heard.
    pub(super) case: Case<'a>,
    pub(super) facts: &'a Facts,
    /// Realised ÷ projected over its claims.
    pub(super) track: f64,
}

/// What became of the rules that speak.
pub(super) struct Offer {
    /// Best first.
    pub(super) recommendations: Vec<Recommendation>,
    /// All with a projection in one run.
    pub(super) combined: Option<CombinedProjection>,
    /// Codes of the rules that another finding settles, or whose change would not pay.
    pub(super) settled: BTreeSet<String>,
}

/// A rule that speaks, of one thing or of several that one change concerns.
struct Candidate<'a> {
    rule: &'a Rule,
    facts: &'a Facts,
    /// Realised ÷ projected over the rule's claims.
    track: f64,
    subjects: Vec<&'a str>,
    change: Option<outcome::Change>,
    /// The same as it is run together with the others.
    joint: Option<outcome::Change>,
    alone: Option<Outcome>,
    no_projection: Option<String>,
    /// The knob with its value, where a replay chose among several.
    chosen: Option<(String, KnobValue)>,
    confidence: f64,
    gain: f64,
    priority: Priority,
}

impl Candidate<'_> {
    fn subject(&self) -> Option<&str> {
        self.subjects.first().copied()
    }

    fn rank(&self) -> f64 {
        rank::rank(self.gain, self.confidence, self.rule.effort)
    }
}

/// Projects, weighs and ranks the rules that speak. `satisfied` are the codes of rules whose change is
/// already made.
pub(super) fn offer(
    case: Case<'_>,
    speaking: &[Speaking<'_>],
    satisfied: &BTreeSet<&str>,
) -> Offer {
    let codes: BTreeSet<&str> = speaking.iter().map(|s| s.rule.code.as_str()).collect();
    let heard: Vec<(&Speaking<'_>, Vec<&str>)> = speaking
        .iter()
        .filter(|s| settle::explained(s.rule, &codes, satisfied).is_none())
        .flat_map(|s| {
            let subjects = together(s.rule, &s.subjects).into_iter();
            subjects.map(move |subjects| (s, subjects))
        })
        .collect();
    let found = threads::map(&heard, |(said, subjects)| {
        candidate(case, said, subjects.clone())
    });
    let mut candidates: Vec<Candidate<'_>> = found.into_iter().flatten().collect();
    candidates.sort_by(|a, b| {
        (a.priority.cmp(&b.priority))
            .then(b.rank().total_cmp(&a.rank()))
            .then_with(|| a.rule.code.cmp(&b.rule.code))
            .then_with(|| a.subjects.cmp(&b.subjects))
    });
    let ranked: Vec<(&Rule, Option<&str>)> =
        candidates.iter().map(|c| (c.rule, c.subject())).collect();
    let mut stays = settle::stays(&ranked).into_iter();
    candidates.retain(|_| stays.next().unwrap_or(true));
    let (after_above, combined) = combine(case, &candidates);
    let offered: BTreeSet<&str> = candidates.iter().map(|c| c.rule.code.as_str()).collect();
    Offer {
        recommendations: candidates
            .iter()
            .enumerate()
            .map(|(i, c)| recommendation(c, i, after_above.get(&i).copied()))
            .collect(),
        combined,
        settled: codes
            .iter()
            .filter(|code| !offered.contains(*code))
            .map(|code| (*code).to_owned())
            .collect(),
    }
}

/// The subjects of a rule by recommendation: each its own where each has a change of its own, else all
/// in one.
fn together<'a>(rule: &Rule, subjects: &'a [String]) -> Vec<Vec<&'a str>> {
    let all: Vec<&str> = subjects.iter().map(String::as_str).collect();
    let has_own_change =
        rule.scenario.is_some() || matches!(rule.projection, Some(Mechanism::Measured { .. }));
    if all.is_empty() || !has_own_change {
        return vec![all];
    }
    all.into_iter().map(|subject| vec![subject]).collect()
}

fn candidate<'a>(
    whole: Case<'_>,
    said: &'a Speaking<'a>,
    subjects: Vec<&'a str>,
) -> Option<Candidate<'a>> {
    let Speaking {
        rule, case, facts, ..
    } = *said;
    let Projected {
        change,
        reason: no_projection,
        chosen,
    } = project::change(case, facts, rule, &subjects);
    let alone = change.as_ref().map(|c| simulate(&case.bench(), &[c]));
    let gain = alone.as_ref().map_or(0.0, gain);
    // A change that would lose on the whole, or win next to nothing, is not offered.
    if alone.as_ref().is_some_and(|outcome| {
        let better = improvement(rule, outcome);
        gain <= 0.0 || better < -LEAST_MOVE || (gain < LEAST_POINTS && better < rule.ceiling)
    }) {
        return None;
    }
    if alone
        .as_ref()
        .is_some_and(|outcome| breaks_memory(case, outcome))
    {
        return None;
    }
    let units = change
        .as_ref()
        .and_then(outcome::Change::compared)
        .or_else(|| evidence::units(facts, rule, subjects.first().copied()))
        .unwrap_or(case.workload.units.len() as u64);
    let kind = match &change {
        Some(change) if change.is_bound() => rank::SHARE,
        Some(change) if change.replayed.is_some() => rank::REPLAY,
        Some(_) => rank::MEASURED,
        None => rank::SHARE,
    };
    let mut candidate = Candidate {
        rule,
        facts,
        track: said.track,
        subjects,
        joint: change.as_ref().and_then(|c| on_the_whole(c, case, whole)),
        change,
        alone,
        no_projection,
        chosen,
        confidence: rank::confidence(units, kind, said.track),
        gain,
        priority: Priority::Low,
    };
    candidate.priority = priority(case, &candidate);
    Some(candidate)
}

/// Whether it takes more memory than the workflow may use, and more than now.
fn breaks_memory(case: Case<'_>, outcome: &Outcome) -> bool {
    let Some(KnobValue::Number(most)) = case.config.knob(MOST_MEMORY) else {
        return false;
    };
    let mut effects = outcome.effects.iter();
    effects.any(|e| {
        e.metric == Metric::MemoryUsage.name()
            && e.statistic == "p95"
            && e.to > *most
            && e.to > e.from
    })
}

/// A change as it is run on the whole workload, with all others. `None` where that cannot be replayed.
fn on_the_whole(
    change: &outcome::Change,
    own: Case<'_>,
    whole: Case<'_>,
) -> Option<outcome::Change> {
    let mut change = change.clone();
    if std::ptr::eq(own.workload, whole.workload) {
        return Some(change);
    }
    if change.replayed.is_some() {
        return outcome::Change::replay(&whole.bench(), change.settings).ok();
    }
    // Requests have other numbers there.
    (change.reliefs.iter_mut()).for_each(|r| r.parts = Arc::default());
    let (own, whole) = (&own.workload.catalog, &whole.workload.catalog);
    let name = |n: Name| Name(whole.names.find(own.text(n)).unwrap_or(0));
    let dimension = |d: Dimension| match d {
        Dimension::Label(label) => Dimension::Label(name(label)),
        fixed => fixed,
    };
    if let Some(swap) = &mut change.swap {
        swap.dimension = dimension(swap.dimension);
        (swap.from, swap.to) = (name(swap.from), name(swap.to));
        for (key, value) in &mut swap.within {
            (*key, *value) = (dimension(*key), name(*value));
        }
    }
    Some(change)
}

/// Which records a rule speaks of: those of its subject. Where a rule chooses among the values of a
/// dimension, all of them.
fn concerned(rule: &Rule, subject: Option<&str>) -> BTreeMap<String, String> {
    let key = match rule.each {
        Some(each @ (Subject::Purpose | Subject::Tool | Subject::Agent)) => each.name(),
        _ => return BTreeMap::new(),
    };
    subject
        .map(|subject| (key.to_owned(), subject.to_owned()))
        .into_iter()
        .collect()
}

/// How much better the rule's own metric gets, as a share of it; 0 where it is not better.
fn improvement(rule: &Rule, outcome: &Outcome) -> f64 {
    let Some(metric) = rule.metric.as_deref().and_then(Metric::named) else {
        return 0.0;
    };
    outcome.effect(metric).map_or(0.0, |effect| {
        let change = (effect.to - effect.from) / effect.from.abs().max(f64::MIN_POSITIVE);
        match metric.row().direction {
            Direction::Lower => -change,
            Direction::Higher => change,
            Direction::Neither => 0.0,
        }
    })
}

/// Points, or percent of cost or of time ÷ 3, whichever is largest. A loss of points stays a loss, unless it is
/// one of the prompt cache's hit rate alone: what that is worth is in the cost. What is lost or paid more is
/// taken off.
pub(super) fn gain(outcome: &Outcome) -> f64 {
    let points = outcome.points.unwrap_or(0.0);
    let time = outcome.time_saved * 100.0 / 3.0;
    let cost = outcome.cost_saved.unwrap_or(0.0) * 100.0 / 3.0;
    if points < 0.0 && !loses_hits_alone(outcome) {
        points
    } else {
        points.max(time).max(cost) + cost.min(0.0) + points.min(0.0)
    }
}

/// Whether all that gets worse is the hit rate of the prompt cache, while the cost is known.
fn loses_hits_alone(outcome: &Outcome) -> bool {
    let mut worse = outcome
        .effects
        .iter()
        .filter(|e| (e.to - e.from).abs() > LEAST_MOVE * e.from.abs())
        .filter(|e| Metric::named(&e.metric).is_some_and(|m| is_worse(m, e)))
        .peekable();
    outcome.cost_saved.is_some()
        && worse.peek().is_some()
        && worse.all(|e| e.metric == Metric::PromptCacheHitRate.name())
}

fn is_worse(metric: Metric, effect: &Effect) -> bool {
    match metric.row().direction {
        Direction::Lower => effect.to > effect.from,
        Direction::Higher => effect.to < effect.from,
        Direction::Neither => false,
    }
}

fn priority(case: Case<'_>, c: &Candidate<'_>) -> Priority {
    let by_gain = match &c.alone {
        // Without a figure: medium where its metric misses its target, else low.
        None if misses_target(case, c.rule) => Priority::Medium,
        None => Priority::Low,
        Some(outcome) if meets_alone(case, outcome) => Priority::High,
        Some(_) => rank::by_gain(c.gain, c.confidence),
    };
    let is_bound = c.change.as_ref().is_none_or(outcome::Change::is_bound);
    let is_capped = is_bound
        || c.rule.class == Class::Habit
        || c.rule.status == Status::Preview
        || costs_unjudged_accuracy(case, c);
    if is_capped {
        by_gain.max(Priority::Medium)
    } else {
        by_gain
    }
}

/// Whether it changes accuracy for the worse, or by nobody knows how much, and no floor says what is
/// allowed.
fn costs_unjudged_accuracy(case: Case<'_>, c: &Candidate<'_>) -> bool {
    let has_floor = case
        .config
        .target(Metric::Accuracy, TargetStatistic::Mean)
        .is_some();
    let is_worse = c
        .alone
        .as_ref()
        .and_then(|o| o.effect(Metric::Accuracy))
        .is_some_and(|e| e.to < e.from);
    let is_unknown = c
        .change
        .as_ref()
        .is_some_and(|c| c.unknown.contains(&Metric::Accuracy));
    !has_floor && (is_worse || is_unknown)
}

fn misses_target(case: Case<'_>, rule: &Rule) -> bool {
    rule.metric.as_deref().is_some_and(|metric| {
        let metric = metric.strip_prefix(catalogue::OWN).unwrap_or(metric);
        case.analysis
            .indicators
            .iter()
            .any(|i| i.metric == metric && i.verdict == TargetVerdict::Missed)
    })
}

/// Whether it alone turns a missed target into a met one.
fn meets_alone(case: Case<'_>, outcome: &Outcome) -> bool {
    case.analysis
        .indicators
        .iter()
        .filter(|i| i.verdict == TargetVerdict::Missed)
        .any(|i| {
            let effect = outcome
                .effects
                .iter()
                .find(|e| e.metric == i.metric && e.statistic == i.statistic);
            match (effect, &i.target) {
                (Some(effect), Some(target)) => match target.limit {
                    Limit::Upper => effect.to <= target.value,
                    Limit::Lower => effect.to >= target.value,
                },
                _ => false,
            }
        })
}

/// Points of each change after those above it, and all of them in one run.
fn combine(
    case: Case<'_>,
    candidates: &[Candidate<'_>],
) -> (BTreeMap<usize, f64>, Option<CombinedProjection>) {
    let (at, changes): (Vec<usize>, Vec<&outcome::Change>) = candidates
        .iter()
        .enumerate()
        .filter_map(|(index, c)| Some((index, c.joint.as_ref()?)))
        .unzip();
    // The longest runs first, so that no thread is left alone with one.
    let lengths: Vec<usize> = (1..=changes.len()).rev().collect();
    let mut outcomes = threads::map(&lengths, |n| simulate(&case.bench(), &changes[..*n]));
    outcomes.reverse();
    let mut after_above = BTreeMap::new();
    let mut points = 0.0;
    for (index, outcome) in at.into_iter().zip(&outcomes) {
        if let Some(all) = outcome.points {
            after_above.insert(index, all - points);
            points = all;
        }
    }
    let last = outcomes.pop();
    let combined = last.and_then(|outcome| {
        Some(CombinedProjection {
            points: outcome.points?,
            score: case.score.value? + outcome.points?,
            of: changes.len() as u64,
            effects: outcome.effects,
        })
    });
    (after_above, combined)
}

fn recommendation(c: &Candidate<'_>, index: usize, after_above: Option<f64>) -> Recommendation {
    let (rule, facts) = (c.rule, c.facts);
    let subject = c.subject();
    let is_bound = c.change.as_ref().is_some_and(outcome::Change::is_bound);
    let points = c.alone.as_ref().and_then(|o| o.points);
    let (effects, side_effects) = match &c.alone {
        Some(outcome) => split_effects(rule, &outcome.effects),
        None => (Vec::new(), Vec::new()),
    };
    Recommendation {
        rank: index as u64 + 1,
        rule: rule.code.clone(),
        name: rule.name.clone(),
        priority: c.priority,
        class: rule.class,
        preview: rule.status == Status::Preview,
        title: rule.filled(&rule.title, subject),
        why: rule.why.clone(),
        evidence: evidence::of_all(facts, rule, &c.subjects, SHOWN_SUBJECTS),
        metric: rule.metric.clone(),
        of: concerned(rule, subject),
        change: proposed(c).map(|(knob, to)| Change {
            from: facts.knobs.get(&knob).map(knobs::json),
            to: to.as_ref().map(knobs::json),
            knob,
        }),
        advice: rule.advice.as_ref().map(|text| rule.filled(text, subject)),
        projection: c.alone.as_ref().map(|_| Projection {
            kind: match &c.change {
                Some(change) if change.replayed.is_some() => ProjectionKind::Replay,
                _ if is_bound => ProjectionKind::Share,
                _ => ProjectionKind::Measured,
            },
            at_most: is_bound,
            effects,
            points,
            reproduction: c
                .change
                .as_ref()
                .and_then(|change| change.replayed.as_ref())
                .map(|r| r.reproduction.clone())
                .unwrap_or_default(),
        }),
        no_projection: c.no_projection.clone(),
        alone_and_combined: points.zip(after_above).map(
            |(points_alone, points_after_those_above)| AloneAndCombined {
                points_alone,
                points_after_those_above,
            },
        ),
        confidence: c.confidence,
        track_record: c.track,
        effort: rule.effort,
        side_effects,
        caveats: caveats(c),
    }
}

/// The knob and its new value, where it is known.
fn proposed(c: &Candidate<'_>) -> Option<(String, Option<KnobValue>)> {
    if let Some((knob, value)) = &c.chosen {
        return Some((knob.clone(), Some(value.clone())));
    }
    let knob = c.rule.knob(c.subject())?;
    let view = c.facts.view_of(c.rule.each, c.subject());
    let fact = |name: &str| view.fact(name)?.number("value");
    Some((knob, c.rule.proposed(c.subject(), fact)))
}

/// Side effects and doubts in words: those of the rule, and those of its projection here.
fn caveats(c: &Candidate<'_>) -> Vec<String> {
    let mut words = c.rule.side_effects.clone();
    let Some(change) = &c.change else {
        return words;
    };
    if let Some(response) = change.contrasts.get(&Metric::ResponseTime) {
        if response.likeness == Likeness::Kind {
            words.push(
                "Compared by purpose, mode and interface, since too few tasks ran in both.".into(),
            );
        } else if response.matched < 0.995 {
            words.push("Some steps have no like one in the other variant; the effect of the others is taken for theirs.".into());
        }
    }
    words.extend(change.notes.iter().cloned());
    let told = c.alone.as_ref().map_or(&[][..], |o| &o.notes);
    words.extend(told.iter().cloned());
    let is_tail_told = c.alone.as_ref().is_some_and(|o| {
        let is_tail = |e: &Effect| e.metric == Metric::ResponseTime.name() && e.statistic == "p95";
        o.effects.iter().any(is_tail)
    });
    if change.swap.is_some() && !is_tail_told {
        words.push("The 95th percentile is left as it is: only the mean of the part that changes was compared.".into());
    }
    for metric in &change.unknown {
        words.push(format!(
            "What becomes of {} is not known: it was not measured in the other variant.",
            metric.row().title.to_lowercase()
        ));
    }
    words
}

/// A metric that moves by less than this share of it is not worth a word.
const LEAST_MOVE: f64 = 0.002;

/// What gets better, the rule's own metric first, and what gets worse, most first. What a replay leaves where it was
/// is not among them.
fn split_effects(rule: &Rule, effects: &[Effect]) -> (Vec<Effect>, Vec<Effect>) {
    let is_own = |e: &Effect| rule.metric.as_deref() == Some(e.metric.as_str());
    let has_moved = |e: &Effect| (e.to - e.from).abs() > LEAST_MOVE * e.from.abs();
    // Of memory the mean says enough.
    let is_peak = |e: &&Effect| e.metric == Metric::MemoryUsage.name() && e.statistic == "p95";
    let mut shown: Vec<Effect> = effects
        .iter()
        .filter(|e| !is_peak(e) && (is_own(e) || has_moved(e)))
        .cloned()
        .collect();
    shown.sort_by_key(|e| !is_own(e));
    let (better, mut worse): (Vec<Effect>, Vec<Effect>) = shown.into_iter().partition(|effect| {
        let is_worse = Metric::named(&effect.metric).is_some_and(|m| is_worse(m, effect));
        is_own(effect) || !is_worse
    });
    // A short page has room for the first only.
    let moved = |e: &Effect| ((e.to - e.from) / e.from).abs();
    worse.sort_by(|a, b| moved(b).total_cmp(&moved(a)));
    (better, worse)
}

#[cfg(test)]
mod tests;
