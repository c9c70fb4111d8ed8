//! An earlier compaction of the context.
//!
//! When the context has grown to a limit it is replaced by a summary: one request reads all of it and
//! writes the summary, the next one sends the summary in its place. From then on each request holds that
//! much less; growth goes on as it was recorded, and a compaction that was recorded stands where it was.
//! What has to be read again since it was forgotten is not known, so that the saving is the most that can
//! be had.

use super::rates::Rates;
use crate::workload::StreamRequest;

/// Contexts at which a compaction is tried.
pub const TRIED: &[u64] = &[60_000, 80_000, 100_000, 120_000];

/// What a compaction leaves and takes, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The context at which it happens.
    pub at: u64,
    /// Context afterwards: instructions, tools and the summary.
    pub left: u64,
    /// Output of the request that writes the summary.
    pub summary: u64,
}

impl Plan {
    /// At this context, with a summary as long as clients write it.
    #[must_use]
    pub fn at(at: u64) -> Self {
        Self {
            at,
            left: 20_000,
            summary: 3_000,
        }
    }
}

/// What a stream would have cost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Compacted {
    /// Cost as it was.
    pub before: f64,
    /// Cost with compactions.
    pub after: f64,
    /// How many there are.
    pub compactions: u64,
    /// Requests that each save more than nothing after their compaction has been paid back.
    pub beyond: u64,
    /// Change of the tokens that are read from the cache, and of all input.
    pub tokens: (f64, f64),
}

/// What a compaction of a context costs once: reading it, writing the summary, sending what is left.
///
/// ```
/// use perfadvise::scenario::requests::compaction::{Plan, once};
/// use perfadvise::scenario::requests::rates::Rates;
/// let rates = Rates { fresh: 5e-6, read: 0.5e-6, write: 6.25e-6, write_1h: None, output: 25e-6 };
/// let plan = Plan { at: 150_000, left: 20_000, summary: 3_000 };
/// assert!((once(150_000, plan, &rates) - 0.275).abs() < 1e-12);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn once(context: u64, plan: Plan, rates: &Rates) -> f64 {
    context as f64 * rates.read
        + plan.summary as f64 * rates.output
        + plan.left as f64 * rates.write
}

/// The contexts of a stream with compactions, one after another.
#[derive(Debug)]
struct Contexts {
    plan: Plan,
    /// Tokens that contexts are shorter by.
    cut: u64,
    /// The context of the request before.
    held: u64,
    /// The same as it was recorded.
    recorded: u64,
}

/// What becomes of a context.
enum Turn {
    /// It stands as it was, since the context was compacted there.
    Recorded,
    /// A compaction of so many tokens comes before it.
    Compacted(u64),
    /// It goes on.
    Same,
}

impl Contexts {
    fn of(plan: Plan) -> Self {
        Self {
            plan,
            cut: 0,
            held: 0,
            recorded: 0,
        }
    }

    /// The next context, as it would be sent without this plan and as it was recorded.
    fn next(&mut self, context: u64, recorded: u64) -> Turn {
        let mut turn = Turn::Same;
        if recorded * 5 < self.recorded * 4 {
            // Compacted as it was: nothing is left to be cut.
            self.cut = 0;
            turn = Turn::Recorded;
        }
        self.recorded = recorded;
        if context.saturating_sub(self.cut) > self.plan.at && self.held > self.plan.left {
            self.cut += self.held - self.plan.left;
            turn = Turn::Compacted(self.held);
        }
        self.held = context.saturating_sub(self.cut);
        turn
    }
}

/// The requests before which a plan compacts, of contexts as they would be sent without it and as they were recorded.
#[must_use]
pub fn places(contexts: impl Iterator<Item = (u64, u64)>, plan: Plan) -> Vec<usize> {
    let mut all = Contexts::of(plan);
    let is_place = |(at, (context, recorded)): (usize, (u64, u64))| {
        let is_cut = context > 0 && matches!(all.next(context, recorded), Turn::Compacted(_));
        is_cut.then_some(at)
    };
    contexts.enumerate().filter_map(is_place).collect()
}

