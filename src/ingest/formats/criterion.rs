//! The files of criterion (`target/criterion/BENCHMARK/BASELINE/*.json`), of which `sample.json` is
//! read: for each sample how many iterations it had and how many nanoseconds they took together.
//!
//! A sample is worth times ÷ iterations: the mean of its iterations, not one of them. The folders name
//! the benchmark and the baseline (`new` is the last run). What the other files say follows from the
//! samples. `base` is criterion's own copy of the last run, and not read.

use serde::Deserialize;

use super::super::document::{Faults, Field, Listed, Origin, is_word, keys, parse};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::benchmark::Benchmark;
use super::hyperfine::LABEL;
use super::native::values::check_sample;
use crate::metrics::Metric;
use crate::place::Problem;
use crate::record::{Measured, Records};

/// The format.
#[derive(Debug)]
pub(super) struct Criterion;

/// What an iteration took, where nanoseconds are too coarse for whole ones.
const FINE: &str = "iteration_nanoseconds";
/// Iterations shorter than this, in nanoseconds, are told in fractions of one.
const FINE_BELOW: f64 = 1e3;
/// Shorter ones are told in no other way: a whole nanosecond would be more than 1 % of them.
const COARSE_FROM: f64 = 100.0;

impl Format for Criterion {
    fn name(&self) -> &'static str {
        "criterion"
    }

    fn about(&self) -> &'static str {
        "what criterion leaves in target/criterion: the samples of each benchmark"
    }

    fn plural(&self) -> &'static str {
        "criterion files"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        if is_sample(head.bytes) || is_about_samples(head.bytes) {
            return Likelihood::Yes;
        }
        // Four numbers tell nothing by themselves.
        let is_list = head.bytes.trim_ascii_start().first() == Some(&b'[');
        if head.name == "tukey.json" && is_list {
            Likelihood::Maybe
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
        let place = Place::of(path);
        if !is_sample(bytes) || matches!(place.baseline, "base" | "change") {
            records.ignored += 1;
            return Ok(());
        }
        let mut spare = Vec::new();
        let file: File<'_> = parse(bytes, &mut spare, 1, origin.file, problems)?;
        let mut faults = Faults::new(origin.file, bytes, &[], problems);
        let (Listed::Of(iterations, _), Listed::Of(times, _)) = (&file.iters, &file.times) else {
            faults.skipped(
                0,
                &[],
                "samples without a list of times and one of iterations",
            );
            return Ok(());
        };
        if iterations.len() != times.len() {
            faults.skipped(0, &["times"], "not as many times as numbers of iterations");
            return Ok(());
        }
        let mut samples = Vec::with_capacity(times.len());
        for (iterations, time) in iterations.iter().zip(times) {
            match (iterations.number(), time.number()) {
                (Ok(Some(n)), Ok(Some(time))) if n >= 1.0 && (0.0..1e19).contains(&time) => {
                    samples.push(time / n);
                }
                _ => faults.value(
                    0,
                    &["times"],
                    "a sample without a time or without iterations",
                ),
            }
        }
        let content: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let labels = [(LABEL, &*place.benchmark), ("baseline", place.baseline)];
        let named = (path, &*place.benchmark);
        let mut benchmark = Benchmark::new(&origin, records, named, &labels, &content);
        #[allow(clippy::cast_precision_loss)]
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        let fine = Measured::Custom(records.catalog.name(FINE));
        for nanos in samples {
            let seconds = nanos / 1e9;
            let mut figures = Vec::new();
            if mean >= COARSE_FROM && check_sample(Some(Metric::TaskTime), seconds).is_ok() {
                figures.push((Metric::TaskTime.into(), seconds));
            }
            if mean < FINE_BELOW && check_sample(None, nanos).is_ok() {
                figures.push((fine, nanos));
            }
            benchmark.run(records, &figures);
        }
        Ok(())
    }
}

/// `sample.json`.
fn is_sample(bytes: &[u8]) -> bool {
    let keys = keys(bytes);
    let known = |key: &&[u8]| matches!(*key, b"sampling_mode" | b"iters" | b"times");
    // The times may go on behind the head of a file.
    keys.contains(&b"iters".as_slice()) && keys.iter().all(known)
}

/// `estimates.json` or `benchmark.json`.
fn is_about_samples(bytes: &[u8]) -> bool {
    let keys = keys(bytes);
    let has = |key: &[u8]| keys.contains(&key);
    let is_benchmark = has(b"group_id") && has(b"full_id") && has(b"directory_name");
    let is_estimates = has(b"mean")
        && has(b"median")
        && memchr::memmem::find(bytes, b"\"confidence_interval\"").is_some()
        && memchr::memmem::find(bytes, b"\"standard_error\"").is_some();
    is_benchmark || is_estimates
}

/// What the folders of a file say.
struct Place<'a> {
    benchmark: String,
    baseline: &'a str,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let mut folders: Vec<&str> = path
            .split(std::path::is_separator)
            .filter(|part| is_word(part) && *part != ".")
            .collect();
        folders.pop();
        let baseline = folders.pop().unwrap_or_default();
        let root = folders.iter().rposition(|folder| *folder == "criterion");
        let names = match root {
            Some(root) => &folders[root + 1..],
            // A benchmark has at most three names: its group, its function, its parameter.
            None => &folders[folders.len().saturating_sub(3)..],
        };
        let benchmark = names.join("/");
        Self {
            benchmark: if benchmark.is_empty() {
                "benchmark".to_owned()
            } else {
                benchmark
            },
            baseline,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    iters: Listed<Field<'a>>,
    #[serde(borrow)]
    times: Listed<Field<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_name_the_benchmark() {
        for (path, benchmark, baseline) in [
            (
                "target/criterion/stats/hl/1000/new/sample.json",
                "stats/hl/1000",
                "new",
            ),
            ("./fold/main/sample.json", "fold", "main"),
            ("a/b/c/d/new/sample.json", "b/c/d", "new"),
            ("new/sample.json", "benchmark", "new"),
            ("sample.json", "benchmark", ""),
            ("-", "benchmark", ""),
        ] {
            let place = Place::of(path);
            assert_eq!(
                (&*place.benchmark, place.baseline),
                (benchmark, baseline),
                "{path}"
            );
        }
    }
}
