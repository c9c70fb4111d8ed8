//! The keys of a configuration, a row each: name, type, where its value goes, what it means.
//!
//! Reading, suggestions for misspelt keys, the file that `config init` writes and the JSON Schema all
//! come from this table. Sections with names of their own (`targets`, `thresholds`, `alerts`,
//! `labels`, `rules.tune`) are read by functions of their own.

/// What type a value has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// A whole number, at least this.
    Count {
        /// The smallest.
        least: u64,
        /// What is counted.
        of: &'static str,
    },
    /// A number of seconds, or a text such as `5min`.
    Duration,
    /// Waits before retries, in the language of [`crate::config::Backoff`].
    Backoff,
    /// A number of bytes, or a text such as `1GB`.
    Bytes,
    /// A ratio from 0 to 1, or a text such as `80%`.
    Ratio,
    /// A number above 0.
    Number,
    /// `true` or `false`.
    Bool,
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// A word: a name of an interface, a model, a zone, a folder.
    Word,
    /// A list of words.
    Words,
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// The knob of this name; where it ends in `.`, the rest of the key is added.
    Knob(&'static str),
    /// The profile.
    Profile,
    /// The zone for display.
    Timezone,
    /// The zone of times that name none.
    NaiveTimezone,
    /// Rules that are switched off.
    RulesOff,
    /// Folder with further rules.
    RulesDir,
    /// Whether preview rules are shown.
    Preview,
    /// Interfaces that answer without a model.
    MockInterfaces,
    /// Metrics by how much they matter.
    Ranking,
    /// Which way of a metric is better.
    Direction,
    /// Nowhere: a key of another program's file, checked for its type only.
    Nowhere,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Full name with points; one that ends in `.` is a family whose last part is free.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Where its value goes.
    pub goes: Goes,
    /// A value as it may be written in the file.
    pub example: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// The modes of a context manager.
pub const MODES: &[&str] = &["FANCY", "SIMPLE"];
const KEEP_WARM: &[&str] = &["never", "pending", "always"];
const STRATEGIES: &[&str] = &["accuracy_first", "balanced", "performance_first"];
const DIRECTIONS: &[&str] = &["higher", "lower"];
const PROFILES: &[&str] = &["orchestrator", "coding-agent"];

const fn key(
    name: &'static str,
    kind: Type,
    goes: Goes,
    example: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        name,
        kind,
        goes,
        example,
        meaning,
    }
}

const fn knob(name: &'static str, kind: Type, example: &'static str, meaning: &'static str) -> Key {
    key(name, kind, Goes::Knob(name), example, meaning)
}

