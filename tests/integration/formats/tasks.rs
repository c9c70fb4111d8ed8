//! Tasks of benchmarks: trajectories of SWE-agent, results of tau-bench and of τ²-bench.

use perfadvise::ingest::{Likelihood, formats};
use perfadvise::metrics::Metric;
use perfadvise::record::{Flags, OperationKind, OutcomeKind, Records};
use perfadvise::workload::Filter;

use super::{bytes_of, detected, fixture, folded, folded_at, folder, likelihood, read, total_of};

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

/// All results files have one name, and number their trials from 0.
#[test]
fn files_of_one_name_are_told_apart_and_a_copy_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let trials = |rewards: [u8; 2]| {
        let trial = |(at, reward)| {
            format!(r#"{{"task_id":1,"trial":{at},"reward":{reward},"info":{{"user_cost":0.1}}}}"#)
        };
        let trials: Vec<String> = rewards.into_iter().enumerate().map(trial).collect();
        format!("[{}]", trials.join(","))
    };
    for (name, rewards) in [("a", [1, 0]), ("b", [1, 1]), ("copy", [1, 0])] {
        let at = folder.path().join(name);
        std::fs::create_dir(&at).unwrap();
        std::fs::write(at.join("results.json"), trials(rewards)).unwrap();
    }
    let workload = folded_at(folder.path());
    assert_eq!(
        (workload.counts.records, workload.counts.duplicates),
        (4, 2)
    );
    assert_eq!(workload.units.len(), 4);
    // Of four trials three ended well.
    let success = workload.figure(Metric::TaskSuccessRate, &Filter::default());
    assert_eq!((success.n, success.sum), (4, 3_000_000_000));
}

#[test]
fn trials_without_a_number_are_numbered() {
    let reading = read(
        "tau-bench",
        br#"[{"task_id":1,"reward":1,"traj":[]},{"task_id":1,"reward":0,"traj":[]},
            {"task_id":2,"reward":0,"traj":[]},{"task_id":1,"reward":1,"traj":[]}]"#,
    );
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    let units: Vec<String> = (0..4).map(|i| unit(records, i).1).collect();
    assert_eq!(units, ["x 1/0", "x 1/1", "x 2/0", "x 1/2"]);
    let mut keys: Vec<u128> = records.operations.iter().map(|o| o.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 4);
}

