//! Where a line stands: the path to it, by the indentation of the lines above.

use super::lines::Line;
use crate::manifest::lines::LineIndex;
use crate::manifest::path::Step;
use crate::manifest::schema::{self, Type};
use std::ops::Range;

/// A document by its lines.
pub(super) struct Page<'text> {
    pub index: LineIndex<'text>,
    /// The lines of the document.
    pub lines: Range<usize>,
}

/// The mapping that a line is in.
pub(super) struct Place {
    /// The path to it.
    pub steps: Vec<Step>,
    /// The keys that it has besides this line's.
    pub siblings: Vec<String>,
}

/// What encloses the line while one looks up.
enum Inside {
    /// A mapping whose keys begin in this column.
    Mapping(usize),
    /// A list whose dashes stand in this column, and how many items were passed.
    List(usize, usize),
}

impl<'text> Page<'text> {
    /// The document that holds line `line` (from 0).
    pub fn around(text: &'text str, line: usize) -> Self {
        let index = LineIndex::new(text);
        let is_separator = |line: &usize| index.text(*line).starts_with("---");
        let start = (0..line + 1)
            .rev()
            .find(is_separator)
            .map_or(0, |line| line + 1);
        let end = (line + 1..index.count())
            .find(is_separator)
            .unwrap_or(index.count());
        Self {
            lines: start.min(line)..end,
            index,
        }
    }

    /// A line, taken apart.
    pub fn line(&self, line: usize) -> Option<Line<'text>> {
        Line::read(self.index.text(line))
    }

    /// The value of a field at the top: `kind`, `apiVersion`.
    pub fn top(&self, key: &str) -> Option<&'text str> {
        self.lines.clone().find_map(|line| {
            let line = self.line(line)?;
            (line.column == 0 && line.key == Some(key))
                .then(|| line.value.trim_matches(['"', '\'']))
        })
    }

    /// The type of the document's object, if it has a kind that is known.
    pub fn kind_type(&self) -> Option<&'static Type> {
        schema::kind_type(self.top("apiVersion")?, self.top("kind")?)
    }

    /// Where the content of line `at` stands that begins in `column`, behind `dashes`. None inside of a block
    /// scalar.
    pub fn place(&self, at: usize, column: usize, dashes: &[usize]) -> Option<Place> {
        let mut steps = Vec::new();
        let mut siblings = Vec::new();
        let mut inside = Inside::Mapping(column);
        for dash in dashes.iter().rev() {
            climb_dash(*dash, &mut inside, &mut steps);
        }
        let mut is_own = dashes.is_empty();
        for line in (self.lines.start..at)
            .rev()
            .filter_map(|line| self.line(line))
        {
            if line.begins_block()
                && line.dashes().first().copied().unwrap_or(line.column) < column
                && is_own
            {
                return None;
            }
            if let Some(key) = line.key {
                match inside {
                    Inside::Mapping(here) if line.column == here && is_own => {
                        siblings.push(key.to_owned());
                    }
                    Inside::Mapping(here) if line.column < here => {
                        climb_key(key, line.column, &mut inside, &mut steps);
                    }
                    Inside::List(here, _) if line.column <= here => {
                        climb_key(key, line.column, &mut inside, &mut steps);
                    }
                    _ => {}
                }
            }
            for dash in line.dashes().iter().rev() {
                climb_dash(*dash, &mut inside, &mut steps);
            }
            is_own &= matches!(inside, Inside::Mapping(here) if here == column);
        }
        if let Inside::List(_, passed) = inside {
            steps.push(Step::Index(passed));
        }
        self.siblings_below(at, column, &mut siblings);
        steps.reverse();
        Some(Place { steps, siblings })
    }

    fn siblings_below(&self, at: usize, column: usize, siblings: &mut Vec<String>) {
        for line in (at + 1..self.lines.end).filter_map(|line| self.line(line)) {
            let first = line.dashes().first().copied().unwrap_or(line.column);
            if first < column {
                return;
            }
            if line.dashes == 0 && line.column == column {
                siblings.extend(line.key.map(str::to_owned));
            }
        }
    }
}

fn climb_key(key: &str, column: usize, inside: &mut Inside, steps: &mut Vec<Step>) {
    if let Inside::List(_, passed) = inside {
        steps.push(Step::Index(*passed));
    }
    steps.push(Step::Key(key.to_owned()));
    *inside = Inside::Mapping(column);
}

fn climb_dash(dash: usize, inside: &mut Inside, steps: &mut Vec<Step>) {
    match inside {
        Inside::Mapping(here) if dash < *here => *inside = Inside::List(dash, 0),
        Inside::List(here, passed) if dash == *here => *passed += 1,
        Inside::List(here, passed) if dash < *here => {
            steps.push(Step::Index(*passed));
            *inside = Inside::List(dash, 0);
        }
        _ => {}
    }
}
