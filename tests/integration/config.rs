//! Configuration as a user meets it: files, layers, faults with their place, the four verbs.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use perfadvise::config::{
    self, Config, ConfigError, KnobValue, Origin, Profile, Severity, Side, Sources,
    TargetStatistic, WarningKind,
};
use perfadvise::metrics::Metric;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/config")
        .join(name)
}

fn load(name: &str) -> (Config, Vec<config::Warning>) {
    config::check(&fixture(name)).unwrap()
}

fn number(config: &Config, knob: &str) -> f64 {
    match config.knob(knob) {
        Some(KnobValue::Number(n)) => *n,
        other => panic!("{knob} is {other:?}"),
    }
}

fn target(config: &Config, metric: Metric, statistic: TargetStatistic) -> Option<f64> {
    config.target(metric, statistic).map(|t| t.value)
}

use TargetStatistic::{Mean, P95};

#[test]
fn the_performance_file_is_read_as_it_is() {
    let (config, warnings) = load("performance_config.yaml");
    assert_eq!(warnings, []);
    assert!(config.has_seed_file);
    assert_eq!(number(&config, "context.cache_size"), 100.0);
    assert_eq!(number(&config, "resources.max_memory_usage"), 1e9);
    assert_eq!(number(&config, "resources.cpu_limit"), 0.8);
    assert_eq!(number(&config, "resources.concurrent_operations"), 4.0);
    assert_eq!(
        config.knob("context.mode_selection_strategy"),
        Some(&KnobValue::Word("performance_first".into()))
    );
    assert_eq!(
        config.knob("context.preload_common_contexts"),
        Some(&KnobValue::Bool(true))
    );
    assert_eq!(target(&config, Metric::ResponseTime, Mean), Some(3.0));
    assert_eq!(target(&config, Metric::SuccessRate, Mean), Some(0.95));
    assert_eq!(target(&config, Metric::MemoryUtilization, P95), Some(0.8));
    assert_eq!(target(&config, Metric::CacheHitRate, Mean), Some(0.7));
    let Origin::File(place) = &config.knobs["context.cache_size"].origin else {
        panic!("no place");
    };
    assert_eq!((place.line, place.column), (Some(6), Some(17)));
}

#[test]
fn the_alerts_file_is_read_as_it_is() {
    let (config, warnings) = load("alerts_config.yaml");
    assert_eq!(warnings, []);
    assert!(config.has_seed_file);
    let got: Vec<_> = config
        .alerts
        .iter()
        .map(|a| {
            (
                a.name.as_str(),
                a.metric,
                a.threshold,
                a.side,
                a.severity,
                a.cooldown,
            )
        })
        .collect();
    let (above, below) = (Some(Side::Above), Some(Side::Below));
    assert_eq!(
        got,
        [
            (
                "response_time",
                Some(Metric::ResponseTime),
                Some(5.0),
                above,
                Severity::Warning,
                300.0
            ),
            (
                "memory_usage",
                Some(Metric::MemoryUtilization),
                Some(0.9),
                above,
                Severity::Critical,
                60.0
            ),
            (
                "success_rate",
                Some(Metric::SuccessRate),
                Some(0.95),
                below,
                Severity::Warning,
                600.0
            ),
            (
                "interface_failure",
                None,
                None,
                None,
                Severity::Critical,
                0.0
            ),
        ]
    );
    assert_eq!(config.alerts[3].consecutive_failures, Some(3));
    assert_eq!(
        config.alerts[0].action.as_deref(),
        Some("suggest_simple_mode")
    );
    assert_eq!(
        config.notification_channels,
        ["webhook", "email", "desktop"]
    );
    let shown = format!("{config:?}");
    assert!(!shown.contains("hooks.slack.com") && !shown.contains("admin@"));
}

#[test]
fn the_context_file_is_read_as_it_is() {
    let (config, warnings) = load("context_config.yaml");
    assert_eq!(warnings, []);
    assert!(config.has_seed_file);
    assert_eq!(number(&config, "context.cache_ttl"), 300.0);
    assert_eq!(number(&config, "context.cache_size"), 50.0);
    assert_eq!(config.knob("context.mode"), None, "auto leaves it open");
}

