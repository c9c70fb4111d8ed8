//! What every verb knows: the common options, the time, the look of the output.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::builder::{FalseyValueParser, OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::Failure;
use crate::cache::Cache;
use crate::config::{self, Config, Given, Sources};
use crate::pipeline::PipelineError;
use crate::report::Style;
use crate::store::Place;
use crate::units::{self, ClockFault, Edge, Time};

/// Options of every verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct Globals {
    /// How the result is written
    #[arg(long, global = true, value_enum, default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    /// Write the result to a file instead of standard output
    #[arg(long, short = 'o', global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Configuration: perfadvise.yaml, performance_config.yaml, alerts_config.yaml or context_config.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Zone in which times are shown and days begin (default: UTC)
    #[arg(long, global = true, value_name = "ZONE", env = "PERFADVISE_TIMEZONE")]
    pub timezone: Option<String>,
    /// The present, for repeatable runs (RFC 3339)
    #[arg(long, global = true, value_name = "TIME", env = "PERFADVISE_NOW")]
    pub now: Option<String>,
    /// Make every skipped record an error (exit 2)
    #[arg(long, global = true)]
    pub strict: bool,
    /// No progress, no warnings
    #[arg(long, short = 'q', global = true)]
    pub quiet: bool,
    /// Say what is being done; twice for more
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Write the log to a file too
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
    /// Progress on standard error
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub progress: Colour,
    /// Columns of the page (default: the terminal's, else 100)
    #[arg(long, global = true, value_name = "COLUMNS")]
    pub width: Option<usize>,
    /// Only ASCII characters in the page
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Threads for reading (default: all cores)
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub threads: usize,
    /// Read every input anew, and keep nothing of it for the next run
    #[arg(
        long,
        global = true,
        env = "PERFADVISE_NO_CACHE",
        value_parser = FalseyValueParser::new()
    )]
    pub no_cache: bool,
    /// Folder in which is kept what large inputs gave (default: perfadvise in $XDG_CACHE_HOME or ~/.cache)
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PERFADVISE_CACHE_DIR",
        hide_env = true,
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub cache_dir: Option<PathBuf>,
    /// The most that the cache may hold; beyond it the oldest goes
    #[arg(
        long,
        global = true,
        value_name = "BYTES",
        env = "PERFADVISE_CACHE_SIZE",
        hide = true
    )]
    pub cache_size: Option<String>,
    /// Folder in which baselines and the history are kept (default: .perfadvise in the nearest folder
    /// upward that has it or .git)
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PERFADVISE_STORE",
        hide_env = true,
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    pub store: Option<PathBuf>,
    /// Inputs of fewer bytes in all are not kept
    #[arg(
        long,
        global = true,
        value_name = "BYTES",
        env = "PERFADVISE_CACHE_FROM",
        hide = true
    )]
    pub cache_from: Option<String>,
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// A page for a terminal
    Text,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// YAML
    Yaml,
    /// Markdown, for a chat or a pull request
    Markdown,
    /// A page that stands alone, for a browser or paper (analyze, report)
    Html,
    /// A table of the metrics
    Csv,
    /// Test cases in XML (gate)
    Junit,
    /// SARIF 2.1.0 (gate)
    Sarif,
    /// Annotations of a GitHub workflow (gate)
    Github,
    /// Trace events in JSON for ui.perfetto.dev (export)
    Perfetto,
    /// Profiles in JSON for speedscope.app (export)
    Speedscope,
    /// Folded stacks for flame graphs (export)
    Folded,
}

impl OutputFormat {
    /// What a list is written as.
    pub(super) const LIST: &'static [Self] = &[Self::Text, Self::Json, Self::Jsonl, Self::Yaml];
    /// What a single thing is written as.
    pub(super) const DOCUMENT: &'static [Self] = &[Self::Text, Self::Json, Self::Yaml];
    /// What a page with a table of figures is written as.
    pub(super) const TABLE: &'static [Self] = &[
        Self::Text,
        Self::Json,
        Self::Jsonl,
        Self::Yaml,
        Self::Markdown,
        Self::Csv,
    ];

    /// Name of the renderer.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OutputFormat::Text => "text",
            OutputFormat::Json => "json",
            OutputFormat::Jsonl => "jsonl",
            OutputFormat::Yaml => "yaml",
            OutputFormat::Markdown => "markdown",
            OutputFormat::Html => "html",
            OutputFormat::Csv => "csv",
            OutputFormat::Junit => "junit",
            OutputFormat::Sarif => "sarif",
            OutputFormat::Github => "github",
            OutputFormat::Perfetto => "perfetto",
            OutputFormat::Speedscope => "speedscope",
            OutputFormat::Folded => "folded",
        }
    }
}

