//! Where something was measured, as far as it decides what may be compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The key that names a class of machines that count as alike.
pub const HOST_CLASS: &str = "host_class";

/// Keys of the machine itself, for which a class stands.
const MACHINE: &[&str] = &["os", "architecture", "cores"];

/// Keys with their values: `os`, `architecture`, `cores`, and what the user names (`host_class`,
/// `gpu`). Of the machine that saves, which need not be the one that the records come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(pub BTreeMap<String, String>);

/// A key in which two environments differ; `None` where it is not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// Its value in the baseline.
    pub baseline: Option<String>,
    /// Its value here.
    pub here: Option<String>,
}

impl Environment {
    /// Of this machine.
    #[must_use]
    pub fn of_machine() -> Self {
        let mut keys = BTreeMap::from([
            ("os".to_owned(), std::env::consts::OS.to_owned()),
            ("architecture".to_owned(), std::env::consts::ARCH.to_owned()),
        ]);
        if let Ok(cores) = std::thread::available_parallelism() {
            keys.insert("cores".to_owned(), cores.to_string());
        }
        Self(keys)
    }

    /// And this key; it replaces one of the machine.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.insert(key.to_owned(), value.to_owned());
        self
    }

    /// In which keys `here` differs from this one (the baseline's). Where both name a class of hosts,
    /// it stands for the system, the architecture and the cores.
    #[must_use]
    pub fn differences(&self, here: &Environment) -> Vec<Difference> {
        let has_class = |e: &Environment| e.0.contains_key(HOST_CLASS);
        let is_classed = has_class(self) && has_class(here);
        let keys: BTreeSet<&String> = self.0.keys().chain(here.0.keys()).collect();
        keys.into_iter()
            .filter(|key| !(is_classed && MACHINE.contains(&key.as_str())))
            .map(|key| Difference {
                key: key.clone(),
                baseline: self.0.get(key).cloned(),
                here: here.0.get(key).cloned(),
            })
            .filter(|d| d.baseline != d.here)
            .collect()
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "not told".into());
        let (baseline, here) = (value(&self.baseline), value(&self.here));
        write!(f, "{} {baseline} (here: {here})", self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &[(&str, &str)]) -> Environment {
        keys.iter()
            .fold(Environment::default(), |e, (k, v)| e.with(k, v))
    }

    fn keys(a: &Environment, b: &Environment) -> Vec<String> {
        a.differences(b).into_iter().map(|d| d.key).collect()
    }

    #[test]
    fn each_key_counts_also_one_that_only_one_side_tells() {
        let base = of(&[("os", "linux"), ("cores", "8")]);
        assert!(keys(&base, &base).is_empty());
        assert_eq!(keys(&base, &base.clone().with("cores", "4")), ["cores"]);
        assert_eq!(keys(&base, &base.clone().with("gpu", "a")), ["gpu"]);
        assert_eq!(keys(&base.clone().with("gpu", "a"), &base), ["gpu"]);
    }

    #[test]
    fn a_class_of_hosts_stands_for_the_machine() {
        let one = of(&[("cores", "8"), (HOST_CLASS, "ci")]);
        let other = of(&[("cores", "4"), (HOST_CLASS, "ci")]);
        assert!(keys(&one, &other).is_empty());
        assert_eq!(
            keys(&one, &other.clone().with(HOST_CLASS, "big")),
            ["host_class"]
        );
        // Told on one side only it stands for nothing.
        assert_eq!(keys(&one, &of(&[("cores", "4")])), ["cores", "host_class"]);
    }

    #[test]
    fn a_difference_in_words() {
        let d = of(&[("cores", "8")]).differences(&of(&[]));
        assert_eq!(d[0].to_string(), "cores 8 (here: not told)");
    }
}
