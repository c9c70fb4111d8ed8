//! Pieces of workloads: recorded and loaded.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::civil::Date;
use rusqlite::{OptionalExtension, Transaction, params};

use super::schema::FORM;
use super::{History, HistoryError};
use crate::units::Time;
use crate::workload::{Earlier, Piece, Scope, Succession, Workload};

/// A piece larger than this is refused: it would fill the memory.
const MOST_BYTES: u64 = 1 << 30;

/// What became of the pieces that were to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Recorded {
    /// Were not there before.
    pub added: u64,
    /// Replaced an earlier state, or joined it.
    pub changed: u64,
    /// Were there already.
    pub unchanged: u64,
    /// Units of which the history holds more than the inputs do, and which were left as they are.
    pub fuller_here: u64,
    /// Units that were left as they are too, since the inputs lost records of theirs and have others.
    pub torn: u64,
}

/// What is known of all pieces that are recorded at once.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// When.
    pub now: Time,
    /// Day of the prices by which costs were computed, where any were.
    pub prices: Option<&'a str>,
    /// Whether an orchestrator left them behind: whose targets hold.
    pub is_orchestrator: bool,
}

/// Pieces that were loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Days of the prices by which their costs were computed.
    pub prices: BTreeSet<String>,
    /// Whether an orchestrator left any of them behind.
    pub is_orchestrator: bool,
    /// Pieces in a form that this program does not read.
    pub unreadable: u64,
}

impl History {
    /// Records the pieces of a workload. With `is_forced` a unit is replaced also where the history
    /// holds more of it.
    ///
    /// # Errors
    /// The database cannot be written, or a piece in it is damaged.
    pub fn record(
        &mut self,
        pieces: &[Piece],
        about: About<'_>,
        is_forced: bool,
    ) -> Result<Recorded, HistoryError> {
        let path = self.path.clone();
        self.change(|change| {
            let mut recorded = Recorded::default();
            for piece in pieces {
                let writer = Writer {
                    change,
                    path: &path,
                    about,
                    is_forced,
                };
                match writer.record(piece)? {
                    Fate::Added => recorded.added += 1,
                    Fate::Changed => recorded.changed += 1,
                    Fate::Unchanged => recorded.unchanged += 1,
                    Fate::FullerHere => recorded.fuller_here += 1,
                    Fate::Torn => recorded.torn += 1,
                }
            }
            Ok(recorded)
        })
    }

    /// The pieces that reach into a span of time; without one all of them, also those without a time.
    ///
    /// # Errors
    /// The database cannot be read, or a piece in it is damaged.
    pub fn load(&self, from: Option<Time>, to: Option<Time>) -> Result<Loaded, HistoryError> {
        let query = format!(
            "SELECT {COLUMNS} FROM pieces
            WHERE (?1 IS NULL AND ?2 IS NULL)
               OR ((?1 IS NULL OR last >= ?1) AND (?2 IS NULL OR first < ?2))
            ORDER BY scope, name"
        );
        let failure = |error| self.failure(error);
        let mut statement = self.connection.prepare(&query).map_err(failure)?;
        let span = params![from.map(|t| t.0), to.map(|t| t.0)];
        let mut rows = statement.query(span).map_err(failure)?;
        let mut loaded = Loaded::default();
        while let Some(row) = rows.next().map_err(failure)? {
            let stored = Stored::of(row).map_err(failure)?;
            if stored.form != FORM {
                loaded.unreadable += 1;
                continue;
            }
            loaded.pieces.push(stored.piece(&self.path)?);
            loaded.is_orchestrator |= stored.is_orchestrator;
            loaded.prices.extend(stored.prices);
        }
        Ok(loaded)
    }

    /// One unit.
    ///
    /// # Errors
    /// The database cannot be read, or the unit is damaged.
    pub fn unit(&self, name: &str) -> Result<Option<Workload>, HistoryError> {
        let query = format!(
            "SELECT {COLUMNS} FROM pieces WHERE scope = 'unit' AND name = ?1 AND form = ?2"
        );
        let stored = self
            .connection
            .query_row(&query, params![name, FORM], Stored::of)
            .optional()
            .map_err(|error| self.failure(error))?;
        let piece = stored.map(|stored| stored.piece(&self.path)).transpose()?;
        Ok(piece.map(|piece| piece.workload))
    }
}

