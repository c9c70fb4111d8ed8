//! What records refer to by number: strings, sets of dimensions, identities.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

/// An interned string of a [`Catalog`]. `Name::NONE` is the empty string: not known.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(transparent)]
pub struct Name(pub u32);

impl Name {
    /// The empty string: not known.
    pub const NONE: Name = Name(0);

    /// Whether this is a known, non-empty name.
    #[must_use]
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// What a record is told apart by.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The agent interface (claude_code, anthropic_api, mock, …).
    Interface,
    /// The context mode (FANCY, SIMPLE).
    Mode,
    /// What for: testing, development, review, …
    Purpose,
    /// The model.
    Model,
    /// The model's provider.
    Provider,
    /// The tool.
    Tool,
    /// The agent, or kind of subagent.
    Agent,
    /// The project.
    Project,
    /// The machine.
    Host,
    /// The process of a sample.
    Process,
    /// A label given by the user, or an unknown string key of a native record.
    Label(Name),
}

/// The fixed dimensions with their names, in order.
pub const DIMENSIONS: &[(&str, Dimension)] = &[
    ("interface", Dimension::Interface),
    ("mode", Dimension::Mode),
    ("purpose", Dimension::Purpose),
    ("model", Dimension::Model),
    ("provider", Dimension::Provider),
    ("tool", Dimension::Tool),
    ("agent", Dimension::Agent),
    ("project", Dimension::Project),
    ("host", Dimension::Host),
    ("process", Dimension::Process),
];

/// The values of a record's dimensions, sorted by dimension; absent dimensions are not in it.
pub type Dims = Vec<(Dimension, Name)>;

/// An interned [`Dims`] of a [`Catalog`]; 0 is the empty one.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(transparent)]
pub struct DimsId(pub u32);

/// Whether a person waits for what a session does, as far as its client tells how it was started.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// It was started for a person: a terminal, an editor.
    Attended,
    /// The source does not say.
    #[default]
    Unknown,
    /// It was started to end by itself, without a terminal: by a script or a schedule.
    Unattended,
}

/// Where a record belongs for inference: the raw names, from which the fold forms units.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    bitcode::Encode,
    bitcode::Decode,
)]
pub struct Identity {
    /// Session; for agent logs the root session.
    pub session: Name,
    /// Task.
    pub task: Name,
    /// Run: names a repetition.
    pub run: Name,
    /// Unit of inference as the input itself names it (a `unit` column).
    pub unit: Name,
    /// Whether a person waits for it.
    pub attendance: Attendance,
}

/// An interned [`Identity`] of a [`Catalog`]; 0 is the unknown one.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    bitcode::Encode,
    bitcode::Decode,
)]
#[serde(transparent)]
pub struct IdentityId(pub u32);

/// Values stored once and named by a small number; 0 is the default value.
#[derive(Debug, Clone)]
pub struct Interned<T> {
    values: Vec<T>,
    /// Made when the first value is looked for: of what was read and is only gone through none ever is.
    index: OnceLock<HashTable<u32>>,
    /// Whether the values are in order while there is no index.
    is_sorted: bool,
    hasher: DefaultHashBuilder,
}

impl<T: Clone + Eq + Hash + Default> Default for Interned<T> {
    fn default() -> Self {
        Self::of(vec![T::default()])
    }
}

