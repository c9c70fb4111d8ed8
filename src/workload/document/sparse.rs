//! Objects without the fields that hold their default.

/// Writes a struct as an object without the fields that are as in a blank one, and reads it back.
/// Derived fields are not written, and stay blank. All fields are named, so that one that is added
/// cannot be forgotten; an unknown one is refused, since what it held would be lost.
macro_rules! sparse {
    ($type:ident, $blank:expr, { $($field:ident),* $(,)? } $(, derived { $($derived:ident),* })?) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let $type { $($field,)* $($($derived: _,)*)? } = self;
                let blank = $blank;
                let mut map = s.serialize_map(None)?;
                $(if *$field != blank.$field {
                    map.serialize_entry(stringify!($field), $field)?;
                })*
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Fields;
                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<$type, A::Error> {
                        let mut value = $blank;
                        while let Some(key) = map.next_key::<&str>()? {
                            match key {
                                $(stringify!($field) => value.$field = map.next_value()?,)*
                                _ => {
                                    return Err(serde::de::Error::unknown_field(
                                        key,
                                        &[$(stringify!($field)),*],
                                    ));
                                }
                            }
                        }
                        Ok(value)
                    }
                }
                d.deserialize_map(Fields)
            }
        }
    };
}

pub(super) use sparse;
