//! The page of HTML: it stands alone, and nothing from an input is markup.

use perfadvise::report::{ALL, Style};

use super::samples;

fn html(a: &perfadvise::assessment::Assessment) -> String {
    let output = ALL.iter().find(|o| o.name == "html").unwrap();
    (output.render)(a, &Style::default())
}

#[test]
fn it_asks_nobody_for_anything() {
    for (name, sample) in samples::all() {
        let page = html(&sample);
        for word in [
            "src=", "href=\"h", "url(", "@import", "<script", "<iframe", "<img", "<link",
        ] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert!(page.contains("default-src 'none'"), "{name}");
        assert!(page.len() < 500_000, "{name}: {}", page.len());
    }
}

#[test]
fn every_element_is_closed() {
    for (name, sample) in samples::all() {
        let page = html(&sample);
        for element in [
            "section", "table", "tbody", "tr", "ol", "li", "details", "svg", "main", "footer",
        ] {
            let opened = page.matches(&format!("<{element}>")).count()
                + page.matches(&format!("<{element} ")).count();
            let closed = page.matches(&format!("</{element}>")).count();
            assert_eq!(opened, closed, "{name}: {element}");
        }
    }
}
