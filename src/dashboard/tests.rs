//! Frames of the demonstration and of nothing, as they are seen; and what holds for any frame.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::frame::{self, View};
use super::paint;
use super::state::{Extent, Key, Page, State, update};
use crate::analysis;
use crate::assessment::{
    AlertKey, AlertPhase, AlertRow, AlertsReport, Latest, ProcessReading, Reading, SCHEMA_VERSION,
    Severity,
};
use crate::config::Config;
use crate::ingest::{Options, Target};
use crate::metrics::Unit;
use crate::pipeline::{self, Request};
use crate::prices::PriceTable;
use crate::report::Style;
use crate::report::panes::Scene;
use crate::units::Time;
use crate::workload::WallClockRules;

static DEMO: LazyLock<Scene> = LazyLock::new(demo);

fn time(text: &str) -> Time {
    Time::from_timestamp(text.parse().unwrap())
}

/// What was read below a path, without alerts.
fn scene(path: &Path) -> Scene {
    let request = Request {
        targets: vec![Target {
            path: path.to_owned(),
            labels: Vec::new(),
        }],
        searched: Vec::new(),
        options: Options::default(),
        by: None,
        prices: Arc::new(PriceTable::built_in()),
        wall_clock: WallClockRules::default(),
        past: None,
        standing: crate::advise::Standing::default(),
        from: None,
        to: None,
        only: Vec::new(),
    };
    let material = pipeline::read(&request, Config::default(), &|_, _| {}).unwrap();
    let mut assessment = pipeline::judge(&material, &request);
    // The frame is the same in any folder.
    assessment.generator.version = "0.0.0".into();
    Scene {
        latest: analysis::latest(&material.workload),
        assessment,
        alerts: Err("No alert is configured.".into()),
        at: time("2026-11-09T00:00:00Z"),
    }
}

/// The demonstration, with an alert that fires, one that is about to, and a busy machine.
fn demo() -> Scene {
    let mut scene = scene(Path::new("fixtures/demo"));
    let row = |alert: &str, state, value: &str, rule: &str, since: Option<&str>| AlertRow {
        key: AlertKey {
            alert: alert.into(),
            ..AlertKey::default()
        },
        severity: Severity::Warning,
        state,
        since: since.map(time),
        value: (value != "no data").then_some(1.0),
        unit: Unit::Ratio,
        data_at: None,
        value_text: value.into(),
        rule: rule.into(),
        last_sent: since.filter(|_| state == AlertPhase::Firing).map(time),
        next_not_before: None,
        cooldown: 300.0,
        silenced_until: None,
        inhibited_by: None,
        failures: Vec::new(),
        action: Some("suggest_simple_mode".into()),
        note: None,
    };
    use AlertPhase::{Firing, Pending, Quiet};
    let alerts = vec![
        row(
            "cache_hit_rate",
            Firing,
            "46.2 %",
            "< 68 %",
            Some("2026-11-05T19:42:00Z"),
        ),
        row(
            "interface_failure",
            Pending,
            "2 in a row",
            "3 consecutive failures",
            Some("2026-11-08T23:58:00Z"),
        ),
        row("response_time", Quiet, "3.05 s", "> 5 s", None),
        row("memory_usage", Quiet, "no data", "> 90 %", None),
    ];
    scene.alerts = Ok(AlertsReport {
        schema_version: SCHEMA_VERSION,
        at: scene.at,
        data_until: None,
        files: vec!["alerts_config.yaml".into()],
        firing: 1,
        pending: 1,
        quiet: 2,
        without_data: 1,
        alerts,
        is_sent: false,
    });
    let at = time("2026-11-08T23:59:30Z");
    let reading = |metric: &str, unit, value| Reading {
        metric: metric.into(),
        unit,
        value,
        at,
        host: Some("host-a".into()),
    };
    scene.latest.readings = vec![
        reading("cpu_utilization", Unit::Ratio, 0.475),
        reading("memory_utilization", Unit::Ratio, 0.583),
        reading("disk_utilization", Unit::Ratio, 0.614),
        reading("system_load", Unit::Number, 3.2),
        reading("disk_read_rate", Unit::Bytes, 45e6),
        reading("disk_write_rate", Unit::Bytes, 12e6),
        reading("network_sent_rate", Unit::Bytes, 2e6),
        reading("network_received_rate", Unit::Bytes, 1.5e6),
    ];
    let process = |name: &str, pid, cpu, memory| ProcessReading {
        process: name.into(),
        pid,
        cpu,
        memory,
        at,
    };
    scene.latest.processes = vec![
        process("agent-workflow", Some(1234), Some(0.45), Some(2.1e9)),
        process("claude-code", Some(5678), Some(0.23), Some(512e6)),
        process("state\u{1b}[31m-monitor", None, None, Some(64e6)),
    ];
    scene
}

