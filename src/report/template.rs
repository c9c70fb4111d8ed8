//! The user's own template over an assessment: text, Markdown, HTML, or anything else that is written.
//!
//! In: a template in the language of Jinja and the document that `--format json` prints. Out: what the template makes
//! of it. Names from inputs are escaped as the template's file name asks; a name that the document does not have
//! is a fault with its place, never an empty text; what is not known is written as `–`. A template cannot read files or
//! other templates, takes at most [`MOST_STEPS`] steps and writes at most [`MOST_BYTES`].

use std::io::{self, Write};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};
use serde::Serialize;
use serde_json::Value as Json;

use super::signs::{ASCII, Signs, UNICODE};
use super::{Style, escape, html, markdown, words};
use crate::metrics::Unit;

/// Steps that a template may take; what takes memory at once counts as many.
pub const MOST_STEPS: u64 = 10_000_000;

/// Bytes that a template may write.
pub const MOST_BYTES: usize = 64 << 20;

/// Keys that a fault lists.
const LISTED: usize = 30;

/// A template that can be parsed.
#[derive(Debug, Clone)]
pub struct Template {
    name: String,
    text: String,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TemplateFault {
    /// Line, from 1, where known.
    pub line: Option<usize>,
    /// Column, from 1, where known.
    pub column: Option<usize>,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub help: String,
}

/// How texts are escaped: by the ending of the template's name, behind which `.j2`, `.jinja` or `.tmpl` may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// `.html`, `.htm`, `.xml`, `.svg`.
    Html,
    /// `.md`, `.markdown`.
    Markdown,
    /// Anything else: only what is invisible or active in a terminal.
    Plain,
}

impl Escape {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let name = [".j2", ".jinja", ".tmpl"]
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(&name);
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("html" | "htm" | "xml" | "svg") => Escape::Html,
            Some("md" | "markdown") => Escape::Markdown,
            _ => Escape::Plain,
        }
    }

    fn apply(self, text: &str) -> String {
        let text = escape::visible(text, true);
        match self {
            Escape::Html => html::escaped(&text),
            Escape::Markdown => markdown::escaped(&text),
            Escape::Plain => text,
        }
    }
}

impl Template {
    /// Takes a template; `name` is its file's.
    ///
    /// # Errors
    /// It cannot be parsed.
    pub fn new(name: &str, text: String) -> Result<Self, TemplateFault> {
        let template = Self {
            name: name.to_owned(),
            text,
        };
        let parsed = environment(Escape::of(name), &Style::default())
            .template_from_named_str(&template.name, &template.text)
            .map(|_| ());
        match parsed {
            Ok(()) => Ok(template),
            Err(error) => Err(template.fault(&error, &Json::Null)),
        }
    }

    /// Fills it with a document.
    ///
    /// # Errors
    /// A name that the document does not have, a value of another kind than the template takes it for, too many
    /// steps, too long a text.
    pub fn fill(&self, document: &impl Serialize, style: &Style) -> Result<String, TemplateFault> {
        let document = serde_json::to_value(document).map_err(|error| TemplateFault {
            line: None,
            column: None,
            reason: format!("the document could not be written: {error}"),
            help: String::new(),
        })?;
        let environment = environment(Escape::of(&self.name), style);
        let mut out = Limited::default();
        let filled = environment
            .template_from_named_str(&self.name, &self.text)
            .and_then(|template| {
                template.render_captured_to(minijinja::value::Serde(&document), &mut out)
            });
        match filled {
            Ok(_) => {
                let mut text = String::from_utf8_lossy(&out.bytes).into_owned();
                // The language drops the last line break, which ends a line of ours.
                if self.text.ends_with('\n') && !text.ends_with('\n') {
                    text.push('\n');
                }
                Ok(text)
            }
            Err(_) if out.is_full => Err(Self::beyond(format!(
                "it writes more than {} MiB",
                MOST_BYTES >> 20
            ))),
            Err(error) => Err(self.fault(&error, &document)),
        }
    }

    fn beyond(reason: String) -> TemplateFault {
        TemplateFault {
            line: None,
            column: None,
            reason,
            help: "loop over less, or repeat less".into(),
        }
    }