impl Globals {
    /// Whether colour is used on a stream, by `--color`, `NO_COLOR`, `CLICOLOR_FORCE` and the terminal.
    pub(super) fn colour_choice(
        &self,
        stream: &impl anstream::stream::RawStream,
    ) -> anstream::ColorChoice {
        match self.color {
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
            Colour::Auto => anstream::AutoStream::choice(stream),
        }
    }
}

/// A loaded configuration.
pub(super) struct Loaded {
    pub(super) config: Config,
}

/// What every verb knows.
#[derive(Debug)]
pub struct Context {
    /// The common options.
    pub globals: Globals,
    /// Whether what is odd in the configuration was said already: a verb may ask for it more than once.
    is_warned: std::sync::atomic::AtomicBool,
}

impl Context {
    /// The output format of something that is written in these alone: `what` names it.
    ///
    /// # Errors
    /// Another one is asked for.
    pub(super) fn format(
        &self,
        what: &str,
        known: &[OutputFormat],
    ) -> Result<OutputFormat, Failure> {
        let format = self.globals.format;
        if known.contains(&format) {
            return Ok(format);
        }
        let names: Vec<&str> = known.iter().map(|format| format.name()).collect();
        let names = match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} or {last}", others.join(", "))
            }
            _ => names.concat(),
        };
        let fault = format!("{what} is not written as {}", format.name());
        Err(Failure::new(fault).help(format!("use --format {names}")))
    }

    /// From the common options. Empty ones are not given: so a build server unsets a variable.
    #[must_use]
    pub fn new(globals: Globals) -> Self {
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let path = |path: Option<PathBuf>| path.filter(|path| !path.as_os_str().is_empty());
        Self {
            globals: Globals {
                timezone: text(globals.timezone),
                now: text(globals.now),
                cache_dir: path(globals.cache_dir),
                cache_size: text(globals.cache_size),
                cache_from: text(globals.cache_from),
                store: path(globals.store),
                ..globals
            },
            is_warned: false.into(),
        }
    }

    /// The present: `--now`, else the clock.
    ///
    /// # Errors
    /// `--now` is not a time.
    pub fn now(&self) -> Result<Time, Failure> {
        match &self.globals.now {
            None => Ok(Time::from_timestamp(jiff::Timestamp::now())),
            Some(text) => text.parse().map(Time::from_timestamp).map_err(|_| {
                Failure::new("--now is not a time").help("write it as 2026-11-23T08:00:00Z")
            }),
        }
    }

    /// Where what was read is kept; `None`: nowhere.
    ///
    /// # Errors
    /// A size that is none.
    pub(super) fn cache(&self) -> Result<Option<Cache>, Failure> {
        if self.globals.no_cache {
            return Ok(None);
        }
        self.cache_place()
    }

    /// The cache, whether it is used or not; `None`: there is no place for one.
    ///
    /// # Errors
    /// A size that is none.
    pub(super) fn cache_place(&self) -> Result<Option<Cache>, Failure> {
        let globals = &self.globals;
        let place = match &globals.cache_dir {
            Some(folder) => Some(Cache::at(folder)),
            None => Cache::usual(|name| std::env::var_os(name)),
        };
        let Some(mut cache) = place else {
            return Ok(None);
        };
        let (most, least) = (&mut cache.most_bytes, &mut cache.least_input);
        for (variable, text, size) in [
            ("PERFADVISE_CACHE_SIZE", &globals.cache_size, most),
            ("PERFADVISE_CACHE_FROM", &globals.cache_from, least),
        ] {
            if let Some(text) = text {
                let bytes = units::parse_bytes(text)
                    .or_else(|error| text.parse().map_err(|_| error))
                    .ok()
                    .filter(|bytes: &f64| *bytes >= 0.0)
                    .ok_or_else(|| {
                        Failure::new(format!("{variable} is no amount of bytes"))
                            .help(format!("set it as {variable}=1GB"))
                    })?;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
                let bytes = bytes as u64;
                *size = bytes;
            }
        }
        Ok(Some(cache))
    }

    /// Where baselines and the history are: the folder that was named, else the nearest one.
    pub(super) fn place(&self) -> Place {
        match &self.globals.store {
            Some(folder) => Place::at(folder),
            None => Place::nearest(&working_folder()),
        }
    }

    /// Where the configuration of this run may come from.
    pub(super) fn sources(&self) -> Sources {
        let mut sources = Sources::of_process();
        sources.files.clone_from(&self.globals.config);
        if let Some(zone) = &self.globals.timezone {
            // The option falls back to this variable: its value is then no option of the user's.
            let name = config::variable_of("timezone");
            let is_variable = sources
                .environment
                .iter()
                .any(|(n, v)| *n == name && v == zone);
            if !is_variable {
                sources.command_line.push(Given {
                    key: "timezone".to_owned(),
                    value: zone.clone(),
                    option: "--timezone".to_owned(),
                });
            }
        }
        sources
    }

    /// The configuration of this run; what is odd in it goes to standard error, once.
    pub(super) fn load_config(&self) -> Result<Loaded, Failure> {
        let (config, warnings) = config::load(&self.sources())
            .map_err(|error| super::config::failure(&error, Some("Nothing was analysed.")))?;
        super::output::spare(config.files.iter().map(Path::new), self)?;
        if !self
            .is_warned
            .swap(true, std::sync::atomic::Ordering::Relaxed)
        {
            super::config::warn(&warnings, &self.globals);
        }
        Ok(Loaded { config })
    }

    /// A fault of the inputs as a failure of the run.
    pub(super) fn input_failure(&self, error: &PipelineError) -> Failure {
        if let PipelineError::Config(error) = error {
            return super::config::failure(error, Some("Nothing was analysed."));
        }
        let failure = Failure::new(error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    }

    /// A time as `--from`, `--to` and `--since` take it.
    pub(super) fn moment(
        &self,
        text: &str,
        now: Time,
        zone: &jiff::tz::TimeZone,
        is_end: bool,
    ) -> Result<Time, Failure> {
        let edge = if is_end { Edge::To } else { Edge::From };
        let moment = units::moment(text, now, zone, edge)
            .map_err(|error| Failure::new(error.to_string()).help(error.help()))?;
        let what = match moment.fault {
            None => return Ok(moment.time),
            Some(ClockFault::Gap) => {
                "does not exist there, clocks were put forward; the time after"
            }
            Some(ClockFault::Fold) => "was twice there, clocks were put back; the first one",
        };
        self.warn(&format!(
            "the local time {text} {what} is used: {}",
            moment.time
        ));
        Ok(moment.time)
    }

    /// Says what is odd on standard error, unless told to be quiet.
    pub(super) fn warn(&self, message: &str) {
        if self.globals.quiet {
            return;
        }
        let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
        let mut err = anstream::AutoStream::new(
            std::io::stderr(),
            self.globals.colour_choice(&std::io::stderr()),
        );
        // Nothing can be done when standard error is closed.
        let _ = writeln!(err, "{yellow}warning:{yellow:#} {message}");
    }

    /// Says what was done beside the result, on standard error, unless told to be quiet.
    pub(super) fn say(&self, message: &str) {
        if !self.globals.quiet {
            // Nothing can be done when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{message}");
        }
    }

    /// The zone in which a run of this configuration thinks.
    pub(super) fn zone_of(&self, config: &Config) -> Result<jiff::tz::TimeZone, Failure> {
        let named = config.timezone.as_ref().map(|z| z.value.as_str());
        self.zone(self.globals.timezone.as_deref().or(named))
    }

    /// A zone by name (`Europe/Berlin`, `UTC`, `local`).
    ///
    /// # Errors
    /// There is no such zone.
    pub fn zone(&self, name: Option<&str>) -> Result<jiff::tz::TimeZone, Failure> {
        match name {
            None | Some("UTC" | "utc") => Ok(jiff::tz::TimeZone::UTC),
            // Where the system names none, it is UTC; what it names wrongly is nobody's zone.
            Some("local") => match jiff::tz::TimeZone::try_system() {
                Err(_) if std::env::var_os("TZ").is_some_and(|zone| !zone.is_empty()) => Err(
                    Failure::new("the time zone that TZ names is not known").help(
                        "set TZ to a name of the IANA database such as Europe/Berlin, or unset it",
                    ),
                ),
                zone => Ok(zone.unwrap_or(jiff::tz::TimeZone::UTC)),
            },
            Some(name) => jiff::tz::TimeZone::get(name).map_err(|_| {
                Failure::new("the time zone is not known")
                    .help("use a name of the IANA database such as Europe/Berlin, or UTC, or local")
            }),
        }
    }

    /// The look of a page for `command` (what the user typed, without the program's name).
    #[must_use]
    pub fn style(&self, command: &str, zone: jiff::tz::TimeZone, full: bool) -> Style {
        let to_terminal = self.globals.output.is_none() && std::io::stdout().is_terminal();
        let width = self.globals.width.unwrap_or_else(|| {
            if to_terminal {
                terminal_size::terminal_size().map_or(100, |(w, _)| usize::from(w.0))
            } else {
                100
            }
        });
        let colour = match self.globals.output {
            Some(_) => self.globals.color == Colour::Always,
            None => self.globals.colour_choice(&std::io::stdout()) != anstream::ColorChoice::Never,
        };
        Style {
            width: width.clamp(60, 200),
            unicode: !self.globals.ascii && is_utf8(),
            colour,
            full,
            zone,
            command: command.to_owned(),
        }
    }
}

/// The folder in which the program was started.
pub(super) fn working_folder() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| Path::new(".").to_owned())
}

/// Whether the locale's character set is UTF-8, by the usual precedence. Without any setting it is
/// taken to be, unless the terminal is a bare one.
fn is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|v| !v.is_empty());
    match set {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => std::env::var("TERM").as_deref() != Ok("dumb"),
    }
}
