//! Tests of simulations of one or more changes.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::assessment::Score;
use crate::record::{Details, Identity, Name, Operation, OperationKind, Records};
use crate::score::score;
use crate::units::{NANOS, Time};
use crate::workload::{FoldOptions, fold};

/// Eight tasks, each in FANCY (preparation 2 s, model 3 s) and twice in SIMPLE (0.5 s, 3 s), each run
/// in a session of its own, with the accuracies 0.95 and 0.80; sixteen more FANCY steps of a task that
/// never ran in SIMPLE.
fn workload() -> Workload {
    let mut records = Records::default();
    let mut session = 0;
    for task in 0..8 {
        for (mode, preparation, accuracy) in [
            ("FANCY", 2.0, 0.95),
            ("SIMPLE", 0.5, 0.8),
            ("SIMPLE", 0.5, 0.8),
        ] {
            session += 1;
            step(
                &mut records,
                &format!("t{task}"),
                session,
                mode,
                preparation,
                accuracy,
            );
        }
    }
    for _ in 0..8 {
        session += 1;
        step(&mut records, "only", session, "FANCY", 2.0, 0.95);
    }
    fold(
        records,
        &FoldOptions {
            file_ranks: vec![0],
            file_formats: vec!["native-records"],
            ..FoldOptions::default()
        },
    )
}

#[allow(clippy::cast_possible_truncation)]
fn step(
    records: &mut Records,
    task: &str,
    session: i64,
    mode: &str,
    preparation: f64,
    accuracy: f64,
) {
    let seconds = |s: f64| (s * NANOS as f64) as i64;
    let start = Time(Time::EARLIEST.0 + session * 60 * NANOS);
    let catalog = &mut records.catalog;
    let (task, name) = (catalog.name(task), catalog.name(&format!("s{session}")));
    let identity = catalog.identity(Identity {
        session: name,
        task,
        ..Identity::default()
    });
    let values = [
        (Dimension::Mode, catalog.name(mode)),
        (Dimension::Purpose, catalog.name("testing")),
        (Dimension::Interface, catalog.name("a")),
    ];
    let dims = catalog.dims(values.to_vec());
    let details = records.add_details(Details {
        accuracy: Some((accuracy * 1e9) as u32),
        ..Details::default()
    });
    let id = session as u64;
    for (kind, duration) in [
        (OperationKind::Step, preparation + 3.0),
        (OperationKind::ContextPreparation, preparation),
        (OperationKind::ModelRequest, 3.0),
    ] {
        let is_step = kind == OperationKind::Step;
        let mut operation = Operation::new(kind, start, 0);
        operation.duration = seconds(duration);
        operation.id = if is_step { id } else { 0 };
        operation.parent = if is_step { 0 } else { id };
        operation.details = if is_step { details } else { 0 };
        (operation.dims, operation.identity) = (dims, identity);
        records.operations.push(operation);
    }
}

fn name(workload: &Workload, text: &str) -> Name {
    Name(workload.catalog.names.find(text).unwrap())
}

fn bench<'a>(
    workload: &'a Workload,
    score: &'a Score,
    config: &'a crate::config::Config,
) -> Bench<'a> {
    Bench {
        workload,
        score,
        config,
    }
}

fn to_simple(workload: &Workload) -> Swap {
    Swap {
        dimension: Dimension::Mode,
        from: name(workload, "FANCY"),
        to: name(workload, "SIMPLE"),
        within: vec![(Dimension::Purpose, name(workload, "testing"))],
    }
}

