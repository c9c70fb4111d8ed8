#![allow(clippy::unwrap_used)]
use super::*;

/// Searches with a formula in place of simulations.
fn found(
    values: &[usize],
    most: usize,
    formula: impl Fn(&Choice) -> f64,
) -> (Searched<Choice>, f64) {
    let worth = |choice: &Choice| Worth {
        breach: 0.0,
        gain: formula(choice),
    };
    let searched = search(values, most, <[Choice]>::to_vec, |c| [worth(c)]);
    let gains = searched.points.iter().map(&formula);
    let best = gains.fold(f64::NEG_INFINITY, f64::max);
    (searched, best)
}

/// The best of all combinations, each looked at.
fn best_of_all(values: &[usize], formula: impl Fn(&Choice) -> f64) -> f64 {
    let all: Vec<Vec<usize>> = values.iter().map(|n| (0..*n).collect()).collect();
    let gains = combinations(&all).into_iter().map(|c| formula(&c));
    gains.fold(f64::NEG_INFINITY, f64::max)
}

/// Each knob adds its own: the index of its value, or that below zero.
fn added(choice: &Choice, from: usize) -> f64 {
    let own = choice.iter().enumerate().skip(from);
    own.filter_map(|(knob, value)| {
        let amount = f64::from(u32::try_from((*value)? + 1).unwrap());
        Some(if knob % 3 == 2 { -amount } else { amount })
    })
    .sum()
}

#[test]
fn a_small_space_is_searched_as_a_whole() {
    let (searched, best) = found(&[1, 2, 3], 24, |c| added(c, 0));
    assert_eq!((searched.points.len(), searched.possible), (24, 24));
    assert_eq!(searched.points[0], [None, None, None]);
    let different: BTreeSet<&Choice> = searched.points.iter().collect();
    assert_eq!(different.len(), 24);
    assert!(searched.set_aside.is_empty());
    assert_eq!(best, 3.0);
}

/// Two knobs each lose alone and gain a lot together, two others as much again. By what knobs gain alone, these are the
/// first to go.
#[test]
fn knobs_that_pay_only_together_are_found() {
    let values = [3, 3, 3, 3, 3, 3, 3, 3];
    let formula = |c: &Choice| {
        let pair = |a: usize, b: usize| match (c[a], c[b]) {
            (Some(2), Some(1)) => 20.0,
            (None, None) => 0.0,
            _ => -1.0,
        };
        pair(0, 1) + pair(2, 5) + added(c, 6)
    };
    let (searched, best) = found(&values, 2_000, formula);
    assert_eq!(searched.possible, 65_536);
    assert!(searched.points.len() <= 2_000);
    assert_eq!(best, best_of_all(&values, formula));
    // 20 for each pair, and 3 for knobs 6 and 7.
    assert_eq!(best, 46.0);
    assert_eq!(searched.set_aside, [3, 4]);
}

/// Too many that gain for all their combinations: two pairs that pay only together among twelve knobs.
#[test]
fn ascents_turn_two_knobs_at_once_where_only_both_pay() {
    let values = [2; 12];
    let formula = |c: &Choice| {
        let pair = |a: usize, b: usize| match (c[a], c[b]) {
            (Some(0), Some(1)) => 2.0,
            (None, None) => 0.0,
            _ => -0.5,
        };
        pair(0, 1) + pair(2, 3) + added(c, 4)
    };
    let (searched, best) = found(&values, 1_200, formula);
    assert!(searched.points.len() <= 1_200);
    assert_eq!(best, best_of_all(&values, formula));
    // What the ascents leave goes to combinations of the values that did best: all subsets of the best setting are there.
    let is_best = |c: &Choice| formula(c) == best;
    let top = searched.points.iter().find(|c| is_best(c)).unwrap().clone();
    let turned = top.iter().flatten().count();
    let is_part = |c: &&Choice| {
        c.iter()
            .zip(&top)
            .all(|(own, top)| own.is_none() || own == top)
    };
    assert_eq!(searched.points.iter().filter(is_part).count(), 1 << turned);
    let different: BTreeSet<&Choice> = searched.points.iter().collect();
    assert_eq!(different.len(), searched.points.len());
}

/// A limit that the present breaks is kept before anything is gained.
#[test]
fn limits_come_before_gains() {
    let values = [2; 10];
    // The value 1 of the last knob mends the breach and costs more than anything gains.
    let worth = |c: &Choice| Worth {
        breach: if c[9] == Some(1) { 0.0 } else { 1.0 },
        gain: added(c, 0) - if c[9] == Some(1) { 50.0 } else { 0.0 },
    };
    let searched = search(&values, 600, <[Choice]>::to_vec, |c| [worth(c)]);
    let kept = searched.points.iter().filter(|c| worth(c).breach == 0.0);
    let best = kept
        .map(|c| worth(c).gain)
        .fold(f64::NEG_INFINITY, f64::max);
    // Knobs 0, 1, 3, 4, 6, 7 give 2 each, the last one 2 as well.
    assert_eq!(best, 14.0 - 50.0);
}

/// Seen with a limit as well as without, the best of both is found: the value 1 of the last knob gives back what that of
/// the first one takes, and costs more than it brings.
#[test]
fn what_pays_in_one_view_is_kept() {
    let values = [2; 10];
    let gives_back = |c: &Choice| c[9] == Some(1);
    let takes = |c: &Choice| c[0] == Some(1);
    let gain = |c: &Choice| {
        let (first, last) = (
            f64::from(u8::from(takes(c))),
            f64::from(u8::from(gives_back(c))),
        );
        30.0 * first - 10.0 * last + added(c, 1)
    };
    let worth = |c: &Choice, breach: bool| Worth {
        breach: f64::from(u8::from(breach)),
        gain: gain(c),
    };
    let free = |c: &Choice| worth(c, false);
    let careful = |c: &Choice| worth(c, takes(c) && !gives_back(c));
    let searched = search(&values, 600, <[Choice]>::to_vec, |c| [free(c), careful(c)]);
    let best = |view: &dyn Fn(&Choice) -> Worth| {
        let kept = searched.points.iter().map(view).filter(|w| w.breach == 0.0);
        kept.map(|w| w.gain).fold(f64::NEG_INFINITY, f64::max)
    };
    // Knobs 1, 3, 4, 6 and 7 give 2 each, the last one 1 at its value 0, and 2 − 10 at its value 1.
    assert_eq!((best(&free), best(&careful)), (41.0, 32.0));
}

/// Far too many values for all pairs: what is said of the number of simulations holds all the same.
#[test]
fn the_number_of_simulations_is_kept_to() {
    for (values, most) in [(vec![40; 6], 500), (vec![1; 200], 300), (vec![3000], 100)] {
        let (searched, _) = found(&values, most, |c| added(c, 0));
        assert!(searched.points.len() <= most, "{values:?}");
        assert!(searched.possible > most as u64);
        assert!(searched.points[0].iter().all(Option::is_none));
    }
    let (none, _) = found(&[], 10, |_| 0.0);
    assert_eq!((none.points.len(), none.possible), (1, 1));
}
