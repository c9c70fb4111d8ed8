//! Tasks of benchmarks: trajectories of SWE-agent and results of tau-bench.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{OperationKind, OutcomeKind, Records};

use super::{bytes_of, detected, fixture, folded, folder, likelihood, total_of};

fn unit(records: &Records, index: usize) -> (String, String) {
    let identity = records
        .catalog
        .identities
        .get(records.operations[index].identity.0);
    let text = |name| records.catalog.text(name).to_owned();
    (text(identity.task), text(identity.unit))
}

/// `info.model_stats` of the real file: 122,612 tokens sent, 1,369 received, 1.26719 USD.
#[test]
fn a_real_trajectory_is_one_task() {
    let reading = fixture("swe-agent", "swe-agent/real/pydicom__pydicom-1458.traj");
    assert_eq!(reading.faults(), []);
    let task = reading.records.operations[0];
    assert_eq!(reading.records.operations.len(), 1);
    assert_eq!(
        (task.kind, task.outcome),
        (OperationKind::Task, OutcomeKind::Ok)
    );
    assert_eq!((task.tokens.fresh, task.tokens.output), (122_612, 1_369));
    assert_eq!((task.cost, task.duration), (1_267_190_000, -1));
    let workload = folded("swe-agent/real");
    assert_eq!(total_of(&workload, Metric::InputTokens), 122_612);
    assert_eq!(workload.period, None);
}

#[test]
fn trials_of_a_task_are_units_of_their_own() {
    let ingested = folder("swe-agent/timed");
    let records = &ingested.records;
    let tasks: Vec<(String, String)> = (0..records.operations.len())
        .filter(|i| records.operations[*i].kind == OperationKind::Task)
        .map(|i| unit(records, i))
        .collect();
    let expected = [
        ("astropy__astropy-1", "timed/trial-1/astropy__astropy-1"),
        ("django__django-2", "timed/trial-1/django__django-2"),
        ("astropy__astropy-1", "timed/trial-2/astropy__astropy-1"),
        ("django__django-2", "timed/trial-2/django__django-2"),
    ];
    assert_eq!(tasks, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let workload = folded("swe-agent/timed");
    assert_eq!(workload.units.len(), 4);
    assert_eq!(total_of(&workload, Metric::Cost), 2_000_000_000);
    // Commands took 0.25, 1.5, 2, 0.5, 1 s.
    let figure = workload.figure(Metric::ToolTime, &perfadvise::workload::Filter::default());
    assert_eq!(figure.n, 5);
}

#[test]
fn rewards_are_success_by_task_and_trial() {
    let reading = fixture("tau-bench", "tau-bench/base.json");
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    let told: Vec<(String, OutcomeKind)> = (0..records.operations.len())
        .map(|i| (unit(records, i).0, records.operations[i].outcome))
        .collect();
    let (ok, error) = (OutcomeKind::Ok, OutcomeKind::Error);
    let expected = [("0", ok), ("0", error), ("1", ok), ("1", ok), ("2", error)];
    assert_eq!(
        told,
        expected.map(|(task, outcome)| (task.to_owned(), outcome))
    );
    // The simulated user's cost is not the agent's.
    assert_eq!(records.samples.len(), 5);
    assert!(records.operations.iter().all(|o| o.cost == -1));
    let workload = folded("tau-bench/base.json");
    assert_eq!((workload.units.len(), workload.period), (5, None));
}

#[test]
fn tasks_are_nobody_elses() {
    for (format, files) in [
        (
            "swe-agent",
            [
                "real/pydicom__pydicom-1458.traj",
                "timed/trial-1/django__django-2.traj",
            ],
        ),
        ("tau-bench", ["base.json", "candidate.json"]),
    ] {
        for file in files {
            let ours = bytes_of(&format!("{format}/{file}"));
            assert_eq!(likelihood(format, &ours), Likelihood::Yes);
            for other in formats::ALL.iter().filter(|f| f.name() != format) {
                assert_eq!(
                    likelihood(other.name(), &ours),
                    Likelihood::No,
                    "{}",
                    other.name()
                );
            }
        }
        for (name, found) in detected(format) {
            assert!(found.is_none() || found == Some(format), "{name}");
        }
        for others in [
            "langfuse/api.json",
            "langsmith/runs.json",
            "otlp/proto/trace.json",
        ] {
            assert_eq!(likelihood(format, &bytes_of(others)), Likelihood::No);
        }
    }
}
