//! The history as JSON lines, for other programs and for a look at what is in it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::pieces::unpacked;
use super::{History, HistoryError};
use crate::assessment::Firing;
use crate::units::Time;

/// A line of the export.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Piece {
        scope: &'a str,
        name: &'a str,
        form: i64,
        workload: &'a RawValue,
    },
    Assessment {
        recorded_at: Time,
        assessment: &'a RawValue,
    },
    Firing {
        #[serde(flatten)]
        firing: &'a Firing,
    },
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The output.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl History {
    /// Writes everything, a JSON object a line: pieces in order of scope and name, then assessments, then
    /// firings of alerts.
    ///
    /// # Errors
    /// The database cannot be read, something in it is damaged, the output cannot be written.
    pub fn export(&self, out: &mut dyn Write) -> Result<(), ExportError> {
        let failure = |error| self.failure(error);
        let query = "SELECT scope, name, form, body FROM pieces ORDER BY scope, name";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let scope: String = row.get(0).map_err(failure)?;
            let name: String = row.get(1).map_err(failure)?;
            let body: Vec<u8> = row.get(3).map_err(failure)?;
            let line = Line::Piece {
                form: row.get(2).map_err(failure)?,
                workload: &self.raw(&body, &name)?,
                scope: &scope,
                name: &name,
            };
            write_line(out, &line)?;
        }
        let query = "SELECT recorded_at, body FROM assessments ORDER BY last, recorded_at, digest";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let body: Vec<u8> = row.get(1).map_err(failure)?;
            let line = Line::Assessment {
                recorded_at: Time(row.get(0).map_err(failure)?),
                assessment: &self.raw(&body, "an assessment")?,
            };
            write_line(out, &line)?;
        }
        for firing in &self.firings(None)? {
            write_line(out, &Line::Firing { firing })?;
        }
        Ok(())
    }

    fn raw(&self, body: &[u8], what: &str) -> Result<Box<RawValue>, HistoryError> {
        let damaged = |reason: String| HistoryError::Damaged {
            path: self.path.clone(),
            reason: format!("{what:?}: {reason}"),
        };
        let text = unpacked(body).map_err(|error| damaged(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))
    }
}

fn write_line(out: &mut dyn Write, line: &Line<'_>) -> Result<(), ExportError> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}
