//! An observation, or a trace in a list of traces: one object of JSON or one row of a table.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::super::document::{Field, Listed, Shaped};
use super::usage::Usage;
use crate::ingest::scalar::Key;
use crate::record::Tokens;

/// The fields that matter, as they were written; numbers may be texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Observation<'a> {
    pub(super) id: Field<'a>,
    pub(super) trace: Field<'a>,
    pub(super) session: Field<'a>,
    pub(super) parent: Field<'a>,
    pub(super) kind: Field<'a>,
    pub(super) start: Field<'a>,
    pub(super) end: Field<'a>,
    /// When a trace began.
    pub(super) timestamp: Field<'a>,
    pub(super) latency: Field<'a>,
    pub(super) name: Field<'a>,
    model: Field<'a>,
    provided_model: Field<'a>,
    pub(super) level: Field<'a>,
    /// Read only for the type of error with which it begins.
    pub(super) message: Field<'a>,
    total_cost: Field<'a>,
    input: Field<'a>,
    output: Field<'a>,
    usage: Usage,
    costs: Usage,
}

impl<'a> Observation<'a> {
    pub(super) fn place(&mut self, key: &str) -> Option<&mut Field<'a>> {
        Some(match key {
            "id" => &mut self.id,
            "traceId" | "trace_id" => &mut self.trace,
            "sessionId" | "session_id" => &mut self.session,
            "parentObservationId" | "parent_observation_id" => &mut self.parent,
            "type" => &mut self.kind,
            "startTime" | "start_time" => &mut self.start,
            "endTime" | "end_time" => &mut self.end,
            "timestamp" => &mut self.timestamp,
            "latency" => &mut self.latency,
            "name" => &mut self.name,
            "model" => &mut self.model,
            "providedModelName" | "provided_model_name" => &mut self.provided_model,
            "level" => &mut self.level,
            "statusMessage" | "status_message" => &mut self.message,
            "totalCost" | "total_cost" | "calculatedTotalCost" => &mut self.total_cost,
            "inputUsage" | "inputTokens" | "promptTokens" | "usage.promptTokens"
            | "usage.input" => &mut self.input,
            "outputUsage"
            | "outputTokens"
            | "completionTokens"
            | "usage.completionTokens"
            | "usage.output" => &mut self.output,
            _ => return None,
        })
    }

    pub(super) fn map(&mut self, key: &str) -> Option<&mut Usage> {
        match key {
            "usageDetails" | "usage_details" | "usage" => Some(&mut self.usage),
            "costDetails" | "cost_details" => Some(&mut self.costs),
            _ => None,
        }
    }

    /// Whether it is a trace as a whole.
    pub(super) fn is_trace(&self) -> bool {
        self.kind == Field::Nothing && self.start == Field::Nothing
    }

    /// The model's name.
    pub(super) fn model(&self) -> &str {
        [&self.model, &self.provided_model]
            .into_iter()
            .filter_map(Field::text)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }

    /// Disjoint tokens. What a cache read or wrote is part of the input or stands beside it, reasoning likewise
    /// of the output: as the total of both sides says; without a total parts, unless they are more.
    pub(super) fn tokens(&self) -> Result<Option<Tokens>, &'static str> {
        const REASON: &str = "a count of tokens is no whole number";
        let told = |known: Option<f64>, field: &Field<'_>| match known {
            Some(count) => Ok(Some(count)),
            None => amount(field).map_err(|_| REASON),
        };
        let input = told(self.usage.input, &self.input)?;
        let output = told(self.usage.output, &self.output)?;
        let details = [
            self.usage.cache_read,
            self.usage.cache_write,
            self.usage.reasoning,
        ];
        let [read, write, reasoning] = details.map(Option::unwrap_or_default);
        if input.is_none() && output.is_none() && read == 0.0 && write == 0.0 {
            return Ok(None);
        }
        // Nothing was counted.
        if input.unwrap_or(0.0) == 0.0 && output.unwrap_or(0.0) == 0.0 && read + write == 0.0 {
            return Ok(None);
        }
        let (input, output) = (input.unwrap_or(0.0), output.unwrap_or(0.0));
        let beyond = self.usage.total.map(|total| total - input - output);
        let parts = [(read + write, input), (reasoning, output)];
        let [is_cached_beside, is_reasoning_beside] = beside(parts, beyond);
        let fresh = if is_cached_beside {
            input
        } else {
            (input - read - write).max(0.0)
        };
        let output = if is_reasoning_beside {
            output + reasoning
        } else {
            output
        };
        let count = |number: f64| {
            if number.fract() == 0.0 && number < 4e9 {
                Ok(number as u32)
            } else {
                Err(REASON)
            }
        };
        Ok(Some(Tokens {
            fresh: count(fresh)?,
            cache_read: count(read)?,
            cache_write: count(write)?,
            output: count(output)?,
            reasoning: count(reasoning)?,
            ..Tokens::default()
        }))
    }

    /// Cost in 10⁻⁹ US dollars; −1 where none is known: 0 without details is no price.
    pub(super) fn cost(&self) -> Result<i64, &'static str> {
        let told = amount(&self.total_cost).map_err(|_| "a cost is no amount")?;
        let cost = match (told, self.costs.total) {
            (Some(cost), _) if cost > 0.0 => cost,
            (_, Some(cost)) => cost,
            _ => return Ok(-1),
        };
        if cost < 1e9 {
            Ok((cost * 1e9).round() as i64)
        } else {
            Err("a cost is no amount")
        }
    }
}

