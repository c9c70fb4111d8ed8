//! Numbers as people read them: the one place where a figure becomes words.
//!
//! `2.70 s`, `74.0 %`, `245 MB`, `×1.23`, `+2.0 points`, `p < 0.001`, `9,412`. Between number and
//! unit stands a no-break space, so that a line never ends between them; a page turns it into a
//! plain one at last.

use super::signs::Signs;
use crate::metrics::{Metric, Unit};

/// Joins what must stay on one line.
pub(super) const GLUE: char = '\u{a0}';

/// How the values of one unit are written: by what they are divided, how many decimals they have.
/// Chosen once for an estimate, and used for the ends of its interval, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    divisor: f64,
    decimals: usize,
    prefix: &'static str,
    suffix: &'static str,
}

impl Scale {
    /// The scale that suits a value.
    pub(super) fn of(unit: Unit, value: f64) -> Self {
        let v = value.abs();
        match unit {
            Unit::Seconds => Self::seconds(v),
            Unit::Bytes => Self::bytes(v),
            Unit::Ratio => Self::new(0.01, percent_decimals(v), "%"),
            Unit::Usd => Self {
                prefix: "$",
                ..Self::new(1.0, money_decimals(v), "")
            },
            Unit::Factor => Self::new(1.0, factor_decimals(v), ""),
            Unit::Count | Unit::Number | Unit::Unknown => Self::new(1.0, plain_decimals(v), ""),
        }
    }

    /// The scale of values one below the other, which add up to `all`: with so many decimals, two at most, that the
    /// least of them is no zero.
    pub(super) fn of_column(unit: Unit, all: f64, values: &[f64]) -> Self {
        let mut scale = Self::of(unit, all);
        let values = values.iter().map(|v| v.abs() / scale.divisor);
        let least = values.filter(|v| *v > 0.0).min_by(f64::total_cmp);
        let is_zero = |decimals: i32| least.is_some_and(|v| v * 10_f64.powi(decimals) < 0.5);
        let wanted = (0..2).find(|decimals| !is_zero(*decimals)).unwrap_or(2);
        scale.decimals = scale.decimals.max(usize::try_from(wanted).unwrap_or(0));
        scale
    }

    fn new(divisor: f64, decimals: usize, suffix: &'static str) -> Self {
        Self {
            divisor,
            decimals,
            prefix: "",
            suffix,
        }
    }

    fn seconds(v: f64) -> Self {
        let (divisor, suffix) = match v {
            0.0 => (1.0, "s"),
            v if v < 999.5e-9 => (1e-9, "ns"),
            v if v < 999.5e-6 => (1e-6, "µs"),
            v if v < 0.0995 => (1e-3, "ms"),
            v if v < 300.0 => (1.0, "s"),
            v if v < 3.0 * 3600.0 => (60.0, "min"),
            v if v < 10.0 * 86_400.0 => (3600.0, "h"),
            _ => (86_400.0, "d"),
        };
        Self::new(divisor, three_digits(v / divisor), suffix)
    }

    fn bytes(v: f64) -> Self {
        let (divisor, suffix) = match v {
            v if v < 999.5 => return Self::new(1.0, 0, "B"),
            v if v < 999.5e3 => (1e3, "kB"),
            v if v < 999.5e6 => (1e6, "MB"),
            v if v < 999.5e9 => (1e9, "GB"),
            v if v < 999.5e12 => (1e12, "TB"),
            _ => (1e15, "PB"),
        };
        Self::new(divisor, three_digits(v / divisor), suffix)
    }

    /// The number alone.
    pub(super) fn figure(&self, value: f64, signs: &Signs) -> String {
        format!(
            "{}{}",
            self.prefix,
            fixed(value / self.divisor, self.decimals, signs)
        )
    }

    /// Values as they are shown one below the other, rounded together so that they add up.
    pub(super) fn column(&self, values: &[f64], signs: &Signs) -> Vec<String> {
        let scaled: Vec<f64> = values.iter().map(|v| v / self.divisor).collect();
        let decimals = i32::try_from(self.decimals).unwrap_or(0);
        super::shares::together(&scaled, decimals)
            .into_iter()
            .map(|v| self.amount(v * self.divisor, signs))
            .collect()
    }

    /// The number with its unit.
    pub(super) fn amount(&self, value: f64, signs: &Signs) -> String {
        let figure = self.figure(value, signs);
        if self.suffix.is_empty() {
            figure
        } else if self.suffix == "µs" && signs.minus == "-" {
            format!("{figure}{GLUE}us")
        } else {
            format!("{figure}{GLUE}{}", self.suffix)
        }
    }
}

