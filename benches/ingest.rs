//! Reading session logs from memory: lines that carry records, and lines of which only the structure
//! is looked at.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use perfadvise::ingest::{Input, formats};
use perfadvise::record::Records;
use std::hint::black_box;

const FILLER: &str = r#"fn main() {\n    println!(\"{} of {}\", done, total);\n} naïve café — "#;

/// Replies of two lines, each with a tool call that is answered.
fn turns() -> String {
    let mut text = String::new();
    for i in 0..2_000 {
        let (minute, second) = (i / 60 % 60, i % 60);
        let time = format!("2026-03-02T08:{minute:02}:{second:02}.250Z");
        let common =
            format!(r#""sessionId":"s","cwd":"/home/dev/p","uuid":"u{i}","timestamp":"{time}""#);
        let usage = r#""usage":{"input_tokens":3,"cache_creation_input_tokens":400,"cache_read_input_tokens":9000,"output_tokens":120}"#;
        let body = FILLER.repeat(8);
        text.push_str(&format!(
            "{{\"type\":\"assistant\",{common},\"message\":{{\"id\":\"msg_{i}\",\"model\":\"m\",\"content\":[{{\"type\":\"text\",\"text\":\"{body}\"}}],\"stop_reason\":null,{usage}}}}}\n\
             {{\"type\":\"assistant\",{common},\"message\":{{\"id\":\"msg_{i}\",\"model\":\"m\",\"content\":[{{\"type\":\"tool_use\",\"id\":\"toolu_{i}\",\"name\":\"Read\",\"input\":{{}}}}],\"stop_reason\":\"tool_use\",{usage}}}}}\n\
             {{\"type\":\"user\",{common},\"message\":{{\"role\":\"user\",\"content\":[{{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_{i}\",\"content\":\"{body}{body}\"}}]}}}}\n"
        ));
    }
    text
}

/// Long lines of a kind that carries nothing.
fn passed_over() -> String {
    let body = FILLER.repeat(100);
    format!("{{\"type\":\"attachment\",\"sessionId\":\"s\",\"uuid\":\"u\",\"text\":\"{body}\"}}\n")
        .repeat(400)
}

fn read(text: &str) -> Records {
    let zone = jiff::tz::TimeZone::UTC;
    let mut input = Input::of_bytes(0, "s.jsonl", text.as_bytes(), &zone);
    let (mut records, mut problems) = (Records::default(), Vec::new());
    if let Some(format) = formats::named("claude-code") {
        let result = format.read(&mut input, &mut records, &mut problems);
        assert!(result.is_ok() && problems.is_empty());
    }
    records
}

fn ingest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("claude-code");
    for (name, text) in [("turns", turns()), ("passed over", passed_over())] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| read(black_box(&text))));
    }
    group.finish();
}

criterion_group!(benches, ingest);
criterion_main!(benches);
