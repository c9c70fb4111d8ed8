//! The commented file that `config init` writes: every key with its meaning, nothing switched on.

use std::fmt::Write;

use crate::config::keys::KEYS;

const HEAD: &str = "\
# Configuration of perfadvise. Take the # off a line to set it.
# Command line > PERFADVISE_* > this file > your user folder > built-in defaults;
# `perfadvise config show` names the origin of each value, `perfadvise config check` its faults.
";

const TAIL: &str = "
# What is good enough. Without these the profile's targets hold. Times with their unit (3s, 300ms),
# ratios from 0 to 1 or in percent.
# targets:
#   response_time: {mean: 3s, p95: 5s}
#   success_rate: 95%
#   cache_hit_rate: 70%
#   token_efficiency: 80%
#   memory_utilization: 80%
#   accuracy: 90%

# Metrics of your own, which perfadvise metric and any program record: what no input tells of them.
# metrics:
#   queue_depth: {unit: count, direction: lower, of: p95, target: 20}

# What the gate judges: the largest change for the worse, limits that hold whatever the baseline, and
# how much a verdict weighs (off, warn, error).
# gate:
#   response_time: {max_regression: 10%, max: 5s, p95: {level: warn}}
#   success_rate: {min: 95%}

# What must not happen. Which side of the threshold is the bad one follows from the metric.
# alerts:
#   response_time: {threshold: 5s, severity: warning, cooldown: 5min}
#   memory_usage: {threshold: 90%, severity: critical, cooldown: 1min}

# Labels of inputs, by their path.
# labels:
#   \"**/fancy/**\": {mode: FANCY}
#   \"**/simple/**\": {mode: SIMPLE}

# Tables that no format knows; perfadvise formats explain FILE proposes one.
# mappings:
#   chat:
#     files: \"**/chat.csv\"
#     record: model_request
#     time: {column: started, unit: text}
#     duration: {column: elapsed, unit: ms}
";

/// The text of the file.
pub(super) fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        // A family's free part is shown as an example of ours.
        let name = match key.name {
            "prompt_cache.lifetime_for." => "prompt_cache.lifetime_for.main".to_owned(),
            "timeout." => "timeout.model_request".to_owned(),
            "direction." => "direction.frames_per_second".to_owned(),
            name if name.ends_with('.') => format!("{name}testing"),
            name => name.to_owned(),
        };
        let parts: Vec<&str> = name.split('.').collect();
        let root = key.name.split('.').next().unwrap_or_default();
        let depth = parts.len() - 1;
        if depth == 0 || root != section {
            text.push('\n');
        }
        if depth > 0 && root != section {
            let _ = writeln!(text, "# {root}:");
        }
        section = root;
        let indent = "  ".repeat(depth);
        let _ = writeln!(text, "#{indent} # {}", key.meaning);
        for (level, part) in parts
            .iter()
            .enumerate()
            .skip(1)
            .take(depth.saturating_sub(1))
        {
            let _ = writeln!(text, "#{} {part}:", "  ".repeat(level));
        }
        if let Some(leaf) = parts.last() {
            let _ = writeln!(text, "#{indent} {leaf}: {}", key.example);
        }
    }
    text.push_str(TAIL);
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// As it is written the file sets nothing; with every `#` before a key taken off, everything.
    #[test]
    fn the_template_is_right_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str| {
            let path = folder.path().join("perfadvise.yaml");
            std::fs::write(&path, text).unwrap();
            crate::config::check(&path).unwrap()
        };
        let (config, warnings) = check(&text());
        assert!(config.knobs.is_empty() && warnings.is_empty());
        let on: String = text()
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| {
                line.contains(':') && !line.ends_with('.') && !line.starts_with(char::is_uppercase)
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let (config, warnings) = check(&on);
        assert_eq!(warnings, []);
        assert_eq!(config.knobs.len(), 23, "{on}");
        assert_eq!(config.targets.len(), 7);
        assert_eq!(config.gate.len(), 3);
        assert_eq!(
            (
                config.directions.said().count(),
                config.ranking.unwrap().value.len()
            ),
            (2, 2)
        );
        assert_eq!(config.declared.iter().count(), 1);
        assert_eq!(config.alerts.len(), 2);
        assert_eq!(config.path_labels.len(), 2);
    }
}
