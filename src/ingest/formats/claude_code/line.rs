//! One line of a session log: the few fields that matter, still as they were written.

use smallvec::SmallVec;

use super::super::super::calls;
use super::super::super::json::{Cursor, Fault, Index, Value, each_key_indexed, match_name};
use crate::record::{Attendance, Stop};

/// A field of a line that has not the type it should have.
pub(super) type Wrong = &'static str;

/// A hundred years of 365.25 days in milliseconds: no wait is longer.
const LONGEST: f64 = 3_155_760_000e3;

/// A line. Texts are the bytes between the quotes, not decoded.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) kind: &'a [u8],
    pub(super) subtype: &'a [u8],
    pub(super) time: Option<&'a [u8]>,
    pub(super) session: &'a [u8],
    pub(super) uuid: &'a [u8],
    pub(super) parent: Option<&'a [u8]>,
    pub(super) cwd: &'a [u8],
    pub(super) agent: &'a [u8],
    pub(super) request: &'a [u8],
    /// `None`: the line does not say.
    pub(super) attendance: Option<Attendance>,
    pub(super) is_sidechain: bool,
    pub(super) is_meta: bool,
    pub(super) is_summary: bool,
    pub(super) is_error_message: bool,
    /// Milliseconds to wait before the next attempt.
    pub(super) retry_in: Option<f64>,
    /// The status with which an attempt was refused.
    pub(super) status: Option<u32>,
    /// Tokens in the context before it was compacted.
    pub(super) tokens_before: Option<u32>,
    /// US dollars.
    pub(super) cost: Option<f64>,
    /// Milliseconds that the request took, of early versions.
    pub(super) duration: Option<f64>,
    pub(super) message: Option<Message<'a>>,
    /// Fields that were left out for their type.
    pub(super) wrong: Vec<Wrong>,
}

/// The message in a line.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) id: &'a [u8],
    pub(super) model: &'a [u8],
    /// Why the reply ended; lines of a reply that goes on do not say.
    pub(super) stop: Stop,
    pub(super) usage: Option<Usage>,
    pub(super) blocks: SmallVec<[Block<'a>; 1]>,
    /// The first text: where a person's prompt begins.
    pub(super) text: Option<&'a [u8]>,
}

/// A content block that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block<'a> {
    /// A tool was called.
    ToolUse {
        id: &'a [u8],
        name: &'a [u8],
        /// Hash of its arguments.
        arguments: u32,
    },
    /// A tool gave its result.
    ToolResult {
        id: &'a [u8],
        is_error: bool,
        /// Estimated tokens of its text.
        tokens: u32,
    },
}

/// Tokens as a line has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Usage {
    pub(super) fresh: u32,
    pub(super) output: u32,
    pub(super) cache_read: u32,
    pub(super) cache_write: u32,
    pub(super) cache_write_5m: u32,
    pub(super) cache_write_1h: u32,
    /// Which of the counts that no usage lacks were read: [`INPUT`] and [`OUTPUT`].
    pub(super) told: u8,
}

const INPUT: u8 = 1;
const OUTPUT: u8 = 2;

/// Of the ways in which the client is started only its print mode (`claude -p`) has nobody who types; a program that uses
/// the kit (`sdk-ts`, `sdk-py`) may show a person what comes.
fn attendance(entrypoint: &[u8]) -> Attendance {
    match_name!(entrypoint, {
        b"sdk-cli" => Attendance::Unattended,
        b"cli" | b"claude-vscode" | b"claude-desktop" => Attendance::Attended,
        _ => Attendance::Unknown,
    })
}

impl<'a> Line<'a> {
    /// Takes a line apart, of which there is an index: what it says comes to what is here.
    pub(super) fn read(&mut self, text: &'a [u8], index: &'a Index) -> Result<(), Fault> {
        each_key_indexed(text, index, |key, cursor| self.field(key, cursor))?.end()
    }

