//! `tune`: which settings are not beaten.

use std::io::Write;

use super::input::InputArgs;
use super::whatif::read;
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::{Limit, Tuning};
use crate::config::keys::nearest;
use crate::metrics::{self, Direction, Metric, Unit};
use crate::report::{self, shell};
use crate::scenario::replay::Bench;
use crate::scenario::tune::{Wish, tune};
use crate::score;
use crate::units::{parse_bytes, parse_ratio, parse_seconds};

/// Arguments of `tune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise tune reports/
  perfadvise tune reports/ --floor accuracy=0.9 --limit response_time=3s
  perfadvise tune reports/ --goal response_time --budget cost=200")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Only settings under which the metric is at least this, such as accuracy=0.9
    #[arg(long, value_name = "METRIC=VALUE")]
    floor: Vec<String>,
    /// Only settings under which the metric is at most this, such as response_time=3s or memory_usage=300MB
    #[arg(long, value_name = "METRIC=VALUE")]
    limit: Vec<String>,
    /// Only settings that cost at most this over the period, such as cost=200
    #[arg(long, value_name = "METRIC=VALUE")]
    budget: Vec<String>,
    /// What is to be made as good as possible: score, or a metric
    #[arg(long, value_name = "METRIC", default_value = "score")]
    goal: String,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// Searches and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        let schema = schemars::schema_for!(Tuning).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    }
    let format = context.format("tune", OutputFormat::TABLE)?.name();
    let wish = wish(args)?;
    let (material, zone) = read(&args.input, context)?;
    let score = score::score(&material.workload, &material.config, material.profile);
    let bench = Bench {
        workload: &material.workload,
        score: &score,
        config: &material.config,
    };
    let answer = tune(&bench, &wish);
    let command = std::iter::once("tune".to_owned())
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ");
    let style = context.style(&command, zone, true);
    out.write_all(report::tune::render(&answer, format, &style).as_bytes())?;
    out.flush()?;
    let exit = super::input::exit(&material.provenance, context)?;
    Ok(if answer.tried.is_empty() || answer.goal_now.is_none() {
        Exit::NotEnough
    } else {
        exit
    })
}

fn wish(args: &Args) -> Result<Wish, Failure> {
    Ok(Wish {
        goal: match args.goal.as_str() {
            "score" => None,
            name => Some(goal(name)?),
        },
        constraints: constraints(&[
            ("--floor", &args.floor, Limit::Lower),
            ("--limit", &args.limit, Limit::Upper),
            ("--budget", &args.budget, Limit::Upper),
        ])?,
    })
}

/// A metric of which more, or less, is better.
fn goal(name: &str) -> Result<Metric, Failure> {
    let metric = metric(name)?;
    if metric.row().direction == Direction::Neither {
        return Err(Failure::new(format!(
            "{name} is no goal: neither more nor less of it is better"
        ))
        .help("--goal takes score, or a metric such as response_time, accuracy or cost"));
    }
    Ok(metric)
}

/// `METRIC=VALUE` of each option.
pub(super) fn constraints(
    lists: &[(&str, &Vec<String>, Limit)],
) -> Result<Vec<(Metric, f64, Limit)>, Failure> {
    let mut constraints = Vec::new();
    for (option, texts, limit) in lists {
        for text in *texts {
            let Some((name, value)) = text.split_once('=') else {
                return Err(Failure::new(format!("{option} wants METRIC=VALUE")).help(
                    "write --floor accuracy=0.9, --limit response_time=3s or --budget cost=200",
                ));
            };
            let metric = metric(name.trim())?;
            if *option == "--budget" && metric.row().unit != Unit::Usd {
                let help = format!("write --limit {}={}", metric.name(), value.trim());
                return Err(Failure::new("--budget takes a cost: cost or computed_cost").help(help));
            }
            let number = number(metric, value.trim()).ok_or_else(|| {
                Failure::new(format!(
                    "{option}: {} does not take this value",
                    metric.name()
                ))
                .help(wanted(metric))
            })?;
            constraints.push((metric, number, *limit));
        }
    }
    Ok(constraints)
}

fn metric(name: &str) -> Result<Metric, Failure> {
    Metric::named(name).ok_or_else(|| {
        let failure = Failure::new(format!("there is no metric {name:?}"));
        match nearest(name, metrics::ALL.iter().map(|m| m.name())) {
            Some(near) => failure.help(format!("did you mean {near}?")),
            None => failure.help("perfadvise metrics list names them all"),
        }
    })
}

fn number(metric: Metric, text: &str) -> Option<f64> {
    let plain = || text.trim_start_matches('$').parse::<f64>().ok();
    let value = match metric.row().unit {
        Unit::Seconds => plain().or_else(|| parse_seconds(text).ok()),
        Unit::Bytes => plain().or_else(|| parse_bytes(text).ok()),
        // A process may have more than one processor to itself.
        Unit::Ratio => parse_ratio(text)
            .ok()
            .filter(|share| *share <= 1.0 || metric == Metric::ProcessCpu),
        _ => plain(),
    }?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

fn wanted(metric: Metric) -> &'static str {
    match metric.row().unit {
        Unit::Seconds => "it takes a duration such as 3s or 800ms",
        Unit::Bytes => "it takes an amount such as 512MB",
        Unit::Ratio => "it takes a share such as 0.9 or 90%",
        _ => "it takes a number",
    }
}
