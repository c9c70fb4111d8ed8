//! Sequences worked out by hand, and any sequence against a look at each moment.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// Names of tools in the tests: `Name(n)` is the n-th.
const TEXTS: [&str; 4] = ["", "Bash", "Read", "Grep"];

fn interval(class: Class, start: i64, end: i64) -> Interval {
    Interval {
        start,
        end,
        class,
        name: Name::NONE,
    }
}

fn tool(number: u32, start: i64, end: i64) -> Interval {
    Interval {
        name: Name(number),
        ..interval(Class::Tool, start, end)
    }
}

/// That tool waits.
fn waiting(number: u32, start: i64, end: i64) -> Interval {
    Interval {
        class: Class::Waiting,
        ..tool(number, start, end)
    }
}

fn sweep(intervals: &[Interval], prompts: &[i64]) -> Option<WallClock> {
    let mut lines = Lines {
        intervals: intervals.to_vec(),
        prompts: prompts.to_vec(),
        ends: Vec::new(),
        segments: None,
    };
    let rules = WallClockRules::default();
    lines.sweep(UnitId(0), rules, |name| TEXTS[name.0 as usize])
}

/// The same where the tool comes before the model, and who does not answer for `away` was away.
fn sweep_by(intervals: &[Interval], prompts: &[i64], away: i64) -> Option<WallClock> {
    let mut lines = Lines {
        intervals: intervals.to_vec(),
        prompts: prompts.to_vec(),
        ends: Vec::new(),
        segments: None,
    };
    let rules = WallClockRules {
        away,
        is_tool_first: true,
    };
    lines.sweep(UnitId(0), rules, |name| TEXTS[name.0 as usize])
}

/// Retry, model, queue, preparation, tool, person, away, unexplained.
fn parts(intervals: &[Interval], prompts: &[i64]) -> [u128; 8] {
    sweep(intervals, prompts).unwrap().parts
}

/// A request of 10, two tools while it still streams and after it, a reply, a pause of 30, a reply.
#[test]
fn a_turn_by_hand() {
    let intervals = [
        interval(Class::Model, 0, 10),
        tool(1, 8, 20),
        tool(2, 9, 16),
        interval(Class::Model, 20, 25),
        interval(Class::Model, 55, 60),
    ];
    let wall = sweep(&intervals, &[0, 55]).unwrap();
    assert_eq!(wall.parts, [0, 20, 0, 0, 10, 30, 0, 0]);
    assert_eq!(wall.span(), 60);
    // From 10 to 16 both ran, then Bash alone.
    let share = |tool, shared, alone| ToolShare {
        tool: Name(tool),
        shared,
        alone,
    };
    assert_eq!(wall.tools, [share(1, 7, 4), share(2, 3, 0)]);
    assert_eq!((wall.model.sum, wall.model.union), (20, 20));
    assert_eq!((wall.tool.sum, wall.tool.union), (19, 12));
}

/// The same turn where the tool comes first: it has the 2 in which the reply still streamed. A pause of
/// 30 is away where 29 is the limit.
#[test]
fn the_tool_may_come_first_and_the_limit_be_another() {
    let intervals = [
        interval(Class::Model, 0, 10),
        tool(1, 8, 20),
        tool(2, 9, 16),
        interval(Class::Model, 20, 25),
        interval(Class::Model, 55, 60),
    ];
    let parts = |away| sweep_by(&intervals, &[0, 55], away).unwrap().parts;
    assert_eq!(parts(30), [0, 18, 0, 0, 12, 30, 0, 0]);
    assert_eq!(parts(29), [0, 18, 0, 0, 12, 0, 30, 0]);
}

#[test]
fn a_long_pause_is_away() {
    let limit = 30 * 60 * 1_000_000_000;
    for (pause, person, away) in [(limit, limit, 0), (limit + 1, 0, limit + 1)] {
        let intervals = [
            interval(Class::Model, 0, 5),
            interval(Class::Model, 5 + pause, 7 + pause),
        ];
        let parts = parts(&intervals, &[0, 5 + pause]);
        let [person, away] = [person, away].map(i64::unsigned_abs).map(u128::from);
        assert_eq!(parts, [0, 7, 0, 0, 0, person, away, 0]);
    }
}

