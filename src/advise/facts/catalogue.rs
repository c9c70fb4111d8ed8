//! The catalogue of facts: what a rule may ask for.
//!
//! Every metric of the registry is a fact of its own name, every metric of the user's own one of its name behind
//! `custom.`. The others stand here, a row each. Facts
//! of a subject (`purpose.…`, `tool.…`) have one set of numbers for each purpose, each tool.

use crate::advise::rule::Subject;
use crate::metrics::{Metric, Unit, fault_of_name};

/// The numbers that a fact may have.
pub const FIELDS: &[&str] = &[
    "value",
    "median",
    "p95",
    "max",
    "low",
    "high",
    "n",
    "units",
    "target",
    "target_p95",
    "missed",
    "missed_p95",
    "p",
];

/// A row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactRow {
    /// Name in conditions, without the field.
    pub name: &'static str,
    /// What there is one of for each; `None`: one over all.
    pub subject: Option<Subject>,
    /// For people.
    pub title: &'static str,
    /// Unit of its numbers.
    pub unit: Unit,
    /// What exactly it is.
    pub meaning: &'static str,
}

const fn row(
    name: &'static str,
    subject: Option<Subject>,
    title: &'static str,
    unit: Unit,
    meaning: &'static str,
) -> FactRow {
    FactRow {
        name,
        subject,
        title,
        unit,
        meaning,
    }
}

use Subject::{Agent, Alert, Interface, Model, Process, Purpose, Tool};

