//! Conditions of rules: expressions over facts, such as `cache_hit_rate.value < cache_hit_rate.target`.
//!
//! They are expressions of the template engine with everything but operators taken away. At load:
//! at most 1 KiB, no text constants, no names beyond those that a rule lists. At evaluation: only
//! numbers and booleans enter, never NaN, and the result must be a boolean. A name without a value is
//! no error as long as the answer does not depend on it (`and`, `or` stop early); otherwise the
//! condition is undecided, never false.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::Object;
use minijinja::{Environment, UndefinedBehavior, Value as Raw};

/// The longest text of a condition in bytes: the parser recurses.
const LONGEST: usize = 1_024;

/// Steps of evaluation; a condition of 1 KiB stays far below.
const FUEL: u64 = 10_000;

/// A value that may enter a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
}

impl Value {
    /// The number.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            Value::Number(n) => Some(n),
            Value::Bool(_) => None,
        }
    }
}

/// What a condition came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It depends on names without a value.
    Missing(BTreeSet<String>),
    /// It is faulty: the result is no boolean, or types do not fit.
    Faulty(String),
}

/// Where a condition finds its values.
pub trait Values {
    /// The value of a full name such as `cache_hit_rate.value`.
    fn value(&self, name: &str) -> Option<Value>;
}

/// The full names that a condition uses, sorted.
///
/// # Errors
/// The text is too long, has a text constant, or cannot be parsed.
pub fn names(text: &str) -> Result<BTreeSet<String>, String> {
    if text.len() > LONGEST {
        return Err(format!("a condition may have at most {LONGEST} bytes"));
    }
    if text.contains(['"', '\'']) {
        return Err("a condition compares numbers and booleans, not texts".into());
    }
    let environment = environment();
    let expression = environment
        .compile_expression(text)
        .map_err(|e| format!("it cannot be parsed: {}", e.kind()))?;
    Ok(expression.undeclared_variables(true).into_iter().collect())
}

/// Evaluates a condition.
pub fn evaluate(text: &str, values: &dyn Values) -> Truth {
    let used = match names(text) {
        Ok(used) => used,
        Err(fault) => return Truth::Faulty(fault),
    };
    let environment = environment();
    let expression = match environment.compile_expression(text) {
        Ok(expression) => expression,
        Err(e) => return Truth::Faulty(format!("it cannot be parsed: {}", e.kind())),
    };
    let known = used
        .iter()
        .filter_map(|name| {
            let value = match values.value(name)? {
                Value::Bool(b) => Raw::from(b),
                // NaN compares as greater than everything here: it never enters.
                Value::Number(n) if n.is_finite() => Raw::from(n),
                Value::Number(_) => return None,
            };
            Some((name.clone(), value))
        })
        .collect();
    let shared = Arc::new(Shared {
        used,
        known,
        missing: Mutex::default(),
    });
    let root = Scope {
        prefix: String::new(),
        shared: Arc::clone(&shared),
    };
    let result = expression.eval(Raw::from_object(root));
    let missing = std::mem::take(
        &mut *shared
            .missing
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    );
    if !missing.is_empty() {
        return Truth::Missing(missing);
    }
    match result {
        Ok(value) => match bool::try_from(value.clone()) {
            Ok(b) if value.kind() == minijinja::value::ValueKind::Bool => {
                if b {
                    Truth::Yes
                } else {
                    Truth::No
                }
            }
            _ => Truth::Faulty("the result is neither true nor false".into()),
        },
        Err(e) => Truth::Faulty(format!("it cannot be computed: {}", e.kind())),
    }
}

/// An engine with operators only: no filters, tests, functions.
fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
}

/// What all parts of one evaluation share.
#[derive(Debug)]
struct Shared {
    used: BTreeSet<String>,
    known: std::collections::BTreeMap<String, Raw>,
    /// Names that the evaluation asked for in vain.
    missing: Mutex<BTreeSet<String>>,
}

/// The names below a prefix. Asking for one without a value notes it.
#[derive(Debug)]
struct Scope {
    prefix: String,
    shared: Arc<Shared>,
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Raw) -> Option<Raw> {
        let key = key.as_str()?;
        let name = if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.prefix)
        };
        if let Some(value) = self.shared.known.get(&name) {
            return Some(value.clone());
        }
        if self.shared.used.contains(&name) {
            let mut missing = self
                .shared
                .missing
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            missing.insert(name);
            return None;
        }
        Some(Raw::from_object(Scope {
            prefix: name,
            shared: Arc::clone(&self.shared),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    struct Table(BTreeMap<&'static str, Value>);

    impl Values for Table {
        fn value(&self, name: &str) -> Option<Value> {
            self.0.get(name).copied()
        }
    }

    fn truth(text: &str) -> Truth {
        evaluate(
            text,
            &Table(BTreeMap::from([
                ("a.value", Value::Number(0.5)),
                ("a.low", Value::Number(f64::NAN)),
                ("deep.er.value", Value::Number(3.0)),
                ("b.value", Value::Bool(true)),
            ])),
        )
    }

    #[test]
    fn numbers_and_booleans() {
        assert_eq!(truth("a.value < 0.7 and b.value"), Truth::Yes);
        assert_eq!(truth("a.value >= 0.7 or not b.value"), Truth::No);
        assert_eq!(truth("deep.er.value == 3.0"), Truth::Yes);
        assert_eq!(truth("deep.er.value / 2 > 1.4"), Truth::Yes);
    }

    #[test]
    fn missing_matters_only_where_the_answer_depends_on_it() {
        let missing = |name: &str| Truth::Missing(BTreeSet::from([name.to_owned()]));
        assert_eq!(truth("c.value > 1"), missing("c.value"));
        assert_eq!(truth("a.value > 0.7 and c.value > 1"), Truth::No);
        assert_eq!(truth("a.value < 0.7 or c.value > 1"), Truth::Yes);
        assert_eq!(truth("a.value < 0.7 and c.value > 1"), missing("c.value"));
        assert_eq!(truth("a.low > 0.1"), missing("a.low"));
    }

    #[test]
    fn what_is_no_condition_is_faulty() {
        for text in [
            "a.value",
            "a.value + 1",
            "'x' == 'x'",
            "a.value | int > 1",
            "a.value <",
            "1 if b.value else 0",
        ] {
            assert!(matches!(truth(text), Truth::Faulty(_)), "{text}");
        }
        assert!(names(&"1+".repeat(600)).is_err());
    }

    #[test]
    fn hostile_texts_neither_panic_nor_hang() {
        for text in [
            "(".repeat(1_000),
            "not ".repeat(250),
            "range(1000000)".into(),
            "[[[[[".repeat(100),
        ] {
            let _ = truth(&text);
        }
    }
}
