//! Units of inference: which records are drawn together.
//!
//! As an input names them (a `unit` column); of agent logs the root session; else the run, else
//! session × task, else the session, else a quarter of an hour of a host.

use std::collections::HashMap;

use crate::record::{Catalog, Identity, IdentityId, Name};
use crate::units::{NANOS, Time};
use crate::workload::{UnitId, UnitOfInference};

use super::index::Quick;

/// Formats whose session is the unit, whatever tasks it names.
const AGENT_LOGS: &[&str] = &["claude-code", "codex", "gemini-cli", "cline", "opencode"];

/// Length of the unit of records that name neither session nor run, in nanoseconds.
const QUARTER: i64 = 900 * NANOS;

/// Whether a format is an agent's log.
pub(super) fn is_agent_log(format: &str) -> bool {
    AGENT_LOGS.contains(&format)
}

/// Units in the order in which they are met; they are sorted at the end of the fold.
#[derive(Debug, Default)]
pub(super) struct Units {
    names: Vec<UnitName>,
    known: HashMap<Name, UnitId, Quick>,
    formed: HashMap<String, UnitId>,
    /// Units already found, so that a name is formed once for each identity.
    by_identity: HashMap<(IdentityId, bool), Option<UnitId>, Quick>,
    by_quarter: HashMap<(Name, i64), UnitId, Quick>,
    /// The identity before, with its unit: mostly that of the next one too.
    last: Option<((IdentityId, bool), Option<UnitId>)>,
}

/// What a unit is called: a name of the catalog, or a text that is none there.
#[derive(Debug)]
enum UnitName {
    Known(Name),
    Formed(String),
}

impl UnitName {
    fn text<'a>(&'a self, catalog: &'a Catalog) -> &'a str {
        match self {
            UnitName::Known(name) => catalog.text(*name),
            UnitName::Formed(text) => text,
        }
    }

    /// A text that may be a name of the catalog too.
    fn formed(catalog: &Catalog, text: String) -> Self {
        match catalog.names.find(text.as_str()) {
            Some(name) => UnitName::Known(Name(name)),
            None => UnitName::Formed(text),
        }
    }
}

/// The unit of each operation; `None` of one that is not selected.
#[derive(Debug, Default)]
pub(super) struct UnitsOf(Vec<UnitId>);

/// Stands for no unit at all.
const NOT_SELECTED: UnitId = UnitId(UnitId::NONE.0 - 1);

impl UnitsOf {
    /// The unit of an operation.
    pub(super) fn get(&self, index: usize) -> Option<UnitId> {
        let unit = self.0.get(index).copied();
        unit.filter(|unit| *unit != NOT_SELECTED)
    }

    /// All of them in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<UnitId>> + '_ {
        (0..self.0.len()).map(|index| self.get(index))
    }

    /// Takes over the next ones, of which each has this number here.
    pub(super) fn take_in(&mut self, mut other: UnitsOf, numbers: &[UnitId]) {
        for unit in &mut other.0 {
            *unit = numbers.get(unit.0 as usize).copied().unwrap_or(*unit);
        }
        self.0.append(&mut other.0);
    }
}

impl FromIterator<Option<UnitId>> for UnitsOf {
    fn from_iter<I: IntoIterator<Item = Option<UnitId>>>(units: I) -> Self {
        let units = units.into_iter();
        Self(units.map(|unit| unit.unwrap_or(NOT_SELECTED)).collect())
    }
}

impl Units {
    /// The unit of an operation whose step began at `start` on `host`.
    pub(super) fn of(
        &mut self,
        catalog: &Catalog,
        identity: IdentityId,
        is_agent_log: bool,
        host: impl Fn() -> Name,
        start: Time,
    ) -> UnitId {
        let key = (identity, is_agent_log);
        let named = match self.last {
            Some((last, unit)) if last == key => unit,
            _ => match self.by_identity.get(&key) {
                Some(unit) => *unit,
                None => {
                    let name = name_of(catalog, *catalog.identities.get(identity.0), is_agent_log);
                    let unit = name.map(|name| self.named(name));
                    self.by_identity.insert(key, unit);
                    unit
                }
            },
        };
        self.last = Some((key, named));
        if let Some(unit) = named {
            return unit;
        }
        let quarter = (host(), start.0.div_euclid(QUARTER));
        if let Some(unit) = self.by_quarter.get(&quarter) {
            return *unit;
        }
        let name = quarter_name(catalog.text(quarter.0), quarter.1);
        let unit = self.named(UnitName::formed(catalog, name));
        self.by_quarter.insert(quarter, unit);
        unit
    }

