//! What a baseline tells rules: whether time or cost is worse, by the tests of the gate.

use super::Material;
use crate::advise::facts::{Fact, Facts};
use crate::analysis::Side;
use crate::assessment::Cause;
use crate::gate::{Before, Worse};
use crate::workload::Filter;

/// The facts of a case that is held against a baseline. Without one they say why they are not known.
pub(super) fn facts(before: Option<&Before<'_>>, material: &Material) -> Facts {
    let mut facts = Facts::default();
    let Some(before) = before else {
        let why = "needs a baseline: --baseline NAME-or-PATH";
        facts.withheld.insert("before.worst".into(), why.into());
        return facts;
    };
    let now = Side {
        label: "now".into(),
        workload: &material.workload,
        filter: Filter::default(),
        files: material.provenance.files,
        skipped: material.provenance.skipped,
    };
    let (time, cost, causes) = before.held_against(&now, &material.config);
    let base = &before.side.label;
    for (name, worse) in [("before.time", &time), ("before.cost", &cost)] {
        if let Some(worse) = worse {
            facts.add(name, fact(worse, base));
        }
    }
    let worst = time
        .iter()
        .chain(&cost)
        .max_by(|a, b| a.excess().total_cmp(&b.excess()));
    match worst {
        Some(worst) => facts.add("before.worst", fact(worst, base)),
        None => {
            let why = format!("needs time or cost in units enough for a test, here and in {base}");
            facts.withheld.insert("before.worst".into(), why);
        }
    }
    if !causes.is_empty() {
        let named: Vec<String> = causes.iter().map(told).collect();
        let count = Fact::default().count("value", causes.len() as u64);
        facts.add("before.changes", count.named(named.join("; ")));
    }
    facts
}

fn fact(worse: &Worse, base: &str) -> Fact {
    Fact::of(worse.change)
        .with("low", worse.ends.0)
        .with("high", worse.ends.1)
        .with("p", worse.p)
        .with("target", worse.tolerance)
        .count("units", worse.units)
        .named(format!("{} v {base}", worse.what))
}

/// `context.cache_size 100 → 50`.
fn told(cause: &Cause) -> String {
    let of = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
    format!("{} {} → {}", cause.what, of(&cause.from), of(&cause.to))
}
