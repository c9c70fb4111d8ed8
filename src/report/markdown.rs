//! Markdown, for a chat or a pull request: the verdict, the key indicators, the recommendations, what
//! was left out. Everything from inputs is escaped; a table row is always one line.

use super::Style;
use super::pen::Pen;
use super::sources::sources;
use super::text::{advice, indicators, score as score_section, statements, time, tradeoffs, trend};
use super::times;
use super::verdict::verdict;
use super::words;
use crate::assessment::{Assessment, TargetVerdict, TrendDirection};
use crate::metrics::Unit;

/// Rows of the longer lists.
const ROWS: usize = 20;

/// The document.
pub(super) fn render(a: &Assessment, style: &Style) -> String {
    // Always with all characters, without colour and wide enough never to be cut.
    let style = Style {
        width: 200,
        unicode: true,
        colour: false,
        ..style.clone()
    };
    let pen = Pen::new(&style);
    let mut out = Vec::new();
    head(a, &pen, &mut out);
    if a.provenance.records > 0 {
        key_indicators(a, &pen, &mut out);
        score(a, &pen, &mut out);
        changes(a, &pen, &mut out);
        tables(a, &pen, &mut out);
        where_time_went(a, &pen, &mut out);
        recommendations(a, &pen, &mut out);
    }
    left_out(a, &pen, &mut out);
    let mut text = out.join("\n").replace(words::GLUE, " ");
    text.push('\n');
    text
}

/// What Markdown or HTML could take for more than text, written out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // No mention of people or issues, no link.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // No link from a bare address.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|c| escaped(c)).collect();
    format!("| {} |", cells.join(" | "))
}

/// Head and rule of a table; columns from `numbers` on are right-aligned.
fn table_head(heads: &[&str], numbers: usize) -> [String; 2] {
    let rule: Vec<&str> = (0..heads.len())
        .map(|i| if i < numbers { "---" } else { "---:" })
        .collect();
    [
        format!("| {} |", heads.join(" | ")),
        format!("| {} |", rule.join(" | ")),
    ]
}

fn head(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    if a.provenance.records == 0 {
        out.push("## perfadvise: nothing to analyse".into());
        out.push(String::new());
        out.push(format!(
            "Looked at {}, found no usable record.",
            words::counted(a.provenance.files, "file", "files")
        ));
        return;
    }
    let verdict = verdict(a, pen);
    out.push(format!("## {} {}", verdict.sign, escaped(&verdict.first)));
    out.push(String::new());
    out.push(escaped(&verdict.figures.join(" ")));
    if !verdict.detail.is_empty() {
        out.push(String::new());
        out.push(escaped(&verdict.detail.join(" ")));
    }
    out.push(String::new());
    let period = a.period.map_or_else(String::new, |p| {
        format!("{}; ", times::period(p, &pen.style.zone, pen.signs))
    });
    out.push(escaped(&format!(
        "{period}{}, {}.",
        sources(&a.provenance),
        words::counted(a.provenance.records, "record", "records")
    )));
}

fn key_indicators(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    if a.indicators.is_empty() {
        return;
    }
    out.extend([String::new(), "### Key indicators".into(), String::new()]);
    out.extend(table_head(
        &["", "verdict", "value", "95 % interval", "target", "n"],
        2,
    ));
    for i in &a.indicators {
        let interval = match (&i.interval, i.value) {
            (Some(x), Some(value)) => words::span(i.unit, value, x.low, x.high, pen.signs),
            _ => pen.signs.dash.into(),
        };
        let verdict = match i.verdict {
            TargetVerdict::Met => "✓ met",
            TargetVerdict::Missed => "✗ missed",
            TargetVerdict::Unknown => "? unknown",
        };
        out.push(row(&[
            pen.name(&i.title, 40),
            verdict.into(),
            words::amount_or_dash(i.unit, i.value, pen.signs),
            interval,
            i.target
                .as_ref()
                .map_or_else(String::new, |t| indicators::limit(t, i.unit, pen)),
            i.n.map_or_else(|| pen.signs.dash.into(), words::count),
        ]));
    }
}

