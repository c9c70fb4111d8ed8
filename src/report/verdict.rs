//! The verdict in words: what the first lines of a page say. Nothing is claimed that the assessment
//! has not tested.

use super::changes;
use super::pen::{Pen, Tone};
use super::times;
use super::words;
use crate::assessment::{
    Assessment, Band, EventRow, Mood, Score, ScoreStatus, TargetVerdict, Trend, TrendDirection,
};
use crate::metrics::Unit;

/// The verdict.
#[derive(Debug)]
pub(super) struct Verdict {
    /// Sign in front of it.
    pub(super) sign: &'static str,
    /// Its colour.
    pub(super) tone: Tone,
    /// The first sentence.
    pub(super) first: String,
    /// Score and targets, a sentence each.
    pub(super) figures: Vec<String>,
    /// What changed, and what happened in the same time.
    pub(super) detail: Vec<String>,
}

/// Words the headline.
pub(super) fn verdict(a: &Assessment, pen: &Pen<'_>) -> Verdict {
    let headline = &a.headline;
    let trend = headline.trend.and_then(|i| a.trends.get(i));
    let (sign, tone) = match headline.mood {
        Mood::Worse | Mood::Missed if pen.style.unicode => (pen.signs.missed, Tone::Bad),
        Mood::Worse | Mood::Missed => ("!", Tone::Bad),
        Mood::Better | Mood::Good if pen.style.unicode => (pen.signs.met, Tone::Good),
        Mood::Better | Mood::Good => ("+", Tone::Good),
        Mood::Unknown => ("?", Tone::Bold),
    };
    let mut figures = vec![score(&a.score, pen)];
    if headline.met + headline.missed > 0 {
        figures.push(targets(a));
    }
    Verdict {
        sign,
        tone,
        first: first(a, trend, pen),
        figures,
        detail: detail(a, trend, pen),
    }
}

fn first(a: &Assessment, trend: Option<&Trend>, pen: &Pen<'_>) -> String {
    let headline = &a.headline;
    match (headline.mood, trend) {
        (Mood::Worse | Mood::Better, Some(trend)) => {
            let when = match changes::telling(trend).and_then(|c| c.time) {
                Some(time) => format!("since about {}", times::moment(time, &pen.style.zone)),
                None => "in the second half".into(),
            };
            format!("{} {when}.", changed(trend, headline.mood, pen))
        }
        (Mood::Worse, None) => "Worse than before.".into(),
        (Mood::Better, None) => "Better than before.".into(),
        (Mood::Missed, _) => {
            let names = missed(a, pen);
            format!(
                "{} of {} missed{}{}.",
                words::count(headline.missed),
                words::counted(headline.met + headline.missed, "target", "targets"),
                if names.is_empty() { "" } else { ": " },
                names.join(", ")
            )
        }
        (Mood::Good, _) if headline.unknown > 0 => format!(
            "All {} that could be judged are met.",
            words::counted(headline.met, "target", "targets")
        ),
        (Mood::Good, _) => "All targets are met.".into(),
        (Mood::Unknown, _) if headline.met + headline.missed == 0 => {
            "No verdict: no key indicator with a target was measured.".into()
        }
        (Mood::Unknown, _) => "Too little data for a verdict.".into(),
    }
}

fn missed(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    a.indicators
        .iter()
        .filter(|i| i.verdict == TargetVerdict::Missed)
        .map(|i| words::lower(&pen.name(&i.title, 40)).replace(',', ""))
        .map(|title| words::glued(&title))
        .collect()
}

/// `Slower`, `Less reliable`, `Cache hit rate fell`.
fn changed(trend: &Trend, mood: Mood, pen: &Pen<'_>) -> String {
    let is_better = mood == Mood::Better;
    match (trend.metric.as_str(), trend.unit, is_better) {
        ("success_rate" | "attempt_success_rate" | "task_success_rate", _, true) => {
            "More reliable".into()
        }
        ("success_rate" | "attempt_success_rate" | "task_success_rate", _, false) => {
            "Less reliable".into()
        }
        ("response_time" | "model_time" | "task_time", Unit::Seconds, true) => "Faster".into(),
        ("response_time" | "model_time" | "task_time", Unit::Seconds, false) => "Slower".into(),
        (metric, ..) => format!(
            "{} {}",
            capital(&pen.name(&words::metric(metric), 40)),
            rose(trend.direction)
        ),
    }
}

