//! Facts of what tokens are spent on: models without a price, reasoning, cheaper models.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::number;
use super::{Fact, Facts};
use crate::advise::rule::Subject;
use crate::metrics::Metric;
use crate::record::{Dimension, Name};
use crate::scenario::measured::{Swap, Variants, contrast};
use crate::workload::{Units, Workload};

/// Confidence of facts.
const LEVEL: f64 = 0.95;

pub(super) fn gather(workload: &Workload, facts: &mut Facts) {
    unpriced(workload, facts);
    reasoning(workload, facts);
    models(workload, facts);
}

/// Tokens of requests without a price. Where a row has both kinds, its tokens are divided by their number.
fn unpriced(workload: &Workload, facts: &mut Facts) {
    let (mut without, mut all) = (0.0, 0.0);
    let (mut requests, mut names) = (0, BTreeSet::new());
    for row in &workload.rows {
        let Some(extra) = row.extra.as_deref().filter(|e| e.priced + e.unpriced > 0) else {
            continue;
        };
        let tokens = number(extra.fresh + extra.cache_read + extra.cache_write + extra.output);
        all += tokens;
        requests += extra.priced + extra.unpriced;
        if extra.unpriced > 0 {
            without += tokens * number(extra.unpriced) / number(extra.priced + extra.unpriced);
            let model = workload.catalog.dimension(row.key.dims, Dimension::Model);
            names.insert(match workload.catalog.text(model) {
                "" => "without a name",
                name => name,
            });
        }
    }
    if all > 0.0 {
        let names: Vec<&str> = names.into_iter().take(3).collect();
        facts.add(
            "data.unpriced_share",
            Fact::of(without / all)
                .count("n", requests)
                .named(names.join(", ")),
        );
    }
}

/// Reasoning tokens of output tokens, of models that tell them and of requests whose output is known.
fn reasoning(workload: &Workload, facts: &mut Facts) {
    let mut models: BTreeMap<Name, Reasoned> = BTreeMap::new();
    for row in &workload.rows {
        let Some(extra) = row
            .extra
            .as_deref()
            .filter(|e| e.with_tokens > 0 && e.lower_bounds == 0)
        else {
            continue;
        };
        let model = workload.catalog.dimension(row.key.dims, Dimension::Model);
        let of_model = models.entry(model).or_default();
        of_model.reasoning += extra.reasoning;
        of_model.output += extra.output;
        of_model.requests += extra.with_tokens;
        of_model.units.entry(row.key.unit);
    }
    // A model without a single one does not tell them: that is not known, and no zero.
    models.retain(|_, m| m.reasoning > 0);
    let mut all = Reasoned::default();
    for model in models.into_values() {
        all.reasoning += model.reasoning;
        all.output += model.output;
        all.requests += model.requests;
        all.units.extend(model.units.units());
    }
    if all.output > 0 {
        facts.add(
            "tokens.reasoning_share",
            Fact::of(number(all.reasoning) / number(all.output))
                .count("n", all.requests)
                .count("units", all.units.len() as u64),
        );
    }
}

/// Output of a model.
#[derive(Default)]
struct Reasoned {
    reasoning: u64,
    output: u64,
    requests: u64,
    units: Units,
}

/// Each model against the most used one, like with like.
fn models(workload: &Workload, facts: &mut Facts) {
    let models = workload.values_of(Dimension::Model);
    let Some((base, _)) = models.first().copied() else {
        return;
    };
    for (model, _) in models.into_iter().skip(1) {
        let name = workload.catalog.text(model).to_owned();
        let versus = format!("{name} v {}", workload.catalog.text(base));
        let swap = Swap {
            dimension: Dimension::Model,
            from: base,
            to: model,
            within: Vec::new(),
        };
        let variants = Variants::of(workload, &swap);
        for (fact, metric) in [
            ("model.cost_ratio", Metric::ComputedCost),
            ("model.success_difference", Metric::SuccessRate),
        ] {
            if let Some(found) = contrast(workload, metric, &variants) {
                let ends = found.interval(LEVEL);
                facts.add_of(
                    Subject::Model,
                    &name,
                    fact,
                    Fact::of(found.effect)
                        .with_some("low", ends.map(|e| e.0))
                        .with_some("high", ends.map(|e| e.1))
                        .count("n", found.n)
                        .count("units", found.compared())
                        .named(versus.clone()),
                );
            }
        }
    }
}
