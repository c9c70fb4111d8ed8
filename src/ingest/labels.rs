//! Labels of a file: those of its target, those for everything, those of path patterns. And its mapping.

use globset::{GlobBuilder, GlobMatcher};

use super::{IngestError, Options};
use crate::config::mapping::Mapping;
use std::path::Path;

/// The labels that the command line and the configuration give to files.
#[derive(Debug)]
pub(super) struct Labels<'a> {
    everywhere: &'a [(String, String)],
    by_path: Vec<(GlobMatcher, &'a [(String, String)])>,
}

impl<'a> Labels<'a> {
    /// # Errors
    /// A pattern that is none.
    pub(super) fn new(options: &'a Options) -> Result<Self, IngestError> {
        let by_path = options
            .path_labels
            .iter()
            .map(|(pattern, labels)| Ok((matcher(pattern)?, labels.as_slice())))
            .collect::<Result<_, IngestError>>()?;
        Ok(Self {
            everywhere: &options.labels,
            by_path,
        })
    }

    /// The labels of a file; where two name the same dimension, the first one counts.
    pub(super) fn of(&self, path: &Path, target: &[(String, String)]) -> Vec<(String, String)> {
        let matching = self
            .by_path
            .iter()
            .filter(|(glob, _)| glob.is_match(path))
            .flat_map(|(_, labels)| labels.iter());
        target
            .iter()
            .chain(self.everywhere)
            .chain(matching)
            .cloned()
            .collect()
    }
}

/// The mappings that the configuration gives to files.
#[derive(Debug)]
pub(super) struct Mappings<'a>(Vec<(GlobMatcher, &'a Mapping)>);

impl<'a> Mappings<'a> {
    /// # Errors
    /// A pattern that is none.
    pub(super) fn new(options: &'a Options) -> Result<Self, IngestError> {
        let pairs = options.mappings.iter().flat_map(|mapping| {
            let patterns = mapping.files.iter();
            patterns.map(move |pattern| Ok((matcher_of_files(pattern)?, mapping)))
        });
        pairs.collect::<Result<_, IngestError>>().map(Self)
    }

    /// The first mapping that names a file.
    pub(super) fn of(&self, path: &Path) -> Option<&'a Mapping> {
        let found = self.0.iter().find(|(glob, _)| glob.is_match(path));
        found.map(|(_, mapping)| *mapping)
    }
}

/// A pattern without a slash names files of any folder.
fn matcher_of_files(pattern: &str) -> Result<GlobMatcher, IngestError> {
    if pattern.contains('/') {
        return matcher(pattern);
    }
    matcher(&format!("**/{pattern}")).map_err(|error| match error {
        IngestError::Pattern { reason, .. } => IngestError::Pattern {
            pattern: pattern.to_owned(),
            reason,
        },
        other => other,
    })
}

/// `*` stays within a folder, as people know it from shells.
fn matcher(pattern: &str) -> Result<GlobMatcher, IngestError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob = glob.map_err(|error| IngestError::Pattern {
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    })?;
    Ok(glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.into(), value.into())
    }

    #[test]
    fn the_target_comes_first_and_patterns_last() {
        let options = Options {
            labels: vec![pair("host", "a")],
            path_labels: vec![
                ("**/fancy/*".into(), vec![pair("mode", "FANCY")]),
                ("**/simple/**".into(), vec![pair("mode", "SIMPLE")]),
            ],
            ..Options::default()
        };
        let labels = Labels::new(&options).unwrap();
        let found = labels.of(Path::new("runs/fancy/a.json"), &[pair("label", "new")]);
        let expected = [
            pair("label", "new"),
            pair("host", "a"),
            pair("mode", "FANCY"),
        ];
        assert_eq!(found, expected);
        assert_eq!(labels.of(Path::new("runs/fancy/b/a.json"), &[]).len(), 1);
    }

    #[test]
    fn a_mapping_of_a_name_is_of_files_in_any_folder() {
        let of = |pattern: &str| Options {
            mappings: vec![Mapping {
                files: vec![pattern.into()],
                ..Mapping::default()
            }],
            ..Options::default()
        };
        for (pattern, path, is_its) in [
            ("load*.csv", "load.csv", true),
            ("load*.csv", "./load.csv", true),
            ("load*.csv", "/var/runs/load-2.csv", true),
            ("load*.csv", "load.csv/other", false),
            ("runs/*.csv", "runs/load.csv", true),
            ("runs/*.csv", "old/runs/load.csv", false),
        ] {
            let options = of(pattern);
            let mappings = Mappings::new(&options).unwrap();
            let found = mappings.of(Path::new(path)).is_some();
            assert_eq!(found, is_its, "{pattern} {path}");
        }
        let options = of("runs[");
        let error = Mappings::new(&options).unwrap_err().to_string();
        assert!(error.contains("\"runs[\""), "{error}");
    }

    #[test]
    fn a_faulty_pattern_is_named() {
        let options = Options {
            path_labels: vec![("runs/[".into(), Vec::new())],
            ..Options::default()
        };
        let error = Labels::new(&options).unwrap_err().to_string();
        assert!(
            error.starts_with("the path pattern \"runs/[\" is faulty"),
            "{error}"
        );
    }
}
