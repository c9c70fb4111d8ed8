//! One line of a rollout: the few fields that matter, still as they were written.

use super::super::super::calls;
use super::super::super::json::{Cursor, Fault, Index, Value, each_key_indexed, match_name};

/// A field of a line that has not the type it should have.
pub(super) type Wrong = &'static str;

/// A line. Texts are the bytes between the quotes, not decoded. In the oldest layout there is no
/// `payload`, and its fields stand beside the others.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) kind: &'a [u8],
    pub(super) time: Option<&'a [u8]>,
    pub(super) has_payload: bool,
    pub(super) payload: Payload<'a>,
    /// Fields that were left out for their type.
    pub(super) wrong: Vec<Wrong>,
}

/// What the line says. Which of it is there depends on its kind.
#[derive(Debug, Default)]
pub(super) struct Payload<'a> {
    pub(super) kind: &'a [u8],
    pub(super) id: &'a [u8],
    /// The root session, where the client names it.
    pub(super) session: &'a [u8],
    pub(super) forked_from: &'a [u8],
    pub(super) parent_thread: &'a [u8],
    pub(super) is_subagent: bool,
    /// What started the session: `cli`, `vscode`, `exec`, …
    pub(super) source: &'a [u8],
    pub(super) time: &'a [u8],
    pub(super) cwd: &'a [u8],
    pub(super) model: &'a [u8],
    pub(super) provider: &'a [u8],
    pub(super) turn: &'a [u8],
    /// Seconds since 1970.
    pub(super) started_at: Option<u64>,
    pub(super) call: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) role: &'a [u8],
    /// What a tool gave, as far as it is a text; only figures of the client are read from it.
    pub(super) output: &'a [u8],
    /// Hash of the arguments of a call.
    pub(super) arguments: u32,
    /// Estimated tokens of what a tool gave.
    pub(super) tokens: u32,
    /// Whether the client says that a tool succeeded.
    pub(super) success: Option<bool>,
    pub(super) total: Option<Usage>,
    pub(super) last: Option<Usage>,
}

/// Tokens as a line has them: input with what was read from the cache and written to it, output with
/// reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, bitcode::Encode, bitcode::Decode)]
pub(super) struct Usage {
    pub(super) input: u64,
    pub(super) cached: u64,
    /// Only newer clients tell it.
    pub(super) written: u64,
    pub(super) output: u64,
    pub(super) reasoning: u64,
    pub(super) total: u64,
}

impl<'a> Line<'a> {
    /// Takes a line apart, of which there is an index.
    pub(super) fn parse(text: &'a [u8], index: &'a Index) -> Result<Self, Fault> {
        let mut line = Line::default();
        each_key_indexed(text, index, |key, cursor| line.field(key, cursor))?.end()?;
        if !line.has_payload {
            line.payload.kind = line.kind;
        }
        Ok(line)
    }

    fn field(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        match_name!(key, {
            b"type" => {
                let value = cursor.value()?;
                self.kind = value.text().unwrap_or_default();
                cursor.skip(value)
            },
            b"timestamp" => {
                let value = cursor.value()?;
                // Of the wrong type it is there, but no time.
                self.time = (value != Value::Null).then(|| value.text().unwrap_or_default());
                cursor.skip(value)
            },
            b"payload" => {
                let value = cursor.value()?;
                if value != Value::Object {
                    return cursor.skip(value);
                }
                self.has_payload = true;
                while let Some(key) = cursor.key()? {
                    self.payload.field(key, cursor, &mut self.wrong)?;
                }
                Ok(())
            },
            _ => if self.has_payload {
                cursor.skip_value()
            } else {
                self.payload.field(key, cursor, &mut self.wrong)
            },
        })
    }
}

impl<'a> Payload<'a> {
    fn field(
        &mut self,
        key: &[u8],
        cursor: &mut Cursor<'a>,
        wrong: &mut Vec<Wrong>,
    ) -> Result<(), Fault> {
        let value = cursor.value()?;
        let text = value.text().unwrap_or_default();
        match_name!(key, {
            b"type" => self.kind = text,
            b"id" => self.id = text,
            b"session_id" => self.session = text,
            b"forked_from_id" => self.forked_from = text,
            b"parent_thread_id" if !text.is_empty() => self.parent_thread = text,
            b"thread_source" => self.is_subagent |= text == b"subagent",
            b"timestamp" => self.time = text,
            b"cwd" => self.cwd = text,
            b"model" => self.model = text,
            b"model_provider" => self.provider = text,
            b"turn_id" => self.turn = text,
            b"started_at" => self.started_at = whole(value),
            b"call_id" => self.call = text,
            b"name" => self.name = text,
            b"role" => self.role = text,
            b"arguments" | b"input" | b"action" => {
                self.arguments = calls::arguments(cursor.raw(value)?);
                return Ok(());
            },
            b"output" if value == Value::Object => return self.output(cursor),
            b"output" if value == Value::List => {
                self.tokens = calls::result(cursor, value)?;
                return Ok(());
            },
            b"output" if value.text().is_some() => {
                self.output = text;
                self.tokens = calls::tokens(text.len());
            },
            b"info" if value == Value::Object => return self.info(cursor, wrong),
            b"info" if value != Value::Null => wrong.push("info is no object"),
            b"source" if value == Value::Object => return self.subagent(cursor),
            b"source" => self.source = text,
            _ => {},
        });
        cursor.skip(value)
    }

