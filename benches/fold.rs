//! Reading native records, folding the records of a gigabyte of session logs, asking the workload.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use perfadvise::ingest::{Input, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{
    Dimension, Flags, Identity, Measured, Operation, OperationKind, Records, Tokens, hash64,
    hash128,
};
use perfadvise::units::{NANOS, Time};
use perfadvise::workload::{Filter, FoldOptions, Grouping, fold};
use std::hint::black_box;

/// 1,000 sessions of 120 requests, each followed by a tool call; one operation in ten comes twice.
fn sessions() -> Records {
    let mut records = Records::default();
    let start = 1_772_000_000 * NANOS;
    let tools = ["Read", "Edit", "Bash", "Grep", "Write"].map(|t| records.catalog.name(t));
    let models = ["large", "small"].map(|m| records.catalog.name(m));
    let interface = records.catalog.name("claude_code");
    for session in 0..1_000_i64 {
        let name = records.catalog.name(&format!("session-{session:04}"));
        let project = records.catalog.name(&format!("project-{}", session % 20));
        let identity = records.catalog.identity(Identity {
            session: name,
            ..Identity::default()
        });
        for request in 0..120_i64 {
            let n = session * 1_000 + request;
            let time = Time(start + session * 600 * NANOS + request * 20 * NANOS);
            let key = format!("message-{n}");
            let common = |dimension, value| {
                vec![
                    (Dimension::Interface, interface),
                    (Dimension::Project, project),
                    (dimension, value),
                ]
            };
            let mut operation = Operation::new(OperationKind::ModelRequest, time, 0);
            operation.key = hash128(key.as_bytes());
            operation.id = hash64(key.as_bytes());
            operation.duration = 1_000_000_000 + n.wrapping_mul(7_919_317) % (9 * NANOS);
            operation.identity = identity;
            operation.dims = records.catalog.dims(common(
                Dimension::Model,
                models[usize::try_from(n % 7).unwrap_or(0) / 6],
            ));
            operation.flags = Flags::LEADS.with(Flags::HAS_TOKENS);
            operation.tokens = Tokens {
                fresh: 3,
                cache_read: 40_000,
                cache_write: 900,
                output: 300,
                ..Tokens::default()
            };
            records.operations.push(operation);
            let mut call = Operation::new(OperationKind::ToolCall, operation.start, 0);
            call.start = Time(operation.start.0 + operation.duration);
            call.duration = n.wrapping_mul(104_729) % (2 * NANOS);
            call.key = hash128(format!("call-{n}").as_bytes());
            call.parent = operation.id;
            call.identity = identity;
            call.dims = records.catalog.dims(common(
                Dimension::Tool,
                tools[usize::try_from(n % 5).unwrap_or(0)],
            ));
            call.flags = Flags::LEADS;
            records.operations.push(call);
            if n % 10 == 0 {
                records.operations.push(operation);
            }
        }
    }
    records
}

fn folding(c: &mut Criterion) {
    let records = sessions();
    let options = FoldOptions {
        file_formats: vec!["claude-code"],
        ..FoldOptions::default()
    };
    let mut group = c.benchmark_group("fold");
    group.sample_size(20);
    group.bench_function("252,000 operations of 1,000 sessions", |b| {
        b.iter_batched(
            || records.clone(),
            |records| fold(records, &options),
            BatchSize::LargeInput,
        );
    });
    let workload = fold(records, &options);
    eprintln_rows(workload.rows.len());
    for (name, grouping) in [
        ("all", Grouping::All),
        ("units", Grouping::Unit),
        ("hours", Grouping::Window(3_600 * NANOS)),
        ("models", Grouping::Dimension(Dimension::Model)),
    ] {
        group.bench_function(format!("response times by {name}"), |b| {
            let metric = Measured::Known(Metric::ResponseTime);
            b.iter(|| black_box(workload.group(metric, &Filter::default(), grouping)));
        });
    }
    group.bench_function("what is measured", |b| {
        b.iter(|| black_box(workload.measured()))
    });
    group.finish();
}

/// How many rows the figures above are about.
#[allow(clippy::print_stderr)]
fn eprintln_rows(rows: usize) {
    eprintln!("{rows} rows");
}

fn reading(c: &mut Criterion) {
    let bytes = std::fs::read("fixtures/native-records/workload.jsonl").unwrap_or_default();
    let zone = jiff::tz::TimeZone::UTC;
    let mut group = c.benchmark_group("read");
    group.throughput(criterion::Throughput::Bytes(bytes.len() as u64));
    group.bench_function("native records", |b| {
        b.iter(|| {
            let mut input = Input::of_bytes(0, "-", &bytes, &zone);
            let (mut records, mut problems) = (Records::default(), Vec::new());
            if let Some(format) = formats::named("native-records") {
                let _ = format.read(&mut input, &mut records, &mut problems);
            }
            records
        });
    });
    group.finish();
}

criterion_group!(benches, folding, reading);
criterion_main!(benches);
