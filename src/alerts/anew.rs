//! Minutes that are judged anew, since records of them came after they had been judged.
//!
//! An operation counts where it began, and is known when it ended; a monitor hands over what it sampled a report at a
//! time. So it is remembered how much there was of each hour of the last day ([`held`]). Where there is more of one, an
//! alert goes back to before it ([`back`]), and its minutes are judged again. A firing that comes out again is the one
//! that was known, of which nothing is told; only one that was not known is news.

use std::collections::BTreeMap;

use super::look::{end_of_minute, reach};
use super::state::{Turn, step};
use super::{CELL, Window};
use crate::assessment::{AlertKey, AlertPhase, AlertSpan, AlertState, Held};
use crate::config::Alert;
use crate::units::{NANOS, Time};

/// Nanoseconds: minutes that are longer past are not judged anew.
const LATEST: i64 = 86_400 * NANOS;

/// Nanoseconds of an hour: so finely it is remembered what there was.
const HOUR: i64 = 3_600 * NANOS;

/// From when on records are needed, where earlier looks were kept: as far as what came late may reach back. `None`: all
/// are.
#[must_use]
pub fn needed(
    alerts: &[Alert],
    states: &BTreeMap<AlertKey, AlertState>,
    now: Time,
) -> Option<Time> {
    let is_known = |alert: &Alert| states.keys().any(|key| key.alert == alert.name);
    // Failures in a row reach back to the last success, whenever that was.
    let is_bounded = |alert: &Alert| alert.consecutive_failures.is_none();
    if !alerts.iter().all(|a| is_known(a) && is_bounded(a)) {
        return None;
    }
    let last = states.values().filter_map(|s| s.evaluated_at).min()?;
    let reach = alerts.iter().map(reach).max()?.saturating_mul(2);
    Some(Time(
        last.min(now)
            .0
            .saturating_sub(LATEST + HOUR)
            .saturating_sub(reach),
    ))
}

/// How much there is of each hour before the minute of a look, by the number of the hour.
pub(super) fn held(window: &Window, look: Time) -> BTreeMap<i64, Held> {
    let begin = look.0.saturating_sub(LATEST);
    let end = look.0.div_euclid(CELL).saturating_mul(CELL);
    let mut hours: BTreeMap<i64, Held> = BTreeMap::new();
    for (start, cell) in window.cells() {
        if (begin..end).contains(&start) {
            let hour = hours.entry(start.div_euclid(HOUR)).or_default();
            hour.n = hour.n.saturating_add(cell.n);
            hour.sum = hour.sum.wrapping_add(cell.sum);
        }
    }
    hours
}

/// Forgets firings that no minute can touch which is still judged anew.
pub(super) fn forget(alert: &Alert, state: &mut AlertState, now: Time) {
    let oldest = now
        .0
        .saturating_sub(LATEST + HOUR)
        .saturating_sub(reach(alert));
    state
        .spans
        .retain(|span| span.to.is_none_or(|to| to.0 >= oldest));
}

/// An alert that was taken back.
#[derive(Debug)]
pub(super) struct Anew {
    /// From when on minutes are judged anew.
    pub(super) from: Time,
    /// Up to when; then it goes on as usual.
    pub(super) until: Time,
    known: AlertState,
    /// When firings begin that were known, and their numbers.
    again: BTreeMap<Time, u64>,
}

/// What is to be judged anew, if anything is. Less than there was says nothing: a file may be gone.
pub(super) fn back(alert: &Alert, window: &Window, known: &AlertState, now: Time) -> Option<Anew> {
    let before = known.evaluated_at?;
    let had = known.held.as_ref()?;
    let hours = held(window, before);
    let (hour, _) = hours.iter().find(|(hour, held)| {
        let had = had.get(hour).copied().unwrap_or_default();
        held.n > had.n || (held.n == had.n && held.sum != had.sum)
    })?;
    // What waits, or lingers, may have begun before.
    let from = hour.saturating_mul(HOUR).saturating_sub(reach(alert));
    Some(Anew {
        from: Time(from),
        until: before.min(Time(now.0.saturating_sub(1))),
        known: known.clone(),
        again: BTreeMap::new(),
    })
}

impl Anew {
    /// The state that the alert goes back to.
    pub(super) fn state(&self) -> AlertState {
        let spans = self.known.spans.iter().filter(|s| s.from < self.from);
        let mut then = AlertState {
            phase: AlertPhase::Quiet,
            since: None,
            last_true: None,
            is_told: false,
            spans: spans.copied().collect(),
            ..self.known.clone()
        };
        if let Some(last) = then.spans.last_mut() {
            then.since = last.to;
            if last.to.is_none_or(|to| to > self.from) {
                last.to = None;
                then.phase = AlertPhase::Firing;
                then.since = Some(last.from);
                then.last_true = Some(self.from);
            }
        }
        then
    }

