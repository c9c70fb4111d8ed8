//! What stands in results of τ²-bench, as far as it matters.

use serde::Deserialize;

use super::super::super::document::{Field, Listed, Shaped};

/// Results with their simulations; or one simulation, where each has a file of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) info: Shaped<Info<'a>>,
    #[serde(borrow)]
    pub(super) simulations: Listed<Shaped<Record<'a>>>,
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) task_id: Field<'a>,
    #[serde(borrow)]
    pub(super) start_time: Field<'a>,
    #[serde(borrow)]
    pub(super) end_time: Field<'a>,
    /// Seconds.
    #[serde(borrow)]
    pub(super) duration: Field<'a>,
    #[serde(borrow)]
    pub(super) termination_reason: Field<'a>,
    #[serde(borrow)]
    pub(super) agent_cost: Field<'a>,
    #[serde(borrow)]
    pub(super) user_cost: Field<'a>,
    #[serde(borrow)]
    pub(super) reward_info: Shaped<Reward<'a>>,
    #[serde(borrow)]
    pub(super) messages: Listed<Shaped<Message<'a>>>,
}

/// What all simulations of a file have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Info<'a> {
    #[serde(borrow)]
    pub(super) agent_info: Shaped<Agent<'a>>,
    #[serde(borrow)]
    pub(super) environment_info: Shaped<Environment<'a>>,
}

/// The agent under test.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Agent<'a> {
    #[serde(borrow)]
    pub(super) implementation: Field<'a>,
    #[serde(borrow)]
    pub(super) llm: Field<'a>,
}

/// Where it works.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Environment<'a> {
    #[serde(borrow)]
    pub(super) domain_name: Field<'a>,
}

/// How a simulation was judged.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reward<'a> {
    #[serde(borrow)]
    pub(super) reward: Field<'a>,
}

/// A message, at the time when it was there; of a tool, a result or several.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) role: Field<'a>,
    /// Of a result: the id of its call.
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Field<'a>,
    #[serde(borrow)]
    pub(super) cost: Field<'a>,
    #[serde(borrow)]
    pub(super) usage: Shaped<Usage<'a>>,
    #[serde(borrow)]
    pub(super) raw_data: Shaped<Raw<'a>>,
    #[serde(borrow)]
    pub(super) generation_time_seconds: Field<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: Listed<Shaped<Call<'a>>>,
    /// Of a result: whose call it answers.
    #[serde(borrow)]
    pub(super) requestor: Field<'a>,
    /// Of a result: whether the tool failed.
    #[serde(borrow)]
    pub(super) error: Field<'a>,
    /// Results that came together.
    #[serde(borrow)]
    pub(super) tool_messages: Listed<Shaped<Message<'a>>>,
}

/// Tokens as the benchmark counts them: the prompt with what was read from a cache.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage<'a> {
    #[serde(borrow)]
    pub(super) prompt_tokens: Field<'a>,
    #[serde(borrow)]
    pub(super) completion_tokens: Field<'a>,
}

/// What the provider answered.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Raw<'a> {
    #[serde(borrow)]
    pub(super) model: Field<'a>,
    #[serde(borrow)]
    pub(super) usage: Shaped<RawUsage<'a>>,
}

/// Tokens as the provider counts them: where it has `input_tokens`, without what the cache gave and took.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawUsage<'a> {
    #[serde(borrow)]
    pub(super) input_tokens: Field<'a>,
    #[serde(borrow)]
    pub(super) cache_read_input_tokens: Field<'a>,
    #[serde(borrow)]
    pub(super) cache_creation_input_tokens: Field<'a>,
    #[serde(borrow)]
    pub(super) prompt_tokens_details: Shaped<Details<'a>>,
}

/// What a prompt consists of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details<'a> {
    #[serde(borrow)]
    pub(super) cached_tokens: Field<'a>,
}

/// A tool call in a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) name: Field<'a>,
}
