//! `metric`: records values of a metric of the user's own, or of any other.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::input::{pairs, value_of};
use super::{Context, Exit, Failure};
use crate::config::Config;
use crate::metrics::{Metric, Unit};
use crate::recorder::{RecordError, Recorder, check_tag, check_value};
use crate::report::{self, visible};
use crate::units::Time;

/// Arguments of `metric`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise metric queue_depth 12 --tag queue=main
  perfadvise metric build_time 2m30s --at 2026-11-23T08:00:00Z
  perfadvise metric heap 245MB --tag run=nightly-17      values of a run are one unit of inference
  jobs | perfadvise metric -                             lines such as: queue_depth 12 queue=main

A metric of your own is declared in perfadvise.yaml, since nothing else knows its unit:
  metrics: {queue_depth: {unit: count, direction: lower}}

Exit codes: 0 done, 2 bad usage, an unknown metric, or a file that cannot be written.")]
pub(super) struct Args {
    /// Name of the metric; - for lines of NAME VALUE [KEY=VALUE…] from standard input
    #[arg(value_name = "NAME")]
    name: String,
    /// The value, in the metric's unit or with one: 12, 2.3s, 245MB, 80%
    #[arg(value_name = "VALUE", allow_negative_numbers = true)]
    value: Option<String>,
    /// What it is told apart by, such as queue=main or run=nightly-17 (may be given several times)
    #[arg(long, value_name = "KEY=VALUE")]
    tag: Vec<String>,
    /// When it was measured [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// File of native records to append to
    #[arg(long, value_name = "FILE", conflicts_with = "storage_path")]
    file: Option<PathBuf>,
    /// Folder in whose metrics.jsonl it is recorded; it is made where it is not there [default: .orch-monitoring]
    #[arg(long, value_name = "DIR")]
    storage_path: Option<PathBuf>,
}

/// A value to be recorded.
struct Reading {
    name: String,
    value: f64,
    unit: Unit,
    tags: Vec<(String, String)>,
}

/// Records.
pub(super) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = context.load_config()?.config;
    let named = config.timezone.as_ref().map(|z| z.value.as_str());
    let zone = context.zone(context.globals.timezone.as_deref().or(named))?;
    let now = context.now()?;
    let at = match &args.at {
        Some(text) => context.moment(text, now, &zone, false)?,
        None => now,
    };
    let tags = pairs(&args.tag, "--tag", "queue=main")?;
    let readings = match (args.name.as_str(), &args.value) {
        ("-", None) => of_lines(std::io::stdin().lock(), &config, &tags)?,
        (name, Some(value)) => vec![reading(name, value, tags, &config)?],
        (name, None) => {
            return Err(
                Failure::new(format!("{} has no value", visible(name, true))).help(format!(
                    "write perfadvise metric {} 12",
                    visible(name, true)
                )),
            );
        }
    };
    let mut recorder = match &args.file {
        Some(file) => Recorder::open(file),
        None => {
            let usual = Path::new(super::monitor::FOLDER);
            Recorder::in_folder(args.storage_path.as_deref().unwrap_or(usual))
        }
    }
    .map_err(|error| failure(&error))?;
    record(&mut recorder, &readings, at).map_err(|error| failure(&error))?;
    context.say(&told(&readings, recorder.path()));
    Ok(Exit::Done)
}

fn record(recorder: &mut Recorder, readings: &[Reading], at: Time) -> Result<(), RecordError> {
    for reading in readings {
        let tags: Vec<(&str, &str)> = reading
            .tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        recorder.record_at(&reading.name, reading.value, &tags, at)?;
    }
    recorder.flush()
}

fn told(readings: &[Reading], path: &Path) -> String {
    let path = path.display();
    match readings {
        [one] => format!(
            "{} = {}, appended to {path}",
            one.name,
            report::amount_text(one.unit, one.value)
        ),
        several => format!("{} values appended to {path}", several.len()),
    }
}

/// `NAME VALUE [KEY=VALUE…]` a line. One that is wrong keeps all from being recorded.
fn of_lines(
    input: impl BufRead,
    config: &Config,
    common: &[(String, String)],
) -> Result<Vec<Reading>, Failure> {
    let mut readings = Vec::new();
    for (number, line) in (1_u64..).zip(input.lines()) {
        let line = line.map_err(|error| {
            Failure::new(format!("line {number} of standard input: {error}"))
                .help("write lines such as  queue_depth 12 queue=main")
        })?;
        let mut words = line.split_whitespace();
        let Some(name) = words.next().filter(|word| !word.starts_with('#')) else {
            continue;
        };
        let of_line =
            |failure: Failure| failure.within(&format!("line {number} of standard input"));
        let Some(value) = words.next() else {
            return Err(of_line(
                Failure::new(format!("{} has no value", visible(name, true)))
                    .help("write lines such as  queue_depth 12 queue=main"),
            ));
        };
        let own: Vec<String> = words.map(str::to_owned).collect();
        let own = pairs(&own, "a tag", "queue=main").map_err(of_line)?;
        let tags = common.iter().cloned().chain(own).collect();
        readings.push(reading(name, value, tags, config).map_err(of_line)?);
    }
    if readings.is_empty() {
        return Err(Failure::new("there is no value on standard input")
            .help("write lines such as  queue_depth 12 queue=main"));
    }
    Ok(readings)
}

