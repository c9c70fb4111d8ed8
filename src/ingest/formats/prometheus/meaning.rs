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

/// Which parts of a distribution the labels of a series name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    None,
    /// `le`
    Buckets,
    /// `quantile`
    Quantiles,
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
            "gauge" => Shape::Level,
            // As good as no type: `/federate` says it of whatever it passes on.
            "untyped" | "unknown" => return,
            _ => Shape::NoMeasure,
        };
        self.0.entry(name.to_owned()).or_default().shape = Some(shape);
    }

    pub(super) fn set_unit(&mut self, name: &str, unit: &str) {
        unit.clone_into(&mut self.0.entry(name.to_owned()).or_default().unit);
    }

    /// The family of a series and what it is within it.
    pub(super) fn of<'n>(&mut self, series: &'n str, within: Within) -> (&'n str, Role) {
        self.learn(series, within);
        let told = self.shape(series);
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
            // The older text gives what belongs to another family a type of its own: `# TYPE a_created gauge`.
            let may_belong = match role {
                Role::Nothing => matches!(told, None | Some(Shape::Level)),
                _ => told.is_none(),
            };
            let Some(base) = series.strip_suffix(end).filter(|_| may_belong) else {
                continue;
            };
            match (self.shape(base), role) {
                (Some(Shape::Counter), Role::Counter) => return (base, role),
                (Some(Shape::Distribution), Role::Count | Role::Sum) => return (base, role),
                (Some(Shape::Level) | None, _) => {}
                (Some(_), Role::Nothing) => return (base, role),
                _ => {}
            }
        }
        let role = match told {
            // A text in labels, and always 1.
            None | Some(Shape::Level) if series.ends_with("_info") => Role::Nothing,
            // Nothing says what it is: by the convention of names a counter, else a level.
            None if series.ends_with("_total") => Role::Counter,
            None | Some(Shape::Level) => Role::Level,
            Some(Shape::Counter) => Role::Counter,
            Some(Shape::Distribution) if within == Within::Quantiles => Role::Quantile,
            Some(Shape::Distribution | Shape::NoMeasure) => Role::Nothing,
        };
        (series, role)
    }

    fn shape(&self, name: &str) -> Option<Shape> {
        self.0.get(name)?.shape
    }

    /// Where nothing says what a family is, its buckets or quantiles do.
    fn learn(&mut self, series: &str, within: Within) {
        let base = match within {
            Within::Quantiles => Some(series),
            Within::Buckets => series.strip_suffix("_bucket"),
            Within::None => None,
        };
        if let Some(base) = base
            && self.shape(base).is_none()
            && self.shape(series).is_none()
        {
            self.0.entry(base.to_owned()).or_default().shape = Some(Shape::Distribution);
        }
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
            ("a_created", "gauge"),
            ("i", "gauge"),
            ("i_created", "gauge"),
            ("b_gcount", "gauge"),
            ("j_total", "untyped"),
            ("k_bucket", "untyped"),
            ("k_count", "untyped"),
            ("l", "unknown"),
        ] {
            families.set_type(name, kind);
        }
        let (none, buckets, quantiles) = (Within::None, Within::Buckets, Within::Quantiles);
        for (series, within, expected) in [
            ("a_total", none, ("a", Role::Counter)),
            ("a_created", none, ("a", Role::Nothing)),
            ("b_sum", none, ("b", Role::Sum)),
            ("b_count", none, ("b", Role::Count)),
            ("b_bucket", buckets, ("b", Role::Nothing)),
            ("c", quantiles, ("c", Role::Quantile)),
            ("d_count", none, ("d_count", Role::Level)),
            ("e_total", none, ("e_total", Role::Counter)),
            ("f_info", none, ("f", Role::Nothing)),
            ("h_info", none, ("h_info", Role::Nothing)),
            ("g", none, ("g", Role::Level)),
            ("g_total", none, ("g_total", Role::Counter)),
            ("g_count", none, ("g_count", Role::Level)),
            ("g_info", none, ("g_info", Role::Nothing)),
            ("i_created", none, ("i_created", Role::Level)),
            ("b_gcount", none, ("b", Role::Nothing)),
            ("j_total", none, ("j_total", Role::Counter)),
            ("k_count", none, ("k_count", Role::Level)),
            ("k_bucket", buckets, ("k", Role::Nothing)),
            ("k_count", none, ("k", Role::Count)),
            ("k_sum", none, ("k", Role::Sum)),
            ("l", none, ("l", Role::Level)),
            ("m", quantiles, ("m", Role::Quantile)),
            ("m_count", none, ("m", Role::Count)),
            ("n_bucket", none, ("n_bucket", Role::Level)),
        ] {
            assert_eq!(families.of(series, within), expected, "{series}");
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
