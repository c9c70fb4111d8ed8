//! Every renderer on assessments made for the purpose.

mod figures;
mod html;
mod pages;
mod samples;
mod structure;

use perfadvise::assessment::Assessment;
use perfadvise::report::{ALL, Style, recommend, score};

/// The output of a renderer by name; `score`, `score-explained` and `recommend` are pages of verbs.
fn draw(name: &str, a: &Assessment, style: &Style) -> String {
    match name {
        "score" => score::brief(a, style),
        "score-explained" => score::explained(a, style),
        "recommend" => recommend::page(a, style),
        _ => {
            let output = ALL.iter().find(|o| o.name == name).unwrap();
            (output.render)(a, style)
        }
    }
}

fn style(width: usize) -> Style {
    Style {
        width,
        command: "analyze reports/".into(),
        ..Style::default()
    }
}

fn full(width: usize) -> Style {
    Style {
        full: true,
        command: "analyze --full reports/".into(),
        ..style(width)
    }
}

fn ascii(width: usize) -> Style {
    Style {
        unicode: false,
        ..style(width)
    }
}
