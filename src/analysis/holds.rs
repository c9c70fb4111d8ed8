//! What a verdict must hold against beside its interval: the means of what was compared, and values that are too low since
//! requests do not tell them.

use crate::assessment::{Comparison, EffectKind, Reason};

use super::tolerance::margin;

/// By how much the means of what was compared differ, in the units of the effect; `None` where the effect is not that of their
/// middle. A middle may stay while a few that grow many times make the whole a multiple.
#[must_use]
pub fn change_of_means<V>(compared: &Comparison<V>) -> Option<f64> {
    let [base, candidate] = compared.known.means?;
    Some(match compared.effect.as_ref()?.kind {
        EffectKind::Difference => candidate - base,
        EffectKind::Ratio if base == candidate => 0.0,
        EffectKind::Ratio => candidate / base - 1.0,
    })
}

/// Whether it is certain that the candidate's values are higher, or that they are lower: not where the group that would have to
/// have less tells too little.
#[must_use]
pub fn is_certain<V>(compared: &Comparison<V>, are_higher: bool) -> bool {
    let [base_is_low, candidate_is_low] = compared.known.is_low;
    !(if are_higher {
        base_is_low
    } else {
        candidate_is_low
    })
}

/// Says why a comparison is open that its interval alone would close.
pub fn explain<V>(compared: &mut Comparison<V>, is_open: bool) {
    if compared.reason == Some(Reason::Mean) {
        (compared.reason, compared.note) = (None, None);
    }
    let (Some(effect), Some(margin)) = (&compared.effect, margin(compared)) else {
        return;
    };
    let none = effect.kind.none();
    let is_inside = effect.low >= none - margin && effect.high <= none + margin;
    let change = change_of_means(compared).filter(|change| change.abs() > margin);
    if let Some(change) = change.filter(|_| is_open && is_inside && compared.reason.is_none()) {
        compared.reason = Some(Reason::Mean);
        compared.note = Some(match effect.kind {
            EffectKind::Ratio if change.is_finite() => {
                format!("the middle is the same, the mean is ×{:.2}", 1.0 + change)
            }
            EffectKind::Ratio => "the middle is the same, the mean rises from 0".to_owned(),
            EffectKind::Difference => "the middle is the same, the mean is not".to_owned(),
        });
    }
}

/// Takes an effect back that rests on values which are too low, and proves nothing in spite of that. Whether there was one.
pub fn withhold<V>(compared: &mut Comparison<V>) -> bool {
    if compared.known.is_low == [false; 2] {
        return false;
    }
    compared.effect = None;
    compared.test = None;
    (compared.p, compared.p_adjusted) = (None, None);
    (compared.detectable, compared.n_needed) = (None, None);
    true
}
