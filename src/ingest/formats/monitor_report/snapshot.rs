//! A snapshot of the orchestrator's monitor, as its reports and its status hold it.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::ingest::document::{Faults, Field, Listed, Origin, Shaped, is_word};
use crate::metrics::Metric;
use crate::record::{
    Dimension, DimsId, Event, EventKind, Flags, Hash128, IdentityId, Kind, Measured, Name, Records,
    Sample,
};
use crate::units::Time;

/// A snapshot: percent of the machine, counters since boot, load, times of checks.
#[derive(Debug, Default, Deserialize)]
pub(in crate::ingest::formats) struct Snapshot<'a> {
    #[serde(borrow, default)]
    pub(super) timestamp: Field<'a>,
    #[serde(borrow, default)]
    pub(super) cpu_usage: Field<'a>,
    #[serde(borrow, default)]
    pub(super) memory_usage: Field<'a>,
    #[serde(borrow, default)]
    pub(super) disk_usage: Field<'a>,
    #[serde(borrow, default)]
    pub(super) network_io: Shaped<Network<'a>>,
    #[serde(borrow, default)]
    pub(super) active_processes: Field<'a>,
    #[serde(borrow, default)]
    pub(super) system_load: Load<'a>,
    #[serde(borrow, default)]
    pub(super) workflow_state: Field<'a>,
    #[serde(borrow, default)]
    pub(super) response_times: Shaped<Checks<'a>>,
}

pub(super) type Load<'a> = Listed<Field<'a>, OneMinute<'a>>;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Network<'a> {
    #[serde(borrow, default)]
    pub(super) bytes_sent: Field<'a>,
    #[serde(borrow, default)]
    pub(super) bytes_recv: Field<'a>,
}

/// Makes records of the snapshots of one file, one after the other.
#[derive(Debug)]
pub(in crate::ingest::formats) struct Snapshots<'a> {
    origin: &'a Origin<'a>,
    keys: Hash128,
    dims: DimsId,
    /// State and whether there was one, of the snapshot before.
    state: Option<Name>,
}

impl<'a> Snapshots<'a> {
    /// None so far.
    pub(in crate::ingest::formats) fn new(origin: &'a Origin<'a>, records: &mut Records) -> Self {
        Self {
            origin,
            keys: origin.keys("monitor"),
            dims: origin.dims(records, &[]),
            state: None,
        }
    }

    /// Takes the snapshot that stands in record `index` of the document under `keys`.
    pub(in crate::ingest::formats) fn take(
        &mut self,
        index: usize,
        keys: &[&str],
        snapshot: &Snapshot<'_>,
        records: &mut Records,
        faults: &mut Faults<'_>,
    ) {
        let time = snapshot
            .timestamp
            .text()
            .and_then(|text| self.origin.time(text));
        let Some(time) = time else {
            let at = [keys, &["timestamp"]].concat();
            return faults.skipped(index, &at, "a snapshot without a time that can be read");
        };
        let mut taking = Taking {
            template: Sample {
                key: self.keys.with(&time.0.to_le_bytes()).key(),
                time,
                value: 0.0,
                metric: Measured::Known(Metric::CpuUtilization),
                dims: self.dims,
                identity: IdentityId(0),
                file: self.origin.file,
                flags: Flags::LEADS,
            },
            index,
            keys,
            records,
            faults,
        };
        taking.percent("cpu_usage", &snapshot.cpu_usage, Metric::CpuUtilization);
        taking.percent(
            "memory_usage",
            &snapshot.memory_usage,
            Metric::MemoryUtilization,
        );
        taking.percent("disk_usage", &snapshot.disk_usage, Metric::DiskUtilization);
        taking.network(&snapshot.network_io);
        taking.amount(
            &["active_processes"],
            &snapshot.active_processes,
            Metric::ActiveProcesses,
        );
        taking.load(&snapshot.system_load);
        taking.checks(&snapshot.response_times, self.origin);
        let is_alone = taking.template.flags.has(Flags::LEADS);
        if is_alone {
            faults.skipped(index, keys, "a snapshot without a value that can be used");
        }
        self.transition(time, &snapshot.workflow_state, records);
    }

    /// Notes a change of the workflow's state between neighbouring snapshots: seen at this one.
    fn transition(&mut self, time: Time, state: &Field<'_>, records: &mut Records) {
        let Some(state) = state.text().filter(|text| is_word(text)) else {
            self.state = None;
            return;
        };
        // Mostly it is as before.
        if (self.state).is_some_and(|before| records.catalog.text(before) == state) {
            return;
        }
        let state = records.catalog.name(state);
        if let Some(from) = self.state.filter(|from| *from != state) {
            records.events.push(Event {
                key: self.origin.key("monitor state", time),
                time,
                duration: -1,
                kind: EventKind::Transition,
                subject: records.catalog.name("workflow"),
                from,
                to: state,
                dims: self.dims,
                identity: IdentityId(0),
                file: self.origin.file,
                flags: Flags::default(),
            });
        }
        self.state = Some(state);
    }
}

/// The values of one snapshot on their way to samples.
struct Taking<'a, 'f> {
    template: Sample,
    index: usize,
    keys: &'a [&'a str],
    records: &'a mut Records,
    faults: &'a mut Faults<'f>,
}

