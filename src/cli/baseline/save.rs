//! `baseline save` and `baseline accept`: what is written.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

use super::{AcceptArgs, OriginArgs, SaveArgs, failure, show};
use crate::cli::input::{InputArgs, strict_failure};
use crate::cli::{Context, Exit, Failure};
use crate::config::KnobValue;
use crate::config::keys::nearest;
use crate::metrics::{self, Metric};
use crate::pipeline::Material;
use crate::record::Measured;
use crate::store::{self, Acceptance, Baseline, Meta, Place, Run, StoreError};
use crate::workload::Workload;

/// Keeps the inputs under a name.
pub(super) fn save(
    args: &SaveArgs,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let place = context.place();
    place.file_of(&args.name).map_err(|e| failure(&e))?;
    let Some(mut fresh) = read(&args.name, &args.input, &args.origin, context)? else {
        return nothing(&args.input, context, out);
    };
    let _lock = lock(&place)?;
    if let Some(mut known) = known(&args.name, &place, args.pool, context)? {
        args.origin
            .environment
            .check(&known.meta, &fresh.meta.environment)?;
        if args.pool {
            pool(&mut known, fresh, context)?;
            return write(&known, &place, context, out);
        }
        fresh.meta.history = known.meta.history;
    }
    write(&fresh, &place, context, out)
}

/// Moves a baseline to other inputs, or lets single metrics be.
pub(super) fn accept(
    args: &AcceptArgs,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    if args.reason.trim().is_empty() {
        return Err(Failure::new("--reason is empty").help("say why the difference is accepted"));
    }
    let place = context.place();
    let name = match &args.name {
        Some(name) => name.clone(),
        None => only_one(&place)?,
    };
    let _lock = lock(&place)?;
    let mut known = store::load(&name, &place).map_err(|e| failure(&e))?;
    // A file that lies elsewhere is looked at, not changed.
    if known.meta.name != name {
        let error = StoreError::Name { name };
        return Err(failure(&error));
    }
    let at = context.now()?;
    let acceptance = |metric: Option<&String>| Acceptance {
        at,
        reason: args.reason.clone(),
        metric: metric.cloned(),
    };
    if args.metric.is_empty() {
        if args.input.paths.is_empty() {
            return Err(Failure::new("accept wants a PATH or --metric").help(format!(
                "perfadvise baseline accept {name} PATH --reason TEXT moves the baseline to these inputs; with --metric M only that metric is accepted"
            )));
        }
        let Some(mut fresh) = read(&name, &args.input, &args.origin, context)? else {
            return nothing(&args.input, context, out);
        };
        args.origin
            .environment
            .check(&known.meta, &fresh.meta.environment)?;
        fresh.meta.history = known.meta.history;
        fresh.meta.history.push(acceptance(None));
        return write(&fresh, &place, context, out);
    }
    check_metrics(&args.metric, &known.workload)?;
    if !args.input.paths.is_empty() {
        let Some(fresh) = read(&name, &args.input, &args.origin, context)? else {
            return nothing(&args.input, context, out);
        };
        check_metrics(&args.metric, &fresh.workload)?;
    }
    for metric in &args.metric {
        let acceptance = acceptance(Some(metric));
        known
            .meta
            .accepted
            .retain(|a| a.metric != acceptance.metric);
        known.meta.accepted.push(acceptance.clone());
        known.meta.history.push(acceptance);
    }
    write(&known, &place, context, out)
}

/// From reading a baseline to writing it there is only one program: else what another added would be lost.
fn lock(place: &Place) -> Result<std::fs::File, Failure> {
    place.lock("baselines").map_err(|error| {
        Failure::new(format!("{}: {error}", place.folder().display()))
            .help("check who may write there, or name another folder with --store")
    })
}

/// The baseline that is there. One that cannot be read is replaced, but never added to.
fn known(
    name: &str,
    place: &Place,
    is_pooled: bool,
    context: &Context,
) -> Result<Option<Baseline>, Failure> {
    let path = place.file_of(name).map_err(|e| failure(&e))?;
    if !path.exists() {
        return Ok(None);
    }
    match store::load(name, place) {
        Ok(baseline) => Ok(Some(baseline)),
        Err(error @ (StoreError::Broken { .. } | StoreError::Version { .. })) if !is_pooled => {
            context.warn(&format!("replaced: {error}"));
            Ok(None)
        }
        Err(error) => Err(failure(&error)),
    }
}

