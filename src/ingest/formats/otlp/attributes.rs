//! Attributes of spans and log records that matter, under their names old and new: the GenAI
//! conventions, OpenInference, OpenLLMetry, Langfuse's own, and those of Claude Code and Gemini CLI.

use super::super::super::json::match_name;
use super::value::Any;

/// What attributes tell. What carries people's or models' words is not among it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes<'a> {
    /// What is done, in the words of the GenAI conventions: `chat`, `execute_tool`, ….
    pub(super) operation: Any<'a>,
    /// The kind of a span in the words of another convention: `LLM`, `TOOL`, `generation`, ….
    pub(super) kind: Any<'a>,
    pub(super) request_type: Any<'a>,
    pub(super) provider: Any<'a>,
    pub(super) request_model: Any<'a>,
    pub(super) response_model: Any<'a>,
    pub(super) conversation: Any<'a>,
    pub(super) session: Any<'a>,
    pub(super) agent: Any<'a>,
    pub(super) tool: Any<'a>,
    pub(super) tool_call: Any<'a>,
    pub(super) error: Any<'a>,
    pub(super) status: Any<'a>,
    pub(super) input: Any<'a>,
    pub(super) output: Any<'a>,
    pub(super) cache_read: Any<'a>,
    pub(super) cache_write: Any<'a>,
    pub(super) reasoning: Any<'a>,
    pub(super) cost: Any<'a>,
    pub(super) plain: Plain<'a>,
}

/// Attributes without a namespace, which mean something only from clients that are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Plain<'a> {
    pub(super) event: Any<'a>,
    pub(super) sequence: Any<'a>,
    pub(super) request: Any<'a>,
    pub(super) model: Any<'a>,
    pub(super) tool: Any<'a>,
    pub(super) tool_use: Any<'a>,
    pub(super) duration_ms: Any<'a>,
    pub(super) success: Any<'a>,
    pub(super) error: Any<'a>,
    pub(super) status: Any<'a>,
    pub(super) input: Any<'a>,
    pub(super) output: Any<'a>,
    pub(super) cache_read: Any<'a>,
    pub(super) cache_write: Any<'a>,
    pub(super) thoughts: Any<'a>,
    pub(super) tool_tokens: Any<'a>,
    pub(super) cost: Any<'a>,
    pub(super) cost_micros: Any<'a>,
    pub(super) subagent: Any<'a>,
}

impl<'a> Attributes<'a> {
    /// Takes an attribute. Where an old and a new name say the same thing, the new one counts.
    pub(super) fn set(&mut self, key: &[u8], value: Any<'a>) {
        let Some((place, is_old)) = self.place(key) else {
            return;
        };
        if !(is_old && place.is_some()) {
            *place = value;
        }
    }

    fn place(&mut self, key: &[u8]) -> Option<(&mut Any<'a>, bool)> {
        if let Some(key) = key.strip_prefix(b"gen_ai.") {
            return self.gen_ai(key);
        }
        if let Some(key) = key.strip_prefix(b"llm.") {
            return self.llm(key).map(|place| (place, true));
        }
        let place = match_name!(key, {
            b"openinference.span.kind" | b"traceloop.span.kind" | b"langfuse.observation.type" => {
                &mut self.kind
            },
            b"session.id"
            | b"langfuse.session.id"
            | b"traceloop.association.properties.session_id" => &mut self.session,
            b"embedding.model_name" => &mut self.request_model,
            b"agent.name" => &mut self.agent,
            b"tool.name" => &mut self.tool,
            b"error.type" | b"exception.type" => &mut self.error,
            b"http.response.status_code" | b"http.status_code" => &mut self.status,
            _ => return self.plain.place(key).map(|place| (place, false)),
        });
        Some((
            place,
            key == b"exception.type" || key == b"http.status_code",
        ))
    }