/// Nobody waits for a person whose prompt came while the work went on; what is between the end of
/// the work and the next request, with no prompt, is not explained.
#[test]
fn a_queued_prompt_is_no_pause() {
    let intervals = [
        interval(Class::Model, 0, 10),
        interval(Class::Model, 14, 20),
    ];
    assert_eq!(parts(&intervals, &[0, 9]), [0, 16, 0, 0, 0, 0, 0, 4]);
}

#[test]
fn a_retry_comes_before_its_request() {
    let intervals = [
        interval(Class::Model, 0, 10),
        interval(Class::Retry, 3, 5),
        // Of another request, while the first one goes on.
        interval(Class::Retry, 8, 11),
        interval(Class::Model, 12, 14),
    ];
    assert_eq!(parts(&intervals, &[0]), [5, 8, 0, 0, 0, 0, 0, 1]);
}

/// As native records tell them: a wait for a slot, a preparation, an attempt, a wait for the next
/// one, an approval, a tool.
#[test]
fn waits_have_their_parts() {
    let intervals = [
        interval(Class::Queue, 0, 4),
        interval(Class::ContextPreparation, 4, 7),
        interval(Class::Model, 7, 9),
        interval(Class::Retry, 9, 14),
        interval(Class::Model, 14, 20),
        interval(Class::Queue, 19, 22),
        interval(Class::Approval, 22, 28),
        tool(1, 28, 30),
    ];
    assert_eq!(parts(&intervals, &[]), [5, 8, 6, 3, 2, 6, 0, 0]);
}

/// A tool that waits for an approval does not run, unless another one does.
#[test]
fn an_approval_within_a_tool_is_a_wait_for_a_person() {
    let intervals = [
        tool(1, 0, 20),
        interval(Class::Approval, 0, 12),
        waiting(1, 0, 12),
        tool(2, 3, 7),
    ];
    let wall = sweep(&intervals, &[]).unwrap();
    assert_eq!(wall.parts, [0, 0, 0, 0, 12, 8, 0, 0]);
    let shares: Vec<_> = wall.tools.iter().map(|t| (t.shared, t.alone)).collect();
    assert_eq!(shares, [(8, 8), (4, 4)]);
}

#[test]
fn a_subagent_is_its_call() {
    let intervals = [
        tool(1, 0, 20),
        interval(Class::SubagentModel, 2, 12),
        interval(Class::SubagentModel, 8, 18),
        interval(Class::SubagentTool, 18, 19),
    ];
    let wall = sweep(&intervals, &[]).unwrap();
    assert_eq!(wall.parts, [0, 0, 0, 0, 20, 0, 0, 0]);
    // Its requests from 2 to 18, its tool for 1; the call itself has 3 more.
    assert_eq!((wall.subagents.model, wall.subagents.tool), (16, 1));
    assert_eq!((wall.model.sum, wall.model.union), (20, 16));
    assert_eq!((wall.tool.sum, wall.tool.union), (21, 20));
    // The call stands in another session's file: there is no span, but what was busy.
    let wall = sweep(&intervals[1..], &[0]).unwrap();
    assert_eq!((wall.span(), wall.model.union, wall.tool.sum), (0, 16, 1));
    assert_eq!(sweep(&[], &[0]), None);
}

