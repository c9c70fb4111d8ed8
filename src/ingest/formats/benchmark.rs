//! Runs of a benchmark as records: what hyperfine and criterion have in common.
//!
//! A run is a unit of inference of its own, its benchmark is the task, by which two inputs are paired.
//! No time of day is told, only the order of the runs.

use super::super::document::Origin;
use super::super::time;
use crate::record::{DimsId, Flags, Identity, Measured, Name, Records, Sample};
use crate::units::Time;

/// The benchmark whose runs are read.
#[derive(Debug)]
pub(super) struct Benchmark {
    file: u32,
    dims: DimsId,
    task: Name,
    /// Begins the names of its units.
    place: String,
    /// What tells it from every other, but not from a copy of it.
    content: u128,
    runs: u32,
}

impl Benchmark {
    /// The benchmark called `task`, in the file at `path`. `content` are the figures of its runs.
    pub(super) fn new(
        origin: &Origin<'_>,
        records: &mut Records,
        (path, task): (&str, &str),
        labels: &[(&str, &str)],
        content: &[u8],
    ) -> Self {
        let own: Vec<_> = labels
            .iter()
            .map(|(key, value)| (records.catalog.dimension_named(key), *value))
            .collect();
        Self {
            file: origin.file,
            dims: origin.dims(records, &own),
            task: records.catalog.name(task),
            place: format!("{} {task}", last_folders(path)),
            content: origin.key_of(task, content),
            runs: 0,
        }
    }

    /// Adds a run with what was measured of it.
    pub(super) fn run(&mut self, records: &mut Records, figures: &[(Measured, f64)]) {
        let mut key = self.content.to_le_bytes().to_vec();
        key.extend_from_slice(&self.runs.to_le_bytes());
        let unit = format!("{}/{}", self.place, self.runs);
        let identity = Identity {
            task: self.task,
            unit: records.catalog.name(&unit),
            ..Identity::default()
        };
        let identity = records.catalog.identity(identity);
        let mut flags = Flags::LEADS.with(Flags::TIMELESS);
        for (metric, value) in figures {
            records.samples.push(Sample {
                key: crate::record::hash128(&key),
                time: time::ordered(f64::from(self.runs)).unwrap_or(Time::EARLIEST),
                value: *value,
                metric: *metric,
                dims: self.dims,
                identity,
                file: self.file,
                flags,
            });
            flags = Flags::TIMELESS;
        }
        self.runs = self.runs.saturating_add(1);
    }
}

/// The last folders of a path, which tell measurements of one name apart, and the file's name.
pub(super) fn last_folders(path: &str) -> String {
    let parts: Vec<&str> = path.split(std::path::is_separator).collect();
    parts[parts.len().saturating_sub(3)..].join("/")
}