#[test]
fn both_kinds_of_keys_stand_in_one_file() {
    let (config, warnings) = load("both.yaml");
    assert_eq!(warnings, []);
    assert_eq!(number(&config, "prompt_cache.lifetime"), 300.0);
    assert_eq!(number(&config, "retry.limit"), 3.0);
    assert_eq!(number(&config, "timeout.model_request"), 60.0);
    assert_eq!(number(&config, "context.cache_size"), 50.0);
    assert_eq!(
        config.knob("context.mode_for.testing"),
        Some(&KnobValue::Word("SIMPLE".into()))
    );
}

#[test]
fn our_own_file_says_everything() {
    let (config, warnings) = load("perfadvise.yaml");
    assert_eq!(warnings, []);
    assert!(!config.has_seed_file);
    assert_eq!(
        config.profile.as_ref().map(|p| p.value),
        Some(Profile::CodingAgent)
    );
    assert_eq!(
        config.timezone.as_ref().map(|z| z.value.as_str()),
        Some("Europe/Berlin")
    );
    assert_eq!(target(&config, Metric::ResponseTime, Mean), Some(2.3));
    assert_eq!(target(&config, Metric::ResponseTime, P95), Some(60.0));
    assert_eq!(target(&config, Metric::SuccessRate, Mean), Some(0.99));
    assert_eq!(
        target(&config, Metric::MemoryUsage, Mean),
        Some(1_073_741_824.0)
    );
    assert_eq!(target(&config, Metric::Accuracy, Mean), Some(0.92));
    assert_eq!(config.alerts[0].threshold, Some(10.0));
    assert_eq!(config.alerts[0].cooldown, 3_600.0);
    assert_eq!(config.alerts[1].threshold, Some(0.05));
    assert_eq!(number(&config, "context.cache_ttl"), 600.0);
    assert_eq!(number(&config, "timeout.tool_call"), 0.3);
    assert_eq!(
        config.knob("context.mode"),
        Some(&KnobValue::Word("SIMPLE".into()))
    );
    assert_eq!(config.knob("tools.parallel"), Some(&KnobValue::Bool(true)));
    assert_eq!(
        config.path_labels,
        [
            (
                "**/fancy/**".to_owned(),
                vec![("mode".to_owned(), "FANCY".to_owned())]
            ),
            (
                "runs/simple-*".to_owned(),
                vec![
                    ("mode".to_owned(), "SIMPLE".to_owned()),
                    ("team".to_owned(), "3".to_owned())
                ]
            ),
        ]
    );
    assert_eq!(config.rules_off[0].value, "CTX003");
    assert_eq!(
        config.rules_tune["CTX005"]["min_units"].value,
        KnobValue::Number(20.0)
    );
    assert_eq!(config.preview.as_ref().map(|p| p.value), Some(false));
    assert!(
        config
            .rules_dir
            .as_ref()
            .unwrap()
            .value
            .ends_with("fixtures/config/my-rules")
    );
    assert_eq!(config.mock_interfaces, ["stub"]);
}

fn text(content: &str) -> Result<(Config, Vec<config::Warning>), ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("perfadvise.yaml");
    std::fs::write(&path, content).unwrap();
    config::check(&path)
}

#[test]
fn a_percentage_without_its_sign_is_noticed() {
    let (config, warnings) =
        text("alerts:\n  memory_usage: {threshold: 91.0}\nthresholds:\n  min_success_rate: 95\n")
            .unwrap();
    assert_eq!(config.alerts[0].metric, Some(Metric::MemoryUtilization));
    assert_eq!(config.alerts[0].threshold, Some(0.91));
    assert_eq!(target(&config, Metric::SuccessRate, Mean), Some(0.95));
    assert!(
        warnings
            .iter()
            .all(|w| w.kind == WarningKind::ThresholdInWrongUnit)
    );
    assert_eq!(warnings.len(), 2);
}

