#![allow(clippy::unwrap_used)]

use super::blocks::{self, BLOCK};
use super::*;
use fearless_simd::{Level, Simd};

/// Walks a text to its end, with each level of instructions.
fn check(text: &[u8]) -> Result<(), Fault> {
    let results: Vec<_> = levels().into_iter().map(|l| check_at(l, text)).collect();
    assert!(results.windows(2).all(|w| w[0] == w[1]), "{results:?}");
    results[0]
}

fn check_at(level: Level, text: &[u8]) -> Result<(), Fault> {
    let mut index = Index::default();
    index.of_at(level, text)?;
    let mut cursor = Cursor::new(text, &index);
    cursor.skip_value()?;
    cursor.end()
}

#[test]
fn faults_have_their_names() {
    for text in [
        r#"{"a":[1,-2.5e+3,true,null,"x\"y\\"],"b":{}}"#,
        " [ ] ",
        "[1]",
        r#"{"a":[ null ],"b":[[true]]}"#,
        "0",
        r#""é — → 🚀""#,
    ] {
        assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
    }
    for text in [
        r#"{"a":1"#,
        r#"{"a"#,
        "[",
        r#"{"a":"#,
        r#"{"a":tr"#,
        r#""x\"#,
        "",
        "[1,",
    ] {
        assert_eq!(check(text.as_bytes()), Err(Fault::CutOff), "{text}");
    }
    for text in [
        "NaN,",
        "{a:1}",
        r#"{"a" 1}"#,
        "[1 2]",
        "[1,]",
        "{,}",
        "[1]]",
        "{}{}",
        "[01]",
        "[1.]",
        "[NaN]",
        "[1 ] 2",
        "{1}",
        r#"{"a":1]"#,
        "[1:2]",
        r#"{"a":1,}"#,
        "[\"\t\"]",
        "hello}",
        "[\x0c]",
        "[\x1a]",
    ] {
        assert_eq!(check(text.as_bytes()), Err(Fault::NotJson), "{text}");
    }
    assert_eq!(check(b"\"caf\xe9\""), Err(Fault::InvalidUtf8));
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert_eq!(check(nested(128).as_bytes()), Ok(()));
    assert_eq!(check(nested(129).as_bytes()), Err(Fault::TooDeep));
    assert_eq!(check(nested(100_000).as_bytes()), Err(Fault::TooDeep));
}

