//! Analysing 1,000 sessions: of one interface, and of two modes and two interfaces that are compared.

use criterion::{Criterion, criterion_group, criterion_main};
use perfadvise::analysis::{Questions, analyse};
use perfadvise::config::{Config, Profile};
use perfadvise::record::{
    Dimension, Flags, Identity, Measured, Operation, OperationKind, Records, Sample, Tokens, hash64,
};
use perfadvise::units::{NANOS, Time};
use perfadvise::workload::{FoldOptions, Workload, fold};
use std::hint::black_box;

/// 1,000 sessions of 120 requests, each followed by a tool call, over seven days; a CPU sample every
/// minute.
fn sessions(is_varied: bool) -> Workload {
    let mut records = Records::default();
    let start = 1_772_000_000 * NANOS;
    let interfaces = ["claude_code", "anthropic_api"].map(|t| records.catalog.name(t));
    let modes = ["FANCY", "SIMPLE"].map(|t| records.catalog.name(t));
    let tools = ["Read", "Edit", "Bash", "Grep", "Write"].map(|t| records.catalog.name(t));
    for session in 0..1_000_i64 {
        let identity = Identity {
            session: records.catalog.name(&format!("session-{session:04}")),
            ..Identity::default()
        };
        let identity = records.catalog.identity(identity);
        let variant = |n: i64| usize::try_from(session / n % 2).unwrap_or(0);
        for request in 0..120_i64 {
            let n = session * 1_000 + request;
            let time = Time(start + session * 600 * NANOS + request * 20 * NANOS);
            let mut dims = vec![(Dimension::Interface, interfaces[0])];
            if is_varied {
                dims = vec![
                    (Dimension::Interface, interfaces[variant(3)]),
                    (Dimension::Mode, modes[variant(1)]),
                ];
            }
            let mut operation = Operation::new(OperationKind::ModelRequest, time, 0);
            operation.id = hash64(&n.to_le_bytes());
            #[allow(clippy::cast_possible_wrap)]
            let jitter = (hash64(&n.to_be_bytes()) >> 1) as i64 % (9 * NANOS);
            operation.duration = NANOS + jitter + session * 100_000;
            operation.identity = identity;
            operation.dims = records.catalog.dims(dims.clone());
            operation.flags = Flags::LEADS.with(Flags::HAS_TOKENS);
            operation.tokens = Tokens {
                fresh: 3,
                cache_read: 40_000,
                cache_write: u32::try_from(jitter % 9_000).unwrap_or(0),
                output: 300,
                ..Tokens::default()
            };
            records.operations.push(operation);
            let mut call = Operation::new(
                OperationKind::ToolCall,
                Time(time.0 + operation.duration),
                0,
            );
            call.duration = jitter / 4;
            call.parent = operation.id;
            call.identity = identity;
            dims.push((Dimension::Tool, tools[usize::try_from(n % 5).unwrap_or(0)]));
            call.dims = records.catalog.dims(dims);
            call.flags = Flags::LEADS;
            records.operations.push(call);
        }
    }
    for minute in 0..10_080_i64 {
        records.samples.push(Sample {
            key: 0,
            time: Time(start + minute * 60 * NANOS),
            #[allow(clippy::cast_precision_loss)]
            value: 0.3 + (hash64(&minute.to_le_bytes()) % 1_000) as f64 / 5_000.0,
            metric: Measured::Known(perfadvise::metrics::Metric::CpuUtilization),
            dims: perfadvise::record::DimsId(0),
            identity: perfadvise::record::IdentityId(0),
            file: 0,
            flags: Flags::LEADS,
        });
    }
    let options = FoldOptions {
        file_ranks: vec![0],
        file_formats: vec!["claude-code"],
        ..FoldOptions::default()
    };
    fold(records, &options)
}

fn analysing(c: &mut Criterion) {
    let mut group = c.benchmark_group("analysis");
    group.sample_size(10);
    let questions = Questions {
        profile: Profile::CodingAgent,
        by: None,
    };
    for (name, is_varied) in [("one interface", false), ("modes and interfaces", true)] {
        let workload = sessions(is_varied);
        let name = format!("{name}, {} rows", workload.rows.len());
        group.bench_function(name, |b| {
            b.iter(|| analyse(black_box(&workload), &Config::default(), &questions));
        });
    }
    group.finish();
}

criterion_group!(benches, analysing);
criterion_main!(benches);
