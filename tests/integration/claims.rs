//! Claims on simulated work of which the truth is known: what a change gave, and what merely changed at
//! the same time.

use std::fmt::Write;

use perfadvise::advise::{self, Case, Standing};
use perfadvise::analysis::{self, Questions};
use perfadvise::assessment::{Claim, ClaimVerdict, Recommendation, Verification};
use perfadvise::claims;
use perfadvise::config::{Config, KnobValue, Origin, Profile, Sourced};
use perfadvise::score;
use perfadvise::units::Time;
use perfadvise::workload::{FoldOptions, Workload, fold};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::formats::read_bytes;

/// What is simulated: sessions of a day each.
struct Work {
    /// First day of March 2026.
    day: u32,
    sessions: u32,
    /// Of three tests about as many prepare a SIMPLE context.
    simple_of_three: u32,
    /// Seconds of a model request.
    model: f64,
    /// Of four steps as many are tests.
    tests_of_four: u32,
}

/// A FANCY preparation takes 2 s, a SIMPLE one 0.5 s.
const PREPARATION: [f64; 2] = [2.0, 0.5];

impl Work {
    fn workload(&self, random: &mut ChaCha8Rng) -> Workload {
        let mut lines = String::new();
        for session in 0..self.sessions {
            for step in 0..8_u32 {
                let is_test = step % 4 < self.tests_of_four;
                let is_drawn = random.random::<f64>() * 3.0 < f64::from(self.simple_of_three);
                let simple = is_test && is_drawn;
                let preparation = PREPARATION[usize::from(simple)] * spread(random, 0.2);
                let model = self.model * spread(random, 0.3);
                let (mode, purpose) = (
                    ["FANCY", "SIMPLE"][usize::from(simple)],
                    ["development", "testing"][usize::from(is_test)],
                );
                let day = self.day + session / 20;
                let time = format!(
                    "2026-03-{day:02}T{:02}:{:02}:00Z",
                    2 + session % 20,
                    step * 5
                );
                let common = format!(
                    r#""time":"{time}","outcome":"ok","session":"s{day}-{session}","mode":"{mode}","purpose":"{purpose}","interface":"claude_code","task":"t{step}""#
                );
                let id = format!("{day}-{session}-{step}");
                writeln!(lines, r#"{{"kind":"operation","operation":"step","id":"{id}","duration":{},{common}}}"#, preparation + model).unwrap();
                writeln!(lines, r#"{{"kind":"operation","operation":"context_preparation","parent":"{id}","duration":{preparation},{common}}}"#).unwrap();
                writeln!(lines, r#"{{"kind":"operation","operation":"model_request","parent":"{id}","duration":{model},{common}}}"#).unwrap();
            }
        }
        let (records, problems) = read_bytes("native-records", lines.as_bytes());
        assert!(problems.is_empty(), "{problems:?}");
        fold(records, &FoldOptions::default())
    }
}

/// A factor around 1, log-normal by twelve uniform draws.
fn spread(random: &mut ChaCha8Rng, deviation: f64) -> f64 {
    let sum: f64 = (0..12).map(|_| random.random::<f64>()).sum();
    ((sum - 6.0) * deviation).exp()
}

fn before(sessions: u32) -> Work {
    Work {
        day: 2,
        sessions,
        simple_of_three: 1,
        model: 3.0,
        tests_of_four: 2,
    }
}

fn since(simple_of_three: u32) -> Work {
    Work {
        day: 10,
        sessions: 30,
        simple_of_three,
        // A provider that got slower, and another mix of work: neither is the change's doing.
        model: 4.5,
        tests_of_four: 3,
    }
}

const CHANGED: &str = "2026-03-09T00:00:00Z";

fn time(text: &str) -> Time {
    Time::from_timestamp(text.parse().unwrap())
}

fn config(mode: &str) -> Config {
    let mut config = Config::default();
    let knob = Sourced {
        value: KnobValue::Word(mode.into()),
        origin: Origin::Default,
    };
    config.knobs.insert("context.mode_for.testing".into(), knob);
    config
}

fn recommendations(workload: &Workload, config: &Config, standing: &Standing) -> advise::Advice {
    let questions = Questions {
        profile: Profile::Orchestrator,
        by: None,
    };
    let analysis = analysis::analyse(workload, config, &questions);
    let score = score::score(workload, config, Profile::Orchestrator);
    let case = Case {
        workload,
        analysis: &analysis,
        score: &score,
        config,
    };
    let facts = advise::facts::gather(advise::Observed {
        workload,
        analysis: &analysis,
        config,
    });
    advise::advise(case, advise::Library::built_in(), &facts, standing, &[])
}

fn of_tests(all: &[Recommendation]) -> &Recommendation {
    all.iter().find(|r| r.rule == "CTX001").unwrap()
}

/// A claim with its baseline.
fn claimed(random: &mut ChaCha8Rng) -> (Claim, Workload) {
    let base = before(60).workload(random);
    let config = config("FANCY");
    let advice = recommendations(&base, &config, &Standing::default());
    let first = of_tests(&advice.recommendations);
    claims::freeze(first, &base, &config, time(CHANGED))
}

/// What became of it.
fn looked_at((claim, base): &(Claim, Workload), later: &Workload) -> Verification {
    let now = time("2026-03-20T00:00:00Z");
    claims::verify(claim, base, later, &config("SIMPLE"), now)
}

/// Two thirds of the tests, which are half of the steps, save 1.5 s: half a second of the mean step,
/// times the mean of the factor around 1, (sinh 0.1 ÷ 0.1)¹² for twelve uniform draws × 0.2.
const TRUTH: f64 = -0.5 * 1.020_200;

#[test]
fn what_came_true_is_told_apart_from_what_changed_beside_it() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let naive = |w: &Workload| {
        let figure = w.figure(
            perfadvise::metrics::Metric::ResponseTime,
            &perfadvise::workload::Filter::default(),
        );
        figure.mean(perfadvise::metrics::Unit::Seconds).unwrap()
    };
    // Looked at without care the change made everything slower.
    assert!(
        naive(&since(3).workload(&mut random)) > naive(&before(60).workload(&mut random)) + 0.5
    );
    let tried = claimed(&mut random);
    let found = looked_at(&tried, &since(3).workload(&mut random));
    let claim = &tried.0;
    assert_eq!(claim.metric.as_deref(), Some("response_time"));
    assert_eq!(claim.of["purpose"], "testing");
    let realised = found.realised.unwrap();
    assert!((realised.estimate - TRUTH).abs() < 0.15, "{found:?}");
    assert!(realised.high.unwrap() < 0.0);
    assert_eq!(found.verdict, ClaimVerdict::Realised, "{found:?}");
    assert!((found.share.unwrap() - 1.0).abs() < 0.2, "{found:?}");
    // A unit is a session × task: four of eight were tests before, six are now.
    assert_eq!(found.units, [60 * 4, 30 * 6]);
}

/// What a hundred looks came to.
#[derive(Debug, Default)]
struct Counted {
    words: Vec<ClaimVerdict>,
    /// Intervals of what was realised that hold the truth.
    covers: usize,
    /// Looks in which projected and realised agree.
    held: usize,
}

impl Counted {
    fn add(&mut self, found: &Verification, truth: f64) {
        let realised = found.realised.unwrap();
        let interval = realised.low.unwrap()..=realised.high.unwrap();
        self.covers += usize::from(interval.contains(&truth));
        self.held += usize::from(found.interval_held == Some(true));
        self.words.push(found.verdict);
    }

    fn said(&self, word: ClaimVerdict) -> usize {
        self.words.iter().filter(|w| **w == word).count()
    }
}

#[test]
fn words_hold_what_they_promise() {
    use ClaimVerdict::{Harmful, None as NoEffect, Partial, Realised};
    let mut random = ChaCha8Rng::seed_from_u64(100);
    let [mut all, mut none, mut half] = [(); 3].map(|()| Counted::default());
    for _ in 0..20 {
        let claimed = claimed(&mut random);
        for _ in 0..5 {
            let mut look = |simple| looked_at(&claimed, &since(simple).workload(&mut random));
            all.add(&look(3), TRUTH);
            none.add(&look(1), 0.0);
            // Two thirds of the tests instead of all: half of the way.
            half.add(&look(2), TRUTH / 2.0);
        }
    }
    // Of a hundred intervals at 95 % fewer than 89 hold the truth once in two hundred times (binomial).
    assert!(all.covers >= 89 && none.covers >= 89 && half.covers >= 89);
    // Everything as projected.
    assert!(all.said(Realised) >= 90, "{all:?}");
    assert_eq!(all.said(Harmful) + all.said(NoEffect), 0);
    assert!(all.held >= 89, "{all:?}");
    // Nothing was changed: hardly a word of success.
    assert!(none.said(Realised) + none.said(Partial) <= 6, "{none:?}");
    assert!(none.said(NoEffect) >= 80, "{none:?}");
    // Half of it.
    assert!(half.said(Partial) >= 80, "{half:?}");
    assert!(half.held <= 20, "{half:?}");
}

#[test]
fn harm_is_called_harm() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let work = Work {
        simple_of_three: 2,
        ..before(60)
    };
    let base = work.workload(&mut random);
    let advice = recommendations(&base, &config("FANCY"), &Standing::default());
    let (claim, base) = claims::freeze(
        of_tests(&advice.recommendations),
        &base,
        &config("FANCY"),
        time(CHANGED),
    );
    // All tests prepare a FANCY context now.
    let later = since(0).workload(&mut random);
    let found = claims::verify(&claim, &base, &later, &config("SIMPLE"), time(CHANGED));
    assert_eq!(found.verdict, ClaimVerdict::Harmful, "{found:?}");
    assert!(found.share.unwrap() < 0.0);
}

#[test]
fn too_early_and_not_made() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let (claim, base) = claimed(&mut random);
    let few = Work {
        sessions: 1,
        ..since(3)
    };
    let now = time("2026-03-20T00:00:00Z");
    let found = claims::verify(
        &claim,
        &base,
        &few.workload(&mut random),
        &config("SIMPLE"),
        now,
    );
    assert_eq!(found.verdict, ClaimVerdict::TooEarly);
    assert!(
        found.notes.iter().any(|n| n.contains("6 of 10 units")),
        "{:?}",
        found.notes
    );
    let nothing = claims::verify(&claim, &base, &base, &config("SIMPLE"), now);
    assert_eq!(
        (nothing.verdict, nothing.realised),
        (ClaimVerdict::TooEarly, None)
    );
    // The configuration says that nobody changed anything.
    let same = claims::verify(
        &claim,
        &base,
        &since(3).workload(&mut random),
        &config("FANCY"),
        now,
    );
    assert_eq!(same.verdict, ClaimVerdict::TooEarly);
    assert!(
        same.notes.iter().any(|n| n.contains("was not made")),
        "{:?}",
        same.notes
    );
    // Another knob was turned at the same time.
    let mut other = config("SIMPLE");
    let size = Sourced {
        value: KnobValue::Number(50.0),
        origin: Origin::Default,
    };
    other.knobs.insert("context.cache_size".into(), size);
    let both = claims::verify(&claim, &base, &since(3).workload(&mut random), &other, now);
    let is_named = |n: &String| n.contains("context.cache_size changed too: not set to 50");
    assert!(both.notes.iter().any(is_named), "{:?}", both.notes);
}

