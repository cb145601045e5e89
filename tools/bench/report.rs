//! What a scenario found: rows of named cells, as a table for people or JSON for programs.

use std::fmt::Write;

use ruddle::ds::json::quoted;

use crate::options::Options;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

/// One value of a row.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    /// A number, and the decimals worth showing.
    Number(f64, usize),
    Missing,
}

impl Cell {
    pub(crate) fn count(value: u64) -> Cell {
        Cell::Number(value as f64, 0)
    }

    /// A number that may not exist.
    pub(crate) fn maybe(value: Option<f64>, decimals: usize) -> Cell {
        value.map_or(Cell::Missing, |value| Cell::Number(value, decimals))
    }

    fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(value, decimals) if value.is_finite() => format!("{value:.decimals$}"),
            Cell::Number(..) | Cell::Missing => "-".to_owned(),
        }
    }

    fn json(&self) -> String {
        match self {
            Cell::Text(text) => quoted(text),
            Cell::Number(value, decimals) if value.is_finite() => format!("{value:.decimals$}"),
            Cell::Number(..) | Cell::Missing => "null".to_owned(),
        }
    }
}

/// One line of results: the same names in each row of a section.
pub(crate) type Row = Vec<(&'static str, Cell)>;

/// The results of one scenario.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) scenario: &'static str,
    /// What was measured, in a sentence.
    pub(crate) what: String,
    pub(crate) rows: Vec<Row>,
}

impl Section {
    /// A table with aligned columns.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("\n{}: {}\n", self.scenario, self.what);
        let Some(first) = self.rows.first() else {
            return text;
        };
        let heads: Vec<String> = first.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut lines = vec![heads];
        let texts = |row: &Row| row.iter().map(|(_, cell)| cell.text()).collect();
        lines.extend(self.rows.iter().map(texts));
        let width = |column: usize| lines.iter().map(|line| line[column].len()).max();
        let widths: Vec<usize> = (0..first.len()).filter_map(width).collect();
        for line in &lines {
            for ((cell, width), (_, kind)) in line.iter().zip(&widths).zip(first) {
                let _ = match kind {
                    Cell::Text(_) => write!(text, "  {cell:<width$}"),
                    Cell::Number(..) | Cell::Missing => write!(text, "  {cell:>width$}"),
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text
    }

    fn json(&self) -> String {
        let cells = |row: &Row| {
            let cell = |(name, cell): &(&str, Cell)| format!("{}:{}", quoted(name), cell.json());
            row.iter().map(cell).collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|row| format!("{{{}}}", cells(row)))
            .collect();
        format!(
            "{{\"scenario\":{},\"what\":{},\"rows\":[{}]}}",
            quoted(self.scenario),
            quoted(&self.what),
            rows.join(",\n")
        )
    }
}

/// All sections, with the settings they were made under.
pub(crate) fn json(options: &Options, sections: &[Section]) -> String {
    let sections: Vec<String> = sections.iter().map(Section::json).collect();
    format!(
        "{{\"options\":{},\n\"sections\":[{}]}}\n",
        quoted(&options.summary()),
        sections.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> Section {
        let row = |name: &str, value: Cell| {
            vec![("server", Cell::Text(name.to_owned())), ("value", value)]
        };
        Section {
            scenario: "test",
            what: "a \"quoted\"\nthing".to_owned(),
            rows: vec![
                row("ours", Cell::Number(1.256, 2)),
                row("a longer one", Cell::Missing),
            ],
        }
    }

    #[test]
    fn tables_are_aligned() {
        let text = section().text();
        assert!(
            text.ends_with(
                "\n  server        value\n  ours           1.26\n  a longer one      -\n"
            )
        );
    }

    #[test]
    fn json_is_escaped() {
        let json = section().json();
        assert!(json.contains(r#""what":"a \"quoted\"\nthing""#));
        assert!(json.contains(r#"{"server":"ours","value":1.26}"#));
        assert!(json.contains(r#""value":null"#));
    }
}
