//! Hit rates of the context cache by its time to live.

use super::plan::Plan;
use super::sizes::WITHIN;
use super::{Present, present_of};
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

/// What a longer time to live would give.
#[derive(Debug, Clone, PartialEq)]
pub struct Lifetimes {
    /// Hit rate without expiry − hit rate now, both replayed, at the present size.
    pub room: f64,
    /// The shortest tried time to live within one point of no expiry at the present size, in seconds; `None`: no
    /// tried one is.
    pub sufficient: Option<f64>,
    /// Longer ones than the present that are worth trying, at this size or a larger one, in seconds.
    pub worth_trying: Vec<f64>,
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
    let rate = |size: &Timeline, lifetime: Option<f64>| {
        let plan = Plan {
            lifetime: Timeline::always(lifetime.map(KnobValue::Number)),
            size: size.clone(),
            ..present.clone()
        };
        super::rate(&plan.run(&sequence, share), share)
    };
    let sufficient = |size: &Timeline| {
        let unlimited = rate(size, None);
        let enough = |seconds: &f64| unlimited - rate(size, Some(*seconds)) <= WITHIN;
        (unlimited, TRIED.into_iter().find(enough))
    };
    let (unlimited, at_present_size) = sufficient(&present.size);
    let (_, at_any_size) = sufficient(&Timeline::always(None));
    let last = match present.lifetime.last() {
        Some(KnobValue::Number(seconds)) => Some(*seconds),
        _ => None,
    };
    Ok(Some(Lifetimes {
        room: unlimited - super::rate(&now, share),
        sufficient: at_present_size,
        worth_trying: last.map_or_else(Vec::new, |now| longer(now, at_present_size, at_any_size)),
    }))
}

/// Multiples of the present time to live, what suffices at the present size, and what does at any size: none beyond it.
fn longer(now: f64, at_present_size: Option<f64>, at_any_size: Option<f64>) -> Vec<f64> {
    let most = at_any_size.unwrap_or(TRIED[TRIED.len() - 1]);
    let mut worth: Vec<f64> = [now * 2.0, now * 4.0, most]
        .into_iter()
        .chain(at_present_size)
        .filter(|seconds| *seconds > now && *seconds <= most)
        .collect();
    worth.sort_by(f64::total_cmp);
    worth.dedup();
    worth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_ones_up_to_what_suffices_at_any_size() {
        // Of 30 minutes: the double, 4 times, and no more than 4 hours.
        let hour = 3_600.0;
        assert_eq!(
            longer(1_800.0, Some(hour), Some(4.0 * hour)),
            [hour, 2.0 * hour, 4.0 * hour]
        );
        // A larger cache would hold contexts no longer than this one.
        assert!(longer(hour, Some(900.0), Some(1_800.0)).is_empty());
        // Nothing suffices: the longest is tried.
        assert_eq!(longer(604_800.0, None, None), [1_209_600.0, 2_419_200.0]);
    }
}
