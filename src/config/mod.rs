//! Configuration: layers, typed values, the origin of each.
//!
//! Command line > `PERFADVISE_*` > nearest `perfadvise.yaml` upward > user folder > built-in
//! defaults. The seed's `performance_config.yaml`, `alerts_config.yaml` and `context_config.yaml`
//! are read as they are, recognised by their root keys.

mod actions;
mod alert;
mod alerts;
mod backoff;
mod channels;
pub mod declared;
pub mod edit;
mod fault;
mod gate;
pub mod keys;
mod kind;
mod layers;
mod limits;
pub mod mapping;
mod read;
mod scalars;
mod targets;
mod tree;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::{Direction, Metric, Unit};
use crate::place::Place;

pub use crate::assessment::Severity;
pub use actions::{Action, Does};
pub use alert::{Alert, Burn, BurnWindow, NoData, OwnMetric, Worse};
pub use backoff::Backoff;
pub use channels::{Channel, ChannelKind, Email, MailTls, Secret, SecretSource};
pub use declared::{Declared, DeclaredMetric};
pub use fault::{ConfigError, Fault, Warning, WarningKind};
pub use gate::{GateSetting, Level, has_p95};
pub use kind::{Kind, MOST_BYTES, is_configuration, is_usual_name, may_be_configuration};
pub use layers::{FILE_NAME, Given, Sources, check, join, load, variable_of};
pub use targets::{PartTarget, cache_target, choose_profile, part_targets};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// Built into the program.
    #[default]
    Default,
    /// Built into a profile.
    Profile(Profile),
    /// A file.
    File(Place),
    /// An environment variable.
    Environment(String),
    /// An option of the command line.
    CommandLine(String),
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// A set of targets for a kind of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The seed's numbers: an orchestrator with context modes.
    Orchestrator,
    /// Interactive coding agents, whose replies take longer.
    CodingAgent,
}

impl Profile {
    /// Name in configuration and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Profile::Orchestrator => "orchestrator",
            Profile::CodingAgent => "coding-agent",
        }
    }
}

/// Which statistic of a metric a target or part of the score is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum TargetStatistic {
    /// Mean, or pooled ratio.
    #[default]
    Mean,
    /// 95th percentile.
    P95,
}

impl TargetStatistic {
    /// `mean` or `p95`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TargetStatistic::Mean => "mean",
            TargetStatistic::P95 => "p95",
        }
    }

    /// A metric with its statistic as people write them: `response_time`, `response_time.p95`.
    #[must_use]
    pub fn split(text: &str) -> (&str, TargetStatistic) {
        match text.rsplit_once('.') {
            Some((name, "p95")) => (name, TargetStatistic::P95),
            Some((name, "mean")) => (name, TargetStatistic::Mean),
            _ => (text, TargetStatistic::Mean),
        }
    }
}

/// A target set by the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Value in the metric's unit.
    pub value: f64,
    /// Where it came from.
    pub origin: Origin,
}

/// Which side of a limit is the bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// An upper limit: above is bad.
    Above,
    /// A lower limit: below is bad.
    Below,
}

impl Side {
    /// The bad side of a limit, by which way is better.
    #[must_use]
    pub fn of(direction: Direction) -> Option<Side> {
        match direction {
            Direction::Lower => Some(Side::Above),
            Direction::Higher => Some(Side::Below),
            Direction::Neither => None,
        }
    }

    /// `above` or `below`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Above => "above",
            Side::Below => "below",
        }
    }
}

/// The setting of a rule that switches it off up to and with a day.
pub const OFF_UNTIL: &str = "off_until";

/// The setting of a rule that says why.
pub const REASON: &str = "reason";

/// All settings of a rule that a configuration may change.
pub const SETTINGS_OF_RULES: [&str; 4] = ["min_units", "ceiling", OFF_UNTIL, REASON];

/// Value of a knob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KnobValue {
    /// Yes or no.
    Bool(bool),
    /// A number: a count, seconds, bytes or a ratio, as the knob's type says.
    Number(f64),
    /// A word.
    Word(String),
}

