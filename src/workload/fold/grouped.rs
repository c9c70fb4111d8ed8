//! Numbers by group: one list of all, and where in it each group begins.

use super::index::number;

/// Numbers of items by group, in their order.
pub(super) struct Grouped {
    /// For each group where its numbers begin, and at last where they end.
    begins: Vec<u32>,
    numbers: Vec<u32>,
}

impl Grouped {
    /// The numbers of so many items, each of which is in one group or in none.
    pub(super) fn new(groups: usize, items: usize, group: impl Fn(usize) -> Option<usize>) -> Self {
        let mut begins = vec![0_u32; groups + 1];
        for group in (0..items).filter_map(&group) {
            begins[group + 1] += 1;
        }
        for group in 0..groups {
            begins[group + 1] += begins[group];
        }
        let mut numbers = vec![0; begins[groups] as usize];
        let mut next = begins.clone();
        for index in 0..items {
            if let Some(group) = group(index) {
                numbers[next[group] as usize] = number(index);
                next[group] += 1;
            }
        }
        Self { begins, numbers }
    }

    /// The numbers of a group.
    pub(super) fn of(&self, group: usize) -> &[u32] {
        &self.numbers[self.begins[group] as usize..self.begins[group + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_in_its_group() {
        let groups = [Some(2), None, Some(0), Some(2), Some(2)];
        let grouped = Grouped::new(3, groups.len(), |at| groups[at]);
        let all: Vec<&[u32]> = (0..3).map(|group| grouped.of(group)).collect();
        assert_eq!(all, [&[2][..], &[], &[0, 3, 4]]);
    }
}
