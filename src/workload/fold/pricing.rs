//! What requests would cost by a table of prices.

use std::collections::HashMap;

use crate::prices::{self, Price, PriceTable};
use crate::record::{Catalog, Dimension, Flags, Name, Operation, OperationKind};

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
}

/// A table, with the prices of each model that was asked for.
#[derive(Debug)]
pub(super) struct Pricing<'a> {
    table: Option<&'a PriceTable>,
    known: HashMap<Name, Option<&'a [Price]>, Quick>,
}

impl<'a> Pricing<'a> {
    pub(super) fn new(table: Option<&'a PriceTable>) -> Self {
        Self {
            table,
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
        // What encloses requests tells their tokens only where it names their model.
        let is_request = match operation.kind {
            OperationKind::ModelRequest => true,
            OperationKind::Step | OperationKind::Task => model.is_some(),
            _ => false,
        };
        if !is_request {
            return Priced::No;
        }
        let prices = self
            .known
            .entry(model)
            .or_insert_with(|| table.of(catalog.text(model)));
        prices
            .and_then(|prices| prices::cost(prices, operation.tokens, operation.start))
            .map_or(Priced::Unknown, Priced::Cost)
    }
}
