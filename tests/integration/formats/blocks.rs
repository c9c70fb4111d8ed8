//! Documents with figures that are already summarised: by mode, by interface, by manager.

use perfadvise::record::{Flags, Measured};

use super::{Reading, detected, fixture, read};

/// Each aggregate as `dimension metric statistic value n`.
fn shown(reading: &Reading) -> Vec<String> {
    let catalog = &reading.records.catalog;
    reading
        .records
        .aggregates
        .iter()
        .map(|a| {
            let metric = match a.metric {
                Measured::Known(metric) => metric.name(),
                Measured::Custom(name) => catalog.text(name),
            };
            let dims: Vec<_> = catalog
                .dims
                .get(a.dims.0)
                .iter()
                .map(|(_, v)| catalog.text(*v))
                .collect();
            let statistic = format!("{:?}", a.statistic).to_lowercase();
            // Percent divided by 100 is right to a unit in the last place.
            let value = (a.value * 1e12).round() / 1e12;
            let n = a.n.map_or(String::new(), |n| format!(" n={n}"));
            format!("{} {metric} {statistic} {value}{n}", dims.join(","))
        })
        .collect()
}

fn led(reading: &Reading) -> usize {
    let aggregates = &reading.records.aggregates;
    aggregates
        .iter()
        .filter(|a| a.flags.has(Flags::LEADS))
        .count()
}

#[test]
fn each_block_is_recognised() {
    for (format, files) in [
        ("context-managers", 3),
        ("mode-block", 2),
        ("interface-performance", 2),
        ("interface-status", 2),
    ] {
        let found = detected(format);
        let formats: Vec<_> = found
            .iter()
            .filter(|(name, _)| !name.ends_with(".md"))
            .map(|(_, f)| *f)
            .collect();
        assert!(
            formats.iter().filter(|f| **f == Some(format)).count() >= files,
            "{found:?}"
        );
        assert!(
            formats.iter().all(|f| f.is_none() || *f == Some(format)),
            "{found:?}"
        );
    }
}

#[test]
fn figures_by_mode() {
    let expected = [
        "FANCY context_preparation_time mean 2.3",
        "FANCY memory_usage mean 245000000",
        "FANCY accuracy mean 0.95",
        "FANCY cache_hit_rate mean 0.78",
        "FANCY files_used mean 23",
        "FANCY files_considered mean 150",
        "FANCY file_use_rate mean 0.153333333333",
        "SIMPLE context_preparation_time mean 0.2",
        "SIMPLE memory_usage mean 35000000",
        "SIMPLE accuracy mean 0.82",
        "SIMPLE cache_hit_rate mean 0.65",
        "SIMPLE files_used mean 10",
        "SIMPLE files_considered mean 150",
        "SIMPLE file_use_rate mean 0.066666666667",
    ];
    let yaml = fixture("mode-block", "mode-block/modes.yaml");
    assert_eq!(shown(&yaml), expected);
    assert_eq!((yaml.faults(), yaml.error.as_deref()), (vec![], None));
    // The comparison.
    assert_eq!((yaml.records.ignored, led(&yaml)), (1, 2));
    let json = fixture("mode-block", "mode-block/modes.json");
    assert_eq!(shown(&json), expected);
    // The same figures are the same record, whatever file they stand in.
    let keys = |r: &Reading| {
        r.records
            .aggregates
            .iter()
            .map(|a| a.key)
            .collect::<Vec<_>>()
    };
    let bare = read("mode-block", b"FANCY Mode:\n  accuracy_score: 0.95\n");
    let other = read("mode-block", br#"{"fancy_mode": {"accuracy": "95%"}}"#);
    assert_eq!(keys(&bare), keys(&other));
    let simple = read("mode-block", b"SIMPLE Mode:\n  accuracy_score: 0.95\n");
    assert_ne!(keys(&bare), keys(&simple));
}

#[test]
fn figures_by_interface() {
    let json = fixture(
        "interface-performance",
        "interface-performance/interfaces.json",
    );
    assert_eq!(
        shown(&json),
        [
            "claude_code response_time mean 1.2",
            "claude_code success_rate mean 0.991",
            "claude_code error_rate mean 0.009",
            "claude_code timeout_rate mean 0.001",
            "anthropic_api response_time mean 0.8",
            "anthropic_api success_rate mean 0.996",
            "anthropic_api error_rate mean 0.003",
            "anthropic_api timeout_rate mean 0.001",
            "anthropic_api rate_limit_hits total 5",
            "anthropic_api cost_per_1k_tokens mean 0.015",
            "mock response_time mean 0.1",
            "mock success_rate mean 0.999",
            "mock error_rate mean 0.001",
            "mock timeout_rate mean 0",
        ]
    );
    assert_eq!((json.records.ignored, led(&json)), (2, 3));
    let yaml = fixture(
        "interface-performance",
        "interface-performance/interfaces.yaml",
    );
    assert_eq!(
        shown(&yaml),
        [
            "claude_code response_time mean 1.2",
            "claude_code success_rate mean 0.991",
            "claude_code error_rate mean 0.009",
            "claude_code timeout_rate mean 0.001",
            "anthropic_api response_time mean 0.8 n=1000",
            "anthropic_api success_rate mean 0.996 n=1000",
            "anthropic_api error_rate mean 0.003 n=1000",
            "anthropic_api rate_limit_hits total 5 n=1000",
            "anthropic_api cost_per_1k_tokens mean 0.015 n=1000",
        ]
    );
    assert_eq!((yaml.faults(), yaml.records.ignored), (vec![], 1));
}

#[test]
fn both_blocks_in_one_file() {
    let text = b"Context Performance Metrics:\n  FANCY Mode:\n    accuracy: 0.9\ninterface_performance:\n  mock:\n    avg_response_time: 100ms\n";
    let reading = read("mode-block", text);
    let expected = ["FANCY accuracy mean 0.9", "mock response_time mean 0.1"];
    assert_eq!(shown(&reading), expected);
}

#[test]
fn figures_without_a_unit_are_not_guessed() {
    let reading = read(
        "mode-block",
        b"FANCY Mode:\n  avg_preparation_time: fast\n  memory_usage: 245\n  accuracy: 95\n  cache_hit_rate: .nan\n  file_processing_rate: 23/0\n",
    );
    let faults = [
        (2, "a preparation time that is no time"),
        (3, "a memory usage without a unit such as MB"),
        (4, "an accuracy that is no ratio"),
        (5, "a cache hit rate that is no ratio"),
        (6, "a rate of files that is no ratio"),
    ];
    assert_eq!(
        (shown(&reading), reading.faults()),
        (vec![], faults.to_vec())
    );
    let reading = read(
        "interface-performance",
        br#"{"interface_performance": {
            "a": {"response_time": 234, "error_rate": -1, "rate_limit_hits": "many"},
            "b": {"response_time": "234ms"},
            "c": 7}}"#,
    );
    let faults = [
        (2, "a response time without a unit such as ms"),
        (2, "a rate that is no ratio"),
        (2, "a number of rate-limit hits that is none"),
        (4, "an interface is not an object, or has no name"),
    ];
    assert_eq!(shown(&reading), ["b response_time mean 0.234"]);
    assert_eq!(reading.faults(), faults);
}