    fn fault(&self, error: &Error, document: &Json) -> TemplateFault {
        let range = error.range().filter(|r| self.text.get(r.clone()).is_some());
        let column = range.as_ref().map(|range| {
            let before = &self.text[..range.start];
            let line = before.rsplit('\n').next().unwrap_or(before);
            line.chars().count() + 1
        });
        let expression = range.map_or("", |range| self.text[range].trim());
        let (reason, help) = match error.kind() {
            ErrorKind::UndefinedError if !expression.is_empty() => unheard(expression, document),
            ErrorKind::OutOfFuel => (
                format!("it takes more than {MOST_STEPS} steps"),
                "loop over less".into(),
            ),
            kind => {
                let detail = error
                    .detail()
                    .map_or_else(String::new, |d| format!(": {d}"));
                (
                    escape::visible(&format!("{kind}{detail}"), true),
                    "docs/reports.md shows what a template may say".into(),
                )
            }
        };
        TemplateFault {
            line: error.line(),
            column,
            reason,
            help,
        }
    }
}

/// A name without a value: what is wrong with it, and what there is instead.
fn unheard(expression: &str, document: &Json) -> (String, String) {
    let all = || "--format json shows the document, --json-schema all its keys".to_owned();
    let mut value = document;
    let mut known = String::new();
    for part in expression.split('.') {
        match value {
            Json::Object(map) => match map.get(part) {
                Some(next) => {
                    if !known.is_empty() {
                        known.push('.');
                    }
                    known.push_str(part);
                    value = next;
                }
                None => {
                    let holder = if known.is_empty() {
                        "the document"
                    } else {
                        &known
                    };
                    // Within a loop a name may be one of the template's own.
                    if known.is_empty() && expression.contains('.') {
                        return (format!("there is no {expression}"), all());
                    }
                    let keys: Vec<&str> = map.keys().map(String::as_str).take(LISTED).collect();
                    let help = format!("{holder} has {}", keys.join(", "));
                    return (
                        format!("there is no {expression}"),
                        escape::visible(&help, true),
                    );
                }
            },
            Json::Null => {
                return (
                    format!("{known} is not known here, so that there is no {expression}"),
                    format!("ask before: {{% if {known} %}}…{{% endif %}}"),
                );
            }
            _ => break,
        }
    }
    (format!("there is no {expression}"), all())
}

/// The language: values of the document, the usual filters, and those for quantities.
fn environment(kind: Escape, style: &Style) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(MOST_STEPS));
    // Faults then know the place of the name that they are about.
    environment.set_debug(true);
    environment.set_auto_escape_callback(move |_| match kind {
        Escape::Html => AutoEscape::Html,
        Escape::Markdown => AutoEscape::Custom("markdown".into()),
        Escape::Plain => AutoEscape::None,
    });
    environment.set_formatter(
        move |out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value| {
            write_value(out, kind, value)
        },
    );
    let signs = if style.unicode { &UNICODE } else { &ASCII };
    environment.add_filter("amount", move |value: Value, unit: &str| {
        amount(&value, unit, signs)
    });
    environment.add_filter("metric_title", |name: &str| words::metric(name));
    environment
}

fn write_value(out: &mut Output<'_>, kind: Escape, value: &Value) -> Result<(), Error> {
    let written = if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    } else if value.is_none() {
        out.write_str("–")
    } else if value.is_safe() {
        out.write_str(value.as_str().unwrap_or_default())
    } else {
        out.write_str(&kind.apply(&value.to_string()))
    };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "it could not be written"))
}

/// A number in the words of the page: `2.58 s`, `61.0 %`.
fn amount(value: &Value, unit: &str, signs: &Signs) -> Result<String, Error> {
    if value.is_none() {
        return Ok(signs.dash.to_owned());
    }
    let unit: Unit = serde_json::from_value(Json::from(unit)).map_err(|_| {
        Error::new(
            ErrorKind::InvalidOperation,
            "amount takes a unit: \"seconds\", \"bytes\", \"ratio\", \"count\", \"usd\", or the unit of a metric",
        )
    })?;
    let value = f64::try_from(value.clone())?;
    Ok(words::amount(unit, value, signs).replace(words::GLUE, " "))
}

/// Takes so many bytes and no more.
#[derive(Default)]
struct Limited {
    bytes: Vec<u8>,
    is_full: bool,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MOST_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn fill(name: &str, text: &str, document: &Json) -> Result<String, TemplateFault> {
        Template::new(name, text.to_owned())?.fill(document, &Style::default())
    }

    fn place(fault: &TemplateFault) -> (Option<usize>, Option<usize>) {
        (fault.line, fault.column)
    }

