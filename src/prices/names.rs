//! Names under which a model may stand in a table, from the name in a log.

/// Providers as gateways and clouds write them before a model, with what ends them.
const PROVIDERS: &[&str] = &[
    "anthropic",
    "openai",
    "google",
    "gemini",
    "vertex_ai",
    "bedrock",
    "azure",
    "models",
    "openrouter",
    "litellm_proxy",
    "vercel_ai_gateway",
];
/// Regions that one cloud writes before the provider.
const REGIONS: &[&str] = &["us.", "eu.", "apac.", "jp.", "au.", "global."];

/// What Claude Code writes behind a model that it uses with its long context, whose price follows from the tokens.
const LONG_CONTEXT: &str = "[1m]";

/// The name itself; without the mark of a long context; without the date at its end; without the providers before
/// it; without both.
pub(super) fn variants(model: &str) -> Vec<&str> {
    let plain = model.strip_suffix(LONG_CONTEXT).unwrap_or(model);
    let bare = without_provider(plain);
    let mut names = vec![model, plain, without_date(plain), bare, without_date(bare)];
    names.dedup();
    names
}

/// Without `-20251101`, `@20251101` or `-2025-11-01`.
fn without_date(model: &str) -> &str {
    let digits = |text: &str, pattern: &[usize]| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() == pattern.len()
            && parts
                .iter()
                .zip(pattern)
                .all(|(part, n)| part.len() == *n && part.bytes().all(|b| b.is_ascii_digit()))
    };
    for (length, marks, pattern) in [(8, "-@", &[8_usize][..]), (10, "-", &[4, 2, 2])] {
        let Some(at) = model.len().checked_sub(length + 1) else {
            continue;
        };
        if !model.is_char_boundary(at) || !model.is_char_boundary(at + 1) {
            continue;
        }
        let is_mark = marks.contains(&model[at..=at]);
        if at > 0 && is_mark && digits(&model[at + 1..], pattern) {
            return &model[..at];
        }
    }
    model
}

/// Without `anthropic/`, `bedrock/us.anthropic.` and the like, and without the version that one cloud
/// writes behind (`-v1:0`).
fn without_provider(model: &str) -> &str {
    let mut name = model;
    let mut is_cloud = false;
    loop {
        let region = REGIONS.iter().find_map(|r| name.strip_prefix(r));
        // A region alone says nothing: a provider has to follow.
        let behind = region.unwrap_or(name);
        let provider = PROVIDERS.iter().find_map(|p| {
            let rest = behind.strip_prefix(p)?;
            let slash = rest.strip_prefix('/').filter(|_| region.is_none());
            slash
                .map(|r| (r, false))
                .or_else(|| rest.strip_prefix('.').map(|r| (r, true)))
        });
        match provider {
            Some((rest, is_dot)) => {
                name = rest;
                is_cloud |= is_dot;
            }
            None => break,
        }
    }
    match name.rfind("-v") {
        Some(at) if is_cloud && is_version(&name[at + 2..]) => &name[..at],
        _ => name,
    }
}

/// `1`, `1:0`.
fn is_version(text: &str) -> bool {
    let is_number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match text.split_once(':') {
        Some((a, b)) => is_number(a) && is_number(b),
        None => is_number(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_providers_come_off_and_nothing_else() {
        for (model, last) in [
            ("claude-opus-4-5-20251101", "claude-opus-4-5"),
            ("claude-opus-4-5@20251101", "claude-opus-4-5"),
            ("gpt-5-2025-08-07", "gpt-5"),
            ("anthropic/claude-opus-4-5", "claude-opus-4-5"),
            ("vertex_ai/claude-opus-4-5@20251101", "claude-opus-4-5"),
            (
                "us.anthropic.claude-opus-4-5-20251101-v1:0",
                "claude-opus-4-5",
            ),
            (
                "bedrock/global.anthropic.claude-opus-4-5-20251101-v1:0",
                "claude-opus-4-5",
            ),
            ("models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("openrouter/anthropic/claude-opus-4-5", "claude-opus-4-5"),
            ("litellm_proxy/openai/gpt-5-2025-08-07", "gpt-5"),
            ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5"),
            ("anthropic/claude-sonnet-4-5[1m]", "claude-sonnet-4-5"),
            ("gpt-5[2m]", "gpt-5[2m]"),
            ("openrouterx/gpt-5", "openrouterx/gpt-5"),
            ("gpt-5.3-codex", "gpt-5.3-codex"),
            ("gpt-5-mini", "gpt-5-mini"),
            ("us.claude-opus-4-5", "us.claude-opus-4-5"),
            ("claude-v1", "claude-v1"),
            ("claude-opus-4-5-2025110", "claude-opus-4-5-2025110"),
            ("é-20251101", "é"),
            ("-20251101", "-20251101"),
            ("", ""),
        ] {
            let names = variants(model);
            assert_eq!(names.first(), Some(&model));
            assert_eq!(names.last(), Some(&last), "{model}");
        }
    }

    #[test]
    fn the_whole_name_comes_first() {
        assert_eq!(
            variants("openai/gpt-4o-2024-05-13"),
            [
                "openai/gpt-4o-2024-05-13",
                "openai/gpt-4o",
                "gpt-4o-2024-05-13",
                "gpt-4o"
            ]
        );
    }
}