/// All facts beside the metrics.
#[rustfmt::skip]
pub const FACTS: &[FactRow] = &[
    row("accuracy_floor", None, "floor of accuracy", Unit::Ratio, "The accuracy that the user wants at least (`thresholds.min_accuracy`, `targets.accuracy`)."),
    row("response_limit", None, "limit of response time", Unit::Seconds, "The alert's limit on the response time, else the target of its 95th percentile."),
    row("context_cache.compulsory_share", None, "first requests among misses", Unit::Ratio, "Misses of the context cache whose context had not been asked for since the start ÷ all misses; n: misses."),
    row("context_cache.common_keys", None, "contexts that most units ask for", Unit::Count, "Contexts that at least half of the units ask for."),
    row("context_cache.reasked_share", None, "misses that had been cached", Unit::Ratio, "Lookups that missed although the context had been asked for since the start ÷ all lookups."),
    row("context_cache.working_set", None, "different contexts", Unit::Count, "Different contexts asked for on one host from a start to the next, the most of them."),
    row("context_cache.sufficient_size", None, "contexts that suffice", Unit::Count, "The smallest size of the context cache within one point of the hit rate of an unlimited one, as a round number; known where the replay of the present gives the hit rate that was measured."),
    row("context_cache.room", None, "what an unlimited cache would gain", Unit::Ratio, "Hit rate of an unlimited context cache − hit rate as measured; known under the same condition."),
    row("context_cache.lifetime_room", None, "what a cache without expiry would gain", Unit::Ratio, "Hit rate of the context cache at the present size without expiry − that with the present time to live, both replayed; known where contexts expire and the replay of the present gives the hit rate that was measured."),
    row("context_cache.sufficient_lifetime", None, "time to live that suffices", Unit::Seconds, "The shortest of twelve round times to live, from five minutes to four weeks, within one point of the hit rate without expiry; known under the same condition."),
    row("context_cache.predictable_share", None, "contexts known beforehand", Unit::Ratio, "Lookups whose context is the one that followed its predecessor the last time ÷ lookups with a predecessor in their unit."),
    row("preparation.share", None, "preparation in response time", Unit::Ratio, "Time of context preparations that steps wait for ÷ time of steps; what runs beside a model request of the same unit, or outside of its step, is not waited for, where that is recorded."),
    row("load.windows", None, "quarters of an hour under load", Unit::Count, "Quarters of an hour with FANCY steps in which CPU or memory is over its target; known where either is sampled."),
    row("load.fancy_p95", None, "FANCY under load, p95", Unit::Seconds, "95th percentile of the response time of FANCY steps in quarters of an hour in which CPU or memory is over its target."),
    row("load.time_ratio", None, "FANCY under load ÷ in quiet", Unit::Factor, "Mean response time of FANCY steps in loaded quarters of an hour ÷ in quiet ones; units: loaded quarters."),
    row("file_filter.slope", None, "preparation time per file", Unit::Seconds, "Slope of the preparation time on the files considered; n: pairs."),
    row("file_filter.accuracy_slope", None, "accuracy per file", Unit::Ratio, "Slope of the accuracy on the files considered."),
    row("queue.share", None, "waiting for a slot", Unit::Ratio, "Time of waits for a free slot ÷ time of steps."),
    row("slots.one_more", None, "one operation more at once", Unit::Count, "The present number of operations at once (`resources.concurrent_operations`) and one more; known where that number is."),
    row("backoff.share", None, "waiting before retries", Unit::Ratio, "Time of waits before a retry ÷ time of steps."),
    row("rate_limited.share", None, "requests refused for their rate", Unit::Ratio, "Requests refused for their rate ÷ all requests."),
    row("load_per_core", None, "load by core", Unit::Number, "Load average over one minute ÷ cores of the machine."),
    row("disk.days_to_full", None, "days until the disk is full", Unit::Number, "Days until the disk is full at the upper end of its slope, where it rises."),
    row("compaction.units_share", None, "units with a compaction", Unit::Ratio, "Units in which a context was compacted ÷ units."),
    row("prompt_cache.unused_share", None, "streams without a cache read", Unit::Ratio, "Streams (unit × agent) of at least 3 requests that read nothing from the provider's cache ÷ such streams."),
    row("prompt_cache.unused_context", None, "context of such streams", Unit::Count, "Median over these streams of the mean tokens of context per request."),
    row("prefix.retention", None, "prefixes that were read again", Unit::Ratio, "Tokens read from the provider's cache of those that the previous request of the stream (session × agent) left there ÷ these, first requests left out; n: requests. Streams whose writes are reported, as for all that begins with `prefix`."),
    row("prefix.lost.expired", None, "prefixes lost in pauses", Unit::Ratio, "Tokens that were expected in the cache and not read, since the pause from start to start was longer than their lifetime ÷ tokens of all contexts; n: requests."),
    row("prefix.lost.changed", None, "prefixes lost to changes", Unit::Ratio, "Tokens that were expected in the cache and not read within their lifetime, by the same model and without a compaction ÷ tokens of all contexts; n: requests."),
    row("prefix.lost.model", None, "prefixes lost to another model", Unit::Ratio, "Tokens that were expected in the cache and not read, since the request went to another model than the one before ÷ tokens of all contexts; n: requests."),
    row("prefix.lost.shrunk", None, "prefixes lost to compactions", Unit::Ratio, "Tokens that were expected in the cache and not read, since the context shrank to less than four fifths ÷ tokens of all contexts; n: requests."),
    row("prefix.changed_units", None, "units with a changed prefix", Unit::Count, "Units in which a prefix was lost to a change."),
    row("prefix.expired_after_wait", None, "expiries while somebody was waited for", Unit::Ratio, "Prefixes that expired while a call that changes a file took more than 10 s ÷ all that expired; n: these."),
    row("prefix.still_streams", None, "streams whose cached prefix stands still", Unit::Count, "Streams in which four requests or more read the same number of tokens, less than half of the context, while each context grows by at least 2 %; n: streams."),
    row("prompt_cache.surcharge_to_discount", None, "surcharge of writes ÷ discount of reads", Unit::Factor, "What writing to the cache cost more than fresh input ÷ what reading from it cost less, in streams of at least 5 requests; n: streams."),
    row("prompt_cache.hour_pauses", None, "pauses of 5 to 60 min", Unit::Count, "Gaps of 5 to 60 min from start to start in streams that mostly write for an hour; n: such streams."),
    row("prompt_cache.hour_saving", None, "saving of an hour's lifetime", Unit::Ratio, "Share of the computed cost of input that the prompt cache would save, if all that is written for five minutes were written for an hour, by a replay of the requests with starts up to 30 s off: the less favourable one; below 0 it costs more. Only where the replay of the present is at most 5 % off; n: requests."),
    row("prompt_cache.hour_saving_of_one", None, "saving of an hour's lifetime for one agent", Unit::Ratio, "The same share, if only main conversations or only subagents wrote for an hour: the better of both; known where both are reproduced."),
    row("prompt_cache.warm_saving", None, "saving of reads that keep the cache warm", Unit::Ratio, "Share of the computed cost of input that would be saved, if a prefix that is written for five minutes were read again before it expires while a tool call of the last reply runs, 11 times at most; by the same replay."),
    row("context.carried_share", None, "saving of an earlier compaction", Unit::Ratio, "Share of the computed cost that a compaction at the best of 60, 80, 100 and 120 thousand tokens would save at most, to 20 thousand tokens with a summary of 3 thousand; n: requests after it has been paid back."),
    row("context.compact_at", None, "best context for a compaction", Unit::Count, "The best of these numbers of tokens, where any context reaches it."),
    row("long_context.share", None, "cost of requests above the price limit", Unit::Ratio, "Computed cost of requests with more input than their model takes at its base price ÷ all, where a model has such a limit; n: these requests."),
    row("start.context", None, "first context", Unit::Count, "Median tokens of the first request of main conversations of at least two requests; n: conversations."),
    row("start.read_share", None, "first contexts in the cost of input", Unit::Ratio, "What reading the first context from the cache with each request of these conversations costs ÷ computed cost of their input."),
    row("subagents.start_share", None, "first requests in the cost of subagents", Unit::Ratio, "Computed cost of the first request of each subagent ÷ of all their requests; n: subagents that have a file of their own."),
    row("sessions.cost_outliers", None, "units that cost far more than others", Unit::Count, "Units whose computed cost lies, as a logarithm, more than 3.5 × 1.4826 median absolute deviations above the median; median and max are dollars, n: units."),
    row("sessions.single_share", None, "single requests that nobody waits for", Unit::Ratio, "Computed cost of sessions of one request without a tool call that were started with nobody there (`claude -p`, `codex exec`) ÷ of all requests; n: such sessions. Known where sessions tell how they were started; units: those that do."),
    row("approval.share", None, "suspected waits for an approval", Unit::Ratio, "Time beyond 10 s of calls that change a file ÷ wall-clock time without that of people who were away; n: such calls."),
    row("tools.serial_share", None, "calls one after another in one reply", Unit::Ratio, "What calls of one reply, changes of files left out, would save at most if they ran at once ÷ wall-clock time without that of people who were away; n: replies with several calls."),
    row("tools.single_share", None, "requests between single reads", Unit::Ratio, "Time of the requests that three replies or more in a row, each with one call that only reads, would save at most as one ÷ wall-clock time without that of people who were away; n: such replies."),
    row("polling.share", None, "replies that only look at a job", Unit::Ratio, "Computed cost of requests whose reply only waits for a job or looks at it ÷ all; n: such replies."),
    row("calls.repeated_share", None, "reads of what was read before", Unit::Ratio, "Computed cost of carrying the results of calls that only read and had read the same before, both well, with no change of a file, shell or compaction between: the next request writes a result, all until a compaction or the end read it ÷ computed cost; n: such calls. Known where calls tell their arguments."),
    row("calls.failing_again", None, "calls that fail for the third time", Unit::Count, "Calls that failed as the same call had failed twice before, with nothing written between."),
    row("calls.failing_units", None, "units with such calls", Unit::Count, "Units in which a call failed for the third time with nothing written between."),
    row("results.large_share", None, "large results among all", Unit::Ratio, "Estimated tokens of results of at least 10,000 tokens ÷ those of all results; n: large results. Known where calls tell how long their result was."),
    row("results.carried_share", None, "cost of large results", Unit::Ratio, "Computed cost of carrying such results: the next request writes one, all until a compaction or the end read it ÷ computed cost; n: large results."),
    row("replies.cut_off", None, "replies that were cut off", Unit::Ratio, "Replies that ended since they had the largest number of tokens that they may have ÷ replies of which it is told why they ended; n: those cut off."),
    row("retries.persistent", None, "requests tried more than three times", Unit::Ratio, "Requests that were tried more than three times ÷ requests, where each retry can be told to be of one request; n: these, max: the most attempts."),
    row("retries.persistent_units", None, "units with such requests", Unit::Count, "Units in which a request was tried more than three times."),
    row("requests.tail", None, "tail of requests beside their size", Unit::Factor, "99th percentile ÷ median of the time of requests ÷ what their model, output and context tell (least squares of logarithms); n: requests whose output is known."),
    row("burn.hour", None, "burn of the error budget in an hour", Unit::Factor, "Failures ÷ what the target of the success rate allows, the largest that both an hour and its last quarter show; of windows with at least 10 steps and 3 failures in the short one, 0 where none has so many failures; n: steps of the hour."),
    row("burn.six_hours", None, "burn of the error budget in 6 hours", Unit::Factor, "The same over 6 hours and their last half hour."),
    row("burn.three_days", None, "burn of the error budget in 3 days", Unit::Factor, "The same over 3 days and their last 6 hours."),
    row("before.worst", None, "change for the worse since the baseline", Unit::Ratio, "Of the changes of time and of cost against a baseline (`before.time`, `before.cost`) the one whose near end lies furthest beyond its tolerance; target: the tolerance, p: adjusted over all metrics that `gate` judges, low and high: its interval; below 0 it is better."),
    row("before.time", None, "slower than in the baseline", Unit::Ratio, "Change of the response time, mean or 95th percentile (without any of the time of tasks), against the baseline, by the tests of `gate`; of several the worst."),
    row("before.cost", None, "dearer than in the baseline", Unit::Ratio, "Change of the mean cost (where none is reported, of the computed one) against the baseline by the tests of `gate`, ÷ the change of the success rate where that is proven: what a success costs."),
    row("before.changes", None, "what differs", Unit::Count, "Settings and models that differ from the baseline's, as far as they are known."),
    row("wall.unexplained_share", None, "time that no record tells", Unit::Ratio, "Wall-clock time of units that is attributed to nothing ÷ all of it, time away aside."),
    row("tokens.reasoning_share", None, "reasoning in output", Unit::Ratio, "Reasoning tokens ÷ output tokens, of models that tell them and of requests whose output is no lower bound; n: requests."),
    row("alerts.missing", None, "targets without an alert", Unit::Count, "Measured metrics with a target and without an alert."),
    row("alerts.configured", None, "alerts", Unit::Count, "Alerts in the configuration."),
    row("data.units", None, "units", Unit::Count, "Units of inference."),
    row("data.gaps", None, "gaps between samples", Unit::Count, "Intervals between samples of one source longer than three times their median."),
    row("data.longest_gap", None, "longest gap", Unit::Seconds, "The longest such interval."),
    row("data.sample_interval", None, "interval of samples", Unit::Seconds, "Median interval between the samples of one source."),
    row("data.process_starts", None, "process starts", Unit::Count, "Starts of monitored processes that the inputs tell of."),
    row("data.clock_fault_share", None, "operations with a clock fault", Unit::Ratio, "Operations that end before they start, or come out of order ÷ all operations."),
    row("data.lower_bound_share", None, "requests with output as lower bound", Unit::Ratio, "Requests whose count of output tokens is a lower bound ÷ requests with tokens."),
    row("data.unpriced_share", None, "tokens without a price", Unit::Ratio, "Tokens of requests whose model has no price ÷ tokens of all requests; n: requests."),
    row("data.without_target", None, "scored metrics without target", Unit::Count, "Measured metrics that the score knows and that have no target."),
    row("data.unlabelled_share", None, "steps without mode or interface", Unit::Ratio, "Steps without a mode, or without an interface, where others have one ÷ all steps; the larger of the two."),
    row("data.mock_share", None, "steps answered by a mock", Unit::Ratio, "Steps of interfaces that answer without a model ÷ all steps, where others answer with one."),
    row("purpose.time_ratio", Some(Purpose), "preparation, SIMPLE ÷ FANCY", Unit::Factor, "Preparation time (where none is recorded, response time) of SIMPLE as a multiple of FANCY, cache hits aside, like with like: same tasks where enough ran in both, else the purpose; n: preparations in FANCY, units: tasks or units compared."),
    row("purpose.is_test", Some(Purpose), "purpose is testing", Unit::Count, "Whether the purpose is named as testing (test, testing, tests, ci, qa, smoke)."),
    row("purpose.simple_accuracy", Some(Purpose), "accuracy in SIMPLE", Unit::Ratio, "Recorded accuracy of this purpose in SIMPLE, with its interval."),
    row("purpose.fancy_accuracy", Some(Purpose), "accuracy in FANCY", Unit::Ratio, "Recorded accuracy of this purpose in FANCY, with its interval."),
    row("interface.time_ratio", Some(Interface), "model time, this ÷ the most used", Unit::Factor, "Model time (where none is recorded, response time) of this interface as a multiple of the most used one, like with like; n: requests of the most used, units: tasks or units compared. Mocks are left out."),
    row("interface.success_difference", Some(Interface), "success rate, this − the most used", Unit::Ratio, "Difference of the success rates, this interface minus the most used one."),
    row("interface.success_rate", Some(Interface), "success rate", Unit::Ratio, "Success rate of this interface, with its interval; n: steps."),
    row("interface.is_down", Some(Interface), "interface is down", Unit::Count, "Whether its last three steps or more failed, without a success since; n: how many."),
    row("tool.failure_rate", Some(Tool), "failed calls", Unit::Ratio, "Failed calls ÷ calls of this tool, with Wilson's interval; n: calls."),
    row("tool.alone_share", Some(Tool), "time it ran alone", Unit::Ratio, "Wall-clock time in which this tool ran and no other did, nor anything that goes before tools ÷ wall-clock time of all units, time away aside; n: calls, units: those in which it ran."),
    row("tool.tail", Some(Tool), "its p95 ÷ its median", Unit::Factor, "95th percentile of its time ÷ the median; n: calls, units: those in which it ran."),
    row("agent.budget_use", Some(Agent), "tokens used of budgeted", Unit::Ratio, "Tokens used ÷ budgeted by unit and task: median and 95th percentile; n: these."),
    row("tool.timeout_limit", Some(Tool), "limit at which calls time out", Unit::Seconds, "Median duration of the calls of this tool that timed out, known where at least half of them lie within 2 % of it; n: these."),
    row("tool.timeout_fit", Some(Tool), "successful calls ÷ limit", Unit::Factor, "99th percentile of the duration of successful calls ÷ the limit at which calls time out; n: successful calls."),
    row("tool.timeout_proposed", Some(Tool), "limit that suffices", Unit::Seconds, "One and a half times the 99th percentile of successful calls, known where that percentile is at most a tenth of the limit."),
    row("model.is_retired", Some(Model), "model is retired", Unit::Count, "Whether the table of retired models names it with a date before the end of the period; n: requests."),
    row("model.cost_ratio", Some(Model), "cost, this ÷ the most used", Unit::Factor, "Computed cost of a request of this model as a multiple of the most used one, like with like; n: requests of the most used, units: tasks or units compared."),
    row("model.success_difference", Some(Model), "success rate, this − the most used", Unit::Ratio, "Difference of the success rates, this model minus the most used one, like with like; n: steps of the most used, units: tasks or units compared."),
    row("process.memory_rise", Some(Process), "rise of a process's memory", Unit::Ratio, "Rise of the running minimum of its memory over the samples, relative to its start; n: windows."),
    row("process.rise_p", Some(Process), "p of the rise", Unit::Ratio, "The larger of the two p values, adjusted, of a rise in the first and in the second half."),
    row("process.hours", Some(Process), "hours of samples", Unit::Number, "Hours from its first to its last sample."),
    row("alert.threshold", Some(Alert), "threshold of the alert", Unit::Unknown, "The limit that is configured, in the metric's unit."),
    row("alert.firing_share", Some(Alert), "time it would have fired", Unit::Ratio, "Windows whose mean is beyond the limit ÷ all windows: 15 seconds of samples, a quarter of an hour of everything else; n: windows."),
    row("alert.cycles", Some(Alert), "times it would have begun to fire, per hour", Unit::Number, "How often such a window follows one within the limit ÷ hours of windows, where there is at least one."),
    row("alert.factor", Some(Alert), "threshold ÷ data", Unit::Factor, "The limit ÷ the 95th percentile (of a ratio: its mean) of what it watches."),
    row("alert.is_ratio", Some(Alert), "alert watches a ratio", Unit::Count, "Whether what it watches is a ratio from 0 to 1."),
];

