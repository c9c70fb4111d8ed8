//! The knobs: names that scenarios, rules and `config_change` events share, with their types.

use crate::config::{Backoff, KnobValue};
use crate::record::{Dimension, OperationKind};

/// What kind of value a knob takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnobType {
    /// Yes or no.
    Bool,
    /// A number of things.
    Count,
    /// Seconds.
    Duration,
    /// Bytes.
    Bytes,
    /// A ratio from 0 to 1.
    Ratio,
    /// Waits before retries, as [`Backoff`] writes them.
    Backoff,
    /// A word: a mode, a strategy, an interface, a model.
    Word,
}

/// Knobs by name; one that ends in `.` is a family whose last part is free (a purpose, an operation).
pub const KNOBS: &[(&str, KnobType)] = &[
    ("context.mode_selection_strategy", KnobType::Word),
    ("context.mode", KnobType::Word),
    ("context.mode_for.", KnobType::Word),
    ("context.cache_size", KnobType::Count),
    ("context.cache_ttl", KnobType::Duration),
    ("context.preload_common_contexts", KnobType::Bool),
    ("context.background_optimization", KnobType::Bool),
    ("interfaces.primary", KnobType::Word),
    ("interfaces.fallback", KnobType::Word),
    ("interfaces.testing", KnobType::Word),
    ("resources.concurrent_operations", KnobType::Count),
    ("resources.max_memory_usage", KnobType::Bytes),
    ("resources.cpu_limit", KnobType::Ratio),
    ("prompt_cache.lifetime", KnobType::Duration),
    ("prompt_cache.lifetime_for.", KnobType::Duration),
    ("prompt_cache.keep_warm", KnobType::Word),
    ("model_for.", KnobType::Word),
    ("retry.limit", KnobType::Count),
    ("retry.backoff", KnobType::Backoff),
    ("timeout.", KnobType::Duration),
    ("compaction.at_tokens", KnobType::Count),
    ("tools.parallel", KnobType::Bool),
    ("tools.reuse_reads", KnobType::Bool),
];

/// The type of a knob; `None`: there is no such knob.
///
/// ```
/// use perfadvise::scenario::knobs::{KnobType, type_of};
/// assert_eq!(type_of("context.mode_for.testing"), Some(KnobType::Word));
/// assert_eq!(type_of("context.cash_size"), None);
/// ```
#[must_use]
pub fn type_of(name: &str) -> Option<KnobType> {
    KNOBS
        .iter()
        .find(|(knob, _)| {
            if knob.ends_with('.') {
                name.strip_prefix(knob).is_some_and(|rest| !rest.is_empty())
            } else {
                *knob == name
            }
        })
        .map(|(_, kind)| *kind)
}

/// The parts of a step that a knob governs; empty: the whole of it, or nobody knows. What a change does
/// to the queue is not among them, but for the slots: that is known only where it is replayed.
#[must_use]
pub fn governs(name: &str) -> &'static [OperationKind] {
    match name.split('.').next() {
        Some("context") => &[OperationKind::ContextPreparation],
        Some("interfaces" | "model_for" | "prompt_cache" | "compaction") => {
            &[OperationKind::ModelRequest]
        }
        Some("tools") => &[OperationKind::ToolCall],
        _ if name == "retry.backoff" => &[OperationKind::WaitBackoff],
        // A model's answer does not wait for a slot, nor for the machine.
        _ if name == "resources.concurrent_operations" => &[
            OperationKind::WaitQueue,
            OperationKind::ContextPreparation,
            OperationKind::ToolCall,
        ],
        _ => &[],
    }
}

/// The dimension whose value a knob changes: work with the one value becomes work with the other.
#[must_use]
pub fn changes(name: &str) -> Option<Dimension> {
    if name.starts_with("context.mode") {
        return Some(Dimension::Mode);
    }
    match name.split('.').next()? {
        "interfaces" => Some(Dimension::Interface),
        "model_for" => Some(Dimension::Model),
        _ => None,
    }
}

/// Whether a value is of a knob's type.
#[must_use]
pub fn fits(kind: KnobType, value: &KnobValue) -> bool {
    match (kind, value) {
        (KnobType::Bool, KnobValue::Bool(_)) | (KnobType::Word, KnobValue::Word(_)) => true,
        (KnobType::Backoff, KnobValue::Word(word)) => Backoff::parse(word).is_some(),
        (KnobType::Count, KnobValue::Number(n)) => *n >= 0.0 && n.fract() == 0.0,
        (KnobType::Ratio, KnobValue::Number(n)) => (0.0..=1.0).contains(n),
        (KnobType::Duration | KnobType::Bytes, KnobValue::Number(n)) => *n >= 0.0,
        _ => false,
    }
}

/// A value as JSON writes it.
#[must_use]
pub fn json(value: &KnobValue) -> serde_json::Value {
    match value {
        KnobValue::Bool(b) => (*b).into(),
        KnobValue::Number(n) => number(*n),
        KnobValue::Word(w) => w.clone().into(),
    }
}

#[allow(clippy::cast_possible_truncation)]
fn number(n: f64) -> serde_json::Value {
    // Whole numbers without a point: `50`, not `50.0`.
    if n.fract() == 0.0 && n.abs() < 9e15 {
        (n as i64).into()
    } else {
        n.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_kept() {
        assert!(fits(KnobType::Count, &KnobValue::Number(100.0)));
        assert!(!fits(KnobType::Count, &KnobValue::Number(0.5)));
        assert!(!fits(KnobType::Word, &KnobValue::Bool(true)));
        assert!(!fits(KnobType::Ratio, &KnobValue::Number(80.0)));
        assert_eq!(json(&KnobValue::Number(50.0)).to_string(), "50");
        assert_eq!(type_of("context.mode_for."), None);
        for (name, _) in KNOBS {
            let parts = governs(name);
            assert!(!name.starts_with("context.") || parts == [OperationKind::ContextPreparation]);
        }
        assert_eq!(governs("resources.cpu_limit"), []);
        assert_eq!(changes("context.mode_for.testing"), Some(Dimension::Mode));
        assert_eq!(changes("context.cache_size"), None);
    }
}