fn score(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    let lost: Vec<String> = a
        .score
        .parts
        .iter()
        .filter_map(|p| Some((p, p.points_lost_shown.filter(|l| *l >= 0.05)?)))
        .map(|(p, lost)| {
            format!(
                "{} {}",
                score_section::title(p, pen),
                words::fixed(lost, 1, pen.signs)
            )
        })
        .collect();
    if lost.is_empty() {
        return;
    }
    out.push(String::new());
    out.push(escaped(&format!(
        "Points lost: {}. Coverage {}, profile {}.",
        lost.join(", "),
        words::whole_percent(a.score.coverage, pen.signs),
        pen.name(&a.score.profile, 30)
    )));
}

fn changes(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    let moved = a.trends.iter().filter(|t| {
        matches!(
            t.direction,
            TrendDirection::Rising | TrendDirection::Falling
        )
    });
    let rows: Vec<String> = moved
        .filter_map(|t| {
            let (first, second) = (t.first_half?, t.second_half?);
            let dims: Vec<String> = t.dims.values().map(|v| pen.name(v, 30)).collect();
            Some(row(&[
                format!(
                    "{} {}",
                    pen.name(&words::metric(&t.metric), 40),
                    dims.join(" ")
                )
                .trim_end()
                .to_owned(),
                trend::direction(t.direction).into(),
                words::amount(t.unit, first, pen.signs),
                words::amount(t.unit, second, pen.signs),
                words::change(t.unit, first, second, pen.signs),
                trend::shown_p(t)
                    .map_or_else(|| pen.signs.dash.into(), |p| words::p_figure(p, pen.signs)),
            ]))
        })
        .take(ROWS)
        .collect();
    if rows.is_empty() {
        return;
    }
    out.extend([
        String::new(),
        "### What changed over time".into(),
        String::new(),
    ]);
    out.extend(table_head(
        &["", "trend", "1st half", "2nd half", "change", "p"],
        2,
    ));
    out.extend(rows);
}

fn tables(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    for t in a.tables.iter().filter(|t| !t.rows.is_empty()) {
        out.extend([
            String::new(),
            format!(
                "### {}",
                escaped(&tradeoffs::dimension_title(&t.dimension, pen))
            ),
            String::new(),
        ]);
        let mut heads = vec![String::new(), "steps".into(), "share".into()];
        heads.extend(
            t.metrics
                .iter()
                .map(|m| escaped(&pen.name(&words::metric(m), 40))),
        );
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        out.extend(table_head(&heads, 1));
        for r in t.rows.iter().take(ROWS) {
            let mut cells = vec![
                tradeoffs::value(r, 40, pen),
                r.steps.map_or_else(|| pen.signs.dash.into(), words::count),
                words::amount_or_dash(Unit::Ratio, r.share, pen.signs),
            ];
            cells.extend(t.metrics.iter().map(|m| {
                r.cells
                    .get(m)
                    .map_or_else(|| pen.signs.dash.to_owned(), |c| tradeoffs::figure(c, pen))
            }));
            out.push(row(&cells));
        }
        let sentences = statements::sentences(a, &t.dimension, Some(t), pen);
        if !sentences.is_empty() {
            out.push(String::new());
            out.extend(sentences.iter().map(|s| format!("- {}", escaped(s))));
        }
    }
}

fn where_time_went(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    let Some(attribution) = time::known(a) else {
        return;
    };
    let heading = "### Where the time went";
    out.extend([String::new(), heading.into(), String::new()]);
    out.extend(table_head(&["", "time", "share", "95 % interval"], 1));
    let parts = time::parts(attribution, pen);
    let seconds: Vec<f64> = parts.iter().map(|p| p.seconds).collect();
    let scale = words::Scale::of_column(Unit::Seconds, attribution.wall_seconds, &seconds);
    out.extend(parts.iter().map(|p| {
        row(&[
            p.name.clone(),
            scale.amount(p.seconds, pen.signs),
            format!("{} %", words::fixed(p.percent, 1, pen.signs)),
            if p.interval.is_empty() {
                pen.signs.dash.into()
            } else {
                p.interval.clone()
            },
        ])
    }));
    let all = scale.amount(attribution.wall_seconds, pen.signs);
    out.push(row(&["all".into(), all, "100.0 %".into(), String::new()]));
    let notes = time::notes(attribution, pen);
    if !notes.is_empty() {
        out.push(String::new());
        out.extend(
            notes
                .iter()
                .map(|(name, text)| format!("- {name}: {}", escaped(text))),
        );
    }
}

