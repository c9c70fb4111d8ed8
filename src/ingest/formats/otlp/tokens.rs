//! Tokens and costs as each convention tells them.

use super::attributes::Attributes;
use super::reader::Reader;
use super::value::Any;
use crate::place::ProblemKind;
use crate::record::{Flags, Operation, OperationKind, Tokens};

impl Reader<'_> {
    /// Adds tokens where there are any. A request has input and output: of one whose count of either is not among
    /// `told`, more was used than is known. Embeddings have no output.
    pub(super) fn add_tokens(
        &mut self,
        operation: &mut Operation,
        tokens: Option<Tokens>,
        told: [Any<'_>; 2],
    ) {
        let Some(tokens) = tokens else {
            return;
        };
        operation.tokens = tokens;
        operation.flags = operation.flags.with(Flags::HAS_TOKENS);
        let is_request = operation.kind == OperationKind::ModelRequest;
        if is_request && told.iter().any(|count| count.whole().is_none()) {
            operation.flags = operation.flags.with(Flags::OUTPUT_IS_LOWER_BOUND);
        }
    }

    /// Tokens of the GenAI conventions: input contains what a cache read or wrote, unless these are
    /// more than it, which some emitters leave out of it.
    pub(super) fn tokens(&mut self, told: &Attributes<'_>) -> Option<Tokens> {
        if !told.has_tokens() {
            return None;
        }
        let [input, read, write] =
            [told.input, told.cache_read, told.cache_write].map(|any| self.count(any));
        let cached = u64::from(read) + u64::from(write);
        let fresh = u64::from(input).checked_sub(cached);
        let output = self.count(told.output);
        Some(Tokens {
            fresh: fresh.map_or(input, |fresh| u32::try_from(fresh).unwrap_or(u32::MAX)),
            cache_read: read,
            cache_write: write,
            output,
            reasoning: self.count(told.reasoning).min(output),
            ..Tokens::default()
        })
    }

    /// Tokens of Claude Code: input without what a cache read or wrote.
    pub(super) fn plain_tokens(&mut self, told: &Attributes<'_>) -> Option<Tokens> {
        let plain = &told.plain;
        if !plain.input.is_some() && !plain.output.is_some() {
            return None;
        }
        Some(Tokens {
            fresh: self.count(plain.input),
            cache_read: self.count(plain.cache_read),
            cache_write: self.count(plain.cache_write),
            output: self.count(plain.output),
            ..Tokens::default()
        })
    }

    /// A count of tokens; 0 where there is none.
    pub(super) fn count(&mut self, any: Any<'_>) -> u32 {
        match any.whole() {
            Some(count) => u32::try_from(count).unwrap_or(u32::MAX),
            None => {
                if any.is_some() {
                    self.fault(ProblemKind::Value, "a count of tokens is no whole number");
                }
                0
            }
        }
    }

    /// A cost in 10⁻⁹ US dollars; −1 where there is none.
    pub(super) fn cost(&mut self, any: Any<'_>, scale: f64) -> i64 {
        match any.number() {
            Some(cost) if (0.0..1e9).contains(&cost) => (cost * scale).round() as i64,
            None if !any.is_some() => -1,
            _ => {
                self.fault(ProblemKind::Value, "a cost is no amount");
                -1
            }
        }
    }
}
