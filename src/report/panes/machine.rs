//! The machine now and over the period: resources, processes.

use super::super::bars;
use super::super::pen::{Pen, left, right};
use super::super::words;
use super::{Pane, Scene, ago};
use crate::assessment::{Indicator, ProcessReading, ProcessRow, Reading, Resources, TargetVerdict};
use crate::metrics::Unit;

/// What to do without samples.
const NO_SAMPLES: &str =
    "No samples: start perfadvise monitor, or look at this machine with --machine.";

/// What is a share of a whole: name and metric.
const SHARES: [(&str, &str); 4] = [
    ("CPU", "cpu_utilization"),
    ("Memory", "memory_utilization"),
    ("Swap", "swap_utilization"),
    ("Disk", "disk_utilization"),
];

/// Samples that are older than this many seconds are no present.
const OLD: f64 = 300.0;

/// CPU, memory and disk now with their targets, beside what was over the period; traffic.
pub(crate) fn resources(scene: &Scene, pen: &Pen<'_>) -> Pane {
    let latest = &scene.latest;
    let period = scene.assessment.resources.as_ref();
    let mut lines: Vec<String> = SHARES
        .iter()
        .filter_map(|(name, metric)| {
            let now = latest.reading(metric);
            let past = period.and_then(|r| past(r, metric, pen));
            (now.is_some() || past.is_some()).then(|| share(scene, (name, metric), now, past, pen))
        })
        .collect();
    lines.extend(network(scene, pen));
    if lines.is_empty() {
        return Pane::empty("Resources", NO_SAMPLES, pen);
    }
    Pane::new("Resources", &remark(scene, pen), lines)
}

/// CPU, memory and disk in a line.
pub(crate) fn line(scene: &Scene, pen: &Pen<'_>) -> String {
    let parts: Vec<String> = SHARES
        .iter()
        .filter_map(|(name, metric)| {
            let now = scene.latest.reading(metric)?;
            Some(words::glued(&format!(
                "{name} {}",
                words::amount(now.unit, now.value, pen.signs)
            )))
        })
        .collect();
    match parts.is_empty() {
        true => "  No samples: start perfadvise monitor, or use --machine.".into(),
        false => format!("  {}  ({})", parts.join("  "), age(scene, pen)),
    }
}

/// `8 cores, 16.0 GB`, else how old the newest sample is.
fn remark(scene: &Scene, pen: &Pen<'_>) -> String {
    let machine = scene.latest.machine.map(|m| {
        let cores = words::counted(m.cores, "core", "cores");
        format!(
            "this machine, {cores}, {}",
            words::amount(Unit::Bytes, m.memory, pen.signs)
        )
    });
    machine.unwrap_or_else(|| age(scene, pen))
}

fn age(scene: &Scene, pen: &Pen<'_>) -> String {
    let Some(newest) = scene.latest.readings.iter().map(|r| r.at).max() else {
        return "no sample".into();
    };
    let host = scene.latest.readings.iter().find_map(|r| r.host.as_deref());
    let host = host.filter(|_| !pen.is_narrow());
    let host = host.map_or_else(String::new, |h| format!("{}, ", pen.name(h, 20)));
    format!("{host}sampled {}", ago(newest, scene.at, pen))
}

fn share(
    scene: &Scene,
    (name, metric): (&str, &str),
    now: Option<&Reading>,
    past: Option<String>,
    pen: &Pen<'_>,
) -> String {
    let room = if pen.is_narrow() {
        14
    } else {
        (pen.width() / 5).min(30)
    };
    let value = words::amount_or_dash(Unit::Ratio, now.map(|r| r.value), pen.signs);
    let bar = now
        .and_then(|r| bar(scene, r, room, pen))
        .unwrap_or_default();
    let mut notes: Vec<String> = past.into_iter().collect();
    if metric == "memory_utilization"
        && let (Some(machine), Some(now)) = (scene.latest.machine, now)
    {
        let amount = |v| words::amount(Unit::Bytes, v, pen.signs);
        notes.insert(
            0,
            format!(
                "{} of {}",
                amount(now.value * machine.memory),
                amount(machine.memory)
            ),
        );
    }
    let rate = |metric| {
        let reading = scene.latest.reading(metric)?;
        Some(words::amount(Unit::Bytes, reading.value, pen.signs))
    };
    if metric == "disk_utilization"
        && let (Some(read), Some(written)) = (rate("disk_read_rate"), rate("disk_write_rate"))
    {
        notes.insert(0, format!("read {read}/s  write {written}/s"));
    }
    let mut line = format!(
        "  {}  {}   {} ",
        left(name, 8),
        right(&value, 8),
        left(&bar, room)
    );
    // Whole notes or none.
    for note in notes {
        let longer = format!("{line}  {note}");
        if super::width(&longer) <= pen.width() {
            line = longer;
        }
    }
    line
}

