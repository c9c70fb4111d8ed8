//! The inputs of a verb: paths, labels, filters. And the way from there to an assessment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::tz::TimeZone;

use super::baseline::BaselineArgs;
use super::output::spare;
use super::progress::Progress;
use super::{Context, Exit, Failure, OutputFormat};
use crate::analysis;
use crate::assessment::{Assessment, Provenance};
use crate::config::Config;
use crate::ingest::{Target, usual_places};
use crate::metrics::Unit;
use crate::pipeline::{self, Material};
use crate::prices::PriceTable;
use crate::report::{self, Style, shell};
use crate::units::{self, parse_seconds};
use crate::workload::WallClockRules;

/// What to read, and what of it.
#[derive(Debug, Clone, Args)]
pub struct InputArgs {
    /// Files, folders, or - for standard input; LABEL=PATH labels everything in PATH. Without a
    /// path: ./reports, ./.orch-monitoring, and where known tools keep their logs
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Take the history too (perfadvise record); without a path, the history alone
    #[arg(long)]
    pub history: bool,
    /// Record in the history what is read (perfadvise record)
    #[arg(long)]
    pub record: bool,
    /// Only records that began within this time before now, such as 7d or 24h
    #[arg(long, value_name = "SPAN", conflicts_with = "from")]
    pub since: Option<String>,
    /// Only records that began on or after this day or time
    #[arg(long, visible_alias = "start", value_name = "TIME")]
    pub from: Option<String>,
    /// Only records that began before the end of this day, or before this time
    #[arg(long, visible_alias = "end", value_name = "TIME")]
    pub to: Option<String>,
    /// Only records with this value, such as mode=FANCY or interface=mock,claude_code
    #[arg(long = "where", value_name = "DIM=VALUE[,…]")]
    pub only: Vec<String>,
    /// A label for every record, such as mode=FANCY
    #[arg(long, value_name = "KEY=VALUE")]
    pub label: Vec<String>,
    /// Describe and compare by this dimension too, such as model or tool
    #[arg(long, value_name = "DIM")]
    pub by: Option<String>,
    /// Compute costs by the prices in this file instead of those that are built in (docs/prices.md)
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Whose the wall-clock time is where a model request and a tool call run at once
    #[arg(long, value_name = "PART", value_enum, default_value_t = Priority::Model, hide_default_value = true)]
    pub priority: Priority,
    /// A wait for a prompt that is longer counts as away (default: 30min)
    #[arg(long, value_name = "SPAN")]
    pub away: Option<String>,
}

/// Whose time it is where two run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Priority {
    /// The model's (default): the next request waits for both, and the reply causes the call
    Model,
    /// The tool's
    Tool,
}

/// An assessment with what is needed to show it.
pub(super) struct Answer {
    pub(super) assessment: Assessment,
    pub(super) material: Material,
    pub(super) style: Style,
}

impl InputArgs {
    /// The configuration of this run, and the zone in which it thinks.
    pub(super) fn settings(&self, context: &Context) -> Result<(Config, TimeZone), Failure> {
        let config = context.load_config()?.config;
        let zone = context.zone_of(&config)?;
        Ok((config, zone))
    }

    /// The same filters, and this path alone.
    pub(super) fn only_path(&self, path: &str) -> Self {
        Self {
            paths: vec![path.to_owned()],
            history: false,
            record: false,
            ..self.clone()
        }
    }

    /// Reads, analyses and advises.
    pub(super) fn assess(
        &self,
        context: &Context,
        verb: &str,
        full: bool,
    ) -> Result<Answer, Failure> {
        self.assess_against(context, verb, full, None)
    }

    /// The same, held against a baseline where one is given.
    pub(super) fn assess_against(
        &self,
        context: &Context,
        verb: &str,
        full: bool,
        baseline: Option<&BaselineArgs>,
    ) -> Result<Answer, Failure> {
        let (config, zone) = self.settings(context)?;
        let request = self.request(context, &config, &zone)?;
        let mut base = match baseline {
            Some(baseline) => baseline.load(self, &config, context)?,
            None => None,
        };
        let material = read(&request, config, context)?;
        if let Some(base) = &mut base {
            base.hold_to_prices(&material.provenance, context);
        }
        self.check_by(&material)?;
        let before = base.as_ref().map(|base| base.before(&material.config));
        let assessment = pipeline::judge_against(&material, &request, before.as_ref());
        self.keep(&material, Some(&assessment), context)?;
        Ok(Answer {
            assessment,
            material,
            style: context.style(&self.command(verb), zone, full),
        })
    }

