//! From parts to a number: weighted mean, points lost, coverage, bounds.

use crate::assessment::{Score, ScoreBounds, ScorePart, Step};
use crate::metrics::Unit;

/// The number over parts with a score; `None` without any.
pub(super) fn total(parts: &[ScorePart]) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for part in parts {
        if let Some(score) = part.score {
            sum += part.weight * score;
            weight += part.weight;
        }
    }
    (weight > 0.0).then(|| 100.0 * sum / weight)
}

/// The measured share of the weight, and the number with the missing parts at 0 and at 1. A part that
/// needs a target and has none belongs to neither.
pub(super) fn coverage(parts: &[ScorePart]) -> (f64, Option<ScoreBounds>) {
    let (mut measured, mut all, mut sum) = (0.0, 0.0, 0.0);
    for part in parts.iter().filter(|p| p.target.is_some()) {
        all += part.weight;
        if let Some(score) = part.score {
            measured += part.weight;
            sum += part.weight * score;
        }
    }
    if all <= 0.0 || measured <= 0.0 {
        return (0.0, None);
    }
    let bounds = ScoreBounds {
        low: 100.0 * sum / all,
        high: 100.0 * (sum + all - measured) / all,
    };
    (measured / all, Some(bounds))
}

/// Fills in the points that each part takes from 100: exact, and rounded to a tenth together, so that
/// the shown column adds up (largest remainder).
pub(super) fn fill_points_lost(parts: &mut [ScorePart], value: f64) {
    let weight: f64 = parts
        .iter()
        .filter(|p| p.score.is_some())
        .map(|p| p.weight)
        .sum();
    for part in parts.iter_mut() {
        part.points_lost = part.score.map(|s| 100.0 * part.weight * (1.0 - s) / weight);
    }
    let lost: Vec<(usize, f64)> = parts
        .iter()
        .enumerate()
        .filter_map(|(i, p)| p.points_lost.map(|lost| (i, lost)))
        .collect();
    // What is shown beside the shown score: 100 − score, both to a tenth.
    let tenths_in_all = 1000 - (value * 10.0).round() as i64;
    let mut tenths: Vec<(usize, i64, f64)> = lost
        .iter()
        .map(|(i, lost)| (*i, (lost * 10.0).floor() as i64, (lost * 10.0).fract()))
        .collect();
    let mut missing = tenths_in_all - tenths.iter().map(|t| t.1).sum::<i64>();
    tenths.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    for (_, tenth, _) in &mut tenths {
        if missing > 0 {
            *tenth += 1;
            missing -= 1;
        }
    }
    for (i, tenth, _) in tenths {
        parts[i].points_lost_shown = Some(tenth as f64 / 10.0);
    }
}

/// Fills in what the score gains if one value alone becomes the next round one that is better. A step
/// that gains less than a twentieth of a point, and would be shown as 0.0, is none.
pub(super) fn fill_steps(parts: &mut [ScorePart], value: f64) {
    for i in 0..parts.len() {
        let part = &parts[i];
        let (Some(x), Some(target), Some(poor)) = (part.value, part.target, part.poor) else {
            continue;
        };
        let Some(step) = next_step(x, target, part.unit) else {
            continue;
        };
        let mut changed = parts.to_vec();
        changed[i].score = super::curve(step, target, poor);
        let points = total(&changed).map(|then| then - value);
        parts[i].step = points.filter(|points| *points >= 0.05).map(|points| Step {
            value: step,
            points,
        });
    }
}

/// The largest round number that is at least 3 % smaller than `x`: 2.7 s becomes 2.5 s, 39 % becomes
/// 30 %. A step never passes the target by: reaching it is worth telling.
fn next_step(x: f64, target: f64, unit: Unit) -> Option<f64> {
    const ROUND: [f64; 11] = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.5, 1.0];
    if x <= 0.0 || !x.is_finite() {
        return None;
    }
    let limit = x * 0.97;
    let scale = 10f64.powi(limit.log10().floor() as i32);
    let round = ROUND
        .into_iter()
        // A quarter is a step of seconds; percentages go by whole tens and fives.
        .filter(|digit| *digit != 2.5 || unit != Unit::Ratio)
        .map(|digit| digit * scale)
        .find(|round| *round <= limit * (1.0 + 1e-12))?;
    Some(if x > target { round.max(target) } else { round })
}

