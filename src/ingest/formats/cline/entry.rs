//! What stands in the files of a task, as far as it matters.

use serde::Deserialize;

use super::super::super::document::{Field, Listed, Shaped};

/// An entry of `ui_messages.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry<'a> {
    /// Milliseconds since 1970, unique within a task.
    #[serde(borrow)]
    pub(super) ts: Field<'a>,
    #[serde(borrow)]
    pub(super) say: Field<'a>,
    #[serde(borrow)]
    pub(super) ask: Field<'a>,
    /// JSON, or somebody's words, by what is said or asked.
    #[serde(borrow)]
    pub(super) text: Field<'a>,
    #[serde(borrow)]
    pub(super) partial: Field<'a>,
    #[serde(borrow, rename = "modelInfo")]
    pub(super) model: Shaped<ModelInfo<'a>>,
    #[serde(borrow, rename = "contextCondense")]
    pub(super) condense: Shaped<Condense<'a>>,
}

/// Which model answers. Messages of tasks and of sessions name its fields differently.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelInfo<'a> {
    #[serde(borrow, rename = "modelId", alias = "id")]
    pub(super) model: Field<'a>,
    #[serde(borrow, rename = "providerId", alias = "provider")]
    pub(super) provider: Field<'a>,
}

/// That a context was summed up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Condense<'a> {
    #[serde(borrow)]
    pub(super) cost: Field<'a>,
    #[serde(borrow, rename = "prevContextTokens")]
    pub(super) before: Field<'a>,
}

/// What the text of a request, or of a sum of requests, tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request<'a> {
    #[serde(borrow, rename = "tokensIn")]
    pub(super) input: Field<'a>,
    #[serde(borrow, rename = "tokensOut")]
    pub(super) output: Field<'a>,
    #[serde(borrow, rename = "cacheReads")]
    pub(super) read: Field<'a>,
    #[serde(borrow, rename = "cacheWrites")]
    pub(super) write: Field<'a>,
    #[serde(borrow)]
    pub(super) cost: Field<'a>,
    #[serde(borrow)]
    pub(super) model: Field<'a>,
    #[serde(borrow, rename = "cancelReason")]
    pub(super) cancelled: Field<'a>,
    /// Why it failed: JSON, or a message.
    #[serde(borrow, rename = "streamingFailedMessage")]
    pub(super) failure: Field<'a>,
    #[serde(borrow, rename = "apiProtocol")]
    pub(super) protocol: Field<'a>,
}

/// Why a request failed, as newer clients tell it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal<'a> {
    /// Of HTTP.
    #[serde(borrow)]
    pub(super) status: Field<'a>,
    #[serde(borrow)]
    pub(super) code: Field<'a>,
}

/// What the text of an announced retry tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Retry<'a> {
    /// There is none any more.
    #[serde(borrow)]
    pub(super) failed: Field<'a>,
}

/// What the text of a tool call tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) tool: Field<'a>,
    /// Of a tool server.
    #[serde(borrow, rename = "toolName")]
    pub(super) name: Field<'a>,
}

/// `SESSION.messages.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Session<'a> {
    #[serde(borrow, rename = "sessionId")]
    pub(super) session: Field<'a>,
    #[serde(borrow)]
    pub(super) agent: Field<'a>,
    #[serde(borrow)]
    pub(super) messages: Listed<Shaped<Message<'a>>>,
}

/// A message of a session.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) role: Field<'a>,
    #[serde(borrow)]
    pub(super) ts: Field<'a>,
    #[serde(borrow)]
    pub(super) content: Listed<Shaped<Block<'a>>>,
    #[serde(borrow, rename = "modelInfo")]
    pub(super) model: Shaped<ModelInfo<'a>>,
    #[serde(borrow)]
    pub(super) metrics: Shaped<Metrics<'a>>,
    #[serde(borrow)]
    pub(super) metadata: Shaped<Metadata<'a>>,
}

/// A part of a message's content.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Field<'a>,
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) name: Field<'a>,
    #[serde(borrow, rename = "tool_use_id")]
    pub(super) answered: Field<'a>,
    #[serde(borrow)]
    pub(super) is_error: Field<'a>,
}

/// What a message of a session used: input with what a cache read or wrote.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metrics<'a> {
    #[serde(borrow, rename = "inputTokens")]
    pub(super) input: Field<'a>,
    #[serde(borrow, rename = "outputTokens")]
    pub(super) output: Field<'a>,
    #[serde(borrow, rename = "cacheReadTokens")]
    pub(super) read: Field<'a>,
    #[serde(borrow, rename = "cacheWriteTokens")]
    pub(super) write: Field<'a>,
    #[serde(borrow)]
    pub(super) cost: Field<'a>,
}

/// What the client says of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) kind: Field<'a>,
    #[serde(borrow, rename = "displayOnly")]
    pub(super) display_only: Field<'a>,
}
