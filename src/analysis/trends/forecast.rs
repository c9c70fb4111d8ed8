//! Where a trend leads if it goes on, and when it reaches a limit.

use crate::assessment::{
    Forecast, ForecastLimit, ForecastValue, OrderedBy, Reached, Trend, TrendDirection,
};
use crate::config::{Config, Origin, Profile, TargetStatistic};
use crate::metrics::Unit;
use crate::record::Measured;
use crate::stats::forecast::Line;
use crate::units::Time;

use super::super::describe::LEVEL;
use super::super::targets::Targets;
use super::{DAY, without_step};

/// Parts into which the time ahead is cut to find when a limit is reached.
const PARTS: u32 = 1_000;

/// Each trend extended by `seconds` beyond its last point: Theil and Sen's line with the prediction interval of a
/// straight line.
///
/// Only a drift is extended: a trend that is significant, and which a line fits better than a step (by BIC). Limits are the user's and the profile's
/// targets of the mean and alerts, of which the next on the way counts. `measured` are the metrics of the
/// workload.
#[must_use]
pub fn forecasts(
    trends: &[Trend],
    config: &Config,
    profile: Profile,
    measured: &[Measured],
    seconds: f64,
) -> Vec<Forecast> {
    let targets = Targets::of(config, profile, measured);
    trends
        .iter()
        .map(|trend| extended(trend, config, &targets, seconds))
        .collect()
}

fn extended(trend: &Trend, config: &Config, targets: &Targets, seconds: f64) -> Forecast {
    let mut forecast = Forecast {
        metric: trend.metric.clone(),
        unit: trend.unit,
        dims: trend.dims.clone(),
        seconds,
        to: None,
        value: None,
        limit: None,
        reached: None,
        note: None,
    };
    let is_rising = match trend.direction {
        TrendDirection::Rising => true,
        TrendDirection::Falling => false,
        TrendDirection::Stable => {
            forecast.note = Some("no trend to extend".into());
            return forecast;
        }
        TrendDirection::Insufficient => {
            forecast.note = Some("too few points for a trend".into());
            return forecast;
        }
    };
    if !trend.change_points.is_empty() {
        forecast.note = Some("no trend to extend: the level changed at once".into());
        return forecast;
    }
    if trend.ordered_by == OrderedBy::Index {
        forecast.note = Some("no time to extend it in: only an index orders the series".into());
        return forecast;
    }
    let values: Vec<f64> = trend.series.iter().filter_map(|p| p.value).collect();
    if without_step(&values).is_some() {
        forecast.note = Some("no trend to extend: a step fits better than a line".into());
        return forecast;
    }
    let Some(way) = Way::of(trend, seconds) else {
        forecast.note = Some("too few points for a trend".into());
        return forecast;
    };
    forecast.to = way.time(seconds / DAY);
    forecast.value = way.value(seconds / DAY);
    let (Some(value), Some(now)) = (forecast.value, way.value(0.0)) else {
        return forecast;
    };
    forecast.limit = next_limit(trend, config, targets, is_rising, now.estimate);
    if let Some(limit) = &forecast.limit {
        forecast.reached = Some(way.reached(limit.value, is_rising));
    }
    if seconds / DAY > way.observed {
        forecast.note = Some("further ahead than what was observed: it may well not go on".into());
    }
    // A share cannot leave 0 to 1.
    if trend.unit == Unit::Ratio {
        let within = |v: f64| v.clamp(0.0, 1.0);
        forecast.value = Some(ForecastValue {
            estimate: within(value.estimate),
            low: within(value.low),
            high: within(value.high),
            ..value
        });
    }
    forecast
}

/// A line and the time ahead.
struct Way {
    line: Line,
    beginning: Time,
    /// Days from the beginning to the last point.
    observed: f64,
    /// Days ahead.
    ahead: f64,
}

impl Way {
    fn of(trend: &Trend, seconds: f64) -> Option<Self> {
        let beginning = trend.series.first()?.from;
        let (x, y): (Vec<f64>, Vec<f64>) = trend
            .series
            .iter()
            .filter_map(|point| {
                let value = point.value.filter(|v| v.is_finite())?;
                // A step stands for its middle.
                let middle = point.from.since(beginning).0 + trend.step_seconds / 2.0;
                Some((middle / DAY, value))
            })
            .unzip();
        Some(Self {
            line: Line::through(&x, &y)?,
            beginning,
            observed: *x.last()?,
            ahead: seconds / DAY,
        })
    }

    /// The value some days ahead.
    fn value(&self, days: f64) -> Option<ForecastValue> {
        let there = self.line.at(self.observed + days, LEVEL)?;
        Some(ForecastValue {
            estimate: there.estimate,
            low: there.low,
            high: there.high,
            level: LEVEL,
        })
    }

    /// The time some days ahead; `None` beyond the calendar.
    fn time(&self, days: f64) -> Option<Time> {
        let nanos = (self.observed + days) * DAY * 1e9;
        let time = Time(self.beginning.0.saturating_add(nanos as i64));
        (nanos.is_finite() && time.is_plausible()).then_some(time)
    }

    fn reached(&self, limit: f64, is_rising: bool) -> Reached {
        let first = |of: fn(&ForecastValue) -> f64| {
            let parts = (0..=PARTS).map(|part| self.ahead * f64::from(part) / f64::from(PARTS));
            let mut there = parts.filter(|days| {
                self.value(*days).is_some_and(|value| {
                    if is_rising {
                        of(&value) >= limit
                    } else {
                        of(&value) <= limit
                    }
                })
            });
            there.next().and_then(|days| self.time(days))
        };
        let (low, high) = (first(|v| v.low), first(|v| v.high));
        let (earliest, latest) = if is_rising { (high, low) } else { (low, high) };
        Reached {
            at: first(|v| v.estimate),
            earliest,
            latest,
        }
    }
}

/// The nearest limit that the line has not reached yet.
fn next_limit(
    trend: &Trend,
    config: &Config,
    targets: &Targets,
    is_rising: bool,
    now: f64,
) -> Option<ForecastLimit> {
    let alerts = config.alerts.iter().filter_map(|alert| {
        Some(ForecastLimit {
            value: alert
                .threshold
                .filter(|_| alert.metric_name() == Some(&trend.metric))?,
            of: format!("alert {}", alert.name),
            origin: match &alert.origin {
                Origin::File(place) => place.to_string(),
                Origin::Default => "default".into(),
                Origin::Profile(profile) => format!("profile {}", profile.name()),
                Origin::Environment(name) | Origin::CommandLine(name) => name.clone(),
            },
        })
    });
    let target = targets.of_name(&trend.metric, TargetStatistic::Mean);
    let target = target.or_else(|| targets.of_name(&trend.metric, TargetStatistic::P95));
    let target = target.map(|target| ForecastLimit {
        value: target.value,
        of: format!("target of the {}", target.of),
        origin: target.origin.clone(),
    });
    let is_ahead = |limit: &ForecastLimit| {
        if is_rising {
            limit.value > now
        } else {
            limit.value < now
        }
    };
    let distance = |limit: &ForecastLimit| (limit.value - now).abs();
    target
        .into_iter()
        .chain(alerts)
        .filter(is_ahead)
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
