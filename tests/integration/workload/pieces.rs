//! Pieces: put together again they are the workload, what comes twice counts once, and a span of time
//! of them is what a fold of that span gives.

use std::collections::BTreeMap;

use perfadvise::metrics::Metric;
use perfadvise::record::{Aggregate, Event};
use perfadvise::units::Time;
use perfadvise::workload::{Filter, FoldOptions, Piece, Scope, Succession, Workload, fold, joined};
use proptest::prelude::*;

use super::document::{FIXTURES, fixture as folder};
use super::order::{lines, records_of};
use super::{fixture, read_bytes};

/// All that pieces keep, as text: files have no number in them, and counts are made anew.
fn kept(workload: &Workload) -> String {
    let events: Vec<Event> = workload
        .events
        .iter()
        .map(|e| Event { file: 0, ..*e })
        .collect();
    let aggregates = workload.aggregates.iter();
    let mut aggregates: Vec<Aggregate> = aggregates.map(|a| Aggregate { file: 0, ..*a }).collect();
    aggregates.sort_by_key(|a| format!("{a:?}"));
    format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        workload.catalog.names.values(),
        workload.catalog.dims.values(),
        workload.catalog.identities.values(),
        workload.units,
        workload.rows,
        workload.samples,
        workload.lookups,
        events,
        workload.event_units,
        aggregates,
        workload.wall_clocks,
        workload.sequences,
    )
}

fn together(pieces: Vec<Piece>) -> Workload {
    joined(pieces, Vec::new())
}

#[test]
fn fixtures_are_their_pieces() {
    for name in FIXTURES {
        let workload = folder(name);
        let pieces = workload.pieces();
        assert!(pieces.len() > 1 || workload.rows.is_empty(), "{name}");
        assert_eq!(kept(&together(pieces.clone())), kept(&workload), "{name}");
        // Written and read back each is the same.
        for piece in &pieces {
            let text = serde_json::to_vec(&piece.workload).unwrap();
            let back = Workload::restored(&text).unwrap();
            assert_eq!(
                kept(&back),
                kept(&piece.workload),
                "{name} {:?}",
                piece.scope
            );
            assert_eq!(back.counts, piece.workload.counts);
            assert_eq!(serde_json::to_vec(&back).unwrap(), text);
        }
        assert_eq!(
            kept(&joined(pieces.clone(), pieces)),
            kept(&workload),
            "{name}"
        );
    }
}

#[test]
fn a_day_of_pieces_is_a_fold_of_that_day() {
    let bytes = std::fs::read(fixture("workload.jsonl")).unwrap();
    let of = |from: Option<Time>, to: Option<Time>| {
        let options = FoldOptions {
            from,
            to,
            ..FoldOptions::default()
        };
        fold(read_bytes("native-records", &bytes).0, &options)
    };
    let whole = of(None, None);
    let all = together(whole.pieces());
    let (first, last) = whole.period.unwrap();
    let day = 86_400_000_000_000;
    let mut days = 0;
    for start in (first.0 / day..=last.0 / day).map(|d| d * day) {
        let (from, to) = (Some(Time(start)), Some(Time(start + day)));
        let (fresh, kept) = (of(from, to), all.between(from, to));
        days += u64::from(!fresh.rows.is_empty());
        for metric in [
            Metric::ResponseTime,
            Metric::SuccessRate,
            Metric::ToolTime,
            Metric::InputTokens,
            Metric::MemoryUsage,
            Metric::CacheHitRate,
        ] {
            let figure = |w: &Workload| w.figure(metric, &Filter::default());
            assert_eq!(figure(&kept), figure(&fresh), "{metric:?}");
        }
        let names = |w: &Workload| w.units.iter().map(|u| u.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&kept), names(&fresh));
        assert_eq!(kept.lookups.len(), fresh.lookups.len());
        assert_eq!(kept.counts.sessions, fresh.counts.sessions);
    }
    assert!(days > 1);
    let none = all.between(Some(Time(last.0 + day)), None);
    assert!(none.is_empty() && none.units.is_empty() && none.period.is_none());
}

