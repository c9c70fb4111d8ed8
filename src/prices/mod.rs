//! List prices of models: what tokens would cost, by a dated table.
//!
//! The table that is built in (`prices.json`) is made by `tests/reference/prices.py`. Prices are US
//! dollars for a million tokens, with the day from which each holds; above a number of input tokens
//! some models cost more, for all tokens of the request. Whoever pays a subscription pays no price per
//! token: what is computed here is a list-price equivalent. What has no price has no cost, never 0.

mod names;

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::record::Tokens;
use crate::units::Time;

const BUILT_IN: &str = include_str!("prices.json");

/// There is no other one.
const UNIT: &str = "US dollars for a million tokens";

/// 10⁻¹² US dollars for each token: one dollar for a million tokens is 10⁶ of these.
type Pico = u64;

/// Beyond this many dollars for a million tokens a price is a slip of the pen.
const DEAREST: f64 = 1e6;

/// Prices of models, by name.
#[derive(Debug, Clone, Default)]
pub struct PriceTable {
    /// The day on which the prices were collected, as written in the table.
    pub date: String,
    /// Where they came from.
    pub source: String,
    models: HashMap<String, Vec<Price>>,
}

/// The prices of a model from some day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// `None`: from the beginning.
    from: Option<Time>,
    base: Rates,
    /// With more input tokens than this, these.
    above: Option<(u64, Rates)>,
    /// What a request costs in a batch, as a share of these prices.
    batch: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rates {
    fresh: Pico,
    read: Option<Pico>,
    write_5m: Option<Pico>,
    write_1h: Option<Pico>,
    output: Pico,
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// No JSON, or not of this shape.
    #[error("line {line}, column {column}: no table of prices: {reason}")]
    Shape {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A price or a day that is none.
    #[error("{model}: {reason}")]
    Value {
        /// The model with the fault.
        model: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl PriceTable {
    /// The table that ships with the program.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn built_in() -> Self {
        Self::read(BUILT_IN).expect("a test reads the table that is built in")
    }

    /// A text that tells this table from others.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let models: BTreeMap<_, _> = self.models.iter().collect();
        format!("{} {} {models:?}", self.date, self.source)
    }

    /// A table in the shape of the built-in one.
    ///
    /// # Errors
    /// No JSON of that shape; another unit; a negative or absurd price; a day that is none; two prices from one day; a
    /// name given twice.
    pub fn read(text: &str) -> Result<Self, PriceError> {
        // Some editors put the mark of UTF-8 before it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // A list would pass for the fields in their order.
        let before = &text[..text.len() - text.trim_start().len()];
        if !text[before.len()..].starts_with('{') {
            return Err(PriceError::Shape {
                line: before.matches('\n').count() + 1,
                column: before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1,
                reason: "it is no JSON object".into(),
            });
        }
        let file: File = serde_json::from_str(text).map_err(|error| PriceError::Shape {
            line: error.line(),
            column: error.column(),
            reason: shape_fault(&error),
        })?;
        let mut table = PriceTable {
            date: file.date,
            source: file.source,
            models: HashMap::new(),
        };
        for model in file.models {
            let fault = |reason| PriceError::Value {
                model: model.model.clone(),
                reason,
            };
            let mut prices: Vec<Price> = model
                .prices
                .iter()
                .map(|row| row.price(model.batch))
                .collect::<Result<_, _>>()
                .map_err(fault)?;
            if model.batch.is_some_and(|b| !(0.0..=1.0).contains(&b)) {
                return Err(fault("a share in batches that lies not between 0 and 1"));
            }
            prices.sort_by_key(|p| p.from);
            if prices.is_empty() {
                return Err(fault("no price"));
            }
            if prices.windows(2).any(|pair| pair[0].from == pair[1].from) {
                return Err(fault("two prices that hold from the same day"));
            }
            for name in std::iter::once(&model.model).chain(&model.also) {
                if table.models.insert(name.clone(), prices.clone()).is_some() {
                    return Err(fault("a name that stands in the table twice"));
                }
            }
        }
        Ok(table)
    }

    /// When the prices were collected: what has no time of its own is priced by those. Where the table tells no
    /// such day, by the last ones.
    #[must_use]
    pub fn day(&self) -> Time {
        day(&self.date).unwrap_or(Time::LATEST)
    }

    /// The prices of a model: by its very name, else without a date (or the mark of a long context) at its end, else
    /// without the providers before it. Never by a beginning that only looks like it.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<&[Price]> {
        names::variants(model)
            .into_iter()
            .find_map(|name| self.models.get(name))
            .map(Vec::as_slice)
    }
}

