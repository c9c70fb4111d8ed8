//! The beginning of the page: heading, verdict, where the data came from.

use super::super::pen::{Pen, Tone};
use super::super::sources::sources;
use super::super::times;
use super::super::verdict::verdict;
use super::super::words;
use crate::assessment::{Assessment, FormatCount, RepeatRow};

/// Models without a price that are named.
const NAMED_MODELS: usize = 4;

/// Program, command and period.
pub(super) fn heading(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let title = format!(
        "{} {} {} {}",
        pen.name(&a.generator.name, 20),
        pen.name(&a.generator.version, 20),
        pen.signs.dot,
        pen.name(&pen.style.command, pen.width().saturating_sub(20))
    );
    let period = a.period.map_or_else(
        || "no times in the input".to_owned(),
        |p| times::period(p, &pen.style.zone, pen.signs),
    );
    pen.spread(&title, &period)
}

/// The verdict: a bold sentence, score and targets, what changed.
pub(in super::super) fn statement(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let verdict = verdict(a, pen);
    let sign = pen.paint(verdict.tone, verdict.sign);
    let first = pen.paint(Tone::Bold, &verdict.first);
    let mut lines = pen.paragraph(
        &format!("  {sign} "),
        &format!("{first} {}", verdict.figures.join(" ")),
    );
    if !verdict.detail.is_empty() {
        lines.extend(pen.paragraph("    ", &verdict.detail.join(" ")));
    }
    lines
}

/// What was read, kept and left out.
pub(super) fn provenance(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let p = &a.provenance;
    if pen.is_narrow() && !pen.style.full {
        let read = format!(
            "{}, {}, {}",
            sources(p),
            words::amount(crate::metrics::Unit::Bytes, to_f64(p.bytes), pen.signs),
            words::counted(p.records, "record", "records")
        );
        return [("Read", read), ("Left out", left_out(a, false))]
            .into_iter()
            .flat_map(|(label, text)| pen.paragraph(&format!("  {label:<9}"), &text))
            .collect();
    }
    let formats: Vec<String> = p
        .formats_named
        .iter()
        .map(|f| format_count(f, pen))
        .collect();
    let bytes = words::amount(crate::metrics::Unit::Bytes, to_f64(p.bytes), pen.signs);
    let read = format!(
        "{}{}{}{}",
        sources(p),
        if p.files == 0 && p.history.is_some() {
            String::new()
        } else {
            format!(", {bytes}")
        },
        if formats.is_empty() { "" } else { ": " },
        formats.join(", ")
    );
    let kinds: Vec<String> = [
        (p.operations, "operation", "operations"),
        (p.samples, "sample", "samples"),
        (p.events, "event", "events"),
        (p.aggregates, "summary", "summaries"),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, one, many)| words::counted(n, one, many))
    .collect();
    let records = if kinds.is_empty() {
        words::count(p.records)
    } else if p.operations + p.samples + p.events + p.aggregates == p.records {
        format!("{}: {}", words::count(p.records), kinds.join(", "))
    } else {
        // A line of a log may hold several operations.
        format!(
            "{}, which hold {}",
            words::count(p.records),
            kinds.join(", ")
        )
    };
    [
        ("Read", read),
        ("Records", records),
        ("Left out", left_out(a, true)),
    ]
    .into_iter()
    .chain(cost(a, pen).map(|cost| ("Cost", cost)))
    .flat_map(|(label, text)| pen.paragraph(&format!("  {label:<9}"), &text))
    .collect()
}

/// What was reported goes first; the short page has room for one.
fn cost(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let is_reported = a.metrics.iter().any(|m| m.metric == "cost");
    (!is_reported || pen.style.full)
        .then(|| at_list_prices(a, pen))
        .flatten()
}

