//! A line of StatsD: `name:value|type|@rate|#key:value,key`.
//!
//! Source: the metric types of StatsD's own server (counters, gauges, timers, sets, sampling, several metrics
//! in a packet), and of DogStatsD tags, histograms, distributions, several values in a line and times. Names are
//! written as our records have them: what is neither letter, digit, `_` nor `.` becomes `_`.

/// What a line tells of a metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Name, as records have it.
    pub(super) name: String,
    /// What the values are.
    pub(super) kind: Kind,
    /// Its values.
    pub(super) values: Vec<f64>,
    /// Tags, sorted by key; of a key that stands there twice the first one counts.
    pub(super) tags: Vec<(String, String)>,
    /// When, in seconds since 1970, where the line says so.
    pub(super) time: Option<i64>,
}

/// What values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// How often something happened; sampled ones are scaled up.
    Counter,
    /// What something is now.
    Gauge,
    /// By how much that changed.
    Change,
    /// Milliseconds, as seconds.
    Timer,
    /// Values of which the distribution counts.
    Histogram,
}

/// Why a line tells nothing. In words that quote nothing of it.
pub(super) type Reason = &'static str;

/// Values in a line at most.
const MOST_VALUES: usize = 1_000;

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Result<Line, Reason> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    if text.starts_with("_e{") || text.starts_with("_sc|") {
        return Err("events and service checks are no metrics");
    }
    let (name, rest) = text.split_once(':').ok_or("it has no value")?;
    let mut parts = rest.split('|');
    let values = parts.next().unwrap_or_default();
    let kind = parts.next().ok_or("it has no type")?;
    let (mut rate, mut tags, mut time) = (1.0, Vec::new(), None);
    for part in parts {
        if let Some(text) = part.strip_prefix('@') {
            rate = text
                .parse()
                .ok()
                .filter(|rate: &f64| *rate > 0.0 && *rate <= 1.0)
                .ok_or("its sample rate is not above 0 and at most 1")?;
        } else if let Some(text) = part.strip_prefix('#') {
            tags = self::tags(text)?;
        } else if let Some(text) = part.strip_prefix('T') {
            time = Some(text.parse().map_err(|_| "its time is no number")?);
        } else if !(part.starts_with("c:") || part.starts_with("e:") || part.starts_with("card:")) {
            // Where a container and its origin stand, of which we make nothing.
            return Err("it has a part that is not known");
        }
    }
    let is_change = kind == "g" && values.starts_with(['+', '-']);
    let kind = match kind {
        "c" => Kind::Counter,
        "g" if is_change => Kind::Change,
        "g" => Kind::Gauge,
        "ms" => Kind::Timer,
        "h" | "d" => Kind::Histogram,
        "s" => return Err("sets are not read: send how many there are as a gauge"),
        _ => return Err("its type is not known"),
    };
    let scale = match kind {
        Kind::Counter => 1.0 / rate,
        Kind::Timer => 1e-3,
        Kind::Gauge | Kind::Change | Kind::Histogram => 1.0,
    };
    let mut read = Vec::new();
    for text in values.split(':') {
        let value: f64 = text.parse().map_err(|_| "its value is no number")?;
        if !value.is_finite() {
            return Err("its value is no number");
        }
        if kind == Kind::Timer && value < 0.0 {
            return Err("its time is negative");
        }
        if read.len() == MOST_VALUES {
            return Err("it has too many values");
        }
        read.push(value * scale);
    }
    Ok(Line {
        name: self::name(name)?,
        kind,
        values: read,
        tags,
        time,
    })
}

/// A name as records have it.
fn name(text: &str) -> Result<String, Reason> {
    let name: String = text
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || c == '_' || c == '.' => c,
            _ => '_',
        })
        .collect();
    match crate::metrics::fault_of_name(&name) {
        None => Ok(name),
        Some(_) => Err("its name cannot be that of a metric"),
    }
}

