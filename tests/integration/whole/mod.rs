//! The whole way, from the folders of `fixtures/` to assessments and what is written of them.

mod page;
mod rule_pages;
mod rules;
pub(crate) mod schema;

use std::path::Path;
use std::sync::OnceLock;

use perfadvise::assessment::Assessment;
use perfadvise::config::Config;
use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{Request, assess};

/// The folders of `fixtures/` that hold input, by name, with what the program makes of them. `config`
/// holds broken configuration files, each of which ends a run.
pub(crate) fn assessments() -> &'static [(String, Assessment)] {
    static ALL: OnceLock<Vec<(String, Assessment)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut names: Vec<String> = std::fs::read_dir("fixtures")
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_dir())
            .map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| name != "config")
            .collect();
        names.sort();
        names
            .into_iter()
            .map(|name| {
                let assessment = assessed(&name);
                (name, assessment)
            })
            .collect()
    })
}

/// What was made of one of these folders.
fn of(folder: &str) -> &'static Assessment {
    let found = assessments().iter().find(|(name, _)| name == folder);
    &found.unwrap().1
}

/// What the program makes of a folder of `fixtures/`, without configuration but what lies there.
fn assessed(folder: &str) -> Assessment {
    let request = Request {
        targets: vec![Target {
            path: Path::new("fixtures").join(folder),
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options::default(),
        by: None,
        from: None,
        to: None,
        wall_clock: Default::default(),
        past: None,
        standing: Default::default(),
        only: Vec::new(),
        prices: std::sync::Arc::new(perfadvise::prices::PriceTable::built_in()),
    };
    assess(&request, Config::default(), &|_, _| {})
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .0
}
