//! `alerts actions`: what alerts asked for, done or not, and taken back in time.
//!
//! An action is *proposed* with the notice, in the same transaction. It is done only where it is `automated`, asks for
//! nobody's word, and `--allow-actions` is given; or by `alerts actions confirm`. What it does is noted before it is done,
//! and a change of a configuration goes the way of `apply` and `undo`.

mod proposed;
mod taken_back;

use std::io::Write;

pub(super) use proposed::proposed;
pub(super) use taken_back::settle_due;

use super::super::apply;
use super::super::record::{create, failure};
use super::super::{Context, Exit, Failure, output};
use super::check::Look;
use super::locks::turn;
use crate::assessment::{ActionRun, ActionState};
use crate::config::{Action, Config, Does, KnobValue};
use crate::notify::{self, Message, Outcome};
use crate::record::hash128;
use crate::report::visible;
use crate::store::history::History;
use crate::units::{NANOS, Time};

/// A proposal waits for so long.
const LONGEST: i64 = 24 * 3_600 * NANOS;

/// Nanoseconds of an hour, for the limit of its rate.
const HOUR: i64 = 3_600 * NANOS;

/// What to do with actions.
#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Verb {
    /// What was proposed, done and taken back
    List,
    /// Do what was proposed
    Confirm {
        /// Its number
        id: u64,
    },
    /// Take back what was done
    Rollback {
        /// Its number
        id: u64,
    },
}

/// Runs the verb.
pub(in crate::cli) fn run(
    verb: &Verb,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let now = context.now()?;
    match verb {
        Verb::List => list(context, out),
        Verb::Confirm { id } => {
            super::end_on_signal()?;
            let _turn = turn(context)?;
            let config = context.load_config()?.config;
            let mut history = create(context)?;
            let run = find(&history, *id)?;
            if run.state != ActionState::Proposed {
                return Err(Failure::new(format!("action {id} is {}", run.state.name()))
                    .help("perfadvise alerts actions list names those that wait"));
            }
            if now.0.saturating_sub(run.proposed_at.0) > LONGEST {
                return Err(
                    Failure::new(format!("action {id} was proposed more than a day ago"))
                        .help("if its alert still fires, it is proposed again"),
                );
            }
            let action = known(&config, &run.action)?;
            let done = carry_out(run, &action, &config, &mut history, now, context)?;
            tell(&done, &action, &config, &mut history, now)?;
            super::deliver(&config.channels, context)?;
            show(&done, out)?;
            match done.state {
                ActionState::Failed => Ok(Exit::Fault),
                _ => Ok(Exit::Done),
            }
        }
        Verb::Rollback { id } => {
            super::end_on_signal()?;
            let _turn = turn(context)?;
            let config = context.load_config()?.config;
            let mut history = create(context)?;
            let run = find(&history, *id)?;
            if run.state != ActionState::Applied {
                return Err(Failure::new(format!("action {id} is {}", run.state.name()))
                    .help("only what is applied can be taken back"));
            }
            let done = taken_back::roll_back(run, &config, &mut history, now, context)?;
            show(&done, out)?;
            match done.state {
                ActionState::RolledBack => Ok(Exit::Done),
                _ => Ok(Exit::Fault),
            }
        }
    }
}

fn find(history: &History, id: u64) -> Result<ActionRun, Failure> {
    let all = history.actions().map_err(|e| failure(&e))?;
    all.into_iter().find(|r| r.id == id).ok_or_else(|| {
        Failure::new(format!("there is no action {id}"))
            .help("perfadvise alerts actions list names them")
    })
}

fn known(config: &Config, name: &str) -> Result<Action, Failure> {
    config.action(name).ok_or_else(|| {
        Failure::new(format!("the action \"{name}\" is not configured"))
            .help("add it to alert_actions (docs/alerts.md)")
    })
}

