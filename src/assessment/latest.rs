//! What is known of the present: the newest samples, and who was active last.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::metrics::Unit;
use crate::units::Time;

/// The present, as far as the records tell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Latest {
    /// The newest value of each measure of the machine that was sampled, in the order in which they are shown.
    pub readings: Vec<Reading>,
    /// Processes by their newest samples, the busiest first.
    pub processes: Vec<ProcessReading>,
    /// Units of inference with operations, those that were active last first; at most [`Latest::MOST_SESSIONS`].
    pub sessions: Vec<SessionRow>,
    /// How many units of inference have operations.
    pub sessions_total: u64,
    /// Projects that records name.
    pub projects: u64,
    /// Cores and bytes of memory of the machine that the readings are of; `null`: records do not tell.
    pub machine: Option<Machine>,
}

impl Latest {
    /// Sessions that are listed.
    pub const MOST_SESSIONS: usize = 200;

    /// The newest value of a metric.
    #[must_use]
    pub fn reading(&self, metric: &str) -> Option<&Reading> {
        self.readings.iter().find(|r| r.metric == metric)
    }
}

/// What a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Cores.
    pub cores: u64,
    /// Bytes of memory.
    pub memory: f64,
}

/// The newest value of a measure of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// The metric: `cpu_utilization`; of traffic what was moved in a second: `network_sent_rate`.
    pub metric: String,
    /// Unit.
    pub unit: Unit,
    /// The value.
    pub value: f64,
    /// When it was sampled, to 15 seconds.
    pub at: Time,
    /// The machine, where records name it.
    pub host: Option<String>,
}

/// A process by its newest sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessReading {
    /// Name.
    pub process: String,
    /// Its number, where it is known.
    pub pid: Option<u32>,
    /// CPU, 1 = one core.
    pub cpu: Option<f64>,
    /// Bytes of memory.
    pub memory: Option<f64>,
    /// When it was sampled, to 15 seconds.
    pub at: Time,
}

/// A unit of inference, mostly a session, summed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRow {
    /// Its name.
    pub name: String,
    /// The interface of its newest operation.
    pub interface: Option<String>,
    /// The context mode of its newest operation.
    pub mode: Option<String>,
    /// The model of its newest operation.
    pub model: Option<String>,
    /// The project of its newest operation.
    pub project: Option<String>,
    /// Beginning of the first quarter of an hour in which an operation began.
    pub first: Time,
    /// Beginning of the last quarter of an hour in which an operation began.
    pub last: Time,
    /// Steps.
    pub steps: u64,
    /// Of these, those that ended in anything but well, where the record tells how they ended.
    pub failed: u64,
    /// Mean time of a step in seconds.
    pub response_time: Option<f64>,
    /// Tool calls.
    pub tool_calls: u64,
    /// Tokens of all kinds; `null`: no operation tells.
    pub tokens: Option<u64>,
    /// US dollars as reported; `null`: nothing was.
    pub cost: Option<f64>,
    /// US dollars at list prices; `null`: not known.
    pub computed_cost: Option<f64>,
}
