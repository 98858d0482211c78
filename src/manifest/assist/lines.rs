//! A line of block YAML, taken apart by its look.

/// The parts of a line, with their columns in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// How many dashes it begins with.
    pub dashes: usize,
    /// The columns of the dashes; at most four are looked at.
    pub dash_columns: [usize; 4],
    /// Where what follows the dashes begins.
    pub column: usize,
    /// The key, without quotes, if there is one.
    pub key: Option<&'a str>,
    /// What follows the key's colon, or the dashes where there is no key; without blanks around it.
    pub value: &'a str,
    /// Where the value begins; the end of the line where there is none.
    pub value_column: usize,
}

impl<'a> Line<'a> {
    /// Reads a line; none if it is blank, a comment or a separator.
    pub fn read(text: &'a str) -> Option<Self> {
        let trimmed = text.trim_start_matches(' ');
        if trimmed.trim().is_empty() || trimmed.starts_with('#') || text.starts_with("---") {
            return None;
        }
        let mut line = Self {
            column: text.len() - trimmed.len(),
            ..Self::default()
        };
        let mut rest = trimmed;
        while rest == "-" || rest.starts_with("- ") {
            if let Some(column) = line.dash_columns.get_mut(line.dashes) {
                *column = line.column;
                line.dashes += 1;
            }
            let after = rest[1..].trim_start_matches(' ');
            line.column = text.len() - after.len();
            rest = after;
        }
        line.split(text, rest);
        Some(line)
    }

    fn split(&mut self, text: &'a str, rest: &'a str) {
        let colon = rest.find(": ").or_else(|| {
            rest.trim_end()
                .ends_with(':')
                .then(|| rest.trim_end().len() - 1)
        });
        let is_flow = rest.starts_with(['{', '[', '|', '>']);
        let key = colon
            .filter(|_| !is_flow)
            .map(|colon| rest[..colon].trim_matches(['"', '\'']));
        let value = match (key, colon) {
            (Some(_), Some(colon)) => rest[colon + 1..].trim_start_matches(' '),
            _ => rest,
        };
        self.key = key;
        self.value = value.trim_end();
        self.value_column = text.len() - value.len();
    }

    /// The columns of the dashes, from the left.
    pub fn dashes(&self) -> &[usize] {
        &self.dash_columns[..self.dashes]
    }

    /// Whether the text of a block scalar follows.
    pub fn begins_block(&self) -> bool {
        let mark = self
            .value
            .trim_end_matches(|one: char| one.is_ascii_digit() || "+-".contains(one));
        mark == "|" || mark == ">"
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn lines_are_taken_apart() {
        let check =
            |text: &str, dashes: &[usize], column: usize, key: Option<&str>, value: &str| {
                let line = Line::read(text).unwrap_or_default();
                assert_eq!(
                    (line.dashes(), line.column, line.key, line.value),
                    (dashes, column, key, value),
                    "{text}"
                );
            };
        check("  - name: c ", &[2], 4, Some("name"), "c");
        check("- - x", &[0, 2], 4, None, "x");
        check("spec:", &[], 0, Some("spec"), "");
        check("  \"a b\": {c: d}", &[], 2, Some("a b"), "{c: d}");
        check("  im", &[], 2, None, "im");
        check("  -", &[2], 3, None, "");
        assert_eq!(Line::read("  # c"), None);
        assert_eq!(Line::read("---"), None);
    }
}
