//! Ingest → fold → analyse → score → advise, on one page.

mod before;
mod follow;
mod kept;
mod later;
mod past;
mod provenance;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::advise::facts::Facts;
use crate::advise::rule::Rule;
use crate::advise::{self, Case, Observed};
use crate::analysis::{self, Questions};
use crate::assessment::{
    Assessment, Explanation, Generator, MetricRow, Period, Provenance, SCHEMA_VERSION,
};
use crate::config::{self, Config, Profile};
use crate::gate::Before;
use crate::ingest::{self, Ingested, Target, formats};
use crate::metrics::Metric;
use crate::prices::PriceTable;
use crate::record::{Catalog, Dimension, Records};
use crate::score;
use crate::threads;
use crate::units::Time;
use crate::workload::{self, FoldOptions, Trace, WallClockRules, Workload};

pub use follow::{Following, Manner};
pub use past::{Kept, Loader, Past, PastError};

use later::Later;
use past::Joined;
use provenance::provenance;

/// What is to be analysed.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders.
    pub targets: Vec<Target>,
    /// Where the program looked by itself, when no path was given.
    pub searched: Vec<PathBuf>,
    /// How to read them.
    pub options: ingest::Options,
    /// A further dimension to describe and compare by.
    pub by: Option<String>,
    /// Only records in this time.
    pub from: Option<Time>,
    /// Only records before this time.
    pub to: Option<Time>,
    /// Only records with these values: dimension → any of the values.
    pub only: Vec<(String, Vec<String>)>,
    /// Prices by which costs are computed.
    pub prices: Arc<PriceTable>,
    /// How wall-clock time is taken apart.
    pub wall_clock: WallClockRules,
    /// What earlier runs kept, to which the inputs are added.
    pub past: Option<Past>,
    /// What became of earlier advice.
    pub standing: advise::Standing,
}

/// What was read, folded.
#[derive(Debug)]
pub struct Material {
    /// Everything known about the period.
    pub workload: Workload,
    /// The configuration, with what stood among the inputs.
    pub config: Config,
    /// What is odd in the configuration files among the inputs.
    pub warnings: Vec<config::Warning>,
    /// Where everything came from, and what was left out.
    pub provenance: Provenance,
    /// Whose targets hold where the configuration has none.
    pub profile: Profile,
    /// Whether an orchestrator left it behind.
    pub is_orchestrator: bool,
}

/// What was folded, with what was kept or without.
enum Folded {
    Fresh(Workload),
    Joined(Joined),
}

