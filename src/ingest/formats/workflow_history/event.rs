//! An entry of a history or an event, as it stands in the file.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::ingest::document::{Field, Origin, Shaped};
use crate::units::{NANOS, Time, parse_seconds};

/// Kinds of events, as they are written.
pub(super) const KINDS: &[&str] = &[
    "workflow_transition",
    "tdd_transition",
    "agent_activity",
    "parallel_status",
    "interface_switch",
    "mode_switch",
];

/// The fields of an entry; those of an object `data` or `payload` inside it are its own.
#[derive(Debug, Default)]
pub(super) struct Entry<'a>(Vec<(Field<'a>, Field<'a>)>);

impl<'a> Entry<'a> {
    /// The value of the first of these keys that has one.
    pub(super) fn get(&self, keys: &[&str]) -> &Field<'a> {
        keys.iter()
            .flat_map(|key| self.0.iter().filter(|(k, _)| k.text() == Some(key)))
            .map(|(_, value)| value)
            .find(|value| **value != Field::Nothing)
            .unwrap_or(&Field::Nothing)
    }

    /// The text of the first of these keys that has one.
    pub(super) fn text(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys).text()
    }

    /// The time under the first of these keys: a text, or seconds since 1970.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn time(&self, keys: &[&str], origin: &Origin<'_>) -> Option<Time> {
        match self.get(keys) {
            Field::Text(text) => origin.time(text),
            // A float beyond 64 bits becomes the largest whole number, which is no plausible time.
            other => other
                .number()
                .ok()?
                .map(|seconds| Time((seconds * NANOS as f64) as i64))
                .filter(|time| time.is_plausible()),
        }
    }

    /// A span of time in nanoseconds: seconds, or with its unit.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn span(&self) -> Option<i64> {
        let seconds = match self.get(&["duration", "overhead", "switch_time"]) {
            Field::Text(text) => parse_seconds(text).ok(),
            Field::Nothing => {
                let millis = self.get(&["duration_ms"]).number().ok()?;
                millis.map(|millis| millis / 1e3)
            }
            other => other.number().ok()?,
        };
        seconds
            .filter(|seconds| (0.0..1e9).contains(seconds))
            .map(|seconds| (seconds * NANOS as f64).round() as i64)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entry")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(key) = map.next_key::<Field<'de>>()? {
                    if matches!(key.text(), Some("data" | "payload")) {
                        if let Shaped::Is(Entry(inner)) = map.next_value()? {
                            fields.extend(inner);
                        }
                    } else {
                        fields.push((key, map.next_value()?));
                    }
                }
                Ok(Entry(fields))
            }
        }
        deserializer.deserialize_map(EntryVisitor)
    }
}