fn rose(direction: TrendDirection) -> &'static str {
    match direction {
        TrendDirection::Rising => "rose",
        TrendDirection::Falling => "fell",
        TrendDirection::Stable | TrendDirection::Insufficient => "went",
    }
}

fn detail(a: &Assessment, trend: Option<&Trend>, pen: &Pen<'_>) -> Vec<String> {
    let Some(trend) = trend else {
        return stable(a, pen).into_iter().collect();
    };
    let mut sentences = vec![movement(trend, pen)];
    if pen.is_terse() {
        return vec![sentences.remove(0), terse_company(a, trend, pen)];
    }
    if let Some(event) = a.headline.event.and_then(|i| a.events.get(i)) {
        sentences.push(format!(
            "In the same time, at {}, {}.",
            times::moment(event.time, &pen.style.zone),
            happened(event, pen)
        ));
        sentences.extend(companion(a, trend, pen));
        if sets_back(a, event) {
            sentences.push("Setting it back is the first recommendation.".into());
        }
    } else {
        sentences.extend(companion(a, trend, pen));
    }
    sentences
}

/// The event and the other metric in the same time, for a narrow page: `Thu 5 Nov 17:41:
/// context.cache_size 100 → 50; cache hit rate 74.0 % → 46.6 %.`
fn terse_company(a: &Assessment, trend: &Trend, pen: &Pen<'_>) -> String {
    let event = a.headline.event.and_then(|i| a.events.get(i)).map(|e| {
        let at = times::moment(e.time, &pen.style.zone);
        match (&e.knob, &e.from, &e.to) {
            (Some(knob), Some(from), Some(to)) => format!(
                "{at}: {} {} {} {}",
                pen.name(knob, 40),
                pen.name(from, 20),
                pen.signs.arrow,
                pen.name(to, 20)
            ),
            _ => format!("{at}: {}", happened(e, pen)),
        }
    });
    let other = moved_too(a, trend).and_then(|t| {
        Some(format!(
            "{} {} {} {}",
            pen.name(&words::metric(&t.metric), 40),
            words::amount(t.unit, t.first_half?, pen.signs),
            pen.signs.arrow,
            words::amount(t.unit, t.second_half?, pen.signs)
        ))
    });
    let parts: Vec<String> = event.into_iter().chain(other).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("{}.", capital(&parts.join("; ")))
    }
}

/// That nothing changed, where that was tested.
fn stable(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let trend = a
        .trends
        .iter()
        .find(|t| t.dims.is_empty() && t.direction == TrendDirection::Stable)?;
    Some(format!(
        "No change over time beyond chance in {}{}.",
        pen.name(&words::metric(&trend.metric), 40),
        trend
            .p_adjusted
            .or(trend.p)
            .map_or_else(String::new, |p| format!(" ({})", words::p(p, pen.signs)))
    ))
}

/// `Mean response time rose from 2.43 s to 2.99 s (×1.23), first to second half, p < 0.001.`
fn movement(trend: &Trend, pen: &Pen<'_>) -> String {
    let name = pen.name(&words::metric(&trend.metric), 40);
    let mean = if trend.unit == Unit::Ratio {
        "The"
    } else {
        "Mean"
    };
    let verb = rose(trend.direction);
    let telling = changes::telling(trend);
    let (before, after, range) = match telling {
        Some(change) => (Some(change.before), Some(change.after), between(trend, pen)),
        None => (
            trend.first_half,
            trend.second_half,
            Some("from the first half of the period to the second".to_owned()),
        ),
    };
    let p = telling.map(|c| c.p).or(trend.p_adjusted).or(trend.p);
    let p = p.map_or_else(String::new, |p| format!(", {}", words::p(p, pen.signs)));
    match (before, after) {
        (Some(before), Some(after)) if pen.is_terse() => format!(
            "{} {} {} {} ({}), {}{p}.",
            capital(&name),
            words::amount(trend.unit, before, pen.signs),
            pen.signs.arrow,
            words::amount(trend.unit, after, pen.signs),
            words::change(trend.unit, before, after, pen.signs),
            between(trend, pen).unwrap_or_else(|| "first to second half".into()),
        ),
        (Some(before), Some(after)) => format!(
            "{mean} {name} {verb} from {} to {} ({}){}{p}.",
            words::amount(trend.unit, before, pen.signs),
            words::amount(trend.unit, after, pen.signs),
            words::change(trend.unit, before, after, pen.signs),
            range.map_or_else(String::new, |r| format!(" {r}")),
        ),
        _ => format!("{mean} {name} {verb}{p}."),
    }
}