impl Taking<'_, '_> {
    /// The first sample leads: the snapshot is one record.
    fn push(&mut self, metric: Metric, value: f64, flags: Flags) {
        let metric = Measured::Known(metric);
        if self.template.flags.has(Flags::LEADS) {
            self.records.samples.push(Sample {
                value,
                metric,
                flags: self.template.flags.with(flags),
                ..self.template
            });
            self.template.flags = Flags::default();
        } else {
            let dims = self.template.dims;
            let kind = Kind {
                metric,
                dims,
                flags,
            };
            self.records.samples.add(kind, value);
        }
    }

    fn fault(&mut self, at: &[&str], reason: &str) {
        let name = at.last().copied().unwrap_or_default();
        let at = [self.keys, at].concat();
        self.faults
            .value(self.index, &at, format!("{name} {reason}"));
    }

    fn number(&mut self, at: &[&str], field: &Field<'_>) -> Option<f64> {
        field.number().unwrap_or_else(|reason| {
            self.fault(at, reason);
            None
        })
    }

    fn percent(&mut self, name: &'static str, field: &Field<'_>, metric: Metric) {
        let Some(value) = self.number(&[name], field) else {
            return;
        };
        if (0.0..=100.0).contains(&value) {
            self.push(metric, value / 100.0, Flags::default());
        } else {
            self.fault(&[name], "lies outside 0 to 100 percent");
        }
    }

    fn amount(&mut self, at: &[&str], field: &Field<'_>, metric: Metric) {
        let Some(value) = self.number(at, field) else {
            return;
        };
        if value < 0.0 {
            return self.fault(at, "is negative");
        }
        let flags = match metric {
            Metric::NetworkSent | Metric::NetworkReceived => Flags::CUMULATIVE,
            _ => Flags::default(),
        };
        self.push(metric, value, flags);
    }

    fn network(&mut self, network: &Shaped<Network<'_>>) {
        match network {
            Shaped::Nothing => {}
            Shaped::Other => self.fault(&["network_io"], "is not an object"),
            Shaped::Is(network) => {
                let sent = ["network_io", "bytes_sent"];
                self.amount(&sent, &network.bytes_sent, Metric::NetworkSent);
                let received = ["network_io", "bytes_recv"];
                self.amount(&received, &network.bytes_recv, Metric::NetworkReceived);
            }
        }
    }

    fn load(&mut self, load: &Load<'_>) {
        match load {
            Listed::Nothing => {}
            Listed::Other => self.fault(&["system_load"], "is not a list"),
            Listed::Of(load, _) => {
                if let Some(field) = load.first.as_ref().filter(|_| load.is_measured) {
                    self.amount(&["system_load"], field, Metric::SystemLoad);
                }
            }
        }
    }

    /// A time that is there is a check that was answered. Without one nothing is known: there may be
    /// no visualizer at all.
    fn checks(&mut self, checks: &Shaped<Checks<'_>>, origin: &Origin<'_>) {
        match checks {
            // The monitor's own tests write an empty list.
            Shaped::Nothing | Shaped::Other => {}
            Shaped::Is(checks) => {
                if let Some(visualizer) = &checks.visualizer {
                    self.check(&[RESPONSES, VISUALIZER], visualizer);
                }
                for (name, field) in &checks.others {
                    let before = self.template.dims;
                    if is_word(name) {
                        let label = Dimension::Label(self.records.catalog.name("check"));
                        self.template.dims = origin.dims(self.records, &[(label, name)]);
                    }
                    self.check(&[RESPONSES, name], field);
                    self.template.dims = before;
                }
            }
        }
    }

    fn check(&mut self, at: &[&str], field: &Field<'_>) {
        match field.number() {
            // Asked, and no answer: this program's own monitor writes so.
            Ok(None) => self.push(Metric::Uptime, 0.0, Flags::default()),
            Ok(Some(value)) if value >= 0.0 => {
                self.push(Metric::CheckTime, value, Flags::default());
                self.push(Metric::Uptime, 1.0, Flags::default());
            }
            // The key may be anybody's word and is not repeated.
            _ => {
                let at = [self.keys, at].concat();
                let reason = "a response time is not a number of seconds";
                self.faults.value(self.index, &at, reason);
            }
        }
    }
}

const RESPONSES: &str = "response_times";
pub(super) const VISUALIZER: &str = "visualizer_response_time";

/// Times of checks in seconds, by name.
#[derive(Debug, Default)]
pub(super) struct Checks<'a> {
    pub(super) visualizer: Option<Field<'a>>,
    pub(super) others: Vec<(String, Field<'a>)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Checks<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ChecksVisitor;
        impl<'de> Visitor<'de> for ChecksVisitor {
            type Value = Checks<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("times of checks")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Checks<'de>, A::Error> {
                let mut checks = Checks::default();
                while let Some(key) = map.next_key::<Field<'de>>()? {
                    let value = map.next_value()?;
                    match key.text() {
                        Some(VISUALIZER) => checks.visualizer = Some(value),
                        name => checks
                            .others
                            .push((name.unwrap_or_default().to_owned(), value)),
                    }
                }
                Ok(checks)
            }
        }
        deserializer.deserialize_map(ChecksVisitor)
    }
}

/// Of the load averages over 1, 5 and 15 minutes the first, and whether all are whole zeros: so the
/// monitor writes them where the system has none.
#[derive(Debug, Default)]
pub(super) struct OneMinute<'a> {
    first: Option<Field<'a>>,
    is_measured: bool,
}

impl<'a> Extend<Field<'a>> for OneMinute<'a> {
    fn extend<I: IntoIterator<Item = Field<'a>>>(&mut self, fields: I) {
        for field in fields {
            self.is_measured |= field != Field::Whole(0.0);
            self.first.get_or_insert(field);
        }
    }
}
