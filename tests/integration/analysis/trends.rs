//! Trends, their steps, and what a headline makes of them.

use perfadvise::analysis::Analysis;
use perfadvise::assessment::{Mood, Trend, TrendDirection};
use serde_json::{Value, json};

use super::{analysis_of, native};

/// `n` steps from 2 Nov on, `apart` seconds apart, each a session of its own.
fn steps(n: u32, apart: u32, duration: impl Fn(u32) -> f64) -> Vec<Value> {
    let beginning: jiff::Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    (0..n)
        .map(|i| {
            let time = beginning + jiff::SignedDuration::from_secs(i64::from(i) * i64::from(apart));
            json!({"kind": "operation", "operation": "step", "time": time.to_string(),
                "duration": duration(i), "session": format!("s{i:04}")})
        })
        .collect()
}

fn response_time(analysis: &Analysis) -> &Trend {
    assert_eq!(analysis.trends[0].metric, "response_time");
    &analysis.trends[0]
}

/// A number from 0 to 1 that looks like chance (splitmix64).
#[allow(clippy::cast_precision_loss)]
fn noise(i: u32) -> f64 {
    let mut z = (u64::from(i) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn a_step_holds_five_records_in_the_median() {
    // Five in a quarter of an hour, then four, then one in an hour and a half.
    for (apart, step) in [(180, 900.0), (225, 3_600.0), (5_400, 86_400.0)] {
        let analysis = analysis_of(&native(&steps(400, apart, |i| 1.0 + noise(i))));
        assert_eq!(response_time(&analysis).step_seconds, step, "{apart}");
    }
}

#[test]
fn a_short_period_gets_steps_short_enough_for_a_trend() {
    // One record an hour over two days: 24 hours would make two steps, 6 hours make eight.
    let analysis = analysis_of(&native(&steps(48, 3_600, |i| 1.0 + noise(i))));
    assert_eq!(response_time(&analysis).step_seconds, 21_600.0);
    // Ten minutes are one step, whatever its length.
    let trend = &analysis_of(&native(&steps(10, 60, |_| 1.0))).trends[0];
    assert_eq!(
        (trend.step_seconds, trend.direction),
        (900.0, TrendDirection::Insufficient)
    );
    assert_eq!((trend.p, trend.slope.as_ref()), (None, None));
}

#[test]
fn a_step_without_a_record_is_null() {
    let mut lines = steps(400, 180, |i| 1.0 + noise(i));
    lines.drain(100..120);
    let analysis = analysis_of(&native(&lines));
    let series = &response_time(&analysis).series;
    assert_eq!(series.len(), 80);
    for (i, point) in series.iter().enumerate() {
        let is_empty = (20..24).contains(&i);
        assert_eq!(
            (point.value.is_none(), point.n),
            (is_empty, if is_empty { 0 } else { 5 })
        );
    }
    assert_eq!(response_time(&analysis).n, 76);
}

#[test]
fn steady_growth_rises_and_names_the_slope() {
    // 1 s at first, a second more every day.
    let analysis = analysis_of(&native(&steps(480, 900, |i| {
        1.0 + f64::from(i) / 96.0 + 0.1 * noise(i)
    })));
    let trend = response_time(&analysis);
    assert_eq!(
        (trend.direction, trend.is_better),
        (TrendDirection::Rising, Some(false))
    );
    let slope = trend.slope.as_ref().unwrap();
    assert!(slope.low < 1.0 && 1.0 < slope.high && slope.high - slope.low < 0.1);
    // Halves of five days lie two and a half days apart.
    let apart = trend.second_half.unwrap() - trend.first_half.unwrap();
    assert!((apart - 2.5).abs() < 0.1, "{apart}");
    assert_eq!(
        (analysis.headline.mood, analysis.headline.trend),
        (Mood::Worse, Some(0))
    );
}

#[test]
fn less_than_the_dead_band_is_stable_however_sure() {
    let analysis = analysis_of(&native(&steps(480, 900, |i| 1.0 + f64::from(i) / 12_000.0)));
    let trend = response_time(&analysis);
    assert!(trend.p_adjusted.unwrap() < 1e-6);
    assert_eq!(
        (trend.direction, trend.is_better),
        (TrendDirection::Stable, None)
    );
}

#[test]
fn chance_is_stable() {
    let analysis = analysis_of(&native(&steps(480, 900, |i| 1.0 + noise(i))));
    assert_eq!(response_time(&analysis).direction, TrendDirection::Stable);
    assert_eq!(analysis.headline.mood, Mood::Good);
}

#[test]
fn a_sudden_change_is_told_with_the_change_of_configuration_beside_it() {
    let slow = |i: u32| {
        if i < 240 {
            1.0 + noise(i)
        } else {
            2.0 + noise(i)
        }
    };
    let event = |hours: u32, knob: &str| {
        json!({"kind": "event", "event": "config_change", "knob": knob, "from": 100, "to": 50,
            "time": format!("2026-11-{:02}T{:02}:00:00Z", 2 + hours / 24, hours % 24)})
    };
    let mut lines = steps(480, 900, slow);
    lines.push(event(60, "context.cache_size"));
    // Long before the centres of the halves: no candidate.
    lines.push(event(5, "retry.limit"));
    let analysis = analysis_of(&native(&lines));
    let headline = &analysis.headline;
    assert_eq!((headline.mood, headline.trend), (Mood::Worse, Some(0)));
    let event = &analysis.events[headline.event.unwrap()];
    assert_eq!(event.knob.as_deref(), Some("context.cache_size"));
    assert_eq!(
        (event.from.as_deref(), event.to.as_deref()),
        (Some("100"), Some("50"))
    );

    // Without a change there is no cause, whatever events there are.
    let mut lines = steps(480, 900, |i| 1.0 + noise(i));
    lines.push(
        json!({"kind": "event", "event": "config_change", "knob": "context.cache_size",
        "from": 100, "to": 50, "time": "2026-11-04T12:00:00Z"}),
    );
    assert_eq!(analysis_of(&native(&lines)).headline.event, None);
}

#[test]
fn samples_of_some_minutes_have_short_steps() {
    let beginning: jiff::Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let lines: Vec<Value> = (0..300_i64)
        .map(|i| {
            let time = beginning + jiff::SignedDuration::from_secs(2 * i);
            json!({"kind": "sample", "metric": "cpu_utilization", "value": 0.4, "time": time.to_string()})
        })
        .collect();
    let analysis = analysis_of(&native(&lines));
    let trend = &analysis.trends[0];
    // Ten minutes: the shortest step already holds seven samples.
    assert_eq!((trend.step_seconds, trend.n), (15.0, 40));
    assert_eq!(trend.direction, TrendDirection::Stable);
}

#[test]
fn a_change_of_level_names_what_happened_in_its_time() {
    // A quarter of an hour holds one; an hour four; 6-hour steps hold 24: 20 of them, slow from the 12th on.
    let slow = |i: u32| if i < 288 { 1.0 } else { 2.0 } + noise(i);
    let mut lines = steps(480, 900, slow);
    let event = |time: &str, knob: &str| json!({"kind": "event", "event": "config_change", "knob": knob, "from": 100, "to": 50, "time": time});
    lines.push(event("2026-11-05T00:00:00Z", "context.cache_size"));
    lines.push(event("2026-11-03T00:00:00Z", "retry.limit"));
    // What happens all the time explains nothing.
    for hour in 0..24 {
        lines.push(
            json!({"kind": "event", "event": "mode_switch", "from": "FANCY", "to": "SIMPLE",
            "time": format!("2026-11-05T{hour:02}:30:00Z")}),
        );
    }
    let analysis = analysis_of(&native(&lines));
    let trend = response_time(&analysis);
    assert_eq!(trend.change_points.len(), 1, "{trend:?}");
    let change = &trend.change_points[0];
    let place = &trend.series[usize::try_from(change.index).unwrap()];
    assert_eq!(Some(place.from), change.time);
    // 288 quarters of an hour are three days.
    assert_eq!(place.from.to_string(), "2026-11-05T00:00:00Z");
    assert_eq!(change.with, ["config_change context.cache_size 100 → 50"]);
    assert!(change.p < 0.01 && (change.ratio.unwrap() - 2.5 / 1.5).abs() < 0.1);
}

#[test]
fn a_model_that_takes_the_place_of_another_is_named() {
    let mut lines = steps(
        480,
        900,
        |i| if i < 240 { 2.0 } else { 1.0 } + 0.3 * noise(i),
    );
    for (i, line) in lines.iter_mut().enumerate() {
        line["model"] = if i < 240 { "large-1" } else { "large-2" }.into();
    }
    let analysis = analysis_of(&native(&lines));
    let changes = &response_time(&analysis).change_points;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].with, ["model_change large-1 → large-2"]);
}

#[test]
fn steady_growth_is_no_change_of_level() {
    let analysis = analysis_of(&native(&steps(480, 900, |i| {
        1.0 + f64::from(i) / 96.0 + noise(i)
    })));
    let trend = response_time(&analysis);
    assert_eq!(trend.direction, TrendDirection::Rising);
    assert_eq!(trend.change_points, []);
}
