//! `usageDetails` and `costDetails`: free maps, of which a few keys are known.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::ingest::scalar::{Key, Scalar};

/// The figures of such a map, by the names that frameworks give them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    pub(super) input: Option<f64>,
    pub(super) output: Option<f64>,
    pub(super) total: Option<f64>,
    pub(super) cache_read: Option<f64>,
    pub(super) cache_write: Option<f64>,
    pub(super) reasoning: Option<f64>,
}

impl Usage {
    fn set(&mut self, key: &str, value: &Scalar<'_>) {
        let number = match value {
            Scalar::Text(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
            other => other.number(),
        };
        let Some(number) = number.filter(|n| *n >= 0.0) else {
            return;
        };
        let place = match key {
            "input" | "promptTokens" | "prompt_tokens" | "input_tokens" => &mut self.input,
            "output" | "completionTokens" | "completion_tokens" | "output_tokens" => {
                &mut self.output
            }
            "total" | "totalTokens" | "total_tokens" => &mut self.total,
            "input_cache_read"
            | "input_cached_tokens"
            | "cache_read_input_tokens"
            | "prompt_details.cache_read"
            | "prompt_tokens_details.cached_tokens"
            | "cached_tokens" => &mut self.cache_read,
            "input_cache_creation"
            | "cache_creation_input_tokens"
            | "prompt_details.cache_write" => &mut self.cache_write,
            "output_reasoning"
            | "output_reasoning_tokens"
            | "reasoning_tokens"
            | "completion_details.reasoning"
            | "completion_tokens_details.reasoning_tokens" => &mut self.reasoning,
            _ => return,
        };
        *place = Some(number);
    }
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UsageVisitor)
    }
}

struct UsageVisitor;

impl<'de> Visitor<'de> for UsageVisitor {
    type Value = Usage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of figures")
    }

    fn visit_unit<E: Error>(self) -> Result<Usage, E> {
        Ok(Usage::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Usage, E> {
        Ok(Usage::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Usage, E> {
        Ok(Usage::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Usage, E> {
        Ok(Usage::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Usage, E> {
        Ok(Usage::default())
    }

    /// In tables the map is a text.
    fn visit_str<E: Error>(self, text: &str) -> Result<Usage, E> {
        if text.trim_start().starts_with('{') {
            Ok(serde_json::from_str(text).unwrap_or_default())
        } else {
            Ok(Usage::default())
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Usage, A::Error> {
        while items.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(Usage::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Usage, A::Error> {
        let mut usage = Usage::default();
        while let Some((Key(key), value)) = entries.next_entry::<Key<'de>, Scalar<'de>>()? {
            let key: Cow<'de, str> = key;
            usage.set(&key, &value);
        }
        Ok(usage)
    }
}
