//! What came since the look before, in lines for people or as a line of JSON.

use super::pen::{Pen, Tone};
use super::times::worded;
use super::words::{amount, count, counted};
use super::{Style, json};
use crate::assessment::{FaultRow, News};
use crate::assessment::{Notice, NoticeKind, SampleNews, UnitNews};
use crate::metrics::{Metric, Unit};

/// Units of a look that have a line each, and faults.
const LISTED: usize = 20;

/// Sampled metrics that stand in the line of samples, as far as they were sampled; the others are counted.
const SHOWN: [Metric; 6] = [
    Metric::CpuUtilization,
    Metric::MemoryUtilization,
    Metric::DiskUtilization,
    Metric::ProcessCpu,
    Metric::MemoryUsage,
    Metric::CheckTime,
];

/// The first look in a sentence: what is followed.
#[must_use]
pub fn opening(news: &News, style: &Style) -> String {
    let pen = Pen::new(style);
    let steps: u64 = news.units.iter().map(|u| u.steps).sum();
    let problems = news.problems.len() as u64;
    let mut text = format!(
        "follows {} with {} in {} and {}",
        counted(news.files, "file", "files"),
        counted(steps, "step", "steps"),
        counted(news.units.len() as u64, "unit", "units"),
        counted(
            news.samples.iter().map(|s| s.n).max().unwrap_or(0),
            "sample",
            "samples"
        ),
    );
    if problems > 0 {
        text.push_str(&format!(
            "; {}: perfadvise analyze lists them",
            counted(problems, "fault", "faults")
        ));
    }
    let mut lines = vec![line(news, &pen, &text)];
    lines.extend(
        news.alerts
            .iter()
            .map(|n| line(news, &pen, &of_alert(n, &pen))),
    );
    lines.concat()
}

/// A line for each unit, the samples, each alert and each fault.
#[must_use]
pub fn lines(news: &News, style: &Style) -> String {
    let pen = Pen::new(style);
    let mut all = Vec::new();
    for unit in news.units.iter().take(LISTED) {
        all.push(of_unit(unit, &pen));
    }
    let left = news.units.len().saturating_sub(LISTED) as u64;
    if left > 0 {
        all.push(format!("and {} more", counted(left, "unit", "units")));
    }
    all.extend(of_samples(&news.samples, &pen));
    all.extend(news.alerts.iter().map(|n| of_alert(n, &pen)));
    for fault in news.problems.iter().take(LISTED) {
        all.push(of_fault(fault, &pen));
    }
    let left = news.problems.len().saturating_sub(LISTED) as u64;
    if left > 0 {
        all.push(format!(
            "and {}",
            counted(left, "more fault", "more faults")
        ));
    }
    all.iter().map(|text| line(news, &pen, text)).collect()
}

/// A look as a line of JSON.
#[must_use]
pub fn json_line(news: &News) -> String {
    json::line(news)
}

fn line(news: &News, pen: &Pen<'_>, text: &str) -> String {
    let at = worded(news.at, &pen.style.zone, "%H:%M:%S");
    let text = text.replace(super::words::GLUE, " ");
    format!("{}  {text}\n", pen.paint(Tone::Faint, &at))
}

fn of_unit(unit: &UnitNews, pen: &Pen<'_>) -> String {
    let mut parts = Vec::new();
    if unit.steps > 0 {
        parts.push(format!("+{}", counted(unit.steps, "step", "steps")));
    }
    if let Some(seconds) = unit.response_time {
        let time = amount(Unit::Seconds, seconds, pen.signs);
        parts.push(if unit.steps > 1 {
            format!("{time} each")
        } else {
            time
        });
    }
    if unit.failures > 0 {
        let failed = format!("{} failed", count(unit.failures));
        parts.push(pen.paint(Tone::Bad, &failed));
    }
    if unit.tool_calls > 0 {
        parts.push(counted(unit.tool_calls, "tool call", "tool calls"));
    }
    if unit.tokens > 0 {
        parts.push(counted(unit.tokens, "token", "tokens"));
    }
    match (unit.cost, unit.computed_cost) {
        (Some(cost), _) => parts.push(amount(Unit::Usd, cost, pen.signs)),
        (None, Some(cost)) => {
            let cost = amount(Unit::Usd, cost, pen.signs);
            parts.push(format!("{cost} at list prices"));
        }
        (None, None) => {}
    }
    let name = pen.name(&unit.unit, 40);
    let new = if unit.is_new { "new: " } else { "" };
    let dot = format!(" {} ", pen.signs.dot);
    format!(
        "{}  {new}{}",
        pen.paint(Tone::Bold, &name),
        parts.join(&dot)
    )
}