impl std::fmt::Display for KnobValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KnobValue::Bool(value) => value.fmt(f),
            KnobValue::Number(value) => value.fmt(f),
            KnobValue::Word(value) => value.fmt(f),
        }
    }
}

/// Which way is better, of metrics that have no direction by themselves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directions(BTreeMap<String, Sourced<Direction>>);

impl Directions {
    /// Which way is better: as the registry says, else as the user does.
    #[must_use]
    pub fn of(&self, metric: &str) -> Direction {
        match Metric::named(metric).map(|m| m.row().direction) {
            Some(known @ (Direction::Lower | Direction::Higher)) => known,
            Some(Direction::Neither) | None => {
                self.0.get(metric).map_or(Direction::Neither, |d| d.value)
            }
        }
    }

    /// What the user says of a metric; what a higher layer said stays.
    fn say(&mut self, metric: &str, direction: Sourced<Direction>) {
        self.0.entry(metric.to_owned()).or_insert(direction);
    }

    /// What the user says, by metric.
    pub fn said(&self) -> impl Iterator<Item = (&String, &Sourced<Direction>)> {
        self.0.iter()
    }
}

/// The configuration of one run.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Profile set by the user; `None`: chosen from the data.
    pub profile: Option<Sourced<Profile>>,
    /// Metrics of the user's own.
    pub declared: Declared,
    /// Targets set by the user.
    pub targets: BTreeMap<(Metric, TargetStatistic), Target>,
    /// What the gate judges, by the name of the metric and the statistic.
    pub gate: BTreeMap<(String, TargetStatistic), GateSetting>,
    /// Which way is better, of metrics that the registry does not know or that have no direction there.
    pub directions: Directions,
    /// Metrics by how much they matter, the first most.
    pub ranking: Option<Sourced<Vec<String>>>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Present values of knobs by name (`context.cache_size`), as declared.
    pub knobs: BTreeMap<String, Sourced<KnobValue>>,
    /// Labels for files whose path matches a pattern.
    pub path_labels: Vec<(String, Vec<(String, String)>)>,
    /// How the rows of tables that no format knows become records.
    pub mappings: Vec<mapping::Mapping>,
    /// Zone for display and days; `None`: UTC.
    pub timezone: Option<Sourced<String>>,
    /// Zone of times that name none; `None`: UTC.
    pub naive_timezone: Option<Sourced<String>>,
    /// Rules switched off, by code.
    pub rules_off: Vec<Sourced<String>>,
    /// Folder with further rules.
    pub rules_dir: Option<Sourced<String>>,
    /// Whether preview rules are shown.
    pub preview: Option<Sourced<bool>>,
    /// Interfaces that answer without a model, beside `mock`.
    pub mock_interfaces: Vec<String>,
    /// Files that were read, in order of precedence, highest first.
    pub files: Vec<String>,
    /// Settings of rules by code, over those of their own files.
    pub rules_tune: BTreeMap<String, BTreeMap<String, Sourced<KnobValue>>>,
    /// Types of the notification channels (`webhook`, `email`), also of those that are not used.
    pub notification_channels: Vec<String>,
    /// Channels that may be used: not those of a file among the inputs.
    pub channels: Vec<Channel>,
    /// Actions of the user's, beside those that are there by themselves.
    pub actions: Vec<Action>,
    /// Whether one of the seed's own files is among them (selects the orchestrator profile).
    pub has_seed_file: bool,
}

impl Config {
    /// The present value of a knob, where it is known.
    #[must_use]
    pub fn knob(&self, name: &str) -> Option<&KnobValue> {
        self.knobs.get(name).map(|k| &k.value)
    }

    /// The unit of a metric by name: as the registry has it, else as the user declares it.
    #[must_use]
    pub fn unit_of(&self, metric: &str) -> Unit {
        let declared = self.declared.find(metric);
        let own = declared.map_or(Unit::Unknown, |declared| declared.unit);
        Metric::named(metric).map_or(own, |known| known.row().unit)
    }

    /// The target the user set, if any.
    #[must_use]
    pub fn target(&self, metric: Metric, statistic: TargetStatistic) -> Option<&Target> {
        self.targets.get(&(metric, statistic))
    }
}
