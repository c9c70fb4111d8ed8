//! A notice in sentences, and by a template of the user's.

use minijinja::{Environment, UndefinedBehavior};

use super::Message;
use crate::assessment::{Notice, NoticeKind};

/// Steps that a template may take.
const MOST_STEPS: u64 = 100_000;

/// What a notice says.
pub(super) fn text(notice: &Notice) -> String {
    let name = notice.key.title();
    let value = &notice.value_text;
    let mut lines = vec![match notice.kind {
        NoticeKind::Firing => format!("{name} fires: {value}, limit {}.", notice.rule),
        NoticeKind::Escalated => format!("{name} became worse: {value}, limit {}.", notice.rule),
        NoticeKind::Reminder => format!("{name} still fires: {value}, limit {}.", notice.rule),
        NoticeKind::Resolved => format!("{name} is over: {value}, limit {}.", notice.rule),
        NoticeKind::Test => "This tries the channel; nothing is wrong.".to_owned(),
    }];
    lines.extend(notice.description.clone());
    if let Some(since) = notice.since {
        lines.push(format!("Since {since}, told at {}.", notice.at));
    }
    for (key, value) in &notice.annotations {
        lines.push(format!("{key}: {value}"));
    }
    if let Some(action) = &notice.action {
        lines.push(format!("Action: {action}"));
    }
    lines.join("\n")
}

/// A template over the message: `{{ title }}`, `{{ notice.value_text }}`.
pub(super) fn rendered(template: &str, message: &Message) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(MOST_STEPS));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
        .render_str(template, minijinja::value::Serde(message))
        .map_err(|error| error.to_string())
}