/// Found by fuzzing: the document that the scanner is held against has another key there.
#[test]
fn half_a_surrogate_pair_in_a_key_is_json() {
    assert_eq!(super::judge::judge(br#"{"\uDDDD":1}"#), Ok(()));
    assert_eq!(super::judge::judge(br#"{"a":["\uD83D"]}"#), Ok(()));
}

#[test]
fn texts_are_decoded_on_demand() {
    assert_eq!(decode(b"plain").as_deref(), Some("plain"));
    assert_eq!(decode(br"a\\b\u00e9").as_deref(), Some("a\\bé"));
    assert_eq!(decode(br"\ud83d"), None);
    assert_eq!(decode(br"\x"), None);
}

/// Every level of instructions that this machine has.
fn levels() -> Vec<Level> {
    let mut levels = vec![Level::baseline(), Level::new()];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(Level::new().as_sse4_2().map(Simd::level));
        levels.extend(Level::new().as_avx2().map(Simd::level));
    }
    levels
}

/// The bytes of a block for which `test` holds, one by one.
fn plain(block: &[u8], test: impl Fn(u8) -> bool) -> u64 {
    let bit = |(i, byte): (usize, &u8)| u64::from(test(*byte)) << i;
    block.iter().enumerate().map(bit).sum()
}

proptest::proptest! {
    #[test]
    fn masks_are_those_of_single_bytes(bytes in proptest::collection::vec(0_u8.., BLOCK), is_usual: bool) {
        let mut block: [u8; BLOCK] = bytes.as_slice().try_into().unwrap();
        if is_usual {
            // Random bytes nearly always hold something unusual.
            block = block.map(|b| if matches!(b, 0xc0 | 0xc1 | 0xe0 | 0xed | 0xf0..) { b'a' } else { b });
        }
        for level in levels() {
            let masks = fearless_simd::dispatch!(level, simd => {
                let x = blocks::load(simd, &block);
                let s = blocks::sequences(x);
                let mut unusual = blocks::Unusual::none(simd);
                unusual.note(blocks::load(simd, &[b'a'; BLOCK]));
                unusual.note(x);
                unusual.note(blocks::load(simd, &[0xe2; BLOCK]));
                [
                    blocks::byte(x, b'"'), blocks::control(x), s.two, blocks::escapes(x),
                    s.continuation, s.three,
                    // Control characters may differ; those are refused wherever they stand.
                    blocks::structure(x) & !blocks::control(x),
                    u64::from(blocks::has_control(x)), u64::from(unusual.any()),
                ]
            });
            let expected = [
                plain(&block, |b| b == b'"'),
                plain(&block, |b| b < 0x20),
                plain(&block, |b| b >= 0xc0),
                plain(&block, |b| br"\/bfnrt".contains(&b)),
                plain(&block, |b| b & 0xc0 == 0x80),
                plain(&block, |b| b >= 0xe0),
                plain(&block, |b| b"{}[]:,".contains(&b)),
                u64::from(block.iter().any(|b| *b < 0x20)),
                u64::from(block.iter().any(|b| matches!(b, 0xc0 | 0xc1 | 0xe0 | 0xed | 0xf0..))),
            ];
            proptest::prop_assert_eq!(masks, expected, "{:?}", level);
        }
    }

    /// Levels without the instruction give none; what they do instead is seen in the index of a line.
    #[test]
    fn places_are_those_of_the_bits(bits: u64) {
        let expected: Vec<u8> = (0..64).filter(|at| bits >> at & 1 == 1).collect();
        for level in levels() {
            let places = fearless_simd::dispatch!(level, simd => blocks::places(simd, bits));
            if let Some(places) = places {
                proptest::prop_assert_eq!(&places[..expected.len()], expected.as_slice());
            }
        }
    }

    /// The reference is the number as a value, parsed by the standard library.
    #[test]
    fn whole_numbers_are_those_of_their_values(
        number in "0|-?[0-9]{1,21}|[1-9][0-9]{0,9}(\\.5|e2)?|true|\"7\"| 7|7 ",
        is_in_list: bool,
    ) {
        let (open, close) = if is_in_list { ("[", "]") } else { ("{\"a\":", ",\"b\":1}") };
        let text = [open, &number, close].concat();
        let mut index = Index::default();
        index.of(text.as_bytes()).unwrap();
        let mut cursor = Cursor::new(text.as_bytes(), &index);
        cursor.value().unwrap();
        if is_in_list {
            cursor.item().unwrap();
        } else {
            cursor.key().unwrap();
        }
        let mut by_value = cursor.clone();
        let expected = match by_value.value() {
            Ok(Value::Number(raw)) => std::str::from_utf8(raw).unwrap().parse::<u32>().ok(),
            _ => None,
        };
        let before = cursor.offset();
        let found = cursor.whole::<u32>();
        if found.is_some() {
            proptest::prop_assert_eq!(found, expected);
            proptest::prop_assert_eq!(cursor.offset(), by_value.offset());
            let rest = if is_in_list { Value::List } else { Value::Object };
            proptest::prop_assert_eq!(cursor.skip(rest), by_value.skip(rest));
            proptest::prop_assert_eq!(cursor.end(), by_value.end());
        } else {
            proptest::prop_assert_eq!(cursor.offset(), before);
            // Only blanks keep a number that fits from being taken.
            proptest::prop_assert!(expected.is_none() || number.contains(' '), "{}", number);
        }
    }

    /// The reference is the same line alone, between its neighbours and however it ends.
    #[test]
    fn a_line_is_indexed_while_its_end_is_looked_for(
        line in r#"(\{"[a-zé\\n]{0,40}":|"[a-z🚀]{0,90}"|[\[\]{},: 1a]|\\"|"){0,9}\r?"#,
        after in r#"(\n[a-z\n"]{0,90})?"#,
    ) {
        let bytes = [line.as_bytes(), after.as_bytes()].concat();
        for level in levels() {
            let (mut alone, mut found) = (Index::default(), Index::default());
            let end = found.of_line_at(level, &bytes);
            if alone.of_at(level, line.as_bytes()).is_ok() && !after.is_empty() {
                proptest::prop_assert_eq!(end, Some(line.len()));
                proptest::prop_assert_eq!(found.positions(), alone.positions());
            } else {
                proptest::prop_assert_eq!(end, None);
            }
        }
    }

    /// The reference for UTF-8 is the standard library's.
    #[test]
    fn utf8_is_checked_as_the_standard_library_does(
        before in "[a-zé—🚀]{0,70}",
        odd in proptest::collection::vec(proptest::sample::select(
            [0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff_u8].as_slice()), 0..5),
        after in "[a-zé—🚀]{0,70}",
    ) {
        let mut text = vec![b'"'];
        text.extend(before.bytes().chain(odd).chain(after.bytes()));
        text.push(b'"');
        let is_fine = std::str::from_utf8(&text).is_ok();
        proptest::prop_assert_eq!(check(&text) != Err(Fault::InvalidUtf8), is_fine);
    }

    /// The reference for structure is serde_json, also for texts that were cut or changed.
    #[test]
    fn structure_is_checked_as_serde_json_does(
        text in r#"([\[\]{},:" 1a]|"[ab\\]{0,3}"|"[a-c]{0,70}":|-?[0-9]{1,2}(\.[0-9])?|true|null|\\"|\\\\){0,14}"#,
    ) {
        let strict = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        let ours = check(text.as_bytes()).is_ok();
        proptest::prop_assert_eq!(ours, strict);
    }

    #[test]
    fn escapes_are_checked_as_serde_json_does(
        text in r#""([a-z]{0,70}|\\\\|\\[a-z"/]|\\u[0-9a-fA-F]{3,4}|\\ud83d){0,8}"?"#,
    ) {
        let strict = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        proptest::prop_assert_eq!(check(text.as_bytes()).is_ok(), strict);
    }

    #[test]
    fn changed_documents_are_judged_as_serde_json_does(
        at in 0_usize..400, by in proptest::sample::select(b"\"{}[],:1 a".as_slice()), cut in 0_usize..400,
    ) {
        let document = br#"{"type":"assistant","n":[1,2.5,{"x":null}],"message":{"usage":{"input_tokens":3,"output_tokens":17},"content":[{"type":"text","text":"a long text with {braces}, [brackets]: and commas, that goes on beyond a block of 64 bytes"},{"type":"tool_use","id":"t","input":{}}]},"ok":true,"timestamp":"2026-03-02T08:00:00.123Z"}"#;
        let mut text = document.to_vec();
        if let Some(byte) = text.get_mut(at) {
            *byte = by;
        }
        text.truncate(cut.max(1));
        let strict = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
        proptest::prop_assert_eq!(check(&text).is_ok(), strict);
    }

    /// The same keys, texts and numbers, in documents that are mostly JSON.
    #[test]
    fn values_are_those_of_serde_json(
        text in r#"\{("[a-zé\\n]{0,40}":(-?[0-9]{1,20}(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?|"[a-z🚀]{0,70}"|\[(1,|null,|\{"a":[0-9]\},){0,9}true\]),){0,6}"z":0\}"#,
    ) {
        proptest::prop_assert_eq!(super::judge::judge(text.as_bytes()), Ok(()));
    }
}
