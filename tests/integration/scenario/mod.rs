//! Several changes at once, on a generated workload (`tests/reference/replay`) and on every folder of `fixtures/`.

use std::path::Path;

use perfadvise::assessment::{Effect, Whatif};
use perfadvise::config::{Config, KnobValue};
use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{self, Material, Request};
use perfadvise::scenario::outcome::{Change, Relief, simulate};
use perfadvise::scenario::replay::Bench;
use perfadvise::scenario::turn::turn;
use perfadvise::scenario::whatif::whatif;
use perfadvise::score::score;
use proptest::prelude::*;
use std::sync::LazyLock;

use crate::whole::assessments;

/// What was generated.
static MATERIAL: LazyLock<Material> = LazyLock::new(|| {
    let request = Request {
        targets: vec![Target {
            path: Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/replay"),
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options::default(),
        by: None,
        from: None,
        to: None,
        wall_clock: Default::default(),
        past: None,
        standing: Default::default(),
        only: Vec::new(),
        prices: std::sync::Arc::new(perfadvise::prices::PriceTable::built_in()),
    };
    pipeline::read(&request, Config::default(), &|_, _| {}).unwrap()
});

fn on<T>(ask: impl FnOnce(&Bench<'_>) -> T) -> T {
    let material = &*MATERIAL;
    let score = score(&material.workload, &material.config, material.profile);
    ask(&Bench {
        workload: &material.workload,
        score: &score,
        config: &material.config,
    })
}

/// Knobs of each kind of mechanism, each at a value that it has not.
fn settings() -> Vec<(String, KnobValue)> {
    let word = |text: &str| KnobValue::Word(text.into());
    [
        ("context.cache_size", KnobValue::Number(120.0)),
        ("resources.concurrent_operations", KnobValue::Number(4.0)),
        ("interfaces.primary", word("anthropic_api")),
        ("context.mode_for.testing", word("SIMPLE")),
        ("context.mode_for.review", word("SIMPLE")),
    ]
    .map(|(knob, value)| (knob.to_owned(), value))
    .to_vec()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn alike(a: &[Effect], b: &[Effect]) -> bool {
    let ends = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => close(a, b),
        (a, b) => a == b,
    };
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            (&a.metric, &a.statistic) == (&b.metric, &b.statistic)
                && close(a.to, b.to)
                && ends(a.low, b.low)
                && ends(a.high, b.high)
        })
}

fn answer(settings: &[(String, KnobValue)]) -> Whatif {
    on(|bench| whatif(bench, settings))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Whatever knobs are turned, and in whatever order they are named: together they give the same, and the
    /// points after those above add up to it.
    #[test]
    fn the_order_of_knobs_makes_no_difference(
        chosen in proptest::sample::subsequence(settings(), 2..=5),
        order in Just(()).prop_perturb(|(), mut random| random.next_u64()),
    ) {
        let mut shuffled = chosen.clone();
        let mut number = order;
        for at in (1..shuffled.len()).rev() {
            let other = usize::try_from(number % (at as u64 + 1)).unwrap();
            number /= 7;
            shuffled.swap(at, other);
        }
        let (first, second) = (answer(&chosen), answer(&shuffled));
        let (a, b) = (first.projection.unwrap(), second.projection.unwrap());
        prop_assert!(alike(&a.effects, &b.effects), "{:?}\n{:?}", a.effects, b.effects);
        prop_assert!(close(a.points.unwrap(), b.points.unwrap()));
        for (knobs, whole) in [(first.knobs, a.points), (second.knobs, b.points)] {
            let parts: f64 = knobs.iter().map(|k| k.points_after_those_above.unwrap()).sum();
            prop_assert!(close(parts, whole.unwrap()), "{parts} {whole:?}");
        }
    }
}

/// Bounds, too, and changes that do nothing; which leave everything as it is among any others.
#[test]
fn bounds_and_nothing_in_any_order() {
    on(|bench| {
        let relief = Change {
            reliefs: vec![Relief::whole(
                perfadvise::metrics::Metric::ResponseTime,
                -100.0,
                0.0,
            )],
            ..Change::default()
        };
        let nothing = Change::default();
        let mut changes: Vec<Change> = settings()
            .iter()
            .map(|(knob, value)| turn(bench, knob, value).unwrap())
            .collect();
        let without = simulate(bench, &changes.iter().collect::<Vec<_>>());
        changes.push(nothing.clone());
        let with = simulate(bench, &changes.iter().collect::<Vec<_>>());
        assert!(alike(&without.effects, &with.effects));
        assert_eq!(without.points, with.points);
        changes.push(relief);
        let first = simulate(bench, &changes.iter().collect::<Vec<_>>());
        assert!(!alike(&first.effects, &with.effects));
        for turned in 1..changes.len() {
            changes.rotate_left(turned);
            let then = simulate(bench, &changes.iter().collect::<Vec<_>>());
            assert!(alike(&first.effects, &then.effects), "{turned}");
            assert!(close(first.points.unwrap(), then.points.unwrap()));
        }
        let alone = simulate(bench, &[&nothing]);
        assert_eq!((alone.points, alone.effects), (Some(0.0), Vec::new()));
    });
}

/// Advice on every folder: what is offered gains something, alone and by what it projects, and the points after
/// those above add up to the combined ones.
#[test]
fn the_points_of_advice_add_up() {
    let mut combined = 0;
    for (folder, assessment) in assessments() {
        let projected = assessment
            .recommendations
            .iter()
            .filter(|r| r.projection.is_some());
        for r in projected.clone() {
            let effects = &r.projection.as_ref().unwrap().effects;
            assert!(
                effects.iter().any(|e| !close(e.from, e.to)),
                "{folder}: {} changes nothing and is offered",
                r.rule
            );
        }
        let Some(whole) = &assessment.combined_projection else {
            continue;
        };
        combined += 1;
        let parts: Vec<f64> = projected
            .filter_map(|r| Some(r.alone_and_combined.as_ref()?.points_after_those_above))
            .collect();
        assert_eq!(parts.len() as u64, whole.of, "{folder}");
        assert!(
            close(parts.iter().sum(), whole.points),
            "{folder}: {parts:?} {}",
            whole.points
        );
        assert!(
            close(whole.score - whole.points, assessment.score.value.unwrap()),
            "{folder}"
        );
    }
    assert!(combined >= 1, "no folder has advice with a projection");
}
