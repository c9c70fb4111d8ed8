//! `alerts check`: one look.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use super::super::input::{InputArgs, tell_of_gaps};
use super::super::progress::Progress;
use super::super::record::failure;
use super::super::{Context, Exit, Failure, OutputFormat};
use super::inputs::Inputs;
use super::locks::{looker, turn};
use super::{actions, unconfigured};
use crate::alerts::{self, Looked, Observed, Seen, Watch, Window};
use crate::analysis::Side;
use crate::assessment::{
    AlertKey, AlertPhase, AlertsReport, CheckLevel, GateVerdict, SCHEMA_VERSION,
};
use crate::config::keys::nearest;
use crate::config::{Alert, Config, Origin};
use crate::gate::{self, Judged, Policy};
use crate::notify::Message;
use crate::pipeline::{Material, Request};
use crate::report;
use crate::store;
use crate::store::history::{AlertChanges, History, ToSend};
use crate::units::{NANOS, Time};
use crate::workload::Filter;

/// Arguments of `alerts check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise alerts check reports/                       what fires now; nothing is sent or kept
  perfadvise alerts check --config alerts_config.yaml reports/ logs/
  */5 * * * * perfadvise alerts check --send --quiet     from cron: remembers, and tells

Exit codes: 0 nothing fires, 1 something fires, 2 bad usage or configuration, 3 no usable record.")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    pub(super) input: InputArgs,
    /// Remember the states, and send what is to be told
    #[arg(long)]
    pub(super) send: bool,
    /// Do actions that are automated, instead of proposing them (docs/alerts.md)
    #[arg(long, requires = "send")]
    pub(super) allow_actions: bool,
}

/// A look, and what it was of.
pub(super) struct Look {
    pub(super) report: AlertsReport,
    pub(super) looked: Looked,
    /// When each alert was told last before.
    told: BTreeMap<AlertKey, Time>,
    pub(super) config: Config,
    pub(super) records: u64,
    /// What was read, in cells of a minute.
    pub(super) material: Arc<Material>,
}

/// Looks once.
pub(in crate::cli) fn run(
    args: &Args,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let format = context.format("alerts check", OutputFormat::LIST)?.name();
    let now = context.now()?;
    let (config, zone) = args.input.settings(context)?;
    let look = if args.send {
        super::end_on_signal()?;
        let _looker = looker(context)?;
        settle_due(&config, now, context)?;
        let look = look_and_keep(&args.input, &mut Inputs::Once, config, now, context)?;
        let _turn = turn(context)?;
        actions::carry_out_allowed(&look, args.allow_actions, now, context)?;
        super::take_up(&look.config.channels, now, context)?;
        super::deliver(&look.config.channels, context)?;
        look
    } else {
        unsent(look(&args.input, &mut Inputs::Once, config, now, context)?)
    };
    tell_of_gaps(&look.material.provenance, context);
    // Whoever looks by the clock and tells others wants to hear of nothing himself.
    if !(args.send && context.globals.quiet) {
        let style = context.style(&command(&args.input), zone, false);
        let text = report::alerts::render(&look.report, format, &style);
        out.write_all(text.as_bytes())?;
    }
    Ok(match (look.report.firing, look.records) {
        (0, 0) => Exit::NotEnough,
        (0, _) => Exit::Done,
        _ => Exit::Found,
    })
}

/// Takes back in its turn what is to be taken back by now.
pub(super) fn settle_due(config: &Config, now: Time, context: &Context) -> Result<(), Failure> {
    let _turn = turn(context)?;
    actions::settle_due(config, now, context)
}

/// A look of which nothing is told: what was told last was told before.
pub(super) fn unsent(mut look: Look) -> Look {
    for row in &mut look.report.alerts {
        let before = look.told.get(&row.key).copied();
        if row.last_sent != before {
            (row.last_sent, row.next_not_before) = (before, None);
        }
    }
    look
}

