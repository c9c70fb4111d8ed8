//! A period in brief, against the ones before it: the executive summary.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Assessment, Claim, ComparisonVerdict, EffectSize, EventRow, Firing, ScoreChange, TargetRow,
    TargetVerdict, TrackRecord,
};
use crate::metrics::Unit;
use crate::units::Time;

/// The assessment of a period, with its summary. `comparisons` has the dimension `period` beside the
/// others: base `previous` (and `earlier`), candidate `current`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodReport {
    /// All that is said of the period.
    #[serde(flatten)]
    pub assessment: Assessment,
    /// The period in brief, against the ones before.
    pub summary: PeriodSummary,
}

/// A period in brief.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodSummary {
    /// `daily`, `weekly`, `monthly`, `custom`.
    pub kind: String,
    /// Zone in which its days begin.
    pub timezone: String,
    /// Its days.
    pub days: PeriodDays,
    /// Whether it was over when the summary was written.
    pub is_over: bool,
    /// Why this period was chosen, where the last one that is over has no record.
    pub chosen: Option<String>,
    /// Each of its days, also those without a record; not those to come.
    pub coverage: Vec<DayRow>,
    /// The period right before; `null` without a record in it.
    pub previous: Option<Earlier>,
    /// The same period further back (of a day a week earlier, of a week or a month a year earlier);
    /// `null` without a record in it.
    pub earlier: Option<Earlier>,
    /// Key indicators, now and in the period before.
    pub rows: Vec<SummaryRow>,
    /// Failures against those that the target allows.
    pub error_budget: Option<ErrorBudget>,
    /// Metrics with a proven change since the period before.
    pub changed: Vec<String>,
    /// Metrics that were compared without one: equal within the tolerance, or not proven.
    pub unchanged: Vec<String>,
    /// Changes that the inputs tell of in the period, but switches of mode and interface.
    pub events: Vec<EventRow>,
    /// Alerts that fired, as far as the inputs tell; `null` where they tell of none in any period.
    pub alerts: Option<u64>,
    /// Times in which our own alerts fired that touch the period, as the history has them (`alerts watch`, `alerts
    /// check --send`).
    #[serde(default)]
    pub firings: Vec<Firing>,
    /// Recommendations that were applied in the period or the one before, are not verified yet, or
    /// were verified in it, with what became of them.
    pub actions: Vec<Claim>,
    /// What all claims of all rules came to; `null` without a claim.
    pub track_record: Option<TrackRecord>,
}

/// The days of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodDays {
    /// First day: `2026-11-16`.
    pub first: String,
    /// Last day.
    pub last: String,
    /// Its first moment.
    pub from: Time,
    /// The first moment behind it.
    pub to: Time,
    /// Of a week its number: `2026-W47`.
    pub iso_week: Option<String>,
}

/// A day of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayRow {
    /// The day: `2026-11-16`.
    pub day: String,
    /// Whether anything was recorded.
    pub has_records: bool,
}

/// A period to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Earlier {
    /// Its days.
    pub days: PeriodDays,
    /// Its days with a record.
    pub days_with_records: u64,
    /// Records in it.
    pub records: u64,
    /// Units of inference in it.
    pub units: u64,
    /// Units that lie in both periods, and whose smaller part was left out of the comparison: here
    /// and in the period reported.
    pub straddling: [u64; 2],
    /// The score, from there to now; `null` where the two are not comparable.
    pub score: Option<ScoreChange>,
}

/// A key indicator, now and before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryRow {
    /// Name for people: `Response time, mean`.
    pub title: String,
    /// The metric.
    pub metric: String,
    /// The statistic: `mean`, `p95`.
    pub statistic: String,
    /// Unit of both values.
    pub unit: Unit,
    /// In the period; `null`: not measured.
    pub value: Option<f64>,
    /// In the period before.
    pub previous: Option<f64>,
    /// The change with its interval.
    pub effect: Option<EffectSize>,
    /// p, adjusted over all metrics that were compared.
    pub p_adjusted: Option<f64>,
    /// The word for the change; `null` without a period before.
    pub change: Option<ComparisonVerdict>,
    /// The target.
    pub target: Option<TargetRow>,
    /// Against the target.
    pub verdict: TargetVerdict,
    /// Why there is no word for the change.
    pub note: Option<String>,
}

/// Failures against those that the target of the success rate allows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBudget {
    /// The target: 0.95.
    pub target: f64,
    /// Requests.
    pub requests: u64,
    /// Of these, how many failed.
    pub failures: u64,
    /// How many may fail: requests × (1 − target).
    pub allowed: f64,
    /// Failures ÷ allowed ones; above 1 the target is missed. `null` where none is allowed.
    pub used: Option<f64>,
}
