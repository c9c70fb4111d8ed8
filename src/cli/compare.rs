//! `compare`: two or more groups of inputs, or the values of a dimension, metric by metric.

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;

use super::input::{InputArgs, no_dimension};
use super::{Context, Exit, Failure, OutputFormat};
use crate::analysis::{self, Side};
use crate::assessment::{ComparisonVerdict, Contrast};
use crate::config::keys::nearest;
use crate::metrics;
use crate::pipeline::Material;
use crate::report::{self, shell};
use crate::workload::Filter;

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise compare runs/before runs/after
  perfadvise compare FANCY=runs/a SIMPLE=runs/b
  perfadvise compare reports/ --by interface
  perfadvise compare --values before.txt after.txt
  perfadvise compare runs/before runs/after --metric response_time --fail-on worse")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// The inputs are lists of numbers, one a line
    #[arg(long, conflicts_with = "by")]
    values: bool,
    /// Only this metric; may be given several times (p is then adjusted by Holm's method)
    #[arg(long, value_name = "METRIC", conflicts_with = "values")]
    metric: Vec<String>,
    /// Exit with 1 when a metric has this verdict; may be given several times
    #[arg(long, value_name = "VERDICT", value_enum)]
    fail_on: Vec<Word>,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// A verdict that can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// Significantly worse
    Worse,
    /// Significantly better
    Better,
    /// Significantly different, of a metric without a direction
    Different,
    /// Neither proven different nor proven equal
    Inconclusive,
    /// Too little data
    Insufficient,
}

impl Word {
    fn verdict(self) -> ComparisonVerdict {
        match self {
            Word::Worse => ComparisonVerdict::Worse,
            Word::Better => ComparisonVerdict::Better,
            Word::Different => ComparisonVerdict::Different,
            Word::Inconclusive => ComparisonVerdict::Inconclusive,
            Word::Insufficient => ComparisonVerdict::Insufficient,
        }
    }
}

/// Compares and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        let schema = schemars::schema_for!(Contrast).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    }
    let format = context.format("compare", OutputFormat::TABLE)?.name();
    let (config, zone) = args.input.settings(context)?;
    let contrast = if args.values {
        of_values(&args.input.paths, context)?
    } else if let Some(dimension) = &args.input.by {
        of_dimension(args, dimension, config, &zone, context)?
    } else {
        of_inputs(args, &config, &zone, context)?
    };
    let command = std::iter::once("compare".to_owned())
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .chain(
            args.input
                .by
                .iter()
                .map(|by| format!("--by {}", shell::quoted(by))),
        )
        .collect::<Vec<_>>()
        .join(" ");
    let style = context.style(&command, zone, true);
    let text = report::contrast::render(&contrast, format, &style);
    out.write_all(text.as_bytes())?;
    Ok(exit(&contrast, &args.fail_on))
}

fn exit(contrast: &Contrast, fail_on: &[Word]) -> Exit {
    let has = |verdict| contrast.comparisons.iter().any(|c| c.verdict == verdict);
    if fail_on.iter().any(|word| has(word.verdict())) {
        return Exit::Found;
    }
    let is_judged = contrast
        .comparisons
        .iter()
        .any(|c| c.verdict != ComparisonVerdict::Insufficient);
    if is_judged {
        Exit::Done
    } else {
        Exit::NotEnough
    }
}

/// Each path is a group.
fn of_inputs(
    args: &Args,
    config: &crate::config::Config,
    zone: &jiff::tz::TimeZone,
    context: &Context,
) -> Result<Contrast, Failure> {
    let paths = &args.input.paths;
    if paths.len() < 2 {
        return Err(Failure::new("compare wants two inputs or more").help(
            "give two folders (compare BEFORE AFTER), or --by mode, --by interface or another dimension",
        ));
    }
    let read = paths
        .iter()
        .map(|path| read(&args.input.only_path(path), config.clone(), zone, context))
        .collect::<Result<Vec<Material>, Failure>>()?;
    let labels = labels(paths);
    let sides: Vec<Side<'_>> = read
        .iter()
        .zip(labels)
        .map(|(material, label)| Side {
            label,
            workload: &material.workload,
            filter: Filter::default(),
            files: material.provenance.files,
            skipped: material.provenance.skipped,
        })
        .collect();
    check_metrics(&args.metric, &sides)?;
    Ok(analysis::contrast(&sides, "label", &args.metric, config))
}