#[test]
fn like_tasks_give_the_effect_and_it_holds_for_those_without_like() {
    let workload = workload();
    let config = crate::config::Config::default();
    let score = score(&workload, &config, crate::config::Profile::Orchestrator);
    let change = Change::measured(&workload, to_simple(&workload)).unwrap();
    let response = &change.contrasts[&Metric::ResponseTime];
    // By hand: each of the 16 FANCY steps takes 1.5 s less; half of them have like tasks.
    assert!((response.effect + 1.5).abs() < 1e-9, "{response:?}");
    assert_eq!((response.strata, response.n), (8, 16));
    assert!((response.matched - 0.5).abs() < 1e-9);
    let outcome = simulate(&bench(&workload, &score, &config), &[&change]);
    let mean = outcome.effect(Metric::ResponseTime).unwrap();
    // Now (16 · 5 + 16 · 3.5) ÷ 32, then 3.5 for all.
    assert!((mean.from - 4.25).abs() < 1e-9 && (mean.to - 3.5).abs() < 1e-9);
    let accuracy = outcome.effect(Metric::Accuracy).unwrap();
    assert!((accuracy.from - 0.875).abs() < 1e-6 && (accuracy.to - 0.8).abs() < 1e-6);
    assert!(outcome.points.unwrap() > 0.0);
    assert!((outcome.time_saved - 0.75 / 4.25).abs() < 1e-9);
}

#[test]
fn a_bound_after_a_measured_change_is_taken_off_what_is_left() {
    let workload = workload();
    let config = crate::config::Config::default();
    let score = score(&workload, &config, crate::config::Profile::Orchestrator);
    let change = Change::measured(&workload, to_simple(&workload)).unwrap();
    let relief = Change {
        reliefs: vec![Relief::whole(Metric::ResponseTime, -16.0, 0.0)],
        ..Change::default()
    };
    let both = simulate(&bench(&workload, &score, &config), &[&change, &relief]);
    let mean = both.effect(Metric::ResponseTime).unwrap();
    // 3.5 · 32 = 112 s, less 16 s, over 32 steps; a bound has no interval.
    assert!((mean.to - 3.0).abs() < 1e-9);
    assert_eq!((mean.low, mean.high), (None, None));
}

/// Half of the 40 s of preparations fall away; of the 16 s that SIMPLE leaves of them, half.
#[test]
fn of_preparations_that_are_shorter_less_falls_away() {
    let workload = workload();
    let config = crate::config::Config::default();
    let score = score(&workload, &config, crate::config::Profile::Orchestrator);
    let bench = bench(&workload, &score, &config);
    let change = Change::measured(&workload, to_simple(&workload)).unwrap();
    let metrics = [Metric::ContextPreparationTime, Metric::ResponseTime];
    let relief = Change {
        reliefs: metrics.map(|m| Relief::whole(m, -20.0, 0.0)).to_vec(),
        ..Change::default()
    };
    let means = |changes: &[&Change]| {
        let outcome = simulate(&bench, changes);
        metrics.map(|m| outcome.effect(m).unwrap().to)
    };
    let [preparation, response] = means(&[&relief]);
    assert!((preparation - 20.0 / 32.0).abs() < 1e-9);
    assert!((response - (136.0 - 20.0) / 32.0).abs() < 1e-9);
    let [preparation, response] = means(&[&change, &relief]);
    assert!((preparation - 8.0 / 32.0).abs() < 1e-9);
    assert!((response - (112.0 - 8.0) / 32.0).abs() < 1e-9);
}

/// Pairs of steps that come at once on one slot: the second waits for the first. Preparations of 2 s become ones of
/// 0.5 s, so that the second waits 1.5 s less, too.
#[test]
fn shorter_steps_let_others_wait_less() {
    let mut records = Records::default();
    for pair in 0..24_i64 {
        let mode = if pair % 3 == 0 { "SIMPLE" } else { "FANCY" };
        let preparation = if mode == "SIMPLE" { 0.5 } else { 2.0 };
        for second in 0..2_i64 {
            let at = pair * 10;
            let wait = if second == 1 { preparation + 3.0 } else { 0.0 };
            queued(&mut records, (at, second), mode, (wait, preparation));
        }
    }
    let workload = fold(
        records,
        &FoldOptions {
            file_ranks: vec![0],
            file_formats: vec!["native-records"],
            ..FoldOptions::default()
        },
    );
    let mut config = crate::config::Config::default();
    config.knobs.insert(
        context::SLOTS.into(),
        crate::config::Sourced {
            value: crate::config::KnobValue::Number(1.0),
            origin: crate::config::Origin::Default,
        },
    );
    let score = score(&workload, &config, crate::config::Profile::Orchestrator);
    let change = Change::measured(&workload, to_simple(&workload)).unwrap();
    let outcome = simulate(&bench(&workload, &score, &config), &[&change]);
    let mean = outcome.effect(Metric::ResponseTime).unwrap();
    // By hand: the first of a pair takes 5 or 3.5 s, the second twice that; 16 pairs of 24 are FANCY.
    assert!(
        (mean.from - (16.0 * 7.5 + 8.0 * 5.25) / 24.0).abs() < 1e-6,
        "{mean:?}"
    );
    assert!((mean.to - 5.25).abs() < 1e-6, "{mean:?}");
    let queue = outcome.effect(Metric::QueueTime).unwrap();
    assert!((queue.to - 3.5).abs() < 1e-6, "{queue:?}");
    let tail = outcome
        .effects
        .iter()
        .find(|e| e.statistic == "p95")
        .unwrap();
    // Nearly all of the longest are 10 s now, and 7 s then.
    assert!(
        (tail.from - 10.0).abs() < 0.1 && (tail.to - 7.0).abs() < 0.1,
        "{tail:?}"
    );
}

