//! One knob of a file of configuration set to another value: every other byte stays as it is.
//!
//! A value that stands there is replaced at its place; one that does not is added below its section. What
//! comes out is read again and has to differ in this one value only, else nothing is changed: whatever a
//! text may hold that was not thought of, nothing is lost.

use super::KnobValue;
use super::keys::{CONTEXT_KEYS, Goes, KEYS, Key};
use super::kind::{Kind, is_configuration};
use super::scalars;
use super::tree::{self, Entry, Node, Span, Value};

/// The section of `performance_config.yaml`.
const FOREIGN_ROOT: &str = "performance_optimization";

/// A text with one value changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The whole text.
    pub text: String,
    /// The first line that is changed or added, from 1.
    pub line: u64,
    /// That line before; `None`: it is new.
    pub before: Option<String>,
    /// The lines that stand there now.
    pub after: Vec<String>,
}

/// Why a text was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no such knob.
    #[error("there is no knob {0}")]
    Unknown(String),
    /// The text cannot be read.
    #[error("line {line}: {reason}")]
    Broken {
        /// Line, from 1; 0: not known.
        line: u64,
        /// Why.
        reason: String,
    },
    /// The knob cannot have this value.
    #[error("{0}")]
    Value(String),
    /// It has the value already.
    #[error("line {0}: it has this value already")]
    Same(u64),
    /// It is written in a way that cannot be changed without touching anything else.
    #[error("line {0}: it is written in a way that this program does not change")]
    Unusual(u64),
}

impl KnobValue {
    /// The value of a text, as a file of configuration would have it.
    #[must_use]
    pub fn of_text(text: &str) -> KnobValue {
        match tree::read(text) {
            Ok(Some(Node {
                value: Value::Bool(b),
                ..
            })) => KnobValue::Bool(b),
            Ok(Some(Node {
                value: Value::Number(n),
                ..
            })) => KnobValue::Number(n),
            _ => KnobValue::Word(text.to_owned()),
        }
    }
}

/// Sets a knob in a text of configuration. An empty text becomes our own file.
///
/// # Errors
/// There is no such knob, it cannot have this value or has it already; the text cannot be read, or is
/// written in a way that leaves no safe place.
pub fn set(text: &str, knob: &str, value: &KnobValue) -> Result<Edited, EditError> {
    let spots = spots(text, knob);
    if spots.is_empty() {
        return Err(EditError::Unknown(knob.to_owned()));
    }
    let root = tree::read(text).map_err(|error| EditError::Broken {
        line: error.span.line,
        reason: error.message,
    })?;
    let found = spots.iter().find_map(|spot| {
        let node = spot.path.iter().try_fold(root.as_ref()?, |node, part| {
            child(node, part).map(|entry| &entry.node)
        })?;
        (node.value != Value::Nothing).then_some((spot, node))
    });
    let (spot, edited, written) = match found {
        Some((spot, node)) => {
            let (edited, written) = replaced(text, node, spot, value)?;
            (spot, edited, written)
        }
        None => {
            let spot = &spots[0];
            let edited = added(text, root.as_ref(), spot, value)?;
            (spot, edited, spot.node(value)?)
        }
    };
    let expected = with(root.as_ref(), &spot.path, &written.value);
    let is_as_meant = tree::read(&edited.text)
        .ok()
        .flatten()
        .is_some_and(|now| is_same(&now, &expected));
    if is_as_meant {
        Ok(edited)
    } else {
        Err(EditError::Unusual(edited.line))
    }
}

/// A place where a knob may stand.
struct Spot {
    key: &'static Key,
    path: Vec<String>,
}

impl Spot {
    /// The value as it is written here.
    fn written(&self, value: &KnobValue) -> String {
        match value {
            // `context_config.yaml` writes modes small.
            KnobValue::Word(w) if self.key.name == "default_mode" => w.to_ascii_lowercase(),
            KnobValue::Word(w) => quoted(w),
            other => other.to_string(),
        }
    }

    /// What is read back of that, checked against the key's type.
    fn node(&self, value: &KnobValue) -> Result<Node, EditError> {
        self.read_back(&self.written(value))
    }

