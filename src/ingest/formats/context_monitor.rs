//! The context monitor's export (`ContextMonitor.export_metrics()`).
//!
//! `context_preparation_time` timers become preparations; a timer is written when the preparation
//! ends. Cache hit, tokens and files stand in entries of their own: the n-th of each belongs to the
//! n-th timer; where their numbers differ (an export may begin in the middle), to the last timer
//! with the same agent and story before it. `system_*_percent` become samples, except those that
//! are marked as invented (`mock`). All other entries repeat or judge these and are counted as
//! ignored.

use serde::Deserialize;

use crate::ingest::document::{Faults, Field, Listed, Origin, Shaped, is_word, keys, parse};
use crate::ingest::{Format, Head, Input, Likelihood, ReadError};
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{
    Details, Dimension, Flags, Identity, IdentityId, Measured, Operation, OperationKind,
    OutcomeKind, Records, Sample,
};
use crate::units::{NANOS, Time};

const LIST: &[&str] = &["metrics"];

/// The longest preparation that is believed: a day.
const LONGEST: f64 = 86_400.0;

/// Reader of context monitor exports.
#[derive(Debug)]
pub(super) struct ContextMonitor;

impl Format for ContextMonitor {
    fn name(&self) -> &'static str {
        "context-monitor"
    }

    fn about(&self) -> &'static str {
        "metric export of the orchestrator's context monitor: preparations, cache hits, system load"
    }

    fn plural(&self) -> &'static str {
        "context monitor exports"
    }

    fn is_orchestrator(&self) -> bool {
        true
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let keys = keys(head.bytes);
        let has = |key: &[u8]| keys.contains(&key);
        if has(b"metrics") && (has(b"export_timestamp") || has(b"period_hours")) {
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
        let origin = Origin::of(input, records);
        let text = input.document()?;
        let mut spare = Vec::new();
        let export: Export<'_> = parse(text, &mut spare, 2, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, text, LIST, problems);
        let mut reading = Reading::default();
        match &export.metrics {
            Listed::Nothing => {}
            Listed::Other => faults.value(0, &[], "metrics is not a list"),
            Listed::Of(entries, _) => {
                for (index, entry) in entries.iter().enumerate() {
                    match entry {
                        Shaped::Is(entry) => {
                            let Err((key, reason)) = reading.take(entry, &origin, records) else {
                                continue;
                            };
                            faults.skipped(index, &[key], reason);
                        }
                        _ => faults.skipped(index, &[], "an entry is not an object"),
                    }
                }
            }
        }
        reading.finish(&origin, records);
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
struct Export<'a> {
    #[serde(borrow, default)]
    metrics: Listed<Shaped<Entry<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    name: Field<'a>,
    #[serde(borrow, default)]
    value: Field<'a>,
    #[serde(borrow, default)]
    timestamp: Field<'a>,
    #[serde(borrow, default)]
    tags: Shaped<Tags<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    agent_type: Field<'a>,
    #[serde(borrow, default)]
    story_id: Field<'a>,
    #[serde(borrow, default)]
    success: Field<'a>,
    #[serde(borrow, default)]
    mock: Field<'a>,
}

/// What stands in entries of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Hit,
    Tokens,
    Files,
}

/// A preparation on its way to an operation.
#[derive(Debug)]
struct Preparation {
    end: Time,
    seconds: f64,
    agent: String,
    story: String,
    outcome: OutcomeKind,
    parts: [Option<f64>; 3],
}

/// A number that belongs to a preparation.
#[derive(Debug)]
struct Loose {
    part: Part,
    value: f64,
    agent: String,
    story: String,
    /// Preparations that came before it.
    after: usize,
}

#[derive(Debug, Default)]
struct Reading {
    preparations: Vec<Preparation>,
    loose: Vec<Loose>,
}

/// The key of the value that is at fault, and what is wrong with it.
type Fault = (&'static str, &'static str);

