//! Taking back what was done, in its time or when somebody asks for it.

use std::path::Path;

use super::{later, tell};
use crate::assessment::{ActionRun, ActionState};
use crate::cli::apply::{self, Standing};
use crate::cli::record::{create, failure};
use crate::cli::{Context, Failure};
use crate::config::{Config, Does, KnobValue, edit};
use crate::notify::{self, Outcome};
use crate::store::history::{FileChange, History};
use crate::store::rewrite;
use crate::units::Time;

/// What is to be taken back by now, and what a program that ended left half done. Only to be called by whoever has
/// the turn.
pub(in crate::cli::alerts) fn settle_due(
    config: &Config,
    now: Time,
    context: &Context,
) -> Result<(), Failure> {
    let mut history = create(context)?;
    for mut run in history.actions().map_err(|e| failure(&e))? {
        if run.state == ActionState::Running {
            run = recovered(run, &mut history, now, context)?;
        }
        let after = config.action(&run.action).and_then(|a| a.rollback_after);
        // A clock that was put back keeps nothing longer than it was to be.
        let latest = after.map(|after| later(now, after));
        let due = run.rollback_at.min(latest.or(run.rollback_at));
        if run.state != ActionState::Applied {
            continue;
        }
        if due != run.rollback_at {
            run.rollback_at = due;
            run = history.note_action(run).map_err(|e| failure(&e))?;
        }
        if due.is_some_and(|due| due <= now) {
            let done = roll_back(run, config, &mut history, now, context)?;
            context.say(&format!(
                "action {} {}: {}",
                done.id,
                done.action,
                done.state.name()
            ));
            if let Some(action) = config.action(&done.action) {
                tell(&done, &action, config, &mut history, now)?;
            }
        }
    }
    Ok(())
}

/// An action in which a program ended: a change that was made stands, and is taken back in its time.
fn recovered(
    mut run: ActionRun,
    history: &mut History,
    now: Time,
    context: &Context,
) -> Result<ActionRun, Failure> {
    let change = change_of(&run, history)?;
    run.settled_at = Some(now);
    match change {
        Some(change) => match standing_of(&change) {
            Some(Standing::AsWritten { .. } | Standing::Changed(_)) => {
                run.state = ActionState::Applied;
                run.result = format!("set {}", change.knob);
            }
            _ => {
                if change.undone_at.is_none() {
                    apply::take_back(history, change, context)?;
                }
                run.state = ActionState::Failed;
                run.result = "the program ended before the change was made".to_owned();
            }
        },
        None => {
            run.state = ActionState::Failed;
            run.result = "the program ended while it was done; look at what it did".to_owned();
        }
    }
    history.note_action(run).map_err(|e| failure(&e))
}

/// The change of a file that an action made.
fn change_of(run: &ActionRun, history: &History) -> Result<Option<FileChange>, Failure> {
    match run.change {
        Some(id) => history.file_change(id).map_err(|e| failure(&e)),
        None => Ok(None),
    }
}

fn standing_of(change: &FileChange) -> Option<Standing> {
    apply::standing(change).ok()
}

/// Takes an action back. What somebody changed since stays.
pub(super) fn roll_back(
    mut run: ActionRun,
    config: &Config,
    history: &mut History,
    now: Time,
    context: &Context,
) -> Result<ActionRun, Failure> {
    let change = change_of(&run, history)?;
    let does = config.action(&run.action).map(|a| (a.does, a.timeout));
    match (change, does) {
        (Some(change), _) if change.undone_at.is_some() => {
            (run.state, run.result) = (ActionState::RolledBack, "undone before".to_owned());
        }
        (Some(change), _) => match apply::standing(&change) {
            Err(error) => (run.state, run.result) = (ActionState::Overridden, error.text()),
            Ok(Standing::AsBefore) => {
                apply::take_back(history, change, context)?;
                (run.state, run.result) =
                    (ActionState::RolledBack, "was as before already".to_owned());
            }
            Ok(Standing::AsWritten { before, .. }) => {
                apply::put_back(&change, &before)?;
                run.result = format!("took back {}", change.knob);
                run.state = ActionState::RolledBack;
                apply::take_back(history, change, context)?;
            }
            Ok(Standing::Changed(lines)) => {
                let path = Path::new(&change.file);
                if set_back(&run, path)? {
                    run.result = format!(
                        "set {} back; other lines of the file had changed and stay",
                        change.knob
                    );
                    run.state = ActionState::RolledBack;
                } else {
                    let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
                    run.result = format!(
                        "{} was changed by hand since (line {}), and stays",
                        change.file,
                        lines.join(", ")
                    );
                    run.state = ActionState::Overridden;
                }
                apply::take_back(history, change, context)?;
            }
        },
        (
            None,
            Some((
                Does::Run {
                    rollback: Some(rollback),
                    ..
                },
                timeout,
            )),
        ) => {
            run.state = ActionState::Running;
            run = history.note_action(run).map_err(|e| failure(&e))?;
            let input = serde_json::to_string(&run.notice).unwrap_or_default();
            (run.state, run.result) = match notify::run_program(&rollback, timeout, &input) {
                Outcome::Delivered => {
                    (ActionState::RolledBack, "the program ended well".to_owned())
                }
                Outcome::Failed { reason, .. }
                | Outcome::Refused(reason)
                | Outcome::Doubtful(reason) => {
                    (ActionState::Failed, format!("taking it back: {reason}"))
                }
            };
        }
        (None, _) => {
            run.state = ActionState::Done;
            run.result = "there is nothing to take back".to_owned();
        }
    }
    run.settled_at = Some(now);
    history.note_action(run).map_err(|e| failure(&e))
}

/// Sets the knob alone back in a file in which other lines were changed. False where the knob itself was changed since,
/// or was not set before.
fn set_back(run: &ActionRun, path: &Path) -> Result<bool, Failure> {
    let (Some(knob), Some(from), Some(to)) = (&run.knob, &run.from, &run.to) else {
        return Ok(false);
    };
    let Ok((config, _)) = crate::config::check(path) else {
        return Ok(false);
    };
    let is_ours = config
        .knob(knob)
        .is_some_and(|value| value.to_string() == *to);
    let Ok(text) = std::fs::read_to_string(path) else {
        return Ok(false);
    };
    let edited = edit::set(&text, knob, &KnobValue::of_text(from));
    match edited {
        Ok(edited) if is_ours => {
            rewrite(path, &edited.text)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
