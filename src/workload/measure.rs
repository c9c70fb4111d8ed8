//! What a row or an event tells of each metric: the one place that knows where a metric lies.

use crate::metrics::Metric;
use crate::record::{Event, EventKind, OperationKind, OutcomeKind};

use super::histogram::bucket;
use super::{Extra, Figure, Figures, Row, Total, Workload};

/// What something contributes to the sum of a metric.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    /// Nothing.
    Nothing,
    /// Values.
    Figure(&'a Figure),
    /// One value.
    Value(i64),
    /// A share: numerator × the unit's scale, and denominator.
    Share { scaled: i128, of: u64 },
    /// A total over `n` records, × the unit's scale.
    Total { sum: i128, n: u64 },
}

impl Part<'_> {
    pub(crate) fn is_empty(self) -> bool {
        match self {
            Part::Nothing => true,
            Part::Figure(figure) => figure.n == 0,
            Part::Value(_) => false,
            Part::Share { of, .. } => of == 0,
            Part::Total { n, .. } => n == 0,
        }
    }

    /// n and sum.
    pub(crate) fn total(self) -> Total {
        let (n, sum) = match self {
            Part::Nothing => (0, 0),
            Part::Figure(figure) => (figure.n, figure.sum),
            Part::Value(value) => (1, i128::from(value)),
            Part::Share { scaled: sum, of: n } | Part::Total { sum, n } => (n, sum),
        };
        Total { n, sum }
    }

    /// How many of its values lie in buckets of a histogram above that of `value`.
    pub(super) fn above(self, value: i64) -> u64 {
        let bucket_of = |v: i64| u64::try_from(v).ok().map(bucket);
        match self {
            // What is negative has no bucket.
            Part::Value(own) => u64::from(bucket_of(own) > bucket_of(value)),
            Part::Figure(figure) => figure.histogram.above(value),
            Part::Nothing | Part::Share { .. } | Part::Total { .. } => 0,
        }
    }

    /// How many of its values a histogram counts: those that are not negative.
    pub(super) fn counted(self) -> u64 {
        match self {
            Part::Value(value) => u64::from(value >= 0),
            Part::Figure(figure) => figure.histogram.count(),
            Part::Nothing | Part::Share { .. } | Part::Total { .. } => 0,
        }
    }

    pub(super) fn add_to(self, figure: &mut Figure) {
        match self {
            Part::Nothing => {}
            Part::Figure(other) => figure.merge(other),
            Part::Value(value) => figure.add(value),
            Part::Share { scaled: sum, of: n } | Part::Total { sum, n } => {
                figure.n += n;
                figure.sum += sum;
            }
        }
    }
}

/// Whether the workload as a whole tells this metric: of tokens that no record ever counted (input, output, a
/// provider's cache, reasoning) a zero is not a measurement.
pub(super) fn is_told(workload: &Workload, metric: Metric) -> bool {
    let any = |field: fn(&Extra) -> u64| {
        workload
            .rows
            .iter()
            .any(|r| r.extra.as_deref().is_some_and(|e| field(e) > 0))
    };
    match metric {
        Metric::PromptCacheHitRate | Metric::CacheReadTokens | Metric::CacheWriteTokens => {
            any(|e| e.cache_read + e.cache_write) || has_samples(workload, metric)
        }
        Metric::InputTokens => {
            any(|e| e.fresh + e.cache_read + e.cache_write) || has_samples(workload, metric)
        }
        Metric::OutputTokens => any(|e| e.output) || has_samples(workload, metric),
        Metric::ReasoningTokens => any(|e| e.reasoning) || has_samples(workload, metric),
        _ => true,
    }
}

fn has_samples(workload: &Workload, metric: Metric) -> bool {
    workload
        .samples
        .iter()
        .any(|c| c.metric == crate::record::Measured::Known(metric))
}

impl Row {
    /// Adds what this row tells of `metric` to `figure`, as [`Workload::group`] does; says whether it
    /// tells anything. For questions that a filter cannot ask.
    pub fn add_to(&self, metric: Metric, figure: &mut Figure) -> bool {
        let part = row_part(self, metric);
        part.add_to(figure);
        !part.is_empty()
    }

