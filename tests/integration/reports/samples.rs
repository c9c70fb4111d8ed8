//! Assessments to draw: one story told in full, and the edges. Every figure is invented, and those
//! of one sample agree with each other.

use std::collections::BTreeMap;

use perfadvise::assessment::*;
use perfadvise::metrics::{Direction, Metric, Unit};
use perfadvise::units::Time;

/// A time in RFC 3339.
pub(super) fn time(text: &str) -> Time {
    Time::from_timestamp(text.parse().unwrap())
}

fn dims(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).into(), (*v).into()))
        .collect()
}

/// Six decimals, so that every parser gives the very same number back.
fn short(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn unit_of(metric: &str) -> Unit {
    Metric::named(metric).map_or(Unit::Unknown, |m| m.row().unit)
}

fn interval(of: &str, low: f64, high: f64) -> Interval {
    Interval {
        of: of.into(),
        low,
        high,
        level: 0.95,
        method: "mean over units, linearised".into(),
    }
}

fn target(value: f64, limit: Limit, of: &str) -> TargetRow {
    TargetRow {
        value,
        limit,
        of: of.into(),
        origin: "profile orchestrator".into(),
    }
}

/// Nothing: no file, no record.
pub(super) fn nothing() -> Assessment {
    Assessment {
        schema_version: SCHEMA_VERSION,
        generator: Generator {
            name: "perfadvise".into(),
            version: "0.1.0".into(),
        },
        period: None,
        provenance: Provenance {
            units_called: "units".into(),
            configuration: vec!["built-in defaults".into()],
            ..Provenance::default()
        },
        headline: Headline::default(),
        indicators: Vec::new(),
        metrics: Vec::new(),
        score: Score {
            model: 1,
            profile: "orchestrator".into(),
            value: None,
            band: None,
            band_reason: None,
            status: ScoreStatus::None,
            coverage: 0.0,
            complete: false,
            bounds: None,
            interval: None,
            parts: Vec::new(),
        },
        trends: Vec::new(),
        comparisons: Vec::new(),
        tables: Vec::new(),
        resources: None,
        attribution: None,
        recommendations: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        combined_projection: None,
        not_evaluated: Vec::new(),
        rules: RuleCounts::default(),
    }
}

/// A folder with three files that are no input.
pub(super) fn empty_folder() -> Assessment {
    let mut a = nothing();
    a.provenance.files = 3;
    a.provenance.bytes = 4_211;
    a.provenance.inputs = vec!["reports/".into()];
    a.provenance.unrecognised_why = [
        ("reports/notes.txt", "text, no records"),
        ("reports/chart.png", "binary"),
        ("reports/old.json", "JSON, but no known shape"),
    ]
    .map(|(file, reason)| NotRecognised {
        file: file.into(),
        reason: reason.into(),
    })
    .into();
    a.provenance.unrecognised = a
        .provenance
        .unrecognised_why
        .iter()
        .map(|n| n.file.clone())
        .collect();
    a
}

struct Figure {
    title: &'static str,
    metric: &'static str,
    statistic: &'static str,
    value: Option<(f64, f64, f64)>,
    target: f64,
    limit: Limit,
    scale: (f64, f64),
}

fn indicator(f: &Figure) -> Indicator {
    let verdict = match (f.value, f.limit) {
        (None, _) => TargetVerdict::Unknown,
        (Some((v, ..)), Limit::Upper) if v <= f.target => TargetVerdict::Met,
        (Some((v, ..)), Limit::Lower) if v >= f.target => TargetVerdict::Met,
        _ => TargetVerdict::Missed,
    };
    Indicator {
        title: f.title.into(),
        metric: f.metric.into(),
        statistic: f.statistic.into(),
        unit: unit_of(f.metric),
        value: f.value.map(|v| v.0),
        n: f.value.map(|_| 9_412),
        interval: f.value.map(|v| interval(f.statistic, v.1, v.2)),
        target: Some(target(f.target, f.limit, f.statistic)),
        verdict,
        scale_low: f.scale.0,
        scale_high: f.scale.1,
        reported: false,
        note: f.value.is_none().then(|| "not measured".into()),
    }
}

fn figures() -> Vec<Figure> {
    use Limit::{Lower, Upper};
    let row = |title, metric, statistic, value, target, limit, scale| Figure {
        title,
        metric,
        statistic,
        value,
        target,
        limit,
        scale,
    };
    vec![
        row(
            "Response time, mean",
            "response_time",
            "mean",
            Some((2.70, 2.58, 2.83)),
            3.0,
            Upper,
            (0.0, 5.0),
        ),
        row(
            "Response time, p95",
            "response_time",
            "p95",
            Some((7.9, 7.1, 8.8)),
            5.0,
            Upper,
            (0.0, 10.0),
        ),
        row(
            "Success rate",
            "success_rate",
            "mean",
            Some((0.973, 0.968, 0.977)),
            0.95,
            Lower,
            (0.9, 1.0),
        ),
        row(
            "Cache hit rate",
            "cache_hit_rate",
            "mean",
            Some((0.610, 0.572, 0.646)),
            0.70,
            Lower,
            (0.0, 1.0),
        ),
        row(
            "Token efficiency",
            "token_efficiency",
            "mean",
            Some((0.830, 0.814, 0.845)),
            0.80,
            Lower,
            (0.0, 1.0),
        ),
        row(
            "Memory, p95",
            "memory_utilization",
            "p95",
            Some((0.740, 0.718, 0.761)),
            0.80,
            Upper,
            (0.0, 1.0),
        ),
        row(
            "CPU, p95",
            "cpu_utilization",
            "p95",
            Some((0.780, 0.749, 0.796)),
            0.80,
            Upper,
            (0.0, 1.0),
        ),
        row(
            "Disk, p95",
            "disk_utilization",
            "p95",
            None,
            0.80,
            Upper,
            (0.0, 1.0),
        ),
    ]
}

fn metric_row(metric: &str, of: &[(&str, &str)], n: u64, mean: f64) -> MetricRow {
    MetricRow {
        metric: metric.into(),
        unit: unit_of(metric),
        dims: dims(of),
        n: Some(n),
        units: Some(118),
        mean: Some(mean),
        median: None,
        p95: None,
        p99: None,
        min: None,
        max: None,
        total: None,
        interval: None,
        target: None,
        verdict: TargetVerdict::Unknown,
        reported: false,
        marks: Vec::new(),
    }
}

fn metrics() -> Vec<MetricRow> {
    let mut response = metric_row("response_time", &[], 9_219, 2.70);
    response.median = Some(1.9);
    response.p95 = Some(7.9);
    response.p99 = Some(12.4);
    response.min = Some(0.04);
    response.max = Some(61.2);
    response.interval = Some(interval("mean", 2.58, 2.83));
    response.target = Some(target(3.0, Limit::Upper, "mean"));
    response.verdict = TargetVerdict::Met;
    let mut tokens = metric_row("output_tokens", &[], 9_412, 412.3);
    tokens.total = Some(3_880_567.6);
    tokens.marks = vec!["lower_bound".into()];
    vec![
        response,
        metric_row("response_time", &[("mode", "FANCY")], 7_190, 2.90),
        metric_row("response_time", &[("mode", "SIMPLE")], 2_029, 1.98),
        metric_row("success_rate", &[], 9_412, 0.973),
        metric_row("cache_hit_rate", &[], 9_412, 0.610),
        tokens,
    ]
}

struct Lost(
    &'static str,
    &'static str,
    &'static str,
    f64,
    f64,
    f64,
    f64,
    f64,
    f64,
    (f64, f64),
);

fn score() -> Score {
    // Value, target, poor, weight, S, points shown, one step: the table of the score page.
    let parts = [
        Lost(
            "response_mean",
            "Response time",
            "response_time",
            2.70,
            3.0,
            5.0,
            20.0,
            0.792,
            4.3,
            (2.5, 0.6),
        ),
        Lost(
            "response_p95",
            "Response time",
            "response_time",
            7.90,
            5.0,
            10.0,
            10.0,
            0.591,
            4.3,
            (7.0, 0.5),
        ),
        Lost(
            "success",
            "Success rate",
            "success_rate",
            0.027,
            0.05,
            0.10,
            25.0,
            0.899,
            2.6,
            (0.02, 1.1),
        ),
        Lost(
            "cache",
            "Cache hit rate",
            "cache_hit_rate",
            0.390,
            0.30,
            0.60,
            12.0,
            0.663,
            4.2,
            (0.30, 1.1),
        ),
        Lost(
            "tokens",
            "Token efficiency",
            "token_efficiency",
            0.170,
            0.20,
            0.40,
            13.0,
            0.797,
            2.7,
            (0.15, 0.4),
        ),
        Lost(
            "memory",
            "Memory",
            "memory_utilization",
            0.740,
            0.80,
            0.90,
            10.0,
            0.869,
            1.4,
            (0.70, 0.6),
        ),
        Lost(
            "cpu",
            "CPU",
            "cpu_utilization",
            0.780,
            0.80,
            0.95,
            6.0,
            0.780,
            1.4,
            (0.70, 0.7),
        ),
    ];
    let mut rows: Vec<ScorePart> = parts
        .iter()
        .map(|p| ScorePart {
            part: p.0.into(),
            title: p.1.into(),
            metric: p.2.into(),
            unit: unit_of(p.2),
            statistic: match p.0 {
                "response_mean" => "mean",
                "response_p95" | "memory" | "cpu" => "p95",
                _ => "shortfall",
            }
            .into(),
            value: Some(p.3),
            n: if p.0 == "memory" || p.0 == "cpu" {
                10_080
            } else {
                9_412
            },
            weight: p.6,
            target: Some(p.4),
            poor: Some(p.5),
            score: Some(p.7),
            points_lost: Some(short(100.0 * p.6 * (1.0 - p.7) / 96.0)),
            points_lost_shown: Some(p.8),
            step: Some(Step {
                value: p.9.0,
                points: p.9.1,
            }),
            left_out: None,
        })
        .collect();
    let left_out =
        |part: &str, title: &str, metric: &str, weight, target: Option<f64>, why: &str| ScorePart {
            part: part.into(),
            title: title.into(),
            metric: metric.into(),
            unit: Unit::Ratio,
            statistic: if part == "disk" { "p95" } else { "shortfall" }.into(),
            value: None,
            n: 0,
            weight,
            target,
            poor: target.map(|_| 0.90),
            score: None,
            points_lost: None,
            points_lost_shown: None,
            step: None,
            left_out: Some(why.into()),
        };
    rows.push(left_out(
        "disk",
        "Disk",
        "disk_utilization",
        4.0,
        Some(0.80),
        "not measured",
    ));
    rows.push(left_out(
        "accuracy",
        "Accuracy",
        "accuracy",
        15.0,
        None,
        "no target set",
    ));
    Score {
        model: 1,
        profile: "orchestrator".into(),
        value: Some(79.1),
        band: Some(Band::Good),
        band_reason: None,
        status: ScoreStatus::Ok,
        coverage: 0.96,
        complete: false,
        bounds: Some(ScoreBounds {
            low: 75.9,
            high: 79.9,
        }),
        interval: Some(interval("score", 76.4, 81.3)),
        parts: rows,
    }
}

fn trend(metric: &str, values: &[f64], step: f64, direction: TrendDirection) -> Trend {
    let from = time("2026-11-16T00:00:00Z").0;
    let half = values.len() / 2;
    let mean = |v: &[f64]| short(v.iter().sum::<f64>() / v.len() as f64);
    let (first, second) = (mean(&values[..half]), mean(&values[half..]));
    Trend {
        metric: metric.into(),
        unit: unit_of(metric),
        dims: BTreeMap::new(),
        n: values.len() as u64,
        direction,
        is_better: match direction {
            TrendDirection::Rising | TrendDirection::Falling => Some(false),
            _ => None,
        },
        slope: Some(Slope {
            per: "day".into(),
            estimate: short((second - first) / 3.5),
            low: short((second - first) / 4.4),
            high: short((second - first) / 2.9),
        }),
        p: Some(if direction == TrendDirection::Stable {
            0.41
        } else {
            2e-5
        }),
        p_adjusted: Some(if direction == TrendDirection::Stable {
            0.83
        } else {
            8e-5
        }),
        first_half: Some(first),
        second_half: Some(second),
        ratio: Some(short(second / first)),
        change_points: Vec::new(),
        newest: None,
        ordered_by: OrderedBy::Time,
        step_seconds: step,
        series: values
            .iter()
            .enumerate()
            .map(|(i, v)| SeriesPoint {
                from: Time(from + i as i64 * (step * 1e9) as i64),
                value: Some(*v),
                n: 330,
            })
            .collect(),
        target: (metric == "response_time").then_some(3.0),
    }
}

/// 28 windows of 6 hours: slower from Thursday evening on.
const RESPONSE: [f64; 28] = [
    2.30, 2.44, 2.58, 2.48, 2.44, 2.42, 2.50, 2.49, 2.17, 2.43, 2.41, 2.36, 2.28, 2.39, 2.44, 2.98,
    2.76, 2.85, 3.10, 3.09, 2.78, 3.12, 2.99, 3.11, 2.80, 2.92, 2.97, 3.05,
];

fn mode_table() -> DimensionTable {
    let row = |value: &str, steps, share, cells: &[(&str, f64)], files: [f64; 2]| DimensionRow {
        value: value.into(),
        steps: Some(steps),
        share: Some(share),
        is_mock: value == "mock",
        cells: cells
            .iter()
            .map(|(m, v)| (*m, *v, None))
            .chain([("file_use_rate", short(files[0] / files[1]), Some(files))])
            .map(|(m, value, of)| {
                (
                    m.to_owned(),
                    Cell {
                        value,
                        unit: unit_of(m),
                        n: Some(steps),
                        source: CellSource::Measured,
                        of,
                    },
                )
            })
            .collect(),
    };
    DimensionTable {
        dimension: "mode".into(),
        base: Some("FANCY".into()),
        metrics: [
            "response_time",
            "success_rate",
            "accuracy",
            "context_preparation_time",
            "cache_hit_rate",
            "file_use_rate",
            "memory_usage",
        ]
        .map(String::from)
        .into(),
        rows: vec![
            row(
                "FANCY",
                7_341,
                0.78,
                &[
                    ("response_time", 2.90),
                    ("success_rate", 0.972),
                    ("accuracy", 0.951),
                    ("context_preparation_time", 2.34),
                    ("cache_hit_rate", 0.64),
                    ("memory_usage", 245e6),
                ],
                [23.0, 150.0],
            ),
            row(
                "SIMPLE",
                2_071,
                0.22,
                &[
                    ("response_time", 1.98),
                    ("success_rate", 0.976),
                    ("accuracy", 0.820),
                    ("context_preparation_time", 0.20),
                    ("cache_hit_rate", 0.51),
                    ("memory_usage", 35e6),
                ],
                [10.0, 150.0],
            ),
        ],
    }
}

fn interface_table() -> DimensionTable {
    let row = |value: &str, steps: u64, share, figures: [Option<f64>; 6]| DimensionRow {
        value: value.into(),
        steps: Some(steps),
        share: Some(share),
        is_mock: value == "mock",
        cells: [
            "response_time",
            "success_rate",
            "error_rate",
            "timeout_rate",
            "rate_limit_hits",
            "cost_per_1k_tokens",
        ]
        .iter()
        .zip(figures)
        .filter_map(|(m, v)| {
            Some((
                (*m).to_owned(),
                Cell {
                    value: v?,
                    unit: unit_of(m),
                    n: Some(steps),
                    source: if *m == "cost_per_1k_tokens" {
                        CellSource::Reported
                    } else {
                        CellSource::Measured
                    },
                    of: None,
                },
            ))
        })
        .collect(),
    };
    DimensionTable {
        dimension: "interface".into(),
        base: Some("claude_code".into()),
        metrics: [
            "response_time",
            "success_rate",
            "error_rate",
            "timeout_rate",
            "rate_limit_hits",
            "cost_per_1k_tokens",
        ]
        .map(String::from)
        .into(),
        rows: vec![
            row(
                "claude_code",
                6_118,
                0.65,
                [
                    Some(3.13),
                    Some(0.970),
                    Some(0.022),
                    Some(0.008),
                    Some(0.0),
                    None,
                ],
            ),
            row(
                "anthropic_api",
                2_824,
                0.30,
                [
                    Some(2.21),
                    Some(0.975),
                    Some(0.023),
                    Some(0.002),
                    Some(88.0),
                    Some(0.015),
                ],
            ),
            row(
                "mock",
                470,
                0.05,
                [Some(0.10), Some(0.998), Some(0.002), Some(0.0), None, None],
            ),
        ],
    }
}

#[allow(clippy::too_many_arguments)]
fn comparison(
    dimension: &str,
    groups: (&str, &str),
    metric: &str,
    values: (f64, f64),
    kind: EffectKind,
    effect: (f64, f64, f64),
    p: f64,
    verdict: ComparisonVerdict,
) -> Comparison {
    let paired = dimension == "mode";
    Comparison {
        metric: metric.into(),
        unit: unit_of(metric),
        direction: Metric::named(metric).map_or(Direction::Neither, |m| m.row().direction),
        dimension: dimension.into(),
        base: groups.0.into(),
        candidate: groups.1.into(),
        n: [7_341, 2_071],
        units: if paired { [41, 41] } else { [74, 39] },
        paired,
        base_value: Some(values.0),
        candidate_value: Some(values.1),
        effect: Some(EffectSize {
            kind,
            estimate: effect.0,
            low: effect.1,
            high: effect.2,
            level: 0.95,
        }),
        plain_effect: None,
        test: Some(
            if paired {
                "wilcoxon-signed-rank"
            } else {
                "brunner-munzel"
            }
            .into(),
        ),
        p: Some(p / 2.0),
        p_adjusted: Some(p),
        tolerance: Some(0.05),
        detectable: None,
        n_needed: None,
        verdict,
        reason: None,
        note: None,
        known: Known::default(),
    }
}

fn comparisons() -> Vec<Comparison> {
    use ComparisonVerdict::{Better, Inconclusive, Same, Worse};
    use EffectKind::{Difference, Ratio};
    let modes = ("FANCY", "SIMPLE");
    let interfaces = ("claude_code", "anthropic_api");
    vec![
        comparison(
            "mode",
            modes,
            "context_preparation_time",
            (2.34, 0.20),
            Ratio,
            (0.085, 0.079, 0.092),
            1e-7,
            Better,
        ),
        comparison(
            "mode",
            modes,
            "response_time",
            (2.90, 1.98),
            Ratio,
            (0.68, 0.63, 0.74),
            1e-6,
            Better,
        ),
        comparison(
            "mode",
            modes,
            "memory_usage",
            (245e6, 35e6),
            Ratio,
            (0.14, 0.13, 0.16),
            1e-7,
            Better,
        ),
        comparison(
            "mode",
            modes,
            "accuracy",
            (0.951, 0.820),
            Difference,
            (-0.131, -0.160, -0.102),
            1e-6,
            Worse,
        ),
        comparison(
            "mode",
            modes,
            "success_rate",
            (0.972, 0.976),
            Difference,
            (0.004, -0.005, 0.012),
            0.41,
            Same,
        ),
        comparison(
            "interface",
            interfaces,
            "response_time",
            (3.13, 2.21),
            Ratio,
            (0.71, 0.64, 0.78),
            1e-5,
            Better,
        ),
        comparison(
            "interface",
            interfaces,
            "success_rate",
            (0.970, 0.975),
            Difference,
            (0.005, -0.06, 0.07),
            0.38,
            Inconclusive,
        ),
    ]
}

fn resource(title: &str, metric: &str, figures: Option<(f64, f64, f64)>) -> ResourceRow {
    ResourceRow {
        title: title.into(),
        metric: metric.into(),
        unit: unit_of(metric),
        mean: figures.map(|f| f.0),
        p95: figures.map(|f| f.1),
        max: figures.map(|f| f.2),
        total: None,
        n: figures.map_or(0, |_| 10_080),
        trend: figures.map(|_| TrendDirection::Stable),
        note: figures.is_none().then(|| "not measured".into()),
    }
}

fn evidence(metric: &str, title: &str, value: f64, n: u64, threshold: Option<f64>) -> Evidence {
    Evidence {
        metric: metric.into(),
        title: title.into(),
        unit: unit_of(metric),
        of: String::new(),
        value: Some(value),
        low: None,
        high: None,
        n: Some(n),
        threshold,
    }
}

fn effect(metric: &str, statistic: &str, from: f64, to: f64, range: Option<(f64, f64)>) -> Effect {
    Effect {
        metric: metric.into(),
        statistic: statistic.into(),
        unit: unit_of(metric),
        from,
        to,
        low: range.map(|r| r.0),
        high: range.map(|r| r.1),
    }
}

fn change(knob: &str, from: serde_json::Value, to: serde_json::Value) -> Option<Change> {
    Some(Change {
        knob: knob.into(),
        from: Some(from),
        to: Some(to),
    })
}

fn recommendation(
    rank: u64,
    rule: &str,
    name: &str,
    priority: Priority,
    title: &str,
) -> Recommendation {
    Recommendation {
        rank,
        rule: rule.into(),
        name: name.into(),
        priority,
        class: Class::Fix,
        preview: false,
        title: title.into(),
        why: "Contexts that were evicted are prepared again when they are asked for again.".into(),
        evidence: Vec::new(),
        metric: None,
        of: BTreeMap::new(),
        change: None,
        advice: None,
        projection: None,
        no_projection: None,
        alone_and_combined: None,
        confidence: 0.6,
        track_record: 1.0,
        effort: Effort::Trivial,
        side_effects: Vec::new(),
        caveats: Vec::new(),
    }
}

fn projected(
    mut r: Recommendation,
    kind: ProjectionKind,
    effects: Vec<Effect>,
    alone: f64,
    after: f64,
) -> Recommendation {
    r.projection = Some(Projection {
        kind,
        at_most: kind == ProjectionKind::Share,
        effects,
        points: Some(alone),
        reproduction: Vec::new(),
    });
    r.alone_and_combined = Some(AloneAndCombined {
        points_alone: alone,
        points_after_those_above: after,
    });
    r
}

fn recommendations() -> Vec<Recommendation> {
    let mut cache = projected(
        recommendation(
            1,
            "CTX003",
            "cache-too-small",
            Priority::High,
            "The context cache is smaller than the working set",
        ),
        ProjectionKind::Replay,
        vec![
            effect("cache_hit_rate", "mean", 0.610, 0.735, Some((0.726, 0.742))),
            effect("response_time", "mean", 2.70, 2.44, Some((2.38, 2.50))),
        ],
        2.5,
        2.5,
    );
    cache.change = change("context.cache_size", 50.into(), 100.into());
    cache.evidence = vec![evidence(
        "cache_hit_rate",
        "Cache hit rate",
        0.610,
        9_412,
        Some(0.70),
    )];
    cache.side_effects = vec![effect("memory_utilization", "p95", 0.740, 0.744, None)];
    cache.confidence = 0.64;
    if let Some(p) = &mut cache.projection {
        p.reproduction = vec![Reproduction {
            metric: "cache_hit_rate".into(),
            statistic: "mean".into(),
            measured: 0.610,
            replayed: 0.606,
            error: Some(-0.004),
            allowed: Some(0.01),
        }];
    }
    let mut mode = projected(
        recommendation(
            2,
            "CTX001",
            "fancy-without-benefit",
            Priority::Medium,
            "Tests wait for context that they do not need",
        ),
        ProjectionKind::Measured,
        vec![effect(
            "response_time",
            "mean",
            2.70,
            2.52,
            Some((2.47, 2.57)),
        )],
        1.0,
        0.7,
    );
    mode.change = change("context.mode_for.testing", "FANCY".into(), "SIMPLE".into());
    mode.side_effects = vec![effect("accuracy", "mean", 0.922, 0.896, None)];
    mode.caveats = vec!["no floor for accuracy is set: medium at most".into()];
    mode.evidence = vec![Evidence {
        of: "SIMPLE v FANCY".into(),
        low: Some(0.63),
        high: Some(0.74),
        ..evidence("ratio", "Response time of the same tasks", 0.68, 41, None)
    }];
    let mut retries = projected(
        recommendation(
            3,
            "REL002",
            "retries-misbehave",
            Priority::Medium,
            "Failed requests are sent again at once",
        ),
        ProjectionKind::Share,
        vec![
            effect("response_time", "p95", 7.9, 6.6, None),
            effect("success_rate", "mean", 0.973, 0.981, None),
        ],
        2.2,
        2.2,
    );
    retries.effort = Effort::Small;
    retries.confidence = 0.36;
    retries.change = change("retry.backoff", "none".into(), "exponential".into());
    retries.evidence = vec![evidence(
        "retries",
        "Retries within a second",
        71.0,
        254,
        None,
    )];
    let mut cold = projected(
        recommendation(
            4,
            "CTX002",
            "contexts-start-cold",
            Priority::Medium,
            "The first use of a context always misses",
        ),
        ProjectionKind::Replay,
        vec![effect(
            "cache_hit_rate",
            "mean",
            0.610,
            0.661,
            Some((0.644, 0.676)),
        )],
        1.0,
        0.6,
    );
    cold.effort = Effort::Small;
    cold.confidence = 0.68;
    cold.change = change("context.preload_common_contexts", false.into(), true.into());
    let mut model = recommendation(
        5,
        "AGENT004",
        "model-behind",
        Priority::Low,
        "A newer model stands beside the one in use",
    );
    model.advice = Some("Try its successor on pairs of the same tasks".into());
    model.no_projection = Some("no pair of both models was observed".into());
    model.effort = Effort::Small;
    vec![cache, mode, retries, cold, model]
}

/// A week of 9,412 steps; on Thursday the context cache was halved and responses became slower.
pub(super) fn story() -> Assessment {
    let mut a = nothing();
    a.period = Some(Period {
        from: time("2026-11-16T00:00:11Z"),
        to: time("2026-11-22T23:58:40Z"),
    });
    a.provenance = provenance();
    a.headline = Headline {
        mood: Mood::Worse,
        trend: Some(0),
        event: Some(0),
        met: 5,
        missed: 2,
        unknown: 1,
    };
    a.indicators = figures().iter().map(indicator).collect();
    a.metrics = metrics();
    a.score = score();
    a.trends = vec![
        trend("response_time", &RESPONSE, 21_600.0, TrendDirection::Rising),
        trend(
            "success_rate",
            &[0.97, 0.98, 0.972, 0.969, 0.974, 0.975, 0.971],
            86_400.0,
            TrendDirection::Stable,
        ),
        trend(
            "cache_hit_rate",
            &[0.75, 0.73, 0.74, 0.68, 0.47, 0.46, 0.48],
            86_400.0,
            TrendDirection::Falling,
        ),
    ];
    a.trends[0].change_points = vec![ChangePoint {
        index: 15,
        time: Some(time("2026-11-19T18:00:00Z")),
        range: [14, 16],
        before: 2.41,
        after: 2.96,
        ratio: Some(1.228),
        p: 1e-6,
        with: vec!["config_change context.cache_size 100 → 50".into()],
    }];
    a.trends[0].newest = Some(Newest {
        verdict: NewestVerdict::Normal,
        value: 3.05,
        limit: Some(3.28),
    });
    a.comparisons = comparisons();
    a.tables = vec![mode_table(), interface_table()];
    a.resources = Some(Resources {
        samples: 20_160,
        hosts: 1,
        rows: vec![
            resource("CPU", "cpu_utilization", Some((0.412, 0.780, 0.964))),
            resource("Memory", "memory_utilization", Some((0.583, 0.740, 0.792))),
            resource("Disk", "disk_utilization", None),
        ],
        processes: vec![ProcessRow {
            process: "agent-workflow".into(),
            cpu_p95: Some(0.45),
            memory_p95: Some(2.1e9),
            n: 10_080,
        }],
    });
    a.attribution = Some(Attribution {
        subagents: Default::default(),
        wall_seconds: 50_796.0,
        parts: [
            ("model", 16_992.0),
            ("tool", 14_760.0),
            ("person", 9_288.0),
            ("context_preparation", 7_308.0),
            ("retry", 1_116.0),
            ("unexplained", 1_332.0),
        ]
        .map(|(part, seconds)| AttributionPart {
            part: part.into(),
            seconds,
            interval: None,
        })
        .into(),
        ..Attribution::default()
    });
    a.recommendations = recommendations();
    a.combined_projection = Some(CombinedProjection {
        points: 6.0,
        score: 85.1,
        of: 4,
        effects: vec![
            effect("response_time", "mean", 2.70, 2.18, Some((2.08, 2.30))),
            effect("response_time", "p95", 7.9, 5.7, Some((5.1, 6.3))),
            effect("cache_hit_rate", "mean", 0.610, 0.776, None),
            effect("accuracy", "mean", 0.922, 0.896, None),
        ],
    });
    a.findings = vec![FindingRow {
        rule: "DATA005".into(),
        name: "target-missing".into(),
        class: Class::Info,
        title: "Accuracy is recorded and has no target".into(),
        why: "The score does not see it.".into(),
        evidence: vec![evidence("accuracy", "Accuracy", 0.922, 9_412, None)],
    }];
    a.events = vec![
        EventRow {
            time: time("2026-11-19T17:41:08Z"),
            event: "config_change".into(),
            knob: Some("context.cache_size".into()),
            from: Some("100".into()),
            to: Some("50".into()),
            count: 1,
            seconds: None,
        },
        EventRow {
            time: time("2026-11-17T09:00:00Z"),
            event: "mode_switch".into(),
            knob: None,
            from: Some("FANCY".into()),
            to: Some("SIMPLE".into()),
            count: 36,
            seconds: Some(0.42),
        },
    ];
    a.not_evaluated = [
        (
            "CTX008",
            "simple-loses-accuracy",
            "needs a floor for accuracy (thresholds.min_accuracy)",
        ),
        ("RES004", "disk-fills", "needs disk_utilization"),
        ("COST001", "batchable-at-full-price", "needs prices"),
        ("AGENT001", "model-too-large", "needs prices"),
    ]
    .map(|(rule, name, reason)| NotEvaluated {
        rule: rule.into(),
        name: name.into(),
        reason: reason.into(),
    })
    .into();
    a.rules = RuleCounts {
        total: 30,
        recommended: 5,
        information: 1,
        silent: 18,
        settled: 1,
        not_evaluated: 4,
        off: 1,
        ..RuleCounts::default()
    };
    a
}

fn provenance() -> Provenance {
    let fault = |file: &str, line, reason: &str| FaultRow {
        file: file.into(),
        line: Some(line),
        reason: reason.into(),
    };
    let formats = [
        ("claude-code", "claude-code sessions", 118),
        ("monitor-report", "monitor reports", 42),
        ("native-records", "native record files", 7),
    ];
    Provenance {
        prices: None,
        files: 169,
        bytes: 125_300_000,
        records: 47_915,
        repeats: Vec::new(),
        undeclared: Vec::new(),
        duplicates: 312,
        skipped: 3,
        formats: formats.iter().map(|f| (f.0.into(), f.2)).collect(),
        formats_named: formats
            .iter()
            .map(|f| FormatCount {
                format: f.0.into(),
                plural: f.1.into(),
                files: f.2,
            })
            .collect(),
        process_starts: 2,
        ignored: 0,
        operations: 27_718,
        samples: 20_160,
        events: 37,
        aggregates: 0,
        sessions: 118,
        units: 118,
        units_called: "sessions".into(),
        problems: vec![
            fault(
                "sessions/2026-11-18/b7.jsonl",
                412,
                "cut off in the middle of a value",
            ),
            fault(
                "sessions/2026-11-20/c1.jsonl",
                9,
                "the number of tokens is negative",
            ),
            fault("records/thu.jsonl", 2_207, "the duration is not a number"),
        ],
        problems_total: 3,
        unrecognised: vec!["notes.txt".into(), "chart.png".into()],
        unrecognised_why: vec![
            NotRecognised {
                file: "notes.txt".into(),
                reason: "text, no records".into(),
            },
            NotRecognised {
                file: "chart.png".into(),
                reason: "binary".into(),
            },
        ],
        configuration: vec!["performance_config.yaml".into()],
        inputs: vec!["reports/".into()],
        history: None,
    }
}

/// Samples of a machine alone: no step, no session.
pub(super) fn monitor_only() -> Assessment {
    let mut a = nothing();
    a.period = Some(Period {
        from: time("2026-11-23T17:20:32Z"),
        to: time("2026-11-23T17:35:02Z"),
    });
    a.provenance = Provenance {
        files: 6,
        bytes: 41_150,
        records: 60,
        samples: 60,
        formats: [("monitor-report".to_owned(), 6)].into(),
        formats_named: vec![FormatCount {
            format: "monitor-report".into(),
            plural: "monitor reports".into(),
            files: 6,
        }],
        process_starts: 2,
        units: 1,
        units_called: "units".into(),
        inputs: vec!["reports/".into()],
        ..a.provenance
    };
    a.headline = Headline {
        mood: Mood::Missed,
        met: 1,
        missed: 1,
        unknown: 6,
        ..Headline::default()
    };
    a.indicators = figures()
        .iter()
        .map(|f| match f.metric {
            "cpu_utilization" => indicator(&Figure {
                value: Some((1.0, 0.95, 1.0)),
                ..*f
            }),
            "memory_utilization" => indicator(&Figure {
                value: Some((0.047, 0.041, 0.052)),
                ..*f
            }),
            _ => indicator(&Figure { value: None, ..*f }),
        })
        .collect();
    a.score = Score {
        value: Some(82.6),
        band: None,
        status: ScoreStatus::Partial,
        coverage: 0.16,
        bounds: Some(ScoreBounds {
            low: 13.2,
            high: 97.2,
        }),
        interval: None,
        ..score()
    };
    a.score
        .parts
        .retain(|p| p.part == "cpu" || p.part == "disk");
    a.score.parts[0].points_lost_shown = Some(17.4);
    let mut cpu = trend(
        "cpu_utilization",
        &[
            0.98, 0.2, 1.0, 0.7, 0.31, 0.99, 0.98, 0.5, 0.97, 0.1, 0.0, 1.0, 0.98, 0.97, 0.45,
        ],
        60.0,
        TrendDirection::Stable,
    );
    for (i, point) in cpu.series.iter_mut().enumerate() {
        point.from = Time(time("2026-11-23T17:20:00Z").0 + i as i64 * 60_000_000_000);
    }
    // A minute without samples: nothing, never 0.
    cpu.series[6].value = None;
    cpu.target = Some(0.8);
    a.trends = vec![cpu];
    a.resources = Some(Resources {
        samples: 60,
        hosts: 1,
        rows: vec![
            resource("CPU", "cpu_utilization", Some((0.6987, 1.0, 1.0))),
            resource(
                "Memory",
                "memory_utilization",
                Some((0.034_35, 0.047, 0.047)),
            ),
            resource("Disk", "disk_utilization", None),
        ],
        processes: Vec::new(),
    });
    a.rules = RuleCounts {
        total: 30,
        silent: 4,
        not_evaluated: 26,
        ..RuleCounts::default()
    };
    a.not_evaluated = (0..26)
        .map(|i| NotEvaluated {
            rule: format!("CTX{i:03}"),
            name: "some-rule".into(),
            reason: "needs steps".into(),
        })
        .collect();
    a
}

/// Numbers that arrived already summarised, and nothing else.
pub(super) fn aggregates_only() -> Assessment {
    let mut a = nothing();
    a.provenance = Provenance {
        files: 1,
        bytes: 812,
        records: 14,
        aggregates: 14,
        formats: [("context-summary".to_owned(), 1)].into(),
        formats_named: vec![FormatCount {
            format: "context-summary".into(),
            plural: "context summaries".into(),
            files: 1,
        }],
        units_called: "units".into(),
        inputs: vec!["block.yaml".into()],
        ..a.provenance
    };
    let mut table = mode_table();
    for row in &mut table.rows {
        row.steps = None;
        row.share = None;
        row.cells
            .retain(|m, _| m != "response_time" && m != "success_rate");
        for cell in row.cells.values_mut() {
            cell.source = CellSource::Reported;
            cell.n = None;
        }
    }
    table
        .metrics
        .retain(|m| m != "response_time" && m != "success_rate");
    a.tables = vec![table];
    a.indicators = figures()
        .iter()
        .map(|f| indicator(&Figure { value: None, ..*f }))
        .collect();
    a.headline.unknown = 8;
    a
}

/// Names that try to be more than names: terminal escapes, markup, formulas, length.
pub(super) fn hostile() -> Assessment {
    let mut a = story();
    let evil = "\u{1b}[31mred\u{1b}[0m\u{202e}gpj.exe <script>alert(1)</script> |`*_[x](y)\r\n=1+1";
    let long = "a-name-without-any-space-".repeat(20);
    a.provenance.problems[0].file = evil.into();
    a.provenance.problems[1].file = long.clone();
    a.provenance.unrecognised_why[0].file = evil.into();
    a.provenance.unrecognised[0] = evil.into();
    a.provenance.inputs = vec![evil.into()];
    a.tables[1].rows[0].value = "=cmd|' /C calc'!A0".into();
    a.tables[1].rows[1].value = long.clone();
    for c in a
        .comparisons
        .iter_mut()
        .filter(|c| c.dimension == "interface")
    {
        c.base = "=cmd|' /C calc'!A0".into();
        c.candidate = long.clone();
    }
    a.metrics[1].dims = dims(&[("mode", "=HYPERLINK(\"http://x\",\"y\")")]);
    a.metrics[2].dims = dims(&[("mode", evil)]);
    a.metrics[3].metric = "@sum(1)".into();
    a.events[0].knob = Some(evil.into());
    a.recommendations[0].change = change(evil, long.clone().into(), evil.into());
    a.recommendations[0].evidence[0].of = evil.into();
    a.resources.as_mut().unwrap().processes[0].process = evil.into();
    a.generator.version = "0.1.0".into();
    a
}

/// All samples with their names.
pub(super) fn all() -> Vec<(&'static str, Assessment)> {
    vec![
        ("story", story()),
        ("monitor_only", monitor_only()),
        ("aggregates_only", aggregates_only()),
        ("empty_folder", empty_folder()),
        ("nothing", nothing()),
        ("hostile", hostile()),
    ]
}