#[test]
fn memory_is_a_share_or_bytes() {
    for (value, metric, limit) in [
        ("0.9", Metric::MemoryUtilization, 0.9),
        ("90%", Metric::MemoryUtilization, 0.9),
        ("1GB", Metric::MemoryUsage, 1e9),
        ("500000000", Metric::MemoryUsage, 5e8),
    ] {
        let (config, _) = text(&format!(
            "alerts:\n  memory_usage: {{threshold: {value}}}\n"
        ))
        .unwrap();
        assert_eq!(config.alerts[0].metric, Some(metric), "{value}");
        assert_eq!(config.alerts[0].threshold, Some(limit), "{value}");
    }
}

#[test]
fn the_direction_comes_from_the_metric_unless_said() {
    let (config, _) = text(
        "alerts:\n  success_rate: {threshold: 0.95}\n  queue_time: {threshold: 1, op: below}\n",
    )
    .unwrap();
    assert_eq!(config.alerts[0].side, Some(Side::Below));
    assert_eq!(config.alerts[1].side, Some(Side::Below));
}

#[test]
fn unknown_keys_are_warnings_with_the_nearest_key() {
    let (_, warnings) = text(
        "tresholds: {}\ncontext: {cahce_size: 5}\nthresholds: {max_sucess_rate: 1}\ntargets: {respons_time: 3s}\nbanana: 1\n",
    )
    .unwrap();
    let help: Vec<_> = warnings
        .iter()
        .map(|w| w.help.clone().unwrap_or_default())
        .collect();
    assert_eq!(
        help,
        [
            "did you mean \"thresholds\"?",
            "did you mean \"cache_size\"?",
            "did you mean \"min_success_rate\"?",
            "did you mean \"response_time\"?",
            "",
        ]
    );
    assert_eq!(warnings[1].place.line, Some(2));
    assert_eq!(warnings[1].place.column, Some(11));
}

#[test]
fn all_faults_are_listed_with_their_place() {
    let Err(ConfigError::Faulty { faults, .. }) = config::check(&fixture("broken/many.yaml"))
    else {
        panic!("no fault");
    };
    let got: Vec<_> = faults
        .iter()
        .map(|f| {
            (
                f.place.line.unwrap(),
                f.place.column.unwrap(),
                f.message.as_str(),
            )
        })
        .collect();
    assert_eq!(
        got,
        [
            (
                1,
                10,
                "profile must be one of orchestrator, coding-agent, found \"sprinter\""
            ),
            (
                3,
                18,
                "response_time must be a duration, found \"5 parsecs\""
            ),
            (4, 17, "success_rate must be a ratio, found 950"),
            (5, 15, "error_rate must be above 0, found 0"),
            (7, 9, "mode must be one of FANCY, SIMPLE, found \"MEDIUM\""),
            (8, 15, "cache_size must be a whole number, found 0"),
            (
                9,
                28,
                "preload_common_contexts must be true or false, found 3"
            ),
            (
                10,
                11,
                "timezone must be a time zone, found \"Mars/Olympus\""
            ),
            (
                11,
                8,
                "retry must be a section of keys and values, found a list"
            ),
            (13, 30, "threshold must be a duration, found \"soon\""),
            (
                15,
                3,
                "the pattern of paths is faulty: unclosed character class; missing ']'"
            ),
        ]
    );
}

#[test]
fn hostile_files_are_refused() {
    for name in ["duplicate", "infinite", "cut-off", "bomb"] {
        let error = config::check(&fixture(&format!("broken/{name}.yaml")));
        let Err(ConfigError::Faulty { faults, .. }) = error else {
            panic!("{name}: {error:?}");
        };
        assert_eq!(faults.len(), 1, "{name}");
    }
}

