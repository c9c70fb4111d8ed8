//! A reader checks: shown columns add up, counts agree with lists, order follows priority.

use super::{draw, full, samples, style};
use perfadvise::assessment::TargetVerdict;

/// The number at the beginning of a text, with a true minus or separators.
fn number(text: &str) -> f64 {
    let text: String = text
        .trim()
        .replace('−', "-")
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | ','))
        .filter(|c| *c != ',')
        .collect();
    text.trim_end_matches(['.', ',']).parse().unwrap()
}

fn after<'a>(page: &'a str, start: &str) -> &'a str {
    let at = page
        .find(start)
        .unwrap_or_else(|| panic!("{start} is not on the page"));
    &page[at + start.len()..]
}

#[test]
fn points_lost_add_up() {
    let page = draw("text", &samples::story(), &style(100)).replace("\n ", " ");
    let line = after(&page, "Lost ");
    let total = number(line);
    let list = after(line, ": ").split("──").next().unwrap();
    let parts: f64 = list
        .split(", ")
        .map(|part| number(part.trim().rsplit(' ').next().unwrap()))
        .sum();
    assert!((parts - total).abs() < 1e-9, "{parts} for {total}");
    assert!((total - (100.0 - 79.1)).abs() < 1e-9);

    let page = draw("score-explained", &samples::story(), &full(100));
    let rows: Vec<&str> = page
        .lines()
        .skip_while(|l| !l.starts_with("  part"))
        .skip(2)
        .take_while(|l| !l.trim_start().starts_with('─'))
        .collect();
    let head = page.lines().find(|l| l.starts_with("  part")).unwrap();
    let column =
        head.chars().count() - head.chars().rev().collect::<String>().find("tsol").unwrap() - 4;
    let cell = |row: &str| {
        let text: String = row.chars().skip(column - 2).take(6).collect();
        text.trim().to_owned()
    };
    let lost: f64 = rows
        .iter()
        .map(|r| cell(r))
        .filter(|c| c != "–")
        .map(|c| number(&c))
        .sum();
    let all = page.lines().find(|l| l.starts_with("  all")).unwrap();
    assert!((lost - number(&cell(all))).abs() < 1e-9, "{lost}: {all}");
}

#[test]
fn shares_and_hours_add_up() {
    let page = draw("text", &samples::story(), &full(100));
    let section = after(&page, "── Where the time went");
    let rows: Vec<(f64, f64)> = section
        .lines()
        .skip(2)
        .take_while(|l| !l.is_empty())
        .map(|l| {
            let cells: Vec<&str> = l[24..].split_whitespace().collect();
            (number(cells[0]), number(cells[2]))
        })
        .collect();
    let (parts, all) = rows.split_at(rows.len() - 1);
    assert_eq!(parts.len(), 6);
    let hours: f64 = parts.iter().map(|r| r.0).sum();
    let shares: f64 = parts.iter().map(|r| r.1).sum();
    assert!((hours - all[0].0).abs() < 1e-9, "{hours} h of {}", all[0].0);
    assert!((shares - 100.0).abs() < 1e-9, "{shares} %");
}

#[test]
fn records_add_up() {
    let page = draw("text", &samples::story(), &style(100));
    let line = after(&page, "Records  ").lines().next().unwrap();
    let (total, kinds) = line.split_once(": ").unwrap();
    let sum: f64 = kinds.split(", ").map(number).sum();
    assert!((sum - number(total)).abs() < 1e-9);
}

#[test]
fn verdicts_are_counted() {
    let a = samples::story();
    let page = draw("text", &a, &style(100));
    for (sign, verdict, said) in [
        ("✓ met", TargetVerdict::Met, "5 met"),
        ("✗ missed", TargetVerdict::Missed, "2 missed"),
        ("? unknown", TargetVerdict::Unknown, "1 unknown"),
    ] {
        let shown = page.lines().filter(|l| l.ends_with(sign)).count();
        assert_eq!(
            shown,
            a.indicators.iter().filter(|i| i.verdict == verdict).count()
        );
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn recommendations_come_in_order() {
    let page = draw("text", &samples::story(), &full(100));
    let places: Vec<usize> = ["CTX003", "CTX001", "REL002", "CTX002", "AGENT004"]
        .iter()
        .map(|code| page.find(&format!("{code} ")).unwrap())
        .collect();
    assert!(places.is_sorted());
    let priorities: Vec<usize> = page
        .lines()
        .filter_map(|l| {
            ["  HIGH ", "  MEDIUM ", "  LOW "]
                .iter()
                .position(|p| l.starts_with(p))
        })
        .collect();
    assert_eq!(priorities, [0, 1, 1, 1, 2]);
}

#[test]
fn points_after_those_above_add_up() {
    let a = samples::story();
    let page = draw("text", &a, &full(100));
    let each = after(&page, "each after those above: ")
        .lines()
        .next()
        .unwrap();
    let sum: f64 = each
        .split(", ")
        .map(|t| number(t.trim_start_matches('+')))
        .sum();
    assert!((sum - a.combined_projection.unwrap().points).abs() < 1e-9);
}

#[test]
fn missing_is_missing() {
    // A minute without samples has no column, and a value that is not there no figure.
    let page = draw("text", &samples::monitor_only(), &style(100));
    assert!(page.contains("1 without records"));
    assert!(page.contains("Not measured"));
    for (name, a) in samples::all() {
        for drawn in [style(100), full(100)] {
            let page = draw("text", &a, &drawn);
            for word in ["NaN", "null", "None:\u{20}Some", "inf "] {
                assert!(!page.contains(word), "{word} on the page of {name}");
            }
        }
    }
}