fn of_samples(samples: &[SampleNews], pen: &Pen<'_>) -> Option<String> {
    let most = samples.iter().map(|s| s.n).max()?;
    let shown = |metric: &Metric| {
        let sample = samples.iter().find(|s| s.metric == metric.name())?;
        let mean = amount(sample.unit, sample.mean?, pen.signs);
        Some(format!("{} {mean}", metric.row().title))
    };
    let mut parts: Vec<String> = SHOWN.iter().filter_map(shown).collect();
    let others = (samples.len() - parts.len()) as u64;
    if others > 0 {
        parts.push(counted(others, "other metric", "other metrics"));
    }
    let dot = format!(" {} ", pen.signs.dot);
    Some(format!(
        "+{}  {}",
        counted(most, "sample", "samples"),
        parts.join(&dot)
    ))
}

fn of_alert(notice: &Notice, pen: &Pen<'_>) -> String {
    let tone = match notice.kind {
        NoticeKind::Resolved | NoticeKind::Test => Tone::Good,
        NoticeKind::Firing | NoticeKind::Escalated | NoticeKind::Reminder => Tone::Bad,
    };
    let word = pen.paint(tone, &format!("alert {}", notice.kind.name()));
    format!(
        "{word}  {}  {}  {} ({})",
        notice.severity.name(),
        pen.text(&notice.key.title()),
        notice.value_text,
        notice.rule
    )
}

fn of_fault(fault: &FaultRow, pen: &Pen<'_>) -> String {
    let place = fault.line.map_or_else(String::new, |n| format!(":{n}"));
    format!(
        "{}  {}{place}: {}",
        pen.paint(Tone::Bad, "left out"),
        pen.path(&fault.file, 60),
        pen.text(&fault.reason)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{NANOS, Time};

    #[test]
    fn a_look_in_lines() {
        let news = News {
            schema_version: 1,
            at: Time(1_795_435_200 * NANOS),
            look: 2,
            files: 3,
            records: 40,
            bytes_read: 900,
            units: vec![UnitNews {
                unit: "3f2a\u{1b}[31m".into(),
                is_new: true,
                steps: 4,
                failures: 1,
                response_time: Some(8.25),
                tool_calls: 2,
                tokens: 12_300,
                cost: None,
                computed_cost: Some(0.021),
            }],
            samples: vec![
                SampleNews {
                    metric: "cpu_utilization".into(),
                    unit: Unit::Ratio,
                    n: 10,
                    mean: Some(0.34),
                },
                SampleNews {
                    metric: "queue_depth".into(),
                    unit: Unit::Unknown,
                    n: 10,
                    mean: Some(3.0),
                },
            ],
            alerts: Vec::new(),
            problems: vec![FaultRow {
                file: "a.jsonl".into(),
                line: Some(7),
                reason: "invalid UTF-8".into(),
            }],
        };
        insta::assert_snapshot!(lines(&news, &Style::default()), @r"
        12:00:00  3f2a\u{1b}[31m  new: +4 steps · 8.25 s each · 1 failed · 2 tool calls · 12,300 tokens · $0.0210 at list prices
        12:00:00  +10 samples  CPU 34.0 % · 1 other metric
        12:00:00  left out  a.jsonl:7: invalid UTF-8
        ");
        insta::assert_snapshot!(opening(&news, &Style::default()), @"12:00:00  follows 3 files with 4 steps in 1 unit and 10 samples; 1 fault: perfadvise analyze lists them");
    }
}