fn command(input: &InputArgs) -> String {
    std::iter::once("alerts check".to_owned())
        .chain(input.paths.iter().map(|p| report::shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Looks, and keeps what was found: states, firings, and what is to be told.
pub(super) fn look_and_keep(
    input: &InputArgs,
    inputs: &mut Inputs,
    config: Config,
    now: Time,
    context: &Context,
) -> Result<Look, Failure> {
    let mut look = look(input, inputs, config, now, context)?;
    let mut history = super::super::record::create(context)?;
    let changes = AlertChanges {
        states: std::mem::take(&mut look.looked.states),
        firings: look
            .looked
            .firings
            .iter()
            .map(|f| (f.episode, &f.firing))
            .collect(),
        messages: messages(&look),
        actions: actions::proposed(&look, &look.material.workload, now),
        now,
    };
    history
        .note_alerts(&changes)
        .map_err(|error| failure(&error))?;
    look.report.is_sent = true;
    Ok(look)
}

/// What the channels are to get of the notices.
fn messages(look: &Look) -> Vec<ToSend> {
    let config = &look.config;
    let named = |name: &str| {
        let alert = config.alerts.iter().find(|a| a.name == name);
        alert.map_or(&[][..], |a| a.channels.as_slice())
    };
    look.looked
        .notices
        .iter()
        .flat_map(|notice| {
            let message = Message::of(notice);
            super::addressed(&message, &config.channels, named(&notice.key.alert))
        })
        .collect()
}

/// Looks at everything since the last look that was kept.
pub(super) fn look(
    input: &InputArgs,
    inputs: &mut Inputs,
    config: Config,
    now: Time,
    context: &Context,
) -> Result<Look, Failure> {
    look_if_any(input, inputs, config, now, context)?.ok_or_else(unconfigured)
}

/// The same; `None` where no alert is configured.
pub(super) fn look_if_any(
    input: &InputArgs,
    inputs: &mut Inputs,
    config: Config,
    now: Time,
    context: &Context,
) -> Result<Option<Look>, Failure> {
    if input.record {
        return Err(Failure::new(
            "alerts look at what came since the last look, which is no whole session",
        )
        .help("perfadvise record PATH records what is there"));
    }
    let zone = context.zone_of(&config)?;
    let history = History::open(&context.place()).map_err(|error| failure(&error))?;
    let (states, silences) = match &history {
        Some(history) => (
            history.alert_states().map_err(|e| failure(&e))?,
            history
                .silences(Time(now.0.saturating_sub(alerts::LATE)))
                .map_err(|e| failure(&e))?,
        ),
        None => Default::default(),
    };
    let request = input.request(context, &config, &zone)?;
    let request = Request {
        from: request
            .from
            .or_else(|| alerts::needed(&config.alerts, &states, now)),
        past: None,
        ..request
    };
    let progress = Progress::new(&context.globals);
    let result = inputs.fine(&request, config, input.moves(), &|done, total| {
        progress.show(done, total);
    });
    progress.finish();
    let material = result.map_err(|error| context.input_failure(&error))?;
    super::super::config::warn(&material.warnings, &context.globals);
    let config = material.config.clone();
    if config.alerts.is_empty() {
        return Ok(None);
    }
    for alert in &config.alerts {
        if let Some(name) = alert
            .action
            .as_deref()
            .filter(|n| config.action(n).is_none())
        {
            let names = config.action_names();
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            context.warn(&format!(
                "the alert \"{}\" asks for an action that there is not{near}",
                alert.name
            ));
        }
    }
    let mut observed = alerts::observe(&config.alerts, &material.workload);
    let mut notes = BTreeMap::new();
    for (index, alert) in config.alerts.iter().enumerate() {
        if alert.baseline.is_some() {
            let (seen, note) = against_baseline(alert, inputs, &request, &config, now, context)?;
            notes.insert(alert.name.clone(), note);
            observed.push(Observed {
                alert: index,
                labels: BTreeMap::new(),
                window: Window::Judged(seen),
            });
        }
    }
    let watch = Watch {
        now,
        silences: &silences,
    };
    let mut looked = alerts::look(&config.alerts, &observed, &states, watch);
    for row in &mut looked.rows {
        row.note = notes.get(&row.key.alert).cloned();
    }
    let report = AlertsReport {
        schema_version: SCHEMA_VERSION,
        at: now,
        data_until: material.workload.period.map(|(_, to)| to.min(now)),
        files: files(&config.alerts),
        firing: 0,
        pending: 0,
        quiet: 0,
        without_data: 0,
        alerts: looked.rows.clone(),
        is_sent: false,
    };
    Ok(Some(Look {
        report: counted(report),
        looked,
        told: states
            .into_iter()
            .filter_map(|(key, state)| Some((key, state.last_sent?)))
            .collect(),
        config,
        records: material.provenance.records,
        material,
    }))
}

fn counted(mut report: AlertsReport) -> AlertsReport {
    for row in &report.alerts {
        let is_held = row.silenced_until.is_some() || row.inhibited_by.is_some();
        match row.state {
            AlertPhase::Firing if is_held => {}
            AlertPhase::Firing => report.firing += 1,
            AlertPhase::Pending => report.pending += 1,
            AlertPhase::Quiet => report.quiet += 1,
        }
        report.without_data += u64::from(row.value.is_none());
    }
    report
}

/// The files in which alerts stand.
fn files(alerts: &[Alert]) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for alert in alerts {
        if let Origin::File(place) = &alert.origin
            && !files.contains(&place.file)
        {
            files.push(place.file.clone());
        }
    }
    files
}

/// The newest records of an alert's window against a baseline, as `gate` judges: fires on a regression, ends on a
/// pass, and stays as it is where nothing is proven.
fn against_baseline(
    alert: &Alert,
    inputs: &mut Inputs,
    request: &Request,
    config: &Config,
    now: Time,
    context: &Context,
) -> Result<(Seen, String), Failure> {
    let (Some(worse), Some(metric)) = (&alert.baseline, alert.metric_name()) else {
        let nothing = Seen {
            value: None,
            passed: None,
            is_near: false,
            data_at: None,
        };
        return Ok((nothing, "it names no known metric".to_owned()));
    };
    let mut stored = store::load(&worse.name, &context.place())
        .map_err(|error| super::super::baseline::failure(&error))?;
    stored.workload.declared = Arc::new(config.declared.clone());
    let before = stored.workload.only(&alert.only);
    #[allow(clippy::cast_possible_truncation)] // saturates
    let from = now.0.saturating_sub((alert.window * 1e9) as i64);
    let request = Request {
        from: Some(Time(from)),
        to: Some(Time(now.0.saturating_add(NANOS))),
        only: alert.only.clone(),
        ..request.clone()
    };
    let material = inputs
        .coarse(&request, config.clone())
        .map_err(|error| context.input_failure(&error))?;
    let side = |label: &str, workload| Side {
        label: label.to_owned(),
        workload,
        filter: Filter::default(),
        files: 0,
        skipped: 0,
    };
    let usual = Judged::usual(metric, alert.unit(), alert.statistic);
    let policy = Policy {
        judged: vec![Judged {
            tolerance: worse.tolerance.unwrap_or(usual.tolerance),
            level: CheckLevel::Error,
            is_declared: true,
            ..usual
        }],
        ..Policy::default()
    };
    let judged = gate::judge(
        &side(&worse.name, &before),
        &side("now", &material.workload),
        &policy,
        config,
        Vec::new(),
    );
    let check = judged.checks.first().map(|c| &c.compared);
    let value = check.and_then(|c| c.candidate_value);
    let verdict = check.map_or(GateVerdict::Insufficient, |c| c.verdict);
    let seen = Seen {
        value: match verdict {
            GateVerdict::Regression | GateVerdict::Pass => value,
            GateVerdict::Inconclusive | GateVerdict::Insufficient => None,
        },
        passed: (verdict == GateVerdict::Regression).then_some(alert.severity),
        is_near: false,
        data_at: material.workload.period.map(|(_, to)| to.min(now)),
    };
    let unit = alert.unit();
    let text = |v: Option<f64>| v.map_or_else(|| "?".to_owned(), |v| report::amount_text(unit, v));
    let note = format!(
        "against {}: {} then, {} in the last {}: {}",
        worse.name,
        text(check.and_then(|c| c.base_value)),
        text(value),
        report::length_text(alert.window),
        verdict_name(verdict)
    );
    Ok((seen, note))
}

fn verdict_name(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "pass",
        GateVerdict::Regression => "regression",
        GateVerdict::Inconclusive => "inconclusive",
        GateVerdict::Insufficient => "insufficient",
    }
}
