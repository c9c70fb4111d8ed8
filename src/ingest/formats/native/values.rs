//! Values of native records, judged: right type, possible number, or the reason why not.

use std::borrow::Cow;

use crate::ingest::scalar::Scalar;
use crate::metrics::{Metric, Unit};
use crate::units::NANOS;

use super::line::{Field, Line};

/// Why a record is skipped, in words that quote nothing of it.
pub(in crate::ingest::formats) type Reason = Cow<'static, str>;

/// A hundred years of 365.25 days in seconds: no duration is longer.
const LONGEST: f64 = 3_155_760_000.0;

/// The string of a field, if it is there.
pub(super) fn text<'a>(line: &'a Line<'_>, field: Field) -> Result<Option<&'a str>, Reason> {
    match line.field(field) {
        Scalar::Null => Ok(None),
        Scalar::Text(text) => Ok(Some(text)),
        _ => Err(format!("`{}` is not a string", field.name()).into()),
    }
}

/// An id: a string, or a whole number.
pub(super) fn id_text<'a>(
    line: &'a Line<'_>,
    field: Field,
) -> Result<Option<Cow<'a, str>>, Reason> {
    match line.field(field) {
        Scalar::Null => Ok(None),
        Scalar::Text(text) => Ok((!text.is_empty()).then_some(Cow::Borrowed(text))),
        Scalar::Whole(number) => Ok(Some(number.to_string().into())),
        _ => Err(format!("`{}` is not a string", field.name()).into()),
    }
}

/// A number that is not negative.
pub(super) fn amount(line: &Line<'_>, field: Field) -> Result<Option<f64>, Reason> {
    let name = field.name();
    match line.field(field) {
        Scalar::Null => Ok(None),
        value => match value.number() {
            None => Err(format!("`{name}` is not a number").into()),
            Some(number) if number < 0.0 => Err(format!("`{name}` is negative").into()),
            Some(number) => Ok(Some(number)),
        },
    }
}

/// Seconds, as nanoseconds.
pub(super) fn nanos(line: &Line<'_>, field: Field) -> Result<Option<i64>, Reason> {
    match amount(line, field)? {
        Some(seconds) if seconds > LONGEST => {
            Err(format!("`{}` is longer than a hundred years", field.name()).into())
        }
        #[allow(clippy::cast_precision_loss)]
        Some(seconds) => Ok(Some((seconds * NANOS as f64).round() as i64)),
        None => Ok(None),
    }
}

/// Seconds as milliseconds, up to 49 days.
pub(super) fn millis(line: &Line<'_>, field: Field) -> Result<Option<u32>, Reason> {
    match amount(line, field)? {
        Some(seconds) if seconds * 1e3 > f64::from(u32::MAX) => {
            Err(format!("`{}` is longer than 49 days", field.name()).into())
        }
        Some(seconds) => Ok(Some((seconds * 1e3).round() as u32)),
        None => Ok(None),
    }
}

/// A ratio from 0 to 1, × 10⁹.
pub(super) fn share(line: &Line<'_>, field: Field) -> Result<Option<u32>, Reason> {
    match amount(line, field)? {
        Some(ratio) if ratio > 1.0 => {
            Err(format!("`{}` is above 1: is it percent?", field.name()).into())
        }
        Some(ratio) => Ok(Some((ratio * 1e9).round() as u32)),
        None => Ok(None),
    }
}

/// A number of bytes.
pub(super) fn bytes(line: &Line<'_>, field: Field) -> Result<Option<u64>, Reason> {
    match amount(line, field)? {
        Some(bytes) => whole(bytes, 1.0, field.name()).map(|n| u64::try_from(n).ok()),
        None => Ok(None),
    }
}

/// A whole number that is not negative and fits 32 bits. `7.0` is one.
pub(super) fn count(value: &Scalar<'_>, name: &str) -> Result<Option<u32>, Reason> {
    let number = match value {
        Scalar::Null => return Ok(None),
        Scalar::Whole(number) => *number,
        Scalar::Number(number) if number.fract() == 0.0 => *number as i64,
        _ => return Err(format!("`{name}` is not a whole number").into()),
    };
    if number < 0 {
        return Err(format!("`{name}` is negative").into());
    }
    u32::try_from(number)
        .map(Some)
        .map_err(|_| format!("`{name}` is too large").into())
}

/// A number × `scale`, rounded.
pub(super) fn whole(number: f64, scale: f64, name: &str) -> Result<i64, Reason> {
    let scaled = (number * scale).round();
    // 2⁶³ as a float; what is below fits.
    if scaled.abs() < 9_223_372_036_854_775_808.0 {
        Ok(scaled as i64)
    } else {
        Err(format!("`{name}` is too large").into())
    }
}

/// Whether a sample of a metric can have this value.
pub(in crate::ingest::formats) fn check_sample(
    metric: Option<Metric>,
    value: f64,
) -> Result<(), Reason> {
    let unit = metric.map_or(Unit::Unknown, |m| m.row().unit);
    whole(value, unit.scale(), "value")?;
    let Some(metric) = metric else {
        return Ok(());
    };
    if value < 0.0 {
        return Err("`value` is negative".into());
    }
    // Several cores can be busy, and a budget can be overrun.
    let may_exceed_one = matches!(metric, Metric::ProcessCpu | Metric::TokenEfficiency);
    if unit == Unit::Ratio && value > 1.0 && !may_exceed_one {
        return Err("`value` is a ratio above 1: is it percent?".into());
    }
    Ok(())
}
