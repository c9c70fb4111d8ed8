//! What came over a socket in one interval: counters summed up, gauges as they stand, times and values one by one.
//!
//! Everything is bounded. What goes beyond is counted by reason, and never a cause to stop.

use std::collections::BTreeMap;

use super::line::{self, Kind, Line, Reason};
use crate::recorder::{RecordError, Recorder};
use crate::units::{NANOS, Time};

/// Counters and gauges of one interval, told apart by name and tags.
const MOST_SERIES: usize = 10_000;

/// Single values of one interval.
const MOST_VALUES: usize = 100_000;

/// Gauges that are remembered, for changes of them.
const MOST_GAUGES: usize = 10_000;

type Tags = Vec<(String, String)>;

/// Name, tags, and the time where a line says so.
type Key = (String, Tags, Option<i64>);

/// Values that came.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counters: BTreeMap<Key, f64>,
    gauges: BTreeMap<Key, f64>,
    /// Times and values as they came, in order.
    values: Vec<(Time, Key, f64)>,
    /// What gauges stood at last, in all intervals.
    standing: BTreeMap<(String, Tags), f64>,
    /// Lines that told something.
    pub(super) taken: u64,
    /// Lines that told nothing, by reason.
    pub(super) faults: BTreeMap<Reason, u64>,
    /// Names that came: what they are is for the configuration to say.
    pub(super) names: BTreeMap<String, Kind>,
}

impl Tally {
    /// Takes the lines of a packet that came at `now`.
    pub(super) fn packet(&mut self, packet: &[u8], now: Time) {
        for text in packet.split(|b| *b == b'\n') {
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            let told = line::read(text).and_then(|line| self.line(line, now));
            match told {
                Ok(()) => self.taken += 1,
                Err(reason) => self.fault(reason, 1),
            }
        }
    }

    /// Counts what told nothing.
    pub(super) fn fault(&mut self, reason: Reason, n: u64) {
        *self.faults.entry(reason).or_default() += n;
    }

    /// Names of what came as times.
    pub(super) fn timers(&self) -> Vec<String> {
        let timers = self.names.iter().filter(|(_, kind)| **kind == Kind::Timer);
        timers.map(|(name, _)| name.clone()).collect()
    }

    fn line(&mut self, line: Line, now: Time) -> Result<(), Reason> {
        const TOO_MANY: Reason = "more metrics and tags in an interval than are kept apart";
        let Line {
            name,
            kind,
            values,
            tags,
            time,
        } = line;
        let time = time.map(|seconds| seconds.saturating_mul(NANOS));
        if time.is_some_and(|time| !Time(time).is_plausible()) {
            return Err("its time is not between 2000 and 2100");
        }
        let is_new = !self.names.contains_key(&name);
        if is_new && self.names.len() >= MOST_SERIES {
            return Err(TOO_MANY);
        }
        if is_new {
            self.names.insert(name.clone(), kind);
        }
        let key = (name, tags, time);
        match kind {
            Kind::Counter => {
                if self.counters.len() >= MOST_SERIES && !self.counters.contains_key(&key) {
                    return Err(TOO_MANY);
                }
                *self.counters.entry(key).or_default() += values.iter().sum::<f64>();
            }
            Kind::Gauge | Kind::Change => {
                let place = (key.0.clone(), key.1.clone());
                let before = self.standing.get(&place).copied();
                let is_full = self.standing.len() >= MOST_GAUGES && before.is_none()
                    || self.gauges.len() >= MOST_SERIES && !self.gauges.contains_key(&key);
                if is_full {
                    return Err(TOO_MANY);
                }
                let value = match kind {
                    // A gauge that nobody has set stands at 0.
                    Kind::Change => before.unwrap_or(0.0) + values.iter().sum::<f64>(),
                    _ => values.last().copied().unwrap_or_default(),
                };
                self.standing.insert(place, value);
                self.gauges.insert(key, value);
            }
            Kind::Timer | Kind::Histogram => {
                if self.values.len() + values.len() > MOST_VALUES {
                    return Err("more times and values in an interval than are kept");
                }
                let at = time.map_or(now, Time);
                let all = values.into_iter().map(|value| (at, key.clone(), value));
                self.values.extend(all);
            }
        }
        Ok(())
    }