    fn gen_ai(&mut self, key: &[u8]) -> Option<(&mut Any<'a>, bool)> {
        let (place, is_old) = match_name!(key, {
            b"operation.name" => (&mut self.operation, false),
            b"provider.name" => (&mut self.provider, false),
            b"system" => (&mut self.provider, true),
            b"request.model" => (&mut self.request_model, false),
            b"response.model" => (&mut self.response_model, false),
            b"conversation.id" => (&mut self.conversation, false),
            b"agent.name" => (&mut self.agent, false),
            b"tool.name" => (&mut self.tool, false),
            b"tool.call.id" => (&mut self.tool_call, false),
            b"usage.input_tokens" => (&mut self.input, false),
            b"usage.prompt_tokens" => (&mut self.input, true),
            b"usage.output_tokens" => (&mut self.output, false),
            b"usage.completion_tokens" => (&mut self.output, true),
            b"usage.cache_read.input_tokens" => (&mut self.cache_read, false),
            b"usage.cache_read_input_tokens"
            | b"usage.input_tokens.cached"
            | b"usage.cached_input_tokens" => (&mut self.cache_read, true),
            b"usage.cache_creation.input_tokens" => (&mut self.cache_write, false),
            b"usage.cache_creation_input_tokens" | b"usage.input_tokens.cache_write" => {
                (&mut self.cache_write, true)
            },
            b"usage.reasoning.output_tokens" => (&mut self.reasoning, false),
            b"usage.reasoning_tokens" | b"usage.output_tokens.reasoning" => {
                (&mut self.reasoning, true)
            },
            b"usage.cost" | b"usage.total_cost" => (&mut self.cost, true),
            _ => return None,
        });
        Some((place, is_old))
    }

    /// OpenInference and the older names of OpenLLMetry.
    fn llm(&mut self, key: &[u8]) -> Option<&mut Any<'a>> {
        Some(match_name!(key, {
            b"model_name" => &mut self.response_model,
            b"provider" | b"system" | b"vendor" => &mut self.provider,
            b"request.type" => &mut self.request_type,
            b"token_count.prompt" => &mut self.input,
            b"token_count.completion" => &mut self.output,
            b"token_count.prompt_details.cache_read" | b"usage.cache_read_input_tokens" => {
                &mut self.cache_read
            },
            b"token_count.prompt_details.cache_write" | b"usage.cache_creation_input_tokens" => {
                &mut self.cache_write
            },
            b"token_count.completion_details.reasoning" | b"usage.reasoning_tokens" => {
                &mut self.reasoning
            },
            b"cost.total" => &mut self.cost,
            _ => return None,
        }))
    }

    /// The model to which the use is billed.
    pub(super) fn model(&self) -> &'a [u8] {
        first([self.response_model, self.request_model, self.plain.model])
    }

    /// The conversation, else the session.
    pub(super) fn conversation(&self) -> &'a [u8] {
        first([self.conversation, self.session, Any::Nothing])
    }

    /// Whether any count of tokens is told.
    pub(super) fn has_tokens(&self) -> bool {
        [self.input, self.output, self.cache_read, self.cache_write]
            .iter()
            .any(|count| count.is_some())
    }
}

/// The first text that is not empty.
fn first(values: [Any<'_>; 3]) -> &[u8] {
    values
        .into_iter()
        .map(Any::text)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

impl<'a> Plain<'a> {
    fn place(&mut self, key: &[u8]) -> Option<&mut Any<'a>> {
        Some(match_name!(key, {
            b"event.name" => &mut self.event,
            b"event.sequence" => &mut self.sequence,
            b"request_id" | b"client_request_id" => {
                if key == b"client_request_id" && self.request.is_some() {
                    return None;
                }
                &mut self.request
            },
            b"model" => &mut self.model,
            b"tool_name" | b"name" | b"function_name" => &mut self.tool,
            b"tool_use_id" => &mut self.tool_use,
            b"duration_ms" => &mut self.duration_ms,
            b"success" => &mut self.success,
            b"error" | b"error_type" | b"error.message" => &mut self.error,
            b"status_code" => &mut self.status,
            b"input_tokens" | b"input_token_count" => &mut self.input,
            b"output_tokens" | b"output_token_count" => &mut self.output,
            b"cache_read_tokens" | b"cached_content_token_count" => &mut self.cache_read,
            b"cache_creation_tokens" => &mut self.cache_write,
            b"thoughts_token_count" => &mut self.thoughts,
            b"tool_token_count" => &mut self.tool_tokens,
            b"cost_usd" => &mut self.cost,
            b"cost_usd_micros" => &mut self.cost_micros,
            b"agent_id" | b"parent_agent_id" => &mut self.subagent,
            _ => return None,
        }))
    }
}
