//! `usageDetails` and `costDetails`: free maps, whose keys are known by the parts of their names.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::ingest::scalar::{Key, Scalar};

/// The figures of such a map. Of several names for one thing the largest counts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Figures {
    pub(super) input: Option<f64>,
    pub(super) output: Option<f64>,
    pub(super) total: Option<f64>,
    /// All but the total; `None` where there is nothing else.
    pub(super) sum: Option<f64>,
    pub(super) reasoning: f64,
    /// Input of other kinds (audio, images), and output: where the map divides it, all of it.
    pub(super) more_input: f64,
    pub(super) more_output: f64,
    /// Whether something else than tokens is counted.
    pub(super) has_other_unit: bool,
    read: f64,
    read_by_modality: f64,
    write: f64,
    write_5m: f64,
    /// The part of what was written that is kept for an hour.
    pub(super) write_1h: f64,
}

/// Parts of names of what is counted in another unit, in a map of tokens.
const NO_TOKENS: [&str; 4] = ["bytes", "char", "second", "page"];

impl Figures {
    /// What a cache read.
    pub(super) fn cache_read(&self) -> f64 {
        self.read + self.read_by_modality
    }

    /// What was written to a cache, all lifetimes: a map that tells these may set the whole to 0.
    pub(super) fn cache_write(&self) -> f64 {
        self.write.max(self.write_5m + self.write_1h)
    }

    fn set(&mut self, key: &str, value: &Scalar<'_>) {
        let number = match value {
            Scalar::Text(unit) if key == "unit" => {
                self.has_other_unit = is_other_unit(unit);
                return;
            }
            Scalar::Text(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
            other => other.number(),
        };
        if let Some(number) = number.filter(|n| *n >= 0.0) {
            self.count(&plain(key), number);
        }
    }

    fn count(&mut self, name: &str, number: f64) {
        let has = |part: &str| name.contains(part);
        let told = match name {
            "total" | "totaltokens" | "totaltokencount" => {
                self.total = Some(self.total.unwrap_or(0.0).max(number));
                return;
            }
            "input" | "inputtokens" | "prompttokens" | "prompttokencount" => Some(&mut self.input),
            "output" | "outputtokens" | "completiontokens" | "candidatestokencount" => {
                Some(&mut self.output)
            }
            _ => None,
        };
        *self.sum.get_or_insert_default() += number;
        if let Some(told) = told {
            *told = Some(told.unwrap_or(0.0).max(number));
            return;
        }
        let is_write = has("cachecreation") || has("cachewrite") || has("ephemeral");
        if is_write || has("cache") && !has("modality") || has("reasoning") || has("thought") {
            let place = match () {
                () if is_write && has("5m") => &mut self.write_5m,
                () if is_write && has("1h") => &mut self.write_1h,
                () if is_write => &mut self.write,
                () if has("cache") => &mut self.read,
                () => &mut self.reasoning,
            };
            *place = place.max(number);
        } else if has("cache") {
            self.read_by_modality += number;
        } else if !NO_TOKENS.into_iter().any(has) {
            let begins = |words: [&str; 2]| words.into_iter().any(|word| name.starts_with(word));
            if begins(["input", "prompt"]) {
                self.more_input += number;
            } else if begins(["output", "completion"]) {
                self.more_output += number;
            }
        }
    }
}

/// Whether a unit that is told is not that of tokens.
pub(super) fn is_other_unit(unit: &str) -> bool {
    !unit.is_empty() && !unit.eq_ignore_ascii_case("tokens")
}

/// The name without what frameworks write differently: case, and what stands between words.
fn plain(key: &str) -> String {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FiguresVisitor)
    }
}

struct FiguresVisitor;

impl<'de> Visitor<'de> for FiguresVisitor {
    type Value = Figures;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of figures")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Figures, A::Error> {
        let mut figures = Figures::default();
        while let Some((Key(key), value)) = entries.next_entry::<Key<'de>, Scalar<'de>>()? {
            figures.set(&key, &value);
        }
        Ok(figures)
    }
}