    /// The unit that operations with this identity were given, if they name one.
    pub(super) fn find(
        &self,
        catalog: &Catalog,
        identity: IdentityId,
        is_agent_log: bool,
    ) -> Option<UnitId> {
        if let Some(unit) = self.by_identity.get(&(identity, is_agent_log)) {
            return *unit;
        }
        let name = name_of(catalog, *catalog.identities.get(identity.0), is_agent_log)?;
        match name {
            UnitName::Known(name) => self.known.get(&name).copied(),
            UnitName::Formed(text) => self.formed.get(&text).copied(),
        }
    }

    /// The name of a unit so far.
    pub(super) fn name<'a>(&'a self, catalog: &'a Catalog, unit: UnitId) -> &'a str {
        let name = self.names.get(unit.0 as usize);
        name.map_or("", |name| name.text(catalog))
    }

    /// For each unit so far whether records name it.
    pub(super) fn are_named(&self) -> Vec<bool> {
        let mut are_named = vec![true; self.names.len()];
        for unit in self.by_quarter.values() {
            are_named[unit.0 as usize] = false;
        }
        are_named
    }

    /// The unit of a sample: as its source names it, of what belongs to the work (`is_of_work`) also its run or
    /// session, as of an operation. What is measured of a machine while a session runs is not drawn with it.
    pub(super) fn of_sample(
        &mut self,
        catalog: &Catalog,
        identity: IdentityId,
        is_of_work: bool,
    ) -> UnitId {
        let identity = *catalog.identities.get(identity.0);
        let named = if is_of_work {
            name_of(catalog, identity, false)
        } else {
            let unit = identity.unit;
            unit.is_some().then_some(UnitName::Known(unit))
        };
        named.map_or(UnitId::NONE, |name| self.named(name))
    }

    /// Takes over what another part of the records gave; for each of its units the number here.
    pub(super) fn take_in(&mut self, other: Units) -> Vec<UnitId> {
        let names = other.names.into_iter();
        let numbers: Vec<UnitId> = names.map(|name| self.named(name)).collect();
        let number = |unit: UnitId| numbers.get(unit.0 as usize).copied().unwrap_or(unit);
        let identities = other.by_identity.into_iter();
        self.by_identity
            .extend(identities.map(|(identity, unit)| (identity, unit.map(number))));
        let quarters = other.by_quarter.into_iter();
        self.by_quarter
            .extend(quarters.map(|(quarter, unit)| (quarter, number(unit))));
        numbers
    }

    /// All units.
    pub(super) fn finish(self, catalog: &Catalog) -> Vec<UnitOfInference> {
        let names = self.names.into_iter().map(|name| match name {
            UnitName::Known(name) => catalog.text(name).to_owned(),
            UnitName::Formed(text) => text,
        });
        names.map(|name| UnitOfInference { name }).collect()
    }

    fn named(&mut self, name: UnitName) -> UnitId {
        let next = UnitId(super::number(self.names.len()));
        let unit = match &name {
            UnitName::Known(name) => *self.known.entry(*name).or_insert(next),
            UnitName::Formed(text) => match self.formed.get(text) {
                Some(unit) => *unit,
                None => *self.formed.entry(text.clone()).or_insert(next),
            },
        };
        if unit == next {
            self.names.push(name);
        }
        unit
    }
}

/// The names that the unit of an identity may have, the most telling first.
pub(in crate::workload) fn names_of(
    catalog: &Catalog,
    identity: Identity,
) -> impl Iterator<Item = String> {
    [false, true]
        .into_iter()
        .filter_map(move |is_agent_log| name_of(catalog, identity, is_agent_log))
        .map(|name| name.text(catalog).to_owned())
}

fn name_of(catalog: &Catalog, identity: Identity, is_agent_log: bool) -> Option<UnitName> {
    let known = |name: Name| name.is_some().then_some(UnitName::Known(name));
    let Identity {
        session,
        task,
        run,
        unit,
        attendance: _,
    } = identity;
    if is_agent_log {
        return known(session);
    }
    known(unit).or_else(|| known(run)).or_else(|| {
        if session.is_some() && task.is_some() {
            let text = format!("{}/{}", catalog.text(session), catalog.text(task));
            return Some(UnitName::formed(catalog, text));
        }
        known(session)
    })
}

/// `host 2026-11-23 12:15`.
fn quarter_name(host: &str, quarter: i64) -> String {
    let time = Time(quarter.saturating_mul(QUARTER))
        .timestamp()
        .strftime("%Y-%m-%d %H:%M")
        .to_string();
    if host.is_empty() {
        time
    } else {
        format!("{host} {time}")
    }
}