impl<T: Clone + Eq + Hash + Default> Interned<T> {
    /// These values, numbered as they stand; the first one has to be the default value. Of equal ones the last
    /// is found.
    #[must_use]
    pub fn of(values: Vec<T>) -> Self {
        Self {
            values,
            index: OnceLock::new(),
            is_sorted: false,
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// The same of values in order, each once: they are found without an index.
    #[must_use]
    pub fn of_sorted(values: Vec<T>) -> Self {
        Self {
            is_sorted: true,
            ..Self::of(values)
        }
    }

    /// The number of `value`, which is stored if it is new.
    pub fn intern<Q>(&mut self, value: &Q) -> u32
    where
        T: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = T> + ?Sized,
    {
        match self.place(value) {
            Ok(known) => known,
            Err(new) => {
                self.values.push(value.to_owned());
                new
            }
        }
    }

    /// The same of a value that is no longer needed otherwise.
    pub fn take(&mut self, value: T) -> u32 {
        match self.place(&value) {
            Ok(known) => known,
            Err(new) => {
                self.values.push(value);
                new
            }
        }
    }

    /// Makes room for so many more values, which takes less at once than step by step.
    pub fn reserve(&mut self, more: usize) {
        self.index();
        self.values.reserve(more);
        let Self {
            values,
            index,
            hasher,
            ..
        } = self;
        if let Some(index) = index.get_mut() {
            index.reserve(more, |id| hasher.hash_one(&values[*id as usize]));
        }
    }

    /// How many values there is room for.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.values.capacity()
    }

    /// The number of a value; `Err` with a new one, under which it has to be stored at once.
    fn place<Q>(&mut self, value: &Q) -> Result<u32, u32>
    where
        T: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.index();
        let Self {
            values,
            index,
            hasher,
            ..
        } = self;
        let Some(index) = index.get_mut() else {
            unreachable!("it was made above");
        };
        let is_same = |id: &u32| Borrow::<Q>::borrow(&values[*id as usize]) == value;
        let rehash = |id: &u32| hasher.hash_one(Borrow::<Q>::borrow(&values[*id as usize]));
        match index.entry(hasher.hash_one(value), is_same, rehash) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(free) => {
                let id = u32::try_from(values.len()).unwrap_or(u32::MAX);
                free.insert(id);
                Err(id)
            }
        }
    }

    /// The number of `value`, if it is stored.
    pub fn find<Q>(&self, value: &Q) -> Option<u32>
    where
        T: Borrow<Q>,
        Q: Hash + Ord + ?Sized,
    {
        if self.is_sorted && self.index.get().is_none() {
            let found = self.values.binary_search_by(|v| v.borrow().cmp(value));
            return found.ok().and_then(|at| u32::try_from(at).ok());
        }
        let is_same = |id: &u32| Borrow::<Q>::borrow(&self.values[*id as usize]) == value;
        self.index()
            .find(self.hasher.hash_one(value), is_same)
            .copied()
    }

    /// Numbers by the hash of their value, which is not stored a second time.
    fn index(&self) -> &HashTable<u32> {
        let Self { values, hasher, .. } = self;
        self.index.get_or_init(|| {
            let mut index = HashTable::with_capacity(values.len());
            for (value, id) in values.iter().zip(0..) {
                let is_same = |other: &u32| values[*other as usize] == *value;
                let rehash = |id: &u32| hasher.hash_one(&values[*id as usize]);
                index
                    .entry(hasher.hash_one(value), is_same, rehash)
                    .insert(id);
            }
            index
        })
    }

    /// The value of that number.
    #[must_use]
    pub fn get(&self, id: u32) -> &T {
        &self.values[id as usize]
    }

    /// All values, in order of their numbers.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, in order of their numbers, without the means to find them.
    #[must_use]
    pub fn into_values(self) -> Vec<T> {
        self.values
    }
}

/// The strings, dimension sets and identities that records refer to.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Strings.
    pub names: Interned<String>,
    /// Dimension sets.
    pub dims: Interned<Dims>,
    /// Identities.
    pub identities: Interned<Identity>,
}

impl Catalog {
    /// Interns a string.
    pub fn name(&mut self, text: &str) -> Name {
        Name(self.names.intern(text))
    }

    /// The string of a name.
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        self.names.get(name.0)
    }

    /// Interns a dimension set; sorts it and drops unknown values first. Of a dimension that
    /// stands in it twice the first value counts.
    pub fn dims(&mut self, mut dims: Dims) -> DimsId {
        dims.retain(|(_, value)| value.is_some());
        dims.sort_by_key(|(dimension, _)| *dimension);
        dims.dedup_by_key(|(dimension, _)| *dimension);
        DimsId(self.dims.intern(&dims))
    }

    /// The value of a dimension in a set; `Name::NONE` where it is absent.
    #[must_use]
    pub fn dimension(&self, dims: DimsId, dimension: Dimension) -> Name {
        self.dims
            .get(dims.0)
            .iter()
            .find(|(d, _)| *d == dimension)
            .map_or(Name::NONE, |(_, v)| *v)
    }

    /// Interns an identity.
    pub fn identity(&mut self, identity: Identity) -> IdentityId {
        IdentityId(self.identities.intern(&identity))
    }

    /// The dimension of that name: a fixed one, else a label.
    pub fn dimension_named(&mut self, name: &str) -> Dimension {
        DIMENSIONS
            .iter()
            .find(|(n, _)| *n == name)
            .map_or_else(|| Dimension::Label(self.name(name)), |(_, d)| *d)
    }

    /// The name of a dimension.
    #[must_use]
    pub fn dimension_name(&self, dimension: Dimension) -> &str {
        match dimension {
            Dimension::Label(name) => self.text(name),
            fixed => DIMENSIONS
                .iter()
                .find(|(_, d)| *d == fixed)
                .map_or("", |(n, _)| n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is asked first: the number of a text is that under which it was stored first.
        #[test]
        fn a_text_has_one_number(
            known in prop::collection::hash_set("[a-d]{1,3}", 0..9),
            asked in prop::collection::vec(("[a-d]{0,3}", 0..4_u8), 0..40),
            is_sorted: bool,
        ) {
            let mut expected = vec![String::new()];
            expected.extend(known);
            let mut interned = match is_sorted {
                true => {
                    expected.sort_unstable();
                    Interned::of_sorted(expected.clone())
                }
                false => Interned::of(expected.clone()),
            };
            for (text, how) in asked {
                let place = expected.iter().position(|t| *t == text);
                let found = interned.find(text.as_str());
                prop_assert_eq!(found.map(|n| n as usize), place);
                let number = match how {
                    0 => interned.intern(text.as_str()),
                    1 => interned.take(text.clone()),
                    _ => {
                        interned.reserve(usize::from(how));
                        continue;
                    }
                };
                prop_assert_eq!(number as usize, place.unwrap_or(expected.len()));
                if place.is_none() {
                    expected.push(text);
                }
            }
            prop_assert_eq!(interned.values(), expected);
        }
    }
}
