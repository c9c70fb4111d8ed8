//! CSV: the rows of the metrics, for spreadsheets.
//!
//! RFC 4180: fields with a comma or a quote are quoted, lines end in CRLF. A text that a spreadsheet
//! would take for a formula gets a leading `'`; line breaks and other control characters are written
//! out (`\n`), so that a row is a line. Seconds, bytes, ratios 0 to 1; an
//! empty field is "not known".

mod fields;

use std::collections::BTreeSet;

use fields::{key, number, push, word};

use super::Style;
use super::effects::verdict_word;
use crate::assessment::{
    Assessment, Backtest, Check, Comparison, EffectKind, Limit, MetricRow, SummaryRow,
    TargetVerdict, Trend, TunedValue, Tuning, Whatif,
};

/// Columns behind the metric, its unit and its dimensions.
const FIGURES: [&str; 19] = [
    "n",
    "units",
    "mean",
    "median",
    "p95",
    "p99",
    "min",
    "max",
    "total",
    "interval_of",
    "interval_low",
    "interval_high",
    "interval_level",
    "target",
    "target_limit",
    "target_of",
    "verdict",
    "reported",
    "marks",
];

/// One line for each metric row; a column `dim_NAME` for each dimension that occurs.
pub(super) fn render(assessment: &Assessment, _: &Style) -> String {
    let dimensions: BTreeSet<&str> = assessment
        .metrics
        .iter()
        .flat_map(|m| m.dims.keys().map(String::as_str))
        .collect();
    let mut out = String::new();
    let head = ["metric".to_owned(), "unit".to_owned()]
        .into_iter()
        .chain(dimensions.iter().map(|d| word(&format!("dim_{d}"))))
        .chain(FIGURES.iter().map(|&f| f.to_owned()));
    push(&mut out, head);
    for row in &assessment.metrics {
        push(&mut out, figures(row, &dimensions).into_iter());
    }
    out
}

/// One line for each effect of other settings, the score first.
pub(super) fn effects(whatif: &Whatif) -> String {
    let mut out = String::new();
    let head = [
        "metric",
        "unit",
        "statistic",
        "from",
        "to",
        "low",
        "high",
        "at_most",
    ];
    push(&mut out, head.into_iter().map(str::to_owned));
    let Some(projection) = &whatif.projection else {
        return out;
    };
    let at_most = projection.at_most.to_string();
    if let Some(score) = &whatif.score {
        let fields = [
            "score".to_owned(),
            "number".to_owned(),
            String::new(),
            number(Some(score.from)),
            number(Some(score.to)),
            number(score.low),
            number(score.high),
            at_most.clone(),
        ];
        push(&mut out, fields.into_iter());
    }
    for e in &projection.effects {
        let fields = [
            word(&e.metric),
            key(e.unit),
            word(&e.statistic),
            number(Some(e.from)),
            number(Some(e.to)),
            number(e.low),
            number(e.high),
            at_most.clone(),
        ];
        push(&mut out, fields.into_iter());
    }
    out
}