#[test]
fn layers_are_read_from_the_highest_down() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let work = root.join("project/deep");
    let user = root.join("user");
    for made in [&work, &user.join("perfadvise")] {
        std::fs::create_dir_all(made).unwrap();
    }
    let write = |path: PathBuf, text: &str| std::fs::write(path, text).unwrap();
    write(
        root.join("project/perfadvise.yaml"),
        "context: {cache_size: 3}\nretry: {limit: 3}\n",
    );
    write(
        work.join("performance_config.yaml"),
        "performance_optimization:\n  context: {cache_size: 4, cache_ttl: 4}\n  thresholds: {max_response_time: 4}\n",
    );
    write(
        user.join("perfadvise/perfadvise.yaml"),
        "context: {cache_ttl: 5}\ntimeout: {step: 5}\n",
    );
    write(
        root.join("given.yaml"),
        "tools: {parallel: true}\nretry: {backoff: 1}\n",
    );
    write(root.join("later.yaml"), "tools: {parallel: false}\n");
    let sources = Sources {
        command_line: vec![config::Given {
            key: "resources.concurrent_operations".into(),
            value: "1".into(),
            option: "--set".into(),
        }],
        files: vec![root.join("given.yaml"), root.join("later.yaml")],
        environment: vec![
            (
                "PERFADVISE_RESOURCES_CONCURRENT_OPERATIONS".into(),
                "2".into(),
            ),
            ("PERFADVISE_RETRY_BACKOFF".into(), "2s".into()),
            ("PERFADVISE_TARGETS_RESPONSE_TIME_P95".into(), "9s".into()),
            ("PERFADVISE_TIMEOUT_MODEL_REQUEST".into(), "30s".into()),
            ("PERFADVISE_RULES_OFF".into(), "CTX001,CTX002".into()),
            ("PERFADVISE_PROFIL".into(), "orchestrator".into()),
            ("PERFADVISE_LOG".into(), "debug".into()),
        ],
        working_folder: Some(work.clone()),
        user_folder: Some(user.clone()),
    };
    let (config, warnings) = config::load(&sources).unwrap();
    assert_eq!(number(&config, "resources.concurrent_operations"), 1.0);
    // A number of seconds is the first wait, and doubles.
    let doubling = KnobValue::Word("exponential:1s".into());
    assert_eq!(config.knob("retry.backoff"), Some(&doubling));
    assert_eq!(config.knob("tools.parallel"), Some(&KnobValue::Bool(false)));
    assert_eq!(target(&config, Metric::ResponseTime, P95), Some(9.0));
    assert_eq!(number(&config, "timeout.model_request"), 30.0);
    assert_eq!(number(&config, "context.cache_size"), 3.0);
    assert_eq!(number(&config, "retry.limit"), 3.0);
    assert_eq!(number(&config, "context.cache_ttl"), 4.0);
    assert_eq!(target(&config, Metric::ResponseTime, Mean), Some(4.0));
    assert_eq!(number(&config, "timeout.step"), 5.0);
    assert_eq!(config.rules_off.len(), 2);
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].help.as_deref(),
        Some("did you mean \"PERFADVISE_PROFILE\"?")
    );
    assert_eq!(
        config.knobs["resources.concurrent_operations"].origin,
        Origin::CommandLine("--set".into())
    );
    assert_eq!(
        config.targets[&(Metric::ResponseTime, P95)].origin,
        Origin::Environment("PERFADVISE_TARGETS_RESPONSE_TIME_P95".into())
    );
    assert_eq!(config.files.len(), 5);
    assert_eq!(config.files[3], "performance_config.yaml");
    assert!(config.has_seed_file);
}

#[test]
fn a_file_among_the_inputs_is_the_lowest_layer() {
    let (mut config, _) = load("perfadvise.yaml");
    let bytes = std::fs::read(fixture("performance_config.yaml")).unwrap();
    let warnings = config::join(
        &mut config,
        Path::new("reports/performance_config.yaml"),
        &bytes,
    )
    .unwrap();
    assert_eq!(warnings, []);
    assert_eq!(number(&config, "context.cache_size"), 200.0);
    assert_eq!(number(&config, "resources.concurrent_operations"), 4.0);
    assert_eq!(config.files[1], "reports/performance_config.yaml");
    let before = format!("{config:?}");
    config::join(
        &mut config,
        Path::new("reports/x.yaml"),
        b"retry: {limit: many}",
    )
    .unwrap_err();
    assert_eq!(
        format!("{config:?}"),
        before,
        "a faulty file changes nothing"
    );
}