    /// A dimension that nothing has is a mistake, not a finding.
    fn check_by(&self, material: &Material) -> Result<(), Failure> {
        let Some(name) = self.by.as_deref().filter(|_| !material.workload.is_empty()) else {
            return Ok(());
        };
        match analysis::by(&material.workload, &material.config, name) {
            Some(sides) if !sides.is_empty() => Ok(()),
            _ => Err(no_dimension(name)),
        }
    }

    /// A command as it can be typed.
    pub(super) fn command(&self, verb: &str) -> String {
        std::iter::once(verb)
            .chain(self.history.then_some("--history"))
            .map(str::to_owned)
            .chain(self.paths.iter().map(|p| shell::quoted(p)))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Reads and folds what [`InputArgs::request`] says, and records it where that was asked for.
    pub(super) fn read(
        &self,
        request: &pipeline::Request,
        config: Config,
        context: &Context,
    ) -> Result<Material, Failure> {
        let material = read(request, config, context)?;
        tell_of_gaps(&material.provenance, context);
        self.keep(&material, None, context)?;
        Ok(material)
    }

    /// Records what was read, and what was said of it, where that was asked for.
    pub(super) fn keep(
        &self,
        material: &Material,
        assessment: Option<&Assessment>,
        context: &Context,
    ) -> Result<(), Failure> {
        if self.record && !material.workload.is_empty() {
            super::record::keep_and_tell(material, assessment, context)?;
        }
        Ok(())
    }

    /// What is to be read, and where the program looked by itself.
    fn targets(&self) -> (Vec<Target>, Vec<PathBuf>) {
        if self.paths.is_empty() && self.history {
            (Vec::new(), Vec::new())
        } else if self.paths.is_empty() {
            let places: Vec<PathBuf> = usual_places();
            let targets = places
                .iter()
                .filter(|p| p.exists())
                .map(|path| Target {
                    path: path.clone(),
                    labels: Vec::new(),
                })
                .collect();
            (targets, places)
        } else {
            (self.paths.iter().map(|p| target(p)).collect(), Vec::new())
        }
    }

    /// What cannot be asked of inputs that are followed.
    pub(super) fn check_followed(&self) -> Result<(), Failure> {
        if self.record {
            return Err(Failure::new("what is followed is not recorded")
                .help("perfadvise record PATH records what is there"));
        }
        if self.paths.iter().any(|path| path == "-") {
            return Err(Failure::new("standard input cannot be followed")
                .help("name files and folders; perfadvise analyze - reads a pipe to its end"));
        }
        Ok(())
    }

    /// Whether the period that is asked for moves with the clock.
    pub(super) fn moves(&self) -> bool {
        self.since.is_some()
    }

    /// Takes up what may have changed since a request was made: the time, and usual places that came to be.
    pub(super) fn renew(
        &self,
        request: &mut pipeline::Request,
        config: &Config,
        context: &Context,
    ) -> Result<(), Failure> {
        if self.paths.is_empty() {
            request.targets = self.targets().0;
        }
        if let Some(since) = &self.since {
            let named = config.timezone.as_ref().map(|z| z.value.as_str());
            let zone = context.zone(context.globals.timezone.as_deref().or(named))?;
            request.from = Some(context.moment(since, context.now()?, &zone, false)?);
        }
        Ok(())
    }

    /// The prices that were asked for.
    fn prices(&self) -> Result<Arc<PriceTable>, Failure> {
        let Some(path) = &self.prices else {
            return Ok(Arc::new(PriceTable::built_in()));
        };
        let failure = |reason: String| {
            Failure::new(format!("{}: {reason}", path.display()))
                .help("docs/prices.md shows the shape of a table of prices")
        };
        let text = std::fs::read_to_string(path).map_err(|error| failure(error.to_string()))?;
        PriceTable::read(&text)
            .map(Arc::new)
            .map_err(|error| failure(error.to_string()))
    }

    /// How wall-clock time is to be taken apart.
    fn wall_clock(&self) -> Result<WallClockRules, Failure> {
        let mut rules = WallClockRules {
            is_tool_first: self.priority == Priority::Tool,
            ..WallClockRules::default()
        };
        if let Some(text) = &self.away {
            let seconds = parse_seconds(text).map_err(|error| {
                Failure::new(format!("--away is no duration: {error}"))
                    .help("write it as --away 45min")
            })?;
            #[allow(clippy::cast_possible_truncation)] // saturates, far beyond any session
            let nanos = (seconds * 1e9).round() as i64;
            rules.away = nanos;
        }
        Ok(rules)
    }

    /// What the pipeline is asked.
    pub(super) fn request(
        &self,
        context: &Context,
        config: &Config,
        zone: &TimeZone,
    ) -> Result<pipeline::Request, Failure> {
        if self.record {
            super::record::check(self)?;
        }
        let now = context.now()?;
        let naive = context.zone(config.naive_timezone.as_ref().map(|z| z.value.as_str()))?;
        let prices = self.prices()?;
        let bound =
            |text: &Option<String>, is_end: bool| -> Result<Option<crate::units::Time>, Failure> {
                text.as_deref()
                    .map(|text| context.moment(text, now, zone, is_end))
                    .transpose()
            };
        let from = match &self.since {
            Some(_) => bound(&self.since, false)?,
            None => bound(&self.from, false)?,
        };
        let to = bound(&self.to, true)?;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Failure::new("nothing lies between --from and --to")
                .help("the first time has to be before the second"));
        }
        let past = self
            .history
            .then(|| super::record::past(&self.only, &prices.date, context))
            .transpose()?;
        let (targets, searched) = self.targets();
        let inputs = targets.iter().map(|target| target.path.as_path());
        spare(inputs.chain(self.prices.as_deref()), context)?;
        Ok(pipeline::Request {
            targets,
            searched,
            options: crate::ingest::Options {
                threads: context.globals.threads,
                naive_zone: naive,
                labels: pairs(&self.label, "--label", "mode=FANCY")?,
                path_labels: config.path_labels.clone(),
                mappings: config.mappings.clone(),
                strict: context.globals.strict,
                cache: context.cache()?,
            },
            by: self.by.clone(),
            prices,
            wall_clock: self.wall_clock()?,
            past,
            standing: super::claims::standing(context),
            from,
            to,
            only: self.only()?,
        })
    }

    /// What `--where` selects: keys, with any of their values.
    pub(super) fn only(&self) -> Result<Vec<(String, Vec<String>)>, Failure> {
        let pairs = pairs(&self.only, "--where", "mode=FANCY")?.into_iter();
        let values = |values: String| values.split(',').map(str::to_owned).collect();
        Ok(pairs.map(|(key, all)| (key, values(all))).collect())
    }
}