/// One line for each change and metric: what was projected and what came.
pub(super) fn held(backtest: &Backtest) -> String {
    let mut out = String::new();
    let head = [
        "at",
        "change",
        "mechanism",
        "kind",
        "units_before",
        "units_since",
        "metric",
        "unit",
        "before",
        "projected",
        "projected_low",
        "projected_high",
        "realised",
        "realised_low",
        "realised_high",
        "share",
        "interval_held",
        "word",
    ];
    push(&mut out, head.into_iter().map(str::to_owned));
    for change in &backtest.changes {
        let value = |v: Option<&serde_json::Value>| match v {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let settings: Vec<String> = change
            .settings
            .iter()
            .map(|c| format!("{}={}", c.knob, value(c.to.as_ref())))
            .collect();
        for e in &change.effects {
            let projected = [
                Some(e.projected.estimate),
                e.projected.low,
                e.projected.high,
            ];
            let realised = match e.realised {
                Some(r) => [Some(r.estimate), r.low, r.high],
                None => [None; 3],
            };
            let fields = [
                change.at.to_string(),
                word(&settings.join(" ")),
                word(&change.mechanism),
                key(change.kind),
                change.units[0].to_string(),
                change.units[1].to_string(),
                word(&e.metric),
                key(e.unit),
                number(Some(e.before)),
            ]
            .into_iter()
            .chain(projected.map(number))
            .chain(realised.map(number))
            .chain([
                number(e.share),
                e.interval_held
                    .map_or_else(String::new, |held| held.to_string()),
                key(e.word),
            ]);
            push(&mut out, fields);
        }
    }
    out
}

/// One line for each setting, the present first: knobs that differ, whether the gain is a bound, the score, metrics.
pub(super) fn settings(tuning: &Tuning) -> String {
    let mut out = String::new();
    let knobs: Vec<&str> = tuning.tried.iter().map(|k| k.knob.as_str()).collect();
    let columns = &tuning.now.values;
    let head = std::iter::once("number".to_owned())
        .chain(knobs.iter().map(|k| word(k)))
        .chain(["at_most".to_owned(), "score".to_owned()])
        .chain(
            columns
                .iter()
                .map(|v| word(&format!("{} {}", v.metric, v.statistic))),
        );
    push(&mut out, head);
    let all = std::iter::once(&tuning.now).chain(&tuning.front);
    for (at, setting) in all.enumerate() {
        let knob = |name: &&str| {
            let changed = setting.changes.iter().find(|c| c.knob == **name);
            let tried = tuning.tried.iter().find(|k| k.knob == **name);
            let value = match changed {
                Some(change) => change.to.as_ref(),
                None => tried.and_then(|k| k.from.as_ref()),
            };
            match value {
                Some(serde_json::Value::String(text)) => word(text),
                Some(other) => other.to_string(),
                None => String::new(),
            }
        };
        let figure = |v: &TunedValue| {
            let same = |o: &&TunedValue| o.metric == v.metric && o.statistic == v.statistic;
            number(setting.values.iter().find(same).map(|o| o.value))
        };
        let fields = std::iter::once(at.to_string())
            .chain(knobs.iter().map(knob))
            .chain([setting.at_most.to_string(), number(setting.score)])
            .chain(columns.iter().map(figure));
        push(&mut out, fields);
    }
    out
}

/// One line for each check of a gate.
pub(super) fn checks(rows: &[Check]) -> String {
    let mut out = String::new();
    let head = [
        "metric",
        "unit",
        "statistic",
        "kind",
        "base",
        "candidate",
        "units_base",
        "units_candidate",
        "base_value",
        "candidate_value",
        "effect",
        "effect_low",
        "effect_high",
        "test",
        "p",
        "p_adjusted",
        "tolerance",
        "detectable",
        "n_needed",
        "verdict",
        "note",
    ];
    push(&mut out, head.iter().map(|&h| h.to_owned()));
    for row in rows {
        let compared = &row.compared;
        let effect = compared.effect.as_ref();
        let figures = [
            compared.base_value,
            compared.candidate_value,
            effect.map(|e| e.estimate),
            effect.map(|e| e.low),
            effect.map(|e| e.high),
        ];
        let rest = [
            compared.p,
            compared.p_adjusted,
            compared.tolerance,
            compared.detectable,
        ];
        let verdict = serde_json::to_value(compared.verdict).ok();
        let verdict = verdict.as_ref().and_then(serde_json::Value::as_str);
        let kind = serde_json::to_value(row.kind).ok();
        let kind = kind.as_ref().and_then(serde_json::Value::as_str);
        let fields = [
            word(&compared.metric),
            key(compared.unit),
            word(&row.statistic),
        ]
        .into_iter()
        .chain([kind.unwrap_or_default().to_owned()])
        .chain([word(&compared.base), word(&compared.candidate)])
        .chain(compared.units.map(|n| n.to_string()))
        .chain(figures.map(number))
        .chain([word(compared.test.as_deref().unwrap_or_default())])
        .chain(rest.map(number))
        .chain([compared
            .n_needed
            .map_or_else(String::new, |n| n.to_string())])
        .chain([verdict.unwrap_or_default().to_owned()])
        .chain([word(compared.note.as_deref().unwrap_or_default())]);
        push(&mut out, fields);
    }
    out
}

/// One line for each trend, and one for each change of level in it.
pub(super) fn trends(rows: &[Trend]) -> String {
    let dimensions: BTreeSet<&str> = rows
        .iter()
        .flat_map(|t| t.dims.keys().map(String::as_str))
        .collect();
    let mut out = String::new();
    let figures = [
        "row",
        "n",
        "step_seconds",
        "verdict",
        "from",
        "to",
        "p",
        "p_adjusted",
        "slope",
        "slope_low",
        "slope_high",
        "slope_per",
        "newest",
        "newest_limit",
        "newest_verdict",
        "index",
        "index_low",
        "index_high",
        "time",
        "with",
    ];
    let head = ["metric".to_owned(), "unit".to_owned()]
        .into_iter()
        .chain(dimensions.iter().map(|d| word(&format!("dim_{d}"))))
        .chain(figures.map(str::to_owned));
    push(&mut out, head);
    for row in rows {
        let name = || {
            let dims = dimensions
                .iter()
                .map(|&d| row.dims.get(d).map_or_else(String::new, |v| word(v)));
            [word(&row.metric), key(row.unit)].into_iter().chain(dims)
        };
        let slope = row.slope.as_ref();
        let newest = row.newest.as_ref();
        let of_trend = [
            "trend".to_owned(),
            row.n.to_string(),
            row.step_seconds.to_string(),
            key(row.direction),
        ]
        .into_iter()
        .chain([row.first_half, row.second_half, row.p, row.p_adjusted].map(number))
        .chain(
            [
                slope.map(|s| s.estimate),
                slope.map(|s| s.low),
                slope.map(|s| s.high),
            ]
            .map(number),
        )
        .chain([slope.map_or_else(String::new, |s| word(&s.per))])
        .chain([newest.map(|n| n.value), newest.and_then(|n| n.limit)].map(number))
        .chain([newest.map_or_else(String::new, |n| key(n.verdict))])
        .chain(std::iter::repeat_n(String::new(), 5));
        push(&mut out, name().chain(of_trend));
        for change in &row.change_points {
            let of_change = [
                "change".to_owned(),
                String::new(),
                String::new(),
                String::new(),
            ]
            .into_iter()
            .chain(
                [
                    Some(change.before),
                    Some(change.after),
                    None,
                    Some(change.p),
                ]
                .map(number),
            )
            .chain(std::iter::repeat_n(String::new(), 7))
            .chain([change.index, change.range[0], change.range[1]].map(|i| i.to_string()))
            .chain([change.time.map_or_else(String::new, |t| t.to_string())])
            .chain([word(&change.with.join("; "))]);
            push(&mut out, name().chain(of_change));
        }
    }
    out
}

/// One line for each comparison.
pub(super) fn comparisons(rows: &[Comparison]) -> String {
    let mut out = String::new();
    let head = [
        "metric",
        "unit",
        "dimension",
        "base",
        "candidate",
        "n_base",
        "n_candidate",
        "units_base",
        "units_candidate",
        "paired",
        "base_value",
        "candidate_value",
        "effect_kind",
        "effect",
        "effect_low",
        "effect_high",
        "level",
        "test",
        "p",
        "p_adjusted",
        "tolerance",
        "verdict",
        "note",
        "plain_effect",
        "detectable",
        "n_needed",
    ];
    push(&mut out, head.iter().map(|&h| h.to_owned()));
    for row in rows {
        let effect = row.effect.as_ref();
        let kind = effect.map_or("", |e| match e.kind {
            EffectKind::Ratio => "ratio",
            EffectKind::Difference => "difference",
        });
        let counts = [row.n[0], row.n[1], row.units[0], row.units[1]].map(|n| n.to_string());
        let figures = [row.base_value, row.candidate_value].map(number);
        let ends = [
            effect.map(|e| e.estimate),
            effect.map(|e| e.low),
            effect.map(|e| e.high),
            effect.map(|e| e.level),
        ]
        .map(number);
        let fields = [word(&row.metric), key(row.unit), word(&row.dimension)]
            .into_iter()
            .chain([word(&row.base), word(&row.candidate)])
            .chain(counts)
            .chain([row.paired.to_string()])
            .chain(figures)
            .chain([kind.to_owned()])
            .chain(ends)
            .chain([word(row.test.as_deref().unwrap_or_default())])
            .chain([row.p, row.p_adjusted, row.tolerance].map(number))
            .chain([verdict_word(row.verdict).to_owned()])
            .chain([word(row.note.as_deref().unwrap_or_default())])
            .chain([row.plain_effect.map(|e| e.estimate), row.detectable].map(number))
            .chain([row.n_needed.map_or_else(String::new, |n| n.to_string())]);
        push(&mut out, fields);
    }
    out
}

/// One line for each key indicator of a period and the one before.
pub(super) fn summary(rows: &[SummaryRow]) -> String {
    let mut out = String::new();
    let head = [
        "metric",
        "statistic",
        "unit",
        "value",
        "previous",
        "effect_kind",
        "effect",
        "effect_low",
        "effect_high",
        "p_adjusted",
        "change",
        "target",
        "target_limit",
        "verdict",
        "note",
    ];
    push(&mut out, head.iter().map(|&h| h.to_owned()));
    for row in rows {
        let effect = row.effect.as_ref();
        let target = row.target.as_ref();
        let fields = [word(&row.metric), word(&row.statistic), key(row.unit)]
            .into_iter()
            .chain([row.value, row.previous].map(number))
            .chain([effect.map_or_else(String::new, |e| key(e.kind))])
            .chain(
                [
                    effect.map(|e| e.estimate),
                    effect.map(|e| e.low),
                    effect.map(|e| e.high),
                    row.p_adjusted,
                ]
                .map(number),
            )
            .chain([row.change.map_or_else(String::new, key)])
            .chain([number(target.map(|t| t.value))])
            .chain([target.map_or_else(String::new, |t| key(t.limit))])
            .chain([key(row.verdict)])
            .chain([word(row.note.as_deref().unwrap_or_default())]);
        push(&mut out, fields);
    }
    out
}

fn figures(row: &MetricRow, dimensions: &BTreeSet<&str>) -> Vec<String> {
    let interval = row.interval.as_ref();
    let target = row.target.as_ref();
    let mut fields = vec![word(&row.metric), key(row.unit)];
    fields.extend(
        dimensions
            .iter()
            .map(|&d| row.dims.get(d).map_or_else(String::new, |v| word(v))),
    );
    fields.extend([
        row.n.map_or_else(String::new, |n| n.to_string()),
        row.units.map_or_else(String::new, |n| n.to_string()),
    ]);
    fields.extend(
        [
            row.mean, row.median, row.p95, row.p99, row.min, row.max, row.total,
        ]
        .map(number),
    );
    fields.extend([
        interval.map_or_else(String::new, |i| word(&i.of)),
        number(interval.map(|i| i.low)),
        number(interval.map(|i| i.high)),
        number(interval.map(|i| i.level)),
        number(target.map(|t| t.value)),
        target.map_or_else(String::new, |t| {
            match t.limit {
                Limit::Upper => "upper",
                Limit::Lower => "lower",
            }
            .to_owned()
        }),
        target.map_or_else(String::new, |t| word(&t.of)),
        match row.verdict {
            TargetVerdict::Met => "met",
            TargetVerdict::Missed => "missed",
            TargetVerdict::Unknown => "unknown",
        }
        .to_owned(),
        row.reported.to_string(),
        word(&row.marks.join(" ")),
    ]);
    fields
}
