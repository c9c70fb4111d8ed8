//! What stands in a chat of Gemini CLI, as far as it matters.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::super::document::{Field, Listed, Shaped};

/// A chat as one document; or a line of one: its head, a message, or a change of what came before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Record<'a> {
    #[serde(borrow, rename = "sessionId")]
    pub(super) session: Field<'a>,
    #[serde(borrow)]
    pub(super) kind: Field<'a>,
    #[serde(borrow)]
    pub(super) messages: Listed<Shaped<Record<'a>>>,
    #[serde(borrow, rename = "$set")]
    pub(super) set: Shaped<Box<Record<'a>>>,
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Field<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) role: Field<'a>,
    #[serde(borrow)]
    pub(super) model: Field<'a>,
    #[serde(borrow)]
    pub(super) tokens: Shaped<Usage<'a>>,
    #[serde(borrow, rename = "toolCalls")]
    pub(super) calls: Listed<Shaped<Call<'a>>>,
    /// Looked at only for what kind of content it is.
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
}

/// Tokens as a message has them: input with what was read from the cache, output without thoughts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage<'a> {
    #[serde(borrow)]
    pub(super) input: Field<'a>,
    #[serde(borrow)]
    pub(super) output: Field<'a>,
    #[serde(borrow)]
    pub(super) cached: Field<'a>,
    #[serde(borrow)]
    pub(super) thoughts: Field<'a>,
    /// Of results that the provider's own tools put into the prompt.
    #[serde(borrow)]
    pub(super) tool: Field<'a>,
}

/// A tool call, at the time when its result was noted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow)]
    pub(super) name: Field<'a>,
    #[serde(borrow)]
    pub(super) status: Field<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Field<'a>,
    /// Of a subagent.
    #[serde(borrow, rename = "agentId")]
    pub(super) agent: Field<'a>,
}

/// What a user's message holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// What a person wrote.
    Prompt,
    /// What tools gave.
    Answers,
    /// What the client itself says at the beginning.
    Context,
    /// What it keeps of a conversation that was compressed.
    Summary,
}

/// How the client begins what it says itself. A summary may have what the model thought before it.
const OWN: &[(&str, Content)] = &[
    ("<session_context>", Content::Context),
    ("<state_snapshot>", Content::Summary),
    ("<scratchpad>", Content::Summary),
];

impl Content {
    pub(super) fn of(content: Option<&RawValue>) -> Self {
        #[derive(Deserialize)]
        #[serde(default)]
        #[derive(Default)]
        struct Part<'a> {
            #[serde(borrow, rename = "functionResponse")]
            response: Field<'a>,
            #[serde(borrow)]
            text: Field<'a>,
        }
        let raw = content.map_or("", RawValue::get);
        let own = |text: &Field<'_>| {
            let text = text.text()?.trim_start();
            let own = OWN.iter().find(|(begin, _)| text.starts_with(begin));
            own.map(|(_, content)| *content)
        };
        let found = if let Ok(Listed::Of(parts, _)) =
            serde_json::from_str::<Listed<Shaped<Part<'_>>>>(raw)
        {
            let mut parts = parts.iter().filter_map(Shaped::get);
            if parts.clone().any(|part| part.response != Field::Nothing) {
                Some(Content::Answers)
            } else {
                parts.find_map(|part| own(&part.text))
            }
        } else {
            let text = serde_json::from_str::<Field<'_>>(raw);
            text.ok().and_then(|text| own(&text))
        };
        found.unwrap_or(Content::Prompt)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_users_message_holds() {
        let of = |json: &str| {
            let record: Record<'_> = serde_json::from_str(json).unwrap();
            Content::of(record.content)
        };
        for (json, expected) in [
            (r#"{"content":"hi"}"#, Content::Prompt),
            (r#"{}"#, Content::Prompt),
            (r#"{"content":null}"#, Content::Prompt),
            (
                r#"{"content":[{"text":"\"functionResponse\": x"}]}"#,
                Content::Prompt,
            ),
            (
                r#"{"content":[{"functionResponse":{"id":"c"}},{"text":"x"}]}"#,
                Content::Answers,
            ),
            (r#"{"content":"<session_context>\nx"}"#, Content::Context),
            (
                r#"{"content":[{"text":" <session_context>"}]}"#,
                Content::Context,
            ),
            (
                r#"{"content":[{"text":"<state_snapshot>\n<overall_goal>"}]}"#,
                Content::Summary,
            ),
            (
                r#"{"content":"<scratchpad>x</scratchpad>\n<state_snapshot>"}"#,
                Content::Summary,
            ),
            (
                r#"{"content":"what is a <state_snapshot>?"}"#,
                Content::Prompt,
            ),
        ] {
            assert_eq!(of(json), expected, "{json}");
        }
    }
}
