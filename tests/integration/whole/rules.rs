//! Every built-in rule over every folder of `fixtures/`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use perfadvise::advise::cases::Expected;
use perfadvise::advise::{self, Library};
use perfadvise::assessment::{Assessment, RuleState};

use super::assessments;

/// The rules in a state, by code.
fn codes(a: &Assessment, is: impl Fn(RuleState) -> bool) -> Vec<&str> {
    a.rules
        .states
        .iter()
        .filter(|(_, state)| is(**state))
        .map(|(code, _)| code.as_str())
        .collect()
}

fn fires(state: RuleState) -> bool {
    matches!(state, RuleState::Recommended | RuleState::Information)
}

#[test]
fn every_rule_is_judged_on_every_folder() {
    let library = Library::built_in();
    assert_eq!(library.faults, []);
    let all: BTreeSet<&str> = library
        .entries
        .iter()
        .map(|e| e.rule.code.as_str())
        .collect();
    let mut fired: BTreeSet<String> = BTreeSet::new();
    for (folder, a) in assessments() {
        let judged: BTreeSet<&str> = a.rules.states.keys().map(String::as_str).collect();
        assert_eq!(judged, all, "{folder}");
        let firing = codes(a, fires);
        fired.extend(firing.iter().map(|code| (*code).to_owned()));
        let mut text = format!("fires          {}\n", firing.join(" "));
        for (label, state) in [
            ("silent", RuleState::Silent),
            ("settled", RuleState::Settled),
            ("not evaluated", RuleState::NotEvaluated),
        ] {
            let codes = codes(a, |s| s == state);
            writeln!(text, "{label:<13}  {}", codes.join(" ")).unwrap();
        }
        // Each that was not evaluated says why.
        let reasons: BTreeSet<&str> = a
            .not_evaluated
            .iter()
            .filter(|r| !r.reason.is_empty())
            .map(|r| r.rule.as_str())
            .collect();
        let without: BTreeSet<&str> = codes(a, |s| s == RuleState::NotEvaluated)
            .into_iter()
            .collect();
        assert_eq!(reasons, without, "{folder}");
        insta::assert_snapshot!(format!("rules_over_{folder}"), text);
    }
    for entry in &library.entries {
        let code = &entry.rule.code;
        let cases = entry.read_cases().unwrap();
        let has_case = cases.cases.iter().any(|c| c.expect == Expected::Speaks);
        assert!(
            fired.contains(code) || has_case,
            "{code} never fires, on no fixture and in no case"
        );
        assert!(advise::test(entry).is_empty(), "{code}");
    }
}
