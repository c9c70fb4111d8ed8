//! No rule undoes what another one asked for, nor asks twice for the same.
//!
//! For each rule that changes a knob an invented program works in a way that makes it speak. Its advice is
//! applied, the program works again under the new configuration, and then the rule must be silent, and so must
//! every rule that would turn the same knob back. A rule that changes no knob stands in [`WITHOUT_A_KNOB`] with
//! the reason: a rule that is in neither list fails the test.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};

use perfadvise::advise::facts::{Fact, gather};
use perfadvise::advise::rule::Rule;
use perfadvise::advise::{Advice, Case, Library, Observed, Standing, advise};
use perfadvise::analysis::{Questions, analyse};
use perfadvise::assessment::Change;
use perfadvise::config::{Config, KnobValue, Origin, Profile, Sourced, Target, TargetStatistic};
use perfadvise::metrics::Metric;
use perfadvise::score::score;
use perfadvise::workload::Workload;
use serde_json::{Value, json};

use super::streams::priced;

/// Values of knobs.
type Knobs = BTreeMap<String, KnobValue>;

/// Numbers that look random, the same in each run (a linear congruence of Knuth's MMIX).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 31)
    }

    /// Around 1, give or take a tenth.
    fn about(&mut self) -> f64 {
        0.9 + 0.2 * self.next()
    }
}

/// How an invented program works, apart from its configuration.
#[derive(Debug, Clone)]
struct World {
    /// Sessions that begin at once.
    fleet: u32,
    /// Contexts that steps ask for; each session begins with the first of them.
    contexts: usize,
    /// Whether the process is started anew on each day, with an empty cache.
    restarts: bool,
    /// Whether the context after a context is always the same one.
    is_predictable: bool,
    /// Cores that a running step keeps busy, and cores of the machine.
    cpu: (f64, f64),
    /// Seconds of a model request, on both interfaces.
    model: [f64; 2],
    /// Accuracy of SIMPLE; that of FANCY is 0.95.
    simple_accuracy: f64,
    /// The least that the user allows.
    floor: Option<f64>,
    /// What was set at first.
    knobs: &'static [(&'static str, &'static str)],
    /// A coding agent with streams of requests instead of an orchestrator.
    is_agent: bool,
    /// Of an agent: seconds of every fifth pause; tokens by which a context grows; reads in each reply.
    agent: (f64, u32, u32),
    /// Whether an agent reads one file again and again, in every second reply.
    reads_again: bool,
    /// Seconds after which a read that hangs is given up, as one in 23 does; 0: none hangs.
    hangs: f64,
}

/// Sessions of an orchestrator.
const SESSIONS: u32 = 72;

/// A program in which nothing is wrong.
const FINE: World = World {
    fleet: 1,
    contexts: 30,
    restarts: false,
    is_predictable: false,
    cpu: (0.5, 8.0),
    model: [3.0, 3.0],
    simple_accuracy: 0.7,
    floor: Some(0.9),
    knobs: &[
        ("context.cache_size", "60"),
        ("context.mode_for.testing", "FANCY"),
        ("context.mode_for.development", "FANCY"),
        ("resources.concurrent_operations", "4"),
        ("interfaces.primary", "a"),
    ],
    is_agent: false,
    agent: (20.0, 1_000, 1),
    reads_again: false,
    hangs: 0.0,
};

