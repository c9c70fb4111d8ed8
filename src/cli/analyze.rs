//! `analyze`: everything at a glance; with `--follow` again at each change.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::baseline::BaselineArgs;
use super::follow::{Pace, Seen, repeat};
use super::input::{Answer, InputArgs, deliver};
use super::output::with_writer;
use super::template::{Loaded, TemplateArgs};
use super::{Context, Exit, Failure, OutputFormat};
use crate::pipeline::{self, Following, Manner};

/// A period that moves with the clock is looked at anew so often, where nothing else changed.
const MOVES: Duration = Duration::from_secs(60);

/// Arguments of `analyze`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Everything: all tables, evidence, what was not evaluated, all skipped input
    #[arg(long)]
    full: bool,
    /// Analyse again whenever something was added, until Ctrl-C; only what was added is read
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    template: TemplateArgs,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

impl Args {
    fn verb(&self) -> &'static str {
        if self.full {
            "analyze --full"
        } else {
            "analyze"
        }
    }
}

/// Analyses and prints the page.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        writeln!(
            out,
            "{}",
            schemars::schema_for!(crate::assessment::Assessment).to_value()
        )?;
        return Ok(Exit::Done);
    }
    let template = args.template.load(context)?;
    if args.follow {
        return follow(args, template.as_ref(), context, out);
    }
    if let Some(option) = args.pace.given() {
        return Err(Failure::new(format!("{option} goes with --follow"))
            .help("without --follow the inputs are analysed once"));
    }
    let baseline = Some(&args.baseline);
    let answer = args
        .input
        .assess_against(context, args.verb(), args.full, baseline)?;
    let exit = show(&answer, template.as_ref(), context, out)?;
    // The program ends here, and its memory goes at once, sooner than piece by piece.
    std::mem::forget(answer);
    Ok(exit)
}

fn show(
    answer: &Answer,
    template: Option<&Loaded>,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    match template {
        Some(template) => {
            let assessment = &answer.assessment;
            template.deliver(
                assessment,
                &assessment.provenance,
                &answer.style,
                context,
                out,
            )
        }
        None => deliver(answer, context, None, out),
    }
}

/// Analyses whenever something was added.
fn follow(
    args: &Args,
    template: Option<&Loaded>,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    args.input.check_followed()?;
    args.baseline.check_absent("--follow")?;
    let rhythm = args.pace.rhythm()?;
    let (config, zone) = args.input.settings(context)?;
    let mut request = args.input.request(context, &config, &zone)?;
    let mut following = Following::default();
    let mut last = Instant::now();
    let (mut exit, mut shown) = (Exit::Done, Vec::new());
    repeat(rhythm, context, &mut |number| {
        args.input
            .renew(&mut request, &config, context)
            .map_err(Seen::input)?;
        let manner = Manner {
            cell: None,
            always: args.input.moves() && last.elapsed() >= MOVES,
        };
        let before = following.fetched();
        let found = following
            .look(&request, config.clone(), manner, &|_, _| {})
            .map_err(|error| Seen::input(context.input_failure(&error)))?;
        tracing::info!(
            read = following.fetched() - before,
            held = following.held(),
            "looked"
        );
        let Some(material) = found else {
            return Ok(());
        };
        last = Instant::now();
        if number == 1 {
            super::config::warn(&material.warnings, &context.globals);
        }
        let command = args.input.command(args.verb());
        let answer = Answer {
            assessment: pipeline::judge(&material, &request),
            material,
            style: context.style(&command, zone.clone(), args.full),
        };
        shown.clear();
        exit = show(&answer, template, context, &mut shown).map_err(Seen::output)?;
        place(&shown, context, out).map_err(Seen::output)
    })?;
    if context.globals.output.is_some() {
        // What is written to the file at the end is what it holds already.
        out.write_all(&shown)?;
    }
    Ok(exit)
}

/// Shows a page: in place of the last one on a terminal or in a file, else behind it.
fn place(shown: &[u8], context: &Context, out: &mut dyn Write) -> Result<(), Failure> {
    if context.globals.output.is_some() {
        return with_writer(context, |file| {
            file.write_all(shown)?;
            Ok(Exit::Done)
        })
        .map(|_| ());
    }
    let is_page = context.globals.format == OutputFormat::Text && std::io::stdout().is_terminal();
    match terminal_size::terminal_size().filter(|_| is_page) {
        Some((_, height)) => out.write_all(&fitted(shown, usize::from(height.0)))?,
        None => out.write_all(shown)?,
    }
    out.flush()?;
    Ok(())
}

/// A page for a terminal of so many lines, in place of what stands there: its beginning, since the verdict comes first.
fn fitted(page: &[u8], height: usize) -> Vec<u8> {
    let lines: Vec<&[u8]> = page.split_inclusive(|b| *b == b'\n').collect();
    let room = height.saturating_sub(2).max(1);
    // Home; each line clears what is left of the old one, and the end all below.
    let mut out = b"\x1b[H".to_vec();
    for line in lines.iter().take(room) {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text);
        out.extend_from_slice(b"\x1b[0m\x1b[K\n");
    }
    out.extend_from_slice(b"\x1b[J");
    if lines.len() > room {
        let left = lines.len() - room;
        out.extend_from_slice(
            format!("({left} more lines: without --follow, or with --output FILE)\n").as_bytes(),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_takes_the_place_of_the_last_one() {
        let text = String::from_utf8(fitted(b"one\ntwo\nthree\nfour\n", 5)).expect("text");
        assert!(text.starts_with("\x1b[Hone\x1b[0m\x1b[K\n"), "{text:?}");
        assert!(text.contains("three") && !text.contains("four"), "{text:?}");
        assert!(text.ends_with("\x1b[J(1 more lines: without --follow, or with --output FILE)\n"));
        let text = String::from_utf8(fitted(b"one\n", 24)).expect("text");
        assert!(text.ends_with("\x1b[J"), "{text:?}");
    }
}
