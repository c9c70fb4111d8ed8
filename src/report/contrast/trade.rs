//! What a comparison comes to, in sentences: what became better and what worse, by how much and how surely.
//!
//! `A trade: SIMPLE prepares 6.0× faster [5.1, 7.2] and uses 6.9× less memory [6.2, 7.7]; accuracy is 13.0
//! points lower [9.0, 17.0]. No winner, since the metrics disagree.`

use super::super::effects::{effect, points};
use super::super::pen::{Pen, Tone};
use super::super::words;
use crate::assessment::{Comparison, ComparisonVerdict, Decision, EffectKind, EffectSize};
use crate::metrics::Unit;

/// The verdict on one candidate. `rows` are those that count; where metrics disagree there is no winner, unless
/// the configuration ranks them.
pub(super) fn verdict(decision: &Decision, rows: &[&Comparison], pen: &Pen<'_>) -> String {
    let of = |verdict: ComparisonVerdict| -> Vec<&Comparison> {
        let is = rows.iter().copied().filter(|c| c.verdict == verdict);
        is.collect()
    };
    let (better, worse, different) = (
        of(ComparisonVerdict::Better),
        of(ComparisonVerdict::Worse),
        of(ComparisonVerdict::Different),
    );
    let who = pen.name(&decision.candidate, 30);
    let than = pen.name(&decision.base, 30);
    let mut sentences = Vec::new();
    match (better.is_empty(), worse.is_empty()) {
        (false, false) => {
            sentences.push(format!(
                "A trade: {}; {}.",
                clauses(&who, &better, pen),
                clauses("it", &worse, pen)
            ));
            sentences.push(winner(decision, rows, pen));
        }
        (false, true) => sentences.push(format!(
            "{who} is better than {than}: {}; nothing is worse.",
            clauses("it", &better, pen)
        )),
        (true, false) => sentences.push(format!(
            "{who} is worse than {than}: {}; nothing is better.",
            clauses("it", &worse, pen)
        )),
        (true, true) if different.is_empty() => sentences.push(undecided(&who, &than, rows)),
        (true, true) => {}
    }
    if !different.is_empty() {
        let list: Vec<String> = different
            .iter()
            .map(|c| words::glued(&format!("{} {}{}", name(c, pen), effect(c, pen), points(c))))
            .collect();
        sentences.push(format!(
            "{who} differs from {than} in {}, which has no better or worse.",
            list.join(", ")
        ));
    }
    sentences.extend(as_reported(&who, rows, pen));
    pen.paint(Tone::Bold, &sentences.join(" "))
}

/// What summaries of the input say, which no test can judge.
fn as_reported(who: &str, rows: &[&Comparison], pen: &Pen<'_>) -> Option<String> {
    let plain = |c: &&&Comparison| c.plain_effect.is_some_and(|e| e.estimate != e.kind.none());
    let rows: Vec<&Comparison> = rows.iter().filter(plain).copied().collect();
    (!rows.is_empty()).then(|| {
        format!(
            "As reported, without an interval: {}.",
            clauses(who, &rows, pen)
        )
    })
}

/// Who wins a trade, and by what.
fn winner(decision: &Decision, rows: &[&Comparison], pen: &Pen<'_>) -> String {
    let ranked = |metric: &str| {
        let row = rows.iter().find(|c| c.metric == metric);
        row.map_or_else(|| pen.name(metric, 30), |c| name(c, pen))
    };
    match (&decision.winner, &decision.by) {
        (Some(winner), Some(by)) => format!(
            "{} wins, since the configuration ranks {} higher.",
            pen.name(winner, 30),
            ranked(by)
        ),
        (None, Some(by)) => format!(
            "No winner, since {}, which the configuration ranks higher, is open.",
            ranked(by)
        ),
        _ => "No winner, since the metrics disagree.".into(),
    }
}

fn undecided(who: &str, than: &str, rows: &[&Comparison]) -> String {
    let count = |verdict| rows.iter().filter(|c| c.verdict == verdict).count();
    let (same, open) = (
        count(ComparisonVerdict::Same),
        count(ComparisonVerdict::Inconclusive),
    );
    match (same, open) {
        (0, 0) => format!("Too little data for a verdict on {who} v {than}."),
        (_, 0) => format!("{who} and {than} are the same within the tolerances."),
        _ => format!(
            "No difference between {who} and {than} is proven: {same} same, {open} inconclusive."
        ),
    }
}

