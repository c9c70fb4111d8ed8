//! Tables that no format knows (CSV, JSON lines), by a mapping of the configuration.
//!
//! The mapping names columns and their units; nothing is guessed. A row is an operation, or a sample of one
//! or more metrics. A row without a time belongs to no period.

mod propose;
mod row;
mod rows;

use super::super::document::Origin;
use super::super::{Format, Head, Input, Likelihood, ReadError, time};
use crate::config::mapping::{Column, Mapping, TimeColumn};
use crate::ingest::content::is_label;
use crate::ingest::detect::{UTF_16, is_utf_16};
use crate::ingest::document::is_word;
use crate::metrics::Metric;
use crate::place::{Problem, ProblemKind};
use crate::record::{
    Details, Dimension, Flags, Identity, IdentityId, Measured, Name, Operation, OperationKind,
    OutcomeKind, Records, Sample, Tokens,
};
use crate::units::{NANOS, Time};

use super::native::values::{Reason, check_sample};
pub(in crate::ingest) use propose::propose;
use row::{Cell, DELIMITERS, Row, Shape};
use rows::Rows;

/// The format, with the mapping of a file.
#[derive(Debug)]
pub(in crate::ingest) struct Mapped<'m>(pub(in crate::ingest) Option<&'m Mapping>);

/// A hundred years of 365.25 days in seconds: no duration is longer.
const LONGEST: f64 = 3_155_760_000.0;

impl Format for Mapped<'_> {
    fn name(&self) -> &'static str {
        "mapped"
    }

    fn about(&self) -> &'static str {
        "any CSV or JSON lines, by a mapping in the configuration"
    }

    fn plural(&self) -> &'static str {
        "mapped tables"
    }

    /// A file is one by its path alone, which the configuration names.
    fn detect(&self, _head: &Head<'_>) -> Likelihood {
        Likelihood::No
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let Some(mapping) = self.0 else {
            return Err(ReadError::Malformed {
                line: None,
                reason: "no mapping of the configuration names this file".into(),
            });
        };
        let zone = mapping.timezone.as_deref().and_then(|name| match name {
            "UTC" | "utc" => Some(jiff::tz::TimeZone::UTC),
            "local" => Some(jiff::tz::TimeZone::system()),
            name => jiff::tz::TimeZone::get(name).ok(),
        });
        let mut reader = Reader {
            mapping,
            zone: zone.as_ref().unwrap_or(input.naive_zone),
            origin: Origin::of(input, records),
            rows: 0,
        };
        let mut shape: Option<Shape> = None;
        let mut rows = Rows::default();
        let mut text = Vec::new();
        loop {
            let delimiters = shape.as_ref().map_or(DELIMITERS, Shape::delimiters);
            let Some(line) = rows.next(input, delimiters, &mut text)? else {
                break;
            };
            if text.trim_ascii().is_empty() {
                continue;
            }
            let Some(shape) = &shape else {
                if is_utf_16(&text) {
                    return Err(ReadError::Malformed {
                        line: None,
                        reason: UTF_16.into(),
                    });
                }
                // A name that is no UTF-8 costs its column.
                let first = Shape::of(&String::from_utf8_lossy(&text));
                first.check(&reader.columns(), &mapping.name, line)?;
                if let Shape::Json = first {
                    reader.row(line, &first, &text, records, problems);
                }
                shape = Some(first);
                continue;
            };
            reader.row(line, shape, &text, records, problems);
        }
        Ok(())
    }
}

/// The tokens of a row.
struct Told {
    tokens: Tokens,
    /// Both input and output are told; where one of them is not, there were more.
    is_whole: bool,
}

struct Reader<'a> {
    mapping: &'a Mapping,
    zone: &'a jiff::tz::TimeZone,
    origin: Origin<'a>,
    rows: u32,
}

