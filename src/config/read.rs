//! One document into the configuration: what is already set there, by a higher layer, stays.

use crate::metrics::{Direction, Metric};
use crate::place::Place;

use super::fault::{Fault, Warning, WarningKind, excerpt};
use super::keys::{self, Goes, Key, Type};
use super::scalars::{self, Expected};
use super::tree::{self, Entry, Node, Span, Value};
use super::{Config, KnobValue, OFF_UNTIL, Origin, Profile, REASON, SETTINGS_OF_RULES, Sourced};

/// How a document came to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// Named by `--config`.
    Option,
    /// The nearest file upward from the working folder.
    Nearest,
    /// The user's own folder.
    UserFolder,
    /// Found among the analysed inputs.
    Inputs,
    /// A variable of the environment.
    Environment,
    /// An option of the command line.
    CommandLine,
}

impl Via {
    fn note(self) -> Option<&'static str> {
        match self {
            Via::Option => {
                Some("the file is used because --config names it; perfadvise config show")
            }
            Via::Nearest => Some(
                "the file is used because it is nearest to the working folder; perfadvise config show",
            ),
            Via::UserFolder => {
                Some("the file is used because it is in your user folder; perfadvise config show")
            }
            Via::Inputs => {
                Some("the file is used because it is among the inputs; perfadvise config show")
            }
            Via::Environment | Via::CommandLine => None,
        }
    }
}

/// Reads one document into a configuration.
pub(super) struct Reader<'a> {
    pub(super) config: &'a mut Config,
    pub(super) faults: &'a mut Vec<Fault>,
    pub(super) warnings: &'a mut Vec<Warning>,
    /// The file as it is shown, or the variable or option.
    pub(super) name: &'a str,
    pub(super) via: Via,
    /// The text, for the lines around a fault.
    pub(super) text: &'a str,
}

