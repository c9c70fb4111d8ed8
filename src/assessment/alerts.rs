//! Alerts: in which state each one is, since when, and what was sent of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;
use crate::units::Time;

/// How bad an alert is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Look at it.
    #[default]
    Warning,
    /// Act.
    Critical,
}

impl Severity {
    /// `warning` or `critical`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// In which state an alert is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertPhase {
    /// All is well.
    #[default]
    Quiet,
    /// Its limit is passed, but not for long enough.
    Pending,
    /// It fires.
    Firing,
}

impl AlertPhase {
    /// `quiet`, `pending` or `firing`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AlertPhase::Quiet => "quiet",
            AlertPhase::Pending => "pending",
            AlertPhase::Firing => "firing",
        }
    }
}

/// What is remembered of an alert, for each combination of its labels.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AlertState {
    /// Its state.
    pub phase: AlertPhase,
    /// How bad it is now.
    pub severity: Severity,
    /// The value of the newest look that had one, in the metric's unit.
    pub value: Option<f64>,
    /// When the records of that look end.
    pub data_at: Option<Time>,
    /// When this state began; `None`: it was never in another.
    pub since: Option<Time>,
    /// When its limit was passed last.
    pub last_true: Option<Time>,
    /// When it was looked at last.
    pub evaluated_at: Option<Time>,
    /// How often it began to fire.
    pub episode: u64,
    /// Whether this firing was told.
    pub is_told: bool,
    /// How bad it was when it was told.
    pub told_severity: Severity,
    /// When a firing was told last, this one or one before.
    pub last_sent: Option<Time>,
    /// When it fired in the last days, in order; one that has no end goes on, and is the last.
    #[serde(default)]
    pub spans: Vec<AlertSpan>,
    /// How much there was of each hour when it was looked at last, by the number of the hour since 1970; `None`: it is
    /// not known.
    #[serde(default)]
    pub held: Option<BTreeMap<i64, Held>>,
}

impl AlertState {
    /// The firing that goes on.
    #[must_use]
    pub fn open(&self) -> Option<&AlertSpan> {
        self.spans.last().filter(|span| span.to.is_none())
    }
}

/// A time in which an alert fired, as its state remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSpan {
    /// Its number among those of the alert.
    pub number: u64,
    /// When it began.
    pub from: Time,
    /// When it ended; `None`: it goes on.
    pub to: Option<Time>,
}

impl AlertSpan {
    /// Whether two have any time in common.
    #[must_use]
    pub fn overlaps(&self, other: &AlertSpan) -> bool {
        let is_before = |from: Time, to: Option<Time>| to.is_none_or(|to| from < to);
        is_before(self.from, other.to) && is_before(other.from, self.to)
    }
}

/// How much there was of an hour: enough to see that there is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Held {
    /// Values.
    pub n: u64,
    /// Their sum, as far as its lower bits tell sums apart.
    pub sum: i64,
}

/// Whose state it is: an alert and the dimensions it is told apart by.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
pub struct AlertKey {
    /// Name of the alert.
    pub alert: String,
    /// Values of its dimensions.
    pub labels: BTreeMap<String, String>,
}

impl AlertKey {
    /// `name {interface=mock}` for people.
    #[must_use]
    pub fn title(&self) -> String {
        let labels: Vec<String> = self
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        match labels.is_empty() {
            true => self.alert.clone(),
            false => format!("{} {{{}}}", self.alert, labels.join(", ")),
        }
    }
}

/// A time in which an alert fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Firing {
    /// Which one.
    #[serde(flatten)]
    pub key: AlertKey,
    /// How bad it was at worst.
    pub severity: Severity,
    /// When it began to fire.
    pub fired_at: Time,
    /// When it ended; `null`: it fires.
    pub resolved_at: Option<Time>,
    /// The value when it began, in `unit`.
    pub value: Option<f64>,
    /// Unit of the value.
    pub unit: Unit,
}

/// Alerts that are not sent for a time, by somebody's will.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    /// Its number, from 1; 0: not stored yet.
    pub id: u64,
    /// Name of the alert; `null`: all.
    pub alert: Option<String>,
    /// Only those with these labels.
    pub labels: BTreeMap<String, String>,
    /// From when.
    pub from: Time,
    /// Up to when.
    pub until: Time,
    /// Why.
    pub reason: Option<String>,
}

impl Silence {
    /// Whether it holds for an alert at a time.
    #[must_use]
    pub fn holds(&self, key: &AlertKey, labels: &[(String, String)], now: Time) -> bool {
        let has = |(name, value): (&String, &String)| {
            key.labels.get(name) == Some(value)
                || labels.iter().any(|(n, v)| n == name && v == value)
        };
        self.from <= now
            && now < self.until
            && self.alert.as_ref().is_none_or(|name| *name == key.alert)
            && self.labels.iter().all(has)
    }
}

/// What is sent of an alert.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It began to fire.
    Firing,
    /// It became worse.
    Escalated,
    /// It still fires.
    Reminder,
    /// It ended.
    Resolved,
    /// Nothing: somebody tries the channel.
    Test,
}

