//! What a family of series measures: by its type, its name and its unit.

use std::collections::HashMap;

use crate::metrics::{Kind, Metric, Unit};

/// What kind of numbers a family has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    /// A level.
    #[default]
    Level,
    /// Counts on since a beginning.
    Counter,
    /// Count and sum of many values.
    Distribution,
    /// A code, a text in labels: no measure.
    NoMeasure,
}

/// What the comments say of a family.
#[derive(Debug, Clone, Default)]
pub(super) struct Family {
    shape: Option<Shape>,
    unit: String,
}

/// All families, by name.
#[derive(Debug, Default)]
pub(super) struct Families(HashMap<String, Family>);

/// What a series is within its family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    Level,
    Counter,
    Count,
    Sum,
    /// A quantile of a distribution, 0 to 1.
    Quantile,
    /// What says nothing, or nothing new.
    Nothing,
}

impl Families {
    pub(super) fn set_type(&mut self, name: &str, kind: &str) {
        let shape = match kind {
            "counter" => Shape::Counter,
            "histogram" | "summary" => Shape::Distribution,
            "gauge" | "untyped" | "unknown" => Shape::Level,
            _ => Shape::NoMeasure,
        };
        self.0.entry(name.to_owned()).or_default().shape = Some(shape);
    }

    pub(super) fn set_unit(&mut self, name: &str, unit: &str) {
        unit.clone_into(&mut self.0.entry(name.to_owned()).or_default().unit);
    }

    /// The family of a series and what it is within it.
    pub(super) fn of<'n>(&self, series: &'n str, has_quantile: bool) -> (&'n str, Role) {
        if let Some(shape) = self.0.get(series).and_then(|family| family.shape) {
            let role = match shape {
                // A text in labels, and always 1.
                Shape::Level if series.ends_with("_info") => Role::Nothing,
                Shape::Level => Role::Level,
                Shape::Counter => Role::Counter,
                Shape::Distribution if has_quantile => Role::Quantile,
                Shape::Distribution | Shape::NoMeasure => Role::Nothing,
            };
            return (series, role);
        }
        for (end, role) in [
            ("_total", Role::Counter),
            ("_count", Role::Count),
            ("_sum", Role::Sum),
            ("_bucket", Role::Nothing),
            ("_created", Role::Nothing),
            ("_info", Role::Nothing),
            ("_gcount", Role::Nothing),
            ("_gsum", Role::Nothing),
        ] {
            let Some(base) = series.strip_suffix(end) else {
                continue;
            };
            let shape = self.0.get(base).and_then(|family| family.shape);
            match (shape, role) {
                (Some(Shape::Counter), Role::Counter) => return (base, role),
                (Some(Shape::Distribution), Role::Count | Role::Sum) => return (base, role),
                (Some(_), Role::Nothing) => return (base, role),
                _ => {}
            }
        }
        // Nothing says what it is: by the convention of names a counter, else a level.
        let is_counter = series.ends_with("_total");
        let role = if is_counter {
            Role::Counter
        } else {
            Role::Level
        };
        (series, role)
    }

    /// The metric of the registry that a family measures, and what one of it is in the metric's unit.
    pub(super) fn known(&self, family: &str, role: Role) -> Option<Metric> {
        let base = family.strip_suffix("_total").unwrap_or(family);
        let metric = match base {
            "process_resident_memory_bytes" => Metric::MemoryUsage,
            "node_load1" => Metric::SystemLoad,
            "gen_ai_client_operation_duration_seconds" => Metric::ModelTime,
            _ => self.by_name(family, base)?,
        };
        let fits = match (metric.row().kind, role) {
            // Shares of a whole are known only with what they are shares of.
            (Kind::Share, _) => false,
            (Kind::Total, role) => role == Role::Counter,
            (Kind::Value, role) => role != Role::Counter,
        };
        fits.then_some(metric)
    }

    /// `response_time_seconds`, `cpu_utilization_ratio`: a name of the registry with its unit.
    fn by_name(&self, family: &str, base: &str) -> Option<Metric> {
        const UNITS: &[(&str, Unit)] = &[
            ("seconds", Unit::Seconds),
            ("bytes", Unit::Bytes),
            ("ratio", Unit::Ratio),
            ("usd", Unit::Usd),
        ];
        for (word, unit) in UNITS {
            let name = base
                .strip_suffix(word)
                .and_then(|name| name.strip_suffix('_'));
            if let Some(metric) = name.and_then(Metric::named)
                && metric.row().unit == *unit
            {
                return Some(metric);
            }
        }
        let metric = Metric::named(base)?;
        let told = self.0.get(family).map_or("", |family| &*family.unit);
        match metric.row().unit {
            Unit::Count | Unit::Number | Unit::Factor => Some(metric),
            unit => UNITS.contains(&(told, unit)).then_some(metric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_types_and_names() {
        let mut families = Families::default();
        for (name, kind) in [
            ("a", "counter"),
            ("b", "histogram"),
            ("c", "summary"),
            ("d_count", "gauge"),
            ("e_total", "counter"),
            ("f", "info"),
            ("h_info", "gauge"),
        ] {
            families.set_type(name, kind);
        }
        for (series, has_quantile, expected) in [
            ("a_total", false, ("a", Role::Counter)),
            ("a_created", false, ("a", Role::Nothing)),
            ("b_sum", false, ("b", Role::Sum)),
            ("b_count", false, ("b", Role::Count)),
            ("b_bucket", false, ("b", Role::Nothing)),
            ("c", true, ("c", Role::Quantile)),
            ("d_count", false, ("d_count", Role::Level)),
            ("e_total", false, ("e_total", Role::Counter)),
            ("f_info", false, ("f", Role::Nothing)),
            ("h_info", false, ("h_info", Role::Nothing)),
            ("g", false, ("g", Role::Level)),
            ("g_total", false, ("g_total", Role::Counter)),
            ("g_count", false, ("g_count", Role::Level)),
        ] {
            assert_eq!(families.of(series, has_quantile), expected, "{series}");
        }
    }

    #[test]
    fn a_metric_of_ours_has_its_unit_in_its_name() {
        let mut families = Families::default();
        families.set_unit("memory_usage", "bytes");
        for (family, role, metric) in [
            (
                "response_time_seconds",
                Role::Count,
                Some(Metric::ResponseTime),
            ),
            ("response_time_milliseconds", Role::Count, None),
            ("response_time", Role::Level, None),
            ("response_time_bytes", Role::Level, None),
            ("memory_usage", Role::Level, Some(Metric::MemoryUsage)),
            (
                "input_tokens_total",
                Role::Counter,
                Some(Metric::InputTokens),
            ),
            ("input_tokens", Role::Level, None),
            ("cost_usd_total", Role::Counter, Some(Metric::Cost)),
            ("success_rate_ratio", Role::Level, None),
            (
                "active_processes",
                Role::Level,
                Some(Metric::ActiveProcesses),
            ),
        ] {
            assert_eq!(families.known(family, role), metric, "{family}");
        }
    }
}