#[test]
fn our_keys_go_before_those_of_other_programs() {
    let (config, _) = text(
        "simple_cache_size: 1\nperformance_optimization:\n  context: {cache_size: 2}\n  thresholds: {max_response_time: 2}\nthresholds: {max_response_time: 3}\ncontext: {cache_size: 3}\ntargets: {response_time: 4}\n",
    )
    .unwrap();
    assert_eq!(number(&config, "context.cache_size"), 3.0);
    assert_eq!(target(&config, Metric::ResponseTime, Mean), Some(4.0));
}

#[test]
fn an_alert_may_be_left_out() {
    let (config, _) = text("alerts:\n  response_time: {threshold: 5, enabled: false}\n").unwrap();
    assert!(config.alerts.is_empty());
}

#[test]
fn every_key_is_documented() {
    let page = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md"),
    )
    .unwrap();
    for key in config::keys::KEYS {
        assert!(
            page.contains(&format!("`{}", key.name)),
            "{} is missing",
            key.name
        );
    }
    for section in config::keys::SECTIONS {
        assert!(page.contains(section), "{section} is missing");
    }
}

#[test]
fn an_empty_file_is_fine() {
    let (config, warnings) = text("# nothing yet\n").unwrap();
    assert!(config.knobs.is_empty() && warnings.is_empty());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_panics(
        keys in proptest::collection::vec(
            proptest::sample::select(vec![
                "targets", "thresholds", "alerts", "labels", "rules", "tune", "off", "context", "response_time",
                "mode_for", "mock_interfaces", "performance_optimization", "max_memory_usage", "threshold", "timeout",
            ]), 1..6),
        value in "[ -~äé\n]{0,20}",
    ) {
        let mut config = Config::default();
        let mut content = String::new();
        for (depth, key) in keys.iter().enumerate() {
            content.push_str(&format!("{}{key}:\n", "  ".repeat(depth)));
        }
        let content = format!("{} {value}", content.trim_end());
        let _ = config::join(&mut config, Path::new("x.yaml"), content.as_bytes());
        let _ = config::is_configuration(content.as_bytes());
    }
}

/// The program in an empty folder, without anything of this machine's.
fn program(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("perfadvise").unwrap();
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder.join("nobody"));
    command
}

fn stderr(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stderr).unwrap()
}

fn stdout(command: &mut Command) -> String {
    let output = command.assert().code(0).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_fault_is_shown_with_its_line_and_a_caret() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        fixture("broken/wrong-type.yaml"),
        folder.path().join("performance_config.yaml"),
    )
    .unwrap();
    insta::assert_snapshot!(stderr(program(folder.path()).args(["analyze", "."]), 2), @r#"
    error: performance_config.yaml:8:17: cache_size must be a whole number, found "fifty"

       6 |   context:
       7 |     mode_selection_strategy: "performance_first"
       8 |     cache_size: fifty
         |                 ^^^^^ expected 1 or more contexts, such as 100
       9 |     preload_common_contexts: true

      help: write  cache_size: 50
      note: the file is used because it is nearest to the working folder; perfadvise config show

    warning: performance_config.yaml:14:5: unknown key "concurent_operations" is ignored
      help: did you mean "concurrent_operations"?

    Nothing was analysed.
    "#);
}

