//! A run as it was written: by the API, the SDKs or the command line, which name some things differently.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::super::document::{Embedded, Field, Listed, Shaped};
use super::super::super::scalar::Key;

/// The fields that matter; numbers may be texts.
#[derive(Debug, Default)]
pub(super) struct Run<'a> {
    pub(super) id: Field<'a>,
    pub(super) trace_id: Field<'a>,
    pub(super) parent_run_id: Field<'a>,
    pub(super) run_type: Field<'a>,
    pub(super) name: Field<'a>,
    pub(super) start_time: Field<'a>,
    pub(super) first_token_time: Field<'a>,
    pub(super) end_time: Field<'a>,
    /// Read only for how it begins.
    pub(super) error: Field<'a>,
    /// Whether the error is told, though it may be none.
    pub(super) tells_error: bool,
    pub(super) status: Field<'a>,
    pub(super) used: Used<'a>,
    pub(super) extra: Extra,
    /// The runs below it, where they stand in it.
    pub(super) children: Vec<Run<'a>>,
}

/// What was used.
#[derive(Debug, Default)]
pub(super) struct Used<'a> {
    pub(super) prompt_tokens: Field<'a>,
    pub(super) completion_tokens: Field<'a>,
    pub(super) total_cost: Field<'a>,
    pub(super) prompt_details: Details<'a>,
    pub(super) completion_details: Details<'a>,
}

/// Parts of token counts.
#[derive(Debug, Default)]
pub(super) struct Details<'a> {
    pub(super) cache_read: Field<'a>,
    /// 0 where the lifetimes are told.
    pub(super) cache_creation: Field<'a>,
    pub(super) ephemeral_5m: Field<'a>,
    pub(super) ephemeral_1h: Field<'a>,
    pub(super) reasoning: Field<'a>,
}

/// What the metadata tell.
#[derive(Debug, Default)]
pub(super) struct Extra {
    pub(super) thread: String,
    pub(super) model: String,
    pub(super) provider: String,
}

/// An object some of whose keys are known; anything else in its place is nothing.
trait Keyed<'a>: Default {
    /// Reads the value of a key from `entries`; `false` leaves it to be passed over.
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error>;
}

struct KeyedVisitor<T>(PhantomData<T>);

impl<'de, T: Keyed<'de>> Visitor<'de> for KeyedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(Key(key)) = entries.next_key()? {
            if !object.take(&key, &mut entries)? {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(object)
    }
}

macro_rules! keyed {
    ($($type:ty),*) => {$(
        impl<'de: 'a, 'a> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(KeyedVisitor(PhantomData))
            }
        }
    )*};
}

keyed! { Run<'a>, Used<'a>, Details<'a> }

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeyedVisitor(PhantomData))
    }
}

/// The object, if it is one.
fn object<'a, T: Deserialize<'a> + Default, A: MapAccess<'a>>(
    entries: &mut A,
) -> Result<T, A::Error> {
    Ok(match entries.next_value::<Shaped<T>>()? {
        Shaped::Is(object) => object,
        _ => T::default(),
    })
}

impl<'a> Keyed<'a> for Run<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        let place = match key {
            "id" | "run_id" => &mut self.id,
            "trace_id" => &mut self.trace_id,
            "parent_run_id" => &mut self.parent_run_id,
            "run_type" => &mut self.run_type,
            "name" => &mut self.name,
            "start_time" => &mut self.start_time,
            "first_token_time" => &mut self.first_token_time,
            "end_time" => &mut self.end_time,
            "error" => {
                self.tells_error = true;
                &mut self.error
            }
            "status" => &mut self.status,
            "token_usage" | "costs" => {
                self.used.fill(object(entries)?);
                return Ok(true);
            }
            "extra" | "custom_metadata" => {
                self.extra = entries.next_value::<Embedded<Extra>>()?.0;
                return Ok(true);
            }
            "child_runs" => {
                let list: Listed<Shaped<Run<'a>>> = entries.next_value()?;
                if let Listed::Of(list, _) = list {
                    let runs = list.into_iter().filter_map(|run| match run {
                        Shaped::Is(run) => Some(run),
                        _ => None,
                    });
                    self.children = runs.collect();
                }
                return Ok(true);
            }
            key => return self.used.take(key, entries),
        };
        *place = entries.next_value()?;
        Ok(true)
    }
}

impl<'a> Used<'a> {
    /// Takes over what `other` tells.
    fn fill(&mut self, other: Used<'a>) {
        for (place, value) in [
            (&mut self.prompt_tokens, other.prompt_tokens),
            (&mut self.completion_tokens, other.completion_tokens),
            (&mut self.total_cost, other.total_cost),
        ] {
            if value != Field::Nothing {
                *place = value;
            }
        }
    }
}

impl<'a> Keyed<'a> for Used<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        match key {
            "prompt_tokens" => self.prompt_tokens = entries.next_value()?,
            "completion_tokens" => self.completion_tokens = entries.next_value()?,
            "total_cost" => self.total_cost = entries.next_value()?,
            "prompt_token_details" => self.prompt_details = object(entries)?,
            "completion_token_details" => self.completion_details = object(entries)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl<'a> Keyed<'a> for Details<'a> {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        let place = match key {
            "cache_read" => &mut self.cache_read,
            "cache_creation" => &mut self.cache_creation,
            "ephemeral_5m_input_tokens" => &mut self.ephemeral_5m,
            "ephemeral_1h_input_tokens" => &mut self.ephemeral_1h,
            "reasoning" => &mut self.reasoning,
            _ => return Ok(false),
        };
        *place = entries.next_value()?;
        Ok(true)
    }
}

impl<'a> Keyed<'a> for Extra {
    fn take<A: MapAccess<'a>>(&mut self, key: &str, entries: &mut A) -> Result<bool, A::Error> {
        let place = match key {
            // The metadata stand in `extra`, and tell what `extra` tells.
            "metadata" => {
                let inner = entries.next_value::<Embedded<Extra>>()?.0;
                for (place, text) in [
                    (&mut self.thread, inner.thread),
                    (&mut self.model, inner.model),
                    (&mut self.provider, inner.provider),
                ] {
                    if !text.is_empty() {
                        *place = text;
                    }
                }
                return Ok(true);
            }
            "thread_id" | "session_id" | "conversation_id" => &mut self.thread,
            "ls_model_name" => &mut self.model,
            "ls_provider" => &mut self.provider,
            _ => return Ok(false),
        };
        if let Some(text) = entries.next_value::<Field<'a>>()?.text() {
            text.clone_into(place);
        }
        Ok(true)
    }
}

/// All runs of a document.
#[derive(Debug, Default)]
pub(super) struct Runs<'a>(pub(super) Vec<Shaped<Run<'a>>>);

impl<'de: 'a, 'a> Deserialize<'de> for Runs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RunsVisitor)
    }
}

struct RunsVisitor;

impl<'de> Visitor<'de> for RunsVisitor {
    type Value = Runs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("runs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut runs = Vec::new();
        while let Some(run) = items.next_element()? {
            runs.push(run);
        }
        Ok(Runs(runs))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut runs = Vec::new();
        let mut alone = Run::default();
        while let Some(Key(key)) = entries.next_key()? {
            if key == "runs" {
                if let Listed::Of(list, _) = entries.next_value::<Listed<Shaped<Run<'de>>>>()? {
                    runs = list;
                }
            } else if !alone.take(&key, &mut entries)? {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        // A single run over several lines.
        if runs.is_empty() && alone.run_type != Field::Nothing {
            runs.push(Shaped::Is(alone));
        }
        Ok(Runs(runs))
    }
}
