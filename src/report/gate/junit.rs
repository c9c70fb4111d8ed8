//! JUnit XML: a test case for each check; what cannot be judged is skipped, which test reports show.

use std::fmt::Write;

use super::{sentence, word};
use crate::assessment::{CheckKind, CheckLevel, GateReport, GateVerdict};

/// The document.
pub(super) fn render(report: &GateReport) -> String {
    // What makes the program exit with something else than 0.
    let fails = |c: &&crate::assessment::Check| {
        let is_short = report.exit_code == 3
            && matches!(
                c.compared.verdict,
                GateVerdict::Inconclusive | GateVerdict::Insufficient
            );
        let decides = c.level == CheckLevel::Error && !c.accepted;
        decides && (c.compared.verdict == GateVerdict::Regression || is_short)
    };
    let failures = report.checks.iter().filter(fails).count();
    let skipped = report
        .checks
        .iter()
        .filter(|c| !fails(c) && c.compared.verdict != GateVerdict::Pass)
        .count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a text cannot fail.
    let _ = writeln!(
        out,
        "<testsuites><testsuite name=\"perfadvise gate\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
        report.checks.len()
    );
    for check in &report.checks {
        let limit = match check.kind {
            CheckKind::Regression => "",
            CheckKind::Max => " max",
            CheckKind::Min => " min",
        };
        let name = format!("{} {}{limit}", check.compared.metric, check.statistic);
        let _ = write!(
            out,
            "<testcase classname=\"perfadvise.gate\" name=\"{}\">",
            escaped(&name)
        );
        let text = escaped(&sentence(check));
        if fails(&check) {
            let _ = write!(out, "<failure message=\"{text}\"/>");
        } else if check.compared.verdict != GateVerdict::Pass {
            let _ = write!(out, "<skipped message=\"{text}\"/>");
        } else {
            let _ = write!(out, "<system-out>{text}</system-out>");
        }
        out.push_str("</testcase>\n");
    }
    let _ = writeln!(
        out,
        "<system-out>{}</system-out></testsuite></testsuites>",
        word(report.verdict)
    );
    out
}

/// What has a meaning in XML, written out; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