/// A value with its unit: `2.70 s`.
pub(super) fn amount(unit: Unit, value: f64, signs: &Signs) -> String {
    if !value.is_finite() {
        return "?".into();
    }
    if unit == Unit::Factor {
        return factor(value, signs);
    }
    Scale::of(unit, value).amount(value, signs)
}

/// A value with its unit, or a dash.
pub(super) fn amount_or_dash(unit: Unit, value: Option<f64>, signs: &Signs) -> String {
    value.map_or_else(|| signs.dash.to_owned(), |v| amount(unit, v, signs))
}

/// Two ends with one unit, on the scale of the estimate between them: `2.58 to 2.83 s`.
pub(super) fn span(unit: Unit, estimate: f64, low: f64, high: f64, signs: &Signs) -> String {
    let scale = Scale::of(unit, estimate);
    format!(
        "{} to {}",
        scale.figure(low, signs),
        scale.amount(high, signs)
    )
}

/// The same without the unit, for parentheses behind the estimate: `2.58 to 2.83`.
pub(super) fn bare_span(unit: Unit, estimate: f64, low: f64, high: f64, signs: &Signs) -> String {
    let scale = Scale::of(unit, estimate);
    glued(&format!(
        "{} to {}",
        scale.figure(low, signs),
        scale.figure(high, signs)
    ))
}

/// A limit without needless decimals: `3 s`, `80 %`.
pub(super) fn round_amount(unit: Unit, value: f64, signs: &Signs) -> String {
    let text = amount(unit, value, signs);
    let (number, rest) = match text.split_once(GLUE) {
        Some((number, rest)) => (number, format!("{GLUE}{rest}")),
        None => (text.as_str(), String::new()),
    };
    if number.contains('.') {
        let number = number.trim_end_matches('0').trim_end_matches('.');
        format!("{number}{rest}")
    } else {
        text.clone()
    }
}

/// A factor: `×1.23`.
pub(super) fn factor(ratio: f64, signs: &Signs) -> String {
    format!("{}{}", signs.times, factor_figure(ratio, signs))
}

/// A factor's number: `1.23`, `0.085`, `11.5`.
pub(super) fn factor_figure(ratio: f64, signs: &Signs) -> String {
    fixed(ratio, factor_decimals(ratio.abs()), signs)
}

fn factor_decimals(ratio: f64) -> usize {
    match ratio {
        r if r < 0.0995 => 3,
        r if r < 9.995 => 2,
        r if r < 99.95 => 1,
        _ => 0,
    }
}

/// A number with its sign: `+2.0`, `−13.1`.
pub(super) fn signed(value: f64, decimals: usize, signs: &Signs) -> String {
    let text = fixed(value, decimals, signs);
    if text.starts_with(signs.minus) || is_zero(&text) {
        text
    } else {
        format!("+{text}")
    }
}

/// A difference of ratios: `+2.0 points`.
pub(super) fn ratio_points(difference: f64, signs: &Signs) -> String {
    format!("{}{GLUE}points", signed(difference * 100.0, 1, signs))
}

/// Points of score: `+2.5 points`.
pub(super) fn score_points(points: f64, signs: &Signs) -> String {
    format!("{}{GLUE}points", signed(points, 1, signs))
}

/// From one value to another: a factor for positive quantities, points for ratios.
pub(super) fn change(unit: Unit, from: f64, to: f64, signs: &Signs) -> String {
    if unit == Unit::Ratio {
        ratio_points(to - from, signs)
    } else if from > 0.0 && to > 0.0 {
        factor(to / from, signs)
    } else {
        let text = amount(unit, to - from, signs);
        if to > from { format!("+{text}") } else { text }
    }
}

/// `p < 0.001`, `p = 0.02`.
pub(super) fn p(value: f64, signs: &Signs) -> String {
    let text = p_figure(value, signs);
    glued(&if text.starts_with('<') {
        format!("p {text}")
    } else {
        format!("p = {text}")
    })
}

/// `< 0.001`, `0.02`, `0.41`.
pub(super) fn p_figure(value: f64, signs: &Signs) -> String {
    if value < 0.001 {
        format!("<{GLUE}0.001")
    } else if value < 0.095 {
        fixed(value, 3, signs)
    } else {
        fixed(value, 2, signs)
    }
}