    fn field(&mut self, key: &[u8], cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let value = cursor.value()?;
        match_name!(key, {
            b"type" => self.kind = value.text().unwrap_or_default(),
            b"subtype" => self.subtype = value.text().unwrap_or_default(),
            // Of the wrong type it is there, but no time.
            b"timestamp" if value != Value::Null => {
                self.time = Some(value.text().unwrap_or_default());
            },
            b"sessionId" => self.session = value.text().unwrap_or_default(),
            b"uuid" => self.uuid = value.text().unwrap_or_default(),
            b"parentUuid" => self.parent = value.text(),
            b"cwd" => self.cwd = value.text().unwrap_or_default(),
            b"agentId" => self.agent = value.text().unwrap_or_default(),
            b"requestId" => self.request = value.text().unwrap_or_default(),
            b"entrypoint" => self.attendance = Some(attendance(value.text().unwrap_or_default())),
            b"isSidechain" => self.is_sidechain = value == Value::Bool(true),
            b"isMeta" => self.is_meta = value == Value::Bool(true),
            b"isCompactSummary" => self.is_summary = value == Value::Bool(true),
            b"isApiErrorMessage" => self.is_error_message = value == Value::Bool(true),
            b"retryInMs" => {
                let wrong = "retryInMs is no number of milliseconds within a hundred years";
                self.retry_in = self.number(value, wrong);
                if self.retry_in.is_some_and(|wait| wait > LONGEST) {
                    self.retry_in = None;
                    self.wrong.push(wrong);
                }
            },
            b"costUSD" => self.cost = self.number(value, "costUSD is no positive number"),
            b"durationMs" => {
                self.duration = self.number(value, "durationMs is no positive number");
            },
            b"message" if value == Value::Object => {
                let message = self.message.insert(Message::default());
                while let Some(key) = cursor.key()? {
                    message.field(key, cursor, &mut self.wrong)?;
                }
                return Ok(());
            },
            b"error" if value == Value::Object => {
                while let Some(key) = cursor.key()? {
                    let value = cursor.value()?;
                    if key == b"status" {
                        self.status = whole(value);
                    }
                    cursor.skip(value)?;
                }
                return Ok(());
            },
            b"compactMetadata" if value == Value::Object => {
                while let Some(key) = cursor.key()? {
                    let value = cursor.value()?;
                    if key == b"preTokens" {
                        self.tokens_before = whole(value);
                    }
                    cursor.skip(value)?;
                }
                return Ok(());
            },
            _ => {}
        });
        cursor.skip(value)
    }

    fn number(&mut self, value: Value<'_>, wrong: Wrong) -> Option<f64> {
        positive(value, wrong, &mut self.wrong)
    }
}

impl<'a> Message<'a> {
    pub(super) fn field(
        &mut self,
        key: &[u8],
        cursor: &mut Cursor<'a>,
        wrong: &mut Vec<Wrong>,
    ) -> Result<(), Fault> {
        let value = cursor.value()?;
        match_name!(key, {
            b"id" => self.id = value.text().unwrap_or_default(),
            b"model" => self.model = value.text().unwrap_or_default(),
            b"stop_reason" if value == Value::Text(b"max_tokens") => self.stop = Stop::Limit,
            b"stop_reason" if value != Value::Null => self.stop = Stop::Complete,
            b"content" if value == Value::List => {
                while cursor.item()? {
                    self.block(cursor)?;
                }
                return Ok(());
            },
            b"content" if value.text().is_some() => self.text = value.text(),
            b"usage" if value == Value::Object => {
                let usage = self.usage.insert(Usage::default());
                while let Some(key) = cursor.key()? {
                    usage.field(key, cursor, wrong)?;
                }
                return Ok(());
            },
            b"usage" if value != Value::Null => wrong.push("usage is no object"),
            _ => {},
        });
        cursor.skip(value)
    }