/// The inputs as a baseline of one run. `None` where they hold no usable record.
fn read(
    name: &str,
    input: &InputArgs,
    origin: &OriginArgs,
    context: &Context,
) -> Result<Option<Baseline>, Failure> {
    let (config, zone) = input.settings(context)?;
    let now = context.now()?;
    let environment = origin.environment.here()?;
    let request = input.request(context, &config, &zone)?;
    let Material {
        workload,
        config,
        provenance,
        ..
    } = input.read(&request, config, context)?;
    if context.globals.strict
        && (provenance.problems_total > 0 || !provenance.unrecognised.is_empty())
    {
        return Err(strict_failure(&provenance));
    }
    if workload.is_empty() {
        return Ok(None);
    }
    let knobs: BTreeMap<String, KnobValue> = config
        .knobs
        .into_iter()
        .map(|(name, knob)| (name, knob.value))
        .collect();
    let run = Run {
        saved_at: now,
        commit: origin.commit(),
        inputs: provenance.inputs,
        files: provenance.files,
        records: provenance.records,
        skipped: provenance.skipped,
        units: provenance.units,
        prices: provenance.prices.map(|p| p.date),
        digest: store::digest(&workload),
    };
    Ok(Some(Baseline {
        meta: Meta {
            name: name.to_owned(),
            saved_at: now,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            environment,
            knobs,
            runs: vec![run],
            accepted: Vec::new(),
            history: Vec::new(),
        },
        workload,
    }))
}

/// Adds what was read to the runs that are there, and says what is odd about it.
fn pool(known: &mut Baseline, fresh: Baseline, context: &Context) -> Result<(), Failure> {
    let names: HashSet<&str> = known
        .workload
        .units
        .iter()
        .map(|u| u.name.as_str())
        .collect();
    let units = &fresh.workload.units;
    let shared = units
        .iter()
        .filter(|u| names.contains(u.name.as_str()))
        .count();
    let Baseline { meta, workload } = fresh;
    for run in meta.runs {
        let is_other =
            |r: &Run| r.prices.is_some() && run.prices.is_some() && r.prices != run.prices;
        if known.meta.runs.iter().any(is_other) {
            context.warn("the runs' costs are computed by prices of different days");
        }
        known.pool(workload.clone(), run).map_err(|e| failure(&e))?;
    }
    if shared > 0 {
        context.warn(&format!(
            "{shared} units of inference stand in an earlier run too and are one with them; records that are in both count twice"
        ));
    }
    for (name, value) in &meta.knobs {
        if known.meta.knobs.get(name).is_some_and(|old| old != value) {
            context.warn(&format!(
                "the runs differ in {name}; the latest value is kept"
            ));
        }
    }
    known.meta.knobs.extend(meta.knobs);
    known.meta.environment = meta.environment;
    known.meta.program = meta.program;
    Ok(())
}

fn write(
    baseline: &Baseline,
    place: &Place,
    context: &Context,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let path = store::save(baseline, place).map_err(|e| failure(&e))?;
    show::show(baseline, Some(&path), false, context, out)?;
    Ok(Exit::Done)
}

/// Without a usable record nothing is saved, and a baseline that is there stays.
fn nothing(input: &InputArgs, context: &Context, out: &mut dyn Write) -> Result<Exit, Failure> {
    let paths = input.paths.join(", ");
    if context.globals.format == crate::cli::OutputFormat::Text {
        writeln!(out, "? nothing was saved: no usable record in {paths}")?;
        writeln!(
            out,
            "  perfadvise formats explain PATH says what is in a file"
        )?;
    } else {
        writeln!(out, "null")?;
    }
    Ok(Exit::NotEnough)
}

/// The only baseline there is.
fn only_one(place: &Place) -> Result<String, Failure> {
    let names = place.names().map_err(|e| failure(&e))?;
    match names.as_slice() {
        [name] => Ok(name.clone()),
        [] => Err(Failure::new(format!(
            "there is no baseline in {}",
            place.baselines().display()
        ))
        .help("perfadvise baseline save NAME PATH stores one")),
        several => Err(Failure::new("there are several baselines")
            .help(format!("name one: {}", several.join(", ")))),
    }
}

/// Only what is measured can be accepted.
fn check_metrics(named: &[String], workload: &Workload) -> Result<(), Failure> {
    let text = |measured: &Measured| match measured {
        Measured::Known(metric) => metric.name().to_owned(),
        Measured::Custom(name) => workload.catalog.text(*name).to_owned(),
    };
    let measured: Vec<String> = workload.measured().iter().map(text).collect();
    for name in named {
        if measured.contains(name) {
            continue;
        }
        if Metric::named(name).is_some() {
            return Err(Failure::new(format!("{name} is not measured there"))
                .help(format!("measured are: {}", measured.join(", "))));
        }
        let all = metrics::ALL.iter().map(|m| m.name());
        let near = nearest(name, all.chain(measured.iter().map(String::as_str)));
        let failure = Failure::new(format!("there is no metric {name:?}"));
        return Err(match near {
            Some(near) => failure.help(format!("did you mean {near}?")),
            None => failure.help("perfadvise metrics list names them all"),
        });
    }
    Ok(())
}
