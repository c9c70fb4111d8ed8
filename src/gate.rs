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

mod before;

pub use before::{Before, Worse, causes};

use crate::analysis::{self, Side, is_certain};
use crate::assessment::{
    Cause, Check, CheckKind, CheckLevel, Comparison, EffectKind, EffectSize, GateEvent, GateReport,
    GateVerdict, Interval, Known, Pairing, Reason, SettingPlace,
};
use crate::config::{Config, DeclaredMetric, TargetStatistic};
use crate::metrics::{Direction, Metric, Unit};
use crate::record::{Dimension, Measured};
use crate::stats::{multiplicity, permutation, unpaired};

/// p below which a change is more than chance.
const ALPHA: f64 = 0.05;

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
    /// Where a configuration file sets the tolerance, else the level.
    pub set_at: Option<SettingPlace>,
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
    /// How much it weighs.
    pub level: CheckLevel,
    /// Where a configuration file sets it.
    pub set_at: Option<SettingPlace>,
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

/// What is judged without a word of the user's, where the baseline has it.
pub const USUAL: [(Metric, TargetStatistic); 8] = [
    (Metric::ResponseTime, TargetStatistic::Mean),
    (Metric::ResponseTime, TargetStatistic::P95),
    (Metric::TaskTime, TargetStatistic::Mean),
    (Metric::SuccessRate, TargetStatistic::Mean),
    (Metric::TaskSuccessRate, TargetStatistic::Mean),
    (Metric::CacheHitRate, TargetStatistic::Mean),
    (Metric::OutputTokens, TargetStatistic::Mean),
    (Metric::Cost, TargetStatistic::Mean),
];

impl Judged {
    /// A metric with its usual tolerance; `unit` is that of the metric.
    #[must_use]
    pub fn usual(metric: &str, unit: Unit, statistic: TargetStatistic) -> Self {
        Self {
            metric: metric.to_owned(),
            statistic,
            tolerance: analysis::usual_tolerance(metric, unit, statistic),
            level: CheckLevel::Error,
            is_declared: false,
            set_at: None,
        }
    }
}

/// What is judged without a word of the user's: response time (mean and p95; without any the time of
/// tasks), success, tasks, the context cache, output tokens, cost, declared metrics with a direction; of inputs that have none of
/// these, what only they know.
#[must_use]
pub fn usual(base: &Side<'_>) -> Vec<Judged> {
    let measured = base.workload.measured();
    let has = |metric| measured.contains(&Measured::Known(metric));
    let known: Vec<Judged> = USUAL
        .into_iter()
        .filter(|(metric, _)| has(*metric))
        // Where nobody waits for a step, the task is what is waited for.
        .filter(|(metric, _)| *metric != Metric::TaskTime || !has(Metric::ResponseTime))
        .map(|(metric, statistic)| Judged::usual(metric.name(), metric.row().unit, statistic))
        .collect();
    let declared = &base.workload.declared;
    let custom = measured.into_iter().filter_map(|m| match m {
        Measured::Custom(name) => {
            let name = base.workload.catalog.text(name);
            Some((name, declared.find(name)))
        }
        Measured::Known(_) => None,
    });
    // Who says which way of a metric is better wants it judged.
    let own = custom.clone().filter(|(_, declared)| {
        declared.is_some_and(|declared| declared.direction != Direction::Neither)
    });
    let judged = |(name, declared): (&str, Option<&DeclaredMetric>)| {
        let unit = declared.map_or(Unit::Unknown, |d| d.unit);
        let of_tail = declared
            .map(|d| d.statistic)
            .filter(|s| *s == TargetStatistic::P95);
        let statistics = std::iter::once(TargetStatistic::Mean).chain(of_tail);
        statistics
            .map(|statistic| Judged::usual(name, unit, statistic))
            .collect::<Vec<_>>()
    };
    let all: Vec<Judged> = known.into_iter().chain(own.flat_map(judged)).collect();
    if all.is_empty() {
        custom.flat_map(judged).collect()
    } else {
        all
    }
}

