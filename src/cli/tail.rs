//! `tail`: what is new in inputs that grow, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::follow::{Pace, Rhythm, Seen, repeat};
use super::input::{InputArgs, strict_failure};
use super::{Context, Exit, Failure, OutputFormat};
use crate::alerts::{self, CELL, Watch};
use crate::analysis::Told;
use crate::assessment::{AlertKey, AlertState, FaultRow, News, Notice, SCHEMA_VERSION};
use crate::config::Config;
use crate::pipeline::{Following, Manner, Material, Request};
use crate::report::{self, Style};
use crate::units::Time;

/// Arguments of `tail`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  perfadvise tail                                  what agents do now, where known tools keep their logs
  perfadvise tail ~/.claude/projects --interval 5s
  perfadvise tail .orch-monitoring logs/ --format jsonl | jq .units

Only what was added is read. Alerts of alerts_config.yaml are told here; nobody is sent anything (alerts watch).
Ctrl-C ends it.

Exit codes: 0 ended, 2 bad usage, or a path that does not exist.")]
pub(super) struct Args {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    pace: Pace,
}

/// Looks until it is told to stop.
pub(super) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let is_json = match context.globals.format {
        OutputFormat::Text => false,
        OutputFormat::Jsonl => true,
        other => {
            return Err(
                Failure::new(format!("tail does not write {}", other.name()))
                    .help("--format jsonl gives a line for each look that found something"),
            );
        }
    };
    args.input.check_followed()?;
    let rhythm: Rhythm = args.pace.rhythm()?;
    let (config, zone) = args.input.settings(context)?;
    let style = context.style("tail", zone, false);
    let mut tail = Tail {
        request: args.input.request(context, &config, &style.zone)?,
        config,
        style,
        is_json,
        following: Following::default(),
        told: Told::default(),
        material: None,
        states: BTreeMap::new(),
        faults: BTreeSet::new(),
        read: 0,
    };
    if !tail.request.searched.is_empty() {
        let places: Vec<String> = (tail.request.searched.iter())
            .map(|place| place.display().to_string())
            .collect();
        context.say(&format!("looks in {}", places.join(", ")));
    }
    repeat(rhythm, context, &mut |number| {
        let now = context.now().map_err(Seen::input)?;
        args.input
            .renew(&mut tail.request, &tail.config, context)
            .map_err(Seen::input)?;
        let news = tail.look(number, now, context)?;
        tail.tell(&news, out)?;
        tail.strict(context)
    })?;
    Ok(Exit::Done)
}

/// What is remembered between looks.
struct Tail {
    request: Request,
    config: Config,
    style: Style,
    is_json: bool,
    following: Following,
    told: Told,
    /// What the last look that found something found.
    material: Option<Material>,
    states: BTreeMap<AlertKey, AlertState>,
    /// Faults that were there at the last look, and those of them that were told.
    faults: BTreeSet<(Fault, bool)>,
    /// Bytes that were read so far.
    read: u64,
}

type Fault = (String, Option<u64>, String);

impl Tail {
    fn look(&mut self, number: u64, now: Time, context: &Context) -> Result<News, Seen> {
        let manner = Manner {
            cell: Some(CELL),
            always: false,
        };
        let found = self
            .following
            .look(&self.request, self.config.clone(), manner, &|_, _| {})
            .map_err(|error| Seen::input(context.input_failure(&error)))?;
        let mut news = News {
            schema_version: SCHEMA_VERSION,
            at: now,
            look: number,
            files: 0,
            records: 0,
            bytes_read: self.following.fetched() - self.read,
            units: Vec::new(),
            samples: Vec::new(),
            alerts: Vec::new(),
            problems: Vec::new(),
        };
        self.read = self.following.fetched();
        if let Some(material) = found {
            (news.units, news.samples) = self.told.take(&material.workload);
            if number == 1 {
                super::config::warn(&material.warnings, &context.globals);
            }
            self.material = Some(material);
        }
        if let Some(material) = &self.material {
            news.files = material.provenance.files;
            news.records = material.provenance.records;
            news.alerts = firing(&self.config, material, &mut self.states, now);
        }
        news.problems = self.faults(number == 1);
        tracing::info!(
            read = news.bytes_read,
            held = self.following.held(),
            "looked"
        );
        Ok(news)
    }

    /// Faults that nobody was told of: those that were there at the last look already, since a file may be in the
    /// middle of being written; at the first look all.
    fn faults(&mut self, is_first: bool) -> Vec<FaultRow> {
        let Some(material) = &self.material else {
            return Vec::new();
        };
        let mut now = BTreeSet::new();
        let mut new = Vec::new();
        for row in &material.provenance.problems {
            let fault = (row.file.clone(), row.line, row.reason.clone());
            let was_told = self.faults.contains(&(fault.clone(), true));
            let was_seen = self.faults.contains(&(fault.clone(), false));
            if !was_told && (was_seen || is_first) {
                new.push(row.clone());
            }
            now.insert((fault, was_told || was_seen || is_first));
        }
        self.faults = now;
        new
    }

    fn tell(&self, news: &News, out: &mut dyn Write) -> Result<(), Seen> {
        let text = match (self.is_json, news.look) {
            (true, _) if news.is_empty() => return Ok(()),
            (true, _) => report::news::json_line(news),
            (false, 1) => report::news::opening(news, &self.style),
            (false, _) => report::news::lines(news, &self.style),
        };
        if text.is_empty() {
            return Ok(());
        }
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(Seen::output)
    }

    /// With `--strict` a fault that stays ends it.
    fn strict(&self, context: &Context) -> Result<(), Seen> {
        let has_told = self.faults.iter().any(|(_, was_told)| *was_told);
        match &self.material {
            Some(material) if context.globals.strict && has_told => {
                Err(Seen::output(strict_failure(&material.provenance)))
            }
            _ => Ok(()),
        }
    }
}

/// What alerts have to tell of what was read. Those that are held against a baseline are looked at by `alerts watch`
/// only.
fn firing(
    config: &Config,
    material: &Material,
    states: &mut BTreeMap<AlertKey, AlertState>,
    now: Time,
) -> Vec<Notice> {
    let observed = alerts::observe(&config.alerts, &material.workload);
    let watch = Watch { now, silences: &[] };
    let looked = alerts::look(&config.alerts, &observed, states, watch);
    *states = looked.states;
    looked.notices
}
