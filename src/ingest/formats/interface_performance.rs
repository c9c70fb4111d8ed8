//! The block of performance by interface (`interface_performance`), in JSON or YAML.
//!
//! Times in seconds, or with their unit; a bare `response_time` beside `avg_response_time` is the
//! last reply in milliseconds and not read, alone it has no unit and is a fault. Rates are fractions,
//! unless one of the interface's bare rates is above 1: then all of its bare rates are percent.

use super::mode_block::seconds;
use crate::ingest::document::{
    Faults, Node, Origin, Reported, first_line, is_word, keys, parse_tree,
};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Dimension, Records, Statistic};
use crate::units::parse_ratio;

const ROOT: &str = "interface_performance";

/// Reader of the block of performance by interface.
#[derive(Debug)]
pub(super) struct InterfacePerformance;

impl Format for InterfacePerformance {
    fn name(&self) -> &'static str {
        "interface-performance"
    }

    fn about(&self) -> &'static str {
        "performance by interface: response time, success, error and time-out rates, rate limits, cost"
    }

    fn plural(&self) -> &'static str {
        "interface blocks"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let is_yaml = || {
            let line = first_line(head.bytes).unwrap_or_default();
            let rest = line.trim_start().strip_prefix(ROOT);
            rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let has_time = || memchr::memmem::find(head.bytes, b"\"avg_response_time\"").is_some();
        let has_rate = || memchr::memmem::find(head.bytes, b"\"success_rate\"").is_some();
        if keys.contains(&ROOT.as_bytes()) || keys.is_empty() && is_yaml() {
            Likelihood::Yes
        } else if head.is_whole && !keys.is_empty() && has_time() && has_rate() {
            Likelihood::Maybe
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let text = input.document()?;
        let is_rooted = keys(text).contains(&ROOT.as_bytes());
        let depth = if is_rooted { 2 } else { 1 };
        let tree = parse_tree(text, depth, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, text, &[], problems);
        match tree.get(ROOT) {
            Node::Nothing => interfaces(&tree, &[], &origin, records, &mut faults),
            block => {
                records.ignored += tree.entries().len() as u64 - 1;
                interfaces(block, &[ROOT], &origin, records, &mut faults);
            }
        }
        Ok(())
    }
}

/// Makes records of a block of interfaces that stands under `keys`.
pub(super) fn interfaces(
    block: &Node,
    keys: &[&str],
    origin: &Origin<'_>,
    records: &mut Records,
    faults: &mut Faults<'_>,
) {
    let Node::Map(entries) = block else {
        return faults.skipped(0, keys, "the block of interfaces is not an object");
    };
    for (name, interface) in entries {
        let at = [keys, &[name]].concat();
        if !matches!(interface, Node::Map(_)) || !is_word(name) {
            faults.skipped(0, &at, "an interface is not an object, or has no name");
            continue;
        }
        let mut reported = Reported::default();
        let mut figures = Figures {
            interface,
            is_percent: is_percent(interface),
            n: count(interface),
            reported: &mut reported,
            ignored: 0,
        };
        for (key, value) in interface.entries() {
            if let Err(reason) = figures.take(key, value) {
                let at = [&at, &[key.as_str()][..]].concat();
                faults.value(0, &at, reason);
            }
        }
        records.ignored += figures.ignored;
        let own = [(Dimension::Interface, name.as_str())];
        reported.finish(origin, &own, None, records);
    }
}

const RATES: &[(&str, Metric)] = &[
    ("success_rate", Metric::SuccessRate),
    ("error_rate", Metric::ErrorRate),
    ("timeout_rate", Metric::TimeoutRate),
];

/// Whether the bare rates of an interface are percent: one of them cannot be a fraction.
fn is_percent(interface: &Node) -> bool {
    RATES
        .iter()
        .any(|(key, _)| matches!(interface.get(key), Node::Number(rate) if *rate > 1.0))
}

/// How many requests are behind the figures, where the block tells.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn count(interface: &Node) -> Option<u64> {
    let count = ["total_requests", "request_count", "requests"]
        .iter()
        .find_map(|key| interface.get(key).number().ok().flatten())?;
    (1.0..9e15).contains(&count).then_some(count as u64)
}

struct Figures<'a> {
    interface: &'a Node,
    is_percent: bool,
    n: Option<u64>,
    reported: &'a mut Reported,
    ignored: u64,
}

impl Figures<'_> {
    fn take(&mut self, key: &str, value: &Node) -> Result<(), &'static str> {
        if *value == Node::Nothing {
            return Ok(());
        }
        if let Some((_, metric)) = RATES.iter().find(|(name, _)| *name == key) {
            let rate = self.rate(value).ok_or("a rate that is no ratio")?;
            self.reported.add(*metric, Statistic::Mean, rate, self.n);
            return Ok(());
        }
        match key {
            "avg_response_time" | "average_response_time" => {
                let time = seconds(value).ok_or("a response time that is no time")?;
                self.mean(Metric::ResponseTime, time);
            }
            "response_time" if self.has_average() => self.ignored += 1,
            "response_time" => {
                let text = value.text().map(|_| value);
                let time = text.and_then(seconds);
                let time = time.ok_or("a response time without a unit such as ms")?;
                self.mean(Metric::ResponseTime, time);
            }
            "rate_limit_hits" => {
                let hits = amount(value).ok_or("a number of rate-limit hits that is none")?;
                let metric = Metric::RateLimitHits;
                self.reported.add(metric, Statistic::Total, hits, self.n);
            }
            "cost_per_1k_tokens" => {
                let cost = amount(value).ok_or("a cost that is no number of US dollars")?;
                self.mean(Metric::CostPer1kTokens, cost);
            }
            "total_requests" | "request_count" | "requests" => {}
            _ => self.ignored += 1,
        }
        Ok(())
    }

    fn mean(&mut self, metric: Metric, value: f64) {
        self.reported.add(metric, Statistic::Mean, value, self.n);
    }

    fn has_average(&self) -> bool {
        ["avg_response_time", "average_response_time"]
            .iter()
            .any(|key| *self.interface.get(key) != Node::Nothing)
    }

    fn rate(&self, value: &Node) -> Option<f64> {
        let rate = match value {
            Node::Text(text) => parse_ratio(text).ok()?,
            other => {
                let rate = other.number().ok()??;
                if self.is_percent { rate / 100.0 } else { rate }
            }
        };
        (0.0..=1.0).contains(&rate).then_some(rate)
    }
}

/// A number that is not negative; an amount of money may have a dollar sign.
fn amount(value: &Node) -> Option<f64> {
    let amount = match value {
        Node::Text(text) => text.trim().trim_start_matches('$').parse::<f64>().ok(),
        other => other.number().ok().flatten(),
    };
    amount.filter(|amount| amount.is_finite() && *amount >= 0.0)
}
