//! What the result of a tool call costs: the next request writes it, later ones read it.

use std::ops::Range;

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

/// Which requests of a stream send what, as far as the result of a call is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The request that no longer holds what one sends.
    ends: Vec<usize>,
    /// Tokens that a request did not read from the cache: no result in it is larger.
    unread: Vec<u64>,
    /// Whether a request had to send again what it expected to read.
    is_broken: Vec<bool>,
}

impl Holding {
    /// Of all requests of a stream.
    #[must_use]
    pub fn of(requests: &[StreamRequest], caching: Caching) -> Self {
        let mut is_broken = vec![false; requests.len()];
        // The provider matters for the causes of breaks only.
        for broken in prefixes(requests, caching, false).breaks {
            is_broken[broken.request] = true;
        }
        let mut ends = vec![requests.len(); requests.len()];
        for at in (1..requests.len()).rev() {
            ends[at - 1] = if has_shrunk(&requests[at - 1], &requests[at]) {
                at
            } else {
                ends[at]
            };
        }
        let unread = |r: &StreamRequest| r.context() - u64::from(r.cache_read);
        Self {
            ends,
            unread: requests.iter().map(unread).collect(),
            is_broken,
        }
    }

    /// Whether a request had to send again what it expected to read.
    #[must_use]
    pub fn is_broken(&self, request: usize) -> bool {
        self.is_broken[request]
    }

    /// The requests that send the result of a call which the reply to a request asked for, and how many tokens it has
    /// at most; `None`: none sends it, since it was compacted away before, or the stream ended.
    #[must_use]
    pub fn sent(&self, request: usize, tokens: u32) -> Option<(Range<usize>, u64)> {
        let next = request + 1;
        let end = *self.ends.get(request).filter(|end| **end > next)?;
        Some((next..end, u64::from(tokens).min(self.unread[next])))
    }
}

/// What one token costs that a request of a stream sends for the first time, and all after it again until the
/// context is compacted or the stream ends.
#[derive(Debug)]
pub struct Carrying {
    holding: Holding,
    /// Dollars for a token that a request sends for the first time.
    first: Vec<f64>,
    /// Dollars for a token that all requests before one would have sent again.
    again: Vec<f64>,
}

impl Carrying {
    /// Prices of all requests of a stream; where one has none, it costs nothing.
    #[must_use]
    pub fn of(
        requests: &[StreamRequest],
        rates: impl Fn(&StreamRequest) -> Option<Rates>,
        caching: Caching,
    ) -> Self {
        let holding = Holding::of(requests, caching);
        let (mut first, mut again) = (Vec::with_capacity(requests.len()), vec![0.0]);
        let mut sum = 0.0;
        for (index, request) in requests.iter().enumerate() {
            let rates = rates(request);
            let anew = rates.map_or(0.0, |r| match caching {
                Caching::Written => r.writing(request),
                Caching::Automatic | Caching::Unknown => r.fresh,
            });
            first.push(anew);
            sum += match rates {
                Some(rates) if caching != Caching::Unknown && !holding.is_broken(index) => {
                    rates.read
                }
                _ => anew,
            };
            again.push(sum);
        }
        Self {
            holding,
            first,
            again,
        }
    }

    /// What the result of a call costs that the reply to a request asked for.
    #[must_use]
    pub fn cost(&self, request: usize, tokens: u32) -> f64 {
        self.sent(request, tokens).map_or(0.0, |(sent, tokens)| {
            tokens * (self.first[sent.start] + self.again[sent.end] - self.again[sent.start + 1])
        })
    }

    /// The same for each of the requests that send it.
    pub fn each(&self, request: usize, tokens: u32) -> impl Iterator<Item = (usize, f64)> {
        let (sent, tokens) = self.sent(request, tokens).unwrap_or((0..0, 0.0));
        let next = sent.start;
        sent.map(move |at| {
            let price = if at == next {
                self.first[at]
            } else {
                self.again[at + 1] - self.again[at]
            };
            (at, tokens * price)
        })
    }

    #[allow(clippy::cast_precision_loss)] // tokens of one context
    fn sent(&self, request: usize, tokens: u32) -> Option<(Range<usize>, f64)> {
        let (sent, tokens) = self.holding.sent(request, tokens)?;
        Some((sent, tokens as f64))
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
            Carrying::of(requests, |_| Some(EXAMPLE), Caching::Written)
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
