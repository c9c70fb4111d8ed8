//! One alert from one look to the next.
//!
//! quiet → pending (the limit is passed) → firing (passed for as long as `for` says) → quiet (not passed for as long
//! as `keep_firing_for` says).

use super::nanos;
use crate::assessment::{AlertPhase, AlertSpan, AlertState, Severity};
use crate::config::{Alert, NoData};
use crate::units::Time;

/// What a look saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The value; `None`: no data.
    pub value: Option<f64>,
    /// How bad, where the limit is passed.
    pub passed: Option<Severity>,
    /// Whether it is on the way there: it is pending without.
    pub is_near: bool,
    /// Where the records of the value end.
    pub data_at: Option<Time>,
}

/// What a look changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It began to fire.
    Fired,
    /// It ended.
    Resolved {
        /// The time in which it fired.
        span: AlertSpan,
        /// Whether it was told.
        was_told: bool,
    },
}

/// What is remembered of the time after `now` counts from `now` on: a clock that was put back makes nothing earlier than
/// it was.
pub(super) fn put_back(state: &mut AlertState, now: Time) {
    let spans = state.spans.iter_mut();
    let spans = spans.flat_map(|span| std::iter::once(&mut span.from).chain(&mut span.to));
    let own = [
        &mut state.since,
        &mut state.last_true,
        &mut state.last_sent,
        &mut state.data_at,
    ];
    for time in own.into_iter().flatten().chain(spans) {
        *time = (*time).min(now);
    }
}

/// One look at `now`.
pub fn step(alert: &Alert, state: &mut AlertState, seen: Seen, now: Time) -> Option<Turn> {
    state.evaluated_at = Some(now);
    if seen.value.is_some() {
        state.value = seen.value;
        state.data_at = seen.data_at;
    }
    let passed = match (seen.value, alert.no_data) {
        (Some(_), _) => seen.passed,
        (None, NoData::Keep) => return None,
        (None, NoData::Fine) => None,
        (None, NoData::Fires) => Some(alert.severity),
    };
    match passed {
        Some(severity) => passes(alert, state, severity, now),
        None if seen.is_near && state.phase != AlertPhase::Firing => {
            if state.phase == AlertPhase::Quiet {
                state.phase = AlertPhase::Pending;
                state.since = Some(now);
            }
            None
        }
        None => passes_not(alert, state, now),
    }
}

fn passes(alert: &Alert, state: &mut AlertState, severity: Severity, now: Time) -> Option<Turn> {
    state.severity = severity;
    state.last_true = Some(now);
    match state.phase {
        AlertPhase::Firing => return None,
        AlertPhase::Pending => {}
        AlertPhase::Quiet => {
            state.phase = AlertPhase::Pending;
            state.since = Some(now);
        }
    }
    let waited = now.0 - state.since.unwrap_or(now).0;
    (waited >= nanos(alert.wait)).then(|| {
        state.phase = AlertPhase::Firing;
        state.since = Some(now);
        state.episode += 1;
        state.is_told = false;
        state.spans.push(AlertSpan {
            number: state.episode,
            from: now,
            to: None,
        });
        Turn::Fired
    })
}

fn passes_not(alert: &Alert, state: &mut AlertState, now: Time) -> Option<Turn> {
    match state.phase {
        AlertPhase::Quiet => None,
        AlertPhase::Pending => {
            end(state, now);
            None
        }
        AlertPhase::Firing => {
            let quiet = now.0 - state.last_true.unwrap_or(now).0;
            if quiet < nanos(alert.keep_firing) {
                return None;
            }
            let was_told = state.is_told;
            let span = state.spans.last_mut().filter(|span| span.to.is_none());
            let span = span.map(|span| {
                span.to = Some(now);
                *span
            });
            end(state, now);
            span.map(|span| Turn::Resolved { span, was_told })
        }
    }
}

fn end(state: &mut AlertState, now: Time) {
    state.phase = AlertPhase::Quiet;
    state.since = Some(now);
    state.is_told = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::NANOS;

    fn at(minute: i64) -> Time {
        Time(minute * 60 * NANOS)
    }

    fn seen(passed: bool) -> Seen {
        Seen {
            value: Some(1.0),
            passed: passed.then_some(Severity::Warning),
            is_near: false,
            data_at: None,
        }
    }

    fn course(alert: &Alert, looks: &[(i64, Option<bool>)]) -> Vec<(i64, AlertPhase)> {
        let mut state = AlertState::default();
        let none = Seen {
            value: None,
            passed: None,
            is_near: false,
            data_at: None,
        };
        looks
            .iter()
            .map(|(minute, passed)| {
                put_back(&mut state, at(*minute));
                step(alert, &mut state, passed.map_or(none, seen), at(*minute));
                (*minute, state.phase)
            })
            .collect()
    }

    #[test]
    fn it_waits_and_lingers() {
        use AlertPhase::{Firing, Pending, Quiet};
        let alert = Alert {
            wait: 120.0,
            keep_firing: 180.0,
            ..Alert::default()
        };
        let looks = [
            (0, Some(true)),
            (1, Some(true)),
            (2, Some(true)),
            (3, Some(false)),
            (4, Some(false)),
            (5, Some(false)),
            (6, Some(true)),
            (7, Some(false)),
            (8, Some(true)),
        ];
        let phases: Vec<AlertPhase> = course(&alert, &looks).iter().map(|(_, p)| *p).collect();
        // Passed last at 2: at 5 three minutes have gone by.
        assert_eq!(
            phases,
            [
                Pending, Pending, Firing, Firing, Firing, Quiet, Pending, Quiet, Pending
            ]
        );
    }

    #[test]
    fn without_data_it_does_as_it_is_told() {
        use AlertPhase::{Firing, Quiet};
        for (no_data, expected) in [
            (NoData::Keep, [Firing, Firing]),
            (NoData::Fine, [Firing, Quiet]),
            (NoData::Fires, [Firing, Firing]),
        ] {
            let alert = Alert {
                no_data,
                ..Alert::default()
            };
            let phases = course(&alert, &[(0, Some(true)), (1, None)]);
            assert_eq!([phases[0].1, phases[1].1], expected, "{no_data:?}");
        }
        let alert = Alert {
            no_data: NoData::Fires,
            ..Alert::default()
        };
        assert_eq!(course(&alert, &[(0, None)])[0].1, Firing);
    }

    #[test]
    fn a_clock_that_is_put_back_shortens_no_wait() {
        let alert = Alert {
            wait: 600.0,
            ..Alert::default()
        };
        let looks = [
            (100, Some(true)),
            (40, Some(true)),
            (49, Some(true)),
            (50, Some(true)),
        ];
        let phases: Vec<AlertPhase> = course(&alert, &looks).iter().map(|(_, p)| *p).collect();
        use AlertPhase::{Firing, Pending};
        assert_eq!(phases, [Pending, Pending, Pending, Firing]);
    }
}
