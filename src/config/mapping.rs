//! `mappings`: how the rows of a table that no format knows become records.
//!
//! A mapping names columns and says in which unit each of them counts; no unit is ever guessed. Which rows
//! there are is the business of the reader.

use crate::metrics::{Metric, Unit};
use crate::record::{OperationKind, OutcomeKind};
use crate::units::{parse_bytes, parse_seconds};

use super::read::Reader;
use super::scalars::{self, Expected};
use super::tree::{Entry, Node, Value};

/// A column, and what one of it is in the unit of what it tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the header; of JSON a key, or keys with points between them.
    pub name: String,
    /// What a number in it is multiplied with: 0.001 for milliseconds, 0.01 for percent.
    pub scale: f64,
}

/// The column of times.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeColumn {
    /// Name in the header.
    pub name: String,
    /// Seconds in one of it, since 1970; `None`: times written as text.
    pub scale: Option<f64>,
}

/// The column that says how something ended, and its words.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeColumn {
    /// Name in the header.
    pub name: String,
    /// Its words, and what they mean.
    pub words: Vec<(String, OutcomeKind)>,
}

/// How the rows of some files become records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// Its name in the configuration.
    pub name: String,
    /// Patterns of the paths of the files.
    pub files: Vec<String>,
    /// What a row is; `None`: a row of samples.
    pub record: Option<OperationKind>,
    /// When it began, or was measured.
    pub time: Option<TimeColumn>,
    /// When it ended, in the unit of `time`, where no column tells how long it took.
    pub end: Option<String>,
    /// Zone of times that name none.
    pub timezone: Option<String>,
    /// How long it took.
    pub duration: Option<Column>,
    /// How it ended.
    pub outcome: Option<OutcomeColumn>,
    /// Columns of tokens: `input`, `output`, `cache_read`, `cache_write`, `reasoning`.
    pub tokens: Vec<(&'static str, String)>,
    /// Whether input contains what a cache read or wrote.
    pub input_includes_cache: bool,
    /// Money in US dollars.
    pub cost: Option<Column>,
    /// Accuracy of the result.
    pub accuracy: Option<Column>,
    /// Whether a context cache held what was wanted.
    pub cache_hit: Option<String>,
    /// What knows a row again.
    pub id: Option<String>,
    /// Session, task, run, unit.
    pub identity: [Option<String>; 4],
    /// Dimensions and their columns.
    pub dimensions: Vec<(String, String)>,
    /// Of a row of samples: metrics and their columns.
    pub values: Vec<(String, Column)>,
}

/// What a row can be.
pub const RECORDS: &[(&str, Option<OperationKind>)] = &[
    ("step", Some(OperationKind::Step)),
    ("model_request", Some(OperationKind::ModelRequest)),
    ("tool_call", Some(OperationKind::ToolCall)),
    (
        "context_preparation",
        Some(OperationKind::ContextPreparation),
    ),
    ("task", Some(OperationKind::Task)),
    ("sample", None),
];

/// The keys of a mapping, each with what it means.
pub const MAPPING_KEYS: &[(&str, &str)] = &[
    (
        "files",
        "Pattern of the paths of the files, or a list of patterns.",
    ),
    ("record", "What a row is."),
    ("time", "When it began, or was measured: column and unit."),
    (
        "end",
        "When it ended, in the unit of time, where nothing tells how long it took.",
    ),
    ("timezone", "Zone of times that name none."),
    ("duration", "How long it took: column and unit."),
    (
        "outcome",
        "How it ended: column, and words for ok, error, timeout, rate_limited, cancelled.",
    ),
    (
        "tokens",
        "Columns of tokens, and whether input includes what a cache read or wrote.",
    ),
    ("cost", "Money: column and unit."),
    ("accuracy", "Accuracy of the result: column and unit."),
    (
        "cache_hit",
        "Column that says whether the context cache held what was wanted.",
    ),
    ("id", "Column that knows a row again in another file."),
    ("session", "Column of the session."),
    ("task", "Column of the task, by which inputs are paired."),
    ("run", "Column of the repetition."),
    ("unit", "Column of the unit of inference."),
    ("dimensions", "Dimensions and their columns."),
    ("values", "Of samples: metrics, each with column and unit."),
];

/// The kinds of tokens.
pub const TOKENS: &[&str] = &["input", "output", "cache_read", "cache_write", "reasoning"];
/// Says whether input contains what a cache read or wrote.
pub const INCLUDES: &str = "input_includes_cache";

/// Outcomes by name.
pub const OUTCOMES: &[(&str, OutcomeKind)] = &[
    ("ok", OutcomeKind::Ok),
    ("error", OutcomeKind::Error),
    ("timeout", OutcomeKind::Timeout),
    ("rate_limited", OutcomeKind::RateLimited),
    ("cancelled", OutcomeKind::Cancelled),
];

