//! Metrics and their data points.

use super::super::super::json::{Cursor, Fault, Value};
use super::value::{Any, attributes, list};

/// What holds for all points of a metric. It may stand behind them, so it is read ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Metric<'a> {
    pub(super) name: &'a [u8],
    pub(super) unit: &'a [u8],
    pub(super) shape: Shape,
    pub(super) is_cumulative: bool,
    pub(super) is_monotonic: bool,
}

/// How a metric's points are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    /// A level.
    #[default]
    Gauge,
    /// A sum, of an interval or since a beginning.
    Sum,
    /// Already summed up: count, sum, extremes.
    Distribution,
}

/// A data point as it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Point<'a> {
    pub(super) start: Any<'a>,
    pub(super) time: Any<'a>,
    pub(super) value: Any<'a>,
    pub(super) count: Any<'a>,
    pub(super) sum: Any<'a>,
    pub(super) min: Any<'a>,
    pub(super) max: Any<'a>,
    pub(super) attributes: Vec<(&'a [u8], Any<'a>)>,
}

impl<'a> Metric<'a> {
    /// The metric that was entered.
    pub(super) fn ahead(mut cursor: Cursor<'a>) -> Self {
        let mut metric = Metric::default();
        match metric.head(&mut cursor) {
            Ok(()) => metric,
            // Cut off before it was known what its points mean; the fault is met again with them.
            Err(_) => Metric::default(),
        }
    }

    fn head(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        while let Some(key) = cursor.key()? {
            match key {
                b"name" => self.name = Any::field(cursor)?.text(),
                b"unit" => self.unit = Any::field(cursor)?.text(),
                _ => match Shape::named(key) {
                    Some(shape) => {
                        self.shape = shape;
                        let value = cursor.value()?;
                        if value == Value::Object {
                            self.data(cursor)?;
                        } else {
                            cursor.skip(value)?;
                        }
                    }
                    None => cursor.skip_value()?,
                },
            }
        }
        Ok(())
    }

    fn data(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        while let Some(key) = cursor.key()? {
            match key {
                b"aggregationTemporality" | b"aggregation_temporality" => {
                    self.is_cumulative = matches!(
                        Any::field(cursor)?,
                        Any::Number(b"2") | Any::Text(b"AGGREGATION_TEMPORALITY_CUMULATIVE")
                    );
                }
                b"isMonotonic" | b"is_monotonic" => {
                    self.is_monotonic = Any::field(cursor)? == Any::Bool(true);
                }
                _ => cursor.skip_value()?,
            }
        }
        Ok(())
    }

    /// Calls `each` with the points of the metric that was entered.
    pub(super) fn read(
        &self,
        cursor: &mut Cursor<'a>,
        mut each: impl FnMut(&Point<'a>, &Cursor<'a>),
    ) -> Result<(), Fault> {
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            if Shape::named(key).is_none() || value != Value::Object {
                cursor.skip(value)?;
                continue;
            }
            while let Some(key) = cursor.key()? {
                if key == b"dataPoints" || key == b"data_points" {
                    list(cursor, |cursor| {
                        let point = Point::read(cursor)?;
                        each(&point, cursor);
                        Ok(())
                    })?;
                } else {
                    cursor.skip_value()?;
                }
            }
        }
        Ok(())
    }
}

impl Shape {
    fn named(key: &[u8]) -> Option<Self> {
        match key {
            b"gauge" => Some(Shape::Gauge),
            b"sum" => Some(Shape::Sum),
            b"histogram" | b"exponentialHistogram" | b"exponential_histogram" | b"summary" => {
                Some(Shape::Distribution)
            }
            _ => None,
        }
    }
}

impl<'a> Point<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut point = Point::default();
        while let Some(key) = cursor.key()? {
            match key {
                b"startTimeUnixNano" | b"start_time_unix_nano" => point.start = Any::field(cursor)?,
                b"timeUnixNano" | b"time_unix_nano" => point.time = Any::field(cursor)?,
                b"asInt" | b"as_int" | b"asDouble" | b"as_double" => {
                    point.value = Any::field(cursor)?;
                }
                b"count" => point.count = Any::field(cursor)?,
                b"sum" => point.sum = Any::field(cursor)?,
                b"min" => point.min = Any::field(cursor)?,
                b"max" => point.max = Any::field(cursor)?,
                b"attributes" => {
                    attributes(cursor, |key, value| point.attributes.push((key, value)))?;
                }
                _ => cursor.skip_value()?,
            }
        }
        Ok(point)
    }

    /// An attribute as a text.
    pub(super) fn attribute(&self, name: &[u8]) -> &'a [u8] {
        self.attributes
            .iter()
            .find(|(key, _)| *key == name)
            .map_or(b"", |(_, value)| value.text())
    }
}
