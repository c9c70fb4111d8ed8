//! The gate: a candidate against a baseline, a verdict for each metric and one over all.
//!
//! | verdict | when |
//! |---|---|
//! | regression | adjusted p < 0.05, and the interval's near end is beyond the tolerance |
//! | pass | the interval's far end is inside the tolerance |
//! | inconclusive | neither |
//! | insufficient | too few units, no data, or so few that no p could ever be small enough |
//!
//! p is adjusted by Benjamini and Hochberg over all judged metrics, by Holm where the user named
//! them. Absolute limits are judged by the ends of the candidate's own interval.

use crate::analysis::{self, Side};
use crate::assessment::{
    Cause, Check, CheckKind, CheckLevel, Comparison, EffectKind, EffectSize, GateEvent, GateReport,
    GateVerdict, Pairing, Score, ScoreChange,
};
use crate::config::TargetStatistic;
use crate::metrics::{Direction, Metric, Unit};
use crate::record::{Dimension, Measured};
use crate::stats::{multiplicity, normal};

/// p below which a change is more than chance.
const ALPHA: f64 = 0.05;

/// How often a change of the stated size would be found.
const POWER: f64 = 0.8;

/// Fewest units for an interval of the candidate alone.
const FEWEST_UNITS: u64 = 6;

/// A metric that is judged against the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Name of the metric.
    pub metric: String,
    /// Which statistic.
    pub statistic: TargetStatistic,
    /// Largest change for the worse that is accepted: a fraction, or a difference of ratios.
    pub tolerance: f64,
    /// How much it weighs.
    pub level: CheckLevel,
    /// Whether the user named it: then it must be there.
    pub is_declared: bool,
}

/// A limit that holds whatever the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct AbsoluteLimit {
    /// Name of the metric.
    pub metric: String,
    /// Which statistic.
    pub statistic: TargetStatistic,
    /// A smallest or a largest value.
    pub kind: CheckKind,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// What is judged, and how strictly.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Against the baseline.
    pub judged: Vec<Judged>,
    /// Against fixed values.
    pub limits: Vec<AbsoluteLimit>,
    /// Metrics whose change somebody accepted on purpose.
    pub accepted: Vec<String>,
    /// Verdicts that exit with 3 beside what always does.
    pub fail_on: Vec<GateVerdict>,
}

/// The tolerance of a metric where the user names none: 5 % of durations, tokens and cost, 10 % of
/// p95, 5 points of success rates, 2 points of other ratios.
#[must_use]
pub fn usual_tolerance(metric: &str, statistic: TargetStatistic) -> f64 {
    let known = Metric::named(metric);
    let is_success = matches!(
        known,
        Some(
            Metric::SuccessRate
                | Metric::TaskSuccessRate
                | Metric::AttemptSuccessRate
                | Metric::ToolSuccessRate
        )
    );
    match (statistic, known.map(|m| m.row().unit)) {
        (TargetStatistic::P95, _) => 0.1,
        _ if is_success => 0.05,
        (_, Some(Unit::Ratio)) => 0.02,
        _ => 0.05,
    }
}

/// What is judged without a word of the user's: response time (mean and p95), success, tasks, the
/// context cache, output tokens, cost; of inputs that have none of these, what only they know.
#[must_use]
pub fn usual(base: &Side<'_>) -> Vec<Judged> {
    use TargetStatistic::{Mean, P95};
    let judged = |metric: &str, statistic| Judged {
        metric: metric.to_owned(),
        statistic,
        tolerance: usual_tolerance(metric, statistic),
        level: CheckLevel::Error,
        is_declared: false,
    };
    let measured = base.workload.measured();
    let known: Vec<Judged> = [
        (Metric::ResponseTime, Mean),
        (Metric::ResponseTime, P95),
        (Metric::SuccessRate, Mean),
        (Metric::TaskSuccessRate, Mean),
        (Metric::CacheHitRate, Mean),
        (Metric::OutputTokens, Mean),
        (Metric::Cost, Mean),
    ]
    .into_iter()
    .filter(|(metric, _)| measured.contains(&Measured::Known(*metric)))
    .map(|(metric, statistic)| judged(metric.name(), statistic))
    .collect();
    if !known.is_empty() {
        return known;
    }
    let custom = measured.into_iter().filter_map(|m| match m {
        Measured::Custom(name) => Some(judged(base.workload.catalog.text(name), Mean)),
        Measured::Known(_) => None,
    });
    custom.collect()
}