/// The keys of `perfadvise.yaml`. Those of `performance_config.yaml` are the same below
/// `performance_optimization`.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("profile", Type::OneOf(PROFILES), Goes::Profile, "orchestrator", "Which built-in targets hold where none is set; without it the data decide."),
    key("timezone", Type::Word, Goes::Timezone, "Europe/Berlin", "Zone in which times are shown and days begin."),
    key("naive_timezone", Type::Word, Goes::NaiveTimezone, "UTC", "Zone of times in inputs that name none."),
    knob("context.mode_selection_strategy", Type::OneOf(STRATEGIES), "balanced", "How the context mode is chosen."),
    knob("context.mode", Type::OneOf(MODES), "FANCY", "The context mode of all steps."),
    knob("context.mode_for.", Type::OneOf(MODES), "SIMPLE", "The context mode of steps of a purpose."),
    knob("context.cache_size", Type::Count { least: 1, of: "contexts" }, "100", "Contexts that the context cache holds."),
    knob("context.cache_ttl", Type::Duration, "5min", "How long a prepared context stays usable."),
    knob("context.preload_common_contexts", Type::Bool, "true", "Whether common contexts are prepared ahead."),
    knob("context.background_optimization", Type::Bool, "true", "Whether contexts are prepared in the background."),
    knob("interfaces.primary", Type::Word, "anthropic_api", "Interface of latency-critical steps."),
    knob("interfaces.fallback", Type::Word, "claude_code", "Interface used when the first one fails."),
    knob("interfaces.testing", Type::Word, "mock", "Interface of tests."),
    knob("resources.max_memory_usage", Type::Bytes, "1GB", "Most memory that the workflow may use."),
    knob("resources.cpu_limit", Type::Ratio, "80%", "Most of the processors that the workflow may use."),
    knob("resources.concurrent_operations", Type::Count { least: 1, of: "operations" }, "4", "Steps that run at the same time."),
    knob("prompt_cache.lifetime", Type::Duration, "5min", "How long the provider keeps a prompt's prefix."),
    knob("prompt_cache.lifetime_for.", Type::Duration, "5min", "The same for one agent: main conversations (main) or subagents (subagent)."),
    knob("prompt_cache.keep_warm", Type::OneOf(KEEP_WARM), "never", "Whether the client reads a prompt's prefix again before it expires: never, while a tool call is pending, always."),
    knob("model_for.", Type::Word, "small-model", "The model of an agent, of all of them (all), or of steps of a purpose."),
    knob("retry.limit", Type::Count { least: 0, of: "retries" }, "3", "Retries after the first attempt."),
    knob("retry.backoff", Type::Backoff, "exponential:1s:30s", "Waits before retries: none, constant:2s, exponential:1s (doubling), exponential:1s:30s (at most 30 s each)."),
    knob("timeout.", Type::Duration, "60s", "Most time that an operation of this kind may take."),
    knob("compaction.at_tokens", Type::Count { least: 1, of: "tokens" }, "150000", "Size at which a context is compacted."),
    knob("tools.parallel", Type::Bool, "true", "Whether tools may run at the same time."),
    knob("tools.reuse_reads", Type::Bool, "true", "Whether a read of what was read before is answered by the copy in the context."),
    key("direction.", Type::OneOf(DIRECTIONS), Goes::Direction, "higher", "Which way is better, of a metric of your own."),
    key("ranking", Type::Words, Goes::Ranking, "[accuracy, response_time]", "Metrics by how much they matter: names a winner where a comparison's metrics disagree."),
    key("rules.off", Type::Words, Goes::RulesOff, "[]", "Rules that are switched off, by code."),
    key("rules.dir", Type::Word, Goes::RulesDir, "./rules", "Folder with further rules; relative to this file."),
    key("rules.preview", Type::Bool, Goes::Preview, "true", "Whether rules on probation are shown, marked."),
    key("mock_interfaces", Type::Words, Goes::MockInterfaces, "[mock]", "Interfaces that answer without a model; their times are no times of a model."),
];

/// The keys of `context_config.yaml`, at its root. Most tell the other program what to do; their types
/// are checked and nothing else.
#[rustfmt::skip]
pub const CONTEXT_KEYS: &[Key] = &[
    key("default_mode", Type::OneOf(&["auto", "fancy", "simple"]), Goes::Knob("context.mode"), "auto", "The context mode; auto leaves it open."),
    key("cache_ttl_seconds", Type::Duration, Goes::Knob("context.cache_ttl"), "300", "How long a prepared context stays usable."),
    key("simple_cache_size", Type::Count { least: 1, of: "contexts" }, Goes::Knob("context.cache_size"), "50", "Contexts that the cache of SIMPLE holds."),
    key("enable_background_processing", Type::Bool, Goes::Knob("context.background_optimization"), "true", "Whether contexts are prepared in the background."),
    key("max_tokens", Type::Number, Goes::Nowhere, "200000", "Most tokens of a context."),
    key("enable_intelligence", Type::Bool, Goes::Nowhere, "true", "Part of FANCY."),
    key("enable_advanced_caching", Type::Bool, Goes::Nowhere, "true", "Part of FANCY."),
    key("enable_monitoring", Type::Bool, Goes::Nowhere, "true", "Whether the context monitor runs."),
    key("enable_cross_story", Type::Bool, Goes::Nowhere, "true", "Part of FANCY."),
    key("max_preparation_time", Type::Duration, Goes::Nowhere, "30", "Most time of a preparation."),
    key("simple_max_files", Type::Number, Goes::Nowhere, "10", "Most files of a SIMPLE context."),
    key("simple_max_file_size", Type::Number, Goes::Nowhere, "50000", "Most characters of a file."),
    key("simple_enable_caching", Type::Bool, Goes::Nowhere, "true", "Whether SIMPLE has a cache."),
    key("auto_detection_enabled", Type::Bool, Goes::Nowhere, "true", "Whether the mode is detected."),
    key("force_simple_in_ci", Type::Bool, Goes::Nowhere, "true", "SIMPLE in continuous integration."),
    key("force_simple_with_mock", Type::Bool, Goes::Nowhere, "true", "SIMPLE with the mock interface."),
    key("min_memory_for_fancy", Type::Number, Goes::Nowhere, "2048", "Least memory for FANCY, in MB."),
    key("min_cpu_cores_for_fancy", Type::Number, Goes::Nowhere, "2", "Least cores for FANCY."),
    key("max_fancy_preparation_time", Type::Duration, Goes::Nowhere, "10.0", "Time beyond which FANCY is left."),
    key("max_simple_preparation_time", Type::Duration, Goes::Nowhere, "1.0", "Expected time of SIMPLE."),
    key("auto_switch_enabled", Type::Bool, Goes::Nowhere, "true", "Whether modes switch by themselves."),
    key("switch_threshold_failures", Type::Number, Goes::Nowhere, "3", "Failures before a switch."),
    key("switch_cooldown_seconds", Type::Duration, Goes::Nowhere, "60", "Least time between switches."),
];

