//! Tables of text: columns as wide as their widest cell, numbers right, words left.

use super::escape::width;
use super::pen::{left, right};

/// Columns between two columns.
const GAP: usize = 2;

/// One column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    head: String,
    is_number: bool,
    cells: Vec<String>,
}

impl Column {
    /// A column of words.
    pub(super) fn words(head: &str, cells: Vec<String>) -> Self {
        Self {
            head: head.to_owned(),
            is_number: false,
            cells,
        }
    }

    /// A column of numbers.
    pub(super) fn numbers(head: &str, cells: Vec<String>) -> Self {
        Self {
            is_number: true,
            ..Self::words(head, cells)
        }
    }

    fn width(&self) -> usize {
        self.cells
            .iter()
            .map(|c| width(c))
            .chain([width(&self.head)])
            .max()
            .unwrap_or(0)
    }

    fn cell(&self, text: &str) -> String {
        if self.is_number {
            right(text, self.width())
        } else {
            left(text, self.width())
        }
    }
}

/// Keeps the columns from the left that fit into `room`, and says how many were dropped.
pub(super) fn fitting(mut columns: Vec<Column>, room: usize) -> (Vec<Column>, usize) {
    let mut used = 0;
    let mut kept = 0;
    for column in &columns {
        let more = column.width() + if kept == 0 { 0 } else { GAP };
        if used + more > room && kept > 0 {
            break;
        }
        used += more;
        kept += 1;
    }
    let dropped = columns.len() - kept;
    columns.truncate(kept);
    (columns, dropped)
}

/// Head and rows, each line behind `indent`.
pub(super) fn lines(columns: &[Column], indent: &str) -> Vec<String> {
    let rows = columns.iter().map(|c| c.cells.len()).max().unwrap_or(0);
    let line = |cell: &dyn Fn(&Column) -> String| {
        let cells: Vec<String> = columns.iter().map(cell).collect();
        format!("{indent}{}", cells.join(&" ".repeat(GAP)))
            .trim_end()
            .to_owned()
    };
    let mut lines = vec![line(&|c| c.cell(&c.head))];
    for row in 0..rows {
        lines.push(line(&|c| {
            c.cell(c.cells.get(row).map_or("", String::as_str))
        }));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<Column> {
        vec![
            Column::words("mode", vec!["FANCY".into(), "S".into()]),
            Column::numbers("time", vec!["2.34 s".into(), "0.2 s".into()]),
            Column::numbers("share", vec!["78 %".into(), "22 %".into()]),
        ]
    }

    #[test]
    fn aligned() {
        assert_eq!(
            lines(&sample(), "  "),
            [
                "  mode     time  share",
                "  FANCY  2.34 s   78 %",
                "  S       0.2 s   22 %"
            ]
        );
    }

    #[test]
    fn columns_are_dropped_from_the_right() {
        let (kept, dropped) = fitting(sample(), 14);
        assert_eq!((kept.len(), dropped), (2, 1));
    }
}