    /// Finds the firings that were known, by going through the minutes.
    pub(super) fn compare(&mut self, alert: &Alert, window: &Window, ticks: Vec<Time>) {
        let mut state = self.state();
        for tick in ticks {
            let seen = window.seen(alert, end_of_minute(tick));
            step(alert, &mut state, seen, tick);
        }
        for span in state.spans {
            let known = self.known.spans.iter().rfind(|known| known.overlaps(&span));
            if let Some(known) = known {
                self.again.insert(span.from, known.number);
            }
        }
    }

    /// A firing that begins and was known has its number.
    pub(super) fn recognise(&self, state: &mut AlertState, tick: Time) {
        if let (Some(number), Some(last)) = (self.again.get(&tick), state.spans.last_mut()) {
            last.number = *number;
            state.episode -= 1;
        }
    }

    /// Whether what goes on at this time was known, so that nothing is told of it.
    pub(super) fn is_known(&self, state: &AlertState, tick: Time) -> bool {
        let last = state.spans.last().map_or(0, |span| span.number);
        tick <= self.until && last <= self.known.episode
    }

    /// Brings together what was known and what came out, where it goes on as usual. A firing that was not over goes on,
    /// or ends now.
    pub(super) fn join(self, state: &mut AlertState, now: Time) -> Option<Turn> {
        let known = self.known;
        let is_gone = |one: &&AlertSpan| !state.spans.iter().any(|s| s.number == one.number);
        let gone: Vec<AlertSpan> = known.spans.iter().filter(is_gone).copied().collect();
        let is_open = gone.iter().any(|span| span.to.is_none());
        state.spans.extend(gone);
        state.spans.sort_by_key(|s| (s.to.is_none(), s.from));
        let number = known.open()?.number;
        if is_open && state.phase == AlertPhase::Pending {
            // It was looked at in the middle of a minute, and so fired earlier than whole minutes say.
            state.phase = AlertPhase::Firing;
            state.since = known.since;
            state.severity = known.severity;
            state.last_true = known.last_true;
        }
        if state.phase == AlertPhase::Firing {
            state.is_told = known.is_told;
            state.told_severity = known.told_severity;
            return None;
        }
        let span = state.spans.iter_mut().rfind(|s| s.number == number)?;
        span.to = span.to.or(Some(now));
        Some(Turn::Resolved {
            span: *span,
            was_told: known.is_told,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Observed, Series, Watch, look};
    use crate::config::Side;
    use crate::metrics::Metric;
    use crate::workload::Figure;

    /// Nine of ten have to succeed in each minute.
    fn alert() -> Alert {
        Alert {
            metric: Some(Metric::SuccessRate),
            side: Some(Side::Below),
            threshold: Some(0.9),
            window: 60.0,
            min_count: 1,
            cooldown: 0.0,
            ..Alert::default()
        }
    }

    /// A look at a second, at minutes of which so many succeeded of so many.
    type Looked<'a> = (i64, &'a [(i64, u64, u64)]);

    /// What is told, and the state at the end.
    fn course(alert: &Alert, looks: &[Looked<'_>]) -> (Vec<(&'static str, i64)>, AlertState) {
        let mut states = BTreeMap::new();
        let mut told = Vec::new();
        for (second, minutes) in looks {
            let cells = minutes.iter().map(|(minute, hits, all)| {
                let mut figure = Figure::default();
                figure.add_share(*hits, *all);
                (minute * CELL, figure)
            });
            let observed = [Observed {
                alert: 0,
                labels: BTreeMap::new(),
                window: Window::Values(Series::of(cells.collect())),
            }];
            let watch = Watch {
                now: Time(second * NANOS),
                silences: &[],
            };
            let looked = look(std::slice::from_ref(alert), &observed, &states, watch);
            let notices = looked.notices.iter();
            told.extend(notices.map(|n| (n.kind.name(), n.at.0 / NANOS)));
            states = looked.states;
        }
        (told, states.into_values().next().unwrap_or_default())
    }

    #[test]
    fn what_was_told_too_early_ends() {
        let looks: [Looked<'_>; 3] = [
            (180, &[(1, 9, 9), (2, 0, 2)]),
            (210, &[(1, 9, 9), (2, 20, 22)]),
            (240, &[(1, 9, 9), (2, 20, 22)]),
        ];
        let (told, state) = course(&alert(), &looks);
        assert_eq!(told, [("firing", 180), ("resolved", 210)]);
        assert_eq!(state.phase, AlertPhase::Quiet);
    }

    /// Pending from the look at 30 s on, it fires at 150; by whole minutes it would at 180.
    #[test]
    fn a_look_in_the_middle_of_a_minute_is_not_taken_back() {
        let waits = Alert {
            wait: 120.0,
            ..alert()
        };
        let looks: [Looked<'_>; 4] = [
            (30, &[(0, 0, 1)]),
            (90, &[(0, 0, 1), (1, 0, 1)]),
            (150, &[(0, 0, 1), (1, 0, 1), (2, 0, 1)]),
            (151, &[(0, 0, 2), (1, 0, 1), (2, 0, 1)]),
        ];
        let (told, state) = course(&waits, &looks);
        assert_eq!(told, [("firing", 150)]);
        assert_eq!((state.phase, state.is_told), (AlertPhase::Firing, true));
    }

    #[test]
    fn what_began_earlier_is_no_other_firing() {
        let looks: [Looked<'_>; 2] = [
            (360, &[(2, 5, 5), (5, 0, 5)]),
            (420, &[(2, 5, 5), (3, 0, 5), (4, 0, 5), (5, 0, 5)]),
        ];
        let (told, state) = course(&alert(), &looks);
        assert_eq!(told, [("firing", 360)]);
        let only = AlertSpan {
            number: 1,
            from: Time(240 * NANOS),
            to: None,
        };
        assert_eq!((state.spans, state.episode), (vec![only], 1));
    }

    /// The minute between two firings was bad as well: they are one, which was told twice and ends once.
    #[test]
    fn two_that_were_one_end_together() {
        let bad: [(i64, u64, u64); 3] = [(2, 0, 9), (3, 9, 59), (4, 0, 9)];
        let looks: [Looked<'_>; 5] = [
            (180, &[(2, 0, 9)]),
            (240, &[(2, 0, 9), (3, 9, 9)]),
            (300, &[(2, 0, 9), (3, 9, 9), (4, 0, 9)]),
            (330, &bad),
            (360, &[bad[0], bad[1], bad[2], (5, 9, 9)]),
        ];
        let (told, _) = course(&alert(), &looks);
        let expected = [
            ("firing", 180),
            ("resolved", 240),
            ("firing", 300),
            ("resolved", 360),
        ];
        assert_eq!(told, expected);
    }

    proptest::proptest! {
        /// Whatever comes late by however much: in the end it is as if all had been there at once, no more ends are told
        /// than beginnings, and who looks again hears nothing new.
        #[test]
        fn in_the_end_all_is_as_if_at_once(
            minutes in proptest::collection::vec((0_u64..=10, 0_i64..20), 1..40),
        ) {
            let arrived = |by: i64| -> Vec<(i64, u64, u64)> {
                let numbered = (0_i64..).zip(&minutes);
                numbered
                    .filter(|(minute, (_, late))| minute + 1 + late <= by)
                    .map(|(minute, (hits, _))| (minute, *hits, 10))
                    .collect()
            };
            let known: Vec<Vec<(i64, u64, u64)>> = (0..=62).map(|by| arrived(by.min(61))).collect();
            let looks: Vec<Looked<'_>> = (0_i64..).zip(&known).map(|(by, k)| (by * 60, k.as_slice())).collect();
            let (told, state) = course(&alert(), &looks);
            let (_, at_once) = course(&alert(), &looks[62..]);
            proptest::prop_assert_eq!(state.phase, at_once.phase);
            let mut open = 0_i64;
            for (kind, _) in &told {
                open += match *kind { "firing" => 1, "resolved" => -1, _ => 0 };
                proptest::prop_assert!(open >= 0, "{:?}", told);
            }
            proptest::prop_assert_eq!(open, i64::from(state.phase == AlertPhase::Firing));
            // All have come by 59 + 1 minutes: the looks at 61 and 62 have nothing to tell.
            let (before, _) = course(&alert(), &looks[..=60]);
            proptest::prop_assert_eq!(told, before);
        }
    }

    /// A beginning and an end that nobody saw, each told once, and in their order.
    #[test]
    fn what_nobody_saw_is_told_once() {
        let late: &[(i64, u64, u64)] = &[(1, 9, 9), (2, 9, 29), (3, 9, 9)];
        let looks: [Looked<'_>; 3] = [
            (240, &[(1, 9, 9), (2, 9, 9), (3, 9, 9)]),
            (250, late),
            (300, late),
        ];
        let (told, _) = course(&alert(), &looks);
        assert_eq!(told, [("firing", 180), ("resolved", 240)]);
    }
}