    fn read_back(&self, text: &str) -> Result<Node, EditError> {
        let node = tree::read(text).ok().flatten();
        let node = node.ok_or_else(|| EditError::Value(format!("{text} is no value")))?;
        match scalars::read(self.key, &node) {
            Ok(_) => Ok(node),
            Err(expected) => Err(EditError::Value(format!(
                "{} must be {}",
                self.path.join("."),
                expected.what
            ))),
        }
    }
}

/// Where a knob may stand in a text of its kind, the best place first.
fn spots(text: &str, knob: &str) -> Vec<Spot> {
    let ours = KEYS.iter().filter_map(|key| Some((key, path(key, knob)?)));
    let kind = is_configuration(text.as_bytes());
    let mut spots: Vec<Spot> = Vec::new();
    for (key, path) in ours {
        let below: Vec<String> = [FOREIGN_ROOT.to_owned()]
            .into_iter()
            .chain(path.iter().cloned())
            .collect();
        let (plain, below) = (Spot { key, path }, Spot { key, path: below });
        if kind == Some(Kind::Performance) {
            spots.extend([below, plain]);
        } else {
            spots.extend([plain, below]);
        }
    }
    let theirs = CONTEXT_KEYS
        .iter()
        .filter(|k| matches!(k.goes, Goes::Knob(name) if name == knob));
    let theirs = theirs.map(|key| Spot {
        key,
        path: vec![key.name.to_owned()],
    });
    if kind == Some(Kind::Context) {
        spots.splice(0..0, theirs);
    } else {
        spots.extend(theirs);
    }
    spots
}

/// The path of a knob below the root, if the key is that of the knob.
fn path(key: &Key, knob: &str) -> Option<Vec<String>> {
    let Goes::Knob(name) = key.goes else {
        return None;
    };
    let mut path: Vec<String> = key
        .name
        .trim_end_matches('.')
        .split('.')
        .map(str::to_owned)
        .collect();
    if name.ends_with('.') {
        let rest = knob.strip_prefix(name).filter(|rest| !rest.is_empty())?;
        path.push(rest.to_owned());
        return Some(path);
    }
    (name == knob).then_some(path)
}

/// A word as YAML reads it back, older readers included, to which `off` is no word.
fn quoted(word: &str) -> String {
    const NO_WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && !NO_WORDS.iter().any(|w| w.eq_ignore_ascii_case(word));
    // `5min`, `1.5GB`; never `1e3` and `0x1f`.
    let (figure, unit) = word.split_at(word.find(char::is_alphabetic).unwrap_or(word.len()));
    let is_quantity = figure.chars().any(|c| c.is_ascii_digit())
        && figure.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !unit.is_empty()
        && unit.chars().all(|c| c.is_ascii_alphabetic())
        && !unit.to_ascii_lowercase().starts_with(['x', 'o', 'e', 'b']);
    let is_simple = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let reads_back = || {
        let node = tree::read(word).ok().flatten();
        node.is_some_and(|n| n.value == Value::Text(word.to_owned()))
    };
    if (is_name || is_quantity) && word.chars().all(is_simple) && reads_back() {
        word.to_owned()
    } else {
        serde_json::Value::from(word).to_string()
    }
}

fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Entry> {
    match &node.value {
        Value::Map(entries) => entries.iter().find(|e| e.key == key),
        _ => None,
    }
}

/// The text with the value at a node's place replaced, and what is read back there.
fn replaced(
    text: &str,
    node: &Node,
    spot: &Spot,
    value: &KnobValue,
) -> Result<(Edited, Node), EditError> {
    let line = node.span.line;
    let mut new = spot.node(value)?;
    if let (Ok(old), Ok(new)) = (scalars::read(spot.key, node), scalars::read(spot.key, &new))
        && old.value == new.value
    {
        return Err(EditError::Same(line));
    }
    let range = range_of(text, node.span).ok_or(EditError::Unusual(line))?;
    let old = &text[range.clone()];
    // Anchors, aliases, tags, blocks and what runs over several lines.
    if old.is_empty() || old.starts_with(['*', '&', '!', '|', '>', '[', '{']) || old.contains('\n')
    {
        return Err(EditError::Unusual(line));
    }
    let mut written = spot.written(value);
    if let Some(quote) = old.chars().next().filter(|c| "\"'".contains(*c))
        && !written.contains(['"', '\'', '\\'])
    {
        let quoted = format!("{quote}{written}{quote}");
        if let Ok(node) = spot.read_back(&quoted) {
            (written, new) = (quoted, node);
        }
    }
    let mut edited = text.to_owned();
    edited.replace_range(range, &written);
    let at = |text: &str| {
        let number = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        text.lines().nth(number).unwrap_or_default().to_owned()
    };
    let edited = Edited {
        line,
        before: Some(at(text)),
        after: vec![at(&edited)],
        text: edited,
    };
    Ok((edited, new))
}