#[test]
fn figures_of_context_managers() {
    let fancy = fixture("context-managers", "context-managers/fancy.json");
    assert_eq!(
        shown(&fancy),
        [
            "FANCY cache_hit_rate mean 0.78 n=50",
            "FANCY context_preparation_time mean 2.3 n=11",
            "FANCY context_preparation_time max 4.1 n=11",
            "FANCY context_preparation_time min 0.9 n=11",
        ]
    );
    assert_eq!((led(&fancy), fancy.records.ignored), (1, 3));
    // SIMPLE's average is over hits too, which makes it another quantity.
    let simple = fixture("context-managers", "context-managers/simple.json");
    assert_eq!(
        shown(&simple),
        [
            "SIMPLE cache_hit_rate mean 0.65 n=20",
            "SIMPLE preparation_time_per_request mean 0.07 n=20",
        ]
    );
    let unused = fixture("context-managers", "context-managers/unused.json");
    assert_eq!((shown(&unused), unused.faults()), (vec![], vec![]));
}

#[test]
fn interfaces_that_were_used() {
    // The real body: one of three was used, without an error.
    let reading = fixture("interface-status", "interface-status/api_interfaces.json");
    assert_eq!(shown(&reading), ["mock error_rate mean 0 n=1"]);
    let reading = fixture("interface-status", "interface-status/used.json");
    let expected = [
        "claude_code error_rate mean 0.01 n=200",
        "mock error_rate mean 1 n=1",
    ];
    assert_eq!(shown(&reading), expected);
    let text = br#"{"active_interface": "a", "interfaces": {"a": {"request_count": "7", "error_count": 0}}}"#;
    let reading = read("interface-status", text);
    assert_eq!(reading.faults(), [(1, "request_count is not a count")]);
}

#[test]
fn configuration_is_left_to_its_reader() {
    use perfadvise::ingest::{Head, Likelihood, formats};
    for text in [
        "performance_optimization:\n  context:\n    cache_size: 100\n  interfaces:\n    primary: anthropic_api\n",
        "# alerts_config.yaml\nalerts:\n  response_time:\n    threshold: 5.0\n",
        "default_mode: auto\nmax_tokens: 200000\n",
        "targets:\n  success_rate: 0.95\n",
        "# Notes\nContext Performance Metrics: as discussed\n",
    ] {
        let head = Head {
            name: "x.yaml",
            bytes: text.as_bytes(),
            is_whole: true,
        };
        for name in [
            "mode-block",
            "interface-performance",
            "context-managers",
            "interface-status",
            "visualizer",
            "workflow-history",
            "monitor-report",
            "monitor-status",
            "context-monitor",
        ] {
            let likelihood = formats::named(name).unwrap().detect(&head);
            assert_eq!(likelihood, Likelihood::No, "{name}: {text}");
        }
    }
}
