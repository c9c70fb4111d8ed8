//! Conditions with one comparison changed, to see whether the cases notice.

/// A condition with one comparison changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The changed text.
    pub text: String,
    /// What was changed, for people: `<` to `>=` at column 12.
    pub change: String,
}

/// All conditions that differ from `text` by one comparison: turned around, and moved to or off its
/// boundary.
#[must_use]
pub fn mutants(text: &str) -> Vec<Mutant> {
    let mut all = Vec::new();
    for (at, operator) in comparisons(text) {
        let (turned, moved) = match operator {
            "<" => (">=", Some("<=")),
            "<=" => (">", Some("<")),
            ">" => ("<=", Some(">=")),
            ">=" => ("<", Some(">")),
            "==" => ("!=", None),
            _ => ("==", None),
        };
        for new in std::iter::once(turned).chain(moved) {
            all.push(Mutant {
                text: format!("{}{new}{}", &text[..at], &text[at + operator.len()..]),
                change: format!("{operator} to {new} at column {}", at + 1),
            });
        }
    }
    all
}

/// The comparisons of a condition with their places in bytes. Conditions hold no texts, so every such
/// sign is one.
fn comparisons(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let operator = ["<=", ">=", "==", "!=", "<", ">"]
            .into_iter()
            .find(|o| rest.starts_with(o));
        match operator {
            Some(operator) => {
                found.push((at, operator));
                at += operator.len();
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comparison_is_turned_and_moved() {
        let texts: Vec<String> = mutants("a.value < 1 and b.value >= 2")
            .into_iter()
            .map(|m| m.text)
            .collect();
        assert_eq!(
            texts,
            [
                "a.value >= 1 and b.value >= 2",
                "a.value <= 1 and b.value >= 2",
                "a.value < 1 and b.value < 2",
                "a.value < 1 and b.value > 2",
            ]
        );
        assert!(mutants("not a.value").is_empty());
    }
}