impl Reader<'_> {
    /// All columns that the mapping names.
    fn columns(&self) -> Vec<&str> {
        let m = self.mapping;
        let names = [&m.end, &m.cache_hit, &m.id].into_iter().chain(&m.identity);
        let columns = [&m.duration, &m.cost, &m.accuracy];
        names
            .flatten()
            .map(String::as_str)
            .chain(columns.into_iter().flatten().map(|c| &*c.name))
            .chain(m.time.iter().map(|c| &*c.name))
            .chain(m.outcome.iter().map(|c| &*c.name))
            .chain(m.tokens.iter().map(|(_, c)| &**c))
            .chain(m.dimensions.iter().map(|(_, c)| &**c))
            .chain(m.values.iter().map(|(_, c)| &*c.name))
            .collect()
    }

    fn skipped(&self, line: u64, reason: Reason, problems: &mut Vec<Problem>) {
        self.problem(line, ProblemKind::Skipped, reason, problems);
    }

    fn problem(&self, line: u64, kind: ProblemKind, reason: Reason, problems: &mut Vec<Problem>) {
        problems.push(Problem {
            file: self.origin.file,
            line: Some(line),
            kind,
            reason,
        });
    }

    fn row(
        &mut self,
        line: u64,
        shape: &Shape,
        text: &[u8],
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) {
        let place = (self.origin.file, line);
        let result = shape.row(text, place, problems).and_then(|row| {
            let mut faults = Vec::new();
            let result = match self.mapping.record {
                Some(kind) => self.operation(kind, &row, records, &mut faults),
                None => self.samples(&row, records, &mut faults),
            };
            for reason in faults {
                self.problem(line, ProblemKind::Value, reason, problems);
            }
            result
        });
        if let Err(reason) = result {
            self.skipped(line, reason, problems);
        }
        self.rows = self.rows.saturating_add(1);
    }

    fn operation(
        &self,
        kind: OperationKind,
        row: &Row<'_>,
        records: &mut Records,
        faults: &mut Vec<Reason>,
    ) -> Result<(), Reason> {
        let mapping = self.mapping;
        let start = self.start(row)?;
        let mut operation = Operation::new(kind, start.unwrap_or(Time::EARLIEST), self.origin.file);
        operation.flags = Flags::LEADS;
        if start.is_none() {
            operation.flags = operation.flags.with(Flags::TIMELESS);
        }
        // What is wrong costs its value, not the row.
        operation.duration = kept(self.duration(row, start), faults)
            .flatten()
            .unwrap_or(-1);
        operation.outcome = kept(self.outcome(row), faults).unwrap_or(OutcomeKind::Unknown);
        if let Some(told) = kept(self.tokens(row, faults), faults).flatten() {
            operation.tokens = told.tokens;
            operation.flags = operation.flags.with(Flags::HAS_TOKENS);
            if !told.is_whole {
                operation.flags = operation.flags.with(Flags::OUTPUT_IS_LOWER_BOUND);
            }
        }
        let cost = kept(amount(row, mapping.cost.as_ref(), 9e9), faults).flatten();
        operation.cost = cost.map_or(-1, |usd| (usd * 1e9).round() as i64);
        operation.cache = kept(self.cache(row), faults).unwrap_or(0);
        let accuracy = kept(amount(row, mapping.accuracy.as_ref(), 1.0), faults).flatten();
        operation.details = records.add_details(Details {
            accuracy: accuracy.map(|ratio| (ratio * 1e9).round() as u32),
            ..Details::default()
        });
        if let Some(id) = mapping
            .id
            .as_ref()
            .and_then(|column| row.get(column).word())
        {
            operation.key = self.origin.key_of("mapped", id.as_bytes());
        }
        operation.dims = self.dims(row, records);
        operation.identity = self.identity(row, records);
        records.operations.push(operation);
        Ok(())
    }

    fn samples(
        &self,
        row: &Row<'_>,
        records: &mut Records,
        faults: &mut Vec<Reason>,
    ) -> Result<(), Reason> {
        let time = self.start(row)?;
        let ordered = time.or_else(|| time::ordered(f64::from(self.rows)));
        let at = ordered.ok_or("more rows without a time than can be put in order")?;
        let mut flags = Flags::LEADS;
        if time.is_none() {
            flags = flags.with(Flags::TIMELESS);
        }
        let id = self
            .mapping
            .id
            .as_ref()
            .and_then(|column| row.get(column).word());
        let dims = self.dims(row, records);
        let identity = self.identity(row, records);
        for (name, column) in &self.mapping.values {
            let known = Metric::named(name);
            let Some(Some(value)) = kept(number(row, column), faults) else {
                continue;
            };
            if let Err(reason) = check_sample(known, value) {
                let of = column.name.as_str();
                faults.push(reason.replace("`value`", &format!("`{of}`")).into());
                continue;
            }
            let metric = match known {
                Some(metric) => Measured::Known(metric),
                None => Measured::Custom(records.catalog.name(name)),
            };
            let key = id.as_ref().map_or(0, |id| {
                let content = [name.as_bytes(), b"\0", id.as_bytes()].concat();
                self.origin.key_of("mapped sample", &content)
            });
            records.samples.push(Sample {
                key,
                time: at,
                value,
                metric,
                dims,
                identity,
                file: self.origin.file,
                flags,
            });
            flags = Flags(flags.0 & !Flags::LEADS.0);
        }
        if flags.has(Flags::LEADS) && faults.is_empty() {
            return Err("a row without any value".into());
        }
        Ok(())
    }

    fn start(&self, row: &Row<'_>) -> Result<Option<Time>, Reason> {
        let Some(column) = &self.mapping.time else {
            return Ok(None);
        };
        let time = self.time(row, &column.name, column)?;
        time.map(Some)
            .ok_or_else(|| format!("`{}` is missing", column.name).into())
    }

    fn time(&self, row: &Row<'_>, name: &str, column: &TimeColumn) -> Result<Option<Time>, Reason> {
        let cell = row.get(name);
        if cell == Cell::Nothing {
            return Ok(None);
        }
        let time = match column.scale {
            None => cell.text().and_then(|text| time::parse(text, self.zone)),
            Some(scale) => cell
                .nanos(scale)
                .map(Time)
                .filter(|time| time.is_plausible()),
        };
        time.map(Some)
            .ok_or_else(|| format!("`{name}` is no time between 2000 and 2100").into())
    }

    fn duration(&self, row: &Row<'_>, start: Option<Time>) -> Result<Option<i64>, Reason> {
        let told = amount(row, self.mapping.duration.as_ref(), LONGEST)?;
        if let Some(seconds) = told {
            #[allow(clippy::cast_precision_loss)]
            return Ok(Some((seconds * NANOS as f64).round() as i64));
        }
        let (Some(name), Some(column), Some(start)) =
            (&self.mapping.end, &self.mapping.time, start)
        else {
            return Ok(None);
        };
        let end = self.time(row, name, column)?;
        match end.map(|end| end.0.saturating_sub(start.0)) {
            Some(nanos) if nanos < 0 => Err(format!("`{name}` lies before the start").into()),
            nanos => Ok(nanos),
        }
    }

    fn outcome(&self, row: &Row<'_>) -> Result<OutcomeKind, Reason> {
        let Some(column) = &self.mapping.outcome else {
            return Ok(OutcomeKind::Unknown);
        };
        let Some(word) = row.get(&column.name).word() else {
            return Ok(OutcomeKind::Unknown);
        };
        let found = column.words.iter().find(|(known, _)| *known == word);
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            format!(
                "`{}` has a word that the mapping does not name",
                column.name
            )
            .into()
        })
    }

    fn tokens(&self, row: &Row<'_>, faults: &mut Vec<Reason>) -> Result<Option<Told>, Reason> {
        let mut counts = [None; 5];
        for (count, kind) in counts.iter_mut().zip(crate::config::mapping::TOKENS) {
            let column = self.mapping.tokens.iter().find(|(k, _)| k == kind);
            if let Some((_, column)) = column {
                *count = whole(row, column)?;
            }
        }
        let [input, output, read, write, mut reasoning] = counts;
        if input.is_none() && output.is_none() {
            return Ok(None);
        }
        if output.is_some() && reasoning > output {
            faults.push("more tokens of reasoning than of output, which contains them".into());
            reasoning = None;
        }
        let [read, write] = [read, write].map(Option::unwrap_or_default);
        let fresh = match input {
            Some(input) if self.mapping.input_includes_cache => {
                let cached = read.checked_add(write);
                cached
                    .and_then(|cached| input.checked_sub(cached))
                    .ok_or("input tokens are fewer than those that a cache read and wrote")?
            }
            input => input.unwrap_or_default(),
        };
        let reasoning = reasoning.unwrap_or_default();
        Ok(Some(Told {
            tokens: Tokens {
                fresh,
                cache_read: read,
                cache_write: write,
                cache_write_1h: 0,
                output: output.unwrap_or(reasoning),
                reasoning,
            },
            is_whole: input.is_some() && output.is_some(),
        }))
    }

    fn cache(&self, row: &Row<'_>) -> Result<u8, Reason> {
        let Some(column) = &self.mapping.cache_hit else {
            return Ok(0);
        };
        match row.get(column).word().as_deref() {
            None => Ok(0),
            Some("false" | "False" | "FALSE" | "0" | "no" | "miss") => Ok(1),
            Some("true" | "True" | "TRUE" | "1" | "yes" | "hit") => Ok(2),
            Some(_) => Err(format!("`{column}` is neither true nor false").into()),
        }
    }

    fn dims(&self, row: &Row<'_>, records: &mut Records) -> crate::record::DimsId {
        let mut own: Vec<(Dimension, Name)> = Vec::new();
        for (dimension, column) in &self.mapping.dimensions {
            let Some(value) = row.get(column).word() else {
                continue;
            };
            if is_label(dimension, &value) {
                let dimension = records.catalog.dimension_named(dimension);
                own.push((dimension, records.catalog.name(&value)));
            } else {
                records.ignored += 1;
            }
        }
        own.extend_from_slice(self.origin.labels());
        records.catalog.dims(own)
    }

    fn identity(&self, row: &Row<'_>, records: &mut Records) -> IdentityId {
        let [session, task, run, unit] = [0, 1, 2, 3].map(|at| {
            let column = self.mapping.identity[at].as_ref();
            let word = column.and_then(|column| row.get(column).word());
            match word.filter(|word| is_word(word)) {
                Some(word) => records.catalog.name(&word),
                None => Name::NONE,
            }
        });
        records.catalog.identity(Identity {
            session,
            task,
            run,
            unit,
            ..Identity::default()
        })
    }
}

