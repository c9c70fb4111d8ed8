//! Which conversation a line belongs to: the file's own, or that of the parent whose lines a fork or a
//! subagent repeats at its beginning.

use crate::units::{NANOS, Time};

/// How much earlier than its thread a turn may seem to begin: clocks of seconds and of milliseconds.
const SLACK: i64 = NANOS;

/// The threads that a file names.
#[derive(Debug, Default, bitcode::Encode, bitcode::Decode)]
pub(super) struct Thread {
    /// The file's own id; its name until a line tells.
    pub(super) own: Box<[u8]>,
    /// The session at the root of all forks and subagents, as far as the file tells.
    pub(super) root: Box<[u8]>,
    pub(super) is_subagent: bool,
    is_named: bool,
    /// It repeats a parent's lines, or may.
    has_parent: bool,
    started: Option<Time>,
    turn: Turn,
    turn_id: Box<[u8]>,
}

/// Whose the present turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, bitcode::Encode, bitcode::Decode)]
enum Turn {
    #[default]
    Unknown,
    Own,
    Repeated,
}

/// What a `session_meta` line says.
pub(super) struct Meta<'a> {
    pub(super) id: &'a [u8],
    pub(super) session: &'a [u8],
    pub(super) parent: &'a [u8],
    pub(super) is_subagent: bool,
    pub(super) started: Option<Time>,
}

impl Thread {
    /// A thread of which only the file's name is known.
    pub(super) fn new(name: &str) -> Self {
        Self {
            own: name.as_bytes().into(),
            root: name.as_bytes().into(),
            ..Self::default()
        }
    }

    /// The first meta line is the file's own; those behind it are the parents' it repeats, the root
    /// last.
    pub(super) fn meta(&mut self, meta: &Meta<'_>) {
        if meta.id.is_empty() {
            return;
        }
        let first = |ids: [&[u8]; 3]| -> Box<[u8]> {
            ids.into_iter()
                .find(|id| !id.is_empty())
                .unwrap_or_default()
                .into()
        };
        if !self.is_named {
            self.is_named = true;
            self.own = meta.id.into();
            self.is_subagent = meta.is_subagent;
            self.started = meta.started;
            self.has_parent = !meta.parent.is_empty() && meta.parent != meta.id;
            self.root = first([meta.session, meta.parent, meta.id]);
        } else if *self.own != *meta.id {
            self.has_parent = true;
            self.root = first([meta.session, meta.parent, meta.id]);
        }
    }

    /// Whether a line has told the file's own id.
    pub(super) fn is_named(&self) -> bool {
        self.is_named
    }

    /// A turn begins: by when it says it started, else by the time in its id (UUID version 7).
    pub(super) fn turn(&mut self, id: &[u8], started_at: Option<u64>) {
        let time = started_at
            .and_then(|s| i64::try_from(s).ok())
            .and_then(|s| s.checked_mul(NANOS))
            .or_else(|| time_of(id));
        self.turn = match (time, self.started) {
            (Some(time), Some(started)) if time < started.0 - SLACK => Turn::Repeated,
            (Some(_), Some(_)) => Turn::Own,
            _ if id.is_empty() || *self.turn_id == *id => self.turn,
            _ => Turn::Unknown,
        };
        if *self.turn_id != *id && !id.is_empty() {
            self.turn_id = id.into();
        }
    }

    /// Whether the present line is one of the parent's, whose own file has it too.
    pub(super) fn is_repeated(&self) -> bool {
        self.has_parent && self.turn == Turn::Repeated
    }

    /// The thread whose the present line is, as far as is known: a parent may have the same line.
    pub(super) fn scope(&self) -> &[u8] {
        if self.is_own() { &self.own } else { &self.root }
    }

    /// Whether the present line is certainly no parent's.
    pub(super) fn is_own(&self) -> bool {
        !self.has_parent || self.turn == Turn::Own
    }
}

/// Nanoseconds since 1970 from a UUID of version 7.
fn time_of(id: &[u8]) -> Option<i64> {
    if id.len() != 36 || id[14] != b'7' {
        return None;
    }
    let high = std::str::from_utf8(&id[..8]).ok()?;
    let low = std::str::from_utf8(&id[9..13]).ok()?;
    let millis = u64::from_str_radix(high, 16).ok()? << 16 | u64::from_str_radix(low, 16).ok()?;
    i64::try_from(millis).ok()?.checked_mul(NANOS / 1000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The id of a turn of a real log, whose `task_started` line is of 2026-02-23T11:41:32.241Z.
    const TURN: &[u8] = b"019c8a4d-f931-7323-8939-64390c636ca9";

    #[test]
    fn a_version_7_id_tells_its_time() {
        let line: jiff::Timestamp = "2026-02-23T11:41:32.241Z".parse().unwrap();
        let time = i128::from(time_of(TURN).unwrap());
        assert!((line.as_nanosecond() - time).abs() < 1_000_000_000);
        assert_eq!(time_of(b"019c8a4d-f931-4323-8939-64390c636ca9"), None);
        assert_eq!(time_of(b"turn-1"), None);
    }

    fn thread(started: i64, parent: &[u8]) -> Thread {
        let mut thread = Thread::new("x");
        thread.meta(&Meta {
            id: b"own",
            session: b"",
            parent,
            is_subagent: false,
            started: Some(Time(started)),
        });
        thread
    }

    #[test]
    fn turns_before_the_fork_are_the_parents() {
        let time = time_of(TURN).unwrap();
        let mut fork = thread(time + 60 * NANOS, b"parent");
        assert!(!fork.is_repeated() && !fork.is_own());
        fork.turn(TURN, None);
        assert!(fork.is_repeated());
        fork.turn(b"x", Some(u64::try_from(time / NANOS + 61).unwrap()));
        assert!(fork.is_own());
        // A line of the same turn that tells nothing changes nothing.
        fork.turn(b"x", None);
        assert!(fork.is_own());
        fork.turn(b"y", None);
        assert!(!fork.is_own() && !fork.is_repeated());
        // Without a parent every turn is the file's own, such as after a resume.
        let mut root = thread(time + 60 * NANOS, b"");
        root.turn(TURN, None);
        assert!(root.is_own() && !root.is_repeated());
    }

    #[test]
    fn the_last_repeated_meta_names_the_root() {
        let mut thread = thread(0, b"parent");
        assert_eq!(*thread.root, *b"parent");
        for (id, parent) in [(b"parent", &b"grand"[..]), (b"grand_", b"")] {
            thread.meta(&Meta {
                id,
                session: b"",
                parent,
                is_subagent: false,
                started: None,
            });
        }
        assert_eq!((&*thread.own, &*thread.root), (&b"own"[..], &b"grand_"[..]));
    }
}
