//! Facts of each purpose, interface, tool, agent and alert.

use std::collections::BTreeMap;

use super::gather::number;
use super::{Fact, Facts};
use crate::advise::Observed;
use crate::advise::rule::Subject;
use crate::metrics::{Direction, Metric, Unit};
use crate::record::{Dimension, Measured, Name, OperationKind};
use crate::scenario::measured::{Swap, Variants, contrast};
use crate::stats::{clustered, rates};
use crate::workload::{Figure, Filter, Grouping, Workload};

/// Confidence of facts: what was measured.
const LEVEL: f64 = 0.95;

/// Purposes that are testing.
const TESTS: &[&str] = &["test", "tests", "testing", "ci", "qa", "smoke"];

pub(super) fn gather(case: Observed<'_>, facts: &mut Facts) {
    purposes(case.workload, facts);
    interfaces(case, facts);
    tools(case.workload, facts);
    agents(case.workload, facts);
    alerts(case, facts);
    streams(case.workload, facts);
}

fn purposes(workload: &Workload, facts: &mut Facts) {
    let mode = |text: &str| workload.catalog.names.find(text).map(Name);
    let (Some(fancy), Some(simple)) = (mode("FANCY"), mode("SIMPLE")) else {
        return;
    };
    for (purpose, _) in workload.values_of(Dimension::Purpose) {
        let name = workload.catalog.text(purpose).to_owned();
        let mut add = |fact: &str, value: Fact| facts.add_of(Subject::Purpose, &name, fact, value);
        add(
            "purpose.is_test",
            Fact::is(TESTS.contains(&name.to_lowercase().as_str())),
        );
        let swap = Swap {
            dimension: Dimension::Mode,
            from: fancy,
            to: simple,
            within: vec![(Dimension::Purpose, purpose)],
        };
        let variants = Variants::of(workload, &swap);
        let found = contrast(workload, Metric::ContextPreparationTime, &variants)
            .or_else(|| contrast(workload, Metric::ResponseTime, &variants));
        if let Some(found) = found {
            let ends = found.interval(LEVEL);
            add(
                "purpose.time_ratio",
                Fact::of(found.effect)
                    .with_some("low", ends.map(|e| e.0))
                    .with_some("high", ends.map(|e| e.1))
                    .count("n", found.n)
                    .count("units", found.compared())
                    .named("SIMPLE v FANCY"),
            );
        }
        for (fact, mode) in [
            ("purpose.simple_accuracy", simple),
            ("purpose.fancy_accuracy", fancy),
        ] {
            let filter = Filter::of(Dimension::Purpose, purpose).and(Dimension::Mode, mode);
            if let Some(value) = over_units(workload, Metric::Accuracy, &filter) {
                add(fact, value.named(workload.catalog.text(mode)));
            }
        }
    }
}

fn interfaces(case: Observed<'_>, facts: &mut Facts) {
    let workload = case.workload;
    let is_mock = |name: Name| {
        let text = workload.catalog.text(name);
        text == "mock" || case.config.mock_interfaces.iter().any(|m| m == text)
    };
    let real: Vec<Name> = workload
        .values_of(Dimension::Interface)
        .into_iter()
        .map(|(v, _)| v)
        .filter(|v| !is_mock(*v))
        .collect();
    let Some(base) = real.first().copied() else {
        return;
    };
    for interface in real {
        let name = workload.catalog.text(interface).to_owned();
        let mut add =
            |fact: &str, value: Fact| facts.add_of(Subject::Interface, &name, fact, value);
        if let Some(rate) = over_units(
            workload,
            Metric::SuccessRate,
            &Filter::of(Dimension::Interface, interface),
        ) {
            add("interface.success_rate", rate);
        }
        let failures = workload
            .counts
            .interfaces_down
            .iter()
            .find(|(n, _)| *n == interface)
            .map_or(0, |(_, n)| *n);
        add(
            "interface.is_down",
            Fact::is(failures >= 3).with("n", f64::from(failures)),
        );
        if interface == base {
            continue;
        }
        let versus = format!("{name} v {}", workload.catalog.text(base));
        let swap = Swap {
            dimension: Dimension::Interface,
            from: base,
            to: interface,
            within: Vec::new(),
        };
        let variants = Variants::of(workload, &swap);
        let time = contrast(workload, Metric::ModelTime, &variants)
            .or_else(|| contrast(workload, Metric::ResponseTime, &variants));
        let success = contrast(workload, Metric::SuccessRate, &variants);
        for (fact, found) in [
            ("interface.time_ratio", time),
            ("interface.success_difference", success),
        ] {
            if let Some(found) = found {
                let ends = found.interval(LEVEL);
                add(
                    fact,
                    Fact::of(found.effect)
                        .with_some("low", ends.map(|e| e.0))
                        .with_some("high", ends.map(|e| e.1))
                        .count("n", found.n)
                        .count("units", found.compared())
                        .named(versus.clone()),
                );
            }
        }
    }
}

