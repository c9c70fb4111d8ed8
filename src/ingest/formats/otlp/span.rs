//! A span, and what kind of operation it is.

use super::super::super::failure::failure;
use super::super::super::json::{Cursor, Fault, Value, match_name};
use super::attributes::Attributes;
use super::value::{Any, attributes, list};
use crate::record::{OperationKind, OutcomeKind};

/// A span as it was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span<'a> {
    pub(super) trace: u128,
    pub(super) id: u128,
    pub(super) parent: u128,
    pub(super) name: &'a [u8],
    kind: Any<'a>,
    pub(super) start: Any<'a>,
    pub(super) end: Any<'a>,
    status: Any<'a>,
    pub(super) attributes: Attributes<'a>,
}

impl<'a> Span<'a> {
    /// Reads the span that was entered.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Fault> {
        let span = self;
        while let Some(key) = cursor.key()? {
            match_name!(key, {
                b"traceId" | b"trace_id" => span.trace = Any::field(cursor)?.id(),
                b"spanId" | b"span_id" => span.id = Any::field(cursor)?.id(),
                b"parentSpanId" | b"parent_span_id" => span.parent = Any::field(cursor)?.id(),
                b"name" => span.name = Any::field(cursor)?.text(),
                b"kind" => span.kind = Any::field(cursor)?,
                b"startTimeUnixNano" | b"start_time_unix_nano" => span.start = Any::field(cursor)?,
                b"endTimeUnixNano" | b"end_time_unix_nano" => span.end = Any::field(cursor)?,
                b"attributes" => {
                    attributes(cursor, |key, value| span.attributes.set(key, value))?;
                },
                b"status" => span.status = status(cursor)?,
                b"events" => list(cursor, |cursor| exception(cursor, &mut span.attributes))?,
                _ => cursor.skip_value()?,
            })
        }
        Ok(())
    }

    /// What it is.
    pub(super) fn operation(&self) -> OperationKind {
        use OperationKind as Op;
        let told = &self.attributes;
        if let Some(name) = self.name.strip_prefix(b"claude_code.") {
            return match_name!(name, {
                b"interaction" => Op::Task,
                b"llm_request" => Op::ModelRequest,
                b"tool" => Op::ToolCall,
                b"tool.blocked_on_user" => Op::WaitApproval,
                _ => Op::Other,
            });
        }
        match told.operation.text() {
            b"chat" | b"text_completion" | b"generate_content" => return Op::ModelRequest,
            b"execute_tool" => return Op::ToolCall,
            b"invoke_agent" | b"invoke_workflow" => return Op::Task,
            b"" => {}
            _ => return Op::Other,
        }
        let is = |words: &[&str]| {
            words
                .iter()
                .any(|word| told.kind.text().eq_ignore_ascii_case(word.as_bytes()))
        };
        if is(&["llm", "generation"]) {
            return Op::ModelRequest;
        }
        if is(&["tool"]) {
            return Op::ToolCall;
        }
        if is(&["agent", "workflow"]) || is(&["chain"]) && self.parent == 0 {
            return Op::Task;
        }
        if told.kind.is_some() {
            return Op::Other;
        }
        let is_request = matches!(told.request_type.text(), b"chat" | b"completion");
        let names_model = told.request_model.is_some()
            || told.provider.is_some() && told.response_model.is_some();
        if is_request || told.has_tokens() && names_model {
            return Op::ModelRequest;
        }
        // What came in from outside, as its caller sees it.
        let is_entry = matches!(
            self.kind,
            Any::Number(b"2" | b"5") | Any::Text(b"SPAN_KIND_SERVER" | b"SPAN_KIND_CONSUMER")
        );
        if is_entry && self.parent == 0 {
            Op::Step
        } else {
            Op::Other
        }
    }

    /// Whether its tokens are its own: those of agents and chains repeat what is below them.
    pub(super) fn has_own_tokens(&self, kind: OperationKind) -> bool {
        let told = &self.attributes;
        let is_embedding = told.operation.text() == b"embeddings"
            || told.kind.text().eq_ignore_ascii_case(b"embedding");
        kind == OperationKind::ModelRequest || kind == OperationKind::Other && is_embedding
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> OutcomeKind {
        let told = &self.attributes;
        let is_claude = self.name.starts_with(b"claude_code.");
        let has_failed = matches!(
            self.status,
            Any::Number(b"2") | Any::Text(b"2" | b"STATUS_CODE_ERROR" | b"ERROR")
        ) || told.error.is_some()
            || is_claude && told.plain.success.is_yes() == Some(false);
        if !has_failed {
            return OutcomeKind::Ok;
        }
        let status = if is_claude {
            told.plain.status
        } else {
            told.status
        };
        failure(told.error.text(), status.whole())
    }
}

fn status<'a>(cursor: &mut Cursor<'a>) -> Result<Any<'a>, Fault> {
    let value = cursor.value()?;
    if value != Value::Object {
        cursor.skip(value)?;
        return Ok(Any::Nothing);
    }
    let mut code = Any::Nothing;
    while let Some(key) = cursor.key()? {
        let value = Any::field(cursor)?;
        if key == b"code" {
            code = value;
        }
    }
    Ok(code)
}

/// Of the events of a span only the type of an exception is read.
fn exception<'a>(cursor: &mut Cursor<'a>, told: &mut Attributes<'a>) -> Result<(), Fault> {
    while let Some(key) = cursor.key()? {
        if key == b"attributes" {
            attributes(cursor, |key, value| {
                if key == b"exception.type" {
                    told.set(key, value);
                }
            })?;
        } else {
            cursor.skip_value()?;
        }
    }
    Ok(())
}