fn intervals() -> impl Strategy<Value = Vec<Interval>> {
    let classes = [
        Class::Retry,
        Class::Model,
        Class::Queue,
        Class::ContextPreparation,
        Class::Tool,
        Class::Approval,
        Class::SubagentModel,
        Class::SubagentTool,
    ];
    let waits = (0..40_i64, 0..40_i64);
    let one = (0..classes.len(), 0..120_i64, 1..40_i64, 0..4_u32, waits).prop_map(
        move |(class, start, length, name, (from, to))| {
            let (class, end) = (classes[class], start + length);
            let one = Interval {
                name: Name(name),
                ..interval(class, start, end)
            };
            let wait = waiting(name, start + from, end.min(start + to));
            let waits = class == Class::Tool && wait.start < wait.end;
            std::iter::once(one).chain(waits.then_some(wait))
        },
    );
    proptest::collection::vec(one, 0..24).prop_map(|all| all.into_iter().flatten().collect())
}

/// The same by looking at each moment.
fn looked_at(
    all: &[Interval],
    prompts: &[i64],
    away: i64,
    is_tool_first: bool,
) -> ([u128; 8], (u128, u128)) {
    let work = || all.iter().filter(|i| i.class.is_work());
    let covers = |class: Class, at: i64| {
        all.iter()
            .any(|i| i.class == class && i.start <= at && at < i.end)
    };
    let runs = |at: i64| {
        let live = |class: Class| {
            let live = |i: &&Interval| i.class == class && i.start <= at && at < i.end;
            all.iter().filter(live).count()
        };
        live(Class::Tool) > live(Class::Waiting)
    };
    let is_awaited = |at: i64, is_away: bool| {
        prompts.iter().any(|prompt| {
            let before = work().filter(|i| i.start < *prompt).map(|i| i.end);
            before
                .max()
                .is_some_and(|end| end <= at && (prompt - end > away) == is_away)
                && at < *prompt
        })
    };
    let start = work().map(|i| i.start).chain(prompts.iter().copied());
    let ends = all
        .iter()
        .filter(|i| i.class.is_work() || i.class.is_of_subagent());
    let (mut parts, mut subagents) = ([0; 8], (0, 0));
    for at in start.min().unwrap()..ends.map(|i| i.end).max().unwrap() {
        let order = [
            covers(Class::Retry, at),
            covers(Class::Model, at) && !(is_tool_first && runs(at)),
            covers(Class::Queue, at) && !(is_tool_first && runs(at)),
            covers(Class::ContextPreparation, at) && !(is_tool_first && runs(at)),
            runs(at),
            covers(Class::Approval, at) || is_awaited(at, false),
            is_awaited(at, true),
        ];
        let part = order.iter().position(|covers| *covers).unwrap_or(7);
        parts[part] += 1;
        if part == WallPart::Tool as usize && covers(Class::SubagentModel, at) {
            subagents.0 += 1;
        } else if part == WallPart::Tool as usize && covers(Class::SubagentTool, at) {
            subagents.1 += 1;
        }
    }
    (parts, subagents)
}

proptest! {
    #[test]
    fn every_moment_has_one_part(
        intervals in intervals(),
        prompts in proptest::collection::vec(0..160_i64, 0..4),
    ) {
        let has_work = intervals.iter().any(|i| matches!(i.class, Class::Model | Class::Tool));
        let wall = sweep(&intervals, &prompts);
        prop_assert!(wall.is_some() || !has_work);
        if let Some(wall) = wall.filter(|_| has_work) {
            let subagents = (wall.subagents.model, wall.subagents.tool);
            let expected = looked_at(&intervals, &prompts, i64::MAX, false);
            prop_assert_eq!((wall.parts, subagents), expected);
            for away in [0, 7] {
                let wall = sweep_by(&intervals, &prompts, away).unwrap();
                let subagents = (wall.subagents.model, wall.subagents.tool);
                let expected = looked_at(&intervals, &prompts, away, true);
                prop_assert_eq!((wall.parts, subagents), expected);
            }
            let tools: u128 = wall.tools.iter().map(|t| t.shared).sum();
            prop_assert_eq!(tools, wall.parts[WallPart::Tool as usize]);
            prop_assert!(wall.tools.iter().all(|t| t.alone <= t.shared));
            prop_assert!(wall.tool.union <= wall.tool.sum && wall.model.union <= wall.model.sum);
        }
    }
}