/// A whole number with separators: `9,412`.
pub(super) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// `1 file`, `3 files`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{}{GLUE}{}", count(n), if n == 1 { one } else { many })
}

/// A ratio as a whole percentage: `96 %`.
pub(super) fn whole_percent(ratio: f64, signs: &Signs) -> String {
    format!("{}{GLUE}%", fixed(ratio * 100.0, 0, signs))
}

/// The text with no-break spaces.
pub(super) fn glued(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// The name of a metric without the word that its figure says anyway: `response`, `preparation`.
pub(super) fn without_time(name: &str) -> &str {
    name.strip_suffix(" time").unwrap_or(name)
}

/// A number with `decimals`, separators and the page's minus. Never `−0.0`.
pub(super) fn fixed(value: f64, decimals: usize, signs: &Signs) -> String {
    if !value.is_finite() {
        return "?".into();
    }
    if value.abs() >= 1e15 {
        return format!("{value:.2e}").replace('-', signs.minus);
    }
    let text = format!("{:.decimals$}", value.abs());
    let minus = if value < 0.0 && !is_zero(&text) {
        signs.minus
    } else {
        ""
    };
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let whole = grouped(whole);
    match fraction {
        Some(fraction) => format!("{minus}{whole}.{fraction}"),
        None => format!("{minus}{whole}"),
    }
}

fn is_zero(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '0' | '.' | ','))
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Three significant digits, at most two decimals.
fn three_digits(v: f64) -> usize {
    match v {
        0.0 => 0,
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    }
}

/// One decimal, more only where one would claim 0 % or 100 % of something that is neither.
fn percent_decimals(ratio: f64) -> usize {
    let percent = ratio * 100.0;
    let nearest_end = if percent < 50.0 {
        percent
    } else {
        (100.0 - percent).abs()
    };
    match nearest_end {
        d if d < 1e-9 => 1,
        d if d < 0.005 => 3,
        d if d < 0.05 => 2,
        _ => 1,
    }
}

fn money_decimals(v: f64) -> usize {
    match v {
        0.0 => 2,
        v if v < 0.000_995 => 6,
        v if v < 0.0995 => 4,
        v if v < 0.995 => 3,
        v if v < 9_999.5 => 2,
        _ => 0,
    }
}

fn plain_decimals(v: f64) -> usize {
    if v.fract().abs() < 1e-9 || v >= 99.5 {
        0
    } else if v >= 0.1 {
        2
    } else {
        4
    }
}

/// Name of a metric for people, in the middle of a sentence: `response time`, `CPU`.
pub(super) fn metric(name: &str) -> String {
    match Metric::named(name) {
        Some(metric) => lower(metric.row().title),
        None => name.to_owned(),
    }
}

/// Name of a statistic of a metric: `response time, p95`; the mean needs no word.
pub(super) fn statistic(name: &str, statistic: &str) -> String {
    match statistic {
        "mean" | "ratio" | "share" | "" => metric(name),
        other => format!("{} {other}", metric(name)),
    }
}