/// Bytes of a place in a text.
fn range_of(text: &str, span: Span) -> Option<std::ops::Range<usize>> {
    let line = usize::try_from(span.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(span.column).ok()?.checked_sub(1)?;
    let length = usize::try_from(span.length).ok()?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?;
    let mut places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    let from = places.nth(column)?;
    let to = if length == 0 {
        from
    } else {
        places.nth(length - 1)?
    };
    Some(start + from..start + to)
}

/// The text with the knob added: below the deepest of its sections that is there, else at the end.
fn added(
    text: &str,
    root: Option<&Node>,
    spot: &Spot,
    value: &KnobValue,
) -> Result<Edited, EditError> {
    let mut section: Option<&Entry> = None;
    let mut node = root;
    let mut depth = 0;
    for part in &spot.path {
        let Some(entry) = node.and_then(|n| child(n, part)) else {
            break;
        };
        depth += 1;
        section = Some(entry);
        node = Some(&entry.node);
    }
    if matches!(root.map(|r| &r.value), Some(v) if !matches!(v, Value::Map(_))) {
        return Err(EditError::Unusual(1));
    }
    let lines: Vec<&str> = text.lines().collect();
    let (at, indent) = match section {
        None => {
            let first = root.and_then(first_column).unwrap_or(1);
            (lines.len(), first - 1)
        }
        Some(section) => {
            let own = section.span.column.max(1) - 1;
            let indent = match &section.node.value {
                Value::Nothing => own + 2,
                Value::Map(entries) if is_block(section, entries) => {
                    first_column(&section.node).map_or(own + 2, |c| c - 1)
                }
                _ => return Err(EditError::Unusual(section.span.line)),
            };
            (usize::try_from(last_line(section)).unwrap_or(0), indent)
        }
    };
    let mut after = Vec::new();
    let missing = &spot.path[depth..];
    for (level, part) in missing.iter().enumerate() {
        let spaces = usize::try_from(indent).unwrap_or(0) + 2 * level;
        let end = if level + 1 == missing.len() {
            format!(" {}", spot.written(value))
        } else {
            String::new()
        };
        after.push(format!("{:spaces$}{}:{end}", "", quoted(part)));
    }
    if missing.is_empty() {
        // The key is there, with nothing behind it.
        return Err(EditError::Unusual(section.map_or(1, |s| s.span.line)));
    }
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edited = String::new();
    for line in lines.iter().take(at) {
        edited.push_str(line);
        edited.push_str(ending);
    }
    for line in &after {
        edited.push_str(line);
        edited.push_str(ending);
    }
    // What follows stays byte for byte.
    let kept: usize = text.split_inclusive('\n').take(at).map(str::len).sum();
    edited.push_str(&text[kept..]);
    Ok(Edited {
        text: edited,
        line: at as u64 + 1,
        before: None,
        after,
    })
}

/// Whether a section is written in lines of its own, not between braces.
fn is_block(section: &Entry, entries: &[Entry]) -> bool {
    entries.iter().all(|e| e.span.line > section.span.line)
}

fn first_column(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Map(entries) => entries.first().map(|e| e.span.column),
        _ => None,
    }
}

/// The last line on which anything of an entry begins.
fn last_line(entry: &Entry) -> u64 {
    fn of(node: &Node) -> u64 {
        let below = match &node.value {
            Value::List(items) => items.iter().map(of).max(),
            Value::Map(entries) => entries.iter().map(last_line).max(),
            _ => None,
        };
        below.unwrap_or(0).max(node.span.line)
    }
    // A value without a text stands nowhere.
    entry.span.line.max(of(&entry.node))
}

