//! Figures, histograms and the values of a cell in a document.
//!
//! A figure of one value is that value as a bare number, any other an object; a histogram is a list
//! of `[bucket, count]`.

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sparse::sparse;
use crate::workload::histogram::Histogram;
use crate::workload::{Figure, Values};

/// A figure in full.
#[derive(Default)]
struct Parts {
    n: u64,
    sum: i128,
    min: i64,
    max: i64,
    histogram: Histogram,
}

sparse!(Parts, Parts::default(), { n, sum, min, max, histogram });

/// The figure of one value.
fn of_one(value: i64) -> Figure {
    let mut figure = Figure::default();
    figure.add(value);
    figure
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.n == 1 && *self == of_one(self.min) {
            return s.serialize_i64(self.min);
        }
        in_full(self, s)
    }
}

fn in_full<S: Serializer>(figure: &Figure, s: S) -> Result<S::Ok, S::Error> {
    Parts {
        n: figure.n,
        sum: figure.sum,
        min: figure.min,
        max: figure.max,
        histogram: figure.histogram.clone(),
    }
    .serialize(s)
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(match Values::deserialize(d)? {
            Values::One(value) => of_one(value),
            Values::Several(figure) => *figure,
        })
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Values::One(value) => s.serialize_i64(*value),
            Values::Several(figure) => in_full(figure, s),
        }
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct NumberOrParts;
        impl<'de> Visitor<'de> for NumberOrParts {
            type Value = Values;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number or an object")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Values, E> {
                Ok(Values::One(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Values, E> {
                i64::try_from(value)
                    .map(Values::One)
                    .map_err(|_| E::custom("a value is too large"))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Values, A::Error> {
                let parts = Parts::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Values::Several(Box::new(Figure {
                    n: parts.n,
                    sum: parts.sum,
                    min: parts.min,
                    max: parts.max,
                    histogram: parts.histogram,
                })))
            }
        }
        d.deserialize_any(NumberOrParts)
    }
}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.buckets().serialize(s)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Histogram::of(Vec::deserialize(d)?)
            .ok_or_else(|| Error::custom("a histogram's buckets are not in order, or not buckets"))
    }
}
