//! The summary at the end: figures of each metric, and of parts of it by tags.

use std::borrow::Cow;

use super::super::super::ReadError;
use super::super::super::document::{Faults, Field, Node, Origin, Reported, is_word, parse_tree};
use super::super::native::values::check_sample;
use super::listed;
use super::names::{self, EXPECTED, FAILED, ITERATION, REPEATED, REQUEST};
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Dimension, Measured, Records, Statistic};

/// Reads a summary.
pub(super) fn read(
    bytes: &[u8],
    origin: &Origin<'_>,
    records: &mut Records,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let is_listed = listed::is_listed(bytes);
    let (list, records_at) = if is_listed {
        (listed::LIST, listed::LIST.len() + 1)
    } else {
        (&[][..], 2)
    };
    let document = parse_tree(bytes, records_at, origin.file, problems)?;
    let by_name = is_listed.then(|| listed::by_name(&document));
    let mut faults = Faults::new(origin.file, bytes, list, problems);
    let summary = Summary {
        metrics: by_name.as_ref().unwrap_or(document.get("metrics")),
    };
    for (index, (name, node)) in summary.metrics.entries().iter().enumerate() {
        let place = if is_listed {
            (index, vec![])
        } else {
            (0, vec!["metrics", name])
        };
        match Part::of(name, place) {
            Some(part) => summary.part(&part, node, origin, records, &mut faults),
            None => records.ignored += 1,
        }
    }
    Ok(())
}

/// A metric, or the part of one that has these tags: `http_req_duration{scenario:checkout}`.
struct Part<'a> {
    full: &'a str,
    name: &'a str,
    tags: Vec<(&'a str, &'a str)>,
    /// Where it stands: its place in a list, or its keys.
    place: (usize, Vec<&'a str>),
}

impl<'a> Part<'a> {
    fn of(full: &'a str, place: (usize, Vec<&'a str>)) -> Option<Self> {
        let (name, tags) = match full.split_once('{') {
            None => (full, ""),
            Some((name, tags)) => (name, tags.strip_suffix('}')?),
        };
        let tags = tags
            .split(',')
            .filter(|tag| !tag.is_empty())
            .map(|tag| tag.split_once(':').map(|(k, v)| (k.trim(), v.trim())))
            .collect::<Option<Vec<_>>>()?;
        is_word(name).then_some(Self {
            full,
            name,
            tags,
            place,
        })
    }

    /// What is wrong with one of its figures.
    fn fault(&self, reason: &'static str, faults: &mut Faults<'_>) {
        faults.value(self.place.0, &self.place.1, reason);
    }

    fn is_expected(&self) -> bool {
        self.tags.contains(&(EXPECTED, "true"))
    }
}

/// Values stand in `values`, or beside the type of the metric.
fn figures(node: &Node) -> &Node {
    match node.get("values") {
        values @ Node::Map(_) => values,
        _ => node,
    }
}

struct Summary<'a> {
    metrics: &'a Node,
}

impl Summary<'_> {
    fn part(
        &self,
        part: &Part<'_>,
        node: &Node,
        origin: &Origin<'_>,
        records: &mut Records,
        faults: &mut Faults<'_>,
    ) {
        let mut own: Vec<(Dimension, Cow<'_, str>)> = Vec::new();
        for (key, value) in &part.tags {
            if *key == EXPECTED && part.is_expected() {
                continue;
            }
            let field = Field::Text(Cow::Borrowed(*value));
            match names::label(key, &field) {
                Some(value) => {
                    own.push((
                        records.catalog.dimension_named(key),
                        Cow::Owned(value.into_owned()),
                    ));
                }
                // Of which part of the whole it is cannot be said.
                None => {
                    records.ignored += 1;
                    return;
                }
            }
        }
        let own: Vec<(Dimension, &str)> = own.iter().map(|(d, value)| (*d, &**value)).collect();
        let mut reported = Reported::default();
        let values = figures(node);
        match part.name {
            name if REPEATED.contains(&name) => records.ignored += 1,
            FAILED => self.failed(part, values, &mut reported, faults),
            REQUEST if part.is_expected() || !self.has_failures(part) => {
                // The whole is told again by those that went well.
                if part.is_expected() || self.expected(part).is_none() {
                    let n = self.request_count(part);
                    let metric = Metric::ResponseTime.into();
                    trend(part, values, (metric, 1e-3, n), &mut reported, faults);
                }
            }
            ITERATION => {
                let n = part
                    .tags
                    .is_empty()
                    .then(|| self.count("iterations"))
                    .flatten();
                let metric = Metric::TaskTime.into();
                trend(part, values, (metric, 1e-3, n), &mut reported, faults);
            }
            name => {
                let contains = node.get("contains").text();
                let Some(is_time) = names::is_time(name, contains) else {
                    records.ignored += 1;
                    return;
                };
                let scale = if is_time { 1e-3 } else { 1.0 };
                let metric = Measured::Custom(records.catalog.name(name));
                // Which of its figures a trend tells the script chose: even the mean may be missing.
                if is_trend(node) {
                    trend(part, values, (metric, scale, None), &mut reported, faults);
                } else {
                    other(part, values, (metric, scale), &mut reported, faults);
                }
            }
        }
        reported.finish(origin, &own, None, records);
    }

    /// The figures of `name` with the same tags as `part`, and perhaps one more.
    fn like(&self, part: &Part<'_>, name: &str) -> Option<&Node> {
        let tags = part.full.find('{').map_or("", |at| &part.full[at..]);
        match self.metrics.get(&format!("{name}{tags}")) {
            Node::Nothing => None,
            node => Some(figures(node)),
        }
    }

    /// The part of a metric of requests that went well.
    fn expected(&self, part: &Part<'_>) -> Option<&Node> {
        let full = format!("{REQUEST}{{{EXPECTED}:true}}");
        let node = self.metrics.get(&full);
        (part.tags.is_empty() && *node != Node::Nothing).then_some(node)
    }

    /// Whether some requests failed, or nobody says that none did.
    fn has_failures(&self, part: &Part<'_>) -> bool {
        let values = self.like(part, FAILED).or_else(|| {
            let whole = self.metrics.get(FAILED);
            (*whole != Node::Nothing).then(|| figures(whole))
        });
        !values.is_some_and(|values| failed_share(values) == Some(0.0))
    }

    fn count(&self, name: &str) -> Option<u64> {
        count(figures(self.metrics.get(name)).get("count"))
    }

    /// How many requests a part of `http_req_duration` is of.
    fn request_count(&self, part: &Part<'_>) -> Option<u64> {
        if part.tags.is_empty() {
            return self.count("http_reqs");
        }
        if part.tags.len() > 1 {
            return None;
        }
        if part.is_expected() {
            let failed = figures(self.metrics.get(FAILED));
            return count(failed.get("fails"))
                .or_else(|| outcomes(failed)?.checked_sub(count(failed.get("matches"))?));
        }
        self.like(part, "http_reqs")
            .and_then(|node| count(node.get("count")))
    }

    fn failed(
        &self,
        part: &Part<'_>,
        values: &Node,
        reported: &mut Reported,
        faults: &mut Faults<'_>,
    ) {
        // What passes here is that a request failed.
        let n = outcomes(values);
        match failed_share(values) {
            Some(_) if n == Some(0) => {}
            Some(share) => {
                // Time-outs are among the failures and cannot be told from them.
                reported.add(Metric::SuccessRate, Statistic::Mean, 1.0 - share, n);
            }
            None => part.fault("a share of failures that is no ratio", faults),
        }
    }
}

