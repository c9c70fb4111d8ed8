//! OpenTelemetry's OTLP as JSON: traces, logs and metrics, one export request a line (as collectors
//! write files) or as documents over several lines.
//!
//! Times are nanoseconds since 1970, whole numbers texts or numbers, ids hex, names camelCase or
//! snake_case; spans come in any order, and again where an exporter retried. Spans are told by the
//! GenAI conventions (old names too), OpenInference, OpenLLMetry, Langfuse and Claude Code. Tokens
//! count on the innermost spans of models only; input contains what a cache read or wrote. The
//! session is the conversation, else the session, of the span or another one of its trace in the same
//! part of the file, else the trace. Logs are the events of Claude Code and Gemini CLI. Of
//! distributions count, sum and extremes are used.

mod attributes;
mod events;
mod export;
mod log;
mod meaning;
mod metric;
mod points;
mod reader;
mod resource;
mod span;
mod tokens;
mod value;

use super::super::document::keys;
use super::super::json::{Cursor, Fault, Index, sound_part};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;
use reader::Reader;

/// The format.
#[derive(Debug)]
pub(super) struct Otlp;

/// Lines at the beginning of a file that are looked at to know the format.
const LOOKED_AT: usize = 8;
/// The largest document over several lines.
const LARGEST: usize = 1 << 30;

impl Format for Otlp {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn about(&self) -> &'static str {
        "OpenTelemetry's OTLP as JSON: spans of agents and models, events of coding agents, metrics"
    }

    fn plural(&self) -> &'static str {
        "OTLP exports"
    }

    fn is_splittable(&self, head: &Head<'_>) -> bool {
        // Documents over several lines are read as a whole.
        !head
            .bytes
            .split(|b| *b == b'\n')
            .take(LOOKED_AT)
            .any(opens_document)
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let has = |needle: &[u8]| memchr::memmem::find(head.bytes, needle).is_some();
        if !has(b"\"resource") {
            return Likelihood::No;
        }
        let is_request = |bytes: &[u8]| keys(bytes).iter().any(|key| export::SIGNALS.contains(key));
        let mut lines = head.bytes.split(|b| *b == b'\n').take(LOOKED_AT);
        if is_request(head.bytes) || lines.any(is_request) {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let mut reader = Reader::new(input, records, problems);
        let (mut index, mut of_document) = (Index::default(), Index::default());
        let mut document: Option<(u64, Vec<u8>)> = None;
        while let Some((number, text, indexed)) = input.next_indexed(&mut index)? {
            if let Some((begin, mut lines)) = document.take() {
                // A line that opens another one shows that the one before was cut off.
                if !text.starts_with(b"{") && lines.len() < LARGEST {
                    lines.push(b'\n');
                    lines.extend_from_slice(text);
                    if text.starts_with(b"}") {
                        request(&mut reader, begin, &lines, &mut of_document);
                    } else {
                        document = Some((begin, lines));
                    }
                    continue;
                }
                request(&mut reader, begin, &lines, &mut of_document);
            }
            if opens_document(text) {
                document = Some((number, text.to_vec()));
            } else if !text.trim_ascii().is_empty() {
                let walked = match indexed {
                    Ok(index) => walk(&mut reader, text, index),
                    Err(fault) => faulty(&mut reader, text, fault, &mut of_document),
                };
                end(&mut reader, number, text, walked);
            }
        }
        if let Some((begin, lines)) = document {
            request(&mut reader, begin, &lines, &mut of_document);
        }
        reader.finish();
        Ok(())
    }
}

/// Whether a document begins in this line that goes on in the next one.
fn opens_document(line: &[u8]) -> bool {
    line.starts_with(b"{") && matches!(line.trim_ascii_end().last(), Some(b'{' | b'[' | b','))
}

/// Reads one export request of several lines, which begins in line `line`.
fn request(reader: &mut Reader<'_>, line: u64, text: &[u8], index: &mut Index) {
    let result = match index.of(text) {
        Ok(()) => walk(reader, text, index),
        Err(fault) => faulty(reader, text, fault, index),
    };
    end(reader, line, text, result);
}

/// Reads what stands complete before the text that was cut, if that is the fault.
fn faulty(
    reader: &mut Reader<'_>,
    text: &[u8],
    fault: Fault,
    index: &mut Index,
) -> Result<(), Fault> {
    if fault == Fault::CutOff {
        let sound = sound_part(text);
        if index.of(sound).is_ok() {
            walk(reader, sound, index)?;
        }
    }
    Err(fault)
}

/// Ends an export request, and notes what was wrong with it.
fn end(reader: &mut Reader<'_>, line: u64, text: &[u8], result: Result<(), Fault>) {
    if let Err(fault) = result {
        reader.fault(ProblemKind::Skipped, fault.reason());
    }
    reader.end_document(line, text);
}

fn walk(reader: &mut Reader<'_>, text: &[u8], index: &Index) -> Result<(), Fault> {
    let mut cursor = Cursor::new(text, index);
    let result = export::walk(&mut cursor, reader);
    if result.is_err() {
        reader.at(cursor.offset());
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_export_is_told_by() {
        let detect = |bytes: &[u8]| {
            Otlp.detect(&Head {
                name: "x.json",
                bytes,
                is_whole: true,
            })
        };
        for text in [
            &b"{\"resourceSpans\":[]}"[..],
            b"{\n  \"resource_metrics\": [\n",
            b"garbage\n{\"resourceLogs\":[{\"res",
        ] {
            assert_eq!(detect(text), Likelihood::Yes, "{text:?}");
        }
        for text in [
            &b"{\"message\":\"{\\\"resourceSpans\\\":[]}\"}"[..],
            b"{\"x\":{\"resourceSpans\":[]}}",
            b"",
        ] {
            assert_eq!(detect(text), Likelihood::No, "{text:?}");
        }
    }
}
