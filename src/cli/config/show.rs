//! `config show`: each setting with its value and its origin.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use crate::cli::{Context, Exit, Failure, OutputFormat};
use crate::config::declared::{DIRECTIONS, UNITS};
use crate::config::keys::{self, Type};
use crate::config::{
    Config, DeclaredMetric, KnobValue, Level, Origin, Severity, Sourced, TargetStatistic,
    choose_profile, part_targets,
};
use crate::gate;
use crate::metrics::{Direction, Kind, Metric, Unit};
use crate::report;
use crate::units::{Bytes, Ratio, Seconds};

/// A setting.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    /// In seconds, bytes, ratios; `null`: not set.
    value: Value,
    origin: &'static str,
    /// File with line and column, variable or option.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip)]
    shown: String,
}

/// Everything.
#[derive(Debug, Serialize)]
struct Shown {
    files: Vec<String>,
    settings: Vec<Row>,
}

pub(super) fn run(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let loaded = context.load_config()?;
    let shown = Shown {
        files: loaded.config.files.clone(),
        settings: rows(&loaded.config),
    };
    match context.format("the configuration", OutputFormat::DOCUMENT)? {
        OutputFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &shown).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        OutputFormat::Yaml => {
            let yaml = serde_yaml::to_string(&shown)
                .map_err(|e| Failure::new(format!("not writable as YAML: {e}")))?;
            out.write_all(yaml.as_bytes())?;
        }
        _ => text(&shown, out)?,
    }
    Ok(Exit::Done)
}

