//! Which texts of an input may become labels: short ones, under names that carry nobody's words.

/// Names under which people's or models' words stand.
const CONTENT: &[&str] = &[
    "prompt",
    "input",
    "output",
    "content",
    "text",
    "message",
    "messages",
    "body",
    "command",
    "arguments",
    "result",
];

/// The longest label, in characters.
const LONGEST: usize = 64;

/// Whether an unknown key with this value may become a dimension.
pub(crate) fn is_label(key: &str, value: &str) -> bool {
    !CONTENT.iter().any(|name| key.eq_ignore_ascii_case(name))
        && !value.contains(['\n', '\r'])
        && is_short(value)
        && is_short(key)
}

/// Whether a name is that of a person, an account or a session: who uses something is nobody's business,
/// and would tear each series apart.
pub(crate) fn is_about_people(key: &str) -> bool {
    ["user.", "enduser.", "organization."]
        .iter()
        .any(|begin| key.starts_with(begin))
        || [".id", "_id", "_uuid"].iter().any(|end| key.ends_with(end))
}

fn is_short(text: &str) -> bool {
    // Bytes first: only what is not ASCII needs counting.
    text.len() <= LONGEST || text.chars().count() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_words_of_nobody() {
        assert!(is_label("tier", "gold"));
        assert!(is_label("tier", &"ü".repeat(64)));
        assert!(!is_label("tier", &"x".repeat(65)));
        assert!(!is_label("tier", "two\nlines"));
        assert!(!is_label("Prompt", "gold"));
    }
}
