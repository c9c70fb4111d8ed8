//! What hyperfine exports with `--export-json`: for each command the time of every run.
//!
//! Times are seconds, whatever unit the page showed; memory is bytes. A run is a task that ended well if
//! its exit code is 0; the command with its parameters names the task. Hyperfine takes off the time that the
//! shell needs to start, and says 0 where nothing is left: such a run is not known. The text of a
//! command is kept only where it can be a name (`--command-name` gives one).

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::super::content::is_label;
use super::super::document::{
    Faults, Field, Listed, Origin, Reported, Shaped, is_word, keys, parse,
};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::benchmark::Benchmark;
use super::native::values::check_sample;
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Measured, Records, Statistic};

/// The format.
#[derive(Debug)]
pub(super) struct Hyperfine;

/// The label that names the benchmark.
pub(super) const LABEL: &str = "benchmark";

impl Format for Hyperfine {
    fn name(&self) -> &'static str {
        "hyperfine"
    }

    fn about(&self) -> &'static str {
        "what hyperfine exports with --export-json: the time and exit code of each run of a command"
    }

    fn plural(&self) -> &'static str {
        "hyperfine exports"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let bytes = head.bytes.trim_ascii_start();
        // The list may go on behind the head; then its key has no whole value.
        let Some(open) = memchr::memmem::find(bytes, b"\"results\"") else {
            return Likelihood::No;
        };
        let is_first = bytes.first() == Some(&b'{') && bytes[1..open].trim_ascii().is_empty();
        let behind = bytes[open..].iter().position(|b| *b == b'[');
        let first = behind.map_or(&[][..], |at| &bytes[open + at + 1..]);
        let keys = keys(first);
        let has = |name: &[u8]| keys.contains(&name);
        if is_first && has(b"command") && (has(b"times") || has(b"mean") && has(b"median")) {
            Likelihood::Yes
        } else {
            Likelihood::No
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let path = input.path;
        let bytes = input.document()?;
        let mut spare = Vec::new();
        let export: Export<'_> = parse(bytes, &mut spare, 2, origin.file, problems)?;
        let Listed::Of(results, _) = &export.results else {
            return Ok(());
        };
        let faults = Faults::new(origin.file, bytes, &["results"], problems);
        let mut reader = Reader {
            origin,
            path,
            faults,
            tasks: HashMap::new(),
        };
        for (index, result) in results.iter().enumerate() {
            match result {
                Shaped::Is(result) => reader.result(index, result, records),
                _ => reader
                    .faults
                    .skipped(index, &[], "an entry that is no result"),
            }
        }
        Ok(())
    }
}

struct Reader<'a, 'f> {
    origin: Origin<'a>,
    path: &'a str,
    faults: Faults<'f>,
    /// How often a command was met with the same parameters.
    tasks: HashMap<String, u32>,
}

impl Reader<'_, '_> {
    fn result(&mut self, index: usize, result: &Outcome<'_>, records: &mut Records) {
        let name = match &result.command {
            Field::Text(text) if is_name(text) => text.to_string(),
            _ => format!("command {}", index + 1),
        };
        let parameters = result.parameters.get();
        let parameters: Vec<(&str, String)> = parameters
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((&**key, parameter(value)?)))
            .filter(|(key, value)| is_label(key, value) && is_name(value) && *key != LABEL)
            .filter(|(key, _)| !names_a_secret(key))
            .collect();
        let mut task = name.clone();
        for (key, value) in &parameters {
            task += &format!(" {key}={value}");
        }
        let number = self.number(&task);
        let (task, name) = (task + &number, name + &number);
        let mut labels: Vec<(&str, &str)> = vec![(LABEL, &name)];
        labels.extend(parameters.iter().map(|(key, value)| (*key, &**value)));
        let Listed::Of(times, _) = &result.times else {
            return self.summary(index, result, &labels, records);
        };
        let codes = list(&result.exit_codes);
        let memory = list(&result.memory);
        let mut benchmark = Benchmark::new(
            &self.origin,
            records,
            (self.path, &task),
            &labels,
            &content(&[times, codes, memory]),
        );
        let mut zeros = 0;
        for (run, time) in times.iter().enumerate() {
            let seconds = match time.number() {
                Ok(Some(seconds)) if check_sample(Some(Metric::TaskTime), seconds).is_ok() => {
                    Some(seconds)
                }
                _ => {
                    self.faults
                        .value(index, &["times"], "a time that is no number of seconds");
                    None
                }
            };
            zeros += u32::from(seconds == Some(0.0));
            let is_ok = match codes.get(run) {
                None | Some(Field::Other | Field::Text(_) | Field::Bool(_)) => None,
                Some(code) => Some(code.number() == Ok(Some(0.0))),
            };
            let mut figures = Vec::new();
            if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) {
                let metric = match is_ok {
                    Some(false) => Metric::ErrorTime,
                    _ => Metric::TaskTime,
                };
                figures.push((metric.into(), seconds));
            }
            if let Some(is_ok) = is_ok {
                let share = if is_ok { 1.0 } else { 0.0 };
                figures.push((Metric::TaskSuccessRate.into(), share));
            }
            if let Some(Ok(Some(bytes))) = memory.get(run).map(Field::number)
                && bytes > 0.0
                && check_sample(Some(Metric::MemoryUsage), bytes).is_ok()
            {
                figures.push((Metric::MemoryUsage.into(), bytes));
            }
            benchmark.run(records, &figures);
        }
        if zeros > 0 {
            let reason = format!(
                "{zeros} of {} runs took no longer than the shell's own start, so that their time is not known (hyperfine --shell=none tells it)",
                times.len()
            );
            self.faults.value(index, &["times"], reason);
        }
        self.processor(result, times.len(), &labels, records);
    }

    /// What tells this result of a task from those before it.
    fn number(&mut self, task: &str) -> String {
        let count = self.tasks.entry(task.to_owned()).or_default();
        *count += 1;
        match *count {
            1 => String::new(),
            count => format!(" #{count}"),
        }
    }

    /// The processor's time, of which only means are told.
    fn processor(
        &mut self,
        result: &Outcome<'_>,
        runs: usize,
        labels: &[(&str, &str)],
        records: &mut Records,
    ) {
        let mut reported = Reported::beside();
        for (name, field) in [("user_time", &result.user), ("system_time", &result.system)] {
            if let Ok(Some(seconds)) = field.number()
                && (0.0..1e9).contains(&seconds)
            {
                let metric = Measured::Custom(records.catalog.name(name));
                reported.add_measured(metric, Statistic::Mean, seconds, Some(runs as u64));
            }
        }
        self.report(reported, labels, records);
    }

    /// A result without its runs.
    fn summary(
        &mut self,
        index: usize,
        result: &Outcome<'_>,
        labels: &[(&str, &str)],
        records: &mut Records,
    ) {
        let mut reported = Reported::default();
        for (statistic, field, name) in [
            (Statistic::Mean, &result.mean, "mean"),
            (Statistic::Min, &result.min, "min"),
            (Statistic::Max, &result.max, "max"),
        ] {
            match field.number() {
                Ok(Some(seconds)) if check_sample(Some(Metric::TaskTime), seconds).is_ok() => {
                    reported.add(Metric::TaskTime, statistic, seconds, None);
                }
                Ok(None) => {}
                _ => self
                    .faults
                    .value(index, &[name], "a time that is no number of seconds"),
            }
        }
        self.report(reported, labels, records);
    }

    fn report(&self, reported: Reported, labels: &[(&str, &str)], records: &mut Records) {
        let own: Vec<_> = labels
            .iter()
            .map(|(key, value)| (records.catalog.dimension_named(key), *value))
            .collect();
        reported.finish(&self.origin, &own, None, records);
    }
}

