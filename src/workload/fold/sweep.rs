//! A sweep over the intervals of one unit: each moment of its span is given to the first part that
//! covers it.
//!
//! Intervals are half-open, in nanoseconds. The span begins at the first prompt of a person (or at the
//! first request or tool call, where that was earlier) and ends with the last request or tool call.

use crate::record::Name;
use crate::workload::{Segment, ToolShare, UnitId, WallClock, WallClockRules, WallPart};

use super::trace::Course;

/// What an interval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Class {
    Retry,
    Model,
    Queue,
    ContextPreparation,
    Tool,
    /// A wait for an approval.
    Approval,
    /// A tool call that does not run, since it waits for an approval.
    Waiting,
    /// Of a subagent: its time is that of the tool call that started it.
    SubagentModel,
    SubagentTool,
    Person,
    Away,
}

pub(super) const CLASSES: usize = Class::Away as usize + 1;

impl Class {
    /// Work of the main conversation, which a span reaches to.
    fn is_work(self) -> bool {
        matches!(
            self,
            Class::Model | Class::Queue | Class::ContextPreparation | Class::Tool
        )
    }

    fn is_of_subagent(self) -> bool {
        matches!(self, Class::SubagentModel | Class::SubagentTool)
    }
}

/// From `start` up to `end`, which is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) class: Class,
    /// Name of a tool; where a trace is wanted, of a request's model too.
    pub(super) name: Name,
}

/// Intervals and prompts of one unit. Kept from unit to unit, so that their memory is used again.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) intervals: Vec<Interval>,
    /// When a person asked.
    pub(super) prompts: Vec<i64>,
    /// Number of the interval and its end, by the end.
    ends: Vec<(i64, u32)>,
    /// Which moments went where, if that is wanted.
    pub(super) segments: Option<Vec<Segment>>,
}

impl Lines {
    /// Takes the unit's time apart; `None` without a model request or tool call. Without one of the
    /// main conversation (another session's file has it) the span is empty. `text` gives the text of a name. The lines are used up.
    pub(super) fn sweep<'t>(
        &mut self,
        unit: UnitId,
        rules: WallClockRules,
        text: impl Fn(Name) -> &'t str,
    ) -> Option<WallClock> {
        let is_main = |i: &Interval| matches!(i.class, Class::Model | Class::Tool);
        let has_work = self.intervals.iter().any(is_main);
        let is_busy = has_work || self.intervals.iter().any(|i| i.class.is_of_subagent());
        let swept = is_busy.then(|| {
            // Stable, so that what is nearly in order takes little.
            self.intervals.sort_by_key(|i| i.start);
            self.prompts.sort_unstable();
            let span = if has_work { self.span() } else { (0, 0) };
            self.add_persons(rules.away);
            self.take_apart(unit, rules, span, text)
        });
        self.intervals.clear();
        self.prompts.clear();
        swept
    }

    fn span(&self) -> (i64, i64) {
        let work = || self.intervals.iter().filter(|i| i.class.is_work());
        let first = work().next().map_or(0, |i| i.start);
        let start = self.prompts.first().map_or(first, |p| first.min(*p));
        let all = self
            .intervals
            .iter()
            .filter(|i| i.class.is_work() || i.class.is_of_subagent());
        let end = all.map(|i| i.end).max().unwrap_or(start);
        (start, end.max(start))
    }

    /// From the end of the work before a prompt to the prompt; none where the work was still going on.
    fn add_persons(&mut self, away: i64) {
        let mut done: Option<i64> = None;
        let mut next = 0;
        let work = self.intervals.len();
        for prompt in &self.prompts {
            while let Some(interval) = self.intervals[..work]
                .get(next)
                .filter(|i| i.start < *prompt)
            {
                if interval.class.is_work() {
                    done = done.max(Some(interval.end));
                }
                next += 1;
            }
            let Some(start) = done.filter(|done| done < prompt) else {
                continue;
            };
            let is_away = prompt.saturating_sub(start) > away;
            self.intervals.push(Interval {
                start,
                end: *prompt,
                class: if is_away { Class::Away } else { Class::Person },
                name: Name::NONE,
            });
        }
        self.intervals.sort_by_key(|i| i.start);
    }

    fn take_apart<'t>(
        &mut self,
        unit: UnitId,
        rules: WallClockRules,
        span: (i64, i64),
        text: impl Fn(Name) -> &'t str,
    ) -> WallClock {
        self.ends.clear();
        self.ends
            .extend(self.intervals.iter().zip(0..).map(|(i, n)| (i.end, n)));
        self.ends.sort_by_key(|(end, _)| *end);
        let first = self.intervals.first().map_or(span.0, |i| i.start);
        let mut state = State {
            live: [0; CLASSES],
            running: Vec::new(),
            wall: WallClock::new(unit),
            is_tool_first: rules.is_tool_first,
            span,
            at: span.0.min(first),
            course: self.segments.take().map(Course::new),
            text,
        };
        // An interval ends after it began, so that all have begun when the last one ends.
        let mut begun = 0;
        for (end, number) in &self.ends {
            while let Some(interval) = self.intervals.get(begun).filter(|i| i.start < *end) {
                state.pass(interval.start);
                state.step(*interval, 1);
                begun += 1;
            }
            state.pass(*end);
            state.step(self.intervals[*number as usize], -1);
        }
        state.wall.settle();
        self.segments = state.course.map(Course::finish);
        state.wall
    }
}