/// The bar of a reading with the target of its indicator.
fn bar(scene: &Scene, reading: &Reading, columns: usize, pen: &Pen<'_>) -> Option<String> {
    let judged = scene
        .assessment
        .indicators
        .iter()
        .find(|i| i.metric == reading.metric);
    let now = Indicator {
        title: String::new(),
        metric: reading.metric.clone(),
        statistic: String::new(),
        unit: reading.unit,
        value: Some(reading.value),
        n: None,
        interval: None,
        target: judged.and_then(|i| i.target.clone()),
        verdict: TargetVerdict::Unknown,
        scale_low: 0.0,
        scale_high: 1.0,
        reported: false,
        note: None,
    };
    bars::indicator(&now, columns, pen)
}

/// `p95 78.1 %`, else the mean.
fn past(resources: &Resources, metric: &str, pen: &Pen<'_>) -> Option<String> {
    let row = resources.rows.iter().find(|r| r.metric == metric)?;
    let (word, value) = match (row.p95, row.mean) {
        (Some(p95), _) => ("p95", p95),
        (None, Some(mean)) => ("mean", mean),
        (None, None) => return None,
    };
    Some(format!(
        "{word} {}",
        words::amount(row.unit, value, pen.signs)
    ))
}

/// `Network  up 2.0 MB/s  down 1.5 MB/s`, and the load.
fn network(scene: &Scene, pen: &Pen<'_>) -> Vec<String> {
    let rate = |metric: &str, word: &str| {
        let reading = scene.latest.reading(metric)?;
        let amount = words::amount(Unit::Bytes, reading.value, pen.signs);
        Some(format!("{word} {amount}/s"))
    };
    let traffic: Vec<String> = [
        ("network_sent_rate", "up"),
        ("network_received_rate", "down"),
    ]
    .into_iter()
    .filter_map(|(metric, word)| rate(metric, word))
    .collect();
    let plain = |metric: &str, word: &str| {
        let reading = scene.latest.reading(metric)?;
        Some(format!(
            "{word} {}",
            words::amount(reading.unit, reading.value, pen.signs)
        ))
    };
    let load: Vec<String> = [("system_load", "1 min"), ("active_processes", "processes")]
        .into_iter()
        .filter_map(|(metric, word)| plain(metric, word))
        .collect();
    [("Network", traffic), ("Load", load)]
        .into_iter()
        .filter(|(_, parts)| !parts.is_empty())
        .map(|(name, parts)| format!("  {}  {}", left(name, 8), parts.join("  ")))
        .collect()
}

/// The processes by their newest samples, else by all of the period.
pub(crate) fn processes(scene: &Scene, pen: &Pen<'_>) -> Pane {
    let now = &scene.latest.processes;
    let newest = now.iter().map(|p| p.at).max();
    let period = scene
        .assessment
        .resources
        .as_ref()
        .map_or(&[][..], |r| &r.processes);
    let is_present = newest.is_some_and(|at| scene.at.since(at).0 < OLD);
    if is_present || (period.is_empty() && !now.is_empty()) {
        let names = columns(now.iter().map(|p| p.process.as_str()), pen);
        let lines = now.iter().map(|p| process(p, names, pen)).collect();
        let age = newest.map_or_else(String::new, |at| ago(at, scene.at, pen));
        return Pane::new("Processes", &age, lines);
    }
    if period.is_empty() {
        let why = "No process was sampled: perfadvise monitor --records FILE, or --machine.";
        return Pane::empty("Processes", why, pen);
    }
    let names = columns(period.iter().map(|p| p.process.as_str()), pen);
    let lines = period.iter().map(|p| past_process(p, names, pen)).collect();
    Pane::new("Processes", "95th percentiles of the period", lines)
}

/// Columns of the widest name.
fn columns<'n>(names: impl Iterator<Item = &'n str>, pen: &Pen<'_>) -> usize {
    let widths = names.map(|name| super::width(&pen.text(name)));
    widths.max().unwrap_or(0).clamp(8, 24)
}

fn process(p: &ProcessReading, names: usize, pen: &Pen<'_>) -> String {
    let pid = p.pid.map_or_else(String::new, |pid| format!("pid {pid}"));
    let pid = if p.pid.is_some() {
        format!("{}  ", left(&pid, 11))
    } else {
        String::new()
    };
    figures(
        &pen.name(&p.process, names),
        names,
        &pid,
        (p.cpu, p.memory),
        pen,
    )
}

fn past_process(p: &ProcessRow, names: usize, pen: &Pen<'_>) -> String {
    figures(
        &pen.name(&p.process, names),
        names,
        "",
        (p.cpu_p95, p.memory_p95),
        pen,
    )
}

fn figures(
    name: &str,
    names: usize,
    pid: &str,
    (cpu, memory): (Option<f64>, Option<f64>),
    pen: &Pen<'_>,
) -> String {
    let cpu = words::amount_or_dash(Unit::Ratio, cpu, pen.signs);
    let memory = words::amount_or_dash(Unit::Bytes, memory, pen.signs);
    format!(
        "  {}  {pid}CPU {}  {}",
        left(name, names),
        right(&cpu, 8),
        right(&memory, 8)
    )
}
