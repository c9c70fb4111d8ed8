//! Data points become samples (levels and sums) and aggregates (distributions, of which only count,
//! sum and extremes are exact: no percentile is read out of buckets).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use super::super::super::content::{is_about_people, is_label};
use super::super::super::json::decode;
use super::super::native::values::check_sample;
use super::meaning::{known, scale};
use super::metric::{Metric as Head, Point, Shape};
use super::reader::{Reader, needed};
use super::value::Any;
use crate::place::ProblemKind;
use crate::record::{
    Aggregate, Dimension, DimsId, Flags, Identity, Measured, Sample, Statistic, hash128,
};
use crate::units::Time;

/// Distributions of one input, summed up by what they measure.
#[derive(Debug, Default)]
pub(super) struct Points {
    streams: BTreeMap<u128, Stream>,
    /// Points of distributions, and beginnings of counters.
    seen: HashSet<u128>,
}

/// The points of one stream: delta ones are added, of cumulative ones the last counts.
#[derive(Debug)]
struct Stream {
    measured: Measured,
    dims: DimsId,
    total: Total,
    time: Time,
}

#[derive(Debug, Clone, Copy)]
struct Total {
    count: u64,
    sum: f64,
    min: Option<f64>,
    max: Option<f64>,
}

impl Total {
    fn add(&mut self, other: Total) {
        let or = |a: Option<f64>, b: Option<f64>, f: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(f(a, b)),
            // Of a part without extremes those of the whole are not known.
            _ => None,
        };
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.min = or(self.min, other.min, f64::min);
        self.max = or(self.max, other.max, f64::max);
    }
}

/// What a point measures, and what one of it is in the metric's unit.
struct Meaning {
    measured: Measured,
    scale: f64,
    dims: DimsId,
}

