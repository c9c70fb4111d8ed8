//! What a dashboard shows, as one document: what a server gives to dashboards elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AlertsReport, Assessment, Latest};
use crate::units::Time;

/// The assessment of some inputs with their present: alerts, newest samples, newest sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardDocument {
    /// Version of this document, and of those in it.
    pub schema_version: u32,
    /// When the inputs were read.
    pub at: Time,
    /// The assessment.
    pub assessment: Assessment,
    /// The newest samples and sessions.
    pub latest: Latest,
    /// The alerts; `null` where there are none to show.
    pub alerts: Option<AlertsReport>,
    /// Why there are no alerts to show.
    pub no_alerts: Option<String>,
}