/// Judges a candidate. `causes` is what is known to differ between the two.
#[must_use]
pub fn judge(
    base: &Side<'_>,
    candidate: &Side<'_>,
    policy: &Policy,
    causes: Vec<Cause>,
) -> GateReport {
    let mut report = GateReport::of(analysis::row(base), analysis::row(candidate));
    let mut pairs: Vec<(Check, Option<f64>)> = policy
        .judged
        .iter()
        .filter_map(|judged| against_baseline(base, candidate, judged, policy))
        .collect();
    adjust(&mut pairs, policy);
    report.checks = pairs.into_iter().map(|(check, _)| check).collect();
    let limits = policy.limits.iter();
    report
        .checks
        .extend(limits.map(|limit| against_limit(candidate, limit)));
    report.events = events(&report.checks, causes, base, candidate);
    report.tasks = Some(analysis::pairing(base, candidate)).filter(|p| p.both > 0);
    report.verdict = overall(&report.checks, policy);
    if report.verdict == GateVerdict::Pass && report.tasks.as_ref().is_some_and(lacks_tasks) {
        report.verdict = GateVerdict::Inconclusive;
    }
    report.exit_code = exit_code(report.verdict, policy);
    report
}

/// Whether so many of the baseline's tasks are missing that what is left proves nothing for the whole: a
/// candidate that leaves out what it is slow at must not pass.
fn lacks_tasks(tasks: &Pairing) -> bool {
    /// Least share of the baseline's tasks for a pass.
    const LEAST: f64 = 0.8;
    (tasks.both as f64) < LEAST * (tasks.both + tasks.base_only) as f64
}

/// The change of the score; `None` where the two are not comparable.
#[must_use]
pub fn score_change(base: &Score, candidate: &Score) -> Option<ScoreChange> {
    let is_alike = base.model == candidate.model
        && base.profile == candidate.profile
        && (base.coverage - candidate.coverage).abs() < 1e-9;
    let (from, to) = is_alike.then_some((base.value?, candidate.value?))?;
    let half = |score: &Score, value: f64| {
        let i = score.interval.as_ref()?;
        Some((i.high - value).max(value - i.low))
    };
    let beyond_noise = half(base, from)
        .zip(half(candidate, to))
        .map(|(a, b)| (to - from).abs() > a.hypot(b));
    Some(ScoreChange {
        from,
        to,
        beyond_noise,
    })
}

/// A check whose p is not adjusted yet, and the least p that its units could reach.
fn against_baseline(
    base: &Side<'_>,
    candidate: &Side<'_>,
    judged: &Judged,
    policy: &Policy,
) -> Option<(Check, Option<f64>)> {
    let Some(c) = analysis::one(base, candidate, &judged.metric, judged.statistic) else {
        return judged
            .is_declared
            .then(|| (missing(base, candidate, judged), None));
    };
    let least = c.p.is_some().then(|| least_p(&c));
    let mut check = Check {
        unit: c.unit,
        statistic: word(judged.statistic).into(),
        kind: CheckKind::Regression,
        n: c.n,
        units: c.units,
        paired: c.paired,
        base_value: c.base_value,
        candidate_value: c.candidate_value,
        test: c.test,
        p: c.p,
        p_adjusted: None,
        tolerance: Some(judged.tolerance),
        detectable: None,
        n_needed: None,
        level: judged.level,
        accepted: policy.accepted.contains(&c.metric),
        verdict: GateVerdict::Insufficient,
        note: c.note,
        metric: c.metric,
        base: c.base,
        candidate: c.candidate,
        effect: c.effect,
    };
    if let Some(power) = check.effect.as_ref().and_then(Power::of) {
        check.detectable = Some(power.detectable());
        let n = check.units[0].min(check.units[1]);
        let least = if check.paired { 6 } else { 4 };
        check.n_needed = margin(&check)
            .and_then(|margin| power.needed(n, margin))
            .map(|needed| needed.max(least));
    }
    Some((check, least))
}

