//! Describes each metric with an interval, judges it against its target, compares, finds trends.
//!
//! In: a workload and the configuration. Out: sections of the assessment. The mathematics is in
//! [`crate::stats`].

mod attribution;
mod border;
mod compare;
mod contrast;
mod coverage;
mod decide;
mod describe;
mod events;
mod gather;
mod headline;
mod holds;
mod indicators;
mod latest;
mod news;
mod pairs;
mod plain;
mod power;
mod reported;
mod resources;
mod sides;
mod spread;
mod spreads;
mod strata;
mod tables;
mod tails;
mod targets;
mod tolerance;
mod trends;
mod units;

use crate::assessment::{
    Attribution, Comparison, DimensionTable, EventRow, Headline, Indicator, MetricRow, Resources,
    Trend,
};
use crate::config::{Config, Profile};
use crate::record::{DIMENSIONS, Dimension, Name, hash64};
use crate::threads;
use crate::workload::Workload;

pub use compare::adjust;
pub use contrast::{Side, by, contrast, gap, interval_of, one, pairing, row, usual, values};
pub use holds::{change_of_means, explain, is_certain, withhold};
pub use latest::latest;
pub use news::Told;
pub use power::add_power;
pub use tolerance::{margin, usual_tolerance};
pub use trends::{forecasts, trends_of};

use reported::Reported;
use spreads::Spreads;
use targets::Targets;

/// What the analysis stage found.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// One row for each metric, and for each value of mode and interface.
    pub metrics: Vec<MetricRow>,
    /// Key indicators.
    pub indicators: Vec<Indicator>,
    /// Trends.
    pub trends: Vec<Trend>,
    /// Comparisons.
    pub comparisons: Vec<Comparison>,
    /// Tables of modes and interfaces.
    pub tables: Vec<DimensionTable>,
    /// The machine.
    pub resources: Option<Resources>,
    /// Where wall-clock time went.
    pub attribution: Option<Attribution>,
    /// Changes.
    pub events: Vec<EventRow>,
    /// The verdict in figures.
    pub headline: Headline,
}

/// What is asked of the analysis beside the workload.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Profile whose targets hold where the configuration has none.
    pub profile: Profile,
    /// A further dimension to describe and compare by (`--by`), by name.
    pub by: Option<String>,
}

/// Analyses a workload. The same workload gives the same analysis, whatever the number of threads.
#[must_use]
pub fn analyse(workload: &Workload, config: &Config, questions: &Questions) -> Analysis {
    let mut dimensions = vec![Dimension::Mode, Dimension::Interface];
    let asked = questions
        .by
        .as_deref()
        .and_then(|name| dimension_named(workload, name));
    if let Some(dimension) = asked.filter(|d| !dimensions.contains(d)) {
        dimensions.push(dimension);
    }
    let spreads = Spreads::of(workload, &dimensions);
    let reported = Reported::of(workload);
    let targets = Targets::of(config, questions.profile, &spreads.measured);

    let described = || {
        let mut metrics = describe::describe(&spreads, &targets);
        metrics.extend(reported.rows(workload, &metrics, &targets));
        let indicators = indicators::indicators(&spreads, &reported, &targets);
        let comparisons = compare::compare(&spreads, config);
        (metrics, indicators, comparisons)
    };
    let ((metrics, indicators, comparisons), trends) =
        threads::both(described, || trends::trends(&spreads, &targets));
    let tables = tables::tables(&spreads, &reported, config);
    let resources = resources::resources(&spreads, &reported, &trends);
    let attribution = attribution::attribution(workload);
    let events = events::events(workload);
    let headline = headline::headline(workload, &indicators, &trends, &events);
    Analysis {
        metrics,
        indicators,
        trends,
        comparisons,
        tables,
        resources,
        attribution,
        events,
        headline,
    }
}

/// The dimension of that name, if anything has it.
fn dimension_named(workload: &Workload, name: &str) -> Option<Dimension> {
    DIMENSIONS
        .iter()
        .find(|(fixed, _)| *fixed == name)
        .map(|(_, dimension)| *dimension)
        .or_else(|| {
            let label = workload.catalog.names.find(name)?;
            Some(Dimension::Label(Name(label)))
        })
}

/// Seed for tests by permutation: a hash of both groups, each sorted, so that neither the order of
/// units nor anything outside the data decides.
fn seed(a: &[f64], b: &[f64]) -> u64 {
    let mut bytes = Vec::with_capacity(8 * (a.len() + b.len() + 1));
    for group in [a, b] {
        let mut sorted = group.to_vec();
        sorted.sort_by(f64::total_cmp);
        bytes.extend_from_slice(&(sorted.len() as u64).to_le_bytes());
        for value in sorted {
            bytes.extend_from_slice(&value.to_bits().to_le_bytes());
        }
    }
    hash64(&bytes)
}