    fn block(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let value = cursor.value()?;
        if value != Value::Object {
            return cursor.skip(value);
        }
        let (mut kind, mut id, mut name, mut answered, mut text) =
            (&b""[..], &b""[..], &b""[..], &b""[..], None);
        let mut is_error = false;
        let (mut arguments, mut tokens) = (0, 0);
        while let Some(key) = cursor.key()? {
            let value = cursor.value()?;
            match_name!(key, {
                b"input" => {
                    arguments = calls::arguments(cursor.raw(value)?);
                    continue;
                },
                b"content" => {
                    tokens = calls::result(cursor, value)?;
                    continue;
                },
                b"type" => kind = value.text().unwrap_or_default(),
                b"id" => id = value.text().unwrap_or_default(),
                b"name" => name = value.text().unwrap_or_default(),
                b"tool_use_id" => answered = value.text().unwrap_or_default(),
                b"is_error" => is_error = value == Value::Bool(true),
                b"text" => text = value.text(),
                _ => {}
            });
            cursor.skip(value)?;
        }
        match_name!(kind, {
            b"tool_use" => self.blocks.push(Block::ToolUse {
                id,
                name,
                arguments,
            }),
            b"tool_result" => self.blocks.push(Block::ToolResult {
                id: answered,
                is_error,
                tokens,
            }),
            b"text" => self.text = self.text.or(text),
            _ => {}
        });
        Ok(())
    }
}

impl Usage {
    pub(super) fn field(
        &mut self,
        key: &[u8],
        cursor: &mut Cursor<'_>,
        wrong: &mut Vec<Wrong>,
    ) -> Result<(), Fault> {
        let (place, told, reason): (&mut u32, u8, Wrong) = match_name!(key, {
            b"input_tokens" => (&mut self.fresh, INPUT, "input_tokens is no whole number"),
            b"output_tokens" => (&mut self.output, OUTPUT, "output_tokens is no whole number"),
            b"cache_read_input_tokens" => (
                &mut self.cache_read,
                0,
                "cache_read_input_tokens is no whole number",
            ),
            b"cache_creation_input_tokens" => (
                &mut self.cache_write,
                0,
                "cache_creation_input_tokens is no whole number",
            ),
            b"ephemeral_5m_input_tokens" => (
                &mut self.cache_write_5m,
                0,
                "ephemeral_5m_input_tokens is no whole number",
            ),
            b"ephemeral_1h_input_tokens" => (
                &mut self.cache_write_1h,
                0,
                "ephemeral_1h_input_tokens is no whole number",
            ),
            b"cache_creation" => {
                let value = cursor.value()?;
                if value != Value::Object {
                    return cursor.skip(value);
                }
                while let Some(key) = cursor.key()? {
                    if key.starts_with(b"ephemeral_") {
                        self.field(key, cursor, wrong)?;
                    } else {
                        cursor.skip_value()?;
                    }
                }
                return Ok(());
            },
            _ => return cursor.skip_value(),
        });
        if let Some(number) = cursor.whole() {
            *place = number;
            self.told |= told;
            return Ok(());
        }
        let value = cursor.value()?;
        match whole(value) {
            Some(number) => {
                *place = number;
                self.told |= told;
            }
            None if value == Value::Null => {}
            None => wrong.push(reason),
        }
        cursor.skip(value)
    }

    /// Whether it tells both what went in and what came out.
    pub(super) fn is_whole(self) -> bool {
        self.told == INPUT | OUTPUT
    }

    /// Whether nothing was counted.
    pub(super) fn is_nothing(self) -> bool {
        let counted = Self { told: 0, ..self };
        counted == Self::default()
    }

    /// Tokens written to the cache: the sum as given, or that of its parts where it is missing.
    pub(super) fn written(self) -> u32 {
        let parts = self.cache_write_5m.saturating_add(self.cache_write_1h);
        self.cache_write.max(parts)
    }
}

/// A finite number that is not below 0; anything else but `null` is `wrong`.
pub(super) fn positive(value: Value<'_>, reason: Wrong, wrong: &mut Vec<Wrong>) -> Option<f64> {
    let number = match value {
        Value::Null => return None,
        Value::Number(raw) => std::str::from_utf8(raw)
            .ok()
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|n| n.is_finite() && *n >= 0.0),
        _ => None,
    };
    if number.is_none() {
        wrong.push(reason);
    }
    number
}

/// A whole number that fits.
pub(super) fn whole(value: Value<'_>) -> Option<u32> {
    match value {
        Value::Number(raw) => raw.iter().try_fold(0_u32, |number, digit| {
            let digit = char::from(*digit).to_digit(10)?;
            number.checked_mul(10)?.checked_add(digit)
        }),
        _ => None,
    }
}