/// What could be read; what could not is listed.
fn kept<T>(result: Result<T, Reason>, faults: &mut Vec<Reason>) -> Option<T> {
    result.map_err(|reason| faults.push(reason)).ok()
}

/// A number in the unit of what the column tells.
fn number(row: &Row<'_>, column: &Column) -> Result<Option<f64>, Reason> {
    let cell = row.get(&column.name);
    if cell == Cell::Nothing {
        return Ok(None);
    }
    let number = cell.number().map(|number| number * column.scale);
    match number.filter(|number| number.is_finite()) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{}` is not a number", column.name).into()),
    }
}

/// A number that is not negative, and at most `most`.
fn amount(row: &Row<'_>, column: Option<&Column>, most: f64) -> Result<Option<f64>, Reason> {
    let Some(column) = column else {
        return Ok(None);
    };
    match number(row, column)? {
        Some(number) if number < 0.0 => Err(format!("`{}` is negative", column.name).into()),
        Some(number) if number > most => {
            Err(format!("`{}` is too large: is its unit right?", column.name).into())
        }
        other => Ok(other),
    }
}

/// A whole number that fits 32 bits.
fn whole(row: &Row<'_>, column: &str) -> Result<Option<u32>, Reason> {
    let cell = row.get(column);
    if cell == Cell::Nothing {
        return Ok(None);
    }
    match cell.number() {
        Some(n) if n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n) => {
            Ok(Some(n as u32))
        }
        _ => Err(format!("`{column}` is no whole number").into()),
    }
}