/// What the tokens cost at list prices, of which day these are, and what has none.
pub(in super::super) fn at_list_prices(a: &Assessment, pen: &Pen<'_>) -> Option<String> {
    let note = a.provenance.prices.as_ref()?;
    // Of a history these may be several days.
    let date = pen.name(&note.date, 40);
    let mut parts = Vec::new();
    if let Some(cost) = note.cost {
        let amount = words::amount(crate::metrics::Unit::Usd, cost, pen.signs);
        // Of some request the log does not tell all tokens.
        let mut rows = a.metrics.iter().filter(|m| m.metric == "computed_cost");
        let is_least = rows.any(|m| m.marks.iter().any(|mark| mark == "lower_bound"));
        let at_least = if is_least { "at least " } else { "" };
        parts.push(format!(
            "{at_least}{amount} at list prices of {date} ({})",
            note.basis
        ));
    }
    if !note.unpriced.is_empty() {
        let requests = note.unpriced.iter().map(|u| u.requests).sum();
        let names: Vec<String> = note
            .unpriced
            .iter()
            .take(NAMED_MODELS)
            .map(|u| match u.model.as_str() {
                "" => "no model named".to_owned(),
                model => pen.name(model, 40),
            })
            .collect();
        let more = note.unpriced.len().saturating_sub(NAMED_MODELS);
        let more = if more > 0 {
            format!(", {more} more")
        } else {
            String::new()
        };
        parts.push(format!(
            "not known for {}: no price of {} ({}{more})",
            words::counted(requests, "request", "requests"),
            date,
            names.join(", ")
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A source of a session in the middle of a sentence.
fn source(name: &str) -> &str {
    match name {
        "log" => "the agent's log",
        "result" => "printed results",
        other => other,
    }
}

/// The same with what it does.
fn tells(name: &str) -> String {
    let verb = if name == "log" { "tells" } else { "tell" };
    format!("{} {verb}", source(name))
}

fn left_out(a: &Assessment, has_hint: bool) -> String {
    let p = &a.provenance;
    let other_faults = p.problems_total.saturating_sub(p.skipped);
    let parts: Vec<String> = [
        (p.duplicates, "duplicate", "duplicates"),
        (p.skipped, "faulty record", "faulty records"),
        (
            other_faults,
            "faulty value or file",
            "faulty values or files",
        ),
        (
            to_u64(p.unrecognised.len()),
            "unknown file",
            "unknown files",
        ),
        (
            p.ignored,
            "key or line that is not used",
            "keys or lines that are not used",
        ),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, one, many)| format!("{} {}", words::count(n), if n == 1 { one } else { many }))
    .collect();
    if parts.is_empty() {
        return "nothing".into();
    }
    let mut parts = parts;
    if !p.repeats.is_empty() {
        // Duplicates stand first, and what is repeated is among them.
        let told = |r: &RepeatRow| {
            format!(
                "{} from {} that {} too",
                words::count(r.records),
                source(&r.left_out),
                tells(&r.kept)
            )
        };
        let told: Vec<String> = p.repeats.iter().map(told).collect();
        let among = format!("among them {}", told.join(", "));
        if p.duplicates > 0 {
            parts[0] = format!("{} ({among})", parts[0]);
        }
    }
    let named = if has_hint && (p.problems_total > 0 || !p.unrecognised.is_empty()) {
        " (named at the end)"
    } else {
        ""
    };
    format!("{}{named}", parts.join(", "))
}

/// `42 monitor reports`, `1 monitor report`.
pub(in super::super) fn format_count(format: &FormatCount, pen: &Pen<'_>) -> String {
    let plural = pen.name(&format.plural, 40);
    let name = if format.files == 1 {
        singular(&plural)
    } else {
        plural
    };
    format!("{}{}{name}", words::count(format.files), words::GLUE)
}

/// The singular of a plural of the format registry.
fn singular(plural: &str) -> String {
    if plural.ends_with("series") {
        plural.to_owned()
    } else if let Some(stem) = plural.strip_suffix("uses") {
        format!("{stem}us")
    } else if let Some(stem) = plural.strip_suffix("ies") {
        format!("{stem}y")
    } else {
        plural.strip_suffix('s').unwrap_or(plural).to_owned()
    }
}

#[allow(clippy::cast_precision_loss)]
fn to_f64(n: u64) -> f64 {
    n as f64
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::singular;

    #[test]
    fn one_file_of_a_format() {
        assert_eq!(singular("monitor reports"), "monitor report");
        assert_eq!(singular("plain series"), "plain series");
        assert_eq!(singular("status bodies"), "status body");
        assert_eq!(singular("interface statuses"), "interface status");
    }
}