/// What `tokens` of a request at `time` cost by a model's prices, in 10⁻⁹ US dollars. `None` where a
/// price is missing: for that time, or for a kind of tokens that was used.
#[must_use]
pub fn cost(prices: &[Price], tokens: Tokens, time: Time) -> Option<i64> {
    let price = at(prices, time)?;
    let rates = match price.above {
        Some((limit, rates)) if tokens.input() > limit => rates,
        _ => price.base,
    };
    rates.cost(tokens)
}

/// The same of the tokens of several requests together, and whether it is only the least: where the
/// sum is above the limit from which a request costs more, some of them may have been, too.
#[must_use]
pub fn cost_together(prices: &[Price], tokens: Tokens, time: Time) -> Option<(i64, bool)> {
    let price = at(prices, time)?;
    let is_least = price.above.is_some_and(|(limit, _)| tokens.input() > limit);
    Some((price.base.cost(tokens)?, is_least))
}

/// Dollars for one token of each kind; `None`: the table does not tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenPrices {
    /// Input that no cache saw.
    pub fresh: f64,
    /// Input read from the cache.
    pub read: Option<f64>,
    /// Input written to the cache for five minutes.
    pub write_5m: Option<f64>,
    /// Input written to the cache for an hour.
    pub write_1h: Option<f64>,
    /// Output.
    pub output: f64,
}

/// The prices of a model in dollars for one token, converted once: streams of requests ask for each of
/// theirs, again and again.
#[derive(Debug, Clone)]
pub struct InDollars(Vec<Tier>);

#[derive(Debug, Clone)]
struct Tier {
    /// `None`: from the beginning.
    from: Option<Time>,
    base: TokenPrices,
    /// With more input tokens than this, these.
    above: Option<(u64, TokenPrices)>,
    batch: Option<f64>,
}

impl InDollars {
    /// Converts the prices of a model.
    #[must_use]
    pub fn of(prices: &[Price]) -> Self {
        let tier = |price: &Price| Tier {
            from: price.from,
            base: TokenPrices::of(price.base),
            above: price
                .above
                .map(|(limit, rates)| (limit, TokenPrices::of(rates))),
            batch: price.batch,
        };
        Self(prices.iter().map(tier).collect())
    }

    /// The prices of one request with so much input in all. `None`: no price for that time.
    #[must_use]
    pub fn of_request(&self, input: u64, time: Time) -> Option<&TokenPrices> {
        let tier = self.at(time)?;
        Some(match &tier.above {
            Some((limit, prices)) if input > *limit => prices,
            _ => &tier.base,
        })
    }

    /// The number of input tokens above which a request costs more; `None`: it never does.
    #[must_use]
    pub fn dearer_above(&self, time: Time) -> Option<u64> {
        let tier = self.at(time)?;
        let (limit, prices) = tier.above.as_ref()?;
        (prices.fresh > tier.base.fresh).then_some(*limit)
    }

    /// What a request costs in a batch, as a share of its price at once; `None`: the table does not tell.
    #[must_use]
    pub fn in_batch(&self, time: Time) -> Option<f64> {
        self.at(time)?.batch
    }

    fn at(&self, time: Time) -> Option<&Tier> {
        let mut latest_first = self.0.iter().rev();
        latest_first.find(|t| t.from.is_none_or(|from| from <= time))
    }
}

impl TokenPrices {
    fn of(rates: Rates) -> Self {
        #[allow(clippy::cast_precision_loss)] // below 10¹²
        let dollars = |pico: Pico| pico as f64 / 1e12;
        Self {
            fresh: dollars(rates.fresh),
            read: rates.read.map(dollars),
            write_5m: rates.write_5m.map(dollars),
            write_1h: rates.write_1h.map(dollars),
            output: dollars(rates.output),
        }
    }
}

impl Rates {
    /// In 10⁻⁹ US dollars; `None` where a kind of tokens that was used has no price.
    fn cost(self, tokens: Tokens) -> Option<i64> {
        let write_1h = tokens.cache_write_1h.min(tokens.cache_write);
        let parts = [
            (tokens.fresh, Some(self.fresh)),
            (tokens.cache_read, self.read),
            (tokens.cache_write - write_1h, self.write_5m),
            (write_1h, self.write_1h),
            (tokens.output, Some(self.output)),
        ];
        let mut sum: u128 = 0;
        for (n, rate) in parts {
            if n > 0 {
                sum += u128::from(n) * u128::from(rate?);
            }
        }
        i64::try_from((sum + 500) / 1_000).ok()
    }
}