/// Nothing in the input has a dimension of that name.
pub(super) fn no_dimension(name: &str) -> Failure {
    Failure::new(format!("no record has a dimension {name:?}")).help(
        "the usual ones are mode, interface, model, tool, project, host, and labels of your own",
    )
}

/// Reads and folds, with what is odd in configuration files said on standard error.
fn read(
    request: &pipeline::Request,
    config: Config,
    context: &Context,
) -> Result<Material, Failure> {
    let progress = Progress::new(&context.globals);
    let result = pipeline::read(request, config, &|done, total| progress.show(done, total));
    progress.finish();
    let material = result.map_err(|error| context.input_failure(&error))?;
    super::config::warn(&material.warnings, &context.globals);
    let is_selection = request.from.is_some() || request.to.is_some() || !request.only.is_empty();
    let provenance = &material.provenance;
    if is_selection && provenance.records == 0 && !provenance.formats.is_empty() {
        context.warn("no record is in the selection: see --where, --from, --to and --since");
    }
    Ok(material)
}

/// Writes an assessment in the format asked for; `page` is the verb's own text, if
/// it has one. Says with which code
/// to exit: 3 without a usable record, with `--strict` 2 when anything was skipped.
pub(super) fn deliver(
    answer: &Answer,
    context: &Context,
    page: Option<fn(&Assessment, &Style) -> String>,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let Answer {
        assessment, style, ..
    } = answer;
    let is_empty = assessment.provenance.records == 0;
    let render = match (context.globals.format, page) {
        (OutputFormat::Text, Some(page)) if !is_empty => page,
        (format, _) => {
            report::ALL
                .iter()
                .find(|o| o.name == format.name())
                .ok_or_else(|| {
                    Failure::new(format!("there is no output format {}", format.name()))
                })?
                .render
        }
    };
    let text = render(assessment, style);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    exit(&assessment.provenance, context)
}

