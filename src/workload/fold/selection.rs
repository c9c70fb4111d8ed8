//! Which records count: a span of time, and values of dimensions.

use crate::record::{Catalog, DIMENSIONS, Dimension, DimsId, IdentityId, Name};
use crate::units::Time;

use super::FoldOptions;

/// The filters of a fold, with their names looked up.
#[derive(Debug)]
pub(super) struct Selection {
    from: Option<Time>,
    to: Option<Time>,
    only: Vec<(Key, Vec<Name>)>,
}

/// What a value is compared with.
#[derive(Debug, Clone, Copy)]
enum Key {
    Dimension(Dimension),
    Session,
    Task,
    Run,
    Unit,
    /// A label that no record has.
    Unheard,
}

impl Selection {
    pub(super) fn new(options: &FoldOptions, catalog: &Catalog) -> Self {
        let find = |text: &String| catalog.names.find(text.as_str()).map(Name);
        Self {
            from: options.from,
            to: options.to,
            only: options
                .only
                .iter()
                .map(|(key, values)| {
                    let key = match key.as_str() {
                        "session" => Key::Session,
                        "task" => Key::Task,
                        "run" => Key::Run,
                        "unit" => Key::Unit,
                        other => DIMENSIONS
                            .iter()
                            .find(|(name, _)| *name == other)
                            .map(|(_, dimension)| *dimension)
                            .or_else(|| find(key).map(Dimension::Label))
                            .map_or(Key::Unheard, Key::Dimension),
                    };
                    (key, values.iter().filter_map(find).collect())
                })
                .collect(),
        }
    }

    /// Whether a record of this time counts. What has no time lies in no span.
    pub(super) fn holds_at(&self, time: Option<Time>) -> bool {
        match time {
            Some(time) => {
                self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
            }
            None => self.from.is_none() && self.to.is_none(),
        }
    }

    /// Whether a record with these dimensions and this identity counts.
    pub(super) fn holds_for(&self, catalog: &Catalog, dims: DimsId, identity: IdentityId) -> bool {
        let values = self.only.iter();
        self.holds_of(catalog, identity)
            && values
                .filter_map(|(key, values)| match key {
                    Key::Dimension(dimension) => {
                        Some((catalog.dimension(dims, *dimension), values))
                    }
                    _ => None,
                })
                .all(is_among)
    }

    /// Whether a record with this identity may count, whatever its dimensions.
    pub(super) fn holds_of(&self, catalog: &Catalog, identity: IdentityId) -> bool {
        let identity = catalog.identities.get(identity.0);
        let values = self.only.iter();
        values
            .filter_map(|(key, values)| {
                let value = match key {
                    Key::Dimension(_) => return None,
                    Key::Session => identity.session,
                    Key::Task => identity.task,
                    Key::Run => identity.run,
                    Key::Unit => identity.unit,
                    Key::Unheard => Name::NONE,
                };
                Some((value, values))
            })
            .all(is_among)
    }
}

fn is_among((value, values): (Name, &Vec<Name>)) -> bool {
    value.is_some() && values.contains(&value)
}