fn list(context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let runs = create(context)?.actions().map_err(|e| failure(&e))?;
    output::list(context, out, &runs, |out| {
        for run in &runs {
            show(run, out)?;
        }
        if runs.is_empty() {
            writeln!(out, "No alert asked for an action.")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

fn show(run: &ActionRun, out: &mut dyn Write) -> std::io::Result<()> {
    let name = visible(&run.action, true);
    let alert = visible(&run.notice.key.title(), true);
    writeln!(
        out,
        "{:>3}  {:<11} {name}, by {alert}",
        run.id,
        run.state.name()
    )?;
    for line in run.result.lines() {
        writeln!(out, "     {}", visible(line, true))?;
    }
    if run.state == ActionState::Applied
        && let Some(at) = run.rollback_at
    {
        writeln!(out, "     is taken back at {at}")?;
    }
    Ok(())
}

/// Does what the notices of a look asked for, as far as that is allowed.
pub(super) fn carry_out_allowed(
    look: &Look,
    is_allowed: bool,
    now: Time,
    context: &Context,
) -> Result<(), Failure> {
    let mut history = create(context)?;
    let all = history.actions().map_err(|e| failure(&e))?;
    for run in &all {
        let is_of_this_look = look.looked.notices.iter().any(|n| n.id == run.notice.id);
        if run.state != ActionState::Proposed || !is_of_this_look {
            continue;
        }
        let Some(action) = look.config.action(&run.action) else {
            continue;
        };
        let run = match hindrance(&action, &history, is_allowed, now)? {
            None => carry_out(
                run.clone(),
                &action,
                &look.config,
                &mut history,
                now,
                context,
            )?,
            Some(why) => {
                let mut run = run.clone();
                run.result = format!("{}\n{why}", run.result);
                history.note_action(run).map_err(|e| failure(&e))?
            }
        };
        tell(&run, &action, &look.config, &mut history, now)?;
        context.say(&format!(
            "action {} {}: {}",
            run.id,
            run.action,
            match run.state {
                ActionState::Proposed =>
                    format!("proposed (perfadvise alerts actions confirm {})", run.id),
                state => state.name().to_owned(),
            }
        ));
    }
    Ok(())
}

/// Why an action is not done without anybody's word.
fn hindrance(
    action: &Action,
    history: &History,
    is_allowed: bool,
    now: Time,
) -> Result<Option<String>, Failure> {
    let all = history.actions().map_err(|e| failure(&e))?;
    let own = || all.iter().filter(|r| r.action == action.name);
    let within = |at: Option<Time>, span: i64| {
        at.is_some_and(|at| now.0.saturating_sub(at.0.min(now.0)) < span)
    };
    let recent = own().filter(|r| within(r.ran_at, HOUR)).count() as u64;
    let is_overridden =
        own().any(|r| r.state == ActionState::Overridden && within(r.settled_at, LONGEST));
    Ok(if !action.is_automated || action.needs_confirmation {
        Some("waits for your confirmation".to_owned())
    } else if !is_allowed {
        Some("not run: --allow-actions is not given".to_owned())
    } else if is_overridden {
        Some(
            "not run: what it changed last was changed by hand since, and that stays for a day"
                .to_owned(),
        )
    } else if recent >= action.most_per_hour {
        Some(format!("not run: it ran {recent} times in the last hour"))
    } else {
        None
    })
}

/// Does an action, which is noted before and after.
fn carry_out(
    mut run: ActionRun,
    action: &Action,
    config: &Config,
    history: &mut History,
    now: Time,
    context: &Context,
) -> Result<ActionRun, Failure> {
    run.state = ActionState::Running;
    run.ran_at = Some(now);
    run.rollback_at = action.rollback_after.map(|after| later(now, after));
    let mut run = history.note_action(run).map_err(|e| failure(&e))?;
    match &action.does {
        Does::Set(knob, value) => set_knob(&mut run, knob, value, config, history, now, context)?,
        Does::Fallback => match config.knob("interfaces.fallback").cloned() {
            Some(fallback) => {
                let knob = "interfaces.primary";
                set_knob(&mut run, knob, &fallback, config, history, now, context)?;
            }
            None => {
                run.state = ActionState::Failed;
                run.result = "interfaces.fallback is not set".to_owned();
            }
        },
        Does::HealthCheck => run.state = ActionState::Done,
        Does::Run { command, rollback } => {
            let input = serde_json::to_string(&run.notice).unwrap_or_default();
            match notify::run_program(command, action.timeout, &input) {
                Outcome::Delivered => {
                    let stays = rollback.is_none();
                    run.state = if stays {
                        ActionState::Done
                    } else {
                        ActionState::Applied
                    };
                    run.result = "the program ended well".to_owned();
                }
                Outcome::Failed { reason, .. }
                | Outcome::Refused(reason)
                | Outcome::Doubtful(reason) => {
                    run.state = ActionState::Failed;
                    run.result = reason;
                }
            }
        }
    }
    run.settled_at = Some(now);
    history.note_action(run).map_err(|e| failure(&e))
}

/// Sets a knob as `apply` does. What cannot be done is the action's result and no failure of ours.
fn set_knob(
    run: &mut ActionRun,
    knob: &str,
    value: &KnobValue,
    config: &Config,
    history: &mut History,
    now: Time,
    context: &Context,
) -> Result<(), Failure> {
    let before = config.knob(knob);
    if before == Some(value) {
        run.state = ActionState::Done;
        run.result = format!("{knob} is {value} already");
        return Ok(());
    }
    let planned =
        apply::file(None, knob, config, config).and_then(|path| apply::plan(path, knob, value));
    let planned = match planned {
        Ok(planned) => planned,
        Err(error) => {
            run.state = ActionState::Failed;
            run.result = error.text();
            return Ok(());
        }
    };
    let rule = format!("action {}", run.action);
    let noted = history
        .note(apply::about(&planned, &rule, now))
        .map_err(|error| failure(&error))?;
    run.change = Some(noted.id);
    run.knob = Some(knob.to_owned());
    run.from = before.map(ToString::to_string);
    run.to = Some(value.to_string());
    *run = history.note_action(run.clone()).map_err(|e| failure(&e))?;
    match apply::carry_out(&planned, &noted, history, context) {
        Ok(()) => {
            run.state = ActionState::Applied;
            let before = before.map_or_else(String::new, |b| format!(", was {b}"));
            run.result = format!("set {knob} to {value} in {}{before}", planned.shown());
        }
        Err(error) => {
            run.state = ActionState::Failed;
            run.result = error.text();
        }
    }
    Ok(())
}

/// Tells the channels of an action, where it says so.
fn tell(
    run: &ActionRun,
    action: &Action,
    config: &Config,
    history: &mut History,
    now: Time,
) -> Result<(), Failure> {
    if !action.is_told {
        return Ok(());
    }
    let what = format!("action {} {}", run.id, run.state.name());
    let message = Message {
        id: format!(
            "{:032x}",
            hash128(format!("{what} {}", run.notice.id).as_bytes())
        ),
        kind: "action".to_owned(),
        severity: Some(run.notice.severity),
        title: format!("[action] {}: {}", run.action, run.state.name()),
        text: format!("{}\nAsked for by {}.", run.result, run.notice.key.title()),
        notice: Some(run.notice.clone()),
    };
    let queue = super::addressed(&message, &config.channels, &[]);
    history.enqueue(&queue, now).map_err(|e| failure(&e))?;
    Ok(())
}

fn later(now: Time, seconds: f64) -> Time {
    #[allow(clippy::cast_possible_truncation)] // saturates
    let nanos = (seconds * 1e9) as i64;
    Time(now.0.saturating_add(nanos))
}