/// Judges a candidate. `causes` is what is known to differ between the two; the configuration says which way
/// is better of metrics without a direction.
#[must_use]
pub fn judge(
    base: &Side<'_>,
    candidate: &Side<'_>,
    policy: &Policy,
    config: &Config,
    causes: Vec<Cause>,
) -> GateReport {
    let mut report = GateReport::of(analysis::row(base), analysis::row(candidate));
    let mut pairs: Vec<(Check, Option<f64>)> = policy
        .judged
        .iter()
        .filter_map(|judged| against_baseline(base, candidate, judged, policy, config))
        .collect();
    adjust(&mut pairs, policy);
    report.checks = pairs.into_iter().map(|(check, _)| check).collect();
    let limits = policy.limits.iter();
    report
        .checks
        .extend(limits.map(|limit| against_limit(candidate, limit, config)));
    report.events = events(&report.checks, causes, base, candidate);
    report.tasks = Some(analysis::pairing(base, candidate)).filter(is_of_tasks);
    report.verdict = overall(&report.checks, policy);
    if report.verdict == GateVerdict::Pass && report.tasks.as_ref().is_some_and(lacks_tasks) {
        report.verdict = GateVerdict::Inconclusive;
    }
    report.exit_code = exit_code(report.verdict, policy);
    report
}

/// Whether both sides name tasks.
fn is_of_tasks(tasks: &Pairing) -> bool {
    tasks.both + tasks.base_only > 0 && tasks.both + tasks.candidate_only > 0
}

/// Whether so many of the baseline's tasks are missing that what is left proves nothing for the whole: a
/// candidate that leaves out what it is slow at must not pass.
fn lacks_tasks(tasks: &Pairing) -> bool {
    /// Least share of the baseline's tasks for a pass.
    const LEAST: f64 = 0.8;
    (tasks.both as f64) < LEAST * (tasks.both + tasks.base_only) as f64
}

/// A check whose p is not adjusted yet, and the least p that its units could reach.
fn against_baseline(
    base: &Side<'_>,
    candidate: &Side<'_>,
    judged: &Judged,
    policy: &Policy,
    config: &Config,
) -> Option<(Check, Option<f64>)> {
    let (metric, statistic) = (&judged.metric, judged.statistic);
    let found = analysis::one(base, candidate, metric, statistic, config);
    if found.is_none() && !judged.is_declared {
        return None;
    }
    let least = found.as_ref().filter(|c| c.p.is_some()).map(least_p);
    let mut compared = match found {
        Some(found) => found.with_verdict(GateVerdict::Insufficient),
        None => Comparison {
            base: base.label.clone(),
            candidate: candidate.label.clone(),
            note: Some("not measured in either".into()),
            ..absent(metric, config)
        },
    };
    compared.tolerance = Some(judged.tolerance);
    analysis::add_power(&mut compared);
    let check = Check {
        statistic: statistic.name().into(),
        kind: CheckKind::Regression,
        level: judged.level,
        accepted: policy.accepted.contains(&compared.metric),
        set_at: judged.set_at.clone(),
        compared,
    };
    Some((check, least))
}

/// A metric of which nothing is known.
fn absent(metric: &str, config: &Config) -> Comparison<GateVerdict> {
    Comparison {
        metric: metric.to_owned(),
        unit: config.unit_of(metric),
        direction: config.directions.of(metric),
        dimension: "label".into(),
        base: String::new(),
        candidate: String::new(),
        n: [0, 0],
        units: [0, 0],
        paired: false,
        base_value: None,
        candidate_value: None,
        effect: None,
        plain_effect: None,
        test: None,
        p: None,
        p_adjusted: None,
        tolerance: None,
        detectable: None,
        n_needed: None,
        verdict: GateVerdict::Insufficient,
        reason: Some(Reason::Absent),
        note: None,
        known: Known::default(),
    }
}

