//! The layers: command line > environment > nearest files upward > the user's folder > defaults.
//!
//! Layers are read from the highest down, and each only sets what is still open. In the working folder
//! the files of an orchestrator are read as they are, below `perfadvise.yaml`.

use std::path::{Path, PathBuf};

use crate::place::Place;

use super::Config;
use super::fault::{ConfigError, Fault, Warning, WarningKind};
use super::keys::{self, KEYS};
use super::kind::{Kind, is_configuration};
use super::read::{Reader, Via};
use super::tree::{self, Entry, Node, Span, Value};

/// Name of our own file.
pub const FILE_NAME: &str = "perfadvise.yaml";
/// Files of an orchestrator, in order of precedence, looked for in a folder.
const FOREIGN: &[&str] = &[
    "performance_config.yaml",
    "alerts_config.yaml",
    ".orch-state/context_config.yaml",
    "context_config.yaml",
];
/// Begins the names of our variables.
const PREFIX: &str = "PERFADVISE_";
/// Variables that are options of the command line and no configuration.
const OPTIONS: &[&str] = &[
    "LOG",
    "NOW",
    "CONFIG",
    "NO_CACHE",
    "CACHE_DIR",
    "CACHE_SIZE",
    "CACHE_FROM",
    "STORE",
];

/// A value from an option of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Full name of the key: `timezone`, `context.cache_size`.
    pub key: String,
    /// Its value as text.
    pub value: String,
    /// The option: `--timezone`.
    pub option: String,
}

/// Where configuration may come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Values from options.
    pub command_line: Vec<Given>,
    /// Files named by `--config`; of two that set the same key the later one counts.
    pub files: Vec<PathBuf>,
    /// The environment; variables without our prefix are ignored.
    pub environment: Vec<(String, String)>,
    /// The working folder; `None`: no files are looked for.
    pub working_folder: Option<PathBuf>,
    /// The user's folder of configurations (`~/.config`); `None`: there is none.
    pub user_folder: Option<PathBuf>,
}

impl Sources {
    /// The surroundings of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let folder = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
        };
        Self {
            command_line: Vec::new(),
            files: Vec::new(),
            environment: std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .filter(|(k, _)| k.starts_with(PREFIX))
                .collect(),
            working_folder: std::env::current_dir().ok(),
            user_folder: folder("XDG_CONFIG_HOME")
                .or_else(|| folder("HOME").map(|h| h.join(".config"))),
        }
    }
}

/// Reads all layers.
///
/// # Errors
/// A file named by `--config` that cannot be read, or any value that cannot be used: all of them are
/// listed.
pub fn load(sources: &Sources) -> Result<(Config, Vec<Warning>), ConfigError> {
    let mut loading = Loading::default();
    for given in &sources.command_line {
        loading.value(&given.key, &given.value, &given.option, Via::CommandLine);
    }
    // The command line's files come before the environment: both are the command line.
    for path in sources.files.iter().rev() {
        let text = read(path).map_err(|source| ConfigError::Unreadable {
            file: path.display().to_string(),
            source,
        })?;
        loading.file(&path.display().to_string(), text, Via::Option);
    }
    let mut variables: Vec<&(String, String)> = sources.environment.iter().collect();
    variables.sort();
    for (name, value) in variables {
        loading.variable(name, value);
    }
    if let Some(folder) = &sources.working_folder {
        if let Some(file) = folder
            .ancestors()
            .map(|f| f.join(FILE_NAME))
            .find(|f| f.is_file())
        {
            loading.found(&file, folder, Via::Nearest)?;
        }
        for name in FOREIGN {
            let file = folder.join(name);
            if file.is_file() {
                loading.found(&file, folder, Via::Nearest)?;
            }
        }
    }
    if let Some(folder) = &sources.user_folder {
        let file = folder.join("perfadvise").join(FILE_NAME);
        if file.is_file() {
            loading.found(&file, folder, Via::UserFolder)?;
        }
    }
    loading.finish()
}

/// Adds a file found among the analysed inputs as the lowest layer: it sets what is still open.
///
/// # Errors
/// A value that cannot be used; `config` is then as it was.
pub fn join(config: &mut Config, path: &Path, bytes: &[u8]) -> Result<Vec<Warning>, ConfigError> {
    let mut loading = Loading {
        config: config.clone(),
        ..Loading::default()
    };
    loading.file(
        &path.display().to_string(),
        String::from_utf8_lossy(bytes).into_owned(),
        Via::Inputs,
    );
    let (joined, warnings) = loading.finish()?;
    *config = joined;
    Ok(warnings)
}

/// Reads one file alone, as if `--config` had named it: for checking it.
///
/// # Errors
/// It cannot be read, or has a value that cannot be used.
pub fn check(path: &Path) -> Result<(Config, Vec<Warning>), ConfigError> {
    load(&Sources {
        files: vec![path.to_owned()],
        ..Sources::default()
    })
}

/// A document or value that is read, of the layer that it belongs to.
enum Source {
    /// The text of a file.
    File {
        name: String,
        text: String,
        via: Via,
    },
    /// A single value: of an option, or of a variable.
    Value {
        key: String,
        text: String,
        name: String,
        via: Via,
    },
}

#[derive(Default)]
struct Loading {
    config: Config,
    faults: Vec<Fault>,
    warnings: Vec<Warning>,
    /// What is to be read, from the highest layer down.
    sources: Vec<Source>,
}

impl Loading {
    fn found(&mut self, file: &Path, folder: &Path, via: Via) -> Result<(), ConfigError> {
        let shown = file.strip_prefix(folder).unwrap_or(file);
        let shown = if via == Via::UserFolder { file } else { shown };
        let shown = shown.display().to_string();
        let text = read(file).map_err(|source| ConfigError::Unreadable {
            file: shown.clone(),
            source,
        })?;
        self.file(&shown, text, via);
        Ok(())
    }

