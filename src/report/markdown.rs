//! Markdown for a chat or a pull request. Text from inputs cannot form markup.

use std::fmt::Write as _;

use super::Style;
use super::escape::visible;
use super::pen::Pen;
use super::signs;
use super::text;
use super::words;
use crate::assessment::{Assessment, TargetVerdict};

/// The whole result in short.
pub(super) fn render(a: &Assessment, style: &Style) -> String {
    let plain = Style {
        colour: false,
        width: 200,
        ..style.clone()
    };
    let pen = Pen::new(&plain);
    let signs: &signs::Signs = if style.unicode {
        &signs::UNICODE
    } else {
        &signs::ASCII
    };
    let mut out = String::from("## perfadvise\n\n");
    let prose =
        |lines: Vec<String>| escaped(&lines.iter().map(|l| l.trim()).collect::<Vec<_>>().join(" "));
    let _ = writeln!(out, "{}\n", prose(text::opening::statement(a, &pen)));
    if !a.indicators.is_empty() {
        out.push_str(
            "| indicator | value | 95 % interval | target | verdict |\n|---|---:|---|---:|---|\n",
        );
        for i in &a.indicators {
            let interval = i.interval.as_ref().map_or_else(
                || signs.dash.to_owned(),
                |v| words::span(i.unit, i.value.unwrap_or(v.low), v.low, v.high, signs),
            );
            let verdict = match i.verdict {
                TargetVerdict::Met => "met",
                TargetVerdict::Missed => "**missed**",
                TargetVerdict::Unknown => "unknown",
            };
            let _ = writeln!(
                out,
                "| {} | {} | {interval} | {} | {verdict} |",
                escaped(&i.title),
                words::amount_or_dash(i.unit, i.value, signs),
                words::amount_or_dash(i.unit, i.target.as_ref().map(|t| t.value), signs),
            );
        }
        out.push('\n');
    }
    let score = text::score::section(a, &pen);
    let _ = writeln!(
        out,
        "**Score**: {}\n",
        prose(score.into_iter().skip(2).collect())
    );
    for table in &a.tables {
        let _ = writeln!(
            out,
            "| {} | steps | share | {} |",
            escaped(&table.dimension),
            table
                .metrics
                .iter()
                .map(|m| escaped(&words::metric(m)))
                .collect::<Vec<_>>()
                .join(" | ")
        );
        let _ = writeln!(
            out,
            "|---|---:|---:|{}",
            "---:|".repeat(table.metrics.len())
        );
        for row in &table.rows {
            let cells: Vec<String> = table
                .metrics
                .iter()
                .map(|m| {
                    row.cells.get(m).map_or_else(
                        || signs.dash.to_owned(),
                        |c| words::amount(c.unit, c.value, signs),
                    )
                })
                .collect();
            let steps = row
                .steps
                .map_or_else(|| signs.dash.to_owned(), words::count);
            let share = words::amount_or_dash(crate::metrics::Unit::Ratio, row.share, signs);
            let _ = writeln!(
                out,
                "| {} | {steps} | {share} | {} |",
                escaped(&row.value),
                cells.join(" | ")
            );
        }
        out.push('\n');
    }
    if !a.recommendations.is_empty() {
        out.push_str("### Recommendations\n\n");
        for r in &a.recommendations {
            let change = r.change.as_ref().map_or_else(String::new, |c| {
                format!(": {}", escaped(&text::advice::change(c, &pen)))
            });
            let points = text::advice::points(r).map_or_else(
                || "no projection".to_owned(),
                |p| format!("{} points", words::signed(p, 1, signs)),
            );
            let _ = writeln!(
                out,
                "{}. **{} {}** ({}, {points}){change}  \n   {}",
                r.rank,
                escaped(&r.rule),
                escaped(&r.name),
                text::advice::priority(r.priority),
                escaped(&r.title),
            );
            let evidence: Vec<String> = r
                .evidence
                .iter()
                .map(|e| escaped(&text::advice::evidence(e, &pen)))
                .collect();
            if !evidence.is_empty() {
                let _ = writeln!(out, "   - {}", evidence.join("; "));
            }
        }
        out.push('\n');
    }
    let p = &a.provenance;
    let _ = writeln!(
        out,
        "{} from {}, {} skipped, {} not recognised; {} of {} rules not evaluated.",
        words::counted(p.records, "record", "records"),
        words::counted(p.files, "file", "files"),
        words::count(p.problems_total),
        words::counted(p.unrecognised.len() as u64, "file", "files"),
        words::count(a.rules.not_evaluated),
        words::count(a.rules.total),
    );
    out
}

/// A text that Markdown shows as it is: no tables, links, code or HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(&text.replace(['\u{a0}', '\n', '\r'], " "), true).chars() {
        match c {
            '|' | '*' | '_' | '`' | '[' | ']' | '#' | '\\' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            escaped("a|b <img src=x> `c` [d](e)\n# f"),
            "a\\|b &lt;img src=x&gt; \\`c\\` \\[d\\](e) \\# f"
        );
    }
}
