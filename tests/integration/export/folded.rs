//! Folded stacks: `frame;frame count`, and what they add up to.

use super::{INPUTS, attribution, called, exported, hostile};
use crate::cli::fixture;

/// Stacks with counts, as flame graph tools read them: the count stands behind the last space.
fn stacks(text: &str) -> Vec<(Vec<&str>, u128)> {
    text.lines()
        .map(|line| {
            let (stack, count) = line.rsplit_once(' ').unwrap();
            (stack.split(';').collect(), count.parse().unwrap())
        })
        .collect()
}

#[test]
fn they_add_up_to_the_attribution() {
    for input in INPUTS {
        let text = exported(&fixture(input), "folded");
        let stacks = stacks(&text);
        let parts = attribution(&fixture(input));
        assert!(!parts.is_empty(), "{input}");
        for (part, seconds) in parts {
            let has_part = |frames: &[&str]| frames.iter().skip(1).any(|f| *f == called(&part));
            let nanos: u128 = stacks
                .iter()
                .filter(|(f, _)| has_part(f))
                .map(|(_, n)| n)
                .sum();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let expected = (seconds * 1e9).round() as u128;
            // Seconds of a document are doubles.
            assert!(
                nanos.abs_diff(expected) <= 64,
                "{input}, {part}: {nanos} {expected}"
            );
        }
    }
}

#[test]
fn no_stack_stands_there_twice() {
    for input in INPUTS {
        let text = exported(&fixture(input), "folded");
        let mut stacks: Vec<_> = stacks(&text)
            .into_iter()
            .map(|(frames, _)| frames)
            .collect();
        let all = stacks.len();
        stacks.sort_unstable();
        stacks.dedup();
        assert_eq!(stacks.len(), all, "{input}");
    }
}

/// A request of 2 s, then a call of 3 s of which a second call has half of one second.
#[test]
fn names_break_neither_stack_nor_line() {
    let folder = hostile();
    let text = exported(folder.path(), "folded");
    let root = r"a\u{3b}b 7\u{1b}[31m;s\u{3b}1\n9";
    let expected = [
        format!(r#"{root};model;m"</script>\u{{202e}} 2000000000"#),
        format!(r"{root};tools;read\u{{3b}} 5\n6 2500000000"),
        format!("{root};tools;tool without a name 500000000"),
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}
