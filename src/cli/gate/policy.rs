//! What is judged: what is usual, then the `gate` section of the configuration, then the options.

use super::{Args, Word};
use crate::analysis::Side;
use crate::assessment::{CheckKind, CheckLevel, GateVerdict, SettingPlace};
use crate::cli::Failure;
use crate::cli::input::value_of;
use crate::config::{Config, GateSetting, Level, Origin, Sourced, TargetStatistic, has_p95};
use crate::gate::{self, AbsoluteLimit, Judged, Policy};
use crate::metrics::{Metric, Unit};
use crate::record::Measured;
use crate::units;

/// A metric with the statistic that is meant.
type Subject = (String, TargetStatistic);

/// What is judged: the usual metrics or those that were named, with what configuration and options say of
/// each. An option goes before the configuration.
pub(super) fn policy(
    args: &Args,
    config: &Config,
    base: &Side<'_>,
    accepted: Vec<String>,
    warn: &dyn Fn(&str),
) -> Result<Policy, Failure> {
    let named = |texts: &[String]| -> Result<Vec<Subject>, Failure> {
        texts
            .iter()
            .map(|text| subject(text, base, config))
            .collect()
    };
    let only = named(&args.metric)?;
    let mut plan = Plan {
        config,
        judged: Vec::new(),
        limits: Vec::new(),
    };
    if only.is_empty() {
        plan.judged = gate::usual(base);
    }
    for subject in &only {
        plan.declare(subject);
    }
    let is_asked = |subject: &Subject| only.is_empty() || only.contains(subject);
    for (subject, setting) in config.gate.iter().filter(|(s, _)| is_asked(s)) {
        plan.configure(subject, setting, !only.is_empty());
    }
    for text in &args.max_regression {
        let (name, value) = assigned(text, "--max-regression", "response_time=10%")?;
        let tolerance = units::parse_ratio(value)
            .map_err(|e| Failure::new(format!("--max-regression {text}: {e}")).help(e.help()))?;
        let tolerance = percent(tolerance, value, &format!("--max-regression {text}"), warn);
        let judged = plan.declare(&subject(name, base, config)?);
        (judged.tolerance, judged.set_at) = (tolerance, None);
    }
    for (texts, kind, option) in [
        (&args.min, CheckKind::Min, "--min"),
        (&args.max, CheckKind::Max, "--max"),
    ] {
        for text in texts {
            let (name, value) = assigned(text, option, "success_rate=95%")?;
            let subject = subject(name, base, config)?;
            let unit = config.unit_of(&subject.0);
            let mut limit = value_of(unit, value)
                .map_err(|e| Failure::new(format!("{option} {text}: {e}")).help(e.help()))?;
            if unit == Unit::Ratio {
                limit = percent(limit, value, &format!("{option} {text}"), warn);
            }
            plan.limit(&subject, kind, limit, None);
        }
    }
    for subject in named(&args.warn)? {
        plan.declare(&subject);
        plan.weigh(&subject, CheckLevel::Warn);
    }
    for subject in named(&args.off)? {
        plan.judged.retain(|j| !is_about(j, &subject));
    }
    let verdict = |word: &Word| match word {
        Word::Inconclusive => GateVerdict::Inconclusive,
        Word::Insufficient => GateVerdict::Insufficient,
    };
    Ok(Policy {
        judged: plan.judged,
        limits: plan.limits,
        accepted,
        fail_on: args.fail_on.iter().map(verdict).collect(),
    })
}

/// What is judged, as far as it is known.
struct Plan<'a> {
    config: &'a Config,
    judged: Vec<Judged>,
    limits: Vec<AbsoluteLimit>,
}