/// Adjusts p over all judged metrics, and gives each check its verdict.
fn adjust(checks: &mut [(Check, Option<f64>)], policy: &Policy) {
    let p: Vec<f64> = checks.iter().filter_map(|(c, _)| c.compared.p).collect();
    let by_name = policy.judged.iter().all(|j| j.is_declared);
    let adjusted = if by_name {
        multiplicity::holm(&p)
    } else {
        multiplicity::benjamini_hochberg(&p)
    };
    #[allow(clippy::cast_precision_loss)]
    let judged = p.len() as f64;
    let mut adjusted = adjusted.into_iter();
    let tested = checks
        .iter_mut()
        .map(|(check, least)| (&mut check.compared, *least))
        .filter(|(compared, _)| compared.p.is_some());
    for (compared, least) in tested {
        compared.p_adjusted = adjusted.next();
        let is_open = compared.p_adjusted.is_none_or(|p| p >= ALPHA);
        compared.verdict = match least {
            Some(least) if least * judged > ALPHA && is_open => {
                compared.reason = Some(Reason::Unreachable);
                compared.note = Some(format!(
                    "{} {} can reach p = {least:.2} at best, which {} judged metrics lift above {ALPHA}",
                    compared.units[0].min(compared.units[1]),
                    if compared.paired {
                        "pairs"
                    } else {
                        "units a group"
                    },
                    p.len()
                ));
                GateVerdict::Insufficient
            }
            _ => {
                let verdict = verdict(compared);
                let is_open = verdict == GateVerdict::Inconclusive;
                let is_withheld = is_open && analysis::withhold(compared);
                analysis::explain(compared, is_open);
                if is_withheld {
                    GateVerdict::Insufficient
                } else {
                    verdict
                }
            }
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
        Some("brunner-munzel-permutation") => unpaired::least_p(a as usize, b as usize),
        _ => permutation::least_p(a as usize, b as usize),
    }
}

/// By the ends of the interval, turned so that more is worse.
fn verdict(compared: &Comparison<GateVerdict>) -> GateVerdict {
    let (Some(effect), Some(tolerance), Some(p)) = (
        &compared.effect,
        analysis::margin(compared),
        compared.p_adjusted,
    ) else {
        return GateVerdict::Inconclusive;
    };
    let none = effect.kind.none();
    let turned = |low: f64, high: f64| match compared.direction {
        Direction::Higher => (-high, -low),
        Direction::Lower => (low, high),
        // Without a direction a change either way is one.
        Direction::Neither if low > 0.0 => (low, high),
        Direction::Neither if high < 0.0 => (-high, -low),
        Direction::Neither => (0.0, high.max(-low)),
    };
    let worse = turned(effect.low - none, effect.high - none);
    let worse_is_lower = compared.direction == Direction::Higher;
    let means = analysis::change_of_means(compared).map_or(0.0, |d| turned(d, d).1);
    // What lies just at the tolerance is inside, whatever rounding makes of it.
    let tolerance = tolerance * (1.0 + 1e-9);
    if p < ALPHA && worse.0 > tolerance && is_certain(compared, !worse_is_lower) {
        GateVerdict::Regression
    } else if worse.1 <= tolerance && means <= tolerance && is_certain(compared, worse_is_lower) {
        GateVerdict::Pass
    } else {
        GateVerdict::Inconclusive
    }
}

/// A limit is broken where the whole interval is beyond it, kept where the whole is inside.
fn against_limit(candidate: &Side<'_>, limit: &AbsoluteLimit, config: &Config) -> Check {
    let found = analysis::interval_of(candidate, &limit.metric, limit.statistic);
    let (value, n, units) = found
        .as_ref()
        .map_or((None, 0, 0), |(v, n, units, _)| (Some(*v), *n, *units));
    let interval = found.as_ref().and_then(|(_, _, _, i)| i.as_ref());
    let lacks = match (interval, value) {
        (Some(_), Some(_)) => None,
        (_, None) => Some((Reason::Absent, "not measured in the candidate".to_owned())),
        (None, Some(_)) if units < FEWEST_UNITS => {
            let note = format!("no interval: {units} of the {FEWEST_UNITS} units it needs");
            Some((Reason::TooFew, note))
        }
        (None, Some(_)) => Some((Reason::TooFew, "no interval can be formed".to_owned())),
    };
    let verdict = interval.map_or(GateVerdict::Insufficient, |i| limit.verdict(i));
    // What requests do not tell may be beyond what is told, and never below it.
    let gap = analysis::gap(candidate, &limit.metric).filter(|_| {
        let is_kept = limit.kind == CheckKind::Max && verdict == GateVerdict::Pass;
        is_kept || limit.kind == CheckKind::Min && verdict == GateVerdict::Regression
    });
    let verdict = gap.as_ref().map_or(verdict, |_| GateVerdict::Inconclusive);
    let lacks = lacks.or_else(|| gap.map(|gap| (Reason::Incomplete, gap)));
    let (reason, note) = lacks.unzip();
    // The end that faces the limit: how far it is, and how far it may be.
    let half = interval
        .zip(value)
        .map(|(i, value)| match value < limit.value {
            true => i.high - value,
            false => value - i.low,
        });
    let away = value.map(|value| (value - limit.value).abs());
    Check {
        compared: Comparison {
            detectable: half,
            n_needed: half.zip(away).and_then(|(half, away)| {
                let n = (units as f64 * (half / away).powi(2)).ceil();
                (n.is_finite() && n < 1e15).then_some((n as u64).max(FEWEST_UNITS))
            }),
            candidate: candidate.label.clone(),
            n: [0, n],
            units: [0, units],
            base_value: Some(limit.value),
            candidate_value: value,
            effect: interval.zip(value).map(|(i, value)| EffectSize {
                kind: EffectKind::Difference,
                estimate: value,
                low: i.low,
                high: i.high,
                level: i.level,
            }),
            verdict,
            reason,
            note,
            ..absent(&limit.metric, config)
        },
        statistic: limit.statistic.name().into(),
        kind: limit.kind,
        level: limit.level,
        accepted: false,
        set_at: limit.set_at.clone(),
    }
}

impl AbsoluteLimit {
    fn verdict(&self, interval: &Interval) -> GateVerdict {
        let (is_inside, is_beyond) = match self.kind {
            CheckKind::Min => (interval.low >= self.value, interval.high < self.value),
            CheckKind::Max | CheckKind::Regression => {
                (interval.high <= self.value, interval.low > self.value)
            }
        };
        match (is_inside, is_beyond) {
            (true, _) => GateVerdict::Pass,
            (_, true) => GateVerdict::Regression,
            _ => GateVerdict::Inconclusive,
        }
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
        let metric = &check.compared.metric;
        let is_regression = check.compared.verdict == GateVerdict::Regression;
        if is_regression && !check.accepted && !metrics.contains(metric) {
            metrics.push(metric.clone());
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
    let has = |verdict| {
        checks
            .iter()
            .filter(decides)
            .any(|c| c.compared.verdict == verdict)
    };
    if has(GateVerdict::Regression) {
        return GateVerdict::Regression;
    }
    let is_declared = |c: &Check| {
        let is_named = |j: &Judged| {
            j.is_declared && j.metric == c.compared.metric && j.statistic.name() == c.statistic
        };
        c.kind != CheckKind::Regression || policy.judged.iter().any(is_named)
    };
    let is_short = |c: &&Check| c.compared.verdict == GateVerdict::Insufficient;
    // An accepted one stands for others only where there are none.
    let are_all_accepted = !checks.iter().any(|c| decides(&c));
    let is_deciding =
        |c: &&Check| c.level == CheckLevel::Error && (are_all_accepted || !c.accepted);
    let mut deciding = checks.iter().filter(is_deciding);
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
