//! The present value of a knob, and what it was before within the period.

use super::knobs::{KnobType, type_of};
use super::streams;
use crate::config::{Backoff, Config, KnobValue};
use crate::record::EventKind;
use crate::units::{Time, parse_bytes, parse_seconds};
use crate::workload::Workload;

/// The values of a knob over time: each holds from its time on; the first from the beginning. `None`:
/// the knob is not set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// Times with values, in order.
    pub values: Vec<(Time, Option<KnobValue>)>,
}

impl Timeline {
    /// One value throughout.
    #[must_use]
    pub fn always(value: Option<KnobValue>) -> Self {
        Self {
            values: vec![(Time(i64::MIN), value)],
        }
    }

    /// The value at the end of the period.
    #[must_use]
    pub fn last(&self) -> Option<&KnobValue> {
        self.values.last().and_then(|(_, v)| v.as_ref())
    }

    /// Whether it changed within the period.
    #[must_use]
    pub fn is_piecewise(&self) -> bool {
        self.values.len() > 1
    }
}

/// What a knob was set to, by the events that tell of its changes, else by the configuration. `None`:
/// neither tells.
///
/// # Errors
/// A change whose value cannot be read as the knob's type.
pub fn timeline(
    workload: &Workload,
    config: &Config,
    knob: &str,
) -> Result<Option<Timeline>, String> {
    let mut changes = workload
        .events
        .iter()
        .filter(|e| e.kind == EventKind::ConfigChange && workload.catalog.text(e.subject) == knob)
        .peekable();
    let Some(first) = changes.peek() else {
        let value = config.knob(knob).cloned();
        return Ok(value.map(|v| Timeline::always(Some(v))));
    };
    let read = |text: &str| {
        parse(knob, text).map_err(|_| format!("a change of {knob} has a value that is none for it"))
    };
    let mut timeline = Timeline::always(read(workload.catalog.text(first.from))?);
    for event in changes {
        let value = read(workload.catalog.text(event.to))?;
        if timeline.last() != value.as_ref() {
            timeline.values.push((event.time, value));
        }
    }
    Ok(Some(timeline))
}

/// The last value of a knob: as it was set, else as the records tell it.
#[must_use]
pub fn value(workload: &Workload, config: &Config, knob: &str) -> Option<KnobValue> {
    let set = timeline(workload, config, knob).ok().flatten();
    set.and_then(|t| t.last().cloned()).or_else(|| {
        let agent = knob.strip_prefix(streams::LIFETIME_FOR);
        (knob == streams::LIFETIME || agent.is_some())
            .then(|| streams::present_lifetime(workload, agent))
            .flatten()
            .map(KnobValue::Number)
    })
}

/// A value that is none of a knob's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value is none of the knob's type")]
pub struct WrongType;

/// A value as an event or a command line writes it; `None` for one that is not set.
///
/// # Errors
/// It is none of the knob's type.
pub fn parse(knob: &str, text: &str) -> Result<Option<KnobValue>, WrongType> {
    let text = text.trim();
    if type_of(knob) == Some(KnobType::Backoff) {
        // Here `none` is a value.
        let backoff =
            (!text.is_empty() && text != "null").then(|| Backoff::parse(text).ok_or(WrongType));
        return Ok(backoff.transpose()?.map(|b| KnobValue::Word(b.to_string())));
    }
    if text.is_empty() || matches!(text, "null" | "none" | "None") {
        return Ok(None);
    }
    let number = |n: Result<f64, WrongType>| n.map(KnobValue::Number);
    let value = match type_of(knob).ok_or(WrongType)? {
        KnobType::Bool => match text {
            "true" | "True" | "yes" | "on" => Ok(KnobValue::Bool(true)),
            "false" | "False" | "no" | "off" => Ok(KnobValue::Bool(false)),
            _ => Err(WrongType),
        },
        KnobType::Count => number(text.parse::<f64>().map_err(|_| WrongType)),
        KnobType::Ratio => number(match text.strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse::<f64>()
                .map(|p| p / 100.0)
                .map_err(|_| WrongType),
            None => text.parse().map_err(|_| WrongType),
        }),
        KnobType::Duration => number(
            text.parse::<f64>()
                .map_err(|_| WrongType)
                .or_else(|_| parse_seconds(text).map_err(|_| WrongType)),
        ),
        KnobType::Bytes => number(
            text.parse::<f64>()
                .map_err(|_| WrongType)
                .or_else(|_| parse_bytes(text).map_err(|_| WrongType)),
        ),
        KnobType::Word | KnobType::Backoff => Ok(KnobValue::Word(text.to_owned())),
    }?;
    let is_of_type = type_of(knob).is_some_and(|kind| super::knobs::fits(kind, &value));
    is_of_type.then_some(Some(value)).ok_or(WrongType)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_as_they_are_typed() {
        let number = |n: f64| Ok(Some(KnobValue::Number(n)));
        assert_eq!(parse("context.cache_size", "120"), number(120.0));
        assert_eq!(parse("context.cache_ttl", "1h"), number(3600.0));
        assert_eq!(parse("context.cache_ttl", "90"), number(90.0));
        assert_eq!(parse("context.cache_ttl", "none"), Ok(None));
        assert_eq!(parse("resources.cpu_limit", "80%"), number(0.8));
        assert_eq!(
            parse("context.preload_common_contexts", "true"),
            Ok(Some(KnobValue::Bool(true)))
        );
        let word = |w: &str| Ok(Some(KnobValue::Word(w.into())));
        assert_eq!(parse("retry.backoff", "none"), word("none"));
        assert_eq!(parse("retry.backoff", "2"), word("exponential:2s"));
        assert_eq!(parse("retry.backoff", ""), Ok(None));
        for (knob, text) in [
            ("context.cache_size", "many"),
            ("context.cache_size", "1.5"),
            ("context.cache_size", "-1"),
            ("context.preload_common_contexts", "2"),
            ("context.cash_size", "1"),
            ("retry.backoff", "sometimes"),
        ] {
            assert_eq!(parse(knob, text), Err(WrongType), "{knob} {text}");
        }
    }
}
