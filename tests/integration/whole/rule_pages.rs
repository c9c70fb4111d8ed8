//! The pages of `docs/rules/`, one for each rule: what `rules explain` says of it, and its cases by name.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use perfadvise::advise::{Entry, Library};

use crate::cli::program;

const FOLDER: &str = "docs/rules";

/// The page of a rule.
fn page(entry: &Entry) -> String {
    let rule = &entry.rule;
    let home = tempfile::tempdir().unwrap();
    let output = program(home.path())
        .args(["rules", "explain", &rule.code])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (explained, _) = text.split_once("── The rule's file").unwrap();
    let mut page = format!(
        "# {}: {}\n\n`{}`, printed by `perfadvise rules explain {}` together with the rule's file and its cases. \
         [All rules](../rules.md)\n\n```\n{}\n```\n\n## Cases\n",
        rule.code,
        rule.title,
        rule.name,
        rule.code,
        explained.trim_end()
    );
    for case in entry.read_cases().unwrap().cases {
        writeln!(page, "- {}: {}", case.name, case.expect.name()).unwrap();
    }
    page
}

#[test]
fn each_rule_has_a_page_that_says_what_it_is() {
    let is_blessed = std::env::var_os("BLESS").is_some();
    let mut expected = BTreeSet::new();
    let list = std::fs::read_to_string("docs/rules.md").unwrap();
    for entry in Library::built_in().entries {
        let code = &entry.rule.code;
        let path = format!("{FOLDER}/{code}.md");
        let page = page(&entry);
        if is_blessed {
            std::fs::create_dir_all(FOLDER).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).unwrap_or_default() == page,
            "{path} is not of today; BLESS=1 cargo test each_rule_has_a_page writes it"
        );
        assert!(
            list.contains(&format!("[{code}](rules/{code}.md)")),
            "{code} is not in the list"
        );
        expected.insert(format!("{code}.md"));
    }
    let found: BTreeSet<String> = std::fs::read_dir(Path::new(FOLDER))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected, "a page without a rule");
}
