//! The end of the page: information, what was not evaluated, what was skipped, the next step.

use std::collections::BTreeMap;

use super::super::pen::Pen;
use super::super::times;
use super::super::verdict::{capital, happened};
use super::super::words;
use super::advice;
use super::score::sentence;
use crate::assessment::{Assessment, EventRow, FaultRow};

/// Faults and files that are named on a page that is not full.
const NAMED: usize = 2;

/// Reasons that are named on a page that is not full.
const REASONS: usize = 1;

/// The last lines of a short page.
pub(super) fn summary(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    [
        ("To know", known(a, pen)),
        ("Not evaluated", not_evaluated(a, pen)),
        ("Skipped", skipped(a, pen)),
        ("Not declared", undeclared(a, pen)),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .flat_map(|(label, text)| pen.paragraph(&format!("  {label:<13}  "), &text))
    .chain(next(a, pen))
    .collect()
}

/// Findings for information: `DATA005 target-missing, OPS003 reports-uncommitted`.
fn known(a: &Assessment, pen: &Pen<'_>) -> String {
    let list: Vec<String> = a
        .findings
        .iter()
        .take(4)
        .map(|f| {
            let code = pen.name(&f.rule, 12);
            // Many names would take a second line.
            if pen.is_terse() || a.findings.len() > 3 {
                code
            } else {
                words::glued(&format!("{code} {}", pen.name(&f.name, 30)))
            }
        })
        .collect();
    let more = u64::try_from(a.findings.len() - list.len()).unwrap_or(0);
    format!("{}{}", list.join(", "), and_more(more))
}

/// `13 of 60 rules: needs prices (10), …`.
fn not_evaluated(a: &Assessment, pen: &Pen<'_>) -> String {
    if a.rules.not_evaluated == 0 {
        return String::new();
    }
    let counts = format!(
        "{} of {}",
        words::count(a.rules.not_evaluated),
        words::counted(a.rules.total, "rule", "rules")
    );
    if pen.is_terse() {
        return counts;
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &a.not_evaluated {
        *reasons.entry(rule.reason.as_str()).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by(|x, y| y.1.cmp(&x.1).then(x.0.cmp(y.0)));
    let named: Vec<String> = reasons
        .iter()
        .take(REASONS)
        .map(|(reason, n)| {
            let reason = pen.name(reason, 60);
            if *n > 1 {
                format!("{reason} ({n})")
            } else {
                reason
            }
        })
        .collect();
    let more = reasons.len().saturating_sub(REASONS);
    let more = if more > 0 {
        ", …".replace('…', pen.signs.ellipsis)
    } else {
        String::new()
    };
    format!("{counts}: {}{more}", named.join(", "))
}

/// `b7.jsonl:412 cut off …; not recognised: notes.txt, chart.png`.
fn skipped(a: &Assessment, pen: &Pen<'_>) -> String {
    let p = &a.provenance;
    let room = 24;
    let most = if pen.is_narrow() { 1 } else { NAMED };
    let mut parts: Vec<String> = Vec::new();
    if !p.problems.is_empty() {
        let named: Vec<String> = p
            .problems
            .iter()
            .take(most)
            .map(|f| {
                let place = place(f, room, pen);
                if pen.is_terse() {
                    place
                } else {
                    format!("{place} {}", pen.name(&f.reason, 60))
                }
            })
            .collect();
        let more = p
            .problems_total
            .saturating_sub(u64::try_from(named.len()).unwrap_or(0));
        parts.push(format!("{}{}", named.join(", "), and_more(more)));
    }
    if !p.unrecognised.is_empty() {
        let named: Vec<String> = p
            .unrecognised
            .iter()
            .take(most)
            .map(|f| pen.path(f, room))
            .collect();
        let more = u64::try_from(p.unrecognised.len() - named.len()).unwrap_or(0);
        parts.push(format!(
            "not recognised: {}{}",
            named.join(", "),
            and_more(more)
        ));
    }
    parts.join("; ")
}

/// `queue_depth (40), cache_warmth (12) have no unit here and are not judged: declare them …`.
fn undeclared(a: &Assessment, pen: &Pen<'_>) -> String {
    let all = &a.provenance.undeclared;
    let Some(first) = all.first() else {
        return String::new();
    };
    let most = if pen.is_narrow() { 1 } else { NAMED };
    let named: Vec<String> = all
        .iter()
        .take(most)
        .map(|u| format!("{} ({})", pen.name(&u.metric, 40), words::count(u.n)))
        .collect();
    let more = u64::try_from(all.len() - named.len()).unwrap_or(0);
    let names = format!("{}{}", named.join(", "), and_more(more));
    if pen.is_terse() {
        return names;
    }
    let example = pen.name(&first.metric, 40);
    format!(
        "{names}; in perfadvise.yaml  metrics: {{{example}: {{unit: count, direction: lower}}}}"
    )
}

fn and_more(n: u64) -> String {
    if n == 0 {
        String::new()
    } else {
        format!(" and {} more", words::count(n))
    }
}

/// `b7.jsonl:412`.
fn place(fault: &FaultRow, room: usize, pen: &Pen<'_>) -> String {
    let line = fault.line.map_or_else(String::new, |l| format!(":{l}"));
    format!(
        "{}{line}",
        pen.path(&fault.file, room.saturating_sub(line.len()))
    )
}

/// Commands that can be pasted.
fn next(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let left = if pen.style.full {
        command("  All parts of the score: ", "score --explain", pen)
    } else {
        command("  Everything: ", "analyze --full", pen)
    };
    let right = match a.recommendations.first() {
        Some(r) => format!("Next: perfadvise rules explain {}", pen.name(&r.rule, 12)),
        None if pen.style.full => "Next: perfadvise rules list".into(),
        None => command("Next: ", "score --explain", pen),
    };
    if super::super::escape::width(&left) + super::super::escape::width(&right) + 6 <= pen.width() {
        vec![format!("{left}      {right}")]
    } else {
        vec![left, format!("  {right}")]
    }
}

/// A verb on the paths of this run, behind a label. Half a command is worse than none: what does not fit the page is
/// told in words.
pub(in super::super) fn command(lead: &str, verb: &str, pen: &Pen<'_>) -> String {
    let paths = pen.text(arguments(&pen.style.command));
    let command = format!("{lead}perfadvise {verb} {paths}");
    if super::super::escape::width(&command) + 2 <= pen.width() {
        command.trim_end().to_owned()
    } else {
        format!("{lead}{verb}, with the same paths")
    }
}

/// What stands behind the verb and its switches: the paths.
pub(in super::super) fn arguments(command: &str) -> &str {
    let mut rest = command.trim_start();
    rest = rest
        .split_once(' ')
        .map_or("", |(_, rest)| rest)
        .trim_start();
    for switch in ["--full", "--explain"] {
        if let Some(behind) = rest.strip_prefix(switch) {
            rest = behind.trim_start();
        }
    }
    rest
}

/// Findings, events, rules that were not evaluated, skipped input: a section each, all of it.
pub(in super::super) fn full_sections(a: &Assessment, pen: &Pen<'_>) -> Vec<Vec<String>> {
    let mut sections = vec![
        events(a, pen),
        findings(a, pen),
        rules(a, pen),
        faults(a, pen),
    ];
    sections.push(next(a, pen));
    sections
}

/// Findings and rules that were not evaluated.
pub(in super::super) fn advice_sections(a: &Assessment, pen: &Pen<'_>) -> Vec<Vec<String>> {
    vec![findings(a, pen), rules(a, pen)]
}

fn titled(title: &str, lines: Vec<String>, pen: &Pen<'_>) -> Vec<String> {
    if lines.is_empty() {
        return lines;
    }
    let mut section = vec![pen.section(title, ""), String::new()];
    section.extend(lines);
    section
}

fn events(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let line = |e: &EventRow| {
        let count = if e.count > 1 {
            format!(", {} times", words::count(e.count))
        } else {
            String::new()
        };
        let seconds = e.seconds.map_or_else(String::new, |s| {
            format!(
                ", {}{}",
                words::amount(crate::metrics::Unit::Seconds, s, pen.signs),
                if e.count > 1 { " on average" } else { "" }
            )
        });
        pen.paragraph(
            &format!(
                "  {}  ",
                times::worded(e.time, &pen.style.zone, "%a %d %b %H:%M:%S")
            ),
            &format!("{}{count}{seconds}", told(e, pen)),
        )
    };
    titled(
        "Changes in the input",
        a.events.iter().flat_map(line).collect(),
        pen,
    )
}

/// `config change: context.cache_size was set from 100 to 50`, `mode switch: FANCY → SIMPLE`.
fn told(e: &EventRow, pen: &Pen<'_>) -> String {
    let event = pen.name(&e.event.replace('_', " "), 30);
    match (&e.knob, &e.from, &e.to) {
        (Some(_), ..) => format!("{event}: {}", happened(e, pen)),
        (None, Some(from), Some(to)) => format!(
            "{event}: {} {} {}",
            pen.name(from, 30),
            pen.signs.arrow,
            pen.name(to, 30)
        ),
        (None, None, Some(to)) => format!("{event}: {}", pen.name(to, 30)),
        _ => event,
    }
}

fn findings(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let indent = if pen.is_narrow() { 4 } else { 12 };
    let lines = a
        .findings
        .iter()
        .flat_map(|f| {
            let mut lines = pen.paragraph(
                "  ",
                &format!(
                    "{}  {}: {}",
                    pen.name(&f.rule, 12),
                    pen.name(&f.name, 30),
                    words::lower(&pen.text(&f.title))
                ),
            );
            let blank = " ".repeat(indent);
            if !f.why.is_empty() {
                lines.extend(pen.paragraph(&blank, &sentence(&pen.text(&f.why))));
            }
            let evidence: Vec<String> = f
                .evidence
                .iter()
                .map(|e| advice::evidence(e, pen))
                .collect();
            if !evidence.is_empty() {
                lines.extend(pen.paragraph(&blank, &capital(&evidence.join("; "))));
            }
            lines
        })
        .collect();
    titled("For information", lines, pen)
}

/// Rules by reason, and what became of all.
fn rules(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let mut lines: Vec<String> = a
        .not_evaluated
        .iter()
        .flat_map(|r| {
            let lead = format!("  {:<9} ", pen.name(&r.rule, 9));
            let name = pen.name(&r.name, 28);
            if pen.is_narrow() {
                pen.paragraph(&lead, &format!("{name}: {}", pen.text(&r.reason)))
            } else {
                pen.paragraph(&format!("{lead}{name:<30}"), &pen.text(&r.reason))
            }
        })
        .collect();
    let c = &a.rules;
    if c.total > 0 {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(pen.paragraph(
            "  ",
            &format!(
                "All {}: {} recommended, {} for information, {} silent, {} already applied or \
                 explained by another, {} not evaluated, {} off.",
                words::counted(c.total, "rule", "rules"),
                c.recommended,
                c.information,
                c.silent,
                c.settled,
                c.not_evaluated,
                c.off
            ),
        ));
        for s in &c.silenced {
            let reason = pen.name(&s.reason, 200);
            let text = format!(
                "{} is off until {}: {reason}",
                pen.name(&s.rule, 12),
                pen.name(&s.until, 10)
            );
            lines.extend(pen.paragraph("  ", &text));
        }
    }
    titled("Not evaluated", lines, pen)
}

fn faults(a: &Assessment, pen: &Pen<'_>) -> Vec<String> {
    let p = &a.provenance;
    let room = pen.width() / 2 - 4;
    let mut lines: Vec<String> = p
        .problems
        .iter()
        .flat_map(|f| {
            pen.paragraph(
                &format!("  {}  ", place(f, room, pen)),
                &pen.text(&f.reason),
            )
        })
        .collect();
    let more = p
        .problems_total
        .saturating_sub(u64::try_from(p.problems.len()).unwrap_or(0));
    if more > 0 {
        lines.push(format!("  and {} more faults", words::count(more)));
    }
    for file in &p.unrecognised_why {
        lines.extend(pen.paragraph(
            &format!("  {}  ", pen.path(&file.file, room)),
            &format!("not recognised: {}", pen.text(&file.reason)),
        ));
    }
    for u in &p.undeclared {
        lines.extend(pen.paragraph(
            &format!("  {}  ", pen.name(&u.metric, 40)),
            &format!(
                "{} without a unit, not judged; declare it in perfadvise.yaml:  metrics: {{{}: {{unit: count, direction: \
                 lower}}}}",
                words::counted(u.n, "value", "values"),
                pen.name(&u.metric, 40)
            ),
        ));
    }
    titled("Skipped input", lines, pen)
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn paths_of_a_command() {
        assert_eq!(arguments("analyze reports/"), "reports/");
        assert_eq!(arguments("analyze --full reports/ logs"), "reports/ logs");
        assert_eq!(arguments("analyze"), "");
        assert_eq!(arguments("score --explain a"), "a");
    }
}
