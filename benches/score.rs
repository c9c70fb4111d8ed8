//! The score of 1,000 sessions with its interval.

use criterion::{Criterion, criterion_group, criterion_main};
use perfadvise::config::{Config, Profile};
use perfadvise::record::{DimsId, Name, OperationKind, hash64};
use perfadvise::score::score;
use perfadvise::workload::{Extra, Figure, Row, RowKey, UnitId, UnitOfInference, Workload};
use std::hint::black_box;

/// A number from 0 to 1 that only `n` decides.
#[allow(clippy::cast_precision_loss)]
fn noise(n: u64) -> f64 {
    (hash64(&n.to_le_bytes()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// 1,000 sessions of 120 steps.
#[allow(clippy::cast_possible_truncation)]
fn sessions() -> Workload {
    let row = |unit: u32| {
        let mut time = Figure::default();
        for step in 0..120_u64 {
            time.add((1e9 * (0.5 + 9.0 * noise(u64::from(unit) * 1_000 + step).powi(3))) as i64);
        }
        Row {
            key: RowKey {
                unit: UnitId(unit),
                task: Name::NONE,
                operation: OperationKind::Step,
                is_step: true,
                dims: DimsId(0),
                cell: 1_970_000,
            },
            outcomes: [118, 2, 0, 0, 0, 0],
            time,
            extra: Some(Box::new(Extra {
                cache_hits: u64::from(60 + unit % 40),
                cache_lookups: 120,
                budget_used: 90_000 + u64::from(unit % 700) * 10,
                budget: 100_000,
                ..Extra::default()
            })),
        }
    };
    let mut workload = Workload {
        rows: (0..1_000).map(row).collect(),
        units: (0..1_000)
            .map(|i| UnitOfInference {
                name: format!("session {i:04}"),
            })
            .collect(),
        ..Workload::default()
    };
    workload.counts.records = 120_000;
    workload
}

fn benches(criterion: &mut Criterion) {
    let workload = sessions();
    criterion.bench_function("score of 1,000 sessions", |b| {
        b.iter(|| {
            score(
                black_box(&workload),
                &Config::default(),
                Profile::Orchestrator,
            )
        });
    });
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(10);
    targets = benches
}
criterion_main!(group);