/// A folder without a record.
fn nothing() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    scene(folder.path())
}

fn drawn(
    scene: &Scene,
    state: &State,
    style: &Style,
    (columns, rows): (u16, u16),
) -> (Buffer, Extent) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let view = View {
        style,
        state: "live",
        trouble: None,
    };
    let extent = frame::draw(scene, state, &view, &mut buffer);
    (buffer, extent)
}

fn shown(scene: &Scene, state: &State, style: &Style, size: (u16, u16)) -> String {
    paint::text(&drawn(scene, state, style, size).0)
}

fn after(scene: &Scene, keys: &[Key]) -> State {
    let extent = frame::extent(scene);
    keys.iter()
        .fold(State::default(), |s, key| update(s, *key, &extent).0)
}

#[test]
fn the_overview_in_several_sizes() {
    let style = Style::default();
    for size in [(60, 20), (80, 24), (120, 36), (200, 50)] {
        let frame = shown(&DEMO, &State::default(), &style, size);
        insta::assert_snapshot!(format!("overview-{}x{}", size.0, size.1), frame);
    }
}

#[test]
fn the_other_pages() {
    let style = Style::default();
    for page in Page::ALL.into_iter().skip(1) {
        let frame = shown(&DEMO, &State::on(page), &style, (120, 36));
        insta::assert_snapshot!(format!("page-{}", page.name()), frame);
    }
    let narrow = shown(&DEMO, &State::on(Page::Advice), &style, (60, 20));
    insta::assert_snapshot!("page-advice-60x20", narrow);
}

#[test]
fn details_and_help() {
    let style = Style::default();
    let indicator = after(&DEMO, &[Key::Next, Key::Down, Key::Enter]);
    insta::assert_snapshot!("indicator", shown(&DEMO, &indicator, &style, (120, 36)));
    let advice = after(&DEMO, &[Key::Enter]);
    insta::assert_snapshot!("advice-60x20", shown(&DEMO, &advice, &style, (60, 20)));
    let help = after(&DEMO, &[Key::Char('?')]);
    insta::assert_snapshot!("help-60x20", shown(&DEMO, &help, &style, (60, 20)));
}

#[test]
fn details_scroll_to_their_end() {
    let style = Style::default();
    let open = after(&DEMO, &[Key::Enter]);
    let (_, extent) = drawn(&DEMO, &open, &style, (60, 20));
    assert!(extent.scroll > 0);
    let (end, _) = update(open, Key::End, &extent);
    let frame = shown(&DEMO, &end, &style, (60, 20));
    assert!(frame.contains("perfadvise rules explain CTX003"), "{frame}");
}

#[test]
fn without_unicode_there_is_none() {
    let style = Style {
        unicode: false,
        ..Style::default()
    };
    insta::assert_snapshot!(
        "ascii-60x20",
        shown(&DEMO, &State::default(), &style, (60, 20))
    );
    insta::assert_snapshot!(
        "ascii-120x36",
        shown(&DEMO, &State::default(), &style, (120, 36))
    );
}

