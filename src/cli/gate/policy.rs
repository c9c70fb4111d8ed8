//! What is judged, from the options.

use super::{Args, Word};
use crate::analysis::Side;
use crate::assessment::{CheckKind, CheckLevel, GateVerdict};
use crate::cli::Failure;
use crate::config::TargetStatistic;
use crate::config::keys::nearest;
use crate::gate::{self, AbsoluteLimit, Judged, Policy};
use crate::metrics::{self, Kind, Metric, Unit};
use crate::record::Measured;
use crate::units;

/// What is judged: the usual metrics or those that were named, with what the options say of each.
pub(super) fn policy(
    args: &Args,
    base: &Side<'_>,
    accepted: Vec<String>,
) -> Result<Policy, Failure> {
    let mut judged = if args.metric.is_empty() {
        gate::usual(base)
    } else {
        Vec::new()
    };
    let mut declare = |metric: &str, statistic| {
        let known = judged
            .iter()
            .position(|j| j.metric == metric && j.statistic == statistic);
        let at = known.unwrap_or_else(|| {
            judged.push(Judged {
                metric: metric.to_owned(),
                statistic,
                tolerance: gate::usual_tolerance(metric, statistic),
                level: CheckLevel::Error,
                is_declared: true,
            });
            judged.len() - 1
        });
        judged[at].is_declared = true;
        at
    };
    let mut tolerances = Vec::new();
    for text in &args.metric {
        let (metric, statistic) = statistic_of(text, base)?;
        declare(metric, statistic);
    }
    for text in &args.max_regression {
        let (name, value) = assigned(text, "--max-regression", "response_time=10%")?;
        let (metric, statistic) = statistic_of(name, base)?;
        let tolerance = units::parse_ratio(value)
            .map_err(|e| Failure::new(format!("--max-regression {text}: {e}")).help(e.help()))?;
        tolerances.push((declare(metric, statistic), tolerance));
    }
    let mut warned = Vec::new();
    for text in &args.warn {
        let (metric, statistic) = statistic_of(text, base)?;
        warned.push(declare(metric, statistic));
    }
    for (at, tolerance) in tolerances {
        judged[at].tolerance = tolerance;
    }
    for at in warned {
        judged[at].level = CheckLevel::Warn;
    }
    for text in &args.off {
        let (metric, statistic) = statistic_of(text, base)?;
        judged.retain(|j| j.metric != metric || j.statistic != statistic);
    }
    let mut limits = Vec::new();
    for (texts, kind, option) in [
        (&args.min, CheckKind::Min, "--min"),
        (&args.max, CheckKind::Max, "--max"),
    ] {
        for text in texts {
            let (name, value) = assigned(text, option, "success_rate=95%")?;
            let (metric, statistic) = statistic_of(name, base)?;
            limits.push(AbsoluteLimit {
                metric: metric.to_owned(),
                statistic,
                kind,
                value: value_of(metric, value)
                    .map_err(|e| Failure::new(format!("{option} {text}: {e}")).help(e.help()))?,
            });
        }
    }
    Ok(Policy {
        judged,
        limits,
        accepted,
        fail_on: args
            .fail_on
            .iter()
            .map(|word| match word {
                Word::Inconclusive => GateVerdict::Inconclusive,
                Word::Insufficient => GateVerdict::Insufficient,
            })
            .collect(),
    })
}

fn assigned<'a>(text: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| {
        Failure::new(format!("{option} wants METRIC=VALUE"))
            .help(format!("write {option} {example}"))
    })
}

/// `response_time` or `response_time.p95`.
fn statistic_of<'a>(text: &'a str, base: &Side<'_>) -> Result<(&'a str, TargetStatistic), Failure> {
    let (name, statistic) = match text.rsplit_once('.') {
        Some((name, "p95")) => (name, TargetStatistic::P95),
        Some((name, "mean")) => (name, TargetStatistic::Mean),
        _ => (text, TargetStatistic::Mean),
    };
    let has_p95 = |m: Metric| m.row().kind == Kind::Value && m.row().unit != Unit::Ratio;
    if statistic == TargetStatistic::P95 && Metric::named(name).is_some_and(|m| !has_p95(m)) {
        return Err(Failure::new(format!("{name} has no 95th percentile"))
            .help("it is judged of times and sizes, such as response_time.p95"));
    }
    if Metric::named(name).is_some() || measures(base, name) {
        return Ok((name, statistic));
    }
    let failure = Failure::new(format!("there is no metric {name:?}"));
    let known = metrics::ALL.iter().map(|m| m.name());
    Err(match nearest(name, known) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => failure.help("perfadvise metrics list names them all"),
    })
}

/// A value in the unit of its metric: `5s`, `95%`, `1GB`, `3`.
fn value_of(metric: &str, text: &str) -> Result<f64, units::UnitError> {
    match Metric::named(metric).map(|m| m.row().unit) {
        Some(Unit::Seconds) => units::parse_seconds(text),
        Some(Unit::Bytes) => units::parse_bytes(text),
        Some(Unit::Ratio) => units::parse_ratio(text),
        Some(Unit::Factor) => units::parse_factor(text),
        _ => {
            let number = text.trim().trim_start_matches('$');
            let plain = number.parse::<f64>().ok().filter(|n| n.is_finite());
            plain.map_or_else(|| units::parse_factor(text), Ok)
        }
    }
}

/// Whether a metric that only the input knows was measured.
fn measures(side: &Side<'_>, name: &str) -> bool {
    side.workload.measured().into_iter().any(|m| match m {
        Measured::Custom(custom) => side.workload.catalog.text(custom) == name,
        Measured::Known(_) => false,
    })
}
