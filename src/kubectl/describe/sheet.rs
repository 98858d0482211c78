//! The sheet that pages are written on: indented lines whose tabs are elastic, as Go's tab writer has them.

use std::collections::BTreeMap;

use crate::api::core::Toleration;

/// Longer annotations go on lines of their own.
const MAX_ANNOTATION: usize = 140;
/// kubectl apply's annotation, which describe never shows.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Blanks behind the widest cell of a column.
const PADDING: usize = 2;

/// Lines with tabs between their cells.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    lines: Vec<Vec<String>>,
}

impl Sheet {
    /// Adds a line, indented by `level` times two blanks. Its tabs end cells.
    pub fn line(&mut self, level: usize, text: impl AsRef<str>) {
        let indented = format!("{}{}", "  ".repeat(level), text.as_ref());
        self.lines
            .push(indented.split('\t').map(str::to_owned).collect());
    }

    /// Adds several lines; the last one needs no newline.
    pub fn lines(&mut self, level: usize, text: &str) {
        text.split('\n').for_each(|line| self.line(level, line));
    }

    /// `Title:` with `key=value` lines beside it, or `<none>`.
    pub fn labels(&mut self, level: usize, title: &str, labels: Option<&BTreeMap<String, String>>) {
        let rows: Vec<String> = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        self.beside(level, title, &rows);
    }

    /// `Title:` with `key: value` lines beside it, long values below their key.
    pub fn annotations(
        &mut self,
        level: usize,
        title: &str,
        annotations: Option<&BTreeMap<String, String>>,
    ) {
        let mut rows = Vec::new();
        for (key, value) in annotations
            .into_iter()
            .flatten()
            .filter(|(key, _)| *key != LAST_APPLIED)
        {
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > MAX_ANNOTATION || value.contains('\n') {
                rows.push(format!("{key}:"));
                rows.extend(
                    value
                        .split('\n')
                        .map(|line| format!("  {}", shorten(line, MAX_ANNOTATION - 2))),
                );
            } else {
                rows.push(format!("{key}: {value}"));
            }
        }
        self.beside(level, title, &rows);
    }

    /// `Tolerations:`, sorted by key.
    pub fn tolerations(&mut self, level: usize, tolerations: &[Toleration]) {
        let mut sorted: Vec<&Toleration> = tolerations.iter().collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key));
        let rows: Vec<String> = sorted.into_iter().map(toleration).collect();
        self.beside(level, "Tolerations", &rows);
    }

    /// `Title:` with lines in the second column, or `<none>`.
    pub fn beside(&mut self, level: usize, title: &str, rows: &[String]) {
        let first = rows.first().map_or("<none>", String::as_str);
        self.line(level, format!("{title}:\t{first}"));
        rows.iter()
            .skip(1)
            .for_each(|row| self.line(0, format!("\t{row}")));
    }

    /// Ends all columns here: what follows is laid out on its own.
    pub fn flush(&mut self) {
        let laid_out = std::mem::take(&mut self.lines);
        self.lines = vec![vec![lay_out(&laid_out)]];
    }

    /// The page with its tabs, for those who lay nothing out.
    pub fn raw(&self) -> String {
        let lines = self.lines.iter().map(|cells| cells.join("\t") + "\n");
        lines.collect()
    }

    /// The page.
    pub fn text(&self) -> String {
        let mut text = lay_out(&self.lines);
        text.push('\n');
        text
    }
}

/// Go's text/tabwriter: a column is a run of lines in which a cell at that place is ended by a tab; it
/// is as wide as its widest cell, and ends with the first line that has no such cell.
fn lay_out(lines: &[Vec<String>]) -> String {
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; line.len()]).collect();
    let deepest = lines.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..deepest.saturating_sub(1) {
        let mut start = 0;
        while start < lines.len() {
            let end = (start..lines.len())
                .find(|line| lines[*line].len() <= column + 1)
                .unwrap_or(lines.len());
            let cells = lines[start..end]
                .iter()
                .map(|line| line[column].chars().count());
            if let Some(widest) = cells.max() {
                widths[start..end]
                    .iter_mut()
                    .for_each(|width| width[column] = widest + PADDING);
            }
            start = end + 1;
        }
    }
    let rows = lines.iter().zip(&widths).map(|(cells, widths)| {
        let mut row = String::new();
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            row.push_str(cell);
            if index + 1 < cells.len() {
                row.extend(std::iter::repeat_n(
                    ' ',
                    width.saturating_sub(cell.chars().count()),
                ));
            }
        }
        row
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn toleration(toleration: &Toleration) -> String {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (key, value, effect) = (
        filled(&toleration.key),
        filled(&toleration.value),
        filled(&toleration.effect),
    );
    let mut text = key.clone().unwrap_or_default();
    if let Some(value) = &value {
        text.push_str(&format!("={value}"));
    }
    if let Some(effect) = &effect {
        text.push_str(&format!(":{effect}"));
    }
    if toleration.operator.as_deref() == Some("Exists") && value.is_none() {
        text.push_str(if key.is_some() || effect.is_some() {
            " op=Exists"
        } else {
            "op=Exists"
        });
    }
    if let Some(seconds) = toleration.toleration_seconds {
        text.push_str(&format!(" for {seconds}s"));
    }
    text
}

fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() > length {
        text.chars().take(length).chain("...".chars()).collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_end_where_a_line_has_no_such_cell() {
        let mut sheet = Sheet::default();
        sheet.line(0, "Name:\tweb");
        sheet.line(0, "IPs:");
        sheet.line(1, "IP:\t10.0.0.1");
        sheet.line(0, "Controlled By:\tx");
        sheet.line(0, "Events:");
        sheet.line(1, "a\tbb\tc");
        sheet.line(1, "aaa\tb\tcc");
        let expect = "Name:  web\nIPs:\n  IP:           10.0.0.1\nControlled By:  x\nEvents:\n  a    bb  c\n  aaa  b   cc\n";
        assert_eq!(sheet.text(), expect);
    }

    #[test]
    fn lists_stand_beside_their_title() {
        let mut sheet = Sheet::default();
        let labels =
            BTreeMap::from([("a", "1"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        sheet.labels(0, "Labels", Some(&labels));
        sheet.annotations(0, "Annotations", None);
        assert_eq!(
            sheet.text(),
            "Labels:       a=1\n              b=2\nAnnotations:  <none>\n"
        );
    }
}