fn missing(base: &Side<'_>, candidate: &Side<'_>, judged: &Judged) -> Check {
    Check {
        metric: judged.metric.clone(),
        unit: Metric::named(&judged.metric).map_or(Unit::Unknown, |m| m.row().unit),
        statistic: word(judged.statistic).into(),
        kind: CheckKind::Regression,
        base: base.label.clone(),
        candidate: candidate.label.clone(),
        n: [0, 0],
        units: [0, 0],
        paired: false,
        base_value: None,
        candidate_value: None,
        effect: None,
        test: None,
        p: None,
        p_adjusted: None,
        tolerance: Some(judged.tolerance),
        detectable: None,
        n_needed: None,
        level: judged.level,
        accepted: false,
        verdict: GateVerdict::Insufficient,
        note: Some("not measured in either".into()),
    }
}

fn word(statistic: TargetStatistic) -> &'static str {
    match statistic {
        TargetStatistic::Mean => "mean",
        TargetStatistic::P95 => "p95",
    }
}

/// Adjusts p over all judged metrics, and gives each check its verdict.
fn adjust(checks: &mut [(Check, Option<f64>)], policy: &Policy) {
    let p: Vec<f64> = checks.iter().filter_map(|(c, _)| c.p).collect();
    let by_name = policy.judged.iter().all(|j| j.is_declared);
    let adjusted = if by_name {
        multiplicity::holm(&p)
    } else {
        multiplicity::benjamini_hochberg(&p)
    };
    #[allow(clippy::cast_precision_loss)]
    let judged = p.len() as f64;
    let mut adjusted = adjusted.into_iter();
    for (check, least) in checks.iter_mut().filter(|(c, _)| c.p.is_some()) {
        check.p_adjusted = adjusted.next();
        check.verdict = match least {
            Some(least)
                if *least * judged > ALPHA && check.p_adjusted.is_none_or(|p| p >= ALPHA) =>
            {
                check.note = Some(format!(
                    "{} {} can reach p = {:.2} at best, which {} judged metrics lift above {ALPHA}",
                    check.units[0].min(check.units[1]),
                    if check.paired {
                        "pairs"
                    } else {
                        "units a group"
                    },
                    least,
                    p.len()
                ));
                GateVerdict::Insufficient
            }
            _ => verdict(check),
        };
    }
}

/// The smallest p that a test can give with so many units, however large the difference.
fn least_p(c: &Comparison) -> f64 {
    let (a, b) = (c.units[0], c.units[1]);
    match c.test.as_deref() {
        Some("wilcoxon-signed-rank" | "exchange-of-pairs") => 2.0 * 0.5_f64.powf(a as f64),
        Some("bootstrap-of-units") => 1e-3,
        // It goes lower than any count of splits, how far depends on the rates.
        Some("boschloo") => 0.0,
        _ => {
            // Two of all splits are as extreme as can be; of drawn ones p is at least 1 in 10,000.
            let k = a.min(b);
            let ways = (0..k).fold(1.0, |ways, i| ways * (a + b - i) as f64 / (i + 1) as f64);
            (2.0 / ways).max(if ways > 20_000.0 { 1e-4 } else { 0.0 })
        }
    }
}

/// The tolerance in the units of the effect: a fraction of a factor, a difference of ratios, of other
/// differences a fraction of the baseline's value.
fn margin(check: &Check) -> Option<f64> {
    let tolerance = check.tolerance?;
    match check.effect.as_ref()?.kind {
        EffectKind::Difference if check.unit != Unit::Ratio => {
            Some(tolerance * check.base_value?.abs())
        }
        EffectKind::Difference | EffectKind::Ratio => Some(tolerance),
    }
}

