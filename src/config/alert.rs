//! An alert: what must not happen, and when somebody is told.

use crate::metrics::{Metric, Unit};

use super::{Origin, Severity, Side, TargetStatistic};

/// An alert of `alerts_config.yaml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alert {
    /// Key in the file: `response_time`.
    pub name: String,
    /// The metric it watches, where it is one of the registry's (`memory_usage` with a fraction is
    /// `memory_utilization`).
    pub metric: Option<Metric>,
    /// The metric it watches, where the registry does not have it.
    pub custom: Option<OwnMetric>,
    /// The limit, in the metric's unit.
    pub threshold: Option<f64>,
    /// The limit beyond which it is critical.
    pub critical_threshold: Option<f64>,
    /// The bad side of the limit: as `op` says, else by the metric's direction.
    pub side: Option<Side>,
    /// Consecutive failures, instead of a limit.
    pub consecutive_failures: Option<u64>,
    /// How fast an error budget burns, instead of a limit.
    pub burn: Option<Burn>,
    /// A baseline than which it must not be worse, instead of a limit.
    pub baseline: Option<Worse>,
    /// Mean (of shares the pooled ratio, of totals the sum) or 95th percentile.
    pub statistic: TargetStatistic,
    /// Seconds over which the value is formed.
    pub window: f64,
    /// Seconds for which the limit has to be passed before it fires.
    pub wait: f64,
    /// Seconds for which it goes on firing after the limit was passed last.
    pub keep_firing: f64,
    /// Fewest values in the window; with fewer it counts as without data.
    pub min_count: u64,
    /// What it does without data.
    pub no_data: NoData,
    /// One alert for each combination of values of these dimensions.
    pub by: Vec<String>,
    /// Only what has these values: dimension → any of the values.
    pub only: Vec<(String, Vec<String>)>,
    /// What its notices say beside the dimensions.
    pub labels: Vec<(String, String)>,
    /// Alerts that are not sent while this one fires.
    pub inhibits: Vec<String>,
    /// Names of the channels it is sent to; empty: all.
    pub channels: Vec<String>,
    /// What it is about, for people.
    pub description: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// Seconds until it may be sent again.
    pub cooldown: f64,
    /// What is to be done.
    pub action: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// A metric that only the inputs name; what it is, where it is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnMetric {
    /// Its name.
    pub name: String,
    /// Its unit; not known where it is not declared.
    pub unit: Unit,
    /// Whether its sum counts.
    pub is_sum: bool,
}

/// A burn rate: failures ÷ what the objective allows, over a long window and a short one at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Burn {
    /// The ratio of successes that is promised, 0 to 1.
    pub objective: f64,
    /// It fires where both windows of any of these burn as fast as its factor, or faster.
    pub windows: Vec<BurnWindow>,
}

/// A long window with a short one that ends it: the short one lets the alert end soon after the failures do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnWindow {
    /// How many times as fast as allowed.
    pub factor: f64,
    /// Seconds of the long window.
    pub long: f64,
    /// Seconds of the short one.
    pub short: f64,
    /// How bad; `None`: as the alert.
    pub severity: Option<Severity>,
}

impl BurnWindow {
    /// What holds where the file names none: 2 % of a month's budget in an hour, 5 % in six.
    ///
    /// Source: "The Site Reliability Workbook", chapter 5, table 5-8, its two rows that call somebody.
    pub const USUAL: [BurnWindow; 2] = [
        BurnWindow {
            factor: 14.4,
            long: 3_600.0,
            short: 300.0,
            severity: None,
        },
        BurnWindow {
            factor: 6.0,
            long: 21_600.0,
            short: 1_800.0,
            severity: None,
        },
    ];
}

/// A baseline, judged as `gate` judges.
#[derive(Debug, Clone, PartialEq)]
pub struct Worse {
    /// The name under which it was saved.
    pub name: String,
    /// Largest change for the worse that is accepted; `None`: the gate's usual one.
    pub tolerance: Option<f64>,
}

/// What an alert does while there is no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoData {
    /// It stays as it is: nobody worked, and nothing became better by it.
    #[default]
    Keep,
    /// As if all were well.
    Fine,
    /// As if the limit were passed.
    Fires,
}

impl Alert {
    /// Seconds of records that it looks back on.
    #[must_use]
    pub fn reach(&self) -> f64 {
        let burn = self.burn.iter().flat_map(|b| &b.windows);
        burn.map(|w| w.long).fold(self.window, f64::max)
    }

    /// The name of its metric, as records and people have it.
    #[must_use]
    pub fn metric_name(&self) -> Option<&str> {
        let custom = self.custom.as_ref().map(|own| own.name.as_str());
        self.metric.map(Metric::name).or(custom)
    }

    /// The unit of its metric.
    #[must_use]
    pub fn unit(&self) -> Unit {
        let custom = self.custom.as_ref().map_or(Unit::Unknown, |own| own.unit);
        self.metric.map_or(custom, |metric| metric.row().unit)
    }
}
