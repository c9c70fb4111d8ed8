//! What the result of a tool call costs: the next request writes it, later ones read it.

/// A result of so many tokens, read by `readers` requests after the one that writes it, in prices for one
/// token.
///
/// ```
/// use perfadvise::scenario::requests::result::carried;
/// assert_eq!(carried(4_000, 10, 1.25, 0.1).round(), 9_000.0);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn carried(tokens: u64, readers: u64, write: f64, read: f64) -> f64 {
    tokens as f64 * (write + read * readers as f64)
}
