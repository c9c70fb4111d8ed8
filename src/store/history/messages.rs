//! Messages on their way: a queue that outlives the program, and what became of each.
//!
//! A message is marked before it is sent. Where the program is killed in between, nobody knows whether it arrived: it
//! is then doubtful and not sent again, unless its channel says so. So none is sent twice.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{History, HistoryError};
use crate::units::{NANOS, Time};

/// As many messages of a channel wait at most; beyond them the oldest is dropped.
pub const MOST_WAITING: i64 = 1_000;

/// A message is tried for so long: a day.
const LONGEST: i64 = 86_400 * NANOS;

/// The first wait after a failure; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: i64 = 10 * NANOS;

/// The longest wait between two tries.
const LONGEST_WAIT: i64 = 900 * NANOS;

/// The longest wait by the other side's word.
const LONGEST_ASKED: i64 = 3_600 * NANOS;

/// A message for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    /// The same for the same message: it goes to a channel once.
    pub key: String,
    /// Name of the channel.
    pub channel: String,
    /// The message.
    pub document: String,
}

/// A message that is to be sent now, and is marked so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its number.
    pub id: i64,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// The message.
    pub document: String,
    made_at: Time,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// It arrived.
    Delivered,
    /// It never will.
    Refused(String),
    /// Nobody knows.
    Doubtful(String),
    /// It is tried again, after so many seconds if the other side says so.
    Again(String, Option<f64>),
}

/// A message in the list of what was sent.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Delivery {
    /// When it was made.
    pub made_at: Time,
    /// The channel.
    pub channel: String,
    /// `due`, `sending`, `delivered`, `refused`, `doubtful`, `expired` or `dropped`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it came to an end.
    pub settled_at: Option<Time>,
    /// When it is tried next.
    pub due_at: Option<Time>,
    /// What went wrong last.
    pub reason: Option<String>,
    /// Its title.
    pub title: String,
}

pub(super) fn enqueue(
    change: &Transaction<'_>,
    messages: &[ToSend],
    now: Time,
) -> rusqlite::Result<()> {
    for message in messages {
        let insert =
            "INSERT OR IGNORE INTO messages (key, channel, state, made_at, due_at, document)
            VALUES (?1, ?2, 'due', ?3, ?3, ?4)";
        let row = params![message.key, message.channel, now.0, message.document];
        change.execute(insert, row)?;
        let drop =
            "UPDATE messages SET state = 'dropped', settled_at = ?2, reason = 'too many wait'
            WHERE state = 'due' AND channel = ?1 AND id <= coalesce((SELECT id FROM messages
                WHERE state = 'due' AND channel = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?3), -1)";
        change.execute(drop, params![message.channel, now.0, MOST_WAITING])?;
    }
    Ok(())
}

