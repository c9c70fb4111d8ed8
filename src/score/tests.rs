//! The score of whole workloads made by hand.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::config::Alert;
use crate::record::{DimsId, Measured, Name, OperationKind};
use crate::workload::{Extra, Figure, Row, RowKey, SampleSeries, UnitId, UnitOfInference, Values};

const SECOND: i64 = 1_000_000_000;

/// Units of 10 steps each, with the mean time in seconds that `time` gives, one failure in `every`
/// unit, and cache and tokens as given.
fn workload(units: u32, time: impl Fn(u32) -> i64, failing_every: u32) -> Workload {
    let rows = (0..units)
        .map(|unit| {
            let mut figure = Figure::default();
            let failed = u32::from(unit % failing_every == 0);
            for step in 0..i64::from(10 - failed) {
                figure.add(time(unit) * (SECOND + step * SECOND / 20));
            }
            Row {
                key: RowKey {
                    unit: UnitId(unit),
                    task: Name::NONE,
                    operation: OperationKind::Step,
                    is_step: true,
                    dims: DimsId(0),
                    cell: 1_700_000,
                },
                outcomes: [10 - failed, failed, 0, 0, 0, 0],
                time: figure,
                extra: Some(Box::new(Extra {
                    cache_hits: 7 + u64::from(unit % 3),
                    cache_lookups: 10,
                    budget_used: 880,
                    budget: 1_000,
                    ..Extra::default()
                })),
            }
        })
        .collect();
    let mut workload = Workload {
        rows,
        units: (0..units)
            .map(|i| UnitOfInference {
                name: format!("session {i:04}"),
            })
            .collect(),
        ..Workload::default()
    };
    workload.counts.records = u64::from(units) * 10;
    workload
}

/// Samples of the processor, one a minute, by `utilization` in percent.
fn with_cpu(mut workload: Workload, minutes: i64, utilization: impl Fn(i64) -> i64) -> Workload {
    workload.samples = vec![SampleSeries {
        metric: Measured::Known(Metric::CpuUtilization),
        dims: DimsId(0),
        unit: UnitId::NONE,
        task: Name::NONE,
        cells: (0..minutes)
            .map(|minute| {
                let value = utilization(minute) * SECOND / 100;
                (102_000_000 + minute * 4, Values::One(value))
            })
            .collect(),
    }];
    workload
}

fn of(workload: &Workload) -> Score {
    score(workload, &Config::default(), Profile::Orchestrator)
}

#[test]
fn a_score_with_its_interval() {
    let ours = of(&workload(40, |u| 1 + i64::from(u % 4), 8));
    let value = ours.value.unwrap();
    assert_eq!(ours.status, ScoreStatus::Ok);
    assert!((ours.coverage - 0.8).abs() < 1e-12);
    let lost: f64 = ours.parts.iter().filter_map(|p| p.points_lost).sum();
    assert!((lost + value - 100.0).abs() < 1e-9);
    let interval = ours.interval.as_ref().unwrap();
    assert!(
        interval.low < value && value < interval.high,
        "{interval:?}"
    );
    assert!(interval.high - interval.low < 15.0, "{interval:?}");
    assert_eq!(interval.method, "bias-corrected bootstrap over units");
    let bounds = ours.bounds.unwrap();
    assert!((bounds.high - bounds.low - 20.0).abs() < 1e-9);
    assert_eq!(of(&workload(40, |u| 1 + i64::from(u % 4), 8)), ours);
}

#[test]
fn without_spread_between_units_there_is_none_in_the_score() {
    let ours = of(&workload(40, |_| 2, 1_000_000));
    let interval = ours.interval.unwrap();
    // Only the cache differs between units, and there is one failure.
    assert!(interval.high - interval.low < 3.0, "{interval:?}");
}

#[test]
fn few_units_have_no_interval_and_low_confidence() {
    let ours = of(&workload(5, |_| 2, 3));
    assert_eq!(
        (ours.interval, ours.status),
        (None, ScoreStatus::LowConfidence)
    );
    let ours = of(&workload(9, |_| 2, 3));
    assert!(ours.interval.is_some());
    assert_eq!(ours.status, ScoreStatus::LowConfidence);
    assert!(ours.band.is_some());
}