/// What becomes of a piece.
enum Fate {
    Added,
    Changed,
    Unchanged,
    FullerHere,
    Torn,
}

/// Writes pieces in one change.
struct Writer<'a> {
    change: &'a Transaction<'a>,
    path: &'a Path,
    about: About<'a>,
    is_forced: bool,
}

impl Writer<'_> {
    fn record(&self, piece: &Piece) -> Result<Fate, HistoryError> {
        let (scope, name) = key_of(&piece.scope);
        let failure = |error| HistoryError::of(self.path, error);
        let known: Option<(String, Stored)> = self
            .change
            .prepare(&format!(
                "SELECT {COLUMNS}, digest FROM pieces WHERE scope = ?1 AND name = ?2"
            ))
            .and_then(|mut query| {
                query
                    .query_row(params![scope, name], |row| {
                        Ok((row.get("digest")?, Stored::of(row)?))
                    })
                    .optional()
            })
            .map_err(failure)?;
        let Some((digest, known)) = known else {
            self.write(piece)?;
            return Ok(Fate::Added);
        };
        if known.form != FORM {
            // Nobody here can read it, and the inputs are at hand.
            self.write(piece)?;
            return Ok(Fate::Changed);
        }
        let text = document(&piece.workload);
        if digest == digest_of(&text) {
            if known.reach.is_none() && piece.reach.is_some() {
                // An earlier version of the program did not keep from when to when it reaches.
                self.write(piece)?;
            }
            return Ok(Fate::Unchanged);
        }
        let next = match known.piece(self.path)?.succeeded_by(piece, self.is_forced) {
            Succession::By(next) => *next,
            Succession::Fuller => return Ok(Fate::FullerHere),
            Succession::Torn => return Ok(Fate::Torn),
        };
        if digest_of(&document(&next.workload)) == digest {
            return Ok(Fate::Unchanged);
        }
        self.write(&next)?;
        Ok(Fate::Changed)
    }

    fn write(&self, piece: &Piece) -> Result<(), HistoryError> {
        let failure = |error| HistoryError::of(self.path, error);
        let (scope, name) = key_of(&piece.scope);
        let text = document(&piece.workload);
        let pack = |text: &[u8]| {
            packed(text).map_err(|source| HistoryError::Io {
                path: self.path.to_owned(),
                source,
            })
        };
        let body = pack(&text)?;
        let earlier = piece.earlier.as_deref();
        let first_part = earlier
            .map(|earlier| pack(&document(&earlier.piece.workload)))
            .transpose()?;
        let reach_of_first = earlier.and_then(|earlier| earlier.piece.reach);
        let workload = &piece.workload;
        let is_priced = workload
            .rows
            .iter()
            .filter_map(|r| r.extra.as_deref())
            .any(|e| e.priced > 0);
        let weight = i64::try_from(piece.weight()).unwrap_or(i64::MAX);
        let operations = i64::try_from(workload.counts.operations).unwrap_or(i64::MAX);
        self.change
            .prepare(
                "INSERT OR REPLACE INTO pieces (scope, name, first, last, weight, operations, recorded_at,
                    program, prices, orchestrator, digest, form, body,
                    began, ended, earlier, earlier_began, earlier_ended, resumed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    scope,
                    name,
                    workload.period.map(|(from, _)| from.0),
                    workload.period.map(|(_, to)| to.0),
                    weight,
                    operations,
                    self.about.now.0,
                    env!("CARGO_PKG_VERSION"),
                    self.about.prices.filter(|_| is_priced),
                    self.about.is_orchestrator,
                    digest_of(&text),
                    FORM,
                    body,
                    piece.reach.map(|(first, _)| first.0),
                    piece.reach.map(|(_, last)| last.0),
                    first_part,
                    reach_of_first.map(|(first, _)| first.0),
                    reach_of_first.map(|(_, last)| last.0),
                    earlier.map(|earlier| earlier.then.0),
                ])
            })
            .map_err(failure)?;
        Ok(())
    }
}

/// What [`Stored`] is read from.
const COLUMNS: &str = "scope, name, prices, orchestrator, form, body,
    began, ended, earlier, earlier_began, earlier_ended, resumed";

