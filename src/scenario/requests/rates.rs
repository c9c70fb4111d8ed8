//! What a request's tokens cost, in dollars by the workload's table of prices.

use crate::prices::{InDollars, TokenPrices};
use crate::record::Name;
use crate::units::Time;
use crate::workload::{StreamRequest, Workload};

/// Dollars for one token of each kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Input that no cache saw.
    pub fresh: f64,
    /// Input read from the cache.
    pub read: f64,
    /// Input written to the cache; where writing has no price of its own, that of fresh input.
    pub write: f64,
    /// Input written for an hour; `None`: not offered.
    pub write_1h: Option<f64>,
    /// Output.
    pub output: f64,
}

impl Rates {
    /// What a written token costs in a request: for the lifetime that most of its writes have.
    #[must_use]
    pub fn writing(&self, request: &StreamRequest) -> f64 {
        let is_hour = u64::from(request.cache_write_1h) * 2 > u64::from(request.cache_write);
        self.write_1h.filter(|_| is_hour).unwrap_or(self.write)
    }

    /// What the input of a request cost.
    #[must_use]
    pub fn input(&self, request: &StreamRequest) -> f64 {
        let hour = request.cache_write_1h.min(request.cache_write);
        f64::from(request.fresh) * self.fresh
            + f64::from(request.cache_read) * self.read
            + f64::from(request.cache_write - hour) * self.write
            + f64::from(hour) * self.write_1h.unwrap_or(self.write)
    }

    /// What the request cost, its output included.
    #[must_use]
    pub fn cost(&self, request: &StreamRequest) -> f64 {
        self.input(request) + f64::from(request.output) * self.output
    }

    /// As the table has them, for a request that used these tokens; `None` where a kind that it used has
    /// no price.
    fn of(prices: &TokenPrices, used: &StreamRequest) -> Option<Self> {
        let lacks = |tokens: u32, price: Option<f64>| tokens > 0 && price.is_none();
        let hour = used.cache_write_1h;
        if lacks(used.cache_read, prices.read)
            || lacks(used.cache_write.saturating_sub(hour), prices.write_5m)
            || lacks(hour, prices.write_1h)
        {
            return None;
        }
        Some(Self {
            fresh: prices.fresh,
            read: prices.read.unwrap_or(prices.fresh),
            write: prices.write_5m.unwrap_or(prices.fresh),
            write_1h: prices.write_1h,
            output: prices.output,
        })
    }
}

/// The prices of a workload's models.
#[derive(Debug)]
pub struct Pricing {
    /// By the number of the model's name.
    models: Vec<Option<InDollars>>,
}

impl Pricing {
    /// Looks up the models of all streams. Without a table nothing has a price.
    #[must_use]
    pub fn of(workload: &Workload) -> Self {
        let Some(table) = workload.prices.as_deref() else {
            return Self { models: Vec::new() };
        };
        let names = workload.catalog.names.values();
        let mut is_model = vec![false; names.len()];
        for request in workload.streams.iter().flat_map(|s| &s.requests) {
            is_model[request.model.0 as usize] = true;
        }
        let prices = |(name, is_model): (&String, bool)| {
            let prices = is_model.then(|| table.of(name)).flatten()?;
            Some(InDollars::of(prices))
        };
        Self {
            models: names.iter().zip(is_model).map(prices).collect(),
        }
    }

    /// What a request's tokens cost; `None` where a kind that it used has no price.
    #[must_use]
    pub fn rates(&self, request: &StreamRequest) -> Option<Rates> {
        priced(self.model(request.model)?, request)
    }

    /// What a request costs in a batch, as a share of its price at once; `None`: its model has no such price.
    #[must_use]
    pub fn in_batch(&self, request: &StreamRequest) -> Option<f64> {
        self.model(request.model)?.in_batch(request.start)
    }

    /// Whether a request holds more input than its model takes at its base price.
    #[must_use]
    pub fn is_dearer(&self, request: &StreamRequest) -> Option<bool> {
        let limit = self.limit(request.model, request.start)?;
        Some(request.context() > limit)
    }

    /// The input above which a model costs more; `None`: it never does, or has no price.
    #[must_use]
    pub fn limit(&self, model: Name, time: Time) -> Option<u64> {
        self.model(model)?.dearer_above(time)
    }

    fn model(&self, name: Name) -> Option<&InDollars> {
        self.models.get(name.0 as usize)?.as_ref()
    }
}

/// What a request's tokens would cost by these prices.
#[must_use]
pub fn priced(prices: &InDollars, request: &StreamRequest) -> Option<Rates> {
    let prices = prices.of_request(request.context(), request.start)?;
    Rates::of(prices, request)
}

/// 5 dollars for a million fresh tokens, 0.50 read, 6.25 written, 10 for an hour, 25 output.
#[cfg(test)]
pub(super) const EXAMPLE: Rates = Rates {
    fresh: 5e-6,
    read: 0.5e-6,
    write: 6.25e-6,
    write_1h: Some(10e-6),
    output: 25e-6,
};