/// `SIMPLE prepares 6.0× faster [5.1, 7.2] and uses 6.9× less memory [6.2, 7.7], accuracy is …`.
fn clauses(who: &str, rows: &[&Comparison], pen: &Pen<'_>) -> String {
    let mut of_who = Vec::new();
    let mut of_metric = Vec::new();
    for row in rows {
        let Some((size, rises)) = size(row, pen) else {
            continue;
        };
        match verb(&row.metric, rises) {
            Some((verb, direction)) => of_who.push(size.around(&format!("{verb} "), direction)),
            None => {
                let name = name(row, pen);
                of_metric.push(size.around(&format!("{name} is "), adjective(row.unit, rises)));
            }
        }
    }
    let mut parts = Vec::new();
    if let Some((last, first)) = of_who.split_last() {
        parts.push(match first {
            [] => format!("{who} {last}"),
            _ => format!("{who} {} and {last}", first.join(", ")),
        });
    }
    parts.extend(of_metric);
    parts.join(", ")
}

/// A size in words, and its interval where it has one.
struct Size {
    figure: String,
    span: String,
}

impl Size {
    fn around(&self, before: &str, after: &str) -> String {
        let Size { figure, span } = self;
        let figure = words::glued(&format!("{figure} {after}"));
        format!("{before}{figure}{span}")
    }
}

/// How much it is, without a sign, since a word says which way: whether it rises.
fn size(c: &Comparison, pen: &Pen<'_>) -> Option<(Size, bool)> {
    let s = pen.signs;
    let plain = c.plain_effect.map(|e| EffectSize {
        kind: e.kind,
        estimate: e.estimate,
        low: e.estimate,
        high: e.estimate,
        level: 0.0,
    });
    let effect = c.effect.clone().or(plain)?;
    let rises = effect.estimate > effect.kind.none();
    let e = turned(&effect);
    let (figure, low, high) = match e.kind {
        EffectKind::Ratio => (
            format!("{}{}", words::factor_figure(e.estimate, s), s.times),
            words::factor_figure(e.low, s),
            words::factor_figure(e.high, s),
        ),
        EffectKind::Difference if c.unit == Unit::Ratio => {
            let points = |v: f64| words::fixed(v * 100.0, 1, s);
            (
                format!("{} points", points(e.estimate)),
                points(e.low),
                points(e.high),
            )
        }
        EffectKind::Difference => {
            let amount = |v: f64| words::amount(c.unit, v, s);
            (amount(e.estimate), amount(e.low), amount(e.high))
        }
    };
    let span = match c.effect {
        Some(_) => format!(" {}", words::glued(&format!("[{low}, {high}]"))),
        None => String::new(),
    };
    Some((Size { figure, span }, rises))
}

/// The same effect as a factor above 1, or a difference above 0.
fn turned(e: &EffectSize) -> EffectSize {
    let is_less = e.estimate < e.kind.none();
    let (estimate, low, high) = match (e.kind, is_less) {
        (_, false) => (e.estimate, e.low, e.high),
        (EffectKind::Ratio, true) => (1.0 / e.estimate, 1.0 / e.high, 1.0 / e.low),
        (EffectKind::Difference, true) => (-e.estimate, -e.high, -e.low),
    };
    EffectSize {
        estimate,
        low,
        high,
        ..e.clone()
    }
}

/// What a candidate does of which a metric is the measure, and which way, where there is a plain word for it.
fn verb(metric: &str, rises: bool) -> Option<(&'static str, &'static str)> {
    let (verb, more, less) = match metric {
        "context_preparation_time" => ("prepares", "slower", "faster"),
        "response_time" => ("responds", "slower", "faster"),
        "memory_usage" => ("uses", "more memory", "less memory"),
        "output_tokens" => ("writes", "more output tokens", "fewer output tokens"),
        "cost" => ("costs", "more", "less"),
        _ => return None,
    };
    Some((verb, if rises { more } else { less }))
}

fn adjective(unit: Unit, rises: bool) -> &'static str {
    match (unit, rises) {
        (Unit::Seconds, true) => "longer",
        (Unit::Seconds, false) => "shorter",
        (_, true) => "higher",
        (_, false) => "lower",
    }
}

fn name(c: &Comparison, pen: &Pen<'_>) -> String {
    words::glued(&pen.name(&words::lower(&words::metric(&c.metric)), 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A factor of 1/6.9 with ends at 1/7.7 and 1/6.2 is 6.9 times less, between 6.2 and 7.7.
    #[test]
    fn what_is_less_is_turned_around() {
        let effect = |kind, estimate, low, high| EffectSize {
            kind,
            estimate,
            low,
            high,
            level: 0.95,
        };
        let less = turned(&effect(EffectKind::Ratio, 1.0 / 6.9, 1.0 / 7.7, 1.0 / 6.2));
        assert!((less.estimate - 6.9).abs() < 1e-12);
        assert!((less.low - 6.2).abs() < 1e-12 && (less.high - 7.7).abs() < 1e-12);
        let lower = turned(&effect(EffectKind::Difference, -0.13, -0.17, -0.09));
        assert_eq!((lower.estimate, lower.low, lower.high), (0.13, 0.09, 0.17));
    }
}
