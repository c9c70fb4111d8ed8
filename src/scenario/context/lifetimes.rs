//! Hit rates of the context cache by its time to live.

use super::plan::Plan;

use super::{Present, present_of, sizes::WITHIN};
use crate::config::{Config, KnobValue};
use crate::scenario::present::Timeline;
use crate::scenario::replay::Withheld;
use crate::workload::Workload;

/// Times to live that are tried, in seconds: from five minutes to four weeks.
const TRIED: [f64; 12] = [
    300.0,
    900.0,
    1_800.0,
    3_600.0,
    7_200.0,
    14_400.0,
    28_800.0,
    86_400.0,
    172_800.0,
    604_800.0,
    1_209_600.0,
    2_419_200.0,
];

/// What a longer time to live would give at the present size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifetimes {
    /// Hit rate without expiry − hit rate now, both replayed.
    pub room: f64,
    /// The shortest tried time to live within one point of no expiry, in seconds; `None`: no tried one is.
    pub sufficient: Option<f64>,
}

/// What a longer time to live would give; `None` where contexts do not expire.
///
/// # Errors
/// Why it is not known, as for a replay.
pub fn lifetimes(workload: &Workload, config: &Config) -> Result<Option<Lifetimes>, Withheld> {
    let Present {
        sequence,
        share,
        plan: present,
        hits: now,
    } = present_of(workload, config)?;
    if present.lifetime.values.iter().all(|(_, v)| v.is_none()) {
        return Ok(None);
    }
    let rate = |lifetime: Option<f64>| {
        let plan = Plan {
            lifetime: Timeline::always(lifetime.map(KnobValue::Number)),
            ..present.clone()
        };
        super::rate(&plan.run(&sequence, share), share)
    };
    let unlimited = rate(None);
    let enough = |seconds: &f64| unlimited - rate(Some(*seconds)) <= WITHIN;
    Ok(Some(Lifetimes {
        room: unlimited - super::rate(&now, share),
        sufficient: TRIED.into_iter().find(enough),
    }))
}