/// A step in a session of its own that waited for a slot.
#[allow(clippy::cast_possible_truncation)]
fn queued(
    records: &mut Records,
    (at, second): (i64, i64),
    mode: &str,
    (wait, preparation): (f64, f64),
) {
    let nanos = |s: f64| (s * NANOS as f64) as i64;
    let start = Time(Time::EARLIEST.0 + at * 60 * NANOS + second);
    let catalog = &mut records.catalog;
    let session = catalog.name(&format!("{at}-{second}"));
    let identity = catalog.identity(Identity {
        session,
        ..Identity::default()
    });
    let values = [
        (Dimension::Mode, catalog.name(mode)),
        (Dimension::Purpose, catalog.name("testing")),
    ];
    let dims = catalog.dims(values.to_vec());
    let id = (at * 2 + second + 1) as u64;
    for (kind, begin, duration) in [
        (OperationKind::Step, 0.0, wait + preparation + 3.0),
        (OperationKind::WaitQueue, 0.0, wait),
        (OperationKind::ContextPreparation, wait, preparation),
        (OperationKind::ModelRequest, wait + preparation, 3.0),
    ] {
        let is_step = kind == OperationKind::Step;
        if duration > 0.0 {
            let mut operation = Operation::new(kind, Time(start.0 + nanos(begin)), 0);
            operation.duration = nanos(duration);
            operation.id = if is_step { id } else { 0 };
            operation.parent = if is_step { 0 } else { id };
            (operation.dims, operation.identity) = (dims, identity);
            records.operations.push(operation);
        }
    }
}

/// One change spares the whole of the first request, another half of each of two: of 10 and 20 dollars 20 are
/// spared, not 25.
#[test]
fn no_request_is_spared_twice() {
    let relief = |parts: &[(u32, f64, f64)]| Relief {
        metric: Metric::ComputedCost,
        sum: -parts.iter().map(|p| p.1).sum::<f64>(),
        n: 0.0,
        parts: parts
            .iter()
            .map(|(request, spared, of)| OfRequest {
                request: (0, *request),
                spared: *spared,
                of: *of,
            })
            .collect::<Vec<_>>()
            .into(),
    };
    let (first, halves) = (
        relief(&[(0, 10.0, 10.0)]),
        relief(&[(0, 5.0, 10.0), (1, 10.0, 20.0)]),
    );
    for both in [[&first, &halves], [&halves, &first]] {
        assert!((relieved(both.into_iter()) + 20.0).abs() < 1e-9);
    }
    assert!((relieved([&halves].into_iter()) - halves.sum).abs() < 1e-9);
    let whole = Relief::whole(Metric::ComputedCost, -3.0, 0.0);
    assert!((relieved([&whole, &first].into_iter()) + 13.0).abs() < 1e-9);
}

#[test]
fn without_the_other_variant_there_is_no_change() {
    let workload = workload();
    let mut swap = to_simple(&workload);
    swap.to = Name::NONE;
    assert_eq!(Change::measured(&workload, swap), None);
}