    /// n and sum of what this row tells of `metric`.
    #[must_use]
    pub fn total(&self, metric: Metric) -> Total {
        row_part(self, metric).total()
    }

    /// What this row tells of `metric`.
    pub(crate) fn part(&self, metric: Metric) -> Part<'_> {
        row_part(self, metric)
    }
}

/// What a row tells of a metric.
pub(super) fn row_part(row: &Row, metric: Metric) -> Part<'_> {
    use OperationKind as Op;
    let operation = row.key.operation;
    let is_step = row.key.is_step;
    let times_of = |kind: OperationKind| {
        if operation == kind {
            Part::Figure(&row.time)
        } else {
            Part::Nothing
        }
    };
    let rate_of = |counts: bool, outcomes: &[OutcomeKind]| {
        if counts {
            rate(row, outcomes)
        } else {
            Part::Nothing
        }
    };
    let extra = |part: fn(&Extra) -> Part<'_>| row.extra.as_deref().map_or(Part::Nothing, part);
    let figure = |of: fn(&Figures) -> &Figure| {
        let figures = row.extra.as_deref().and_then(|e| e.figures.as_deref());
        figures.map_or(Part::Nothing, |figures| Part::Figure(of(figures)))
    };
    match metric {
        Metric::ResponseTime if is_step => Part::Figure(&row.time),
        Metric::ErrorTime if is_step => figure(|f| &f.error_time),
        Metric::ResponseTime | Metric::ErrorTime => Part::Nothing,
        Metric::SuccessRate => rate_of(is_step, &[OutcomeKind::Ok]),
        Metric::ErrorRate => rate_of(is_step, &[OutcomeKind::Error, OutcomeKind::RateLimited]),
        Metric::TimeoutRate => rate_of(is_step, &[OutcomeKind::Timeout]),
        Metric::TaskTime => times_of(Op::Task),
        // Of wall clocks, not of rows.
        Metric::SessionTime => Part::Nothing,
        Metric::TaskSuccessRate => rate_of(operation == Op::Task, &[OutcomeKind::Ok]),
        Metric::Accuracy => figure(|f| &f.accuracy),
        Metric::ContextPreparationTime => times_of(Op::ContextPreparation),
        Metric::CacheHitRate => extra(|e| share(e.cache_hits, e.cache_lookups)),
        Metric::TokenEfficiency => extra(|e| share(e.budget_used, e.budget)),
        Metric::FileUseRate => extra(|e| share(e.files_used_of_known, e.files_considered_of_known)),
        Metric::FilesUsed => figure(|f| &f.files_used),
        Metric::FilesConsidered => figure(|f| &f.files_considered),
        Metric::ModelTime => times_of(Op::ModelRequest),
        Metric::AttemptSuccessRate => rate_of(operation == Op::ModelRequest, &[OutcomeKind::Ok]),
        Metric::RateLimitHits if operation == Op::ModelRequest => Part::Total {
            sum: i128::from(row.outcomes[OutcomeKind::RateLimited as usize]),
            n: told_outcomes(row),
        },
        Metric::RateLimitHits => extra(|e| total(e.bare_rate_limited, e.bare_steps)),
        Metric::Retries if operation == Op::ModelRequest => Part::Total {
            sum: row.extra.as_deref().map_or(0, |e| i128::from(e.retries)),
            n: row.outcomes.iter().map(|n| u64::from(*n)).sum(),
        },
        Metric::Retries => Part::Nothing,
        Metric::PromptCacheHitRate => {
            extra(|e| share(e.cache_read, e.fresh + e.cache_read + e.cache_write))
        }
        Metric::InputTokens => extra(|e| total(e.fresh, e.with_tokens)),
        Metric::OutputTokens => extra(|e| total(e.output, e.with_tokens)),
        Metric::CacheReadTokens => extra(|e| total(e.cache_read, e.with_tokens)),
        Metric::CacheWriteTokens => extra(|e| total(e.cache_write, e.with_tokens)),
        Metric::ReasoningTokens => extra(|e| total(e.reasoning, e.with_tokens)),
        Metric::Cost => extra(|e| Part::Total {
            sum: e.cost,
            n: e.with_cost,
        }),
        Metric::ComputedCost => extra(|e| Part::Total {
            sum: e.computed_cost,
            n: e.priced,
        }),
        // 10⁻⁹ dollars × 1,000 ÷ tokens is 10⁻⁹ dollars for a thousand tokens.
        Metric::CostPer1kTokens => extra(|e| Part::Share {
            scaled: e.cost_with_tokens * 1_000,
            of: e.cost_tokens,
        }),
        Metric::ToolTime => times_of(Op::ToolCall),
        Metric::ToolSuccessRate => rate_of(operation == Op::ToolCall, &[OutcomeKind::Ok]),
        Metric::QueueTime => times_of(Op::WaitQueue),
        Metric::BackoffTime => times_of(Op::WaitBackoff),
        Metric::ApprovalTime => times_of(Op::WaitApproval),
        Metric::MemoryUsage => figure(|f| &f.memory),
        Metric::CpuUtilization
        | Metric::MemoryUtilization
        | Metric::DiskUtilization
        | Metric::ProcessCpu
        | Metric::SystemLoad
        | Metric::ActiveProcesses
        | Metric::NetworkSent
        | Metric::NetworkReceived
        | Metric::CheckTime
        | Metric::Uptime
        | Metric::SwitchTime
        | Metric::TransitionTime => Part::Nothing,
    }
}

