//! Whether a file is configuration, by its root keys; among analysed inputs, by its name too.

use std::path::Path;

use super::keys::{self, CONTEXT_KEYS};

/// Which file of configuration it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `performance_config.yaml`: root `performance_optimization`.
    Performance,
    /// `alerts_config.yaml`: `alerts`, perhaps with `notification_channels`.
    Alerts,
    /// `context_config.yaml`: its keys at the root.
    Context,
    /// `perfadvise.yaml`.
    Perfadvise,
}

impl Kind {
    const ALL: [Kind; 4] = [
        Kind::Performance,
        Kind::Alerts,
        Kind::Context,
        Kind::Perfadvise,
    ];

    /// Usual name of such a file.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Kind::Performance => "performance_config.yaml",
            Kind::Alerts => "alerts_config.yaml",
            Kind::Context => "context_config.yaml",
            Kind::Perfadvise => "perfadvise.yaml",
        }
    }
}

/// Bytes beyond which a file is no configuration.
pub const MOST_BYTES: u64 = 1 << 20;
/// Keys of `context_config.yaml` that make one: a single one may be anything.
const LEAST_CONTEXT_KEYS: usize = 2;
/// Root keys that no other kind of file is likely to have.
const TELLING: &[&str] = &[
    "targets",
    "thresholds",
    "gate",
    "profile",
    "rules",
    "prompt_cache",
    "retry",
    "timeout",
    "model_for",
    "compaction",
    "mappings",
    "mock_interfaces",
    "naive_timezone",
];

/// Whether a file among analysed inputs may be configuration, by its name: any line of a log or of notes may look like a
/// key of ours (`timeout: failed`).
#[must_use]
pub fn may_be_configuration(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default();
    ["yaml", "yml"]
        .iter()
        .any(|yaml| end.eq_ignore_ascii_case(yaml))
}

/// Whether a file has one of the names that are usual for configuration: then its faults are the user's.
#[must_use]
pub fn is_usual_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    Kind::ALL.iter().any(|kind| name == kind.file_name())
}

/// Which file of configuration a text is, by its root keys; `None`: it is something else.
///
/// Looks at the lines that begin a key at the margin, and parses nothing: JSON documents, logs and
/// reports are told apart without cost.
#[must_use]
pub fn is_configuration(bytes: &[u8]) -> Option<Kind> {
    if bytes.len() as u64 > MOST_BYTES {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut roots: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with([' ', '#', '-', '}', ']', '\t', '\r']) {
            continue;
        }
        let (key, rest) = line.split_once(':')?;
        if !(rest.is_empty() || rest.starts_with([' ', '\r'])) {
            return None;
        }
        roots.push(key.trim_matches(['"', '\'']));
    }
    let has = |name: &str| roots.contains(&name);
    let is_context = |key: &&str| CONTEXT_KEYS.iter().any(|k| k.name == *key);
    if has("performance_optimization") {
        return Some(Kind::Performance);
    }
    if roots.is_empty() || !roots.iter().all(|r| keys::below("").contains(r)) {
        return None;
    }
    if has("alerts") && !roots.iter().any(|r| TELLING.contains(r)) {
        return Some(Kind::Alerts);
    }
    if roots.iter().any(|r| TELLING.contains(r)) {
        return Some(Kind::Perfadvise);
    }
    (roots.iter().filter(|r| is_context(r)).count() >= LEAST_CONTEXT_KEYS).then_some(Kind::Context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_keys_decide() {
        for (text, kind) in [
            (
                "# c\nperformance_optimization:\n  context:\n",
                Some(Kind::Performance),
            ),
            (
                "performance_optimization:\n  a: 1\nretry:\n  limit: 3\n",
                Some(Kind::Performance),
            ),
            (
                "alerts:\n  response_time:\nnotification_channels:\n- type: x\n",
                Some(Kind::Alerts),
            ),
            (
                "default_mode: auto\ncache_ttl_seconds: 300\n",
                Some(Kind::Context),
            ),
            (
                "targets:\n  response_time: 3s\nalerts:\n",
                Some(Kind::Perfadvise),
            ),
            ("max_tokens: 5\n", None),
            ("Context Performance Metrics:\n  FANCY Mode:\n", None),
            ("{\"alerts\": 3}", None),
            ("{\n\"alerts\": 3\n}", None),
            ("context:\n  cache_size: 5\n", None),
            ("targets: 3\nsomething_else: 4\n", None),
            ("time,value\n1,2\n", None),
            ("", None),
        ] {
            assert_eq!(is_configuration(text.as_bytes()), kind, "{text:?}");
        }
        assert_eq!(is_configuration(&[0xff, 0xfe]), None);
    }
    #[test]
    fn names_decide_among_inputs() {
        for (path, may_be, is_usual) in [
            ("in/perfadvise.yaml", true, true),
            ("performance_config.yaml", true, true),
            ("in/alerts_config.yaml", true, true),
            ("in/context_config.yaml", true, true),
            ("in/mine.YML", true, false),
            ("stderr.log", false, false),
            ("notes.txt", false, false),
            ("yaml", false, false),
            ("-", false, false),
            ("", false, false),
        ] {
            let path = Path::new(path);
            assert_eq!(may_be_configuration(path), may_be, "{path:?}");
            assert_eq!(is_usual_name(path), is_usual, "{path:?}");
        }
    }
}
