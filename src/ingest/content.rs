//! Which texts of an input may become labels: short ones, under names that carry nobody's words.

/// Names under which people's or models' words stand, alone or as the last part of a longer name: `error.message`,
/// `prompt_text`, `userPrompt`. What goes on behind them names a kind: `gen_ai.prompt.name`, `message_type`.
const CONTENT: &[&str] = &[
    "prompt",
    "prompts",
    "completion",
    "completions",
    "input",
    "output",
    "content",
    "contents",
    "text",
    "message",
    "messages",
    "body",
    "command",
    "command_line",
    "cmdline",
    "args",
    "arguments",
    "query",
    "statement",
    "stdin",
    "stdout",
    "stderr",
    "tool.result",
    "tool_result",
    "input.value",
    "output.value",
    "email",
];

/// Such as carry content only alone: `cache_result` is a label.
const ALONE: &[&str] = &["result"];

/// The longest label, in characters.
const LONGEST: usize = 64;

/// Whether an unknown key with this value may become a dimension.
pub(crate) fn is_label(key: &str, value: &str) -> bool {
    !CONTENT.iter().any(|name| ends_in(key, name))
        && !ALONE.iter().any(|name| key.eq_ignore_ascii_case(name))
        && !value.contains(['\n', '\r'])
        && is_short(value)
        && is_short(key)
}

/// Names under which a person, an account, a session or a key stands, alone or as the last part of a longer name:
/// `end_user`, `hashed_api_key`. What goes on behind them is a kind: `user_agent`, `account_type`.
const PEOPLE: &[&str] = &[
    "user", "enduser", "username", "account", "session", "api_key", "apikey",
];

/// What may stand behind such a name and names the same: `api_key_alias`, `userName`.
const NAMINGS: &[&str] = &["name", "alias", "hash"];

/// Whether a name is that of a person, an account or a session: who uses something is nobody's business,
/// and would tear each series apart.
pub(crate) fn is_about_people(key: &str) -> bool {
    let named = NAMINGS.iter().find(|naming| ends_in(key, naming));
    let whose = named.map_or(key, |naming| {
        key[..key.len() - naming.len()].trim_end_matches(['_', '.', '-'])
    });
    ["user.", "enduser.", "organization."]
        .iter()
        .any(|begin| key.starts_with(begin))
        || [".id", "_id", "_uuid"].iter().any(|end| key.ends_with(end))
        || PEOPLE.iter().any(|name| ends_in(whose, name))
}

/// Whether the last part of a key is this name.
fn ends_in(key: &str, name: &str) -> bool {
    let key = key.as_bytes();
    let Some(at) = key.len().checked_sub(name.len()) else {
        return false;
    };
    let (before, last) = key.split_at(at);
    let begins_part = |end: &u8| !end.is_ascii_alphanumeric() || last[0].is_ascii_uppercase();
    last.eq_ignore_ascii_case(name.as_bytes()) && before.last().is_none_or(begins_part)
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

    #[test]
    fn the_last_part_of_a_name_tells_people() {
        for key in [
            "account",
            "account_uuid",
            "api_key",
            "api_key_alias",
            "apiKeyHash",
            "end_user",
            "endUser",
            "enduser.id",
            "hashed_api_key",
            "organization.id",
            "session",
            "session_id",
            "user",
            "user.account_uuid",
            "user_name",
            "userName",
            "username",
        ] {
            assert!(is_about_people(key), "{key}");
        }
        for key in [
            "account_type",
            "agent.name",
            "alias",
            "gen_ai.agent.name",
            "host.name",
            "model",
            "name",
            "session_type",
            "superuser",
            "team",
            "user_agent",
            "user_type",
        ] {
            assert!(!is_about_people(key), "{key}");
        }
    }

    #[test]
    fn the_last_part_of_a_name_tells_content() {
        for key in [
            "email",
            "error.message",
            "error_message",
            "errorMessage",
            "exception.message",
            "gen_ai.input.messages",
            "gen_ai.prompt",
            "input.value",
            "llm.completions",
            "llm.prompts",
            "process.command_args",
            "process.command_line",
            "prompt_text",
            "result",
            "tool.output",
            "tool_result",
            "USER_PROMPT",
            "userPrompt",
        ] {
            assert!(!is_label(key, "x"), "{key}");
        }
        for key in [
            "cache_result",
            "context",
            "error.type",
            "finish_reason",
            "gen_ai.operation.name",
            "gen_ai.prompt.name",
            "gen_ai.token.type",
            "message_type",
            "throughput",
        ] {
            assert!(is_label(key, "x"), "{key}");
        }
    }
}
