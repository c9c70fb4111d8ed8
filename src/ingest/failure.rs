//! Which kind of failure an error is, by its type, the status of HTTP, or the beginning of its message.

use crate::record::OutcomeKind;

/// Which failure, by the type of an error and the status of HTTP.
pub(crate) fn failure(error: &[u8], status: Option<u64>) -> OutcomeKind {
    match status {
        Some(429) => return OutcomeKind::RateLimited,
        Some(408 | 504) => return OutcomeKind::Timeout,
        _ => {}
    }
    // Types are named `RateLimitError`, `rate_limit_exceeded`, `429`.
    let word: Vec<u8> = error
        .iter()
        .filter(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect();
    let has = |part: &str| memchr::memmem::find(&word, part.as_bytes()).is_some();
    if word == b"429"
        || has("ratelimit")
        || has("toomanyrequests")
        || has("throttl")
        || has("resourceexhausted")
    {
        OutcomeKind::RateLimited
    } else if word == b"408"
        || word == b"504"
        || has("timeout")
        || has("timedout")
        || has("deadline")
    {
        OutcomeKind::Timeout
    } else if has("cancel") || has("abort") {
        OutcomeKind::Cancelled
    } else {
        OutcomeKind::Error
    }
}

/// How messages of clients begin that tell no type.
const TOLD: [(&str, OutcomeKind); 2] = [
    ("Request timed out", OutcomeKind::Timeout),
    ("Request was aborted", OutcomeKind::Cancelled),
];

/// Which failure, by the type with which a message begins (`RateLimitError: …`, `TimeoutError('…')`), else by the status
/// (`Error code: 429 - …`) or the words that clients put there. The rest of it is nobody's business.
pub(crate) fn failure_told(message: &str) -> OutcomeKind {
    if let Some((_, told)) = TOLD.iter().find(|(words, _)| message.starts_with(words)) {
        return *told;
    }
    if let Some(rest) = message.strip_prefix("Error code: ") {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        return failure(b"", rest[..end].parse().ok());
    }
    let end = message.find([':', '(', '\n', ' ']).unwrap_or(message.len());
    failure(&message.as_bytes()[..end], None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_by_type_and_status() {
        for (error, status, expected) in [
            (
                &b"openai.RateLimitError"[..],
                None,
                OutcomeKind::RateLimited,
            ),
            (b"rate_limit_exceeded", None, OutcomeKind::RateLimited),
            (b"429", None, OutcomeKind::RateLimited),
            (b"", Some(429), OutcomeKind::RateLimited),
            (b"APITimeoutError", None, OutcomeKind::Timeout),
            (b"timeout", None, OutcomeKind::Timeout),
            (b"DEADLINE_EXCEEDED", None, OutcomeKind::Timeout),
            (b"asyncio.CancelledError", None, OutcomeKind::Cancelled),
            (b"500", Some(500), OutcomeKind::Error),
            (b"", None, OutcomeKind::Error),
        ] {
            assert_eq!(failure(error, status), expected, "{error:?}");
        }
    }

    #[test]
    fn messages_count_by_their_beginning() {
        assert_eq!(
            failure_told("RateLimitError('Error code: 429, timeout')"),
            OutcomeKind::RateLimited
        );
        assert_eq!(
            failure_told("ValueError: the timeout is no number"),
            OutcomeKind::Error
        );
        assert_eq!(failure_told(""), OutcomeKind::Error);
        // As clients of OpenAI and Google write them.
        for (message, expected) in [
            ("Error code: 429 - {'error': 'x'}", OutcomeKind::RateLimited),
            ("Error code: 504", OutcomeKind::Timeout),
            ("Error code: 400 - {'error': '429'}", OutcomeKind::Error),
            ("Request timed out.", OutcomeKind::Timeout),
            ("Request was aborted.", OutcomeKind::Cancelled),
            ("ResourceExhausted('429 Quota')", OutcomeKind::RateLimited),
            ("429 Quota exceeded", OutcomeKind::RateLimited),
            ("The request timed out", OutcomeKind::Error),
        ] {
            assert_eq!(failure_told(message), expected, "{message}");
        }
    }
}