#[test]
fn nothing_measured_is_no_score() {
    let ours = of(&Workload::default());
    assert_eq!((ours.value, ours.status), (None, ScoreStatus::None));
    assert_eq!((ours.band, ours.bounds, ours.interval), (None, None, None));
    assert_eq!(ours.parts.len(), 9);
    assert!(ours.parts.iter().all(|p| p.points_lost.is_none()));
}

#[test]
fn samples_alone_are_partial() {
    let busy = with_cpu(Workload::default(), 60, |minute| 60 + minute % 40);
    let ours = of(&busy);
    assert_eq!((ours.status, ours.band), (ScoreStatus::Partial, None));
    assert!((ours.coverage - 0.06).abs() < 1e-12);
    // Four quarters of an hour are too few to draw from.
    assert_eq!(ours.interval, None);
}

#[test]
fn samples_that_hang_together_are_held_fixed() {
    // A slow rise: neighbouring windows of any length resemble each other.
    let workload = with_cpu(workload(40, |u| 1 + i64::from(u % 4), 8), 600, |m| m / 10);
    let interval = of(&workload).interval.unwrap();
    assert!(
        interval.method.ends_with("samples of the machine fixed"),
        "{interval:?}"
    );
}

#[test]
fn the_word_is_capped_and_says_why() {
    // Eight in ten units are fast, two so slow that p95 is beyond its poor point.
    let ours = of(&workload(
        40,
        |u| if u % 10 == 0 { 9 } else { 1 },
        1_000_000,
    ));
    assert!(ours.value.unwrap() >= 75.0, "{:?}", ours.value);
    assert_eq!(ours.band, Some(Band::Fair));
    assert_eq!(
        ours.band_reason.unwrap(),
        "response time (p95) is worse than its poor point"
    );

    let config = Config {
        alerts: vec![Alert {
            name: "response_time".into(),
            metric: Some(Metric::ResponseTime),
            threshold: Some(1.2),
            severity: Severity::Critical,
            ..Alert::default()
        }],
        ..Config::default()
    };
    let ours = score(
        &workload(40, |_| 1, 1_000_000),
        &config,
        Profile::Orchestrator,
    );
    assert!(ours.value.unwrap() >= 75.0);
    assert_eq!(ours.band, Some(Band::Fair));
    assert!(ours.band_reason.unwrap().contains("critical limit"));
}

#[test]
fn a_projection_changes_the_parts_it_names() {
    let ours = of(&workload(40, |u| 1 + i64::from(u % 4), 8));
    let same = rescore(&ours, &BTreeMap::new()).unwrap();
    assert!((same - ours.value.unwrap()).abs() < 1e-12);
    let better = rescore(&ours, &BTreeMap::from([(Part::Cache, 0.95)])).unwrap();
    let part = ours.parts.iter().find(|p| p.part == "cache").unwrap();
    let s = curve(0.05, part.target.unwrap(), part.poor.unwrap()).unwrap();
    let expected = ours.value.unwrap() + 100.0 * part.weight * (s - part.score.unwrap()) / 80.0;
    assert!((better - expected).abs() < 1e-9);
    // What was not measured cannot be projected.
    assert_eq!(rescore(&ours, &BTreeMap::from([(Part::Disk, 0.5)])), None);
}

#[test]
fn the_providers_cache_stands_in_for_the_context_cache() {
    let mut workload = workload(40, |_| 2, 8);
    for row in &mut workload.rows {
        let extra = row.extra.as_mut().unwrap();
        (extra.cache_hits, extra.cache_lookups) = (0, 0);
        (extra.with_tokens, extra.fresh, extra.cache_read) = (10, 100, 900);
        row.key.operation = OperationKind::ModelRequest;
    }
    let ours = of(&workload);
    let part = ours.parts.iter().find(|p| p.part == "cache").unwrap();
    assert_eq!(
        (part.metric.as_str(), part.title.as_str()),
        ("prompt_cache_hit_rate", "prompt cache hit rate")
    );
    assert!((part.value.unwrap() - 0.1).abs() < 1e-12);
}