/// Whether the text of a command can be the name of a benchmark: a few plain words, none of which looks
/// like a secret or an address.
fn is_name(text: &str) -> bool {
    const MOST_WORDS: usize = 5;
    const SECRETS: &[&str] = &["token", "secret", "passw", "key", "auth", "://"];
    let is_plain = |c: char| c.is_alphanumeric() || " ._-/=:+,%#()".contains(c);
    let lower = text.to_ascii_lowercase();
    is_word(text)
        && text.chars().all(is_plain)
        && text.split_whitespace().count() <= MOST_WORDS
        && !SECRETS.iter().any(|secret| lower.contains(secret))
}

/// Whether the name of a parameter says that its value is a secret: `api_key` and `password` do, `key_size` and
/// `max_tokens` count something.
fn names_a_secret(name: &str) -> bool {
    const LAST_WORDS: &[&str] = &["key", "auth", "pass", "pwd"];
    const PARTS: &[&str] = &[
        "passw",
        "passphrase",
        "secret",
        "apikey",
        "credential",
        "authorization",
    ];
    let lower = name.to_ascii_lowercase();
    let last = lower.rsplit(|c: char| !c.is_alphanumeric()).next();
    lower.ends_with("token")
        || last.is_some_and(|word| LAST_WORDS.contains(&word))
        || PARTS.iter().any(|part| lower.contains(part))
}

fn parameter(value: &Field<'_>) -> Option<String> {
    match value {
        Field::Text(text) => Some(text.to_string()),
        Field::Whole(number) | Field::Number(number) => Some(number.to_string()),
        Field::Bool(is) => Some(is.to_string()),
        Field::Nothing | Field::Other => None,
    }
}

fn list<'l, 'a>(listed: &'l Listed<Field<'a>>) -> &'l [Field<'a>] {
    match listed {
        Listed::Of(list, _) => list,
        _ => &[],
    }
}

/// What is the same in every copy of a result: its figures run by run.
fn content(lists: &[&[Field<'_>]]) -> Vec<u8> {
    let mut content = Vec::new();
    for list in lists {
        content.extend_from_slice(&(list.len() as u64).to_le_bytes());
        for field in *list {
            let number = field.number().ok().flatten();
            content.extend_from_slice(&number.map_or(u64::MAX, f64::to_bits).to_le_bytes());
        }
    }
    content
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Export<'a> {
    #[serde(borrow)]
    results: Listed<Shaped<Outcome<'a>>>,
}

/// The result of a command.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow)]
    command: Field<'a>,
    #[serde(borrow)]
    mean: Field<'a>,
    #[serde(borrow)]
    min: Field<'a>,
    #[serde(borrow)]
    max: Field<'a>,
    #[serde(borrow)]
    user: Field<'a>,
    #[serde(borrow)]
    system: Field<'a>,
    #[serde(borrow)]
    times: Listed<Field<'a>>,
    #[serde(borrow)]
    exit_codes: Listed<Field<'a>>,
    #[serde(borrow, rename = "memory_usage_byte")]
    memory: Listed<Field<'a>>,
    #[serde(borrow)]
    parameters: Shaped<BTreeMap<String, Field<'a>>>,
}
