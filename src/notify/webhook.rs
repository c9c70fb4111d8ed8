//! JSON by HTTP: the message as it is, or in the shape that Slack's incoming webhooks take (`{"text": …}`; its markup is
//! escaped as Slack's documentation "Formatting text for app surfaces" says: `&`, `<`, `>`).

use std::time::Duration;

use ureq::{Error, Timeout};

use super::{Message, Outcome};

/// The longest that the other side may ask us to wait, in seconds.
const LONGEST_WAIT: f64 = 3_600.0;

pub(super) fn post(
    url: &str,
    authorization: Option<&str>,
    is_slack: bool,
    timeout: f64,
    message: &Message,
) -> Outcome {
    let body = match is_slack {
        true => slack(message),
        false => serde_json::to_string(message).unwrap_or_default(),
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs_f64(timeout)))
        .http_status_as_error(false)
        // An address that sends a message elsewhere is not the one that was named.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("perfadvise/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut request = agent
        .post(url)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", &message.id);
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    match request.send(body.as_bytes()) {
        Ok(answer) => {
            let after = answer.headers().get("retry-after");
            let after = after.and_then(|v| v.to_str().ok()?.trim().parse::<f64>().ok());
            by_status(answer.status().as_u16(), after)
        }
        Err(error) => by_error(&error),
    }
}

fn slack(message: &Message) -> String {
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let text = format!("*{}*\n{}", escaped(&message.title), escaped(&message.text));
    serde_json::json!({ "text": text }).to_string()
}

fn by_status(status: u16, after: Option<f64>) -> Outcome {
    let reason = format!("it answered with {status}");
    match status {
        200..=299 => Outcome::Delivered,
        408 | 425 | 429 | 500..=599 => Outcome::Failed {
            reason,
            after: after
                .filter(|s| s.is_finite() && *s >= 0.0)
                .map(|s| s.min(LONGEST_WAIT)),
        },
        _ => Outcome::Refused(reason),
    }
}

/// The reason names what went wrong, never the address.
fn by_error(error: &Error) -> Outcome {
    let failed = |reason: &str| Outcome::Failed {
        reason: reason.to_owned(),
        after: None,
    };
    match error {
        Error::HostNotFound => failed("its host is not known"),
        Error::ConnectionFailed => failed("nobody listens there"),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            failed("it cannot be reached in time")
        }
        Error::Timeout(_) => Outcome::Doubtful("it did not answer in time".to_owned()),
        Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            failed("nobody listens there")
        }
        Error::BadUri(_) | Error::Http(_) => {
            Outcome::Refused("its url is no address of HTTP".to_owned())
        }
        Error::Tls(_) | Error::Rustls(_) => failed("no encrypted connection"),
        _ => Outcome::Doubtful("the connection broke off".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_answers_may_be_tried_again() {
        assert_eq!(by_status(204, None), Outcome::Delivered);
        for status in [301, 400, 401, 403, 404, 410] {
            assert!(
                matches!(by_status(status, None), Outcome::Refused(_)),
                "{status}"
            );
        }
        for status in [408, 429, 500, 503] {
            let outcome = by_status(status, Some(7_200.0));
            assert!(
                matches!(
                    outcome,
                    Outcome::Failed {
                        after: Some(3_600.0),
                        ..
                    }
                ),
                "{status}"
            );
        }
    }
}
