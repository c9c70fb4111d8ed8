//! The rules: those built in, and those of the user's folder.
//!
//! Texts are embedded; they are parsed when rules are asked for, not before.

use std::path::{Path, PathBuf};

use super::cases::Cases;
use super::rule::Rule;
use crate::config::Config;
use crate::config::keys::nearest;
use crate::place::yaml_fault;
use crate::threads;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/heuristics.rs"));
}

/// The most nodes that a rule's file may have.
const MOST_NODES: usize = 20_000;

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in: its path in the source tree.
    BuiltIn(&'static str),
    /// A file of the user's.
    File(PathBuf),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::BuiltIn(path) => f.write_str(path),
            Source::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A rule with its text and where it comes from.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The rule.
    pub rule: Rule,
    /// The file as it stands.
    pub text: String,
    /// Text of the cases beside it; `None`: there are none.
    pub cases: Option<String>,
    /// Where it comes from.
    pub source: Source,
}

impl Entry {
    /// The cases beside the rule.
    ///
    /// # Errors
    /// There are none, or they cannot be read.
    pub fn read_cases(&self) -> Result<Cases, String> {
        let text = self.cases.as_deref().ok_or("it has no cases beside it")?;
        parse(text)
    }
}

/// All rules, in order of their codes.
#[derive(Debug, Clone, Default)]
pub struct Library {
    /// The rules.
    pub entries: Vec<Entry>,
    /// Files that are no rule, and why.
    pub faults: Vec<(Source, String)>,
}

impl Library {
    /// The built-in rules.
    #[must_use]
    pub fn built_in() -> Self {
        let mut library = Library::default();
        let files = embedded::FILES.iter().filter(|(path, _)| is_rule(path));
        let files: Vec<&(&'static str, &'static str)> = files.collect();
        // Of a small input they take a third of the time.
        let rules = threads::map(&files, |(_, text)| parse::<Rule>(text));
        for ((path, text), rule) in files.into_iter().zip(rules) {
            let cases = format!("{}.cases.yaml", path.trim_end_matches(".yaml"));
            let cases = embedded::FILES.iter().find(|(p, _)| *p == cases);
            library.add(
                Source::BuiltIn(path),
                rule,
                (*text).to_owned(),
                cases.map(|(_, text)| (*text).to_owned()),
            );
        }
        library.finish()
    }

    /// The built-in rules and those in `folder` and the folders in it, which replace built-in ones
    /// with the same code.
    #[must_use]
    pub fn with_folder(folder: Option<&Path>) -> Self {
        let mut library = Self::built_in();
        let Some(folder) = folder else {
            return library;
        };
        let mut files = Vec::new();
        if let Err(error) = collect(folder, &mut files) {
            let reason = format!("the folder cannot be read: {error}");
            library.faults.push((Source::File(folder.into()), reason));
        }
        files.sort();
        for path in files.iter().filter(|p| is_rule(&p.to_string_lossy())) {
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    let cases = std::fs::read_to_string(path.with_extension("cases.yaml")).ok();
                    library.add(Source::File(path.clone()), parse(&text), text, cases);
                }
                Err(error) => library
                    .faults
                    .push((Source::File(path.clone()), error.to_string())),
            }
        }
        library.finish()
    }

    /// The built-in rules and those of the folder that a configuration names.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let folder = config.rules_dir.as_ref();
        Self::with_folder(folder.map(|folder| Path::new(&folder.value)))
    }

    /// The rule of that code or name.
    #[must_use]
    pub fn find(&self, code_or_name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.rule.is_called(code_or_name))
    }

    /// The code or name that is closest to a misspelt one.
    #[must_use]
    pub fn nearest(&self, misspelt: &str) -> Option<&str> {
        let rules = self.entries.iter().map(|e| &e.rule);
        let known = rules.flat_map(|rule| [rule.code.as_str(), rule.name.as_str()]);
        nearest(misspelt, known)
    }

    fn add(
        &mut self,
        source: Source,
        rule: Result<Rule, String>,
        text: String,
        cases: Option<String>,
    ) {
        match rule {
            Ok(rule) => {
                self.entries
                    .retain(|e| e.rule.code != rule.code || matches!(source, Source::BuiltIn(_)));
                self.entries.push(Entry {
                    rule,
                    text,
                    cases,
                    source,
                });
            }
            Err(reason) => self.faults.push((source, reason)),
        }
    }

    fn finish(mut self) -> Self {
        self.entries
            .sort_by(|a, b| order(&a.rule).cmp(&order(&b.rule)));
        self
    }
}

/// The text of an embedded file beside the rules, by its path.
#[must_use]
pub fn embedded_text(path: &str) -> Option<&'static str> {
    embedded::FILES
        .iter()
        .find(|(p, _)| *p == path)
        .map(|(_, text)| *text)
}

/// Families in the order of the catalogue, then by code.
fn order(rule: &Rule) -> (usize, &str) {
    const FAMILIES: &[&str] = &[
        "CTX", "CACHE", "TOK", "TOOL", "AGENT", "IF", "REL", "TIME", "COST", "RES", "OPS", "DATA",
    ];
    let family = rule.family();
    let place = FAMILIES.iter().position(|f| *f == family);
    (place.unwrap_or(FAMILIES.len()), &rule.code)
}

/// Reads a rule or its cases: no aliases that explode, no second document, no unknown field.
///
/// # Errors
/// What is wrong, with line and column.
pub fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_nodes: MOST_NODES },
    };
    serde_yaml::from_str_with_options(text, options).map_err(|e| {
        let place = e
            .location()
            .map(|l| format!("line {}, column {}: ", l.line(), l.column()));
        format!("{}{}", place.unwrap_or_default(), yaml_fault(&e))
    })
}

fn is_rule(path: &str) -> bool {
    path.ends_with(".yaml") && !path.ends_with(".cases.yaml") && !path.ends_with(".data.yaml")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A link is not followed: it may lead in a circle.
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
