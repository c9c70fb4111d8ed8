//! `alert_actions`: what may be done when an alert fires.
//!
//! Four are there by themselves, as the orchestrator's monitoring guide names them. Actions of a file among the analysed
//! inputs are not used.

use super::fault::WarningKind;
use super::keys::{self, Goes, KEYS};
use super::read::{Reader, Via};
use super::scalars;
use super::tree::{Entry, Node, Value};
use super::{Config, KnobValue, Origin};
use crate::metrics::Metric;

/// Seconds that a program may take, where the file does not say.
const TIMEOUT: f64 = 60.0;

/// How often an action is done in an hour, where the file does not say.
const MOST_PER_HOUR: u64 = 3;

/// An action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Its name, by which alerts name it.
    pub name: String,
    /// What it is for, for people.
    pub description: Option<String>,
    /// What it does.
    pub does: Does,
    /// Whether it may be done without anybody's word, where that is allowed at all.
    pub is_automated: bool,
    /// Whether it always waits for somebody's word.
    pub needs_confirmation: bool,
    /// Seconds after which it is taken back; `None`: it stays.
    pub rollback_after: Option<f64>,
    /// Whether the channels are told of it.
    pub is_told: bool,
    /// How often it is done in an hour at most; beyond that it is proposed.
    pub most_per_hour: u64,
    /// Seconds that a program may take.
    pub timeout: f64,
    /// Where it came from.
    pub origin: Origin,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq)]
pub enum Does {
    /// Sets a knob in the file of configuration.
    Set(String, KnobValue),
    /// Makes the fallback interface the primary one.
    Fallback,
    /// Says how each interface is.
    HealthCheck,
    /// Runs a program.
    Run {
        /// Program and arguments.
        command: Vec<String>,
        /// The same for taking it back.
        rollback: Option<Vec<String>>,
    },
}

const ACTION_KEYS: &[&str] = &[
    "description",
    "automated",
    "user_confirmation",
    "rollback_after",
    "report_results",
    "notify_admin",
    "most_per_hour",
    "timeout",
    "set",
    "command",
    "rollback_command",
];

impl Action {
    /// The actions that are there by themselves.
    #[must_use]
    pub fn built_in() -> [Action; 4] {
        let simple = || Does::Set("context.mode".into(), KnobValue::Word("SIMPLE".into()));
        let action = |name: &str, description: &str, does| Action {
            name: name.into(),
            description: Some(description.into()),
            does,
            is_automated: true,
            needs_confirmation: false,
            rollback_after: None,
            is_told: false,
            most_per_hour: MOST_PER_HOUR,
            timeout: TIMEOUT,
            origin: Origin::Default,
        };
        [
            Action {
                is_automated: false,
                needs_confirmation: true,
                ..action(
                    "suggest_simple_mode",
                    "Suggest the SIMPLE context mode",
                    simple(),
                )
            },
            Action {
                rollback_after: Some(3_600.0),
                ..action("force_simple_mode", "Use the SIMPLE context mode", simple())
            },
            Action {
                is_told: true,
                ..action(
                    "interface_health_check",
                    "Say how each interface is",
                    Does::HealthCheck,
                )
            },
            Action {
                is_told: true,
                ..action(
                    "automatic_fallback",
                    "Use the fallback interface",
                    Does::Fallback,
                )
            },
        ]
    }
}

impl Config {
    /// The action of that name: the user's, else one that is there by itself.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<Action> {
        let own = self.actions.iter().find(|a| a.name == name).cloned();
        own.or_else(|| Action::built_in().into_iter().find(|a| a.name == name))
    }

    /// The names of all actions.
    #[must_use]
    pub fn action_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.actions.iter().map(|a| a.name.clone()).collect();
        names.extend(Action::built_in().map(|a| a.name));
        names.sort();
        names.dedup();
        names
    }
}

