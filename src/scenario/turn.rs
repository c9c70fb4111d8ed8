//! A knob, turned: which mechanism gives the figures, or why none does.

use super::ahead;
use super::context;
use super::knobs::{self, KnobType};
use super::measured::Swap;
use super::outcome::Change;
use super::present;
use super::replay::{self, Bench, Settings, Withheld};
use super::strategy;
use super::streams;
use crate::config::KnobValue;
use crate::record::{Dimension, Name};

/// The change that a knob at a value is.
///
/// # Errors
/// Why there is no projection on this workload.
pub fn turn(bench: &Bench<'_>, knob: &str, value: &KnobValue) -> Result<Change, Withheld> {
    if let Some(change) = to_model(bench, knob, value) {
        return Ok(change);
    }
    if let (context::BACKGROUND, KnobValue::Bool(is_on)) = (knob, value) {
        return in_background(bench, *is_on);
    }
    if is_so_already(bench, knob, value) {
        return Ok(Change::default());
    }
    if replay::mechanism(knob).is_some() {
        return Change::replay(bench, Settings::from([(knob.to_owned(), value.clone())]));
    }
    let swap = match (knob, value) {
        (strategy::STRATEGY, KnobValue::Word(wanted)) => {
            return strategy::to_strategy(bench, wanted);
        }
        ("context.mode", KnobValue::Word(mode)) => to_mode(bench, mode, None)?,
        (knob, KnobValue::Word(mode)) if knob.starts_with("context.mode_for.") => {
            let purpose = knob.trim_start_matches("context.mode_for.");
            to_mode(bench, mode, Some(purpose))?
        }
        (
            "interfaces.primary" | "interfaces.fallback" | "interfaces.testing",
            KnobValue::Word(to),
        ) => to_interface(bench, knob, to)?,
        _ => return Err(Withheld::because(no_mechanism(knob))),
    };
    let Some(swap) = swap else {
        // As it is already.
        return Ok(Change::default());
    };
    Change::measured(bench.workload, swap).ok_or_else(|| {
        Withheld::because(
            "no like work was observed in both variants, so nothing says what it would take",
        )
    })
}

/// Whether the records are those of the value asked for: what was read again nevertheless, no setting answers.
fn is_so_already(bench: &Bench<'_>, knob: &str, value: &KnobValue) -> bool {
    if knob != streams::REUSE {
        return false;
    }
    let is_on = present::value(bench.workload, bench.config, knob) == Some(KnobValue::Bool(true));
    *value == KnobValue::Bool(is_on)
}

/// Contexts that are known beforehand are prepared before their step comes, at most.
fn in_background(bench: &Bench<'_>, is_on: bool) -> Result<Change, Withheld> {
    let knob = context::BACKGROUND;
    let timeline = present::timeline(bench.workload, bench.config, knob);
    let present = timeline.map_err(Withheld::because)?;
    let was_on = match present.as_ref().and_then(|t| t.last()) {
        Some(KnobValue::Bool(was_on)) => *was_on,
        _ => false,
    };
    match (was_on, is_on) {
        (true, true) | (false, false) => Ok(Change::default()),
        (true, false) => Err(Withheld::because(
            "how long steps would wait for what is prepared in the background now is not recorded",
        )),
        (false, true) => {
            let known = ahead::known(bench.workload);
            if known.iter().all(|k| k.spared() == 0) {
                return Err(Withheld::because(
                    "no step waited for a context that was known beforehand",
                ));
            }
            let settings = Settings::from([(knob.to_owned(), KnobValue::Bool(true))]);
            Change::replay(bench, settings)
        }
    }
}

