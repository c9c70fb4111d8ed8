//! Commands of GitHub's workflows: at most ten annotations, which is what a job shows.

use super::{headline, places, sentence};
use crate::assessment::{CheckLevel, GateReport, GateVerdict};
use crate::report::Style;
use crate::report::pen::Pen;

/// Annotations that a step shows.
const MOST: usize = 10;

/// A line for each check that did not pass, regressions first; the verdict last.
pub(super) fn render(report: &GateReport) -> String {
    let style = Style::default();
    let rank = |verdict| match verdict {
        GateVerdict::Regression => 0,
        GateVerdict::Inconclusive => 1,
        GateVerdict::Insufficient => 2,
        GateVerdict::Pass => 3,
    };
    let mut open: Vec<_> = report
        .checks
        .iter()
        .filter(|c| c.compared.verdict != GateVerdict::Pass)
        .collect();
    open.sort_by_key(|c| rank(c.compared.verdict));
    let mut out = String::new();
    for check in open.iter().take(MOST) {
        let command = match (check.compared.verdict, check.level, check.accepted) {
            (GateVerdict::Regression, CheckLevel::Error, false) => "error",
            (GateVerdict::Regression, ..) => "warning",
            _ => "notice",
        };
        let place = places(check, report)
            .first()
            .map_or_else(String::new, |(file, line)| {
                format!("file={},line={line},", property(file))
            });
        out.push_str(&format!(
            "::{command} {place}title={}::{}\n",
            property(&format!("perfadvise: {}", check.compared.metric)),
            data(&sentence(check))
        ));
    }
    if open.len() > MOST {
        out.push_str(&format!(
            "{} more in the job's summary\n",
            open.len() - MOST
        ));
    }
    out.push_str(&headline(report, &Pen::new(&style)).replace('\u{a0}', " "));
    out.push('\n');
    out
}

/// The text of a command: a line break or a percent sign would end it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a command, which colons and commas end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
