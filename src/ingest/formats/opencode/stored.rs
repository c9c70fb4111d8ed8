//! What opencode stores of a message, of a part of one and of a session, as far as it matters.

use serde::Deserialize;

use super::super::super::document::{Field, Listed, Shaped};
use super::super::super::failure::failure;
use super::super::agent::text;
use crate::record::OutcomeKind;

/// A message, as a file of its own or in a row whose columns hold its ids. Newer tables write the model as an
/// object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow, rename = "sessionID")]
    pub(super) session: Field<'a>,
    #[serde(borrow)]
    pub(super) role: Field<'a>,
    #[serde(borrow)]
    pub(super) time: Shaped<Times<'a>>,
    #[serde(borrow, rename = "modelID")]
    pub(super) model_id: Field<'a>,
    #[serde(borrow, rename = "providerID")]
    pub(super) provider_id: Field<'a>,
    #[serde(borrow)]
    pub(super) model: Shaped<Model<'a>>,
    #[serde(borrow)]
    pub(super) path: Shaped<Folders<'a>>,
    #[serde(borrow)]
    pub(super) cost: Field<'a>,
    #[serde(borrow)]
    pub(super) tokens: Shaped<Usage<'a>>,
    #[serde(borrow)]
    pub(super) error: Shaped<Error<'a>>,
    /// Why the reply ended.
    #[serde(borrow)]
    pub(super) finish: Field<'a>,
}

/// Times in milliseconds since 1970.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Times<'a> {
    #[serde(borrow)]
    pub(super) created: Field<'a>,
    #[serde(borrow)]
    pub(super) completed: Field<'a>,
    #[serde(borrow)]
    pub(super) start: Field<'a>,
    #[serde(borrow)]
    pub(super) end: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Model<'a> {
    #[serde(borrow, alias = "modelID")]
    pub(super) id: Field<'a>,
    #[serde(borrow, rename = "providerID")]
    pub(super) provider: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Folders<'a> {
    #[serde(borrow)]
    pub(super) cwd: Field<'a>,
    #[serde(borrow)]
    pub(super) root: Field<'a>,
}

/// Tokens: input without what a cache read or wrote; whether output contains reasoning, the total tells.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Usage<'a> {
    #[serde(borrow)]
    pub(super) total: Field<'a>,
    #[serde(borrow)]
    pub(super) input: Field<'a>,
    #[serde(borrow)]
    pub(super) output: Field<'a>,
    #[serde(borrow)]
    pub(super) reasoning: Field<'a>,
    #[serde(borrow)]
    pub(super) cache: Shaped<Cache<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cache<'a> {
    #[serde(borrow)]
    pub(super) read: Field<'a>,
    #[serde(borrow)]
    pub(super) write: Field<'a>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Error<'a> {
    #[serde(borrow)]
    pub(super) name: Field<'a>,
    #[serde(borrow)]
    pub(super) data: Shaped<ErrorData<'a>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorData<'a> {
    #[serde(borrow, rename = "statusCode")]
    pub(super) status: Field<'a>,
}

/// A part of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow, rename = "sessionID")]
    pub(super) session: Field<'a>,
    #[serde(borrow, rename = "messageID")]
    pub(super) message: Field<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Field<'a>,
    #[serde(borrow)]
    pub(super) tool: Field<'a>,
    #[serde(borrow, rename = "callID")]
    pub(super) call: Field<'a>,
    #[serde(borrow)]
    pub(super) state: Shaped<State<'a>>,
    /// Said by the client, in the place of a person.
    #[serde(borrow)]
    pub(super) synthetic: Field<'a>,
    #[serde(borrow)]
    pub(super) time: Shaped<Times<'a>>,
    /// Of a step that ended: why, and what it used.
    #[serde(borrow)]
    pub(super) reason: Field<'a>,
    #[serde(borrow)]
    pub(super) cost: Field<'a>,
    #[serde(borrow)]
    pub(super) tokens: Shaped<Usage<'a>>,
}

/// How far a tool call is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct State<'a> {
    #[serde(borrow)]
    pub(super) status: Field<'a>,
    /// Only compared.
    #[serde(borrow)]
    pub(super) error: Field<'a>,
    #[serde(borrow)]
    pub(super) time: Shaped<Times<'a>>,
}

/// A session with all of its messages, as `opencode export` writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Export<'a> {
    #[serde(borrow)]
    pub(super) info: Shaped<Session<'a>>,
    #[serde(borrow)]
    pub(super) messages: Listed<Shaped<Exported<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Session<'a> {
    #[serde(borrow)]
    pub(super) id: Field<'a>,
    #[serde(borrow, rename = "parentID")]
    pub(super) parent: Field<'a>,
    #[serde(borrow)]
    pub(super) directory: Field<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exported<'a> {
    #[serde(borrow)]
    pub(super) info: Shaped<Message<'a>>,
    #[serde(borrow)]
    pub(super) parts: Listed<Shaped<Part<'a>>>,
}

impl Error<'_> {
    /// Which failure it is.
    pub(super) fn outcome(&self) -> OutcomeKind {
        let status = self.data.get();
        let status = status.and_then(|data| data.status.number().ok()?);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates
        let status = status.map(|status| status as u64);
        failure(text(&self.name).as_bytes(), status)
    }
}
