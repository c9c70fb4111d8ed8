//! The lists of checks, one for each symptom, in the order in which they are made.

use crate::assessment::Symptom;
use crate::metrics::Metric as M;

/// One check of a list.
#[derive(Debug)]
pub(super) struct Check {
    /// Its name.
    pub(super) name: &'static str,
    /// What is looked at: metric and statistic.
    pub(super) figures: &'static [(M, &'static str)],
    /// Rules that are asked; those that there are not are passed over.
    pub(super) rules: &'static [&'static str],
    /// The part of a step that it is about, as the attribution calls it.
    pub(super) part: Option<&'static str>,
    /// What would measure it.
    pub(super) measure: &'static str,
}

const MONITOR: &str = "reports of the monitor measure it";
const RECORDS: &str =
    "native records or the orchestrator's reports tell it (docs/native-records.md)";

const CACHE: Check = Check {
    name: "context cache",
    figures: &[(M::CacheHitRate, "mean")],
    rules: &["CTX003", "CTX002"],
    part: None,
    measure: RECORDS,
};

const PREPARATION: Check = Check {
    name: "context preparation",
    figures: &[(M::ContextPreparationTime, "mean")],
    rules: &["CTX001", "CTX004", "CTX005", "CTX006"],
    part: Some("context_preparation"),
    measure: RECORDS,
};

const MODEL: Check = Check {
    name: "model",
    figures: &[(M::ModelTime, "mean"), (M::OutputTokens, "mean")],
    rules: &["IF001", "AGENT003", "AGENT004", "TIME002"],
    part: Some("model"),
    measure: "session logs and traces tell of requests (perfadvise formats list)",
};

const CONTEXT: Check = Check {
    name: "context size",
    figures: &[(M::InputTokens, "mean"), (M::PromptCacheHitRate, "mean")],
    rules: &[
        "CACHE001", "CACHE002", "CACHE003", "CACHE004", "TOK001", "TOK002", "TOK004", "TOK005",
    ],
    part: None,
    measure: "session logs and traces tell of tokens (perfadvise formats list)",
};

const RETRIES: Check = Check {
    name: "retries",
    figures: &[(M::AttemptSuccessRate, "mean"), (M::BackoffTime, "mean")],
    rules: &["REL001", "REL002", "REL004"],
    part: Some("retry"),
    measure: "records of single attempts and of waits tell it (docs/native-records.md)",
};

const ERRORS: Check = Check {
    name: "errors",
    figures: &[(M::SuccessRate, "mean"), (M::TimeoutRate, "mean")],
    rules: &["IF003", "IF002", "REL003", "TOOL003"],
    part: None,
    measure: "records with an outcome tell it (docs/native-records.md)",
};

const TOOLS: Check = Check {
    name: "tools",
    figures: &[(M::ToolTime, "mean"), (M::ToolSuccessRate, "mean")],
    rules: &["TOOL003", "TOOL004", "TOOL006"],
    part: Some("tool"),
    measure: "session logs and traces tell of tool calls (perfadvise formats list)",
};

const CONCURRENCY: Check = Check {
    name: "concurrency",
    figures: &[(M::QueueTime, "mean")],
    rules: &["AGENT002"],
    part: Some("queue"),
    measure: "records of waits for a slot tell it (docs/native-records.md)",
};

const CPU: Check = Check {
    name: "CPU",
    figures: &[(M::CpuUtilization, "p95"), (M::SystemLoad, "p95")],
    rules: &["RES001"],
    part: None,
    measure: MONITOR,
};

const MEMORY: Check = Check {
    name: "memory of the machine",
    figures: &[(M::MemoryUtilization, "p95")],
    rules: &["RES003", "CTX004"],
    part: None,
    measure: MONITOR,
};

const PROCESSES: Check = Check {
    name: "memory of processes",
    figures: &[(M::MemoryUsage, "p95")],
    rules: &["RES002"],
    part: None,
    measure: MONITOR,
};

const DISK: Check = Check {
    name: "disk",
    figures: &[(M::DiskUtilization, "p95")],
    rules: &["RES004"],
    part: None,
    measure: MONITOR,
};

const NETWORK: Check = Check {
    name: "network",
    figures: &[(M::CheckTime, "mean"), (M::Uptime, "mean")],
    rules: &[],
    part: None,
    measure: "the monitor's checks of its visualizer measure a part of it; logs hold no connect times",
};

const SAMPLES: Check = Check {
    name: "gaps and restarts",
    figures: &[],
    rules: &["DATA002", "DATA004"],
    part: None,
    measure: MONITOR,
};

const ALERTS: Check = Check {
    name: "alerts",
    figures: &[],
    rules: &["OPS001", "OPS002", "OPS003"],
    part: None,
    measure: "alerts_config.yaml beside the inputs, or --config alerts_config.yaml",
};

/// The checks for a symptom.
pub(super) fn of(symptom: Symptom) -> &'static [Check] {
    match symptom {
        Symptom::Slow => &[
            CACHE,
            PREPARATION,
            MODEL,
            CONTEXT,
            RETRIES,
            ERRORS,
            TOOLS,
            CONCURRENCY,
            CPU,
            MEMORY,
            DISK,
            NETWORK,
        ],
        // What only asks for more at once or for a larger cache would use more memory.
        Symptom::Memory => &[MEMORY, PROCESSES, ERRORS, SAMPLES],
        Symptom::System => &[
            CPU,
            MEMORY,
            PROCESSES,
            DISK,
            NETWORK,
            ERRORS,
            CONCURRENCY,
            SAMPLES,
            ALERTS,
        ],
    }
}

/// The metrics that are the symptom, the first that was measured and changed counts.
pub(super) fn own(symptom: Symptom) -> &'static [M] {
    match symptom {
        Symptom::Slow => &[M::ResponseTime, M::TaskTime],
        Symptom::Memory => &[M::MemoryUtilization, M::MemoryUsage],
        Symptom::System => &[
            M::CpuUtilization,
            M::MemoryUtilization,
            M::DiskUtilization,
            M::ErrorRate,
        ],
    }
}