/// Sections that are read by functions of their own.
pub const SECTIONS: &[&str] = &[
    "performance_optimization",
    "metrics",
    "targets",
    "thresholds",
    "gate",
    "alerts",
    "notification_channels",
    "alert_actions",
    "labels",
    "mappings",
    "rules.tune",
];

/// The key of that full name, or the family it belongs to.
#[must_use]
pub fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().chain(CONTEXT_KEYS).find(|k| {
        if k.name.ends_with('.') {
            name.strip_prefix(k.name)
                .is_some_and(|rest| !rest.is_empty())
        } else {
            k.name == name
        }
    })
}

/// The names that may stand directly below `section` (`""` is the root).
#[must_use]
pub fn below(section: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = KEYS
        .iter()
        .chain(CONTEXT_KEYS)
        .map(|k| k.name)
        .chain(SECTIONS.iter().copied())
        .filter_map(|name| {
            let rest = if section.is_empty() {
                name
            } else {
                name.strip_prefix(section)?.strip_prefix('.')?
            };
            rest.split('.').next().filter(|n| !n.is_empty())
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether `name` is a section with keys below it.
#[must_use]
pub fn is_section(name: &str) -> bool {
    KEYS.iter()
        .map(|k| k.name)
        .chain(SECTIONS.iter().copied())
        .any(|k| k.strip_prefix(name).is_some_and(|r| r.starts_with('.')))
}

/// The one of `known` that `word` is probably meant to be: the nearest by edit distance, if that is
/// at most a third of its length.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    known
        .into_iter()
        .map(|k| (distance(&word, &k.to_ascii_lowercase()), k))
        .min()
        .filter(|(d, k)| *d <= (k.chars().count() / 3).max(1))
        .map(|(_, k)| k)
}

/// Edit distance where two neighbours that changed places count once (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    /// A longer word is none of ours, and the table grows with the product.
    const LONGEST: usize = 64;
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (above[j - 1] + same).min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_once() {
        for (i, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..i].iter().all(|k| k.name != key.name), "{}", key.name);
            assert!(key.meaning.ends_with('.'), "{} has no sentence", key.name);
        }
        assert_eq!(
            named("context.mode_for.testing").map(|k| k.name),
            Some("context.mode_for.")
        );
        assert_eq!(named("context.mode_for."), None);
        assert_eq!(named("context"), None);
        assert!(is_section("context") && is_section("context.mode_for") && is_section("rules"));
        assert!(below("rules").contains(&"tune") && below("").contains(&"alerts"));
    }

    #[test]
    fn slips_are_understood() {
        for (word, meant) in [
            ("concurent_operations", Some("concurrent_operations")),
            ("Cache_Size", None),
            ("banana", None),
        ] {
            assert_eq!(nearest(word, below("resources")), meant, "{word}");
        }
        assert_eq!(nearest("cahce_size", below("context")), Some("cache_size"));
        assert_eq!(nearest("tresholds", below("")), Some("thresholds"));
        // Known: kitten → sitting 3; ca → abc 3 in this restricted form.
        assert_eq!(
            (distance("kitten", "sitting"), distance("ca", "abc")),
            (3, 3)
        );
    }
}
