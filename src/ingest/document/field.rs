//! A value of a document, whatever it turns out to be.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// A value of which a number or a text is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::ingest) enum Field<'a> {
    /// The key is not there, or the value is `null`.
    #[default]
    Nothing,
    /// A number with a fraction or an exponent.
    Number(f64),
    /// A whole number.
    Whole(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// Yes or no.
    Bool(bool),
    /// A list or an object.
    Other,
}

impl Field<'_> {
    /// The number; `None` where there is none.
    ///
    /// # Errors
    /// Something else stands there, or the number is not finite.
    pub(in crate::ingest) fn number(&self) -> Result<Option<f64>, &'static str> {
        match self {
            Field::Nothing => Ok(None),
            Field::Number(value) | Field::Whole(value) if value.is_finite() => Ok(Some(*value)),
            Field::Number(_) | Field::Whole(_) => Err("is not a finite number"),
            _ => Err("is not a number"),
        }
    }

    /// A number that is not negative, also where it was written as a text; `None` where there is none.
    ///
    /// # Errors
    /// Something else stands there, or the number is none of these.
    pub(in crate::ingest) fn amount(&self) -> Result<Option<f64>, &'static str> {
        const REASON: &str = "is no amount";
        let number = match self {
            Field::Text(text) if text.trim().is_empty() => None,
            Field::Text(text) => Some(text.trim().parse().map_err(|_| REASON)?),
            other => other.number()?,
        };
        match number {
            Some(number) if !f64::is_finite(number) || number < 0.0 => Err(REASON),
            amount => Ok(amount),
        }
    }

    /// The text, if it is one.
    pub(in crate::ingest) fn text(&self) -> Option<&str> {
        match self {
            Field::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Field<'de>, E> {
        Ok(Field::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field<'de>, E> {
        #[allow(clippy::cast_precision_loss)]
        Ok(Field::Whole(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field<'de>, E> {
        #[allow(clippy::cast_precision_loss)]
        Ok(Field::Whole(value as f64))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field<'de>, E> {
        Ok(Field::Bool(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}

/// A value of which an object is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::ingest) enum Shaped<T> {
    /// The key is not there, or the value is `null`.
    #[default]
    Nothing,
    /// The object.
    Is(T),
    /// Something else.
    Other,
}

impl<T> Shaped<T> {
    /// The object, if it is one.
    pub(in crate::ingest) fn get(&self) -> Option<&T> {
        match self {
            Shaped::Is(value) => Some(value),
            _ => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shaped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapedVisitor(PhantomData))
    }
}

struct ShapedVisitor<T>(PhantomData<T>);

/// The methods for scalars but texts of a visitor that wants none.
macro_rules! no_numbers {
    ($value:ty, $nothing:expr, $other:expr) => {
        type Value = $value;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            Ok($other)
        }

        fn visit_unit<E>(self) -> Result<$value, E> {
            Ok($nothing)
        }
    };
}

/// The methods for scalars of a visitor that wants none.
macro_rules! no_scalars {
    ($value:ty, $nothing:expr, $other:expr) => {
        no_numbers!($value, $nothing, $other);

        fn visit_str<E>(self, _: &str) -> Result<$value, E> {
            Ok($other)
        }
    };
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ShapedVisitor<T> {
    no_scalars!(Shaped<T>, Shaped::Nothing, Shaped::Other);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shaped<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shaped::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Shaped<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Shaped::Is)
    }
}

/// A value of which a list is wanted, whose elements are collected in a `C`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::ingest) enum Listed<T, C = Vec<T>> {
    /// The key is not there, or the value is `null`.
    #[default]
    Nothing,
    /// The list.
    Of(C, PhantomData<T>),
    /// Something else.
    Other,
}

impl<'de, T: Deserialize<'de>, C: Default + Extend<T>> Deserialize<'de> for Listed<T, C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListedVisitor(PhantomData))
    }
}

struct ListedVisitor<T, C>(PhantomData<(T, C)>);

impl<'de, T: Deserialize<'de>, C: Default + Extend<T>> Visitor<'de> for ListedVisitor<T, C> {
    no_scalars!(Listed<T, C>, Listed::Nothing, Listed::Other);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Listed<T, C>, A::Error> {
        let mut list = C::default();
        while let Some(element) = seq.next_element::<T>()? {
            list.extend(std::iter::once(element));
        }
        Ok(Listed::Of(list, PhantomData))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed<T, C>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Listed::Other)
    }
}

/// An object, also where it stands in a text as JSON; its default where there is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::ingest) struct Embedded<T>(pub(in crate::ingest) T);

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Embedded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EmbeddedVisitor(PhantomData))
    }
}

struct EmbeddedVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned + Default> Visitor<'de> for EmbeddedVisitor<T> {
    no_numbers!(Embedded<T>, Embedded::default(), Embedded::default());

    fn visit_str<E>(self, text: &str) -> Result<Embedded<T>, E> {
        Ok(Embedded(serde_json::from_str(text).unwrap_or_default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Embedded<T>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Embedded::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Embedded<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Embedded)
    }
}