fn text(shown: &Shown, out: &mut dyn Write) -> std::io::Result<()> {
    let width = |f: fn(&Row) -> &str| {
        shown
            .settings
            .iter()
            .map(|r| f(r).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (keys, values) = (width(|r| &r.key), width(|r| &r.shown).min(40));
    for row in &shown.settings {
        let origin = row.at.as_deref().unwrap_or(row.origin);
        writeln!(out, "{:<keys$}  {:<values$}  {origin}", row.key, row.shown)?;
    }
    match shown.files.as_slice() {
        [] => writeln!(
            out,
            "\nNo configuration file is in use; `perfadvise config init` writes one."
        ),
        files => writeln!(out, "\nFiles, highest first: {}", files.join(", ")),
    }
}

/// A metric of the user's own.
fn declared(own: &DeclaredMetric) -> Row {
    let word = |words: &[(&'static str, bool)]| {
        let found = words.iter().find(|(_, is_it)| *is_it);
        found.map_or("", |(word, _)| *word)
    };
    let unit = word(&UNITS.map(|(word, unit)| (word, unit == own.unit)));
    let direction = word(&DIRECTIONS.map(|(word, way)| (word, way == own.direction)));
    let of = match own.kind {
        Kind::Total => "sum",
        Kind::Value | Kind::Share => own.statistic.name(),
    };
    let targets: Vec<String> = own
        .targets
        .iter()
        .map(|(statistic, target)| {
            let value = report::amount_text(own.unit, target.value);
            format!(", target of the {} {value}", statistic.name())
        })
        .collect();
    let value = serde_json::json!({
        "unit": unit,
        "direction": direction,
        "of": of,
        "target": own.targets.iter().map(|(s, t)| (s.name(), t.value)).collect::<BTreeMap<_, _>>(),
        "title": own.title,
        "meaning": own.meaning,
    });
    let shown = format!("{unit}, {direction}, {of}{}", targets.concat());
    row(format!("metrics.{}", own.name), value, shown, &own.origin)
}

fn rows(config: &Config) -> Vec<Row> {
    let mut rows = vec![
        or_default(
            "profile",
            config
                .profile
                .as_ref()
                .map(|p| (p.value.name().to_owned(), &p.origin)),
            "chosen from the data",
        ),
        or_default("timezone", word(config.timezone.as_ref()), "UTC"),
        or_default(
            "naive_timezone",
            word(config.naive_timezone.as_ref()),
            "UTC",
        ),
    ];
    rows.extend(config.declared.iter().map(declared));
    rows.extend(targets(config));
    rows.extend(gate(config));
    rows.extend(config.directions.said().map(|(metric, direction)| {
        let word = match direction.value {
            Direction::Higher => "higher",
            Direction::Lower | Direction::Neither => "lower",
        };
        let key = format!("direction.{}", printable(metric));
        row(key, word.into(), word.into(), &direction.origin)
    }));
    rows.extend(config.ranking.iter().map(|ranking| {
        let names: Vec<String> = ranking.value.iter().map(|m| printable(m)).collect();
        let value = ranking.value.clone().into();
        row("ranking".into(), value, names.join(", "), &ranking.origin)
    }));
    rows.extend(config.alerts.iter().map(|alert| {
        let limit = match (alert.metric, alert.threshold, alert.consecutive_failures) {
            (Some(metric), Some(limit), _) => Some(in_unit(metric, limit)),
            (None, Some(limit), _) if alert.custom.is_some() => {
                Some(report::amount_text(alert.unit(), limit))
            }
            (_, _, Some(n)) => Some(format!("{n} failures")),
            _ => None,
        };
        let severity = match alert.severity {
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        };
        let side = alert
            .side
            .map_or(String::new(), |s| format!("{} ", s.name()));
        let shown = limit.map_or_else(
            || severity.to_owned(),
            |limit| format!("{side}{limit}, {severity}"),
        );
        let value = serde_json::json!({
            "metric": alert.metric_name(),
            "threshold": alert.threshold,
            "side": alert.side.map(crate::config::Side::name),
            "consecutive_failures": alert.consecutive_failures,
            "severity": severity,
            "cooldown": alert.cooldown,
            "action": alert.action,
        });
        row(
            format!("alerts.{}", printable(&alert.name)),
            value,
            shown,
            &alert.origin,
        )
    }));
    rows.extend(config.knobs.iter().map(|(name, knob)| {
        row(
            printable(name),
            json(&knob.value),
            knob_text(name, &knob.value),
            &knob.origin,
        )
    }));
    for (pattern, labels) in &config.path_labels {
        let shown: Vec<String> = labels
            .iter()
            .map(|(k, v)| format!("{}={}", printable(k), printable(v)))
            .collect();
        let value = labels
            .iter()
            .map(|(k, v)| (k.clone(), Value::from(v.as_str())))
            .collect();
        rows.push(Row {
            key: format!("labels.{}", printable(pattern)),
            value: Value::Object(value),
            origin: "file",
            at: None,
            shown: shown.join(", "),
        });
    }
    for mapping in &config.mappings {
        rows.push(Row {
            key: format!("mappings.{}", printable(&mapping.name)),
            value: mapping.files.clone().into(),
            origin: "file",
            at: None,
            shown: printable(&mapping.files.join(", ")),
        });
    }
    rows.extend(config.rules_off.iter().map(|rule| {
        row(
            "rules.off".into(),
            rule.value.as_str().into(),
            printable(&rule.value),
            &rule.origin,
        )
    }));
    if let Some(dir) = &config.rules_dir {
        rows.push(row(
            "rules.dir".into(),
            dir.value.as_str().into(),
            printable(&dir.value),
            &dir.origin,
        ));
    }
    rows.push(or_default(
        "rules.preview",
        config
            .preview
            .as_ref()
            .map(|p| (p.value.to_string(), &p.origin)),
        "true",
    ));
    for (rule, settings) in &config.rules_tune {
        rows.extend(settings.iter().map(|(name, set)| {
            let key = format!("rules.tune.{}.{}", printable(rule), printable(name));
            row(key, json(&set.value), plain(&set.value), &set.origin)
        }));
    }
    rows.push(Row {
        key: "mock_interfaces".into(),
        value: config.mock_interfaces.clone().into(),
        origin: if config.mock_interfaces.is_empty() {
            "default"
        } else {
            "file"
        },
        at: None,
        shown: std::iter::once("mock".to_owned())
            .chain(config.mock_interfaces.iter().map(|m| printable(m)))
            .collect::<Vec<_>>()
            .join(", "),
    });
    if !config.notification_channels.is_empty() {
        rows.push(Row {
            key: "notification_channels".into(),
            value: config.notification_channels.clone().into(),
            origin: "file",
            at: None,
            shown: config
                .notification_channels
                .iter()
                .map(|c| printable(c))
                .collect::<Vec<_>>()
                .join(", "),
        });
    }
    rows
}

/// The user's targets, and the profile's for the parts of the score that have none.
fn targets(config: &Config) -> Vec<Row> {
    let profile = choose_profile(config, false);
    let mut rows: Vec<Row> = part_targets(config, profile)
        .iter()
        .filter(|p| config.target(p.metric, p.statistic).is_none())
        .filter_map(|p| {
            let value = if p.is_shortfall {
                1.0 - p.target?
            } else {
                p.target?
            };
            Some(target(p.metric, p.statistic, value, &p.origin))
        })
        .collect();
    rows.extend(
        config
            .targets
            .iter()
            .map(|((metric, statistic), t)| target(*metric, *statistic, t.value, &t.origin)),
    );
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// What the gate judges: the user's settings, and the usual tolerances of what has none.
fn gate(config: &Config) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |(metric, statistic): (&str, TargetStatistic),
                    setting: &str,
                    value: serde_json::Value,
                    shown: String,
                    origin: &Origin| {
        let key = format!("gate.{}.{}.{setting}", printable(metric), statistic.name());
        rows.push(row(key, value, shown, origin));
    };
    let share = |value: f64| Ratio(value).to_string();
    for (metric, statistic) in gate::USUAL {
        let key = (metric.name().to_owned(), statistic);
        let setting = config.gate.get(&key);
        let is_set = setting.is_some_and(|s| {
            s.max_regression.is_some() || s.level.as_ref().is_some_and(|l| l.value == Level::Off)
        });
        if !is_set {
            let tolerance =
                gate::Judged::usual(metric.name(), metric.row().unit, statistic).tolerance;
            let subject = (metric.name(), statistic);
            let shown = share(tolerance);
            push(
                subject,
                "max_regression",
                tolerance.into(),
                shown,
                &Origin::Default,
            );
        }
    }
    for ((metric, statistic), setting) in &config.gate {
        let subject = (metric.as_str(), *statistic);
        if let Some(level) = &setting.level {
            let name = level.value.name();
            push(subject, "level", name.into(), name.into(), &level.origin);
        }
        if let Some(set) = &setting.max_regression {
            let shown = share(set.value);
            push(
                subject,
                "max_regression",
                set.value.into(),
                shown,
                &set.origin,
            );
        }
        for (limit, name) in [(&setting.min, "min"), (&setting.max, "max")] {
            if let Some(set) = limit {
                let shown = Metric::named(metric)
                    .map_or_else(|| set.value.to_string(), |m| in_unit(m, set.value));
                push(subject, name, set.value.into(), shown, &set.origin);
            }
        }
    }
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

fn target(metric: Metric, statistic: TargetStatistic, value: f64, origin: &Origin) -> Row {
    // 1 − 0.05 leaves a trace in the last bit that nobody set.
    let value = (value * 1e12).round() / 1e12;
    row(
        format!("targets.{}.{}", metric.name(), statistic.name()),
        value.into(),
        in_unit(metric, value),
        origin,
    )
}

fn or_default(key: &str, set: Option<(String, &Origin)>, default: &str) -> Row {
    match set {
        Some((value, origin)) => {
            let json = match value.as_str() {
                "true" => true.into(),
                "false" => false.into(),
                text => text.into(),
            };
            row(key.to_owned(), json, printable(&value), origin)
        }
        None => Row {
            key: key.to_owned(),
            value: Value::Null,
            origin: "default",
            at: None,
            shown: default.to_owned(),
        },
    }
}

fn word(sourced: Option<&Sourced<String>>) -> Option<(String, &Origin)> {
    sourced.map(|s| (s.value.clone(), &s.origin))
}

fn row(key: String, value: Value, shown: String, origin: &Origin) -> Row {
    let (origin, at) = match origin {
        Origin::Default => ("default", None),
        Origin::Profile(profile) => ("profile", Some(format!("profile {}", profile.name()))),
        Origin::File(place) => ("file", Some(printable(&place.to_string()))),
        Origin::Environment(name) => ("environment", Some(printable(name))),
        Origin::CommandLine(option) => ("command-line", Some(option.clone())),
    };
    Row {
        key,
        value,
        origin,
        at,
        shown,
    }
}

fn in_unit(metric: Metric, value: f64) -> String {
    match metric.row().unit {
        Unit::Seconds => Seconds(value).to_string(),
        Unit::Bytes => Bytes(value).to_string(),
        Unit::Ratio => Ratio(value).to_string(),
        _ => value.to_string(),
    }
}

fn knob_text(name: &str, value: &KnobValue) -> String {
    let kind = keys::named(name).map(|k| k.kind);
    match (value, kind) {
        (KnobValue::Number(n), Some(Type::Duration)) => Seconds(*n).to_string(),
        (KnobValue::Number(n), Some(Type::Bytes)) => Bytes(*n).to_string(),
        (KnobValue::Number(n), Some(Type::Ratio)) => Ratio(*n).to_string(),
        _ => plain(value),
    }
}

fn plain(value: &KnobValue) -> String {
    match value {
        KnobValue::Bool(b) => b.to_string(),
        KnobValue::Number(n) => n.to_string(),
        KnobValue::Word(w) => printable(w),
    }
}

fn json(value: &KnobValue) -> Value {
    match value {
        KnobValue::Bool(b) => (*b).into(),
        KnobValue::Number(n) => (*n).into(),
        KnobValue::Word(w) => w.as_str().into(),
    }
}

/// A word of a file without anything that could steer a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
