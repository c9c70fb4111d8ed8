//! A baseline that is given by name or as records, to hold something against it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::{EnvironmentArgs, failure};
use crate::analysis::Side;
use crate::assessment::Provenance;
use crate::cli::input::InputArgs;
use crate::cli::output::spare;
use crate::cli::{Context, Failure};
use crate::config::{Config, KnobValue};
use crate::gate::{self, Before};
use crate::pipeline::{Material, Request};
use crate::store::{self, Baseline, Place};
use crate::workload::{Filter, Workload};

/// What the inputs are held against.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct BaselineArgs {
    /// Say whether time or cost is worse than in this baseline: a saved one, or a folder or file of records
    #[arg(long, value_name = "NAME-or-PATH")]
    baseline: Option<String>,
    #[command(flatten)]
    environment: EnvironmentArgs,
}

impl BaselineArgs {
    /// Refuses a baseline beside another option.
    pub(in crate::cli) fn check_absent(&self, option: &str) -> Result<(), Failure> {
        match self.baseline {
            Some(_) => Err(
                Failure::new(format!("--baseline does not go with {option}"))
                    .help("perfadvise analyze --baseline NAME PATH says it once"),
            ),
            None => Ok(()),
        }
    }

    /// The baseline, if one is given; records are read as the inputs are.
    pub(in crate::cli) fn load(
        &self,
        input: &InputArgs,
        config: &Config,
        context: &Context,
    ) -> Result<Option<Base>, Failure> {
        let Some(baseline) = &self.baseline else {
            return Ok(None);
        };
        spare([Path::new(baseline)], context)?;
        let read = || {
            let input = input.only_path(baseline);
            let (config, zone) = input.settings(context)?;
            let request: Request = input.request(context, &config, &zone)?;
            input.read(&request, config, context)
        };
        let only = input.only()?;
        let place = context.place();
        Base::of(baseline, &self.environment, &place, (config, &only), read).map(Some)
    }
}

/// What a candidate is compared with.
pub(in crate::cli) struct Base {
    pub(in crate::cli) label: String,
    pub(in crate::cli) workload: Workload,
    pub(in crate::cli) knobs: BTreeMap<String, KnobValue>,
    pub(in crate::cli) accepted: Vec<String>,
    files: u64,
    skipped: u64,
    /// Days of the tables by which costs were computed when it was saved.
    prices: BTreeSet<String>,
}

impl Base {
    /// A saved baseline, of which the part with these values counts, or what `read` gives where the name is one of records.
    pub(in crate::cli) fn of(
        baseline: &str,
        environment: &EnvironmentArgs,
        place: &Place,
        (config, only): (&Config, &[(String, Vec<String>)]),
        read: impl FnOnce() -> Result<Material, Failure>,
    ) -> Result<Self, Failure> {
        let is_saved = place.file_of(baseline).is_ok_and(|file| file.is_file());
        if is_saved && Path::new(baseline).exists() {
            return Err(Failure::new(format!(
                "{baseline} is a saved baseline, and a file or folder here too"
            ))
            .help(format!(
                "write ./{baseline} for the file or folder, or rename the baseline"
            )));
        }
        if is_input(baseline) {
            Ok(Self::of_input(read()?, baseline))
        } else {
            let mut base = Self::of_store(baseline, environment, place, config)?;
            base.workload = base.workload.only(only);
            Ok(base)
        }
    }

    /// Records that are read now.
    fn of_input(material: Material, path: &str) -> Self {
        let knobs = material.config.knobs.into_iter();
        Self {
            label: name_of(path),
            workload: material.workload,
            knobs: knobs.map(|(name, knob)| (name, knob.value)).collect(),
            accepted: Vec::new(),
            files: material.provenance.files,
            skipped: material.provenance.skipped,
            prices: BTreeSet::new(),
        }
    }

    /// What was saved before, by name or as a file. One of another environment is refused.
    fn of_store(
        name: &str,
        environment: &EnvironmentArgs,
        place: &Place,
        config: &Config,
    ) -> Result<Self, Failure> {
        let Baseline { meta, mut workload } = store::load(name, place).map_err(|e| failure(&e))?;
        workload.declared = Arc::new(config.declared.clone());
        environment.check(&meta, &environment.here()?)?;
        Ok(Self {
            label: meta.title(),
            files: meta.files(),
            skipped: meta.skipped(),
            prices: meta.runs.iter().filter_map(|r| r.prices.clone()).collect(),
            accepted: meta
                .accepted
                .iter()
                .filter_map(|a| a.metric.clone())
                .collect(),
            knobs: meta.knobs,
            workload,
        })
    }

    /// Leaves out costs that were computed by other prices than those of a candidate: a change of the table is none of what
    /// ran. The records of a saved baseline are gone, so they cannot be computed anew.
    pub(in crate::cli) fn hold_to_prices(&mut self, candidate: &Provenance, context: &Context) {
        let Some(now) = &candidate.prices else { return };
        let Some(then) = self.prices.iter().find(|day| **day != now.date) else {
            return;
        };
        context.warn(&format!(
            "costs at list prices are not compared: the baseline's are by the table of {then}, those now by that of {}; \
             perfadvise baseline save takes them anew",
            now.date
        ));
        for extra in self
            .workload
            .rows
            .iter_mut()
            .filter_map(|r| r.extra.as_mut())
        {
            (extra.computed_cost, extra.priced, extra.unpriced) = (0, 0, 0);
        }
    }

    pub(in crate::cli) fn side(&self) -> Side<'_> {
        Side {
            label: self.label.clone(),
            workload: &self.workload,
            filter: Filter::default(),
            files: self.files,
            skipped: self.skipped,
        }
    }

    /// It, for a candidate with this configuration.
    pub(in crate::cli) fn before(&self, candidate: &Config) -> Before<'_> {
        Before {
            side: self.side(),
            causes: gate::causes(&self.knobs, candidate),
            accepted: self.accepted.clone(),
        }
    }
}

/// Whether a baseline is given as records: a path that exists and holds no stored baseline.
fn is_input(baseline: &str) -> bool {
    let path = Path::new(baseline);
    baseline == "-" || baseline.contains('=') || (path.exists() && !store::is_baseline(path))
}

/// The last part of a path.
pub(in crate::cli) fn name_of(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
}