    #[test]
    fn the_file_name_decides_what_is_escaped() {
        let document = json!({"name": "<b>|*x*\u{1b}[31m\"'&"});
        for (name, expected) in [
            ("a.html", "&lt;b&gt;|*x*\\u{1b}[31m&quot;&#39;&amp;"),
            ("A.HTML.j2", "&lt;b&gt;|*x*\\u{1b}[31m&quot;&#39;&amp;"),
            ("a.svg", "&lt;b&gt;|*x*\\u{1b}[31m&quot;&#39;&amp;"),
            ("a.md", "&lt;b&gt;\\|\\*x\\*\\\\u{1b}\\[31m\"'&amp;"),
            ("a.txt", "<b>|*x*\\u{1b}[31m\"'&"),
            ("template", "<b>|*x*\\u{1b}[31m\"'&"),
        ] {
            assert_eq!(
                fill(name, "{{ name }}", &document).unwrap(),
                expected,
                "{name}"
            );
        }
        // A text of the template's own that is meant as it is.
        let own = fill(
            "a.html",
            "<i>{{ '<b>'|safe }}{{ name|length }}</i>",
            &document,
        );
        assert_eq!(own.unwrap(), "<i><b>15</i>");
    }

    #[test]
    fn a_name_that_is_not_there_is_a_fault_with_its_place() {
        let document =
            json!({"score": {"value": 82.6, "interval": null}, "metrics": [{"mean": 1.0}]});
        let fault = fill("a", "one\n  {{ score.valu }}\n", &document).unwrap_err();
        assert_eq!(place(&fault), (Some(2), Some(6)));
        assert_eq!(fault.reason, "there is no score.valu");
        assert_eq!(fault.help, "score has interval, value");
        let fault = fill("a", "{{ scor }}", &document).unwrap_err();
        assert_eq!(fault.reason, "there is no scor");
        assert_eq!(fault.help, "the document has metrics, score");
        let fault = fill("a", "{{ score.interval.low }}", &document).unwrap_err();
        assert_eq!(
            fault.reason,
            "score.interval is not known here, so that there is no score.interval.low"
        );
        let fault = fill(
            "a",
            "{% for m in metrics %}\n{{ m.median }}{% endfor %}",
            &document,
        )
        .unwrap_err();
        assert_eq!(
            (fault.line, fault.reason.as_str()),
            (Some(2), "there is no m.median")
        );
        let fault = fill("a", "{% if metrics %}", &document).unwrap_err();
        assert_eq!(fault.line, Some(1));
        assert!(fill("a", "{{ score.value | shout }}", &document).is_err());
        assert!(fill("a", "{% include 'b' %}", &document).is_err());
    }

    #[test]
    fn what_is_not_known_is_a_dash_and_can_be_asked_for() {
        let document = json!({"score": {"value": null}});
        assert_eq!(fill("a", "{{ score.value }}", &document).unwrap(), "–");
        assert_eq!(
            fill("a", "{{ score.value | amount('seconds') }}", &document).unwrap(),
            "–"
        );
        let asked =
            "{% if score.value is none %}no{% endif %}{% if score.x is defined %}x{% endif %}";
        assert_eq!(fill("a", asked, &document).unwrap(), "no");
    }

    #[test]
    fn amounts_are_those_of_the_page() {
        let document = json!({"t": 2.5, "r": 0.61, "metric": "response_time"});
        let text =
            "{{ t | amount('seconds') }}, {{ r | amount('ratio') }}, {{ metric | metric_title }}";
        assert_eq!(
            fill("a", text, &document).unwrap(),
            "2.50 s, 61.0 %, response time"
        );
        assert!(fill("a", "{{ t | amount('parsecs') }}", &document).is_err());
    }

    #[test]
    fn it_ends() {
        let document = json!({});
        let loops =
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}";
        let fault = fill("a", loops, &document).unwrap_err();
        assert!(fault.reason.contains("steps"), "{fault:?}");
        let document = json!({"long": "x".repeat(100_000)});
        let long = "{% for a in range(9999) %}{{ long }}{% endfor %}";
        let fault = fill("a", long, &document).unwrap_err();
        assert!(fault.reason.contains("MiB"), "{fault:?}");
        for vast in [
            "{{ 'xx' * 9223372036854775807 }}",
            "{{ [1] * 9223372036854775807 }}",
            "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        ] {
            fill("a", vast, &document).unwrap_err();
        }
    }
}
