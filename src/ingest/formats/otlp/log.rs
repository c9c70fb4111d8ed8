//! Log records: the events of Claude Code and Gemini CLI. All others carry nothing for us.

use super::super::super::json::{Cursor, Fault};
use super::attributes::Attributes;
use super::value::{Any, attributes};

/// A log record as it was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Log<'a> {
    time: Any<'a>,
    observed: Any<'a>,
    name: Any<'a>,
    /// Read only to be compared with the names of events.
    body: Any<'a>,
    pub(super) attributes: Attributes<'a>,
}

/// Which client wrote an event, and which event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told<'a> {
    pub(super) client: Client,
    pub(super) event: &'a [u8],
}

/// A client whose events are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// Claude Code.
    Claude,
    /// Gemini CLI.
    Gemini,
}

impl Client {
    /// Beginning of the names of its events, interface, provider.
    pub(super) fn names(self) -> [&'static str; 3] {
        match self {
            Client::Claude => ["claude_code.", "claude_code", "anthropic"],
            Client::Gemini => ["gemini_cli.", "gemini_cli", "google"],
        }
    }
}

impl<'a> Log<'a> {
    /// Reads the log record that was entered.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut log = Log::default();
        while let Some(key) = cursor.key()? {
            match key {
                b"timeUnixNano" | b"time_unix_nano" => log.time = Any::field(cursor)?,
                b"observedTimeUnixNano" | b"observed_time_unix_nano" => {
                    log.observed = Any::field(cursor)?;
                }
                b"eventName" | b"event_name" => log.name = Any::field(cursor)?,
                b"body" => log.body = Any::wrapped(cursor)?,
                b"attributes" => {
                    attributes(cursor, |key, value| log.attributes.set(key, value))?;
                }
                _ => cursor.skip_value()?,
            }
        }
        Ok(log)
    }

    /// When it was written.
    pub(super) fn time(&self) -> Any<'a> {
        match self.time {
            Any::Nothing | Any::Text(b"0") | Any::Number(b"0") => self.observed,
            time => time,
        }
    }

    /// The event, if it is one of a known client; `service` is the name of the resource.
    pub(super) fn told(&self, service: &[u8]) -> Option<Told<'a>> {
        let names = [self.body, self.name, self.attributes.plain.event].map(Any::text);
        for client in [Client::Claude, Client::Gemini] {
            let [prefix, ..] = client.names();
            let event = names.iter().find_map(|n| n.strip_prefix(prefix.as_bytes()));
            if let Some(event) = event {
                return Some(Told { client, event });
            }
        }
        // Newer events have short names.
        let client = match service {
            b"claude-code" => Client::Claude,
            b"gemini-cli" => Client::Gemini,
            _ => return None,
        };
        let [_, name, attribute] = names;
        let event = if attribute.is_empty() {
            name
        } else {
            attribute
        };
        (!event.is_empty()).then_some(Told { client, event })
    }
}