/// What can be counted in a column.
#[derive(Clone, Copy)]
enum Quantity {
    Seconds,
    Bytes,
    Ratio,
    Usd,
    Plain,
}

impl Quantity {
    fn of(unit: Option<Unit>) -> Self {
        match unit {
            Some(Unit::Seconds) => Quantity::Seconds,
            Some(Unit::Bytes) => Quantity::Bytes,
            Some(Unit::Ratio) => Quantity::Ratio,
            Some(Unit::Usd) => Quantity::Usd,
            _ => Quantity::Plain,
        }
    }

    fn units(self) -> &'static str {
        match self {
            Quantity::Seconds => "s, ms, us or ns",
            Quantity::Bytes => "B, kB, MB, GB, KiB, MiB or GiB",
            Quantity::Ratio => "fraction or percent",
            Quantity::Usd => "usd or cents",
            Quantity::Plain => "none: numbers are taken as they are",
        }
    }

    /// What one of `unit` is; `None` where that is none of the units, such as one with a number in front.
    fn scale(self, unit: &str) -> Option<f64> {
        if unit.is_empty() || !unit.chars().all(char::is_alphabetic) {
            return None;
        }
        match (self, unit) {
            (Quantity::Seconds, unit) => parse_seconds(&format!("1{unit}")).ok(),
            (Quantity::Bytes, unit) => parse_bytes(&format!("1{unit}")).ok(),
            (Quantity::Ratio, "fraction") | (Quantity::Usd, "usd") | (Quantity::Plain, "none") => {
                Some(1.0)
            }
            (Quantity::Ratio, "percent") | (Quantity::Usd, "cents") => Some(0.01),
            _ => None,
        }
    }
}