fn at(prices: &[Price], time: Time) -> Option<&Price> {
    prices
        .iter()
        .rev()
        .find(|p| p.from.is_none_or(|from| from <= time))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    date: String,
    #[serde(default)]
    source: String,
    /// For whoever reads the file.
    #[serde(default, rename = "unit", deserialize_with = "only_unit")]
    _unit: (),
    /// For whoever reads the file: where `batch` came from.
    #[serde(default, rename = "batch_source")]
    _batch_source: String,
    models: Vec<ModelRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelRow {
    model: String,
    /// Other names of the same model.
    #[serde(default)]
    also: Vec<String>,
    /// What a request costs in a batch, as a share of its price at once.
    batch: Option<f64>,
    prices: Vec<PriceRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceRow {
    valid_from: Option<String>,
    fresh: f64,
    read: Option<f64>,
    write_5m: Option<f64>,
    write_1h: Option<f64>,
    output: f64,
    above: Option<AboveRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AboveRow {
    tokens: u64,
    fresh: f64,
    read: Option<f64>,
    write_5m: Option<f64>,
    write_1h: Option<f64>,
    output: f64,
}

impl PriceRow {
    fn price(&self, batch: Option<f64>) -> Result<Price, &'static str> {
        let base = rates(
            self.fresh,
            self.read,
            self.write_5m,
            self.write_1h,
            self.output,
        )?;
        let above = match &self.above {
            None => None,
            Some(a) => {
                let rates = rates(a.fresh, a.read, a.write_5m, a.write_1h, a.output)?;
                Some((a.tokens, rates))
            }
        };
        let from = self.valid_from.as_deref().map(day).transpose()?;
        Ok(Price {
            from,
            base,
            above,
            batch,
        })
    }
}

/// The beginning of a day in UTC.
fn day(text: &str) -> Result<Time, &'static str> {
    text.parse::<jiff::civil::Date>()
        .ok()
        .and_then(|date| {
            let zoned = jiff::tz::TimeZone::UTC.to_ambiguous_timestamp(date.at(0, 0, 0, 0));
            zoned.compatible().ok()
        })
        .map(Time::from_timestamp)
        .ok_or("valid_from is no day such as 2026-11-26")
}

fn rates(
    fresh: f64,
    read: Option<f64>,
    write_5m: Option<f64>,
    write_1h: Option<f64>,
    output: f64,
) -> Result<Rates, &'static str> {
    Ok(Rates {
        fresh: pico(fresh)?,
        read: read.map(pico).transpose()?,
        write_5m: write_5m.map(pico).transpose()?,
        write_1h: write_1h.map(pico).transpose()?,
        output: pico(output)?,
    })
}

fn pico(dollars: f64) -> Result<Pico, &'static str> {
    if !(0.0..=DEAREST).contains(&dollars) {
        return Err("a price that lies not between 0 and 1,000,000");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within 0 to 10¹²
    Ok((dollars * 1e6).round() as u64)
}

/// Refuses prices in any other unit: nothing here converts them.
fn only_unit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    let unit = String::deserialize(deserializer)?;
    if unit == UNIT {
        return Ok(());
    }
    Err(serde::de::Error::custom(format!(
        "the unit is {UNIT} and no other"
    )))
}

