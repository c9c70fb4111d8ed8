//! A rule and a value as people read them.

use super::observe::unit_of;
use crate::config::{Alert, Side, TargetStatistic};
use crate::metrics::Unit;
use crate::report::{amount_text, length_text};

/// The value of an alert: `3.05 s`, `2 in a row`, `×16.7`; a dash without one.
#[must_use]
pub fn value_text(alert: &Alert, value: Option<f64>) -> String {
    match value {
        None => "no data".to_owned(),
        Some(n) if alert.consecutive_failures.is_some() => format!("{n:.0} in a row"),
        Some(value) => amount_text(unit_of(alert), value),
    }
}

/// What an alert waits for: `p95 > 5 s for 10 min`.
#[must_use]
pub fn rule_text(alert: &Alert) -> String {
    let mut text = condition(alert);
    if alert.wait > 0.0 {
        text.push_str(&format!(" for {}", length_text(alert.wait)));
    }
    text
}

fn condition(alert: &Alert) -> String {
    if let Some(n) = alert.consecutive_failures {
        return format!("{n} consecutive failures");
    }
    if let Some(burn) = &alert.burn {
        let windows: Vec<String> = burn
            .windows
            .iter()
            .map(|w| {
                format!(
                    "{} over {} and {}",
                    amount_text(Unit::Factor, w.factor),
                    length_text(w.long),
                    length_text(w.short)
                )
            })
            .collect();
        let objective = short(Unit::Ratio, burn.objective);
        return format!("budget of {objective} burns {}", windows.join(", or "));
    }
    if let Some(worse) = &alert.baseline {
        return format!("worse than baseline {}", worse.name);
    }
    let (Some(limit), Some(side)) = (alert.threshold, alert.side) else {
        return "never fires".to_owned();
    };
    let sign = match side {
        Side::Above => ">",
        Side::Below => "<",
    };
    let unit = unit_of(alert);
    let of = match alert.statistic {
        TargetStatistic::Mean => "",
        TargetStatistic::P95 => "p95 ",
    };
    let mut text = format!("{of}{sign} {}", short(unit, limit));
    if let Some(critical) = alert.critical_threshold {
        text.push_str(&format!(", critical {sign} {}", short(unit, critical)));
    }
    text
}

/// A limit as somebody would write it: `5 s`, `95 %`.
fn short(unit: Unit, value: f64) -> String {
    let text = amount_text(unit, value);
    let Some((number, rest)) = text.split_once(' ') else {
        return text;
    };
    match number.contains('.') {
        true => {
            let number = number.trim_end_matches('0').trim_end_matches('.');
            format!("{number} {rest}")
        }
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;

    #[test]
    fn rules_as_somebody_would_say_them() {
        let alert = Alert {
            metric: Some(Metric::ResponseTime),
            threshold: Some(5.0),
            side: Some(Side::Above),
            wait: 600.0,
            ..Alert::default()
        };
        assert_eq!(rule_text(&alert), "> 5 s for 10 min");
        assert_eq!(value_text(&alert, Some(3.0512)), "3.05 s");
        let rate = Alert {
            metric: Some(Metric::SuccessRate),
            threshold: Some(0.95),
            side: Some(Side::Below),
            ..Alert::default()
        };
        assert_eq!(rule_text(&rate), "< 95 %");
    }
}