/// What decides which metrics a row tells: its operation, and which of its fields are not 0.
pub(super) fn fields_in_use(row: &Row) -> (OperationKind, bool, u64) {
    let mut bits = u64::from(row.time.n > 0);
    let mut note = |is_in_use: bool| bits = bits << 1 | u64::from(is_in_use);
    for n in row.outcomes {
        note(n > 0);
    }
    if let Some(e) = row.extra.as_deref() {
        let figures = e.figures.as_deref();
        let count = |of: fn(&Figures) -> &Figure| figures.map_or(0, |f| of(f).n);
        note(count(|f| &f.error_time) > 0);
        note(count(|f| &f.accuracy) > 0);
        note(count(|f| &f.memory) > 0);
        note(count(|f| &f.files_used) > 0);
        note(count(|f| &f.files_considered) > 0);
        // Every number that is the n of some part of `row_part`.
        let numbers = [
            e.with_tokens,
            e.fresh + e.cache_read + e.cache_write,
            e.budget,
            e.with_cost,
            e.cost_tokens,
            e.priced,
            e.cache_lookups,
            e.files_considered_of_known,
            e.bare_steps,
        ];
        for number in numbers {
            note(number > 0);
        }
    }
    (row.key.operation, row.key.is_step, bits)
}

/// What an event tells of a metric.
pub(super) fn event_part(event: &Event, metric: Metric) -> Part<'static> {
    let is_switch = matches!(
        event.kind,
        EventKind::ModeSwitch | EventKind::InterfaceSwitch
    );
    let is_told = match metric {
        Metric::SwitchTime => is_switch,
        Metric::TransitionTime => event.kind == EventKind::Transition,
        Metric::Retries => {
            return if event.kind == EventKind::Retry {
                Part::Total { sum: 1, n: 1 }
            } else {
                Part::Nothing
            };
        }
        _ => false,
    };
    if is_told && event.duration >= 0 {
        Part::Value(event.duration)
    } else {
        Part::Nothing
    }
}

/// Outcomes that the source told: unknown ones count for no rate.
fn told_outcomes(row: &Row) -> u64 {
    let all: u64 = row.outcomes.iter().map(|n| u64::from(*n)).sum();
    all - u64::from(row.outcomes[OutcomeKind::Unknown as usize])
}

fn rate(row: &Row, outcomes: &[OutcomeKind]) -> Part<'static> {
    let hits = outcomes
        .iter()
        .map(|o| u64::from(row.outcomes[*o as usize]))
        .sum();
    share(hits, told_outcomes(row))
}

fn share(hits: u64, of: u64) -> Part<'static> {
    Part::Share {
        scaled: i128::from(hits) * 1_000_000_000,
        of,
    }
}

fn total(sum: u64, n: u64) -> Part<'static> {
    Part::Total {
        sum: i128::from(sum),
        n,
    }
}