/// When the change was that the verdict tells of.
fn between(trend: &Trend, pen: &Pen<'_>) -> Option<String> {
    changes::range(trend, changes::telling(trend)?, pen)
}

/// Another metric that moved the same way: first of all the cache.
fn moved_too<'a>(a: &'a Assessment, told: &Trend) -> Option<&'a Trend> {
    let moved = |t: &&Trend| {
        t.dims.is_empty()
            && t.metric != told.metric
            && t.is_better.is_some()
            && t.is_better == told.is_better
            && matches!(
                t.direction,
                TrendDirection::Rising | TrendDirection::Falling
            )
            && t.first_half.is_some()
            && t.second_half.is_some()
    };
    a.trends
        .iter()
        .filter(moved)
        .min_by_key(|t| usize::from(t.metric != "cache_hit_rate"))
}

fn companion(a: &Assessment, told: &Trend, pen: &Pen<'_>) -> Option<String> {
    let trend = moved_too(a, told)?;
    Some(format!(
        "The {} {} from {} to {}.",
        pen.name(&words::metric(&trend.metric), 40),
        rose(trend.direction),
        words::amount(trend.unit, trend.first_half?, pen.signs),
        words::amount(trend.unit, trend.second_half?, pen.signs)
    ))
}

/// `context.cache_size was set from 100 to 50`.
pub(super) fn happened(event: &EventRow, pen: &Pen<'_>) -> String {
    let name = |text: &Option<String>| text.as_deref().map(|t| pen.name(t, 40));
    let what = name(&event.knob).unwrap_or_else(|| pen.name(&event.event.replace('_', " "), 40));
    let verb = if event.event == "config_change" {
        "was set"
    } else {
        "went"
    };
    match (name(&event.from), name(&event.to)) {
        (Some(from), Some(to)) => format!("{what} {verb} from {from} to {to}"),
        (None, Some(to)) => format!("{what} {verb} to {to}"),
        _ if event.event == "config_change" => format!("{what} was changed"),
        _ => format!("there was: {what}"),
    }
}

/// Whether the first recommendation undoes an event.
fn sets_back(a: &Assessment, event: &EventRow) -> bool {
    let Some(change) = a.recommendations.first().and_then(|r| r.change.as_ref()) else {
        return false;
    };
    let worded = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    event.knob.as_deref() == Some(change.knob.as_str())
        && change.to.is_some()
        && change.to.as_ref().map(worded) == event.from
}

/// `Score 79.1 of 100 (good).`
pub(super) fn score(score: &Score, pen: &Pen<'_>) -> String {
    let Some(value) = score.value else {
        return "No score: none of its parts was measured.".into();
    };
    let number = words::fixed(value, 1, pen.signs);
    let band = score.band.map(band_name);
    let remark = match (score.status, band) {
        (ScoreStatus::Partial, _) => format!(
            "partial: {} of the weight measured",
            words::whole_percent(score.coverage, pen.signs)
        ),
        (ScoreStatus::LowConfidence, Some(band)) => format!("{band}, low confidence"),
        (ScoreStatus::LowConfidence, None) => "low confidence".into(),
        (_, Some(band)) => band.into(),
        (_, None) => return format!("Score {number} of 100."),
    };
    format!("Score {number} of 100 ({remark}).")
}

/// `Targets: 5 met, 2 missed, 1 unknown.`
fn targets(a: &Assessment) -> String {
    let h = &a.headline;
    let unknown = if h.unknown > 0 {
        format!(", {}{}unknown", h.unknown, words::GLUE)
    } else {
        String::new()
    };
    format!("Targets: {} met, {} missed{unknown}.", h.met, h.missed)
}

/// The word for a band.
pub(super) fn band_name(band: Band) -> &'static str {
    match band {
        Band::Poor => "poor",
        Band::Fair => "fair",
        Band::Good => "good",
        Band::Excellent => "excellent",
    }
}

/// The first letter a capital.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