/// Begins the names of facts of metrics that the user declares: `custom.queue_depth`.
pub const OWN: &str = "custom.";

/// What is known of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described<'a> {
    /// What there is one of for each.
    pub subject: Option<Subject>,
    /// For people.
    pub title: &'a str,
    /// Unit; of a metric of the user's own it is not known here.
    pub unit: Unit,
    /// What exactly it is.
    pub meaning: &'static str,
}

/// The fact of that name: of the catalogue, a metric of the registry, or one of the user's own, which need not be
/// declared here: a rule may be written for many projects.
#[must_use]
pub fn describe(name: &str) -> Option<Described<'_>> {
    if let Some(own) = name.strip_prefix(OWN) {
        return fault_of_name(own).is_none().then_some(Described {
            subject: None,
            title: own,
            unit: Unit::Unknown,
            meaning: "A metric of your own, as perfadvise.yaml declares it.",
        });
    }
    FACTS
        .iter()
        .find(|f| f.name == name)
        .map(|f| Described {
            subject: f.subject,
            title: f.title,
            unit: f.unit,
            meaning: f.meaning,
        })
        .or_else(|| {
            let metric = Metric::named(name)?.row();
            Some(Described {
                subject: None,
                title: metric.title,
                unit: metric.unit,
                meaning: metric.meaning,
            })
        })
}