fn tools(workload: &Workload, facts: &mut Facts) {
    let calls = workload.group(
        Measured::Known(Metric::ToolSuccessRate),
        &Filter::default(),
        Grouping::Dimension(Dimension::Tool),
    );
    for (key, figure) in calls {
        let crate::workload::GroupKey::Value(tool) = key else {
            continue;
        };
        let name = workload.catalog.text(tool).to_owned();
        let ok = figure.total(Unit::Ratio).round() as u64;
        let failed = figure.n.saturating_sub(ok);
        let interval = rates::wilson(failed, figure.n, LEVEL);
        let units = workload
            .group(
                Measured::Known(Metric::ToolSuccessRate),
                &Filter::of(Dimension::Tool, tool),
                Grouping::Unit,
            )
            .len();
        facts.add_of(
            Subject::Tool,
            &name,
            "tool.failure_rate",
            Fact::of(number(failed) / number(figure.n.max(1)))
                .with_some("low", interval.map(|i| i.low))
                .with_some("high", interval.map(|i| i.high))
                .count("n", figure.n)
                .count("units", units as u64)
                .named(name.clone()),
        );
    }
}

fn agents(workload: &Workload, facts: &mut Facts) {
    for (agent, _) in workload.values_of(Dimension::Agent) {
        let groups = workload.group(
            Measured::Known(Metric::TokenEfficiency),
            &Filter::of(Dimension::Agent, agent),
            Grouping::Unit,
        );
        let mut uses: Vec<f64> = groups
            .iter()
            .filter_map(|(_, f)| f.mean(Unit::Ratio))
            .collect();
        if uses.is_empty() {
            continue;
        }
        uses.sort_by(f64::total_cmp);
        let at = |q: f64| uses[((uses.len() as f64 * q).ceil() as usize).clamp(1, uses.len()) - 1];
        let name = workload.catalog.text(agent).to_owned();
        facts.add_of(
            Subject::Agent,
            &name,
            "agent.budget_use",
            Fact::default()
                .with("median", at(0.5))
                .with("p95", at(0.95))
                .count("n", uses.len() as u64)
                .count("units", uses.len() as u64)
                .named(name.clone()),
        );
    }
}

fn alerts(case: Observed<'_>, facts: &mut Facts) {
    for alert in &case.config.alerts {
        let (Some(metric), Some(threshold)) = (alert.metric, alert.threshold) else {
            continue;
        };
        let row = metric.row();
        let figure = case.workload.figure(metric, &Filter::default());
        let watched = match row.direction {
            Direction::Higher => figure.mean(row.unit),
            _ => figure
                .quantile(0.95, row.unit)
                .or_else(|| figure.mean(row.unit)),
        };
        let mut add =
            |fact: &str, value: Fact| facts.add_of(Subject::Alert, &alert.name, fact, value);
        add(
            "alert.threshold",
            Fact::of(threshold).named(alert.name.clone()),
        );
        add("alert.is_ratio", Fact::is(row.unit == Unit::Ratio));
        if let Some(watched) = watched.filter(|w| *w > 0.0) {
            add(
                "alert.factor",
                Fact::of(threshold / watched)
                    .count("n", figure.n)
                    .named(alert.name.clone()),
            );
        }
    }
}

/// Streams (unit × agent) of at least three requests that read nothing from the provider's cache.
fn streams(workload: &Workload, facts: &mut Facts) {
    let mut streams: BTreeMap<(u32, Name), (u64, u64, u64)> = BTreeMap::new();
    let mut is_counted = false;
    for row in workload
        .rows
        .iter()
        .filter(|r| r.key.operation == OperationKind::ModelRequest)
    {
        let Some(extra) = row.extra.as_deref().filter(|e| e.with_tokens > 0) else {
            continue;
        };
        let agent = workload.catalog.dimension(row.key.dims, Dimension::Agent);
        let stream = streams.entry((row.key.unit.0, agent)).or_default();
        stream.0 += extra.with_tokens;
        stream.1 += extra.cache_read;
        stream.2 += extra.fresh + extra.cache_read + extra.cache_write;
        is_counted |= extra.cache_read + extra.cache_write > 0;
    }
    streams.retain(|_, (requests, _, _)| *requests >= 3);
    // Where no record ever counts cached tokens the source may not know them: absent is not 0.
    if streams.is_empty() || !is_counted {
        return;
    }
    let mut contexts: Vec<f64> = streams
        .values()
        .filter(|(_, read, _)| *read == 0)
        .map(|(n, _, all)| number(*all) / number(*n))
        .collect();
    let share = contexts.len() as f64 / streams.len() as f64;
    facts.add(
        "prompt_cache.unused_share",
        Fact::of(share)
            .count("n", streams.len() as u64)
            .count("units", streams.len() as u64),
    );
    contexts.sort_by(f64::total_cmp);
    if let Some(median) = contexts.get(contexts.len() / 2) {
        facts.add(
            "prompt_cache.unused_context",
            Fact::of(*median).count("units", streams.len() as u64),
        );
    }
}

/// The pooled value of a metric with its interval over units.
fn over_units(workload: &Workload, metric: Metric, filter: &Filter) -> Option<Fact> {
    let groups = workload.group(Measured::Known(metric), filter, Grouping::Unit);
    let unit = metric.row().unit;
    let sums: Vec<f64> = groups.iter().map(|(_, f)| f.total(unit)).collect();
    let ns: Vec<f64> = groups.iter().map(|(_, f)| number(f.n)).collect();
    let mut all = Figure::default();
    groups.iter().for_each(|(_, f)| all.merge(f));
    let interval = clustered::share(&sums, &ns, LEVEL);
    Some(
        Fact::of(all.mean(unit)?)
            .with_some("low", interval.map(|i| i.low))
            .with_some("high", interval.map(|i| i.high))
            .count("n", all.n)
            .count("units", groups.len() as u64),
    )
}