/// The first letter small, unless the word is an abbreviation.
pub(super) fn lower(title: &str) -> String {
    let mut chars = title.chars();
    match (chars.next(), chars.next()) {
        (Some(first), second) if !second.is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(title.chars().skip(1)).collect()
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::signs::{ASCII, UNICODE};
    use super::*;

    fn shown(unit: Unit, value: f64) -> String {
        amount(unit, value, &UNICODE).replace(GLUE, " ")
    }

    #[test]
    fn seconds() {
        for (value, text) in [
            (0.0, "0 s"),
            (2.7, "2.70 s"),
            (0.2, "0.20 s"),
            (0.0452, "45.2 ms"),
            (0.000_35, "350 µs"),
            (13.24, "13.2 s"),
            (245.0, "245 s"),
            (500.0, "8.33 min"),
            (50_796.0, "14.1 h"),
            (-3.5, "−3.50 s"),
        ] {
            assert_eq!(shown(Unit::Seconds, value), text);
        }
    }

    /// 146 hours, of which 210 seconds are a part.
    #[test]
    fn the_least_of_a_column_is_no_zero() {
        let shown = |all: f64, values: &[f64]| {
            let scale = Scale::of_column(Unit::Seconds, all, values);
            let column = scale.column(values, &UNICODE).join(", ");
            column.replace(GLUE, " ")
        };
        let rest = 525_600.0 - 210.0;
        assert_eq!(shown(525_600.0, &[rest, 210.0]), "145.9 h, 0.1 h");
        assert_eq!(shown(525_600.0, &[525_600.0, 0.0]), "146 h, 0 h");
        assert_eq!(shown(500.0, &[470.0, 30.0]), "7.83 min, 0.50 min");
    }

    #[test]
    fn ratios_never_claim_all_or_nothing() {
        for (value, text) in [
            (0.974, "97.4 %"),
            (1.0, "100.0 %"),
            (0.0, "0.0 %"),
            (0.9996, "99.96 %"),
            (0.0004, "0.04 %"),
            (0.001, "0.1 %"),
            (0.999_98, "99.998 %"),
            (1.74, "174.0 %"),
        ] {
            assert_eq!(shown(Unit::Ratio, value), text);
        }
    }

    #[test]
    fn bytes_money_counts() {
        assert_eq!(shown(Unit::Bytes, 245e6), "245 MB");
        assert_eq!(shown(Unit::Bytes, 2.1e9), "2.10 GB");
        assert_eq!(shown(Unit::Bytes, 512.0), "512 B");
        assert_eq!(shown(Unit::Usd, 0.015), "$0.0150");
        assert_eq!(shown(Unit::Usd, 1234.5), "$1,234.50");
        assert_eq!(shown(Unit::Count, 1_234_567.0), "1,234,567");
        assert_eq!(shown(Unit::Count, 2.345), "2.35");
        assert_eq!(shown(Unit::Unknown, f64::NAN), "?");
        assert_eq!(shown(Unit::Count, 1e300), "1.00e300");
    }

    #[test]
    fn differences_and_factors() {
        assert_eq!(factor(1.2305, &UNICODE), "×1.23");
        assert_eq!(factor(0.085, &UNICODE), "×0.085");
        assert_eq!(factor(11.5, &ASCII), "x11.5");
        assert_eq!(amount(Unit::Factor, 0.68, &UNICODE), "×0.68");
        assert_eq!(
            bare_span(Unit::Factor, 0.68, 0.631, 0.742, &UNICODE),
            "0.63\u{a0}to\u{a0}0.74"
        );
        assert_eq!(ratio_points(-0.131, &UNICODE), "−13.1\u{a0}points");
        assert_eq!(score_points(2.5, &UNICODE), "+2.5\u{a0}points");
        assert_eq!(score_points(-0.01, &UNICODE), "0.0\u{a0}points");
        assert_eq!(
            change(Unit::Ratio, 0.95, 0.97, &UNICODE),
            "+2.0\u{a0}points"
        );
        assert_eq!(change(Unit::Seconds, 2.0, 3.0, &UNICODE), "×1.50");
        assert_eq!(change(Unit::Seconds, 0.0, 3.0, &UNICODE), "+3.00\u{a0}s");
    }

    #[test]
    fn intervals_and_limits() {
        assert_eq!(
            span(Unit::Seconds, 2.7, 2.58, 2.83, &UNICODE),
            "2.58 to 2.83\u{a0}s"
        );
        assert_eq!(
            span(Unit::Ratio, 0.004, -0.005, 0.012, &UNICODE),
            "−0.5 to 1.2\u{a0}%"
        );
        assert_eq!(round_amount(Unit::Seconds, 3.0, &UNICODE), "3\u{a0}s");
        assert_eq!(round_amount(Unit::Ratio, 0.8, &UNICODE), "80\u{a0}%");
        assert_eq!(round_amount(Unit::Seconds, 2.5, &UNICODE), "2.5\u{a0}s");
        assert_eq!(round_amount(Unit::Count, 100.0, &UNICODE), "100");
        assert_eq!(round_amount(Unit::Factor, 0.8, &UNICODE), "×0.8");
        assert_eq!(round_amount(Unit::Factor, 2.0, &ASCII), "x2");
    }

    #[test]
    fn p_values() {
        assert_eq!(p(1e-9, &UNICODE), "p\u{a0}<\u{a0}0.001");
        assert_eq!(p(0.0212, &UNICODE), "p\u{a0}=\u{a0}0.021");
        assert_eq!(p_figure(0.412, &UNICODE), "0.41");
    }

    #[test]
    fn names() {
        assert_eq!(metric("response_time"), "response time");
        assert_eq!(metric("cpu_utilization"), "CPU");
        assert_eq!(statistic("response_time", "p95"), "response time p95");
        assert_eq!(metric("my_own"), "my_own");
    }
}