/// Says that something of the inputs is left out, for verbs whose own page does not say it.
pub(super) fn tell_of_gaps(provenance: &Provenance, context: &Context) {
    let places = match provenance.problems_total {
        0 => return,
        1 => "1 place of the input could not be read and is".to_owned(),
        n => format!("{n} places of the input could not be read and are"),
    };
    context.warn(&format!("{places} left out; analyze lists them"));
}

/// With which code to exit: 3 without a usable record.
///
/// # Errors
/// With `--strict`, that anything was skipped.
pub(super) fn exit(provenance: &Provenance, context: &Context) -> Result<Exit, Failure> {
    let is_faulty = provenance.problems_total > 0 || !provenance.unrecognised.is_empty();
    if context.globals.strict && is_faulty {
        return Err(strict_failure(provenance));
    }
    Ok(if provenance.records == 0 {
        Exit::NotEnough
    } else {
        Exit::Done
    })
}

pub(super) fn strict_failure(provenance: &Provenance) -> Failure {
    let first = match (
        provenance.problems.first(),
        provenance.unrecognised_why.first(),
    ) {
        (Some(fault), _) => {
            let line = fault.line.map_or_else(String::new, |l| format!(":{l}"));
            format!("{}{line}: {}", fault.file, fault.reason)
        }
        (None, Some(file)) => format!("{}: not recognised ({})", file.file, file.reason),
        (None, None) => String::new(),
    };
    let more = provenance.problems_total + provenance.unrecognised.len() as u64 - 1;
    let others = if more == 0 {
        String::new()
    } else {
        format!(", and {more} more")
    };
    Failure::new(format!("--strict: input was left out: {first}{others}"))
        .help("mend or remove what is listed, or leave out --strict to use the rest")
}

/// `LABEL=PATH`, unless a file of that very name exists. FANCY and SIMPLE are modes, anything else is
/// the label `label`; `KEY:VALUE=PATH` names the dimension.
fn target(text: &str) -> Target {
    if text == "-" || Path::new(text).exists() {
        return Target {
            path: text.into(),
            labels: Vec::new(),
        };
    }
    match text.split_once('=') {
        Some((label, path)) if !label.is_empty() && !label.contains(['/', '\\']) => {
            let (key, value) = match label.split_once(':') {
                Some((key, value)) => (key, value),
                None if matches!(label.to_ascii_uppercase().as_str(), "FANCY" | "SIMPLE") => {
                    ("mode", label)
                }
                None => ("label", label),
            };
            Target {
                path: path.into(),
                labels: vec![(key.to_owned(), value.to_owned())],
            }
        }
        _ => Target {
            path: text.into(),
            labels: Vec::new(),
        },
    }
}

/// A value in the unit of its metric: `5s`, `95%`, `1GB`, `3`.
pub(super) fn value_of(unit: Unit, text: &str) -> Result<f64, units::UnitError> {
    match unit {
        Unit::Seconds => units::parse_seconds(text),
        Unit::Bytes => units::parse_bytes(text),
        Unit::Ratio => units::parse_ratio(text),
        Unit::Factor => units::parse_factor(text),
        Unit::Count | Unit::Number | Unit::Usd | Unit::Unknown => {
            let number = text.trim().trim_start_matches('$');
            let plain = number.parse::<f64>().ok().filter(|n| n.is_finite());
            plain.map_or_else(|| units::parse_factor(text), Ok)
        }
    }
}

/// `KEY=VALUE` of each text.
pub(super) fn pairs(
    texts: &[String],
    option: &str,
    example: &str,
) -> Result<Vec<(String, String)>, Failure> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                Ok((key.to_owned(), value.to_owned()))
            }
            _ => Err(Failure::new(format!("{option} wants KEY=VALUE"))
                .help(format!("write {option} {example}"))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_before_paths() {
        assert_eq!(
            target("FANCY=runs/a").labels,
            [("mode".to_owned(), "FANCY".to_owned())]
        );
        assert_eq!(
            target("new=runs/a").labels,
            [("label".to_owned(), "new".to_owned())]
        );
        assert_eq!(
            target("interface:mock=x").labels,
            [("interface".to_owned(), "mock".to_owned())]
        );
        assert_eq!(target("a/b=c").path, PathBuf::from("a/b=c"));
        assert!(target("-").labels.is_empty());
    }
}