impl Reader<'_> {
    /// Takes a data point.
    pub(super) fn point(&mut self, head: &Head<'_>, point: &Point<'_>) {
        let Some(time) = needed(point.time) else {
            return self.fault(
                ProblemKind::Skipped,
                "a data point whose time is none between 2000 and 2100",
            );
        };
        match head.shape {
            Shape::Distribution => self.distribution(head, point, time),
            // A change of a level that goes up and down tells no level.
            Shape::Sum if !head.is_cumulative && !head.is_monotonic => self.records.ignored += 1,
            Shape::Gauge | Shape::Sum => self.sample(head, point, time),
        }
    }

    fn sample(&mut self, head: &Head<'_>, point: &Point<'_>, time: Time) {
        let Some(value) = point.value.number() else {
            return self.fault(ProblemKind::Skipped, "a data point without a finite number");
        };
        let Some(meaning) = self.meaning(head, point) else {
            self.records.ignored += 1;
            return;
        };
        let value = value * meaning.scale;
        let known = match meaning.measured {
            Measured::Known(metric) => Some(metric),
            Measured::Custom(_) => None,
        };
        if check_sample(known, value).is_err() {
            return self.fault(ProblemKind::Skipped, "a value that its metric cannot have");
        }
        let is_counter = head.shape == Shape::Sum && head.is_monotonic && head.is_cumulative;
        let mut flags = Flags::LEADS;
        if is_counter {
            flags = flags.with(Flags::CUMULATIVE);
        }
        let session = self.name(point.attribute(b"session.id"));
        let identity = self.records.catalog.identity(Identity {
            session,
            unit: session,
            ..Identity::default()
        });
        // With another start a client's counter is that of another process, or of the same one anew.
        let start = beginning(head, point);
        let stream = match start {
            Some(start) => moment(self.stream(head, point), start),
            None => self.stream(head, point),
        };
        let sample = Sample {
            key: moment(stream, time),
            time,
            value,
            metric: meaning.measured,
            dims: meaning.dims,
            identity,
            file: self.file,
            flags,
        };
        // It begins at nothing when the client starts; counters of a machine began long ago.
        if let Some(start) = start.filter(|start| *start < time)
            && self.points.seen.insert(moment(stream, start))
        {
            self.records.samples.push(Sample {
                key: moment(stream, start),
                time: start,
                value: 0.0,
                flags: Flags::CUMULATIVE,
                ..sample
            });
        }
        self.records.samples.push(sample);
    }

    fn distribution(&mut self, head: &Head<'_>, point: &Point<'_>, time: Time) {
        let (Some(count), Some(sum)) = (point.count.whole(), point.sum.number()) else {
            return self.fault(ProblemKind::Skipped, "a distribution without count or sum");
        };
        let Some(meaning) = self.meaning(head, point).filter(|_| count > 0) else {
            self.records.ignored += 1;
            return;
        };
        let extreme = |any: Any<'_>| any.number().map(|value| value * meaning.scale);
        let total = Total {
            count,
            sum: sum * meaning.scale,
            min: extreme(point.min),
            max: extreme(point.max),
        };
        let id = self.stream(head, point);
        // A cumulative stream begins anew with each start; what it held before stays.
        let id = match (head.is_cumulative, needed(point.start)) {
            (true, Some(start)) => moment(id, start),
            _ => id,
        };
        // An exporter may repeat a point.
        if !self.points.seen.insert(moment(id, time)) {
            return;
        }
        match self.points.streams.entry(id) {
            Entry::Vacant(place) => {
                place.insert(Stream {
                    measured: meaning.measured,
                    dims: meaning.dims,
                    total,
                    time,
                });
            }
            Entry::Occupied(mut stream) => {
                let stream = stream.get_mut();
                if !head.is_cumulative {
                    stream.total.add(total);
                } else if time >= stream.time {
                    stream.total = total;
                }
                stream.time = stream.time.max(time);
            }
        }
    }

    /// Makes aggregates of the distributions.
    pub(super) fn finish_points(&mut self) {
        // Streams that differ only in what is no dimension measure one thing.
        let mut wholes: Vec<(Measured, DimsId, Total, Time)> = Vec::new();
        for stream in std::mem::take(&mut self.points.streams).into_values() {
            let same = wholes
                .iter_mut()
                .find(|w| (w.0, w.1) == (stream.measured, stream.dims));
            match same {
                Some(whole) => {
                    whole.2.add(stream.total);
                    whole.3 = whole.3.max(stream.time);
                }
                None => wholes.push((stream.measured, stream.dims, stream.total, stream.time)),
            }
        }
        for (measured, dims, total, time) in wholes {
            let mut flags = Flags::LEADS;
            #[allow(clippy::cast_precision_loss)]
            let mean = total.sum / total.count as f64;
            let values = [
                (Statistic::Mean, Some(mean)),
                (Statistic::Min, total.min),
                (Statistic::Max, total.max),
            ];
            for (statistic, value) in values {
                let Some(value) = value.filter(|value| value.is_finite()) else {
                    continue;
                };
                self.records.aggregates.push(Aggregate {
                    key: 0,
                    value,
                    n: Some(total.count),
                    time: Some(time),
                    metric: measured,
                    statistic,
                    dims,
                    file: self.file,
                    flags,
                });
                flags = Flags::default();
            }
        }
    }

    /// What tells a stream of points from others.
    fn stream(&self, head: &Head<'_>, point: &Point<'_>) -> u128 {
        let mut key = self.resource_key();
        key.extend_from_slice(head.name);
        for (name, value) in &point.attributes {
            key.push(b'"');
            key.extend_from_slice(name);
            key.push(b'"');
            match value {
                Any::Text(raw) | Any::Number(raw) => key.extend_from_slice(raw),
                Any::Bool(is) => key.push(u8::from(*is)),
                Any::Nothing | Any::Other => {}
            }
        }
        hash128(&key)
    }

    /// `None` for what repeats something else.
    fn meaning(&mut self, head: &Head<'_>, point: &Point<'_>) -> Option<Meaning> {
        if head.name.is_empty() {
            return None;
        }
        let client = is_client(head.name);
        let interface = match head.name {
            name if name.starts_with(b"claude_code.") => "claude_code",
            name if name.starts_with(b"gemini_cli.") => "gemini_cli",
            _ => "",
        };
        let known = known(head, point);
        let mut dims = self.resource_dims(interface);
        for (key, value) in &point.attributes {
            self.label(key, *value, known.is_some(), &mut dims);
        }
        // Counters of several processes are told apart by the process alone: its session, else when it began.
        if client && head.is_cumulative {
            let session = self.name(point.attribute(b"session.id"));
            let process = match beginning(head, point) {
                Some(start) if !session.is_some() => {
                    let start = start.timestamp().to_string();
                    self.records.catalog.name(&start)
                }
                _ => session,
            };
            dims.push((Dimension::Process, process));
        }
        dims.extend_from_slice(self.labels());
        let dims = self.records.catalog.dims(dims);
        let (measured, scale) = match known {
            Some(metric) => (
                Measured::Known(metric),
                scale(head.unit, metric.row().unit)?,
            ),
            None => {
                let name = decode(head.name).filter(|name| name.chars().count() <= 128)?;
                (Measured::Custom(self.records.catalog.name(&name)), 1.0)
            }
        };
        Some(Meaning {
            measured,
            scale,
            dims,
        })
    }

    /// An attribute of a point as a dimension, if it can be one.
    fn label(
        &mut self,
        key: &[u8],
        value: Any<'_>,
        is_known: bool,
        dims: &mut Vec<(Dimension, crate::record::Name)>,
    ) {
        let (Some(key), Some(text)) = (decode(key), decode(value.text())) else {
            return;
        };
        if is_about_people(&key) || !is_label(&key, &text) {
            return;
        }
        let name = self.records.catalog.name(&text);
        let dimension = match &*key {
            "model" | "gen_ai.response.model" | "gen_ai.request.model" => Dimension::Model,
            "gen_ai.provider.name" | "gen_ai.system" => Dimension::Provider,
            "gen_ai.tool.name" | "tool_name" => Dimension::Tool,
            "gen_ai.agent.name" | "agent.name" => Dimension::Agent,
            "host.name" => Dimension::Host,
            // Of a metric of ours the rest is in its meaning.
            _ if is_known => return,
            other => self.records.catalog.dimension_named(other),
        };
        // The model that answered counts.
        if dimension == Dimension::Model && &*key == "gen_ai.response.model" {
            dims.retain(|(d, _)| *d != Dimension::Model);
        }
        dims.push((dimension, name));
    }

    fn resource_key(&self) -> Vec<u8> {
        [
            &self.resource.service[..],
            b"\"",
            &self.resource.session,
            b"\"",
        ]
        .concat()
    }
}

fn moment(stream: u128, time: Time) -> u128 {
    hash128(&[&stream.to_le_bytes()[..], &time.0.to_le_bytes()].concat())
}

/// When a client's counter began to count.
fn beginning(head: &Head<'_>, point: &Point<'_>) -> Option<Time> {
    let is_counter = head.shape == Shape::Sum && head.is_monotonic && head.is_cumulative;
    needed(point.start).filter(|_| is_counter && is_client(head.name))
}

fn is_client(name: &[u8]) -> bool {
    name.starts_with(b"claude_code.") || name.starts_with(b"gemini_cli.")
}