#[test]
fn a_file_among_the_inputs_is_used_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let reports = folder.path().join("reports");
    std::fs::create_dir(&reports).unwrap();
    std::fs::copy(
        fixture("performance_config.yaml"),
        reports.join("performance_config.yaml"),
    )
    .unwrap();
    std::fs::write(
        reports.join("a.jsonl"),
        "{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-11-23T17:20:32Z\",\"duration\":2.0,\"outcome\":\"ok\"}\n",
    )
    .unwrap();
    let json = stdout(program(folder.path()).args(["analyze", "reports", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["score"]["profile"], "orchestrator");
    assert_eq!(
        json["provenance"]["configuration"],
        serde_json::json!(["reports/performance_config.yaml"])
    );
    assert_eq!(json["provenance"]["unrecognised"], serde_json::json!([]));
    std::fs::write(reports.join("perfadvise.yaml"), "retry:\n  limit: some\n").unwrap();
    let text = stderr(program(folder.path()).args(["analyze", "reports"]), 2);
    assert!(
        text.contains("reports/perfadvise.yaml:2:10: limit must be a whole number"),
        "{text}"
    );
    assert!(text.contains("it is among the inputs"), "{text}");
}

/// Any line of a log or of notes may look like a key: only a file of YAML is configuration, and one without a usual name is
/// nobody's fault.
#[test]
fn notes_among_the_inputs_are_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    std::fs::create_dir(&inputs).unwrap();
    std::fs::write(
        inputs.join("a.jsonl"),
        "{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-11-23T17:20:32Z\",\"duration\":2.0,\"outcome\":\"ok\"}\n",
    )
    .unwrap();
    for text in [
        "timeout: failed to run command './zqMK': No such file or directory\n",
        "targets: zqMK reduce latency\n",
        "retry: zqMK\n",
        "gate: zqMK\n",
        "alerts: zqMK\n",
        "profile: zqMK\n",
        "targets:\n  - job: zqMK\n",
        "rules: be kind, zqMK my secret prompt\n",
    ] {
        for (name, reason) in [
            ("stderr.log", "text, no records"),
            (
                "notes.yaml",
                "seems to be configuration, but has faults: see `perfadvise config check FILE`",
            ),
        ] {
            let path = inputs.join(name);
            std::fs::write(&path, text).unwrap();
            let output = program(folder.path())
                .args(["analyze", "in", "--format", "json"])
                .output()
                .unwrap();
            std::fs::remove_file(&path).unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{name} {text} {said}");
            let json = String::from_utf8(output.stdout).unwrap();
            assert!(
                !json.contains("zqMK") && !said.contains("zqMK"),
                "{json} {said}"
            );
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            let provenance = &json["provenance"];
            assert_eq!(provenance["records"], 1);
            assert_eq!(
                provenance["configuration"],
                serde_json::json!(["built-in defaults"])
            );
            let why = serde_json::json!([{"file": format!("in/{name}"), "reason": reason}]);
            assert_eq!(provenance["unrecognised_why"], why);
        }
    }
    // What can be used counts, and says nothing where it does not look like it.
    let settings = "thresholds:\n  max_response_time: 3s\n";
    for (name, is_used) in [("mine.yml", true), ("notes.txt", false)] {
        let path = inputs.join(name);
        std::fs::write(&path, settings).unwrap();
        let json = stdout(program(folder.path()).args(["analyze", "in", "--format", "json"]));
        std::fs::remove_file(&path).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let files = json["provenance"]["configuration"].to_string();
        assert_eq!(files.contains(name), is_used, "{files}");
    }
}

/// Standard input is no file of the name `-`, and a pipe is read once.
#[cfg(unix)]
#[test]
fn streams_are_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("-"), "retry: {limit: some}\n").unwrap();
    let text = stderr(
        program(folder.path())
            .args(["analyze", "-"])
            .write_stdin("junk\n"),
        3,
    );
    assert!(!text.contains("limit"), "{text}");
    let pipe = folder.path().join("p.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let writer = std::thread::spawn(move || std::fs::write(pipe, "retry: {limit: some}\n"));
    let mut command = program(folder.path());
    command.timeout(std::time::Duration::from_secs(60));
    stderr(command.args(["analyze", "p.yaml"]), 3);
    writer.join().unwrap().unwrap();
}

