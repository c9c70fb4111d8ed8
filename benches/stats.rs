//! The statistics on the series that `benches/compare/stats.py` gives to scipy, numpy and ruptures. Names are `method/n`, by which
//! that script finds the times again.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, criterion_group, criterion_main};
use perfadvise::stats::change::{Tolerance, changes};
use perfadvise::stats::segments::optimal_partition;
use perfadvise::stats::{counts, location, permutation, rank_sum, shape, tails, trend, unpaired};
use std::hint::black_box;
use std::time::Duration;

/// Time on the processor, which other programs do not lengthen much; where the system does not tell, zero.
struct ProcessorTime;

impl ProcessorTime {
    /// Since the thread began.
    fn now() -> Duration {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let first = told.split(' ').next().and_then(|n| n.parse().ok());
        Duration::from_nanos(first.unwrap_or(0))
    }
}

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::now()
    }

    fn end(&self, began: Duration) -> Duration {
        Self::now().saturating_sub(began)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Nearly normal numbers that the script forms too, to the last bit: sums of twelve uniform ones.
#[allow(clippy::cast_precision_loss)]
fn noise(stream: u64, n: usize) -> Vec<f64> {
    let uniform = |index: u64| {
        let x = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..n as u64)
        .map(|i| {
            let first = (stream << 40) + 12 * i;
            (0..12).map(|k| uniform(first + k)).sum::<f64>() - 6.0
        })
        .collect()
}

/// Levels 0 and 3 in turn, 100 values each.
fn with_steps(n: usize) -> Vec<f64> {
    let mut values = noise(3, n);
    for (i, value) in values.iter_mut().enumerate() {
        if i / 100 % 2 == 1 {
            *value += 3.0;
        }
    }
    values
}

#[allow(clippy::cast_precision_loss)]
fn benches(criterion: &mut Criterion<ProcessorTime>) {
    let (x, y) = (noise(1, 100_000), noise(2, 100_000));
    let penalty = |n: usize| 3.0 * (n as f64).ln();
    for n in [100, 1_000, 10_000] {
        let steps = with_steps(n);
        criterion.bench_function(&format!("partition with changes/{n}"), |b| {
            b.iter(|| optimal_partition(black_box(&steps), penalty(n), 5));
        });
        criterion.bench_function(&format!("Hodges-Lehmann/{n}"), |b| {
            b.iter(|| location::hodges_lehmann(black_box(&x[..n]), black_box(&y[..n])));
        });
    }
    for n in [1_000, 10_000, 100_000] {
        criterion.bench_function(&format!("partition of one level/{n}"), |b| {
            b.iter(|| optimal_partition(black_box(&x[..n]), penalty(n), 5));
        });
        criterion.bench_function(&format!("changes of one level/{n}"), |b| {
            b.iter(|| changes(black_box(&x[..n]), Tolerance::Share(0.05)));
        });
        criterion.bench_function(&format!("Mann-Kendall/{n}"), |b| {
            b.iter(|| trend::mann_kendall(black_box(&x[..n])));
        });
    }
    // Beyond 50 a group the program itself takes Student's approximation.
    for n in [40, 98] {
        criterion.bench_function(&format!("Brunner-Munzel, 9,999 splits/{n}"), |b| {
            b.iter(|| unpaired::brunner_munzel(black_box(&x[..n / 2]), &y[..n / 2], 1));
        });
    }
    for n in [100, 798] {
        let ones = vec![10.0; n / 2];
        criterion.bench_function(&format!("ratio of sums, 9,999 splits/{n}"), |b| {
            b.iter(|| {
                permutation::ratio_of_sums(black_box(&x[..n / 2]), &ones, &y[..n / 2], &ones, 1)
            });
        });
    }
    criterion.bench_function("Mann-Whitney, exact/100", |b| {
        b.iter(|| rank_sum::mann_whitney(black_box(&x[..50]), &y[..50]));
    });
    criterion.bench_function("Kolmogorov-Smirnov, exact/1000", |b| {
        b.iter(|| shape::kolmogorov_smirnov(black_box(&x[..500]), &y[..500]));
    });
    criterion.bench_function("Boschloo/100", |b| {
        b.iter(|| counts::boschloo(black_box(41), 50, 47, 50));
    });
    criterion.bench_function("Boschloo/632", |b| {
        b.iter(|| counts::boschloo(black_box(300), 316, 290, 316));
    });
    let positive =
        |values: &[f64]| -> Vec<f64> { values.iter().map(|v| (v / 2.0).exp()).collect() };
    let (a, b) = (positive(&x[..1_000]), positive(&y[..1_000]));
    criterion.bench_function("ratio of p95, 1,999 samples/2000", |c| {
        c.iter(|| tails::ratio(black_box(&a), &b, 0.95, 1));
    });
}

criterion_group! {
    name = group;
    config = Criterion::default().with_measurement(ProcessorTime).sample_size(10);
    targets = benches
}
criterion_main!(group);
