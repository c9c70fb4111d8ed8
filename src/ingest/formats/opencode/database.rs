//! The database of newer versions: messages and parts in rows of JSON, sessions with their parents.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::super::super::document::Field;
use super::super::super::sqlite::{Damaged, Database};
use super::super::agent::{Whose, millis};
use super::reader::{Parts, Reader, Told, project};
use super::stored::{Message, Part};
use crate::place::ProblemKind;

/// Longest chain of parents that is followed.
const DEEPEST: usize = 64;

/// Sessions by id.
type Sessions = HashMap<String, Session>;

/// What a row of a session tells.
#[derive(Debug, Default)]
struct Session {
    parent: Option<String>,
    project: String,
}

/// Reads a database. What a damaged one gives is used.
pub(super) fn read(database: &Database, reader: &mut Reader<'_, '_>) {
    let tables = database.tables().unwrap_or_default();
    let has = |name: &str| tables.iter().any(|table| table == name);
    let mut sessions = Sessions::new();
    for table in ["session", "session_v2"]
        .into_iter()
        .filter(|table| has(table))
    {
        let query = format!("SELECT id, parent_id, directory FROM {table}");
        let read = database.rows(&query, |row| {
            if let Some(id) = row.text(0) {
                let session = Session {
                    parent: row.text(1).map(str::to_owned),
                    project: row.text(2).map_or("", project).to_owned(),
                };
                sessions.insert(id.to_owned(), session);
            }
        });
        note(read, reader);
    }
    let mut told: HashMap<String, Told> = HashMap::new();
    if has("part") {
        let query = "SELECT data, message_id, session_id, time_created FROM part";
        let read = database.rows(query, |row| {
            let message = row.text(1).unwrap_or_default();
            reader.log.whose = whose(row.text(2).unwrap_or_default(), &sessions);
            let at = row.whole(3).and_then(|at| {
                #[allow(clippy::cast_precision_loss)]
                millis(&Field::Whole(at as f64))
            });
            if let Some(part) = data::<Part<'_>>(row.bytes(0), reader) {
                let own = reader.part(message, &part, at);
                if own != Told::default() {
                    let known = told.entry(message.to_owned()).or_default();
                    *known = known.and(own);
                }
            }
        });
        note(read, reader);
    }
    // Sessions whose messages the older table has: the newer one may repeat them.
    let mut seen = HashSet::new();
    if has("message") {
        let read = database.rows("SELECT data, id, session_id FROM message", |row| {
            let session = row.text(2).unwrap_or_default();
            seen.insert(session.to_owned());
            let id = row.text(1).unwrap_or_default();
            reader.log.whose = whose(session, &sessions);
            if let Some(message) = data::<Message<'_>>(row.bytes(0), reader) {
                let parts = if has("part") {
                    Parts::Known(told.get(id).copied().unwrap_or_default())
                } else {
                    Parts::Elsewhere
                };
                reader.message(id, &message, parts);
            }
        });
        note(read, reader);
    }
    if has("session_message") {
        let query = "SELECT data, id, session_id, type FROM session_message";
        let read = database.rows(query, |row| {
            let session = row.text(2).unwrap_or_default();
            let kind = row.text(3).unwrap_or_default();
            if seen.contains(session) || !matches!(kind, "assistant" | "user") {
                reader.log.records.ignored += 1;
                return;
            }
            reader.log.whose = whose(session, &sessions);
            if let Some(mut message) = data::<Message<'_>>(row.bytes(0), reader) {
                message.role = Field::Text(kind.into());
                let id = row.text(1).unwrap_or_default();
                reader.message(id, &message, Parts::Elsewhere);
            }
        });
        note(read, reader);
    }
    if !["message", "session_message"].into_iter().any(has) {
        reader.log.skipped("a database without a table of messages");
    }
}

/// Whose the records of a session are: those of the session at its root.
fn whose(session: &str, sessions: &Sessions) -> Whose {
    let parent = |id: &String| sessions.get(id)?.parent.clone();
    let own = session.to_owned();
    let root = std::iter::successors(Some(own), parent)
        .take(DEEPEST)
        .last();
    let root = root.unwrap_or_default();
    let is_subagent = root != session;
    Whose {
        session: root,
        agent: if is_subagent { "subagent" } else { "main" }.into(),
        is_subagent,
        project: sessions
            .get(session)
            .map_or_else(String::new, |session| session.project.clone()),
        ..Whose::default()
    }
}

fn data<'d, T: Deserialize<'d>>(bytes: Option<&'d [u8]>, reader: &mut Reader<'_, '_>) -> Option<T> {
    let told = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok());
    if told.is_none() {
        reader.log.skipped("a row whose data are no JSON object");
    }
    told
}

fn note(read: Result<(), Damaged>, reader: &mut Reader<'_, '_>) {
    if read.is_err() {
        let reason = "the database is damaged, or a table has not the usual columns";
        reader.log.faults.push((ProblemKind::Unreadable, reason));
    }
}