#[test]
fn a_change_of_clocks_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.jsonl"),
        "{\"kind\":\"operation\",\"operation\":\"step\",\"time\":\"2026-11-23T17:20:32Z\",\"duration\":2.0,\"outcome\":\"ok\"}\n",
    )
    .unwrap();
    let from = [
        "analyze",
        "a.jsonl",
        "--timezone",
        "Europe/Berlin",
        "--from",
    ];
    let text = stderr(program(folder.path()).args(from).arg("2024-03-31T02:30"), 0);
    assert!(text.contains("clocks were put forward"), "{text}");
    let text = stderr(program(folder.path()).args(from).arg("soon"), 2);
    assert!(
        text.starts_with("error: not a date or a time\n  help: write a date"),
        "{text}"
    );
}

#[test]
fn secrets_reach_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let text = stderr(
        program(folder.path())
            .args(["config", "check"])
            .arg(fixture("broken/duplicate.yaml")),
        2,
    );
    assert!(text.contains("duplicate.yaml:3:3"), "{text}");
    assert!(!text.contains("secret-part"), "{text}");
    let shown = stdout(
        program(folder.path())
            .args(["config", "show", "--config"])
            .arg(fixture("alerts_config.yaml")),
    );
    assert!(
        shown.contains("webhook") && !shown.contains("hooks.slack"),
        "{shown}"
    );
}

#[test]
fn show_names_every_origin() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        fixture("performance_config.yaml"),
        folder.path().join("performance_config.yaml"),
    )
    .unwrap();
    std::fs::copy(
        fixture("alerts_config.yaml"),
        folder.path().join("alerts_config.yaml"),
    )
    .unwrap();
    let shown = stdout(
        program(folder.path())
            .args(["config", "show", "--timezone", "Europe/Berlin"])
            .env("PERFADVISE_RETRY_LIMIT", "5"),
    );
    insta::assert_snapshot!(shown);
    let json = stdout(program(folder.path()).args(["config", "show", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let row = json["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["key"] == "context.cache_size")
        .unwrap();
    assert_eq!(row["value"], 100.0);
    assert_eq!(row["origin"], "file");
    assert_eq!(row["at"], "performance_config.yaml:6:17");
    stdout(program(folder.path()).args(["config", "show", "--format", "yaml"]));
}

#[test]
fn init_writes_a_file_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    stdout(program(folder.path()).args(["config", "init"]));
    let written = folder.path().join("perfadvise.yaml");
    let before = std::fs::read_to_string(&written).unwrap();
    assert!(stderr(program(folder.path()).args(["config", "init"]), 2).contains("already there"));
    assert!(
        stderr(
            program(folder.path()).args(["config", "init", "-o", "perfadvise.yaml"]),
            2
        )
        .contains("already there")
    );
    assert_eq!(std::fs::read_to_string(&written).unwrap(), before);
    stdout(program(folder.path()).args(["config", "init", "--output", "other.yaml"]));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("other.yaml")).unwrap(),
        before
    );
    assert!(
        stdout(program(folder.path()).args(["config", "check"])).starts_with("ok: perfadvise.yaml")
    );
}

#[test]
fn check_lists_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = stdout(
        program(folder.path())
            .args(["config", "check"])
            .arg(fixture("both.yaml"))
            .arg(fixture("perfadvise.yaml")),
    );
    assert_eq!(out.lines().count(), 2);
    let missing = stderr(
        program(folder.path()).args(["config", "check", "nowhere.yaml"]),
        2,
    );
    assert!(
        missing.starts_with("error: nowhere.yaml cannot be read"),
        "{missing}"
    );
}

#[test]
fn schemas_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let both: serde_json::Value =
        serde_json::from_str(&stdout(program(folder.path()).args(["config", "schema"]))).unwrap();
    assert_eq!(
        both["config"]["properties"]["context"]["properties"]["cache_size"]["minimum"],
        1
    );
    assert!(both["assessment"]["properties"]["score"].is_object());
    let one: serde_json::Value = serde_json::from_str(&stdout(
        program(folder.path()).args(["config", "schema", "config"]),
    ))
    .unwrap();
    assert_eq!(
        one["properties"]["timeout"]["additionalProperties"]["type"],
        serde_json::json!(["number", "string"])
    );
}
