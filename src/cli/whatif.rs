//! `whatif`: what other settings of knobs would give.

use std::io::Write;

use super::input::InputArgs;
use super::{Context, Exit, Failure, OutputFormat};
use crate::assessment::{Limit, Whatif};
use crate::config::KnobValue;
use crate::config::keys::nearest;
use crate::pipeline::Material;
use crate::report::{self, shell};
use crate::scenario::knobs::{KNOBS, KnobType, type_of};
use crate::scenario::present::parse;
use crate::scenario::replay::Bench;
use crate::scenario::whatif::whatif_within;
use crate::score;

/// Arguments of `whatif`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise whatif reports/ --set context.cache_size=100
  perfadvise whatif reports/ --set context.mode_for.testing=SIMPLE --set interfaces.primary=anthropic_api
  perfadvise whatif reports/ --set context.cache_ttl=1h --format json
  perfadvise whatif reports/ --set context.cache_size=400 --limit memory_usage=500MB
  perfadvise whatif ~/.claude/projects --set prompt_cache.lifetime=1h --set compaction.at_tokens=80000

Knobs:
  context.cache_size  context.cache_ttl  context.preload_common_contexts  context.mode
  context.mode_for.PURPOSE  context.mode_selection_strategy
  interfaces.primary  interfaces.fallback  interfaces.testing
  resources.concurrent_operations  prompt_cache.lifetime  prompt_cache.keep_warm
  compaction.at_tokens  model_for.AGENT  model_for.PURPOSE  tools.parallel  tools.reuse_reads
  retry.limit  retry.backoff  timeout.TOOL  timeout.model_request


Present values come from performance_config.yaml, perfadvise.yaml and events of changes in the input.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// A knob with another value; may be given several times
    #[arg(
        long,
        value_name = "KNOB=VALUE",
        required_unless_present = "json_schema"
    )]
    set: Vec<String>,
    /// Say whether the metric would be at most this, such as memory_usage=300MB; exit with 1 if not
    #[arg(long, value_name = "METRIC=VALUE")]
    limit: Vec<String>,
    /// Say whether the metric would be at least this, such as accuracy=0.9; exit with 1 if not
    #[arg(long, value_name = "METRIC=VALUE")]
    floor: Vec<String>,
    /// Print the JSON Schema of the result, and read nothing
    #[arg(long)]
    json_schema: bool,
}

/// Simulates and prints.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    if args.json_schema {
        let schema = schemars::schema_for!(Whatif).to_value();
        writeln!(out, "{schema}")?;
        return Ok(Exit::Done);
    }
    let format = context.format("whatif", OutputFormat::TABLE)?.name();
    let settings = settings(&args.set)?;
    let limits = super::tune::constraints(&[
        ("--limit", &args.limit, Limit::Upper),
        ("--floor", &args.floor, Limit::Lower),
    ])?;
    let (material, zone) = read(&args.input, context)?;
    let score = score::score(&material.workload, &material.config, material.profile);
    let bench = Bench {
        workload: &material.workload,
        score: &score,
        config: &material.config,
    };
    let (answer, holds) = whatif_within(&bench, &settings, &limits);
    let command = std::iter::once("whatif".to_owned())
        .chain(args.input.paths.iter().map(|p| shell::quoted(p)))
        .collect::<Vec<_>>()
        .join(" ");
    let style = context.style(&command, zone, true);
    out.write_all(report::whatif::render(&answer, format, &style).as_bytes())?;
    out.flush()?;
    let exit = super::input::exit(&material.provenance, context)?;
    // Nothing to say of any of the knobs: not enough data.
    Ok(if answer.projection.is_none() {
        Exit::NotEnough
    } else if holds || exit != Exit::Done {
        exit
    } else {
        Exit::Found
    })
}

/// Reads and folds, with what is odd in configuration files said on standard error.
pub(super) fn read(
    input: &InputArgs,
    context: &Context,
) -> Result<(Material, jiff::tz::TimeZone), Failure> {
    let (config, zone) = input.settings(context)?;
    let request = input.request(context, &config, &zone)?;
    Ok((input.read(&request, config, context)?, zone))
}