impl Reader<'_> {
    /// `mappings: {NAME: {files: …, record: …, …}}`
    pub(super) fn mappings(&mut self, node: &Node) {
        let Some(entries) = self.entries("mappings", node) else {
            return;
        };
        for entry in entries {
            let Some(settings) = self.entries(&entry.key, &entry.node) else {
                continue;
            };
            if let Some(mapping) = self.mapping(entry, settings)
                && self.config.mappings.iter().all(|m| m.name != mapping.name)
            {
                self.config.mappings.push(mapping);
            }
        }
    }

    fn mapping(&mut self, entry: &Entry, settings: &[Entry]) -> Option<Mapping> {
        let known = self.faults.len();
        let mut mapping = Mapping {
            name: entry.key.clone(),
            ..Mapping::default()
        };
        let mut has_record = false;
        for setting in settings {
            let node = &setting.node;
            match setting.key.as_str() {
                "files" => mapping.files = self.patterns(setting),
                "record" => {
                    if let Some(record) = self.record(setting) {
                        mapping.record = record;
                        has_record = true;
                    }
                }
                "time" => mapping.time = self.time_column(setting),
                "end" => mapping.end = self.column_name(&setting.key, node),
                "timezone" => mapping.timezone = self.zone(setting),
                "duration" => mapping.duration = self.column(setting, Quantity::Seconds),
                "cost" => mapping.cost = self.column(setting, Quantity::Usd),
                "accuracy" => mapping.accuracy = self.column(setting, Quantity::Ratio),
                "outcome" => mapping.outcome = self.outcome(setting),
                "tokens" => self.tokens(setting, &mut mapping),
                "cache_hit" => mapping.cache_hit = self.column_name(&setting.key, node),
                "id" => mapping.id = self.column_name(&setting.key, node),
                key @ ("session" | "task" | "run" | "unit") => {
                    let at = ["session", "task", "run", "unit"]
                        .iter()
                        .position(|k| *k == key);
                    let column = self.column_name(key, node);
                    if let Some(place) = at.and_then(|at| mapping.identity.get_mut(at)) {
                        *place = column;
                    }
                }
                "dimensions" => {
                    for dimension in self.entries("dimensions", node).unwrap_or_default() {
                        if let Some(column) = self.column_name(&dimension.key, &dimension.node) {
                            mapping.dimensions.push((dimension.key.clone(), column));
                        }
                    }
                }
                "values" => {
                    for value in self.entries("values", node).unwrap_or_default() {
                        let declared = self.config.declared.find(&value.key);
                        let known = Metric::named(&value.key).map(|m| m.row().unit);
                        let quantity = Quantity::of(known.or(declared.map(|d| d.unit)));
                        if let Some(column) = self.column(value, quantity) {
                            mapping.values.push((value.key.clone(), column));
                        }
                    }
                }
                _ => self.unknown(setting, MAPPING_KEYS.iter().map(|(key, _)| *key)),
            }
        }
        if self.faults.len() > known {
            return None;
        }
        let missing = if mapping.files.is_empty() {
            Some(("files", "a pattern of paths", "\"**/runs/*.csv\""))
        } else if !has_record {
            Some(("record", "what a row is", "model_request"))
        } else if mapping.record.is_none() && mapping.values.is_empty() {
            Some((
                "values",
                "the metrics of a sample",
                "{queue_time: {column: waited, unit: ms}}",
            ))
        } else if mapping.end.is_some() && mapping.time.is_none() {
            Some((
                "time",
                "the column of the start",
                "{column: started, unit: ms}",
            ))
        } else {
            None
        };
        if let Some((key, what, example)) = missing {
            self.fault(
                entry.span,
                format!("the mapping has no {key}"),
                Some(format!("expected {key}: {what}")),
                Some(format!("write  {key}: {example}")),
            );
            return None;
        }
        Some(mapping)
    }

    fn patterns(&mut self, setting: &Entry) -> Vec<String> {
        let items = match &setting.node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&setting.node),
        };
        let mut patterns = Vec::new();
        for item in items {
            match scalars::word(item).map(|word| (globset::Glob::new(&word).is_ok(), word)) {
                Some((true, word)) => patterns.push(word),
                _ => self.unexpected(
                    "files",
                    item,
                    &expected(
                        "a pattern of paths",
                        "a pattern such as **/runs/*.csv",
                        "\"**/runs/*.csv\"",
                    ),
                ),
            }
        }
        patterns
    }

    fn record(&mut self, setting: &Entry) -> Option<Option<OperationKind>> {
        let word = scalars::word(&setting.node);
        let found = RECORDS
            .iter()
            .find(|(name, _)| word.as_deref() == Some(*name));
        if found.is_none() {
            let names: Vec<&str> = RECORDS.iter().map(|(name, _)| *name).collect();
            let label = format!("one of {}", names.join(", "));
            self.unexpected(
                "record",
                &setting.node,
                &expected("what a row is", &label, "task"),
            );
        }
        found.map(|(_, record)| *record)
    }

    fn zone(&mut self, setting: &Entry) -> Option<String> {
        // Left open by who pasted a proposal.
        if setting.node.value == Value::Nothing {
            return None;
        }
        let zone = scalars::word(&setting.node).filter(|zone| super::read::is_zone(zone));
        if zone.is_none() {
            let label = "a name of the IANA database, such as Europe/Berlin";
            self.unexpected(
                "timezone",
                &setting.node,
                &expected("a time zone", label, "UTC"),
            );
        }
        zone
    }

    fn column_name(&mut self, key: &str, node: &Node) -> Option<String> {
        let name = match &node.value {
            // A header may be a number.
            Value::Number(number) => Some(number.to_string()),
            _ => scalars::word(node),
        };
        if name.is_none() {
            let wanted = expected("the name of a column", "the name of a column", "elapsed_ms");
            self.unexpected(key, node, &wanted);
        }
        name
    }

    /// `{column: elapsed, unit: ms}`: the column's name, and its unit.
    fn parts<'n>(&mut self, setting: &'n Entry, units: &str) -> Option<(String, &'n Entry)> {
        let parts = match &setting.node.value {
            Value::Map(parts) => parts.as_slice(),
            _ => {
                let wanted = expected(
                    "a column with its unit",
                    &format!("a column and its unit ({units})"),
                    "{column: NAME, unit: UNIT}",
                );
                self.unexpected(&setting.key, &setting.node, &wanted);
                return None;
            }
        };
        for part in parts {
            if !matches!(part.key.as_str(), "column" | "unit") {
                self.unknown(part, ["column", "unit"]);
            }
        }
        let part = |name: &str| parts.iter().find(|part| part.key == name);
        let (Some(column), Some(unit)) = (part("column"), part("unit")) else {
            let missing = if part("column").is_none() {
                "column"
            } else {
                "unit"
            };
            self.fault(
                setting.span,
                format!("{} has no {missing}", setting.key),
                Some(match missing {
                    "unit" => format!("expected a unit: {units}; no unit is guessed"),
                    _ => "expected the name of a column".to_owned(),
                }),
                Some(format!(
                    "write  {}: {{column: NAME, unit: UNIT}}",
                    setting.key
                )),
            );
            return None;
        };
        let name = self.column_name("column", &column.node)?;
        Some((name, unit))
    }

    fn column(&mut self, setting: &Entry, quantity: Quantity) -> Option<Column> {
        let (name, unit) = self.parts(setting, quantity.units())?;
        let scale = scalars::word(&unit.node).and_then(|word| quantity.scale(&word));
        match scale {
            Some(scale) => Some(Column { name, scale }),
            None => {
                self.wrong_unit(unit, quantity.units());
                None
            }
        }
    }

    fn time_column(&mut self, setting: &Entry) -> Option<TimeColumn> {
        const UNITS: &str = "text, or since 1970 s, ms, us or ns";
        let (name, unit) = self.parts(setting, UNITS)?;
        let word = scalars::word(&unit.node).unwrap_or_default();
        let scale = match word.as_str() {
            "text" => None,
            "s" => Some(1.0),
            "ms" => Some(1e-3),
            "us" => Some(1e-6),
            "ns" => Some(1e-9),
            _ => {
                self.wrong_unit(unit, UNITS);
                return None;
            }
        };
        Some(TimeColumn { name, scale })
    }

    fn wrong_unit(&mut self, unit: &Entry, units: &str) {
        let label = format!("{units}; no unit is guessed");
        let first = units.split([',', ' ', ':']).next().unwrap_or_default();
        self.unexpected("unit", &unit.node, &expected("a unit", &label, first));
    }

    /// `{column: status, ok: [success], error: [failed]}`
    fn outcome(&mut self, setting: &Entry) -> Option<OutcomeColumn> {
        let entries = self.entries("outcome", &setting.node)?;
        let mut outcome = OutcomeColumn {
            name: String::new(),
            words: Vec::new(),
        };
        for entry in entries {
            let kind = OUTCOMES.iter().find(|(name, _)| *name == entry.key);
            match (entry.key.as_str(), kind) {
                ("column", _) => outcome.name = self.column_name("column", &entry.node)?,
                (_, Some((_, kind))) => {
                    let items = match &entry.node.value {
                        Value::Nothing => continue,
                        Value::List(items) => items.as_slice(),
                        _ => std::slice::from_ref(&entry.node),
                    };
                    for item in items {
                        let word = match &item.value {
                            Value::Number(number) => Some(number.to_string()),
                            Value::Bool(is) => Some(is.to_string()),
                            _ => scalars::word(item),
                        };
                        match word {
                            Some(word) => outcome.words.push((word, *kind)),
                            None => self.unexpected(
                                &entry.key,
                                item,
                                &expected(
                                    "a list of words",
                                    "words of the column, such as [success]",
                                    "[success]",
                                ),
                            ),
                        }
                    }
                }
                _ => {
                    let known = OUTCOMES.iter().map(|(name, _)| *name);
                    self.unknown(entry, std::iter::once("column").chain(known));
                }
            }
        }
        if outcome.name.is_empty() || outcome.words.is_empty() {
            self.fault(
                setting.span,
                "outcome needs a column and the words for ok, error, …".to_owned(),
                Some("expected the words of the column that mean success or failure".to_owned()),
                Some("write  outcome: {column: status, ok: [success], error: [failed]}".to_owned()),
            );
            return None;
        }
        Some(outcome)
    }

    /// `{input: prompt_tokens, cache_read: cached_tokens, input_includes_cache: true}`
    fn tokens(&mut self, setting: &Entry, mapping: &mut Mapping) {
        let Some(entries) = self.entries("tokens", &setting.node) else {
            return;
        };
        let mut includes = None;
        for entry in entries {
            let kind = TOKENS.iter().find(|kind| **kind == entry.key);
            if let Some(kind) = kind {
                if let Some(column) = self.column_name(&entry.key, &entry.node) {
                    mapping.tokens.push((kind, column));
                }
            } else if entry.key == INCLUDES {
                match &entry.node.value {
                    Value::Bool(is) => includes = Some(*is),
                    _ => self.unexpected(
                        INCLUDES,
                        &entry.node,
                        &expected(
                            "true or false",
                            "whether input contains what a cache read or wrote: true or false",
                            "true",
                        ),
                    ),
                }
            } else {
                self.unknown(entry, TOKENS.iter().copied().chain([INCLUDES]));
            }
        }
        let has = |kind: &str| mapping.tokens.iter().any(|(k, _)| *k == kind);
        let is_open =
            has("input") && (has("cache_read") || has("cache_write")) && includes.is_none();
        // A value that is wrong was listed.
        if is_open && !entries.iter().any(|entry| entry.key == INCLUDES) {
            self.fault(
                setting.span,
                format!("tokens has no {INCLUDES}"),
                Some("expected whether input contains what a cache read or wrote".to_owned()),
                Some(format!("write  {INCLUDES}: true")),
            );
        }
        mapping.input_includes_cache = includes.unwrap_or_default();
    }
}

fn expected(what: &str, label: &str, write: &str) -> Expected {
    Expected {
        what: what.to_owned(),
        label: format!("expected {label}"),
        write: write.to_owned(),
    }
}
