//! The summary at the end: figures of each metric, and of parts of it by tags.

use std::borrow::Cow;

use super::super::super::ReadError;
use super::super::super::document::{Faults, Field, Node, Origin, Reported, is_word, parse_tree};
use super::super::native::values::check_sample;
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
    let document = parse_tree(bytes, 2, origin.file, problems)?;
    let mut faults = Faults::new(origin.file, bytes, &[], problems);
    let summary = Summary {
        metrics: document.get("metrics"),
    };
    for (name, node) in summary.metrics.entries() {
        match Part::of(name) {
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
}

impl<'a> Part<'a> {
    fn of(full: &'a str) -> Option<Self> {
        let (name, tags) = match full.split_once('{') {
            None => (full, ""),
            Some((name, tags)) => (name, tags.strip_suffix('}')?),
        };
        let tags = tags
            .split(',')
            .filter(|tag| !tag.is_empty())
            .map(|tag| tag.split_once(':').map(|(k, v)| (k.trim(), v.trim())))
            .collect::<Option<Vec<_>>>()?;
        is_word(name).then_some(Self { full, name, tags })
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
                other(part, values, metric, scale, &mut reported, faults);
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
            return count(failed.get("fails"));
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
        let counts = (count(values.get("passes")), count(values.get("fails")));
        let n = counts.0.zip(counts.1).map(|(a, b)| a.saturating_add(b));
        match failed_share(values) {
            Some(_) if n == Some(0) => {}
            Some(share) => {
                // Time-outs are among the failures and cannot be told from them.
                reported.add(Metric::SuccessRate, Statistic::Mean, 1.0 - share, n);
            }
            None => faults.value(
                0,
                &["metrics", part.full],
                "a share of failures that is no ratio",
            ),
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
            _ => faults.value(
                0,
                &["metrics", part.full],
                "a figure that its metric cannot have",
            ),
        }
    }
}

/// A metric of any type under its own name.
fn other(
    part: &Part<'_>,
    values: &Node,
    metric: Measured,
    scale: f64,
    reported: &mut Reported,
    faults: &mut Faults<'_>,
) {
    if *values.get("avg") != Node::Nothing {
        return trend(part, values, (metric, scale, None), reported, faults);
    }
    let passes = count(values.get("passes")).zip(count(values.get("fails")));
    let n = passes.map(|(a, b)| a.saturating_add(b));
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
        _ => faults.value(
            0,
            &["metrics", part.full],
            "a figure that its metric cannot have",
        ),
    }
}