/// For each rule that changes a knob a program that makes it speak.
fn worlds() -> Vec<(&'static str, World)> {
    let agent = World {
        is_agent: true,
        knobs: &[],
        ..FINE
    };
    let short_of_slots = World {
        fleet: 6,
        knobs: &[
            ("context.cache_size", "60"),
            ("context.mode_for.testing", "FANCY"),
            ("context.mode_for.development", "FANCY"),
            ("resources.concurrent_operations", "1"),
            ("interfaces.primary", "a"),
        ],
        ..FINE
    };
    vec![
        (
            "CTX001",
            World {
                contexts: 900,
                simple_accuracy: 0.949,
                knobs: &[
                    ("context.cache_size", "900"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "4"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        (
            "CTX002",
            World {
                restarts: true,
                contexts: 100,
                knobs: &[
                    ("context.cache_size", "120"),
                    ("context.mode_for.testing", "FANCY"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "4"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        (
            "CTX003",
            World {
                contexts: 40,
                knobs: &[
                    ("context.cache_size", "10"),
                    ("context.mode_for.testing", "FANCY"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "4"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        // Large enough, but what is in it expires before it is asked for again.
        (
            "CTX003",
            World {
                knobs: &[
                    ("context.cache_size", "60"),
                    ("context.cache_ttl", "1800"),
                    ("context.mode_for.testing", "FANCY"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "4"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        (
            "CTX006",
            World {
                is_predictable: true,
                contexts: 60,
                knobs: &[
                    ("context.cache_size", "10"),
                    ("context.mode_for.testing", "FANCY"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "4"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        (
            "CTX008",
            World {
                knobs: &[
                    ("context.cache_size", "60"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "4"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        (
            "IF001",
            World {
                model: [3.0, 1.5],
                ..FINE
            },
        ),
        ("AGENT002", short_of_slots.clone()),
        // One more at once would be too much for its only core.
        (
            "AGENT002",
            World {
                cpu: (0.45, 1.0),
                ..short_of_slots.clone()
            },
        ),
        (
            "RES001",
            World {
                fleet: 6,
                cpu: (1.0, 2.0),
                ..FINE
            },
        ),
        // One at once leaves the core idle for two fifths of the time.
        (
            "RES001",
            World {
                fleet: 6,
                cpu: (0.6, 1.0),
                knobs: &[
                    ("context.cache_size", "60"),
                    ("context.mode_for.testing", "FANCY"),
                    ("context.mode_for.development", "FANCY"),
                    ("resources.concurrent_operations", "2"),
                    ("interfaces.primary", "a"),
                ],
                ..FINE
            },
        ),
        (
            "CACHE001",
            World {
                agent: (1_200.0, 1_000, 1),
                ..agent.clone()
            },
        ),
        (
            "TOK001",
            World {
                agent: (20.0, 5_000, 1),
                ..agent.clone()
            },
        ),
        (
            "TOOL004",
            World {
                agent: (20.0, 1_000, 3),
                ..agent.clone()
            },
        ),
        (
            "TOOL001",
            World {
                agent: (20.0, 1_500, 1),
                reads_again: true,
                ..agent.clone()
            },
        ),
        (
            "REL004",
            World {
                hangs: 200.0,
                ..agent
            },
        ),
    ]
}

/// Rules that change no knob of which a configuration could be told, and why.
const WITHOUT_A_KNOB: &[(&str, &str)] = &[
    (
        "CTX004",
        "switching by itself under load is a policy, no value of a knob",
    ),
    ("CTX005", "patterns of files are the user's"),
    ("CTX007", "budgets are given where the agents are"),
    ("CACHE002", "the order of a request is the program's"),
    (
        "CACHE003",
        "where a request is marked for the cache is the program's",
    ),
    (
        "CACHE004",
        "whether requests are cached at all is the program's",
    ),
    (
        "CACHE005",
        "a shorter lifetime or none: which of them is not known",
    ),
    ("CACHE006", "people's habit"),
    ("COST001", "how requests are sent is the program's"),
    ("TOK002", "information"),
    (
        "TOK003",
        "staying below a tier is a compaction of its own, or a split",
    ),
    ("TOK004", "tools and instruction files are the user's"),
    ("TOK005", "how much a tool gives is the program's"),
    ("TOK006", "information"),
    ("TOK007", "information"),
    ("TOOL002", "people's habit"),
    ("TOOL003", "a tool is repaired or forbidden"),
    ("TOOL005", "people's habit"),
    ("TOOL006", "a limit or another tool"),
    ("TOOL007", "how a job is waited for is the program's"),
    ("AGENT001", "what subagents are given is the user's"),
    ("AGENT003", "which work goes to which model is tried first"),
    ("AGENT004", "the successor is tried first"),
    ("AGENT005", "information"),
    (
        "IF002",
        "an interface is mended, or work is routed away by the user",
    ),
    ("IF003", "what to fall back to is the user's"),
    ("REL001", "requests are smoothed by the program"),
    ("REL002", "how long the program waits is the program's"),
    ("REL003", "information"),
    (
        "TIME001",
        "what may run without approval is a question of safety",
    ),
    ("TIME002", "information"),
    ("TIME003", "information"),
    ("TIME004", "information"),
    ("RES002", "a leak is mended"),
    ("RES003", "what takes the memory was not measured"),
    ("RES004", "what may be deleted is the user's"),
    ("OPS001", "an alert is no knob of the program"),
    ("OPS002", "an alert is no knob of the program"),
    ("OPS003", "information"),
    ("DATA001", "information"),
    ("DATA002", "information"),
    ("DATA003", "information"),
    ("DATA004", "information"),
    ("DATA005", "information"),
    ("DATA006", "information"),
    ("DATA007", "information"),
    ("DATA008", "information"),
];

fn word<'k>(knobs: &'k Knobs, knob: &str) -> Option<&'k str> {
    match knobs.get(knob)? {
        KnobValue::Word(word) => Some(word),
        _ => None,
    }
}

fn number(knobs: &Knobs, knob: &str) -> Option<f64> {
    match knobs.get(knob)? {
        KnobValue::Number(n) => Some(*n),
        _ => None,
    }
}

fn is_on(knobs: &Knobs, knob: &str) -> bool {
    knobs.get(knob) == Some(&KnobValue::Bool(true))
}

/// A second of the seven days from 2 November 2026 as a time.
fn at(seconds: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let millis = (seconds * 1000.0).round() as u64;
    let (s, ms) = (millis / 1000, millis % 1000);
    format!(
        "2026-11-{:02}T{:02}:{:02}:{:02}.{ms:03}Z",
        2 + s / 86_400,
        s / 3600 % 24,
        s / 60 % 60,
        s % 60
    )
}

impl World {
    /// What it leaves behind under a configuration.
    fn works(&self, knobs: &Knobs) -> Workload {
        if self.is_agent {
            return self.as_agent(knobs);
        }
        let slots = number(knobs, "resources.concurrent_operations").unwrap_or(4.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let (slots, size) = (
            slots as usize,
            number(knobs, "context.cache_size").unwrap_or(60.0) as usize,
        );
        let mut draw = Draw(7);
        let mut lines = Vec::new();
        let mut cache: VecDeque<usize> = VecDeque::new();
        let mut followed: HashMap<usize, usize> = HashMap::new();
        let life = number(knobs, "context.cache_ttl").unwrap_or(f64::INFINITY);
        let mut prepared: HashMap<usize, f64> = HashMap::new();
        let mut busy: Vec<(f64, f64)> = Vec::new();
        for fleet in 0..SESSIONS / self.fleet {
            let begin = 3_600.0 * f64::from(fleet) * f64::from(self.fleet).min(2.0);
            if self.restarts && begin % 86_400.0 == 0.0 {
                cache.clear();
                lines.push(json!({"kind": "event", "event": "process_start", "time": at(begin), "host": "h"}));
                if is_on(knobs, "context.preload_common_contexts") {
                    cache.extend(0..20);
                }
            }
            let mut free = vec![begin; slots];
            let mut arrivals: BinaryHeap<Reverse<(u64, u32, u32)>> = (0..self.fleet)
                .map(|i| Reverse((u64::from(i), fleet * self.fleet + i, 0)))
                .collect();
            while let Some(Reverse((millis, session, step))) = arrivals.pop() {
                #[allow(clippy::cast_precision_loss)]
                let arrival = begin + millis as f64 / 1000.0;
                let slot = (0..slots)
                    .min_by(|a, b| free[*a].total_cmp(&free[*b]))
                    .unwrap();
                let start = arrival.max(free[slot]);
                let purpose = ["testing", "development"][step as usize % 2];
                let drawn = if draw.next() < 0.35 {
                    "SIMPLE"
                } else {
                    "FANCY"
                };
                let mode = word(knobs, &format!("context.mode_for.{purpose}")).unwrap_or(drawn);
                let primary = word(knobs, "interfaces.primary").unwrap_or("a");
                let other = if primary == "a" { "b" } else { "a" };
                let interface = if session % 4 == 0 { other } else { primary };
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss
                )]
                let key = if self.is_predictable {
                    (session as usize * 7 + step as usize) % self.contexts
                } else if step == 0 {
                    0
                } else {
                    (self.contexts as f64 * draw.next() * draw.next()) as usize
                };
                let before = step
                    .checked_sub(1)
                    .map(|_| (session as usize * 7 + step as usize - 1) % self.contexts);
                let is_ready = is_on(knobs, "context.background_optimization")
                    && before.is_some_and(|b| followed.insert(b, key) == Some(key));
                let is_alive = prepared.get(&key).is_some_and(|at| start - at <= life);
                let hit = cache.contains(&key) && is_alive;
                if !hit {
                    prepared.insert(key, start);
                }
                cache.retain(|k| *k != key);
                cache.push_front(key);
                cache.truncate(size);
                let preparation = match (hit, is_ready, mode) {
                    (true, ..) | (_, true, _) => 0.1,
                    (_, _, "SIMPLE") => 0.5,
                    _ => 2.0,
                } * draw.about();
                let model = self.model[usize::from(interface == "b")] * draw.about();
                let end = start + preparation + model;
                free[slot] = end;
                busy.push((start, end));
                let id = format!("{session}-{step}");
                let common = json!({
                    "kind": "operation", "outcome": "ok", "session": format!("s{session}"), "host": "h",
                    "purpose": purpose, "mode": mode, "interface": interface,
                    "task": format!("t{}", session % 8),
                });
                let mut add = |operation: &str, time: f64, duration: f64, more: Value| {
                    let mut line = common.clone();
                    let keys = line.as_object_mut().unwrap();
                    keys.insert("operation".into(), operation.into());
                    keys.insert("time".into(), at(time).into());
                    keys.insert("duration".into(), duration.into());
                    keys.extend(more.as_object().unwrap().clone());
                    lines.push(line);
                };
                let accuracy = if mode == "SIMPLE" {
                    self.simple_accuracy
                } else {
                    0.95
                };
                let accuracy = (accuracy + 0.02 * (draw.next() - 0.5)).min(1.0);
                add(
                    "step",
                    arrival,
                    end - arrival,
                    json!({"id": id, "accuracy": accuracy}),
                );
                if start > arrival {
                    add(
                        "wait",
                        arrival,
                        start - arrival,
                        json!({"parent": id, "reason": "queue"}),
                    );
                }
                add(
                    "context_preparation",
                    start,
                    preparation,
                    json!({"parent": id, "cache_key": format!("k{key}"), "cache_hit": hit}),
                );
                add(
                    "model_request",
                    start + preparation,
                    model,
                    json!({"parent": id}),
                );
                if step < 11 {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let next = ((end + 2.0 - begin) * 1000.0) as u64;
                    arrivals.push(Reverse((next, session, step + 1)));
                }
            }
        }
        lines.extend(self.samples(&busy));
        priced(&lines)
    }

    /// What the machine does while steps run: each keeps some cores busy, and what more are wanted than there are
    /// waits.
    fn samples(&self, busy: &[(f64, f64)]) -> Vec<Value> {
        let (each, cores) = self.cpu;
        let mut lines = Vec::new();
        let mut time = 0.0;
        let last = busy.iter().map(|b| b.1).fold(0.0, f64::max);
        while time < last {
            let running = busy
                .iter()
                .filter(|(from, to)| *from <= time && time < *to)
                .count();
            if running > 0 {
                #[allow(clippy::cast_precision_loss)]
                let load = running as f64 * each;
                for (metric, value) in [
                    ("cpu_utilization", (load / cores).min(1.0)),
                    ("system_load", load),
                    ("memory_utilization", 0.5),
                ] {
                    lines.push(json!({"kind": "sample", "metric": metric, "value": value, "time": at(time), "host": "h"}));
                }
            }
            time += 15.0;
        }
        lines
    }

    /// Sessions of forty requests of one stream.
    fn as_agent(&self, knobs: &Knobs) -> Workload {
        let lifetime = number(knobs, "prompt_cache.lifetime").unwrap_or(300.0);
        let limit = number(knobs, "compaction.at_tokens").unwrap_or(f64::INFINITY);
        let (pause, growth, reads) = self.agent;
        let given_up = number(knobs, "timeout.Read").unwrap_or(self.hangs);
        let mut draw = Draw(5);
        let mut lines = Vec::new();
        for session in 0..24_u32 {
            let mut time = 20_000.0 * f64::from(session);
            let (mut context, mut cached, mut last) = (15_000_u32, 0_u32, time);
            for request in 0..40_u32 {
                if f64::from(context) > limit {
                    (context, cached) = (20_000, 15_000);
                }
                if time - last > lifetime {
                    cached = 0;
                }
                let (took, id) = (4.0 * draw.about(), format!("{session}-{request}"));
                let session = format!("s{session}");
                let common = json!({"kind": "operation", "outcome": "ok", "session": session, "agent": "main",
                    "model": "claude-opus-4-5", "provider": "anthropic"});
                let mut line = common.clone();
                let of = line.as_object_mut().unwrap();
                of.extend(
                    json!({"operation": "model_request", "id": id, "time": at(time), "duration": took, "tokens": {
                        "input": 3, "cache_read": cached, "cache_write": context - cached, "output": 200}})
                    .as_object()
                    .unwrap()
                    .clone(),
                );
                lines.push(line);
                (last, cached) = (time, context);
                time += took;
                let mut longest: f64 = 0.0;
                let begin = time;
                let is_again = self.reads_again && request > 1 && request % 2 == 1;
                let is_answered = is_again && is_on(knobs, "tools.reuse_reads");
                for read in 0..if is_answered { 0 } else { reads } {
                    let is_hanging = self.hangs > 0.0 && lines.len() % 23 == 7;
                    let took = if is_hanging {
                        given_up
                    } else {
                        2.0 * draw.about()
                    };
                    let mut line = common.clone();
                    let of = line.as_object_mut().unwrap();
                    of.remove("model");
                    if is_hanging {
                        of.insert("outcome".into(), "timeout".into());
                    }
                    of.extend(
                        json!({"operation": "tool_call", "tool": "Read", "parent": id, "duration": took,
                            "id": format!("{id}-{read}"), "time": at(if is_on(knobs, "tools.parallel") { begin } else { time })})
                        .as_object()
                        .unwrap()
                        .clone(),
                    );
                    lines.push(line);
                    longest = longest.max(took);
                    time += took;
                }
                if is_on(knobs, "tools.parallel") {
                    time = begin + longest;
                }
                time += if request % 5 == 4 { pause } else { 3.0 };
                context += if is_answered { 100 } else { growth };
            }
        }
        let mut workload = priced(&lines);
        // Native records do not tell what was asked for, nor how much of it came back.
        for call in workload.streams.iter_mut().flat_map(|s| &mut s.calls) {
            if self.reads_again {
                call.arguments = if call.request % 2 == 1 {
                    1
                } else {
                    100 + call.request
                };
                call.result = growth;
            }
        }
        // Nor for how long was written.
        if lifetime >= 3_600.0 {
            for request in workload.streams.iter_mut().flat_map(|s| &mut s.requests) {
                request.cache_write_1h = request.cache_write;
            }
        }
        workload
    }

    /// What is advised under a configuration.
    fn advice(&self, knobs: &Knobs) -> Advice {
        let workload = self.works(knobs);
        let mut config = Config::default();
        for (knob, value) in knobs {
            let (value, origin) = (value.clone(), Origin::Default);
            config.knobs.insert(knob.clone(), Sourced { value, origin });
        }
        if let Some(floor) = self.floor {
            let target = Target {
                value: floor,
                origin: Origin::Default,
            };
            config
                .targets
                .insert((Metric::Accuracy, TargetStatistic::Mean), target);
        }
        let profile = if self.is_agent {
            Profile::CodingAgent
        } else {
            Profile::Orchestrator
        };
        let questions = Questions { profile, by: None };
        let analysis = analyse(&workload, &config, &questions);
        let score = score(&workload, &config, profile);
        let observed = Observed {
            workload: &workload,
            analysis: &analysis,
            config: &config,
        };
        let mut facts = gather(observed);
        // No format tells the cores of a machine; here they are known.
        if let Some(load) = facts
            .all
            .get("system_load")
            .and_then(|f| f.number("median"))
        {
            let units = facts.all["system_load"].number("units").unwrap();
            let mut fact = Fact::of(load / self.cpu.1);
            let known = perfadvise::advise::condition::Value::Number;
            fact.numbers.insert("median", known(load / self.cpu.1));
            fact.numbers.insert("units", known(units));
            facts.add("load_per_core", fact);
        }
        let case = Case {
            workload: &workload,
            analysis: &analysis,
            score: &score,
            config: &config,
        };
        advise(case, Library::built_in(), &facts, &Standing::default(), &[])
    }

    fn first_knobs(&self) -> Knobs {
        let value = |text: &str| match text.parse::<f64>() {
            Ok(n) => KnobValue::Number(n),
            Err(_) => KnobValue::Word(text.to_owned()),
        };
        self.knobs
            .iter()
            .map(|(knob, text)| ((*knob).to_owned(), value(text)))
            .collect()
    }
}

/// The value that a piece of advice asks for. Where it names a direction only, a step in it.
fn asked(code: &str, change: &Change, knobs: &Knobs, advice: &Advice) -> KnobValue {
    let now = number(knobs, &change.knob);
    match (&change.to, code) {
        (Some(Value::Bool(b)), _) => KnobValue::Bool(*b),
        (Some(Value::String(word)), _) => KnobValue::Word(word.clone()),
        (Some(value), _) => KnobValue::Number(value.as_f64().unwrap()),
        (None, "RES001") => KnobValue::Number(now.unwrap() - 1.0),
        (None, _) => panic!("{code} names no value: say here what its advice means ({advice:?})"),
    }
}

/// Rules that pull the other way: they turn the same knob, are of the same group, or conflict.
fn opposites<'l>(rule: &Rule, library: &'l Library) -> BTreeSet<&'l str> {
    let knob = |r: &Rule| r.scenario.as_ref().map(|s| s.knob.clone());
    library
        .entries
        .iter()
        .map(|e| &e.rule)
        .filter(|other| other.code != rule.code)
        .filter(|other| {
            (knob(rule).is_some() && knob(other) == knob(rule))
                || (rule.xor_group.is_some() && other.xor_group == rule.xor_group)
                || other.conflicts_with.contains(&rule.code)
                || rule.conflicts_with.contains(&other.code)
        })
        .map(|other| other.code.as_str())
        .collect()
}

fn codes(advice: &Advice) -> BTreeSet<&str> {
    advice
        .recommendations
        .iter()
        .map(|r| r.rule.as_str())
        .collect()
}

#[test]
fn every_rule_is_tried_or_changes_no_knob() {
    let library = Library::built_in();
    let tried: BTreeSet<&str> = worlds().iter().map(|(code, _)| *code).collect();
    let without: BTreeMap<&str, &str> = WITHOUT_A_KNOB.iter().copied().collect();
    for entry in &library.entries {
        let code = entry.rule.code.as_str();
        let is_listed = [tried.contains(code), without.contains_key(code)];
        assert_eq!(
            is_listed,
            [entry.rule.scenario.is_some(), entry.rule.scenario.is_none()],
            "{code}: a rule with a scenario needs a world in which it speaks, one without stands in WITHOUT_A_KNOB"
        );
        if entry.rule.class == perfadvise::assessment::Class::Info {
            assert_eq!(without[code], "information", "{code}");
        }
    }
    let all: BTreeSet<&str> = library
        .entries
        .iter()
        .map(|e| e.rule.code.as_str())
        .collect();
    for code in tried.iter().chain(without.keys()) {
        assert!(all.contains(code), "there is no rule {code}");
    }
}

#[test]
fn advice_that_was_followed_is_not_given_again_nor_taken_back() {
    let library = Library::built_in();
    let mut faults = Vec::new();
    for (code, world) in worlds() {
        let rule = &library.find(code).unwrap().rule;
        let opposites = opposites(rule, &library);
        let mut knobs = world.first_knobs();
        let mut advice = world.advice(&knobs);
        if !codes(&advice).contains(code) {
            let why = advice.not_evaluated.iter().find(|n| n.rule == code);
            faults.push(format!(
                "{code} does not speak at first: {:?} {why:?}",
                codes(&advice)
            ));
            continue;
        }
        // A step at a time where only the direction is known.
        let mut steps = 0;
        while let Some(own) = advice.recommendations.iter().find(|r| r.rule == code) {
            let change = own.change.clone().unwrap();
            let value = asked(code, &change, &knobs, &advice);
            if knobs.get(&change.knob) == Some(&value) || steps >= 8 {
                faults.push(format!("{code} asks for {} = {value} again", change.knob));
                break;
            }
            knobs.insert(change.knob, value);
            steps += 1;
            advice = world.advice(&knobs);
            let back: Vec<&str> = codes(&advice).intersection(&opposites).copied().collect();
            if !back.is_empty() {
                faults.push(format!(
                    "{code} was followed, and {back:?} would take it back"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// All advice is followed at once, again and again: it comes to an end, and no knob gets a value that it had before.
#[test]
fn following_all_advice_comes_to_an_end() {
    for (code, world) in worlds() {
        let mut knobs = world.first_knobs();
        let mut had: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for round in 0.. {
            assert!(round < 12, "{code}: no end: {had:?}");
            let advice = world.advice(&knobs);
            let mut is_changed = false;
            for own in &advice.recommendations {
                let Some(change) = own.change.clone() else {
                    continue;
                };
                let value = asked(&own.rule, &change, &knobs, &advice);
                let before = knobs
                    .get(&change.knob)
                    .map_or(String::new(), ToString::to_string);
                let of_knob = had.entry(change.knob.clone()).or_default();
                assert!(
                    !of_knob.contains(&value.to_string()),
                    "{code}: {} asks for {} = {value}, which it was before: {of_knob:?}",
                    own.rule,
                    change.knob
                );
                of_knob.push(before);
                knobs.insert(change.knob, value);
                is_changed = true;
            }
            if !is_changed {
                break;
            }
        }
    }
}
