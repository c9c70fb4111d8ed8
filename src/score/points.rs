//! From parts to a number: weighted mean, points lost, coverage, bounds.

use crate::assessment::{Score, ScoreBounds, ScorePart, Step};

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

/// Fills in what the score gains if one value alone becomes the next round one that is better.
pub(super) fn fill_steps(parts: &mut [ScorePart], value: f64) {
    for i in 0..parts.len() {
        let part = &parts[i];
        let (Some(x), Some(target), Some(poor)) = (part.value, part.target, part.poor) else {
            continue;
        };
        let step = if x > target && x * 0.9 < target {
            target
        } else {
            two_digits(x * 0.9)
        };
        if step <= 0.0 || step >= x {
            continue;
        }
        let mut changed = parts.to_vec();
        changed[i].score = super::curve(step, target, poor);
        if let Some(then) = total(&changed) {
            parts[i].step = Some(Step {
                value: step,
                points: then - value,
            });
        }
    }
}

/// Rounded to two significant digits.
fn two_digits(x: f64) -> f64 {
    if x <= 0.0 || !x.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powi(1 - x.log10().floor() as i32);
    (x * scale).round() / scale
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

    /// The orchestrator's table with the values of a worked example: each S to three places by a
    /// normal table, 79.1 in all, 20.9 lost.
    fn example() -> Vec<ScorePart> {
        vec![
            part(Some(2.70), 20.0, 3.0, 5.0),
            part(Some(7.90), 10.0, 5.0, 10.0),
            part(Some(0.027), 25.0, 0.05, 0.10),
            part(Some(0.390), 12.0, 0.30, 0.60),
            part(Some(0.170), 13.0, 0.20, 0.40),
            part(Some(0.740), 10.0, 0.80, 0.90),
            part(Some(0.780), 6.0, 0.80, 0.95),
            part(None, 4.0, 0.80, 0.90),
        ]
    }

    #[test]
    fn a_worked_example() {
        let mut parts = example();
        for (part, s) in parts
            .iter()
            .zip([0.792, 0.591, 0.899, 0.663, 0.797, 0.869, 0.780])
        {
            assert!(
                (part.score.unwrap() - s).abs() < 0.0006,
                "{:?} {s}",
                part.score
            );
        }
        let value = total(&parts).unwrap();
        assert!((value - 79.1).abs() < 0.05, "{value}");
        fill_points_lost(&mut parts, value);
        let shown: Vec<f64> = parts.iter().filter_map(|p| p.points_lost_shown).collect();
        assert!((shown.iter().sum::<f64>() - 20.9).abs() < 1e-9, "{shown:?}");
        let (coverage, bounds) = coverage(&parts);
        let bounds = bounds.unwrap();
        assert!((coverage - 0.96).abs() < 1e-12);
        assert!(
            (bounds.low - 75.9).abs() < 0.05 && (bounds.high - 79.9).abs() < 0.05,
            "{bounds:?}"
        );
    }

    /// A monitor's reports alone: CPU p95 at 1.0 has S = Φ(−0.2013) = 0.420, memory and disk 1.
    #[test]
    fn samples_alone() {
        let mut parts = vec![
            part(Some(0.046), 10.0, 0.80, 0.90),
            part(Some(1.0), 6.0, 0.80, 0.95),
            part(Some(0.1), 4.0, 0.80, 0.90),
            part(None, 80.0, 0.3, 0.6),
        ];
        let value = total(&parts).unwrap();
        assert!((value - 82.6).abs() < 0.05, "{value}");
        fill_points_lost(&mut parts, value);
        assert!((parts[1].points_lost.unwrap() - 17.4).abs() < 0.05);
        let (coverage, bounds) = coverage(&parts);
        let bounds = bounds.unwrap();
        assert!((coverage - 0.2).abs() < 1e-12);
        assert!(
            (bounds.low - 16.5).abs() < 0.05 && (bounds.high - 96.5).abs() < 0.05,
            "{bounds:?}"
        );
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