#[test]
fn a_track_record_weighs_on_confidence_and_a_claim_locks() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let base = before(60).workload(&mut random);
    let config = config("FANCY");
    let fresh = recommendations(&base, &config, &Standing::default());
    let first = of_tests(&fresh.recommendations);
    assert!((first.track_record - 1.0).abs() < 1e-12);
    let (mut claim, _) = claims::freeze(first, &base, &config, time(CHANGED));
    let locked = claims::standing(std::slice::from_ref(&claim), &[]);
    let silent = recommendations(&base, &config, &locked);
    assert!(silent.recommendations.iter().all(|r| r.rule != "CTX001"));
    let reason = &silent
        .not_evaluated
        .iter()
        .find(|n| n.rule == "CTX001")
        .unwrap()
        .reason;
    assert_eq!(
        reason,
        "context.mode_for.testing was claimed on 2026-03-09 and is locked until that is verified"
    );
    // Half of it came true: half of the confidence.
    claim.state = perfadvise::assessment::ClaimState::Verified;
    claim.verification = Some(Verification {
        verified_at: time(CHANGED),
        verdict: ClaimVerdict::Partial,
        metric: None,
        unit: perfadvise::metrics::Unit::Seconds,
        before: None,
        projected: None,
        realised: None,
        share: Some(0.5),
        interval_held: Some(false),
        units: [60, 30],
        matched: None,
        control: None,
        notes: Vec::new(),
    });
    let known = claims::standing(std::slice::from_ref(&claim), &[]);
    assert_eq!(known.since["CTX001"], time(CHANGED));
    let again = recommendations(&base, &config, &known);
    let again = of_tests(&again.recommendations);
    assert!((again.confidence - first.confidence * 0.5).abs() < 1e-12);
    assert!((again.track_record - 0.5).abs() < 1e-12);
    let record = &claims::track_records(&[claim])[0];
    assert_eq!(
        (
            record.claims,
            record.open,
            record.intervals,
            record.intervals_held
        ),
        (1, 0, 1, 0)
    );
    assert_eq!(record.verdicts[&ClaimVerdict::Partial], 1);
}
