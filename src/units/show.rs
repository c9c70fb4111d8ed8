//! Quantities to text that reads back as the very same value: `2.3 s`, `245 MB`, `80 %`.
//!
//! For configuration, where nothing may be lost. Pages round their figures elsewhere.

use std::fmt;

use super::{Bytes, Quantity, Ratio, Seconds, parse_bytes, parse_ratio, parse_seconds};

/// Characters that a number in a larger or smaller unit may have to be preferred.
const SHORT: usize = 6;

const TIME: &[(f64, &str)] = &[
    (604_800.0, "w"),
    (86_400.0, "d"),
    (3_600.0, "h"),
    (60.0, "min"),
];
const DATA: &[(f64, &str)] = &[
    (1e12, "TB"),
    (1_099_511_627_776.0, "TiB"),
    (1e9, "GB"),
    (1_073_741_824.0, "GiB"),
    (1e6, "MB"),
    (1_048_576.0, "MiB"),
    (1e3, "kB"),
    (1_024.0, "KiB"),
];

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.0;
        for (size, unit) in TIME {
            let count = v / size;
            if count >= 1.0 && count.fract() == 0.0 {
                let text = format!("{count} {unit}");
                if parse_seconds(&text) == Ok(v) {
                    return f.write_str(&text);
                }
            }
        }
        if v > 0.0 && v < 1.0 {
            for (size, unit) in [(1e3, "ms"), (1e6, "µs")] {
                let count = trimmed(v * size);
                let text = format!("{count} {unit}");
                if count.len() <= SHORT && parse_seconds(&text) == Ok(v) {
                    return f.write_str(&text);
                }
            }
        }
        write!(f, "{v} s")
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.0;
        for (size, unit) in DATA {
            let count = trimmed(v / size);
            let text = format!("{count} {unit}");
            if v >= *size && count.len() <= SHORT && parse_bytes(&text) == Ok(v) {
                return f.write_str(&text);
            }
        }
        write!(f, "{v} B")
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{} %", trimmed(self.0 * 100.0));
        if parse_ratio(&text) == Ok(self.0) {
            f.write_str(&text)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Seconds(s) => s.fmt(f),
            Quantity::Bytes(b) => b.fmt(f),
            Quantity::Ratio(r) => r.fmt(f),
            Quantity::Factor(x) => write!(f, "{x}x"),
            Quantity::Number(n) => write!(f, "{n}"),
        }
    }
}

/// At most nine decimals, without trailing zeros: hides the last bits that a multiplication left.
fn trimmed(v: f64) -> String {
    let text = format!("{v:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::parse_quantity;
    use super::*;

    #[test]
    fn people_read_the_usual_unit() {
        for (shown, text) in [
            (Seconds(2.3).to_string(), "2.3 s"),
            (Seconds(0.3).to_string(), "300 ms"),
            (Seconds(3_600.0).to_string(), "1 h"),
            (Seconds(300.0).to_string(), "5 min"),
            (Seconds(90.0).to_string(), "90 s"),
            (Seconds(0.0).to_string(), "0 s"),
            (Bytes(1e9).to_string(), "1 GB"),
            (Bytes(245e6).to_string(), "245 MB"),
            (Bytes(1_073_741_824.0).to_string(), "1 GiB"),
            (Bytes(0.0).to_string(), "0 B"),
            (Ratio(0.8).to_string(), "80 %"),
            (Ratio(0.991).to_string(), "99.1 %"),
            (Ratio(1.0 / 3.0).to_string(), "0.3333333333333333"),
        ] {
            assert_eq!(shown, text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_the_same(v in 0.0..1e18_f64, whole in 0_u32.., kind in 0..5) {
            for v in [v, f64::from(whole), f64::from(whole) / 1e3, v / 1e18] {
                let quantity = match kind {
                    0 => Quantity::Seconds(Seconds(v)),
                    1 => Quantity::Bytes(Bytes(v)),
                    2 => Quantity::Factor(v),
                    3 => Quantity::Number(v),
                    _ => {
                        prop_assert_eq!(parse_ratio(&Ratio(v).to_string()), Ok(v));
                        continue;
                    }
                };
                prop_assert_eq!(parse_quantity(&quantity.to_string()), Ok(quantity));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse_quantity(&text);
            let _ = parse_seconds(&text);
            let _ = parse_bytes(&text);
            let _ = parse_ratio(&text);
        }
    }
}
