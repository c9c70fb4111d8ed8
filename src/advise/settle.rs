//! One cause, one finding: which of the rules that speak are offered.
//!
//! A rule that another one explains is settled. Of rules that pull apart (`conflicts_with`, on either
//! side), and of those that turn the same knob of one group (`xor_group`), the better ranked one stays.

use std::collections::BTreeSet;

use super::rule::Rule;

/// Why a rule that speaks is not offered; `None`: it is, as far as causes go. `speaking` are the codes
/// of all rules that speak, `satisfied` those whose change is already made.
#[must_use]
pub fn explained(
    rule: &Rule,
    speaking: &BTreeSet<&str>,
    satisfied: &BTreeSet<&str>,
) -> Option<String> {
    if let Some(cause) = rule
        .explained_by
        .iter()
        .find(|c| speaking.contains(c.as_str()))
    {
        return Some(format!("{cause} names the cause"));
    }
    rule.requires
        .iter()
        .find(|c| !speaking.contains(c.as_str()) && !satisfied.contains(c.as_str()))
        .map(|missing| format!("it goes together with {missing}"))
}

/// For rules in order of rank, each with its subject, whether it stays.
#[must_use]
pub fn stays(ranked: &[(&Rule, Option<&str>)]) -> Vec<bool> {
    let mut kept: Vec<(&Rule, Option<&str>)> = Vec::new();
    let mut knobs: BTreeSet<String> = BTreeSet::new();
    ranked
        .iter()
        .map(|(rule, subject)| {
            let pulls_apart = kept.iter().any(|(other, _)| {
                other.conflicts_with.contains(&rule.code)
                    || rule.conflicts_with.contains(&other.code)
            });
            let group = rule.xor_group.as_ref().map(|g| rule.filled(g, *subject));
            let is_taken = group.as_ref().is_some_and(|g| knobs.contains(g));
            if pulls_apart || is_taken {
                return false;
            }
            knobs.extend(group);
            kept.push((*rule, *subject));
            true
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::advise::Library;

    #[test]
    fn of_rules_that_pull_apart_the_better_ranked_stays() {
        let library = Library::built_in();
        let rule = |code: &str| &library.find(code).unwrap().rule;
        let (small, tight, down) = (rule("CTX003"), rule("RES003"), rule("IF003"));
        assert_eq!(
            stays(&[(small, None), (tight, None), (down, Some("a"))]),
            [true, false, true]
        );
        assert_eq!(stays(&[(tight, None), (small, None)]), [true, false]);
    }

    #[test]
    fn a_knob_is_turned_once() {
        let library = Library::built_in();
        let rule = |code: &str| &library.find(code).unwrap().rule;
        let (simple, fancy, slow) = (rule("CTX001"), rule("CTX008"), rule("IF001"));
        assert_eq!(
            stays(&[
                (simple, Some("testing")),
                (fancy, Some("testing")),
                (fancy, Some("review")),
                (slow, Some("a")),
                (slow, Some("b")),
            ]),
            [true, false, true, true, false]
        );
    }

    #[test]
    fn a_cause_speaks_for_what_it_explains() {
        let library = Library::built_in();
        let rule = |code: &str| &library.find(code).unwrap().rule;
        let none = BTreeSet::new();
        let down = BTreeSet::from(["IF003", "IF002"]);
        assert!(
            explained(rule("IF002"), &down, &none)
                .unwrap()
                .contains("IF003")
        );
        assert_eq!(explained(rule("IF003"), &down, &none), None);
        let mut needy = rule("IF003").clone();
        needy.requires = vec!["CTX001".into()];
        assert!(explained(&needy, &down, &none).is_some());
        assert_eq!(explained(&needy, &down, &BTreeSet::from(["CTX001"])), None);
    }
}
