//! Plain series: numbers of other tools, as CSV with a header or as JSON lines.
//!
//! Columns `timestamp` (RFC 3339, naive in the zone for naive times, or seconds, milliseconds,
//! microseconds, nanoseconds since 1970) or `index` (a number that orders), `value`, and optionally
//! `metric`, a name of the registry or any other; without it the metric is named `value`. `unit` and
//! `task` name the unit of inference and the pairing, further columns are dimensions.

pub(super) mod row;

use std::borrow::Cow;

use crate::ingest::content::is_label;
use crate::ingest::document::parse_line;
use crate::ingest::scalar::Scalar;
use crate::ingest::{Format, Head, Input, Likelihood, ReadError, time};
use crate::metrics::Metric;
use crate::place::{Problem, ProblemKind};
use crate::record::{Dims, Flags, Identity, Measured, Records, Sample};
use crate::units::Time;

use super::native::values::{Reason, check_sample};
use row::{Row, fields};

/// Plain series.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainSeries;

/// The metric's name where the input gives none.
const UNNAMED: &str = "value";

impl Format for PlainSeries {
    fn name(&self) -> &'static str {
        "plain-series"
    }

    fn about(&self) -> &'static str {
        "any numbers in order of time or index, as CSV or JSON lines with a value column"
    }

    fn plural(&self) -> &'static str {
        "plain series"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let first = head
            .bytes
            .split(|b| *b == b'\n')
            .find(|line| !line.trim_ascii().is_empty());
        let line = first.unwrap_or_default();
        let has_columns = if is_object(line) {
            let mut spare = Vec::new();
            let row = parse_line::<Row<'_>>(line, &mut spare, (0, 0), &mut Vec::new());
            row.is_ok_and(|row| {
                let names: Vec<&str> = row.0.iter().map(|(name, _)| &**name).collect();
                !names.contains(&"kind") && has_columns(&names)
            })
        } else {
            let text = std::str::from_utf8(line).ok();
            text.and_then(|line| fields(line.trim_end()))
                .is_some_and(|names| has_columns(&names))
        };
        if has_columns {
            Likelihood::Yes
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
        let reader = Reader {
            file: input.file,
            labels: input.labels(records),
            zone: input.naive_zone,
        };
        let mut header: Option<Vec<String>> = None;
        while let Some((number, line)) = input.next_line()? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let result = match (&header, std::str::from_utf8(line)) {
                (None, _) if is_object(line) => reader.json((number, line), records, problems),
                (_, Err(_)) => Err("invalid UTF-8".into()),
                (Some(names), Ok(line)) => reader.csv(names, line, records),
                (None, Ok(line)) => match fields(line) {
                        Some(names) if has_columns(&names) => {
                            header = Some(names.into_iter().map(Cow::into_owned).collect());
                            Ok(())
                        }
                        _ => Err("neither a JSON object nor a header with `value` and `timestamp` or `index`".into()),
                },
            };
            if let Err(reason) = result {
                problems.push(Problem {
                    file: reader.file,
                    line: Some(number),
                    kind: ProblemKind::Skipped,
                    reason,
                });
            }
        }
        Ok(())
    }
}

fn is_object(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"{")
}

fn has_columns<T: AsRef<str>>(names: &[T]) -> bool {
    let has = |name: &str| names.iter().any(|n| n.as_ref() == name);
    has("value") && (has("timestamp") || has("index"))
}

/// What holds for all rows of a file.
struct Reader<'a> {
    file: u32,
    labels: Dims,
    zone: &'a jiff::tz::TimeZone,
}