/// Knobs with values, in their order.
fn settings(texts: &[String]) -> Result<Vec<(String, KnobValue)>, Failure> {
    texts
        .iter()
        .map(|text| {
            let Some((knob, value)) = text.split_once('=') else {
                return Err(Failure::new("--set wants KNOB=VALUE")
                    .help("write --set context.cache_size=100"));
            };
            let (knob, value) = (knob.trim(), value.trim());
            let kind = type_of(knob).ok_or_else(|| unknown(knob))?;
            let failure = || {
                Failure::new(format!("{knob} does not take this value"))
                    .help(format!("it takes {}", wanted(knob, kind)))
            };
            let value = parse(knob, value)
                .ok()
                .flatten()
                .filter(|v| is_allowed(knob, v))
                .ok_or_else(failure)?;
            Ok((knob.to_owned(), value))
        })
        .collect()
}

/// Values that are of the type and yet none of the knob's.
fn is_allowed(knob: &str, value: &KnobValue) -> bool {
    match value {
        KnobValue::Number(n) => {
            let is_at_least_one = ["context.cache_size", "resources.concurrent_operations"];
            !is_at_least_one.contains(&knob) || *n >= 1.0
        }
        KnobValue::Word(word)
            if knob == "context.mode" || knob.starts_with("context.mode_for.") =>
        {
            ["FANCY", "SIMPLE"]
                .iter()
                .any(|m| m.eq_ignore_ascii_case(word))
        }
        KnobValue::Word(word) if knob == "prompt_cache.keep_warm" => {
            ["never", "pending", "always"].contains(&word.as_str())
        }
        KnobValue::Word(word) if knob == "context.mode_selection_strategy" => {
            ["accuracy_first", "balanced", "performance_first"].contains(&word.as_str())
        }
        _ => true,
    }
}

fn wanted(knob: &str, kind: KnobType) -> String {
    let kind = match kind {
        KnobType::Bool => "true or false",
        KnobType::Count if knob == "retry.limit" => "a whole number from 0",
        KnobType::Count => "a whole number from 1",
        KnobType::Duration => "a duration such as 90s, 5min or 1h",
        KnobType::Bytes => "an amount of memory such as 512MB or 1GB",
        KnobType::Ratio => "a share such as 80% or 0.8",
        KnobType::Backoff => "none, constant:2s, exponential:1s or exponential:1s:30s",
        KnobType::Word if knob.starts_with("context.mode_sel") => {
            "accuracy_first, balanced or performance_first"
        }
        KnobType::Word if knob == "prompt_cache.keep_warm" => "never, pending or always",
        KnobType::Word if knob.starts_with("context.mode") => "FANCY or SIMPLE",
        KnobType::Word => "a name",
    };
    format!("{kind}: --set {knob}=VALUE")
}

fn unknown(knob: &str) -> Failure {
    let failure = Failure::new(format!("there is no knob {knob:?}"));
    let plain = KNOBS.iter().map(|(name, _)| *name);
    match nearest(knob, plain) {
        Some(near) if near.ends_with('.') => {
            failure.help(format!("did you mean {near}NAME, with a name of your own?"))
        }
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => {
            let all: Vec<String> = KNOBS
                .iter()
                .map(|(name, _)| {
                    if name.ends_with('.') {
                        format!("{name}NAME")
                    } else {
                        (*name).to_owned()
                    }
                })
                .collect();
            failure.help(format!("the knobs are {}", all.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn knobs_and_values_are_checked() {
        let of = |text: &str| settings(&[text.to_owned()]);
        assert_eq!(
            of("context.cache_size=100").unwrap(),
            [("context.cache_size".to_owned(), KnobValue::Number(100.0))]
        );
        for wrong in [
            "prompt_cache.ttl=1h",
            "prompt_cache.keep_warm=often",
            "tools.parallel=2",
            "model_for.=small",
            "context.cash_size=100",
            "context.cache_size",
            "context.cache_size=0",
            "context.cache_size=big",
            "context.mode=FAST",
            "context.preload_common_contexts=maybe",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        let near = format!("{:?}", of("context.cash_size=100").unwrap_err());
        assert!(near.contains("context.cache_size"), "{near}");
    }
}
