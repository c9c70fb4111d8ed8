//! Alerts: their states, when each one fired, and who silenced them.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};
use serde::de::DeserializeOwned;

use super::actions::note_action;
use super::messages::enqueue;
use super::{History, HistoryError, ToSend};
use crate::assessment::{ActionRun, AlertKey, AlertState, Firing, Silence};
use crate::units::Time;

/// What a look at the alerts left to be kept.
#[derive(Debug, Default)]
pub struct AlertChanges<'a> {
    /// Their states.
    pub states: BTreeMap<AlertKey, AlertState>,
    /// Firings that began, ended or go on, each with its number among those of its alert.
    pub firings: Vec<(u64, &'a Firing)>,
    /// Messages for channels.
    pub messages: Vec<ToSend>,
    /// Actions that are proposed.
    pub actions: Vec<ActionRun>,
    /// The present.
    pub now: Time,
}

impl History {
    /// The states of all alerts.
    ///
    /// # Errors
    /// The database cannot be read, or a state is damaged.
    pub fn alert_states(&self) -> Result<BTreeMap<AlertKey, AlertState>, HistoryError> {
        let failure = |error| self.failure(error);
        let query = "SELECT alert, labels, document FROM alert_states";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        let mut states = BTreeMap::new();
        while let Some(row) = rows.next().map_err(failure)? {
            let (alert, labels, document): (String, String, String) = (
                row.get(0).map_err(failure)?,
                row.get(1).map_err(failure)?,
                row.get(2).map_err(failure)?,
            );
            let key = AlertKey {
                alert,
                labels: self.parsed(&labels)?,
            };
            states.insert(key, self.parsed(&document)?);
        }
        Ok(states)
    }

    /// Stores what a look at the alerts found, all of it or nothing. States of alerts that were not looked at stay:
    /// the number of a firing is used once.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn note_alerts(&mut self, changes: &AlertChanges<'_>) -> Result<(), HistoryError> {
        let path = self.path.clone();
        self.change(|change| write(change, changes).map_err(|e| HistoryError::of(&path, e)))
    }

    /// Times in which alerts fired that touch a period, oldest first; without one, all.
    ///
    /// # Errors
    /// The database cannot be read, or one is damaged.
    pub fn firings(&self, period: Option<(Time, Time)>) -> Result<Vec<Firing>, HistoryError> {
        let (from, to) = period.map_or((i64::MIN, i64::MAX), |(from, to)| (from.0, to.0));
        let failure = |error| self.failure(error);
        let query = "SELECT document FROM firings
            WHERE fired_at < ?2 AND coalesce(resolved_at, ?2) >= ?1
            ORDER BY fired_at, alert, labels";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query(params![from, to]).map_err(failure)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failure)? {
            let document: String = row.get(0).map_err(failure)?;
            all.push(self.parsed(&document)?);
        }
        Ok(all)
    }

    /// Stores a silence and gives it its number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn silence(&mut self, silence: Silence) -> Result<Silence, HistoryError> {
        let path = self.path.clone();
        let failure = |error| HistoryError::of(&path, error);
        self.change(|change| {
            let insert = "INSERT INTO silences (until, document) VALUES (?1, '')";
            change.execute(insert, [silence.until.0]).map_err(failure)?;
            let id = change.last_insert_rowid();
            let silence = Silence {
                id: u64::try_from(id).unwrap_or(0),
                ..silence
            };
            let update = "UPDATE silences SET document = ?2 WHERE id = ?1";
            change
                .execute(update, params![id, text(&silence)])
                .map_err(failure)?;
            Ok(silence)
        })
    }

    /// Ends a silence now, and says whether it held.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn end_silence(&mut self, id: u64) -> Result<bool, HistoryError> {
        let path = self.path.clone();
        let id = i64::try_from(id).unwrap_or(0);
        self.change(|change| {
            change
                .execute("DELETE FROM silences WHERE id = ?1", [id])
                .map(|rows| rows > 0)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// Silences that end after a time.
    ///
    /// # Errors
    /// The database cannot be read, or one is damaged.
    pub fn silences(&self, after: Time) -> Result<Vec<Silence>, HistoryError> {
        let failure = |error| self.failure(error);
        let query = "SELECT document FROM silences WHERE until > ?1 ORDER BY id";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query([after.0]).map_err(failure)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failure)? {
            let document: String = row.get(0).map_err(failure)?;
            all.push(self.parsed(&document)?);
        }
        Ok(all)
    }

    pub(super) fn parsed<T: DeserializeOwned>(&self, document: &str) -> Result<T, HistoryError> {
        serde_json::from_str(document).map_err(|error| HistoryError::Damaged {
            path: self.path.clone(),
            reason: error.to_string(),
        })
    }
}

fn write(change: &Transaction<'_>, changes: &AlertChanges<'_>) -> rusqlite::Result<()> {
    for (key, state) in &changes.states {
        let insert =
            "INSERT OR REPLACE INTO alert_states (alert, labels, document) VALUES (?1, ?2, ?3)";
        change.execute(insert, params![key.alert, text(&key.labels), text(state)])?;
    }
    for (episode, firing) in &changes.firings {
        let insert = "INSERT INTO firings (alert, labels, episode, fired_at, resolved_at, document)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (alert, labels, episode) DO UPDATE SET fired_at = ?4, resolved_at = ?5, document = ?6";
        let row = params![
            firing.key.alert,
            text(&firing.key.labels),
            i64::try_from(*episode).unwrap_or(i64::MAX),
            firing.fired_at.0,
            firing.resolved_at.map(|t| t.0),
            text(firing),
        ];
        change.execute(insert, row)?;
    }
    for run in &changes.actions {
        note_action(change, run.clone())?;
    }
    enqueue(change, &changes.messages, changes.now)
}

pub(super) fn text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