#[test]
fn tokens_that_are_not_told_make_the_others_a_lower_bound() {
    let trajectory = |stats: &str| {
        let text = format!(r#"{{"trajectory":[],"info":{{"model_stats":{{{stats}}}}}}}"#);
        let reading = read("swe-agent", text.as_bytes());
        let task = reading.records.operations[0];
        let faults = reading.problems.iter().map(|p| p.reason.to_string());
        let flags = [Flags::HAS_TOKENS, Flags::OUTPUT_IS_LOWER_BOUND].map(|f| task.flags.has(f));
        (
            task.tokens.fresh,
            task.tokens.output,
            flags,
            faults.collect::<Vec<_>>(),
        )
    };
    let none: Vec<String> = Vec::new();
    let both = trajectory(r#""tokens_sent":5,"tokens_received":7"#);
    assert_eq!(both, (5, 7, [true, false], none.clone()));
    let one = trajectory(r#""tokens_received":77"#);
    assert_eq!(one, (0, 77, [true, true], none.clone()));
    assert_eq!(trajectory(r#""api_calls":3"#), (0, 0, [false, false], none));
    let large = trajectory(r#""tokens_sent":5000000000,"tokens_received":7"#);
    let fault = vec!["more tokens than a task can have".to_owned()];
    assert_eq!(large, (0, 7, [true, true], fault));
}

/// Worked by hand from `tests/reference/tau2.py`.
#[test]
fn a_talk_is_a_task_with_its_requests_and_calls() {
    let reading = fixture("tau2-bench", "tau2-bench/results.json");
    assert_eq!(reading.faults(), []);
    let records = &reading.records;
    let of_kind = |kind| records.operations.iter().filter(move |o| o.kind == kind);
    let start = reading.records.operations[0].start.0;
    // Milliseconds since the first talk began.
    let ran = |o: &perfadvise::record::Operation| {
        let millis = |nanos: i64| nanos / 1_000_000;
        (
            millis(o.start.0 - start),
            if o.duration < 0 {
                -1
            } else {
                millis(o.duration)
            },
        )
    };
    let (ok, error, unknown) = (OutcomeKind::Ok, OutcomeKind::Error, OutcomeKind::Unknown);
    let tasks: Vec<_> = of_kind(OperationKind::Task)
        .map(|o| {
            let identity = records.catalog.identities.get(o.identity.0);
            let task = records.catalog.text(identity.task);
            (task, ran(o), o.outcome, o.cost)
        })
        .collect();
    assert_eq!(
        tasks,
        [
            ("retail 0", (0, 30_500), ok, -1),
            ("retail 1", (100_000, 12_000), error, -1),
            // The benchmark leaves out what its own machines broke.
            ("retail 2", (200_000, 3_000), unknown, -1),
            ("retail 0", (300_000, 40_000), error, 250_000_000),
        ]
    );
    let requests: Vec<_> = of_kind(OperationKind::ModelRequest)
        .map(|o| {
            let t = o.tokens;
            let tokens = [t.fresh, t.cache_read, t.cache_write, t.output];
            (ran(o), tokens, o.cost)
        })
        .collect();
    assert_eq!(
        requests,
        [
            ((1_000, 7_000), [9_000, 0, 0, 300], 31_500_000),
            ((8_250, 7_000), [400, 8_500, 500, 100], 12_300_000),
            ((17_000, 3_500), [9_600, 0, 0, 200], 33_300_000),
            ((103_000, 4_000), [400, 600, 0, 50], 2_000_000),
        ]
    );
    let calls: Vec<_> = of_kind(OperationKind::ToolCall)
        .map(|o| (ran(o), o.outcome, o.flags.has(Flags::UNANSWERED)))
        .collect();
    assert_eq!(
        calls,
        [
            ((8_000, 250), ok, false),
            ((15_250, 250), ok, false),
            ((15_500, 1_000), error, false),
            ((107_000, -1), unknown, true),
        ]
    );
    let prompts: Vec<i64> = records
        .events
        .iter()
        .map(|e| (e.time.0 - start) / 1_000_000)
        .collect();
    assert_eq!(prompts, [1_000, 103_000]);
    // What the customers cost: 0.0028, 0.002, 0.5.
    assert_eq!(records.samples.len(), 3);

    let workload = folded("tau2-bench/results.json");
    assert_eq!(workload.units.len(), 4);
    assert_eq!(total_of(&workload, Metric::InputTokens), 19_400);
    assert_eq!(total_of(&workload, Metric::Cost), 329_100_000);
    let success = workload.figure(Metric::TaskSuccessRate, &Filter::default());
    assert_eq!((success.n, success.sum), (3, 1_000_000_000));
}

#[test]
fn a_talk_in_a_file_of_its_own_is_the_same_talk() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [
        ("all.json", "results.json"),
        ("a.json", "one/simulations/sim-1.json"),
    ] {
        let bytes = bytes_of(&format!("tau2-bench/{file}"));
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let (both, all) = (folded_at(folder.path()), folded("tau2-bench/results.json"));
    // A task, three requests, a prompt; the customer's cost hangs on the task.
    assert_eq!(both.counts.duplicates, 5);
    for metric in [Metric::InputTokens, Metric::Cost] {
        assert_eq!(total_of(&both, metric), total_of(&all, metric));
    }
    let alone = folded("tau2-bench/one");
    assert_eq!(total_of(&alone, Metric::InputTokens), 19_000);
    let tools = alone.figure(Metric::ToolTime, &Filter::default());
    assert_eq!(tools.n, 2);
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
        ("tau2-bench", ["results.json", "one/simulations/sim-1.json"]),
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
