//! Formats rows of cells in aligned columns, each as wide as its widest cell.

use std::fmt;

/// The alignment of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alignment {
    Left,
    Right,
}

/// Rows of `N` cells. Columns are separated by two spaces, and lines have no trailing spaces.
#[derive(Debug, Clone)]
pub(crate) struct Table<const N: usize> {
    alignments: [Alignment; N],
    widths: [usize; N],
    indent: usize,
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// Creates a table without rows.
    pub(crate) fn new(alignments: [Alignment; N]) -> Table<N> {
        Table {
            alignments,
            widths: [0; N],
            indent: 0,
            rows: Vec::new(),
        }
    }

    /// Indents each line by this many spaces.
    pub(crate) fn indented(self, indent: usize) -> Table<N> {
        Table { indent, ..self }
    }

    /// Sets the minimum width of a column.
    pub(crate) fn with_width(mut self, column: usize, width: usize) -> Table<N> {
        self.widths[column] = self.widths[column].max(width);
        self
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: [String; N]) {
        for (width, cell) in self.widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(row);
    }

    /// The width of a column.
    pub(crate) fn width(&self, column: usize) -> usize {
        self.widths[column]
    }

    /// The lines, without line feeds.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.rows.iter().map(|row| self.line(row))
    }

    fn line(&self, row: &[String; N]) -> String {
        let mut line = " ".repeat(self.indent);
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let blanks = " ".repeat(self.widths[column] - cell.chars().count());
            match self.alignments[column] {
                Alignment::Left => line.extend([cell.as_str(), &blanks]),
                Alignment::Right => line.extend([&blanks, cell.as_str()]),
            }
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

/// Writes each line with a line feed.
impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_aligned_and_lines_have_no_trailing_spaces() {
        let mut table = Table::new([Alignment::Left, Alignment::Right, Alignment::Left]).indented(2);
        table.push(["name", "id", "remark"].map(str::to_owned));
        table.push(["Zürich", "1000", ""].map(str::to_owned));
        table.push(["x", "1", "y"].map(str::to_owned));
        assert_eq!(
            table.to_string(),
            "  name      id  remark\n  Zürich  1000\n  x          1  y\n"
        );
        assert_eq!(table.width(0), 6);
    }

    #[test]
    fn a_column_can_be_wider_than_its_cells() {
        let mut table = Table::new([Alignment::Right, Alignment::Left]).with_width(0, 4);
        table.push(["1", "x"].map(str::to_owned));
        assert_eq!(table.lines().collect::<Vec<_>>(), ["   1  x"]);
        assert_eq!(Table::new([Alignment::Left]).to_string(), "");
    }
}