/// Each value of a dimension is a group.
fn of_dimension(
    args: &Args,
    dimension: &str,
    config: crate::config::Config,
    zone: &jiff::tz::TimeZone,
    context: &Context,
) -> Result<Contrast, Failure> {
    let material = read(&args.input, config, zone, context)?;
    let mut sides = analysis::by(&material.workload, &material.config, dimension)
        .ok_or_else(|| no_dimension(dimension))?;
    if sides.len() < 2 {
        return Err(Failure::new(format!(
            "{} of the dimension {dimension} in the input, and two are needed",
            match sides.len() {
                0 => "no value",
                _ => "only one value",
            }
        ))
        .help("perfadvise analyze shows which values there are"));
    }
    for side in &mut sides {
        side.files = material.provenance.files;
        side.skipped = material.provenance.skipped;
    }
    check_metrics(&args.metric, &sides)?;
    Ok(analysis::contrast(
        &sides,
        dimension,
        &args.metric,
        &material.config,
    ))
}

fn read(
    input: &InputArgs,
    config: crate::config::Config,
    zone: &jiff::tz::TimeZone,
    context: &Context,
) -> Result<Material, Failure> {
    let request = input.request(context, &config, zone)?;
    input.read(&request, config, context)
}

/// What the groups are called: the label before `=`, else the last part of the path, else, where two
/// would be called the same, the path.
fn labels(paths: &[String]) -> Vec<String> {
    let short = |text: &String| -> String {
        if !Path::new(text).exists()
            && let Some((label, _)) = text.split_once('=')
        {
            let value = label.split_once(':').map_or(label, |(_, value)| value);
            return value.to_owned();
        }
        let name = Path::new(text).file_name();
        name.map_or_else(|| text.clone(), |n| n.to_string_lossy().into_owned())
    };
    let names: Vec<String> = paths.iter().map(short).collect();
    let all_differ = |names: &[String]| {
        let is_unique = |name: &String| names.iter().filter(|n| *n == name).count() == 1;
        names.iter().all(is_unique)
    };
    if all_differ(&names) {
        return names;
    }
    if all_differ(paths) {
        return paths.to_vec();
    }
    let numbered = names.iter().enumerate();
    numbered
        .map(|(at, name)| format!("{name} ({})", at + 1))
        .collect()
}

/// A metric that nothing has is a mistake, not a finding.
fn check_metrics(named: &[String], sides: &[Side<'_>]) -> Result<(), Failure> {
    for name in named {
        let is_custom = || {
            sides
                .iter()
                .any(|s| s.workload.catalog.names.find(name).is_some())
        };
        if metrics::Metric::named(name).is_some() || is_custom() {
            continue;
        }
        let failure = Failure::new(format!("there is no metric {name:?}"));
        let known = metrics::ALL.iter().map(|m| m.name());
        return Err(match nearest(name, known) {
            Some(near) => failure.help(format!("did you mean {near}?")),
            None => failure.help("perfadvise metrics list names them all"),
        });
    }
    Ok(())
}

/// Two files of numbers.
fn of_values(paths: &[String], context: &Context) -> Result<Contrast, Failure> {
    let [base, candidate] = paths else {
        return Err(Failure::new("compare --values wants two files")
            .help("perfadvise compare --values before.txt after.txt"));
    };
    let (a, b) = (numbers(base, context)?, numbers(candidate, context)?);
    let labels = labels(paths);
    Ok(analysis::values((&labels[0], &a), (&labels[1], &b)))
}

/// One number a line; empty lines and lines that begin with `#` are passed over.
fn numbers(path: &str, context: &Context) -> Result<Vec<f64>, Failure> {
    let path = match path.split_once('=') {
        Some((_, file)) if !Path::new(path).exists() => file,
        _ => path,
    };
    super::output::spare([Path::new(path)], context)?;
    let text = if path == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        Failure::new(format!("{path} cannot be read: {error}"))
            .help("check the path; the file must be text with one number a line")
    })?;
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(at, line)| {
            let number = line.trim().parse::<f64>().ok().filter(|n| n.is_finite());
            number.ok_or_else(|| {
                Failure::new(format!("{path}:{}: not a number", at + 1))
                    .help("write one number a line; lines that begin with # are passed over")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_by_what_is_short_and_tells_them_apart() {
        let of =
            |paths: &[&str]| labels(&paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["runs/a", "runs/b"]), ["a", "b"]);
        assert_eq!(of(&["FANCY=runs/a", "x:new=b"]), ["FANCY", "new"]);
        assert_eq!(of(&["one/run", "two/run"]), ["one/run", "two/run"]);
    }
}