impl Reader<'_> {
    /// Reads the whole text.
    pub(super) fn document(&mut self) {
        let (faults, warnings) = (self.faults.len(), self.warnings.len());
        match tree::read(self.text) {
            Ok(None) => {}
            Ok(Some(node)) => self.root(&node),
            Err(error) => self.fault(error.span, error.message, None, None),
        }
        // Keys are not read in the order of the file, but people read it so.
        self.faults[faults..].sort_by_key(|f| (f.place.line, f.place.column));
        self.warnings[warnings..].sort_by_key(|w| (w.place.line, w.place.column));
    }

    /// Reads the root of a document. Of two keys that set the same, ours goes before that of another
    /// program's file.
    pub(super) fn root(&mut self, node: &Node) {
        let Some(entries) = self.entries("the configuration", node) else {
            return;
        };
        let mut entries: Vec<&Entry> = entries.iter().collect();
        entries.sort_by_key(|e| match e.key.as_str() {
            "thresholds" => 1,
            "performance_optimization" => 2,
            key if keys::CONTEXT_KEYS.iter().any(|k| k.name == key) => 3,
            _ => 0,
        });
        for entry in entries {
            if entry.key == "performance_optimization" {
                self.config.has_seed_file = true;
                self.section("", &entry.key, &entry.node);
            } else {
                self.entry("", entry);
            }
        }
    }

    fn section(&mut self, section: &str, shown: &str, node: &Node) {
        if let Some(entries) = self.entries(shown, node) {
            for entry in entries {
                self.entry(section, entry);
            }
        }
    }

    fn entry(&mut self, section: &str, entry: &Entry) {
        let name = if section.is_empty() {
            entry.key.clone()
        } else {
            format!("{section}.{}", entry.key)
        };
        match name.as_str() {
            // Read before everything else.
            "metrics" => {}
            "targets" => self.targets(&entry.node),
            "thresholds" => self.thresholds(&entry.node),
            "gate" => self.gate(&entry.node),
            "alerts" => self.alerts(&entry.node),
            "notification_channels" => self.channels(&entry.node),
            "alert_actions" => self.actions(&entry.node),
            "labels" => self.labels(&entry.node),
            "mappings" => self.mappings(&entry.node),
            "rules.tune" => self.tune(&entry.node),
            _ => match keys::named(&name) {
                Some(key) if key.kind == Type::Words => self.words(key, &entry.node),
                Some(key) => self.scalar(key, &name, entry),
                None if keys::is_section(&name) => self.section(&name, &entry.key, &entry.node),
                None => self.unknown(entry, keys::below(section)),
            },
        }
    }

    fn scalar(&mut self, key: &Key, name: &str, entry: &Entry) {
        if entry.node.value == Value::Nothing {
            return;
        }
        let read = match scalars::read(key, &entry.node) {
            Ok(read) => read,
            Err(expected) => return self.unexpected(&entry.key, &entry.node, &expected),
        };
        if read.was_percent {
            self.percent(&entry.key, &entry.node);
        }
        let origin = self.origin(entry.node.span);
        let word = |value: &KnobValue| match value {
            KnobValue::Word(w) => w.clone(),
            _ => String::new(),
        };
        match key.goes {
            Goes::Knob(knob) => self.knob(knob, key, name, read.value, origin),
            Goes::Profile => {
                let value = match word(&read.value).as_str() {
                    "orchestrator" => Profile::Orchestrator,
                    _ => Profile::CodingAgent,
                };
                self.config.profile.get_or_insert(Sourced { value, origin });
            }
            Goes::Timezone | Goes::NaiveTimezone => {
                let value = word(&read.value);
                if !is_zone(&value) {
                    let expected = Expected {
                        what: "a time zone".to_owned(),
                        label: "expected a name of the IANA database, such as Europe/Berlin"
                            .to_owned(),
                        write: "UTC".to_owned(),
                    };
                    return self.unexpected(&entry.key, &entry.node, &expected);
                }
                let slot = if key.goes == Goes::Timezone {
                    &mut self.config.timezone
                } else {
                    &mut self.config.naive_timezone
                };
                slot.get_or_insert(Sourced { value, origin });
            }
            Goes::RulesDir => {
                let value = self.beside(&word(&read.value));
                self.config
                    .rules_dir
                    .get_or_insert(Sourced { value, origin });
            }
            Goes::Preview => {
                if let KnobValue::Bool(value) = read.value {
                    self.config.preview.get_or_insert(Sourced { value, origin });
                }
            }
            Goes::Direction => self.metric_direction(key, name, entry, &word(&read.value), origin),
            Goes::RulesOff | Goes::MockInterfaces | Goes::Ranking | Goes::Nowhere => {}
        }
    }

    fn knob(&mut self, knob: &str, key: &Key, name: &str, value: KnobValue, origin: Origin) {
        let value = match value {
            KnobValue::Word(w) if key.name == "default_mode" => {
                if w == "auto" {
                    return;
                }
                KnobValue::Word(w.to_ascii_uppercase())
            }
            other => other,
        };
        let rest = name.strip_prefix(key.name).unwrap_or_default();
        self.config
            .knobs
            .entry(format!("{knob}{rest}"))
            .or_insert(Sourced { value, origin });
    }

    /// `direction: {frames_per_second: higher}`: of what the registry knows it changes nothing.
    fn metric_direction(
        &mut self,
        key: &Key,
        name: &str,
        entry: &Entry,
        word: &str,
        origin: Origin,
    ) {
        let metric = name.strip_prefix(key.name).unwrap_or(name);
        if Metric::named(metric).is_some_and(|m| m.row().direction != Direction::Neither) {
            self.warn(
                WarningKind::WithoutEffect,
                entry.span,
                format!("the direction of {metric} is known and stays as it is"),
                None,
            );
            return;
        }
        let value = match word {
            "higher" => Direction::Higher,
            _ => Direction::Lower,
        };
        self.config
            .directions
            .say(metric, Sourced { value, origin });
    }

    fn words(&mut self, key: &Key, node: &Node) {
        // Of rankings the highest layer's counts as a whole: two do not make one.
        if key.goes == Goes::Ranking && self.config.ranking.is_some() {
            return;
        }

        let items = match &node.value {
            Value::Nothing => return,
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for item in items {
            let Some(word) = scalars::word(item) else {
                let expected = Expected {
                    what: "a list of words".to_owned(),
                    label: format!("expected a word, such as in {}", key.example),
                    write: key.example.to_owned(),
                };
                let leaf = key.name.rsplit('.').next().unwrap_or(key.name);
                self.unexpected(leaf, item, &expected);
                continue;
            };
            // A variable of the environment holds a list as words between commas.
            for word in word.split(',').map(str::trim).filter(|w| !w.is_empty()) {
                let origin = self.origin(item.span);
                let value = word.to_owned();
                if key.goes == Goes::Ranking {
                    let ranking = self.config.ranking.get_or_insert(Sourced {
                        value: Vec::new(),
                        origin,
                    });
                    if !ranking.value.contains(&value) {
                        ranking.value.push(value);
                    }
                } else if key.goes == Goes::RulesOff {
                    if !self.config.rules_off.iter().any(|r| r.value == value) {
                        self.config.rules_off.push(Sourced { value, origin });
                    }
                } else if !self.config.mock_interfaces.contains(&value) {
                    self.config.mock_interfaces.push(value);
                }
            }
        }
    }

    fn labels(&mut self, node: &Node) {
        let Some(patterns) = self.entries("labels", node) else {
            return;
        };
        for pattern in patterns {
            if let Err(error) = globset::Glob::new(&pattern.key) {
                self.fault(
                    pattern.span,
                    format!("the pattern of paths is faulty: {}", error.kind()),
                    Some("expected a pattern such as **/fancy/**".to_owned()),
                    None,
                );
                continue;
            }
            let Some(labels) = self.entries(&pattern.key, &pattern.node) else {
                continue;
            };
            let mut pairs = Vec::new();
            for label in labels {
                let value = match &label.node.value {
                    Value::Number(n) => Some(n.to_string()),
                    Value::Bool(b) => Some(b.to_string()),
                    _ => scalars::word(&label.node),
                };
                match value {
                    Some(value) => pairs.push((label.key.clone(), value)),
                    None => self.unexpected(
                        &label.key,
                        &label.node,
                        &Expected {
                            what: "a word".to_owned(),
                            label: "expected a value of the dimension, such as FANCY".to_owned(),
                            write: "FANCY".to_owned(),
                        },
                    ),
                }
            }
            if !self
                .config
                .path_labels
                .iter()
                .any(|(p, _)| *p == pattern.key)
            {
                self.config.path_labels.push((pattern.key.clone(), pairs));
            }
        }
    }

    fn tune(&mut self, node: &Node) {
        let Some(rules) = self.entries("tune", node) else {
            return;
        };
        for rule in rules {
            let Some(settings) = self.entries(&rule.key, &rule.node) else {
                continue;
            };
            for setting in settings {
                if !SETTINGS_OF_RULES.contains(&setting.key.as_str()) {
                    self.unknown(setting, SETTINGS_OF_RULES.iter().copied());
                    continue;
                }
                let value = match &setting.node.value {
                    Value::Number(n) => KnobValue::Number(*n),
                    Value::Bool(b) => KnobValue::Bool(*b),
                    _ => match scalars::word(&setting.node) {
                        Some(word) => KnobValue::Word(word),
                        None => {
                            self.unexpected(
                                &setting.key,
                                &setting.node,
                                &Expected {
                                    what: "a single value".to_owned(),
                                    label: "expected a number, a word, true or false".to_owned(),
                                    write: "20".to_owned(),
                                },
                            );
                            continue;
                        }
                    },
                };
                let origin = self.origin(setting.node.span);
                self.config
                    .rules_tune
                    .entry(rule.key.clone())
                    .or_default()
                    .entry(setting.key.clone())
                    .or_insert(Sourced { value, origin });
            }
            self.silence(settings);
        }
    }

    /// A rule is switched off up to a day that there is, and with a reason: else nobody knows why it is silent.
    fn silence(&mut self, settings: &[Entry]) {
        let Some(until) = settings.iter().find(|s| s.key == OFF_UNTIL) else {
            if let [alone] = settings
                && alone.key == REASON
            {
                self.warn(
                    WarningKind::WithoutEffect,
                    alone.span,
                    format!("a {REASON} alone switches nothing off"),
                    Some(format!("add {OFF_UNTIL}: and the last day, beside it")),
                );
            }
            return;
        };
        let is_day =
            scalars::word(&until.node).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok());
        if !is_day {
            self.fault(
                until.node.span,
                format!("{OFF_UNTIL} must be a day"),
                Some("expected a day".to_owned()),
                Some(format!("write it as {OFF_UNTIL}: 2026-12-31")),
            );
        }
        let has_reason = settings.iter().any(|s| {
            s.key == REASON && scalars::word(&s.node).is_some_and(|r| !r.trim().is_empty())
        });
        if !has_reason {
            self.fault(
                until.node.span,
                format!("{OFF_UNTIL} goes with a {REASON}"),
                None,
                Some(format!("add {REASON}: and why, beside it")),
            );
        }
    }

    /// The entries of a section; `None` (and a fault, unless it is empty) where it is none.
    pub(super) fn entries<'n>(&mut self, shown: &str, node: &'n Node) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            Value::Nothing => None,
            _ => {
                self.fault(
                    node.span,
                    format!(
                        "{} must be a section of keys and values, found {}",
                        shown_key(shown),
                        scalars::found(node)
                    ),
                    Some("expected lines such as  key: value  below it".to_owned()),
                    None,
                );
                None
            }
        }
    }

    /// A fault: the value of `key` is not what was expected.
    pub(super) fn unexpected(&mut self, key: &str, node: &Node, expected: &Expected) {
        let key = shown_key(key);
        self.fault(
            node.span,
            format!(
                "{key} must be {}, found {}",
                expected.what,
                scalars::found(node)
            ),
            Some(expected.label.clone()),
            Some(match self.via {
                Via::Environment | Via::CommandLine => format!("write  {}", expected.write),
                _ => format!("write  {key}: {}", expected.write),
            }),
        );
    }

    pub(super) fn fault(
        &mut self,
        span: Span,
        message: String,
        expected: Option<String>,
        help: Option<String>,
    ) {
        self.faults.push(Fault {
            place: self.place(span),
            message,
            length: span.length.max(1),
            expected,
            excerpt: match self.via {
                Via::Environment | Via::CommandLine => Vec::new(),
                _ => excerpt(self.text, span),
            },
            help,
            note: self.via.note().map(str::to_owned),
        });
    }

    /// A warning: a key that is not known.
    pub(super) fn unknown<'k>(&mut self, entry: &Entry, known: impl IntoIterator<Item = &'k str>) {
        let help = keys::nearest(&entry.key, known).map(|k| format!("did you mean \"{k}\"?"));
        self.warn(
            WarningKind::UnknownKey,
            entry.span,
            format!("unknown key \"{}\" is ignored", shown_key(&entry.key)),
            help,
        );
    }

    /// A warning: a ratio above 1 was taken for a percentage.
    pub(super) fn percent(&mut self, key: &str, node: &Node) {
        let number = scalars::found(node).replace('"', "");
        let key = shown_key(key);
        self.warn(
            WarningKind::ThresholdInWrongUnit,
            node.span,
            format!("{key} is a ratio from 0 to 1; {number} is taken for {number}%"),
            Some(format!("write  {key}: {number}%")),
        );
    }

    pub(super) fn warn(
        &mut self,
        kind: WarningKind,
        span: Span,
        message: String,
        help: Option<String>,
    ) {
        self.warnings.push(Warning {
            kind,
            place: self.place(span),
            message,
            help,
        });
    }

    /// Where a value of this document came from.
    pub(super) fn origin(&self, span: Span) -> Origin {
        match self.via {
            Via::Environment => Origin::Environment(self.name.to_owned()),
            Via::CommandLine => Origin::CommandLine(self.name.to_owned()),
            _ => Origin::File(self.place(span)),
        }
    }

    fn place(&self, span: Span) -> Place {
        let has_lines = span.line > 0 && !matches!(self.via, Via::Environment | Via::CommandLine);
        Place {
            file: self.name.to_owned(),
            line: has_lines.then_some(span.line),
            column: has_lines.then_some(span.column),
        }
    }

    /// A path of the document, relative to its folder.
    pub(super) fn beside(&self, path: &str) -> String {
        match self.via {
            Via::Environment | Via::CommandLine => path.to_owned(),
            _ => std::path::Path::new(self.name)
                .parent()
                .map_or_else(|| path.into(), |folder| folder.join(path))
                .display()
                .to_string(),
        }
    }
}

pub(super) fn is_zone(name: &str) -> bool {
    matches!(name, "UTC" | "utc" | "local") || jiff::tz::TimeZone::get(name).is_ok()
}

/// A key as an error shows it: short, without control characters.
fn shown_key(key: &str) -> String {
    const LONGEST: usize = 60;
    key.chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
