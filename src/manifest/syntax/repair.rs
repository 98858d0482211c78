//! Quick fixes for syntax errors: edits that were tried, and after which the document reads.

use super::parse_source;
use super::token::SyntaxError;
use crate::manifest::decode;
use crate::manifest::diagnostic::{Edit, Fix};
use crate::manifest::lines::LineIndex;
use std::ops::Range;

/// A longer document gets no fixes: each would be tried on all of it, at every keystroke.
const MAX_BYTES: usize = 256 << 10;

/// The fixes for `error` in `text[piece]`; each of them leaves no syntax error.
pub fn fixes(text: &str, piece: &Range<usize>, error: &SyntaxError) -> Vec<Fix> {
    let source = text.get(piece.clone()).unwrap_or_default();
    if source.len() > MAX_BYTES {
        return Vec::new();
    }
    let mut best: Option<(usize, Fix)> = None;
    for fix in candidates(source, error) {
        let Some(problems) = problems_after(source, &fix) else {
            continue;
        };
        // Of several that read, the one whose fields make most sense; of equals the first.
        if best.as_ref().is_none_or(|(fewest, _)| problems < *fewest) {
            best = Some((problems, fix));
        }
    }
    let in_text = |(_, mut fix): (usize, Fix)| {
        for edit in &mut fix.edits {
            edit.span = edit.span.start + piece.start..edit.span.end + piece.start;
        }
        fix
    };
    best.map(in_text).into_iter().collect()
}

/// How many problems the document has after the fix; none if it does not read.
fn problems_after(source: &str, fix: &Fix) -> Option<usize> {
    let fixed = fix.apply(source);
    let parsed = parse_source(&fixed, 0, false).ok()?;
    let root = parsed.root?;
    let mut problems = parsed.diagnostics;
    decode::check(&fixed, &root, &mut problems);
    Some(problems.iter().filter(|problem| problem.is_error()).count())
}

/// What might have been meant.
fn candidates(source: &str, error: &SyntaxError) -> Vec<Fix> {
    let lines = LineIndex::new(source);
    let line = lines.line_of(error.at.offset);
    let mut fixes: Vec<Fix> = [4, 2, 8]
        .into_iter()
        .filter_map(|width| spaces(&lines, width))
        .collect();
    match error.problem {
        "could not find expected ':'" => {
            fixes.extend(colon(&lines, lines.line_of(error.context.offset)));
        }
        "mapping values are not allowed in this context" => {
            fixes.extend(quotes(&lines, line));
            fixes.extend(indentations(&lines, line));
            fixes.extend(
                line.checked_sub(1)
                    .into_iter()
                    .flat_map(|above| indentations(&lines, above)),
            );
        }
        "found unknown escape character" => {
            let at = error.at.offset;
            fixes.push(Fix::replace("Write the backslash twice", at..at, "\\"));
        }
        "found unexpected end of stream" | "found unexpected document indicator" => {
            let quote = source
                .get(error.context.offset..error.context.offset + 1)
                .unwrap_or_default();
            let end = lines.content(lines.line_of(error.context.offset)).end;
            fixes.push(Fix::replace("Close the quote", end..end, quote));
        }
        "did not find expected ',' or ']'" | "did not find expected ',' or '}'" => {
            let bracket = if error.problem.ends_with("']'") {
                "]"
            } else {
                "}"
            };
            let end = lines.content(lines.line_of(error.context.offset)).end;
            fixes.push(Fix::replace(
                format!("Close it with `{bracket}`"),
                end..end,
                bracket,
            ));
            fixes.push(Fix::replace(
                format!("Close it with `{bracket}`"),
                source.len()..source.len(),
                bracket,
            ));
            fixes.extend(quotes(&lines, lines.line_of(error.context.offset)));
        }
        "did not find expected key" | "did not find expected '-' indicator" => {
            fixes.extend(indentations(&lines, line));
            fixes.extend(quotes(&lines, line));
            fixes.extend(
                line.checked_sub(1)
                    .into_iter()
                    .flat_map(|above| indentations(&lines, above)),
            );
        }
        _ => fixes.extend(quotes(&lines, line)),
    }
    fixes
}

/// Spaces for the tabs in all indentations, with a tab stop every `width` columns.
fn spaces(lines: &LineIndex<'_>, width: usize) -> Option<Fix> {
    let mut edits = Vec::new();
    for line in 0..lines.count() {
        let (range, text) = (lines.range(line), lines.text(line));
        let indentation = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
        if !indentation.contains('\t') {
            continue;
        }
        let column = indentation
            .chars()
            .fold(0, |column, character| match character {
                '\t' => (column / width + 1) * width,
                _ => column + 1,
            });
        edits.push(Edit {
            span: range.start..range.start + indentation.len(),
            text: " ".repeat(column),
        });
    }
    let title = "Indent with spaces".to_owned();
    (!edits.is_empty()).then_some(Fix { title, edits })
}

/// A colon after the first word of the line.
fn colon(lines: &LineIndex<'_>, line: usize) -> Option<Fix> {
    let content = lines.content(line);
    let start = lines.range(line).start;
    let text = &lines.text(line)[content.start - start..content.end - start];
    let begin = text
        .strip_prefix("- ")
        .map_or(0, |rest| text.len() - rest.trim_start().len());
    let word = text[begin..]
        .find([' ', ':', '='])
        .unwrap_or(text.len() - begin);
    let at = content.start + begin + word;
    let after = text.as_bytes().get(begin + word);
    Some(match after {
        // `kind:Pod` and `kind=Pod` lack the space.
        Some(b':' | b'=') => Fix::replace("Put a colon and a space here", at..at + 1, ": "),
        _ => Fix::replace("Put a colon here", at..at, ":"),
    })
}

/// Quotes around the value of the line.
fn quotes(lines: &LineIndex<'_>, line: usize) -> Option<Fix> {
    let content = lines.content(line);
    let start = lines.range(line).start;
    let text = &lines.text(line)[content.start - start..content.end - start];
    let after_key = text.find(": ").map(|at| at + 2);
    let after_dash = text.strip_prefix("- ").map(|_| 2);
    let begin = after_key.or(after_dash)?;
    let value = text[begin..].trim_start();
    let begin = text.len() - value.len();
    let value = value
        .find(" #")
        .map_or(value, |comment| value[..comment].trim_end());
    if value.is_empty() {
        return None;
    }
    let span = content.start + begin..content.start + begin + value.len();
    let quoted = format!("'{}'", value.trim_matches(['"', '\'']).replace('\'', "''"));
    Some(Fix::replace("Put quotes around the value", span, quoted))
}

/// The line with the indentations of the lines above, and one level further in.
fn indentations(lines: &LineIndex<'_>, line: usize) -> Vec<Fix> {
    let width = |line: usize| lines.content(line).start - lines.range(line).start;
    let range = lines.range(line);
    let own = width(line);
    let mut columns = Vec::new();
    for above in (0..line).rev().take(40) {
        let text = lines.text(above);
        let trimmed = text.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let column = width(above);
        let inside = trimmed
            .strip_prefix("- ")
            .map(|rest| column + trimmed.len() - rest.trim_start().len());
        for column in [Some(column), inside]
            .into_iter()
            .flatten()
            .chain([column + 2])
        {
            if column != own && !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    // The nearest first: a slip of the fingers is small.
    columns.sort_by_key(|column| column.abs_diff(own));
    columns
        .into_iter()
        .take(8)
        .map(|column| {
            Fix::replace(
                "Correct the indentation",
                range.start..range.start + own,
                " ".repeat(column),
            )
        })
        .collect()
}