/// By the ends of the interval, turned so that more is worse.
fn verdict(check: &Check) -> GateVerdict {
    let (Some(effect), Some(tolerance), Some(p)) = (&check.effect, margin(check), check.p_adjusted)
    else {
        return GateVerdict::Inconclusive;
    };
    let none = match effect.kind {
        EffectKind::Ratio => 1.0,
        EffectKind::Difference => 0.0,
    };
    let (low, high) = (effect.low - none, effect.high - none);
    let worse = match Metric::named(&check.metric).map(|m| m.row().direction) {
        Some(Direction::Higher) => (-high, -low),
        Some(Direction::Lower) => (low, high),
        // Without a direction a change either way is one.
        Some(Direction::Neither) | None if low > 0.0 => (low, high),
        Some(Direction::Neither) | None if high < 0.0 => (-high, -low),
        Some(Direction::Neither) | None => (0.0, high.max(-low)),
    };
    if p < ALPHA && worse.0 > tolerance {
        GateVerdict::Regression
    } else if worse.1 <= tolerance {
        GateVerdict::Pass
    } else {
        GateVerdict::Inconclusive
    }
}

/// What so many units can show, from the width of the interval that they gave.
struct Power {
    /// Standard error of the effect, of ratios on logs.
    error: f64,
    kind: EffectKind,
}

impl Power {
    fn of(effect: &EffectSize) -> Option<Self> {
        let width = match effect.kind {
            EffectKind::Ratio => (effect.high / effect.low).ln(),
            EffectKind::Difference => effect.high - effect.low,
        };
        let error = width / (2.0 * normal::quantile(0.5 + effect.level / 2.0)?);
        (error.is_finite() && error > 0.0).then_some(Self {
            error,
            kind: effect.kind,
        })
    }

    /// Errors that a change must be away from none to be found.
    fn distance() -> f64 {
        let z = |p| normal::quantile(p).unwrap_or(f64::INFINITY);
        z(1.0 - ALPHA / 2.0) + z(POWER)
    }

    fn detectable(&self) -> f64 {
        let size = Self::distance() * self.error;
        match self.kind {
            EffectKind::Ratio => size.exp(),
            EffectKind::Difference => size,
        }
    }

    /// The error falls with the root of the units.
    fn needed(&self, units: u64, tolerance: f64) -> Option<u64> {
        let wanted = match self.kind {
            EffectKind::Ratio => tolerance.ln_1p(),
            EffectKind::Difference => tolerance,
        };
        let times = (Self::distance() * self.error / wanted).powi(2);
        let n = (units as f64 * times).ceil();
        (wanted > 0.0 && n.is_finite() && n < 1e15).then_some(n as u64)
    }
}

/// A limit is broken where the whole interval is beyond it, kept where the whole is inside.
fn against_limit(candidate: &Side<'_>, limit: &AbsoluteLimit) -> Check {
    let found = analysis::interval_of(candidate, &limit.metric, limit.statistic);
    let (value, n, units) = found
        .as_ref()
        .map_or((None, 0, 0), |(v, n, units, _)| (Some(*v), *n, *units));
    let interval = found.as_ref().and_then(|(_, _, _, i)| i.as_ref());
    let (verdict, note) = match (interval, value) {
        (Some(i), Some(_)) => {
            let (is_inside, is_beyond) = match limit.kind {
                CheckKind::Min => (i.low >= limit.value, i.high < limit.value),
                CheckKind::Max | CheckKind::Regression => {
                    (i.high <= limit.value, i.low > limit.value)
                }
            };
            let verdict = match (is_inside, is_beyond) {
                (true, _) => GateVerdict::Pass,
                (_, true) => GateVerdict::Regression,
                _ => GateVerdict::Inconclusive,
            };
            (verdict, None)
        }
        (_, None) => (
            GateVerdict::Insufficient,
            Some("not measured in the candidate".to_owned()),
        ),
        (None, Some(_)) if units < FEWEST_UNITS => (
            GateVerdict::Insufficient,
            Some(format!(
                "no interval: {units} of the {FEWEST_UNITS} units it needs"
            )),
        ),
        (None, Some(_)) => (
            GateVerdict::Insufficient,
            Some("no interval can be formed".to_owned()),
        ),
    };
    Check {
        metric: limit.metric.clone(),
        unit: Metric::named(&limit.metric).map_or(Unit::Unknown, |m| m.row().unit),
        statistic: word(limit.statistic).into(),
        kind: limit.kind,
        base: String::new(),
        candidate: candidate.label.clone(),
        n: [0, n],
        units: [0, units],
        paired: false,
        base_value: Some(limit.value),
        candidate_value: value,
        effect: interval.zip(value).map(|(i, value)| EffectSize {
            kind: EffectKind::Difference,
            estimate: value,
            low: i.low,
            high: i.high,
            level: i.level,
        }),
        test: None,
        p: None,
        p_adjusted: None,
        tolerance: None,
        detectable: None,
        n_needed: None,
        level: CheckLevel::Error,
        accepted: false,
        verdict,
        note,
    }
}

