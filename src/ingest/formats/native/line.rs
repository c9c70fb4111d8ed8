//! One line of native records: a JSON object, its known keys by number, the others as they are.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::ingest::scalar::{Key, Scalar};

/// Kinds of records, as bits: a key may be known in some only.
pub(super) const OPERATION: u8 = 1;
pub(super) const SAMPLE: u8 = 2;
pub(super) const EVENT: u8 = 4;
const ANY: u8 = OPERATION | SAMPLE | EVENT;

macro_rules! fields {
    ($($id:ident $name:literal $kinds:expr;)*) => {
        /// A known key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($id),* }

        /// All known keys.
        pub(super) const FIELDS: &[Field] = &[$(Field::$id),*];

        impl Field {
            /// The key as it is written.
            pub(super) fn name(self) -> &'static str {
                match self { $(Field::$id => $name),* }
            }

            /// In which kinds of records it is known.
            pub(super) fn kinds(self) -> u8 {
                match self { $(Field::$id => $kinds),* }
            }

            fn named(name: &str) -> Option<Field> {
                match name { $($name => Some(Field::$id),)* _ => None }
            }
        }
    };
}

fields! {
    Kind "kind" ANY;
    Time "time" ANY;
    Id "id" ANY;
    Session "session" ANY;
    Task "task" ANY;
    Run "run" ANY;
    Mode "mode" ANY;
    Interface "interface" ANY;
    Purpose "purpose" ANY;
    Model "model" ANY;
    Provider "provider" ANY;
    Tool "tool" ANY;
    Agent "agent" ANY;
    Project "project" ANY;
    Host "host" ANY;
    Process "process" ANY;
    Operation "operation" OPERATION;
    Duration "duration" OPERATION | EVENT;
    Outcome "outcome" OPERATION;
    Reason "reason" OPERATION;
    RetryAfter "retry_after" OPERATION;
    Parent "parent" OPERATION;
    Attempt "attempt" OPERATION;
    CacheKey "cache_key" OPERATION;
    CacheHit "cache_hit" OPERATION;
    Tokens "tokens" OPERATION;
    TokensBudget "tokens_budget" OPERATION;
    Cost "cost" OPERATION;
    Accuracy "accuracy" OPERATION;
    FilesUsed "files_used" OPERATION;
    FilesConsidered "files_considered" OPERATION;
    MemoryUsage "memory_usage" OPERATION;
    Metric "metric" SAMPLE;
    Value "value" SAMPLE;
    Event "event" EVENT;
    Knob "knob" EVENT;
    From "from" EVENT;
    To "to" EVENT;
}

/// Numbers of tokens as they are written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TokenFields<'a> {
    pub(super) input: Scalar<'a>,
    pub(super) output: Scalar<'a>,
    pub(super) cache_read: Scalar<'a>,
    pub(super) cache_write: Scalar<'a>,
    pub(super) reasoning: Scalar<'a>,
}

/// A line, parsed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line<'a> {
    fields: [Scalar<'a>; FIELDS.len()],
    pub(super) tokens: Option<TokenFields<'a>>,
    /// Keys that are not known anywhere, with their values.
    pub(super) others: Vec<(Cow<'a, str>, Scalar<'a>)>,
    /// Keys inside of `tokens` that are not known.
    pub(super) ignored: u64,
}

impl Default for Line<'_> {
    fn default() -> Self {
        Self {
            fields: [const { Scalar::Null }; FIELDS.len()],
            tokens: None,
            others: Vec::new(),
            ignored: 0,
        }
    }
}

impl<'a> Line<'a> {
    pub(super) fn field(&self, field: Field) -> &Scalar<'a> {
        &self.fields[field as usize]
    }
}

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut line = Line::default();
        while let Some(Key(key)) = entries.next_key()? {
            match Field::named(&key) {
                Some(Field::Tokens) => {
                    let value: TokensValue<'de> = entries.next_value()?;
                    line.fields[Field::Tokens as usize] = value.kind;
                    line.tokens = value.fields;
                    line.ignored += value.ignored;
                }
                Some(field) => line.fields[field as usize] = entries.next_value()?,
                None => line.others.push((key, entries.next_value()?)),
            }
        }
        Ok(line)
    }
}

/// What stands under `tokens`: numbers by kind, or something else.
#[derive(Default)]
struct TokensValue<'a> {
    kind: Scalar<'a>,
    fields: Option<TokenFields<'a>>,
    ignored: u64,
}

impl<'de> Deserialize<'de> for TokensValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TokensVisitor)
    }
}

struct TokensVisitor;

impl<'de> Visitor<'de> for TokensVisitor {
    type Value = TokensValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers of tokens")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(TokensValue::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(wrong())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(wrong())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(wrong())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(wrong())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(wrong())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<Scalar<'de>>()?.is_some() {}
        Ok(wrong())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut fields = TokenFields::default();
        let mut ignored = 0;
        while let Some(Key(key)) = entries.next_key()? {
            let value: Scalar<'de> = entries.next_value()?;
            match &*key {
                "input" => fields.input = value,
                "output" => fields.output = value,
                "cache_read" => fields.cache_read = value,
                "cache_write" => fields.cache_write = value,
                "reasoning" => fields.reasoning = value,
                _ => ignored += 1,
            }
        }
        Ok(TokensValue {
            kind: Scalar::Composite,
            fields: Some(fields),
            ignored,
        })
    }
}

/// Neither absent nor an object.
fn wrong<'a>() -> TokensValue<'a> {
    TokensValue {
        kind: Scalar::Bool(false),
        ..TokensValue::default()
    }
}
