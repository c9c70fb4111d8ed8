//! Every renderer on assessments made for the purpose.

mod samples;

use perfadvise::report::{ALL, Style};

fn draw(name: &str, a: &perfadvise::assessment::Assessment, style: &Style) -> String {
    let output = ALL.iter().find(|o| o.name == name).unwrap();
    (output.render)(a, style)
}

#[test]
fn look() {
    let Ok(which) = std::env::var("LOOK") else {
        return;
    };
    let mut words = which.split(' ');
    let sample = words.next().unwrap();
    let width = words.next().map_or(100, |w| w.parse().unwrap());
    let rest: Vec<&str> = words.collect();
    let full = rest.contains(&"full");
    let style = Style {
        width,
        full,
        unicode: !rest.contains(&"ascii"),
        colour: rest.contains(&"colour"),
        command: if full {
            "analyze --full reports/"
        } else {
            "analyze reports/"
        }
        .into(),
        ..Style::default()
    };
    let format = rest
        .iter()
        .find_map(|w| w.strip_prefix('@'))
        .unwrap_or("text");
    let (_, a) = samples::all().into_iter().find(|s| s.0 == sample).unwrap();
    println!("{}", draw(format, &a, &style));
}
