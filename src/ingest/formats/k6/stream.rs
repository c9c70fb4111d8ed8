//! The stream: a line describes a metric or is a point of one.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::super::super::document::{Field, Origin, Shaped, is_word, parse_line};
use super::super::native::values::{Reason, check_sample};
use super::names::{self, EXPECTED, FAILED, ITERATION, REPEATED, REQUEST};
use crate::metrics::Metric;
use crate::place::{Problem, ProblemKind};
use crate::record::{Dimension, Flags, IdentityId, Measured, Records, Sample};

/// What the lines so far said.
pub(super) struct Stream<'a> {
    origin: &'a Origin<'a>,
    /// For each metric what it contains: `time`, `data`, `default`.
    contains: HashMap<String, String>,
}

/// How a request ended, as its tags tell.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Well,
    Badly,
    InTimeout,
}

/// k6's number for a request that ran into its time limit.
const TIMEOUT: &str = "1050";

impl<'a> Stream<'a> {
    pub(super) fn new(origin: &'a Origin<'a>) -> Self {
        Self {
            origin,
            contains: HashMap::new(),
        }
    }

    pub(super) fn line(
        &mut self,
        number: u64,
        line: &[u8],
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if let Err(reason) = self.entry((number, line), records, problems) {
            problems.push(Problem {
                file: self.origin.file,
                line: Some(number),
                kind: ProblemKind::Skipped,
                reason,
            });
        }
    }

    fn entry(
        &mut self,
        (number, bytes): (u64, &[u8]),
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Reason> {
        let mut spare = Vec::new();
        let place = (self.origin.file, number);
        let line: Line<'_> = parse_line(bytes, &mut spare, place, problems)?;
        let name = line.metric.text().filter(|name| is_word(name));
        let name = name.ok_or("a line without the name of a metric")?;
        let data = line.data.get().ok_or("a line without data")?;
        match line.kind.text() {
            Some("Metric") => {
                let contains = data.contains.text().unwrap_or("default");
                self.contains.insert(name.to_owned(), contains.to_owned());
                Ok(())
            }
            Some("Point") => self.point(name, data, (number, bytes), records),
            _ => Err("a line that neither describes a metric nor is a point of one".into()),
        }
    }

    fn point(
        &mut self,
        name: &str,
        data: &Data<'_>,
        (number, line): (u64, &[u8]),
        records: &mut Records,
    ) -> Result<(), Reason> {
        let time = data.time.text().and_then(|time| self.origin.time(time));
        let time = time.ok_or("a point whose time is none between 2000 and 2100")?;
        let value = match data.value.number() {
            Ok(Some(value)) => value,
            Ok(None) => return Err("a point without a value".into()),
            Err(fault) => return Err(format!("the value {fault}").into()),
        };
        if REPEATED.contains(&name) {
            records.ignored += 1;
            return Ok(());
        }
        let tag = |key: &str| data.tags.get().and_then(|tags| tags.get(key)?.text());
        if name == ITERATION && matches!(tag("group"), Some("::setup" | "::teardown")) {
            records.ignored += 1;
            return Ok(());
        }
        let contains = self.contains.get(name).map(|contains| &**contains);
        let is_time = names::is_time(name, contains).ok_or(
            "a point of a metric that no line before it describes, so that its unit is not known",
        )?;
        let value = if is_time { value / 1e3 } else { value };
        let end = match (tag(EXPECTED), tag("error_code")) {
            (_, Some(TIMEOUT)) => End::InTimeout,
            (Some("false"), _) => End::Badly,
            _ => End::Well,
        };
        let figures = figures(name, value, end, records);
        for (metric, value) in &figures {
            let known = match metric {
                Measured::Known(metric) => Some(*metric),
                Measured::Custom(_) => None,
            };
            check_sample(known, *value).map_err(|_| "a value that its metric cannot have")?;
        }
        let own: Vec<(Dimension, String)> = data
            .tags
            .get()
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| {
                let value = names::label(key, value)?;
                Some((records.catalog.dimension_named(key), value.into_owned()))
            })
            .collect();
        let own: Vec<(Dimension, &str)> = own.iter().map(|(d, value)| (*d, &**value)).collect();
        let dims = self.origin.dims(records, &own);
        // Two points of a stream may be alike in every byte; a copy of the file has them on the same lines.
        let key = self.origin.keys("k6").with(&number.to_le_bytes());
        let key = key.with(line).key();
        let mut flags = Flags::LEADS;
        for (metric, value) in figures {
            records.samples.push(Sample {
                key,
                time,
                value,
                metric,
                dims,
                identity: IdentityId(0),
                file: self.origin.file,
                flags,
            });
            flags = Flags::default();
        }
        Ok(())
    }
}

/// What a point measures.
fn figures(name: &str, value: f64, end: End, records: &mut Records) -> Vec<(Measured, f64)> {
    let share = |is: bool| if is { 1.0 } else { 0.0 };
    match name {
        // A time-out is a response that took at least this long; other failures never look fast.
        REQUEST if end == End::Badly => vec![(Metric::ErrorTime.into(), value)],
        REQUEST => vec![(Metric::ResponseTime.into(), value)],
        ITERATION => vec![(Metric::TaskTime.into(), value)],
        FAILED => {
            let is_timeout = value != 0.0 && end == End::InTimeout;
            vec![
                (Metric::SuccessRate.into(), share(value == 0.0)),
                (Metric::ErrorRate.into(), share(value != 0.0 && !is_timeout)),
                (Metric::TimeoutRate.into(), share(is_timeout)),
            ]
        }
        _ => vec![(Measured::Custom(records.catalog.name(name)), value)],
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Field<'a>,
    #[serde(borrow)]
    metric: Field<'a>,
    #[serde(borrow)]
    data: Shaped<Data<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    time: Field<'a>,
    #[serde(borrow)]
    value: Field<'a>,
    #[serde(borrow)]
    contains: Field<'a>,
    #[serde(borrow)]
    tags: Shaped<BTreeMap<String, Field<'a>>>,
}