/// A log that grows replaces what was known of its session; one that lost its beginning does not.
#[test]
fn the_fuller_state_of_a_unit_stays() {
    let of = |steps: std::ops::Range<u32>, longer: u32| {
        let lines: Vec<String> = steps
            .map(|i| {
                let seconds = i + longer;
                format!(
                    r#"{{"kind":"operation","operation":"step","time":"2026-03-02T08:{i:02}:00Z","duration":{seconds},"outcome":"ok","session":"a"}}"#
                )
            })
            .collect();
        let records = read_bytes("native-records", lines.join("\n").as_bytes()).0;
        fold(records, &FoldOptions::default()).pieces()
    };
    let session = |steps| of(steps, 0);
    let slower = |steps| of(steps, 100);
    let n = |w: &Workload| w.figure(Metric::ResponseTime, &Filter::default()).n;
    assert_eq!(n(&joined(session(0..10), session(0..20))), 20);
    assert_eq!(n(&joined(session(0..20), session(15..25))), 20);
    let first = |w: &Workload| w.figure(Metric::ResponseTime, &Filter::default()).min;
    // Other records, before or after: both are there.
    for both in [
        joined(session(0..10), session(10..20)),
        joined(session(10..20), session(0..10)),
    ] {
        assert_eq!((n(&both), first(&both)), (20, 0));
    }
    // Of as many at the same times the later state counts: later lines correct earlier ones.
    let corrected = joined(session(0..10), slower(0..10));
    assert_eq!((n(&corrected), first(&corrected)), (10, 100_000_000_000));
    let known = || session(0..20).remove(0);
    let becomes =
        |known: Piece, newer: std::ops::Range<u32>| known.succeeded_by(&session(newer)[0], false);
    assert!(matches!(becomes(known(), 5..20), Succession::Fuller));
    assert!(matches!(becomes(known(), 15..40), Succession::Torn));
    // After a rotation the last part grows, and is replaced alone.
    let Succession::By(rotated) = becomes(known(), 20..25) else {
        panic!("not joined");
    };
    assert_eq!(n(&rotated.workload), 25);
    assert!(matches!(
        becomes((*rotated).clone(), 21..30),
        Succession::Torn
    ));
    assert!(matches!(
        becomes((*rotated).clone(), 10..30),
        Succession::Torn
    ));
    let Succession::By(grown) = becomes(*rotated, 20..30) else {
        panic!("not joined");
    };
    assert_eq!(n(&grown.workload), 30);
    let forced = known().succeeded_by(&session(15..25)[0], true);
    assert!(matches!(forced, Succession::By(piece) if n(&piece.workload) == 10));
}

/// Of a sample that is known with a mode and without one the later state counts, not both.
#[test]
fn a_sample_counts_once_whatever_mode_it_is_given() {
    let sample = r#"{"kind":"sample","metric":"cpu_utilization","time":"2026-03-02T08:10:00Z","value":0.5,"host":"a"}"#;
    let switch = r#"{"kind":"event","event":"mode_switch","time":"2026-03-02T08:00:00Z","from":"FANCY","to":"SIMPLE","host":"a"}"#;
    let pieces = |lines: &[&str]| {
        let records = read_bytes("native-records", lines.join("\n").as_bytes()).0;
        fold(records, &FoldOptions::default()).pieces()
    };
    let all = joined(pieces(&[sample]), pieces(&[sample, switch]));
    let figure = all.figure(Metric::CpuUtilization, &Filter::default());
    assert_eq!((figure.n, figure.sum), (1, 500_000_000));
    assert_eq!(all.events.len(), 1);
    // And halves of a day that come one after the other are both there.
    let later = sample.replace("08:10", "19:10");
    let all = joined(pieces(&[sample]), pieces(&[&later]));
    assert_eq!(all.figure(Metric::CpuUtilization, &Filter::default()).n, 2);
    assert_eq!(all.pieces().len(), 1);
}

#[test]
fn choosing_by_value() {
    let all = together(folder("native-records").pieces());
    let figure = |w: &Workload| w.figure(Metric::ResponseTime, &Filter::default()).n;
    let of = |key: &str, value: &str| all.only(&[(key.to_owned(), vec![value.to_owned()])]);
    let (fancy, simple) = (figure(&of("mode", "FANCY")), figure(&of("mode", "SIMPLE")));
    assert!(fancy > 0 && simple > 0 && fancy + simple <= figure(&all));
    let unit = all.units[0].name.clone();
    assert_eq!(of("unit", &unit).units.len(), 1);
    assert!(of("mode", "none").is_empty());
    assert_eq!(figure(&all.only(&[])), figure(&all));
}

proptest! {
    /// Whatever comes again changes nothing, and pieces are the whole.
    #[test]
    fn nothing_counts_twice(a in lines(proptest::option::of(0..12_u8)), b in lines(proptest::option::of(0..12_u8))) {
        let of = |l: &[super::order::Line]| fold(records_of(0, l), &FoldOptions::default());
        let (a, b) = (of(&a), of(&b));
        prop_assert_eq!(kept(&together(a.pieces())), kept(&a));
        prop_assert_eq!(kept(&joined(a.pieces(), a.pieces())), kept(&a));
        let both = joined(a.pieces(), b.pieces());
        let again = joined(both.pieces(), b.pieces());
        prop_assert_eq!(kept(&again), kept(&both));
        let scopes = |w: &Workload| w.pieces().into_iter().map(|p| (p.scope, ())).collect::<BTreeMap<Scope, ()>>();
        let mut all = scopes(&a);
        all.extend(scopes(&b));
        prop_assert_eq!(scopes(&both), all);
    }
}