impl History {
    /// Puts messages into the queue; one that is there, or was, is not put there again. Says how many are new.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn enqueue(&mut self, messages: &[ToSend], now: Time) -> Result<u64, HistoryError> {
        let path = self.path.clone();
        let failure = |error| HistoryError::of(&path, error);
        self.change(|change| {
            let count = "SELECT count(*) FROM messages";
            let before: i64 = change.query_row(count, [], |r| r.get(0)).map_err(failure)?;
            enqueue(change, messages, now).map_err(failure)?;
            let after: i64 = change.query_row(count, [], |r| r.get(0)).map_err(failure)?;
            Ok(u64::try_from(after - before).unwrap_or(0))
        })
    }

    /// What was being sent when a program ended is doubtful, or with `resends` due again. To be called while no other
    /// program sends.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn take_up(&mut self, channel: &str, resends: bool, now: Time) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let reason = "the program ended while it was sent";
        self.change(|change| {
            let update = match resends {
                true => "UPDATE messages SET state = 'due', reason = ?3 WHERE state = 'sending' AND channel = ?1 AND ?2 > 0",
                false => {
                    "UPDATE messages SET state = 'doubtful', settled_at = ?2, reason = ?3
                        WHERE state = 'sending' AND channel = ?1"
                }
            };
            change
                .execute(update, params![channel, now.0, reason])
                .map(drop)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// The next message of a channel, marked as being sent; `None`: none is due. Messages keep their order: while
    /// one waits, those behind it wait, too.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn next_message(
        &mut self,
        channel: &str,
        now: Time,
    ) -> Result<Option<Queued>, HistoryError> {
        let path = self.path.clone();
        let failure = |error| HistoryError::of(&path, error);
        self.change(|change| {
            let expire = "UPDATE messages SET state = 'expired', settled_at = ?2
                WHERE state = 'due' AND channel = ?1 AND made_at < ?3";
            let oldest = now.0.saturating_sub(LONGEST);
            change
                .execute(expire, params![channel, now.0, oldest])
                .map_err(failure)?;
            let query = "SELECT id, attempts, document, made_at, due_at FROM messages
                WHERE state = 'due' AND channel = ?1 ORDER BY id LIMIT 1";
            let found = change
                .query_row(query, [channel], |row| {
                    let queued = Queued {
                        id: row.get(0)?,
                        attempts: row.get::<_, u32>(1)? + 1,
                        document: row.get(2)?,
                        made_at: Time(row.get(3)?),
                    };
                    Ok((queued, row.get::<_, i64>(4)?))
                })
                .optional()
                .map_err(failure)?;
            // A time further off than any wait is of a clock that was put back since.
            let is_due = |due: i64| due <= now.0 || due > now.0.saturating_add(LONGEST_ASKED);
            let Some((queued, _)) = found.filter(|(_, due)| is_due(*due)) else {
                return Ok(None);
            };
            let mark = "UPDATE messages SET state = 'sending', attempts = ?2 WHERE id = ?1";
            change
                .execute(mark, params![queued.id, queued.attempts])
                .map_err(failure)?;
            Ok(Some(queued))
        })
    }

    /// Notes what became of a message.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn settle_message(
        &mut self,
        message: &Queued,
        settled: &Settled,
        now: Time,
    ) -> Result<(), HistoryError> {
        let path = self.path.clone();
        let (state, reason, due) = match settled {
            Settled::Delivered => ("delivered", None, None),
            Settled::Refused(reason) => ("refused", Some(reason), None),
            Settled::Doubtful(reason) => ("doubtful", Some(reason), None),
            Settled::Again(reason, after) => {
                ("due", Some(reason), Some(wait(message.attempts, *after)))
            }
        };
        let update = "UPDATE messages SET state = ?2, reason = ?3, due_at = coalesce(?4, due_at), settled_at = ?5
            WHERE id = ?1 AND state = 'sending'";
        let row = params![
            message.id,
            state,
            reason,
            due.map(|wait| now.0.saturating_add(wait)),
            due.is_none().then_some(now.0),
        ];
        self.change(|change| {
            change
                .execute(update, row)
                .map(drop)
                .map_err(|error| HistoryError::of(&path, error))
        })
    }

    /// The newest messages, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn deliveries(&self, most: u32) -> Result<Vec<Delivery>, HistoryError> {
        let failure = |error| self.failure(error);
        let query = "SELECT made_at, channel, state, attempts, settled_at, due_at, reason, document
            FROM messages ORDER BY id DESC LIMIT ?1";
        let mut statement = self.connection.prepare(query).map_err(failure)?;
        let rows = statement.query_map([most], |row| {
            let state: String = row.get(2)?;
            let document: String = row.get(7)?;
            let document: serde_json::Value = serde_json::from_str(&document).unwrap_or_default();
            Ok(Delivery {
                made_at: Time(row.get(0)?),
                channel: row.get(1)?,
                attempts: row.get(3)?,
                settled_at: row.get::<_, Option<i64>>(4)?.map(Time),
                due_at: (state == "due").then_some(Time(row.get(5)?)),
                reason: row.get(6)?,
                title: document["title"].as_str().unwrap_or_default().to_owned(),
                state,
            })
        });
        rows.and_then(Iterator::collect).map_err(failure)
    }
}