/// Whether each part stands beside its whole, given what a total has `beyond` both wholes: the first answer by which
/// the parts beside add up to that and none inside is more than its whole. Where none does, each part for itself:
/// beside where there is room for it beyond, without a total where it is more than its whole.
fn beside(parts: [(f64, f64); 2], beyond: Option<f64>) -> [bool; 2] {
    const ANSWERS: [[bool; 2]; 4] = [[false, false], [true, false], [false, true], [true, true]];
    let fits = |answer: &[bool; 2], beyond: f64| {
        let told = || answer.iter().zip(parts);
        let sum: f64 = told()
            .filter(|(is, _)| **is)
            .map(|(_, (part, _))| part)
            .sum();
        // Counts are whole numbers.
        (sum - beyond).abs() < 0.5 && told().all(|(is, (part, whole))| *is || part <= whole)
    };
    let exact = beyond.and_then(|beyond| ANSWERS.into_iter().find(|answer| fits(answer, beyond)));
    exact.unwrap_or_else(|| {
        parts.map(|(part, whole)| match beyond {
            Some(beyond) => part > 0.0 && beyond >= part,
            None => part > whole,
        })
    })
}

/// A number that is not negative, also where it was written as a text; `None` where there is none.
pub(super) fn amount(field: &Field<'_>) -> Result<Option<f64>, ()> {
    let number = match field {
        Field::Text(text) if text.trim().is_empty() => return Ok(None),
        Field::Text(text) => text.trim().parse().map_err(|_| ())?,
        other => match other.number().map_err(|_| ())? {
            Some(number) => number,
            None => return Ok(None),
        },
    };
    if f64::is_finite(number) && number >= 0.0 {
        Ok(Some(number))
    } else {
        Err(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Observation<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObservationVisitor)
    }
}

struct ObservationVisitor;

impl<'de> Visitor<'de> for ObservationVisitor {
    type Value = Observation<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an observation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut observation = Observation::default();
        while let Some(Key(key)) = entries.next_key()? {
            if let Some(map) = observation.map(&key) {
                *map = entries.next_value()?;
            } else if let Some(place) = observation.place(&key) {
                *place = entries.next_value()?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(observation)
    }
}

/// A whole document.
#[derive(Debug, Default)]
pub(super) struct Export<'a> {
    /// Session of the trace that the document is about.
    pub(super) session: Option<String>,
    pub(super) observations: Vec<Observation<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Export<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExportVisitor)
    }
}

struct ExportVisitor;

impl<'de> Visitor<'de> for ExportVisitor {
    type Value = Export<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut export = Export::default();
        while let Some(item) = items.next_element::<Shaped<Observation<'de>>>()? {
            export.observations.push(or_nothing(item));
        }
        Ok(export)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut export = Export::default();
        let mut alone = Observation::default();
        while let Some(Key(key)) = entries.next_key()? {
            match &*key {
                "trace" => {
                    let trace: Shaped<Observation<'de>> = entries.next_value()?;
                    let session = trace.get().and_then(|t| t.session.text());
                    export.session = session.map(str::to_owned);
                }
                "observations" | "data" => {
                    let list: Listed<Shaped<Observation<'de>>> = entries.next_value()?;
                    if let Listed::Of(list, _) = list {
                        export.observations.extend(list.into_iter().map(or_nothing));
                    }
                }
                key => {
                    if let Some(map) = alone.map(key) {
                        *map = entries.next_value()?;
                    } else if let Some(place) = alone.place(key) {
                        *place = entries.next_value()?;
                    } else {
                        entries.next_value::<IgnoredAny>()?;
                    }
                }
            }
        }
        if export.session.is_none() {
            export.session = alone.session.text().map(str::to_owned);
        }
        // A single observation, or a trace of which no observation is told.
        let is_trace = alone.is_trace() && alone.timestamp != Field::Nothing;
        if export.observations.is_empty() && (alone.start != Field::Nothing || is_trace) {
            export.observations.push(alone);
        }
        Ok(export)
    }
}

/// Something else in a list is an observation of which nothing is known.
fn or_nothing(item: Shaped<Observation<'_>>) -> Observation<'_> {
    match item {
        Shaped::Is(observation) => observation,
        _ => Observation::default(),
    }
}
