//! Texts that are an object, a list of objects, or several of these one after another.

use super::{Cursor, Fault, Index, Value};

/// Hands each key of a text that is an object to `each`, which takes the value. What follows the object is
/// left to [`Cursor::end`].
///
/// # Errors
/// It is no object, or the fault.
#[inline]
pub(crate) fn each_key<'a>(
    text: &'a [u8],
    index: &'a mut Index,
    each: impl FnMut(&'a [u8], &mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<Cursor<'a>, Fault> {
    index.of(text)?;
    each_key_indexed(text, index, each)
}

/// The same for a text that `index` was made of.
///
/// # Errors
/// It is no object, or the fault.
#[inline]
pub(crate) fn each_key_indexed<'a>(
    text: &'a [u8],
    index: &'a Index,
    mut each: impl FnMut(&'a [u8], &mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<Cursor<'a>, Fault> {
    let mut cursor = Cursor::new(text, index);
    let value = cursor.value()?;
    if value != Value::Object {
        cursor.skip(value)?;
        cursor.end()?;
        return Err(Fault::NotJson);
    }
    while let Some(key) = cursor.key()? {
        each(key, &mut cursor)?;
    }
    Ok(cursor)
}

/// Hands each object of a text, entered, to `each`; of a list its objects, whose other items are passed
/// over. What stands complete before a fault was handed on.
///
/// # Errors
/// The fault, and how many bytes before it were understood.
pub(crate) fn each_object<'a>(
    text: &'a [u8],
    index: &'a mut Index,
    each: impl FnMut(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), (usize, Fault)> {
    match index.of(text) {
        Ok(()) => walk(text, index, each),
        Err(Fault::CutOff) => {
            let sound = sound_part(text);
            if index.of(sound).is_ok() {
                // What goes wrong in it is that the rest is missing.
                let _ = walk(sound, index, each);
            }
            Err((sound.len(), Fault::CutOff))
        }
        Err(fault) => Err((0, fault)),
    }
}

fn walk<'a>(
    text: &'a [u8],
    index: &'a Index,
    mut each: impl FnMut(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), (usize, Fault)> {
    let mut cursor = Cursor::new(text, index);
    walk_with(&mut cursor, &mut each).map_err(|fault| (cursor.offset(), fault))
}

fn walk_with<'a>(
    cursor: &mut Cursor<'a>,
    each: &mut impl FnMut(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    loop {
        match cursor.value()? {
            Value::Object => each(cursor)?,
            Value::List => {
                while cursor.item()? {
                    match cursor.value()? {
                        Value::Object => each(cursor)?,
                        other => cursor.skip(other)?,
                    }
                }
            }
            _ => return Err(Fault::NotJson),
        }
        if cursor.end().is_ok() {
            return Ok(());
        }
    }
}

/// The text up to its last object that ends outside of any string.
pub(crate) fn sound_part(text: &[u8]) -> &[u8] {
    let (mut sound, mut at, mut is_inside) = (0, 0, false);
    while let Some(n) = memchr::memchr3(b'"', b'\\', b'}', &text[at..]) {
        let place = at + n;
        at = place + 1;
        match text[place] {
            b'"' => is_inside = !is_inside,
            b'\\' => at = (at + 1).min(text.len()),
            _ if !is_inside => sound = at,
            _ => {}
        }
    }
    &text[..sound]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of each object, and the fault.
    fn read(text: &[u8]) -> (Vec<String>, Option<(usize, Fault)>) {
        let mut index = Index::default();
        let mut read = Vec::new();
        let result = each_object(text, &mut index, |cursor| {
            let mut keys = String::new();
            while let Some(key) = cursor.key()? {
                keys += &String::from_utf8_lossy(key);
                cursor.skip_value()?;
            }
            read.push(keys);
            Ok(())
        });
        (read, result.err())
    }

    #[test]
    fn keys_of_one_object() {
        let keys = |text: &[u8]| {
            let (mut index, mut keys) = (Index::default(), String::new());
            let walked = each_key(text, &mut index, |key, cursor| {
                keys += &String::from_utf8_lossy(key);
                cursor.skip_value()
            });
            let end = walked.and_then(|cursor| cursor.end());
            (keys, end)
        };
        assert_eq!(keys(br#" {"a":1,"b":[{"c":2}]} "#), ("ab".into(), Ok(())));
        assert_eq!(keys(br#"{"a":1} x"#), ("a".into(), Err(Fault::NotJson)));
        assert_eq!(keys(br#"{"a":1,"b":"#), ("ab".into(), Err(Fault::CutOff)));
        assert_eq!(keys(b"[1]"), (String::new(), Err(Fault::NotJson)));
        assert_eq!(keys(b"[1"), (String::new(), Err(Fault::CutOff)));
    }

    #[test]
    fn objects_and_lists_of_them() {
        assert_eq!(
            read(b"{\n  \"a\": 1\n}\n[{\"b\":1}]\n{\"c\":1} "),
            (vec!["a".into(), "b".into(), "c".into()], None)
        );
        assert_eq!(read(br#"{"a":1,"b":{}}"#), (vec!["ab".into()], None));
        assert_eq!(
            read(br#" [{"a":1}, 2, [], {"b":[1]}] "#),
            (vec!["a".into(), "b".into()], None)
        );
        assert_eq!(read(b"[]"), (vec![], None));
        assert_eq!(read(b"3").1, Some((1, Fault::NotJson)));
    }

    #[test]
    fn what_stands_before_a_fault_is_handed_on() {
        let text = br#"[{"a":1}, {"b":"cut"#;
        assert_eq!(read(text), (vec!["a".into()], Some((8, Fault::CutOff))));
        let text = br#"[{"a":1}, {"b":1,"#;
        let (keys, fault) = read(text);
        assert_eq!(keys, ["a"]);
        assert_eq!(fault.map(|f| f.1), Some(Fault::CutOff));
        let (keys, fault) = read(br#"[{"a":1}, x {"b":1}]"#);
        assert_eq!(keys, ["a"]);
        assert_eq!(fault.map(|f| f.1), Some(Fault::NotJson));
    }

    #[test]
    fn the_part_before_a_cut() {
        let text = br#"{"a":[{"b":"}"},{"c":"cut \" } "#;
        assert_eq!(sound_part(text), br#"{"a":[{"b":"}"}"#);
        assert_eq!(sound_part(b"\"\\"), b"");
    }
}
