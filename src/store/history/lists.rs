//! What there is in a history: in figures, by day and by unit; and what is old taken away.

use super::pieces::{DAY, day_text};
use super::schema::FORM;
use super::{History, HistoryError};
use crate::units::Time;

/// What a history holds.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Held {
    /// Units of inference.
    pub units: u64,
    /// Operations of these.
    pub operations: u64,
    /// Days of samples and events that belong to no unit.
    pub days: u64,
    /// The earliest time, to a quarter of an hour.
    pub from: Option<Time>,
    /// The latest time.
    pub to: Option<Time>,
    /// Assessments.
    pub assessments: u64,
    /// Times in which an alert fired.
    pub firings: u64,
    /// Pieces that another version of the program wrote in a form that this one does not read.
    pub unreadable: u64,
}

/// A day of the history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DayRow {
    /// The day (UTC), `null` for what has no time.
    pub day: Option<String>,
    /// Units that began on it.
    pub units: u64,
    /// Their operations.
    pub operations: u64,
    /// Whether there are samples or events of it that belong to no unit.
    pub has_samples: bool,
}

/// A unit of the history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnitRow {
    /// Its name.
    pub unit: String,
    /// When it began, to a quarter of an hour; `null` without a time.
    pub from: Option<Time>,
    /// When its last operation began.
    pub to: Option<Time>,
    /// Its operations.
    pub operations: u64,
    /// When it was recorded in this state.
    pub recorded_at: Time,
}

impl History {
    /// What is in it, in figures.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn held(&self) -> Result<Held, HistoryError> {
        let query = "SELECT
            count(*) FILTER (WHERE scope = 'unit'),
            coalesce(sum(operations) FILTER (WHERE scope = 'unit'), 0),
            count(*) FILTER (WHERE scope = 'day'),
            min(first), max(last),
            (SELECT count(*) FROM assessments),
            count(*) FILTER (WHERE form <> ?1),
            (SELECT count(*) FROM firings)
            FROM pieces";
        self.connection
            .query_row(query, [FORM], |row| {
                Ok(Held {
                    units: count(row, 0)?,
                    operations: count(row, 1)?,
                    days: count(row, 2)?,
                    from: row.get::<_, Option<i64>>(3)?.map(Time),
                    to: row.get::<_, Option<i64>>(4)?.map(Time),
                    assessments: count(row, 5)?,
                    unreadable: count(row, 6)?,
                    firings: count(row, 7)?,
                })
            })
            .map_err(|error| self.failure(error))
    }

    /// The days on which units began, or of which there are samples or events.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn days(&self) -> Result<Vec<DayRow>, HistoryError> {
        // Whole days of nanoseconds, rounded down also before 1970.
        let query = "SELECT CASE WHEN first IS NULL THEN NULL ELSE
                (first - ((first % ?1) + ?1) % ?1) / ?1 END AS day,
            count(*) FILTER (WHERE scope = 'unit'),
            coalesce(sum(operations) FILTER (WHERE scope = 'unit'), 0),
            count(*) FILTER (WHERE scope <> 'unit') > 0
            FROM pieces GROUP BY day ORDER BY day";
        let failure = |error| self.failure(error);
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let rows = statement.query_map([DAY], |row| {
            Ok(DayRow {
                day: row.get::<_, Option<i64>>(0)?.map(day_text),
                units: count(row, 1)?,
                operations: count(row, 2)?,
                has_samples: row.get(3)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(failure)
    }

    /// The units, in order of when they began.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn units(&self) -> Result<Vec<UnitRow>, HistoryError> {
        let query = "SELECT name, first, last, operations, recorded_at FROM pieces
            WHERE scope = 'unit' ORDER BY first, name";
        let failure = |error| self.failure(error);
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let rows = statement.query_map([], |row| {
            Ok(UnitRow {
                unit: row.get(0)?,
                from: row.get::<_, Option<i64>>(1)?.map(Time),
                to: row.get::<_, Option<i64>>(2)?.map(Time),
                operations: count(row, 3)?,
                recorded_at: Time(row.get(4)?),
            })
        });
        rows.and_then(Iterator::collect).map_err(failure)
    }

    /// Removes what ended before a time, and says how many pieces that are. What has no time stays.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn prune(&mut self, before: Time, is_dry: bool) -> Result<u64, HistoryError> {
        let path = self.path.clone();
        let failure = |error| HistoryError::of(&path, error);
        let removed = self.change(|change| {
            let query = "SELECT count(*) FROM pieces WHERE last <= ?1";
            let found: u64 = change
                .query_row(query, [before.0], |row| count(row, 0))
                .map_err(failure)?;
            if !is_dry {
                for table in ["pieces", "assessments"] {
                    let delete = format!("DELETE FROM {table} WHERE last <= ?1");
                    change.execute(&delete, [before.0]).map_err(failure)?;
                }
                for delete in [
                    "DELETE FROM firings WHERE resolved_at <= ?1",
                    "DELETE FROM silences WHERE until <= ?1",
                    "DELETE FROM messages WHERE settled_at <= ?1",
                    "DELETE FROM action_runs WHERE state NOT IN ('applied', 'running') AND proposed_at <= ?1",
                ] {
                    change.execute(delete, [before.0]).map_err(failure)?;
                }
            }
            Ok(found)
        })?;
        if !is_dry && removed > 0 {
            self.connection.execute_batch("VACUUM").map_err(failure)?;
        }
        Ok(removed)
    }
}

/// A number that is never negative.
fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    Ok(u64::try_from(number).unwrap_or(0))
}