    fn file(&mut self, name: &str, text: String, via: Via) {
        if self.config.files.iter().any(|f| f == name) {
            return;
        }
        self.config.files.push(name.to_owned());
        if matches!(
            is_configuration(text.as_bytes()),
            Some(Kind::Performance | Kind::Alerts | Kind::Context)
        ) {
            self.config.has_seed_file = true;
        }
        self.sources.push(Source::File {
            name: name.to_owned(),
            text,
            via,
        });
    }

    fn value(&mut self, key: &str, text: &str, name: &str, via: Via) {
        self.sources.push(Source::Value {
            key: key.to_owned(),
            text: text.to_owned(),
            name: name.to_owned(),
            via,
        });
    }

    fn reader<'a>(&'a mut self, name: &'a str, text: &'a str, via: Via) -> Reader<'a> {
        Reader {
            config: &mut self.config,
            faults: &mut self.faults,
            warnings: &mut self.warnings,
            name,
            via,
            text,
        }
    }

    /// Reads all sources: first what metrics they declare, which anything else in them may name.
    fn read_all(&mut self) {
        let sources = std::mem::take(&mut self.sources);
        for source in &sources {
            if let Source::File { name, text, via } = source {
                self.reader(name, text, *via).declarations();
            }
        }
        for source in &sources {
            match source {
                Source::File { name, text, via } => self.reader(name, text, *via).document(),
                Source::Value {
                    key,
                    text,
                    name,
                    via,
                } => self.read_value(key, text, name, *via),
            }
        }
    }

    /// A single value, as if a document held nothing else.
    fn read_value(&mut self, key: &str, text: &str, name: &str, via: Via) {
        // A text that is no YAML is a text: `*.log`, `a: b`.
        let value = match tree::read(text) {
            Ok(Some(Node {
                value: value @ (Value::Bool(_) | Value::Number(_) | Value::List(_)),
                ..
            })) => value,
            _ => Value::Text(text.to_owned()),
        };
        let leaf = Node {
            value,
            span: Span::default(),
        };
        let node = key.rsplit('.').fold(leaf, |node, part| Node {
            value: Value::Map(vec![Entry {
                key: part.to_owned(),
                span: Span::default(),
                node,
            }]),
            span: Span::default(),
        });
        self.reader(name, "", via).root(&node);
    }

    fn variable(&mut self, name: &str, value: &str) {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            return;
        };
        // An empty variable is one that is not set: so programs of a build server unset one.
        if OPTIONS.contains(&rest) || value.trim().is_empty() {
            return;
        }
        match key_of(rest) {
            Some(key) => self.value(&key, value, name, Via::Environment),
            None => {
                let known: Vec<String> = KEYS.iter().map(|k| variable_of(k.name)).collect();
                let help = keys::nearest(name, known.iter().map(String::as_str))
                    .map(|k| format!("did you mean \"{k}\"?"));
                self.warnings.push(Warning {
                    kind: WarningKind::UnknownKey,
                    place: Place::file(name),
                    message: "this variable of the environment sets nothing known".to_owned(),
                    help,
                });
            }
        }
    }

    fn finish(mut self) -> Result<(Config, Vec<Warning>), ConfigError> {
        self.read_all();
        if self.faults.is_empty() {
            Ok((self.config, self.warnings))
        } else {
            Err(ConfigError::Faulty {
                faults: self.faults,
                warnings: self.warnings,
            })
        }
    }
}

/// The variable that sets a key: `context.cache_size` is `PERFADVISE_CONTEXT_CACHE_SIZE`.
#[must_use]
pub fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

/// The key that a variable (without its prefix) sets. Families and limits keep their free part:
/// `TIMEOUT_MODEL_REQUEST`, `TARGETS_RESPONSE_TIME`, `TARGETS_RESPONSE_TIME_P95`,
/// `GATE_RESPONSE_TIME_P95_MAX_REGRESSION`.
fn key_of(rest: &str) -> Option<String> {
    let lower = rest.to_ascii_lowercase();
    if let Some(metric) = lower.strip_prefix("targets_") {
        return Some(match metric.rsplit_once('_') {
            Some((metric, statistic @ ("mean" | "p95"))) => format!("targets.{metric}.{statistic}"),
            _ => format!("targets.{metric}"),
        });
    }
    if let Some(threshold) = lower.strip_prefix("thresholds_") {
        return Some(format!("thresholds.{threshold}"));
    }
    if let Some((metric, setting)) = lower.strip_prefix("gate_").and_then(gate_setting) {
        return Some(match metric.rsplit_once('_') {
            Some((metric, statistic @ ("mean" | "p95"))) => {
                format!("gate.{metric}.{statistic}.{setting}")
            }
            _ => format!("gate.{metric}.{setting}"),
        });
    }
    KEYS.iter().find_map(|key| {
        let flat = key.name.replace('.', "_");
        if key.name.ends_with('.') {
            let part = lower.strip_prefix(&flat).filter(|p| !p.is_empty())?;
            Some(format!("{}{part}", key.name))
        } else {
            (flat == lower).then(|| key.name.to_owned())
        }
    })
}

/// `response_time_max_regression` is the setting `max_regression` of a metric.
fn gate_setting(rest: &str) -> Option<(&str, &'static str)> {
    ["_max_regression", "_level", "_min", "_max"]
        .into_iter()
        .find_map(|end| Some((rest.strip_suffix(end).filter(|m| !m.is_empty())?, &end[1..])))
}

fn read(path: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    String::from_utf8(bytes)
        .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8"))
}
