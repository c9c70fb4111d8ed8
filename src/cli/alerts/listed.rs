//! `alerts list`: what is configured, and what is remembered.

use std::collections::BTreeMap;
use std::io::Write;

use super::super::record::failure;
use super::super::{Context, Exit, Failure, output};
use super::unconfigured;
use crate::alerts::rule_text;
use crate::assessment::{AlertPhase, AlertState, Severity};
use crate::config::{Alert, Origin};
use crate::report::{length_text, visible};
use crate::store::history::History;
use crate::units::Time;

/// An alert as it is configured.
#[derive(serde::Serialize)]
struct Listed<'a> {
    alert: &'a str,
    severity: Severity,
    metric: Option<&'a str>,
    rule: String,
    window: f64,
    cooldown: f64,
    by: &'a [String],
    inhibits: &'a [String],
    action: Option<&'a str>,
    description: Option<&'a str>,
    /// Where it stands.
    place: Option<String>,
    /// What is remembered of it, for each combination of its dimensions.
    states: Vec<Remembered>,
}

#[derive(serde::Serialize)]
struct Remembered {
    labels: BTreeMap<String, String>,
    state: AlertPhase,
    since: Option<Time>,
    last_sent: Option<Time>,
    evaluated_at: Option<Time>,
}

/// Lists them.
pub(in crate::cli) fn run(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let config = context.load_config()?.config;
    if config.alerts.is_empty() {
        return Err(unconfigured());
    }
    let history = History::open(&context.place()).map_err(|error| failure(&error))?;
    let states = match &history {
        Some(history) => history.alert_states().map_err(|e| failure(&e))?,
        None => BTreeMap::new(),
    };
    let rows: Vec<Listed<'_>> = config
        .alerts
        .iter()
        .map(|alert| {
            let own = states.iter().filter(|(key, _)| key.alert == alert.name);
            let own = own.map(|(key, state)| remembered(key.labels.clone(), state));
            listed(alert, own.collect())
        })
        .collect();
    output::list(context, out, &rows, |out| page(&rows, context, out))?;
    Ok(Exit::Done)
}

fn listed(alert: &Alert, states: Vec<Remembered>) -> Listed<'_> {
    Listed {
        alert: &alert.name,
        severity: alert.severity,
        metric: alert.metric_name(),
        rule: rule_text(alert),
        window: alert.window,
        cooldown: alert.cooldown,
        by: &alert.by,
        inhibits: &alert.inhibits,
        action: alert.action.as_deref(),
        description: alert.description.as_deref(),
        place: match &alert.origin {
            Origin::File(place) => Some(place.to_string()),
            _ => None,
        },
        states,
    }
}

fn remembered(labels: BTreeMap<String, String>, state: &AlertState) -> Remembered {
    Remembered {
        labels,
        state: state.phase,
        since: state.since,
        last_sent: state.last_sent,
        evaluated_at: state.evaluated_at,
    }
}

fn page(rows: &[Listed<'_>], context: &Context, out: &mut dyn Write) -> std::io::Result<()> {
    let name = |text: &str| visible(text, !context.globals.ascii);
    for row in rows {
        let metric = row.metric.filter(|m| *m != row.alert);
        let metric = metric.map_or_else(String::new, |m| format!("{} ", name(m)));
        writeln!(
            out,
            "{:<24} {:<9} {metric}{}",
            name(row.alert),
            row.severity.name(),
            name(&row.rule)
        )?;
        let mut told = vec![format!("over {}", length_text(row.window))];
        if !row.by.is_empty() {
            told.push(format!("one for each {}", name(&row.by.join(" × "))));
        }
        told.push(format!("cooldown {}", length_text(row.cooldown)));
        if !row.inhibits.is_empty() {
            told.push(format!("inhibits {}", name(&row.inhibits.join(", "))));
        }
        if let Some(action) = row.action {
            told.push(format!("action {}", name(action)));
        }
        told.extend(row.place.as_deref().map(name));
        writeln!(out, "    {}", told.join("; "))?;
        for state in row.states.iter().filter(|s| s.state != AlertPhase::Quiet) {
            let labels: Vec<String> = state
                .labels
                .iter()
                .map(|(key, value)| format!("{}={}", name(key), name(value)))
                .collect();
            let since = state
                .since
                .map_or_else(String::new, |s| format!(" since {s}"));
            writeln!(
                out,
                "    {}{since} {}",
                state.state.name(),
                labels.join(", ")
            )?;
        }
    }
    Ok(())
}