impl NoticeKind {
    /// `firing`, `escalated`, `reminder`, `resolved` or `test`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NoticeKind::Firing => "firing",
            NoticeKind::Escalated => "escalated",
            NoticeKind::Reminder => "reminder",
            NoticeKind::Resolved => "resolved",
            NoticeKind::Test => "test",
        }
    }
}

/// A message about an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// The same for the same message, and for no other.
    pub id: String,
    /// What it tells.
    pub kind: NoticeKind,
    /// Of which alert.
    #[serde(flatten)]
    pub key: AlertKey,
    /// What the configuration adds to it.
    pub annotations: BTreeMap<String, String>,
    /// How bad.
    pub severity: Severity,
    /// When.
    pub at: Time,
    /// Since when the alert fires, or fired.
    pub since: Option<Time>,
    /// Its value, in `unit`.
    pub value: Option<f64>,
    /// Unit of the value.
    pub unit: Unit,
    /// The value as people read it.
    pub value_text: String,
    /// The rule as people read it: `> 5 s for 10 min`.
    pub rule: String,
    /// What it is about, by the configuration.
    pub description: Option<String>,
    /// The action that goes with it.
    pub action: Option<String>,
}

/// All alerts at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertsReport {
    /// Version of this document.
    pub schema_version: u32,
    /// When they were looked at.
    pub at: Time,
    /// Up to when the records reach.
    pub data_until: Option<Time>,
    /// Where the alerts are configured.
    pub files: Vec<String>,
    /// How many fire, without those that are silenced or inhibited.
    pub firing: u64,
    /// How many are pending.
    pub pending: u64,
    /// How many are quiet.
    pub quiet: u64,
    /// How many have no data at all.
    pub without_data: u64,
    /// Each of them: those that fire first.
    pub alerts: Vec<AlertRow>,
    /// Whether notices were made of it (`--send`).
    pub is_sent: bool,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRow {
    /// Which one.
    #[serde(flatten)]
    pub key: AlertKey,
    /// How bad it is, or would be.
    pub severity: Severity,
    /// In which state it is.
    pub state: AlertPhase,
    /// Since when; `null`: as long as is known.
    pub since: Option<Time>,
    /// The newest value, in `unit`; `null`: there was none.
    pub value: Option<f64>,
    /// Unit of the value.
    pub unit: Unit,
    /// When the records of that value end.
    pub data_at: Option<Time>,
    /// The value as people read it.
    pub value_text: String,
    /// The rule as people read it.
    pub rule: String,
    /// When it was sent last.
    pub last_sent: Option<Time>,
    /// Before when it is not sent again; `null`: at any time.
    pub next_not_before: Option<Time>,
    /// Seconds between two sendings.
    pub cooldown: f64,
    /// Up to when it is silenced.
    pub silenced_until: Option<Time>,
    /// The alert because of which it is not sent.
    pub inhibited_by: Option<String>,
    /// Of failures in a row, when each began.
    pub failures: Vec<Time>,
    /// The action that goes with it.
    pub action: Option<String>,
    /// What the gate said of it, where it is held against a baseline.
    pub note: Option<String>,
}

/// A scenario and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioResult {
    /// Its name.
    pub name: String,
    /// What was expected.
    pub expected: u64,
    /// What was not so, in words.
    pub failures: Vec<String>,
}

/// What an action of an alert came to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// It waits for somebody's word.
    Proposed,
    /// It is being done.
    Running,
    /// It is done, and will be or may be taken back.
    Applied,
    /// It is done, and there is nothing to take back.
    Done,
    /// It was taken back.
    RolledBack,
    /// Somebody changed since what it had changed, and that stays.
    Overridden,
    /// It could not be done.
    Failed,
}

impl ActionState {
    /// `proposed`, `running`, `applied`, `done`, `rolled_back`, `overridden` or `failed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ActionState::Proposed => "proposed",
            ActionState::Running => "running",
            ActionState::Applied => "applied",
            ActionState::Done => "done",
            ActionState::RolledBack => "rolled_back",
            ActionState::Overridden => "overridden",
            ActionState::Failed => "failed",
        }
    }
}

/// An action of an alert, in the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionRun {
    /// Its number, from 1; 0: not stored yet.
    pub id: u64,
    /// The action.
    pub action: String,
    /// What it came to.
    pub state: ActionState,
    /// The notice because of which it was thought of.
    pub notice: Notice,
    /// When it was thought of.
    pub proposed_at: Time,
    /// When it was done.
    pub ran_at: Option<Time>,
    /// When it is taken back.
    pub rollback_at: Option<Time>,
    /// When this state began.
    pub settled_at: Option<Time>,
    /// The change of a file that it made, as `undo` knows it.
    pub change: Option<u64>,
    /// The knob that it set.
    pub knob: Option<String>,
    /// What that was before.
    pub from: Option<String>,
    /// What that is since.
    pub to: Option<String>,
    /// What it did, would do, or why not, in words.
    pub result: String,
}