fn reading(
    name: &str,
    text: &str,
    tags: Vec<(String, String)>,
    config: &Config,
) -> Result<Reading, Failure> {
    let is_known = Metric::named(name).is_some() || config.declared.find(name).is_some();
    if !is_known {
        return Err(unknown(name, config));
    }
    for (key, value) in &tags {
        check_tag(key, value).map_err(|error| failure(&error))?;
    }
    let unit = config.unit_of(name);
    let value = match text.parse::<f64>() {
        Ok(number) if number.is_finite() => number,
        _ => value_of(unit, text).map_err(|error| {
            let text = visible(text, true);
            Failure::new(format!("{name} {text}: {error}")).help(error.help())
        })?,
    };
    let has_sign = matches!(unit, Unit::Number | Unit::Count | Unit::Usd);
    if value < 0.0 && !(has_sign && Metric::named(name).is_none()) {
        return Err(
            Failure::new(format!("{name} {}: it is negative", visible(text, true)))
                .help("record what was measured, in the unit of the metric"),
        );
    }
    let may_exceed = [Metric::ProcessCpu, Metric::TokenEfficiency].map(Metric::name);
    if unit == Unit::Ratio && value > 1.0 && !may_exceed.contains(&name) {
        let text = visible(text, true);
        return Err(
            Failure::new(format!("{name} {text}: a ratio is from 0 to 1"))
                .help(format!("write {text}% if it is percent")),
        );
    }
    check_value(name, value).map_err(|error| failure(&error))?;
    Ok(Reading {
        name: name.to_owned(),
        value,
        unit,
        tags,
    })
}

/// Nobody knows the unit of a metric that is not declared.
fn unknown(name: &str, config: &Config) -> Failure {
    let shown = visible(name, true);
    let failure = Failure::new(format!(
        "there is no metric {shown:?}: perfadvise has none, and the configuration declares none"
    ));
    let example = match crate::metrics::fault_of_name(name) {
        None => name,
        Some(_) => "queue_depth",
    };
    let declare = format!(
        "declare it in perfadvise.yaml:  metrics: {{{example}: {{unit: count, direction: lower}}}}"
    );
    failure.help(match config.declared.nearest(name) {
        Some(near) => format!("did you mean {near}? Else {declare}"),
        None => declare,
    })
}

fn failure(error: &RecordError) -> Failure {
    Failure::new(visible(&error.to_string(), true)).help(error.help())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn config() -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("perfadvise.yaml");
        let text = "metrics: {queue_depth: {unit: count}, wait: {unit: seconds}, warmth: {unit: ratio}, heap: {unit: bytes}}\n";
        std::fs::write(&path, text).unwrap();
        crate::config::check(&path).unwrap().0
    }

    #[test]
    fn values_are_read_in_the_unit_of_their_metric() {
        let config = config();
        let value =
            |name: &str, text: &str| reading(name, text, Vec::new(), &config).map(|r| r.value);
        for (name, text, expected) in [
            ("queue_depth", "12", 12.0),
            ("queue_depth", "-3", -3.0),
            ("wait", "2.3s", 2.3),
            ("wait", "300ms", 0.3),
            ("wait", "2", 2.0),
            ("warmth", "80%", 0.8),
            ("warmth", "0.25", 0.25),
            ("heap", "245MB", 245e6),
            ("cpu_utilization", "91%", 0.91),
        ] {
            assert!(
                (value(name, text).unwrap() - expected).abs() < 1e-9,
                "{name} {text}"
            );
        }
        for (name, text) in [
            ("warmth", "80"),
            ("wait", "-1"),
            ("wait", "12 apples"),
            ("heap", "2.3s"),
            ("queue_depth", "nan"),
            ("queue_depth", "1e13"),
            ("memory_usage", "99999999999999999999"),
            ("queue_dept", "12"),
        ] {
            assert!(value(name, text).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn lines_are_all_right_or_none_is_taken() {
        let config = config();
        let common = [("host".to_owned(), "a".to_owned())];
        let text = "# a comment\n\nqueue_depth 12 queue=main\nwait 300ms\n";
        let readings = of_lines(text.as_bytes(), &config, &common).unwrap();
        assert_eq!(readings.len(), 2);
        assert_eq!(readings[0].tags.len(), 2);
        for wrong in ["queue_depth\n", "queue_depth 1 queue\n", "unknown 1\n", ""] {
            assert!(
                of_lines(wrong.as_bytes(), &config, &common).is_err(),
                "{wrong:?}"
            );
        }
    }
}
