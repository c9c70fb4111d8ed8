//! The statistics that the score is made of, as a workload gives them.

use crate::assessment::ScorePart;
use crate::config::{Config, PartTarget, Profile, TargetStatistic, part_targets};
use crate::metrics::Metric;
use crate::workload::{Figure, Filter, Workload};

use super::Part;

/// The parts in the order of the model and of [`part_targets`].
pub(super) const PARTS: [Part; 9] = [
    Part::ResponseMean,
    Part::ResponseP95,
    Part::Success,
    Part::Cache,
    Part::Tokens,
    Part::Memory,
    Part::Cpu,
    Part::Disk,
    Part::Accuracy,
];

impl Part {
    /// Short name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Part::ResponseMean => "response_mean",
            Part::ResponseP95 => "response_p95",
            Part::Success => "success",
            Part::Cache => "cache",
            Part::Tokens => "tokens",
            Part::Memory => "memory",
            Part::Cpu => "cpu",
            Part::Disk => "disk",
            Part::Accuracy => "accuracy",
        }
    }

    /// Name for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Part::ResponseMean | Part::ResponseP95 => "response time",
            Part::Success => "success rate",
            Part::Cache => "cache hit rate",
            Part::Tokens => "token efficiency",
            Part::Memory => "memory",
            Part::Cpu => "CPU",
            Part::Disk => "disk",
            Part::Accuracy => "accuracy",
        }
    }

    /// The statistic x, lower is better, of a value in the metric's own unit.
    pub(super) fn x(self, value: f64) -> f64 {
        match self {
            Part::ResponseMean | Part::ResponseP95 | Part::Memory | Part::Cpu | Part::Disk => value,
            // Too much is as far from right as too little.
            Part::Tokens => (1.0 - value).abs(),
            Part::Success | Part::Cache | Part::Accuracy => 1.0 - value,
        }
    }
}

/// A part with what the workload says of it.
pub(super) struct Measured {
    pub(super) part: Part,
    pub(super) target: PartTarget,
    pub(super) metric: Metric,
    pub(super) figure: Figure,
    /// x; `None` without data.
    pub(super) x: Option<f64>,
}

/// All parts of a workload.
pub(super) fn measure(workload: &Workload, config: &Config, profile: Profile) -> Vec<Measured> {
    let all = Filter::default();
    PARTS
        .into_iter()
        .zip(part_targets(config, profile))
        .map(|(part, target)| {
            let context_cache = workload.figure(target.metric, &all);
            let (metric, figure) = if part == Part::Cache && context_cache.n == 0 {
                (
                    Metric::PromptCacheHitRate,
                    workload.figure(Metric::PromptCacheHitRate, &all),
                )
            } else {
                (target.metric, context_cache)
            };
            let x = value(&figure, metric, target.statistic).map(|v| part.x(v));
            Measured {
                part,
                target,
                metric,
                figure,
                x,
            }
        })
        .collect()
}

/// The statistic in the metric's own unit.
pub(super) fn value(figure: &Figure, metric: Metric, statistic: TargetStatistic) -> Option<f64> {
    let unit = metric.row().unit;
    match statistic {
        TargetStatistic::Mean => figure.mean(unit),
        TargetStatistic::P95 => figure.quantile(0.95, unit),
    }
}

impl Measured {
    /// The row of the assessment, without points.
    pub(super) fn row(&self) -> ScorePart {
        let score = match (self.x, self.target.target, self.target.poor) {
            (Some(x), Some(target), Some(poor)) => super::curve(x, target, poor),
            _ => None,
        };
        let left_out = match (self.target.target, self.x) {
            (None, _) => Some("no target".to_owned()),
            (_, None) => Some("not measured".to_owned()),
            _ => None,
        };
        ScorePart {
            part: self.part.name().into(),
            title: if self.metric == Metric::PromptCacheHitRate {
                "prompt cache hit rate"
            } else {
                self.part.title()
            }
            .into(),
            metric: self.metric.name().into(),
            unit: self.metric.row().unit,
            statistic: if self.target.is_shortfall {
                "shortfall"
            } else {
                self.target.statistic.name()
            }
            .into(),
            value: self.x,
            n: self.figure.n,
            weight: self.target.weight,
            target: self.target.target,
            poor: self.target.poor,
            score,
            points_lost: None,
            points_lost_shown: None,
            step: None,
            left_out,
        }
    }
}
