//! What earlier claims mean for advice: how far a rule came true, what is locked, who is silenced.

use std::collections::BTreeMap;

use crate::assessment::Dismissal;
use crate::units::Time;

/// A knob that was turned and not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Code of the rule by which it was turned.
    pub rule: String,
    /// The knob; `None`: the change is no single knob, and only the rule itself is locked.
    pub knob: Option<String>,
    /// When.
    pub since: Time,
}

/// Where advice stands after what became of earlier advice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// Realised ÷ projected over a rule's claims, 0 to 1, by code; a rule without one has none.
    pub track: BTreeMap<String, f64>,
    /// What was claimed and is not verified.
    pub locked: Vec<Lock>,
    /// Rules that nobody wants to hear from.
    pub dismissed: Vec<Dismissal>,
    /// Since when the data of a rule count, by code: the last change that was made for it.
    pub since: BTreeMap<String, Time>,
}

impl Standing {
    /// The track record of a rule: 1 until it has one.
    #[must_use]
    pub fn track_of(&self, rule: &str) -> f64 {
        self.track.get(rule).copied().unwrap_or(1.0)
    }

    /// Why a rule is not to speak of a knob; `None`: it may.
    #[must_use]
    pub fn silence(&self, rule: &str, knob: Option<&str>) -> Option<String> {
        let day = |time: Time| time.timestamp().strftime("%Y-%m-%d").to_string();
        let is_same = |own: &Option<String>| own.as_deref() == knob;
        let is_locked = |lock: &&Lock| match (&lock.knob, knob) {
            (Some(locked), Some(knob)) => locked == knob,
            _ => lock.rule == rule && is_same(&lock.knob),
        };
        if let Some(lock) = self.locked.iter().find(is_locked) {
            return Some(format!(
                "{} was claimed on {} and is locked until that is verified",
                lock.knob.as_ref().unwrap_or(&lock.rule),
                day(lock.since)
            ));
        }
        let dismissed = self.dismissed.iter();
        dismissed
            .filter(|d| d.rule == rule && (d.knob.is_none() || is_same(&d.knob)))
            .map(|d| format!("dismissed on {}: {}", day(d.dismissed_at), d.reason))
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_locked_for_every_rule() {
        let lock = |rule: &str, knob: Option<&str>| Lock {
            rule: rule.into(),
            knob: knob.map(str::to_owned),
            since: Time(1_780_000_000_000_000_000),
        };
        let standing = Standing {
            locked: vec![
                lock("CTX003", Some("context.cache_size")),
                lock("TOOL001", None),
            ],
            dismissed: vec![Dismissal {
                rule: "CTX001".into(),
                knob: Some("context.mode_for.testing".into()),
                dismissed_at: Time(1_780_000_000_000_000_000),
                reason: "accuracy first".into(),
            }],
            ..Standing::default()
        };
        let is_silent = |rule, knob| standing.silence(rule, knob).is_some();
        assert!(is_silent("CTX003", Some("context.cache_size")));
        assert!(is_silent("RES003", Some("context.cache_size")));
        assert!(!is_silent("CTX003", Some("context.cache_ttl")));
        assert!(!is_silent("CTX003", None));
        assert!(is_silent("TOOL001", None));
        assert!(!is_silent("TOOL002", None));
        assert!(is_silent("CTX001", Some("context.mode_for.testing")));
        assert!(!is_silent("CTX001", Some("context.mode_for.review")));
        assert_eq!(
            standing
                .silence("CTX001", Some("context.mode_for.testing"))
                .as_deref(),
            Some("dismissed on 2026-05-28: accuracy first")
        );
    }
}
