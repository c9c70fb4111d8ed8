//! What the pages look like, and that none is wider than asked for.

use unicode_width::UnicodeWidthStr;

use super::{ascii, draw, full, samples, style};
use perfadvise::report::{ALL, Style};

const PAGES: [&str; 4] = ["text", "score", "score-explained", "recommend"];
const WIDTHS: [usize; 6] = [60, 76, 80, 100, 140, 200];

#[test]
fn every_renderer_draws_every_sample() {
    for (name, a) in samples::all() {
        for output in ALL {
            let text = draw(output.name, &a, &style(100));
            assert!(
                text.ends_with('\n') && !text.contains('\u{1b}'),
                "{} of {name}",
                output.name
            );
        }
    }
}

#[test]
fn the_default_page() {
    insta::assert_snapshot!("page_100", draw("text", &samples::story(), &style(100)));
    insta::assert_snapshot!("page_60", draw("text", &samples::story(), &style(60)));
    insta::assert_snapshot!("page_80", draw("text", &samples::story(), &style(80)));
    insta::assert_snapshot!("page_ascii", draw("text", &samples::story(), &ascii(100)));
}

#[test]
fn the_full_page() {
    insta::assert_snapshot!("page_full", draw("text", &samples::story(), &full(100)));
}

#[test]
fn colour_repeats_words() {
    let coloured = Style {
        colour: true,
        ..style(100)
    };
    let page = draw("text", &samples::story(), &coloured);
    insta::assert_snapshot!("page_colour", page.replace('\u{1b}', "ESC"));
    assert_eq!(
        anstream::adapter::strip_str(&page).to_string(),
        draw("text", &samples::story(), &style(100))
    );
}

#[test]
fn pages_of_other_inputs() {
    for (name, a) in samples::all() {
        if name != "story" {
            insta::assert_snapshot!(format!("page_of_{name}"), draw("text", &a, &style(100)));
        }
    }
}

#[test]
fn pages_of_verbs() {
    let a = samples::story();
    insta::assert_snapshot!("score", draw("score", &a, &style(100)));
    insta::assert_snapshot!("score_explained", draw("score-explained", &a, &full(100)));
    insta::assert_snapshot!("recommend", draw("recommend", &a, &full(100)));
}

#[test]
fn documents() {
    for output in ALL.iter().filter(|o| o.name != "text") {
        let text = draw(output.name, &samples::monitor_only(), &style(100));
        // A style sheet is no content.
        let text = text.split_once("</style>").map_or(&*text, |(_, body)| body);
        insta::assert_snapshot!(format!("document_{}", output.name), text);
    }
    insta::assert_snapshot!("markdown", draw("markdown", &samples::story(), &style(100)));
    insta::assert_snapshot!(
        "markdown_hostile",
        draw("markdown", &samples::hostile(), &style(100))
    );
    insta::assert_snapshot!("csv_hostile", draw("csv", &samples::hostile(), &style(100)));
}

#[test]
fn no_line_is_wider_than_the_page() {
    for (name, a) in samples::all() {
        for page in PAGES {
            for width in WIDTHS {
                for drawn in [style(width), full(width), ascii(width)] {
                    let text = draw(page, &a, &drawn);
                    for line in text.lines() {
                        assert!(
                            line.width() <= width,
                            "{page} of {name} at {width}: {} columns: {line}",
                            line.width()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn ascii_is_ascii() {
    for (name, a) in samples::all() {
        for page in PAGES {
            for full in [false, true] {
                let drawn = Style { full, ..ascii(100) };
                let text = draw(page, &a, &drawn);
                let other: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
                assert!(other.is_empty(), "{page} of {name}: {other:?}");
            }
        }
    }
}

#[test]
fn a_default_page_is_about_seventy_lines() {
    for (name, a) in samples::all() {
        let lines = draw("text", &a, &style(100)).lines().count();
        // Names of any length wrap.
        let most = if name == "hostile" { 80 } else { 76 };
        assert!(lines <= most, "{name}: {lines} lines");
    }
}

#[test]
fn nothing_from_an_input_acts_on_the_terminal() {
    let a = samples::hostile();
    for page in PAGES.into_iter().chain(["markdown"]) {
        for drawn in [style(100), full(100)] {
            let text = draw(page, &a, &drawn);
            let active: Vec<char> = text
                .chars()
                .filter(|&c| c.is_control() && c != '\n' || c == '\u{202e}' || c == '\u{a0}')
                .collect();
            assert!(active.is_empty(), "{page}: {active:?}");
        }
    }
}

#[test]
fn markdown_tables_keep_their_columns() {
    let text = draw("markdown", &samples::hostile(), &style(100));
    assert!(!text.contains("<script>"));
    let mut columns = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let bars = line.replace("\\|", "").matches('|').count();
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        } else {
            columns = None;
        }
    }
}

#[test]
fn every_figure_of_the_seed_is_on_the_full_page_at_any_width() {
    for width in WIDTHS {
        let page = draw("text", &samples::story(), &full(width));
        for figure in [
            "Preparation time",
            "Process memory",
            "Accuracy",
            "Cache hit rate",
            "23 of 150",
            "Response time",
            "Success rate",
            "Error rate",
            "Time-out rate",
            "Rate-limit hits",
            "Cost per 1k tokens",
            "Share of use",
            "78.0 %",
            "$0.0150",
        ] {
            assert!(
                page.contains(figure),
                "{figure} is not on the page at {width}"
            );
        }
    }
}
