//! `notification_channels`: where notices go.
//!
//! Addresses and passwords are secrets: they may stand in a variable of the environment or a file, and no output has
//! them. Channels of a file among the analysed inputs are not used.

use super::fault::WarningKind;
use super::read::{Reader, Via};
use super::scalars;
use super::tree::{Entry, Node, Value};
use super::{Origin, Severity};
use crate::metrics::Metric;

/// Seconds that a channel has, where the file does not say.
const TIMEOUT: f64 = 10.0;

/// A text that no output has.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever sends something there.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In the configuration itself.
    Here(Secret),
    /// In this variable of the environment.
    Variable(String),
    /// In this file, as it is seen from the working folder.
    File(String),
}

/// A channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its name: as the file says, else its type with a number.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// Only notices at least as bad.
    pub severity: Severity,
    /// Seconds that a message may take.
    pub timeout: f64,
    /// A template for its text.
    pub template: Option<String>,
    /// Whether a message of which nobody knows whether it arrived is sent again.
    pub resends: bool,
    /// Where it came from.
    pub origin: Origin,
}

/// What a channel is.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelKind {
    /// An address of HTTP to which JSON is posted.
    Webhook {
        /// The address; `None`: none is named.
        url: Option<SecretSource>,
        /// Whether it takes Slack's shape.
        is_slack: bool,
        /// The value of the header `Authorization`.
        authorization: Option<SecretSource>,
    },
    /// Electronic mail.
    Email(Box<Email>),
    /// The desktop's notifications.
    Desktop,
    /// A program that gets the message on its standard input.
    Command(Vec<String>),
    /// A file to which a line of JSON is appended.
    File(String),
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Email {
    /// The server; `None`: none is named.
    pub host: Option<String>,
    /// Its port; `None`: the usual one.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// Certificates beside the usual ones, in a file (PEM).
    pub ca_file: Option<String>,
    /// Who sends.
    pub from: Option<Secret>,
    /// Who gets it.
    pub to: Vec<Secret>,
    /// Who logs in.
    pub user: Option<SecretSource>,
    /// With which password.
    pub password: Option<SecretSource>,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailTls {
    /// Plain at first, then STARTTLS; without it nothing is sent.
    #[default]
    StartTls,
    /// From the beginning.
    Implicit,
    /// Not at all; never with a password.
    None,
}

const KEYS: &[&str] = &[
    "type", "name", "enabled", "severity", "timeout", "template", "in_doubt",
];
const WEBHOOK: &[&str] = &[
    "url",
    "url_env",
    "url_file",
    "format",
    "authorization_env",
    "authorization_file",
];
const EMAIL: &[&str] = &[
    "recipients",
    "from",
    "host",
    "port",
    "tls",
    "ca_file",
    "user",
    "user_env",
    "user_file",
    "password_env",
    "password_file",
];

impl Reader<'_> {
    /// `notification_channels: [{type: webhook, url: …}]`
    pub(super) fn channels(&mut self, node: &Node) {
        let Value::List(list) = &node.value else {
            return;
        };
        for item in list {
            let Value::Map(entries) = &item.value else {
                continue;
            };
            let kind = get(entries, "type").and_then(|e| scalars::word(&e.node));
            let Some(kind) = kind else {
                continue;
            };
            if !self.config.notification_channels.contains(&kind) {
                self.config.notification_channels.push(kind.clone());
            }
            // Whoever analyses a folder of somebody else's must not be made to send things to their address.
            if self.via != Via::Inputs
                && let Some(channel) = self.channel(&kind, item, entries)
                && !self.config.channels.iter().any(|c| c.name == channel.name)
            {
                self.config.channels.push(channel);
            }
        }
    }

    fn channel(&mut self, kind: &str, item: &Node, entries: &[Entry]) -> Option<Channel> {
        if get(entries, "enabled").is_some_and(|e| e.node.value == Value::Bool(false)) {
            return None;
        }
        let own: &[&str] = match kind {
            "webhook" => WEBHOOK,
            "email" => EMAIL,
            "desktop" => &[],
            "command" => &["command"],
            "file" => &["path"],
            _ => {
                if let Some(entry) = get(entries, "type") {
                    self.choice(entry, &["webhook", "email", "desktop", "command", "file"]);
                }
                return None;
            }
        };
        for entry in entries {
            let key = entry.key.as_str();
            if key == "password" {
                self.fault(
                    entry.span,
                    "a password does not stand in a configuration".to_owned(),
                    Some("expected password_env or password_file".to_owned()),
                    Some("write  password_env: SMTP_PASSWORD  and set that variable".to_owned()),
                );
                return None;
            }
            if !KEYS.contains(&key) && !own.contains(&key) {
                self.unknown(entry, KEYS.iter().chain(own).copied());
            }
        }
        let kind_of = match kind {
            "webhook" => self.webhook(entries),
            "email" => ChannelKind::Email(Box::new(self.email(entries)?)),
            "desktop" => ChannelKind::Desktop,
            "command" => ChannelKind::Command(self.command(item, entries)?),
            _ => {
                let path = get(entries, "path");
                let Some(path) = path.and_then(|e| scalars::word(&e.node)) else {
                    self.lacks(item, "file", "path: alerts.jsonl");
                    return None;
                };
                ChannelKind::File(self.beside(&path))
            }
        };
        let same = self.config.channels.iter();
        let n = same.filter(|c| c.name.starts_with(kind)).count() + 1;
        let name = get(entries, "name").and_then(|e| scalars::word(&e.node));
        Some(Channel {
            name: name.unwrap_or_else(|| match n {
                1 => kind.to_owned(),
                n => format!("{kind} {n}"),
            }),
            kind: kind_of,
            severity: match get(entries, "severity") {
                Some(entry) => self.severity(entry)?,
                None => Severity::Warning,
            },
            timeout: match get(entries, "timeout") {
                Some(entry) => self
                    .limit(Metric::QueueTime, "timeout", &entry.node)?
                    .clamp(0.1, 300.0),
                None => TIMEOUT,
            },
            template: get(entries, "template").and_then(|e| match &e.node.value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            }),
            resends: match get(entries, "in_doubt") {
                Some(entry) => match scalars::word(&entry.node).as_deref() {
                    Some("resend") => true,
                    Some("drop") => false,
                    _ => {
                        self.choice(entry, &["drop", "resend"]);
                        return None;
                    }
                },
                None => false,
            },
            origin: self.origin(item.span),
        })
    }

    fn webhook(&mut self, entries: &[Entry]) -> ChannelKind {
        let url = self.secret(entries, "url");
        let is_slacks = matches!(&url, Some(SecretSource::Here(url))
            if url.text().starts_with("https://hooks.slack.com/"));
        let format = get(entries, "format").and_then(|e| scalars::word(&e.node));
        if let Some(entry) = get(entries, "format")
            && !matches!(format.as_deref(), Some("json" | "slack"))
        {
            self.choice(entry, &["json", "slack"]);
        }
        ChannelKind::Webhook {
            url,
            is_slack: format.map_or(is_slacks, |f| f == "slack"),
            authorization: self.secret(entries, "authorization"),
        }
    }

    fn email(&mut self, entries: &[Entry]) -> Option<Email> {
        let word = |key: &str| get(entries, key).and_then(|e| scalars::word(&e.node));
        let tls = match get(entries, "tls") {
            Some(entry) => match scalars::word(&entry.node).as_deref() {
                Some("starttls") => MailTls::StartTls,
                Some("implicit") => MailTls::Implicit,
                Some("none") => MailTls::None,
                _ => {
                    self.choice(entry, &["starttls", "implicit", "none"]);
                    return None;
                }
            },
            None => MailTls::StartTls,
        };
        let password = self.secret(entries, "password");
        if tls == MailTls::None
            && password.is_some()
            && let Some(entry) = get(entries, "tls")
        {
            self.fault(
                entry.node.span,
                "a password is not sent without encryption".to_owned(),
                Some("expected starttls or implicit".to_owned()),
                Some("write  tls: starttls".to_owned()),
            );
            return None;
        }
        Some(Email {
            host: word("host"),
            port: match get(entries, "port") {
                Some(entry) => Some(u16::try_from(self.whole(entry, "")?).unwrap_or(0)),
                None => None,
            },
            tls,
            ca_file: word("ca_file").map(|path| self.beside(&path)),
            from: word("from").map(Secret::from),
            to: self
                .list(get(entries, "recipients"))?
                .into_iter()
                .map(Secret::from)
                .collect(),
            user: self.secret(entries, "user"),
            password,
        })
    }

    /// A program is only started where the user's own word names it: the file is his, or he named it.
    fn command(&mut self, item: &Node, entries: &[Entry]) -> Option<Vec<String>> {
        let command = self.list(get(entries, "command"))?;
        if command.is_empty() {
            self.lacks(item, "command", "command: [program, argument]");
            return None;
        }
        if !self.may_start_programs() {
            self.warn(
                WarningKind::WithoutEffect,
                item.span,
                "a command of a file that was merely found is not run".to_owned(),
                Some("name the file: --config".to_owned()),
            );
            return None;
        }
        Some(command)
    }

    /// Whether this document is the user's own, or he named it.
    pub(super) fn may_start_programs(&self) -> bool {
        matches!(self.via, Via::Option | Via::UserFolder)
    }

    fn lacks(&mut self, item: &Node, kind: &str, example: &str) {
        self.fault(
            item.span,
            format!("a channel of type {kind} says where"),
            Some(format!("expected  {example}")),
            Some(format!("add  {example}")),
        );
    }

    /// `NAME`, `NAME_env` or `NAME_file`.
    fn secret(&mut self, entries: &[Entry], name: &str) -> Option<SecretSource> {
        let text = |suffix: &str| {
            let entry = get(entries, &format!("{name}{suffix}"))?;
            match &entry.node.value {
                Value::Text(text) => Some(text.trim().to_owned()),
                _ => None,
            }
        };
        if let Some(variable) = text("_env") {
            return Some(SecretSource::Variable(variable));
        }
        if let Some(file) = text("_file") {
            return Some(SecretSource::File(self.beside(&file)));
        }
        text("").map(|text| SecretSource::Here(Secret(text)))
    }
}

fn get<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Entry> {
    entries
        .iter()
        .find(|e| e.key == key && e.node.value != Value::Nothing)
}
