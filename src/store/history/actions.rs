//! The journal of actions that alerts asked for.

use rusqlite::{Transaction, params};

use super::alerts::text;
use super::{History, HistoryError};
use crate::assessment::ActionRun;

impl History {
    /// Stores an action; a new one gets its number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn note_action(&mut self, run: ActionRun) -> Result<ActionRun, HistoryError> {
        let path = self.path.clone();
        self.change(|change| note_action(change, run).map_err(|e| HistoryError::of(&path, e)))
    }

    /// All actions, oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or one is damaged.
    pub fn actions(&self) -> Result<Vec<ActionRun>, HistoryError> {
        let failure = |error| self.failure(error);
        let query = "SELECT document FROM action_runs ORDER BY id";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failure)? {
            let document: String = row.get(0).map_err(failure)?;
            all.push(self.parsed(&document)?);
        }
        Ok(all)
    }
}

pub(super) fn note_action(
    change: &Transaction<'_>,
    mut run: ActionRun,
) -> rusqlite::Result<ActionRun> {
    if run.id == 0 {
        let insert = "INSERT INTO action_runs (state, proposed_at, document) VALUES (?1, ?2, '')";
        change.execute(insert, params![run.state.name(), run.proposed_at.0])?;
        run.id = u64::try_from(change.last_insert_rowid()).unwrap_or(0);
    }
    let update = "UPDATE action_runs SET state = ?2, document = ?3 WHERE id = ?1";
    let id = i64::try_from(run.id).unwrap_or(0);
    change.execute(update, params![id, run.state.name(), text(&run)])?;
    Ok(run)
}
