//! Disjoint tokens out of figures that may contain one another: the total of all tells which do.

use super::usage::Figures;
use crate::record::Tokens;

/// Why no tokens are told.
pub(super) const REASON: &str = "a count of tokens is no whole number";

impl Figures {
    /// Disjoint tokens. What a cache read or wrote and input of other kinds are part of the input or stand beside it,
    /// reasoning and output of other kinds likewise of the output: as the total of both sides says; without a total
    /// parts, unless they are more. `None` where nothing was counted.
    pub(super) fn tokens(&self, input: f64, output: f64) -> Result<Option<Tokens>, &'static str> {
        let (read, write) = (self.cache_read(), self.cache_write());
        let parts = [
            read + write,
            self.reasoning,
            self.more_input,
            self.more_output,
        ];
        if input + output == 0.0 && parts == [0.0; 4] {
            return Ok(None);
        }
        let is_beside = self.beside(parts, [input, output]);
        let [cached, reasoning, more_input, more_output] =
            std::array::from_fn(|n| if is_beside[n] { parts[n] } else { 0.0 });
        let output = output + reasoning + more_output;
        Ok(Some(Tokens {
            fresh: count((input + more_input + cached - read - write).max(0.0))?,
            cache_read: count(read)?,
            cache_write: count(write)?,
            cache_write_1h: count(self.write_1h)?,
            output: count(output)?,
            reasoning: count(self.reasoning.min(output))?,
        }))
    }

    /// Whether each part stands beside its side, given what a total has beyond both sides: the first answer by which
    /// the parts beside add up to that and none inside is more than its side. Where none does, all stand beside if the
    /// total is the sum of whatever the map counts. Else other kinds are inside, and cached input and reasoning are each
    /// judged for themselves: beside where there is room beyond. Without a total: beside where it is more than its side.
    fn beside(&self, parts: [f64; 4], [input, output]: [f64; 2]) -> [bool; 4] {
        // Other kinds that stand beside make their side larger, and may contain what a cache read.
        let sides = |[_, _, is_more_input, is_more_output]: [bool; 4]| {
            let more = |is: bool, part: f64| if is { part } else { 0.0 };
            let with_more = [
                input + more(is_more_input, parts[2]),
                output + more(is_more_output, parts[3]),
            ];
            [with_more[0], with_more[1], input, output]
        };
        let Some(total) = self.total else {
            let sides = sides([false, false, parts[2] > input, parts[3] > output]);
            return std::array::from_fn(|n| parts[n] > sides[n]);
        };
        let beyond = total - input - output;
        // Counts are whole numbers.
        let is_same = |a: f64, b: f64| (a - b).abs() < 0.5;
        let fits = |is: &[bool; 4]| {
            let (sum, sides) = (sum_of(parts, *is), sides(*is));
            is_same(sum, beyond) && (0..4).all(|n| is[n] || parts[n] <= sides[n])
        };
        let mut answers = (0..16_u8).map(|bits| [1, 2, 4, 8].map(|bit| bits & bit != 0));
        if let Some(exact) = answers.find(fits) {
            exact
        } else if self.sum.is_some_and(|sum| is_same(sum, total)) {
            [true; 4]
        } else {
            let has_room = |part: f64| part > 0.0 && beyond >= part;
            [has_room(parts[0]), has_room(parts[1]), false, false]
        }
    }
}

fn sum_of(parts: [f64; 4], is: [bool; 4]) -> f64 {
    let chosen = parts.into_iter().zip(is).filter(|(_, is)| *is);
    chosen.map(|(part, _)| part).sum()
}

fn count(number: f64) -> Result<u32, &'static str> {
    if number.fract() == 0.0 && number < 4e9 {
        Ok(number as u32)
    } else {
        Err(REASON)
    }
}