fn failed_share(values: &Node) -> Option<f64> {
    let share = match values.get("rate") {
        Node::Nothing => values.get("value"),
        rate => rate,
    };
    share
        .number()
        .ok()
        .flatten()
        .filter(|share| (0.0..=1.0).contains(share))
}

/// How many outcomes a rate is of.
fn outcomes(values: &Node) -> Option<u64> {
    let told = count(values.get("passes")).zip(count(values.get("fails")));
    told.map(|(passes, fails)| passes.saturating_add(fails))
        .or_else(|| count(values.get("total")))
}

fn count(node: &Node) -> Option<u64> {
    match node.number() {
        Ok(Some(n)) if n.fract() == 0.0 && (0.0..1e15).contains(&n) => Some(n as u64),
        _ => None,
    }
}

/// What is told of a metric with a value for each event, the metric in whose unit one of its own is
/// `scale`, and of how many.
fn trend(
    part: &Part<'_>,
    values: &Node,
    (metric, scale, n): (Measured, f64, Option<u64>),
    reported: &mut Reported,
    faults: &mut Faults<'_>,
) {
    // Without an event k6 says 0 for everything.
    let n = count(values.get("count")).or(n);
    if n == Some(0) {
        return;
    }
    let known = match metric {
        Measured::Known(metric) => Some(metric),
        Measured::Custom(_) => None,
    };
    for (statistic, name) in [
        (Statistic::Mean, "avg"),
        (Statistic::Min, "min"),
        (Statistic::Max, "max"),
        (Statistic::P95, "p(95)"),
    ] {
        match values.get(name).number() {
            Ok(Some(value)) if check_sample(known, value * scale).is_ok() => {
                reported.add_measured(metric, statistic, value * scale, n);
            }
            Ok(None) => {}
            _ => part.fault("a figure that its metric cannot have", faults),
        }
    }
}

/// Whether a metric has a value for each event: as its type says, else because it has neither a rate, as counters
/// and rates have, nor a last value.
fn is_trend(node: &Node) -> bool {
    let values = figures(node);
    let has = |name: &str| *values.get(name) != Node::Nothing;
    match node.get("type").text() {
        Some(kind) => kind == "trend",
        None => !has("rate") && !has("value"),
    }
}

/// A metric of any other type under its own name.
fn other(
    part: &Part<'_>,
    values: &Node,
    (metric, scale): (Measured, f64),
    reported: &mut Reported,
    faults: &mut Faults<'_>,
) {
    let n = outcomes(values);
    if n == Some(0) {
        return;
    }
    let (statistic, value) = if *values.get("count") != Node::Nothing {
        (Statistic::Total, values.get("count"))
    } else if *values.get("value") != Node::Nothing {
        (Statistic::Mean, values.get("value"))
    } else {
        (Statistic::Mean, values.get("rate"))
    };
    match value.number() {
        Ok(Some(value)) if check_sample(None, value * scale).is_ok() => {
            reported.add_measured(metric, statistic, value * scale, n);
        }
        Ok(None) => {}
        _ => part.fault("a figure that its metric cannot have", faults),
    }
}