/// `key:value,key`: a tag without a value is `true`.
fn tags(text: &str) -> Result<Vec<(String, String)>, Reason> {
    /// More tags than this are a fault of the sender.
    const MOST: usize = 32;
    let mut tags: Vec<(String, String)> = Vec::new();
    for tag in text.split(',').filter(|tag| !tag.is_empty()) {
        let (key, value) = tag.split_once(':').unwrap_or((tag, "true"));
        if crate::recorder::fault_of_tag(key, value).is_some() {
            return Err("a tag is too long, empty, or has a name that is not taken");
        }
        if tags.len() == MOST {
            return Err("it has too many tags");
        }
        if tags.iter().all(|(known, _)| known != key) {
            tags.push((key.to_owned(), value.to_owned()));
        }
    }
    tags.sort();
    Ok(tags)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(text: &str) -> (String, Kind, Vec<f64>) {
        let line = read(text.as_bytes()).unwrap();
        (line.name, line.kind, line.values)
    }

    /// The examples of StatsD's "Metric Types" and of DogStatsD's "Datagram Format", with what they say of them.
    #[test]
    fn lines_of_real_clients() {
        let told_of = |name: &str, kind, values: &[f64]| (name.to_owned(), kind, values.to_vec());
        for (text, expected) in [
            ("gorets:1|c", told_of("gorets", Kind::Counter, &[1.0])),
            ("gorets:1|c|@0.1", told_of("gorets", Kind::Counter, &[10.0])),
            ("glork:320|ms|@0.1", told_of("glork", Kind::Timer, &[0.32])),
            ("gaugor:333|g", told_of("gaugor", Kind::Gauge, &[333.0])),
            ("gaugor:-10|g", told_of("gaugor", Kind::Change, &[-10.0])),
            ("gaugor:+4|g", told_of("gaugor", Kind::Change, &[4.0])),
            (
                "page.views:1|c",
                told_of("page.views", Kind::Counter, &[1.0]),
            ),
            (
                "fuel.level:0.5|g",
                told_of("fuel.level", Kind::Gauge, &[0.5]),
            ),
            (
                "song.length:240|h|@0.5",
                told_of("song.length", Kind::Histogram, &[240.0]),
            ),
            (
                "users.online:1|c|@0.5|#country:china",
                told_of("users.online", Kind::Counter, &[2.0]),
            ),
            (
                "page.views:1:2:32|d",
                told_of("page.views", Kind::Histogram, &[1.0, 2.0, 32.0]),
            ),
            (
                "page.views:1|g|#env:dev|c:83c0a99c0a54c0c187f461c7980e9b57f3f6a8b0c918c8d93df19a9de6f3fe1d",
                told_of("page.views", Kind::Gauge, &[1.0]),
            ),
            (
                "api latency/p:3|h",
                told_of("api_latency_p", Kind::Histogram, &[3.0]),
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
        let line = read(b"page.views:15|c|#env:dev,new,env:prod|T1656581400").unwrap();
        let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(line.tags, [tag("env", "dev"), tag("new", "true")]);
        assert_eq!(line.time, Some(1_656_581_400));
    }

    #[test]
    fn what_is_no_line_has_a_reason() {
        for text in [
            "",
            "gorets",
            "gorets:1",
            "gorets:|c",
            "gorets:x|c",
            "gorets:nan|g",
            "gorets:1e999|g",
            "gorets:1|q",
            "uniques:765|s",
            "glork:-1|ms",
            "gorets:1|c|@0",
            "gorets:1|c|@2",
            "gorets:1|c|@x",
            "gorets:1|c|what",
            "gorets:1|c|Tnow",
            ":1|c",
            "1gorets:1|c",
            "gorets:1|c|#prompt:hello",
            "_e{5,4}:title|text",
            "_sc|Redis connection|2",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(read(b"gorets:1|c|#tag:\xff").is_err());
        let many = format!("gorets:{}1|h", "1:".repeat(1_000));
        assert!(read(many.as_bytes()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            let _ = read(&line);
        }

        #[test]
        fn nearly_right_lines_do_not_either(text in "[a-z.]{0,5}:[-+0-9.e:]{0,6}\\|[a-z]{0,2}[|@#T0-9.:a-z,]{0,12}") {
            let _ = read(text.as_bytes());
        }
    }
}
