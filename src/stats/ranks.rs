//! Ranks with ties, shared by the rank tests.

/// Ranks of `values`, 1 for the smallest; equal values share the mean of theirs.
pub(super) fn midranks(values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    for (below, tied) in groups(values) {
        let rank = super::number(below) + (super::number(tied.len()) + 1.0) / 2.0;
        for index in tied {
            ranks[index] = rank;
        }
    }
    ranks
}

/// Sizes of the groups of equal values, in ascending order of the values.
pub(super) fn tie_sizes(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(<[_]>::len).collect()
}

/// Groups of equal values, ascending: how many values are smaller, and the indices of these.
pub(super) fn groups(values: &[f64]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for (place, index) in order.into_iter().enumerate() {
        match groups.last_mut() {
            // `==` and not the total order: 0 and −0 are equal.
            Some((_, group)) if values[group[0]] == values[index] => group.push(index),
            _ => groups.push((place, vec![index])),
        }
    }
    groups
}