impl Reading {
    fn take(
        &mut self,
        entry: &Entry<'_>,
        origin: &Origin<'_>,
        records: &mut Records,
    ) -> Result<(), Fault> {
        let Some(name) = entry.name.text() else {
            return Err(("name", "an entry without a name"));
        };
        let no_tags = Tags::default();
        let tags = entry.tags.get().unwrap_or(&no_tags);
        let word = |field: &Field<'_>| {
            let word = field.text().filter(|text| is_word(text));
            word.unwrap_or_default().to_owned()
        };
        let part = match name {
            "context_preparation_time" => {
                self.preparations.push(Preparation {
                    end: time(entry, origin)?,
                    seconds: number(entry, LONGEST)?,
                    agent: word(&tags.agent_type),
                    story: word(&tags.story_id),
                    outcome: outcome(&tags.success),
                    parts: [None; 3],
                });
                return Ok(());
            }
            "context_cache_hit" => Part::Hit,
            "context_token_usage" => Part::Tokens,
            "context_file_count" => Part::Files,
            _ => return sample(name, entry, tags, origin, records),
        };
        self.loose.push(Loose {
            part,
            value: number(entry, f64::from(u32::MAX))?,
            agent: word(&tags.agent_type),
            story: word(&tags.story_id),
            after: self.preparations.len(),
        });
        Ok(())
    }

    fn finish(mut self, origin: &Origin<'_>, records: &mut Records) {
        for part in [Part::Hit, Part::Tokens, Part::Files] {
            let all: Vec<&Loose> = self.loose.iter().filter(|l| l.part == part).collect();
            let is_one_each = all.len() == self.preparations.len();
            for (n, loose) in all.into_iter().enumerate() {
                let owner = if is_one_each {
                    self.preparations.get_mut(n)
                } else {
                    self.preparations[..loose.after]
                        .iter_mut()
                        .rfind(|p| p.agent == loose.agent && p.story == loose.story)
                        .filter(|p| p.parts[part as usize].is_none())
                };
                match owner {
                    Some(owner) => owner.parts[part as usize] = Some(loose.value),
                    None => records.ignored += 1,
                }
            }
        }
        for preparation in &self.preparations {
            preparation.record(origin, records);
        }
    }
}

impl Preparation {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn record(&self, origin: &Origin<'_>, records: &mut Records) {
        // At most a day, so that it fits.
        let duration = (self.seconds * NANOS as f64).round() as i64;
        let start = Time(self.end.0.saturating_sub(duration));
        let mut operation = Operation::new(OperationKind::ContextPreparation, start, origin.file);
        let mut content = self.end.0.to_le_bytes().to_vec();
        content.extend_from_slice(&duration.to_le_bytes());
        content.extend_from_slice(self.agent.as_bytes());
        operation.key = origin.key_of("context preparation", &content);
        operation.duration = duration;
        operation.outcome = self.outcome;
        operation.dims = origin.dims(records, &[(Dimension::Agent, &self.agent)]);
        let task = records.catalog.name(&self.story);
        operation.identity = records.catalog.identity(Identity {
            task,
            ..Identity::default()
        });
        operation.flags = Flags::LEADS;
        let whole = |part: Part| self.parts[part as usize].map(|value| value.round() as u32);
        operation.cache = match self.parts[Part::Hit as usize] {
            None => 0,
            Some(0.0) => 1,
            Some(_) => 2,
        };
        if let Some(tokens) = whole(Part::Tokens) {
            operation.tokens.fresh = tokens;
            operation.flags = operation.flags.with(Flags::HAS_TOKENS);
        }
        operation.details = records.add_details(Details {
            files_used: whole(Part::Files),
            ..Details::default()
        });
        records.operations.push(operation);
    }
}

fn sample(
    name: &str,
    entry: &Entry<'_>,
    tags: &Tags<'_>,
    origin: &Origin<'_>,
    records: &mut Records,
) -> Result<(), Fault> {
    let metric = match name {
        "system_cpu_percent" => Metric::CpuUtilization,
        "system_memory_percent" => Metric::MemoryUtilization,
        "system_disk_percent" => Metric::DiskUtilization,
        _ => {
            records.ignored += 1;
            return Ok(());
        }
    };
    if is_yes(&tags.mock) == Some(true) {
        records.ignored += 1;
        return Ok(());
    }
    let time = time(entry, origin)?;
    let value = number(entry, 100.0)? / 100.0;
    let dims = origin.dims(records, &[]);
    records.samples.push(Sample {
        key: origin.key(metric.name(), time),
        time,
        value,
        metric: Measured::Known(metric),
        dims,
        identity: IdentityId(0),
        file: origin.file,
        flags: Flags::LEADS,
    });
    Ok(())
}

fn time(entry: &Entry<'_>, origin: &Origin<'_>) -> Result<Time, Fault> {
    let text = entry.timestamp.text();
    text.and_then(|text| origin.time(text))
        .ok_or(("timestamp", "an entry without a time that can be read"))
}

fn number(entry: &Entry<'_>, most: f64) -> Result<f64, Fault> {
    match entry.value.number() {
        Ok(Some(value)) if (0.0..=most).contains(&value) => Ok(value),
        Ok(Some(_)) => Err(("value", "the value is negative or too large")),
        Ok(None) => Err(("value", "an entry without a value")),
        Err(_) => Err(("value", "the value is not a number")),
    }
}

/// Tags are texts of Python's: `"True"`.
fn is_yes(field: &Field<'_>) -> Option<bool> {
    match field {
        Field::Bool(value) => Some(*value),
        Field::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Field::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn outcome(success: &Field<'_>) -> OutcomeKind {
    match is_yes(success) {
        Some(true) => OutcomeKind::Ok,
        Some(false) => OutcomeKind::Error,
        None => OutcomeKind::Unknown,
    }
}
