//! Prometheus' text exposition format, and OpenMetrics.
//!
//! Units stand in the names, by convention. With times (milliseconds; in OpenMetrics seconds) levels and
//! counters are samples, of counters the differences. Without times a scrape alone is a summary, and
//! several in one file, told by a series that comes again, are samples in their order. Of histograms and
//! summaries count, sum and a 95th percentile that is told are used: no percentile is read out of buckets.

mod line;
mod meaning;
mod scrapes;

use super::super::content::{is_about_people, is_label};
use super::super::document::{Origin, is_word};
use super::super::{Format, Head, Input, Likelihood, ReadError, time};
use super::visualizer;
use crate::place::{Problem, ProblemKind};
use crate::record::{Measured, Records};
use line::{Line, Sample};
use meaning::{Families, Role, Within};
use scrapes::{Reading, Scrapes};

/// The format.
#[derive(Debug)]
pub(super) struct Prometheus;

/// Lines at the beginning of a file that are looked at where no comment tells the type of a metric.
const LOOKED_AT: usize = 20;

impl Format for Prometheus {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn about(&self) -> &'static str {
        "scrapes in Prometheus' text format or OpenMetrics: levels, counters, distributions"
    }

    fn plural(&self) -> &'static str {
        "metric scrapes"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        // The visualizer's own metrics have a reader of their own.
        if visualizer::is_metrics(head.bytes) {
            return Likelihood::No;
        }
        let mut lines = head.bytes.split(|b| *b == b'\n');
        if !head.is_whole && head.bytes.contains(&b'\n') {
            // The last line may go on behind the head.
            lines.next_back();
        }
        let mut has_labels = false;
        let mut looked_at = 0;
        for line in lines {
            let Ok(line) = std::str::from_utf8(line) else {
                return Likelihood::No;
            };
            match line::read(line) {
                Ok(Line::Type(_, kind)) if TYPES.contains(&kind) => return Likelihood::Yes,
                Ok(Line::Sample(sample)) if is_series(&sample.name) => {
                    has_labels |= !sample.labels.is_empty();
                    looked_at += 1;
                }
                Ok(Line::Sample(_)) | Err(_) => return Likelihood::No,
                Ok(_) => {}
            }
            if looked_at == LOOKED_AT {
                break;
            }
        }
        if has_labels {
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
        let mut reader = Reader {
            origin: Origin::of(input, records),
            families: Families::default(),
            scrapes: Scrapes::default(),
        };
        while let Some((number, line)) = input.next_line()? {
            if let Err(reason) = reader.line(line, records) {
                problems.push(Problem {
                    file: reader.origin.file,
                    line: Some(number),
                    kind: ProblemKind::Skipped,
                    reason: reason.into(),
                });
            }
        }
        reader.scrapes.finish(&reader.origin, records);
        Ok(())
    }
}

const TYPES: &[&str] = &[
    "counter",
    "gauge",
    "histogram",
    "summary",
    "untyped",
    "unknown",
    "info",
    "stateset",
    "gaugehistogram",
];

/// Whether a name is one of a series, as the data model has it.
fn is_series(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

struct Reader<'a> {
    origin: Origin<'a>,
    families: Families,
    scrapes: Scrapes,
}

impl Reader<'_> {
    fn line(&mut self, line: &[u8], records: &mut Records) -> Result<(), &'static str> {
        let line = std::str::from_utf8(line).map_err(|_| "invalid UTF-8")?;
        match line::read(line)? {
            Line::Type(name, kind) => self.families.set_type(&name, kind),
            Line::Unit(name, unit) => self.families.set_unit(&name, unit),
            Line::End => self.scrapes.end(),
            Line::Nothing => {}
            Line::Sample(sample) => return self.sample(&sample, records),
        }
        Ok(())
    }

    fn sample(&mut self, sample: &Sample<'_>, records: &mut Records) -> Result<(), &'static str> {
        let quantile = sample.labels.iter().find(|(key, _)| key == "quantile");
        let within = if quantile.is_some() {
            Within::Quantiles
        } else if sample.labels.iter().any(|(key, _)| key == "le") {
            Within::Buckets
        } else {
            Within::None
        };
        let (family, role) = self.families.of(&sample.name, within);
        let is_told = match (role, quantile) {
            (Role::Nothing, _) => false,
            // When the counting began, of a counter that stands beside.
            (Role::Level, _) if family.ends_with("_created") => {
                time::since_1970(sample.value).is_none()
            }
            (Role::Quantile, Some((_, quantile))) => quantile.parse() == Ok(0.95),
            _ => true,
        };
        // A quantile that is not kept, a level that nobody knows.
        if !is_told || sample.value.is_nan() || !is_word(family) {
            records.ignored += 1;
            return Ok(());
        }
        if sample.value.is_infinite() {
            return Err("not a finite number");
        }
        let time = match sample.time {
            None => None,
            Some(number) => Some(
                time::since_1970(number)
                    .ok_or("a value whose time is none between 2000 and 2100")?,
            ),
        };
        let metric = match self.families.known(family, role) {
            Some(metric) => Measured::Known(metric),
            None => Measured::Custom(records.catalog.name(family)),
        };
        let mut own = Vec::new();
        for (key, value) in &sample.labels {
            if matches!(&**key, "le" | "quantile") || value.is_empty() {
                continue;
            }
            if is_about_people(key) || !is_label(key, value) {
                records.ignored += 1;
                continue;
            }
            own.push((
                records.catalog.dimension_named(key),
                records.catalog.name(value),
            ));
        }
        let mut series = family.as_bytes().to_vec();
        let is_distribution = matches!(role, Role::Count | Role::Sum | Role::Quantile);
        for (key, value) in &sample.labels {
            if is_distribution && key == "quantile" {
                continue;
            }
            for part in [key, value] {
                series.push(0);
                series.extend_from_slice(part.as_bytes());
            }
        }
        let reading = Reading {
            metric,
            role,
            own,
            value: sample.value,
            time,
        };
        self.scrapes.take(&series, reading, &self.origin, records)
    }
}