/// Fact and field of a full name such as `cache_hit_rate.value`; `None` where there is no such fact
/// or field.
#[must_use]
pub fn split(full: &str) -> Option<(&str, &'static str)> {
    let (fact, field) = full.rsplit_once('.')?;
    let field = FIELDS.iter().find(|f| **f == field)?;
    describe(fact).map(|_| (fact, *field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_told_from_metrics() {
        for (i, fact) in FACTS.iter().enumerate() {
            assert!(
                FACTS[..i].iter().all(|f| f.name != fact.name),
                "{}",
                fact.name
            );
            assert!(Metric::named(fact.name).is_none(), "{}", fact.name);
            assert!(fact.meaning.ends_with('.'), "{}", fact.name);
            if let Some(subject) = fact.subject {
                assert!(
                    fact.name.starts_with(&format!("{}.", subject.name())),
                    "{}",
                    fact.name
                );
            }
        }
        assert_eq!(
            split("cache_hit_rate.target"),
            Some(("cache_hit_rate", "target"))
        );
        assert_eq!(split("cache_hit_rate.tarmac"), None);
        assert_eq!(split("value"), None);
        assert_eq!(
            split("custom.queue.depth.p95"),
            Some(("custom.queue.depth", "p95"))
        );
        assert_eq!(split("custom.p95"), None);
    }
}
