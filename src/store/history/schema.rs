//! The tables, and how those of earlier versions become today's.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::HistoryError;

/// Version of the tables (`user_version`).
pub const VERSION: i64 = MIGRATIONS.len() as i64;

/// Form of the document in which a piece is stored. Fields may be added to it within a form; pieces of
/// another form are left out and have to be recorded again.
pub const FORM: i64 = 1;

/// Says in the file's header whose it is: `pfad`.
const APPLICATION: i64 = 0x7066_6164;

/// What makes each version out of the one before; the first one out of nothing. What stands here is
/// never changed, since files of each version are about.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE pieces (
        scope TEXT NOT NULL CHECK (scope IN ('unit', 'day', 'timeless')),
        name TEXT NOT NULL,
        first INTEGER,
        last INTEGER,
        weight INTEGER NOT NULL,
        operations INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        program TEXT NOT NULL,
        prices TEXT,
        orchestrator INTEGER NOT NULL,
        digest TEXT NOT NULL,
        form INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (scope, name)
    );
    CREATE INDEX pieces_by_time ON pieces (first, last);
    CREATE TABLE assessments (
        digest TEXT PRIMARY KEY,
        recorded_at INTEGER NOT NULL,
        first INTEGER,
        last INTEGER,
        score REAL,
        body BLOB NOT NULL
    );
",
    "
    CREATE TABLE claims (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        lock TEXT NOT NULL,
        claimed_at INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'verified', 'withdrawn')),
        document TEXT NOT NULL,
        base BLOB NOT NULL
    );
    CREATE UNIQUE INDEX claims_open ON claims (lock) WHERE state = 'open';
    CREATE TABLE dismissals (
        rule TEXT NOT NULL,
        knob TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (rule, knob)
    );
",
    "
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        undone INTEGER NOT NULL DEFAULT 0,
        document TEXT NOT NULL
    );
",
    "
    CREATE TABLE alert_states (
        alert TEXT NOT NULL,
        labels TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (alert, labels)
    );
    CREATE TABLE firings (
        alert TEXT NOT NULL,
        labels TEXT NOT NULL,
        episode INTEGER NOT NULL,
        fired_at INTEGER NOT NULL,
        resolved_at INTEGER,
        document TEXT NOT NULL,
        PRIMARY KEY (alert, labels, episode)
    );
    CREATE TABLE silences (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        until INTEGER NOT NULL,
        document TEXT NOT NULL
    );
",
    "
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL,
        channel TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('due', 'sending', 'delivered', 'refused', 'doubtful', 'expired', 'dropped')),
        made_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        settled_at INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        document TEXT NOT NULL,
        UNIQUE (key, channel)
    );
    CREATE INDEX messages_by_state ON messages (state, channel, id);
",
    "
    CREATE TABLE action_runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        state TEXT NOT NULL,
        proposed_at INTEGER NOT NULL,
        document TEXT NOT NULL
    );
",
    "
    ALTER TABLE pieces ADD COLUMN began INTEGER;
    ALTER TABLE pieces ADD COLUMN ended INTEGER;
    ALTER TABLE pieces ADD COLUMN earlier BLOB;
    ALTER TABLE pieces ADD COLUMN earlier_began INTEGER;
    ALTER TABLE pieces ADD COLUMN earlier_ended INTEGER;
    ALTER TABLE pieces ADD COLUMN resumed INTEGER;
",
];

/// Brings the tables to today's version, whatever version they are of.
pub(super) fn bring_up(connection: &mut Connection, path: &Path) -> Result<(), HistoryError> {
    let failure = |error| HistoryError::of(path, error);
    {
        // What is asked belongs together: another program may bring the tables up in between.
        let look = connection.transaction().map_err(failure)?;
        if is_today(&look, path)? {
            return Ok(());
        }
    }
    // Only one program does it; the others find it done.
    let behaviour = TransactionBehavior::Immediate;
    let change = connection
        .transaction_with_behavior(behaviour)
        .map_err(failure)?;
    if is_today(&change, path)? {
        return Ok(());
    }
    let version = number(&change, "user_version").map_err(failure)?;
    let done = usize::try_from(version).unwrap_or(0);
    for step in MIGRATIONS.iter().skip(done) {
        change.execute_batch(step).map_err(failure)?;
    }
    change
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}"
        ))
        .map_err(failure)?;
    change.commit().map_err(failure)
}

fn is_today(connection: &Connection, path: &Path) -> Result<bool, HistoryError> {
    let failure = |error| HistoryError::of(path, error);
    let version = number(connection, "user_version").map_err(failure)?;
    let application = number(connection, "application_id").map_err(failure)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failure)?;
    let is_new = tables == 0 && version == 0;
    if application != APPLICATION && !is_new {
        return Err(HistoryError::Foreign {
            path: path.to_owned(),
            what: "a database of another program".into(),
        });
    }
    if version > VERSION {
        return Err(HistoryError::Newer {
            path: path.to_owned(),
            version,
        });
    }
    Ok(version == VERSION)
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
}
