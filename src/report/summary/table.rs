//! Tables of the summary: the same cells for a page and for Markdown.

use super::super::table::Column;

/// Cells under their heads.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Grid {
    /// Heads, and whether numbers stand below.
    heads: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// An empty table; a head that begins with `>` stands over numbers.
    pub(super) fn new(heads: &[&str]) -> Self {
        Self {
            heads: heads
                .iter()
                .map(|head| match head.strip_prefix('>') {
                    Some(head) => (head.to_owned(), true),
                    None => ((*head).to_owned(), false),
                })
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Whether there is no row.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// For a page.
    pub(super) fn columns(&self) -> Vec<Column> {
        self.heads
            .iter()
            .enumerate()
            .map(|(at, (head, is_number))| {
                let cells = self.rows.iter();
                let cells = cells.map(|row| row.get(at).cloned().unwrap_or_default());
                if *is_number {
                    Column::numbers(head, cells.collect())
                } else {
                    Column::words(head, cells.collect())
                }
            })
            .collect()
    }

    /// For Markdown: `cell` makes a text safe.
    pub(super) fn markdown(&self, cell: impl Fn(&str) -> String) -> Vec<String> {
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let heads = self.heads.iter().map(|(head, _)| cell(head)).collect();
        let rule = self.heads.iter();
        let rule = rule.map(|(_, is_number)| if *is_number { "---:" } else { "---" }.to_owned());
        let rows = self.rows.iter();
        let rows = rows.map(|row| line(row.iter().map(|text| cell(text)).collect()));
        [line(heads), line(rule.collect())]
            .into_iter()
            .chain(rows)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cells_on_a_page_and_in_markdown() {
        let mut grid = Grid::new(&["", ">now"]);
        assert!(grid.is_empty());
        grid.push(vec!["a|b".into(), "1".into()]);
        assert_eq!(
            grid.markdown(|text| text.replace('|', "\\|")),
            ["|  | now |", "| --- | ---: |", "| a\\|b | 1 |"]
        );
        let lines = super::super::super::table::lines(&grid.columns(), "");
        assert_eq!(lines, ["     now", "a|b    1"]);
    }
}
