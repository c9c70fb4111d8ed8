//! What requests would cost by a table of prices.

use std::collections::HashMap;

use crate::prices::{self, Price, PriceTable};
use crate::record::{Catalog, Dimension, Flags, Name, Operation, OperationKind};
use crate::units::Time;

use super::index::Quick;

/// What is known of the computed cost of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priced {
    /// It has none: no request, or no tokens.
    No,
    /// Its model, or a kind of tokens that it used, has no price.
    Unknown,
    /// 10⁻⁹ US dollars.
    Cost(i64),
    /// The same, of requests some of which may have been so long that they cost more.
    AtLeast(i64),
}

/// A table, with the prices of each model that was asked for.
#[derive(Debug)]
pub(super) struct Pricing<'a> {
    table: Option<&'a PriceTable>,
    /// The time of what has none.
    day: Time,
    known: HashMap<Name, Option<&'a [Price]>, Quick>,
}

impl<'a> Pricing<'a> {
    pub(super) fn new(table: Option<&'a PriceTable>) -> Self {
        Self {
            table,
            day: table.map_or(Time::LATEST, PriceTable::day),
            known: HashMap::default(),
        }
    }

    /// The computed cost of an operation.
    pub(super) fn of(&mut self, catalog: &Catalog, operation: &Operation) -> Priced {
        let Some(table) = self.table else {
            return Priced::No;
        };
        if !operation.flags.has(Flags::HAS_TOKENS) {
            return Priced::No;
        }
        let model = catalog.dimension(operation.dims, Dimension::Model);
        let is_request = operation.kind == OperationKind::ModelRequest;
        let is_priced = match operation.kind {
            OperationKind::ModelRequest => true,
            // What encloses requests tells their tokens only where it names their model.
            OperationKind::Step | OperationKind::Task => model.is_some(),
            OperationKind::Other => operation.cost < 0,
            _ => false,
        };
        if !is_priced {
            return Priced::No;
        }
        let prices = self
            .known
            .entry(model)
            .or_insert_with(|| table.of(catalog.text(model)));
        let Some(prices) = *prices else {
            return Priced::Unknown;
        };
        let time = if operation.flags.has(Flags::TIMELESS) {
            self.day
        } else {
            operation.start
        };
        if is_request {
            prices::cost(prices, operation.tokens, time).map_or(Priced::Unknown, Priced::Cost)
        } else {
            match prices::cost_together(prices, operation.tokens, time) {
                Some((nano, true)) => Priced::AtLeast(nano),
                Some((nano, false)) => Priced::Cost(nano),
                None => Priced::Unknown,
            }
        }
    }
}
