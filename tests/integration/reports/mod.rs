//! Every renderer on assessments made for the purpose.

mod samples;

use perfadvise::report::{ALL, Style};

fn draw(name: &str, a: &perfadvise::assessment::Assessment, style: &Style) -> String {
    let output = ALL.iter().find(|o| o.name == name).unwrap();
    (output.render)(a, style)
}

#[test]
fn every_renderer_draws_every_sample() {
    for (name, a) in samples::all() {
        for output in ALL {
            let text = draw(output.name, &a, &Style::default());
            assert!(
                text.ends_with('\n') && !text.contains('\u{1b}'),
                "{} of {name}",
                output.name
            );
        }
    }
}

#[test]
fn no_line_of_a_page_is_too_wide_and_ascii_is_ascii() {
    for (name, a) in samples::all() {
        for width in [60, 80, 100, 140, 200] {
            for (unicode, full) in [(true, false), (true, true), (false, false), (false, true)] {
                let style = Style {
                    width,
                    unicode,
                    full,
                    ..Style::default()
                };
                let text = draw("text", &a, &style);
                for line in text.lines() {
                    assert!(line.chars().count() <= width, "{name} at {width}: {line}");
                }
                assert!(unicode || text.is_ascii(), "{name} at {width}");
            }
        }
    }
}

#[test]
fn json_is_the_whole_assessment() {
    for (name, a) in samples::all() {
        let text = draw("json", &a, &Style::default());
        let back: perfadvise::assessment::Assessment = serde_json::from_str(&text).unwrap();
        assert_eq!(back.provenance, a.provenance, "{name}");
        assert_eq!(
            back.recommendations.len(),
            a.recommendations.len(),
            "{name}"
        );
    }
}
