//! Channels: a message to wherever it is to go.
//!
//! In: a channel of the configuration and a [`Message`]. Out: what became of it ([`Outcome`]), which says whether it
//! may be sent again. Nothing is stored here. No text that comes back has an address or a password.

mod command;
mod email;
mod file;
mod program;
mod webhook;
mod wording;

pub use program::end_programs;

use serde::{Deserialize, Serialize};

use crate::assessment::{Notice, NoticeKind, Severity};
use crate::config::{Channel, ChannelKind, SecretSource};

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The same for the same message, and for no other.
    pub id: String,
    /// What it tells: `firing`, `resolved`, `report`, …
    pub kind: String,
    /// How bad; `null`: nothing is.
    pub severity: Option<Severity>,
    /// In a line.
    pub title: String,
    /// In full.
    pub text: String,
    /// The notice that it is of.
    pub notice: Option<Notice>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// It did not arrive; later it may.
    Failed {
        /// Why.
        reason: String,
        /// Seconds after which it may be tried again, by the other side's word.
        after: Option<f64>,
    },
    /// It did not arrive, and never will.
    Refused(String),
    /// Nobody knows whether it arrived.
    Doubtful(String),
}

impl Message {
    /// The message of a notice.
    #[must_use]
    pub fn of(notice: &Notice) -> Self {
        let state = match notice.kind {
            NoticeKind::Resolved => "resolved",
            NoticeKind::Test => "test",
            _ => notice.severity.name(),
        };
        let title = match notice.kind {
            NoticeKind::Firing | NoticeKind::Test => format!("[{state}] {}", notice.key.title()),
            NoticeKind::Escalated => format!("[{state}, worse] {}", notice.key.title()),
            NoticeKind::Reminder => format!("[{state}, still] {}", notice.key.title()),
            NoticeKind::Resolved => format!("[resolved] {}", notice.key.title()),
        };
        Self {
            id: notice.id.clone(),
            kind: notice.kind.name().to_owned(),
            severity: Some(notice.severity),
            title,
            text: wording::text(notice),
            notice: Some(notice.clone()),
        }
    }

    /// Whether a channel wants it.
    #[must_use]
    pub fn is_for(&self, channel: &Channel) -> bool {
        self.severity.is_none_or(|s| s >= channel.severity)
    }
}

/// Sends a message. `variable` gives variables of the environment.
#[must_use]
pub fn send(
    channel: &Channel,
    message: &Message,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Outcome {
    let worded;
    let message = match &channel.template {
        None => message,
        Some(template) => match wording::rendered(template, message) {
            Ok(text) => {
                worded = Message {
                    text,
                    ..message.clone()
                };
                &worded
            }
            Err(reason) => return Outcome::Refused(format!("its template: {reason}")),
        },
    };
    let secret = |source: &SecretSource| secret(source, variable);
    let sent = match &channel.kind {
        ChannelKind::Webhook {
            url,
            is_slack,
            authorization,
        } => {
            let places = || -> Result<_, String> {
                let url = url.as_ref().ok_or("no url is named")?;
                Ok((
                    secret(url)?,
                    authorization.as_ref().map(secret).transpose()?,
                ))
            };
            places().map(|(url, authorization)| {
                webhook::post(
                    &url,
                    authorization.as_deref(),
                    *is_slack,
                    channel.timeout,
                    message,
                )
            })
        }
        ChannelKind::Email(mail) => {
            let login = || -> Result<_, String> {
                let user = mail.user.as_ref().map(secret).transpose()?;
                Ok(user.zip(mail.password.as_ref().map(secret).transpose()?))
            };
            login().map(|login| email::send(mail, login, channel.timeout, message))
        }
        ChannelKind::Desktop => Ok(command::desktop(channel.timeout, message)),
        ChannelKind::Command(words) => Ok(command::run(words, channel.timeout, message)),
        ChannelKind::File(path) => Ok(file::append(path, message)),
    };
    sent.unwrap_or_else(Outcome::Refused)
}

/// Runs a program with this text on its standard input: delivered where it ends well.
#[must_use]
pub fn run_program(words: &[String], timeout: f64, input: &str) -> Outcome {
    command::run_with(words, timeout, input)
}

/// A secret from where it is; the reason names the place, never the text.
fn secret(
    source: &SecretSource,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    match source {
        SecretSource::Here(secret) => Ok(secret.text().to_owned()),
        SecretSource::Variable(name) => variable(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("the variable {name} is not set")),
        SecretSource::File(path) => std::fs::read_to_string(path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| format!("{path}: {error}")),
    }
}