/// Regressions of one candidate have one cause: what differs between the two, where that is known.
fn events(
    checks: &[Check],
    mut causes: Vec<Cause>,
    base: &Side<'_>,
    candidate: &Side<'_>,
) -> Vec<GateEvent> {
    let mut metrics: Vec<String> = Vec::new();
    for check in checks {
        let is_new = !metrics.contains(&check.metric);
        if check.verdict == GateVerdict::Regression && !check.accepted && is_new {
            metrics.push(check.metric.clone());
        }
    }
    if metrics.is_empty() {
        return Vec::new();
    }
    causes.extend(models(base, candidate));
    vec![GateEvent { causes, metrics }]
}

/// Other models than before.
fn models(base: &Side<'_>, candidate: &Side<'_>) -> Option<Cause> {
    let of = |side: &Side<'_>| -> Vec<String> {
        let values = side.workload.values_of(Dimension::Model);
        let mut names: Vec<String> = values
            .into_iter()
            .map(|(name, _)| side.workload.catalog.text(name).to_owned())
            .collect();
        names.sort();
        names
    };
    let (from, to) = (of(base), of(candidate));
    let list = |names: Vec<String>| (!names.is_empty()).then(|| names.join(", "));
    (from != to).then(|| Cause {
        what: "model".into(),
        from: list(from),
        to: list(to),
        file: None,
        line: None,
    })
}

fn overall(checks: &[Check], policy: &Policy) -> GateVerdict {
    let decides = |c: &&Check| c.level == CheckLevel::Error && !c.accepted;
    let has = |verdict| checks.iter().filter(decides).any(|c| c.verdict == verdict);
    if has(GateVerdict::Regression) {
        return GateVerdict::Regression;
    }
    let is_declared = |c: &Check| {
        let is_named =
            |j: &Judged| j.is_declared && j.metric == c.metric && word(j.statistic) == c.statistic;
        c.kind != CheckKind::Regression || policy.judged.iter().any(is_named)
    };
    let is_short = |c: &&Check| c.verdict == GateVerdict::Insufficient;
    let mut deciding = checks.iter().filter(|c| c.level == CheckLevel::Error);
    // Without a check that decides nothing was judged.
    let all_short = deciding.clone().all(|c| is_short(&c));
    let declared_short = deciding.any(|c| is_short(&c) && is_declared(c));
    if all_short || declared_short {
        GateVerdict::Insufficient
    } else if has(GateVerdict::Inconclusive) {
        GateVerdict::Inconclusive
    } else {
        GateVerdict::Pass
    }
}

fn exit_code(verdict: GateVerdict, policy: &Policy) -> u8 {
    match verdict {
        GateVerdict::Regression => 1,
        GateVerdict::Insufficient => 3,
        GateVerdict::Inconclusive if policy.fail_on.contains(&verdict) => 3,
        GateVerdict::Inconclusive | GateVerdict::Pass => 0,
    }
}