/// A score without a single measured part.
pub(super) fn none(profile: &str, parts: Vec<ScorePart>) -> Score {
    Score {
        model: super::MODEL,
        profile: profile.into(),
        value: None,
        band: None,
        band_reason: None,
        status: crate::assessment::ScoreStatus::None,
        coverage: 0.0,
        complete: false,
        bounds: None,
        interval: None,
        parts,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::metrics::Unit;
    use proptest::prelude::*;

    fn part(x: Option<f64>, weight: f64, target: f64, poor: f64) -> ScorePart {
        ScorePart {
            part: "part".into(),
            title: "part".into(),
            metric: "metric".into(),
            unit: Unit::Ratio,
            statistic: "mean".into(),
            value: x,
            n: 100,
            weight,
            target: Some(target),
            poor: Some(poor),
            score: x.and_then(|x| crate::score::curve(x, target, poor)),
            points_lost: None,
            points_lost_shown: None,
            step: None,
            left_out: None,
        }
    }

    /// A worked example of `tests/reference/score.py`: its parts, and one for the weight without data.
    fn example(name: &str) -> (serde_json::Value, Vec<ScorePart>) {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/score.json")).unwrap();
        let example = all[name].clone();
        let number = |row: &serde_json::Value, key: &str| row[key].as_f64().unwrap();
        let mut parts: Vec<ScorePart> = example["parts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let mut part = part(
                    Some(number(row, "x")),
                    number(row, "weight"),
                    number(row, "target"),
                    number(row, "poor"),
                );
                if row["part"].as_str().unwrap().starts_with("response") {
                    part.unit = Unit::Seconds;
                }
                part
            })
            .collect();
        let weight: f64 = parts.iter().map(|p| p.weight).sum();
        parts.push(part(None, 100.0 - weight, 0.8, 0.9));
        (example, parts)
    }

    #[test]
    fn worked_examples() {
        for name in ["week", "dashboard", "machine"] {
            let (example, mut parts) = example(name);
            let same = |ours: f64, theirs: &serde_json::Value| {
                let theirs = theirs.as_f64().unwrap();
                assert!((ours - theirs).abs() < 1e-9, "{name}: {ours} {theirs}");
            };
            let value = total(&parts).unwrap();
            same(value, &example["value"]);
            fill_points_lost(&mut parts, value);
            fill_steps(&mut parts, value);
            let (coverage, bounds) = coverage(&parts);
            same(coverage, &example["coverage"]);
            same(bounds.unwrap().low, &example["low"]);
            same(bounds.unwrap().high, &example["high"]);
            for (part, row) in parts.iter().zip(example["parts"].as_array().unwrap()) {
                same(part.score.unwrap(), &row["s"]);
                same(part.points_lost.unwrap(), &row["lost"]);
                if row["step"].is_number() {
                    same(part.step.unwrap().value, &row["step"]);
                    same(part.step.unwrap().points, &row["gain"]);
                }
            }
        }
    }

    #[test]
    fn what_is_shown_adds_up() {
        let (_, mut parts) = example("week");
        let value = total(&parts).unwrap();
        assert!((value - 79.1).abs() < 0.05);
        fill_points_lost(&mut parts, value);
        let shown: Vec<f64> = parts.iter().filter_map(|p| p.points_lost_shown).collect();
        assert_eq!(shown, [4.3, 4.3, 2.6, 4.2, 2.7, 1.4, 1.4]);
    }

    #[test]
    fn steps_are_round_and_stop_at_the_target() {
        let step = |x, target| next_step(x, target, Unit::Ratio).unwrap();
        assert!((step(0.82, 0.81) - 0.81).abs() < 1e-12);
        assert!((step(1.0, 0.8) - 0.9).abs() < 1e-12);
        assert!((step(0.0301, 0.05) - 0.02).abs() < 1e-12);
        assert!((next_step(31.0, 10.0, Unit::Seconds).unwrap() - 30.0).abs() < 1e-12);
        assert_eq!(next_step(0.0, 0.8, Unit::Ratio), None);
        // Nothing is left to gain.
        let mut parts = vec![part(Some(0.1), 10.0, 0.8, 0.9)];
        fill_steps(&mut parts, 100.0);
        assert_eq!(parts[0].step, None);
    }

    proptest! {
        #[test]
        fn parts_lost_and_score_add_up(xs in proptest::collection::vec((0.0..20.0f64, 1.0..30.0f64), 1..9)) {
            let mut parts: Vec<ScorePart> = xs.iter().map(|(x, w)| part(Some(*x), *w, 3.0, 5.0)).collect();
            let value = total(&parts).unwrap();
            fill_points_lost(&mut parts, value);
            let lost: f64 = parts.iter().filter_map(|p| p.points_lost).sum();
            prop_assert!((lost + value - 100.0).abs() < 1e-9);
            let shown: f64 = parts.iter().filter_map(|p| p.points_lost_shown).sum();
            let score = (value * 10.0).round() / 10.0;
            prop_assert!((shown + score - 100.0).abs() < 1e-6, "{} {}", shown, score);
        }
    }
}
