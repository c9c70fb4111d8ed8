//! What is kept between runs changes nothing but their time.

pub(crate) mod changes;
mod place;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use perfadvise::cache::Cache;
use perfadvise::config::Config;
use perfadvise::ingest::{Options, Target};
use perfadvise::pipeline::{Request, assess};
use perfadvise::prices::PriceTable;

/// A cache in this folder that keeps the smallest input too.
pub(crate) fn cache_in(folder: &Path) -> Cache {
    let mut cache = Cache::at(folder);
    cache.least_input = 0;
    cache
}

/// What the program makes of these paths, as JSON.
pub(crate) fn made(path: &Path, cache: Option<&Cache>, threads: usize) -> String {
    let request = Request {
        targets: vec![Target {
            path: path.to_owned(),
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options {
            cache: cache.cloned(),
            threads,
            ..Options::default()
        },
        by: None,
        from: None,
        to: None,
        wall_clock: Default::default(),
        past: None,
        standing: Default::default(),
        only: Vec::new(),
        prices: Arc::new(PriceTable::built_in()),
    };
    let (assessment, _) = assess(&request, Config::default(), &|_, _| {}).unwrap();
    serde_json::to_string_pretty(&assessment).unwrap()
}

/// Sets the time of a file back, as if it had been written a while ago: `minutes` of them.
fn age(path: &Path, minutes: u64) {
    let time = SystemTime::now() - Duration::from_secs(60 * minutes);
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

/// Names of the files of a cache that begin so.
fn kept(cache: &Cache, begin: &str) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(cache.folder()) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(begin)
        })
        .collect()
}

/// All fixtures: read with nothing kept, then from records alone, then from the fold.
#[test]
fn every_format_comes_out_of_the_cache_as_it_went_in() {
    let home = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir("fixtures").unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Broken configuration files, each of which ends a run.
        if !entry.file_type().unwrap().is_dir() || name == "config" {
            continue;
        }
        let cache = cache_in(&home.path().join(&name));
        let expected = made(&entry.path(), None, 2);
        assert_eq!(
            made(&entry.path(), Some(&cache), 2),
            expected,
            "{name}, cold"
        );
        let folds = kept(&cache, "workload");
        assert_eq!(folds.len(), 1, "{name}");
        assert_eq!(
            made(&entry.path(), Some(&cache), 1),
            expected,
            "{name}, same"
        );
        std::fs::remove_file(&folds[0]).unwrap();
        assert_eq!(
            made(&entry.path(), Some(&cache), 1),
            expected,
            "{name}, records"
        );
        assert_eq!(kept(&cache, "").len(), 2, "{name}");
    }
}
