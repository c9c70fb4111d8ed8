//! One object that a headless run prints, as far as it matters.

use super::super::super::super::json::{Cursor, Fault, Value};
use super::super::line::{Message, Usage, Wrong, positive, whole};

/// An object. Texts are the bytes between the quotes, not decoded.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) kind: &'a [u8],
    pub(super) subtype: &'a [u8],
    pub(super) session: &'a [u8],
    pub(super) uuid: &'a [u8],
    pub(super) is_subagent: bool,
    pub(super) message: Option<Message<'a>>,
    /// What a run begins with.
    pub(super) model: &'a [u8],
    pub(super) cwd: &'a [u8],
    /// Of a failed attempt: milliseconds to wait, and the status of HTTP.
    pub(super) retry_in: Option<f64>,
    pub(super) status: Option<u32>,
    /// Tokens in the context before it was compacted.
    pub(super) tokens_before: Option<u32>,
    pub(super) end: End<'a>,
    /// Fields that were left out for their type.
    pub(super) wrong: Vec<Wrong>,
}

/// What a run ends with. Times are milliseconds, money US dollars.
#[derive(Debug, Default)]
pub(super) struct End<'a> {
    pub(super) is_error: Option<bool>,
    pub(super) status: Option<u32>,
    pub(super) reason: &'a [u8],
    pub(super) duration: Option<f64>,
    pub(super) api_time: Option<f64>,
    pub(super) first_token: Option<f64>,
    pub(super) turns: Option<f64>,
    pub(super) cost: Option<f64>,
    /// Of the main conversation in this turn.
    pub(super) usage: Option<Usage>,
    /// Of every model since the process began.
    pub(super) models: Vec<ModelUsage<'a>>,
}

/// What one model used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct ModelUsage<'a> {
    pub(super) model: &'a [u8],
    pub(super) usage: Usage,
    pub(super) cost: Option<f64>,
}

impl<'a> Line<'a> {
    /// Reads the object that was entered.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut line = Line::default();
        while let Some(key) = cursor.key()? {
            line.field(key, cursor)?;
        }
        Ok(line)
    }

    fn field(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let value = cursor.value()?;
        let text = value.text().unwrap_or_default();
        let end = &mut self.end;
        let mut number = |reason| positive(value, reason, &mut self.wrong);
        match (key, value) {
            (b"type", _) => self.kind = text,
            (b"subtype", _) => self.subtype = text,
            (b"session_id", _) => self.session = text,
            (b"uuid", _) => self.uuid = text,
            (b"model", _) => self.model = text,
            (b"cwd", _) => self.cwd = text,
            (b"parent_tool_use_id", _) => self.is_subagent = !text.is_empty(),
            (b"retry_delay_ms", _) => {
                self.retry_in = number("retry_delay_ms is no positive number");
            }
            (b"error_status", _) => self.status = whole(value),
            (b"is_error", Value::Bool(is)) => end.is_error = Some(is),
            (b"api_error_status", _) => end.status = whole(value),
            (b"terminal_reason", _) => end.reason = text,
            (b"duration_ms", _) => end.duration = number("duration_ms is no positive number"),
            (b"duration_api_ms", _) => {
                end.api_time = number("duration_api_ms is no positive number");
            }
            (b"ttft_ms", _) => end.first_token = number("ttft_ms is no positive number"),
            (b"num_turns", _) => end.turns = number("num_turns is no positive number"),
            (b"total_cost_usd", _) => {
                end.cost = number("total_cost_usd is no positive number").or(end.cost);
            }
            // Before it was named total_cost_usd.
            (b"cost_usd", _) => end.cost = end.cost.or(number("cost_usd is no positive number")),
            (b"message", Value::Object) => {
                let mut message = Message::default();
                while let Some(key) = cursor.key()? {
                    message.field(key, cursor, &mut self.wrong)?;
                }
                self.message = Some(message);
                return Ok(());
            }
            (b"usage", Value::Object) => {
                let mut usage = Usage::default();
                while let Some(key) = cursor.key()? {
                    usage.field(key, cursor, &mut self.wrong)?;
                }
                end.usage = Some(usage);
                return Ok(());
            }
            (b"modelUsage", Value::Object) => {
                while let Some(model) = cursor.key()? {
                    let usage = ModelUsage::read(model, cursor, &mut self.wrong)?;
                    end.models.extend(usage);
                }
                return Ok(());
            }
            (b"usage", other) if other != Value::Null => self.wrong.push("usage is no object"),
            (b"modelUsage", other) if other != Value::Null => {
                self.wrong.push("modelUsage is no object");
            }
            (b"compact_metadata", Value::Object) => {
                while let Some(key) = cursor.key()? {
                    let value = cursor.value()?;
                    if key == b"pre_tokens" {
                        self.tokens_before = whole(value);
                    }
                    cursor.skip(value)?;
                }
                return Ok(());
            }
            _ => {}
        }
        cursor.skip(value)
    }
}

impl<'a> ModelUsage<'a> {
    fn read(
        model: &'a [u8],
        cursor: &mut Cursor<'a>,
        wrong: &mut Vec<Wrong>,
    ) -> Result<Option<Self>, Fault> {
        let value = cursor.value()?;
        if value != Value::Object {
            wrong.push("the usage of a model is no object");
            cursor.skip(value)?;
            return Ok(None);
        }
        let mut of = ModelUsage {
            model,
            ..Self::default()
        };
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            let place = match key {
                b"inputTokens" => &mut of.usage.fresh,
                b"outputTokens" => &mut of.usage.output,
                b"cacheReadInputTokens" => &mut of.usage.cache_read,
                b"cacheCreationInputTokens" => &mut of.usage.cache_write,
                b"costUSD" => {
                    of.cost = positive(value, "costUSD is no positive number", wrong);
                    cursor.skip(value)?;
                    continue;
                }
                _ => {
                    cursor.skip(value)?;
                    continue;
                }
            };
            match whole(value) {
                Some(number) => *place = number,
                None if value == Value::Null => {}
                None => wrong.push("a count of tokens of a model is no whole number"),
            }
            cursor.skip(value)?;
        }
        Ok(Some(of))
    }
}
