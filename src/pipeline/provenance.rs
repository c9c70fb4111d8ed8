//! Where everything came from, and what was left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Request;
use crate::assessment::{
    FaultRow, FormatCount, NotRecognised, PriceNote, Provenance, RepeatRow, Undeclared, Unpriced,
};
use crate::config::Config;
use crate::ingest::{Ingested, formats};
use crate::metrics::{OF_MONITOR, Unit};
use crate::place::ProblemKind;
use crate::prices::PriceTable;
use crate::record::{Dimension, EventKind, Flags, Measured};
use crate::workload::Workload;

/// Faults that are listed; the rest is counted.
const LISTED_FAULTS: usize = 1_000;

/// Why a file that looks like configuration is not used.
const FAULTY: &str =
    "seems to be configuration, but has faults: see `perfadvise config check FILE`";

/// Events that an input tells of as such; the start of a monitor that stands in the head of its
/// reports is no record, and counted as a process start only.
fn told_events(workload: &Workload) -> u64 {
    workload
        .events
        .iter()
        .filter(|e| e.flags.has(Flags::LEADS) || e.kind != EventKind::ProcessStart)
        .count() as u64
}

/// `faulty`: files that look like configuration and cannot be used.
pub(super) fn provenance(
    request: &Request,
    ingested: &Ingested,
    workload: &Workload,
    config: &Config,
    (price_days, faulty): (Option<&BTreeSet<String>>, &[&Path]),
) -> Provenance {
    let counts = &workload.counts;
    let path = |file: u32| {
        ingested
            .files
            .get(file as usize)
            .map_or_else(String::new, |f| f.path.display().to_string())
    };
    let mut formats_named: Vec<FormatCount> = Vec::new();
    for format in ingested.files.iter().filter_map(|f| f.format) {
        match formats_named.iter_mut().find(|c| c.format == format) {
            Some(count) => count.files += 1,
            None => formats_named.push(FormatCount {
                format: format.to_owned(),
                plural: formats::named(format)
                    .map_or(format, |f| f.plural())
                    .to_owned(),
                files: 1,
            }),
        }
    }
    formats_named.sort_by(|a, b| b.files.cmp(&a.files).then_with(|| a.format.cmp(&b.format)));
    let not_recognised: Vec<NotRecognised> = ingested
        .files
        .iter()
        .filter(|f| f.format.is_none() && !config.files.contains(&f.path.display().to_string()))
        .map(|f| NotRecognised {
            file: f.path.display().to_string(),
            reason: if faulty.contains(&f.path.as_path()) {
                FAULTY.into()
            } else {
                f.why_not.clone().unwrap_or_else(|| "no known shape".into())
            },
        })
        .collect();
    let inputs = if request.searched.is_empty() {
        request
            .targets
            .iter()
            .map(|t| t.path.display().to_string())
            .collect()
    } else {
        request
            .searched
            .iter()
            .map(|p| p.display().to_string())
            .collect()
    };
    Provenance {
        files: ingested.files.len() as u64,
        bytes: ingested.files.iter().map(|f| f.bytes).sum(),
        records: counts.records,
        duplicates: counts.duplicates,
        repeats: workload
            .repeats
            .iter()
            .map(|r| RepeatRow {
                kept: r.kept.name().into(),
                left_out: r.left_out.name().into(),
                sessions: r.sessions,
                records: r.records,
            })
            .collect(),
        skipped: ingested
            .problems
            .iter()
            .filter(|p| p.kind == ProblemKind::Skipped)
            .count() as u64,
        formats: formats_named
            .iter()
            .map(|c| (c.format.clone(), c.files))
            .collect(),
        formats_named,
        process_starts: counts.process_starts,
        ignored: ingested.records.ignored,
        operations: counts.operations,
        samples: counts.samples,
        events: told_events(workload),
        aggregates: counts.aggregates,
        sessions: counts.sessions,
        units: workload.units.len() as u64,
        units_called: if counts.sessions == workload.units.len() as u64 {
            "sessions"
        } else {
            "units"
        }
        .into(),
        problems: ingested
            .problems
            .iter()
            .take(LISTED_FAULTS)
            .map(|p| FaultRow {
                file: path(p.file),
                line: p.line,
                reason: p.reason.clone().into_owned(),
            })
            .collect(),
        problems_total: ingested.problems.len() as u64,
        unrecognised: not_recognised.iter().map(|n| n.file.clone()).collect(),
        unrecognised_why: not_recognised,
        prices: price_note(&request.prices, price_days, workload),
        undeclared: undeclared(workload, config),
        configuration: if config.files.is_empty() {
            vec!["built-in defaults".into()]
        } else {
            config.files.clone()
        },
        inputs,
        history: None,
    }
}

/// Metrics that only the input knows.
fn undeclared(workload: &Workload, config: &Config) -> Vec<Undeclared> {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for series in &workload.samples {
        if let Measured::Custom(name) = series.metric {
            let n: u64 = series.cells.iter().map(|(_, values)| values.n()).sum();
            *found.entry(workload.catalog.text(name)).or_default() += n;
        }
    }
    found
        .into_iter()
        .filter(|(name, _)| config.declared.find(name).is_none() && !OF_MONITOR.contains(name))
        .map(|(metric, n)| Undeclared {
            metric: metric.to_owned(),
            n,
        })
        .collect()
}

/// By which prices the costs of a workload were computed, and what has none. What a history kept has those of the
/// days on which it was recorded, which may be other ones than the table's.
fn price_note(
    table: &PriceTable,
    days: Option<&BTreeSet<String>>,
    workload: &Workload,
) -> Option<PriceNote> {
    let (mut priced, mut nano) = (0, 0);
    let mut without: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &workload.rows {
        let Some(extra) = row.extra.as_deref() else {
            continue;
        };
        priced += extra.priced;
        nano += extra.computed_cost;
        if extra.unpriced > 0 {
            let model = workload.catalog.dimension(row.key.dims, Dimension::Model);
            *without.entry(workload.catalog.text(model)).or_default() += extra.unpriced;
        }
    }
    if priced == 0 && without.is_empty() {
        return None;
    }
    let mut unpriced: Vec<Unpriced> = without
        .into_iter()
        .map(|(model, requests)| Unpriced {
            model: model.to_owned(),
            requests,
        })
        .collect();
    unpriced.sort_by_key(|u| std::cmp::Reverse(u.requests));
    #[allow(clippy::cast_precision_loss)]
    let cost = (priced > 0).then(|| nano as f64 / Unit::Usd.scale());
    let days: Vec<&str> = days.into_iter().flatten().map(String::as_str).collect();
    let (date, source) = if days.iter().all(|day| *day == table.date) {
        (table.date.clone(), table.source.clone())
    } else {
        (days.join(", "), String::new())
    };
    Some(PriceNote {
        date,
        source,
        basis: "list-price equivalent".into(),
        priced,
        cost,
        unpriced,
    })
}