/// Steps of other modes become steps of this one; `None`: all are.
fn to_mode(bench: &Bench<'_>, mode: &str, purpose: Option<&str>) -> Result<Option<Swap>, Withheld> {
    let mode = mode.to_ascii_uppercase();
    let to = value(bench, &mode)
        .filter(|to| seen(bench, Dimension::Mode, &[]).contains(to))
        .ok_or_else(|| Withheld::because(format!("no step ran in the mode {mode}")))?;
    let within = match purpose {
        None => Vec::new(),
        Some(purpose) => {
            let name = value(bench, purpose)
                .filter(|n| seen(bench, Dimension::Purpose, &[]).contains(n))
                .ok_or_else(|| Withheld::because(format!("no step has the purpose {purpose}")))?;
            vec![(Dimension::Purpose, name)]
        }
    };
    let from = seen(bench, Dimension::Mode, &within)
        .into_iter()
        .find(|name| *name != to);
    Ok(from.map(|from| Swap {
        dimension: Dimension::Mode,
        from,
        to,
        within,
    }))
}

/// Steps of a purpose, of the model that is most used for it, become steps of another one that did like
/// work. `None`: it did not; then only prices can be compared.
fn to_model(bench: &Bench<'_>, knob: &str, to: &KnobValue) -> Option<Change> {
    let (Some(purpose), KnobValue::Word(model)) = (knob.strip_prefix("model_for."), to) else {
        return None;
    };
    let purpose =
        value(bench, purpose).filter(|n| seen(bench, Dimension::Purpose, &[]).contains(n))?;
    let within = vec![(Dimension::Purpose, purpose)];
    let observed = seen(bench, Dimension::Model, &within);
    let to = value(bench, model).filter(|n| observed.contains(n))?;
    let from = *observed.first()?;
    if from == to {
        return Some(Change::default());
    }
    Change::measured(
        bench.workload,
        Swap {
            dimension: Dimension::Model,
            from,
            to,
            within,
        },
    )
}

/// Steps of the interface that the knob names now become steps of another one.
fn to_interface(bench: &Bench<'_>, knob: &str, to: &str) -> Result<Option<Swap>, Withheld> {
    let seen = seen(bench, Dimension::Interface, &[]);
    let observed = |text: &str| value(bench, text).filter(|n| seen.contains(n));
    let to_name = observed(to).ok_or_else(|| Withheld::because(format!("no step ran on {to}")))?;
    let timeline = present::timeline(bench.workload, bench.config, knob);
    let present = timeline.map_err(Withheld::because)?;
    let from = match present.as_ref().and_then(|t| t.last()) {
        Some(KnobValue::Word(word)) => {
            observed(word).ok_or_else(|| Withheld::because(format!("no step ran on {word}")))?
        }
        // The primary interface is the one that is used most.
        _ if knob == "interfaces.primary" => *seen
            .first()
            .ok_or_else(|| Withheld::because("no step tells its interface"))?,
        _ => {
            return Err(Withheld::because(format!(
                "the present value of {knob} is not known: declare it in performance_config.yaml"
            )));
        }
    };
    Ok((from != to_name).then_some(Swap {
        dimension: Dimension::Interface,
        from,
        to: to_name,
        within: Vec::new(),
    }))
}

fn value(bench: &Bench<'_>, text: &str) -> Option<Name> {
    bench.workload.catalog.names.find(text).map(Name)
}

/// Values of a dimension that steps within others have, the most used first.
fn seen(bench: &Bench<'_>, dimension: Dimension, within: &[(Dimension, Name)]) -> Vec<Name> {
    let catalog = &bench.workload.catalog;
    bench
        .workload
        .values_of(dimension)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| {
            within.is_empty()
                || bench.workload.rows.iter().any(|row| {
                    let set = catalog.dims.get(row.key.dims.0);
                    row.key.is_step
                        && set.contains(&(dimension, *name))
                        && within.iter().all(|w| set.contains(w))
                })
        })
        .collect()
}

fn no_mechanism(knob: &str) -> &'static str {
    match knob {
        "resources.max_memory_usage" | "resources.cpu_limit" => {
            "it is a limit: what happens beyond it was not observed"
        }
        _ => match knobs::type_of(knob) {
            Some(KnobType::Word) => "nothing of this kind was observed in both variants",
            _ => "no mechanism of this version turns it",
        },
    }
}