/// A row as it is stored.
struct Stored {
    scope: String,
    name: String,
    prices: Option<String>,
    is_orchestrator: bool,
    form: i64,
    body: Vec<u8>,
    reach: Option<(Time, Time)>,
    earlier: Option<StoredEarlier>,
}

/// The first part of a unit whose log was rotated, as it is stored.
struct StoredEarlier {
    body: Vec<u8>,
    reach: (Time, Time),
    then: Time,
}

impl Stored {
    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let time = |column: &str| row.get::<_, Option<i64>>(column).map(|time| time.map(Time));
        let earlier: Option<Vec<u8>> = row.get("earlier")?;
        let reach = time("earlier_began")?.zip(time("earlier_ended")?);
        let then = time("resumed")?;
        Ok(Self {
            scope: row.get("scope")?,
            name: row.get("name")?,
            prices: row.get("prices")?,
            is_orchestrator: row.get("orchestrator")?,
            form: row.get("form")?,
            body: row.get("body")?,
            reach: time("began")?.zip(time("ended")?),
            earlier: earlier
                .zip(reach.zip(then))
                .map(|(body, (reach, then))| StoredEarlier { body, reach, then }),
        })
    }

    fn piece(&self, path: &Path) -> Result<Piece, HistoryError> {
        let damaged = |reason: String| HistoryError::Damaged {
            path: path.to_owned(),
            reason: format!("{} {:?}: {reason}", self.scope, self.name),
        };
        let scope = scope_of(&self.scope, &self.name)
            .ok_or_else(|| damaged("it is no unit and no day".into()))?;
        let restored = |body: &[u8]| {
            let text = unpacked(body).map_err(|error| damaged(error.to_string()))?;
            Workload::restored(&text).map_err(|error| damaged(error.to_string()))
        };
        let earlier = |earlier: &StoredEarlier| {
            Ok(Box::new(Earlier {
                piece: Piece {
                    scope: scope.clone(),
                    workload: restored(&earlier.body)?,
                    reach: Some(earlier.reach),
                    earlier: None,
                },
                then: earlier.then,
            }))
        };
        Ok(Piece {
            workload: restored(&self.body)?,
            reach: self.reach,
            earlier: self.earlier.as_ref().map(earlier).transpose()?,
            scope,
        })
    }
}

/// Scope and name in the table.
fn key_of(scope: &Scope) -> (&'static str, String) {
    match scope {
        Scope::Unit(name) => ("unit", name.clone()),
        Scope::Day(day) => ("day", day_text(*day)),
        Scope::Timeless => ("timeless", String::new()),
    }
}

fn scope_of(scope: &str, name: &str) -> Option<Scope> {
    match scope {
        "unit" => Some(Scope::Unit(name.to_owned())),
        "day" => {
            let day: Date = name.parse().ok()?;
            let since = day.since(EPOCH).ok()?;
            Some(Scope::Day(i64::from(since.get_days())))
        }
        "timeless" => Some(Scope::Timeless),
        _ => None,
    }
}

/// The first of January 1970.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A day in nanoseconds.
pub(super) const DAY: i64 = 86_400_000_000_000;

pub(super) fn day_text(day: i64) -> String {
    let start = Time(day.saturating_mul(DAY)).timestamp();
    start.strftime("%Y-%m-%d").to_string()
}

fn document(workload: &Workload) -> Vec<u8> {
    serde_json::to_vec(workload).unwrap_or_default()
}

fn digest_of(text: &[u8]) -> String {
    format!("{:032x}", crate::record::hash128(text))
}

/// Without name and time, so that equal documents are equal bytes.
pub(super) fn packed(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

pub(super) fn unpacked(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = GzDecoder::new(body)
        .take(MOST_BYTES + 1)
        .read_to_end(&mut text)?;
    if read as u64 > MOST_BYTES {
        return Err(std::io::Error::other("larger than 1 GiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_are_read_as_they_are_written() {
        for day in [10_957, 20_783, 36_525] {
            let (scope, name) = key_of(&Scope::Day(day));
            assert_eq!(scope_of(scope, &name), Some(Scope::Day(day)), "{name}");
        }
        assert_eq!(day_text(20_783), "2026-11-26");
        assert_eq!(scope_of("day", "yesterday"), None);
        assert_eq!(scope_of("week", "x"), None);
    }
}
