//! What came after a change that was made for a rule.

use crate::advise::facts::{self, Facts};
use crate::advise::{self, Case, Observed};
use crate::analysis::{self, Analysis, Questions};
use crate::assessment::Score;
use crate::config::Config;
use crate::score;
use crate::units::Time;
use crate::workload::Workload;

use super::Material;

/// What came after a change: all that its rule may hear of.
pub(super) struct Later {
    since: Time,
    workload: Workload,
    analysis: Analysis,
    score: Score,
    facts: Facts,
}

impl Later {
    /// `None` where everything came after it.
    pub(super) fn of(material: &Material, questions: &Questions, since: Time) -> Option<Self> {
        let (from, _) = material.workload.period?;
        if since <= from {
            return None;
        }
        let workload = material.workload.between(Some(since), None);
        let config = &material.config;
        let analysis = analysis::analyse(&workload, config, questions);
        Some(Self {
            since,
            score: score::score(&workload, config, material.profile),
            facts: facts::gather(Observed {
                workload: &workload,
                analysis: &analysis,
                config,
            }),
            analysis,
            workload,
        })
    }

    /// What its rule hears.
    pub(super) fn heard<'a>(&'a self, config: &'a Config) -> advise::Later<'a> {
        advise::Later {
            since: self.since,
            case: Case {
                workload: &self.workload,
                analysis: &self.analysis,
                score: &self.score,
                config,
            },
            facts: &self.facts,
        }
    }
}