fn recommendations(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    out.extend([String::new(), "### Recommendations".into(), String::new()]);
    if a.recommendations.is_empty() {
        out.push("None: no rule that could be judged speaks.".into());
        return;
    }
    for r in a.recommendations.iter().take(ROWS) {
        let what = r
            .change
            .as_ref()
            .map(|c| advice::change(c, pen))
            .or_else(|| r.advice.as_deref().map(|t| pen.text(t)))
            .unwrap_or_default();
        let gain = advice::points(r).map_or_else(
            || "no projection".into(),
            |p| words::score_points(p, pen.signs),
        );
        out.push(format!(
            "{}. **{}** {}: {}{} ({})",
            r.rank,
            advice::priority(r.priority),
            escaped(&format!(
                "{} {}",
                pen.name(&r.rule, 12),
                pen.name(&r.name, 30)
            )),
            escaped(&pen.text(&r.title)),
            if what.is_empty() {
                String::new()
            } else {
                format!(" → {}", escaped(&what))
            },
            escaped(&gain)
        ));
        let evidence: Vec<String> = r
            .evidence
            .iter()
            .map(|e| advice::evidence(e, pen))
            .collect();
        if !evidence.is_empty() {
            out.push(format!("   - evidence: {}", escaped(&evidence.join("; "))));
        }
        if let Some(p) = &r.projection {
            let effects: Vec<String> = p.effects.iter().map(|e| advice::effect(e, pen)).collect();
            out.push(format!(
                "   - projection ({}): {}",
                advice::basis(p.kind),
                escaped(&effects.join(", "))
            ));
        }
    }
}

fn left_out(a: &Assessment, pen: &Pen<'_>, out: &mut Vec<String>) {
    let p = &a.provenance;
    let mut lines: Vec<String> = p
        .problems
        .iter()
        .take(ROWS)
        .map(|f| {
            let line = f.line.map_or_else(String::new, |l| format!(":{l}"));
            format!("{}{line}: {}", pen.path(&f.file, 100), pen.text(&f.reason))
        })
        .chain(p.unrecognised_why.iter().take(ROWS).map(|n| {
            format!(
                "{}: not recognised ({})",
                pen.path(&n.file, 100),
                pen.text(&n.reason)
            )
        }))
        .collect();
    let listed = p.problems.len().min(ROWS) + p.unrecognised_why.len().min(ROWS);
    let all = p.problems_total + u64::try_from(p.unrecognised_why.len()).unwrap_or(0);
    let more = all.saturating_sub(u64::try_from(listed).unwrap_or(0));
    if more > 0 {
        lines.push(format!("and {} more", words::count(more)));
    }
    if a.rules.not_evaluated > 0 {
        lines.push(format!(
            "{} of {} not evaluated for lack of data",
            words::count(a.rules.not_evaluated),
            words::counted(a.rules.total, "rule", "rules")
        ));
    }
    if !lines.is_empty() {
        out.extend([String::new(), "### Left out".into(), String::new()]);
        out.extend(lines.iter().map(|l| format!("- {}", escaped(l))));
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_is_text() {
        assert_eq!(escaped("a|b"), "a\\|b");
        assert_eq!(escaped("<script>"), "&lt;script&gt;");
        assert_eq!(escaped("`x` *y* [z](u)"), "\\`x\\` \\*y\\* \\[z\\](u)");
        assert_eq!(escaped("@name #12"), "&#64;name &#35;12");
    }
}