/// A request with its rates, and its context as it was recorded, by which compactions that were made are seen.
pub type Sent<'a> = (&'a StreamRequest, Option<Rates>, u64);

/// Whether a plan can change a stream: some context behind the first is as long as it asks for.
#[must_use]
pub fn reaches(requests: &[Sent<'_>], plan: Plan) -> bool {
    let mut later = requests.iter().skip(1);
    later.any(|(request, _, _)| request.context() > plan.at)
}

/// A stream that no plan changes.
#[must_use]
pub fn unchanged(requests: &[Sent<'_>]) -> Compacted {
    let with_input = requests.iter().filter(|(r, _, _)| r.context() > 0);
    let cost = with_input
        .filter_map(|(request, own, _)| Some(own.as_ref()?.cost(request)))
        .fold(0.0, |all, cost| all + cost);
    Compacted {
        before: cost,
        after: cost,
        ..Compacted::default()
    }
}

/// Runs a stream with compactions: its requests, and the rates that a shorter one has. Requests without rates cost
/// nothing on either side.
#[must_use]
#[allow(clippy::cast_precision_loss)] // tokens of one context
pub fn run(
    requests: &[Sent<'_>],
    rates: impl Fn(&StreamRequest) -> Option<Rates>,
    plan: Plan,
) -> Compacted {
    let mut all = Compacted::default();
    let mut contexts = Contexts::of(plan);
    // What is still to be earned of the last compaction.
    let mut owed = 0.0_f64;
    for (request, own, recorded) in requests {
        let context = request.context();
        let Some(own) = own.filter(|_| context > 0) else {
            continue;
        };
        let cost = own.cost(request);
        all.before += cost;
        match contexts.next(context, *recorded) {
            Turn::Same => {}
            Turn::Recorded => owed = 0.0,
            Turn::Compacted(held) => {
                let write = own.writing(request);
                let paid = once(held, plan, &Rates { write, ..own });
                all.compactions += 1;
                all.after += paid;
                all.tokens.0 += held as f64;
                all.tokens.1 += (held + plan.left) as f64;
                owed = paid;
            }
        }
        if contexts.cut == 0 {
            all.after += cost;
            continue;
        }
        let short = shortened(request, contexts.cut);
        let after = rates(&short).unwrap_or(own).cost(&short);
        all.after += after;
        all.tokens.0 -= f64::from(request.cache_read - short.cache_read);
        all.tokens.1 -= (context - short.context()) as f64;
        all.beyond += u64::from(owed <= 0.0 && cost > after);
        owed -= cost - after;
    }
    all
}

/// A request without so many tokens at its beginning: they would have been read, where it read as many,
/// else written, else sent afresh.
fn shortened(request: &StreamRequest, cut: u64) -> StreamRequest {
    let mut left = u32::try_from(cut).unwrap_or(u32::MAX);
    let mut short = *request;
    for tokens in [
        &mut short.cache_read,
        &mut short.cache_write,
        &mut short.fresh,
    ] {
        let part = (*tokens).min(left);
        left -= part;
        *tokens -= part;
    }
    short.cache_write_1h = short.cache_write_1h.min(short.cache_write);
    short
}

#[cfg(test)]
mod tests {
    use super::super::prefix::tests::at;
    use super::super::rates::EXAMPLE;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is said without running a stream is what running it gives.
        #[test]
        fn a_plan_that_reaches_no_context_changes_nothing(
            sizes in prop::collection::vec((0_u32..90_000, 0_u32..40_000), 0..8),
            is_priced in prop::collection::vec(any::<bool>(), 8),
            limit in 20_000_u64..130_000,
        ) {
            let requests: Vec<StreamRequest> = (sizes.iter())
                .map(|(read, written)| at(60, *read, *written, 0))
                .collect();
            let sent: Vec<Sent<'_>> = (requests.iter().zip(is_priced))
                .map(|(r, is_priced)| (r, is_priced.then_some(EXAMPLE), r.context()))
                .collect();
            let plan = Plan::at(limit);
            let ran = run(&sent, |_| Some(EXAMPLE), plan);
            if !reaches(&sent, plan) {
                prop_assert_eq!(ran, unchanged(&sent));
            }
            if ran.compactions > 0 {
                prop_assert!(reaches(&sent, plan));
            }
        }
    }

    fn run_on(
        requests: &[StreamRequest],
        rates: impl Fn(&StreamRequest) -> Option<Rates>,
        plan: Plan,
    ) -> Compacted {
        let requests: Vec<_> = requests
            .iter()
            .map(|r| (r, rates(r), r.context()))
            .collect();
        run(&requests, rates, plan)
    }

    /// 150 k contexts that grow no more: a compaction to 20 k costs 0.275 and saves 0.065 a request.
    #[test]
    fn it_pays_from_the_fifth_request() {
        let plan = Plan {
            at: 150_000,
            left: 20_000,
            summary: 3_000,
        };
        let run_of = |n: usize| {
            let mut requests = vec![at(0, 0, 150_000, 0)];
            requests.extend((0..n).map(|_| at(60, 150_000, 1, 0)));
            run_on(&requests, |_| Some(EXAMPLE), plan)
        };
        let four = run_of(4);
        assert_eq!((four.compactions, four.beyond), (1, 0));
        assert!(four.after > four.before);
        let five = run_of(5);
        assert!(five.after < five.before);
        // 0.275 − 5 · 0.065.
        assert!((five.after - five.before + 0.05).abs() < 1e-9);
        assert_eq!(run_of(7).beyond, 2);
    }

    #[test]
    fn a_recorded_compaction_ends_what_was_cut() {
        let plan = Plan::at(100_000);
        let requests = [
            at(0, 0, 100_000, 0),
            at(9, 100_000, 5_000, 0),
            at(18, 0, 30_000, 0),
        ];
        let found = run_on(&requests, |_| Some(EXAMPLE), plan);
        assert_eq!(found.compactions, 1);
        // The compaction reads 100 k, writes 3 k of summary and sends 20 k; the second request reads 80 k
        // less, the third is as it was.
        let paid = 0.05 + 0.075 + 0.125;
        assert!((found.after - found.before - (paid - 80_000.0 * 0.5e-6)).abs() < 1e-9);
    }

    /// Above 200 thousand tokens everything costs twice as much: what is shorter costs the base price.
    #[test]
    fn what_is_shorter_has_the_price_of_its_length() {
        let twice = Rates {
            fresh: 10e-6,
            read: 1e-6,
            write: 12.5e-6,
            write_1h: None,
            output: 50e-6,
        };
        let rates = |r: &StreamRequest| {
            let is_long = r.context() > 200_000;
            Some(if is_long { twice } else { EXAMPLE })
        };
        let requests = [at(0, 0, 200_000, 0), at(9, 200_000, 1_000, 0)];
        let found = run_on(&requests, rates, Plan::at(200_000));
        // The second would cost 0.2 + 0.0125. The compaction is paid at its price: 0.2 read, 0.15 written,
        // 0.25 sent; then 20 thousand are read and 1 thousand written at the base price.
        let difference = 0.2 + 0.15 + 0.25 + 0.01 + 0.00625 - 0.2125;
        assert!((found.after - found.before - difference).abs() < 1e-9);
    }

    #[test]
    fn below_the_limit_nothing_happens() {
        let requests = [at(0, 0, 60_000, 0), at(9, 60_000, 0, 0)];
        let priced = |r: &StreamRequest| (r.cache_write > 0).then_some(EXAMPLE);
        let found = run_on(&requests, priced, Plan::at(60_000));
        assert_eq!((found.compactions, found.beyond), (0, 0));
        assert_eq!(found.before, found.after);
    }
}
