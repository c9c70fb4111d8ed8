//! Work in several threads at once. What a thread panics with goes on where its result was waited for.
//!
//! The threads stay: one that begins anew for a few milliseconds mostly shares the core of the one that began it.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;

use rayon::prelude::*;

/// How many threads this machine runs at once.
#[must_use]
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Makes the calling thread, the program's first, one of those that work, instead of one more that waits for them.
/// Where it is the only one the pool stays as it is, so that work from other threads is never without a worker.
pub fn take_part() {
    if count() > 1 {
        // Fails where a pool was made before: that one stays.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(count())
            .use_current_thread()
            .build_global();
    }
}

/// What `work` gives so many times over, as many at once as there are threads; never fewer than once.
pub fn each<R: Send>(times: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    if times <= 1 {
        return vec![work()];
    }
    let times = (0..times).into_par_iter().with_max_len(1);
    times.map(|_| work()).collect()
}

/// The results of both; the second is worked out in another thread.
pub fn both<A, B: Send>(here: impl FnOnce() -> A, beside: impl FnOnce() -> B + Send) -> (A, B) {
    let mut other = None;
    let one = rayon::in_place_scope(|scope| {
        scope.spawn(|_| other = Some(beside()));
        here()
    });
    match other {
        Some(other) => (one, other),
        None => unreachable!("a scope ends when all in it has ended, and goes on with its panic"),
    }
}

/// The results of `question` for each item, in their order, whatever the number of threads. They are begun in
/// this order too, each as soon as a thread is free: what takes longest had better come first.
pub fn map<T: Sync, R: Send>(items: &[T], question: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() <= 1 {
        return items.iter().map(question).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let begun = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let items = begun.map_while(|at| Some((at, items.get(at)?)));
        items
            .map(|(at, item)| (at, question(item)))
            .collect::<Vec<_>>()
    };
    let found = each(count().min(items.len()), work);
    let mut found: Vec<(usize, R)> = found.into_iter().flatten().collect();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, result)| result).collect()
}

/// The results of `question` for ranges that make up `0..n`, in their order: one for each thread, of at least `least`
/// numbers each, since less is not worth a thread.
pub fn ranges<R: Send>(
    n: usize,
    least: usize,
    question: impl Fn(Range<usize>) -> R + Sync,
) -> Vec<R> {
    let pieces = count().min(n / least.max(1)).max(1);
    let range = |piece: usize| n * piece / pieces..n * (piece + 1) / pieces;
    let ranges: Vec<Range<usize>> = (0..pieces).map(range).collect();
    map(&ranges, |range| question(range.clone()))
}

/// The results of `question` for each item, in their order, each in a thread of its own: for what waits for others
/// rather than works, so that one that hangs holds up no other.
pub fn apart<T: Sync, R: Send>(items: &[T], question: impl Fn(&T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let question = &question;
        let threads: Vec<_> = items
            .iter()
            .map(|item| scope.spawn(move || question(item)))
            .collect();
        threads.into_iter().map(come).collect()
    })
}

fn come<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_questions() {
        let items: Vec<u64> = (0..100).collect();
        let doubled = map(&items, |i| i * 2);
        assert_eq!(doubled, (0..100).map(|i| i * 2).collect::<Vec<_>>());
    }

    #[test]
    fn ranges_make_up_the_whole() {
        for (n, least) in [(0, 1), (1, 1), (10, 100), (1000, 1), (1001, 500), (5, 0)] {
            let all = ranges(n, least, |range| range);
            assert!(all.len() <= count());
            assert_eq!(
                all.iter().flat_map(Clone::clone).collect::<Vec<_>>(),
                (0..n).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn each_thread_works_once() {
        for threads in [0, 1, 3] {
            let calls = AtomicUsize::new(0);
            let results = each(threads, || calls.fetch_add(1, Ordering::Relaxed));
            assert_eq!(results.len(), threads.max(1));
            assert_eq!(calls.into_inner(), threads.max(1));
        }
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn a_panic_goes_on() {
        let caught = std::panic::catch_unwind(|| both(|| (), || panic!("beside")));
        let said = caught.expect_err("it has panicked");
        assert_eq!(said.downcast_ref::<&str>(), Some(&"beside"));
    }
}
