//! Tables: columns three spaces apart, one table for each kind.

use crate::api::Object;
use crate::kubectl::{Arguments, targets};

use super::columns;

/// The tables of the groups, an empty line between them; names carry their kind where there are several.
pub(super) fn print(
    arguments: &Arguments,
    groups: &[Vec<Object>],
    wide: bool,
    now_unix_micros: i64,
) -> String {
    let several = groups.len() > 1
        || arguments.is_on("show-kind")
        || arguments.words.first().is_some_and(|word| word == "all");
    let tables: Vec<String> = groups
        .iter()
        .map(|group| align(&rows(arguments, group, wide, several, now_unix_micros)))
        .collect();
    tables.join("\n")
}

fn rows(
    arguments: &Arguments,
    group: &[Object],
    wide: bool,
    several: bool,
    now_unix_micros: i64,
) -> Vec<Vec<String>> {
    let labels: Vec<&str> = arguments
        .all("label-columns")
        .flat_map(|list| list.split(','))
        .collect();
    let namespaces = arguments.is_on("all-namespaces");
    let mut rows = Vec::new();
    if let Some(first) = group.first().filter(|_| !arguments.is_on("no-headers")) {
        let mut header = Vec::new();
        if namespaces && first.kind().namespaced() {
            header.push("NAMESPACE".to_owned());
        }
        header.extend(
            columns::header(first.kind(), wide)
                .iter()
                .map(ToString::to_string),
        );
        // printers: the header of a label column is the label's name without its prefix.
        let last = |label: &&str| {
            label
                .rsplit('/')
                .next()
                .unwrap_or(label)
                .to_ascii_uppercase()
        };
        header.extend(labels.iter().map(last));
        if arguments.is_on("show-labels") {
            header.push("LABELS".to_owned());
        }
        rows.push(header);
    }
    for object in group {
        let mut cells = columns::cells(object, wide, now_unix_micros);
        if several && let Some(name) = cells.iter_mut().find(|cell| cell.as_str() == object.name())
        {
            *name = targets::label(&object.key());
        }
        if namespaces && object.kind().namespaced() {
            cells.insert(0, object.namespace().to_owned());
        }
        let value = |label: &&str| object.meta().labels.as_ref()?.get(*label).cloned();
        cells.extend(labels.iter().map(|label| value(label).unwrap_or_default()));
        if arguments.is_on("show-labels") {
            cells.push(columns::pairs(object.meta().labels.as_ref()));
        }
        rows.push(cells);
    }
    rows
}

/// Lays rows out as kubectl's tab writer does: cells at least six wide with the three spaces behind them.
pub(super) fn align(rows: &[Vec<String>]) -> String {
    const PADDING: usize = 3;
    const MIN_WIDTH: usize = 6;
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let longest = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max();
        (longest.unwrap_or(0) + PADDING).max(MIN_WIDTH)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < row.len() {
                let used = cell.chars().count();
                text.extend(std::iter::repeat_n(
                    ' ',
                    widths[column].saturating_sub(used),
                ));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_like_the_tab_writer() {
        let rows =
            [["NAME", "X", ""], ["long-name", "1", "z"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(align(&rows), "NAME        X     \nlong-name   1     z\n");
    }
}
