//! What opencode stores: a database (`opencode.db`), of older versions a file for each message
//! (`storage/message/SESSION/ID.json`) and each part of one (`storage/part/MESSAGE/ID.json`); and sessions as
//! `opencode export` writes them.
//!
//! An assistant's message is one model request. It is completed when its tools are done, so that a request
//! ends where its last tool began or its last words ended; where the parts stand in other files, only replies without tools have a
//! time. Input is without what a cache read or wrote; whether output contains reasoning, the total tells.
//! Forks copy messages under new ids: copies are told by when they began, model and tokens.

mod database;
mod reader;
mod results;
mod stored;

use super::super::document::{Faults, Listed, Origin, Shaped, keys, parse};
use super::super::sqlite::{self, Database, log_beside};
use super::super::{Format, Head, Input, Likelihood, ReadError};
use super::agent::{Log, Whose, text};
use crate::place::{Problem, ProblemKind};
use crate::record::Records;

use reader::{Parts, Reader, Told, project};
pub(super) use results::OpenCodeResults;
use stored::{Export, Message, Part};

/// The format.
#[derive(Debug)]
pub(super) struct OpenCode;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Database,
    Export,
    Message,
    Part,
    /// A session's own file, or what belongs to an open database.
    Beside,
}

impl Format for OpenCode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    fn about(&self) -> &'static str {
        "sessions of opencode, in its database, its older files or an export: model requests with tokens and cost, tool calls, prompts"
    }

    fn plural(&self) -> &'static str {
        "opencode sessions"
    }

    fn unseen(&self) -> &'static str {
        "files of older versions, the table of newest ones"
    }

    fn detect(&self, head: &Head<'_>) -> Likelihood {
        let is_own = head.name.starts_with("opencode");
        match kind(head.bytes) {
            // Any program's database begins alike; the names of tables may stand further behind.
            Some(Kind::Database) if !is_own && !has_tables(head.bytes) => Likelihood::No,
            Some(_) => Likelihood::Yes,
            None if is_own && head.name.ends_with(".db-wal") && sqlite::is_log(head.bytes) => {
                Likelihood::Yes
            }
            None if is_own && head.name.ends_with(".db-shm") => Likelihood::Yes,
            None => Likelihood::No,
        }
    }

    fn read(
        &self,
        input: &mut Input<'_>,
        records: &mut Records,
        problems: &mut Vec<Problem>,
    ) -> Result<(), ReadError> {
        let origin = Origin::of(input, records);
        let (file, path) = (input.file, input.path);
        let bytes = input.document()?;
        let kind = kind(bytes).unwrap_or(Kind::Beside);
        if kind == Kind::Beside {
            records.ignored += 1;
            return Ok(());
        }
        let log = Log::new(records, origin, "opencode", Whose::default());
        let mut reader = Reader { log };
        let mut spare = Vec::new();
        match kind {
            Kind::Database => {
                // What is not there, or not to be read, holds nothing.
                let log = std::fs::read(log_beside(path.as_ref())).unwrap_or_default();
                let database = Database::open(bytes, &log).map_err(|_| ReadError::Malformed {
                    line: None,
                    reason: "a damaged database".into(),
                })?;
                drop(log);
                database::read(&database, &mut reader);
                let faults = reader.log.faults.drain(..);
                problems.extend(faults.map(|(kind, reason)| Problem {
                    file,
                    line: None,
                    kind,
                    reason: reason.into(),
                }));
                return Ok(());
            }
            Kind::Export => {
                let export: Export<'_> = parse(bytes, &mut spare, 2, file, problems)?;
                return read_export(&export, bytes, file, &mut reader, problems);
            }
            Kind::Message => {
                let message: Message<'_> = parse(bytes, &mut spare, 1, file, problems)?;
                reader.log.whose = of_session(text(&message.session));
                reader.message(text(&message.id), &message, Parts::Elsewhere);
            }
            Kind::Part | Kind::Beside => {
                let part: Part<'_> = parse(bytes, &mut spare, 1, file, problems)?;
                reader.log.whose = of_session(text(&part.session));
                reader.part(text(&part.message), &part, None);
            }
        }
        let mut faults = Faults::new(file, bytes, &[], problems);
        tell(&mut reader, 0, &mut faults);
        Ok(())
    }
}

fn read_export(
    export: &Export<'_>,
    bytes: &[u8],
    file: u32,
    reader: &mut Reader<'_, '_>,
    problems: &mut Vec<Problem>,
) -> Result<(), ReadError> {
    let session = export.info.get();
    let id = session.map_or("", |session| text(&session.id));
    let parent = session.map_or("", |session| text(&session.parent));
    let mut whose = of_session(if parent.is_empty() { id } else { parent });
    whose.is_subagent = !parent.is_empty();
    if whose.is_subagent {
        "subagent".clone_into(&mut whose.agent);
    }
    let folder = session.map_or("", |session| text(&session.directory));
    project(folder).clone_into(&mut whose.project);
    let mut faults = Faults::new(file, bytes, &["messages"], problems);
    let Listed::Of(messages, _) = &export.messages else {
        return Ok(());
    };
    for (index, exported) in messages.iter().enumerate() {
        let exported = exported.get();
        reader.log.whose.clone_from(&whose);
        match exported.and_then(|exported| exported.info.get()) {
            Some(message) => {
                let id = text(&message.id);
                let parts = match exported.map(|exported| &exported.parts) {
                    Some(Listed::Of(parts, _)) => parts.as_slice(),
                    _ => &[],
                };
                let told = parts
                    .iter()
                    .filter_map(Shaped::get)
                    .map(|part| reader.part(id, part, None))
                    .fold(Told::default(), Told::and);
                reader.message(id, message, Parts::Known(told));
            }
            None => reader.log.skipped("an entry that is no message"),
        }
        tell(reader, index, &mut faults);
    }
    Ok(())
}

fn tell(reader: &mut Reader<'_, '_>, index: usize, faults: &mut Faults<'_>) {
    for (kind, reason) in reader.log.faults.drain(..) {
        match kind {
            ProblemKind::Value => faults.value(index, &[], reason),
            _ => faults.skipped(index, &[], reason),
        }
    }
}

/// Whose the records of a session are, of which no parent is known.
fn of_session(session: &str) -> Whose {
    Whose {
        session: session.to_owned(),
        agent: "main".into(),
        ..Whose::default()
    }
}

/// What a file is, by what it begins with.
fn kind(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(sqlite::MAGIC) {
        return Some(Kind::Database);
    }
    let keys = keys(bytes);
    let has = |name: &[u8]| keys.contains(&name);
    if has(b"id") && has(b"sessionID") && has(b"role") && has(b"time") {
        Some(Kind::Message)
    } else if has(b"id") && has(b"sessionID") && has(b"messageID") && has(b"type") {
        Some(Kind::Part)
    } else if has(b"id") && has(b"projectID") && has(b"directory") && has(b"time") {
        Some(Kind::Beside)
    } else if has(b"info") && memchr::memmem::find(bytes, b"\"projectID\"").is_some() {
        Some(Kind::Export)
    } else {
        None
    }
}

/// Whether the beginning of a database shows the tables that hold messages.
fn has_tables(bytes: &[u8]) -> bool {
    let has = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
    has(b"session_message") || has(b"message_id") && has(b"session_id") && has(b"time_created")
}
