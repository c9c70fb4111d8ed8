//! An observation, a trace, or a list of them with what the list is about: one object of JSON or one row of a table.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::super::document::{Embedded, Field, Listed, Shaped};
use super::tokens;
use super::usage::{Figures, is_other_unit};
use crate::ingest::scalar::Key;
use crate::record::Tokens;

/// The fields that matter, as they were written; numbers may be texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Observation<'a> {
    pub(super) id: Field<'a>,
    pub(super) trace: Field<'a>,
    /// Of what is held, too, unless that has its own.
    pub(super) session: Field<'a>,
    pub(super) parent: Field<'a>,
    pub(super) kind: Field<'a>,
    pub(super) start: Field<'a>,
    pub(super) first_token: Field<'a>,
    pub(super) end: Field<'a>,
    /// When a trace began.
    pub(super) timestamp: Field<'a>,
    pub(super) latency: Field<'a>,
    pub(super) name: Field<'a>,
    model: Field<'a>,
    provided_model: Field<'a>,
    pub(super) level: Field<'a>,
    /// Read only for how it begins.
    pub(super) message: Field<'a>,
    total_cost: Field<'a>,
    input: Field<'a>,
    output: Field<'a>,
    unit: Field<'a>,
    details: Figures,
    /// The older map, which the API forms of `details` without telling the cache apart.
    usage: Figures,
    costs: Figures,
    /// Observations of a trace, entries of an answer. Traces in a list name theirs only, which is no list of any.
    pub(super) held: Option<Vec<Observation<'a>>>,
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
            "completionStartTime" | "completion_start_time" => &mut self.first_token,
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
            "unit" | "usage.unit" => &mut self.unit,
            _ => return None,
        })
    }

    pub(super) fn map(&mut self, key: &str) -> Option<&mut Figures> {
        match key {
            "usageDetails" | "usage_details" => Some(&mut self.details),
            "usage" => Some(&mut self.usage),
            "costDetails" | "cost_details" => Some(&mut self.costs),
            _ => None,
        }
    }

    /// Whether it is a trace as a whole.
    pub(super) fn is_trace(&self) -> bool {
        self.kind == Field::Nothing && self.start == Field::Nothing
    }

    /// Whether it tells of itself, and not only of what it holds.
    pub(super) fn has_begun(&self) -> bool {
        self.start != Field::Nothing || self.timestamp != Field::Nothing
    }

    /// The model's name.
    pub(super) fn model(&self) -> &str {
        [&self.model, &self.provided_model]
            .into_iter()
            .filter_map(Field::text)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    }

    /// Disjoint tokens, of the newer map where that tells anything.
    pub(super) fn tokens(&self) -> Result<Option<Tokens>, &'static str> {
        let figures = if self.details.sum.is_some() {
            &self.details
        } else {
            &self.usage
        };
        let is_other = |map: &Figures| map.has_other_unit;
        if is_other(&self.usage) || self.unit.text().is_some_and(is_other_unit) {
            return Ok(None);
        }
        let told = |known: Option<f64>, field: &Field<'_>| match known {
            Some(count) => Ok(count),
            None => field
                .amount()
                .map(Option::unwrap_or_default)
                .map_err(|_| tokens::REASON),
        };
        figures.tokens(
            told(figures.input, &self.input)?,
            told(figures.output, &self.output)?,
        )
    }

    /// Cost in 10⁻⁹ US dollars; −1 where none is known: 0 without details is no price.
    pub(super) fn cost(&self) -> Result<i64, &'static str> {
        let told = self
            .total_cost
            .amount()
            .map_err(|_| "a cost is no amount")?;
        let cost = match (told, self.costs.total.or(self.costs.sum)) {
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
        type Entries<'de> = Listed<Shaped<Observation<'de>>>;
        let mut observation = Observation::default();
        let mut of_trace = Field::Nothing;
        while let Some(Key(key)) = entries.next_key()? {
            match &*key {
                "trace" => {
                    let trace: Shaped<Observation<'de>> = entries.next_value()?;
                    of_trace = trace.get().map_or(Field::Nothing, |t| t.session.clone());
                }
                "data" => {
                    if let Listed::Of(list, _) = entries.next_value::<Entries<'de>>()? {
                        observation.held = Some(list.into_iter().map(or_nothing).collect());
                    }
                }
                "observations" => {
                    if let Listed::Of(list, _) = entries.next_value::<Entries<'de>>()? {
                        let is_ids = !list.is_empty() && list.iter().all(|o| o.get().is_none());
                        observation.held =
                            (!is_ids).then(|| list.into_iter().map(or_nothing).collect());
                    }
                }
                key => {
                    if let Some(map) = observation.map(key) {
                        *map = entries.next_value::<Embedded<Figures>>()?.0;
                    } else if let Some(place) = observation.place(key) {
                        *place = entries.next_value()?;
                    } else {
                        entries.next_value::<IgnoredAny>()?;
                    }
                }
            }
        }
        if of_trace != Field::Nothing {
            observation.session = of_trace;
        }
        Ok(observation)
    }
}

/// A whole document: an object, or a list, which is held by nothing that tells of itself.
#[derive(Debug)]
pub(super) struct Export<'a>(pub(super) Observation<'a>);

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
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Shaped<Observation<'de>>>()? {
            list.push(or_nothing(item));
        }
        Ok(Export(Observation {
            held: Some(list),
            ..Observation::default()
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        ObservationVisitor.visit_map(entries).map(Export)
    }
}

/// Something else in a list is an observation of which nothing is known.
fn or_nothing(item: Shaped<Observation<'_>>) -> Observation<'_> {
    match item {
        Shaped::Is(observation) => observation,
        _ => Observation::default(),
    }
}