/// Reads and folds. Configuration files among the inputs join `config` as its lowest layer. Their
/// `labels` and `naive_timezone` come too late.
///
/// # Errors
/// A path that does not exist or cannot be opened; among the inputs a faulty configuration file of a usual name.
pub fn read(
    request: &Request,
    config: Config,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Material, PipelineError> {
    let Some(past) = &request.past else {
        let (ingested, workload) = read_and_fold(request, progress)?;
        return material(request, config, &ingested, Folded::Fresh(workload));
    };
    let (ingested, fresh) = read_and_fold(&request.whole(), progress)?;
    let joined = past.with(&fresh, request)?;
    material(request, config, &ingested, Folded::Joined(joined))
}

/// Reads and folds into rows of cells of this many nanoseconds ([`FoldOptions::cell`]). Nothing is kept for the next
/// run, and what earlier runs kept, which knows quarters of an hour only, is not added.
///
/// # Errors
/// As [`read`].
pub fn read_fine(
    request: &Request,
    config: Config,
    cell: i64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Material, PipelineError> {
    let survey = ingest::Survey::of(&request.targets, &request.options)?;
    let mut ingested = survey.read(formats::ALL, progress);
    let (records, options) = taken(request, &mut ingested);
    let options = FoldOptions {
        cell: Some(cell),
        ..options
    };
    let workload = workload::fold(records, &options);
    material(request, config, &ingested, Folded::Fresh(workload))
}

/// Reads and folds, or takes what was kept of the very same files.
fn read_and_fold(
    request: &Request,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(Ingested, Workload), PipelineError> {
    let survey = ingest::Survey::of(&request.targets, &request.options)?;
    let kept = kept::Place::of(&survey, request);
    Ok(match kept.as_ref().and_then(|kept| kept.load(&survey)) {
        Some(same) => same,
        None => {
            let mut ingested = survey.read(formats::ALL, progress);
            tracing::info!(
                files = ingested.files.len(),
                problems = ingested.problems.len(),
                "read"
            );
            let workload = fold(request, &mut ingested);
            if let Some(kept) = kept {
                kept.keep(&ingested, &workload);
            }
            (ingested, workload)
        }
    })
}

/// Reads once, and folds for each of the periods that `choose` names, in their order. It is told the
/// earliest and the latest time of the records ([`crate::record::Records::span`]). A period runs from its
/// first moment to the one behind its last; the request's own is not looked at.
///
/// # Errors
/// As [`read`].
pub fn read_periods(
    request: &Request,
    config: &Config,
    choose: impl FnOnce(Option<(Time, Time)>) -> Vec<(Time, Time)>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<Material>, PipelineError> {
    let survey = ingest::Survey::of(&request.targets, &request.options)?;
    let mut ingested = survey.read(formats::ALL, progress);
    let records = std::mem::take(&mut ingested.records);
    if let Some(past) = &request.past {
        ingested.records = records.clone();
        let fresh = fold(&request.whole(), &mut ingested);
        let of_past = past.span.filter(|_| request.only.is_empty());
        let periods = choose(joint(records.span(), of_past));
        return periods
            .into_iter()
            .map(|(from, to)| {
                let request = Request {
                    from: Some(from),
                    to: Some(to),
                    ..request.clone()
                };
                let joined = past.with(&fresh, &request)?;
                material(&request, config.clone(), &ingested, Folded::Joined(joined))
            })
            .collect();
    }
    let periods = choose(records.span());
    periods
        .into_iter()
        .map(|(from, to)| {
            let request = Request {
                from: Some(from),
                to: Some(to),
                ..request.clone()
            };
            ingested.records = records.clone();
            let workload = fold(&request, &mut ingested);
            material(&request, config.clone(), &ingested, Folded::Fresh(workload))
        })
        .collect()
}

/// The span of both.
fn joint(a: Option<(Time, Time)>, b: Option<(Time, Time)>) -> Option<(Time, Time)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// What is shown of a run that is traced: at first the earliest time of the records and nothing, then with the
/// same time each session in turn.
pub type Watch<'a> = dyn FnMut(Option<Time>, Option<(&Catalog, &Trace<'_>)>) + 'a;

/// Reads and folds as [`read`] does, and shows the course of each session.
///
/// # Errors
/// As [`read`].
pub fn trace(
    request: &Request,
    config: Config,
    progress: &(dyn Fn(u64, u64) + Sync),
    watch: &mut Watch<'_>,
) -> Result<Material, PipelineError> {
    let survey = ingest::Survey::of(&request.targets, &request.options)?;
    let mut ingested = survey.read(formats::ALL, progress);
    let begin = ingested.records.span().map(|(from, _)| from);
    watch(begin, None);
    let (records, options) = taken(request, &mut ingested);
    let workload = workload::fold_watched(records, &options, &mut |catalog, trace| {
        watch(begin, Some((catalog, trace)));
    });
    material(request, config, &ingested, Folded::Fresh(workload))
}

/// What was read and folded, with the configuration that stood among it.
fn material(
    request: &Request,
    mut config: Config,
    ingested: &Ingested,
    folded: Folded,
) -> Result<Material, PipelineError> {
    let (mut workload, history, was_orchestrator, days) = match folded {
        Folded::Fresh(workload) => (workload, None, false, None),
        Folded::Joined(joined) => (
            joined.workload,
            Some(joined.note),
            joined.is_orchestrator,
            Some(joined.prices),
        ),
    };
    // What was kept of earlier runs has none.
    workload.prices = Some(Arc::clone(&request.prices));
    tracing::info!(
        units = workload.units.len(),
        rows = workload.rows.len(),
        "folded"
    );
    let (mut warnings, faulty) = join_found(&mut config, ingested)?;
    warnings.extend(advise::unknown_rules(&config));
    workload.declared = Arc::new(config.declared.clone());
    let is_orchestrator = was_orchestrator || is_orchestrator(&workload, ingested);
    Ok(Material {
        profile: config::choose_profile(&config, is_orchestrator),
        is_orchestrator,
        provenance: Provenance {
            history,
            ..provenance(
                request,
                ingested,
                &workload,
                &config,
                (days.as_ref(), &faulty),
            )
        },
        workload,
        config,
        warnings,
    })
}

/// Folds what was read, whose records are used up.
fn fold(request: &Request, ingested: &mut Ingested) -> Workload {
    let (records, options) = taken(request, ingested);
    workload::fold(records, &options)
}

/// Takes the records out of what was read, with what their fold has to know.
fn taken(request: &Request, ingested: &mut Ingested) -> (Records, FoldOptions) {
    let records = std::mem::take(&mut ingested.records);
    ingested.records.ignored = records.ignored;
    let options = FoldOptions {
        file_ranks: ingested.files.iter().map(|f| f.rank).collect(),
        file_formats: ingested
            .files
            .iter()
            .map(|f| f.format.unwrap_or_default())
            .collect(),
        from: request.from,
        to: request.to,
        only: request.only.clone(),
        prices: Some(Arc::clone(&request.prices)),
        wall_clock: request.wall_clock,
        cell: None,
    };
    (records, options)
}

/// Runs all stages. What is odd in configuration files among the inputs comes back beside the
/// assessment.
///
/// # Errors
/// As [`read`].
pub fn assess(
    request: &Request,
    config: Config,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(Assessment, Vec<config::Warning>), PipelineError> {
    let material = read(request, config, progress)?;
    let assessment = judge(&material, request);
    Ok((assessment, material.warnings))
}

/// Everything that is said of what was read.
#[must_use]
pub fn judge(material: &Material, request: &Request) -> Assessment {
    judge_against(material, request, None)
}

/// The same, with what is worse than in a baseline.
#[must_use]
pub fn judge_against(
    material: &Material,
    request: &Request,
    before: Option<&Before<'_>>,
) -> Assessment {
    judge_and(material, request, before, |_, _, _| ()).0
}

/// Why a rule speaks or does not on what was read.
#[must_use]
pub fn explain(
    material: &Material,
    request: &Request,
    rule: &Rule,
    before: Option<&Before<'_>>,
) -> Explanation {
    judge_and(material, request, before, |case, facts, assessment| {
        advise::explain(case, facts, assessment, rule)
    })
    .1
}

/// The assessment, and what `ask` makes of the case behind it.
fn judge_and<T>(
    material: &Material,
    request: &Request,
    before: Option<&Before<'_>>,
    ask: impl FnOnce(Case<'_>, &Facts, &Assessment) -> T,
) -> (Assessment, T) {
    let Material {
        workload,
        config,
        provenance,
        profile,
        ..
    } = material;
    let questions = Questions {
        profile: *profile,
        by: request.by.clone(),
    };
    let analysed = || {
        let mut analysis = analysis::analyse(workload, config, &questions);
        if let Some(prices) = &provenance.prices {
            mark_costs(&mut analysis.metrics, &prices.date);
        }
        let facts = advise::facts::of_analysis(Observed {
            workload,
            analysis: &analysis,
            config,
        });
        (analysis, facts)
    };
    let unanalysed = || {
        threads::both(
            || advise::facts::of_workload(workload),
            || advise::Library::of(config),
        )
    };
    let (((analysis, facts), (of_workload, library)), score) = threads::both(
        || threads::both(analysed, unanalysed),
        || score::score(workload, config, *profile),
    );
    let facts = facts.and(of_workload).and(before::facts(before, material));
    tracing::info!(score = score.value, "analysed");
    let case = Case {
        workload,
        analysis: &analysis,
        score: &score,
        config,
    };
    let since: BTreeSet<Time> = request.standing.since.values().copied().collect();
    let later: Vec<Later> = since
        .into_iter()
        .filter_map(|since| Later::of(material, &questions, since))
        .collect();
    let later: Vec<_> = later.iter().map(|l| l.heard(config)).collect();
    let advice = advise::advise(case, library, &facts, &request.standing, &later);
    let assessment = Assessment {
        schema_version: SCHEMA_VERSION,
        generator: Generator::default(),
        period: workload.period.map(|(from, to)| Period { from, to }),
        provenance: provenance.clone(),
        headline: analysis.headline.clone(),
        indicators: analysis.indicators.clone(),
        metrics: analysis.metrics.clone(),
        score: score.clone(),
        trends: analysis.trends.clone(),
        comparisons: analysis.comparisons.clone(),
        tables: analysis.tables.clone(),
        resources: analysis.resources.clone(),
        attribution: analysis.attribution.clone(),
        recommendations: advice.recommendations,
        findings: advice.findings,
        events: analysis.events.clone(),
        combined_projection: advice.combined,
        not_evaluated: advice.not_evaluated,
        rules: advice.rules,
    };
    let asked = ask(case, &facts, &assessment);
    (assessment, asked)
}

/// Why there is no assessment.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The inputs.
    #[error(transparent)]
    Ingest(#[from] ingest::IngestError),
    /// A file of configuration among them.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// What earlier runs kept.
    #[error(transparent)]
    Past(#[from] PastError),
}

impl PipelineError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            PipelineError::Ingest(error) => error.help(),
            PipelineError::Config(error) => error.help(),
            PipelineError::Past(error) => Some(error.help.clone()),
        }
    }
}

/// Says of each computed cost what it is, and of which day.
fn mark_costs(metrics: &mut [MetricRow], date: &str) {
    let computed = Metric::ComputedCost.name();
    for row in metrics.iter_mut().filter(|row| row.metric == computed) {
        row.marks.push(format!("list_price_equivalent:{date}"));
    }
}

/// Files of configuration among those that no format took: they set what is still open, in the order
/// of their paths. What is odd in them, and which of them only look like configuration: without a usual name they may
/// be anybody's, whose faults are no reason to stop and whose lines are none to quote.
fn join_found<'i>(
    config: &mut Config,
    ingested: &'i Ingested,
) -> Result<(Vec<config::Warning>, Vec<&'i Path>), config::ConfigError> {
    let (mut warnings, mut faulty) = (Vec::new(), Vec::new());
    for file in ingested.files.iter().filter(|f| f.format.is_none()) {
        let Some(bytes) = configuration_in(&file.path) else {
            continue;
        };
        match config::join(config, &file.path, &bytes) {
            Ok(odd) => warnings.extend(odd),
            Err(error) if config::is_usual_name(&file.path) => return Err(error),
            Err(_) => faulty.push(file.path.as_path()),
        }
    }
    Ok((warnings, faulty))
}

/// What is in a file that looks like configuration. A pipe can be read only once, and what cannot be read is listed
/// already.
fn configuration_in(path: &Path) -> Option<Vec<u8>> {
    if !config::may_be_configuration(path) || !path.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(config::MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    config::is_configuration(&bytes).map(|_| bytes)
}

/// Whether the orchestrator profile fits: a context mode or preparation was recorded, or an input has
/// one of the orchestrator's own formats.
fn is_orchestrator(workload: &Workload, ingested: &Ingested) -> bool {
    let has_format = ingested
        .files
        .iter()
        .filter_map(|f| f.format.and_then(formats::named))
        .any(|f| f.is_orchestrator());
    has_format || !workload.lookups.is_empty() || !workload.values_of(Dimension::Mode).is_empty()
}