/// How long to wait after so many tries.
fn wait(attempts: u32, asked: Option<f64>) -> i64 {
    let doubled = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    #[allow(clippy::cast_possible_truncation)] // saturates
    let asked = asked.map_or(0, |seconds| (seconds * 1e9) as i64);
    doubled.min(LONGEST_WAIT).max(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Place;

    fn history() -> (tempfile::TempDir, History) {
        let folder = tempfile::tempdir().unwrap();
        let history = History::create(&Place::at(folder.path())).unwrap();
        (folder, history)
    }

    fn message(key: &str) -> ToSend {
        ToSend {
            key: key.into(),
            channel: "c".into(),
            document: "{}".into(),
        }
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * NANOS)
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let seconds: Vec<i64> = (1..10).map(|n| wait(n, None) / NANOS).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(wait(1, Some(120.0)) / NANOS, 120);
        assert_eq!(wait(1, Some(1e9)) / NANOS, 3_600);
    }

    #[test]
    fn a_message_goes_once_and_in_order() {
        let (_folder, mut history) = history();
        let both = [message("a"), message("b")];
        assert_eq!(history.enqueue(&both, at(0)).unwrap(), 2);
        assert_eq!(history.enqueue(&both, at(1)).unwrap(), 0);
        let first = history.next_message("c", at(1)).unwrap().unwrap();
        history
            .settle_message(&first, &Settled::Again("no".into(), None), at(1))
            .unwrap();
        // The second waits for the first.
        assert_eq!(history.next_message("c", at(10)).unwrap(), None);
        let again = history.next_message("c", at(11)).unwrap().unwrap();
        assert_eq!((again.id, again.attempts), (first.id, 2));
        history
            .settle_message(&again, &Settled::Delivered, at(11))
            .unwrap();
        let second = history.next_message("c", at(11)).unwrap().unwrap();
        assert_ne!(second.id, first.id);
    }

    #[test]
    fn what_was_being_sent_when_the_program_ended_is_not_sent_again() {
        let (_folder, mut history) = history();
        history.enqueue(&[message("a")], at(0)).unwrap();
        history.next_message("c", at(0)).unwrap().unwrap();
        history.take_up("c", false, at(1)).unwrap();
        assert_eq!(history.next_message("c", at(1)).unwrap(), None);
        assert_eq!(history.deliveries(9).unwrap()[0].state, "doubtful");
        history.enqueue(&[message("b")], at(2)).unwrap();
        history.next_message("c", at(2)).unwrap().unwrap();
        history.take_up("c", true, at(3)).unwrap();
        assert!(history.next_message("c", at(3)).unwrap().is_some());
    }

    #[test]
    fn old_ones_and_too_many_are_given_up() {
        let (_folder, mut history) = history();
        let many: Vec<ToSend> = (0..MOST_WAITING + 2)
            .map(|n| message(&n.to_string()))
            .collect();
        history.enqueue(&many, at(0)).unwrap();
        let states = |history: &History, state: &str| {
            let all = history.deliveries(5_000).unwrap();
            all.iter().filter(|d| d.state == state).count()
        };
        assert_eq!(
            (states(&history, "due"), states(&history, "dropped")),
            (1_000, 2)
        );
        assert_eq!(history.next_message("c", at(86_401)).unwrap(), None);
        assert_eq!(states(&history, "expired"), 1_000);
    }

    #[test]
    fn a_clock_that_is_put_back_holds_nothing_up() {
        let (_folder, mut history) = history();
        history.enqueue(&[message("a")], at(100_000)).unwrap();
        let first = history.next_message("c", at(100_000)).unwrap().unwrap();
        history
            .settle_message(&first, &Settled::Again("no".into(), None), at(100_000))
            .unwrap();
        assert!(history.next_message("c", at(50_000)).unwrap().is_some());
    }
}
