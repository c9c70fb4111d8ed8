//! Another model for the same tokens: its price only. Time and success are not known until they are
//! measured.

use super::rates::Rates;
use crate::workload::StreamRequest;

/// What requests would cost by other rates; `None` where one of them has none.
pub fn cost<'a>(
    requests: impl IntoIterator<Item = (&'a StreamRequest, Option<Rates>)>,
) -> Option<f64> {
    requests
        .into_iter()
        .map(|(request, rates)| Some(rates?.cost(request)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::prefix::tests::at;
    use super::super::rates::EXAMPLE;
    use super::*;

    /// By hand: 5 + 45 + 56.25 + 50 thousandths, and 3 + 27 + 33.75 + 30.
    #[test]
    fn the_same_tokens_at_another_price() {
        let mut request = at(0, 90_000, 9_000, 0);
        (request.fresh, request.output) = (1_000, 2_000);
        let sonnet = Rates {
            fresh: 3e-6,
            read: 0.3e-6,
            write: 3.75e-6,
            write_1h: Some(6e-6),
            output: 15e-6,
        };
        let of = |rates| cost([(&request, rates)]).map(|c| (c * 1e9).round() / 1e9);
        assert_eq!(of(Some(EXAMPLE)), Some(0.156_25));
        assert_eq!(of(Some(sonnet)), Some(0.093_75));
        assert_eq!(of(None), None);
    }
}
