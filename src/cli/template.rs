//! `--template`: the user's own text over the document.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::input::exit;
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::Provenance;
use crate::report::Style;
use crate::report::template::{Template, TemplateFault};

/// The longest template.
const LONGEST: u64 = 1 << 20;

/// Arguments of verbs that fill templates.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct TemplateArgs {
    /// Fill this template (Jinja) with what --format json would print; its name's ending says what is
    /// escaped: .html, .md, else text (docs/reports.md)
    #[arg(long, value_name = "FILE", conflicts_with = "json_schema")]
    template: Option<PathBuf>,
}

/// A template with the name of its file.
pub(super) struct Loaded {
    path: PathBuf,
    template: Template,
}

impl TemplateArgs {
    /// The template, if one was asked for; before anything is read, so that a slip costs no time.
    pub(super) fn load(&self, context: &Context) -> Result<Option<Loaded>, Failure> {
        let Some(path) = &self.template else {
            return Ok(None);
        };
        if context.globals.format != OutputFormat::Text {
            return Err(Failure::new(format!(
                "a template decides what is written, and --format {} asks for something else",
                context.globals.format.name()
            ))
            .help("leave out one of them"));
        }
        super::output::spare([path.as_path()], context)?;
        let refused = |reason: String| {
            Failure::new(format!("{}: {reason}", path.display())).help(
                "--template names a file with text, HTML or Markdown in the language of Jinja",
            )
        };
        let size = std::fs::metadata(path)
            .map_err(|e| refused(e.to_string()))?
            .len();
        if size > LONGEST {
            return Err(refused("a template has at most 1 MiB".into()));
        }
        let text = std::fs::read_to_string(path).map_err(|e| refused(e.to_string()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let template = Template::new(&name, text).map_err(|fault| failure(path, &fault))?;
        Ok(Some(Loaded {
            path: path.clone(),
            template,
        }))
    }
}

impl Loaded {
    /// Fills and prints it. Without a record there is nothing to fill it with.
    pub(super) fn deliver(
        &self,
        document: &impl Serialize,
        provenance: &Provenance,
        style: &Style,
        context: &Context,
        out: &mut dyn Write,
    ) -> Result<Exit, Failure> {
        if provenance.records == 0 {
            context.warn("there is no usable record: the template was not filled");
        } else {
            let text = self
                .template
                .fill(document, style)
                .map_err(|fault| failure(&self.path, &fault))?;
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
        exit(provenance, context)
    }
}

fn failure(path: &std::path::Path, fault: &TemplateFault) -> Failure {
    let at = |n: Option<usize>| n.map_or_else(String::new, |n| format!(":{n}"));
    let place = format!("{}{}{}", path.display(), at(fault.line), at(fault.column));
    let failure = Failure::new(format!("{place}: {fault}"));
    if fault.help.is_empty() {
        failure
    } else {
        failure.help(fault.help.clone())
    }
}
