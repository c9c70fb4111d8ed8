//! What the result of a tool call costs: the next request writes it, later ones read it.

use super::prefix::{Caching, has_shrunk, prefixes};
use super::rates::Rates;
use crate::workload::StreamRequest;

/// A result of so many tokens, read by `readers` requests after the one that writes it, in prices for one
/// token.
///
/// ```
/// use perfadvise::scenario::requests::result::carried;
/// assert_eq!(carried(4_000, 10, 1.25, 0.1).round(), 9_000.0);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn carried(tokens: u64, readers: u64, write: f64, read: f64) -> f64 {
    tokens as f64 * (write + read * readers as f64)
}

/// What one token costs that a request of a stream sends for the first time, and all after it again until the
/// context is compacted or the stream ends.
#[derive(Debug)]
pub struct Carrying {
    /// Dollars for a token that a request sends for the first time.
    first: Vec<f64>,
    /// Dollars for a token that all requests before one would have sent again.
    again: Vec<f64>,
    /// The request that no longer holds what one sends.
    ends: Vec<usize>,
    /// Tokens that a request did not read from the cache: no result in it is larger.
    unread: Vec<u64>,
}

impl Carrying {
    /// Prices of all requests of a stream; where one has none, it costs nothing.
    #[must_use]
    pub fn of(
        requests: &[StreamRequest],
        rates: impl Fn(&StreamRequest) -> Option<Rates>,
        caching: Caching,
        is_openai: bool,
    ) -> Self {
        let breaks = prefixes(requests, caching, is_openai).breaks;
        let mut is_broken = vec![false; requests.len()];
        breaks.iter().for_each(|b| is_broken[b.request] = true);
        let mut all = Self {
            first: Vec::with_capacity(requests.len()),
            again: vec![0.0],
            ends: vec![requests.len(); requests.len()],
            unread: Vec::with_capacity(requests.len()),
        };
        let mut sum = 0.0;
        for (request, is_broken) in requests.iter().zip(is_broken) {
            let rates = rates(request);
            let anew = rates.map_or(0.0, |r| match caching {
                Caching::Written => r.writing(request),
                Caching::Automatic | Caching::Unknown => r.fresh,
            });
            all.first.push(anew);
            sum += match rates {
                Some(rates) if caching != Caching::Unknown && !is_broken => rates.read,
                _ => anew,
            };
            all.again.push(sum);
            all.unread
                .push(request.context() - u64::from(request.cache_read));
        }
        for at in (1..requests.len()).rev() {
            all.ends[at - 1] = if has_shrunk(&requests[at - 1], &requests[at]) {
                at
            } else {
                all.ends[at]
            };
        }
        all
    }

    /// What the result of a call costs that the reply to a request asked for.
    #[must_use]
    pub fn cost(&self, request: usize, tokens: u32) -> f64 {
        self.sent(request, tokens)
            .map_or(0.0, |(next, end, tokens)| {
                tokens * (self.first[next] + self.again[end] - self.again[next + 1])
            })
    }

    /// The same for each of the requests that send it.
    pub fn each(&self, request: usize, tokens: u32) -> impl Iterator<Item = (usize, f64)> {
        let (next, end, tokens) = self.sent(request, tokens).unwrap_or((0, 0, 0.0));
        (next..end).map(move |at| {
            let price = if at == next {
                self.first[at]
            } else {
                self.again[at + 1] - self.again[at]
            };
            (at, tokens * price)
        })
    }

    /// The requests that send a result, and how many tokens it has at most; `None`: none sends it, since it was
    /// compacted away before, or the stream ended.
    fn sent(&self, request: usize, tokens: u32) -> Option<(usize, usize, f64)> {
        let next = request + 1;
        self.ends.get(request).filter(|end| **end > next)?;
        let tokens = f64::from(tokens).min(self.unread[next] as f64);
        Some((next, self.ends[next], tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefix::tests::at;
    use super::super::rates::EXAMPLE;
    use super::*;

    /// A result of 4,000 tokens that one request writes and ten read: as 9,000 fresh ones.
    fn stream() -> Vec<StreamRequest> {
        let mut requests = vec![at(0, 0, 20_000, 0), at(10, 20_000, 4_000, 0)];
        requests.extend((2..12).map(|n| at(n * 10, 24_000, 0, 0)));
        requests
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12, "{value} {expected}");
    }

    #[test]
    fn the_example_of_ten_readers() {
        let carrying = |requests: &[StreamRequest]| {
            Carrying::of(requests, |_| Some(EXAMPLE), Caching::Written, false)
        };
        let whole = carrying(&stream());
        near(whole.cost(0, 4_000), 9_000.0 * 5e-6);
        // No more than what the next request did not read; nothing of what none sends.
        near(whole.cost(0, 9_000), 9_000.0 * 5e-6);
        near(whole.cost(11, 4_000), 0.0);
        // After a pause of 400 s it is written again: 1.25 in place of 0.1.
        let mut expired = stream();
        for request in &mut expired[6..] {
            request.start.0 += 400_000_000_000;
        }
        (expired[6].cache_read, expired[6].cache_write) = (0, 24_000);
        near(
            carrying(&expired).cost(0, 4_000),
            (9_000.0 + 4_000.0 * 1.15) * 5e-6,
        );
        // Compacted at the eighth request: it is written once and read by six.
        let mut compacted = stream();
        compacted[8].cache_read = 8_000;
        near(
            carrying(&compacted).cost(0, 4_000),
            4_000.0 * (1.25 + 0.6) * 5e-6,
        );
        near(carrying(&compacted).cost(7, 100), 0.0);
        let each: f64 = whole.each(0, 4_000).map(|(_, dollars)| dollars).sum();
        near(each, whole.cost(0, 4_000));
        assert_eq!(whole.each(11, 4_000).count(), 0);
    }
}
