//! What an event of a headless run says, as far as it matters.

use serde::Deserialize;

use super::super::super::super::document::{Field, Shaped};

/// A line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Field<'a>,
    #[serde(borrow, rename = "thread_id")]
    pub(super) thread: Field<'a>,
    #[serde(borrow)]
    pub(super) item: Shaped<Item<'a>>,
    #[serde(borrow)]
    pub(super) usage: Shaped<Used<'a>>,
    #[serde(borrow)]
    pub(super) error: Shaped<Error<'a>>,
    /// Only how it begins is looked at.
    #[serde(borrow)]
    pub(super) message: Field<'a>,
}

/// Something that a turn did or said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow, rename = "type", alias = "item_type")]
    pub(super) kind: Field<'a>,
    #[serde(borrow)]
    pub(super) status: Field<'a>,
    /// Of a command.
    #[serde(borrow)]
    pub(super) exit_code: Field<'a>,
    /// Of a call of an MCP server.
    #[serde(borrow)]
    pub(super) server: Field<'a>,
    #[serde(borrow)]
    pub(super) tool: Field<'a>,
}

/// Tokens of a thread since its beginning: input with what the cache gave and took, output with reasoning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Used<'a> {
    #[serde(borrow, rename = "input_tokens")]
    pub(super) input: Field<'a>,
    #[serde(borrow, rename = "cached_input_tokens")]
    pub(super) cached: Field<'a>,
    /// Only newer clients tell these two.
    #[serde(borrow, rename = "cache_write_input_tokens")]
    pub(super) written: Field<'a>,
    #[serde(borrow, rename = "reasoning_output_tokens")]
    pub(super) reasoning: Field<'a>,
    #[serde(borrow, rename = "output_tokens")]
    pub(super) output: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Error<'a> {
    /// Only looked at for which failure it is.
    #[serde(borrow)]
    pub(super) message: Field<'a>,
}
