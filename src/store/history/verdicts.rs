//! Assessments: what was said at a time, kept with the workload that it was said of.

use rusqlite::params;

use super::pieces::packed;
use super::{History, HistoryError};
use crate::assessment::Assessment;
use crate::units::Time;

/// An assessment in a list.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PastVerdict {
    /// When it was recorded first.
    pub recorded_at: Time,
    /// The earliest time that it is of.
    pub from: Option<Time>,
    /// The latest.
    pub to: Option<Time>,
    /// Its score.
    pub score: Option<f64>,
}

impl History {
    /// Records an assessment, unless the very same is there. Says whether it is new.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record_verdict(
        &mut self,
        assessment: &Assessment,
        now: Time,
    ) -> Result<bool, HistoryError> {
        let path = self.path.clone();
        let text = serde_json::to_vec(assessment).unwrap_or_default();
        let digest = format!("{:032x}", crate::record::hash128(&text));
        let body = packed(&text).map_err(|source| HistoryError::Io {
            path: path.clone(),
            source,
        })?;
        let period = assessment.period;
        self.change(|change| {
            let insert =
                "INSERT OR IGNORE INTO assessments (digest, recorded_at, first, last, score, body)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let row = params![
                digest,
                now.0,
                period.map(|p| p.from.0),
                period.map(|p| p.to.0),
                assessment.score.value,
                body,
            ];
            let added = change.execute(insert, row);
            added
                .map(|rows| rows > 0)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// The assessments, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn verdicts(&self) -> Result<Vec<PastVerdict>, HistoryError> {
        let query = "SELECT recorded_at, first, last, score FROM assessments ORDER BY last, recorded_at, digest";
        let failure = |error| self.failure(error);
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let rows = statement.query_map([], |row| {
            Ok(PastVerdict {
                recorded_at: Time(row.get(0)?),
                from: row.get::<_, Option<i64>>(1)?.map(Time),
                to: row.get::<_, Option<i64>>(2)?.map(Time),
                score: row.get(3)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(failure)
    }
}