/// The tree with one value set.
fn with(root: Option<&Node>, path: &[String], value: &Value) -> Node {
    let span = Span::default();
    let Some((first, rest)) = path.split_first() else {
        return Node {
            value: value.clone(),
            span,
        };
    };
    let mut entries = match root.map(|r| &r.value) {
        Some(Value::Map(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    match entries.iter_mut().find(|e| e.key == *first) {
        Some(entry) => entry.node = with(Some(&entry.node), rest, value),
        None => entries.push(Entry {
            key: first.clone(),
            span,
            node: with(None, rest, value),
        }),
    }
    Node {
        value: Value::Map(entries),
        span,
    }
}

/// Whether two trees hold the same, wherever it stands and in whatever order.
fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|x| {
                    let other = b.iter().find(|y| y.key == x.key);
                    other.is_some_and(|y| is_same(&x.node, &y.node))
                })
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(n: f64) -> KnobValue {
        KnobValue::Number(n)
    }

    fn word(w: &str) -> KnobValue {
        KnobValue::Word(w.to_owned())
    }

    #[test]
    fn a_value_is_replaced_and_nothing_else() {
        let text = "# ours\ncontext:\n  cache_size:   50   # too small\n  cache_ttl: '5min'\n\nretry: {limit: 3, backoff: 1s}\n";
        let edited = set(text, "context.cache_size", &number(100.0)).unwrap();
        assert_eq!(edited.text, text.replace("50 ", "100 "));
        assert_eq!(edited.line, 3);
        assert_eq!(
            edited.before.as_deref(),
            Some("  cache_size:   50   # too small")
        );
        assert_eq!(edited.after, ["  cache_size:   100   # too small"]);
        // Quotes stay, flow style stays, line ends stay.
        let edited = set(text, "context.cache_ttl", &word("10min")).unwrap();
        assert_eq!(edited.text, text.replace("'5min'", "'10min'"));
        let quoted = "context: {'cache_size': \"3\"}\n";
        let edited = set(quoted, "context.cache_size", &number(250.0)).unwrap();
        assert_eq!(edited.text, quoted.replace("\"3\"", "\"250\""));
        let edited = set(text, "retry.limit", &number(5.0)).unwrap();
        assert_eq!(edited.text, text.replace("limit: 3", "limit: 5"));
        let dos = text.replace('\n', "\r\n");
        let edited = set(&dos, "context.cache_size", &number(100.0)).unwrap();
        assert_eq!(edited.text, dos.replace("50 ", "100 "));
        let foreign =
            "größe: ignoriert\nperformance_optimization:\n  context:\n    cache_size: 50\n";
        let edited = set(foreign, "context.cache_size", &number(100.0)).unwrap();
        assert_eq!(edited.text, foreign.replace("50", "100"));
        let context = "default_mode: auto\nsimple_cache_size: 50\ncache_ttl_seconds: 300\n";
        let edited = set(context, "context.mode", &word("SIMPLE")).unwrap();
        assert_eq!(edited.text, context.replace("auto", "simple"));
        let edited = set(context, "context.cache_size", &number(100.0)).unwrap();
        assert_eq!(edited.text, context.replace("50", "100"));
    }

    #[test]
    fn what_is_missing_is_added_below_its_section() {
        let text = "context:\n    cache_size: 50\n    mode_for:\n      review: FANCY\n\n# end\nretry:\n  limit: 3";
        let edited = set(text, "context.mode_for.testing", &word("SIMPLE")).unwrap();
        assert_eq!(
            edited.text,
            text.replace("review: FANCY\n", "review: FANCY\n      testing: SIMPLE\n")
        );
        assert_eq!((edited.line, edited.before), (5, None));
        let edited = set(text, "context.cache_ttl", &word("5min")).unwrap();
        assert_eq!(
            edited.text,
            text.replace("review: FANCY\n", "review: FANCY\n    cache_ttl: 5min\n")
        );
        let edited = set(text, "timeout.model_request", &word("60s")).unwrap();
        assert_eq!(
            edited.text,
            format!("{text}\ntimeout:\n  model_request: 60s\n")
        );
        let edited = set("", "context.mode_for.ci jobs", &word("SIMPLE")).unwrap();
        assert_eq!(
            edited.text,
            "context:\n  mode_for:\n    \"ci jobs\": SIMPLE\n"
        );
        let foreign = "performance_optimization:\n  context:\n    cache_size: 50\nother: 1\n";
        let edited = set(foreign, "resources.concurrent_operations", &number(4.0)).unwrap();
        assert_eq!(
            edited.text,
            "performance_optimization:\n  context:\n    cache_size: 50\n  resources:\n    concurrent_operations: 4\nother: 1\n"
        );
        let bare = "context:\nretry:\n  limit: 3\n";
        let edited = set(bare, "context.cache_size", &number(4.0)).unwrap();
        assert_eq!(
            edited.text,
            "context:\n  cache_size: 4\nretry:\n  limit: 3\n"
        );
    }

    #[test]
    fn what_is_not_safe_is_left() {
        let is = |text: &str, knob: &str, value: KnobValue| set(text, knob, &value).unwrap_err();
        assert_eq!(
            is(
                "context: {cache_ttl: 5min}\n",
                "context.cache_size",
                number(1.0)
            ),
            EditError::Unusual(1)
        );
        let aliased = "retry: {limit: &n 3}\ncontext:\n  cache_size: *n\n";
        assert_eq!(
            is(aliased, "context.cache_size", number(9.0)),
            EditError::Unusual(3)
        );
        assert!(matches!(
            is(aliased, "retry.limit", number(9.0)),
            EditError::Unusual(_)
        ));
        assert_eq!(
            is(
                "context:\n  cache_size: 50\n",
                "context.cache_size",
                number(50.0)
            ),
            EditError::Same(2)
        );
        assert!(matches!(
            is(
                "context:\n  cache_size: 50\n",
                "context.cache_size",
                word("many")
            ),
            EditError::Value(_)
        ));
        assert!(matches!(
            is("a: [", "context.cache_size", number(1.0)),
            EditError::Broken { .. }
        ));
        assert!(matches!(
            is("", "context.cash", number(1.0)),
            EditError::Unknown(_)
        ));
        assert_eq!(
            is("- a\n- b\n", "retry.limit", number(1.0)),
            EditError::Unusual(1)
        );
    }

    #[test]
    fn words_are_words_to_every_reader() {
        for (word, text) in [
            ("SIMPLE", "SIMPLE"),
            ("5min", "5min"),
            ("1.5GB", "1.5GB"),
            ("claude-3.5/x", "claude-3.5/x"),
            ("off", "\"off\""),
            ("Yes", "\"Yes\""),
            ("1e3", "\"1e3\""),
            ("0x1f", "\"0x1f\""),
            ("12", "\"12\""),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("-", "\"-\""),
        ] {
            assert_eq!(quoted(word), text);
        }
    }

    proptest::proptest! {
        /// Whatever the text: a panic never, and what comes out differs in the one value only.
        #[test]
        fn any_text(lines in proptest::collection::vec("( {0,4}(context|cache_size|retry|limit|x)(: ?(|[0-9]{1,2}|\"a\"|\\{limit: 3\\}|&a 3|\\*a))?( #.*)?|[a-z\\-\\[\\]{}:| ]{0,12})", 0..8)) {
            let text = lines.join("\n");
            if let Ok(edited) = set(&text, "context.cache_size", &KnobValue::Number(777.0)) {
                let now = tree::read(&edited.text).unwrap().unwrap();
                let before = tree::read(&text).unwrap();
                let path = |p: &[&str]| p.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
                let places = [path(&["context", "cache_size"]), path(&["performance_optimization", "context", "cache_size"]), path(&["simple_cache_size"])];
                let meant = places.iter().any(|p| is_same(&now, &with(before.as_ref(), p, &Value::Number(777.0))));
                proptest::prop_assert!(meant, "{text}\n=>\n{}", edited.text);
            }
        }
    }
}