impl Plan<'_> {
    /// Judges a metric against the baseline, because somebody named it.
    fn declare(&mut self, subject: &Subject) -> &mut Judged {
        let known = self.judged.iter().position(|j| is_about(j, subject));
        let at = known.unwrap_or_else(|| {
            let unit = self.config.unit_of(&subject.0);
            self.judged.push(Judged::usual(&subject.0, unit, subject.1));
            self.judged.len() - 1
        });
        self.judged[at].is_declared = true;
        &mut self.judged[at]
    }

    /// A limit; one that was set before for the same metric no longer holds.
    fn limit(
        &mut self,
        subject: &Subject,
        kind: CheckKind,
        value: f64,
        set_at: Option<SettingPlace>,
    ) {
        let (metric, statistic) = subject.clone();
        self.limits
            .retain(|l| l.metric != metric || l.statistic != statistic || l.kind != kind);
        self.limits.push(AbsoluteLimit {
            metric,
            statistic,
            kind,
            value,
            level: CheckLevel::Error,
            set_at,
        });
    }

    fn weigh(&mut self, subject: &Subject, level: CheckLevel) {
        for judged in self.judged.iter_mut().filter(|j| is_about(j, subject)) {
            judged.level = level;
        }
        let (metric, statistic) = subject;
        for limit in &mut self.limits {
            if limit.metric == *metric && limit.statistic == *statistic {
                limit.level = level;
            }
        }
    }

    /// What the configuration says of a metric. `off` leaves out what nobody named on the command line.
    fn configure(&mut self, subject: &Subject, setting: &GateSetting, is_named: bool) {
        let level = setting.level.as_ref();
        if level.is_some_and(|l| l.value == Level::Off) && !is_named {
            self.judged.retain(|j| !is_about(j, subject));
            return;
        }
        if let Some(tolerance) = &setting.max_regression {
            self.declare(subject).tolerance = tolerance.value;
        }
        for (limit, kind) in [
            (&setting.min, CheckKind::Min),
            (&setting.max, CheckKind::Max),
        ] {
            if let Some(limit) = limit {
                self.limit(subject, kind, limit.value, place(limit));
            }
        }
        if level.is_some() && setting.min.is_none() && setting.max.is_none() {
            self.declare(subject);
        }
        match level.map(|l| l.value) {
            Some(Level::Warn) => self.weigh(subject, CheckLevel::Warn),
            Some(Level::Error) => self.weigh(subject, CheckLevel::Error),
            Some(Level::Off) | None => {}
        }
        let set_at = setting.max_regression.as_ref().and_then(place);
        let set_at = set_at.or_else(|| level.and_then(place));
        for judged in self.judged.iter_mut().filter(|j| is_about(j, subject)) {
            judged.set_at.clone_from(&set_at);
        }
    }
}

/// A ratio as the configuration reads it: of a bare number above 1 the percent sign was forgotten.
fn percent(ratio: f64, text: &str, option: &str, warn: &dyn Fn(&str)) -> f64 {
    /// Up to here; more is no percentage either.
    const MOST: f64 = 100.0;
    let is_bare = text.trim().parse::<f64>().is_ok();
    if !is_bare || ratio <= 1.0 || ratio > MOST {
        return ratio;
    }
    warn(&format!("{option}: {text} is taken for {text}%"));
    ratio / MOST
}

fn is_about(judged: &Judged, (metric, statistic): &Subject) -> bool {
    judged.metric == *metric && judged.statistic == *statistic
}

/// The line of the file that sets a value; `None` where no file does.
fn place<T>(sourced: &Sourced<T>) -> Option<SettingPlace> {
    match &sourced.origin {
        Origin::File(place) => Some(SettingPlace {
            file: place.file.clone(),
            line: place.line,
        }),
        _ => None,
    }
}

fn assigned<'a>(text: &'a str, option: &str, example: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| {
        Failure::new(format!("{option} wants METRIC=VALUE"))
            .help(format!("write {option} {example}"))
    })
}

/// `response_time` or `response_time.p95`, of a metric that there is.
fn subject(text: &str, base: &Side<'_>, config: &Config) -> Result<Subject, Failure> {
    let (name, statistic) = TargetStatistic::split(text);
    if statistic == TargetStatistic::P95 && Metric::named(name).is_some_and(|m| !has_p95(m)) {
        return Err(Failure::new(format!("{name} has no 95th percentile"))
            .help("it is judged of times and sizes, such as response_time.p95"));
    }
    let is_declared = config.declared.find(name).is_some();
    if Metric::named(name).is_some() || is_declared || measures(base, name) {
        return Ok((name.to_owned(), statistic));
    }
    let failure = Failure::new(format!("there is no metric {name:?}"));
    Err(match config.declared.nearest(name) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => failure.help("perfadvise metrics list names them all"),
    })
}

/// Whether a metric that only the input knows was measured.
fn measures(side: &Side<'_>, name: &str) -> bool {
    side.workload.measured().into_iter().any(|m| match m {
        Measured::Custom(custom) => side.workload.catalog.text(custom) == name,
        Measured::Known(_) => false,
    })
}