impl Reader<'_> {
    fn csv(&self, names: &[String], line: &str, records: &mut Records) -> Result<(), Reason> {
        let values = fields(line).ok_or("a quoted field that is not closed on its line")?;
        if values.len() != names.len() {
            return Err(format!(
                "{} fields where the header has {}",
                values.len(),
                names.len()
            )
            .into());
        }
        let row = names
            .iter()
            .zip(values)
            .map(|(name, value)| {
                let value = if value.is_empty() {
                    Scalar::Null
                } else {
                    Scalar::Text(value)
                };
                (Cow::Borrowed(name.as_str()), value)
            })
            .collect();
        // In CSV everything is a text.
        self.row(&Row(row), true, records)
    }

    fn json(
        &self,
        (number, line): (u64, &[u8]),
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Reason> {
        let mut spare = Vec::new();
        let row: Row<'_> = parse_line(line, &mut spare, (self.file, number), problems)?;
        self.row(&row, false, records)
    }

    fn row(&self, row: &Row<'_>, is_text: bool, records: &mut Records) -> Result<(), Reason> {
        let find = |name: &str| {
            row.0
                .iter()
                .find(|(n, _)| n == name)
                .map_or(&Scalar::Null, |(_, value)| value)
        };
        let value = number(find("value"), is_text, "value")?.ok_or("`value` is missing")?;
        let (time, flags) = match (find("timestamp"), find("index")) {
            (Scalar::Null, Scalar::Null) => return Err("neither `timestamp` nor `index`".into()),
            (Scalar::Null, index) => {
                let index = number(index, is_text, "index")?.ok_or("`index` is missing")?;
                (
                    time::ordered(index).ok_or("`index` is negative or too large")?,
                    Flags::LEADS.with(Flags::TIMELESS),
                )
            }
            (timestamp, _) => (self.time(timestamp, is_text)?, Flags::LEADS),
        };
        let name = match find("metric") {
            Scalar::Null => UNNAMED,
            Scalar::Text(name) => name,
            _ => return Err("`metric` is not a string".into()),
        };
        let metric = Metric::named(name);
        check_sample(metric, value)?;
        let [unit, task] = ["unit", "task"].map(|name| match find(name) {
            Scalar::Null => Ok(Cow::Borrowed("")),
            Scalar::Text(text) => Ok(Cow::Borrowed(&**text)),
            Scalar::Whole(number) => Ok(number.to_string().into()),
            _ => Err(Reason::from(format!("`{name}` is not a string"))),
        });
        let (unit, task) = (unit?, task?);
        let dims = self.dims(row, records);
        let catalog = &mut records.catalog;
        let identity = Identity {
            unit: catalog.name(&unit),
            task: catalog.name(&task),
            ..Identity::default()
        };
        let sample = Sample {
            key: 0,
            time,
            value,
            metric: match metric {
                Some(metric) => Measured::Known(metric),
                None => Measured::Custom(catalog.name(name)),
            },
            dims: catalog.dims(dims),
            identity: catalog.identity(identity),
            file: self.file,
            flags,
        };
        records.samples.push(sample);
        Ok(())
    }

    /// All columns that have no meaning of their own.
    fn dims(&self, row: &Row<'_>, records: &mut Records) -> Dims {
        let mut dims = Dims::new();
        for (name, value) in &row.0 {
            if matches!(
                &**name,
                "timestamp" | "index" | "value" | "metric" | "unit" | "task"
            ) {
                continue;
            }
            match value {
                Scalar::Null => {}
                Scalar::Text(value) if is_label(name, value) => {
                    let dimension = records.catalog.dimension_named(name);
                    dims.push((dimension, records.catalog.name(value)));
                }
                _ => records.ignored += 1,
            }
        }
        dims.extend(&self.labels);
        dims
    }

    fn time(&self, value: &Scalar<'_>, is_text: bool) -> Result<Time, Reason> {
        let time = match value {
            Scalar::Text(text) => time::parse(text, self.zone).or_else(|| {
                let number = is_text.then(|| text.parse().ok()).flatten();
                number.and_then(time::since_1970)
            }),
            other => other.number().and_then(time::since_1970),
        };
        time.ok_or_else(|| "`timestamp` is not a time between 2000 and 2100".into())
    }
}

/// A number: in CSV as text, in JSON as itself. `None` where there is nothing.
fn number(value: &Scalar<'_>, is_text: bool, name: &str) -> Result<Option<f64>, Reason> {
    let number = match value {
        Scalar::Null => return Ok(None),
        Scalar::Text(text) if is_text => text.parse().ok(),
        other => other.number(),
    };
    match number {
        Some(number) if f64::is_finite(number) => Ok(Some(number)),
        Some(_) => Err(format!("`{name}` is not finite").into()),
        None => Err(format!("`{name}` is not a number").into()),
    }
}