    /// `{"content": …, "success": …}`.
    fn output(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            match (key, value) {
                (b"content" | b"output", Value::Text(output)) => {
                    self.output = output;
                    self.tokens = calls::tokens(output.len());
                }
                (b"success", Value::Bool(success)) => self.success = Some(success),
                _ => {}
            }
            cursor.skip(value)?;
        }
        Ok(())
    }

    fn info(&mut self, cursor: &mut Cursor<'a>, wrong: &mut Vec<Wrong>) -> Result<(), Fault> {
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            let place = match_name!(key, {
                b"total_token_usage" => &mut self.total,
                b"last_token_usage" => &mut self.last,
                _ => {
                    cursor.skip(value)?;
                    continue;
                },
            });
            if value == Value::Object {
                let before = wrong.len();
                let mut usage = Usage::default();
                while let Some(key) = cursor.key()? {
                    usage.field(key, cursor, wrong)?;
                }
                // A total with a hole would be taken for a new beginning.
                *place = (wrong.len() == before).then_some(usage);
            } else {
                if value != Value::Null {
                    wrong.push("a token usage is no object");
                }
                cursor.skip(value)?;
            }
        }
        Ok(())
    }

    /// `{"subagent": {"thread_spawn": {"parent_thread_id": …}}}`, or `{"subagent": "review"}`.
    fn subagent(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            if key == b"subagent" || key == b"thread_spawn" {
                self.is_subagent = true;
                if value == Value::Object {
                    self.subagent(cursor)?;
                    continue;
                }
            } else if key == b"parent_thread_id" {
                self.parent_thread = value.text().unwrap_or_default();
            }
            cursor.skip(value)?;
        }
        Ok(())
    }
}

impl Usage {
    fn field(
        &mut self,
        key: &[u8],
        cursor: &mut Cursor<'_>,
        wrong: &mut Vec<Wrong>,
    ) -> Result<(), Fault> {
        let (place, reason): (&mut u64, Wrong) = match_name!(key, {
            b"input_tokens" => (&mut self.input, "input_tokens is no whole number"),
            b"cached_input_tokens" => (&mut self.cached, "cached_input_tokens is no whole number"),
            b"cache_write_input_tokens" => (
                &mut self.written,
                "cache_write_input_tokens is no whole number",
            ),
            b"output_tokens" => (&mut self.output, "output_tokens is no whole number"),
            b"reasoning_output_tokens" => (
                &mut self.reasoning,
                "reasoning_output_tokens is no whole number",
            ),
            b"total_tokens" => (&mut self.total, "total_tokens is no whole number"),
            _ => return cursor.skip_value(),
        });
        if let Some(number) = cursor.whole() {
            *place = number;
            return Ok(());
        }
        let value = cursor.value()?;
        match whole(value) {
            Some(number) => *place = number,
            None if value == Value::Null => {}
            None => wrong.push(reason),
        }
        cursor.skip(value)
    }

    /// What was used since `before`; `None` if any count fell, so that the counter began anew.
    pub(super) fn since(self, before: Usage) -> Option<Usage> {
        Some(Usage {
            input: self.input.checked_sub(before.input)?,
            cached: self.cached.checked_sub(before.cached)?,
            written: self.written.checked_sub(before.written)?,
            output: self.output.checked_sub(before.output)?,
            reasoning: self.reasoning.checked_sub(before.reasoning)?,
            total: self.total.checked_sub(before.total)?,
        })
    }

    /// Whether the client only notes that the window is full, as it does where the provider refuses a
    /// request for its length.
    pub(super) fn is_full_window(self) -> bool {
        self.input == 0 && self.output == 0 && self.total > 0
    }

    /// The counts as bytes, for a key.
    pub(super) fn bytes(self) -> [u8; 48] {
        let mut bytes = [0; 48];
        let counts = [
            self.input,
            self.cached,
            self.written,
            self.output,
            self.reasoning,
            self.total,
        ];
        for (place, count) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(counts) {
            *place = count.to_le_bytes();
        }
        bytes
    }
}

/// A whole number that fits.
fn whole(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Number(raw) => std::str::from_utf8(raw).ok()?.parse().ok(),
        _ => None,
    }
}
