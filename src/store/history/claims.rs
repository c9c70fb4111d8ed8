//! Claims and dismissals: what somebody did with a recommendation.

use std::path::Path;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;

use super::changes::{self, FileChange};
use super::pieces::{packed, unpacked};
use super::{History, HistoryError};
use crate::assessment::{Claim, ClaimState, Dismissal};
use crate::workload::Workload;

impl History {
    /// Stores a new claim with the workload that it is compared with, and gives it its number.
    ///
    /// # Errors
    /// Another claim on the same knob (without one: of the same rule) is open; the database cannot be
    /// written.
    pub fn claim(&mut self, claim: Claim, base: &Workload) -> Result<Claim, HistoryError> {
        let path = self.path.clone();
        let body = body_of(base, &path)?;
        self.change(|change| insert(change, &path, claim, &body))
    }

    /// The same, and notes beside it the change of a file with which it is made: both or neither, so that nothing is
    /// locked by a change that nobody knows of.
    ///
    /// # Errors
    /// As [`History::claim`].
    pub fn claim_with(
        &mut self,
        claim: Claim,
        base: &Workload,
        file_change: FileChange,
    ) -> Result<(Claim, FileChange), HistoryError> {
        let path = self.path.clone();
        let body = body_of(base, &path)?;
        self.change(|change| {
            let claim = insert(change, &path, claim, &body)?;
            let mut file_change = file_change;
            file_change.claim = Some(claim.id);
            let noted = changes::insert(change, &path, file_change)?;
            Ok((claim, noted))
        })
    }

    /// All claims, oldest first.
    ///
    /// # Errors
    /// The database cannot be read, or a claim is damaged.
    pub fn claims(&self) -> Result<Vec<Claim>, HistoryError> {
        self.documents("SELECT document FROM claims ORDER BY claimed_at, id")
    }

    /// The workload with which a claim is compared.
    ///
    /// # Errors
    /// There is none; the database cannot be read, or it is damaged.
    pub fn base_of(&self, claim: &Claim) -> Result<Workload, HistoryError> {
        let query = "SELECT base FROM claims WHERE id = ?1";
        let id = i64::try_from(claim.id).unwrap_or(0);
        let body: Vec<u8> = self
            .connection
            .query_row(query, [id], |row| row.get(0))
            .map_err(|error| self.failure(error))?;
        let damaged = |reason: String| HistoryError::Damaged {
            path: self.path.clone(),
            reason: format!("claim {}: {reason}", claim.id),
        };
        let text = unpacked(&body).map_err(|error| damaged(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))
    }

    /// Stores what became of a claim. Only one that is still open is changed: says whether it was.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn settle(&mut self, claim: &Claim) -> Result<bool, HistoryError> {
        let path = self.path.clone();
        let update = "UPDATE claims SET state = ?2, document = ?3 WHERE id = ?1 AND state = 'open'";
        let id = i64::try_from(claim.id).unwrap_or(0);
        self.change(|change| {
            change
                .execute(update, params![id, state_of(claim), document(claim)])
                .map(|rows| rows > 0)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// Silences a rule, or what it says of one knob.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn dismiss(&mut self, dismissal: &Dismissal) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let insert = "INSERT OR REPLACE INTO dismissals (rule, knob, document) VALUES (?1, ?2, ?3)";
        let knob = dismissal.knob.clone().unwrap_or_default();
        self.change(|change| {
            change
                .execute(insert, params![dismissal.rule, knob, document(dismissal)])
                .map(drop)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// Lets a rule speak again. Says whether it was silenced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn readmit(&mut self, rule: &str, knob: Option<&str>) -> Result<bool, HistoryError> {
        let path = self.path.clone();
        let delete = "DELETE FROM dismissals WHERE rule = ?1 AND (?2 IS NULL OR knob = ?2)";
        self.change(|change| {
            change
                .execute(delete, params![rule, knob])
                .map(|rows| rows > 0)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// Rules that were silenced.
    ///
    /// # Errors
    /// The database cannot be read, or one is damaged.
    pub fn dismissals(&self) -> Result<Vec<Dismissal>, HistoryError> {
        self.documents("SELECT document FROM dismissals ORDER BY rule, knob")
    }

    fn documents<T: DeserializeOwned>(&self, query: &str) -> Result<Vec<T>, HistoryError> {
        let failure = |error| self.failure(error);
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let mut rows = statement.query([]).map_err(failure)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failure)? {
            let text: String = row.get(0).map_err(failure)?;
            let one = serde_json::from_str(&text).map_err(|error| HistoryError::Damaged {
                path: self.path.clone(),
                reason: error.to_string(),
            })?;
            all.push(one);
        }
        Ok(all)
    }
}

fn body_of(base: &Workload, path: &Path) -> Result<Vec<u8>, HistoryError> {
    let text = serde_json::to_vec(base).unwrap_or_default();
    packed(&text).map_err(|source| HistoryError::Io {
        path: path.to_owned(),
        source,
    })
}

fn insert(
    change: &Transaction<'_>,
    path: &Path,
    claim: Claim,
    body: &[u8],
) -> Result<Claim, HistoryError> {
    let failure = |error| HistoryError::of(path, error);
    let lock = lock_of(&claim);
    let open: Option<i64> = change
        .query_row(
            "SELECT id FROM claims WHERE lock = ?1 AND state = 'open'",
            [&lock],
            |row| row.get(0),
        )
        .optional()
        .map_err(failure)?;
    if let Some(id) = open {
        return Err(HistoryError::Locked {
            lock,
            id: u64::try_from(id).unwrap_or(0),
        });
    }
    let insert =
        "INSERT INTO claims (lock, claimed_at, state, document, base) VALUES (?1, ?2, ?3, '', ?4)";
    let row = params![lock, claim.claimed_at.0, state_of(&claim), body];
    change.execute(insert, row).map_err(failure)?;
    let id = change.last_insert_rowid();
    let claim = Claim {
        id: u64::try_from(id).unwrap_or(0),
        ..claim
    };
    let update = "UPDATE claims SET document = ?2 WHERE id = ?1";
    change
        .execute(update, params![id, document(&claim)])
        .map_err(failure)?;
    Ok(claim)
}

/// What nobody else may claim while it is open: the knob, else the rule.
fn lock_of(claim: &Claim) -> String {
    let knob = claim.change.as_ref().map(|c| c.knob.clone());
    knob.unwrap_or_else(|| claim.rule.clone())
}

fn state_of(claim: &Claim) -> &'static str {
    match claim.state {
        ClaimState::Open => "open",
        ClaimState::Verified => "verified",
        ClaimState::Withdrawn => "withdrawn",
    }
}

fn document<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