#[test]
fn colour_repeats_words_and_is_one_of_sixteen() {
    let style = Style {
        colour: true,
        ..Style::default()
    };
    let frame = shown(&DEMO, &State::default(), &style, (120, 36));
    insta::assert_snapshot!("colour-120x36", frame.replace('\u{1b}', "^"));
    let (coloured, _) = drawn(&DEMO, &State::default(), &style, (120, 36));
    let (plain, _) = drawn(&DEMO, &State::default(), &Style::default(), (120, 36));
    for (a, b) in coloured.content().iter().zip(plain.content()) {
        assert_eq!(a.symbol(), b.symbol());
    }
}

#[test]
fn what_is_not_known_is_said() {
    let nothing = nothing();
    let style = Style::default();
    insta::assert_snapshot!(
        "nothing-120x36",
        shown(&nothing, &State::default(), &style, (120, 36))
    );
    insta::assert_snapshot!(
        "nothing-60x20",
        shown(&nothing, &State::default(), &style, (60, 20))
    );
    for page in Page::ALL {
        for size in [(60, 20), (120, 36)] {
            let frame = shown(&nothing, &State::on(page), &style, size);
            assert!(!frame.contains("0.0 %"), "{frame}");
        }
    }
    assert_eq!(nothing.latest, Latest::default());
}

#[test]
fn a_failed_look_is_told_and_what_was_known_stays() {
    let style = Style::default();
    for (size, last) in [((120, 36), "CTX003"), ((60, 20), "CTX003")] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        let view = View {
            style: &style,
            state: "live",
            trouble: Some("logs/a\u{1b}]0;x.jsonl cannot be read"),
        };
        frame::draw(&DEMO, &State::default(), &view, &mut buffer);
        let frame = paint::text(&buffer);
        assert!(
            frame.contains("not read again: logs/a\\u{1b}]0;x.jsonl"),
            "{frame}"
        );
        assert!(frame.contains(last), "{frame}");
    }
}

#[test]
fn a_terminal_that_is_too_small_is_told_so() {
    let frame = shown(&DEMO, &State::default(), &Style::default(), (50, 15));
    assert!(frame.contains("needs 60 columns and 20 rows"), "{frame}");
    assert!(frame.contains("has 50 and 15"), "{frame}");
}

#[test]
fn names_move_no_cursor() {
    let frame = shown(&DEMO, &State::default(), &Style::default(), (200, 50));
    assert!(frame.contains("state\\u{1b}[31m-monitor"), "{frame}");
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let key = prop_oneof![
        proptest::char::range('1', '6').prop_map(Key::Char),
        Just(Key::Char('?')),
        Just(Key::Down),
        Just(Key::Next),
        Just(Key::End),
        Just(Key::Enter),
        Just(Key::Esc),
    ];
    proptest::collection::vec(key, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was typed, in any size, with any characters: a frame.
    #[test]
    fn any_state_in_any_size_is_drawn(
        keys in keys(),
        columns in 1u16..220,
        rows in 1u16..70,
        unicode: bool,
        colour: bool,
        is_nothing: bool,
    ) {
        static NOTHING: LazyLock<Scene> = LazyLock::new(nothing);
        let scene: &Scene = if is_nothing { &NOTHING } else { &DEMO };
        let style = Style { unicode, colour, ..Style::default() };
        let state = after(scene, &keys);
        let (buffer, _) = drawn(scene, &state, &style, (columns, rows));
        for cell in buffer.content() {
            prop_assert!(unicode || cell.symbol().is_ascii(), "{:?}", cell.symbol());
            let is_plain = cell.fg == Color::Reset && cell.modifier == Modifier::empty();
            prop_assert!(colour || is_plain);
            // No background: it is the terminal's own.
            prop_assert_eq!(cell.bg, Color::Reset);
        }
        if columns >= 60 && rows >= 20 {
            let text = paint::text(&buffer);
            let foot = text.lines().last().unwrap_or_default().to_owned();
            prop_assert!(foot.contains("quit"), "{}", text);
        }
    }
}
