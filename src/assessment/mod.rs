//! The one result. Every output is a view of it; every field here is a key of the JSON document
//! (`schema_version: 1`), where seconds, bytes, ratios from 0 to 1 and RFC 3339 UTC are used and
//! `null` means "not known".

mod advice;
mod alerts;
mod backtest;
mod claims;
mod comparisons;
mod contrast;
mod dashboard;
mod doctor;
mod explain;
mod forecast;
mod gate;
mod latest;
mod metrics;
mod news;
mod page;
mod provenance;
mod score;
mod summary;
mod trends;
mod tune;
mod whatif;

pub use advice::{
    AloneAndCombined, Change, Class, CombinedProjection, Effect, Effort, Evidence, FindingRow,
    NotEvaluated, Priority, Projection, ProjectionKind, Recommendation, Reproduction, RuleCounts,
    RuleState, SilencedRule,
};
pub use alerts::{
    ActionRun, ActionState, AlertKey, AlertPhase, AlertRow, AlertSpan, AlertState, AlertsReport,
    Firing, Held, Notice, NoticeKind, ScenarioResult, Severity, Silence,
};
pub use backtest::{Backtest, Calibration, HeldEffect, HeldWord, PastChange, ToldBy, UnusedChange};
pub use claims::{
    Claim, ClaimBaseline, ClaimState, ClaimVerdict, Control, Dismissal, Span, TrackRecord,
    Verification,
};
pub use comparisons::{
    Comparison, ComparisonVerdict, EffectKind, EffectSize, Known, PlainEffect, Reason,
};
pub use contrast::{Contrast, Decision, GroupRow, PairedRatios, Pairing, Stratification, Stratum};
pub use dashboard::DashboardDocument;
pub use doctor::{
    AskedRule, CheckFigure, CheckFinding, Conclusion, ConclusionKind, Diagnosis, DoctorCheck,
    PartChange, Since, Symptom,
};
pub use explain::{ConditionRow, Explanation};
pub use forecast::{Forecast, ForecastLimit, ForecastValue, Reached, TrendReport};
pub use gate::{
    Cause, Check, CheckKind, CheckLevel, GateEvent, GateReport, GateVerdict, SettingPlace,
};
pub use latest::{Latest, Machine, ProcessReading, Reading, SessionRow};
pub use metrics::{Interval, Limit, MetricRow, TargetRow, TargetVerdict};
pub use news::{News, SampleNews, UnitNews};
pub use page::{
    Attribution, AttributionPart, BusyTime, Cell, CellSource, DimensionRow, DimensionTable,
    EventRow, Headline, Indicator, Mood, ProcessRow, ResourceRow, Resources, SubagentParts,
    ToolTime,
};
pub use provenance::{
    FaultRow, FormatCount, HistoryNote, NotRecognised, PriceNote, Provenance, RepeatRow,
    Undeclared, Unpriced,
};
pub use score::{Band, Score, ScoreBounds, ScoreChange, ScorePart, ScoreStatus, Step};
pub use summary::{
    DayRow, Earlier, ErrorBudget, PeriodDays, PeriodReport, PeriodSummary, SummaryRow,
};
pub use trends::{
    ChangePoint, Newest, NewestVerdict, OrderedBy, SeriesPoint, Slope, Trend, TrendDirection,
};
pub use tune::{Constraint, TriedKnob, TunedSetting, TunedValue, Tuning};
pub use whatif::{
    EffectTarget, KnobEffect, KnobWithheld, MissCounts, ScoreProjection, SizeRow, SizeTable, Whatif,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Time;

/// Version of the JSON document. Within a version keys are only added.
pub const SCHEMA_VERSION: u32 = 1;

/// The one result of an analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// Version of this document.
    pub schema_version: u32,
    /// The program that wrote it.
    pub generator: Generator,
    /// The period that was looked at; `null` without a single time.
    pub period: Option<Period>,
    /// Where everything came from, and what was left out.
    pub provenance: Provenance,
    /// The verdict in figures: what the first line of a page says.
    pub headline: Headline,
    /// The key indicators against their targets, in the order of the page.
    pub indicators: Vec<Indicator>,
    /// One row for each metric, and for each value of mode and interface.
    pub metrics: Vec<MetricRow>,
    /// The score.
    pub score: Score,
    /// Trends over time.
    pub trends: Vec<Trend>,
    /// Comparisons by dimension.
    pub comparisons: Vec<Comparison>,
    /// Tables of context modes and of interfaces.
    pub tables: Vec<DimensionTable>,
    /// The machine: CPU, memory, disk, network, top processes.
    pub resources: Option<Resources>,
    /// Where wall-clock time went; `null` where it is not computed.
    pub attribution: Option<Attribution>,
    /// What should be changed, best first.
    pub recommendations: Vec<Recommendation>,
    /// Findings for information: never ranked, without a projection.
    pub findings: Vec<FindingRow>,
    /// Changes that the inputs tell of.
    pub events: Vec<EventRow>,
    /// All recommendations with a projection, in one run.
    pub combined_projection: Option<CombinedProjection>,
    /// Rules that could not be judged, and why.
    pub not_evaluated: Vec<NotEvaluated>,
    /// How many rules there are and what became of them.
    pub rules: RuleCounts,
}

/// The program that wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Generator {
    /// `perfadvise`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Default for Generator {
    fn default() -> Self {
        Self {
            name: "perfadvise".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// A period of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// Earliest time in it.
    pub from: Time,
    /// Latest time in it.
    pub to: Time,
}