impl Reader<'_> {
    /// `alert_actions: {page: {command: [./page.sh], automated: true}}`
    pub(super) fn actions(&mut self, node: &Node) {
        // Whoever analyses a folder of somebody else's must not be made to do what it says.
        if self.via == Via::Inputs {
            return;
        }
        let Some(entries) = self.entries("alert_actions", node) else {
            return;
        };
        for entry in entries {
            let Some(settings) = self.entries(&entry.key, &entry.node) else {
                continue;
            };
            if let Some(action) = self.action(entry, settings)
                && !self.config.actions.iter().any(|a| a.name == action.name)
            {
                self.config.actions.push(action);
            }
        }
    }

    fn action(&mut self, entry: &Entry, settings: &[Entry]) -> Option<Action> {
        for other in settings
            .iter()
            .filter(|s| !ACTION_KEYS.contains(&s.key.as_str()))
        {
            self.unknown(other, ACTION_KEYS.iter().copied());
        }
        let get = |key: &str| settings.iter().find(|s| s.key == key);
        let known = Action::built_in().into_iter().find(|a| a.name == entry.key);
        let does = match (get("set"), get("command"), &known) {
            (Some(set), _, _) => self.set_of(set)?,
            (None, Some(command), _) => {
                let command = self.list(Some(command))?;
                let rollback = self.list(get("rollback_command"))?;
                if !self.may_start_programs() {
                    self.warn(
                        WarningKind::WithoutEffect,
                        entry.span,
                        format!("the command of \"{}\" stands in a file that was merely found, and is not run", entry.key),
                        Some("name the file: --config".to_owned()),
                    );
                    return None;
                }
                Does::Run {
                    command,
                    rollback: Some(rollback).filter(|r| !r.is_empty()),
                }
            }
            (None, None, Some(known)) => known.does.clone(),
            (None, None, None) => {
                self.fault(
                    entry.span,
                    format!("the action \"{}\" does nothing", entry.key),
                    Some("expected  set: {knob: value}  or  command: [program]".to_owned()),
                    None,
                );
                return None;
            }
        };
        let yes = |key: &str, usual: bool| match get(key).map(|e| &e.node.value) {
            Some(Value::Bool(b)) => *b,
            _ => usual,
        };
        let usual = known.as_ref();
        Some(Action {
            name: entry.key.clone(),
            description: get("description")
                .and_then(|e| scalars::word(&e.node))
                .or_else(|| usual.and_then(|a| a.description.clone())),
            does,
            is_automated: yes("automated", usual.is_some_and(|a| a.is_automated)),
            needs_confirmation: yes(
                "user_confirmation",
                usual.is_some_and(|a| a.needs_confirmation),
            ),
            rollback_after: match get("rollback_after") {
                Some(e) => Some(self.limit(Metric::QueueTime, "rollback_after", &e.node)?),
                None => usual.and_then(|a| a.rollback_after),
            },
            is_told: yes("report_results", false)
                || yes("notify_admin", usual.is_some_and(|a| a.is_told)),
            most_per_hour: match get("most_per_hour") {
                Some(e) => self.whole(e, "times")?,
                None => MOST_PER_HOUR,
            },
            timeout: match get("timeout") {
                Some(e) => self.limit(Metric::QueueTime, "timeout", &e.node)?,
                None => TIMEOUT,
            },
            origin: self.origin(entry.span),
        })
    }

    /// `set: {context.mode: SIMPLE}`
    fn set_of(&mut self, set: &Entry) -> Option<Does> {
        let entries = self.entries("set", &set.node)?;
        let [one] = entries else {
            self.fault(
                set.span,
                "an action sets one knob".to_owned(),
                Some("expected  set: {context.mode: SIMPLE}".to_owned()),
                None,
            );
            return None;
        };
        let key = keys::named(&one.key).filter(|k| matches!(k.goes, Goes::Knob(_)));
        let Some(key) = key else {
            let knobs = KEYS.iter().filter(|k| matches!(k.goes, Goes::Knob(_)));
            let near = keys::nearest(&one.key, knobs.map(|k| k.name));
            self.fault(
                one.span,
                format!("there is no knob \"{}\"", one.key),
                Some("expected a knob, such as context.mode".to_owned()),
                near.map(|k| format!("did you mean \"{k}\"?")),
            );
            return None;
        };
        match scalars::read(key, &one.node) {
            Ok(read) => Some(Does::Set(one.key.clone(), read.value)),
            Err(expected) => {
                self.unexpected(&one.key, &one.node, &expected);
                None
            }
        }
    }
}