/// What is under way.
struct State<'t, T: Fn(Name) -> &'t str> {
    live: [i32; CLASSES],
    /// Tools that run, sorted by their text.
    running: Vec<Running>,
    wall: WallClock,
    is_tool_first: bool,
    span: (i64, i64),
    /// Up to where all moments were given away.
    at: i64,
    /// What went where, if that is wanted.
    course: Option<Course>,
    text: T,
}

/// A tool that runs, and what it got since it began.
struct Running {
    share: ToolShare,
    /// How many calls, without those that wait.
    calls: i32,
}

impl Running {
    fn calls(&self) -> u128 {
        u128::from(self.calls.max(0).unsigned_abs())
    }
}

impl<'t, T: Fn(Name) -> &'t str> State<'t, T> {
    /// Everything up to `now` is as it was since the last step.
    fn pass(&mut self, now: i64) {
        let since = std::mem::replace(&mut self.at, now);
        let length = u128::from(now.abs_diff(since));
        if self.is_live(Class::Model) || self.is_live(Class::SubagentModel) {
            self.wall.model.union += length;
        }
        if self.is_live(Class::Tool) || self.is_live(Class::SubagentTool) {
            self.wall.tool.union += length;
        }
        let (from, to) = (since.max(self.span.0), now.min(self.span.1));
        if from < to {
            let length = u128::from(to.abs_diff(from));
            let part = self.part();
            self.wall.parts[part as usize] += length;
            if part == WallPart::Tool {
                self.share(length);
                self.divide(length);
            }
            if let Some(course) = &mut self.course {
                course.pass(from, to, part, &self.live);
            }
        }
    }

    fn is_live(&self, class: Class) -> bool {
        self.live[class as usize] > 0
    }

    /// The first part that covers this moment.
    fn part(&self) -> WallPart {
        let is_tool = self.live[Class::Tool as usize] > self.live[Class::Waiting as usize];
        let is_person = self.is_live(Class::Approval) || self.is_live(Class::Person);
        if self.is_live(Class::Retry) {
            WallPart::Retry
        } else if self.is_tool_first && is_tool {
            WallPart::Tool
        } else if self.is_live(Class::Model) {
            WallPart::Model
        } else if self.is_live(Class::Queue) {
            WallPart::Queue
        } else if self.is_live(Class::ContextPreparation) {
            WallPart::ContextPreparation
        } else if is_tool {
            WallPart::Tool
        } else if is_person {
            WallPart::Person
        } else if self.is_live(Class::Away) {
            WallPart::Away
        } else {
            WallPart::Unexplained
        }
    }

    /// What subagents do while the tools have the time.
    fn divide(&mut self, length: u128) {
        if self.is_live(Class::SubagentModel) {
            self.wall.subagents.model += length;
        } else if self.is_live(Class::SubagentTool) {
            self.wall.subagents.tool += length;
        }
    }

    /// Equal shares for all calls that run; what cannot be divided goes to some, so that nothing is lost.
    fn share(&mut self, length: u128) {
        let calls: u128 = self.running.iter().map(Running::calls).sum();
        let is_alone = self.running.len() == 1;
        let (mut before, mut given) = (0, 0);
        for running in &mut self.running {
            before += running.calls();
            let up_to = length * before / calls;
            running.share.shared += up_to - given;
            given = up_to;
            if is_alone {
                running.share.alone += length;
            }
        }
    }

    /// An interval begins (+1) or ends (−1).
    fn step(&mut self, interval: Interval, by: i32) {
        self.live[interval.class as usize] += by;
        let length = || u128::from(interval.end.abs_diff(interval.start));
        match interval.class {
            Class::Model | Class::SubagentModel if by > 0 => self.wall.model.sum += length(),
            Class::Tool | Class::SubagentTool if by > 0 => self.wall.tool.sum += length(),
            _ => {}
        }
        match interval.class {
            Class::Tool => self.run(interval.name, by),
            Class::Waiting => self.run(interval.name, -by),
            _ => {}
        }
        if let Some(course) = &mut self.course {
            course.step(interval, by);
        }
    }

    fn run(&mut self, tool: Name, by: i32) {
        let text = &self.text;
        let place = self
            .running
            .binary_search_by(|r| text(r.share.tool).cmp(text(tool)));
        match place {
            Ok(at) => {
                let running = &mut self.running[at];
                running.calls += by;
                if running.calls == 0 {
                    self.wall.tools.push(self.running.remove(at).share);
                }
            }
            Err(at) => {
                let share = ToolShare {
                    tool,
                    shared: 0,
                    alone: 0,
                };
                self.running.insert(at, Running { share, calls: by });
            }
        }
    }
}

#[cfg(test)]
mod tests;