/// serde's words without the place, which stands beside.
fn shape_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(fresh: u32, read: u32, write: u32, write_1h: u32, output: u32) -> Tokens {
        Tokens {
            fresh,
            cache_read: read,
            cache_write: write,
            cache_write_1h: write_1h,
            output,
            reasoning: 0,
        }
    }

    /// Dollars, at a time in the year 2026.
    fn dollars(model: &str, tokens: Tokens) -> Option<f64> {
        let table = PriceTable::built_in();
        cost(table.of(model)?, tokens, day("2026-03-02").unwrap()).map(|nano| nano as f64 / 1e9)
    }

    /// By hand, from the providers' published lists: 5, 0.50, 6.25, 10, 25 dollars for a million.
    #[test]
    fn each_kind_of_tokens_has_its_price() {
        let million = 1_000_000;
        for (tokens, expected) in [
            (tokens(million, 0, 0, 0, 0), 5.0),
            (tokens(0, million, 0, 0, 0), 0.5),
            (tokens(0, 0, million, 0, 0), 6.25),
            (tokens(0, 0, million, million, 0), 10.0),
            (tokens(0, 0, 0, 0, million), 25.0),
            // 3 × 5 + 7 × 0.5 + 4 × 6.25 + 2 × 10 + 11 × 25 = 338.5 millionths.
            (tokens(3, 7, 6, 2, 11), 0.000_338_5),
        ] {
            assert_eq!(dollars("claude-opus-4-5-20251101", tokens), Some(expected));
        }
    }

    #[test]
    fn a_long_context_costs_more_for_all_its_tokens() {
        // 200,000 at 3 and 3.75 dollars a million; one more token, and all cost 6 (output 22.5).
        let at = dollars("claude-sonnet-4-5", tokens(100_000, 0, 100_000, 0, 0));
        assert_eq!(at, Some(0.3 + 0.375));
        let above = dollars("claude-sonnet-4-5", tokens(200_001, 0, 0, 0, 1_000_000));
        assert_eq!(above, Some(23.700_006));
    }

    #[test]
    fn prices_of_one_request() {
        let table = PriceTable::built_in();
        let prices = InDollars::of(table.of("claude-sonnet-4-5").unwrap());
        let time = day("2026-03-02").unwrap();
        let base = prices.of_request(200_000, time).unwrap();
        assert_eq!((base.fresh, base.read), (3e-6, Some(0.3e-6)));
        assert_eq!((base.write_5m, base.write_1h), (Some(3.75e-6), Some(6e-6)));
        let above = prices.of_request(200_001, time).unwrap();
        assert_eq!((above.fresh, above.output), (6e-6, 22.5e-6));
        assert_eq!(prices.dearer_above(time), Some(200_000));
        let gpt = InDollars::of(table.of("gpt-5").unwrap());
        assert_eq!(gpt.dearer_above(time), None);
    }

    /// Half, as both providers have it in their lists; of models without a batch nothing is known.
    #[test]
    fn a_request_in_a_batch() {
        let table = PriceTable::built_in();
        let time = day("2026-03-02").unwrap();
        let share = |model: &str| InDollars::of(table.of(model).unwrap()).in_batch(time);
        assert_eq!(share("claude-opus-4-5-20251101"), Some(0.5));
        assert_eq!(share("gpt-5"), Some(0.5));
        assert_eq!(share("gpt-5.3-codex"), None);
    }

    #[test]
    fn a_price_holds_from_its_day_on() {
        let table = PriceTable::built_in();
        let o3 = table.of("o3").unwrap();
        let million = tokens(1_000_000, 0, 0, 0, 0);
        let at = |text| cost(o3, million, day(text).unwrap());
        assert_eq!(at("2025-06-09"), Some(10_000_000_000));
        assert_eq!(at("2025-06-10"), Some(2_000_000_000));
    }

    #[test]
    fn what_has_no_price_has_no_cost() {
        assert_eq!(dollars("no-such-model", tokens(1, 0, 0, 0, 0)), None);
        // No price for writing to a cache.
        assert_eq!(dollars("gpt-5", tokens(1, 0, 1, 0, 0)), None);
        assert!(dollars("gpt-5", tokens(1, 1, 0, 0, 1)).is_some());
        let later = r#"{"date":"d","models":[{"model":"m","prices":[{"valid_from":"2026-05-01","fresh":1,"output":1}]}]}"#;
        let table = PriceTable::read(later).unwrap();
        let prices = table.of("m").unwrap();
        assert_eq!(
            cost(prices, tokens(1, 0, 0, 0, 0), day("2026-03-02").unwrap()),
            None
        );
    }

    #[test]
    fn a_table_may_name_its_unit_and_begin_with_a_mark() {
        let text = format!("\u{feff}{{\"date\":\"d\",\"unit\":\"{UNIT}\",\"models\":[]}}");
        assert_eq!(PriceTable::read(&text).unwrap().date, "d");
    }

    #[test]
    fn a_faulty_table_says_where() {
        let why = |text: &str| PriceTable::read(text).unwrap_err().to_string();
        assert_eq!(
            why("{\"date\":\"d\",\n\"modles\":[]}"),
            "line 2, column 8: no table of prices: unknown field `modles`, expected one of `date`, `source`, `unit`, `batch_source`, `models`"
        );
        let one = |price: &str| {
            why(&format!(
                r#"{{"date":"d","models":[{{"model":"m","prices":[{price}]}}]}}"#
            ))
        };
        assert_eq!(
            one(r#"{"fresh":-1,"output":1}"#),
            "m: a price that lies not between 0 and 1,000,000"
        );
        assert_eq!(
            one(r#"{"fresh":1,"output":1,"valid_from":"soon"}"#),
            "m: valid_from is no day such as 2026-11-26"
        );
        assert_eq!(one(""), "m: no price");
        for twice in [
            r#"{"fresh":1,"output":1},{"fresh":2,"output":1}"#,
            r#"{"fresh":1,"output":1,"valid_from":"2026-11-26"},{"fresh":2,"output":1},{"fresh":2,"output":1,"valid_from":"2026-11-26"}"#,
        ] {
            assert_eq!(one(twice), "m: two prices that hold from the same day");
        }
        for unit in ["EUR", "US dollars for a thousand tokens", ""] {
            assert_eq!(
                why(&format!(r#"{{"date":"d","unit":"{unit}","models":[]}}"#)),
                format!(
                    "line 1, column {}: no table of prices: the unit is US dollars for a million tokens and no other",
                    21 + unit.len()
                )
            );
        }
        assert_eq!(
            why("\n  []"),
            "line 2, column 3: no table of prices: it is no JSON object"
        );
        assert_eq!(
            why(
                r#"{"date":"d","models":[{"model":"m","batch":1.5,"prices":[{"fresh":1,"output":1}]}]}"#
            ),
            "m: a share in batches that lies not between 0 and 1"
        );
    }
}
