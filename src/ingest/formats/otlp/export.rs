//! Export requests: resource, scope, and the spans, log records and metrics in them.

use super::super::super::json::{Cursor, Fault, Value, match_name};
use super::log::Log;
use super::metric::Metric;
use super::reader::Reader;
use super::resource::Resource;
use super::span::Span;
use super::value::list;

/// Keys of a whole export request, one for each signal.
pub(super) const SIGNALS: &[&[u8]] = &[
    b"resourceSpans",
    b"resource_spans",
    b"resourceLogs",
    b"resource_logs",
    b"resourceMetrics",
    b"resource_metrics",
];

/// Reads one export request. What stands complete before a fault is kept.
pub(super) fn walk<'a>(cursor: &mut Cursor<'a>, reader: &mut Reader<'_>) -> Result<(), Fault> {
    let value = cursor.value()?;
    if value != Value::Object {
        cursor.skip(value)?;
        cursor.end()?;
        return Err(Fault::NotJson);
    }
    while let Some(key) = cursor.key()? {
        if SIGNALS.contains(&key) {
            list(cursor, |cursor| resource(cursor, reader))?;
        } else {
            cursor.skip_value()?;
        }
    }
    cursor.end()
}

fn resource<'a>(cursor: &mut Cursor<'a>, reader: &mut Reader<'_>) -> Result<(), Fault> {
    // It may stand behind what it describes.
    let described = Resource::ahead(cursor.clone());
    reader.enter(&described);
    while let Some(key) = cursor.key()? {
        match_name!(key, {
            b"scopeSpans"
            | b"scope_spans"
            | b"instrumentationLibrarySpans"
            | b"scopeLogs"
            | b"scope_logs"
            | b"scopeMetrics"
            | b"scope_metrics" => {
                list(cursor, |cursor| scope(cursor, reader))?;
            },
            _ => cursor.skip_value()?,
        })
    }
    Ok(())
}

fn scope<'a>(cursor: &mut Cursor<'a>, reader: &mut Reader<'_>) -> Result<(), Fault> {
    while let Some(key) = cursor.key()? {
        match_name!(key, {
            b"spans" => list(cursor, |cursor| {
                // Long, so it is filled where it lies.
                let mut span = Span::default();
                span.read(cursor)?;
                reader.at(cursor.offset());
                reader.span(&span);
                Ok(())
            })?,
            b"logRecords" | b"log_records" => list(cursor, |cursor| {
                let log = Log::read(cursor)?;
                reader.at(cursor.offset());
                reader.log(&log);
                Ok(())
            })?,
            b"metrics" => list(cursor, |cursor| {
                let metric = Metric::ahead(cursor.clone());
                metric.read(cursor, |point, cursor| {
                    reader.at(cursor.offset());
                    reader.point(&metric, point);
                })
            })?,
            _ => cursor.skip_value()?,
        })
    }
    Ok(())
}
