//! What a run of Gemini CLI prints, as far as it matters.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::super::document::{Field, Shaped};

/// An event of a stream, or the document of a run, which has no `type`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Field<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Field<'a>,
    #[serde(borrow, rename = "session_id")]
    pub(super) session: Field<'a>,
    #[serde(borrow)]
    pub(super) model: Field<'a>,
    #[serde(borrow)]
    pub(super) role: Field<'a>,
    #[serde(borrow, rename = "tool_name")]
    pub(super) tool: Field<'a>,
    #[serde(borrow, rename = "tool_id")]
    pub(super) call: Field<'a>,
    #[serde(borrow)]
    pub(super) status: Field<'a>,
    #[serde(borrow)]
    pub(super) error: Shaped<Error<'a>>,
    #[serde(borrow, alias = "sessionMetrics")]
    pub(super) stats: Shaped<Stats<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Error<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Field<'a>,
    /// A status of HTTP, or an exit code.
    #[serde(borrow)]
    pub(super) code: Field<'a>,
}

/// What a run used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats<'a> {
    /// Milliseconds.
    #[serde(borrow, rename = "duration_ms")]
    pub(super) duration: Field<'a>,
    /// Of all models, in a stream.
    #[serde(borrow, rename = "total_tokens")]
    pub(super) total: Field<'a>,
    #[serde(borrow, rename = "input_tokens")]
    pub(super) input: Field<'a>,
    #[serde(borrow, rename = "output_tokens")]
    pub(super) output: Field<'a>,
    #[serde(borrow)]
    pub(super) cached: Field<'a>,
    #[serde(borrow)]
    pub(super) models: Shaped<BTreeMap<String, Shaped<Model<'a>>>>,
    #[serde(borrow)]
    pub(super) tools: Shaped<Tools<'a>>,
}

/// What one model was used for. Input counts contain what was read from the cache, output counts are without thoughts;
/// in a stream these stand in the total alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Model<'a> {
    #[serde(borrow, rename = "total_tokens")]
    pub(super) total: Field<'a>,
    #[serde(borrow, rename = "input_tokens")]
    pub(super) input: Field<'a>,
    #[serde(borrow, rename = "output_tokens")]
    pub(super) output: Field<'a>,
    #[serde(borrow)]
    pub(super) cached: Field<'a>,
    /// In a document.
    #[serde(borrow)]
    pub(super) tokens: Shaped<Used<'a>>,
    #[serde(borrow)]
    pub(super) api: Shaped<Api<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Used<'a> {
    #[serde(borrow)]
    pub(super) prompt: Field<'a>,
    #[serde(borrow)]
    pub(super) candidates: Field<'a>,
    #[serde(borrow)]
    pub(super) cached: Field<'a>,
    #[serde(borrow)]
    pub(super) thoughts: Field<'a>,
    /// Of results that the provider's own tools put into the prompt.
    #[serde(borrow)]
    pub(super) tool: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Api<'a> {
    /// Milliseconds of all requests together.
    #[serde(borrow, rename = "totalLatencyMs")]
    pub(super) latency: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tools<'a> {
    #[serde(borrow, rename = "byName")]
    pub(super) by_name: Shaped<BTreeMap<String, Shaped<Tool<'a>>>>,
}

/// How often a tool was called, and how it ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tool<'a> {
    #[serde(borrow)]
    pub(super) success: Field<'a>,
    #[serde(borrow)]
    pub(super) fail: Field<'a>,
}