    /// Gives up what came in this interval: there is no place for it.
    pub(super) fn give_up(&mut self) {
        let lost = self.counters.len() + self.gauges.len() + self.values.len();
        self.counters.clear();
        self.gauges.clear();
        self.values.clear();
        self.fault(
            "records without a place: the file cannot be written",
            lost as u64,
        );
    }

    /// What came in the interval that ends `now`, as records; the next interval begins. Returns how many. What
    /// cannot be written stays in the recorder, for the next try.
    pub(super) fn write(&mut self, recorder: &mut Recorder, now: Time) -> Result<u64, RecordError> {
        let sums = std::mem::take(&mut self.counters);
        let gauges = std::mem::take(&mut self.gauges);
        let values = std::mem::take(&mut self.values);
        let at = |key: &Key| key.2.map_or(now, Time);
        let summed = sums.into_iter().chain(gauges).map(|(k, v)| (at(&k), k, v));
        let mut written = 0;
        let mut last = Ok(());
        for (time, (name, tags, _), value) in summed.chain(values) {
            let tags: Vec<(&str, &str)> = tags
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            match recorder.record_at(&name, value, &tags, time) {
                Ok(()) => written += 1,
                // It waits there.
                Err(error @ RecordError::File { .. }) => {
                    written += 1;
                    last = Err(error);
                }
                Err(RecordError::Range { .. }) => {
                    self.fault("its value is too large, negative, or a share above 1", 1);
                }
                Err(_) => self.fault("its values add up to no number", 1),
            }
        }
        last.and_then(|()| recorder.flush())?;
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::Value;

    const NOON: Time = Time(1_795_435_200 * NANOS);

    /// The records of one interval, by name and queue.
    fn written(tally: &mut Tally) -> Vec<(String, f64)> {
        let folder = tempfile::tempdir().unwrap();
        let mut recorder = Recorder::in_folder(folder.path()).unwrap();
        tally.write(&mut recorder, NOON).unwrap();
        let text = std::fs::read_to_string(recorder.path()).unwrap();
        let record = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let queue = line["queue"].as_str().map(|q| format!(" {q}"));
            let name = line["metric"].as_str().unwrap();
            (
                format!("{name}{}", queue.unwrap_or_default()),
                line["value"].as_f64().unwrap(),
            )
        };
        text.lines().map(record).collect()
    }

    #[test]
    fn an_interval_is_summed_up() {
        let mut tally = Tally::default();
        tally.packet(
            b"jobs:1|c|#queue:a\njobs:2|c|#queue:a\njobs:1|c|@0.1|#queue:b\r\n\ndepth:5|g\ndepth:+3|g\ndepth:-1|g\nwait:300|ms\nwait:20|ms\nbad\nbad:1|z\nbad\n",
            NOON,
        );
        let of = |name: &str, value: f64| (name.to_owned(), value);
        let all = written(&mut tally);
        assert_eq!(
            all,
            [
                of("jobs a", 3.0),
                of("jobs b", 10.0),
                of("depth", 7.0),
                of("wait", 0.3),
                of("wait", 0.02),
            ]
        );
        assert_eq!(tally.taken, 8);
        assert_eq!(tally.faults.values().sum::<u64>(), 3);
        // A gauge stands until it is changed, and is written where something came.
        assert_eq!(written(&mut tally), []);
        tally.packet(b"depth:+1|g", NOON);
        assert_eq!(written(&mut tally), [of("depth", 8.0)]);
    }

    /// What every reader would drop is not written, and counted.
    #[test]
    fn what_no_reader_takes_is_no_record() {
        let mut tally = Tally::default();
        tally.packet(b"z:1|c|@1e-300\ncpu_utilization:50|g\ndepth:3|g", NOON);
        assert_eq!(written(&mut tally), [("depth".to_owned(), 3.0)]);
        assert_eq!(tally.faults.values().sum::<u64>(), 2);
    }

    #[test]
    fn floods_are_bounded() {
        let mut tally = Tally::default();
        for number in 0..MOST_SERIES + 50 {
            tally.packet(format!("jobs:1|c|#n:{number}").as_bytes(), NOON);
        }
        let thousand = format!("wait:{}1|h", "1:".repeat(999));
        for _ in 0..MOST_VALUES / 1_000 + 2 {
            tally.packet(thousand.as_bytes(), NOON);
        }
        assert_eq!(tally.counters.len(), MOST_SERIES);
        assert_eq!(tally.values.len(), MOST_VALUES);
        assert_eq!(tally.faults.values().sum::<u64>(), 52);
    }
}
